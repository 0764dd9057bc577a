/* SPDX-License-Identifier: GPL-3.0-or-later
 * reading_memory.c: whichever request for memory fails while a store is read, the failure is told, nothing leaks, and the
 * next try gives the whole answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/store/ontology.h"
#include "tests/support/image.h"

enum { OFFICERS, ACCESSES = 5, MOST_REQUESTS = 5000 };

static cd_status scan(candour_store *store, uint32_t table, cd_err *err)
{
    candour_scan *s = NULL;
    candour_block b = {.n = 1};
    cd_status st = candour_scan_open(store, table, &s, err);
    while (st == CD_OK && b.n) st = candour_scan_next(s, &b, err);
    candour_scan_close(s);
    return st;
}

static cd_status read_all(const char *path, cd_err *err)
{
    candour_store *store = NULL;
    candour_digest digest;
    candour_source_info source;
    cd_status st = candour_store_open(path, NULL, &store, err);
    if (st == CD_OK) st = scan(store, OFFICERS, err);
    if (st == CD_OK) st = scan(store, ACCESSES, err);
    if (st == CD_OK) st = candour_store_digest(store, 1, &digest, err);
    if (st == CD_OK) st = candour_store_source(store, 1, &source, err);
    candour_store_close(store);
    return st;
}

/* These images are none that libhdf5 opens: verify ends with that, or with no memory. */
static cd_status verify(const char *path, cd_err *err)
{
    candour_verify_report report;
    cd_status st = candour_verify(path, 1, NULL, NULL, NULL, &report, err);
    return st == CD_ESTORE && report.faults == 1 ? CD_OK : st;
}

static cd_status add_kinds(const char *path, cd_err *err)
{
    static const char yaml[] = "kinds:\n  - {name: vehicle, table: vehicles}\ntables:\n  - {name: vehicles, label: Vehicle, "
                               "class: entity, columns: [{name: vehicle_id, type: id, kind: vehicle}]}\n";
    cd_arena arena = {0};
    const candour_ontology *o;
    cd_status st = cd_ontology_add_text(cd_slice_of(yaml), path, &arena, &o, err);
    cd_arena_release(&arena);
    return st;
}

static void fails_and_recovers(cd_status (*what)(const char *path, cd_err *err))
{
    image im;
    char *path = folder_new();
    image_small(&im);
    image_store(path, (image *const[]){&im}, 1);
    size_t before = cd_memory_now();
    for (int64_t k = 0;; k++) {
        cd_err err = {0};
        assert_in_range(k, 0, MOST_REQUESTS);
        cd_memory_fail_at(k);
        cd_status st = what(path, &err);
        cd_memory_fail_at(-1);
        assert_int_equal(cd_memory_now(), before);
        if (st == CD_OK) break;
        if (st != CD_EMEMORY) fail_msg("request %lld: %s", (long long)k, err.text);
        assert_non_null(strstr(err.text, "out of memory"));
    }
    folder_remove(path);
    image_release(&im);
}

static void reading(void **state) { (void)state, fails_and_recovers(read_all); }
static void verifying(void **state) { (void)state, fails_and_recovers(verify); }
static void adding_kinds(void **state) { (void)state, fails_and_recovers(add_kinds); }

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reading), cmocka_unit_test(verifying),
                                       cmocka_unit_test(adding_kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
