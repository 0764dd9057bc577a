/* SPDX-License-Identifier: GPL-3.0-or-later
 * civil.c: every day of the calendar there and back against a calendar that counts on its fingers, and every way in
 * which a time may be written or spoilt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/civil.h"

/* Walks all of 0001-01-01 to 9999-12-31 by adding one day at a time. */
static void every_day(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day = -719162; /* 0001-01-01 */
    for (int32_t y = 1; y <= 9999; y++) {
        bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
        for (uint32_t m = 1; m <= 12; m++) {
            uint32_t length = lengths[m - 1] + (m == 2 && leap);
            assert_int_equal(cd_days_in_month(y, m), length);
            for (uint32_t d = 1; d <= length; d++, day++) {
                int64_t second = day * 7919 % 86400;
                cd_civil c = cd_civil_of(day * 86400 + (second < 0 ? second + 86400 : second));
                if (cd_days_of(y, m, d) != day || c.year != y || c.month != m || c.day != d)
                    fail_msg("%04d-%02u-%02u does not come back", y, m, d);
            }
        }
    }
    assert_int_equal(day, cd_days_of(9999, 12, 31) + 1);
    assert_int_equal(cd_days_of(1970, 1, 1), 0);
}

static void every_second_of_a_day(void **state)
{
    (void)state;
    for (int64_t day = -1; day <= 0; day++)
        for (int64_t s = 0; s < 86400; s++) {
            char text[CD_TIME_TEXT];
            int64_t back;
            bool zone;
            size_t n = cd_time_write(day * 86400 + s, text);
            if (n != 20 || cd_time_read(text, n, &back, &zone) != CD_TIME_OK || !zone || back != day * 86400 + s)
                fail_msg("'%s' does not come back", text);
        }
}

static void known_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
        bool zone;
    } good[] = {
        {"1970-01-01", 0, false},
        {"1970-01-01T00:00:00", 0, false},
        {"1970-01-01T00:00:00Z", 0, true},
        {"1970-01-01t00:00:00z", 0, true},
        {"1970-01-01 00:01", 60, false},
        {"1970-01-01T00:01Z", 60, true},
        {"2026-03-01T07:30:00", 1772350200, false},
        {"2026-03-01T07:30:00+01:00", 1772346600, true},
        {"2026-03-01T07:30:00+0100", 1772346600, true},
        {"2026-03-01T07:30:00+01", 1772346600, true},
        {"2026-03-01T07:30:00-05:30", 1772370000, true},
        {"2026-03-01T07:30:00.999", 1772350200, false},
        {"2026-03-01T07:30:00,5Z", 1772350200, true},
        {"2024-02-29", 1709164800, false},
        {"2000-02-29", 951782400, false},
        {"0001-01-01", -62135596800, false},
        {"9999-12-31T23:59:59Z", 253402300799, true},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t seconds = 42;
        bool zone = !good[i].zone;
        if (cd_time_read(good[i].text, strlen(good[i].text), &seconds, &zone) != CD_TIME_OK ||
            seconds != good[i].seconds || zone != good[i].zone)
            fail_msg("'%s' was read as %lld", good[i].text, (long long)seconds);
    }
}

static void spoilt_times(void **state)
{
    (void)state;
    static const char *const shape[] = {"",
                                        "now",
                                        "2026",
                                        "2026-03",
                                        "2026-3-1",
                                        "01/03/2026",
                                        "2026-03-01T",
                                        "2026-03-01T07",
                                        "2026-03-01T07:3",
                                        "2026-03-01T07:30:",
                                        "2026-03-01T07:30:0",
                                        "2026-03-01T07:30:00.",
                                        "2026-03-01T07:30:00.Z",
                                        "2026-03-01T07:30:00+",
                                        "2026-03-01T07:30:00+1",
                                        "2026-03-01T07:30:00+01:0",
                                        "2026-03-01T07:30:00+24:00",
                                        "2026-03-01T07:30:00+01:60",
                                        "2026-03-01T07:30:00ZZ",
                                        "2026-03-01T07:30:00 ",
                                        " 2026-03-01",
                                        "2026-03-0a",
                                        "+026-03-01",
                                        "2026-03-01X07:30:00"};
    static const char *const range[] = {"2026-02-29",       "2026-02-31",       "2025-04-31",          "1900-02-29",
                                        "2026-00-01",       "2026-13-01",       "2026-01-00",          "2026-01-32",
                                        "0000-01-01",       "2026-01-01T24:00", "2026-01-01T00:60:00", "2026-01-01T00:00:60",
                                        "2026-01-01T99:99", "2026-02-30T07:30Z"};
    int64_t seconds;
    bool zone;
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
        if (cd_time_read(shape[i], strlen(shape[i]), &seconds, &zone) != CD_TIME_SHAPE)
            fail_msg("'%s' has no time's shape", shape[i]);
    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        if (cd_time_read(range[i], strlen(range[i]), &seconds, &zone) != CD_TIME_RANGE)
            fail_msg("'%s' is out of range", range[i]);
}

static void months(void **state)
{
    (void)state;
    for (int32_t y = 1; y <= 9999; y++)
        for (uint32_t m = 1; m <= 12; m++) {
            char text[CD_TIME_TEXT], expected[CD_TIME_TEXT];
            int64_t seconds;
            snprintf(expected, sizeof expected, "%04d-%02u", y, m);
            assert_int_equal(cd_month_read(expected, 7, &seconds), CD_TIME_OK);
            assert_int_equal(seconds, cd_days_of(y, m, 1) * 86400);
            assert_int_equal(cd_month_write(seconds, text), 7);
            assert_string_equal(text, expected);
        }
    int64_t seconds;
    assert_int_equal(cd_month_read("2026-13", 7, &seconds), CD_TIME_RANGE);
    assert_int_equal(cd_month_read("0000-01", 7, &seconds), CD_TIME_RANGE);
    assert_int_equal(cd_month_read("2026-1", 6, &seconds), CD_TIME_SHAPE);
    assert_int_equal(cd_month_read("2026-01-01", 10, &seconds), CD_TIME_SHAPE);
    assert_int_equal(cd_month_read("2026/01", 7, &seconds), CD_TIME_SHAPE);
    assert_int_equal(cd_month_read("202a-01", 7, &seconds), CD_TIME_SHAPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day),    cmocka_unit_test(every_second_of_a_day), cmocka_unit_test(known_times),
        cmocka_unit_test(spoilt_times), cmocka_unit_test(months),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
