/* SPDX-License-Identifier: GPL-3.0-or-later
 * temporal.c: arithmetic of times, dates and durations. How they are read and written is in temporal_text.c. */
#include "queries/language/temporal.h"

#include <math.h>

static const int64_t DAY = 86400;
static const int64_t MONTH = 2629746; /* seconds: a twelfth of 365.2425 days */

bool temporal_in_calendar(int64_t seconds)
{
    return seconds >= cd_days_of(1, 1, 1) * DAY && seconds < (cd_days_of(9999, 12, 31) + 1) * DAY;
}

/* Division that rounds down. */
static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

int64_t temporal_seconds(value v) { return v.type == VALUE_TIME ? v.as.seconds : v.as.days * DAY; }

/* ---- Durations from units ---- */

static bool add_part(int64_t *to, int64_t n, int64_t factor)
{
    return !__builtin_mul_overflow(n, factor, &n) && !__builtin_add_overflow(*to, n, to);
}

/* A fraction of a unit that is `factor` smaller ones: as whole ones of those, and what is left. */
static int64_t whole_of(double *fraction, double factor)
{
    double all = *fraction * factor, whole = trunc(all);
    *fraction = all - whole;
    return (int64_t)whole;
}

static bool add_seconds(temporal_sum *sum, int64_t whole, double rest)
{
    sum->rest += rest;
    return add_part(&sum->whole.seconds, whole, 1);
}

static bool add_days(temporal_sum *sum, int64_t whole, int64_t factor, double fraction)
{
    int64_t more = whole_of(&fraction, (double)factor), seconds = whole_of(&fraction, (double)DAY);
    return add_part(&sum->whole.days, whole, factor) && add_part(&sum->whole.days, more, 1) &&
           add_seconds(sum, seconds, fraction);
}

static bool add_months(temporal_sum *sum, int64_t whole, int64_t factor, double fraction)
{
    int64_t more = whole_of(&fraction, (double)factor), seconds = whole_of(&fraction, (double)MONTH);
    return add_part(&sum->whole.months, whole, factor) && add_part(&sum->whole.months, more, 1) &&
           add_part(&sum->whole.days, seconds / DAY, 1) && add_seconds(sum, seconds % DAY, fraction);
}

bool temporal_add_unit(temporal_sum *sum, cd_slice unit, int64_t whole, double fraction)
{
    static const struct {
        const char *name;
        enum { OF_MONTHS, OF_DAYS, OF_SECONDS, OF_PARTS } kind;
        int64_t factor;
    } units[] = {{"years", OF_MONTHS, 12},
                 {"quarters", OF_MONTHS, 3},
                 {"months", OF_MONTHS, 1},
                 {"weeks", OF_DAYS, 7},
                 {"days", OF_DAYS, 1},
                 {"hours", OF_SECONDS, 3600},
                 {"minutes", OF_SECONDS, 60},
                 {"seconds", OF_SECONDS, 1},
                 {"milliseconds", OF_PARTS, 1000},
                 {"microseconds", OF_PARTS, 1000000},
                 {"nanoseconds", OF_PARTS, 1000000000}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t factor = units[i].factor, seconds = 0;
        if (!cd_slice_equal(unit, cd_slice_of(units[i].name))) continue;
        switch (units[i].kind) {
        case OF_MONTHS: return add_months(sum, whole, factor, fraction);
        case OF_DAYS: return add_days(sum, whole, factor, fraction);
        case OF_SECONDS:
            seconds = whole_of(&fraction, (double)factor);
            return add_part(&sum->whole.seconds, whole, factor) && add_seconds(sum, seconds, fraction);
        case OF_PARTS: return add_seconds(sum, whole / factor, ((double)(whole % factor) + fraction) / (double)factor);
        }
    }
    return false;
}

value_span temporal_sum_end(const temporal_sum *sum)
{
    value_span span = sum->whole;
    /* A tenth of a day is 8,640 seconds, whatever its double says. */
    double rest = sum->rest + copysign(1e-7, sum->rest);
    if (!add_part(&span.seconds, (int64_t)rest, 1)) span.seconds = rest < 0 ? INT64_MIN : INT64_MAX;
    return span;
}

/* ---- Moving ---- */

/* The same day so many months on, or the last of a shorter month. */
static bool move_months(int64_t seconds, int64_t months, int64_t *out)
{
    cd_civil c = cd_civil_of(seconds);
    int64_t at;
    if (__builtin_add_overflow((int64_t)c.year * 12 + c.month - 1, months, &at)) return false;
    int64_t year = floor_div(at, 12);
    uint32_t month = (uint32_t)(at - year * 12) + 1;
    if (year < 1 || year > 9999) return false;
    uint32_t last = cd_days_in_month((int32_t)year, month);
    *out =
        cd_days_of((int32_t)year, month, c.day < last ? c.day : last) * DAY + (seconds - floor_div(seconds, DAY) * DAY);
    return true;
}

bool temporal_move(value v, const value_span *span, int times, value *out)
{
    int64_t at = temporal_seconds(v), days, seconds;
    if (span->months == INT64_MIN || !move_months(at, times * span->months, &at)) return false;
    if (__builtin_mul_overflow(span->days, times * DAY, &days) ||
        __builtin_mul_overflow(span->seconds, (int64_t)times, &seconds))
        return false;
    if (v.type == VALUE_DATE) seconds = seconds / DAY * DAY;
    if (__builtin_add_overflow(at, days, &at) || __builtin_add_overflow(at, seconds, &at) || !temporal_in_calendar(at))
        return false;
    *out = v.type == VALUE_DATE ? value_date(floor_div(at, DAY)) : value_time(at);
    return true;
}

value_span temporal_between(int64_t a, int64_t b)
{
    cd_civil x = cd_civil_of(a), y = cd_civil_of(b);
    int64_t at = a, months = ((int64_t)y.year - x.year) * 12 + y.month - x.month;
    (void)move_months(a, months, &at); /* it lands in the month of b */
    if (b >= a && at > b) months--;
    if (b < a && at < b) months++;
    (void)move_months(a, months, &at);
    return (value_span){.months = months, .days = (b - at) / DAY, .seconds = (b - at) % DAY};
}

/* ---- Weeks, and truncation ---- */

/* 1: Monday to 7: Sunday. The first day of 1970 was a Thursday. */
static int64_t day_of_week(int64_t days) { return days + 3 - floor_div(days + 3, 7) * 7 + 1; }

/* The Monday of the week that has the year's first Thursday. */
static int64_t first_monday(int32_t year)
{
    int64_t fourth = cd_days_of(year, 1, 4);
    return fourth - day_of_week(fourth) + 1;
}

static int32_t week_year(int64_t days)
{
    int64_t thursday = days - day_of_week(days) + 4;
    return cd_civil_of(thursday * DAY).year;
}

bool temporal_of_week(int32_t year, int64_t week, int64_t day, int64_t *days)
{
    if (year < 1 || year > 9999 || week < 1 || week > 53 || day < 1 || day > 7) return false;
    *days = first_monday(year) + (week - 1) * 7 + day - 1;
    return week_year(*days) == year && temporal_in_calendar(*days * DAY);
}

bool temporal_of_ordinal(int32_t year, int64_t day, int64_t *days)
{
    if (year < 1 || year > 9999 || day < 1 || day > 366) return false;
    *days = cd_days_of(year, 1, 1) + day - 1;
    return cd_civil_of(*days * DAY).year == year;
}

static bool truncate_year(int32_t year, int64_t *out)
{
    *out = cd_days_of(year, 1, 1) * DAY;
    return year >= 1;
}

bool temporal_truncate(cd_slice unit, int64_t seconds, int64_t *out)
{
    static const char *const names[] = {"second",  "minute", "hour",     "day",    "week",    "month",
                                        "quarter", "year",   "weekYear", "decade", "century", "millennium"};
    static const int64_t steps[] = {1, 60, 3600, 86400};
    int64_t days = floor_div(seconds, DAY);
    cd_civil c = cd_civil_of(seconds);
    uint32_t u = 0;
    while (u < sizeof names / sizeof *names && !cd_slice_equal(unit, cd_slice_of(names[u]))) u++;
    switch (u) {
    case 0:
    case 1:
    case 2:
    case 3: *out = floor_div(seconds, steps[u]) * steps[u]; return true;
    case 4: *out = (days - day_of_week(days) + 1) * DAY; return temporal_in_calendar(*out);
    case 5: *out = cd_days_of(c.year, c.month, 1) * DAY; return true;
    case 6: *out = cd_days_of(c.year, (uint32_t)(c.month - 1) / 3 * 3 + 1, 1) * DAY; return true;
    case 7: return truncate_year(c.year, out);
    case 8: *out = first_monday(week_year(days)) * DAY; return temporal_in_calendar(*out);
    case 9: return truncate_year(c.year / 10 * 10, out);
    case 10: return truncate_year(c.year / 100 * 100, out);
    case 11: return truncate_year(c.year / 1000 * 1000, out);
    default: return false;
    }
}

/* ---- Parts ---- */

typedef struct {
    const char *name;
    int64_t is;
} named_part;

static bool find_part(const named_part *parts, size_t n, cd_slice name, value *out)
{
    for (size_t i = 0; i < n; i++)
        if (cd_slice_equal(cd_slice_of(parts[i].name), name)) return *out = value_integer(parts[i].is), true;
    return false;
}

static bool part_of_date(int64_t days, cd_slice name, value *out)
{
    cd_civil c = cd_civil_of(days * DAY);
    int32_t year_of_week = week_year(days);
    uint32_t quarter = (uint32_t)(c.month - 1) / 3;
    const named_part parts[] = {
        {"year", c.year},
        {"quarter", quarter + 1},
        {"month", c.month},
        {"day", c.day},
        {"week", (days - first_monday(year_of_week)) / 7 + 1},
        {"weekYear", year_of_week},
        {"dayOfWeek", day_of_week(days)},
        {"weekDay", day_of_week(days)},
        {"ordinalDay", days - cd_days_of(c.year, 1, 1) + 1},
        {"dayOfQuarter", days - cd_days_of(c.year, quarter * 3 + 1, 1) + 1},
    };
    return find_part(parts, sizeof parts / sizeof *parts, name, out);
}

static bool part_of_time(int64_t seconds, cd_slice name, value *out)
{
    cd_civil c = cd_civil_of(seconds);
    const named_part parts[] = {
        {"hour", c.hour},     {"minute", c.minute}, {"second", c.second},      {"millisecond", 0},
        {"microsecond", 0},   {"nanosecond", 0},    {"epochSeconds", seconds}, {"epochMillis", seconds * 1000},
        {"offsetMinutes", 0}, {"offsetSeconds", 0},
    };
    if (cd_slice_equal(name, cd_slice_of("timezone")) || cd_slice_equal(name, cd_slice_of("offset")))
        return *out = value_text(cd_slice_of("Z")), true;
    return find_part(parts, sizeof parts / sizeof *parts, name, out) ||
           part_of_date(floor_div(seconds, DAY), name, out);
}

static bool part_of_span(const value_span *s, cd_slice name, value *out)
{
    const named_part parts[] = {
        {"years", s->months / 12},
        {"quarters", s->months / 3},
        {"months", s->months},
        {"weeks", s->days / 7},
        {"days", s->days},
        {"hours", s->seconds / 3600},
        {"minutes", s->seconds / 60},
        {"seconds", s->seconds},
        {"quartersOfYear", s->months / 3 % 4},
        {"monthsOfQuarter", s->months % 3},
        {"monthsOfYear", s->months % 12},
        {"daysOfWeek", s->days % 7},
        {"minutesOfHour", s->seconds / 60 % 60},
        {"secondsOfMinute", s->seconds % 60},
    };
    return find_part(parts, sizeof parts / sizeof *parts, name, out);
}

bool temporal_part(value v, cd_slice name, value *out)
{
    switch (v.type) {
    case VALUE_TIME: return part_of_time(v.as.seconds, name, out);
    case VALUE_DATE: return part_of_date(v.as.days, name, out);
    default: return part_of_span(v.as.span, name, out);
    }
}
