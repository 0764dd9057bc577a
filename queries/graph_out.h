/* SPDX-License-Identifier: GPL-3.0-or-later
 * graph_out.h: a small graph in the making, and its forms: GraphML and GEXF for other tools, DOT for Graphviz, SVG to
 * look at. The one home of each: what a command shows as a graph goes through here.
 *
 * Texts are copied. A failure sticks, and graph_out_write tells it; until then every call may be made. */
#ifndef QUERIES_GRAPH_OUT_H
#define QUERIES_GRAPH_OUT_H

#include "engine/candour.h"
#include "queries/command.h"

enum { GRAPH_VALUES = 6, GRAPH_WORDS = 64 };

typedef struct {
    const char *name;
    candour_type type; /* CANDOUR_INTEGER, CANDOUR_REAL, or a text */
} graph_value_of;

typedef struct {
    cd_slice id;
    cd_slice label;               /* what a picture shows; of NULL: the id */
    uint32_t kind;                /* into graph_out.kinds */
    bool strong;                  /* what the question was about: stands out in a picture */
    cd_slice value[GRAPH_VALUES]; /* by graph_out.of_nodes, written out; of NULL: not known */
} graph_node;

typedef struct {
    uint32_t from, to; /* nodes */
    uint32_t type;     /* into graph_out.types */
    bool strong;
    cd_slice label;      /* a picture shows it where it has room; of NULL: nothing */
    int64_t first, last; /* when: CANDOUR_UNKNOWN is open */
    cd_slice value[GRAPH_VALUES];
} graph_edge;

/* Zero-initialise, then say the title and the values that nodes and edges have. */
typedef struct {
    const char *title;
    graph_value_of of_nodes[GRAPH_VALUES], of_edges[GRAPH_VALUES];
    uint32_t n_kinds, n_types; /* `officer`, `accesses`: in the order in which colours are given */
    const char *kinds[GRAPH_WORDS], *types[GRAPH_WORDS];
    graph_node *nodes;
    graph_edge *edges;
    uint32_t n_nodes, n_edges;
    size_t cap_nodes, cap_edges, cap_places;
    uint32_t *places; /* a table of hashes: 1 + a node */
    cd_arena arena;
    cd_status status;
    graph_node no_node; /* what is handed out once memory has failed */
    graph_edge no_edge;
} graph_out;

void graph_out_release(graph_out *g);

/* The number of a kind of nodes or a type of edges, new or not; so said in the order of an ontology, pictures agree. */
uint32_t graph_out_kind(graph_out *g, const char *name);
uint32_t graph_out_type(graph_out *g, const char *name);
/* The node of that kind and id, new or not; another of the same id where `again`. Its number. */
uint32_t graph_out_node(graph_out *g, uint32_t kind, cd_slice id, bool again);
/* To fill in; good until the next node or edge. */
graph_node *graph_out_at(graph_out *g, uint32_t node);
graph_edge *graph_out_edge(graph_out *g, uint32_t from, uint32_t to, uint32_t type);
/* A text for a value or label; of NULL where memory ran out. */
cd_slice graph_out_text(graph_out *g, const char *format, ...) CD_PRINTF(2, 3);
cd_slice graph_out_copy(graph_out *g, cd_slice text);

typedef enum { GRAPH_NO_FORM, GRAPH_GRAPHML, GRAPH_GEXF, GRAPH_DOT, GRAPH_SVG } graph_form;

/* The options that name the forms, and which of them a run was given. */
#define CLI_GRAPH_FORMS                                                                                                \
    {.name = "graphml", .about = "print GraphML, for Gephi, Cytoscape, yEd, igraph"},                                  \
        {.name = "gexf", .about = "print GEXF, for Gephi, with times"},                                                \
        {.name = "dot", .about = "print DOT, for Graphviz"},                                                           \
    {                                                                                                                  \
        .name = "svg", .about = "print a picture"                                                                      \
    }
graph_form graph_form_of(const cli_run *run);

CD_CHECKED cd_status graph_out_write(graph_out *g, graph_form form, cd_buffer *out, cd_err *err);

/* The forms, for graph_out_write. */
void graph_out_graphml(const graph_out *g, cd_buffer *out);
void graph_out_gexf(const graph_out *g, cd_buffer *out);
void graph_out_dot(const graph_out *g, cd_buffer *out);
CD_CHECKED cd_status graph_out_svg(const graph_out *g, cd_buffer *out, cd_err *err);

#endif
