/* SPDX-License-Identifier: GPL-3.0-or-later
 * civil.c: the calendar, after Howard Hinnant's "chrono-compatible low-level date algorithms": eras of 400 years that
 * begin on 1 March, so that the leap day is the last of its year. */
#include "engine/base/civil.h"

#include <string.h>

int64_t cd_days_of(int32_t year, uint32_t month, uint32_t day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    uint32_t of_era = (uint32_t)(y - era * 400);
    uint32_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    uint32_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * 146097 + (int64_t)day_of_era - 719468;
}

cd_civil cd_civil_of(int64_t seconds)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) rest += 86400, days--;
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    uint32_t of_era = (uint32_t)(days - era * 146097);
    uint32_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t m = (5 * of_year + 2) / 153;
    uint32_t month = m < 10 ? m + 3 : m - 9;
    return (cd_civil){.year = (int32_t)(era * 400 + year_of_era + (month <= 2)),
                      .month = (uint8_t)month,
                      .day = (uint8_t)(of_year - (153 * m + 2) / 5 + 1),
                      .hour = (uint8_t)(rest / 3600),
                      .minute = (uint8_t)(rest / 60 % 60),
                      .second = (uint8_t)(rest % 60)};
}

int32_t cd_month_of(int64_t seconds)
{
    cd_civil c = cd_civil_of(seconds);
    return (c.year - 1970) * 12 + c.month - 1;
}

uint32_t cd_days_in_month(int32_t year, uint32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* `count` digits at p as a number, or -1. */
static int32_t digits(const char *p, size_t count)
{
    int32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9') return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

/* The suffix after a time: its offset in seconds in *offset. */
static bool zone_suffix(const char *p, size_t n, int64_t *offset)
{
    if (n == 1 && (*p == 'Z' || *p == 'z')) return *offset = 0, true;
    if (n < 3 || (*p != '+' && *p != '-')) return false;
    int32_t h = digits(p + 1, 2), m = 0;
    if (n == 6 && p[3] == ':') m = digits(p + 4, 2);
    else if (n == 5) m = digits(p + 3, 2);
    else if (n != 3) return false;
    if (h < 0 || h > 23 || m < 0 || m > 59) return false;
    *offset = (*p == '-' ? -1 : 1) * (h * 3600 + m * 60);
    return true;
}

static bool in_calendar(int32_t y, int32_t m, int32_t d)
{
    return y >= 1 && m >= 1 && m <= 12 && d >= 1 && d <= (int32_t)cd_days_in_month(y, (uint32_t)m);
}

cd_time_fault cd_time_read(const char *text, size_t n, int64_t *seconds, bool *has_zone)
{
    int32_t h = 0, min = 0, s = 0;
    int64_t offset = 0;
    *has_zone = false;
    if (n < 10 || text[4] != '-' || text[7] != '-') return CD_TIME_SHAPE;
    int32_t y = digits(text, 4), m = digits(text + 5, 2), d = digits(text + 8, 2);
    if (y < 0 || m < 0 || d < 0) return CD_TIME_SHAPE;
    size_t at = 10;
    if (n > 10) {
        if ((text[10] != 'T' && text[10] != 't' && text[10] != ' ') || n < 16 || text[13] != ':') return CD_TIME_SHAPE;
        h = digits(text + 11, 2), min = digits(text + 14, 2), at = 16;
        if (n > 16 && text[16] == ':') {
            if (n < 19) return CD_TIME_SHAPE;
            s = digits(text + 17, 2), at = 19;
            if (n > 19 && (text[19] == '.' || text[19] == ',')) {
                for (at = 20; at < n && text[at] >= '0' && text[at] <= '9'; at++) {}
                if (at == 20) return CD_TIME_SHAPE;
            }
        }
        if (h < 0 || min < 0 || s < 0) return CD_TIME_SHAPE;
        if (at < n) {
            if (!zone_suffix(text + at, n - at, &offset)) return CD_TIME_SHAPE;
            *has_zone = true;
        }
    }
    if (!in_calendar(y, m, d) || h > 23 || min > 59 || s > 59) return CD_TIME_RANGE;
    *seconds = cd_days_of(y, (uint32_t)m, (uint32_t)d) * 86400 + h * 3600 + min * 60 + s - offset;
    return CD_TIME_OK;
}

cd_time_fault cd_month_read(const char *text, size_t n, int64_t *seconds)
{
    if (n != 7 || text[4] != '-') return CD_TIME_SHAPE;
    int32_t y = digits(text, 4), m = digits(text + 5, 2);
    if (y < 0 || m < 0) return CD_TIME_SHAPE;
    if (!in_calendar(y, m, 1)) return CD_TIME_RANGE;
    *seconds = cd_days_of(y, (uint32_t)m, 1) * 86400;
    return CD_TIME_OK;
}

/* Two digits at out. */
static char *two(char *out, uint32_t v)
{
    *out++ = (char)('0' + v / 10 % 10);
    *out++ = (char)('0' + v % 10);
    return out;
}

static char *year_month(char *out, const cd_civil *c)
{
    out = two(out, (uint32_t)c->year / 100);
    out = two(out, (uint32_t)c->year % 100);
    *out++ = '-';
    return two(out, c->month);
}

size_t cd_time_write(int64_t seconds, char out[CD_TIME_TEXT])
{
    cd_civil c = cd_civil_of(seconds);
    char *p = year_month(out, &c);
    *p++ = '-', p = two(p, c.day);
    *p++ = 'T', p = two(p, c.hour);
    *p++ = ':', p = two(p, c.minute);
    *p++ = ':', p = two(p, c.second);
    *p++ = 'Z', *p = '\0';
    return (size_t)(p - out);
}

size_t cd_month_write(int64_t seconds, char out[CD_TIME_TEXT])
{
    cd_civil c = cd_civil_of(seconds);
    char *p = year_month(out, &c);
    *p = '\0';
    return (size_t)(p - out);
}
