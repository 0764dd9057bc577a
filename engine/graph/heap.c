/* SPDX-License-Identifier: GPL-3.0-or-later
 * heap.c: a binary heap. */
#include "engine/graph/heap.h"

static bool before(const cd_heap *h, cd_heap_entry a, cd_heap_entry b)
{
    if (a.key != b.key) return a.key < b.key;
    if (a.vertex == b.vertex) return false;
    return h->before ? h->before(h->context, a.vertex, b.vertex) : a.vertex < b.vertex;
}

cd_status cd_heap_push(cd_heap *h, cd_heap_entry e, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(cd_grow(&h->at, &h->cap, h->n + 1, sizeof *h->at, err));
    size_t i = h->n++;
    for (; i > 0 && before(h, e, h->at[(i - 1) / 2]); i = (i - 1) / 2) h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = e;
done:
    return st;
}

cd_heap_entry cd_heap_pop(cd_heap *h)
{
    cd_heap_entry top = h->at[0], last = h->at[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && before(h, h->at[child + 1], h->at[child])) child++;
        if (!before(h, h->at[child], last)) break;
        h->at[i] = h->at[child];
    }
    h->at[i] = last;
    return top;
}

void cd_heap_release(cd_heap *h)
{
    cd_free(h->at);
    *h = (cd_heap){0};
}
