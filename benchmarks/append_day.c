/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: a day appended to a year costs at most twice what it costs in an empty store, and no digest notices.
 *
 * A day is its accesses, shifts, roster and presence. Every eighth load merges the days before it, as `candour load`
 * does: those are told apart. Nor does the digest notice the compaction of all, or that all came in one load. */
#include <stdio.h>
#include <string.h>

#include "benchmarks/bench.h"
#include "benchmarks/force_days.h"

enum { LAST_DAYS = 16 };

typedef struct {
    char *force, *before, *year, *empty, *day[LAST_DAYS];
} places;

typedef struct {
    const char *store, *folder;
} loading;

typedef struct {
    double seconds, seconds_syncing;
    uint64_t rows;
    bool tidied;
} loaded;

/* What `candour load` does. */
static void load_it(const bench *b, const void *context, void *out)
{
    const loading *l = context;
    loaded *done = out;
    cd_err err = {0};
    load_result result;
    candour_compact_report tidied = {0};
    load_options options = {.store = l->store, .paths = &l->folder, .n_paths = 1, .threads = b->threads};
    candour_load_options how = {.threads = b->threads};
    double began = bench_now();
    bench_must(load_run(&options, &result, &err), &err);
    bench_check(result.committed && result.rejected == 0, "'%s' was not loaded whole", l->folder);
    done->rows = result.rows;
    load_result_release(&result);
    bench_must(candour_tidy(l->store, &how, &tidied, &err), &err);
    done->seconds = bench_now() - began, done->seconds_syncing = bench_seconds_syncing();
    done->tidied = tidied.files_after < tidied.files_before;
}

static loaded load(const bench *b, const char *store, const char *folder)
{
    loaded done;
    bench_apart(load_it, b, &(loading){store, folder}, &done, sizeof done);
    return done;
}

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

static void make_it(const bench *b, const void *context, void *out)
{
    static const uint32_t OFFICERS[] = {60, 2000, 45000}, DAYS[] = {40, 365, 365};
    const places *p = context;
    force_days_make(b, OFFICERS[b->scale], DAYS[b->scale], p->force, p->before, p->day, LAST_DAYS);
    *(bool *)out = true;
}

static void digest_it(const bench *b, const void *context, void *out) { bench_digest(context, b->threads, out); }

/* Seconds, and how many times what the same day takes alone. */
typedef struct {
    bench_samples seconds, unsynced, of_alone, of_alone_unsynced;
} appended;

typedef struct {
    bench_samples alone;
    appended plain, tidying;
    uint64_t rows;
} days;

/* Each of the last days into an empty store, and behind the year: A B A B. */
static void load_days(const bench *b, const places *p, days *d)
{
    for (uint32_t k = 0; k < LAST_DAYS; k++) {
        bench_remove(p->empty);
        loaded alone = load(b, p->empty, p->day[k]), behind = load(b, p->year, p->day[k]);
        appended *a = behind.tidied ? &d->tidying : &d->plain;
        double unsynced = behind.seconds - behind.seconds_syncing;
        bench_add(&d->alone, alone.seconds);
        bench_add(&a->seconds, behind.seconds), bench_add(&a->of_alone, behind.seconds / alone.seconds);
        bench_add(&a->unsynced, unsynced);
        bench_add(&a->of_alone_unsynced, unsynced / (alone.seconds - alone.seconds_syncing));
        d->rows = behind.rows;
    }
    bench_check(d->tidying.seconds.n == LAST_DAYS / 8, "%u of %d loads tidied", d->tidying.seconds.n, LAST_DAYS);
}

static void print_appended(bench *b, const char *what, const char *size, const appended *a, bool promised)
{
    char text[80];
    bench_row row = {.what = what, .size = size, .threads = b->threads, .samples = &a->seconds, .unit = "s"};
    bench_print(b, &row);
    row.what = text, row.unit = "x";
    snprintf(text, sizeof text, "  beside that day alone");
    row.samples = &a->of_alone, row.promise = promised ? BENCH_AT_MOST : BENCH_NO_PROMISE, row.bound = 2;
    bench_print(b, &row);
    snprintf(text, sizeof text, "  the same, all but syncs");
    row.samples = &a->of_alone_unsynced, row.promise = BENCH_NO_PROMISE;
    bench_print(b, &row);
}

static void places_make(const bench *b, places *p)
{
    char name[32];
    p->force = bench_path(b, "append.force"), p->before = bench_path(b, "append.before");
    p->year = bench_path(b, "year.candour"), p->empty = bench_path(b, "day.candour");
    for (uint32_t k = 0; k < LAST_DAYS; k++) {
        snprintf(name, sizeof name, "append.day-%02u", k);
        p->day[k] = bench_path(b, name);
    }
}

/* What they name, and at last the names. */
static void places_clear(places *p, bool names_too)
{
    char **const all[] = {&p->force, &p->before, &p->year, &p->empty};
    for (size_t i = 0; i < sizeof all / sizeof *all + LAST_DAYS; i++) {
        char **place = i < LAST_DAYS ? &p->day[i] : all[i - LAST_DAYS];
        bench_remove(*place);
        if (names_too) cd_free(*place);
    }
}

int main(int argc, char **argv)
{
    static days d;
    char before[CANDOUR_DIGEST_TEXT], after[CANDOUR_DIGEST_TEXT], whole[CANDOUR_DIGEST_TEXT], size[64], day_size[64];
    double compacted;
    bool made = false;
    places p;
    bench b;
    bench_begin(&b, "append_day", argc, argv);
    places_make(&b, &p);
    places_clear(&p, false);
    bench_apart(make_it, &b, &p, &made, sizeof made);
    snprintf(size, sizeof size, "%.3g M rows", (double)load(&b, p.year, p.before).rows / 1e6);
    load_days(&b, &p, &d);
    snprintf(day_size, sizeof day_size, "%.3g k rows", (double)d.rows / 1e3);
    bench_apart(digest_it, &b, p.year, before, sizeof before);
    bench_apart(compact_it, &b, p.year, &compacted, sizeof compacted);
    bench_apart(digest_it, &b, p.year, after, sizeof after);
    bench_remove(p.empty);
    load(&b, p.empty, p.force);
    bench_apart(digest_it, &b, p.empty, whole, sizeof whole);
    bench_check(strcmp(before, after) == 0, "the digest was %s, and is %s after compaction", before, after);
    bench_check(strcmp(before, whole) == 0, "the digest is %s, and %s when loaded at once", before, whole);
    bench_row row = {.what = "a day into an empty store", .size = day_size, .threads = b.threads, .unit = "s"};
    row.samples = &d.alone;
    bench_print(&b, &row);
    print_appended(&b, "the day appended to the year", size, &d.plain, true);
    print_appended(&b, "the eighth day, which merges the others", size, &d.tidying, false);
    row = (bench_row){
        .what = "compaction of the year and its last days", .size = size, .threads = b.threads, .unit = "s"};
    bench_print_one(&b, row, compacted);
    places_clear(&p, true);
    return bench_end(&b);
}
