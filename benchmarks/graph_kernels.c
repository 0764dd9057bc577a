/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: no kernel on a force's accesses is slower than igraph's, and pairs of 45,000 officers are counted in 0.3 s.
 *
 * The log is M, its ids in the order of units, as a store numbers them that knows units. Both engines start from their
 * own graph in memory; making it is a line of its own. Answers are held against igraph's before anything is timed. */
#include <igraph/igraph.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/access_log.h"
#include "benchmarks/bench.h"
#include "benchmarks/beside_igraph.h"
#include "engine/base/random.h"
#include "engine/graph/finder.h"
#include "engine/graph/kernels.h"
#include "engine/graph/pagerank.h"
#include "engine/graph/shared_top.h"
#include "engine/graph/validated.h"

enum { PARTNERS = 20, QUESTIONS = 200, RANK_ROUNDS = 20 };

typedef struct {
    beside with;
    candour_graph *ours;
    double *rank;
} both;

/* To the same tolerance; and a round alone, which has no peer. */
static void compare_pagerank(both *k, uint32_t rounds)
{
    static beside_times t, round;
    cd_err err = {0};
    cd_id officers = k->ours->graph.parts[0].n;
    cd_pagerank_options to_tolerance = {.damping = 0.85, .tolerance = 1e-9, .rounds = 1000, .split = officers};
    cd_pagerank_options rounds_alone = {.damping = 0.85, .tolerance = 0, .rounds = RANK_ROUNDS, .split = officers};
    cd_pagerank_report report;
    uint32_t to_tolerance_rounds = 0;
    igraph_vector_t rank;
    beside_must(igraph_vector_init(&rank, 0));
    for (uint32_t i = 0; i <= rounds; i++) {
        double began = bench_now();
        bench_must(cd_pagerank(&k->ours->graph.csr, &to_tolerance, &k->with.run, k->rank, &report, &err), &err);
        double middle = bench_now();
        to_tolerance_rounds = report.rounds;
        beside_must(igraph_pagerank(&k->with.theirs, IGRAPH_PAGERANK_ALGO_PRPACK, &rank, NULL, igraph_vss_all(), false,
                                    0.85, NULL, NULL));
        double end = bench_now(), apart = 0;
        for (cd_id v = 0; v < k->ours->graph.csr.n_left; v++) apart += fabs(VECTOR(rank)[v] - k->rank[v]);
        bench_check(apart < 1e-6, "ranks are %g apart from igraph's", apart);
        double alone = bench_now();
        bench_must(cd_pagerank(&k->ours->graph.csr, &rounds_alone, &k->with.run, k->rank, &report, &err), &err);
        double all_rounds = bench_now();
        bench_must(cd_pagerank(&k->ours->graph.csr, &rounds_alone, &k->with.alone, k->rank, &report, &err), &err);
        double one_thread = bench_now();
        bench_must(cd_pagerank(&k->ours->graph.csr, &to_tolerance, &k->with.alone, k->rank, &report, &err), &err);
        if (i == 0) continue;
        bench_add(&t.alone, bench_now() - one_thread);
        bench_add(&round.alone, (one_thread - all_rounds) / RANK_ROUNDS);
        bench_add(&round.ours, (all_rounds - alone) / RANK_ROUNDS);
        bench_add(&t.ours, middle - began);
        bench_add(&t.theirs, end - middle);
    }
    /* A round reads each case's officers once. */
    double bytes = 8.0 * (k->ours->graph.csr.n_left - officers) + 2.0 * (double)cd_csr_edges(&k->ours->graph.csr);
    beside_print(&k->with, "pagerank to 1e-9", &t, 1, "s", 0, bytes * to_tolerance_rounds);
    beside_print(&k->with, "pagerank, a round", &round, 1e3, "ms", 6, bytes);
    igraph_vector_destroy(&rank);
}

/* ---- Paths: one question at a time ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void compare_paths(both *k)
{
    static beside_times t;
    cd_err err = {0};
    cd_finder *f;
    cd_path path;
    cd_random r = cd_random_of(1, 2, 3);
    cd_id officers = k->ours->graph.parts[0].n;
    igraph_vector_int_t theirs;
    beside_must(igraph_vector_int_init(&theirs, 0));
    bench_must(cd_finder_new(&k->ours->graph.csr, NULL, NULL, &k->with.run, &f, &err), &err);
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        cd_id from = (cd_id)cd_random_below(&r, officers), to = (cd_id)cd_random_below(&r, officers);
        double began = bench_now();
        bench_must(cd_finder_shortest(f, from, to, &path, &err), &err);
        double middle = bench_now();
        bench_add(&t.ours, middle - began);
        if (i >= QUESTIONS / 20) continue; /* theirs looks at the whole graph each time */
        beside_must(igraph_get_shortest_path(&k->with.theirs, &theirs, NULL, from, to, IGRAPH_ALL));
        bench_add(&t.theirs, bench_now() - middle);
        bench_check((igraph_integer_t)path.n == igraph_vector_int_size(&theirs), "a path of %u vertices, igraph's has %ld", path.n,
                    (long)igraph_vector_int_size(&theirs));
    }
    qsort(t.ours.values, t.ours.n, sizeof *t.ours.values, by_value);
    double late = t.ours.values[t.ours.n * 95 / 100];
    beside_print(&k->with, "shortest path, median", &t, 1e6, "us", 5, 0);
    bench_print_one(k->with.b, (bench_row){.what = "shortest path, 95th of 100", .size = k->with.size, .threads = 1, .unit = "us",
                                      .note = "aim 100 us"}, late * 1e6);
    cd_finder_free(f);
    igraph_vector_int_destroy(&theirs);
}

/* The k that are shared most, the lower number first of equals: best[] from the least of them up. */
static uint32_t best_of(const uint32_t *shared, cd_id n, uint32_t k, cd_id *best)
{
    uint32_t found = 0;
    for (cd_id v = 0; v < n; v++) {
        if (shared[v] == 0 || (found == k && shared[v] <= shared[best[0]])) continue;
        uint32_t i = 0;
        if (found < k) { /* from the end, where there is room */
            for (i = found++; i > 0 && shared[best[i - 1]] >= shared[v]; i--) best[i] = best[i - 1];
        } else {
            for (; i + 1 < k && shared[best[i + 1]] < shared[v]; i++) best[i] = best[i + 1];
        }
        best[i] = v;
    }
    return found;
}

/* What one officer opened, and the twenty who opened most of the same, counted for that officer alone: igraph goes the
 * same two steps by its own lists. */
static void compare_hops(both *k)
{
    static beside_times one, two;
    const cd_pairs *p = &k->ours->relations[0];
    cd_shared s = {&p->by_left, &p->by_right, 0};
    cd_err err = {0};
    cd_random r = cd_random_of(1, 2, 4);
    cd_id officers = p->by_left.n_left, *best = cd_pages_new(PARTNERS, sizeof *best, &err);
    uint32_t *shared = cd_pages_new(officers, sizeof *shared, &err), *again = NULL;
    igraph_vector_int_t near, far;
    bench_check(shared && best, "%s", err.text);
    beside_must(igraph_vector_int_init(&near, 0)), beside_must(igraph_vector_int_init(&far, 0));
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        cd_id u = (cd_id)cd_random_below(&r, officers);
        uint64_t ours = 0, theirs = 0;
        double began = bench_now();
        for (cd_off e = p->by_left.off[u]; e < p->by_left.off[u + 1]; e++) ours += p->by_left.adj[e];
        double middle = bench_now();
        beside_must(igraph_neighbors(&k->with.theirs, &near, u, IGRAPH_ALL));
        double end = bench_now();
        for (igraph_integer_t j = 0; j < igraph_vector_int_size(&near); j++)
            theirs += (uint64_t)VECTOR(near)[j] - officers;
        bench_check(ours == theirs, "%u has other files than igraph's", u);
        bench_add(&one.ours, middle - began), bench_add(&one.theirs, end - middle);

        began = bench_now();
        cd_shared_with(&s, u, shared);
        uint32_t n_best = best_of(shared, officers, PARTNERS, best);
        bench_add(&two.ours, bench_now() - began);
        if (i >= QUESTIONS / 10) continue;
        again = cd_pages_new(officers, sizeof *again, &err);
        bench_check(again, "%s", err.text);
        began = bench_now();
        for (igraph_integer_t j = 0; j < igraph_vector_int_size(&near); j++) {
            beside_must(igraph_neighbors(&k->with.theirs, &far, VECTOR(near)[j], IGRAPH_ALL));
            for (igraph_integer_t m = 0; m < igraph_vector_int_size(&far); m++) again[VECTOR(far)[m]]++;
        }
        bench_add(&two.theirs, bench_now() - began);
        again[u] = 0;
        bench_check(memcmp(again, shared, officers * sizeof *again) == 0, "%u shares otherwise than igraph says", u);
        uint32_t above = 0;
        for (cd_id v = 0; v < officers && n_best == PARTNERS; v++) above += shared[v] > shared[best[0]];
        bench_check(above < PARTNERS, "%u partners of %u are better than the last of the best", above, u);
        cd_pages_free(again, officers, sizeof *again);
    }
    beside_print(&k->with, "one hop", &one, 1e6, "us", 1, 0);
    beside_print(&k->with, "two hops, the best 20", &two, 1e6, "us", 40, 0);
    igraph_vector_int_destroy(&near), igraph_vector_int_destroy(&far);
    cd_pages_free(best, PARTNERS, sizeof *best);
    cd_pages_free(shared, officers, sizeof *shared);
}

/* ---- What officers share ---- */

/* igraph's projection of the officers through cases of at most `cap` officers: how many pairs, and what they share. */
static double project_theirs(both *k, uint32_t cap, cd_shared_totals *out)
{
    const cd_pairs *p = &k->ours->relations[0];
    cd_id officers = p->by_left.n_left, n = officers + p->by_right.n_left;
    igraph_vector_int_t edges, multiplicity;
    igraph_vector_bool_t types;
    igraph_t capped, projected;
    beside_must(igraph_vector_int_init(&edges, 0)), beside_must(igraph_vector_int_init(&multiplicity, 0));
    beside_must(igraph_vector_bool_init(&types, n));
    for (cd_id v = officers; v < n; v++) VECTOR(types)[v] = true;
    for (cd_id c = 0; c < p->by_right.n_left; c++)
        for (cd_off e = p->by_right.off[c]; cd_csr_degree(&p->by_right, c) <= cap && e < p->by_right.off[c + 1]; e++) {
            beside_must(igraph_vector_int_push_back(&edges, p->by_right.adj[e]));
            beside_must(igraph_vector_int_push_back(&edges, officers + c));
        }
    beside_must(igraph_create(&capped, &edges, n, IGRAPH_UNDIRECTED));
    double began = bench_now();
    beside_must(igraph_bipartite_projection(&capped, &types, &projected, NULL, &multiplicity, NULL, 0));
    double seconds = bench_now() - began;
    *out = (cd_shared_totals){.pairs = (uint64_t)igraph_ecount(&projected)};
    for (igraph_integer_t i = 0; i < igraph_vector_int_size(&multiplicity); i++) {
        uint64_t x = (uint64_t)VECTOR(multiplicity)[i];
        out->sum += x, out->squares += x * x;
    }
    igraph_destroy(&capped), igraph_destroy(&projected);
    igraph_vector_int_destroy(&edges), igraph_vector_int_destroy(&multiplicity);
    igraph_vector_bool_destroy(&types);
    return seconds;
}

static void compare_sharing(both *k, uint32_t rounds)
{
    enum { CAP = 256 };
    static beside_times t;
    const cd_pairs *p = &k->ours->relations[0];
    cd_err err = {0};
    for (uint32_t capped = 0; capped < 2; capped++) {
        cd_shared s = {&p->by_left, &p->by_right, capped ? 0 : CAP};
        cd_shared_totals ours, alone, first = {0};
        if (!capped) bench_add(&t.theirs, project_theirs(k, CAP, &first));
        for (uint32_t i = 0; i <= rounds; i++) {
            double began = bench_now();
            bench_must(cd_shared_total(&s, &k->with.run, &ours, &err), &err);
            if (i > 0) bench_add(&t.ours, bench_now() - began);
            began = bench_now();
            bench_must(cd_shared_total(&s, &k->with.alone, &alone, &err), &err);
            if (i > 0) bench_add(&t.alone, bench_now() - began);
            bench_check(memcmp(&ours, &alone, sizeof ours) == 0, "one thread counts otherwise");
            if (i == 0 && capped) first = ours; /* igraph runs out of memory here */
            bench_check(memcmp(&ours, &first, sizeof ours) == 0, "%llu pairs share, igraph says %llu",
                        (unsigned long long)ours.pairs, (unsigned long long)first.pairs);
        }
        beside_print(&k->with, capped ? "pairs that share, all cases" : "pairs that share, cases to 256", &t, 1, "s",
                     capped ? 0.3 : 0.15, beside_graph_bytes(&k->ours->graph.csr));
    }
}

static void time_partners(both *k, uint32_t rounds)
{
    static beside_times t;
    const cd_pairs *p = &k->ours->relations[0];
    cd_shared s = {&p->by_left, &p->by_right, 0};
    cd_top_options o = {.k = PARTNERS};
    cd_err err = {0};
    cd_id n = p->by_left.n_left;
    cd_partner *out = cd_pages_new((size_t)n * PARTNERS, sizeof *out, &err);
    uint32_t *n_out = cd_pages_new(n, sizeof *n_out, &err), *shared = cd_pages_new(n, sizeof *shared, &err);
    bench_check(out && n_out && shared, "%s", err.text);
    for (uint32_t i = 0; i <= rounds; i++) {
        double began = bench_now();
        bench_must(cd_shared_top(&s, &o, &k->with.run, out, n_out, &err), &err);
        double middle = bench_now();
        bench_must(cd_shared_top(&s, &o, &k->with.alone, out, n_out, &err), &err);
        if (i == 0) continue;
        bench_add(&t.ours, middle - began);
        bench_add(&t.alone, bench_now() - middle);
    }
    /* Some rows against counting all. */
    for (cd_id u = 0; u < n; u += n / 50 + 1) {
        cd_shared_with(&s, u, shared);
        for (uint32_t i = 0; i < n_out[u]; i++) {
            bench_check(shared[out[(size_t)u * PARTNERS + i].partner] == out[(size_t)u * PARTNERS + i].shared, "a wrong partner of %u", u);
            shared[out[(size_t)u * PARTNERS + i].partner] = 0;
        }
        for (cd_id v = 0; v < n && n_out[u] == PARTNERS; v++)
            bench_check(shared[v] <= out[(size_t)u * PARTNERS + PARTNERS - 1].shared, "a better partner of %u was missed", u);
    }
    beside_print(&k->with, "20 best partners of each officer", &t, 1, "s", 0.35,
                 beside_graph_bytes(&k->ours->graph.csr));
    cd_pages_free(out, (size_t)n * PARTNERS, sizeof *out);
    cd_pages_free(n_out, n, sizeof *n_out);
    cd_pages_free(shared, n, sizeof *shared);
}

static void time_validated(both *k, uint32_t rounds)
{
    static beside_times t;
    const cd_pairs *p = &k->ours->relations[0];
    cd_shared s = {&p->by_left, &p->by_right, 0};
    cd_validated_options o = {.level = 0.01};
    cd_validated_report report = {0};
    cd_err err = {0};
    for (uint32_t i = 0; i < rounds; i++) {
        cd_validated_pair *pairs;
        uint64_t n;
        double began = bench_now();
        bench_must(cd_validated(&s, &o, &k->with.run, &pairs, &n, &report, &err), &err);
        bench_add(&t.ours, bench_now() - began);
        bench_check(report.fit_error < 1e-6, "degrees are met within %g alone", report.fit_error);
        cd_free(pairs);
    }
    beside_print(&k->with, "validated pairs, exact p-values", &t, 1, "s", 5, 0);
}

typedef struct {
    access_log_size size;
    const char *path;
} log_to_make;

/* In a process of its own: one that has used its threads cannot fork and use them again. */
static void make_log(const bench *b, const void *context, void *out)
{
    const log_to_make *m = context;
    access_log_options o = {.size = m->size, .seed = 1, .to_day = ACCESS_LOG_DAYS, .threads = b->threads, .in_order = true};
    cd_err err = {0};
    bench_must(access_log_write(&o, m->path, &err), &err);
    *(bool *)out = true;
}

int main(int argc, char **argv)
{
    static const char *const SIZES[] = {"tiny", "S", "M"};
    static bench b;
    cd_err err = {0};
    bench_begin(&b, "graph_kernels", argc, argv);
    const access_log_size *size = access_log_size_named(SIZES[b.scale]);
    char *csv = bench_path(&b, "in-order.csv"), *store = bench_path(&b, "graph.candour");
    bench_remove(store);
    bool written;
    log_to_make log = {.size = *size, .path = csv};
    bench_apart(make_log, &b, &log, &written, sizeof written);
    bench_load_accesses(&b, store, csv, b.threads);
    remove(csv);

    both k = {0};
    const char *const relations[] = {"accesses"};
    candour_store *opened;
    static beside_times made;
    bench_must(candour_store_open(store, NULL, &opened, &err), &err);
    candour_graph_options o = {.relations = relations, .n_relations = 1, .from = CANDOUR_UNKNOWN, .to = CANDOUR_UNKNOWN,
                               .threads = b.threads};
    double began = bench_now();
    bench_must(candour_graph_open(opened, &o, &k.ours, &err), &err);
    bench_add(&made.ours, bench_now() - began);
    beside_begin(&k.with, &b, SIZES[b.scale], &k.ours->graph.csr);
    bench_add(&made.theirs, k.with.seconds_to_make);
    cd_id n = k.ours->graph.csr.n_left;
    k.rank = cd_pages_new(n, sizeof *k.rank, &err);
    bench_check(k.rank, "%s", err.text);
    beside_print(&k.with, "pairs and graph from the store", &made, 1, "s", 0, 0);
    uint32_t rounds = bench_rounds(&b, 5);
    beside_bfs(&k.with, rounds, 3);
    beside_components(&k.with, rounds, 6);
    beside_cores(&k.with, rounds, 60);
    compare_pagerank(&k, bench_rounds(&b, 2));
    compare_paths(&k);
    compare_hops(&k);
    compare_sharing(&k, rounds);
    time_partners(&k, rounds);
    time_validated(&k, bench_rounds(&b, 2));

    cd_pages_free(k.rank, n, sizeof *k.rank);
    beside_end(&k.with);
    candour_graph_close(k.ours);
    candour_store_close(opened);
    bench_remove(store);
    cd_free(csv), cd_free(store);
    return bench_end(&b);
}
