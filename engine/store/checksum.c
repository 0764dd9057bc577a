/* SPDX-License-Identifier: GPL-3.0-or-later
 * checksum.c: the checksum of an array: a hash of the hashes of its blocks (FORMAT.md), so that threads can share it.
 */
#include "engine/base/hash.h"
#include "engine/store/segment.h"

enum { BLOCK = 131072, GROUP = 512 }; /* bytes of a block; blocks whose hashes are held at once */

uint64_t cd_checksum(const void *bytes, uint64_t n)
{
    const uint8_t *p = bytes;
    uint64_t n_blocks = n / BLOCK + (n % BLOCK != 0);
    cd_hash_stream all;
    cd_hash_stream_begin(&all);
    for (uint64_t first = 0; first < n_blocks; first += GROUP) {
        uint64_t hash[GROUP], here = n_blocks - first < GROUP ? n_blocks - first : GROUP;
        #pragma omp parallel for schedule(static) if (here >= 16)
        for (uint64_t i = 0; i < here; i++) {
            uint64_t at = (first + i) * BLOCK;
            hash[i] = cd_hash64(p + at, (size_t)(n - at < BLOCK ? n - at : BLOCK));
        }
        cd_hash_stream_add(&all, hash, (size_t)here * sizeof *hash);
    }
    return cd_hash_stream_end(&all);
}
