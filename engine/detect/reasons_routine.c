/* SPDX-License-Identifier: GPL-3.0-or-later
 * reasons_routine.c: who opens others' files week after week. A desk for domestic abuse, a disclosure clerk, an
 * auditor: no record says so, and their role's name may not either, but they open many such files in most of the weeks
 * that they work. So much, so regularly, and under everybody's eyes, is work; who hides something does neither.
 *
 * Weeks are counted, not shares of the work, so that more honest work makes nothing routine or not. Restricted files
 * do not count towards it (but in a kind that is restricted anyway), so that opening more of them explains none. */
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/reasons_inside.h"

enum { WEEK_SECONDS = 7 * CD_DAY_SECONDS, OF_KIND = 1, OF_OWNER = 2, OF_ALL = 3, KEY_BITS = 32 };

/* One stray file in one week, under one heading: by heading, then week. */
typedef struct {
    uint64_t heading;
    uint32_t week;
    cd_id file;
} entry;

static int entry_compare(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->heading != y->heading) return x->heading < y->heading ? -1 : 1;
    if (x->week != y->week) return x->week < y->week ? -1 : 1;
    return (x->file > y->file) - (x->file < y->file);
}

typedef struct {
    const cd_reasons *r;
    uint32_t files_a_week, files_of_all, least_weeks;
    double share;
} search;

static uint64_t heading_of(int what, uint32_t key) { return (uint64_t)what << KEY_BITS | key; }

static uint32_t week_of(const cd_scene *s, int64_t at) { return (uint32_t)((at - s->first) / WEEK_SECONDS); }

static size_t entries_list(const search *q, cd_id o, entry *out, uint32_t *weeks_worked)
{
    const cd_scene *s = q->r->scene;
    size_t n = 0;
    uint32_t last = UINT32_MAX;
    *weeks_worked = 0;
    for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++) {
        const cd_access *x = &s->accesses[a];
        uint32_t week = week_of(s, x->at), kind = s->file_kind[x->file];
        *weeks_worked += week != last;
        last = week;
        if (x->reason != CD_REASON_NONE || cd_is_set_apart(q->r, x->file)) continue;
        uint32_t owner = cd_scene_holder(s, x->file, x->at);
        if (kind) out[n++] = (entry){heading_of(OF_KIND, kind), week, x->file};
        if (owner) out[n++] = (entry){heading_of(OF_OWNER, owner), week, x->file};
        out[n++] = (entry){heading_of(OF_ALL, 0), week, x->file};
    }
    if (n > 1) qsort(out, n, sizeof *out, entry_compare);
    return n;
}

/* The headings under which enough was opened in enough weeks. */
static size_t headings_find(const search *q, const entry *e, size_t n, uint32_t weeks_worked, uint64_t *out)
{
    size_t n_out = 0;
    for (size_t i = 0, end; i < n; i = end) {
        uint32_t weeks = 0, files = 0;
        uint32_t least = e[i].heading >> KEY_BITS == OF_ALL ? q->files_of_all : q->files_a_week;
        for (end = i; end < n && e[end].heading == e[i].heading; end++) {
            bool new_week = end == i || e[end].week != e[end - 1].week;
            if (new_week) files = 0;
            if (new_week || e[end].file != e[end - 1].file) weeks += ++files == least;
        }
        if (weeks >= q->least_weeks && weeks >= q->share * weeks_worked) out[n_out++] = e[i].heading;
    }
    return n_out;
}

/* Of which kinds most files are restricted. */
static cd_status kinds_look(const cd_scene *s, bool **out, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *files = NULL, *restricted = NULL;
    CD_NEW(files, (size_t)s->kinds.n + 1);
    CD_NEW(restricted, (size_t)s->kinds.n + 1);
    CD_NEW(*out, (size_t)s->kinds.n + 1);
    for (cd_id f = 0; f < s->files.n; f++)
        files[s->file_kind[f]]++, restricted[s->file_kind[f]] += cd_is_restricted(s, f);
    for (uint32_t k = 0; k <= s->kinds.n; k++) (*out)[k] = 2 * restricted[k] > files[k];
done:
    cd_free(files);
    cd_free(restricted);
    return st;
}

cd_status cd_reasons_routine(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = r->scene;
    search q = {.r = r,
                .files_a_week = (uint32_t)policy->number[CD_POLICY_ROUTINE_FILES],
                .files_of_all = (uint32_t)policy->number[CD_POLICY_ROUTINE_FILES_ALL],
                .least_weeks = (uint32_t)policy->number[CD_POLICY_ROUTINE_WEEKS],
                .share = policy->number[CD_POLICY_ROUTINE_SHARE]};
    entry *entries = NULL;
    size_t cap = 0, cap_list = 0, n = 0;
    (void)run;
    CD_TRY(kinds_look(s, &r->kind_restricted, err));
    CD_NEW(r->routine_off, (size_t)s->officers.n + 1);
    for (cd_id o = 0; o < s->officers.n; o++) {
        size_t strays = 0;
        for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++)
            strays += s->accesses[a].reason == CD_REASON_NONE;
        if (strays >= (size_t)q.files_a_week * q.least_weeks) {
            uint32_t weeks_worked;
            CD_TRY(cd_grow(&entries, &cap, 3 * strays, sizeof *entries, err));
            size_t n_entries = entries_list(&q, o, entries, &weeks_worked);
            CD_TRY(cd_grow(&r->routine, &cap_list, n + n_entries, sizeof *r->routine, err));
            n += headings_find(&q, entries, n_entries, weeks_worked, r->routine + n);
        }
        r->routine_off[o + 1] = (uint32_t)n;
    }
done:
    cd_free(entries);
    return st;
}

bool cd_is_set_apart(const cd_reasons *r, cd_id file)
{
    return cd_is_restricted(r->scene, file) && !r->kind_restricted[r->scene->file_kind[file]];
}

bool cd_is_routine(const cd_reasons *r, cd_id officer, cd_id file, uint32_t owner)
{
    uint32_t kind = r->scene->file_kind[file];
    for (uint32_t i = r->routine_off[officer]; i < r->routine_off[officer + 1]; i++) {
        uint64_t h = r->routine[i];
        if (h == heading_of(OF_ALL, 0) || (kind && h == heading_of(OF_KIND, kind)) ||
            (owner && h == heading_of(OF_OWNER, owner)))
            return true;
    }
    return false;
}
