/* SPDX-License-Identifier: GPL-3.0-or-later
 * duty.c: what of presence may be stored, at every edge of duty; and the same whether its roster comes with it or before
 * it, in one load or row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/store/segment.h"
#include "engine/store/snapshot.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

/* "table: row" each, the last one NULL; and the presence that is left, a line each. */
typedef struct {
    const char *rows[12], *left;
    uint64_t off_duty, clipped, refused;
} duty_case;

static bool is_presence(const char *row) { return strncmp(row, "presence:", 9) == 0; }

static void add(rows_force *f, const char *row)
{
    char table[32];
    size_t n = strcspn(row, ":");
    snprintf(table, sizeof table, "%.*s", (int)n, row);
    rows_add(f, table, "%s", row + n + 2);
}

/* Loads the rows of a case that `which` is for, and empties the force. */
static void load(const char *store, rows_force *f, candour_table_report *sum)
{
    rows_report report;
    cd_err err = {0};
    if (f->n == 0) return;
    if (rows_load(store, f, NULL, &report, &err) != CD_OK) fail_msg("%s", err.text);
    sum->off_duty += report.tables[rows_table("presence")].off_duty;
    sum->clipped += report.tables[rows_table("presence")].clipped;
    sum->refused += report.tables[rows_table("presence")].refused;
    rows_release(f);
    *f = (rows_force){0};
}

/* 0: all in one load; 1: presence after the rest; 2: every row in a load of its own; 3: so, and the roster backwards. */
enum { WAYS = 4 };
static void load_in_way(const char *store, const duty_case *c, int way, candour_table_report *sum)
{
    rows_force f = {0};
    int n = 0;
    while (c->rows[n]) n++;
    for (int presence = 0; presence < 2; presence++) {
        for (int i = 0; i < n; i++) {
            const char *row = c->rows[way == 3 ? n - 1 - i : i];
            if (is_presence(row) != (presence == 1)) continue;
            add(&f, row);
            if (way > 1) load(store, &f, sum);
        }
        if (way == 1) load(store, &f, sum);
    }
    load(store, &f, sum);
}

static void must_leave(const duty_case *c)
{
    for (int way = 0; way < WAYS; way++) {
        char *folder = folder_new(), *store = cd_store_path(folder, NULL, "store", NULL);
        candour_table_report sum = {0};
        candour_store *s;
        cd_buffer text = {0};
        cd_err err = {0};
        load_in_way(store, c, way, &sum);
        if (candour_store_open(store, NULL, &s, &err) != CD_OK) fail_msg("%s", err.text);
        if (rows_scan(s, rows_table("presence"), &text, &err) != CD_OK) fail_msg("%s", err.text);
        if (strcmp(text.n ? text.bytes : "", c->left) != 0)
            fail_msg("%s, way %d: there is\n%s, and not\n%s", c->rows[0], way, text.n ? text.bytes : "", c->left);
        assert_int_equal(sum.off_duty, c->off_duty);
        assert_int_equal(sum.clipped, c->clipped);
        assert_int_equal(sum.refused, c->refused);
        candour_store_close(s);
        cd_buffer_release(&text);
        cd_free(store);
        folder_remove(folder);
    }
}

#define DAY(time) "2026-03-10T" time
#define SHIFT "shifts: s|||" DAY("08:00:00") "|" DAY("16:00:00") "|"
#define ROSTER "roster: o|s||" DAY("08:00:00") "|" DAY("16:00:00") "|"
#define SEEN(from, to) "presence: o|site|" from "|" to "|badge"
#define LEFT(from, to) "o|site|" from "Z|" to "Z|badge\n"

static void grace_on_either_side(void **state)
{
    (void)state;
    must_leave(&(duty_case){{SHIFT, ROSTER, SEEN(DAY("05:00:00"), DAY("06:00:00"))}, "", .off_duty = 1});
    must_leave(&(duty_case){{SHIFT, ROSTER, SEEN(DAY("05:00:00"), DAY("06:00:01"))},
                            LEFT(DAY("06:00:00"), DAY("06:00:01")), .clipped = 1});
    must_leave(&(duty_case){{SHIFT, ROSTER, SEEN(DAY("18:00:00"), DAY("19:00:00"))}, "", .off_duty = 1});
    must_leave(&(duty_case){{SHIFT, ROSTER, SEEN(DAY("17:59:59"), DAY("19:00:00"))},
                            LEFT(DAY("17:59:59"), DAY("18:00:00")), .clipped = 1});
    must_leave(&(duty_case){{SHIFT, ROSTER, SEEN(DAY("06:00:00"), DAY("18:00:00"))},
                            LEFT(DAY("06:00:00"), DAY("18:00:00"))});
    must_leave(&(duty_case){{SHIFT, ROSTER, SEEN(DAY("01:00:00"), DAY("23:00:00"))},
                            LEFT(DAY("06:00:00"), DAY("18:00:00")), .clipped = 1});
}

/* It is its first second, and stays without an end. */
static void without_an_end(void **state)
{
    (void)state;
    must_leave(&(duty_case){{SHIFT, ROSTER, SEEN(DAY("17:59:59"), "")}, "o|site|" DAY("17:59:59Z") "||badge\n"});
    must_leave(&(duty_case){{SHIFT, ROSTER, SEEN(DAY("18:00:00"), "")}, "", .off_duty = 1});
    must_leave(&(duty_case){{SHIFT, ROSTER, SEEN(DAY("05:59:59"), "")}, "", .off_duty = 1});
}

static void two_periods(void **state)
{
    (void)state;
    /* Apart, a row for each; where their graces touch, one. */
    must_leave(&(duty_case){{"roster: o|s||" DAY("02:00:00") "|" DAY("04:00:00") "|",
                             "roster: o|t||" DAY("20:00:00") "|" DAY("21:00:00") "|",
                             SEEN(DAY("05:00:00"), DAY("19:00:00"))},
                            LEFT(DAY("05:00:00"), DAY("06:00:00")) LEFT(DAY("18:00:00"), DAY("19:00:00")), .clipped = 1});
    must_leave(&(duty_case){{"roster: o|s||" DAY("02:00:00") "|" DAY("04:00:00") "|",
                             "roster: o|t||" DAY("08:00:00") "|" DAY("09:00:00") "|",
                             SEEN(DAY("05:00:00"), DAY("10:00:00"))},
                            LEFT(DAY("05:00:00"), DAY("10:00:00"))});
}

static void what_is_unknown_of_a_roster(void **state)
{
    (void)state;
    /* A claim's end is the shift's; without a shift it is a day. */
    must_leave(&(duty_case){{SHIFT, "roster: o|s||" DAY("06:00:00") "||", SEEN(DAY("04:00:00"), DAY("23:00:00"))},
                            LEFT(DAY("04:00:00"), DAY("18:00:00")), .clipped = 1});
    must_leave(&(duty_case){{"roster: o|s||" DAY("06:00:00") "||", SEEN(DAY("04:00:00"), "2026-03-11T23:00:00")},
                            LEFT(DAY("04:00:00"), "2026-03-11T08:00:00"), .clipped = 1});
    must_leave(&(duty_case){{SHIFT, "roster: o|s||||", SEEN(DAY("01:00:00"), DAY("07:00:00"))},
                            LEFT(DAY("06:00:00"), DAY("07:00:00")), .clipped = 1});
    must_leave(&(duty_case){{"roster: o|s||||", SEEN(DAY("01:00:00"), DAY("07:00:00"))}, "", .off_duty = 1});
    /* A shift that ends before it starts, and somebody else's. */
    must_leave(&(duty_case){{"shifts: s|||" DAY("16:00:00") "|" DAY("08:00:00") "|", "roster: o|s||||",
                             SEEN(DAY("09:00:00"), DAY("10:00:00"))}, "", .off_duty = 1});
    must_leave(&(duty_case){{SHIFT, "roster: p|s||||", SEEN(DAY("09:00:00"), DAY("10:00:00"))}, "", .off_duty = 1});
}

/* A shift that lies weeks from what was claimed for it, and a claim of weeks: duty, whenever the roster came. */
static void far_from_its_claim(void **state)
{
    (void)state;
    must_leave(&(duty_case){{SHIFT, "roster: o|s||2026-01-05T08:00:00|2026-01-05T16:00:00|",
                             "roster: p|t||2026-03-10T08:00:00|2026-03-10T16:00:00|",
                             SEEN(DAY("09:00:00"), DAY("10:00:00"))},
                            LEFT(DAY("09:00:00"), DAY("10:00:00"))});
    must_leave(&(duty_case){{SHIFT, "roster: o|s||2026-06-05T08:00:00|2026-06-05T16:00:00|",
                             "roster: p|t||2026-03-10T08:00:00|2026-03-10T16:00:00|",
                             SEEN(DAY("09:00:00"), DAY("10:00:00"))},
                            LEFT(DAY("09:00:00"), DAY("10:00:00"))});
    must_leave(&(duty_case){{"roster: o|s||2026-02-01T08:00:00|2026-04-01T16:00:00|",
                             "roster: p|t||2026-03-10T08:00:00|2026-03-10T16:00:00|",
                             SEEN(DAY("09:00:00"), DAY("10:00:00"))},
                            LEFT(DAY("09:00:00"), DAY("10:00:00"))});
}

/* Of a shift's history the latest row says when it was, whatever the order. */
static void a_shift_with_a_history(void **state)
{
    (void)state;
    static const char *const rows[] = {"shifts: s|||" DAY("00:00:00") "|" DAY("01:00:00") "|",
                                       "shifts: s|||" DAY("04:00:00") "|" DAY("05:00:00") "|2026-01-01",
                                       "shifts: s|||" DAY("20:00:00") "|" DAY("21:00:00") "|2026-02-01"};
    static const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int i = 0; i < 6; i++)
        must_leave(&(duty_case){{rows[order[i][0]], rows[order[i][1]], rows[order[i][2]], "roster: o|s||||",
                                 SEEN(DAY("00:30:00"), DAY("20:30:00"))},
                                LEFT(DAY("18:00:00"), DAY("20:30:00")), .clipped = 1});
}

/* Of rows of one as_of the greater as written says it, column by column, unknown first, whatever the order. */
static void a_shift_said_twice_at_once(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        /* the lesser, then the greater: by its unit, site, start, end */
        {"shifts: s|a|z|" DAY("04:00:00") "|" DAY("05:00:00") "|2026-01-01",
         "shifts: s|b|a|" DAY("20:00:00") "|" DAY("21:00:00") "|2026-01-01"},
        {"shifts: s|b|z|" DAY("21:30:00") "|" DAY("22:00:00") "|2026-01-01",
         "shifts: s|ba|a|" DAY("20:00:00") "|" DAY("21:00:00") "|2026-01-01"},
        {"shifts: s|u||" DAY("21:30:00") "|" DAY("22:00:00") "|2026-01-01",
         "shifts: s|u|a|" DAY("20:00:00") "|" DAY("21:00:00") "|2026-01-01"},
        {"shifts: s|u|v|" DAY("00:00:00") "|" DAY("23:00:00") "|2026-01-01",
         "shifts: s|u|v|" DAY("20:00:00") "|" DAY("21:00:00") "|2026-01-01"},
        {"shifts: s|u|v|" DAY("20:00:00") "|" DAY("20:10:00") "|2026-01-01",
         "shifts: s|u|v|" DAY("20:00:00") "|" DAY("21:00:00") "|2026-01-01"}};
    for (size_t i = 0; i < 2 * sizeof pairs / sizeof *pairs; i++)
        must_leave(&(duty_case){{pairs[i / 2][i % 2], pairs[i / 2][1 - i % 2], "roster: o|s||||",
                                 SEEN(DAY("12:00:00"), DAY("22:45:00"))},
                                LEFT(DAY("18:00:00"), DAY("22:45:00")), .clipped = 1});
}

/* A day and less from all roster is off duty; further, its roster may be still to come. */
static void beyond_all_roster(void **state)
{
    (void)state;
    must_leave(&(duty_case){{ROSTER, SEEN("2026-03-11T08:00:00", "2026-03-11T09:00:00")}, "", .off_duty = 1});
    must_leave(&(duty_case){{ROSTER, SEEN("2026-03-11T08:00:01", "2026-03-11T09:00:00")}, "", .refused = 1});
    must_leave(&(duty_case){{ROSTER, SEEN("2026-03-09T07:00:00", "2026-03-09T08:00:01")}, "", .off_duty = 1});
    must_leave(&(duty_case){{ROSTER, SEEN("2026-03-09T07:00:00", "2026-03-09T08:00:00")}, "", .refused = 1});
}

/* More pieces than a batch has rows. */
static void very_many_pieces(void **state)
{
    (void)state;
    enum { PERIODS = CANDOUR_BLOCK_ROWS + 100 };
    char *folder = folder_new(), *store = cd_store_path(folder, NULL, "store", NULL);
    rows_force f = {0};
    candour_table_report sum = {0};
    candour_store *s;
    const candour_info *info;
    cd_err err = {0};
    for (int i = 0; i < PERIODS; i++)
        rows_add(&f, "roster", "o|s%d||%d-%02d-%02dT08:00:00|%d-%02d-%02dT16:00:00|", i, 1990 + i / 336, i / 28 % 12 + 1,
                 i % 28 + 1, 1990 + i / 336, i / 28 % 12 + 1, i % 28 + 1);
    add(&f, SEEN("1990-01-01T00:00:00", "2009-01-01T00:00:00"));
    load(store, &f, &sum);
    assert_int_equal(sum.clipped, 1);
    assert_int_equal(candour_store_open(store, NULL, &s, &err), CD_OK);
    assert_int_equal(candour_store_info(s, &info, &err), CD_OK);
    assert_int_equal(info->tables[rows_table("presence")].rows, PERIODS);
    candour_store_close(s);
    cd_free(store);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grace_on_either_side),
        cmocka_unit_test(without_an_end),
        cmocka_unit_test(two_periods),
        cmocka_unit_test(what_is_unknown_of_a_roster),
        cmocka_unit_test(far_from_its_claim),
        cmocka_unit_test(a_shift_with_a_history),
        cmocka_unit_test(a_shift_said_twice_at_once),
        cmocka_unit_test(beyond_all_roster),
        cmocka_unit_test(very_many_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
