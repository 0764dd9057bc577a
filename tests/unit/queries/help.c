/* SPDX-License-Identifier: GPL-3.0-or-later
 * help.c: the command table holds to its own rules, and what is printed from it can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "queries/help.h"

static void entries_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_n_commands(); i++) {
        const cli_command *c = cli_command_at(i);
        assert_ptr_equal(cli_command_find(c->name), c); /* names are unique */
        assert_non_null(c->run);
        assert_true(strlen(c->summary) < 100);
        assert_true(c->summary[0] >= 'a' && c->summary[0] <= 'z');
        assert_int_equal(strncmp(c->example, "candour ", 8), 0);
        assert_non_null(strstr(c->example, c->name));
        for (size_t o = 0; o < CLI_MAX_OPTIONS && c->options[o].name; o++) {
            assert_non_null(c->options[o].about);
            for (size_t p = 0; p < o; p++) assert_string_not_equal(c->options[o].name, c->options[p].name);
        }
    }
}

static void help_fits_and_opens_with_its_example(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_n_commands(); i++) {
        const cli_command *c = cli_command_at(i);
        cd_buffer out = {0};
        help_command(c, &out);
        assert_int_equal(out.status, CD_OK);
        char *line = strtok(out.bytes, "\n");
        assert_non_null(strstr(line, c->summary));
        assert_non_null(strstr(strtok(NULL, "\n"), c->example));
        while ((line = strtok(NULL, "\n")) != NULL) {
            if (strlen(line) > 100) fail_msg("help of %s: a line of %zu columns: %s", c->name, strlen(line), line);
            assert_int_not_equal(line[strlen(line) - 1], ' ');
        }
        cd_buffer_release(&out);
    }
}

/* A line that begins with a dot would be an order to troff. */
static void manuals_hold_no_stray_orders(void **state)
{
    (void)state;
    static const char *const orders[] = {".TH", ".SH", ".TP", ".B", ".I", ".BR", ".nf", ".fi", ".PP"};
    for (size_t i = 0; i < cli_n_commands(); i++) {
        cd_buffer out = {0};
        manual_command(cli_command_at(i), &out);
        for (char *line = strtok(out.bytes, "\n"); line; line = strtok(NULL, "\n")) {
            bool known = line[0] != '.';
            for (size_t o = 0; o < sizeof orders / sizeof *orders; o++)
                known = known || (strncmp(line, orders[o], strlen(orders[o])) == 0 && strcspn(line, " ") == strlen(orders[o]));
            if (!known) fail_msg("candour-%s(1): %s", cli_command_at(i)->name, line);
        }
        cd_buffer_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_whole),
        cmocka_unit_test(help_fits_and_opens_with_its_example),
        cmocka_unit_test(manuals_hold_no_stray_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
