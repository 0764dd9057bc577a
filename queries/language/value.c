/* SPDX-License-Identifier: GPL-3.0-or-later
 * value.c: the memory that values lie in, copies of them, and maps. */
#include "queries/language/value.h"

#include <stdlib.h>

enum { ALIGN = 16, FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

/* ---- Pools ---- */

struct value_block {
    value_block *next;
    size_t cap;
    _Alignas(ALIGN) char bytes[];
};

/* Counts what a new block takes, against what all pools of the query may hold. */
static cd_status pool_take(value_pool *pool, size_t bytes, cd_err *err)
{
    if (!pool->held) return CD_OK;
    size_t now = __atomic_add_fetch(pool->held, bytes, __ATOMIC_RELAXED);
    if (now <= pool->most && now >= bytes) return CD_OK;
    __atomic_sub_fetch(pool->held, bytes, __ATOMIC_RELAXED);
    return cd_fail(err, CD_EMEMORY, "the query needs more than --memory allows; raise it");
}

/* A block of at least n bytes behind the one in use. */
static value_block *pool_grow(value_pool *pool, size_t n, cd_err *err)
{
    size_t cap = pool->bytes < FIRST_BLOCK ? FIRST_BLOCK : pool->bytes;
    if (cap > LARGEST_BLOCK) cap = LARGEST_BLOCK;
    if (cap < n) cap = n;
    size_t bytes = sizeof(value_block) + cap;
    if (pool_take(pool, bytes, err) != CD_OK) return NULL;
    value_block *b = cd_alloc(1, bytes, err);
    if (!b) {
        if (pool->held) __atomic_sub_fetch(pool->held, bytes, __ATOMIC_RELAXED);
        return NULL;
    }
    b->cap = cap;
    pool->bytes += bytes;
    if (pool->now)
        b->next = pool->now->next, pool->now->next = b;
    else
        b->next = pool->first, pool->first = b;
    return b;
}

void *value_pool_alloc(value_pool *pool, size_t n, cd_err *err)
{
    if (n > SIZE_MAX / 2) {
        (void)!cd_fail(err, CD_EMEMORY, "the query needs more than --memory allows; raise it");
        return NULL;
    }
    n = (n + ALIGN - 1) / ALIGN * ALIGN;
    if (!pool->now || pool->now->cap - pool->used < n) {
        value_block *next = pool->now ? pool->now->next : pool->first;
        if (!next || next->cap < n) next = pool_grow(pool, n, err);
        if (!next) return NULL;
        pool->now = next, pool->used = 0;
    }
    void *p = pool->now->bytes + pool->used;
    pool->used += n;
    return p;
}

value_mark value_pool_mark(const value_pool *pool) { return (value_mark){pool->now, pool->used}; }

void value_pool_rewind(value_pool *pool, value_mark mark) { pool->now = mark.now, pool->used = mark.used; }

void value_pool_release(value_pool *pool)
{
    for (value_block *b = pool->first, *next; b; b = next) {
        next = b->next;
        cd_free(b);
    }
    if (pool->held) __atomic_sub_fetch(pool->held, pool->bytes, __ATOMIC_RELAXED);
    *pool = (value_pool){.held = pool->held, .most = pool->most};
}

/* ---- Copies ---- */

static cd_status keep_items(value_pool *pool, const value *items, size_t n, const value **out, cd_err *err)
{
    value *copy = value_pool_alloc(pool, n * sizeof *copy, err);
    if (!copy) return CD_EMEMORY;
    for (size_t i = 0; i < n; i++) {
        cd_status st = value_keep(pool, items[i], &copy[i], err);
        if (st != CD_OK) return st;
    }
    *out = copy;
    return CD_OK;
}

static cd_status keep_bytes(value_pool *pool, const char *bytes, uint32_t n, const char **out, cd_err *err)
{
    char *copy = value_pool_alloc(pool, n ? n : 1, err);
    if (!copy) return CD_EMEMORY;
    if (n) memcpy(copy, bytes, n);
    *out = copy;
    return CD_OK;
}

static cd_status keep_entries(value_pool *pool, const value_entry *entries, uint32_t n, const value_entry **out,
                              cd_err *err)
{
    cd_status st = CD_OK;
    value_entry *copy = value_pool_alloc(pool, n * sizeof *copy, err);
    if (!copy) return CD_EMEMORY;
    for (uint32_t i = 0; i < n; i++) {
        copy[i].key.n = entries[i].key.n;
        CD_TRY(keep_bytes(pool, entries[i].key.bytes, entries[i].key.n, &copy[i].key.bytes, err));
        CD_TRY(value_keep(pool, entries[i].value, &copy[i].value, err));
    }
    *out = copy;
done:
    return st;
}

cd_status value_keep(value_pool *pool, value v, value *out, cd_err *err)
{
    *out = v;
    switch (v.type) {
    case VALUE_TEXT: return keep_bytes(pool, v.as.text, v.n, &out->as.text, err);
    case VALUE_LIST: return keep_items(pool, v.as.items, v.n, &out->as.items, err);
    case VALUE_PATH: return keep_items(pool, v.as.items, 2 * (size_t)v.n + 1, &out->as.items, err);
    case VALUE_MAP: return keep_entries(pool, v.as.entries, v.n, &out->as.entries, err);
    case VALUE_DURATION: {
        value_span *span = value_pool_alloc(pool, sizeof *span, err);
        if (!span) return CD_EMEMORY;
        *span = *v.as.span;
        out->as.span = span;
        return CD_OK;
    }
    default: return CD_OK;
    }
}

/* ---- Maps ---- */

/* Entries of equal keys stand in the order they were given in. */
static int by_key(const void *a, const void *b)
{
    const value_entry *x = *(const value_entry *const *)a, *y = *(const value_entry *const *)b;
    int c = cd_slice_compare(x->key, y->key);
    return c ? c : (x > y) - (x < y);
}

cd_status value_map_of(value_pool *pool, const value_entry *entries, uint32_t n, value *out, cd_err *err)
{
    uint32_t kept = 0;
    const value_entry **order = value_pool_alloc(pool, n * sizeof *order, err);
    value_entry *sorted = order ? value_pool_alloc(pool, n * sizeof *sorted, err) : NULL;
    if (!sorted) return CD_EMEMORY;
    for (uint32_t i = 0; i < n; i++) order[i] = &entries[i];
    qsort(order, n, sizeof *order, by_key);
    for (uint32_t i = 0; i < n; i++)
        if (i + 1 == n || !cd_slice_equal(order[i]->key, order[i + 1]->key)) sorted[kept++] = *order[i];
    *out = (value){.type = VALUE_MAP, .n = kept, .as.entries = sorted};
    return CD_OK;
}

const value *value_map_find(value map, cd_slice key)
{
    uint32_t lo = 0, hi = map.n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = cd_slice_compare(map.as.entries[mid].key, key);
        if (c == 0) return &map.as.entries[mid].value;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* ---- In words ---- */

const char *value_type_name(value v)
{
    static const char *const names[] = {"null",   "a boolean",      "an integer", "a real number", "a text",
                                        "a time", "a date",         "a duration", "a list",        "a map",
                                        "a node", "a relationship", "a path"};
    return names[v.type];
}

const char *value_type_word(value_type type)
{
    static const char *const words[] = {"NULL",     "BOOLEAN", "INTEGER", "FLOAT", "STRING",       "DATETIME", "DATE",
                                        "DURATION", "LIST",    "MAP",     "NODE",  "RELATIONSHIP", "PATH"};
    return words[type];
}
