/* SPDX-License-Identifier: GPL-3.0-or-later
 * value.h: what an expression of the query language can be, in 16 bytes; and the memory that values lie in.
 *
 * A value is plain and copied freely; what it points to (a text, a list) lies in a pool or in the mapped store, and whoever
 * keeps it longer than that copies it with value_keep. Times are seconds since 1970 UTC, as the store has them. */
#ifndef QUERIES_LANGUAGE_VALUE_H
#define QUERIES_LANGUAGE_VALUE_H

#include "engine/base/memory.h"
#include "engine/base/slice.h"
#include "engine/candour.h"

typedef enum {
    VALUE_NULL,
    VALUE_BOOLEAN,
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_TEXT,
    VALUE_TIME,
    VALUE_DATE,
    VALUE_DURATION,
    VALUE_LIST,
    VALUE_MAP,
    VALUE_NODE,
    VALUE_EDGE,
    VALUE_PATH
} value_type;

typedef struct value value;
typedef struct value_entry value_entry;

typedef struct {
    int64_t months, days, seconds; /* of either sign, and apart: a month has no length in days */
} value_span;

/* A table with the top bit set is the HAS from an entity to a record row of that table. */
enum { VALUE_HAS = 0x80000000u };

struct value {
    value_type type;
    /* Bytes of a text; elements of a list or map; edges of a path. Of a node: its table (an entity's or a record's). Of an edge:
     * its table, or'ed with VALUE_HAS where it leads to a record. */
    uint32_t n;
    union {
        bool boolean;
        int64_t integer;
        double real;
        const char *text;
        int64_t seconds;          /* a time */
        int64_t days;             /* a date, since 1970-01-01 */
        const value_span *span;
        const value *items;       /* a list; of a path n edges and n + 1 nodes in turn, 2n + 1 values */
        const value_entry *entries; /* a map, in the order of its keys' bytes, no key twice */
        uint64_t row;             /* a node: its number where it is an entity, its place where it is a record; an edge: its place */
    } as;
};

struct value_entry {
    cd_slice key;
    value value;
};

static inline value value_null(void) { return (value){.type = VALUE_NULL}; }
static inline value value_boolean(bool b) { return (value){.type = VALUE_BOOLEAN, .as.boolean = b}; }
static inline value value_integer(int64_t i) { return (value){.type = VALUE_INTEGER, .as.integer = i}; }
static inline value value_real(double r) { return (value){.type = VALUE_REAL, .as.real = r}; }
static inline value value_time(int64_t seconds) { return (value){.type = VALUE_TIME, .as.seconds = seconds}; }
static inline value value_date(int64_t days) { return (value){.type = VALUE_DATE, .as.days = days}; }
/* A slice of NULL is null. */
static inline value value_text(cd_slice s)
{
    return s.bytes ? (value){.type = VALUE_TEXT, .n = s.n, .as.text = s.bytes} : value_null();
}
static inline cd_slice value_slice(value v) { return (cd_slice){v.as.text, v.n}; }

/* ---- Pools: memory for values, given back to a mark at once ---- */

typedef struct value_block value_block;
typedef struct {
    value_block *first, *now;
    size_t used;            /* of `now` */
    size_t bytes;           /* of all blocks */
    size_t *held, most;     /* a count that pools of one query share, and what it may reach; held NULL: no limit */
} value_pool;
typedef struct {
    value_block *now;
    size_t used;
} value_mark;

/* n bytes, aligned to 16; CD_EMEMORY says which option to raise. */
void *value_pool_alloc(value_pool *pool, size_t n, cd_err *err);
value_mark value_pool_mark(const value_pool *pool);
/* Gives back what was asked for since; blocks stay for the next use. */
void value_pool_rewind(value_pool *pool, value_mark mark);
void value_pool_release(value_pool *pool);

/* A deep copy into a pool. Texts of the mapped store are copied too. */
CD_CHECKED cd_status value_keep(value_pool *pool, value v, value *out, cd_err *err);
/* A map of n entries in any order; of equal keys the last counts. */
CD_CHECKED cd_status value_map_of(value_pool *pool, const value_entry *entries, uint32_t n, value *out, cd_err *err);
/* The value of a key, or NULL. */
const value *value_map_find(value map, cd_slice key);

/* ---- Alike, equal, before ---- */

typedef enum { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN } truth;

/* `=`: null is unknown, also within lists and maps; 1 = 1.0; NaN equals nothing; other types differ. */
truth value_equals(value a, value b);
/* `<`: -1, 0, 1; *known is false where openCypher's comparison gives null (null, NaN, types that do not compare). */
int value_compare(value a, value b, bool *known);
/* One order over everything, for ORDER BY, min and max: openCypher's orderability (maps, nodes, edges, lists, paths, texts, booleans,
 * numbers, NaN, null last); times, dates and durations stand between lists/paths and texts. Entities are ordered by their ids' bytes
 * so that a store's numbering never shows. */
int value_order(value a, value b, const candour_reader *reader);
/* The same group: for DISTINCT, grouping and UNION. null is alike null, NaN alike NaN, 1 alike 1.0. */
bool value_alike(value a, value b);
/* Equal for values that are alike. */
uint64_t value_hash(value v);

/* ---- In words ---- */

/* `a number`, `an officer`, ... for messages. reader may be NULL: `a node`. */
const char *value_type_name(value v);
/* `INTEGER`, `NODE`, ... as column types are printed. */
const char *value_type_word(value_type type);

#endif
