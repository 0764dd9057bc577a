/* SPDX-License-Identifier: GPL-3.0-or-later
 * rows.c: rows by place. Counted, then filled: an officer's rows are the same few runs of each file both times. */
#include "engine/detect/rows.h"

#include <math.h>

cd_status cd_places_make(candour_store *store, uint32_t kind, cd_places *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = cd_store_snapshot(store);
    *out = (cd_places){.n = (cd_id)s->n_ids[kind], .n_numbers = (cd_id)s->n_ids[kind]};
    CD_TRY(cd_store_order(store, kind, &out->number, err));
    out->place = cd_pages_new(out->n, sizeof *out->place, err);
    if (!out->place) CD_TRY(CD_EMEMORY);
#pragma omp parallel for schedule(static)
    for (cd_id i = 0; i < out->n; i++) out->place[out->number[i]] = i;
done:
    return st;
}

cd_status cd_places_keep(cd_places *p, const bool *kept, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = 0;
    CD_NEW(p->own, p->n);
    for (cd_id i = 0; i < p->n; i++) {
        p->place[p->number[i]] = kept[i] ? n : CD_NONE;
        if (kept[i]) p->own[n++] = p->number[i];
    }
    p->n = n, p->number = p->own;
done:
    return st;
}

void cd_places_release(cd_places *p)
{
    cd_pages_free(p->place, p->n_numbers, sizeof *p->place);
    cd_free(p->own);
    *p = (cd_places){0};
}

cd_table_of cd_table_named(const cd_snapshot *s, const char *name)
{
    int32_t table = candour_table_find(s->ontology, cd_slice_of(name));
    cd_table_of t = {.s = s};
    if (table < 0) return t;
    t.table = (uint32_t)table, t.shape = &s->ontology->tables[table];
    for (uint32_t i = 0; i < s->n_segments; i++)
        if (s->segments[i].tables[table]) t.rows += s->segments[i].tables[table]->rows;
    return t;
}

static const cd_segment_table *part(const cd_table_of *t, cd_row_ref at)
{
    return t->s->segments[at.segment].tables[t->table];
}

int64_t cd_row_value(const cd_table_of *t, uint32_t column, cd_row_ref at)
{
    return cd_codes_at(&part(t, at)->columns[column].codes, at.row);
}

double cd_row_real(const cd_table_of *t, uint32_t column, cd_row_ref at)
{
    const cd_segment_table *p = part(t, at);
    const double *reals = p->columns[column].reals;
    if (!reals) return NAN;
    cd_sums_touch(p->sums, reals + at.row, sizeof *reals);
    return reals[at.row];
}

cd_slice cd_row_text(const cd_table_of *t, uint32_t column, cd_row_ref at)
{
    return cd_texts_at(&part(t, at)->columns[column].texts, (uint64_t)cd_row_value(t, column, at));
}

cd_id cd_row_id(const cd_table_of *t, uint32_t column, cd_row_ref at, const cd_places *places)
{
    int64_t number = column == 1 && part(t, at)->right ? (int64_t)cd_row_right(t, at) : cd_row_value(t, column, at);
    return number >= 0 && number < (int64_t)places->n_numbers ? places->place[number] : CD_NONE;
}

cd_id cd_row_left(const cd_table_of *t, cd_row_ref at)
{
    const cd_rows_by *by = &part(t, at)->left;
    uint64_t lo = 0, hi = by->n_keys; /* the first whose rows end after it */
    while (by->offsets && lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        cd_sums_touch(by->sums, by->offsets + mid + 1, sizeof *by->offsets);
        if (by->offsets[mid + 1] <= at.row)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!by->offsets || lo == by->n_keys) return CD_NONE;
    if (by->keys) cd_sums_touch(by->sums, by->keys + lo, sizeof *by->keys);
    return by->keys ? by->keys[lo] : (cd_id)lo;
}

cd_id cd_row_right(const cd_table_of *t, cd_row_ref at)
{
    const cd_segment_table *p = part(t, at);
    if (!p->right) return CD_NONE;
    cd_sums_touch(p->sums, p->right + at.row, sizeof *p->right);
    return p->right[at.row];
}

void cd_row_origin(const cd_table_of *t, cd_row_ref at, uint64_t *source, uint32_t *line)
{
    const cd_segment_table *p = part(t, at);
    *source = (uint64_t)cd_codes_at(&p->source, at.row);
    cd_lines_read(&p->lines, at.row, 1, line);
}

/* The rows in force of an id in one file. */
static void rows_in_force(const cd_table_of *t, uint32_t segment, cd_id number, uint64_t *lo, uint64_t *hi)
{
    const cd_segment_table *p = t->s->segments[segment].tables[t->table];
    *lo = *hi = 0;
    if (!p || p->rows == 0) return;
    cd_rows_of(&p->left, p->rows, number, lo, hi);
    if (*hi > p->rows) *hi = p->rows;
    if (*lo >= *hi) {
        *lo = *hi = 0;
        return;
    }
    if (t->shape->class_of != CANDOUR_ENTITY || t->shape->time_column <= 0) return;
    /* An undated row stands first among the rows of its id; one a file. */
    bool undated = cd_codes_at(&p->columns[t->shape->time_column].codes, *lo) == CANDOUR_UNKNOWN;
    if (undated && !cd_undated_in_force(t->s, t->table, segment, number)) ++*lo;
}

cd_status cd_rows_gather(const cd_table_of *t, const cd_places *left, const cd_run *run, cd_rows *out, cd_err *err)
{
    cd_status st = CD_OK;
    *out = (cd_rows){.n = left->n};
    out->off = cd_pages_new((size_t)left->n + 1, sizeof *out->off, err);
    if (!out->off) CD_TRY(CD_EMEMORY);
    if (t->rows == 0) return CD_OK;
#pragma omp parallel for schedule(dynamic, 1024) num_threads(run->threads)
    for (cd_id i = 0; i < left->n; i++)
        for (uint32_t k = 0; k < t->s->n_segments; k++) {
            uint64_t lo, hi;
            rows_in_force(t, k, left->number[i], &lo, &hi);
            out->off[i + 1] += hi - lo;
        }
    for (cd_id i = 0; i < left->n; i++) out->off[i + 1] += out->off[i];
    out->ref = cd_pages_new(out->off[left->n], sizeof *out->ref, err);
    if (!out->ref) CD_TRY(CD_EMEMORY);
#pragma omp parallel for schedule(dynamic, 1024) num_threads(run->threads)
    for (cd_id i = 0; i < left->n; i++) {
        cd_off at = out->off[i];
        for (uint32_t k = 0; k < t->s->n_segments; k++) {
            uint64_t lo, hi;
            rows_in_force(t, k, left->number[i], &lo, &hi);
            for (; lo < hi; lo++) out->ref[at++] = (cd_row_ref){k, (uint32_t)lo};
        }
    }
done:
    if (st != CD_OK) cd_rows_release(out);
    return st;
}

void cd_rows_release(cd_rows *r)
{
    if (r->ref) cd_pages_free(r->ref, r->off[r->n], sizeof *r->ref);
    cd_pages_free(r->off, (size_t)r->n + 1, sizeof *r->off);
    *r = (cd_rows){0};
}
