/* SPDX-License-Identifier: GPL-3.0-or-later
 * time_zone.h: from a time read off a wall to seconds since 1970-01-01 UTC, without libc's TZ and locale.
 *
 * A zone is `UTC`, an offset (`+01:00`, `-0500`), or an IANA name (`Europe/London`) whose rules are read from the
 * system's tzdata. A time that comes twice (clocks put back) means the first; a time that never comes (clocks put
 * forward) moves forward by the gap. So within a zone the offset depends on the wall time in steps, and the zone is
 * kept as those steps. Immutable once opened: threads share it. */
#ifndef LOADERS_TIME_ZONE_H
#define LOADERS_TIME_ZONE_H

#include "engine/base/status.h"

typedef struct time_zone time_zone;

CD_CHECKED cd_status time_zone_open(const char *name, time_zone **out, cd_err *err);
/* As time_zone_open, from the bytes of a TZif file; `name` is for messages. */
CD_CHECKED cd_status time_zone_parse(const char *name, const void *bytes, size_t n, time_zone **out, cd_err *err);
void time_zone_close(time_zone *zone);

/* A step of the zone, kept by whoever converts many times that lie close together. Zero-initialise. */
typedef struct {
    int64_t lo, hi; /* wall seconds for which `offset` holds */
    int64_t offset; /* of the wall against UTC */
} time_zone_step;

/* The step that holds at wall second `wall`. A NULL zone is UTC. */
time_zone_step time_zone_step_at(const time_zone *zone, int64_t wall);

static inline int64_t time_zone_to_utc(const time_zone *zone, time_zone_step *step, int64_t wall)
{
    if (wall < step->lo || wall >= step->hi) *step = time_zone_step_at(zone, wall);
    return wall - step->offset;
}

#endif
