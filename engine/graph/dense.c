/* SPDX-License-Identifier: GPL-3.0-or-later
 * dense.c: peeling (Charikar 2000; in rounds: Bahmani, Kumar and Vassilvitskii 2012). Whoever is tied to the rest by
 * the least weight goes; of all that was left on the way, the densest is the block. Densities are compared as
 * fractions. */
#include "engine/graph/dense.h"

#include <math.h>

enum { PLACES = 24 }; /* binary, of a logarithm */

typedef struct {
    const cd_csr *by_left, *by_right;
    const uint32_t *place;
    cd_id n_left, n;
    uint64_t *degree; /* weight to those that are left */
    uint32_t *gone;   /* when it went: 0 is not yet, 1 before this block was sought, then the steps or rounds */
    cd_id *heap, *at; /* the heap of who is left, and where in it each vertex is */
    cd_id n_heap;
    uint32_t *weight; /* per right vertex: of its edges */
} peeling;

/* The densest that was left so far: after how many steps, and how dense. */
typedef struct {
    uint32_t step;
    uint64_t weight;
    cd_id n;
} densest;

/* Of x > 0, by squaring: each square that reaches two is a binary place. In whole numbers, since libraries of
 * mathematics differ in last bits. */
static uint64_t log2_fixed(uint64_t x)
{
    uint32_t whole = 63 - (uint32_t)__builtin_clzll(x);
    uint64_t m = whole > 31 ? x >> (whole - 31) : x << (31 - whole), result = (uint64_t)whole << PLACES;
    for (uint32_t bit = PLACES; bit-- > 0;) {
        m = m * m >> 31;
        if (m >> 32) m >>= 1, result |= (uint64_t)1 << bit;
    }
    return result;
}

uint64_t cd_dense_weight(cd_id degree)
{
    return ((uint64_t)CD_DENSE_UNIT << PLACES) / log2_fixed(5 + (uint64_t)degree);
}

size_t cd_dense_bytes(cd_id n_left, cd_id n_right) { return 24 * ((size_t)n_left + n_right) + 4096; }

static const cd_csr *rows_of(const peeling *p, cd_id v, cd_id *row, cd_id *other)
{
    bool right = v >= p->n_left;
    *row = right ? v - p->n_left : v;
    *other = right ? 0 : p->n_left;
    return right ? p->by_right : p->by_left;
}

static uint64_t weight_of(const peeling *p, cd_id u, cd_id v)
{
    return p->weight[u > v ? u - p->n_left : v - p->n_left];
}

static bool before(const peeling *p, cd_id a, cd_id b)
{
    if (p->degree[a] != p->degree[b]) return p->degree[a] < p->degree[b];
    return p->place ? p->place[a] < p->place[b] : a < b;
}

static void put(peeling *p, cd_id i, cd_id v) { p->heap[i] = v, p->at[v] = i; }

static void sift_up(peeling *p, cd_id i, cd_id v)
{
    for (; i > 0 && before(p, v, p->heap[(i - 1) / 4]); i = (i - 1) / 4) put(p, i, p->heap[(i - 1) / 4]);
    put(p, i, v);
}

static void sift_down(peeling *p, uint64_t i, cd_id v)
{
    for (;;) {
        uint64_t least = 4 * i + 1;
        if (least >= p->n_heap) break;
        for (uint64_t k = least + 1; k < 4 * i + 5 && k < p->n_heap; k++)
            if (before(p, p->heap[k], p->heap[least])) least = k;
        if (!before(p, p->heap[least], v)) break;
        put(p, (cd_id)i, p->heap[least]);
        i = least;
    }
    put(p, (cd_id)i, v);
}

/* Whether `weight` among n is denser than the densest so far. */
static bool denser(const densest *d, uint64_t weight, cd_id n)
{
    return (unsigned __int128)weight * d->n > (unsigned __int128)d->weight * n;
}

/* Everyone who is left has the weight of its edges to those who are; *n has some. Returns their weight twice over. */
static uint64_t weigh(peeling *p, uint32_t threads, cd_id *n)
{
    uint64_t twice = 0;
    cd_id some = 0;
    #pragma omp parallel for num_threads(threads) schedule(dynamic, 1024) reduction(+ : twice, some)
    for (cd_id v = 0; v < p->n; v++) {
        cd_id row, other;
        const cd_csr *rows = rows_of(p, v, &row, &other);
        p->degree[v] = 0;
        if (p->gone[v]) continue;
        for (cd_off e = rows->off[row]; e < rows->off[row + 1]; e++)
            if (!p->gone[other + rows->adj[e]]) p->degree[v] += weight_of(p, v, other + rows->adj[e]);
        twice += p->degree[v];
        some += p->degree[v] > 0;
    }
    *n = some;
    return twice;
}

static void take_least(peeling *p, uint32_t step, uint64_t *weight)
{
    cd_id v = p->heap[0], row, other;
    const cd_csr *rows = rows_of(p, v, &row, &other);
    cd_id last = p->heap[--p->n_heap];
    if (p->n_heap > 0) sift_down(p, 0, last);
    p->gone[v] = step;
    *weight -= p->degree[v];
    for (cd_off e = rows->off[row]; e < rows->off[row + 1]; e++) {
        cd_id u = other + rows->adj[e];
        if (p->gone[u]) continue;
        p->degree[u] -= weight_of(p, u, v);
        sift_up(p, p->at[u], u);
    }
}

/* Step 1 is before; step k takes the (k - 1)-th away. */
static cd_status peel_one_by_one(peeling *p, const cd_run *run, uint64_t weight, densest *best, cd_err *err)
{
    p->n_heap = 0;
    for (cd_id v = 0; v < p->n; v++) {
        if (p->degree[v] == 0 && !p->gone[v]) p->gone[v] = 2; /* ties nobody: it would go first */
        if (!p->gone[v]) sift_up(p, p->n_heap++, v);
    }
    *best = (densest){.step = 2, .weight = weight, .n = p->n_heap};
    for (uint32_t step = 3; p->n_heap > 0; step++) {
        take_least(p, step, &weight);
        if (p->n_heap > 0 && denser(best, weight, p->n_heap)) *best = (densest){step, weight, p->n_heap};
        if (step % (1 << 16) > 0) continue;
        cd_status st = cd_run_step(run, "peeling", step, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

/* Takes away all of at most `most`, and the weight that they had from those who stay. */
static void take_round(peeling *p, uint32_t threads, uint32_t round, double most)
{
    #pragma omp parallel for num_threads(threads) schedule(static)
    for (cd_id v = 0; v < p->n; v++)
        if (!p->gone[v] && (double)p->degree[v] <= most) p->gone[v] = round;
    #pragma omp parallel for num_threads(threads) schedule(dynamic, 1024)
    for (cd_id v = 0; v < p->n; v++) {
        cd_id row, other;
        if (p->gone[v] != round) continue;
        const cd_csr *rows = rows_of(p, v, &row, &other);
        for (cd_off e = rows->off[row]; e < rows->off[row + 1]; e++) {
            cd_id u = other + rows->adj[e];
            if (!p->gone[u]) __atomic_fetch_sub(&p->degree[u], weight_of(p, u, v), __ATOMIC_RELAXED);
        }
    }
}

static cd_status peel_in_rounds(peeling *p, const cd_run *run, double slack, uint64_t weight, densest *best,
                                cd_err *err)
{
    cd_id left = 0;
    for (cd_id v = 0; v < p->n; v++) {
        if (p->degree[v] == 0 && !p->gone[v]) p->gone[v] = 2;
        left += !p->gone[v];
    }
    *best = (densest){.step = 2, .weight = weight, .n = left};
    for (uint32_t round = 3; left > 0; round++) {
        cd_status st = cd_run_step(run, "peeling", round, err);
        if (st != CD_OK) return st;
        take_round(p, run->threads, round, (1 + slack) * 2 * (double)weight / left);
        uint64_t twice = 0;
        left = 0;
        #pragma omp parallel for num_threads(run->threads) schedule(static) reduction(+ : twice, left)
        for (cd_id v = 0; v < p->n; v++) {
            if (p->gone[v]) continue;
            twice += p->degree[v];
            left++;
        }
        weight = twice / 2;
        if (left > 0 && denser(best, weight, left)) *best = (densest){round, weight, left};
    }
    return CD_OK;
}

/* Those who were left at the best step are the block; the others, and not those of blocks before, come back. */
static void keep_block(peeling *p, const densest *best, uint32_t number, uint32_t *block, cd_dense_block *found)
{
    *found = (cd_dense_block){.weight = best->weight};
    for (cd_id v = 0; v < p->n; v++) {
        if (p->gone[v] == 1) continue;
        bool in = p->gone[v] > best->step;
        p->gone[v] = in;
        if (!in) continue;
        block[v] = number;
        if (v < p->n_left) found->n_left++;
        else found->n_right++;
    }
}

cd_status cd_dense(const cd_csr *by_left, const cd_csr *by_right, const uint32_t *place,
                   const cd_dense_options *options, const cd_run *run, uint32_t *block, cd_dense_block *found,
                   uint32_t *n_blocks, cd_err *err)
{
    cd_status st = CD_OK;
    peeling p = {.by_left = by_left, .by_right = by_right, .place = place, .n_left = by_left->n_left};
    uint64_t all = (uint64_t)by_left->n_left + by_right->n_left;
    *n_blocks = 0;
    if (!(options->slack >= 0) || !isfinite(options->slack))
        return cd_fail(err, CD_EUSAGE, "a slack of %g is below 0 or has no end", options->slack);
    if (all >= CD_NONE - 8)
        return cd_fail(err, CD_EUSAGE, "a graph of over four thousand million vertices is too large");
    CD_TRY(cd_run_fits(run, "dense blocks", cd_dense_bytes(by_left->n_left, by_right->n_left), err));
    p.n = (cd_id)all;
    p.degree = cd_pages_new(p.n, sizeof *p.degree, err);
    p.gone = cd_pages_new(p.n, sizeof *p.gone, err);
    p.heap = cd_pages_new(p.n, sizeof *p.heap, err);
    p.at = cd_pages_new(p.n, sizeof *p.at, err);
    p.weight = cd_pages_new(by_right->n_left, sizeof *p.weight, err);
    if (!p.degree || !p.gone || !p.heap || !p.at || !p.weight) CD_TRY(CD_EMEMORY);
    for (cd_id v = 0; v < by_right->n_left; v++) {
        cd_id degree = cd_csr_degree(by_right, v);
        p.weight[v] = options->cap && degree > options->cap ? 0 : (uint32_t)cd_dense_weight(degree);
    }
    for (cd_id v = 0; v < p.n; v++) block[v] = 0;
    while (*n_blocks < options->blocks) {
        cd_id some;
        densest best;
        uint64_t twice = weigh(&p, run->threads, &some);
        if (some == 0) break;
        if (options->slack > 0) CD_TRY(peel_in_rounds(&p, run, options->slack, twice / 2, &best, err));
        else CD_TRY(peel_one_by_one(&p, run, twice / 2, &best, err));
        keep_block(&p, &best, *n_blocks + 1, block, &found[*n_blocks]);
        ++*n_blocks;
    }
done:
    cd_pages_free(p.degree, p.n, sizeof *p.degree);
    cd_pages_free(p.gone, p.n, sizeof *p.gone);
    cd_pages_free(p.heap, p.n, sizeof *p.heap);
    cd_pages_free(p.at, p.n, sizeof *p.at);
    cd_pages_free(p.weight, by_right->n_left, sizeof *p.weight);
    return st;
}
