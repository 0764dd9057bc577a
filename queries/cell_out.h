/* SPDX-License-Identifier: GPL-3.0-or-later
 * cell_out.h: one value of an answer: as JSON has it, as CSV has it, and as people read it. */
#ifndef QUERIES_CELL_OUT_H
#define QUERIES_CELL_OUT_H

#include "engine/candour.h"
#include "queries/print.h"

/* Times as RFC 3339, months as `2026-03`; what is not known is null, or nothing. JSON has integers beyond 2^53 as text,
 * since many a reader keeps numbers as doubles. */
CD_CHECKED cd_status cell_json(cd_buffer *out, candour_type type, const candour_values *v, size_t row, cd_err *err);
void cell_csv(cd_buffer *out, candour_type type, const candour_values *v, size_t row);
/* What could steer a terminal is `?`; what is not known is `-`. */
CD_CHECKED cd_status cell_plain(print_table *table, candour_type type, const candour_values *v, size_t row,
                                cd_err *err);
CD_CHECKED cd_status cell_json_text(cd_buffer *out, cd_slice text, cd_err *err);

/* `officer_id` as the head of a column: `OFFICER ID`; into out, at most n - 1 letters, and returns how many. */
size_t cell_head(const char *name, char *out, size_t n);

#endif
