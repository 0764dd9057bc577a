/* SPDX-License-Identifier: GPL-3.0-or-later
 * unify.h: the dictionaries of many lanes made one, in an order that depends on the texts alone. */
#ifndef CD_STORE_UNIFY_H
#define CD_STORE_UNIFY_H

#include "engine/store/intern.h"
#include "engine/store/snapshot.h"

typedef struct {
    uint32_t n_lanes;
    uint32_t *first;   /* n_lanes + 1: lane l's codes are flat entries [first[l], first[l + 1]) */
    uint32_t *number;  /* per flat entry: what its code means now */
    uint32_t n_fresh;  /* texts that were nowhere before */
    cd_slice *fresh;   /* them, in the order of their numbers; the bytes are the lanes' */
    /* between _gather and _number: */
    uint32_t *same_as; /* per flat entry: the first entry of the same text */
    uint32_t
        *ranked; /* those first entries in the order of their bytes, where that was to be had for nothing, or NULL */
    uint32_t n_ranked;
    uint32_t n_all;
} cd_unified;

/* Finds equal texts across lanes (a lane may be NULL: empty), and, where `snapshot` is not NULL, the numbers that ids
 * of `kind` have already. Parallel. */
CD_CHECKED cd_status cd_unify_gather(cd_intern *const *lanes, uint32_t n_lanes, const cd_snapshot *snapshot,
                                     uint32_t kind, cd_unified *out, cd_err *err);
/* Numbers the fresh texts first, first + 1, … by (group of their first entry, bytes). group: per flat entry, or NULL.
 */
CD_CHECKED cd_status cd_unify_number(cd_unified *u, cd_intern *const *lanes, const uint32_t *group, uint32_t first,
                                     cd_err *err);
void cd_unified_release(cd_unified *u);

static inline uint32_t cd_unified_of(const cd_unified *u, uint32_t lane, uint32_t code)
{
    return code == CD_NONE ? CD_NONE : u->number[u->first[lane] + code];
}

#endif
