/* SPDX-License-Identifier: GPL-3.0-or-later
 * odd_store.h: the odd world on disk, written by the engine's kernels one by one and read back as plainly as can be. */
#ifndef TESTS_SUPPORT_ODD_STORE_H
#define TESTS_SUPPORT_ODD_STORE_H

#include "engine/store/batch.h"
#include "engine/store/snapshot.h"
#include "engine/store/unify.h"
#include "tests/support/odd_world.h"

/* Rows dealt to lanes and packed. Zero-initialise. */
typedef struct {
    uint32_t n_lanes;
    cd_pool pool;
    cd_intern **ids[ODD_KINDS];                /* n_lanes each */
    cd_intern **texts[ODD_TABLES][ODD_COLUMNS];
    cd_batch **batches[ODD_TABLES];
    uint32_t n_batches[ODD_TABLES];
} odd_lanes;
/* Blocks of at most block_rows rows, each to any lane, but listed in the order of the rows. */
void odd_deal(odd_lanes *out, const odd_rows tables[ODD_TABLES], uint32_t n_lanes, uint32_t block_rows, cd_random *r);
void odd_lanes_release(odd_lanes *l);

/* An empty store in a new folder; and away with both. */
cd_snapshot *odd_store_new(void);
void odd_store_free(cd_snapshot *s);
typedef struct {
    uint64_t repeats[ODD_TABLES], replaced[ODD_TABLES];
} odd_report;
/* One more file of the store: the way of load_flush.c, without its locks. memory_bytes is for the reverse direction;
 * tables are made in about n_parts parts. */
void odd_write(cd_snapshot *s, const odd_lanes *lanes, size_t memory_bytes, uint32_t n_parts, odd_report *report);
/* The same store with files [from, to) made one; where these are all of them and r is not NULL, its ids are numbered in
 * any order. For cd_snapshot_close; the folder stays the first one's. */
cd_snapshot *odd_merge(const cd_snapshot *s, uint32_t from, uint32_t to, cd_random *r, size_t memory_bytes);

/* The rows in force, read plainly, with their sources and lines; borrowed from the store. */
void odd_read(const cd_snapshot *s, uint32_t table, odd_rows *out);
/* Checks the whole store by its own checks and against the model; NULL, or what is wrong. */
const char *odd_differs(const cd_snapshot *s, const odd_model *m);
/* Whether the last files of both are the same to the byte; NULL, or the first array that differs. */
const char *odd_files_differ(const cd_snapshot *a, const cd_snapshot *b);

#endif
