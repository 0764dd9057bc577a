/* SPDX-License-Identifier: GPL-3.0-or-later
 * bfs.h: how many steps every vertex of an undirected graph is from one. */
#ifndef CD_GRAPH_BFS_H
#define CD_GRAPH_BFS_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

/* Peak: 8 n + n / 4 bytes. */
size_t cd_bfs_bytes(cd_id n);
/* distance[n]: CD_NONE where the source does not reach. *reached counts the vertices it does, itself included.
 * Parallel: a level at a time, from the frontier outwards while it is small and from the unreached inwards while it is
 * large. */
CD_CHECKED cd_status cd_bfs(const cd_csr *g, cd_id source, const cd_run *run, uint32_t *distance, cd_id *reached,
                            cd_err *err);
/* The same, within so many steps: it looks no further, and distance[] is CD_NONE beyond. */
CD_CHECKED cd_status cd_bfs_within(const cd_csr *g, cd_id source, uint32_t steps, const cd_run *run, uint32_t *distance,
                                   cd_id *reached, cd_err *err);

#endif
