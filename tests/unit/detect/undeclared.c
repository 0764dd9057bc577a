/* SPDX-License-Identifier: GPL-3.0-or-later
 * undeclared.c: who is listed somewhere and declared nothing, against going through all rows for each pair of an
 * officer and an organisation, under duties of every kind. */
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
#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"
#include "tests/support/crash.h"
#include "tests/support/store_rows.h"

enum { FORCES = 40, ROWS = 90, DECLARED = 60, OFFICERS = 12, ASSOCIATIONS = 8, SOURCES = 3, DAY = 86400, DAYS = 400 };

/* Days from 2025-01-01; -1: not said. Confidence in hundredths. */
typedef struct {
    uint32_t officer, association, source, confidence;
    int32_t from, to;
} link_row;
typedef struct {
    uint32_t officer, association;
    int32_t at;
} declared_row;

static struct {
    char folder[512], store[600];
    link_row links[ROWS];
    declared_row declared[DECLARED];
} w;

/* Organisations, companies, and persons. */
static const char *kind_of(uint32_t a) { return a % 4 == 3 ? "person" : a % 2 ? "company" : "organisation"; }
static bool is_body(uint32_t a) { return a % 4 != 3; }
static int64_t second_of(int32_t day) { return (int64_t)(cd_days_of(2025, 1, 1) + day) * DAY; }

static void day_text(int32_t day, char out[CD_TIME_TEXT])
{
    out[0] = '\0';
    if (day >= 0) cd_time_write(second_of(day), out);
}

static void world_make(uint64_t seed)
{
    rows_force f = {0};
    cd_err err = {0};
    cd_random r = cd_random_of(seed, 79, 0);
    crash_folder_make(w.folder, "undeclared");
    snprintf(w.store, sizeof w.store, "%s/s", w.folder);
    for (uint32_t o = 0; o < OFFICERS; o++) rows_add(&f, "officers", "o%02u||||||||", o);
    for (uint32_t a = 0; a < ASSOCIATIONS; a++) rows_add(&f, "associations", "a%u|%s||", a, kind_of(a));
    for (uint32_t i = 0; i < ROWS; i++) {
        char from[CD_TIME_TEXT], to[CD_TIME_TEXT];
        link_row *x = &w.links[i];
        *x = (link_row){.officer = (uint32_t)cd_random_below(&r, OFFICERS),
                        .association = (uint32_t)cd_random_below(&r, ASSOCIATIONS),
                        .source = (uint32_t)cd_random_below(&r, SOURCES),
                        .confidence = 100 - i,
                        .from = (int32_t)cd_random_below(&r, DAYS) - 40,
                        .to = -1};
        if (x->source == 2 && cd_random_below(&r, 4)) x->association = 3 + 4 * (uint32_t)cd_random_below(&r, 2);
        if (x->from < 0) x->from = -1;
        if (cd_random_below(&r, 3) == 0) x->to = (x->from < 0 ? 0 : x->from) + 1 + (int32_t)cd_random_below(&r, 200);
        day_text(x->from, from), day_text(x->to, to);
        rows_add(&f, "links", "o%02u|a%u|list%u|%s|%s|%u.%02u", x->officer, x->association, x->source, from, to,
                 x->confidence / 100, x->confidence % 100);
    }
    for (uint32_t i = 0; i < DECLARED; i++) {
        char at[CD_TIME_TEXT];
        declared_row *x = &w.declared[i];
        *x = (declared_row){(uint32_t)cd_random_below(&r, OFFICERS), (uint32_t)cd_random_below(&r, ASSOCIATIONS),
                            (int32_t)cd_random_below(&r, DAYS)};
        if (cd_random_below(&r, 2)) x->association = 0; /* where most declare */
        day_text(x->at, at);
        rows_add(&f, "declarations", "o%02u|a%u|%s|", x->officer, x->association, at);
    }
    assert_int_equal(rows_load(w.store, &f, &(rows_way){0}, NULL, &err), CD_OK);
    rows_release(&f);
}

/* ---- The slow way ---- */

typedef struct {
    int32_t as_of, since; /* of the duty that the policy states for association 2; since -1: it states none */
    bool past;
    int32_t grace;
    double share;
} way;

/* A source lists memberships where more than half of its rows that can be seen are of bodies. */
static bool lists_memberships(const way *x, uint32_t source)
{
    uint32_t all = 0, bodies = 0;
    for (uint32_t i = 0; i < ROWS; i++)
        if (w.links[i].source == source && w.links[i].from < x->as_of) all++, bodies += is_body(w.links[i].association);
    return 2 * bodies > all;
}

static int32_t duty_since(const way *x, uint32_t a) { return a == 2 && x->since >= 0 ? x->since : -1; }

static const link_row *membership(const way *x, uint32_t o, uint32_t a)
{
    const link_row *best = NULL;
    for (uint32_t i = 0; i < ROWS; i++) {
        const link_row *l = &w.links[i];
        if (l->officer != o || l->association != a || l->from >= x->as_of || !lists_memberships(x, l->source)) continue;
        if (!x->past && duty_since(x, a) >= 0 && l->to >= 0 && l->to <= duty_since(x, a)) continue;
        if (!best || l->confidence > best->confidence) best = l;
    }
    return best;
}

static bool has_declared(const way *x, uint32_t o, uint32_t a)
{
    for (uint32_t i = 0; i < DECLARED; i++)
        if (w.declared[i].officer == o && w.declared[i].association == a && w.declared[i].at < x->as_of) return true;
    return false;
}

/* The factor for a pair; 0: nothing is said. */
static double said_of(const way *x, uint32_t o, uint32_t a)
{
    uint32_t members = 0, declared = 0;
    const link_row *l = membership(x, o, a);
    for (uint32_t p = 0; p < OFFICERS; p++)
        if (membership(x, p, a)) members++, declared += has_declared(x, p, a);
    bool stated = duty_since(x, a) >= 0;
    if (!is_body(a) || !l || has_declared(x, o, a)) return 0;
    if (!stated && (declared < 3 || declared < x->share * members)) return 0;
    int32_t due = l->from > duty_since(x, a) ? l->from : duty_since(x, a);
    if (due >= 0 && due > x->as_of - x->grace) return 0;
    double p = (members - declared) / (members + 1.0);
    return l->confidence / 100.0 * cd_evidence_times(rint(1000 * log10(p)) / 1000, 1);
}

static uint32_t check(candour_store *store, const way *x)
{
    cd_err err = {0};
    cd_scene *s = NULL;
    cd_policy policy;
    cd_findings found = {0};
    const cd_run run = {.threads = 1};
    cd_residue residue = {.since = INT64_MIN};
    uint32_t n = 0, last = 0;
    cd_policy_init(&policy);
    policy.number[CD_POLICY_PAST_MEMBERSHIPS] = x->past, policy.number[CD_POLICY_DECLARE_GRACE_DAYS] = x->grace;
    policy.number[CD_POLICY_DECLARED_SHARE] = x->share;
    if (x->since >= 0) {
        snprintf(policy.duty[0].organisation, sizeof policy.duty[0].organisation, "a2");
        policy.duty[0].since = second_of(x->since), policy.n_duties = 1;
    }
    cd_scene_options options = {.as_of = second_of(x->as_of), .needs = CD_NEEDS_LINKS | CD_NEEDS_DECLARATIONS};
    assert_int_equal(cd_scene_open(store, &options, &run, &s, &err), CD_OK);
    const cd_look look = {.scene = s, .residue = &residue, .policy = &policy, .run = &run};
    assert_int_equal(cd_detector_undeclared.run(&look, 7, &found, &err), CD_OK);
    for (uint32_t o = 0; o < OFFICERS; o++)
        for (uint32_t a = 0; a < ASSOCIATIONS; a++) {
            double times = said_of(x, o, a);
            char with[32];
            if (!(times > 0)) continue;
            assert_true(n < found.n);
            const cd_finding *f = &found.list[n++];
            snprintf(with, sizeof with, " a%u by ", a);
            assert_int_equal(f->officer, o);
            assert_int_equal(f->detector, 7);
            assert_non_null(strstr(f->words, with));
            assert_true(fabs(f->base / times - 1) < 1e-6); /* a confidence is kept as a float */
            assert_true(o >= last);
            last = o;
        }
    assert_int_equal(n, found.n);
    cd_findings_release(&found);
    cd_scene_close(s);
    return n;
}

static void findings_are_those_of_every_pair(void **state)
{
    (void)state;
    uint32_t told = 0;
    for (uint64_t seed = 1; seed <= FORCES; seed++) {
        cd_err err = {0};
        candour_store *store = NULL;
        world_make(seed);
        assert_int_equal(candour_store_open(w.store, NULL, &store, &err), CD_OK);
        for (int k = 0; k < 16; k++) {
            way x = {.as_of = k & 1 ? DAYS + 300 : 250,
                     .since = k & 2 ? 100 : -1,
                     .past = (k & 4) != 0,
                     .grace = k & 8 ? 30 : 180,
                     .share = 0.4};
            told += check(store, &x);
        }
        candour_store_close(store);
        crash_tree_drop(w.folder);
    }
    assert_true(told > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(findings_are_those_of_every_pair)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
