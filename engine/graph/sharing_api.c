/* SPDX-License-Identifier: GPL-3.0-or-later
 * sharing_api.c: what the ids of one side of a relation share, for whoever asks questions: candour_sharing. */
#include "engine/graph/pairs.h"
#include "engine/graph/shared.h"
#include "engine/store/snapshot.h"

struct candour_sharing {
    cd_pairs pairs;
    cd_shared shared;
    cd_shared_ready *ready;
};

cd_status candour_sharing_open(candour_store *store, uint32_t table, bool backwards, uint32_t threads, size_t memory_bytes, candour_sharing **out,
                               cd_err *err)
{
    cd_status st = CD_OK;
    cd_view view = {0};
    cd_run run = {.threads = threads, .memory_bytes = memory_bytes};
    candour_sharing *s = cd_alloc(1, sizeof *s, err);
    if (!s) return CD_EMEMORY;
    *s = (candour_sharing){0};
    CD_TRY(cd_view_init(cd_store_snapshot(store), table, CANDOUR_UNKNOWN, CANDOUR_UNKNOWN, &view, err));
    CD_TRY(cd_pairs_build(&view, CD_PAIRS_BARE, &run, &s->pairs, err));
    s->shared = (cd_shared){.by_left = backwards ? &s->pairs.by_right : &s->pairs.by_left,
                            .by_right = backwards ? &s->pairs.by_left : &s->pairs.by_right};
    CD_TRY(cd_shared_ready_new(&s->shared, &run, &s->ready, err));
done:
    cd_view_release(&view);
    st = candour_store_judge(store, st, err);
    if (st != CD_OK) candour_sharing_close(s);
    else *out = s;
    return st;
}

void candour_sharing_close(candour_sharing *s)
{
    if (!s) return;
    cd_shared_ready_free(s->ready);
    cd_pairs_release(&s->pairs);
    cd_free(s);
}

size_t candour_sharing_room(const candour_sharing *s) { return cd_shared_ready_room(s->ready); }

void candour_sharing_row(const candour_sharing *s, uint32_t id, uint32_t *shared) { cd_shared_ready_row(s->ready, id, shared); }
