/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: no kernel over a force's accesses is slower than igraph's, and pairs of 45,000 officers are counted in 0.3 s.
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
#include "engine/base/random.h"
#include "engine/graph/bfs.h"
#include "engine/graph/components.h"
#include "engine/graph/cores.h"
#include "engine/graph/finder.h"
#include "engine/graph/kernels.h"
#include "engine/graph/pagerank.h"
#include "engine/graph/shared_top.h"
#include "engine/graph/validated.h"

enum { PARTNERS = 20, QUESTIONS = 200, RANK_ROUNDS = 20 };

typedef struct {
    bench *b;
    const char *size;
    candour_graph *ours;
    igraph_t theirs;
    cd_run run;
    uint32_t *numbers; /* per vertex */
    double *rank;
} both;

/* A kernel's time now and igraph's, in seconds. */
typedef struct {
    bench_samples ours, theirs;
} times;

static void must(igraph_error_t e) { bench_check(e == IGRAPH_SUCCESS, "igraph failed: %s", igraph_strerror(e)); }

static void print(both *k, const char *what, times *t, double scale, const char *unit, double aim)
{
    char note[64] = "";
    for (uint32_t i = 0; i < t->ours.n; i++) t->ours.values[i] *= scale;
    for (uint32_t i = 0; i < t->theirs.n; i++) t->theirs.values[i] *= scale;
    double peer = t->theirs.n ? bench_median(&t->theirs) : 0;
    if (aim > 0) snprintf(note, sizeof note, "aim %.3g %s", aim, unit);
    bench_print(k->b, &(bench_row){.what = what, .size = k->size, .threads = k->run.threads, .samples = &t->ours,
                                   .unit = unit, .promise = peer > 0 ? BENCH_AT_MOST : BENCH_NO_PROMISE, .bound = peer,
                                   .beside = peer, .beside_what = "igraph", .note = *note ? note : NULL});
    *t = (times){0};
}

/* ---- The two graphs ---- */

static void make_theirs(both *k)
{
    const cd_csr *g = &k->ours->graph.csr;
    igraph_vector_int_t edges;
    must(igraph_vector_int_init(&edges, 0));
    must(igraph_vector_int_reserve(&edges, (igraph_integer_t)cd_csr_edges(g)));
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off e = g->off[u]; e < g->off[u + 1]; e++) {
            if (g->adj[e] < u) continue;
            must(igraph_vector_int_push_back(&edges, u));
            must(igraph_vector_int_push_back(&edges, g->adj[e]));
        }
    must(igraph_create(&k->theirs, &edges, (igraph_integer_t)g->n_left, IGRAPH_UNDIRECTED));
    igraph_vector_int_destroy(&edges);
}

/* ---- Kernels beside igraph's ---- */

static void compare_bfs(both *k, uint32_t rounds)
{
    static times t;
    cd_err err = {0};
    cd_id n = k->ours->graph.csr.n_left, reached;
    igraph_vector_int_t order, layers, parents;
    must(igraph_vector_int_init(&order, 0)), must(igraph_vector_int_init(&layers, 0));
    must(igraph_vector_int_init(&parents, 0));
    for (uint32_t i = 0; i <= rounds; i++) {
        cd_id source = (cd_id)((uint64_t)n * i / (rounds + 1));
        double began = bench_now();
        bench_must(cd_bfs(&k->ours->graph.csr, source, &k->run, k->numbers, &reached, &err), &err);
        double middle = bench_now();
        must(igraph_bfs_simple(&k->theirs, source, IGRAPH_ALL, &order, &layers, &parents));
        double end = bench_now();
        bench_check((igraph_integer_t)reached == igraph_vector_int_size(&order), "bfs from %u reached %u, igraph %ld", source,
                    reached, (long)igraph_vector_int_size(&order));
        for (igraph_integer_t layer = 0; layer + 1 < igraph_vector_int_size(&layers); layer++)
            for (igraph_integer_t j = VECTOR(layers)[layer]; j < VECTOR(layers)[layer + 1]; j++)
                bench_check(k->numbers[VECTOR(order)[j]] == (uint32_t)layer, "bfs from %u: another distance than igraph's", source);
        if (i == 0) continue; /* the first is to check, and to warm */
        bench_add(&t.ours, middle - began);
        bench_add(&t.theirs, end - middle);
    }
    print(k, "bfs", &t, 1e3, "ms", 3);
    igraph_vector_int_destroy(&order), igraph_vector_int_destroy(&layers), igraph_vector_int_destroy(&parents);
}

static void compare_components(both *k, uint32_t rounds)
{
    static times t;
    igraph_vector_int_t membership, first;
    cd_id n = k->ours->graph.csr.n_left;
    must(igraph_vector_int_init(&membership, 0)), must(igraph_vector_int_init(&first, 0));
    for (uint32_t i = 0; i <= rounds; i++) {
        double began = bench_now();
        cd_components(&k->ours->graph.csr, &k->run, k->numbers);
        double middle = bench_now();
        must(igraph_connected_components(&k->theirs, &membership, NULL, NULL, IGRAPH_WEAK));
        double end = bench_now();
        /* The same parts: each of theirs has one name of ours, its lowest vertex. */
        must(igraph_vector_int_resize(&first, 0));
        for (cd_id v = 0; v < n; v++) {
            igraph_integer_t c = VECTOR(membership)[v];
            if (c == igraph_vector_int_size(&first)) must(igraph_vector_int_push_back(&first, v));
            bench_check(k->numbers[v] == (cd_id)VECTOR(first)[c], "vertex %u is in another component than igraph's", v);
        }
        if (i == 0) continue;
        bench_add(&t.ours, middle - began);
        bench_add(&t.theirs, end - middle);
    }
    print(k, "components", &t, 1e3, "ms", 6);
    igraph_vector_int_destroy(&membership), igraph_vector_int_destroy(&first);
}

static void compare_cores(both *k, uint32_t rounds)
{
    static times t;
    cd_err err = {0};
    igraph_vector_int_t cores;
    must(igraph_vector_int_init(&cores, 0));
    for (uint32_t i = 0; i <= rounds; i++) {
        double began = bench_now();
        bench_must(cd_cores(&k->ours->graph.csr, &k->run, k->numbers, &err), &err);
        double middle = bench_now();
        must(igraph_coreness(&k->theirs, &cores, IGRAPH_ALL));
        double end = bench_now();
        for (cd_id v = 0; v < k->ours->graph.csr.n_left; v++)
            bench_check(k->numbers[v] == (uint32_t)VECTOR(cores)[v], "vertex %u is in another core than igraph's", v);
        if (i == 0) continue;
        bench_add(&t.ours, middle - began);
        bench_add(&t.theirs, end - middle);
    }
    print(k, "k-core", &t, 1e3, "ms", 60);
    igraph_vector_int_destroy(&cores);
}

/* To the same tolerance; and a round alone, which has no peer. */
static void compare_pagerank(both *k, uint32_t rounds)
{
    static times t, round;
    cd_err err = {0};
    cd_id officers = k->ours->graph.parts[0].n;
    cd_pagerank_options to_tolerance = {.damping = 0.85, .tolerance = 1e-9, .rounds = 1000, .split = officers};
    cd_pagerank_options rounds_alone = {.damping = 0.85, .tolerance = 0, .rounds = RANK_ROUNDS, .split = officers};
    cd_pagerank_report report;
    igraph_vector_t rank;
    must(igraph_vector_init(&rank, 0));
    for (uint32_t i = 0; i <= rounds; i++) {
        double began = bench_now();
        bench_must(cd_pagerank(&k->ours->graph.csr, &to_tolerance, &k->run, k->rank, &report, &err), &err);
        double middle = bench_now();
        must(igraph_pagerank(&k->theirs, IGRAPH_PAGERANK_ALGO_PRPACK, &rank, NULL, igraph_vss_all(), false, 0.85, NULL, NULL));
        double end = bench_now(), apart = 0;
        for (cd_id v = 0; v < k->ours->graph.csr.n_left; v++) apart += fabs(VECTOR(rank)[v] - k->rank[v]);
        bench_check(apart < 1e-6, "ranks are %g apart from igraph's", apart);
        double alone = bench_now();
        bench_must(cd_pagerank(&k->ours->graph.csr, &rounds_alone, &k->run, k->rank, &report, &err), &err);
        if (i > 0) bench_add(&round.ours, (bench_now() - alone) / RANK_ROUNDS);
        if (i == 0) continue;
        bench_add(&t.ours, middle - began);
        bench_add(&t.theirs, end - middle);
    }
    print(k, "pagerank to 1e-9", &t, 1, "s", 0);
    print(k, "pagerank, a round", &round, 1e3, "ms", 6);
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
    static times t;
    cd_err err = {0};
    cd_finder *f;
    cd_path path;
    cd_random r = cd_random_of(1, 2, 3);
    cd_id officers = k->ours->graph.parts[0].n;
    igraph_vector_int_t theirs;
    must(igraph_vector_int_init(&theirs, 0));
    bench_must(cd_finder_new(&k->ours->graph.csr, NULL, NULL, &k->run, &f, &err), &err);
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        cd_id from = (cd_id)cd_random_below(&r, officers), to = (cd_id)cd_random_below(&r, officers);
        double began = bench_now();
        bench_must(cd_finder_shortest(f, from, to, &path, &err), &err);
        double middle = bench_now();
        bench_add(&t.ours, middle - began);
        if (i >= QUESTIONS / 20) continue; /* theirs looks at the whole graph each time */
        must(igraph_get_shortest_path(&k->theirs, &theirs, NULL, from, to, IGRAPH_ALL));
        bench_add(&t.theirs, bench_now() - middle);
        bench_check((igraph_integer_t)path.n == igraph_vector_int_size(&theirs), "a path of %u vertices, igraph's has %ld", path.n,
                    (long)igraph_vector_int_size(&theirs));
    }
    qsort(t.ours.values, t.ours.n, sizeof *t.ours.values, by_value);
    double late = t.ours.values[t.ours.n * 95 / 100];
    print(k, "shortest path, median", &t, 1e6, "us", 5);
    bench_print_one(k->b, (bench_row){.what = "shortest path, 95th of 100", .size = k->size, .threads = 1, .unit = "us",
                                      .note = "aim 100 us"}, late * 1e6);
    cd_finder_free(f);
    igraph_vector_int_destroy(&theirs);
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
    must(igraph_vector_int_init(&edges, 0)), must(igraph_vector_int_init(&multiplicity, 0));
    must(igraph_vector_bool_init(&types, n));
    for (cd_id v = officers; v < n; v++) VECTOR(types)[v] = true;
    for (cd_id c = 0; c < p->by_right.n_left; c++)
        for (cd_off e = p->by_right.off[c]; cd_csr_degree(&p->by_right, c) <= cap && e < p->by_right.off[c + 1]; e++) {
            must(igraph_vector_int_push_back(&edges, p->by_right.adj[e]));
            must(igraph_vector_int_push_back(&edges, officers + c));
        }
    must(igraph_create(&capped, &edges, n, IGRAPH_UNDIRECTED));
    double began = bench_now();
    must(igraph_bipartite_projection(&capped, &types, &projected, NULL, &multiplicity, NULL, 0));
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
    static times t;
    const cd_pairs *p = &k->ours->relations[0];
    cd_err err = {0};
    for (uint32_t capped = 0; capped < 2; capped++) {
        cd_shared s = {&p->by_left, &p->by_right, capped ? 0 : CAP};
        cd_shared_totals ours, first = {0};
        if (!capped) bench_add(&t.theirs, project_theirs(k, CAP, &first));
        for (uint32_t i = 0; i <= rounds; i++) {
            double began = bench_now();
            bench_must(cd_shared_total(&s, &k->run, &ours, &err), &err);
            if (i > 0) bench_add(&t.ours, bench_now() - began);
            if (i == 0 && capped) first = ours; /* igraph runs out of memory here */
            bench_check(memcmp(&ours, &first, sizeof ours) == 0, "%llu pairs share, igraph says %llu",
                        (unsigned long long)ours.pairs, (unsigned long long)first.pairs);
        }
        print(k, capped ? "pairs that share, all cases" : "pairs that share, cases to 256", &t, 1, "s", capped ? 0.3 : 0.15);
    }
}

static void time_partners(both *k, uint32_t rounds)
{
    static times t;
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
        bench_must(cd_shared_top(&s, &o, &k->run, out, n_out, &err), &err);
        if (i > 0) bench_add(&t.ours, bench_now() - began);
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
    print(k, "20 best partners of each officer", &t, 1, "s", 0.35);
    cd_pages_free(out, (size_t)n * PARTNERS, sizeof *out);
    cd_pages_free(n_out, n, sizeof *n_out);
    cd_pages_free(shared, n, sizeof *shared);
}

static void time_validated(both *k, uint32_t rounds)
{
    static times t;
    const cd_pairs *p = &k->ours->relations[0];
    cd_shared s = {&p->by_left, &p->by_right, 0};
    cd_validated_options o = {.level = 0.01};
    cd_validated_report report = {0};
    cd_err err = {0};
    for (uint32_t i = 0; i < rounds; i++) {
        cd_validated_pair *pairs;
        uint64_t n;
        double began = bench_now();
        bench_must(cd_validated(&s, &o, &k->run, &pairs, &n, &report, &err), &err);
        bench_add(&t.ours, bench_now() - began);
        bench_check(report.fit_error < 1e-6, "degrees are met within %g alone", report.fit_error);
        cd_free(pairs);
    }
    print(k, "validated pairs, exact p-values", &t, 1, "s", 5);
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

    both k = {.b = &b, .size = SIZES[b.scale], .run = {.threads = b.threads, .seed = 1}};
    const char *const relations[] = {"accesses"};
    candour_store *opened;
    static times made;
    bench_must(candour_store_open(store, NULL, &opened, &err), &err);
    double began = bench_now();
    bench_must(candour_graph_open(opened, &(candour_graph_options){.relations = relations, .n_relations = 1, .from = CANDOUR_UNKNOWN,
                                                                   .to = CANDOUR_UNKNOWN, .threads = b.threads}, &k.ours, &err), &err);
    bench_add(&made.ours, bench_now() - began);
    began = bench_now();
    make_theirs(&k);
    bench_add(&made.theirs, bench_now() - began);
    cd_id n = k.ours->graph.csr.n_left;
    k.numbers = cd_pages_new(n, sizeof *k.numbers, &err);
    k.rank = cd_pages_new(n, sizeof *k.rank, &err);
    bench_check(k.numbers && k.rank, "%s", err.text);
    print(&k, "pairs and graph from the store", &made, 1, "s", 0);
    uint32_t rounds = bench_rounds(&b, 5);
    compare_bfs(&k, rounds);
    compare_components(&k, rounds);
    compare_cores(&k, rounds);
    compare_pagerank(&k, bench_rounds(&b, 2));
    compare_paths(&k);
    compare_sharing(&k, rounds);
    time_partners(&k, rounds);
    /* Without strata most pairs of one unit are kept: on M tens of millions, each with an exact tail. */
    if (b.scale < BENCH_FULL) time_validated(&k, bench_rounds(&b, 2));

    cd_pages_free(k.numbers, n, sizeof *k.numbers);
    cd_pages_free(k.rank, n, sizeof *k.rank);
    igraph_destroy(&k.theirs);
    candour_graph_close(k.ours);
    candour_store_close(opened);
    bench_remove(store);
    cd_free(csv), cd_free(store);
    return bench_end(&b);
}
