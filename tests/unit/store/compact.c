/* SPDX-License-Identifier: GPL-3.0-or-later
 * compact.c: what compaction and tidying leave alone, what they make one, and from how many files on; each time the store
 * says the same. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/store/folder.h"
#include "engine/store/snapshot.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

enum { TIDY_AT = 8 }; /* as in compact.c */

typedef struct {
    char *room, *store;
} fixture;

#define fine(call)                                                                                                     \
    do {                                                                                                               \
        cd_err err_ = {0}, *err = &err_;                                                                               \
        if ((call) != CD_OK) fail_msg("%s", err->text);                                                                \
    } while (0)

static int set_up(void **state)
{
    static fixture f;
    f.room = folder_new();
    f.store = cd_store_path(f.room, NULL, "store", NULL);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    cd_free(f->store);
    folder_remove(f->room);
    return 0;
}

/* One load, and so one file, of n officers that were nowhere before. */
static void load(const char *store, uint32_t n)
{
    static uint32_t number;
    rows_force f = {0};
    for (uint32_t i = 0; i < n; i++, number++)
        rows_add(&f, "officers", "officer %u|constable|unit %u||||||", number, number % 7);
    fine(rows_load(store, &f, NULL, NULL, err));
    rows_release(&f);
}

static void digest_of(const char *store, char out[CANDOUR_DIGEST_TEXT])
{
    candour_store *s;
    candour_digest digest;
    candour_verify_report report;
    fine(candour_verify(store, 1, NULL, NULL, NULL, &report, err));
    fine(candour_store_open(store, NULL, &s, err));
    fine(candour_store_digest(s, 1, &digest, err));
    memcpy(out, digest.all, CANDOUR_DIGEST_TEXT);
    candour_store_close(s);
}

static cd_manifest manifest_of(const char *store)
{
    cd_manifest m;
    bool found;
    fine(cd_manifest_read(store, &m, &found, err));
    assert_true(found);
    return m;
}

typedef cd_status (*merging)(const char *path, const candour_load_options *options, candour_compact_report *report,
                             cd_err *err);

/* Merges, and holds the store against what it was: `files` are left, and where that is what there was, nothing was done. */
static void must_leave(const char *store, merging merge, uint32_t files)
{
    char before[CANDOUR_DIGEST_TEXT], after[CANDOUR_DIGEST_TEXT];
    candour_compact_report report;
    cd_manifest was = manifest_of(store);
    uint64_t bytes = 0;
    digest_of(store, before);
    fine(merge(store, NULL, &report, err));
    digest_of(store, after);
    assert_string_equal(after, before);
    cd_manifest is = manifest_of(store);
    for (uint32_t i = 0; i < is.n_files; i++) bytes += is.files[i].bytes;
    assert_int_equal(is.n_files, files);
    assert_int_equal(report.files_before, was.n_files);
    assert_int_equal(report.files_after, files);
    assert_int_equal(report.bytes_after, bytes);
    assert_int_equal(is.snapshot, was.snapshot + (files != was.n_files));
    assert_int_equal(is.load, was.load);
    assert_string_equal(is.ontology, was.ontology);
    cd_manifest_release(&was), cd_manifest_release(&is);
}

static void what_is_no_store(void **state)
{
    fixture *f = *state;
    candour_compact_report report;
    cd_err err = {0};
    assert_int_equal(candour_compact(f->store, NULL, &report, &err), CD_EUSAGE);
    assert_non_null(strstr(err.text, "there is no store '"));
    assert_int_equal(access(f->store, F_OK), -1); /* nor is there one now */
    cd_err_clear(&err);
    assert_int_equal(candour_tidy(f->room, NULL, &report, &err), CD_EUSAGE);
    assert_non_null(strstr(err.text, "there is no store '"));
}

static void a_store_without_files(void **state)
{
    fixture *f = *state;
    image_store(f->room, NULL, 0);
    must_leave(f->room, candour_compact, 0);
    must_leave(f->room, candour_tidy, 0);
}

static void a_store_of_one_file(void **state)
{
    fixture *f = *state;
    load(f->store, 3);
    must_leave(f->store, candour_compact, 1);
    must_leave(f->store, candour_tidy, 1);
}

static void two_files_become_one(void **state)
{
    fixture *f = *state;
    load(f->store, 3);
    load(f->store, 2);
    must_leave(f->store, candour_compact, 1);
    must_leave(f->store, candour_compact, 1);
}

static void another_has_the_lock(void **state)
{
    fixture *f = *state;
    candour_compact_report report;
    cd_store_lock lock;
    cd_err err = {0};
    load(f->store, 1);
    assert_int_equal(cd_store_lock_take(f->store, "load into", NULL, &lock, &err), CD_OK);
    assert_int_equal(candour_compact(f->store, NULL, &report, &err), CD_EBUSY);
    assert_non_null(strstr(err.text, "cannot compact '"));
    cd_store_lock_release(&lock);
}

/* One load of one vehicle, of a kind that the store's own ontology adds. */
static void load_vehicle(const char *store, const char *ontology, const char *which)
{
    candour_load *l;
    const candour_load_report *report;
    uint32_t source, line = 2;
    char id[32];
    cd_slice vehicle = {id, (uint32_t)strlen(which)};
    candour_values values[ROWS_COLUMNS] = {{.text = &vehicle}};
    uint8_t sha256[32] = {(uint8_t)which[strlen(which) - 1]};
    snprintf(id, sizeof id, "%s", which);
    fine(candour_load_begin(store, &(candour_load_options){.threads = 1, .ontology_path = ontology}, &l, err));
    int32_t table = candour_table_find(candour_load_ontology(l), cd_slice_of("vehicles"));
    assert_true(table >= 0);
    fine(candour_load_source(l, (uint32_t)table, "vehicles.csv", &source, err));
    fine(candour_load_rows(l, 0, source, 0, 1, &line, values, err));
    fine(candour_load_source_done(l, source, sha256, 1, 1, 0, err));
    fine(candour_load_commit(l, &report, err));
    candour_load_end(l);
}

static void kinds_of_its_own(void **state)
{
    fixture *f = *state;
    static const char yaml[] = "kinds:\n  - {name: vehicle, label: Vehicle, table: vehicles}\ntables:\n  - name: vehicles\n"
                               "    label: Vehicle\n    class: entity\n    columns:\n"
                               "      - {name: vehicle_id, type: id, kind: vehicle}\n";
    file_write(f->room, NULL, "ontology.yaml", yaml, sizeof yaml - 1);
    char *path = cd_store_path(f->room, NULL, "ontology.yaml", NULL);
    candour_store *s;
    cd_buffer rows = {0};
    load_vehicle(f->store, path, "van 2");
    load_vehicle(f->store, NULL, "van 1");
    must_leave(f->store, candour_compact, 1);
    fine(candour_store_open(f->store, NULL, &s, err));
    int32_t table = candour_table_find(candour_store_ontology(s), cd_slice_of("vehicles"));
    assert_true(table >= 0);
    fine(rows_scan(s, (uint32_t)table, &rows, err));
    assert_string_equal(rows.bytes, "van 1|\nvan 2|\n");
    candour_store_close(s);
    cd_buffer_release(&rows);
    cd_free(path);
}

static void tidies_from_eight_files_on(void **state)
{
    fixture *f = *state;
    for (uint32_t n = 1; n < TIDY_AT; n++) load(f->store, 1);
    must_leave(f->store, candour_tidy, TIDY_AT - 1);
    load(f->store, 1);
    must_leave(f->store, candour_tidy, 1);
    must_leave(f->store, candour_tidy, 1);
}

/* One more officer, loaded by itself; where tidying pays a hold is left. */
static int load_and_hold(const char *store)
{
    static char id[16 + 16] = "held a";
    candour_load *l;
    const candour_load_report *report;
    const candour_values none = {0};
    candour_values values[ROWS_COLUMNS] = {none};
    const cd_slice officer = {id, 6};
    const uint8_t sha[32] = {1};
    uint32_t source, line = 2;
    values[0].text = &officer, id[5]++;
    fine(candour_load_begin(store, NULL, &l, err));
    fine(candour_load_source(l, 0, "held", &source, err));
    fine(candour_load_rows(l, 0, source, 0, 1, &line, values, err));
    fine(candour_load_source_done(l, source, sha, 1, 1, 0, err));
    assert_int_equal(candour_load_hold(l), -1); /* nothing is committed yet */
    fine(candour_load_commit(l, &report, err));
    int hold = candour_load_hold(l);
    candour_load_end(l);
    return hold;
}

static bool stop_at_once(void *context, const cd_progress_state *state)
{
    *(bool *)context |= strstr(state->what, "tidying") != NULL;
    return false;
}

/* A load leaves the lock to who tidies behind it: others wait until that is done or given up, and are not sent away. */
static void others_wait_for_tidying(void **state)
{
    fixture *f = *state;
    bool waited = false;
    const cd_progress progress = {stop_at_once, &waited};
    const candour_load_options impatient = {.progress = &progress};
    candour_load *l = NULL;
    candour_compact_report report;
    cd_err why = {0};
    load(f->store, 1);
    assert_int_equal(load_and_hold(f->store), -1); /* two files are no reason to tidy */
    for (uint32_t n = 3; n < TIDY_AT; n++) load(f->store, 1);
    for (int given_up = 0; given_up < 2; given_up++) {
        int hold = load_and_hold(f->store);
        assert_true(hold > 2);
        waited = false, cd_err_clear(&why);
        assert_int_equal(candour_load_begin(f->store, &impatient, &l, &why), CD_ESTOPPED);
        assert_int_equal(candour_compact(f->store, &impatient, &report, &why), CD_ESTOPPED);
        assert_true(waited);
        if (given_up) close(hold);
        else fine(candour_tidy(f->store, &(candour_load_options){.hold = hold}, &report, err));
        fine(candour_load_begin(f->store, &impatient, &l, err));
        candour_load_end(l);
        if (given_up) break;
        assert_int_equal(report.files_after, 1);
        for (uint32_t n = 2; n < TIDY_AT; n++) load(f->store, 1);
    }
    cd_err_clear(&why);
    int other = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_int_equal(candour_tidy(f->store, &(candour_load_options){.hold = other}, &report, &why), CD_EBUSY);
    must_leave(f->store, candour_tidy, 1);
}

/* A file that is larger than all behind it stays as it is, until they have grown. */
static void a_large_file_is_left_alone(void **state)
{
    enum { LARGE = 20000 };
    fixture *f = *state;
    load(f->store, LARGE);
    for (uint32_t n = 1; n < TIDY_AT; n++) load(f->store, 1);
    must_leave(f->store, candour_tidy, TIDY_AT);
    load(f->store, 1);
    must_leave(f->store, candour_tidy, 2);
    for (uint32_t n = 2; n < TIDY_AT - 1; n++) load(f->store, 1);
    load(f->store, LARGE);
    must_leave(f->store, candour_tidy, 1);
}

/* Several large files, each no larger than the others together, are none of a day's business. */
static void large_files_alike_are_left_alone(void **state)
{
    enum { LARGE = 20000 };
    fixture *f = *state;
    for (int n = 0; n < 3; n++) load(f->store, LARGE);
    for (int round = 0; round < 2; round++) {
        for (uint32_t n = 0; n < TIDY_AT; n++) load(f->store, 1);
        must_leave(f->store, candour_tidy, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_no_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_store_without_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_store_of_one_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_files_become_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_has_the_lock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(kinds_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tidies_from_eight_files_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(others_wait_for_tidying, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_file_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_files_alike_are_left_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
