/* SPDX-License-Identifier: GPL-3.0-or-later
 * evaluate.h: the value of a bound expression for one row of slots. What it makes lies in the evaluation's pool, until that is
 * rewound. One evaluation belongs to one thread. */
#ifndef QUERIES_LANGUAGE_EVALUATE_H
#define QUERIES_LANGUAGE_EVALUATE_H

#include "queries/language/fault.h"
#include "queries/language/syntax.h"

typedef struct evaluation evaluation;
struct evaluation {
    candour_reader *reader;
    candour_store *store;    /* for the names of sources */
    value_pool *pool;
    const value *parameters; /* by query.parameters */
    value *slots;            /* the row; names within an expression (comprehensions) are written here */
    int64_t now;             /* what datetime() and date() say, the same throughout a query */
    query_fault *fault;
    uint64_t draws;          /* of rand() so far */
    uint32_t at;             /* of the expression being worked on, for faults of functions */
    /* Patterns within expressions are the executor's: X_PATTERN and X_EXISTS give a boolean, X_COUNT an integer,
     * X_PATTERN_COMPREHENSION a list. */
    cd_status (*match)(void *executor, evaluation *e, const expression *x, value *out, cd_err *err);
    /* Called between elements of lists: whether the query may go on. May be NULL. */
    cd_status (*tick)(void *executor, cd_err *err);
    void *executor;
};

CD_CHECKED cd_status evaluate(evaluation *e, const expression *x, value *out, cd_err *err);
/* As a condition: TRUTH_UNKNOWN for null; anything but a boolean is a fault. */
CD_CHECKED cd_status evaluate_truth(evaluation *e, const expression *x, truth *out, cd_err *err);

/* v.name of a node, edge, map, time, date or duration; null where it has none. Of a node `id` is its id (an attribute of its own by that
 * name comes first); a record's is `OWNER/table/3`, counted in the order of its owner's rows: by their time, then their columns. The ids
 * that a row connects are no properties of it: they are the nodes at its ends. */
CD_CHECKED cd_status value_property(evaluation *e, value v, cd_slice name, value *out, cd_err *err);
/* All that is known of a node or edge, as a map without those that are null. `id` is among them only where it is an attribute: a node's
 * id is what it is, not what is known of it. */
CD_CHECKED cd_status value_properties(evaluation *e, value v, value *out, cd_err *err);
/* The id of a node, as text, whatever attributes it has. */
CD_CHECKED cd_status value_id(evaluation *e, value v, value *out, cd_err *err);
/* A cell of a table as a value. */
value value_of_cell(const candour_reader *reader, uint32_t table, uint32_t column, uint64_t row);
/* A property of a node or edge by its column; -1: the id of an entity. */
value value_of_column(const candour_reader *reader, value v, int32_t column);
/* The ends of an edge: the node it comes from, and the one it leads to. */
value value_edge_from(const candour_reader *reader, value edge);
value value_edge_to(const candour_reader *reader, value edge);
/* Its label, or type. */
cd_slice value_label(const candour_reader *reader, value v);

/* One group's aggregate in the making. */
typedef struct aggregate aggregate;
/* percentile: the second argument of percentileCont and percentileDisc. Its memory is the pool's. */
CD_CHECKED cd_status aggregate_new(const expression *call, value_pool *pool, aggregate **out, cd_err *err);
/* Takes a value `times` over; count(*) takes any. */
CD_CHECKED cd_status aggregate_add(aggregate *a, evaluation *e, value v, value second, uint64_t times, cd_err *err);
/* Adds to `a` what `b`, of the same call, was made of; but for collect the order of joining does not show. */
CD_CHECKED cd_status aggregate_merge(aggregate *a, const aggregate *b, evaluation *e, cd_err *err);
CD_CHECKED cd_status aggregate_end(aggregate *a, evaluation *e, value *out, cd_err *err);

/* ---- In words: JSON, CSV and for people ---- */

/* JSON: times as RFC 3339, whole numbers above 2^53 as text, NaN and infinities as text; a node
 * {"@n":["Officer"],"id":"O1","p":{...}}, an edge {"@r":"ACCESSED","p":{...}}, a path {"@p":[node,">",edge,node,"<",edge,node,...]} with the
 * way that each edge is gone. */
CD_CHECKED cd_status value_json(evaluation *e, value v, cd_buffer *out, cd_err *err);
/* A number, boolean or time as text, without a NUL; the length. Reals in the fewest digits that read back the same: 1.0, 2.5, 1e+30. */
enum { VALUE_NUMBER_TEXT = 128 };
size_t value_number_write(value v, char out[VALUE_NUMBER_TEXT]);
/* As a query would write it: 'text' only within lists and maps; a node (:Officer O1), an edge [:ACCESSED], a path as both. */
CD_CHECKED cd_status value_words(evaluation *e, value v, cd_buffer *out, cd_err *err);

#endif
