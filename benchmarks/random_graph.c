/* SPDX-License-Identifier: GPL-3.0-or-later
 * random_graph.c: edge i is drawn from (seed, i) alone, so that any thread may draw it. Rows are filled in any order
 * and then sorted: what was drawn twice lies side by side, and goes. */
#include "benchmarks/random_graph.h"

#include "engine/base/random.h"
#include "engine/base/sort.h"

enum { EDGES_A_VERTEX = 16, DRAW_EDGE = 1, DRAW_NAME = 2 };

typedef struct {
    random_graph_kind kind;
    uint32_t scale, threads;
    uint64_t seed, n_drawn;
    cd_id n, *name;  /* per vertex: what it is called */
    cd_off *off;     /* of all that was drawn, both ways */
    cd_off *next;    /* where the next neighbour of each goes */
    uint64_t *drawn; /* a word a neighbour, as the sort takes them */
    cd_id *kept;     /* per vertex: how many of them are left */
} making;

/* One of the four quarters of what is left, level by level. */
static void draw_kronecker(cd_random *r, uint32_t scale, cd_id *u, cd_id *v)
{
    *u = *v = 0;
    for (uint32_t level = 0; level < scale; level++) {
        double x = cd_random_unit(r);
        *u = *u << 1 | (x >= 0.76);
        *v = *v << 1 | ((x >= 0.57 && x < 0.76) || x >= 0.95);
    }
}

static void draw_edge(const making *m, uint64_t i, cd_id *u, cd_id *v)
{
    cd_random r = cd_random_of(m->seed, DRAW_EDGE, i);
    if (m->kind == RANDOM_UNIFORM) {
        *u = (cd_id)cd_random_below(&r, m->n), *v = (cd_id)cd_random_below(&r, m->n);
        return;
    }
    draw_kronecker(&r, m->scale, u, v);
    *u = m->name[*u], *v = m->name[*v];
}

static void shuffle_names(making *m)
{
    cd_random r = cd_random_of(m->seed, DRAW_NAME, 0);
    for (cd_id v = 0; v < m->n; v++) {
        cd_id other = (cd_id)cd_random_below(&r, (uint64_t)v + 1);
        m->name[v] = m->name[other], m->name[other] = v;
    }
}

static void count_edges(making *m)
{
    #pragma omp parallel for num_threads(m->threads) schedule(static)
    for (uint64_t i = 0; i < m->n_drawn; i++) {
        cd_id u, v;
        draw_edge(m, i, &u, &v);
        if (u == v) continue;
        __atomic_fetch_add(&m->off[u + 1], 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&m->off[v + 1], 1, __ATOMIC_RELAXED);
    }
    for (cd_id v = 0; v < m->n; v++) m->next[v] = m->off[v], m->off[v + 1] += m->off[v];
}

static void fill_edges(making *m)
{
    #pragma omp parallel for num_threads(m->threads) schedule(static)
    for (uint64_t i = 0; i < m->n_drawn; i++) {
        cd_id u, v;
        draw_edge(m, i, &u, &v);
        if (u == v) continue;
        m->drawn[__atomic_fetch_add(&m->next[u], 1, __ATOMIC_RELAXED)] = v;
        m->drawn[__atomic_fetch_add(&m->next[v], 1, __ATOMIC_RELAXED)] = u;
    }
    #pragma omp parallel for num_threads(m->threads) schedule(dynamic, 256)
    for (cd_id v = 0; v < m->n; v++) {
        uint64_t *row = m->drawn + m->off[v], n = m->off[v + 1] - m->off[v];
        cd_id kept = 0;
        cd_sort_u64(row, n);
        for (uint64_t i = 0; i < n; i++)
            if (i == 0 || row[i] != row[i - 1]) kept++;
        m->kept[v] = kept;
    }
}

static cd_status keep_edges(const making *m, cd_csr *out, cd_err *err)
{
    cd_off *off = cd_pages_new((size_t)m->n + 1, sizeof *off, err);
    if (!off) return CD_EMEMORY;
    for (cd_id v = 0; v < m->n; v++) off[v + 1] = off[v] + m->kept[v];
    cd_id *adj = cd_pages_new(off[m->n], sizeof *adj, err);
    if (!adj) {
        cd_pages_free(off, (size_t)m->n + 1, sizeof *off);
        return CD_EMEMORY;
    }
    #pragma omp parallel for num_threads(m->threads) schedule(dynamic, 256)
    for (cd_id v = 0; v < m->n; v++) {
        cd_off to = off[v];
        for (cd_off p = m->off[v]; p < m->off[v + 1]; p++)
            if (p == m->off[v] || m->drawn[p] != m->drawn[p - 1]) adj[to++] = (cd_id)m->drawn[p];
    }
    *out = (cd_csr){.n_left = m->n, .n_right = m->n, .off = off, .adj = adj};
    return CD_OK;
}

cd_status random_graph(random_graph_kind kind, uint32_t scale, uint64_t seed, uint32_t threads, cd_csr *out,
                       cd_err *err)
{
    cd_status st = CD_OK;
    making m = {.kind = kind, .scale = scale, .threads = threads, .seed = seed};
    uint64_t n_entries = 0;
    if (scale == 0 || scale > 30) return cd_fail(err, CD_EUSAGE, "a scale of %u is not between 1 and 30", scale);
    m.n = (cd_id)1 << scale;
    m.n_drawn = (uint64_t)EDGES_A_VERTEX << scale;
    m.name = cd_pages_new(m.n, sizeof *m.name, err);
    m.off = cd_pages_new((size_t)m.n + 1, sizeof *m.off, err);
    m.next = cd_pages_new(m.n, sizeof *m.next, err);
    m.kept = cd_pages_new(m.n, sizeof *m.kept, err);
    if (!m.name || !m.off || !m.next || !m.kept) CD_TRY(CD_EMEMORY);
    shuffle_names(&m);
    count_edges(&m);
    n_entries = m.off[m.n];
    m.drawn = cd_pages_new(n_entries, sizeof *m.drawn, err);
    if (!m.drawn) CD_TRY(CD_EMEMORY);
    fill_edges(&m);
    CD_TRY(keep_edges(&m, out, err));
done:
    cd_pages_free(m.name, m.n, sizeof *m.name);
    cd_pages_free(m.off, (size_t)m.n + 1, sizeof *m.off);
    cd_pages_free(m.next, m.n, sizeof *m.next);
    cd_pages_free(m.kept, m.n, sizeof *m.kept);
    cd_pages_free(m.drawn, n_entries, sizeof *m.drawn);
    return st;
}
