/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_work.h: what an officer opens in one shift. */
#ifndef LOADERS_SYNTHETIC_WORK_H
#define LOADERS_SYNTHETIC_WORK_H

#include "loaders/synthetic_duty.h"

typedef enum { SYN_SEARCH, SYN_VIEW, SYN_EDIT, SYN_PRINT, SYN_EXPORT, SYN_ACTIONS } syn_action;
typedef enum {
    SYN_NO_REASON, SYN_REFERRAL, SYN_BRIEFING, SYN_AUDITING, SYN_INTEL, SYN_DISCLOSING, SYN_SUPERVISION, SYN_COURT,
    SYN_REASONS
} syn_reason;

/* One row of accesses.csv, sixteen bytes. key: seconds since the block began, then five bits of the officer's id, so
 * that rows of one second come in no order that means anything. */
typedef struct { /* without padding: rows are compared as bytes */
    uint32_t key, officer, file; /* file: as written */
    uint16_t unit;               /* as written */
    uint8_t action, reason_and_desk; /* the reason above four bits of desk */
} syn_access;

typedef struct {
    syn_access *rows;
    size_t n, cap;
    uint32_t *cursor; /* [officer]: a hint, how many of their tasks had begun when last looked */
    uint64_t n_team, n_before_record, n_without_record;
} syn_work;

/* What may be written of a working day: the day itself, or what ran over into the next. */
typedef enum { SYN_OF_THE_DAY, SYN_CARRIED_OVER } syn_part_of_day;

/* How many sessions the officer begins on a day, if they are on duty: asked first, as it is cheap and often 0. */
uint32_t syn_work_sessions(const syn_force *f, uint32_t officer, int32_t day);
/* Appends what they open in that many sessions of a shift that they are on (not the planted acts). */
CD_CHECKED cd_status syn_work_shift(const syn_force *f, uint32_t officer, int32_t day, const syn_duty *duty,
                                    uint32_t n_sessions, syn_part_of_day which, syn_work *w, cd_err *err);
/* Appends one planted act, indistinguishable from the rest. */
void syn_work_act(const syn_force *f, const syn_act *act, syn_work *w);

/* Has the memory fetch what syn_work_shift will read of this officer. */
void syn_work_expect(const syn_force *f, uint32_t officer, const syn_work *w);

/* A file of the unit that was opened before the day, recent ones likelier; UINT32_MAX: none. */
uint32_t syn_file_of_unit(const syn_force *f, uint32_t unit, int32_t day, uint64_t random);

#endif
