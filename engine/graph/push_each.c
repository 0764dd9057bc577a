/* SPDX-License-Identifier: GPL-3.0-or-later
 * push_each.c: who is nearest to each of many, a source a thread at a time. What a source costs is what it touches: its
 * arrays are put back along the list of those. The nearest are chosen by their values as they will be printed, so that
 * the last bits, which hang on how vertices are numbered, order nobody. */
#include <omp.h>
#include <stdlib.h>

#include "engine/graph/push.h"
#include "engine/graph/push_inside.h"

enum { SOURCES_AT_ONCE = 64 };
/* Rounding to nine digits moves a value by less than this share of it. */
static const double ROUNDING = 1e-8;

typedef struct {
    cd_pushing pushing;
    double *near, *least; /* n; k: a heap of the largest values met, the least of them on top */
} searcher;

typedef struct {
    const cd_csr *g;
    cd_id from, to;
    uint32_t k;
    const uint32_t *place;
} search;

size_t cd_push_each_bytes(cd_id n, uint32_t threads) { return (size_t)threads * (8 + cd_push_bytes(1)) * n; }

static void sift_down(double *heap, uint32_t n, uint32_t i)
{
    for (uint32_t child; (child = 2 * i + 1) < n; i = child) {
        child += child + 1 < n && heap[child + 1] < heap[child];
        if (heap[i] <= heap[child]) return;
        double swap = heap[i];
        heap[i] = heap[child], heap[child] = swap;
    }
}

static bool may_be_listed(const search *s, const cd_pushing *p, cd_id source, cd_id v)
{
    return v >= s->from && v < s->to && v != source && p->near[v] > 0;
}

/* The k-th largest value, or 0 where there are fewer. */
static double kth_value(const search *s, const searcher *t, cd_id source)
{
    const cd_pushing *p = &t->pushing;
    uint32_t n = 0;
    for (cd_id i = 0; i < p->n_touched; i++) {
        cd_id v = p->touched[i];
        if (!may_be_listed(s, p, source, v)) continue;
        if (n < s->k) {
            t->least[n++] = p->near[v];
            for (uint32_t at = n / 2; n == s->k && at-- > 0;) sift_down(t->least, n, at);
        } else if (p->near[v] > t->least[0]) {
            t->least[0] = p->near[v];
            sift_down(t->least, n, 0);
        }
    }
    return n == s->k ? t->least[0] : 0;
}

static int comes_before(const void *a, const void *b, void *context)
{
    const search *s = context;
    const cd_near *x = a, *y = b;
    if (x->near != y->near) return x->near > y->near ? -1 : 1;
    return (s->place[x->vertex] > s->place[y->vertex]) - (s->place[x->vertex] < s->place[y->vertex]);
}

/* Puts v where it belongs among the n best of at most k. */
static uint32_t keep_best(const search *s, cd_near v, cd_near *out, uint32_t n)
{
    uint32_t at = n < s->k ? n : s->k - 1;
    if (n == s->k && comes_before(&v, &out[at], (void *)(uintptr_t)s) >= 0) return n;
    for (; at > 0 && comes_before(&v, &out[at - 1], (void *)(uintptr_t)s) < 0; at--) out[at] = out[at - 1];
    out[at] = v;
    return n < s->k ? n + 1 : n;
}

static uint32_t search_from(const search *s, searcher *t, cd_id source, cd_near *out, double *owed)
{
    cd_pushing *p = &t->pushing;
    uint32_t n = 0;
    for (cd_id n_work = cd_pushing_begin(p, source); n_work > 0;) n_work = cd_pushing_round(p, n_work);
    *owed = cd_pushing_owed(p);
    double least = kth_value(s, t, source) * (1 - ROUNDING);
    for (cd_id i = 0; i < p->n_touched; i++) {
        cd_id v = p->touched[i];
        if (!may_be_listed(s, p, source, v) || p->near[v] < least) continue;
        double error = p->tolerance * cd_csr_degree(s->g, v);
        cd_near found = {v, cd_round_digits(p->near[v]), cd_round_digits(error < *owed ? error : *owed)};
        n = keep_best(s, found, out, n);
    }
    cd_pushing_clear(p);
    return n;
}

static void drop(searcher *searchers, cd_id n, uint32_t threads)
{
    for (uint32_t t = 0; searchers && t < threads; t++) {
        cd_pushing_release(&searchers[t].pushing);
        cd_pages_free(searchers[t].near, n, sizeof *searchers[t].near);
        cd_free(searchers[t].least);
    }
    cd_free(searchers);
}

cd_status cd_push_each(const cd_csr *g, const cd_id *sources, cd_id n_sources, const cd_push_each_options *o,
                       const cd_run *run, cd_near *out, uint32_t *n_out, double *owed, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left;
    searcher *searchers = NULL;
    search s = {.g = g, .from = o->from, .to = o->to, .k = o->k, .place = o->place};
    for (cd_id i = 0; i < n_sources; i++)
        if (sources[i] >= n) return cd_fail(err, CD_EUSAGE, "vertex %u of %u: there is no such vertex", sources[i], n);
    CD_TRY(cd_run_fits(run, "personalised pagerank", cd_push_each_bytes(n, run->threads), err));
    CD_NEW(searchers, run->threads);
    for (uint32_t t = 0; t < run->threads; t++) {
        CD_NEW(searchers[t].least, o->k);
        searchers[t].near = cd_pages_new(n, sizeof *searchers[t].near, err);
        if (!searchers[t].near) CD_TRY(CD_EMEMORY);
        CD_TRY(cd_pushing_init(&searchers[t].pushing, g, &o->push, searchers[t].near, err));
    }
    for (cd_id from = 0; from < n_sources; from += SOURCES_AT_ONCE) {
        cd_id to = n_sources - from < SOURCES_AT_ONCE ? n_sources : from + SOURCES_AT_ONCE;
        CD_TRY(cd_run_step(run, "ranking", from, err));
        #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 1)
        for (cd_id i = from; i < to; i++) {
            searcher *mine = &searchers[omp_get_thread_num()];
            n_out[i] = search_from(&s, mine, sources[i], out + (size_t)i * s.k, &owed[i]);
        }
    }
done:
    drop(searchers, n, run->threads);
    return st;
}
