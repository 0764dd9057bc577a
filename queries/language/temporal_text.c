/* SPDX-License-Identifier: GPL-3.0-or-later
 * temporal_text.c: times, dates and durations as ISO 8601 writes them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "queries/language/temporal.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* ---- Dates ---- */

/* The shape of a text: d for a digit, else what stands there. */
static bool has_shape(cd_slice text, const char *shape)
{
    if (text.n != strlen(shape)) return false;
    for (uint32_t i = 0; i < text.n; i++)
        if (shape[i] == 'd' ? !is_digit(text.bytes[i]) : text.bytes[i] != shape[i]) return false;
    return true;
}

static int32_t number_at(cd_slice text, uint32_t at, uint32_t n)
{
    int32_t number = 0;
    for (uint32_t i = 0; i < n; i++) number = number * 10 + (text.bytes[at + i] - '0');
    return number;
}

static bool of_calendar(int32_t year, int32_t month, int32_t day, int64_t *days)
{
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > (int32_t)cd_days_in_month(year, (uint32_t)month))
        return false;
    *days = cd_days_of(year, (uint32_t)month, (uint32_t)day);
    return true;
}

bool temporal_read_date(cd_slice t, int64_t *days)
{
    if (t.n < 4 || !is_digit(t.bytes[0]) || !is_digit(t.bytes[1]) || !is_digit(t.bytes[2]) || !is_digit(t.bytes[3]))
        return false;
    int32_t year = number_at(t, 0, 4);
    if (has_shape(t, "dddd-dd-dd")) return of_calendar(year, number_at(t, 5, 2), number_at(t, 8, 2), days);
    if (has_shape(t, "dddddddd")) return of_calendar(year, number_at(t, 4, 2), number_at(t, 6, 2), days);
    if (has_shape(t, "dddd-dd")) return of_calendar(year, number_at(t, 5, 2), 1, days);
    if (has_shape(t, "dddddd")) return of_calendar(year, number_at(t, 4, 2), 1, days);
    if (has_shape(t, "dddd")) return of_calendar(year, 1, 1, days);
    if (has_shape(t, "dddd-Wdd-d")) return temporal_of_week(year, number_at(t, 6, 2), number_at(t, 9, 1), days);
    if (has_shape(t, "ddddWddd")) return temporal_of_week(year, number_at(t, 5, 2), number_at(t, 7, 1), days);
    if (has_shape(t, "dddd-Wdd")) return temporal_of_week(year, number_at(t, 6, 2), 1, days);
    if (has_shape(t, "ddddWdd")) return temporal_of_week(year, number_at(t, 5, 2), 1, days);
    if (has_shape(t, "dddd-ddd")) return temporal_of_ordinal(year, number_at(t, 5, 3), days);
    if (has_shape(t, "ddddddd")) return temporal_of_ordinal(year, number_at(t, 4, 3), days);
    return false;
}

/* The clock after a date: civil.h reads it, behind a day that it can move by an offset. */
static bool read_clock(const char *from, uint32_t n, int64_t *seconds)
{
    char text[64] = "2000-01-02T";
    uint32_t at = 11;
    bool zone;
    if (n == 0 || n > sizeof text - at - 4) return false;
    memcpy(text + at, from, n), at += n;
    if (n == 2 || (n > 2 && is_digit(from[0]) && is_digit(from[1]) && from[2] != ':' && !is_digit(from[2]))) {
        memmove(text + 16, text + 13, at - 13); /* the hour alone: `T07`, `T07Z` */
        memcpy(text + 13, ":00", 3), at += 3;
    }
    if (cd_time_read(text, at, seconds, &zone) != CD_TIME_OK) return false;
    *seconds -= cd_days_of(2000, 1, 2) * 86400;
    return true;
}

bool temporal_read_time(cd_slice text, int64_t *seconds)
{
    uint32_t at = 0;
    int64_t days, clock = 0;
    while (at < text.n && text.bytes[at] != 'T' && text.bytes[at] != 't' && text.bytes[at] != ' ') at++;
    if (!temporal_read_date((cd_slice){text.bytes, at}, &days)) return false;
    if (at < text.n && !read_clock(text.bytes + at + 1, text.n - at - 1, &clock)) return false;
    *seconds = days * 86400 + clock;
    return temporal_in_calendar(*seconds);
}

/* ---- Durations ---- */

/* A number with a fraction, of either sign, apart: the fraction has the sign too. */
static bool read_amount(cd_slice t, uint32_t *at, int64_t *whole, double *fraction)
{
    bool negative = *at < t.n && t.bytes[*at] == '-';
    double unit = 1;
    uint32_t begin;
    if (*at < t.n && (t.bytes[*at] == '-' || t.bytes[*at] == '+')) ++*at;
    *whole = 0, *fraction = 0;
    for (begin = *at; *at < t.n && is_digit(t.bytes[*at]); ++*at)
        if (__builtin_mul_overflow(*whole, 10, whole) || __builtin_add_overflow(*whole, t.bytes[*at] - '0', whole))
            return false;
    if (*at == begin) return false;
    if (*at < t.n && (t.bytes[*at] == '.' || t.bytes[*at] == ',')) {
        for (begin = ++*at; *at < t.n && is_digit(t.bytes[*at]); ++*at)
            unit /= 10, *fraction += unit * (t.bytes[*at] - '0');
        if (*at == begin) return false;
    }
    if (negative) *whole = -*whole, *fraction = -*fraction;
    return true;
}

bool temporal_read_span(cd_slice t, value_span *out)
{
    static const struct {
        char letter;
        const char *unit;
    } dated[] = {{'Y', "years"}, {'M', "months"}, {'W', "weeks"}, {'D', "days"}},
      timed[] = {{'H', "hours"}, {'M', "minutes"}, {'S', "seconds"}};
    temporal_sum sum = {0};
    bool clock = false, any = false;
    uint32_t at = 1, next = 0; /* units stand in this order, each once */
    if (t.n < 3 || t.bytes[0] != 'P') return false;
    while (at < t.n) {
        int64_t whole;
        double fraction;
        if (!clock && t.bytes[at] == 'T') {
            clock = true, any = false, next = 0, at++;
            continue;
        }
        if (!read_amount(t, &at, &whole, &fraction) || at == t.n) return false;
        uint32_t n = clock ? 3 : 4;
        while (next < n && (clock ? timed[next].letter : dated[next].letter) != t.bytes[at]) next++;
        if (next == n) return false;
        if (!temporal_add_unit(&sum, cd_slice_of(clock ? timed[next].unit : dated[next].unit), whole, fraction))
            return false;
        next++, at++, any = true;
    }
    *out = temporal_sum_end(&sum);
    return any;
}

/* ---- Writing ---- */

static size_t write_part(char *out, int64_t n, char unit)
{
    return n ? (size_t)snprintf(out, 32, "%" PRId64 "%c", n, unit) : 0;
}

static size_t write_span(const value_span *s, char out[TEMPORAL_TEXT])
{
    size_t n = 0;
    out[n++] = 'P';
    n += write_part(out + n, s->months / 12, 'Y');
    n += write_part(out + n, s->months % 12, 'M');
    n += write_part(out + n, s->days, 'D');
    if (s->seconds) {
        out[n++] = 'T';
        n += write_part(out + n, s->seconds / 3600, 'H');
        n += write_part(out + n, s->seconds / 60 % 60, 'M');
        n += write_part(out + n, s->seconds % 60, 'S');
    }
    if (n == 1) memcpy(out + n, "T0S", 3), n += 3;
    out[n] = '\0';
    return n;
}

size_t temporal_write(value v, char out[TEMPORAL_TEXT])
{
    if (v.type == VALUE_DURATION) return write_span(v.as.span, out);
    cd_time_write(temporal_seconds(v), out);
    size_t n = v.type == VALUE_DATE ? 10 : 20;
    out[n] = '\0';
    return n;
}
