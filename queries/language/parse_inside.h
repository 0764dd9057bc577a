/* SPDX-License-Identifier: GPL-3.0-or-later
 * parse_inside.h: what the files of the parser share: the tokens and the place among them. */
#ifndef QUERIES_LANGUAGE_PARSE_INSIDE_H
#define QUERIES_LANGUAGE_PARSE_INSIDE_H

#include "queries/language/parse.h"
#include "queries/language/token.h"

/* How high a tree of expressions may stand: `a + b + c + ...` grows one with each term. Whoever walks a tree by
 * recursion relies on it. */
enum { QUERY_HEIGHT = 2000 };

typedef struct {
    cd_slice text;
    token *now; /* the next one to be read, somewhere in tokens[] */
    const token *tokens;
    uint32_t depth;   /* of what is being read */
    uint32_t tallest; /* expression since this was last set to 0 */
    cd_arena *arena;
    query_fault *fault;
    cd_err *err;
} parser;

/* "found X where EXPECTED was expected" */
CD_CHECKED cd_status parse_unexpected(parser *p, const char *expected);
CD_CHECKED cd_status parse_fail(parser *p, uint32_t at, const char *detail, const char *what);

static inline bool parse_at(const parser *p, uint8_t kind) { return p->now->kind == kind; }
static inline bool parse_at_word(const parser *p, query_word word) { return p->now->word == word; }
/* Past the next token if it is that. */
static inline bool parse_take(parser *p, uint8_t kind)
{
    bool there = p->now->kind == kind;
    p->now += there;
    return there;
}
static inline bool parse_take_word(parser *p, query_word word)
{
    bool there = p->now->word == word;
    p->now += there;
    return there;
}
CD_CHECKED cd_status parse_expect(parser *p, uint8_t sign, const char *expected);

/* A name of a variable: no word of the language, unless in backticks. */
bool parse_at_name(const parser *p);
CD_CHECKED cd_status parse_name(parser *p, const char *expected, cd_slice *out);
/* A label, type, property or key: any word. */
CD_CHECKED cd_status parse_any_name(parser *p, const char *expected, cd_slice *out);
/* One level deeper; whoever enters leaves. */
CD_CHECKED cd_status parse_enter(parser *p);
static inline void parse_leave(parser *p) { p->depth--; }

/* Room for one more behind n items: the items, perhaps elsewhere; NULL when memory is out. New room is not zeroed. */
void *parse_room(parser *p, void *items, uint32_t n, size_t size);

CD_CHECKED cd_status parse_expression(parser *p, expression **out);
/* {name: value, ...} */
CD_CHECKED cd_status parse_map(parser *p, expression **out);
/* A tree's node, zeroed, its height still to be told with parse_done. */
CD_CHECKED cd_status parse_new(parser *p, expression_kind kind, uint32_t at, expression **out);
CD_CHECKED cd_status parse_add(parser *p, expression *x, expression *of);
/* Its parts are complete; `inside` is the tallest expression within its patterns or subquery. */
CD_CHECKED cd_status parse_done(parser *p, expression *x, uint32_t inside);
/* The same for a node of one or two parts, and for a literal. */
CD_CHECKED cd_status parse_made(parser *p, expression_kind kind, operation op, uint32_t at, expression *a, expression *b,
                                expression **out);
CD_CHECKED cd_status parse_literal(parser *p, value v, uint32_t at, expression **out);
/* What stands between operators, with what stands behind it. */
CD_CHECKED cd_status parse_value(parser *p, expression **out);

/* Whether a pattern of at least one relationship begins at this `(`, rather than an expression in parentheses. */
bool parse_pattern_starts(const parser *p, const token *t);
/* A path without a name. */
CD_CHECKED cd_status parse_path(parser *p, pattern *out);
/* What stands between the braces of EXISTS { } and COUNT { }; both are read. */
CD_CHECKED cd_status parse_subquery(parser *p, query **out);

#endif
