/* SPDX-License-Identifier: GPL-3.0-or-later
 * store.c, scan.c, digest.c, verify.c: what a store of a few rows, made by hand, says of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/hash.h"
#include "engine/store/snapshot.h"
#include "tests/support/image.h"

typedef struct {
    char *path;
    image first, second;
} fixture;

/* A second file: officer DD; A undated anew, in unit Z; CCC dated; one access by A more. */
static void second_file(image *im)
{
    static const uint32_t lines[] = {5, 6}, line[] = {2};
    static const uint64_t offsets[] = {0, 1, 2}, one[] = {0, 1};
    static const uint32_t keys[] = {0, 2}, c2[] = {1}, a[] = {0};
    static const uint8_t units[] = {0, 255}, as_of[] = {255, 0}, at[] = {0}, sources[] = {0, 0};
    static const char source[] =
        "aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 2 officers 9 2 0 %\n"
        "bb112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 2 accesses 9 1 0 -\n";
    *im = (image){.n_sources = 2, .n_loads = 1};
    image_ids(im, "officer", 3, 1, (const char *const[]){"DD"});
    im->tables[im->n_tables++] = (cd_directory_table){cd_slice_of("officers"), 2, 2, 0, 700, 700};
    image_put(im, "tables/officers/keys", CD_U32, 2, 0, keys);
    image_put(im, "tables/officers/offsets", CD_U64, 3, 0, offsets);
    image_put(im, "tables/officers/column/unit", CD_U8, 2, 0, units);
    image_texts(im, "officers", "unit", 1, (const char *const[]){"Z"});
    image_put(im, "tables/officers/column/as_of", CD_U8, 2, 700, as_of);
    image_put(im, "tables/officers/source", CD_U8, 2, 2, sources);
    image_lines(im, "officers", 2, lines);
    im->tables[im->n_tables++] = (cd_directory_table){cd_slice_of("accesses"), 1, 1, 1, 1002, 1002};
    image_put(im, "tables/accesses/keys", CD_U32, 1, 0, a);
    image_put(im, "tables/accesses/offsets", CD_U64, 2, 0, one);
    image_put(im, "tables/accesses/right", CD_U32, 1, 0, c2);
    image_put(im, "tables/accesses/column/at", CD_U8, 1, 1002, at);
    image_put(im, "tables/accesses/reverse/keys", CD_U32, 1, 0, c2);
    image_put(im, "tables/accesses/reverse/offsets", CD_U64, 2, 0, one);
    image_put(im, "tables/accesses/reverse/left", CD_U32, 1, 0, a);
    image_put(im, "tables/accesses/reverse/row", CD_U32, 1, 0, a);
    image_put(im, "tables/accesses/source", CD_U8, 1, 3, at);
    image_lines(im, "accesses", 1, line);
    image_put(im, "sources", CD_U8, sizeof source - 1, 0, source);
    image_put(im, "loads", CD_U8, 17, 0, "2 1700000001 3 2\n");
}

static int set_up(void **state)
{
    static fixture f;
    f.path = folder_new();
    image_small(&f.first);
    second_file(&f.second);
    image_store(f.path, (image *const[]){&f.first, &f.second}, 2);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    image_release(&f->first), image_release(&f->second);
    folder_remove(f->path);
    return 0;
}

static candour_store *opened(const char *path)
{
    candour_store *store;
    cd_err err = {0};
    if (candour_store_open(path, NULL, &store, &err) != CD_OK) fail_msg("%s", err.text);
    return store;
}

static void says_what_is_in_it(void **state)
{
    fixture *f = *state;
    candour_store *store = opened(f->path);
    const candour_info *info;
    candour_source_info source;
    candour_load_info load;
    cd_err err = {0};
    assert_int_equal(candour_store_info(store, &info, &err), CD_OK);
    assert_int_equal(info->n_files, 2);
    assert_int_equal(info->ids[0], 4);
    assert_int_equal(info->ids[1], 3);
    assert_int_equal(info->tables[0].rows, 5);
    assert_int_equal(info->tables[0].first, 500);
    assert_int_equal(info->tables[0].last, 700);
    assert_int_equal(info->tables[5].rows, 6);
    assert_int_equal(info->tables[7].rows, 0);
    assert_int_equal(info->tables[7].first, CANDOUR_UNKNOWN);
    assert_int_equal(info->n_sources, 4);
    assert_int_equal(candour_store_source(store, 1, &source, &err), CD_OK);
    assert_string_equal(source.name, "the officers.csv");
    assert_int_equal(source.table, 0);
    assert_int_equal(source.rows_read, 3);
    assert_int_equal(candour_store_source(store, 2, &source, &err), CD_OK);
    assert_string_equal(source.name, "");
    assert_int_equal(candour_store_load(store, 1, &load, &err), CD_OK);
    assert_int_equal(load.at, 1700000001);
    assert_int_equal(candour_store_load(store, 2, &load, &err), CD_EUSAGE);
    candour_store_close(store);
}

/* A table's rows as text: id|value|…@source:line, a row a line. */
static void scanned(candour_store *store, uint32_t table, cd_buffer *out)
{
    const candour_table *shape = &candour_store_ontology(store)->tables[table];
    candour_scan *scan;
    candour_block b;
    cd_err err = {0};
    if (candour_scan_open(store, table, &scan, &err) != CD_OK) fail_msg("%s", err.text);
    do {
        assert_int_equal(candour_scan_next(scan, &b, &err), CD_OK);
        for (uint32_t i = 0; i < b.n; i++) {
            for (uint32_t c = 0; c < shape->n_columns; c++) {
                const candour_values *v = &b.values[c];
                if (v->text && v->text[i].bytes) cd_buffer_add(out, v->text[i].bytes, v->text[i].n);
                if (v->integer && v->integer[i] != CANDOUR_UNKNOWN)
                    cd_buffer_printf(out, "%lld", (long long)v->integer[i]);
                cd_buffer_add(out, "|", 1);
            }
            cd_buffer_printf(out, "@%llu:%u\n", (unsigned long long)b.source[i], b.line[i]);
        }
    } while (b.n);
    candour_scan_close(scan);
}

static void scans_in_order(void **state)
{
    fixture *f = *state;
    candour_store *store = opened(f->path);
    cd_buffer officers = {0}, accesses = {0}, roster = {0};
    scanned(store, 0, &officers);
    assert_string_equal(officers.bytes, "A||Z|||||||@2:5\n" /* the later undated row took the place of the first */
                                        "A||Y||||||500|@1:3\n"
                                        "CCC|||||||||@1:4\n"
                                        "CCC||||||||700|@2:6\n");
    scanned(store, 5, &accesses);
    assert_string_equal(accesses.bytes, "A|C1|1000|view|||@0:2\nA|C2|1000|print|||@0:3\nA|C2|1002||||@3:2\n"
                                        "A|C1|1005|view|||@0:9\nCCC|C3|1001||||@0:4\nCCC|C1|1002|print|||@0:7\n");
    scanned(store, 7, &roster);
    assert_int_equal(roster.n, 0);
    cd_buffer_release(&officers), cd_buffer_release(&accesses), cd_buffer_release(&roster);
    candour_store_close(store);
}

/* The digest, as its head describes it, the plain way. */
static void digests(void **state)
{
    fixture *f = *state;
    candour_store *store = opened(f->path);
    candour_digest d;
    char one[CANDOUR_DIGEST_TEXT];
    cd_err err = {0};
    for (uint32_t threads = 1; threads < 4; threads++) {
        assert_int_equal(candour_store_digest(store, threads, &d, &err), CD_OK);
        if (threads == 1) memcpy(one, d.all, sizeof one);
        assert_string_equal(d.all, one);
    }
    assert_int_equal(d.rows[0], 4);
    assert_int_equal(d.rows[5], 6);
    assert_string_equal(d.tables[7], "00000000000000000000000000000000");
    candour_store_close(store);
    /* One value changed anywhere changes it. */
    ((uint8_t *)image_get(&f->first, "tables/accesses/column/at")->data)[3] = 0;
    image_store(f->path, (image *const[]){&f->first, &f->second}, 2);
    store = opened(f->path);
    assert_int_equal(candour_store_digest(store, 0, &d, &err), CD_OK);
    assert_string_not_equal(d.all, one);
    candour_store_close(store);
}

/* Numbers are not content: the officers numbered another way give the same digest. */
static void digest_knows_no_numbers(void **state)
{
    fixture *f = *state;
    static const uint64_t offsets[] = {0, 2, 2, 5}, officer_offsets[] = {0, 1, 3};
    static const uint8_t at[] = {1, 2, 0, 0, 5}, action[] = {255, 0, 1, 0, 1}, unit[] = {255, 0, 1},
                         manager[] = {255, 0, 255}, as_of[] = {255, 255, 0};
    static const uint32_t right[] = {2, 0, 0, 1, 0}, row[] = {2, 1, 4, 3, 0}, left[] = {2, 0, 2, 2, 0},
                          lines[] = {4, 7, 2, 3, 9};
    candour_store *store;
    candour_digest d;
    char before[CANDOUR_DIGEST_TEXT];
    cd_err err = {0};
    image other;
    image_store(f->path, (image *const[]){&f->first}, 1);
    store = opened(f->path);
    assert_int_equal(candour_store_digest(store, 0, &d, &err), CD_OK);
    memcpy(before, d.all, sizeof before);
    candour_store_close(store);
    image_small(&other); /* CCC is 0, BB is 1, A is 2 */
    other.n_kinds = 0;
    image_ids(&other, "officer", 0, 3, (const char *const[]){"CCC", "BB", "A"});
    image_ids(&other, "case", 0, 3, (const char *const[]){"C1", "C2", "C3"});
    image_put(&other, "tables/accesses/offsets", CD_U64, 4, 0, offsets);
    image_put(&other, "tables/accesses/right", CD_U32, 5, 0, right);
    image_put(&other, "tables/accesses/column/at", CD_U8, 5, 1000, at);
    image_put(&other, "tables/accesses/column/action", CD_U8, 5, 0, action);
    image_put(&other, "tables/accesses/reverse/left", CD_U32, 5, 0, left);
    image_put(&other, "tables/accesses/reverse/row", CD_U32, 5, 0, row);
    image_lines(&other, "accesses", 5, lines);
    image_put(&other, "tables/officers/offsets", CD_U64, 3, 0, officer_offsets);
    image_put(&other, "tables/officers/column/unit", CD_U8, 3, 0, unit);
    image_put(&other, "tables/officers/column/manager", CD_U8, 3, 1, manager);
    image_put(&other, "tables/officers/column/as_of", CD_U8, 3, 500, as_of);
    image_store(f->path, (image *const[]){&other}, 1);
    store = opened(f->path);
    if (candour_store_digest(store, 0, &d, &err) != CD_OK) fail_msg("%s", err.text);
    assert_string_equal(d.all, before);
    candour_store_close(store);
    image_release(&other);
}

static void hear(void *context, const char *fault)
{
    cd_buffer_add(context, fault, strlen(fault));
    cd_buffer_add(context, "\n", 1);
}

/* These files are none that libhdf5 can open: that, and nothing else, is what is wrong with them. */
static void verify_names_faults(void **state)
{
    fixture *f = *state;
    candour_verify_report report;
    cd_buffer faults = {0};
    cd_err err = {0};
    assert_int_equal(candour_verify(f->path, 0, hear, &faults, NULL, &report, &err), CD_ESTORE);
    assert_int_equal(report.files, 2);
    assert_int_equal(report.faults, 2);
    assert_non_null(strstr(faults.bytes, "it does not begin as an HDF5 file of the latest format does"));
    /* One byte of an array, and one between arrays, of the second file; the first is not there. */
    char command[256];
    snprintf(command, sizeof command, "rm %s/segments/000001.h5", f->path);
    assert_int_equal(system(command), 0);
    image_get(&f->second, "tables/accesses/right")->keep_checksum = true;
    image_store(f->path, (image *const[]){&f->second, &f->second}, 2);
    assert_int_equal(system(command), 0);
    faults.n = 0;
    assert_int_equal(candour_verify(f->path, 1, hear, &faults, NULL, &report, &err), CD_ESTORE);
    assert_non_null(strstr(faults.bytes, "000001.h5' is missing"));
    assert_non_null(strstr(faults.bytes, "`tables/accesses/right` do not have their checksum"));
    assert_int_equal(report.faults, 3);
    cd_buffer_release(&faults);
}

static void refuses_to_open(void **state)
{
    fixture *f = *state;
    candour_store *store;
    candour_verify_report report;
    cd_err err = {0};
    assert_int_equal(candour_store_open("/nowhere/at/all", NULL, &store, &err), CD_EUSAGE);
    assert_non_null(strstr(err.text, "there is no store"));
    cd_err_clear(&err);
    assert_int_equal(candour_store_open("/tmp", NULL, &store, &err), CD_EUSAGE);
    assert_non_null(strstr(err.text, "is not a store: it has no manifest"));
    cd_err_clear(&err);
    assert_int_equal(candour_verify("/nowhere/at/all", 0, NULL, NULL, NULL, &report, &err), CD_EUSAGE);
    cd_err_clear(&err);
    assert_int_equal(candour_store_open(f->path, &(candour_open_options){.untrusted = true}, &store, &err), CD_ESTORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_what_is_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scans_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(digests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(digest_knows_no_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_names_faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_to_open, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
