/* SPDX-License-Identifier: GPL-3.0-or-later
 * triangles.c: triangles against looking at every three vertices, and against igraph on larger graphs with hubs. */
#include <igraph.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/graph/triangles.h"
#include "tests/support/odd_graph.h"

enum { N = ODD_MOST + 1, THREADS = 4 };

static void triangles_are_those_of_all_threes(void **state)
{
    uint64_t at[N], slow[N], total;
    uint32_t some = 0;
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        uint64_t all = 0;
        for (cd_id v = 0; v < g.n_left; v++) slow[v] = 0;
        for (cd_id u = 0; u < g.n_left; u++)
            for (cd_id v = u + 1; v < g.n_left; v++)
                for (cd_id w = v + 1; cd_csr_has(&g, u, v) && w < g.n_left; w++)
                    if (cd_csr_has(&g, u, w) && cd_csr_has(&g, v, w)) slow[u]++, slow[v]++, slow[w]++, all++;
        assert_int_equal(cd_triangles(&g, &run, at, &total, &err), CD_OK);
        assert_int_equal(total, all);
        for (cd_id v = 0; v < g.n_left; v++) assert_int_equal(at[v], slow[v]);
        some += all > 0;
        cd_csr_release(&g);
    }
    assert_true(some > 100);
}

static void they_are_those_of_igraph_at_any_number_of_threads(void **state)
{
    enum { LARGE = 20000, EDGES = 300000 };
    cd_csr g = odd_large_graph(9, LARGE, EDGES);
    uint64_t *at = calloc(LARGE, sizeof *at), total;
    igraph_vector_int_t ends;
    igraph_vector_t counted;
    igraph_t graph;
    igraph_integer_t n = 0;
    cd_err err = {0};
    (void)state;
    assert_int_equal(igraph_vector_int_init(&ends, (igraph_integer_t)cd_csr_edges(&g)), IGRAPH_SUCCESS);
    for (cd_id u = 0; u < g.n_left; u++)
        for (cd_off p = g.off[u]; p < g.off[u + 1]; p++)
            if (u < g.adj[p]) VECTOR(ends)[n++] = u, VECTOR(ends)[n++] = g.adj[p];
    assert_int_equal(igraph_create(&graph, &ends, LARGE, IGRAPH_UNDIRECTED), IGRAPH_SUCCESS);
    assert_int_equal(igraph_vector_init(&counted, LARGE), IGRAPH_SUCCESS);
    assert_int_equal(igraph_adjacent_triangles(&graph, &counted, igraph_vss_all()), IGRAPH_SUCCESS);
    for (uint32_t t = 0; t < THREADS; t++) {
        cd_run run = odd_run(ODD_THREADS[t]);
        uint64_t sum = 0;
        assert_int_equal(cd_triangles(&g, &run, at, &total, &err), CD_OK);
        for (cd_id v = 0; v < LARGE; v++) {
            assert_true((double)at[v] == VECTOR(counted)[v]);
            sum += at[v];
        }
        assert_int_equal(sum, 3 * total);
    }
    igraph_vector_destroy(&counted), igraph_vector_int_destroy(&ends);
    igraph_destroy(&graph);
    free(at);
    cd_csr_release(&g);
}

static void what_it_takes_is_asked_for(void **state)
{
    cd_csr g = odd_large_graph(1, 300000, 900000);
    uint64_t *at = calloc(g.n_left, sizeof *at), total;
    cd_run run = odd_run(2);
    cd_err err = {0};
    bool failed = true;
    (void)state;
    run.memory_bytes = 1 << 20;
    assert_int_equal(cd_triangles(&g, &run, at, &total, &err), CD_EMEMORY);
    run.memory_bytes = cd_triangles_bytes(&g, 2);
    size_t before = cd_memory_now();
    cd_memory_mark();
    for (int64_t k = 0; failed; k++) {
        cd_memory_fail_at(k);
        cd_err_clear(&err);
        cd_status st = cd_triangles(&g, &run, at, &total, &err);
        failed = cd_memory_failed();
        cd_memory_fail_at(-1);
        assert_int_equal(st, failed ? CD_EMEMORY : CD_OK);
        assert_int_equal(cd_memory_now(), before);
    }
    assert_true(cd_memory_peak() - before <= run.memory_bytes + ((size_t)6 << 20)); /* three arrays of whole huge pages */
    free(at);
    cd_csr_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triangles_are_those_of_all_threes),
        cmocka_unit_test(they_are_those_of_igraph_at_any_number_of_threads),
        cmocka_unit_test(what_it_takes_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
