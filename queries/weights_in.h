/* SPDX-License-Identifier: GPL-3.0-or-later
 * weights_in.h: what ids weigh, from a file of the caller's. */
#ifndef QUERIES_WEIGHTS_IN_H
#define QUERIES_WEIGHTS_IN_H

#include "engine/base/memory.h"
#include "engine/candour.h"

/* Zero-initialise. */
typedef struct {
    candour_weight *at;
    size_t n, cap;
    cd_arena ids;
} weight_list;

/* A CSV whose header is `id,weight`: an id a line, quoted or not, and a number. CD_EINPUT names the first wrong
 * line. */
CD_CHECKED cd_status weights_read(const char *path, weight_list *out, cd_err *err);
void weights_release(weight_list *w);

#endif
