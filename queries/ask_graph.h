/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask_graph.h: the nodes and relationships in a query's rows as one graph, each once, however deep in lists and paths they stand. */
#ifndef QUERIES_ASK_GRAPH_H
#define QUERIES_ASK_GRAPH_H

#include "queries/graph_out.h"
#include "queries/language/evaluate.h"
#include "queries/language/row_set.h"

typedef struct {
    graph_out g;
    graph_form form;
    row_set edges;   /* those that are in it; for a picture, of each type those between the same two nodes once */
    value_pool pool;
    size_t held;     /* of the pool */
} ask_graph;

/* most_bytes: of memory, for telling relationships apart; 0: any. */
void ask_graph_begin(ask_graph *a, const candour_ontology *ontology, graph_form form, size_t most_bytes);
CD_CHECKED cd_status ask_graph_row(ask_graph *a, evaluation *e, const value *row, uint32_t n, cd_err *err);
/* CD_EUSAGE where the rows held no node. */
CD_CHECKED cd_status ask_graph_end(ask_graph *a, cd_buffer *out, cd_err *err);
void ask_graph_release(ask_graph *a);

#endif
