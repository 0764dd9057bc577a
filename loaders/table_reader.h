/* SPDX-License-Identifier: GPL-3.0-or-later
 * table_reader.h: a CSV file as typed rows of a table, by several threads at once.
 *
 * What comes out depends on the bytes and the rules alone: not on threads, on the size of blocks or on the processor.
 * The grammar is csv_tokens.h's, the header csv_header.h's. A row is one of:
 *   - blank (no byte between two line ends): skipped, not counted;
 *   - faulty: noted with its first reason in the order of the checks: a quote that is never closed; its length, line end
 *     included, against the limit; the number of fields; then, column by column as the
 *     table orders them, quotes, NUL, UTF-8, the type and its range; then intervals that end before they start;
 *   - taken: handed to the sink. Columns of the file that the table does not have are not looked at. */
#ifndef LOADERS_TABLE_READER_H
#define LOADERS_TABLE_READER_H

#include "loaders/column_batch.h"

/* Who takes the rows. */
typedef struct {
    void *context;
    /* As candour_load_rows: from any thread, each with its own lane, in any order. */
    cd_status (*rows)(void *context, uint32_t lane, uint64_t sequence, uint32_t n, const uint32_t *line,
                      const candour_values *values, cd_err *err);
    /* In the order of the file, from one thread at a time. */
    reject_function reject;
    /* Some ten times a second, from one thread at a time: rows and bytes of the file on disk so far. False: stop. May be
     * NULL. */
    bool (*progress)(void *context, uint64_t rows, uint64_t bytes);
} table_sink;

typedef struct {
    uint32_t threads; /* at least 1 */
    size_t block_bytes;
    size_t row_bytes; /* 0: CSV_ROW_BYTES_MAX */
    csv_level level;
} table_reader_options;

typedef struct {
    uint64_t rows, rejected; /* rows: all but blank ones */
    uint64_t by_reason[REJECT_N_REASONS];
    uint64_t bytes;      /* on disk */
    uint64_t text_bytes; /* decompressed */
    uint8_t sha256[CD_SHA256_BYTES];
    csv_header header;
    unnamed_values *unnamed; /* per column of the table */
    cd_arena arena;          /* of all this */
} table_read_result;

/* Reads all of the source. *result is for table_read_result_release, whatever the status. `name` is for messages. */
CD_CHECKED cd_status table_read(byte_source *source, const char *name, const candour_table *table,
                                const read_rules *rules, const table_reader_options *options, const table_sink *sink,
                                table_read_result *result, cd_err *err);
void table_read_result_release(table_read_result *result);

#endif
