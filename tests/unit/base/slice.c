/* SPDX-License-Identifier: GPL-3.0-or-later
 * slice.c: ids are compared byte by byte, as unsigned bytes, the shorter first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/slice.h"

static void order(void **state)
{
    (void)state;
    static const cd_slice rising[] = {{NULL, 0}, {"\0", 1}, {"A", 1}, {"A\0", 2}, {"A1", 2}, {"a", 1}, {"\xc3\xa9", 2}};
    size_t n = sizeof rising / sizeof *rising;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            int c = cd_slice_compare(rising[i], rising[j]);
            assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
            assert_int_equal(cd_slice_equal(rising[i], rising[j]), i == j);
        }
    assert_true(cd_slice_equal(cd_slice_of(NULL), cd_slice_of("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
