/* SPDX-License-Identifier: GPL-3.0-or-later
 * betweenness.c: Brandes (2001), a source at a time. Sums of doubles must not hang on who comes first: the sources lie
 * in PARTS parts, whatever the number of threads; each part adds up in the order of its sources, and the parts are
 * summed in theirs. */
#include "engine/graph/betweenness.h"

#include <omp.h>

enum { PARTS = 16 };

/* One thread's. distance[] is CD_NONE and ways[] 0 between sources. */
typedef struct {
    uint32_t *distance;
    cd_id *order; /* as they were come to */
    double *ways, *share;
} walker;

size_t cd_betweenness_bytes(cd_id n, uint32_t threads) { return (8 * PARTS + 24 * (size_t)threads) * n; }

/* Whom the source reaches, by distance, and over how many shortest ways. */
static cd_id walk_out(const cd_csr *g, cd_id source, walker *w)
{
    cd_id n = 1;
    w->order[0] = source;
    w->distance[source] = 0, w->ways[source] = 1;
    for (cd_id i = 0; i < n; i++) {
        cd_id v = w->order[i];
        for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) {
            cd_id u = g->adj[p];
            if (w->distance[u] == CD_NONE) w->distance[u] = w->distance[v] + 1, w->order[n++] = u;
            if (w->distance[u] == w->distance[v] + 1) w->ways[u] += w->ways[v];
        }
    }
    return n;
}

/* The furthest first: each has of those behind it as much as the ways that lead through it. */
static void walk_back(const cd_csr *g, cd_id n, walker *w, double *sum)
{
    for (cd_id i = n; i-- > 0;) {
        cd_id v = w->order[i];
        double share = 0;
        for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) {
            cd_id u = g->adj[p];
            if (w->distance[u] == w->distance[v] + 1) share += (1 + w->share[u]) / w->ways[u];
        }
        w->share[v] = share * w->ways[v];
        if (i > 0) sum[v] += w->share[v];
    }
    for (cd_id i = 0; i < n; i++) w->distance[w->order[i]] = CD_NONE, w->ways[w->order[i]] = 0;
}

static void sum_parts(cd_id n, const double *parts, uint32_t threads, double *between)
{
    #pragma omp parallel for num_threads(threads) schedule(static)
    for (cd_id v = 0; v < n; v++) {
        double sum = 0;
        for (uint32_t part = 0; part < PARTS; part++) sum += parts[(size_t)part * n + v];
        between[v] = sum / 2; /* a pair was met from both ends */
    }
}

static cd_status walker_init(walker *w, cd_id n, cd_err *err)
{
    w->distance = cd_pages_new(n, sizeof *w->distance, err);
    w->order = cd_pages_new(n, sizeof *w->order, err);
    w->ways = cd_pages_new(n, sizeof *w->ways, err);
    w->share = cd_pages_new(n, sizeof *w->share, err);
    if (!w->distance || !w->order || !w->ways || !w->share) return CD_EMEMORY;
    for (cd_id v = 0; v < n; v++) w->distance[v] = CD_NONE;
    return CD_OK;
}

static void walker_release(walker *w, cd_id n)
{
    cd_pages_free(w->distance, n, sizeof *w->distance);
    cd_pages_free(w->order, n, sizeof *w->order);
    cd_pages_free(w->ways, n, sizeof *w->ways);
    cd_pages_free(w->share, n, sizeof *w->share);
}

/* Sources go by rounds of PARTS, one of each part, so that somebody hears of progress. */
cd_status cd_betweenness(const cd_csr *g, const cd_run *run, double *between, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left;
    walker *walkers = NULL;
    double *parts = NULL;
    CD_TRY(cd_run_fits(run, "betweenness", cd_betweenness_bytes(n, run->threads), err));
    parts = cd_pages_new((size_t)PARTS * n, sizeof *parts, err);
    if (!parts) CD_TRY(CD_EMEMORY);
    CD_NEW(walkers, run->threads);
    for (uint32_t t = 0; t < run->threads; t++) CD_TRY(walker_init(&walkers[t], n, err));
    for (cd_id from = 0; from < n; from += PARTS) {
        uint32_t few = n - from < PARTS ? n - from : PARTS;
        CD_TRY(cd_run_step(run, "walking shortest paths", from, err));
        #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 1)
        for (uint32_t part = 0; part < few; part++) {
            walker *mine = &walkers[omp_get_thread_num()];
            walk_back(g, walk_out(g, from + part, mine), mine, parts + (size_t)part * n);
        }
    }
    sum_parts(n, parts, run->threads, between);
done:
    for (uint32_t t = 0; walkers && t < run->threads; t++) walker_release(&walkers[t], n);
    cd_free(walkers);
    cd_pages_free(parts, (size_t)PARTS * n, sizeof *parts);
    return st;
}
