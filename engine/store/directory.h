/* SPDX-License-Identifier: GPL-3.0-or-later
 * directory.h: the text in a segment file's /directory: what the file holds, and where (FORMAT.md, "A segment file").
 * Parse and print are each other's inverse: what was read writes back the same bytes. */
#ifndef CD_STORE_DIRECTORY_H
#define CD_STORE_DIRECTORY_H

#include "engine/store/segment.h"

enum { CD_SEGMENT_VERSION = 2, CD_MAX_DIRECTORY = 16 << 20, CD_MAX_ARRAYS = 1 << 17 };

typedef struct {
    cd_slice name;
    uint64_t first, n;
    uint32_t stride; /* bytes of each id; 0: they differ */
} cd_directory_kind;

typedef struct {
    cd_slice name;
    uint64_t rows, left_keys, right_keys; /* right_keys 0: no reverse */
    int64_t first, last;                  /* both CANDOUR_UNKNOWN, or neither */
} cd_directory_table;

/* Names and paths are borrowed: from the text that was parsed, or from whoever fills this in to print it. The arrays
 * are owned after cd_directory_parse (for cd_directory_release); a printer may point them at its own. */
typedef struct {
    uint64_t metadata_hash;
    uint64_t n_sources, n_loads;
    uint32_t n_kinds, n_tables, n_arrays;
    cd_directory_kind *kinds;
    cd_directory_table *tables;
    cd_array *arrays; /* in the order of their places; `data` is not part of the text */
} cd_directory;

/* Holds the text against its grammar: kinds, tables and arrays of at least one element, counts in their ranges, arrays
 * aligned, rising in place and not overlapping. What the names mean is for cd_segment_open. `path` is for messages. */
CD_CHECKED cd_status cd_directory_parse(cd_slice text, const char *path, cd_directory *out, cd_err *err);
void cd_directory_print(const cd_directory *d, cd_buffer *out);
void cd_directory_release(cd_directory *d);

/* "u32", and the bytes of an element. */
const char *cd_array_type_name(cd_array_type type);
uint32_t cd_array_type_bytes(cd_array_type type);

/* The metadata digest: XXH3-64 of every byte of the file that lies in no array and not in [directory_at, + bytes).
 * The arrays must lie inside the file, in the order of their places. */
uint64_t cd_metadata_hash(const uint8_t *file, uint64_t n_bytes, const cd_array *arrays, uint32_t n_arrays,
                          uint64_t directory_at, uint64_t directory_bytes);

#endif
