/* SPDX-License-Identifier: GPL-3.0-or-later
 * bind_inside.h: what the files of the binder share: names in scope, and what may stand where. */
#ifndef QUERIES_LANGUAGE_BIND_INSIDE_H
#define QUERIES_LANGUAGE_BIND_INSIDE_H

#include "queries/language/bind.h"
#include "queries/language/parse.h"

/* A variable. */
typedef struct {
    cd_slice name;
    uint32_t slot, at; /* at: where it was first named */
    known_type known, elements;
} bound_name;

/* What can be named; of equal names the last counts, so that a comprehension's hides those around it. */
typedef struct {
    bound_name *names;
    uint32_t n, cap;
} scope;

/* Whether an aggregate may stand here. */
typedef enum { AGGREGATES_NOWHERE, AGGREGATES_HERE, AGGREGATES_WITHIN_ONE } aggregates_allowed;

typedef struct {
    query *outermost;
    cd_arena *arena;
    query_fault *fault;
    cd_err *err;
    scope *names;
    scope gone;           /* what a WITH did not carry on, for the words of a fault */
    const char *constant; /* SKIP or LIMIT while its number is bound: nothing of the rows may be named */
    aggregates_allowed aggregates;
    scope *of_aggregates;   /* what arguments of aggregates see, where it is not `names` */
    projection *projection; /* whose aggregates they are */
    uint32_t n_aggregates;  /* met so far */
    uint32_t n_clauses;     /* bound so far, those of subqueries too */
} binder;

/* A fault where there are already QUERY_MANY. */
CD_CHECKED cd_status bind_count(binder *b, uint32_t n, uint32_t at, const char *what);
CD_CHECKED cd_status bind_fail(binder *b, uint32_t at, const char *type, const char *detail, const char *format, ...)
    CD_PRINTF(5, 6);

/* ---- Names ---- */

/* The index in b->names, or -1. */
int64_t bind_find(const scope *s, cd_slice name);
/* A new variable with a slot of its own. */
CD_CHECKED cd_status bind_declare(binder *b, cd_slice name, uint32_t at, known_type known, known_type elements,
                                  uint32_t *slot);
CD_CHECKED cd_status bind_add(binder *b, scope *s, bound_name name);
CD_CHECKED cd_status bind_copy(binder *b, const scope *s, scope *out);
CD_CHECKED cd_status bind_unknown(binder *b, cd_slice name, uint32_t at);
static inline uint32_t bind_new_slot(binder *b) { return b->outermost->n_slots++; }

/* ---- Expressions ---- */

CD_CHECKED cd_status bind_expression(binder *b, expression *x);
/* Where a condition stands, a pattern may; and anything known to be no truth is a fault. `what` is WHERE and the like.
 */
CD_CHECKED cd_status bind_condition(binder *b, expression *x, const char *what);
const char *bind_known_words(known_type known);
/* Whether a value of that type may stand where one of `types`, bits 1 << known_type, is asked for. */
static inline bool bind_may_be(const expression *x, uint32_t types)
{
    return (types | 1u << KNOWN_ANY | 1u << KNOWN_NULL) >> x->known & 1;
}
CD_CHECKED cd_status bind_call(binder *b, expression *x);

/* ---- Patterns, projections, queries ---- */

/* Those of one MATCH; what was in scope before is known. */
CD_CHECKED cd_status bind_patterns(binder *b, pattern *patterns, uint32_t n);
/* A predicate's: it may name nothing new. */
CD_CHECKED cd_status bind_predicate(binder *b, pattern *p);
CD_CHECKED cd_status bind_projection(binder *b, clause *c);
/* One query within another, or the outermost; b->names is left as it was. */
CD_CHECKED cd_status bind_parts(binder *b, query *q);

#endif
