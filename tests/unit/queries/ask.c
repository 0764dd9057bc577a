/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask.c, the planner and the executor: every request for memory failing in turn; the same answer of any number of
 * threads; limits that end a query; parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "queries/ask.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

typedef struct {
    char *path;
    candour_store *store;
    candour_reader *reader;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    rows_force whole = {0}, parts[2] = {0};
    cd_err err = {0};
    const uint32_t *order;
    candour_source_info source;
    f.path = folder_new();
    rows_make(&whole, 9, 8, 6);
    rows_deal(&whole, 2, 2, 5, parts);
    for (int i = 0; i < 2; i++) {
        if (rows_load(f.path, &parts[i], &(rows_way){.keep_all_presence = true}, NULL, &err) != CD_OK) return -1;
        rows_release(&parts[i]);
    }
    rows_release(&whole);
    if (candour_store_open(f.path, NULL, &f.store, &err) != CD_OK) return -1;
    if (candour_reader_open(f.store, &f.reader, &err) != CD_OK) return -1;
    /* What a store works out once and keeps. */
    for (uint32_t k = 0; k < candour_store_ontology(f.store)->n_kinds; k++)
        if (candour_reader_order(f.reader, k, &order, &err) != CD_OK) return -1;
    if (candour_store_source(f.store, 0, &source, &err) != CD_OK) return -1;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    candour_reader_close(f->reader);
    candour_store_close(f->store);
    folder_remove(f->path);
    return 0;
}

static cd_status ask_it(const fixture *f, const char *text, ask_options options, cd_buffer *out, ask_result *result,
                        cd_err *err)
{
    return ask(f->store, f->reader, cd_slice_of(text), NULL, &options, out, result, err);
}

static const char *const questions[] = {
    "MATCH (o:Officer)-[a:ACCESSED]->(c:Case) WITH o, c, count(*) AS n WHERE n > 0 RETURN o.id, collect(c.id) AS cs, "
    "sum(n) ORDER BY o.id",
    "MATCH (o:Officer) OPTIONAL MATCH (o)-[:LINKED]->(x) RETURN DISTINCT o.id, x.id, properties(x) ORDER BY o.id DESC, "
    "x.id SKIP 1 LIMIT 5",
    "MATCH (a:Officer), (b:Officer) WHERE a.id < b.id MATCH p = allShortestPaths((a)-[*..4]-(b)) RETURN p LIMIT 3",
    "MATCH p = (x:Association)-[:TIED|LINKED*0..3]-(y) RETURN length(p), [n IN nodes(p) | n.id] LIMIT 20",
    "MATCH (o:Officer) WHERE EXISTS { (o)-[:HAS]->(p:Presence) WHERE p.to > p.from } RETURN o.id, COUNT { "
    "(o)-[:ACCESSED]->() } AS n, "
    "[(o)-[:ROSTERED]->(h) | h.id] AS hs",
    "MATCH (o:Officer) RETURN o.unit AS u UNION MATCH (c:Case) RETURN c.unit AS u",
    "PROFILE MATCH (a:Officer)-[:ACCESSED]->(c)<-[:ACCESSED]-(b) RETURN a.id, b.id, count(DISTINCT c) AS n ORDER BY n "
    "DESC LIMIT 4",
    "CALL graph.components({relations: ['ACCESSED']}) YIELD first_id, size RETURN size, count(*) AS n ORDER BY n LIMIT 3",
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static void test_memory_that_fails(void **state)
{
    const fixture *f = *state;
    for (int q = 0; q < QUESTIONS; q++) {
        bool failed = true;
        for (int64_t k = 0; failed; k++) {
            cd_buffer out = {0};
            cd_err err = {0};
            ask_result result;
            size_t before = cd_memory_now();
            cd_memory_fail_at(k);
            cd_status st =
                ask_it(f, questions[q], (ask_options){.form = (ask_form)(q % 4), .threads = 1}, &out, &result, &err);
            failed = cd_memory_failed();
            cd_memory_fail_at(-1);
            if (failed && st == CD_OK && out.status == CD_OK)
                fail_msg("request %lld of '%s' failed unseen", (long long)k, questions[q]);
            if (st != CD_OK && st != CD_EMEMORY) fail_msg("'%s': %s", questions[q], err.text);
            if (!failed) assert_int_equal(st, CD_OK);
            cd_buffer_release(&out);
            assert_int_equal(cd_memory_now(), before);
        }
    }
}

static void test_limits(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *text, *words;
        ask_options options;
    } cases[] = {
        {"MATCH (a)-[*]-(b) RETURN count(*)", "--timeout", {.timeout_seconds = 0.05}},
        {"UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN sum(a)",
         "--timeout",
         {.timeout_seconds = 0.05}},
        {"RETURN reduce(s = 0, x IN range(1, 3000000) | s + size([y IN range(1, 3000) | y]))",
         "--timeout",
         {.timeout_seconds = 0.05}},
        {"RETURN size(range(1, 10000000))", "--memory", {.memory_bytes = 1 << 20}},
        {"UNWIND range(1, 1000000) AS a RETURN collect(a)", "--memory", {.memory_bytes = 1 << 20}},
        {"UNWIND range(1, 1000000) AS a RETURN a ORDER BY a DESC", "--memory", {.memory_bytes = 1 << 20}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cd_buffer out = {0};
        cd_err err = {0};
        ask_result result;
        assert_int_not_equal(ask_it(f, cases[i].text, cases[i].options, &out, &result, &err), CD_OK);
        if (!strstr(err.text, cases[i].words)) fail_msg("'%s': %s", cases[i].text, err.text);
        cd_buffer_release(&out);
    }
}

static void test_most_rows(void **state)
{
    const fixture *f = *state;
    for (uint64_t most = 7; most <= 9; most++) {
        cd_buffer out = {0};
        cd_err err = {0};
        ask_result result;
        ask_options options = {.form = ASK_CSV, .most_rows = most};
        assert_int_equal(ask_it(f, "MATCH (o:Officer) RETURN o.id", options, &out, &result, &err), CD_OK);
        assert_int_equal(result.rows, most < 8 ? most : 8);
        assert_int_equal(result.cut, most < 8);
        cd_buffer_release(&out);
    }
}

static void test_parameters(void **state)
{
    static const struct {
        const char *written, *expected;
    } cases[] = {
        {"x=7", "[7]\n"},
        {"x=[1,2,\"b\"]", "[[1,2,\"b\"]]\n"},
        {"x=plain text", "[\"plain text\"]\n"},
        {"x=\"7\"", "[\"7\"]\n"},
        {"x=null", "[null]\n"},
        {"x={\"b\":1,\"a\":[2.5]}", "[{\"a\":[2.5],\"b\":1}]\n"},
        {"x=", "[\"\"]\n"},
        {"x:time=2026-03-01", "[\"2026-03-01T00:00:00Z\"]\n"},
        {"x:date=2026-03-01", "[\"2026-03-01\"]\n"},
        {"x:time=1969-12-31T23:59:59Z", "[\"1969-12-31T23:59:59Z\"]\n"},
        {"x:date=1969-12-31", "[\"1969-12-31\"]\n"},
    };
    const fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask_parameters given = {0};
        cd_buffer out = {0};
        cd_err err = {0};
        ask_result result;
        ask_options options = {.form = ASK_NDJSON};
        assert_int_equal(ask_parameter_add(&given, cd_slice_of("x=before"), &err), CD_OK);
        assert_int_equal(ask_parameter_add(&given, cd_slice_of(cases[i].written), &err), CD_OK);
        assert_int_equal(ask(f->store, f->reader, cd_slice_of("RETURN $x"), &given, &options, &out, &result, &err),
                         CD_OK);
        cd_buffer_add(&out, "", 1);
        assert_string_equal(out.bytes, cases[i].expected);
        cd_buffer_release(&out);
        ask_parameters_release(&given);
    }
    static const char *const wrong[] = {"x", "=1", "x:time=tomorrow", "x:date=2026-02-30", "x:colour=red"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ask_parameters given = {0};
        cd_err err = {0};
        assert_int_equal(ask_parameter_add(&given, cd_slice_of(wrong[i]), &err), CD_EUSAGE);
        ask_parameters_release(&given);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory_that_fails), cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_most_rows), cmocka_unit_test(test_parameters)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
