/* SPDX-License-Identifier: GPL-3.0-or-later
 * cell_types.c: what is a number, a boolean, a time, UTF-8, a quoted cell, a named value; and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/random.h"
#include "loaders/cell_types.h"
#include "loaders/word_set.h"

static void integers(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {{"0", true, 0}, {"-0", true, 0}, {"+7", true, 7}, {"-7", true, -7}, {"007", true, 7},
                 {"9223372036854775807", true, INT64_MAX}, {"-9223372036854775807", true, -INT64_MAX},
                 {"9223372036854775808", false, 0}, {"-9223372036854775808", false, 0}, {"99999999999999999999", false, 0},
                 {"", false, 0}, {"-", false, 0}, {"+", false, 0}, {" 1", false, 0}, {"1 ", false, 0}, {"1.0", false, 0},
                 {"1e3", false, 0}, {"0x1", false, 0}, {"--1", false, 0}, {"1,000", false, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t got = -1;
        bool ok = cell_integer(cd_slice_of(cases[i].text), &got);
        if (ok != cases[i].ok || (ok && got != cases[i].value)) fail_msg("'%s': %d %lld", cases[i].text, ok, (long long)got);
    }
}

static void reals(void **state)
{
    static const char *const good[] = {"0", "0.0", "1", "-1.5", "+2.", ".5", "1e3", "1E-3", "1e+22", "1e23", "123456789012345",
                                       "1234567890123456789", "0.1", "0.3", "2.2250738585072014e-308", "4.9e-324", "1e-400",
                                       "1.7976931348623157e308", "9007199254740993", "0.000000000000000000000000000001",
                                       "8.5e-10", "000000000000000000000000001.5", "123456.789e-20"};
    static const char *const bad[] = {"", ".", "-", "e5", "1e", "1e+", "nan", "inf", "-inf", "0x1p3", "1,5", " 1", "1 ", "1..2",
                                      "1.2.3", "1e400", "-1e999999999999", "1d5", "++1"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double got = -1, want = strtod(good[i], NULL);
        assert_true(cell_real(cd_slice_of(good[i]), &got));
        if (memcmp(&got, &want, sizeof got) != 0) fail_msg("'%s': %a, not %a", good[i], got, want);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double got;
        if (cell_real(cd_slice_of(bad[i]), &got)) fail_msg("'%s' was read as %g", bad[i], got);
    }
    double zero = -1;
    assert_true(cell_real(cd_slice_of("-0.0"), &zero));
    assert_false(__builtin_signbit(zero));
}

/* Every shape of decimal, rounded as libc rounds it. */
static void reals_round_as_libc_does(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        cd_random random = cd_random_of(7, 1, i);
        char text[64];
        int whole = (int)cd_random_below(&random, 20), part = (int)cd_random_below(&random, 20);
        int n = snprintf(text, sizeof text, "%.*llu.%.*llu", whole, (unsigned long long)(cd_random_u64(&random) >> (whole * 3)),
                         part, (unsigned long long)(cd_random_u64(&random) >> (part * 3)));
        if (cd_random_below(&random, 2))
            snprintf(text + n, sizeof text - (size_t)n, "e%d", (int)cd_random_below(&random, 60) - 30);
        double got = -1, want = strtod(text, NULL);
        assert_true(cell_real(cd_slice_of(text), &got));
        if (memcmp(&got, &want, sizeof got) != 0) fail_msg("'%s': %a, not %a", text, got, want);
    }
}

static void booleans(void **state)
{
    static const char *const yes[] = {"true", "TRUE", "True", "t", "1", "yes", "Y"}, *const no[] = {"false", "F", "0", "No", "n"},
                            *const bad[] = {"", "2", "tru", "yess", "on", " 1", "truefalse"};
    int64_t got;
    (void)state;
    for (size_t i = 0; i < 7; i++) assert_true(cell_boolean(cd_slice_of(yes[i]), &got) && got == 1);
    for (size_t i = 0; i < 5; i++) assert_true(cell_boolean(cd_slice_of(no[i]), &got) && got == 0);
    for (size_t i = 0; i < 7; i++) assert_false(cell_boolean(cd_slice_of(bad[i]), &got));
}

/* The quick time takes a text exactly as the calendar does, or leaves it to the calendar. */
static void quick_time_is_the_calendar(void **state)
{
    (void)state;
    int64_t quick, slow;
    bool has_zone;
    char text[32];
    for (int64_t day = cd_days_of(1901, 1, 1); day < cd_days_of(2100, 1, 1); day++) {
        int64_t at = day * 86400 + (day * 7919 % 86400 + 86400) % 86400;
        cd_time_write(at, text);
        assert_true(cell_time_quick(text, &quick));
        assert_int_equal(quick, at);
    }
    for (uint64_t i = 0; i < 2000000; i++) {
        cd_random random = cd_random_of(7, 2, i);
        cd_time_write((int64_t)cd_random_below(&random, 4000000000u), text);
        for (uint64_t n = 1 + cd_random_below(&random, 2); n > 0; n--)
            text[cd_random_below(&random, 19)] = (char)(cd_random_below(&random, 3) ? '0' + (int)cd_random_below(&random, 10)
                                                                                    : (int)cd_random_below(&random, 256));
        cd_time_fault fault = cd_time_read(text, 19, &slow, &has_zone);
        if (cell_time_quick(text, &quick)) {
            if (fault != CD_TIME_OK || has_zone || slow != quick) fail_msg("'%.19s': quick %lld", text, (long long)quick);
        }
    }
    for (int year = 1; year < 10000; year++) {
        snprintf(text, sizeof text, "%04d-02-29T23:59:59", year);
        bool ok = cell_time_quick(text, &quick);
        cd_time_fault fault = cd_time_read(text, 19, &slow, &has_zone);
        assert_true(ok ? fault == CD_TIME_OK && quick == slow : fault != CD_TIME_OK || year < 1901 || year > 2099);
    }
}

static void utf8(void **state)
{
    static const char *const good[] = {"", "plain ascii text of some length", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x9a\x93",
                                       "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "12345678\xc3\xa9" "12345678"};
    static const char *const bad[] = {"\x80", "\xbf", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
                                      "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                                      "\xff", "\xfe", "\xe2\x82", "\xf0\x9f\x9a", "12345678\xc3", "\xc3\xc3", "\xe2\x28\xa1",
                                      "caf\xe9 in latin 1"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(cell_is_utf8(cd_slice_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cell_is_utf8(cd_slice_of(bad[i]))) fail_msg("case %zu was taken", i);
}

static void unquoting(void **state)
{
    static const struct {
        const char *text, *want; /* NULL: not a quoted cell */
    } cases[] = {{"\"\"", ""}, {"\"a\"", "a"}, {"\"a,b\"", "a,b"}, {"\"a\"\"b\"", "a\"b"}, {"\"\"\"\"", "\""},
                 {"\"\"\"a\"\"\"", "\"a\""}, {"\"\"\"\"\"\"", "\"\""}, {"\"", NULL}, {"\"\"\"", NULL}, {"\"a", NULL},
                 {"\"a\"b", NULL}, {"\"a\" ", NULL}, {"\"a\"\"", NULL}, {"\"\"a", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        cd_slice got;
        strcpy(text, cases[i].text);
        bool ok = cell_unquote(text, (uint32_t)strlen(text), &got);
        assert_int_equal(ok, cases[i].want != NULL);
        if (ok) assert_true(cd_slice_equal(got, cd_slice_of(cases[i].want)));
        else assert_string_equal(text, cases[i].text); /* a reject shows it as it is in the file */
    }
}

static void named_values(void **state)
{
    static const char words[] = " sustained not_sustained dismissed withdrawn pending ";
    static const char *const other[] = {"sustaine", "sustainedx", "Sustained", "not", "not_sustained_at_all_", "p", "pending "};
    cd_arena arena = {0};
    word_set *set;
    cd_err err = {0};
    char padded[64];
    (void)state;
    assert_int_equal(word_set_new(words, &arena, &set, &err), CD_OK);
    assert_non_null(set);
    for (const char *p = words + 1; *p;) {
        uint32_t n = (uint32_t)strcspn(p, " ");
        memset(padded, 'z', sizeof padded); /* what follows the word must not matter */
        memcpy(padded, p, n);
        assert_true(word_set_has(set, (cd_slice){padded, n}));
        p += n + 1;
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        memset(padded, 0, sizeof padded);
        strcpy(padded, other[i]);
        assert_false(word_set_has(set, (cd_slice){padded, (uint32_t)strlen(padded)}));
    }
    assert_int_equal(word_set_new("a_word_of_more_than_sixteen", &arena, &set, &err), CD_OK);
    assert_null(set);
    cd_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers), cmocka_unit_test(reals), cmocka_unit_test(reals_round_as_libc_does),
        cmocka_unit_test(booleans), cmocka_unit_test(quick_time_is_the_calendar), cmocka_unit_test(utf8),
        cmocka_unit_test(unquoting), cmocka_unit_test(named_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
