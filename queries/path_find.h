/* SPDX-License-Identifier: GPL-3.0-or-later
 * path_find.h: the shortest paths between two ids, straight from the store's indexes: only what lies about the ends is
 * looked at, so that no graph has to be made first. */
#ifndef QUERIES_PATH_FIND_H
#define QUERIES_PATH_FIND_H

#include "queries/id_rows.h"

/* Vertices, a path after the other: path i is ids[i * (steps + 1)] and the `steps` that follow. */
typedef struct {
    found_id *ids;
    size_t n, cap; /* ids */
    uint32_t steps;
    uint64_t paths; /* there are; UINT64_MAX: more than can be counted */
} path_list;
void path_list_release(path_list *list);

/* The first `most` of them, in the order of their ids. None: paths is 0. */
CD_CHECKED cd_status path_find_shortest(const question *q, found_id from, found_id to, size_t most, path_list *out,
                                        cd_err *err);

#endif
