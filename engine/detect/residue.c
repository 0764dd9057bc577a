/* SPDX-License-Identifier: GPL-3.0-or-later
 * residue.c: unexplained accesses, gathered by officer and file. */
#include "engine/detect/residue.h"

#include <stdlib.h>

enum { DAY = 86400 };

int64_t cd_day_of(int64_t at) { return at >= 0 ? at / DAY : -((DAY - 1 - at) / DAY); }

/* Whether the roster speaks of that time (there is duty within a fortnight on both sides) and does not have the officer
 * on duty then. What is unknown favours the officer. */
static bool is_off_shift(const cd_scene *s, cd_id officer, int64_t at, int64_t grace)
{
    enum { KNOWN_WITHIN = 14 * DAY };
    cd_off lo = s->duty_off[officer], hi = s->duty_off[officer + 1], begin = lo, end = hi;
    while (lo < hi) { /* the first that begins after `at` + grace */
        cd_off mid = lo + (hi - lo) / 2;
        if (s->duty[mid].from <= at + grace)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo > begin && s->duty[lo - 1].to + grace > at) return false;
    return lo > begin && lo < end && at - s->duty[lo - 1].to < KNOWN_WITHIN && s->duty[lo].from - at < KNOWN_WITHIN;
}

/* Whether a file is about somebody whom the records tie to another officer (or are one: a victim, a witness), and to
 * few of them. Who is tied to the officer themselves is not a colleague here. */
static bool about_colleague(const cd_scene *s, cd_id officer, cd_id file, uint32_t person)
{
    enum { FEW = 3 };
    const cd_ties *t = &s->ties;
    for (cd_off i = s->subject_off[file]; person && i < s->subject_off[file + 1]; i++) {
        cd_id a = s->subjects[i];
        cd_off lo = t->holder_off[a], hi = t->holder_off[a + 1];
        bool own = false;
        if (t->kind[a] != person || lo == hi) continue;
        uint32_t officers = 0;
        for (cd_off k = lo; k < hi; k++) { /* an officer's links stand together */
            own = own || t->holders[k].officer == officer;
            officers += k == lo || t->holders[k].officer != t->holders[k - 1].officer;
        }
        if (!own && officers <= FEW) return true;
    }
    return false;
}

/* The word for a person among the kinds of associations; 0: there is none, or no links were read. */
static uint32_t person_word(const cd_scene *s)
{
    if (!s->ties.holder_off || !s->subject_off) return 0;
    for (uint32_t k = 1; k <= s->ties.kinds.n; k++)
        if (cd_slice_equal(s->ties.kinds.text[k], cd_slice_of("person"))) return k;
    return 0;
}

typedef struct {
    cd_id file;
    cd_off access;
} opening;

static int opening_compare(const void *a, const void *b)
{
    const opening *x = a, *y = b;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    return (x->access > y->access) - (x->access < y->access);
}

static int stray_compare(const void *a, const void *b)
{
    const cd_stray *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

/* The openings of one file: all of them, by time. */
static cd_stray stray_of(const cd_reasons *r, cd_id officer, const opening *o, size_t n, const cd_residue *res,
                         int64_t duty_grace, int64_t long_closed)
{
    const cd_scene *s = r->scene;
    const cd_access *first = &s->accesses[o[0].access], *last = &s->accesses[o[n - 1].access];
    cd_stray out = {.file = first->file, .rows = (uint32_t)n, .first = o[0].access, .until = last->at};
    out.month = (uint16_t)(cd_month_of(first->at) - res->first_month);
    if (s->sensitivity[first->file] >= r->sensitive_from) out.marks |= CD_STRAY_SENSITIVE;
    if (last->at - first->at >= DAY) out.marks |= CD_STRAY_RETURNED;
    if (about_colleague(s, officer, first->file, res->person)) out.marks |= CD_STRAY_COLLEAGUE;
    if (s->closed[first->file] != CANDOUR_UNKNOWN && last->at - s->closed[first->file] > long_closed)
        out.marks |= CD_STRAY_CLOSED;
    int64_t before = 0;
    for (size_t i = 0; i < n; i++) {
        const cd_access *a = &s->accesses[o[i].access];
        int64_t day = cd_day_of(a->at);
        out.days += i == 0 || day != before;
        before = day;
        if (a->action == CD_PRINT || a->action == CD_EXPORT) out.marks |= CD_STRAY_OUTPUT;
        if (is_off_shift(s, officer, a->at, duty_grace)) out.marks |= CD_STRAY_OFFSHIFT;
    }
    return out;
}

/* One officer's strays; opens[] and out[] have room for all unexplained accesses. */
static size_t officer_strays(const cd_reasons *r, cd_id o, const cd_residue *res, int64_t duty_grace,
                             int64_t long_closed, opening *opens, cd_stray *out)
{
    const cd_scene *s = r->scene;
    size_t n = 0, m = 0;
    for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++)
        if (s->accesses[a].reason == CD_REASON_NONE && s->accesses[a].at >= res->since)
            opens[n++] = (opening){s->accesses[a].file, a};
    if (n > 1) qsort(opens, n, sizeof *opens, opening_compare);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && opens[j].file == opens[i].file;) j++;
        out[m++] = stray_of(r, o, opens + i, j - i, res, duty_grace, long_closed);
    }
    if (m > 1) qsort(out, m, sizeof *out, stray_compare);
    return m;
}

/* Where everybody stands at the end, and which months there are. */
static cd_status people_make(const cd_scene *s, cd_residue *out, cd_err *err)
{
    cd_status st = CD_OK;
    int64_t begin = s->first < out->since ? out->since : s->first;
    CD_NEW(out->role, s->officers.n);
    CD_NEW(out->rank, s->officers.n);
    CD_NEW(out->unit, s->officers.n);
    CD_NEW(out->works, s->officers.n);
    CD_NEW(out->owner, s->files.n);
    for (cd_id f = 0; f < s->files.n; f++) out->owner[f] = cd_scene_holder(s, f, s->as_of);
    for (cd_id o = 0; o < s->officers.n; o++) {
        cd_post last = cd_scene_post(s, o, s->as_of);
        out->role[o] = last.role, out->rank[o] = last.rank, out->unit[o] = last.unit;
        cd_off end = s->access_off[o + 1];
        out->works[o] = end > s->access_off[o] && s->accesses[end - 1].at >= out->since;
    }
    if (s->first <= s->last) {
        int64_t months = (int64_t)cd_month_of(s->last) - cd_month_of(begin) + 1;
        if (months > UINT16_MAX)
            CD_TRY(cd_fail(err, CD_EINPUT, "'%s' has accesses over %lld months; give --since", s->snapshot->path,
                           (long long)months));
        out->first_month = cd_month_of(begin), out->n_months = months > 0 ? (uint32_t)months : 0;
    }
done:
    return st;
}

cd_status cd_residue_make(const cd_reasons *r, int64_t since, const cd_policy *policy, const cd_run *run,
                          cd_residue *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = r->scene;
    int64_t duty_grace = (int64_t)(policy->number[CD_POLICY_DUTY_GRACE_HOURS] * 3600);
    int64_t long_closed = (int64_t)(policy->number[CD_POLICY_LONG_CLOSED_DAYS] * DAY);
    cd_off *left = NULL; /* unexplained rows before each officer */
    opening *opens = NULL;
    cd_stray *all = NULL;
    *out = (cd_residue){.since = since};
    CD_TRY(people_make(s, out, err));
    out->person = person_word(s);
    CD_NEW(left, (size_t)s->officers.n + 1);
    CD_NEW(out->off, (size_t)s->officers.n + 1);
    for (cd_id o = 0; o < s->officers.n; o++) {
        left[o + 1] = left[o];
        for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++)
            left[o + 1] += s->accesses[a].reason == CD_REASON_NONE && s->accesses[a].at >= since;
    }
    CD_TRY(cd_run_fits(run, "gathering unexplained accesses", left[s->officers.n] * (sizeof *opens + 2 * sizeof *all),
                       err));
    opens = cd_pages_new(left[s->officers.n], sizeof *opens, err);
    all = cd_pages_new(left[s->officers.n], sizeof *all, err);
    if (!opens || !all) CD_TRY(CD_EMEMORY);
#pragma omp parallel for schedule(dynamic, 64) num_threads(run->threads)
    for (cd_id o = 0; o < s->officers.n; o++)
        out->off[o + 1] = officer_strays(r, o, out, duty_grace, long_closed, opens + left[o], all + left[o]);
    for (cd_id o = 0; o < s->officers.n; o++) out->off[o + 1] += out->off[o];
    CD_NEW(out->strays, out->off[s->officers.n]);
    for (cd_id o = 0; o < s->officers.n; o++)
        memcpy(out->strays + out->off[o], all + left[o], (out->off[o + 1] - out->off[o]) * sizeof *all);
done:
    if (left) {
        cd_pages_free(opens, left[s->officers.n], sizeof *opens);
        cd_pages_free(all, left[s->officers.n], sizeof *all);
    }
    cd_free(left);
    if (st != CD_OK) cd_residue_release(out);
    return st;
}

void cd_residue_release(cd_residue *r)
{
    cd_free(r->off);
    cd_free(r->strays);
    cd_free(r->role);
    cd_free(r->rank);
    cd_free(r->unit);
    cd_free(r->works);
    cd_free(r->owner);
    *r = (cd_residue){0};
}
