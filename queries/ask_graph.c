/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask_graph.c: rows of a query as a graph. */
#include "queries/ask_graph.h"

enum { MOST_DRAWN = 1000 };

void ask_graph_begin(ask_graph *a, const candour_ontology *ontology, graph_form form, size_t most_bytes)
{
    *a = (ask_graph){.g = {.title = "answer"}, .form = form, .pool = {.held = &a->held, .most = most_bytes ? most_bytes : SIZE_MAX}};
    row_set_init(&a->edges, &a->pool, form == GRAPH_SVG ? 3 : 1);
    /* In the order of the ontology, so that colours mean the same in every picture. */
    for (uint32_t k = 0; k < ontology->n_kinds; k++) (void)graph_out_kind(&a->g, ontology->kinds[k].name);
    for (uint32_t t = 0; t < ontology->n_tables; t++) {
        if (ontology->tables[t].class_of == CANDOUR_RECORD) (void)graph_out_kind(&a->g, ontology->tables[t].name);
        if (ontology->tables[t].class_of == CANDOUR_RELATION) (void)graph_out_type(&a->g, ontology->tables[t].name);
    }
}

void ask_graph_release(ask_graph *a)
{
    row_set_release(&a->edges);
    value_pool_release(&a->pool);
    graph_out_release(&a->g);
}

static cd_status add_node(ask_graph *a, evaluation *e, value node, uint32_t *out, cd_err *err)
{
    const candour_ontology *o = candour_reader_ontology(e->reader);
    const char *kind = o->tables[node.n].name;
    for (uint32_t k = 0; k < o->n_kinds; k++)
        if (o->kinds[k].table == node.n) kind = o->kinds[k].name;
    value id;
    cd_status st = value_id(e, node, &id, err);
    if (st != CD_OK) return st;
    *out = graph_out_node(&a->g, graph_out_kind(&a->g, kind), id.type == VALUE_TEXT ? value_slice(id) : cd_slice_of("?"), false);
    return CD_OK;
}

/* A picture has no room for every row between two nodes: it shows one line, from the first to the last. */
static cd_status add_edge(ask_graph *a, evaluation *e, value edge, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t number, from, to, table = edge.n & ~VALUE_HAS;
    const candour_table *shape = &candour_reader_ontology(e->reader)->tables[table];
    int64_t at = CANDOUR_UNKNOWN;
    bool fresh;
    CD_TRY(add_node(a, e, value_edge_from(e->reader, edge), &from, err));
    CD_TRY(add_node(a, e, value_edge_to(e->reader, edge), &to, err));
    uint32_t type = graph_out_type(&a->g, edge.n & VALUE_HAS ? "has" : shape->name);
    value line[] = {value_integer(from), value_integer(to), value_integer(type)};
    CD_TRY(row_set_add(&a->edges, a->form == GRAPH_SVG ? line : &edge, &number, &fresh, err));
    if (!fresh && a->form != GRAPH_SVG) return CD_OK;
    if (shape->time_column >= 0 && !(edge.n & VALUE_HAS))
        at = candour_reader_integer(e->reader, table, (uint32_t)shape->time_column, edge.as.row);
    if (fresh) {
        graph_edge *x = graph_out_edge(&a->g, from, to, type);
        x->first = x->last = at;
    } else if (a->g.status == CD_OK && at != CANDOUR_UNKNOWN) {
        graph_edge *x = &a->g.edges[number];
        if (x->first == CANDOUR_UNKNOWN || at < x->first) x->first = at;
        if (at > x->last) x->last = at;
    }
done:
    return st;
}

static cd_status add_value(ask_graph *a, evaluation *e, value v, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t node;
    uint64_t n = v.type == VALUE_LIST ? v.n : v.type == VALUE_PATH ? 2 * (uint64_t)v.n + 1 : 0;
    if (v.type == VALUE_NODE) return add_node(a, e, v, &node, err);
    if (v.type == VALUE_EDGE) return add_edge(a, e, v, err);
    for (uint64_t i = 0; i < n; i++) CD_TRY(add_value(a, e, v.as.items[i], err));
    for (uint32_t i = 0; v.type == VALUE_MAP && i < v.n; i++) CD_TRY(add_value(a, e, v.as.entries[i].value, err));
done:
    return st;
}

cd_status ask_graph_row(ask_graph *a, evaluation *e, const value *row, uint32_t n, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < n; i++) CD_TRY(add_value(a, e, row[i], err));
    if (a->g.status != CD_OK) st = cd_fail(err, CD_EMEMORY, "out of memory while making a graph; ask for less");
done:
    return st;
}

cd_status ask_graph_end(ask_graph *a, cd_buffer *out, cd_err *err)
{
    if (a->g.n_nodes == 0)
        return cd_fail(err, CD_EUSAGE, "there is nothing to draw: no row has a node; RETURN nodes, relationships or paths, not their properties");
    if (a->form == GRAPH_SVG && (a->g.n_nodes > MOST_DRAWN || a->g.n_edges > 4 * MOST_DRAWN))
        return cd_fail(err, CD_EUSAGE, "a picture of %u nodes shows nothing, and takes long to draw; ask with LIMIT, or for --graphml", a->g.n_nodes);
    return graph_out_write(&a->g, a->form, out, err);
}
