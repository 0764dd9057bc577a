/* SPDX-License-Identifier: GPL-3.0-or-later
 * cell_types.h: one cell's text as a value of its type. Nothing here knows of files, rows or libc's locale.
 *
 * Numbers: no blanks around them, no thousands separators; reals in decimal digits with a point and perhaps an exponent,
 * rounded correctly, -0 read as 0, no infinities. Booleans: true/false, yes/no, y/n, t/f, 1/0, whatever the case. */
#ifndef LOADERS_CELL_TYPES_H
#define LOADERS_CELL_TYPES_H

#include "engine/base/civil.h"
#include "engine/base/slice.h"
#include "loaders/time_zone.h"

bool cell_integer(cd_slice cell, int64_t *out);
bool cell_real(cd_slice cell, double *out);
bool cell_boolean(cd_slice cell, int64_t *out);
/* Of a zone's wall clock unless the text carries its own offset. */
cd_time_fault cell_time(cd_slice cell, const time_zone *zone, time_zone_step *step, int64_t *out);

/* Valid UTF-8 (RFC 3629: no surrogates, nothing overlong, at most U+10FFFF). */
bool cell_is_utf8(cd_slice cell);
/* Bytes of the valid UTF-8 character at p, or 0. */
uint32_t cell_utf8_length(const char *p, const char *end);

/* Of a cell that begins with a quote: takes the quotes off, halving the doubled ones in place. False if the text does
 * not end with its closing quote. */
bool cell_unquote(char *bytes, uint32_t n, cd_slice *out);

/* ---- The quick time ---- */

/* Days of a plain and of a leap year before the first of its months, 1 to 13. */
extern const uint16_t cell_days_before[2][16];

static inline uint64_t cell_load8(const char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* The wall second of the 19 bytes `YYYY-MM-DDTHH:MM:SS`, years 1901 to 2099 (where each fourth is a leap year), eight
 * bytes at a time. False: the text is anything else, or no such time; cell_time then decides. */
static inline bool cell_time_quick(const char *p, int64_t *wall)
{
    enum { FIRST_YEAR = 1901, LAST_YEAR = 2099, DAYS_TO_1970 = 25202 };
    /* Exclusive or with the pattern leaves digits as 0 to 9 and the punctuation as 0. Adding 0x76 carries a digit over
     * 9, adding 0x7f anything but 0, into the byte's top bit. */
    uint64_t a = cell_load8(p) ^ 0x2d30302d30303030u;      /* 0000-00- */
    uint64_t b = cell_load8(p + 8) ^ 0x30303a3030543030u;  /* 00T00:00 */
    uint64_t c = cell_load8(p + 11) ^ 0x30303a30303a3030u; /* 00:00:00 */
    uint64_t bad = (a + 0x7f76767f76767676u) | (b + 0x76767f76767f7676u) | (c + 0x76767f76767f7676u) | a | b | c;
    /* Each pair of digits as one number, in the lower byte of the pair. */
    a = a * 10 + (a >> 8), b = b * 10 + (b >> 8), c = c * 10 + (c >> 8);
    uint32_t year = (uint32_t)(a & 255) * 100 + (uint32_t)(a >> 16 & 255), month = (uint32_t)(a >> 40 & 255);
    uint32_t day = (uint32_t)(b & 255), hour = (uint32_t)(c & 255), minute = (uint32_t)(c >> 24 & 255),
             second = (uint32_t)(c >> 48 & 255);
    if ((bad & 0x8080808080808080u) | (year - FIRST_YEAR > LAST_YEAR - FIRST_YEAR) | (month - 1 >= 12) | (hour > 23) |
        (minute > 59) | (second > 59))
        return false;
    const uint16_t *before = cell_days_before[(year & 3) == 0] + month;
    if (day - 1 >= (uint32_t)(before[1] - before[0])) return false;
    uint32_t years = year - FIRST_YEAR;
    int64_t days = (int64_t)(years * 365 + years / 4 + before[0] + day - 1) - DAYS_TO_1970;
    *wall = days * 86400 + (int32_t)(hour * 3600 + minute * 60 + second);
    return true;
}

#endif
