/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: 20 M accesses, a CSV of 1.0 GB, are in a store in 0.9 s and at the latest 1.4 s before the final sync.
 *
 * Dictionaries and both time-sorted directions included, in at most 1 GB of memory and 45 % of the CSV's bytes. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "benchmarks/access_log.h"
#include "benchmarks/bench.h"
#include "benchmarks/limits.h"
#include "engine/store/snapshot.h"

/* Times are summed from the first of the year on: so the sum of 20 M is exact in a double. */
static const int64_t YEAR_BEGAN = 1735689600;

/* What every engine must agree on: rows that differ, pairs of officer and case, and the sum of the times. */
typedef struct {
    uint64_t rows, pairs, seconds;
    uint64_t repeats; /* rows that a store drops and that other engines keep */
} answers;

/* Straight from the arrays: of each officer the cases, each counted at its first row. */
static void segment_answers(const cd_segment_table *t, uint64_t *seen_by, answers *a)
{
    for (cd_id k = 0; k < t->left.n_keys; k++)
        for (uint64_t r = t->left.offsets[k]; r < t->left.offsets[k + 1]; r++) {
            uint64_t officer = (uint64_t)(t->left.keys ? t->left.keys[k] : k) + 1;
            a->pairs += seen_by[t->right[r]] != officer;
            seen_by[t->right[r]] = officer;
            a->seconds += (uint64_t)(cd_codes_at(&t->columns[2].codes, r) - YEAR_BEGAN);
        }
    a->rows += t->rows;
}

static void own_answers(const bench *b, const void *context, void *out)
{
    const char *store = context;
    cd_err err = {0};
    cd_snapshot *s;
    (void)b;
    bench_must(cd_snapshot_open(store, false, &s, &err), &err);
    int32_t table = candour_table_find(s->ontology, cd_slice_of("accesses"));
    int32_t cases = (int32_t)s->ontology->tables[table].columns[1].kind;
    uint64_t *seen_by = cd_alloc(s->n_ids[cases], sizeof *seen_by, &err);
    bench_check(seen_by && s->n_segments == 1, "the answers are counted in a store of one file");
    segment_answers(s->segments[0].tables[table], seen_by, out);
    cd_free(seen_by);
    cd_snapshot_close(s);
}

typedef struct {
    double seconds;
    uint64_t lines;
} scan;

/* The least time for passing over the mapped file once, its pages there. */
static void scan_limit(const bench *b, const void *context, void *out)
{
    const char *csv = context;
    scan *best = out;
    size_t n = bench_file_bytes(csv);
    int fd = open(csv, O_RDONLY | O_CLOEXEC);
    const char *map = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
    bench_check(map != MAP_FAILED, "cannot map '%s'", csv);
    for (int i = 0; i < 6; i++) {
        double began = bench_now();
        best->lines = limit_count_lines(map, n, b->threads);
        double took = bench_now() - began;
        if (i == 1 || (i > 1 && took < best->seconds)) best->seconds = took;
    }
    munmap((void *)(uintptr_t)map, n);
    close(fd);
}

enum { NEW_MEMORY = 256 << 20 };

/* GB/s. */
static void new_memory(const bench *b, const void *context, void *out)
{
    (void)b, (void)context;
    *(double *)out = NEW_MEMORY / limit_new_memory(NEW_MEMORY) / 1e9;
}

/* ---- Peers ---- */

static bool have_sqlite(void)
{
    char out[64];
    const char *const arguments[] = {"sqlite3", "--version", NULL};
    return bench_program(arguments, out, sizeof out);
}

static void agree(const char *peer, const char *said, const answers *own)
{
    uint64_t rows, pairs, seconds;
    bench_check(sscanf(said, "%" SCNu64 "|%" SCNu64 "|%" SCNu64, &rows, &pairs, &seconds) == 3, "%s gave no answer: %s",
                peer, said);
    bench_check(rows == own->rows && pairs == own->pairs && seconds == own->seconds,
                "%s counts %" PRIu64 " rows, %" PRIu64 " pairs, %" PRIu64 " seconds; the store %" PRIu64 ", %" PRIu64
                ", %" PRIu64,
                peer, rows, pairs, seconds, own->rows, own->pairs, own->seconds);
}

/* Of a peer that would need minutes to drop the few repeats: rows and seconds with them. */
static void agree_with_repeats(const char *peer, const char *said, const answers *own)
{
    uint64_t rows, seconds, most = own->repeats * ACCESS_LOG_DAYS * 86400;
    bench_check(sscanf(said, "%" SCNu64 "|%" SCNu64, &rows, &seconds) == 2, "%s gave no answer: %s", peer, said);
    bench_check(rows == own->rows + own->repeats && seconds >= own->seconds && seconds - own->seconds <= most,
                "%s counts %" PRIu64 " rows, %" PRIu64 " seconds; the store %" PRIu64 ", %" PRIu64 ", and %" PRIu64
                " repeats",
                peer, rows, seconds, own->rows, own->seconds, own->repeats);
}

/* A table without index, as fast as SQLite imports one: no journal, no sync. */
static double sqlite_load(const char *csv, const char *database, const answers *check)
{
    char import[4300], said[256] = "";
    unlink(database);
    snprintf(import, sizeof import, ".import --csv '%s' accesses", csv);
    const char *const load[] = {"sqlite3", database, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;", import, NULL};
    double began = bench_now();
    bench_check(bench_program(load, said, sizeof said), "SQLite cannot import '%s'", csv);
    double took = bench_now() - began;
    if (check) {
        const char *const ask[] = {
            "sqlite3", database, "SELECT count(*), sum(unixepoch(at) - 1735689600) FROM accesses;", NULL};
        bench_check(bench_program(ask, said, sizeof said), "SQLite cannot count");
        agree_with_repeats("SQLite", said, check);
    }
    unlink(database);
    return took;
}

/* As one would call it (`default`), or without compression and order (`best`). With `check`: its answers too. */
static double duckdb_load(const bench *b, const char *csv, const char *database, const char *how, const answers *check)
{
    char said[256] = "", script[4300];
    double took = 0;
    snprintf(script, sizeof script, "%s/duckdb.mjs", b->duckdb);
    const char *const arguments[] = {"node", script, csv, database, how, check ? "check" : "time", NULL};
    bench_check(bench_program(arguments, said, sizeof said) && sscanf(said, "%lf", &took) == 1,
                "DuckDB cannot load '%s'", csv);
    if (check) agree("DuckDB", strchr(said, ' ') ? strchr(said, ' ') + 1 : "", check);
    unlink(database);
    return took;
}

/* ---- The whole ---- */

typedef struct {
    const char *csv, *store;
    bench_samples two, synced, computing, one, sqlite, duckdb, duckdb_best, memory;
    bench_load last;
} timings;

static bench_load own_load(const bench *b, const timings *t, uint32_t threads)
{
    bench_remove(t->store);
    return bench_load_accesses(b, t->store, t->csv, threads);
}

static void rounds_run(bench *b, const answers *own, timings *t)
{
    enum { PEER_ROUNDS = 3 }; /* they are slow, and steady */
    char *database = bench_path(b, "peer.db");
    bool sqlite = have_sqlite();
    for (uint32_t round = 0, n = bench_rounds(b, 5); round < n; round++) {
        const answers *check = round == 0 ? own : NULL;
        double rate;
        bench_apart(new_memory, b, NULL, &rate, sizeof rate);
        bench_add(&t->memory, rate);
        bench_load alone = own_load(b, t, 1);
        bench_add(&t->one, alone.seconds - alone.seconds_syncing);
        t->last = own_load(b, t, b->threads);
        bench_add(&t->two, t->last.seconds - t->last.seconds_syncing);
        bench_add(&t->synced, t->last.seconds);
        bench_add(&t->computing, t->last.seconds_computing);
        if (round >= PEER_ROUNDS) continue;
        if (sqlite) bench_add(&t->sqlite, sqlite_load(t->csv, database, check));
        if (b->duckdb) bench_add(&t->duckdb, duckdb_load(b, t->csv, database, "default", NULL));
        if (b->duckdb) bench_add(&t->duckdb_best, duckdb_load(b, t->csv, database, "best", check));
    }
    cd_free(database);
}

static void print_peer(bench *b, const char *what, const char *size, uint32_t threads, const bench_samples *s,
                       double own)
{
    if (s->n)
        bench_print(b, &(bench_row){.what = what,
                                    .size = size,
                                    .threads = threads,
                                    .samples = s,
                                    .unit = "s",
                                    .beside = own,
                                    .beside_what = "our load"});
}

static void print_all(bench *b, const timings *t, double limit, const char *size)
{
    const bench_load *l = &t->last;
    uint32_t threads = b->threads;
    double median = bench_median(&t->two);
    bench_promise at_most = b->scale == BENCH_FULL ? BENCH_AT_MOST : BENCH_NO_PROMISE;
    bench_print_one(
        b,
        (bench_row){.what = "scan limit: line ends of the mapped file", .size = size, .threads = threads, .unit = "s"},
        limit);
    bench_print(b, &(bench_row){.what = "new memory, written for the first time",
                                .size = "256 MB",
                                .threads = 1,
                                .samples = &t->memory,
                                .unit = "GB/s"});
    bench_print(b, &(bench_row){.what = "load, all but the final sync",
                                .size = size,
                                .threads = threads,
                                .samples = &t->two,
                                .unit = "s",
                                .promise = at_most,
                                .bound = 1.4,
                                .beside = limit,
                                .beside_what = "the scan limit"});
    bench_print(b, &(bench_row){.what = "load, the final sync included",
                                .size = size,
                                .threads = threads,
                                .samples = &t->synced,
                                .unit = "s"});
    bench_print(b, &(bench_row){.what = "load, processor time of all threads",
                                .size = size,
                                .threads = threads,
                                .samples = &t->computing,
                                .unit = "s"});
    bench_print(b, &(bench_row){.what = "load by one thread, all but the sync",
                                .size = size,
                                .threads = 1,
                                .samples = &t->one,
                                .unit = "s",
                                .beside = median,
                                .beside_what = "all threads"});
    print_peer(b, "SQLite .import, no index, no sync", size, 1, &t->sqlite, median);
    print_peer(b, "DuckDB, as it comes", size, threads, &t->duckdb, median);
    print_peer(b, "DuckDB, uncompressed, order not kept", size, threads, &t->duckdb_best, median);
    bench_print_one(b, (bench_row){.what = "rows loaded in a second", .size = size, .threads = threads, .unit = "M/s"},
                    (double)l->rows / median / 1e6);
    bench_print_one(b,
                    (bench_row){.what = "bytes loaded in a second", .size = size, .threads = threads, .unit = "MB/s"},
                    (double)l->bytes / median / 1e6);
    bench_print_one(b,
                    (bench_row){.what = "anonymous memory at its peak",
                                .size = size,
                                .threads = threads,
                                .unit = "MB",
                                .promise = BENCH_AT_MOST,
                                .bound = 1000},
                    (double)l->peak_anonymous_bytes / 1e6);
    bench_print_one(
        b, (bench_row){.what = "store, of the CSV's bytes", .size = size, .unit = "%", .promise = at_most, .bound = 45},
        100 * (double)l->store_bytes / (double)l->bytes);
}

int main(int argc, char **argv)
{
    static const char *const SIZES[] = {"tiny", "S", "M"};
    static timings t;
    char size[64];
    answers own;
    scan limit;
    bench b;
    bench_begin(&b, "load_accesses", argc, argv);
    char *csv = bench_access_log(&b, SIZES[b.scale], 0, ACCESS_LOG_DAYS), *store = bench_path(&b, "load.candour");
    t.csv = csv, t.store = store;
    t.last = own_load(&b, &t, b.threads); /* the first warms up, and gives the answers */
    bench_apart(own_answers, &b, store, &own, sizeof own);
    own.repeats = t.last.rows - t.last.taken;
    bench_apart(scan_limit, &b, csv, &limit, sizeof limit);
    bench_check(limit.lines == t.last.rows + 1 && own.rows == t.last.taken,
                "the file has %" PRIu64 " lines, and %" PRIu64 " rows were loaded", limit.lines, own.rows);
    rounds_run(&b, &own, &t);
    snprintf(size, sizeof size, "%.3g M rows, %.0f MB", (double)t.last.rows / 1e6, (double)t.last.bytes / 1e6);
    print_all(&b, &t, limit.seconds, size);
    bench_remove(store);
    cd_free(csv);
    cd_free(store);
    return bench_end(&b);
}
