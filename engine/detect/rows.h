/* SPDX-License-Identifier: GPL-3.0-or-later
 * rows.h: the rows of a table by the place of their left id, over all files of a snapshot.
 *
 * Detectors know ids by their *place*: the order of their bytes. Numbers in a store depend on how it was loaded, places
 * do not, so that neither does anything that follows from them. */
#ifndef CD_DETECT_ROWS_H
#define CD_DETECT_ROWS_H

#include "engine/graph/run.h"
#include "engine/graph/view.h"

/* The ids of one kind: number[place], and place[number]. */
typedef struct {
    cd_id n;
    const cd_id *number; /* borrowed from the store, or from `own` */
    cd_id *place, *own;
    cd_id n_numbers; /* of place[] */
} cd_places;

CD_CHECKED cd_status cd_places_make(candour_store *store, uint32_t kind, cd_places *out, cd_err *err);
/* Leaves those alone that are to be kept; the places of the others are CD_NONE. */
CD_CHECKED cd_status cd_places_keep(cd_places *p, const bool *kept, cd_err *err);
void cd_places_release(cd_places *p);

/* Where a row stands. */
typedef struct {
    uint32_t segment, row;
} cd_row_ref;

/* One table of a snapshot, its columns found by name. */
typedef struct {
    const cd_snapshot *s;
    const candour_table *shape;
    uint32_t table;
    uint64_t rows; /* in all files, replaced ones too */
} cd_table_of;
/* rows is 0 where the ontology or the store has no such table. */
cd_table_of cd_table_named(const cd_snapshot *s, const char *name);

/* The value of an integer-like column (ids, times, codes of texts), CANDOUR_UNKNOWN where unknown. */
int64_t cd_row_value(const cd_table_of *t, uint32_t column, cd_row_ref at);
double cd_row_real(const cd_table_of *t, uint32_t column, cd_row_ref at);
cd_slice cd_row_text(const cd_table_of *t, uint32_t column, cd_row_ref at);
/* The place of the id in a column, CD_NONE where it is unknown or out of range. */
cd_id cd_row_id(const cd_table_of *t, uint32_t column, cd_row_ref at, const cd_places *places);
/* The number, in the store, of the id that a row belongs to; CD_NONE where the file is damaged. O(log ids). */
cd_id cd_row_left(const cd_table_of *t, cd_row_ref at);
/* Of a relation: of the other id. */
cd_id cd_row_right(const cd_table_of *t, cd_row_ref at);
/* Source (an index for candour_store_source) and line. */
void cd_row_origin(const cd_table_of *t, cd_row_ref at, uint64_t *source, uint32_t *line);

/* off[places->n + 1], ref[]: the rows in force of each left id, file after file. Undated entity rows that a later one
 * replaced are left out. For cd_rows_release. */
typedef struct {
    cd_id n;
    cd_off *off;
    cd_row_ref *ref;
} cd_rows;
CD_CHECKED cd_status cd_rows_gather(const cd_table_of *t, const cd_places *left, const cd_run *run, cd_rows *out,
                                    cd_err *err);
void cd_rows_release(cd_rows *r);

#endif
