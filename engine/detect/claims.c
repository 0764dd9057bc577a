/* SPDX-License-Identifier: GPL-3.0-or-later
 * claims.c: all officers twice: what is ordinary, then what was claimed. Counts are whole numbers, so that threads may
 * add them in any order. */
#include "engine/detect/claims.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

enum {
    MINUTE = 60,
    HOUR = 3600,
    DAY = 86400,
    LEAST = 20 * MINUTE,  /* a shorter stretch is no claim: people linger */
    LINGER = 15 * MINUTE, /* whoever is seen so long into a stretch, or a sixth of it, was there */
    ALIVE = 30 * MINUTE,  /* they were seen within so long of where it begins */
    ORDINARY = 2 * HOUR,  /* of a shift's end: held up as a stretch that nobody gains by */
    NEIGHBOUR = 14 * DAY  /* the shifts before and after, that they must have been seen on */
};
static const double OUTAGE = 0.25, PRIOR = 30;

typedef enum { UNJUDGED, SEEN, LOST } verdict;

/* ---- What machines saw ---- */

/* Whether the officer opened a file then. */
static bool worked_at(const cd_scene *s, cd_id o, int64_t from, int64_t to)
{
    cd_off lo = s->access_off[o], end = s->access_off[o + 1], hi = end;
    while (lo < hi) {
        cd_off mid = lo + (hi - lo) / 2;
        if (s->accesses[mid].at < from)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < end && s->accesses[lo].at < to;
}

/* The first sighting that may reach `at`: none lasts longer than two days. */
static size_t first_near(const cd_worked *w, int64_t at)
{
    size_t lo = 0, hi = w->n_seen;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->seen[mid].from < at - 2 * DAY)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Somebody who is to be at work from `from` to `to`, after (or, where it is `before`, before) hours on which they were
 * seen: `edge` is where the two meet. */
static verdict watch(const cd_scene *s, cd_id o, const cd_worked *w, cd_span span, bool before, cd_source *by)
{
    int64_t length = span.to - span.from, into = length / 6 < LINGER ? length / 6 : LINGER, latest = INT64_MIN;
    int64_t edge = before ? span.to : span.from;
    cd_span inner = before ? (cd_span){span.from, span.to - into} : (cd_span){span.from + into, span.to};
    bool alive = false;
    for (size_t i = first_near(w, span.from); i < w->n_seen && w->seen[i].from < span.to + ALIVE; i++) {
        const cd_sighting *x = &w->seen[i];
        if (x->from < inner.to && x->to > inner.from) return SEEN;
        bool near = before ? x->from <= edge + ALIVE && x->to > edge : x->from < edge && x->to >= edge - ALIVE;
        if (near && x->to > latest) alive = true, latest = x->to, *by = x->source;
    }
    if (worked_at(s, o, inner.from, inner.to)) return SEEN;
    return alive ? LOST : UNJUDGED;
}

/* The machine that has them at `edge`, for one who was seen on. */
static cd_source machine_at(const cd_worked *w, int64_t edge, bool before, bool *alive)
{
    cd_source by = CD_SOURCE_UNKNOWN;
    int64_t latest = INT64_MIN;
    *alive = false;
    for (size_t i = first_near(w, edge); i < w->n_seen && w->seen[i].from <= edge + ALIVE; i++) {
        const cd_sighting *x = &w->seen[i];
        bool near = before ? x->to > edge : x->from < edge && x->to >= edge - ALIVE;
        if (near && x->to > latest) *alive = true, latest = x->to, by = x->source;
    }
    return by;
}

/* As watch(), told of the machine whatever comes of it. */
static verdict watched(const cd_scene *s, cd_id o, const cd_worked *w, cd_span span, bool before, cd_source *by)
{
    bool alive;
    verdict v = watch(s, o, w, span, before, by);
    if (v == SEEN) *by = machine_at(w, before ? span.to : span.from, before, &alive);
    return v == SEEN && !alive ? UNJUDGED : v;
}

static bool seen_at_all(const cd_scene *s, cd_id o, const cd_worked *w, const cd_claim *c)
{
    int64_t from = (c->from < c->starts ? c->from : c->starts) - ALIVE,
            to = (c->to > c->ends ? c->to : c->ends) + ALIVE;
    for (size_t i = first_near(w, from); i < w->n_seen && w->seen[i].from < to; i++)
        if (w->seen[i].to > from) return true;
    return worked_at(s, o, from, to);
}

/* ---- What is ordinary ---- */

static bool is_ordinary(const cd_claim *c)
{
    return !c->rest_day && c->from > c->starts - LEAST && c->to < c->ends + LEAST &&
           c->ends - c->starts >= 2 * ORDINARY;
}

static cd_lost *month_of(const cd_claimed *c, cd_lost *table, uint32_t classes, uint32_t site, uint32_t class_of,
                         int64_t at)
{
    uint32_t month = (uint32_t)(cd_month_of(at) - c->first_month);
    return &table[((size_t)site * classes + class_of) * c->n_months + month];
}

static cd_lost *day_of(const cd_claimed *c, uint32_t site, int64_t at)
{
    return &c->day[(size_t)site * c->n_days + (size_t)(cd_day_of(at) - c->first_day)];
}

static void lost_count(cd_lost *x, bool lost)
{
#pragma omp atomic
    x->n++;
    if (!lost) return;
#pragma omp atomic
    x->lost++;
}

static void ordinary_learn(cd_claimed *c, cd_id o, const cd_worked *w)
{
    const cd_scene *s = c->look->scene;
    for (size_t i = 0; i < w->n_claims; i++) {
        const cd_claim *x = &w->claims[i];
        cd_source by;
        if (!is_ordinary(x)) continue;
        bool unseen = !seen_at_all(s, o, w, x);
        lost_count(month_of(c, c->shift, CD_MODES, x->site, x->mode, x->starts), unseen);
        verdict v = watched(s, o, w, (cd_span){x->ends - ORDINARY, x->ends}, false, &by);
        if (v != UNJUDGED) lost_count(month_of(c, c->stretch, CD_SOURCES, x->site, by, x->starts), v == LOST);
        lost_count(day_of(c, x->site, x->starts), unseen || v == LOST);
    }
}

static void lost_add(cd_lost *sum, const cd_lost *x) { sum->n += x->n, sum->lost += x->lost; }

static void ordinary_sum(cd_claimed *c)
{
    for (size_t i = 0; i < (size_t)c->n_sites * CD_SOURCES * c->n_months; i++)
        lost_add(&c->all_stretch[i / c->n_months % CD_SOURCES], &c->stretch[i]);
    for (size_t i = 0; i < (size_t)c->n_sites * CD_MODES * c->n_months; i++)
        lost_add(&c->all_shift[i / c->n_months % CD_MODES], &c->shift[i]);
    for (size_t i = 0; i < (size_t)c->n_sites * c->n_days; i++) lost_add(&c->all_days, &c->day[i]);
}

/* How much likelier a claim of this cell goes unseen than the force's mean; 0: the machines say nothing of it. */
static double relative(const cd_lost *cell, const cd_lost *all)
{
    double mean = (all->lost + 0.5) / (all->n + 1.0);
    if (cell->lost == cell->n || 2 * (uint64_t)cell->lost > cell->n) return 0;
    return (cell->lost + PRIOR * mean) / (cell->n + PRIOR) / mean;
}

/* A day on which the site lost sight of far more than it does. */
static bool is_outage(const cd_claimed *c, uint32_t site, int64_t at)
{
    const cd_lost *day = day_of(c, site, at);
    double usual = c->all_days.n ? (double)c->all_days.lost / c->all_days.n : 0;
    return day->n > 0 && day->lost > 1 && (double)day->lost / day->n > OUTAGE + 2 * usual;
}

/* ---- What was claimed ---- */

typedef struct {
    cd_worked worked;
    cd_judged *list;
    size_t n, cap;
    bool *seen; /* per claim of the officer */
    size_t cap_seen;
} worker;

static cd_status claim_take(cd_claimed *c, worker *k, cd_id o, cd_claim_kind kind, const cd_claim *x, double weight,
                            bool unseen, cd_err *err)
{
    c->judged[kind][o]++, c->exposure[kind][o] += weight;
    c->seen[kind][o] += unseen;
    cd_status st = cd_grow(&k->list, &k->cap, k->n + 1, sizeof *k->list, err);
    if (st == CD_OK)
        k->list[k->n++] = (cd_judged){.officer = o,
                                      .kind = kind,
                                      .starts = x->starts,
                                      .shift = x->shift,
                                      .unit = x->unit,
                                      .unseen = unseen,
                                      .row = x->row};
    return st;
}

/* Hours before or after a shift. */
static cd_status stretch_judge(cd_claimed *c, worker *k, cd_id o, const cd_claim *x, bool before, cd_err *err)
{
    cd_span span = before ? (cd_span){x->from, x->starts} : (cd_span){x->ends, x->to};
    cd_source by = CD_SOURCE_UNKNOWN;
    if (span.to - span.from < LEAST) return CD_OK;
    verdict v = watched(c->look->scene, o, &k->worked, span, before, &by);
    if (v == UNJUDGED) return CD_OK;
    double weight = relative(month_of(c, c->stretch, CD_SOURCES, x->site, by, x->starts), &c->all_stretch[by]);
    return weight > 0 ? claim_take(c, k, o, CD_CLAIM_STRETCH, x, weight, v == LOST, err) : CD_OK;
}

/* Whether they were seen on the shifts before and after this one. */
static bool seen_around(const worker *k, size_t i)
{
    const cd_claim *x = k->worked.claims;
    return i > 0 && i + 1 < k->worked.n_claims && k->seen[i - 1] && k->seen[i + 1] &&
           x[i].starts - x[i - 1].starts < NEIGHBOUR && x[i + 1].starts - x[i].starts < NEIGHBOUR;
}

static cd_status officer_judge(cd_claimed *c, worker *k, cd_id o, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_worked *w = &k->worked;
    CD_TRY(cd_grow(&k->seen, &k->cap_seen, w->n_claims + 1, sizeof *k->seen, err));
    for (size_t i = 0; i < w->n_claims; i++) k->seen[i] = seen_at_all(c->look->scene, o, w, &w->claims[i]);
    for (size_t i = 0; i < w->n_claims; i++) {
        const cd_claim *x = &w->claims[i];
        if (x->starts < c->look->residue->since || is_outage(c, x->site, x->starts)) continue;
        if (!x->rest_day && k->seen[i]) {
            CD_TRY(stretch_judge(c, k, o, x, true, err));
            CD_TRY(stretch_judge(c, k, o, x, false, err));
        }
        if (!x->rest_day || !seen_around(k, i)) continue;
        double weight = relative(month_of(c, c->shift, CD_MODES, x->site, x->mode, x->starts), &c->all_shift[x->mode]);
        if (weight > 0) CD_TRY(claim_take(c, k, o, CD_CLAIM_REST, x, weight, !k->seen[i], err));
    }
done:
    return st;
}

/* ---- All officers ---- */

static int judged_compare(const void *a, const void *b)
{
    const cd_judged *x = a, *y = b;
    if (x->officer != y->officer) return x->officer < y->officer ? -1 : 1;
    if (x->starts != y->starts) return x->starts < y->starts ? -1 : 1;
    if (x->shift != y->shift) return x->shift < y->shift ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

static cd_status all_officers(cd_claimed *c, worker *workers, bool judge, cd_err *err)
{
    const cd_scene *s = c->look->scene;
    cd_lowest failed = {0};
#pragma omp parallel for schedule(dynamic, 64) num_threads(c->look->run->threads)
    for (cd_id o = 0; o < s->officers.n; o++) {
        worker *k = &workers[omp_get_thread_num()];
        cd_err why = {0};
        cd_status got = cd_worked_read(s, o, &k->worked, &why);
        if (got == CD_OK && judge)
            got = officer_judge(c, k, o, &why);
        else if (got == CD_OK)
            ordinary_learn(c, o, &k->worked);
        if (got != CD_OK) cd_lowest_note(&failed, o, got, &why);
    }
    return cd_lowest_status(&failed, err);
}

/* The months and days that anybody was on duty. */
static cd_status tables_make(cd_claimed *c, cd_err *err)
{
    enum { MOST_DAYS = 40000 };
    cd_status st = CD_OK;
    const cd_scene *s = c->look->scene;
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (cd_id i = 0; i < s->rosters.places.n; i++) {
        const cd_shift *x = &s->rosters.shifts[i];
        if (x->starts >= x->ends || x->ends > s->as_of) continue;
        if (x->starts < first) first = x->starts;
        if (x->starts > last) last = x->starts;
    }
    if (first > last) first = last = 0;
    if (cd_day_of(last) - cd_day_of(first) >= MOST_DAYS)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' has shifts over more than a hundred years; correct their times",
                       s->snapshot->path));
    c->first_day = cd_day_of(first), c->n_days = (uint32_t)(cd_day_of(last) - c->first_day + 1);
    c->first_month = cd_month_of(first), c->n_months = (uint32_t)(cd_month_of(last) - c->first_month + 1);
    c->n_sites = s->rosters.sites.n + 1;
    CD_TRY(
        cd_run_fits(c->look->run, "claims",
                    c->n_sites * sizeof(cd_lost) * ((size_t)(CD_SOURCES + CD_MODES) * c->n_months + (size_t)c->n_days) +
                        (size_t)s->officers.n * CD_CLAIMS * 24,
                    err));
    CD_NEW(c->stretch, (size_t)c->n_sites * CD_SOURCES * c->n_months);
    CD_NEW(c->shift, (size_t)c->n_sites * CD_MODES * c->n_months);
    CD_NEW(c->day, (size_t)c->n_sites * c->n_days);
    for (int k = 0; k < CD_CLAIMS; k++) {
        CD_NEW(c->seen[k], s->officers.n);
        CD_NEW(c->judged[k], s->officers.n);
        CD_NEW(c->exposure[k], s->officers.n);
    }
done:
    return st;
}

cd_status cd_claimed_make(const cd_look *look, cd_claimed *out, cd_err *err)
{
    cd_status st = CD_OK;
    worker *workers = NULL;
    *out = (cd_claimed){.look = look};
    CD_TRY(tables_make(out, err));
    CD_NEW(workers, look->run->threads);
    CD_TRY(all_officers(out, workers, false, err));
    ordinary_sum(out);
    CD_TRY(all_officers(out, workers, true, err));
    for (uint32_t t = 0; t < look->run->threads; t++) out->n += workers[t].n;
    CD_NEW(out->list, out->n);
    for (uint32_t t = 0, n = 0; t < look->run->threads; n += (uint32_t)workers[t++].n)
        if (workers[t].n) memcpy(out->list + n, workers[t].list, workers[t].n * sizeof *out->list);
    CD_NEW(out->off, (size_t)look->scene->officers.n + 1);
    for (size_t i = 0; i < out->n; i++) out->off[out->list[i].officer + 1]++;
    for (cd_id o = 0; o < look->scene->officers.n; o++) out->off[o + 1] += out->off[o];
    if (out->n > 1) qsort(out->list, out->n, sizeof *out->list, judged_compare);
done:
    for (uint32_t t = 0; workers && t < look->run->threads; t++) {
        cd_worked_release(&workers[t].worked);
        cd_free(workers[t].list);
        cd_free(workers[t].seen);
    }
    cd_free(workers);
    if (st != CD_OK) cd_claimed_release(out);
    return st;
}

void cd_claimed_release(cd_claimed *c)
{
    cd_free(c->stretch);
    cd_free(c->shift);
    cd_free(c->day);
    for (int k = 0; k < CD_CLAIMS; k++) {
        cd_free(c->seen[k]);
        cd_free(c->judged[k]);
        cd_free(c->exposure[k]);
    }
    cd_free(c->list);
    cd_free(c->off);
    *c = (cd_claimed){0};
}
