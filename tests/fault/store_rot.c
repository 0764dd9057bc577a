/* SPDX-License-Identifier: GPL-3.0-or-later
 * store_rot.c: what time does to files. A byte of a store changes, or the end of a file is gone: verify finds it,
 * wherever it is. Every byte and length of the manifest, and a sample of those of the segment files that moves with each
 * of them; fewer where crash.h thins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/store/segment.h"
#include "engine/store/snapshot.h"
#include "tests/support/crash.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

enum { SAMPLES = 150 / CRASH_STEP };

typedef struct {
    char *folder, *store;
    uint32_t n_files;
    char names[8][64];
} fixture;

static int set_up(void **state)
{
    static fixture f;
    rows_force rows = {0};
    candour_store *s;
    cd_err err = {0};
    f.folder = folder_new();
    f.store = cd_store_path(f.folder, NULL, "store", NULL);
    cd_snapshot *snapshot;
    for (uint32_t load = 0; load < 2; load++) {
        rows_make(&rows, load, 6, 3);
        if (rows_load(f.store, &rows, NULL, NULL, &err) != CD_OK) fail_msg("%s", err.text);
        rows_release(&rows);
        rows = (rows_force){0};
    }
    if (candour_store_open(f.store, NULL, &s, &err) != CD_OK) fail_msg("%s", err.text);
    candour_store_close(s);
    if (cd_snapshot_open(f.store, false, &snapshot, &err) != CD_OK) fail_msg("%s", err.text);
    f.n_files = snapshot->n_segments;
    for (uint32_t i = 0; i < f.n_files; i++) snprintf(f.names[i], sizeof f.names[i], "%s", snapshot->manifest.files[i].name);
    cd_snapshot_close(snapshot);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    cd_free(f->store);
    folder_remove(f->folder);
    return 0;
}

static bool found(const fixture *f)
{
    candour_verify_report report;
    cd_err err = {0};
    cd_status st = candour_verify(f->store, 1, NULL, NULL, NULL, &report, &err);
    if (st != CD_OK && st != CD_ESTORE) fail_msg("status %d: %s", (int)st, err.text);
    return st == CD_ESTORE && err.text[0];
}

static void read_whole(const char *path, cd_buffer *out)
{
    bool there;
    cd_err err = {0};
    if (cd_file_read(path, 1 << 30, out, &there, &err) != CD_OK || !there) fail_msg("%s: %s", path, err.text);
}

static void write_part(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Changes one bit or more of the byte at each of some places, and cuts the file there. */
static void spoil(const fixture *f, const char *path, size_t samples, uint64_t seed)
{
    cd_random r = cd_random_of(20261121, 1, seed);
    cd_buffer whole = {0};
    read_whole(path, &whole);
    for (size_t i = 0; i < samples; i++) {
        size_t from = whole.n * i / samples, to = whole.n * (i + 1) / samples;
        size_t at = from + cd_random_below(&r, to - from);
        char was = whole.bytes[at];
        whole.bytes[at] = (char)(was ^ (char)(1 + cd_random_below(&r, 255)));
        write_part(path, whole.bytes, whole.n);
        if (!found(f)) fail_msg("%s: byte %zu of %zu is %02x, not %02x, and verify is content", path, at, whole.n,
                                (unsigned char)whole.bytes[at], (unsigned char)was);
        whole.bytes[at] = was;
        write_part(path, whole.bytes, at);
        if (!found(f)) fail_msg("%s: cut to %zu of %zu bytes, and verify is content", path, at, whole.n);
    }
    write_part(path, whole.bytes, whole.n);
    assert_false(found(f));
    cd_buffer_release(&whole);
}

static void in_the_manifest(void **state)
{
    fixture *f = *state;
    cd_buffer whole = {0};
    char *path = cd_store_path(f->store, NULL, "manifest", NULL);
    read_whole(path, &whole);
    spoil(f, path, whole.n / CRASH_STEP, 0);
    cd_buffer_release(&whole);
    cd_free(path);
}

static void in_a_segment_file(void **state)
{
    fixture *f = *state;
    assert_int_equal(f->n_files, 2);
    for (uint32_t i = 0; i < f->n_files; i++) {
        char *path = cd_store_path(f->store, "segments", f->names[i], NULL);
        spoil(f, path, SAMPLES, i + 1);
        cd_free(path);
    }
}

/* A file that is gone, and one in the place of another. */
static void of_a_whole_file(void **state)
{
    fixture *f = *state;
    cd_buffer first = {0}, second = {0};
    char *a = cd_store_path(f->store, "segments", f->names[0], NULL), *b = cd_store_path(f->store, "segments", f->names[1], NULL);
    read_whole(a, &first), read_whole(b, &second);
    assert_int_equal(unlink(b), 0);
    assert_true(found(f));
    write_part(b, first.bytes, first.n);
    assert_true(found(f));
    write_part(a, second.bytes, second.n);
    assert_true(found(f));
    write_part(a, first.bytes, first.n), write_part(b, second.bytes, second.n);
    assert_false(found(f));
    cd_buffer_release(&first), cd_buffer_release(&second);
    cd_free(a), cd_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_the_manifest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(in_a_segment_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_a_whole_file, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
