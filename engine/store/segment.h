/* SPDX-License-Identifier: GPL-3.0-or-later
 * segment.h: one immutable file of a store, mapped: its directory understood, every array a pointer.
 *
 * Opening checks that the directory is the one the manifest names, that every array lies inside the file, is aligned
 * for its type and has the number of elements its table needs. It does not read the arrays: what stands *in* them
 * (offsets that rise, ids in range, codes in range) is promised only after cd_segment_check, or is checked by the
 * reader where it reads. A pointer into a segment dies with it. */
#ifndef CD_STORE_SEGMENT_H
#define CD_STORE_SEGMENT_H

#include "engine/candour.h"
#include "engine/store/manifest.h"
#include "engine/store/sums.h"

typedef uint32_t cd_id;
typedef uint64_t cd_off;
#define CD_NONE UINT32_MAX

/* What is read through one of the structs below is held against its checksum first, by the sums that it carries (NULL:
 * it lies in no file). Who reads the pointers themselves asks cd_sums_touch, cd_sums_whole or cd_segment_check
 * before. */

/* Codes of an integer-like column. width 0: unknown in every row, or `base` in every row where it is `constant`. */
typedef struct {
    const void *codes;
    uint32_t width; /* bytes: 0, 1, 2, 4, 8 */
    bool constant;
    int64_t base;
    cd_sums *sums;
} cd_codes;

/* The value at a row, CANDOUR_UNKNOWN where unknown. */
static inline int64_t cd_codes_at(const cd_codes *c, uint64_t row)
{
    uint64_t v;
    if (c->sums) cd_sums_touch(c->sums, (const uint8_t *)c->codes + row * c->width, c->width);
    switch (c->width) {
    case 1:
        v = ((const uint8_t *)c->codes)[row];
        return v == UINT8_MAX ? CANDOUR_UNKNOWN : (int64_t)((uint64_t)c->base + v);
    case 2:
        v = ((const uint16_t *)c->codes)[row];
        return v == UINT16_MAX ? CANDOUR_UNKNOWN : (int64_t)((uint64_t)c->base + v);
    case 4:
        v = ((const uint32_t *)c->codes)[row];
        return v == UINT32_MAX ? CANDOUR_UNKNOWN : (int64_t)((uint64_t)c->base + v);
    case 8:
        v = ((const uint64_t *)c->codes)[row];
        return v == UINT64_MAX ? CANDOUR_UNKNOWN : (int64_t)((uint64_t)c->base + v);
    default: return c->constant ? c->base : CANDOUR_UNKNOWN;
    }
}

/* Texts one after the other. stride > 0: all of that length, and offsets is NULL. */
typedef struct {
    const uint8_t *bytes;
    const uint32_t *offsets;
    uint32_t n, stride;
    uint64_t n_bytes;
    cd_sums *sums;
} cd_texts;

/* The i-th text, bounds checked: an i or an offset out of range gives no text (bytes == NULL). */
static inline cd_slice cd_texts_at(const cd_texts *t, uint64_t i)
{
    if (i >= t->n) return (cd_slice){NULL, 0};
    if (!t->offsets) {
        cd_sums_touch(t->sums, t->bytes + i * t->stride, t->stride);
        return (cd_slice){(const char *)t->bytes + i * t->stride, t->stride};
    }
    cd_sums_touch(t->sums, t->offsets + i, 2 * sizeof *t->offsets);
    uint32_t lo = t->offsets[i], hi = t->offsets[i + 1];
    if (lo > hi || hi > t->n_bytes) return (cd_slice){NULL, 0};
    cd_sums_touch(t->sums, t->bytes + lo, hi - lo);
    return (cd_slice){(const char *)t->bytes + lo, hi - lo};
}

/* Where a text stands among sorted ones, or -1. */
int64_t cd_texts_find(const cd_texts *t, cd_slice text);

/* Compressed rows one way. keys == NULL: the keys are 0 .. n_keys - 1. */
typedef struct {
    cd_id n_keys;
    const cd_id *keys;
    const cd_off *offsets; /* n_keys + 1 */
    cd_sums *sums;
} cd_rows_by;

/* The rows of `id`, [*lo, *hi), bounds checked against n_rows; empty where it has none. O(log keys). */
void cd_rows_of(const cd_rows_by *by, uint64_t n_rows, cd_id id, uint64_t *lo, uint64_t *hi);

typedef struct {
    cd_codes codes;      /* integer-like columns */
    const double *reals; /* real columns, or NULL: unknown in every row */
    cd_texts texts;      /* text columns */
} cd_segment_column;

typedef struct {
    const uint32_t *base; /* per block of 64 rows; NULL only where the table has no rows */
    const uint8_t *width;
    const uint64_t *start, *words;
    uint64_t n_words;
    cd_sums *sums;
} cd_packed_lines;

/* One table's rows in one file; rows == 0: none, and every pointer NULL. */
typedef struct {
    uint64_t rows;
    int64_t first, last; /* of the time column, or CANDOUR_UNKNOWN */
    cd_rows_by left, by_right;
    const cd_id *right;         /* of a relation: per row */
    const cd_id *reverse_left;  /* of a relation: in the order of by_right */
    const uint32_t *reverse_row;
    cd_codes source;
    cd_packed_lines lines;
    cd_sums *sums;
    cd_segment_column columns[]; /* n_columns of the table; [0] unused, and [1] of a relation */
} cd_segment_table;

/* The ids of one kind that this file adds: numbers [first, first + ids.n). */
typedef struct {
    uint64_t first;
    cd_texts ids;
    const uint32_t *index;
    uint64_t n_slots;
    cd_sums *sums;
} cd_segment_kind;

typedef struct {
    char *path;
    const uint8_t *map;
    uint64_t bytes;
    uint64_t directory_at, directory_bytes;
    uint64_t metadata_hash;
    uint32_t n_arrays;
    cd_array *arrays;            /* in the order of their places */
    cd_sums *sums;
    const uint64_t *checksums;   /* of blocks, or NULL: no array has two */
    cd_segment_kind *kinds;      /* n_kinds of the ontology */
    cd_segment_table **tables;   /* n_tables of the ontology */
    cd_slice sources, loads;     /* the texts */
    uint64_t n_sources, n_loads; /* lines in them; a row's source counts over all files (FORMAT.md) */
    uint8_t *checked;            /* per table, then per kind: what cd_segment_check found good (bits, set atomically) */
} cd_segment;

/* Maps STORE/segments/NAME as the manifest describes it. `first_ids`, per kind, is how many ids the files before it
 * hold; NULL takes the file's word for it. At least 16 bytes behind every array can be read. */
CD_CHECKED cd_status cd_segment_open(const char *store, const cd_manifest_file *file, const candour_ontology *ontology,
                                     const uint64_t *first_ids, cd_segment *out, cd_err *err);
void cd_segment_close(cd_segment *s, const candour_ontology *ontology);

/* Every checksum and every invariant of one table: offsets rise, keys rise and are in range, right ids in range, both
 * directions agree, codes inside their dictionaries, rows in order, lines well formed. n_ids: per kind, over the whole
 * snapshot. Parallel. CD_ESTORE and the first fault in words. What is checked once is not checked again. */
CD_CHECKED cd_status cd_segment_check(const cd_segment *s, uint32_t table, const candour_ontology *ontology,
                                      const uint64_t *n_ids, cd_err *err);
/* The same without the reverse direction, for those who do not read it: the larger part of the time. */
CD_CHECKED cd_status cd_segment_check_forward(const cd_segment *s, uint32_t table, const candour_ontology *ontology,
                                              const uint64_t *n_ids, cd_err *err);
/* The ids of one kind in one file: checksums, 1 to 255 bytes each, all different, the index complete and right. */
CD_CHECKED cd_status cd_segment_check_kind(const cd_segment *s, uint32_t kind, const candour_ontology *ontology,
                                           cd_err *err);
/* The checksum of one array, by its number, against the directory. */
CD_CHECKED cd_status cd_segment_check_array(const cd_segment *s, uint32_t array, cd_err *err);
/* CD_ESTORE where anything that was read so far is not as it was written, and the first such array in words. */
CD_CHECKED cd_status cd_segment_judge(const cd_segment *s, cd_err *err);
/* Whether the array is one of a table (its number) or a kind (n_tables and its number). */
bool cd_segment_owner(const cd_array *a, const candour_ontology *ontology, uint32_t *owner);

/* The lines of rows [row, row + n), n >= 0, inside the table. */
void cd_lines_read(const cd_packed_lines *p, uint64_t row, uint64_t n, uint32_t *out);

#endif
