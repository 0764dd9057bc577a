/* SPDX-License-Identifier: GPL-3.0-or-later
 * questions.c: the named questions when things go wrong: whichever request for memory fails, the failure is told and
 * nothing leaks; and of a store in which a byte has changed, whichever, they say something or fail, and never crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/store/segment.h"
#include "engine/store/snapshot.h"
#include "queries/arguments.h"
#include "queries/print.h"
#include "tests/support/crash.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

enum { OFFICERS = 8, DAYS = 4, SAMPLES = 600 / CRASH_STEP };

static char *folder, *store;

/* What is asked, without the store, which comes after the first word. */
static const char *const lines[] = {
    "who case-1 --why",
    "who case-1 --graphml",
    "touched o1 --relations accesses,links,roster --json",
    "touched o --csv",
    "touched o99",
    "common o1 o2",
    "common o1 o2 --why --csv",
    "between o1 o2 --html",
    "ego o1 --hops 2 --svg",
    "ego o1 --hops 3 --why",
    "path o1 o3",
    "path o1 o3 --all --dot",
    "path o1 o3 --k 2",
    "path o1 o3 --avoid-hubs",
    "path o1 o3 --in-time --why",
    "timeline o1",
    "timeline case-1 --gexf",
    "duty o1 2026-03-02",
    "similar o1 --graphml",
    "around case-1 --window 2d --why",
    "facets accesses action",
    "facets accesses case_id.unit --where action=view",
    "facets pay basic",
    "facets roster claimed_from --by hour --json",
};
enum { LINES = sizeof lines / sizeof *lines };

/* What it answers goes to *said, for cd_buffer_release. */
static cd_status ask(const char *line, cd_buffer *said, cd_err *err)
{
    cd_status st = CD_OK;
    cli_run run = {0};
    char copy[256], *words[16];
    int n = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " ")) {
        words[n++] = w;
        if (n == 1) words[n++] = store;
    }
    run.command = cli_command_find(words[0]);
    assert_non_null(run.command);
    CD_TRY(cli_parse(&run, n - 1, words + 1, err));
    CD_TRY(run.command->run(&run, err));
    st = run.out.status;
    if (st == CD_OK && run.out.n == 0) fail_msg("'%s' says nothing", line);
done:
    cd_arena_release(&run.arena);
    *said = run.out;
    return st;
}

static void memory_that_fails_is_told(void **state)
{
    cd_err err = {0};
    (void)state;
    for (uint32_t i = 0; i < LINES; i++) {
        cd_buffer expected, said;
        cd_status usual = ask(lines[i], &expected, &err); /* what the libraries keep for good is had by now */
        size_t before = cd_memory_now();
        bool reached = true;
        for (int64_t k = 0; reached; k += CRASH_STEP) {
            cd_err_clear(&err);
            cd_memory_fail_at(k);
            cd_status st = ask(lines[i], &said, &err);
            reached = cd_memory_failed();
            cd_memory_fail_at(-1);
            bool same = said.n == expected.n && (said.n == 0 || memcmp(said.bytes, expected.bytes, said.n) == 0);
            cd_buffer_release(&said);
            if (cd_memory_now() != before) fail_msg("'%s', request %lld leaks: '%s'", lines[i], (long long)k, err.text);
            /* What was not needed after all may have failed; then it is as ever. */
            if (st == usual ? st == CD_OK && !same : st != CD_EMEMORY)
                fail_msg("'%s', request %lld: %d, '%s'", lines[i], (long long)k, (int)st, err.text);
        }
        cd_buffer_release(&expected);
    }
}

static void read_whole(const char *path, cd_buffer *out)
{
    bool there;
    cd_err err = {0};
    if (cd_file_read(path, 1 << 30, out, &there, &err) != CD_OK || !there) fail_msg("%s: %s", path, err.text);
}

static void write_whole(const char *path, const cd_buffer *bytes)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes->bytes, 1, bytes->n, f), bytes->n);
    assert_int_equal(fclose(f), 0);
}

static void a_damaged_store_is_survived(void **state)
{
    cd_random r = cd_random_of(20261122, 1, 0);
    cd_snapshot *snapshot;
    cd_buffer whole = {0};
    cd_err err = {0};
    uint32_t answered = 0;
    (void)state;
    assert_int_equal(cd_snapshot_open(store, false, &snapshot, &err), CD_OK);
    char *path = cd_store_path(store, "segments", snapshot->manifest.files[0].name, NULL);
    cd_snapshot_close(snapshot);
    read_whole(path, &whole);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        size_t at = cd_random_below(&r, whole.n);
        char was = whole.bytes[at];
        whole.bytes[at] = (char)(was ^ (char)(1 + cd_random_below(&r, 255)));
        write_whole(path, &whole);
        cd_err_clear(&err);
        cd_buffer said;
        cd_status st = ask(lines[i % LINES], &said, &err);
        cd_buffer_release(&said);
        assert_true(st == CD_OK || err.text[0]);
        answered += st == CD_OK;
        whole.bytes[at] = was;
    }
    write_whole(path, &whole);
    fprintf(stderr, "%u of %u answered\n", answered, (unsigned)SAMPLES);
    assert_true(answered > 0);
    cd_buffer_release(&whole);
    cd_free(path);
}

static int make(void **state)
{
    cd_err err = {0};
    (void)state;
    print_json_init();
    folder = folder_new();
    store = cd_store_path(folder, NULL, "store", NULL);
    for (uint32_t load = 0; load < 2; load++) {
        rows_force rows = {0};
        rows_make(&rows, load, OFFICERS, DAYS);
        if (rows_load(store, &rows, NULL, NULL, &err) != CD_OK) return -1;
        rows_release(&rows);
    }
    return 0;
}

static int drop(void **state)
{
    (void)state;
    cd_free(store);
    folder_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_fails_is_told),
        cmocka_unit_test(a_damaged_store_is_survived),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
