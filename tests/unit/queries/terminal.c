/* SPDX-License-Identifier: GPL-3.0-or-later
 * terminal.c: the progress bar at chosen moments, and that it fits whatever the terminal's width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "queries/terminal.h"

static void moments(void **state)
{
    (void)state;
    char line[256];
    cd_progress_state s = {.what = "reading accesses.csv", .rows = 8600000, .bytes = 430000000, .bytes_all = 1000000000};
    terminal_bar(&s, 0.5, 100, line, sizeof line);
    assert_string_equal(line, "reading accesses.csv  [################......................]   43 %  8,600,000 rows  860.0 MB/s");
    terminal_bar(&s, 10, 100, line, sizeof line);
    assert_string_equal(line, "reading accesses.csv  [############..................]   43 %  8,600,000 rows  43.0 MB/s  0:13 left");
    s.bytes_all = 0; /* a pipe */
    terminal_bar(&s, 10, 100, line, sizeof line);
    assert_string_equal(line, "reading accesses.csv  8,600,000 rows  43.0 MB/s");
    s = (cd_progress_state){.what = "writing"};
    terminal_bar(&s, 0, 100, line, sizeof line);
    assert_string_equal(line, "writing");
    s.bytes = 20, s.bytes_all = 10; /* a file that grows while it is read */
    terminal_bar(&s, 0.1, 60, line, sizeof line);
    assert_string_equal(line, "writing  [#######################################]  100 %");
}

static void fits(void **state)
{
    (void)state;
    char line[256];
    cd_progress_state s = {.what = "reading accesses.csv", .rows = UINT64_MAX, .bytes = UINT64_MAX / 3, .bytes_all = UINT64_MAX};
    for (unsigned width = 1; width <= 200; width++) {
        terminal_bar(&s, 1e6, width, line, sizeof line);
        assert_true(strlen(line) < width);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(moments), cmocka_unit_test(fits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
