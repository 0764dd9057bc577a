/* SPDX-License-Identifier: GPL-3.0-or-later
 * hash.c: wraps xxHash and nettle, so that neither is seen anywhere else. */
#include "engine/base/hash.h"

#include <nettle/sha2.h>
#define XXH_STATIC_LINKING_ONLY /* shows XXH3_state_t, whose size cd_hash_stream repeats */
#include <xxhash.h>

#include "engine/base/memory.h"

uint64_t cd_hash64(const void *bytes, size_t n) { return XXH3_64bits(bytes, n); }

_Static_assert(sizeof(cd_hash_stream) >= sizeof(XXH3_state_t), "a stream holds the library's state");

void cd_hash_stream_begin(cd_hash_stream *h) { XXH3_64bits_reset((XXH3_state_t *)(void *)h->state); }
void cd_hash_stream_add(cd_hash_stream *h, const void *bytes, size_t n)
{
    XXH3_64bits_update((XXH3_state_t *)(void *)h->state, bytes, n);
}
uint64_t cd_hash_stream_end(const cd_hash_stream *h)
{
    return XXH3_64bits_digest((const XXH3_state_t *)(const void *)h->state);
}

cd_hash128 cd_hash128_of(const void *bytes, size_t n, uint64_t seed)
{
    XXH128_hash_t h = XXH3_128bits_withSeed(bytes, n, seed);
    return (cd_hash128){.lo = h.low64, .hi = h.high64};
}

struct cd_sha256 {
    struct sha256_ctx state;
};

cd_sha256 *cd_sha256_new(cd_err *err)
{
    cd_sha256 *s = cd_alloc(1, sizeof *s, err);
    if (s) sha256_init(&s->state);
    return s;
}

void cd_sha256_add(cd_sha256 *s, const void *bytes, size_t n) { sha256_update(&s->state, n, bytes); }
void cd_sha256_end(cd_sha256 *s, uint8_t out[CD_SHA256_BYTES]) { sha256_digest(&s->state, CD_SHA256_BYTES, out); }
void cd_sha256_free(cd_sha256 *s) { cd_free(s); }

void cd_hex_write(const uint8_t *bytes, size_t n, char *out)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *out++ = digit[bytes[i] >> 4];
        *out++ = digit[bytes[i] & 15];
    }
    *out = '\0';
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool cd_hex_read(const char *text, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        int hi = nibble(text[2 * i]);
        int lo = hi < 0 ? -1 : nibble(text[2 * i + 1]);
        if (lo < 0) return false;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}
