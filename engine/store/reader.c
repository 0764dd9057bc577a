/* SPDX-License-Identifier: GPL-3.0-or-later
 * reader.c: rows at random, where they lie mapped. A row's place is its file in the high bits and its row in the low 32:
 * a file holds fewer than 2^32 rows of a table. Nothing here trusts what stands in an array: every block is held
 * against its checksum when it is first read (sums.h), and every index against its bounds; what is out of them reads as
 * unknown. */
#include <math.h>
#include <stdlib.h>

#include "engine/base/hash.h"
#include "engine/store/store.h"

enum { PART_AT = 32 };

struct candour_reader {
    candour_store *store;
    const cd_snapshot *s;
};

cd_status candour_reader_open(candour_store *store, candour_reader **out, cd_err *err)
{
    candour_reader *r = cd_alloc(1, sizeof *r, err);
    if (!r) return CD_EMEMORY;
    *r = (candour_reader){.store = store, .s = store->snapshot};
    *out = r;
    return CD_OK;
}

void candour_reader_close(candour_reader *reader) { cd_free(reader); }

const candour_ontology *candour_reader_ontology(const candour_reader *r) { return r->s->ontology; }

uint32_t candour_reader_parts(const candour_reader *r) { return r->s->n_segments; }

uint32_t candour_row_part(uint64_t row) { return (uint32_t)(row >> PART_AT); }

static const cd_segment_table *part_of(const candour_reader *r, uint32_t table, uint32_t part)
{
    return part < r->s->n_segments ? r->s->segments[part].tables[table] : NULL;
}

/* The part that holds a place, and its row there; NULL where the place is none. */
static const cd_segment_table *place_of(const candour_reader *r, uint32_t table, uint64_t place, uint64_t *row)
{
    const cd_segment_table *t = part_of(r, table, candour_row_part(place));
    *row = place & UINT32_MAX;
    return t && *row < t->rows ? t : NULL;
}

/* ---- Ids ---- */

uint32_t candour_reader_ids(const candour_reader *r, uint32_t kind) { return (uint32_t)r->s->n_ids[kind]; }

uint64_t candour_reader_count(const candour_reader *r, uint32_t table)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < r->s->n_segments; i++) {
        const cd_segment_table *t = part_of(r, table, i);
        if (t) n += t->rows;
    }
    return n;
}

uint32_t candour_reader_find(const candour_reader *r, uint32_t kind, cd_slice id)
{
    return cd_snapshot_find(r->s, kind, id, cd_hash64(id.bytes, id.n));
}

cd_slice candour_reader_id(const candour_reader *r, uint32_t kind, uint32_t number)
{
    return cd_snapshot_id(r->s, kind, number);
}

cd_status candour_reader_order(candour_reader *r, uint32_t kind, const uint32_t **out, cd_err *err)
{
    cd_status st;
    /* It is made once, and threads may ask for it together. */
    #pragma omp critical(candour_reader_order)
    st = cd_store_order(r->store, kind, out, err);
    return st;
}

/* ---- Rows ---- */

candour_rows candour_reader_of_left(const candour_reader *r, uint32_t table, uint32_t id, uint32_t part)
{
    const cd_segment_table *t = part_of(r, table, part);
    uint64_t lo, hi;
    if (!t) return (candour_rows){0};
    cd_rows_of(&t->left, t->rows, id, &lo, &hi);
    if (t->right) cd_sums_touch(t->sums, t->right + lo, (hi - lo) * sizeof *t->right);
    return (candour_rows){.n = hi - lo, .other = t->right ? t->right + lo : NULL, .base = ((uint64_t)part << PART_AT) + lo};
}

candour_rows candour_reader_of_right(const candour_reader *r, uint32_t table, uint32_t id, uint32_t part)
{
    const cd_segment_table *t = part_of(r, table, part);
    uint64_t lo, hi;
    if (!t || !t->reverse_left) return (candour_rows){0};
    cd_rows_of(&t->by_right, t->rows, id, &lo, &hi);
    cd_sums_touch(t->sums, t->reverse_left + lo, (hi - lo) * sizeof *t->reverse_left);
    cd_sums_touch(t->sums, t->reverse_row + lo, (hi - lo) * sizeof *t->reverse_row);
    return (candour_rows){.n = hi - lo, .other = t->reverse_left + lo, .row = t->reverse_row + lo,
                          .base = (uint64_t)part << PART_AT};
}

candour_rows candour_reader_all(const candour_reader *r, uint32_t table, uint32_t part)
{
    const cd_segment_table *t = part_of(r, table, part);
    if (t) cd_sums_whole(t->sums, t->right);
    return t ? (candour_rows){.n = t->rows, .other = t->right, .base = (uint64_t)part << PART_AT} : (candour_rows){0};
}

/* The last key whose rows begin at `row` or before: offsets rise, so by halving. */
uint32_t candour_reader_left(const candour_reader *r, uint32_t table, uint64_t place)
{
    uint64_t row;
    const cd_segment_table *t = place_of(r, table, place, &row);
    if (!t || !t->left.offsets) return CANDOUR_NO_ID;
    uint64_t lo = 0, hi = t->left.n_keys;
    while (lo + 1 < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        cd_sums_touch(t->sums, t->left.offsets + mid, sizeof *t->left.offsets);
        if (t->left.offsets[mid] <= row) lo = mid;
        else hi = mid;
    }
    if (t->left.n_keys == 0) return CANDOUR_NO_ID;
    cd_sums_touch(t->sums, t->left.offsets + lo, 2 * sizeof *t->left.offsets);
    /* Of keys without rows, which share an offset, the last is the one that has the row. */
    if (row < t->left.offsets[lo] || row >= t->left.offsets[lo + 1]) return CANDOUR_NO_ID;
    if (t->left.keys) cd_sums_touch(t->sums, t->left.keys + lo, sizeof *t->left.keys);
    uint64_t id = t->left.keys ? t->left.keys[lo] : lo;
    const candour_table *shape = &r->s->ontology->tables[table];
    return id < r->s->n_ids[shape->columns[0].kind] ? (uint32_t)id : CANDOUR_NO_ID;
}

uint32_t candour_reader_right(const candour_reader *r, uint32_t table, uint64_t place)
{
    uint64_t row;
    const cd_segment_table *t = place_of(r, table, place, &row);
    const candour_table *shape = &r->s->ontology->tables[table];
    if (!t || !t->right) return CANDOUR_NO_ID;
    cd_sums_touch(t->sums, t->right + row, sizeof *t->right);
    return t->right[row] < r->s->n_ids[shape->columns[1].kind] ? t->right[row] : CANDOUR_NO_ID;
}

uint64_t candour_reader_entity(const candour_reader *r, uint32_t table, uint32_t number)
{
    int32_t time = r->s->ontology->tables[table].time_column;
    uint64_t found = CANDOUR_NO_ROW;
    int64_t latest = CANDOUR_UNKNOWN;
    /* Within a file the rows stand in the order of as_of; of undated rows the last file's is in force. */
    for (uint32_t i = 0; i < r->s->n_segments; i++) {
        const cd_segment_table *t = part_of(r, table, i);
        uint64_t lo, hi;
        if (!t) continue;
        cd_rows_of(&t->left, t->rows, number, &lo, &hi);
        if (lo == hi) continue;
        int64_t at = time < 0 ? CANDOUR_UNKNOWN : cd_codes_at(&t->columns[time].codes, hi - 1);
        if (at < latest) continue;
        latest = at, found = ((uint64_t)i << PART_AT) + hi - 1;
    }
    return found;
}

bool candour_reader_in_force(const candour_reader *r, uint32_t table, uint64_t place)
{
    uint64_t row;
    const cd_segment_table *t = place_of(r, table, place, &row);
    int32_t time = r->s->ontology->tables[table].time_column;
    if (!t) return false;
    if (time >= 0 && cd_codes_at(&t->columns[time].codes, row) != CANDOUR_UNKNOWN) return true;
    uint32_t id = candour_reader_left(r, table, place);
    return id != CANDOUR_NO_ID && cd_undated_in_force(r->s, table, candour_row_part(place), id);
}

/* ---- Cells ---- */

int64_t candour_reader_integer(const candour_reader *r, uint32_t table, uint32_t column, uint64_t place)
{
    uint64_t row;
    const cd_segment_table *t = place_of(r, table, place, &row);
    return t ? cd_codes_at(&t->columns[column].codes, row) : CANDOUR_UNKNOWN;
}

double candour_reader_real(const candour_reader *r, uint32_t table, uint32_t column, uint64_t place)
{
    uint64_t row;
    const cd_segment_table *t = place_of(r, table, place, &row);
    if (!t || !t->columns[column].reals) return NAN;
    cd_sums_touch(t->sums, t->columns[column].reals + row, sizeof *t->columns[column].reals);
    return t->columns[column].reals[row];
}

cd_slice candour_reader_text(const candour_reader *r, uint32_t table, uint32_t column, uint64_t place)
{
    uint64_t row;
    const cd_segment_table *t = place_of(r, table, place, &row);
    if (!t) return (cd_slice){NULL, 0};
    return cd_texts_at(&t->columns[column].texts, (uint64_t)cd_codes_at(&t->columns[column].codes, row));
}

int64_t candour_reader_code(const candour_reader *r, uint32_t table, uint32_t column, uint64_t place)
{
    return candour_reader_integer(r, table, column, place);
}

int64_t candour_reader_code_of(const candour_reader *r, uint32_t table, uint32_t column, uint32_t part, cd_slice text)
{
    const cd_segment_table *t = part_of(r, table, part);
    return t ? cd_texts_find(&t->columns[column].texts, text) : -1;
}

void candour_reader_source(const candour_reader *r, uint32_t table, uint64_t place, uint64_t *source, uint32_t *line)
{
    uint64_t row;
    const cd_segment_table *t = place_of(r, table, place, &row);
    *source = UINT64_MAX, *line = 0;
    if (!t) return;
    *source = (uint64_t)cd_codes_at(&t->source, row);
    cd_lines_read(&t->lines, row, 1, line);
}
