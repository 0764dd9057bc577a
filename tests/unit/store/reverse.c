/* SPDX-License-Identifier: GPL-3.0-or-later
 * reverse.c: the other direction against a plain sort of the rows by (right id, time with unknown first, row): times of
 * every width, hubs, ids without rows, one pass or many, with and without spare memory, at 1, 2, 3 and 8 threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <omp.h>

#include "engine/base/random.h"
#include "engine/store/reverse.h"
#include "engine/store/snapshot.h"
#include "tests/support/image.h"
#include "tests/support/written.h"

/* What is on the disk after a power cut is not asked here. */
int fsync(int fd) { return (void)fd, 0; }

enum { MOST = 150000, MOST_IDS = 40000 };

typedef struct {
    cd_forward f;
    cd_off offsets[MOST_IDS + 1];
    cd_id right[MOST];
    uint64_t codes[MOST]; /* of any width */
} forward;

typedef struct {
    uint64_t time;
    cd_id right, left;
    uint32_t row;
} whole_row;

static int by_right_time_row(const void *a, const void *b)
{
    const whole_row *x = a, *y = b;
    if (x->right != y->right) return x->right < y->right ? -1 : 1;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static uint64_t code_at(const forward *f, uint64_t row)
{
    switch (f->f.time.width) {
    case 1: return ((const uint8_t *)f->codes)[row];
    case 2: return ((const uint16_t *)(const void *)f->codes)[row];
    case 4: return ((const uint32_t *)(const void *)f->codes)[row];
    case 8: return f->codes[row];
    default: return 0;
    }
}

/* Unknown is 0, every known time more. */
static uint64_t time_at(const forward *f, uint64_t row)
{
    uint32_t width = f->f.time.width;
    uint64_t code = code_at(f, row), unknown = width == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
    return width == 0 || code == unknown ? 0 : code + 1;
}

static void set_code(forward *f, uint64_t row, uint64_t code)
{
    memcpy((uint8_t *)f->codes + row * f->f.time.width, &code, f->f.time.width);
}

static void make(forward *f, cd_random *r, uint64_t rows, cd_id n_left, cd_id n_right)
{
    static const uint32_t widths[] = {0, 1, 2, 4, 8};
    uint64_t at = 0, hub = cd_random_below(r, 3), times = (uint64_t)1 << cd_random_below(r, 64);
    uint64_t unknown = cd_random_below(r, 4);
    f->f = (cd_forward){.rows = rows, .n_left = n_left, .n_right = n_right, .offsets = f->offsets, .right = f->right};
    f->f.time = (cd_codes){.codes = f->codes, .width = widths[cd_random_below(r, 5)]};
    for (cd_id left = 0; left <= n_left; left++) f->offsets[left] = 0;
    for (uint64_t i = 0; i < rows; i++) f->offsets[hub == 2 ? n_left / 2 + 1 : 1 + cd_random_below(r, n_left)]++;
    for (cd_id left = 0; left < n_left; left++) at += f->offsets[left + 1], f->offsets[left + 1] = at;
    for (uint64_t i = 0; i < rows; i++) {
        f->right[i] = (cd_id)(hub && cd_random_below(r, 10) ? n_right - 1 : cd_random_below(r, n_right));
        if (f->f.time.width) set_code(f, i, cd_random_below(r, 4) < unknown ? UINT64_MAX : cd_random_below(r, times));
    }
}

/* Keys and offsets say for every right id where its rows are. */
static void check_keys(const written *w, const whole_row *rows, uint64_t n, cd_id n_right, cd_id n_keys)
{
    const cd_array *keys = written_find(w, "tables/t/reverse/keys"), *offsets = written_find(w, "tables/t/reverse/offsets");
    cd_rows_by by = {.n_keys = n_keys, .keys = keys ? keys->data : NULL, .offsets = offsets->data};
    assert_int_equal(offsets->n, (uint64_t)n_keys + 1);
    if (keys) assert_int_equal(keys->n, n_keys);
    else assert_int_equal(n_keys, n_right);
    uint64_t at = 0, with_rows = 0;
    for (uint64_t i = 0; i < n; i++) with_rows += i == 0 || rows[i].right != rows[i - 1].right;
    assert_int_equal(keys == NULL, with_rows * 2 >= n_right); /* a place for every id, where most have rows */
    for (cd_id right = 0; right < n_right; right++) {
        uint64_t lo, hi, end = at;
        while (end < n && rows[end].right == right) end++;
        cd_rows_of(&by, n, right, &lo, &hi);
        assert_int_equal(hi - lo, end - at);
        if (hi > lo) assert_int_equal(lo, at);
        at = end;
    }
}

static void check(const written *w, const forward *f, cd_id n_keys)
{
    uint64_t n = f->f.rows;
    whole_row *rows = cd_alloc(n, sizeof *rows, NULL);
    cd_id left = 0;
    for (uint64_t i = 0; i < n; i++) {
        while (f->offsets[left + 1] <= i) left++;
        rows[i] = (whole_row){time_at(f, i), f->right[i], left, (uint32_t)i};
    }
    qsort(rows, n, sizeof *rows, by_right_time_row);
    const cd_array *lefts = written_find(w, "tables/t/reverse/left"), *row = written_find(w, "tables/t/reverse/row");
    assert_int_equal(lefts->n, n);
    assert_int_equal(row->n, n);
    for (uint64_t i = 0; i < n; i++)
        if (((const cd_id *)lefts->data)[i] != rows[i].left || ((const uint32_t *)row->data)[i] != rows[i].row)
            fail_msg("place %llu of %llu is row %u of %u, not row %u of %u", (unsigned long long)i, (unsigned long long)n,
                     ((const uint32_t *)row->data)[i], ((const cd_id *)lefts->data)[i], rows[i].row, rows[i].left);
    check_keys(w, rows, n, f->f.n_right, n_keys);
    cd_free(rows);
}

/* Writes it, with or without spare memory, which then holds anything. */
static void reverse(const char *store, const forward *f, size_t spare_bytes, size_t memory_bytes, bool look, uint64_t *hash)
{
    cd_segment_writer *w = NULL;
    cd_manifest_file file;
    written out;
    cd_id n_keys = 0;
    void *spare = spare_bytes ? cd_alloc(spare_bytes, 1, NULL) : NULL;
    if (spare) memset(spare, 0xa5, spare_bytes);
    assert_int_equal(cd_writer_new(store, 1, &w, NULL), CD_OK);
    assert_int_equal(cd_reverse_write(w, "t", &f->f, spare, spare_bytes, memory_bytes, &n_keys, NULL), CD_OK);
    assert_int_equal(cd_writer_finish(w, &file, NULL), CD_OK);
    written_open(&out, store, &file);
    if (look) check(&out, f, n_keys);
    *hash = out.directory.metadata_hash + file.directory_hash;
    written_release(&out);
    cd_free(spare);
    char *path = cd_store_path(store, "segments", file.name, NULL);
    unlink(path);
    cd_free(path);
}

static void one_round(const char *store, forward *f, uint64_t round, uint64_t rows, cd_id n_left, cd_id n_right)
{
    static const int threads[] = {1, 2, 3, 8};
    cd_random r = cd_random_of(8, 1, round);
    uint64_t first, hash;
    make(f, &r, rows, n_left, n_right);
    omp_set_num_threads(1);
    reverse(store, f, 0, (size_t)1 << 30, true, &first);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        size_t spare = cd_random_below(&r, 2) ? cd_random_below(&r, 2 * rows * 8 + 1) : 0;
        omp_set_num_threads(threads[t]);
        reverse(store, f, spare, cd_random_below(&r, 2) ? 0 : rows * 3, false, &hash);
        if (hash != first) fail_msg("round %llu differs at %d threads", (unsigned long long)round, threads[t]);
    }
}

static void small_and_odd(void **state)
{
    static forward f;
    for (uint64_t round = 0; round < 60; round++) {
        cd_random r = cd_random_of(8, 2, round);
        one_round(*state, &f, round, 1 + cd_random_below(&r, round % 6 ? 200 : 3000), 1 + (cd_id)cd_random_below(&r, 90),
                  1 + (cd_id)cd_random_below(&r, round % 5 ? 90 : 5000));
    }
}

/* Several passes: 32768 rows are the fewest that one makes. Lists lie across their borders, one list across several. */
static void in_several_passes(void **state)
{
    static forward f;
    for (uint64_t round = 100; round < 112; round++) {
        cd_random r = cd_random_of(8, 2, round);
        one_round(*state, &f, round, round % 4 ? 32768 * (1 + round % 4) : MOST - 7, 1 + (cd_id)cd_random_below(&r, MOST_IDS - 1),
                  1 + (cd_id)cd_random_below(&r, round % 3 ? MOST_IDS : 20));
    }
}

static void says_that_memory_is_out(void **state)
{
    static forward f;
    cd_random r = cd_random_of(8, 3, 0);
    size_t before = cd_memory_now();
    make(&f, &r, 500, 20, 20);
    for (int64_t k = 0, done = 0; !done; k++) {
        cd_segment_writer *w = NULL;
        cd_err err = {0};
        cd_id n_keys;
        assert_int_equal(cd_writer_new(*state, 1, &w, NULL), CD_OK);
        cd_memory_fail_at(k);
        cd_status st = cd_reverse_write(w, "t", &f.f, NULL, 0, 1 << 20, &n_keys, &err);
        cd_memory_fail_at(-1);
        done = st == CD_OK;
        assert_true(done || (st == CD_EMEMORY && err.text[0]));
        cd_writer_abandon(w);
        assert_int_equal(cd_memory_now(), before);
    }
}

static int folder_make(void **state) { return (*state = folder_new()) == NULL; }
static int folder_drop(void **state) { return folder_remove(*state), 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_and_odd),
        cmocka_unit_test(in_several_passes),
        cmocka_unit_test(says_that_memory_is_out),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_drop);
}
