/* SPDX-License-Identifier: GPL-3.0-or-later
 * mapping.c: what a mapping file says is what the reader does; and each thing wrong with one has its own words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "loaders/mapping.h"
#include "tests/support/plain_csv.h"

static mapping *mapping_of(const char *text)
{
    mapping *m = NULL;
    cd_err err = {0};
    if (mapping_parse("m.yaml", text, strlen(text), candour_ontology_builtin(), &m, &err) != CD_OK) fail_msg("%s", err.text);
    return m;
}

static mapping_rules rules_for(mapping *m, const char *file, const char *table)
{
    const candour_ontology *o = candour_ontology_builtin();
    mapping_rules rules;
    bool found;
    mapping_find(m, file, table ? candour_table_find(o, cd_slice_of(table)) : -1, &found, &rules);
    assert_true(found);
    return rules;
}

static const char whole[] = "time_zone: Europe/London\n"
                            "files:\n"
                            "  - file: it_log_*.csv\n"
                            "    table: accesses\n"
                            "    separator: \";\"\n"
                            "    columns:\n"
                            "      - {column: officer_id, from: STAFF_NO}\n"
                            "      - {column: at, from: WHEN}\n"
                            "      - column: action\n"
                            "        from: ACT\n"
                            "        values: [{from: V, to: view}, {from: P, to: print}, {from: '-', to: ''}]\n"
                            "      - {column: terminal, constant: T1}\n"
                            "  - {file: people.csv, table: officers, time_zone: '+02:00'}\n";

/* Renamed columns, a zone, a separator, a constant and translations, through the reader. */
static void rows_come_out_as_it_says(void **state)
{
    static const char text[] = "STAFF_NO;case_id;WHEN;ACT;terminal;officer_id\n"
                               "P1;C1;2026-07-01T12:00:00;V;ignored;x\n"
                               "P2;C2;2026-07-01T12:00:00Z;\"P\";;\n"
                               "P3;C3;2026-01-01;-;;\n"
                               "P4;C4;2026-01-01;edit;;\n"
                               ";C5;2026-01-01;V;;\n";
    static const char want[] = "2|2:P1|2:C1|1782903600|4:view|2:T1|~\n"
                               "3|2:P2|2:C2|1782907200|5:print|2:T1|~\n"
                               "4|2:P3|2:C3|1767225600|~|2:T1|~\n"
                               "5|2:P4|2:C4|1767225600|4:edit|2:T1|~\n"
                               "6 rejected column 0 empty 0: \n";
    (void)state;
    mapping *m = mapping_of(whole);
    mapping_rules rules = rules_for(m, "it_log_2026.csv.gz", NULL);
    const candour_table *table = &candour_ontology_builtin()->tables[rules.table];
    assert_string_equal(table->name, "accesses");
    assert_string_equal(rules.time_zone, "Europe/London");
    for (uint32_t threads = 1; threads < 4; threads++) {
        const table_reader_options how = {.threads = threads, .block_bytes = 10, .level = csv_level_best()};
        cd_buffer got = {0};
        cd_err why = {0};
        parallel_csv_read(text, sizeof text - 1, table, &rules.rules, &how, &got, &why);
        assert_string_equal(got.bytes, want);
        cd_buffer_release(&got);
        csv_readers_must_agree(text, sizeof text - 1, table, &rules.rules, threads, 10);
    }
    mapping_close(m);
}

static void files_find_their_entry(void **state)
{
    (void)state;
    const candour_ontology *o = candour_ontology_builtin();
    mapping *m = mapping_of(whole);
    mapping_rules rules;
    bool found;
    uint32_t at = 0;
    assert_string_equal(mapping_next_unmatched(m, &at), "it_log_*.csv");
    assert_string_equal(rules_for(m, "people.csv", NULL).time_zone, "+02:00");
    assert_string_equal(o->tables[rules_for(m, "people.csv.zst", NULL).table].name, "officers");
    /* The contract's own names, with the mapping's zone. */
    assert_string_equal(rules_for(m, "pay.csv", NULL).time_zone, "Europe/London");
    assert_null(rules_for(m, "pay.csv", NULL).rules.columns);
    /* A table that was asked for: by the file's name, then by the table, then by default. */
    assert_int_equal(rules_for(m, "anything.txt", "accesses").rules.separator, ';');
    assert_null(rules_for(m, "anything.txt", "pay").rules.columns);
    assert_null(rules_for(m, "people.csv", "pay").rules.columns);
    mapping_find(m, "notes.csv", -1, &found, &rules);
    assert_false(found);
    mapping_find(m, "accesses.txt", -1, &found, &rules);
    assert_false(found);
    at = 0;
    assert_null(mapping_next_unmatched(m, &at));
    mapping_close(m);
}

static void nothing_said(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "# only a comment\n", "{}\n", "files: []\n"};
    for (size_t i = 0; i < 4; i++) {
        mapping *m = mapping_of(texts[i]);
        mapping_rules rules = rules_for(m, "cases.csv", NULL);
        assert_null(rules.rules.zone);
        assert_int_equal(rules.rules.separator, '\0');
        assert_string_equal(rules.time_zone, "UTC");
        mapping_close(m);
    }
}

static void wrong(void **state)
{
    static const struct {
        const char *text, *because;
    } cases[] = {
        {"files:\n  - file: a.csv\n    tabel: pay\n", "tabel"},
        {"files:\n  - file: a.csv\n    tabel: pay\n", "(near line: 2"},
        {"files:\n  - {file: a.csv\n", "line"},
        {"files:\n  - {table: pay}\n", "file"},
        {"files: [{file: a.csv, table: payy}]\n", "'a.csv' should become rows of 'payy', which is no table"},
        {"files: [{file: x/a.csv, table: pay}]\n", "a name without folders"},
        {"files: [{file: a.csv, table: pay, columns: [{column: mont}]}]\n", "pay has no column 'mont'"},
        {"files: [{file: a.csv, table: pay, columns: [{column: month, from: a}, {column: month, from: b}]}]\n",
         "pay.month is said twice"},
        {"files: [{file: a.csv, table: pay, columns: [{column: month, from: a, constant: 2026-01}]}]\n", "has a constant"},
        {"files: [{file: a.csv, table: pay, columns: [{column: month, constant: 2026-13}]}]\n",
         "the constant '2026-13' for pay.month is not a month such as 2026-03"},
        {"files: [{file: a.csv, table: cases, columns: [{column: sensitivity, constant: 4}]}]\n", "not a whole number in range"},
        {"files: [{file: a.csv, table: cases, columns: [{column: case_id, constant: ''}]}]\n", "the constant '' for cases.case_id is not a value"},
        {"files: [{file: a.csv, table: cases, columns: [{column: sensitivity, values: [{from: a, to: high}]}]}]\n",
         "'a' stands for 'high', which is not a whole number in range"},
        {"files: [{file: a.csv, table: cases, columns: [{column: case_id, values: [{from: a, to: ''}]}]}]\n",
         "not an id of 1 to 255 bytes"},
        {"files: [{file: a.csv, table: cases, columns: [{column: unit, values: [{from: a, to: b}, {from: a, to: c}]}]}]\n",
         "'a' is translated twice"},
        {"time_zone: Europe/Nowhere\n", "there is no time zone 'Europe/Nowhere'"},
        {"time_zone: ../passwd\n", "is no time zone"},
        {"separator: ';;'\n", "one character"},
        {"separator: '\"'\n", "one character"},
        {"separator: \"\\n\"\n", "one character"},
        {"- a\n- list\n", "apping"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mapping *m = NULL;
        cd_err err = {0};
        size_t before = cd_memory_now();
        assert_int_equal(mapping_parse("m.yaml", cases[i].text, strlen(cases[i].text), candour_ontology_builtin(), &m, &err),
                         CD_EINPUT);
        assert_null(m);
        if (!strstr(err.text, cases[i].because) || !strstr(err.text, "m.yaml")) fail_msg("case %zu: %s", i, err.text);
        assert_int_equal(cd_memory_now(), before);
    }
}

/* A mapping that reads a column which the file does not have is a mistake, even where the column may be missing. */
static void column_that_is_not_there(void **state)
{
    static const char text[] = "case_id\nC1\n";
    (void)state;
    mapping *m = mapping_of("files: [{file: cases.csv, table: cases, columns: [{column: unit, from: UNIT_CODE}]}]\n");
    mapping_rules rules = rules_for(m, "cases.csv", NULL);
    const table_reader_options how = {.threads = 1, .level = csv_level_best()};
    cd_buffer got = {0};
    cd_err why = {0};
    parallel_csv_read(text, sizeof text - 1, &candour_ontology_builtin()->tables[rules.table], &rules.rules, &how, &got, &why);
    assert_string_equal(got.bytes, "refused\n");
    assert_non_null(strstr(why.text, "no column 'UNIT_CODE', which the mapping reads as cases.unit"));
    cd_buffer_release(&got);
    mapping_close(m);
}

static void no_file(void **state)
{
    mapping *m = NULL;
    cd_err err = {0};
    (void)state;
    assert_int_equal(mapping_open("/nowhere/m.yaml", candour_ontology_builtin(), &m, &err), CD_ESYSTEM);
    assert_non_null(strstr(err.text, "cannot open '/nowhere/m.yaml'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_out_as_it_says), cmocka_unit_test(files_find_their_entry), cmocka_unit_test(nothing_said),
        cmocka_unit_test(wrong), cmocka_unit_test(column_that_is_not_there), cmocka_unit_test(no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
