/* SPDX-License-Identifier: GPL-3.0-or-later
 * complaint_events.c: what a record of events, where that stands in place of a roster, foretells of complaints.
 *
 * Learnt from the force's own earlier years: complaints of the last years before the day, as a Poisson regression on
 * how many complaints and events each had before those, both against years of service and drawn towards the mean where
 * they are few (empirical Bayes). What events add is kept where it is surely more than nothing. */
#include <math.h>

#include "engine/detect/complaint_rates.h"

enum {
    YEARS_AFTER = 3,
    LEAST_BEFORE = 200,
    LEAST_AFTER = 200,
    SHIFTS_OF_A_YEAR = 60, /* fewer than anybody works: then these are no shifts */
    SLOPES = 3,            /* for everybody; for complaints; for events */
    STEPS = 25
};
static const double YEAR = 365.25 * 86400, SURELY = 3; /* standard errors */

/* Drawn towards the mean of the force: like so many of it that had as many as it has. */
enum { UNIT_SHRINK = 5 };

/* mean[]: what each would have, going by their years and by how much their unit has. */
static cd_status means_make(const cd_tally *t, const double *n, const double *years, bool by_unit, double *mean,
                            cd_err *err)
{
    cd_status st = CD_OK;
    const uint32_t *unit = t->look->residue->unit;
    double all = 0, all_years = 0, *of_unit = NULL, *years_of_unit = NULL;
    CD_NEW(of_unit, (size_t)t->look->scene->units.n + 1);
    CD_NEW(years_of_unit, (size_t)t->look->scene->units.n + 1);
    for (cd_id o = 0; o < t->n; o++) {
        all += n[o], all_years += years[o];
        of_unit[unit[o]] += n[o], years_of_unit[unit[o]] += years[o];
    }
    double rate = all_years > 0 ? all / all_years : 0;
    for (cd_id o = 0; o < t->n; o++) {
        double times = (of_unit[unit[o]] + UNIT_SHRINK) / (rate * years_of_unit[unit[o]] + UNIT_SHRINK);
        mean[o] = rate * years[o] * (by_unit && unit[o] ? times : 1);
    }
done:
    cd_free(of_unit);
    cd_free(years_of_unit);
    return st;
}

/* log of how many times what is expected each has, of so many within so many years, drawn towards it where that is
 * little; 0 of who has no years. */
static cd_status logs_of(const cd_tally *t, const double *n, const double *years, bool by_unit, double *out,
                         cd_err *err)
{
    cd_status st = CD_OK;
    double *mean = NULL, beyond = 0, squares = 0;
    CD_NEW(mean, t->n);
    CD_TRY(means_make(t, n, years, by_unit, mean, err));
    for (cd_id o = 0; o < t->n; o++) beyond += (n[o] - mean[o]) * (n[o] - mean[o]) - n[o], squares += mean[o] * mean[o];
    double spread = squares > 0 ? beyond / squares : 0, shape = 1 / fmin(fmax(spread, 0.01), 20);
    for (cd_id o = 0; o < t->n; o++) out[o] = years[o] > 0 ? log((n[o] + shape) / (mean[o] + shape)) : 0;
done:
    cd_free(mean);
    return st;
}

/* What each has before `until`. */
typedef struct {
    double *complaints, *events, *years, *event_years;
} had;

static void had_release(had *h)
{
    cd_free(h->complaints);
    cd_free(h->events);
    cd_free(h->years);
    cd_free(h->event_years);
}

static cd_status had_make(const cd_tally *t, const double *weight, int64_t until, had *h, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = t->look->scene;
    CD_NEW(h->complaints, t->n);
    CD_NEW(h->events, t->n);
    CD_NEW(h->years, t->n);
    CD_NEW(h->event_years, t->n);
    for (cd_id o = 0; o < t->n; o++) {
        if (!t->part[o]) continue;
        h->years[o] = cd_tally_years(t, o, s->complaints.since, until);
        h->event_years[o] = cd_tally_years(t, o, t->events_since, until);
        for (cd_off i = t->off[o]; i < t->off[o + 1]; i++) {
            const cd_tallied *x = &t->list[i];
            if (until == s->complaints.until || (x->at != CANDOUR_UNKNOWN && x->at < until))
                h->complaints[o] += weight[x->outcome];
        }
        for (cd_off i = s->duty_off[o]; i < s->duty_off[o + 1]; i++)
            h->events[o] += h->event_years[o] > 0 && s->duty[i].from < until;
    }
done:
    return st;
}

/* ---- Learning ---- */

/* One of the people that are learnt from. */
typedef struct {
    double x[SLOPES], later, years;
} learnt_from;

/* Solves a * d = b, and puts the inverse of a in its place: by Gauss and Jordan, a being positive. */
static void solve(double a[SLOPES][SLOPES], const double b[SLOPES], double d[SLOPES])
{
    for (int i = 0; i < SLOPES; i++) {
        double pivot = a[i][i];
        a[i][i] = 1;
        for (int k = 0; k < SLOPES; k++) a[i][k] /= pivot;
        for (int r = 0; r < SLOPES; r++) {
            double times = a[r][i];
            if (r == i) continue;
            a[r][i] = 0;
            for (int k = 0; k < SLOPES; k++) a[r][k] -= times * a[i][k];
        }
    }
    for (int i = 0; i < SLOPES; i++) {
        d[i] = 0;
        for (int k = 0; k < SLOPES; k++) d[i] += a[i][k] * b[k];
    }
}

/* Newton's steps for the likelihood, with a little drawing to no slope at all. Returns the error of the last slope. */
static double regress(const learnt_from *list, size_t n, double slope[SLOPES])
{
    double a[SLOPES][SLOPES], all = 0, years = 0;
    for (size_t i = 0; i < n; i++) all += list[i].later, years += list[i].years;
    slope[0] = log(all / years), slope[1] = slope[2] = 0;
    for (int step = 0; step < STEPS; step++) {
        double b[SLOPES] = {0, -slope[1], -slope[2]}, d[SLOPES];
        memset(a, 0, sizeof a);
        a[1][1] = a[2][2] = 1;
        for (size_t i = 0; i < n; i++) {
            const learnt_from *p = &list[i];
            double mean = p->years * exp(fmin(slope[0] + slope[1] * p->x[1] + slope[2] * p->x[2], 20));
            for (int r = 0; r < SLOPES; r++) {
                b[r] += p->x[r] * (p->later - mean);
                for (int k = 0; k < SLOPES; k++) a[r][k] += p->x[r] * p->x[k] * mean;
            }
        }
        solve(a, b, d);
        for (int r = 0; r < SLOPES; r++) slope[r] += fmin(fmax(d[r], -2), 2);
    }
    return sqrt(fmax(a[2][2], 0));
}

static cd_status slopes_learn(cd_tally *t, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_complaints *x = &t->look->scene->complaints;
    int64_t after = (int64_t)(YEARS_AFTER * YEAR), half = (x->until - x->since) / 2,
            middle = x->until - (after < half ? after : half);
    had before = {0};
    double *complaints = NULL, *events = NULL, slope[SLOPES], earlier = 0, later = 0;
    learnt_from *list = NULL;
    size_t n = 0;
    CD_NEW(complaints, t->n);
    CD_NEW(events, t->n);
    CD_NEW(list, t->n);
    CD_TRY(had_make(t, t->weight, middle, &before, err));
    CD_TRY(logs_of(t, before.complaints, before.years, false, complaints, err));
    CD_TRY(logs_of(t, before.events, before.event_years, true, events, err));
    for (cd_id o = 0; o < t->n; o++) {
        learnt_from p = {.x = {1, complaints[o], events[o]}, .years = cd_tally_years(t, o, middle, x->until)};
        for (cd_off i = t->off[o]; i < t->off[o + 1]; i++)
            p.later += t->list[i].at != CANDOUR_UNKNOWN && t->list[i].at >= middle;
        if (!t->part[o] || !(before.years[o] > 0.25 && p.years > 0.25)) continue;
        list[n++] = p;
        earlier += before.complaints[o], later += p.later;
    }
    if (earlier < LEAST_BEFORE || later < LEAST_AFTER) goto done;
    double error = regress(list, n, slope);
    if (slope[2] > SURELY * error && slope[1] > 0)
        t->slope_complaints = rint(1000 * slope[1]) / 1000, t->slope_events = rint(1000 * slope[2]) / 1000;
done:
    had_release(&before);
    cd_free(complaints);
    cd_free(events);
    cd_free(list);
    return st;
}

cd_status cd_tally_events(cd_tally *t, cd_err *err)
{
    const cd_scene *s = t->look->scene;
    double years = 0, n = 0;
    int64_t first = INT64_MAX, last = INT64_MIN;
    if (s->missing & CD_NEEDS_ROSTER) return CD_OK;
    for (cd_off i = 0; i < s->duty_off[t->n]; i++) {
        if (s->duty[i].from < first) first = s->duty[i].from;
        if (s->duty[i].from > last) last = s->duty[i].from;
    }
    if (first >= last) return CD_OK;
    t->events_since = first > s->complaints.since ? first : s->complaints.since;
    for (cd_id o = 0; o < t->n; o++)
        years += cd_tally_years(t, o, first, last), n += (double)(s->duty_off[o + 1] - s->duty_off[o]);
    return n < SHIFTS_OF_A_YEAR * years ? slopes_learn(t, err) : CD_OK;
}

/* ---- What is foretold ---- */

cd_status cd_tally_foretell(const cd_tally *t, const double weight[CD_OUTCOMES], double *log_times, cd_err *err)
{
    cd_status st = CD_OK;
    had so_far = {0};
    double *events = NULL, all = 0;
    uint32_t people = 0;
    CD_NEW(events, t->n);
    CD_TRY(had_make(t, weight, t->look->scene->complaints.until, &so_far, err));
    CD_TRY(logs_of(t, so_far.complaints, so_far.years, false, log_times, err));
    CD_TRY(logs_of(t, so_far.events, so_far.event_years, true, events, err));
    for (cd_id o = 0; o < t->n; o++) {
        log_times[o] = t->slope_complaints * log_times[o] + t->slope_events * events[o];
        if (t->part[o]) all += exp(log_times[o]), people++;
    }
    for (cd_id o = 0; o < t->n; o++) log_times[o] -= people ? log(all / people) : 0;
done:
    had_release(&so_far);
    cd_free(events);
    return st;
}
