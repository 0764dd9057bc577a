/* SPDX-License-Identifier: GPL-3.0-or-later
 * validated.c: every pair that shares anything is met in the pass over shared neighbours, and asked one cheap question:
 * could its p-value be small enough? Answers err on the safe side alone. Of one stratum whose ids are always there,
 * chances rise with the degree: the exact tails of a pair of some lower degrees are not above those of the pair, and
 * degrees a tenth apart are few. Else the floor of tail.h is asked, of the mean and the largest chance. What is certain
 * for one of the two is taken for no more than likely, which lowers either further.
 *
 * The first pass counts the pairs that pass at each of a ladder of levels. If all that pass at level b had p-values as
 * small as that, those up to level * passed / tested could be kept, and none beyond: so b comes down, from `level`
 * itself, until it stands. The second pass gathers who passes there, and they alone pay for exact tails. Whoever is
 * left out has a p-value above any that can be kept: the answer is that of testing all. */
#include "engine/graph/validated.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/sort.h"
#include "engine/graph/validated_inside.h"

typedef struct {
    double *mean; /* per left id: what the row's owner shares with each; zero between rows */
    cd_id *touched;
    cd_validated_pair *found;
    size_t n_found, cap_found;
    uint64_t *passed; /* per level */
    cd_err err;
    cd_status status;
} row_scratch;

enum { HELD_A_CANDIDATE = 3 * sizeof(cd_validated_pair) }; /* as it was found, with room to grow, and in one list */
enum { LEVELS = 48, CHANCE_BINS = 16, LEAST_EXPONENT = 40, MEAN_BITS = 5, MEAN_BINS = 64 << MEAN_BITS };

typedef struct {
    const cd_shared *s;
    const cd_run *run;
    cd_null null;
    row_scratch *scratch;
    bool gather; /* the second pass */
    double level, ladder[LEVELS];
    uint32_t n_levels, most_shared;
    uint32_t *least; /* [mean bin][chance bin][level], or of a grid [row][column][level]: fewer shared cannot pass */
    size_t n_least;
    uint32_t n_grid;   /* 0: there is none */
    uint32_t *grid;    /* the classes that stand for those from them on */
    uint32_t *grid_of; /* per left id */
    uint32_t *first;   /* [row][column]: at the first level */
} validation;

/* ---- The question ---- */

/* Bins of a positive double by its exponent and its first bits, from 2^-40 on; what a bin stands for is its lower end,
 * and the first one for 0. */
static uint32_t bin_of(double mean)
{
    uint64_t bits;
    memcpy(&bits, &mean, sizeof bits);
    int64_t bin = (int64_t)(bits >> (52 - MEAN_BITS)) - ((int64_t)(1023 - LEAST_EXPONENT) << MEAN_BITS);
    return bin < 0 ? 0 : bin >= MEAN_BINS ? MEAN_BINS - 1 : (uint32_t)bin;
}

static double bin_begins(uint32_t bin)
{
    uint64_t bits = ((uint64_t)bin + ((uint64_t)(1023 - LEAST_EXPONENT) << MEAN_BITS)) << (52 - MEAN_BITS);
    double mean;
    memcpy(&mean, &bits, sizeof mean);
    return bin == 0 ? 0 : mean;
}

/* Chances up to 2^-i; the last bin holds all below. */
static uint32_t chance_bin(double p)
{
    int exponent;
    if (p <= 0) return CHANCE_BINS - 1;
    double m = frexp(p, &exponent);
    int up = m == 0.5 ? exponent - 1 : exponent; /* p <= 2^up */
    return up > 0 ? 0 : -up >= CHANCE_BINS ? CHANCE_BINS - 1 : (uint32_t)-up;
}

static const uint32_t *least_of_bin(const validation *v, double mean, double most)
{
    return v->least + ((size_t)bin_of(mean) * CHANCE_BINS + chance_bin(most)) * LEVELS;
}

static const uint32_t *least_of_cell(const validation *v, uint32_t row, uint32_t column)
{
    return v->least + ((size_t)row * v->n_grid + column) * LEVELS;
}

/* The largest mean that any pair may have. */
static double largest_mean(const cd_null *null)
{
    double sum = 0;
    for (uint32_t k = 0; k < null->n_strata; k++) {
        const cd_null_stratum *s = &null->strata[k];
        double largest = 0;
        for (size_t i = 0; i < (size_t)s->model.n_left * s->model.n_left; i++)
            largest = s->mean[i] > largest ? s->mean[i] : largest;
        sum += largest;
    }
    return sum;
}

/* For each bin and level the least count whose floor may be at or below it. The floor rises with the mean: a bin's
 * lower end is the safe side. */
static void set_least_of_bins(validation *v)
{
    uint32_t bins = bin_of(largest_mean(&v->null)) + 1;
#pragma omp parallel for num_threads(v->run->threads) schedule(dynamic, 16)
    for (uint32_t m = 0; m < bins; m++)
        for (uint32_t c = 0; c < CHANCE_BINS; c++)
            cd_tail_least(bin_begins(m), ldexp(1, -(int)c), v->ladder, v->n_levels, v->most_shared,
                          v->least + ((size_t)m * CHANCE_BINS + c) * LEVELS);
}

/* The same for a cell of the grid, by exact tails, as far as they are summed; from there on everything may pass. */
static cd_status set_least_of_cell(validation *v, uint32_t row, uint32_t column, cd_coins *coins, cd_err *err)
{
    cd_status st = CD_OK;
    enum { TAILS = 256 };
    uint32_t seen[TAILS], *least = v->least + ((size_t)row * v->n_grid + column) * LEVELS, at = 0;
    double tail[TAILS];
    const cd_null_stratum *s = v->null.strata;
    size_t a = v->grid[row], b = v->grid[column], n = s->model.n_right;
    double mean = s->mean[a * s->model.n_left + b];
    uint32_t first = mean < 1 ? 1 : (uint32_t)mean, tails = 24 + (uint32_t)(12 * sqrt(mean));
    if (tails > TAILS) tails = TAILS;
    for (uint32_t i = 0; i < tails; i++) seen[i] = first + i;
    for (size_t c = 0; c < n; c++)
        coins[c] = (cd_coins){.p = s->tie[a * n + c] * s->tie[b * n + c] * s->model.right[c].pairing,
                              .n = s->model.right[c].n};
    CD_TRY(cd_tail(coins, n, seen, tails, tail, err));
    for (uint32_t i = 0; i < v->n_levels; i++) {
        while (at < tails && tail[at] * (1 - 1e-9) > v->ladder[i]) at++;
        least[i] = first + at;
    }
    if (tail[0] <= v->ladder[0]) least[0] = 1; /* what is below the first was not summed */
    v->first[(size_t)row * v->n_grid + column] = least[0];
done:
    return st;
}

static cd_status set_least_of_grid(validation *v, cd_err *err)
{
    cd_status st = CD_OK;
    cd_err first = {0};
#pragma omp parallel num_threads(v->run->threads)
    {
        cd_err mine = {0};
        cd_coins *coins = cd_alloc(v->null.strata->model.n_right, sizeof *coins, &mine);
#pragma omp for schedule(dynamic, 1)
        for (uint32_t row = 0; row < v->n_grid; row++)
            for (uint32_t column = 0; column <= row; column++) {
                cd_status now = coins ? set_least_of_cell(v, row, column, coins, &mine) : CD_EMEMORY;
                if (now == CD_OK) continue;
#pragma omp critical(cd_validated)
                if (st == CD_OK) st = now, first = mine; /* memory: there is no other failure */
            }
        cd_free(coins);
    }
    for (uint32_t row = 0; st == CD_OK && row < v->n_grid; row++)
        for (uint32_t column = row + 1; column < v->n_grid; column++) {
            size_t to = (size_t)row * v->n_grid + column, from = (size_t)column * v->n_grid + row;
            v->first[to] = v->first[from];
            memcpy(v->least + to * LEVELS, v->least + from * LEVELS, LEVELS * sizeof *v->least);
        }
    return st == CD_OK ? CD_OK : cd_fail(err, st, "%s", first.text);
}

/* ---- The passes ---- */

/* Counts a pair that passes at the first level, or keeps it. */
static void pair_passed(validation *v, row_scratch *r, const cd_validated_pair *pair, const uint32_t *least)
{
    if (!v->gather) {
        for (uint32_t i = 0; i < v->n_levels && pair->shared >= least[i]; i++) r->passed[i]++;
        return;
    }
    if (r->status == CD_OK) r->status = cd_grow(&r->found, &r->cap_found, r->n_found + 1, sizeof *r->found, &r->err);
    if (r->status == CD_OK) r->found[r->n_found++] = *pair;
}

static void test_row_by_grid(void *context, uint32_t thread, cd_id u, const cd_id *partner, const uint32_t *shared,
                             cd_id n)
{
    validation *v = context;
    uint32_t row = v->grid_of[u];
    const uint32_t *first = v->first + (size_t)row * v->n_grid;
    for (cd_id i = 0; i < n; i++) {
        uint32_t column = v->grid_of[partner[i]];
        if (shared[i] < first[column]) continue;
        cd_validated_pair pair = {.left = u, .other = partner[i], .shared = shared[i]};
        pair_passed(v, &v->scratch[thread], &pair, least_of_cell(v, row, column));
    }
}

/* What u shares on average with everyone after it, stratum by stratum; returns how many of them there are. */
static cd_id add_means(const cd_null *v, cd_id u, row_scratch *r)
{
    cd_id n = 0;
    for (cd_off i = v->at[u]; i < v->at[u + 1]; i++) {
        const cd_null_membership *m = &v->memberships[i];
        const cd_null_stratum *s = &v->strata[m->stratum];
        const double *mean = s->mean + (size_t)m->class_of * s->model.n_left;
        for (cd_id k = m->at + 1; k < s->n_members; k++) {
            cd_id w = s->member[k];
            double more = mean[s->class_of[k]];
            if (r->mean[w] == 0 && more > 0) r->touched[n++] = w;
            r->mean[w] += more;
        }
    }
    return n;
}

static void test_row(void *context, uint32_t thread, cd_id u, const cd_id *partner, const uint32_t *shared, cd_id n)
{
    validation *v = context;
    row_scratch *r = &v->scratch[thread];
    cd_id touched = add_means(&v->null, u, r);
    for (cd_id i = 0; i < n; i++) {
        const uint32_t *least = least_of_bin(v, r->mean[partner[i]], v->null.largest[u] * v->null.largest[partner[i]]);
        cd_validated_pair pair = {.left = u, .other = partner[i], .shared = shared[i]};
        if (shared[i] >= *least) pair_passed(v, r, &pair, least);
    }
    for (cd_id i = 0; i < touched; i++) r->mean[r->touched[i]] = 0;
}

static cd_status pass(validation *v, cd_err *err)
{
    cd_status st = CD_OK;
    if (v->n_grid)
        CD_TRY(set_least_of_grid(v, err));
    else
        set_least_of_bins(v);
    CD_TRY(cd_shared_each(v->s, 0, v->s->by_left->n_left, 1, v->run, v->n_grid ? test_row_by_grid : test_row, v, err));
    for (uint32_t t = 0; t < v->run->threads; t++)
        if (v->scratch[t].status != CD_OK) CD_TRY(cd_fail(err, v->scratch[t].status, "%s", v->scratch[t].err.text));
done:
    return st;
}

/* The level at which nothing is lost, and no more pass than `*most`. */
static cd_status find_level(validation *v, uint64_t tested, uint64_t *most, cd_err *err)
{
    cd_status st = CD_OK;
    double level = v->level;
    v->n_levels = LEVELS;
    for (uint32_t i = 0; i < LEVELS; i++) v->ladder[i] = ldexp(v->level, -(int)i);
    CD_TRY(pass(v, err));
    for (uint32_t i = 0;;) {
        *most = 0;
        for (uint32_t t = 0; t < v->run->threads; t++) *most += v->scratch[t].passed[i];
        double next = v->level * (double)*most / (double)tested;
        if (next < level) level = next;
        uint32_t j = i;
        while (j + 1 < LEVELS && v->ladder[j + 1] >= level) j++;
        if (j == i) break;
        i = j;
    }
    v->ladder[0] = level, v->n_levels = 1;
done:
    return st;
}

static cd_status gather_found(validation *v, cd_validated_pair **out, uint64_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t all = 0;
    for (uint32_t t = 0; t < v->run->threads; t++) all += v->scratch[t].n_found;
    CD_NEW(*out, all);
    for (uint32_t t = 0; t < v->run->threads; t++) {
        const row_scratch *r = &v->scratch[t];
        if (r->n_found) memcpy(*out + *n, r->found, r->n_found * sizeof *r->found);
        *n += r->n_found;
    }
done:
    return st;
}

/* ---- Exact tails ---- */

typedef struct {
    cd_null_coins coins;
    uint32_t *seen;
    double *p;
    size_t cap_seen, cap_p;
} exact_scratch;

/* The candidates, those of the same coins beside one another: coins in the upper half, the candidate in the lower. Of a
 * single stratum without certain ties, pairs of the same two classes have the same. */
static cd_status group_pairs(const validation *v, const cd_validated_pair *pairs, uint64_t n, uint64_t **out,
                             cd_err *err)
{
    cd_status st = CD_OK;
    const cd_null *null = &v->null;
    uint64_t *keys = cd_pages_new(n, sizeof *keys, err);
    if (!keys) CD_TRY(CD_EMEMORY);
    if (n > UINT32_MAX)
        CD_TRY(cd_fail(err, CD_EMEMORY, "over four thousand million pairs may pass; ask for a lower level"));
    bool grouped = null->n_strata == 1 && !null->options->certain && null->strata->model.n_left <= UINT16_MAX;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t coins = i;
        if (grouped) {
            uint64_t a = null->memberships[null->at[pairs[i].left]].class_of;
            uint64_t b = null->memberships[null->at[pairs[i].other]].class_of;
            coins = a < b ? a << 16 | b : b << 16 | a;
        }
        keys[i] = coins << 32 | i;
    }
    cd_sort_u64(keys, n);
    *out = keys, keys = NULL;
done:
    cd_pages_free(keys, n, sizeof *keys);
    return st;
}

/* Its last digits are those of the processor's logarithm: twelve are not. */
static double round_p(double p)
{
    int exponent;
    double digits = frexp(p, &exponent);
    return ldexp(rint(digits * 0x1p40) * 0x1p-40, exponent);
}

/* The pairs of one group: their coins are listed once, and their tails summed once. */
static cd_status exact_group(const validation *v, cd_validated_pair *pairs, const uint64_t *group, uint64_t n,
                             exact_scratch *x, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_validated_pair *first = &pairs[(uint32_t)group[0]];
    size_t n_seen = 0;
    double expected = 0;
    CD_TRY(cd_grow(&x->seen, &x->cap_seen, n, sizeof *x->seen, err));
    CD_TRY(cd_grow(&x->p, &x->cap_p, n, sizeof *x->p, err));
    CD_TRY(cd_null_toss(&v->null, first->left, first->other, &x->coins, err));
    for (size_t i = 0; i < x->coins.n; i++) expected += x->coins.coins[i].p * (double)x->coins.coins[i].n;
    for (uint64_t i = 0; i < n; i++) x->seen[i] = pairs[(uint32_t)group[i]].shared;
    if (n > 1) qsort(x->seen, n, sizeof *x->seen, cd_compare_u32);
    for (uint64_t i = 0; i < n; i++)
        if (i == 0 || x->seen[i] != x->seen[n_seen - 1]) x->seen[n_seen++] = x->seen[i];
    CD_TRY(cd_tail(x->coins.coins, x->coins.n, x->seen, n_seen, x->p, err));
    for (uint64_t i = 0; i < n; i++) {
        cd_validated_pair *pair = &pairs[(uint32_t)group[i]];
        const uint32_t *at = bsearch(&pair->shared, x->seen, n_seen, sizeof *x->seen, cd_compare_u32);
        pair->p = round_p(x->p[at - x->seen]);
        pair->expected = expected;
    }
done:
    return st;
}

static cd_status exact_scratch_make(const validation *v, exact_scratch *x, cd_err *err)
{
    cd_status st = CD_OK;
    if (!v->null.options->certain) return CD_OK;
    CD_NEW(x->coins.base, v->null.n_strata);
    for (uint32_t k = 0; k < v->null.n_strata; k++) x->coins.base[k] = SIZE_MAX;
done:
    return st;
}

static void exact_scratch_drop(exact_scratch *x)
{
    cd_free(x->coins.coins);
    cd_free(x->coins.base);
    cd_free(x->seen);
    cd_free(x->p);
}

static cd_status exact_all(const validation *v, cd_validated_pair *pairs, uint64_t n, cd_err *err)
{
    uint64_t failed = UINT64_MAX, *keys = NULL; /* failed: the first that did */
    cd_err first = {0};
    cd_status st = CD_OK;
    CD_TRY(group_pairs(v, pairs, n, &keys, err));
#pragma omp parallel num_threads(v->run->threads)
    {
        exact_scratch x = {0};
        cd_err mine = {0};
        cd_status made = exact_scratch_make(v, &x, &mine);
#pragma omp for schedule(dynamic, 64)
        for (uint64_t i = 0; i < n; i++) {
            uint64_t end = i + 1;
            if (i > 0 && keys[i] >> 32 == keys[i - 1] >> 32) continue;
            while (end < n && keys[end] >> 32 == keys[i] >> 32) end++;
            cd_status s = made == CD_OK ? exact_group(v, pairs, keys + i, end - i, &x, &mine) : made;
            if (s == CD_OK) continue;
#pragma omp critical(cd_validated)
            if (i < failed) failed = i, st = s, first = mine;
            if (made == CD_OK) cd_err_clear(&mine);
        }
        exact_scratch_drop(&x);
    }
    if (st != CD_OK) (void)!cd_fail(err, st, "%s", first.text);
done:
    cd_pages_free(keys, n, sizeof *keys);
    return st;
}

static int by_p(const void *a, const void *b)
{
    const cd_validated_pair *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    if (x->left != y->left) return x->left < y->left ? -1 : 1;
    return (x->other > y->other) - (x->other < y->other);
}

/* By p, in as many parts as there are threads, and these merged. */
static cd_status sort_by_p(cd_validated_pair **pairs, uint64_t n, uint32_t threads, cd_err *err)
{
    cd_status st = CD_OK;
    cd_validated_pair *in = *pairs, *out = NULL;
    uint64_t *at = NULL;
    CD_NEW(out, n);
    CD_NEW(at, threads);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (uint32_t t = 0; t < threads; t++) {
        uint64_t lo = n * t / threads, hi = n * (t + 1) / threads;
        if (hi - lo > 1) qsort(in + lo, hi - lo, sizeof *in, by_p);
        at[t] = lo;
    }
    for (uint64_t i = 0; i < n; i++) {
        uint32_t first = threads;
        for (uint32_t t = 0; t < threads; t++)
            if (at[t] < n * (t + 1) / threads && (first == threads || by_p(&in[at[t]], &in[at[first]]) < 0)) first = t;
        out[i] = in[at[first]++];
    }
    *pairs = out, out = in;
done:
    cd_free(out);
    cd_free(at);
    return st;
}

/* Classes a tenth of their degrees apart: each stands for those up to the next. */
static cd_status make_grid(validation *v, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_null *null = &v->null;
    const cd_bicm *m = &null->strata->model;
    cd_id n = v->s->by_left->n_left;
    uint32_t *of_class = NULL;
    if (null->n_strata != 1 || null->options->left_there || null->options->right_there || m->n_left == 0) return CD_OK;
    CD_NEW(v->grid, m->n_left);
    CD_NEW(of_class, m->n_left);
    v->grid_of = cd_pages_new(n, sizeof *v->grid_of, err);
    if (!v->grid_of) CD_TRY(CD_EMEMORY);
    for (uint32_t a = 0; a < m->n_left; a++) {
        const cd_bicm_class *last = a ? &m->left[v->grid[v->n_grid - 1]] : NULL;
        if (!last || (double)m->left[a].degree > 1.1 * last->degree || m->left[a].fitness < last->fitness)
            v->grid[v->n_grid++] = a;
        of_class[a] = v->n_grid - 1;
    }
    for (cd_id u = 0; u < n; u++)
        if (null->at[u] < null->at[u + 1]) v->grid_of[u] = of_class[null->memberships[null->at[u]].class_of];
    CD_NEW(v->first, (size_t)v->n_grid * v->n_grid);
done:
    cd_free(of_class);
    return st;
}

static cd_status make_scratch(validation *v, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = v->s->by_left->n_left;
    CD_NEW(v->scratch, v->run->threads);
    CD_TRY(make_grid(v, err));
    v->n_least = v->n_grid ? (size_t)v->n_grid * v->n_grid * LEVELS : (size_t)MEAN_BINS * CHANCE_BINS * LEVELS;
    v->least = cd_pages_new(v->n_least, sizeof *v->least, err);
    if (!v->least) CD_TRY(CD_EMEMORY);
    for (cd_id u = 0; u < n; u++) {
        cd_id degree = cd_csr_degree(v->s->by_left, u);
        v->most_shared = degree > v->most_shared ? degree : v->most_shared;
    }
    for (uint32_t t = 0; t < v->run->threads; t++) {
        row_scratch *r = &v->scratch[t];
        CD_NEW(r->passed, LEVELS);
        if (v->n_grid) continue;
        r->mean = cd_pages_new(n, sizeof *r->mean, err);
        r->touched = cd_pages_new(n, sizeof *r->touched, err);
        if (!r->mean || !r->touched) CD_TRY(CD_EMEMORY);
    }
done:
    return st;
}

static void drop(validation *v)
{
    cd_id n = v->s->by_left->n_left;
    for (uint32_t t = 0; v->scratch && t < v->run->threads; t++) {
        row_scratch *r = &v->scratch[t];
        cd_pages_free(r->mean, n, sizeof *r->mean);
        cd_pages_free(r->touched, n, sizeof *r->touched);
        cd_free(r->passed);
        cd_free(r->found);
    }
    cd_free(v->scratch);
    cd_free(v->grid);
    cd_free(v->first);
    cd_pages_free(v->grid_of, n, sizeof *v->grid_of);
    cd_pages_free(v->least, v->n_least, sizeof *v->least);
    cd_null_release(&v->null);
}

/* Benjamini and Hochberg: the largest k whose p is at most level * k / tested. */
static uint64_t keep_at(const cd_validated_pair *pairs, uint64_t n, double level, uint64_t tested)
{
    uint64_t kept = 0;
    for (uint64_t k = 1; k <= n; k++)
        if (pairs[k - 1].p <= level * (double)k / (double)tested) kept = k;
    return kept;
}

size_t cd_validated_bytes(const cd_shared *s, bool strata, uint32_t threads)
{
    size_t n = s->by_left->n_left, a_row = strata ? 20 : 8;
    size_t tables = (size_t)MEAN_BINS * CHANCE_BINS * LEVELS * sizeof(uint32_t);
    return cd_shared_bytes(s, threads) + a_row * n * threads + tables;
}

cd_status cd_validated(const cd_shared *s, const cd_validated_options *options, const cd_run *run,
                       cd_validated_pair **out, uint64_t *n, cd_validated_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n_left = s->by_left->n_left;
    validation v = {.s = s, .run = run, .level = options->level};
    uint64_t most;
    *out = NULL, *n = 0;
    *report = (cd_validated_report){.tested = n_left > 1 ? (uint64_t)n_left * (n_left - 1) / 2 : 0};
    if (!(options->level > 0 && options->level < 1))
        return cd_fail(err, CD_EUSAGE, "a false-discovery rate of %g is not between 0 and 1", options->level);
    CD_TRY(cd_run_fits(run, "validated pairs", cd_validated_bytes(s, options->stratum != NULL, run->threads), err));
    CD_TRY(cd_null_make(s, options, run, &v.null, err));
    report->fit_error = v.null.error;
    CD_TRY(make_scratch(&v, err));
    CD_TRY(find_level(&v, report->tested, &most, err));
    if (most > 0) {
        CD_TRY(cd_run_fits(run, "holding the pairs that may be kept", HELD_A_CANDIDATE * most, err));
        v.gather = true;
        CD_TRY(pass(&v, err));
    }
    CD_TRY(gather_found(&v, out, n, err));
    report->candidates = *n;
    CD_TRY(exact_all(&v, *out, *n, err));
    CD_TRY(sort_by_p(out, *n, run->threads, err));
    *n = keep_at(*out, *n, v.level, report->tested);
    if (*n) report->threshold = (*out)[*n - 1].p;
done:
    drop(&v);
    if (st != CD_OK) cd_free(*out), *out = NULL, *n = 0;
    return st;
}
