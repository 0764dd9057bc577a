/* SPDX-License-Identifier: GPL-3.0-or-later
 * made_csv.h: a CSV without quotes, held in memory cell by cell: slow and obvious, to hold generated files against. */
#ifndef TESTS_SUPPORT_MADE_CSV_H
#define TESTS_SUPPORT_MADE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char *text;
    size_t bytes, n_rows, n_columns;
    char **head, **cells; /* cells[row * n_columns + column] */
} made_csv;

/* FOLDER/NAME.csv; fails the test if it is not there, holds a quote, or a row has another number of cells. */
made_csv made_csv_read(const char *folder, const char *name);
void made_csv_release(made_csv *t);
/* The column of that name; fails the test if there is none. */
size_t made_csv_column(const made_csv *t, const char *name);

static inline const char *made_csv_at(const made_csv *t, size_t row, size_t column)
{
    return t->cells[row * t->n_columns + column];
}

/* The digits after the first letter of an id; 0 for an empty cell. */
uint32_t made_csv_number(const made_csv *t, size_t row, size_t column);
/* Seconds; INT64_MIN for an empty cell; fails the test on what is no time. */
int64_t made_csv_time(const made_csv *t, size_t row, size_t column);

/* A fresh folder name under the system's place for such; and what removes it with all files in it. */
void made_folder_new(char out[64]);
void made_folder_remove(const char *folder);

#endif
