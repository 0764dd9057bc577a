/* SPDX-License-Identifier: GPL-3.0-or-later
 * complaints.c: which complaints count, against the plain words of it; the ratio of chances, against an integral; that
 * the innocent are no likelier than one time on average, whatever their work; and that outcomes weigh what they
 * foretell.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/complaint_rates.h"
#include "engine/detect/evidence.h"

enum { PEOPLE = 4000, MOST = 80000, UNITS = 20, DAY = 86400, YEARS = 10 };
static const int64_t SPAN = (int64_t)(YEARS * 365.25 * DAY);

/* A force made by hand: what a tally looks at and nothing else. */
typedef struct {
    cd_scene scene;
    cd_residue residue;
    cd_policy policy;
    cd_run run;
    cd_look look;
    cd_off off[PEOPLE + 1], duty_off[PEOPLE + 1];
    cd_allegation list[MOST];
    int64_t joined[PEOPLE], left[PEOPLE];
    uint32_t role[PEOPLE], unit[PEOPLE];
} world;
static world w;

static void world_begin(uint32_t people)
{
    memset(&w, 0, sizeof w);
    cd_policy_init(&w.policy);
    w.run = (cd_run){.threads = 3};
    w.look = (cd_look){.scene = &w.scene, .residue = &w.residue, .policy = &w.policy, .run = &w.run};
    w.scene.officers.n = people, w.scene.roles.n = 2, w.scene.units.n = UNITS, w.scene.as_of = SPAN;
    w.scene.missing = CD_NEEDS_ROSTER | CD_NEEDS_ACCESSES;
    w.scene.duty_off = w.duty_off;
    w.scene.complaints =
        (cd_complaints){.off = w.off, .list = w.list, .joined = w.joined, .left = w.left, .until = SPAN};
    w.scene.complaints.kinds.n = 3;
    w.residue.role = w.role, w.residue.unit = w.unit;
    for (uint32_t o = 0; o < people; o++) w.joined[o] = INT64_MIN, w.left[o] = INT64_MAX, w.role[o] = 1 + o % 2;
}

static void add(uint32_t officer, int64_t at, uint32_t kind, cd_outcome outcome, cd_id complainant)
{
    static cd_id number;
    cd_off n = w.off[officer + 1];
    assert_true(n < MOST);
    w.list[n] = (cd_allegation){at, officer, number++, complainant, kind, (uint8_t)outcome, {0, 0}};
    w.off[officer + 1] = n + 1;
}

static uint32_t poisson(cd_random *r, double mean)
{
    double p = cd_random_unit(r), edge = exp(-mean);
    uint32_t n = 0;
    for (; p > edge; n++) p *= cd_random_unit(r);
    return n;
}

/* A gamma variable of mean 1 and a whole shape. */
static double gamma_of(cd_random *r, uint32_t shape)
{
    double sum = 0;
    for (uint32_t i = 0; i < shape; i++) sum -= log(1 - cd_random_unit(r));
    return sum / shape;
}

static void one_complainant_counts_once(void **state)
{
    (void)state;
    cd_tally t;
    cd_err err = {0};
    world_begin(3);
    for (int i = 0; i < 5; i++) add(0, 1000 * DAY + i * DAY, 1, i == 2 ? CD_SUSTAINED : CD_DISMISSED, 7);
    add(0, 500 * DAY, 1, CD_PENDING, 8);
    w.off[2] = w.off[1];
    for (int i = 0; i < 3; i++) add(1, 1000 * DAY + i * DAY, 1, CD_DISMISSED, CD_NONE);
    w.off[3] = w.off[2];
    w.left[2] = -5; /* before the records begin */
    assert_int_equal(cd_tally_make(&w.look, &t, &err), CD_OK);
    assert_int_equal(t.off[1], 2);
    assert_true(t.list[0].outcome == CD_PENDING && t.list[1].outcome == CD_SUSTAINED && t.list[1].at == 1002 * DAY);
    assert_int_equal(t.off[2] - t.off[1], 3);
    assert_false(t.part[2]);
    cd_tally_release(&t);
}

/* The chance of n under a Poisson mean m times a gamma variable, by adding up small steps of the latter. */
static double integral(uint32_t n, double m, double shape)
{
    double sum = 0, step = 0.0005;
    for (double g = step / 2; g < 40; g += step)
        sum += step * exp(shape * log(shape) + (shape - 1) * log(g) - shape * g - lgamma(shape) + n * log(g * m) -
                          g * m - lgamma(n + 1.0));
    return sum;
}

static void ratio_is_of_the_two_chances(void **state)
{
    (void)state;
    static double times[PEOPLE], expected0[PEOPLE], expected1[PEOPLE];
    double *expected[CD_TALLY_NULLS] = {expected0, expected1};
    static const double more[] = {1.2, 1.5, 2};
    cd_tally t;
    cd_err err = {0};
    world_begin(400);
    w.policy.number[CD_POLICY_COMPLAINTS_PLACE] = 0;
    for (uint32_t o = 0; o < 400; o++) {
        if (o) w.off[o + 1] = w.off[o];
        for (uint32_t k = 0; k < o % 7; k++) add(o, 100 * DAY + k * DAY, 0, CD_NOT_SUSTAINED, CD_NONE);
        w.joined[o] = o % 3 ? INT64_MIN : 50 * DAY;
    }
    assert_int_equal(cd_tally_make(&w.look, &t, &err), CD_OK);
    for (uint32_t p = 0; p < CD_TALLY_PARTS; p++) t.shape[0][p] = t.shape[1][p] = 2.5;
    assert_int_equal(cd_tally_times(&t, t.weight, NULL, times, expected, &err), CD_OK);
    for (uint32_t o = 0; o < 400; o += 57) {
        uint32_t n = o % 7;
        double all = 0, recent = 0, few = 1e-9; /* of the last years nobody has any */
        double rate = 0.5 / ((double)SPAN / 5 / DAY / 365.25 * 399 + 1), years = t.recent_years[o];
        for (int k = 0; k < 3; k++)
            all += integral(n, more[k] * expected0[o], 2.5) / integral(n, expected0[o], 2.5) / 3;
        few = rate * years;
        for (int k = 0; k < 3; k++) recent += integral(0, more[k] * few, 2.5) / integral(0, few, 2.5) / 3;
        assert_true(fabs(times[o] / (0.65 * all + 0.25 * recent) - 1) < 0.01);
    }
    cd_tally_release(&t);
}

/* A force of innocents: people differ, units differ, years differ. The mean of what is said of them, after temper. */
static double mean_of_innocents(uint64_t seed, bool units_differ, uint32_t shape, double place)
{
    static double times[PEOPLE], logs[PEOPLE];
    cd_tally t;
    cd_err err = {0};
    double unit_rate[UNITS + 1], sum = 0;
    world_begin(PEOPLE);
    w.policy.number[CD_POLICY_COMPLAINTS_PLACE] = place;
    for (uint32_t u = 0; u <= UNITS; u++) {
        cd_random r = cd_random_of(seed, 1, u);
        unit_rate[u] = units_differ ? exp(2 * cd_random_unit(&r) - 1) : 1;
    }
    for (uint32_t o = 0; o < PEOPLE; o++) {
        cd_random r = cd_random_of(seed, 2, o);
        w.unit[o] = 1 + o % UNITS;
        if (o) w.off[o + 1] = w.off[o];
        w.joined[o] = cd_random_below(&r, 2) ? INT64_MIN : (int64_t)(cd_random_unit(&r) * 0.9 * (double)SPAN);
        int64_t from = w.joined[o] < 0 ? 0 : w.joined[o];
        double mean = 0.3 * YEARS * (double)(SPAN - from) / (double)SPAN * gamma_of(&r, shape) * unit_rate[w.unit[o]] *
                      w.role[o] / 1.5;
        for (uint32_t k = poisson(&r, mean); k > 0; k--)
            add(o, from + (int64_t)(cd_random_unit(&r) * (double)(SPAN - from)), 1 + (uint32_t)cd_random_below(&r, 3),
                (cd_outcome)cd_random_below(&r, CD_OUTCOMES), CD_NONE);
    }
    assert_int_equal(cd_tally_make(&w.look, &t, &err), CD_OK);
    assert_int_equal(cd_tally_fit(&t, &err), CD_OK);
    assert_int_equal(cd_tally_times(&t, t.weight, NULL, times, NULL, &err), CD_OK);
    for (uint32_t o = 0; o < PEOPLE; o++) logs[o] = times[o] > 0 ? log10(times[o]) : -300;
    double temper;
    assert_int_equal(cd_evidence_temper_times(logs, NULL, PEOPLE, PEOPLE, &temper, &err), CD_OK);
    for (uint32_t o = 0; o < PEOPLE; o++) sum += pow(10, temper * logs[o]);
    cd_tally_release(&t);
    return sum / PEOPLE;
}

static void innocents_are_no_likelier(void **state)
{
    (void)state;
    for (int place = 0; place < 2; place++)
        for (int units = 0; units < 2; units++)
            for (uint32_t shape = 1; shape < 4; shape += 2) {
                double mean = 0;
                for (uint64_t seed = 1; seed <= 4; seed++) mean += mean_of_innocents(seed, units, shape, place) / 4;
                assert_true(mean <= 1.01); /* of four means, each with an error of a hundredth */
                assert_true(mean > 0.3);
            }
}

/* Whether dismissed complaints come by proneness, as sustained ones do, or from nowhere. */
static double weight_of_dismissed(bool tells)
{
    cd_tally t;
    cd_err err = {0};
    world_begin(PEOPLE);
    for (uint32_t o = 0; o < PEOPLE; o++) {
        cd_random r = cd_random_of(9, 2, o);
        double prone = gamma_of(&r, 1);
        if (o) w.off[o + 1] = w.off[o];
        for (uint32_t kind = 0; kind < 2; kind++)
            for (uint32_t k = poisson(&r, 2.5 * (kind == 0 || tells ? prone : 1)); k > 0; k--) {
                int64_t at = (int64_t)(cd_random_unit(&r) * (double)SPAN);
                /* What comes from nowhere is dismissed, and there is none of it in the second half: it is not foretold.
                 */
                if (kind == 1 && !tells && at > SPAN / 2) continue;
                add(o, at, 1, kind == 0 ? CD_SUSTAINED : CD_DISMISSED, CD_NONE);
            }
    }
    assert_int_equal(cd_tally_make(&w.look, &t, &err), CD_OK);
    assert_int_equal(cd_tally_learn(&t, &err), CD_OK);
    double weight = t.weight[CD_DISMISSED];
    assert_true(t.weight[CD_SUSTAINED] == 1);
    cd_tally_release(&t);
    return weight;
}

static void outcomes_weigh_what_they_foretell(void **state)
{
    (void)state;
    double tells = weight_of_dismissed(true), nothing = weight_of_dismissed(false);
    assert_true(tells > 0.8);
    assert_true(nothing < 0.2);
}

/* What events a force records: those that the prone are in more of, those that anybody is in, a roster of work. */
typedef enum { TELLING, ANYBODYS, WORK } events;

/* A force of people of whom some are more often where complaints are made; the events of each. */
static void eventful_force(events kind, uint32_t people, cd_span *duty)
{
    cd_off n = 0;
    world_begin(people);
    w.scene.missing = CD_NEEDS_ACCESSES, w.scene.duty = duty;
    for (uint32_t o = 0; o < people; o++) {
        cd_random r = cd_random_of(21, 2, o);
        double prone = gamma_of(&r, 1), yearly = kind == WORK ? 100 * (0.5 + cd_random_unit(&r)) : 1;
        if (o) w.off[o + 1] = w.off[o];
        for (uint32_t k = poisson(&r, 3 * prone); k > 0; k--)
            add(o, (int64_t)(cd_random_unit(&r) * (double)SPAN), 1, CD_NOT_SUSTAINED, CD_NONE);
        uint32_t own = kind == WORK ? (uint32_t)(YEARS * yearly) : poisson(&r, YEARS * (kind == TELLING ? prone : 1));
        for (uint32_t k = 0; k < own; k++) {
            int64_t from = (int64_t)((k + cd_random_unit(&r)) / own * (double)SPAN);
            duty[n++] = (cd_span){from, from + 3600};
        }
        w.duty_off[o + 1] = n;
    }
}

static void events_count_where_they_foretell(void **state)
{
    (void)state;
    enum { SOME = 1500 };
    static cd_span duty[SOME * YEARS * 160];
    static double log_times[PEOPLE], with[PEOPLE], without[PEOPLE];
    for (events kind = TELLING; kind <= WORK; kind++) {
        cd_tally t;
        cd_err err = {0};
        double sum = 0;
        eventful_force(kind, SOME, duty);
        assert_int_equal(cd_tally_make(&w.look, &t, &err), CD_OK);
        assert_int_equal(cd_tally_fit(&t, &err), CD_OK);
        assert_int_equal(cd_tally_times(&t, t.weight, NULL, without, NULL, &err), CD_OK);
        assert_int_equal(cd_tally_events(&t, &err), CD_OK);
        assert_true((t.slope_events > 0) == (kind == TELLING));
        assert_int_equal(cd_tally_times(&t, t.weight, NULL, with, NULL, &err), CD_OK);
        for (uint32_t o = 0; kind != TELLING && o < SOME; o++) assert_true(with[o] == without[o]);
        if (kind == TELLING) {
            assert_int_equal(cd_tally_foretell(&t, t.weight, log_times, &err), CD_OK);
            for (uint32_t o = 0; o < SOME; o++) sum += exp(log_times[o]);
            assert_true(fabs(sum / SOME - 1) < 1e-9);
            sum = 0;
            for (uint32_t o = 0; o < SOME; o++) sum += with[o];
            assert_true(sum / SOME < 1.05); /* nobody is worse than where they are: the mean, before any temper */
            /* Of two of as many complaints the one of more events. */
            for (uint32_t a = 0; a < SOME; a++)
                for (uint32_t b = 0; b < a; b++) {
                    uint64_t e = w.duty_off[a + 1] - w.duty_off[a], f = w.duty_off[b + 1] - w.duty_off[b];
                    if (w.off[a + 1] - w.off[a] == w.off[b + 1] - w.off[b] && e > f)
                        assert_true(log_times[a] > log_times[b]);
                }
        }
        cd_tally_release(&t);
    }
}

static void too_few_are_taken_alike(void **state)
{
    (void)state;
    cd_tally t;
    cd_err err = {0};
    world_begin(50);
    for (uint32_t o = 0; o < 50; o++) {
        if (o) w.off[o + 1] = w.off[o];
        add(o, 100 * DAY, 1, CD_DISMISSED, CD_NONE);
    }
    assert_int_equal(cd_tally_make(&w.look, &t, &err), CD_OK);
    assert_int_equal(cd_tally_learn(&t, &err), CD_OK);
    for (int k = 0; k < CD_OUTCOMES; k++) assert_true(t.weight[k] == 1);
    cd_tally_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_complainant_counts_once), cmocka_unit_test(ratio_is_of_the_two_chances),
        cmocka_unit_test(innocents_are_no_likelier),   cmocka_unit_test(outcomes_weigh_what_they_foretell),
        cmocka_unit_test(too_few_are_taken_alike),     cmocka_unit_test(events_count_where_they_foretell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
