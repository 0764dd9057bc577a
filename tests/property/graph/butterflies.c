/* SPDX-License-Identifier: GPL-3.0-or-later
 * butterflies.c: butterflies at vertices and edges against looking at every two by two, and against what shared
 * neighbours make of the same, on relations of odd shapes, with hubs, turned round, and with any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/graph/butterflies.h"
#include "engine/graph/shared.h"
#include "tests/support/odd_graph.h"

enum { N = ODD_MOST + 1, THREADS = 4 };

typedef struct {
    uint64_t left[N], right[N], edge[N * N], total;
} counts;

/* What two rows share makes a butterfly with all else that they share. */
static void count_slowly(const cd_csr *by_left, counts *c)
{
    memset(c, 0, sizeof *c);
    for (cd_id u = 0; u < by_left->n_left; u++)
        for (cd_id v = u + 1; v < by_left->n_left; v++)
            for (cd_off p = by_left->off[u]; p < by_left->off[u + 1]; p++)
                for (cd_off q = p + 1; q < by_left->off[u + 1]; q++) {
                    cd_id a = by_left->adj[p], b = by_left->adj[q];
                    if (!cd_csr_has(by_left, v, a) || !cd_csr_has(by_left, v, b)) continue;
                    c->left[u]++, c->left[v]++, c->right[a]++, c->right[b]++, c->total++;
                    c->edge[p]++, c->edge[q]++;
                    for (cd_off e = by_left->off[v]; e < by_left->off[v + 1]; e++)
                        c->edge[e] += by_left->adj[e] == a || by_left->adj[e] == b;
                }
}

static void count(const cd_csr *by_left, const cd_csr *by_right, uint32_t threads, bool edges, counts *c)
{
    cd_run run = odd_run(threads);
    cd_err err = {0};
    memset(c, 0, sizeof *c);
    cd_status st = cd_butterflies(by_left, by_right, &run, c->left, c->right, edges ? c->edge : NULL, &c->total, &err);
    assert_int_equal(st, CD_OK);
}

static void they_are_those_of_all_twos(void **state)
{
    static counts slow, fast, vertices, turned;
    uint32_t some = 0;
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr by_left, by_right;
        uint32_t threads = ODD_THREADS[number % THREADS];
        odd_relation(number, &by_left, &by_right);
        count_slowly(&by_left, &slow);
        count(&by_left, &by_right, threads, true, &fast);
        assert_memory_equal(&fast, &slow, sizeof slow);
        count(&by_left, &by_right, threads, false, &vertices);
        assert_memory_equal(vertices.left, slow.left, sizeof slow.left);
        assert_memory_equal(vertices.right, slow.right, sizeof slow.right);
        count(&by_right, &by_left, threads, true, &turned);
        assert_int_equal(turned.total, slow.total);
        assert_memory_equal(turned.left, slow.right, sizeof slow.right);
        assert_memory_equal(turned.right, slow.left, sizeof slow.left);
        some += slow.total > 0;
        cd_csr_release(&by_left), cd_csr_release(&by_right);
    }
    assert_true(some > 100);
}

static void threads_do_not_show_and_sums_agree(void **state)
{
    enum { LEFT = 3000, RIGHT = 20000, EDGES = 150000 };
    cd_csr by_left, by_right;
    cd_shared_totals shared;
    cd_err err = {0};
    (void)state;
    odd_large_relation(5, LEFT, RIGHT, EDGES, &by_left, &by_right);
    cd_off edges = cd_csr_edges(&by_left);
    size_t n = LEFT + RIGHT + edges;
    uint64_t *first = calloc(n, sizeof *first), *now = calloc(n, sizeof *now), total;
    assert_true(first && now);
    cd_run run = odd_run(2);
    assert_int_equal(cd_shared_total(&(cd_shared){&by_left, &by_right, 0}, &run, &shared, &err), CD_OK);
    for (uint32_t t = 0; t < THREADS; t++) {
        uint64_t *out = t == 0 ? first : now, at_left = 0, at_right = 0, at_edges = 0;
        run.threads = ODD_THREADS[t];
        uint64_t *right = out + LEFT, *edge = right + RIGHT;
        assert_int_equal(cd_butterflies(&by_left, &by_right, &run, out, right, edge, &total, &err), CD_OK);
        assert_int_equal(total, (shared.squares - shared.sum) / 2);
        for (cd_id v = 0; v < LEFT; v++) at_left += out[v];
        for (cd_id v = 0; v < RIGHT; v++) at_right += right[v];
        for (cd_off e = 0; e < edges; e++) at_edges += edge[e];
        assert_int_equal(at_left, 2 * total);
        assert_int_equal(at_right, 2 * total);
        assert_int_equal(at_edges, 4 * total);
        assert_memory_equal(out, first, n * sizeof *out);
    }
    free(first), free(now);
    cd_csr_release(&by_left), cd_csr_release(&by_right);
}

static void what_it_takes_is_asked_for(void **state)
{
    enum { LEFT = 100000, RIGHT = 200000, EDGES = 600000 };
    cd_csr by_left, by_right;
    cd_run run = odd_run(2);
    cd_err err = {0};
    bool failed = true;
    (void)state;
    odd_large_relation(5, LEFT, RIGHT, EDGES, &by_left, &by_right);
    uint64_t *left = calloc(LEFT, sizeof *left), *right = calloc(RIGHT, sizeof *right), total;
    uint64_t *edge = calloc(cd_csr_edges(&by_left), sizeof *edge);
    assert_true(left && right && edge);
    run.memory_bytes = cd_butterflies_bytes(&by_left, true, 2) - 1;
    assert_int_equal(cd_butterflies(&by_left, &by_right, &run, left, right, edge, &total, &err), CD_EMEMORY);
    run.memory_bytes++;
    size_t before = cd_memory_now();
    cd_memory_mark();
    for (int64_t k = 0; failed; k++) {
        cd_memory_fail_at(k);
        cd_err_clear(&err);
        cd_status st = cd_butterflies(&by_left, &by_right, &run, left, right, edge, &total, &err);
        failed = cd_memory_failed();
        cd_memory_fail_at(-1);
        assert_int_equal(st, failed ? CD_EMEMORY : CD_OK);
        assert_int_equal(cd_memory_now(), before);
    }
    /* Eight arrays of whole huge pages. */
    assert_true(cd_memory_peak() - before <= run.memory_bytes + ((size_t)16 << 20));
    free(left), free(right), free(edge);
    cd_csr_release(&by_left), cd_csr_release(&by_right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_those_of_all_twos),
        cmocka_unit_test(threads_do_not_show_and_sums_agree),
        cmocka_unit_test(what_it_takes_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
