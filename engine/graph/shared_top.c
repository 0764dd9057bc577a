/* SPDX-License-Identifier: GPL-3.0-or-later
 * shared_top.c: the best partners of every left id, without paying a hub's degree squared.
 *
 * Right ids of few neighbours are added up list by list. Hubs are not: they are used to bound. Let H be what all hubs
 * of u weigh together. The k-th best of what was added up so far is a floor: exact scores are not lower, so whoever
 * stays below it even with all of H on top cannot be among the best, and is not looked at again; for the rest, the hubs
 * that both have are intersected. Whoever shares hubs alone with u has at most H: where the k-th best is above that,
 * none of them matters. Where it is not, the members of u's hubs are met in the order in which they could score best,
 * all hubs at once, until whoever was not met cannot beat the k-th best (Fagin's threshold algorithm): an id that was
 * not met is in no hub's part that was walked, so it shares at most the hubs that are not exhausted, and has at least
 * the degree they have come to. Nothing that could win is left out: every step aside is taken on a bound, and bounds
 * hold equal scores as possible winners until their places decide. */
#include "engine/graph/shared_top.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { HUB_ABOVE = 256 };
static const double UNIT = 0x1p32; /* weights are whole numbers of 1 / UNIT */
static const double MOST_WEIGHT = 0x1p10;

typedef struct {
    const cd_csr *by_left, *by_right;
    const cd_top_options *o;
    uint32_t cap;
    uint64_t *weight; /* per right id; NULL: each is 1 */
    cd_id *degree;    /* per left id, of right ids that count */
    /* Hubs, numbered as they come: their right ids, and their members in the order in which they could score best. */
    cd_id n_hubs;
    cd_id *hub;
    cd_off *member_off, edges; /* of hubs in all */
    cd_id *member;
    cd_off *hubs_off; /* per left id */
    cd_id *hubs;      /* its hubs, rising */
} top_plan;

typedef struct {
    uint64_t *sum;  /* per left id: all zero between rows */
    cd_id *touched; /* whose sum is not zero */
    cd_id n_touched;
    cd_partner *heap; /* the best so far, the worst of them first */
    uint32_t n_heap;
    cd_off *at;     /* per hub of u: how far its members were met */
    cd_id *by_degree;
    uint32_t *exact; /* where shared ids are counted: per touched id, how many with its hubs */
    cd_id *having;   /* [x]: how many share x; all zero between uses */
} top_scratch;

static bool counts(const top_plan *p, cd_id c) { return cd_csr_degree(p->by_right, c) <= p->cap; }
static bool is_hub(const top_plan *p, cd_id c) { return cd_csr_degree(p->by_right, c) > HUB_ABOVE; }
static uint64_t weight_of(const top_plan *p, cd_id c) { return p->weight ? p->weight[c] : 1; }
static uint32_t place_of(const top_plan *p, cd_id v) { return p->o->place ? p->o->place[v] : v; }

/* Rises with the sum, and does not rise with v's degree. */
static double score_of(const top_plan *p, uint64_t sum, cd_id degree_u, cd_id degree_v)
{
    switch (p->o->score) {
    case CD_SCORE_JACCARD: return (double)sum / ((double)degree_u + degree_v - (double)sum);
    case CD_SCORE_COSINE: return (double)sum / sqrt((double)degree_u * degree_v);
    case CD_SCORE_COUNT: return (double)sum;
    default: return (double)sum / UNIT;
    }
}

static bool by_degree(const top_plan *p) { return p->o->score == CD_SCORE_JACCARD || p->o->score == CD_SCORE_COSINE; }

/* ---- The best so far ---- */

static bool worse(const top_plan *p, const cd_partner *a, const cd_partner *b)
{
    if (a->score != b->score) return a->score < b->score;
    return place_of(p, a->partner) > place_of(p, b->partner);
}

static void sift_down(const top_plan *p, cd_partner *heap, uint32_t n, uint32_t i)
{
    cd_partner moved = heap[i];
    for (uint32_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && worse(p, &heap[child + 1], &heap[child])) child++;
        if (!worse(p, &heap[child], &moved)) break;
        heap[i] = heap[child];
    }
    heap[i] = moved;
}

static void offer(const top_plan *p, top_scratch *s, cd_id v, double score)
{
    cd_partner new = {.partner = v, .score = score};
    if (s->n_heap < p->o->k) {
        uint32_t i = s->n_heap++;
        for (; i > 0 && worse(p, &new, &s->heap[(i - 1) / 2]); i = (i - 1) / 2) s->heap[i] = s->heap[(i - 1) / 2];
        s->heap[i] = new;
    } else if (worse(p, &s->heap[0], &new)) {
        s->heap[0] = new;
        sift_down(p, s->heap, s->n_heap, 0);
    }
}

/* Whether one with that score and place at best could still come in. */
static bool could_enter(const top_plan *p, const top_scratch *s, double score, uint32_t place)
{
    if (s->n_heap < p->o->k) return true;
    return score > s->heap[0].score || (score == s->heap[0].score && place < place_of(p, s->heap[0].partner));
}

/* ---- One row ---- */

/* What u and v have of hubs together: both lists rise. */
static uint64_t shared_hubs(const top_plan *p, cd_id u, cd_id v)
{
    uint64_t sum = 0;
    cd_off a = p->hubs_off[u], b = p->hubs_off[v];
    while (a < p->hubs_off[u + 1] && b < p->hubs_off[v + 1]) {
        cd_id x = p->hubs[a], y = p->hubs[b];
        if (x == y) sum += weight_of(p, p->hub[x]);
        a += x <= y, b += y <= x;
    }
    return sum;
}

static void add_lists(const top_plan *p, cd_id u, top_scratch *s)
{
    for (cd_off e = p->by_left->off[u]; e < p->by_left->off[u + 1]; e++) {
        cd_id c = p->by_left->adj[e];
        if (is_hub(p, c) || !counts(p, c)) continue;
        uint64_t weight = weight_of(p, c);
        if (weight == 0) continue;
        for (cd_off q = p->by_right->off[c]; q < p->by_right->off[c + 1]; q++) {
            cd_id v = p->by_right->adj[q];
            if (s->sum[v] == 0) s->touched[s->n_touched++] = v;
            s->sum[v] += weight;
        }
    }
}

/* ---- Where shared ids are counted: a score is a small whole number, and counting who has it finds the k-th ---- */

/* The k-th largest of the numbers that having[] counts, which it clears; 1 where there are fewer. */
static cd_id kth_largest(cd_id k, cd_id most, cd_id *having)
{
    cd_id met = 0, kth = 1;
    for (cd_id x = most; x > 0; x--) {
        met += having[x];
        having[x] = 0;
        if (met < k) continue;
        kth = x;
        memset(having + 1, 0, (x - 1) * sizeof *having);
        break;
    }
    return kth;
}

static void offer_counted(const top_plan *p, cd_id u, cd_id all_hubs, top_scratch *s)
{
    cd_id most = 0, floor = 1;
    for (cd_id i = 0; i < s->n_touched && all_hubs > 0; i++) { /* the floor: as if nobody shared a hub */
        cd_id v = s->touched[i], x = (cd_id)s->sum[v];
        if (v == u) continue;
        s->having[x]++;
        most = x > most ? x : most;
    }
    if (all_hubs > 0) floor = kth_largest(p->o->k, most, s->having);
    most = 0;
    for (cd_id i = 0; i < s->n_touched; i++) {
        cd_id v = s->touched[i], x = (cd_id)s->sum[v];
        s->exact[i] = 0;
        if (v == u || x + all_hubs < floor) continue;
        if (all_hubs > 0) x += (cd_id)shared_hubs(p, u, v);
        s->exact[i] = x, s->having[x]++;
        most = x > most ? x : most;
    }
    floor = kth_largest(p->o->k, most, s->having);
    for (cd_id i = 0; i < s->n_touched; i++)
        if (s->exact[i] >= floor) offer(p, s, s->touched[i], s->exact[i]);
}

/* Those whom a list touched. */
static void offer_touched(const top_plan *p, cd_id u, uint64_t all_hubs, top_scratch *s)
{
    if (p->o->score == CD_SCORE_COUNT) {
        offer_counted(p, u, (cd_id)all_hubs, s);
        return;
    }
    if (all_hubs > 0) {
        /* The floor: the k-th best as if nobody shared a hub. */
        for (cd_id i = 0; i < s->n_touched; i++) {
            cd_id v = s->touched[i];
            if (v != u) offer(p, s, v, score_of(p, s->sum[v], p->degree[u], p->degree[v]));
        }
        double floor = s->n_heap == p->o->k ? s->heap[0].score : 0;
        s->n_heap = 0;
        for (cd_id i = 0; i < s->n_touched; i++) {
            cd_id v = s->touched[i];
            if (v == u || score_of(p, s->sum[v] + all_hubs, p->degree[u], p->degree[v]) < floor) continue;
            offer(p, s, v, score_of(p, s->sum[v] + shared_hubs(p, u, v), p->degree[u], p->degree[v]));
        }
        return;
    }
    for (cd_id i = 0; i < s->n_touched; i++) {
        cd_id v = s->touched[i];
        if (v != u) offer(p, s, v, score_of(p, s->sum[v], p->degree[u], p->degree[v]));
    }
}

/* The hubs of u that are not exhausted, by the degree that each has come to, into s->by_degree. */
static cd_id hubs_left(const top_plan *p, cd_id u, top_scratch *s)
{
    cd_off first = p->hubs_off[u];
    cd_id n = (cd_id)(p->hubs_off[u + 1] - first), left = 0;
    for (cd_id i = 0; i < n; i++) {
        if (s->at[i] == p->member_off[p->hubs[first + i] + 1]) continue;
        cd_id degree = p->degree[p->member[s->at[i]]], k = left++;
        for (; k > 0 && p->degree[p->member[s->at[s->by_degree[k - 1]]]] > degree; k--)
            s->by_degree[k] = s->by_degree[k - 1];
        s->by_degree[k] = i;
    }
    return left;
}

/* Degrees count: one of the degree that the k-th hub has come to is, at best, in all hubs that have not come further,
 * and in the k-th hub's order its place is not before the one that stands there. */
static bool unmet_by_degree(const top_plan *p, cd_id u, cd_id left, const top_scratch *s)
{
    uint64_t sum = 0;
    for (cd_id k = 0; k < left; k++) {
        cd_id i = s->by_degree[k], next = p->member[s->at[i]];
        sum += weight_of(p, p->hub[p->hubs[p->hubs_off[u] + i]]);
        if (could_enter(p, s, score_of(p, sum, p->degree[u], p->degree[next]), place_of(p, next))) return true;
    }
    return false;
}

/* Degrees do not count: one in all hubs stands behind where each has come to. One who is not in all of them has less:
 * if he could come in, so could one in all. */
static bool unmet_by_place(const top_plan *p, cd_id u, cd_id left, const top_scratch *s)
{
    uint64_t sum = 0;
    uint32_t last = 0;
    for (cd_id k = 0; k < left; k++) {
        cd_id i = s->by_degree[k];
        uint32_t place = place_of(p, p->member[s->at[i]]);
        sum += weight_of(p, p->hub[p->hubs[p->hubs_off[u] + i]]);
        last = place > last ? place : last;
    }
    return left > 0 && could_enter(p, s, score_of(p, sum, 1, 1), last);
}

/* Whether whoever was not met yet in any hub of u could still come in. */
static bool unmet_could_enter(const top_plan *p, cd_id u, top_scratch *s)
{
    cd_id left = hubs_left(p, u, s);
    return by_degree(p) ? unmet_by_degree(p, u, left, s) : unmet_by_place(p, u, left, s);
}

static void offer_unmet(const top_plan *p, cd_id u, cd_id v, top_scratch *s)
{
    if (v == u || s->sum[v] != 0) return; /* touched by a list, or met in another hub */
    s->sum[v] = 1;                        /* met */
    s->touched[s->n_touched++] = v;
    uint64_t sum = shared_hubs(p, u, v);
    if (sum > 0) offer(p, s, v, score_of(p, sum, p->degree[u], p->degree[v]));
}

/* Those who share hubs alone with u. */
static void offer_hub_members(const top_plan *p, cd_id u, uint64_t all_hubs, top_scratch *s)
{
    cd_off first = p->hubs_off[u];
    cd_id n = (cd_id)(p->hubs_off[u + 1] - first);
    /* One who shares h hubs has a degree of h at least. */
    if (!could_enter(p, s, score_of(p, all_hubs, p->degree[u], n), 0)) return;
    for (cd_id i = 0; i < n; i++) s->at[i] = p->member_off[p->hubs[first + i]];
    while (unmet_could_enter(p, u, s))
        for (cd_id i = 0; i < n; i++)
            if (s->at[i] < p->member_off[p->hubs[first + i] + 1]) offer_unmet(p, u, p->member[s->at[i]++], s);
}

static uint32_t shared_of(const top_plan *p, cd_id u, cd_id v)
{
    uint32_t n = 0;
    cd_off a = p->by_left->off[u], b = p->by_left->off[v];
    while (a < p->by_left->off[u + 1] && b < p->by_left->off[v + 1]) {
        cd_id x = p->by_left->adj[a], y = p->by_left->adj[b];
        n += x == y && counts(p, x);
        a += x <= y, b += y <= x;
    }
    return n;
}

static uint32_t top_row(const top_plan *p, cd_id u, top_scratch *s, cd_partner *out)
{
    uint64_t all_hubs = 0;
    for (cd_off e = p->hubs_off[u]; e < p->hubs_off[u + 1]; e++) all_hubs += weight_of(p, p->hub[p->hubs[e]]);
    s->n_touched = s->n_heap = 0;
    add_lists(p, u, s);
    offer_touched(p, u, all_hubs, s);
    if (all_hubs > 0) offer_hub_members(p, u, all_hubs, s);
    for (cd_id i = 0; i < s->n_touched; i++) s->sum[s->touched[i]] = 0;
    uint32_t n = s->n_heap;
    while (s->n_heap > 0) { /* the worst leaves first: from the end to the front */
        out[--s->n_heap] = s->heap[0];
        s->heap[0] = s->heap[s->n_heap];
        sift_down(p, s->heap, s->n_heap, 0);
    }
    for (uint32_t i = 0; i < n; i++) {
        bool known = p->o->score == CD_SCORE_COUNT;
        out[i].shared = known ? (uint32_t)out[i].score : shared_of(p, u, out[i].partner);
    }
    return n;
}

/* ---- Before the rows ---- */

static cd_status make_weights(top_plan *p, cd_err *err)
{
    cd_id n = p->by_right->n_left;
    if (p->o->score < CD_SCORE_ADAMIC_ADAR) return CD_OK;
    p->weight = cd_pages_new(n, sizeof *p->weight, err);
    if (!p->weight) return CD_EMEMORY;
    for (cd_id c = 0; c < n; c++) {
        double degree = cd_csr_degree(p->by_right, c), w;
        if (p->o->score == CD_SCORE_ADAMIC_ADAR) w = degree > 1 ? 1 / log(degree) : 0;
        else if (p->o->score == CD_SCORE_RESOURCE) w = degree > 0 ? 1 / degree : 0;
        else w = p->o->weights[c];
        if (!(w >= 0 && w <= MOST_WEIGHT))
            return cd_fail(err, CD_EUSAGE, "a weight of %g is not between 0 and %g", w, MOST_WEIGHT);
        p->weight[c] = (uint64_t)llrint(w * UNIT);
    }
    return CD_OK;
}

static int by_degree_and_place(const void *a, const void *b, void *context)
{
    const top_plan *p = context;
    cd_id x = *(const cd_id *)a, y = *(const cd_id *)b;
    if (by_degree(p) && p->degree[x] != p->degree[y]) return p->degree[x] < p->degree[y] ? -1 : 1;
    uint32_t q = place_of(p, x), r = place_of(p, y);
    return (q > r) - (q < r);
}

static cd_off hub_edges(const cd_shared *s, cd_id *n_hubs)
{
    cd_off edges = 0;
    *n_hubs = 0;
    for (cd_id c = 0; c < s->by_right->n_left; c++) {
        cd_id degree = cd_csr_degree(s->by_right, c);
        if (degree <= HUB_ABOVE || (s->cap && degree > s->cap)) continue;
        edges += degree, ++*n_hubs;
    }
    return edges;
}

static cd_status make_hubs(top_plan *p, const cd_shared *s, uint32_t threads, cd_err *err)
{
    cd_status st = CD_OK;
    cd_off edges = p->edges = hub_edges(s, &p->n_hubs), m = 0;
    cd_id n = p->by_left->n_left, h = 0;
    CD_NEW(p->hub, p->n_hubs);
    CD_NEW(p->member_off, (size_t)p->n_hubs + 1);
    p->member = cd_pages_new(edges, sizeof *p->member, err);
    p->hubs = cd_pages_new(edges, sizeof *p->hubs, err);
    p->hubs_off = cd_pages_new((size_t)n + 1, sizeof *p->hubs_off, err);
    if (!p->member || !p->hubs || !p->hubs_off) CD_TRY(CD_EMEMORY);
    for (cd_id c = 0; c < p->by_right->n_left; c++)
        if (is_hub(p, c) && counts(p, c) && weight_of(p, c) > 0) { /* what weighs nothing decides nothing */
            cd_id degree = cd_csr_degree(p->by_right, c);
            p->hub[h] = c;
            memcpy(p->member + m, p->by_right->adj + p->by_right->off[c], degree * sizeof *p->member);
            for (cd_id i = 0; i < degree; i++) p->hubs_off[p->member[m + i] + 1]++;
            p->member_off[++h] = m += degree;
        }
    p->n_hubs = h;
    for (cd_id u = 0; u < n; u++) p->hubs_off[u + 1] += p->hubs_off[u];
    /* Filled from the last hub down, each row from its end: hubs_off ends where it began. */
    for (cd_id k = p->n_hubs; k-- > 0;)
        for (cd_off i = p->member_off[k]; i < p->member_off[k + 1]; i++) p->hubs[--p->hubs_off[p->member[i] + 1]] = k;
    memmove(p->hubs_off, p->hubs_off + 1, n * sizeof *p->hubs_off);
    p->hubs_off[n] = m;
    #pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (cd_id k = 0; k < p->n_hubs; k++)
        qsort_r(p->member + p->member_off[k], p->member_off[k + 1] - p->member_off[k], sizeof *p->member,
                by_degree_and_place, p);
done:
    return st;
}

static cd_status make_scratch(const top_plan *p, top_scratch *s, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = p->by_left->n_left, most = 0, most_shared = 0;
    for (cd_id u = 0; u < n; u++) {
        cd_id hubs = (cd_id)(p->hubs_off[u + 1] - p->hubs_off[u]);
        most = hubs > most ? hubs : most;
        most_shared = p->degree[u] > most_shared ? p->degree[u] : most_shared;
    }
    if (p->o->score == CD_SCORE_COUNT) {
        CD_NEW(s->having, (size_t)most_shared + 1);
        s->exact = cd_pages_new(n, sizeof *s->exact, err);
        if (!s->exact) CD_TRY(CD_EMEMORY);
    }
    s->sum = cd_pages_new(n, sizeof *s->sum, err);
    s->touched = cd_pages_new(n, sizeof *s->touched, err);
    if (!s->sum || !s->touched) CD_TRY(CD_EMEMORY);
    CD_NEW(s->heap, p->o->k);
    CD_NEW(s->at, most);
    CD_NEW(s->by_degree, most);
done:
    return st;
}

static void drop_scratch(const top_plan *p, uint32_t threads, top_scratch *scratch)
{
    for (uint32_t t = 0; scratch && t < threads; t++) {
        cd_pages_free(scratch[t].sum, p->by_left->n_left, sizeof *scratch[t].sum);
        cd_pages_free(scratch[t].touched, p->by_left->n_left, sizeof *scratch[t].touched);
        cd_free(scratch[t].heap);
        cd_free(scratch[t].at);
        cd_free(scratch[t].by_degree);
        cd_free(scratch[t].having);
        cd_pages_free(scratch[t].exact, p->by_left->n_left, sizeof *scratch[t].exact);
    }
    cd_free(scratch);
}

static void drop_plan(top_plan *p)
{
    cd_pages_free(p->weight, p->by_right->n_left, sizeof *p->weight);
    cd_pages_free(p->degree, p->by_left->n_left, sizeof *p->degree);
    cd_free(p->hub);
    cd_free(p->member_off);
    cd_pages_free(p->member, p->edges, sizeof *p->member);
    cd_pages_free(p->hubs, p->edges, sizeof *p->hubs);
    cd_pages_free(p->hubs_off, (size_t)p->by_left->n_left + 1, sizeof *p->hubs_off);
}

size_t cd_shared_top_bytes(const cd_shared *s, const cd_top_options *o, uint32_t threads)
{
    cd_id n = s->by_left->n_left, n_hubs;
    cd_off edges = hub_edges(s, &n_hubs);
    size_t most = 0, counted = o->score == CD_SCORE_COUNT;
    for (cd_id u = 0; u < n && counted; u++)
        most = cd_csr_degree(s->by_left, u) > most ? cd_csr_degree(s->by_left, u) : most;
    return (16 * (size_t)o->k + (12 + 4 * counted) * (size_t)threads + 16) * n + 8 * edges + 12 * (size_t)n_hubs +
           4 * (most + 1) * counted * threads +
           (o->score >= CD_SCORE_ADAMIC_ADAR ? 8 * (size_t)s->by_right->n_left : 0);
}

cd_status cd_shared_top(const cd_shared *s, const cd_top_options *o, const cd_run *run, cd_partner *out,
                        uint32_t *n_out, cd_err *err)
{
    cd_status st = CD_OK;
    top_plan p = {.by_left = s->by_left, .by_right = s->by_right, .o = o, .cap = s->cap ? s->cap : UINT32_MAX};
    top_scratch *scratch = NULL;
    cd_id n = p.by_left->n_left;
    if (o->k == 0 || (o->score == CD_SCORE_WEIGHTS && !o->weights))
        return cd_fail(err, CD_EUSAGE, "the best partners: ask for at least one, and with weights give them");
    CD_TRY(cd_run_fits(run, "the best partners", cd_shared_top_bytes(s, o, run->threads), err));
    p.degree = cd_pages_new(n, sizeof *p.degree, err);
    if (!p.degree) CD_TRY(CD_EMEMORY);
    for (cd_id u = 0; u < n; u++)
        for (cd_off e = p.by_left->off[u]; e < p.by_left->off[u + 1]; e++) p.degree[u] += counts(&p, p.by_left->adj[e]);
    CD_TRY(make_weights(&p, err));
    CD_TRY(make_hubs(&p, s, run->threads, err));
    CD_NEW(scratch, run->threads);
    for (uint32_t t = 0; t < run->threads; t++) CD_TRY(make_scratch(&p, &scratch[t], err));
    #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 64)
    for (cd_id u = 0; u < n; u++) n_out[u] = top_row(&p, u, &scratch[omp_get_thread_num()], out + (size_t)u * o->k);
done:
    drop_scratch(&p, run->threads, scratch);
    drop_plan(&p);
    return st;
}
