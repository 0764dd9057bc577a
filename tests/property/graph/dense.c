/* SPDX-License-Identifier: GPL-3.0-or-later
 * dense.c: dense blocks against peeling that recomputes everything at each step, and against the densest of all subsets;
 * with any number of threads, and under other names for the vertices. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/graph/dense.h"
#include "tests/support/odd_graph.h"

enum { N = 2 * ODD_MOST + 2, THREADS = 4, BLOCKS = 3 };

static void weights_are_those_of_a_logarithm(void **state)
{
    (void)state;
    for (cd_id d = 0; d < 100000; d++) {
        assert_true(fabs((double)cd_dense_weight(d) - CD_DENSE_UNIT / log2(5.0 + d)) < 1.01);
        assert_true(d == 0 || cd_dense_weight(d) <= cd_dense_weight(d - 1));
    }
    assert_true(fabs((double)cd_dense_weight(CD_NONE - 1) - CD_DENSE_UNIT / 32.0) < 1.01);
}

/* Two-sided graph number `number`, its vertices numbered left and then right, as a table of weights. */
typedef struct {
    cd_csr left, right;
    cd_id n;
    uint64_t weight[N][N];
} table;

static void table_fill(table *t, uint32_t number, cd_id cap)
{
    odd_relation(number, &t->left, &t->right);
    t->n = t->left.n_left + t->right.n_left;
    memset(t->weight, 0, sizeof t->weight);
    for (cd_id u = 0; u < t->left.n_left; u++)
        for (cd_off p = t->left.off[u]; p < t->left.off[u + 1]; p++) {
            cd_id v = t->left.adj[p], degree = cd_csr_degree(&t->right, v), at = t->left.n_left + v;
            if (cap && degree > cap) continue;
            t->weight[u][at] = t->weight[at][u] = cd_dense_weight(degree);
        }
}

static void table_release(table *t) { cd_csr_release(&t->left), cd_csr_release(&t->right); }

static uint64_t degree_within(const table *t, const bool *in, cd_id v)
{
    uint64_t sum = 0;
    for (cd_id u = 0; u < t->n; u++) sum += in[u] ? t->weight[u][v] : 0;
    return sum;
}

static uint64_t weight_within(const table *t, const bool *in)
{
    uint64_t twice = 0;
    for (cd_id v = 0; v < t->n; v++) twice += in[v] ? degree_within(t, in, v) : 0;
    return twice / 2;
}

/* The densest of what is left as the least goes, all sums anew each time. in[]: who is there; then who is in the block. */
static void slow_block(const table *t, const cd_id *place, bool *in)
{
    bool best[N];
    uint64_t weight, best_weight = 0;
    cd_id n = 0, best_n = 1;
    for (cd_id v = 0; v < t->n; v++) in[v] = in[v] && degree_within(t, in, v) > 0;
    for (cd_id v = 0; v < t->n; v++) n += in[v];
    memset(best, 0, sizeof best);
    for (; n > 0; n--) {
        cd_id least = CD_NONE;
        weight = weight_within(t, in);
        if (weight * best_n > best_weight * n) memcpy(best, in, sizeof best), best_weight = weight, best_n = n;
        for (cd_id v = 0; v < t->n; v++) {
            if (!in[v]) continue;
            uint64_t mine = degree_within(t, in, v), of_least = least == CD_NONE ? 0 : degree_within(t, in, least);
            if (least == CD_NONE || mine < of_least || (mine == of_least && place[v] < place[least])) least = v;
        }
        in[least] = false;
    }
    memcpy(in, best, sizeof best);
}

static void blocks_are_those_of_peeling_anew(void **state)
{
    table *t = calloc(1, sizeof *t);
    uint32_t block[N], n_blocks, several = 0;
    cd_dense_block found[BLOCKS];
    cd_id place[N];
    bool in[N], taken[N];
    cd_err err = {0};
    (void)state;
    assert_non_null(t);
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        cd_dense_options options = {.blocks = BLOCKS, .cap = number % 5 == 4 ? 4 : 0};
        table_fill(t, number, options.cap);
        if (t->n > 60 && number % 3) {
            table_release(t);
            continue;
        }
        odd_permutation(number, t->n, place);
        for (cd_id v = 0; v < t->n && number % 2; v++) place[v] = v;
        assert_int_equal(cd_dense(&t->left, &t->right, number % 2 ? NULL : place, &options, &run, block, found, &n_blocks,
                                  &err), CD_OK);
        memset(taken, 0, sizeof taken);
        for (uint32_t k = 0; k < n_blocks; k++) {
            for (cd_id v = 0; v < t->n; v++) in[v] = !taken[v];
            slow_block(t, place, in);
            assert_int_equal(found[k].weight, weight_within(t, in));
            cd_id n[2] = {0};
            for (cd_id v = 0; v < t->n; v++) {
                assert_int_equal(in[v], block[v] == k + 1);
                taken[v] = taken[v] || in[v];
                n[v >= t->left.n_left] += in[v];
            }
            assert_true(n[0] == found[k].n_left && n[1] == found[k].n_right);
        }
        for (cd_id v = 0; v < t->n && n_blocks < BLOCKS; v++) in[v] = !taken[v];
        if (n_blocks < BLOCKS) assert_int_equal(weight_within(t, in), 0);
        several += n_blocks > 1;
        table_release(t);
    }
    assert_true(several > 50);
    free(t);
}

/* As slow_block, but all of at most (1 + slack) times the average go at once. */
static void slow_bulk(const table *t, double slack, bool *in)
{
    bool best[N] = {false}, goes[N];
    uint64_t best_weight = 0;
    cd_id best_n = 1;
    for (cd_id v = 0; v < t->n; v++) in[v] = degree_within(t, in, v) > 0;
    for (;;) {
        cd_id n = 0;
        uint64_t weight = weight_within(t, in);
        for (cd_id v = 0; v < t->n; v++) n += in[v];
        if (n == 0) break;
        if (weight * best_n > best_weight * n) memcpy(best, in, sizeof best), best_weight = weight, best_n = n;
        for (cd_id v = 0; v < t->n; v++) goes[v] = (double)degree_within(t, in, v) <= (1 + slack) * 2 * (double)weight / n;
        for (cd_id v = 0; v < t->n; v++) in[v] = in[v] && !goes[v];
    }
    memcpy(in, best, sizeof best);
}

static void bulk_is_that_of_peeling_anew(void **state)
{
    table *t = calloc(1, sizeof *t);
    uint32_t block[N], n_blocks;
    cd_dense_block found[1];
    cd_err err = {0};
    (void)state;
    assert_non_null(t);
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        cd_dense_options options = {.blocks = 1, .slack = 0.1 * (number % 7 + 1)};
        bool in[N];
        table_fill(t, number, 0);
        for (cd_id v = 0; v < N; v++) in[v] = true;
        slow_bulk(t, options.slack, in);
        assert_int_equal(cd_dense(&t->left, &t->right, NULL, &options, &run, block, found, &n_blocks, &err), CD_OK);
        for (cd_id v = 0; v < t->n; v++) assert_int_equal(in[v], block[v] == 1);
        if (n_blocks) assert_int_equal(found->weight, weight_within(t, in));
        table_release(t);
    }
    free(t);
}

/* On graphs small enough to look at every subset. */
static void blocks_are_as_dense_as_promised(void **state)
{
    static const double slacks[] = {0, 0.1, 0.5, 2};
    table *t = calloc(1, sizeof *t);
    uint32_t block[N], n_blocks, checked = 0;
    cd_dense_block found[1];
    cd_err err = {0};
    (void)state;
    assert_non_null(t);
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_run run = odd_run(2);
        table_fill(t, number, 0);
        double densest = 0;
        for (uint32_t set = 1; t->n <= 13 && set < 1u << t->n; set++) {
            uint64_t weight = 0;
            for (cd_id u = 0; u < t->n; u++)
                for (cd_id v = u + 1; set >> u & 1 && v < t->n; v++) weight += set >> v & 1 ? t->weight[u][v] : 0;
            densest = fmax(densest, (double)weight / __builtin_popcount(set));
        }
        for (uint32_t i = 0; i < 4 && densest > 0; i++) {
            cd_dense_options options = {.blocks = 1, .slack = slacks[i]};
            assert_int_equal(cd_dense(&t->left, &t->right, NULL, &options, &run, block, found, &n_blocks, &err), CD_OK);
            double density = (double)found->weight / (found->n_left + found->n_right);
            assert_true(density >= densest / (2 + 2 * options.slack) && density <= densest);
            checked++;
        }
        table_release(t);
    }
    assert_true(checked > 100);
    free(t);
}

static void threads_do_not_show(void **state)
{
    enum { LEFT = 3000, RIGHT = 20000, EDGES = 150000 };
    cd_csr left, right;
    cd_err err = {0};
    (void)state;
    odd_large_relation(4, LEFT, RIGHT, EDGES, &left, &right);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t *block = calloc(2 * (LEFT + RIGHT), sizeof *block), *now = block + LEFT + RIGHT, n, n_now;
        cd_dense_block found[BLOCKS];
        cd_dense_options options = {.blocks = BLOCKS, .slack = i ? 0.2 : 0};
        assert_non_null(block);
        for (uint32_t t = 0; t < THREADS; t++) {
            cd_run run = odd_run(ODD_THREADS[t]);
            assert_int_equal(cd_dense(&left, &right, NULL, &options, &run, t ? now : block, found, &n_now, &err), CD_OK);
            if (t == 0) n = n_now;
            else assert_memory_equal(block, now, (LEFT + RIGHT) * sizeof *now);
            assert_int_equal(n, n_now);
        }
        free(block);
    }
    cd_csr_release(&left), cd_csr_release(&right);
}

static bool stop_at_once(void *context, const cd_progress_state *state)
{
    (void)context, (void)state;
    return false;
}

static void what_cannot_be_is_told(void **state)
{
    cd_csr left, right;
    uint32_t *block = calloc(50000, sizeof *block), n;
    cd_dense_block found[1];
    cd_progress progress = {.step = stop_at_once};
    cd_run run = odd_run(1);
    cd_dense_options options = {.blocks = 1, .slack = -1};
    cd_err err = {0};
    (void)state;
    assert_non_null(block);
    odd_large_relation(4, 10000, 40000, 100000, &left, &right);
    assert_int_equal(cd_dense(&left, &right, NULL, &options, &run, block, found, &n, &err), CD_EUSAGE);
    assert_string_equal(err.text, "a slack of -1 is below 0 or has no end");
    cd_err_clear(&err);
    options.slack = 0.1;
    run.memory_bytes = 1 << 20;
    assert_int_equal(cd_dense(&left, &right, NULL, &options, &run, block, found, &n, &err), CD_EMEMORY);
    cd_err_clear(&err);
    run.memory_bytes = 0;
    run.progress = &progress;
    assert_int_equal(cd_dense(&left, &right, NULL, &options, &run, block, found, &n, &err), CD_ESTOPPED);
    run.progress = NULL;
    size_t before = cd_memory_now();
    bool failed = true;
    for (int64_t k = 0; failed; k++) {
        cd_memory_fail_at(k);
        cd_err_clear(&err);
        cd_status st = cd_dense(&left, &right, NULL, &options, &run, block, found, &n, &err);
        failed = cd_memory_failed();
        cd_memory_fail_at(-1);
        assert_int_equal(st, failed ? CD_EMEMORY : CD_OK);
        assert_int_equal(cd_memory_now(), before);
    }
    free(block);
    cd_csr_release(&left), cd_csr_release(&right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_those_of_a_logarithm),
        cmocka_unit_test(blocks_are_those_of_peeling_anew),
        cmocka_unit_test(bulk_is_that_of_peeling_anew),
        cmocka_unit_test(blocks_are_as_dense_as_promised),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(what_cannot_be_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
