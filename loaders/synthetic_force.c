/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_force.c: puts a force together, and what all of its files share: ids, dates, exact arithmetic.
 *
 * No result of the C library's log, exp or pow is used anywhere in the generator: they differ in the last bit between
 * processors. What needs a curve is made of IEEE additions, multiplications and divisions (the build forbids
 * contraction), or of integers. */
#include "engine/base/civil.h"
#include "loaders/synthetic_force.h"

const syn_role_facts syn_roles[SYN_ROLES] = {
    /* name, units, pattern, mix: own team, own unit, related, hub, stray, audit; caseload, activity, field, remote,
     * staff, chain */
    [SYN_RESPONSE] = {"response", 330, SYN_AROUND_THE_CLOCK, {60, 24, 10, 4, 2, 0}, 10, 9, 85, 0, 0,
                      {SYN_DETECTIVE, SYN_CUSTODY, SYN_SAFEGUARDING, SYN_RESPONSE}},
    [SYN_NEIGHBOURHOOD] = {"neighbourhood", 160, SYN_TWO_TURNS, {58, 26, 11, 4, 1, 0}, 7, 7, 70, 2, 5,
                           {SYN_RESPONSE, SYN_SAFEGUARDING, SYN_DETECTIVE, SYN_NEIGHBOURHOOD}},
    [SYN_DETECTIVE] = {"detective", 200, SYN_TWO_TURNS, {73, 13, 10, 3, 1, 0}, 14, 13, 35, 8, 8,
                       {SYN_RESPONSE, SYN_INTELLIGENCE, SYN_DISCLOSURE, SYN_DETECTIVE}},
    [SYN_SAFEGUARDING] = {"safeguarding", 85, SYN_TWO_TURNS, {71, 15, 12, 1, 1, 0}, 15, 13, 25, 10, 20,
                          {SYN_RESPONSE, SYN_DETECTIVE, SYN_SAFEGUARDING, SYN_NEIGHBOURHOOD}},
    [SYN_CUSTODY] = {"custody", 45, SYN_AROUND_THE_CLOCK, {20, 44, 31, 4, 1, 0}, 9, 10, 2, 0, 30,
                     {SYN_RESPONSE, SYN_DETECTIVE, SYN_TRAFFIC, SYN_CUSTODY}},
    [SYN_TRAFFIC] = {"traffic", 45, SYN_AROUND_THE_CLOCK, {64, 24, 8, 3, 1, 0}, 8, 6, 88, 0, 0,
                     {SYN_RESPONSE, SYN_CUSTODY, SYN_DETECTIVE, SYN_TRAFFIC}},
    [SYN_INTELLIGENCE] = {"intelligence", 35, SYN_OFFICE_HOURS, {25, 14, 44, 12, 5, 0}, 6, 22, 5, 18, 65,
                          {SYN_DETECTIVE, SYN_RESPONSE, SYN_SAFEGUARDING, SYN_TRAFFIC}},
    [SYN_CONTROL] = {"control", 40, SYN_AROUND_THE_CLOCK, {5, 46, 39, 9, 1, 0}, 9, 14, 0, 0, 75,
                     {SYN_RESPONSE, SYN_NEIGHBOURHOOD, SYN_TRAFFIC, SYN_CUSTODY}},
    [SYN_DISCLOSURE] = {"disclosure", 25, SYN_OFFICE_HOURS, {30, 10, 55, 4, 1, 0}, 5, 15, 0, 25, 90,
                        {SYN_DETECTIVE, SYN_SAFEGUARDING, SYN_RESPONSE, SYN_TRAFFIC}},
    [SYN_STANDARDS] = {"reviewer", 15, SYN_OFFICE_HOURS, {16, 10, 10, 2, 1, 61}, 3, 14, 5, 20, 40,
                       {SYN_RESPONSE, SYN_DETECTIVE, SYN_CUSTODY, SYN_SAFEGUARDING}},
    [SYN_COMMAND] = {"command", 20, SYN_OFFICE_HOURS, {15, 40, 25, 19, 1, 0}, 3, 6, 10, 12, 25,
                     {SYN_DETECTIVE, SYN_INTELLIGENCE, SYN_RESPONSE, SYN_STANDARDS}},
};

double syn_exp2(double x)
{
    if (x < -1000) return 0;
    int64_t whole = (int64_t)x - (x < 0);
    double t = (x - (double)whole) * 0.6931471805599453, sum = 1, term = 1;
    for (int k = 1; k < 18; k++) term = term * t / k, sum += term; /* the series of e^t, t < 0.7 */
    for (; whole > 0; whole--) sum *= 2;
    for (; whole < 0; whole++) sum *= 0.5;
    return sum;
}

double syn_normal(cd_random *r)
{
    int64_t sum = 0;
    for (int k = 0; k < 12; k++) sum += (int64_t)(cd_random_u64(r) >> 40);
    return (double)sum / 16777216.0 - 6.0;
}

cd_status syn_ids_new(const syn_force *f, uint64_t which, uint32_t n, uint32_t **out, uint32_t **of_id, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *id = NULL, *of = NULL;
    cd_random r = syn_stream(f, SYN_FOR_IDS, which);

    CD_NEW(id, n);
    CD_NEW(of, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) { /* the shuffle of Fisher and Yates, from the inside out */
        uint32_t j = syn_below(&r, i + 1);
        id[i] = id[j], id[j] = i + 1;
    }
    for (uint32_t i = 0; i < n; i++) of[id[i]] = i;
    *out = id, *of_id = of, id = of = NULL;
done:
    cd_free(id);
    cd_free(of);
    return st;
}

char *syn_put_date(const syn_force *f, char *p, int32_t day)
{
    cd_civil c = cd_civil_of(f->start + (int64_t)day * SYN_DAY_SECONDS);
    p = syn_put_char(syn_put4(p, (uint32_t)c.year), '-');
    return syn_put2(syn_put_char(syn_put2(p, c.month), '-'), c.day);
}

char *syn_put_time(const syn_force *f, char *p, int64_t second)
{
    int64_t day = second >= 0 ? second / SYN_DAY_SECONDS : -((-(second + 1)) / SYN_DAY_SECONDS) - 1;
    if (day >= -SYN_DATES_BEFORE && day < (int64_t)f->n_days + SYN_DATES_AFTER)
        memcpy(p, f->dates[day + SYN_DATES_BEFORE], 11), p += 11;
    else p = syn_put_char(syn_put_date(f, p, (int32_t)day), 'T');
    return syn_put_clock(p, (uint32_t)(second - day * SYN_DAY_SECONDS));
}

static cd_status calendar_build(syn_force *f, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n_dates = SYN_DATES_BEFORE + f->n_days + SYN_DATES_AFTER;

    CD_NEW(f->dates, n_dates);
    for (uint32_t i = 0; i < n_dates; i++)
        syn_put_char(syn_put_date(f, f->dates[i], (int32_t)i - SYN_DATES_BEFORE), 'T');
    CD_NEW(f->month_of_day, f->n_days);
    CD_NEW(f->months, f->n_days / 28 + 2);
    for (uint32_t day = 0; day < f->n_days; day++) {
        cd_civil c = cd_civil_of(f->start + (int64_t)day * SYN_DAY_SECONDS);
        if (day == 0 || c.day == 1) f->months[f->n_months++] = cd_days_of(c.year, c.month, 1) * SYN_DAY_SECONDS;
        f->month_of_day[day] = (uint16_t)(f->n_months - 1);
    }
    CD_NEW(f->pay, (size_t)f->n_officers * f->n_months);
    CD_NEW(f->duty, f->n_days);
    CD_NEW(f->sight, f->n_days);
    CD_NEW(f->work, f->n_days);
    for (uint32_t day = 0; day < f->n_days; day++) {
        f->duty[day] = syn_stream(f, SYN_FOR_DUTY, day);
        f->sight[day] = syn_stream(f, SYN_FOR_SIGHT, day);
        f->work[day] = syn_stream(f, SYN_FOR_WORK, day);
    }
    f->n_seasons = f->n_days / SYN_SEASON_DAYS + 1;
    CD_NEW(f->seasons, f->n_seasons);
    for (uint32_t s = 0; s < f->n_seasons; s++) f->seasons[s] = syn_stream(f, SYN_FOR_SEASONS, s);
done:
    return st;
}

cd_status syn_force_new(const synthetic_options *options, syn_force **out, cd_err *err)
{
    cd_status st = CD_OK;
    syn_force *f = NULL;

    CD_NEW(f, 1);
    f->options = *options, f->seed = options->seed, f->start = options->start_seconds;
    f->n_officers = options->n_officers, f->n_days = options->n_days;
    CD_TRY(calendar_build(f, err));
    CD_TRY(syn_people_build(f, err));
    CD_TRY(syn_plants_choose(f, err));
    CD_TRY(syn_careers_build(f, err));
    CD_TRY(syn_cases_build(f, err));
    CD_TRY(syn_teams_build(f, err));
    CD_TRY(syn_plants_place(f, err));
    *out = f, f = NULL;
done:
    syn_force_free(f);
    return st;
}

void syn_force_free(syn_force *f)
{
    if (!f) return;
    void *owned[] = {f->units,
                     f->officers,
                     f->officer_of_id,
                     f->officer_text,
                     f->comers,
                     f->case_of_id,
                     f->opened_before,
                     f->hubs,
                     f->first_task,
                     f->duty,
                     f->sight,
                     f->work,
                     f->seasons,
                     f->dates,
                     f->month_of_day,
                     f->months,
                     f->pay,
                     f->association_id,
                     f->association_of_id,
                     f->first_act,
                     f->plants.at,
                     f->acts.at,
                     f->subjects.at,
                     f->links.at,
                     f->declarations.at,
                     f->ties.at,
                     f->covers.at,
                     f->grievances.at};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) cd_free(owned[i]);
    cd_pages_free(f->cases, f->n_cases, sizeof *f->cases);
    cd_pages_free(f->case_brief, f->n_cases, sizeof *f->case_brief);
    if (f->tasks) cd_pages_free(f->tasks, f->n_tasks, sizeof *f->tasks);
    cd_free(f);
}
