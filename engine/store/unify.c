/* SPDX-License-Identifier: GPL-3.0-or-later
 * unify.c: equal texts are found by hash, each thread taking the hashes of its own range, so that no table is shared.
 */
#include "engine/store/unify.h"

#include <omp.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/sort.h"

typedef struct {
    cd_intern *const *lanes;
    const cd_snapshot *snapshot;
    uint32_t kind;
    cd_unified *u;
    uint64_t *hash;      /* per flat entry */
    uint32_t parts;      /* power of two */
} gathering;

static cd_slice text_of(const cd_unified *u, cd_intern *const *lanes, uint32_t entry)
{
    uint32_t lane = 0;
    while (entry >= u->first[lane + 1]) lane++;
    return cd_intern_texts(lanes[lane])[entry - u->first[lane]];
}

static uint32_t part_of(const gathering *g, uint64_t hash) { return (uint32_t)(hash >> 56) & (g->parts - 1); }

/* Everything about the texts whose hashes fall into one part. */
static cd_status gather_part(const gathering *g, uint32_t part, cd_err *err)
{
    cd_status st = CD_OK;
    cd_unified *u = g->u;
    uint32_t *slots = NULL, mine = 0, n_slots = 16;
    for (uint32_t e = 0; e < u->n_all; e++) mine += part_of(g, g->hash[e]) == part;
    while (n_slots < UINT32_MAX / 2 && n_slots < mine * (uint64_t)2) n_slots *= 2;
    slots = cd_pages_new(n_slots, sizeof *slots, err);
    if (!slots) CD_TRY(CD_EMEMORY);
    for (uint32_t e = 0; e < u->n_all; e++) {
        uint64_t h = g->hash[e];
        if (part_of(g, h) != part) continue;
        cd_slice text = text_of(u, g->lanes, e);
        uint32_t at = (uint32_t)h & (n_slots - 1);
        while (slots[at] && (g->hash[slots[at] - 1] != h || !cd_slice_equal(text_of(u, g->lanes, slots[at] - 1), text)))
            at = (at + 1) & (n_slots - 1);
        if (slots[at]) {
            u->same_as[e] = slots[at] - 1;
            continue;
        }
        slots[at] = e + 1;
        u->same_as[e] = e;
        u->number[e] = g->snapshot ? cd_snapshot_find(g->snapshot, g->kind, text, h) : CD_NONE;
    }
done:
    cd_pages_free(slots, n_slots, sizeof *slots);
    return st;
}

/* Where the texts of all lanes are one prefix and a number, equal texts stand at equal numbers. */
static bool all_numbers(cd_intern *const *lanes, uint32_t n_lanes, cd_intern_numbers *numbers, uint32_t *cap)
{
    const cd_intern_numbers *one = NULL;
    *cap = 0;
    for (uint32_t l = 0; l < n_lanes; l++) {
        numbers[l] = (cd_intern_numbers){0};
        if (!lanes[l] || cd_intern_count(lanes[l]) == 0) continue;
        if (!cd_intern_as_numbers(lanes[l], &numbers[l])) return false;
        const cd_intern_numbers *this = &numbers[l];
        if (one && (one->first.n != this->first.n || one->digits != this->digits ||
                    memcmp(one->first.bytes, this->first.bytes, one->first.n - one->digits) != 0))
            return false;
        one = this;
        *cap = this->cap > *cap ? this->cap : *cap;
    }
    return true;
}

static void gather_numbers(const gathering *g, const cd_intern_numbers *numbers, uint32_t cap)
{
    cd_unified *u = g->u;
    for (uint32_t number = 0; number < cap; number++) {
        uint32_t same = CD_NONE;
        for (uint32_t l = 0; l < u->n_lanes; l++) {
            uint32_t code = number < numbers[l].cap ? numbers[l].table[number] : 0;
            if (code == 0) continue;
            uint32_t entry = u->first[l] + code - 1;
            if (same == CD_NONE) u->ranked[u->n_ranked++] = same = entry;
            u->same_as[entry] = same;
        }
    }
    if (!g->snapshot || g->snapshot->n_ids[g->kind] == 0) {
        if (u->n_all) memset(u->number, 0xff, u->n_all * sizeof *u->number); /* CD_NONE */
        return;
    }
    #pragma omp parallel for schedule(static) if (u->n_ranked > 10000)
    for (uint32_t i = 0; i < u->n_ranked; i++) {
        cd_slice text = text_of(u, g->lanes, u->ranked[i]);
        u->number[u->ranked[i]] = cd_snapshot_find(g->snapshot, g->kind, text, cd_hash64(text.bytes, text.n));
    }
}

cd_status cd_unify_gather(cd_intern *const *lanes, uint32_t n_lanes, const cd_snapshot *snapshot, uint32_t kind,
                          cd_unified *out, cd_err *err)
{
    cd_status st = CD_OK;
    gathering g = {.lanes = lanes, .snapshot = snapshot, .kind = kind, .u = out, .parts = 1};
    cd_intern_numbers *numbers = NULL;
    uint64_t all = 0;
    uint32_t cap;
    *out = (cd_unified){.n_lanes = n_lanes};
    CD_NEW(out->first, n_lanes + (size_t)1);
    for (uint32_t l = 0; l < n_lanes; l++) {
        all += lanes[l] ? cd_intern_count(lanes[l]) : 0;
        if (all >= UINT32_MAX - 1)
            CD_TRY(cd_fail(err, CD_EINPUT, "more than 4294967293 different ids or texts at once; load in parts"));
        out->first[l + 1] = (uint32_t)all;
    }
    out->n_all = (uint32_t)all;
    CD_NEW(out->number, all);
    CD_NEW(out->same_as, all);
    CD_NEW(numbers, n_lanes);
    if (all_numbers(lanes, n_lanes, numbers, &cap)) {
        CD_NEW(out->ranked, all);
        gather_numbers(&g, numbers, cap);
        goto done;
    }
    g.hash = cd_pages_new(all, sizeof *g.hash, err);
    if (!g.hash) CD_TRY(CD_EMEMORY);
    for (uint32_t l = 0; l < n_lanes; l++) {
        uint32_t n = out->first[l + 1] - out->first[l];
        const cd_slice *texts = n ? cd_intern_texts(lanes[l]) : NULL;
        #pragma omp parallel for schedule(static) if (n > 10000)
        for (uint32_t i = 0; i < n; i++) g.hash[out->first[l] + i] = cd_hash64(texts[i].bytes, texts[i].n);
    }
    while (all > 10000 && g.parts < (uint32_t)omp_get_max_threads() && g.parts < 64) g.parts *= 2;
    cd_lowest failed = {0};
    #pragma omp parallel for schedule(static, 1) if (g.parts > 1)
    for (uint32_t part = 0; part < g.parts; part++) {
        cd_err mine = {0};
        cd_lowest_note(&failed, part, gather_part(&g, part, &mine), &mine);
    }
    st = cd_lowest_status(&failed, err);
done:
    cd_pages_free(g.hash, all, sizeof *g.hash);
    cd_free(numbers);
    return st;
}

/* The first entries of fresh texts: in the order of their bytes where that is known. */
static void list_fresh(const cd_unified *u, uint32_t *entry)
{
    uint32_t n = 0, all = u->ranked ? u->n_ranked : u->n_all;
    for (uint32_t i = 0; i < all; i++) {
        uint32_t e = u->ranked ? u->ranked[i] : i;
        if (u->same_as[e] == e && u->number[e] == CD_NONE) entry[n++] = e;
    }
}

/* The entries' texts are in the order of their bytes: a stable sort by group is all that is left. */
static cd_status order_ranked(const uint32_t *group_of, uint32_t n, uint32_t *order, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *keys = NULL;
    bool all_one = true;
    for (uint32_t i = 0; i < n; i++) all_one = all_one && (!group_of || group_of[i] == group_of[0]), order[i] = i;
    if (all_one) return CD_OK;
    CD_NEW(keys, n);
    for (uint32_t i = 0; i < n; i++) keys[i] = (uint64_t)group_of[i] << 32 | i;
    cd_sort_u64(keys, n);
    for (uint32_t i = 0; i < n; i++) order[i] = (uint32_t)keys[i];
done:
    cd_free(keys);
    return st;
}

/* The fresh entries in the order of their numbers. */
static cd_status order_fresh(const cd_unified *u, cd_intern *const *lanes, const uint32_t *group, uint32_t *entry, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = u->n_fresh, *unordered = NULL, *order = NULL, *group_of = NULL;
    cd_slice *texts = NULL;
    list_fresh(u, entry);
    if (u->ranked && !group) return CD_OK;
    CD_NEW(order, n);
    CD_NEW(unordered, n);
    if (n) memcpy(unordered, entry, n * sizeof *entry);
    if (group) CD_NEW(group_of, n);
    for (uint32_t i = 0; group && i < n; i++) group_of[i] = group[entry[i]];
    if (u->ranked) CD_TRY(order_ranked(group_of, n, order, err));
    else {
        CD_NEW(texts, n);
        for (uint32_t i = 0; i < n; i++) texts[i] = text_of(u, lanes, entry[i]);
        CD_TRY(cd_sort_texts(texts, group_of, n, order, err));
    }
    for (uint32_t i = 0; i < n; i++) entry[i] = unordered[order[i]];
done:
    cd_free(unordered);
    cd_free(order);
    cd_free(group_of);
    cd_free(texts);
    return st;
}

cd_status cd_unify_number(cd_unified *u, cd_intern *const *lanes, const uint32_t *group, uint32_t first, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *entry = NULL, n = 0;
    for (uint32_t e = 0; e < u->n_all; e++) n += u->same_as[e] == e && u->number[e] == CD_NONE;
    if ((uint64_t)first + n >= CD_NONE)
        CD_TRY(cd_fail(err, CD_EINPUT, "a store holds at most 4294967294 ids of one kind"));
    u->n_fresh = n;
    CD_NEW(entry, n);
    CD_NEW(u->fresh, n);
    CD_TRY(order_fresh(u, lanes, group, entry, err));
    #pragma omp parallel for schedule(static) if (n > 10000)
    for (uint32_t i = 0; i < n; i++) {
        u->fresh[i] = text_of(u, lanes, entry[i]);
        u->number[entry[i]] = first + i;
    }
    #pragma omp parallel for schedule(static) if (u->n_all > 10000)
    for (uint32_t e = 0; e < u->n_all; e++)
        if (u->same_as[e] != e) u->number[e] = u->number[u->same_as[e]];
done:
    cd_free(entry);
    return st;
}

void cd_unified_release(cd_unified *u)
{
    cd_free(u->first);
    cd_free(u->number);
    cd_free(u->fresh);
    cd_free(u->same_as);
    cd_free(u->ranked);
    *u = (cd_unified){0};
}
