/* SPDX-License-Identifier: GPL-3.0-or-later
 * table_writer.h: one table's settled records into the arrays of a segment file, both directions. */
#ifndef CD_STORE_TABLE_WRITER_H
#define CD_STORE_TABLE_WRITER_H

#include "engine/store/records.h"
#include "engine/store/segment_writer.h"

/* The values of a text column, in the order of their bytes. */
typedef struct {
    const cd_slice *texts;
    uint32_t n;
} cd_text_list;

typedef struct cd_table_writer cd_table_writer;

/* Announces the columns of a table of at most most_rows >= 1 rows; `r` says how its records look and stays the caller's
 * until _end or _abandon. */
CD_CHECKED cd_status cd_table_begin(cd_segment_writer *w, const cd_records *r, uint64_t most_rows,
                                    cd_table_writer **out, cd_err *err);
/* Writes rows [from, to), whose records stand side by side, and which follow those written before; `from` is a multiple
 * of CD_PUT_BLOCK, and so is `to` but at the end. Parallel. */
CD_CHECKED cd_status cd_table_put(cd_table_writer *t, const uint8_t *records, uint64_t from, uint64_t to, cd_err *err);
/* All r->rows rows are written: adds the keys, the lines, the dictionaries (`texts` per text column, else unused) and
 * the other direction, which takes about memory_bytes; r->records are not needed any more, and written over if they are
 * there. Where no row came there is no such table. The writer is gone, whatever comes. */
CD_CHECKED cd_status cd_table_end(cd_table_writer *t, const cd_text_list *texts, size_t memory_bytes, cd_err *err);
void cd_table_abandon(cd_table_writer *t);

/* A text dictionary: `column` of table `name`. */
CD_CHECKED cd_status cd_texts_write(cd_segment_writer *w, const char *table, const char *column, const cd_slice *texts,
                                    uint32_t n, cd_err *err);

/* Keys and offsets of one direction; prefix is "tables/T" or "tables/T/reverse". *n_keys is what the directory says. */
CD_CHECKED cd_status cd_keys_write(cd_segment_writer *w, const char *prefix, const cd_off *offsets, cd_id n_ids,
                                   cd_id *n_keys, cd_err *err);

#endif
