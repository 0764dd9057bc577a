/* SPDX-License-Identifier: GPL-3.0-or-later
 * reader.c: rows read at random against a scan of the same store: the same rows by the left id, by the right id and
 * whole; and ids, the row in force, codes and sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/image.h"
#include "tests/support/store_rows.h"

typedef struct {
    char *path;
    candour_store *store;
    candour_reader *reader;
    const candour_ontology *ontology;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    rows_force whole = {0}, parts[4] = {0};
    cd_err err = {0};
    f.path = folder_new();
    rows_make(&whole, 5, 9, 12);
    rows_deal(&whole, 6, 4, 7, parts);
    for (int i = 0; i < 4; i++) {
        if (rows_load(f.path, &parts[i], &(rows_way){.keep_all_presence = true, .name = i % 2 ? "odd.csv" : "even.csv"},
                      NULL, &err) != CD_OK)
            return -1;
        rows_release(&parts[i]);
    }
    rows_release(&whole);
    if (candour_store_open(f.path, NULL, &f.store, &err) != CD_OK) return -1;
    if (candour_reader_open(f.store, &f.reader, &err) != CD_OK) return -1;
    f.ontology = candour_store_ontology(f.store);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    candour_reader_close(f->reader);
    candour_store_close(f->store);
    folder_remove(f->path);
    return 0;
}

/* A row through the reader, as a scan would hand it over. */
static void row_print(const fixture *f, uint32_t table, uint64_t row, cd_buffer *out)
{
    const candour_table *t = &f->ontology->tables[table];
    candour_values values[ROWS_COLUMNS] = {0};
    cd_slice text[ROWS_COLUMNS] = {0};
    int64_t integer[ROWS_COLUMNS];
    double real[ROWS_COLUMNS];
    for (uint32_t c = 0; c < t->n_columns; c++) {
        const candour_column *column = &t->columns[c];
        if (column->type == CANDOUR_ID) {
            int64_t id = c == 0                                      ? candour_reader_left(f->reader, table, row)
                         : c == 1 && t->class_of == CANDOUR_RELATION ? candour_reader_right(f->reader, table, row)
                                                                     : candour_reader_integer(f->reader, table, c, row);
            text[c] = id < 0 ? (cd_slice){NULL, 0} : candour_reader_id(f->reader, column->kind, (uint32_t)id);
        }
        if (column->type == CANDOUR_TEXT) text[c] = candour_reader_text(f->reader, table, c, row);
        integer[c] = candour_reader_integer(f->reader, table, c, row);
        real[c] = candour_reader_real(f->reader, table, c, row);
        if (column->type == CANDOUR_ID || column->type == CANDOUR_TEXT)
            values[c].text = &text[c];
        else if (column->type == CANDOUR_REAL)
            values[c].real = &real[c];
        else
            values[c].integer = &integer[c];
    }
    rows_print(t, values, 0, out);
    cd_buffer_add(out, "\n", 1);
}

typedef struct {
    char **lines;
    size_t n;
} sorted;

static int compare_lines(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Cuts the text into its lines, sorted. */
static sorted sort_lines(cd_buffer *text)
{
    sorted s = {0};
    assert_int_equal(text->status, CD_OK);
    cd_buffer_add(text, "", 1);
    s.lines = calloc(text->n, sizeof *s.lines);
    for (char *p = text->bytes; *p; p += strlen(p) + 1) {
        s.lines[s.n++] = p;
        char *end = strchr(p, '\n');
        if (!end) break;
        *end = '\0';
    }
    qsort(s.lines, s.n, sizeof *s.lines, compare_lines);
    return s;
}

static void check_same(cd_buffer *expected, cd_buffer *got, const char *what)
{
    sorted a = sort_lines(expected), b = sort_lines(got);
    if (a.n != b.n) fail_msg("%s: %zu rows by a scan, %zu by the reader", what, a.n, b.n);
    for (size_t i = 0; i < a.n; i++) assert_string_equal(a.lines[i], b.lines[i]);
    free(a.lines), free(b.lines);
    cd_buffer_release(got);
}

static void rows_put(const fixture *f, uint32_t table, const candour_rows *rows, cd_buffer *out)
{
    bool entity = f->ontology->tables[table].class_of == CANDOUR_ENTITY;
    for (uint64_t i = 0; i < rows->n; i++)
        if (!entity || candour_reader_in_force(f->reader, table, candour_row_at(rows, i)))
            row_print(f, table, candour_row_at(rows, i), out);
}

static void test_same_rows_as_a_scan(void **state)
{
    const fixture *f = *state;
    cd_err err = {0};
    for (uint32_t t = 0; t < f->ontology->n_tables; t++) {
        const candour_table *shape = &f->ontology->tables[t];
        cd_buffer expected = {0}, again = {0}, got = {0};
        assert_int_equal(rows_scan(f->store, t, &expected, &err), CD_OK);
        cd_buffer_add(&again, expected.bytes, expected.n);
        for (uint32_t p = 0; p < candour_reader_parts(f->reader); p++) {
            candour_rows rows = candour_reader_all(f->reader, t, p);
            rows_put(f, t, &rows, &got);
        }
        check_same(&expected, &got, shape->name);
        cd_buffer_release(&expected);
        for (uint32_t side = 0; side < (shape->class_of == CANDOUR_RELATION ? 2u : 1u); side++) {
            cd_buffer copy = {0};
            cd_buffer_add(&copy, again.bytes, again.n);
            for (uint32_t id = 0; id < candour_reader_ids(f->reader, shape->columns[side].kind); id++)
                for (uint32_t p = 0; p < candour_reader_parts(f->reader); p++) {
                    candour_rows rows = side ? candour_reader_of_right(f->reader, t, id, p)
                                             : candour_reader_of_left(f->reader, t, id, p);
                    for (uint64_t i = 0; i < rows.n; i++) {
                        uint64_t row = candour_row_at(&rows, i);
                        assert_int_equal(side ? candour_reader_right(f->reader, t, row)
                                              : candour_reader_left(f->reader, t, row),
                                         id);
                        if (shape->class_of == CANDOUR_RELATION)
                            assert_int_equal(rows.other[i], side ? candour_reader_left(f->reader, t, row)
                                                                 : candour_reader_right(f->reader, t, row));
                    }
                    rows_put(f, t, &rows, &got);
                }
            check_same(&copy, &got, shape->name);
            cd_buffer_release(&copy);
        }
        cd_buffer_release(&again);
    }
}

/* The last row of an id in a scan is the latest; a scan has only those in force. */
static void test_row_in_force(void **state)
{
    const fixture *f = *state;
    for (uint32_t k = 0; k < f->ontology->n_kinds; k++) {
        uint32_t table = f->ontology->kinds[k].table;
        candour_scan *scan = NULL;
        cd_err err = {0};
        assert_int_equal(candour_scan_open(f->store, table, &scan, &err), CD_OK);
        candour_block block;
        cd_buffer before = {0};
        char id_before[256] = "";
        for (;;) {
            assert_int_equal(candour_scan_next(scan, &block, &err), CD_OK);
            for (uint32_t i = 0; i <= block.n; i++) {
                if (i == block.n && block.n) continue;
                cd_slice id = block.n ? block.values[0].text[i] : (cd_slice){"", 0};
                if (before.n && (id.n != strlen(id_before) || memcmp(id.bytes, id_before, id.n) != 0)) {
                    uint32_t number = candour_reader_find(f->reader, k, cd_slice_of(id_before));
                    assert_int_not_equal(number, CANDOUR_NO_ID);
                    cd_buffer now = {0};
                    row_print(f, table, candour_reader_entity(f->reader, table, number), &now);
                    cd_buffer_add(&now, "", 1);
                    cd_buffer_add(&before, "\n", 2);
                    assert_string_equal(before.bytes, now.bytes);
                    cd_buffer_release(&now);
                }
                cd_buffer_release(&before);
                before = (cd_buffer){0};
                if (!block.n) break;
                memcpy(id_before, id.bytes, id.n);
                id_before[id.n] = '\0';
                rows_print(&f->ontology->tables[table], block.values, i, &before);
            }
            if (!block.n) break;
        }
        candour_scan_close(scan);
    }
}

static void test_codes_and_sources(void **state)
{
    const fixture *f = *state;
    uint32_t table = rows_table("accesses");
    int32_t action = candour_column_find(&f->ontology->tables[table], cd_slice_of("action"));
    cd_err err = {0};
    for (uint32_t p = 0; p < candour_reader_parts(f->reader); p++) {
        candour_rows rows = candour_reader_all(f->reader, table, p);
        assert_int_equal(candour_reader_code_of(f->reader, table, (uint32_t)action, p, cd_slice_of("no such action")),
                         -1);
        for (uint64_t i = 0; i < rows.n; i++) {
            uint64_t row = candour_row_at(&rows, i), source;
            uint32_t line;
            candour_source_info from;
            assert_int_equal(candour_row_part(row), p);
            cd_slice text = candour_reader_text(f->reader, table, (uint32_t)action, row);
            int64_t code = candour_reader_code(f->reader, table, (uint32_t)action, row);
            if (text.bytes)
                assert_int_equal(candour_reader_code_of(f->reader, table, (uint32_t)action, p, text), code);
            else
                assert_true(code < 0);
            candour_reader_source(f->reader, table, row, &source, &line);
            assert_true(line > 0);
            assert_int_equal(candour_store_source(f->store, source, &from, &err), CD_OK);
            assert_int_equal(from.table, table);
        }
    }
}

/* Places and ids that are none read as unknown. */
static void test_nowhere(void **state)
{
    const fixture *f = *state;
    uint32_t table = rows_table("accesses");
    uint64_t source;
    uint32_t line;
    assert_int_equal(candour_reader_find(f->reader, 0, cd_slice_of("nobody")), CANDOUR_NO_ID);
    assert_null(candour_reader_id(f->reader, 0, 4000000).bytes);
    assert_int_equal(candour_reader_left(f->reader, table, CANDOUR_NO_ROW), CANDOUR_NO_ID);
    assert_int_equal(candour_reader_right(f->reader, table, CANDOUR_NO_ROW), CANDOUR_NO_ID);
    assert_true(candour_reader_integer(f->reader, table, 2, CANDOUR_NO_ROW) == CANDOUR_UNKNOWN);
    assert_null(candour_reader_text(f->reader, table, 3, 1u << 30).bytes);
    assert_int_equal(candour_reader_of_left(f->reader, table, 4000000, 0).n, 0);
    assert_int_equal(candour_reader_of_left(f->reader, table, 0, 99).n, 0);
    assert_true(candour_reader_entity(f->reader, 0, 4000000) == CANDOUR_NO_ROW);
    candour_reader_source(f->reader, table, CANDOUR_NO_ROW, &source, &line);
    assert_int_equal(line, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_rows_as_a_scan), cmocka_unit_test(test_row_in_force),
                                       cmocka_unit_test(test_codes_and_sources), cmocka_unit_test(test_nowhere)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
