/* SPDX-License-Identifier: GPL-3.0-or-later
 * rises.c: places and steepest rises against plain counting; that what a month does to everybody changes nothing; and
 * that the mean factor is at most 1 whatever the months hold.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/evidence.h"
#include "engine/detect/rises.h"

enum { PEOPLE = 240, MONTHS = 14, FIRST = 660, ROLES = 4, FORCES = 12 };

/* A force made by hand: what rises look at and nothing else. */
typedef struct {
    cd_scene scene;
    cd_residue residue;
    cd_policy policy;
    cd_run run;
    cd_look look;
    cd_off off[PEOPLE + 1], post_off[PEOPLE + 1];
    cd_post posts[2 * PEOPLE];
    cd_monthly list[PEOPLE * MONTHS];
    cd_monthlies of;
    uint32_t role[PEOPLE], rank[PEOPLE], unit[PEOPLE];
    double value[PEOPLE][MONTHS]; /* below 0: not known */
    int32_t begin[PEOPLE];        /* months before are of another posting */
} world;
static world w;

static void monthlies_make(void)
{
    cd_off n = 0;
    for (uint32_t o = 0; o < PEOPLE; o++) {
        for (int32_t m = 0; m < MONTHS; m++)
            if (w.value[o][m] >= 0) w.list[n++] = (cd_monthly){FIRST + m, w.value[o][m], {0, o * MONTHS + (uint32_t)m}};
        w.off[o + 1] = n;
    }
}

/* Some months are not known, some officers move, and values come again and again. */
static void world_make(uint64_t seed)
{
    cd_random r = cd_random_of(seed, 5, 0);
    cd_off posts = 0;
    memset(&w, 0, sizeof w);
    cd_policy_init(&w.policy);
    w.run = (cd_run){.threads = 1 + (uint32_t)seed % 3};
    w.look = (cd_look){.scene = &w.scene, .residue = &w.residue, .policy = &w.policy, .run = &w.run};
    w.scene.officers.n = PEOPLE, w.scene.roles.n = ROLES, w.scene.units.n = w.scene.ranks.n = 3;
    w.scene.post_off = w.post_off, w.scene.posts = w.posts;
    w.residue = (cd_residue){.role = w.role, .rank = w.rank, .unit = w.unit, .since = INT64_MIN};
    w.of = (cd_monthlies){w.off, w.list};
    for (uint32_t o = 0; o < PEOPLE; o++) {
        uint32_t level = 1 + (uint32_t)cd_random_below(&r, 20);
        w.role[o] = o % 50 == 0 ? ROLES : 1 + o % (ROLES - 1); /* the last one is too small for peers */
        w.rank[o] = 1 + o % 3, w.unit[o] = 1 + o / 7 % 3;
        w.begin[o] = FIRST;
        w.posts[posts++] = (cd_post){INT64_MIN, 1, 1, 1, CD_NONE};
        if (o % 9 == 0) { /* on 2025-05-02: June is the first whole month */
            w.posts[posts++] = (cd_post){(int64_t)20210 * 86400, 2, 1, 1, CD_NONE};
            w.begin[o] = cd_month_of(w.posts[posts - 1].from) + 1;
        }
        w.post_off[o + 1] = posts;
        for (int32_t m = 0; m < MONTHS; m++)
            w.value[o][m] = cd_random_below(&r, 8) == 0 ? -1 : (double)cd_random_below(&r, level);
    }
    monthlies_make();
}

static bool is_part(uint32_t o)
{
    uint32_t n = 0;
    for (int32_t m = 0; m < MONTHS; m++) n += w.value[o][m] >= 0 && FIRST + m >= w.begin[o];
    return n >= 4;
}

static bool are_peers(uint32_t a, uint32_t b) { return w.role[a] == ROLES || w.role[a] == w.role[b]; }

/* Where an officer stands in a month; 0: not known. */
static uint32_t plain_place(uint32_t o, int32_t m)
{
    uint64_t all = 0, below = 0, level = 0;
    if (w.value[o][m] < 0 || FIRST + m < w.begin[o]) return 0;
    for (uint32_t k = 0; k < PEOPLE; k++) {
        if (!is_part(k) || !are_peers(o, k) || w.value[k][m] < 0) continue;
        all++, below += w.value[k][m] < w.value[o][m], level += w.value[k][m] == w.value[o][m];
    }
    return all < 10 ? 0 : (uint32_t)(1 + (2 * below + level) * 65534 / (2 * all));
}

static uint32_t plain_steepest(uint32_t o)
{
    double most = 0;
    uint32_t place[MONTHS];
    for (int32_t m = 0; m < MONTHS; m++) place[m] = plain_place(o, m);
    for (int32_t from = 0; from < MONTHS; from++)
        for (int32_t until = from + 1; until <= MONTHS; until++) {
            double before = 0, then = 0, n_before = 0, n_then = 0;
            for (int32_t m = 0; m < until; m++) {
                if (!place[m]) continue;
                if (m < from)
                    before += place[m], n_before++;
                else
                    then += place[m], n_then++;
            }
            if (n_before < 2 || n_then < 2) continue;
            double steep = rint((then / n_then - before / n_before) / sqrt(1 / n_before + 1 / n_then));
            if (steep > most) most = steep;
        }
    return (uint32_t)most;
}

static void by_plain_counting(void **state)
{
    static cd_rise got[PEOPLE];
    uint32_t steep[PEOPLE];
    cd_err err = {0};
    (void)state;
    for (uint64_t seed = 1; seed <= FORCES; seed++) {
        world_make(seed);
        assert_int_equal(cd_rises_find(&w.look, &w.of, got, &err), CD_OK);
        uint32_t n = 0, some = 0;
        double mean = 0;
        for (uint32_t o = 0; o < PEOPLE; o++) {
            steep[o] = is_part(o) ? plain_steepest(o) : 0;
            assert_int_equal(got[o].part, is_part(o));
            assert_int_equal(got[o].steep, steep[o]);
            n += is_part(o), some += steep[o] > 0;
        }
        assert_true(some > PEOPLE / 4);
        for (uint32_t o = 0; o < PEOPLE; o++) {
            uint32_t as_much = 0;
            if (!is_part(o)) continue;
            for (uint32_t k = 0; k < PEOPLE; k++) as_much += is_part(k) && steep[k] >= steep[o];
            assert_int_equal(got[o].as_much, as_much);
            assert_int_equal(got[o].of, n);
            assert_true(got[o].temper > 0 && got[o].temper <= 1);
            assert_true(steep[o] == 0 || (got[o].from >= w.begin[o] && got[o].from < got[o].until));
            mean += cd_evidence_times(got[o].log_p, got[o].temper) / n;
        }
        assert_true(mean <= 1.001); /* chances are kept to a thousandth */
    }
}

/* Everybody's December is three times as large: not one bit is another. */
static void months_of_all(void **state)
{
    static cd_rise before[PEOPLE], after[PEOPLE];
    cd_err err = {0};
    (void)state;
    world_make(3);
    assert_int_equal(cd_rises_find(&w.look, &w.of, before, &err), CD_OK);
    for (uint32_t o = 0; o < PEOPLE; o++)
        for (int32_t m = 11; m < MONTHS; m++) w.value[o][m] *= 3;
    monthlies_make();
    assert_int_equal(cd_rises_find(&w.look, &w.of, after, &err), CD_OK);
    assert_memory_equal(before, after, sizeof before);
}

/* One officer's months rise: nobody has risen more; what begins before the window is not told. */
static void one_rises(void **state)
{
    static cd_rise got[PEOPLE];
    cd_err err = {0};
    (void)state;
    world_make(4);
    for (int32_t m = 0; m < MONTHS; m++) w.value[10][m] = m < 7 ? 0 : 50 + m;
    monthlies_make();
    assert_int_equal(cd_rises_find(&w.look, &w.of, got, &err), CD_OK);
    assert_int_equal(got[10].as_much, 1);
    assert_int_equal(got[10].from, FIRST + 7);
    assert_true(got[10].then > 90 && got[10].before < 20);
    assert_int_equal(got[10].until, FIRST + MONTHS);
    w.residue.since = (int64_t)20454 * 86400; /* 2026-01-01 is in month 672, beyond the rise's first */
    assert_int_equal(cd_month_of(w.residue.since), 672);
    assert_int_equal(cd_rises_find(&w.look, &w.of, got, &err), CD_OK);
    assert_true(got[10].from == got[10].until || got[10].from >= 672);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_plain_counting), cmocka_unit_test(months_of_all),
                                       cmocka_unit_test(one_rises)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
