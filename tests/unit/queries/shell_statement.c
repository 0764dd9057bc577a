/* SPDX-License-Identifier: GPL-3.0-or-later
 * shell_statement.c: a statement ends at its `;`, and at none that is part of a text, a name or a comment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queries/shell.h"

static uint32_t ends_at(const char *text) { return shell_statement(cd_slice_of(text)); }

static void ends(void **state)
{
    (void)state;
    assert_int_equal(ends_at("RETURN 1;"), 9);
    assert_int_equal(ends_at("RETURN 1; RETURN 2;"), 9);
    assert_int_equal(ends_at(";"), 1);
    assert_int_equal(ends_at("RETURN 1"), 0);
    assert_int_equal(ends_at(""), 0);
    assert_int_equal(ends_at("RETURN ';'"), 0);
    assert_int_equal(ends_at("RETURN ';\\';' + \";\" + `;`;"), 26);
    assert_int_equal(ends_at("RETURN 1 // ;\n;"), 15);
    assert_int_equal(ends_at("RETURN 1 // ;"), 0);
    assert_int_equal(ends_at("RETURN 1 /* ; */;"), 17);
    assert_int_equal(ends_at("RETURN 1 /* ;"), 0);
    assert_int_equal(ends_at("RETURN 1 /*/;"), 0);
    assert_int_equal(ends_at("RETURN 4 / 2;"), 13);
    assert_int_equal(ends_at("RETURN 'it\\"), 0);
}

static void blanks(void **state)
{
    (void)state;
    assert_true(shell_is_blank(cd_slice_of("")));
    assert_true(shell_is_blank(cd_slice_of(" \t\n;; // x\n /* y */")));
    assert_false(shell_is_blank(cd_slice_of("/* open")));
    assert_false(shell_is_blank(cd_slice_of("a")));
    assert_false(shell_is_blank(cd_slice_of("'")));
}

static void flat(const char *text, const char *expected)
{
    cd_buffer out = {0};
    shell_flatten(cd_slice_of(text), &out);
    cd_buffer_add(&out, "", 1);
    assert_int_equal(out.status, CD_OK);
    assert_string_equal(out.bytes, expected);
    cd_buffer_release(&out);
}

static void flattened(void **state)
{
    (void)state;
    flat("\n MATCH (o) // all\n  RETURN /* of */ o;\n", "MATCH (o) RETURN o;");
    flat("RETURN 'a\nb'  +  ' // '", "RETURN 'a\\nb' + ' // '");
    flat("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ends), cmocka_unit_test(blanks), cmocka_unit_test(flattened)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
