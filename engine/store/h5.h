/* SPDX-License-Identifier: GPL-3.0-or-later
 * h5.h: making an HDF5 file whose arrays lie where we can reach them. Only h5.c and h5_check.c include hdf5.h.
 *
 * HDF5 lays the file out and describes it; the arrays themselves are written by our own threads, at the places that it
 * gave. libhdf5 is not thread safe: one thread at a time in here. */
#ifndef CD_STORE_H5_H
#define CD_STORE_H5_H

#include "engine/store/segment.h"

typedef struct cd_h5 cd_h5;

/* Says once to libhdf5 that it must neither print nor run code at exit. Before any other call of it. */
void cd_h5_prepare(void);

/* A new, empty file; fails if there is one of that name. */
CD_CHECKED cd_status cd_h5_create(const char *path, cd_h5 **out, cd_err *err);
/* A contiguous array of n >= 1 elements, its groups made as needed. *at is its place in the file. `base` becomes an
 * attribute where it is not NULL. */
CD_CHECKED cd_status cd_h5_array(cd_h5 *h, const char *path, cd_array_type type, uint64_t n, const int64_t *base,
                                 uint64_t *at, cd_err *err);
/* Takes an array out again; its place may be given to what comes next. */
CD_CHECKED cd_status cd_h5_remove(cd_h5 *h, const char *path, cd_err *err);
/* Writes the description out and closes the file. The handle is gone, whatever comes. */
CD_CHECKED cd_status cd_h5_finish(cd_h5 *h, cd_err *err);
/* Closes without a word. Takes NULL. */
void cd_h5_abandon(cd_h5 *h);

#endif
