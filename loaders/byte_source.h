/* SPDX-License-Identifier: GPL-3.0-or-later
 * byte_source.h: the bytes of a file or of standard input, decompressed where they begin as gzip or zstd data do.
 *
 * Also the SHA-256 and the number of the bytes as they lie on disk, so that a person can check what was loaded with
 * sha256sum. Of compressed input both are taken while reading; of plain input the reader hands its bytes to
 * byte_source_hash itself, in order, when no other thread need wait for it. One thread at a time, but _hash and _read may
 * run beside each other. */
#ifndef LOADERS_BYTE_SOURCE_H
#define LOADERS_BYTE_SOURCE_H

#include <stdbool.h>

#include "engine/base/hash.h"
#include "engine/base/status.h"

typedef struct byte_source byte_source;

/* "-" is standard input. */
CD_CHECKED cd_status byte_source_open(const char *path, byte_source **out, cd_err *err);
void byte_source_close(byte_source *source);

/* Before the first read: from here on go_on is asked, by the thread that reads, whether to; before every read of the
 * disk, and some ten times a second where the input, a pipe or a terminal, is a while in coming. */
void byte_source_ask(byte_source *source, bool (*go_on)(void *context), void *context);

/* Bytes of the file on disk, or 0 where that is not known. */
uint64_t byte_source_size(const byte_source *source);
/* Bytes taken from the disk so far. */
uint64_t byte_source_taken(const byte_source *source);

/* Reads until `want` bytes are there or the input ends: *got < want says that it ended. */
CD_CHECKED cd_status byte_source_read(byte_source *source, void *into, size_t want, size_t *got, cd_err *err);

/* Takes note of the next n bytes read; nothing to do where they were decompressed. */
void byte_source_hash(byte_source *source, const void *bytes, size_t n);
void byte_source_sha256(byte_source *source, uint8_t sha256[CD_SHA256_BYTES]);

/* The SHA-256 of a whole file, for one that can be read twice. */
CD_CHECKED cd_status byte_source_sha256_of(const char *path, uint8_t sha256[CD_SHA256_BYTES], cd_err *err);

#endif
