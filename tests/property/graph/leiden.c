/* SPDX-License-Identifier: GPL-3.0-or-later
 * leiden.c: communities hang together, are as good as igraph's, and are worth what is said; the parts they are refined
 * into are well connected; neither threads nor numbers show. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/graph/igraph_bridge.h"
#include "engine/graph/leiden_inside.h"
#include "tests/support/odd_graph.h"

enum { N = ODD_MOST + 1, THREADS = 4, PLANTED = 30 };

static void *block(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    assert_non_null(p);
    return p;
}

/* One an entry, equal both ways, whatever the vertices are called. */
static uint32_t *some_weights(const cd_csr *g, const cd_id *name)
{
    uint32_t *weight = block(cd_csr_edges(g), sizeof *weight);
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) {
            cd_id a = name ? name[u] : u, b = name ? name[g->adj[p]] : g->adj[p];
            weight[p] = 1 + (a + b) * (a ^ b) % 9;
        }
    return weight;
}

/* The share of edges within communities less what chance would put there, community by community. */
static double slow_modularity(const cd_csr *g, const uint32_t *weight, double resolution, const cd_id *community)
{
    double *degrees = block(g->n_left, sizeof *degrees), twice = 0, q = 0;
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) {
            degrees[community[u]] += weight ? weight[p] : 1;
            twice += weight ? weight[p] : 1;
            if (community[u] == community[g->adj[p]]) q += weight ? weight[p] : 1;
        }
    q = twice > 0 ? q / twice : 0;
    for (cd_id c = 0; c < g->n_left && twice > 0; c++) q -= resolution * (degrees[c] / twice) * (degrees[c] / twice);
    free(degrees);
    return q;
}

/* Everyone is reached from the first member within the community. */
static void hangs_together(const cd_csr *g, const cd_id *community)
{
    cd_id *work = block(g->n_left, sizeof *work);
    bool *met = block(g->n_left, sizeof *met);
    for (cd_id v = 0; v < g->n_left; v++) {
        cd_id n = 0;
        if (community[v] != v) continue;
        work[n++] = v, met[v] = true;
        while (n > 0) {
            cd_id u = work[--n];
            for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) {
                cd_id to = g->adj[p];
                if (community[to] == v && !met[to]) met[to] = true, work[n++] = to;
            }
        }
    }
    for (cd_id v = 0; v < g->n_left; v++) assert_true(met[v] && community[v] <= v);
    free(work), free(met);
}

/* Groups of equal size, thick inside and thin between. */
static cd_csr planted(uint32_t number)
{
    cd_random r = cd_random_of(number, 0x9a7d, 0);
    cd_id groups = 3 + (cd_id)cd_random_below(&r, 20), size = 10 + (cd_id)cd_random_below(&r, 60), n = groups * size;
    uint32_t edges = n * (3 + (uint32_t)cd_random_below(&r, 12));
    uint64_t inside = 40 + cd_random_below(&r, 55); /* of a hundred */
    cd_id(*pairs)[2] = block(edges, sizeof *pairs);
    for (uint32_t i = 0; i < edges; i++) {
        cd_id u = (cd_id)cd_random_below(&r, n), v = (cd_id)cd_random_below(&r, n);
        if (cd_random_below(&r, 100) < inside) v = u % groups + groups * (v / groups);
        pairs[i][0] = u, pairs[i][1] = v;
    }
    cd_csr g = odd_csr(0, n, (const cd_id(*)[2])pairs, edges);
    free(pairs);
    return g;
}

static cd_csr some_graph(uint32_t number) { return number < ODD_GRAPHS ? odd_graph(number) : planted(number); }

static void communities_are_worth_what_is_said(void **state)
{
    static const double resolutions[] = {1, 0.37, 4, 1000, 1e-4};
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS + PLANTED; number += 1 + (number % 2)) {
        cd_csr g = some_graph(number);
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        uint32_t *weight = number % 3 ? some_weights(&g, NULL) : NULL;
        cd_id *community = block(g.n_left, sizeof *community), n = 0;
        cd_leiden_options options = {.resolution = resolutions[number % 5], .tries = 1};
        cd_leiden_report report;
        assert_int_equal(cd_leiden(&g, weight, NULL, &options, &run, community, &report, &err), CD_OK);
        hangs_together(&g, community);
        assert_true(fabs(report.modularity - slow_modularity(&g, weight, options.resolution, community)) <
                    1e-12 * (1 + options.resolution));
        for (cd_id v = 0; v < g.n_left; v++) n += community[v] == v;
        assert_int_equal(n, report.communities);
        free(community), free(weight);
        cd_csr_release(&g);
    }
}

static void they_are_as_good_as_those_of_igraph(void **state)
{
    double ours = 0, theirs = 0;
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS + PLANTED; number += number < ODD_GRAPHS ? 9 : 1) {
        cd_csr g = some_graph(number);
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        uint32_t *weight = number % 2 ? some_weights(&g, NULL) : NULL;
        cd_id *community = block(g.n_left, sizeof *community);
        cd_leiden_options options = {.resolution = 1};
        cd_leiden_report report;
        double q;
        assert_int_equal(cd_igraph_leiden(&g, weight, 1, 4, &run, community, &q, &err), CD_OK);
        assert_int_equal(cd_leiden(&g, weight, NULL, &options, &run, community, &report, &err), CD_OK);
        assert_true(report.modularity >= q * 0.995 - 1e-9);
        ours += report.modularity, theirs += q;
        free(community), free(weight);
        cd_csr_release(&g);
    }
    assert_true(ours >= theirs);
}

typedef struct {
    const cd_csr *g;
    const cd_id *member;
    cd_id n;
    double resolution, twice;
    signed char known[1 << 12]; /* per set of members: 0 not yet, 1 it is, -1 it is not */
} part_of_graph;

static bool well_connected_cut(const part_of_graph *s, uint32_t a, uint32_t b)
{
    double across = 0, degree_a = 0, degree_b = 0;
    for (cd_id i = 0; i < s->n; i++) {
        cd_id degree = cd_csr_degree(s->g, s->member[i]);
        degree_a += a >> i & 1 ? degree : 0;
        degree_b += b >> i & 1 ? degree : 0;
        for (cd_id k = 0; k < s->n; k++)
            if (a >> i & 1 && b >> k & 1) across += cd_csr_has(s->g, s->member[i], s->member[k]);
    }
    return across * s->twice >= s->resolution * degree_a * degree_b;
}

/* By the paper's definition: one vertex, or two well connected sets with enough between them. */
static bool is_well_connected(part_of_graph *s, uint32_t set)
{
    if ((set & (set - 1)) == 0) return true;
    if (s->known[set]) return s->known[set] > 0;
    bool is = false;
    for (uint32_t a = (set - 1) & set; a > 0 && !is; a = (a - 1) & set)
        is = well_connected_cut(s, a, set & ~a) && is_well_connected(s, a) && is_well_connected(s, set & ~a);
    s->known[set] = is ? 1 : -1;
    return is;
}

/* Refines one community of everyone, or two halves of them. */
static void parts_are_well_connected(void **state)
{
    static const uint64_t resolutions[] = {1, 2, 5};
    cd_id member[N], part[N], of[N];
    uint64_t totals[N], part_total[N], degree[N];
    part_of_graph *s = block(1, sizeof *s);
    uint32_t checked = 0;
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        cd_leiden_scratch scratch[8];
        for (uint32_t t = 0; t < 8; t++) scratch[t] = (cd_leiden_scratch){block(N, sizeof(uint64_t)), block(N, sizeof(cd_id))};
        cd_leiden_net net = {.n = g.n_left, .off = g.off, .adj = g.adj, .degree = degree};
        cd_leiden_work work = {.run = &run, .threads = run.threads, .unit = cd_csr_edges(&g), .twice = cd_csr_edges(&g),
                               .resolution = resolutions[number % 3], .scratch = scratch};
        cd_leiden_parts parts = {.of = of, .total = totals};
        memset(totals, 0, sizeof totals);
        for (cd_id v = 0; v < g.n_left; v++) {
            of[v] = number % 4 ? v % 2 % g.n_left : 0;
            degree[v] = cd_csr_degree(&g, v);
            totals[of[v]] += degree[v];
        }
        assert_int_equal(cd_leiden_refine(&net, &work, &parts, part, part_total, &err), CD_OK);
        for (cd_id c = 0; c < g.n_left; c++) {
            *s = (part_of_graph){.g = &g, .member = member, .resolution = (double)work.resolution, .twice = (double)work.twice};
            for (cd_id v = 0; v < g.n_left; v++) {
                if (part[v] != c) continue;
                assert_int_equal(of[v], of[c]);
                member[s->n++] = v;
            }
            if (s->n < 2 || s->n > 11) continue;
            assert_true(is_well_connected(s, (1u << s->n) - 1));
            checked++;
        }
        for (uint32_t t = 0; t < 8; t++) free(scratch[t].sum), free(scratch[t].met);
        cd_csr_release(&g);
    }
    assert_true(checked > 300);
    free(s);
}

/* Large enough for many batches, with hubs: the same bytes however many threads there are. */
static void threads_do_not_show(void **state)
{
    enum { LARGE = 20000, EDGES = 100000 };
    cd_csr g = odd_large_graph(7, LARGE, EDGES);
    cd_id *first = block(LARGE, sizeof *first), *now = block(LARGE, sizeof *now);
    cd_leiden_options options = {.resolution = 1, .tries = 2};
    cd_leiden_report report, report_first;
    cd_err err = {0};
    (void)state;
    for (uint32_t weighted = 0; weighted < 2; weighted++) {
        uint32_t *weight = weighted ? some_weights(&g, NULL) : NULL;
        for (uint32_t t = 0; t < THREADS; t++) {
            cd_run run = odd_run(ODD_THREADS[t]);
            assert_int_equal(cd_leiden(&g, weight, NULL, &options, &run, t ? now : first, &report, &err), CD_OK);
            if (t == 0) report_first = report;
            if (t > 0) assert_memory_equal(first, now, LARGE * sizeof *now);
            assert_true(report.modularity == report_first.modularity);
        }
        hangs_together(&g, first);
        assert_true(fabs(report.modularity - slow_modularity(&g, weight, 1, first)) < 1e-12);
        free(weight);
    }
    free(first), free(now);
    cd_csr_release(&g);
}

static void names_do_not_show_where_places_are_given(void **state)
{
    cd_id to[N], by[2][N], community[2][N];
    cd_leiden_options options = {.resolution = 1, .tries = 2};
    cd_leiden_report report[2];
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 3; number < ODD_GRAPHS; number += 3) {
        cd_csr g[2] = {odd_graph(number)};
        cd_id n = g[0].n_left, place[N];
        odd_permutation(number, n, to);
        odd_permutation(number + 1000, n, by[0]);
        g[1] = odd_relabel(&g[0], to);
        for (cd_id v = 0; v < n; v++) place[to[v]] = v, by[1][to[v]] = by[0][v];
        for (uint32_t k = 0; k < 2; k++) {
            cd_run run = odd_run(2);
            uint32_t *weight = some_weights(&g[k], k ? place : NULL);
            assert_int_equal(cd_leiden(&g[k], weight, by[k], &options, &run, community[k], &report[k], &err), CD_OK);
            free(weight);
        }
        assert_true(report[0].modularity == report[1].modularity);
        for (cd_id v = 0; v < n; v++) {
            assert_int_equal(community[1][to[v]], to[community[0][v]]);
            assert_true(by[0][community[0][v]] <= by[0][v]);
        }
        cd_csr_release(&g[0]), cd_csr_release(&g[1]);
    }
}

static bool stop_at_once(void *context, const cd_progress_state *state)
{
    (void)context, (void)state;
    return false;
}

static void what_cannot_be_is_told(void **state)
{
    cd_csr g = odd_large_graph(2, 20000, 60000);
    cd_id *community = block(g.n_left, sizeof *community);
    cd_run run = odd_run(2);
    cd_leiden_options options = {.resolution = 0};
    cd_leiden_report report;
    cd_err err = {0};
    cd_progress progress = {.step = stop_at_once};
    (void)state;
    assert_int_equal(cd_leiden(&g, NULL, NULL, &options, &run, community, &report, &err), CD_EUSAGE);
    assert_string_equal(err.text, "a resolution of 0 is not above 0");
    cd_err_clear(&err);
    options.resolution = 1e18;
    assert_int_equal(cd_leiden(&g, NULL, NULL, &options, &run, community, &report, &err), CD_EUSAGE);
    cd_err_clear(&err);
    options.resolution = 1;
    run.memory_bytes = 1 << 20;
    assert_int_equal(cd_leiden(&g, NULL, NULL, &options, &run, community, &report, &err), CD_EMEMORY);
    cd_err_clear(&err);
    run.memory_bytes = 0;
    run.progress = &progress;
    assert_int_equal(cd_leiden(&g, NULL, NULL, &options, &run, community, &report, &err), CD_ESTOPPED);
    free(community);
    cd_csr_release(&g);
}

static void every_request_for_memory_may_fail(void **state)
{
    cd_csr g = odd_graph(9);
    cd_id *community = block(g.n_left, sizeof *community), *place = block(g.n_left, sizeof *place);
    uint32_t *weight = some_weights(&g, NULL);
    cd_run run = odd_run(2);
    cd_leiden_options options = {.resolution = 1, .tries = 2};
    cd_leiden_report report;
    size_t before = cd_memory_now();
    bool failed = true;
    (void)state;
    odd_permutation(1, g.n_left, place);
    for (int64_t k = 0; failed; k++) {
        cd_err err = {0};
        cd_memory_fail_at(k);
        cd_status st = cd_leiden(&g, weight, place, &options, &run, community, &report, &err);
        failed = cd_memory_failed();
        cd_memory_fail_at(-1);
        assert_int_equal(st, failed ? CD_EMEMORY : CD_OK);
        assert_int_equal(cd_memory_now(), before);
    }
    free(community), free(place), free(weight);
    cd_csr_release(&g);
}

/* Each array is rounded up to whole huge pages. */
static void it_takes_no_more_than_it_says(void **state)
{
    cd_csr g = odd_large_graph(1, 400000, 2000000);
    cd_id *community = block(g.n_left, sizeof *community);
    cd_run run = odd_run(2);
    cd_leiden_options options = {.resolution = 1};
    cd_leiden_report report;
    cd_err err = {0};
    (void)state;
    cd_memory_mark();
    size_t before = cd_memory_now();
    assert_int_equal(cd_leiden(&g, NULL, NULL, &options, &run, community, &report, &err), CD_OK);
    assert_true(cd_memory_peak() - before <= cd_leiden_bytes(&g, run.threads) + ((size_t)40 << 20));
    free(community);
    cd_csr_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(communities_are_worth_what_is_said),
        cmocka_unit_test(they_are_as_good_as_those_of_igraph),
        cmocka_unit_test(parts_are_well_connected),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(names_do_not_show_where_places_are_given),
        cmocka_unit_test(what_cannot_be_is_told),
        cmocka_unit_test(every_request_for_memory_may_fail),
        cmocka_unit_test(it_takes_no_more_than_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
