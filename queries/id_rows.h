/* SPDX-License-Identifier: GPL-3.0-or-later
 * id_rows.h: the rows of an id, of any tables, by the store's own indexes: found, put in an order that depends on what
 * they say alone, and told column by column or as a graph. */
#ifndef QUERIES_ID_ROWS_H
#define QUERIES_ID_ROWS_H

#include "queries/question.h"

/* A row, and the time it is of: an event's until is its at. CANDOUR_UNKNOWN is open, or of a row of no time. */
typedef struct {
    uint64_t row;
    uint32_t table;
    uint32_t left, right; /* right: CANDOUR_NO_ID where it ties nothing */
    int64_t at, until;
} id_row;

/* Zero-initialise. */
typedef struct {
    id_row *list;
    size_t n, cap;
} id_rows;
void id_rows_release(id_rows *rows);

/* Adds the rows that have the id on one of `sides`, of the question's tables and within its days. */
CD_CHECKED cd_status id_rows_of(const question *q, found_id id, int sides, id_rows *rows, cd_err *err);
/* The same, of one table. */
CD_CHECKED cd_status id_rows_of_table(const question *q, uint32_t table, found_id id, int sides, id_rows *rows,
                                      cd_err *err);
/* The rows that tie two ids, either way. */
CD_CHECKED cd_status id_rows_between(const question *q, found_id a, found_id b, id_rows *rows, cd_err *err);
/* By time, those of none first; then by table, ids and all else that they say. */
void id_rows_sort(const question *q, id_rows *rows);

found_id id_row_left(const question *q, const id_row *r);
found_id id_row_right(const question *q, const id_row *r); /* number CANDOUR_NO_ID: there is none */
/* What an id is tied to by some of its rows: the distinct other ends in the order of answers, and whose rows[lo, hi)
 * are. */
typedef struct {
    found_id id;
    size_t lo, hi; /* in the rows, which are put in this order, and by time within */
} id_other;
CD_CHECKED cd_status id_rows_others(const question *q, found_id of, id_rows *rows, id_other **out, size_t *n,
                                    cd_err *err);
/* The one of these that is an id, or NULL. */
const id_other *id_others_find(const question *q, const id_other *others, size_t n, found_id id);
/* The end that is not `id`; of a row of one end: number CANDOUR_NO_ID. */
found_id id_row_other(const question *q, const id_row *r, found_id id);

/* The column in which rows of a table end, or -1: they are events, or have no time. */
int32_t id_rows_end_column(const candour_table *table);
/* Whether a span meets the question's days. */
bool id_rows_within(const question *q, int64_t at, int64_t until);
/* The row of an entity that was in force at a time; CANDOUR_UNKNOWN: the one that is now. CANDOUR_NO_ROW: none. */
uint64_t id_rows_entity_at(const question *q, found_id id, int64_t at);

/* Columns of the answer and their cells, in the same order. Each of these pairs belongs together.
 * Own: the columns of a table, its time first, without those of ids that `without` says (LEFT, RIGHT). */
void id_rows_own_columns(question *q, uint32_t table, int without);
void id_rows_own_cells(question *q, const id_row *r, int without);
/* Of any tables: at, until, table. */
void id_rows_any_columns(question *q);
void id_rows_any_cells(question *q, const id_row *r);
/* What a row says besides its ids and times, in one cell. */
void id_rows_says_column(question *q);
void id_rows_says_cell(question *q, const id_row *r);
/* File and line, where --why asks for it. */
void id_rows_why_columns(question *q);
void id_rows_why_cells(question *q, const id_row *r);
/* "accesses 3, assignments": of which tables n rows are. */
void id_rows_tables(const question *q, const id_row *list, size_t n, cd_buffer *out);
/* An id as kind and id, or nothing twice. */
void id_rows_id_columns(question *q, const char *kind, const char *id);
void id_rows_id_cells(question *q, found_id id);

/* One cell of a table's row, as CSV has it; an id by its letters. */
void id_rows_value(const question *q, uint32_t table, uint32_t column, uint64_t row, cd_buffer *out);

/* The first n rows as edges of the answer's graph, where it will be looked at: one for each two ids and table, with how
 * many rows, first and last.
 */
CD_CHECKED cd_status id_rows_graph(question *q, const id_rows *rows, size_t n, cd_err *err);

#endif
