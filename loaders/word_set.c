/* SPDX-License-Identifier: GPL-3.0-or-later
 * word_set.c: builds the table, trying multipliers until no two words meet. */
#include "loaders/word_set.h"

#include "engine/base/random.h"

const uint8_t word_mask[2 * WORD_BYTES];
const uint8_t word_mask[2 * WORD_BYTES] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

static bool place_all(word_set *set, const char *words)
{
    memset(set->place, 0, sizeof set->place);
    while (*words) {
        const char *end = words;
        while (*end && *end != ' ') end++;
        size_t n = (size_t)(end - words);
        if (n > WORD_BYTES) return false;
        if (n > 0) {
            word_set_place word = {.n = n};
            char bytes[WORD_BYTES] = {0};
            memcpy(bytes, words, n);
            memcpy(&word.lo, bytes, 8), memcpy(&word.hi, bytes + 8, 8);
            word_set_place *p =
                &set->place[((word.lo ^ word.hi << 1) * set->multiplier) >> (64 - WORD_SET_BITS)];
            if (p->n) return false;
            *p = word;
        }
        words = *end ? end + 1 : end;
    }
    return true;
}

cd_status word_set_new(const char *words, cd_arena *arena, word_set **out, cd_err *err)
{
    enum { TRIES = 10000, PURPOSE = 1 };
    word_set *set = cd_arena_alloc(arena, 1, sizeof *set, err);
    *out = NULL;
    if (!set) return CD_EMEMORY;
    cd_random random = cd_random_of(0, PURPOSE, 0);
    for (int i = 0; i < TRIES; i++) {
        set->multiplier = cd_random_u64(&random) | 1;
        if (place_all(set, words)) {
            *out = set;
            break;
        }
    }
    return CD_OK;
}
