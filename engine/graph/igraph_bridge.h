/* SPDX-License-Identifier: GPL-3.0-or-later
 * igraph_bridge.h: what candour takes from igraph: its Leiden (beside ours, cd_leiden), places on a page, GraphML.
 *
 * Graphs are undirected ones of ours (csr.h); no type of igraph's shows. One call at a time: igraph keeps what it is
 * doing in globals of the process, so calls wait for one another, and whatever handlers a host program gave igraph are
 * put back after each. Never from a parallel region. A call hears of cd_progress, and stops where igraph looks up from
 * its work. */
#ifndef CD_GRAPH_IGRAPH_BRIDGE_H
#define CD_GRAPH_IGRAPH_BRIDGE_H

#include <stdio.h>

#include "engine/base/slice.h"
#include "engine/graph/csr.h"
#include "engine/graph/run.h"

/* Peak of any of the calls but a large layout. */
size_t cd_igraph_bytes(const cd_csr *g);

/* Communities of high modularity at that resolution, each named by its lowest vertex. weight: one an entry of g->adj,
 * equal both ways; NULL: 1 each. At most `rounds` (>= 1) rounds, whose draws come from run->seed. *modularity is
 * igraph's own figure, each edge counted once; 0 where there are no edges. */
CD_CHECKED cd_status cd_igraph_leiden(const cd_csr *g, const uint32_t *weight, double resolution, uint32_t rounds,
                                      const cd_run *run, cd_id *community, double *modularity, cd_err *err);

/* Up to this many vertices are laid out by Fruchterman and Reingold's springs, more by DrL. */
enum { CD_IGRAPH_SPRINGS = 2000 };
size_t cd_igraph_layout_bytes(const cd_csr *g);
/* A place on the plane for each vertex, near where its neighbours are: to be looked at, not measured. The same for the
 * same graph, seed and machine; libraries of mathematics differ in last bits, which grow. */
CD_CHECKED cd_status cd_igraph_layout(const cd_csr *g, const cd_run *run, double *x, double *y, cd_err *err);
/* The same of a small connected graph by Kamada and Kawai: distances on the plane near those in the graph. Draws
 * nothing at random, and ends where nothing pulls any more, so that last bits do not grow. */
enum { CD_IGRAPH_EVEN = 400 };
CD_CHECKED cd_status cd_igraph_layout_even(const cd_csr *g, const cd_run *run, double *x, double *y, cd_err *err);

/* What vertex `v` is called. */
typedef cd_slice cd_igraph_name(void *context, cd_id v);
/* Writes the graph as GraphML: `name` of each vertex and, unless NULL, `weight` (as above) of each edge. CD_EINPUT
 * where a name holds what XML cannot say. The caller closes `out`, and hears there of what its buffer could not
 * write. */
CD_CHECKED cd_status cd_igraph_graphml(const cd_csr *g, const uint32_t *weight, cd_igraph_name *name, void *context,
                                       const cd_run *run, FILE *out, cd_err *err);

#endif
