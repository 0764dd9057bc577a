/* SPDX-License-Identifier: GPL-3.0-or-later
 * row_set.c: open addressing over the hashes of rows; at most half full. */
#include "queries/language/row_set.h"

#include <string.h>

#include "engine/base/random.h"

void row_set_init(row_set *set, value_pool *pool, uint32_t width) { *set = (row_set){.pool = pool, .width = width}; }

void row_set_release(row_set *set)
{
    cd_free(set->rows);
    cd_free(set->hashes);
    cd_free(set->slots);
    if (set->charged) __atomic_sub_fetch(set->pool->held, set->charged, __ATOMIC_RELAXED);
    *set = (row_set){.pool = set->pool, .width = set->width};
}

void row_set_clear(row_set *set)
{
    if (set->n_slots) memset(set->slots, 0, set->n_slots * sizeof *set->slots);
    set->n = 0;
}

/* What the set takes beside its pool counts against the same limit. */
static cd_status charge(row_set *set, cd_err *err)
{
    size_t now = set->cap * sizeof *set->rows + set->cap_hashes * sizeof *set->hashes + set->n_slots * sizeof *set->slots;
    if (!set->pool->held || now <= set->charged) return CD_OK;
    size_t all = __atomic_add_fetch(set->pool->held, now - set->charged, __ATOMIC_RELAXED);
    set->charged = now;
    return all <= set->pool->most ? CD_OK : cd_fail(err, CD_EMEMORY, "the query needs more than --memory allows; raise it");
}

static uint64_t hash_row(const value *row, uint32_t n)
{
    uint64_t h = n;
    for (uint32_t i = 0; i < n; i++) h = cd_mix64(h * 0x9e3779b97f4a7c15u + value_hash(row[i]));
    return h;
}

static bool alike(const value *a, const value *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!value_alike(a[i], b[i])) return false;
    return true;
}

static cd_status make_room(row_set *set, cd_err *err)
{
    uint32_t n_slots = set->n_slots ? 2 * set->n_slots : 64;
    if (set->n >= UINT32_MAX / 4) return cd_fail(err, CD_EMEMORY, "the query keeps over a thousand million rows apart; ask for less");
    uint32_t *slots = cd_alloc(n_slots, sizeof *slots, err);
    if (!slots) return CD_EMEMORY;
    for (uint32_t i = 0; i < set->n; i++) {
        uint64_t at = set->hashes[i] & (n_slots - 1);
        while (slots[at]) at = (at + 1) & (n_slots - 1);
        slots[at] = i + 1;
    }
    cd_free(set->slots);
    set->slots = slots, set->n_slots = n_slots;
    return charge(set, err);
}

static cd_status keep(row_set *set, const value *row, uint64_t hash, cd_err *err)
{
    cd_status st = CD_OK;
    value *mine = NULL;
    CD_TRY(cd_grow(&set->rows, &set->cap, (size_t)set->n + 1, sizeof *set->rows, err));
    CD_TRY(cd_grow(&set->hashes, &set->cap_hashes, (size_t)set->n + 1, sizeof *set->hashes, err));
    CD_TRY(charge(set, err));
    mine = value_pool_alloc(set->pool, (set->width ? set->width : 1) * sizeof *mine, err);
    if (!mine) return CD_EMEMORY;
    for (uint32_t i = 0; i < set->width; i++) CD_TRY(value_keep(set->pool, row[i], &mine[i], err));
    set->rows[set->n] = mine;
    set->hashes[set->n] = hash;
done:
    return st;
}

cd_status row_set_add(row_set *set, const value *row, uint32_t *number, bool *fresh, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t hash = hash_row(row, set->width), at;
    if (2 * (set->n + 1) > set->n_slots) CD_TRY(make_room(set, err));
    for (at = hash & (set->n_slots - 1); set->slots[at]; at = (at + 1) & (set->n_slots - 1)) {
        uint32_t i = set->slots[at] - 1;
        if (set->hashes[i] != hash || !alike(set->rows[i], row, set->width)) continue;
        *number = i, *fresh = false;
        return CD_OK;
    }
    CD_TRY(keep(set, row, hash, err));
    *number = set->n, *fresh = true;
    set->slots[at] = ++set->n;
done:
    return st;
}
