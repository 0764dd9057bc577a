/* SPDX-License-Identifier: GPL-3.0-or-later
 * chance.c: tails of counts against sums of their terms one by one, and what becomes of them as evidence. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/chance.h"
#include "engine/detect/evidence.h"
#include "engine/detect/finding.h"

/* The chance of exactly k, from the chance of k - 1. */
static long double slow_tail(uint64_t seen, long double mean, long double shape)
{
    long double q = shape > 0 ? mean / (mean + shape) : 0, above = 0;
    long double term = shape > 0 ? powl(1 - q, shape) : expl(-mean);
    for (uint64_t k = 0; k < 60000; k++) {
        if (k >= seen) above += term;
        term *= shape > 0 ? (k + shape) / (k + 1) * q : mean / (k + 1);
    }
    return above;
}

static void tails_are_sums_of_terms(void **state)
{
    static const double means[] = {1e-6, 0.003, 0.4, 1, 3.7, 20, 111}, shapes[] = {0, 0.2, 1, 3, 40, 1e6};
    (void)state;
    for (size_t m = 0; m < sizeof means / sizeof *means; m++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
            for (uint64_t seen = 0; seen < 60; seen += seen < 10 ? 1 : 7) {
                double want = (double)log10l(slow_tail(seen, means[m], shapes[s]));
                double got =
                    shapes[s] > 0 ? cd_chance_spread(seen, means[m], shapes[s]) : cd_chance_poisson(seen, means[m]);
                if (fabs(got - want) > 1e-9 + 1e-9 * fabs(want))
                    fail_msg("%d of mean %g, shape %g: %.15g, not %.15g", (int)seen, means[m], shapes[s], got, want);
            }
}

/* The number of successes, try by try. */
static void tries_are_tries(void **state)
{
    enum { MOST = 60 };
    static const double chances[] = {1e-4, 0.02, 0.3, 0.8, 0.97};
    (void)state;
    for (size_t c = 0; c < sizeof chances / sizeof *chances; c++) {
        long double of[MOST + 1] = {1}; /* how likely each number is, after n tries */
        for (uint32_t n = 1; n <= MOST; n++) {
            for (uint32_t k = n; k > 0; k--) of[k] = of[k] * (1 - (long double)chances[c]) + of[k - 1] * chances[c];
            of[0] *= 1 - (long double)chances[c];
            long double above = 0;
            for (uint32_t k = n; k > 0; k--) {
                above += of[k];
                double want = (double)log10l(above), got = cd_chance_tries(k, n, chances[c]);
                if (fabs(got - want) > 1e-8 + 1e-8 * fabs(want))
                    fail_msg("%u of %u at %g: %.15g, not %.15g", k, n, chances[c], got, want);
            }
        }
    }
    assert_true(cd_chance_tries(0, 9, 0.5) == 0 && cd_chance_tries(9, 9, 1) == 0);
    assert_true(isinf(cd_chance_tries(1, 9, 0)));
}

static void edges_of_chances(void **state)
{
    (void)state;
    assert_true(cd_chance_poisson(0, 0) == 0);
    assert_true(isinf(cd_chance_poisson(1, 0)));
    assert_true(cd_chance_poisson(5000, 0.001) < -10000); /* far beyond what a double could hold */
    assert_true(isfinite(cd_chance_poisson(5000, 0.001)));
    for (uint64_t k = 1; k < 200; k++) assert_true(cd_chance_spread(k, 5, 2) < cd_chance_spread(k - 1, 5, 2));
    for (double mean = 0.1; mean < 50; mean *= 1.5)
        assert_true(cd_chance_poisson(7, mean) < cd_chance_poisson(7, mean * 1.5));
}

/* Over uniform chances the mean factor is at most 1, whatever the power. */
static void evidence_is_honest(void **state)
{
    enum { N = 200000 };
    (void)state;
    for (double temper = 0.25; temper <= 1; temper += 0.25) {
        double sum = 0;
        for (int i = 0; i < N; i++) sum += cd_evidence_times(log10((i + 0.5) / N), temper);
        if (sum / N > 1) fail_msg("a mean of %g at %g", sum / N, temper);
    }
    assert_int_equal(cd_evidence_centibans(1), 0);
    assert_int_equal(cd_evidence_centibans(10), CD_CENTIBANS);
    assert_int_equal(cd_evidence_centibans(0.5), -302); /* down, never up */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_are_sums_of_terms),
        cmocka_unit_test(tries_are_tries),
        cmocka_unit_test(edges_of_chances),
        cmocka_unit_test(evidence_is_honest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
