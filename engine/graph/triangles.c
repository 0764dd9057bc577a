/* SPDX-License-Identifier: GPL-3.0-or-later
 * triangles.c: each edge is kept at the end of fewer neighbours alone (ties: the lower number), so that nobody keeps
 * more than the root of twice the edges, hubs least of all, and each triangle is met once: from the vertex that keeps
 * two of its edges, whose ends are marked, along the third. */
#include "engine/graph/triangles.h"

#include <omp.h>

typedef struct {
    const cd_csr *g;
    cd_off *off; /* of the edges that are kept */
    cd_id *adj;
    uint32_t *marks; /* n a thread: one more than whose neighbours are marked */
    uint64_t *at;
} counting;

static bool keeps(const cd_csr *g, cd_id u, cd_id v)
{
    cd_id a = cd_csr_degree(g, u), b = cd_csr_degree(g, v);
    return a < b || (a == b && u < v);
}

size_t cd_triangles_bytes(const cd_csr *g, uint32_t threads)
{
    return (8 + 4 * (size_t)threads) * g->n_left + 2 * cd_csr_edges(g) + 8;
}

static cd_status keep_edges(counting *c, uint32_t threads, cd_err *err)
{
    const cd_csr *g = c->g;
    c->off = cd_pages_new((size_t)g->n_left + 1, sizeof *c->off, err);
    c->adj = cd_pages_new(cd_csr_edges(g) / 2, sizeof *c->adj, err);
    if (!c->off || !c->adj) return CD_EMEMORY;
    #pragma omp parallel for num_threads(threads) schedule(dynamic, 1024)
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) c->off[u + 1] += keeps(g, u, g->adj[p]);
    for (cd_id u = 0; u < g->n_left; u++) c->off[u + 1] += c->off[u];
    #pragma omp parallel for num_threads(threads) schedule(dynamic, 1024)
    for (cd_id u = 0; u < g->n_left; u++) {
        cd_off to = c->off[u];
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++)
            if (keeps(g, u, g->adj[p])) c->adj[to++] = g->adj[p];
    }
    return CD_OK;
}

/* Those whose vertex of fewest neighbours is u. */
static uint64_t count_from(const counting *c, cd_id u, uint32_t *mark)
{
    uint64_t found = 0;
    for (cd_off p = c->off[u]; p < c->off[u + 1]; p++) mark[c->adj[p]] = u + 1;
    for (cd_off p = c->off[u]; p < c->off[u + 1]; p++) {
        cd_id v = c->adj[p];
        uint64_t with_v = 0;
        for (cd_off q = c->off[v]; q < c->off[v + 1]; q++) {
            if (mark[c->adj[q]] != u + 1) continue;
            with_v++;
            __atomic_fetch_add(&c->at[c->adj[q]], 1, __ATOMIC_RELAXED);
        }
        if (with_v) __atomic_fetch_add(&c->at[v], with_v, __ATOMIC_RELAXED);
        found += with_v;
    }
    if (found) __atomic_fetch_add(&c->at[u], found, __ATOMIC_RELAXED);
    return found;
}

cd_status cd_triangles(const cd_csr *g, const cd_run *run, uint64_t *at, uint64_t *total, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left;
    uint64_t sum = 0;
    counting c = {.g = g, .at = at};
    CD_TRY(cd_run_fits(run, "triangles", cd_triangles_bytes(g, run->threads), err));
    CD_TRY(keep_edges(&c, run->threads, err));
    c.marks = cd_pages_new((size_t)n * run->threads, sizeof *c.marks, err);
    if (!c.marks) CD_TRY(CD_EMEMORY);
    for (cd_id v = 0; v < n; v++) at[v] = 0;
    #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 64) reduction(+ : sum)
    for (cd_id u = 0; u < n; u++) sum += count_from(&c, u, c.marks + (size_t)n * (uint32_t)omp_get_thread_num());
    *total = sum;
done:
    cd_pages_free(c.off, (size_t)n + 1, sizeof *c.off);
    cd_pages_free(c.adj, cd_csr_edges(g) / 2, sizeof *c.adj);
    cd_pages_free(c.marks, (size_t)n * run->threads, sizeof *c.marks);
    return st;
}
