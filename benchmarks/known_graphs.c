/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: on the random graphs that everybody measures, Kronecker and uniform, no kernel is slower than igraph's.
 *
 * Both engines start from the same graph in memory. Answers are held against igraph's before anything is timed. */
#include <stdio.h>

#include "benchmarks/beside_igraph.h"
#include "benchmarks/random_graph.h"

int main(int argc, char **argv)
{
    static const uint32_t SCALES[] = {8, 14, 18};
    static const char *const KINDS[] = {[RANDOM_KRONECKER] = "kron", [RANDOM_UNIFORM] = "urand"};
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
        beside_begin(&k, &b, size, &g);
        beside_print(&k, "drawing the graph", &made, 1, "s", 0, 0);
        beside_bfs(&k, rounds, 0);
        beside_components(&k, rounds, 0);
        beside_cores(&k, rounds, 0);
        beside_triangles(&k, rounds);
        beside_end(&k);
        cd_csr_release(&g);
    }
    return bench_end(&b);
}
