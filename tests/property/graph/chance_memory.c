/* SPDX-License-Identifier: GPL-3.0-or-later
 * chance_memory.c: validated pairs where memory fails: each request for it once. It is told, and nothing stays behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/graph/validated.h"
#include "tests/support/odd_graph.h"

enum { LEFT = 40, RIGHT = 120, TIES = 900 };

static void check_every_request(const cd_shared *s, const cd_validated_options *o)
{
    cd_run run = odd_run(1); /* of several threads, one that has nothing to do needs nothing */
    cd_err err = {0};
    bool done = false;
    for (int64_t k = 0; !done; k++) {
        cd_validated_pair *out;
        cd_validated_report report;
        uint64_t n;
        size_t held = cd_memory_now();
        cd_memory_fail_at(k);
        cd_status st = cd_validated(s, o, &run, &out, &n, &report, &err);
        done = !cd_memory_failed();
        cd_memory_fail_at(-1);
        assert_int_equal(st, done ? CD_OK : CD_EMEMORY);
        cd_err_clear(&err);
        cd_free(out);
        assert_int_equal(cd_memory_now(), held);
    }
}

static void memory_that_fails_is_told(void **state)
{
    static cd_id ties[TIES][2];
    static bool certain[TIES];
    cd_span left_there[LEFT], right_there[RIGHT];
    uint32_t stratum[RIGHT], n = 0;
    cd_random r = cd_random_of(1, 0xfa11, 0);
    cd_csr by_left, by_right;
    cd_err err = {0};
    (void)state;
    for (cd_id u = 0; u < LEFT; u++) left_there[u] = (cd_span){u % 3 ? 0 : 1, 3};
    for (cd_id c = 0; c < RIGHT; c++) right_there[c] = (cd_span){0, c % 4 ? 3 : 1}, stratum[c] = c % 2;
    for (uint32_t i = 0; i < TIES; i++) {
        cd_id u = (cd_id)cd_random_below(&r, LEFT), c = (cd_id)cd_random_below(&r, RIGHT);
        if (cd_spans_meet(left_there[u], right_there[c])) ties[n][0] = u, ties[n++][1] = c;
    }
    for (uint32_t e = 0; e < n; e += 5) certain[e] = true;
    by_left = odd_csr(LEFT, RIGHT, (const cd_id(*)[2])ties, n);
    assert_int_equal(cd_csr_transpose(&by_left, 1, &by_right, NULL, &err), CD_OK);
    cd_shared s = {&by_left, &by_right, 0};
    check_every_request(&s, &(cd_validated_options){.level = 0.5});
    check_every_request(&s, &(cd_validated_options){.level = 0.5, .stratum = stratum, .n_strata = 2, .certain = certain,
                                                    .left_there = left_there, .right_there = right_there});
    cd_csr_release(&by_left), cd_csr_release(&by_right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_that_fails_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
