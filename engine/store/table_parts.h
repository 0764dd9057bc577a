/* SPDX-License-Identifier: GPL-3.0-or-later
 * table_parts.h: one table from its batches to the arrays of a segment file, a part at a time. */
#ifndef CD_STORE_TABLE_PARTS_H
#define CD_STORE_TABLE_PARTS_H

#include "engine/store/table_writer.h"

/* What becomes of a table: the rows of n batches, which stand in the order of their sources and sequences. */
typedef struct {
    const candour_table *table;
    uint32_t index;
    cd_batch *const *batches;
    uint32_t n_batches;
    const cd_meanings *meanings;
    const cd_snapshot *snapshot;
    bool last_file;        /* of the load: see cd_records_begin */
    cd_id n_left, n_right; /* ids of the left and the right kind, the new ones too */
    uint64_t part_rows;    /* about as many rows are a part; where all are fewer, they are made in one piece */
    const cd_text_list *texts;
    void (*batches_done)(void *context); /* called when nobody looks at the batches any more */
    void *context;
} cd_table_source;

/* Sorts the rows, drops those that are there twice or in the snapshot already, and writes the rest; *out, whose records
 * are gone, says what that was. The other direction takes about memory_bytes. */
CD_CHECKED cd_status cd_table_write(cd_segment_writer *w, const cd_table_source *source, size_t memory_bytes,
                                    cd_records *out, cd_err *err);

#endif
