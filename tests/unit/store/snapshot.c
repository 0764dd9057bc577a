/* SPDX-License-Identifier: GPL-3.0-or-later
 * snapshot.c: ids are found across files, an undated row holds until a later file has one, and a snapshot outlives its
 * files' names. */
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

/* More officers, and A undated once more. */
static void later(image *im)
{
    static const uint64_t offsets[] = {0, 1};
    static const uint8_t zero[] = {0};
    static const uint32_t lines[] = {2};
    *im = (image){0};
    image_ids(im, "officer", 3, 2, (const char *const[]){"DDDD", "E"});
    im->tables[im->n_tables++] = (cd_directory_table){cd_slice_of("officers"), 1, 1, 0, CANDOUR_UNKNOWN, CANDOUR_UNKNOWN};
    image_put(im, "tables/officers/offsets", CD_U64, 2, 0, offsets);
    image_put(im, "tables/officers/source", CD_U8, 1, 1, zero);
    image_lines(im, "officers", 1, lines);
}

static cd_snapshot *opened(const char *store)
{
    cd_snapshot *s = NULL;
    cd_err err = {0};
    if (cd_snapshot_open(store, false, &s, &err) != CD_OK) fail_msg("%s", err.text);
    return s;
}

static void finds_ids_in_every_file(void **state)
{
    (void)state;
    static const char *const officers[] = {"A", "BB", "CCC", "DDDD", "E"};
    image first, none = {0}, second;
    char *store = folder_new();
    image_small(&first), later(&second);
    image_store(store, (image *const[]){&first, &none, &second}, 3);
    cd_snapshot *s = opened(store);
    /* Mapped is mapped: what becomes of the names does not matter. */
    folder_remove(store);
    assert_int_equal(s->n_ids[0], 5);
    for (uint32_t i = 0; i < 5; i++) {
        cd_slice id = cd_snapshot_id(s, 0, i);
        assert_true(cd_slice_equal(id, cd_slice_of(officers[i])));
        assert_int_equal(cd_snapshot_find(s, 0, id, cd_hash64(id.bytes, id.n)), i);
    }
    assert_null(cd_snapshot_id(s, 0, 5).bytes);
    assert_null(cd_snapshot_id(s, 0, UINT64_MAX).bytes);
    assert_null(cd_snapshot_id(s, 2, 0).bytes);
    assert_int_equal(cd_snapshot_find(s, 0, cd_slice_of("Z"), cd_hash64("Z", 1)), CD_NONE);
    assert_int_equal(cd_snapshot_find(s, 2, cd_slice_of("A"), cd_hash64("A", 1)), CD_NONE);
    assert_false(cd_undated_in_force(s, 0, 0, 0)); /* A's, as the last file has one */
    assert_true(cd_undated_in_force(s, 0, 2, 0));
    assert_true(cd_undated_in_force(s, 0, 0, 2)); /* CCC's */
    assert_true(cd_undated_in_force(s, 0, 0, CD_NONE));
    cd_snapshot_close(s);
    image_release(&first), image_release(&second);
}

static void new_or_no_store(void **state)
{
    (void)state;
    char *store = folder_new();
    cd_snapshot *s = NULL;
    cd_err err = {0};
    assert_int_equal(cd_snapshot_open(store, false, &s, &err), CD_EUSAGE);
    cd_err_clear(&err);
    assert_int_equal(cd_snapshot_open(store, true, &s, &err), CD_OK);
    assert_int_equal(s->n_segments, 0);
    assert_int_equal(s->manifest.next, 1);
    assert_ptr_equal(s->ontology, candour_ontology_builtin());
    cd_snapshot_close(s);
    folder_remove(store);
}

/* An ontology of the store's own is the one the manifest names, to the byte. */
static void own_ontology(void **state)
{
    (void)state;
    static const char yaml[] = "tables:\n  - {name: notes, label: Note, class: record, columns: [{name: officer_id, type: id, "
                               "kind: officer}]}\n";
    uint64_t hash = cd_hash64(yaml, sizeof yaml - 1);
    cd_manifest m = {.snapshot = 1, .load = 1, .next = 1, .ontology_bytes = sizeof yaml - 1, .ontology_hash = hash};
    char *store = folder_new();
    cd_snapshot *s = NULL;
    cd_err err = {0};
    snprintf(m.ontology, sizeof m.ontology, "ontology-%016llx.yaml", (unsigned long long)hash);
    assert_int_equal(cd_manifest_replace(store, &m, &err), CD_OK);
    assert_int_equal(cd_snapshot_open(store, false, &s, &err), CD_ESTORE);
    assert_non_null(strstr(err.text, "is missing, though the manifest names it"));
    file_write(store, NULL, m.ontology, yaml, sizeof yaml - 2);
    cd_err_clear(&err);
    assert_int_equal(cd_snapshot_open(store, false, &s, &err), CD_ESTORE);
    assert_non_null(strstr(err.text, "is not what the manifest says"));
    file_write(store, NULL, m.ontology, yaml, sizeof yaml - 1);
    s = opened(store);
    assert_true(candour_table_find(s->ontology, cd_slice_of("notes")) > 0);
    cd_snapshot_close(s);
    folder_remove(store);
}

static void joins_paths(void **state)
{
    (void)state;
    static const char *const joined[][4] = {{"a", NULL, "m", "a/m"}, {"a/", NULL, "m", "a/m"}, {"/", "s", "m", "/s/m"},
                                            {"a", "s", "m", "a/s/m"}};
    for (size_t i = 0; i < 4; i++) {
        char *path = cd_store_path(joined[i][0], joined[i][1], joined[i][2], NULL);
        assert_string_equal(path, joined[i][3]);
        cd_free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_ids_in_every_file), cmocka_unit_test(new_or_no_store),
                                       cmocka_unit_test(own_ontology), cmocka_unit_test(joins_paths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
