/* SPDX-License-Identifier: GPL-3.0-or-later
 * lines.h: packing the source lines of rows (FORMAT.md, "Lines"). cd_lines_read in segment.h is the way back. */
#ifndef CD_STORE_LINES_H
#define CD_STORE_LINES_H

#include "engine/store/segment_writer.h"

/* The packed lines so far. Zero-initialise. */
typedef struct {
    uint32_t *base;
    uint8_t *width;
    uint64_t *start, *words;
    size_t cap_base, cap_width, cap_start, cap_words;
    uint64_t n_blocks, n_words;
} cd_line_packer;

/* Where packing asks for the lines of rows [row, row + n). */
typedef void cd_lines_of(const void *context, uint64_t row, uint32_t n, uint32_t *out);

/* Packs rows [from, to), which follow those packed before; `to` is a multiple of 4096 but at the end of the table.
 * `lines_of` is called from several threads. */
CD_CHECKED cd_status cd_lines_pack(cd_line_packer *p, uint64_t from, uint64_t to, cd_lines_of *lines_of,
                                   const void *context, cd_err *err);
/* Writes tables/NAME/line/... */
CD_CHECKED cd_status cd_lines_write(const cd_line_packer *p, cd_segment_writer *w, const char *name, cd_err *err);
void cd_lines_release(cd_line_packer *p);

#endif
