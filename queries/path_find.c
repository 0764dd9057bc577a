/* SPDX-License-Identifier: GPL-3.0-or-later
 * path_find.c: breadth first from both ends, a level at a time from the smaller side, until they meet; then only what
 * lies on a shortest path is looked at again. */
#include "queries/path_find.h"

#include <stdlib.h>

enum { MOST_LEVELS = 250 };

typedef struct {
    found_id *list;
    size_t n, cap;
} id_list;

/* Level by level; seen: per kind and number, 1 + its level. */
typedef struct {
    id_list *level; /* MOST_LEVELS of them */
    uint32_t last;
    uint8_t **seen;
} side;

typedef struct {
    const question *q;
    side near, far; /* from the beginning, from the end */
    id_rows rows;   /* scratch */
} finding;

void path_list_release(path_list *list)
{
    cd_free(list->ids);
    *list = (path_list){0};
}

static cd_status push(id_list *l, found_id id, cd_err *err)
{
    cd_status st = cd_grow(&l->list, &l->cap, l->n + 1, sizeof id, err);
    if (st == CD_OK) l->list[l->n++] = id;
    return st;
}

static uint8_t *seen(const side *s, found_id id) { return &s->seen[id.kind][id.number]; }

static cd_status side_begin(const question *q, side *s, found_id id, cd_err *err)
{
    cd_status st = CD_OK;
    CD_NEW(s->level, MOST_LEVELS);
    CD_NEW(s->seen, q->ontology->n_kinds);
    for (uint32_t k = 0; k < q->ontology->n_kinds; k++) CD_NEW(s->seen[k], candour_reader_ids(q->reader, k));
    *seen(s, id) = 1;
    CD_TRY(push(&s->level[0], id, err));
done:
    return st;
}

static void side_release(const question *q, side *s)
{
    for (uint32_t i = 0; s->level && i < MOST_LEVELS; i++) cd_free(s->level[i].list);
    for (uint32_t k = 0; s->seen && k < q->ontology->n_kinds; k++) cd_free(s->seen[k]);
    cd_free(s->level);
    cd_free(s->seen);
}

/* The neighbours of a vertex into f->rows, each as often as it has rows. */
static cd_status neighbours(finding *f, found_id of, cd_err *err)
{
    f->rows.n = 0;
    return id_rows_of(f->q, of, LEFT | RIGHT, &f->rows, err);
}

/* The next level of one side. *met: something on it is on the other side too. */
static cd_status go_on(finding *f, side *s, const side *other, bool *met, cd_err *err)
{
    cd_status st = CD_OK;
    const id_list *now = &s->level[s->last];
    id_list *next = &s->level[s->last + 1];
    for (size_t i = 0; i < now->n; i++) {
        CD_TRY(neighbours(f, now->list[i], err));
        for (size_t k = 0; k < f->rows.n; k++) {
            found_id to = id_row_other(f->q, &f->rows.list[k], now->list[i]);
            if (to.number == CANDOUR_NO_ID || *seen(s, to)) continue;
            *seen(s, to) = (uint8_t)(s->last + 2);
            *met = *met || *seen(other, to);
            CD_TRY(push(next, to, err));
        }
    }
    s->last++;
done:
    return st;
}

/* Whether they meet: then what is last on both sides is on a shortest path. */
static cd_status meet(finding *f, bool *met, cd_err *err)
{
    cd_status st = CD_OK;
    *met = false;
    while (!*met) {
        side *a = &f->near, *b = &f->far;
        bool near_first = a->level[a->last].n <= b->level[b->last].n;
        side *s = near_first ? a : b;
        if (s->level[s->last].n == 0 || a->last + b->last + 2 >= MOST_LEVELS) break;
        CD_TRY(go_on(f, s, near_first ? b : a, met, err));
    }
done:
    return st;
}

/* ---- What lies on a shortest path, step by step ---- */

static int id_compare(const void *a, const void *b, void *reader)
{
    return found_id_compare(reader, *(const found_id *)a, *(const found_id *)b);
}

static void sort_ids(const question *q, id_list *l)
{
    size_t kept = 0;
    if (l->n > 1) qsort_r(l->list, l->n, sizeof *l->list, id_compare, q->reader);
    for (size_t i = 0; i < l->n; i++)
        if (i == 0 || !same_id(l->list[i], l->list[kept - 1])) l->list[kept++] = l->list[i];
    l->n = kept;
}

/* Of the neighbours of `from`, those on a level of a side. */
static cd_status on_level(finding *f, const id_list *from, const side *s, uint32_t level, id_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    for (size_t i = 0; i < from->n; i++) {
        CD_TRY(neighbours(f, from->list[i], err));
        for (size_t k = 0; k < f->rows.n; k++) {
            found_id to = id_row_other(f->q, &f->rows.list[k], from->list[i]);
            if (to.number != CANDOUR_NO_ID && *seen(s, to) == level + 1) CD_TRY(push(out, to, err));
        }
    }
    sort_ids(f->q, out);
done:
    return st;
}

/* step[i]: what may be the i-th of a path. */
static cd_status steps_find(finding *f, id_list *step, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t a = f->near.last, b = f->far.last;
    const id_list *last = &f->near.level[a];
    for (size_t i = 0; i < last->n; i++)
        if (*seen(&f->far, last->list[i]) == b + 1) CD_TRY(push(&step[a], last->list[i], err));
    sort_ids(f->q, &step[a]);
    for (uint32_t i = a; i-- > 0;) CD_TRY(on_level(f, &step[i + 1], &f->near, i, &step[i], err));
    for (uint32_t i = 0; i < b; i++) CD_TRY(on_level(f, &step[a + i], &f->far, b - 1 - i, &step[a + i + 1], err));
done:
    return st;
}

/* ---- The paths ---- */

/* next[i][k]: where among step[i + 1] the k-th of step[i] may go on, [off[k], off[k + 1]) of to[]. */
typedef struct {
    size_t *off, *to, cap;
    uint64_t *paths; /* from each to the end */
} forward;

static size_t place_of(const question *q, const id_list *l, found_id id)
{
    size_t lo = 0, hi = l->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (found_id_compare(q->reader, l->list[mid], id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < l->n && same_id(l->list[lo], id) ? lo : SIZE_MAX;
}

static int size_compare(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static cd_status forward_make(finding *f, const id_list *now, const id_list *next, forward *w, cd_err *err)
{
    cd_status st = CD_OK;
    CD_NEW(w->off, now->n + 1);
    for (size_t i = 0; i < now->n; i++) {
        size_t n = w->off[i];
        CD_TRY(neighbours(f, now->list[i], err));
        for (size_t k = 0; k < f->rows.n; k++) {
            found_id to = id_row_other(f->q, &f->rows.list[k], now->list[i]);
            size_t at = to.number == CANDOUR_NO_ID ? SIZE_MAX : place_of(f->q, next, to);
            if (at == SIZE_MAX) continue;
            CD_TRY(cd_grow(&w->to, &w->cap, n + 1, sizeof *w->to, err));
            w->to[n++] = at;
        }
        if (n - w->off[i] > 1) qsort(w->to + w->off[i], n - w->off[i], sizeof *w->to, size_compare);
        size_t kept = w->off[i];
        for (size_t k = w->off[i]; k < n; k++)
            if (k == w->off[i] || w->to[k] != w->to[kept - 1]) w->to[kept++] = w->to[k];
        w->off[i + 1] = kept;
    }
done:
    return st;
}

static uint64_t plus(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

static cd_status count_paths(const id_list *step, uint32_t steps, forward *w, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = steps + 1; i-- > 0;) {
        CD_NEW(w[i].paths, step[i].n);
        for (size_t k = 0; k < step[i].n; k++) {
            if (i == steps) w[i].paths[k] = 1;
            for (size_t p = i < steps ? w[i].off[k] : 0; i < steps && p < w[i].off[k + 1]; p++)
                w[i].paths[k] = plus(w[i].paths[k], w[i + 1].paths[w[i].to[p]]);
        }
    }
done:
    return st;
}

/* All of them in the order of their ids, the next by the last step that can go elsewhere. */
static cd_status list_paths(const id_list *step, const forward *w, size_t most, path_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    size_t at[MOST_LEVELS] = {0}, way[MOST_LEVELS] = {0};
    for (uint64_t n = 0; n < most && n < out->paths; n++) {
        for (uint32_t i = 0; i < out->steps; i++) {
            size_t from = w[i].off[at[i]];
            at[i + 1] = w[i].to[from + way[i]];
        }
        CD_TRY(cd_grow(&out->ids, &out->cap, out->n + out->steps + 1, sizeof *out->ids, err));
        for (uint32_t i = 0; i <= out->steps; i++) out->ids[out->n++] = step[i].list[at[i]];
        uint32_t i = out->steps;
        while (i > 0 && way[i - 1] + 1 >= w[i - 1].off[at[i - 1] + 1] - w[i - 1].off[at[i - 1]]) way[--i] = 0;
        if (i > 0) way[i - 1]++;
    }
done:
    return st;
}

cd_status path_find_shortest(const question *q, found_id from, found_id to, size_t most, path_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    finding f = {.q = q};
    id_list *step = NULL;
    forward *w = NULL;
    bool met = same_id(from, to);
    *out = (path_list){0};
    CD_NEW(step, MOST_LEVELS);
    CD_NEW(w, MOST_LEVELS);
    CD_TRY(side_begin(q, &f.near, from, err));
    CD_TRY(side_begin(q, &f.far, to, err));
    if (!met) CD_TRY(meet(&f, &met, err));
    if (!met) goto done;
    out->steps = f.near.last + f.far.last;
    CD_TRY(steps_find(&f, step, err));
    for (uint32_t i = 0; i < out->steps; i++) CD_TRY(forward_make(&f, &step[i], &step[i + 1], &w[i], err));
    CD_TRY(count_paths(step, out->steps, w, err));
    out->paths = w[0].paths[0];
    CD_TRY(list_paths(step, w, most, out, err));
done:
    for (uint32_t i = 0; i < MOST_LEVELS; i++) {
        if (step) cd_free(step[i].list);
        if (w) cd_free(w[i].off), cd_free(w[i].to), cd_free(w[i].paths);
    }
    cd_free(step);
    cd_free(w);
    side_release(q, &f.near);
    side_release(q, &f.far);
    id_rows_release(&f.rows);
    return st;
}
