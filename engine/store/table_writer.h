/* SPDX-License-Identifier: GPL-3.0-or-later
 * table_writer.h: one table's settled records into the arrays of a segment file, both directions. */
#ifndef CD_STORE_TABLE_WRITER_H
#define CD_STORE_TABLE_WRITER_H

#include "engine/store/records.h"
#include "engine/store/segment_writer.h"

/* Writes everything of the table and its line in the directory. Nothing where no rows are left. The records are released
 * on the way, before the other direction is made; memory_bytes bounds what that takes. */
CD_CHECKED cd_status cd_table_write(cd_segment_writer *w, cd_records *r, const cd_meanings *meanings, size_t memory_bytes,
                                    cd_err *err);

/* A text dictionary: `column` of table `name`. */
CD_CHECKED cd_status cd_texts_write(cd_segment_writer *w, const char *table, const char *column, const cd_slice *texts,
                                    uint32_t n, cd_err *err);

/* Keys and offsets of one direction; prefix is "tables/T" or "tables/T/reverse". *n_keys is what the directory says. */
CD_CHECKED cd_status cd_keys_write(cd_segment_writer *w, const char *prefix, const cd_off *offsets, cd_id n_ids,
                                   cd_id *n_keys, cd_err *err);

#endif
