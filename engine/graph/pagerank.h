/* SPDX-License-Identifier: GPL-3.0-or-later
 * pagerank.h: how often a walker who now and then starts anew is met at each vertex of an undirected graph. */
#ifndef CD_GRAPH_PAGERANK_H
#define CD_GRAPH_PAGERANK_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

typedef struct {
    double damping;   /* in [0, 1): the share of steps along an edge; 0.85 is customary */
    double tolerance; /* stop when one more step of every walker changes the ranks by less in sum */
    uint32_t rounds;  /* passes over all edges, at most */
    cd_id split;      /* every edge ties a vertex below it to one that is not; 0: not so, or not known */
} cd_pagerank_options;

typedef struct {
    uint32_t rounds;
    double change; /* by the last step; the ranks are within change * damping / (1 - damping) of the truth, in sum */
} cd_pagerank_report;

/* Peak: 32 n bytes and 16 for every 4096 vertices; with a split whose smaller side is a sixteenth of the edges at most,
 * 160 bytes a vertex of that side, and as much a block. */
size_t cd_pagerank_bytes(const cd_csr *g, cd_id split);
/* rank[n], which sum to 1 within the error. A vertex without edges starts anew at every step. Parallel, and the same to
 * the bit at any number of threads. */
CD_CHECKED cd_status cd_pagerank(const cd_csr *g, const cd_pagerank_options *options, const cd_run *run, double *rank,
                                 cd_pagerank_report *report, cd_err *err);

#endif
