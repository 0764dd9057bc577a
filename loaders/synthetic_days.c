/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_days.c: the files that grow by the day: accesses, roster, presence, shifts.
 *
 * A block of accesses is a working day, made by one thread: who is on duty, what each of them opens, sorted by time.
 * Its size is known before a row is formatted, so that rows go to the file while they are in the processor's cache.
 * What is held is a day's worth a thread, whatever the length of the period. */
#include "loaders/synthetic_days.h"
#include "loaders/synthetic_work.h"

enum { ROSTER, PRESENCE, SHIFTS }; /* the files of the first pass */
enum {
    RADIX_BITS = 11,
    RADIX = 1 << RADIX_BITS,
    TRAINING_CENTRE = 0,
    PEOPLE_A_BLOCK = 4096,
    PEOPLE_AT_ONCE = 32,
    ROW_MAX = 80
};

/* What one thread holds. */
typedef struct {
    syn_work work;
    syn_access *spare; /* the other side of the sort */
    size_t spare_cap;
    size_t written;    /* rows of the block that are formatted */
} lane;

typedef struct {
    syn_force *f;
    lane *lanes;
    uint32_t n_parts; /* blocks of people a day */
} days;

static uint32_t scrambled(uint32_t x)
{
    x *= 0x9e3779b1u;
    x = (x ^ x >> 15) * 0x85ebca6bu;
    return x >> 13;
}

/* A permutation of [0, n) without a table: a Feistel network over the next power of two, walked until it falls below n
 * (twice at most, on average). */
static uint32_t permuted(uint64_t key, uint32_t n, uint32_t x)
{
    uint32_t bits = 2;
    while (bits < 32 && 1ull << bits < n) bits++;
    uint32_t low = bits / 2, low_mask = (1u << low) - 1, high_mask = (1u << (bits - low)) - 1;
    do {
        uint32_t left = x >> low, right = x & low_mask;
        for (uint32_t round = 0; round < 3; round++) {
            left ^= scrambled(right + (uint32_t)(key >> 8 * round)) & high_mask;
            right ^= scrambled(left + (uint32_t)(key >> (8 * round + 32))) & low_mask;
        }
        x = left << low | right;
    } while (x >= n);
    return x;
}

/* ---- Shifts and roster ---- */

static const syn_word modes[] = {{",office,", 8}, {",field,", 7}, {",remote,", 8}};

/* A unit's shifts of one day, as written; kept from one officer to the next, who is mostly of the same unit. */
typedef struct {
    uint32_t unit, id[SYN_SLOTS];
} unit_shifts;

static void shifts_number(const syn_force *f, int32_t day, uint32_t unit, unit_shifts *s)
{
    uint32_t n = f->n_days * f->n_units * SYN_SLOTS, first = ((uint32_t)day * f->n_units + unit) * SYN_SLOTS;
    s->unit = unit;
    for (uint32_t slot = 0; slot < SYN_SLOTS; slot++) s->id[slot] = 1 + permuted(f->seed ^ 0x51f15e5, n, first + slot);
}

static void shifts_write(const syn_force *f, int32_t day, syn_text *t)
{
    int64_t midnight = (int64_t)day * SYN_DAY_SECONDS;
    unit_shifts shifts;
    char *p = t->end;
    for (uint32_t u = 0; u < f->n_units; u++) {
        const syn_unit *unit = &f->units[u];
        shifts_number(f, day, u, &shifts);
        for (uint32_t slot = 0; slot < SYN_SLOTS; slot++) {
            /* Seniors keep office hours whatever their unit does. */
            if (!syn_slot_exists(syn_roles[unit->role].pattern, (syn_slot)slot) && slot != SYN_DAY) continue;
            p = syn_put8(syn_put_char(p, 'S'), shifts.id[slot]);
            p = syn_put4(syn_put_text(p, ",U"), unit->number);
            p = syn_put_char(syn_put4(syn_put_text(p, ",S"), unit->site), ',');
            p = syn_put_char(syn_put_time(f, p, midnight + syn_slot_starts(unit, (syn_slot)slot)), ',');
            p = syn_put_char(syn_put_time(f, p, midnight + syn_slot_ends(unit, (syn_slot)slot)), '\n');
            t->rows++;
        }
    }
    t->end = p;
}

static char *quarters_put(char *p, uint32_t quarters)
{
    static const syn_word fractions[4] = {{"", 0}, {".25", 3}, {".5", 2}, {".75", 3}};
    return syn_put_word(syn_put_number(p, quarters / 4), &fractions[quarters % 4]);
}

static char *roster_row(const syn_force *f, char *p, uint32_t officer, int32_t day, const syn_duty *d, uint32_t shift)
{
    int64_t midnight = (int64_t)day * SYN_DAY_SECONDS;
    int32_t to = d->ends + (d->rest_day ? 0 : 900 * d->overtime);
    memcpy(p, f->officer_text[officer], 8);
    p = syn_put8(syn_put_char(p + 8, 'S'), shift);
    p = syn_put_word(p, &modes[d->mode]);
    p = syn_put_char(syn_put_time(f, p, midnight + d->starts), ',');
    p = syn_put_char(syn_put_time(f, p, midnight + to), ',');
    return syn_put_char(quarters_put(p, d->overtime), '\n');
}

/* ---- Presence ---- */

typedef enum { BADGE, LOGIN, RADIO } sight;

static char *sight_row(const syn_force *f, char *p, uint32_t officer, int32_t day, const uint16_t *site, int32_t from,
                       int32_t to, sight source)
{
    static const syn_word sources[] = {{",badge\n", 7}, {",login\n", 7}, {",radio\n", 7}};
    static const syn_word remote = {"REMOTE,", 7};
    int64_t midnight = (int64_t)day * SYN_DAY_SECONDS;
    memcpy(p, f->officer_text[officer], 8);
    p += 8;
    if (site) p = syn_put_char(syn_put4(syn_put_char(p, 'S'), *site), ',');
    else p = syn_put_word(p, &remote);
    p = syn_put_char(syn_put_time(f, p, midnight + from), ',');
    if (to != INT32_MAX) p = syn_put_time(f, p, midnight + to);
    return syn_put_word(p, &sources[source]);
}

/* Swipes missed at a site, of 1024: from 1 to 9 per cent. */
static uint32_t missed_at(const syn_force *f, uint16_t site)
{
    return 10 + (uint32_t)(cd_mix64(f->seed ^ (site + 77u)) % 82);
}

/* A day in the office: a badge; where its swipe was missed, mostly the login of a desk; neither, now and then. */
static char *office_sight(const syn_force *f, char *p, uint32_t officer, int32_t day, const syn_duty *d, uint64_t bits,
                          syn_text *t)
{
    uint16_t site = d->training ? TRAINING_CENTRE : f->units[d->unit].site;
    int32_t from = d->starts - 1200 + (int32_t)(bits & 0xffff) % 1500;
    int32_t to = d->worked_to - 180 + (int32_t)(bits >> 16 & 0xffff) % 1000;
    bool missed = (bits >> 32 & 1023) < missed_at(f, site);
    if (missed && (bits >> 42 & 3) == 0) return p;
    t->rows++;
    if (missed) return sight_row(f, p, officer, day, &site, from + 240 + (int32_t)(bits >> 44 & 511), to - 200, LOGIN);
    /* Some leave by another door: the end is not known, or it is that of the shift when overtime was worked. */
    if ((bits >> 44 & 63) == 0) to = INT32_MAX;
    else if (d->worked_to > d->ends && (bits >> 50 & 63) == 0) to -= d->worked_to - d->ends;
    return sight_row(f, p, officer, day, &site, from, to, BADGE);
}

static char *duty_sight(const syn_force *f, char *p, uint32_t officer, int32_t day, const syn_duty *d, uint64_t bits,
                        syn_text *t)
{
    uint16_t site = f->units[d->unit].site;
    int32_t from = d->starts - 900 + (int32_t)(bits & 0xffff) % 1500, to;
    if (d->mode == SYN_OFFICE && !d->not_at_office) return office_sight(f, p, officer, day, d, bits, t);
    if (d->mode != SYN_FIELD) { /* at home, whatever was claimed */
        if ((bits >> 32 & 15) < (d->not_at_office ? 3 : 1)) return p;
        t->rows++;
        return sight_row(f, p, officer, day, NULL, from + 600,
                         d->worked_to - 900 + (int32_t)(bits >> 16 & 0xffff) % 1500, LOGIN);
    }
    if ((bits >> 32 & 1023) >= missed_at(f, site)) {
        to = d->starts + 1200 + (int32_t)(bits >> 42 & 2047);
        p = sight_row(f, p, officer, day, &site, from, to, BADGE);
        t->rows++;
    }
    if ((bits >> 53 & 63) == 0) return p; /* a set that was not switched on */
    t->rows++;
    to = d->worked_to - 600 + (int32_t)(bits >> 16 & 0xffff) % 1100;
    return sight_row(f, p, officer, day, &site, d->starts + 420 + (int32_t)(bits & 0xffff) % 1200, to, RADIO);
}

/* One free day in 256 somebody is seen at their own site: to train, to fetch something. No business of ours. */
static char *free_sight(const syn_force *f, char *p, uint32_t officer, int32_t day, uint64_t bits, syn_text *t)
{
    const syn_officer *o = &f->officers[officer];
    if ((bits >> 56) != 0 || !syn_serves(o, day)) return p;
    int32_t from = 9 * 3600 + (int32_t)(bits & 0x7fff);
    t->rows++;
    return sight_row(f, p, officer, day, &syn_unit_of(f, o, day)->site, from, from + 900 + (int32_t)(bits >> 16 & 4095),
                     BADGE);
}

/* ---- Accesses ---- */

static const syn_word actions[SYN_ACTIONS] = {
    {",search,T", 9}, {",view,T", 7}, {",edit,T", 7}, {",print,T", 8}, {",export,T", 9}};
static const syn_word reasons[SYN_REASONS] = {
    {",\n", 2}, {",referral\n", 10}, {",briefing\n", 10}, {",audit\n", 7}, {",intel_check\n", 13},
    {",disclosure\n", 12}, {",supervision\n", 13}, {",court\n", 7}};
/* "P000001," "C00000001," "2025-01-01T07:30:00" ",view,T" "000001" ",audit\n": all but two words have one length. */
enum { FIXED_BYTES = 8 + 10 + 19 + 6 };

/* By key, in two passes of eleven bits; rows of equal key keep their order. Rows are sets, so one that is there twice
 * (somebody busy in one file, twice in a second) goes. Says how many bytes they will be. */
static cd_status rows_sort(lane *l, uint64_t *bytes, cd_err *err)
{
    uint32_t low[RADIX] = {0}, high[RADIX] = {0};
    syn_access *rows = l->work.rows;
    size_t n = l->work.n;
    cd_status st = cd_grow(&l->spare, &l->spare_cap, n, sizeof *l->spare, err);
    if (st != CD_OK) return st;
    for (size_t i = 0; i < n; i++) low[rows[i].key & (RADIX - 1)]++, high[rows[i].key >> RADIX_BITS]++;
    for (uint32_t k = 0, sum_low = 0, sum_high = 0; k < RADIX; k++) {
        uint32_t n_low = low[k], n_high = high[k];
        low[k] = sum_low, high[k] = sum_high;
        sum_low += n_low, sum_high += n_high;
    }
    for (size_t i = 0; i < n; i++) l->spare[low[rows[i].key & (RADIX - 1)]++] = rows[i];
    for (size_t i = 0; i < n; i++) rows[high[l->spare[i].key >> RADIX_BITS]++] = l->spare[i];
    l->work.n = 0;
    *bytes = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && memcmp(&rows[i], &rows[l->work.n - 1], sizeof *rows) == 0) continue;
        rows[l->work.n++] = rows[i];
        *bytes += (uint64_t)FIXED_BYTES + actions[rows[i].action].n + reasons[rows[i].reason_and_desk >> 4].n;
    }
    return CD_OK;
}

/* What those of the night before, kept on for overtime, still open. */
static cd_status carried_make(const syn_force *f, uint32_t first, uint32_t end, int32_t day, syn_work *w, cd_err *err)
{
    for (uint32_t i = first; i < end; i++) {
        uint32_t n = syn_has_night(f, &f->officers[i], day) ? syn_work_sessions(f, i, day) : 0;
        if (n == 0) continue;
        syn_duty d = syn_duty_of(f, i, day);
        if (d.state != SYN_AT_WORK || d.slot != SYN_NIGHT || d.worked_to <= SYN_DAY_BREAKS + SYN_DAY_SECONDS) continue;
        cd_status st = syn_work_shift(f, i, day, &d, n, SYN_CARRIED_OVER, w, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

/* A few officers at a time: first who works, so that their tasks are on the way when they are looked at. */
static cd_status worked_make(const syn_force *f, uint32_t first, uint32_t end, int32_t day, syn_work *w, cd_err *err)
{
    struct {
        uint32_t officer, n_sessions;
        syn_duty duty;
    } at_work[PEOPLE_AT_ONCE];
    uint32_t n = 0;
    for (uint32_t i = first; i < end; i++) {
        at_work[n].n_sessions = syn_work_sessions(f, i, day);
        if (at_work[n].n_sessions == 0) continue;
        at_work[n].officer = i;
        at_work[n].duty = syn_duty_of(f, i, day);
        if (at_work[n].duty.state != SYN_AT_WORK) continue;
        syn_work_expect(f, i, w);
        n++;
    }
    for (uint32_t k = 0; k < n; k++) {
        cd_status st =
            syn_work_shift(f, at_work[k].officer, day, &at_work[k].duty, at_work[k].n_sessions, SYN_OF_THE_DAY, w, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

/* The planted acts come last: the order of a second's rows is that of the officers' ids, before that of arrival. */
static cd_status accesses_make(const syn_force *f, int32_t day, syn_work *w, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t first = 0; first < f->n_officers; first += PEOPLE_AT_ONCE) {
        uint32_t end = first + PEOPLE_AT_ONCE < f->n_officers ? first + PEOPLE_AT_ONCE : f->n_officers;
        if (day > 0) CD_TRY(carried_make(f, first, end, day - 1, w, err));
        if (day < (int32_t)f->n_days) CD_TRY(worked_make(f, first, end, day, w, err));
    }
    if (day == (int32_t)f->n_days) return CD_OK;
    CD_TRY(cd_grow(&w->rows, &w->cap, w->n + f->first_act[day + 1] - f->first_act[day], sizeof *w->rows, err));
    for (uint32_t a = f->first_act[day]; a < f->first_act[day + 1]; a++) syn_work_act(f, &f->acts.at[a], w);
done:
    return st;
}

static cd_status accesses_block(void *context, uint32_t lane_number, uint64_t block, syn_text *texts, cd_err *err)
{
    days *all = context;
    lane *l = &all->lanes[lane_number];
    cd_status st = CD_OK;
    l->work.n = l->written = 0;
    CD_TRY(accesses_make(all->f, (int32_t)block, &l->work, err));
    CD_TRY(rows_sort(l, &texts[0].promised, err));
    texts[0].rows = l->work.n;
done:
    return st;
}

static cd_status accesses_more(void *context, uint32_t lane_number, uint64_t block, syn_text *t, cd_err *err)
{
    const days *all = context;
    const syn_force *f = all->f;
    lane *l = &all->lanes[lane_number];
    size_t end = l->written + SYN_PART_BYTES / ROW_MAX;
    cd_status st = syn_text_room(t, SYN_PART_BYTES, err);
    if (st != CD_OK) return st;
    if (end > l->work.n) end = l->work.n;
    char *p = t->end;
    for (; l->written < end; l->written++) {
        const syn_access *a = &l->work.rows[l->written];
        uint32_t at = (a->key >> 5) + SYN_DAY_BREAKS, next = at >= SYN_DAY_SECONDS;
        memcpy(p, f->officer_text[a->officer], 8);
        p = syn_put_char(syn_put8(syn_put_char(p + 8, 'C'), a->file), ',');
        memcpy(p, f->dates[block + SYN_DATES_BEFORE + next], 16);
        p = syn_put_clock(p + 11, at - next * SYN_DAY_SECONDS);
        p = syn_put_word(p, &actions[a->action]);
        p = syn_put6(p, a->unit * 12u + (a->reason_and_desk & 15u));
        p = syn_put_word(p, &reasons[a->reason_and_desk >> 4]);
    }
    t->end = p;
    return CD_OK;
}

/* ---- The two passes ---- */

static void person_write(syn_force *f, uint32_t i, int32_t day, unit_shifts *shifts, syn_text *texts)
{
    syn_text *roster = &texts[ROSTER], *presence = &texts[PRESENCE];
    syn_duty d = syn_duty_of(f, i, day);
    uint64_t bits = syn_draw(&f->sight[day], i);
    uint32_t paid = d.overtime + (d.state == SYN_SICK ? 1u << 16 : 0);
    if (paid > 0) {
        #pragma omp atomic
        f->pay[(size_t)i * f->n_months + f->month_of_day[day]] += paid;
    }
    if (d.state != SYN_AT_WORK) {
        presence->end = free_sight(f, presence->end, i, day, bits, presence);
        return;
    }
    if (shifts->unit != d.unit) shifts_number(f, day, d.unit, shifts);
    roster->end = roster_row(f, roster->end, i, day, &d, shifts->id[d.slot]);
    roster->rows++;
    presence->end = duty_sight(f, presence->end, i, day, &d, bits, presence);
}

static cd_status people_block(void *context, uint32_t lane_number, uint64_t block, syn_text *texts, cd_err *err)
{
    days *all = context;
    syn_force *f = all->f;
    int32_t day = (int32_t)(block / all->n_parts);
    uint32_t first = (uint32_t)(block % all->n_parts) * PEOPLE_A_BLOCK, end = first + PEOPLE_A_BLOCK;
    unit_shifts shifts = {.unit = UINT32_MAX};
    cd_status st = CD_OK;
    (void)lane_number;
    if (end > f->n_officers) end = f->n_officers;
    CD_TRY(syn_text_room(&texts[ROSTER], (size_t)PEOPLE_A_BLOCK * ROW_MAX, err));
    CD_TRY(syn_text_room(&texts[PRESENCE], (size_t)PEOPLE_A_BLOCK * 2 * ROW_MAX, err));
    if (first == 0) {
        CD_TRY(syn_text_room(&texts[SHIFTS], (size_t)f->n_units * SYN_SLOTS * ROW_MAX, err));
        shifts_write(f, day, &texts[SHIFTS]);
    }
    for (uint32_t i = first; i < end; i++) person_write(f, i, day, &shifts, texts);
done:
    return st;
}

cd_status syn_days_write(syn_force *f, syn_out *out, synthetic_report *report, cd_err *err)
{
    static const syn_file people[] = {SYN_ROSTER, SYN_PRESENCE, SYN_SHIFTS}, accesses[] = {SYN_ACCESSES};
    cd_status st = CD_OK;
    days all = {.f = f, .n_parts = (f->n_officers + PEOPLE_A_BLOCK - 1) / PEOPLE_A_BLOCK};
    uint32_t threads = f->options.threads;

    CD_NEW(all.lanes, threads);
    for (uint32_t t = 0; t < threads; t++) CD_NEW(all.lanes[t].work.cursor, f->n_officers);
    CD_TRY(syn_out_pass(out, 3, people, (uint64_t)f->n_days * all.n_parts, people_block, NULL, &all, err));
    /* One block more than there are days: the last night may run over. */
    CD_TRY(syn_out_pass(out, 1, accesses, (uint64_t)f->n_days + 1, accesses_block, accesses_more, &all, err));
    for (uint32_t t = 0; t < threads; t++) {
        report->n_team_accesses += all.lanes[t].work.n_team;
        report->n_before_record += all.lanes[t].work.n_before_record;
        report->n_without_record += all.lanes[t].work.n_without_record;
    }
done:
    for (uint32_t t = 0; all.lanes && t < threads; t++) {
        cd_free(all.lanes[t].work.rows);
        cd_free(all.lanes[t].work.cursor);
        cd_free(all.lanes[t].spare);
    }
    cd_free(all.lanes);
    return st;
}
