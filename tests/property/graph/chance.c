/* SPDX-License-Identifier: GPL-3.0-or-later
 * chance.c: tails against multiplying one coin at a time in long double; the null against its own equations; validated
 * pairs against testing every pair, against graphs drawn by swaps that keep every degree, and on graphs where nothing is
 * to be found. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/graph/tail.h"
#include "engine/graph/validated_inside.h"
#include "tests/support/odd_graph.h"

enum { THREADS = 4, MOST_COINS = 400 };

/* Every coin on its own; the tail summed from its small end. */
static double slow_tail(const cd_coins *coins, size_t n, uint64_t seen)
{
    static long double f[MOST_COINS + 2];
    size_t all = 0;
    memset(f, 0, sizeof f);
    f[0] = 1;
    for (size_t i = 0; i < n; i++)
        for (uint64_t k = 0; k < coins[i].n; k++, all++)
            for (size_t j = all + 1; j-- > 0;) {
                f[j + 1] += f[j] * (long double)coins[i].p;
                f[j] *= 1 - (long double)coins[i].p;
            }
    long double sum = 0;
    for (size_t j = all + 1; j-- > seen;) sum += f[j];
    return seen > all ? 0 : (double)sum;
}

static void tails_are_those_of_one_coin_at_a_time(void **state)
{
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < 500; number++) {
        cd_random r = cd_random_of(number, 0xc01, 0);
        cd_coins coins[8];
        size_t n = cd_random_below(&r, 9);
        double largest = pow(10, -4.0 * cd_random_unit(&r)), mean = 0, most = 0, out;
        for (size_t i = 0; i < n; i++) {
            coins[i] = (cd_coins){.p = largest * cd_random_unit(&r), .n = cd_random_below(&r, MOST_COINS / 8)};
            if (number % 50 == i) coins[i].p = (double)(i % 2);
            mean += coins[i].p * (double)coins[i].n;
            most = coins[i].n && coins[i].p > most ? coins[i].p : most;
        }
        uint32_t asked[60];
        double at_once[60];
        for (uint32_t seen = 0; seen < 60; seen++) asked[seen] = seen;
        assert_int_equal(cd_tail(coins, n, asked, 60, at_once, &err), CD_OK);
        for (uint32_t seen = 0; seen < 60; seen += 1 + seen / 7) {
            double expected = slow_tail(coins, n, seen);
            assert_true(expected < 1e-290 || fabs(at_once[seen] - expected) <= 1e-11 * expected);
            assert_int_equal(cd_tail(coins, n, &(uint32_t){seen}, 1, &out, &err), CD_OK);
            if (expected > 1e-290 && fabs(out - expected) > 1e-11 * expected) {
                print_message("number %u seen %u: %.17g not %.17g, %g apart\n", number, seen, out, expected,
                              out / expected - 1);
                for (size_t i = 0; i < n; i++) print_message("  %g x %lu\n", coins[i].p, coins[i].n);
                fail();
            }
            if (expected > 1e-290 && most > 0) assert_true(cd_tail_floor(mean, most, seen) <= expected * (1 + 1e-9));
        }
    }
    assert_int_equal(cd_tail(&(cd_coins){.p = 1.5, .n = 1}, 1, &(uint32_t){1}, 1, &(double){0}, &err), CD_EUSAGE);
}

/* A tail that is far below what subtracting from 1 could show. */
static void small_tails_keep_their_digits(void **state)
{
    cd_coins coins[] = {{.p = 1e-6, .n = 1000000}};
    double out, expected = 0, term = exp(1000000 * log1p(-1e-6));
    cd_err err = {0};
    (void)state;
    for (uint32_t k = 0; k < 80; k++) {
        if (k >= 30) expected += term;
        term *= 1e-6 / (1 - 1e-6) * (1000000 - k) / (k + 1);
    }
    assert_int_equal(cd_tail(coins, 1, &(uint32_t){30}, 1, &out, &err), CD_OK);
    assert_true(out > 0 && out < 1e-30);
    assert_true(fabs(out - expected) < 1e-8 * expected);
}

/* What is too small for a double is nothing, and found to be so at once: summing on would take minutes. */
static void what_is_lost_is_nothing(void **state)
{
    cd_coins coins[] = {{.p = 1e-5, .n = 900000}, {.p = 0.3, .n = 4}, {.p = 1e-3, .n = 40}};
    double out[3];
    cd_err err = {0};
    (void)state;
    assert_int_equal(cd_tail(coins, 3, (const uint32_t[]){12, 40, 300}, 3, out, &err), CD_OK);
    assert_true(out[0] > 0.1 && out[0] < 0.5 && out[1] > 1e-16 && out[1] < 1e-10 && out[2] < 1e-280);
}

/* The least count at each level, by asking the floor of each. */
static void least_counts_are_those_of_the_floor(void **state)
{
    enum { LEVELS = 30, HEADS = 150 };
    double levels[LEVELS];
    (void)state;
    for (uint32_t i = 0; i < LEVELS; i++) levels[i] = 0.3 * pow(0.4, i);
    for (double mean = 1e-4; mean < 100; mean *= 1.7)
        for (double most = 1; most > 1e-5; most /= 2) {
            uint32_t least[LEVELS], at = 1;
            cd_tail_least(mean, most, levels, LEVELS, HEADS, least);
            for (uint32_t i = 0; i < LEVELS; i++) {
                while (at <= HEADS && cd_tail_floor(mean, most, at) > levels[i] * (1 + 1e-6)) at++;
                uint32_t before = at;
                while (at <= HEADS && cd_tail_floor(mean, most, at) > levels[i] * (1 - 1e-6)) at++;
                assert_true(least[i] == (at > HEADS ? UINT32_MAX : at) || least[i] == before);
            }
        }
}

static void degrees_of(const cd_csr *g, cd_id *degree)
{
    for (cd_id v = 0; v < g->n_left; v++) degree[v] = cd_csr_degree(g, v);
}

static void fit(const cd_csr *by_left, const cd_csr *by_right, uint32_t threads, cd_bicm *m, uint32_t *left, uint32_t *right)
{
    cd_id degree[2000];
    cd_run run = odd_run(threads);
    cd_err err = {0};
    degrees_of(by_left, degree);
    assert_int_equal(cd_bicm_classes(degree, NULL, by_left->n_left, &m->left, &m->n_left, left, &err), CD_OK);
    degrees_of(by_right, degree);
    assert_int_equal(cd_bicm_classes(degree, NULL, by_right->n_left, &m->right, &m->n_right, right, &err), CD_OK);
    assert_int_equal(cd_bicm_fit(m, &run, &err), CD_OK);
}

/* Expected degrees are the degrees, id by id. */
static void the_null_keeps_every_degree(void **state)
{
    uint32_t left[1200], right[1200], fitted = 0;
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr by_left, by_right;
        cd_bicm m = {0};
        if (number % 40 == 0) odd_large_relation(number, 200, 900, 6000, &by_left, &by_right);
        else odd_relation(number, &by_left, &by_right);
        fit(&by_left, &by_right, ODD_THREADS[number % THREADS], &m, left, right);
        if (m.error < 1e-8) { /* some small graphs are the only ones of their degrees: their fitness has no end */
            fitted++;
            for (cd_id u = 0; u < by_left.n_left; u++) {
                double sum = 0;
                for (cd_id c = 0; c < by_right.n_left; c++) sum += cd_bicm_tie(&m.left[left[u]], &m.right[right[c]]);
                assert_true(fabs(sum - cd_csr_degree(&by_left, u)) < 1e-6 * (1 + sum));
            }
            for (cd_id c = 0; c < by_right.n_left; c++) {
                double sum = 0;
                for (cd_id u = 0; u < by_left.n_left; u++) sum += cd_bicm_tie(&m.left[left[u]], &m.right[right[c]]);
                assert_true(fabs(sum - cd_csr_degree(&by_right, c)) < 1e-6 * (1 + sum));
            }
        }
        cd_bicm_release(&m);
        cd_csr_release(&by_left), cd_csr_release(&by_right);
    }
    assert_true(fitted > ODD_GRAPHS * 3 / 4);
}

/* ---- Validated pairs ---- */

/* A thin graph of few hubs, drawn tie by tie. */
static uint32_t draw_thin(cd_id n_left, cd_id n_right, double thick, cd_random *r, cd_id (*pairs)[2])
{
    uint32_t n = 0;
    for (cd_id u = 0; u < n_left; u++)
        for (cd_id c = 0; c < n_right; c++) {
            double xy = thick / ((u % 9 + 1) * (c % 25 + 1.0));
            if (cd_random_unit(r) < xy / (1 + xy)) pairs[n][0] = u, pairs[n++][1] = c;
        }
    return n;
}

static uint32_t shared_of(const cd_csr *by_left, cd_id u, cd_id v)
{
    uint32_t n = 0;
    for (cd_off e = by_left->off[u]; e < by_left->off[u + 1]; e++) n += cd_csr_has(by_left, v, by_left->adj[e]);
    return n;
}

static int by_p(const void *a, const void *b)
{
    const cd_validated_pair *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    if (x->left != y->left) return x->left < y->left ? -1 : 1;
    return (x->other > y->other) - (x->other < y->other);
}

/* What a null is asked to keep, an id and a tie at a time. */
typedef struct {
    const cd_csr *by_left, *by_right;
    const uint32_t *stratum;
    uint32_t n_strata;
    const cd_span *left_there, *right_there; /* or NULL */
    const bool *certain;                     /* or NULL */
    cd_bicm *models;
    uint32_t *left_class, *right_class; /* [stratum * n_left + u]; per right id */
} slow_null;

static bool slow_certain(const slow_null *s, cd_id u, cd_id c)
{
    for (cd_off e = s->by_left->off[u]; s->certain && e < s->by_left->off[u + 1]; e++)
        if (s->by_left->adj[e] == c) return s->certain[e];
    return false;
}

/* Degrees within each stratum without what is certain, and every cell that may be tied, counted. */
static void slow_fit(slow_null *s)
{
    cd_id n = s->by_left->n_left, m = s->by_right->n_left;
    cd_run run = odd_run(1);
    cd_err err = {0};
    s->models = calloc(s->n_strata, sizeof *s->models);
    s->left_class = calloc((size_t)s->n_strata * n + 1, sizeof *s->left_class);
    s->right_class = calloc(m + 1, sizeof *s->right_class);
    assert_true(s->models && s->left_class && s->right_class);
    for (uint32_t k = 0; k < s->n_strata; k++) {
        cd_id degree[1200] = {0}, right[1200] = {0}, list[1200], n_right = 0;
        uint32_t class_of[1200];
        cd_span there[1200];
        cd_bicm *model = &s->models[k];
        for (cd_id u = 0; u < n; u++)
            for (cd_off e = s->by_left->off[u]; e < s->by_left->off[u + 1]; e++)
                degree[u] += s->stratum[s->by_left->adj[e]] == k && !(s->certain && s->certain[e]);
        for (cd_id c = 0; c < m; c++) {
            if (s->stratum[c] != k || cd_csr_degree(s->by_right, c) == 0) continue;
            for (cd_id u = 0; u < n; u++)
                right[n_right] += cd_csr_has(s->by_left, u, c) && !slow_certain(s, u, c);
            if (s->right_there) there[n_right] = s->right_there[c];
            list[n_right++] = c;
        }
        assert_int_equal(cd_bicm_classes(degree, s->left_there, n, &model->left, &model->n_left,
                                         s->left_class + (size_t)k * n, &err), CD_OK);
        assert_int_equal(cd_bicm_classes(right, s->right_there ? there : NULL, n_right, &model->right, &model->n_right,
                                         class_of, &err), CD_OK);
        for (cd_id i = 0; i < n_right; i++) s->right_class[list[i]] = class_of[i];
        model->open = cd_alloc((size_t)model->n_left * model->n_right, sizeof *model->open, &err);
        for (cd_id u = 0; u < n; u++)
            for (cd_id i = 0; i < n_right; i++) {
                bool meet = !s->left_there || cd_spans_meet(s->left_there[u], there[i]);
                if (meet && !slow_certain(s, u, list[i]))
                    model->open[(size_t)s->left_class[(size_t)k * n + u] * model->n_right + class_of[i]]++;
            }
        assert_int_equal(cd_bicm_fit(model, &run, &err), CD_OK);
    }
}

static void slow_release(slow_null *s)
{
    for (uint32_t k = 0; k < s->n_strata; k++) cd_bicm_release(&s->models[k]);
    free(s->models), free(s->left_class), free(s->right_class);
}

/* A coin for each right id. */
static size_t slow_coins(const slow_null *s, cd_id u, cd_id v, cd_coins *coins)
{
    cd_id n = s->by_left->n_left;
    size_t m = 0;
    for (cd_id c = 0; c < s->by_right->n_left; c++) {
        if (cd_csr_degree(s->by_right, c) == 0) continue;
        uint32_t k = s->stratum[c];
        const cd_bicm *model = &s->models[k];
        const cd_bicm_class *a = &model->left[s->left_class[(size_t)k * n + u]], *right = &model->right[s->right_class[c]];
        const cd_bicm_class *b = &model->left[s->left_class[(size_t)k * n + v]];
        bool first = slow_certain(s, u, c), second = slow_certain(s, v, c);
        double p = first && second ? 1 : first ? cd_bicm_tie(b, right) : second ? cd_bicm_tie(a, right) :
                                                                         cd_bicm_both(a, b, right);
        coins[m++] = (cd_coins){.p = p, .n = 1};
    }
    return m;
}

/* The exact p of every pair, and the procedure by its definition. */
static uint64_t slow_validated(const slow_null *s, double level, cd_validated_pair *out)
{
    cd_id n = s->by_left->n_left;
    uint64_t pairs = 0, kept = 0;
    static cd_coins coins[2000];
    cd_err err = {0};
    for (cd_id u = 0; u < n; u++)
        for (cd_id v = u + 1; v < n; v++) {
            size_t m = slow_coins(s, u, v, coins);
            cd_validated_pair *p = &out[pairs++];
            *p = (cd_validated_pair){.left = u, .other = v, .shared = shared_of(s->by_left, u, v)};
            assert_int_equal(cd_tail(coins, m, &p->shared, 1, &p->p, &err), CD_OK);
            for (size_t i = 0; i < m; i++) p->expected += coins[i].p;
        }
    qsort(out, pairs, sizeof *out, by_p);
    for (uint64_t k = 1; k <= pairs; k++)
        if (out[k - 1].p <= level * (double)k / (double)pairs) kept = k;
    return kept;
}

/* Most are always there; some come late, and some go early. */
static void draw_spans(cd_id n_left, cd_span *left, cd_id n_right, cd_span *right, cd_random *r)
{
    for (cd_id i = 0; i < n_left + n_right; i++) {
        cd_span *span = i < n_left ? &left[i] : &right[i - n_left];
        *span = CD_ALWAYS;
        if (cd_random_below(r, 4) == 0) span->from = (int32_t)cd_random_below(r, 3);
        else if (cd_random_below(r, 4) == 0) span->until = (int32_t)cd_random_below(r, 3) + 1;
    }
}

static uint32_t drop_unmet(cd_id (*ties)[2], uint32_t n, const cd_span *left, const cd_span *right)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!cd_spans_meet(left[ties[i][0]], right[ties[i][1]])) continue;
        ties[kept][0] = ties[i][0], ties[kept++][1] = ties[i][1];
    }
    return kept;
}

static void validated_pairs_are_those_of_testing_all(void **state)
{
    enum { LEFT = 70, RIGHT = 400 };
    uint64_t found = 0;
    (void)state;
    for (uint32_t number = 0; number < 16; number++) {
        cd_csr by_left, by_right;
        uint32_t stratum[RIGHT], n_strata = number % 3 == 0 ? 1 : 1 + number % 7;
        cd_span left_there[LEFT], right_there[RIGHT];
        bool spans = number >= 8 && number % 2, certain = number >= 8 && number % 4 < 3;
        cd_validated_pair *slow = calloc(LEFT * LEFT, sizeof *slow), *out;
        cd_validated_report report;
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        cd_err err = {0};
        uint64_t n;
        assert_non_null(slow);
        static cd_id ties[LEFT * RIGHT + 20 * RIGHT][2];
        cd_random r = cd_random_of(number, 0x7a1, 0);
        uint32_t n_ties = draw_thin(LEFT, RIGHT, 0.5 + number % 5, &r, ties);
        /* Some go where another goes, often or seldom. */
        for (cd_id u = 4; u + 1 < LEFT; u += 9)
            for (cd_id c = 0; c < RIGHT; c++) {
                if (c % 25 < 12 + u / 9) continue;
                ties[n_ties][0] = u, ties[n_ties++][1] = c;
                ties[n_ties][0] = u + 1, ties[n_ties++][1] = c;
            }
        draw_spans(LEFT, left_there, RIGHT, right_there, &r);
        if (spans) n_ties = drop_unmet(ties, n_ties, left_there, right_there);
        by_left = odd_csr(LEFT, RIGHT, (const cd_id(*)[2])ties, n_ties);
        assert_int_equal(cd_csr_transpose(&by_left, 1, &by_right, NULL, &err), CD_OK);
        for (cd_id c = 0; c < RIGHT; c++) stratum[c] = c % 11 % n_strata;
        bool *bound = calloc(cd_csr_edges(&by_left) + 1, sizeof *bound);
        assert_non_null(bound);
        for (cd_off e = 0; e < cd_csr_edges(&by_left); e++) bound[e] = cd_random_below(&r, 4) == 0;
        cd_validated_options o = {.stratum = number % 3 == 0 ? NULL : stratum, .n_strata = n_strata,
                                  .level = number % 2 ? 0.05 : 0.3, .certain = certain ? bound : NULL,
                                  .left_there = spans ? left_there : NULL, .right_there = spans ? right_there : NULL};
        if (number % 3 == 0) memset(stratum, 0, sizeof stratum);
        cd_shared s = {&by_left, &by_right, 0};
        slow_null null = {&by_left, &by_right, stratum, n_strata, o.left_there, o.right_there, o.certain, NULL, NULL, NULL};
        slow_fit(&null);
        uint64_t kept = slow_validated(&null, o.level, slow);
        assert_int_equal(cd_validated(&s, &o, &run, &out, &n, &report, &err), CD_OK);
        assert_int_equal(n, kept);
        assert_int_equal(report.tested, LEFT * (LEFT - 1) / 2);
        for (uint64_t i = 0; i < n; i++) {
            assert_true(fabs(out[i].p - slow[i].p) <= 1e-6 * slow[i].p);
            assert_true(fabs(out[i].expected - slow[i].expected) <= 1e-6 * slow[i].expected);
            assert_true(i == 0 || by_p(&out[i - 1], &out[i]) < 0);
        }
        found += n;
        cd_free(out), free(slow), free(bound);
        slow_release(&null);
        cd_csr_release(&by_left), cd_csr_release(&by_right);
    }
    assert_true(found > 500);
}

enum { DRAWN_LEFT = 150, DRAWN_RIGHT = 300000, DRAWN_TIES = 120000, DRAWN_STRATA = 2, MOST_SHARED = 16, DECADES = 6 };

/* A graph that swaps draw again and again: ties[0 .. n_free) are moved, the others are certain. */
typedef struct {
    cd_id ties[DRAWN_TIES][2];
    uint32_t n_free, n;
    uint64_t tied[DRAWN_LEFT][DRAWN_RIGHT / 64 + 1];
    uint32_t stratum[DRAWN_RIGHT];
    cd_span left_there[DRAWN_LEFT], right_there[DRAWN_RIGHT];
    cd_id begin[DRAWN_RIGHT + 1], has[DRAWN_TIES]; /* scratch: the left ids of each right id */
    uint32_t shared[DRAWN_LEFT][DRAWN_LEFT];
    double tail[DRAWN_LEFT][DRAWN_LEFT][MOST_SHARED];
} drawing;

static bool is_tied(const drawing *d, cd_id u, cd_id c) { return d->tied[u][c / 64] >> c % 64 & 1; }
static void turn_tie(drawing *d, cd_id u, cd_id c) { d->tied[u][c / 64] ^= (uint64_t)1 << c % 64; }

/* Swaps the right ends of two ties of a stratum, where that ties nobody twice and nobody to whom they never met: keeps
 * every degree exactly, and leaves alone what is certain. */
static void swap_often(drawing *d, uint64_t swaps, cd_random *r)
{
    for (uint64_t i = 0; i < swaps; i++) {
        cd_id *a = d->ties[cd_random_below(r, d->n_free)], *b = d->ties[cd_random_below(r, d->n_free)];
        if (a[0] == b[0] || a[1] == b[1] || d->stratum[a[1]] != d->stratum[b[1]]) continue;
        if (is_tied(d, a[0], b[1]) || is_tied(d, b[0], a[1])) continue;
        if (!cd_spans_meet(d->left_there[a[0]], d->right_there[b[1]])) continue;
        if (!cd_spans_meet(d->left_there[b[0]], d->right_there[a[1]])) continue;
        turn_tie(d, a[0], a[1]), turn_tie(d, b[0], b[1]), turn_tie(d, a[0], b[1]), turn_tie(d, b[0], a[1]);
        cd_id right = a[1];
        a[1] = b[1], b[1] = right;
    }
}

static void count_shared(drawing *d)
{
    memset(d->begin, 0, sizeof d->begin);
    memset(d->shared, 0, sizeof d->shared);
    for (uint32_t i = 0; i < d->n; i++) d->begin[d->ties[i][1] + 1]++;
    for (cd_id c = 0; c < DRAWN_RIGHT; c++) d->begin[c + 1] += d->begin[c];
    for (uint32_t i = 0; i < d->n; i++) d->has[d->begin[d->ties[i][1]]++] = d->ties[i][0];
    for (cd_id c = 0, lo = 0; c < DRAWN_RIGHT; lo = d->begin[c], c++)
        for (cd_id i = lo; i < d->begin[c]; i++)
            for (cd_id k = lo; k < d->begin[c]; k++)
                if (d->has[i] < d->has[k]) d->shared[d->has[i]][d->has[k]]++;
}

static cd_csr draw_graph(drawing *d, bool **certain, cd_random *r)
{
    draw_spans(DRAWN_LEFT, d->left_there, DRAWN_RIGHT, d->right_there, r);
    for (cd_id u = 0; u < DRAWN_LEFT; u++)
        for (uint64_t i = 0, degree = 300 + cd_random_below(r, 500); i < degree; i++) {
            double x = cd_random_unit(r); /* some are tied to many */
            d->ties[d->n][0] = u, d->ties[d->n++][1] = (cd_id)(x * x * DRAWN_RIGHT);
        }
    d->n = drop_unmet(d->ties, d->n, d->left_there, d->right_there);
    cd_csr g = odd_csr(DRAWN_LEFT, DRAWN_RIGHT, (const cd_id(*)[2])d->ties, d->n);
    *certain = calloc(cd_csr_edges(&g) + 1, sizeof **certain);
    assert_non_null(*certain);
    for (cd_off e = 0; e < cd_csr_edges(&g); e++) (*certain)[e] = cd_random_below(r, 8) == 0;
    d->n = 0;
    for (uint32_t bound = 0; bound < 2; bound++, d->n_free = d->n_free ? d->n_free : d->n)
        for (cd_id u = 0; u < DRAWN_LEFT; u++)
            for (cd_off e = g.off[u]; e < g.off[u + 1]; e++) {
                if ((*certain)[e] != bound) continue;
                turn_tie(d, u, g.adj[e]);
                d->ties[d->n][0] = u, d->ties[d->n++][1] = g.adj[e];
            }
    for (cd_id c = 0; c < DRAWN_RIGHT; c++) d->stratum[c] = c % 7 % DRAWN_STRATA;
    return g;
}

/* The tail of each count of each pair: of the coins that validated pairs are tested with. */
static void find_tails(drawing *d, const cd_csr *by_left, const bool *certain)
{
    cd_csr by_right;
    cd_null null;
    cd_null_coins coins = {.base = (size_t[DRAWN_STRATA]){SIZE_MAX, SIZE_MAX}};
    uint32_t seen[MOST_SHARED];
    cd_run run = odd_run(2);
    cd_err err = {0};
    assert_int_equal(cd_csr_transpose(by_left, 1, &by_right, NULL, &err), CD_OK);
    cd_shared s = {by_left, &by_right, 0};
    cd_validated_options o = {.stratum = d->stratum, .n_strata = DRAWN_STRATA, .left_there = d->left_there,
                              .right_there = d->right_there, .certain = certain};
    assert_int_equal(cd_null_make(&s, &o, &run, &null, &err), CD_OK);
    for (uint32_t i = 0; i < MOST_SHARED; i++) seen[i] = i;
    for (cd_id u = 0; u < DRAWN_LEFT; u++)
        for (cd_id v = u + 1; v < DRAWN_LEFT; v++) {
            assert_int_equal(cd_null_toss(&null, u, v, &coins, &err), CD_OK);
            assert_int_equal(cd_tail(coins.coins, coins.n, seen, MOST_SHARED, d->tail[u][v], &err), CD_OK);
        }
    cd_free(coins.coins);
    cd_null_release(&null);
    cd_csr_release(&by_right);
}

static uint32_t decade_of(double p)
{
    uint32_t decade = 0;
    while (decade < DECADES && p < 0.1) p *= 10, decade++;
    return decade;
}

/* Graphs drawn by swaps within strata, that leave alone what is certain and tie nobody who never met, show counts as
 * rare as the tails say: all pairs together, for tails down to one in a million, each decade of them by itself. The null
 * keeps degrees on average and the swaps keep them exactly, which makes large counts a little rarer there: the tails are
 * on the safe side, and on so thin a graph by little. */
static void tails_are_those_of_graphs_drawn_by_swaps(void **state)
{
    enum { DRAWS = 700 };
    double expected[DECADES + 1] = {0}, seen[DECADES + 1] = {0};
    drawing *d = calloc(1, sizeof *d);
    bool *certain;
    cd_random r = cd_random_of(11, 0x5a, 0);
    (void)state;
    assert_non_null(d);
    cd_csr by_left = draw_graph(d, &certain, &r);
    find_tails(d, &by_left, certain);
    swap_often(d, 20ull * d->n_free, &r);
    for (uint32_t draw = 0; draw < DRAWS; draw++) {
        swap_often(d, d->n_free, &r);
        count_shared(d);
        for (cd_id u = 0; u < DRAWN_LEFT; u++)
            for (cd_id v = u + 1; v < DRAWN_LEFT; v++)
                for (uint32_t k = 1; k <= d->shared[u][v] && k < MOST_SHARED; k++)
                    seen[decade_of(d->tail[u][v][k])]++;
    }
    for (cd_id u = 0; u < DRAWN_LEFT; u++)
        for (cd_id v = u + 1; v < DRAWN_LEFT; v++)
            for (uint32_t k = 1; k < MOST_SHARED; k++)
                expected[decade_of(d->tail[u][v][k])] += d->tail[u][v][k] * DRAWS;
    for (uint32_t i = 0; i < DECADES; i++) {
        double spread = 4 * sqrt(expected[i]);
        assert_true(expected[i] > 30); /* enough to tell */
        if (seen[i] > 1.01 * expected[i] + spread || seen[i] < 0.8 * expected[i] - spread)
            fail_msg("tails from 1e-%u: %.0f expected, %.0f seen", i + 1, expected[i], seen[i]);
    }
    cd_csr_release(&by_left);
    free(certain), free(d);
}

/* Graphs drawn from the null itself: lists that are not empty are as rare as the level says; and a planted pair is found. */
static void nothing_is_found_where_nothing_is(void **state)
{
    enum { LEFT = 80, RIGHT = 500, FORCES = 60 };
    uint32_t forces_with_any = 0, planted_found = 0;
    (void)state;
    for (uint32_t number = 0; number < FORCES; number++) {
        static cd_id pairs[LEFT * RIGHT + 2 * RIGHT][2];
        cd_random r = cd_random_of(number, 0xba11, 0);
        cd_csr by_left, by_right;
        cd_validated_options o = {.level = 0.1};
        cd_validated_pair *out;
        cd_validated_report report;
        cd_run run = odd_run(2);
        cd_err err = {0};
        uint64_t n_out;
        for (uint32_t plant = 0; plant < 2; plant++) {
            uint32_t n = draw_thin(LEFT, RIGHT, 4, &r, pairs);
            for (cd_id c = 0; plant && c < RIGHT; c++) { /* 70 and 71 do as one where few go */
                if (c % 25 <= 15) continue;
                pairs[n][0] = 70, pairs[n++][1] = c;
                pairs[n][0] = 71, pairs[n++][1] = c;
            }
            by_left = odd_csr(LEFT, RIGHT, (const cd_id(*)[2])pairs, n);
            assert_int_equal(cd_csr_transpose(&by_left, 1, &by_right, NULL, &err), CD_OK);
            cd_shared s = {&by_left, &by_right, 0};
            assert_int_equal(cd_validated(&s, &o, &run, &out, &n_out, &report, &err), CD_OK);
            if (!plant) forces_with_any += n_out > 0;
            for (uint64_t i = 0; plant && i < n_out; i++) planted_found += out[i].left == 70 && out[i].other == 71;
            cd_free(out);
            cd_csr_release(&by_left), cd_csr_release(&by_right);
        }
    }
    /* Where nothing is to be found any find is false: the rate is at most 0.1, plus three times its spread over these. */
    assert_true(forces_with_any <= FORCES * (0.1 + 3 * sqrt(0.09 / FORCES)));
    assert_true(planted_found > FORCES * 9 / 10);
}

static void wrong_levels_and_small_budgets_are_told(void **state)
{
    cd_csr by_left, by_right;
    cd_validated_options o = {.level = 1};
    cd_validated_pair *out;
    cd_validated_report report;
    cd_run run = odd_run(1);
    cd_err err = {0};
    uint64_t n;
    (void)state;
    odd_relation(20, &by_left, &by_right);
    cd_shared s = {&by_left, &by_right, 0};
    assert_int_equal(cd_validated(&s, &o, &run, &out, &n, &report, &err), CD_EUSAGE);
    cd_err_clear(&err);
    o.level = 0.05, run.memory_bytes = 10;
    assert_int_equal(cd_validated(&s, &o, &run, &out, &n, &report, &err), CD_EMEMORY);
    cd_csr_release(&by_left), cd_csr_release(&by_right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_are_those_of_one_coin_at_a_time),
        cmocka_unit_test(small_tails_keep_their_digits),
        cmocka_unit_test(what_is_lost_is_nothing),
        cmocka_unit_test(least_counts_are_those_of_the_floor),
        cmocka_unit_test(the_null_keeps_every_degree),
        cmocka_unit_test(validated_pairs_are_those_of_testing_all),
        cmocka_unit_test(tails_are_those_of_graphs_drawn_by_swaps),
        cmocka_unit_test(nothing_is_found_where_nothing_is),
        cmocka_unit_test(wrong_levels_and_small_budgets_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
