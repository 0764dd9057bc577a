/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: a force of 45,000 officers and 365 days is generated at 60 % of the rate of `cat`, loaded, verified and
 * digested.
 *
 * `cat` of the same bytes to the same disk, that is. Of each file rows and bytes a second, written and read. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "benchmarks/bench.h"
#include "loaders/synthetic.h"

typedef struct {
    const char *folder, *store, *copy;
    uint32_t officers, days;
} force;

/* Puts to disk what is written, so that it is paid by who wrote it. */
static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_CLOEXEC);
    bench_check(fd >= 0 && syncfs(fd) == 0, "cannot sync '%s'", folder);
    close(fd);
}

/* One file, as it was written or read. */
typedef struct {
    char name[24];
    double rows, bytes, seconds;
} force_file;

enum { FILES = 32 };
typedef struct {
    double seconds, seconds_syncing;
    uint64_t rows, bytes, store_bytes;
    uint32_t n_files;
    force_file files[FILES];
} force_times;

static force_file *file_of(force_times *t, const char *name)
{
    bench_check(t->n_files < FILES, "a force of more than %d files", FILES);
    force_file *f = &t->files[t->n_files++];
    snprintf(f->name, sizeof f->name, "%.*s", (int)strcspn(name, "."), name);
    return f;
}

static void generate(const bench *b, const void *context, void *out)
{
    const force *f = context;
    force_times *t = out;
    cd_err err = {0};
    synthetic_options options;
    synthetic_report report;
    synthetic_options_init(&options);
    options.out = f->folder, options.n_officers = f->officers, options.n_days = f->days, options.seed = 1,
    options.threads = b->threads;
    double began = bench_now();
    bench_must(synthetic_generate(&options, &report, &err), &err);
    double written = bench_now();
    sync_folder(f->folder);
    t->seconds = bench_now() - began, t->seconds_syncing = bench_now() - written;
    t->rows = report.rows, t->bytes = report.bytes;
    for (int i = 0; i < SYNTHETIC_FILES; i++) {
        force_file *file = file_of(t, report.files[i].name);
        file->rows = (double)report.files[i].rows, file->bytes = (double)report.files[i].bytes;
        file->seconds = report.files[i].seconds;
    }
}

/* The same bytes through `cat`. */
static void copy(const bench *b, const void *context, void *out)
{
    const force *f = context;
    force_times *t = out;
    char command[9000];
    (void)b;
    snprintf(command, sizeof command, "cat '%s'/*.csv > '%s'", f->folder, f->copy);
    const char *const arguments[] = {"sh", "-c", command, NULL};
    double began = bench_now();
    bench_check(bench_program(arguments, NULL, 0), "cat failed");
    double written = bench_now();
    sync_folder(f->folder);
    t->seconds = bench_now() - began, t->seconds_syncing = bench_now() - written;
    t->bytes = bench_file_bytes(f->copy);
    bench_remove(f->copy);
}

static void load(const bench *b, const void *context, void *out)
{
    const force *f = context;
    force_times *t = out;
    cd_err err = {0};
    load_result result;
    load_options options = {.store = f->store, .paths = &f->folder, .n_paths = 1, .threads = b->threads};
    double began = bench_now();
    bench_must(load_run(&options, &result, &err), &err);
    t->seconds = bench_now() - began, t->seconds_syncing = bench_seconds_syncing();
    bench_check(result.rejected == 0 && result.refused == 0, "rows of a generated force were not taken");
    t->rows = result.rows, t->bytes = result.bytes, t->store_bytes = bench_store_bytes(f->store);
    for (uint32_t i = 0; i < result.n_files; i++) {
        force_file *file = file_of(t, result.files[i].table);
        file->rows = (double)result.files[i].rows, file->bytes = (double)result.files[i].bytes;
        file->seconds = result.files[i].seconds;
    }
    load_result_release(&result);
}

/* Seconds of verify, and of digest. */
typedef struct {
    double verifying, digesting;
} checks;

static void check(const bench *b, const void *context, void *out)
{
    const force *f = context;
    checks *c = out;
    cd_err err = {0};
    candour_verify_report report;
    char digest[CANDOUR_DIGEST_TEXT];
    double began = bench_now();
    bench_must(candour_verify(f->store, b->threads, NULL, NULL, NULL, &report, &err), &err);
    c->verifying = bench_now() - began;
    began = bench_now();
    bench_digest(f->store, b->threads, digest);
    c->digesting = bench_now() - began;
}

/* Rows and bytes of each file in a second, as `what` reports them; those too small to time are left out. */
static void print_files(bench *b, const char *what, const force_times *t)
{
    for (uint32_t i = 0; i < t->n_files; i++) {
        const force_file *f = &t->files[i];
        char text[80], size[64], note[32];
        if (f->seconds < 1e-3) continue;
        snprintf(text, sizeof text, "  %s %s", what, f->name);
        snprintf(size, sizeof size, "%.3g M rows, %.4g MB", f->rows / 1e6, f->bytes / 1e6);
        snprintf(note, sizeof note, "%.4g MB/s", f->bytes / f->seconds / 1e6);
        bench_print_one(b, (bench_row){.what = text, .size = size, .threads = b->threads, .unit = "M/s", .note = note},
                        f->rows / f->seconds / 1e6);
    }
}

/* `cat` writes with one thread, and reads what it writes; the promise is on what reaches the disk. */
static void print_rates(bench *b, const char *size, const char *ours, const bench_samples *generated,
                        const char *theirs, const bench_samples *copied)
{
    double rate = bench_median(copied);
    bench_print(b, &(bench_row){.what = theirs, .size = size, .threads = 1, .samples = copied, .unit = "MB/s"});
    bench_print(b, &(bench_row){.what = ours,
                                .size = size,
                                .threads = b->threads,
                                .samples = generated,
                                .unit = "MB/s",
                                .promise = BENCH_AT_LEAST,
                                .bound = 0.6 * rate,
                                .beside = rate,
                                .beside_what = "`cat`"});
}

static void print_whole(bench *b, const force_times *loaded, const checks *c, const char *size)
{
    double bytes = (double)loaded->bytes, store = (double)loaded->store_bytes;
    bench_row row = {.size = size, .threads = b->threads, .unit = "s"};
    row.what = "load of the force, all but syncs";
    bench_print_one(b, row, loaded->seconds - loaded->seconds_syncing);
    row.what = "load of the force, syncs included";
    bench_print_one(b, row, loaded->seconds);
    row.what = "verify of its store", row.unit = "GB/s";
    bench_print_one(b, row, store / c->verifying / 1e9);
    row.what = "digest of its store", row.unit = "M/s";
    bench_print_one(b, row, (double)loaded->rows / c->digesting / 1e6);
    row.what = "store, of the folder's bytes", row.unit = "%";
    bench_print_one(b, row, 100 * store / bytes);
}

int main(int argc, char **argv)
{
    static const uint32_t OFFICERS[] = {60, 2000, 45000}, DAYS[] = {5, 30, 365};
    static bench_samples generated, generated_unsynced, copied, copied_unsynced;
    static force_times made, loaded, cat;
    checks checked;
    char size[64];
    bench b;
    bench_begin(&b, "force", argc, argv);
    char *folder = bench_path(&b, "force"), *store = bench_path(&b, "force.candour"),
         *copied_to = bench_path(&b, "force.cat");
    force f = {
        .folder = folder, .store = store, .copy = copied_to, .officers = OFFICERS[b.scale], .days = DAYS[b.scale]};
    for (uint32_t round = 0, n = bench_rounds(&b, 3); round < n; round++) {
        bench_remove(folder);
        bench_apart(generate, &b, &f, &made, sizeof made);
        bench_apart(copy, &b, &f, &cat, sizeof cat);
        bench_check(cat.bytes == made.bytes, "%llu bytes were generated, and %llu are there",
                    (unsigned long long)made.bytes, (unsigned long long)cat.bytes);
        double megabytes = (double)made.bytes / 1e6;
        bench_add(&generated, megabytes / made.seconds), bench_add(&copied, megabytes / cat.seconds);
        bench_add(&generated_unsynced, megabytes / (made.seconds - made.seconds_syncing));
        bench_add(&copied_unsynced, megabytes / (cat.seconds - cat.seconds_syncing));
    }
    bench_remove(store);
    bench_apart(load, &b, &f, &loaded, sizeof loaded);
    bench_apart(check, &b, &f, &checked, sizeof checked);
    snprintf(size, sizeof size, "%.3g M rows, %.0f MB", (double)made.rows / 1e6, (double)made.bytes / 1e6);
    print_rates(&b, size, "generate, and sync", &generated, "`cat` of the same bytes, and sync", &copied);
    print_rates(&b, size, "generate, into the page cache", &generated_unsynced, "`cat`, into the page cache",
                &copied_unsynced);
    print_files(&b, "write", &made);
    print_files(&b, "read", &loaded);
    print_whole(&b, &loaded, &checked, size);
    bench_remove(folder), bench_remove(store);
    cd_free(folder), cd_free(store), cd_free(copied_to);
    return bench_end(&b);
}
