/* SPDX-License-Identifier: GPL-3.0-or-later
 * value_compare.c: when two values are equal, alike, or one before the other.
 *
 * A date stands for its first second in UTC, so that dates and times compare with one another. Integers and reals are
 * compared as the numbers they are, not as doubles: 2^53 + 1 is more than 2^53. */
#include <math.h>

#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "queries/language/evaluate.h"

static int compare_i64(int64_t a, int64_t b) { return (a > b) - (a < b); }
static int compare_u64(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static bool is_number(value v) { return v.type == VALUE_INTEGER || v.type == VALUE_REAL; }
static bool is_nan(value v) { return v.type == VALUE_REAL && isnan(v.as.real); }
static bool is_moment(value v) { return v.type == VALUE_TIME || v.type == VALUE_DATE; }

/* No years beyond 9999 can be made, so days times a day's seconds fit. */
static int64_t moment(value v) { return v.type == VALUE_TIME ? v.as.seconds : v.as.days * 86400; }

/* r is not NaN. */
static int compare_mixed(int64_t i, double r)
{
    if (r >= 0x1p63) return -1;
    if (r < -0x1p63) return 1;
    double whole = trunc(r);
    int c = compare_i64(i, (int64_t)whole);
    return c ? c : (whole > r) - (whole < r);
}

/* Neither is NaN. */
static int compare_numbers(value a, value b)
{
    if (a.type == VALUE_INTEGER && b.type == VALUE_INTEGER) return compare_i64(a.as.integer, b.as.integer);
    if (a.type == VALUE_INTEGER) return compare_mixed(a.as.integer, b.as.real);
    if (b.type == VALUE_INTEGER) return -compare_mixed(b.as.integer, a.as.real);
    return (a.as.real > b.as.real) - (a.as.real < b.as.real);
}

static bool same_span(const value_span *a, const value_span *b)
{
    return a->months == b->months && a->days == b->days && a->seconds == b->seconds;
}

/* ---- `=` ---- */

static truth equal_items(const value *a, const value *b, size_t n)
{
    truth all = TRUTH_TRUE;
    for (size_t i = 0; i < n; i++) {
        truth t = value_equals(a[i], b[i]);
        if (t == TRUTH_FALSE) return t;
        if (t == TRUTH_UNKNOWN) all = t;
    }
    return all;
}

static truth equal_maps(value a, value b)
{
    truth all = TRUTH_TRUE;
    if (a.n != b.n) return TRUTH_FALSE;
    for (uint32_t i = 0; i < a.n; i++)
        if (!cd_slice_equal(a.as.entries[i].key, b.as.entries[i].key)) return TRUTH_FALSE;
    for (uint32_t i = 0; i < a.n; i++) {
        truth t = value_equals(a.as.entries[i].value, b.as.entries[i].value);
        if (t == TRUTH_FALSE) return t;
        if (t == TRUTH_UNKNOWN) all = t;
    }
    return all;
}

static truth truth_of(bool b) { return b ? TRUTH_TRUE : TRUTH_FALSE; }

truth value_equals(value a, value b)
{
    if (a.type == VALUE_NULL || b.type == VALUE_NULL) return TRUTH_UNKNOWN;
    if (is_number(a) && is_number(b)) return truth_of(!is_nan(a) && !is_nan(b) && compare_numbers(a, b) == 0);
    if (is_moment(a) && is_moment(b)) return truth_of(moment(a) == moment(b));
    if (a.type != b.type) return TRUTH_FALSE;
    switch (a.type) {
    case VALUE_BOOLEAN: return truth_of(a.as.boolean == b.as.boolean);
    case VALUE_TEXT: return truth_of(cd_slice_equal(value_slice(a), value_slice(b)));
    case VALUE_DURATION: return truth_of(same_span(a.as.span, b.as.span));
    case VALUE_LIST: return a.n == b.n ? equal_items(a.as.items, b.as.items, a.n) : TRUTH_FALSE;
    case VALUE_PATH: return a.n == b.n ? equal_items(a.as.items, b.as.items, 2 * (size_t)a.n + 1) : TRUTH_FALSE;
    case VALUE_MAP: return equal_maps(a, b);
    default: return truth_of(a.n == b.n && a.as.row == b.as.row); /* a node or edge: the same row of the same table */
    }
}

/* ---- `<` ---- */

/* Element by element; unknown where that hangs on elements that do not compare. */
static int compare_lists(value a, value b, bool *known)
{
    for (uint32_t i = 0; i < a.n && i < b.n; i++) {
        truth same = value_equals(a.as.items[i], b.as.items[i]);
        if (same == TRUTH_TRUE) continue;
        return value_compare(a.as.items[i], b.as.items[i], known);
    }
    return (a.n > b.n) - (a.n < b.n);
}

/* A month has no length in days, but a day of UTC has one in seconds. */
static int compare_spans(const value_span *a, const value_span *b, bool *known)
{
    *known = a->months == b->months;
    __int128 x = (__int128)a->days * 86400 + a->seconds, y = (__int128)b->days * 86400 + b->seconds;
    return (x > y) - (x < y);
}

int value_compare(value a, value b, bool *known)
{
    *known = true;
    if (is_number(a) && is_number(b) && !is_nan(a) && !is_nan(b)) return compare_numbers(a, b);
    if (is_moment(a) && is_moment(b)) return compare_i64(moment(a), moment(b));
    if (a.type == b.type) switch (a.type) {
        case VALUE_BOOLEAN: return (int)a.as.boolean - (int)b.as.boolean;
        case VALUE_TEXT: return cd_slice_compare(value_slice(a), value_slice(b));
        case VALUE_DURATION: return compare_spans(a.as.span, b.as.span, known);
        case VALUE_LIST: return compare_lists(a, b, known);
        default: break;
        }
    *known = false;
    return 0;
}

/* ---- The order of everything ---- */

/* The place of a type among the others. */
static int rank(value v)
{
    static const int ranks[] = {
        [VALUE_MAP] = 0,     [VALUE_NODE] = 1, [VALUE_EDGE] = 2,     [VALUE_LIST] = 3, [VALUE_PATH] = 4,
        [VALUE_TIME] = 5,    [VALUE_DATE] = 5, [VALUE_DURATION] = 6, [VALUE_TEXT] = 7, [VALUE_BOOLEAN] = 8,
        [VALUE_INTEGER] = 9, [VALUE_REAL] = 9, [VALUE_NULL] = 11};
    return is_nan(v) ? 10 : ranks[v.type];
}

/* By the cells of two rows of one table: its time first, as a person would have them, then column by column. */
static int order_cells(const candour_reader *reader, uint32_t table, uint64_t a, uint64_t b)
{
    const candour_table *shape = &candour_reader_ontology(reader)->tables[table];
    uint32_t first = shape->class_of == CANDOUR_RELATION ? 2 : 1;
    int c = 0;
    if (shape->time_column >= 0) {
        uint32_t time = (uint32_t)shape->time_column;
        c = compare_i64(candour_reader_integer(reader, table, time, a), candour_reader_integer(reader, table, time, b));
    }
    for (uint32_t i = first; i < shape->n_columns && c == 0; i++)
        c = value_order(value_of_cell(reader, table, i, a), value_of_cell(reader, table, i, b), reader);
    return c;
}

static int order_ids(const candour_reader *reader, uint32_t table, uint32_t column, uint32_t a, uint32_t b)
{
    uint32_t kind = candour_reader_ontology(reader)->tables[table].columns[column].kind;
    return a == b ? 0 : cd_slice_compare(candour_reader_id(reader, kind, a), candour_reader_id(reader, kind, b));
}

/* Of entities n and row are a table and a number; of records and edges a place. Rows that say the same are told apart
 * by their place, which no one sees. */
static int order_entities(value a, value b, const candour_reader *reader)
{
    if (a.n == b.n && a.as.row == b.as.row) return 0;
    if (!reader) return a.n != b.n ? compare_u64(a.n, b.n) : compare_u64(a.as.row, b.as.row);
    int c = cd_slice_compare(value_label(reader, a), value_label(reader, b));
    if (c || a.n != b.n) return c ? c : compare_u64(a.n, b.n);
    uint32_t table = a.n & ~VALUE_HAS;
    const candour_table *shape = &candour_reader_ontology(reader)->tables[table];
    if (shape->class_of == CANDOUR_ENTITY)
        c = order_ids(reader, table, 0, (uint32_t)a.as.row, (uint32_t)b.as.row);
    else {
        c = order_ids(reader, table, 0, candour_reader_left(reader, table, a.as.row),
                      candour_reader_left(reader, table, b.as.row));
        if (c == 0 && shape->class_of == CANDOUR_RELATION)
            c = order_ids(reader, table, 1, candour_reader_right(reader, table, a.as.row),
                          candour_reader_right(reader, table, b.as.row));
        if (c == 0) c = order_cells(reader, table, a.as.row, b.as.row);
    }
    return c ? c : compare_u64(a.as.row, b.as.row);
}

static int order_items(const value *a, size_t n_a, const value *b, size_t n_b, const candour_reader *reader)
{
    for (size_t i = 0; i < n_a && i < n_b; i++) {
        int c = value_order(a[i], b[i], reader);
        if (c) return c;
    }
    return compare_u64(n_a, n_b);
}

static int order_maps(value a, value b, const candour_reader *reader)
{
    for (uint32_t i = 0; i < a.n && i < b.n; i++) {
        int c = cd_slice_compare(a.as.entries[i].key, b.as.entries[i].key);
        if (c == 0) c = value_order(a.as.entries[i].value, b.as.entries[i].value, reader);
        if (c) return c;
    }
    return compare_u64(a.n, b.n);
}

/* By their length, a month being a twelfth of 365.2425 days; then by their parts. */
static int order_spans(const value_span *a, const value_span *b)
{
    __int128 x = (__int128)a->months * 2629746 + (__int128)a->days * 86400 + a->seconds;
    __int128 y = (__int128)b->months * 2629746 + (__int128)b->days * 86400 + b->seconds;
    if (x != y) return x > y ? 1 : -1;
    int c = compare_i64(a->months, b->months);
    return c ? c : compare_i64(a->days, b->days);
}

int value_order(value a, value b, const candour_reader *reader)
{
    int r = rank(a);
    if (r != rank(b)) return r < rank(b) ? -1 : 1;
    switch (a.type) {
    case VALUE_NULL: return 0;
    case VALUE_INTEGER:
    case VALUE_REAL: return is_nan(a) ? 0 : compare_numbers(a, b);
    case VALUE_BOOLEAN: return (int)a.as.boolean - (int)b.as.boolean;
    case VALUE_TEXT: return cd_slice_compare(value_slice(a), value_slice(b));
    case VALUE_TIME:
    case VALUE_DATE: return compare_i64(moment(a), moment(b));
    case VALUE_DURATION: return order_spans(a.as.span, b.as.span);
    case VALUE_LIST: return order_items(a.as.items, a.n, b.as.items, b.n, reader);
    case VALUE_PATH: return order_items(a.as.items, 2 * (size_t)a.n + 1, b.as.items, 2 * (size_t)b.n + 1, reader);
    case VALUE_MAP: return order_maps(a, b, reader);
    case VALUE_NODE:
    case VALUE_EDGE: return order_entities(a, b, reader);
    }
    return 0;
}

/* ---- Alike ---- */

static bool alike_items(const value *a, const value *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!value_alike(a[i], b[i])) return false;
    return true;
}

bool value_alike(value a, value b)
{
    if (is_number(a) && is_number(b)) return is_nan(a) ? is_nan(b) : !is_nan(b) && compare_numbers(a, b) == 0;
    if (is_moment(a) && is_moment(b)) return moment(a) == moment(b);
    if (a.type != b.type) return false;
    switch (a.type) {
    case VALUE_NULL: return true;
    case VALUE_LIST: return a.n == b.n && alike_items(a.as.items, b.as.items, a.n);
    case VALUE_PATH: return a.n == b.n && alike_items(a.as.items, b.as.items, 2 * (size_t)a.n + 1);
    case VALUE_MAP:
        if (a.n != b.n) return false;
        for (uint32_t i = 0; i < a.n; i++)
            if (!cd_slice_equal(a.as.entries[i].key, b.as.entries[i].key) ||
                !value_alike(a.as.entries[i].value, b.as.entries[i].value))
                return false;
        return true;
    default: return value_equals(a, b) == TRUTH_TRUE;
    }
}

static uint64_t mixed(uint64_t h, uint64_t x) { return cd_mix64(h ^ (x + 0x9e3779b97f4a7c15u)); }

static uint64_t hash_number(value v)
{
    /* A real that is whole hashes as the integer it equals. */
    if (v.type == VALUE_REAL && v.as.real >= -0x1p63 && v.as.real < 0x1p63 && trunc(v.as.real) == v.as.real)
        v = value_integer((int64_t)v.as.real);
    if (v.type == VALUE_INTEGER) return mixed(VALUE_INTEGER, (uint64_t)v.as.integer);
    uint64_t bits = 0;
    if (!isnan(v.as.real)) memcpy(&bits, &v.as.real, sizeof bits);
    return mixed(VALUE_REAL, bits);
}

static uint64_t hash_items(value_type type, const value *items, size_t n)
{
    uint64_t h = mixed(type, n);
    for (size_t i = 0; i < n; i++) h = mixed(h, value_hash(items[i]));
    return h;
}

uint64_t value_hash(value v)
{
    uint64_t h = mixed(v.type, v.n);
    switch (v.type) {
    case VALUE_NULL: return h;
    case VALUE_BOOLEAN: return mixed(VALUE_BOOLEAN, v.as.boolean);
    case VALUE_INTEGER:
    case VALUE_REAL: return hash_number(v);
    case VALUE_TEXT: return mixed(VALUE_TEXT, cd_hash64(v.as.text, v.n));
    case VALUE_TIME:
    case VALUE_DATE: return mixed(VALUE_TIME, (uint64_t)moment(v));
    case VALUE_DURATION:
        h = mixed(VALUE_DURATION, (uint64_t)v.as.span->months);
        return mixed(mixed(h, (uint64_t)v.as.span->days), (uint64_t)v.as.span->seconds);
    case VALUE_LIST: return hash_items(VALUE_LIST, v.as.items, v.n);
    case VALUE_PATH: return hash_items(VALUE_PATH, v.as.items, 2 * (size_t)v.n + 1);
    case VALUE_MAP:
        for (uint32_t i = 0; i < v.n; i++) {
            h = mixed(h, cd_hash64(v.as.entries[i].key.bytes, v.as.entries[i].key.n));
            h = mixed(h, value_hash(v.as.entries[i].value));
        }
        return h;
    case VALUE_NODE:
    case VALUE_EDGE: return mixed(h, v.as.row);
    }
    return h;
}
