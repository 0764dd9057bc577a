/* SPDX-License-Identifier: GPL-3.0-or-later
 * leiden.h: communities: parts of an undirected graph with more edges inside than chance would put there. */
#ifndef CD_GRAPH_LEIDEN_H
#define CD_GRAPH_LEIDEN_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

typedef struct {
    double resolution; /* above 0; 1 is modularity as it was first defined, more gives smaller communities */
    uint32_t tries; /* from the beginning, each in another order of the vertices; the best counts. 0: 20 for a graph of
                     * up to 100,000 edges, fewer for a larger one, one from a million on, where little is left */
} cd_leiden_options;

typedef struct {
    double modularity; /* each edge counted once; 0 where there are none */
    cd_id communities;
    uint32_t tries;
} cd_leiden_report;

/* Peak: 77 n bytes, 12 n a thread and 32 an entry of g->adj at most; far less where communities are large. */
size_t cd_leiden_bytes(const cd_csr *g, uint32_t threads);
/* community[n]: the member of it that comes first. No community falls apart: its members reach one another within it.
 * weight: one an entry of g->adj, at least 1 and equal both ways; NULL: 1 each. place: a permutation of the vertices,
 * by which they are visited and ties are settled, so that the answer depends on it and not on how they are numbered;
 * NULL: by number. Weights are summed and compared as integers. Parallel; the same answer at any number of threads. */
CD_CHECKED cd_status cd_leiden(const cd_csr *g, const uint32_t *weight, const uint32_t *place,
                               const cd_leiden_options *options, const cd_run *run, cd_id *community,
                               cd_leiden_report *report, cd_err *err);

#endif
