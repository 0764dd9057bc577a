/* SPDX-License-Identifier: GPL-3.0-or-later
 * records.h: one table's rows on their way from batches to a segment file.
 *
 * A record is one row without its left id: the fields side by side in a few bytes, so that sorting rows by their left
 * id costs one cache line a row. The fields that say what the row *is* come first (the time, the right id, the rest),
 * those that say where it came from last (source, line): two rows are the same where the first part is equal to the
 * byte. */
#ifndef CD_STORE_RECORDS_H
#define CD_STORE_RECORDS_H

#include "engine/store/batch.h"
#include "engine/store/ontology.h"
#include "engine/store/snapshot.h"
#include "engine/store/unify.h"

typedef struct {
    uint32_t at, width; /* bytes in the record; width 0: the value is `base` in every row, or unknown (known false) */
    int64_t base;
    bool known, real;
} cd_field;

/* How a lane's codes of a column become numbers; NULL for columns that are no ids and no texts. */
typedef struct {
    const cd_unified *of_column[CD_MAX_COLUMNS];
} cd_meanings;

typedef struct {
    const candour_table *table;
    cd_field field[CD_MAX_COLUMNS]; /* by column; [0] is unused */
    cd_field source, line;
    const cd_field *time;          /* of the time column; NULL: there is none, or it is unknown throughout */
    uint32_t bytes, content_bytes; /* of a record, and of its first part */
    uint64_t rows;
    cd_id n_left, n_right;         /* ids of the left and the right kind, so far */
    cd_off *offsets;               /* n_left + 1 */
    uint8_t *records;
    uint64_t origin;               /* the row that stands first in `records` */
    uint64_t capacity;             /* rows that `records` was made for */
    int64_t first, last;           /* of the time column */
    uint64_t repeats, replaced;
    uint64_t restated;             /* undated rows that say again what was there, or replace one that this load wrote */
} cd_records;

/* Sorts the rows of n batches by left id and time, and drops those that are there twice or in `snapshot` already. The
 * batches stand in the order of their sources and sequences. n_left and n_right count the new ids too. Sources from
 * snapshot->n_sources on are this load's; `last_file`: it writes no file after this one.
 * It goes a part at a time, so that not all records need memory side by side: a part is a range of left ids with at
 * most part_rows rows, unless one id has more. After _begin `out` says how records look; its offsets and rows count
 * what was made so far. */
typedef struct cd_record_maker cd_record_maker;
CD_CHECKED cd_status cd_records_begin(const candour_table *table, uint32_t table_index, cd_batch *const *batches,
                                      uint32_t n_batches, const cd_meanings *meanings, const cd_snapshot *snapshot,
                                      bool last_file, cd_id n_left, cd_id n_right, uint64_t part_rows, cd_records *out,
                                      cd_record_maker **maker, cd_err *err);
/* Rows of all batches; parts; rows of the largest part before any is dropped. */
uint64_t cd_records_offered(const cd_record_maker *maker);
uint32_t cd_records_parts(const cd_record_maker *maker);
uint64_t cd_records_most(const cd_record_maker *maker);
/* Makes the records of a part, each part once and in their order; returns how many are left of them. Parallel. */
uint64_t cd_records_part(cd_record_maker *maker, uint32_t part, uint8_t *into);
void cd_records_end(cd_record_maker *maker);

/* Gets memory for so many records, which cd_records_drop gives back. */
CD_CHECKED cd_status cd_records_room(cd_records *r, uint64_t rows, cd_err *err);
void cd_records_release(cd_records *r);
/* Gives the records themselves back, and keeps what says how they look. */
void cd_records_drop(cd_records *r);
/* Places the fields whose widths are set: the time first, then the columns in their order, then source and line. */
void cd_records_lay_out(cd_records *r);

static inline uint64_t cd_record_load(const uint8_t *record, const cd_field *f)
{
    uint64_t v = 0;
    switch (f->width) {
    case 1: return record[f->at];
    case 2: __builtin_memcpy(&v, record + f->at, 2); return v;
    case 4: __builtin_memcpy(&v, record + f->at, 4); return v;
    case 8: __builtin_memcpy(&v, record + f->at, 8); return v;
    default: return 0;
    }
}

static inline uint64_t cd_unknown_code(uint32_t width)
{
    return width == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
}

/* The value of an integer-like field, CANDOUR_UNKNOWN where unknown. */
static inline int64_t cd_record_value(const uint8_t *record, const cd_field *f)
{
    if (!f->known) return CANDOUR_UNKNOWN;
    if (f->width == 0) return f->base;
    uint64_t code = cd_record_load(record, f);
    return code == cd_unknown_code(f->width) ? CANDOUR_UNKNOWN : (int64_t)((uint64_t)f->base + code);
}

#endif
