/* SPDX-License-Identifier: GPL-3.0-or-later
 * evidence.c: the peers' own spread against the plain meaning of it: nowhere beyond one in five do more of a group lie
 * than should, but for the few who are left out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/evidence.h"

enum { N = 20000 };
static double log_p[N], temper[N];

static void take(const bool *part, const cd_grouping *by, uint32_t n_by)
{
    cd_err err = {0};
    assert_int_equal(cd_evidence_temper(log_p, part, N, by, n_by, 30, temper, &err), CD_OK);
}

/* How many people there are for whom too many of their group (or of all) lie as far out, the `few` farthest not
 * counted: looked for one by one. */
static int too_far(const uint32_t *group, uint32_t g)
{
    int bad = 0, size = 0;
    for (int i = 0; i < N; i++) size += !group || group[i] == g;
    int few = size / 400 < 2 ? 2 : size / 400;
    for (int i = 0; i < N; i++) {
        double x = -log_p[i] * temper[i];
        int as_far = 0;
        if ((group && group[i] != g) || x < log10(5)) continue;
        for (int k = 0; k < N; k++) as_far += (!group || group[k] == g) && -log_p[k] * temper[k] >= x * (1 - 1e-9);
        bad += as_far - few > size * pow(10, -x) * 1.02;
    }
    return bad;
}

static void peers_temper_the_model(void **state)
{
    static bool nobody[N];
    (void)state;
    for (int i = 0; i < N; i++) log_p[i] = log10((i + 0.5) / N);
    take(NULL, NULL, 0);
    assert_true(fabs(temper[0] - 1) < 0.01 && temper[0] == temper[N - 1]);
    for (int i = 0; i < N; i++) log_p[i] *= 2;
    take(NULL, NULL, 0);
    assert_true(fabs(temper[0] - 0.5) < 0.01);
    for (int i = 0; i < N; i++) log_p[i] /= 8;
    take(NULL, NULL, 0);
    assert_true(temper[0] == 1);
    for (int i = 0; i < N; i++) log_p[i] = -300;
    take(NULL, NULL, 0);
    assert_true(temper[0] < 0.01);
    take(nobody, NULL, 0);
    assert_true(temper[0] == 1);
}

/* A desk of a hundred specialists takes the word of a test from itself, and from nobody else; the few who stand out of
 * everybody keep theirs. */
static void a_desk_is_tempered_alone(void **state)
{
    static uint32_t desk[N];
    cd_grouping by = {desk, 3};
    (void)state;
    for (int i = 0; i < N; i++) {
        log_p[i] = log10((i + 0.5) / N) / 2, desk[i] = 1;
        if (i % 200 == 0) desk[i] = 2, log_p[i] = -30 - i % 7;
    }
    for (int i = 1; i <= 20; i++) log_p[i] = -12;
    take(NULL, &by, 1);
    assert_true(temper[0] < 0.1);
    assert_true(temper[1] > 0.9 && temper[N - 1] > 0.9);
    assert_int_equal(too_far(desk, 2), 0);
    take(NULL, NULL, 0); /* were they not known apart, everybody's word would count for less */
    assert_true(temper[1] < 0.1 && temper[1] == temper[0]);
}

static void nowhere_are_too_many(void **state)
{
    static uint32_t group[N];
    cd_grouping by = {group, 40};
    (void)state;
    for (uint64_t trial = 0; trial < 3; trial++) {
        cd_random r = cd_random_of(5, trial, 0);
        for (int i = 0; i < N; i++) {
            group[i] = (uint32_t)cd_random_below(&r, 40); /* 0: no group */
            double wide = 0.5 + 3.0 * group[i] / 40;
            log_p[i] = log10(1 - cd_random_unit(&r)) * wide;
        }
        take(NULL, &by, 1);
        assert_int_equal(too_far(NULL, 0), 0);
        assert_int_equal(too_far(group, 1 + (uint32_t)trial * 19), 0);
    }
}

/* The mean of factors but for the greatest is at most 1, and no larger power would do. */
static void factors_are_tempered_to_one(void **state)
{
    static double log_times[N];
    static uint32_t people[N];
    cd_err err = {0};
    (void)state;
    for (int i = 0; i < N; i++) log_times[i] = i < 3000 ? 4.0 * i / 3000 : -1, people[i] = 1;
    double power, with[2] = {0, 0};
    assert_int_equal(cd_evidence_temper_times(log_times, NULL, N, N, &power, &err), CD_OK);
    for (int step = 0; step < 2; step++)
        for (int i = 0; i < 3000 - N / 400; i++) with[step] += pow(10, (power + 0.01 * step) * log_times[i]);
    for (int step = 0; step < 2; step++) with[step] += (N - 3000) * pow(10, -(power + 0.01 * step));
    assert_true(power > 0 && power < 1 && with[0] <= N && with[1] > N);
    assert_int_equal(cd_evidence_temper_times(log_times, people, N, N, &(double){0}, &err), CD_OK);
    for (int i = 0; i < N; i++) log_times[i] = i < 20 ? 200 : -1;
    assert_int_equal(cd_evidence_temper_times(log_times, NULL, N, N, &power, &err), CD_OK);
    assert_true(power == 1); /* only a few stand out */
    /* Groups stand for their people: of one of sixty, fifty are left out, and ten are not. */
    log_times[0] = 200, people[0] = 60;
    assert_int_equal(cd_evidence_temper_times(log_times, people, 1, N, &power, &err), CD_OK);
    assert_true(power < 0.02);
    people[0] = 50;
    assert_int_equal(cd_evidence_temper_times(log_times, people, 1, N, &power, &err), CD_OK);
    assert_true(power == 1);
}

/* By how much factors may be multiplied: the mean over all but the greatest becomes a half, or they are ten times what
 * they were; and of few people little is believed. */
static void what_is_given_away_is_given_back(void **state)
{
    static double times[N];
    double lift;
    cd_err err = {0};
    (void)state;
    for (int i = 0; i < N; i++) times[i] = 0.1;
    for (int i = 0; i < N / 400; i++) times[i * 7] = 1e9; /* as many as may be guilty */
    assert_int_equal(cd_evidence_lift(times, N, N, &lift, &err), CD_OK);
    assert_true(fabs(lift - 0.5 * (N + 200) / (0.1 * N + 200)) < 0.002);
    times[1] = 1e9; /* one more is no longer left out: all of them stand */
    assert_int_equal(cd_evidence_lift(times, N, N, &lift, &err), CD_OK);
    assert_true(lift == 1);
    assert_int_equal(cd_evidence_lift(times, 0, N, &lift, &err), CD_OK);
    assert_true(lift == CD_EVIDENCE_LIFT);
    assert_int_equal(cd_evidence_lift(times, 0, 100, &lift, &err), CD_OK);
    assert_true(lift == 1); /* 0.75, but nothing is taken away here */
    for (int i = 0; i < N; i++) times[i] = 2;
    assert_int_equal(cd_evidence_lift(times, N, N, &lift, &err), CD_OK);
    assert_true(lift == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_away_is_given_back), cmocka_unit_test(peers_temper_the_model),
        cmocka_unit_test(a_desk_is_tempered_alone),         cmocka_unit_test(nowhere_are_too_many),
        cmocka_unit_test(factors_are_tempered_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
