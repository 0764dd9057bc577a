/* SPDX-License-Identifier: GPL-3.0-or-later
 * cores.h: how deep in the thick of an undirected graph each vertex sits. */
#ifndef CD_GRAPH_CORES_H
#define CD_GRAPH_CORES_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

/* Peak: 4 n + 4 n bytes a thread. */
size_t cd_cores_bytes(cd_id n, uint32_t threads);
/* core[n]: the largest k such that the vertex is in a part of the graph where everyone has k neighbours. Parallel. */
CD_CHECKED cd_status cd_cores(const cd_csr *g, const cd_run *run, uint32_t *core, cd_err *err);

/* Peak: 8 (left + right) bytes. */
size_t cd_two_sided_core_bytes(cd_id n_left, cd_id n_right);
/* The largest part of a two-sided graph where everyone on the left has `alpha` neighbours and everyone on the right
 * `beta`: in_left[] and in_right[] say who is in it. One thread: each edge is looked at twice. */
CD_CHECKED cd_status cd_two_sided_core(const cd_csr *by_left, const cd_csr *by_right, uint32_t alpha, uint32_t beta,
                                       const cd_run *run, bool *in_left, bool *in_right, cd_err *err);

#endif
