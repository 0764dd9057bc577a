/* SPDX-License-Identifier: GPL-3.0-or-later
 * graph_out.c: nodes and edges as they are named, each node once, and DOT, the plainest of the forms. */
#include "queries/graph_out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/hash.h"
#include "queries/arguments.h"
#include "queries/print.h"

void graph_out_release(graph_out *g)
{
    cd_free(g->nodes);
    cd_free(g->edges);
    cd_free(g->places);
    cd_arena_release(&g->arena);
    *g = (graph_out){0};
}

cd_slice graph_out_copy(graph_out *g, cd_slice text)
{
    char *copy = text.bytes ? cd_arena_copy(&g->arena, text.bytes, text.n, NULL) : NULL;
    if (text.bytes && !copy) g->status = CD_EMEMORY;
    return (cd_slice){copy, copy ? text.n : 0};
}

cd_slice graph_out_text(graph_out *g, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return graph_out_copy(g, (cd_slice){text, n < 0 ? 0 : (size_t)n < sizeof text ? (uint32_t)n : sizeof text - 1});
}

/* ---- Words ---- */

/* The last word stands for all beyond what there is room for. */
static uint32_t word_of(graph_out *g, const char **words, uint32_t *n, const char *name)
{
    for (uint32_t i = 0; i < *n; i++)
        if (strcmp(words[i], name) == 0) return i;
    if (*n == GRAPH_WORDS) return GRAPH_WORDS - 1;
    cd_slice copy = graph_out_copy(g, cd_slice_of(name));
    words[*n] = copy.bytes ? copy.bytes : "";
    return (*n)++;
}

uint32_t graph_out_kind(graph_out *g, const char *name) { return word_of(g, g->kinds, &g->n_kinds, name); }
uint32_t graph_out_type(graph_out *g, const char *name) { return word_of(g, g->types, &g->n_types, name); }

/* ---- Nodes and edges ---- */

static uint64_t hash_of(uint32_t kind, cd_slice id) { return cd_hash64(id.bytes, id.n) ^ kind * 0x9e3779b97f4a7c15u; }

/* Where a node of that name stands among g->places, or where it would. */
static uint32_t *place_of(const graph_out *g, uint32_t kind, cd_slice id)
{
    size_t mask = g->cap_places - 1;
    for (size_t i = (size_t)hash_of(kind, id) & mask;; i = (i + 1) & mask) {
        const graph_node *v = g->places[i] ? &g->nodes[g->places[i] - 1] : NULL;
        if (!v || (v->kind == kind && cd_slice_equal(v->id, id))) return &g->places[i];
    }
}

static cd_status places_grow(graph_out *g)
{
    if (2 * ((size_t)g->n_nodes + 1) <= g->cap_places) return CD_OK;
    size_t cap = g->cap_places ? 2 * g->cap_places : 64;
    uint32_t *places = cd_alloc(cap, sizeof *places, NULL);
    if (!places) return CD_EMEMORY;
    cd_free(g->places);
    g->places = places, g->cap_places = cap;
    for (uint32_t v = 0; v < g->n_nodes; v++) {
        uint32_t *at = place_of(g, g->nodes[v].kind, g->nodes[v].id);
        if (!*at) *at = v + 1;
    }
    return CD_OK;
}

uint32_t graph_out_node(graph_out *g, uint32_t kind, cd_slice id, bool again)
{
    if (g->status == CD_OK) g->status = places_grow(g);
    if (g->status == CD_OK) g->status = cd_grow(&g->nodes, &g->cap_nodes, g->n_nodes + 1, sizeof *g->nodes, NULL);
    if (g->status != CD_OK) return 0;
    uint32_t *at = place_of(g, kind, id);
    if (*at && !again) return *at - 1;
    cd_slice copy = graph_out_copy(g, id);
    if (g->status != CD_OK) return 0;
    g->nodes[g->n_nodes++] = (graph_node){.id = copy, .kind = kind};
    if (!*at) *at = g->n_nodes;
    return g->n_nodes - 1;
}

graph_node *graph_out_at(graph_out *g, uint32_t node) { return g->status == CD_OK ? &g->nodes[node] : &g->no_node; }

graph_edge *graph_out_edge(graph_out *g, uint32_t from, uint32_t to, uint32_t type)
{
    if (g->status == CD_OK) g->status = cd_grow(&g->edges, &g->cap_edges, g->n_edges + 1, sizeof *g->edges, NULL);
    if (g->status != CD_OK) return &g->no_edge;
    g->edges[g->n_edges] =
        (graph_edge){.from = from, .to = to, .type = type, .first = CANDOUR_UNKNOWN, .last = CANDOUR_UNKNOWN};
    return &g->edges[g->n_edges++];
}

/* ---- Forms ---- */

graph_form graph_form_of(const cli_run *run)
{
    static const char *const names[] = {"graphml", "gexf", "dot", "svg"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
        if (cli_given(run, names[i])) return (graph_form)(i + 1);
    return GRAPH_NO_FORM;
}

static void dot_text(cd_buffer *out, cd_slice text)
{
    cd_buffer_add(out, "\"", 1);
    for (uint32_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.bytes[i];
        if (c == '"' || c == '\\') cd_buffer_add(out, "\\", 1);
        cd_buffer_add(out, c < 0x20 || c == 0x7f ? "?" : &text.bytes[i], 1);
    }
    cd_buffer_add(out, "\"", 1);
}

static void dot_values(cd_buffer *out, const graph_value_of *of, const cd_slice *value)
{
    for (uint32_t i = 0; i < GRAPH_VALUES && of[i].name; i++) {
        if (!value[i].bytes) continue;
        cd_buffer_printf(out, ", \"%s\"=", of[i].name);
        dot_text(out, value[i]);
    }
}

void graph_out_dot(const graph_out *g, cd_buffer *out)
{
    cd_buffer_printf(out, "graph ");
    dot_text(out, cd_slice_of(g->title));
    cd_buffer_printf(out, " {\n");
    for (uint32_t v = 0; v < g->n_nodes; v++) {
        const graph_node *n = &g->nodes[v];
        cd_buffer_printf(out, "  n%u [label=", v);
        dot_text(out, n->label.bytes ? n->label : n->id);
        cd_buffer_printf(out, ", \"id\"=");
        dot_text(out, n->id);
        cd_buffer_printf(out, ", kind=");
        dot_text(out, cd_slice_of(g->kinds[n->kind]));
        dot_values(out, g->of_nodes, n->value);
        cd_buffer_printf(out, "%s];\n", n->strong ? ", penwidth=3" : "");
    }
    for (uint32_t e = 0; e < g->n_edges; e++) {
        const graph_edge *x = &g->edges[e];
        char at[PRINT_TEXT];
        cd_buffer_printf(out, "  n%u -- n%u [type=", x->from, x->to);
        dot_text(out, cd_slice_of(g->types[x->type]));
        if (x->first != CANDOUR_UNKNOWN) cd_buffer_printf(out, ", \"first\"=\"%s\"", print_time(x->first, at));
        if (x->last != CANDOUR_UNKNOWN) cd_buffer_printf(out, ", \"last\"=\"%s\"", print_time(x->last, at));
        dot_values(out, g->of_edges, x->value);
        cd_buffer_printf(out, "%s];\n", x->strong ? ", penwidth=3" : "");
    }
    cd_buffer_printf(out, "}\n");
}

cd_status graph_out_write(graph_out *g, graph_form form, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    if (g->status != CD_OK) return cd_fail(err, g->status, "out of memory while making a graph");
    switch (form) {
    case GRAPH_GRAPHML: graph_out_graphml(g, out); break;
    case GRAPH_GEXF: graph_out_gexf(g, out); break;
    case GRAPH_DOT: graph_out_dot(g, out); break;
    case GRAPH_SVG: st = graph_out_svg(g, out, err); break;
    case GRAPH_NO_FORM: break;
    }
    if (st == CD_OK && out->status != CD_OK) st = cd_fail(err, out->status, "out of memory while writing a graph");
    return st;
}
