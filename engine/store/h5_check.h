/* SPDX-License-Identifier: GPL-3.0-or-later
 * h5_check.h: does libhdf5 see in a segment file what our directory says is there?
 *
 * libhdf5 can be crashed, hung or made to fill memory by a crafted file, so it looks in a child process that may die
 * alone; we only hear what the child still managed to say. */
#ifndef CD_STORE_H5_CHECK_H
#define CD_STORE_H5_CHECK_H

#include "engine/store/segment.h"

/* Opens each of the n files by libhdf5, in a child, and holds place, type, extent and base of every array against its
 * directory. `found` is told of each file's first disagreement, or that libhdf5 died of it. Segments that are not
 * mapped are passed over. A file that has gone is told of by *gone alone: a compaction may have taken it. A failure is
 * of the system, never of the files. */
CD_CHECKED cd_status cd_h5_check(const cd_segment *segments, uint32_t n,
                                 void (*found)(void *context, const char *fault), void *context, bool *gone,
                                 cd_err *err);

/* The version of libhdf5 this was built with: "1.10.8". */
const char *cd_h5_version(void);

#endif
