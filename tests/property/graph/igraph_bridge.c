/* SPDX-License-Identifier: GPL-3.0-or-later
 * igraph_bridge.c: what igraph is given is the graph, what it says comes back whole, and what goes wrong inside it ends as
 * a status; with several threads asking at once, and a host program that has handlers of its own. */
#include <igraph.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/graph/igraph_bridge.h"
#include "tests/support/odd_graph.h"

enum { N = ODD_MOST + 1 };

/* The share of edges within communities less what chance would put there, pair by pair. */
static double slow_modularity(const cd_csr *g, const uint32_t *weight, double resolution, const cd_id *community)
{
    double degree[N] = {0}, twice = 0, q = 0;
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) degree[u] += weight ? weight[p] : 1;
    for (cd_id u = 0; u < g->n_left; u++) twice += degree[u];
    if (twice == 0) return 0;
    for (cd_id u = 0; u < g->n_left; u++) {
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++)
            if (community[u] == community[g->adj[p]]) q += (weight ? weight[p] : 1) / twice;
        for (cd_id v = 0; v < g->n_left; v++)
            if (community[u] == community[v]) q -= resolution * degree[u] / twice * degree[v] / twice;
    }
    return q;
}

/* One an entry, equal both ways. */
static uint32_t *some_weights(const cd_csr *g)
{
    uint32_t *weight = calloc(cd_csr_edges(g) + 1, sizeof *weight);
    assert_non_null(weight);
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) weight[p] = 1 + (u + g->adj[p]) * (u ^ g->adj[p]) % 9;
    return weight;
}

static void leiden_tells_the_modularity_it_found(void **state)
{
    static const double resolutions[] = {1, 0.5, 3};
    cd_id community[N], again[N];
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number += 3) {
        cd_csr g = odd_graph(number);
        cd_run run = odd_run(1);
        uint32_t *weight = number % 2 ? some_weights(&g) : NULL;
        double resolution = resolutions[number % 9 / 3], q, q_again;
        assert_int_equal(cd_igraph_leiden(&g, weight, resolution, 2, &run, community, &q, &err), CD_OK);
        assert_true(fabs(q - slow_modularity(&g, weight, resolution, community)) < 1e-12);
        for (cd_id v = 0; v < g.n_left; v++) assert_true(community[v] <= v && community[community[v]] == community[v]);
        assert_int_equal(cd_igraph_leiden(&g, weight, resolution, 2, &run, again, &q_again, &err), CD_OK);
        assert_memory_equal(community, again, g.n_left * sizeof *again);
        free(weight);
        cd_csr_release(&g);
    }
}

static void what_is_no_graph_is_refused(void **state)
{
    static const cd_off off[] = {0, 1, 2};
    static const struct {
        cd_id adj[2], n_right;
        const char *text;
    } wrong[] = {
        {{1, 2}, 2, "row 1 of a graph names 2 of 2"},
        {{1, 1}, 2, "vertex 1 of an undirected graph is its own neighbour"},
        {{1, 0}, 3, "a graph of 2 by 3 is not undirected"},
    };
    cd_run run = odd_run(1);
    cd_id community[3];
    double q;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cd_csr g = {.n_left = 2, .n_right = wrong[i].n_right, .off = off, .adj = wrong[i].adj};
        cd_err err = {0};
        assert_int_equal(cd_igraph_leiden(&g, NULL, 1, 2, &run, community, &q, &err), CD_EINPUT);
        assert_string_equal(err.text, wrong[i].text);
    }
    static const cd_off one_way[] = {0, 1, 1};
    static const cd_id other[] = {1};
    cd_csr g = {.n_left = 2, .n_right = 2, .off = one_way, .adj = other};
    cd_err err = {0};
    assert_int_equal(cd_igraph_leiden(&g, NULL, 1, 2, &run, community, &q, &err), CD_EINPUT);
    assert_string_equal(err.text, "an undirected graph has 1 edges up and 0 down");
}

static bool never_again(void *context, const cd_progress_state *state)
{
    uint32_t *calls = context;
    (void)state;
    return ++*calls < 3;
}

static bool host_was_told;
static void host_handler(const char *reason, const char *file, int line, igraph_error_t number)
{
    (void)reason, (void)file, (void)line, (void)number;
    host_was_told = true;
    IGRAPH_FINALLY_FREE();
}

static void it_stops_when_asked_and_goes_again(void **state)
{
    enum { LARGE = 60000 };
    uint32_t calls = 0;
    cd_progress progress = {.step = never_again, .context = &calls};
    cd_csr g = odd_large_graph(5, LARGE, 300000), small = odd_graph(20);
    cd_id *community = calloc(LARGE, sizeof *community);
    double q, *x = calloc(2 * LARGE, sizeof *x);
    cd_run run = odd_run(1);
    cd_err err = {0};
    (void)state;
    igraph_error_handler_t *before = igraph_set_error_handler(host_handler);
    run.progress = &progress;
    assert_int_equal(cd_igraph_leiden(&g, NULL, 1, 2, &run, community, &q, &err), CD_ESTOPPED);
    assert_string_equal(err.text, "stopped while finding communities");
    calls = 0;
    cd_err_clear(&err);
    assert_int_equal(cd_igraph_layout(&small, &run, x, x + LARGE, &err), CD_ESTOPPED);
    assert_string_equal(err.text, "stopped while laying out a graph");
    cd_err_clear(&err);
    run.progress = NULL;
    assert_int_equal(cd_igraph_leiden(&small, NULL, 1, 2, &run, community, &q, &err), CD_OK);
    assert_false(host_was_told);
    assert_ptr_equal(igraph_set_error_handler(before), host_handler);
    free(community), free(x);
    cd_csr_release(&g), cd_csr_release(&small);
}

static void a_layout_is_finite_and_repeats(void **state)
{
    enum { LARGE = CD_IGRAPH_SPRINGS + 500 };
    double *at[4];
    cd_err err = {0};
    (void)state;
    for (uint32_t i = 0; i < 4; i++) at[i] = calloc(LARGE, sizeof **at);
    for (uint32_t number = 0; number <= ODD_GRAPHS; number += 40) {
        cd_csr g = number < ODD_GRAPHS ? odd_graph(number) : odd_large_graph(3, LARGE, 6000);
        cd_run run = odd_run(1);
        assert_int_equal(cd_igraph_layout(&g, &run, at[0], at[1], &err), CD_OK);
        assert_int_equal(cd_igraph_layout(&g, &run, at[2], at[3], &err), CD_OK);
        assert_memory_equal(at[0], at[2], g.n_left * sizeof **at);
        assert_memory_equal(at[1], at[3], g.n_left * sizeof **at);
        for (cd_id v = 0; v < g.n_left; v++) assert_true(isfinite(at[0][v]) && isfinite(at[1][v]));
        /* Neighbours are nearer than others, on the whole. */
        double near = 0, any = 0;
        for (cd_id u = 0; u < g.n_left; u++)
            for (cd_off p = g.off[u]; p < g.off[u + 1]; p++) {
                cd_id v = g.adj[p], w = (cd_id)((u * 7 + p * 13) % g.n_left);
                near += hypot(at[0][u] - at[0][v], at[1][u] - at[1][v]);
                any += hypot(at[0][u] - at[0][w], at[1][u] - at[1][w]);
            }
        if (number == ODD_GRAPHS) assert_true(near < any);
        cd_csr_release(&g);
    }
    for (uint32_t i = 0; i < 4; i++) free(at[i]);
}

static cd_slice a_name(void *context, cd_id v)
{
    static char text[32];
    const char *begins = context;
    int n = snprintf(text, sizeof text, "%s%u", begins, v);
    return (cd_slice){text, (uint32_t)n};
}

static FILE *written(const cd_csr *g, const uint32_t *weight, const char *name, cd_status expected, cd_err *err)
{
    cd_run run = odd_run(1);
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(cd_igraph_graphml(g, weight, a_name, (void *)(uintptr_t)name, &run, f, err), expected);
    rewind(f);
    return f;
}

static void graphml_reads_back_the_same(void **state)
{
    cd_err err = {0};
    (void)state;
    igraph_attribute_table_t *before = igraph_set_attribute_table(&igraph_cattribute_table);
    for (uint32_t number = 0; number < ODD_GRAPHS; number += 21) {
        cd_csr g = odd_graph(number);
        uint32_t *weight = some_weights(&g);
        FILE *f = written(&g, weight, "<&\"\xc3\xa9 ", CD_OK, &err);
        igraph_t back;
        assert_int_equal(igraph_read_graph_graphml(&back, f, 0), IGRAPH_SUCCESS);
        assert_int_equal(igraph_vcount(&back), g.n_left);
        assert_int_equal(2 * igraph_ecount(&back), cd_csr_edges(&g));
        for (cd_id u = 0; u < g.n_left; u++) {
            cd_slice name = a_name((void *)(uintptr_t)"<&\"\xc3\xa9 ", u);
            assert_string_equal(VAS(&back, "name", u), name.bytes);
            for (cd_off p = g.off[u]; p < g.off[u + 1]; p++) {
                igraph_integer_t edge;
                assert_int_equal(igraph_get_eid(&back, &edge, u, g.adj[p], false, true), IGRAPH_SUCCESS);
                assert_true(EAN(&back, "weight", edge) == weight[p]);
            }
        }
        igraph_destroy(&back);
        fclose(f);
        free(weight);
        cd_csr_release(&g);
    }
    igraph_set_attribute_table(before);
}

static void what_xml_cannot_say_is_told(void **state)
{
    cd_err err = {0};
    cd_csr g = odd_graph(20);
    (void)state;
    fclose(written(&g, NULL, "a\x01", CD_EINPUT, &err));
    assert_non_null(strstr(err.text, "igraph failed while writing GraphML: Forbidden control character 0x01"));
    cd_err_clear(&err);
    FILE *full = fopen("/dev/full", "w");
    cd_run run = odd_run(1);
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    assert_int_equal(cd_igraph_graphml(&g, NULL, a_name, (void *)(uintptr_t)"", &run, full, &err), CD_ESYSTEM);
    fclose(full);
    cd_csr_release(&g);
}

typedef struct {
    cd_csr g;
    cd_id community[N], expected[N];
    bool ok;
} asker;

static void *ask_often(void *context)
{
    asker *a = context;
    a->ok = true;
    for (uint32_t i = 0; i < 40; i++) {
        cd_run run = odd_run(1);
        double q;
        cd_status st = cd_igraph_leiden(&a->g, NULL, 1, 2, &run, a->community, &q, NULL);
        a->ok = a->ok && st == CD_OK && memcmp(a->community, a->expected, a->g.n_left * sizeof *a->community) == 0;
    }
    return NULL;
}

static void several_threads_may_ask(void **state)
{
    enum { ASKERS = 3 };
    asker *askers = calloc(ASKERS, sizeof *askers);
    pthread_t threads[ASKERS];
    cd_err err = {0};
    (void)state;
    for (uint32_t t = 0; t < ASKERS; t++) {
        cd_run run = odd_run(1);
        double q;
        askers[t].g = odd_graph(19 + 10 * t);
        assert_int_equal(cd_igraph_leiden(&askers[t].g, NULL, 1, 2, &run, askers[t].expected, &q, &err), CD_OK);
    }
    for (uint32_t t = 0; t < ASKERS; t++) assert_int_equal(pthread_create(&threads[t], NULL, ask_often, &askers[t]), 0);
    for (uint32_t t = 0; t < ASKERS; t++) {
        pthread_join(threads[t], NULL);
        assert_true(askers[t].ok);
        cd_csr_release(&askers[t].g);
    }
    free(askers);
}

static void a_budget_is_kept(void **state)
{
    cd_csr g = odd_large_graph(1, 3000, 3000);
    cd_run run = {.threads = 1, .memory_bytes = 100 << 20};
    cd_err err = {0};
    double x;
    (void)state;
    assert_int_equal(cd_igraph_layout(&g, &run, &x, &x, &err), CD_EMEMORY);
    cd_csr_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leiden_tells_the_modularity_it_found),
        cmocka_unit_test(what_is_no_graph_is_refused),
        cmocka_unit_test(it_stops_when_asked_and_goes_again),
        cmocka_unit_test(a_layout_is_finite_and_repeats),
        cmocka_unit_test(graphml_reads_back_the_same),
        cmocka_unit_test(what_xml_cannot_say_is_told),
        cmocka_unit_test(several_threads_may_ask),
        cmocka_unit_test(a_budget_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
