/* SPDX-License-Identifier: GPL-3.0-or-later
 * fairness.c: no small group follows from what is shown, held against linear algebra; intervals against known ones; a
 * disparity is seen, one that goes by unit is said to, and chance is taken for chance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "queries/cmd_fairness.h"

enum { SIDE = 5, CELLS = SIDE * SIDE };

/* Whether unknown `at` follows from the equations: whether adding it as an equation leaves the rank as it is. */
static bool rank_says_known(double m[2 * SIDE + 1][CELLS], uint32_t equations, uint32_t unknowns, uint32_t at)
{
    uint32_t rank[2];
    for (uint32_t with = 0; with < 2; with++) {
        double a[2 * SIDE + 1][CELLS];
        uint32_t n = equations, done = 0;
        memcpy(a, m, sizeof a);
        if (with) {
            for (uint32_t c = 0; c < unknowns; c++) a[n][c] = c == at;
            n++;
        }
        for (uint32_t c = 0; c < unknowns && done < n; c++) {
            uint32_t pivot = done;
            for (uint32_t r = done; r < n; r++)
                if (fabs(a[r][c]) > fabs(a[pivot][c])) pivot = r;
            if (fabs(a[pivot][c]) < 1e-9) continue;
            for (uint32_t k = 0; k < unknowns; k++) {
                double swap = a[pivot][k];
                a[pivot][k] = a[done][k], a[done][k] = swap;
            }
            for (uint32_t r = done + 1; r < n; r++) {
                double times = a[r][c] / a[done][c];
                for (uint32_t k = 0; k < unknowns; k++) a[r][k] -= times * a[done][k];
            }
            done++;
        }
        rank[with] = done;
    }
    return rank[0] == rank[1];
}

static void check_hidden(const uint32_t *people, uint32_t rows, uint32_t cols, const bool *row_unsaid,
                         const bool *col_unsaid, const bool *hidden)
{
    double m[2 * SIDE + 1][CELLS] = {{0}};
    uint32_t number[CELLS], unknowns = 0, equations = 0;
    for (uint32_t i = 0; i < rows * cols; i++) {
        if (people[i] > 0 && people[i] < FAIR_LEAST) assert_true(hidden[i]);
        if (people[i] == 0) assert_false(hidden[i]);
        number[i] = hidden[i] ? unknowns++ : 0;
    }
    for (uint32_t r = 0; r < rows; r++) {
        if (row_unsaid[r]) continue;
        for (uint32_t c = 0; c < cols; c++) m[equations][number[r * cols + c]] += hidden[r * cols + c];
        equations++;
    }
    for (uint32_t c = 0; c < cols && rows > 1; c++) {
        if (col_unsaid[c]) continue;
        for (uint32_t r = 0; r < rows; r++) m[equations][number[r * cols + c]] += hidden[r * cols + c];
        equations++;
    }
    for (uint32_t i = 0; i < rows * cols; i++) {
        if (!hidden[i] || people[i] >= FAIR_LEAST) continue;
        uint32_t r = i / cols, c = i % cols;
        bool left = false; /* somebody of its row or column is still shown, who could be hidden too */
        for (uint32_t k = 0; k < cols; k++) left = left || (!hidden[r * cols + k] && people[r * cols + k]);
        for (uint32_t k = 0; k < rows && rows > 1; k++) left = left || (!hidden[k * cols + c] && people[k * cols + c]);
        if (left) assert_false(rank_says_known(m, equations, unknowns, number[i]));
    }
}

static void nothing_small_follows(void **state)
{
    (void)state;
    uint32_t kept = 0;
    for (uint32_t seed = 0; seed < 3000; seed++) {
        cd_random draw = cd_random_of(seed, 1, 1);
        uint32_t rows = 1 + (uint32_t)cd_random_below(&draw, SIDE), cols = 2 + (uint32_t)cd_random_below(&draw, SIDE - 1);
        uint32_t people[CELLS], row_sum[SIDE] = {0}, col_sum[SIDE] = {0};
        bool hidden[CELLS], row_unsaid[SIDE] = {false}, col_unsaid[SIDE] = {false};
        cd_err err = {0};
        for (uint32_t i = 0; i < rows * cols; i++) {
            uint32_t kind = (uint32_t)cd_random_below(&draw, 4);
            people[i] = kind == 0 ? 0 : (uint32_t)cd_random_below(&draw, kind == 1 ? 12 : 200);
            row_sum[i / cols] += people[i], col_sum[i % cols] += people[i];
        }
        for (uint32_t r = 0; r < rows && rows > 1; r++) row_unsaid[r] = row_sum[r] < FAIR_LEAST;
        for (uint32_t c = 0; c < cols && rows > 1; c++) col_unsaid[c] = col_sum[c] < FAIR_LEAST;
        assert_int_equal(fair_hide(people, rows, cols, row_unsaid, col_unsaid, hidden, &err), CD_OK);
        check_hidden(people, rows, cols, row_unsaid, col_unsaid, hidden);
        for (uint32_t i = 0; i < rows * cols; i++) kept += people[i] && !hidden[i];
    }
    assert_true(kept > 3000); /* and it does not simply hide all */
}

static void one_small_group_hides_two(void **state)
{
    (void)state;
    cd_err err = {0};
    bool hidden[4];
    assert_int_equal(fair_hide((uint32_t[]){500, 4, 300, 20}, 1, 4, NULL, NULL, hidden, &err), CD_OK);
    assert_true(hidden[1] && hidden[3] && !hidden[0] && !hidden[2]);
    /* 4 and 5 leave 9: that is one more group. */
    assert_int_equal(fair_hide((uint32_t[]){500, 4, 5, 20}, 1, 4, NULL, NULL, hidden, &err), CD_OK);
    assert_true(hidden[1] && hidden[2] && hidden[3] && !hidden[0]);
    assert_int_equal(fair_hide((uint32_t[]){500, 10, 11, 20}, 1, 4, NULL, NULL, hidden, &err), CD_OK);
    assert_false(hidden[0] || hidden[1] || hidden[2] || hidden[3]);
    /* A square of four, all totals known: one hides all. */
    assert_int_equal(fair_hide((uint32_t[]){3, 50, 60, 70}, 2, 2, NULL, NULL, hidden, &err), CD_OK);
    assert_true(hidden[0] && hidden[1] && hidden[2] && hidden[3]);
}

static void intervals(void **state)
{
    (void)state;
    fair_rate none = fair_rate_of(0, 10), half = fair_rate_of(5, 10), all = fair_rate_of(10, 10), some = fair_rate_of(20, 1000);
    assert_true(none.lo == 0 && fabs(none.hi - 0.277533) < 1e-6);
    assert_true(fabs(half.lo - 0.236593) < 1e-6 && fabs(half.hi - 0.763407) < 1e-6);
    assert_true(all.hi == 1 && fabs(all.lo - 0.722467) < 1e-6);
    assert_true(fabs(some.lo - 0.012988) < 1e-5 && fabs(some.hi - 0.030681) < 1e-5);
}

enum { PEOPLE = 3000, UNITS = 20 };

/* Two groups; by_unit: some units hold mostly the second; rate[group] of being listed; unit_rate: of the first half of units. */
static const char *verdict(uint64_t seed, bool by_unit, const double rate[2], double unit_rate, double *p)
{
    static uint32_t of[PEOPLE], on[PEOPLE], unit[PEOPLE];
    static double factor[PEOPLE];
    fair_attribute a = {.name = cd_slice_of("colour"), .n_values = 2, .value = {cd_slice_of("a"), cd_slice_of("b")}, .of = of};
    fair_lists l = {.n = 1, .n_officers = PEOPLE, .on = on, .factor = factor, .unit = unit};
    fair_split s;
    cd_err err = {0};
    for (uint32_t o = 0; o < PEOPLE; o++) {
        cd_random draw = cd_random_of(seed, 2, o);
        unit[o] = o % UNITS;
        bool first = unit[o] < UNITS / 2;
        of[o] = cd_random_unit(&draw) < (by_unit && first ? 0.8 : 0.3);
        on[o] = cd_random_unit(&draw) < rate[of[o]] + (first ? unit_rate : 0);
        l.length[0] += on[o];
        factor[o] = of[o] ? 2 : 1;
    }
    assert_int_equal(fair_split_make(&l, NULL, &a, NULL, NULL, &s, &err), CD_OK);
    assert_true(fabs(s.group[0].factor - 1) < 1e-9 && fabs(s.group[1].factor - 2) < 1e-9 && s.group[1].error < 1e-9);
    *p = s.gap[0].p;
    const char *said = s.gap[0].verdict;
    fair_split_release(&s);
    return said;
}

static void what_chance_gives(void **state)
{
    (void)state;
    uint32_t rare = 0;
    double p;
    assert_string_equal(verdict(1, false, (double[]){0.02, 0.06}, 0, &p), "a disparity");
    assert_true(p <= 0.01);
    assert_string_equal(verdict(1, true, (double[]){0.02, 0.02}, 0.06, &p), "a disparity, which goes by unit");
    assert_string_equal(verdict(1, false, (double[]){0, 0.001}, 0, &p), "too few are on the list to say");
    assert_string_equal(verdict(3, false, (double[]){0.5, 0.58}, 0, &p), "a gap beyond chance, within four fifths");
    for (uint64_t seed = 1; seed <= 40; seed++) {
        (void)verdict(seed, false, (double[]){0.05, 0.05}, 0, &p);
        rare += p <= 0.05;
    }
    assert_in_range(rare, 0, 6); /* 2 expected; more than 6 once in 170 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_small_follows),
        cmocka_unit_test(one_small_group_hides_two),
        cmocka_unit_test(intervals),
        cmocka_unit_test(what_chance_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
