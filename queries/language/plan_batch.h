/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_batch.h: the beginning of a pipeline whose steps can be done for many rows at a time (execute_batch.c).
 *
 * Such steps know nodes and edges by their numbers alone, and of a row they carry only what is read behind them. Where
 * order does not show, rows that differ in nothing that is read behind are one row, so many times. */
#ifndef QUERIES_LANGUAGE_PLAN_BATCH_H
#define QUERIES_LANGUAGE_PLAN_BATCH_H

#include "queries/language/plan.h"

typedef enum {
    BATCH_NODES,
    BATCH_FOLLOW,     /* EXPAND to a new node */
    BATCH_COUNT,      /* EXPAND that only counts */
    BATCH_OPTIONALLY, /* OPTIONAL: an EXPAND, of which is asked only whether it found something */
    BATCH_WHERE
} batch_kind;

/* How a condition is asked. */
typedef enum {
    WHERE_EVALUATED, /* of every row */
    WHERE_OF_NODE,   /* it reads one node: of every such node once */
    WHERE_RANKS,     /* it compares the ids of two nodes of one kind */
    WHERE_SORTS,     /* it asks whether two values, each of one node, are equal or not */
    WHERE_CELLS,     /* it reads one coded cell of one edge: once for every code */
    WHERE_NUMBERS,   /* it compares one number or time of an edge with what is the same for all rows */
    WHERE_JOINED     /* it asks whether an edge joins two nodes, or none */
} where_kind;

/* A cell of what is in a slot, or (WHOLE) the thing itself. */
enum { READ_WHOLE = -2 };
typedef struct {
    uint32_t slot;
    int32_t column;
} slot_read;

/* An edge that was found before is the one counted where what stands in these slots is the same. */
typedef struct {
    uint32_t from, to;
} edge_ends;

typedef struct {
    batch_kind kind;
    const plan_step *step; /* OPTIONALLY: of the inner EXPAND */
    uint32_t at;           /* of the pipeline's steps */
    uint32_t *live;        /* slots that are read behind it */
    uint32_t n_live;
    bool joined;     /* FOLLOW: behind it only the first node and the one met are read: rows alike in them become one */
    bool less_first; /* FOLLOW: the edge by which step `before` led from the first node here may not be met again: so
                        many fewer lead back as came there by one edge */
    uint32_t before;
    bool once; /* FOLLOW: rows alike in all three nodes count once */
    edge_ends *
        taken; /* COUNT: as this step goes, the ends of edges that may not be met again, of which one less is counted */
    uint32_t n_taken;
    where_kind where;
    bool denied;       /* WHERE_JOINED, or WHERE_SORTS: of what is asked the contrary */
    bool turned;       /* WHERE_NUMBERS: the cell stands on the right */
    slot_read read[2]; /* what the condition reads; its operands */
    const expression *operand[2];
    const pipeline *inner; /* WHERE_JOINED */
} batch_step;

typedef struct batch_plan {
    batch_step *steps; /* n_steps, for as many leading steps of the pipeline */
    uint32_t n_steps;
    bool by_node;    /* one first node at a time */
    slot_read *keys; /* what is read behind all of them: rows alike in it may become one */
    uint32_t n_keys;
    uint32_t shares;   /* the last of two FOLLOWs which together count what the first node and others share; 0: there are none */
    uint32_t sort; /* of a SORT behind groups of one row each, by falling `times`: rows too few in times need not come;
                      0: none */
} batch_plan;

#endif
