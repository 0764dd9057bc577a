/* SPDX-License-Identifier: GPL-3.0-or-later
 * batches.c: a force in one load, or in a hundred that overlap, shuffled, with so little memory that a load becomes many
 * files, by any number of threads, tidied often or seldom: the same digest. Presence and its roster are among the rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/store/segment.h"
#include "engine/store/snapshot.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

/* Under the address sanitizer a load takes ten times as long. */
#ifdef __SANITIZE_ADDRESS__
enum { PARTS = 20 };
#else
enum { PARTS = 100 };
#endif
enum { OFFICERS = 50, DAYS = 6 };

#define fine(call)                                                                                                     \
    do {                                                                                                               \
        cd_err err_ = {0}, *err = &err_;                                                                               \
        if ((call) != CD_OK) fail_msg("%s", err->text);                                                                \
    } while (0)

typedef struct {
    candour_digest digest;
    char all[CANDOUR_DIGEST_TEXT];
    uint64_t presence;
} seen;

static seen look(const char *path)
{
    seen s = {0};
    candour_store *store;
    candour_verify_report report;
    fine(candour_store_open(path, NULL, &store, err));
    fine(candour_store_digest(store, 2, &s.digest, err));
    memcpy(s.all, s.digest.all, sizeof s.all);
    s.presence = s.digest.rows[rows_table("presence")];
    candour_store_close(store);
    fine(candour_verify(path, 2, NULL, NULL, NULL, &report, err));
    return s;
}

/* Tidied after so many loads. */
static void in_parts(const rows_force *f, const char *path, const rows_way *way, uint32_t tidied_after)
{
    rows_force parts[PARTS] = {{0}};
    rows_deal(f, way->threads, PARTS, 3, parts);
    for (uint32_t i = 0; i < PARTS; i++) {
        rows_shuffle(&parts[i], i);
        fine(rows_load(path, &parts[i], way, NULL, err));
        if ((i + 1) % tidied_after == 0) {
            candour_compact_report report = {0};
            fine(candour_tidy(path, NULL, &report, err));
            assert_true(report.files_before > tidied_after); /* the memory was full indeed */
        }
        rows_release(&parts[i]);
    }
}

static void the_same_however_it_comes(void **state)
{
    static const uint32_t threads[] = {1, 2, 3, 8};
    (void)state;
    char *folder = folder_new();
    rows_force f = {0};
    rows_make(&f, 20261121, OFFICERS, DAYS);
    char *whole = cd_store_path(folder, NULL, "whole", NULL);
    fine(rows_load(whole, &f, NULL, NULL, err));
    const seen once = look(whole);
    assert_true(once.presence > OFFICERS); /* and some of it was cut or dropped: see store_rows.c */
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        char name[16];
        snprintf(name, sizeof name, "store %u", threads[i]);
        char *path = cd_store_path(folder, NULL, name, NULL);
        rows_way way = {.threads = threads[i], .squeezed_bytes = 1 << 20, .block_rows = 50, .backwards = i % 2 == 1};
        in_parts(&f, path, &way, i % 2 ? 20 : 5);
        const seen now = look(path);
        if (strcmp(now.all, once.all) != 0) fail_msg("%u threads: another digest", threads[i]);
        assert_int_equal(now.presence, once.presence);
        cd_free(path);
    }
    cd_free(whole);
    rows_release(&f);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_same_however_it_comes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
