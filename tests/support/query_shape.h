/* SPDX-License-Identifier: GPL-3.0-or-later
 * query_shape.h: the whole tree of a query written out, every node with its kind and in brackets: two trees are the
 * same where that is. syntax_print.c cannot tell, as it leaves brackets out. */
#ifndef TESTS_SUPPORT_QUERY_SHAPE_H
#define TESTS_SUPPORT_QUERY_SHAPE_H

#include "queries/language/syntax.h"

void query_shape(const query *q, cd_buffer *out);
/* Gives each column its name as an alias, so that printing writes out its expression and not the text it had. */
void query_name_columns(query *q);

#endif
