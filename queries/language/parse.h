/* SPDX-License-Identifier: GPL-3.0-or-later
 * parse.h: a query's text as a tree, and a tree as text. query_print of a parsed query parses to the same tree, which prints to the
 * same text. */
#ifndef QUERIES_LANGUAGE_PARSE_H
#define QUERIES_LANGUAGE_PARSE_H

#include "queries/language/fault.h"
#include "queries/language/syntax.h"

/* How deep parentheses, lists and subqueries may stand in one another. */
enum { QUERY_DEPTH = 200 };

/* How many clauses and parameters a query may have, how many names may be in scope, and how many columns, sort keys and
 * aggregates a projection may have: each is held against all others of its sort. */
enum { QUERY_MANY = 1000 };

/* The whole text is one query, of UTF-8, perhaps ended by `;`. The tree borrows from `text` and lies in `arena`. */
CD_CHECKED cd_status query_parse(cd_slice text, cd_arena *arena, query **out, query_fault *fault, cd_err *err);

void query_print(const query *q, cd_buffer *out);
void expression_print(const expression *x, cd_buffer *out);

#endif
