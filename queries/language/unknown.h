/* SPDX-License-Identifier: GPL-3.0-or-later
 * unknown.h: what a query asks for and the store cannot have: names that it lacks, a time that is like a text, an arrow the wrong
 * way. That is no fault (it matches nothing, or is null), but most often a slip of the pen. */
#ifndef QUERIES_LANGUAGE_UNKNOWN_H
#define QUERIES_LANGUAGE_UNKNOWN_H

#include "queries/language/syntax.h"

/* The first label, type or property of a bound query that the ontology lacks, in words with the nearest that it has;
 * false: there is none. */
bool query_unknown_name(const query *q, const candour_ontology *ontology, char *words, size_t n);

#endif
