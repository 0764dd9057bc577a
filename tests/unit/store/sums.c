/* SPDX-License-Identifier: GPL-3.0-or-later
 * sums.c: a block is held against its checksum when it is first touched, and no other is; threads may do so together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "engine/store/sums.h"

/* Three arrays and the rows of the two that have more than one block; they begin and end anywhere within one. */
enum {
    A = 200,
    B_BLOCKS = 3,
    C_BLOCKS = 130,
    GAP = 64,
    ARRAYS = 4,
    FILE_BYTES = (B_BLOCKS + C_BLOCKS + 4) * CD_CHECK_BLOCK
};

typedef struct {
    uint8_t *file;
    cd_array arrays[ARRAYS];
    cd_sums *sums;
} fixture;

static void add(fixture *f, uint32_t i, const char *path, cd_array_type type, uint64_t n)
{
    uint64_t end = i ? f->arrays[i - 1].at + cd_array_bytes(&f->arrays[i - 1]) + GAP : GAP;
    f->arrays[i] = (cd_array){.path = cd_slice_of(path), .type = type, .at = (end + 7) / 8 * 8, .n = n};
    f->arrays[i].data = f->file + f->arrays[i].at;
    assert_true(f->arrays[i].at + cd_array_bytes(&f->arrays[i]) <= FILE_BYTES);
}

static cd_status make(fixture *f, uint64_t n_sums, cd_err *err)
{
    cd_random r = cd_random_of(7, 1, 0);
    f->file = aligned_alloc(64, FILE_BYTES);
    for (size_t i = 0; i < FILE_BYTES; i++) f->file[i] = (uint8_t)cd_random_u64(&r);
    add(f, 0, "a", CD_U8, A);
    add(f, 1, "b", CD_U32, (B_BLOCKS - 1) * CD_CHECK_BLOCK / 4 + 5);
    add(f, 2, "checksums", CD_U64, n_sums);
    add(f, 3, "c", CD_U64, C_BLOCKS * CD_CHECK_BLOCK / 8);
    uint64_t *row = (uint64_t *)(uintptr_t)f->arrays[2].data, at = 0;
    for (uint32_t i = 1; i < ARRAYS; i += 2) {
        uint64_t bytes = cd_array_bytes(&f->arrays[i]);
        for (uint64_t from = 0; from < bytes; from += CD_CHECK_BLOCK, at++) {
            uint64_t left = bytes - from, hash = cd_hash64((const uint8_t *)f->arrays[i].data + from,
                                                           left < CD_CHECK_BLOCK ? left : CD_CHECK_BLOCK);
            if (at < n_sums) row[at] = hash;
        }
    }
    for (uint32_t i = 0; i < ARRAYS; i++)
        f->arrays[i].checksum = cd_checksum(f->arrays[i].data, cd_array_bytes(&f->arrays[i]));
    return cd_sums_new(f->file, FILE_BYTES, f->arrays, ARRAYS, "f", &f->sums, err);
}

static int set_up(void **state)
{
    static fixture f;
    cd_err err = {0};
    if (make(&f, B_BLOCKS + C_BLOCKS, &err) != CD_OK) return -1;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    cd_sums_free(f->sums);
    free(f->file);
    return 0;
}

static uint8_t *byte_of(const fixture *f, uint32_t array, uint64_t i)
{
    return (uint8_t *)(uintptr_t)f->arrays[array].data + i;
}

static void what_is_good_stays_good(void **state)
{
    fixture *f = *state;
    cd_sums_touch(NULL, NULL, 1);
    for (uint32_t i = 0; i < ARRAYS; i++) {
        cd_sums_touch(f->sums, f->arrays[i].data, cd_array_bytes(&f->arrays[i]));
        assert_true(cd_sums_array(f->sums, i));
        cd_sums_whole(f->sums, f->arrays[i].data);
    }
    assert_int_equal(f->sums->damaged, ARRAYS);
}

/* A byte anywhere: reading it is noted, reading one of a block that it is not in is not. */
static void what_is_bad_is_noted_when_it_is_touched(void **state)
{
    fixture *f = *state;
    cd_random r = cd_random_of(7, 2, 0);
    for (int k = 0; k < 400; k++) {
        uint32_t i = k % 3 == 2 ? 3 : (uint32_t)(k % 3);
        uint64_t bytes = cd_array_bytes(&f->arrays[i]), at = cd_random_below(&r, bytes),
                 other = cd_random_below(&r, bytes);
        *byte_of(f, i, at) ^= 1;
        cd_sums *s;
        assert_int_equal(cd_sums_new(f->file, FILE_BYTES, f->arrays, ARRAYS, "f", &s, NULL), CD_OK);
        uint64_t far = other > at ? other - at : at - other;
        cd_sums_touch(s, byte_of(f, i, other), 1);
        if (far >= 3 * CD_CHECK_BLOCK) assert_int_equal(s->damaged, ARRAYS);
        if (other / CD_CHECK_BLOCK == at / CD_CHECK_BLOCK) assert_int_equal(s->damaged, i);
        cd_sums_touch(s, byte_of(f, i, at), 1);
        assert_int_equal(s->damaged, i);
        assert_false(cd_sums_array(s, i));
        *byte_of(f, i, at) ^= 1;
        cd_sums_free(s);
    }
}

/* Ranges that begin and end anywhere look at every block between. */
static void ranges_are_looked_at_whole(void **state)
{
    fixture *f = *state;
    cd_random r = cd_random_of(7, 3, 0);
    for (int k = 0; k < 200; k++) {
        uint64_t bytes = cd_array_bytes(&f->arrays[3]), lo = cd_random_below(&r, bytes),
                 n = 1 + cd_random_below(&r, bytes - lo), at = lo + cd_random_below(&r, n);
        cd_sums *s;
        assert_int_equal(cd_sums_new(f->file, FILE_BYTES, f->arrays, ARRAYS, "f", &s, NULL), CD_OK);
        cd_sums_touch(s, byte_of(f, 3, lo), 1);
        *byte_of(f, 3, at) ^= 0x80;
        cd_sums_touch(s, byte_of(f, 3, lo), n);
        bool seen_before = at / CD_CHECK_BLOCK == lo / CD_CHECK_BLOCK || s->damaged == ARRAYS;
        if (!seen_before) assert_int_equal(s->damaged, 3);
        if (s->damaged == ARRAYS)
            assert_true(at < lo + 2 * CD_CHECK_BLOCK); /* found good when its stretch was first touched */
        *byte_of(f, 3, at) ^= 0x80;
        cd_sums_free(s);
    }
}

static void a_bad_row_is_bad(void **state)
{
    fixture *f = *state;
    *byte_of(f, 2, 8 * B_BLOCKS + 3) ^= 4; /* of c */
    cd_sums_touch(f->sums, byte_of(f, 1, 0), 1);
    assert_int_equal(f->sums->damaged, ARRAYS);
    cd_sums_touch(f->sums, byte_of(f, 3, 100 * CD_CHECK_BLOCK), 1);
    assert_int_equal(f->sums->damaged, 2);
    assert_false(cd_sums_array(f->sums, 2));
}

static void threads_find_the_same(void **state)
{
    fixture *f = *state;
    for (uint32_t bad = 0; bad < 2; bad++) {
        cd_sums *s;
        assert_int_equal(cd_sums_new(f->file, FILE_BYTES, f->arrays, ARRAYS, "f", &s, NULL), CD_OK);
        *byte_of(f, 3, 77777) ^= (uint8_t)bad;
#pragma omp parallel for num_threads(4) schedule(dynamic, 64)
        for (uint64_t i = 0; i < cd_array_bytes(&f->arrays[3]); i += 8) cd_sums_touch(s, byte_of(f, 3, i), 8);
        assert_int_equal(s->damaged, bad ? 3 : ARRAYS);
        *byte_of(f, 3, 77777) ^= (uint8_t)bad;
        cd_sums_free(s);
    }
}

static void rows_must_be_as_many_as_blocks(void **state)
{
    (void)state;
    for (uint64_t n = B_BLOCKS + C_BLOCKS - 1; n <= B_BLOCKS + C_BLOCKS + 1; n += 2) {
        fixture f = {0};
        cd_err err = {0};
        assert_int_equal(make(&f, n, &err), CD_ESTORE);
        assert_non_null(strstr(err.text, "`checksums` does not have one of each block"));
        free(f.file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_good_stays_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_bad_is_noted_when_it_is_touched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ranges_are_looked_at_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bad_row_is_bad, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_find_the_same, set_up, tear_down),
        cmocka_unit_test(rows_must_be_as_many_as_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
