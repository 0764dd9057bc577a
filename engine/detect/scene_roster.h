/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_roster.h: what officers claimed to have worked, and when machines saw them. Part of a scene, and read only
 * where a detector asks for it: nothing is kept of a row but where it stands (8 bytes), and one officer's are read at a
 * time.
 *
 * A claim that ends after the day of the scene is not in it. What is unknown favours the officer: a sighting without an
 * end lasts a day. */
#ifndef CD_DETECT_SCENE_ROSTER_H
#define CD_DETECT_SCENE_ROSTER_H

#include "engine/detect/rows.h"
#include "engine/graph/words.h"

typedef enum { CD_MODE_UNKNOWN, CD_MODE_OFFICE, CD_MODE_FIELD, CD_MODE_REMOTE, CD_MODES } cd_mode;
typedef enum { CD_SOURCE_UNKNOWN, CD_SOURCE_BADGE, CD_SOURCE_LOGIN, CD_SOURCE_RADIO, CD_SOURCES } cd_source;

/* A shift of one officer. Of several rows of one shift the one that claims least: the others were corrected. */
typedef struct {
    int64_t starts, ends; /* of the shift */
    int64_t from, to;     /* as claimed; the shift's where it is not said */
    cd_id shift;
    uint32_t site, unit; /* of the shift: words of cd_rosters.sites and of the scene's units */
    cd_mode mode;
    bool rest_day; /* all of it is overtime */
    cd_row_ref row;
} cd_claim;

typedef struct {
    int64_t from, to;
    uint32_t site;
    cd_source source;
    bool open; /* its end is not known: `to` is the latest that it may be */
    cd_row_ref row;
} cd_sighting;

typedef struct {
    int64_t starts, ends; /* starts >= ends: not known */
    uint32_t site, unit;
} cd_shift;

typedef struct {
    cd_words sites, modes, sources;
    uint32_t remote; /* the site of whoever works from elsewhere; 0: nobody does */
    cd_places places;
    cd_shift *shifts; /* by place */
    cd_table_of roster, presence;
    cd_rows claims, sightings; /* by officer */
} cd_rosters;

/* One officer's, for cd_worked_release: claims by start, sightings by start. */
typedef struct {
    cd_claim *claims;
    cd_sighting *seen;
    size_t n_claims, n_seen, cap_claims, cap_seen;
} cd_worked;

#endif
