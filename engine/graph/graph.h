/* SPDX-License-Identifier: GPL-3.0-or-later
 * graph.h: several relations as one undirected graph: every id of the kinds they tie is a vertex, kind after kind. */
#ifndef CD_GRAPH_GRAPH_H
#define CD_GRAPH_GRAPH_H

#include "engine/graph/pairs.h"

enum { CD_GRAPH_RELATIONS = 64, CD_GRAPH_PARTS = 2 * CD_GRAPH_RELATIONS };

typedef struct {
    uint32_t kind;
    cd_id first, n; /* its vertices are [first, first + n) */
} cd_graph_part;

typedef struct {
    cd_csr csr; /* each edge both ways; no loops; its arrays are its own */
    uint32_t n_parts;
    cd_graph_part parts[CD_GRAPH_PARTS];
} cd_graph;

/* At most CD_GRAPH_RELATIONS at once. Peak: 8 n + 8 bytes an edge, and the pairs, which may go when this returns. Pairs
 * of one id with itself are left out: nobody is tied to himself. Parallel; the same graph whatever the order of the
 * relations. */
CD_CHECKED cd_status cd_graph_join(const cd_pairs *relations, uint32_t n_relations, const cd_run *run, cd_graph *out,
                                   cd_err *err);
void cd_graph_release(cd_graph *g);

/* The part that a vertex belongs to. */
const cd_graph_part *cd_graph_part_of(const cd_graph *g, cd_id vertex);
/* The part of a kind, or NULL. */
const cd_graph_part *cd_graph_part_find(const cd_graph *g, uint32_t kind);

#endif
