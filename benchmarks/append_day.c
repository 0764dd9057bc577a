/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: a day appended to a year costs at most twice what it costs in an empty store, and no digest notices.
 *
 * Nor does it notice the compaction of both, or that all came in one load. */
#include <stdio.h>
#include <string.h>

#include "benchmarks/access_log.h"
#include "benchmarks/bench.h"

enum { LAST_DAYS = 7 };

/* Seconds. */
static void compact_it(const bench *b, const void *context, void *out)
{
    cd_err err = {0};
    candour_compact_report report;
    candour_load_options options = {.threads = b->threads};
    double began = bench_now();
    bench_must(candour_compact(context, &options, &report, &err), &err);
    *(double *)out = bench_now() - began;
    bench_check(report.files_after == 1, "a compaction left %u files", report.files_after);
}

static void digest_it(const bench *b, const void *context, void *out) { bench_digest(context, b->threads, out); }

/* The whole year in one load, for its digest. */
static void digest_of_year(const bench *b, const char *size, char out[CANDOUR_DIGEST_TEXT])
{
    char *csv = bench_access_log(b, size, 0, ACCESS_LOG_DAYS), *store = bench_path(b, "whole.candour");
    bench_remove(store);
    bench_load_accesses(b, store, csv, b->threads);
    bench_apart(digest_it, b, store, out, CANDOUR_DIGEST_TEXT);
    bench_remove(store);
    cd_free(csv);
    cd_free(store);
}

typedef struct {
    bench_samples appended, alone, appended_unsynced, alone_unsynced;
    uint64_t rows;
} days;

/* Each of the last days into an empty store, and behind the year: A B A B. */
static void load_days(const bench *b, const char *log, const char *year, const char *empty, days *d)
{
    for (uint32_t day = ACCESS_LOG_DAYS - LAST_DAYS; day < ACCESS_LOG_DAYS; day++) {
        char *csv = bench_access_log(b, log, day, day + 1);
        bench_remove(empty);
        bench_load load = bench_load_accesses(b, empty, csv, b->threads);
        bench_add(&d->alone, load.seconds), bench_add(&d->alone_unsynced, load.seconds - load.seconds_syncing);
        load = bench_load_accesses(b, year, csv, b->threads);
        bench_add(&d->appended, load.seconds), bench_add(&d->appended_unsynced, load.seconds - load.seconds_syncing);
        d->rows = load.rows;
        cd_free(csv);
    }
}

int main(int argc, char **argv)
{
    static const char *const SIZES[] = {"tiny", "S", "M"};
    static days d;
    char before[CANDOUR_DIGEST_TEXT], after[CANDOUR_DIGEST_TEXT], whole[CANDOUR_DIGEST_TEXT], size[64], day_size[64];
    double compacted;
    bench b;
    bench_begin(&b, "append_day", argc, argv);
    const char *log = SIZES[b.scale];
    char *year = bench_path(&b, "year.candour"), *empty = bench_path(&b, "day.candour");
    char *csv = bench_access_log(&b, log, 0, ACCESS_LOG_DAYS - LAST_DAYS);
    bench_remove(year);
    snprintf(size, sizeof size, "%.3g M rows", (double)bench_load_accesses(&b, year, csv, b.threads).rows / 1e6);
    load_days(&b, log, year, empty, &d);
    snprintf(day_size, sizeof day_size, "%.3g k rows", (double)d.rows / 1e3);
    bench_apart(digest_it, &b, year, before, sizeof before);
    bench_apart(compact_it, &b, year, &compacted, sizeof compacted);
    bench_apart(digest_it, &b, year, after, sizeof after);
    digest_of_year(&b, log, whole);
    bench_check(strcmp(before, after) == 0, "the digest was %s, and is %s after compaction", before, after);
    bench_check(strcmp(before, whole) == 0, "the digest is %s, and %s when loaded at once", before, whole);
    double alone = bench_median(&d.alone), unsynced = bench_median(&d.alone_unsynced);
    bench_print(&b, &(bench_row){.what = "a day into an empty store",
                                 .size = day_size,
                                 .threads = b.threads,
                                 .samples = &d.alone,
                                 .unit = "s"});
    bench_print(&b, &(bench_row){.what = "the day appended to the year",
                                 .size = size,
                                 .threads = b.threads,
                                 .samples = &d.appended,
                                 .unit = "s",
                                 .promise = BENCH_AT_MOST,
                                 .bound = 2 * alone,
                                 .beside = alone,
                                 .beside_what = "the day alone"});
    bench_print(&b, &(bench_row){.what = "the day appended, all but syncs",
                                 .size = size,
                                 .threads = b.threads,
                                 .samples = &d.appended_unsynced,
                                 .unit = "s",
                                 .beside = unsynced,
                                 .beside_what = "the day alone"});
    bench_print_one(
        &b,
        (bench_row){
            .what = "compaction of the year and its last days", .size = size, .threads = b.threads, .unit = "s"},
        compacted);
    bench_remove(year), bench_remove(empty);
    cd_free(csv), cd_free(year), cd_free(empty);
    return bench_end(&b);
}
