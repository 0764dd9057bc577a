/* SPDX-License-Identifier: GPL-3.0-or-later
 * central.c: closeness and betweenness against igraph's and against all distances there are, on graphs of odd shapes,
 * under other names and with any number of threads; betweenness drawn at random against the error it promises. */
#include <igraph.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/graph/bfs.h"
#include "engine/graph/betweenness.h"
#include "engine/graph/closeness.h"
#include "tests/support/odd_graph.h"

enum { N = ODD_MOST + 1, THREADS = 4 };

static igraph_t theirs_of(const cd_csr *g)
{
    igraph_vector_int_t ends;
    igraph_t graph;
    igraph_integer_t n = 0;
    assert_int_equal(igraph_vector_int_init(&ends, (igraph_integer_t)cd_csr_edges(g)), IGRAPH_SUCCESS);
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++)
            if (u < g->adj[p]) VECTOR(ends)[n++] = u, VECTOR(ends)[n++] = g->adj[p];
    assert_int_equal(igraph_create(&graph, &ends, (igraph_integer_t)g->n_left, IGRAPH_UNDIRECTED), IGRAPH_SUCCESS);
    igraph_vector_int_destroy(&ends);
    return graph;
}

/* By walks of our own, one a source, which have tests of theirs. */
static void measure_slowly(const cd_csr *g, cd_id source, cd_closeness *out)
{
    uint32_t distance[N];
    cd_run run = odd_run(1);
    cd_err err = {0};
    cd_id reached;
    assert_int_equal(cd_bfs(g, source, &run, distance, &reached, &err), CD_OK);
    *out = (cd_closeness){.reached = reached - 1};
    for (cd_id v = 0; v < g->n_left; v++) {
        if (distance[v] == CD_NONE || v == source) continue;
        out->far += distance[v];
        out->most = distance[v] > out->most ? distance[v] : out->most;
        out->harmonic += 1.0 / distance[v];
    }
}

static void closeness_is_that_of_all_distances(void **state)
{
    cd_id sources[N];
    cd_closeness slow, fast[N];
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        cd_id n = g.n_left;
        odd_permutation(number, n, sources);
        assert_int_equal(cd_closeness_of(&g, sources, n, &run, fast, &err), CD_OK);
        for (cd_id i = 0; i < n; i++) {
            measure_slowly(&g, sources[i], &slow);
            assert_true(slow.far == fast[i].far && slow.reached == fast[i].reached && slow.most == fast[i].most);
            assert_true(fabs(slow.harmonic - fast[i].harmonic) < 1e-12 * (1 + slow.harmonic));
        }
        sources[0] = n;
        assert_int_equal(cd_closeness_of(&g, sources, 1, &run, fast, &err), CD_EUSAGE);
        cd_err_clear(&err);
        cd_csr_release(&g);
    }
}

/* A star whose leaves come to all others at once: more than a tally counts before it settles. */
static void all_may_be_reached_at_once(void **state)
{
    enum { LEAVES = 1000 };
    static cd_id pairs[LEAVES][2], sources[LEAVES];
    static cd_closeness of[LEAVES];
    cd_run run = odd_run(1);
    cd_err err = {0};
    (void)state;
    for (cd_id i = 0; i < LEAVES; i++) pairs[i][1] = sources[i] = i + 1;
    cd_csr g = odd_csr(0, LEAVES + 1, (const cd_id(*)[2])pairs, LEAVES);
    assert_int_equal(cd_closeness_of(&g, sources, LEAVES, &run, of, &err), CD_OK);
    for (cd_id i = 0; i < LEAVES; i++) {
        assert_int_equal(of[i].reached, LEAVES);
        assert_int_equal(of[i].far, 1 + 2 * (LEAVES - 1));
        assert_int_equal(of[i].most, 2);
    }
    cd_csr_release(&g);
}

/* More sources than go at once. */
static void closeness_is_igraphs_at_any_number_of_threads(void **state)
{
    enum { LARGE = 3000, EDGES = 6000 };
    cd_csr g = odd_large_graph(11, LARGE, EDGES);
    igraph_t graph = theirs_of(&g);
    igraph_vector_t close, harmonic, reached;
    cd_id *sources = calloc(LARGE, sizeof *sources);
    cd_closeness *now = calloc(LARGE, sizeof *now), *first = calloc(LARGE, sizeof *first);
    cd_err err = {0};
    (void)state;
    assert_true(sources && now && first);
    igraph_vector_init(&close, 0), igraph_vector_init(&harmonic, 0), igraph_vector_init(&reached, 0);
    assert_int_equal(igraph_closeness(&graph, &close, NULL, NULL, igraph_vss_all(), IGRAPH_ALL, NULL, true),
                     IGRAPH_SUCCESS);
    assert_int_equal(igraph_harmonic_centrality(&graph, &harmonic, igraph_vss_all(), IGRAPH_ALL, NULL, true),
                     IGRAPH_SUCCESS);
    for (cd_id v = 0; v < LARGE; v++) sources[v] = v;
    for (uint32_t t = 0; t < THREADS; t++) {
        cd_run run = odd_run(ODD_THREADS[t]);
        cd_closeness *out = t ? now : first;
        assert_int_equal(cd_closeness_of(&g, sources, LARGE, &run, out, &err), CD_OK);
        assert_memory_equal(out, first, LARGE * sizeof *out);
    }
    for (cd_id v = 0; v < LARGE; v++) {
        assert_true(fabs(VECTOR(harmonic)[v] - first[v].harmonic / (LARGE - 1)) < 1e-12);
        if (first[v].far == 0) assert_true(isnan(VECTOR(close)[v]));
        else assert_true(fabs(VECTOR(close)[v] - (double)first[v].reached / (double)first[v].far) < 1e-12);
    }
    igraph_vector_destroy(&close), igraph_vector_destroy(&harmonic), igraph_vector_destroy(&reached);
    igraph_destroy(&graph);
    free(sources), free(now), free(first);
    cd_csr_release(&g);
}

static void betweenness_is_igraphs(void **state)
{
    double between[N];
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        igraph_t graph = theirs_of(&g);
        igraph_vector_t theirs;
        igraph_vector_init(&theirs, 0);
        assert_int_equal(igraph_betweenness(&graph, &theirs, igraph_vss_all(), false, NULL), IGRAPH_SUCCESS);
        assert_int_equal(cd_betweenness(&g, &run, between, &err), CD_OK);
        for (cd_id v = 0; v < g.n_left; v++)
            assert_true(fabs(between[v] - VECTOR(theirs)[v]) < 1e-9 * (1 + between[v]));
        igraph_vector_destroy(&theirs);
        igraph_destroy(&graph);
        cd_csr_release(&g);
    }
}

/* As many samples as the theorem asks for, and no shortest path longer than was said. */
static void check_samples(const cd_csr *g, const cd_between_options *o, const cd_between_report *report)
{
    uint32_t dimension = 0, longest = 0;
    for (cd_id v = 0; v < g->n_left; v++) {
        cd_closeness c;
        measure_slowly(g, v, &c);
        longest = c.most + 1 > longest ? c.most + 1 : longest;
    }
    assert_true(report->longest >= longest && report->longest <= 2 * longest);
    if (report->longest <= 2) {
        assert_int_equal(report->samples, 0);
        return;
    }
    while (1u << dimension <= report->longest - 2) dimension++;
    double samples = 0.5 / (o->error * o->error) * (dimension + log(1 / o->chance));
    assert_true((double)report->samples >= samples - 1e-3 && (double)report->samples < samples + 1.001);
}

static void drawn_shares_are_as_near_as_promised(void **state)
{
    static const cd_between_options WRONG[] = {{.chance = 0.1}, {.error = 0.1}, {.error = 0.1, .chance = 1}};
    double between[N];
    uint64_t hits[N];
    cd_id place[N];
    cd_between_report report;
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_id n = g.n_left;
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        cd_between_options o = {.error = number % 2 ? 0.05 : 0.1, .chance = 1e-6, .place = place};
        odd_permutation(number, n, place);
        assert_int_equal(cd_betweenness(&g, &run, between, &err), CD_OK);
        assert_int_equal(cd_between_sampled(&g, &o, &run, hits, &report, &err), CD_OK);
        assert_true(report.error <= o.error);
        check_samples(&g, &o, &report);
        for (cd_id v = 0; v < n; v++) {
            double share = n > 1 ? between[v] / (n * (n - 1.0) / 2) : 0;
            double drawn = report.samples ? (double)hits[v] / (double)report.samples : 0;
            assert_true(fabs(share - drawn) <= report.error);
            assert_true((share == 0) == (hits[v] == 0) || share * (double)report.samples < 20);
        }
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(cd_between_sampled(&g, &WRONG[i], &run, hits, &report, &err), CD_EUSAGE);
            cd_err_clear(&err);
        }
        cd_csr_release(&g);
    }
}

/* One way through a, x and three through b, c, d and y, then the same back to front, with leaves at both ends: whoever
 * more ways lead through is drawn more often. */
static void ways_are_drawn_by_how_many_they_are(void **state)
{
    enum { LEAVES = 20, LINKS = 2, N_LINK = 7, VERTICES = LINKS * N_LINK + 1 + 2 * LEAVES };
    static const cd_id LINK[][2] = {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 5}, {2, 6}, {3, 6}, {4, 6}, {5, 7}, {6, 7}};
    cd_id pairs[LINKS * 10 + 2 * LEAVES][2], place[VERTICES], n = 0;
    uint64_t hits[VERTICES];
    double between[VERTICES];
    cd_between_options o = {.error = 0.01, .chance = 0.01, .place = place};
    cd_between_report report;
    cd_run run = odd_run(2);
    cd_err err = {0};
    (void)state;
    for (cd_id link = 0; link < LINKS; link++)
        for (uint32_t i = 0; i < 10; i++, n++)
            for (uint32_t k = 0; k < 2; k++) pairs[n][k] = link ? 2 * N_LINK - LINK[i][k] : LINK[i][k];
    for (cd_id i = 0; i < 2 * LEAVES; i++, n++)
        pairs[n][0] = i % 2 * LINKS * N_LINK, pairs[n][1] = LINKS * N_LINK + 1 + i;
    cd_csr g = odd_csr(0, VERTICES, (const cd_id(*)[2])pairs, n);
    for (cd_id v = 0; v < VERTICES; v++) place[v] = v;
    assert_int_equal(cd_betweenness(&g, &run, between, &err), CD_OK);
    assert_int_equal(cd_between_sampled(&g, &o, &run, hits, &report, &err), CD_OK);
    for (cd_id v = 0; v < VERTICES; v++) {
        double share = between[v] / (VERTICES * (VERTICES - 1.0) / 2);
        assert_true(fabs((double)hits[v] / (double)report.samples - share) <= 0.01);
    }
    cd_csr_release(&g);
}

static void names_and_threads_do_not_show(void **state)
{
    enum { LARGE = 2000, EDGES = 5000 };
    cd_csr g[2] = {odd_large_graph(4, LARGE, EDGES)};
    cd_id *to = calloc(LARGE, sizeof *to), *place[2] = {calloc(LARGE, sizeof *to), calloc(LARGE, sizeof *to)};
    uint64_t *hits[2] = {calloc(LARGE, sizeof **hits), calloc(LARGE, sizeof **hits)};
    double *between[2] = {calloc(LARGE, sizeof **between), calloc(LARGE, sizeof **between)};
    double *first = calloc(LARGE, sizeof *first);
    cd_between_report report;
    cd_err err = {0};
    (void)state;
    assert_true(to && place[0] && place[1] && hits[0] && hits[1] && between[0] && between[1] && first);
    odd_permutation(5, LARGE, to);
    g[1] = odd_relabel(&g[0], to);
    for (cd_id v = 0; v < LARGE; v++) place[0][v] = place[1][to[v]] = v;
    for (uint32_t t = 0; t < THREADS; t++) {
        cd_run run = odd_run(ODD_THREADS[t]);
        for (uint32_t i = 0; i < 2; i++) {
            cd_between_options o = {.error = 0.05, .chance = 0.01, .place = place[i]};
            assert_int_equal(cd_between_sampled(&g[i], &o, &run, hits[i], &report, &err), CD_OK);
            assert_int_equal(cd_betweenness(&g[i], &run, between[i], &err), CD_OK);
        }
        if (t == 0) memcpy(first, between[0], LARGE * sizeof *first);
        assert_memory_equal(first, between[0], LARGE * sizeof *first);
        for (cd_id v = 0; v < LARGE; v++) {
            assert_int_equal(hits[0][v], hits[1][to[v]]);
            assert_true(fabs(between[0][v] - between[1][to[v]]) < 1e-9 * (1 + between[0][v]));
        }
    }
    free(to), free(first);
    for (uint32_t i = 0; i < 2; i++) {
        free(place[i]), free(hits[i]), free(between[i]);
        cd_csr_release(&g[i]);
    }
}

typedef struct {
    const cd_csr *g;
    cd_run run;
    cd_id *numbers;
    cd_closeness *far;
    double *between;
    uint64_t *hits;
} asking;

static cd_status ask(asking *a, uint32_t kernel, cd_err *err)
{
    cd_between_options o = {.error = 0.1, .chance = 0.1, .place = a->numbers};
    cd_between_report report;
    if (kernel == 0) return cd_closeness_of(a->g, a->numbers, 300, &a->run, a->far, err);
    if (kernel == 1) return cd_betweenness(a->g, &a->run, a->between, err);
    return cd_between_sampled(a->g, &o, &a->run, a->hits, &report, err);
}

static void what_it_takes_is_asked_for(void **state)
{
    enum { SMALL = 1000, LARGE = 200000 };
    (void)state;
    for (uint32_t kernel = 0; kernel < 3; kernel++) {
        cd_id n = kernel == 1 ? SMALL : LARGE;
        cd_csr g = odd_large_graph(3, n, 3 * n);
        asking a = {.g = &g, .run = odd_run(2), .numbers = calloc(n, sizeof *a.numbers),
                    .far = calloc(n, sizeof *a.far), .between = calloc(n, sizeof *a.between),
                    .hits = calloc(n, sizeof *a.hits)};
        size_t bytes = kernel == 0   ? cd_closeness_bytes(n)
                       : kernel == 1 ? cd_betweenness_bytes(n, 2)
                                     : cd_between_sampled_bytes(n, 2);
        bool failed = true;
        cd_err err = {0};
        assert_true(a.numbers && a.far && a.between && a.hits);
        for (cd_id v = 0; v < n; v++) a.numbers[v] = v;
        a.run.memory_bytes = bytes - 1;
        assert_int_equal(ask(&a, kernel, &err), CD_EMEMORY);
        a.run.memory_bytes = bytes;
        size_t before = cd_memory_now();
        cd_memory_mark();
        for (int64_t k = 0; failed; k++) {
            cd_memory_fail_at(k);
            cd_err_clear(&err);
            cd_status st = ask(&a, kernel, &err);
            failed = cd_memory_failed();
            cd_memory_fail_at(-1);
            assert_int_equal(st, failed ? CD_EMEMORY : CD_OK);
            assert_int_equal(cd_memory_now(), before);
        }
        /* Up to fifteen arrays of whole huge pages. */
        assert_true(cd_memory_peak() - before <= bytes + ((size_t)30 << 20));
        free(a.numbers), free(a.far), free(a.between), free(a.hits);
        cd_csr_release(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closeness_is_that_of_all_distances),
        cmocka_unit_test(all_may_be_reached_at_once),
        cmocka_unit_test(closeness_is_igraphs_at_any_number_of_threads),
        cmocka_unit_test(betweenness_is_igraphs),
        cmocka_unit_test(drawn_shares_are_as_near_as_promised),
        cmocka_unit_test(ways_are_drawn_by_how_many_they_are),
        cmocka_unit_test(names_and_threads_do_not_show),
        cmocka_unit_test(what_it_takes_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
