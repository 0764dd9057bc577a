/* SPDX-License-Identifier: GPL-3.0-or-later
 * touched.h: unexplained files that are about what an officer is tied to, and how many of them chance would have.
 *
 * Whom an officer is assigned to a file about, they know from work: other files about the same do not count. Of those
 * who complained about the officer they do, but for the time of that work. */
#ifndef CD_DETECT_TOUCHED_H
#define CD_DETECT_TOUCHED_H

#include "engine/detect/detector.h"
#include "engine/detect/reach.h"

/* Ways to what a file is about: so many ties behind a link; the last: they complained about the officer. */
enum { CD_TOUCH_HOPS = 8, CD_TOUCH_COMPLAINED = CD_TOUCH_HOPS - 1 };
static inline uint32_t cd_touch_way(const cd_reached *r) { return r->complained ? CD_TOUCH_COMPLAINED : r->hops; }

typedef struct {
    cd_id file;
    cd_off stray; /* in residue->strays */
    cd_off path;  /* in reach.list: the shortest to whatever the file is about, that held when it was opened */
    cd_off about; /* in scene->ties.about: the row that says so */
} cd_touch;

typedef struct {
    cd_reach reach;
    cd_off *off; /* officers.n + 1 */
    cd_touch *list;
    /* [officer][way]: of each of their unexplained files, the chance that another unexplained file of the same unit,
     * drawn as often as others open it, is about what the officer is tied to by so many ties; summed. */
    double *expected;
    double mean[CD_TOUCH_HOPS]; /* over the officers of whom there is anything to expect */
} cd_touched;

/* Peak: the reach, and 64 bytes an officer; some more of those who touch. */
CD_CHECKED cd_status cd_touched_make(const cd_look *look, bool complainants, cd_touched *out, cd_err *err);
void cd_touched_release(cd_touched *t);

/* What is expected of one officer, for cd_peers: not quite as the model has it, but with a part of what everybody's
 * average is, for all that the model does not know. */
double cd_touch_expected(const cd_touched *t, cd_id officer, uint32_t way);

/* The accesses of a touch; the rows of its path, and the row of subjects. Return how many; out NULL: counts alone. */
uint32_t cd_touch_rows(const cd_look *look, cd_id officer, const cd_touch *t, uint32_t counts, cd_cited *out);
uint32_t cd_touch_path_rows(const cd_look *look, const cd_touched *all, cd_id officer, const cd_touch *t,
                            cd_cited *out);

#endif
