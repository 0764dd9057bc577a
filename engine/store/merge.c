/* SPDX-License-Identifier: GPL-3.0-or-later
 * merge.c: a table of several files, written as one. The rows are made into records a run of left ids at a time, so
 * that memory is bounded; from there on they take the way that loaded rows take (table_writer.h). */
#include "engine/store/merge.h"

#include <omp.h>
#include <string.h>

#include "engine/base/sort.h"
#include "engine/store/record_groups.h"
#include "engine/store/table_writer.h"

/* The text dictionaries of one column made one. */
typedef struct {
    uint32_t **now; /* per file: its code -> the code of the merged dictionary */
    cd_slice *texts;
    uint32_t n;
} merged_texts;

typedef struct {
    const cd_merge *m;
    uint32_t index; /* of the table */
    const candour_table *table;
    cd_records r;
    merged_texts texts[CD_MAX_COLUMNS];
} merging;

static const cd_segment_table *part(const merging *g, uint32_t file)
{
    return g->m->snapshot->segments[file].tables[g->index];
}

static bool has_rows(const merging *g, uint32_t file)
{
    const cd_segment_table *t = part(g, file);
    return t && t->rows > 0;
}

static cd_id now(const cd_merge *m, uint32_t kind, uint64_t old)
{
    return m->numbers[kind].now ? m->numbers[kind].now[old] : (cd_id)old;
}

static cd_id before(const cd_merge *m, uint32_t kind, cd_id number)
{
    return m->numbers[kind].before ? m->numbers[kind].before[number] : number;
}

/* All texts of the files' dictionaries, each once, in the order of their bytes. */
static cd_status merge_texts(merging *g, uint32_t c, cd_err *err)
{
    cd_status st = CD_OK;
    merged_texts *out = &g->texts[c];
    cd_slice *all = NULL;
    uint32_t *order = NULL, *code = NULL, n = 0, k = 0;
    for (uint32_t f = g->m->from; f < g->m->to; f++) n += has_rows(g, f) ? part(g, f)->columns[c].texts.n : 0;
    CD_NEW(all, n);
    CD_NEW(order, n);
    CD_NEW(code, n);
    CD_NEW(out->texts, n);
    CD_NEW(out->now, g->m->to);
    for (uint32_t f = g->m->from; f < g->m->to; f++)
        for (uint32_t i = 0; has_rows(g, f) && i < part(g, f)->columns[c].texts.n; i++)
            all[k++] = cd_texts_at(&part(g, f)->columns[c].texts, i);
    CD_TRY(cd_sort_texts(all, NULL, n, order, err));
    for (uint32_t i = 0; i < n; i++) {
        if (out->n == 0 || !cd_slice_equal(out->texts[out->n - 1], all[order[i]])) out->texts[out->n++] = all[order[i]];
        code[order[i]] = out->n - 1;
    }
    k = 0;
    for (uint32_t f = g->m->from; f < g->m->to; f++) {
        uint32_t texts = has_rows(g, f) ? part(g, f)->columns[c].texts.n : 0;
        CD_NEW(out->now[f], texts);
        memcpy(out->now[f], code + k, texts * sizeof *code);
        k += texts;
    }
done:
    cd_free(all);
    cd_free(order);
    cd_free(code);
    return st;
}

/* The least and the greatest known value of an integer-like column, over all files; lo > hi where none is known. */
static void span_of(const merging *g, const cd_codes *(*codes_of)(const cd_segment_table *, uint32_t), uint32_t c,
                    int64_t *lo, int64_t *hi)
{
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (uint32_t f = g->m->from; f < g->m->to; f++) {
        if (!has_rows(g, f)) continue;
        const cd_codes *codes = codes_of(part(g, f), c);
        uint64_t n = codes->width ? part(g, f)->rows : codes->constant ? 1 : 0;
        #pragma omp parallel for schedule(static) reduction(min : least) reduction(max : most)
        for (uint64_t i = 0; i < n; i++) {
            int64_t v = cd_codes_at(codes, i);
            least = v != CANDOUR_UNKNOWN && v < least ? v : least;
            most = v > most ? v : most;
        }
    }
    *lo = least, *hi = most;
}

static const cd_codes *column_codes(const cd_segment_table *t, uint32_t c) { return &t->columns[c].codes; }
static const cd_codes *source_codes(const cd_segment_table *t, uint32_t c) { return (void)c, &t->source; }

static void integer_field(const merging *g, uint32_t c, cd_field *f)
{
    int64_t lo, hi;
    span_of(g, column_codes, c, &lo, &hi);
    if (lo <= hi) *f = (cd_field){.known = true, .base = lo, .width = cd_width_for((uint64_t)hi - (uint64_t)lo)};
}

/* How wide each field must be. */
static cd_status shape_fields(merging *g, cd_err *err)
{
    cd_status st = CD_OK;
    cd_records *r = &g->r;
    int64_t lo, hi;
    for (uint32_t c = 1; c < g->table->n_columns; c++) {
        const candour_column *column = &g->table->columns[c];
        if (c == 1 && g->table->class_of == CANDOUR_RELATION) r->field[c] = (cd_field){.known = true, .width = 4};
        else if (column->type == CANDOUR_REAL) {
            r->field[c].real = true;
            for (uint32_t f = g->m->from; f < g->m->to; f++)
                if (has_rows(g, f) && part(g, f)->columns[c].reals) r->field[c].known = true, r->field[c].width = 8;
        } else if (column->type == CANDOUR_TEXT) {
            CD_TRY(merge_texts(g, c, err));
            if (g->texts[c].n) r->field[c] = (cd_field){.known = true, .width = cd_width_for(g->texts[c].n - 1)};
        } else if (column->type == CANDOUR_ID) {
            span_of(g, column_codes, c, &lo, &hi);
            if (lo <= hi) r->field[c] = (cd_field){.known = true, .width = cd_width_for(g->m->n_ids[column->kind] - 1)};
        } else integer_field(g, c, &r->field[c]);
    }
    span_of(g, source_codes, 0, &lo, &hi);
    r->source = (cd_field){.known = true, .base = lo, .width = hi > lo ? cd_width_for((uint64_t)(hi - lo)) : 0};
    cd_records_lay_out(r);
done:
    return st;
}

/* The rows of an old left id in one file, without the undated row that a later file replaced. */
static void rows_in_force(const merging *g, uint32_t file, cd_id old, uint64_t *lo, uint64_t *hi)
{
    const cd_segment_table *t = part(g, file);
    *lo = *hi = 0;
    if (!t || t->rows == 0) return;
    cd_rows_of(&t->left, t->rows, old, lo, hi);
    if (g->table->class_of != CANDOUR_ENTITY || *lo == *hi) return;
    bool undated = cd_codes_at(&t->columns[g->table->time_column].codes, *lo) == CANDOUR_UNKNOWN;
    if (undated && !cd_undated_in_force(g->m->snapshot, g->index, file, old)) (*lo)++;
}

static cd_status count_rows(merging *g, cd_err *err)
{
    cd_status st = CD_OK;
    cd_records *r = &g->r;
    uint32_t kind = g->table->columns[0].kind;
    CD_NEW(r->offsets, (size_t)r->n_left + 1);
    #pragma omp parallel for schedule(static, 4096)
    for (cd_id left = 0; left < r->n_left; left++) {
        uint64_t n = 0, lo, hi;
        for (uint32_t f = g->m->from; f < g->m->to; f++) {
            rows_in_force(g, f, before(g->m, kind, left), &lo, &hi);
            n += hi - lo;
        }
        r->offsets[left + 1] = n;
    }
    for (cd_id left = 0; left < r->n_left; left++) r->offsets[left + 1] += r->offsets[left];
    r->rows = r->offsets[r->n_left];
    if (r->rows >= CD_NONE)
        CD_TRY(cd_fail(err, CD_EUSAGE, "%s has %llu rows, one file of a store takes 4294967294; it stays in several",
                       g->table->name, (unsigned long long)r->rows));
done:
    return st;
}

static void store_code(uint8_t *record, const cd_field *f, bool unknown, uint64_t code)
{
    if (unknown) code = UINT64_MAX;
    memcpy(record + f->at, &code, f->width); /* little endian: the low bytes first */
}

/* One row of a file as a record. */
static void fill_record(const merging *g, uint32_t file, uint64_t row, uint32_t line, uint8_t *record)
{
    const cd_segment_table *t = part(g, file);
    const cd_records *r = &g->r;
    for (uint32_t c = 1; c < g->table->n_columns; c++) {
        const cd_field *f = &r->field[c];
        const candour_column *column = &g->table->columns[c];
        if (f->width == 0) continue;
        if (c == 1 && g->table->class_of == CANDOUR_RELATION) {
            store_code(record, f, false, now(g->m, column->kind, t->right[row]));
        } else if (f->real) {
            double v = t->columns[c].reals ? t->columns[c].reals[row] : __builtin_nan("");
            memcpy(record + f->at, &v, sizeof v);
        } else {
            int64_t v = cd_codes_at(&t->columns[c].codes, row);
            bool unknown = v == CANDOUR_UNKNOWN;
            if (!unknown && column->type == CANDOUR_TEXT) v = g->texts[c].now[file][v];
            else if (!unknown && column->type == CANDOUR_ID) v = now(g->m, column->kind, (uint64_t)v);
            store_code(record, f, unknown, (uint64_t)v - (uint64_t)f->base);
        }
    }
    if (r->source.width)
        store_code(record, &r->source, false, (uint64_t)(cd_codes_at(&t->source, row) - r->source.base));
    store_code(record, &r->line, false, line);
}

typedef struct {
    cd_group_scratch sort;
    uint32_t *lines;
} fill_scratch;

static void fill_group(const merging *g, cd_id left, fill_scratch *s)
{
    const cd_records *r = &g->r;
    uint8_t *group = r->records + (r->offsets[left] - r->origin) * r->bytes;
    uint64_t n = 0, lo, hi;
    for (uint32_t f = g->m->from; f < g->m->to; f++) {
        rows_in_force(g, f, before(g->m, g->table->columns[0].kind, left), &lo, &hi);
        if (lo == hi) continue;
        cd_lines_read(&part(g, f)->lines, lo, hi - lo, s->lines);
        for (uint64_t row = lo; row < hi; row++) fill_record(g, f, row, s->lines[row - lo], group + n++ * r->bytes);
    }
    cd_group_sort(r, group, n, &s->sort);
}

/* The left id that row `row` belongs to. */
static cd_id left_at(const cd_records *r, uint64_t row)
{
    cd_id lo = 0, hi = r->n_left - 1;
    while (lo < hi) {
        cd_id mid = lo + (hi - lo) / 2;
        if (r->offsets[mid + 1] <= row) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* Rows [from, to): the groups that they lie in are made whole, and only the rows are written. */
static cd_status merge_run(merging *g, cd_table_writer *writer, uint64_t from, uint64_t to, fill_scratch *scratch,
                           cd_err *err)
{
    cd_status st = CD_OK;
    cd_records *r = &g->r;
    cd_id first = left_at(r, from), last = left_at(r, to - 1);
    r->origin = r->offsets[first];
    r->capacity = r->offsets[last + 1] - r->origin;
    r->records = cd_pages_new(r->capacity, r->bytes, err);
    if (!r->records) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for schedule(dynamic, 64)
    for (cd_id left = first; left <= last; left++)
        if (r->offsets[left] < r->offsets[left + 1]) fill_group(g, left, &scratch[omp_get_thread_num()]);
    CD_TRY(cd_table_put(writer, r->records + (from - r->origin) * r->bytes, from, to, err));
done:
    cd_records_drop(r);
    return st;
}

static cd_status merge_runs(merging *g, cd_segment_writer *w, cd_err *err)
{
    cd_status st = CD_OK;
    cd_records *r = &g->r;
    cd_table_writer *writer = NULL;
    cd_text_list texts[CD_MAX_COLUMNS] = {{0}};
    uint32_t n_threads = (uint32_t)omp_get_max_threads();
    uint64_t most = 0, step = g->m->memory_bytes / 2 / r->bytes / CD_PUT_BLOCK * CD_PUT_BLOCK;
    fill_scratch *scratch = NULL;
    if (step == 0) step = CD_PUT_BLOCK;
    for (cd_id left = 0; left < r->n_left; left++)
        if (r->offsets[left + 1] - r->offsets[left] > most) most = r->offsets[left + 1] - r->offsets[left];
    CD_NEW(scratch, n_threads);
    for (uint32_t i = 0; i < n_threads; i++) {
        CD_TRY(cd_group_scratch_make(&scratch[i].sort, r, most, err));
        CD_NEW(scratch[i].lines, most);
    }
    CD_TRY(cd_table_begin(w, r, r->rows, &writer, err));
    for (uint64_t from = 0; from < r->rows; from += step)
        CD_TRY(merge_run(g, writer, from, r->rows - from < step ? r->rows : from + step, scratch, err));
    for (uint32_t c = 1; c < g->table->n_columns; c++) texts[c] = (cd_text_list){g->texts[c].texts, g->texts[c].n};
    cd_table_writer *last_part = writer;
    writer = NULL;
    CD_TRY(cd_table_end(last_part, texts, g->m->memory_bytes / 2, err));
done:
    cd_table_abandon(writer);
    for (uint32_t i = 0; scratch && i < n_threads; i++) {
        cd_group_scratch_release(&scratch[i].sort, r);
        cd_free(scratch[i].lines);
    }
    cd_free(scratch);
    return st;
}

static void release(merging *g)
{
    cd_records_release(&g->r);
    for (uint32_t c = 0; c < CD_MAX_COLUMNS; c++) {
        merged_texts *t = &g->texts[c];
        for (uint32_t f = g->m->from; t->now && f < g->m->to; f++) cd_free(t->now[f]);
        cd_free(t->now);
        cd_free(t->texts);
    }
}

cd_status cd_merge_table(const cd_merge *m, uint32_t table, cd_segment_writer *w, cd_err *err)
{
    cd_status st = CD_OK;
    merging g = {.m = m, .index = table, .table = &m->snapshot->ontology->tables[table]};
    cd_records *r = &g.r;
    bool any = false;
    *r = (cd_records){.table = g.table, .first = CANDOUR_UNKNOWN, .last = CANDOUR_UNKNOWN};
    for (uint32_t f = m->from; f < m->to; f++) {
        const cd_segment_table *t = part(&g, f);
        if (!has_rows(&g, f)) continue;
        any = true;
        CD_TRY(cd_segment_check(&m->snapshot->segments[f], table, m->snapshot->ontology, m->n_ids, err));
        if (t->first != CANDOUR_UNKNOWN && (r->first == CANDOUR_UNKNOWN || t->first < r->first)) r->first = t->first;
        if (t->last > r->last) r->last = t->last;
    }
    if (!any) return CD_OK;
    r->n_left = (cd_id)m->n_ids[g.table->columns[0].kind];
    r->n_right = g.table->class_of == CANDOUR_RELATION ? (cd_id)m->n_ids[g.table->columns[1].kind] : 0;
    CD_TRY(shape_fields(&g, err));
    CD_TRY(count_rows(&g, err));
    if (r->rows) CD_TRY(merge_runs(&g, w, err));
done:
    release(&g);
    return st;
}
