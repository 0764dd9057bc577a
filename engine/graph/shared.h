/* SPDX-License-Identifier: GPL-3.0-or-later
 * shared.h: how many neighbours two vertices of one side of a relation share: which officers opened the same files.
 *
 * The pairs are never held all at once: they are counted, handed out a row at a time, or only the best of each row are
 * kept (shared_top.h). Everything is exact, hubs included; `cap` leaves out the right ids of more neighbours for those
 * who want that. */
#ifndef CD_GRAPH_SHARED_H
#define CD_GRAPH_SHARED_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

typedef struct {
    const cd_csr *by_left, *by_right; /* one relation both ways */
    uint32_t cap;                     /* leave out right ids of more neighbours; 0: none */
} cd_shared;

/* Pairs of two different left ids that share at least one right id; how many they share in sum, and squared in sum. Of
 * a relation of officers and files, (squares - sum) / 2 is the number of butterflies. */
typedef struct {
    uint64_t pairs, sum, squares;
} cd_shared_totals;

/* Peak: 4 left bytes a thread, 8 more a left id for every 64 hubs, 4 a right id. Parallel. */
size_t cd_shared_bytes(const cd_shared *s, uint32_t threads);
CD_CHECKED cd_status cd_shared_total(const cd_shared *s, const cd_run *run, cd_shared_totals *out, cd_err *err);

/* Takes the partners of `left` that come after it and share at least as much as was asked: n of them, rising. Called
 * from several threads at once, once a left id that has any, in no order: `thread` tells whose scratch may be used. */
typedef void cd_shared_row(void *context, uint32_t thread, cd_id left, const cd_id *partner, const uint32_t *shared,
                           cd_id n);
/* Every pair that shares at least `least` (1 or more) and whose first id is in [from, to), a row at a time. Peak: as
 * above, and 8 left bytes more a thread. */
CD_CHECKED cd_status cd_shared_each(const cd_shared *s, cd_id from, cd_id to, uint32_t least, const cd_run *run,
                                    cd_shared_row *row, void *context, cd_err *err);

/* shared[n_left]: how much every other shares with one. */
void cd_shared_with(const cd_shared *s, cd_id left, uint32_t *shared);

/* The same made ready once, to be asked a left id at a time. Of at most CD_SHARED_READY_LEFT left ids: a row is counted whole. */
enum { CD_SHARED_READY_LEFT = 1 << 18 };
typedef struct cd_shared_ready cd_shared_ready;
/* What s points to outlives it. Peak: 8 a left id for every 64 hubs. */
CD_CHECKED cd_status cd_shared_ready_new(const cd_shared *s, const cd_run *run, cd_shared_ready **out, cd_err *err);
void cd_shared_ready_free(cd_shared_ready *r);
/* How many counters a row has: the left ids, rounded up to a multiple of 64. */
size_t cd_shared_ready_room(const cd_shared_ready *r);
/* shared[room]: how much every other shares with `left`. Several threads may ask at once. */
void cd_shared_ready_row(const cd_shared_ready *r, cd_id left, uint32_t *shared);

#endif
