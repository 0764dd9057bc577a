/* SPDX-License-Identifier: GPL-3.0-or-later
 * layout.c: places on a plane for a small graph, as candour.h has it. Each component is laid out by igraph, turned so
 * that it is wider than high, and the components are set side by side on shelves, the largest first. */
#include <math.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/candour.h"
#include "engine/graph/igraph_bridge.h"

/* Vertices of a component: members[lo, hi), rising; its box once it is laid out. */
typedef struct {
    uint32_t lo, hi;
    double width, height;
} component;

typedef struct {
    uint32_t n, n_components;
    cd_csr g;
    uint32_t *members, *local; /* local: where a vertex stands among those of its component */
    component *components;
    double *x, *y;
} laying;

/* ---- The graph and its components ---- */

/* The distinct edges both ways, without loops. */
static cd_status graph_make(laying *l, const candour_layout_edge *edges, uint64_t n_edges, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *both = NULL, n = 0, kept = 0;
    cd_off *off = cd_pages_new((size_t)l->n + 1, sizeof *off, err);
    cd_id *adj = cd_pages_new(2 * n_edges, sizeof *adj, err);
    l->g = (cd_csr){.n_left = l->n, .n_right = l->n, .off = off, .adj = adj};
    if (!off || !adj) CD_TRY(CD_EMEMORY);
    CD_NEW(both, 2 * n_edges);
    for (uint64_t e = 0; e < n_edges; e++) {
        uint32_t a = edges[e].a, b = edges[e].b;
        if (a >= l->n || b >= l->n)
            CD_TRY(cd_fail(err, CD_EINPUT, "an edge names vertex %u of a graph of %u", a > b ? a : b, l->n));
        if (a != b) both[n++] = (uint64_t)a << 32 | b, both[n++] = (uint64_t)b << 32 | a;
    }
    cd_sort_u64(both, n);
    for (uint64_t i = 0; i < n; i++) {
        if (i && both[i] == both[i - 1]) continue;
        adj[kept++] = (cd_id)both[i];
        off[(both[i] >> 32) + 1] = kept;
    }
    for (uint32_t v = 0; v < l->n; v++)
        if (off[v + 1] < off[v]) off[v + 1] = off[v];
done:
    cd_free(both);
    return st;
}

/* In the order of their lowest vertices. */
static cd_status components_find(laying *l, cd_err *err)
{
    cd_status st = CD_OK;
    bool *met = NULL;
    uint32_t n = 0;
    CD_NEW(met, l->n);
    CD_NEW(l->members, l->n);
    CD_NEW(l->local, l->n);
    CD_NEW(l->components, l->n);
    for (uint32_t v = 0; v < l->n; v++) {
        if (met[v]) continue;
        component *c = &l->components[l->n_components++];
        c->lo = n;
        met[v] = true;
        l->members[n++] = v;
        for (uint32_t k = c->lo; k < n; k++)
            for (cd_off p = l->g.off[l->members[k]]; p < l->g.off[l->members[k] + 1]; p++) {
                cd_id w = l->g.adj[p];
                if (!met[w]) l->members[n++] = w;
                met[w] = true;
            }
        c->hi = n;
        qsort(l->members + c->lo, c->hi - c->lo, sizeof *l->members, cd_compare_u32);
        for (uint32_t k = c->lo; k < c->hi; k++) l->local[l->members[k]] = k - c->lo;
    }
done:
    cd_free(met);
    return st;
}

/* ---- One component ---- */

static cd_status part_make(const laying *l, const component *c, cd_csr *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = c->hi - c->lo;
    cd_off total = 0;
    for (uint32_t k = c->lo; k < c->hi; k++) total += cd_csr_degree(&l->g, l->members[k]);
    cd_off *off = cd_pages_new((size_t)n + 1, sizeof *off, err);
    cd_id *adj = cd_pages_new(total, sizeof *adj, err);
    *out = (cd_csr){.n_left = n, .n_right = n, .off = off, .adj = adj};
    if (!off || !adj) CD_TRY(CD_EMEMORY);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t v = l->members[c->lo + k];
        off[k + 1] = off[k];
        for (cd_off p = l->g.off[v]; p < l->g.off[v + 1]; p++) adj[off[k + 1]++] = l->local[l->g.adj[p]];
    }
done:
    return st;
}

/* Edges are 1 long on average, from here on. */
static void scale(const cd_csr *g, double *x, double *y)
{
    double sum = 0;
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) sum += hypot(x[u] - x[g->adj[p]], y[u] - y[g->adj[p]]);
    double by = sum > 0 ? (double)cd_csr_edges(g) / sum : 1;
    for (cd_id u = 0; u < g->n_left; u++) x[u] *= by, y[u] *= by;
}

/* Pushes apart what nearly coincides, as two that have all neighbours in common do. */
static void spread(uint32_t n, double *x, double *y)
{
    enum { ROUNDS = 60 };
    const double least = 0.6;
    for (int round = 0; round < ROUNDS; round++)
        for (uint32_t v = 0; v < n; v++)
            for (uint32_t w = 0; w < v; w++) {
                double dx = x[v] - x[w], dy = y[v] - y[w], far = hypot(dx, dy);
                if (far >= least) continue;
                if (far < 1e-6) dx = far = least / 2, dy = 0; /* the same place: to either side */
                double by = (least - far) / far / 4;
                x[v] += dx * by, y[v] += dy * by, x[w] -= dx * by, y[w] -= dy * by;
            }
}

/* Turns it about its middle so that it spreads along x, its first vertex to the left and not below the middle. */
static void turn(uint32_t n, double *x, double *y)
{
    double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
    for (uint32_t v = 0; v < n; v++) mx += x[v] / n, my += y[v] / n;
    for (uint32_t v = 0; v < n; v++) {
        x[v] -= mx, y[v] -= my;
        xx += x[v] * x[v], xy += x[v] * y[v], yy += y[v] * y[v];
    }
    double angle = 0.5 * atan2(2 * xy, xx - yy), c = cos(angle), s = sin(angle);
    for (uint32_t v = 0; v < n; v++) {
        double along = c * x[v] + s * y[v], across = c * y[v] - s * x[v];
        x[v] = along, y[v] = across;
    }
    double flip_x = x[0] > 0 ? -1 : 1, flip_y = y[0] > 0 ? -1 : 1;
    for (uint32_t v = 0; v < n; v++) x[v] *= flip_x, y[v] *= flip_y;
}

/* Its own places, from 0 in both directions, into l->x and l->y at its members. */
static cd_status part_lay_out(laying *l, component *c, cd_err *err)
{
    cd_status st = CD_OK;
    cd_csr g = {0};
    uint32_t n = c->hi - c->lo;
    double *x = NULL, *y = NULL, lo_x = 0, lo_y = 0;
    const cd_run run = {.threads = 1, .seed = 1};
    if (n == 1) return CD_OK;
    CD_NEW(x, n);
    CD_NEW(y, n);
    CD_TRY(part_make(l, c, &g, err));
    if (n <= CD_IGRAPH_EVEN)
        CD_TRY(cd_igraph_layout_even(&g, &run, x, y, err));
    else
        CD_TRY(cd_igraph_layout(&g, &run, x, y, err));
    scale(&g, x, y);
    if (n <= CD_IGRAPH_EVEN) spread(n, x, y);
    turn(n, x, y);
    for (uint32_t v = 0; v < n; v++) lo_x = fmin(lo_x, x[v]), lo_y = fmin(lo_y, y[v]);
    for (uint32_t v = 0; v < n; v++) {
        l->x[l->members[c->lo + v]] = x[v] - lo_x, l->y[l->members[c->lo + v]] = y[v] - lo_y;
        c->width = fmax(c->width, x[v] - lo_x), c->height = fmax(c->height, y[v] - lo_y);
    }
done:
    cd_csr_release(&g);
    cd_free(x);
    cd_free(y);
    return st;
}

/* ---- All of them, side by side ---- */

/* The higher first, then the larger; of two alike the one of the lower vertex. */
static int higher_first(const void *a, const void *b)
{
    const component *x = a, *y = b;
    uint32_t n = x->hi - x->lo, m = y->hi - y->lo;
    if (x->height != y->height) return x->height > y->height ? -1 : 1;
    return n != m ? (n < m ? 1 : -1) : (x->lo > y->lo) - (x->lo < y->lo);
}

/* A shelf is as high as its first component; on it stand columns, filled from above. */
static void on_shelves(laying *l)
{
    const double apart_x = 2.3, apart_y = 0.7, wide = 1.5; /* wide: as a page is, over its height */
    double area = 0, across = 0, shelf_y = 0, shelf = 0, column_x = 0, column = 0, y = 0;
    for (uint32_t i = 0; i < l->n_components; i++) { /* last digits must not decide what is higher */
        component *c = &l->components[i];
        c->width = round(c->width * 1000) / 1000, c->height = round(c->height * 1000) / 1000;
        area += (c->width + apart_x) * (c->height + apart_y);
        across = fmax(across, c->width);
    }
    qsort(l->components, l->n_components, sizeof *l->components, higher_first);
    across = fmax(across, sqrt(area * wide));
    for (uint32_t i = 0; i < l->n_components; i++) {
        const component *c = &l->components[i];
        if (i && y + c->height > shelf) column_x += column + apart_x, column = y = 0;
        if (i && column_x > 0 && column_x + c->width > across)
            shelf_y += shelf + apart_y, column_x = column = y = 0, shelf = c->height;
        if (i == 0) shelf = c->height;
        for (uint32_t k = c->lo; k < c->hi; k++) l->x[l->members[k]] += column_x, l->y[l->members[k]] += shelf_y + y;
        column = fmax(column, c->width);
        y += c->height + apart_y;
    }
}

cd_status candour_layout(uint32_t n, const candour_layout_edge *edges, uint64_t n_edges, double *x, double *y,
                         cd_err *err)
{
    cd_status st = CD_OK;
    laying l = {.n = n, .x = x, .y = y};
    for (uint32_t v = 0; v < n; v++) x[v] = y[v] = 0;
    CD_TRY(graph_make(&l, edges, n_edges, err));
    CD_TRY(components_find(&l, err));
    for (uint32_t i = 0; i < l.n_components; i++) CD_TRY(part_lay_out(&l, &l.components[i], err));
    if (l.n_components) on_shelves(&l);
    for (uint32_t v = 0; v < n; v++) x[v] = round(x[v] * 1000) / 1000, y[v] = round(y[v] * 1000) / 1000;
done:
    cd_csr_release(&l.g);
    cd_free(l.members);
    cd_free(l.local);
    cd_free(l.components);
    return st;
}
