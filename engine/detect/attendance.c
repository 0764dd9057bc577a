/* SPDX-License-Identifier: GPL-3.0-or-later
 * attendance.c: whether those of senior rank are in the office on the share of days that the mandate asks.
 *
 * A day counts where the roster has the officer in the office or working from elsewhere; days in the field (court,
 * training, operations) do not, nor do days without a shift: leave, sickness, part time. It was attended where a
 * machine at any office saw them. Machines miss people: how often is learnt per site and month from the office days of
 * everybody, and taken as high as luck may have made it for one officer (95 %), so that nobody is absent for want of
 * data; a site's month in which no machine saw anybody, or few, is left out. Given the mandate, the days seen are
 * binomial; an officer is *flagged* where even the upper 95 % bound of their share is below the mandate. Whoever's
 * share is below it, by less than that, is listed and is not flagged. One rule for every rank; told of senior ones. */
#include <math.h>
#include <omp.h>
#include <stdio.h>

#include "engine/detect/chance.h"
#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"

enum { WORDS = 200, LEAST_DAYS = 30 };
static const double PRIOR = 30, MOST_MISSED = 0.5, NORMAL_95 = 1.645, LOG_5_PERCENT = -1.3010299956639813;

/* Office days of a site and month: all, and those on which no machine saw the person anywhere. */
typedef struct {
    uint32_t n, missed;
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

static void learn(attendance *a, const cd_worked *w)
{
    size_t at = 0;
    for (size_t i = 0; i < w->n_claims; i++) {
        const cd_claim *c = &w->claims[i];
        if (c->mode != CD_MODE_OFFICE) continue;
        where seen = seen_where(&a->look->scene->rosters, w, c, &at);
        missing *x = month_of(a, c);
#pragma omp atomic
        x->n++;
        if (seen != NOWHERE) continue;
#pragma omp atomic
        x->missed++;
    }
}

/* How often a machine misses somebody there; above MOST_MISSED, it says nothing. */
static double missed_rate(const attendance *a, const missing *x)
{
    double mean = a->all.n ? (double)a->all.missed / a->all.n : 0;
    if (x->missed >= x->n) return 1;
    return (x->missed + PRIOR * mean) / (x->n + PRIOR);
}

static bool is_senior(const attendance *a, cd_id o, int64_t at)
{
    return a->senior[cd_scene_post(a->look->scene, o, at).rank];
}

/* A day that counts, and whether it was attended; false where it does not count. */
static bool counts(const attendance *a, cd_id o, const cd_worked *w, const cd_claim *c, size_t *at, double *missed,
                   bool *seen)
{
    if ((c->mode != CD_MODE_OFFICE && c->mode != CD_MODE_REMOTE) || c->rest_day) return false;
    if (c->starts < a->look->residue->since || !is_senior(a, o, c->starts)) return false;
    *missed = missed_rate(a, month_of(a, c));
    *seen = seen_where(&a->look->scene->rosters, w, c, at) == OFFICE;
    return *missed < MOST_MISSED;
}

static void judge(attendance *a, cd_id o, const cd_worked *w)
{
    size_t at = 0;
    attended *x = &a->officer[o];
    for (size_t i = 0; i < w->n_claims; i++) {
        double missed;
        bool seen;
        if (!counts(a, o, w, &w->claims[i], &at, &missed, &seen)) continue;
        x->days++, x->seen += seen, x->missed += missed;
    }
}

static cd_status officers_read(attendance *a, bool learning, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = a->look->scene;
    cd_lowest failed = {0};
    cd_worked *worked = NULL;
    CD_NEW(worked, a->look->run->threads);
#pragma omp parallel for schedule(dynamic, 64) num_threads(a->look->run->threads)
    for (cd_id o = 0; o < s->officers.n; o++) {
        cd_worked *w = &worked[omp_get_thread_num()];
        cd_err why = {0};
        bool ever = learning;
        for (cd_off p = s->post_off[o]; p < s->post_off[o + 1]; p++) ever = ever || a->senior[s->posts[p].rank];
        if (!ever) continue;
        cd_status got = cd_worked_read(s, o, w, &why);
        if (got != CD_OK)
            cd_lowest_note(&failed, o, got, &why);
        else if (learning)
            learn(a, w);
        else
            judge(a, o, w);
    }
    CD_TRY(cd_lowest_status(&failed, err));
done:
    for (uint32_t t = 0; worked && t < a->look->run->threads; t++) cd_worked_release(&worked[t]);
    cd_free(worked);
    return st;
}

/* ---- Telling ---- */

/* log10 of the chance to be seen on so few days at that share of attended days. */
static double chance_at(const attended *x, double share)
{
    double rate = x->missed / x->days, high = rate + NORMAL_95 * sqrt(rate * (1 - rate) / x->days);
    double seen = share * (1 - fmin(high, MOST_MISSED));
    return cd_chance_tries(x->days - x->seen, x->days, 1 - seen);
}

/* The largest share, in thousandths, under which so few days have a chance of 5 % at least. */
static uint32_t upper_bound(const attended *x)
{
    uint32_t lo = 0, hi = 1000;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo + 1) / 2;
        if (rint(1000 * chance_at(x, mid / 1000.0)) / 1000 >= LOG_5_PERCENT)
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo;
}

static cd_status rows_cite(const attendance *a, cd_id o, cd_worked *w, cd_findings *out, uint32_t n, cd_finding **f,
                           cd_err *err)
{
    cd_status st = CD_OK;
    size_t at = 0;
    uint32_t k = 0;
    CD_TRY(cd_finding_add(out, 0, n, f, err));
    CD_TRY(cd_worked_read(a->look->scene, o, w, err));
    for (size_t i = 0; i < w->n_claims && k < n; i++) {
        double missed;
        bool seen;
        if (counts(a, o, w, &w->claims[i], &at, &missed, &seen) && !seen)
            (*f)->cited[k++] = cd_cite_row(&a->look->scene->rosters.roster, w->claims[i].row, 0);
    }
done:
    return st;
}

static cd_status tell(const attendance *a, cd_id o, uint32_t detector, cd_worked *w, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    const attended *x = &a->officer[o];
    double mandate = a->look->policy->number[CD_POLICY_OFFICE_MANDATE];
    cd_finding *f;
    char words[WORDS];
    if (x->days < LEAST_DAYS) return CD_OK;
    double share = x->seen / (x->days - x->missed), log_p = rint(1000 * chance_at(x, mandate)) / 1000;
    if (share >= mandate) return CD_OK;
    uint32_t most = upper_bound(x);
    bool flagged = log_p < LOG_5_PERCENT;
    CD_TRY(rows_cite(a, o, w, out, x->days - x->seen, &f, err));
    f->officer = o, f->detector = detector;
    f->base = cd_evidence_times(log_p, 1);
    f->gain_centibans = cd_evidence_centibans(f->base);
    for (uint32_t draw = 0; draw < CD_REDRAWS; draw++) f->redrawn[draw] = f->gain_centibans; /* it has no peers */
    snprintf(words, sizeof words,
             "%sflagged: in the office on %u of %u days; with missed swipes at most %.1f %%, of %.10g %% asked",
             flagged ? "" : "not ", x->seen, x->days, most / 10.0, 100 * mandate);
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

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    attendance a = {.look = look};
    cd_worked w = {0};
    CD_TRY(tables_make(&a, err));
    CD_TRY(officers_read(&a, true, err));
    for (size_t i = 0; i < ((size_t)look->scene->rosters.sites.n + 1) * a.n_months; i++)
        a.all.n += a.of[i].n, a.all.missed += a.of[i].missed;
    CD_TRY(officers_read(&a, false, err));
    for (cd_id o = 0; o < look->scene->officers.n; o++) CD_TRY(tell(&a, o, number, &w, out, err));
done:
    cd_worked_release(&w);
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
