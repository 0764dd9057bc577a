/* SPDX-License-Identifier: GPL-3.0-or-later
 * attendance.c: whether those of senior rank are in the office on the share of days that the mandate asks.
 *
 * A day counts where the roster has the officer in the office or working from elsewhere; days in the field (court,
 * training, operations) do not, nor do days without a shift: leave, sickness, part time. It was attended where a
 * machine at any office saw them. The mandate is asked of the days themselves, all of which are known: what is not
 * known is on how many of them somebody was there whom no machine saw. How often that happens is learnt per site and
 * month from the office days of everybody, and how much more or less often that is of senior ranks from all of theirs;
 * it is taken as high as luck may have made it for one officer (99 %), so that nobody is absent for want of data. A
 * site's month in which no machine saw anybody, or few, is left out, and so are days on end on which nothing saw one
 * officer anywhere: a lost badge. Of the days that somebody attended, those that machines missed are binomial; an
 * officer is *flagged* where even the most days that they may have attended (the upper 95 % bound) are fewer than the
 * mandate asks. Whoever's share is below it, by less than that, is listed and is not flagged. One rule for every rank;
 * told of senior ones. */
#include <math.h>
#include <omp.h>
#include <stdio.h>

#include "engine/detect/chance.h"
#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"

enum { WORDS = 200, LEAST_DAYS = 30, ON_END = 5 };
static const double PRIOR = 30, MOST_MISSED = 0.5, NORMAL_99 = 2.326, LOG_5_PERCENT = -1.3010299956639813;

/* Office days of a site and month: all, and those on which no machine saw the person anywhere. */
typedef struct {
    uint32_t n, missed;
    uint32_t seniors, seniors_missed; /* of them, those of senior ranks */
} missing;

/* A senior's days. */
typedef struct {
    uint32_t days, seen;
    double missed; /* the sum of the missing rates */
} attended;

typedef struct {
    const cd_look *look;
    bool *senior; /* per rank word */
    int32_t first_month;
    uint32_t n_months;
    missing *of; /* [site][month] */
    missing all;
    double of_seniors; /* how many times as often machines miss senior ranks */
    attended *officer;
} attendance;

typedef enum { NOWHERE, ELSEWHERE, OFFICE } where;

/* Where machines saw the officer during a claim; from *at on, the first sighting that may reach it. */
static where seen_where(const cd_rosters *x, const cd_worked *w, const cd_claim *c, size_t *at)
{
    enum { AROUND = 2 * 3600, LONGEST = 2 * 86400 };
    int64_t from = (c->from < c->starts ? c->from : c->starts) - AROUND,
            to = (c->to > c->ends ? c->to : c->ends) + AROUND;
    where out = NOWHERE;
    while (*at < w->n_seen && w->seen[*at].from < from - LONGEST) ++*at;
    for (size_t i = *at; i < w->n_seen && w->seen[i].from < to; i++) {
        if (w->seen[i].to <= from) continue;
        if (w->seen[i].site && w->seen[i].site != x->remote) return OFFICE;
        out = ELSEWHERE;
    }
    return out;
}

static missing *month_of(const attendance *a, const cd_claim *c)
{
    return &a->of[(size_t)c->site * a->n_months + (size_t)(cd_month_of(c->starts) - a->first_month)];
}

static bool is_senior(const attendance *a, cd_id o, int64_t at)
{
    return a->senior[cd_scene_post(a->look->scene, o, at).rank];
}

/* Sums are of whole numbers, so that threads may add in any order. */
static void learn(attendance *a, cd_id o, const cd_worked *w)
{
    size_t at = 0;
    for (size_t i = 0; i < w->n_claims; i++) {
        const cd_claim *c = &w->claims[i];
        if (c->mode != CD_MODE_OFFICE) continue;
        where seen = seen_where(&a->look->scene->rosters, w, c, &at);
        missing *x = month_of(a, c);
        bool senior = is_senior(a, o, c->starts), missed = seen == NOWHERE;
#pragma omp atomic
        x->n++;
#pragma omp atomic
        x->missed += missed;
#pragma omp atomic
        x->seniors += senior;
#pragma omp atomic
        x->seniors_missed += senior && missed;
    }
}

/* How often a machine misses somebody there; above MOST_MISSED, it says nothing. */
static double missed_rate(const attendance *a, const missing *x)
{
    double mean = a->all.n ? (double)a->all.missed / a->all.n : 0;
    if (x->missed >= x->n) return 1;
    return (x->missed + PRIOR * mean) / (x->n + PRIOR);
}

static bool is_asked(const attendance *a, cd_id o, const cd_claim *c)
{
    return (c->mode == CD_MODE_OFFICE || c->mode == CD_MODE_REMOTE) && !c->rest_day &&
           c->starts >= a->look->residue->since && is_senior(a, o, c->starts);
}

/* A day that counts. */
typedef struct {
    double missed; /* how often a machine misses somebody then */
    bool seen;     /* at an office */
    cd_row_ref row;
} day;

/* The days of one officer. */
typedef struct {
    cd_worked worked;
    day *list;
    size_t n, cap;
} days;

static void days_release(days *d)
{
    cd_worked_release(&d->worked);
    cd_free(d->list);
    *d = (days){0};
}

static cd_status days_read(const attendance *a, cd_id o, days *d, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_worked *w = &d->worked;
    size_t at = 0, unseen = 0; /* the last so many days, on which nothing saw them */
    d->n = 0;
    CD_TRY(cd_worked_read(a->look->scene, o, &d->worked, err));
    CD_TRY(cd_grow(&d->list, &d->cap, w->n_claims, sizeof *d->list, err));
    for (size_t i = 0; i < w->n_claims; i++) {
        const cd_claim *c = &w->claims[i];
        if (!is_asked(a, o, c)) continue;
        double rate = missed_rate(a, month_of(a, c)), missed = fmin(rate * a->of_seniors, MOST_MISSED);
        where seen = seen_where(&a->look->scene->rosters, w, c, &at);
        if (rate >= MOST_MISSED) continue;
        if (seen != NOWHERE && unseen >= ON_END) d->n -= unseen;
        unseen = seen == NOWHERE ? unseen + 1 : 0;
        d->list[d->n++] = (day){.missed = missed, .seen = seen == OFFICE, .row = c->row};
    }
    if (unseen >= ON_END) d->n -= unseen;
done:
    return st;
}

static void judge(attendance *a, cd_id o, const days *d)
{
    attended *x = &a->officer[o];
    for (size_t i = 0; i < d->n; i++) x->days++, x->seen += d->list[i].seen, x->missed += d->list[i].missed;
}

static cd_status officers_read(attendance *a, bool learning, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = a->look->scene;
    cd_lowest failed = {0};
    days *all = NULL;
    CD_NEW(all, a->look->run->threads);
#pragma omp parallel for schedule(dynamic, 64) num_threads(a->look->run->threads)
    for (cd_id o = 0; o < s->officers.n; o++) {
        days *d = &all[omp_get_thread_num()];
        cd_err why = {0};
        bool ever = learning;
        for (cd_off p = s->post_off[o]; p < s->post_off[o + 1]; p++) ever = ever || a->senior[s->posts[p].rank];
        if (!ever) continue;
        cd_status got = learning ? cd_worked_read(s, o, &d->worked, &why) : days_read(a, o, d, &why);
        if (got != CD_OK)
            cd_lowest_note(&failed, o, got, &why);
        else if (learning)
            learn(a, o, &d->worked);
        else
            judge(a, o, d);
    }
    CD_TRY(cd_lowest_status(&failed, err));
done:
    for (uint32_t t = 0; all && t < a->look->run->threads; t++) days_release(&all[t]);
    cd_free(all);
    return st;
}

/* ---- Telling ---- */

/* log10 of the chance that machines missed as many of so many days attended. */
static double chance_of(const attended *x, uint32_t n)
{
    double rate = x->missed / x->days, high = rate + NORMAL_99 * sqrt(rate * (1 - rate) / x->days);
    return n > x->seen ? rint(1000 * cd_chance_tries(n - x->seen, n, fmin(high, MOST_MISSED))) / 1000 : 0;
}

/* The most days that may have been attended: on which so few are seen with a chance of 5 % at least. */
static uint32_t most_attended(const attended *x)
{
    uint32_t n = x->seen;
    while (n < x->days && chance_of(x, n + 1) >= LOG_5_PERCENT) n++;
    return n;
}

static void rows_cite(const attendance *a, const days *d, cd_finding *f)
{
    for (size_t i = 0, k = 0; i < d->n; i++)
        if (!d->list[i].seen) f->cited[k++] = cd_cite_row(&a->look->scene->rosters.roster, d->list[i].row, 0);
}

static cd_status tell(const attendance *a, cd_id o, uint32_t detector, days *d, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    const attended *x = &a->officer[o];
    double mandate = a->look->policy->number[CD_POLICY_OFFICE_MANDATE];
    cd_finding *f;
    char words[WORDS];
    if (x->days < LEAST_DAYS) return CD_OK;
    if (x->seen >= mandate * (x->days - x->missed)) return CD_OK;
    uint32_t asked = (uint32_t)ceil(mandate * x->days - 1e-9), most = most_attended(x);
    CD_TRY(days_read(a, o, d, err));
    CD_TRY(cd_finding_add(out, 0, x->days - x->seen, &f, err));
    rows_cite(a, d, f);
    f->officer = o, f->detector = detector;
    f->base = cd_evidence_times(chance_of(x, asked), 1);
    f->gain_centibans = cd_evidence_centibans(f->base);
    for (uint32_t draw = 0; draw < CD_REDRAWS; draw++) f->redrawn[draw] = f->gain_centibans; /* it has no peers */
    snprintf(words, sizeof words,
             "%sflagged: in the office on %u of %u days; with missed swipes at most %.1f %%, of %.10g %% asked",
             most < asked ? "" : "not ", x->seen, x->days, 100.0 * most / x->days, 100 * mandate);
    f->words = cd_arena_copy(&out->arena, words, strlen(words), err);
    if (!f->words) CD_TRY(CD_EMEMORY);
done:
    return st;
}

/* ---- All of it ---- */

static cd_status tables_make(attendance *a, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = a->look->scene;
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (cd_id i = 0; i < s->rosters.places.n; i++) {
        const cd_shift *x = &s->rosters.shifts[i];
        if (x->starts >= x->ends || x->ends > s->as_of) continue;
        int32_t month = cd_month_of(x->starts);
        if (month < first) first = month;
        if (month > last) last = month;
    }
    if (first > last) first = last = 0;
    a->first_month = first, a->n_months = (uint32_t)((int64_t)last - first + 1);
    size_t cells = ((size_t)s->rosters.sites.n + 1) * a->n_months;
    CD_TRY(cd_run_fits(a->look->run, "attendance", cells * sizeof *a->of + s->officers.n * sizeof *a->officer, err));
    CD_NEW(a->of, cells);
    CD_NEW(a->officer, s->officers.n);
    CD_NEW(a->senior, s->ranks.n + 1);
    for (uint32_t k = 1; k <= s->ranks.n; k++) a->senior[k] = cd_policy_is_senior(a->look->policy, s->ranks.text[k]);
done:
    return st;
}

/* What is missed of senior ranks beside what the rates of everybody would have; drawn towards those where it is little.
 */
static void seniors_learn(attendance *a)
{
    size_t cells = ((size_t)a->look->scene->rosters.sites.n + 1) * a->n_months;
    double missed = PRIOR, expected = PRIOR;
    for (size_t i = 0; i < cells; i++) a->all.n += a->of[i].n, a->all.missed += a->of[i].missed;
    for (size_t i = 0; i < cells; i++) {
        double rate = missed_rate(a, &a->of[i]);
        if (rate < MOST_MISSED) missed += a->of[i].seniors_missed, expected += rate * a->of[i].seniors;
    }
    a->of_seniors = missed / expected;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    attendance a = {.look = look};
    days d = {0};
    CD_TRY(tables_make(&a, err));
    CD_TRY(officers_read(&a, true, err));
    seniors_learn(&a);
    CD_TRY(officers_read(&a, false, err));
    for (cd_id o = 0; o < look->scene->officers.n; o++) CD_TRY(tell(&a, o, number, &d, out, err));
done:
    days_release(&d);
    cd_free(a.of);
    cd_free(a.officer);
    cd_free(a.senior);
    return st;
}

const cd_detector cd_detector_attendance = {
    .name = "attendance",
    .family = "attendance",
    .lane = CD_LANE_COMPLIANCE,
    .needs = CD_NEEDS_ROSTER | CD_NEEDS_PRESENCE,
    .about = "senior ranks who are in the office on fewer days than the mandate asks",
    .run = run,
};
