/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_who.c: `candour who` and `candour touched`: the rows that tie others to one id, or one id to others, each with
 * what on record explains it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queries/commands.h"
#include "queries/id_rows.h"

/* ---- What is on record beside a row ---- */

static void add_word(cd_buffer *words, const char *format, const char *word, int64_t day)
{
    char text[PRINT_TEXT];
    if (words->n) cd_buffer_printf(words, "; ");
    for (const char *c = word; *c; c++) { /* a label, as a word: ASSIGNED, NAMED_IN */
        char small = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c == '_' ? ' ' : *c);
        cd_buffer_add(words, &small, 1);
    }
    if (format) cd_buffer_printf(words, "%s %s", format, print_day(day, text));
}

/* How the nearest of a table's rows between the same two stands to a time: before, at it, or after. */
static void add_standing(const question *q, uint32_t table, const id_row *r, cd_buffer *words)
{
    const candour_table *t = &q->ontology->tables[table];
    int32_t end = id_rows_end_column(t);
    int64_t ended = CANDOUR_UNKNOWN, begins = INT64_MAX;
    for (uint32_t part = 0; part < candour_reader_parts(q->reader); part++) {
        candour_rows rows = candour_reader_of_left(q->reader, table, r->left, part);
        for (uint64_t i = 0; i < rows.n; i++) {
            if (rows.other[i] != r->right) continue;
            uint64_t row = candour_row_at(&rows, i);
            int64_t from = candour_reader_integer(q->reader, table, (uint32_t)t->time_column, row);
            int64_t to = candour_reader_integer(q->reader, table, (uint32_t)end, row);
            if (from <= r->at && (to == CANDOUR_UNKNOWN || to > r->at)) {
                add_word(words, NULL, t->label, 0);
                return;
            }
            if (from > r->at && from < begins) begins = from;
            if (to != CANDOUR_UNKNOWN && to <= r->at && to > ended) ended = to;
        }
    }
    if (ended != CANDOUR_UNKNOWN) add_word(words, " until", t->label, ended);
    if (begins != INT64_MAX) add_word(words, " from", t->label, begins);
}

static cd_slice unit_at(const question *q, found_id id, int64_t at)
{
    const candour_kind *kind = &q->ontology->kinds[id.kind];
    uint64_t row = kind->unit_column < 0 ? CANDOUR_NO_ROW : id_rows_entity_at(q, id, at);
    if (row == CANDOUR_NO_ROW) return (cd_slice){0};
    return candour_reader_text(q->reader, kind->table, (uint32_t)kind->unit_column, row);
}

/* Of an event: what held at its time between the same two, in any relation of intervals; and whether both are of a
 * unit. */
static void on_record(question *q, const id_row *r)
{
    const candour_table *own = &q->ontology->tables[r->table];
    cd_buffer words = {0};
    for (uint32_t t = 0; t < q->ontology->n_tables; t++) {
        const candour_table *other = &q->ontology->tables[t];
        if (t == r->table || other->class_of != CANDOUR_RELATION || id_rows_end_column(other) < 0) continue;
        if (other->columns[0].kind != own->columns[0].kind || other->columns[1].kind != own->columns[1].kind) continue;
        add_standing(q, t, r, &words);
    }
    cd_slice a = unit_at(q, id_row_left(q, r), r->at), b = unit_at(q, id_row_right(q, r), r->at);
    if (a.n && cd_slice_equal(a, b)) cd_buffer_printf(&words, "%sown unit", words.n ? "; " : "");
    answer_buffer(&q->answer, &words);
}

/* ---- The list ---- */

/* Where the question is about one table alone. */
static const candour_table *one_table(const question *q)
{
    uint32_t only = 0;
    while (!q->tables[only]) only++;
    return q->n_tables == 1 ? &q->ontology->tables[only] : NULL;
}

/* `unit_then`, by what the force calls it; NULL: the others have none, or are of many kinds. */
static const char *unit_name(question *q, int others, cd_err *err)
{
    const candour_table *only = one_table(q);
    const candour_kind *kind = only ? &q->ontology->kinds[only->columns[others == RIGHT].kind] : NULL;
    if (!kind || kind->unit_column < 0) return NULL;
    const char *name = q->ontology->tables[kind->table].columns[kind->unit_column].name;
    char *then = cd_arena_alloc(&q->run->arena, strlen(name) + sizeof "_then", 1, err);
    if (then) strcpy(stpcpy(then, name), "_then");
    return then;
}

static void columns(question *q, const char *unit, int without)
{
    const candour_table *only = one_table(q);
    if (only) {
        id_rows_own_columns(q, (uint32_t)(only - q->ontology->tables), without);
    } else {
        id_rows_any_columns(q);
        id_rows_id_columns(q, "kind", "id");
        id_rows_says_column(q);
    }
    if (unit) (void)answer_column(&q->answer, unit, CANDOUR_TEXT);
    (void)answer_column(&q->answer, "on_record", CANDOUR_TEXT);
    id_rows_why_columns(q);
}

static void cells(question *q, const id_row *r, found_id asked, bool has_unit, int without)
{
    found_id other = id_row_other(q, r, asked);
    if (q->n_tables == 1) {
        id_rows_own_cells(q, r, without);
    } else {
        id_rows_any_cells(q, r);
        id_rows_id_cells(q, other);
        id_rows_says_cell(q, r);
    }
    if (has_unit) answer_text(&q->answer, unit_at(q, other, r->at));
    on_record(q, r);
    id_rows_why_cells(q, r);
}

/* "case C00001088: 20 rows of accesses, 3 officers, 2025-01-20 to 2025-01-28" */
static cd_status say_whom(question *q, found_id asked, const id_rows *rows, cd_err *err)
{
    cd_status st = CD_OK;
    id_other *others = NULL;
    id_rows copy = {0};
    size_t n;
    char a[PRINT_TEXT], b[PRINT_TEXT];
    const candour_table *only = one_table(q);
    CD_NEW(copy.list, rows->n);
    if (rows->n) memcpy(copy.list, rows->list, rows->n * sizeof *rows->list);
    copy.n = rows->n;
    CD_TRY(id_rows_others(q, asked, &copy, &others, &n, err));
    question_name(q, asked, &q->words);
    cd_buffer_printf(&q->words, ": %s row%s%s%s, %s %s%s", print_count(rows->n, a), rows->n == 1 ? "" : "s",
                     only ? " of " : "", only ? only->name : "", print_count(n, b),
                     only ? q->ontology->kinds[n ? others->id.kind : 0].name : "other", n == 1 ? "" : "s");
    for (size_t i = 0; i < rows->n; i++) /* those of no time come first */
        if (rows->list[i].at != CANDOUR_UNKNOWN) {
            cd_buffer_printf(&q->words, ", %s to %s", print_day(rows->list[i].at, a),
                             print_day(rows->list[rows->n - 1].at, b));
            break;
        }
    cd_buffer_printf(&q->words, "\n");
    question_fact(q, "others", (int64_t)n);
done:
    cd_free(others);
    id_rows_release(&copy);
    return st;
}

/* The rows that have the id on one side. */
static cd_status ask(cli_run *run, int side, const char *title, cd_err *err)
{
    cd_status st = CD_OK;
    question q;
    id_rows rows = {0};
    const bool *kinds;
    found_id asked;
    CD_TRY(question_open(&q, run, QUESTION_RELATION, "accesses", err));
    CD_TRY(question_kinds(&q, side, &kinds, err));
    CD_TRY(question_find(&q, 1, kinds, &asked, err));
    CD_TRY(id_rows_of(&q, asked, side, &rows, err));
    id_rows_sort(&q, &rows);
    const char *unit = unit_name(&q, side == LEFT ? RIGHT : LEFT, err);
    size_t listed = question_listed(&q, rows.n);
    columns(&q, unit, side);
    for (size_t i = 0; i < listed; i++) cells(&q, &rows.list[i], asked, unit != NULL, side);
    cd_slice id = question_id(&q, asked);
    snprintf(q.title, sizeof q.title, title, (int)id.n, id.bytes);
    CD_TRY(say_whom(&q, asked, &rows, err));
    (void)question_node(&q, asked, true);
    CD_TRY(id_rows_graph(&q, &rows, listed, err));
    CD_TRY(question_answer(&q, rows.n, err));
done:
    id_rows_release(&rows);
    question_close(&q);
    return st;
}

cd_status cmd_who(cli_run *run, cd_err *err) { return ask(run, RIGHT, "who opened %.*s", err); }
cd_status cmd_touched(cli_run *run, cd_err *err) { return ask(run, LEFT, "what %.*s touched", err); }
