/* SPDX-License-Identifier: GPL-3.0-or-later
 * store_rows.h: a tiny force held in memory, to load into a store whole, in parts or shuffled, and a store's rows as text.
 *
 * A row is written as its cells between bars, in the order of its table's columns: `o1|c7|2026-03-01T07:30:00Z|view||`.
 * What fails here is a fault of the test and ends it; what a load answers is the caller's to judge. */
#ifndef CANDOUR_TESTS_STORE_ROWS_H
#define CANDOUR_TESTS_STORE_ROWS_H

#include "engine/base/memory.h"
#include "engine/candour.h"

enum { ROWS_COLUMNS = 9, ROWS_TABLES = 17, ROWS_KINDS = 5 };

typedef struct {
    uint32_t table;
    cd_slice text; /* as a scan of the store would print it */
    cd_slice cell[ROWS_COLUMNS];
    int64_t integer[ROWS_COLUMNS];
    double real[ROWS_COLUMNS];
} rows_row;

/* Zero-initialise. */
typedef struct {
    rows_row *rows;
    size_t n, cap;
    cd_arena text;
} rows_force;

uint32_t rows_table(const char *name);
void rows_add(rows_force *f, const char *table, const char *format, ...) CD_PRINTF(3, 4);
/* Every table of the contract, a few rows an officer and day. No two undated rows of one entity differ, so that the order
 * of loading may not matter. Another seed is another force over the same ids. */
void rows_make(rows_force *f, uint64_t seed, uint32_t officers, uint32_t days);
void rows_copy(rows_force *to, const rows_row *row);
void rows_release(rows_force *f);
/* The same rows in another order. */
void rows_shuffle(rows_force *f, uint64_t seed);
/* Cuts a force in n parts at random; every `again`-th row (0: none) is in a second part too. What presence rests on, shifts
 * and roster, is in parts of the first half, presence in those of the second. */
void rows_deal(const rows_force *f, uint64_t seed, uint32_t n, uint32_t again, rows_force *parts);

typedef struct {
    uint32_t threads;    /* 0: 1 */
    size_t memory_bytes;
    size_t squeezed_bytes; /* less memory than a load may be given from outside; 0: as it says */
    uint32_t block_rows; /* rows a call; 0: 4096 */
    bool keep_all_presence;
    bool backwards;      /* the blocks of a source in falling order */
    bool papers;         /* ask for the folder of the load, and put a file there */
    const char *name;    /* of the sources; "": their table's */
    const char *ontology;
    void (*acknowledged)(void); /* called the moment that the commit has returned, or NULL */
} rows_way;

typedef struct {
    uint64_t load;
    candour_table_report tables[ROWS_TABLES];
    uint64_t implied[ROWS_KINDS];
} rows_report;

/* One load of the whole force, a source a table in the order of the tables. Sources that the store knows are left out, as
 * the program does. way and report may be NULL. */
CD_CHECKED cd_status rows_load(const char *store, const rows_force *f, const rows_way *way, rows_report *report,
                               cd_err *err);

/* A row as it came from a scan. */
void rows_print(const candour_table *table, const candour_values *values, uint32_t i, cd_buffer *out);
/* All rows of a table, in the order of the scan, a line each. */
CD_CHECKED cd_status rows_scan(candour_store *store, uint32_t table, cd_buffer *out, cd_err *err);

#endif
