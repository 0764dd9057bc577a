/* SPDX-License-Identifier: GPL-3.0-or-later
 * closeness.h: how far a vertex of an undirected graph is from all others, in sum. */
#ifndef CD_GRAPH_CLOSENESS_H
#define CD_GRAPH_CLOSENESS_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

typedef struct {
    uint64_t far;     /* the sum of its distances to those it reaches */
    cd_id reached;    /* how many those are, itself left out */
    uint32_t most;    /* the largest of those distances */
    double harmonic;  /* the sum of 1 / distance */
} cd_closeness;

/* Peak: 96 n bytes. */
size_t cd_closeness_bytes(cd_id n);
/* out[i] for sources[i]; exact. Walks from 256 sources at once, a level at a time; parallel within a level. */
CD_CHECKED cd_status cd_closeness_of(const cd_csr *g, const cd_id *sources, cd_id n_sources, const cd_run *run,
                                     cd_closeness *out, cd_err *err);

#endif
