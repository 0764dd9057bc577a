/* SPDX-License-Identifier: GPL-3.0-or-later
 * reasons_works.c: who works at another unit, whatever the records say. Seconded, lent, or in a joint operation: for a
 * month they open as many of that unit's files as its own people do. Nobody who strays does that.
 *
 * Only their accesses to that unit's files are looked at, so that no other work makes or unmakes this reason; and
 * restricted files do not count, so that opening one never lowers a score. */
#include <omp.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/reasons_inside.h"

enum { PERIOD_DAYS = 30 };

/* How many files of a unit one officer opened in one period: as one of its people, or as a visitor. */
typedef struct {
    uint32_t unit, period, files;
    cd_id officer;
} share;

typedef struct {
    share *list;
    size_t n, cap;
} shares;

typedef struct {
    uint32_t *stamp; /* per file: the officer's period it was last met in */
    uint32_t stamps;
    uint32_t *owners; /* of a visitor's files in a period */
    size_t n_owners, cap_owners;
    shares members, visitors;
    cd_status st;
    cd_err err;
} worker;

static uint32_t period_of(const cd_scene *s, int64_t at)
{
    return (uint32_t)((at - s->first) / ((int64_t)PERIOD_DAYS * CD_DAY_SECONDS));
}

static cd_status share_add(shares *l, share x, cd_err *err)
{
    cd_status st = cd_grow(&l->list, &l->cap, l->n + 1, sizeof *l->list, err);
    if (st == CD_OK) l->list[l->n++] = x;
    return st;
}

/* What one officer did in one period: accesses [lo, hi). */
static cd_status period_count(worker *w, const cd_reasons *r, cd_id officer, cd_off lo, cd_off hi, uint32_t least)
{
    const cd_scene *s = r->scene;
    cd_status st = CD_OK;
    uint32_t period = period_of(s, s->accesses[lo].at), unit = cd_scene_post(s, officer, s->accesses[lo].at).unit,
             own = 0;
    w->stamps++, w->n_owners = 0;
    for (cd_off a = lo; st == CD_OK && a < hi; a++) {
        const cd_access *x = &s->accesses[a];
        bool mine = x->reason == CD_REASON_UNIT || x->reason == CD_REASON_ASSIGNED;
        if (!(mine || x->reason == CD_REASON_NONE) || w->stamp[x->file] == w->stamps || cd_is_restricted(s, x->file))
            continue;
        w->stamp[x->file] = w->stamps;
        uint32_t owner = cd_scene_holder(s, x->file, x->at);
        own += owner && owner == unit;
        if (owner == 0 || x->reason != CD_REASON_NONE) continue;
        st = cd_grow(&w->owners, &w->cap_owners, w->n_owners + 1, sizeof *w->owners, &w->err);
        if (st == CD_OK) w->owners[w->n_owners++] = owner;
    }
    if (st == CD_OK && own) st = share_add(&w->members, (share){unit, period, own, officer}, &w->err);
    if (w->n_owners < least) return st;
    qsort(w->owners, w->n_owners, sizeof *w->owners, cd_compare_u32);
    for (size_t i = 0, k; st == CD_OK && i < w->n_owners; i = k) {
        for (k = i + 1; k < w->n_owners && w->owners[k] == w->owners[i];) k++;
        if (k - i >= least)
            st = share_add(&w->visitors, (share){w->owners[i], period, (uint32_t)(k - i), officer}, &w->err);
    }
    return st;
}

static cd_status officer_count(worker *w, const cd_reasons *r, cd_id officer, uint32_t least)
{
    const cd_scene *s = r->scene;
    cd_status st = CD_OK;
    cd_off end = s->access_off[officer + 1], hi;
    for (cd_off lo = s->access_off[officer]; st == CD_OK && lo < end; lo = hi) {
        uint32_t period = period_of(s, s->accesses[lo].at);
        for (hi = lo + 1; hi < end && period_of(s, s->accesses[hi].at) == period;) hi++;
        st = period_count(w, r, officer, lo, hi, least);
    }
    return st;
}

/* By unit and period, then as asked: a median is wanted of files, a list of officers. */
static int by_files(const void *a, const void *b)
{
    const share *x = a, *y = b;
    if (x->unit != y->unit) return x->unit < y->unit ? -1 : 1;
    if (x->period != y->period) return x->period < y->period ? -1 : 1;
    return (x->files > y->files) - (x->files < y->files);
}

static int by_officer(const void *a, const void *b)
{
    const cd_working *x = a, *y = b;
    if (x->officer != y->officer) return x->officer < y->officer ? -1 : 1;
    if (x->unit != y->unit) return x->unit < y->unit ? -1 : 1;
    return (x->period > y->period) - (x->period < y->period);
}

/* The visitors who open as many files as half of the unit's own people open the share of. Both lists rise. */
static cd_status visitors_decide(const shares *members, const shares *visitors, double part, cd_reasons *r, cd_err *err)
{
    cd_status st = CD_OK;
    size_t m = 0;
    CD_NEW(r->working, visitors->n);
    for (size_t i = 0; i < visitors->n; i++) {
        const share *v = &visitors->list[i];
        while (m < members->n && (members->list[m].unit < v->unit ||
                                  (members->list[m].unit == v->unit && members->list[m].period < v->period)))
            m++;
        size_t end = m;
        while (end < members->n && members->list[end].unit == v->unit && members->list[end].period == v->period) end++;
        if (end == m) continue; /* nobody is of that unit: nobody works there */
        if ((double)v->files >= part * (double)members->list[m + (end - m) / 2].files)
            r->working[r->n_working++] = (cd_working){v->officer, v->unit, v->period};
    }
    if (r->n_working > 1) qsort(r->working, r->n_working, sizeof *r->working, by_officer);
done:
    return st;
}

static cd_status shares_join(worker *w, uint32_t n, bool members, shares *out, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t t = 0; t < n; t++) {
        const shares *part = members ? &w[t].members : &w[t].visitors;
        CD_TRY(cd_grow(&out->list, &out->cap, out->n + part->n, sizeof *out->list, err));
        if (part->n) memcpy(out->list + out->n, part->list, part->n * sizeof *out->list);
        out->n += part->n;
    }
    if (out->n > 1) qsort(out->list, out->n, sizeof *out->list, by_files);
done:
    return st;
}

cd_status cd_reasons_working(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = r->scene;
    uint32_t least = (uint32_t)policy->number[CD_POLICY_WORKING_FILES];
    shares members = {0}, visitors = {0};
    worker *w = NULL;
    CD_TRY(cd_run_fits(run, "finding who works at other units", (size_t)run->threads * s->files.n * sizeof *w->stamp,
                       err));
    CD_NEW(w, run->threads);
    for (uint32_t t = 0; t < run->threads; t++) CD_NEW(w[t].stamp, s->files.n);
#pragma omp parallel for schedule(dynamic, 64) num_threads(run->threads)
    for (cd_id o = 0; o < s->officers.n; o++) {
        worker *mine = &w[omp_get_thread_num()];
        if (mine->st == CD_OK) mine->st = officer_count(mine, r, o, least);
    }
    for (uint32_t t = 0; t < run->threads; t++)
        if (w[t].st != CD_OK) CD_TRY(cd_fail(err, w[t].st, "%s", w[t].err.text));
    CD_TRY(shares_join(w, run->threads, true, &members, err));
    CD_TRY(shares_join(w, run->threads, false, &visitors, err));
    CD_TRY(visitors_decide(&members, &visitors, policy->number[CD_POLICY_WORKING_SHARE], r, err));
done:
    for (uint32_t t = 0; w && t < run->threads; t++) {
        cd_free(w[t].stamp);
        cd_free(w[t].owners);
        cd_free(w[t].members.list);
        cd_free(w[t].visitors.list);
    }
    cd_free(w);
    cd_free(members.list);
    cd_free(visitors.list);
    return st;
}

bool cd_works_there(const cd_reasons *r, cd_id officer, uint32_t owner, int64_t at)
{
    uint32_t period = period_of(r->scene, at);
    size_t lo = 0, hi = r->n_working;
    while (lo < hi) { /* the first of theirs at that unit, the period before or later */
        size_t mid = lo + (hi - lo) / 2;
        const cd_working *x = &r->working[mid];
        if (x->officer != officer ? x->officer < officer : x->unit != owner ? x->unit < owner : x->period + 1 < period)
            lo = mid + 1;
        else
            hi = mid;
    }
    /* Who comes or goes within a period works there for a part of it. */
    return lo < r->n_working && r->working[lo].officer == officer && r->working[lo].unit == owner &&
           r->working[lo].period <= period + 1;
}
