/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench.h: what every benchmark needs: its options, a clock, runs in processes of their own, and the table.
 *
 * A benchmark checks answers before it times them: a wrong one ends it (bench_check). A promise that is not kept is
 * printed as such and ends nothing, as a busy machine breaks promises too. */
#ifndef BENCHMARKS_BENCH_H
#define BENCHMARKS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/memory.h"
#include "loaders/loading.h"

typedef enum { BENCH_TINY, BENCH_QUICK, BENCH_FULL } bench_scale;

typedef struct {
    const char *name;
    const char *work;    /* a folder for data, shared by the benchmarks of a run */
    const char *program; /* candour, or NULL */
    const char *duckdb;  /* a folder with DuckDB's node package in it, or NULL */
    bench_scale scale;
    uint32_t rounds, threads;
    const char *json_path;
    cd_buffer json;
} bench;

/* Reads the options; ends the process where they are wrong. */
void bench_begin(bench *b, const char *name, int argc, char **argv);
/* Writes the JSON. What main returns. */
int bench_end(bench *b);
/* Ends the process unless the status is good, with its message. */
void bench_must(cd_status st, const cd_err *err);
/* Ends the process unless it holds. */
void bench_check(bool holds, const char *format, ...) CD_PRINTF(2, 3);

double bench_now(void);

enum { BENCH_SAMPLES = 4096 };
typedef struct {
    double values[BENCH_SAMPLES];
    uint32_t n;
} bench_samples;
void bench_add(bench_samples *s, double value);
double bench_min(const bench_samples *s);
double bench_median(const bench_samples *s);

/* One line of the table. A promise is that the median is at most, or at least, so much. */
typedef enum { BENCH_NO_PROMISE, BENCH_AT_MOST, BENCH_AT_LEAST } bench_promise;
typedef struct {
    const char *what, *size, *unit;
    uint32_t threads; /* 0: does not apply */
    const bench_samples *samples;
    bench_promise promise;
    double bound;
    double beside; /* the median of what it is compared with, in the same unit; 0: nothing */
    const char *beside_what;
    const char *note; /* or NULL */
} bench_row;
void bench_print(bench *b, const bench_row *row);
/* The same for a single figure. */
void bench_print_one(bench *b, bench_row row, double value);

/* ---- Runs ---- */

/* Runs `work` in a process of its own, which fills in `out` and may end the benchmark. Returns the most anonymous
 * memory that it held, as the system counts it, looked at every other millisecond. */
uint64_t bench_apart(void (*work)(const bench *b, const void *context, void *out), const bench *b, const void *context,
                     void *out, size_t out_bytes);
/* Runs a program, its standard output into `out` (cut to size); false where it fails. */
bool bench_program(const char *const *arguments, char *out, size_t size);

/* Seconds spent in fsync and its like by this process so far. */
double bench_seconds_syncing(void);
/* How often to repeat: the option, or `full` at full scale, and fewer below. */
uint32_t bench_rounds(const bench *b, uint32_t full);

/* ---- Data and stores ---- */

/* WORK/name, for cd_free. */
char *bench_path(const bench *b, const char *name);
/* An access log in the work folder, made where it is not there yet; for cd_free. */
char *bench_access_log(const bench *b, const char *size, uint32_t from_day, uint32_t to_day);
uint64_t bench_file_bytes(const char *path);
void bench_remove(const char *path);
/* All bytes of the files of a store. */
uint64_t bench_store_bytes(const char *store);

typedef struct {
    double seconds, seconds_syncing,
        seconds_computing; /* the second is a part of the first; the last is of all threads */
    uint64_t rows, bytes, taken, store_bytes, peak_anonymous_bytes;
} bench_load;
/* Loads one file of accesses, in a process of its own; ends the benchmark where that fails. */
bench_load bench_load_accesses(const bench *b, const char *store, const char *path, uint32_t threads);
/* The digest of a store, 33 bytes. */
void bench_digest(const char *store, uint32_t threads, char *out);

#endif
