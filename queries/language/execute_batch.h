/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_batch.h: what the files that run batches know of one another. */
#ifndef QUERIES_LANGUAGE_EXECUTE_BATCH_H
#define QUERIES_LANGUAGE_EXECUTE_BATCH_H

#include "queries/language/execute_inside.h"
#include "queries/language/plan_batch.h"

/* About 2,000 rows: what they carry fits a processor's second cache. */
enum { BATCH_ROWS = 2048 };

/* Rows by columns: by slot a node's number, an edge's place, or whether an OPTIONAL found something. */
typedef struct {
    uint32_t n;
    uint64_t *times;
    uint64_t **columns; /* by slot; NULL: not carried */
} row_batch;

/* Values of the nodes of one kind, each as a number of its sort: alike values have the same. */
typedef struct {
    uint32_t *sort; /* by node: 0 not looked at yet; 1 + the value's number in `all` */
    row_set *all;
} node_sorts;

typedef struct {
    row_batch out;
    uint64_t brought; /* joined: times of the rows that came since the first node was taken */
    uint64_t *sum;    /* joined: how often each node was met since the first node was taken */
    uint32_t *met;    /* those that were */
    uint32_t n_met;
    uint64_t *seen; /* once: the last row that met a node */
    uint64_t rows;  /* once: so many so far */
    edge_memo memo;
    uint8_t *answers; /* WHERE_OF_NODE: by node, 0 not asked, 1 no, 2 yes */
    uint8_t **coded;  /* WHERE_CELLS: the same by part and code */
    uint32_t *n_coded;
    uint32_t *ranks; /* WHERE_RANKS: by node */
    node_sorts sorts[2];
    row_set values;     /* WHERE_SORTS: of both */
    bool known, usable; /* WHERE_NUMBERS: whether the constant was found, and is a number */
    int64_t constant;
} batch_state;

/* How what is read of a row is told from that of another: the thing itself, a node's property by its sort, a cell of an
 * edge. */
typedef struct {
    enum { KEY_WHOLE, KEY_NODE, KEY_TEXT, KEY_NUMBER, KEY_REAL } kind;
    uint32_t slot, table, column;
} row_key;

/* Rows alike in what is read of them, until there are too many. */
typedef struct {
    uint64_t *keys;   /* n_keys a row */
    row_batch rows;   /* one of each */
    uint32_t *places; /* 1 + a row, or 0 */
    row_key *by;
    node_sorts *sorts; /* by key: of a node's property */
    row_set *values;
    uint64_t taken, let; /* rows that came, and that went on */
    bool idle;           /* few were alike: they pass */
} row_joiner;

/* How a slot of the query is filled from a row. */
typedef struct {
    value_type type; /* VALUE_BOOLEAN: whether an OPTIONAL found something */
    uint32_t slot, table;
} slot_fill;

struct batching {
    running *r;
    const batch_plan *plan;
    batch_state *states;
    row_joiner joiner;
    uint32_t *shared; /* room for a row of r->sharing */
    slot_fill *fills;
    uint32_t n_fills;
    value_pool pool;
};
typedef struct batching batching;

/* Which rows of `in` a condition lets pass: their places in `kept`, *n of them. */
CD_CHECKED cd_status batch_where(batching *b, uint32_t step, const row_batch *in, uint16_t *kept, uint32_t *n,
                                 cd_err *err);
/* The number, from 1, of the value that a property has of a node. */
CD_CHECKED cd_status batch_sort_of(batching *b, node_sorts *s, const expression *what, slot_read read, uint64_t node,
                                   uint32_t *out, cd_err *err);
CD_CHECKED cd_status batch_sorts_init(batching *b, node_sorts *s, row_set *values, uint32_t slot, cd_err *err);
/* A row's values into the slots of the query. */
void batch_fill(batching *b, const row_batch *rows, uint32_t i);
/* The table of what is in a slot; how many nodes its kind has. */
uint32_t batch_table(const batching *b, uint32_t slot);
uint32_t batch_nodes_of(const batching *b, uint32_t slot);
void *batch_room(batching *b, size_t n, size_t size, cd_err *err);

/* How often a pair must come to be among the rows that a SORT and LIMIT let pass; 0: that is not known. */
uint64_t batch_least(const batching *b);

/* Rows that go on, joined where they are alike (execute_batch_join.c). */
CD_CHECKED cd_status batch_join_begin(batching *b, cd_err *err);
CD_CHECKED cd_status batch_join(batching *b, const row_batch *in, cd_err *err);
CD_CHECKED cd_status batch_join_end(batching *b, cd_err *err);
void batch_join_release(batching *b);
CD_CHECKED cd_status batch_columns(batching *b, const uint32_t *live, uint32_t n_live, row_batch *out, cd_err *err);
#endif
