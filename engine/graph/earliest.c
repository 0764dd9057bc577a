/* SPDX-License-Identifier: GPL-3.0-or-later
 * earliest.c: Dijkstra's search with the clock for a cost: whoever is reached first is settled first, and all its rows
 * from then on are looked at once. A store keeps the rows of an id in the order of time, both ways, so that "from then
 * on" is a binary search and the rest of a list. */
#include "engine/graph/earliest.h"

#include "engine/graph/heap.h"

typedef struct {
    const cd_view *views;
    uint32_t n_views;
    const cd_graph *g;
    int64_t *reached; /* INT64_MAX: not yet */
    cd_id *came_from;
    bool *settled;
    cd_heap heap; /* by when they are reached */
} search;

size_t cd_earliest_bytes(cd_id n) { return 13 * (size_t)n; }

/* One list of rows of a settled vertex: forwards the rows themselves, backwards their places. */
typedef struct {
    const cd_view *view;
    uint32_t segment;
    const cd_segment_table *table;
    const cd_codes *times;
    bool back;
    cd_id other_first, other_n; /* vertices of the other end's kind */
} row_list;

static uint64_t row_of(const row_list *l, uint64_t p)
{
    if (!l->back) return p;
    cd_sums_touch(l->table->sums, l->table->reverse_row + p, sizeof *l->table->reverse_row);
    return l->table->reverse_row[p];
}

static cd_id other_of(const row_list *l, uint64_t p)
{
    const cd_id *ids = l->back ? l->table->reverse_left : l->table->right;
    cd_sums_touch(l->table->sums, ids + p, sizeof *ids);
    return ids[p];
}

static cd_status follow(search *s, const row_list *l, uint64_t lo, uint64_t hi, cd_heap_entry now, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t end = hi;
    while (lo < hi) { /* rows of unknown time come first, and INT64_MIN is before any */
        uint64_t mid = lo + (hi - lo) / 2, row = row_of(l, mid);
        if (row >= l->table->rows) goto damaged;
        if (cd_codes_at(l->times, row) < now.key) lo = mid + 1;
        else hi = mid;
    }
    for (; lo < end; lo++) {
        uint64_t row = row_of(l, lo);
        cd_id other = other_of(l, lo);
        if (row >= l->table->rows || other >= l->other_n) goto damaged;
        int64_t at = cd_codes_at(l->times, row);
        cd_id v = l->other_first + other;
        if (at == CANDOUR_UNKNOWN || at < now.key || s->reached[v] <= at) continue;
        if (!cd_view_takes_all(l->view) && !cd_view_takes(l->view, l->segment, row)) continue;
        s->reached[v] = at;
        s->came_from[v] = now.vertex;
        CD_TRY(cd_heap_push(&s->heap, (cd_heap_entry){at, v}, err));
    }
done:
    return st;
damaged:
    return cd_fail(err, CD_ESTORE, "'%s' names rows that it does not hold; run verify", l->view->snapshot->path);
}

/* All rows of a settled vertex, in every relation that has its kind at either end. */
static cd_status settle(search *s, cd_heap_entry now, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_graph_part *part = cd_graph_part_of(s->g, now.vertex);
    for (uint32_t r = 0; r < s->n_views; r++) {
        const cd_view *view = &s->views[r];
        const candour_table *t = &view->snapshot->ontology->tables[view->table];
        if (t->time_column < 0) continue;
        for (uint32_t back = 0; back < 2; back++) {
            if (t->columns[back].kind != part->kind) continue;
            const cd_graph_part *other = cd_graph_part_find(s->g, t->columns[1 - back].kind);
            for (uint32_t i = 0; i < view->snapshot->n_segments; i++) {
                const cd_segment_table *rows = view->snapshot->segments[i].tables[view->table];
                uint64_t lo, hi;
                if (!rows || rows->rows == 0) continue;
                row_list l = {.view = view, .segment = i, .table = rows, .times = &rows->columns[t->time_column].codes,
                              .back = back, .other_first = other->first, .other_n = other->n};
                cd_rows_of(back ? &rows->by_right : &rows->left, rows->rows, now.vertex - part->first, &lo, &hi);
                CD_TRY(follow(s, &l, lo, hi, now, err));
            }
        }
    }
done:
    return st;
}

static cd_status write_path(const search *s, cd_id from, cd_id to, cd_timed_step **out, uint32_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    *n = 1;
    for (cd_id v = to; v != from; v = s->came_from[v]) ++*n;
    CD_NEW(*out, *n);
    cd_id v = to;
    for (uint32_t i = *n; i-- > 0; v = s->came_from[v]) (*out)[i] = (cd_timed_step){v, s->reached[v]};
done:
    return st;
}

cd_status cd_earliest_path(const cd_view *views, uint32_t n_views, const cd_graph *g, cd_id from, cd_id to,
                           int64_t begin, cd_comes_before before, void *context, const cd_run *run, cd_timed_step **out,
                           uint32_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id all = g->csr.n_left;
    search s = {.views = views, .n_views = n_views, .g = g, .heap = {.before = before, .context = context}};
    *out = NULL, *n = 0;
    if (from >= all || to >= all)
        return cd_fail(err, CD_EUSAGE, "a path between vertices %u and %u of %u: there are no such vertices", from, to,
                       all);
    CD_TRY(cd_run_fits(run, "the earliest path", cd_earliest_bytes(all), err));
    s.reached = cd_pages_new(all, sizeof *s.reached, err);
    s.came_from = cd_pages_new(all, sizeof *s.came_from, err);
    s.settled = cd_pages_new(all, sizeof *s.settled, err);
    if (!s.reached || !s.came_from || !s.settled) CD_TRY(CD_EMEMORY);
    for (cd_id v = 0; v < all; v++) s.reached[v] = INT64_MAX;
    s.reached[from] = begin, s.came_from[from] = from;
    CD_TRY(cd_heap_push(&s.heap, (cd_heap_entry){begin, from}, err));
    while (s.heap.n > 0) {
        cd_heap_entry now = cd_heap_pop(&s.heap);
        if (s.settled[now.vertex]) continue;
        s.settled[now.vertex] = true;
        if (now.vertex == to) {
            CD_TRY(write_path(&s, from, to, out, n, err));
            break;
        }
        CD_TRY(settle(&s, now, err));
    }
done:
    cd_pages_free(s.reached, all, sizeof *s.reached);
    cd_pages_free(s.came_from, all, sizeof *s.came_from);
    cd_pages_free(s.settled, all, sizeof *s.settled);
    cd_heap_release(&s.heap);
    return st;
}
