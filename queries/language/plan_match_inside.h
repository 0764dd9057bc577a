/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_match_inside.h: the patterns of one MATCH as places and links, for the files that plan them. */
#ifndef QUERIES_LANGUAGE_PLAN_MATCH_INSIDE_H
#define QUERIES_LANGUAGE_PLAN_MATCH_INSIDE_H

#include "queries/language/plan_inside.h"

/* A node of the patterns, however often it is named. */
typedef struct {
    uint32_t slot;
    table_set tables;
    bool before; /* filled by an earlier clause */
    bool narrow; /* some condition holds one of its attributes against a value */
} place;

typedef struct {
    uint32_t from, to; /* places, as written */
    edge_pattern *edge;
    const pattern *of;
    plan_way *ways; /* from `from` to `to` */
    uint32_t n_ways;
    bool before; /* its edge was found by an earlier clause */
} place_link;

typedef struct {
    expression *what;
    uint32_t found; /* the place whose id it holds against what stands beside, or UINT32_MAX */
    expression *id; /* that */
    bool among, placed;
    bool late; /* it draws at random: once for every row, so when all is found */
} condition;

typedef struct {
    planner *p;
    place *places;
    place_link *links;
    condition *conditions;
    uint32_t n_places, n_links, n_conditions, cap_conditions;
    uint8_t *mine;    /* per slot: this MATCH fills it, and has not yet */
    bool *met, *gone; /* per place, per link: while an order is tried */
    const pattern *patterns;
    uint32_t n_patterns;
    step_list *out;
    bool ended; /* all is found */
} matching;

/* A step of an order: a place is entered, or a link followed. */
typedef struct {
    bool enters;
    uint32_t at;
    double rows; /* about so many come out */
} plan_move;

static inline plan_way plan_way_turned(plan_way w) { return (plan_way){w.table, w.end, w.start, w.has, !w.backwards}; }
/* Whether nothing that an expression names waits to be found. */
bool plan_ready(const matching *m, const expression *x);
/* The condition that finds a place by its id now, or NULL. */
condition *plan_finder(const matching *m, uint32_t at);
/* Whether two links may be the same edge. */
bool plan_share_table(const place_link *a, const place_link *b);
/* The order that seems cheapest; room for n_places + n_links moves (plan_order.c). */
CD_CHECKED cd_status plan_moves(matching *m, plan_move *moves, uint32_t *n, cd_err *err);

#endif
