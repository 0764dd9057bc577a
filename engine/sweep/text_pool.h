/* SPDX-License-Identifier: GPL-3.0-or-later
 * text_pool.h: the texts of an image while it is made: text i is bytes [ends[i - 1], ends[i]). */
#ifndef CD_SWEEP_TEXT_POOL_H
#define CD_SWEEP_TEXT_POOL_H

#include "engine/base/memory.h"
#include "engine/base/slice.h"

typedef struct {
    cd_buffer bytes;
    uint64_t *ends;
    size_t n, cap;
} cd_text_pool;

/* number, where it is not NULL, is the new text's. */
CD_CHECKED cd_status cd_text_pool_add(cd_text_pool *p, cd_slice text, uint32_t *number, cd_err *err);
void cd_text_pool_release(cd_text_pool *p);

#endif
