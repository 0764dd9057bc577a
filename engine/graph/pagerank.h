/* SPDX-License-Identifier: GPL-3.0-or-later
 * pagerank.h: how often a walker who now and then starts anew is met at each vertex of an undirected graph. */
#ifndef CD_GRAPH_PAGERANK_H
#define CD_GRAPH_PAGERANK_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

typedef struct {
    double damping;   /* in [0, 1): the share of steps along an edge; 0.85 is customary */
    double tolerance; /* stop when a round changes the ranks by less in sum */
    uint32_t rounds;  /* at most */
} cd_pagerank_options;

typedef struct {
    uint32_t rounds;
    double change; /* of the last round; the ranks are within change * damping / (1 - damping) of the truth, in sum */
} cd_pagerank_report;

/* Peak: 8 n bytes and 16 for every 4096 vertices. */
size_t cd_pagerank_bytes(cd_id n);
/* rank[n], which sum to 1. A vertex without edges starts anew at every step. Parallel, by pull: each vertex sums its
 * neighbours in their order, so that the answer is the same to the bit at any number of threads. */
CD_CHECKED cd_status cd_pagerank(const cd_csr *g, const cd_pagerank_options *options, const cd_run *run, double *rank,
                                 cd_pagerank_report *report, cd_err *err);

#endif
