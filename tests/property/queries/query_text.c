/* SPDX-License-Identifier: GPL-3.0-or-later
 * query_text.c: queries made at random from the grammar are read; what is printed of them reads as the same tree, and
 * prints as the same text; and the binder ends, whatever they mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "queries/language/bind.h"
#include "queries/language/parse.h"
#include "tests/support/query_shape.h"

enum { QUERIES = 6000 };

typedef struct {
    cd_random r;
    cd_buffer out;
} maker;

static void put_query(maker *m, int depth);
static void put_expression(maker *m, int depth);

static uint32_t one_of(maker *m, uint32_t n) { return (uint32_t)cd_random_below(&m->r, n); }
static bool chance(maker *m, uint32_t of_ten) { return one_of(m, 10) < of_ten; }
static void put(maker *m, const char *text) { cd_buffer_printf(&m->out, "%s", text); }

#define PICK(m, list) put(m, (list)[one_of(m, sizeof(list) / sizeof *(list))])

/* Between two words: a space, or what counts as one. */
static void put_space(maker *m)
{
    static const char *const spaces[] = {" ", " ", " ", "\n", "\t ", " /* x */ ", " // y\n"};
    PICK(m, spaces);
}

static void put_name(maker *m)
{
    static const char *const names[] = {"a",   "b",     "c",       "`a b`",     "count", "exists",
                                        "all", "`end`", "h\u00e9", "`in``out`", "x1",    "_"};
    PICK(m, names);
}

static void put_word(maker *m)
{
    static const char *const names[] = {"A", "B", "in", "end", "null", "`C D`", "return", "X_1"};
    PICK(m, names);
}

static void put_literal(maker *m)
{
    static const char *const literals[] = {
        "0",        "1",       "9223372036854775807", "0x1F", "0o17",  "1.5",  ".5", "1e9",    "2.5E-3", "''",
        "'it\\'s'", "\"d'q\"", "'\\u00e9\\n'",        "true", "FALSE", "null", "$p", "$`q r`", "$1"};
    PICK(m, literals);
}

/* ---- Patterns ---- */

static void put_properties(maker *m, int depth)
{
    put(m, "{");
    for (uint32_t i = 0, n = one_of(m, 3); i < n; i++) {
        if (i) put(m, ", ");
        put_word(m), put(m, ":"), put_expression(m, depth - 1);
    }
    put(m, "}");
}

static void put_node(maker *m, int depth)
{
    put(m, "(");
    bool named = chance(m, 6), map = chance(m, 2);
    if (named) put_name(m);
    /* (count {x: 1}) would be a subquery */
    for (uint32_t i = 0, n = (named && map) + one_of(m, 2); i < n; i++) put(m, ":"), put_word(m);
    if (map) put_properties(m, depth);
    put(m, ")");
}

static void put_edge(maker *m, int depth)
{
    static const char *const ranges[] = {"*", "*2", "*1..3", "*..4", "*0..", "* 1 .. 1"};
    bool left = chance(m, 3);
    put(m, left ? "<-" : "-");
    if (chance(m, 6)) {
        put(m, "[");
        if (chance(m, 4)) put_name(m);
        for (uint32_t i = 0, n = one_of(m, 3); i < n; i++) put(m, i ? chance(m, 5) ? "|" : "|:" : ":"), put_word(m);
        if (chance(m, 3)) PICK(m, ranges);
        if (chance(m, 2)) put_properties(m, depth);
        put(m, "]");
    }
    put(m, chance(m, 4) ? "->" : "-");
}

static void put_path(maker *m, int depth, uint32_t least)
{
    put_node(m, depth);
    for (uint32_t i = 0, n = least + one_of(m, 3); i < n; i++) put_edge(m, depth), put_node(m, depth);
}

static void put_part(maker *m, int depth)
{
    if (chance(m, 2)) put_name(m), put(m, " = ");
    if (chance(m, 1)) {
        put(m, chance(m, 5) ? "shortestPath(" : "allshortestpaths (");
        put_node(m, depth), put_edge(m, depth), put_node(m, depth), put(m, ")");
    } else if (chance(m, 1)) {
        put(m, "("), put_path(m, depth, 1), put(m, ")");
    } else {
        put_path(m, depth, 0);
    }
}

/* ---- Expressions ---- */

static void put_list(maker *m, int depth)
{
    for (uint32_t i = 0, n = one_of(m, 4); i < n; i++) {
        if (i) put(m, ", ");
        put(m, "("), put_expression(m, depth), put(m, ")");
    }
}

static void put_where(maker *m, int depth)
{
    if (chance(m, 5)) put(m, " WHERE "), put_expression(m, depth);
}

static void put_case(maker *m, int depth)
{
    put(m, "CASE ");
    if (chance(m, 5)) put_expression(m, depth), put_space(m);
    for (uint32_t i = 0, n = 1 + one_of(m, 2); i < n; i++)
        put(m, "WHEN "), put_expression(m, depth), put(m, " THEN "), put_expression(m, depth), put_space(m);
    if (chance(m, 5)) put(m, "ELSE "), put_expression(m, depth), put_space(m);
    put(m, "END");
}

/* What stands between operators. */
static void put_value(maker *m, int depth)
{
    static const char *const calls[] = {"count(DISTINCT ", "size(",      "date.truncate(",
                                        "`exists`(",       "coalesce (", "nothing . known("};
    static const char *const quantifiers[] = {"any(", "ALL(", "none (", "single("};
    if (depth <= 0) {
        if (chance(m, 5))
            put_name(m), put(m, chance(m, 5) ? ".in" : "");
        else
            put_literal(m);
        return;
    }
    switch (one_of(m, 14)) {
    case 0: /* doubled, as (a) before -[ would be a node */
        put(m, "(("), put_expression(m, depth - 1), put(m, "))");
        break;
    case 1: put(m, "["), put_list(m, depth - 1), put(m, "]"); break;
    case 2: put_properties(m, depth); break;
    case 3: PICK(m, calls), put_expression(m, depth - 1), put(m, ")"); break;
    case 4: put_case(m, depth - 1); break;
    case 5:
        put(m, "["), put_name(m), put(m, " IN "), put_expression(m, depth - 1), put_where(m, depth - 1);
        if (chance(m, 5)) put(m, "|"), put_expression(m, depth - 1);
        put(m, "]");
        break;
    case 6:
        put(m, "["), put(m, chance(m, 5) ? "p = " : ""), put_path(m, depth - 1, 1), put_where(m, depth - 1);
        put(m, "|"), put_expression(m, depth - 1), put(m, "]");
        break;
    case 7:
        PICK(m, quantifiers), put_name(m), put(m, " in "), put_expression(m, depth - 1), put(m, " WHERE ");
        put_expression(m, depth - 1), put(m, ")");
        break;
    case 8:
        put(m, "reduce(s = "), put_expression(m, depth - 1), put(m, ", "), put_name(m), put(m, " IN ");
        put_expression(m, depth - 1), put(m, " | "), put_expression(m, depth - 1), put(m, ")");
        break;
    case 9: put(m, "("), put_path(m, depth - 1, 1), put(m, ")"); break;
    case 10: put(m, chance(m, 5) ? "EXISTS { " : "count{"), put_query(m, depth - 1), put(m, "}"); break;
    case 11: put(m, "exists { "), put_part(m, depth - 1), put_where(m, depth - 1), put(m, "}"); break;
    default: put_name(m); break;
    }
    for (uint32_t i = 0, n = one_of(m, 3); i < n; i++) {
        switch (one_of(m, 5)) {
        case 0: put(m, "."), put_word(m); break;
        case 1: put(m, "["), put_expression(m, depth - 1), put(m, "]"); break;
        case 2: put(m, "["), put_value(m, 0), put(m, ".."), put_value(m, 0), put(m, "]"); break;
        case 3: put(m, "[..]"); break;
        default: put(m, ":"), put_word(m), put(m, ":"), put_word(m); break;
        }
    }
}

static void put_expression(maker *m, int depth)
{
    static const char *const operators[] = {
        " OR ",          " xor ",        " AND ",      " = ",  " <> ", " < ", " <= ", " > ",
        " >= ",          " + ",          " - ",        " * ",  " / ",  " % ", " ^ ",  " IN ",
        " STARTS WITH ", " ENDS\nWITH ", " CONTAINS ", " =~ ", "-",    "<",   "+"};
    static const char *const signs[] = {"-", "+", "- ", "- -"};
    if (chance(m, 1)) put(m, "NOT ");
    for (uint32_t i = 0, n = 1 + (depth > 0 ? one_of(m, 4) : 0); i < n; i++) {
        if (i) PICK(m, operators);
        if (chance(m, 1)) PICK(m, signs);
        put_value(m, depth - 1);
        if (chance(m, 1)) put(m, chance(m, 5) ? " IS NULL" : " is not  null");
    }
}

/* ---- Clauses ---- */

static void put_projection(maker *m, int depth, bool with)
{
    if (chance(m, 2)) put(m, "DISTINCT ");
    bool star = chance(m, 1);
    if (star) put(m, "*");
    for (uint32_t i = 0, n = star ? one_of(m, 2) : 1 + one_of(m, 3); i < n; i++) {
        put(m, i || star ? ", " : "");
        put_expression(m, depth);
        if (with || chance(m, 5)) put(m, " AS "), put_name(m);
    }
    for (uint32_t i = 0, n = chance(m, 3) ? 1 + one_of(m, 2) : 0; i < n; i++) {
        put(m, i ? ", " : " ORDER BY ");
        put_expression(m, depth);
        put(m, chance(m, 3) ? " DESC" : chance(m, 3) ? " ascending" : "");
    }
    if (chance(m, 1)) put(m, " SKIP "), put_expression(m, depth);
    if (chance(m, 1)) put(m, " LIMIT "), put_expression(m, depth);
    if (with) put_where(m, depth);
}

static void put_clause(maker *m, int depth)
{
    switch (one_of(m, 6)) {
    case 0: put(m, "UNWIND "), put_expression(m, depth), put(m, " AS "), put_name(m); break;
    case 1: put(m, "WITH "), put_projection(m, depth, true); break;
    case 2:
        put(m, "CALL graph.rank(1, "), put_expression(m, depth), put(m, ") YIELD a, b AS "), put_name(m),
            put_where(m, depth);
        break;
    default:
        put(m, chance(m, 3) ? "OPTIONAL MATCH " : "match ");
        put_part(m, depth);
        if (chance(m, 3)) put(m, ", "), put_part(m, depth);
        put_where(m, depth);
    }
    put_space(m);
}

static void put_query(maker *m, int depth)
{
    bool all = chance(m, 5);
    for (uint32_t i = 0, n = chance(m, 1) ? 2 : 1; i < n; i++) {
        if (i) put(m, all ? " UNION ALL " : " UNION ");
        for (uint32_t k = 0, clauses = one_of(m, 4); k < clauses; k++) put_clause(m, depth);
        put(m, "RETURN ");
        put_projection(m, depth, false);
    }
}

/* ---- The same tree ---- */

static cd_buffer shape(const query *q)
{
    cd_buffer out = {0};
    query_shape(q, &out);
    assert_int_equal(out.status, CD_OK);
    return out;
}

static query *read_query(cd_slice text, cd_arena *arena)
{
    cd_err err = {0};
    query_fault fault = {0};
    query *q = NULL;
    if (query_parse(text, arena, &q, &fault, &err) != CD_OK)
        fail_msg("%s\n  at %.30s\n  of %.*s", err.text, text.bytes + fault.at, (int)text.n, text.bytes);
    return q;
}

static void comes_back(query *q, cd_arena *arena)
{
    cd_buffer text = {0}, again = {0}, before = shape(q);
    query_print(q, &text);
    query *back = read_query((cd_slice){text.bytes, (uint32_t)text.n}, arena);
    cd_buffer after = shape(back);
    query_print(back, &again);
    if (strcmp(text.bytes, again.bytes) != 0) fail_msg("\n%s\nprints as\n%s", text.bytes, again.bytes);
    if (strcmp(before.bytes, after.bytes) != 0)
        fail_msg("\n%s\nis another tree:\n%s\n%s", text.bytes, before.bytes, after.bytes);
    cd_buffer_release(&text);
    cd_buffer_release(&again);
    cd_buffer_release(&before);
    cd_buffer_release(&after);
}

static void trees_come_back(void **state)
{
    (void)state;
    uint32_t bound = 0;
    for (uint32_t i = 0; i < QUERIES; i++) {
        maker m = {.r = cd_random_of(1, 0x9a7, i)};
        cd_arena arena = {0};
        cd_err err = {0};
        query_fault fault = {0};
        put_query(&m, (int)(i % 5));
        assert_int_equal(m.out.status, CD_OK);
        query *q = read_query((cd_slice){m.out.bytes, (uint32_t)m.out.n}, &arena);
        comes_back(q, &arena);
        query_name_columns(q);
        comes_back(q, &arena);
        if (query_bind(q, &arena, &fault, &err) == CD_OK)
            bound++;
        else if (err.status != CD_EUSAGE || !fault.type || fault.at > m.out.n)
            fail_msg("%s: %s", m.out.bytes, err.text);
        cd_arena_release(&arena);
        cd_buffer_release(&m.out);
    }
    assert_in_range(bound, QUERIES / 100, QUERIES); /* or they mean too little to be worth the time */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(trees_come_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
