/* SPDX-License-Identifier: GPL-3.0-or-later
 * provenance.c: lines of sources and loads print what was read, whatever bytes a name has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/store/snapshot.h"

#define SHA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void any_name_comes_back(void **state)
{
    (void)state;
    char every[256];
    for (int i = 0; i < 256; i++) every[i] = (char)i;
    static char longest[CD_SOURCE_NAME + 10];
    memset(longest, ' ', sizeof longest);
    const cd_slice names[] = {{every, 256},         {"", 0},      {"%", 1},
                              {"accesses.csv", 12}, {"a b\n", 4}, {longest, sizeof longest}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cd_source_line line = {.load = UINT64_MAX, .bytes = 1, .rows_read = 2, .rows_rejected = 3, .table = {"pay", 3}},
                       back;
        cd_buffer text = {0}, again = {0}, name = {0};
        cd_err err = {0};
        line.sha256[31] = 0xfe;
        cd_source_print(&line, names[i], &text);
        cd_slice rest = {text.bytes, (uint32_t)text.n};
        assert_int_equal(cd_source_next(&rest, &back, &name, "f", &err), CD_OK);
        assert_int_equal(rest.n, 0);
        assert_int_equal(name.n, names[i].n < CD_SOURCE_NAME ? names[i].n : CD_SOURCE_NAME);
        if (name.n) assert_memory_equal(name.bytes, names[i].bytes, name.n);
        assert_memory_equal(back.sha256, line.sha256, 32);
        assert_int_equal(back.rows_rejected, 3);
        cd_source_print(&back, (cd_slice){name.bytes, (uint32_t)name.n}, &again);
        assert_string_equal(text.bytes, again.bytes);
        cd_buffer_release(&text), cd_buffer_release(&again), cd_buffer_release(&name);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", SHA, SHA " 1 pay 1 1 1 a", SHA " 1 pay 1 1 1 \n", SHA " 01 pay 1 1 1 a\n", SHA " 1 pay 1 1 1 a b\n",
        SHA " 1 pay 1 1 1 %2\n", SHA " 1 pay 1 1 1 %2f\n", SHA " 1 pay 1 1 1 %41\n", SHA " 1 pay 1 1 1 a%\n",
        SHA "0 1 pay 1 1 1 a\n", "AA" SHA " 1 pay 1 1 1 a\n", SHA " 1 pay -1 1 1 a\n", SHA " 1 pay 1 1 1 a\x80\n",
    };
    cd_buffer name = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cd_source_line line;
        cd_slice rest = cd_slice_of(bad[i]);
        assert_int_equal(cd_source_next(&rest, &line, &name, "f", NULL), CD_ESTORE);
    }
    cd_buffer_release(&name);
    static const char *const bad_loads[] = {"", "1 2 3 4", "1 2 3 4294967296\n", "-1 2 3 4\n", "1 2 3 4 5\n"};
    for (size_t i = 0; i < sizeof bad_loads / sizeof *bad_loads; i++) {
        candour_load_info load;
        cd_slice rest = cd_slice_of(bad_loads[i]);
        assert_int_equal(cd_load_next(&rest, &load, "f", NULL), CD_ESTORE);
    }
}

static void loads_come_back(void **state)
{
    (void)state;
    const candour_load_info load = {.number = 7, .at = -3, .rows_taken = UINT64_MAX, .n_sources = UINT32_MAX};
    candour_load_info back;
    cd_buffer text = {0};
    cd_load_print(&load, &text);
    cd_slice rest = {text.bytes, (uint32_t)text.n};
    assert_int_equal(cd_load_next(&rest, &back, "f", NULL), CD_OK);
    assert_true(back.number == 7 && back.at == -3 && back.rows_taken == UINT64_MAX && back.n_sources == UINT32_MAX);
    cd_buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_name_comes_back), cmocka_unit_test(refuses),
                                       cmocka_unit_test(loads_come_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
