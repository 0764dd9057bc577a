/* SPDX-License-Identifier: GPL-3.0-or-later
 * residue.h: what is left when every access with a reason is taken away: per officer, the distinct files that they
 * opened without one, and what is remarkable about each. All detectors of unusual access read this and nothing else of
 * accesses, so that explained work neither hides nor worsens anything. */
#ifndef CD_DETECT_RESIDUE_H
#define CD_DETECT_RESIDUE_H

#include "engine/base/civil.h"
#include "engine/detect/reasons.h"

enum {
    CD_STRAY_SENSITIVE = 1,
    CD_STRAY_OUTPUT = 2,    /* printed or exported */
    CD_STRAY_RETURNED = 4,  /* opened on another day again */
    CD_STRAY_CLOSED = 8,    /* long closed at the time */
    CD_STRAY_OFFSHIFT = 16, /* outside duty, where duty is known */
    CD_STRAY_COLLEAGUE = 32 /* about a person who is tied to another officer, where links are known */
};

/* One unexplained file of one officer. */
typedef struct {
    cd_id file;
    uint32_t rows; /* unexplained accesses to it */
    cd_off first;  /* the first of them, in scene->accesses */
    uint16_t marks;
    uint16_t month; /* of the first of them, from cd_residue.first_month */
    uint32_t days;  /* on which there were any */
    int64_t until;  /* when the last of them was */
} cd_stray;

typedef struct {
    cd_off *off;      /* officers.n + 1 */
    cd_stray *strays; /* of an officer by time of the first access */
    uint32_t *role;   /* per officer: the role held last */
    uint32_t *rank;   /* per officer: the rank held last */
    uint32_t *unit;   /* per officer: the unit served in last */
    bool *works;      /* per officer: opened any file in the window */
    uint32_t *owner;  /* per file: the unit that has it last */
    uint32_t person;  /* what scene->ties.kinds calls a person; 0: links were not read */
    int64_t since;
    int32_t first_month; /* months since 1970 */
    uint32_t n_months;
} cd_residue;

/* since: accesses before it are learnt from, and count for nothing else; INT64_MIN: none are. */
CD_CHECKED cd_status cd_residue_make(const cd_reasons *r, int64_t since, const cd_policy *policy, const cd_run *run,
                                     cd_residue *out, cd_err *err);
void cd_residue_release(cd_residue *r);

/* Days since 1970 of a time, UTC. */
int64_t cd_day_of(int64_t at);

#endif
