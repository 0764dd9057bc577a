/* SPDX-License-Identifier: GPL-3.0-or-later
 * butterflies.c: by priority (Wang, Lin, Qin, Zhang and Zhang 2019, BFC-VP++). Both sides are numbered together, those
 * of fewer neighbours first. A butterfly is met from its highest number u alone: over each lower neighbour v of u to
 * each w below u; whoever is come to over c ways makes c (c - 1) / 2 butterflies with u. So a hub is walked through by
 * those alone that have even more neighbours, and no edge costs more than the lesser of its ends' degrees. A second
 * walk the same way hands its part to each v and to both edges, c - 1 for each w. Sums are of whole numbers: whoever
 * comes first does not show. */
#include "engine/graph/butterflies.h"

#include <omp.h>

typedef struct {
    const cd_csr *sides[2];
    cd_id n, n_left, *order, *number; /* vertex by number, number by vertex */
    cd_csr rows;                      /* by number, rising */
    cd_off n_entries;
    uint64_t *at, *at_entry;          /* per number; per entry of rows, or NULL */
    uint32_t *ways;                   /* n a thread, all zero between vertices */
    cd_id *met;                       /* n a thread */
} flight;

size_t cd_butterflies_bytes(const cd_csr *by_left, bool edges, uint32_t threads)
{
    size_t n = (size_t)by_left->n_left + by_left->n_right;
    return (edges ? 24 : 16) * (size_t)cd_csr_edges(by_left) + (24 + 8 * (size_t)threads) * n + 16;
}

static cd_id degree_of(const flight *f, cd_id vertex)
{
    bool right = vertex >= f->n_left;
    return cd_csr_degree(f->sides[right], right ? vertex - f->n_left : vertex);
}

/* By degree, then as they come: a counting sort. */
static cd_status number_vertices(flight *f, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id *begins = NULL, most = 0;
    for (cd_id v = 0; v < f->n; v++) most = degree_of(f, v) > most ? degree_of(f, v) : most;
    CD_NEW(begins, (size_t)most + 2);
    for (cd_id v = 0; v < f->n; v++) begins[degree_of(f, v) + 1]++;
    for (cd_id d = 0; d < most; d++) begins[d + 1] += begins[d];
    for (cd_id v = 0; v < f->n; v++) {
        f->number[v] = begins[degree_of(f, v)]++;
        f->order[f->number[v]] = v;
    }
done:
    cd_free(begins);
    return st;
}

/* Rows by number, of numbers as they come; turned round they rise, and are the same: an edge goes both ways. */
static cd_status number_edges(flight *f, uint32_t threads, cd_err *err)
{
    cd_status st = CD_OK;
    cd_off *off = cd_pages_new((size_t)f->n + 1, sizeof *off, err);
    cd_id *adj = cd_pages_new(f->n_entries, sizeof *adj, err);
    if (!off || !adj) CD_TRY(CD_EMEMORY);
    for (cd_id a = 0; a < f->n; a++) off[a + 1] = off[a] + degree_of(f, f->order[a]);
    #pragma omp parallel for num_threads(threads) schedule(dynamic, 1024)
    for (cd_id a = 0; a < f->n; a++) {
        bool right = f->order[a] >= f->n_left;
        const cd_csr *side = f->sides[right];
        cd_id v = right ? f->order[a] - f->n_left : f->order[a], base = right ? 0 : f->n_left;
        cd_off to = off[a];
        for (cd_off p = side->off[v]; p < side->off[v + 1]; p++) adj[to++] = f->number[base + side->adj[p]];
    }
    cd_csr as_they_come = {.n_left = f->n, .n_right = f->n, .off = off, .adj = adj};
    CD_TRY(cd_csr_transpose(&as_they_come, threads, &f->rows, NULL, err));
done:
    cd_pages_free(off, (size_t)f->n + 1, sizeof *off);
    cd_pages_free(adj, f->n_entries, sizeof *adj);
    return st;
}

static inline void add(uint64_t *to, uint64_t x) { __atomic_fetch_add(to, x, __ATOMIC_RELAXED); }

/* Those below u, each with the ways that lead to it; returns how many butterflies u is the highest of. */
static uint64_t walk_out(flight *f, cd_id u, uint32_t *ways, cd_id *met, cd_id *n_met)
{
    const cd_off *off = f->rows.off;
    const cd_id *adj = f->rows.adj;
    uint64_t found = 0;
    cd_id n = 0;
    for (cd_off p = off[u]; p < off[u + 1] && adj[p] < u; p++)
        for (cd_off q = off[adj[p]]; adj[q] < u; q++) { /* u itself ends the row at the latest */
            cd_id w = adj[q];
            if (ways[w] == 0) met[n++] = w;
            found += ways[w]++;
        }
    *n_met = n;
    return found;
}

/* To each in between and to both its edges: one for each way beside this one that leads to the same end. */
static void hand_out(flight *f, cd_id u, const uint32_t *ways)
{
    const cd_off *off = f->rows.off;
    const cd_id *adj = f->rows.adj;
    for (cd_off p = off[u]; p < off[u + 1] && adj[p] < u; p++) {
        uint64_t through = 0;
        for (cd_off q = off[adj[p]]; adj[q] < u; q++) {
            uint32_t others = ways[adj[q]] - 1;
            if (others == 0) continue;
            through += others;
            if (f->at_entry) add(&f->at_entry[q], others);
        }
        if (through == 0) continue;
        add(&f->at[adj[p]], through);
        if (f->at_entry) add(&f->at_entry[p], through);
    }
}

static uint64_t count_from(flight *f, cd_id u, uint32_t *ways, cd_id *met)
{
    cd_id n;
    uint64_t found = walk_out(f, u, ways, met, &n);
    if (found > 0) {
        add(&f->at[u], found);
        hand_out(f, u, ways);
    }
    for (cd_id i = 0; i < n; i++) {
        uint64_t c = ways[met[i]];
        if (c > 1) add(&f->at[met[i]], c * (c - 1) / 2);
        ways[met[i]] = 0;
    }
    return found;
}

static cd_off find_entry(const cd_csr *rows, cd_id a, cd_id b)
{
    cd_off lo = rows->off[a], hi = rows->off[a + 1];
    while (hi - lo > 1) {
        cd_off middle = lo + (hi - lo) / 2;
        if (rows->adj[middle] <= b) lo = middle;
        else hi = middle;
    }
    return lo;
}

/* An edge has two entries, and was handed its parts at either. */
static void sum_entries(const flight *f, uint32_t threads, uint64_t *at_edge)
{
    const cd_csr *left = f->sides[0];
    #pragma omp parallel for num_threads(threads) schedule(dynamic, 64)
    for (cd_id u = 0; u < f->n_left; u++)
        for (cd_off p = left->off[u]; p < left->off[u + 1]; p++) {
            cd_id a = f->number[u], b = f->number[f->n_left + left->adj[p]];
            at_edge[p] = f->at_entry[find_entry(&f->rows, a, b)] + f->at_entry[find_entry(&f->rows, b, a)];
        }
}

static uint64_t count_all(flight *f, uint32_t threads)
{
    uint64_t found = 0;
    #pragma omp parallel for num_threads(threads) schedule(dynamic, 16) reduction(+ : found)
    for (cd_id i = 0; i < f->n; i++) { /* those that take longest first */
        size_t mine = (size_t)f->n * (uint32_t)omp_get_thread_num();
        found += count_from(f, f->n - 1 - i, f->ways + mine, f->met + mine);
    }
    return found;
}

static cd_status make(flight *f, bool edges, uint32_t threads, cd_err *err)
{
    cd_status st = CD_OK;
    f->order = cd_pages_new(f->n, sizeof *f->order, err);
    f->number = cd_pages_new(f->n, sizeof *f->number, err);
    if (!f->order || !f->number) CD_TRY(CD_EMEMORY);
    CD_TRY(number_vertices(f, err));
    CD_TRY(number_edges(f, threads, err));
    f->at = cd_pages_new(f->n, sizeof *f->at, err);
    f->ways = cd_pages_new((size_t)f->n * threads, sizeof *f->ways, err);
    f->met = cd_pages_new((size_t)f->n * threads, sizeof *f->met, err);
    if (!f->at || !f->ways || !f->met) CD_TRY(CD_EMEMORY);
    if (edges && !(f->at_entry = cd_pages_new(f->n_entries, sizeof *f->at_entry, err))) CD_TRY(CD_EMEMORY);
done:
    return st;
}

static void drop(flight *f, uint32_t threads)
{
    cd_pages_free(f->order, f->n, sizeof *f->order);
    cd_pages_free(f->number, f->n, sizeof *f->number);
    cd_csr_release(&f->rows);
    cd_pages_free(f->at, f->n, sizeof *f->at);
    cd_pages_free(f->at_entry, f->n_entries, sizeof *f->at_entry);
    cd_pages_free(f->ways, (size_t)f->n * threads, sizeof *f->ways);
    cd_pages_free(f->met, (size_t)f->n * threads, sizeof *f->met);
}

cd_status cd_butterflies(const cd_csr *by_left, const cd_csr *by_right, const cd_run *run, uint64_t *at_left,
                         uint64_t *at_right, uint64_t *at_edge, uint64_t *total, cd_err *err)
{
    cd_status st = CD_OK;
    size_t n = (size_t)by_left->n_left + by_right->n_left;
    flight f = {.sides = {by_left, by_right}, .n = (cd_id)n, .n_left = by_left->n_left,
                .n_entries = 2 * cd_csr_edges(by_left)};
    if (n >= CD_NONE) return cd_fail(err, CD_EUSAGE, "a graph of over four thousand million vertices is too large");
    CD_TRY(cd_run_fits(run, "butterflies", cd_butterflies_bytes(by_left, at_edge, run->threads), err));
    CD_TRY(make(&f, at_edge, run->threads, err));
    *total = count_all(&f, run->threads);
    for (cd_id v = 0; v < f.n; v++) *(v < f.n_left ? &at_left[v] : &at_right[v - f.n_left]) = f.at[f.number[v]];
    if (at_edge) sum_entries(&f, run->threads, at_edge);
done:
    drop(&f, run->threads);
    return st;
}
