/* SPDX-License-Identifier: GPL-3.0-or-later
 * row_set.h: rows of values of which no two are alike, numbered in the order in which they came. */
#ifndef QUERIES_LANGUAGE_ROW_SET_H
#define QUERIES_LANGUAGE_ROW_SET_H

#include "queries/language/value.h"

typedef struct {
    value_pool *pool; /* where the rows lie */
    uint32_t width;   /* values a row */
    value **rows;     /* n of them */
    uint64_t *hashes;
    uint32_t *slots;  /* 1 + a row, or 0; a power of two of them */
    uint32_t n, n_slots;
    size_t cap, cap_hashes;
    size_t charged; /* to what the pools of the query hold together */
} row_set;

/* Empty, of rows so wide. */
void row_set_init(row_set *set, value_pool *pool, uint32_t width);
void row_set_release(row_set *set);
/* Empty again, with the room that it has; what it kept goes when its pool is rewound. */
void row_set_clear(row_set *set);
/* The number of the row alike to `row`, kept if it is *fresh. */
CD_CHECKED cd_status row_set_add(row_set *set, const value *row, uint32_t *number, bool *fresh, cd_err *err);

#endif
