/* SPDX-License-Identifier: GPL-3.0-or-later
 * triangles.h: three that are all tied to one another, in an undirected graph. */
#ifndef CD_GRAPH_TRIANGLES_H
#define CD_GRAPH_TRIANGLES_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

/* Peak: 8 n bytes, 4 n a thread and 2 an entry of g->adj. */
size_t cd_triangles_bytes(const cd_csr *g, uint32_t threads);
/* at[n]: how many triangles a vertex is in; *total: how many there are. Parallel. */
CD_CHECKED cd_status cd_triangles(const cd_csr *g, const cd_run *run, uint64_t *at, uint64_t *total, cd_err *err);

#endif
