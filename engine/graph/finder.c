/* SPDX-License-Identifier: GPL-3.0-or-later
 * finder.c: the shortest path, from both ends at once, a whole level at a time, always from the end whose frontier has
 * fewer edges. The first level on which the searches meet holds the middle of every shortest path: were there a middle
 * met earlier, the level before would have met it. */
#include "engine/graph/finder_inside.h"

#include <string.h>

size_t cd_finder_bytes(cd_id n) { return 42 * (size_t)n; }

cd_status cd_finder_new(const cd_csr *g, cd_comes_before before, void *context, const cd_run *run, cd_finder **out,
                        cd_err *err)
{
    cd_status st = CD_OK;
    cd_finder *f = NULL;
    cd_id n = g->n_left;
    CD_TRY(cd_run_fits(run, "finding paths", cd_finder_bytes(n), err));
    CD_NEW(f, 1);
    *f = (cd_finder){.g = g, .before = before, .context = context};
    for (uint32_t s = 0; s < 2; s++) {
        f->side[s].distance = cd_pages_new(n, sizeof *f->side[s].distance, err);
        f->side[s].met = cd_pages_new(n, sizeof *f->side[s].met, err);
        if (!f->side[s].distance || !f->side[s].met) CD_TRY(CD_EMEMORY);
        memset(f->side[s].distance, 0xff, n * sizeof *f->side[s].distance);
    }
    f->on = cd_pages_new(n, sizeof *f->on, err);
    f->on_list = cd_pages_new(n, sizeof *f->on_list, err);
    f->path = cd_pages_new(n, sizeof *f->path, err);
    f->banned = cd_pages_new(n, sizeof *f->banned, err);
    if (!f->on || !f->on_list || !f->path || !f->banned) CD_TRY(CD_EMEMORY);
    *out = f, f = NULL;
done:
    cd_finder_free(f);
    return st;
}

void cd_finder_free(cd_finder *f)
{
    if (!f) return;
    cd_id n = f->g->n_left;
    for (uint32_t s = 0; s < 2; s++) {
        cd_pages_free(f->side[s].distance, n, sizeof *f->side[s].distance);
        cd_pages_free(f->side[s].met, n, sizeof *f->side[s].met);
    }
    cd_pages_free(f->on, n, sizeof *f->on);
    cd_pages_free(f->on_list, n, sizeof *f->on_list);
    cd_pages_free(f->path, n, sizeof *f->path);
    cd_pages_free(f->banned, n, sizeof *f->banned);
    cd_pages_free(f->cost, n, sizeof *f->cost);
    cd_free(f);
}

/* Whether the step between two vertices, one of them the start, may not be taken. */
static bool step_banned(const cd_finder *f, cd_id from, cd_id a, cd_id b)
{
    cd_id other = a == from ? b : a;
    if (f->n_banned_steps == 0 || (a != from && b != from)) return false;
    for (uint32_t i = 0; i < f->n_banned_steps; i++)
        if (f->banned_steps[i] == other) return true;
    return false;
}

static void meet(finder_side *s, cd_id v, uint32_t distance)
{
    s->distance[v] = distance;
    s->met[s->n_met++] = v;
}

static cd_off frontier_edges(const cd_finder *f, const finder_side *s)
{
    cd_off edges = 0;
    for (cd_id i = s->level_at; i < s->n_met; i++) edges += cd_csr_degree(f->g, s->met[i]);
    return edges;
}

/* One level more from one end; whether it met the other's. */
static bool expand(cd_finder *f, finder_side *s, const finder_side *other, cd_id from)
{
    bool met = false;
    cd_id end = s->n_met;
    s->depth++;
    for (; s->level_at < end; s->level_at++) {
        cd_id u = s->met[s->level_at];
        for (cd_off p = f->g->off[u]; p < f->g->off[u + 1]; p++) {
            cd_id v = f->g->adj[p];
            if (s->distance[v] != CD_NONE || f->banned[v] || step_banned(f, from, u, v)) continue;
            meet(s, v, s->depth);
            met = met || other->distance[v] != CD_NONE;
        }
    }
    return met;
}

static void mark(cd_finder *f, cd_id v)
{
    if (f->on[v]) return;
    f->on[v] = true;
    f->on_list[f->n_on++] = v;
}

/* From the middles back to one end: whoever was met a level below them lies on a shortest path if a neighbour a level
 * above does. Asking those who were met costs what meeting them did; asking the middles whom they came from could cost
 * the edges of thousands of vertices that were met and never left. */
static void mark_back(cd_finder *f, const finder_side *s, cd_id from)
{
    cd_id i = s->n_met;
    while (i > 0 && s->distance[s->met[i - 1]] == s->depth) i--;
    while (i-- > 0) {
        cd_id u = s->met[i];
        for (cd_off p = f->g->off[u]; p < f->g->off[u + 1]; p++) {
            cd_id v = f->g->adj[p];
            if (!f->on[v] || s->distance[v] != s->distance[u] + 1 || step_banned(f, from, u, v)) continue;
            mark(f, u);
            break;
        }
    }
}

uint32_t finder_meet(cd_finder *f, cd_id from, cd_id to)
{
    finder_side *a = &f->side[0], *b = &f->side[1];
    meet(a, from, 0);
    meet(b, to, 0);
    bool met = from == to;
    finder_side *last = a;
    cd_off edges[2] = {frontier_edges(f, a), frontier_edges(f, b)};
    while (!met) {
        if (a->level_at == a->n_met || b->level_at == b->n_met) return CD_NONE;
        uint32_t s = edges[0] <= edges[1] ? 0 : 1;
        last = &f->side[s];
        met = expand(f, last, &f->side[1 - s], from);
        if (!met) edges[s] = frontier_edges(f, last);
    }
    const finder_side *other = last == a ? b : a;
    for (cd_id i = last->n_met; i-- > 0 && last->distance[last->met[i]] == last->depth;)
        if (other->distance[last->met[i]] != CD_NONE) mark(f, last->met[i]);
    mark_back(f, a, from);
    mark_back(f, b, from);
    return a->depth + b->depth;
}

void finder_reset(cd_finder *f)
{
    for (uint32_t s = 0; s < 2; s++) {
        finder_side *side = &f->side[s];
        for (cd_id i = 0; i < side->n_met; i++) side->distance[side->met[i]] = CD_NONE;
        side->n_met = side->level_at = 0;
        side->depth = 0;
    }
    for (cd_id i = 0; i < f->n_on; i++) f->on[f->on_list[i]] = false;
    f->n_on = 0;
}

cd_id finder_next(const cd_finder *f, cd_id at, uint32_t step, uint32_t length, cd_id after)
{
    const finder_side *a = &f->side[0], *b = &f->side[1];
    cd_id best = CD_NONE;
    for (cd_off p = f->g->off[at]; p < f->g->off[at + 1]; p++) {
        cd_id v = f->g->adj[p];
        if (!f->on[v]) continue;
        bool one_further = step + 1 <= a->depth ? a->distance[v] == step + 1 : b->distance[v] == length - step - 1;
        if (!one_further || step_banned(f, a->met[0], at, v)) continue;
        if (after != CD_NONE && !finder_before(f, after, v)) continue;
        if (best == CD_NONE || finder_before(f, v, best)) best = v;
    }
    return best;
}

void finder_walk(const cd_finder *f, cd_id from, uint32_t length, cd_id *path)
{
    path[0] = from;
    for (uint32_t i = 0; i < length; i++) path[i + 1] = finder_next(f, path[i], i, length, CD_NONE);
}

static cd_status check_ends(const cd_finder *f, cd_id from, cd_id to, cd_err *err)
{
    if (from < f->g->n_left && to < f->g->n_left) return CD_OK;
    return cd_fail(err, CD_EUSAGE, "a path between vertices %u and %u of %u: there are no such vertices", from, to,
                   f->g->n_left);
}

cd_status cd_finder_shortest(cd_finder *f, cd_id from, cd_id to, cd_path *out, cd_err *err)
{
    cd_status st = check_ends(f, from, to, err);
    *out = (cd_path){0};
    if (st != CD_OK) return st;
    uint32_t length = finder_meet(f, from, to);
    if (length != CD_NONE) {
        finder_walk(f, from, length, f->path);
        *out = (cd_path){.n = length + 1, .vertices = f->path};
    }
    finder_reset(f);
    return CD_OK;
}

/* How many ways lead from each vertex on a shortest path to the end: on_list in the order of falling distance. */
static cd_status count_ways(cd_finder *f, cd_id from, uint32_t length, uint64_t *paths, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *ways = NULL;
    cd_id *order = NULL, *level = NULL;
    CD_NEW(order, f->n_on);
    CD_NEW(level, (size_t)length + 2);
    ways = cd_pages_new(f->g->n_left, sizeof *ways, err);
    if (!ways) CD_TRY(CD_EMEMORY);
    const finder_side *a = &f->side[0], *b = &f->side[1];
    /* A counting sort by distance from the start. */
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (cd_id i = 0; i < f->n_on; i++) {
            cd_id v = f->on_list[i];
            uint32_t at = a->distance[v] != CD_NONE ? a->distance[v] : length - b->distance[v];
            if (pass == 0) level[at + 1]++;
            else order[level[at]++] = v;
        }
        for (uint32_t k = 0; pass == 0 && k <= length; k++) level[k + 1] += level[k];
    }
    uint32_t step = 0;
    ways[from] = 1;
    for (cd_id i = 0; i < f->n_on; i++) {
        cd_id u = order[i];
        while (i >= level[step]) step++;
        for (cd_id v = CD_NONE; step < length && (v = finder_next(f, u, step, length, v)) != CD_NONE;)
            if (__builtin_add_overflow(ways[v], ways[u], &ways[v])) ways[v] = UINT64_MAX;
    }
    *paths = ways[order[f->n_on - 1]];
done:
    cd_pages_free(ways, f->g->n_left, sizeof *ways);
    cd_free(order);
    cd_free(level);
    return st;
}

cd_status cd_finder_all_shortest(cd_finder *f, cd_id from, cd_id to, uint32_t most, uint64_t *paths,
                                 cd_status (*take)(void *context, const cd_path *path, cd_err *err), void *context,
                                 cd_err *err)
{
    cd_status st = CD_OK;
    *paths = 0;
    CD_TRY(check_ends(f, from, to, err));
    uint32_t length = finder_meet(f, from, to), at = 0;
    if (length == CD_NONE) goto done;
    CD_TRY(count_ways(f, from, length, paths, err));
    cd_path path = {.n = length + 1, .vertices = f->path};
    finder_walk(f, from, length, f->path);
    for (uint32_t i = 0; i < most; i++) {
        CD_TRY(take(context, &path, err));
        /* The next in order: the last place where another vertex can follow, then the first ones again. */
        cd_id next = CD_NONE;
        for (at = length; at-- > 0 && next == CD_NONE;) {
            next = finder_next(f, f->path[at], at, length, f->path[at + 1]);
            if (next == CD_NONE) continue;
            f->path[at + 1] = next;
            for (uint32_t k = at + 1; k < length; k++) f->path[k + 1] = finder_next(f, f->path[k], k, length, CD_NONE);
        }
        if (next == CD_NONE) break;
    }
done:
    finder_reset(f);
    return st;
}
