/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_timeline.c: `candour timeline` and `candour duty`: all rows of an id in the order of time, of all days or of one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/civil.h"
#include "queries/commands.h"
#include "queries/strip.h"

enum { DAY = 86400 };

static void columns(question *q)
{
    id_rows_any_columns(q);
    id_rows_id_columns(q, "kind", "id");
    id_rows_says_column(q);
    id_rows_why_columns(q);
}

static void cells(question *q, found_id of, const id_row *r)
{
    id_rows_any_cells(q, r);
    id_rows_id_cells(q, id_row_other(q, r, of));
    id_rows_says_cell(q, r);
    id_rows_why_cells(q, r);
}

static cd_status list(question *q, found_id of, const id_rows *rows, cd_err *err)
{
    cd_status st = CD_OK;
    size_t listed = question_listed(q, rows->n);
    columns(q);
    for (size_t i = 0; i < listed; i++) cells(q, of, &rows->list[i]);
    strip_draw(q, rows);
    (void)question_node(q, of, true);
    if (q->form != GRAPH_NO_FORM) CD_TRY(id_rows_graph(q, rows, listed, err));
    CD_TRY(question_answer(q, rows->n, err));
done:
    return st;
}

cd_status cmd_timeline(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    question q;
    id_rows rows = {0};
    const bool *kinds;
    found_id of;
    char n[PRINT_TEXT];
    CD_TRY(question_open(&q, run, QUESTION_RELATION | QUESTION_RECORD | QUESTION_ENTITY, NULL, err));
    CD_TRY(question_kinds(&q, LEFT | RIGHT, &kinds, err));
    CD_TRY(question_find(&q, 1, kinds, &of, err));
    CD_TRY(id_rows_of(&q, of, LEFT | RIGHT, &rows, err));
    id_rows_sort(&q, &rows);
    question_name(&q, of, &q.words);
    cd_buffer_printf(&q.words, ": %s row%s\n", print_count(rows.n, n), rows.n == 1 ? "" : "s");
    snprintf(q.title, sizeof q.title, "timeline of %s", run->arguments[1]);
    CD_TRY(list(&q, of, &rows, err));
done:
    id_rows_release(&rows);
    question_close(&q);
    return st;
}

/* ---- One day of an officer ---- */

/* What is about duty, by the names that police work has for it, is looked at unless --relations says otherwise. */
static void choose_tables(question *q)
{
    static const char *const names[] = {"roster", "presence", "pay", "accesses"};
    if (cli_given(q->run, "relations")) return;
    for (uint32_t t = 0; t < q->ontology->n_tables; t++) q->tables[t] = false;
    q->n_tables = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int32_t t = candour_table_find(q->ontology, cd_slice_of(names[i]));
        if (t >= 0) q->tables[t] = true, q->n_tables++;
    }
}

static cd_status read_day(question *q, cd_err *err)
{
    const char *text = q->run->arguments[2];
    bool zone;
    if (cd_time_read(text, strlen(text), &q->from, &zone) != CD_TIME_OK || q->from % DAY != 0)
        return cd_fail(err, CD_EUSAGE, "DATE is a day, as in 2026-03-01, not '%s'", text);
    q->to = q->from + DAY;
    return CD_OK;
}

/* "06:30", of another day with its date. */
static const char *clock_of(const question *q, int64_t at, char out[PRINT_TEXT])
{
    char text[PRINT_TEXT];
    if (at == CANDOUR_UNKNOWN) return strcpy(out, "?");
    print_time(at, text);
    bool same_day = at >= q->from && at <= q->to;
    snprintf(out, PRINT_TEXT, "%.5s%s%.10s", text + 11, same_day ? "" : " of ", same_day ? "" : text);
    return out;
}

static int64_t cell_time(const question *q, uint32_t table, const char *column, uint64_t row)
{
    int32_t c = row == CANDOUR_NO_ROW ? -1 : candour_column_find(&q->ontology->tables[table], cd_slice_of(column));
    return c < 0 ? CANDOUR_UNKNOWN : candour_reader_integer(q->reader, table, (uint32_t)c, row);
}

/* "rostered 06:30 to 15:30 at SITE01 (S00000299), claimed 06:30 to 15:30" */
static void say_shift(question *q, const id_row *r)
{
    char a[PRINT_TEXT], b[PRINT_TEXT];
    found_id shift = id_row_right(q, r);
    uint32_t table = q->ontology->kinds[shift.kind].table;
    uint64_t row = candour_reader_entity(q->reader, table, shift.number);
    int32_t site = row == CANDOUR_NO_ROW ? -1 : candour_column_find(&q->ontology->tables[table], cd_slice_of("site"));
    cd_slice at = site < 0 ? (cd_slice){0} : candour_reader_text(q->reader, table, (uint32_t)site, row);
    int64_t starts = cell_time(q, table, "starts", row), ends = cell_time(q, table, "ends", row);
    cd_buffer_printf(&q->words, "rostered %s to %s", clock_of(q, starts, a), clock_of(q, ends, b));
    if (at.n) cd_buffer_printf(&q->words, " at %.*s", (int)at.n, at.bytes);
    if (r->at != starts || r->until != ends)
        cd_buffer_printf(&q->words, ", claimed %s to %s", clock_of(q, r->at, a), clock_of(q, r->until, b));
    cd_buffer_printf(&q->words, "\n");
}

/* "2 days of sickness in 2025-01" */
static void say_month(question *q, const id_row *r)
{
    const candour_table *t = &q->ontology->tables[r->table];
    int32_t c = candour_column_find(t, cd_slice_of("sickness_days"));
    double days = c < 0 ? 0 : candour_reader_real(q->reader, r->table, (uint32_t)c, r->row);
    char month[PRINT_TEXT];
    if (!(days > 0)) return;
    print_time(r->at, month);
    cd_buffer_printf(&q->words, "%g day%s of sickness in %.7s: which, no record says\n", days, days == 1 ? "" : "s",
                     month);
}

static bool is_of(const question *q, const id_row *r, const char *table)
{
    return strcmp(q->ontology->tables[r->table].name, table) == 0;
}

static void say_duty(question *q, const id_rows *rows)
{
    size_t shifts = 0, seen = 0, accesses = 0, outside = 0;
    char a[PRINT_TEXT];
    for (size_t i = 0; i < rows->n; i++) {
        const id_row *r = &rows->list[i];
        if (is_of(q, r, "roster")) say_shift(q, r), shifts++;
        if (is_of(q, r, "pay")) say_month(q, r);
        seen += is_of(q, r, "presence");
        if (!is_of(q, r, "accesses")) continue;
        bool inside = false;
        for (size_t k = 0; k < rows->n && !inside; k++) {
            const id_row *s = &rows->list[k];
            inside = is_of(q, s, "roster") && s->at <= r->at && (s->until == CANDOUR_UNKNOWN || r->at < s->until);
        }
        accesses++, outside += !inside;
    }
    if (shifts == 0) cd_buffer_printf(&q->words, "no shift rostered\n");
    cd_buffer_printf(&q->words, "seen by a machine %zu time%s; opened files %s time%s, %zu outside a shift\n", seen,
                     seen == 1 ? "" : "s", print_count(accesses, a), accesses == 1 ? "" : "s", outside);
}

cd_status cmd_duty(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    question q;
    id_rows rows = {0};
    const bool *kinds;
    found_id of;
    CD_TRY(question_open(&q, run, QUESTION_RELATION | QUESTION_RECORD, NULL, err));
    CD_TRY(read_day(&q, err));
    choose_tables(&q);
    CD_TRY(question_kinds(&q, LEFT, &kinds, err));
    CD_TRY(question_find(&q, 1, kinds, &of, err));
    CD_TRY(id_rows_of(&q, of, LEFT, &rows, err));
    id_rows_sort(&q, &rows);
    question_name(&q, of, &q.words);
    cd_buffer_printf(&q.words, " on %s\n", run->arguments[2]);
    say_duty(&q, &rows);
    snprintf(q.title, sizeof q.title, "%s on %s", run->arguments[1], run->arguments[2]);
    CD_TRY(list(&q, of, &rows, err));
done:
    id_rows_release(&rows);
    question_close(&q);
    return st;
}
