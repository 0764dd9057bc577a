/* SPDX-License-Identifier: GPL-3.0-or-later
 * graph_svg.c: a graph as a picture: kinds by shape and colour, what was asked about larger and ringed, names where
 * there is room for them. Who points at a place or a line reads all of it. No script; it stands by itself. */
#include <math.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "queries/graph_out.h"
#include "queries/report.h"

enum {
    SIDE = 92, /* room to the left and right of the outermost places */
    TOP = 46,  /* room above and below them, the title and the legend apart */
    LINE = 22, /* of the legend */
    NARROWEST = 560,
    LARGEST = 1900,   /* that a picture may be wide or high */
    MOST_NAMED = 1200 /* nodes: beyond, only those that were asked about are named */
};

/* One a kind, in the order in which they come; shapes differ too, for eyes and printers that do not see colours. */
static const struct {
    const char *fill, *shape;
} kind_looks[] = {
    {"#1d4e89", "circle"},   {"#d9822b", "page"},    {"#5b8c3e", "square"}, {"#7d4f9e", "diamond"},
    {"#b3261e", "triangle"}, {"#168a8a", "hexagon"}, {"#8a6d3b", "square"}, {"#5c6773", "circle"},
};
static const struct {
    const char *stroke, *dashes;
} type_looks[] = {
    {"#8c97a3", ""},        {"#7d4f9e", ""}, {"#5b8c3e", "7 3"}, {"#b3261e", "2 3"},
    {"#168a8a", "9 3 2 3"}, {"#d9822b", ""}, {"#1d4e89", "5 4"},
};
enum { KIND_LOOKS = sizeof kind_looks / sizeof *kind_looks, TYPE_LOOKS = sizeof type_looks / sizeof *type_looks };

typedef struct {
    double x0, y0, x1, y1;
} box;

typedef struct {
    double x0, y0, x1, y1, bend; /* a line, and how far its middle is off it */
} line;

typedef struct {
    const graph_out *g;
    cd_buffer *out;
    double *x, *y, *away_x, *away_y; /* per node: its place, and the direction in which it has least neighbours */
    line *lines;                     /* per edge */
    box *taken;                      /* by names so far */
    uint32_t n_taken, n_unnamed;
    double width, height, top;
} picture;

/* ---- Where things are ---- */

/* A length of the layout in points: names are some 60 long, and have to stand beside one another. */
static double unit_of(const double *x, const double *y, uint32_t n, double *room)
{
    const double wanted = 46, least = 84, most = 150;
    if (n > MOST_NAMED) return LARGEST; /* as large as a picture may be */
    if (n < 2) return least;
    for (uint32_t v = 0; v < n; v++) {
        room[v] = HUGE_VAL;
        for (uint32_t w = 0; w < n; w++)
            if (v != w) room[v] = fmin(room[v], hypot(x[v] - x[w], y[v] - y[w]));
    }
    double nearest = HUGE_VAL;
    for (uint32_t v = 0; v < n; v++) nearest = fmin(nearest, fmax(room[v], 0.05));
    return fmin(fmax(wanted / nearest, least), most);
}

static cd_status place_nodes(picture *p, cd_err *err)
{
    cd_status st = CD_OK;
    const graph_out *g = p->g;
    candour_layout_edge *ends = NULL;
    double *room = NULL, across = 0, down = 0;
    CD_NEW(ends, g->n_edges);
    CD_NEW(room, g->n_nodes);
    for (uint32_t e = 0; e < g->n_edges; e++) ends[e] = (candour_layout_edge){g->edges[e].from, g->edges[e].to};
    CD_TRY(candour_layout(g->n_nodes, ends, g->n_edges, p->x, p->y, err));
    for (uint32_t v = 0; v < g->n_nodes; v++) across = fmax(across, p->x[v]), down = fmax(down, p->y[v]);
    double unit = unit_of(p->x, p->y, g->n_nodes, room);
    if (across > 0) unit = fmin(unit, (LARGEST - 2 * SIDE) / across);
    if (down > 0) unit = fmin(unit, (LARGEST - 2 * TOP) / down);
    p->width = fmax(NARROWEST, across * unit + 2 * SIDE);
    for (uint32_t v = 0; v < g->n_nodes; v++) {
        p->x[v] = p->x[v] * unit + (p->width - across * unit) / 2;
        p->y[v] = p->y[v] * unit + TOP;
    }
    p->height = down * unit + 2 * TOP;
done:
    cd_free(ends);
    cd_free(room);
    return st;
}

typedef struct {
    uint64_t pair;
    uint32_t edge;
} paired;

static int paired_compare(const void *a, const void *b)
{
    const paired *x = a, *y = b;
    if (x->pair != y->pair) return x->pair < y->pair ? -1 : 1;
    return (x->edge > y->edge) - (x->edge < y->edge);
}

/* Edges between the same two nodes bend apart. */
static cd_status place_edges(picture *p, cd_err *err)
{
    cd_status st = CD_OK;
    const double apart = 26;
    const graph_out *g = p->g;
    paired *list = NULL;
    CD_NEW(list, g->n_edges);
    for (uint32_t e = 0; e < g->n_edges; e++) {
        uint32_t a = g->edges[e].from, b = g->edges[e].to;
        list[e] = (paired){(uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a), e};
    }
    if (g->n_edges > 1) qsort(list, g->n_edges, sizeof *list, paired_compare);
    for (uint32_t lo = 0, hi; lo < g->n_edges; lo = hi) {
        for (hi = lo + 1; hi < g->n_edges && list[hi].pair == list[lo].pair;) hi++;
        for (uint32_t k = lo; k < hi; k++) {
            uint32_t a = (uint32_t)(list[k].pair >> 32), b = (uint32_t)list[k].pair;
            p->lines[list[k].edge] =
                (line){p->x[a], p->y[a], p->x[b], p->y[b], ((k - lo) - (hi - lo - 1) / 2.0) * apart};
            if (a == b) continue;
            double far = fmax(hypot(p->x[b] - p->x[a], p->y[b] - p->y[a]), 1);
            p->away_x[a] -= (p->x[b] - p->x[a]) / far, p->away_y[a] -= (p->y[b] - p->y[a]) / far;
            p->away_x[b] += (p->x[b] - p->x[a]) / far, p->away_y[b] += (p->y[b] - p->y[a]) / far;
        }
    }
done:
    cd_free(list);
    return st;
}

/* The middle of a line, bent or not. */
static void middle_of(const line *l, double *x, double *y)
{
    double dx = l->x1 - l->x0, dy = l->y1 - l->y0, far = fmax(hypot(dx, dy), 1);
    *x = (l->x0 + l->x1) / 2 - dy / far * l->bend / 2, *y = (l->y0 + l->y1) / 2 + dx / far * l->bend / 2;
}

/* ---- Names ---- */

static double radius_of(const picture *p, uint32_t v)
{
    return p->g->nodes[v].strong ? 10 : p->g->n_nodes > MOST_NAMED ? 3 : 7;
}

static bool meet(const box *a, const box *b)
{
    return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

/* Whether the straight line between a bent one's ends, or its middle, comes through. */
static bool crosses(const line *l, const box *b)
{
    double lo = 0, hi = 1, d[2] = {l->x1 - l->x0, l->y1 - l->y0}, at[2] = {l->x0, l->y0};
    double least[2] = {b->x0, b->y0}, most[2] = {b->x1, b->y1};
    for (int i = 0; i < 2; i++) {
        if (fabs(d[i]) < 1e-9) {
            if (at[i] < least[i] || at[i] > most[i]) return false;
            continue;
        }
        double t = (least[i] - at[i]) / d[i], u = (most[i] - at[i]) / d[i];
        lo = fmax(lo, fmin(t, u)), hi = fmin(hi, fmax(t, u));
    }
    return lo < hi;
}

/* What stands in the way there: names and nodes forbid it, lines only count. */
static bool is_free(const picture *p, const box *b, uint32_t of_node, double *cost)
{
    if (b->x0 < 4 || b->x1 > p->width - 4 || b->y0 < 2 || b->y1 > p->height - 2) return false;
    for (uint32_t i = 0; i < p->n_taken; i++)
        if (meet(b, &p->taken[i])) return false;
    for (uint32_t v = 0; v < p->g->n_nodes; v++) {
        double r = radius_of(p, v) + 1;
        const box node = {p->x[v] - r, p->y[v] - r, p->x[v] + r, p->y[v] + r};
        if (v != of_node && meet(b, &node)) return false;
    }
    for (uint32_t e = 0; e < p->g->n_edges; e++) *cost += crosses(&p->lines[e], b);
    return true;
}

static uint32_t letters_of(cd_slice text)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < text.n; i++) n += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
    return n;
}

static void text_at(const picture *p, double x, double y, const char *anchor, const char *look, cd_slice text)
{
    cd_buffer_printf(p->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>", x, y, anchor, look);
    report_escape(p->out, text);
    cd_buffer_printf(p->out, "</text>\n");
}

enum { LONGEST_NAME = 40 };

/* A name stands where it hides nothing, rather away from the node's neighbours, and crosses as few lines as may be. */
static void name_node(picture *p, uint32_t v)
{
    static const double direction[][2] = {{1, 0},     {-1, 0},     {0, 1},      {0, -1},
                                          {0.7, 0.7}, {-0.7, 0.7}, {0.7, -0.7}, {-0.7, -0.7}};
    const graph_node *n = &p->g->nodes[v];
    cd_slice name = cd_slice_cut(n->label.bytes ? n->label : n->id, LONGEST_NAME);
    double size = n->strong ? 13 : 11, wide = letters_of(name) * size * (n->strong ? 0.7 : 0.63),
           r = radius_of(p, v) + 3, best = HUGE_VAL;
    double far = fmax(hypot(p->away_x[v], p->away_y[v]), 0.5);
    box found = {0};
    int way = -1;
    for (int i = 0; i < 8; i++) {
        double dx = direction[i][0], dy = direction[i][1];
        double x = p->x[v] + dx * r, y = p->y[v] + dy * (r + size / 2);
        const box b = {dx > 0   ? x
                       : dx < 0 ? x - wide
                                : x - wide / 2,
                       y - size * 0.55,
                       dx > 0   ? x + wide
                       : dx < 0 ? x
                                : x + wide / 2,
                       y + size * 0.55};
        double cost = -0.8 * (dx * p->away_x[v] + dy * p->away_y[v]) / far + (i > 3 ? 0.2 : 0);
        if (is_free(p, &b, v, &cost) && cost < best) best = cost, found = b, way = i;
    }
    if (way < 0 && !n->strong) {
        p->n_unnamed++;
        return;
    }
    if (way < 0) { /* what was asked about has its name, come what may */
        way = 0;
        found = (box){p->x[v] + r, p->y[v] - size * 0.55, p->x[v] + r + wide, p->y[v] + size * 0.55};
    }
    double dx = direction[way][0];
    text_at(p,
            dx > 0   ? found.x0
            : dx < 0 ? found.x1
                     : (found.x0 + found.x1) / 2,
            found.y1 - size * 0.2,
            dx > 0   ? "start"
            : dx < 0 ? "end"
                     : "middle",
            n->strong ? " class=\"asked\"" : " class=\"named\"", name);
    p->taken[p->n_taken++] = found;
}

/* Beside the middle of its line, so as not to hide it. */
static void name_edge(picture *p, uint32_t e)
{
    const double size = 9;
    const line *l = &p->lines[e];
    double x, y, cost = 0, dx = l->x1 - l->x0, dy = l->y1 - l->y0, far = fmax(hypot(dx, dy), 1);
    cd_slice words = cd_slice_cut(p->g->edges[e].label, LONGEST_NAME);
    double wide = letters_of(words) * size * 0.55, off = fabs(dx) / far * 8 + fabs(dy) / far * (wide / 2 + 4);
    middle_of(l, &x, &y);
    x += (dx < 0 ? -1 : 1) * dy / far * off, y -= (dx < 0 ? -1 : 1) * dx / far * off;
    const box b = {x - wide / 2, y - size * 0.6, x + wide / 2, y + size * 0.6};
    if (!is_free(p, &b, UINT32_MAX, &cost) || cost > 1) return;
    text_at(p, x, y + size * 0.35, "middle", " class=\"said\"", words);
    p->taken[p->n_taken++] = b;
}

static void name_all(picture *p)
{
    bool all = p->g->n_nodes <= MOST_NAMED;
    for (uint32_t v = 0; v < p->g->n_nodes; v++)
        if (p->g->nodes[v].strong) name_node(p, v);
    for (uint32_t v = 0; v < p->g->n_nodes; v++)
        if (!p->g->nodes[v].strong && all)
            name_node(p, v);
        else if (!p->g->nodes[v].strong)
            p->n_unnamed++;
    for (uint32_t e = 0; e < p->g->n_edges && all; e++)
        if (p->g->edges[e].label.n) name_edge(p, e);
}

/* ---- What is drawn ---- */

static void shape(cd_buffer *out, uint32_t kind, double x, double y, double r, bool strong)
{
    const char *fill = kind_looks[kind % KIND_LOOKS].fill;
    const char *ring = strong ? "stroke=\"#111\" stroke-width=\"2.5\"" : "stroke=\"#fff\" stroke-width=\"1\"";
    switch (kind_looks[kind % KIND_LOOKS].shape[0]) {
    case 'p':
        cd_buffer_printf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" %s>", x - 0.8 * r,
                         y - r, 1.6 * r, 2 * r, fill, ring);
        break;
    case 's':
        cd_buffer_printf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" %s>", x - 0.9 * r,
                         y - 0.9 * r, 1.8 * r, 1.8 * r, fill, ring);
        break;
    case 'd':
        cd_buffer_printf(out, "<polygon points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f\" fill=\"%s\" %s>", x,
                         y - 1.2 * r, x + 1.2 * r, y, x, y + 1.2 * r, x - 1.2 * r, y, fill, ring);
        break;
    case 't':
        cd_buffer_printf(out, "<polygon points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f\" fill=\"%s\" %s>", x, y - 1.2 * r,
                         x + 1.1 * r, y + 0.8 * r, x - 1.1 * r, y + 0.8 * r, fill, ring);
        break;
    case 'h':
        cd_buffer_printf(
            out, "<polygon points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f\" fill=\"%s\" %s>",
            x + r, y, x + r / 2, y + 0.9 * r, x - r / 2, y + 0.9 * r, x - r, y, x - r / 2, y - 0.9 * r, x + r / 2,
            y - 0.9 * r, fill, ring);
        break;
    default:
        cd_buffer_printf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" %s>", x, y, r, fill, ring);
        break;
    }
}

static const char *shape_end(uint32_t kind)
{
    char first = kind_looks[kind % KIND_LOOKS].shape[0];
    return first == 'c' ? "</circle>\n" : first == 'p' || first == 's' ? "</rect>\n" : "</polygon>\n";
}

static void values(cd_buffer *out, const graph_value_of *of, const cd_slice *value)
{
    for (uint32_t i = 0; i < GRAPH_VALUES && of[i].name; i++) {
        if (!value[i].n) continue;
        cd_buffer_printf(out, ", %s ", of[i].name);
        report_escape(out, value[i]);
    }
}

static void draw_edge(const picture *p, uint32_t e)
{
    const graph_edge *x = &p->g->edges[e];
    const line *l = &p->lines[e];
    uint32_t look = x->type % TYPE_LOOKS;
    char at[PRINT_TEXT];
    double mx, my;
    middle_of(l, &mx, &my);
    if (l->bend == 0)
        cd_buffer_printf(p->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"", l->x0, l->y0, l->x1, l->y1);
    else
        cd_buffer_printf(p->out, "<path d=\"M%.1f %.1fQ%.1f %.1f %.1f %.1f\" fill=\"none\"", l->x0, l->y0,
                         2 * mx - (l->x0 + l->x1) / 2, 2 * my - (l->y0 + l->y1) / 2, l->x1, l->y1);
    cd_buffer_printf(p->out, " stroke=\"%s\" stroke-width=\"%s\"", type_looks[look].stroke,
                     x->strong                    ? "3"
                     : p->g->n_nodes > MOST_NAMED ? "0.4"
                                                  : "1.4");
    if (*type_looks[look].dashes) cd_buffer_printf(p->out, " stroke-dasharray=\"%s\"", type_looks[look].dashes);
    cd_buffer_printf(p->out, "><title>");
    report_escape(p->out, cd_slice_of(p->g->types[x->type]));
    values(p->out, p->g->of_edges, x->value);
    if (x->first != CANDOUR_UNKNOWN) cd_buffer_printf(p->out, ", from %s", print_time(x->first, at));
    if (x->last != CANDOUR_UNKNOWN) cd_buffer_printf(p->out, ", to %s", print_time(x->last, at));
    cd_buffer_printf(p->out, "</title>%s\n", l->bend == 0 ? "</line>" : "</path>");
}

static void draw_node(const picture *p, uint32_t v)
{
    const graph_node *n = &p->g->nodes[v];
    shape(p->out, n->kind, p->x[v], p->y[v], radius_of(p, v), n->strong);
    cd_buffer_printf(p->out, "<title>");
    report_escape(p->out, cd_slice_of(p->g->kinds[n->kind]));
    cd_buffer_printf(p->out, " ");
    report_escape(p->out, n->id);
    values(p->out, p->g->of_nodes, n->value);
    cd_buffer_printf(p->out, "</title>%s", shape_end(n->kind));
}

/* ---- The legend ---- */

/* Goes on to the next line where the one it is on is full. */
static void legend_room(double *x, double *y, double wide, double width)
{
    if (*x > 16 && *x + wide > width - 10) *x = 16, *y += LINE;
}

static uint32_t digits_of(uint32_t n) { return n < 10 ? 1 : 1 + digits_of(n / 10); }

/* Writes it, and says how far down it comes. */
static double legend(const picture *p, cd_buffer *out)
{
    const graph_out *g = p->g;
    uint32_t nodes[GRAPH_WORDS] = {0};
    bool edges[GRAPH_WORDS] = {false};
    double x = 16, y = 50;
    for (uint32_t v = 0; v < g->n_nodes; v++) nodes[g->nodes[v].kind]++;
    for (uint32_t e = 0; e < g->n_edges; e++) edges[g->edges[e].type] = true;
    for (uint32_t i = 0; i < g->n_kinds; i++) {
        if (!nodes[i]) continue;
        legend_room(&x, &y, 20 + 7.2 * (double)(strlen(g->kinds[i]) + 4 + digits_of(nodes[i])), p->width);
        shape(out, i, x + 7, y, 7, false);
        cd_buffer_printf(out, "%s<text x=\"%.1f\" y=\"%.1f\">%u ", shape_end(i), x + 20, y + 4, nodes[i]);
        report_escape(out, cd_slice_of(g->kinds[i]));
        cd_buffer_printf(out, "%s</text>\n", nodes[i] == 1 ? "" : "s");
        x += 20 + 7.2 * (double)(strlen(g->kinds[i]) + 4 + digits_of(nodes[i]));
    }
    for (uint32_t i = 0; i < g->n_types; i++) {
        if (!edges[i]) continue;
        legend_room(&x, &y, 34 + 7.2 * (double)(strlen(g->types[i]) + 3), p->width);
        cd_buffer_printf(out,
                         "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2\" "
                         "stroke-dasharray=\"%s\"/><text x=\"%.1f\" y=\"%.1f\">",
                         x, y, x + 28, y, type_looks[i % TYPE_LOOKS].stroke,
                         *type_looks[i % TYPE_LOOKS].dashes ? type_looks[i % TYPE_LOOKS].dashes : "none", x + 34,
                         y + 4);
        report_escape(out, cd_slice_of(g->types[i]));
        cd_buffer_printf(out, "</text>\n");
        x += 34 + 7.2 * (double)(strlen(g->types[i]) + 3);
    }
    return y + 12;
}

/* ---- All of it ---- */

static void draw(picture *p, cd_buffer *names)
{
    cd_buffer words = {0};
    double top = legend(p, &words);
    cd_buffer *out = p->out;
    cd_buffer_printf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
        "font-family=\"Helvetica,Arial,sans-serif\" font-size=\"12\">\n"
        "<style>.named,.asked,.said{stroke:#fff;stroke-width:3px;paint-order:stroke}.named{font-size:11px;fill:#222}"
        ".asked{font-size:13px;font-weight:bold;fill:#111}.said{font-size:9px;fill:#555}</style>\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
        "<text x=\"16\" y=\"26\" font-size=\"15\" font-weight=\"bold\">",
        p->width, p->height + top, p->width, p->height + top);
    report_escape(out, cd_slice_of(p->g->title));
    cd_buffer_printf(out, "</text>\n");
    cd_buffer_add(out, words.bytes, words.n);
    cd_buffer_printf(out, "<g transform=\"translate(0 %.0f)\">\n", top);
    for (uint32_t e = 0; e < p->g->n_edges; e++) draw_edge(p, e);
    for (uint32_t v = 0; v < p->g->n_nodes; v++)
        if (!p->g->nodes[v].strong) draw_node(p, v);
    for (uint32_t v = 0; v < p->g->n_nodes; v++)
        if (p->g->nodes[v].strong) draw_node(p, v);
    cd_buffer_add(out, names->bytes, names->n);
    if (p->n_unnamed)
        cd_buffer_printf(out,
                         "<text x=\"16\" y=\"%.0f\" font-size=\"10\" fill=\"#555\">%u without a name for want of room; "
                         "point at one to read it</text>\n",
                         p->height - 8, p->n_unnamed);
    cd_buffer_printf(out, "</g>\n</svg>\n");
    if (words.status != CD_OK || names->status != CD_OK) out->status = CD_EMEMORY;
    cd_buffer_release(&words);
}

cd_status graph_out_svg(const graph_out *g, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer names = {0};
    picture p = {.g = g, .out = out};
    CD_NEW(p.x, g->n_nodes);
    CD_NEW(p.y, g->n_nodes);
    CD_NEW(p.away_x, g->n_nodes);
    CD_NEW(p.away_y, g->n_nodes);
    CD_NEW(p.lines, g->n_edges);
    CD_NEW(p.taken, (size_t)g->n_nodes + g->n_edges);
    CD_TRY(place_nodes(&p, err));
    CD_TRY(place_edges(&p, err));
    p.out = &names;
    name_all(&p);
    p.out = out;
    draw(&p, &names);
done:
    cd_buffer_release(&names);
    cd_free(p.x);
    cd_free(p.y);
    cd_free(p.away_x);
    cd_free(p.away_y);
    cd_free(p.lines);
    cd_free(p.taken);
    return st;
}
