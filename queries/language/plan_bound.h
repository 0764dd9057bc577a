/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_bound.h: how many rows can come out of a step at the most. */
#ifndef QUERIES_LANGUAGE_PLAN_BOUND_H
#define QUERIES_LANGUAGE_PLAN_BOUND_H

#include "queries/language/plan.h"

/* How many nodes are of these tables. */
double plan_nodes_in(candour_reader *reader, table_set tables);
/* Of so many that go in; INFINITY: that cannot be said. Looks at every node that the step can start from. */
double plan_bound(candour_reader *reader, const plan_step *s, double rows);

#endif
