/* SPDX-License-Identifier: GPL-3.0-or-later
 * joint.c: pairs over their unexplained files, each pair and each sum gone through one by one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/chance.h"
#include "engine/detect/joint.h"

enum {
    OFFICERS = 70,
    UNITS = 3,
    FILES = 300,
    STRAYS = OFFICERS * FILES,
    DUTIES = 40, /* of each officer */
    DAY = 86400,
    RESTRICTED = 3
};

typedef struct {
    cd_scene scene;
    cd_residue residue;
    cd_policy policy;
    cd_run run;
    cd_look look;
    cd_off off[OFFICERS + 1], access_off[OFFICERS + 1];
    cd_stray strays[STRAYS];
    cd_access accesses[STRAYS + OFFICERS * DUTIES];
    uint32_t unit[OFFICERS], owner[FILES];
    int8_t sensitivity[FILES];
    double n_strays[OFFICERS], per_owner[UNITS + 1], all[2]; /* what does not depend on the pair, worked out once */
    cd_span at[OFFICERS][FILES];   /* from when to when each was strayed to; from -1: not at all */
    cd_span duty[OFFICERS][FILES]; /* and opened by somebody who is assigned to it */
} world;

/* A few of whom open the same files, over and above what chance has; some of them on the same day. */
static void world_draw(world *w, uint64_t round, uint32_t threads)
{
    cd_random r = cd_random_of(round, 1, 1);
    cd_off n = 0, rows = 0;
    memset(w, 0, sizeof *w);
    for (uint32_t f = 0; f < FILES; f++) {
        w->owner[f] = (uint32_t)cd_random_below(&r, UNITS + 1);
        w->sensitivity[f] = (int8_t)((int)cd_random_below(&r, 5) - 1);
    }
    for (uint32_t o = 0; o < OFFICERS; o++) {
        uint64_t busy = cd_random_below(&r, 12);
        w->unit[o] = (uint32_t)cd_random_below(&r, UNITS + 1);
        for (uint32_t f = 0; f < FILES; f++) {
            bool ring = (o == 3 || o == 10) && f % 15 == 2 && round % 2;
            bool strays = ring || cd_random_below(&r, 400) < busy;
            int64_t from = strays ? (int64_t)cd_random_below(&r, 90 * DAY) : -1;
            bool once = cd_random_below(&r, 4) || ring;
            w->at[o][f] = (cd_span){from, from + (once ? 0 : (int64_t)cd_random_below(&r, 3 * DAY))};
            if (from < 0) continue;
            w->accesses[rows] = (cd_access){.at = from, .file = f};
            w->strays[n++] = (cd_stray){.file = f, .rows = 1, .first = rows++, .until = w->at[o][f].to};
        }
        w->off[o + 1] = n;
        for (uint32_t f = 0; f < FILES; f++) w->duty[o][f].from = -1;
        for (uint32_t k = 0; k < DUTIES; k++) {
            uint32_t f = (uint32_t)cd_random_below(&r, FILES / 3);
            int64_t at = (int64_t)(20 * f + k) * DAY + (int64_t)cd_random_below(&r, 2 * DAY);
            cd_span *d = &w->duty[o][f];
            *d = d->from < 0 ? (cd_span){at, at} : (cd_span){at < d->from ? at : d->from, at > d->to ? at : d->to};
            w->accesses[rows++] =
                (cd_access){.at = at, .file = f, .reason = k % 3 ? CD_REASON_ASSIGNED : CD_REASON_LATE};
        }
        w->access_off[o + 1] = rows;
    }
    cd_policy_init(&w->policy);
    w->scene.officers.n = OFFICERS, w->scene.units.n = UNITS, w->scene.files.n = FILES;
    w->scene.sensitivity = w->sensitivity, w->scene.accesses = w->accesses, w->scene.access_off = w->access_off;
    w->residue.off = w->off, w->residue.strays = w->strays, w->residue.unit = w->unit, w->residue.owner = w->owner;
    w->run = (cd_run){.threads = threads};
    w->look = (cd_look){.scene = &w->scene, .residue = &w->residue, .policy = &w->policy, .run = &w->run};
}

static uint32_t openers(const world *w, uint32_t f)
{
    uint32_t n = 0;
    for (uint32_t o = 0; o < OFFICERS; o++) n += w->at[o][f].from >= 0;
    return n;
}

static double strays(const world *w, uint32_t o)
{
    double n = 0;
    for (uint32_t f = 0; f < FILES; f++)
        n += w->at[o][f].from >= 0 && (w->sensitivity[f] < RESTRICTED || openers(w, f) >= 2);
    return n;
}

/* Files that both opened; days apart, and on one day each; and of one owner alone (UNITS + 1: of any). */
static uint32_t shares(const world *w, uint32_t a, uint32_t b, bool apart, uint32_t owner)
{
    uint32_t n = 0;
    for (uint32_t f = 0; f < FILES; f++) {
        const cd_span *x = &w->at[a][f], *y = &w->at[b][f];
        if (x->from < 0 || y->from < 0 || (owner <= UNITS && w->owner[f] != owner)) continue;
        bool once = x->to - x->from < DAY && y->to - y->from < DAY;
        n += !apart || (once && (x->from - y->to >= DAY || y->from - x->to >= DAY));
    }
    return n;
}

/* Sums over all pairs of officers: [0] of what they share, [1] of the products of their strays; where ua <= UNITS, of
 * one from each of these units alone. */
static void over_pairs(const world *w, uint32_t ua, uint32_t ub, double sum[2])
{
    sum[0] = sum[1] = 0;
    for (uint32_t a = 0; a < OFFICERS; a++)
        for (uint32_t b = a + 1; b < OFFICERS; b++) {
            bool those = (w->unit[a] == ua && w->unit[b] == ub) || (w->unit[a] == ub && w->unit[b] == ua);
            if (ua <= UNITS && !those) continue;
            sum[0] += shares(w, a, b, false, UNITS + 1), sum[1] += w->n_strays[a] * w->n_strays[b];
        }
}

static double files_of_owner(const world *w, uint32_t o, uint32_t owner)
{
    double n = 0;
    for (uint32_t f = 0; f < FILES; f++) n += w->at[o][f].from >= 0 && w->owner[f] == owner;
    return n;
}

/* What two would share by going to these owners' files at all. */
static double by_owners(const world *w, uint32_t a, uint32_t b)
{
    double sum = 0;
    for (uint32_t u = 0; u <= UNITS; u++) {
        double here = shares(w, a, b, true, u);
        sum += w->per_owner[u] * (files_of_owner(w, a, u) - here) * (files_of_owner(w, b, u) - here);
    }
    return sum;
}

static void sums_make(world *w)
{
    for (uint32_t o = 0; o < OFFICERS; o++) w->n_strays[o] = strays(w, o);
    over_pairs(w, UNITS + 1, UNITS + 1, w->all);
    for (uint32_t u = 0; u <= UNITS; u++) {
        double shared = 0, pairs = 0;
        for (uint32_t x = 0; x < OFFICERS; x++)
            for (uint32_t y = x + 1; y < OFFICERS; y++)
                shared += shares(w, x, y, false, u), pairs += files_of_owner(w, x, u) * files_of_owner(w, y, u);
        w->per_owner[u] = pairs > 0 ? shared / pairs : 0;
    }
}

/* Files that those who are assigned to them open apart from all before, and at a time with some of them. */
static double slow_per_meeting(const world *w)
{
    double apart = 10, met = 20;
    for (uint32_t f = 0; f < FILES; f++)
        for (uint32_t o = 0; o < OFFICERS; o++) {
            const cd_span *x = &w->duty[o][f];
            bool first = true, scene = false;
            int64_t begin = INT64_MAX, end = INT64_MIN;
            for (uint32_t other = 0; x->from >= 0 && other < OFFICERS; other++) {
                const cd_span *y = &w->duty[other][f];
                bool before = y->from >= 0 && (y->from < x->from || (y->from == x->from && other < o));
                if (!before) continue;
                first = false;
                begin = y->from < begin ? y->from : begin, end = y->to > end ? y->to : end;
            }
            scene = !first && x->from < end + DAY && begin < x->to + DAY;
            if (x->from < 0 || first) continue;
            *(scene || x->to - x->from >= DAY ? &met : &apart) += 1;
        }
    return apart / met;
}

static double slow_expected(const world *w, uint32_t a, uint32_t b, const cd_joint *j)
{
    double of_units[2], by_unit = 0;
    double per_pair = w->all[1] > 0 ? w->all[0] / w->all[1] : 0, chance = per_pair * w->n_strays[a] * w->n_strays[b];
    over_pairs(w, w->unit[a], w->unit[b], of_units);
    /* All of the one unit with all of the other, as many as there are products; of one unit with itself, half of them.
     */
    for (uint32_t x = 0; x < OFFICERS; x++)
        for (uint32_t y = 0; y < OFFICERS; y++)
            if (w->unit[x] == w->unit[a] && w->unit[y] == w->unit[b]) by_unit += w->n_strays[x] * w->n_strays[y];
    by_unit *= w->unit[a] == w->unit[b] ? 0.5 : 1;
    double times = (of_units[0] - shares(w, a, b, true, UNITS + 1) + 5) / (fmax(0, per_pair * by_unit - chance) + 5);
    double met = shares(w, a, b, false, UNITS + 1) - (double)shares(w, a, b, true, UNITS + 1);
    return fmax(1e-9, fmax(chance, by_owners(w, a, b)) * fmax(1, times) * j->wider) + j->per_meeting * met;
}

static void pairs_are_those_there_are(void **state)
{
    static world w;
    uint32_t linked = 0;
    (void)state;
    for (uint64_t round = 0; round < 6; round++) {
        cd_joint j;
        cd_err err = {0};
        size_t n_pairs = 0, kept = 0;
        world_draw(&w, round, 1 + (uint32_t)round % 3);
        sums_make(&w);
        assert_int_equal(cd_joint_make(&w.look, &j, &err), CD_OK);
        for (uint32_t a = 0; a < OFFICERS; a++)
            for (uint32_t b = a + 1; b < OFFICERS; b++) n_pairs += shares(&w, a, b, false, UNITS + 1) >= 2;
        assert_int_equal(j.n_pairs, n_pairs);
        assert_true(j.wider >= 1);
        assert_true(fabs(j.per_meeting - slow_per_meeting(&w)) < 1e-9 && j.per_meeting != 0.5);
        for (size_t i = 0; i < j.n_pairs; i++) {
            const cd_joint_pair *p = &j.links[i];
            double want = slow_expected(&w, p->a, p->b, &j);
            assert_true(p->a < p->b);
            assert_int_equal(p->shared, shares(&w, p->a, p->b, true, UNITS + 1));
            if (fabs(p->expected - want) > 1e-9 * want) fail_msg("%u, %u: %g, not %g", p->a, p->b, p->expected, want);
            assert_true(fabs(p->log_p - cd_chance_spread(p->shared, want, CD_JOINT_SHAPE)) < 0.00051);
            if (i) assert_true(p->log_p >= j.links[i - 1].log_p);
            /* Benjamini and Hochberg over all pairs of those who strayed. */
            double level = w.policy.number[CD_POLICY_LINK_LEVEL] * (double)(i + 1) / (double)j.tested;
            if (p->log_p <= log10(level)) kept = i + 1;
        }
        assert_int_equal(j.n_links, kept);
        linked += j.n_links > 0;
        cd_joint_release(&j);
    }
    assert_true(linked >= 2);
}

/* Two who opened one file within a day, or over the same days, were at the same scene. */
static void the_same_scene_says_nothing(void **state)
{
    const cd_span once = {1000, 1000}, almost = {1000 + DAY - 1, 1000 + DAY - 1}, later = {1000 + DAY, 1000 + DAY},
                  week = {0, 7 * DAY}, after = {8 * DAY, 9 * DAY};
    (void)state;
    assert_true(cd_joint_same_scene(once, once));
    assert_true(cd_joint_same_scene(once, almost) && cd_joint_same_scene(almost, once));
    assert_false(cd_joint_same_scene(once, later) || cd_joint_same_scene(later, once));
    assert_true(cd_joint_same_scene(week, later) && cd_joint_same_scene(later, week));
    assert_false(cd_joint_same_scene(week, after) || cd_joint_same_scene(after, week));
    assert_true(cd_joint_is_work(week) && cd_joint_is_work(after));
    assert_false(cd_joint_is_work(once) || cd_joint_is_work((cd_span){0, DAY - 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs_are_those_there_are),
                                       cmocka_unit_test(the_same_scene_says_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
