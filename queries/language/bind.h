/* SPDX-License-Identifier: GPL-3.0-or-later
 * bind.h: what every name in a query means, before it runs: which slot of a row, which parameter, which function; and what can be
 * known to be wrong by then. Fills in what syntax.h calls bound.
 *
 * A row is one array of values, query.n_slots long, that all parts of a query share: every variable of every scope has a slot of its own,
 * also those of comprehensions, and the results of aggregates. What WITH carries on unchanged under its name keeps its slot. In a
 * projection that aggregates, whatever in an item or sort key equals a grouping item reads that item's slot (it becomes an
 * X_VARIABLE), and an aggregate is an X_CALL with function -1 that reads its own slot. Sort keys may name the columns made, and, without
 * DISTINCT and aggregates, what was there before. */
#ifndef QUERIES_LANGUAGE_BIND_H
#define QUERIES_LANGUAGE_BIND_H

#include "queries/language/fault.h"
#include "queries/language/syntax.h"

CD_CHECKED cd_status query_bind(query *q, cd_arena *arena, query_fault *fault, cd_err *err);
/* Whether two bound expressions are the same but for their places in the text. Those with patterns are never. */
bool expression_alike(const expression *a, const expression *b);

#endif
