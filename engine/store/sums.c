/* SPDX-License-Identifier: GPL-3.0-or-later
 * sums.c: see sums.h. A stretch of the file is seen when every block of an array that reaches into it is good; between
 * arrays nothing is read. */
#include "engine/store/sums.h"

#include <inttypes.h>

#include "engine/base/hash.h"
#include "engine/base/memory.h"

enum { GROUP = 512, MANY = 128 }; /* blocks whose hashes are held at once; blocks that are worth several threads */

static bool bit_of(const uint64_t *bits, uint64_t i)
{
    return __atomic_load_n(&bits[i / 64], __ATOMIC_RELAXED) >> i % 64 & 1;
}

static void bit_set(uint64_t *bits, uint64_t i)
{
    __atomic_fetch_or(&bits[i / 64], (uint64_t)1 << i % 64, __ATOMIC_RELAXED);
}

static uint64_t blocks_of(const cd_array *a) { return (cd_array_bytes(a) + CD_CHECK_BLOCK - 1) / CD_CHECK_BLOCK; }

static uint64_t block_hash(const void *bytes, uint64_t n, uint64_t block)
{
    uint64_t at = block * CD_CHECK_BLOCK;
    return cd_hash64((const uint8_t *)bytes + at, (size_t)(n - at < CD_CHECK_BLOCK ? n - at : CD_CHECK_BLOCK));
}

uint64_t cd_checksum(const void *bytes, uint64_t n)
{
    uint64_t n_blocks = (n + CD_CHECK_BLOCK - 1) / CD_CHECK_BLOCK;
    cd_hash_stream all;
    cd_hash_stream_begin(&all);
    for (uint64_t first = 0; first < n_blocks; first += GROUP) {
        uint64_t hash[GROUP], here = n_blocks - first < GROUP ? n_blocks - first : GROUP;
        #pragma omp parallel for schedule(static) if (here >= MANY)
        for (uint64_t i = 0; i < here; i++) hash[i] = block_hash(bytes, n, first + i);
        cd_hash_stream_add(&all, hash, (size_t)here * sizeof *hash);
    }
    return cd_hash_stream_end(&all);
}

/* ---- Made and gone ---- */

static bool is_kept(const cd_array *a) { return cd_slice_equal(a->path, cd_slice_of("checksums")); }

/* Gives each array its bits and its row. */
static cd_status rows_find(cd_sums *s, uint64_t *n_bits, const char *path, cd_err *err)
{
    uint64_t n_kept = 0, bits = 0;
    const uint64_t *kept = s->kept < s->n_arrays ? s->arrays[s->kept].data : NULL;
    uint64_t there = kept ? s->arrays[s->kept].n : 0;
    for (uint32_t i = 0; i < s->n_arrays; i++) {
        uint64_t n = blocks_of(&s->arrays[i]);
        s->of[i].first_bit = bits, bits += n;
        if (n < 2 || i == s->kept) continue;
        if (n > there - n_kept) {
            n_kept = there + 1;
            break;
        }
        s->of[i].row = kept + n_kept, n_kept += n;
    }
    *n_bits = bits;
    if (n_kept == there && (there == 0 || s->arrays[s->kept].type == CD_U64)) return CD_OK;
    return cd_fail(err, CD_ESTORE, "'%s' is damaged: `checksums` does not have one of each block; run `candour verify`",
                   path);
}

cd_status cd_sums_new(const uint8_t *map, uint64_t bytes, const cd_array *arrays, uint32_t n_arrays, const char *path,
                      cd_sums **out, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t n_bits;
    cd_sums *s = NULL;
    CD_NEW(s, 1);
    *s = (cd_sums){.map = map, .arrays = arrays, .n_arrays = n_arrays, .kept = n_arrays, .damaged = n_arrays};
    for (uint32_t i = 0; i < n_arrays && s->kept == n_arrays; i++)
        if (is_kept(&arrays[i])) s->kept = i;
    CD_NEW(s->of, n_arrays);
    CD_TRY(rows_find(s, &n_bits, path, err));
    CD_NEW(s->seen, bytes / CD_CHECK_BLOCK / 64 + 1);
    CD_NEW(s->good, n_bits / 64 + 1);
    *out = s, s = NULL;
done:
    cd_sums_free(s);
    return st;
}

void cd_sums_free(cd_sums *s)
{
    if (!s) return;
    cd_free(s->of);
    cd_free(s->seen);
    cd_free(s->good);
    cd_free(s);
}

/* ---- Looking ---- */

/* Of several arrays the first is told, whichever was met first. */
static bool note_bad(cd_sums *s, uint32_t array)
{
    uint32_t known = __atomic_load_n(&s->damaged, __ATOMIC_RELAXED);
    while (array < known &&
           !__atomic_compare_exchange_n(&s->damaged, &known, array, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    return false;
}

/* Whether the row of an array is the one that the directory means; once found so, it is known. */
static bool row_good(cd_sums *s, uint32_t array)
{
    cd_array_sums *of = &s->of[array];
    if (!of->row || __atomic_load_n(&of->row_good, __ATOMIC_RELAXED)) return true;
    const cd_array *a = &s->arrays[array];
    if (cd_hash64(of->row, (size_t)blocks_of(a) * sizeof *of->row) != a->checksum) return note_bad(s, s->kept);
    __atomic_store_n(&of->row_good, true, __ATOMIC_RELAXED);
    return true;
}

static bool block_good(cd_sums *s, uint32_t array, uint64_t block)
{
    const cd_array_sums *of = &s->of[array];
    const cd_array *a = &s->arrays[array];
    if (bit_of(s->good, of->first_bit + block)) return true;
    uint64_t hash = block_hash(a->data, cd_array_bytes(a), block);
    if (of->row ? hash != of->row[block] : cd_hash64(&hash, sizeof hash) != a->checksum) return note_bad(s, array);
    bit_set(s->good, of->first_bit + block);
    return true;
}

/* Bytes [from, to) of an array. `checksums` is known by its rows, and nobody else reads it. */
static bool part_good(cd_sums *s, uint32_t array, uint64_t from, uint64_t to)
{
    bool good = true;
    if (array == s->kept) return true;
    if (!row_good(s, array)) return false;
    for (uint64_t b = from / CD_CHECK_BLOCK; b <= (to - 1) / CD_CHECK_BLOCK; b++) good &= block_good(s, array, b);
    return good;
}

/* The first array that ends behind a place of the file. */
static uint32_t array_behind(const cd_sums *s, uint64_t at)
{
    uint32_t lo = 0, hi = s->n_arrays;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->arrays[mid].at + cd_array_bytes(&s->arrays[mid]) <= at) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static bool stretch_good(cd_sums *s, uint64_t stretch)
{
    uint64_t lo = stretch * CD_CHECK_BLOCK, hi = lo + CD_CHECK_BLOCK;
    bool good = true;
    for (uint32_t i = array_behind(s, lo); i < s->n_arrays && s->arrays[i].at < hi; i++) {
        uint64_t at = s->arrays[i].at, end = at + cd_array_bytes(&s->arrays[i]);
        good &= part_good(s, i, lo > at ? lo - at : 0, (end < hi ? end : hi) - at);
    }
    return good;
}

void cd_sums_look(cd_sums *s, const void *p, uint64_t n)
{
    uint64_t at = (uint64_t)((const uint8_t *)p - s->map);
    if (n == 0) return;
    for (uint64_t k = at / CD_CHECK_BLOCK; k <= (at + n - 1) / CD_CHECK_BLOCK; k++)
        if (!bit_of(s->seen, k) && stretch_good(s, k)) bit_set(s->seen, k);
}

bool cd_sums_array(cd_sums *s, uint32_t array)
{
    const cd_array *a = &s->arrays[array];
    uint64_t n = blocks_of(a), bad = 0, end = a->at + cd_array_bytes(a);
    if (__atomic_load_n(&s->of[array].whole, __ATOMIC_RELAXED)) return true;
    if (array == s->kept) return cd_checksum(a->data, cd_array_bytes(a)) == a->checksum || note_bad(s, array);
    if (!row_good(s, array)) return false;
    #pragma omp parallel for schedule(static) reduction(+ : bad) if (n >= MANY)
    for (uint64_t b = 0; b < n; b++) bad += !block_good(s, array, b);
    if (bad) return false;
    for (uint64_t k = (a->at + CD_CHECK_BLOCK - 1) / CD_CHECK_BLOCK; k < end / CD_CHECK_BLOCK; k++) bit_set(s->seen, k);
    __atomic_store_n(&s->of[array].whole, true, __ATOMIC_RELAXED);
    return true;
}

void cd_sums_whole(cd_sums *s, const void *p)
{
    if (!s || !p) return;
    uint32_t array = array_behind(s, (uint64_t)((const uint8_t *)p - s->map));
    if (array < s->n_arrays) (void)cd_sums_array(s, array);
}
