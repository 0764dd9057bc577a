/* SPDX-License-Identifier: GPL-3.0-or-later
 * beside_igraph.c: each kernel is run three times a round: by us with all threads, by igraph, by us with one. The first
 * round is to check, and to warm. */
#include "benchmarks/beside_igraph.h"

#include <stdio.h>
#include <string.h>

#include "benchmarks/limits.h"
#include "engine/graph/bfs.h"
#include "engine/graph/components.h"
#include "engine/graph/cores.h"
#include "engine/graph/triangles.h"

void beside_must(igraph_error_t e)
{
    bench_check(e == IGRAPH_SUCCESS, "igraph failed: %s", igraph_strerror(e));
}

double beside_graph_bytes(const cd_csr *g) { return 12.0 * g->n_left + 4.0 * (double)cd_csr_edges(g); }

static double measure_reading(uint32_t threads)
{
    enum { NUMBERS = 1 << 26, TIMES = 5 };
    cd_err err = {0};
    uint32_t *numbers = cd_pages_new(NUMBERS, sizeof *numbers, &err);
    double least = 0;
    bench_check(numbers, "%s", err.text);
    for (uint32_t i = 0; i < NUMBERS; i++) numbers[i] = 1;
    for (uint32_t i = 0; i < TIMES; i++) {
        double began = bench_now();
        bench_check(limit_sum(numbers, NUMBERS, threads) == NUMBERS, "a wrong sum");
        double took = bench_now() - began;
        least = i == 0 || took < least ? took : least;
    }
    cd_pages_free(numbers, NUMBERS, sizeof *numbers);
    return 4.0 * NUMBERS / least;
}

static void make_theirs(beside *k)
{
    const cd_csr *g = k->graph;
    igraph_vector_int_t edges;
    beside_must(igraph_vector_int_init(&edges, 0));
    beside_must(igraph_vector_int_reserve(&edges, (igraph_integer_t)cd_csr_edges(g)));
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off e = g->off[u]; e < g->off[u + 1]; e++) {
            if (g->adj[e] < u) continue;
            beside_must(igraph_vector_int_push_back(&edges, u));
            beside_must(igraph_vector_int_push_back(&edges, g->adj[e]));
        }
    beside_must(igraph_create(&k->theirs, &edges, (igraph_integer_t)g->n_left, IGRAPH_UNDIRECTED));
    igraph_vector_int_destroy(&edges);
}

void beside_begin(beside *k, bench *b, const char *size, const cd_csr *graph)
{
    cd_err err = {0};
    double began = bench_now();
    *k = (beside){.b = b, .size = size, .graph = graph, .run = {.threads = b->threads, .seed = 1},
                  .alone = {.threads = 1, .seed = 1}};
    make_theirs(k);
    k->seconds_to_make = bench_now() - began;
    k->numbers = cd_pages_new(graph->n_left, sizeof *k->numbers, &err);
    bench_check(k->numbers, "%s", err.text);
    k->bytes_per_second = measure_reading(b->threads);
}

void beside_end(beside *k)
{
    cd_pages_free(k->numbers, k->graph->n_left, sizeof *k->numbers);
    igraph_destroy(&k->theirs);
}

void beside_print(beside *k, const char *what, beside_times *t, double scale, const char *unit, double aim,
                  double bytes)
{
    char note[128] = "";
    size_t n = 0;
    double median = bench_median(&t->ours);
    if (aim > 0) n += (size_t)snprintf(note, sizeof note, "aim %.3g %s; ", aim, unit);
    if (t->alone.n > 0) {
        double alone = bench_median(&t->alone);
        n += (size_t)snprintf(note + n, sizeof note - n, "one thread %.3g %s, %.2fx; ", alone * scale, unit,
                              alone / median);
    }
    if (bytes > 0)
        n += (size_t)snprintf(note + n, sizeof note - n, "%.3g MB at %.0f%% of %.1f GB/s; ", bytes / 1e6,
                              100 * bytes / median / k->bytes_per_second, k->bytes_per_second / 1e9);
    if (n > 2) note[n - 2] = 0;
    for (uint32_t i = 0; i < t->ours.n; i++) t->ours.values[i] *= scale;
    for (uint32_t i = 0; i < t->theirs.n; i++) t->theirs.values[i] *= scale;
    double peer = t->theirs.n ? bench_median(&t->theirs) : 0;
    bench_print(k->b, &(bench_row){.what = what, .size = k->size, .threads = k->run.threads, .samples = &t->ours,
                                   .unit = unit, .promise = peer > 0 ? BENCH_AT_MOST : BENCH_NO_PROMISE, .bound = peer,
                                   .beside = peer, .beside_what = "igraph", .note = *note ? note : NULL});
    t->ours.n = t->alone.n = t->theirs.n = 0;
}

static void add_round(beside_times *t, uint32_t round, double ours, double theirs, double alone)
{
    if (round == 0) return;
    bench_add(&t->ours, ours);
    bench_add(&t->theirs, theirs);
    bench_add(&t->alone, alone);
}

/* ---- Distances ---- */

static double time_bfs(beside *k, const cd_run *run, cd_id source, cd_id *reached)
{
    cd_err err = {0};
    double began = bench_now();
    bench_must(cd_bfs(k->graph, source, run, k->numbers, reached, &err), &err);
    return bench_now() - began;
}

static void check_bfs(beside *k, cd_id source, cd_id reached, const igraph_vector_int_t *order,
                      const igraph_vector_int_t *layers)
{
    bench_check((igraph_integer_t)reached == igraph_vector_int_size(order), "bfs from %u reached %u, igraph %ld",
                source, reached, (long)igraph_vector_int_size(order));
    for (igraph_integer_t layer = 0; layer + 1 < igraph_vector_int_size(layers); layer++)
        for (igraph_integer_t j = VECTOR(*layers)[layer]; j < VECTOR(*layers)[layer + 1]; j++)
            bench_check(k->numbers[VECTOR(*order)[j]] == (uint32_t)layer, "bfs from %u: another distance than igraph's",
                        source);
}

void beside_bfs(beside *k, uint32_t rounds, double aim_ms)
{
    static beside_times t;
    cd_id n = k->graph->n_left, reached;
    igraph_vector_int_t order, layers, parents;
    beside_must(igraph_vector_int_init(&order, 0)), beside_must(igraph_vector_int_init(&layers, 0));
    beside_must(igraph_vector_int_init(&parents, 0));
    for (uint32_t i = 0; i <= rounds; i++) {
        cd_id source = (cd_id)((uint64_t)n * i / (rounds + 1));
        while (source + 1 < n && cd_csr_degree(k->graph, source) == 0) source++;
        double ours = time_bfs(k, &k->run, source, &reached), began = bench_now();
        beside_must(igraph_bfs_simple(&k->theirs, source, IGRAPH_ALL, &order, &layers, &parents));
        double theirs = bench_now() - began;
        check_bfs(k, source, reached, &order, &layers);
        add_round(&t, i, ours, theirs, time_bfs(k, &k->alone, source, &reached));
    }
    beside_print(k, "bfs", &t, 1e3, "ms", aim_ms, beside_graph_bytes(k->graph));
    igraph_vector_int_destroy(&order), igraph_vector_int_destroy(&layers), igraph_vector_int_destroy(&parents);
}

/* ---- Components ---- */

static double time_components(beside *k, const cd_run *run)
{
    double began = bench_now();
    cd_components(k->graph, run, k->numbers);
    return bench_now() - began;
}

/* The same parts: each of theirs has one name of ours, its lowest vertex. */
static void check_components(beside *k, const igraph_vector_int_t *membership, igraph_vector_int_t *first)
{
    beside_must(igraph_vector_int_resize(first, 0));
    for (cd_id v = 0; v < k->graph->n_left; v++) {
        igraph_integer_t c = VECTOR(*membership)[v];
        if (c == igraph_vector_int_size(first)) beside_must(igraph_vector_int_push_back(first, v));
        bench_check(k->numbers[v] == (cd_id)VECTOR(*first)[c], "vertex %u is in another component than igraph's", v);
    }
}

void beside_components(beside *k, uint32_t rounds, double aim_ms)
{
    static beside_times t;
    igraph_vector_int_t membership, first;
    beside_must(igraph_vector_int_init(&membership, 0)), beside_must(igraph_vector_int_init(&first, 0));
    for (uint32_t i = 0; i <= rounds; i++) {
        double ours = time_components(k, &k->run), began = bench_now();
        beside_must(igraph_connected_components(&k->theirs, &membership, NULL, NULL, IGRAPH_WEAK));
        double theirs = bench_now() - began;
        check_components(k, &membership, &first);
        add_round(&t, i, ours, theirs, time_components(k, &k->alone));
    }
    beside_print(k, "components", &t, 1e3, "ms", aim_ms, beside_graph_bytes(k->graph));
    igraph_vector_int_destroy(&membership), igraph_vector_int_destroy(&first);
}

/* ---- Cores ---- */

static double time_cores(beside *k, const cd_run *run)
{
    cd_err err = {0};
    double began = bench_now();
    bench_must(cd_cores(k->graph, run, k->numbers, &err), &err);
    return bench_now() - began;
}

void beside_cores(beside *k, uint32_t rounds, double aim_ms)
{
    static beside_times t;
    igraph_vector_int_t cores;
    beside_must(igraph_vector_int_init(&cores, 0));
    for (uint32_t i = 0; i <= rounds; i++) {
        double ours = time_cores(k, &k->run), began = bench_now();
        beside_must(igraph_coreness(&k->theirs, &cores, IGRAPH_ALL));
        double theirs = bench_now() - began;
        for (cd_id v = 0; v < k->graph->n_left; v++)
            bench_check(k->numbers[v] == (uint32_t)VECTOR(cores)[v], "vertex %u is in another core than igraph's", v);
        add_round(&t, i, ours, theirs, time_cores(k, &k->alone));
    }
    beside_print(k, "k-core", &t, 1e3, "ms", aim_ms, beside_graph_bytes(k->graph));
    igraph_vector_int_destroy(&cores);
}

/* ---- Triangles ---- */

static double time_triangles(beside *k, const cd_run *run, uint64_t *at)
{
    cd_err err = {0};
    uint64_t total;
    double began = bench_now();
    bench_must(cd_triangles(k->graph, run, at, &total, &err), &err);
    return bench_now() - began;
}

void beside_triangles(beside *k, uint32_t rounds, double aim_ms)
{
    static beside_times t;
    cd_err err = {0};
    cd_id n = k->graph->n_left;
    uint64_t *at = cd_pages_new(n, sizeof *at, &err);
    igraph_vector_t counted;
    bench_check(at, "%s", err.text);
    beside_must(igraph_vector_init(&counted, 0));
    (void)time_triangles(k, &k->run, at);
    double began = bench_now();
    beside_must(igraph_adjacent_triangles(&k->theirs, &counted, igraph_vss_all()));
    bench_add(&t.theirs, bench_now() - began);
    for (cd_id v = 0; v < n; v++)
        bench_check((double)at[v] == VECTOR(counted)[v], "vertex %u is in other triangles than igraph's", v);
    for (uint32_t i = 0; i < rounds; i++) {
        bench_add(&t.ours, time_triangles(k, &k->run, at));
        bench_add(&t.alone, time_triangles(k, &k->alone, at));
    }
    beside_print(k, "triangles", &t, 1e3, "ms", aim_ms, beside_graph_bytes(k->graph));
    igraph_vector_destroy(&counted);
    cd_pages_free(at, n, sizeof *at);
}
