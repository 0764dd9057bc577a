/* SPDX-License-Identifier: GPL-3.0-or-later
 * status.c: the first failure is the one that is told, in one line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/status.h"

static void keeps_the_first(void **state)
{
    (void)state;
    cd_err err = {0};
    assert_int_equal(cd_fail(&err, CD_EINPUT, "cannot read '%s'", "a.csv"), CD_EINPUT);
    assert_int_equal(cd_fail(&err, CD_ESTORE, "later"), CD_ESTORE);
    assert_int_equal(err.status, CD_EINPUT);
    assert_string_equal(err.text, "cannot read 'a.csv'");
    cd_err_clear(&err);
    assert_int_equal(cd_fail(&err, CD_EBUSY, "now"), CD_EBUSY);
    assert_string_equal(err.text, "now");
}

static void takes_no_err(void **state)
{
    (void)state;
    assert_int_equal(cd_fail(NULL, CD_EUSAGE, "%s", "nobody listens"), CD_EUSAGE);
    assert_int_equal(cd_fail_errno(NULL, ENOENT, "nobody"), CD_ESYSTEM);
    cd_err_clear(NULL);
}

static void stays_one_line(void **state)
{
    (void)state;
    cd_err err = {0};
    (void)!cd_fail(&err, CD_EINPUT, "'%s'", "a\nb\x1b[31m\x7f");
    assert_string_equal(err.text, "'a?b?[31m?'");
}

static void tells_the_systems_reason(void **state)
{
    (void)state;
    cd_err err = {0};
    (void)!cd_fail_errno(&err, ENOSPC, "cannot write '%s'", "x");
    assert_string_equal(err.text, "cannot write 'x': No space left on device");
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    cd_err err = {0};
    char name[3000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)!cd_fail(&err, CD_EINPUT, "%s", name);
    assert_int_equal(strlen(err.text), CD_ERR_TEXT - 1);
}

/* Whichever thread is first, whatever the order. */
static void the_lowest_of_many_threads(void **state)
{
    (void)state;
    cd_err err = {0};
    cd_lowest none = {0};
    cd_lowest_note(&none, 0, CD_OK, &err);
    assert_int_equal(cd_lowest_status(&none, &err), CD_OK);
    for (int round = 0; round < 200; round++) {
        cd_lowest lowest = {0};
        #pragma omp parallel for schedule(dynamic, 1) num_threads(4)
        for (uint64_t i = 100; i > 0; i--) {
            cd_err mine = {0};
            cd_status st = i % 10 ? CD_OK : cd_fail(&mine, i == 10 ? CD_EINPUT : CD_ESYSTEM, "at %d", (int)i);
            cd_lowest_note(&lowest, i, st, &mine);
        }
        cd_err_clear(&err);
        assert_int_equal(cd_lowest_status(&lowest, &err), CD_EINPUT);
        assert_string_equal(err.text, "at 10");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_first),          cmocka_unit_test(takes_no_err),
        cmocka_unit_test(stays_one_line),           cmocka_unit_test(tells_the_systems_reason),
        cmocka_unit_test(cuts_what_is_too_long),    cmocka_unit_test(the_lowest_of_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
