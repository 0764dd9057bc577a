/* SPDX-License-Identifier: GPL-3.0-or-later
 * records.c: batches to records, grouped by left id: a counting sort whose threads each take a run of batches in file
 * order, so that rows of a file that is in the order of time come out in the order of time. Then record_groups.c. */
#include "engine/store/records.h"

#include <omp.h>
#include <string.h>

#include "engine/store/record_groups.h"

typedef struct {
    cd_records *r;
    cd_batch *const *batches;
    uint32_t n_batches;
    const cd_meanings *meanings;
    uint32_t n_runs;
    uint32_t *run;   /* n_runs + 1: run t has batches [run[t], run[t + 1]) */
    uint32_t *place; /* n_runs x n_left: counts, then where the next row of (run, left) goes */
} building;

/* Width and base of a field over all batches. */
static void measure(const building *b, uint32_t column, cd_field *f)
{
    int64_t lo = INT64_MAX, hi = INT64_MIN;
    const cd_unified *u = b->meanings->of_column[column];
    bool real = b->r->table->columns[column].type == CANDOUR_REAL;
    for (uint32_t i = 0; i < b->n_batches; i++) {
        const cd_packed *p = &b->batches[i]->columns[column];
        if (p->lo > p->hi) continue;
        lo = p->lo < lo ? p->lo : lo, hi = p->hi > hi ? p->hi : hi;
    }
    *f = (cd_field){.known = lo <= hi, .real = real};
    if (!f->known) return;
    if (real) f->width = 8;
    else if (column == 1 && b->r->table->class_of == CANDOUR_RELATION) f->width = 4;
    else if (u) {
        uint32_t top = 0;
        for (uint32_t e = 0; e < u->n_all; e++) top = u->number[e] > top ? u->number[e] : top;
        f->width = cd_width_for(top);
    } else f->base = lo, f->width = cd_width_for((uint64_t)hi - (uint64_t)lo);
}

void cd_records_lay_out(cd_records *r)
{
    uint32_t at = 0, t = r->table->time_column < 0 ? 0 : (uint32_t)r->table->time_column;
    r->time = t && r->field[t].known ? &r->field[t] : NULL;
    if (t) r->field[t].at = at, at += r->field[t].width;
    for (uint32_t c = 1; c < r->table->n_columns; c++)
        if (c != t) r->field[c].at = at, at += r->field[c].width;
    r->content_bytes = at;
    r->source.at = at, at += r->source.width;
    r->line = (cd_field){.at = at, .width = 4, .known = true};
    r->bytes = at + 4;
}

/* How wide every field must be. */
static void measure_all(const building *b)
{
    cd_records *r = b->r;
    uint32_t lo = UINT32_MAX, hi = 0;
    for (uint32_t c = 1; c < r->table->n_columns; c++) measure(b, c, &r->field[c]);
    for (uint32_t i = 0; i < b->n_batches; i++) {
        uint32_t source = b->batches[i]->source;
        lo = source < lo ? source : lo, hi = source > hi ? source : hi;
    }
    r->source = (cd_field){.base = lo, .known = true};
    if (hi > lo) r->source.width = cd_width_for(hi - lo);
}

/* Runs of batches with about the same number of rows. */
static void cut_runs(const building *b)
{
    uint64_t done = 0;
    uint32_t t = 0;
    for (uint32_t i = 0; i < b->n_batches; i++) {
        while (t < b->n_runs && done >= b->r->capacity * t / b->n_runs) b->run[t++] = i;
        done += b->batches[i]->n;
    }
    while (t <= b->n_runs) b->run[t++] = b->n_batches;
    b->run[0] = 0;
}

static void left_ids(const building *b, const cd_batch *batch, uint32_t *out)
{
    const cd_unified *u = b->meanings->of_column[0];
    cd_unpack_ids(&batch->columns[0], batch->n, out);
    const uint32_t *number = u->number + u->first[batch->lane];
    for (uint32_t i = 0; i < batch->n; i++) out[i] = number[out[i]];
}

/* where[run][left], first as counts, then as places; offsets from it. */
static void place_groups(const building *b)
{
    cd_records *r = b->r;
    #pragma omp parallel for schedule(static, 1) num_threads(b->n_runs)
    for (uint32_t t = 0; t < b->n_runs; t++) {
        uint32_t ids[CANDOUR_BLOCK_ROWS];
        uint32_t *count = b->place + (size_t)t * r->n_left;
        for (uint32_t i = b->run[t]; i < b->run[t + 1]; i++) {
            left_ids(b, b->batches[i], ids);
            for (uint32_t k = 0; k < b->batches[i]->n; k++) count[ids[k]]++;
        }
    }
    uint32_t next = 0; /* rows of one build are fewer than 2^32 - 1 */
    for (cd_id left = 0; left < r->n_left; left++) {
        r->offsets[left] = next;
        for (uint32_t t = 0; t < b->n_runs; t++) {
            uint32_t *p = &b->place[(size_t)t * r->n_left + left], n = *p;
            *p = next, next += n;
        }
    }
    r->offsets[r->n_left] = next;
}

/* A run of a batch's rows becomes records side by side in a buffer that stays in the nearest cache, column by column;
 * then each record goes to its place in one piece. So memory that is far away is touched once a row, and asked for
 * ahead. */
enum { PART_ROWS = 1024 };

typedef struct {
    uint32_t ids[CANDOUR_BLOCK_ROWS], place[PART_ROWS];
    uint8_t *records; /* PART_ROWS of them */
} scatter_scratch;

static inline uint64_t load_code(const void *codes, uint32_t width, uint64_t i)
{
    switch (width) {
    case 1: return ((const uint8_t *)codes)[i];
    case 2: return ((const uint16_t *)codes)[i];
    case 4: return ((const uint32_t *)codes)[i];
    default: return ((const uint64_t *)codes)[i];
    }
}

/* Codes of a batch as codes of the record: through `map` where there is one, else moved by `delta`. The widths are
 * constants wherever this is called, so that each pair of them is a loop of its own. */
static inline __attribute__((always_inline)) void fill(const void *codes, uint32_t width, const uint32_t *map,
                                                       uint64_t delta, uint8_t *to, uint32_t to_width, size_t step,
                                                       uint32_t n)
{
    uint64_t unknown = cd_unknown_code(width);
    for (uint32_t i = 0; i < n; i++, to += step) {
        uint64_t v = load_code(codes, width, i);
        v = v == unknown ? UINT64_MAX : map ? map[v] : v + delta;
        memcpy(to, &v, to_width); /* little endian: the low bytes */
    }
}

#define FILL_AS(from_width, to_width)                                                                                  \
    case to_width:                                                                                                     \
        if (map) fill(codes, from_width, map, 0, to, to_width, step, n);                                               \
        else fill(codes, from_width, NULL, delta, to, to_width, step, n);                                              \
        break
#define FILL(from_width)                                                                                               \
    switch (f->width) {                                                                                                \
        FILL_AS(from_width, 1);                                                                                        \
        FILL_AS(from_width, 2);                                                                                        \
        FILL_AS(from_width, 4);                                                                                        \
        FILL_AS(from_width, 8);                                                                                        \
    }                                                                                                                  \
    break

/* One field of rows [from, from + n) of a packed column. */
static void fill_field(const cd_records *r, const cd_field *f, const cd_packed *p, const uint32_t *map, uint32_t from,
                       uint32_t n, uint8_t *records)
{
    uint8_t *to = records + f->at;
    size_t step = r->bytes;
    uint64_t delta = (uint64_t)p->codes.base - (uint64_t)f->base;
    const void *codes = (const uint8_t *)p->codes.codes + (size_t)from * p->codes.width;
    if (f->real) {
        double unknown = __builtin_nan("");
        for (uint32_t i = 0; i < n; i++, to += step)
            memcpy(to, p->codes.width ? (const double *)codes + i : &unknown, sizeof unknown);
        return;
    }
    switch (p->codes.width) {
    case 1: FILL(1);
    case 2: FILL(2);
    case 4: FILL(4);
    case 8: FILL(8);
    default: /* unknown in every row of the batch */
        for (uint32_t i = 0; i < n; i++, to += step) memset(to, UINT8_MAX, f->width);
    }
}

static void fill_lines(const cd_records *r, const cd_batch *batch, uint32_t from, uint32_t n, uint8_t *records)
{
    if (batch->first_line == 0) {
        fill_field(r, &r->line, &batch->line, NULL, from, n, records);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t line = (uint32_t)batch->first_line + from + i;
        memcpy(records + (size_t)i * r->bytes + r->line.at, &line, sizeof line);
    }
}

/* n records side by side, each to its place: in two halves that overlap, where that is all of it. */
static void move_records(const cd_records *r, const uint8_t *from, const uint32_t *place, uint32_t n)
{
    size_t w = r->bytes;
    for (uint32_t i = 0; i < n; i++, from += w) {
        uint8_t *to = r->records + (size_t)place[i] * w;
        if (w >= 8 && w <= 16) {
            memcpy(to, from, 8);
            memcpy(to + w - 8, from + w - 8, 8);
        } else if (w > 16 && w <= 32) {
            memcpy(to, from, 16);
            memcpy(to + w - 16, from + w - 16, 16);
        } else memcpy(to, from, w);
    }
}

static void scatter_part(const building *b, const cd_batch *batch, uint32_t from, uint32_t n, uint32_t *place,
                         scatter_scratch *s)
{
    const cd_records *r = b->r;
    for (uint32_t i = 0; i < n; i++) {
        s->place[i] = place[s->ids[from + i]]++;
        __builtin_prefetch(r->records + (size_t)s->place[i] * r->bytes, 1);
    }
    for (uint32_t c = 1; c < r->table->n_columns; c++) {
        const cd_unified *u = b->meanings->of_column[c];
        if (r->field[c].width)
            fill_field(r, &r->field[c], &batch->columns[c], u ? u->number + u->first[batch->lane] : NULL, from, n,
                       s->records);
    }
    for (uint32_t i = 0; r->source.width && i < n; i++) {
        uint64_t code = batch->source - (uint64_t)r->source.base;
        memcpy(s->records + i * (size_t)r->bytes + r->source.at, &code, r->source.width);
    }
    fill_lines(r, batch, from, n, s->records);
    move_records(r, s->records, s->place, n);
}

static cd_status scatter(const building *b, cd_err *err)
{
    cd_status st = CD_OK;
    scatter_scratch *scratch = NULL;
    CD_NEW(scratch, b->n_runs);
    for (uint32_t t = 0; t < b->n_runs; t++) CD_NEW(scratch[t].records, (size_t)PART_ROWS * b->r->bytes);
    #pragma omp parallel for schedule(static, 1) num_threads(b->n_runs)
    for (uint32_t t = 0; t < b->n_runs; t++)
        for (uint32_t i = b->run[t]; i < b->run[t + 1]; i++) {
            const cd_batch *batch = b->batches[i];
            left_ids(b, batch, scratch[t].ids);
            for (uint32_t from = 0; from < batch->n; from += PART_ROWS)
                scatter_part(b, batch, from, batch->n - from < PART_ROWS ? batch->n - from : PART_ROWS,
                             b->place + (size_t)t * b->r->n_left, &scratch[t]);
        }
done:
    for (uint32_t t = 0; scratch && t < b->n_runs; t++) cd_free(scratch[t].records);
    cd_free(scratch);
    return st;
}

/* Runs cost n_left counters each: no more of them than the rows are worth. */
static uint32_t useful_runs(uint64_t rows, cd_id n_left)
{
    uint64_t most = rows / ((uint64_t)n_left / 4 + 4096) + 1, threads = (uint64_t)omp_get_max_threads();
    return (uint32_t)(most < threads ? most : threads);
}

cd_status cd_records_build(const candour_table *table, uint32_t table_index, cd_batch *const *batches,
                           uint32_t n_batches, const cd_meanings *meanings, const cd_snapshot *snapshot,
                           bool last_file, cd_id n_left, cd_id n_right, cd_records *out, cd_err *err)
{
    cd_status st = CD_OK;
    *out = (cd_records){.table = table, .n_left = n_left, .n_right = n_right};
    building b = {.r = out, .batches = batches, .n_batches = n_batches, .meanings = meanings};
    for (uint32_t i = 0; i < n_batches; i++) out->capacity += batches[i]->n;
    if (out->capacity >= CD_NONE)
        CD_TRY(cd_fail(err, CD_EMEMORY,
                       "%s has %llu rows at once, one file of a store takes 4294967294; give a smaller --memory",
                       table->name, (unsigned long long)out->capacity));
    b.n_runs = useful_runs(out->capacity, n_left);
    measure_all(&b);
    cd_records_lay_out(out);
    CD_NEW(b.run, (size_t)b.n_runs + 1);
    CD_NEW(out->offsets, (size_t)n_left + 1);
    b.place = cd_pages_new((size_t)b.n_runs * n_left, sizeof *b.place, err);
    out->records = cd_pages_new(out->capacity, out->bytes, err);
    if (!b.place || !out->records) CD_TRY(CD_EMEMORY);
    cut_runs(&b);
    place_groups(&b);
    CD_TRY(scatter(&b, err));
    out->rows = out->capacity;
    CD_TRY(cd_records_settle(out, table_index, meanings, snapshot, last_file, err));
done:
    cd_pages_free(b.place, (size_t)b.n_runs * n_left, sizeof *b.place);
    cd_free(b.run);
    if (st != CD_OK) cd_records_release(out);
    return st;
}

void cd_records_drop(cd_records *r)
{
    cd_pages_free(r->records, r->capacity, r->bytes);
    r->records = NULL;
}

void cd_records_release(cd_records *r)
{
    cd_records_drop(r);
    cd_free(r->offsets);
    r->offsets = NULL;
}
