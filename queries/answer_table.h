/* SPDX-License-Identifier: GPL-3.0-or-later
 * answer_table.h: the rows of an answer in the making, column by column typed, and its forms: a table for people, a
 * page, CSV, JSON. The first column's cell begins a row; every row gets all its cells, in order. */
#ifndef QUERIES_ANSWER_TABLE_H
#define QUERIES_ANSWER_TABLE_H

#include "engine/candour.h"
#include "queries/report.h"

enum { ANSWER_COLUMNS = 24 };

/* Zero-initialise, say the columns, then the cells. A failure sticks, and whoever writes it tells it. */
typedef struct {
    uint32_t n_columns, next; /* next: the column of the next cell */
    const char *name[ANSWER_COLUMNS];
    candour_type type[ANSWER_COLUMNS];
    void *values[ANSWER_COLUMNS]; /* cd_slice, int64_t or double, by type */
    size_t cap[ANSWER_COLUMNS], n_rows;
    cd_arena arena;
    cd_status status;
} answer_table;

void answer_table_release(answer_table *t);

/* Whether there was room for it: a table of a force's own may have more columns than an answer. */
bool answer_column(answer_table *t, const char *name, candour_type type);
/* Borrowed; a text of NULL is not known. */
void answer_text(answer_table *t, cd_slice text);
void answer_words(answer_table *t, const char *format, ...) CD_PRINTF(2, 3);
/* Of integers, booleans, times and months; CANDOUR_UNKNOWN is not known. */
void answer_whole(answer_table *t, int64_t value);
void answer_real(answer_table *t, double value);
/* What was written into a buffer, which it releases; nothing: not known. */
void answer_buffer(answer_table *t, cd_buffer *text);

/* The first n rows. */
CD_CHECKED cd_status answer_say(const answer_table *t, size_t n, report *r, cd_err *err);
CD_CHECKED cd_status answer_csv(const answer_table *t, size_t n, cd_buffer *out, cd_err *err);
/* `"columns": [{"name", "type"}], "rows": [[...]]`, for whoever writes what is around it. */
CD_CHECKED cd_status answer_json(const answer_table *t, size_t n, cd_buffer *out, cd_err *err);

#endif
