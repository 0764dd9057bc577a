/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_inside.h: what the executor's files know of one another.
 *
 * Rows are pushed: a step that found something writes it into the slots and calls hand_on for the step behind, which returns when all
 * that follows from it is done. What was made on the way lies in the evaluation's pool above a mark, and is given back there. */
#ifndef QUERIES_LANGUAGE_EXECUTE_INSIDE_H
#define QUERIES_LANGUAGE_EXECUTE_INSIDE_H

#include "queries/language/execute.h"
#include "queries/language/row_set.h"

typedef struct execution execution;
typedef struct running running;

/* EXPAND between known nodes, of which one stays the same for a while: how many edges join it to each other node. */
typedef struct {
    bool made, of_from;             /* count is of the node `end`, at the beginning of the way or at its end */
    uint32_t end;
    uint32_t last_from, last_to, same_from, same_to; /* how often in a row */
    uint32_t *count, *met, n, n_met; /* count: by the other node; met: those that are not 0 */
    size_t cap_met;
} edge_memo;

/* What a step keeps while its pipeline runs. */
typedef struct {
    row_set seen;            /* GROUP, DISTINCT */
    struct aggregate ***groups; /* GROUP: of each row seen */
    size_t cap_groups;
    value_pool pool;         /* GROUP: where they lie */
    edge_memo memo;          /* EXPAND */
    value **rows;            /* SORT */
    size_t n_rows, cap_rows;
    uint64_t limit, passed;  /* SKIP, LIMIT, SORT before a LIMIT (UINT64_MAX: none) */
    bool limit_known;
} step_state;

/* What becomes of the rows of a pipeline. */
typedef enum { ROWS_ANSWERED, ROWS_OPTIONAL, ROWS_ANY, ROWS_COUNTED, ROWS_LISTED } rows_wish;

struct running {
    execution *x;
    const pipeline *p;
    step_state *states;  /* per step */
    value_pool keep;     /* what steps keep; empty again when it begins anew */
    rows_wish wish;
    running *outer;      /* OPTIONAL: whose step `outer_step` it works for */
    uint32_t outer_step;
    uint64_t outer_times;
    uint32_t part;       /* ANSWERED: of the query */
    uint32_t stop_below; /* steps before this one need find no more */
    uint64_t first, last; /* STEP_NODES at the beginning: of the nodes counted through, these alone; last 0: all */
    uint64_t found;      /* ANY, COUNTED, OPTIONAL */
    const expression *each; /* LISTED: of every row */
    value *list;
    size_t n_list, cap_list;
    bool keeps;          /* some step keeps something from row to row */
    struct batching *batching;
    candour_sharing *sharing; /* of `batches`, where that is worth it; whoever has no lender made it */
    size_t shared_bytes;
    bool lent;
};

struct execution {
    const query_plan *plan;
    const query_limits *limits;
    const query_sink *sink;
    query_stats *stats;
    evaluation e;
    value_pool pool;     /* of e */
    size_t *held;        /* bytes of all pools of the query */
    running **runs;      /* per pipeline of the plan, made when first needed */
    uint32_t n_runs;
    row_set answered;    /* UNION without ALL */
    value_pool answered_pool;
    bool apart;          /* rows answered must differ */
    uint64_t ticks;
    double ends_at;      /* by the clock; 0: never */
    bool *stopped;       /* of several threads that share the work: someone asked to stop; else NULL */
    bool leads;          /* of those the one that tells of progress */
    value *answer;
};

CD_CHECKED cd_status hand_on(running *r, uint32_t step, uint64_t times, cd_err *err);
/* Whether the step need find no more. */
static inline bool enough(const running *r, uint32_t step) { return r->stop_below > step; }
/* Begins and ends an execution: its pools, slots and pipelines. */
CD_CHECKED cd_status execution_begin(execution *x, candour_store *store, candour_reader *reader, query_fault *fault, cd_err *err);
void execution_end(execution *x);
/* Runs the beginning of a pipeline, up to what gathers, by several threads where that may help and changes nothing; *done says
 * whether it did. What was gathered is r's then (execute_parallel.c). */
CD_CHECKED cd_status running_by_threads(running *r, bool *done, cd_err *err);
/* Adds to a step what the same step of another running gathered. */
CD_CHECKED cd_status merge_group(running *r, const running *from, uint32_t at, cd_err *err);
CD_CHECKED cd_status merge_sort(running *r, const running *from, uint32_t at, cd_err *err);
double execution_clock(void);
/* Whether the query has had its time, and the words for that. */
bool execution_late(const execution *x);
CD_CHECKED cd_status execution_too_late(const execution *x, cd_err *err);
/* Now and then: whether the query may go on. */
CD_CHECKED cd_status execution_tick(execution *x, cd_err *err);
/* The running of a pipeline, ready to begin. */
CD_CHECKED cd_status running_of(execution *x, const pipeline *p, running **out, cd_err *err);
/* Begins with one row, and ends what gathers. */
CD_CHECKED cd_status running_go(running *r, cd_err *err);

/* ---- Steps that find (execute_match.c, execute_walk.c) ---- */

CD_CHECKED cd_status step_nodes(running *r, uint32_t at, uint64_t times, cd_err *err);
CD_CHECKED cd_status step_find(running *r, uint32_t at, uint64_t times, cd_err *err);
CD_CHECKED cd_status step_check(running *r, uint32_t at, uint64_t times, cd_err *err);
CD_CHECKED cd_status step_expand(running *r, uint32_t at, uint64_t times, cd_err *err);
CD_CHECKED cd_status step_ends(running *r, uint32_t at, uint64_t times, cd_err *err);
CD_CHECKED cd_status step_wander(running *r, uint32_t at, uint64_t times, cd_err *err);
CD_CHECKED cd_status step_shortest(running *r, uint32_t at, uint64_t times, cd_err *err);
CD_CHECKED cd_status step_path(running *r, uint32_t at, uint64_t times, cd_err *err);
/* CALL (execute_call.c). */
CD_CHECKED cd_status step_call(running *r, uint32_t at, uint64_t times, cd_err *err);

/* An edge and the node it leads to. */
typedef struct {
    value edge, node;
} reached;
typedef struct {
    reached *all;
    uint32_t n;
} reached_list;
/* Calls back for each edge by a way of the step from a node; an edge back to its own beginning is met once. */
typedef cd_status edge_visitor(running *r, uint32_t at, value edge, value node, void *context, cd_err *err);
CD_CHECKED cd_status visit_way(running *r, uint32_t at, const plan_step *s, plan_way w, value from, edge_visitor *visit, void *context,
                               cd_err *err);
/* Whether an edge that leads back to its own beginning is met the second time: it is one edge either way. */
bool met_twice(const plan_step *s, plan_way w, uint32_t id, uint32_t other);
/* Visitors: hands the edge on to the step behind (the context: how many times); keeps it (the context: a gathering). */
CD_CHECKED cd_status hand_edge(running *r, uint32_t at, value edge, value node, void *context, cd_err *err);
typedef struct {
    const plan_step *s;
    reached *all;
    size_t n, cap;
} gathering;
CD_CHECKED cd_status gather_edge(running *r, uint32_t at, value edge, value node, void *context, cd_err *err);

/* Between two nodes that are known (execute_between.c). */
CD_CHECKED cd_status expand_between(running *r, uint32_t at, value from, value to, uint64_t times, cd_err *err);
/* How many edges there are by the step's ways. */
uint64_t edges_joining(running *r, uint32_t at, value from, value to);
/* The same without those that this MATCH has met, where all ways go one direction. */
uint64_t edges_joining_left(running *r, uint32_t at, value from, value to);
/* Between two nodes by one way that is not HAS: a node that was asked for some times running is counted once. */
uint64_t edges_by_memo(const running *r, edge_memo *memo, plan_way w, uint32_t from, uint32_t to);
/* Rows of a way from a node. */
uint64_t way_degree(const running *r, plan_way w, value from);
void edge_memo_release(edge_memo *memo);

/* All edges by a step's ways from a node, whose properties are as `what` (a map, or NULL) says; in the pool. in_order: by time, then
 * the other end's id, then their cells. */
CD_CHECKED cd_status edges_from(running *r, const plan_step *s, value node, reached_list *out, cd_err *err);
bool same_node(value a, value b);
bool same_edge(value a, value b);
/* Whether a pipeline asks nothing but whether an edge is between two nodes that are known; then *joined answers it. */
CD_CHECKED cd_status edge_between(running *r, bool *asked, bool *joined, cd_err *err);
/* Whether an edge is one of those that the step's slots hold. */
bool edge_taken(const running *r, const plan_step *s, value edge);

/* ---- Many rows at a time (execute_batch.c) ---- */

/* The leading steps that the plan has in batches, and for each row that comes out of them all that follows. */
CD_CHECKED cd_status running_in_batches(running *r, uint64_t times, cd_err *err);
void batching_release(running *r);
/* Before the threads part that will use it. */
CD_CHECKED cd_status running_sharing(running *r, uint32_t threads, cd_err *err);

/* ---- Steps that gather (execute_gather.c) ---- */

CD_CHECKED cd_status step_group(running *r, uint32_t at, uint64_t times, cd_err *err);
CD_CHECKED cd_status step_distinct(running *r, uint32_t at, uint64_t times, cd_err *err);
CD_CHECKED cd_status step_sort(running *r, uint32_t at, uint64_t times, cd_err *err);
CD_CHECKED cd_status end_group(running *r, uint32_t at, cd_err *err);
/* The groups of one first node are whole: hands them on, and is ready for those of the next. */
CD_CHECKED cd_status end_groups_of_node(running *r, uint32_t at, cd_err *err);
CD_CHECKED cd_status end_sort(running *r, uint32_t at, cd_err *err);
void step_state_clear(step_state *s);
/* A whole number that is not negative, for SKIP and LIMIT. */
CD_CHECKED cd_status evaluate_count(evaluation *e, const expression *x, const char *what, uint64_t *out, cd_err *err);

#endif
