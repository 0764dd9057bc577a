/* SPDX-License-Identifier: GPL-3.0-or-later
 * heap.h: vertices that wait to be settled, the least key first; of equal keys the one that comes first in the caller's
 * order, so that what is settled when does not depend on how they came in. */
#ifndef CD_GRAPH_HEAP_H
#define CD_GRAPH_HEAP_H

#include "engine/graph/finder.h"

typedef struct {
    int64_t key;
    cd_id vertex;
} cd_heap_entry;

/* Zero-initialise; set before and context, or leave them for the order of numbers. */
typedef struct {
    cd_comes_before before;
    void *context;
    cd_heap_entry *at;
    size_t n, cap;
} cd_heap;

CD_CHECKED cd_status cd_heap_push(cd_heap *h, cd_heap_entry e, cd_err *err);
/* h->n > 0. */
cd_heap_entry cd_heap_pop(cd_heap *h);
void cd_heap_release(cd_heap *h);

#endif
