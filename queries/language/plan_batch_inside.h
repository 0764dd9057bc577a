/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_batch_inside.h: what the files that plan batches know of one another. */
#ifndef QUERIES_LANGUAGE_PLAN_BATCH_INSIDE_H
#define QUERIES_LANGUAGE_PLAN_BATCH_INSIDE_H

#include "queries/language/plan_batch.h"
#include "queries/language/plan_inside.h"

/* Of every slot what is read of it behind a step. */
typedef struct {
    bool whole;
    int32_t *columns;
    uint32_t n;
} slot_use;

typedef struct {
    planner *p;
    pipeline *pipe;
    batch_plan *out;
    slot_use *use;
    uint32_t *filled;          /* per slot: 1 + the step that fills it, of those in batches */
    uint32_t *optional;        /* per slot: 1 + the step that says whether something was found for it */
    const expression *between; /* a count of different nodes between pairs, which rows will come for */
    bool failed;               /* no memory */
} batch_planning;

/* Whether an expression is itself a pattern, or holds a query. */
bool expression_has_pattern(const expression *x);
/* Whether a slot holds a node that a step in batches found. */
bool batch_is_node(const batch_planning *b, uint32_t slot);
/* A property whose place is known. */
bool batch_is_cell(const expression *x);
/* How the condition x is asked, into s (plan_batch_where.c). */
void batch_understand(batch_planning *b, const expression *x, batch_step *s);

#endif
