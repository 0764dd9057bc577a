/* SPDX-License-Identifier: GPL-3.0-or-later
 * crews.h: pairs of officers who are named in the same complaints more often than their work explains.
 *
 * What counts: a complaint that names two to CD_CREW_MOST officers; all of one complainant against a pair as one. A
 * complaint against more says nothing about any two of them.
 *
 * The null keeps with how many complaints each is named in with somebody, and where they served then: of two who served
 * in units and roles g and h, as many are expected as all other pairs of g and h have, for each complaint of one times
 * each of the other. Where a unit is named together as a matter of course, so is every pair of it. What a pair has in
 * common beyond that is first taken off both, or a crew would be expected by its own complaints; and partners of a beat
 * are named together again more easily than chance has it: by how much is what all pairs of one or two show, of those
 * who share as many of their shifts, where there is a roster. False
 * discovery is controlled over all pairs who are named with anybody (Benjamini and Hochberg 1995). */
#ifndef CD_DETECT_CREWS_H
#define CD_DETECT_CREWS_H

#include "engine/detect/detector.h"

/* Bands of pairs by what they share of the shifts of whoever of the two worked fewer; the first: of none. */
enum { CD_CREW_MOST = 8, CD_CREW_BANDS = 6 };

typedef struct {
    cd_id a, b; /* a < b */
    uint32_t shared, band;
    double expected, log_p;
    bool validated;
} cd_crew_pair;

typedef struct {
    uint32_t *named;     /* per officer: complaints that name somebody else too, all of one complainant as one */
    uint32_t people;     /* who have any */
    cd_crew_pair *pairs; /* that share any, by a, then b */
    size_t n;
    cd_off *off;                 /* officers.n + 1, into of[]: */
    uint32_t *of;                /* the pairs of each officer */
    double wider[CD_CREW_BANDS]; /* how much more easily pairs of a band are named together again */
} cd_crews;

/* dismissed: allegations that were dismissed count too. Peak: 32 bytes a pair named in one complaint. */
CD_CHECKED cd_status cd_crews_make(const cd_look *look, bool dismissed, cd_crews *out, cd_err *err);
void cd_crews_release(cd_crews *c);

static inline cd_id cd_crew_other(const cd_crew_pair *p, cd_id officer) { return p->a == officer ? p->b : p->a; }

#endif
