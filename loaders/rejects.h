/* SPDX-License-Identifier: GPL-3.0-or-later
 * rejects.h: rows that could not be taken, as rejects.csv: file,line,column,value,reason.
 *
 * The file is made with the first reject. Values are cut at REJECT_VALUE_BYTES, which an ellipsis shows, and bytes that
 * are not UTF-8 are written as \xNN, so that the file is valid whatever was not. */
#ifndef LOADERS_REJECTS_H
#define LOADERS_REJECTS_H

#include "engine/candour.h"
#include "loaders/csv_header.h"
#include "loaders/row_rejects.h"

enum { REJECT_TEXT = 4 * REJECT_VALUE_BYTES + 8, REJECT_REASON_TEXT = 200 };

/* The value as printable UTF-8 text; NUL-terminated. */
void reject_value_text(const row_reject *reject, char out[REJECT_TEXT]);
/* Why, in words. */
void reject_reason_text(const row_reject *reject, const candour_table *table, const csv_header *header,
                        char out[REJECT_REASON_TEXT]);

typedef struct rejects_file rejects_file;

/* Makes folder/rejects.csv. */
CD_CHECKED cd_status rejects_file_open(const char *folder, rejects_file **out, cd_err *err);
const char *rejects_file_path(const rejects_file *f);
CD_CHECKED cd_status rejects_file_add(rejects_file *f, const char *file, uint64_t line, cd_slice column,
                                      const char *value, const char *reason, cd_err *err);
/* Everything is on disk when this returns. */
CD_CHECKED cd_status rejects_file_finish(rejects_file *f, cd_err *err);
void rejects_file_close(rejects_file *f);

#endif
