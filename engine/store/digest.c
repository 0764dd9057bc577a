/* SPDX-License-Identifier: GPL-3.0-or-later
 * digest.c: what a store says, as 128 bits that do not depend on how it is written down.
 *
 * A row's hash is taken from a sum over its known columns, each value hashed with its column's name: ids and texts by
 * their bytes, numbers by their value. The hashes of a table's rows in force are added, each half modulo 2^64: sums of
 * whole numbers, so neither order nor threads can show. An id that no row in force names says nothing, and does not
 * count. Ids and texts are hashed once, and looked up per row; blocks of rows are done column by column, in the first-level cache. Not a signature: who
 * wants to can make two stores of one digest. */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>

#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "engine/store/ontology.h"
#include "engine/store/store.h"

enum { BLOCK = 1024 }; /* rows whose sums lie in the cache at once */

/* All that the rows of one table in one file need. */
typedef struct {
    const cd_snapshot *s;
    const candour_table *shape;
    const cd_segment_table *t;
    cd_hash128 *const *ids;                  /* per kind, per number */
    const cd_hash128 *key;                   /* per column */
    cd_hash128 *texts[CD_MAX_COLUMNS];                  /* per text column, per code: the whole share of the value */
    const uint32_t *last;                    /* of an entity: cd_undated_last */
    uint32_t segment;
} part;

typedef struct {
    uint64_t lo[BLOCK], hi[BLOCK];
} sums;

/* The share of an id or text in its row: the hash is good already, the key says of which column it is. */
static inline cd_hash128 share(cd_hash128 value, cd_hash128 key)
{
    return (cd_hash128){.lo = value.lo * (key.lo | 1), .hi = value.hi * (key.hi | 1)};
}

static void add_number(sums *a, uint32_t i, uint64_t value, cd_hash128 key)
{
    a->lo[i] += cd_mix64(value ^ key.lo);
    a->hi[i] += cd_mix64(value ^ key.hi);
}

static void add_hash(sums *a, uint32_t i, cd_hash128 h) { a->lo[i] += h.lo, a->hi[i] += h.hi; }

/* One column of rows [row, row + n). The width is the same for all: the compiler takes the choice out of the loop. */
#define EACH_KNOWN(type, most, body)                                                                                   \
    do {                                                                                                               \
        const type *code = (const type *)codes->codes + row;                                                           \
        for (uint32_t i = 0; i < n; i++) {                                                                             \
            if (code[i] == (most)) continue;                                                                           \
            uint64_t v = (uint64_t)codes->base + code[i];                                                              \
            body;                                                                                                      \
        }                                                                                                              \
    } while (0)
#define EACH_WIDTH(body)                                                                                               \
    switch (codes->width) {                                                                                            \
    case 1: EACH_KNOWN(uint8_t, UINT8_MAX, body); break;                                                               \
    case 2: EACH_KNOWN(uint16_t, UINT16_MAX, body); break;                                                             \
    case 4: EACH_KNOWN(uint32_t, UINT32_MAX, body); break;                                                             \
    case 8: EACH_KNOWN(uint64_t, UINT64_MAX, body); break;                                                             \
    default: break;                                                                                                    \
    }

static void add_column(const part *p, uint32_t c, uint64_t row, uint32_t n, sums *a)
{
    const candour_column *shape = &p->shape->columns[c];
    const cd_codes *codes = &p->t->columns[c].codes;
    cd_hash128 key = p->key[c];
    const cd_hash128 *table = shape->type == CANDOUR_ID ? p->ids[shape->kind] : p->texts[c];
    if (shape->type == CANDOUR_REAL) {
        const double *reals = p->t->columns[c].reals;
        for (uint32_t i = 0; reals && i < n; i++) {
            double x = reals[row + i] + 0.0; /* -0 is 0 */
            uint64_t bits;
            memcpy(&bits, &x, sizeof bits);
            if (!isnan(x)) add_number(a, i, bits, key);
        }
    } else if (shape->type == CANDOUR_ID) {
        EACH_WIDTH(add_hash(a, i, share(table[v], key)))
    } else if (shape->type == CANDOUR_TEXT) {
        EACH_WIDTH(add_hash(a, i, table[v]))
    } else {
        EACH_WIDTH(add_number(a, i, v, key))
    }
}

/* The left ids of rows [row, row + n), the first of which belongs to key *k. Rows that are not in force are marked. */
static void begin(const part *p, cd_id *k, uint64_t row, uint32_t n, sums *a, bool *out)
{
    const cd_rows_by *left = &p->t->left;
    for (uint32_t i = 0; i < n;) {
        while (left->offsets[*k + 1] <= row + i) ++*k;
        cd_id id = left->keys ? left->keys[*k] : *k;
        uint64_t end = left->offsets[*k + 1] - row;
        cd_hash128 h = share(p->ids[p->shape->columns[0].kind][id], p->key[0]);
        if (p->last && row + i == left->offsets[*k] && p->last[id] != p->segment + 1 &&
            cd_codes_at(&p->t->columns[p->shape->time_column].codes, row + i) == CANDOUR_UNKNOWN)
            out[i] = true;
        for (; i < n && i < end; i++) a->lo[i] = h.lo, a->hi[i] = h.hi;
    }
}

static cd_id key_of_row(const cd_rows_by *left, uint64_t row)
{
    uint64_t lo = 0, hi = left->n_keys; /* the first key whose rows end behind it */
    while (lo < hi) {
        uint64_t middle = lo + (hi - lo) / 2;
        if (left->offsets[middle + 1] <= row) lo = middle + 1;
        else hi = middle;
    }
    return (cd_id)lo;
}

static cd_hash128 block_sum(const part *p, cd_id *k, uint64_t row, uint32_t n, uint64_t *in_force)
{
    sums a;
    bool out[BLOCK] = {false};
    cd_hash128 all = {0};
    uint32_t c = 1;
    begin(p, k, row, n, &a, out);
    if (p->t->right) {
        const cd_hash128 *ids = p->ids[p->shape->columns[1].kind];
        for (uint32_t i = 0; i < n; i++) add_hash(&a, i, share(ids[p->t->right[row + i]], p->key[1]));
        c = 2;
    }
    for (; c < p->shape->n_columns; c++) add_column(p, c, row, n, &a);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t lo = cd_mix64(a.lo[i] ^ a.hi[i] >> 32), hi = cd_mix64(a.hi[i] + lo);
        if (!out[i]) all.lo += lo, all.hi += hi, ++*in_force;
    }
    return all;
}

static void rows_sum(const part *p, int threads, cd_hash128 *sum, uint64_t *rows)
{
    enum { CHUNK = 64 * BLOCK };
    uint64_t n_chunks = (p->t->rows + CHUNK - 1) / CHUNK, in_force = 0, lo = 0, hi = 0;
    #pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(+ : in_force, lo, hi)
    for (uint64_t i = 0; i < n_chunks; i++) {
        uint64_t row = i * CHUNK, end = p->t->rows - row < CHUNK ? p->t->rows : row + CHUNK;
        cd_id k = key_of_row(&p->t->left, row);
        for (; row < end; row += BLOCK) {
            cd_hash128 h = block_sum(p, &k, row, end - row < BLOCK ? (uint32_t)(end - row) : BLOCK, &in_force);
            lo += h.lo, hi += h.hi;
        }
    }
    sum->lo += lo, sum->hi += hi;
    *rows += in_force;
}

/* ---- One table ---- */

static cd_status part_init(part *p, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t c = 1; c < p->shape->n_columns; c++) {
        const cd_texts *texts = &p->t->columns[c].texts;
        if (!texts->offsets) continue;
        p->texts[c] = cd_pages_new(texts->n, sizeof *p->texts[c], err);
        if (!p->texts[c]) CD_TRY(CD_EMEMORY);
        cd_hash128 *out = p->texts[c], key = p->key[c];
        #pragma omp parallel for schedule(static) if (texts->n > 4096)
        for (uint32_t i = 0; i < texts->n; i++) {
            cd_slice text = cd_texts_at(texts, i);
            out[i] = share(cd_hash128_of(text.bytes, text.n, 0), key);
        }
    }
done:
    return st;
}

static void part_release(part *p)
{
    for (uint32_t c = 1; c < p->shape->n_columns; c++)
        cd_pages_free(p->texts[c], p->t->columns[c].texts.n, sizeof *p->texts[c]);
}

static cd_status table_sum(const cd_snapshot *s, uint32_t table, cd_hash128 *const *ids, int threads, cd_hash128 *sum,
                           uint64_t *rows, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_table *shape = &s->ontology->tables[table];
    cd_hash128 key[CD_MAX_COLUMNS];
    uint32_t *last = NULL;
    for (uint32_t c = 0; c < shape->n_columns; c++)
        key[c] = cd_hash128_of(shape->columns[c].name, strlen(shape->columns[c].name), 1);
    if (shape->class_of == CANDOUR_ENTITY) CD_TRY(cd_undated_last(s, table, &last, err));
    for (uint32_t i = 0; i < s->n_segments; i++) {
        part p = {.s = s, .shape = shape, .t = s->segments[i].tables[table], .ids = ids, .key = key, .last = last,
                  .segment = i};
        if (!p.t) continue;
        st = part_init(&p, err);
        if (st == CD_OK) rows_sum(&p, threads, sum, rows);
        part_release(&p);
        if (st != CD_OK) goto done;
    }
done:
    cd_pages_free(last, s->n_ids[shape->columns[0].kind], sizeof *last);
    return st;
}

/* ---- The ids ---- */

static cd_status hash_ids(const cd_snapshot *s, uint32_t kind, int threads, cd_hash128 **out, cd_err *err)
{
    uint64_t n = s->n_ids[kind];
    cd_hash128 *ids = cd_pages_new(n, sizeof *ids, err);
    if (!ids) return CD_EMEMORY;
    #pragma omp parallel for schedule(static) num_threads(threads) if (n > 4096)
    for (uint64_t i = 0; i < n; i++) {
        cd_slice id = cd_snapshot_id(s, kind, i);
        ids[i] = cd_hash128_of(id.bytes, id.n, 0);
    }
    *out = ids;
    return CD_OK;
}

/* ---- Together ---- */

static void print(cd_hash128 sum, char out[CANDOUR_DIGEST_TEXT])
{
    snprintf(out, CANDOUR_DIGEST_TEXT, "%016" PRIx64 "%016" PRIx64, sum.hi, sum.lo);
}

/* A line for every table that has something in it: what an ontology adds and nobody fills does not show. */
static void line_add(const char *what, const char *name, uint64_t n, cd_hash128 sum, cd_hash128 *all)
{
    char text[CANDOUR_DIGEST_TEXT], line[256];
    if (n == 0) return;
    print(sum, text);
    int bytes = snprintf(line, sizeof line, "%s %s %" PRIu64 " %s", what, name, n, text);
    cd_hash128 h = cd_hash128_of(line, (size_t)bytes, 2);
    all->lo += h.lo, all->hi += h.hi;
}

cd_status candour_store_digest(candour_store *store, uint32_t threads, candour_digest *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = store->snapshot;
    const candour_ontology *o = s->ontology;
    cd_hash128 *ids[CD_MAX_KINDS] = {0};
    cd_hash128 all = {0};
    int n_threads = threads && threads < 1024 ? (int)threads : omp_get_max_threads();
    if (!store->digest.tables) CD_NEW(store->digest.tables, o->n_tables);
    if (!store->digest.rows) CD_NEW(store->digest.rows, o->n_tables);
    for (uint32_t k = 0; k < o->n_kinds; k++) {
        CD_TRY(cd_snapshot_check_kind(s, k, err));
        CD_TRY(hash_ids(s, k, n_threads, &ids[k], err));
    }
    for (uint32_t t = 0; t < o->n_tables; t++) {
        cd_hash128 sum = {0};
        uint64_t rows = 0;
        CD_TRY(cd_snapshot_check_forward(s, t, err));
        CD_TRY(table_sum(s, t, ids, n_threads, &sum, &rows, err));
        line_add("table", o->tables[t].name, rows, sum, &all);
        print(sum, store->digest.tables[t]);
        store->digest.rows[t] = rows;
    }
    print(all, store->digest.all);
    *out = store->digest;
done:
    for (uint32_t k = 0; k < o->n_kinds; k++) cd_pages_free(ids[k], s->n_ids[k], sizeof *ids[k]);
    return st;
}
