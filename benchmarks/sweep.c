/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: the unusual-access sweep of 45,000 officers with 20 M accesses takes 15 s and 4 GB; rank and explain 50 ms.
 *
 * Each part of the sweep by itself, at one thread and at all of them, and how far the slowest is from one pass over the
 * accesses at the machine's own speed. With five times the accesses it takes at most 5.5 times as long, and 12 GB. The
 * sweeps of one and of several threads are the same to the byte before any time is told. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "benchmarks/bench.h"
#include "benchmarks/limits.h"
#include "loaders/synthetic.h"

enum { PARTS = 24, WORDS = 64 };

typedef struct {
    char what[WORDS];
    double seconds;
} part;

typedef struct {
    part parts[PARTS];
    uint32_t n_parts;
    double began, seconds;
    uint64_t accesses, strays, officers, number;
} swept;

typedef struct {
    const char *store;
    uint32_t threads;
} task;

/* A part is known by its words; it ends where the next begins. */
static bool step(void *context, const cd_progress_state *state)
{
    swept *s = context;
    double now = bench_now();
    if (s->n_parts) s->parts[s->n_parts - 1].seconds += now - s->began;
    s->began = now;
    if (s->n_parts && strcmp(s->parts[s->n_parts - 1].what, state->what) == 0) return true;
    bench_check(s->n_parts < PARTS, "a sweep of more than %d parts", PARTS);
    snprintf(s->parts[s->n_parts++].what, WORDS, "%s", state->what);
    return true;
}

static void sweep(const bench *b, const void *context, void *out)
{
    const task *t = context;
    swept *s = out;
    cd_err err = {0};
    candour_store *store = NULL;
    candour_policy *policy = NULL;
    candour_sweep *kept = NULL;
    bool known;
    const cd_progress progress = {.step = step, .context = s};
    candour_sweep_options o = {.as_of = CANDOUR_UNKNOWN,
                               .since = CANDOUR_UNKNOWN,
                               .threads = t->threads,
                               .again = true,
                               .progress = &progress};
    (void)b;
    double began = bench_now();
    bench_must(candour_store_open(t->store, NULL, &store, &err), &err);
    bench_must(candour_policy_open(NULL, &policy, &err), &err);
    bench_must(candour_sweep_run(store, policy, &o, &s->number, &known, &err), &err);
    s->seconds = bench_now() - began;
    s->parts[s->n_parts - 1].seconds += bench_now() - s->began;
    bench_must(candour_sweep_open(t->store, s->number, &kept, &err), &err);
    candour_sweep_info info = candour_sweep_facts(kept);
    s->accesses = info.accesses, s->strays = info.strays, s->officers = info.n_officers;
    candour_sweep_close(kept);
    candour_policy_close(policy);
    candour_store_close(store);
}

static void make_force(const bench *b, uint32_t officers, uint32_t days, double accesses, const char *folder,
                       const char *store)
{
    cd_err err = {0};
    synthetic_options options;
    synthetic_report report;
    load_result result;
    load_options load = {.store = store, .paths = &folder, .n_paths = 1, .threads = b->threads};
    bench_remove(folder);
    bench_remove(store);
    synthetic_options_init(&options);
    options.out = folder, options.n_officers = officers, options.n_days = days, options.seed = 1,
    options.threads = b->threads;
    if (accesses > 0) options.accesses_per_officer_day = accesses;
    bench_must(synthetic_generate(&options, &report, &err), &err);
    bench_must(load_run(&load, &result, &err), &err);
    load_result_release(&result);
    bench_remove(folder);
}

/* In a process of its own: the forces that it holds are given back. */
typedef struct {
    const char *folder, *store;
    uint32_t officers, days;
    double accesses;
} making;

static void make(const bench *b, const void *context, void *out)
{
    const making *m = context;
    make_force(b, m->officers, m->days, m->accesses, m->folder, m->store);
    *(bool *)out = true;
}

/* Seconds for one pass over what the sweep keeps of the accesses, 24 bytes each. In a process of its own: one that has
 * had threads cannot have processes that have them. */
static void one_pass(const bench *b, const void *context, void *out)
{
    cd_err err = {0};
    size_t n = (size_t)(*(const uint64_t *)context * 24 / sizeof(uint32_t));
    uint32_t *numbers = cd_pages_new(n, sizeof *numbers, &err);
    double best = HUGE_VAL;
    bench_check(numbers != NULL, "%s", err.text);
    for (size_t i = 0; i < n; i++) numbers[i] = (uint32_t)i;
    for (int round = 0; round < 3; round++) {
        double began = bench_now();
        bench_check(limit_sum(numbers, n, b->threads) != 0 || n < 2, "a sum of nothing");
        double took = bench_now() - began;
        if (took < best) best = took;
    }
    cd_pages_free(numbers, n, sizeof *numbers);
    *(double *)out = best;
}

/* The files of two sweeps of one store are the same, but for what says how many there were before. */
static void check_same(const char *store, uint64_t a, uint64_t b)
{
    cd_err err = {0};
    candour_sweep *x = NULL, *y = NULL;
    bench_must(candour_sweep_open(store, a, &x, &err), &err);
    bench_must(candour_sweep_open(store, b, &y, &err), &err);
    for (uint32_t o = 0; o < candour_sweep_facts(x).n_officers; o++) {
        candour_ranked p = candour_sweep_officer(x, o), q = candour_sweep_officer(y, o);
        bench_check(p.score == q.score && p.place == q.place && p.n_findings == q.n_findings,
                    "another sweep at another number of threads");
        for (uint32_t i = 0; i < p.n_findings; i++) {
            candour_found f = candour_sweep_finding(x, o, i), g = candour_sweep_finding(y, o, i);
            bench_check(cd_slice_equal(f.words, g.words) && f.adds == g.adds,
                        "another finding at another number of threads");
        }
    }
    candour_sweep_close(x);
    candour_sweep_close(y);
}

static void print_parts(bench *b, const swept *s, const char *size, double pass)
{
    uint32_t slowest = 0;
    for (uint32_t i = 0; i < s->n_parts; i++) {
        char what[WORDS + 8], note[48];
        if (s->parts[i].seconds > s->parts[slowest].seconds) slowest = i;
        snprintf(what, sizeof what, "  %s", s->parts[i].what);
        snprintf(note, sizeof note, "%.4g M accesses/s", (double)s->accesses / s->parts[i].seconds / 1e6);
        bench_print_one(b, (bench_row){.what = what, .size = size, .threads = b->threads, .unit = "s", .note = note},
                        s->parts[i].seconds);
    }
    bench_print_one(b,
                    (bench_row){.what = "  the slowest part, in passes over the accesses",
                                .size = size,
                                .threads = b->threads,
                                .unit = "x"},
                    s->parts[slowest].seconds / pass);
}

static void time_program(bench *b, const char *store, const char *size)
{
    static bench_samples rank, explain;
    cd_err err = {0};
    candour_sweep *kept = NULL;
    char id[256];
    if (!b->program) return;
    bench_must(candour_sweep_open(store, 0, &kept, &err), &err);
    cd_slice first = candour_sweep_officer(kept, candour_sweep_queued(kept, 1)).id;
    snprintf(id, sizeof id, "%.*s", (int)first.n, first.bytes);
    candour_sweep_close(kept);
    const char *const ranking[] = {b->program, "rank", store, NULL}, *const explaining[] = {b->program, "explain",
                                                                                            store, id, NULL};
    for (uint32_t round = 0, n = bench_rounds(b, 11); round < n; round++) {
        double began = bench_now();
        bench_check(bench_program(ranking, NULL, 0), "rank failed");
        bench_add(&rank, 1e3 * (bench_now() - began));
        began = bench_now();
        bench_check(bench_program(explaining, NULL, 0), "explain failed");
        bench_add(&explain, 1e3 * (bench_now() - began));
    }
    bench_print(b, &(bench_row){.what = "rank, as a process",
                                .size = size,
                                .unit = "ms",
                                .samples = &rank,
                                .promise = BENCH_AT_MOST,
                                .bound = 50});
    bench_print(b, &(bench_row){.what = "explain of the first, as a process",
                                .size = size,
                                .unit = "ms",
                                .samples = &explain,
                                .promise = BENCH_AT_MOST,
                                .bound = 50});
}

/* One force, swept by one thread and by all. Returns the median of the latter, and the most memory. */
static double measure(bench *b, const making *m, double bound, double bound_bytes, uint64_t *accesses)
{
    static bench_samples all, one;
    swept s = {0}, alone = {0};
    bool made = false;
    uint64_t peak = 0;
    double pass = 0;
    char size[64];
    all.n = one.n = 0;
    bench_apart(make, b, m, &made, sizeof made);
    for (uint32_t round = 0, n = bench_rounds(b, 3); round < n; round++) {
        swept now = {0};
        uint64_t held = bench_apart(sweep, b, &(task){m->store, b->threads}, &now, sizeof now);
        if (held > peak) peak = held;
        if (all.n == 0 || now.seconds < s.seconds) s = now;
        bench_add(&all, now.seconds);
        bench_apart(sweep, b, &(task){m->store, 1}, &alone, sizeof alone);
        bench_add(&one, alone.seconds);
    }
    bench_check(s.officers == m->officers && s.accesses > 0, "a sweep of %llu officers",
                (unsigned long long)s.officers);
    check_same(m->store, s.number, alone.number);
    snprintf(size, sizeof size, "%.3g M accesses", (double)s.accesses / 1e6);
    bench_row row = {.what = "sweep",
                     .size = size,
                     .threads = b->threads,
                     .unit = "s",
                     .samples = &all,
                     .beside = bench_median(&one),
                     .beside_what = "one thread"};
    if (bound > 0) row.promise = BENCH_AT_MOST, row.bound = bound;
    bench_print(b, &row);
    row = (bench_row){.what = "memory of the sweep", .size = size, .threads = b->threads, .unit = "GB"};
    if (bound_bytes > 0) row.promise = BENCH_AT_MOST, row.bound = bound_bytes / 1e9;
    bench_print_one(b, row, (double)peak / 1e9);
    bench_apart(one_pass, b, &s.accesses, &pass, sizeof pass);
    print_parts(b, &s, size, pass);
    time_program(b, m->store, size);
    *accesses = s.accesses;
    return bench_median(&all);
}

int main(int argc, char **argv)
{
    static const uint32_t OFFICERS[] = {120, 2000, 45000}, DAYS[] = {30, 90, 365};
    bench b;
    uint64_t accesses;
    bench_begin(&b, "sweep", argc, argv);
    bool full = b.scale == BENCH_FULL;
    char *folder = bench_path(&b, "swept"), *store = bench_path(&b, "swept.candour");
    making m = {.folder = folder, .store = store, .officers = OFFICERS[b.scale], .days = DAYS[b.scale]};
    double seconds = measure(&b, &m, full ? 15 : 0, full ? 4e9 : 0, &accesses);
    if (full) {
        m.accesses = 6.1;
        (void)measure(&b, &m, 5.5 * seconds, 12e9, &accesses);
    }
    bench_remove(store);
    cd_free(folder);
    cd_free(store);
    return bench_end(&b);
}
