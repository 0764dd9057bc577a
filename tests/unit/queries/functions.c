/* SPDX-License-Identifier: GPL-3.0-or-later
 * functions.c: functions are found by name, whatever its case, and the table makes sense. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "queries/commands.h"
#include "queries/language/functions.h"

static void names(void **state)
{
    (void)state;
    uint32_t n;
    const query_function *f = query_functions(&n);
    assert_true(n > 0);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(query_function_find(cd_slice_of(f[i].name)), (int32_t)i);
        assert_true(f[i].least <= f[i].most);
        assert_true(f[i].about[0] != '\0');
        assert_int_equal(query_aggregate_find(cd_slice_of(f[i].name)), AGGREGATE_NONE);
    }
    int32_t lower = query_function_find(cd_slice_of("TOLOWER"));
    assert_true(lower >= 0);
    assert_string_equal(f[lower].name, "toLower");
    assert_true(query_function_find(cd_slice_of("DATE.truncate")) >= 0);
    assert_int_equal(query_function_find(cd_slice_of("toLowe")), -1);
    assert_int_equal(query_function_find(cd_slice_of("toLower2")), -1);
    assert_int_equal(query_function_find((cd_slice){"", 0}), -1);
}

static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = text; (p = strstr(p, word)) != NULL; p++) {
        bool begins = p == text || (!isalnum((unsigned char)p[-1]) && p[-1] != '.');
        if (begins && !isalnum((unsigned char)p[n]) && (p[n] != '.' || !isalnum((unsigned char)p[n + 1]))) return true;
    }
    return false;
}

static void help_names_them_all(void **state)
{
    (void)state;
    uint32_t n;
    const query_function *f = query_functions(&n);
    const char *help = cli_command_find("query")->about;
    for (uint32_t i = 0; i < n; i++)
        if (!has_word(help, f[i].name)) fail_msg("`candour query --help` does not speak of %s", f[i].name);
}

static void aggregates(void **state)
{
    (void)state;
    assert_int_equal(query_aggregate_find(cd_slice_of("count")), AGGREGATE_COUNT);
    assert_int_equal(query_aggregate_find(cd_slice_of("STDEVP")), AGGREGATE_STDEVP);
    assert_int_equal(query_aggregate_find(cd_slice_of("percentiledisc")), AGGREGATE_PERCENTILE_DISC);
    assert_int_equal(query_aggregate_find(cd_slice_of("counts")), AGGREGATE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(help_names_them_all),
                                       cmocka_unit_test(aggregates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
