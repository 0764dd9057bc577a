/* SPDX-License-Identifier: GPL-3.0-or-later
 * finder_rare.c: the path that avoids hubs: Dijkstra from the end, until the start is settled; then the way is walked
 * from the start, always to the first neighbour in order that keeps to the least cost. Costs are whole numbers: no
 * rounding decides between two ways. */
#include <math.h>
#include <string.h>

#include "engine/graph/finder_inside.h"
#include "engine/graph/heap.h"

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
    cd_heap h = {0}; /* by cost; ties end in the same order of settling, and whatever it is does not show */
    finder_side *s = &f->side[0];
    *reached = false;
    f->cost[to] = 0;
    s->met[s->n_met++] = to;
    CD_TRY(cd_heap_push(&h, (cd_heap_entry){0, to}, err));
    while (h.n > 0 && !*reached) {
        cd_heap_entry e = cd_heap_pop(&h);
        if ((uint64_t)e.key != f->cost[e.vertex]) continue; /* a dearer way to one that was settled since */
        *reached = e.vertex == from;
        uint64_t cost = coming_to(f, e.vertex, to);
        for (cd_off p = f->g->off[e.vertex]; !*reached && p < f->g->off[e.vertex + 1]; p++) {
            cd_id u = f->g->adj[p];
            if (f->cost[u] <= cost) continue;
            if (f->cost[u] == UINT64_MAX) s->met[s->n_met++] = u;
            f->cost[u] = cost;
            CD_TRY(cd_heap_push(&h, (cd_heap_entry){(int64_t)cost, u}, err));
        }
    }
done:
    cd_heap_release(&h);
    return st;
}

cd_status cd_finder_rarest(cd_finder *f, cd_id from, cd_id to, cd_path *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = f->g->n_left;
    bool reached;
    *out = (cd_path){0};
    if (from >= n || to >= n)
        return cd_fail(err, CD_EUSAGE, "a path between vertices %u and %u of %u: there are no such vertices", from, to,
                       n);
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
