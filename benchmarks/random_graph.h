/* SPDX-License-Identifier: GPL-3.0-or-later
 * random_graph.h: the two random graphs that everybody measures graph kernels on (Graph500; Beamer, Asanovic and
 * Patterson 2015), undirected, without loops and without repeats; the same at any number of threads. */
#ifndef BENCHMARKS_RANDOM_GRAPH_H
#define BENCHMARKS_RANDOM_GRAPH_H

#include "engine/graph/csr.h"

typedef enum {
    RANDOM_KRONECKER, /* R-MAT (Chakrabarti, Zhan and Faloutsos 2004): 0.57, 0.19, 0.19, 0.05; its names shuffled */
    RANDOM_UNIFORM
} random_graph_kind;

/* 2^scale vertices, and 16 edges drawn for each, some of which are loops or repeats. *out is for cd_csr_release. */
CD_CHECKED cd_status random_graph(random_graph_kind kind, uint32_t scale, uint64_t seed, uint32_t threads, cd_csr *out,
                                  cd_err *err);

#endif
