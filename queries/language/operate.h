/* SPDX-License-Identifier: GPL-3.0-or-later
 * operate.h: what evaluate.c, the functions and the aggregates share: faults of a running query, and operators on
 * values. */
#ifndef QUERIES_LANGUAGE_OPERATE_H
#define QUERIES_LANGUAGE_OPERATE_H

#include "queries/language/evaluate.h"

/* A fault seen while the query runs, at e->at. Returns CD_EUSAGE. */
CD_CHECKED cd_status evaluation_fault(evaluation *e, const char *type, const char *detail, cd_err *err,
                                      const char *format, ...) CD_PRINTF(5, 6);
/* A TypeError InvalidArgumentType: `words, not a list`. */
CD_CHECKED cd_status evaluation_wrong_type(evaluation *e, value v, const char *words, cd_err *err);

/* a op b for OP_PLUS to OP_POWER; neither has to be anything. */
CD_CHECKED cd_status operate(evaluation *e, operation op, value a, value b, value *out, cd_err *err);
CD_CHECKED cd_status operate_minus(evaluation *e, value v, value *out, cd_err *err);
/* =, <>, <, <=, >, >= */
value operate_compare(operation op, value a, value b);
/* text =~ expression: POSIX extended regular expressions, of the whole text; `(?i)` at its beginning, \d, \w, \s. */
CD_CHECKED cd_status operate_matches(evaluation *e, value text, value pattern_text, value *out, cd_err *err);

/* A duration in the pool. */
CD_CHECKED cd_status value_duration(value_pool *pool, value_span span, value *out, cd_err *err);
/* n values of which all are to be filled in, as a list. */
value *value_list_new(value_pool *pool, size_t n, value *out, cd_err *err);
/* A copy of some bytes, as a text. */
CD_CHECKED cd_status value_text_copy(value_pool *pool, const char *bytes, size_t n, value *out, cd_err *err);

#endif
