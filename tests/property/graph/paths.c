/* SPDX-License-Identifier: GPL-3.0-or-later
 * paths.c: paths against the list of all simple paths of small graphs of odd shapes, in an order of the caller's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/graph/finder.h"
#include "tests/support/odd_graph.h"

enum { N = 8, MOST = 20000, GRAPHS = 300 };

typedef struct {
    uint32_t n;
    cd_id at[N];
} simple_path;

typedef struct {
    simple_path *paths;
    uint32_t n;
    cd_id order[N]; /* vertex -> place */
} all_paths;

static bool comes_before(void *context, cd_id a, cd_id b)
{
    const all_paths *all = context;
    return all->order[a] < all->order[b];
}

static const all_paths *sorting;

static int by_length_then_order(const void *a, const void *b)
{
    const simple_path *x = a, *y = b;
    if (x->n != y->n) return x->n < y->n ? -1 : 1;
    for (uint32_t i = 0; i < x->n; i++)
        if (x->at[i] != y->at[i]) return sorting->order[x->at[i]] < sorting->order[y->at[i]] ? -1 : 1;
    return 0;
}

static void walk_on(const cd_csr *g, all_paths *all, simple_path *path, cd_id to)
{
    cd_id last = path->at[path->n - 1];
    if (last == to) {
        assert_true(all->n < MOST);
        all->paths[all->n++] = *path;
        return;
    }
    for (cd_off p = g->off[last]; p < g->off[last + 1]; p++) {
        bool met = false;
        for (uint32_t i = 0; i < path->n; i++) met = met || path->at[i] == g->adj[p];
        if (met) continue;
        path->at[path->n++] = g->adj[p];
        walk_on(g, all, path, to);
        path->n--;
    }
}

/* A graph with at most N vertices. */
static cd_csr small_graph(uint32_t number, all_paths *all)
{
    for (uint32_t k = number * 7 + 3;; k++) {
        cd_csr g = odd_graph(k);
        if (g.n_left >= 1 && g.n_left <= N) {
            odd_permutation(number, g.n_left, all->order);
            return g;
        }
        cd_csr_release(&g);
    }
}

static void find_all(const cd_csr *g, all_paths *all, cd_id from, cd_id to)
{
    simple_path path = {.n = 1, .at = {from}};
    all->n = 0;
    walk_on(g, all, &path, to);
    sorting = all;
    qsort(all->paths, all->n, sizeof *all->paths, by_length_then_order);
}

typedef struct {
    const all_paths *all;
    uint32_t n;
} expected;

static cd_status is_next(void *context, const cd_path *path, cd_err *err)
{
    expected *e = context;
    (void)err;
    assert_true(e->n < e->all->n);
    const simple_path *next = &e->all->paths[e->n++];
    assert_int_equal(path->n, next->n);
    assert_memory_equal(path->vertices, next->at, next->n * sizeof *next->at);
    return CD_OK;
}

static uint64_t cost_of(const cd_csr *g, const simple_path *p)
{
    uint64_t cost = p->n - 1;
    for (uint32_t i = 1; i + 1 < p->n; i++) cost += cd_passing_cost(cd_csr_degree(g, p->at[i]));
    return cost;
}

/* Costs are equal, and vertices those of the first path of that cost, whatever its length. */
static void check_rarest(const cd_csr *g, const all_paths *all, const cd_path *path)
{
    const simple_path *best = NULL;
    for (uint32_t i = 0; i < all->n; i++) {
        const simple_path *p = &all->paths[i];
        if (!best || cost_of(g, p) < cost_of(g, best)) best = p;
        if (cost_of(g, p) != cost_of(g, best)) continue;
        for (uint32_t k = 0; k < p->n && k < best->n; k++) {
            if (p->at[k] == best->at[k]) continue;
            if (all->order[p->at[k]] < all->order[best->at[k]]) best = p;
            break;
        }
    }
    assert_int_equal(path->n, best->n);
    assert_int_equal(path->cost, cost_of(g, best));
    assert_memory_equal(path->vertices, best->at, best->n * sizeof *best->at);
}

static void check_pair(const cd_csr *g, cd_finder *f, all_paths *all, cd_id from, cd_id to)
{
    cd_path path;
    cd_err err = {0};
    uint64_t paths;
    expected e = {.all = all};
    find_all(g, all, from, to);
    assert_int_equal(cd_finder_shortest(f, from, to, &path, &err), CD_OK);
    if (all->n == 0) assert_int_equal(path.n, 0);
    else assert_int_equal(is_next(&e, &path, &err), CD_OK);
    e.n = 0;
    assert_int_equal(cd_finder_all_shortest(f, from, to, UINT32_MAX, &paths, is_next, &e, &err), CD_OK);
    assert_int_equal(e.n, paths);
    assert_true(paths == all->n || all->paths[paths].n > all->paths[0].n);
    for (uint32_t most = 0; most < 40; most += 13) {
        e.n = 0;
        assert_int_equal(cd_finder_k_shortest(f, from, to, most, is_next, &e, &err), CD_OK);
        assert_int_equal(e.n, all->n < most ? all->n : most);
    }
    assert_int_equal(cd_finder_rarest(f, from, to, &path, &err), CD_OK);
    if (all->n == 0) assert_int_equal(path.n, 0);
    else check_rarest(g, all, &path);
}

static void paths_are_those_of_listing_all(void **state)
{
    all_paths all = {.paths = calloc(MOST, sizeof *all.paths)};
    cd_run run = odd_run(1);
    cd_err err = {0};
    (void)state;
    assert_non_null(all.paths);
    for (uint32_t number = 0; number < GRAPHS; number++) {
        cd_finder *f;
        cd_csr g = small_graph(number, &all);
        assert_int_equal(cd_finder_new(&g, comes_before, &all, &run, &f, &err), CD_OK);
        /* One finder for all pairs: what it leaves behind would show. */
        for (cd_id from = 0; from < g.n_left; from += 1 + number % 3)
            for (cd_id to = 0; to < g.n_left; to++) check_pair(&g, f, &all, from, to);
        cd_finder_free(f);
        cd_csr_release(&g);
    }
    free(all.paths);
}

/* On a larger graph: as long as the distance, and every step an edge. */
static void long_paths_are_paths(void **state)
{
    enum { LARGE = 20000, EDGES = 40000 };
    cd_csr g = odd_large_graph(3, LARGE, EDGES);
    cd_run run = odd_run(1);
    cd_finder *f;
    cd_err err = {0};
    cd_path path;
    cd_random r = cd_random_of(1, 2, 3);
    (void)state;
    assert_int_equal(cd_finder_new(&g, NULL, NULL, &run, &f, &err), CD_OK);
    for (uint32_t i = 0; i < 300; i++) {
        cd_id from = (cd_id)cd_random_below(&r, LARGE), to = (cd_id)cd_random_below(&r, LARGE);
        uint64_t paths;
        assert_int_equal(cd_finder_shortest(f, from, to, &path, &err), CD_OK);
        uint32_t n = path.n;
        for (uint32_t k = 0; k + 1 < n; k++) assert_true(cd_csr_has(&g, path.vertices[k], path.vertices[k + 1]));
        if (n) assert_true(path.vertices[0] == from && path.vertices[n - 1] == to);
        assert_int_equal(cd_finder_shortest(f, to, from, &path, &err), CD_OK);
        assert_int_equal(path.n, n);
        assert_int_equal(cd_finder_all_shortest(f, from, to, 0, &paths, is_next, NULL, &err), CD_OK);
        assert_true((paths > 0) == (n > 0));
    }
    cd_finder_free(f);
    cd_csr_release(&g);
}

static void ends_that_are_not_there_are_told(void **state)
{
    cd_csr g = odd_graph(20);
    cd_run run = odd_run(1);
    cd_finder *f;
    cd_err err = {0};
    cd_path path;
    (void)state;
    assert_int_equal(cd_finder_new(&g, NULL, NULL, &run, &f, &err), CD_OK);
    assert_int_equal(cd_finder_shortest(f, 0, g.n_left, &path, &err), CD_EUSAGE);
    cd_err_clear(&err);
    assert_int_equal(cd_finder_rarest(f, g.n_left, 0, &path, &err), CD_EUSAGE);
    cd_finder_free(f);
    cd_csr_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_those_of_listing_all),
        cmocka_unit_test(long_paths_are_paths),
        cmocka_unit_test(ends_that_are_not_there_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
