/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene.h: the force as detectors see it on one day: people and files with their histories, who opened what, who was
 * assigned to what, who was on duty when. Nothing dated on or after `as_of` is in it, so that no detector can see it.
 *
 * Officers, files and associations are known by their places (rows.h); words (units, roles, ranks, kinds) by numbers
 * from 1 in the order of their bytes, 0 where unknown. Protected attributes are never read here. */
#ifndef CD_DETECT_SCENE_H
#define CD_DETECT_SCENE_H

#include "engine/detect/rows.h"
#include "engine/detect/scene_complaints.h"
#include "engine/detect/scene_findings.h"
#include "engine/detect/scene_roster.h"
#include "engine/detect/scene_pay.h"
#include "engine/detect/scene_ties.h"
#include "engine/graph/words.h"

/* What somebody was from some second on. The first one holds before it too: what is unknown favours the officer. */
typedef struct {
    int64_t from; /* INT64_MIN: always */
    uint32_t unit, role, rank;
    cd_id manager; /* CD_NONE: not known */
} cd_post;

/* Whose a file was from some second on; as above. */
typedef struct {
    int64_t from;
    uint32_t unit;
} cd_holding;

typedef enum { CD_SEARCH = 1, CD_VIEW, CD_EDIT, CD_PRINT, CD_EXPORT } cd_action; /* 0: not said */

/* One row of accesses; an officer's stand by time, file and action. `reason` is filled in by cd_reasons_find. */
typedef struct {
    int64_t at;
    cd_id file;
    uint32_t row;
    uint16_t segment;
    uint8_t action, reason;
} cd_access;

typedef struct {
    cd_id officer, file;
    int64_t from, to; /* INT64_MIN, INT64_MAX: open */
} cd_assignment;

typedef struct {
    int64_t from, to;
} cd_span;

typedef struct {
    const cd_snapshot *snapshot;
    candour_store *store;
    int64_t as_of;       /* INT64_MAX: all there is */
    int64_t first, last; /* of the accesses that are in it; first > last: none */
    cd_places officers, files, associations;
    cd_words units, roles, ranks, kinds;
    /* People. */
    cd_off *post_off; /* officers.n + 1 */
    cd_post *posts;   /* by time */
    /* Files. */
    uint32_t *holder;    /* the unit that had it all along, or CD_NONE: then the holdings say when who had */
    cd_off *holding_off; /* files.n + 1 */
    cd_holding *holdings;
    uint32_t *file_kind;
    int8_t *sensitivity;      /* -1: unknown */
    int64_t *opened, *closed; /* CANDOUR_UNKNOWN: not known */
    bool *later;              /* opened, or first spoken of, on the day of the scene or after */
    /* Who opened what. */
    cd_off *access_off; /* officers.n + 1 */
    cd_access *accesses;
    /* Who was assigned to what, twice: by officer then file, and by file then officer. */
    cd_off *task_off, *team_off; /* officers.n + 1, files.n + 1 */
    cd_assignment *tasks, *teams;
    /* When each was on duty: the union of shifts and claimed hours, by time, apart from one another. */
    cd_off *duty_off; /* officers.n + 1 */
    cd_span *duty;
    /* Whom a file is about. */
    cd_off *subject_off;         /* files.n + 1 */
    cd_id *subjects;             /* associations, rising, each once */
    cd_ties ties;                /* as far as it was asked for; else zero */
    cd_complaints complaints;    /* the same */
    cd_earlier_findings earlier; /* the same */
    cd_rosters rosters;          /* the same */
    cd_pay pay;                  /* the same */
    struct cd_scene_array {
        void *at;
        size_t n, size;
    } owned[64]; /* all arrays of the scene: given back as they were taken */
    uint32_t n_owned;
    uint64_t missing; /* tables that were asked for and have no rows: bits CD_NEEDS_* */
} cd_scene;

enum {
    CD_NEEDS_ACCESSES = 1,
    CD_NEEDS_ASSIGNMENTS = 2,
    CD_NEEDS_ROSTER = 4,
    CD_NEEDS_SUBJECTS = 8,
    CD_NEEDS_LINKS = 16,
    CD_NEEDS_TIES = 32,
    CD_NEEDS_DECLARATIONS = 64,
    CD_NEEDS_COMPLAINTS = 128,
    CD_NEEDS_FINDINGS = 256,
    CD_NEEDS_PRESENCE = 512,
    CD_NEEDS_PAY = 1024,
    CD_NEEDS_FINANCE = 2048,
    CD_NEEDS_SICKNESS = 4096
};

typedef struct {
    int64_t as_of;  /* INT64_MAX: everything; rows dated at or after are invisible */
    uint64_t needs; /* CD_NEEDS_*: what is read beside accesses and what explains them, which always are */
} cd_scene_options;

/* Peak: some 24 bytes an access, 40 an assignment, 16 a shift worked, and what stays of them. */
size_t cd_scene_bytes(const cd_snapshot *s, uint64_t needs);
CD_CHECKED cd_status cd_scene_open(candour_store *store, const cd_scene_options *options, const cd_run *run,
                                   cd_scene **out, cd_err *err);
void cd_scene_close(cd_scene *s);

/* What an officer was at that second; all zero but the manager where nothing is known. */
cd_post cd_scene_post(const cd_scene *s, cd_id officer, int64_t at);
/* Whose the file was then; 0: not known. */
uint32_t cd_scene_holder(const cd_scene *s, cd_id file, int64_t at);
cd_slice cd_scene_officer(const cd_scene *s, cd_id officer);
cd_slice cd_scene_file(const cd_scene *s, cd_id file);
cd_slice cd_scene_association(const cd_scene *s, cd_id association);
/* What an officer claimed and where machines saw them, where presence was asked for. By any thread, each with a *w of
 * its own. */
CD_CHECKED cd_status cd_worked_read(const cd_scene *s, cd_id officer, cd_worked *w, cd_err *err);
void cd_worked_release(cd_worked *w);

#endif
