/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_complaints.h: who is named in which complaint, and when each was in the force. Part of a scene, and read only
 * where a detector asks for it.
 *
 * A complaint that was made on or after the day of the scene is not in it. What became of a complaint bears no date in
 * the records: it is taken as it stands. */
#ifndef CD_DETECT_SCENE_COMPLAINTS_H
#define CD_DETECT_SCENE_COMPLAINTS_H

#include "engine/detect/rows.h"
#include "engine/graph/words.h"

/* What became of it; of several rows of one officer in one complaint the last of these holds. */
typedef enum { CD_PENDING, CD_WITHDRAWN, CD_DISMISSED, CD_NOT_SUSTAINED, CD_SUSTAINED, CD_OUTCOMES } cd_outcome;

/* One officer in one complaint. */
typedef struct {
    int64_t at;                            /* CANDOUR_UNKNOWN: not known */
    cd_id officer, complaint, complainant; /* complainant CD_NONE: not known */
    uint32_t kind; /* a word of cd_complaints.kinds: the allegation's, or else the complaint's */
    uint8_t outcome;
    cd_row_ref row; /* of allegations */
} cd_allegation;

typedef struct {
    cd_places places; /* of complaints */
    cd_words kinds;
    cd_off *off;            /* officers.n + 1 */
    cd_allegation *list;    /* of an officer one a complaint, by time and complaint */
    cd_off *crew_off;       /* places.n + 1 */
    cd_id *crew;            /* officers named in a complaint, rising */
    int64_t *joined, *left; /* per officer; INT64_MIN, INT64_MAX: open */
    int64_t since, until;   /* what the records of complaints span: all but the earliest half in a hundred */
} cd_complaints;

#endif
