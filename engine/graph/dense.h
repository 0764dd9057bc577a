/* SPDX-License-Identifier: GPL-3.0-or-later
 * dense.h: blocks of a two-sided graph where few on the left are tied to few on the right by many edges: rings that
 * share what others do not. An edge weighs less the more its right end is tied to at all, so that what everybody opens
 * makes nobody suspicious (FRAUDAR: Hooi, Song, Beutel, Shah, Shin and Faloutsos 2016). */
#ifndef CD_GRAPH_DENSE_H
#define CD_GRAPH_DENSE_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

/* An edge to a right vertex of that degree weighs 1 / log2(5 + degree), in units of 2^-20: whole numbers, so that sums
 * and ties are exact. */
enum { CD_DENSE_UNIT = 1 << 20 };
uint64_t cd_dense_weight(cd_id degree);

typedef struct {
    uint32_t blocks; /* to find at most */
    /* 0: take away the least of all, one by one; the block is at least half as dense as the densest there is. Above 0:
     * in each round, all that have at most 1 + slack times the average, in parallel; at least 1 / (2 + 2 slack) of
     * it. */
    double slack;
    cd_id cap; /* edges to right vertices of more neighbours weigh nothing; 0: all weigh */
} cd_dense_options;

typedef struct {
    cd_id n_left, n_right;
    uint64_t weight; /* of the edges within; the density is this by the vertices */
} cd_dense_block;

/* Peak: 24 bytes a vertex. */
size_t cd_dense_bytes(cd_id n_left, cd_id n_right);
/* block[n_left + n_right]: 0, or which block a vertex is in, from 1; those of the left come first. Each block is sought
 * among the vertices that those before left, with the weights that edges had at first; *n_blocks were found, and what
 * they hold is in found[options->blocks]. Ties go by place[], a permutation of all vertices, or by number where it is
 * NULL: the vertex that comes first goes first. One thread without slack; the same answer at any number of threads with
 * it. */
CD_CHECKED cd_status cd_dense(const cd_csr *by_left, const cd_csr *by_right, const uint32_t *place,
                              const cd_dense_options *options, const cd_run *run, uint32_t *block,
                              cd_dense_block *found, uint32_t *n_blocks, cd_err *err);

#endif
