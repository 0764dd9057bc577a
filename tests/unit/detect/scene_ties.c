/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_ties.c: links, ties and declarations of a scene against the rows that were loaded, on whatever day it stands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/civil.h"
#include "engine/base/random.h"
#include "engine/detect/scene.h"
#include "tests/support/crash.h"
#include "tests/support/store_rows.h"

enum { FORCES = 12, ROWS = 60, OFFICERS = 7, ASSOCIATIONS = 9, DAY = 86400, DAYS = 40 };

/* A row as it was written. Days from 2025-01-01; -1: not said. */
typedef struct {
    uint32_t a, b;
    int32_t from, to;
} plain_row;

typedef struct {
    char folder[512], store[600];
    plain_row links[ROWS], ties[ROWS], declared[ROWS];
} world;

static int64_t second_of(int32_t day) { return (int64_t)(cd_days_of(2025, 1, 1) + day) * DAY; }

static void day_text(int32_t day, char out[CD_TIME_TEXT])
{
    out[0] = '\0';
    if (day >= 0) cd_time_write(second_of(day), out);
}

static void make_rows(rows_force *f, const char *table, cd_random *r, bool officers, bool confidence, plain_row *out)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        char from[CD_TIME_TEXT], to[CD_TIME_TEXT];
        out[i] = (plain_row){.a = (uint32_t)cd_random_below(r, officers ? OFFICERS : ASSOCIATIONS),
                             .b = (uint32_t)cd_random_below(r, ASSOCIATIONS),
                             .from = (int32_t)cd_random_below(r, DAYS + 8) - 8};
        if (out[i].from < 0) out[i].from = -1;
        out[i].to = cd_random_below(r, 3) ? -1 : (out[i].from < 0 ? 0 : out[i].from) + 1 + (int32_t)i;
        day_text(out[i].from, from), day_text(out[i].to, to);
        /* The last digits make each row another one. */
        if (confidence)
            rows_add(f, table, "%c%u|a%u|%s|%s|%s|0.9%02u", officers ? 'o' : 'a', out[i].a, out[i].b,
                     officers ? "register" : "owner", from, to, i);
        else
            rows_add(f, table, "o%u|a%u|%s|%s", out[i].a, out[i].b, from, to);
    }
}

static void world_make(world *w, uint64_t seed)
{
    rows_force f = {0};
    cd_err err = {0};
    cd_random r = cd_random_of(seed, 77, 0);
    crash_folder_make(w->folder, "ties");
    snprintf(w->store, sizeof w->store, "%s/s", w->folder);
    for (uint32_t o = 0; o < OFFICERS; o++) rows_add(&f, "officers", "o%u||||||||", o);
    for (uint32_t a = 0; a < ASSOCIATIONS; a++) rows_add(&f, "associations", "a%u|%s||", a, a % 2 ? "person" : "phone");
    make_rows(&f, "links", &r, true, true, w->links);
    make_rows(&f, "ties", &r, false, true, w->ties);
    make_rows(&f, "declarations", &r, true, false, w->declared);
    assert_int_equal(rows_load(w->store, &f, &(rows_way){0}, NULL, &err), CD_OK);
    rows_release(&f);
}

/* How many of the rows there are before a day of that pair, and how many of those have ended by then; equal rows once.
 */
static uint32_t count_plain(const plain_row *rows, uint32_t a, uint32_t b, int32_t as_of, bool distinct,
                            uint32_t *ended)
{
    uint32_t n = 0;
    *ended = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        bool again = false;
        for (uint32_t k = 0; k < i && distinct; k++)
            again = again || (rows[k].a == rows[i].a && rows[k].b == rows[i].b && rows[k].from == rows[i].from &&
                              rows[k].to == rows[i].to);
        if (again || rows[i].a != a || rows[i].b != b || (rows[i].from >= 0 && rows[i].from >= as_of)) continue;
        n++;
        *ended += rows[i].to >= 0 && rows[i].to < as_of;
    }
    return n;
}

static void check_links(const world *w, const cd_scene *s, int32_t as_of)
{
    const cd_ties *t = &s->ties;
    cd_table_of table = cd_table_named(s->snapshot, "links");
    for (cd_id o = 0; o < OFFICERS; o++)
        for (cd_id a = 0; a < ASSOCIATIONS; a++) {
            uint32_t n = 0, ended = 0, plain_ended, plain = count_plain(w->links, o, a, as_of, false, &plain_ended);
            for (cd_off i = t->link_off[o]; i < t->link_off[o + 1]; i++) {
                assert_int_equal(t->links[i].officer, o);
                assert_true(i == t->link_off[o] || t->links[i - 1].association <= t->links[i].association);
                assert_int_equal(s->officers.place[cd_row_left(&table, t->links[i].row)], o);
                assert_int_equal(s->associations.place[cd_row_right(&table, t->links[i].row)], t->links[i].association);
                if (t->links[i].association != a) continue;
                n++, ended += t->links[i].to != INT64_MAX;
            }
            assert_int_equal(n, plain);
            assert_int_equal(ended, plain_ended);
            n = 0;
            for (cd_off i = t->holder_off[a]; i < t->holder_off[a + 1]; i++) n += t->holders[i].officer == o;
            assert_int_equal(n, plain);
        }
}

static void check_ties(const world *w, const cd_scene *s, int32_t as_of)
{
    const cd_ties *t = &s->ties;
    for (cd_id a = 0; a < ASSOCIATIONS; a++)
        for (cd_id b = 0; b < ASSOCIATIONS; b++) {
            uint32_t n = 0, back = 0, ended, plain = count_plain(w->ties, a, b, as_of, false, &ended);
            for (cd_off i = t->tie_off[a]; i < t->tie_off[a + 1]; i++)
                n += t->ties[i].other == b && !t->ties[i].reversed;
            for (cd_off i = t->tie_off[b]; i < t->tie_off[b + 1]; i++)
                back += t->ties[i].other == a && t->ties[i].reversed;
            assert_int_equal(n, a == b ? 0 : plain); /* a tie to itself ties nothing */
            assert_int_equal(back, n);
        }
}

static void check_declared(const world *w, const cd_scene *s, int32_t as_of)
{
    const cd_ties *t = &s->ties;
    for (cd_id o = 0; o < OFFICERS; o++)
        for (cd_id a = 0; a < ASSOCIATIONS; a++) {
            uint32_t n = 0, ended = 0, plain_ended, plain = count_plain(w->declared, o, a, as_of, true, &plain_ended);
            for (cd_off i = t->declared_off[o]; i < t->declared_off[o + 1]; i++)
                if (t->declared[i].association == a) n++, ended += t->declared[i].ended != INT64_MAX;
            assert_int_equal(n, plain);
            assert_int_equal(ended, plain_ended);
        }
}

static void scene_is_what_was_loaded_by_then(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < FORCES; seed++) {
        world w;
        cd_err err = {0};
        candour_store *store = NULL;
        const cd_run run = {.threads = 1};
        world_make(&w, seed);
        assert_int_equal(candour_store_open(w.store, NULL, &store, &err), CD_OK);
        for (int32_t day = 0; day <= DAYS + ROWS + 8; day += 7) {
            cd_scene *s = NULL;
            cd_scene_options options = {.as_of = second_of(day),
                                        .needs = CD_NEEDS_LINKS | CD_NEEDS_TIES | CD_NEEDS_DECLARATIONS};
            assert_int_equal(cd_scene_open(store, &options, &run, &s, &err), CD_OK);
            assert_true(cd_slice_equal(s->ties.kinds.text[s->ties.kind[0]], cd_slice_of("phone")));
            assert_true(cd_slice_equal(s->ties.kinds.text[s->ties.kind[1]], cd_slice_of("person")));
            check_links(&w, s, day);
            check_ties(&w, s, day);
            check_declared(&w, s, day);
            cd_scene_close(s);
            options.needs = CD_NEEDS_TIES; /* nothing is read that nobody asked for */
            assert_int_equal(cd_scene_open(store, &options, &run, &s, &err), CD_OK);
            assert_null(s->ties.links);
            assert_null(s->ties.declared);
            assert_non_null(s->ties.ties);
            cd_scene_close(s);
        }
        candour_store_close(store);
        crash_tree_drop(w.folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(scene_is_what_was_loaded_by_then)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
