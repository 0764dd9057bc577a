/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute.h: runs a plan and hands its rows out, one by one, in an order that the data and the query alone decide. */
#ifndef QUERIES_LANGUAGE_EXECUTE_H
#define QUERIES_LANGUAGE_EXECUTE_H

#include "engine/base/progress.h"
#include "queries/language/evaluate.h"
#include "queries/language/plan.h"

/* Takes a row: one value a column, good until it returns. */
typedef struct {
    cd_status (*row)(void *context, evaluation *e, const value *row, uint32_t n, cd_err *err);
    void *context;
} query_sink;

typedef struct {
    const char *path;            /* of the store, for its sweeps; or NULL */
    const value *parameters;     /* by query.parameters */
    int64_t now;                 /* what datetime() says */
    double timeout_seconds;      /* 0: none */
    size_t memory_bytes;         /* that values may take; 0: any */
    uint64_t most_rows;          /* of the answer; 0: any */
    const cd_progress *progress; /* or NULL */
    uint32_t threads;            /* 0: as many as there are processors */
    bool profile;                /* count rows and take the time of each step */
} query_limits;

typedef struct {
    uint64_t rows;    /* handed on */
    double seconds;   /* within the step and what follows it */
    size_t bytes;     /* that it kept */
} step_profile;

typedef struct {
    uint64_t rows;    /* of the answer */
    bool cut;         /* most_rows were reached, and there were more */
    size_t bytes;     /* held by values at the most */
    step_profile *profile; /* where asked: of each pipeline's steps, by offsets[pipeline.number]; lies in the plan's arena */
    uint32_t *offsets;
} query_stats;

CD_CHECKED cd_status query_execute(const query_plan *plan, candour_store *store, candour_reader *reader, const query_limits *limits,
                                   const query_sink *sink, cd_arena *arena, query_stats *stats, query_fault *fault, cd_err *err);

#endif
