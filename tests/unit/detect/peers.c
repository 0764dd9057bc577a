/* SPDX-License-Identifier: GPL-3.0-or-later
 * peers.c: what is expected of each person, summed anew over all others by hand; never from the person's own count; and
 * how often the innocent stand out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/chance.h"
#include "engine/detect/peers.h"

enum { PEOPLE = 150, GROUPS = 4, LEAST = 20 };

typedef struct {
    uint32_t n, group[PEOPLE], seen[PEOPLE];
    bool part[PEOPLE];
    double exposure[PEOPLE];
    cd_peers peers;
} people;

static uint32_t poisson(cd_random *r, double mean)
{
    double p = exp(-mean), u = cd_random_unit(r);
    uint32_t k = 0;
    for (double sum = p; u > sum && k < 1000; sum += p) p *= mean / ++k;
    return k;
}

static void people_draw(people *p, uint64_t round, uint32_t n)
{
    cd_random r = cd_random_of(round, 1, 1);
    cd_err err = {0};
    *p = (people){.n = n};
    for (uint32_t i = 0; i < n; i++) {
        p->group[i] = (uint32_t)cd_random_below(&r, GROUPS);
        p->part[i] = cd_random_below(&r, 6) > 0;
        p->exposure[i] = (double)cd_random_below(&r, 40);
        p->seen[i] = poisson(&r, 0.05 * (1 + p->group[i]) * p->exposure[i]);
    }
    assert_int_equal(cd_peers_make(p->group, GROUPS, p->part, n, LEAST, &p->peers, &err), CD_OK);
}

static void compare(const people *p, cd_exposure how, uint32_t threads, cd_compared *out)
{
    cd_err err = {0};
    assert_int_equal(cd_peers_compare(&p->peers, p->seen, p->exposure, how, threads, out, &err), CD_OK);
}

/* Who takes part; of group 0: all of them. */
static bool is_peer(const people *p, uint32_t i, uint32_t group)
{
    return p->part[i] && (group == 0 || p->peers.group[i] == group);
}

/* How often the counted comes per exposure among the others: of the force, and of the group shrunk towards it. */
static double slow_ratio(const people *p, uint32_t who)
{
    double seen[2] = {0}, exposure[2] = {0};
    for (uint32_t i = 0; i < p->n; i++)
        for (int of_group = 0; of_group < 2; of_group++)
            if (i != who && is_peer(p, i, of_group ? p->peers.group[who] : 0))
                seen[of_group] += p->seen[i], exposure[of_group] += p->exposure[i];
    double force = (seen[0] + 0.5) / (exposure[0] + 1), prior = fmax(20, 0.5 / force);
    return (seen[1] + prior * force) / (exposure[1] + prior);
}

/* What somebody's exposure would be on another occasion: their own and the group's, each for what it is worth. */
static double slow_rate(const people *p, uint32_t who)
{
    double n = 0, sum = 0, squares = 0;
    for (uint32_t i = 0; i < p->n; i++)
        if (is_peer(p, i, p->peers.group[who])) n++, sum += p->exposure[i];
    for (uint32_t i = 0; i < p->n; i++)
        if (is_peer(p, i, p->peers.group[who])) squares += pow(p->exposure[i] - sum / n, 2);
    double mean = sum / n, variance = squares / n, shape = variance > mean ? mean * mean / (variance - mean) : 50;
    shape = fmin(50, fmax(0.2, shape));
    return (p->exposure[who] + shape) / (1 + shape * (n + 1) / (sum + 0.5));
}

static void what_is_expected_comes_from_the_others(void **state)
{
    static people p;
    static cd_compared got[PEOPLE], alone[PEOPLE];
    (void)state;
    for (uint64_t round = 0; round < 20; round++)
        for (cd_exposure how = CD_EXPOSURE_COUNT; how <= CD_EXPOSURE_FIXED; how++) {
            people_draw(&p, round, 30 + 6 * (uint32_t)round);
            compare(&p, how, 1, got);
            for (uint32_t i = 0; i < p.n; i++) {
                double want = slow_ratio(&p, i) * (how == CD_EXPOSURE_FIXED ? p.exposure[i] : slow_rate(&p, i));
                if (!p.part[i]) {
                    assert_true(got[i].log_p == 0);
                    continue;
                }
                if (want > 1e-9) assert_true(fabs(got[i].expected - want) < 1e-9 * want);
                assert_true(got[i].shape > 0 && got[i].log_p <= 0);
                assert_true(got[i].log_p == cd_chance_spread(p.seen[i], got[i].expected, got[i].shape));
            }
            /* One's own count, whatever it is, changes nothing of what is expected of one. */
            uint32_t who = (uint32_t)round % p.n;
            p.seen[who] += 100;
            compare(&p, how, 1, alone);
            if (p.part[who]) assert_true(fabs(alone[who].expected - got[who].expected) < 1e-9 * got[who].expected);
            cd_peers_release(&p.peers);
        }
}

static void threads_make_no_difference(void **state)
{
    static people p;
    static cd_compared one[PEOPLE], three[PEOPLE];
    (void)state;
    for (uint64_t round = 50; round < 56; round++) {
        people_draw(&p, round, PEOPLE);
        compare(&p, CD_EXPOSURE_COUNT, 1, one);
        compare(&p, CD_EXPOSURE_COUNT, 3, three);
        for (uint32_t i = 0; i < p.n; i++) {
            assert_true(one[i].expected == three[i].expected && one[i].shape == three[i].shape);
            assert_true(one[i].log_p == three[i].log_p);
        }
        cd_peers_release(&p.peers);
    }
}

/* Of people who differ in nothing but chance, no more than one in twenty stands at one in twenty, and so on. */
static void the_innocent_seldom_stand_out(void **state)
{
    static people p;
    static cd_compared got[PEOPLE];
    static const double levels[] = {0.05, 0.01, 0.001};
    uint32_t beyond[3] = {0}, all = 0;
    (void)state;
    for (uint64_t round = 100; round < 160; round++) {
        people_draw(&p, round, PEOPLE);
        compare(&p, CD_EXPOSURE_FIXED, 2, got);
        for (uint32_t i = 0; i < p.n; i++) {
            if (!p.part[i] || !p.peers.group[i]) continue; /* group 0 is of several kinds of people */
            all++;
            for (int k = 0; k < 3; k++) beyond[k] += got[i].log_p <= log10(levels[k]);
        }
        cd_peers_release(&p.peers);
    }
    for (int k = 0; k < 3; k++)
        if (beyond[k] > all * levels[k] + 4 * sqrt(all * levels[k]) + 1)
            fail_msg("%u of %u at %g", beyond[k], all, levels[k]);
    assert_true(all > 3000);
}

/* Peers drawn again are as many on average, so that what is expected goes both ways around what it was. */
static void redraws_lie_around(void **state)
{
    enum { DRAWS = 200 };
    static people p;
    static cd_compared got[PEOPLE], again[PEOPLE];
    static uint32_t everyone[PEOPLE], higher[PEOPLE];
    cd_err err = {0};
    (void)state;
    people_draw(&p, 7, PEOPLE);
    for (uint32_t i = 0; i < p.n; i++) everyone[i] = i, p.part[i] = true;
    compare(&p, CD_EXPOSURE_FIXED, 1, got);
    for (uint32_t draw = 0; draw < DRAWS; draw++) {
        assert_int_equal(
            cd_peers_redraw(&p.peers, p.seen, p.exposure, CD_EXPOSURE_FIXED, 1, draw, got, everyone, p.n, again, &err),
            CD_OK);
        for (uint32_t i = 0; i < p.n; i++) higher[i] += again[i].expected > got[i].expected;
    }
    for (uint32_t i = 0; i < p.n; i++)
        if (p.exposure[i] > 0) assert_in_range(higher[i], DRAWS / 5, DRAWS * 4 / 5);
    cd_peers_release(&p.peers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_expected_comes_from_the_others), cmocka_unit_test(threads_make_no_difference),
        cmocka_unit_test(the_innocent_seldom_stand_out), cmocka_unit_test(redraws_lie_around)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
