/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_duty.h: who is at work on a day, from when to when, and as what: a pure function of officer and day. */
#ifndef LOADERS_SYNTHETIC_DUTY_H
#define LOADERS_SYNTHETIC_DUTY_H

#include "loaders/synthetic_force.h"

typedef enum { SYN_OFF, SYN_SICK, SYN_AT_WORK } syn_state;
typedef enum { SYN_EARLY, SYN_LATE, SYN_NIGHT, SYN_DAY, SYN_SLOTS } syn_slot;
typedef enum { SYN_OFFICE, SYN_FIELD, SYN_REMOTE } syn_mode;

typedef struct {
    uint8_t state, slot;
    uint8_t mode;         /* as claimed */
    uint8_t overtime;     /* quarter hours claimed: after the shift, or on a rest day the shift itself */
    bool false_overtime;  /* claimed, and not worked */
    bool not_at_office;   /* the office was claimed, home it was */
    bool training;        /* at the training centre instead of the usual site */
    bool rest_day;
    uint32_t unit;
    int32_t starts, ends, worked_to; /* at: the shift as rostered, and the true end of work */
} syn_duty;

/* Seconds before and after the usual hours that a unit's slot has. */
int32_t syn_slot_starts(const syn_unit *u, syn_slot slot);
int32_t syn_slot_ends(const syn_unit *u, syn_slot slot);
/* Whether units of the pattern have such a slot at all. */
bool syn_slot_exists(syn_pattern pattern, syn_slot slot);

/* Whether the squad's pattern has a night on that day; whether anybody works it, syn_duty_of says. */
bool syn_has_night(const syn_force *f, const syn_officer *o, int32_t day);

syn_duty syn_duty_of(const syn_force *f, uint32_t officer, int32_t day);

#endif
