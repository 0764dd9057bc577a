/* SPDX-License-Identifier: GPL-3.0-or-later
 * pagerank.c: power iteration by pull. */
#include "engine/graph/pagerank.h"

#include <math.h>

static size_t blocks_of(cd_id n) { return ((size_t)n + CD_SUM_BLOCK - 1) / CD_SUM_BLOCK; }

size_t cd_pagerank_bytes(cd_id n) { return 8 * (size_t)n + 16 * blocks_of(n); }

typedef struct {
    const cd_csr *g;
    uint32_t threads;
    double damping;
    double *rank, *share;    /* per vertex: its rank, and what each of its neighbours gets of it */
    double *change, *stuck;  /* per block of vertices: how far the ranks moved; rank that has nowhere to go */
} iteration;

/* In the order of the blocks. */
static double sum(const double *partial, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++) s += partial[i];
    return s;
}

static void hand_out(iteration *it)
{
    const cd_csr *g = it->g;
    #pragma omp parallel for num_threads(it->threads) schedule(static)
    for (size_t block = 0; block < blocks_of(g->n_left); block++) {
        cd_id from = (cd_id)(block * CD_SUM_BLOCK), to = g->n_left - from < CD_SUM_BLOCK ? g->n_left : from + CD_SUM_BLOCK;
        double stuck = 0;
        for (cd_id v = from; v < to; v++) {
            cd_id degree = cd_csr_degree(g, v);
            if (degree == 0) stuck += it->rank[v];
            it->share[v] = degree ? it->rank[v] / degree : 0;
        }
        it->stuck[block] = stuck;
    }
}

static void take_in(iteration *it, double base)
{
    const cd_csr *g = it->g;
    #pragma omp parallel for num_threads(it->threads) schedule(dynamic, 1)
    for (size_t block = 0; block < blocks_of(g->n_left); block++) {
        cd_id from = (cd_id)(block * CD_SUM_BLOCK), to = g->n_left - from < CD_SUM_BLOCK ? g->n_left : from + CD_SUM_BLOCK;
        double change = 0;
        for (cd_id v = from; v < to; v++) {
            /* Four sums: one would wait for each addition before the next. */
            double s[4] = {0};
            cd_off p = g->off[v], end = g->off[v + 1];
            for (; p + 4 <= end; p += 4)
                for (uint32_t i = 0; i < 4; i++) s[i] += it->share[g->adj[p + i]];
            for (uint32_t i = 0; p < end; p++, i++) s[i] += it->share[g->adj[p]];
            double now = base + it->damping * ((s[0] + s[1]) + (s[2] + s[3]));
            change += fabs(now - it->rank[v]);
            it->rank[v] = now;
        }
        it->change[block] = change;
    }
}

cd_status cd_pagerank(const cd_csr *g, const cd_pagerank_options *options, const cd_run *run, double *rank,
                      cd_pagerank_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left;
    iteration it = {.g = g, .threads = run->threads, .damping = options->damping, .rank = rank};
    *report = (cd_pagerank_report){0};
    if (!(options->damping >= 0 && options->damping < 1))
        return cd_fail(err, CD_EUSAGE, "a damping of %g is not in [0, 1)", options->damping);
    if (n == 0) return CD_OK;
    CD_TRY(cd_run_fits(run, "pagerank", cd_pagerank_bytes(n), err));
    it.share = cd_pages_new(n, sizeof *it.share, err);
    CD_NEW(it.change, blocks_of(n));
    CD_NEW(it.stuck, blocks_of(n));
    if (!it.share) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for num_threads(run->threads) schedule(static)
    for (cd_id v = 0; v < n; v++) rank[v] = 1.0 / n;
    do {
        CD_TRY(cd_run_step(run, "ranking", report->rounds, err));
        hand_out(&it);
        take_in(&it, (1 - it.damping + it.damping * sum(it.stuck, blocks_of(n))) / n);
        report->change = sum(it.change, blocks_of(n));
        report->rounds++;
    } while (report->change > options->tolerance && report->rounds < options->rounds);
done:
    cd_pages_free(it.share, n, sizeof *it.share);
    cd_free(it.change);
    cd_free(it.stuck);
    return st;
}
