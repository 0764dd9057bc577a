/* SPDX-License-Identifier: GPL-3.0-or-later
 * functions_time.c: functions that make times, dates and durations, and that ask how they lie. */
#include <math.h>

#include "queries/language/function_list.h"
#include "queries/language/operate.h"
#include "queries/language/temporal.h"

static bool is_moment(value v) { return v.type == VALUE_TIME || v.type == VALUE_DATE; }

static int64_t floor_days(int64_t seconds) { return seconds / 86400 - (seconds % 86400 < 0); }

static value moment_of(bool time, int64_t seconds)
{
    return time ? value_time(seconds) : value_date(floor_days(seconds));
}

static cd_status must_be_moment(evaluation *e, value v, const char *name, cd_err *err)
{
    if (is_moment(v)) return CD_OK;
    return evaluation_fault(e, "TypeError", "InvalidArgumentType", err, "%s() takes times and dates, not %s", name,
                            value_type_name(v));
}

/* ---- From parts ---- */

/* What a map says of a time. `given` has a bit for each part that it names. */
enum {
    YEAR,
    MONTH,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    WEEK,
    DAY_OF_WEEK,
    ORDINAL_DAY,
    QUARTER,
    DAY_OF_QUARTER,
    EPOCH_SECONDS,
    EPOCH_MILLIS,
    N_PARTS
};
typedef struct {
    int64_t part[N_PARTS], base; /* base: seconds of `datetime` or `date`, what is not named comes from */
    uint32_t given;
    bool has_base;
    int64_t offset;
} moment_parts;

static bool has(const moment_parts *p, int part) { return p->given & 1u << part; }

static cd_status bad_part(evaluation *e, const char *function, cd_slice key, const char *why, cd_err *err)
{
    cd_slice shown = cd_slice_cut(key, 60);
    return evaluation_fault(e, "ArgumentError", "InvalidArgumentValue", err, "%s(): `%.*s` %s", function, (int)shown.n,
                            shown.bytes, why);
}

static cd_status read_part(evaluation *e, const char *function, const value_entry *entry, moment_parts *p, cd_err *err)
{
    static const char *const names[N_PARTS] = {"year",         "month",        "day",        "hour",       "minute",
                                               "second",       "week",         "dayOfWeek",  "ordinalDay", "quarter",
                                               "dayOfQuarter", "epochSeconds", "epochMillis"};
    cd_slice key = entry->key;
    value v = entry->value;
    if (v.type == VALUE_NULL) return bad_part(e, function, key, "is null", err);
    if ((cd_slice_equal(key, cd_slice_of("datetime")) || cd_slice_equal(key, cd_slice_of("date"))) && is_moment(v)) {
        p->base = temporal_seconds(v), p->has_base = true;
        return CD_OK;
    }
    if (cd_slice_equal(key, cd_slice_of("timezone")) && v.type == VALUE_TEXT) {
        char text[32] = "2000-01-02T00:00:00";
        bool zone = false;
        if (v.n < 10) memcpy(text + 19, v.as.text, v.n);
        if (v.n >= 10 || cd_time_read(text, 19 + v.n, &p->offset, &zone) != CD_TIME_OK || !zone)
            return bad_part(e, function, key, "is no offset such as Z or +01:00", err);
        p->offset -= cd_days_of(2000, 1, 2) * 86400;
        return CD_OK;
    }
    /* Less than a second is cut off. */
    bool less = cd_slice_equal(key, cd_slice_of("millisecond")) || cd_slice_equal(key, cd_slice_of("microsecond")) ||
                cd_slice_equal(key, cd_slice_of("nanosecond"));
    if (less && v.type == VALUE_INTEGER) return CD_OK;
    for (int i = 0; i < N_PARTS; i++) {
        if (!cd_slice_equal(key, cd_slice_of(names[i]))) continue;
        if (v.type != VALUE_INTEGER) return bad_part(e, function, key, "is no integer", err);
        p->part[i] = v.as.integer, p->given |= 1u << i;
        return CD_OK;
    }
    return bad_part(e, function, key, "is no part of a time", err);
}

static bool in_range(int64_t v, int64_t lo, int64_t hi) { return v >= lo && v <= hi; }

/* The day that the parts name, in one of four ways: by month, week, quarter or the day of the year. */
static bool day_of_parts(const moment_parts *p, int64_t *days)
{
    static const int64_t months[] = {1, 4, 7, 10};
    cd_civil base = cd_civil_of(p->base);
    int64_t base_days = floor_days(p->base), year = has(p, YEAR) ? p->part[YEAR] : base.year;
    value of_base = value_null();
    if (!in_range(year, 1, 9999)) return false;
    if (has(p, WEEK)) {
        (void)temporal_part(value_date(base_days), cd_slice_of("dayOfWeek"), &of_base);
        int64_t day = has(p, DAY_OF_WEEK) ? p->part[DAY_OF_WEEK] : p->has_base ? of_base.as.integer : 1;
        return temporal_of_week((int32_t)year, p->part[WEEK], day, days);
    }
    if (has(p, ORDINAL_DAY)) return temporal_of_ordinal((int32_t)year, p->part[ORDINAL_DAY], days);
    if (has(p, QUARTER)) {
        if (!in_range(p->part[QUARTER], 1, 4)) return false;
        int64_t day = has(p, DAY_OF_QUARTER) ? p->part[DAY_OF_QUARTER] : 1, quarter = p->part[QUARTER] - 1;
        *days = cd_days_of((int32_t)year, (uint32_t)months[quarter], 1) + day - 1;
        (void)temporal_part(value_date(*days), cd_slice_of("quarter"), &of_base);
        return in_range(day, 1, 92) && of_base.as.integer == quarter + 1;
    }
    int64_t month = has(p, MONTH) ? p->part[MONTH] : p->has_base ? base.month : 1;
    int64_t day = has(p, DAY) ? p->part[DAY] : p->has_base ? base.day : 1;
    if (!in_range(month, 1, 12) || !in_range(day, 1, cd_days_in_month((int32_t)year, (uint32_t)month))) return false;
    *days = cd_days_of((int32_t)year, (uint32_t)month, (uint32_t)day);
    return true;
}

static bool seconds_of_parts(const moment_parts *p, int64_t *seconds)
{
    if (has(p, EPOCH_SECONDS)) return *seconds = p->part[EPOCH_SECONDS], temporal_in_calendar(*seconds);
    if (has(p, EPOCH_MILLIS))
        return *seconds = p->part[EPOCH_MILLIS] / 1000 - (p->part[EPOCH_MILLIS] % 1000 < 0),
               temporal_in_calendar(*seconds);
    if ((!has(p, YEAR) && !p->has_base) || !day_of_parts(p, seconds)) return false;
    cd_civil base = cd_civil_of(p->base);
    int64_t hour = has(p, HOUR) ? p->part[HOUR] : base.hour, minute = has(p, MINUTE) ? p->part[MINUTE] : base.minute;
    int64_t second = has(p, SECOND) ? p->part[SECOND] : base.second;
    if (!in_range(hour, 0, 23) || !in_range(minute, 0, 59) || !in_range(second, 0, 59)) return false;
    *seconds = *seconds * 86400 + hour * 3600 + minute * 60 + second + p->offset;
    return temporal_in_calendar(*seconds);
}

static cd_status from_map(evaluation *e, value map, moment_parts *p, bool time, const char *function, value *out,
                          cd_err *err)
{
    int64_t seconds;
    for (uint32_t i = 0; i < map.n; i++) {
        cd_status st = read_part(e, function, &map.as.entries[i], p, err);
        if (st != CD_OK) return st;
    }
    if (!seconds_of_parts(p, &seconds))
        return evaluation_fault(e, "ArgumentError", "InvalidArgumentValue", err,
                                "%s(): these parts are no day or time of the years 1 to 9999", function);
    *out = moment_of(time, seconds);
    return CD_OK;
}

/* datetime(...) and date(...) */
static cd_status make_moment(evaluation *e, const value *arguments, uint32_t n, bool time, value *out, cd_err *err)
{
    const char *function = time ? "datetime" : "date";
    moment_parts parts = {0};
    int64_t seconds;
    *out = moment_of(time, e->now);
    if (n == 0) return CD_OK;
    value v = arguments[0];
    if (v.type == VALUE_MAP) return from_map(e, v, &parts, time, function, out, err);
    if (is_moment(v)) {
        *out = moment_of(time, temporal_seconds(v));
        return CD_OK;
    }
    if (v.type != VALUE_TEXT)
        return evaluation_fault(e, "TypeError", "InvalidArgumentType", err,
                                "%s() takes a text, a map, a time or a date, not %s", function, value_type_name(v));
    if (!temporal_read_time(value_slice(v), &seconds)) {
        cd_slice shown = cd_slice_cut(value_slice(v), 60);
        return evaluation_fault(e, "ArgumentError", "InvalidArgumentValue", err, "%s(): '%.*s' is none; write %s",
                                function, (int)shown.n, shown.bytes, time ? "'2026-03-01T07:30:00Z'" : "'2026-03-01'");
    }
    *out = moment_of(time, seconds);
    return CD_OK;
}

cd_status function_datetime(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    return make_moment(e, arguments, n, true, out, err);
}

cd_status function_date(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    return make_moment(e, arguments, n, false, out, err);
}

cd_status function_timestamp(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)arguments, (void)n, (void)err;
    *out = value_integer(e->now * 1000);
    return CD_OK;
}

/* ---- Durations ---- */

static cd_status span_of_map(evaluation *e, value map, value *out, cd_err *err)
{
    temporal_sum sum = {0};
    for (uint32_t i = 0; i < map.n; i++) {
        value v = map.as.entries[i].value;
        cd_slice key = map.as.entries[i].key;
        double fraction = 0;
        if (v.type == VALUE_REAL && fabs(v.as.real) < 0x1p62) {
            fraction = v.as.real - trunc(v.as.real);
            v = value_integer((int64_t)v.as.real);
        }
        if (v.type != VALUE_INTEGER) return bad_part(e, "duration", key, "is no number that can be held", err);
        if (!temporal_add_unit(&sum, key, v.as.integer, fraction))
            return bad_part(e, "duration", key,
                            "is no unit of time (years, months, weeks, days, hours, minutes, seconds), or too long",
                            err);
    }
    return value_duration(e->pool, temporal_sum_end(&sum), out, err);
}

cd_status function_duration(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value v = arguments[0];
    value_span span;
    (void)n;
    *out = v;
    if (v.type == VALUE_DURATION) return CD_OK;
    if (v.type == VALUE_MAP) return span_of_map(e, v, out, err);
    if (v.type != VALUE_TEXT)
        return evaluation_fault(e, "TypeError", "InvalidArgumentType", err, "duration() takes a text or a map, not %s",
                                value_type_name(v));
    if (!temporal_read_span(value_slice(v), &span)) {
        cd_slice shown = cd_slice_cut(value_slice(v), 60);
        return evaluation_fault(e, "ArgumentError", "InvalidArgumentValue", err,
                                "duration(): '%.*s' is none; write 'P1DT2H30M' or {days: 1, hours: 2}", (int)shown.n,
                                shown.bytes);
    }
    return value_duration(e->pool, span, out, err);
}

static cd_status between(evaluation *e, const value *arguments, const char *name, value_span *out, int64_t *seconds,
                         cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(must_be_moment(e, arguments[0], name, err));
    CD_TRY(must_be_moment(e, arguments[1], name, err));
    int64_t a = temporal_seconds(arguments[0]), b = temporal_seconds(arguments[1]);
    *out = temporal_between(a, b);
    *seconds = b - a;
done:
    return st;
}

cd_status function_between(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value_span span;
    int64_t seconds;
    cd_status st = between(e, arguments, "duration.between", &span, &seconds, err);
    (void)n;
    return st == CD_OK ? value_duration(e->pool, span, out, err) : st;
}

cd_status function_in_months(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value_span span;
    int64_t seconds;
    cd_status st = between(e, arguments, "duration.inMonths", &span, &seconds, err);
    (void)n;
    return st == CD_OK ? value_duration(e->pool, (value_span){.months = span.months}, out, err) : st;
}

cd_status function_in_days(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value_span span;
    int64_t seconds;
    cd_status st = between(e, arguments, "duration.inDays", &span, &seconds, err);
    (void)n;
    return st == CD_OK ? value_duration(e->pool, (value_span){.days = seconds / 86400}, out, err) : st;
}

cd_status function_in_seconds(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value_span span;
    int64_t seconds;
    cd_status st = between(e, arguments, "duration.inSeconds", &span, &seconds, err);
    (void)n;
    return st == CD_OK ? value_duration(e->pool, (value_span){.seconds = seconds}, out, err) : st;
}

/* ---- Truncation ---- */

static cd_status truncated(evaluation *e, const value *arguments, uint32_t n, bool time, value *out, cd_err *err)
{
    const char *function = time ? "datetime.truncate" : "date.truncate";
    cd_status st = CD_OK;
    moment_parts parts = {.has_base = true};
    if (arguments[0].type != VALUE_TEXT)
        return evaluation_wrong_type(e, arguments[0], "the unit is a text such as 'month'", err);
    CD_TRY(must_be_moment(e, arguments[1], function, err));
    if (!temporal_truncate(value_slice(arguments[0]), temporal_seconds(arguments[1]), &parts.base))
        return bad_part(e, function, value_slice(arguments[0]),
                        "is no unit (second, minute, hour, day, week, month, quarter, year, ...)", err);
    *out = moment_of(time, parts.base);
    if (n > 2 && arguments[2].type != VALUE_MAP)
        return evaluation_wrong_type(e, arguments[2], "the parts to set are a map", err);
    if (n > 2) return from_map(e, arguments[2], &parts, time, function, out, err);
done:
    return st;
}

cd_status function_datetime_truncate(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    return truncated(e, arguments, n, true, out, err);
}

cd_status function_date_truncate(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    return truncated(e, arguments, n, false, out, err);
}

/* ---- How times lie ---- */

/* The bound of a span: null is open. */
static cd_status bound(evaluation *e, value v, int64_t open, const char *name, int64_t *out, cd_err *err)
{
    *out = open;
    if (v.type == VALUE_NULL) return CD_OK;
    if (is_moment(v)) *out = temporal_seconds(v);
    return must_be_moment(e, v, name, err);
}

cd_status function_during(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    int64_t from, to, t;
    (void)n;
    CD_TRY(bound(e, arguments[1], INT64_MIN, "during", &from, err));
    CD_TRY(bound(e, arguments[2], INT64_MAX, "during", &to, err));
    CD_TRY(bound(e, arguments[0], 0, "during", &t, err));
    if (arguments[0].type != VALUE_NULL) *out = value_boolean(t >= from && t < to);
done:
    return st;
}

/* [a, b) and [c, d) share a moment: each begins before the other ends, and neither is empty. */
cd_status function_overlaps(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    int64_t a, b, c, d;
    (void)n;
    CD_TRY(bound(e, arguments[0], INT64_MIN, "overlaps", &a, err));
    CD_TRY(bound(e, arguments[1], INT64_MAX, "overlaps", &b, err));
    CD_TRY(bound(e, arguments[2], INT64_MIN, "overlaps", &c, err));
    CD_TRY(bound(e, arguments[3], INT64_MAX, "overlaps", &d, err));
    *out = value_boolean(a < b && c < d && a < d && c < b);
done:
    return st;
}
