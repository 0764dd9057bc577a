/* SPDX-License-Identifier: GPL-3.0-or-later
 * beside_igraph.h: kernels beside igraph's on one undirected graph: answers held against each other, then timed, with
 * all threads and with one, and held against the time it takes to read the graph once. */
#ifndef BENCHMARKS_BESIDE_IGRAPH_H
#define BENCHMARKS_BESIDE_IGRAPH_H

#include <igraph/igraph.h>

#include "benchmarks/bench.h"
#include "engine/graph/csr.h"
#include "engine/graph/run.h"

typedef struct {
    bench *b;
    const char *size;
    const cd_csr *graph;
    igraph_t theirs;
    cd_run run, alone;       /* with all threads, and with one */
    uint32_t *numbers;       /* per vertex, for answers */
    double bytes_per_second; /* that all threads read together */
    double seconds_to_make;  /* igraph's graph, from ours */
} beside;

/* A kernel's seconds: with all threads, with one, and igraph's. */
typedef struct {
    bench_samples ours, alone, theirs;
} beside_times;

/* The graph outlives it. */
void beside_begin(beside *k, bench *b, const char *size, const cd_csr *graph);
void beside_end(beside *k);

void beside_must(igraph_error_t e);
/* A row of the table, and `t` empty again. `bytes` must at least be read in the meantime; 0: that is not said. */
void beside_print(beside *k, const char *what, beside_times *t, double scale, const char *unit, double aim,
                  double bytes);
/* Those of the graph: its offsets, its edges, and a number a vertex. */
double beside_graph_bytes(const cd_csr *g);

/* An aim of 0 is none. */
void beside_bfs(beside *k, uint32_t rounds, double aim_ms);
void beside_components(beside *k, uint32_t rounds, double aim_ms);
void beside_cores(beside *k, uint32_t rounds, double aim_ms);
/* igraph counts once: it may take minutes. */
void beside_triangles(beside *k, uint32_t rounds, double aim_ms);

#endif
