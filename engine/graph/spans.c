/* SPDX-License-Identifier: GPL-3.0-or-later
 * spans.c: times of entities as months, over all files of a snapshot. */
#include "engine/graph/spans.h"

#include <stdlib.h>

#include "engine/base/civil.h"

/* The columns that say from when and until when; false where there are none. */
static bool find_times(const candour_table *t, uint32_t columns[2], uint32_t *n)
{
    *n = 0;
    for (uint32_t c = 0; c < t->n_columns && *n < 2; c++)
        if (t->columns[c].type == CANDOUR_TIME && (int32_t)c != t->time_column) columns[(*n)++] = c;
    return *n > 0;
}

static void widen(cd_span *span, bool known, int64_t from, int64_t until)
{
    int32_t begins = from == CANDOUR_UNKNOWN ? INT32_MIN : cd_month_of(from);
    int32_t ends = until == CANDOUR_UNKNOWN ? INT32_MAX : cd_month_of(until) + 1;
    span->from = known && span->from < begins ? span->from : begins;
    span->until = known && span->until > ends ? span->until : ends;
}

cd_status cd_spans_read(const cd_snapshot *s, uint32_t kind, cd_span **out, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_kind *k = &s->ontology->kinds[kind];
    const candour_table *table = &s->ontology->tables[k->table];
    cd_id n = (cd_id)s->n_ids[kind];
    uint32_t column[2], n_columns;
    bool *known = NULL;
    *out = NULL;
    if (!find_times(table, column, &n_columns))
        return cd_fail(err, CD_EUSAGE, "'%s' has no times to say when one was there; leave out --there", k->name);
    known = cd_pages_new(n, sizeof *known, err);
    *out = cd_pages_new(n, sizeof **out, err);
    if (!known || !*out) CD_TRY(CD_EMEMORY);
    for (cd_id id = 0; id < n; id++) (*out)[id] = CD_ALWAYS;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[k->table];
        if (!t || t->rows == 0) continue;
        for (cd_id id = 0; id < n; id++) {
            uint64_t lo, hi;
            cd_rows_of(&t->left, t->rows, id, &lo, &hi);
            for (uint64_t row = lo; row < hi; row++) {
                int64_t from = cd_codes_at(&t->columns[column[0]].codes, row);
                int64_t until = n_columns < 2 ? CANDOUR_UNKNOWN : cd_codes_at(&t->columns[column[1]].codes, row);
                widen(&(*out)[id], known[id], from, until);
                known[id] = true;
            }
        }
    }
done:
    cd_pages_free(known, n, sizeof *known);
    if (st != CD_OK) cd_pages_free(*out, n, sizeof **out), *out = NULL;
    return st;
}

/* ---- Fewer of them ---- */

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static cd_id keep_distinct(int32_t *list, cd_id n)
{
    cd_id kept = 0;
    if (n > 1) qsort(list, n, sizeof *list, by_value);
    for (cd_id i = 0; i < n; i++)
        if (i == 0 || list[i] != list[kept - 1]) list[kept++] = list[i];
    return kept;
}

/* How many of a rising list are below x. */
static int32_t below(const int32_t *list, cd_id n, int32_t x)
{
    cd_id lo = 0, hi = n;
    while (lo < hi) {
        cd_id mid = lo + (hi - lo) / 2;
        if (list[mid] < x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return (int32_t)lo;
}

/* x is before an end where fewer beginnings are before it than before the end: so an end can be told by how many of the
 * beginnings that there are it has before it; and a beginning then by how many of those numbers it does not reach. */
static cd_status simplify_one_way(cd_span *begin, cd_id n_begin, cd_span *end, cd_id n_end, cd_err *err)
{
    cd_status st = CD_OK;
    int32_t *list = NULL;
    cd_id n;
    CD_NEW(list, (size_t)n_begin + n_end);
    for (cd_id i = 0; i < n_begin; i++) list[i] = begin[i].from;
    n = keep_distinct(list, n_begin);
    for (cd_id i = 0; i < n_begin; i++) begin[i].from = below(list, n, begin[i].from);
    for (cd_id i = 0; i < n_end; i++) end[i].until = below(list, n, end[i].until);
    for (cd_id i = 0; i < n_end; i++) list[i] = end[i].until;
    n = keep_distinct(list, n_end);
    for (cd_id i = 0; i < n_begin; i++) begin[i].from = below(list, n, begin[i].from + 1);
    for (cd_id i = 0; i < n_end; i++) end[i].until = below(list, n, end[i].until) + 1;
done:
    cd_free(list);
    return st;
}

cd_status cd_spans_simplify(cd_span *left, cd_id n_left, cd_span *right, cd_id n_right, cd_err *err)
{
    cd_status st = simplify_one_way(left, n_left, right, n_right, err);
    return st == CD_OK ? simplify_one_way(right, n_right, left, n_left, err) : st;
}
