/* SPDX-License-Identifier: GPL-3.0-or-later
 * lines.h: packing the source lines of rows (FORMAT.md, "Lines"). cd_lines_read in segment.h is the way back. */
#ifndef CD_STORE_LINES_H
#define CD_STORE_LINES_H

#include "engine/store/segment_writer.h"

/* Where a pass over rows asks for the lines of rows [row, row + n). */
typedef void cd_lines_of(const void *context, uint64_t row, uint32_t n, uint32_t *out);

/* Writes tables/NAME/line/…; `lines_of` is called from several threads, for whole blocks of 64 rows. */
CD_CHECKED cd_status cd_lines_write(cd_segment_writer *w, const char *name, uint64_t rows, cd_lines_of *lines_of,
                                    const void *context, cd_err *err);

#endif
