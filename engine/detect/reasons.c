/* SPDX-License-Identifier: GPL-3.0-or-later
 * reasons.c: the reasons of one access, in their order. */
#include "engine/base/sort.h"
#include "engine/detect/reasons_inside.h"

#include <stdlib.h>

#include "engine/base/random.h"

static const struct {
    const char *name, *about;
} words[CD_REASONS] = {
    [CD_REASON_NONE] = {"unexplained", "no recorded reason"},
    [CD_REASON_ASSIGNED] = {"assigned", "assigned to the file at the time"},
    [CD_REASON_LATE] = {"assigned_late", "assigned to the file shortly after, or until shortly before"},
    [CD_REASON_UNIT] = {"own_unit", "a file of the officer's own unit"},
    [CD_REASON_MOVED] = {"moved", "a file of the unit they had just left or were about to join"},
    [CD_REASON_TEAM] = {"team_mate", "a colleague of the same unit was assigned to the file"},
    [CD_REASON_POSTED] = {"posted", "a file of a unit that they were assigned to several files of at the time"},
    [CD_REASON_REFERRAL] = {"referral", "the officer's unit opens that unit's files as a matter of course"},
    [CD_REASON_ROLE] = {"role", "the officer's role opens others' files as its job"},
    [CD_REASON_WORKING] = {"working", "a file of a unit whose files they opened as its own people do at the time"},
    [CD_REASON_ROUTINE] = {"routine", "of a kind or unit, or all, that they open many files of in most weeks"},
    [CD_REASON_HUB] = {"force_wide", "the whole force opened the file"},
    [CD_REASON_UNKNOWN] = {"unknown", "the unit of the file or of the officer is not known"},
};

const char *cd_reason_name(cd_reason reason) { return words[reason].name; }
const char *cd_reason_about(cd_reason reason) { return words[reason].about; }

/* The assignments of an officer to a file: [*lo, *hi) of scene->tasks. */
static void tasks_of(const cd_scene *s, cd_id officer, cd_id file, cd_off *lo, cd_off *hi)
{
    cd_off a = s->task_off[officer], b = s->task_off[officer + 1], end = b;
    while (a < b) {
        cd_off mid = a + (b - a) / 2;
        if (s->tasks[mid].file < file)
            a = mid + 1;
        else
            b = mid;
    }
    for (*lo = *hi = a; *hi < end && s->tasks[*hi].file == file;) ++*hi;
}

static bool within(int64_t at, int64_t from, int64_t to, int64_t grace)
{
    bool begun = from < INT64_MIN + grace || at >= from - grace, not_over = to > INT64_MAX - grace || at < to + grace;
    return begun && not_over;
}

/* The units that count as one's own: today's first, then those of moves nearby. */
enum { OWN_UNITS = 4 };
static uint32_t own_units(const cd_reasons *r, cd_id officer, int64_t at, uint32_t out[OWN_UNITS])
{
    const cd_scene *s = r->scene;
    uint32_t n = 0;
    out[n++] = cd_scene_post(s, officer, at).unit;
    for (cd_off p = s->post_off[officer]; p < s->post_off[officer + 1] && n < OWN_UNITS; p++) {
        bool last = p + 1 == s->post_off[officer + 1];
        int64_t until = last ? INT64_MAX : s->posts[p + 1].from;
        if (s->posts[p].unit && s->posts[p].unit != out[0] && within(at, s->posts[p].from, until, r->move_seconds))
            out[n++] = s->posts[p].unit;
    }
    return n;
}

/* Whether the officer was assigned to several files of that owner around that time: seconded, or lent, before any
 * record says so. */
static bool is_posted(const cd_reasons *r, cd_id officer, uint32_t owner, int64_t at)
{
    const cd_scene *s = r->scene;
    uint32_t files = 0;
    cd_id last = CD_NONE;
    for (cd_off t = s->task_off[officer]; owner && t < s->task_off[officer + 1] && files < r->posted_files; t++) {
        const cd_assignment *task = &s->tasks[t];
        if (task->from == INT64_MIN || task->file == last || !within(at, task->from, task->to, r->posted_seconds))
            continue;
        if (task->from < at - r->posted_seconds || cd_scene_holder(s, task->file, task->from) != owner) continue;
        last = task->file, files++;
    }
    return files >= r->posted_files;
}

cd_reason cd_reason_recorded(const cd_reasons *r, cd_id officer, cd_id file, int64_t at)
{
    const cd_scene *s = r->scene;
    cd_off lo, hi;
    bool late = false;
    uint32_t own[OWN_UNITS], owner = cd_scene_holder(s, file, at);
    tasks_of(s, officer, file, &lo, &hi);
    for (; lo < hi; lo++) {
        if (within(at, s->tasks[lo].from, s->tasks[lo].to, 0)) return CD_REASON_ASSIGNED;
        late = late || within(at, s->tasks[lo].from, s->tasks[lo].to, r->grace_seconds);
    }
    if (late) return CD_REASON_LATE;
    uint32_t n_own = own_units(r, officer, at, own);
    if (owner && owner == own[0]) return CD_REASON_UNIT;
    for (uint32_t u = 1; u < n_own; u++)
        if (owner && owner == own[u]) return CD_REASON_MOVED;
    for (cd_off t = s->team_off[file]; t < s->team_off[file + 1]; t++) {
        const cd_assignment *mate = &s->teams[t];
        if (mate->officer == officer || !within(at, mate->from, mate->to, r->grace_seconds)) continue;
        uint32_t unit = cd_scene_post(s, mate->officer, at).unit;
        for (uint32_t u = 0; u < n_own; u++)
            if (unit && unit == own[u]) return CD_REASON_TEAM;
    }
    return is_posted(r, officer, owner, at) ? CD_REASON_POSTED : CD_REASON_NONE;
}

static bool has_referral(const cd_reasons *r, uint32_t unit, uint32_t owner, bool sensitive)
{
    uint32_t lo = 0, hi = r->n_referrals;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const cd_referral *f = &r->referrals[mid];
        if (f->unit == unit && f->owner == owner && f->sensitive == sensitive) return true;
        bool before = f->unit != unit     ? f->unit < unit
                      : f->owner != owner ? f->owner < owner
                                          : !f->sensitive && sensitive;
        if (before)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

/* What was learnt: the reasons after those that stand in the records. */
static cd_reason reason_learnt(const cd_reasons *r, cd_id officer, cd_id file, int64_t at)
{
    const cd_scene *s = r->scene;
    uint32_t own[OWN_UNITS], owner = cd_scene_holder(s, file, at), n_own = own_units(r, officer, at, own);
    for (uint32_t u = 0; owner && r->n_referrals && u < n_own; u++)
        if (has_referral(r, own[u], owner, cd_is_sensitive(r, file))) return CD_REASON_REFERRAL;
    if (r->role_opens && r->role_opens[cd_scene_post(s, officer, at).role]) return CD_REASON_ROLE;
    if (owner && r->n_working && cd_works_there(r, officer, owner, at)) return CD_REASON_WORKING;
    if (r->routine_off && cd_is_routine(r, officer, file, owner)) return CD_REASON_ROUTINE;
    if (r->hub && r->hub[file]) return CD_REASON_HUB;
    if (owner == 0 || own[0] == 0) return CD_REASON_UNKNOWN;
    return CD_REASON_NONE;
}

cd_reason cd_reason_of(const cd_reasons *r, cd_id officer, cd_id file, int64_t at)
{
    cd_reason recorded = cd_reason_recorded(r, officer, file, at);
    return recorded != CD_REASON_NONE ? recorded : reason_learnt(r, officer, file, at);
}

size_t cd_files_with_reason(const cd_scene *s, cd_id officer, cd_reason reason, cd_id *out)
{
    size_t n = 0, m = 0;
    for (cd_off a = s->access_off[officer]; a < s->access_off[officer + 1]; a++)
        if (s->accesses[a].reason == reason && (n == 0 || out[n - 1] != s->accesses[a].file))
            out[n++] = s->accesses[a].file;
    if (n > 1) qsort(out, n, sizeof *out, cd_compare_u32);
    for (size_t i = 0; i < n; i++)
        if (m == 0 || out[m - 1] != out[i]) out[m++] = out[i];
    return m;
}

/* Looks again at the accesses that nothing recorded explains. */
static void explain_more(cd_scene *s, const cd_reasons *r, const cd_run *run,
                         cd_reason (*reason)(const cd_reasons *, cd_id, cd_id, int64_t))
{
#pragma omp parallel for schedule(dynamic, 64) num_threads(run->threads)
    for (cd_id o = 0; o < s->officers.n; o++)
        for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++) {
            cd_access *x = &s->accesses[a];
            if (x->reason == CD_REASON_NONE || x->reason > CD_REASON_POSTED)
                x->reason = (uint8_t)reason(r, o, x->file, x->at);
        }
}

/* From which grade on files are sensitive: as the policy has it; in a force that grades no file so high, from its
 * highest on, unless that is a common one. */
static int8_t sensitive_grade(const cd_scene *s, int8_t wanted)
{
    enum { COMMON = 4 }; /* one file in so many */
    int8_t highest = 0;
    uint64_t files = 0;
    for (cd_id f = 0; f < s->files.n; f++) {
        if (s->sensitivity[f] > highest) highest = s->sensitivity[f], files = 0;
        files += s->sensitivity[f] == highest;
    }
    return highest > 0 && highest < wanted && COMMON * files <= s->files.n ? highest : wanted;
}

cd_status cd_reasons_find(cd_scene *scene, const cd_policy *policy, const cd_run *run, cd_reasons *out, cd_err *err)
{
    cd_status st = CD_OK;
    *out = (cd_reasons){.scene = scene};
    out->sensitive_from = sensitive_grade(scene, (int8_t)policy->number[CD_POLICY_SENSITIVE_FROM]);
    out->move_seconds = (int64_t)(policy->number[CD_POLICY_MOVE_DAYS] * CD_DAY_SECONDS);
    out->posted_seconds = (int64_t)(policy->number[CD_POLICY_POSTED_DAYS] * CD_DAY_SECONDS);
    out->posted_files = (uint32_t)policy->number[CD_POLICY_POSTED_FILES];
    CD_TRY(cd_reasons_grace(out, policy, run, err));
    CD_TRY(cd_run_step(run, "explaining accesses from the records", 0, err));
    explain_more(scene, out, run, cd_reason_recorded);
    CD_TRY(cd_run_step(run, "learning who opens what as a matter of course", 0, err));
    CD_TRY(cd_reasons_hubs(out, policy, run, err));
    CD_TRY(cd_reasons_referrals(out, policy, run, err));
    explain_more(scene, out, run, reason_learnt);
    CD_TRY(cd_reasons_roles(out, policy, run, err));
    explain_more(scene, out, run, reason_learnt);
    CD_TRY(cd_reasons_working(out, policy, run, err));
    explain_more(scene, out, run, reason_learnt);
    CD_TRY(cd_reasons_routine(out, policy, run, err));
    explain_more(scene, out, run, reason_learnt);
done:
    if (st != CD_OK) cd_reasons_release(out);
    return st;
}

void cd_reasons_release(cd_reasons *r)
{
    cd_free(r->working);
    cd_free(r->kind_restricted);
    cd_free(r->routine_off);
    cd_free(r->routine);
    cd_free(r->referrals);
    cd_free(r->role_opens);
    cd_free(r->hub);
    r->working = NULL, r->kind_restricted = NULL, r->routine_off = NULL, r->routine = NULL, r->referrals = NULL,
    r->role_opens = NULL, r->hub = NULL;
}

void cd_reasons_random(const cd_reasons *r, uint64_t seed, uint64_t draws, const cd_run *run,
                       uint64_t explained[CD_REASONS])
{
    enum { RANDOM_PAIR = 0x5041 };
    const cd_scene *s = r->scene;
    cd_off n = s->access_off[s->officers.n];
    uint64_t counts[CD_REASONS] = {0};
    for (int i = 0; i < CD_REASONS; i++) explained[i] = 0;
    if (n == 0) return;
#pragma omp parallel for schedule(static) num_threads(run->threads) reduction(+ : counts[:CD_REASONS])
    for (uint64_t d = 0; d < draws; d++) {
        cd_random g = cd_random_of(seed, RANDOM_PAIR, d);
        cd_off who = cd_random_below(&g, n), what = cd_random_below(&g, n);
        cd_id lo = 0, hi = s->officers.n;
        while (hi - lo > 1) { /* the officer whose access `who` is */
            cd_id mid = lo + (hi - lo) / 2;
            if (s->access_off[mid] <= who)
                lo = mid;
            else
                hi = mid;
        }
        counts[cd_reason_of(r, lo, s->accesses[what].file, s->accesses[who].at)]++;
    }
    for (int i = 0; i < CD_REASONS; i++) explained[i] = counts[i];
}
