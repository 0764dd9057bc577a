/* SPDX-License-Identifier: GPL-3.0-or-later
 * slice.h: text that is pointer and length. Borrowed, always; bytes == NULL is "no text". */
#ifndef CD_BASE_SLICE_H
#define CD_BASE_SLICE_H

#include <stdint.h>
#include <string.h>

typedef struct {
    const char *bytes;
    uint32_t n;
} cd_slice;

static inline cd_slice cd_slice_of(const char *text) { return (cd_slice){text, text ? (uint32_t)strlen(text) : 0}; }

/* At most `most` bytes of UTF-8 text, cut before a character, not within. */
static inline cd_slice cd_slice_cut(cd_slice s, uint32_t most)
{
    if (s.n <= most) return s;
    while (most > 0 && ((unsigned char)s.bytes[most] & 0xc0) == 0x80) most--;
    return (cd_slice){s.bytes, most};
}

/* Byte by byte, the shorter first where one begins the other: the order of ids. */
static inline int cd_slice_compare(cd_slice a, cd_slice b)
{
    uint32_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.bytes, b.bytes, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static inline int cd_slice_equal(cd_slice a, cd_slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.bytes, b.bytes, a.n) == 0);
}

#endif
