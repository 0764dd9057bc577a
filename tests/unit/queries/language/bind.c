/* SPDX-License-Identifier: GPL-3.0-or-later
 * bind.c: what the names of a query are bound to, and what is known to be wrong before it runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "queries/language/bind.h"
#include "queries/language/parse.h"

/* ---- A bound query in short: #3 reads slot 3, @3 writes it, ! is known before its MATCH ---- */

static void show_query(const query *q, cd_buffer *out);

static void show_pattern(const pattern *p, cd_buffer *out)
{
    if (p->slot != NO_SLOT) cd_buffer_printf(out, "@%u=", p->slot);
    for (uint32_t i = 0; i <= p->n_edges; i++) {
        cd_buffer_printf(out, "(%u%s)", p->nodes[i].slot, p->nodes[i].known ? "!" : "");
        if (i < p->n_edges) cd_buffer_printf(out, "[%u%s]", p->edges[i].slot, p->edges[i].known ? "!" : "");
    }
}

static void show(const expression *x, cd_buffer *out)
{
    if (!x) {
        cd_buffer_printf(out, "_");
        return;
    }
    switch (x->kind) {
    case X_VARIABLE: cd_buffer_printf(out, "#%u", x->slot); return;
    case X_PARAMETER: cd_buffer_printf(out, "$%u", x->slot); return;
    case X_LITERAL: expression_print(x, out); return;
    case X_PROPERTY: show(x->of[0], out), cd_buffer_printf(out, ".%.*s", (int)x->name.n, x->name.bytes); return;
    default: break;
    }
    if (x->kind == X_CALL && x->function < 0)
        cd_buffer_printf(out, "%.*s@%u", (int)x->name.n, x->name.bytes, x->slot);
    else if (x->slot != NO_SLOT)
        cd_buffer_printf(out, "@%u", x->slot);
    if (x->slot_2 != NO_SLOT) cd_buffer_printf(out, "@%u", x->slot_2);
    if (x->patterns) show_pattern(x->patterns, out);
    if (x->subquery) cd_buffer_printf(out, "{"), show_query(x->subquery, out), cd_buffer_printf(out, "}");
    if (x->n_of || x->kind == X_CALL) cd_buffer_printf(out, "(");
    for (uint32_t i = 0; i < x->n_of; i++) cd_buffer_printf(out, i ? " " : ""), show(x->of[i], out);
    if (x->n_of || x->kind == X_CALL) cd_buffer_printf(out, ")");
}

static void show_projection(const projection *j, cd_buffer *out)
{
    for (uint32_t i = 0; i < j->n_items; i++) {
        cd_buffer_printf(out, "%s%.*s@%u%s=", i ? " " : "", (int)j->items[i].name.n, j->items[i].name.bytes,
                         j->items[i].slot, j->items[i].grouped ? "k" : "");
        show(j->items[i].what, out);
    }
    for (uint32_t i = 0; i < j->n_keys; i++) cd_buffer_printf(out, " by "), show(j->keys[i].by, out);
    if (j->where) cd_buffer_printf(out, " where "), show(j->where, out);
    if (j->n_aggregates) cd_buffer_printf(out, " aggregates %u", j->n_aggregates);
    assert_int_equal(j->aggregating, j->n_aggregates > 0);
}

static void show_query(const query *q, cd_buffer *out)
{
    for (uint32_t i = 0; i < q->n_parts; i++) {
        for (uint32_t k = 0; k < q->parts[i].n_clauses; k++) {
            const clause *c = &q->parts[i].clauses[k];
            cd_buffer_printf(out, "%s", k || i ? "; " : "");
            for (uint32_t m = 0; m < c->n_patterns; m++)
                cd_buffer_printf(out, m ? " " : ""), show_pattern(&c->patterns[m], out);
            if (c->kind == CLAUSE_UNWIND) show(c->what, out), cd_buffer_printf(out, " as @%u", c->slot);
            for (uint32_t m = 0; m < c->n_arguments; m++) show(c->arguments[m], out);
            for (uint32_t m = 0; m < c->n_yields; m++) cd_buffer_printf(out, " @%u", c->yields[m].slot);
            if (c->where) cd_buffer_printf(out, " where "), show(c->where, out);
            if (c->projection) show_projection(c->projection, out);
        }
    }
}

static char *binding(const char *text)
{
    cd_arena arena = {0};
    cd_buffer out = {0};
    cd_err err = {0};
    query_fault fault = {0};
    query *q = NULL;
    if (query_parse(cd_slice_of(text), &arena, &q, &fault, &err) != CD_OK) fail_msg("%s: %s", text, err.text);
    if (query_bind(q, &arena, &fault, &err) == CD_OK) {
        show_query(q, &out);
    } else {
        uint32_t line, column;
        query_place(q->text, fault.at, &line, &column);
        assert_int_equal(err.status, CD_EUSAGE);
        cd_buffer_printf(&out, "%s %s %u:%u %s", fault.type, fault.detail, line, column, err.text);
    }
    assert_int_equal(out.status, CD_OK);
    char *said = strdup(out.bytes ? out.bytes : "");
    cd_buffer_release(&out);
    cd_arena_release(&arena);
    return said;
}

static void binds(const char *text, const char *expected)
{
    char *said = binding(text);
    if (strcmp(said, expected) != 0) fail_msg("\n  %s\ngives\n  %s\nnot\n  %s", text, said, expected);
    free(said);
}

static void patterns(void **state)
{
    (void)state;
    binds("MATCH (a)-[r:X]->(b), (a)-->(c {x: b.y}) WHERE a.x = $p AND b.x = $q OR c.x = $p RETURN a, r",
          "(0)[1](2) (0)[3](4) where (((#0.x $0) (#2.x $1)) (#4.x $0)); a@0=#0 r@1=#1");
    binds("MATCH (a) OPTIONAL MATCH p = (a)-[r*]->(b)<--(a) RETURN p, r, b",
          "(0); @4=(0!)[1](2)[3](0!); p@4=#4 r@1=#1 b@2=#2");
    binds("MATCH ()-[r]->() MATCH (a)-[r]-(b) RETURN a.x AS a", "(0)[1](2); (3)[1!](4); a@5=#3.x");
    binds("MATCH (a)-->(b) WITH [a, b] AS both, a AS c MATCH (c)-->(d) RETURN *",
          "(0)[1](2); both@3=(#0 #2) c@4=#0; (4!)[5](6); both@3=#3 c@4=#4 d@6=#6");
}

static void scopes(void **state)
{
    (void)state;
    binds("MATCH (a), (b) WITH a, b AS c, a.x AS x RETURN a, c, x",
          "(0) (1); a@0=#0 c@2=#1 x@3=#0.x; a@0=#0 c@2=#2 x@3=#3");
    binds("MATCH (a) WITH a AS b, a.x AS a RETURN b, a", "(0); b@1=#0 a@2=#0.x; b@1=#1 a@2=#2");
    binds("UNWIND [1, 2] AS x UNWIND [x, 3] AS y RETURN x + y AS z ORDER BY z, x",
          "(1 2) as @0; (#0 3) as @1; z@2=(#0 #1) by #2 by #0");
    binds("WITH 1 AS x WITH x + 1 AS x ORDER BY x RETURN x", "x@0=1; x@1=(#0 1) by #1; x@1=#1");
    binds("MATCH (a) WITH a.name AS name WHERE a.age > 3 AND name = 'x' RETURN name",
          "(0); name@1=#0.name where ((#0.age 3) (#1 'x')); name@1=#1");
    binds("MATCH (a) RETURN DISTINCT a.x AS x, a AS n ORDER BY a.x + 1, a.y, x",
          "(0); x@1=#0.x n@2=#0 by (#1 1) by #2.y by #1");
    binds("RETURN 1 AS a UNION ALL WITH 2 AS b RETURN b AS a", "a@0=1; b@1=2; a@2=#1");
    binds("CALL graph.pagerank('x') YIELD id, rank AS r WHERE r > 1 RETURN id", "'x' @0 @1 where (#1 1); id@0=#0");
    binds("MATCH (c), (b), (a) RETURN *, a.x AS x", "(0) (1) (2); a@2=#2 b@1=#1 c@0=#0 x@3=#2.x");
}

static void aggregates(void **state)
{
    (void)state;
    binds("MATCH (a)-->(b) RETURN a.x, count(*), a.x + count(*) + sum(b.x) + count(*) AS n",
          "(0)[1](2); a.x@5k=#0.x count(*)@6=count@3() n@7=(((#5 count@3()) sum@4(#2.x)) count@3()) aggregates 2");
    binds("MATCH (a)-->(b) RETURN a AS k, count(b) AS n ORDER BY count(b) DESC, a.x, k, count(*)",
          "(0)[1](2); k@4k=#0 n@5=count@3(#2) by count@3(#2) by #4.x by #4 by count@6() aggregates 2");
    binds("MATCH (a) RETURN count(a) AS n, count(DISTINCT a) AS m, collect(a.x)[0] AS f",
          "(0); n@4=count@1(#0) m@5=count@2(#0) f@6=(collect@3(#0.x) 0) aggregates 3");
    binds("MATCH (a) WITH a.x % 3 AS m, sum(a.y) AS s ORDER BY a.x % 3, sum(a.y) WHERE m > s RETURN m",
          "(0); m@2k=(#0.x 3) s@3=sum@1(#0.y) by #2 by sum@1(#0.y) where (#2 #3) aggregates 1; m@2=#2");
    binds("MATCH (a) RETURN size([x IN collect(a.x) WHERE x > 1 | x]) AS n",
          "(0); n@3=(@2(collect@1(#0.x) (#2 1) #2)) aggregates 1");
    binds("MATCH (n) RETURN n.num AS n, count(n) AS count ORDER BY n",
          "(0); n@2k=#0.num count@3=count@1(#0) by #2 aggregates 1");
    binds("MATCH (a) RETURN [x IN a.l | x + 1] AS l, count(*) AS n ORDER BY [y IN a.l | y + 1]",
          "(0); l@3k=@1(#0.l _ (#1 1)) n@4=count@2() by #3 aggregates 1");
    binds("MATCH (a)-->(b) RETURN a AS k, sum(b.x) AS s ORDER BY EXISTS { (a)-->(c {x: a.x}) }",
          "(0)[1](2); k@4k=#0 s@5=sum@3(#2.x) by {(4!)[6](7)} aggregates 1");
}

static void names_within(void **state)
{
    (void)state;
    binds(
        "RETURN [x IN [1] | [x IN [2] | x]] AS l, reduce(s = 0, x IN [1] | s + x) AS r, all(x IN [true] WHERE x) AS q",
        "l@5=@0((1) _ @1((2) _ #1)) r@6=@2@3(0 (1) (#2 #3)) q@7=@4((true) #4)");
    binds("MATCH (a) RETURN [p = (a)-[r]->(b) WHERE b.x | p] AS l, a.y", "(0); l@4=@3=(0!)[1](2)(#2.x #3) a.y@5=#0.y");
    binds("MATCH (a), (c) WHERE (a)-->({x: c.x}) AND NOT EXISTS { (a)-[s]->(c) WHERE s.x } AND COUNT { MATCH (c)-->(d) "
          "WITH d, count(*) AS n RETURN n } > 1 RETURN a",
          "(0) (1) where (((0!)[2](3) ({(0!)[4](1!) where #4.x})) ({(1!)[5](6); d@6k=#6 n@8=count@7() aggregates 1; "
          "n@8=#8} 1)); a@0=#0");
    binds("MATCH (n) WHERE EXISTS { MATCH (m) WHERE EXISTS { (l)<-[:R]-(n)-[:R]->(m) } } RETURN n",
          "(0) where {(1) where {(2)[3](0!)[4](1!)}}; n@0=#0");
}

static void refused(void **state)
{
    (void)state;
    binds("MATCH (officer:Officer) RETURN oficer.name",
          "SyntaxError UndefinedVariable 1:32 `oficer` is not known; did you mean `officer`?");
    binds("MATCH (o:Officer) WHERE o.unit = U1 RETURN o",
          "SyntaxError UndefinedVariable 1:34 `U1` is not known; if it is meant as text, write 'U1'");
    binds("MATCH (a)-[r]->(b) WITH a, count(b) AS n RETURN b",
          "SyntaxError UndefinedVariable 1:49 `b` is not known any more: the WITH before does not carry it on");
    binds("MATCH ()-[r]->() MATCH (r) RETURN r",
          "SyntaxError VariableTypeConflict 1:24 `r` is a node here, and a relationship in line 1, column 9");
    binds("WITH 1 AS o MATCH (o)-->() RETURN o",
          "SyntaxError VariableTypeConflict 1:19 `o` is a node here, and a whole number in line 1, column 6");
    binds("MATCH (a)-[r]->()-[r]->(b) RETURN r", "SyntaxError RelationshipUniquenessViolation 1:18 `r` is one "
                                                 "relationship twice in one MATCH, which no relationship is");
    binds("MATCH (a), p = (p)-->() RETURN p",
          "SyntaxError VariableAlreadyBound 1:12 `p` is already something else: a path wants a name of its own");
    binds("RETURN NOT 1", "SyntaxError InvalidArgumentType 1:12 NOT wants true or false; this is a whole number");
    binds("RETURN 1 AND true", "SyntaxError InvalidArgumentType 1:8 AND wants true or false; this is a whole number");
    binds("RETURN 'a' * 2", "SyntaxError InvalidArgumentType 1:8 found a text where a number was expected");
    binds("RETURN 1 IN 2", "SyntaxError InvalidArgumentType 1:13 found a whole number where a list was expected");
    binds("RETURN -'a'", "SyntaxError InvalidArgumentType 1:9 found a text where a number was expected");
    binds("RETURN lenght('a')",
          "SyntaxError UnknownFunction 1:8 there is no function 'lenght'; did you mean 'length'?");
    binds("RETURN length([1])", "SyntaxError InvalidArgumentType 1:15 length() is of a path; this is a list");
    binds("RETURN size(1)",
          "SyntaxError InvalidArgumentType 1:13 size() is of a text or a list; this is a whole number");
    binds("RETURN substring('a')",
          "SyntaxError InvalidNumberOfArguments 1:8 substring() is of 2 to 3 arguments, and has 1 here");
    binds("RETURN toLower(1)", "SyntaxError InvalidArgumentType 1:16 toLower() is of a text; this is a whole number");
    binds("RETURN foo(1)", "SyntaxError UnknownFunction 1:8 there is no function 'foo'; did you mean 'floor'?");
    binds("RETURN toLower(DISTINCT 'a')",
          "SyntaxError UnexpectedSyntax 1:8 toLower() takes no DISTINCT: it is no aggregate");
    binds("MATCH (n) WHERE n RETURN n",
          "SyntaxError InvalidArgumentType 1:17 WHERE wants true or false; this is a node");
    binds("MATCH (n) WHERE count(n) > 1 RETURN n",
          "SyntaxError InvalidAggregation 1:17 count() is an aggregate and cannot stand here; make it a column of WITH "
          "or RETURN, and use that");
    binds("MATCH (n) RETURN count(count(n))", "SyntaxError NestedAggregation 1:24 count() stands within another "
                                              "aggregate; make it a column of a WITH before");
    binds("MATCH (n) RETURN n.x + count(n)",
          "SyntaxError AmbiguousAggregationExpression 1:18 `n` stands beside an aggregate, but is not grouped by: make "
          "what is wanted of it a column of its own");
    binds("MATCH (n) RETURN n.x ORDER BY count(n)",
          "SyntaxError InvalidAggregation 1:31 count() is an aggregate and cannot stand here; make it a column of WITH "
          "or RETURN, and use that");
    binds("MATCH (n) RETURN DISTINCT n.x ORDER BY n.y",
          "SyntaxError UndefinedVariable 1:40 `n` is not known any more: behind DISTINCT only the columns are");
    binds("MATCH (n) RETURN n.x, count(*) ORDER BY n.y",
          "SyntaxError UndefinedVariable 1:41 `n` is not known any more: behind an aggregate only the columns are");
    binds("MATCH (n) RETURN n.x AS a, n.y AS a",
          "SyntaxError ColumnNameConflict 1:28 there are two columns `a`: give one another name with AS");
    binds("MATCH (n) WITH n.x RETURN 1",
          "SyntaxError NoExpressionAlias 1:16 a column of WITH that is no plain name wants one: ... AS name");
    binds("MATCH (n) RETURN n LIMIT n.x", "SyntaxError NonConstantExpression 1:26 LIMIT is a number known before the "
                                          "query runs; `n` differs from row to row");
    binds("MATCH (n) RETURN n LIMIT -1", "SyntaxError NegativeIntegerArgument 1:26 LIMIT cannot be negative");
    binds("MATCH (n) RETURN n LIMIT 1.5",
          "SyntaxError InvalidArgumentType 1:26 found a number where LIMIT wants a whole number");
    binds("MATCH (n) RETURN n LIMIT 'a'",
          "SyntaxError InvalidArgumentType 1:26 found a text where LIMIT wants a whole number");
    binds("MATCH () RETURN *", "SyntaxError NoVariablesInScope 1:10 '*' stands for all names, and there is none here");
    binds("MATCH (n) UNWIND [1] AS n RETURN n",
          "SyntaxError VariableAlreadyBound 1:11 `n` is already something else: take another name");
    binds(
        "MATCH (n $p) RETURN n",
        "SyntaxError InvalidParameterUse 1:10 a parameter cannot stand for all properties: name them, as in {id: $p}");
    binds("MATCH (n) WHERE (n)-[r]->(m) RETURN n",
          "SyntaxError UndefinedVariable 1:20 `r` is not known, and a pattern in a condition names nothing new; leave "
          "the name out, or write EXISTS { ... }");
    binds("MATCH (n) RETURN (n)-->()", "SyntaxError UnexpectedSyntax 1:18 a pattern is a condition, for WHERE; "
                                       "elsewhere write EXISTS { ... }, COUNT { ... } or [pattern | value]");
    binds("RETURN 1 AS a UNION RETURN 2 AS b", "SyntaxError DifferentColumnsInUnion 1:28 the parts of a UNION give the "
                                               "same columns in the same order: here `b`, before `a`");
    binds("RETURN 1 AS a, 2 AS b UNION RETURN 2 AS a",
          "SyntaxError DifferentColumnsInUnion 1:29 the parts of a UNION give the same columns: here 1, before 2");
    binds("RETURN true.x", "TypeError InvalidArgumentType 1:8 found true or false where something with properties (a "
                           "node, a relationship, a map, a time) was expected");
    binds("RETURN {a: 1}[1]", "TypeError MapElementAccessByNonString 1:15 found a whole number where a text was "
                              "expected, the name of a property");
    binds("MATCH p = (a)-->(b) RETURN p.x", "SyntaxError InvalidArgumentType 1:28 found a path where something with "
                                            "properties (a node, a relationship, a map, a time) was expected");
    binds("RETURN [1, 2]['a']",
          "TypeError InvalidArgumentType 1:15 found a text where the place in a list was expected");
    binds("RETURN [x IN 1 | x]", "SyntaxError InvalidArgumentType 1:14 found a whole number where a list was expected");
    binds("RETURN reduce(s = 0, x IN [1] | s + y)",
          "SyntaxError UndefinedVariable 1:37 `y` is not known; if it is meant as text, write 'y'");
    binds("MATCH (n) RETURN sum(*)", "SyntaxError UnexpectedSyntax 1:18 '*' is for count(*) alone");
    binds("MATCH (n) RETURN percentileCont(n.x)",
          "SyntaxError InvalidNumberOfArguments 1:18 percentileCont() is of 2 arguments, and has 1 here");
    binds("RETURN CASE WHEN 1 THEN 2 END",
          "SyntaxError InvalidArgumentType 1:18 WHEN wants true or false; this is a whole number");
    binds("MATCH (n) RETURN all(x IN n.l WHERE 1)",
          "SyntaxError InvalidArgumentType 1:37 WHERE wants true or false; this is a whole number");
    binds("CALL sweep.queue() YIELD tier, tier RETURN tier",
          "SyntaxError VariableAlreadyBound 1:32 `tier` is already something else: take another name");
    binds("CALL sweep.queue() YIELD tear RETURN tear",
          "SyntaxError UndefinedVariable 1:26 sweep.queue gives no column `tear`; YIELD * takes those that it gives");
    binds("CALL graph.pagernk({}) YIELD id RETURN id",
          "ProcedureError ProcedureNotFound 1:1 there is no procedure `graph.pagernk`; did you mean `graph.pagerank`?");
    binds("MATCH (n) RETURN n.x AS x, sum(n.y) AS s ORDER BY s + n.z",
          "SyntaxError UndefinedVariable 1:55 `n` is not known any more: behind an aggregate only the columns are");
    binds("MATCH (n) RETURN n.x AS x, sum(n.y) AS s ORDER BY max(n.z)",
          "SyntaxError UndefinedVariable 1:51 `n` is not known any more: behind an aggregate only the columns are; "
          "make this max() one of them");
}

/* `before`, then n times `each` with its number between commas, then `behind`. */
static void holds(const char *before, const char *each, const char *behind, uint32_t most, const char *refused)
{
    for (uint32_t n = most; n <= 60000; n = n == most ? most + 1 : n * 59) {
        cd_buffer text = {0};
        cd_buffer_printf(&text, "%s", before);
        for (uint32_t i = 0; i < n; i++) {
            cd_buffer_printf(&text, "%s", i ? ", " : "");
            for (const char *c = each; *c; c++) {
                if (*c == '#')
                    cd_buffer_printf(&text, "%u", i);
                else
                    cd_buffer_add(&text, c, 1);
            }
        }
        cd_buffer_printf(&text, "%s", behind);
        char *said = binding(text.bytes);
        const char *found = strstr(said, "TooMany");
        if (n > most ? !found || !strstr(said, refused) : found != NULL) fail_msg("%s%s: %.200s", before, each, said);
        free(said);
        cd_buffer_release(&text);
    }
}

/* Names are held against one another; so that no text takes for ever, there is an end to how many there may be. */
static void many(void **state)
{
    (void)state;
    holds("MATCH ", "(a#)", " RETURN 1", 1000, "there are more than 1000 names here");
    holds("RETURN ", "# AS a#", "", 1000, "there are more than 1000 columns here");
    holds("RETURN [", "$p#", "]", 1000, "there are more than 1000 parameters here");
    holds("MATCH (a) RETURN [", "sum(a.x#)", "] AS s", 1000, "there are more than 1000 aggregates here");
    holds("RETURN [", "EXISTS { (a#) }", "] AS s", 999, "there are more than 1000 clauses here");
    holds("MATCH (a) RETURN DISTINCT a ORDER BY ", "a.x#", "", 1000, "there are more than 1000 sort keys here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(patterns),   cmocka_unit_test(scopes),
                                       cmocka_unit_test(aggregates), cmocka_unit_test(names_within),
                                       cmocka_unit_test(refused),    cmocka_unit_test(many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
