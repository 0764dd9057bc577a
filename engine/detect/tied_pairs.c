/* SPDX-License-Identifier: GPL-3.0-or-later
 * tied_pairs.c: who meets where, then pair by pair. */
#include "engine/detect/tied_pairs.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/base/sort.h"
#include "engine/detect/scene_inside.h"

enum { TEAM_MOST = 50, SHIFTS_LEAST = 2 };

const char *cd_pair_reason_about(cd_pair_reason reason)
{
    static const char *const words[CD_PAIR_REASONS] = {"no record explains it",
                                                       "declared",
                                                       "they served in the same unit",
                                                       "one manages the other",
                                                       "they are assigned to the same file",
                                                       "they worked the same shifts"};
    return reason < CD_PAIR_REASONS ? words[reason] : "";
}

/* ---- Where they meet ---- */

/* One association that two officers reach. */
typedef struct {
    cd_id a, b;
    cd_off path_a, path_b;
    cd_id first_a, first_b; /* where each path begins */
    uint32_t hops, officers;
    cd_id at; /* the association: one meeting a pair and association */
    float confidence;
} meeting;

/* Of a pair by what does not depend on which of them is called a: the fewest ties, the surest, where the fewest meet.
 */
static int meeting_compare(const void *x, const void *y)
{
    const meeting *m = x, *n = y;
    if (m->a != n->a) return m->a < n->a ? -1 : 1;
    if (m->b != n->b) return m->b < n->b ? -1 : 1;
    if (m->hops != n->hops) return m->hops < n->hops ? -1 : 1;
    if (m->confidence != n->confidence) return m->confidence > n->confidence ? -1 : 1;
    if (m->officers != n->officers) return m->officers < n->officers ? -1 : 1;
    return (m->at > n->at) - (m->at < n->at);
}

typedef struct {
    cd_id officer;
    cd_off path;
} reacher;

static cd_id first_of(const cd_reach *r, cd_id officer, cd_off path)
{
    const cd_reached *at = &r->list[path];
    while (at->before != CD_NONE) at = &r->list[r->off[officer] + at->before];
    return at->association;
}

/* Whether two paths meet in so few ties and at one time, and are sure enough together. */
static bool do_meet(const cd_reach *r, const cd_policy *policy, cd_off a, cd_off b)
{
    const cd_reached *x = &r->list[a], *y = &r->list[b];
    int64_t from = x->from > y->from ? x->from : y->from, to = x->to < y->to ? x->to : y->to;
    return x->hops + y->hops <= (uint32_t)policy->number[CD_POLICY_TIE_HOPS] && from < to &&
           x->confidence * y->confidence >= (float)policy->number[CD_POLICY_TIE_CONFIDENCE];
}

/* Everyone who reaches each association, by officer. */
static cd_status reachers_make(const cd_scene *s, const cd_reach *r, cd_off **off, reacher **list, cd_err *err)
{
    cd_status st = CD_OK;
    cd_off *next = NULL, n = r->off[s->officers.n];
    CD_NEW(*off, (size_t)s->associations.n + 1);
    CD_NEW(next, (size_t)s->associations.n + 1);
    CD_NEW(*list, n);
    for (cd_off i = 0; i < n; i++) (*off)[r->list[i].association + 1]++;
    (void)cd_offsets(*off, s->associations.n);
    memcpy(next, *off, ((size_t)s->associations.n + 1) * sizeof *next);
    for (cd_id o = 0; o < s->officers.n; o++)
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) (*list)[next[r->list[i].association]++] = (reacher){o, i};
done:
    cd_free(next);
    return st;
}

static cd_status meetings_find(const cd_scene *s, const cd_reach *r, const cd_policy *policy, const cd_run *run,
                               meeting **out, size_t *n_out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_off *off = NULL;
    reacher *list = NULL;
    size_t n = 0;
    CD_TRY(reachers_make(s, r, &off, &list, err));
    for (int fill = 0; fill < 2; fill++) {
        if (fill) {
            CD_TRY(cd_run_fits(run, "pairing officers by ties", n * sizeof **out, err));
            CD_NEW(*out, n);
        }
        n = 0;
        for (cd_id x = 0; x < s->associations.n; x++) {
            if (off[x + 1] - off[x] > r->most) continue;
            for (cd_off i = off[x]; i < off[x + 1]; i++)
                for (cd_off k = i + 1; k < off[x + 1]; k++) {
                    if (!do_meet(r, policy, list[i].path, list[k].path)) continue;
                    const cd_reached *p = &r->list[list[i].path], *q = &r->list[list[k].path];
                    if (fill)
                        (*out)[n] = (meeting){list[i].officer,
                                              list[k].officer,
                                              list[i].path,
                                              list[k].path,
                                              first_of(r, list[i].officer, list[i].path),
                                              first_of(r, list[k].officer, list[k].path),
                                              p->hops + q->hops,
                                              r->officers[x],
                                              x,
                                              p->confidence * q->confidence};
                    n++;
                }
        }
    }
    if (n > 1) qsort(*out, n, sizeof **out, meeting_compare);
    *n_out = n;
done:
    cd_free(off);
    cd_free(list);
    return st;
}

/* How many of a pair's meetings have no beginning in common, taken one after the other. */
static uint32_t paths_apart(const meeting *m, size_t n)
{
    enum { MOST = 16 };
    size_t kept[MOST];
    uint32_t paths = 0;
    for (size_t i = 0; i < n && paths < MOST; i++) {
        bool apart = true;
        for (uint32_t k = 0; k < paths; k++)
            apart = apart && m[kept[k]].first_a != m[i].first_a && m[kept[k]].first_b != m[i].first_b;
        if (apart) kept[paths++] = i;
    }
    return paths;
}

static cd_status pairs_gather(const cd_reach *r, const meeting *m, size_t n, cd_tied_pairs *out, cd_err *err)
{
    cd_status st = CD_OK;
    size_t pairs = 0;
    for (size_t i = 0; i < n; i++) pairs += i == 0 || m[i].a != m[i - 1].a || m[i].b != m[i - 1].b;
    CD_NEW(out->list, pairs);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && m[j].a == m[i].a && m[j].b == m[i].b;) j++;
        const cd_reached *x = &r->list[m[i].path_a], *y = &r->list[m[i].path_b];
        out->list[out->n++] = (cd_tied_pair){.a = m[i].a,
                                             .b = m[i].b,
                                             .path_a = m[i].path_a,
                                             .path_b = m[i].path_b,
                                             .paths = paths_apart(m + i, j - i),
                                             .officers = r->officers[x->association],
                                             .from = x->from > y->from ? x->from : y->from};
    }
done:
    return st;
}

/* ---- What explains a pair ---- */

static bool has_declared(const cd_scene *s, cd_id officer, cd_id association)
{
    const cd_ties *t = &s->ties;
    for (cd_off i = t->declared_off ? t->declared_off[officer] : 0; t->declared_off && i < t->declared_off[officer + 1];
         i++)
        if (t->declared[i].association == association) return true;
    return false;
}

/* Whether either declared anything of one side's path. */
static bool side_declared(const cd_scene *s, const cd_reach *r, cd_id side, cd_off path, cd_id a, cd_id b)
{
    const cd_reached *at = &r->list[path];
    for (;; at = &r->list[r->off[side] + at->before]) {
        if (has_declared(s, a, at->association) || has_declared(s, b, at->association)) return true;
        if (at->before == CD_NONE) return false;
    }
}

static int64_t post_end(const cd_scene *s, cd_id o, cd_off i)
{
    return i + 1 < s->post_off[o + 1] ? s->posts[i + 1].from : INT64_MAX;
}

static bool served_together(const cd_scene *s, cd_id a, cd_id b)
{
    for (cd_off i = s->post_off[a]; i < s->post_off[a + 1]; i++)
        for (cd_off k = s->post_off[b]; k < s->post_off[b + 1]; k++)
            if (s->posts[i].unit && s->posts[i].unit == s->posts[k].unit && s->posts[i].from < post_end(s, b, k) &&
                s->posts[k].from < post_end(s, a, i))
                return true;
    return false;
}

static bool manages(const cd_scene *s, cd_id a, cd_id b)
{
    for (cd_off i = s->post_off[b]; i < s->post_off[b + 1]; i++)
        if (s->posts[i].manager == a) return true;
    return false;
}

static bool share_a_task(const cd_scene *s, cd_id a, cd_id b)
{
    cd_off i = s->task_off[a], k = s->task_off[b]; /* both rise by file */
    while (i < s->task_off[a + 1] && k < s->task_off[b + 1]) {
        cd_id x = s->tasks[i].file, y = s->tasks[k].file;
        if (x == y && s->team_off[x + 1] - s->team_off[x] <= TEAM_MOST) return true;
        if (x <= y) i++;
        if (y <= x) k++;
    }
    return false;
}

/* The shifts that some officers worked, rising; of those alone whom it is asked of. */
typedef struct {
    cd_off *off;
    cd_id *shift;
} shifts_worked;

/* Per shift, by its number: begun before the day of the scene, by any of its rows. */
static cd_status shifts_begun(const cd_scene *s, const cd_run *run, bool **out, cd_id *n, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of roster = cd_table_named(s->snapshot, "roster"), t = cd_table_named(s->snapshot, "shifts");
    cd_places shifts = {0};
    cd_rows rows = {0};
    CD_TRY(cd_places_make(s->store, roster.shape->columns[1].kind, &shifts, err));
    CD_TRY(cd_rows_gather(&t, &shifts, run, &rows, err));
    CD_NEW(*out, shifts.n);
    *n = shifts.n;
    for (cd_id i = 0; i < rows.n; i++)
        for (cd_off r = rows.off[i]; r < rows.off[i + 1]; r++)
            if (cd_row_value(&t, cd_column(&t, "starts"), rows.ref[r]) < s->as_of) (*out)[shifts.number[i]] = true;
done:
    cd_rows_release(&rows);
    cd_places_release(&shifts);
    return st;
}

static cd_status shifts_read(const cd_scene *s, const bool *asked, const cd_run *run, shifts_worked *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "roster");
    cd_rows rows = {0};
    cd_id *number = NULL, n = 0, n_shifts = 0;
    bool *begun = NULL;
    CD_TRY(shifts_begun(s, run, &begun, &n_shifts, err));
    CD_NEW(out->off, (size_t)s->officers.n + 1);
    CD_NEW(number, s->officers.n);
    for (cd_id o = 0; o < s->officers.n; o++)
        if (asked[o]) number[n++] = s->officers.number[o];
    CD_TRY(cd_rows_gather(&t, &(cd_places){.n = n, .number = number}, run, &rows, err));
    CD_NEW(out->shift, rows.off[n]);
    cd_off at = 0;
    cd_id k = 0;
    for (cd_id o = 0; o < s->officers.n; o++) {
        for (cd_off r = asked[o] ? rows.off[k] : 0; asked[o] && r < rows.off[k + 1]; r++) {
            cd_id shift = cd_row_right(&t, rows.ref[r]);
            if (shift < n_shifts && begun[shift]) out->shift[at++] = shift;
        }
        k += asked[o];
        out->off[o + 1] = at;
        if (at - out->off[o] > 1) qsort(out->shift + out->off[o], at - out->off[o], sizeof *out->shift, cd_compare_u32);
    }
done:
    cd_rows_release(&rows);
    cd_free(number);
    cd_free(begun);
    return st;
}

static bool share_shifts(const shifts_worked *w, cd_id a, cd_id b)
{
    cd_off i = w->off[a], k = w->off[b];
    uint32_t n = 0;
    while (i < w->off[a + 1] && k < w->off[b + 1] && n < SHIFTS_LEAST) {
        cd_id x = w->shift[i], y = w->shift[k];
        n += x == y;
        if (x <= y) i++;
        if (y <= x) k++;
    }
    return n == SHIFTS_LEAST;
}

static cd_pair_reason reason_of(const cd_scene *s, const cd_reach *r, const cd_tied_pair *p)
{
    if (side_declared(s, r, p->a, p->path_a, p->a, p->b) || side_declared(s, r, p->b, p->path_b, p->a, p->b))
        return CD_PAIR_DECLARED;
    if (served_together(s, p->a, p->b)) return CD_PAIR_UNIT;
    if (manages(s, p->a, p->b) || manages(s, p->b, p->a)) return CD_PAIR_MANAGER;
    if (share_a_task(s, p->a, p->b)) return CD_PAIR_TEAM;
    return CD_PAIR_HIDDEN;
}

static cd_status reasons_find(const cd_scene *s, const cd_reach *r, const cd_run *run, cd_tied_pairs *out, cd_err *err)
{
    cd_status st = CD_OK;
    shifts_worked worked = {0};
    bool *asked = NULL;
    CD_NEW(asked, s->officers.n);
#pragma omp parallel for schedule(dynamic, 256) num_threads(run->threads)
    for (size_t i = 0; i < out->n; i++) out->list[i].reason = (uint8_t)reason_of(s, r, &out->list[i]);
    for (size_t i = 0; i < out->n; i++)
        if (out->list[i].reason == CD_PAIR_HIDDEN) asked[out->list[i].a] = asked[out->list[i].b] = true;
    CD_TRY(shifts_read(s, asked, run, &worked, err));
    for (size_t i = 0; i < out->n; i++)
        if (out->list[i].reason == CD_PAIR_HIDDEN && share_shifts(&worked, out->list[i].a, out->list[i].b))
            out->list[i].reason = CD_PAIR_SHIFT;
done:
    cd_free(worked.off);
    cd_free(worked.shift);
    cd_free(asked);
    return st;
}

/* ---- What chance would have ---- */

/* How many associations each officer reaches that may tie somebody. */
static double reached(const cd_reach *r, cd_id o)
{
    double n = 0;
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) n += r->officers[r->list[i].association] <= r->most;
    return n;
}

static int rarer(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static cd_status chances_find(const cd_scene *s, const cd_reach *r, double level, cd_tied_pairs *out, cd_err *err)
{
    cd_status st = CD_OK;
    double *degree = NULL, *log_p = NULL, sum = 0, squares = 0, people = 0, twice = 0, twice_expected = 0;
    size_t n = 0;
    CD_NEW(degree, s->officers.n);
    CD_NEW(log_p, out->n);
    for (cd_id o = 0; o < s->officers.n; o++) {
        degree[o] = reached(r, o);
        sum += degree[o], squares += degree[o] * degree[o], people += degree[o] > 0;
    }
    out->tested = (uint64_t)(people * (people - 1) / 2);
    out->per_pair = (double)out->n / ((sum * sum - squares) / 2 + 1);
    /* Second paths among those who have a first, against what as many would have who are no more alike than others. */
    for (size_t i = 0; i < out->n; i++) {
        twice += out->list[i].paths > 1;
        twice_expected += out->per_pair * degree[out->list[i].a] * degree[out->list[i].b] / 2;
    }
    out->wider = (twice + 1) / (twice_expected + 1);
    if (out->wider < 1) out->wider = 1;
    for (size_t i = 0; i < out->n; i++) {
        cd_tied_pair *p = &out->list[i];
        double once = out->per_pair * degree[p->a] * degree[p->b], again = fmin(1, once * out->wider);
        p->expected = once;
        p->log_p = fmin(0, log10(fmin(1, once)));
        for (uint32_t k = 2; k <= p->paths; k++) p->log_p += log10(again / k);
        p->log_p = rint(1000 * p->log_p) / 1000; /* last bits of logarithms decide nothing */
        if (p->reason == CD_PAIR_HIDDEN) log_p[n++] = p->log_p;
    }
    if (n > 1) qsort(log_p, n, sizeof *log_p, rarer);
    double edge = -HUGE_VAL;
    for (size_t k = 0; k < n; k++)
        if (log_p[k] <= log10(level * (double)(k + 1) / ((double)out->tested + 1))) edge = log_p[k];
    for (size_t i = 0; i < out->n; i++)
        out->list[i].validated = out->list[i].reason == CD_PAIR_HIDDEN && out->list[i].log_p <= edge;
done:
    cd_free(degree);
    cd_free(log_p);
    return st;
}

cd_status cd_tied_pairs_make(const cd_scene *s, const cd_reach *reach, const cd_policy *policy, const cd_run *run,
                             cd_tied_pairs *out, cd_err *err)
{
    cd_status st = CD_OK;
    meeting *meetings = NULL;
    cd_off *next = NULL;
    size_t n = 0;
    *out = (cd_tied_pairs){0};
    CD_TRY(meetings_find(s, reach, policy, run, &meetings, &n, err));
    CD_TRY(pairs_gather(reach, meetings, n, out, err));
    CD_TRY(reasons_find(s, reach, run, out, err));
    CD_TRY(chances_find(s, reach, policy->number[CD_POLICY_LINK_LEVEL], out, err));
    CD_NEW(out->off, (size_t)s->officers.n + 1);
    CD_NEW(out->of, 2 * out->n);
    CD_NEW(next, (size_t)s->officers.n + 1);
    for (size_t i = 0; i < out->n; i++) out->off[out->list[i].a + 1]++, out->off[out->list[i].b + 1]++;
    (void)cd_offsets(out->off, s->officers.n);
    memcpy(next, out->off, ((size_t)s->officers.n + 1) * sizeof *next);
    for (size_t i = 0; i < out->n; i++) out->of[next[out->list[i].a]++] = out->of[next[out->list[i].b]++] = (uint32_t)i;
done:
    cd_free(meetings);
    cd_free(next);
    if (st != CD_OK) cd_tied_pairs_release(out);
    return st;
}

void cd_tied_pairs_release(cd_tied_pairs *t)
{
    cd_free(t->list);
    cd_free(t->off);
    cd_free(t->of);
    *t = (cd_tied_pairs){0};
}

void cd_tied_pair_words(const cd_scene *s, const cd_reach *reach, const cd_tied_pair *p, cd_buffer *out)
{
    enum { DAY_LETTERS = 10 };
    cd_slice a = cd_scene_officer(s, p->a), b = cd_scene_officer(s, p->b);
    cd_buffer_printf(out, "%.*s - ", (int)a.n, a.bytes);
    cd_reach_words(s, reach, p->a, p->path_a, out);
    cd_buffer_printf(out, " - ");
    cd_reach_words_back(s, reach, p->b, p->path_b, out);
    cd_buffer_printf(out, "%.*s; %s; ", (int)b.n, b.bytes,
                     p->reason == CD_PAIR_HIDDEN ? "neither declared" : cd_pair_reason_about(p->reason));
    cd_officers_words(p->officers, out);
    cd_buffer_printf(out, " tied through ");
    cd_association_words(s, reach->list[p->path_b].association, out);
    if (p->from != INT64_MIN) {
        char day[CD_TIME_TEXT];
        cd_time_write(p->from, day);
        cd_buffer_printf(out, "; since %.*s", DAY_LETTERS, day);
    }
}
