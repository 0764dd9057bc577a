/* SPDX-License-Identifier: GPL-3.0-or-later
 * odd_graph.h: small graphs of odd shapes for the kernels' tests: empty, one vertex, isolated ones, stars, paths, rings,
 * cliques, disjoint parts, one huge hub, random ones thin and thick. What fails here ends the test. */
#ifndef CANDOUR_TESTS_ODD_GRAPH_H
#define CANDOUR_TESTS_ODD_GRAPH_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

enum { ODD_GRAPHS = 400, ODD_MOST = 90 };

/* The undirected graph of that number, with at most ODD_MOST vertices; the same every time. For cd_csr_release. */
cd_csr odd_graph(uint32_t number);
/* The two-sided graph of that number, both ways round. */
void odd_relation(uint32_t number, cd_csr *by_left, cd_csr *by_right);
/* Both sides as the vertices of one undirected graph, the left ones first. */
cd_csr odd_two_sided(const cd_csr *by_left);
/* A csr of those pairs, which may repeat and come in any order. Undirected where n_left is 0: n_right vertices, each pair
 * both ways, none with itself. */
cd_csr odd_csr(cd_id n_left, cd_id n_right, const cd_id (*pairs)[2], uint32_t n);
/* The graph with vertex v called to[v]. */
cd_csr odd_relabel(const cd_csr *g, const cd_id *to);
/* A permutation of n. */
void odd_permutation(uint64_t seed, cd_id n, cd_id *to);
/* A larger graph with a few hubs, for what shows with many threads alone. */
cd_csr odd_large_graph(uint64_t seed, cd_id n, uint32_t edges);
void odd_large_relation(uint64_t seed, cd_id n_left, cd_id n_right, uint32_t edges, cd_csr *by_left, cd_csr *by_right);

static inline cd_run odd_run(uint32_t threads) { return (cd_run){.threads = threads, .seed = 1}; }
static const uint32_t ODD_THREADS[] = {1, 2, 3, 8};

#endif
