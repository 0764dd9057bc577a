/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: `verify` checks every byte and invariant of a store at 2 GB a second and core. The digest has its own rate.
 */
#include <stdio.h>

#include "benchmarks/access_log.h"
#include "benchmarks/bench.h"

typedef struct {
    const char *store;
    uint32_t threads;
} checking;

typedef struct {
    double verifying, digesting; /* seconds */
    uint64_t bytes;
} checked;

static void check_it(const bench *b, const void *context, void *out)
{
    const checking *c = context;
    checked *times = out;
    cd_err err = {0};
    char digest[CANDOUR_DIGEST_TEXT];
    candour_verify_report report;
    (void)b;
    double began = bench_now();
    bench_must(candour_verify(c->store, c->threads, NULL, NULL, NULL, &report, &err), &err);
    times->verifying = bench_now() - began;
    times->bytes = report.bytes;
    began = bench_now();
    bench_digest(c->store, c->threads, digest);
    times->digesting = bench_now() - began;
}

int main(int argc, char **argv)
{
    static const char *const SIZES[] = {"tiny", "S", "M"};
    static bench_samples verify[2], digest[2];
    char size[64];
    checked times = {0};
    bench b;
    bench_begin(&b, "check_store", argc, argv);
    char *csv = bench_access_log(&b, SIZES[b.scale], 0, ACCESS_LOG_DAYS), *store = bench_path(&b, "check.candour");
    bench_remove(store);
    double rows = (double)bench_load_accesses(&b, store, csv, b.threads).taken;
    for (uint32_t round = 0, n = bench_rounds(&b, 5); round < n; round++)
        for (int k = 0; k < 2; k++) {
            bench_apart(check_it, &b, &(checking){.store = store, .threads = k == 0 ? 1 : b.threads}, &times,
                        sizeof times);
            bench_add(&verify[k], (double)times.bytes / times.verifying / 1e9);
            bench_add(&digest[k], rows / times.digesting / 1e6);
        }
    snprintf(size, sizeof size, "%.3g M rows, %.0f MB", rows / 1e6, (double)times.bytes / 1e6);
    for (int k = 0; k < 2; k++) {
        uint32_t threads = k == 0 ? 1 : b.threads;
        bench_print(&b, &(bench_row){.what = "verify, every checksum and invariant",
                                     .size = size,
                                     .threads = threads,
                                     .samples = &verify[k],
                                     .unit = "GB/s",
                                     .promise = BENCH_AT_LEAST,
                                     .bound = 2 * threads});
    }
    for (int k = 0; k < 2; k++)
        bench_print(&b, &(bench_row){.what = "digest",
                                     .size = size,
                                     .threads = k == 0 ? 1 : b.threads,
                                     .samples = &digest[k],
                                     .unit = "M/s"});
    bench_remove(store);
    cd_free(csv);
    cd_free(store);
    return bench_end(&b);
}
