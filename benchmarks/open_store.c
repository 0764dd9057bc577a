/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: at 1 M rows and 100 M alike a store opens in 80 us, `info` takes 20 ms, and columns scan at 90 % of memory's
 * rate.
 *
 * Open is: every column a pointer. `info` is the whole process. */
#include <stdio.h>
#include <string.h>

#include "benchmarks/access_log.h"
#include "benchmarks/bench.h"
#include "benchmarks/limits.h"
#include "engine/store/snapshot.h"

enum { COLUMN_AT = 2 };

/* Opens and closes, often; microseconds. */
static void open_often(const bench *b, const void *context, void *out)
{
    enum { OPENS = 1000 };
    bench_samples *s = out;
    cd_err err = {0};
    (void)b;
    for (int i = 0; i < OPENS; i++) {
        candour_store *store;
        double began = bench_now();
        bench_must(candour_store_open(context, NULL, &store, &err), &err);
        bench_add(s, (bench_now() - began) * 1e6);
        candour_store_close(store);
    }
}

/* The sum of the column `at` in every file: 4 bytes a row. */
static uint64_t scan_column(const cd_snapshot *s, uint32_t table, uint32_t threads)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[table];
        if (t->rows == 0) continue;
        bench_check(t->columns[COLUMN_AT].codes.width == 4, "the times have %u bytes, not 4",
                    t->columns[COLUMN_AT].codes.width);
        sum += limit_sum(t->columns[COLUMN_AT].codes.codes, t->rows, threads);
    }
    return sum;
}

/* GB/s, by one thread and by all. */
typedef struct {
    double first[2];
    bench_samples column[2], plain[2];
} scans;

static double rate(uint64_t rows, double began) { return (double)rows * 4 / (bench_now() - began) / 1e9; }

static void scan_often(const bench *b, const void *context, void *out)
{
    scans *s = out;
    cd_err err = {0};
    for (int k = 0; k < 2; k++) {
        cd_snapshot *snapshot;
        uint64_t rows = 0, sum = 0;
        uint32_t threads = k == 0 ? 1 : b->threads;
        bench_must(cd_snapshot_open(context, false, &snapshot, &err), &err);
        uint32_t table = (uint32_t)candour_table_find(snapshot->ontology, cd_slice_of("accesses"));
        for (uint32_t i = 0; i < snapshot->n_segments; i++) rows += snapshot->segments[i].tables[table]->rows;
        uint32_t *plain = cd_pages_new(rows, sizeof *plain, &err);
        bench_check(plain, "%s", err.text);
        for (uint64_t j = 0; j < rows; j++) plain[j] = (uint32_t)j;
        for (int i = 0; i < 15; i++) {
            double began = bench_now();
            uint64_t found = scan_column(snapshot, table, threads);
            if (i == 0)
                s->first[k] = rate(rows, began), sum = found;
            else
                bench_add(&s->column[k], rate(rows, began));
            bench_check(found == sum, "two scans gave two sums");
            began = bench_now();
            bench_check(limit_sum(plain, rows, threads) == rows * (rows - 1) / 2, "numbers in memory were lost");
            bench_add(&s->plain[k], rate(rows, began));
        }
        cd_pages_free(plain, rows, sizeof *plain);
        cd_snapshot_close(snapshot);
    }
}

/* The whole process, from fork to its end, in milliseconds. */
static void info_often(bench *b, const char *store, const char *size)
{
    static bench_samples s;
    char said[8192];
    const char *const arguments[] = {b->program, "info", store, NULL};
    s.n = 0;
    for (int i = 0; i < 50; i++) {
        double began = bench_now();
        bench_check(bench_program(arguments, said, sizeof said), "'%s info' failed", b->program);
        bench_add(&s, (bench_now() - began) * 1e3);
    }
    bench_check(strstr(said, "accesses") != NULL, "`info` says nothing of accesses: %s", said);
    bench_print(b, &(bench_row){.what = "`candour info`, the whole process",
                                .size = size,
                                .threads = 1,
                                .samples = &s,
                                .unit = "ms",
                                .promise = BENCH_AT_MOST,
                                .bound = 20});
}

static void one_size(bench *b, const char *log)
{
    static bench_samples opened;
    static scans scanned;
    char size[64], name[64];
    snprintf(name, sizeof name, "open-%s.candour", log);
    char *csv = bench_access_log(b, log, 0, ACCESS_LOG_DAYS), *store = bench_path(b, name);
    bench_remove(store);
    snprintf(size, sizeof size, "%.3g M rows", (double)bench_load_accesses(b, store, csv, b->threads).rows / 1e6);
    bench_apart(open_often, b, store, &opened, sizeof opened);
    bench_print(b, &(bench_row){.what = "open, every column mapped",
                                .size = size,
                                .threads = 1,
                                .samples = &opened,
                                .unit = "us",
                                .promise = BENCH_AT_MOST,
                                .bound = 80});
    if (b->program) info_often(b, store, size);
    bench_apart(scan_often, b, store, &scanned, sizeof scanned);
    for (int k = 0; k < 2; k++) {
        uint32_t threads = k == 0 ? 1 : b->threads;
        double plain = bench_median(&scanned.plain[k]);
        bench_print(b, &(bench_row){.what = "plain memory, read",
                                    .size = size,
                                    .threads = threads,
                                    .samples = &scanned.plain[k],
                                    .unit = "GB/s"});
        bench_print(b, &(bench_row){.what = "scan of a column",
                                    .size = size,
                                    .threads = threads,
                                    .samples = &scanned.column[k],
                                    .unit = "GB/s",
                                    .promise = BENCH_AT_LEAST,
                                    .bound = 0.9 * plain,
                                    .beside = plain,
                                    .beside_what = "plain memory"});
        bench_print_one(
            b,
            (bench_row){
                .what = "scan of a column, pages not yet there", .size = size, .threads = threads, .unit = "GB/s"},
            scanned.first[k]);
    }
    bench_remove(store);
    cd_free(csv);
    cd_free(store);
}

int main(int argc, char **argv)
{
    static const char *const SIZES[][2] = {{"tiny", "T"}, {"1M", "10M"}, {"1M", "L"}};
    bench b;
    bench_begin(&b, "open_store", argc, argv);
    for (int i = 0; i < 2; i++) one_size(&b, SIZES[b.scale][i]);
    return bench_end(&b);
}
