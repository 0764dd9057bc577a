/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_days.c: the files that grow by the day: accesses, roster, presence, shifts.
 *
 * A block is a working day, made by one thread: who is on duty, what each of them opens, sorted by time and formatted.
 * What it holds is a day's worth, whatever the length of the period. */
#include "loaders/synthetic_days.h"
#include "loaders/synthetic_work.h"

enum { ACCESSES, ROSTER, PRESENCE, SHIFTS, RADIX_BITS = 11, RADIX = 1 << RADIX_BITS, TRAINING_CENTRE = 0 };

/* What one thread holds. */
typedef struct {
    syn_work work;
    syn_access *spare; /* the other side of the sort, spare_cap rows */
    size_t spare_cap;
    syn_duty *duty;     /* [officer] */
    uint32_t *shift_id; /* [unit * SYN_SLOTS + slot] */
} lane;

typedef struct {
    syn_force *f;
    lane *lanes;
} days;

/* A permutation of [0, n) without a table: a Feistel network over the next even power of two, walked until it falls
 * below n (twice or thrice at most, on average). */
static uint32_t permuted(uint64_t key, uint32_t n, uint32_t x)
{
    uint32_t half = 1;
    while (half < 16 && 1ull << 2 * half < n) half++;
    uint32_t mask = (1u << half) - 1;
    do {
        uint32_t left = x >> half, right = x & mask;
        for (uint32_t round = 0; round < 4; round++) {
            uint32_t next = left ^ ((uint32_t)cd_mix64(key + ((uint64_t)round << 32) + right) & mask);
            left = right, right = next;
        }
        x = left << half | right;
    } while (x >= n);
    return x;
}

/* ---- Shifts and roster ---- */

static const syn_word modes[] = {{",office,", 8}, {",field,", 7}, {",remote,", 8}};

static void shifts_write(const syn_force *f, int32_t day, uint32_t *shift_id, syn_text *t)
{
    uint64_t key = f->seed ^ 0x51f15e5;
    char *p = t->end;
    for (uint32_t u = 0; u < f->n_units; u++) {
        const syn_unit *unit = &f->units[u];
        for (uint32_t slot = 0; slot < SYN_SLOTS; slot++) {
            uint32_t place = ((uint32_t)day * f->n_units + u) * SYN_SLOTS + slot;
            shift_id[u * SYN_SLOTS + slot] = 1 + permuted(key, f->n_days * f->n_units * SYN_SLOTS, place);
            /* Seniors keep office hours whatever their unit does. */
            if (!syn_slot_exists(syn_roles[unit->role].pattern, (syn_slot)slot) && slot != SYN_DAY) continue;
            p = syn_put8(syn_put_char(p, 'S'), shift_id[u * SYN_SLOTS + slot]);
            p = syn_put4(syn_put_text(p, ",U"), unit->number);
            p = syn_put_char(syn_put4(syn_put_text(p, ",S"), unit->site), ',');
            int64_t midnight = (int64_t)day * SYN_DAY_SECONDS;
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
        return sight_row(f, p, officer, day, NULL, from + 600, d->worked_to - 900 + (int32_t)(bits >> 16 & 0xffff) % 1500,
                         LOGIN);
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

/* By key, in two passes of eleven bits; rows of equal key keep their order. */
static cd_status rows_sort(lane *l, cd_err *err)
{
    cd_status st = cd_grow(&l->spare, &l->spare_cap, l->work.n, sizeof *l->spare, err);
    syn_access *from = l->work.rows, *to = l->spare;
    for (uint32_t shift = 0; st == CD_OK && shift < 2 * RADIX_BITS; shift += RADIX_BITS) {
        uint32_t count[RADIX] = {0}, sum = 0;
        for (size_t i = 0; i < l->work.n; i++) count[from[i].key >> shift & (RADIX - 1)]++;
        for (uint32_t k = 0; k < RADIX; k++) {
            uint32_t n = count[k];
            count[k] = sum, sum += n;
        }
        for (size_t i = 0; i < l->work.n; i++) to[count[from[i].key >> shift & (RADIX - 1)]++] = from[i];
        syn_access *swap = from;
        from = to, to = swap;
    }
    return st;
}

static void accesses_write(const syn_force *f, int32_t day, const syn_work *w, syn_text *t)
{
    static const syn_word actions[SYN_ACTIONS] = {
        {",search,T", 9}, {",view,T", 7}, {",edit,T", 7}, {",print,T", 8}, {",export,T", 9}};
    static const syn_word reasons[SYN_REASONS] = {
        {",\n", 2}, {",referral\n", 10}, {",briefing\n", 10}, {",audit\n", 7}, {",intel_check\n", 13},
        {",disclosure\n", 12}, {",supervision\n", 13}, {",court\n", 7}};
    char *p = t->end;
    for (size_t i = 0; i < w->n; i++) {
        const syn_access *a = &w->rows[i];
        uint32_t at = (a->key >> 5) + SYN_DAY_BREAKS, next = at >= SYN_DAY_SECONDS;
        memcpy(p, f->officer_text[a->officer], 8);
        p = syn_put_char(syn_put8(syn_put_char(p + 8, 'C'), a->file), ',');
        memcpy(p, f->dates[day + SYN_DATES_BEFORE + (int32_t)next], 16);
        p = syn_put_clock(p + 11, at - next * SYN_DAY_SECONDS);
        p = syn_put_word(p, &actions[a->action]);
        p = syn_put6(p, a->unit * 12u + (a->reason_and_desk & 15u));
        p = syn_put_word(p, &reasons[a->reason_and_desk >> 4]);
    }
    t->end = p, t->rows = w->n;
}

/* What the day's people open, each officer's planted acts among it, and what those of the night before, kept on for
 * overtime, still open. */
static cd_status accesses_make(const syn_force *f, int32_t day, lane *l, cd_err *err)
{
    cd_status st = CD_OK;
    bool before = day > 0, now = day < (int32_t)f->n_days;
    const syn_act *act = now ? f->acts.at + f->first_act[day] : NULL;
    const syn_act *acts_end = now ? f->acts.at + f->first_act[day + 1] : NULL;

    for (uint32_t i = 0; i < f->n_officers; i++) {
        const syn_duty *d = &l->duty[i];
        if (before && syn_roles[syn_unit_of(f, &f->officers[i], day - 1)->role].pattern == SYN_AROUND_THE_CLOCK) {
            syn_duty last = syn_duty_of(f, i, day - 1);
            if (last.state == SYN_AT_WORK && last.slot == SYN_NIGHT && last.worked_to > SYN_DAY_BREAKS + SYN_DAY_SECONDS)
                CD_TRY(syn_work_shift(f, i, day - 1, &last, SYN_CARRIED_OVER, &l->work, err));
        }
        if (!now) continue;
        if (d->state == SYN_AT_WORK) CD_TRY(syn_work_shift(f, i, day, d, SYN_OF_THE_DAY, &l->work, err));
        for (; act < acts_end && act->officer == i; act++) {
            CD_TRY(cd_grow(&l->work.rows, &l->work.cap, l->work.n + 1, sizeof *l->work.rows, err));
            syn_work_act(f, act, d, &l->work);
        }
    }
done:
    return st;
}

/* ---- A day ---- */

static void people_write(syn_force *f, int32_t day, lane *l, syn_text *texts)
{
    syn_text *roster = &texts[ROSTER], *presence = &texts[PRESENCE];
    for (uint32_t i = 0; i < f->n_officers; i++) {
        const syn_duty *d = &l->duty[i];
        uint64_t bits = syn_draw(&f->sight[day], i);
        uint32_t paid = d->overtime + (d->state == SYN_SICK ? 1u << 16 : 0);
        if (paid > 0) {
            #pragma omp atomic
            f->pay[(size_t)i * f->n_months + f->month_of_day[day]] += paid;
        }
        if (d->state != SYN_AT_WORK) {
            presence->end = free_sight(f, presence->end, i, day, bits, presence);
            continue;
        }
        roster->end = roster_row(f, roster->end, i, day, d, l->shift_id[d->unit * SYN_SLOTS + d->slot]);
        roster->rows++;
        presence->end = duty_sight(f, presence->end, i, day, d, bits, presence);
    }
}

static cd_status day_write(void *context, uint32_t lane_number, uint64_t block, syn_text *texts, cd_err *err)
{
    days *all = context;
    syn_force *f = all->f;
    lane *l = &all->lanes[lane_number];
    int32_t day = (int32_t)block;
    size_t at_work = 0;
    cd_status st = CD_OK;

    if (block < f->n_days) {
        for (uint32_t i = 0; i < f->n_officers; i++) {
            l->duty[i] = syn_duty_of(f, i, day);
            at_work += l->duty[i].state == SYN_AT_WORK;
        }
        CD_TRY(syn_text_room(&texts[SHIFTS], (size_t)f->n_units * SYN_SLOTS * 80, err));
        CD_TRY(syn_text_room(&texts[ROSTER], at_work * 80, err));
        CD_TRY(syn_text_room(&texts[PRESENCE], (f->n_officers + at_work) * 72, err));
        shifts_write(f, day, l->shift_id, &texts[SHIFTS]);
        people_write(f, day, l, texts);
    }
    l->work.n = 0;
    CD_TRY(accesses_make(f, day, l, err));
    CD_TRY(rows_sort(l, err));
    CD_TRY(syn_text_room(&texts[ACCESSES], l->work.n * 80, err));
    accesses_write(f, day, &l->work, &texts[ACCESSES]);
done:
    return st;
}

cd_status syn_days_write(syn_force *f, syn_out *out, synthetic_report *report, cd_err *err)
{
    static const syn_file files[] = {SYN_ACCESSES, SYN_ROSTER, SYN_PRESENCE, SYN_SHIFTS};
    cd_status st = CD_OK;
    days all = {.f = f};
    uint32_t threads = f->options.threads;

    CD_NEW(all.lanes, threads);
    for (uint32_t t = 0; t < threads; t++) {
        CD_NEW(all.lanes[t].duty, f->n_officers);
        CD_NEW(all.lanes[t].shift_id, (size_t)f->n_units * SYN_SLOTS);
    }
    /* One block more than there are days: the last night may run over. */
    CD_TRY(syn_out_pass(out, 4, files, (uint64_t)f->n_days + 1, day_write, &all, err));
    for (uint32_t t = 0; t < threads; t++) {
        report->n_team_accesses += all.lanes[t].work.n_team;
        report->n_before_record += all.lanes[t].work.n_before_record;
        report->n_without_record += all.lanes[t].work.n_without_record;
    }
done:
    for (uint32_t t = 0; all.lanes && t < threads; t++) {
        cd_free(all.lanes[t].work.rows);
        cd_free(all.lanes[t].spare);
        cd_free(all.lanes[t].duty);
        cd_free(all.lanes[t].shift_id);
    }
    cd_free(all.lanes);
    return st;
}
