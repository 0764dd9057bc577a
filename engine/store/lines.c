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

/* n <= 64 differences of `width` bits, lowest bit first, into exactly `width` zeroed words. The word behind them is
 * another block's, which another thread may be writing: where there are none, nothing is touched. */
static void pack(const uint32_t *line, uint32_t n, uint32_t width, uint64_t *words)
{
    if (width == 0) return;
    for (uint32_t i = 1; i < n; i++) {
        uint64_t v = zigzag((int64_t)line[i] - (int64_t)line[i - 1]);
        uint32_t bit = i * width, word = bit / 64, shift = bit % 64;
        words[word] |= v << shift;
        if (shift + width > 64) words[word + 1] |= v >> (64 - shift);
    }
}

/* Room for the blocks of rows up to `to`. */
static cd_status make_room(cd_line_packer *p, uint64_t to, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t n_blocks = (to + BLOCK - 1) / BLOCK, n_supers = (to + SUPER - 1) / SUPER;
    CD_TRY(cd_grow(&p->base, &p->cap_base, n_blocks, sizeof *p->base, err));
    CD_TRY(cd_grow(&p->width, &p->cap_width, n_blocks, 1, err));
    CD_TRY(cd_grow(&p->start, &p->cap_start, n_supers, sizeof *p->start, err));
done:
    return st;
}

cd_status cd_lines_pack(cd_line_packer *p, uint64_t from, uint64_t to, cd_lines_of *lines_of, const void *context,
                        cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(make_room(p, to, err));
    uint64_t first = from / SUPER, n_supers = (to + SUPER - 1) / SUPER;
    #pragma omp parallel for schedule(static) if (n_supers - first > 4)
    for (uint64_t s = first; s < n_supers; s++) {
        uint32_t line[SUPER];
        uint64_t row = s * SUPER;
        uint32_t n = to - row < SUPER ? (uint32_t)(to - row) : SUPER;
        lines_of(context, row, n, line);
        for (uint32_t i = 0; i < n; i += BLOCK) {
            p->base[(row + i) / BLOCK] = line[i];
            p->width[(row + i) / BLOCK] = (uint8_t)width_of(line + i, n - i < BLOCK ? n - i : BLOCK);
        }
    }
    uint64_t before = p->n_words;
    p->n_blocks = (to + BLOCK - 1) / BLOCK;
    for (uint64_t b = from / BLOCK; b < p->n_blocks; b++) {
        if (b % BLOCK == 0) p->start[b / BLOCK] = p->n_words;
        p->n_words += p->width[b];
    }
    CD_TRY(cd_grow(&p->words, &p->cap_words, p->n_words + 1, sizeof *p->words, err));
    memset(p->words + before, 0, (p->n_words + 1 - before) * sizeof *p->words);
    #pragma omp parallel for schedule(static) if (n_supers - first > 4)
    for (uint64_t s = first; s < n_supers; s++) {
        uint32_t line[SUPER];
        uint64_t row = s * SUPER, at = p->start[s];
        uint32_t n = to - row < SUPER ? (uint32_t)(to - row) : SUPER;
        lines_of(context, row, n, line);
        for (uint32_t i = 0; i < n; i += BLOCK) {
            uint32_t width = p->width[(row + i) / BLOCK];
            pack(line + i, n - i < BLOCK ? n - i : BLOCK, width, p->words + at);
            at += width;
        }
    }
done:
    return st;
}

cd_status cd_lines_write(const cd_line_packer *p, cd_segment_writer *w, const char *name, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(cd_writer_whole(w, CD_U32, p->n_blocks, p->base, err, "tables/%s/line/base", name));
    CD_TRY(cd_writer_whole(w, CD_U8, p->n_blocks, p->width, err, "tables/%s/line/width", name));
    CD_TRY(cd_writer_whole(w, CD_U64, (p->n_blocks + BLOCK - 1) / BLOCK, p->start, err, "tables/%s/line/start", name));
    if (p->n_words) CD_TRY(cd_writer_whole(w, CD_U64, p->n_words, p->words, err, "tables/%s/line/words", name));
done:
    return st;
}

void cd_lines_release(cd_line_packer *p)
{
    cd_free(p->base);
    cd_free(p->width);
    cd_free(p->start);
    cd_free(p->words);
    *p = (cd_line_packer){0};
}
