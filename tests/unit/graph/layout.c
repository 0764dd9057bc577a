/* SPDX-License-Identifier: GPL-3.0-or-later
 * layout.c: what a layout must be: places from 0 up, edges about as long as one another, components apart, the same
 * again; and what it refuses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/candour.h"

enum { MOST = 700 };
static double x[MOST], y[MOST], x_again[MOST], y_again[MOST];

static void lay_out(uint32_t n, const candour_layout_edge *edges, uint32_t n_edges)
{
    cd_err err = {0};
    size_t before = cd_memory_now();
    assert_int_equal(candour_layout(n, edges, n_edges, x, y, &err), CD_OK);
    assert_int_equal(candour_layout(n, edges, n_edges, x_again, y_again, &err), CD_OK);
    assert_int_equal(cd_memory_now(), before);
    assert_memory_equal(x, x_again, n * sizeof *x);
    assert_memory_equal(y, y_again, n * sizeof *y);
    for (uint32_t v = 0; v < n; v++) {
        assert_true(x[v] >= 0 && y[v] >= 0 && isfinite(x[v]) && isfinite(y[v]));
        assert_true(x[v] == round(x[v] * 1000) / 1000 && y[v] == round(y[v] * 1000) / 1000);
    }
}

static double far(uint32_t a, uint32_t b) { return hypot(x[a] - x[b], y[a] - y[b]); }

static void a_path_lies_along(void **state)
{
    const candour_layout_edge edges[] = {{0, 1}, {1, 2}, {2, 1}, {2, 3}, {3, 3}};
    (void)state;
    lay_out(4, edges, 5); /* twice the same, and a loop: no matter */
    for (uint32_t v = 0; v < 3; v++) assert_true(fabs(far(v, v + 1) - 1) < 0.05);
    assert_true(x[0] == 0 && fabs(x[3] - 3) < 0.1 && fabs(y[0] - y[3]) < 0.1);
}

static void components_stand_apart(void **state)
{
    candour_layout_edge edges[60];
    (void)state;
    for (uint32_t i = 0; i < 30; i++)
        edges[2 * i] = (candour_layout_edge){3 * i, 3 * i + 1},
                  edges[2 * i + 1] = (candour_layout_edge){3 * i + 1, 3 * i + 2};
    lay_out(94, edges, 60); /* thirty paths, and four vertices of no edge */
    for (uint32_t a = 0; a < 94; a++)
        for (uint32_t b = 0; b < a; b++) assert_true(far(a, b) > 0.5);
}

static void two_with_all_in_common_do_not_coincide(void **state)
{
    candour_layout_edge edges[40];
    (void)state;
    for (uint32_t i = 0; i < 20; i++) edges[2 * i] = (candour_layout_edge){0, i + 2}, edges[2 * i + 1] = (candour_layout_edge){1, i + 2};
    lay_out(22, edges, 40);
    for (uint32_t a = 0; a < 22; a++)
        for (uint32_t b = 0; b < a; b++) assert_true(far(a, b) > 0.25);
    assert_true(far(0, 1) > 0.5);
}

static void a_large_one_goes_by_springs(void **state)
{
    candour_layout_edge edges[MOST];
    double sum = 0;
    (void)state;
    for (uint32_t v = 1; v < MOST; v++) edges[v] = (candour_layout_edge){v, v / 3};
    lay_out(MOST, edges + 1, MOST - 1);
    for (uint32_t v = 1; v < MOST; v++) sum += far(v, v / 3);
    assert_true(fabs(sum / (MOST - 1) - 1) < 0.01);
}

static void nothing_and_one(void **state)
{
    (void)state;
    lay_out(0, NULL, 0);
    lay_out(1, NULL, 0);
    assert_true(x[0] == 0 && y[0] == 0);
}

static void what_is_no_vertex_is_refused(void **state)
{
    const candour_layout_edge edges[] = {{0, 1}, {1, 7}};
    cd_err err = {0};
    (void)state;
    assert_int_equal(candour_layout(3, edges, 2, x, y, &err), CD_EINPUT);
    assert_string_equal(err.text, "an edge names vertex 7 of a graph of 3");
}

static void whichever_request_fails_it_is_told(void **state)
{
    const candour_layout_edge edges[] = {{0, 1}, {1, 2}, {3, 4}};
    cd_err err = {0};
    (void)state;
    size_t before = cd_memory_now();
    for (int64_t k = 0, reached = 1; reached; k++) {
        cd_memory_fail_at(k);
        cd_status st = candour_layout(5, edges, 3, x, y, &err);
        reached = cd_memory_failed();
        cd_memory_fail_at(-1);
        assert_int_equal(st, reached ? CD_EMEMORY : CD_OK);
        assert_int_equal(cd_memory_now(), before);
        cd_err_clear(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_lies_along),
        cmocka_unit_test(components_stand_apart),
        cmocka_unit_test(two_with_all_in_common_do_not_coincide), cmocka_unit_test(a_large_one_goes_by_springs),
        cmocka_unit_test(nothing_and_one),
        cmocka_unit_test(what_is_no_vertex_is_refused),
        cmocka_unit_test(whichever_request_fails_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
