/* SPDX-License-Identifier: GPL-3.0-or-later
 * reverse.c: a counting sort by right id of (time, row) in eight bytes, then a sort of each list by itself.
 *
 * Where memory is short it is done in passes, each over the whole forward direction for a range of right ids: reading
 * four bytes a row once more costs little beside writing them somewhere and reading them back. */
#include "engine/store/reverse.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/store/table_writer.h"

enum { OUT_ROWS = CD_CHECK_BLOCK / 4, HINT_ROWS = 64 };

typedef struct {
    const cd_forward *f;
    cd_segment_writer *w;
    cd_off *offsets;  /* by right id */
    uint32_t *hint;   /* left id of every HINT_ROWS-th row */
    uint32_t left_array, row_array;
    /* of one pass: right ids [lo, hi), whose lists stand at offsets[lo] and on */
    cd_id lo, hi;
    uint64_t *keys;
    uint32_t n_runs;
    uint32_t *place; /* n_runs x (hi - lo) */
    void *spare;     /* memory for the keys that the caller has no more use for */
    size_t spare_bytes;
} reversing;

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

/* Counts the right ids [lo, hi) of each run of rows into place[]. */
static cd_status count_ids(reversing *v, cd_err *err)
{
    const cd_forward *f = v->f;
    size_t n_ids = v->hi - v->lo;
    v->place = cd_pages_new(v->n_runs * n_ids, sizeof *v->place, err);
    if (!v->place) return CD_EMEMORY;
    #pragma omp parallel for schedule(static, 1) num_threads(v->n_runs)
    for (uint32_t t = 0; t < v->n_runs; t++) {
        uint32_t *mine = v->place + t * n_ids;
        for (uint64_t i = f->rows * t / v->n_runs; i < f->rows * (t + 1) / v->n_runs; i++)
            if (f->right[i] - v->lo < n_ids) mine[f->right[i] - v->lo]++;
    }
    return CD_OK;
}

static void drop_counts(reversing *v)
{
    cd_pages_free(v->place, (size_t)v->n_runs * (v->hi - v->lo), sizeof *v->place);
    v->place = NULL;
}

/* Where each list begins. The counts stay in place[]: where one pass does it all, it needs them again. */
static cd_status find_offsets(reversing *v, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_forward *f = v->f;
    v->lo = 0, v->hi = f->n_right;
    CD_NEW(v->offsets, (size_t)f->n_right + 1);
    CD_TRY(count_ids(v, err));
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

/* Keys of the right ids of this pass, each list in one piece; place[] holds the counts. */
static void scatter_keys(const reversing *v)
{
    const cd_forward *f = v->f;
    size_t n_ids = v->hi - v->lo;
    #pragma omp parallel for schedule(static) if (n_ids > 4096)
    for (size_t k = 0; k < n_ids; k++) {
        uint32_t next = (uint32_t)(v->offsets[v->lo + k] - v->offsets[v->lo]);
        for (uint32_t t = 0; t < v->n_runs; t++) {
            uint32_t n = v->place[t * n_ids + k];
            v->place[t * n_ids + k] = next, next += n;
        }
    }
    #pragma omp parallel for schedule(static, 1) num_threads(v->n_runs)
    for (uint32_t t = 0; t < v->n_runs; t++) {
        uint32_t *mine = v->place + t * n_ids;
        for (uint64_t i = f->rows * t / v->n_runs; i < f->rows * (t + 1) / v->n_runs; i++)
            if (f->right[i] - v->lo < n_ids) v->keys[mine[f->right[i] - v->lo]++] = short_time(&f->time, i) << 32 | i;
    }
}

static void sort_lists(const reversing *v)
{
    #pragma omp parallel for schedule(dynamic, 1024)
    for (cd_id right = v->lo; right < v->hi; right++) {
        uint64_t at = v->offsets[right] - v->offsets[v->lo], n = v->offsets[right + 1] - v->offsets[right];
        if (v->f->time.width == 8)
            qsort_r(v->keys + at, n, sizeof *v->keys, by_long_time, (void *)(uintptr_t)&v->f->time);
        else cd_sort_u64(v->keys + at, n);
    }
}

/* Positions [from, to) of the whole reverse direction, which this pass covers; from is a whole number of blocks. */
static cd_status put_lists(const reversing *v, uint64_t from, uint64_t to, cd_err *err)
{
    cd_lowest failed = {0};
    uint64_t n_blocks = (to - from + OUT_ROWS - 1) / OUT_ROWS, origin = v->offsets[v->lo];
    #pragma omp parallel for schedule(dynamic)
    for (uint64_t b = 0; b < n_blocks; b++) {
        uint32_t left[OUT_ROWS], row[OUT_ROWS];
        uint64_t at = from + b * OUT_ROWS;
        uint32_t n = to - at < OUT_ROWS ? (uint32_t)(to - at) : OUT_ROWS;
        for (uint32_t i = 0; i < n; i++) {
            row[i] = (uint32_t)v->keys[at - origin + i];
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

static cd_status one_pass(reversing *v, uint64_t from, uint64_t to, cd_err *err)
{
    cd_status st = CD_OK;
    bool spare = false;
    uint64_t n = 0;
    if (from > 0 || to < v->f->rows) {
        drop_counts(v);
        v->lo = id_at(v, from), v->hi = id_at(v, to - 1) + 1;
        CD_TRY(count_ids(v, err));
    }
    n = v->offsets[v->hi] - v->offsets[v->lo];
    spare = n * sizeof *v->keys <= v->spare_bytes;
    v->keys = spare ? v->spare : cd_pages_new(n, sizeof *v->keys, err);
    if (!v->keys) CD_TRY(CD_EMEMORY);
    scatter_keys(v);
    sort_lists(v);
    CD_TRY(put_lists(v, from, to, err));
done:
    if (!spare) cd_pages_free(v->keys, n, sizeof *v->keys);
    v->keys = NULL;
    return st;
}

cd_status cd_reverse_write(cd_segment_writer *w, const char *name, const cd_forward *f, void *spare, size_t spare_bytes,
                           size_t memory_bytes, cd_id *n_keys, cd_err *err)
{
    cd_status st = CD_OK;
    char prefix[192];
    uint64_t most = f->rows / ((uint64_t)f->n_right / 4 + 4096) + 1, threads = (uint64_t)omp_get_max_threads();
    reversing v = {.f = f, .w = w, .n_runs = (uint32_t)(most < threads ? most : threads)};
    v.spare = spare, v.spare_bytes = spare_bytes;
    uint64_t n_hints = f->rows / HINT_ROWS + 1;
    snprintf(prefix, sizeof prefix, "tables/%s/reverse", name);
    CD_TRY(find_offsets(&v, err));
    CD_NEW(v.hint, n_hints);
    make_hints(&v);
    CD_TRY(cd_keys_write(w, prefix, v.offsets, f->n_right, n_keys, err));
    CD_TRY(cd_writer_array(w, CD_U32, f->rows, NULL, &v.left_array, err, "%s/left", prefix));
    CD_TRY(cd_writer_array(w, CD_U32, f->rows, NULL, &v.row_array, err, "%s/row", prefix));
    uint64_t step = memory_bytes / sizeof(uint64_t) / OUT_ROWS * OUT_ROWS;
    if (step < OUT_ROWS) step = OUT_ROWS;
    for (uint64_t from = 0; from < f->rows; from += step)
        CD_TRY(one_pass(&v, from, f->rows - from < step ? f->rows : from + step, err));
done:
    drop_counts(&v);
    cd_free(v.offsets);
    cd_free(v.hint);
    return st;
}
