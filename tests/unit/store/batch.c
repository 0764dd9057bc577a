/* SPDX-License-Identifier: GPL-3.0-or-later
 * batch.c: what is packed comes out again, in the narrowest width that holds it, whatever the numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/store/batch.h"

static uint32_t narrowest(uint64_t span)
{
    for (uint32_t width = 1; width < 8; width *= 2)
        if (span + 1 < (uint64_t)1 << 8 * width) return width; /* 0 .. span, and one more for unknown */
    return 8;
}

static void widths(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < 64; bit++)
        for (uint64_t k = 0; k < 5; k++) {
            uint64_t span = ((uint64_t)1 << bit) + k - 2;
            if (span < UINT64_MAX - 4) assert_int_equal(cd_width_for(span), narrowest(span));
        }
    assert_int_equal(cd_width_for(254), 1);
    assert_int_equal(cd_width_for(255), 2);
    assert_int_equal(cd_width_for(UINT64_MAX - 1), 8);
}

static void check_integers(cd_pool *pool, const int64_t *values, uint32_t n)
{
    int64_t out[CANDOUR_BLOCK_ROWS], lo = INT64_MAX, hi = INT64_MIN;
    bool unknowns = false;
    cd_packed p;
    assert_int_equal(cd_pack_integers(pool, values, n, &p, NULL), CD_OK);
    for (uint32_t i = 0; i < n; i++) {
        if (values[i] == CANDOUR_UNKNOWN) unknowns = true;
        else lo = values[i] < lo ? values[i] : lo, hi = values[i] > hi ? values[i] : hi;
    }
    assert_int_equal(p.unknowns, unknowns);
    if (lo > hi) {
        assert_true(p.lo > p.hi);
        assert_int_equal(p.codes.width, 0);
    } else {
        assert_true(p.lo == lo && p.hi == hi);
        assert_int_equal(p.codes.width, narrowest((uint64_t)hi - (uint64_t)lo));
    }
    cd_unpack_integers(&p, n, out);
    assert_memory_equal(out, values, n * sizeof *out);
    for (uint32_t i = 0; i < n; i++) assert_true(cd_codes_at(&p.codes, i) == values[i]);
}

/* Any span from any place, to both ends of what there is. */
static void integers(void **state)
{
    (void)state;
    static int64_t values[CANDOUR_BLOCK_ROWS];
    cd_pool pool = {0};
    for (uint64_t round = 0; round < 3000; round++) {
        cd_random r = cd_random_of(3, 1, round);
        uint32_t n = round % 50 ? 1 + (uint32_t)cd_random_below(&r, 40) : CANDOUR_BLOCK_ROWS;
        uint64_t bits = cd_random_below(&r, 65), mask = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
        uint64_t from = cd_random_u64(&r) >> cd_random_below(&r, 64), unknown = cd_random_below(&r, 4);
        if (cd_random_below(&r, 3) == 0) from = (uint64_t)INT64_MIN + 1;
        if (cd_random_below(&r, 3) == 0) from = (uint64_t)INT64_MAX - mask;
        for (uint32_t i = 0; i < n; i++) {
            uint64_t x = cd_random_u64(&r);
            x = from + (x % 5 == 0 ? 0 : x % 5 == 1 ? mask : cd_random_u64(&r) & mask);
            values[i] = unknown && cd_random_below(&r, 4) < unknown ? CANDOUR_UNKNOWN : (int64_t)x;
        }
        check_integers(&pool, values, n);
    }
    static const int64_t ends[][3] = {
        {INT64_MIN + 1, INT64_MAX, 0},               /* a span of all but two numbers */
        {INT64_MIN + 1, INT64_MAX - 1, CANDOUR_UNKNOWN},
        {CANDOUR_UNKNOWN, CANDOUR_UNKNOWN, CANDOUR_UNKNOWN},
        {INT64_MIN + 1, INT64_MIN + 1, CANDOUR_UNKNOWN},
        {INT64_MAX, INT64_MAX, INT64_MAX},
        {-1, 254, CANDOUR_UNKNOWN},
        {-1, 253, CANDOUR_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) check_integers(&pool, ends[i], 3);
    check_integers(&pool, values, 0);
    cd_pool_release(&pool);
}

static void ids(void **state)
{
    (void)state;
    static uint32_t values[CANDOUR_BLOCK_ROWS], out[CANDOUR_BLOCK_ROWS];
    static const uint32_t ends[] = {0, 1, 253, 254, 255, 65533, 65534, 65535, 65536, UINT32_MAX - 2, UINT32_MAX - 1};
    cd_pool pool = {0};
    for (uint64_t round = 0; round < 3000; round++) {
        cd_random r = cd_random_of(3, 2, round);
        uint32_t n = round % 50 ? (uint32_t)cd_random_below(&r, 40) : CANDOUR_BLOCK_ROWS, hi = 0, known = 0;
        uint64_t most = ends[cd_random_below(&r, sizeof ends / sizeof *ends)];
        cd_packed p;
        for (uint32_t i = 0; i < n; i++) {
            values[i] = cd_random_below(&r, 5) < round % 6 ? CD_NONE : (uint32_t)cd_random_below(&r, most + 1);
            if (i == n / 2 && round % 3) values[i] = (uint32_t)most;
            if (values[i] == CD_NONE) continue;
            hi = values[i] > hi ? values[i] : hi, known++;
        }
        assert_int_equal(cd_pack_ids(&pool, values, n, &p, NULL), CD_OK);
        assert_int_equal(p.unknowns, known < n);
        assert_int_equal(p.hi, known ? (int64_t)hi : -1);
        assert_int_equal(p.codes.width, known ? narrowest(hi) : 0);
        cd_unpack_ids(&p, n, out);
        assert_memory_equal(out, values, n * sizeof *out);
    }
    cd_pool_release(&pool);
}

/* Every NaN is the one unknown, and there is one zero: equal values have equal bytes. */
static void reals(void **state)
{
    (void)state;
    const uint64_t payload = 0xfff8000000001234u;
    double odd, values[] = {1.5, -0.0, 0.0, 0, -1e308, 5e-324, __builtin_inf(), 0.1}, unknown = __builtin_nan("");
    cd_pool pool = {0};
    cd_packed p;
    memcpy(&odd, &payload, sizeof odd);
    values[3] = odd;
    assert_int_equal(cd_pack_reals(&pool, values, 8, &p, NULL), CD_OK);
    values[1] = 0.0, values[3] = unknown;
    assert_true(p.lo <= p.hi && p.codes.width == 8);
    assert_memory_equal(p.codes.codes, values, sizeof values);
    assert_int_equal(cd_pack_reals(&pool, (const double[]){odd, unknown}, 2, &p, NULL), CD_OK);
    assert_true(p.lo > p.hi && p.unknowns && p.codes.width == 0);
    cd_pool_release(&pool);
}

/* Lines that follow one another take no room; others do. */
static void lines(void **state)
{
    (void)state;
    static int64_t values[CANDOUR_BLOCK_ROWS], out[CANDOUR_BLOCK_ROWS];
    cd_pool pool = {0};
    for (uint64_t round = 0; round < 600; round++) {
        cd_random r = cd_random_of(3, 4, round);
        uint32_t n = 1 + (uint32_t)cd_random_below(&r, round % 9 ? 20 : CANDOUR_BLOCK_ROWS);
        int64_t at = 1 + (int64_t)(cd_random_below(&r, UINT32_MAX) >> cd_random_below(&r, 32));
        bool follow = true;
        cd_batch b = {.n = n};
        for (uint32_t i = 0; i < n; i++) values[i] = at + i;
        if (round % 3) values[cd_random_below(&r, n)] += (int64_t)cd_random_below(&r, 3);
        if (round % 7 == 3) values[n - 1] = 1;
        for (uint32_t i = 1; i < n; i++) follow = follow && values[i] == values[i - 1] + 1;
        assert_int_equal(cd_pack_lines(&pool, values, n, &b, NULL), CD_OK);
        assert_int_equal(b.first_line, follow ? values[0] : 0);
        assert_int_equal(b.line.codes.width == 0, follow);
        cd_unpack_lines(&b, out);
        assert_memory_equal(out, values, n * sizeof *out);
    }
    cd_pool_release(&pool);
}

/* Pieces of a pool do not overlap, keep what they hold, are aligned and zeroed, and go all at once. */
static void pool_pieces(void **state)
{
    (void)state;
    enum { PIECES = 400 };
    static uint8_t *piece[PIECES];
    static size_t bytes[PIECES];
    size_t before = cd_memory_now();
    cd_pool pool = {0};
    cd_random r = cd_random_of(3, 3, 0);
    for (uint32_t i = 0; i < PIECES; i++) {
        bytes[i] = cd_random_below(&r, i % 40 ? 5000 : 300000);
        piece[i] = cd_pool_alloc(&pool, bytes[i], NULL);
        assert_non_null(piece[i]);
        assert_int_equal((uintptr_t)piece[i] % 16, 0);
        for (size_t k = 0; k < bytes[i]; k++) assert_int_equal(piece[i][k], 0);
        memset(piece[i], (int)(i % 251) + 1, bytes[i]);
    }
    for (uint32_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < bytes[i]; k++)
            if (piece[i][k] != i % 251 + 1) fail_msg("piece %u lost byte %zu", i, k);
    cd_memory_fail_at(0);
    assert_null(cd_pool_alloc(&pool, 8 << 20, NULL));
    cd_memory_fail_at(-1);
    cd_pool_release(&pool);
    assert_int_equal(cd_memory_now(), before);
    assert_true(pool.last == NULL && pool.bytes == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths), cmocka_unit_test(integers),    cmocka_unit_test(ids),
        cmocka_unit_test(reals),  cmocka_unit_test(lines),       cmocka_unit_test(pool_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
