/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_duty.c: who is at work on a day: shift patterns, leave, sickness, training, overtime, home working.
 *
 * Two draws decide everything about an officer's day: one for the day, one for the season that it lies in (the stretch
 * of leave and the spell of sickness that each season may hold), so a day costs the same wherever it lies. */
#include "loaders/synthetic_duty.h"

static const int32_t slot_starts[SYN_SLOTS] = {7 * 3600, 14 * 3600, 21 * 3600, 8 * 3600};
static const int32_t slot_ends[SYN_SLOTS] = {16 * 3600, 23 * 3600, 30 * 3600, 16 * 3600};
/* Quarter hours of one overtime claim, and days of one spell of sickness: long tails, sixteen equally likely values. */
static const uint8_t overtime_quarters[16] = {2, 2, 3, 4, 4, 4, 4, 5, 6, 6, 8, 8, 8, 10, 12, 16};
static const uint8_t sickness_days[16] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 5, 7, 10, 18};
/* The golden ratio of 2^32: the multiples of it fall evenly over any stretch of days, so a share holds in a short
 * period too. */
static const uint32_t GOLDEN = 2654435769u;
static const uint32_t FALSE_CLAIMS = 150323855;         /* 3.5 % of days, of 2^32: beside honest claims on
                                                           17.5 %, one in six */
static const uint32_t HONEST_CLAIMS_OF_SCHEMERS = 45;   /* of 256: 17.5 % of shifts */

int32_t syn_slot_starts(const syn_unit *u, syn_slot slot) { return slot_starts[slot] - u->offset; }
int32_t syn_slot_ends(const syn_unit *u, syn_slot slot) { return slot_ends[slot] - u->offset; }

bool syn_slot_exists(syn_pattern pattern, syn_slot slot)
{
    if (pattern == SYN_AROUND_THE_CLOCK) return slot != SYN_DAY;
    if (pattern == SYN_TWO_TURNS) return slot == SYN_EARLY || slot == SYN_LATE;
    return slot == SYN_DAY;
}

/* The slot that the pattern has for a squad on a day; SYN_SLOTS: a rest day. */
static syn_slot slot_of(const syn_force *f, syn_pattern pattern, uint32_t squad, int32_t day)
{
    static const uint8_t cycle[10] = {SYN_EARLY, SYN_EARLY, SYN_LATE,  SYN_LATE,  SYN_NIGHT,
                                      SYN_NIGHT, SYN_SLOTS, SYN_SLOTS, SYN_SLOTS, SYN_SLOTS};
    if (pattern == SYN_AROUND_THE_CLOCK) return cycle[((uint32_t)day + 2 * squad) % 10];
    int64_t since_monday = f->start / SYN_DAY_SECONDS + 3 + day; /* 1970-01-01 was a Thursday */
    uint32_t weekday = (uint32_t)(since_monday % 7), week = (uint32_t)(since_monday / 7);
    if (pattern == SYN_OFFICE_HOURS) return weekday < 5 ? SYN_DAY : SYN_SLOTS;
    if (weekday < 5) return (week + squad) % 2 ? SYN_LATE : SYN_EARLY;
    return week % SYN_SQUADS == squad ? SYN_EARLY : SYN_SLOTS;
}

bool syn_has_night(const syn_force *f, const syn_officer *o, int32_t day)
{
    return slot_of(f, syn_roles[syn_unit_of(f, o, day)->role].pattern, o->squad, day) == SYN_NIGHT;
}

/* Of a day that the pattern has as work: SYN_OFF on leave, SYN_SICK, or SYN_AT_WORK. */
static syn_state season_says(const syn_force *f, const syn_officer *o, uint32_t officer, int32_t day)
{
    uint32_t within = (uint32_t)day % SYN_SEASON_DAYS;
    uint64_t bits = syn_draw(&f->seasons[(uint32_t)day / SYN_SEASON_DAYS], officer);
    uint32_t leave_from = (uint32_t)(bits & 63) % 53, leave = 5 + (uint32_t)(bits >> 6 & 3);
    uint32_t sick_from = (uint32_t)(bits >> 24 & 255) % SYN_SEASON_DAYS, sick = sickness_days[bits >> 32 & 15];
    if (within >= leave_from && within < leave_from + leave) return SYN_OFF;
    if ((bits >> 16 & 255) < 90 && within >= sick_from && within < sick_from + sick) return SYN_SICK;
    if (o->scheme == SYNTHETIC_CARER) { /* two months in which half the stretches of four days are lost */
        int32_t since = f->plants.at[o->plant].since;
        if (day >= since && day < since + 60 && (cd_mix64(o->phase + (uint64_t)(day / 4)) & 1)) return SYN_SICK;
    }
    return SYN_AT_WORK;
}

static void mode_choose(const syn_officer *o, const syn_role_facts *role, int32_t day, uint64_t bits, syn_duty *d)
{
    uint32_t percent = (uint32_t)(bits & 0xffff) * 100 >> 16;
    if (syn_is_senior(o->rank)) {
        bool in_office = (uint32_t)day * GOLDEN + o->phase < o->office;
        d->mode = in_office ? SYN_OFFICE : SYN_REMOTE;
        if (!in_office && o->scheme == SYNTHETIC_ABSENTEE && percent < 70) {
            d->mode = SYN_OFFICE;
            d->not_at_office = true;
        }
        return;
    }
    if (percent < role->field) d->mode = SYN_FIELD;
    else if (percent < (uint32_t)role->field + role->remote) d->mode = SYN_REMOTE;
    else d->mode = SYN_OFFICE;
}

static void overtime_choose(const syn_force *f, const syn_officer *o, int32_t day, uint64_t bits, syn_duty *d)
{
    uint32_t chance = o->overtime;
    if (syn_is_senior(o->rank)) return;
    if (o->scheme == SYNTHETIC_OVERTIME && day >= f->plants.at[o->plant].since) {
        /* Those who arrange it between them have one phase, and so the same days. */
        d->false_overtime = (uint32_t)day * GOLDEN + o->phase < FALSE_CLAIMS;
        chance = d->false_overtime ? 256 : HONEST_CLAIMS_OF_SCHEMERS;
    }
    if ((bits >> 16 & 255) < chance) d->overtime = overtime_quarters[bits >> 24 & 15];
}

syn_duty syn_duty_of(const syn_force *f, uint32_t officer, int32_t day)
{
    const syn_officer *o = &f->officers[officer];
    syn_duty d = {.state = SYN_OFF};
    if (!syn_serves(o, day)) return d;
    d.unit = day >= o->moved ? o->unit_after : o->unit;
    const syn_unit *u = &f->units[d.unit];
    const syn_role_facts *role = &syn_roles[u->role];
    syn_slot slot = slot_of(f, syn_is_senior(o->rank) ? SYN_OFFICE_HOURS : role->pattern, o->squad, day);
    uint64_t bits = syn_draw(&f->duty[day], officer);
    if (slot == SYN_SLOTS) {
        /* One rest day in 120 is worked, in the early slot, unless the unit keeps office hours. */
        if ((bits >> 40 & 0xffff) >= 546 || role->pattern == SYN_OFFICE_HOURS || syn_is_senior(o->rank)) return d;
        slot = SYN_EARLY, d.rest_day = true;
    }
    d.state = (uint8_t)season_says(f, o, officer, day);
    if (d.state != SYN_AT_WORK) return d;
    d.slot = (uint8_t)slot;
    d.starts = syn_slot_starts(u, slot), d.ends = syn_slot_ends(u, slot);
    d.training = !d.rest_day && (bits >> 56) < 5;
    if (d.training) d.mode = SYN_OFFICE;
    else mode_choose(o, role, day, bits, &d);
    if (d.rest_day) d.overtime = (uint8_t)((d.ends - d.starts) / 900);
    else if (!d.training && d.mode != SYN_REMOTE) overtime_choose(f, o, day, bits, &d);
    d.worked_to = d.ends + (d.rest_day || d.false_overtime ? 0 : 900 * d.overtime);
    return d;
}
