/* SPDX-License-Identifier: GPL-3.0-or-later
 * spreading.c: what spreads over a graph (distance, components, cores, rank) against slow and obvious ways to the same,
 * on graphs of odd shapes, with any number of threads, and under other names for the vertices. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/graph/bfs.h"
#include "engine/graph/components.h"
#include "engine/graph/cores.h"
#include "engine/graph/pagerank.h"
#include "tests/support/odd_graph.h"

enum { N = ODD_MOST + 1, THREADS = 4 };

/* Distances by relaxing every edge until nothing changes. */
static void slow_distances(const cd_csr *g, cd_id source, uint32_t *distance)
{
    bool changed = true;
    for (cd_id v = 0; v < g->n_left; v++) distance[v] = v == source ? 0 : CD_NONE;
    while (changed) {
        changed = false;
        for (cd_id u = 0; u < g->n_left; u++)
            for (cd_off p = g->off[u]; p < g->off[u + 1]; p++)
                if (distance[u] != CD_NONE && distance[g->adj[p]] > distance[u] + 1)
                    distance[g->adj[p]] = distance[u] + 1, changed = true;
    }
}

static void distances_are_those_of_relaxing(void **state)
{
    uint32_t expected[N], distance[N];
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        for (cd_id source = 0; source < g.n_left; source += 7) {
            cd_id reached, all = 0;
            slow_distances(&g, source, expected);
            assert_int_equal(cd_bfs(&g, source, &run, distance, &reached, &err), CD_OK);
            assert_memory_equal(distance, expected, g.n_left * sizeof *distance);
            for (cd_id v = 0; v < g.n_left; v++) all += expected[v] != CD_NONE;
            assert_int_equal(reached, all);
            assert_int_equal(cd_bfs_within(&g, source, number % 4, &run, distance, &reached, &err), CD_OK);
            for (cd_id v = 0; v < g.n_left; v++) {
                bool beyond = expected[v] != CD_NONE && expected[v] > number % 4;
                assert_int_equal(distance[v], beyond ? CD_NONE : expected[v]);
                all -= beyond;
            }
            assert_int_equal(reached, all);
        }
        cd_id reached;
        cd_err_clear(&err);
        assert_int_equal(cd_bfs(&g, g.n_left, &run, distance, &reached, &err), CD_EUSAGE);
        cd_err_clear(&err);
        cd_csr_release(&g);
    }
}

static void components_are_what_is_reached(void **state)
{
    uint32_t distance[N];
    cd_id component[N];
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        cd_components(&g, &run, component);
        for (cd_id v = 0; v < g.n_left; v++) {
            if (component[v] != v) continue;
            slow_distances(&g, v, distance);
            for (cd_id u = 0; u < g.n_left; u++) assert_int_equal(component[u] == v, distance[u] != CD_NONE);
            for (cd_id u = 0; u < v; u++) assert_true(distance[u] == CD_NONE);
        }
        for (cd_id v = 0; v < g.n_left; v++) assert_int_equal(component[component[v]], component[v]);
        cd_csr_release(&g);
    }
}

/* Takes whoever has fewest neighbours, one at a time. */
static void slow_cores(const cd_csr *g, uint32_t *core)
{
    uint32_t degree[N], level = 0;
    bool gone[N] = {false};
    for (cd_id v = 0; v < g->n_left; v++) degree[v] = cd_csr_degree(g, v);
    for (cd_id i = 0; i < g->n_left; i++) {
        cd_id least = CD_NONE;
        for (cd_id v = 0; v < g->n_left; v++)
            if (!gone[v] && (least == CD_NONE || degree[v] < degree[least])) least = v;
        level = degree[least] > level ? degree[least] : level;
        core[least] = level;
        gone[least] = true;
        for (cd_off p = g->off[least]; p < g->off[least + 1]; p++) degree[g->adj[p]] -= !gone[g->adj[p]];
    }
}

static void cores_are_those_of_peeling_one_by_one(void **state)
{
    uint32_t expected[N], core[N];
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        slow_cores(&g, expected);
        assert_int_equal(cd_cores(&g, &run, core, &err), CD_OK);
        assert_memory_equal(core, expected, g.n_left * sizeof *core);
        cd_csr_release(&g);
    }
}

/* Everyone below the thresholds goes, in rounds over all, until a round changes nothing. */
static void two_sided_cores_are_what_rounds_leave(void **state)
{
    bool in[2][N], slow[2][N];
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr rows[2];
        cd_run run = odd_run(1);
        odd_relation(number, &rows[0], &rows[1]);
        uint32_t least[2] = {number % 4, number / 4 % 4};
        bool changed = true;
        memset(slow, true, sizeof slow);
        while (changed) {
            changed = false;
            for (uint32_t s = 0; s < 2; s++)
                for (cd_id v = 0; v < rows[s].n_left; v++) {
                    uint32_t degree = 0;
                    for (cd_off p = rows[s].off[v]; p < rows[s].off[v + 1]; p++) degree += slow[1 - s][rows[s].adj[p]];
                    if (slow[s][v] && degree < least[s]) slow[s][v] = false, changed = true;
                }
        }
        assert_int_equal(cd_two_sided_core(&rows[0], &rows[1], least[0], least[1], &run, in[0], in[1], &err), CD_OK);
        for (uint32_t s = 0; s < 2; s++) assert_memory_equal(in[s], slow[s], rows[s].n_left);
        cd_csr_release(&rows[0]);
        cd_csr_release(&rows[1]);
    }
}

/* Ranks are the fixed point of their own equation, whoever found it: how far a step from them leads, in sum. */
static double one_step(const cd_csr *g, double damping, const double *rank)
{
    double stuck = 0, moved = 0;
    for (cd_id v = 0; v < g->n_left; v++) stuck += cd_csr_degree(g, v) == 0 ? rank[v] : 0;
    for (cd_id v = 0; v < g->n_left; v++) {
        double in = 0;
        for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) in += rank[g->adj[p]] / cd_csr_degree(g, g->adj[p]);
        moved += fabs(rank[v] - (1 - damping + damping * stuck) / g->n_left - damping * in);
    }
    return moved;
}

static void check_ranks(const cd_csr *g, cd_pagerank_options options, uint32_t threads, double *rank)
{
    cd_run run = odd_run(threads);
    cd_pagerank_report report;
    double sum = 0, rounding = 1e-14 / (1 - options.damping);
    cd_err err = {0};
    assert_int_equal(cd_pagerank(g, &options, &run, rank, &report, &err), CD_OK);
    assert_true(report.change <= options.tolerance);
    assert_true(one_step(g, options.damping, rank) <= 2 * options.tolerance);
    for (cd_id v = 0; v < g->n_left; v++) {
        assert_true(rank[v] > 0);
        sum += rank[v];
    }
    if (g->n_left > 0) assert_true(fabs(sum - 1) <= report.change * options.damping / (1 - options.damping) + rounding);
    /* Walkers alone need 180 rounds for this, and 30,000 where damping is 0.999. */
    assert_true(report.rounds <= (options.damping > 0.9 ? 150 : 45));
}

static void ranks_solve_their_equation(void **state)
{
    cd_pagerank_options options = {.damping = 0.85, .tolerance = 1e-13, .rounds = 1000};
    cd_pagerank_report report;
    double rank[2 * N], other[2 * N];
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number), by_left, by_right;
        options.damping = (const double[]){0.85, 0, 0.5, 0.999}[number / 4 % 4];
        options.tolerance = options.damping > 0.9 ? 1e-11 : 1e-13;
        check_ranks(&g, options, ODD_THREADS[number % THREADS], rank);
        odd_relation(number, &by_left, &by_right);
        cd_csr two = odd_two_sided(&by_left);
        cd_pagerank_options split = options;
        split.split = by_left.n_left;
        check_ranks(&two, options, 1, rank);
        check_ranks(&two, split, ODD_THREADS[number % THREADS], other);
        double apart = 0, bound = (2 * options.tolerance * options.damping + 1e-14) / (1 - options.damping);
        for (cd_id v = 0; v < two.n_left; v++) apart += fabs(rank[v] - other[v]);
        assert_true(apart <= bound);
        cd_csr_release(&g), cd_csr_release(&two), cd_csr_release(&by_left), cd_csr_release(&by_right);
    }
    options.damping = 1;
    cd_csr g = odd_graph(20);
    cd_run run = odd_run(1);
    assert_int_equal(cd_pagerank(&g, &options, &run, rank, &report, &err), CD_EUSAGE);
    cd_csr_release(&g);
}

/* However early it stops, the ranks are as near as it says. */
static void what_is_promised_of_ranks_is_kept(void **state)
{
    double rank[N], truth[N];
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_run run = odd_run(2);
        cd_pagerank_options options = {.damping = 0.85, .tolerance = 1e-15, .rounds = 1000};
        cd_pagerank_report report;
        assert_int_equal(cd_pagerank(&g, &options, &run, truth, &report, &err), CD_OK);
        options.tolerance = 0;
        for (options.rounds = 1; options.rounds <= 16; options.rounds *= 2) {
            double apart = 0;
            assert_int_equal(cd_pagerank(&g, &options, &run, rank, &report, &err), CD_OK);
            assert_true(report.rounds <= options.rounds);
            for (cd_id v = 0; v < g.n_left; v++) apart += fabs(rank[v] - truth[v]);
            assert_true(apart <= report.change * 0.85 / 0.15 + 1e-13);
        }
        cd_csr_release(&g);
    }
}

static void *block(size_t n, size_t size)
{
    void *p = calloc(n, size);
    assert_non_null(p);
    return p;
}

/* Large enough that threads meet: the same bytes however many they are. */
static void threads_do_not_show(void **state)
{
    enum { LARGE = 30000, EDGES = 200000, LEFT = 5000 };
    cd_csr g = odd_large_graph(7, LARGE, EDGES), by_left, by_right;
    uint32_t *first[3], *now[3];
    double *first_rank = block(LARGE, sizeof(double)), *rank = block(LARGE, sizeof(double));
    cd_pagerank_options options = {.damping = 0.85, .tolerance = 1e-9, .rounds = 30};
    cd_pagerank_report report;
    cd_err err = {0};
    cd_id reached;
    (void)state;
    odd_large_relation(8, LEFT, LARGE - LEFT, EDGES, &by_left, &by_right);
    cd_csr two = odd_two_sided(&by_left);
    for (uint32_t k = 0; k < 3; k++) first[k] = block(LARGE, sizeof(uint32_t)), now[k] = block(LARGE, sizeof(uint32_t));
    for (uint32_t t = 0; t < THREADS; t++) {
        cd_run run = odd_run(ODD_THREADS[t]);
        uint32_t **out = t == 0 ? first : now;
        assert_int_equal(cd_bfs(&g, 100, &run, out[0], &reached, &err), CD_OK);
        cd_components(&g, &run, out[1]);
        assert_int_equal(cd_cores(&g, &run, out[2], &err), CD_OK);
        assert_int_equal(cd_pagerank(&g, &options, &run, t == 0 ? first_rank : rank, &report, &err), CD_OK);
        for (uint32_t k = 0; k < 3 && t > 0; k++) assert_memory_equal(first[k], now[k], LARGE * sizeof(uint32_t));
        if (t > 0) assert_memory_equal(first_rank, rank, LARGE * sizeof(double));
    }
    options.split = LEFT;
    for (uint32_t t = 0; t < THREADS; t++) {
        cd_run run = odd_run(ODD_THREADS[t]);
        assert_int_equal(cd_pagerank(&two, &options, &run, t == 0 ? first_rank : rank, &report, &err), CD_OK);
        if (t > 0) assert_memory_equal(first_rank, rank, LARGE * sizeof(double));
    }
    for (uint32_t k = 0; k < 3; k++) free(first[k]), free(now[k]);
    free(first_rank), free(rank);
    cd_csr_release(&g), cd_csr_release(&two), cd_csr_release(&by_left), cd_csr_release(&by_right);
}

static void names_do_not_show(void **state)
{
    cd_id to[N], component[2][N], reached;
    uint32_t distance[2][N], core[2][N];
    double rank[2][N];
    cd_pagerank_options options = {.damping = 0.85, .tolerance = 1e-13, .rounds = 1000};
    cd_pagerank_report report;
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 3; number < ODD_GRAPHS; number++) {
        cd_run run = odd_run(2);
        cd_csr g[2] = {odd_graph(number)};
        cd_id n = g[0].n_left;
        odd_permutation(number, n, to);
        g[1] = odd_relabel(&g[0], to);
        for (uint32_t k = 0; k < 2; k++) {
            assert_int_equal(cd_bfs(&g[k], k ? to[0] : 0, &run, distance[k], &reached, &err), CD_OK);
            cd_components(&g[k], &run, component[k]);
            assert_int_equal(cd_cores(&g[k], &run, core[k], &err), CD_OK);
            assert_int_equal(cd_pagerank(&g[k], &options, &run, rank[k], &report, &err), CD_OK);
        }
        for (cd_id v = 0; v < n; v++) {
            assert_int_equal(distance[0][v], distance[1][to[v]]);
            assert_int_equal(core[0][v], core[1][to[v]]);
            assert_true(fabs(rank[0][v] - rank[1][to[v]]) < 1e-12);
            assert_int_equal(component[1][to[component[0][v]]], component[1][to[v]]);
        }
        cd_csr_release(&g[0]);
        cd_csr_release(&g[1]);
    }
}

static void turning_round_twice_is_the_same(void **state)
{
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr by_left, by_right, turned, back;
        cd_off *place;
        uint32_t threads = ODD_THREADS[number % THREADS];
        odd_relation(number, &by_left, &by_right);
        assert_int_equal(cd_csr_transpose(&by_left, threads, &turned, &place, &err), CD_OK);
        assert_int_equal(cd_csr_transpose(&turned, threads, &back, NULL, &err), CD_OK);
        assert_int_equal(cd_csr_check(&turned, &err), CD_OK);
        cd_off m = cd_csr_edges(&by_left);
        assert_memory_equal(turned.off, by_right.off, ((size_t)by_right.n_left + 1) * sizeof *turned.off);
        assert_memory_equal(turned.adj, by_right.adj, m * sizeof *turned.adj);
        assert_memory_equal(back.adj, by_left.adj, m * sizeof *back.adj);
        for (cd_id v = 0; v < turned.n_left; v++)
            for (cd_off p = turned.off[v]; p < turned.off[v + 1]; p++) {
                assert_int_equal(by_left.adj[place[p]], v);
                assert_true(by_left.off[turned.adj[p]] <= place[p] && place[p] < by_left.off[turned.adj[p] + 1]);
                assert_true(cd_csr_has(&by_left, turned.adj[p], v));
            }
        cd_pages_free(place, m, sizeof *place);
        cd_csr_release(&by_left), cd_csr_release(&by_right), cd_csr_release(&turned), cd_csr_release(&back);
    }
}

static void a_budget_is_kept(void **state)
{
    cd_csr g = odd_large_graph(1, 3000000, 300000);
    uint32_t *out = block(g.n_left, sizeof *out);
    cd_run run = {.threads = 2, .memory_bytes = 1 << 20};
    cd_err err = {0};
    cd_id reached;
    (void)state;
    assert_int_equal(cd_bfs(&g, 0, &run, out, &reached, &err), CD_EMEMORY);
    assert_string_equal(err.text,
                        "bfs needs 24 MB beside the graph and may take 1 MB; give it more with --memory");
    cd_err_clear(&err);
    assert_int_equal(cd_cores(&g, &run, out, &err), CD_EMEMORY);
    run.memory_bytes = cd_bfs_bytes(g.n_left);
    cd_err_clear(&err);
    cd_memory_mark();
    size_t before = cd_memory_now();
    assert_int_equal(cd_bfs(&g, 0, &run, out, &reached, &err), CD_OK);
    /* Two arrays, each rounded up to whole huge pages. */
    assert_true(cd_memory_peak() - before <= run.memory_bytes + ((size_t)4 << 20));
    free(out);
    cd_csr_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_relaxing),
        cmocka_unit_test(components_are_what_is_reached),
        cmocka_unit_test(cores_are_those_of_peeling_one_by_one),
        cmocka_unit_test(two_sided_cores_are_what_rounds_leave),
        cmocka_unit_test(ranks_solve_their_equation),
        cmocka_unit_test(what_is_promised_of_ranks_is_kept),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(names_do_not_show),
        cmocka_unit_test(turning_round_twice_is_the_same),
        cmocka_unit_test(a_budget_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
