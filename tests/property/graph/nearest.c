/* SPDX-License-Identifier: GPL-3.0-or-later
 * nearest.c: personalised pagerank from one against its own equation, from many against one after the other, and each
 * value against the error that is promised, on graphs of odd shapes, under other names, with any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/graph/push.h"
#include "tests/support/odd_graph.h"

enum { N = ODD_MOST + 1, THREADS = 4, K = 5 };

/* A walker from `source`, let walk until nothing changes; who cannot go on starts anew at once. */
static void walk_slowly(const cd_csr *g, cd_id source, double damping, double *near)
{
    double next[N];
    for (cd_id v = 0; v < g->n_left; v++) near[v] = v == source;
    for (uint32_t round = 0; cd_csr_degree(g, source) > 0 && round < 400; round++) {
        for (cd_id v = 0; v < g->n_left; v++) next[v] = v == source ? 1 - damping : 0;
        for (cd_id u = 0; u < g->n_left; u++)
            for (cd_off p = g->off[u]; p < g->off[u + 1]; p++)
                next[g->adj[p]] += damping * near[u] / cd_csr_degree(g, u);
        memcpy(near, next, g->n_left * sizeof *near);
    }
}

static void one_is_as_near_as_walking_says(void **state)
{
    double slow[N], near[N], owed;
    cd_err err = {0};
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_run run = odd_run(1);
        cd_push_options o = {.damping = 0.85, .tolerance = (const double[]){1e-3, 1e-5, 1e-12}[number % 3]};
        for (cd_id source = 0; source < g.n_left; source += 11) {
            double sum = 0, apart = 0;
            walk_slowly(&g, source, o.damping, slow);
            assert_int_equal(cd_push(&g, source, &o, &run, near, &owed, &err), CD_OK);
            for (cd_id v = 0; v < g.n_left; v++) {
                assert_true(near[v] <= slow[v] + 1e-13);
                sum += near[v], apart += slow[v] - near[v];
            }
            assert_true(fabs(sum - (1 - owed)) < 1e-12);
            assert_true(apart <= owed + 1e-12);
        }
        cd_csr_release(&g);
    }
}

typedef struct {
    cd_near out[N * K];
    uint32_t n_out[N];
    double owed[N];
} answers;

static void ask(const cd_csr *g, const cd_id *sources, cd_id n, const cd_push_each_options *o, uint32_t threads,
                answers *a)
{
    cd_run run = odd_run(threads);
    cd_err err = {0};
    memset(a, 0, sizeof *a);
    assert_int_equal(cd_push_each(g, sources, n, o, &run, a->out, a->n_out, a->owed, &err), CD_OK);
}

/* The k best of one, chosen one after the other. */
static uint32_t choose_slowly(const cd_csr *g, cd_id source, const cd_push_each_options *o, cd_id *best, double *value)
{
    double near[N], owed;
    uint32_t n = 0;
    cd_err err = {0};
    cd_run run = odd_run(1);
    assert_int_equal(cd_push(g, source, &o->push, &run, near, &owed, &err), CD_OK);
    for (cd_id v = 0; v < g->n_left; v++)
        near[v] = v < o->from || v >= o->to || v == source ? 0 : cd_round_digits(near[v]);
    for (; n < o->k; n++) {
        cd_id found = CD_NONE;
        for (cd_id v = 0; v < g->n_left; v++)
            if (near[v] > 0 && (found == CD_NONE || near[v] > near[found] ||
                                (near[v] == near[found] && o->place[v] < o->place[found])))
                found = v;
        if (found == CD_NONE) break;
        best[n] = found, value[n] = near[found], near[found] = 0;
    }
    return n;
}

static void the_nearest_of_many_are_those_of_each(void **state)
{
    static answers a, b;
    cd_id all[N], place[N], best[K];
    double value[K], slow[N];
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr g = odd_graph(number);
        cd_id n = g.n_left;
        cd_push_each_options o = {.push = {.damping = 0.85, .tolerance = number % 2 ? 1e-4 : 1e-9}, .k = 1 + number % K,
                                  .from = number % 4 ? 0 : n / 2, .to = n, .place = place};
        for (cd_id v = 0; v < n; v++) all[v] = v;
        odd_permutation(number, n, place);
        ask(&g, all, n, &o, ODD_THREADS[number % THREADS], &a);
        ask(&g, all, n, &o, 2, &b);
        assert_memory_equal(&a, &b, sizeof a);
        for (cd_id u = 0; u < n; u++) {
            assert_int_equal(choose_slowly(&g, u, &o, best, value), a.n_out[u]);
            walk_slowly(&g, u, o.push.damping, slow);
            for (uint32_t i = 0; i < a.n_out[u]; i++) {
                const cd_near *near = &a.out[u * o.k + i];
                assert_int_equal(near->vertex, best[i]);
                assert_true(near->near == value[i]);
                assert_true(slow[near->vertex] >= near->near * (1 - 1e-8) - 1e-13);
                assert_true(slow[near->vertex] <= near->near + near->error * (1 + 1e-8) + near->near * 1e-8);
            }
        }
        cd_csr_release(&g);
    }
}

/* Equal ones are told apart by their places alone: under other names the same are listed. */
static void names_do_not_show(void **state)
{
    static answers a[2];
    cd_id to[N], all[N], place[2][N];
    (void)state;
    for (uint32_t number = 3; number < ODD_GRAPHS; number++) {
        cd_csr g[2] = {odd_graph(number)};
        cd_id n = g[0].n_left;
        odd_permutation(number, n, to);
        g[1] = odd_relabel(&g[0], to);
        for (cd_id v = 0; v < n; v++) place[0][v] = place[1][to[v]] = v;
        for (uint32_t i = 0; i < 2; i++) {
            cd_push_each_options o = {.push = {.damping = 0.85, .tolerance = 1e-7}, .k = K, .to = n, .place = place[i]};
            for (cd_id v = 0; v < n; v++) all[v] = i ? to[v] : v;
            ask(&g[i], all, n, &o, 2, &a[i]);
        }
        for (cd_id v = 0; v < n; v++) {
            assert_int_equal(a[0].n_out[v], a[1].n_out[v]);
            for (uint32_t i = 0; i < a[0].n_out[v]; i++) {
                const cd_near *x = &a[0].out[v * K + i], *y = &a[1].out[v * K + i];
                assert_int_equal(to[x->vertex], y->vertex);
                assert_true(fabs(x->near - y->near) < 1e-9 && x->error == y->error);
            }
        }
        cd_csr_release(&g[0]), cd_csr_release(&g[1]);
    }
}

static void what_it_takes_is_asked_for(void **state)
{
    enum { LARGE = 300000, EDGES = 900000, SOURCES = 100 };
    cd_csr g = odd_large_graph(1, LARGE, EDGES);
    cd_id sources[SOURCES], *place = calloc(LARGE, sizeof *place);
    static cd_near out[SOURCES * K];
    uint32_t n_out[SOURCES];
    double owed[SOURCES];
    cd_run run = odd_run(2);
    cd_push_each_options o = {.push = {.damping = 0.85, .tolerance = 1e-5}, .k = K, .to = LARGE, .place = place};
    cd_err err = {0};
    bool failed = true;
    (void)state;
    assert_non_null(place);
    for (cd_id v = 0; v < LARGE; v++) place[v] = v;
    for (uint32_t i = 0; i < SOURCES; i++) sources[i] = i * 31;
    run.memory_bytes = cd_push_each_bytes(LARGE, 2) - 1;
    assert_int_equal(cd_push_each(&g, sources, SOURCES, &o, &run, out, n_out, owed, &err), CD_EMEMORY);
    run.memory_bytes++;
    size_t before = cd_memory_now();
    cd_memory_mark();
    for (int64_t k = 0; failed; k++) {
        cd_memory_fail_at(k);
        cd_err_clear(&err);
        cd_status st = cd_push_each(&g, sources, SOURCES, &o, &run, out, n_out, owed, &err);
        failed = cd_memory_failed();
        cd_memory_fail_at(-1);
        assert_int_equal(st, failed ? CD_EMEMORY : CD_OK);
        assert_int_equal(cd_memory_now(), before);
    }
    /* Eight arrays of whole huge pages. */
    assert_true(cd_memory_peak() - before <= run.memory_bytes + ((size_t)16 << 20));
    cd_err_clear(&err);
    sources[0] = LARGE;
    assert_int_equal(cd_push_each(&g, sources, 1, &o, &run, out, n_out, owed, &err), CD_EUSAGE);
    cd_err_clear(&err);
    sources[0] = 0, o.push.tolerance = 0;
    assert_int_equal(cd_push_each(&g, sources, 1, &o, &run, out, n_out, owed, &err), CD_EUSAGE);
    free(place);
    cd_csr_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_as_near_as_walking_says),
        cmocka_unit_test(the_nearest_of_many_are_those_of_each),
        cmocka_unit_test(names_do_not_show),
        cmocka_unit_test(what_it_takes_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
