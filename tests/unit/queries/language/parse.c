/* SPDX-License-Identifier: GPL-3.0-or-later
 * parse.c: what a query's text is read as, and what is said of a text that is none: the words, the class and the place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "queries/language/parse.h"

/* The tree of `text`, printed; or "DETAIL line:column words". The caller's to free. */
static char *reading(cd_slice text)
{
    cd_arena arena = {0};
    cd_buffer out = {0};
    cd_err err = {0};
    query_fault fault = {0};
    query *q = NULL;
    if (query_parse(text, &arena, &q, &fault, &err) == CD_OK) {
        query_print(q, &out);
    } else {
        uint32_t line, column;
        query_place(text, fault.at, &line, &column);
        assert_int_equal(err.status, CD_EUSAGE);
        assert_string_equal(fault.type, "SyntaxError");
        cd_buffer_printf(&out, "%s %u:%u %s", fault.detail, line, column, err.text);
    }
    assert_int_equal(out.status, CD_OK);
    char *said = strdup(out.bytes);
    cd_buffer_release(&out);
    cd_arena_release(&arena);
    return said;
}

static void reads_as(const char *text, const char *expected)
{
    char *said = reading(cd_slice_of(text));
    if (strcmp(said, expected) != 0) fail_msg("\n  %s\nis read as\n  %s\nnot as\n  %s", text, said, expected);
    char *again = reading(cd_slice_of(said));
    if (strcmp(said, again) != 0) fail_msg("\n  %s\nis read as\n  %s", said, again);
    free(said);
    free(again);
}

/* An expression, printed as it is understood and not as it was written. */
static void means(const char *text, const char *expected)
{
    char query_text[512], meant[512];
    snprintf(query_text, sizeof query_text, "RETURN %s AS x", text);
    snprintf(meant, sizeof meant, "RETURN %s AS x", expected);
    reads_as(query_text, meant);
}

static void refuses(const char *text, const char *expected)
{
    char *said = reading(cd_slice_of(text));
    if (strcmp(said, expected) != 0) fail_msg("\n  %s\ngives\n  %s\nnot\n  %s", text, said, expected);
    free(said);
}

static void clauses(void **state)
{
    (void)state;
    reads_as("match (o:Officer {id: $id}) return o.name as name;", "MATCH (o:Officer {id: $id}) RETURN o.name AS name");
    reads_as("EXPLAIN MATCH (a), (b) WHERE a.x = b.x OPTIONAL MATCH (a)-->(c) RETURN *",
             "EXPLAIN MATCH (a), (b) WHERE a.x = b.x OPTIONAL MATCH (a)-->(c) RETURN *");
    reads_as("profile UNWIND [1, 2] AS x WITH DISTINCT x, x + 1 AS y ORDER BY y DESCENDING, x ASC SKIP 1 LIMIT $n "
             "WHERE x > 1 RETURN *, y AS z",
             "PROFILE UNWIND [1, 2] AS x WITH DISTINCT x, x + 1 AS y ORDER BY y DESC, x SKIP 1 LIMIT $n WHERE x > 1 "
             "RETURN *, y AS z");
    reads_as("RETURN 1 AS a UNION RETURN 2 AS a", "RETURN 1 AS a UNION RETURN 2 AS a");
    reads_as("RETURN 1 AS a UNION ALL RETURN 2 AS a UNION ALL RETURN 3 AS a",
             "RETURN 1 AS a UNION ALL RETURN 2 AS a UNION ALL RETURN 3 AS a");
    reads_as("CALL graph.pagerank('ACCESSED', 3) YIELD id, rank AS r WHERE r > 0.5 RETURN id",
             "CALL graph.pagerank('ACCESSED', 3) YIELD id, rank AS r WHERE r > 0.5 RETURN id");
    reads_as("CALL a.b YIELD *", "CALL a.b YIELD *");
    reads_as("// first\nRETURN /* second */ 1 AS x // third", "RETURN 1 AS x");
    reads_as("RETURN coUnt( dIstInct p ), `a b`, a.b", "RETURN coUnt( dIstInct p ), `a b`, a.b");
}

static void patterns(void **state)
{
    (void)state;
    reads_as("MATCH (), (:A:B), (x {a: 1}), ({a: 1, b: [2]}) RETURN x",
             "MATCH (), (:A:B), (x {a: 1}), ({a: 1, b: [2]}) RETURN x");
    reads_as("MATCH (a)--()-->()<--()<-->(b) RETURN a", "MATCH (a)--()-->()<--()--(b) RETURN a");
    reads_as("MATCH (a)-[]->()<-[r]-()-[:X|:Y|Z {w: 2}]-(b) RETURN a",
             "MATCH (a)-->()<-[r]-()-[:X|Y|Z {w: 2}]-(b) RETURN a");
    reads_as("MATCH (a)-[*]->()-[*2]->()-[*1..3]->()-[*..3]->()-[r:X*0..]->()-[*2..2]->() RETURN a",
             "MATCH (a)-[*]->()-[*2]->()-[*1..3]->()-[*1..3]->()-[r:X*0..]->()-[*2]->() RETURN a");
    reads_as("MATCH p = allShortestPaths((a)-[:X*..6]-(b)), q=((c)-->(d)), shortestpath((a)-[*]->(b)) RETURN p",
             "MATCH p = allShortestPaths((a)-[:X*1..6]-(b)), q = (c)-->(d), shortestPath((a)-[*]->(b)) RETURN p");
    reads_as("MATCH (a)\u2013[:X]\u2014>(b)\u27e8--(c) RETURN a", "MATCH (a)-[:X]->(b)<--(c) RETURN a");
}

static void expressions(void **state)
{
    (void)state;
    means("a OR b XOR c AND NOT d = e", "a OR b XOR c AND NOT d = e");
    means("((a OR b) AND (c)) AND (d AND e)", "(a OR b) AND c AND (d AND e)");
    means("2 ^ 3 ^ 4", "2 ^ 3 ^ 4");
    means("2 ^ (3 ^ 4)", "2 ^ (3 ^ 4)");
    means("-3 ^ 2", "-3 ^ 2");
    means("-(3 ^ 2) - -x", "-(3 ^ 2) - -x");
    means("--x + -+-9223372036854775808", "- -x + - + -9223372036854775808");
    means("- - 1 + -9223372036854775808", "1 + -9223372036854775808");
    means("1 - (2 - 3) * 4 % 5 / 6", "1 - (2 - 3) * 4 % 5 / 6");
    means("a < b <= c <> d", "a < b <= c <> d");
    means("(a < b) = (c IS NULL)", "(a < b) = c IS NULL");
    means("a = b in c and d starts  with 'x' or e ends with f", "a = b IN c AND d STARTS WITH 'x' OR e ENDS WITH f");
    means("(a = b) IN c", "(a = b) IN c");
    means("a + b IN c + d IS NOT NULL", "a + b IN c + d IS NOT NULL");
    means("x =~ 'a.*' AND y CONTAINS z", "x =~ 'a.*' AND y CONTAINS z");
    means("a.b.`c d`[1][2..3][..4][5..][..]:X:Y", "a.b.`c d`[1][2..3][..4][5..][..]:X:Y");
    means("(a + b).c", "(a + b).c");
    means("(-1).x + 1.x", "(-1).x + 1.x");
    means("[x IN xs WHERE x > 1 | x * 2] + [x in xs] + [x IN xs | 1]",
          "[x IN xs WHERE x > 1 | x * 2] + [x IN xs] + [x IN xs | 1]");
    means("[(x IN xs), 1]", "[(x IN xs), 1]");
    means("[(a)-->(b:B) WHERE b.x | b.y] + [p = (a)-->() | p]", "[(a)-->(b:B) WHERE b.x | b.y] + [p = (a)-->() | p]");
    means("any(x IN xs WHERE x) AND all(x IN xs WHERE x) OR none(x IN xs WHERE x) OR single(x IN xs WHERE x)",
          "any(x IN xs WHERE x) AND all(x IN xs WHERE x) OR none(x IN xs WHERE x) OR single(x IN xs WHERE x)");
    means("reduce(s = 1.0, r IN relationships(p) | s * r.confidence)",
          "reduce(s = 1.0, r IN relationships(p) | s * r.confidence)");
    means("CASE x WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE 'c' END", "CASE x WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE 'c' END");
    means("case when a then b end", "CASE WHEN a THEN b END");
    means("{a: 1, `b c`: {}, null: [true, FALSE, null]}", "{a: 1, `b c`: {}, `null`: [true, false, null]}");
    means("count(*) + count(DISTINCT x) + date.truncate('month', t) + rand()",
          "count(*) + count(DISTINCT x) + date.truncate('month', t) + rand()");
    means("NOT (a)-[:X]->(b) AND (a)--(b)", "NOT (a)-[:X]->(b) AND (a)--(b)");
    means("((a)-->(b)) = true", "((a)-->(b)) = true");
    means("(a)-(b) < (c) - 1 < (-d)", "a - b < c - 1 < -d");
    means("exists { (a)-->(b) WHERE b.x } OR EXISTS { MATCH (a) RETURN a }",
          "EXISTS { MATCH (a)-->(b) WHERE b.x } OR EXISTS { MATCH (a) RETURN a }");
    means("exists((a)-->()) OR exists(a.x)", "EXISTS { MATCH (a)-->() } OR a.x IS NOT NULL");
    means("COUNT { (a)-->(b), (c) } + count(a)", "COUNT { MATCH (a)-->(b), (c) } + count(a)");
    means("`exists`(a) + `count`(b) + `end`", "`exists`(a) + count(b) + `end`");
    means("$a + $`b c` + $1", "$a + $`b c` + $`1`");
}

static void literals(void **state)
{
    (void)state;
    means("0x1F + 0o17 + 0X0a + 9223372036854775807 + -0x8000000000000000",
          "31 + 15 + 10 + 9223372036854775807 + -9223372036854775808");
    means(".5 + 1e9 + 1.5E-3 + 1e22 + -0.0 + 0.1", "0.5 + 1000000000.0 + 0.0015 + 1e+22 + -0.0 + 0.1");
    means("\"it's\" + 'a\\'b\\\\c\\n\\t'", "'it\\'s' + 'a\\'b\\\\c\\n\\t'");
    means("'\\u00e9\\U0001F9D0\\uD83E\\uDDD0\\u0001'", "'\u00e9\U0001F9D0\U0001F9D0\\u0001'");
    means("'// no comment /*'", "'// no comment /*'");
    means("xs[1..2] + xs[.5..1.5]", "xs[1..2] + xs[0.5..1.5]");
}

static void refused(void **state)
{
    (void)state;
    refuses("", "UnexpectedSyntax 1:1 the query ends where MATCH, UNWIND, WITH, CALL or RETURN was expected");
    refuses("MATCH", "UnexpectedSyntax 1:6 the query ends where a node, as in (o:Officer), was expected");
    refuses("MATCH (a", "UnexpectedSyntax 1:7 this '(' is never closed");
    refuses("MATCH (a RETURN a)",
            "UnexpectedSyntax 1:10 found 'RETURN' where ':', a map of properties or ')' was expected");
    refuses("MATCH (a)) RETURN a", "UnexpectedSyntax 1:10 ')' closes nothing: no '(' is open");
    refuses("MATCH (a] RETURN a", "UnexpectedSyntax 1:9 found ']' where ')' was expected, to close the '(' before it");
    refuses("MATCH (a:) RETURN a", "UnexpectedSyntax 1:10 found ')' where a label was expected");
    refuses("MATCH (a)-[:X](b) RETURN a", "UnexpectedSyntax 1:15 found '(' where '-' or '->' was expected");
    refuses("MATCH (a)-->b RETURN a", "UnexpectedSyntax 1:13 found 'b' where a node, as in (o:Officer), was expected");
    refuses("MATCH (a) RETRUN a", "UnexpectedSyntax 1:11 found 'RETRUN' where MATCH, UNWIND, WITH, CALL or RETURN was "
                                  "expected; did you mean RETURN?");
    refuses("MATCH (a)\nRETURN", "UnexpectedSyntax 2:7 the query ends where an expression was expected");
    refuses("MATCH (a)", "InvalidClauseComposition 1:10 the query ends where RETURN was expected");
    refuses("MATCH (a) WITH a", "InvalidClauseComposition 1:17 the query ends where RETURN was expected");
    refuses("CREATE (a) RETURN a", "UnexpectedSyntax 1:1 a query only reads: there is no CREATE here");
    refuses("MATCH (a) SET a.x = 1", "UnexpectedSyntax 1:11 a query only reads: there is no SET here");
    refuses("MATCH (a) RETURN a WHERE a.x", "UnexpectedSyntax 1:20 found 'WHERE' where ',', ORDER BY, SKIP, LIMIT, "
                                            "UNION or the end was expected; WHERE stands before RETURN");
    refuses("MATCH (a) WHERE RETURN a", "UnexpectedSyntax 1:17 found 'RETURN' where an expression was expected");
    refuses("RETURN 'abc", "UnexpectedSyntax 1:8 this text is never closed: ' was expected");
    refuses("RETURN `abc", "UnexpectedSyntax 1:8 this name is never closed: ` was expected");
    refuses("RETURN \u2018abc\u2019",
            "UnexpectedSyntax 1:8 this quote is a typographer's; text stands between two ' or two \"");
    refuses("RETURN 1 == 2", "UnexpectedSyntax 1:10 '==' is unknown; equality is written '='");
    refuses("RETURN a != b", "UnexpectedSyntax 1:10 '!' is unknown; NOT is written NOT, and unequal '<>'");
    refuses("RETURN a || b", "UnexpectedSyntax 1:10 '||' is unknown; write OR, or '+' to join texts");
    refuses("RETURN a && b", "UnexpectedSyntax 1:10 '&' is unknown; write AND");
    refuses("RETURN ~1", "UnexpectedSyntax 1:8 '~' has no meaning in a query");
    refuses("RETURN a AS end",
            "UnexpectedSyntax 1:13 found 'end' where a name was expected; if it is meant as a name, write `end`");
    refuses("RETURN 007", "InvalidNumberLiteral 1:8 '007' is no number, as it begins with 0; a text stands in quotes");
    refuses("RETURN 2026-01-09",
            "InvalidNumberLiteral 1:13 '01' is no number, as it begins with 0; a text stands in quotes");
    refuses("RETURN 12abc", "InvalidNumberLiteral 1:8 '12abc' is no number");
    refuses("RETURN 0x", "InvalidNumberLiteral 1:8 '0x' is no number");
    refuses("RETURN 0x1g", "InvalidNumberLiteral 1:8 '0x1g' is no number");
    refuses("RETURN 0o8", "InvalidNumberLiteral 1:8 '0o8' is no number");
    refuses("RETURN 1e", "InvalidNumberLiteral 1:8 '1e' is no number");
    refuses("RETURN 9223372036854775808",
            "IntegerOverflow 1:8 this number is too large: whole numbers end at 9223372036854775807");
    refuses("RETURN -9223372036854775809",
            "IntegerOverflow 1:9 this number is too large: whole numbers end at 9223372036854775807");
    refuses("RETURN 1e400", "FloatingPointOverflow 1:8 this number is too large: numbers end near 1.8e308");
    refuses("RETURN '\u00e9' + '\\x'", "UnexpectedSyntax 1:15 an unknown escape; known are \\\\ \\' \\\" \\b \\f \\n "
                                       "\\r \\t \\uXXXX and \\UXXXXXXXX, and a backslash itself is \\\\");
    refuses("RETURN '\\u12'", "InvalidUnicodeLiteral 1:9 '\\u' wants four hexadecimal digits after it");
    refuses("RETURN '\\ud800'", "InvalidUnicodeLiteral 1:9 this escape names no character of Unicode");
    refuses("RETURN {'a': 1}", "UnexpectedSyntax 1:9 a key of a map is a name, without quotes: {name: value}");
    refuses("RETURN {1: 1}", "UnexpectedSyntax 1:9 found '1' where a key, as in {name: value}, was expected");
    refuses("RETURN (1, 2)", "UnexpectedSyntax 1:10 found ',' where ')' was expected");
    refuses("RETURN CASE 1 END", "UnexpectedSyntax 1:15 found 'END' where WHEN was expected");
    refuses("RETURN CASE WHEN 1 THEN 2", "UnexpectedSyntax 1:26 the query ends where WHEN, ELSE or END was expected");
    refuses("RETURN x IS 1", "UnexpectedSyntax 1:13 found '1' where NULL or NOT NULL was expected");
    refuses("RETURN a STARTS 'x'", "UnexpectedSyntax 1:17 found the text 'x' where WITH was expected");
    refuses("RETURN 1 = NOT 2", "UnexpectedSyntax 1:12 NOT behind an operator wants parentheses: (NOT ...)");
    refuses("MATCH p = shortestPath((a)-->(b)-->(c)) RETURN p",
            "InvalidRelationshipPattern 1:11 a shortest path is of one relationship between two nodes, as in "
            "shortestPath((a)-[:TIED*]-(b))");
    refuses("RETURN shortestPath((a)-->(b))",
            "UnexpectedSyntax 1:8 shortest paths stand in MATCH: MATCH p = shortestPath((a)-[*]-(b))");
    refuses("MATCH (a)-[*1.5]->(b) RETURN a",
            "InvalidRelationshipPattern 1:13 a number of steps is whole and not negative: *2, *1..3, *..3 or *");
    refuses("MATCH (a)-[:X*-2]->(b) RETURN a",
            "InvalidRelationshipPattern 1:15 a number of steps is whole and not negative: *2, *1..3, *..3 or *");
    refuses("MATCH (a)-[:X..]->(b) RETURN a",
            "InvalidRelationshipPattern 1:14 found '..' where '*' was expected: *1..3, *..3 or *");
    refuses("MATCH (a) RETURN a MATCH (b) RETURN b",
            "InvalidClauseComposition 1:20 RETURN is the last clause; to go on with what it gives, write WITH");
    refuses("MATCH (a) RETURN a; RETURN 2",
            "UnexpectedSyntax 1:21 found 'RETURN' where the end of the query was expected");
    refuses("RETURN 'it''s'", "UnexpectedSyntax 1:12 found the text 's' where ',', ORDER BY, SKIP, LIMIT, UNION or the "
                              "end was expected; a quote within a text is written \\'");
    refuses("RETURN $", "UnexpectedSyntax 1:8 '$' stands before the name of a parameter, as in $officer");
    refuses("RETURN 1 /* x", "UnexpectedSyntax 1:10 this comment is never closed: '*/' was expected");
    refuses("UNWIND [1] RETURN 1", "UnexpectedSyntax 1:12 found 'RETURN' where AS and a name was expected");
    refuses("RETURN 1 ORDER x", "UnexpectedSyntax 1:16 found 'x' where BY was expected");
    refuses(
        "CALL { MATCH (a) RETURN a } RETURN a",
        "UnexpectedSyntax 1:6 CALL is of a name, as in CALL graph.pagerank() YIELD ...; there are no subqueries here");
    refuses("RETURN EXISTS { MATCH (a) WITH a }",
            "InvalidClauseComposition 1:34 the subquery ends where RETURN was expected");
    refuses("RETURN exists(1)",
            "InvalidArgumentExpression 1:8 exists() is of a pattern or of a property, as in exists(o.unit)");
    refuses("MATCH (a:A|B) RETURN a",
            "UnexpectedSyntax 1:11 a node is of one label here; for several write WHERE n:A OR n:B");
    refuses("RETURN all(x IN y)", "UnexpectedSyntax 1:18 found ')' where WHERE was expected");
    refuses("RETURN [(a)-->(b)]", "UnexpectedSyntax 1:18 found ']' where WHERE or '|' was expected");
    refuses(
        "RETURN 1 AS a UNION RETURN 2 AS a UNION ALL RETURN 3 AS a",
        "InvalidClauseComposition 1:35 UNION and UNION ALL do not stand in one query: write one of them throughout");
    refuses("SELECT * FROM x", "UnexpectedSyntax 1:1 found 'SELECT' where MATCH, UNWIND, WITH, CALL or RETURN was "
                               "expected; a query begins with MATCH and ends with RETURN");
    refuses("MATCH (o) WHERE o.x LIKE '%a' RETURN o",
            "UnexpectedSyntax 1:21 found 'LIKE' where MATCH, UNWIND, WITH, CALL or RETURN was expected; texts have "
            "CONTAINS, STARTS WITH, ENDS WITH and =~");
    refuses("MATCH (o) ORDER BY o RETURN o", "UnexpectedSyntax 1:11 found 'ORDER' where MATCH, UNWIND, WITH, CALL or "
                                             "RETURN was expected; it stands behind the columns of WITH or RETURN");
    refuses("RETURN 1 LIMIT 1 ORDER BY 1",
            "UnexpectedSyntax 1:18 ORDER BY, SKIP and LIMIT come in this order, each once");
    refuses("RETURN 1 \x01", "UnexpectedSyntax 1:10 the byte 0x01 has no meaning here");
    char *said = reading((cd_slice){"RETURN '\xff'", 11});
    assert_string_equal(said, "UnexpectedSyntax 1:9 the query is not UTF-8 here; save it as UTF-8");
    free(said);
}

/* `n` times `before`, then `middle`, then `n` times `behind`. */
static char *nested(const char *first, const char *before, const char *middle, const char *behind, uint32_t n)
{
    cd_buffer out = {0};
    cd_buffer_printf(&out, "%s", first);
    for (uint32_t i = 0; i < n; i++) cd_buffer_printf(&out, "%s", before);
    cd_buffer_printf(&out, "%s", middle);
    for (uint32_t i = 0; i < n; i++) cd_buffer_printf(&out, "%s", behind);
    char *text = strdup(out.bytes);
    cd_buffer_release(&out);
    return text;
}

/* However a text is nested, it is read or refused, and the stack holds. */
static void deep(void **state)
{
    (void)state;
    static const struct {
        const char *first, *before, *middle, *behind;
        uint32_t holds;
    } shapes[] = {{"RETURN ", "(", "1", ")", 199},
                  {"RETURN ", "[", "1", "]", 199},
                  {"RETURN ", "{a: ", "1", "}", 199},
                  {"RETURN ", "NOT ", "true", "", 199},
                  {"RETURN ", "- ", "x", "", 199},
                  {"RETURN ", "1 + ", "1", "", 1999},
                  {"RETURN x", "[1]", "", "", 1999},
                  {"RETURN x", ".a", "", "", 1999},
                  {"RETURN x", " IS NULL", "", "", 1999},
                  {"RETURN ", "f(", "1", ")", 199},
                  {"MATCH ", "(", "(a)", ")", 199},
                  {"RETURN ", "CASE WHEN ", "1", " THEN 1 END", 199},
                  {"RETURN ", "EXISTS { MATCH (a) WHERE ", "true", " }", 99}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (uint32_t n = shapes[i].holds; n < 100000; n = n == shapes[i].holds ? 2001 : n * 30) {
            char *text = nested(shapes[i].first, shapes[i].before, shapes[i].middle, shapes[i].behind, n);
            char *said = reading(cd_slice_of(text));
            if (n == shapes[i].holds && *shapes[i].first != 'M' && strncmp(said, "RETURN", 6) != 0)
                fail_msg("%s: %s", shapes[i].before, said);
            if (n != shapes[i].holds && strncmp(said, "TooDeep", 7) != 0) fail_msg("%s: %s", shapes[i].before, said);
            free(text);
            free(said);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(clauses),     cmocka_unit_test(patterns),
                                       cmocka_unit_test(expressions), cmocka_unit_test(literals),
                                       cmocka_unit_test(refused),     cmocka_unit_test(deep)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
