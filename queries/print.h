/* SPDX-License-Identifier: GPL-3.0-or-later
 * print.h: answers as people read them (aligned tables, separated thousands, sizes in their units) and as JSON. */
#ifndef QUERIES_PRINT_H
#define QUERIES_PRINT_H

#include <jansson.h>

#include "engine/base/memory.h"
#include "engine/base/slice.h"

enum { PRINT_TEXT = 32 };

/* 1234567 as `1,234,567`, into out; returns out. */
const char *print_count(uint64_t n, char out[PRINT_TEXT]);
/* Bytes as `31.2 MB`, by thousands; below 10 kB in full. */
const char *print_size(uint64_t bytes, char out[PRINT_TEXT]);
/* `0.85 s`, `12.3 s`, `3:07 min`, `2:05:00 h`. */
const char *print_duration(double seconds, char out[PRINT_TEXT]);
/* The day of a time, or `-` where it is not known. */
const char *print_day(int64_t seconds, char out[PRINT_TEXT]);
const char *print_time(int64_t seconds, char out[PRINT_TEXT]);
/* Text that came from outside: what could steer a terminal becomes `?`. */
void print_plain(cd_buffer *out, const char *text);

/* A cell of a CSV for people: quoted where it must be. What a spreadsheet would take for a formula, as it begins with =, +,
 * -, @, a tab or a carriage return, gets an apostrophe before it: an id from somewhere else is no program. */
void print_csv_text(cd_buffer *out, cd_slice text);

/* A table that is aligned when all of it is known. Zero-initialise; then a row at a time, all its cells. */
enum { PRINT_COLUMNS = 10 };
typedef struct {
    cd_arena arena;
    uint32_t n_columns, n_cells;
    size_t cap;
    bool right[PRINT_COLUMNS];
    uint32_t width[PRINT_COLUMNS];
    cd_slice *cells;
    cd_status status; /* a failure sticks; print_table tells it */
} print_table;

/* `TABLE,>ROWS,FROM`: the heads, `>` before those whose cells stand to the right. */
void print_table_heads(print_table *table, const char *heads);
void print_table_cell(print_table *table, const char *format, ...) CD_PRINTF(2, 3);
/* Writes and releases it. */
CD_CHECKED cd_status print_table_end(print_table *table, cd_buffer *out, cd_err *err);

/* Jansson takes its memory from engine/base from here on. */
void print_json_init(void);
/* A text of any bytes: what is no UTF-8 becomes U+FFFD. */
json_t *print_json_text(const char *text);
/* A time as text, or null. */
json_t *print_json_time(int64_t seconds);
/* Writes it out, indented, and gives it up. `json` may be NULL: then memory ran out while it was made. */
CD_CHECKED cd_status print_json(json_t *json, cd_buffer *out, cd_err *err);

#endif
