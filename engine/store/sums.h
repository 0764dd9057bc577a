/* SPDX-License-Identifier: GPL-3.0-or-later
 * sums.h: the checksums of a mapped file's blocks, held against a block when it is first read.
 *
 * Each array's checksum stands in the directory and is a hash of the row of its blocks' hashes; the rows of arrays with
 * more than one block stand in the array `checksums` (FORMAT.md). So a block can be judged by itself: its row by the
 * directory, its bytes by the row. What was found good is kept in two maps of bits: of the blocks of arrays, and of
 * stretches of the file as long as a block, which a reader asks with nothing but the place it is about to read. Bits
 * are only ever set, and only after the bytes were found good, so threads need no lock and may do the same work twice.
 *
 * Readers return values and no status: what is bad is noted, and who answers asks cd_snapshot_judge before he does. */
#ifndef CD_STORE_SUMS_H
#define CD_STORE_SUMS_H

#include "engine/base/slice.h"
#include "engine/base/status.h"

/* Bytes that have one checksum. */
enum { CD_CHECK_BLOCK = 32768 };

/* An array as the directory has it. */
typedef enum { CD_U8, CD_U16, CD_U32, CD_U64, CD_F64 } cd_array_type;
typedef struct {
    cd_slice path; /* into the mapped directory */
    cd_array_type type;
    uint64_t at, n;
    int64_t base;
    uint64_t checksum;
    const void *data;
} cd_array;

static inline uint64_t cd_array_bytes(const cd_array *a)
{
    static const uint8_t bytes[] = {1, 2, 4, 8, 8};
    return a->n * bytes[a->type];
}

typedef struct {
    uint64_t first_bit;  /* of its blocks in `good` */
    const uint64_t *row; /* the checksums of its blocks; NULL where it has one block */
    bool row_good, whole; /* found so; set atomically */
} cd_array_sums;

typedef struct {
    const uint8_t *map;
    uint64_t *seen; /* a bit per CD_CHECK_BLOCK bytes of the file */
    uint64_t *good; /* a bit per block of an array */
    const cd_array *arrays;
    cd_array_sums *of; /* per array */
    uint32_t n_arrays;
    uint32_t kept;    /* which array is `checksums`; n_arrays: none */
    uint32_t damaged; /* the first array found bad so far; n_arrays: none. Set atomically */
} cd_sums;

/* The arrays, in the order of their places, inside the mapped file, are borrowed. CD_ESTORE, in words that follow the
 * file's name, where `checksums` is not as long as they need it. *out is for cd_sums_free. */
CD_CHECKED cd_status cd_sums_new(const uint8_t *map, uint64_t bytes, const cd_array *arrays, uint32_t n_arrays,
                                 const char *path, cd_sums **out, cd_err *err);
void cd_sums_free(cd_sums *s);

/* Looks at the blocks that hold n bytes at p, inside the mapped file. */
void cd_sums_look(cd_sums *s, const void *p, uint64_t n);
/* The same, where it was not done before: called before the bytes are read. No-op without sums. */
static inline void cd_sums_touch(cd_sums *s, const void *p, uint64_t n)
{
    if (!s) return;
    uint64_t at = (uint64_t)((const uint8_t *)p - s->map), block = at / CD_CHECK_BLOCK;
    uint64_t seen = __atomic_load_n(&s->seen[block / 64], __ATOMIC_RELAXED) >> block % 64 & 1;
    if (__builtin_expect(!seen || (at + n - 1) / CD_CHECK_BLOCK != block, 0)) cd_sums_look(s, p, n);
}

/* Looks at all of the array that begins at p (NULL: none), by all threads. For who reads it from end to end. */
void cd_sums_whole(cd_sums *s, const void *p);
/* Whether the array of that number is as it was written. */
bool cd_sums_array(cd_sums *s, uint32_t array);

/* The checksum of an array that is in memory. Threads: those of the parallel region that OpenMP gives. */
uint64_t cd_checksum(const void *bytes, uint64_t n);

#endif
