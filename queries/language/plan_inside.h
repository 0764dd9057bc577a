/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_inside.h: what the planner's files know of one another. */
#ifndef QUERIES_LANGUAGE_PLAN_INSIDE_H
#define QUERIES_LANGUAGE_PLAN_INSIDE_H

#include "queries/language/plan.h"

typedef struct {
    candour_reader *reader;
    const candour_ontology *ontology;
    cd_arena *arena;
    int32_t *kind_of; /* per table: the kind it describes, or -1 */
    uint32_t n_slots, n_pipelines;
    uint32_t *steps_of; /* per pipeline: how many */
    size_t cap_steps_of;
    uint8_t *bound;   /* per slot: whether a step so far has filled it */
    uint32_t *table_of; /* per slot: 1 + the table of the node or edge in it, 0 where it may be of several */
    uint8_t *used;    /* per slot: how often the whole query names it, patterns included; up to 255 */
} planner;

/* Steps in the making. */
typedef struct {
    plan_step *steps;
    size_t n, cap;
} step_list;
CD_CHECKED cd_status plan_step_add(planner *p, step_list *list, plan_step step, cd_err *err);

/* The steps, ended by an answer if they are not yet, as the next pipeline of the plan. */
CD_CHECKED cd_status plan_pipeline(planner *p, step_list *list, pipeline *out, cd_err *err);

/* Steps for the patterns of one MATCH and its condition (or NULL), in the order that seems cheapest. */
CD_CHECKED cd_status plan_match(planner *p, pattern *patterns, uint32_t n, expression *where, step_list *out, cd_err *err);
/* Plans what patterns stand within an expression (or NULL), for when all that is bound now is filled. */
CD_CHECKED cd_status plan_within(planner *p, expression *x, cd_err *err);
/* Lightens the steps of one MATCH, from `first` on, by what stands around them (plan_count.c). */
CD_CHECKED cd_status plan_count(planner *p, step_list *list, size_t first, cd_err *err);
/* Whether a condition holds of two different nodes alone, in slots a and b; *exactly: of all such. */
bool plan_tells_apart(const expression *x, uint32_t *a, uint32_t *b, bool *exactly);
/* Finds the leading steps that can go in batches: pipe->batches. After plan_order (plan_batch.c). */
CD_CHECKED cd_status plan_batches(planner *p, pipeline *pipe, cd_err *err);
/* The tables of nodes that have all of those labels. */
table_set plan_tables_of(const planner *p, const cd_slice *labels, uint32_t n);

/* Calls back for each slot that an expression (or NULL) names, each time that it does. */
typedef void slot_reader(void *context, uint32_t slot);
void plan_slots_read(const expression *x, slot_reader *found, void *context);
/* Says which steps must find things in an order that depends on the data alone; shown: that of the pipeline's rows is seen. */
void plan_order(pipeline *p, bool shown);

#endif
