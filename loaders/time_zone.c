/* SPDX-License-Identifier: GPL-3.0-or-later
 * time_zone.c: TZif files (RFC 8536), version 2 or later, and the POSIX rule in their last line, which holds after the
 * last transition listed.
 *
 *   header   `TZif`, version, 15 zero bytes, six 32-bit counts: isut, isstd, leap, time, type, char   (44 bytes)
 *   data     time x transition times, time x type indexes, type x (offset 4, dst 1, name 1), names, leap, isstd, isut
 * Version 2 has all that twice, first with 32-bit and then with 64-bit times, then LF, the rule, LF. */
#include "loaders/time_zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/civil.h"
#include "engine/base/memory.h"

static const char zone_folder[] = "/usr/share/zoneinfo";

/* The calendar repeats after 400 years, which are whole weeks: so do rules. */
static const int64_t CYCLE_SECONDS = (int64_t)146097 * 86400;
enum { CYCLE_YEARS = 400, FILE_BYTES_MAX = 1 << 20, HEADER_BYTES = 44, OFFSET_MAX = 26 * 3600 };

typedef struct {
    int64_t until;  /* the wall second at which it ends */
    int32_t offset;
} step;

struct time_zone {
    step *steps; /* until rises; after the last holds `last` */
    size_t n, cap;
    int64_t last;
    int64_t fold_from; /* wall times from here on are folded back by whole cycles; INT64_MAX: never */
};

void time_zone_close(time_zone *zone)
{
    if (!zone) return;
    cd_free(zone->steps);
    cd_free(zone);
}

time_zone_step time_zone_step_at(const time_zone *zone, int64_t wall)
{
    if (!zone) return (time_zone_step){.lo = INT64_MIN, .hi = INT64_MAX, .offset = 0};
    int64_t folded = 0;
    if (wall >= zone->fold_from) folded = ((wall - zone->fold_from) / CYCLE_SECONDS + 1) * CYCLE_SECONDS;
    wall -= folded;
    size_t lo = 0, hi = zone->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (zone->steps[mid].until <= wall) lo = mid + 1;
        else hi = mid;
    }
    time_zone_step s = {.lo = lo > 0 ? zone->steps[lo - 1].until + folded : INT64_MIN,
                        .hi = lo < zone->n ? zone->steps[lo].until + folded : INT64_MAX,
                        .offset = lo < zone->n ? zone->steps[lo].offset : zone->last};
    /* A step must not reach over a fold: the same wall time is looked up elsewhere beyond it. */
    if (zone->fold_from != INT64_MAX) {
        int64_t edge = zone->fold_from + folded;
        if (s.hi > edge) s.hi = edge;
        if (folded && s.lo < edge - CYCLE_SECONDS) s.lo = edge - CYCLE_SECONDS;
    }
    return s;
}

/* From UTC second `at` on, the offset is `offset`. The old offset holds on the wall until both readings are past: in a
 * gap the wall time moves forward, of two equal readings the first is meant. */
static cd_status change_offset(time_zone *zone, int64_t at, int32_t offset, cd_err *err)
{
    if (offset == zone->last) return CD_OK;
    int64_t until = at + (offset > zone->last ? offset : zone->last);
    if (zone->n > 0 && until < zone->steps[zone->n - 1].until) until = zone->steps[zone->n - 1].until;
    cd_status st = cd_grow(&zone->steps, &zone->cap, zone->n + 1, sizeof *zone->steps, err);
    if (st != CD_OK) return st;
    zone->steps[zone->n++] = (step){.until = until, .offset = (int32_t)zone->last};
    zone->last = offset;
    return CD_OK;
}

/* ---- The POSIX rule: `GMT0BST,M3.5.0/1,M10.5.0` ---- */

typedef struct {
    char kind; /* M: month, week, weekday; J: day 1..365, no leap days; 0: day 0..365 */
    int32_t a, b, c;
    int32_t seconds; /* after midnight on the wall */
} rule_day;

typedef struct {
    int32_t standard, summer; /* offsets */
    bool has_summer;
    rule_day starts, ends;
} posix_rule;

static bool number(const char **p, int32_t lo, int32_t hi, int32_t *out)
{
    int32_t v = 0;
    const char *q = *p;
    while (*q >= '0' && *q <= '9' && v <= 10000) v = v * 10 + (*q++ - '0');
    if (q == *p || v < lo || v > hi) return false;
    *p = q;
    *out = v;
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool clock_time(const char **p, int32_t *seconds)
{
    int32_t sign = 1, h, m = 0, s = 0;
    if (**p == '+' || **p == '-') sign = *(*p)++ == '-' ? -1 : 1;
    if (!number(p, 0, 167, &h)) return false;
    if (**p == ':' && (++*p, !number(p, 0, 59, &m))) return false;
    if (**p == ':' && (++*p, !number(p, 0, 59, &s))) return false;
    *seconds = sign * (h * 3600 + m * 60 + s);
    return true;
}

static bool zone_abbreviation(const char **p)
{
    const char *from = *p;
    if (**p == '<') {
        while (**p && **p != '>') ++*p;
        return *(*p)++ == '>';
    }
    while ((**p >= 'A' && **p <= 'Z') || (**p >= 'a' && **p <= 'z')) ++*p;
    return *p - from >= 3;
}

static bool rule_day_read(const char **p, rule_day *d)
{
    *d = (rule_day){.seconds = 7200};
    if (**p == 'M') {
        d->kind = *(*p)++;
        if (!number(p, 1, 12, &d->a) || *(*p)++ != '.' || !number(p, 1, 5, &d->b) || *(*p)++ != '.' ||
            !number(p, 0, 6, &d->c))
            return false;
    } else if (**p == 'J') {
        d->kind = *(*p)++;
        if (!number(p, 1, 365, &d->a)) return false;
    } else if (!number(p, 0, 365, &d->a)) {
        return false;
    }
    return **p != '/' || (++*p, clock_time(p, &d->seconds));
}

static bool posix_rule_read(const char *p, posix_rule *r)
{
    *r = (posix_rule){0};
    if (!zone_abbreviation(&p) || !clock_time(&p, &r->standard)) return false;
    r->standard = -r->standard; /* POSIX counts west of Greenwich */
    if (!*p) return true;
    r->has_summer = true;
    r->summer = r->standard + 3600;
    if (!zone_abbreviation(&p)) return false;
    if (*p != ',') {
        if (!clock_time(&p, &r->summer)) return false;
        r->summer = -r->summer;
    }
    return *p++ == ',' && rule_day_read(&p, &r->starts) && *p++ == ',' && rule_day_read(&p, &r->ends) && !*p;
}

/* The wall second of a rule's day in a year. */
static int64_t rule_day_in(const rule_day *d, int32_t year)
{
    int64_t day;
    bool leap = cd_days_in_month(year, 2) == 29;
    if (d->kind == 'M') {
        int64_t first = cd_days_of(year, (uint32_t)d->a, 1);
        int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
        int64_t in_month = (d->c - weekday + 7) % 7 + 7 * (d->b - 1);
        while (in_month >= (int64_t)cd_days_in_month(year, (uint32_t)d->a)) in_month -= 7;
        day = first + in_month;
    } else if (d->kind == 'J') {
        day = cd_days_of(year, 1, 1) + d->a - 1 + (leap && d->a >= 60);
    } else {
        day = cd_days_of(year, 1, 1) + d->a;
    }
    return day * 86400 + d->seconds;
}

/* Lays the rule out for a whole cycle from the year of the last transition; later times fold back into it. */
static cd_status rule_add(time_zone *zone, const posix_rule *r, int64_t after, cd_err *err)
{
    if (!r->has_summer && after == INT64_MIN) return zone->last = r->standard, CD_OK;
    if (!r->has_summer) return change_offset(zone, after, r->standard, err);
    int32_t year = after < cd_days_of(1970, 1, 1) * 86400 ? 1970 : cd_civil_of(after).year;
    int32_t last = year + 1 + CYCLE_YEARS;
    for (; year <= last; year++) {
        int64_t starts = rule_day_in(&r->starts, year) - r->standard, ends = rule_day_in(&r->ends, year) - r->summer;
        bool summer_first = starts < ends;
        for (int k = 0; k < 2; k++) {
            bool to_summer = (k == 0) == summer_first;
            int64_t at = to_summer ? starts : ends;
            if (at <= after) continue;
            cd_status st = change_offset(zone, at, to_summer ? r->summer : r->standard, err);
            if (st != CD_OK) return st;
        }
    }
    zone->fold_from = cd_days_of(last, 1, 1) * 86400;
    return CD_OK;
}

/* ---- TZif ---- */

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static int64_t be64(const uint8_t *p) { return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4)); }

typedef struct {
    uint32_t isut, isstd, leap, time, type, name;
} tzif_counts;

static bool header_read(const uint8_t *p, size_t n, tzif_counts *c)
{
    if (n < HEADER_BYTES || memcmp(p, "TZif", 4) != 0) return false;
    *c = (tzif_counts){be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32), be32(p + 36), be32(p + 40)};
    return c->isut <= 65536 && c->isstd <= 65536 && c->leap <= 65536 && c->time <= 65536 && c->type <= 256 &&
           c->name <= 65536;
}

static size_t data_bytes(const tzif_counts *c, size_t time_bytes)
{
    return c->time * (time_bytes + 1) + (size_t)c->type * 6 + c->name + c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

/* Adds the listed transitions; *after is the last one's second. */
static cd_status transitions_add(time_zone *zone, const uint8_t *p, const tzif_counts *c, int64_t *after, bool *sound,
                                 cd_err *err)
{
    const uint8_t *index = p + (size_t)c->time * 8, *types = index + c->time;
    *sound = c->type > 0;
    for (uint32_t t = 0; t < c->type; t++) {
        int32_t offset = (int32_t)be32(types + t * 6);
        *sound &= offset > -OFFSET_MAX && offset < OFFSET_MAX;
    }
    if (!*sound) return CD_OK;
    zone->last = (int32_t)be32(types);
    *after = INT64_MIN;
    for (uint32_t i = 0; i < c->time; i++) {
        int64_t at = be64(p + (size_t)i * 8);
        *sound = index[i] < c->type && (i == 0 || at > *after) && at > -(INT64_C(1) << 60) && at < INT64_C(1) << 40;
        if (!*sound) return CD_OK;
        cd_status st = change_offset(zone, at, (int32_t)be32(types + index[i] * 6), err);
        if (st != CD_OK) return st;
        *after = at;
    }
    return CD_OK;
}

cd_status time_zone_parse(const char *name, const void *bytes, size_t n, time_zone **out, cd_err *err)
{
    cd_status st = CD_OK;
    time_zone *zone = NULL;
    const uint8_t *p = bytes, *end = p + n;
    tzif_counts c;
    posix_rule rule;
    int64_t after = INT64_MIN;
    bool sound = false;

    CD_NEW(zone, 1);
    zone->fold_from = INT64_MAX;
    if (header_read(p, n, &c) && p[4] >= '2' && data_bytes(&c, 4) <= n - HEADER_BYTES) {
        p += HEADER_BYTES + data_bytes(&c, 4);
        if (header_read(p, (size_t)(end - p), &c) && data_bytes(&c, 8) <= (size_t)(end - p) - HEADER_BYTES) {
            p += HEADER_BYTES;
            CD_TRY(transitions_add(zone, p, &c, &after, &sound, err));
            p += data_bytes(&c, 8);
        }
    }
    if (sound && end - p > 2 && *p == '\n') {
        char text[256];
        const uint8_t *stop = memchr(p + 1, '\n', (size_t)(end - p - 1));
        size_t length = stop ? (size_t)(stop - p - 1) : sizeof text;
        sound = length < sizeof text;
        if (sound && length > 0) {
            memcpy(text, p + 1, length);
            text[length] = '\0';
            sound = posix_rule_read(text, &rule);
            if (sound) CD_TRY(rule_add(zone, &rule, after, err));
        }
    }
    if (!sound)
        CD_TRY(cd_fail(err, CD_EINPUT, "time zone '%s': its file in %s is damaged or of an unknown version; "
                       "reinstall the package tzdata", name, zone_folder));
    *out = zone, zone = NULL;
done:
    time_zone_close(zone);
    return st;
}

/* `UTC`, `Z`, `+01:00`, `-0500`, `+01`: a zone of one offset. */
static bool fixed_offset(const char *name, int32_t *offset)
{
    char text[40] = "2000-01-01T00:00:00";
    int64_t seconds;
    bool has_zone;
    size_t n = strlen(name);
    *offset = 0;
    if (strcmp(name, "UTC") == 0) return true;
    if (n > 6) return false;
    memcpy(text + 19, name, n + 1);
    if (cd_time_read(text, 19 + n, &seconds, &has_zone) != CD_TIME_OK || !has_zone) return false;
    *offset = (int32_t)(cd_days_of(2000, 1, 1) * 86400 - seconds);
    return true;
}

static bool name_is_safe(const char *name)
{
    for (const char *p = name; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_' ||
                     *p == '-' || *p == '+' || (*p == '/' && p > name);
        if (!plain) return false;
    }
    return *name != '\0' && strlen(name) < 100;
}

static cd_status file_read(const char *name, void *bytes, size_t *n, cd_err *err)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", zone_folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return access(zone_folder, R_OK) != 0
                   ? cd_fail(err, CD_ESYSTEM, "time zone '%s': there is no %s; install the package tzdata", name,
                             zone_folder)
                   : cd_fail(err, CD_EUSAGE, "there is no time zone '%s'; give UTC, an offset like +01:00, or a name "
                             "like Europe/London", name);
    ssize_t got;
    *n = 0;
    while (*n < FILE_BYTES_MAX && (got = read(fd, (char *)bytes + *n, FILE_BYTES_MAX - *n)) > 0) *n += (size_t)got;
    int number_of_error = got < 0 ? errno : 0;
    close(fd);
    return number_of_error ? cd_fail_errno(err, number_of_error, "cannot read the time zone file '%s'", path) : CD_OK;
}

cd_status time_zone_open(const char *name, time_zone **out, cd_err *err)
{
    cd_status st = CD_OK;
    time_zone *zone = NULL;
    void *bytes = NULL;
    int32_t offset;
    size_t n = 0;

    *out = NULL;
    if (fixed_offset(name, &offset)) {
        if (offset == 0) return CD_OK; /* NULL is UTC */
        CD_NEW(zone, 1);
        zone->last = offset;
        zone->fold_from = INT64_MAX;
        *out = zone, zone = NULL;
        goto done;
    }
    if (!name_is_safe(name))
        CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' is no time zone; give UTC, an offset like +01:00, or a name like "
                       "Europe/London", name));
    bytes = cd_pages_new(FILE_BYTES_MAX, 1, err);
    if (!bytes) CD_TRY(CD_EMEMORY);
    CD_TRY(file_read(name, bytes, &n, err));
    CD_TRY(time_zone_parse(name, bytes, n, out, err));
done:
    cd_pages_free(bytes, FILE_BYTES_MAX, 1);
    time_zone_close(zone);
    return st;
}
