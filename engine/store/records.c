/* SPDX-License-Identifier: GPL-3.0-or-later
 * records.c: batches to records, grouped by left id: a counting sort whose threads each take a run of batches in file
 * order, so that rows of a file that is in the order of time come out in the order of time. Then record_groups.c. */
#include "engine/store/records.h"

#include <omp.h>
#include <string.h>

#include "engine/store/record_groups.h"

/* A run of a batch's rows becomes records side by side in a buffer that stays in the nearest cache, column by column;
 * then each record goes to its place in one piece. So memory that is far away is touched once a row, and asked for
 * ahead. */
enum { PART_ROWS = 1024 };

typedef struct {
    uint32_t ids[CANDOUR_BLOCK_ROWS]; /* left ids of a batch */
    uint32_t row[CANDOUR_BLOCK_ROWS]; /* its rows that belong to the part in hand */
    uint32_t place[PART_ROWS];
    uint8_t *records; /* PART_ROWS of them */
} scatter_scratch;

struct cd_record_maker {
    cd_records *r;
    cd_batch *const *batches;
    uint32_t n_batches;
    const cd_meanings *meanings;
    uint64_t offered; /* rows of all batches */
    uint32_t n_runs;
    uint32_t *run;   /* n_runs + 1: run t has batches [run[t], run[t + 1]) */
    uint32_t *place; /* n_runs x n_left: counts, then where the next row of (run, left) goes, as if all were kept */
    scatter_scratch *scratch; /* a run */
    uint32_t n_parts;
    cd_id *part;     /* n_parts + 1: part k has left ids [part[k], part[k + 1]) */
    uint64_t most;   /* rows of the largest part */
    cd_settling *settling;
};

/* Width and base of a field over all batches. */
static void measure(const cd_record_maker *b, uint32_t column, cd_field *f)
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
static void measure_all(const cd_record_maker *b)
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
static void cut_runs(const cd_record_maker *b)
{
    uint64_t done = 0;
    uint32_t t = 0;
    for (uint32_t i = 0; i < b->n_batches; i++) {
        while (t < b->n_runs && done >= b->offered * t / b->n_runs) b->run[t++] = i;
        done += b->batches[i]->n;
    }
    while (t <= b->n_runs) b->run[t++] = b->n_batches;
    b->run[0] = 0;
}

static void left_ids(const cd_record_maker *b, const cd_batch *batch, uint32_t *out)
{
    const cd_unified *u = b->meanings->of_column[0];
    cd_unpack_ids(&batch->columns[0], batch->n, out);
    const uint32_t *number = u->number + u->first[batch->lane];
    for (uint32_t i = 0; i < batch->n; i++) out[i] = number[out[i]];
}

/* where[run][left], first as counts, then as places; offsets from it. */
static void place_groups(const cd_record_maker *b)
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

static inline uint64_t load_code(const void *codes, uint32_t width, uint64_t i)
{
    switch (width) {
    case 1: return ((const uint8_t *)codes)[i];
    case 2: return ((const uint16_t *)codes)[i];
    case 4: return ((const uint32_t *)codes)[i];
    default: return ((const uint64_t *)codes)[i];
    }
}

/* Codes of n rows of a batch as codes of the record: through `map` where there is one, else moved by `delta`. The widths
 * are constants wherever this is called, so that each pair of them is a loop of its own. */
static inline __attribute__((always_inline)) void fill(const void *codes, uint32_t width, const uint32_t *row,
                                                       const uint32_t *map, uint64_t delta, uint8_t *to,
                                                       uint32_t to_width, size_t step, uint32_t n)
{
    uint64_t unknown = cd_unknown_code(width);
    for (uint32_t i = 0; i < n; i++, to += step) {
        uint64_t v = load_code(codes, width, row[i]);
        v = v == unknown ? UINT64_MAX : map ? map[v] : v + delta;
        memcpy(to, &v, to_width); /* little endian: the low bytes */
    }
}

#define FILL_AS(from_width, to_width)                                                                                  \
    case to_width:                                                                                                     \
        if (map) fill(codes, from_width, row, map, 0, to, to_width, step, n);                                          \
        else fill(codes, from_width, row, NULL, delta, to, to_width, step, n);                                         \
        break
#define FILL(from_width)                                                                                               \
    switch (f->width) {                                                                                                \
        FILL_AS(from_width, 1);                                                                                        \
        FILL_AS(from_width, 2);                                                                                        \
        FILL_AS(from_width, 4);                                                                                        \
        FILL_AS(from_width, 8);                                                                                        \
    }                                                                                                                  \
    break

/* One field of n rows of a packed column. */
static void fill_field(const cd_records *r, const cd_field *f, const cd_packed *p, const uint32_t *map,
                       const uint32_t *row, uint32_t n, uint8_t *records)
{
    uint8_t *to = records + f->at;
    size_t step = r->bytes;
    uint64_t delta = (uint64_t)p->codes.base - (uint64_t)f->base;
    const void *codes = p->codes.codes;
    if (f->real) {
        double unknown = __builtin_nan("");
        for (uint32_t i = 0; i < n; i++, to += step)
            memcpy(to, p->codes.width ? (const double *)codes + row[i] : &unknown, sizeof unknown);
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

static void fill_lines(const cd_records *r, const cd_batch *batch, const uint32_t *row, uint32_t n, uint8_t *records)
{
    if (batch->first_line == 0) {
        fill_field(r, &r->line, &batch->line, NULL, row, n, records);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t line = (uint32_t)batch->first_line + row[i];
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

static void scatter_rows(const cd_record_maker *b, const cd_batch *batch, const uint32_t *row, uint32_t n,
                         uint32_t *place, scatter_scratch *s)
{
    const cd_records *r = b->r;
    for (uint32_t i = 0; i < n; i++) {
        s->place[i] = place[s->ids[row[i]]]++ - (uint32_t)r->origin;
        __builtin_prefetch(r->records + (size_t)s->place[i] * r->bytes, 1);
    }
    for (uint32_t c = 1; c < r->table->n_columns; c++) {
        const cd_unified *u = b->meanings->of_column[c];
        if (r->field[c].width)
            fill_field(r, &r->field[c], &batch->columns[c], u ? u->number + u->first[batch->lane] : NULL, row, n,
                       s->records);
    }
    for (uint32_t i = 0; r->source.width && i < n; i++) {
        uint64_t code = batch->source - (uint64_t)r->source.base;
        memcpy(s->records + i * (size_t)r->bytes + r->source.at, &code, r->source.width);
    }
    fill_lines(r, batch, row, n, s->records);
    move_records(r, s->records, s->place, n);
}

/* The rows of left ids [lo, hi). */
static void scatter(const cd_record_maker *b, cd_id lo, cd_id hi)
{
    #pragma omp parallel for schedule(static, 1) num_threads(b->n_runs)
    for (uint32_t t = 0; t < b->n_runs; t++)
        for (uint32_t i = b->run[t]; i < b->run[t + 1]; i++) {
            const cd_batch *batch = b->batches[i];
            scatter_scratch *s = &b->scratch[t];
            uint32_t n = 0;
            left_ids(b, batch, s->ids);
            for (uint32_t k = 0; k < batch->n; k++) s->row[n] = k, n += s->ids[k] - lo < hi - lo;
            for (uint32_t from = 0; from < n; from += PART_ROWS)
                scatter_rows(b, batch, s->row + from, n - from < PART_ROWS ? n - from : PART_ROWS,
                             b->place + (size_t)t * b->r->n_left, s);
        }
}

/* Runs cost n_left counters each: no more of them than the rows are worth. */
static uint32_t useful_runs(uint64_t rows, cd_id n_left)
{
    uint64_t most = rows / ((uint64_t)n_left / 4 + 4096) + 1, threads = (uint64_t)omp_get_max_threads();
    return (uint32_t)(most < threads ? most : threads);
}

/* Parts of at most `rows` rows, but for a left id that has more by itself. */
static cd_status cut_parts(cd_record_maker *b, uint64_t rows, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_off *offsets = b->r->offsets;
    size_t cap = 0;
    cd_id lo = 0;
    CD_TRY(cd_grow(&b->part, &cap, 2, sizeof *b->part, err));
    b->part[0] = 0;
    for (cd_id hi = 1; hi <= b->r->n_left; hi++) {
        if (hi < b->r->n_left && offsets[hi + 1] - offsets[lo] <= rows) continue;
        if (hi < b->r->n_left && offsets[hi] == offsets[lo]) continue;
        CD_TRY(cd_grow(&b->part, &cap, b->n_parts + 2, sizeof *b->part, err));
        b->part[++b->n_parts] = hi;
        if (offsets[hi] - offsets[lo] > b->most) b->most = offsets[hi] - offsets[lo];
        lo = hi;
    }
done:
    return st;
}

cd_status cd_records_begin(const candour_table *table, uint32_t table_index, cd_batch *const *batches,
                           uint32_t n_batches, const cd_meanings *meanings, const cd_snapshot *snapshot,
                           bool last_file, cd_id n_left, cd_id n_right, uint64_t part_rows, cd_records *out,
                           cd_record_maker **maker, cd_err *err)
{
    cd_status st = CD_OK;
    cd_record_maker *b = NULL;
    *out = (cd_records){.table = table, .n_left = n_left, .n_right = n_right};
    CD_NEW(b, 1);
    b->r = out, b->batches = batches, b->n_batches = n_batches, b->meanings = meanings;
    for (uint32_t i = 0; i < n_batches; i++) b->offered += batches[i]->n;
    if (b->offered >= CD_NONE)
        CD_TRY(cd_fail(err, CD_EMEMORY,
                       "%s has %llu rows at once, one file of a store takes 4294967294; give a smaller --memory",
                       table->name, (unsigned long long)b->offered));
    b->n_runs = useful_runs(b->offered, n_left);
    measure_all(b);
    cd_records_lay_out(out);
    CD_NEW(b->run, (size_t)b->n_runs + 1);
    CD_NEW(out->offsets, (size_t)n_left + 1);
    b->place = cd_pages_new((size_t)b->n_runs * n_left, sizeof *b->place, err);
    if (!b->place) CD_TRY(CD_EMEMORY);
    CD_NEW(b->scratch, b->n_runs);
    for (uint32_t t = 0; t < b->n_runs; t++) CD_NEW(b->scratch[t].records, (size_t)PART_ROWS * out->bytes);
    cut_runs(b);
    place_groups(b);
    CD_TRY(cut_parts(b, part_rows, err));
    CD_TRY(cd_settling_new(out, table_index, batches, n_batches, meanings, snapshot, last_file, &b->settling, err));
    *maker = b, b = NULL;
done:
    cd_records_end(b);
    if (st != CD_OK) cd_records_release(out);
    return st;
}

uint64_t cd_records_offered(const cd_record_maker *b) { return b->offered; }
uint32_t cd_records_parts(const cd_record_maker *b) { return b->n_parts; }
uint64_t cd_records_most(const cd_record_maker *b) { return b->most; }

uint64_t cd_records_part(cd_record_maker *b, uint32_t part, uint8_t *into)
{
    cd_records *r = b->r;
    cd_id lo = b->part[part], hi = b->part[part + 1];
    uint64_t before = r->rows;
    uint8_t *records = r->records;
    r->records = into, r->origin = r->offsets[lo];
    scatter(b, lo, hi);
    cd_settle(b->settling, lo, hi);
    r->records = records, r->origin = 0;
    return r->rows - before;
}

void cd_records_end(cd_record_maker *b)
{
    if (!b) return;
    cd_pages_free(b->place, (size_t)b->n_runs * b->r->n_left, sizeof *b->place);
    for (uint32_t t = 0; b->scratch && t < b->n_runs; t++) cd_free(b->scratch[t].records);
    cd_free(b->scratch);
    cd_free(b->run);
    cd_free(b->part);
    cd_settling_free(b->settling);
    cd_free(b);
}

cd_status cd_records_room(cd_records *r, uint64_t rows, cd_err *err)
{
    r->records = cd_pages_new(rows, r->bytes, err);
    r->capacity = rows;
    return r->records ? CD_OK : CD_EMEMORY;
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
