/* SPDX-License-Identifier: GPL-3.0-or-later
 * ledger.c: a score is the sum of its lines, a finding taken away takes what its line says; tiers against e-BH as it is
 * written. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/finding.h"
#include "engine/rank/ledger.h"
#include "engine/rank/tiers.h"

enum { ROUNDS = 3000, MOST = 12 };

static void lines_sum_to_the_score(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        cd_random r = cd_random_of(round, 1, 1);
        size_t n = (size_t)cd_random_below(&r, MOST);
        cd_told told[MOST], less[MOST];
        int64_t adds[MOST], alike, sum = cd_ledger_family(NULL, 0, 0);
        for (size_t i = 0; i < n; i++)
            told[i] = (cd_told){(int32_t)cd_random_below(&r, 40000) - 2000, 1.0 / (double)(1 + cd_random_below(&r, 6))};
        cd_ledger_lines(told, n, adds, &alike);
        for (size_t i = 0; i < n; i++) {
            size_t m = 0;
            for (size_t k = 0; k < n; k++)
                if (k != i) less[m++] = told[k];
            assert_int_equal(cd_ledger_family(told, n, n) - cd_ledger_family(less, m, m), adds[i]);
            assert_true(adds[i] >= 0);
            sum += adds[i];
        }
        assert_int_equal(sum + alike, cd_ledger_family(told, n, n));
        if (n <= 1) assert_int_equal(alike, 0);
    }
    assert_int_equal(cd_ledger_family(NULL, 0, 0), -301);
}

/* A finding's e-value of mean at most 1 makes a family's of mean at most 1. */
static void a_family_is_an_e_value(void **state)
{
    (void)state;
    for (int32_t gain = -3000; gain < 8000; gain += 500) {
        cd_told one = {gain, 1};
        double factor = pow(10, (double)cd_ledger_family(&one, 1, 1) / CD_CENTIBANS),
               of_it = pow(10, (double)gain / CD_CENTIBANS);
        assert_true(factor <= (0.5 + 0.5 * of_it) * 1.0012); /* half a centiban of rounding */
    }
}

/* e-BH to the letter: the largest k for which the k-th largest e is at least n / (level k). */
static uint32_t slow_bh(const int64_t *e, uint32_t n, double level)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k <= n; k++) {
        uint32_t enough = 0;
        for (uint32_t i = 0; i < n; i++) enough += pow(10, (double)e[i] / CD_CENTIBANS) * level * k >= n;
        if (enough >= k) best = k;
    }
    return best;
}

static void tiers_are_e_bh(void **state)
{
    enum { PEOPLE = 60 };
    cd_err err = {0};
    (void)state;
    for (uint64_t round = 0; round < 400; round++) {
        cd_random r = cd_random_of(round, 2, 1);
        uint32_t n = (uint32_t)cd_random_below(&r, PEOPLE), counts[CD_TIERS] = {0};
        int64_t e[PEOPLE];
        uint8_t tier[PEOPLE];
        for (uint32_t i = 0; i < n; i++) e[i] = cd_random_below(&r, 4) ? -300 : (int64_t)cd_random_below(&r, 6) * 900;
        cd_tier_rules rules = {.level = {0, 0.5, 0.2, 0.05}, .queue = {0, 1000, 1000, 1000}};
        assert_int_equal(cd_tiers_decide(e, n, &rules, tier, &err), CD_OK);
        for (uint32_t i = 0; i < n; i++) counts[tier[i]]++;
        uint32_t urgent = slow_bh(e, n, 0.05), assess = slow_bh(e, n, 0.2), prevent = slow_bh(e, n, 0.5);
        assert_int_equal(counts[CD_TIER_URGENT], urgent);
        assert_int_equal(counts[CD_TIER_ASSESS], assess - urgent);
        assert_int_equal(counts[CD_TIER_PREVENT], prevent - assess);
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t k = 0; k < n; k++)
                if (e[i] > e[k]) assert_true(tier[i] >= tier[k]);
        /* A queue that holds two. */
        rules.queue[CD_TIER_URGENT] = 2;
        assert_int_equal(cd_tiers_decide(e, n, &rules, tier, &err), CD_OK);
        uint32_t now = 0;
        for (uint32_t i = 0; i < n; i++) now += tier[i] == CD_TIER_URGENT;
        assert_int_equal(now, urgent < 2 ? urgent : 2);
    }
}

/* The bound by each first part of a list, one after the other; by hand where that is easy. */
static void the_clean_are_bounded(void **state)
{
    enum { PEOPLE = 40 };
    static const int64_t strong[] = {3000, 3000}, mixed[] = {5000, 4000, -300, -300, -300}, none[] = {-300, -300};
    (void)state;
    assert_true(cd_tiers_clean(strong, 2, 1000) == 1);
    assert_true(cd_tiers_clean(strong, 0, 1000) == 0);
    assert_true(cd_tiers_clean(strong, 2, 100) == 0.1); /* of a tenth as many, a tenth */
    assert_true(cd_tiers_clean(mixed, 5, 1000) == 3.1); /* 1000 / 10^4 of the first two, and the other three */
    assert_true(cd_tiers_clean(mixed, 1, 1000) == 0.01);
    assert_true(cd_tiers_clean(none, 2, 1000) == 2);
    for (uint64_t round = 0; round < 300; round++) {
        cd_random r = cd_random_of(round, 4, 1);
        uint32_t k = (uint32_t)cd_random_below(&r, PEOPLE), n = k + (uint32_t)cd_random_below(&r, 500);
        int64_t e[PEOPLE];
        double least = k;
        for (uint32_t i = 0; i < k; i++) e[i] = (i ? e[i - 1] : 4000) - (int64_t)cd_random_below(&r, 400);
        for (uint32_t j = 1; j <= k; j++) least = fmin(least, n * pow(10, -(double)e[j - 1] / CD_CENTIBANS) + k - j);
        double got = cd_tiers_clean(e, k, n);
        assert_true(got >= least - 1e-6 && got <= least + 0.0011 && got <= k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_sum_to_the_score),
        cmocka_unit_test(a_family_is_an_e_value),
        cmocka_unit_test(tiers_are_e_bh),
        cmocka_unit_test(the_clean_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
