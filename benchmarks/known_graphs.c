/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: on the random graphs that everybody measures, Kronecker and uniform, no kernel is slower than igraph's.
 *
 * Both engines start from the same graph in memory. Answers are held against igraph's before anything is timed. The aims
 * are for 2^20 vertices on two processors: GAP's reference code on such graphs took so long for distances and components
 * (13 and 30 ms, 23 and 38 ms), others three times as long for triangles and cores. */
#include <stdio.h>
#include <string.h>

#include "benchmarks/beside_igraph.h"
#include "benchmarks/random_graph.h"

/* One thread draws the same graph. */
static void check_alone(random_graph_kind kind, uint32_t scale, const cd_csr *g, beside_times *made)
{
    cd_err err = {0};
    cd_csr again;
    double began = bench_now();
    bench_must(random_graph(kind, scale, 1, 1, &again, &err), &err);
    bench_add(&made->alone, bench_now() - began);
    bool same = memcmp(g->off, again.off, ((size_t)g->n_left + 1) * sizeof *g->off) == 0 &&
                memcmp(g->adj, again.adj, cd_csr_edges(g) * sizeof *g->adj) == 0;
    bench_check(same, "one thread draws another graph");
    cd_csr_release(&again);
}

int main(int argc, char **argv)
{
    static const uint32_t SCALES[] = {8, 14, 20};
    static const char *const KINDS[] = {[RANDOM_KRONECKER] = "kron", [RANDOM_UNIFORM] = "urand"};
    static const struct {
        double bfs, components, cores, triangles;
    } AIMS_MS[] = {[RANDOM_KRONECKER] = {13, 30, 200, 2500}, [RANDOM_UNIFORM] = {23, 38, 0, 0}};
    static bench b;
    static beside_times made;
    cd_err err = {0};
    bench_begin(&b, "known_graphs", argc, argv);
    for (uint32_t kind = RANDOM_KRONECKER; kind <= RANDOM_UNIFORM; kind++) {
        char size[32];
        cd_csr g;
        beside k;
        uint32_t rounds = bench_rounds(&b, 5);
        snprintf(size, sizeof size, "%s, 2^%u vertices", KINDS[kind], SCALES[b.scale]);
        double began = bench_now();
        bench_must(random_graph(kind, SCALES[b.scale], 1, b.threads, &g, &err), &err);
        bench_add(&made.ours, bench_now() - began);
        bench_must(cd_csr_check(&g, &err), &err);
        check_alone(kind, SCALES[b.scale], &g, &made);
        beside_begin(&k, &b, size, &g);
        beside_print(&k, "drawing the graph", &made, 1, "s", 0, 0);
        bool full = b.scale == BENCH_FULL;
        beside_bfs(&k, rounds, full ? AIMS_MS[kind].bfs : 0);
        beside_components(&k, rounds, full ? AIMS_MS[kind].components : 0);
        beside_cores(&k, rounds, full ? AIMS_MS[kind].cores : 0);
        beside_triangles(&k, bench_rounds(&b, 2), full ? AIMS_MS[kind].triangles : 0);
        beside_end(&k);
        cd_csr_release(&g);
    }
    return bench_end(&b);
}
