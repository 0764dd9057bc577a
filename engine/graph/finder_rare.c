/* SPDX-License-Identifier: GPL-3.0-or-later
 * finder_rare.c: the path that avoids hubs: Dijkstra from the end, until the start is settled; then the way is walked from
 * the start, always to the first neighbour in order that keeps to the least cost. Costs are whole numbers: no rounding
 * decides between two ways. */
#include <math.h>
#include <string.h>

#include "engine/graph/finder_inside.h"

/* A heap by cost, then number: ties end in the same order of settling, and whatever it is does not show. */
typedef struct {
    uint64_t cost;
    cd_id vertex;
} heap_entry;

typedef struct {
    heap_entry *at;
    size_t n, cap;
} heap;

static bool less(heap_entry a, heap_entry b) { return a.cost != b.cost ? a.cost < b.cost : a.vertex < b.vertex; }

static cd_status heap_push(heap *h, heap_entry e, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(cd_grow(&h->at, &h->cap, h->n + 1, sizeof *h->at, err));
    size_t i = h->n++;
    for (; i > 0 && less(e, h->at[(i - 1) / 2]); i = (i - 1) / 2) h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = e;
done:
    return st;
}

static heap_entry heap_pop(heap *h)
{
    heap_entry top = h->at[0], last = h->at[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && less(h->at[child + 1], h->at[child])) child++;
        if (!less(h->at[child], last)) break;
        h->at[i] = h->at[child];
    }
    h->at[i] = last;
    return top;
}

uint32_t cd_passing_cost(cd_id degree)
{
    return degree <= 2 ? 0 : (uint32_t)lrint(1000 * log10((double)degree - 1));
}

/* What the way on from `v` costs one who comes to it: a step, and passing through unless it is the end. */
static uint64_t coming_to(const cd_finder *f, cd_id v, cd_id to)
{
    return f->cost[v] + 1 + (v == to ? 0 : cd_passing_cost(cd_csr_degree(f->g, v)));
}

/* cost[v]: of the way from v to the end, without passing through v itself. side[0].met lists who has one. */
static cd_status settle(cd_finder *f, cd_id from, cd_id to, bool *reached, cd_err *err)
{
    cd_status st = CD_OK;
    heap h = {0};
    finder_side *s = &f->side[0];
    *reached = false;
    f->cost[to] = 0;
    s->met[s->n_met++] = to;
    CD_TRY(heap_push(&h, (heap_entry){0, to}, err));
    while (h.n > 0 && !*reached) {
        heap_entry e = heap_pop(&h);
        if (e.cost != f->cost[e.vertex]) continue; /* a dearer way to one that was settled since */
        *reached = e.vertex == from;
        uint64_t cost = coming_to(f, e.vertex, to);
        for (cd_off p = f->g->off[e.vertex]; !*reached && p < f->g->off[e.vertex + 1]; p++) {
            cd_id u = f->g->adj[p];
            if (f->cost[u] <= cost) continue;
            if (f->cost[u] == UINT64_MAX) s->met[s->n_met++] = u;
            f->cost[u] = cost;
            CD_TRY(heap_push(&h, (heap_entry){cost, u}, err));
        }
    }
done:
    cd_free(h.at);
    return st;
}

cd_status cd_finder_rarest(cd_finder *f, cd_id from, cd_id to, cd_path *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = f->g->n_left;
    bool reached;
    *out = (cd_path){0};
    if (from >= n || to >= n)
        return cd_fail(err, CD_EUSAGE, "a path between vertices %u and %u of %u: there are no such vertices", from, to, n);
    if (!f->cost) {
        f->cost = cd_pages_new(n, sizeof *f->cost, err);
        if (!f->cost) return CD_EMEMORY;
        memset(f->cost, 0xff, n * sizeof *f->cost);
    }
    CD_TRY(settle(f, from, to, &reached, err));
    if (!reached) goto done;
    uint32_t length = 0;
    f->path[0] = from;
    for (cd_id at = from; at != to; at = f->path[length]) {
        cd_id best = CD_NONE;
        for (cd_off p = f->g->off[at]; p < f->g->off[at + 1]; p++) {
            cd_id v = f->g->adj[p];
            if (f->cost[v] == UINT64_MAX || coming_to(f, v, to) != f->cost[at]) continue;
            if (best == CD_NONE || finder_before(f, v, best)) best = v;
        }
        f->path[++length] = best;
    }
    *out = (cd_path){.n = length + 1, .vertices = f->path, .cost = f->cost[from]};
done:
    for (cd_id i = 0; i < f->side[0].n_met; i++) f->cost[f->side[0].met[i]] = UINT64_MAX;
    f->side[0].n_met = 0;
    return st;
}
