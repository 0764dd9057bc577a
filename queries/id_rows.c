/* SPDX-License-Identifier: GPL-3.0-or-later
 * id_rows.c: rows by index, in their order, as cells and as edges. */
#include "queries/id_rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/civil.h"
#include "queries/cell_out.h"

void id_rows_release(id_rows *rows)
{
    cd_free(rows->list);
    *rows = (id_rows){0};
}

/* ---- When a row is ---- */

/* The first time behind the one that rows stand in the order of. A month of pay ends with itself. */
int32_t id_rows_end_column(const candour_table *table)
{
    if (table->class_of == CANDOUR_ENTITY || table->time_column < 0) return -1;
    for (uint32_t c = (uint32_t)table->time_column + 1; c < table->n_columns; c++)
        if (table->columns[c].type == CANDOUR_TIME) return (int32_t)c;
    return -1;
}

bool id_rows_within(const question *q, int64_t at, int64_t until)
{
    if (q->to != CANDOUR_UNKNOWN && at != CANDOUR_UNKNOWN && at >= q->to) return false;
    if (q->from == CANDOUR_UNKNOWN || until == CANDOUR_UNKNOWN) return true;
    return until > q->from || (at == until && at >= q->from);
}

/* What a damaged store may hold is no time. */
static int64_t a_time(int64_t seconds)
{
    return seconds < -62135596800 || seconds > 253402300799 ? CANDOUR_UNKNOWN : seconds; /* years 0001 to 9999 */
}

static int64_t next_month(int64_t month)
{
    cd_civil c = cd_civil_of(month);
    return month + 86400 * (int64_t)cd_days_in_month(c.year, c.month);
}

/* A claim that says no time is of its shift: what it is tied to has `starts` and `ends`. */
static void time_of_shift(const question *q, id_row *r)
{
    found_id shift = id_row_right(q, r);
    const candour_table *table = &q->ontology->tables[q->ontology->kinds[shift.kind].table];
    int32_t starts = candour_column_find(table, cd_slice_of("starts"));
    int32_t ends = candour_column_find(table, cd_slice_of("ends"));
    if (shift.number == CANDOUR_NO_ID || starts < 0 || ends < 0) return;
    uint64_t row = candour_reader_entity(q->reader, q->ontology->kinds[shift.kind].table, shift.number);
    if (row == CANDOUR_NO_ROW) return;
    r->at = a_time(candour_reader_integer(q->reader, q->ontology->kinds[shift.kind].table, (uint32_t)starts, row));
    r->until = a_time(candour_reader_integer(q->reader, q->ontology->kinds[shift.kind].table, (uint32_t)ends, row));
}

static void time_of(const question *q, id_row *r)
{
    const candour_table *table = &q->ontology->tables[r->table];
    int32_t end = id_rows_end_column(table);
    r->at = r->until = CANDOUR_UNKNOWN;
    if (table->time_column < 0) return;
    r->at = a_time(candour_reader_integer(q->reader, r->table, (uint32_t)table->time_column, r->row));
    r->until = end < 0 ? r->at : a_time(candour_reader_integer(q->reader, r->table, (uint32_t)end, r->row));
    if (r->at == CANDOUR_UNKNOWN && r->until == CANDOUR_UNKNOWN && table->class_of == CANDOUR_RELATION)
        time_of_shift(q, r);
    if (r->at != CANDOUR_UNKNOWN && table->columns[table->time_column].type == CANDOUR_MONTH)
        r->until = next_month(r->at);
}

uint64_t id_rows_entity_at(const question *q, found_id id, int64_t at)
{
    uint32_t table = q->ontology->kinds[id.kind].table;
    int32_t time = q->ontology->tables[table].time_column;
    uint64_t found = CANDOUR_NO_ROW;
    int64_t latest = CANDOUR_UNKNOWN;
    if (at == CANDOUR_UNKNOWN || time < 0) return candour_reader_entity(q->reader, table, id.number);
    for (uint32_t part = 0; part < candour_reader_parts(q->reader); part++) {
        candour_rows rows = candour_reader_of_left(q->reader, table, id.number, part);
        for (uint64_t i = 0; i < rows.n; i++) {
            int64_t since = candour_reader_integer(q->reader, table, (uint32_t)time, candour_row_at(&rows, i));
            if (since <= at && since >= latest) latest = since, found = candour_row_at(&rows, i);
        }
    }
    return found;
}

/* ---- Finding ---- */

static cd_status add(const question *q, id_row r, id_rows *rows, cd_err *err)
{
    time_of(q, &r);
    if (!id_rows_within(q, r.at, r.until)) return CD_OK;
    cd_status st = cd_grow(&rows->list, &rows->cap, rows->n + 1, sizeof r, err);
    if (st == CD_OK) rows->list[rows->n++] = r;
    return st;
}

cd_status id_rows_of_table(const question *q, uint32_t table, found_id id, int sides, id_rows *rows, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_table *t = &q->ontology->tables[table];
    bool is_relation = t->class_of == CANDOUR_RELATION;
    for (uint32_t part = 0; part < candour_reader_parts(q->reader); part++) {
        candour_rows found = {0};
        if (sides & LEFT && t->columns[0].kind == id.kind)
            found = candour_reader_of_left(q->reader, table, id.number, part);
        for (uint64_t i = 0; i < found.n; i++) {
            uint64_t row = candour_row_at(&found, i);
            if (t->class_of == CANDOUR_ENTITY && !candour_reader_in_force(q->reader, table, row)) continue;
            uint32_t right = is_relation ? candour_reader_right(q->reader, table, row) : CANDOUR_NO_ID;
            CD_TRY(add(q, (id_row){.table = table, .row = row, .left = id.number, .right = right}, rows, err));
        }
        found = (candour_rows){0};
        if (sides & RIGHT && is_relation && t->columns[1].kind == id.kind)
            found = candour_reader_of_right(q->reader, table, id.number, part);
        for (uint64_t i = 0; i < found.n; i++) {
            uint32_t left = found.other[i];
            if (left >= candour_reader_ids(q->reader, t->columns[0].kind)) continue;
            /* What is tied to itself was found from its left. */
            if (sides & LEFT && t->columns[0].kind == id.kind && left == id.number) continue;
            CD_TRY(add(q, (id_row){.table = table, .row = candour_row_at(&found, i), .left = left, .right = id.number},
                       rows, err));
        }
    }
done:
    return st;
}

cd_status id_rows_of(const question *q, found_id id, int sides, id_rows *rows, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t t = 0; t < q->ontology->n_tables; t++)
        if (q->tables[t]) CD_TRY(id_rows_of_table(q, t, id, sides, rows, err));
done:
    return st;
}

cd_status id_rows_between(const question *q, found_id a, found_id b, id_rows *rows, cd_err *err)
{
    cd_status st = CD_OK;
    size_t kept = rows->n;
    CD_TRY(id_rows_of(q, a, LEFT | RIGHT, rows, err));
    for (size_t i = kept; i < rows->n; i++)
        if (same_id(id_row_other(q, &rows->list[i], a), b)) rows->list[kept++] = rows->list[i];
    rows->n = kept;
done:
    return st;
}

found_id id_row_left(const question *q, const id_row *r)
{
    return (found_id){q->ontology->tables[r->table].columns[0].kind, r->left};
}

found_id id_row_right(const question *q, const id_row *r)
{
    const candour_table *t = &q->ontology->tables[r->table];
    return (found_id){t->class_of == CANDOUR_RELATION ? t->columns[1].kind : 0, r->right};
}

found_id id_row_other(const question *q, const id_row *r, found_id id)
{
    found_id left = id_row_left(q, r);
    return same_id(left, id) ? id_row_right(q, r) : left;
}

/* ---- The order ---- */

static int whole_compare(int64_t a, int64_t b) { return (a > b) - (a < b); }

static int cell_compare(const question *q, uint32_t table, uint32_t column, uint64_t a, uint64_t b)
{
    const candour_column *c = &q->ontology->tables[table].columns[column];
    if (c->type == CANDOUR_TEXT)
        return cd_slice_compare(candour_reader_text(q->reader, table, column, a),
                                candour_reader_text(q->reader, table, column, b));
    if (c->type == CANDOUR_REAL) {
        double x = candour_reader_real(q->reader, table, column, a),
               y = candour_reader_real(q->reader, table, column, b);
        if (isnan(x) || isnan(y)) return isnan(y) - isnan(x);
        return (x > y) - (x < y);
    }
    int64_t x = candour_reader_integer(q->reader, table, column, a),
            y = candour_reader_integer(q->reader, table, column, b);
    if (c->type != CANDOUR_ID || x == y || x < 0 || y < 0) return whole_compare(x, y);
    return found_id_compare(q->reader, (found_id){c->kind, (uint32_t)x}, (found_id){c->kind, (uint32_t)y});
}

static int row_compare(const void *a, const void *b, void *context)
{
    const question *q = context;
    const id_row *x = a, *y = b;
    if (x->at != y->at) return whole_compare(x->at, y->at);
    if (x->table != y->table) return x->table < y->table ? -1 : 1;
    int c = found_id_compare(q->reader, id_row_left(q, x), id_row_left(q, y));
    const candour_table *t = &q->ontology->tables[x->table];
    if (c == 0 && t->class_of == CANDOUR_RELATION)
        c = found_id_compare(q->reader, id_row_right(q, x), id_row_right(q, y));
    for (uint32_t i = t->class_of == CANDOUR_RELATION ? 2 : 1; c == 0 && i < t->n_columns; i++)
        c = cell_compare(q, x->table, i, x->row, y->row);
    return c;
}

void id_rows_sort(const question *q, id_rows *rows)
{
    if (rows->n > 1) qsort_r(rows->list, rows->n, sizeof *rows->list, row_compare, (void *)(uintptr_t)q);
}

typedef struct {
    const question *q;
    found_id of;
} ordering;

static int other_compare(const void *a, const void *b, void *context)
{
    const ordering *o = context;
    int c = found_id_compare(o->q->reader, id_row_other(o->q, a, o->of), id_row_other(o->q, b, o->of));
    return c ? c : row_compare(a, b, (void *)(uintptr_t)o->q);
}

cd_status id_rows_others(const question *q, found_id of, id_rows *rows, id_other **out, size_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    ordering o = {q, of};
    size_t kept = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->list[i].right != CANDOUR_NO_ID) rows->list[kept++] = rows->list[i];
    rows->n = kept;
    if (kept > 1) qsort_r(rows->list, kept, sizeof *rows->list, other_compare, &o);
    *n = 0;
    CD_NEW(*out, kept);
    for (size_t i = 0; i < kept; i++) {
        found_id other = id_row_other(q, &rows->list[i], of);
        if (*n == 0 || !same_id((*out)[*n - 1].id, other)) (*out)[(*n)++] = (id_other){.id = other, .lo = i};
        (*out)[*n - 1].hi = i + 1;
    }
done:
    return st;
}

const id_other *id_others_find(const question *q, const id_other *others, size_t n, found_id id)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (found_id_compare(q->reader, others[mid].id, id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && same_id(others[lo].id, id) ? &others[lo] : NULL;
}

/* ---- Cells ---- */

void id_rows_value(const question *q, uint32_t table, uint32_t column, uint64_t row, cd_buffer *out)
{
    const candour_column *c = &q->ontology->tables[table].columns[column];
    cd_slice text = {0};
    int64_t whole = 0;
    double real = 0;
    const candour_values v = {.text = &text, .integer = &whole, .real = &real};
    if (c->type == CANDOUR_TEXT) {
        text = candour_reader_text(q->reader, table, column, row);
    } else if (c->type == CANDOUR_REAL) {
        real = candour_reader_real(q->reader, table, column, row);
    } else {
        whole = candour_reader_integer(q->reader, table, column, row);
        if (c->type == CANDOUR_ID && whole >= 0 && whole < candour_reader_ids(q->reader, c->kind))
            text = candour_reader_id(q->reader, c->kind, (uint32_t)whole);
    }
    if (c->type == CANDOUR_TEXT || c->type == CANDOUR_ID)
        cd_buffer_add(out, text.bytes, text.n);
    else
        cell_csv(out, c->type, &v, 0);
}

/* A typed cell of the answer. */
static void own_cell(question *q, const id_row *r, uint32_t column)
{
    const candour_table *t = &q->ontology->tables[r->table];
    const candour_column *c = &t->columns[column];
    if (column == 0) {
        answer_text(&q->answer, question_id(q, id_row_left(q, r)));
    } else if (column == 1 && t->class_of == CANDOUR_RELATION) {
        answer_text(&q->answer, question_id(q, id_row_right(q, r)));
    } else if (c->type == CANDOUR_TEXT) {
        answer_text(&q->answer, candour_reader_text(q->reader, r->table, column, r->row));
    } else if (c->type == CANDOUR_REAL) {
        answer_real(&q->answer, candour_reader_real(q->reader, r->table, column, r->row));
    } else if (c->type == CANDOUR_ID) {
        cd_buffer id = {0};
        id_rows_value(q, r->table, column, r->row, &id);
        answer_buffer(&q->answer, &id);
    } else {
        answer_whole(&q->answer, candour_reader_integer(q->reader, r->table, column, r->row));
    }
}

/* The i-th of a table's columns in an answer: its time first. -1: it is not shown. */
static int32_t own_column(const candour_table *t, uint32_t i, int without)
{
    if (t->time_column >= 0) i = i == 0 ? (uint32_t)t->time_column : i <= (uint32_t)t->time_column ? i - 1 : i;
    if (i == 0 && without & LEFT) return -1;
    if (i == 1 && without & RIGHT && t->class_of == CANDOUR_RELATION) return -1;
    return (int32_t)i;
}

enum { OWN_COLUMNS = 16 }; /* the rest of a wider table is not shown: there are other columns to come */

void id_rows_own_columns(question *q, uint32_t table, int without)
{
    const candour_table *t = &q->ontology->tables[table];
    for (uint32_t i = 0; i < t->n_columns && i < OWN_COLUMNS; i++) {
        int32_t c = own_column(t, i, without);
        if (c >= 0) (void)answer_column(&q->answer, t->columns[c].name, t->columns[c].type);
    }
}

void id_rows_own_cells(question *q, const id_row *r, int without)
{
    const candour_table *t = &q->ontology->tables[r->table];
    for (uint32_t i = 0; i < t->n_columns && i < OWN_COLUMNS; i++) {
        int32_t c = own_column(t, i, without);
        if (c >= 0) own_cell(q, r, (uint32_t)c);
    }
}

void id_rows_any_columns(question *q)
{
    (void)answer_column(&q->answer, "at", CANDOUR_TIME);
    (void)answer_column(&q->answer, "until", CANDOUR_TIME);
    (void)answer_column(&q->answer, "table", CANDOUR_TEXT);
}

void id_rows_any_cells(question *q, const id_row *r)
{
    const candour_table *t = &q->ontology->tables[r->table];
    answer_whole(&q->answer, r->at);
    answer_whole(&q->answer, id_rows_end_column(t) < 0 ? CANDOUR_UNKNOWN : r->until);
    answer_text(&q->answer, cd_slice_of(t->name));
}

void id_rows_says_column(question *q) { (void)answer_column(&q->answer, "says", CANDOUR_TEXT); }

/* Texts and ids speak for themselves; a number has its name before it. */
void id_rows_says_cell(question *q, const id_row *r)
{
    const candour_table *t = &q->ontology->tables[r->table];
    int32_t end = id_rows_end_column(t);
    cd_buffer says = {0};
    for (uint32_t c = t->class_of == CANDOUR_RELATION ? 2 : 1; c < t->n_columns; c++) {
        cd_buffer one = {0};
        if ((int32_t)c == t->time_column || (int32_t)c == end) continue;
        id_rows_value(q, r->table, c, r->row, &one);
        bool speaks = t->columns[c].type == CANDOUR_TEXT;
        if (one.n)
            cd_buffer_printf(&says, "%s%s%s", says.n ? ", " : "", speaks ? "" : t->columns[c].name, speaks ? "" : " ");
        cd_buffer_add(&says, one.bytes, one.n);
        if (one.status != CD_OK) says.status = one.status;
        cd_buffer_release(&one);
    }
    answer_buffer(&q->answer, &says);
}

void id_rows_why_columns(question *q)
{
    if (!q->why) return;
    (void)answer_column(&q->answer, "source", CANDOUR_TEXT);
    (void)answer_column(&q->answer, "line", CANDOUR_INTEGER);
}

void id_rows_why_cells(question *q, const id_row *r)
{
    uint64_t source;
    uint32_t line;
    candour_source_info info = {0};
    if (!q->why) return;
    candour_reader_source(q->reader, r->table, r->row, &source, &line);
    cd_status st = source == UINT64_MAX ? CD_EUSAGE : candour_store_source(q->store, source, &info, NULL);
    if (st == CD_EMEMORY) q->answer.status = st;
    answer_text(&q->answer, cd_slice_of(st == CD_OK ? info.name : NULL));
    answer_whole(&q->answer, line ? line : CANDOUR_UNKNOWN);
}

void id_rows_tables(const question *q, const id_row *list, size_t n, cd_buffer *out)
{
    bool more = false;
    for (uint32_t t = 0; t < q->ontology->n_tables; t++) {
        size_t of_table = 0;
        for (size_t i = 0; i < n; i++) of_table += list[i].table == t;
        if (of_table == 0) continue;
        cd_buffer_printf(out, "%s%s", more ? ", " : "", q->ontology->tables[t].name);
        if (of_table > 1) cd_buffer_printf(out, " %zu", of_table);
        more = true;
    }
}

void id_rows_id_columns(question *q, const char *kind, const char *id)
{
    (void)answer_column(&q->answer, kind, CANDOUR_TEXT);
    (void)answer_column(&q->answer, id, CANDOUR_ID);
}

void id_rows_id_cells(question *q, found_id id)
{
    bool known = id.number != CANDOUR_NO_ID;
    answer_text(&q->answer, cd_slice_of(known ? q->ontology->kinds[id.kind].name : NULL));
    answer_text(&q->answer, known ? question_id(q, id) : (cd_slice){0});
}

/* ---- A graph ---- */

typedef struct {
    uint32_t from, to, table;
    int64_t at, until;
} tied;

static int tied_compare(const void *a, const void *b)
{
    const tied *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    if (x->to != y->to) return x->to < y->to ? -1 : 1;
    return (x->table > y->table) - (x->table < y->table);
}

static void edge_add(question *q, const tied *list, size_t n)
{
    graph_edge *e = graph_out_edge(&q->graph, list->from, list->to,
                                   graph_out_type(&q->graph, q->ontology->tables[list->table].name));
    e->first = list->at, e->last = list->until;
    for (size_t i = 1; i < n; i++) { /* CANDOUR_UNKNOWN is the least: what is open at one end stays so */
        if (list[i].at < e->first) e->first = list[i].at;
        if (e->last != CANDOUR_UNKNOWN && (list[i].until == CANDOUR_UNKNOWN || list[i].until > e->last))
            e->last = list[i].until;
    }
    e->value[0] = graph_out_text(&q->graph, "%zu", n);
    if (n > 1) e->label = graph_out_text(&q->graph, "%zu", n);
}

/* Nodes in the order of the rows, edges in the order of the nodes: both depend on what the rows say alone. */
cd_status id_rows_graph(question *q, const id_rows *rows, size_t n, cd_err *err)
{
    cd_status st = CD_OK;
    tied *list = NULL;
    size_t kept = 0;
    if (!question_draws(q)) return CD_OK;
    CD_NEW(list, n);
    q->graph.of_edges[0] = (graph_value_of){"rows", CANDOUR_INTEGER};
    for (uint32_t t = 0; t < q->ontology->n_tables; t++)
        if (q->tables[t]) (void)graph_out_type(&q->graph, q->ontology->tables[t].name);
    for (size_t i = 0; i < n; i++) {
        const id_row *r = &rows->list[i];
        if (r->right == CANDOUR_NO_ID) continue;
        uint32_t from = question_node(q, id_row_left(q, r), false), to = question_node(q, id_row_right(q, r), false);
        list[kept++] = (tied){from, to, r->table, r->at, r->until};
    }
    if (kept > 1) qsort(list, kept, sizeof *list, tied_compare);
    for (size_t lo = 0, hi; lo < kept; lo = hi) {
        for (hi = lo + 1; hi < kept && tied_compare(&list[lo], &list[hi]) == 0;) hi++;
        edge_add(q, &list[lo], hi - lo);
    }
done:
    cd_free(list);
    return st;
}
