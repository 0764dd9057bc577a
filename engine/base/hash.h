/* SPDX-License-Identifier: GPL-3.0-or-later
 * hash.h: the two hashes of candour. XXH3 for tables, checksums of arrays and digests (fast, not against an enemy);
 * SHA-256 for the files that rows came from (what a person can check with sha256sum). */
#ifndef CD_BASE_HASH_H
#define CD_BASE_HASH_H

#include "engine/base/status.h"

enum { CD_SHA256_BYTES = 32, CD_SHA256_TEXT = 65 };

uint64_t cd_hash64(const void *bytes, size_t n);

/* cd_hash64 of bytes that come in pieces. */
typedef struct {
    _Alignas(64) unsigned char state[576];
} cd_hash_stream;
void cd_hash_stream_begin(cd_hash_stream *h);
void cd_hash_stream_add(cd_hash_stream *h, const void *bytes, size_t n);
uint64_t cd_hash_stream_end(const cd_hash_stream *h);

typedef struct {
    uint64_t lo, hi;
} cd_hash128;
cd_hash128 cd_hash128_of(const void *bytes, size_t n, uint64_t seed);

/* A SHA-256 in the making: starts all over after _end. */
typedef struct cd_sha256 cd_sha256;
cd_sha256 *cd_sha256_new(cd_err *err);
void cd_sha256_add(cd_sha256 *s, const void *bytes, size_t n);
void cd_sha256_end(cd_sha256 *s, uint8_t out[CD_SHA256_BYTES]);
void cd_sha256_free(cd_sha256 *s);

/* n bytes as 2n lower-case hexadecimal digits and a NUL; and back, false if it is not exactly that. */
void cd_hex_write(const uint8_t *bytes, size_t n, char *out);
bool cd_hex_read(const char *text, size_t n, uint8_t *out);

#endif
