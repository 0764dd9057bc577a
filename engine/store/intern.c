/* SPDX-License-Identifier: GPL-3.0-or-later
 * intern.c: text to code at some nanoseconds each.
 *
 * Nearly every id of a force is a fixed prefix and fixed digits (P000123, C00000012). Such a *shape* gets a table that
 * is indexed by the number itself: no hash, no comparison of texts. The table is as large as the numbers are dense;
 * what does not fit (other shapes, scattered numbers, free text) goes through a hash table of the usual kind. Before
 * that, a cache of 64 short values catches columns with a handful of them (view, print, badge). */
#include "engine/store/intern.h"

#include <string.h>

#include "engine/base/hash.h"

enum { N_SHAPES = 4, MAX_SHAPED = 16, SHORT_CACHE = 64, FIRST_SLOTS = 1024, DENSITY = 16, ROOM = 65536 };
enum { READABLE = 16, ROOM_BYTES = 60 << 10 };
static const uint64_t ZEROES = 0x3030303030303030u;

/* Ids of one length whose first bytes are `prefix` and whose last n_digits (at most 8) are digits. */
typedef struct {
    uint32_t length;      /* 0: unused */
    uint64_t prefix, prefix_mask; /* of the first 8 bytes */
    uint64_t other_mask;  /* of the last 8 bytes: those that are no digits of ours */
    uint32_t *table;      /* number -> code + 1; 0: not seen */
    uint32_t cap;         /* entries in table */
    uint32_t count;       /* ids in it */
    bool misfits;         /* some id of this shape was too far out for the table, and went to the hash table */
} shape;

struct cd_intern {
    cd_slice *texts;
    size_t n, cap;
    cd_arena arena;
    char *room;      /* in the arena: texts lie close together, and 16 bytes past the last one may be read */
    size_t room_left;
    shape shapes[N_SHAPES];
    uint64_t short_key[SHORT_CACHE];
    uint8_t short_length[SHORT_CACHE]; /* 0: empty; beside the key, as a text may end with zero bytes */
    uint32_t short_code[SHORT_CACHE];
    uint32_t *slots; /* code + 1; 0: empty */
    uint32_t *tags;  /* the hash's high half, so that most mismatches cost no text comparison */
    uint32_t n_slots, n_hashed;
};

static inline uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The last eight bytes of a text of 1 to 16 bytes; a shorter one is pushed to the high end, with zero bytes below. */
static inline uint64_t last8(cd_slice s)
{
    return s.n >= 8 ? load8(s.bytes + s.n - 8) : load8(s.bytes) << (8 * (8 - s.n));
}

/* Eight ASCII digits, most significant in the lowest byte, as a number; false if one of them is no digit. */
static inline bool eight_digits(uint64_t v, uint32_t *number)
{
    uint64_t d = v ^ ZEROES;
    if ((d | (d + 0x0606060606060606u)) & 0xf0f0f0f0f0f0f0f0u) return false;
    d = d * 10 + (d >> 8);
    d = ((d & 0x000000ff000000ffu) * 0x000f424000000064u + ((d >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u) >>
        32;
    *number = (uint32_t)d;
    return true;
}

static inline bool shape_number(const shape *p, cd_slice s, uint32_t *number)
{
    if (s.n != p->length || (load8(s.bytes) & p->prefix_mask) != p->prefix) return false;
    return eight_digits((last8(s) & ~p->other_mask) | (ZEROES & p->other_mask), number);
}

cd_intern *cd_intern_new(cd_err *err) { return cd_alloc(1, sizeof(cd_intern), err); }

void cd_intern_free(cd_intern *d)
{
    if (!d) return;
    for (uint32_t i = 0; i < N_SHAPES; i++) cd_pages_free(d->shapes[i].table, d->shapes[i].cap, sizeof(uint32_t));
    cd_free(d->slots);
    cd_free(d->tags);
    cd_free(d->texts);
    cd_arena_release(&d->arena);
    cd_free(d);
}

uint32_t cd_intern_count(const cd_intern *d) { return (uint32_t)d->n; }
const cd_slice *cd_intern_texts(const cd_intern *d) { return d->texts; }

size_t cd_intern_bytes(const cd_intern *d)
{
    size_t bytes = d->arena.bytes + d->cap * sizeof *d->texts + (size_t)d->n_slots * 8;
    for (uint32_t i = 0; i < N_SHAPES; i++) bytes += (size_t)d->shapes[i].cap * sizeof(uint32_t);
    return bytes;
}

bool cd_intern_as_numbers(const cd_intern *d, cd_intern_numbers *out)
{
    const shape *p = &d->shapes[0];
    if (d->n == 0 || p->count != d->n) return false;
    *out = (cd_intern_numbers){.first = d->texts[0],
                               .digits = 8 - (uint32_t)__builtin_popcountll(p->other_mask) / 8,
                               .table = p->table,
                               .cap = p->cap};
    return true;
}

static cd_status add_text(cd_intern *d, cd_slice s, uint32_t *code, cd_err *err)
{
    cd_status st = CD_OK;
    if (d->n >= UINT32_MAX - 1)
        return cd_fail(err, CD_EINPUT, "more than 4294967293 different values in one column; load it in parts");
    CD_TRY(cd_grow(&d->texts, &d->cap, d->n + 1, sizeof *d->texts, err));
    if (d->room_left < s.n) {
        size_t room = s.n > ROOM_BYTES ? s.n : ROOM_BYTES;
        d->room = cd_arena_alloc(&d->arena, room + READABLE, 1, err);
        if (!d->room) CD_TRY(CD_EMEMORY);
        memset(d->room, 0, room + READABLE);
        d->room_left = room;
    }
    memcpy(d->room, s.bytes, s.n);
    *code = (uint32_t)d->n;
    d->texts[d->n++] = (cd_slice){d->room, s.n};
    d->room += s.n, d->room_left -= s.n;
done:
    return st;
}

static cd_status rehash(cd_intern *d, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *slots = NULL, *tags = NULL, n = d->n_slots ? d->n_slots * 2 : FIRST_SLOTS;
    CD_NEW(slots, n);
    CD_NEW(tags, n);
    for (uint32_t i = 0; i < d->n_slots; i++) {
        if (d->slots[i] == 0) continue;
        cd_slice s = d->texts[d->slots[i] - 1];
        uint32_t at = (uint32_t)cd_hash64(s.bytes, s.n) & (n - 1);
        while (slots[at]) at = (at + 1) & (n - 1);
        slots[at] = d->slots[i], tags[at] = d->tags[i];
    }
    cd_free(d->slots), cd_free(d->tags);
    d->slots = slots, d->tags = tags, d->n_slots = n;
    slots = tags = NULL;
done:
    cd_free(slots);
    cd_free(tags);
    return st;
}

static cd_status by_hash(cd_intern *d, cd_slice s, uint32_t *code, cd_err *err)
{
    cd_status st = CD_OK;
    if (d->n_hashed * 2 >= d->n_slots) CD_TRY(rehash(d, err));
    uint64_t h = cd_hash64(s.bytes, s.n);
    uint32_t mask = d->n_slots - 1, at = (uint32_t)h & mask, tag = (uint32_t)(h >> 32);
    for (; d->slots[at]; at = (at + 1) & mask)
        if (d->tags[at] == tag && cd_slice_equal(d->texts[d->slots[at] - 1], s)) {
            *code = d->slots[at] - 1;
            return CD_OK;
        }
    CD_TRY(add_text(d, s, code, err));
    d->slots[at] = *code + 1, d->tags[at] = tag, d->n_hashed++;
done:
    return st;
}

static uint64_t low_bytes(uint32_t n) { return n >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * n) - 1; }

/* The shape of an id that has one: some prefix, then 1 to 8 digits to the end. */
static bool shape_of(cd_slice s, shape *out)
{
    uint32_t digits = 0;
    if (s.n > MAX_SHAPED) return false;
    while (digits < s.n && digits < 8 && s.bytes[s.n - 1 - digits] >= '0' && s.bytes[s.n - 1 - digits] <= '9') digits++;
    uint32_t prefix = s.n - digits;
    if (digits == 0 || prefix > 8) return false;
    uint64_t mask = low_bytes(prefix);
    *out = (shape){
        .length = s.n, .prefix = load8(s.bytes) & mask, .prefix_mask = mask, .other_mask = low_bytes(8 - digits)};
    return true;
}

/* Makes the table reach `number`, if the ids of this shape are dense enough for that to be worth its memory. */
static cd_status reach(shape *p, uint32_t number, bool *reached, cd_err *err)
{
    *reached = number < p->cap;
    if (*reached || number / DENSITY >= p->count + ROOM) return CD_OK;
    uint32_t cap = ROOM;
    while (cap <= number) cap *= 2;
    uint32_t *table = cd_pages_new(cap, sizeof *table, err);
    if (!table) return CD_EMEMORY;
    if (p->cap) memcpy(table, p->table, (size_t)p->cap * sizeof *table);
    cd_pages_free(p->table, p->cap, sizeof *table);
    p->table = table, p->cap = cap, *reached = true;
    return CD_OK;
}

/* A text that the fast paths did not know. */
static cd_status slow(cd_intern *d, cd_slice s, uint32_t *code, cd_err *err)
{
    cd_status st = CD_OK;
    shape fresh;
    shape *p = NULL;
    uint32_t number = 0;
    if (s.n <= MAX_SHAPED)
        for (uint32_t i = 0; i < N_SHAPES && !p; i++) {
            if (d->shapes[i].length == 0 && shape_of(s, &fresh)) d->shapes[i] = fresh;
            if (d->shapes[i].length && shape_number(&d->shapes[i], s, &number)) p = &d->shapes[i];
        }
    if (!p) return by_hash(d, s, code, err);
    bool reached;
    CD_TRY(reach(p, number, &reached, err));
    if (reached && p->table[number]) {
        *code = p->table[number] - 1;
        return CD_OK;
    }
    if (!reached || p->misfits) CD_TRY(by_hash(d, s, code, err));
    else CD_TRY(add_text(d, s, code, err));
    if (reached) p->table[number] = *code + 1, p->count++;
    else p->misfits = true;
done:
    return st;
}

/* The codes of texts of the first shape that were seen before; UINT32_MAX for all others. In two loops, neither of
 * which waits for memory: the first starts the loads of the second. */
static void shaped_codes(const shape *p, const cd_slice *text, uint32_t n, uint32_t *codes)
{
    enum { AT_ONCE = 64 };
    for (uint32_t from = 0; from < n; from += AT_ONCE) {
        uint32_t m = n - from < AT_ONCE ? n - from : AT_ONCE, number[AT_ONCE];
        for (uint32_t i = 0; i < m; i++) {
            cd_slice s = text[from + i];
            if (s.n != p->length || !shape_number(p, s, &number[i]) || number[i] >= p->cap) number[i] = UINT32_MAX;
            else __builtin_prefetch(&p->table[number[i]]);
        }
        for (uint32_t i = 0; i < m; i++)
            codes[from + i] =
                number[i] == UINT32_MAX ? UINT32_MAX : p->table[number[i]] - 1; /* 0, not seen: the same */
    }
}

cd_status cd_intern_codes(cd_intern *d, const cd_slice *text, uint32_t n, uint32_t *codes, cd_err *err)
{
    cd_status st = CD_OK;
    bool shaped = d->shapes[0].count > 0;
    if (shaped) shaped_codes(&d->shapes[0], text, n, codes);
    for (uint32_t i = 0; i < n; i++) {
        cd_slice s = text[i];
        if (shaped && codes[i] != UINT32_MAX) continue;
        if (!s.bytes || s.n == 0) {
            codes[i] = UINT32_MAX;
            continue;
        }
        if (s.n <= 8) {
            uint64_t key = load8(s.bytes) & low_bytes(s.n);
            uint32_t at = (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 58);
            if (d->short_key[at] != key || d->short_length[at] != s.n) {
                CD_TRY(slow(d, s, &d->short_code[at], err));
                d->short_key[at] = key, d->short_length[at] = (uint8_t)s.n;
            }
            codes[i] = d->short_code[at];
            continue;
        }
        CD_TRY(slow(d, s, &codes[i], err));
    }
done:
    return st;
}
