/* SPDX-License-Identifier: GPL-3.0-or-later
 * csr.c: compressed rows: checked, turned round, given back. */
#include "engine/graph/csr.h"

#include <inttypes.h>

bool cd_csr_has(const cd_csr *g, cd_id u, cd_id v)
{
    cd_off lo = g->off[u], hi = g->off[u + 1];
    while (lo < hi) {
        cd_off mid = lo + (hi - lo) / 2;
        if (g->adj[mid] < v) lo = mid + 1;
        else hi = mid;
    }
    return lo < g->off[u + 1] && g->adj[lo] == v;
}

cd_status cd_csr_check(const cd_csr *g, cd_err *err)
{
    if (g->off[0] != 0) return cd_fail(err, CD_EINPUT, "a graph's rows begin at %" PRIu64 ", not at 0", g->off[0]);
    for (cd_id u = 0; u < g->n_left; u++) {
        if (g->off[u + 1] < g->off[u]) return cd_fail(err, CD_EINPUT, "row %u of a graph ends before it begins", u);
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) {
            if (g->adj[p] >= g->n_right)
                return cd_fail(err, CD_EINPUT, "row %u of a graph names %u of %u", u, g->adj[p], g->n_right);
            if (p > g->off[u] && g->adj[p] <= g->adj[p - 1])
                return cd_fail(err, CD_EINPUT, "row %u of a graph does not rise at its neighbour %u", u, g->adj[p]);
        }
    }
    return CD_OK;
}

size_t cd_csr_transpose_bytes(cd_id n_right, uint32_t threads) { return (size_t)threads * n_right * sizeof(cd_off); }

/* The first row of part `part` of `parts`, so that the parts hold about as many edges each. */
static cd_id part_begin(const cd_csr *g, uint32_t part, uint32_t parts)
{
    cd_off want = cd_csr_edges(g) / parts * part;
    cd_id lo = 0, hi = g->n_left;
    if (part == parts) return g->n_left;
    while (lo < hi) {
        cd_id mid = lo + (hi - lo) / 2;
        if (g->off[mid] < want) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* next[part][v]: first how often the part names v, then where its first edge at v goes. Parts lie in the order of rows,
 * so each row of the result rises whatever the number of parts. */
cd_status cd_csr_transpose(const cd_csr *g, uint32_t threads, cd_csr *out, cd_off **place, cd_err *err)
{
    cd_status st = CD_OK;
    cd_off edges = cd_csr_edges(g);
    cd_off *next = NULL, *off = NULL, *from = NULL;
    cd_id *adj = NULL;
    next = cd_pages_new((size_t)threads * g->n_right, sizeof *next, err);
    off = cd_pages_new((size_t)g->n_right + 1, sizeof *off, err);
    adj = cd_pages_new(edges, sizeof *adj, err);
    if (place) from = cd_pages_new(edges, sizeof *from, err);
    if (!next || !off || !adj || (place && !from)) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (uint32_t t = 0; t < threads; t++) {
        cd_off *count = next + (size_t)t * g->n_right;
        cd_id end = part_begin(g, t + 1, threads);
        for (cd_off p = g->off[part_begin(g, t, threads)]; p < g->off[end]; p++) count[g->adj[p]]++;
    }
    cd_off sum = 0;
    for (cd_id v = 0; v < g->n_right; v++) {
        off[v] = sum;
        for (uint32_t t = 0; t < threads; t++) {
            cd_off n = next[(size_t)t * g->n_right + v];
            next[(size_t)t * g->n_right + v] = sum;
            sum += n;
        }
    }
    off[g->n_right] = sum;
    #pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (uint32_t t = 0; t < threads; t++) {
        cd_off *to = next + (size_t)t * g->n_right;
        cd_id end = part_begin(g, t + 1, threads);
        for (cd_id u = part_begin(g, t, threads); u < end; u++)
            for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) {
                cd_off at = to[g->adj[p]]++;
                adj[at] = u;
                if (from) from[at] = p;
            }
    }
    *out = (cd_csr){.n_left = g->n_right, .n_right = g->n_left, .off = off, .adj = adj};
    if (place) *place = from, from = NULL;
    off = NULL, adj = NULL;
done:
    cd_pages_free(next, (size_t)threads * g->n_right, sizeof *next);
    cd_pages_free(off, (size_t)g->n_right + 1, sizeof *off);
    cd_pages_free(adj, edges, sizeof *adj);
    cd_pages_free(from, edges, sizeof *from);
    return st;
}

void cd_csr_release(cd_csr *g)
{
    cd_off edges = cd_csr_edges(g);
    cd_pages_free((void *)(uintptr_t)g->off, (size_t)g->n_left + 1, sizeof *g->off);
    cd_pages_free((void *)(uintptr_t)g->adj, edges, sizeof *g->adj);
    *g = (cd_csr){0};
}
