/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_butterflies.c: butterflies of a relation, at each vertex and at each edge, as candour.h offers them. */
#include <stdlib.h>

#include "engine/graph/butterflies.h"
#include "engine/graph/kernels.h"

typedef struct {
    const cd_pairs *pairs;
    cd_id first_left, first_right; /* vertices of the graph */
    uint64_t *at, *at_edge, total; /* per vertex of the graph; per edge of by_left, where wanted */
} found;

static cd_status two_kinds(const cd_asked *asked, const char *kernel, const cd_pairs **out, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(cd_one_relation(asked, kernel, out, err));
    if ((*out)->left_kind == (*out)->right_kind)
        CD_TRY(cd_fail(err, CD_EUSAGE, "%s needs a relation between two kinds; for one kind there is triangles",
                       kernel));
done:
    return st;
}

static cd_status find(const cd_asked *asked, const char *kernel, bool edges, found *f, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_graph *g = &asked->graph->graph;
    CD_TRY(two_kinds(asked, kernel, &f->pairs, err));
    const cd_pairs *p = f->pairs;
    f->first_left = cd_graph_part_find(g, p->left_kind)->first;
    f->first_right = cd_graph_part_find(g, p->right_kind)->first;
    f->at = cd_pages_new(g->csr.n_left, sizeof *f->at, err);
    if (edges) f->at_edge = cd_pages_new(cd_csr_edges(&p->by_left), sizeof *f->at_edge, err);
    if (!f->at || (edges && !f->at_edge)) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_butterflies(&p->by_left, &p->by_right, &asked->graph->run, f->at + f->first_left, f->at + f->first_right,
                          f->at_edge, &f->total, err));
done:
    return st;
}

static void drop(const cd_asked *asked, found *f)
{
    cd_pages_free(f->at, asked->graph->graph.csr.n_left, sizeof *f->at);
    if (f->at_edge) cd_pages_free(f->at_edge, cd_csr_edges(&f->pairs->by_left), sizeof *f->at_edge);
}

static cd_status run_vertices(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    found f = {0};
    cd_answer answer = {0};
    cd_id all = asked->graph->graph.csr.n_left, *list = NULL, n;
    double *value = cd_pages_new(all, sizeof *value, err);
    if (!value) CD_TRY(CD_EMEMORY);
    CD_TRY(find(asked, "butterflies", false, &f, err));
    for (cd_id v = 0; v < all; v++) value[v] = (double)f.at[v];
    CD_TRY(cd_vertices_by(asked->graph, value, asked->options->top, &list, &n, err));
    CD_TRY(cd_answer_begin(asked, "kind id butterflies:int", &answer, err));
    for (cd_id i = 0; i < n; i++) {
        cd_answer_vertex(&answer, 0, list[i]);
        cd_answer_int(&answer, 2, (int64_t)f.at[list[i]]);
        cd_answer_row(&answer);
    }
    CD_TRY(cd_answer_fact(asked, "butterflies", (double)f.total, err));
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, all, sizeof *list);
    cd_pages_free(value, all, sizeof *value);
    drop(asked, &f);
    return st == CD_OK ? ended : st;
}

/* ---- Edges ---- */

/* An edge with what its order hangs on. */
typedef struct {
    uint64_t butterflies;
    cd_id left, right;
} listed_edge;

typedef struct {
    const found *found;
    const uint32_t *place;
} edge_order;

static int comes_before(const void *a, const void *b, void *context)
{
    const edge_order *o = context;
    const listed_edge *x = a, *y = b;
    if (x->butterflies != y->butterflies) return x->butterflies > y->butterflies ? -1 : 1;
    uint32_t p = o->place[o->found->first_left + x->left], q = o->place[o->found->first_left + y->left];
    if (p != q) return p < q ? -1 : 1;
    p = o->place[o->found->first_right + x->right], q = o->place[o->found->first_right + y->right];
    return (p > q) - (p < q);
}

/* All of them, or the first `top` where it is not 0: whoever is below the top's least is left out before a sort. */
static uint64_t list_edges(const edge_order *o, uint32_t top, listed_edge *list)
{
    const cd_csr *rows = &o->found->pairs->by_left;
    uint64_t n = 0, least = 0;
    for (cd_id u = 0; u < rows->n_left; u++)
        for (cd_off p = rows->off[u]; p < rows->off[u + 1]; p++) {
            if (o->found->at_edge[p] < least) continue;
            list[n++] = (listed_edge){o->found->at_edge[p], u, rows->adj[p]};
            if (top == 0 || n < 2 * (uint64_t)top + 1024) continue;
            qsort_r(list, n, sizeof *list, comes_before, (void *)(uintptr_t)o);
            n = top;
            least = list[top - 1].butterflies;
        }
    qsort_r(list, n, sizeof *list, comes_before, (void *)(uintptr_t)o);
    return top && n > top ? top : n;
}

/* How many edges wait to be listed at most. */
static uint64_t edges_listed(const cd_asked *asked, const cd_pairs *pairs)
{
    uint64_t all = cd_csr_edges(&pairs->by_left), some = 2 * (uint64_t)asked->options->top + 1024;
    return asked->options->top && some < all ? some : all;
}

static cd_status run_edges(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    found f = {0};
    cd_answer answer = {0};
    listed_edge *list = NULL;
    uint64_t n, most = 0;
    edge_order order = {.found = &f};
    CD_TRY(find(asked, "edge-butterflies", true, &f, err));
    CD_TRY(cd_vertex_places(asked->graph, &order.place, err));
    most = edges_listed(asked, f.pairs);
    list = cd_pages_new(most, sizeof *list, err);
    if (!list) CD_TRY(CD_EMEMORY);
    n = list_edges(&order, asked->options->top, list);
    CD_TRY(cd_answer_begin(asked, "kind id other_kind other_id butterflies:int", &answer, err));
    for (uint64_t i = 0; i < n; i++) {
        cd_answer_vertex(&answer, 0, f.first_left + list[i].left);
        cd_answer_vertex(&answer, 2, f.first_right + list[i].right);
        cd_answer_int(&answer, 4, (int64_t)list[i].butterflies);
        cd_answer_row(&answer);
    }
    CD_TRY(cd_answer_fact(asked, "butterflies", (double)f.total, err));
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, most, sizeof *list);
    drop(asked, &f);
    return st == CD_OK ? ended : st;
}

/* ---- What they would take ---- */

/* Ways that are walked: over each edge as many as the end of fewer neighbours has, at most. */
static double ways(const cd_pairs *p)
{
    double sum = 0;
    for (cd_id u = 0; u < p->by_left.n_left; u++) {
        cd_id mine = cd_csr_degree(&p->by_left, u);
        for (cd_off e = p->by_left.off[u]; e < p->by_left.off[u + 1]; e++) {
            cd_id other = cd_csr_degree(&p->by_right, p->by_left.adj[e]);
            sum += mine < other ? mine : other;
        }
    }
    return sum;
}

static cd_status guess(const cd_asked *asked, const char *kernel, bool edges, candour_kernel_estimate *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_pairs *p;
    uint32_t threads = asked->graph->run.threads;
    size_t n = asked->graph->graph.csr.n_left;
    CD_TRY(two_kinds(asked, kernel, &p, err));
    size_t list = sizeof(listed_edge) * edges_listed(asked, p);
    out->bytes = cd_butterflies_bytes(&p->by_left, edges, threads) +
                 (edges ? 8 * (size_t)cd_csr_edges(&p->by_left) + 12 * n + list : 24 * n);
    out->seconds = ((edges ? 16e-9 : 9e-9) * ways(p) + 60e-9 * (double)cd_csr_edges(&p->by_left)) / threads;
done:
    return st;
}

static cd_status guess_vertices(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    return guess(asked, "butterflies", false, out, err);
}

static cd_status guess_edges(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    return guess(asked, "edge-butterflies", true, out, err);
}

const cd_kernel cd_kernels_butterflies[] = {
    {{"butterflies", "how many times each vertex is one of two that are tied to the same two", "top",
      "kind id butterflies:int", false}, run_vertices, guess_vertices},
    {{"edge-butterflies", "in how many butterflies each edge of a relation is", "top",
      "kind id other_kind other_id butterflies:int", false}, run_edges, guess_edges},
};
const uint32_t cd_n_kernels_butterflies = sizeof cd_kernels_butterflies / sizeof *cd_kernels_butterflies;
