/* SPDX-License-Identifier: GPL-3.0-or-later
 * word_set.h: whether a short text is one of a few words: the named values of a column, asked of every row.
 *
 * Words of up to 16 bytes lie in a small table by a multiplier found so that no two share a place: one load and one
 * comparison a question. */
#ifndef LOADERS_WORD_SET_H
#define LOADERS_WORD_SET_H

#include "engine/base/memory.h"
#include "engine/base/slice.h"

enum { WORD_SET_BITS = 7, WORD_BYTES = 16 };

typedef struct {
    uint64_t lo, hi; /* the word's bytes, zeros after them */
    uint64_t n;      /* 0: no word here */
} word_set_place;

typedef struct {
    uint64_t multiplier;
    word_set_place place[1 << WORD_SET_BITS];
} word_set;

/* From `values` of a candour_column: words between blanks. NULL if they do not fit such a table: then nothing is
 * reported of that column. */
CD_CHECKED cd_status word_set_new(const char *words, cd_arena *arena, word_set **out, cd_err *err);

/* n ones end at byte 16: read from 16 - n on, they let a word of n bytes through. */
extern const uint8_t word_mask[2 * WORD_BYTES];

/* 16 bytes from text.bytes must be readable; text.n >= 1. */
static inline bool word_set_has(const word_set *set, cd_slice text)
{
    uint64_t lo, hi, mask_lo, mask_hi;
    uint32_t n = text.n <= WORD_BYTES ? text.n : WORD_BYTES;
    memcpy(&lo, text.bytes, 8), memcpy(&hi, text.bytes + 8, 8);
    memcpy(&mask_lo, word_mask + WORD_BYTES - n, 8), memcpy(&mask_hi, word_mask + WORD_BYTES - n + 8, 8);
    lo &= mask_lo, hi &= mask_hi;
    const word_set_place *p = &set->place[((lo ^ hi << 1) * set->multiplier) >> (64 - WORD_SET_BITS)];
    return (p->lo == lo) & (p->hi == hi) & (p->n == text.n);
}

#endif
