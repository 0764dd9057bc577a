/* SPDX-License-Identifier: GPL-3.0-or-later
 * pairs.c: the rows of a view become distinct pairs: for each right id its lefts are gathered and sorted, twice, once
 * to count and once to fill; the other way is that way turned round. The right side is the one whose groups are small
 * (the officers of a file), so that most sorts stay in the first cache. */
#include "engine/graph/pairs.h"

#include <omp.h>
#include <string.h>

#include "engine/base/sort.h"

enum { FEW = 24 };

/* A row that waits in a group: by left id, then in the order it was met. */
typedef struct {
    uint64_t *keys; /* left << 32 | place in `times` */
    int64_t *times;
} group_scratch;

typedef struct {
    const cd_view *view;
    cd_id n_left, n_right;
    uint64_t most; /* rows of the largest group */
    bool times;
    group_scratch *scratch; /* per thread */
    cd_off *off;            /* n_right + 1 */
    cd_id *adj;
    uint32_t *count;
    int64_t *first, *last;
    cd_id bad; /* the lowest right id where the store names what it does not hold, or CD_NONE */
} building;

static uint64_t rows_at(const building *b, cd_id right)
{
    uint64_t n = 0, lo, hi;
    for (uint32_t i = 0; i < b->view->snapshot->n_segments; i++) {
        const cd_segment_table *t = b->view->snapshot->segments[i].tables[b->view->table];
        if (!t || t->rows == 0) continue;
        cd_rows_of(&t->by_right, t->rows, right, &lo, &hi);
        n += hi - lo;
    }
    return n;
}

static void sort_keys(uint64_t *keys, uint64_t n)
{
    if (n > FEW) {
        cd_sort_u64(keys, n);
        return;
    }
    for (uint64_t i = 1; i < n; i++) {
        uint64_t key = keys[i], j = i;
        for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

/* The rows of a right id that are in the view, sorted; false where the store is damaged. */
static bool gather(const building *b, cd_id right, group_scratch *s, uint64_t *out)
{
    const cd_snapshot *snapshot = b->view->snapshot;
    int32_t time_column = snapshot->ontology->tables[b->view->table].time_column;
    bool all = cd_view_takes_all(b->view);
    uint64_t n = 0, lo, hi;
    for (uint32_t i = 0; i < snapshot->n_segments; i++) {
        const cd_segment_table *t = snapshot->segments[i].tables[b->view->table];
        if (!t || t->rows == 0) continue;
        cd_rows_of(&t->by_right, t->rows, right, &lo, &hi);
        if (hi - lo > b->most - n) return false; /* more than was counted: the arrays changed under us */
        for (uint64_t p = lo; p < hi; p++) {
            cd_id left = t->reverse_left[p];
            uint32_t row = t->reverse_row[p];
            if (left >= b->n_left || row >= t->rows) return false;
            if (!all && !cd_view_takes(b->view, i, row)) continue;
            if (b->times)
                s->times[n] = time_column < 0 ? CANDOUR_UNKNOWN : cd_codes_at(&t->columns[time_column].codes, row);
            s->keys[n] = (uint64_t)left << 32 | n;
            n++;
        }
    }
    sort_keys(s->keys, n);
    *out = n;
    return true;
}

static void count_group(building *b, cd_id right, group_scratch *s)
{
    uint64_t n, distinct = 0;
    if (!gather(b, right, s, &n)) {
        cd_id bad = __atomic_load_n(&b->bad, __ATOMIC_RELAXED);
        while (right < bad &&
               !__atomic_compare_exchange_n(&b->bad, &bad, right, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
        return;
    }
    for (uint64_t i = 0; i < n; i++) distinct += i == 0 || s->keys[i] >> 32 != s->keys[i - 1] >> 32;
    b->off[right + 1] = distinct;
}

static void note_times(building *b, cd_off at, const group_scratch *s, uint64_t lo, uint64_t hi)
{
    int64_t first = CANDOUR_UNKNOWN, last = CANDOUR_UNKNOWN;
    for (uint64_t i = lo; i < hi; i++) {
        int64_t time = s->times[(uint32_t)s->keys[i]];
        if (time == CANDOUR_UNKNOWN) continue;
        if (first == CANDOUR_UNKNOWN || time < first) first = time;
        if (time > last) last = time;
    }
    b->first[at] = first, b->last[at] = last;
}

static void fill_group(building *b, cd_id right, group_scratch *s)
{
    uint64_t n;
    cd_off at = b->off[right];
    if (!gather(b, right, s, &n)) return; /* it was said when they were counted */
    for (uint64_t i = 0, j; i < n; i = j, at++) {
        for (j = i + 1; j < n && s->keys[j] >> 32 == s->keys[i] >> 32; j++) {}
        b->adj[at] = (cd_id)(s->keys[i] >> 32);
        if (b->count) b->count[at] = (uint32_t)(j - i);
        if (b->times) note_times(b, at, s, i, j);
    }
}

static cd_status make_scratch(building *b, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t most = 0;
    #pragma omp parallel for num_threads(run->threads) schedule(static) reduction(max : most)
    for (cd_id right = 0; right < b->n_right; right++) {
        uint64_t n = rows_at(b, right);
        most = n > most ? n : most;
    }
    b->most = most;
    CD_NEW(b->scratch, run->threads);
    for (uint32_t t = 0; t < run->threads; t++) {
        b->scratch[t].keys = cd_pages_new(most, sizeof *b->scratch[t].keys, err);
        if (b->times) b->scratch[t].times = cd_pages_new(most, sizeof *b->scratch[t].times, err);
        if (!b->scratch[t].keys || (b->times && !b->scratch[t].times)) CD_TRY(CD_EMEMORY);
    }
done:
    return st;
}

/* Every row will be read, from end to end. */
static cd_status look_at_all(const building *b, cd_err *err)
{
    const cd_snapshot *s = b->view->snapshot;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[b->view->table];
        if (!t) continue;
        cd_sums_whole(t->sums, t->by_right.keys);
        cd_sums_whole(t->sums, t->by_right.offsets);
        cd_sums_whole(t->sums, t->reverse_left);
        cd_sums_whole(t->sums, t->reverse_row);
    }
    return cd_snapshot_judge(s, CD_OK, err);
}

/* Pairs by their right id, in b. */
static cd_status build_by_right(building *b, cd_pairs_wanted wanted, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(look_at_all(b, err));
    CD_TRY(make_scratch(b, run, err));
    b->off = cd_pages_new((size_t)b->n_right + 1, sizeof *b->off, err);
    if (!b->off) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 256)
    for (cd_id right = 0; right < b->n_right; right++) count_group(b, right, &b->scratch[omp_get_thread_num()]);
    if (b->bad != CD_NONE)
        CD_TRY(cd_fail(err, CD_ESTORE, "'%s': relation '%s' names what the store does not hold (at %u); run verify",
                       b->view->snapshot->path, b->view->snapshot->ontology->tables[b->view->table].name, b->bad));
    for (cd_id right = 0; right < b->n_right; right++) b->off[right + 1] += b->off[right];
    cd_off edges = b->off[b->n_right];
    CD_TRY(cd_run_fits(run, "making the graph",
                       edges * (wanted == CD_PAIRS_BARE ? 8 : wanted == CD_PAIRS_COUNTS ? 24 : 56) +
                           8 * ((size_t)b->n_left + b->n_right) + cd_csr_transpose_bytes(b->n_left, run->threads),
                       err));
    b->adj = cd_pages_new(edges, sizeof *b->adj, err);
    if (!b->adj) CD_TRY(CD_EMEMORY);
    if (wanted != CD_PAIRS_BARE && !(b->count = cd_pages_new(edges, sizeof *b->count, err))) CD_TRY(CD_EMEMORY);
    if (b->times && !(b->first = cd_pages_new(edges, sizeof *b->first, err))) CD_TRY(CD_EMEMORY);
    if (b->times && !(b->last = cd_pages_new(edges, sizeof *b->last, err))) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 256)
    for (cd_id right = 0; right < b->n_right; right++) fill_group(b, right, &b->scratch[omp_get_thread_num()]);
done:
    return st;
}

/* What stands beside by_right's edges, moved to stand beside by_left's. */
static cd_status move_beside(const building *b, cd_off edges, const cd_off *place, const cd_run *run, cd_pairs *out,
                             cd_err *err)
{
    cd_status st = CD_OK;
    out->count = cd_pages_new(edges, sizeof *out->count, err);
    if (!out->count) CD_TRY(CD_EMEMORY);
    if (b->times && !(out->first = cd_pages_new(edges, sizeof *out->first, err))) CD_TRY(CD_EMEMORY);
    if (b->times && !(out->last = cd_pages_new(edges, sizeof *out->last, err))) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for num_threads(run->threads) schedule(static)
    for (cd_off p = 0; p < edges; p++) {
        out->count[p] = b->count[place[p]];
        if (!b->times) continue;
        out->first[p] = b->first[place[p]], out->last[p] = b->last[place[p]];
    }
done:
    return st;
}

cd_status cd_pairs_build(const cd_view *view, cd_pairs_wanted wanted, const cd_run *run, cd_pairs *out, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_table *table = &view->snapshot->ontology->tables[view->table];
    cd_off *place = NULL, edges = 0;
    *out = (cd_pairs){.left_kind = table->columns[0].kind, .right_kind = table->columns[1].kind};
    building b = {.view = view,
                  .n_left = (cd_id)view->snapshot->n_ids[out->left_kind],
                  .n_right = (cd_id)view->snapshot->n_ids[out->right_kind],
                  .times = wanted == CD_PAIRS_TIMES,
                  .bad = CD_NONE};
    CD_TRY(build_by_right(&b, wanted, run, err));
    edges = b.off[b.n_right];
    cd_csr by_right = {.n_left = b.n_right, .n_right = b.n_left, .off = b.off, .adj = b.adj};
    CD_TRY(cd_csr_transpose(&by_right, run->threads, &out->by_left, wanted == CD_PAIRS_BARE ? NULL : &place, err));
    if (wanted != CD_PAIRS_BARE) CD_TRY(move_beside(&b, edges, place, run, out, err));
    out->by_right = by_right, b.off = NULL, b.adj = NULL;
done:
    for (uint32_t t = 0; b.scratch && t < run->threads; t++) {
        cd_pages_free(b.scratch[t].keys, b.most, sizeof *b.scratch[t].keys);
        cd_pages_free(b.scratch[t].times, b.most, sizeof *b.scratch[t].times);
    }
    cd_free(b.scratch);
    edges = b.off ? b.off[b.n_right] : edges;
    cd_pages_free(b.count, edges, sizeof *b.count);
    cd_pages_free(b.first, edges, sizeof *b.first);
    cd_pages_free(b.last, edges, sizeof *b.last);
    cd_pages_free(b.adj, edges, sizeof *b.adj);
    cd_pages_free(b.off, (size_t)b.n_right + 1, sizeof *b.off);
    cd_pages_free(place, edges, sizeof *place);
    if (st != CD_OK) cd_pairs_release(out);
    return st;
}

void cd_pairs_release(cd_pairs *p)
{
    cd_off edges = cd_csr_edges(&p->by_left);
    cd_pages_free(p->count, edges, sizeof *p->count);
    cd_pages_free(p->first, edges, sizeof *p->first);
    cd_pages_free(p->last, edges, sizeof *p->last);
    cd_csr_release(&p->by_left);
    cd_csr_release(&p->by_right);
    *p = (cd_pairs){0};
}
