/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask.h: a query from its text to a printed answer: parsed, bound, planned, run. For the command and for the shell. */
#ifndef QUERIES_ASK_H
#define QUERIES_ASK_H

#include "engine/base/progress.h"
#include "engine/candour.h"
#include "queries/graph_out.h"
#include "queries/language/fault.h"
#include "queries/language/value.h"

typedef enum { ASK_TABLE, ASK_CSV, ASK_JSON, ASK_NDJSON, ASK_HTML, ASK_GRAPH } ask_form;

/* $name and what it stands for. Zero-initialise; for ask_parameters_release. */
typedef struct {
    cd_slice *names;
    value *values;
    uint32_t n;
    size_t cap_names, cap_values;
    value_pool pool;
} ask_parameters;

/* `name=VALUE`, VALUE as JSON where it is, else as text; `name:time=2026-03-01` is a time, `name:date=2026-03-01` a date. Said again a
 * name is said anew. */
CD_CHECKED cd_status ask_parameter_add(ask_parameters *p, cd_slice written, cd_err *err);
void ask_parameters_release(ask_parameters *p);

typedef struct {
    ask_form form;
    graph_form graph;       /* of ASK_GRAPH: the nodes and relationships in the rows */
    const char *path;       /* of the store, for its sweeps */
    double timeout_seconds; /* 0: none */
    size_t memory_bytes;    /* 0: any */
    uint64_t most_rows;     /* 0: any */
    uint32_t threads;       /* 0: as many as there are processors */
    bool held;              /* all of a table stays in `out`, however much it is */
    uint32_t width;         /* columns of the terminal that a table is for; 0: as wide as it comes */
    const cd_progress *progress; /* or NULL */
} ask_options;

typedef struct {
    uint64_t rows;
    bool cut;         /* most_rows were printed, and there were more */
    query_fault fault;
    char remark[256]; /* what may be a slip: a label, type or property that the store does not have; or empty */
} ask_result;

/* The answer goes to `out`, and from there to standard output whenever it is much. A fault of the query is in err, with its line and
 * column, and in result->fault; nothing is printed then unless rows went out before it. */
CD_CHECKED cd_status ask(candour_store *store, candour_reader *reader, cd_slice text, const ask_parameters *parameters,
                         const ask_options *options, cd_buffer *out, ask_result *result, cd_err *err);
/* The line that a fault is in, and a caret under it. */
void ask_show_place(cd_slice text, const query_fault *fault, cd_buffer *out);

#endif
