/* SPDX-License-Identifier: GPL-3.0-or-later
 * functions.h: the functions of the query language as one table, by which names are bound, calls checked, and help printed. */
#ifndef QUERIES_LANGUAGE_FUNCTIONS_H
#define QUERIES_LANGUAGE_FUNCTIONS_H

#include "queries/language/evaluate.h"

typedef struct {
    const char *name;       /* as it is written; found whatever its case */
    uint32_t least, most;   /* arguments; most NO_LIMIT: any number */
    bool null_of_null;      /* null as soon as an argument is; then `run` never sees one. *out is null before it */
    known_type gives;
    known_type takes;       /* of its first argument, where something else known before the run is a fault; KNOWN_ANY: anything */
    cd_status (*run)(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err);
    const char *about;
} query_function;

const query_function *query_functions(uint32_t *n);
/* The index of a name, or -1; `temporal.part` names such as `date.truncate` are one name. */
int32_t query_function_find(cd_slice name);

typedef enum { AGGREGATE_COUNT, AGGREGATE_SUM, AGGREGATE_AVG, AGGREGATE_MIN, AGGREGATE_MAX, AGGREGATE_COLLECT, AGGREGATE_STDEV, AGGREGATE_STDEVP,
               AGGREGATE_PERCENTILE_CONT, AGGREGATE_PERCENTILE_DISC, AGGREGATE_NONE } aggregate_kind;
/* The aggregate of a name, or AGGREGATE_NONE. */
aggregate_kind query_aggregate_find(cd_slice name);

#endif
