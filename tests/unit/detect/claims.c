/* SPDX-License-Identifier: GPL-3.0-or-later
 * claims.c: which claimed hours were judged and which went unseen, minute by minute; and who covers whom (covers.h), by
 * going through every circle. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/civil.h"
#include "engine/base/random.h"
#include "engine/detect/chance.h"
#include "engine/detect/covers.h"
#include "engine/detect/evidence.h"
#include "tests/support/crash.h"
#include "tests/support/store_rows.h"

enum { FORCES = 6, OFFICERS = 14, DAYS = 75, SITES = 2, MONTHS = 3, MINUTES = (DAYS + 2) * 1440, UNITS = 2 };
typedef enum { OUT_OF_SIGHT, BADGE, LOGIN, MACHINES } machine;

/* A shift as it was claimed, in minutes; one a day at most. */
typedef struct {
    bool worked, rest;
    uint32_t mode; /* 1: office; 2: field */
    int32_t starts, ends, from, to;
} day;

static struct {
    char folder[512], store[600];
    day days[OFFICERS][DAYS];
    uint8_t seen[OFFICERS][MINUTES]; /* by which machine */
} w;

static uint32_t site_of(uint32_t o) { return o % SITES; }
static uint32_t month_of(int32_t minute) { return (uint32_t)(minute / 1440 < 31 ? 0 : minute / 1440 < 59 ? 1 : 2); }

static void minute_text(int32_t minute, char out[CD_TIME_TEXT])
{
    cd_time_write((int64_t)cd_days_of(2025, 1, 1) * 86400 + (int64_t)minute * 60, out);
}

static void sighting_add(rows_force *f, uint32_t o, int32_t from, int32_t to, machine by)
{
    char a[CD_TIME_TEXT], b[CD_TIME_TEXT];
    minute_text(from, a), minute_text(to, b);
    rows_add(f, "presence", "o%02u|S%u|%s|%s|%s", o, site_of(o), a, b, by == BADGE ? "badge" : "login");
    for (int32_t m = from; m < to; m++) w.seen[o][m] = (uint8_t)by;
}

static void day_make(rows_force *f, cd_random *r, uint32_t o, int32_t d)
{
    char from[CD_TIME_TEXT], to[CD_TIME_TEXT];
    day *x = &w.days[o][d];
    int32_t starts = d * 1440 + 480 + (int32_t)site_of(o) * 60, ends = starts + 480;
    *x = (day){.worked = cd_random_below(r, 10) < 8, .mode = 1 + (uint32_t)(cd_random_below(r, 5) == 0)};
    x->rest = cd_random_below(r, 12) == 0;
    if (!x->worked) return;
    x->starts = x->from = starts, x->ends = x->to = ends;
    if (!x->rest && cd_random_below(r, 3) == 0) x->to += 60 + 30 * (int32_t)cd_random_below(r, 3);
    if (!x->rest && cd_random_below(r, 6) == 0) x->from -= 60;
    minute_text(x->from, from), minute_text(x->to, to);
    rows_add(f, "roster", "o%02u|s%u-%02d|%s|%s|%s|%s", o, site_of(o), (int)d, x->mode == 1 ? "office" : "field", from,
             to, x->rest ? "8" : "0");
    if (cd_random_below(r, 7) == 0) return; /* no machine saw them */
    machine by = cd_random_below(r, 3) ? BADGE : LOGIN;
    /* Odd minutes: what is told apart by a minute is told apart. */
    int32_t come = (cd_random_below(r, 3) ? x->from : x->starts) - 11, go = x->to + 3;
    if (cd_random_below(r, 4) == 0) go = x->ends - 13;
    if (cd_random_below(r, 9) == 0) go = x->ends - 131;
    if (cd_random_below(r, 6) == 0) go = x->ends + 12; /* lingers */
    if (cd_random_below(r, 5) == 0) { /* a gap at noon */
        sighting_add(f, o, come, starts + 203, by);
        come = starts + 277, by = by == BADGE ? LOGIN : BADGE;
    }
    sighting_add(f, o, come, go, by);
}

static void world_make(uint64_t seed)
{
    rows_force f = {0};
    cd_err err = {0};
    cd_random r = cd_random_of(seed, 78, 0);
    memset(&w, 0, sizeof w);
    crash_folder_make(w.folder, "claims");
    snprintf(w.store, sizeof w.store, "%s/s", w.folder);
    for (uint32_t o = 0; o < OFFICERS; o++) rows_add(&f, "officers", "o%02u||||||||", o);
    for (uint32_t site = 0; site < SITES; site++)
        for (int32_t d = 0; d < DAYS; d++) {
            char from[CD_TIME_TEXT], to[CD_TIME_TEXT];
            minute_text(d * 1440 + 480 + (int32_t)site * 60, from),
                minute_text(d * 1440 + 960 + (int32_t)site * 60, to);
            rows_add(&f, "shifts", "s%u-%02d|U%u|S%u|%s|%s|", site, (int)d, site, site, from, to);
        }
    for (uint32_t o = 0; o < OFFICERS; o++)
        for (int32_t d = 0; d < DAYS; d++) day_make(&f, &r, o, d);
    assert_int_equal(rows_load(w.store, &f, &(rows_way){0}, NULL, &err), CD_OK);
    rows_release(&f);
}

/* ---- The slow way ---- */

typedef struct {
    uint32_t n, lost;
} tally;
static tally stretch[SITES][MACHINES][MONTHS], shift[SITES][3][MONTHS], on_day[SITES][DAYS], all_stretch[MACHINES],
    all_shift[3], all_days;

static machine any_of(uint32_t o, int32_t from, int32_t to)
{
    machine last = OUT_OF_SIGHT;
    for (int32_t m = from < 0 ? 0 : from; m < to; m++)
        if (w.seen[o][m]) last = (machine)w.seen[o][m];
    return last;
}

static bool seen_at_all(uint32_t o, const day *x) { return any_of(o, x->from - 30, x->to + 30) != OUT_OF_SIGHT; }

/* 1: lost, 0: seen, -1: nothing can be said. */
static int watched(uint32_t o, int32_t from, int32_t to, bool before, machine *by)
{
    int32_t length = to - from, into = length / 6 < 15 ? length / 6 : 15;
    *by = before ? any_of(o, to, to + 31) : any_of(o, from - 30, from);
    if (*by == OUT_OF_SIGHT) return -1;
    return (before ? any_of(o, from, to - into) : any_of(o, from + into, to)) == OUT_OF_SIGHT;
}

static void count(tally *cell, tally *all, bool lost) { cell->n++, all->n++, cell->lost += lost, all->lost += lost; }

static void learn_slowly(void)
{
    memset(stretch, 0, sizeof stretch), memset(shift, 0, sizeof shift), memset(on_day, 0, sizeof on_day);
    memset(all_stretch, 0, sizeof all_stretch), memset(all_shift, 0, sizeof all_shift), all_days = (tally){0};
    for (uint32_t o = 0; o < OFFICERS; o++)
        for (int32_t d = 0; d < DAYS; d++) {
            const day *x = &w.days[o][d];
            machine by;
            if (!x->worked || x->rest || x->from < x->starts || x->to > x->ends) continue;
            bool unseen = !seen_at_all(o, x);
            count(&shift[site_of(o)][x->mode][month_of(x->starts)], &all_shift[x->mode], unseen);
            int v = watched(o, x->ends - 120, x->ends, false, &by);
            if (v >= 0) count(&stretch[site_of(o)][by][month_of(x->starts)], &all_stretch[by], v);
            count(&on_day[site_of(o)][d], &all_days, unseen || v == 1);
        }
}

static double relative(tally cell, tally all)
{
    double mean = (all.lost + 0.5) / (all.n + 1.0);
    return 2 * cell.lost > cell.n || cell.lost == cell.n ? 0 : (cell.lost + 30 * mean) / (cell.n + 30) / mean;
}

static bool is_outage(uint32_t site, int32_t d)
{
    tally x = on_day[site][d];
    return x.lost > 1 && (double)x.lost / x.n > 0.25 + 2.0 * all_days.lost / all_days.n;
}

/* The worked day before or after one; -1: none within two weeks. */
static int32_t neighbour(uint32_t o, int32_t d, int32_t step)
{
    for (int32_t k = d + step; k >= 0 && k < DAYS && abs(k - d) < 14; k += step)
        if (w.days[o][k].worked) return k;
    return -1;
}

/* What one officer's claims come to. */
typedef struct {
    uint32_t judged[CD_CLAIMS], seen[CD_CLAIMS];
    double exposure[CD_CLAIMS];
    uint32_t claimed[DAYS], unseen[DAYS]; /* claims of a day */
} slow_claims;
static slow_claims slow[OFFICERS];

static void claim_slowly(uint32_t o, int32_t d, cd_claim_kind kind, double weight, bool lost)
{
    if (!(weight > 0)) return;
    slow[o].judged[kind]++, slow[o].seen[kind] += lost, slow[o].exposure[kind] += weight;
    slow[o].claimed[d]++, slow[o].unseen[d] += lost;
}

static void judge_slowly(uint32_t o)
{
    slow[o] = (slow_claims){0};
    for (int32_t d = 0; d < DAYS; d++) {
        const day *x = &w.days[o][d];
        uint32_t site = site_of(o), month = month_of(x->starts);
        machine by;
        if (!x->worked || is_outage(site, d)) continue;
        for (int before = 1; before >= 0 && !x->rest && seen_at_all(o, x); before--) {
            int32_t from = before ? x->from : x->ends, to = before ? x->starts : x->to;
            int v = to - from >= 20 ? watched(o, from, to, before, &by) : -1;
            if (v >= 0) claim_slowly(o, d, CD_CLAIM_STRETCH, relative(stretch[site][by][month], all_stretch[by]), v);
        }
        int32_t a = neighbour(o, d, -1), b = neighbour(o, d, 1);
        if (x->rest && a >= 0 && b >= 0 && seen_at_all(o, &w.days[o][a]) && seen_at_all(o, &w.days[o][b]))
            claim_slowly(o, d, CD_CLAIM_REST, relative(shift[site][x->mode][month], all_shift[x->mode]),
                         !seen_at_all(o, x));
    }
}

/* ---- Who covers whom, slowly ---- */

static double times_of_chance(uint32_t seen, uint32_t n, double share)
{
    return cd_evidence_times(rint(1000 * cd_chance_tries(seen, n, share)) / 1000, 1);
}

static uint32_t unseen_days(uint32_t o)
{
    uint32_t n = 0;
    for (int32_t d = 0; d < DAYS; d++) n += slow[o].unseen[d] > 0;
    return n;
}

static double same_days(uint32_t a, uint32_t b)
{
    uint32_t days[2] = {0}, lost[2] = {0}, both = 0, both_lost = 0;
    for (int32_t d = 0; d < DAYS; d++) {
        bool x = slow[a].claimed[d], y = slow[b].claimed[d], p = slow[a].unseen[d], q = slow[b].unseen[d];
        days[0] += x, days[1] += y, lost[0] += p, lost[1] += q, both += x && y, both_lost += p && q;
    }
    return times_of_chance(both_lost, both, (double)lost[0] / days[0] * lost[1] / days[1]);
}

/* That a is gone while b stays. */
static double covered(uint32_t a, uint32_t b)
{
    uint32_t days = 0, lost = 0, stays = 0, covers = 0;
    for (int32_t d = 0; d < DAYS; d++) {
        bool there = slow[b].claimed[d] && !slow[b].unseen[d];
        days += slow[a].claimed[d] > 0, lost += slow[a].unseen[d] > 0;
        stays += slow[a].claimed[d] && there, covers += slow[a].unseen[d] && there;
    }
    return times_of_chance(covers, lost, (double)stays / days);
}

/* The sum over all circles of so many that begin with path[0], and how many there are. */
static void circles(uint32_t *path, uint32_t n, uint32_t size, const bool *may, double times, double *sum, double *all)
{
    if (n == size) {
        *sum += times * covered(path[n - 1], path[0]), ++*all;
        return;
    }
    for (uint32_t o = 0; o < OFFICERS; o++) {
        bool met = !may[o] || o % UNITS != path[0] % UNITS;
        for (uint32_t k = 0; k < n; k++) met = met || path[k] == o;
        if (met) continue;
        path[n] = o;
        circles(path, n + 1, size, may, times * covered(path[n - 1], o), sum, all);
    }
}

static double arrangement_of(uint32_t o, const bool *may)
{
    static const double weight[] = {0, 0, 0.25, 0.15, 0.1};
    double out = 0, pairs = 0, n = 0;
    for (uint32_t p = 0; p < OFFICERS; p++)
        if (p != o && may[p] && p % UNITS == o % UNITS) pairs += same_days(o, p), n++;
    if (n == 0) return 0;
    out = 0.5 * pairs / n;
    for (uint32_t size = 2; size <= 4; size++) {
        double sum = 0, all = 0;
        uint32_t path[4] = {o};
        circles(path, 1, size, may, 1, &sum, &all);
        if (all > 0) out += weight[size] * sum / all;
    }
    return out;
}

static void check_covers(const cd_claimed *c)
{
    cd_covers covers;
    cd_err err = {0};
    bool may[OFFICERS];
    double logs[OFFICERS], power;
    size_t n = 0;
    assert_int_equal(cd_covers_make(c, &covers, &err), CD_OK);
    for (uint32_t o = 0; o < OFFICERS; o++) may[o] = unseen_days(o) >= 2;
    for (uint32_t o = 0; o < OFFICERS; o++) {
        double times = may[o] ? arrangement_of(o, may) : 0;
        if (times > 0) logs[n++] = rint(1000 * log10(times)) / 1000;
    }
    assert_int_equal(cd_evidence_temper_times(logs, NULL, n, (double)n, &power, &err), CD_OK);
    for (uint32_t o = 0; o < OFFICERS; o++) {
        double times = may[o] ? arrangement_of(o, may) : 0;
        times = times > 0 ? pow(10, power * log10(times)) : 1;
        assert_true(fabs(covers.times[o] / times - 1) < 0.003);
    }
    cd_covers_release(&covers);
}

static void claims_are_those_of_every_minute(void **state)
{
    (void)state;
    uint32_t told = 0, outages = 0;
    for (uint64_t seed = 1; seed <= FORCES; seed++) {
        cd_err err = {0};
        candour_store *store = NULL;
        cd_scene *s = NULL;
        cd_claimed c;
        uint32_t unit[OFFICERS];
        for (uint32_t o = 0; o < OFFICERS; o++) unit[o] = 1 + o % UNITS;
        const cd_run run = {.threads = 2};
        cd_residue residue = {.since = INT64_MIN, .unit = unit};
        world_make(seed);
        learn_slowly();
        assert_int_equal(candour_store_open(w.store, NULL, &store, &err), CD_OK);
        assert_int_equal(
            cd_scene_open(store, &(cd_scene_options){.as_of = INT64_MAX, .needs = CD_NEEDS_ROSTER | CD_NEEDS_PRESENCE},
                          &run, &s, &err),
            CD_OK);
        const cd_look look = {.scene = s, .residue = &residue, .run = &run};
        assert_int_equal(cd_claimed_make(&look, &c, &err), CD_OK);
        for (uint32_t o = 0; o < OFFICERS; o++) {
            judge_slowly(o);
            for (int k = 0; k < CD_CLAIMS; k++) {
                assert_int_equal(c.judged[k][o], slow[o].judged[k]);
                assert_int_equal(c.seen[k][o], slow[o].seen[k]);
                assert_true(fabs(c.exposure[k][o] - slow[o].exposure[k]) < 1e-9);
                told += c.seen[k][o];
            }
        }
        for (uint32_t site = 0; site < SITES; site++)
            for (int32_t d = 0; d < DAYS; d++) outages += is_outage(site, d);
        check_covers(&c);
        cd_claimed_release(&c);
        cd_scene_close(s);
        candour_store_close(store);
        crash_tree_drop(w.folder);
    }
    assert_true(told > 100 && outages > 0); /* or else little was tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(claims_are_those_of_every_minute)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
