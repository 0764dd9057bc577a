/* SPDX-License-Identifier: GPL-3.0-or-later
 * text_pool.c: texts, one after the other. */
#include "engine/sweep/text_pool.h"

#include "engine/store/segment.h"

cd_status cd_text_pool_add(cd_text_pool *p, cd_slice text, uint32_t *number, cd_err *err)
{
    cd_status st = cd_grow(&p->ends, &p->cap, p->n + 1, sizeof *p->ends, err);
    if (st != CD_OK) return st;
    if (text.n) cd_buffer_add(&p->bytes, text.bytes, text.n);
    if (p->bytes.status != CD_OK || p->n >= CD_NONE)
        return cd_fail(err, CD_EMEMORY, "out of memory for the words of a sweep");
    p->ends[p->n] = p->bytes.n;
    if (number) *number = (uint32_t)p->n;
    p->n++;
    return CD_OK;
}

void cd_text_pool_release(cd_text_pool *p)
{
    cd_buffer_release(&p->bytes);
    cd_free(p->ends);
    *p = (cd_text_pool){0};
}
