/* SPDX-License-Identifier: GPL-3.0-or-later
 * claims.h: hours that were claimed and at which no machine saw the person, and how often that happens to ordinary
 * hours which nobody gains by.
 *
 * What is learnt is how often a shift without overtime goes unseen, and how often somebody who is seen two hours before
 * its end is not seen again in those two hours: per site, month and mode, or machine. A claim is judged against that.
 * Where machines say nothing, nothing is said: not where a site had no presence that month, nor on a day on which a
 * site saw few of its people, nor where an officer was out of sight before the claimed hours began, nor within a run of
 * unseen shifts (a lost badge). */
#ifndef CD_DETECT_CLAIMS_H
#define CD_DETECT_CLAIMS_H

#include "engine/detect/detector.h"

typedef enum {
    CD_CLAIM_STRETCH, /* hours before or after a shift on which they were seen */
    CD_CLAIM_REST,    /* a whole shift on a rest day */
    CD_CLAIMS
} cd_claim_kind;

/* A claim of overtime, whether or not a machine saw it. Ordinary shifts are none: who is not at work on those is a
 * matter of attendance. */
typedef struct {
    cd_id officer;
    cd_claim_kind kind;
    int64_t starts; /* of its shift */
    cd_id shift;
    uint32_t unit;
    bool unseen;
    cd_row_ref row;
} cd_judged;

/* Of how many, so many were out of sight. */
typedef struct {
    uint32_t n, lost;
} cd_lost;

typedef struct {
    const cd_look *look;
    int32_t first_month;
    int64_t first_day;
    uint32_t n_months, n_days, n_sites; /* sites: one more than there are words */
    cd_lost *stretch, *shift, *day;     /* [site][source][month], [site][mode][month], [site][day] */
    cd_lost all_stretch[CD_SOURCES], all_shift[CD_MODES], all_days;
    /* What was claimed. */
    uint32_t *seen[CD_CLAIMS]; /* per officer: claims that no machine saw */
    uint32_t *judged[CD_CLAIMS];
    double *exposure[CD_CLAIMS]; /* claims that were judged, each by how much likelier than others it is to go unseen */
    cd_judged *list;             /* by officer, then start */
    size_t n;
    cd_off *off; /* officers.n + 1 */
} cd_claimed;

CD_CHECKED cd_status cd_claimed_make(const cd_look *look, cd_claimed *out, cd_err *err);
void cd_claimed_release(cd_claimed *c);

#endif
