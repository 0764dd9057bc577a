/* SPDX-License-Identifier: GPL-3.0-or-later
 * temporal.h: times, dates and durations: read, written, moved, truncated and taken apart.
 *
 * Times are whole seconds of UTC, as a store has them: what stands after the seconds is cut off, an offset is converted
 * and then forgotten, a time without one is taken as UTC. The years are 0001 to 9999. */
#ifndef QUERIES_LANGUAGE_TEMPORAL_H
#define QUERIES_LANGUAGE_TEMPORAL_H

#include "engine/base/civil.h"
#include "queries/language/value.h"

/* `2026-03-01`, `20260301`, `2026-03`, `2026`, `2026-W09-7`, `2026-060`. */
bool temporal_read_date(cd_slice text, int64_t *days);
/* A date in any of these forms, then perhaps `T07:30:00` and an offset. */
bool temporal_read_time(cd_slice text, int64_t *seconds);
/* `P1Y2M3W4DT5H6M7.5S`, every part optional and of either sign. */
bool temporal_read_span(cd_slice text, value_span *out);

enum { TEMPORAL_TEXT = 128 };
/* `2026-03-01T07:30:00Z`, `2026-03-01`, `P1Y2M3DT4H5M6S`, and a NUL; returns the length. */
size_t temporal_write(value v, char out[TEMPORAL_TEXT]);

/* A duration being added up from units: `days`, 1.5. What is left of a month is days and seconds (a month being a
 * twelfth of 365.2425 days), of a day seconds. false: there is no such unit, or it is too much. */
typedef struct {
    value_span whole;
    double rest; /* of a second */
} temporal_sum;
bool temporal_add_unit(temporal_sum *sum, cd_slice unit, int64_t whole, double fraction);
/* Cuts off what is less than a second. */
value_span temporal_sum_end(const temporal_sum *sum);

/* A time or date moved by a duration `times` over (1 or -1): first the months, to the month's last day where it is
 * shorter, then the rest; a date leaves out what is less than a day. false: out of the calendar. */
bool temporal_move(value v, const value_span *span, int times, value *out);
/* The first second of a time or date. */
int64_t temporal_seconds(value v);
/* From one time to another, all parts of one sign. */
value_span temporal_between(int64_t a, int64_t b);
/* The beginning of the unit (`day`, `week`, `month`, ...) that a time is in. false: there is no such unit, or no such
 * year. */
bool temporal_truncate(cd_slice unit, int64_t seconds, int64_t *out);

/* `year`, `dayOfWeek`, `epochSeconds`, `minutesOfHour`, ... of a time, date or duration; false: it has no such part. */
bool temporal_part(value v, cd_slice name, value *out);

/* The days of 1970-01-01 to 9999-12-31 and before: whether a number of seconds has a date. */
bool temporal_in_calendar(int64_t seconds);
/* The day by the week of a year as ISO 8601 counts them, by the day of a year. false: there is none. */
bool temporal_of_week(int32_t year, int64_t week, int64_t day, int64_t *days);
bool temporal_of_ordinal(int32_t year, int64_t day, int64_t *days);

#endif
