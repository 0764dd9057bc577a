/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep_inside.h: what the files that read a sweep share. */
#ifndef CD_SWEEP_SWEEP_INSIDE_H
#define CD_SWEEP_SWEEP_INSIDE_H

#include "engine/candour.h"
#include "engine/detect/policy.h"
#include "engine/rank/ledger.h"
#include "engine/sweep/sweep_file.h"

enum { CD_MOST_TOLD = 64 };

struct candour_sweep {
    cd_sweep_map file;
    uint32_t *place; /* in the queue, of each officer, from 1 */
};

/* What an open policy says. Borrowed from it. */
const cd_policy *cd_policy_of(const candour_policy *policy);

/* An officer's findings of one family; at[] says which they are. */
size_t cd_sweep_told(const cd_image *m, uint32_t officer, uint32_t family, cd_told told[CD_MOST_TOLD],
                     uint64_t at[CD_MOST_TOLD]);

#endif
