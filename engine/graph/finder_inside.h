/* SPDX-License-Identifier: GPL-3.0-or-later
 * finder_inside.h: what the files of the finder share. */
#ifndef CD_GRAPH_FINDER_INSIDE_H
#define CD_GRAPH_FINDER_INSIDE_H

#include "engine/graph/finder.h"

/* One end's search: who was met at which distance. met[] lists them in the order of distance, to go on and to put
 * back. */
typedef struct {
    uint32_t *distance; /* CD_NONE: not met */
    cd_id *met;
    cd_id n_met, level_at; /* met[level_at ..) is the frontier */
    uint32_t depth;
} finder_side;

struct cd_finder {
    const cd_csr *g;
    cd_comes_before before;
    void *context;
    finder_side side[2]; /* from, to */
    bool *on;            /* lies on a shortest path */
    cd_id *on_list;
    cd_id n_on;
    cd_id *path;         /* n vertices at most */
    bool *banned;        /* never to be met */
    const cd_id *banned_steps; /* vertices that `from` may not go to at once */
    uint32_t n_banned_steps;
    uint64_t *cost;      /* of the rarest path, per vertex; made when first asked for */
};

static inline bool finder_before(const cd_finder *f, cd_id a, cd_id b)
{
    return f->before ? f->before(f->context, a, b) : a < b;
}

/* The distance between the ends, CD_NONE where there is no path; marks what lies on shortest paths. finder_reset
 * after. */
uint32_t finder_meet(cd_finder *f, cd_id from, cd_id to);
void finder_reset(cd_finder *f);
/* Of the neighbours of `at`, which is `step` steps from the start of a path of `length`: the first in order that lies
 * on a shortest path and comes after `after` (CD_NONE: any); CD_NONE: none. */
cd_id finder_next(const cd_finder *f, cd_id at, uint32_t step, uint32_t length, cd_id after);
/* Writes the first path in order into path[]; the ends have met. */
void finder_walk(const cd_finder *f, cd_id from, uint32_t length, cd_id *path);

#endif
