/* SPDX-License-Identifier: GPL-3.0-or-later
 * load.h: what load.c (taking rows in) and load_flush.c (turning them into a file) share. */
#ifndef CD_STORE_LOAD_H
#define CD_STORE_LOAD_H

#include <pthread.h>

#include "engine/store/batch.h"
#include "engine/store/folder.h"
#include "engine/store/intern.h"
#include "engine/store/ontology.h"
#include "engine/store/snapshot.h"

/* One thread's rows of one table, waiting. */
typedef struct {
    cd_pool pool;
    cd_batch **batches;
    size_t n, cap;
    cd_intern *texts[CD_MAX_COLUMNS]; /* per text column, made at first use */
} cd_lane_table;

typedef struct {
    cd_intern *ids[CD_MAX_KINDS]; /* per kind, made at first use */
    cd_lane_table *tables;        /* n_tables */
    uint32_t codes[CANDOUR_BLOCK_ROWS];
    int64_t lines[CANDOUR_BLOCK_ROWS];
} cd_lane;

/* A file or stream that rows come from; its number in the store is n_sources_before + its index. */
typedef struct {
    char *name;
    uint32_t table;
    bool done;
    uint64_t refused; /* rows */
    uint8_t sha256[32];
    uint64_t bytes, rows_read, rows_rejected;
} cd_load_source;

/* A source that is in the store already. */
typedef struct {
    uint8_t sha256[32];
    uint32_t table;
    uint64_t bytes;
} cd_known_source;

struct candour_load {
    cd_store_lock lock;
    cd_snapshot *snapshot;  /* what is committed, and then the files that this load has written */
    uint32_t threads;
    size_t memory_bytes;
    bool keep_all_presence;
    const cd_progress *progress;
    pthread_rwlock_t busy;  /* read: a lane adds rows; write: a file is being made */
    bool has_busy;
    cd_status status;       /* the first failure; nothing goes on after it */
    cd_err err;
    cd_lane *lanes;
    size_t waiting_bytes;   /* in all pools and dictionaries, as the lanes last said */
    cd_load_source *sources;
    size_t n_sources, cap_sources;
    uint64_t n_sources_before;
    cd_known_source *known;
    size_t n_known, cap_known;
    char *papers;           /* STORE/loads/NUMBER */
    candour_table_report *reports;
    uint64_t *implied, *n_ids_before; /* per kind */
    uint32_t n_files_before;
    uint64_t bytes_written;
    double seconds_writing;
    candour_load_report report;
};

/* Turns everything that waits into one segment file, and empties the lanes. `last`: the sources and the load go into
 * it. The caller holds `busy` for writing. */
CD_CHECKED cd_status cd_load_flush(candour_load *load, bool last, int64_t now, cd_err *err);

/* Frees what waits in the lanes. */
void cd_load_clear_lanes(candour_load *load);

#endif
