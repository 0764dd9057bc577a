/* SPDX-License-Identifier: GPL-3.0-or-later
 * touched.c: an officer's strays against the files about what they reach. */
#include "engine/detect/touched.h"

#include <stdlib.h>

/* How often each file is strayed to, and each unit's files together. */
typedef struct {
    uint32_t *to_file; /* officers who strayed to it */
    double *in_unit;   /* strays to files of it */
    double *files;     /* files of it */
    double unseen;     /* strays that a file is taken for beside those that are seen: Good and Turing's */
} traffic;

typedef struct {
    cd_id file;
    uint32_t way;
    cd_off path, about;
} candidate;

static int candidate_compare(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    if (x->way != y->way) return x->way < y->way ? -1 : 1;
    return (x->path > y->path) - (x->path < y->path);
}

typedef struct {
    const cd_look *look;
    cd_touched *out;
    traffic seen;
    uint32_t *strays_in; /* per unit: of the officer in hand */
    cd_off *stray_of;    /* per file: 1 + the officer's stray to it, 0: none */
    candidate *list;
    size_t n, cap, cap_touch;
} finding;

static cd_status traffic_make(const cd_look *look, traffic *t, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = look->scene;
    const cd_residue *r = look->residue;
    double once = 0, never = 0;
    CD_NEW(t->to_file, s->files.n);
    CD_NEW(t->in_unit, (size_t)s->units.n + 1);
    CD_NEW(t->files, (size_t)s->units.n + 1);
    for (cd_off i = 0; i < r->off[s->officers.n]; i++)
        t->to_file[r->strays[i].file]++, t->in_unit[r->owner[r->strays[i].file]]++;
    for (cd_id f = 0; f < s->files.n; f++) {
        if (s->later[f]) continue;
        t->files[r->owner[f]]++;
        once += t->to_file[f] == 1, never += t->to_file[f] == 0;
    }
    t->unseen = once / (never + 1);
    if (t->unseen > 1) t->unseen = 1;
    if (t->unseen < 1e-4) t->unseen = 1e-4;
done:
    return st;
}

/* The chance that a stray of others to a file of its unit is to this one; the officer's own are left out. */
static double share_of(const finding *x, cd_id file)
{
    uint32_t unit = x->look->residue->owner[file];
    double here = x->seen.to_file[file] - (x->stray_of[file] ? 1.0 : 0.0) + x->seen.unseen;
    return here / (x->seen.in_unit[unit] - x->strays_in[unit] + x->seen.unseen * x->seen.files[unit]);
}

/* Every file about what the officer reaches, with the shortest path to it. */
static cd_status candidates_list(finding *x, cd_id o, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_ties *t = &x->look->scene->ties;
    const cd_reach *r = &x->out->reach;
    x->n = 0;
    for (cd_off p = r->off[o]; p < r->off[o + 1]; p++) {
        cd_id a = r->list[p].association;
        if (r->officers[a] > r->most) continue;
        CD_TRY(cd_grow(&x->list, &x->cap, x->n + (t->about_off[a + 1] - t->about_off[a]), sizeof *x->list, err));
        for (cd_off i = t->about_off[a]; i < t->about_off[a + 1]; i++)
            if (x->strays_in[x->look->residue->owner[t->about[i].file]])
                x->list[x->n++] = (candidate){t->about[i].file, cd_touch_way(&r->list[p]), p, i};
    }
    if (x->n > 1) qsort(x->list, x->n, sizeof *x->list, candidate_compare);
done:
    return st;
}

/* Whether the officer is assigned to some file about the association at that time, or within a month of it. */
static bool knows_from_work(const cd_scene *s, cd_id o, cd_id association, int64_t from, int64_t to)
{
    enum { MONTH = 30 * 86400 };
    const cd_ties *t = &s->ties;
    cd_off task = s->task_off[o]; /* both lists rise by file */
    for (cd_off i = t->about_off[association]; i < t->about_off[association + 1]; i++) {
        while (task < s->task_off[o + 1] && s->tasks[task].file < t->about[i].file) task++;
        for (cd_off k = task; k < s->task_off[o + 1] && s->tasks[k].file == t->about[i].file; k++)
            if ((s->tasks[k].from < INT64_MIN + MONTH || s->tasks[k].from - MONTH < to) &&
                (s->tasks[k].to > INT64_MAX - MONTH || s->tasks[k].to + MONTH > from))
                return true;
    }
    return false;
}

/* Whether all of a path held at some unexplained opening of the file, and work did not lead there. Whom an officer is
 * ever assigned to a file about, they know from work; who complained about them they know from it too, but that ends:
 * then only the time of that work counts. */
static bool counts_when_opened(const cd_look *look, cd_id o, const cd_stray *stray, const cd_reached *path)
{
    const cd_scene *s = look->scene;
    uint32_t left = stray->rows;
    for (cd_off a = stray->first; left > 0 && a < s->access_off[o + 1]; a++) {
        if (s->accesses[a].file != stray->file || s->accesses[a].reason != CD_REASON_NONE) continue;
        int64_t at = s->accesses[a].at;
        if (at >= path->from && at < path->to &&
            !(path->complained && knows_from_work(s, o, path->association, at, at + 1)))
            return path->complained || !knows_from_work(s, o, path->association, INT64_MIN, INT64_MAX);
        left--;
    }
    return false;
}

static cd_status touches_find(finding *x, cd_id o, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_residue *res = x->look->residue;
    cd_touched *out = x->out;
    double *expected = out->expected + (size_t)o * CD_TOUCH_HOPS;
    CD_TRY(candidates_list(x, o, err));
    for (size_t i = 0, j; i < x->n; i = j) {
        const candidate *c = &x->list[i];
        expected[c->way] += x->strays_in[res->owner[c->file]] * share_of(x, c->file);
        for (j = i; j < x->n && x->list[j].file == c->file; j++) {
        }
        if (!x->stray_of[c->file]) continue;
        cd_off stray = x->stray_of[c->file] - 1;
        for (size_t k = i; k < j; k++) { /* the shortest path that counts */
            const cd_reached *path = &out->reach.list[x->list[k].path];
            if (!counts_when_opened(x->look, o, &res->strays[stray], path)) continue;
            CD_TRY(cd_grow(&out->list, &x->cap_touch, out->off[o + 1] + 1, sizeof *out->list, err));
            out->list[out->off[o + 1]++] = (cd_touch){c->file, stray, x->list[k].path, x->list[k].about};
            break;
        }
    }
done:
    return st;
}

static void strays_note(finding *x, cd_id o, bool in)
{
    const cd_residue *r = x->look->residue;
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
        x->stray_of[r->strays[i].file] = in ? i + 1 : 0;
        x->strays_in[r->owner[r->strays[i].file]] += in ? 1 : UINT32_MAX; /* back to what it was */
    }
}

cd_status cd_touched_make(const cd_look *look, bool complainants, cd_touched *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = look->scene;
    finding x = {.look = look, .out = out};
    double n = 1;
    *out = (cd_touched){0};
    CD_TRY(cd_reach_make(s, look->policy, look->run, complainants, &out->reach, err));
    CD_TRY(traffic_make(look, &x.seen, err));
    CD_NEW(x.strays_in, (size_t)s->units.n + 1);
    CD_NEW(x.stray_of, s->files.n);
    CD_NEW(out->off, (size_t)s->officers.n + 1);
    CD_NEW(out->expected, (size_t)s->officers.n * CD_TOUCH_HOPS);
    for (cd_id o = 0; o < s->officers.n; o++) {
        out->off[o + 1] = out->off[o];
        if (look->residue->off[o] == look->residue->off[o + 1] || out->reach.off[o] == out->reach.off[o + 1]) continue;
        strays_note(&x, o, true);
        CD_TRY(touches_find(&x, o, err));
        strays_note(&x, o, false);
        n++;
        for (uint32_t h = 0; h < CD_TOUCH_HOPS; h++) out->mean[h] += out->expected[(size_t)o * CD_TOUCH_HOPS + h];
    }
    for (uint32_t h = 0; h < CD_TOUCH_HOPS; h++) out->mean[h] /= n;
done:
    cd_free(x.seen.to_file);
    cd_free(x.seen.in_unit);
    cd_free(x.seen.files);
    cd_free(x.strays_in);
    cd_free(x.stray_of);
    cd_free(x.list);
    if (st != CD_OK) cd_touched_release(out);
    return st;
}

void cd_touched_release(cd_touched *t)
{
    cd_reach_release(&t->reach);
    cd_free(t->off);
    cd_free(t->list);
    cd_free(t->expected);
    *t = (cd_touched){0};
}

double cd_touch_expected(const cd_touched *t, cd_id officer, uint32_t way)
{
    static const double UNKNOWN = 0.25;
    return t->expected[(size_t)officer * CD_TOUCH_HOPS + way] + UNKNOWN * t->mean[way];
}

uint32_t cd_touch_rows(const cd_look *look, cd_id officer, const cd_touch *t, uint32_t counts, cd_cited *out)
{
    const cd_scene *s = look->scene;
    const cd_stray *stray = &look->residue->strays[t->stray];
    uint32_t n = 0;
    for (cd_off a = stray->first; n < stray->rows && a < s->access_off[officer + 1]; a++) {
        if (s->accesses[a].file != t->file || s->accesses[a].reason != CD_REASON_NONE) continue;
        if (out) out[n] = cd_cite(s, a, counts);
        n++;
    }
    return n;
}

uint32_t cd_touch_path_rows(const cd_look *look, const cd_touched *all, cd_id officer, const cd_touch *t, cd_cited *out)
{
    const cd_scene *s = look->scene;
    uint32_t n = cd_reach_rows(s, &all->reach, officer, t->path, 0, out);
    cd_table_of subjects = cd_table_named(s->snapshot, "subjects");
    if (out) out[n] = cd_cite_row(&subjects, s->ties.about[t->about].row, 0);
    return n + 1;
}
