/* SPDX-License-Identifier: GPL-3.0-or-later
 * civil.h: dates and times as ISO 8601 writes them, to and from seconds since 1970-01-01 UTC.
 *
 * Nothing here touches libc's locale or its TZ variable. The proleptic Gregorian calendar, years 0001 to 9999. */
#ifndef CD_BASE_CIVIL_H
#define CD_BASE_CIVIL_H

#include "engine/base/status.h"

#define CD_NO_TIME INT64_MIN /* an unknown time */

typedef struct {
    int32_t year;
    uint8_t month, day, hour, minute, second; /* month and day count from 1 */
} cd_civil;

/* Days since 1970-01-01 of a valid date. */
int64_t cd_days_of(int32_t year, uint32_t month, uint32_t day);
cd_civil cd_civil_of(int64_t seconds);
/* Months since 1970-01. */
int32_t cd_month_of(int64_t seconds);
uint32_t cd_days_in_month(int32_t year, uint32_t month);

typedef enum { CD_TIME_OK, CD_TIME_SHAPE, CD_TIME_RANGE } cd_time_fault;

/* Reads `2026-03-01`, `2026-03-01T07:30:00` (a space for the T, no seconds, and a fraction that is cut off are
 * accepted), then nothing, `Z`, `+01:00`, `+0100` or `+01`. *has_zone says whether a suffix was there; without one
 * *seconds is the reading on the wall. CD_TIME_SHAPE: it is no time; CD_TIME_RANGE: no such day, hour or year. */
cd_time_fault cd_time_read(const char *text, size_t n, int64_t *seconds, bool *has_zone);
/* Reads `2026-03`: the first second of the month. */
cd_time_fault cd_month_read(const char *text, size_t n, int64_t *seconds);

enum { CD_TIME_TEXT = 32 };
/* Writes `2026-03-01T07:30:00Z` and a NUL; returns the length. */
size_t cd_time_write(int64_t seconds, char out[CD_TIME_TEXT]);
/* Writes `2026-03`. */
size_t cd_month_write(int64_t seconds, char out[CD_TIME_TEXT]);

#endif
