/* SPDX-License-Identifier: GPL-3.0-or-later
 * column_batch.h: rows of a block as columns of values, a column at a time.
 *
 * A plan says once per file what each column of the table is made from. A batch is one thread's arrays: it takes the
 * rows' places in a block, converts each column in a loop of its own, and leaves out the rows with a fault, noting the
 * first fault of each in the table's order of columns. What a row becomes depends on its own bytes alone. */
#ifndef LOADERS_COLUMN_BATCH_H
#define LOADERS_COLUMN_BATCH_H

#include "loaders/csv_header.h"
#include "loaders/row_rejects.h"
#include "loaders/word_set.h"

enum { BATCH_ROWS = 2048, INTERVALS_MAX = 4 };

typedef struct {
    const candour_table *table;
    const read_rules *rules;
    const csv_header *header;
    const word_set **words; /* per column: its named values, or NULL */
    uint32_t n_intervals;   /* pairs of time columns of which the second must not come before the first */
    struct {
        uint32_t from, to;
    } interval[INTERVALS_MAX];
    struct { /* per column with a constant */
        cd_slice text;
        int64_t integer;
        double real;
    } *constant;
} column_plan;

/* Also checks that constants and translated values are of their columns' types. Lives in the arena. */
CD_CHECKED cd_status column_plan_make(const candour_table *table, const read_rules *rules, const csv_header *header,
                                      cd_arena *arena, column_plan *out, cd_err *err);
/* Whether `text` can be the value of a column: NULL, or why not. */
const char *column_value_fault(const candour_column *column, cd_slice text);

/* Values that the contract does not name, in one column. */
typedef struct {
    uint64_t n;
    uint64_t first_line; /* of the first one, and the value itself */
    uint32_t example_n;
    char example[64];
} unnamed_values;

typedef struct {
    const column_plan *plan;
    candour_values *values; /* per column of the table: what candour_load_rows takes */
    cd_slice **text;        /* per column: the arrays behind values, or NULL */
    int64_t **integer;
    double **real;
    cd_slice *cells;        /* of the column in hand, where it is no text column */
    uint32_t *first;        /* per row: its first mark */
    uint32_t *line;
    struct row_fault *fault;
    uint32_t n, n_faults;   /* rows; those with a fault */
    time_zone_step step;
    unnamed_values *unnamed;
} column_batch;

CD_CHECKED cd_status column_batch_init(column_batch *batch, const column_plan *plan, cd_err *err);
void column_batch_release(column_batch *batch);

/* Converts the n rows of which batch->first and batch->line say where they are. Afterwards batch->n rows are left.
 * Quoted cells of the block are changed in place. */
CD_CHECKED cd_status column_batch_convert(column_batch *batch, csv_block *block, uint32_t n, reject_list *rejects,
                                          cd_err *err);

#endif
