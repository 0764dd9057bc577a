/* SPDX-License-Identifier: GPL-3.0-or-later
 * random.c: the numbers are the same for ever, streams do not resemble each other, and what should be uniform is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/random.h"

/* Synthetic forces and sweeps are repeatable across versions only while these numbers stand. */
static void numbers_stand(void **state)
{
    (void)state;
    static const uint64_t expected[] = {0x636585c8e7a80d00u, 0x2395e499e4944aeeu, 0xd35784dc4b4aeacau, 0x81903355ae30bd8eu};
    cd_random r = cd_random_of(1, 2, 3);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) assert_int_equal(cd_random_u64(&r), expected[i]);
}

static void a_copy_goes_the_same_way(void **state)
{
    (void)state;
    cd_random a = cd_random_of(7, 0, 9), b = a;
    for (int i = 0; i < 100; i++) assert_int_equal(cd_random_u64(&a), cd_random_u64(&b));
}

/* Bits of neighbouring streams (seed, purpose or id one apart) agree half of the time. */
static void neighbours_are_strangers(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        uint64_t agree = 0;
        for (uint64_t i = 0; i < 20000; i++) {
            cd_random a = cd_random_of(5, 6, i);
            cd_random b = which == 0 ? cd_random_of(6, 6, i) : which == 1 ? cd_random_of(5, 7, i) : cd_random_of(5, 6, i + 1);
            agree += (uint64_t)__builtin_popcountll(~(cd_random_u64(&a) ^ cd_random_u64(&b)));
        }
        double share = (double)agree / (20000.0 * 64); /* standard deviation 0.00044 */
        assert_true(fabs(share - 0.5) < 0.0025);
    }
}

static void uniform(void **state)
{
    (void)state;
    enum { CELLS = 97, DRAWS = 970000 };
    uint32_t below[CELLS] = {0};
    double sum = 0, square = 0;
    cd_random r = cd_random_of(11, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t cell = cd_random_below(&r, CELLS);
        assert_true(cell < CELLS);
        below[cell]++;
        double u = cd_random_unit(&r);
        assert_true(u >= 0 && u < 1);
        sum += u, square += u * u;
    }
    double chi = 0;
    for (int i = 0; i < CELLS; i++) chi += ((double)below[i] - 1e4) * ((double)below[i] - 1e4) / 1e4;
    assert_true(chi > 45 && chi < 165); /* 96 degrees of freedom: outside once in a hundred thousand seeds, and the seed is fixed */
    assert_true(fabs(sum / DRAWS - 0.5) < 0.0015);
    assert_true(fabs(square / DRAWS - 1.0 / 3) < 0.0015);
    assert_int_equal(cd_random_below(&r, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand),
        cmocka_unit_test(a_copy_goes_the_same_way),
        cmocka_unit_test(neighbours_are_strangers),
        cmocka_unit_test(uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
