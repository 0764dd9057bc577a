/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_header.h: the first row of a file, and which of its fields is which column of the table.
 *
 * Accepted before it: a byte order mark, the line `sep=;` that Excel writes (it sets the separator), blank lines. */
#ifndef LOADERS_CSV_HEADER_H
#define LOADERS_CSV_HEADER_H

#include "engine/candour.h"
#include "loaders/csv_blocks.h"
#include "loaders/time_zone.h"

typedef struct {
    cd_slice from, to;
} value_rule;

/* How a column of the table is had from a file. */
typedef struct {
    const char *header;   /* its name in the file; NULL: its own */
    const char *constant; /* its value in every row, whatever the file says; NULL: none */
    const value_rule *values; /* what to read instead of what: in the order of `from`, 16 readable bytes after `to` */
    uint32_t n_values;
} column_rule;

typedef struct {
    const column_rule *columns; /* one for each column of the table; NULL: all by default */
    const time_zone *zone;      /* of times without a suffix; NULL: UTC */
    char separator;             /* 0: a comma, unless the file's own first line says otherwise */
} read_rules;

/* Everything lives in the arena. */
typedef struct {
    uint32_t n_fields;
    const cd_slice *names; /* n_fields: as the file has them, without quotes */
    int32_t *field_of;     /* per column of the table: its field, or -1 */
    int32_t *column_of;    /* per field: its column, or -1: not read */
} csv_header;

/* Reads the header and leaves `blocks` before the first row of data. `block` is scratch. */
CD_CHECKED cd_status csv_header_read(csv_blocks *blocks, csv_block *block, const char *name, const candour_table *table,
                                     const read_rules *rules, cd_arena *arena, csv_header *out, cd_err *err);

/* The header of a source alone; names are copied into the arena. */
CD_CHECKED cd_status csv_header_of(byte_source *source, const char *name, const candour_table *table,
                                   const read_rules *rules, cd_arena *arena, csv_header *out, cd_err *err);

static inline const column_rule *column_rule_of(const read_rules *rules, uint32_t column)
{
    static const column_rule by_default;
    return rules->columns ? &rules->columns[column] : &by_default;
}

#endif
