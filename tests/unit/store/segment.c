/* SPDX-License-Identifier: GPL-3.0-or-later
 * segment.c: a sound file opens and passes; each thing spoiled in one, by name, is refused in its own words, at opening
 * or when it is checked; and what is not checked is still never read past its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/store/snapshot.h"
#include "tests/support/image.h"

#define PUT(type, c_type, path, base, ...)                                                                             \
    do {                                                                                                               \
        static const c_type data_[] = __VA_ARGS__;                                                                     \
        image_put(im, path, type, sizeof data_ / sizeof *data_, base, data_);                                          \
    } while (0)
#define U8(path, base, ...) PUT(CD_U8, uint8_t, path, base, __VA_ARGS__)
#define U32(path, ...) PUT(CD_U32, uint32_t, path, 0, __VA_ARGS__)
#define U64(path, ...) PUT(CD_U64, uint64_t, path, 0, __VA_ARGS__)

/* Opens the one file of a store made of the image, checks every table and kind, and says what came out. */
static cd_status look(image *im, cd_err *err)
{
    char *store = folder_new();
    cd_snapshot *s = NULL;
    image_store(store, (image *const[]){im}, 1);
    cd_status st = cd_snapshot_open(store, false, &s, err);
    for (uint32_t t = 0; st == CD_OK && t < s->ontology->n_tables; t++) st = cd_snapshot_check(s, t, err);
    cd_snapshot_close(s);
    folder_remove(store);
    return st;
}

static void sound(void **state)
{
    (void)state;
    image im;
    cd_err err = {0};
    image_small(&im);
    if (look(&im, &err) != CD_OK) fail_msg("%s", err.text);
    /* The last array ends with the file, and that with a page. */
    im.tight = true;
    if (look(&im, &err) != CD_OK) fail_msg("%s", err.text);
    image_release(&im);
}

/* What each case spoils. */
static void unknown_kind(image *im) { im->kinds[0].name = cd_slice_of("orc"); }
static void kind_twice(image *im) { im->kinds[1] = im->kinds[0]; }
static void kind_first(image *im) { im->kinds[0].first = 7; }
static void unknown_table(image *im) { im->tables[0].name = cd_slice_of("orcs"); }
static void table_twice(image *im) { im->tables[im->n_tables++] = im->tables[0]; }
static void no_reverse(image *im) { image_table(im, "accesses")->right_keys = 0; }
static void reverse_of_entity(image *im) { image_table(im, "officers")->right_keys = 1; }
static void unknown_array(image *im) { U8("tables/accesses/odd", 0, {1}); }
static void unknown_column(image *im) { U8("tables/accesses/column/odd", 0, {1, 1, 1, 1, 1}); }
static void column_of_right(image *im) { U8("tables/accesses/column/case_id", 0, {1, 1, 1, 1, 1}); }
static void array_nowhere(image *im) { U8("odd", 0, {1}); }
static void array_outside(image *im) { U8("tables/../x", 0, {1}); }
static void no_such_table(image *im) { U8("tables/roster/keys", 0, {1}); }
static void wrong_type(image *im) { U8("tables/accesses/right", 0, {0, 1, 0, 2, 0}); }
static void wrong_count(image *im) { U32("tables/accesses/right", {0, 1, 0, 2}); }
static void wrong_column_count(image *im) { U8("tables/accesses/column/at", 1000, {0, 0, 5}); }
static void real_codes(image *im) { PUT(CD_F64, double, "tables/accesses/column/at", 0, {0, 0, 0, 0, 0}); }
static void base_of_none(image *im) { image_get(im, "tables/accesses/right")->base = 3; }
static void no_offsets(image *im) { image_drop(im, "tables/accesses/offsets"); }
static void no_right(image *im) { image_drop(im, "tables/accesses/right"); }
static void no_index(image *im) { image_drop(im, "kinds/officer/index"); }
static void no_ids(image *im) { image_drop(im, "kinds/case/bytes"); }
static void no_dictionary(image *im) { image_drop(im, "tables/accesses/text/action/bytes"); }
static void no_sources(image *im) { image_drop(im, "sources"); }
static void more_loads(image *im) { im->n_loads = 0; }

static void offsets_from_one(image *im) { U64("tables/accesses/offsets", {1, 3, 3, 5}); }
static void offsets_fall(image *im) { U64("tables/accesses/offsets", {0, 4, 3, 5}); }
static void offsets_beyond(image *im) { U64("tables/accesses/offsets", {0, 3, 3, 6}); }
static void keys_fall(image *im) { U32("tables/officers/keys", {2, 0}); }
static void keys_beyond(image *im) { U32("tables/officers/keys", {0, 3}); }
static void right_beyond(image *im) { U32("tables/accesses/right", {0, 1, 0, 3, 0}); }
static void action_beyond(image *im) { U8("tables/accesses/column/action", 0, {1, 0, 2, 255, 0}); }
static void action_below(image *im) { U8("tables/accesses/column/action", -1, {1, 0, 1, 255, 0}); }
static void manager_beyond(image *im) { U8("tables/officers/column/manager", 1, {2, 255, 255}); }
static void no_time(image *im) { U8("tables/accesses/column/at", 1000, {0, 0, 5, 255, 2}); }
static void time_runs_over(image *im) { image_get(im, "tables/accesses/column/at")->base = INT64_MAX; }
static void time_of_no_year(image *im) { image_get(im, "tables/accesses/column/at")->base = INT64_C(253402300799); }
static void span_differs(image *im) { image_table(im, "accesses")->first = 999; }
static void texts_fall(image *im) { image_texts(im, "accesses", "action", 2, (const char *const[]){"view", "print"}); }
static void texts_equal(image *im) { image_texts(im, "accesses", "action", 2, (const char *const[]){"view", "view"}); }
static void text_empty(image *im) { image_texts(im, "accesses", "action", 2, (const char *const[]){"", "view"}); }
static void text_beyond(image *im) { U32("tables/accesses/text/action/offsets", {0, 5, 10}); }
static void times_fall(image *im) { U8("tables/accesses/column/at", 1000, {0, 3, 2, 1, 5}); }
static void right_falls(image *im)
{
    U32("tables/accesses/right", {1, 0, 0, 2, 0});
    U32("tables/accesses/reverse/row", {1, 4, 2, 0, 3});
}
static void row_twice(image *im)
{
    U32("tables/accesses/right", {0, 0, 0, 2, 0});
    U8("tables/accesses/column/action", 0, {1, 1, 1, 255, 0});
}
static void undated_twice(image *im) { U8("tables/officers/column/as_of", 500, {255, 255, 0}); }
static void no_source(image *im) { U8("tables/officers/source", 1, {0, 255, 0}); }
static void source_beyond(image *im) { U8("tables/officers/source", 1, {0, 1, 0}); }
static void reverse_offsets(image *im) { U64("tables/accesses/reverse/offsets", {0, 3, 2, 5}); }
static void reverse_left(image *im) { U32("tables/accesses/reverse/left", {0, 0, 0, 0, 2}); }
static void reverse_no_left(image *im) { U32("tables/accesses/reverse/left", {0, 9, 0, 0, 2}); }
static void reverse_row(image *im) { U32("tables/accesses/reverse/row", {0, 3, 2, 1, 4}); }
static void reverse_row_beyond(image *im) { U32("tables/accesses/reverse/row", {0, 4, 2, 1, 5}); }
static void reverse_row_twice(image *im)
{
    U32("tables/accesses/reverse/row", {0, 4, 4, 1, 3});
    U32("tables/accesses/reverse/left", {0, 2, 2, 0, 2});
}
static void reverse_unordered(image *im)
{
    U32("tables/accesses/reverse/row", {0, 2, 4, 1, 3});
    U32("tables/accesses/reverse/left", {0, 0, 2, 0, 2});
}
static void line_width(image *im) { U8("tables/accesses/line/width", 0, {34}); }
static void line_short(image *im) { U8("tables/accesses/line/width", 0, {3}); }
static void line_start(image *im) { U64("tables/accesses/line/start", {1}); }
static void line_zero(image *im) { U32("tables/accesses/line/base", {0}); }
static void line_no_words(image *im) { image_drop(im, "tables/accesses/line/words"); }
static void checksum(image *im) { image_get(im, "tables/accesses/column/at")->keep_checksum = true; }
static void checksum_of_ids(image *im) { image_get(im, "kinds/case/bytes")->keep_checksum = true; }
static void index_empty(image *im) { U32("kinds/officer/index", {CD_NONE, CD_NONE, CD_NONE, CD_NONE}); }
static void index_beyond(image *im) { U32("kinds/officer/index", {3, 3, 3, 3}); }
static void index_twice(image *im) { U32("kinds/officer/index", {0, 0, 1, 2}); }
static void ids_equal(image *im)
{
    im->n_kinds--, image_ids(im, "case", 0, 3, (const char *const[]){"C1", "C2", "C1"});
}
static void ids_offsets(image *im) { U32("kinds/officer/offsets", {0, 1, 3, 5}); }
static void id_empty(image *im) { U32("kinds/officer/offsets", {0, 1, 1, 6}); }

static void names_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(image *im);
        const char *said;
    } cases[] = {
        {unknown_kind, "`orc` is a kind that the ontology does not know"},
        {kind_twice, "`officer` is a kind named twice"},
        {kind_first, "`officer` is a kind whose first number does not follow"},
        {unknown_table, "`orcs` is a table that the ontology does not know"},
        {table_twice, "`officers` is a table named twice"},
        {no_reverse, "`accesses` is a relation without a reverse direction"},
        {reverse_of_entity, "`officers` is a relation without a reverse direction, or none with one"},
        {unknown_array, "`tables/accesses/odd` is an array of no known name"},
        {unknown_column, "`tables/accesses/column/odd` is an array of no known name"},
        {column_of_right, "`tables/accesses/column/case_id` is an array of no known name"},
        {array_nowhere, "`odd` is an array of no known name"},
        {array_outside, "`tables/../x` is an array of no known name"},
        {no_such_table, "`tables/roster/keys` is an array of no known name"},
        {wrong_type, "`tables/accesses/right` has another type"},
        {wrong_count, "`tables/accesses/right` has another number"},
        {wrong_column_count, "`tables/accesses/column/at` has another number"},
        {real_codes, "`tables/accesses/column/at` has another type"},
        {base_of_none, "`tables/accesses/right` has a base, but holds no codes"},
        {no_offsets, "`tables/accesses/offsets` is not there"},
        {no_right, "`tables/accesses/right` is not there"},
        {no_index, "`kinds/officer/index` is not there"},
        {no_ids, "`kinds/case/bytes` is not there"},
        {no_dictionary, "`tables/accesses/column or text of a text` is not there"},
        {no_sources, "`sources` does not have its lines"},
        {more_loads, "`loads` does not have its lines"},
        {offsets_from_one, "left offsets do not run from 0"},
        {offsets_fall, "left offsets fall at key 1"},
        {offsets_beyond, "left offsets do not run from 0"},
        {keys_fall, "left keys do not rise, or name no id, at key 1"},
        {keys_beyond, "left keys do not rise, or name no id, at key 1"},
        {right_beyond, "right id is out of range at row 3"},
        {action_beyond, "column `action` holds a code out of range"},
        {action_below, "column `action` holds a code out of range"},
        {manager_beyond, "column `manager` holds a code out of range"},
        {no_time, "column `at` is required, and unknown"},
        {time_runs_over, "column `at` holds a code out of range"},
        {time_of_no_year, "column `at` holds a code out of range"},
        {span_differs, "first or last time is not that of column `at`"},
        {texts_fall, "texts of `action` are not in the order of their bytes"},
        {texts_equal, "texts of `action` are not in the order of their bytes"},
        {text_empty, "texts of `action`: their offsets do not rise at 0"},
        {text_beyond, "texts of `action` do not begin at 0 and end with their bytes"},
        {times_fall, "row 2 is out of order"},
        {right_falls, "row 1 is out of order"},
        {row_twice, "row 1 is out of order, or there twice"},
        {undated_twice, "row 1 is out of order, or there twice"},
        {no_source, "a row has no source"},
        {source_beyond, "a row's source is none of those listed"},
        {reverse_offsets, "reverse offsets fall at key 1"},
        {reverse_left, "disagree at place 1"},
        {reverse_no_left, "disagree at place 1"},
        {reverse_row, "disagree at place 1"},
        {reverse_row_beyond, "disagree at place 4"},
        {reverse_row_twice, "disagree at place 2"},
        {reverse_unordered, "disagree at place 2"},
        {line_width, "lines of rows from 0 on"},
        {line_short, "lines of rows from 0 on"},
        {line_start, "lines of rows from 0 on"},
        {line_zero, "lines of rows from 0 on"},
        {line_no_words, "lines of rows from 0 on"},
        {checksum, "bytes of `tables/accesses/column/at` do not have their checksum"},
        {checksum_of_ids, "bytes of `kinds/case/bytes` do not have their checksum"},
        {index_empty, "index of kind `officer` does not find every id once"},
        {index_beyond, "index of kind `officer` does not find every id once"},
        {index_twice, "index of kind `officer` does not find every id once"},
        {ids_equal, "index of kind `case` does not find every id once"},
        {ids_offsets, "ids of kind `officer` do not begin at 0 and end with their bytes"},
        {id_empty, "id 1 of kind `officer` does not have 1 to 255 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        image im;
        cd_err err = {0};
        image_small(&im);
        cases[i].spoil(&im);
        cd_status st = look(&im, &err);
        if (st != CD_ESTORE || !strstr(err.text, cases[i].said))
            fail_msg("case %zu, '%s', said '%s'", i, cases[i].said, err.text);
        image_release(&im);
    }
}

enum { LONG_ROWS = 150 };

/* All accesses are A's to C1, of two actions by turns. */
static void make_long(image *im, const uint32_t at[LONG_ROWS])
{
    static const uint64_t left[] = {0, LONG_ROWS, LONG_ROWS, LONG_ROWS}, right[] = {0, LONG_ROWS};
    uint32_t none[LONG_ROWS] = {0}, row[LONG_ROWS], lo = at[0], hi = at[0];
    uint8_t action[LONG_ROWS];
    cd_directory_table *t = image_table(im, "accesses");
    for (uint32_t i = 0; i < LONG_ROWS; i++) {
        row[i] = i, action[i] = i % 2;
        lo = at[i] < lo ? at[i] : lo, hi = at[i] > hi ? at[i] : hi;
    }
    t->rows = LONG_ROWS, t->right_keys = 1, t->first = 1000 + (int64_t)lo, t->last = 1000 + (int64_t)hi;
    image_put(im, "tables/accesses/offsets", CD_U64, 4, 0, left);
    image_put(im, "tables/accesses/right", CD_U32, LONG_ROWS, 0, none);
    image_put(im, "tables/accesses/column/at", CD_U32, LONG_ROWS, 1000, at);
    image_put(im, "tables/accesses/column/action", CD_U8, LONG_ROWS, 0, action);
    image_put(im, "tables/accesses/reverse/offsets", CD_U64, 2, 0, right);
    image_put(im, "tables/accesses/reverse/left", CD_U32, LONG_ROWS, 0, none);
    image_put(im, "tables/accesses/reverse/row", CD_U32, LONG_ROWS, 0, row);
    image_put(im, "tables/accesses/source", CD_U8, 1, 0, none);
    for (uint32_t i = 0; i < LONG_ROWS; i++) row[i]++;
    image_lines(im, "accesses", LONG_ROWS, row);
}

/* Times are looked at many at once: one that falls is found wherever it stands, whether some around it are equal or
 * not. */
static void finds_the_row_out_of_order(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < LONG_ROWS; k++) {
        uint32_t at[LONG_ROWS];
        image im;
        cd_err err = {0};
        char said[64];
        for (uint32_t i = 0; i < LONG_ROWS; i++) at[i] = 5 + i - (i > 70 && i < 120 && i % 7 == 6);
        if (k) at[k] = at[k - 1] - 1;
        image_small(&im);
        make_long(&im, at);
        snprintf(said, sizeof said, "row %u is out of order", k);
        cd_status st = look(&im, &err);
        if (k ? st != CD_ESTORE || !strstr(err.text, said) : st != CD_OK) fail_msg("row %u: '%s'", k, err.text);
        image_release(&im);
    }
}

/* A file of another size than the manifest says, none at all, or another directory. */
/* In a list of one right id whose times differ in their upper bits, in their lower ones alone, or not at all, two rows
 * that stand the wrong way round are found. */
static void finds_the_list_out_of_order(void **state)
{
    (void)state;
    static const uint32_t steps[] = {100000, 1, 0, 65536, 7};
    uint32_t at[LONG_ROWS] = {0};
    for (uint32_t i = 1; i < LONG_ROWS; i++) at[i] = at[i - 1] + steps[i % 5];
    for (uint32_t k = 0; k < LONG_ROWS; k++) {
        image im;
        cd_err err = {0};
        char said[64];
        image_small(&im);
        make_long(&im, at);
        uint32_t *row = image_get(&im, "tables/accesses/reverse/row")->data, first = row[k];
        snprintf(said, sizeof said, "disagree at place %u of", k + 1);
        if (k + 1 < LONG_ROWS) row[k] = row[k + 1], row[k + 1] = first;
        cd_status st = look(&im, &err);
        if (k + 1 < LONG_ROWS ? st != CD_ESTORE || !strstr(err.text, said) : st != CD_OK)
            fail_msg("swapped at %u: %d, '%s'", k, (int)st, err.text);
        image_release(&im);
    }
}

static void refuses_another_file(void **state)
{
    (void)state;
    image im;
    cd_manifest_file line;
    cd_segment s = {0};
    const candour_ontology *o = candour_ontology_builtin();
    char *store = folder_new();
    image_small(&im);
    uint8_t *bytes = image_bytes(&im, &line);
    strcpy(line.name, "000001.h5");
    cd_err err = {0};
    assert_int_equal(cd_segment_open(store, &line, o, NULL, &s, &err), CD_ESTORE);
    assert_non_null(strstr(err.text, "is missing, though the manifest names it"));
    file_write(store, "segments", line.name, bytes, line.bytes - 1);
    cd_err_clear(&err);
    assert_int_equal(cd_segment_open(store, &line, o, NULL, &s, &err), CD_ESTORE);
    assert_non_null(strstr(err.text, "it was cut or exchanged"));
    bytes[line.directory_at + 20] ^= 1;
    file_write(store, "segments", line.name, bytes, line.bytes);
    cd_err_clear(&err);
    assert_int_equal(cd_segment_open(store, &line, o, NULL, &s, &err), CD_ESTORE);
    assert_non_null(strstr(err.text, "does not have the hash that the manifest names"));
    cd_free(bytes);
    image_release(&im);
    folder_remove(store);
}

/* Packed lines, from the obvious packer, read back from any row and in any length. */
static void lines_read_back(void **state)
{
    (void)state;
    enum { MOST = 9000 };
    static uint32_t lines[MOST], out[MOST];
    for (uint64_t round = 0; round < 60; round++) {
        cd_random r = cd_random_of(1, 2, round);
        uint64_t n = 1 + cd_random_below(&r, MOST), spread = (uint64_t)1 << cd_random_below(&r, 33);
        for (uint64_t i = 0; i < n; i++)
            lines[i] = 1 + (uint32_t)cd_random_below(&r, i / 500 % 2 ? 3 : spread < UINT32_MAX ? spread : UINT32_MAX);
        image im = {0};
        image_lines(&im, "t", n, lines);
        const image_array *words = image_get(&im, "tables/t/line/words"); /* one spare word where none is needed */
        cd_packed_lines p = {.base = image_get(&im, "tables/t/line/base")->data,
                             .width = image_get(&im, "tables/t/line/width")->data,
                             .start = image_get(&im, "tables/t/line/start")->data,
                             .words = words->data, .n_words = words->n};
        for (int k = 0; k < 50; k++) {
            uint64_t row = k ? cd_random_below(&r, n) : 0, m = k ? cd_random_below(&r, n - row + 1) : n;
            cd_lines_read(&p, row, m, out);
            assert_memory_equal(out, lines + row, m * sizeof *out);
        }
        /* Whatever the widths say, nothing is read that is not there. */
        ((uint8_t *)(uintptr_t)p.width)[cd_random_below(&r, (n + 63) / 64)] = (uint8_t)cd_random_u64(&r);
        ((uint64_t *)(uintptr_t)p.start)[0] = cd_random_u64(&r) >> cd_random_below(&r, 64);
        cd_lines_read(&p, 0, n, out);
        image_release(&im);
    }
}

static void finds_rows(void **state)
{
    (void)state;
    const cd_id keys[] = {2, 5, 9};
    const cd_off offsets[] = {0, 4, 4, 6};
    const cd_rows_by sparse = {.n_keys = 3, .keys = keys, .offsets = offsets};
    const cd_rows_by dense = {.n_keys = 3, .offsets = offsets};
    uint64_t lo, hi;
    cd_rows_of(&sparse, 6, 2, &lo, &hi), assert_int_equal(hi - lo, 4);
    cd_rows_of(&sparse, 6, 5, &lo, &hi), assert_int_equal(hi - lo, 0);
    cd_rows_of(&sparse, 6, 9, &lo, &hi), assert_int_equal(lo, 4), assert_int_equal(hi, 6);
    cd_rows_of(&sparse, 6, 3, &lo, &hi), assert_int_equal(hi - lo, 0);
    cd_rows_of(&sparse, 5, 9, &lo, &hi), assert_int_equal(hi - lo, 0); /* an offset that lies */
    cd_rows_of(&dense, 6, 2, &lo, &hi), assert_int_equal(hi - lo, 2);
    cd_rows_of(&dense, 6, 3, &lo, &hi), assert_int_equal(hi - lo, 0);
    cd_rows_of(&dense, 6, CD_NONE, &lo, &hi), assert_int_equal(hi - lo, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(finds_the_row_out_of_order),
        cmocka_unit_test(finds_the_list_out_of_order),
        cmocka_unit_test(refuses_another_file),
        cmocka_unit_test(lines_read_back),
        cmocka_unit_test(finds_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
