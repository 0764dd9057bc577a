/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_evaluate.c: `candour evaluate`: a sweep's queue held against what was planted, beside rankings anybody can make.
 */
#include "queries/cmd_evaluate.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/sweep_out.h"

enum { DEPTHS = 3, CLUSTERS_MOST = 10, AT = 4, RANKINGS = BASELINES + 1 };
static const double depths[DEPTHS] = {0.01, 0.02, 0.05};
static const uint32_t at[AT] = {10, 20, 50, 100};

typedef struct {
    const candour_sweep *sweep;
    truth t;
    uint32_t n; /* officers */
    bool *bad;  /* by officer: planted and no look-alike */
    uint32_t n_bad;
    uint32_t *place[RANKINGS]; /* by officer, from 1; the first is ours */
    uint32_t *order;           /* scratch */
} evaluation;

static const char *ranking_name(int r) { return r == 0 ? "candour" : evaluate_baselines[r - 1]; }

static cd_status places_make(evaluation *e, const double *baselines, cd_err *err)
{
    cd_status st = CD_OK;
    CD_NEW(e->order, e->n);
    CD_NEW(e->bad, e->n);
    for (int r = 0; r < RANKINGS; r++) CD_NEW(e->place[r], e->n);
    for (uint32_t o = 0; o < e->n; o++) e->place[0][o] = candour_sweep_officer(e->sweep, o).place;
    for (int r = 1; r < RANKINGS; r++) {
        CD_TRY(cd_order_falling(baselines + (size_t)(r - 1) * e->n, e->n, e->order, err));
        for (uint32_t k = 0; k < e->n; k++) e->place[r][e->order[k]] = k + 1;
    }
    for (size_t i = 0; i < e->t.n; i++)
        if (!e->t.innocent[e->t.lines[i].scheme]) e->bad[e->t.lines[i].officer] = true;
    for (uint32_t o = 0; o < e->n; o++) e->n_bad += e->bad[o];
done:
    return st;
}

static void evaluation_release(evaluation *e)
{
    truth_release(&e->t);
    cd_free(e->bad);
    cd_free(e->order);
    for (int r = 0; r < RANKINGS; r++) cd_free(e->place[r]);
}

/* ---- Figures ---- */

static double precision_at(const evaluation *e, int ranking, uint32_t k)
{
    uint32_t hits = 0;
    if (k > e->n) k = e->n;
    for (uint32_t o = 0; o < e->n; o++) hits += e->bad[o] && e->place[ranking][o] <= k;
    return k ? (double)hits / k : 0;
}

static double average_precision(evaluation *e, int ranking)
{
    uint32_t hits = 0;
    double sum = 0;
    for (uint32_t o = 0; o < e->n; o++) e->order[e->place[ranking][o] - 1] = o;
    for (uint32_t k = 0; k < e->n; k++)
        if (e->bad[e->order[k]]) sum += (double)++hits / (k + 1);
    return e->n_bad ? sum / e->n_bad : 0;
}

/* How many of a scheme stand in the first share of the queue. */
static uint32_t found(const evaluation *e, uint32_t scheme, int ranking, double depth, uint32_t *all)
{
    uint32_t hits = 0, most = (uint32_t)(depth * e->n);
    *all = 0;
    for (size_t i = 0; i < e->t.n; i++) {
        if (e->t.lines[i].scheme != scheme) continue;
        ++*all;
        hits += e->place[ranking][e->t.lines[i].officer] <= most;
    }
    return hits;
}

static uint32_t in_tier(const evaluation *e, uint32_t scheme, candour_tier tier)
{
    uint32_t n = 0;
    for (size_t i = 0; i < e->t.n; i++)
        n += e->t.lines[i].scheme == scheme && candour_sweep_officer(e->sweep, e->t.lines[i].officer).tier == tier;
    return n;
}

static uint32_t median_place(const evaluation *e, uint32_t scheme)
{
    uint32_t n = 0;
    for (size_t i = 0; i < e->t.n && n < e->n; i++)
        if (e->t.lines[i].scheme == scheme) e->order[n++] = e->place[0][e->t.lines[i].officer];
    if (n == 0) return 0;
    qsort(e->order, n, sizeof *e->order, cd_compare_u32);
    return e->order[n / 2];
}

/* How many of a scheme stand in the first 2 % by one detector alone; those of whom it says nothing stand nowhere. */
static cd_status found_alone(evaluation *e, uint32_t detector, double *share, cd_err *err)
{
    cd_status st = CD_OK;
    double *gain = NULL;
    uint32_t most = (uint32_t)(0.02 * e->n);
    CD_NEW(gain, e->n);
    for (uint32_t o = 0; o < e->n; o++) {
        gain[o] = -1e9;
        for (uint32_t i = 0; i < candour_sweep_officer(e->sweep, o).n_findings; i++) {
            candour_found f = candour_sweep_finding(e->sweep, o, i);
            if (f.detector == detector) gain[o] = (double)f.gain;
        }
    }
    CD_TRY(cd_order_falling(gain, e->n, e->order, err));
    for (uint32_t s = 0; s < e->t.n_schemes; s++) {
        uint32_t hits = 0, all = 0;
        for (size_t i = 0; i < e->t.n; i++) {
            if (e->t.lines[i].scheme != s) continue;
            all++;
            for (uint32_t k = 0; k < most; k++)
                hits += e->order[k] == e->t.lines[i].officer && gain[e->order[k]] > -1e9;
        }
        share[s] = all ? (double)hits / all : 0;
    }
done:
    cd_free(gain);
    return st;
}

/* ---- Rings ---- */

/* The clusters of the sweep and the rings of the truth, by officer: 0 is none. */
typedef struct {
    uint32_t *cluster, *ring;
    uint32_t n_clusters, n_rings;
    double jaccard;        /* of the rings, the mean of the best among the first CLUSTERS_MOST clusters */
    double best;           /* the best of all */
    double pair_precision; /* of as many pairs as the rings have, taken cluster by cluster */
} rings;

static cd_status rings_find(const evaluation *e, rings *r, cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice *names = NULL;
    *r = (rings){0};
    CD_NEW(r->cluster, e->n);
    CD_NEW(r->ring, e->n);
    CD_NEW(names, e->t.n);
    for (uint32_t o = 0; o < e->n; o++)
        for (uint32_t i = 0; i < candour_sweep_officer(e->sweep, o).n_findings; i++) {
            uint32_t c = candour_sweep_finding(e->sweep, o, i).cluster;
            if (c) r->cluster[o] = c;
            if (c > r->n_clusters) r->n_clusters = c;
        }
    for (size_t i = 0; i < e->t.n; i++) {
        const truth_line *x = &e->t.lines[i];
        uint32_t k = 0;
        if (!cd_slice_equal(e->t.scheme[x->scheme], cd_slice_of("ring")) || x->group.n == 0) continue;
        while (k < r->n_rings && !cd_slice_equal(names[k], x->group)) k++;
        if (k == r->n_rings) names[r->n_rings++] = x->group;
        r->ring[x->officer] = k + 1;
    }
done:
    cd_free(names);
    return st;
}

static double jaccard(const evaluation *e, const rings *r, uint32_t ring, uint32_t cluster)
{
    uint32_t both = 0, either = 0;
    for (uint32_t o = 0; o < e->n; o++) {
        bool a = r->ring[o] == ring, b = r->cluster[o] == cluster;
        both += a && b, either += a || b;
    }
    return either ? (double)both / either : 0;
}

static void rings_measure(const evaluation *e, rings *r)
{
    uint64_t wanted = 0, taken = 0, right = 0;
    for (uint32_t k = 1; k <= r->n_rings; k++) {
        double best = 0;
        uint64_t size = 0;
        for (uint32_t c = 1; c <= r->n_clusters && c <= CLUSTERS_MOST; c++) {
            double x = jaccard(e, r, k, c);
            if (x > best) best = x;
        }
        r->jaccard += best / r->n_rings;
        if (best > r->best) r->best = best;
        for (uint32_t o = 0; o < e->n; o++) size += r->ring[o] == k;
        wanted += size * (size - 1) / 2;
    }
    for (uint32_t c = 1; c <= r->n_clusters && taken < wanted; c++)
        for (uint32_t a = 0; a < e->n && taken < wanted; a++)
            for (uint32_t b = a + 1; r->cluster[a] == c && b < e->n && taken < wanted; b++) {
                if (r->cluster[b] != c) continue;
                taken++;
                right += r->ring[a] && r->ring[a] == r->ring[b];
            }
    r->pair_precision = wanted ? (double)right / (double)wanted : 0;
}

/* ---- For people ---- */

static cd_status say_rankings(evaluation *e, cd_buffer *out, cd_err *err)
{
    print_table table = {0};
    print_table_heads(&table, "RANKING,>AVERAGE PRECISION,>AT 10,>AT 20,>AT 50,>AT 100,>FOUND IN 2 %");
    for (int r = 0; r < RANKINGS; r++) {
        uint32_t two = (uint32_t)(0.02 * e->n);
        print_table_cell(&table, "%s", ranking_name(r));
        print_table_cell(&table, "%.3f", average_precision(e, r));
        for (int k = 0; k < AT; k++) print_table_cell(&table, "%.2f", precision_at(e, r, at[k]));
        print_table_cell(&table, "%.2f", e->n_bad ? precision_at(e, r, two) * two / e->n_bad : 0);
    }
    return print_table_end(&table, out, err);
}

static cd_status say_schemes(const evaluation *e, bool innocent, cd_buffer *out, cd_err *err)
{
    print_table table = {0};
    print_table_heads(&table,
                      innocent ? "LOOK-ALIKE,>OFFICERS,>IN 1 %,>IN 2 %,>IN 5 %,>MEDIAN PLACE,>URGENT,>ASSESS,>PREVENT"
                               : "SCHEME,>OFFICERS,>IN 1 %,>IN 2 %,>IN 5 %,>MEDIAN PLACE,>URGENT,>ASSESS,>PREVENT");
    for (uint32_t s = 0; s < e->t.n_schemes; s++) {
        uint32_t all = 0;
        if (e->t.innocent[s] != innocent) continue;
        (void)found(e, s, 0, 1, &all);
        print_table_cell(&table, "%.*s", (int)e->t.scheme[s].n, e->t.scheme[s].bytes);
        print_table_cell(&table, "%" PRIu32, all);
        for (int d = 0; d < DEPTHS; d++)
            print_table_cell(&table, "%.2f", all ? (double)found(e, s, 0, depths[d], &all) / all : 0);
        print_table_cell(&table, "%" PRIu32, median_place(e, s));
        for (int t = CANDOUR_TIER_URGENT; t > CANDOUR_TIER_NONE; t--)
            print_table_cell(&table, "%" PRIu32, in_tier(e, s, (candour_tier)t));
    }
    cd_buffer_printf(out, "\n");
    return print_table_end(&table, out, err);
}

/* Of each scheme the detectors that find the most of it when they stand alone, the best first: how well each family does in
 * its own queue. */
static cd_status say_detectors(evaluation *e, cd_buffer *out, cd_err *err)
{
    enum { TOLD = 3 };
    cd_status st = CD_OK;
    uint32_t n = candour_sweep_facts(e->sweep).n_detectors;
    print_table table = {0};
    double *share = NULL;
    if (n == 0) return CD_OK;
    CD_NEW(share, (size_t)n * TRUTH_SCHEMES);
    for (uint32_t d = 0; d < n; d++) CD_TRY(found_alone(e, d, share + (size_t)d * TRUTH_SCHEMES, err));
    print_table_heads(&table, "FOUND IN 2 % BY ONE DETECTOR,BEST,SECOND,THIRD");
    for (uint32_t s = 0; s < e->t.n_schemes; s++) {
        print_table_cell(&table, "%.*s", (int)e->t.scheme[s].n, e->t.scheme[s].bytes);
        for (int told = 0; told < TOLD; told++) {
            uint32_t best = 0;
            for (uint32_t d = 1; d < n; d++)
                if (share[(size_t)d * TRUTH_SCHEMES + s] > share[(size_t)best * TRUTH_SCHEMES + s]) best = d;
            double *most = &share[(size_t)best * TRUTH_SCHEMES + s];
            cd_slice name = candour_sweep_detector(e->sweep, best).name;
            if (*most > 0)
                print_table_cell(&table, "%.2f %.*s", *most, (int)name.n, name.bytes);
            else
                print_table_cell(&table, "-");
            *most = 0;
        }
    }
    cd_buffer_printf(out, "\n");
    st = print_table_end(&table, out, err);
done:
    cd_free(share);
    return st;
}

/* A tier, and what e-BH promises: of it and those above it together. */
typedef struct {
    uint32_t listed, clean;         /* of the tier itself */
    uint32_t all_listed, all_clean; /* and those above it */
    double realised, lo, hi;        /* the share of clean ones among all_listed, and Wilson's 95 % interval of it */
    double level;                   /* what the policy allows */
} tier_count;

static void wilson(tier_count *t)
{
    static const double z = 1.959963984540054;
    double n = t->all_listed, p = n > 0 ? t->all_clean / n : 0;
    double middle = n > 0 ? (p + z * z / (2 * n)) / (1 + z * z / n) : 0.5,
           half = n > 0 ? z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n) : 0.5;
    t->realised = p, t->lo = fmax(0, middle - half), t->hi = fmin(1, middle + half);
}

static void tiers_count(const evaluation *e, tier_count tiers[CANDOUR_TIER_URGENT + 1])
{
    for (int t = 0; t <= CANDOUR_TIER_URGENT; t++) tiers[t] = (tier_count){0};
    for (uint32_t o = 0; o < e->n; o++) {
        tier_count *t = &tiers[candour_sweep_officer(e->sweep, o).tier];
        t->listed++, t->clean += !e->bad[o];
    }
    for (int t = CANDOUR_TIER_URGENT; t > CANDOUR_TIER_NONE; t--) {
        bool first = t == CANDOUR_TIER_URGENT;
        tiers[t].all_listed = tiers[t].listed + (first ? 0 : tiers[t + 1].all_listed);
        tiers[t].all_clean = tiers[t].clean + (first ? 0 : tiers[t + 1].all_clean);
        tiers[t].level = candour_sweep_level(e->sweep, (candour_tier)t);
        wilson(&tiers[t]);
    }
}

static cd_status say_tiers(const evaluation *e, cd_buffer *out, cd_err *err)
{
    print_table table = {0};
    tier_count tiers[CANDOUR_TIER_URGENT + 1];
    tiers_count(e, tiers);
    cd_buffer_printf(out, "\n");
    print_table_heads(&table,
                      "TIER,>OFFICERS,>OF THEM CLEAN,>WITH THOSE ABOVE,>CLEAN,>REALISED,>95 % INTERVAL,>STATED");
    for (int t = CANDOUR_TIER_URGENT; t > CANDOUR_TIER_NONE; t--) {
        const tier_count *x = &tiers[t];
        print_table_cell(&table, "%s", candour_tier_name((candour_tier)t));
        print_table_cell(&table, "%" PRIu32, x->listed);
        print_table_cell(&table, "%" PRIu32, x->clean);
        print_table_cell(&table, "%" PRIu32, x->all_listed);
        print_table_cell(&table, "%" PRIu32, x->all_clean);
        if (x->all_listed) {
            print_table_cell(&table, "%.2f", x->realised);
            print_table_cell(&table, "%.2f to %.2f", x->lo, x->hi);
        } else {
            print_table_cell(&table, "-");
            print_table_cell(&table, "-");
        }
        print_table_cell(&table, "at most %.2f", x->level);
    }
    return print_table_end(&table, out, err);
}

static cd_status say_all(evaluation *e, const rings *r, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer_printf(out, "%" PRIu32 " of %" PRIu32 " officers are planted, look-alikes apart\n\n", e->n_bad, e->n);
    CD_TRY(say_rankings(e, out, err));
    CD_TRY(say_schemes(e, false, out, err));
    CD_TRY(say_schemes(e, true, out, err));
    CD_TRY(say_detectors(e, out, err));
    CD_TRY(say_tiers(e, out, err));
    if (r->n_rings)
        cd_buffer_printf(
            out,
            "\n%" PRIu32 " rings, %" PRIu32
            " clusters; within the first %d clusters: best overlap %.2f, %.2f on average; pairs that are right: %.2f\n",
            r->n_rings, r->n_clusters, CLUSTERS_MOST, r->best, r->jaccard, r->pair_precision);
    if (e->t.strangers)
        cd_buffer_printf(out, "\n%" PRIu64 " lines of the truth name officers that the sweep does not have\n",
                         e->t.strangers);
done:
    return st;
}

/* ---- For programs ---- */

static cd_status say_json(evaluation *e, const rings *r, cd_buffer *out, cd_err *err)
{
    json_t *rankings = json_object(), *schemes = json_object(), *tiers = json_object(), *alone = json_object();
    tier_count counts[CANDOUR_TIER_URGENT + 1];
    for (int k = 0; k < RANKINGS; k++) {
        json_t *precision = json_object();
        for (int i = 0; i < AT; i++) {
            char depth[16];
            snprintf(depth, sizeof depth, "%" PRIu32, at[i]);
            json_object_set_new(precision, depth, json_real(precision_at(e, k, at[i])));
        }
        json_object_set_new(
            rankings, ranking_name(k),
            json_pack("{s:f, s:o}", "average_precision", average_precision(e, k), "precision_at", precision));
    }
    for (uint32_t s = 0; s < e->t.n_schemes; s++) {
        uint32_t all = 0, one = found(e, s, 0, 0.01, &all), two = found(e, s, 0, 0.02, &all),
                 five = found(e, s, 0, 0.05, &all);
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)e->t.scheme[s].n, e->t.scheme[s].bytes);
        json_object_set_new(schemes, name,
                            json_pack("{s:b, s:I, s:f, s:f, s:f, s:I, s:{s:I, s:I, s:I}}", "innocent", e->t.innocent[s],
                                      "officers", (json_int_t)all, "top_1", (double)one / all, "top_2",
                                      (double)two / all, "top_5", (double)five / all, "median_place",
                                      (json_int_t)median_place(e, s), "tiers", "urgent",
                                      (json_int_t)in_tier(e, s, CANDOUR_TIER_URGENT), "assess",
                                      (json_int_t)in_tier(e, s, CANDOUR_TIER_ASSESS), "prevent",
                                      (json_int_t)in_tier(e, s, CANDOUR_TIER_PREVENT)));
    }
    for (uint32_t d = 0; d < candour_sweep_facts(e->sweep).n_detectors; d++) {
        double share[TRUTH_SCHEMES];
        json_t *of = json_object();
        char name[256];
        cd_slice text = candour_sweep_detector(e->sweep, d).name;
        cd_status st = found_alone(e, d, share, err);
        if (st != CD_OK) return json_decref(of), st; /* out of memory: what was made goes with the process */
        for (uint32_t s = 0; s < e->t.n_schemes; s++) {
            snprintf(name, sizeof name, "%.*s", (int)e->t.scheme[s].n, e->t.scheme[s].bytes);
            json_object_set_new(of, name, json_real(share[s]));
        }
        snprintf(name, sizeof name, "%.*s", (int)text.n, text.bytes);
        json_object_set_new(alone, name, of);
    }
    tiers_count(e, counts);
    for (int t = CANDOUR_TIER_URGENT; t > CANDOUR_TIER_NONE; t--) {
        const tier_count *x = &counts[t];
        json_object_set_new(tiers, candour_tier_name((candour_tier)t),
                            json_pack("{s:I, s:I, s:{s:I, s:I, s:o, s:f, s:f, s:f}}", "officers", (json_int_t)x->listed,
                                      "clean", (json_int_t)x->clean, "with_those_above", "officers",
                                      (json_int_t)x->all_listed, "clean", (json_int_t)x->all_clean, "realised",
                                      x->all_listed ? json_real(x->realised) : json_null(), "lowest", x->lo, "highest",
                                      x->hi, "stated_at_most", x->level));
    }
    return print_json(json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:f, s:f, s:f}, s:I}", "officers",
                                (json_int_t)e->n, "planted", (json_int_t)e->n_bad, "rankings", rankings, "schemes",
                                schemes, "top_2_by_detector", alone, "tiers", tiers, "rings", "rings",
                                (json_int_t)r->n_rings, "clusters", (json_int_t)r->n_clusters, "best_jaccard", r->best,
                                "mean_jaccard", r->jaccard, "pair_precision", r->pair_precision, "strangers",
                                (json_int_t)e->t.strangers),
                      out, err);
}

cd_status cmd_evaluate(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *sweep = NULL;
    candour_store *store = NULL;
    evaluation e = {0};
    rings r = {0};
    double *baselines = NULL;
    uint64_t number = 0;
    uint32_t threads = 0;
    const char *path = cli_value(run, "truth");
    if (!path) CD_TRY(cd_fail(err, CD_EUSAGE, "no --truth; give the truth.csv of the synthetic force"));
    CD_TRY(cli_whole(run, "sweep", 1, UINT64_MAX, &number, err));
    CD_TRY(cli_threads(run, &threads, err));
    CD_TRY(candour_sweep_open(run->arguments[0], number, &sweep, err));
    CD_TRY(cmd_open_store(run, &store, err));
    e.sweep = sweep, e.n = candour_sweep_facts(sweep).n_officers;
    CD_TRY(truth_read(path, sweep, &e.t, err));
    CD_TRY(evaluate_baseline_values(sweep, store, threads, &baselines, err));
    CD_TRY(places_make(&e, baselines, err));
    CD_TRY(rings_find(&e, &r, err));
    rings_measure(&e, &r);
    if (cli_given(run, "json"))
        CD_TRY(say_json(&e, &r, &run->out, err));
    else
        CD_TRY(say_all(&e, &r, &run->out, err));
done:
    cd_free(baselines);
    cd_free(r.cluster);
    cd_free(r.ring);
    evaluation_release(&e);
    cmd_close_store(run, store);
    candour_sweep_close(sweep);
    return st;
}
