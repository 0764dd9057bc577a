/* SPDX-License-Identifier: GPL-3.0-or-later
 * records.c: which of equal rows stays, and against which files a new row is held: the edges that rows at random seldom
 * meet (those are in property/store/grow.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <omp.h>

#include "tests/support/odd_store.h"
#include "tests/support/odd_text.h"

/* What is on the disk after a power cut is not asked here. */
int fsync(int fd) { return (void)fd, 0; }

/* A store with the model of what it must say, and the rows that come next. */
typedef struct {
    cd_snapshot *s;
    odd_model model;
    odd_rows next[ODD_TABLES];
    cd_arena text;
    cd_random r;
    uint32_t source;
    odd_report said;
} world;

static void world_new(world *w) { *w = (world){.s = odd_store_new(), .r = cd_random_of(6, 1, 0)}; }

static void world_release(world *w)
{
    odd_store_free(w->s);
    odd_model_release(&w->model);
    cd_arena_release(&w->text);
}

static cd_slice text(world *w, const char *as) { return odd_keep(&w->text, as, (uint32_t)strlen(as), &w->r); }

/* A row of the next file where nothing is known yet but its ids; column 1 is the right id of a relation. */
static odd_row *row(world *w, uint32_t table, const char *left, const char *right)
{
    odd_row row = {.source = w->source, .line = (uint32_t)w->next[table].n + 2};
    for (uint32_t c = 0; c < ODD_COLUMNS; c++) row.integer[c] = CANDOUR_UNKNOWN, row.real[c] = __builtin_nan("");
    row.text[0] = text(w, left);
    if (right) row.text[1] = text(w, right);
    odd_add(&w->next[table], &row);
    return &w->next[table].rows[w->next[table].n - 1];
}

static odd_row *visit(world *w, const char *left, const char *right, int64_t at)
{
    odd_row *v = row(w, ODD_VISITS, left, right);
    v->integer[3] = at;
    return v;
}

static odd_row *thing(world *w, const char *unit, int64_t as_of)
{
    odd_row *t = row(w, ODD_THINGS, "P1", NULL);
    t->text[1] = text(w, unit);
    t->integer[7] = as_of;
    return t;
}

/* The next file is written, and the store holds what it must; `repeats` and `replaced` of the table that is looked at. */
static void write_in_parts(world *w, uint32_t n_parts, uint32_t table, uint64_t repeats, uint64_t replaced)
{
    odd_lanes lanes;
    odd_deal(&lanes, w->next, 2, n_parts > 1 ? 4000 : 3, &w->r);
    odd_write(w->s, &lanes, 1 << 20, n_parts, &w->said);
    odd_lanes_release(&lanes);
    for (uint32_t t = 0; t < ODD_TABLES; t++) {
        odd_model_take(&w->model, t, &w->next[t]);
        if (t == table) assert_true(w->model.repeats == repeats && w->model.replaced == replaced);
        odd_rows_release(&w->next[t]);
    }
    assert_int_equal(w->said.repeats[table], repeats);
    assert_int_equal(w->said.replaced[table], replaced);
    const char *why = odd_differs(w->s, &w->model);
    if (why) fail_msg("%s", why);
    w->source++;
}

static void write_next(world *w, uint32_t table, uint64_t repeats, uint64_t replaced)
{
    write_in_parts(w, 1, table, repeats, replaced);
}

/* A file is asked for a repeat where its span of time meets the new one in a single second, at either end; and where it
 * holds nothing but unknown times. */
static void spans_that_touch(void **state)
{
    (void)state;
    world w;
    world_new(&w);
    visit(&w, "P1", "A", 1000), visit(&w, "P1", "A", 2000);
    write_next(&w, ODD_VISITS, 0, 0);
    visit(&w, "P1", "A", 2000), visit(&w, "P1", "A", 3000);
    write_next(&w, ODD_VISITS, 1, 0);
    visit(&w, "P1", "A", 0), visit(&w, "P1", "A", 1000);
    write_next(&w, ODD_VISITS, 1, 0);
    visit(&w, "P1", "A", CANDOUR_UNKNOWN);
    write_next(&w, ODD_VISITS, 0, 0);
    visit(&w, "P1", "A", 9000), visit(&w, "P1", "A", CANDOUR_UNKNOWN);
    write_next(&w, ODD_VISITS, 1, 0);
    visit(&w, "P1", "A", CANDOUR_UNKNOWN);
    write_next(&w, ODD_VISITS, 1, 0);
    world_release(&w);
}

/* The undated row in force is the last one said, not the first, however often it changes and comes back. */
static void what_holds_now(void **state)
{
    (void)state;
    static const char *const units[] = {"X", "Y", "X", "X", "Y", "Y", "X"};
    world w;
    world_new(&w);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        bool same = i > 0 && strcmp(units[i], units[i - 1]) == 0;
        thing(&w, units[i], CANDOUR_UNKNOWN);
        write_next(&w, ODD_THINGS, same, i > 0 && !same);
    }
    /* Within one file too; and dated rows are another matter. */
    thing(&w, "Y", CANDOUR_UNKNOWN), thing(&w, "Z", CANDOUR_UNKNOWN), thing(&w, "Y", 5), thing(&w, "Y", CANDOUR_UNKNOWN);
    write_next(&w, ODD_THINGS, 1, 2); /* Z, and the X of before */
    thing(&w, "Y", 5), thing(&w, "X", 5), thing(&w, "Y", CANDOUR_UNKNOWN);
    write_next(&w, ODD_THINGS, 2, 0);
    world_release(&w);
}

/* Of equal rows the one of the lowest source and line is kept, in whatever order they came. */
static void first_of_equal_rows(void **state)
{
    (void)state;
    world w;
    world_new(&w);
    w.source = 3;
    for (int i = 0; i < 30; i++) visit(&w, "P1", "A", 7)->source = (uint32_t)(3 + i / 10);
    write_next(&w, ODD_VISITS, 29, 0);
    assert_int_equal(w.model.tables[ODD_VISITS].n, 1);
    assert_int_equal(w.model.tables[ODD_VISITS].rows[0].source, 3);
    assert_int_equal(w.model.tables[ODD_VISITS].rows[0].line, 2);
    w.source = 9;
    visit(&w, "P1", "A", 7);
    write_next(&w, ODD_VISITS, 1, 0);
    world_release(&w);
}

/* Rows that differ in one column alone, known in one and unknown in the other, are two. */
static void one_column_apart(void **state)
{
    (void)state;
    world w;
    world_new(&w);
    visit(&w, "P2", "A", 7);
    visit(&w, "P2", "A", 7)->real[5] = 5.0;
    write_next(&w, ODD_VISITS, 0, 0);
    for (uint32_t again = 0; again < 2; again++) {
        visit(&w, "P1", "A", 7);
        visit(&w, "P1", "A", 7)->real[5] = 0.0;
        visit(&w, "P1", "A", 7)->real[5] = -0.0; /* is 0 */
        visit(&w, "P1", "A", 7)->real[5] = 5.0;
        visit(&w, "P1", "A", 7)->integer[4] = 0;
        visit(&w, "P1", "A", 7)->integer[8] = 0;
        visit(&w, "P1", "A", 7)->text[2] = text(&w, "x");
        visit(&w, "P1", "A", 7)->text[7] = text(&w, "x");
        visit(&w, "P1", "A", 7)->text[6] = text(&w, "A");
        write_next(&w, ODD_VISITS, again ? 9 : 1, 0);
    }
    world_release(&w);
}

/* A text that had code 0 before has another one now, and is the same text; one that only has the same code is not. */
static void dictionaries_differ(void **state)
{
    (void)state;
    world w;
    world_new(&w);
    visit(&w, "P1", "A", 7)->text[2] = text(&w, "m");
    write_next(&w, ODD_VISITS, 0, 0);
    visit(&w, "P1", "A", 7)->text[2] = text(&w, "a");
    visit(&w, "P1", "A", 7)->text[2] = text(&w, "m");
    write_next(&w, ODD_VISITS, 1, 0);
    visit(&w, "P1", "A", 7)->text[2] = text(&w, "z");
    write_next(&w, ODD_VISITS, 0, 0);
    visit(&w, "P1", "A", 7)->text[2] = text(&w, "a");
    visit(&w, "P1", "A", 7)->text[2] = text(&w, "z");
    write_next(&w, ODD_VISITS, 2, 0);
    world_release(&w);
}

/* More rows than are written at once, in parts that end anywhere: the rows a part leaves over go with the next one, and
 * those that repeat others leave no gap. */
static void large_parts(void **state)
{
    (void)state;
    enum { ROWS = 300000, TWICE = 1000, OFFICERS = 150 };
    for (int threads = 1; threads <= 2; threads++) {
        world w;
        char left[16], right[16];
        world_new(&w);
        omp_set_num_threads(threads);
        for (uint32_t i = 0; i < ROWS; i++) {
            snprintf(left, sizeof left, "P%u", i % OFFICERS);
            snprintf(right, sizeof right, "A%u", i * 7 % 1009);
            visit(&w, left, right, i);
            if (i % (ROWS / TWICE) == 5) visit(&w, left, right, i);
        }
        write_in_parts(&w, 5, ODD_VISITS, TWICE, 0);
        world_release(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_that_touch), cmocka_unit_test(what_holds_now),      cmocka_unit_test(first_of_equal_rows),
        cmocka_unit_test(one_column_apart), cmocka_unit_test(dictionaries_differ), cmocka_unit_test(large_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
