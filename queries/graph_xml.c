/* SPDX-License-Identifier: GPL-3.0-or-later
 * graph_xml.c: a graph as GraphML and as GEXF. Nodes are n0, n1, ... there, since an id of a force may hold what XML
 * cannot say; the id itself is a value, with U+FFFD in the place of such. */
#include "queries/graph_out.h"
#include "queries/report.h"

static const char *type_of(candour_type type, const char *whole)
{
    return type == CANDOUR_INTEGER ? whole : type == CANDOUR_REAL ? "double" : "string";
}

/* ---- GraphML ---- */

static void key(cd_buffer *out, const char *of, const char *prefix, const char *name, const char *type)
{
    cd_buffer_printf(out, "<key id=\"%s%s\" for=\"%s\" attr.name=\"", prefix, name, of);
    report_escape(out, cd_slice_of(name));
    cd_buffer_printf(out, "\" attr.type=\"%s\"/>\n", type);
}

static void data(cd_buffer *out, const char *prefix, const char *name, cd_slice text)
{
    if (!text.bytes) return;
    cd_buffer_printf(out, "<data key=\"%s%s\">", prefix, name);
    report_escape(out, text);
    cd_buffer_printf(out, "</data>");
}

static void data_time(cd_buffer *out, const char *name, int64_t at)
{
    char text[PRINT_TEXT];
    if (at != CANDOUR_UNKNOWN) data(out, "e_", name, cd_slice_of(print_time(at, text)));
}

void graph_out_graphml(const graph_out *g, cd_buffer *out)
{
    cd_buffer_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
    key(out, "node", "n_", "id", "string");
    key(out, "node", "n_", "kind", "string");
    for (uint32_t i = 0; i < GRAPH_VALUES && g->of_nodes[i].name; i++)
        key(out, "node", "n_", g->of_nodes[i].name, type_of(g->of_nodes[i].type, "long"));
    key(out, "edge", "e_", "type", "string");
    key(out, "edge", "e_", "first", "string");
    key(out, "edge", "e_", "last", "string");
    for (uint32_t i = 0; i < GRAPH_VALUES && g->of_edges[i].name; i++)
        key(out, "edge", "e_", g->of_edges[i].name, type_of(g->of_edges[i].type, "long"));
    cd_buffer_printf(out, "<graph edgedefault=\"undirected\">\n");
    for (uint32_t v = 0; v < g->n_nodes; v++) {
        const graph_node *n = &g->nodes[v];
        cd_buffer_printf(out, "<node id=\"n%u\">", v);
        data(out, "n_", "id", n->id);
        data(out, "n_", "kind", cd_slice_of(g->kinds[n->kind]));
        for (uint32_t i = 0; i < GRAPH_VALUES && g->of_nodes[i].name; i++)
            data(out, "n_", g->of_nodes[i].name, n->value[i]);
        cd_buffer_printf(out, "</node>\n");
    }
    for (uint32_t e = 0; e < g->n_edges; e++) {
        const graph_edge *x = &g->edges[e];
        cd_buffer_printf(out, "<edge source=\"n%u\" target=\"n%u\">", x->from, x->to);
        data(out, "e_", "type", cd_slice_of(g->types[x->type]));
        data_time(out, "first", x->first);
        data_time(out, "last", x->last);
        for (uint32_t i = 0; i < GRAPH_VALUES && g->of_edges[i].name; i++)
            data(out, "e_", g->of_edges[i].name, x->value[i]);
        cd_buffer_printf(out, "</edge>\n");
    }
    cd_buffer_printf(out, "</graph>\n</graphml>\n");
}

/* ---- GEXF ---- */

static void attribute(cd_buffer *out, uint32_t id, const char *name, const char *type)
{
    cd_buffer_printf(out, "<attribute id=\"%u\" title=\"", id);
    report_escape(out, cd_slice_of(name));
    cd_buffer_printf(out, "\" type=\"%s\"/>\n", type);
}

static void attributes(cd_buffer *out, const char *of, const char *first, const char *second,
                       const graph_value_of *values)
{
    uint32_t id = 0;
    cd_buffer_printf(out, "<attributes class=\"%s\">\n", of);
    if (first) attribute(out, id++, first, "string");
    if (second) attribute(out, id++, second, "string");
    for (uint32_t i = 0; i < GRAPH_VALUES && values[i].name; i++)
        attribute(out, id++, values[i].name, type_of(values[i].type, "long"));
    cd_buffer_printf(out, "</attributes>\n");
}

static void value(cd_buffer *out, uint32_t id, cd_slice text)
{
    if (!text.bytes) return;
    cd_buffer_printf(out, "<attvalue for=\"%u\" value=\"", id);
    report_escape(out, text);
    cd_buffer_printf(out, "\"/>");
}

static void during(cd_buffer *out, const char *name, int64_t at)
{
    char text[PRINT_TEXT];
    if (at != CANDOUR_UNKNOWN) cd_buffer_printf(out, " %s=\"%s\"", name, print_time(at, text));
}

void graph_out_gexf(const graph_out *g, cd_buffer *out)
{
    cd_buffer_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<gexf xmlns=\"http://gexf.net/1.3\" version=\"1.3\">\n"
                          "<graph mode=\"dynamic\" timeformat=\"dateTime\" defaultedgetype=\"undirected\">\n");
    attributes(out, "node", "id", "kind", g->of_nodes);
    attributes(out, "edge", "type", NULL, g->of_edges);
    cd_buffer_printf(out, "<nodes>\n");
    for (uint32_t v = 0; v < g->n_nodes; v++) {
        const graph_node *n = &g->nodes[v];
        cd_buffer_printf(out, "<node id=\"n%u\" label=\"", v);
        report_escape(out, n->label.bytes ? n->label : n->id);
        cd_buffer_printf(out, "\"><attvalues>");
        value(out, 0, n->id);
        value(out, 1, cd_slice_of(g->kinds[n->kind]));
        for (uint32_t i = 0; i < GRAPH_VALUES && g->of_nodes[i].name; i++) value(out, 2 + i, n->value[i]);
        cd_buffer_printf(out, "</attvalues></node>\n");
    }
    cd_buffer_printf(out, "</nodes>\n<edges>\n");
    for (uint32_t e = 0; e < g->n_edges; e++) {
        const graph_edge *x = &g->edges[e];
        cd_buffer_printf(out, "<edge id=\"e%u\" source=\"n%u\" target=\"n%u\"", e, x->from, x->to);
        during(out, "start", x->first);
        during(out, "end", x->last);
        cd_buffer_printf(out, "><attvalues>");
        value(out, 0, cd_slice_of(g->types[x->type]));
        for (uint32_t i = 0; i < GRAPH_VALUES && g->of_edges[i].name; i++) value(out, 1 + i, x->value[i]);
        cd_buffer_printf(out, "</attvalues></edge>\n");
    }
    cd_buffer_printf(out, "</edges>\n</graph>\n</gexf>\n");
}
