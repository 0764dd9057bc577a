/* SPDX-License-Identifier: GPL-3.0-or-later
 * touched.c: unexplained files about what officers reach, and how many chance would have, against trying every officer
 * with every file and every path. What is reached is taken as it is. */
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
#include "engine/detect/touched.h"
#include "tests/support/crash.h"
#include "tests/support/store_rows.h"

enum {
    FORCES = 8,
    OFFICERS = 12,
    FILES = 40,
    PEOPLE = 24,
    UNITS = 3,
    DAYS = 300,
    ACCESSES = 500,
    TASKS = 100,
    DAY = 86400
};

/* Days from 2025-01-01. */
typedef struct {
    uint32_t officer, file;
    int32_t from, to;
} task;

static struct {
    char folder[512], store[600];
    bool about[FILES][PEOPLE];
    task tasks[TASKS];
} w;

static int64_t second_of(int32_t day) { return (int64_t)(cd_days_of(2025, 1, 1) + day) * DAY; }

static const char *day_text(int32_t day, char out[CD_TIME_TEXT])
{
    cd_time_write(second_of(day), out);
    return out;
}

static void ties_add(rows_force *f, cd_random *r)
{
    char from[CD_TIME_TEXT], to[CD_TIME_TEXT];
    for (uint32_t a = 0; a < PEOPLE; a++) rows_add(f, "associations", "a%02u|%s||", a, a % 3 ? "person" : "phone");
    for (uint32_t i = 0; i < 3 * OFFICERS; i++) {
        int32_t since = (int32_t)cd_random_below(r, DAYS);
        rows_add(f, "links", "o%02u|a%02u|register|%s|%s|0.9", i % OFFICERS, (uint32_t)cd_random_below(r, PEOPLE),
                 cd_random_below(r, 2) ? "" : day_text(since, from),
                 cd_random_below(r, 2) ? "" : day_text(since + 150, to));
    }
    for (uint32_t i = 0; i < PEOPLE / 2; i++)
        rows_add(f, "ties", "a%02u|a%02u|caller|%s||0.9", (uint32_t)cd_random_below(r, PEOPLE),
                 (uint32_t)cd_random_below(r, PEOPLE), cd_random_below(r, 2) ? "" : day_text((int32_t)i * 20, from));
    for (uint32_t c = 0; c < 60; c++) {
        rows_add(f, "complaints", "c%u|%s|||a%02u|", c, day_text((int32_t)c * 4, from),
                 (uint32_t)cd_random_below(r, PEOPLE));
        rows_add(f, "allegations", "o%02u|c%u||pending", (uint32_t)cd_random_below(r, OFFICERS), c);
    }
}

static void world_make(uint64_t seed)
{
    static const char *const actions[] = {"view", "edit"};
    rows_force f = {0};
    cd_err err = {0};
    char a[CD_TIME_TEXT], b[CD_TIME_TEXT];
    cd_random r = cd_random_of(seed, 81, 0);
    memset(&w, 0, sizeof w);
    crash_folder_make(w.folder, "touched");
    snprintf(w.store, sizeof w.store, "%s/s", w.folder);
    for (uint32_t o = 0; o < OFFICERS; o++) rows_add(&f, "officers", "o%02u||U%u||||||", o, o % UNITS);
    for (uint32_t x = 0; x < FILES; x++) {
        rows_add(&f, "cases", "f%02u|U%u|||||", x, x % UNITS);
        for (uint32_t p = 0; p < PEOPLE; p++) {
            w.about[x][p] = cd_random_below(&r, 10) == 0;
            if (w.about[x][p]) rows_add(&f, "subjects", "f%02u|a%02u|suspect", x, p);
        }
    }
    ties_add(&f, &r);
    for (uint32_t i = 0; i < TASKS; i++) {
        task *t = &w.tasks[i];
        *t = (task){(uint32_t)cd_random_below(&r, OFFICERS), (uint32_t)cd_random_below(&r, FILES),
                    (int32_t)cd_random_below(&r, DAYS), 0};
        t->to = t->from + 1 + (int32_t)cd_random_below(&r, 60);
        rows_add(&f, "assignments", "o%02u|f%02u|oic|%s|%s", t->officer, t->file, day_text(t->from, a),
                 day_text(t->to, b));
    }
    for (uint32_t i = 0; i < ACCESSES; i++) /* no two at one second */
        rows_add(&f, "accesses", "o%02u|f%02u|%s|%s||", (uint32_t)cd_random_below(&r, OFFICERS),
                 (uint32_t)(cd_random_below(&r, FILES) * cd_random_below(&r, FILES) / FILES),
                 day_text((int32_t)(i * DAYS / ACCESSES), a), actions[i % 2]);
    assert_int_equal(rows_load(w.store, &f, &(rows_way){0}, NULL, &err), CD_OK);
    rows_release(&f);
}

/* ---- What is left, by hand: two accesses in three have no reason ---- */

typedef struct {
    cd_off off[OFFICERS + 1];
    cd_stray strays[OFFICERS * FILES];
    uint32_t owner[FILES], unit[OFFICERS];
} left;

static void left_make(cd_scene *s, left *out)
{
    for (cd_id x = 0; x < FILES; x++) out->owner[x] = cd_scene_holder(s, x, 0);
    out->off[0] = 0;
    for (cd_id o = 0; o < OFFICERS; o++) {
        out->off[o + 1] = out->off[o];
        for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++) {
            cd_access *x = &s->accesses[a];
            cd_off i = out->off[o];
            x->reason = (uint8_t)(a % 3 ? CD_REASON_NONE : CD_REASON_NONE - 1);
            if (x->reason != CD_REASON_NONE) continue;
            while (i < out->off[o + 1] && out->strays[i].file != x->file) i++;
            if (i == out->off[o + 1]) out->strays[out->off[o + 1]++] = (cd_stray){.file = x->file, .first = a};
            out->strays[i].rows++;
        }
    }
}

/* ---- The slow way ---- */

static const cd_stray *stray_of(const left *l, cd_id o, cd_id file)
{
    for (cd_off i = l->off[o]; i < l->off[o + 1]; i++)
        if (l->strays[i].file == file) return &l->strays[i];
    return NULL;
}

static bool knows_from_work(cd_id o, cd_id person, int64_t from, int64_t to)
{
    for (uint32_t i = 0; i < TASKS; i++) {
        const task *t = &w.tasks[i];
        if (t->officer == o && w.about[t->file][person] && second_of(t->from - 30) < to && second_of(t->to + 30) > from)
            return true;
    }
    return false;
}

static bool counts(const cd_scene *s, cd_id o, cd_id file, const cd_reached *path)
{
    for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++) {
        int64_t at = s->accesses[a].at;
        if (s->accesses[a].file != file || s->accesses[a].reason != CD_REASON_NONE || at < path->from || at >= path->to)
            continue;
        if (path->complained ? !knows_from_work(o, path->association, at, at + 1)
                             : !knows_from_work(o, path->association, INT64_MIN, INT64_MAX))
            return true;
    }
    return false;
}

/* The chance that another's stray to a file of that unit is to this one. */
static double share_of(const left *l, cd_id o, cd_id file)
{
    double once = 0, never = 0, here = 0, in_unit = 0, files = 0;
    for (cd_id x = 0; x < FILES; x++) {
        uint32_t others = 0, all = 0;
        for (cd_id p = 0; p < OFFICERS; p++) all += stray_of(l, p, x) != NULL, others += p != o && stray_of(l, p, x);
        once += all == 1, never += all == 0;
        if (x == file) here = others;
        if (l->owner[x] == l->owner[file]) in_unit += others, files++;
    }
    double unseen = fmax(1e-4, fmin(1, once / (never + 1)));
    return (here + unseen) / (in_unit + unseen * files);
}

/* The path to the file that comes first, by its way and its place, of those that count, or of all; CD_NONE: none. */
static cd_off first_path(const cd_scene *s, const cd_reach *r, cd_id o, cd_id file, bool counting)
{
    cd_off best = CD_NONE;
    for (cd_off p = r->off[o]; p < r->off[o + 1]; p++) {
        const cd_reached *x = &r->list[p];
        if (r->officers[x->association] > r->most || !w.about[file][x->association]) continue;
        if (counting && !counts(s, o, file, x)) continue;
        if (best == CD_NONE || cd_touch_way(x) < cd_touch_way(&r->list[best])) best = p;
    }
    return best;
}

static uint32_t check(const cd_scene *s, const left *l, const cd_touched *t)
{
    uint32_t told = 0;
    for (cd_id o = 0; o < OFFICERS; o++) {
        double expected[CD_TOUCH_HOPS] = {0};
        cd_off at = t->off[o];
        for (cd_id x = 0; x < FILES; x++) {
            uint32_t strays = 0;
            for (cd_off i = l->off[o]; i < l->off[o + 1]; i++) strays += l->owner[l->strays[i].file] == l->owner[x];
            cd_off any = first_path(s, &t->reach, o, x, false);
            if (strays == 0 || any == CD_NONE) continue;
            expected[cd_touch_way(&t->reach.list[any])] += strays * share_of(l, o, x);
            cd_off path = stray_of(l, o, x) ? first_path(s, &t->reach, o, x, true) : CD_NONE;
            if (path == CD_NONE) continue;
            assert_true(at < t->off[o + 1]);
            const cd_touch *y = &t->list[at++];
            assert_int_equal(y->file, x);
            assert_int_equal(y->path, path);
            assert_ptr_equal(&l->strays[y->stray], stray_of(l, o, x));
            assert_int_equal(s->ties.about[y->about].file, x);
            told++;
        }
        assert_int_equal(at, t->off[o + 1]);
        for (uint32_t h = 0; h < CD_TOUCH_HOPS; h++)
            assert_true(fabs(t->expected[o * CD_TOUCH_HOPS + h] - expected[h]) < 1e-9);
    }
    return told;
}

static void touches_are_those_of_every_path(void **state)
{
    (void)state;
    uint32_t told = 0;
    for (uint64_t seed = 1; seed <= FORCES; seed++) {
        static left l;
        cd_err err = {0};
        candour_store *store = NULL;
        cd_scene *s = NULL;
        cd_policy policy;
        cd_touched t;
        const cd_run run = {.threads = 2};
        cd_residue residue = {.off = l.off, .strays = l.strays, .owner = l.owner, .unit = l.unit, .since = INT64_MIN};
        cd_scene_options options = {.as_of = second_of(DAYS + 400),
                                    .needs = CD_NEEDS_LINKS | CD_NEEDS_TIES | CD_NEEDS_SUBJECTS | CD_NEEDS_COMPLAINTS};
        cd_policy_init(&policy);
        policy.number[CD_POLICY_TIE_OFFICERS] = 5;
        world_make(seed);
        assert_int_equal(candour_store_open(w.store, NULL, &store, &err), CD_OK);
        assert_int_equal(cd_scene_open(store, &options, &run, &s, &err), CD_OK);
        left_make(s, &l);
        const cd_look look = {.scene = s, .residue = &residue, .policy = &policy, .run = &run};
        assert_int_equal(cd_touched_make(&look, seed % 4 != 0, &t, &err), CD_OK);
        told += check(s, &l, &t);
        cd_touched_release(&t);
        cd_scene_close(s);
        candour_store_close(store);
        crash_tree_drop(w.folder);
    }
    assert_true(told > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(touches_are_those_of_every_path)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
