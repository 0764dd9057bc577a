/* SPDX-License-Identifier: GPL-3.0-or-later
 * shared.c: all pairs, row by row (Gustavson): for u, one is added to every v > u in the lists of u's neighbours.
 *
 * A hub that thousands opened would cost its degree squared. So the hubs, at most a few hundred, are columns of bits
 * instead: word w of left id v says which of 64 hubs it has, and what u and v share of them is the number of bits in
 * both. That pays a few instructions for each pair of a row, whatever the hubs' degrees; it is exact, since each right
 * id is either added or a bit. Where there are too many left ids for a row of counters to stay in the cache, a row
 * lists whom it touched, and hubs are added like the rest: each such pair is an answer then.
 *
 * A list is walked from its end while it is above u: every pair is met once, and nobody need know where u stands in
 * it. */
#include "engine/graph/shared.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#if defined __x86_64__
#include <immintrin.h>
#endif

enum { HUB_ABOVE = 256, MOST_HUBS = 512, DENSE_LEFT = CD_SHARED_READY_LEFT, AHEAD = 6, PAD = 64 };

typedef struct {
    const cd_csr *by_left, *by_right;
    uint32_t cap;
    uint32_t hub_above; /* right ids of more neighbours are bits; UINT32_MAX: none is */
    uint32_t words;     /* of bits a left id */
    size_t stride;      /* left ids, rounded up */
    uint64_t *bits;     /* bits[w * stride + v] */
    bool dense;         /* a row scans all counters; else it lists whom it touched */
    bool wide;          /* the processor counts bits in 512-bit words */
} plan;

static size_t stride_of(cd_id n) { return ((size_t)n + PAD - 1) / PAD * PAD; }

/* How many right ids of at most `cap` neighbours have more than `above`. */
static uint32_t count_hubs(const cd_csr *by_right, uint32_t above, uint32_t cap)
{
    uint32_t n = 0;
    for (cd_id c = 0; c < by_right->n_left; c++) {
        cd_id degree = cd_csr_degree(by_right, c);
        n += degree > above && degree <= cap;
    }
    return n;
}

static plan plan_of(const cd_shared *s)
{
    plan p = {.by_left = s->by_left, .by_right = s->by_right, .cap = s->cap ? s->cap : UINT32_MAX,
              .hub_above = UINT32_MAX, .stride = stride_of(s->by_left->n_left)};
    p.dense = s->by_left->n_left <= DENSE_LEFT;
#if defined __x86_64__
    p.wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq") &&
             __builtin_cpu_supports("avx512vl");
#endif
    if (!p.dense) return p;
    uint32_t above = HUB_ABOVE, hubs;
    while ((hubs = count_hubs(s->by_right, above, p.cap)) > MOST_HUBS) above *= 2;
    if (hubs == 0) return p;
    p.hub_above = above;
    p.words = (hubs + 63) / 64;
    return p;
}

static size_t row_bytes(const plan *p) { return (p->dense ? (size_t)4 : 8) * p->stride; }

size_t cd_shared_bytes(const cd_shared *s, uint32_t threads)
{
    plan p = plan_of(s);
    return threads * row_bytes(&p) + 8 * p.stride * p.words;
}

static cd_status make_bits(plan *p, cd_err *err)
{
    uint32_t hub = 0;
    if (p->words == 0) return CD_OK;
    p->bits = cd_pages_new(p->stride * p->words, sizeof *p->bits, err);
    if (!p->bits) return CD_EMEMORY;
    for (cd_id c = 0; c < p->by_right->n_left; c++) {
        cd_id degree = cd_csr_degree(p->by_right, c);
        if (degree <= p->hub_above || degree > p->cap) continue;
        for (cd_off e = p->by_right->off[c]; e < p->by_right->off[c + 1]; e++)
            p->bits[hub / 64 * p->stride + p->by_right->adj[e]] |= (uint64_t)1 << (hub % 64);
        hub++;
    }
    return CD_OK;
}

static void drop_bits(plan *p) { cd_pages_free(p->bits, p->stride * p->words, sizeof *p->bits); }

/* The right ids that are neither bits nor left out. */
static inline bool is_added(const plan *p, cd_off degree) { return degree <= p->hub_above && degree <= p->cap; }

/* One for every v > u in each list of u. The counters of `shared` are 0 before. */
static void add_lists(const plan *p, cd_id u, uint32_t *shared)
{
    const cd_off *off = p->by_right->off;
    const cd_id *adj = p->by_right->adj, *mine = p->by_left->adj;
    cd_off end = p->by_left->off[u + 1];
    for (cd_off e = p->by_left->off[u]; e < end; e++) {
        if (e + AHEAD < end) __builtin_prefetch(&adj[off[mine[e + AHEAD] + 1] - 1]);
        cd_off lo = off[mine[e]], hi = off[mine[e] + 1];
        if (!is_added(p, hi - lo)) continue;
        for (cd_off q = hi; q-- > lo && adj[q] > u;) shared[adj[q]]++;
    }
}

/* The same, and lists whom it touched. */
static cd_id add_lists_touching(const plan *p, cd_id u, uint32_t *shared, cd_id *touched)
{
    cd_id n = 0;
    for (cd_off e = p->by_left->off[u]; e < p->by_left->off[u + 1]; e++) {
        cd_id c = p->by_left->adj[e];
        cd_off lo = p->by_right->off[c], hi = p->by_right->off[c + 1];
        if (!is_added(p, hi - lo)) continue;
        for (cd_off q = hi; q-- > lo && p->by_right->adj[q] > u;) {
            cd_id v = p->by_right->adj[q];
            if (shared[v]++ == 0) touched[n++] = v;
        }
    }
    return n;
}

static bool has_hubs(const plan *p, cd_id u)
{
    uint64_t any = 0;
    for (uint32_t w = 0; w < p->words; w++) any |= p->bits[w * p->stride + u];
    return any != 0;
}

/* The bits that u and v have both, added to every counter from `from` on. */
static void add_hubs_plain(const plan *p, cd_id u, size_t from, uint32_t *shared)
{
    for (uint32_t w = 0; w < p->words; w++) {
        const uint64_t *bits = p->bits + w * p->stride;
        uint64_t mine = bits[u];
        for (size_t v = from; mine && v < p->stride; v++) shared[v] += (uint32_t)__builtin_popcountll(mine & bits[v]);
    }
}

static void total_plain(size_t from, size_t to, uint32_t *shared, cd_shared_totals *t)
{
    for (size_t v = from; v < to; v++) {
        uint64_t x = shared[v];
        t->pairs += x != 0, t->sum += x, t->squares += x * x;
        shared[v] = 0;
    }
}

#if defined __x86_64__
#define WIDE __attribute__((target("avx512f,avx512vl,avx512vpopcntdq,popcnt")))

/* x, and for each of 16 left ids from v on how many bits of the first `words` words it and u both have. */
WIDE static inline __m512i add_sixteen(const plan *p, cd_id u, uint32_t words, size_t v, __m512i x)
{
    for (uint32_t w = 0; w < words; w++) {
        const uint64_t *bits = p->bits + w * p->stride;
        __m512i mine = _mm512_set1_epi64((int64_t)bits[u]);
        __m512i a = _mm512_popcnt_epi64(_mm512_and_si512(mine, _mm512_loadu_si512(bits + v)));
        __m512i b = _mm512_popcnt_epi64(_mm512_and_si512(mine, _mm512_loadu_si512(bits + v + 8)));
        x = _mm512_add_epi32(x, _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(a)),
                                                   _mm512_cvtepi64_epi32(b), 1));
    }
    return x;
}

/* Both at once: 16 counters from memory, their hubs from all words, then zero again. `from` is a multiple of 16. */
WIDE static void total_wide(const plan *p, cd_id u, bool hubs, size_t from, uint32_t *shared, cd_shared_totals *t)
{
    __m512i sum = _mm512_setzero_si512(), squares_even = sum, squares_odd = sum, zero = sum;
    uint64_t pairs = 0;
    for (size_t v = from; v < p->stride; v += 16) {
        __m512i x = add_sixteen(p, u, hubs ? p->words : 0, v, _mm512_loadu_si512(shared + v));
        __mmask16 some = _mm512_test_epi32_mask(x, x);
        if (!some) continue;
        pairs += (uint32_t)__builtin_popcount(some);
        __m512i odd = _mm512_srli_epi64(x, 32), even = _mm512_and_si512(x, _mm512_set1_epi64(UINT32_MAX));
        sum = _mm512_add_epi64(sum, _mm512_add_epi64(even, odd));
        squares_even = _mm512_add_epi64(squares_even, _mm512_mul_epu32(x, x));
        squares_odd = _mm512_add_epi64(squares_odd, _mm512_mul_epu32(odd, odd));
        _mm512_storeu_si512(shared + v, zero);
    }
    t->pairs += pairs;
    t->sum += (uint64_t)_mm512_reduce_add_epi64(sum);
    t->squares += (uint64_t)_mm512_reduce_add_epi64(_mm512_add_epi64(squares_even, squares_odd));
}

WIDE static void add_hubs_wide(const plan *p, cd_id u, size_t from, uint32_t *shared)
{
    for (size_t v = from; v < p->stride; v += 16) {
        __m512i x = add_sixteen(p, u, p->words, v, _mm512_loadu_si512(shared + v));
        _mm512_storeu_si512(shared + v, x);
    }
}
#else
#define total_wide(p, u, hubs, from, shared, t)                                                                        \
    ((void)(p), (void)(u), (void)(hubs), (void)(from), (void)(shared), (void)(t))
#define add_hubs_wide(p, u, from, shared) add_hubs_plain(p, u, from, shared)
#endif

/* The row's counters from a multiple of 16 at or below u + 1. What stands at or below u must stay 0: u's own bits are
 * kept out by starting there and clearing them. */
static void add_hubs(const plan *p, cd_id u, uint32_t *shared)
{
    size_t from = ((size_t)u + 1) / 16 * 16;
    if (!has_hubs(p, u)) return;
    if (p->wide) add_hubs_wide(p, u, from, shared);
    else add_hubs_plain(p, u, from, shared);
    for (size_t v = from; v <= u; v++) shared[v] = 0;
}

static void total_row(const plan *p, cd_id u, uint32_t *shared, cd_id *touched, cd_shared_totals *t)
{
    if (!p->dense) {
        cd_id n = add_lists_touching(p, u, shared, touched);
        for (cd_id i = 0; i < n; i++) total_plain(touched[i], (size_t)touched[i] + 1, shared, t);
        return;
    }
    add_lists(p, u, shared);
    bool hubs = has_hubs(p, u);
    size_t from = (size_t)u + 1, aligned = (from + 15) / 16 * 16;
    if (!p->wide) {
        if (hubs) add_hubs(p, u, shared);
        total_plain(from, p->stride, shared, t);
        return;
    }
    for (size_t v = from; v < aligned && hubs; v++)
        for (uint32_t w = 0; w < p->words; w++)
            shared[v] += (uint32_t)__builtin_popcountll(p->bits[w * p->stride + u] & p->bits[w * p->stride + v]);
    total_plain(from, aligned, shared, t);
    total_wide(p, u, hubs, aligned, shared, t);
}

/* One row of counters a thread, and one of touched ids where they are listed. */
typedef struct {
    uint32_t *shared;
    cd_id *touched;
} row_scratch;

static cd_status make_scratch(const plan *p, uint32_t threads, bool lists, row_scratch *scratch, cd_err *err)
{
    for (uint32_t t = 0; t < threads; t++) {
        scratch[t].shared = cd_pages_new(p->stride, sizeof *scratch[t].shared, err);
        if (lists) scratch[t].touched = cd_pages_new(p->stride, sizeof *scratch[t].touched, err);
        if (!scratch[t].shared || (lists && !scratch[t].touched)) return CD_EMEMORY;
    }
    return CD_OK;
}

static void drop_scratch(const plan *p, uint32_t threads, row_scratch *scratch)
{
    for (uint32_t t = 0; scratch && t < threads; t++) {
        cd_pages_free(scratch[t].shared, p->stride, sizeof *scratch[t].shared);
        cd_pages_free(scratch[t].touched, p->stride, sizeof *scratch[t].touched);
    }
    cd_free(scratch);
}

cd_status cd_shared_total(const cd_shared *s, const cd_run *run, cd_shared_totals *out, cd_err *err)
{
    cd_status st = CD_OK;
    plan p = plan_of(s);
    row_scratch *scratch = NULL;
    uint64_t pairs = 0, sum = 0, squares = 0;
    CD_TRY(cd_run_fits(run, "counting shared neighbours", cd_shared_bytes(s, run->threads), err));
    CD_NEW(scratch, run->threads);
    CD_TRY(make_bits(&p, err));
    CD_TRY(make_scratch(&p, run->threads, !p.dense, scratch, err));
    #pragma omp parallel num_threads(run->threads) reduction(+ : pairs, sum, squares)
    {
        row_scratch *mine = &scratch[omp_get_thread_num()];
        cd_shared_totals t = {0};
        #pragma omp for schedule(dynamic, 32) nowait
        for (cd_id u = 0; u < p.by_left->n_left; u++) total_row(&p, u, mine->shared, mine->touched, &t);
        pairs += t.pairs, sum += t.sum, squares += t.squares;
    }
    *out = (cd_shared_totals){pairs, sum, squares};
done:
    drop_scratch(&p, run->threads, scratch);
    drop_bits(&p);
    return st;
}

/* Puts the ids of a dense row that share enough in front, with what they share, and clears the row. */
static cd_id gather_dense(const plan *p, cd_id u, uint32_t least, uint32_t *shared, cd_id *partner, uint32_t *count)
{
    cd_id n = 0;
    for (size_t v = (size_t)u + 1; v < p->by_left->n_left; v++) {
        uint32_t x = shared[v];
        partner[n] = (cd_id)v, count[n] = x;
        n += x >= least;
    }
    memset(shared + u + 1, 0, (p->stride - u - 1) * sizeof *shared);
    return n;
}

static int by_number(const void *a, const void *b)
{
    cd_id x = *(const cd_id *)a, y = *(const cd_id *)b;
    return (x > y) - (x < y);
}

static cd_id gather_touched(uint32_t least, cd_id n_touched, cd_id *touched, uint32_t *shared, uint32_t *count)
{
    cd_id n = 0;
    for (cd_id i = 0; i < n_touched; i++) {
        cd_id v = touched[i];
        if (shared[v] >= least) touched[n++] = v;
        else shared[v] = 0;
    }
    qsort(touched, n, sizeof *touched, by_number);
    for (cd_id i = 0; i < n; i++) count[i] = shared[touched[i]], shared[touched[i]] = 0;
    return n;
}

cd_status cd_shared_each(const cd_shared *s, cd_id from, cd_id to, uint32_t least, const cd_run *run,
                         cd_shared_row *row, void *context, cd_err *err)
{
    cd_status st = CD_OK;
    plan p = plan_of(s);
    row_scratch *scratch = NULL;
    uint32_t **counts = NULL;
    if (from > to || to > s->by_left->n_left)
        return cd_fail(err, CD_EUSAGE, "rows %u to %u of %u: there are no such rows", from, to, s->by_left->n_left);
    if (least == 0) return cd_fail(err, CD_EUSAGE, "every pair shares at least nothing; ask for 1 or more");
    CD_TRY(cd_run_fits(run, "listing shared neighbours", cd_shared_bytes(s, run->threads) + run->threads * 8 * p.stride,
                       err));
    CD_NEW(scratch, run->threads);
    CD_NEW(counts, run->threads);
    CD_TRY(make_bits(&p, err));
    CD_TRY(make_scratch(&p, run->threads, true, scratch, err));
    for (uint32_t t = 0; t < run->threads; t++)
        if (!(counts[t] = cd_pages_new(p.stride + 1, sizeof **counts, err))) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 32)
    for (cd_id u = from; u < to; u++) {
        uint32_t t = (uint32_t)omp_get_thread_num();
        row_scratch *mine = &scratch[t];
        cd_id n;
        if (p.dense) {
            add_lists(&p, u, mine->shared);
            add_hubs(&p, u, mine->shared);
            n = gather_dense(&p, u, least, mine->shared, mine->touched, counts[t]);
        } else {
            n = add_lists_touching(&p, u, mine->shared, mine->touched);
            n = gather_touched(least, n, mine->touched, mine->shared, counts[t]);
        }
        if (n > 0) row(context, t, u, mine->touched, counts[t], n);
    }
done:
    for (uint32_t t = 0; counts && t < run->threads; t++) cd_pages_free(counts[t], p.stride + 1, sizeof **counts);
    cd_free(counts);
    drop_scratch(&p, run->threads, scratch);
    drop_bits(&p);
    return st;
}

void cd_shared_with(const cd_shared *s, cd_id left, uint32_t *shared)
{
    memset(shared, 0, s->by_left->n_left * sizeof *shared);
    for (cd_off e = s->by_left->off[left]; e < s->by_left->off[left + 1]; e++) {
        cd_id c = s->by_left->adj[e];
        if (s->cap && cd_csr_degree(s->by_right, c) > s->cap) continue;
        for (cd_off q = s->by_right->off[c]; q < s->by_right->off[c + 1]; q++) shared[s->by_right->adj[q]]++;
    }
    shared[left] = 0;
}

struct cd_shared_ready {
    plan p;
};

cd_status cd_shared_ready_new(const cd_shared *s, const cd_run *run, cd_shared_ready **out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_shared_ready *r = NULL;
    plan p = plan_of(s);
    if (!p.dense)
        return cd_fail(err, CD_EUSAGE, "rows are counted whole of at most %d ids, and there are %u", DENSE_LEFT, s->by_left->n_left);
    CD_TRY(cd_run_fits(run, "counting shared neighbours", 8 * p.stride * p.words, err));
    CD_NEW(r, 1);
    r->p = p;
    CD_TRY(make_bits(&r->p, err));
    *out = r;
    return CD_OK;
done:
    cd_free(r);
    return st;
}

void cd_shared_ready_free(cd_shared_ready *r)
{
    if (r) drop_bits(&r->p);
    cd_free(r);
}

size_t cd_shared_ready_room(const cd_shared_ready *r) { return r->p.stride; }

void cd_shared_ready_row(const cd_shared_ready *r, cd_id left, uint32_t *shared)
{
    const plan *p = &r->p;
    memset(shared, 0, p->stride * sizeof *shared);
    for (cd_off e = p->by_left->off[left]; e < p->by_left->off[left + 1]; e++) {
        cd_off lo = p->by_right->off[p->by_left->adj[e]], hi = p->by_right->off[p->by_left->adj[e] + 1];
        if (!is_added(p, hi - lo)) continue;
        for (cd_off q = lo; q < hi; q++) shared[p->by_right->adj[q]]++;
    }
    if (has_hubs(p, left) && p->wide) add_hubs_wide(p, left, 0, shared);
    else if (has_hubs(p, left)) add_hubs_plain(p, left, 0, shared);
    shared[left] = 0;
}
