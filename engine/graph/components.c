/* SPDX-License-Identifier: GPL-3.0-or-later
 * components.c: Afforest (Sutton, Ben-Nun and Barak 2018): link every vertex to its first two neighbours; what is then
 * one huge component need not look at its other edges, since each of them is looked at from its other end or joins two
 * vertices of that component. A link always hangs the higher root below the lower, so whatever the order of the
 * threads, the root that is left is the lowest vertex. */
#include "engine/graph/components.h"

#include "engine/base/random.h"

enum { ROUNDS = 2, SAMPLES = 1024 };

static void link_two(cd_id u, cd_id v, cd_id *component)
{
    cd_id a = __atomic_load_n(&component[u], __ATOMIC_RELAXED), b = __atomic_load_n(&component[v], __ATOMIC_RELAXED);
    while (a != b) {
        cd_id high = a > b ? a : b, low = a > b ? b : a, at = high;
        if (__atomic_compare_exchange_n(&component[high], &at, low, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return;
        if (at == low) return;
        a = __atomic_load_n(&component[at], __ATOMIC_RELAXED);
        b = __atomic_load_n(&component[low], __ATOMIC_RELAXED);
    }
}

static void flatten(cd_id n, uint32_t threads, cd_id *component)
{
    #pragma omp parallel for num_threads(threads) schedule(static)
    for (cd_id v = 0; v < n; v++) {
        cd_id root = __atomic_load_n(&component[v], __ATOMIC_RELAXED), up;
        while ((up = __atomic_load_n(&component[root], __ATOMIC_RELAXED)) != root) root = up;
        __atomic_store_n(&component[v], root, __ATOMIC_RELAXED);
    }
}

/* The root that most of a sample hang from; whichever it is, the answer is the same. */
static cd_id frequent(const cd_csr *g, const cd_run *run, const cd_id *component)
{
    cd_random r = cd_random_of(run->seed, 0xaff0, 0);
    cd_id candidate = component[0];
    uint32_t lead = 0;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        cd_id c = component[cd_random_below(&r, g->n_left)];
        if (lead == 0) candidate = c;
        lead = c == candidate ? lead + 1 : lead - 1;
    }
    return candidate;
}

void cd_components(const cd_csr *g, const cd_run *run, cd_id *component)
{
    cd_id n = g->n_left;
    #pragma omp parallel for num_threads(run->threads) schedule(static)
    for (cd_id v = 0; v < n; v++) component[v] = v;
    if (n == 0) return;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        #pragma omp parallel for num_threads(run->threads) schedule(static)
        for (cd_id v = 0; v < n; v++)
            if (g->off[v] + round < g->off[v + 1]) link_two(v, g->adj[g->off[v] + round], component);
        flatten(n, run->threads, component);
    }
    cd_id largest = frequent(g, run, component);
    #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 4096)
    for (cd_id v = 0; v < n; v++) {
        if (__atomic_load_n(&component[v], __ATOMIC_RELAXED) == largest) continue;
        for (cd_off p = g->off[v] + ROUNDS; p < g->off[v + 1]; p++) link_two(v, g->adj[p], component);
    }
    flatten(n, run->threads, component);
}
