/* SPDX-License-Identifier: GPL-3.0-or-later
 * push.h: personalised PageRank: how near every vertex is to one, for a walker who always starts anew there. */
#ifndef CD_GRAPH_PUSH_H
#define CD_GRAPH_PUSH_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

typedef struct {
    double damping;   /* in [0, 1) */
    double tolerance; /* stop when no vertex owes more than this for each of its edges */
} cd_push_options;

/* Peak: 25 n bytes. */
size_t cd_push_bytes(cd_id n);
/* near[n], which sum to 1 - *owed; the truth is larger by at most *owed in sum, and at no vertex smaller. Vertices that
 * owe more than the tolerance pay all at once, in rounds, so that the answer does not depend on who is met first. */
CD_CHECKED cd_status cd_push(const cd_csr *g, cd_id source, const cd_push_options *options, const cd_run *run,
                             double *near, double *owed, cd_err *err);

#endif
