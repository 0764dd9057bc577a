/* SPDX-License-Identifier: GPL-3.0-or-later
 * months.c: a relation by months against looking at each tie; simplified spans against the spans they stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/civil.h"
#include "engine/base/random.h"
#include "engine/graph/months.h"
#include "engine/graph/spans.h"
#include "tests/support/odd_graph.h"

enum { THREADS = 4, SOME_YEARS = 3 * 366 * 86400 };

static void check_split(const cd_csr *rows, const int64_t *first, const cd_off *place, const cd_months *m)
{
    cd_err err = {0};
    assert_int_equal(cd_csr_check(&m->by_left, &err), CD_OK);
    assert_int_equal(cd_csr_check(&m->by_right, &err), CD_OK);
    assert_memory_equal(m->by_left.off, rows->off, ((size_t)rows->n_left + 1) * sizeof *rows->off);
    assert_int_equal(m->by_right.n_left, m->by_left.n_right);
    for (cd_off e = 0; e < cd_csr_edges(rows); e++) {
        cd_id x = m->by_left.adj[e];
        int64_t at = first[place ? place[e] : e];
        assert_int_equal(m->of[x], rows->adj[e]);
        assert_int_equal(m->month[x], at == CANDOUR_UNKNOWN ? INT32_MIN : cd_month_of(at));
    }
    for (cd_id x = 0; x < m->by_left.n_right; x++) {
        assert_true(cd_csr_degree(&m->by_right, x) > 0); /* a month in which nobody came is none */
        if (x == 0) continue;
        assert_true(m->of[x - 1] < m->of[x] || (m->of[x - 1] == m->of[x] && m->month[x - 1] < m->month[x]));
    }
}

static void ties_are_of_the_month_of_their_first_row(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < ODD_GRAPHS; number++) {
        cd_csr by_left, by_right, again;
        cd_off *place = NULL;
        cd_months m, other_way;
        cd_run run = odd_run(ODD_THREADS[number % THREADS]);
        cd_random r = cd_random_of(number, 0x3041, 0);
        cd_err err = {0};
        odd_relation(number, &by_left, &by_right);
        int64_t *first = calloc(cd_csr_edges(&by_left) + 1, sizeof *first);
        assert_non_null(first);
        for (cd_off e = 0; e < cd_csr_edges(&by_left); e++)
            first[e] = cd_random_below(&r, 9) ? (int64_t)cd_random_below(&r, SOME_YEARS) - SOME_YEARS / 2 : CANDOUR_UNKNOWN;
        assert_int_equal(cd_months_split(&by_left, first, NULL, &run, &m, &err), CD_OK);
        check_split(&by_left, first, NULL, &m);
        assert_int_equal(cd_csr_transpose(&by_left, 1, &again, &place, &err), CD_OK);
        assert_int_equal(cd_months_split(&by_right, first, place, &run, &other_way, &err), CD_OK);
        check_split(&by_right, first, place, &other_way);
        cd_months_release(&m), cd_months_release(&other_way);
        cd_pages_free(place, cd_csr_edges(&by_left), sizeof *place);
        free(first);
        cd_csr_release(&by_left), cd_csr_release(&by_right), cd_csr_release(&again);
    }
}

static void draw(cd_random *r, cd_id n, cd_span *out)
{
    uint32_t wide = 1 + (uint32_t)cd_random_below(r, 30);
    for (cd_id i = 0; i < n; i++) {
        int32_t from = (int32_t)cd_random_below(r, wide);
        out[i] = (cd_span){from, from + (int32_t)cd_random_below(r, wide)}; /* some are empty: closed before opened */
        if (cd_random_below(r, 3) == 0) out[i].from = INT32_MIN;
        if (cd_random_below(r, 3) == 0) out[i].until = INT32_MAX;
    }
}

static void simplified_spans_meet_whom_they_met(void **state)
{
    enum { MOST = 40 };
    (void)state;
    for (uint32_t number = 0; number < 500; number++) {
        cd_random r = cd_random_of(number, 0x59a5, 0);
        cd_span left[MOST], right[MOST], left_was[MOST], right_was[MOST];
        cd_id n = (cd_id)cd_random_below(&r, MOST + 1), m = (cd_id)cd_random_below(&r, MOST + 1);
        cd_err err = {0};
        draw(&r, n, left), draw(&r, m, right);
        memcpy(left_was, left, sizeof left), memcpy(right_was, right, sizeof right);
        assert_int_equal(cd_spans_simplify(left, n, right, m, &err), CD_OK);
        for (cd_id i = 0; i < n; i++)
            for (cd_id k = 0; k < m; k++)
                assert_int_equal(cd_spans_meet(left[i], right[k]), cd_spans_meet(left_was[i], right_was[k]));
    }
}

/* Twenty officers who joined before any file was closed, each in another month, are there alike. */
static void what_does_not_matter_goes(void **state)
{
    cd_span left[20], right[20];
    cd_err err = {0};
    (void)state;
    for (int32_t i = 0; i < 20; i++) left[i] = (cd_span){i, INT32_MAX}, right[i] = (cd_span){i, 30 + i};
    assert_int_equal(cd_spans_simplify(left, 20, right, 20, &err), CD_OK);
    for (uint32_t i = 1; i < 20; i++) {
        assert_memory_equal(&left[i], &left[0], sizeof *left);
        assert_memory_equal(&right[i], &right[0], sizeof *right);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_are_of_the_month_of_their_first_row),
        cmocka_unit_test(simplified_spans_meet_whom_they_met),
        cmocka_unit_test(what_does_not_matter_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
