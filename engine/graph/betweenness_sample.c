/* SPDX-License-Identifier: GPL-3.0-or-later
 * betweenness_sample.c: betweenness from shortest paths drawn at random (Riondato and Kornaropoulos 2016). Shortest
 * paths of at most L vertices shatter no more than floor(log2(L - 2)) + 1 vertices, so that
 *     r = 0.5 / error^2 (floor(log2(L - 2)) + 1 + ln(1 / chance))
 * samples hold every share within the error but for that chance (their lemma 2 and theorem 1, with the constant of
 * Löffler and Phillips 2009). L need not be known: no two vertices of a component are further apart than the two that
 * are furthest from any one of its vertices are from it, together.
 *
 * A path is drawn by walking from both ends, the side with fewer edges ahead first (Borassi and Natale 2016), until an
 * edge ahead leads to the other side: then all shortest paths go over such edges, and how many over each is known. What
 * is drawn is chosen in the order of places, and ways are whole numbers, so that numbering does not show, and hits are
 * counted, so that the order of threads does not. */
#include "engine/graph/betweenness.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include "engine/base/random.h"

enum { SAMPLES_AT_ONCE = 4096, PURPOSE = 0xbe72 };

/* How far one end has come: depth[] is CD_NONE and ways[] 0 wherever it has not. */
typedef struct {
    uint32_t *depth;
    double *ways;
    cd_id *queue, n, front; /* the furthest are queue[front .. n) */
    cd_off ahead;           /* their edges */
} end_walk;

typedef struct {
    uint32_t place;
    cd_id vertex;
    double weight;
} choice;

typedef struct {
    const cd_csr *g;
    const uint32_t *place;
    end_walk ends[2];
    choice *choices;
    cd_random random;
    uint64_t *hits;
} drawer;

size_t cd_between_sampled_bytes(cd_id n, uint32_t threads) { return (4 + 48 * (size_t)threads) * n; }

static void start(end_walk *e, const cd_csr *g, cd_id v)
{
    e->front = e->n;
    e->queue[e->n++] = v;
    e->depth[v] = 0, e->ways[v] = 1;
    e->ahead = cd_csr_degree(g, v);
}

static void grow(end_walk *e, const cd_csr *g)
{
    cd_id end = e->n;
    uint32_t depth = e->depth[e->queue[e->front]] + 1;
    e->ahead = 0;
    for (cd_id i = e->front; i < end; i++) {
        cd_id v = e->queue[i];
        for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) {
            cd_id u = g->adj[p];
            if (e->depth[u] == CD_NONE) {
                e->depth[u] = depth, e->queue[e->n++] = u;
                e->ahead += cd_csr_degree(g, u);
            }
            if (e->depth[u] == depth) e->ways[u] += e->ways[v];
        }
    }
    e->front = end;
}

static void clear(end_walk *e)
{
    for (cd_id i = 0; i < e->n; i++) e->depth[e->queue[i]] = CD_NONE, e->ways[e->queue[i]] = 0;
    e->n = 0;
}

/* ---- One path ---- */

static int by_place(const void *a, const void *b)
{
    uint32_t x = ((const choice *)a)->place, y = ((const choice *)b)->place;
    return (x > y) - (x < y);
}

static cd_id offer(drawer *d, cd_id n, cd_id vertex, double weight)
{
    d->choices[n] = (choice){d->place[vertex], vertex, weight};
    return n + 1;
}

/* One of n > 0, each as likely as it weighs. */
static cd_id choose(drawer *d, cd_id n)
{
    double all = 0;
    qsort(d->choices, n, sizeof *d->choices, by_place);
    for (cd_id i = 0; i < n; i++) all += d->choices[i].weight;
    double left = cd_random_unit(&d->random) * all;
    for (cd_id i = 0; i < n; i++) {
        left -= d->choices[i].weight;
        if (left < 0) return d->choices[i].vertex;
    }
    return d->choices[n - 1].vertex;
}

/* How many ways of the other end lead to neighbours of v. */
static double ways_across(const drawer *d, const end_walk *other, cd_id v)
{
    double ways = 0;
    for (cd_off p = d->g->off[v]; p < d->g->off[v + 1]; p++) ways += other->ways[d->g->adj[p]];
    return ways;
}

/* Back to where e began: every vertex on the way but the first is in between. */
static void walk_home(drawer *d, const end_walk *e, cd_id v)
{
    while (e->depth[v] > 0) {
        cd_id n = 0;
        __atomic_fetch_add(&d->hits[v], 1, __ATOMIC_RELAXED);
        for (cd_off p = d->g->off[v]; p < d->g->off[v + 1]; p++) {
            cd_id u = d->g->adj[p];
            if (e->depth[u] != CD_NONE && e->depth[u] + 1 == e->depth[v]) n = offer(d, n, u, e->ways[u]);
        }
        v = choose(d, n);
    }
}

/* Where an edge ahead of e leads to the other end, draws one of the paths; false where none does. */
static bool draw_across(drawer *d, const end_walk *e, const end_walk *other)
{
    cd_id n = 0;
    for (cd_id i = e->front; i < e->n; i++) {
        cd_id v = e->queue[i];
        double across = ways_across(d, other, v);
        if (across > 0) n = offer(d, n, v, across * e->ways[v]);
    }
    if (n == 0) return false;
    cd_id v = choose(d, n);
    n = 0;
    for (cd_off p = d->g->off[v]; p < d->g->off[v + 1]; p++)
        if (other->ways[d->g->adj[p]] > 0) n = offer(d, n, d->g->adj[p], other->ways[d->g->adj[p]]);
    cd_id u = choose(d, n);
    walk_home(d, e, v);
    walk_home(d, other, u);
    return true;
}

static void draw_path(drawer *d, cd_id from, cd_id to)
{
    start(&d->ends[0], d->g, from);
    start(&d->ends[1], d->g, to);
    while (d->ends[0].front < d->ends[0].n && d->ends[1].front < d->ends[1].n) {
        uint32_t k = d->ends[1].ahead < d->ends[0].ahead;
        if (draw_across(d, &d->ends[k], &d->ends[1 - k])) break;
        grow(&d->ends[k], d->g);
    }
    clear(&d->ends[0]);
    clear(&d->ends[1]);
}

/* ---- How many ---- */

/* Vertices on a shortest path, at most: component by component, from its vertex of the lowest place. */
static uint32_t longest_path(const cd_csr *g, const cd_id *at_place, end_walk *e)
{
    uint32_t longest = 0;
    for (cd_id i = 0; i < g->n_left; i++) {
        cd_id first = e->n;
        if (e->depth[at_place[i]] != CD_NONE) continue;
        for (start(e, g, at_place[i]); e->front < e->n;) grow(e, g);
        uint32_t last = e->depth[e->queue[e->n - 1]], second = e->n - first > 1 ? e->depth[e->queue[e->n - 2]] : 0;
        longest = last + second + 1 > longest ? last + second + 1 : longest;
    }
    clear(e);
    return longest;
}

/* What r samples hold the shares within, times the root of r. */
static double spread(uint32_t longest, double chance)
{
    double dimension = 64 - __builtin_clzll(longest - 2);
    return sqrt(0.5 * (dimension + log(1 / chance)));
}

static cd_status drawer_init(drawer *d, cd_id n, cd_err *err)
{
    for (uint32_t k = 0; k < 2; k++) {
        end_walk *e = &d->ends[k];
        e->depth = cd_pages_new(n, sizeof *e->depth, err);
        e->ways = cd_pages_new(n, sizeof *e->ways, err);
        e->queue = cd_pages_new(n, sizeof *e->queue, err);
        if (!e->depth || !e->ways || !e->queue) return CD_EMEMORY;
        for (cd_id v = 0; v < n; v++) e->depth[v] = CD_NONE;
    }
    d->choices = cd_pages_new(n, sizeof *d->choices, err);
    return d->choices ? CD_OK : CD_EMEMORY;
}

static void drawer_release(drawer *d, cd_id n)
{
    for (uint32_t k = 0; k < 2; k++) {
        cd_pages_free(d->ends[k].depth, n, sizeof *d->ends[k].depth);
        cd_pages_free(d->ends[k].ways, n, sizeof *d->ends[k].ways);
        cd_pages_free(d->ends[k].queue, n, sizeof *d->ends[k].queue);
    }
    cd_pages_free(d->choices, n, sizeof *d->choices);
}

static cd_status draw_all(drawer *drawers, const cd_id *at_place, cd_id n, uint64_t samples, const cd_run *run,
                          cd_err *err)
{
    cd_status st = CD_OK;
    for (uint64_t from = 0; from < samples; from += SAMPLES_AT_ONCE) {
        uint64_t to = samples - from < SAMPLES_AT_ONCE ? samples : from + SAMPLES_AT_ONCE;
        CD_TRY(cd_run_step(run, "drawing shortest paths", from, err));
        #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 4)
        for (uint64_t i = from; i < to; i++) {
            drawer *d = &drawers[omp_get_thread_num()];
            d->random = cd_random_of(run->seed, PURPOSE, i);
            cd_id a = (cd_id)cd_random_below(&d->random, n), b = (cd_id)cd_random_below(&d->random, n - 1);
            draw_path(d, at_place[a], at_place[b + (b >= a)]);
        }
    }
done:
    return st;
}

cd_status cd_between_sampled(const cd_csr *g, const cd_between_options *o, const cd_run *run, uint64_t *hits,
                             cd_between_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left, *at_place = NULL;
    drawer *drawers = NULL;
    *report = (cd_between_report){0};
    if (!(o->error > 0 && o->error <= 1) || !(o->chance > 0 && o->chance < 1))
        return cd_fail(err, CD_EUSAGE, "an error of %g but for a chance of %g: give both above 0 and below 1", o->error,
                       o->chance);
    CD_TRY(cd_run_fits(run, "sampled betweenness", cd_between_sampled_bytes(n, run->threads), err));
    at_place = cd_pages_new(n, sizeof *at_place, err);
    if (!at_place) CD_TRY(CD_EMEMORY);
    CD_NEW(drawers, run->threads);
    for (cd_id v = 0; v < n; v++) hits[v] = 0, at_place[o->place[v]] = v;
    for (uint32_t t = 0; t < run->threads; t++) {
        drawers[t] = (drawer){.g = g, .place = o->place, .hits = hits};
        CD_TRY(drawer_init(&drawers[t], n, err));
    }
    report->longest = longest_path(g, at_place, &drawers[0].ends[0]);
    if (report->longest <= 2) goto done; /* nobody is in between */
    double all = spread(report->longest, o->chance);
    report->samples = (uint64_t)ceil(cd_round_digits(all * all / (o->error * o->error)));
    report->error = all / sqrt((double)report->samples);
    CD_TRY(draw_all(drawers, at_place, n, report->samples, run, err));
done:
    for (uint32_t t = 0; drawers && t < run->threads; t++) drawer_release(&drawers[t], n);
    cd_free(drawers);
    cd_pages_free(at_place, n, sizeof *at_place);
    return st;
}
