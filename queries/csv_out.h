/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_out.h: rows of a table as the contract's CSV: RFC 4180, times in UTC, reals in the fewest digits that read back as
 * the same number. */
#ifndef QUERIES_CSV_OUT_H
#define QUERIES_CSV_OUT_H

#include "engine/candour.h"

/* One file in the making. It bears `.part` at its name's end until csv_out_end. */
typedef struct csv_out csv_out;

CD_CHECKED cd_status csv_out_begin(const char *path, const candour_table *table, csv_out **out, cd_err *err);
CD_CHECKED cd_status csv_out_rows(csv_out *out, const candour_block *block, cd_err *err);
uint64_t csv_out_bytes(const csv_out *out);
/* The file is whole and has its name; *out is NULL after. */
CD_CHECKED cd_status csv_out_end(csv_out **out, cd_err *err);
/* Gives up what was begun, and its file. Takes NULL. */
void csv_out_drop(csv_out *out);

/* The fewest digits that read back as `value`, for a value that is a number; returns the length. */
enum { CSV_REAL_TEXT = 32 };
size_t csv_real_write(double value, char out[CSV_REAL_TEXT]);

#endif
