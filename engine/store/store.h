/* SPDX-License-Identifier: GPL-3.0-or-later
 * store.h: a store open for reading: a snapshot, and what was worked out about it once and is kept. */
#ifndef CD_STORE_STORE_H
#define CD_STORE_STORE_H

#include "engine/store/snapshot.h"

struct candour_store {
    cd_snapshot *snapshot;
    cd_arena arena; /* the names of sources */
    candour_info info;
    candour_load_info *loads;     /* n_loads, or NULL: not read yet */
    candour_source_info *sources; /* n_sources */
    cd_id **order; /* per kind: the numbers of its ids in the order of their bytes, or NULL: not sorted yet */
    candour_digest digest;
};

/* Which undated row of each id of an entity table holds: *last[id] is 1 + the last segment that has one, 0 where none
 * has. For cd_pages_free with the number of ids. The table was checked. */
CD_CHECKED cd_status cd_undated_last(const cd_snapshot *s, uint32_t table, uint32_t **last, cd_err *err);

#endif
