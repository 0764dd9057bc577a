/* SPDX-License-Identifier: GPL-3.0-or-later
 * reverse.h: the other direction of a relation: for each right id its rows in the order of time. */
#ifndef CD_STORE_REVERSE_H
#define CD_STORE_REVERSE_H

#include "engine/store/segment_writer.h"

/* The forward direction as it stands in the file that is being written. */
typedef struct {
    uint64_t rows;
    cd_id n_left, n_right;
    const cd_off *offsets; /* n_left + 1 */
    const cd_id *right;    /* per row */
    cd_codes time;         /* per row; width 0 where there is no time */
} cd_forward;

/* Writes tables/NAME/reverse/…; takes about memory_bytes, in as many passes as that needs. `spare` is memory that may
 * be written over (its pages are warm; new ones cost as much as the sorting), or NULL. Parallel. */
CD_CHECKED cd_status cd_reverse_write(cd_segment_writer *w, const char *name, const cd_forward *f, void *spare,
                                      size_t spare_bytes, size_t memory_bytes, cd_id *n_keys, cd_err *err);

#endif
