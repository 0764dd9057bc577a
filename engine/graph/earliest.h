/* SPDX-License-Identifier: GPL-3.0-or-later
 * earliest.h: time-respecting paths: how soon what begins at one vertex can have come to another, by steps each of
 * which is a row of some relation and no earlier than the step before. */
#ifndef CD_GRAPH_EARLIEST_H
#define CD_GRAPH_EARLIEST_H

#include "engine/graph/finder.h"
#include "engine/graph/graph.h"

/* A step to a vertex, and the time of its row. The first has the time that the search began at. */
typedef struct {
    cd_id vertex;
    int64_t at;
} cd_timed_step;

/* Peak: 13 n bytes, and 16 for each time that a vertex was reached earlier than before. */
size_t cd_earliest_bytes(cd_id n);
/* The path that comes to `to` first, leaving `from` no earlier than `begin`: *n steps, both ends included, for cd_free;
 * 0 where there is none. Of paths that arrive at the same second, the one whose vertices were reached first, and then
 * come first in the caller's order. `views` are those that the graph was joined from, in its order; rows of unknown
 * time and relations without times are no steps. Rows are read from the snapshot in their own order of time; nothing is
 * copied. */
CD_CHECKED cd_status cd_earliest_path(const cd_view *views, uint32_t n_views, const cd_graph *g, cd_id from, cd_id to,
                                      int64_t begin, cd_comes_before before, void *context, const cd_run *run,
                                      cd_timed_step **out, uint32_t *n, cd_err *err);

#endif
