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

/* Peak: 29 n bytes. */
size_t cd_push_bytes(cd_id n);
/* near[n], which sum to 1 - *owed; the truth is larger by at most *owed in sum, and at no vertex smaller. Vertices that
 * owe more than the tolerance pay all at once, in rounds, so that the answer does not depend on who is met first. */
CD_CHECKED cd_status cd_push(const cd_csr *g, cd_id source, const cd_push_options *options, const cd_run *run,
                             double *near, double *owed, cd_err *err);

typedef struct {
    cd_id vertex;
    double near, error; /* the truth is in [near, near + error] */
} cd_near;

typedef struct {
    cd_push_options push;
    cd_id from, to;        /* only these may be listed: [from, to) */
    uint32_t k;            /* how many of them, at least 1 */
    const uint32_t *place; /* per vertex: of equal ones the lower place comes first */
} cd_push_each_options;

/* Peak beside the answer: 37 n bytes a thread. */
size_t cd_push_each_bytes(cd_id n, uint32_t threads);
/* For each source the k nearest, itself left out: out[k * i ..), n_out[i] of them, the nearest first; values are
 * rounded to nine digits. owed[i] is the error of all in sum. As edges go both ways, that of one vertex is no more than
 * the tolerance times its degree: what u owes brings to v what v's would bring to u, by their degrees. Parallel over
 * the sources, and the same at any number of threads. */
CD_CHECKED cd_status cd_push_each(const cd_csr *g, const cd_id *sources, cd_id n_sources, const cd_push_each_options *o,
                                  const cd_run *run, cd_near *out, uint32_t *n_out, double *owed, cd_err *err);

#endif
