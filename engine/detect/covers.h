/* SPDX-License-Identifier: GPL-3.0-or-later
 * covers.h: officers of one unit whose unseen overtime falls on the same days: arrangements of two, or of a few.
 *
 * Each has a share of overtime days that went unseen. On the days on which both claimed overtime, both go unseen by the
 * product of the two shares, were they unseen for reasons of their own. Who claims together, as those who work together
 * do, has many such days and is no likelier to be a pair. An officer's e-value is the mean over all whom they could be
 * a pair with, so that no search is left to pay for. */
#ifndef CD_DETECT_COVERS_H
#define CD_DETECT_COVERS_H

#include "engine/detect/claims.h"

enum { CD_COVERS = 4 };

typedef struct {
    double *times;  /* per officer: an e-value; 1 of whom nothing can be said */
    cd_id *with;    /* per officer: CD_COVERS, the likeliest first, CD_NONE after the last */
    uint32_t *days; /* the same: unseen together */
} cd_covers;

CD_CHECKED cd_status cd_covers_make(const cd_claimed *c, cd_covers *out, cd_err *err);
void cd_covers_release(cd_covers *c);

#endif
