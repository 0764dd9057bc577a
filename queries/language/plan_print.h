/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_print.h: the steps of a plan in words: for EXPLAIN with the planner's guesses, for PROFILE with what they did. */
#ifndef QUERIES_LANGUAGE_PLAN_PRINT_H
#define QUERIES_LANGUAGE_PLAN_PRINT_H

#include "queries/language/execute.h"

/* A line a step, inner ones indented. stats: of a query that ran with a profile, or NULL. */
void query_plan_print(const query_plan *plan, candour_reader *reader, const query_stats *stats, cd_buffer *out);

#endif
