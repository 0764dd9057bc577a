/* SPDX-License-Identifier: GPL-3.0-or-later
 * value.c, value_compare.c: over values of every type the order is total, what is alike hashes alike, `=` and `<` are
 * as a slow reading of openCypher has them; copies stand on their own; pools give back what was taken and keep to their
 * limit. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "queries/language/value.h"

/* ---- Random values ---- */

static value_pool pool;

static value random_value(cd_random *r, uint32_t depth);

static value random_number(cd_random *r)
{
    static const int64_t integers[] = {
        0, 1, -1, 2, INT64_MAX, INT64_MIN, (INT64_C(1) << 53) + 1, INT64_C(1) << 53, INT64_MAX - 1};
    static const double reals[] = {0.0,    -0.0,    1.0, 1.5,      -1.0,      0x1p53,
                                   0x1p63, -0x1p63, NAN, INFINITY, -INFINITY, 1e-300};
    if (cd_random_below(r, 2)) return value_integer(integers[cd_random_below(r, sizeof integers / sizeof *integers)]);
    return value_real(reals[cd_random_below(r, sizeof reals / sizeof *reals)]);
}

static value random_list(cd_random *r, uint32_t depth)
{
    uint32_t n = (uint32_t)cd_random_below(r, 3);
    value *items = value_pool_alloc(&pool, n * sizeof *items, NULL);
    for (uint32_t i = 0; i < n; i++) items[i] = random_value(r, depth - 1);
    return (value){.type = VALUE_LIST, .n = n, .as.items = items};
}

static value random_map(cd_random *r, uint32_t depth)
{
    static const char *const keys[] = {"a", "b", "ab", ""};
    value_entry entries[3];
    value map;
    uint32_t n = (uint32_t)cd_random_below(r, 4);
    for (uint32_t i = 0; i < n; i++)
        entries[i] = (value_entry){cd_slice_of(keys[cd_random_below(r, 4)]), random_value(r, depth - 1)};
    assert_int_equal(value_map_of(&pool, entries, n, &map, NULL), CD_OK);
    return map;
}

static value random_value(cd_random *r, uint32_t depth)
{
    static const char *const texts[] = {"", "a", "ab", "b", "\xc3\xbc"};
    switch (cd_random_below(r, depth ? 11 : 8)) {
    case 0: return value_null();
    case 1: return value_boolean(cd_random_below(r, 2));
    case 2:
    case 3: return random_number(r);
    case 4: return value_text(cd_slice_of(texts[cd_random_below(r, 5)]));
    case 5:
        return cd_random_below(r, 2) ? value_time((int64_t)cd_random_below(r, 3) * 43200)
                                     : value_date((int64_t)cd_random_below(r, 2));
    case 6: {
        value_span *span = value_pool_alloc(&pool, sizeof *span, NULL);
        *span = (value_span){(int64_t)cd_random_below(r, 2), (int64_t)cd_random_below(r, 2),
                             (int64_t)cd_random_below(r, 2) * 86400};
        return (value){.type = VALUE_DURATION, .as.span = span};
    }
    case 7:
        return (value){.type = cd_random_below(r, 2) ? VALUE_NODE : VALUE_EDGE,
                       .n = (uint32_t)cd_random_below(r, 2),
                       .as.row = cd_random_below(r, 2)};
    case 8: {
        value *items = value_pool_alloc(&pool, 3 * sizeof *items, NULL);
        for (uint32_t i = 0; i < 3; i++)
            items[i] = (value){.type = i == 1 ? VALUE_EDGE : VALUE_NODE, .as.row = cd_random_below(r, 2)};
        return (value){.type = VALUE_PATH, .n = (uint32_t)cd_random_below(r, 2), .as.items = items};
    }
    case 9: return random_list(r, depth);
    default: return random_map(r, depth);
    }
}

enum { MANY = 220 };
static value some[MANY];

static int some_values(void **state)
{
    (void)state;
    cd_random r = cd_random_of(6, 1, 1);
    for (int i = 0; i < MANY; i++) some[i] = random_value(&r, 3);
    return 0;
}

static int release(void **state)
{
    (void)state;
    value_pool_release(&pool);
    return 0;
}

/* ---- Order, alike, hash ---- */

static void order_is_total(void **state)
{
    (void)state;
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(value_order(some[i], some[i], NULL), 0);
        for (int j = 0; j < MANY; j++) {
            int a = value_order(some[i], some[j], NULL), b = value_order(some[j], some[i], NULL);
            if ((a > 0) - (a < 0) != (b < 0) - (b > 0)) fail_msg("%d, %d: %d one way, %d the other", i, j, a, b);
            for (int k = 0; k < MANY; k++)
                if (a <= 0 && value_order(some[j], some[k], NULL) <= 0 && value_order(some[i], some[k], NULL) > 0)
                    fail_msg("%d, %d, %d are no order", i, j, k);
        }
    }
}

static void alike_is_order_and_hash(void **state)
{
    (void)state;
    uint32_t alike = 0;
    for (int i = 0; i < MANY; i++)
        for (int j = 0; j < MANY; j++) {
            bool same = value_alike(some[i], some[j]);
            if (same != (value_order(some[i], some[j], NULL) == 0))
                fail_msg("%d, %d: alike %d, but ordered otherwise", i, j, same);
            if (same && value_hash(some[i]) != value_hash(some[j])) fail_msg("%d, %d are alike and hash apart", i, j);
            alike += same && i != j;
        }
    assert_true(alike > MANY / 4); /* else this test tries nothing */
}

/* The places of the types, by example. */
static void order_of_types(void **state)
{
    (void)state;
    value_span day = {.days = 1};
    value one = value_integer(1);
    value path = {.type = VALUE_PATH, .n = 0, .as.items = &(value){.type = VALUE_NODE}};
    const value rising[] = {{.type = VALUE_MAP},
                            {.type = VALUE_NODE},
                            {.type = VALUE_EDGE},
                            {.type = VALUE_LIST},
                            {.type = VALUE_LIST, .n = 1, .as.items = &one},
                            path,
                            value_date(0),
                            value_time(1),
                            {.type = VALUE_DURATION, .as.span = &day},
                            value_text(cd_slice_of("")),
                            value_text(cd_slice_of("B")),
                            value_text(cd_slice_of("a")),
                            value_boolean(false),
                            value_boolean(true),
                            value_real(-INFINITY),
                            value_integer(INT64_C(1) << 53),
                            value_integer((INT64_C(1) << 53) + 1),
                            value_real(0x1p53 + 2),
                            value_integer(INT64_MAX),
                            value_real(0x1p63),
                            value_real(INFINITY),
                            value_real(NAN),
                            value_null()};
    for (size_t i = 1; i < sizeof rising / sizeof *rising; i++)
        if (value_order(rising[i - 1], rising[i], NULL) >= 0) fail_msg("%zu does not come before %zu", i - 1, i);
}

/* ---- = and < ---- */

/* `=` as a person reads the rules, by long doubles: here they hold every integer and every real as it is. */
static truth slow_equals(value a, value b)
{
    if (a.type == VALUE_NULL || b.type == VALUE_NULL) return TRUTH_UNKNOWN;
    bool numbers =
        (a.type == VALUE_INTEGER || a.type == VALUE_REAL) && (b.type == VALUE_INTEGER || b.type == VALUE_REAL);
    if (numbers) {
        _Static_assert(LDBL_MANT_DIG >= 64, "a long double holds 64 bits");
        long double x = a.type == VALUE_INTEGER ? (long double)a.as.integer : (long double)a.as.real;
        long double y = b.type == VALUE_INTEGER ? (long double)b.as.integer : (long double)b.as.real;
        return x == y ? TRUTH_TRUE : TRUTH_FALSE;
    }
    if ((a.type == VALUE_DATE && b.type == VALUE_TIME) || (a.type == VALUE_TIME && b.type == VALUE_DATE)) {
        int64_t x = a.type == VALUE_DATE ? a.as.days * 86400 : a.as.seconds,
                y = b.type == VALUE_DATE ? b.as.days * 86400 : b.as.seconds;
        return x == y ? TRUTH_TRUE : TRUTH_FALSE;
    }
    if (a.type == VALUE_LIST && b.type == VALUE_LIST && a.n == b.n) {
        bool unknown = false;
        for (uint32_t i = 0; i < a.n; i++) {
            truth t = slow_equals(a.as.items[i], b.as.items[i]);
            if (t == TRUTH_FALSE) return t;
            unknown = unknown || t == TRUTH_UNKNOWN;
        }
        return unknown ? TRUTH_UNKNOWN : TRUTH_TRUE;
    }
    if (a.type == VALUE_MAP && b.type == VALUE_MAP && a.n == b.n) {
        bool unknown = false;
        for (uint32_t i = 0; i < a.n; i++)
            if (!value_map_find(b, a.as.entries[i].key)) return TRUTH_FALSE;
        for (uint32_t i = 0; i < a.n; i++) {
            truth t = slow_equals(a.as.entries[i].value, *value_map_find(b, a.as.entries[i].key));
            if (t == TRUTH_FALSE) return t;
            unknown = unknown || t == TRUTH_UNKNOWN;
        }
        return unknown ? TRUTH_UNKNOWN : TRUTH_TRUE;
    }
    if (a.type != b.type || a.type == VALUE_LIST || a.type == VALUE_MAP) return TRUTH_FALSE;
    return value_alike(a, b) ? TRUTH_TRUE : TRUTH_FALSE;
}

static void equals_as_slowly(void **state)
{
    (void)state;
    for (int i = 0; i < MANY; i++)
        for (int j = 0; j < MANY; j++)
            if (value_equals(some[i], some[j]) != slow_equals(some[i], some[j]))
                fail_msg("%d = %d: %d", i, j, value_equals(some[i], some[j]));
}

/* What compares at all compares as it is ordered, and as it is equal. */
static void compares_as_ordered(void **state)
{
    (void)state;
    for (int i = 0; i < MANY; i++)
        for (int j = 0; j < MANY; j++) {
            bool known;
            int c = value_compare(some[i], some[j], &known);
            if (!known || some[i].type == VALUE_DURATION || some[i].type == VALUE_LIST) continue;
            assert_int_equal((c > 0) - (c < 0),
                             value_order(some[i], some[j], NULL) < 0 ? -1 : value_order(some[i], some[j], NULL) > 0);
            assert_int_equal(c == 0, value_equals(some[i], some[j]) == TRUTH_TRUE);
        }
}

static value list_of(const value *items, uint32_t n) { return (value){.type = VALUE_LIST, .n = n, .as.items = items}; }

static void lists_compare(void **state)
{
    (void)state;
    bool known;
    const value a[] = {value_integer(1), value_null()}, b[] = {value_integer(2), value_null()},
                c[] = {value_integer(1), value_integer(5)};
    assert_true(value_compare(list_of(a, 2), list_of(b, 2), &known) < 0 && known);
    (void)value_compare(list_of(a, 2), list_of(c, 2), &known);
    assert_false(known);
    assert_true(value_compare(list_of(a, 1), list_of(c, 2), &known) < 0 && known);
    assert_int_equal(value_equals(list_of(a, 2), list_of(c, 2)), TRUTH_UNKNOWN);
    assert_int_equal(value_equals(list_of(a, 2), list_of(b, 2)), TRUTH_FALSE);
    assert_int_equal(value_equals(list_of(a, 1), list_of(a, 2)), TRUTH_FALSE);
}

/* ---- Memory ---- */

static void copies_stand_alone(void **state)
{
    (void)state;
    value_pool other = {0};
    for (int i = 0; i < MANY; i++) {
        value copy;
        assert_int_equal(value_keep(&other, some[i], &copy, NULL), CD_OK);
        assert_true(value_alike(copy, some[i]));
        if (copy.type == VALUE_TEXT || copy.type == VALUE_DURATION || (copy.type == VALUE_LIST && copy.n))
            assert_ptr_not_equal(copy.as.text, some[i].as.text);
    }
    value_pool_release(&other);
}

static void maps(void **state)
{
    (void)state;
    const value_entry entries[] = {{cd_slice_of("b"), value_integer(1)},
                                   {cd_slice_of("a"), value_integer(2)},
                                   {cd_slice_of("b"), value_integer(3)}};
    value map;
    assert_int_equal(value_map_of(&pool, entries, 3, &map, NULL), CD_OK);
    assert_int_equal(map.n, 2);
    assert_int_equal(value_map_find(map, cd_slice_of("a"))->as.integer, 2);
    assert_int_equal(value_map_find(map, cd_slice_of("b"))->as.integer, 3);
    assert_null(value_map_find(map, cd_slice_of("c")));
    assert_int_equal(value_map_of(&pool, entries, 0, &map, NULL), CD_OK);
    assert_null(value_map_find(map, cd_slice_of("a")));
}

/* Marks nest; what is given back is handed out again, and nothing else is written over. */
static void pools_rewind(void **state)
{
    (void)state;
    value_pool p = {0};
    cd_random r = cd_random_of(6, 2, 1);
    value_mark begin = value_pool_mark(&p);
    size_t most = 0;
    for (int round = 0; round < 50; round++) {
        unsigned char *kept[40];
        size_t size[40];
        for (int i = 0; i < 40; i++) {
            size[i] = cd_random_below(&r, i % 13 ? 300 : 9000);
            kept[i] = value_pool_alloc(&p, size[i], NULL);
            assert_int_equal((uintptr_t)kept[i] % 16, 0);
            memset(kept[i], i, size[i]);
            value_mark mark = value_pool_mark(&p);
            size_t passing = cd_random_below(&r, 20000);
            memset(value_pool_alloc(&p, passing, NULL), 0xff, passing);
            value_pool_rewind(&p, mark);
        }
        for (int i = 0; i < 40; i++)
            for (size_t k = 0; k < size[i]; k++) assert_int_equal(kept[i][k], i);
        value_pool_rewind(&p, begin);
        if (round == 25) most = p.bytes;
    }
    assert_true(p.bytes < 2 * most);
    value_pool_release(&p);
    assert_int_equal(p.bytes, 0);
}

static void pools_share_a_limit(void **state)
{
    (void)state;
    size_t held = 0, before = cd_memory_now();
    value_pool a = {.held = &held, .most = 100000}, b = {.held = &held, .most = 100000};
    cd_err err = {0};
    assert_non_null(value_pool_alloc(&a, 60000, &err));
    assert_true(held >= 60000);
    assert_null(value_pool_alloc(&b, 60000, &err));
    assert_int_equal(err.status, CD_EMEMORY);
    assert_string_equal(err.text, "the query needs more than --memory allows; raise it");
    assert_non_null(value_pool_alloc(&b, 20000, NULL));
    assert_null(value_pool_alloc(&b, SIZE_MAX - 5, NULL));
    value_pool_release(&a);
    assert_non_null(value_pool_alloc(&b, 60000, NULL));
    cd_memory_fail_at(0);
    assert_null(value_pool_alloc(&a, 100, NULL));
    value_pool_release(&a);
    value_pool_release(&b);
    assert_int_equal(held, 0);
    assert_int_equal(cd_memory_now(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_total),      cmocka_unit_test(alike_is_order_and_hash),
        cmocka_unit_test(order_of_types),      cmocka_unit_test(equals_as_slowly),
        cmocka_unit_test(compares_as_ordered), cmocka_unit_test(lists_compare),
        cmocka_unit_test(copies_stand_alone),  cmocka_unit_test(maps),
        cmocka_unit_test(pools_rewind),        cmocka_unit_test(pools_share_a_limit),
    };
    return cmocka_run_group_tests(tests, some_values, release);
}
