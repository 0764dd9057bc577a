/* SPDX-License-Identifier: GPL-3.0-or-later
 * lines.c: rows of one officer come from lines that rise by some ten thousand: the differences take 18 bits, not 32. */
#include "engine/store/lines.h"

#include <string.h>

enum { BLOCK = 64, SUPER = 64 * BLOCK };

static inline uint64_t zigzag(int64_t x) { return ((uint64_t)x << 1) ^ (uint64_t)(x >> 63); }

static uint32_t width_of(const uint32_t *line, uint32_t n)
{
    uint64_t all = 0;
    for (uint32_t i = 1; i < n; i++) all |= zigzag((int64_t)line[i] - (int64_t)line[i - 1]);
    return all ? 64 - (uint32_t)__builtin_clzll(all) : 0;
}

/* n <= 64 differences of `width` bits, lowest bit first, into exactly `width` zeroed words. */
static void pack(const uint32_t *line, uint32_t n, uint32_t width, uint64_t *words)
{
    for (uint32_t i = 1; i < n; i++) {
        uint64_t v = zigzag((int64_t)line[i] - (int64_t)line[i - 1]);
        uint32_t bit = i * width, word = bit / 64, shift = bit % 64;
        words[word] |= v << shift;
        if (shift + width > 64) words[word + 1] |= v >> (64 - shift);
    }
}

typedef struct {
    uint64_t rows, n_blocks, n_supers;
    uint32_t *base;
    uint8_t *width;
    uint64_t *start;
} packing;

cd_status cd_lines_write(cd_segment_writer *w, const char *name, uint64_t rows, cd_lines_of *lines_of, const void *context,
                         cd_err *err)
{
    cd_status st = CD_OK;
    packing p = {.rows = rows, .n_blocks = (rows + BLOCK - 1) / BLOCK, .n_supers = (rows + SUPER - 1) / SUPER};
    uint64_t *words = NULL, n_words = 0;
    p.base = cd_pages_new(p.n_blocks, sizeof *p.base, err);
    p.width = cd_pages_new(p.n_blocks, 1, err);
    p.start = cd_pages_new(p.n_supers, sizeof *p.start, err);
    if (!p.base || !p.width || !p.start) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for schedule(static) if (p.n_supers > 4)
    for (uint64_t s = 0; s < p.n_supers; s++) {
        uint32_t line[SUPER];
        uint64_t row = s * SUPER;
        uint32_t n = rows - row < SUPER ? (uint32_t)(rows - row) : SUPER;
        lines_of(context, row, n, line);
        for (uint32_t i = 0; i < n; i += BLOCK) {
            p.base[(row + i) / BLOCK] = line[i];
            p.width[(row + i) / BLOCK] = (uint8_t)width_of(line + i, n - i < BLOCK ? n - i : BLOCK);
        }
    }
    for (uint64_t b = 0; b < p.n_blocks; b++) {
        if (b % BLOCK == 0) p.start[b / BLOCK] = n_words;
        n_words += p.width[b];
    }
    /* Lines that all follow one another (or a single row) need no words, but an array has at least one element. */
    uint64_t kept_words = n_words ? n_words : 1;
    words = cd_pages_new(kept_words, sizeof *words, err);
    if (!words) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for schedule(static) if (p.n_supers > 4)
    for (uint64_t s = 0; s < p.n_supers; s++) {
        uint32_t line[SUPER];
        uint64_t row = s * SUPER, at = p.start[s];
        uint32_t n = rows - row < SUPER ? (uint32_t)(rows - row) : SUPER;
        lines_of(context, row, n, line);
        for (uint32_t i = 0; i < n; i += BLOCK) {
            uint32_t width = p.width[(row + i) / BLOCK];
            pack(line + i, n - i < BLOCK ? n - i : BLOCK, width, words + at);
            at += width;
        }
    }
    CD_TRY(cd_writer_whole(w, CD_U32, p.n_blocks, p.base, err, "tables/%s/line/base", name));
    CD_TRY(cd_writer_whole(w, CD_U8, p.n_blocks, p.width, err, "tables/%s/line/width", name));
    CD_TRY(cd_writer_whole(w, CD_U64, p.n_supers, p.start, err, "tables/%s/line/start", name));
    CD_TRY(cd_writer_whole(w, CD_U64, kept_words, words, err, "tables/%s/line/words", name));
done:
    cd_pages_free(p.base, p.n_blocks, sizeof *p.base);
    cd_pages_free(p.width, p.n_blocks, 1);
    cd_pages_free(p.start, p.n_supers, sizeof *p.start);
    cd_pages_free(words, n_words ? n_words : 1, sizeof *words);
    return st;
}
