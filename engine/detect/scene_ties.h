/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_ties.h: who is tied to what, as records have it: links of officers, ties between associations, and what was
 * declared. Part of a scene, and read only where a detector asks for it.
 *
 * What begins on or after the day of the scene is not in it, and what ends then or later has not ended yet. */
#ifndef CD_DETECT_SCENE_TIES_H
#define CD_DETECT_SCENE_TIES_H

#include "engine/detect/rows.h"
#include "engine/graph/words.h"

/* A row of links. */
typedef struct {
    cd_id officer, association;
    int64_t from, to; /* INT64_MIN, INT64_MAX: open */
    float confidence; /* in (0, 1]; 1 where it is not said */
    uint32_t source;  /* a word of cd_ties.sources */
    cd_row_ref row;
} cd_link;

/* A row of ties, seen from one of its ends. */
typedef struct {
    cd_id association, other;
    int64_t from, to;
    float confidence;
    uint32_t kind; /* a word of cd_ties.tie_kinds: what `from_id` is of `to_id` */
    bool reversed; /* seen from to_id */
    cd_row_ref row;
} cd_tie;

/* A row of declarations. */
typedef struct {
    cd_id officer, association;
    int64_t declared, ended; /* INT64_MIN, INT64_MAX: not known, not ended */
    cd_row_ref row;
} cd_declaration;

/* A row of subjects, seen from the association. */
typedef struct {
    cd_id file;
    bool suspect;
    cd_row_ref row;
} cd_about;

/* Of each list, those of an id lie together, by association, other or file, then by time. */
typedef struct {
    cd_words kinds, sources, tie_kinds; /* of associations, links, ties */
    uint32_t *kind;                     /* per association: a word, 0 where unknown */
    cd_off *link_off, *holder_off;      /* officers.n + 1, associations.n + 1 */
    cd_link *links, *holders;           /* the same rows twice: by officer, by association and then officer */
    cd_off *tie_off;                    /* associations.n + 1 */
    cd_tie *ties;                       /* each row at both of its ends */
    cd_off *declared_off;               /* officers.n + 1 */
    cd_declaration *declared;
    cd_off *about_off; /* associations.n + 1 */
    cd_about *about; /* the files about an association, each once; not those opened on the day of the scene or later */
} cd_ties;

#endif
