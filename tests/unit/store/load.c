/* SPDX-License-Identifier: GPL-3.0-or-later
 * load.c: what a load becomes does not depend on how its rows fall into files: those of an entity without a time, of
 * which the last one in its source holds, wherever the threads and the memory cut the load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/store/load.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

enum { OFFICERS = 0, UNIT = 2, MANAGER = 5 };

typedef struct {
    char *folder, *store;
} fixture;

typedef struct {
    candour_load *load;
    candour_table_report officers;
    uint64_t implied;
} loading;

#define fine(call)                                                                                                     \
    do {                                                                                                               \
        cd_err err_ = {0}, *err = &err_;                                                                               \
        if ((call) != CD_OK) fail_msg("%s", err->text);                                                                \
    } while (0)

static void begin(loading *l, const char *store, uint32_t lanes)
{
    candour_load_options options = {.threads = lanes, .memory_bytes = 16 << 20};
    fine(candour_load_begin(store, &options, &l->load, err));
}

static uint32_t source(loading *l)
{
    uint32_t number;
    fine(candour_load_source(l->load, OFFICERS, "officers.csv", &number, err));
    return number;
}

/* One row: officer `who` has that in that column. */
static void say_of(loading *l, uint32_t lane, uint32_t from, uint32_t line, const char *who, uint32_t column,
                   const char *what)
{
    char id[32], text[32];
    cd_slice officer = {id, (uint32_t)strlen(who)}, of = {text, (uint32_t)strlen(what)};
    candour_values values[ROWS_COLUMNS] = {0};
    values[0].text = &officer, values[column].text = &of;
    snprintf(id, sizeof id, "%s", who), snprintf(text, sizeof text, "%s", what);
    fine(candour_load_rows(l->load, lane, from, line, 1, &line, values, err));
}

/* Officer o is of that unit. */
static void say(loading *l, uint32_t lane, uint32_t from, uint32_t line, const char *unit)
{
    say_of(l, lane, from, line, "o", UNIT, unit);
}

/* What waits becomes a file, as if the memory were full. */
static void flush(loading *l) { fine(cd_load_flush(l->load, false, 0, err)); }

static void end(loading *l)
{
    static uint8_t sha256[32];
    const candour_load_report *report;
    for (uint32_t s = 0; s < l->load->n_sources; s++) {
        sha256[0]++;
        fine(candour_load_source_done(l->load, s, sha256, 1, 1, 0, err));
    }
    fine(candour_load_commit(l->load, &report, err));
    l->officers = report->tables[OFFICERS];
    l->implied = report->implied[0];
    candour_load_end(l->load);
}

static void holds(const char *store, const char *rows)
{
    candour_store *s;
    cd_buffer text = {0};
    fine(candour_store_open(store, NULL, &s, err));
    fine(rows_scan(s, OFFICERS, &text, err));
    assert_string_equal(text.bytes, rows);
    cd_buffer_release(&text);
    candour_store_close(s);
}

static void counted(const loading *l, uint64_t taken, uint64_t repeats, uint64_t replaced)
{
    assert_int_equal(l->officers.taken, taken);
    assert_int_equal(l->officers.repeats, repeats);
    assert_int_equal(l->officers.replaced, replaced);
}

static int set_up(void **state)
{
    static fixture f;
    f.folder = folder_new();
    f.store = cd_store_path(f.folder, NULL, "store", NULL);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    cd_free(f->store);
    folder_remove(f->folder);
    return 0;
}

static void an_earlier_line_in_a_later_file_is_dropped(void **state)
{
    const char *store = ((fixture *)*state)->store;
    loading l;
    begin(&l, store, 2);
    uint32_t s = source(&l);
    say(&l, 1, s, 20, "last");
    flush(&l);
    say(&l, 0, s, 10, "first");
    end(&l);
    counted(&l, 1, 0, 1);
    holds(store, "o||last||||||\n");
}

static void a_later_line_in_a_later_file_holds(void **state)
{
    const char *store = ((fixture *)*state)->store;
    loading l;
    begin(&l, store, 2);
    uint32_t s = source(&l);
    say(&l, 1, s, 10, "first");
    flush(&l);
    say(&l, 0, s, 20, "last");
    end(&l);
    counted(&l, 1, 0, 1);
    holds(store, "o||last||||||\n");
}

/* The source comes before the line. */
static void an_earlier_source_in_a_later_file_is_dropped(void **state)
{
    const char *store = ((fixture *)*state)->store;
    loading l;
    begin(&l, store, 2);
    uint32_t first = source(&l), second = source(&l);
    say(&l, 0, second, 2, "second");
    flush(&l);
    say(&l, 1, first, 300, "first");
    flush(&l);
    end(&l);
    holds(store, "o||second||||||\n");
}

/* What says again what is there moves its origin on: line 30 has the last word, though line 20 comes after it. */
static void a_repeat_keeps_its_place(void **state)
{
    const char *store = ((fixture *)*state)->store;
    loading l;
    begin(&l, store, 2);
    uint32_t s = source(&l);
    say(&l, 0, s, 10, "one");
    flush(&l);
    say(&l, 1, s, 30, "one");
    flush(&l);
    say(&l, 0, s, 20, "two");
    end(&l);
    counted(&l, 1, 1, 1);
    holds(store, "o||one||||||\n");
}

/* The same, where the row that is said again is one that the store had before. */
static void a_repeat_of_an_earlier_load_keeps_its_place(void **state)
{
    const char *store = ((fixture *)*state)->store;
    loading l;
    begin(&l, store, 1);
    say(&l, 0, source(&l), 1000, "one");
    end(&l);
    begin(&l, store, 2);
    uint32_t s = source(&l);
    say(&l, 0, s, 20, "one");
    flush(&l);
    say(&l, 1, s, 10, "two");
    end(&l);
    counted(&l, 0, 1, 1);
    holds(store, "o||one||||||\n");
}

/* A later load wins whatever its lines are, and a load of what is there already takes nothing. */
static void a_later_load_wins(void **state)
{
    const char *store = ((fixture *)*state)->store;
    loading l;
    begin(&l, store, 1);
    say(&l, 0, source(&l), 1000, "one");
    end(&l);
    begin(&l, store, 1);
    say(&l, 0, source(&l), 2, "two");
    end(&l);
    counted(&l, 1, 0, 1);
    holds(store, "o||two||||||\n");
    begin(&l, store, 1);
    say(&l, 0, source(&l), 2, "two");
    end(&l);
    counted(&l, 0, 1, 0);
    holds(store, "o||two||||||\n");
}

/* Ids that no row of the load describes, wherever the load is cut: m is described after the file that names it. */
static void implied_ids_are_counted_over_all_files(void **state)
{
    const char *store = ((fixture *)*state)->store;
    loading l;
    begin(&l, store, 1);
    uint32_t s = source(&l);
    say_of(&l, 0, s, 2, "o", MANAGER, "m");
    say_of(&l, 0, s, 3, "p", MANAGER, "nobody");
    flush(&l);
    say_of(&l, 0, s, 4, "m", MANAGER, "nobody");
    flush(&l);
    say_of(&l, 0, s, 5, "q", MANAGER, "nobody else");
    end(&l);
    assert_int_equal(l.implied, 2);
    begin(&l, store, 1);
    say_of(&l, 0, source(&l), 2, "r", MANAGER, "nobody");
    end(&l);
    assert_int_equal(l.implied, 0); /* it came in before */
}

/* The whole way, with memory that is full by itself: blocks handed over backwards come in files from the last line on. */
static void a_full_memory_changes_nothing(void **state)
{
    enum { BETWEEN = 60000 };
    rows_force f = {0};
    rows_report report;
    cd_buffer text = {0};
    candour_store *s;
    rows_add(&f, "officers", "a|constable|first||||||");
    for (uint32_t i = 0; i < BETWEEN; i++)
        rows_add(&f, "officers", "o%u|constable|unit %u of those that fill the memory of a load||||||", i, i);
    rows_add(&f, "officers", "a|constable|last||||||");
    for (uint32_t threads = 1; threads <= 2; threads++) {
        char name[16], *path;
        snprintf(name, sizeof name, "store %u", threads);
        path = cd_store_path(((fixture *)*state)->folder, NULL, name, NULL);
        rows_way way = {.threads = threads, .memory_bytes = 16 << 20, .backwards = true};
        fine(rows_load(path, &f, &way, &report, err));
        fine(candour_store_open(path, NULL, &s, err));
        const candour_info *info;
        fine(candour_store_info(s, &info, err));
        assert_true(info->n_files > 1);
        text.n = 0;
        fine(rows_scan(s, OFFICERS, &text, err));
        assert_memory_equal(text.bytes, "a|constable|last||||||\n", 23);
        candour_store_close(s);
        cd_free(path);
    }
    cd_buffer_release(&text);
    rows_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_earlier_line_in_a_later_file_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_later_line_in_a_later_file_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_earlier_source_in_a_later_file_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_repeat_keeps_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_repeat_of_an_earlier_load_keeps_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_later_load_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(implied_ids_are_counted_over_all_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_memory_changes_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
