/* SPDX-License-Identifier: GPL-3.0-or-later
 * manifest.c: a manifest prints what was parsed, every line that is not as it must be is refused in its own words, and
 * replacing one leaves the old or the new. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/hash.h"
#include "engine/store/manifest.h"
#include "tests/support/image.h"

#define HEADER "candour 2\nsnapshot 12\nload 7\nnext 13\npresence duty\n"
#define ONTOLOGY "ontology ontology-89abcdef01234567.yaml 812 89abcdef01234567\n"
#define FILE_A "file 000012.h5 23068672 4096 5120 0123456789abcdef\n"
#define FILE_B "file 000003.h5 100 10 90 0123456789abcdef\n"

/* The text with its last line, for cd_buffer_release. */
static cd_buffer sealed(const char *text)
{
    cd_buffer b = {0};
    cd_buffer_add(&b, text, strlen(text));
    cd_buffer_printf(&b, "end %016llx\n", (unsigned long long)cd_hash64(text, strlen(text)));
    return b;
}

static void prints_what_it_read(void **state)
{
    (void)state;
    static const char *const good[] = {HEADER, HEADER FILE_A, HEADER ONTOLOGY FILE_A FILE_B,
                                       "candour 2\nsnapshot 0\nload 18446744073709551615\nnext 18446744073709551615\n"
                                       "presence all\nfile 1234567890.h5 1 0 1 ffffffffffffffff\n",
                                       "candour 2\nsnapshot 0\nload 0\nnext 1\npresence unset\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cd_buffer text = sealed(good[i]), again = {0};
        cd_manifest m = {0};
        cd_err err = {0};
        assert_int_equal(cd_manifest_parse((cd_slice){text.bytes, (uint32_t)text.n}, "m", &m, &err), CD_OK);
        cd_manifest_print(&m, &again);
        assert_string_equal(text.bytes, again.bytes);
        cd_manifest_release(&m);
        cd_buffer_release(&text), cd_buffer_release(&again);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", "first line is not"},
        {"kandour 1\n", "first line is not"},
        {"candour 01\n", "first line is not"},
        {"candour 1\n", "store version 1, which this candour no longer reads"},
        {"candour 3\n", "store version 3, this candour reads up to 2"},
        {"candour 2\nload 7\n", "second line is not"},
        {"candour 2\nsnapshot 12\nload -7\n", "third line is not"},
        {"candour 2\nsnapshot 12\nload 7\nnext 0\n", "fourth line is not"},
        {"candour 2\nsnapshot 12\nload 7\nnext 18446744073709551616\n", "fourth line is not"},
        {"candour 2\nsnapshot 12\nload 7\nnext 13\npresence some\n", "fifth line is not"},
        {HEADER "ontology ../x 812 89abcdef01234567\n", "not `ontology-HASH.yaml`"},
        {HEADER "ontology ontology-89abcdef01234567.yaml 1048577 89abcdef01234567\n", "larger than 1 MiB"},
        {HEADER ONTOLOGY ONTOLOGY, "none that a manifest has there"},
        {HEADER FILE_A "\n", "none that a manifest has there"},
        {HEADER FILE_A FILE_A, "names a file twice"},
        {HEADER "file 000013.h5 100 10 90 0123456789abcdef\n", "number was never given out"},
        {HEADER "file 000000.h5 100 10 90 0123456789abcdef\n", "number was never given out"},
        {HEADER "file ../x 100 10 90 0123456789abcdef\n", "no name of a file in segments/"},
        {HEADER "file 3.h5 100 10 90 0123456789abcdef\n", "no name of a file in segments/"},
        {HEADER "file 0000003.h5 100 10 90 0123456789abcdef\n", "no name of a file in segments/"},
        {HEADER "file 000003.h5/../../x 100 10 90 0123456789abcdef\n", "no name of a file in segments/"},
        {HEADER "file 000003.h5 100 10 91 0123456789abcdef\n", "does not lie inside the file"},
        {HEADER "file 000003.h5 100 18446744073709551615 90 0123456789abcdef\n", "does not lie inside the file"},
        {HEADER "file 000003.h5 18446744073709551615 0 90 0123456789abcdef\n", "does not lie inside the file"},
        {HEADER "file 000003.h5 100 10 0 0123456789abcdef\n", "does not lie inside the file"},
        {HEADER "file 000003.h5 100  10 90 0123456789abcdef\n", "`file` line is not"},
        {HEADER "file 000003.h5 100 10 90 0123456789ABCDEF\n", "`file` line is not"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cd_buffer text = sealed(cases[i].text);
        cd_manifest m = {0};
        cd_err err = {0};
        assert_int_equal(cd_manifest_parse((cd_slice){text.bytes, (uint32_t)text.n}, "m", &m, &err), CD_ESTORE);
        if (!strstr(err.text, cases[i].said)) fail_msg("'%s' said '%s'", cases[i].text, err.text);
        cd_buffer_release(&text);
    }
}

/* Every byte counts: whichever is changed, and wherever the text is cut, it is no manifest. */
static void every_byte_counts(void **state)
{
    (void)state;
    cd_buffer text = sealed(HEADER ONTOLOGY FILE_A FILE_B);
    cd_manifest m = {0};
    for (size_t i = 0; i < text.n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            text.bytes[i] = (char)(text.bytes[i] ^ 1 << bit);
            assert_int_equal(cd_manifest_parse((cd_slice){text.bytes, (uint32_t)text.n}, "m", &m, NULL), CD_ESTORE);
            text.bytes[i] = (char)(text.bytes[i] ^ 1 << bit);
        }
        assert_int_equal(cd_manifest_parse((cd_slice){text.bytes, (uint32_t)i}, "m", &m, NULL), CD_ESTORE);
    }
    cd_buffer_release(&text);
}

static void replaces(void **state)
{
    (void)state;
    char *store = folder_new();
    bool found;
    cd_manifest m = {0}, file = {.snapshot = 1, .load = 1, .next = 2, .presence = CD_PRESENCE_ALL};
    cd_err err = {0};
    assert_int_equal(cd_manifest_read(store, &m, &found, &err), CD_OK);
    assert_false(found);
    assert_int_equal(m.next, 1);
    assert_int_equal(cd_manifest_replace(store, &file, &err), CD_OK);
    file.snapshot = 2;
    assert_int_equal(cd_manifest_replace(store, &file, &err), CD_OK);
    assert_int_equal(cd_manifest_read(store, &m, &found, &err), CD_OK);
    assert_true(found);
    assert_int_equal(m.snapshot, 2);
    assert_int_equal(m.presence, CD_PRESENCE_ALL);
    cd_manifest_release(&m);
    folder_remove(store);
    assert_int_equal(cd_manifest_replace("/nowhere/at/all", &file, &err), CD_ESYSTEM);
}

static void refuses_what_is_no_file(void **state)
{
    (void)state;
    char *store = folder_new(), command[128];
    cd_manifest m = {0};
    cd_err err = {0};
    bool found;
    snprintf(command, sizeof command, "mkfifo '%s/manifest'", store);
    assert_int_equal(system(command), 0);
    assert_int_equal(cd_manifest_read(store, &m, &found, &err), CD_ESTORE);
    assert_non_null(strstr(err.text, "not a regular file"));
    folder_remove(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_what_it_read), cmocka_unit_test(refuses),  cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(replaces),            cmocka_unit_test(refuses_what_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
