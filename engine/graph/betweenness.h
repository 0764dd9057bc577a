/* SPDX-License-Identifier: GPL-3.0-or-later
 * betweenness.h: how many pairs of an undirected graph have each vertex on their shortest paths: where several are
 * shortest, each counts its share. */
#ifndef CD_GRAPH_BETWEENNESS_H
#define CD_GRAPH_BETWEENNESS_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

/* Peak: 128 n bytes and 24 n a thread. */
size_t cd_betweenness_bytes(cd_id n, uint32_t threads);
/* between[n]; each pair counts once. Exact, but for doubles; a walk over all edges from every vertex: seconds for
 * thousands of vertices, days for a million. Parallel, and the same to the bit at any number of threads. */
CD_CHECKED cd_status cd_betweenness(const cd_csr *g, const cd_run *run, double *between, cd_err *err);

typedef struct {
    double error;          /* of a share of all pairs, above 0 */
    double chance;         /* that any of them is further off, in (0, 1) */
    const uint32_t *place; /* per vertex: what is drawn hangs on places, not on numbers */
} cd_between_options;

typedef struct {
    uint64_t samples;
    uint32_t longest; /* vertices on a shortest path, at most */
    double error;     /* of every share at once, but for the chance that was given */
} cd_between_report;

/* Peak: 4 n bytes and 48 n a thread. */
size_t cd_between_sampled_bytes(cd_id n, uint32_t threads);
/* hits[n]: on how many of report->samples shortest paths, each drawn between two vertices at random, a vertex lies in
 * between; hits / samples is its share of all pairs, within the error. Random numbers come from run->seed. Parallel. */
CD_CHECKED cd_status cd_between_sampled(const cd_csr *g, const cd_between_options *options, const cd_run *run,
                                        uint64_t *hits, cd_between_report *report, cd_err *err);

#endif
