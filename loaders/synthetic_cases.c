/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_cases.c: case files and their teams.
 *
 * A unit's files are in the order of their opening, so that "files of this unit as of that day" is a range. A team is a
 * pure function of its file: it is made once to be sorted by officer (what each is busy with) and once more to be
 * written (assignments.csv), and never stored by file. */
#include <stdlib.h>

#include "loaders/synthetic_cases.h"

enum { BACKLOG_DAYS = 90 };

/* p = n zeroed elements in large pages, as what is read here and there needs them, or goto done. */
#define PAGES_NEW(p, n)                                                                                                \
    do {                                                                                                               \
        (p) = cd_pages_new((n), sizeof *(p), err);                                                                     \
        if (!(p)) {                                                                                                    \
            st = CD_EMEMORY;                                                                                           \
            goto done;                                                                                                 \
        }                                                                                                              \
    } while (0)

const char *const syn_case_kinds[SYN_CASE_KINDS] = {
    "theft",    "burglary",       "assault", "domestic",     "child_protection", "robbery",
    "drugs",    "fraud",          "traffic", "public_order", "missing_person",   "sexual_offence",
    "homicide", "custody_record", "conduct", "operation"};

/* Which kinds of file a role opens: eight equally likely ones. */
static const uint8_t kinds_of[SYN_ROLES][8] = {
    [SYN_RESPONSE] = {0, 1, 2, 3, 2, 9, 10, 0}, [SYN_NEIGHBOURHOOD] = {0, 9, 9, 6, 0, 2, 1, 10},
    [SYN_DETECTIVE] = {1, 5, 6, 7, 2, 11, 12, 5}, [SYN_SAFEGUARDING] = {3, 4, 11, 3, 4, 10, 3, 4},
    [SYN_CUSTODY] = {13, 13, 13, 13, 2, 13, 13, 13}, [SYN_TRAFFIC] = {8, 8, 8, 8, 6, 8, 8, 0},
    [SYN_INTELLIGENCE] = {6, 6, 7, 15, 5, 6, 7, 15}, [SYN_CONTROL] = {9, 10, 2, 3, 0, 8, 10, 2},
    [SYN_DISCLOSURE] = {7, 11, 12, 5, 6, 2, 1, 7}, [SYN_STANDARDS] = {14, 14, 14, 14, 14, 14, 14, 14},
    [SYN_COMMAND] = {15, 9, 14, 15, 12, 9, 14, 15}};

/* Sensitivity of a kind in per cent at 1, 2 and 3; the rest is 0. */
static const uint8_t sensitivities[SYN_CASE_KINDS][3] = {
    {12, 2, 0}, {12, 2, 0}, {18, 5, 1}, {45, 20, 2}, {25, 55, 15}, {20, 5, 1}, {25, 14, 4}, {20, 8, 2},
    {8, 1, 0}, {10, 2, 0}, {30, 14, 2}, {25, 50, 18}, {30, 40, 18}, {22, 6, 1}, {25, 40, 20}, {40, 20, 6}};

int32_t syn_closing(const syn_case *c, int16_t day)
{
    return day * SYN_DAY_SECONDS + 9 * 3600 + (int32_t)(cd_mix64(c->id) % (12 * 3600));
}

int32_t syn_reopening(const syn_case *c)
{
    return c->reopened * SYN_DAY_SECONDS + 7 * 3600 + (int32_t)(cd_mix64(c->id + 1) % 3600);
}

static void case_make(syn_force *f, uint32_t unit, uint32_t k)
{
    const syn_unit *u = &f->units[unit];
    syn_case *c = &f->cases[u->first_case + k];
    cd_random r = syn_stream(f, SYN_FOR_CASES, u->first_case + k);
    double span = (double)(f->n_days + BACKLOG_DAYS) * SYN_DAY_SECONDS;
    double at = ((double)k + cd_random_unit(&r)) / (double)u->n_cases * span; /* in order, by construction */
    int32_t days = (int32_t)f->n_days, day, lasts;

    c->unit = unit;
    c->opened = (int32_t)at - BACKLOG_DAYS * SYN_DAY_SECONDS;
    day = syn_day_of(c->opened);
    c->kind = kinds_of[u->role][syn_below(&r, 8)];
    uint32_t percent = syn_below(&r, 100);
    const uint8_t *s = sensitivities[c->kind];
    c->sensitivity = percent < s[2] ? 3 : percent < (uint32_t)s[2] + s[1] ? 2 : percent < (uint32_t)s[2] + s[1] + s[0];
    c->burst = (uint8_t)(1 + syn_skewed(cd_random_u64(&r), 12));
    lasts = 2 + (int32_t)(18 * syn_exp2(syn_normal(&r) * 1.6)); /* half of them longer than 20 days */
    c->closed = c->reopened = c->closed_again = INT16_MAX;
    if (day + lasts >= days) return;
    c->closed = (int16_t)(day + lasts);
    if (!syn_chance(&r, 40) || c->closed < 1) return;
    int32_t again = c->closed + 7 + (int32_t)syn_below(&r, 120);
    if (again >= days) return;
    c->reopened = (int16_t)again;
    again += 3 + (int32_t)syn_skewed(cd_random_u64(&r), 90);
    if (again < days) c->closed_again = (int16_t)again;
}

static cd_status cases_count(syn_force *f, cd_err *err)
{
    /* A force that opens files five times as often has 2.5 times as many. 1.0 M of 45,000 officers' year by default. */
    double a_day = 0.0300 + 0.0157 * f->options.accesses_per_officer_day;
    double wanted = a_day * f->n_officers * (f->n_days + (double)BACKLOG_DAYS);
    uint64_t weight = 0, sum = 0, n;
    for (uint32_t u = 0; u < f->n_units; u++) weight += (uint64_t)f->units[u].n * syn_roles[f->units[u].role].caseload;
    if (wanted > 99e6)
        return cd_fail(err, CD_EUSAGE, "%u officers over %u days open more than 99 million files; ask for less",
                       f->n_officers, f->n_days);
    n = (uint64_t)wanted + f->n_units + 3;
    for (uint32_t u = 0; u < f->n_units; u++) {
        syn_unit *unit = &f->units[u];
        unit->first_case = (uint32_t)(sum * n / weight);
        sum += (uint64_t)unit->n * syn_roles[unit->role].caseload;
        unit->n_cases = (uint32_t)(sum * n / weight) - unit->first_case;
    }
    f->n_cases = (uint32_t)n;
    return CD_OK;
}

static void openings_count(syn_force *f)
{
    for (uint32_t u = 0; u < f->n_units; u++) {
        const syn_unit *unit = &f->units[u];
        for (uint32_t day = 0, k = 0; day <= f->n_days; day++) {
            while (k < unit->n_cases && f->cases[unit->first_case + k].opened < (int32_t)day * SYN_DAY_SECONDS) k++;
            f->opened_before[(size_t)day * f->n_units + u] = k;
        }
    }
}

/* Operations that the whole force looks into, and the one file that everyone talked of. */
static cd_status hubs_choose(syn_force *f, cd_err *err)
{
    cd_status st = CD_OK;
    cd_random r = syn_stream(f, SYN_FOR_CASES, UINT64_MAX);

    f->n_hubs = f->n_cases / 10000 + 3;
    CD_NEW(f->hubs, f->n_hubs);
    for (uint32_t h = 0; h < f->n_hubs; h++) {
        /* The first of some unit's: open before the period, but for one in four. */
        const syn_unit *u = &f->units[syn_below(&r, f->n_units)];
        uint32_t n = u->n_cases > 1 ? u->n_cases : 1, k = syn_below(&r, h % 4 == 3 ? n : n / 8 + 1);
        f->hubs[h] = u->n_cases ? u->first_case + k : 0;
    }
    const syn_unit *u = &f->units[syn_below(&r, f->n_units)];
    uint32_t day = f->n_days / 3 + syn_below(&r, f->n_days / 3 + 1);
    uint32_t k = f->opened_before[(size_t)day * f->n_units + (size_t)(u - f->units)];
    f->popular = u->n_cases ? u->first_case + (k < u->n_cases ? k : u->n_cases - 1) : 0;
    for (uint32_t h = 0; h <= f->n_hubs; h++) {
        syn_case *c = &f->cases[h < f->n_hubs ? f->hubs[h] : f->popular];
        c->kind = h < f->n_hubs ? SYN_KIND_OPERATION : 12;
        c->sensitivity = (uint8_t)(h % 3 == 0);
        c->closed = c->reopened = c->closed_again = INT16_MAX;
    }
    f->popular_day = syn_day_of(f->cases[f->popular].opened);
done:
    return st;
}

cd_status syn_cases_build(syn_force *f, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *id = NULL;

    CD_TRY(cases_count(f, err));
    PAGES_NEW(f->cases, f->n_cases);
    CD_TRY(syn_ids_new(f, 2, f->n_cases, &id, &f->case_of_id, err));
    #pragma omp parallel for num_threads(f->options.threads) schedule(dynamic, 16)
    for (uint32_t u = 0; u < f->n_units; u++)
        for (uint32_t k = 0; k < f->units[u].n_cases; k++) case_make(f, u, k);
    for (uint32_t c = 0; c < f->n_cases; c++) f->cases[c].id = id[c];
    CD_NEW(f->opened_before, (size_t)f->n_units * (f->n_days + 1));
    openings_count(f);
    CD_TRY(hubs_choose(f, err));
    PAGES_NEW(f->case_brief, f->n_cases);
    for (uint32_t c = 0; c < f->n_cases; c++)
        f->case_brief[c] = f->cases[c].id | (uint32_t)f->cases[c].sensitivity << SYN_BRIEF_BITS;
done:
    cd_free(id);
    return st;
}

/* ---- Teams ---- */

/* Somebody of the unit who is there on that day, of the squad where one is named (SYN_SQUADS: any); UINT32_MAX after
 * eight misses. */
static uint32_t somebody(const syn_force *f, uint32_t unit, uint32_t squad, int32_t day, cd_random *r)
{
    const syn_unit *u = &f->units[unit];
    for (int tries = 0; tries < 8; tries++) {
        uint32_t officer, k = syn_below(r, u->n + u->n_comers);
        if (k >= u->n) officer = f->comers[u->first_comer + k - u->n];
        else if (squad == SYN_SQUADS) officer = u->first + k;
        else officer = u->first + (squad * u->n + k) / SYN_SQUADS;
        const syn_officer *o = &f->officers[officer];
        int32_t seen = day > 0 ? day : 0;
        if (!syn_serves(o, seen) || syn_is_senior(o->rank)) continue;
        if ((seen >= o->moved ? o->unit_after : o->unit) == unit) return officer;
    }
    return UINT32_MAX;
}

/* When the record of a part begins: mostly at once, in 15 of 100 up to eleven days late, in 6.5 never. Whoever was
 * moved without the records knowing has none until they do. */
static int32_t recorded_of(const syn_officer *o, int32_t from, cd_random *r)
{
    uint32_t p = syn_below(r, 1000);
    int32_t late = SYN_DAY_SECONDS / 2 + (int32_t)syn_below(r, 10 * SYN_DAY_SECONDS);
    if (o->scheme == SYNTHETIC_SECONDEE && from >= o->moved * SYN_DAY_SECONDS &&
        from < o->move_seen * SYN_DAY_SECONDS)
        return o->move_seen * SYN_DAY_SECONDS + 8 * 3600 + late / 16;
    if (p < 65) return INT32_MAX;
    return p < 65 + 150 ? from + late : from;
}

/* Adds a part from that second on, unless the file closes before, or the officer has one since it was last opened
 * (those parts stand from `first` on). One member in eight is taken off it before it closes. */
static void part_add(const syn_force *f, const syn_case *c, uint32_t first, uint32_t officer, int32_t from,
                     int16_t until, uint8_t part, cd_random *r, syn_part *out, uint32_t *n)
{
    int32_t off = syn_day_of(from) + 5 + (int32_t)syn_below(r, 40);
    if (part > 0 && syn_below(r, 8) == 0 && off < until && off < (int32_t)f->n_days) until = (int16_t)off;
    int32_t ends = until == INT16_MAX ? INT32_MAX : syn_closing(c, until);
    int32_t recorded = officer == UINT32_MAX ? 0 : recorded_of(&f->officers[officer], from, r);
    if (officer == UINT32_MAX || from >= ends || *n == SYN_TEAM_MAX) return;
    for (uint32_t k = first; k < *n; k++)
        if (out[k].officer == officer) return;
    if (recorded >= ends) recorded = INT32_MAX;
    out[(*n)++] = (syn_part){officer, {.id = c->id, .from = from, .recorded = recorded, .until = until,
                                       .burst = c->burst, .part = part}};
}

uint32_t syn_team_of(const syn_force *f, uint32_t file, syn_part out[SYN_TEAM_MAX])
{
    static const uint8_t sizes[16] = {1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 8};
    const syn_case *c = &f->cases[file];
    cd_random r = syn_stream(f, SYN_FOR_TEAMS, file);
    int32_t day = syn_day_of(c->opened);
    uint32_t size = sizes[syn_below(&r, 16)], squad = syn_below(&r, SYN_SQUADS), n = 0;

    for (uint32_t k = 0; k < size; k++) {
        /* Friends: three in four come from one squad; one in fifteen from a unit that the files go to. */
        uint32_t unit = c->unit, p = syn_below(&r, 60);
        if (k > 0 && p < 4) unit = f->units[unit].related[syn_below(&r, 4)];
        uint32_t officer = somebody(f, unit, k == 0 || p < 45 ? squad : SYN_SQUADS, day, &r);
        int32_t from = c->opened + (k == 0 ? 0 : (int32_t)syn_skewed(cd_random_u64(&r), 9 * SYN_DAY_SECONDS));
        part_add(f, c, 0, officer, from, c->closed, k == 0 ? 0 : k == 4 ? 2 : 1, &r, out, &n);
    }
    if (c->reopened == INT16_MAX) return n;
    for (uint32_t k = 0, before = n; k < 1 + size / 2; k++) {
        int32_t from = c->reopened * SYN_DAY_SECONDS + (int32_t)(8 * 3600 + syn_below(&r, 8 * 3600));
        uint32_t officer = k < before && syn_chance(&r, 700) ? out[k].officer
                                                             : somebody(f, c->unit, squad, c->reopened, &r);
        part_add(f, c, before, officer, from, c->closed_again, k == 0 ? 0 : 1, &r, out, &n);
    }
    return n;
}

static int task_compare(const void *a, const void *b)
{
    const syn_task *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* Makes every team twice: to count, and to fill. Threads fill in any order; the sort after puts each officer's tasks
 * in the one order they can have. */
cd_status syn_teams_build(syn_force *f, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *next = NULL;

    CD_NEW(f->first_task, (size_t)f->n_officers + 1);
    CD_NEW(next, f->n_officers);
    #pragma omp parallel for num_threads(f->options.threads) schedule(dynamic, 1024)
    for (uint32_t c = 0; c < f->n_cases; c++) {
        syn_part parts[SYN_TEAM_MAX];
        uint32_t n = syn_team_of(f, c, parts);
        for (uint32_t k = 0; k < n; k++) {
            #pragma omp atomic
            f->first_task[parts[k].officer + 1]++;
        }
    }
    for (uint32_t o = 0; o < f->n_officers; o++) f->first_task[o + 1] += f->first_task[o], next[o] = f->first_task[o];
    f->n_tasks = f->first_task[f->n_officers];
    PAGES_NEW(f->tasks, f->n_tasks);
    #pragma omp parallel for num_threads(f->options.threads) schedule(dynamic, 1024)
    for (uint32_t c = 0; c < f->n_cases; c++) {
        syn_part parts[SYN_TEAM_MAX];
        uint32_t n = syn_team_of(f, c, parts);
        for (uint32_t k = 0; k < n; k++) {
            uint64_t at;
            #pragma omp atomic capture
            at = next[parts[k].officer]++;
            f->tasks[at] = parts[k].task;
        }
    }
    #pragma omp parallel for num_threads(f->options.threads) schedule(dynamic, 64)
    for (uint32_t o = 0; o < f->n_officers; o++)
        qsort(f->tasks + f->first_task[o], f->first_task[o + 1] - f->first_task[o], sizeof *f->tasks, task_compare);
done:
    cd_free(next);
    return st;
}
