/* SPDX-License-Identifier: GPL-3.0-or-later
 * butterflies.h: two of one side that are both tied to the same two of the other: what triangles are where only the two
 * sides are tied. */
#ifndef CD_GRAPH_BUTTERFLIES_H
#define CD_GRAPH_BUTTERFLIES_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

/* Peak, with e edges and n vertices of both sides: 16 e + 24 n bytes and 8 n a thread, and 8 e more where edges are
 * wanted. */
size_t cd_butterflies_bytes(const cd_csr *by_left, bool edges, uint32_t threads);
/* at_left[], at_right[]: how many a vertex is in; at_edge[], unless NULL: how many an edge of by_left is in; *total:
 * how many there are. Parallel; exact, hubs included. */
CD_CHECKED cd_status cd_butterflies(const cd_csr *by_left, const cd_csr *by_right, const cd_run *run, uint64_t *at_left,
                                    uint64_t *at_right, uint64_t *at_edge, uint64_t *total, cd_err *err);

#endif
