/* SPDX-License-Identifier: GPL-3.0-or-later
 * drift.c: a small force of people who stray to one unit or two a month; what is said of one of them, by how their
 * months go. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"
#include "engine/store/snapshot.h"

enum { OFFICERS = 40, MONTHS = 8, UNITS = 12, RESTRICTED = 3, STRAYS = OFFICERS * MONTHS * UNITS * 2, ONE = 5 };
enum {
    MONTHLY = 128,
    FILES = MONTHS * MONTHLY + STRAYS,
    DAY = 86400
}; /* the one's, and a file for each stray of others */

typedef struct {
    cd_snapshot snapshot;
    cd_scene scene;
    cd_residue residue;
    cd_policy policy;
    cd_peers peers;
    cd_run run;
    cd_look look;
    cd_off off[OFFICERS + 1], post_off[OFFICERS + 1];
    cd_post posts[2 * OFFICERS];
    cd_stray strays[STRAYS];
    cd_access accesses[STRAYS];
    uint32_t group[OFFICERS], unit[OFFICERS], owner[FILES];
    int8_t sensitivity[FILES];
    bool works[OFFICERS];
} world;

/* What the one does each month: how many units, how many files of each. */
typedef struct {
    uint32_t units[MONTHS], times;
    int8_t sensitivity;
    uint32_t moved; /* to another unit, in this month; 0: never */
    bool one_day;   /* all of a month on one day; else each on its own */
    bool shared;    /* five others open the same, all in the second month */
} course;

/* The middle of a month of 2025. */
static int64_t middle(uint32_t month) { return 1735689600 + (int64_t)month * 2629800 + 14 * DAY; }

static void world_make(world *w, const course *one, uint32_t threads)
{
    cd_off n = 0;
    cd_err err = {0};
    memset(w, 0, sizeof *w);
    for (uint32_t o = 0; o < OFFICERS; o++) {
        bool as_one = o == ONE || (one->shared && o >= 10 && o < 15);
        for (uint32_t m = 0; m < MONTHS; m++) {
            uint32_t units = as_one ? one->units[m] : 1 + (o + m) % 2, times = as_one ? one->times : 1;
            for (uint32_t k = 0; k < units * times; k++, n++) {
                cd_id file = as_one ? m * MONTHLY + k : MONTHS * MONTHLY + (cd_id)n;
                uint32_t month = as_one && o != ONE ? 1 : m;
                int64_t at = middle(month) + (as_one && one->one_day ? k : k * DAY);
                w->owner[file] = as_one ? UNITS - k % units : 1 + (o + k) % (UNITS / 2 - 1);
                w->sensitivity[file] = as_one ? one->sensitivity : 1;
                w->accesses[n] = (cd_access){.at = at, .file = file};
                w->strays[n] = (cd_stray){.file = file, .rows = 1, .first = n, .month = (uint16_t)month};
            }
        }
        w->off[o + 1] = n;
        bool moves = o == ONE && one->moved;
        w->posts[w->post_off[o]] = (cd_post){.from = INT64_MIN, .unit = 1, .role = 1};
        if (moves) w->posts[w->post_off[o] + 1] = (cd_post){.from = middle(one->moved), .unit = 2, .role = 1};
        w->post_off[o + 1] = w->post_off[o] + 1 + moves;
        w->group[o] = 1, w->works[o] = true;
    }
    cd_policy_init(&w->policy);
    w->snapshot.ontology = candour_ontology_builtin();
    w->scene = (cd_scene){.snapshot = &w->snapshot,
                          .post_off = w->post_off,
                          .posts = w->posts,
                          .access_off = w->off,
                          .accesses = w->accesses,
                          .sensitivity = w->sensitivity,
                          .first = middle(0),
                          .last = middle(MONTHS - 1)};
    w->scene.officers.n = OFFICERS, w->scene.units.n = UNITS, w->scene.files.n = FILES;
    w->residue = (cd_residue){.off = w->off,
                              .strays = w->strays,
                              .unit = w->unit,
                              .role = w->group,
                              .owner = w->owner,
                              .works = w->works,
                              .first_month = cd_month_of(middle(0)),
                              .n_months = MONTHS};
    w->run = (cd_run){.threads = threads};
    assert_int_equal(cd_peers_make(w->group, 2, w->works, OFFICERS, 2, &w->peers, &err), CD_OK);
    w->look =
        (cd_look){.scene = &w->scene, .residue = &w->residue, .policy = &w->policy, .peers = &w->peers, .run = &w->run};
}

/* What is said of the one, and of nobody else; NULL: nothing. */
static const cd_finding *said(world *w, const course *one, uint32_t threads, cd_findings *out)
{
    cd_err err = {0};
    *out = (cd_findings){0};
    world_make(w, one, threads);
    if (cd_detector_drift.run(&w->look, 2, out, &err) != CD_OK) fail_msg("%s", err.text);
    cd_peers_release(&w->peers);
    if (out->n == 0) return NULL;
    assert_int_equal(out->n, 1);
    assert_int_equal(out->list[0].officer, ONE);
    return &out->list[0];
}

static void silent(world *w, const course *one)
{
    cd_findings found;
    if (said(w, one, 1, &found)) fail_msg("'%s'", found.list[0].words);
    cd_findings_release(&found);
}

static const course rising = {{1, 0, 0, 1, 2, 4, 5, 7}, 1, 1, 0, false, false};

static void a_rise_is_told(void **state)
{
    static world w;
    cd_findings found;
    (void)state;
    const cd_finding *f = said(&w, &rising, 1, &found);
    assert_non_null(f);
    assert_string_equal(f->words,
                        "unexplained files rose from 2 over 4 months to 18 over 4, 4 of a unit a month at most");
    assert_int_equal(f->n_cited, 20); /* one row for each unit and month */
    assert_int_equal(f->n_counted, 0);
    assert_int_equal(f->peers, OFFICERS);
    assert_int_equal(f->detector, 2);
    assert_true(f->base > 10 && f->gain_centibans == cd_evidence_centibans(f->base));
    double base = f->base;
    cd_findings_release(&found);
    f = said(&w, &rising, 3, &found); /* the same by three threads */
    assert_non_null(f);
    assert_true(f->base == base);
    cd_findings_release(&found);
}

static void what_is_no_rise_is_not(void **state)
{
    static world w;
    static const course falling = {{7, 6, 4, 2, 1, 0, 0, 1}, 1, 1, 0, false, false},
                        steady = {{2, 2, 3, 2, 2, 3, 2, 2}, 1, 1, 0, false, false},
                        few = {{0, 0, 0, 0, 0, 0, 1, 2}, 1, 1, 0, false, false};
    (void)state;
    silent(&w, &falling);
    silent(&w, &steady);
    silent(&w, &few);
}

/* A busy month with one other unit is four files, however many there were. */
static void a_unit_counts_four_times_a_month(void **state)
{
    static world w;
    static const course once = {{1, 1, 2, 1, 2, 1, 2, 1}, 1, 1, 0, false, false};
    course busy = once;
    (void)state;
    silent(&w, &once);
    busy.times = 10;
    silent(&w, &busy);
    cd_findings one, ten;
    course four = rising, many = rising;
    four.times = 4, many.times = 9;
    const cd_finding *a = said(&w, &four, 1, &one), *b = said(&w, &many, 1, &ten);
    assert_true(a && b && a->base == b->base && a->n_cited == b->n_cited && a->n_cited == 80);
    cd_findings_release(&one);
    cd_findings_release(&ten);
}

/* Opening restricted files never softens a rise, so that they are no part of one; who moves begins anew. */
static void the_restricted_and_the_moved(void **state)
{
    static world w;
    course one = rising;
    (void)state;
    one.sensitivity = RESTRICTED;
    silent(&w, &one);
    one = rising, one.moved = 5;
    silent(&w, &one);
}

/* What several others open too is the work's. */
static void what_others_share_is_none(void **state)
{
    static world w;
    course one = rising;
    (void)state;
    one.shared = true;
    silent(&w, &one);
}

/* What is opened in a row is one search; and much of two months is a project, not a change. */
static void a_search_and_a_project_are_no_rise(void **state)
{
    static world w;
    static const course project = {{1, 0, 1, 0, 0, 1, 6, 6}, 1, 1, 0, false, false};
    course one = rising;
    (void)state;
    one.one_day = true;
    silent(&w, &one);
    silent(&w, &project);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_rise_is_told),
                                       cmocka_unit_test(what_is_no_rise_is_not),
                                       cmocka_unit_test(a_unit_counts_four_times_a_month),
                                       cmocka_unit_test(the_restricted_and_the_moved),
                                       cmocka_unit_test(a_search_and_a_project_are_no_rise),
                                       cmocka_unit_test(what_others_share_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
