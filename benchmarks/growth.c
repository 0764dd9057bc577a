/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: 100 M accesses cost at most 1.25 times as much a row as 20 M do, within the same memory. */
#include <stdio.h>

#include "benchmarks/access_log.h"
#include "benchmarks/bench.h"

typedef struct {
    char *csv, *store, text[64];
    bench_samples unsynced, synced; /* nanoseconds a row */
    bench_load last;
    uint64_t peak_bytes;
} growth_size;

static void measure(const bench *b, growth_size *s)
{
    bench_remove(s->store);
    s->last = bench_load_accesses(b, s->store, s->csv, b->threads);
    if (s->last.peak_anonymous_bytes > s->peak_bytes) s->peak_bytes = s->last.peak_anonymous_bytes;
    bench_add(&s->unsynced, (s->last.seconds - s->last.seconds_syncing) / (double)s->last.rows * 1e9);
    bench_add(&s->synced, s->last.seconds / (double)s->last.rows * 1e9);
    bench_remove(s->store);
}

int main(int argc, char **argv)
{
    static const char *const SIZES[][2] = {{"tiny", "T"}, {"S", "10M"}, {"M", "L"}};
    static growth_size sizes[2];
    bench b;
    bench_begin(&b, "growth", argc, argv);
    uint32_t n = bench_rounds(&b, 3);
    for (int i = 0; i < 2; i++) {
        sizes[i].csv = bench_access_log(&b, SIZES[b.scale][i], 0, ACCESS_LOG_DAYS);
        sizes[i].store = bench_path(&b, "growth.candour");
    }
    for (uint32_t round = 0; round < n; round++)
        for (int i = 0; i < 2; i++) measure(&b, &sizes[i]);
    double small = bench_median(&sizes[0].unsynced);
    for (int i = 0; i < 2; i++) {
        growth_size *s = &sizes[i];
        bool large = i == 1;
        snprintf(s->text, sizeof s->text, "%.3g M rows, %.0f MB", (double)s->last.rows / 1e6,
                 (double)s->last.bytes / 1e6);
        bench_print(&b, &(bench_row){.what = "a row loaded, all but syncs",
                                     .size = s->text,
                                     .threads = b.threads,
                                     .samples = &s->unsynced,
                                     .unit = "ns",
                                     .promise = large ? BENCH_AT_MOST : BENCH_NO_PROMISE,
                                     .bound = 1.25 * small,
                                     .beside = large ? small : 0,
                                     .beside_what = "the smaller"});
        bench_print(&b, &(bench_row){.what = "a row loaded, syncs included",
                                     .size = s->text,
                                     .threads = b.threads,
                                     .samples = &s->synced,
                                     .unit = "ns"});
        bench_print_one(&b,
                        (bench_row){.what = "anonymous memory at its peak",
                                    .size = s->text,
                                    .threads = b.threads,
                                    .unit = "MB",
                                    .promise = BENCH_AT_MOST,
                                    .bound = 1000},
                        (double)s->peak_bytes / 1e6);
        bench_print_one(&b, (bench_row){.what = "store, of the CSV's bytes", .size = s->text, .unit = "%"},
                        100 * (double)s->last.store_bytes / (double)s->last.bytes);
        cd_free(s->csv), cd_free(s->store);
    }
    return bench_end(&b);
}
