/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_work.c: what an officer opens in one shift.
 *
 * A shift has some sessions; a session is a few rows on one file. Most files come from what the officer is assigned to,
 * by how hot they are that day; the rest from the unit, from units that files are referred to and from, from operations
 * that everyone follows, and, seldom, from nowhere. Cost: one pass over the tasks of the last 120 days a shift. */
#include "loaders/synthetic_cases.h"
#include "loaders/synthetic_work.h"

enum { TASKS_MAX = 96, TASK_DAYS = 120, SESSIONS_MAX = 512, ROWS_A_SESSION_MAX = 4, POPULAR_DAYS = 14 };

/* Busy and idle shifts: the mean is 256. Rows of a session: the mean is 1.5. */
static const uint16_t busyness[16] = {20, 60, 95, 125, 150, 175, 200, 225, 250, 275, 300, 335, 375, 425, 500, 586};
static const uint8_t session_rows[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, ROWS_A_SESSION_MAX};

/* What one shift's sessions share. */
typedef struct {
    const syn_force *f;
    const syn_officer *o;
    const syn_duty *duty;
    const syn_unit *unit;
    uint32_t officer, lo;
    syn_role role;
    int32_t day;
    bool tasks_known;
    uint32_t n_tasks, heat;
    const syn_task *task[TASKS_MAX];
    uint32_t up_to[TASKS_MAX]; /* heat of the tasks so far: picking by weight is a search here */
} shift;

/* Days are mostly asked for in order, so the search for the last task begun starts where the one before it ended. */
static void tasks_find(shift *s, uint32_t *cursor)
{
    const syn_task *tasks = s->f->tasks + s->f->first_task[s->officer];
    uint32_t n = (uint32_t)(s->f->first_task[s->officer + 1] - s->f->first_task[s->officer]), k = *cursor;
    int32_t end = (s->day + 1) * SYN_DAY_SECONDS, begin = (s->day - TASK_DAYS) * SYN_DAY_SECONDS;
    while (k < n && tasks[k].from < end) k++;
    while (k > 0 && tasks[k - 1].from >= end) k--;
    *cursor = k;
    s->tasks_known = true;
    while (k-- > 0 && tasks[k].from >= begin && s->n_tasks < TASKS_MAX) {
        uint32_t heat = syn_heat(&tasks[k], s->day);
        if (heat == 0) continue;
        s->task[s->n_tasks] = &tasks[k];
        s->up_to[s->n_tasks++] = s->heat += heat;
    }
}

static const syn_task *task_pick(shift *s, int64_t now, uint64_t random, uint32_t *cursor)
{
    if (!s->tasks_known) tasks_find(s, cursor);
    if (s->n_tasks == 0) return NULL;
    uint32_t wanted = (uint32_t)((random & 0xffffffff) * s->heat >> 32), k = 0;
    while (s->up_to[k] <= wanted) k++;
    return s->task[k]->from <= now ? s->task[k] : NULL;
}

uint32_t syn_file_of_unit(const syn_force *f, uint32_t unit, int32_t day, uint64_t random)
{
    /* Some files are looked into far more than others: half the time the choice falls back to the next eighth, 32nd or
     * 128th file before it, which gives the number of people in a file its long tail. */
    static const uint32_t notable[8] = {0, 0, 0, 0, 7, 7, 31, 127};
    uint32_t n = f->opened_before[(size_t)day * f->n_units + unit];
    if (n == 0) return UINT32_MAX;
    return f->units[unit].first_case + ((n - 1 - syn_skewed(random, n)) & ~notable[random >> 28 & 7]);
}

static uint32_t hub_pick(const shift *s, int64_t now, uint64_t random)
{
    const syn_force *f = s->f;
    if (s->day >= f->popular_day && s->day < f->popular_day + POPULAR_DAYS && random & 1 &&
        f->cases[f->popular].opened <= now)
        return f->popular;
    uint32_t hub = f->hubs[syn_skewed(random, f->n_hubs)];
    return f->cases[hub].opened <= now ? hub : UINT32_MAX;
}

static uint32_t file_pick(const shift *s, syn_way way, int64_t now, cd_random *r)
{
    static const uint8_t relations[16] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5};
    const syn_force *f = s->f;
    uint64_t random = cd_random_u64(r);
    uint32_t unit = s->duty->unit, file = UINT32_MAX;
    if (way == SYN_HUB) return hub_pick(s, now, random);
    for (int tries = 0; tries < 3; tries++, random = cd_random_u64(r)) {
        if (way == SYN_RELATED_UNIT) unit = s->unit->related[relations[random & 15]];
        else if (way >= SYN_STRAY) unit = (uint32_t)((random & 0xffffff) * f->n_units >> 24);
        file = syn_file_of_unit(f, unit, s->day, random);
        if (file == UINT32_MAX) break;
        /* Those with no part in a restricted file mostly stay out of it. */
        uint32_t shy = (f->case_brief[file] >> SYN_BRIEF_BITS) * 5;
        if (way == SYN_AUDIT || (random >> 24 & 15) >= shy) break;
    }
    return file;
}

static syn_reason reason_pick(const shift *s, syn_way way, uint32_t random)
{
    uint32_t percent = (random & 0xffff) * 100 >> 16;
    switch (way) {
    case SYN_AUDIT: return percent < 96 ? SYN_AUDITING : SYN_NO_REASON;
    case SYN_HUB: return percent < 45 ? SYN_BRIEFING : SYN_NO_REASON;
    case SYN_RELATED_UNIT:
        if (s->role == SYN_INTELLIGENCE) return percent < 70 ? SYN_INTEL : SYN_NO_REASON;
        if (s->role == SYN_DISCLOSURE) return percent < 80 ? SYN_DISCLOSING : SYN_NO_REASON;
        return percent < 30 ? SYN_REFERRAL : percent < 38 ? SYN_INTEL : SYN_NO_REASON;
    case SYN_STRAY:
        if (s->role == SYN_INTELLIGENCE) return percent < 75 ? SYN_INTEL : SYN_NO_REASON;
        return percent < 12 ? SYN_INTEL : SYN_NO_REASON;
    default:
        if (syn_is_senior(s->o->rank) || s->o->rank == SYN_INSPECTOR)
            return percent < 40 ? SYN_SUPERVISION : SYN_NO_REASON;
        return percent < 2 ? SYN_COURT : percent < 5 ? SYN_SUPERVISION : SYN_NO_REASON;
    }
}

static syn_action action_pick(syn_way way, uint32_t row, uint32_t random)
{
    uint32_t percent = (random & 0xffff) * 100 >> 16;
    if (row == 0) return percent < (way == SYN_OWN_TEAM ? 8 : 22) ? SYN_SEARCH : SYN_VIEW;
    if (percent < (way == SYN_OWN_TEAM ? 45 : 8)) return SYN_EDIT;
    return percent >= 97 ? SYN_EXPORT : percent >= 92 ? SYN_PRINT : SYN_VIEW;
}

/* A second of the shift, likelier in the middle; one session in 128 begins before or after it, but not at night. */
static int32_t moment_pick(const syn_duty *d, uint64_t random)
{
    uint32_t span = (uint32_t)(d->worked_to - d->starts) - 1800;
    if ((random >> 32 & 127) == 0 && d->slot != SYN_NIGHT) {
        uint32_t away = (uint32_t)((random & 0xffff) * 4500 >> 16) + 60;
        bool before = random >> 39 & 1 && d->slot != SYN_EARLY;
        return before ? d->starts - (int32_t)away : d->worked_to + (int32_t)away;
    }
    return d->starts + 120 + (int32_t)(((random & 0xffff) + (random >> 16 & 0xffff)) * span >> 17);
}

static void row_add(const shift *s, uint32_t at, uint32_t id, syn_action action, syn_reason reason, uint32_t desk,
                    syn_work *w)
{
    w->rows[w->n++] = (syn_access){.key = (at - s->lo) << 5 | (s->o->id & 31), .officer = s->officer,
                                   .file = id, .unit = s->unit->number,
                                   .action = (uint8_t)action,
                                   .reason_and_desk = (uint8_t)((uint32_t)reason << 4 | desk)};
}

/* Three days in four at their own desk. */
static uint32_t desk_pick(const syn_officer *o, uint64_t bits)
{
    return (bits >> 8 & 3) ? (o->id + o->phase) % 12 : (uint32_t)(bits >> 16 & 0xff) % 12;
}

static syn_way way_pick(const syn_role_facts *role, uint32_t byte)
{
    uint32_t percent = byte * 100 >> 8, way = 0;
    while (way < SYN_AUDIT && percent >= role->mix[way]) percent -= role->mix[way++];
    return (syn_way)way;
}

static void session_make(shift *s, cd_random *r, uint32_t desk, syn_work *w)
{
    uint64_t bits = cd_random_u64(r);
    int32_t at = moment_pick(s->duty, bits);
    int64_t now = (int64_t)s->day * SYN_DAY_SECONDS + at;
    syn_way way = way_pick(&syn_roles[s->role], bits >> 48 & 255);
    uint32_t n_rows = session_rows[bits >> 60], id = UINT32_MAX;
    int64_t recorded = INT64_MIN;

    bits = cd_random_u64(r);
    if (way == SYN_OWN_TEAM) {
        const syn_task *t = task_pick(s, now, bits, &w->cursor[s->officer]);
        if (t) id = t->id, recorded = t->recorded;
        else way = SYN_OWN_UNIT;
    }
    if (way != SYN_OWN_TEAM) {
        uint32_t file = file_pick(s, way, now, r);
        if (file == UINT32_MAX) return;
        id = s->f->case_brief[file] & ((1u << SYN_BRIEF_BITS) - 1);
    }
    syn_reason reason = reason_pick(s, way, (uint32_t)(bits >> 32));
    for (uint32_t row = 0; row < n_rows; row++) {
        if (row > 0) bits = cd_random_u64(r), at += 15 + (int32_t)syn_skewed(bits << 16, 400);
        if (at < (int32_t)s->lo || at >= (int32_t)s->lo + SYN_DAY_SECONDS) continue;
        row_add(s, (uint32_t)at, id, action_pick(way, row, (uint32_t)(bits >> 40)), reason, desk, w);
        w->n_team += way == SYN_OWN_TEAM;
        w->n_without_record += recorded == INT32_MAX;
        w->n_before_record += recorded != INT32_MAX && (int64_t)s->day * SYN_DAY_SECONDS + at < recorded;
    }
}

uint32_t syn_work_sessions(const syn_force *f, uint32_t officer, int32_t day)
{
    uint64_t bits = syn_draw(&f->work[day], officer);
    uint64_t sessions = (uint64_t)f->officers[officer].rate * busyness[bits & 15] >> 8;
    uint32_t n = (uint32_t)(sessions >> 16) + ((sessions & 0xffff) > (bits >> 48));
    return n < SESSIONS_MAX ? n : SESSIONS_MAX;
}

cd_status syn_work_shift(const syn_force *f, uint32_t officer, int32_t day, const syn_duty *duty, uint32_t n_sessions,
                         syn_part_of_day which, syn_work *w, cd_err *err)
{
    const syn_officer *o = &f->officers[officer];
    uint64_t bits = syn_draw(&f->work[day], officer);
    cd_random r = {.key = bits, .draw = 0};
    size_t room = w->n + (size_t)n_sessions * ROWS_A_SESSION_MAX;
    if (room > w->cap) {
        cd_status st = cd_grow(&w->rows, &w->cap, room, sizeof *w->rows, err);
        if (st != CD_OK) return st;
    }
    shift s;
    s.f = f, s.o = o, s.duty = duty, s.unit = &f->units[duty->unit], s.officer = officer, s.day = day;
    s.role = syn_role_of(f, o, day);
    s.lo = SYN_DAY_BREAKS + (which == SYN_CARRIED_OVER ? SYN_DAY_SECONDS : 0);
    s.tasks_known = false, s.n_tasks = 0, s.heat = 0;
    uint32_t desk = desk_pick(o, bits);
    while (n_sessions-- > 0) session_make(&s, &r, desk, w);
    return CD_OK;
}

void syn_work_expect(const syn_force *f, uint32_t officer, const syn_work *w)
{
    uintptr_t end = (uintptr_t)(f->tasks + f->first_task[officer] + w->cursor[officer]);
    for (uintptr_t line = 0; line < 4; line++) __builtin_prefetch((const void *)(end + 16 - 64 * line));
}

void syn_work_act(const syn_force *f, const syn_act *act, syn_work *w)
{
    const syn_officer *o = &f->officers[act->officer];
    shift s = {.f = f, .o = o, .unit = syn_unit_of(f, o, act->day), .officer = act->officer, .lo = SYN_DAY_BREAKS};
    row_add(&s, (uint32_t)act->at, f->cases[act->file].id, (syn_action)act->action, (syn_reason)act->reason,
            desk_pick(o, syn_draw(&f->work[act->day], act->officer)), w);
}
