/* SPDX-License-Identifier: GPL-3.0-or-later
 * finder_k.c: the k shortest paths (Yen 1971). Every path but the first leaves an earlier one at some vertex: what
 * shares the way up to there and then goes on differently is a class of paths, of which the best is a shortest path
 * without the vertices of the way and without the steps that are taken. The best of all classes comes next. */
#include "engine/graph/finder_inside.h"

#include <string.h>

typedef struct {
    cd_id *vertices;
    uint32_t n;
    uint32_t leaves_at; /* the vertex at which it left the path it comes from: earlier classes are its parent's */
} candidate;

typedef struct {
    cd_finder *f;
    candidate *taken, *waiting;
    size_t n_taken, n_waiting, cap_taken, cap_waiting;
    cd_id *steps; /* banned ones */
    size_t cap_steps;
} search;

static bool better(const cd_finder *f, const candidate *a, const candidate *b)
{
    if (a->n != b->n) return a->n < b->n;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->vertices[i] != b->vertices[i]) return finder_before(f, a->vertices[i], b->vertices[i]);
    return false;
}

static cd_status keep(search *s, const cd_id *way, uint32_t n_way, uint32_t length, uint32_t leaves_at, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(cd_grow(&s->waiting, &s->cap_waiting, s->n_waiting + 1, sizeof *s->waiting, err));
    candidate *c = &s->waiting[s->n_waiting];
    *c = (candidate){.n = n_way + length + 1, .leaves_at = leaves_at};
    CD_NEW(c->vertices, c->n);
    memcpy(c->vertices, way, n_way * sizeof *way);
    finder_walk(s->f, way[n_way], length, c->vertices + n_way);
    s->n_waiting++;
done:
    return st;
}

/* The steps that paths taken already go at way[n_way], having come the same way. */
static cd_status ban_steps(search *s, const cd_id *way, uint32_t n_way, cd_err *err)
{
    cd_status st = CD_OK;
    s->f->n_banned_steps = 0;
    CD_TRY(cd_grow(&s->steps, &s->cap_steps, s->n_taken, sizeof *s->steps, err));
    for (size_t i = 0; i < s->n_taken; i++) {
        const candidate *t = &s->taken[i];
        if (t->n < n_way + 2 || memcmp(t->vertices, way, (n_way + 1) * sizeof *way) != 0) continue;
        s->steps[s->f->n_banned_steps++] = t->vertices[n_way + 1];
    }
    s->f->banned_steps = s->steps;
done:
    return st;
}

/* The best path of each class that the path last taken opens. */
static cd_status branch(search *s, cd_id to, cd_err *err)
{
    cd_status st = CD_OK;
    cd_finder *f = s->f;
    const candidate last = s->taken[s->n_taken - 1];
    for (uint32_t at = last.leaves_at; at + 1 < last.n; at++) {
        CD_TRY(ban_steps(s, last.vertices, at, err));
        for (uint32_t i = 0; i < at; i++) f->banned[last.vertices[i]] = true;
        uint32_t length = finder_meet(f, last.vertices[at], to);
        st = length == CD_NONE ? CD_OK : keep(s, last.vertices, at, length, at, err);
        finder_reset(f);
        for (uint32_t i = 0; i < at; i++) f->banned[last.vertices[i]] = false;
        if (st != CD_OK) goto done;
    }
done:
    f->n_banned_steps = 0;
    return st;
}

static cd_status take_best(search *s, cd_err *err)
{
    cd_status st = CD_OK;
    size_t best = 0;
    for (size_t i = 1; i < s->n_waiting; i++)
        if (better(s->f, &s->waiting[i], &s->waiting[best])) best = i;
    CD_TRY(cd_grow(&s->taken, &s->cap_taken, s->n_taken + 1, sizeof *s->taken, err));
    s->taken[s->n_taken++] = s->waiting[best];
    s->waiting[best] = s->waiting[--s->n_waiting];
done:
    return st;
}

cd_status cd_finder_k_shortest(cd_finder *f, cd_id from, cd_id to, uint32_t most,
                               cd_status (*take)(void *context, const cd_path *path, cd_err *err), void *context,
                               cd_err *err)
{
    cd_status st = CD_OK;
    search s = {.f = f};
    cd_path first;
    CD_TRY(cd_finder_shortest(f, from, to, &first, err));
    if (first.n == 0 || most == 0) goto done;
    uint32_t length = finder_meet(f, from, to);
    st = keep(&s, &from, 0, length, 0, err);
    finder_reset(f);
    if (st != CD_OK) goto done;
    while (s.n_taken < most && s.n_waiting > 0) {
        CD_TRY(take_best(&s, err));
        const candidate *c = &s.taken[s.n_taken - 1];
        CD_TRY(take(context, &(cd_path){.n = c->n, .vertices = c->vertices}, err));
        if (s.n_taken < most) CD_TRY(branch(&s, to, err));
    }
done:
    for (size_t i = 0; i < s.n_taken; i++) cd_free(s.taken[i].vertices);
    for (size_t i = 0; i < s.n_waiting; i++) cd_free(s.waiting[i].vertices);
    cd_free(s.taken);
    cd_free(s.waiting);
    cd_free(s.steps);
    return st;
}
