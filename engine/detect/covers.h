/* SPDX-License-Identifier: GPL-3.0-or-later
 * covers.h: officers of one unit whose unseen overtime goes together: arrangements of two, or of a few.
 *
 * Each has a share of overtime days that went unseen. Two ways of going together are looked for.
 *
 * On the same days: on the days on which both claimed overtime, both go unseen by the product of the two shares, were
 * they unseen for reasons of their own. Who claims together, as those who work together do, has many such days and is
 * no likelier to be a pair.
 *
 * By turns: one goes unseen on days on which another stayed and was seen, who at other times is the one that is gone.
 * Were one's unseen days any of the days claimed, as many of them would be days of the other's staying as among all the
 * days that one claimed: somebody who always stays covers for nobody. Whether there is an arrangement is a matter of
 * the circle: each of two, three or four covered by the next, the last by the first; a circle weighs what its parts
 * weigh together.
 *
 * An officer's e-value is the mean over all whom they could be a pair with, and over all circles that they could be in,
 * so that no search is left to pay for. */
#ifndef CD_DETECT_COVERS_H
#define CD_DETECT_COVERS_H

#include "engine/detect/claims.h"

enum { CD_COVERS = 4 };

/* A circle: each of them went unseen on so many days on which the next one stayed. */
typedef struct {
    uint32_t n; /* 0: none */
    cd_id who[CD_COVERS];
    uint32_t days[CD_COVERS];
} cd_turns;

typedef struct {
    double *times;   /* per officer: an e-value; 1 of whom nothing can be said */
    cd_id *with;     /* per officer: CD_COVERS, the likeliest first, CD_NONE after the last */
    uint32_t *days;  /* the same: unseen together */
    cd_turns *turns; /* per officer: the likeliest circle, which begins with them */
} cd_covers;

CD_CHECKED cd_status cd_covers_make(const cd_claimed *c, cd_covers *out, cd_err *err);
void cd_covers_release(cd_covers *c);

#endif
