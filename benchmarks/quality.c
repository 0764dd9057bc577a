/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: of ten fresh forces the one queue has average precision 0.42, and 0.52 of the planted in its first 2 %.
 *
 * Forces of 5,000 officers over a year, seeds 11 to 20, each with the same schemes planted and the usual look-alikes;
 * swept by every detector. How much of each scheme stands in the first 2 % of its own detector's queue (absentees: in
 * the first ten), and of the one queue; how good that is as a whole, for the schemes of conduct together; who is in a
 * tier and clean; and two forces in which nobody did anything. Times nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench.h"
#include "loaders/synthetic.h"

enum { FIRST_SEED = 11, FIRST_TEN = 10, TIERS = 3, PATH = 1024, TRUTH_LINE = 256, FULL_FORCES = 10 };

/* What is planted, which detector is there for it, and what is promised of its own queue. */
static const struct {
    synthetic_scheme scheme;
    int32_t planted;
    const char *detector;
    double promised;
} schemes[] = {{SYNTHETIC_RING, 2, "coaccess", 0},
               {SYNTHETIC_SNOOP, 8, "unexplained", 0},
               {SYNTHETIC_LEAK, 5, "touch_own", 0},
               {SYNTHETIC_ABUSE, 6, "unexplained", 0},
               {SYNTHETIC_GROOMING_DRIFT, 6, "drift", 0},
               {SYNTHETIC_OVERTIME, 5, "overtime", 0.80},
               {SYNTHETIC_HIDDEN_TIE, 5, "hidden_tie", 0.75},
               {SYNTHETIC_HIDDEN_MEMBER, 5, "undeclared", 0.80},
               {SYNTHETIC_ABSENTEE, 5, "attendance", 0.80}};
enum { SCHEMES = sizeof schemes / sizeof *schemes };

/* Those of conduct; the others are in lists of their own. */
static bool is_conduct(uint32_t k)
{
    return schemes[k].scheme != SYNTHETIC_HIDDEN_MEMBER && schemes[k].scheme != SYNTHETIC_ABSENTEE;
}

typedef struct {
    uint32_t planted[SCHEMES], own[SCHEMES], merged[SCHEMES];
    uint32_t listed[TIERS], clean[TIERS]; /* in the tier or one above it: urgent, assess, prevent */
    double stated[TIERS];
    double average_precision, precision, found; /* of conduct: at as many as were planted; in the first 2 % */
    uint32_t look_alikes, look_alikes_first;    /* those in the first 2 % */
    double mean;                                /* factor that tiers go by */
    uint32_t officers;
} measured;

typedef struct {
    const char *folder, *store;
    uint32_t officers, days;
    uint64_t seed;
    bool null_force;
} making;

/* ---- One force ---- */

static void force_make(const bench *b, const making *m)
{
    cd_err err = {0};
    synthetic_options options;
    synthetic_report report;
    load_result result;
    load_options load = {.store = m->store, .paths = &m->folder, .n_paths = 1, .threads = b->threads};
    synthetic_options_init(&options);
    options.out = m->folder, options.n_officers = m->officers, options.n_days = m->days, options.seed = m->seed,
    options.threads = b->threads, options.null_force = m->null_force;
    for (uint32_t k = 0; k < SCHEMES && !m->null_force; k++)
        options.plant[schemes[k].scheme] = b->scale == BENCH_FULL ? schemes[k].planted : 1;
    bench_must(synthetic_generate(&options, &report, &err), &err);
    bench_must(load_run(&load, &result, &err), &err);
    load_result_release(&result);
}

/* scheme[officer]: what was planted, SYNTHETIC_SCHEMES where nothing was. */
static void truth_take(const making *m, const candour_sweep *s, uint8_t *scheme)
{
    char path[PATH], line[TRUTH_LINE];
    snprintf(path, sizeof path, "%s/truth.csv", m->folder);
    FILE *f = fopen(path, "r");
    bench_check(f != NULL, "there is no '%s'", path);
    memset(scheme, SYNTHETIC_SCHEMES, candour_sweep_facts(s).n_officers);
    while (fgets(line, sizeof line, f)) {
        uint32_t officer;
        char *id = line, *name = strchr(line, ',');
        if (!name) continue;
        *name++ = 0;
        name[strcspn(name, ",\n")] = 0;
        if (!candour_sweep_find(s, cd_slice_of(id), &officer)) continue;
        for (uint8_t k = 0; k < SYNTHETIC_SCHEMES; k++)
            if (strcmp(name, synthetic_scheme_name((synthetic_scheme)k)) == 0) scheme[officer] = k;
    }
    fclose(f);
}

/* ---- What a queue has ---- */

typedef struct {
    int64_t gain;
    uint32_t officer;
} said;

static int stronger(const void *a, const void *b)
{
    const said *x = a, *y = b;
    if (x->gain != y->gain) return x->gain > y->gain ? -1 : 1;
    return (x->officer > y->officer) - (x->officer < y->officer);
}

/* How many of a scheme stand in the first places of those of whom its detector says something. */
static uint32_t own_found(const candour_sweep *s, uint32_t k, const uint8_t *scheme, said *list)
{
    candour_sweep_info info = candour_sweep_facts(s);
    uint32_t n = 0, hits = 0, depth = schemes[k].scheme == SYNTHETIC_ABSENTEE ? FIRST_TEN : info.n_officers / 50;
    for (uint32_t o = 0; o < info.n_officers; o++)
        for (uint32_t i = 0; i < candour_sweep_officer(s, o).n_findings; i++) {
            candour_found f = candour_sweep_finding(s, o, i);
            if (cd_slice_equal(candour_sweep_detector(s, f.detector).name, cd_slice_of(schemes[k].detector)))
                list[n++] = (said){f.gain, o};
        }
    if (n > 1) qsort(list, n, sizeof *list, stronger);
    for (uint32_t i = 0; i < n && i < depth; i++) hits += scheme[list[i].officer] == schemes[k].scheme;
    return hits;
}

static bool is_planted(const uint8_t *scheme, uint32_t officer, bool conduct)
{
    for (uint32_t k = 0; k < SCHEMES; k++)
        if (scheme[officer] == schemes[k].scheme) return !conduct || is_conduct(k);
    return false;
}

static void queue_measure(const candour_sweep *s, const uint8_t *scheme, measured *m)
{
    uint32_t n = candour_sweep_facts(s).n_officers, planted = 0, hits = 0;
    for (uint32_t o = 0; o < n; o++) planted += is_planted(scheme, o, true);
    for (uint32_t place = 1; place <= n; place++) {
        candour_ranked x = candour_sweep_officer(s, candour_sweep_queued(s, place));
        bool bad = is_planted(scheme, x.officer, true), first = place <= n / 50;
        uint8_t of = scheme[x.officer];
        if (bad) m->average_precision += (double)++hits / place / planted;
        if (bad && place <= planted) m->precision += 1.0 / planted;
        if (bad && first) m->found += 1.0 / planted;
        for (uint32_t k = 0; k < SCHEMES; k++)
            m->planted[k] += of == schemes[k].scheme, m->merged[k] += first && of == schemes[k].scheme;
        if (of >= SYNTHETIC_ANALYST && of < SYNTHETIC_SCHEMES) m->look_alikes++, m->look_alikes_first += first;
        for (uint32_t t = 0; t < TIERS; t++)
            if (x.tier >= CANDOUR_TIER_URGENT - (candour_tier)t)
                m->listed[t]++, m->clean[t] += !is_planted(scheme, x.officer, false);
        m->mean += pow(10, (double)x.look / 100 / 10) / n;
    }
    for (uint32_t t = 0; t < TIERS; t++) m->stated[t] = candour_sweep_level(s, CANDOUR_TIER_URGENT - (candour_tier)t);
    m->officers = n;
}

static void force_measure(const bench *b, const void *context, void *out)
{
    const making *m = context;
    measured *x = out;
    cd_err err = {0};
    candour_store *store = NULL;
    candour_policy *policy = NULL;
    candour_sweep *s = NULL;
    candour_sweep_options o = {.as_of = CANDOUR_UNKNOWN, .since = CANDOUR_UNKNOWN, .threads = b->threads};
    uint64_t number;
    bool known;
    force_make(b, m);
    bench_must(candour_store_open(m->store, NULL, &store, &err), &err);
    bench_must(candour_policy_open(NULL, &policy, &err), &err);
    bench_must(candour_sweep_run(store, policy, &o, &number, &known, &err), &err);
    bench_must(candour_sweep_open(m->store, number, &s, &err), &err);
    uint32_t n = candour_sweep_facts(s).n_officers, findings = (uint32_t)candour_sweep_facts(s).n_findings;
    uint8_t *scheme = cd_alloc(n, 1, &err);
    said *list = cd_alloc((size_t)findings + 1, sizeof *list, &err);
    bench_check(scheme && list, "%s", err.text);
    *x = (measured){0};
    truth_take(m, s, scheme);
    queue_measure(s, scheme, x);
    for (uint32_t k = 0; k < SCHEMES; k++) x->own[k] = own_found(s, k, scheme, list);
    cd_free(scheme);
    cd_free(list);
    candour_sweep_close(s);
    candour_policy_close(policy);
    candour_store_close(store);
}

/* ---- The table ---- */

/* A share of all forces together, with what it is a share of. */
static void print_share(bench *b, const char *size, const char *what, uint32_t part, uint32_t all,
                        bench_promise promise, double bound)
{
    char note[48];
    snprintf(note, sizeof note, "%u of %u", part, all);
    bench_print_one(b,
                    (bench_row){.what = what,
                                .size = size,
                                .unit = "share",
                                .note = note,
                                .promise = all && b->scale == BENCH_FULL ? promise : BENCH_NO_PROMISE,
                                .bound = bound},
                    all ? (double)part / all : 0);
}

static void print_schemes(bench *b, const char *size, const measured *list, uint32_t n)
{
    for (uint32_t k = 0; k < SCHEMES; k++) {
        uint32_t planted = 0, own = 0, merged = 0;
        char what[96];
        const char *name = synthetic_scheme_name(schemes[k].scheme);
        for (uint32_t i = 0; i < n; i++)
            planted += list[i].planted[k], own += list[i].own[k], merged += list[i].merged[k];
        snprintf(what, sizeof what, "%s, first %s of %s", name, schemes[k].scheme == SYNTHETIC_ABSENTEE ? "ten" : "2 %",
                 schemes[k].detector);
        print_share(b, size, what, own, planted, schemes[k].promised > 0 ? BENCH_AT_LEAST : BENCH_NO_PROMISE,
                    schemes[k].promised);
        snprintf(what, sizeof what, "%s, first 2 %% of the queue", name);
        if (is_conduct(k)) print_share(b, size, what, merged, planted, BENCH_NO_PROMISE, 0);
    }
}

static void print_queue(bench *b, const char *size, const measured *list, uint32_t n)
{
    static bench_samples samples[3];
    static const struct {
        const char *what;
        double promised;
    } of[3] = {{"average precision of conduct", 0.42},
               {"precision at as many as planted", 0.42},
               {"of all planted, first 2 % of the queue", 0.52}};
    uint32_t alike = 0, alike_first = 0;
    for (uint32_t i = 0; i < n; i++) {
        bench_add(&samples[0], list[i].average_precision);
        bench_add(&samples[1], list[i].precision);
        bench_add(&samples[2], list[i].found);
        alike += list[i].look_alikes, alike_first += list[i].look_alikes_first;
    }
    for (int k = 0; k < 3; k++)
        bench_print(b, &(bench_row){.what = of[k].what,
                                    .size = size,
                                    .unit = "share",
                                    .samples = &samples[k],
                                    .promise = b->scale == BENCH_FULL ? BENCH_AT_LEAST : BENCH_NO_PROMISE,
                                    .bound = of[k].promised});
    print_share(b, size, "look-alikes, first 2 % of the queue", alike_first, alike, BENCH_NO_PROMISE, 0);
}

static void print_tiers(bench *b, const char *size, const measured *list, uint32_t n)
{
    static const char *const names[TIERS] = {"clean, urgent", "clean, assess or above", "clean, prevent or above"};
    for (uint32_t t = 0; t < TIERS; t++) {
        uint32_t listed = 0, clean = 0;
        for (uint32_t i = 0; i < n; i++) listed += list[i].listed[t], clean += list[i].clean[t];
        print_share(b, size, names[t], clean, listed, BENCH_AT_MOST, list[0].stated[t]);
    }
}

static void print_null(bench *b, const char *size, const measured *list, uint32_t n)
{
    uint32_t listed = 0, officers = 0;
    double mean = 0;
    for (uint32_t i = 0; i < n; i++)
        listed += list[i].listed[TIERS - 1], officers += list[i].officers, mean += list[i].mean / n;
    print_share(b, size, "nobody did anything: in a tier", listed, officers, BENCH_AT_MOST, 0);
    bench_print_one(b,
                    (bench_row){.what = "nobody did anything: mean factor",
                                .size = size,
                                .unit = "times",
                                .promise = BENCH_AT_MOST,
                                .bound = 1},
                    mean);
}

int main(int argc, char **argv)
{
    static const uint32_t OFFICERS[] = {500, 1000, 5000}, DAYS[] = {60, 180, 365}, FORCES[] = {1, 2, FULL_FORCES},
                          NULLS[] = {1, 1, 2};
    static measured list[FULL_FORCES], nulls[2];
    char size[64], null_size[64];
    bench b;
    bench_begin(&b, "quality", argc, argv);
    char *folder = bench_path(&b, "quality"), *store = bench_path(&b, "quality.candour");
    making m = {.folder = folder, .store = store, .officers = OFFICERS[b.scale], .days = DAYS[b.scale]};
    for (uint32_t i = 0; i < FORCES[b.scale] + NULLS[b.scale]; i++) {
        m.seed = FIRST_SEED + i, m.null_force = i >= FORCES[b.scale];
        bench_remove(folder);
        bench_remove(store);
        bench_apart(force_measure, &b, &m, m.null_force ? &nulls[i - FORCES[b.scale]] : &list[i], sizeof *list);
    }
    snprintf(size, sizeof size, "%u x %u days, %u", m.officers, m.days, FORCES[b.scale]);
    snprintf(null_size, sizeof null_size, "%u x %u days, %u", m.officers, m.days, NULLS[b.scale]);
    print_schemes(&b, size, list, FORCES[b.scale]);
    print_queue(&b, size, list, FORCES[b.scale]);
    print_tiers(&b, size, list, FORCES[b.scale]);
    print_null(&b, null_size, nulls, NULLS[b.scale]);
    bench_remove(folder);
    bench_remove(store);
    cd_free(folder);
    cd_free(store);
    return bench_end(&b);
}
