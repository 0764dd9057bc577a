/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask_threads.c: the same bytes of 1, 2, 3 and 8 threads, whatever is grouped, sorted or wrong with a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "queries/ask.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

static const char *const questions[] = {
    "MATCH (o:Officer) RETURN o.unit AS u, count(*) AS n, collect(o.id)[..3] AS some, min(o.id), max(o.id)",
    "MATCH (o:Officer)-[a:ACCESSED]->(c:Case) RETURN c.kind, count(*), count(DISTINCT o), avg(c.sensitivity + 0.1), "
    "sum(size(o.id) * 1.7)",
    "MATCH (o:Officer)-[a:ACCESSED]->(c:Case) RETURN o.id, c.id, a.at ORDER BY a.at DESC, c.id LIMIT 30",
    "MATCH (a:Officer)-[:ACCESSED]->(c:Case)<-[:ACCESSED]-(b:Officer) WHERE a.id < b.id RETURN a.id, b.id, "
    "count(DISTINCT c) AS n ORDER BY n "
    "DESC, a.id, b.id LIMIT 20",
    "MATCH (o:Officer) OPTIONAL MATCH (o)-[:LINKED]->(x) RETURN o.unit, count(x), stDev(size(x.id)), "
    "percentileDisc(size(o.id), 0.5)",
    "MATCH (o:Officer) WHERE EXISTS { (o)-[:HAS]->(p:Presence) } AND COUNT { (o)-[:ACCESSED]->() } > 1 RETURN o.rank, "
    "count(*)",
    "MATCH (o:Officer)-[:ROSTERED]->(h) WITH h, count(*) AS n RETURN n, count(*) ORDER BY n",
    /* Wrong at the row of many officers: the first of them in the order of their numbers is told, by whomever it was
       met. */
    "MATCH (o:Officer) RETURN sum(1 / (size(o.id) - 5))",
    "MATCH (o:Officer) RETURN max(toInteger([o.id]))",
};

static void print_answer(candour_store *store, candour_reader *reader, const char *question, uint32_t threads,
                         cd_buffer *out)
{
    cd_err err = {0};
    ask_result result;
    ask_options options = {.form = ASK_NDJSON, .threads = threads};
    if (ask(store, reader, cd_slice_of(question), NULL, &options, out, &result, &err) != CD_OK) {
        out->n = 0;
        cd_buffer_printf(out, "%s", err.text);
    }
    cd_buffer_add(out, "", 1);
}

static void test_threads(void **state)
{
    (void)state;
    static const uint32_t threads[] = {2, 3, 8};
    rows_force whole = {0};
    cd_err err = {0};
    candour_store *store;
    candour_reader *reader;
    char *path = folder_new();
    rows_make(&whole, 21, 1300, 2);
    assert_int_equal(rows_load(path, &whole, &(rows_way){.keep_all_presence = true}, NULL, &err), CD_OK);
    rows_release(&whole);
    assert_int_equal(candour_store_open(path, NULL, &store, &err), CD_OK);
    assert_int_equal(candour_reader_open(store, &reader, &err), CD_OK);
    for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
        cd_buffer one = {0};
        print_answer(store, reader, questions[q], 1, &one);
        assert_true(one.n > 1);
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            cd_buffer many = {0};
            print_answer(store, reader, questions[q], threads[t], &many);
            assert_string_equal(many.bytes, one.bytes);
            cd_buffer_release(&many);
        }
        cd_buffer_release(&one);
    }
    candour_reader_close(reader);
    candour_store_close(store);
    folder_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
