/* SPDX-License-Identifier: GPL-3.0-or-later
 * directory.c: a directory prints what was parsed; what is not as it must be is refused by line and in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/hash.h"
#include "engine/store/directory.h"

#define TOP "segment 2\nmetadata 0011223344556677\n"
#define SAID "kind officer 0 45000 7\ntable accesses 20000000 45000 1000000 1735689600 1767225599\n" \
             "table subjects 1 1 1 - -\n"
#define COUNTS "sources 3\nloads 1\n"
#define ARRAYS "array tables/accesses/right u32 8192 4 0 8899aabbccddeeff\narray x f64 8208 1 -9223372036854775808 0000000000000000\n"

static void prints_what_it_read(void **state)
{
    (void)state;
    static const char *const good[] = {TOP COUNTS "end\n", TOP SAID COUNTS ARRAYS "end\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cd_directory d = {0};
        cd_buffer again = {0};
        cd_err err = {0};
        assert_int_equal(cd_directory_parse(cd_slice_of(good[i]), "f", &d, &err), CD_OK);
        cd_directory_print(&d, &again);
        assert_string_equal(good[i], again.bytes);
        cd_directory_release(&d);
        cd_buffer_release(&again);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", "line 1: it does not begin"},
        {"segment 1\n", "segment version 1"},
        {"segment 2\nmetadata 001122334455667\n", "line 2: it is not `metadata`"},
        {TOP "kind officer 0 0 7\n", "line 3: a kind's numbers"},
        {TOP "kind officer 4294967295 1 7\n", "line 3: a kind's numbers"},
        {TOP "kind officer 4294967294 2 7\n", "line 3: a kind's numbers"},
        {TOP "kind officer 0 1 256\n", "line 3: a kind's numbers"},
        {TOP "kind officer 0 1\n", "line 3: it is not `kind"},
        {TOP SAID "table t 0 1 1 - -\n", "line 6: a table's counts"},
        {TOP "table t 1 0 1 - -\n", "line 3: a table's counts"},
        {TOP "table t 4294967295 1 1 - -\n", "line 3: a table's counts"},
        {TOP "table t 1 1 1 5 4\n", "line 3: a table's last time"},
        {TOP "table t 1 1 1 5 -\n", "line 3: a table's last time"},
        {TOP "table t 1 1 1 -9223372036854775808 4\n", "line 3: it is not `table"},
        {TOP COUNTS COUNTS, "line 5: it is not an array or `end`"},
        {TOP "sources 3\nend\n", "line 4: it is not `loads COUNT`"},
        {TOP "end\n", "line 3: it is not a kind, a table, or `sources"},
        {TOP COUNTS "array x u33 0 1 0 0011223344556677\n", "line 5: it is not `array"},
        {TOP COUNTS "array x u8 0 0 0 0011223344556677\n", "line 5: an array has no elements"},
        {TOP COUNTS "array x u8 0 1 -0 0011223344556677\n", "line 5: it is not `array"},
        {TOP COUNTS "array x u64 0 2305843009213693952 0 0011223344556677\n", "larger than any file"},
        {TOP COUNTS "array x u8 18446744073709551615 1 0 0011223344556677\n", "larger than any file"},
        {TOP COUNTS "array x u32 2 1 0 0011223344556677\n", "not aligned"},
        {TOP COUNTS "array x u32 0 2 0 0011223344556677\narray y u32 4 1 0 0011223344556677\n",
         "line 6: an array overlaps"},
        {TOP COUNTS "array x u32 8 2 0 0011223344556677\narray y u32 4 1 0 0011223344556677\n",
         "line 6: an array overlaps"},
        {TOP COUNTS "end\nend\n", "line 6: there is more after"},
        {TOP COUNTS "end", "line 5: it is not an array or `end`"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cd_directory d = {0};
        cd_err err = {0};
        assert_int_equal(cd_directory_parse(cd_slice_of(cases[i].text), "f", &d, &err), CD_ESTORE);
        if (!strstr(err.text, cases[i].said)) fail_msg("'%s' said '%s'", cases[i].text, err.text);
    }
}

/* Against the slow way: the bytes outside, put side by side. */
static void hashes_what_is_left(void **state)
{
    (void)state;
    uint8_t file[300], left[300];
    for (size_t i = 0; i < sizeof file; i++) file[i] = (uint8_t)(i * 7);
    const cd_array arrays[] = {
        {.type = CD_U16, .at = 10, .n = 5}, {.type = CD_U8, .at = 20, .n = 1}, {.type = CD_U64, .at = 200, .n = 12}};
    static const uint64_t places[] = {0, 30, 190, 296, 299};
    for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
        size_t n = 0, directory = places[k], bytes = directory == 299 ? 1 : 4;
        for (size_t i = 0; i < sizeof file; i++)
            if (!(i >= 10 && i < 21) && !(i >= 200 && i < 296) && !(i >= directory && i < directory + bytes))
                left[n++] = file[i];
        assert_int_equal(cd_metadata_hash(file, sizeof file, arrays, 3, directory, bytes), cd_hash64(left, n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(prints_what_it_read), cmocka_unit_test(refuses),
                                       cmocka_unit_test(hashes_what_is_left)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
