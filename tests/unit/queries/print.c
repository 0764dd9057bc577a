/* SPDX-License-Identifier: GPL-3.0-or-later
 * print.c: numbers as people read them, tables that stand straight, JSON from any bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/civil.h"
#include "queries/print.h"

static void numbers(void **state)
{
    (void)state;
    char out[PRINT_TEXT];
    assert_string_equal(print_count(0, out), "0");
    assert_string_equal(print_count(999, out), "999");
    assert_string_equal(print_count(1000, out), "1,000");
    assert_string_equal(print_count(UINT64_MAX, out), "18,446,744,073,709,551,615");
    assert_string_equal(print_size(0, out), "0 B");
    assert_string_equal(print_size(9999, out), "9,999 B");
    assert_string_equal(print_size(10000, out), "10.0 kB");
    assert_string_equal(print_size(999949, out), "999.9 kB");
    assert_string_equal(print_size(999951, out), "1.0 MB"); /* never 1000.0 kB */
    assert_string_equal(print_size(31200000, out), "31.2 MB");
    assert_string_equal(print_size(UINT64_MAX, out), "18.4 EB");
    assert_string_equal(print_duration(0.004, out), "0.00 s");
    assert_string_equal(print_duration(9.99, out), "9.99 s");
    assert_string_equal(print_duration(9.999, out), "10.0 s");
    assert_string_equal(print_duration(187.4, out), "3:07 min");
    assert_string_equal(print_duration(7500, out), "2:05:00 h");
    assert_string_equal(print_duration(-1, out), "0.00 s");
    assert_string_equal(print_duration(1e300, out), "277777:46:40 h");
    assert_string_equal(print_day(CD_NO_TIME, out), "-");
    assert_string_equal(print_day(86399, out), "1970-01-01");
    assert_string_equal(print_time(86399, out), "1970-01-01T23:59:59Z");
}

static void tables(void **state)
{
    (void)state;
    cd_buffer out = {0};
    cd_err err = {0};
    print_table t = {0};
    print_table_heads(&t, "NAME,>N,LAST");
    print_table_cell(&t, "caf\xc3\xa9"); /* four columns wide, five bytes */
    print_table_cell(&t, "%d", 12345);
    print_table_cell(&t, "%s", "x");
    print_table_cell(&t, "a\x1b[2J");
    print_table_cell(&t, "1");
    print_table_cell(&t, "%s", "");
    assert_int_equal(print_table_end(&t, &out, &err), CD_OK);
    assert_string_equal(out.bytes, "NAME       N  LAST\ncaf\xc3\xa9   12345  x\na?[2J      1  \n");
    cd_buffer_release(&out);
}

static void a_table_without_memory(void **state)
{
    (void)state;
    for (int64_t k = 0;; k++) {
        cd_buffer out = {0};
        cd_err err = {0};
        print_table t = {0};
        size_t before = cd_memory_now();
        cd_memory_fail_at(k);
        print_table_heads(&t, "A,B");
        for (int i = 0; i < 40; i++) print_table_cell(&t, "%d", i);
        cd_status st = print_table_end(&t, &out, &err);
        if (st == CD_OK) st = out.status;
        cd_memory_fail_at(-1);
        cd_buffer_release(&out);
        assert_int_equal(cd_memory_now(), before);
        if (st == CD_OK) {
            assert_true(k > 2);
            break;
        }
        assert_int_equal(st, CD_EMEMORY);
    }
}

static void csv(void **state)
{
    static const char *const texts[][2] = {
        {"P000017", "P000017"}, {"", ""}, {"a,b", "\"a,b\""}, {"say \"x\"", "\"say \"\"x\"\"\""}, {"a=b-c", "a=b-c"},
        {"=1+1", "\"'=1+1\""}, {"+44", "\"'+44\""}, {"-", "\"'-\""}, {"@SUM(A1)", "\"'@SUM(A1)\""},
        {"\t=1", "\"'\t=1\""}, {"\r=1", "\"'\r=1\""}, {"=\"a\",b", "\"'=\"\"a\"\",b\""}};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cd_buffer out = {0};
        print_csv_text(&out, cd_slice_of(texts[i][0]));
        assert_int_equal(out.n, strlen(texts[i][1]));
        if (out.n) assert_memory_equal(out.bytes, texts[i][1], out.n);
        cd_buffer_release(&out);
    }
}

static void json(void **state)
{
    (void)state;
    cd_buffer out = {0};
    cd_err err = {0};
    print_json_init();
    assert_int_equal(print_json(json_pack("{s:o, s:o, s:o}", "good", print_json_text("caf\xc3\xa9\n"), "bad",
                                          print_json_text("a\xff\xc3z\xe2\x82"), "time", print_json_time(CD_NO_TIME)),
                                &out, &err),
                     CD_OK);
    assert_string_equal(out.bytes, "{\n  \"good\": \"caf\xc3\xa9\\n\",\n  \"bad\": \"a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\",\n"
                                   "  \"time\": null\n}\n");
    assert_int_equal(print_json(NULL, &out, &err), CD_EMEMORY);
    cd_buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(tables),
        cmocka_unit_test(a_table_without_memory),
        cmocka_unit_test(csv),
        cmocka_unit_test(json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
