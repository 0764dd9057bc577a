/* SPDX-License-Identifier: GPL-3.0-or-later
 * odd_text.h: texts as the loaders hand them over: sixteen bytes can be read from where one begins, and those behind its
 * end are whatever stood there. Here they are digits, which look most like a part of an id. */
#ifndef TESTS_SUPPORT_ODD_TEXT_H
#define TESTS_SUPPORT_ODD_TEXT_H

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/base/slice.h"

/* A copy in `a`, with nothing readable behind it that need not be. */
static inline cd_slice odd_keep(cd_arena *a, const void *bytes, uint32_t n, cd_random *r)
{
    uint32_t room = n < 16 ? 16 : n;
    char *p = cd_arena_alloc(a, room, 1, NULL);
    if (!p) abort();
    memcpy(p, bytes, n);
    for (uint32_t i = n; i < room; i++) p[i] = (char)('0' + cd_random_below(r, 10));
    return (cd_slice){p, n};
}

/* A prefix, and a number in at least so many digits. */
static inline cd_slice odd_id(cd_arena *a, const char *prefix, uint32_t digits, uint64_t number, cd_random *r)
{
    char text[300];
    int n = snprintf(text, sizeof text, "%s%0*llu", prefix, (int)digits, (unsigned long long)number);
    return odd_keep(a, text, (uint32_t)n, r);
}

#endif
