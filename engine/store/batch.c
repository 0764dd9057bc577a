/* SPDX-License-Identifier: GPL-3.0-or-later
 * batch.c: packs columns of a block and unpacks them again. Simple loops that a compiler turns into vectors. */
#include "engine/store/batch.h"

#include <string.h>

struct cd_pool_part {
    cd_pool_part *before;
    size_t used, cap;
    _Alignas(64) char bytes[];
};

enum { FIRST_PART = 64 << 10, MOST_PART = 4 << 20, POOL_ALIGN = 16 };

void *cd_pool_alloc(cd_pool *pool, size_t bytes, cd_err *err)
{
    bytes = (bytes + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
    cd_pool_part *p = pool->last;
    if (!p || p->cap - p->used < bytes) {
        size_t whole = pool->bytes < FIRST_PART ? FIRST_PART : pool->bytes < MOST_PART ? pool->bytes : MOST_PART;
        if (whole < bytes + sizeof *p) whole = bytes + sizeof *p;
        p = cd_pages_new(whole, 1, err);
        if (!p) return NULL;
        p->before = pool->last;
        p->cap = whole - sizeof *p;
        pool->last = p;
        pool->bytes += whole;
    }
    void *at = p->bytes + p->used;
    p->used += bytes;
    return at;
}

void cd_pool_release(cd_pool *pool)
{
    for (cd_pool_part *p = pool->last, *before; p; p = before) {
        before = p->before;
        cd_pages_free(p, p->cap + sizeof *p, 1);
    }
    *pool = (cd_pool){0};
}

int cd_batch_order(const void *a, const void *b)
{
    const cd_batch *x = *(cd_batch *const *)a, *y = *(cd_batch *const *)b;
    if (x->source != y->source) return x->source < y->source ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

uint32_t cd_width_for(uint64_t span)
{
    if (span < UINT8_MAX) return 1;
    if (span < UINT16_MAX) return 2;
    return span < UINT32_MAX ? 4 : 8;
}

#define PACK(type, max, absent)                                                                                        \
    do {                                                                                                               \
        type *codes = data;                                                                                            \
        for (uint32_t i = 0; i < n; i++)                                                                               \
            codes[i] = values[i] == (absent) ? (max) : (type)((uint64_t)values[i] - (uint64_t)base);                   \
    } while (0)

#define PACK_ALL(absent)                                                                                               \
    switch (width) {                                                                                                   \
    case 1: PACK(uint8_t, UINT8_MAX, absent); break;                                                                   \
    case 2: PACK(uint16_t, UINT16_MAX, absent); break;                                                                 \
    case 4: PACK(uint32_t, UINT32_MAX, absent); break;                                                                 \
    default: PACK(uint64_t, UINT64_MAX, absent); break;                                                                \
    }

cd_status cd_pack_integers(cd_pool *pool, const int64_t *values, uint32_t n, cd_packed *out, cd_err *err)
{
    int64_t lo = INT64_MAX, hi = INT64_MIN;
    bool unknowns = false;
    for (uint32_t i = 0; i < n; i++) {
        bool unknown = values[i] == CANDOUR_UNKNOWN;
        unknowns |= unknown;
        lo = !unknown && values[i] < lo ? values[i] : lo;
        hi = values[i] > hi ? values[i] : hi; /* unknown is the least of all */
    }
    *out = (cd_packed){.lo = lo, .hi = hi, .unknowns = unknowns};
    if (lo > hi) return CD_OK;
    int64_t base = lo;
    uint32_t width = cd_width_for((uint64_t)hi - (uint64_t)lo);
    void *data = cd_pool_alloc(pool, (size_t)n * width, err);
    if (!data) return CD_EMEMORY;
    PACK_ALL(CANDOUR_UNKNOWN);
    out->codes = (cd_codes){.codes = data, .width = width, .base = base};
    return CD_OK;
}

cd_status cd_pack_ids(cd_pool *pool, const uint32_t *values, uint32_t n, cd_packed *out, cd_err *err)
{
    uint32_t hi = 0, known = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool unknown = values[i] == CD_NONE;
        known += !unknown;
        hi = !unknown && values[i] > hi ? values[i] : hi;
    }
    *out = (cd_packed){.lo = 0, .hi = known ? (int64_t)hi : -1, .unknowns = known < n};
    if (known == 0) return CD_OK;
    uint32_t base = 0, width = cd_width_for(hi);
    void *data = cd_pool_alloc(pool, (size_t)n * width, err);
    if (!data) return CD_EMEMORY;
    PACK_ALL(CD_NONE);
    out->codes = (cd_codes){.codes = data, .width = width, .base = 0};
    return CD_OK;
}

cd_status cd_pack_reals(cd_pool *pool, const double *values, uint32_t n, cd_packed *out, cd_err *err)
{
    bool known = false;
    for (uint32_t i = 0; i < n; i++) known |= values[i] == values[i];
    *out = (cd_packed){.lo = 0, .hi = known ? 0 : -1, .unknowns = !known};
    if (!known) return CD_OK;
    double *data = cd_pool_alloc(pool, (size_t)n * sizeof *data, err);
    if (!data) return CD_EMEMORY;
    /* One NaN for unknown and one zero, so that equal rows have equal bytes. */
    for (uint32_t i = 0; i < n; i++) data[i] = values[i] != values[i] ? __builtin_nan("") : values[i] + 0.0;
    out->codes = (cd_codes){.codes = data, .width = 8, .base = 0};
    return CD_OK;
}

#define UNPACK(type, max, absent, value)                                                                               \
    do {                                                                                                               \
        const type *codes = p->codes.codes;                                                                            \
        for (uint32_t i = 0; i < n; i++) out[i] = codes[i] == (max) ? (absent) : (value);                              \
    } while (0)

void cd_unpack_integers(const cd_packed *p, uint32_t n, int64_t *out)
{
    uint64_t base = (uint64_t)p->codes.base;
    switch (p->codes.width) {
    case 1: UNPACK(uint8_t, UINT8_MAX, CANDOUR_UNKNOWN, (int64_t)(base + codes[i])); break;
    case 2: UNPACK(uint16_t, UINT16_MAX, CANDOUR_UNKNOWN, (int64_t)(base + codes[i])); break;
    case 4: UNPACK(uint32_t, UINT32_MAX, CANDOUR_UNKNOWN, (int64_t)(base + codes[i])); break;
    case 8: UNPACK(uint64_t, UINT64_MAX, CANDOUR_UNKNOWN, (int64_t)(base + codes[i])); break;
    default:
        for (uint32_t i = 0; i < n; i++) out[i] = CANDOUR_UNKNOWN;
    }
}

void cd_unpack_ids(const cd_packed *p, uint32_t n, uint32_t *out)
{
    switch (p->codes.width) {
    case 1: UNPACK(uint8_t, UINT8_MAX, CD_NONE, codes[i]); break;
    case 2: UNPACK(uint16_t, UINT16_MAX, CD_NONE, codes[i]); break;
    case 4: UNPACK(uint32_t, UINT32_MAX, CD_NONE, codes[i]); break;
    default:
        for (uint32_t i = 0; i < n; i++) out[i] = CD_NONE;
    }
}

cd_status cd_pack_lines(cd_pool *pool, const int64_t *lines, uint32_t n, cd_batch *batch, cd_err *err)
{
    bool follow = true;
    for (uint32_t i = 1; i < n; i++) follow &= lines[i] == lines[0] + i;
    batch->first_line = follow && n > 0 ? lines[0] : 0;
    batch->line = (cd_packed){.lo = 0, .hi = -1};
    return batch->first_line > 0 ? CD_OK : cd_pack_integers(pool, lines, n, &batch->line, err);
}

void cd_unpack_lines(const cd_batch *batch, int64_t *out)
{
    if (batch->first_line == 0) cd_unpack_integers(&batch->line, batch->n, out);
    else
        for (uint32_t i = 0; i < batch->n; i++) out[i] = batch->first_line + i;
}
