/* SPDX-License-Identifier: GPL-3.0-or-later
 * cores.c: peeling. Level by level, the threads take away whoever has no more neighbours left than the level (PKC:
 * Kabir and Madduri 2017). Whom a removal brings down to the level is taken by the thread whose removal did it, so that
 * a level needs two barriers, not one a wave. What is left is listed anew at each level: the work of looking for the
 * next ones falls as the graph does. Core numbers are a property of the graph: who peels whom does not show. */
#include "engine/graph/cores.h"

#include <omp.h>

size_t cd_cores_bytes(cd_id n, uint32_t threads) { return 4 * (size_t)n * (threads + 1); }

/* Takes v away at `level`: its neighbours above the level lose one. */
static cd_id peel(const cd_csr *g, cd_id v, uint32_t level, uint32_t *core, cd_id *work, cd_id n_work)
{
    for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) {
        cd_id u = g->adj[p];
        if (__atomic_load_n(&core[u], __ATOMIC_RELAXED) <= level) continue;
        uint32_t before = __atomic_fetch_sub(&core[u], 1, __ATOMIC_RELAXED);
        if (before == level + 1) work[n_work++] = u;
        else if (before <= level) __atomic_fetch_add(&core[u], 1, __ATOMIC_RELAXED); /* another was quicker */
    }
    return n_work;
}

/* One thread's part: [from, to) of `left`, which it shortens as it goes, and its own list of work. */
static void peel_part(const cd_csr *g, cd_id *left, cd_id n_left, cd_id *work, uint32_t *core, uint32_t *least)
{
    uint32_t level = 0;
    while (level != UINT32_MAX) {
        cd_id n_work = 0, kept = 0;
        for (cd_id i = 0; i < n_left; i++) {
            uint32_t degree = __atomic_load_n(&core[left[i]], __ATOMIC_RELAXED);
            if (degree == level) work[n_work++] = left[i];
            if (degree > level) left[kept++] = left[i];
        }
        n_left = kept;
        #pragma omp single
        *least = UINT32_MAX;
        while (n_work > 0) n_work = peel(g, work[n_work - 1], level, core, work, n_work - 1);
        #pragma omp barrier
        uint32_t mine = UINT32_MAX, seen = __atomic_load_n(least, __ATOMIC_RELAXED);
        for (cd_id i = 0; i < n_left; i++) {
            uint32_t degree = __atomic_load_n(&core[left[i]], __ATOMIC_RELAXED);
            mine = degree > level && degree < mine ? degree : mine;
        }
        while (mine < seen &&
               !__atomic_compare_exchange_n(least, &seen, mine, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        }
        #pragma omp barrier
        level = __atomic_load_n(least, __ATOMIC_RELAXED);
        #pragma omp barrier
    }
}

cd_status cd_cores(const cd_csr *g, const cd_run *run, uint32_t *core, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left;
    uint32_t threads = run->threads, least;
    cd_id *left = NULL, *work = NULL;
    CD_TRY(cd_run_fits(run, "cores", cd_cores_bytes(n, threads), err));
    left = cd_pages_new(n, sizeof *left, err);
    work = cd_pages_new((size_t)n * threads, sizeof *work, err);
    if (!left || !work) CD_TRY(CD_EMEMORY);
    #pragma omp parallel num_threads(threads)
    {
        #pragma omp for schedule(static)
        for (cd_id v = 0; v < n; v++) core[v] = cd_csr_degree(g, v), left[v] = v;
        uint32_t t = (uint32_t)omp_get_thread_num(), of = (uint32_t)omp_get_num_threads();
        cd_id from = (cd_id)((uint64_t)n * t / of), to = (cd_id)((uint64_t)n * (t + 1) / of);
        peel_part(g, left + from, to - from, work + (size_t)n * t, core, &least);
    }
done:
    cd_pages_free(left, n, sizeof *left);
    cd_pages_free(work, (size_t)n * threads, sizeof *work);
    return st;
}

size_t cd_two_sided_core_bytes(cd_id n_left, cd_id n_right) { return 8 * ((size_t)n_left + n_right); }

typedef struct {
    const cd_csr *rows;
    uint32_t least;
    cd_id *degree; /* neighbours left */
    bool *in;
} core_side;

/* Vertices of the left are numbered from 0, those of the right after them. */
static uint64_t push_if_poor(const core_side *side, cd_id v, cd_id base, cd_id *work, uint64_t n_work)
{
    if (!side->in[v] || side->degree[v] >= side->least) return n_work;
    side->in[v] = false;
    work[n_work] = base + v;
    return n_work + 1;
}

cd_status cd_two_sided_core(const cd_csr *by_left, const cd_csr *by_right, uint32_t alpha, uint32_t beta,
                            const cd_run *run, bool *in_left, bool *in_right, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n_left = by_left->n_left, n_right = by_right->n_left;
    size_t n = (size_t)n_left + n_right;
    cd_id *work = NULL, *degree = NULL;
    uint64_t n_work = 0;
    if (n >= CD_NONE) return cd_fail(err, CD_EUSAGE, "a graph of over four thousand million vertices is too large");
    CD_TRY(cd_run_fits(run, "two-sided core", cd_two_sided_core_bytes(n_left, n_right), err));
    work = cd_pages_new(n, sizeof *work, err);
    degree = cd_pages_new(n, sizeof *degree, err);
    if (!work || !degree) CD_TRY(CD_EMEMORY);
    core_side sides[2] = {{by_left, alpha, degree, in_left}, {by_right, beta, degree + n_left, in_right}};
    for (uint32_t s = 0; s < 2; s++)
        for (cd_id v = 0; v < sides[s].rows->n_left; v++) {
            sides[s].degree[v] = cd_csr_degree(sides[s].rows, v);
            sides[s].in[v] = true;
            n_work = push_if_poor(&sides[s], v, s ? n_left : 0, work, n_work);
        }
    while (n_work > 0) {
        cd_id at = work[--n_work];
        uint32_t s = at >= n_left, other = 1 - s;
        cd_id v = s ? at - n_left : at;
        const cd_csr *rows = sides[s].rows;
        for (cd_off p = rows->off[v]; p < rows->off[v + 1]; p++) {
            cd_id u = rows->adj[p];
            sides[other].degree[u]--;
            n_work = push_if_poor(&sides[other], u, other ? n_left : 0, work, n_work);
        }
    }
done:
    cd_pages_free(work, n, sizeof *work);
    cd_pages_free(degree, n, sizeof *degree);
    return st;
}
