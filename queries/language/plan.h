/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan.h: a bound query as steps that hand rows to one another.
 *
 * A pipeline is an array of steps. Each takes the row (the slots), writes what it finds into slots of its own, and hands the row on,
 * once for each thing found. A step that gathers (groups, sorts) hands rows on when its input has ended. Patterns within expressions and
 * OPTIONAL MATCH are pipelines of their own, run for one row. Everything lies in the plan's arena. */
#ifndef QUERIES_LANGUAGE_PLAN_H
#define QUERIES_LANGUAGE_PLAN_H

#include "queries/language/syntax.h"

/* A set of tables: those of entities and records are kinds of nodes. A store has at most 128 tables. */
typedef unsigned __int128 table_set;
static inline table_set table_bit(uint32_t table) { return (table_set)1 << table; }

/* One way to go along an edge: by a relation from its left id to its right one or backwards, or by HAS from an entity to its records
 * or backwards. */
typedef struct {
    uint32_t table;
    uint32_t start, end; /* the tables of the nodes that it leads from and to */
    bool has, backwards;
} plan_way;

typedef enum {
    STEP_NODES,    /* every node of `tables` into `slot` */
    STEP_FIND,     /* the nodes of `tables` whose id is `what`, or (among) stands in the list `what` */
    STEP_CHECK,    /* the node in `slot` is one, of `tables` */
    STEP_EXPAND,   /* from the node in `from` by one of `ways`, the edge into `edge`, the node met into `slot` */
    STEP_ENDS,     /* of the edge in `edge`, which is known: the ends */
    STEP_WANDER,   /* as EXPAND, by least to most edges, none twice; their list into `edge` */
    STEP_SHORTEST, /* a shortest path, or all, from the node in `from` to that in `slot`; its edges into `edge` */
    STEP_FILTER,   /* where `what` is true */
    STEP_PATH,     /* the path of `pattern` into `slot` */
    STEP_OPTIONAL, /* the rows of `inner`, or one with null in `slots` */
    STEP_UNWIND,   /* the elements of `what` into `slot` */
    STEP_CALL,     /* the rows of a procedure */
    STEP_PROJECT,  /* the items of `projection` into their slots */
    STEP_GROUP,    /* the same, of groups */
    STEP_DISTINCT, /* of rows alike in `slots`, the first */
    STEP_SORT,     /* in the order of projection's keys; of a limit known, only so many */
    STEP_SKIP,
    STEP_LIMIT,
    STEP_ANSWER    /* the end: the row is handed out */
} step_kind;

typedef struct pipeline pipeline;

typedef struct {
    step_kind kind;
    uint32_t slot, from, edge;
    table_set tables;
    plan_way *ways;
    uint32_t n_ways;
    bool known;         /* EXPAND, WANDER: `slot` holds a node already, and must be met */
    bool from_known;    /* ENDS */
    bool edge_known;    /* WANDER: the list of edges is known */
    bool in_order;      /* NODES, EXPAND, WANDER: what is met comes in an order that depends on the data alone */
    bool counted;       /* EXPAND: nobody asks what is met, only how often: one row, so many times */
    bool among;         /* FIND */
    bool by_first;      /* GROUP: a key is the node that the pipeline begins with, so that its groups are whole when that node is done */
    uint32_t ends;      /* NODES: such a GROUP, whose groups it ends after each node; 0: none */
    bool backwards;     /* WANDER, SHORTEST: goes against the pattern, so that the list of edges is turned round */
    edge_direction direction; /* ENDS: as written from `from` to `slot` */
    uint32_t least, most;
    const expression *what; /* WANDER: what each edge must be (its map of properties), or NULL */
    uint32_t *slots;        /* EXPAND and the like: of the edges of this MATCH found before, single or lists */
    uint32_t n_slots;
    uint32_t *apart;       /* EXPAND: of nodes that the one met must not be */
    uint32_t n_apart;
    const pattern *pattern;
    path_choice choice;
    const projection *projection;
    const clause *clause;
    pipeline *inner;
    double rows;        /* the planner's guess of what comes out */
} plan_step;

struct pipeline {
    plan_step *steps;
    uint32_t n_steps;
    uint32_t number; /* within the plan, from 0 */
    struct batch_plan *batches; /* how its first steps go in batches, or NULL */
};

typedef struct {
    const query *query;
    pipeline *parts;      /* by query.parts */
    uint32_t n_pipelines; /* inner ones included */
    uint32_t *steps_of;   /* of each: how many */
    const cd_slice *columns; /* n_columns names, of the first part's RETURN */
    uint32_t n_columns;
    uint32_t **answers;   /* of each part: the slots of the columns in that order */
} query_plan;

/* q was bound; what stands in its expressions and matches patterns gets its plan. in_batches: steps go in batches where they can; else
 * row by row, which gives the same answer (tests hold the one against the other). */
CD_CHECKED cd_status query_plan_make(query *q, candour_reader *reader, bool in_batches, cd_arena *arena, query_plan **out, cd_err *err);
#endif
