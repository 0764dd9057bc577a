/* SPDX-License-Identifier: GPL-3.0-or-later
 * aggregate.c: what each aggregate makes of values, one at a time or many at once, in any order; sums against whole
 * numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/base/sort.h"
#include "queries/language/evaluate.h"

typedef struct {
    value v;
    uint64_t times;
} taken;

static value_pool pool;
static query_fault fault;
static const char *detail; /* of the last fault */

/* The words of name(values), or `!Detail`. */
static const char *of(const char *name, bool distinct, const taken *values, size_t n, value second)
{
    static char words[400];
    expression call = {.kind = X_CALL, .name = cd_slice_of(name), .distinct = distinct};
    evaluation e = {.pool = &pool, .fault = &fault};
    cd_buffer text = {0};
    aggregate *a;
    value out;
    cd_status st = aggregate_new(&call, &pool, &a, NULL);
    fault = (query_fault){0};
    for (size_t i = 0; i < n && st == CD_OK; i++) st = aggregate_add(a, &e, values[i].v, second, values[i].times, NULL);
    if (st == CD_OK) st = aggregate_end(a, &e, &out, NULL);
    detail = fault.detail;
    if (st == CD_OK) st = value_words(&e, out, &text, NULL);
    snprintf(words, sizeof words, "%s%s", st == CD_OK ? "" : "!", st == CD_OK ? text.bytes ? text.bytes : "" : detail);
    cd_buffer_release(&text);
    return words;
}

#define OF(name, distinct, second, ...)                                                                                \
    of(name, distinct, (const taken[]){__VA_ARGS__}, sizeof((const taken[]){__VA_ARGS__}) / sizeof(taken), second)
#define I(i)                                                                                                           \
    {                                                                                                                  \
        value_integer(i), 1                                                                                            \
    }
#define R(r)                                                                                                           \
    {                                                                                                                  \
        value_real(r), 1                                                                                               \
    }
#define T(t)                                                                                                           \
    {                                                                                                                  \
        value_text(cd_slice_of(t)), 1                                                                                  \
    }
#define NOTHING                                                                                                        \
    {                                                                                                                  \
        value_null(), 3                                                                                                \
    }
#define PLAIN(name, ...) OF(name, false, value_null(), __VA_ARGS__)
#define DISTINCT(name, ...) OF(name, true, value_null(), __VA_ARGS__)

static void by_example(void **state)
{
    (void)state;
    assert_string_equal(PLAIN("count", I(1), NOTHING, I(1), {value_integer(2), 5}), "7");
    assert_string_equal(DISTINCT("count", I(1), R(1.0), NOTHING, T("1"), {value_integer(2), 5}), "3");
    assert_string_equal(PLAIN("sum", NOTHING), "0");
    assert_string_equal(PLAIN("sum", I(1), {value_integer(2), 3}), "7");
    assert_string_equal(PLAIN("sum", I(1), R(0.5)), "1.5");
    assert_string_equal(DISTINCT("sum", I(2), R(2.0), I(3)), "5");
    assert_string_equal(PLAIN("sum", I(INT64_MAX), I(1), I(-1)), "9223372036854775807");
    assert_string_equal(PLAIN("sum", I(INT64_MAX), I(1)), "!IntegerOverflow");
    assert_string_equal(PLAIN("sum", T("a")), "!InvalidArgumentValue");
    assert_string_equal(PLAIN("avg", I(1), I(2), NOTHING), "1.5");
    assert_string_equal(PLAIN("avg", NOTHING), "null");
    assert_string_equal(PLAIN("min", I(3), R(1.5), NOTHING, T("a")), "a");
    assert_string_equal(PLAIN("max", I(3), R(1.5), T("a")), "3");
    assert_string_equal(PLAIN("max", NOTHING), "null");
    assert_string_equal(PLAIN("collect", T("b"), NOTHING, {value_integer(1), 2}, T("b")), "['b', 1, 1, 'b']");
    assert_string_equal(DISTINCT("collect", T("b"), {value_integer(1), 2}, T("b")), "['b', 1]");
    assert_string_equal(PLAIN("collect", NOTHING), "[]");
    assert_string_equal(PLAIN("stDev", I(2), {value_integer(4), 3}, {value_integer(5), 2}, I(7), I(9)),
                        "2.138089935299395");
    assert_string_equal(PLAIN("stDevP", I(2), {value_integer(4), 3}, {value_integer(5), 2}, I(7), I(9)), "2.0");
    assert_string_equal(PLAIN("stDev", I(2)), "0.0");
    assert_string_equal(PLAIN("stDevP", R(1e9), R(1e9 + 1), R(1e9 + 2), R(1e9 + 3)), "1.118033988749895");
}

static void percentiles(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double share;
        const char *is;
    } cases[] = {{"percentileCont", 0, "10.0"},
                 {"percentileCont", 0.5, "20.0"},
                 {"percentileCont", 1, "30.0"},
                 {"percentileCont", 0.75, "25.0"},
                 {"percentileDisc", 0, "10"},
                 {"percentileDisc", 0.34, "20"},
                 {"percentileDisc", 1, "30.0"},
                 {"percentileDisc", 0.33, "10"},
                 {"percentileCont", 1.1, "!NumberOutOfRange"},
                 {"percentileDisc", -0.1, "!NumberOutOfRange"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(OF(cases[i].name, false, value_real(cases[i].share), R(30), I(10), NOTHING, I(20)),
                            cases[i].is);
    assert_string_equal(OF("percentileDisc", false, value_real(0.9), {value_integer(1), 89}, {value_integer(2), 11}),
                        "2");
    assert_string_equal(OF("percentileDisc", false, value_real(0.9), {value_integer(1), 90}, {value_integer(2), 10}),
                        "1");
    assert_string_equal(OF("percentileCont", false, value_real(0.5), NOTHING), "null");
}

static void durations(void **state)
{
    (void)state;
    static const value_span day = {.days = 1}, month = {.months = 1, .seconds = 30};
    value a = {.type = VALUE_DURATION, .as.span = &day}, b = {.type = VALUE_DURATION, .as.span = &month};
    assert_string_equal(PLAIN("sum", {a, 2}, {b, 1}), "P1M2DT30S");
    assert_string_equal(PLAIN("avg", {a, 1}, {a, 2}), "P1D");
    assert_string_equal(PLAIN("sum", {a, 1}, I(1)), "!InvalidArgumentValue");
    assert_string_equal(PLAIN("sum", I(1), {a, 1}), "!InvalidArgumentValue");
}

/* Thousandths in a thousand million: exact as whole numbers, and the same doubles in any order. */
static void sums_do_not_depend_on_order(void **state)
{
    (void)state;
    enum { N = 2000 };
    static taken values[N];
    cd_random r = cd_random_of(6, 5, 1);
    char first[400];
    for (int i = 0; i < N; i++)
        values[i] = (taken){value_real((cd_random_unit(&r) - 0.5) * pow(10, (double)cd_random_below(&r, 30))),
                            1 + cd_random_below(&r, 9)};
    strcpy(first, of("sum", false, values, N, value_null()));
    for (int round = 0; round < 20; round++) {
        for (int i = N - 1; i > 0; i--) {
            int j = (int)cd_random_below(&r, (uint64_t)i + 1);
            taken t = values[i];
            values[i] = values[j], values[j] = t;
        }
        assert_string_equal(of("sum", false, values, N, value_null()), first);
    }
    assert_string_equal(PLAIN("sum", R(1e308), R(1.0), R(-1e308)), "1.0");
    assert_string_equal(PLAIN("sum", R(0.1), R(0.2), R(0.3), R(-0.6)), "2.7755575615628914e-17");
    assert_string_equal(PLAIN("sum", {value_real(0.1), 10}), "1.0");
    assert_string_equal(PLAIN("sum", R(INFINITY), R(1)), "Infinity");
    assert_string_equal(PLAIN("sum", R(INFINITY), R(-INFINITY)), "NaN");
    assert_string_equal(PLAIN("sum", I((INT64_C(1) << 53) + 1), R(0.0)), "9007199254740992.0");
    assert_string_equal(PLAIN("sum", I((INT64_C(1) << 53) + 1), R(-9007199254740992.0)), "1.0");
}

/* DISTINCT over many values, against counting them. */
static void distinct_is_exact(void **state)
{
    (void)state;
    enum { N = 5000, KINDS = 700 };
    static taken values[N];
    cd_random r = cd_random_of(6, 6, 1);
    bool seen[KINDS] = {0};
    int kinds = 0;
    char wanted[16];
    for (int i = 0; i < N; i++) {
        uint32_t k = (uint32_t)cd_random_below(&r, KINDS);
        values[i] = (taken){k % 2 ? value_integer(k) : value_real(k), 1};
        kinds += !seen[k], seen[k] = true;
    }
    snprintf(wanted, sizeof wanted, "%d", kinds);
    assert_string_equal(of("count", true, values, N, value_null()), wanted);
}

/* Many numbers that repeat, and some that do not, against sorting all of them. */
static void percentile_of_many(void **state)
{
    (void)state;
    enum { N = 3001 };
    static taken values[N];
    static uint64_t sorted[N];
    cd_random r = cd_random_of(6, 7, 1);
    for (uint64_t kinds = 3; kinds < 1000000; kinds *= 31) {
        char wanted[32];
        for (int i = 0; i < N; i++) {
            sorted[i] = cd_random_below(&r, kinds);
            values[i] = (taken){value_integer((int64_t)sorted[i]), 1};
        }
        cd_sort_u64(sorted, N);
        snprintf(wanted, sizeof wanted, "%d", (int)sorted[N / 2]);
        assert_string_equal(of("percentileDisc", false, values, N, value_real(0.5)), wanted);
        snprintf(wanted, sizeof wanted, "%d.0", (int)sorted[N - 1]);
        assert_string_equal(of("percentileCont", false, values, N, value_integer(1)), wanted);
    }
}

static int release(void **state)
{
    (void)state;
    value_pool_release(&pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_example),        cmocka_unit_test(percentiles),
        cmocka_unit_test(durations),         cmocka_unit_test(sums_do_not_depend_on_order),
        cmocka_unit_test(distinct_is_exact), cmocka_unit_test(percentile_of_many)};
    return cmocka_run_group_tests(tests, NULL, release);
}
