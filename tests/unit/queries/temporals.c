/* SPDX-License-Identifier: GPL-3.0-or-later
 * temporal.c: times, dates and durations there and back, moved and taken apart; known answers beside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "queries/language/temporal.h"

static int64_t seconds_of(const char *text)
{
    int64_t seconds;
    if (!temporal_read_time(cd_slice_of(text), &seconds)) fail_msg("'%s' is no time", text);
    return seconds;
}

static value_span span_of(const char *text)
{
    value_span span = {0};
    if (!temporal_read_span(cd_slice_of(text), &span)) fail_msg("'%s' is no duration", text);
    return span;
}

static const char *written(value v)
{
    static char text[TEMPORAL_TEXT];
    size_t n = temporal_write(v, text);
    assert_int_equal(n, strlen(text));
    return text;
}

static const char *written_span(value_span span) { return written((value){.type = VALUE_DURATION, .as.span = &span}); }

static void times_read(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"2026-03-01T07:30:00Z", "2026-03-01T07:30:00Z"},
        {"2026-03-01T07:30", "2026-03-01T07:30:00Z"},
        {"2026-03-01T07:30:00.999Z", "2026-03-01T07:30:00Z"},
        {"2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00Z"},
        {"2026-03-01", "2026-03-01T00:00:00Z"},
        {"2026-03", "2026-03-01T00:00:00Z"},
        {"2026", "2026-01-01T00:00:00Z"},
        {"20260301", "2026-03-01T00:00:00Z"},
        {"2026-060T07", "2026-03-01T07:00:00Z"},
        {"2026-03-01T07Z", "2026-03-01T07:00:00Z"},
        {"2026-W09-7T07+02:00", "2026-03-01T05:00:00Z"},
        {"2026W09", "2026-02-23T00:00:00Z"},
        {"2015-W53", "2015-12-28T00:00:00Z"},
    };
    static const char *const none[] = {"",
                                       "x",
                                       "2026-13",
                                       "2026-02-30",
                                       "2026-03-01T",
                                       "2026-03-01T25:00",
                                       "2026-03-01T07:30:00 Z",
                                       "0000-01-01",
                                       "2026-W54",
                                       "2025-W53",
                                       "2026-366",
                                       "0001-01-01T00:00+01:00",
                                       "9999-12-31T23:30-01:00",
                                       "2026-3-1",
                                       "26"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_string_equal(written(value_time(seconds_of(same[i][0]))), same[i][1]);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        int64_t seconds;
        if (temporal_read_time(cd_slice_of(none[i]), &seconds)) fail_msg("'%s' was taken for a time", none[i]);
    }
}

static void written_is_read(void **state)
{
    (void)state;
    cd_random r = cd_random_of(6, 3, 1);
    int64_t lo = seconds_of("0001-01-01"), hi = seconds_of("9999-12-31T23:59:59Z");
    for (int i = 0; i < 20000; i++) {
        int64_t at = lo + (int64_t)cd_random_below(&r, (uint64_t)(hi - lo) + 1), days;
        assert_int_equal(seconds_of(written(value_time(at))), at);
        days = at / 86400;
        assert_int_equal(seconds_of(written(value_date(days))), days * 86400);
        value_span s = {(int64_t)cd_random_below(&r, 100) - 50, (int64_t)cd_random_below(&r, 100) - 50,
                        (int64_t)cd_random_below(&r, 200000) - 100000};
        value_span back = span_of(written_span(s));
        assert_memory_equal(&back, &s, sizeof s);
    }
}

static void durations_read(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"P1Y2M3W4DT5H6M7S", "P1Y2M25DT5H6M7S"},
        {"PT0S", "PT0S"},
        {"P0.75M", "P22DT19H51M49S"},
        {"P2.5W", "P17DT12H"},
        {"P0.7D", "PT16H48M"},
        {"PT1.5M", "PT1M30S"},
        {"P-1DT-0.5H", "P-1DT-30M"},
        {"PT36H", "PT36H"},
        {"P1.5Y", "P1Y6M"},
        {"PT0.9S", "PT0S"},
    };
    static const char *const none[] = {"",
                                       "P",
                                       "PT",
                                       "1D",
                                       "P1",
                                       "P1DT",
                                       "PT1D",
                                       "P1H",
                                       "P1D1Y",
                                       "P1D1D",
                                       "P1.D",
                                       "P.5D",
                                       "P1d",
                                       "P99999999999999999999D",
                                       "P9223372036854775807Y"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_string_equal(written_span(span_of(same[i][0])), same[i][1]);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        value_span span;
        if (temporal_read_span(cd_slice_of(none[i]), &span)) fail_msg("'%s' was taken for a duration", none[i]);
    }
}

static void moved(void **state)
{
    (void)state;
    static const char *const sums[][3] = {
        {"2026-01-31", "P1M", "2026-02-28T00:00:00Z"},
        {"2024-02-29T10:00", "P1Y", "2025-02-28T10:00:00Z"},
        {"2026-03-01", "P-1D", "2026-02-28T00:00:00Z"},
        {"2026-01-31", "P1M1D", "2026-03-01T00:00:00Z"},
        {"2025-12-31T23:59:59Z", "PT1S", "2026-01-01T00:00:00Z"},
        {"2026-01-15", "P-13M", "2024-12-15T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        value_span span = span_of(sums[i][1]);
        value out;
        assert_true(temporal_move(value_time(seconds_of(sums[i][0])), &span, 1, &out));
        assert_string_equal(written(out), sums[i][2]);
    }
    static const value_span far[] = {{.months = 120000},     {.months = INT64_MAX}, {.months = INT64_MIN},
                                     {.days = INT64_MAX},    {.days = INT64_MIN},   {.seconds = INT64_MAX},
                                     {.seconds = INT64_MIN}, {.days = -800000}};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        value out;
        assert_false(temporal_move(value_time(0), &far[i], 1, &out));
    }
    value day;
    assert_true(temporal_move(value_date(10), &(value_span){.seconds = 3 * 86400 - 1}, 1, &day));
    assert_int_equal(day.type, VALUE_DATE);
    assert_int_equal(day.as.days, 12);
}

/* What lies between two times leads from the one to the other, with parts of one sign. */
static void between(void **state)
{
    (void)state;
    cd_random r = cd_random_of(6, 4, 1);
    int64_t lo = seconds_of("1600-01-01");
    for (int i = 0; i < 20000; i++) {
        int64_t a = lo + (int64_t)cd_random_below(&r, 10000000000u),
                b = lo + (int64_t)cd_random_below(&r, 10000000000u);
        value_span s = temporal_between(a, b);
        value out;
        assert_true(temporal_move(value_time(a), &s, 1, &out));
        if (out.as.seconds != b) fail_msg("%lld + %s is not %lld", (long long)a, written_span(s), (long long)b);
        bool rises = s.months >= 0 && s.days >= 0 && s.seconds >= 0,
             falls = s.months <= 0 && s.days <= 0 && s.seconds <= 0;
        assert_true(b >= a ? rises : falls);
        assert_true(s.days > -31 && s.days < 31 && s.seconds > -86400 && s.seconds < 86400);
    }
    assert_string_equal(written_span(temporal_between(seconds_of("2026-01-31"), seconds_of("2026-03-01T12:00"))),
                        "P1M1DT12H");
}

static void truncated(void **state)
{
    (void)state;
    static const char *const units[][2] = {
        {"second", "2026-08-20T17:45:33Z"},   {"minute", "2026-08-20T17:45:00Z"},
        {"hour", "2026-08-20T17:00:00Z"},     {"day", "2026-08-20T00:00:00Z"},
        {"week", "2026-08-17T00:00:00Z"},     {"month", "2026-08-01T00:00:00Z"},
        {"quarter", "2026-07-01T00:00:00Z"},  {"year", "2026-01-01T00:00:00Z"},
        {"weekYear", "2025-12-29T00:00:00Z"}, {"decade", "2020-01-01T00:00:00Z"},
        {"century", "2000-01-01T00:00:00Z"},  {"millennium", "2000-01-01T00:00:00Z"},
    };
    int64_t at = seconds_of("2026-08-20T17:45:33Z"), out;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        assert_true(temporal_truncate(cd_slice_of(units[i][0]), at, &out));
        assert_string_equal(written(value_time(out)), units[i][1]);
    }
    assert_false(temporal_truncate(cd_slice_of("moon"), at, &out));
    assert_false(temporal_truncate(cd_slice_of("millennium"), seconds_of("0500-01-01"), &out));
    assert_true(temporal_truncate(cd_slice_of("day"), -1, &out));
    assert_int_equal(out, -86400);
}

static int64_t part(value v, const char *name)
{
    value out = value_null();
    if (!temporal_part(v, cd_slice_of(name), &out) || out.type != VALUE_INTEGER) fail_msg("there is no %s", name);
    return out.as.integer;
}

static void parts(void **state)
{
    (void)state;
    value t = value_time(seconds_of("2026-08-20T17:45:33Z")), out;
    static const struct {
        const char *name;
        int64_t is;
    } of[] = {{"year", 2026},
              {"quarter", 3},
              {"month", 8},
              {"day", 20},
              {"hour", 17},
              {"minute", 45},
              {"second", 33},
              {"week", 34},
              {"weekYear", 2026},
              {"dayOfWeek", 4},
              {"ordinalDay", 232},
              {"dayOfQuarter", 51},
              {"epochMillis", 1787247933000},
              {"epochSeconds", 1787247933}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) assert_int_equal(part(t, of[i].name), of[i].is);
    assert_false(temporal_part(t, cd_slice_of("days"), &out));
    assert_false(temporal_part(value_date(0), cd_slice_of("hour"), &out));
    assert_int_equal(part(value_date(seconds_of("2027-01-01") / 86400), "week"), 53);
    assert_int_equal(part(value_date(seconds_of("2027-01-01") / 86400), "weekYear"), 2026);
    value_span s = span_of("P1Y14M10DT25H61M1S");
    value span = {.type = VALUE_DURATION, .as.span = &s};
    assert_int_equal(part(span, "years"), 2);
    assert_int_equal(part(span, "monthsOfYear"), 2);
    assert_int_equal(part(span, "weeks"), 1);
    assert_int_equal(part(span, "hours"), 26);
    assert_int_equal(part(span, "minutesOfHour"), 1);
    assert_int_equal(part(span, "seconds"), 26 * 3600 + 61);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_read), cmocka_unit_test(written_is_read), cmocka_unit_test(durations_read),
        cmocka_unit_test(moved),      cmocka_unit_test(between),         cmocka_unit_test(truncated),
        cmocka_unit_test(parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
