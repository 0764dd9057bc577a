/* SPDX-License-Identifier: GPL-3.0-or-later
 * kind_writer.c: see FORMAT.md, kinds/K. Eight ninths full: an id that is there
 * is found in five slots or so, one that is not is missed in some forty, which lie in two or three cache lines. */
#include "engine/store/kind_writer.h"

#include <string.h>

#include "engine/base/hash.h"

cd_status cd_kind_write(cd_segment_writer *w, const char *kind, uint64_t first, const cd_slice *ids, uint32_t n,
                        cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *offsets = NULL, *slots = NULL;
    uint8_t *bytes = NULL;
    uint64_t *hash = NULL;
    uint64_t all = 0, n_slots = (uint64_t)n + n / 8 + 1;
    bool even = true;
    if (n == 0) return CD_OK;
    for (uint32_t i = 0; i < n; i++) all += ids[i].n, even = even && ids[i].n == ids[0].n;
    if (all > UINT32_MAX)
        CD_TRY(cd_fail(err, CD_EINPUT, "more than 4 GB of new %s ids in one load; load in parts", kind));
    CD_NEW(offsets, (size_t)n + 1);
    bytes = cd_pages_new(all, 1, err);
    slots = cd_pages_new(n_slots, sizeof *slots, err);
    hash = cd_pages_new(n, sizeof *hash, err);
    if (!bytes || !slots || !hash) CD_TRY(CD_EMEMORY);
    for (uint32_t i = 0; i < n; i++) offsets[i + 1] = offsets[i] + ids[i].n;
    #pragma omp parallel for schedule(static) if (n > 10000)
    for (uint32_t i = 0; i < n; i++) {
        memcpy(bytes + offsets[i], ids[i].bytes, ids[i].n);
        hash[i] = cd_hash64(ids[i].bytes, ids[i].n);
    }
    memset(slots, 0xff, n_slots * sizeof *slots);
    for (uint32_t i = 0; i < n; i++) {
        enum { AHEAD = 16 };
        if (i + AHEAD < n) __builtin_prefetch(&slots[(hash[i + AHEAD] >> 32) * n_slots >> 32], 1);
        uint64_t at = (hash[i] >> 32) * n_slots >> 32;
        while (slots[at] != CD_NONE) at = at + 1 < n_slots ? at + 1 : 0;
        slots[at] = i;
    }
    if (!even) CD_TRY(cd_writer_whole(w, CD_U32, (uint64_t)n + 1, offsets, err, "kinds/%s/offsets", kind));
    CD_TRY(cd_writer_whole(w, CD_U8, all, bytes, err, "kinds/%s/bytes", kind));
    CD_TRY(cd_writer_whole(w, CD_U32, n_slots, slots, err, "kinds/%s/index", kind));
    cd_writer_kind(w, kind, first, n, even ? ids[0].n : 0);
done:
    cd_free(offsets);
    cd_pages_free(bytes, all, 1);
    cd_pages_free(slots, n_slots, sizeof *slots);
    cd_pages_free(hash, n, sizeof *hash);
    return st;
}
