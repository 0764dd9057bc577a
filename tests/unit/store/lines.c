/* SPDX-License-Identifier: GPL-3.0-or-later
 * lines.c: source lines packed whole or in pieces, by one thread or several threads, are the same bytes, and come back
 * through cd_lines_read from any row in any length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <omp.h>

#include "engine/base/random.h"
#include "engine/store/lines.h"

enum { SUPER = 4096, MOST = 6 * SUPER };

static void lines_of_array(const void *context, uint64_t row, uint32_t n, uint32_t *out)
{
    memcpy(out, (const uint32_t *)context + row, n * sizeof *out);
}

/* Packs in pieces of at most `step` rows; 0: all at once. */
static void pack(const uint32_t *lines, uint64_t n, uint64_t step, cd_line_packer *out)
{
    *out = (cd_line_packer){0};
    if (step == 0) step = n;
    for (uint64_t from = 0; from < n; from += step)
        assert_int_equal(cd_lines_pack(out, from, n - from < step ? n : from + step, lines_of_array, lines, NULL), CD_OK);
}

static void check_equal(const cd_line_packer *a, const cd_line_packer *b)
{
    assert_int_equal(a->n_blocks, b->n_blocks);
    assert_int_equal(a->n_words, b->n_words);
    assert_memory_equal(a->base, b->base, a->n_blocks * sizeof *a->base);
    assert_memory_equal(a->width, b->width, a->n_blocks);
    assert_memory_equal(a->start, b->start, (a->n_blocks + 63) / 64 * sizeof *a->start);
    if (a->n_words) assert_memory_equal(a->words, b->words, a->n_words * sizeof *a->words);
}

/* As FORMAT.md says it, bit by bit. */
static void check_format(const uint32_t *lines, uint64_t n, const cd_line_packer *p)
{
    uint64_t word = 0;
    assert_int_equal(p->n_blocks, (n + 63) / 64);
    for (uint64_t b = 0; b < p->n_blocks; b++) {
        uint32_t width = p->width[b];
        assert_int_equal(p->base[b], lines[b * 64]);
        if (b % 64 == 0) assert_int_equal(p->start[b / 64], word);
        uint64_t most = 0;
        for (uint64_t i = 0; i < 64 && b * 64 + i < n; i++) {
            int64_t x = i ? (int64_t)lines[b * 64 + i] - (int64_t)lines[b * 64 + i - 1] : 0;
            uint64_t zigzag = ((uint64_t)x << 1) ^ (uint64_t)(x >> 63), packed = 0;
            most |= zigzag;
            for (uint32_t bit = 0; bit < width; bit++) {
                uint64_t at = i * width + bit;
                packed |= (p->words[word + at / 64] >> at % 64 & 1) << bit;
            }
            if (packed != zigzag) fail_msg("row %llu is packed wrong", (unsigned long long)(b * 64 + i));
        }
        assert_true(width == 0 ? most == 0 : most >> width == 0 && most >> (width - 1)); /* as narrow as can be */
        word += width;
    }
    assert_int_equal(p->n_words, word);
}

static void check_reads(const uint32_t *lines, uint64_t n, const cd_line_packer *p, cd_random *r)
{
    static uint32_t out[MOST + 1];
    const cd_packed_lines view = {.base = p->base, .width = p->width, .start = p->start,
                                  .words = p->n_words ? p->words : NULL, .n_words = p->n_words};
    for (int k = 0; k < 40; k++) {
        uint64_t row = k ? cd_random_below(r, n) : 0, m = k ? cd_random_below(r, n - row + 1) : n;
        if (k % 3 == 1 && m > 70) m %= 70;
        out[m] = 0x5eed;
        cd_lines_read(&view, row, m, out);
        assert_memory_equal(out, lines + row, m * sizeof *out);
        assert_int_equal(out[m], 0x5eed);
    }
}

/* Differences of 0 to 33 bits, rising and falling, and stretches where nothing changes. */
static void shape(uint32_t *lines, uint64_t n, cd_random *r)
{
    uint64_t kind = cd_random_below(r, 6), bits = 1 + cd_random_below(r, 32);
    uint64_t at = 1 + cd_random_below(r, kind == 2 ? UINT32_MAX : 1000000);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t x = cd_random_u64(r);
        switch (kind) {
        case 0: lines[i] = (uint32_t)at; break;                                 /* all one line */
        case 1: lines[i] = (uint32_t)(at += x % 3 ? 1 : 1 + (x >> 32) % 20000); break;
        case 2: lines[i] = (uint32_t)(x >> (64 - bits)) + 1; break;
        case 3: lines[i] = i / 300 % 2 ? (uint32_t)at : (uint32_t)(x >> 40) + 1; break; /* blocks without words between */
        case 4: lines[i] = x % 2 ? 1 : UINT32_MAX; break;                       /* 33 bits a difference */
        default: lines[i] = UINT32_MAX - (uint32_t)i; break;
        }
    }
}

static void in_pieces_by_threads(void **state)
{
    (void)state;
    static uint32_t lines[MOST];
    static const int threads[] = {1, 2, 3, 8};
    for (uint64_t round = 0; round < 160; round++) {
        cd_random r = cd_random_of(4, 1, round);
        uint64_t n = 1 + cd_random_below(&r, round % 4 ? 200 : MOST);
        if (round % 16 == 0) n = (1 + round / 16 % 6) * SUPER; /* whole pieces to the end */
        cd_line_packer whole, pieces;
        shape(lines, n, &r);
        omp_set_num_threads(1);
        pack(lines, n, 0, &whole);
        check_format(lines, n, &whole);
        check_reads(lines, n, &whole, &r);
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            omp_set_num_threads(threads[t]);
            pack(lines, n, (t + cd_random_below(&r, 5)) * SUPER, &pieces);
            check_equal(&whole, &pieces);
            cd_lines_release(&pieces);
        }
        cd_lines_release(&whole);
    }
}

static void says_that_memory_is_out(void **state)
{
    (void)state;
    static uint32_t lines[2 * SUPER];
    size_t before = cd_memory_now();
    for (uint32_t i = 0; i < 2 * SUPER; i++) lines[i] = i * 7;
    for (int64_t k = 0, done = 0; !done; k++) {
        cd_line_packer p = {0};
        cd_memory_fail_at(k);
        cd_status st = cd_lines_pack(&p, 0, SUPER, lines_of_array, lines, NULL);
        if (st == CD_OK) st = cd_lines_pack(&p, SUPER, 2 * SUPER, lines_of_array, lines, NULL);
        cd_memory_fail_at(-1);
        done = st == CD_OK;
        assert_true(done || st == CD_EMEMORY);
        cd_lines_release(&p);
        assert_int_equal(cd_memory_now(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_pieces_by_threads),
        cmocka_unit_test(says_that_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
