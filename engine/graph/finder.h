/* SPDX-License-Identifier: GPL-3.0-or-later
 * finder.h: paths between two vertices of an undirected graph: the shortest, all of them, the k shortest, and those
 * that avoid hubs. Scratch is made once and put back after each question, so that a question costs what it met.
 *
 * Of several paths as good, the one whose vertices come first in the caller's order is given: what a store's numbering
 * happens to be does not show. A finder belongs to one thread at a time. */
#ifndef CD_GRAPH_FINDER_H
#define CD_GRAPH_FINDER_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

typedef struct cd_finder cd_finder;

/* Whether vertex a comes before b; NULL is the order of their numbers. */
typedef bool (*cd_comes_before)(void *context, cd_id a, cd_id b);

/* Peak: 34 n bytes, 8 n more where paths are counted or hubs avoided; and then 16 bytes an edge that was met. */
size_t cd_finder_bytes(cd_id n);
CD_CHECKED cd_status cd_finder_new(const cd_csr *g, cd_comes_before before, void *context, const cd_run *run,
                                   cd_finder **out, cd_err *err);
void cd_finder_free(cd_finder *f);

typedef struct {
    uint32_t n;            /* vertices, both ends included; 0: there is no path */
    const cd_id *vertices; /* borrowed from the finder, until its next question */
    uint64_t cost;         /* of a path that avoids hubs, in centibans */
} cd_path;

CD_CHECKED cd_status cd_finder_shortest(cd_finder *f, cd_id from, cd_id to, cd_path *out, cd_err *err);
/* *paths shortest paths there are in all (UINT64_MAX: at least so many); the first `most` are given to `take` in the
 * order of their vertices. */
CD_CHECKED cd_status cd_finder_all_shortest(cd_finder *f, cd_id from, cd_id to, uint32_t most, uint64_t *paths,
                                            cd_status (*take)(void *context, const cd_path *path, cd_err *err),
                                            void *context, cd_err *err);
/* The `most` shortest paths that meet no vertex twice (Yen 1971), the shorter ones first, then in order. */
CD_CHECKED cd_status cd_finder_k_shortest(cd_finder *f, cd_id from, cd_id to, uint32_t most,
                                          cd_status (*take)(void *context, const cd_path *path, cd_err *err),
                                          void *context, cd_err *err);
/* The path that ties its ends with most weight: passing through a vertex of d neighbours costs log10 of the d - 1
 * others that it ties as well, in centibans (thousandths), and each step one more. */
CD_CHECKED cd_status cd_finder_rarest(cd_finder *f, cd_id from, cd_id to, cd_path *out, cd_err *err);
/* What passing through a vertex of that degree costs. */
uint32_t cd_passing_cost(cd_id degree);

#endif
