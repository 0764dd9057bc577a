/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_text.h: numbers and names into CSV at the speed of copying: digits come from a table, four at a time.
 *
 * Every function writes at p and returns what follows; the caller has made the room. Fixed-size copies may write up to
 * SYN_SLACK bytes past what they return. */
#ifndef LOADERS_SYNTHETIC_TEXT_H
#define LOADERS_SYNTHETIC_TEXT_H

#include <string.h>

#include "engine/base/status.h"

enum { SYN_SLACK = 32 };

/* "0000" to "9999", one after the other. */
extern const char syn_digits[40001];

static inline char *syn_put2(char *p, uint32_t v)
{
    memcpy(p, syn_digits + (size_t)v * 4 + 2, 2);
    return p + 2;
}

static inline char *syn_put4(char *p, uint32_t v)
{
    memcpy(p, syn_digits + (size_t)v * 4, 4);
    return p + 4;
}

static inline char *syn_put6(char *p, uint32_t v)
{
    return syn_put4(syn_put2(p, v / 10000), v % 10000);
}

static inline char *syn_put8(char *p, uint32_t v)
{
    return syn_put4(syn_put4(p, v / 10000), v % 10000);
}

/* As many digits as it takes. */
static inline char *syn_put_number(char *p, uint64_t v)
{
    char digits[24];
    size_t n = 0;
    do digits[n++] = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    while (n > 0) *p++ = digits[--n];
    return p;
}

static inline char *syn_put_char(char *p, char c)
{
    *p = c;
    return p + 1;
}

static inline char *syn_put_text(char *p, const char *text)
{
    size_t n = strlen(text);
    memcpy(p, text, n);
    return p + n;
}

/* A short word and its length, to be copied as sixteen bytes whatever its length. */
typedef struct {
    char bytes[15];
    uint8_t n;
} syn_word;

static inline char *syn_put_word(char *p, const syn_word *w)
{
    memcpy(p, w, 16);
    return p + w->n;
}

/* "07:30:00" of a second of the day. */
static inline char *syn_put_clock(char *p, uint32_t second)
{
    p = syn_put_char(syn_put2(p, second / 3600), ':');
    p = syn_put_char(syn_put2(p, second / 60 % 60), ':');
    return syn_put2(p, second % 60);
}

#endif
