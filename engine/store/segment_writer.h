/* SPDX-License-Identifier: GPL-3.0-or-later
 * segment_writer.h: writes one segment file (FORMAT.md): arrays are announced by one thread, filled by many, and the
 * directory is written last, when every place and checksum is known.
 *
 * The file is not part of the store until a manifest names it; until then it may be abandoned at any moment. */
#ifndef CD_STORE_SEGMENT_WRITER_H
#define CD_STORE_SEGMENT_WRITER_H

#include "engine/base/memory.h"
#include "engine/store/manifest.h"
#include "engine/store/segment.h"

typedef struct cd_segment_writer cd_segment_writer;

/* What is worth a write: whole blocks of CD_CHECK_BLOCK bytes, as every call of cd_writer_put but an array's last is. */
enum { CD_PUT_BLOCK = 4 * CD_CHECK_BLOCK };

CD_CHECKED cd_status cd_writer_new(const char *store, uint64_t number, cd_segment_writer **out, cd_err *err);
/* Gives up; the file is removed. Takes NULL. */
void cd_writer_abandon(cd_segment_writer *w);

/* Announces an array of n >= 1 elements; *array is its number for cd_writer_put. One thread. The path is printed from
 * `format`. base: what a code is counted from, where the array holds codes, else NULL. */
CD_CHECKED cd_status cd_writer_array(cd_segment_writer *w, cd_array_type type, uint64_t n, const int64_t *base,
                                     uint32_t *array, cd_err *err, const char *format, ...) CD_PRINTF(7, 8);
/* Writes bytes [at, at + n) of an array. `at` is a multiple of CD_CHECK_BLOCK, and so is n but at the end. Several
 * threads at once, each with other blocks. */
CD_CHECKED cd_status cd_writer_put(cd_segment_writer *w, uint32_t array, uint64_t at, const void *bytes, size_t n,
                                   cd_err *err);
/* Cuts an array down to its first n elements, which were put; 0: there is no such array. */
CD_CHECKED cd_status cd_writer_shrink(cd_segment_writer *w, uint32_t array, uint64_t n, cd_err *err);
/* cd_writer_array and cd_writer_put of the whole. */
CD_CHECKED cd_status cd_writer_whole(cd_segment_writer *w, cd_array_type type, uint64_t n, const void *bytes,
                                     cd_err *err, const char *format, ...) CD_PRINTF(6, 7);

/* What the directory says of the whole file. */
void cd_writer_kind(cd_segment_writer *w, const char *name, uint64_t first, uint64_t n, uint32_t stride);
void cd_writer_table(cd_segment_writer *w, const char *name, uint64_t rows, uint64_t left_keys, uint64_t right_keys,
                     int64_t first, int64_t last);
void cd_writer_sources(cd_segment_writer *w, uint64_t n_sources, uint64_t n_loads);

/* Makes the arrays so far readable through `map` (whole file, read only) while the rest is still being written: what
 * was put can be read. Good until the next call or the end of the writer. */
CD_CHECKED cd_status cd_writer_map(cd_segment_writer *w, uint32_t array, const void **data, cd_err *err);

/* Writes the directory, syncs the file, and says what the manifest must. The writer is gone, whatever comes; where it
 * fails, so is the file. */
CD_CHECKED cd_status cd_writer_finish(cd_segment_writer *w, cd_manifest_file *out, cd_err *err);

#endif
