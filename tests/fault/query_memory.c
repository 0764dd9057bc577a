/* SPDX-License-Identifier: GPL-3.0-or-later
 * query_memory.c: whichever request for memory fails while a query is read and bound, the failure is told and nothing
 * leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "queries/language/bind.h"
#include "queries/language/parse.h"

enum { MOST_REQUESTS = 5000, REPEATED = 60 };

static const char text[] =
    "MATCH p = (o:Officer {id: $officer})-[:LINKED|TIED*2..4]-(x:Association), (a)-->(b)<--(c) "
    "WHERE NOT EXISTS { (o)-[:DECLARED]->(x) } AND (a)-->(b) AND a.x IN [1, 2, 3, 4, 5, 6] AND date.truncate('day', "
    "a.y) < $day "
    "WITH o, x, a AS one, count(DISTINCT p) AS paths, collect({l: length(p), `t\\`: 'a\\nb'}) AS l ORDER BY paths "
    "DESC, a.z SKIP 1 LIMIT $n "
    "CALL graph.pagerank(o.id) YIELD id, rank AS r WHERE r > 0.5 UNWIND l AS one_of "
    "RETURN *, reduce(s = 0, e IN [x IN l WHERE x.l > 1 | x.l] | s + e) AS s, [(o)-->(q) | q.id] AS n "
    "UNION ALL RETURN 1 AS id, 2 AS l, 3 AS o, 4 AS one, 5 AS one_of, 6 AS paths, 7 AS r, 8 AS x, 9 AS s, 0 AS n";

/* An arena asks for little in large blocks: so that its requests differ, many queries share one. */
static cd_status read_and_bind(cd_slice query_text, cd_err *err)
{
    cd_arena arena = {0};
    cd_status st = CD_OK;
    for (uint32_t i = 0; st == CD_OK && i < REPEATED; i++) {
        query *q;
        query_fault fault = {0};
        st = query_parse(query_text, &arena, &q, &fault, err);
        if (st == CD_OK) st = query_bind(q, &arena, &fault, err);
        if (st == CD_EMEMORY) assert_null(fault.type);
    }
    cd_arena_release(&arena);
    return st;
}

static void every_request(const char *query_text, cd_status wanted)
{
    size_t before = cd_memory_now();
    for (int64_t k = 0;; k++) {
        cd_err err = {0};
        assert_in_range(k, 0, MOST_REQUESTS);
        cd_memory_fail_at(k);
        cd_status st = read_and_bind(cd_slice_of(query_text), &err);
        bool failed = cd_memory_failed();
        cd_memory_fail_at(-1);
        assert_int_equal(cd_memory_now(), before);
        if (!failed) {
            if (st != wanted) fail_msg("%s", err.text);
            if (wanted == CD_OK) assert_true(k > 1);
            break;
        }
        assert_int_equal(st, CD_EMEMORY);
        assert_non_null(strstr(err.text, "out of memory"));
    }
}

static void good(void **state) { (void)state, every_request(text, CD_OK); }

/* A fault's words look for near names, which takes memory too. */
static void faulty(void **state)
{
    (void)state;
    every_request("MATCH (officer) RETURN oficer", CD_EUSAGE);
    every_request("RETURN lenght(1)", CD_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(faulty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
