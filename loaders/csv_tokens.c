/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_tokens.c: the plain scan, which states the grammar, and the vector ones (csv_scan.inc), chosen at run time. */
#include "loaders/csv_tokens.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The grammar byte by byte: the reference for the vector paths, and what reads text with stray quotes. */
static void csv_scan_plain(const char *text, size_t n, char separator, uint32_t *mark, csv_marks *out)
{
    enum { START, OPEN, QUOTED, CLOSED } state = START;
    uint32_t *w = mark;
    csv_marks m = {0};
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        bool line_end = c == '\n' || (c == '\r' && text[i + 1] != '\n');
        m.high |= c < 0 || (unsigned char)c >= 0x80;
        m.nul |= c == '\0';
        m.quotes |= c == '"';
        if (state == QUOTED) {
            if (c == '"') state = CLOSED;
            m.quoted_line_ends += line_end;
        } else if (c == separator || line_end) {
            *w++ = (uint32_t)i;
            m.row_ends += line_end;
            state = START;
        } else if (c == '"' && (state == START || state == CLOSED)) {
            state = QUOTED;
        } else {
            state = OPEN;
        }
    }
    m.n = (size_t)(w - mark);
    *out = m;
}

size_t csv_open_quote(const char *text, size_t n, char separator)
{
    enum { START, OPEN, QUOTED, CLOSED } state = START;
    size_t opened = 0;
    for (size_t i = 0; i < n; i++) {
        if (state == QUOTED) {
            if (text[i] == '"') state = CLOSED;
        } else if (text[i] == separator) {
            state = START;
        } else if (text[i] == '"' && (state == START || state == CLOSED)) {
            if (state == START) opened = i;
            state = QUOTED;
        } else {
            state = OPEN;
        }
    }
    return opened;
}

enum { WALK_START, WALK_OPEN, WALK_QUOTED, WALK_CLOSED };

/* One byte that is no line end. */
static uint8_t walk_state(csv_walk *w, char c, char separator)
{
    if (w->state == WALK_QUOTED) return c == '"' ? WALK_CLOSED : WALK_QUOTED;
    if (c == separator) return WALK_START;
    if (c != '"' || w->state == WALK_OPEN) return WALK_OPEN;
    if (w->state == WALK_START) w->quote_line = w->lines;
    return WALK_QUOTED;
}

/* A line end of so many bytes is behind us. */
static void walk_line(csv_walk *w, uint32_t bytes)
{
    w->cr = false;
    w->lines++;
    if (w->state != WALK_QUOTED) w->ended = true, w->end_bytes = bytes;
}

size_t csv_walk_on(csv_walk *w, const char *text, size_t n, char separator)
{
    size_t i = 0;
    for (; i < n && !w->ended; i++) {
        if (w->cr && text[i] != '\n') {
            walk_line(w, 1);
            if (w->ended) break;
        }
        if (text[i] == '\n') walk_line(w, w->cr ? 2 : 1);
        else if (text[i] == '\r') w->cr = true;
        else w->state = walk_state(w, text[i], separator);
    }
    w->bytes += i;
    return i;
}

void csv_walk_end(csv_walk *w)
{
    if (w->cr) walk_line(w, 1);
    w->ended = true;
}

bool csv_walk_is_open(const csv_walk *w) { return w->state == WALK_QUOTED; }

uint64_t csv_count_lines(const char *text, size_t n)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < n; i++) lines += (text[i] == '\n') | ((text[i] == '\r') & (text[i + 1] != '\n'));
    return lines;
}

#if defined(__x86_64__)
/* Bit i: the parity of bits 0 to i. */
static inline uint64_t prefix_xor(uint64_t x)
{
    x ^= x << 1, x ^= x << 2, x ^= x << 4, x ^= x << 8, x ^= x << 16;
    return x ^ x << 32;
}

/* Appends base + the index of every set bit. Eight are written whatever their number: the branch is for the count of
 * eights alone, which hardly varies. */
#define EMIT_BITS(w, m, base)                                                                                          \
    {                                                                                                                  \
        uint32_t count = (uint32_t)__builtin_popcountll(m);                                                            \
        for (uint32_t done = 0; done < count; done += 8)                                                               \
            for (uint32_t k = 0; k < 8; k++, m &= m - 1) w[done + k] = base + (uint32_t)__builtin_ctzll(m | TOP_BIT);  \
        w += count;                                                                                                    \
    }
#define TOP_BIT ((uint64_t)1 << 63)

#define SCAN_NAME scan_sse
#define SCAN_TARGET __attribute__((target("sse4.2,popcnt")))
#define SCAN_SETUP(separator)                                                                                          \
    const __m128i v_sep = _mm_set1_epi8(separator), v_lf = _mm_set1_epi8('\n'), v_cr = _mm_set1_epi8('\r'),            \
                  v_quote = _mm_set1_epi8('"');                                                                        \
    __m128i any = _mm_setzero_si128(), least = _mm_set1_epi8(-1);
#define SCAN_WORD(p)                                                                                                   \
    sep = lf = cr = quote = 0;                                                                                         \
    for (int k = 0; k < 4; k++) {                                                                                      \
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p) + k);                                           \
        any = _mm_or_si128(any, x), least = _mm_min_epu8(least, x);                                                    \
        sep |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, v_sep)) << (16 * k);                            \
        lf |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, v_lf)) << (16 * k);                              \
        cr |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, v_cr)) << (16 * k);                              \
        quote |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, v_quote)) << (16 * k);                        \
    }
#define SCAN_EMIT EMIT_BITS
#define SCAN_FLAGS(out)                                                                                                \
    (out)->high = _mm_movemask_epi8(any) != 0;                                                                         \
    (out)->nul = _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0;
#include "loaders/csv_scan.inc"

#define SCAN_NAME scan_avx2
#define SCAN_TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
#define SCAN_SETUP(separator)                                                                                          \
    const __m256i v_sep = _mm256_set1_epi8(separator), v_lf = _mm256_set1_epi8('\n'), v_cr = _mm256_set1_epi8('\r'),   \
                  v_quote = _mm256_set1_epi8('"');                                                                     \
    __m256i any = _mm256_setzero_si256(), least = _mm256_set1_epi8(-1);
#define BITS256(v) ((uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, v)) << (32 * k))
#define SCAN_WORD(p)                                                                                                   \
    sep = lf = cr = quote = 0;                                                                                         \
    for (int k = 0; k < 2; k++) {                                                                                      \
        __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(p) + k);                                        \
        any = _mm256_or_si256(any, x), least = _mm256_min_epu8(least, x);                                              \
        sep |= BITS256(v_sep), lf |= BITS256(v_lf), cr |= BITS256(v_cr), quote |= BITS256(v_quote);                    \
    }
#define SCAN_EMIT EMIT_BITS
#define SCAN_FLAGS(out)                                                                                                \
    (out)->high = _mm256_movemask_epi8(any) != 0;                                                                      \
    (out)->nul = _mm256_movemask_epi8(_mm256_cmpeq_epi8(least, _mm256_setzero_si256())) != 0;
#include "loaders/csv_scan.inc"

#define SCAN_NAME scan_avx512
#define SCAN_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,lzcnt,popcnt")))
#define SCAN_SETUP(separator)                                                                                          \
    const __m512i v_sep = _mm512_set1_epi8(separator), v_lf = _mm512_set1_epi8('\n'), v_cr = _mm512_set1_epi8('\r'),   \
                  v_quote = _mm512_set1_epi8('"');                                                                     \
    __m512i any = _mm512_setzero_si512(), least = _mm512_set1_epi8(-1);                                                \
    char ascending[64];                                                                                                \
    for (int k = 0; k < 64; k++) ascending[k] = (char)k;                                                               \
    const __m512i v_index = _mm512_loadu_si512(ascending);
#define SCAN_WORD(p)                                                                                                   \
    __m512i x = _mm512_loadu_si512(p);                                                                                 \
    any = _mm512_or_si512(any, x), least = _mm512_min_epu8(least, x);                                                  \
    sep = _mm512_cmpeq_epi8_mask(x, v_sep), lf = _mm512_cmpeq_epi8_mask(x, v_lf);                                      \
    cr = _mm512_cmpeq_epi8_mask(x, v_cr), quote = _mm512_cmpeq_epi8_mask(x, v_quote);
/* The bytes' indexes, squeezed together and widened sixteen at a time. */
#define SCAN_EMIT(w, m, base)                                                                                          \
    {                                                                                                                  \
        uint32_t count = (uint32_t)__builtin_popcountll(m);                                                            \
        __m512i at_byte = _mm512_maskz_compress_epi8(m, v_index), v_base = _mm512_set1_epi32((int)(base));             \
        _mm512_storeu_si512(w, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(at_byte)), v_base));       \
        if (__builtin_expect(count > 16, 0)) {                                                                         \
            _mm512_storeu_si512(                                                                                       \
                w + 16, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(at_byte, 1)), v_base));        \
            _mm512_storeu_si512(                                                                                       \
                w + 32, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(at_byte, 2)), v_base));        \
            _mm512_storeu_si512(                                                                                       \
                w + 48, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(at_byte, 3)), v_base));        \
        }                                                                                                              \
        w += count;                                                                                                    \
    }
#define SCAN_FLAGS(out)                                                                                                \
    (out)->high = _mm512_movepi8_mask(any) != 0;                                                                       \
    (out)->nul = _mm512_testn_epi8_mask(least, least) != 0;
#include "loaders/csv_scan.inc"

bool csv_level_here(csv_level level)
{
    switch (level) {
    case CSV_PLAIN: return true;
    case CSV_SSE: return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    case CSV_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    case CSV_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2") &&
               __builtin_cpu_supports("bmi2");
    default: return false;
    }
}
#else
bool csv_level_here(csv_level level) { return level == CSV_PLAIN; }
#endif

csv_level csv_level_best(void)
{
    csv_level best = CSV_PLAIN;
    for (int level = CSV_PLAIN; level < CSV_N_LEVELS; level++)
        if (csv_level_here((csv_level)level)) best = (csv_level)level;
    return best;
}

void csv_scan(csv_level level, const char *text, size_t n, char separator, uint32_t *mark, csv_marks *out)
{
    bool read = false;
#if defined(__x86_64__)
    if (level == CSV_AVX512) read = scan_avx512(text, n, separator, mark, out);
    else if (level == CSV_AVX2) read = scan_avx2(text, n, separator, mark, out);
    else if (level == CSV_SSE) read = scan_sse(text, n, separator, mark, out);
#else
    (void)level;
#endif
    if (!read) csv_scan_plain(text, n, separator, mark, out);
}
