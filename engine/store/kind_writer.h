/* SPDX-License-Identifier: GPL-3.0-or-later
 * kind_writer.h: the ids that a segment file adds to a kind, with the hash table that finds them again. */
#ifndef CD_STORE_KIND_WRITER_H
#define CD_STORE_KIND_WRITER_H

#include "engine/store/segment_writer.h"

/* ids in the order of their numbers first, first + 1, …; nothing where n is 0. */
CD_CHECKED cd_status cd_kind_write(cd_segment_writer *w, const char *kind, uint64_t first, const cd_slice *ids,
                                   uint32_t n, cd_err *err);

#endif
