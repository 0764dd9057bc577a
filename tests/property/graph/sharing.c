/* SPDX-License-Identifier: GPL-3.0-or-later
 * sharing.c: shared neighbours of all pairs against walking both lists of each pair, on relations of odd shapes, and on
 * some with so many hubs and so many left ids that every way of counting is taken. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/graph/shared.h"
#include "engine/graph/shared_top.h"
#include "engine/graph/shared_weight.h"
#include "tests/support/odd_graph.h"

enum { THREADS = 4 };

static uint32_t slow_shared(const cd_shared *s, cd_id u, cd_id v)
{
    uint32_t n = 0;
    for (cd_off e = s->by_left->off[u]; e < s->by_left->off[u + 1]; e++) {
        cd_id c = s->by_left->adj[e];
        n += (!s->cap || cd_csr_degree(s->by_right, c) <= s->cap) && cd_csr_has(s->by_left, v, c);
    }
    return n;
}

typedef struct {
    uint32_t *shared; /* n x n, CD_NONE where no row came */
    cd_id n;
    uint32_t least;
} table;

static void take_row(void *context, uint32_t thread, cd_id left, const cd_id *partner, const uint32_t *shared, cd_id n)
{
    table *t = context;
    (void)thread;
    for (cd_id i = 0; i < n; i++) {
        if (i > 0 && partner[i] <= partner[i - 1]) abort();
        if (partner[i] <= left || shared[i] < t->least) abort();
        t->shared[(size_t)left * t->n + partner[i]] = shared[i];
    }
}

static void check_relation(const cd_shared *s, uint32_t threads, uint32_t least)
{
    cd_id n = s->by_left->n_left;
    table t = {.shared = malloc(((size_t)n * n + 1) * sizeof *t.shared), .n = n, .least = least};
    uint32_t *with = malloc(((size_t)n + 1) * sizeof *with);
    cd_shared_totals expected = {0}, totals;
    cd_run run = odd_run(threads);
    cd_err err = {0};
    assert_non_null(t.shared);
    assert_non_null(with);
    memset(t.shared, 0xff, (size_t)n * n * sizeof *t.shared);
    assert_int_equal(cd_shared_each(s, 0, n / 3, least, &run, take_row, &t, &err), CD_OK);
    assert_int_equal(cd_shared_each(s, n / 3, n, least, &run, take_row, &t, &err), CD_OK);
    assert_int_equal(cd_shared_total(s, &run, &totals, &err), CD_OK);
    cd_shared_ready *ready;
    assert_int_equal(cd_shared_ready_new(s, &run, &ready, &err), CD_OK);
    uint32_t *row = malloc(cd_shared_ready_room(ready) * sizeof *row);
    assert_true(cd_shared_ready_room(ready) >= n && row);
    for (cd_id u = 0; u < n; u++) {
        cd_shared_with(s, u, with);
        cd_shared_ready_row(ready, u, row);
        assert_memory_equal(row, with, n * sizeof *row);
        for (cd_id v = 0; v < n; v++) {
            uint32_t shared = u == v ? 0 : slow_shared(s, u, v), given = t.shared[(size_t)u * n + v];
            assert_int_equal(with[v], shared);
            if (v <= u) continue;
            assert_int_equal(given, shared >= least ? shared : CD_NONE);
            expected.pairs += shared > 0, expected.sum += shared, expected.squares += (uint64_t)shared * shared;
        }
    }
    assert_memory_equal(&totals, &expected, sizeof totals);
    cd_shared_ready_free(ready);
    free(row);
    free(t.shared);
    free(with);
}

static void counts_are_those_of_walking_both_lists(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr by_left, by_right;
        odd_relation(number, &by_left, &by_right);
        cd_shared s = {&by_left, &by_right, number % 5 == 4 ? 3 : 0};
        check_relation(&s, ODD_THREADS[number % THREADS], 1 + number % 3);
        cd_csr_release(&by_left), cd_csr_release(&by_right);
    }
}

/* Hubs above 256 are bits: some in one word, and more than there are bits for. */
static void hubs_count_like_the_rest(void **state)
{
    static const struct {
        cd_id left, right;
        uint32_t edges, cap;
    } shapes[] = {{700, 900, 60000, 0}, {700, 900, 60000, 400}, {500, 100, 40000, 0}, {450, 1500, 250000, 0}, {301, 700, 200000, 280}};
    (void)state;
    for (uint32_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        cd_csr by_left, by_right;
        odd_large_relation(i, shapes[i].left, shapes[i].right, shapes[i].edges, &by_left, &by_right);
        cd_shared s = {&by_left, &by_right, shapes[i].cap};
        check_relation(&s, ODD_THREADS[i % THREADS], 1 + i);
        cd_csr_release(&by_left), cd_csr_release(&by_right);
    }
}

/* More left ids than a row of counters is kept for: the totals by columns, sum of d (d - 1) / 2. */
static void many_left_ids_are_listed_by_touch(void **state)
{
    cd_csr by_left, by_right;
    uint64_t sum = 0;
    cd_shared_totals totals[THREADS];
    cd_err err = {0};
    (void)state;
    odd_large_relation(9, 300000, 40000, 400000, &by_left, &by_right);
    cd_shared s = {&by_left, &by_right, 300};
    for (cd_id c = 0; c < by_right.n_left; c++) {
        uint64_t degree = cd_csr_degree(&by_right, c);
        if (degree <= 300 && degree > 0) sum += degree * (degree - 1) / 2;
    }
    for (uint32_t t = 0; t < THREADS; t++) {
        cd_run run = odd_run(ODD_THREADS[t]);
        assert_int_equal(cd_shared_total(&s, &run, &totals[t], &err), CD_OK);
        assert_int_equal(totals[t].sum, sum);
        assert_memory_equal(&totals[t], &totals[0], sizeof totals[t]);
    }
    cd_csr_release(&by_left), cd_csr_release(&by_right);
}

/* ---- The best partners ---- */

enum { SCORES = CD_SCORE_WEIGHTS + 1 };

static double slow_weight(const cd_shared *s, const cd_top_options *o, cd_id c)
{
    double degree = cd_csr_degree(s->by_right, c);
    switch (o->score) {
    case CD_SCORE_ADAMIC_ADAR: return degree > 1 ? 1 / log(degree) : 0;
    case CD_SCORE_RESOURCE: return 1 / degree;
    case CD_SCORE_WEIGHTS: return o->weights[c];
    default: return 1;
    }
}

/* By the definition; sums in units of 2^-32, as they are said to be. */
static double slow_score(const cd_shared *s, const cd_top_options *o, cd_id u, cd_id v)
{
    uint64_t sum = 0;
    uint32_t degree[2] = {0};
    cd_id ends[2] = {u, v};
    for (uint32_t k = 0; k < 2; k++)
        for (cd_off e = s->by_left->off[ends[k]]; e < s->by_left->off[ends[k] + 1]; e++) {
            cd_id c = s->by_left->adj[e];
            if (s->cap && cd_csr_degree(s->by_right, c) > s->cap) continue;
            degree[k]++;
            if (k == 0 && cd_csr_has(s->by_left, v, c)) sum += (uint64_t)llrint(slow_weight(s, o, c) * 0x1p32);
        }
    double shared = (double)sum * 0x1p-32;
    if (o->score == CD_SCORE_JACCARD) return shared > 0 ? shared / (degree[0] + degree[1] - shared) : 0;
    if (o->score == CD_SCORE_COSINE) return shared > 0 ? shared / sqrt((double)degree[0] * degree[1]) : 0;
    return shared;
}

static void check_top(const cd_shared *s, const cd_top_options *o, uint32_t threads, cd_id step)
{
    cd_id n = s->by_left->n_left;
    cd_partner *out = calloc((size_t)n * o->k + 1, sizeof *out);
    uint32_t *n_out = calloc(n + 1, sizeof *n_out);
    double *score = calloc(n + 1, sizeof *score);
    cd_run run = odd_run(threads);
    cd_err err = {0};
    assert_true(out && n_out && score);
    assert_int_equal(cd_shared_top(s, o, &run, out, n_out, &err), CD_OK);
    for (cd_id u = 0; u < n; u += step) {
        uint32_t partners = 0;
        for (cd_id v = 0; v < n; v++) {
            score[v] = v == u ? 0 : slow_score(s, o, u, v);
            partners += score[v] > 0;
        }
        assert_int_equal(n_out[u], partners < o->k ? partners : o->k);
        /* Each in turn is the best that is left. */
        for (uint32_t i = 0; i < n_out[u]; i++) {
            cd_id best = CD_NONE;
            for (cd_id v = 0; v < n; v++)
                if (score[v] > 0 && (best == CD_NONE || score[v] > score[best] ||
                                     (score[v] == score[best] && o->place && o->place[v] < o->place[best])))
                    best = v;
            const cd_partner *p = &out[(size_t)u * o->k + i];
            assert_int_equal(p->partner, best);
            assert_true(p->score == score[best]);
            assert_int_equal(p->shared, slow_shared(s, u, best));
            score[best] = 0;
        }
    }
    free(out), free(n_out), free(score);
}

static void best_partners_are_those_of_scoring_all(void **state)
{
    double weights[ODD_MOST + 1];
    uint32_t place[ODD_MOST + 1];
    (void)state;
    for (cd_id c = 0; c <= ODD_MOST; c++) weights[c] = c % 7 * 0.37;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr by_left, by_right;
        odd_relation(number, &by_left, &by_right);
        odd_permutation(number, by_left.n_left, place);
        cd_shared s = {&by_left, &by_right, number % 7 == 3 ? 4 : 0};
        cd_top_options o = {.score = number % SCORES, .weights = weights, .k = 1 + number % 4,
                            .place = number % 2 ? place : NULL};
        check_top(&s, &o, ODD_THREADS[number % THREADS], 1);
        cd_csr_release(&by_left), cd_csr_release(&by_right);
    }
}

static void what_two_share_weighs_what_it_should(void **state)
{
    double weights[ODD_MOST + 1];
    (void)state;
    for (cd_id c = 0; c <= ODD_MOST; c++) weights[c] = c % 9 * 0.13;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr by_left, by_right;
        odd_relation(number, &by_left, &by_right);
        cd_shared s = {&by_left, &by_right, number % 7 == 3 ? 4 : 0};
        cd_top_options o = {.score = CD_SCORE_WEIGHTS, .weights = weights};
        for (cd_id u = 0; u < by_left.n_left; u++)
            for (cd_id v = 0; v < by_left.n_left; v++)
                assert_true(cd_shared_weight(&s, u, v, weights) == slow_score(&s, &o, u, v));
        cd_csr_release(&by_left), cd_csr_release(&by_right);
    }
    assert_true(cd_weight_is_right(0) && cd_weight_is_right(1024));
    assert_false(cd_weight_is_right(-1e-9) || cd_weight_is_right(1025) || cd_weight_is_right((double)NAN));
}

/* Many who share hubs alone, and many who share some: every bound is leant on. */
static void best_partners_through_hubs(void **state)
{
    enum { LEFT = 900, RIGHT = 60 };
    double weights[400];
    static uint32_t place[LEFT];
    (void)state;
    for (cd_id c = 0; c < 400; c++) weights[c] = c % 5 * 0.21;
    odd_permutation(4, LEFT, place);
    for (uint32_t number = 0; number < 4 * SCORES; number++) {
        cd_csr by_left, by_right;
        cd_id right = number % 4 == 0 ? 3 : number % 4 == 1 ? RIGHT : 400;
        odd_large_relation(number, LEFT, right, number % 4 == 0 ? 900 : number % 4 == 3 ? 30000 : 9000, &by_left, &by_right);
        cd_shared s = {&by_left, &by_right, number % 8 == 7 ? 500 : 0};
        cd_top_options o = {.score = number / 4, .weights = weights, .k = number % 3 ? 5 : 1, .place = number % 2 ? place : NULL};
        check_top(&s, &o, ODD_THREADS[number % THREADS], 23);
        cd_csr_release(&by_left), cd_csr_release(&by_right);
    }
}

static void asking_for_nothing_is_told(void **state)
{
    cd_csr by_left, by_right;
    cd_err err = {0};
    cd_run run = odd_run(1);
    (void)state;
    odd_relation(20, &by_left, &by_right);
    cd_shared s = {&by_left, &by_right, 0};
    assert_int_equal(cd_shared_each(&s, 0, 1, 0, &run, take_row, NULL, &err), CD_EUSAGE);
    cd_err_clear(&err);
    assert_int_equal(cd_shared_each(&s, 0, by_left.n_left + 1, 1, &run, take_row, NULL, &err), CD_EUSAGE);
    run.memory_bytes = 1;
    cd_err_clear(&err);
    assert_int_equal(cd_shared_each(&s, 0, 1, 1, &run, take_row, NULL, &err), CD_EMEMORY);
    cd_csr_release(&by_left), cd_csr_release(&by_right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_those_of_walking_both_lists),
        cmocka_unit_test(hubs_count_like_the_rest),
        cmocka_unit_test(many_left_ids_are_listed_by_touch),
        cmocka_unit_test(best_partners_are_those_of_scoring_all),
        cmocka_unit_test(what_two_share_weighs_what_it_should),
        cmocka_unit_test(best_partners_through_hubs),
        cmocka_unit_test(asking_for_nothing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
