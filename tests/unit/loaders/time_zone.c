/* SPDX-License-Identifier: GPL-3.0-or-later
 * time_zone.c: wall times to UTC: known transitions of London, both odd hours, years beyond the table, other rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/memory.h"
#include "loaders/time_zone.h"

static int64_t seconds_of(const char *text)
{
    int64_t seconds;
    bool has_zone;
    assert_int_equal(cd_time_read(text, strlen(text), &seconds, &has_zone), CD_TIME_OK);
    return seconds;
}

static time_zone *zone_of(const char *name)
{
    time_zone *zone = NULL;
    cd_err err = {0};
    if (time_zone_open(name, &zone, &err) != CD_OK) fail_msg("%s", err.text);
    return zone;
}

typedef struct {
    const char *wall, *utc;
} pair;

static void check(const char *name, const pair *pairs, size_t n)
{
    time_zone *zone = zone_of(name);
    time_zone_step step = {0};
    for (size_t round = 0; round < 2; round++) /* with the step of the pair before, then each anew */
        for (size_t i = 0; i < n; i++) {
            char got[CD_TIME_TEXT];
            if (round) step = (time_zone_step){0};
            cd_time_write(time_zone_to_utc(zone, &step, seconds_of(pairs[i].wall)), got);
            if (strcmp(got, pairs[i].utc) != 0)
                fail_msg("%s %s: %s, not %s", name, pairs[i].wall, got, pairs[i].utc);
        }
    time_zone_close(zone);
}
#define CHECK(name, pairs) check(name, pairs, sizeof(pairs) / sizeof *(pairs))

static void london(void **state)
{
    (void)state;
    static const pair pairs[] = {
        {"2026-01-15T12:00:00", "2026-01-15T12:00:00Z"}, {"2026-07-15T12:00:00", "2026-07-15T11:00:00Z"},
        /* 29 March 2026: 01:00 does not come; it moves forward to 02:00 */
        {"2026-03-29T00:59:59", "2026-03-29T00:59:59Z"}, {"2026-03-29T01:00:00", "2026-03-29T01:00:00Z"},
        {"2026-03-29T01:30:00", "2026-03-29T01:30:00Z"}, {"2026-03-29T01:59:59", "2026-03-29T01:59:59Z"},
        {"2026-03-29T02:00:00", "2026-03-29T01:00:00Z"},
        /* 25 October 2026: 01:00 to 02:00 comes twice; the first is meant */
        {"2026-10-25T00:59:59", "2026-10-24T23:59:59Z"}, {"2026-10-25T01:00:00", "2026-10-25T00:00:00Z"},
        {"2026-10-25T01:59:59", "2026-10-25T00:59:59Z"}, {"2026-10-25T02:00:00", "2026-10-25T02:00:00Z"},
        /* British Standard Time, 1968 to 1971; double summer time in 1943; local mean time before 1847 */
        {"1970-01-01T00:00:00", "1969-12-31T23:00:00Z"}, {"1943-07-01T12:00:00", "1943-07-01T10:00:00Z"},
        {"1840-01-01T00:00:00", "1840-01-01T00:01:15Z"},
    };
    CHECK("Europe/London", pairs);
}

/* After the last transition listed the rule in the file's last line holds, for ever. */
static void beyond_the_table(void **state)
{
    (void)state;
    static const pair pairs[] = {
        {"2040-03-25T00:59:59", "2040-03-25T00:59:59Z"}, {"2040-03-25T02:00:00", "2040-03-25T01:00:00Z"},
        {"2040-10-28T01:59:59", "2040-10-28T00:59:59Z"}, {"2040-10-28T02:00:00", "2040-10-28T02:00:00Z"},
        {"2438-07-01T12:00:00", "2438-07-01T11:00:00Z"}, {"2439-07-01T12:00:00", "2439-07-01T11:00:00Z"},
        {"9999-07-01T12:00:00", "9999-07-01T11:00:00Z"}, {"9999-12-31T23:59:59", "9999-12-31T23:59:59Z"},
    };
    CHECK("Europe/London", pairs);
    /* The same in every year as 400 years later. */
    time_zone *zone = zone_of("Europe/London");
    for (int32_t year = 2040; year < 2500; year++)
        for (int64_t hour = 0; hour < 24 * 366; hour += 5) {
            int64_t wall = cd_days_of(year, 1, 1) * 86400 + hour * 3600;
            int64_t later = wall + (int64_t)146097 * 86400;
            assert_int_equal(time_zone_step_at(zone, wall).offset, time_zone_step_at(zone, later).offset);
        }
    time_zone_close(zone);
}

static void other_rules(void **state)
{
    (void)state;
    static const pair new_york[] = {{"2026-03-08T02:30:00", "2026-03-08T07:30:00Z"}, {"2026-11-01T01:30:00", "2026-11-01T05:30:00Z"},
                                    {"2050-07-01T00:00:00", "2050-07-01T04:00:00Z"}, {"2050-12-01T00:00:00", "2050-12-01T05:00:00Z"}};
    static const pair sydney[] = {{"2026-01-01T00:00:00", "2025-12-31T13:00:00Z"}, {"2026-07-01T00:00:00", "2026-06-30T14:00:00Z"},
                                  {"2060-01-01T00:00:00", "2059-12-31T13:00:00Z"}, {"2060-07-01T00:00:00", "2060-06-30T14:00:00Z"}};
    static const pair kolkata[] = {{"2026-01-01T00:00:00", "2025-12-31T18:30:00Z"}, {"2100-01-01T00:00:00", "2099-12-31T18:30:00Z"}};
    static const pair lord_howe[] = {{"2026-01-01T00:00:00", "2025-12-31T13:00:00Z"}, {"2026-07-01T00:00:00", "2026-06-30T13:30:00Z"}};
    static const pair etc[] = {{"2026-01-01T00:00:00", "2026-01-01T05:00:00Z"}, {"1890-01-01T00:00:00", "1890-01-01T05:00:00Z"}};
    static const pair fixed[] = {{"2026-01-01T00:00:00", "2025-12-31T23:00:00Z"}};
    static const pair utc[] = {{"2026-01-01T00:00:00", "2026-01-01T00:00:00Z"}};
    CHECK("America/New_York", new_york);
    CHECK("Australia/Sydney", sydney);
    CHECK("Asia/Kolkata", kolkata);
    CHECK("Australia/Lord_Howe", lord_howe);
    CHECK("Etc/GMT+5", etc);
    CHECK("+01:00", fixed);
    CHECK("+0100", fixed);
    CHECK("+01", fixed);
    CHECK("UTC", utc);
    CHECK("Z", utc);
    CHECK("Etc/UTC", utc);
}

/* In every hour of forty years: no earlier wall time gives a later UTC but where the clock goes back, and what comes out
 * reads back on the wall unless it fell into a gap. */
static void steps_are_steps(void **state)
{
    (void)state;
    time_zone *zone = zone_of("Europe/London");
    int64_t from = cd_days_of(2000, 1, 1) * 86400, to = cd_days_of(2040, 1, 1) * 86400, before = INT64_MIN;
    uint32_t n_gaps = 0, n_folds = 0;
    for (int64_t wall = from; wall < to; wall += 1800) {
        time_zone_step step = {0};
        int64_t utc = time_zone_to_utc(zone, &step, wall);
        assert_true(step.lo <= wall && wall < step.hi);
        if (before != INT64_MIN) {
            n_gaps += utc - before < 1800;
            n_folds += utc - before > 1800;
        }
        before = utc;
    }
    assert_int_equal(n_gaps, 40);
    assert_int_equal(n_folds, 40);
    time_zone_close(zone);
}

static void refused(void **state)
{
    static const char *const names[] = {"",        "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "Europe",
                                        "+25:00",  "1:00",           "London;rm",        "tzdata.zi",      "zone.tab"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        time_zone *zone = NULL;
        cd_err err = {0};
        assert_int_not_equal(time_zone_open(names[i], &zone, &err), CD_OK);
        assert_null(zone);
        assert_true(err.text[0] != '\0');
    }
}

/* A zone file with every byte changed in turn, and cut at every length: taken or refused, never worse. */
static void damaged(void **state)
{
    (void)state;
    static const char head[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0" /* an empty version 1 part */
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0"
                               "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\4"
                               "\0\0\0\0\x38\x6d\x43\x80\1"
                               "\0\0\0\0\0\0"
                               "\0\0\x0e\x10\0\0"
                               "GMT\0\nGMT0BST,M3.5.0/1,M10.5.0\n";
    char bytes[sizeof head];
    time_zone *zone = NULL;
    cd_err err = {0};
    size_t n = sizeof head - 1;
    /* The first header has 44 bytes; what is written above has them all. */
    assert_int_equal(time_zone_parse("T", head, n, &zone, &err), CD_OK);
    assert_int_equal(time_zone_step_at(zone, seconds_of("1999-12-31")).offset, 0);
    assert_int_equal(time_zone_step_at(zone, seconds_of("2000-01-02")).offset, 3600);
    time_zone_close(zone);
    for (size_t cut = 0; cut < n; cut++) {
        cd_err why = {0};
        zone = NULL;
        if (time_zone_parse("T", head, cut, &zone, &why) == CD_OK) (void)time_zone_step_at(zone, INT64_C(4000000000));
        time_zone_close(zone);
    }
    for (size_t at = 0; at < n; at++)
        for (int value = 0; value < 256; value += 5) {
            cd_err why = {0};
            memcpy(bytes, head, n);
            bytes[at] = (char)value;
            zone = NULL;
            if (time_zone_parse("T", bytes, n, &zone, &why) == CD_OK)
                for (int64_t wall = -INT64_C(62135596800); wall < INT64_C(253402300800); wall += INT64_C(7777777777))
                    (void)time_zone_step_at(zone, wall);
            time_zone_close(zone);
        }
}

static void gives_memory_back(void **state)
{
    (void)state;
    size_t before = cd_memory_now();
    for (int64_t k = 0; k < 20; k++) {
        time_zone *zone = NULL;
        cd_err err = {0};
        cd_memory_fail_at(k);
        cd_status st = time_zone_open("Europe/London", &zone, &err);
        cd_memory_fail_at(-1);
        assert_true(st == CD_OK || (st == CD_EMEMORY && !zone));
        time_zone_close(zone);
        assert_int_equal(cd_memory_now(), before);
        if (st == CD_OK) return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(london),  cmocka_unit_test(beyond_the_table), cmocka_unit_test(other_rules),
        cmocka_unit_test(steps_are_steps), cmocka_unit_test(refused), cmocka_unit_test(damaged),
        cmocka_unit_test(gives_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
