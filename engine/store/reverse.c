/* SPDX-License-Identifier: GPL-3.0-or-later
 * reverse.c: a counting sort by right id of (time, row) in eight bytes, then a sort of each list by itself.
 *
 * It is done in passes, each over the whole forward direction for a range of right ids: while the lists of one are
 * written, the next are made. Reading four bytes a row once more costs little beside touching new memory for all of
 * them, or beside writing them somewhere and reading them back. */
#include "engine/store/reverse.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/background.h"
#include "engine/base/sort.h"
#include "engine/store/table_writer.h"

enum { OUT_ROWS = CD_PUT_BLOCK / 4, HINT_ROWS = 64, FEW_ROWS = 1 << 20, LEAST_PASSES = 4 };

typedef struct {
    const cd_forward *f;
    cd_segment_writer *w;
    cd_off *offsets;  /* by right id */
    uint32_t *hint;   /* left id of every HINT_ROWS-th row */
    uint32_t left_array, row_array;
    uint32_t n_runs;
    uint32_t *place; /* n_runs x n_right: counts, then where the next row of (run, right) goes among its pass's keys */
} reversing;

/* Positions [from, to) of the reverse direction: the keys of right ids [lo, hi), whose lists stand at offsets[lo] and
 * on and may reach over both ends. */
typedef struct {
    const reversing *v;
    uint64_t from, to;
    cd_id lo, hi;
    uint64_t *keys, *room; /* room: for room_keys of them, the caller's */
    uint64_t n_keys, room_keys;
} one_pass;

/* Time, unknown first, in 32 bits; 0 for all where a time needs more: such lists are ordered by long_times. */
static inline uint64_t short_time(const cd_codes *t, uint64_t row)
{
    switch (t->width) {
    case 1: return (uint8_t)(((const uint8_t *)t->codes)[row] + 1);
    case 2: return (uint16_t)(((const uint16_t *)t->codes)[row] + 1);
    case 4: return (uint32_t)(((const uint32_t *)t->codes)[row] + 1);
    default: return 0;
    }
}

static int by_long_time(const void *a, const void *b, void *context)
{
    const uint64_t *codes = ((const cd_codes *)context)->codes;
    uint64_t x = codes[*(const uint64_t *)a] + 1, y = codes[*(const uint64_t *)b] + 1;
    if (x != y) return x < y ? -1 : 1;
    x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Where each list begins. The counts stay in place[]. */
static cd_status find_offsets(reversing *v, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_forward *f = v->f;
    CD_NEW(v->offsets, (size_t)f->n_right + 1);
    v->place = cd_pages_new((size_t)v->n_runs * f->n_right, sizeof *v->place, err);
    if (!v->place) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for schedule(static, 1) num_threads(v->n_runs)
    for (uint32_t t = 0; t < v->n_runs; t++) {
        uint32_t *mine = v->place + (size_t)t * f->n_right;
        for (uint64_t i = f->rows * t / v->n_runs; i < f->rows * (t + 1) / v->n_runs; i++) mine[f->right[i]]++;
    }
    for (cd_id right = 0; right < f->n_right; right++) {
        uint64_t n = 0;
        for (uint32_t t = 0; t < v->n_runs; t++) n += v->place[(size_t)t * f->n_right + right];
        v->offsets[right + 1] = v->offsets[right] + n;
    }
done:
    return st;
}

static void make_hints(const reversing *v)
{
    const cd_forward *f = v->f;
    #pragma omp parallel for schedule(static) if (f->n_left > 4096)
    for (cd_id left = 0; left < f->n_left; left++) {
        uint64_t from = (f->offsets[left] + HINT_ROWS - 1) / HINT_ROWS;
        for (uint64_t k = from; k * HINT_ROWS < f->offsets[left + 1]; k++) v->hint[k] = left;
    }
}

static inline cd_id left_of(const reversing *v, uint64_t row)
{
    cd_id left = v->hint[row / HINT_ROWS];
    while (v->f->offsets[left + 1] <= row) left++;
    return left;
}

/* Keys of the right ids of a pass, each list in one piece. A list that lies in two passes leaves its counts as they
 * were for the next: place[] is put back to what it was. */
static void scatter_keys(const one_pass *p)
{
    const reversing *v = p->v;
    const cd_forward *f = v->f;
    cd_id n_ids = p->hi - p->lo;
    #pragma omp parallel for schedule(static) if (n_ids > 4096)
    for (cd_id right = p->lo; right < p->hi; right++) {
        uint32_t next = (uint32_t)(v->offsets[right] - v->offsets[p->lo]);
        for (uint32_t t = 0; t < v->n_runs; t++) {
            uint32_t *place = &v->place[(size_t)t * f->n_right + right], n = *place;
            *place = next, next += n;
        }
    }
    #pragma omp parallel for schedule(static, 1) num_threads(v->n_runs)
    for (uint32_t t = 0; t < v->n_runs; t++) {
        uint32_t *mine = v->place + (size_t)t * f->n_right;
        for (uint64_t i = f->rows * t / v->n_runs; i < f->rows * (t + 1) / v->n_runs; i++)
            if (f->right[i] - p->lo < n_ids) p->keys[mine[f->right[i]]++] = short_time(&f->time, i) << 32 | i;
    }
    uint32_t next = (uint32_t)(v->offsets[p->hi - 1] - v->offsets[p->lo]);
    for (uint32_t t = 0; t < v->n_runs; t++) { /* of the last list, which the next pass may begin with */
        uint32_t *place = &v->place[(size_t)t * f->n_right + p->hi - 1], end = *place;
        *place = end - next, next = end;
    }
}

static void sort_lists(const one_pass *p)
{
    const reversing *v = p->v;
    #pragma omp parallel for schedule(dynamic, 1024)
    for (cd_id right = p->lo; right < p->hi; right++) {
        uint64_t at = v->offsets[right] - v->offsets[p->lo], n = v->offsets[right + 1] - v->offsets[right];
        if (v->f->time.width == 8)
            qsort_r(p->keys + at, n, sizeof *p->keys, by_long_time, (void *)(uintptr_t)&v->f->time);
        else cd_sort_u64(p->keys + at, n);
    }
}

/* Writes the positions of a pass; its first is a whole number of blocks. */
static cd_status put_lists(void *context, cd_err *err)
{
    const one_pass *p = context;
    const reversing *v = p->v;
    cd_lowest failed = {0};
    uint64_t n_blocks = (p->to - p->from + OUT_ROWS - 1) / OUT_ROWS, origin = v->offsets[p->lo];
    #pragma omp parallel for schedule(dynamic)
    for (uint64_t b = 0; b < n_blocks; b++) {
        uint32_t left[OUT_ROWS], row[OUT_ROWS];
        uint64_t at = p->from + b * OUT_ROWS;
        uint32_t n = p->to - at < OUT_ROWS ? (uint32_t)(p->to - at) : OUT_ROWS;
        for (uint32_t i = 0; i < n; i++) {
            row[i] = (uint32_t)p->keys[at - origin + i];
            left[i] = left_of(v, row[i]);
        }
        cd_err mine = {0};
        cd_status got = cd_writer_put(v->w, v->left_array, at * 4, left, (size_t)n * 4, &mine);
        if (got == CD_OK) got = cd_writer_put(v->w, v->row_array, at * 4, row, (size_t)n * 4, &mine);
        cd_lowest_note(&failed, b, got, &mine);
    }
    return cd_lowest_status(&failed, err);
}

/* The right id whose list position `at` lies in. */
static cd_id id_at(const reversing *v, uint64_t at)
{
    cd_id lo = 0, hi = v->f->n_right - 1;
    while (lo < hi) {
        cd_id mid = lo + (hi - lo) / 2;
        if (v->offsets[mid + 1] <= at) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static void drop_keys(one_pass *p)
{
    if (p->keys != p->room) cd_pages_free(p->keys, p->n_keys, sizeof *p->keys);
    p->keys = NULL;
}

/* Makes the lists that positions [p->from, p->to) lie in: in the room, or, where one of them is too long for it, in
 * memory of their own. */
static cd_status make_lists(one_pass *p, cd_err *err)
{
    const reversing *v = p->v;
    drop_keys(p);
    p->lo = id_at(v, p->from), p->hi = id_at(v, p->to - 1) + 1;
    p->n_keys = v->offsets[p->hi] - v->offsets[p->lo];
    p->keys = p->n_keys <= p->room_keys ? p->room : cd_pages_new(p->n_keys, sizeof *p->keys, err);
    if (!p->keys) return CD_EMEMORY;
    scatter_keys(p);
    sort_lists(p);
    return CD_OK;
}

/* Two passes take turns: one is made while the other is written. */
static cd_status make_and_write(const reversing *v, uint64_t *room, uint64_t room_keys, uint64_t step, cd_err *err)
{
    cd_status st = CD_OK, wrote;
    cd_background writing = {0};
    one_pass pass[2] = {{.v = v, .room = room, .room_keys = room_keys / 2},
                        {.v = v, .room = room ? room + room_keys / 2 : NULL, .room_keys = room_keys / 2}};
    uint32_t turn = 0;
    if (step >= v->f->rows) pass[0].room_keys = room_keys;
    for (uint64_t from = 0; from < v->f->rows; from += step, turn = !turn) {
        pass[turn].from = from, pass[turn].to = v->f->rows - from < step ? v->f->rows : from + step;
        CD_TRY(make_lists(&pass[turn], err));
        CD_TRY(cd_background_wait(&writing, err));
        cd_background_begin(&writing, put_lists, &pass[turn]);
    }
done:
    wrote = cd_background_wait(&writing, err);
    drop_keys(&pass[0]);
    drop_keys(&pass[1]);
    return st == CD_OK ? wrote : st;
}

/* Rows of a pass: as many as there is memory for two of, with some to spare for the lists at their borders. Spare
 * memory that would make for many passes is not worth its warmth. */
static uint64_t rows_of_pass(const cd_forward *f, size_t spare_bytes, size_t memory_bytes)
{
    size_t bytes = spare_bytes >= f->rows ? spare_bytes : memory_bytes;
    if (bytes / sizeof(uint64_t) >= f->rows && f->rows < FEW_ROWS) return f->rows;
    uint64_t most = bytes / 2 / sizeof(uint64_t) / 16 * 15;
    if (most < OUT_ROWS) most = OUT_ROWS;
    uint64_t passes = (f->rows + most - 1) / most;
    if (passes < LEAST_PASSES && f->rows >= FEW_ROWS) passes = LEAST_PASSES;
    return ((f->rows + passes - 1) / passes + OUT_ROWS - 1) / OUT_ROWS * OUT_ROWS;
}

cd_status cd_reverse_write(cd_segment_writer *w, const char *name, const cd_forward *f, void *spare, size_t spare_bytes,
                           size_t memory_bytes, cd_id *n_keys, cd_err *err)
{
    cd_status st = CD_OK;
    char prefix[192];
    uint64_t most = f->rows / ((uint64_t)f->n_right / 4 + 4096) + 1, threads = (uint64_t)omp_get_max_threads();
    reversing v = {.f = f, .w = w, .n_runs = (uint32_t)(most < threads ? most : threads)};
    uint64_t n_hints = f->rows / HINT_ROWS + 1;
    snprintf(prefix, sizeof prefix, "tables/%s/reverse", name);
    CD_TRY(find_offsets(&v, err));
    CD_NEW(v.hint, n_hints);
    make_hints(&v);
    CD_TRY(cd_keys_write(w, prefix, v.offsets, f->n_right, n_keys, err));
    CD_TRY(cd_writer_array(w, CD_U32, f->rows, NULL, &v.left_array, err, "%s/left", prefix));
    CD_TRY(cd_writer_array(w, CD_U32, f->rows, NULL, &v.row_array, err, "%s/row", prefix));
    CD_TRY(make_and_write(&v, spare, spare_bytes / sizeof(uint64_t), rows_of_pass(f, spare_bytes, memory_bytes), err));
done:
    cd_pages_free(v.place, (size_t)v.n_runs * f->n_right, sizeof *v.place);
    cd_free(v.offsets);
    cd_free(v.hint);
    return st;
}
