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
#include "engine/graph/validated.h"
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
        for (uint64_t seen = 0; seen < 60; seen += 1 + seen / 7) {
            double expected = slow_tail(coins, n, seen);
            assert_int_equal(cd_tail(coins, n, seen, &out, &err), CD_OK);
            if (expected > 1e-290 && fabs(out - expected) > 1e-11 * expected) {
                print_message("number %u seen %lu: %.17g not %.17g, %g apart\n", number, seen, out, expected,
                              out / expected - 1);
                for (size_t i = 0; i < n; i++) print_message("  %g x %lu\n", coins[i].p, coins[i].n);
                fail();
            }
            if (expected > 1e-290 && most > 0) assert_true(cd_tail_floor(mean, most, seen) <= expected * (1 + 1e-9));
        }
    }
    assert_int_equal(cd_tail(&(cd_coins){.p = 1.5, .n = 1}, 1, 1, &(double){0}, &err), CD_EUSAGE);
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
    assert_int_equal(cd_tail(coins, 1, 30, &out, &err), CD_OK);
    assert_true(out > 0 && out < 1e-30);
    assert_true(fabs(out - expected) < 1e-8 * expected);
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
    assert_int_equal(cd_bicm_classes(degree, by_left->n_left, &m->left, &m->n_left, left, &err), CD_OK);
    degrees_of(by_right, degree);
    assert_int_equal(cd_bicm_classes(degree, by_right->n_left, &m->right, &m->n_right, right, &err), CD_OK);
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

/* Degrees within each stratum, a fit of each, the exact p of every pair, and the procedure by its definition. */
static uint64_t slow_validated(const cd_csr *by_left, const cd_csr *by_right, const uint32_t *stratum, uint32_t n_strata,
                               double level, cd_validated_pair *out)
{
    cd_id n = by_left->n_left;
    uint64_t pairs = 0, kept = 0;
    static cd_coins coins[40000];
    cd_bicm *models = calloc(n_strata, sizeof *models);
    uint32_t *class_of = calloc((size_t)n_strata * n + 1, sizeof *class_of);
    cd_run run = odd_run(1);
    cd_err err = {0};
    assert_true(models && class_of);
    for (uint32_t k = 0; k < n_strata; k++) {
        cd_id degree[1200] = {0}, right[1200], n_right = 0;
        for (cd_id u = 0; u < n; u++)
            for (cd_off e = by_left->off[u]; e < by_left->off[u + 1]; e++) degree[u] += stratum[by_left->adj[e]] == k;
        for (cd_id c = 0; c < by_right->n_left; c++)
            if (stratum[c] == k && cd_csr_degree(by_right, c)) right[n_right++] = cd_csr_degree(by_right, c);
        assert_int_equal(cd_bicm_classes(degree, n, &models[k].left, &models[k].n_left, class_of + k * n, &err), CD_OK);
        assert_int_equal(cd_bicm_classes(right, n_right, &models[k].right, &models[k].n_right, NULL, &err), CD_OK);
        assert_int_equal(cd_bicm_fit(&models[k], &run, &err), CD_OK);
    }
    for (cd_id u = 0; u < n; u++)
        for (cd_id v = u + 1; v < n; v++) {
            size_t m = 0;
            for (uint32_t k = 0; k < n_strata; k++)
                for (uint32_t c = 0; c < models[k].n_right; c++)
                    coins[m++] = (cd_coins){.p = cd_bicm_both(&models[k].left[class_of[k * n + u]],
                                                              &models[k].left[class_of[k * n + v]], &models[k].right[c]),
                                            .n = models[k].right[c].n};
            cd_validated_pair *p = &out[pairs++];
            *p = (cd_validated_pair){.left = u, .other = v, .shared = shared_of(by_left, u, v)};
            assert_int_equal(cd_tail(coins, m, p->shared, &p->p, &err), CD_OK);
        }
    qsort(out, pairs, sizeof *out, by_p);
    for (uint64_t k = 1; k <= pairs; k++)
        if (out[k - 1].p <= level * (double)k / (double)pairs) kept = k;
    for (uint32_t k = 0; k < n_strata; k++) cd_bicm_release(&models[k]);
    free(models), free(class_of);
    return kept;
}

static void validated_pairs_are_those_of_testing_all(void **state)
{
    enum { LEFT = 70, RIGHT = 400 };
    uint64_t found = 0;
    (void)state;
    for (uint32_t number = 0; number < 8; number++) {
        cd_csr by_left, by_right;
        uint32_t stratum[RIGHT], n_strata = number % 3 == 0 ? 1 : 1 + number % 7;
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
        by_left = odd_csr(LEFT, RIGHT, (const cd_id(*)[2])ties, n_ties);
        assert_int_equal(cd_csr_transpose(&by_left, 1, &by_right, NULL, &err), CD_OK);
        for (cd_id c = 0; c < RIGHT; c++) stratum[c] = c % 11 % n_strata;
        cd_validated_options o = {.stratum = number % 3 == 0 ? NULL : stratum, .n_strata = n_strata,
                                  .level = number % 2 ? 0.05 : 0.3};
        if (number % 3 == 0) memset(stratum, 0, sizeof stratum);
        cd_shared s = {&by_left, &by_right, 0};
        uint64_t kept = slow_validated(&by_left, &by_right, stratum, n_strata, o.level, slow);
        assert_int_equal(cd_validated(&s, &o, &run, &out, &n, &report, &err), CD_OK);
        assert_int_equal(n, kept);
        assert_int_equal(report.tested, LEFT * (LEFT - 1) / 2);
        for (uint64_t i = 0; i < n; i++) {
            assert_true(fabs(out[i].p - slow[i].p) <= 1e-6 * slow[i].p);
            assert_true(i == 0 || by_p(&out[i - 1], &out[i]) < 0);
        }
        found += n;
        cd_free(out), free(slow);
        cd_csr_release(&by_left), cd_csr_release(&by_right);
    }
    assert_true(found > 500);
}

/* Swaps the right ends of two ties, where that makes no tie twice: keeps every degree exactly. */
static void swap_often(cd_id (*ties)[2], uint32_t n, bool *tied, cd_id n_right, uint64_t swaps, cd_random *r)
{
    for (uint64_t i = 0; i < swaps; i++) {
        cd_id *a = ties[cd_random_below(r, n)], *b = ties[cd_random_below(r, n)];
        bool *ad = &tied[a[0] * n_right + b[1]], *bd = &tied[b[0] * n_right + a[1]];
        if (a[0] == b[0] || a[1] == b[1] || *ad || *bd) continue;
        tied[a[0] * n_right + a[1]] = tied[b[0] * n_right + b[1]] = false;
        *ad = *bd = true;
        cd_id right = a[1];
        a[1] = b[1], b[1] = right;
    }
}

/* The null keeps degrees on average and the swaps keep them exactly, which makes counts a little less spread: on a thin
 * graph by so little that the draws cannot tell. */
static void tails_are_those_of_graphs_drawn_by_swaps(void **state)
{
    enum { LEFT = 150, RIGHT = 2000, DRAWS = 2000, PAIRS = 20, MOST = 40 };
    cd_csr by_left, by_right;
    cd_bicm m = {0};
    static uint32_t left[LEFT], right[RIGHT];
    uint32_t above[PAIRS][MOST] = {{0}}, checked = 0;
    static cd_id ties[LEFT * RIGHT][2];
    static bool tied[LEFT * RIGHT];
    cd_random r = cd_random_of(11, 0x5a, 0);
    cd_err err = {0};
    (void)state;
    uint32_t n_ties = draw_thin(LEFT, RIGHT, 0.3, &r, ties);
    by_left = odd_csr(LEFT, RIGHT, (const cd_id(*)[2])ties, n_ties);
    assert_int_equal(cd_csr_transpose(&by_left, 1, &by_right, NULL, &err), CD_OK);
    fit(&by_left, &by_right, 1, &m, left, right);
    for (uint32_t i = 0; i < n_ties; i++) tied[ties[i][0] * RIGHT + ties[i][1]] = true;
    swap_often(ties, n_ties, tied, RIGHT, 10ull * n_ties, &r);
    for (uint32_t draw = 0; draw < DRAWS; draw++) {
        swap_often(ties, n_ties, tied, RIGHT, n_ties, &r);
        for (uint32_t k = 0; k < PAIRS; k++) {
            uint32_t shared = 0;
            for (cd_id c = 0; c < RIGHT; c++) shared += tied[(k * 7) * RIGHT + c] && tied[(k * 7 + 3) * RIGHT + c];
            for (uint32_t i = 0; i <= shared && i < MOST; i++) above[k][i]++;
        }
    }
    for (uint32_t k = 0; k < PAIRS; k++)
        for (uint32_t seen = 1; seen < MOST; seen++) {
            static cd_coins coins[RIGHT];
            double p, share = (double)above[k][seen] / DRAWS;
            for (uint32_t c = 0; c < m.n_right; c++)
                coins[c] = (cd_coins){.p = cd_bicm_both(&m.left[left[k * 7]], &m.left[left[k * 7 + 3]], &m.right[c]),
                                      .n = m.right[c].n};
            assert_int_equal(cd_tail(coins, m.n_right, seen, &p, &err), CD_OK);
            /* Half a per cent for degrees that are exact there, and five times the spread of the draws. */
            if (fabs(share - p) > 0.005 + 5 * sqrt(p * (1 - p) / DRAWS))
                fail_msg("pair %u, %u or more: %g of the draws, not %g", k, seen, share, p);
            checked += p > 0.01 && p < 0.99;
        }
    assert_true(checked > 2 * PAIRS);
    cd_bicm_release(&m);
    cd_csr_release(&by_left), cd_csr_release(&by_right);
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
        cmocka_unit_test(the_null_keeps_every_degree),
        cmocka_unit_test(validated_pairs_are_those_of_testing_all),
        cmocka_unit_test(tails_are_those_of_graphs_drawn_by_swaps),
        cmocka_unit_test(nothing_is_found_where_nothing_is),
        cmocka_unit_test(wrong_levels_and_small_budgets_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
