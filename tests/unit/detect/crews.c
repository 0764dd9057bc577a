/* SPDX-License-Identifier: GPL-3.0-or-later
 * crews.c: who is named with whom, how often, and how often they would be, against counting it pair by pair. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/crews.h"

enum { PEOPLE = 30, COMPLAINTS = 120, COMPLAINANTS = 60, UNITS = 3, ROLES = 2, DAY = 86400 };
enum { BLOCKS = (UNITS + 1) * (ROLES + 1) };

typedef struct {
    cd_scene scene;
    cd_policy policy;
    cd_run run;
    cd_look look;
    cd_off off[PEOPLE + 1], post_off[PEOPLE + 1];
    cd_post posts[2 * PEOPLE];
    cd_allegation list[PEOPLE * COMPLAINTS];
    bool named[COMPLAINTS][PEOPLE];
    uint8_t outcome[COMPLAINTS][PEOPLE];
    cd_id by[COMPLAINTS];
} world;
static world w;

static void world_make(uint64_t seed)
{
    cd_random r = cd_random_of(seed, 1, 0);
    memset(&w, 0, sizeof w);
    cd_policy_init(&w.policy);
    w.run = (cd_run){.threads = 3};
    w.look = (cd_look){.scene = &w.scene, .policy = &w.policy, .run = &w.run};
    w.scene.officers.n = PEOPLE, w.scene.units.n = UNITS, w.scene.roles.n = ROLES;
    w.scene.post_off = w.post_off, w.scene.posts = w.posts;
    w.scene.complaints = (cd_complaints){.off = w.off, .list = w.list};
    w.scene.complaints.places.n = COMPLAINTS;
    for (cd_id o = 0; o < PEOPLE; o++) {
        cd_off at = w.post_off[o];
        for (uint32_t k = 0; k < 1 + o % 2; k++) /* every other one moved */
            w.posts[at++] = (cd_post){.from = k ? COMPLAINTS / 2 * DAY : INT64_MIN,
                                      .unit = (uint32_t)cd_random_below(&r, UNITS + 1),
                                      .role = (uint32_t)cd_random_below(&r, ROLES + 1),
                                      .manager = CD_NONE};
        w.post_off[o + 1] = at;
    }
    for (cd_id c = 0; c < COMPLAINTS; c++) {
        uint32_t crew = 1 + (uint32_t)cd_random_below(&r, c % 10 == 0 ? 12 : 4);
        w.by[c] = cd_random_below(&r, 2) ? CD_NONE : (cd_id)cd_random_below(&r, COMPLAINANTS);
        for (uint32_t k = 0; k < crew; k++) w.named[c][cd_random_below(&r, PEOPLE / 2 + c % 2 * PEOPLE / 2)] = true;
        if (c % 9 == 0) w.named[c][3] = w.named[c][4] = w.named[c][5] = true;
        for (cd_id o = 0; o < PEOPLE; o++) w.outcome[c][o] = (uint8_t)cd_random_below(&r, CD_OUTCOMES);
    }
    for (cd_id o = 0; o < PEOPLE; o++) {
        w.off[o + 1] = w.off[o];
        for (cd_id c = 0; c < COMPLAINTS; c++)
            if (w.named[c][o])
                w.list[w.off[o + 1]++] = (cd_allegation){.at = (int64_t)c * DAY,
                                                         .officer = o,
                                                         .complaint = c,
                                                         .complainant = w.by[c],
                                                         .outcome = w.outcome[c][o]};
    }
}

/* ---- The slow way ---- */

static bool dismissed_too;

static bool counts(cd_id o, cd_id c)
{
    uint32_t crew = 0;
    for (cd_id i = 0; i < PEOPLE; i++) crew += w.named[c][i] && (dismissed_too || w.outcome[c][i] != CD_DISMISSED);
    return w.named[c][o] && (dismissed_too || w.outcome[c][o] != CD_DISMISSED) && crew >= 2 && crew <= CD_CREW_MOST;
}

/* Whether it is the first of its complainant to name both. */
static bool counts_for(cd_id a, cd_id b, cd_id c)
{
    if (!counts(a, c) || !counts(b, c)) return false;
    for (cd_id e = 0; e < c; e++)
        if (w.by[c] != CD_NONE && w.by[e] == w.by[c] && counts(a, e) && counts(b, e)) return false;
    return true;
}

static uint32_t block(cd_id o, cd_id c)
{
    const cd_post *p = &w.posts[w.post_off[o]];
    if (o % 2 && c >= COMPLAINTS / 2) p++;
    return p->unit * (ROLES + 1) + p->role;
}

static double times[PEOPLE][BLOCKS], of[PEOPLE], together[BLOCKS][BLOCKS];

static double chances(uint32_t g, uint32_t h)
{
    double sum = 0;
    for (cd_id a = 0; a < PEOPLE; a++)
        for (cd_id b = 0; b < PEOPLE; b++)
            if (g != h || a < b) sum += times[a][g] * times[b][h];
    return sum;
}

static int kind(uint32_t g, uint32_t h) { return g == h ? 0 : g / (ROLES + 1) == h / (ROLES + 1) ? 1 : 2; }

static void count_all(double prior[3])
{
    double seen[3] = {0}, possible[3] = {0};
    memset(times, 0, sizeof times), memset(of, 0, sizeof of), memset(together, 0, sizeof together);
    for (cd_id c = 0; c < COMPLAINTS; c++)
        for (cd_id a = 0; a < PEOPLE; a++) {
            if (counts_for(a, a, c)) times[a][block(a, c)]++, of[a]++;
            for (cd_id b = a + 1; b < PEOPLE; b++) {
                uint32_t g = block(a, c), h = block(b, c);
                if (!counts_for(a, b, c)) continue;
                together[g][h]++, seen[kind(g, h)]++;
                if (g != h) together[h][g]++;
            }
        }
    for (uint32_t g = 0; g < BLOCKS; g++)
        for (uint32_t h = g; h < BLOCKS; h++) possible[kind(g, h)] += chances(g, h);
    for (int k = 0; k < 3; k++) prior[k] = (seen[k] + 0.5) / (possible[k] + 1);
}

static uint32_t shared_of(cd_id a, cd_id b)
{
    uint32_t n = 0;
    for (cd_id c = 0; c < COMPLAINTS; c++) n += counts_for(a, b, c);
    return n;
}

static double expected_of(cd_id a, cd_id b, const double prior[3])
{
    double once = 0, n = shared_of(a, b), left;
    for (uint32_t g = 0; g < BLOCKS; g++)
        for (uint32_t h = 0; h < BLOCKS; h++) {
            double own = 0, each = times[a][g] * times[b][h];
            for (cd_id c = 0; c < COMPLAINTS; c++)
                own += counts_for(a, b, c) &&
                       ((block(a, c) == g && block(b, c) == h) || (g != h && block(a, c) == h && block(b, c) == g));
            if (each > 0)
                once += each * (together[g][h] - own + 5) / (fmax(0, chances(g, h) - each) + 5 / prior[kind(g, h)]);
        }
    left = once;
    for (int k = 0; k < 3; k++) {
        double beyond = n > left ? n - left : 0;
        left = once * fmax(1, of[a] - beyond) / of[a] * fmax(1, of[b] - beyond) / of[b];
    }
    return left;
}

static void counts_are_those_of_every_pair(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        cd_crews crews;
        cd_err err = {0};
        double prior[3], twice = 0, twice_expected = 0;
        size_t at = 0;
        world_make(seed);
        dismissed_too = seed % 2;
        assert_int_equal(cd_crews_make(&w.look, dismissed_too, &crews, &err), CD_OK);
        count_all(prior);
        for (cd_id a = 0; a < PEOPLE; a++) {
            assert_int_equal(crews.named[a], (uint32_t)of[a]);
            for (cd_id b = a + 1; b < PEOPLE; b++) {
                uint32_t shared = shared_of(a, b);
                if (shared == 0) continue;
                const cd_crew_pair *p = &crews.pairs[at++];
                assert_true(p->a == a && p->b == b && p->shared == shared);
                double expected = expected_of(a, b, prior);
                assert_true(p->band == 0); /* there is no roster */
                assert_true(fabs(p->expected / crews.wider[0] / expected - 1) < 1e-9);
                if (shared <= 2) twice += shared == 2, twice_expected += expected / 2;
            }
        }
        assert_int_equal(at, crews.n);
        double all = fmax(1, (twice + 1) / (twice_expected + 1));
        assert_true(fabs(crews.wider[0] - fmax(1, (twice + 2 * all) / (twice_expected + 2))) < 1e-9);
        for (cd_id o = 0; o < PEOPLE; o++)
            for (cd_off i = crews.off[o]; i < crews.off[o + 1]; i++) {
                const cd_crew_pair *p = &crews.pairs[crews.of[i]];
                assert_true(p->a == o || p->b == o);
                assert_true(i == crews.off[o] || crews.of[i] > crews.of[i - 1]);
            }
        assert_int_equal(crews.off[PEOPLE], 2 * crews.n);
        cd_crews_release(&crews);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_are_those_of_every_pair)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
