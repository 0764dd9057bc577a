/* SPDX-License-Identifier: GPL-3.0-or-later
 * csr.h: a relation as compressed rows: for each id on the left, its neighbours on the right.
 *
 * Invariants (cd_csr_check names the first that fails): off[0] == 0; off rises; adj[] < n_right and rises within a row:
 * no neighbour stands twice. An undirected graph is a csr whose n_left is n_right and that holds each edge both ways.
 * Plain data, for kernels to read; whoever makes one says whose the arrays are. */
#ifndef CD_GRAPH_CSR_H
#define CD_GRAPH_CSR_H

#include "engine/base/memory.h"
#include "engine/store/snapshot.h"

typedef struct {
    cd_id n_left, n_right;
    const cd_off *off; /* n_left + 1 */
    const cd_id *adj;
} cd_csr;

static inline cd_off cd_csr_edges(const cd_csr *g) { return g->off ? g->off[g->n_left] : 0; }
static inline cd_id cd_csr_degree(const cd_csr *g, cd_id u) { return (cd_id)(g->off[u + 1] - g->off[u]); }
/* Whether u has the neighbour v; binary search. */
bool cd_csr_has(const cd_csr *g, cd_id u, cd_id v);

/* CD_EINPUT and the first invariant that fails. */
CD_CHECKED cd_status cd_csr_check(const cd_csr *g, cd_err *err);

/* What cd_csr_transpose takes at most beside its result. */
size_t cd_csr_transpose_bytes(cd_id n_right, uint32_t threads);
/* The same relation seen from the right, in O(edges); rows rise because those of g are met in order. *out is the
 * caller's, for cd_csr_release. *place, where wanted (else NULL), says for each edge of *out which edge of g it is; for
 * cd_pages_free. */
CD_CHECKED cd_status cd_csr_transpose(const cd_csr *g, uint32_t threads, cd_csr *out, cd_off **place, cd_err *err);

/* Gives back a csr whose arrays are its own: off and adj from cd_pages_new. */
void cd_csr_release(cd_csr *g);

#endif
