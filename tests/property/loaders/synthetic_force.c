/* SPDX-License-Identifier: GPL-3.0-or-later
 * Properties of whole synthetic forces: the same bytes at any thread count; every row as the contract has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/civil.h"
#include "engine/base/hash.h"
#include "engine/candour.h"
#include "loaders/synthetic.h"
#include "tests/support/made_csv.h"

static synthetic_options force_of(uint32_t officers, uint32_t days, uint64_t seed)
{
    synthetic_options o;
    synthetic_options_init(&o);
    o.n_officers = officers, o.n_days = days, o.seed = seed, o.threads = 2;
    return o;
}

static synthetic_report make(synthetic_options o, char folder[64])
{
    cd_err err = {0};
    synthetic_report report;
    made_folder_new(folder);
    o.out = folder;
    if (synthetic_generate(&o, &report, &err) != CD_OK) fail_msg("%s", err.text);
    return report;
}

/* One hash a file. */
static void hash_files(const char *folder, const synthetic_report *report, uint64_t out[SYNTHETIC_FILES])
{
    for (int f = 0; f < SYNTHETIC_FILES; f++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, report->files[f].name);
        FILE *in = fopen(path, "rb");
        assert_non_null(in);
        char *bytes = calloc(report->files[f].bytes + 2, 1);
        size_t n = fread(bytes, 1, report->files[f].bytes + 2, in);
        assert_int_equal(n, report->files[f].bytes);
        fclose(in);
        out[f] = cd_hash64(bytes, n);
        free(bytes);
    }
}

static void bytes_do_not_depend_on_threads(void **state)
{
    (void)state;
    static const uint32_t threads[] = {1, 2, 3, 8};
    uint64_t first[SYNTHETIC_FILES], other[SYNTHETIC_FILES];
    for (int i = 0; i < 5; i++) {
        char folder[64];
        synthetic_options o = force_of(700, 45, i < 4 ? 7 : 8);
        o.threads = i < 4 ? threads[i] : 2;
        synthetic_report report = make(o, folder);
        hash_files(folder, &report, i == 0 ? first : other);
        made_folder_remove(folder);
        for (int f = 0; i > 0 && f < SYNTHETIC_FILES; f++)
            if ((first[f] == other[f]) != (i < 4))
                fail_msg("%s with %s", report.files[f].name,
                         i < 4 ? "other threads is other" : "another seed is the same");
    }
}

/* The bytes of a small force, for good: they change with the generator alone, never with the machine it runs on. */
static void bytes_are_those_of_every_machine(void **state)
{
    (void)state;
    char folder[64];
    uint64_t hashes[SYNTHETIC_FILES];
    synthetic_report report = make(force_of(600, 40, 1), folder);
    hash_files(folder, &report, hashes);
    made_folder_remove(folder);
    uint64_t all = cd_hash64(hashes, sizeof hashes);
    if (all != 0x6ed4a43d670d4b81u)
        fail_msg("the hash of all files is 0x%016llxu; if the generator was meant to change, that is the new one",
                 (unsigned long long)all);
}

/* ---- The contract, checked slowly ---- */

typedef struct {
    bool *there[8]; /* [kind][number of the id] */
    uint32_t most[8];
} known_ids;

static char letter_of(const candour_ontology *ontology, uint32_t kind)
{
    (void)ontology;
    return "PCSAK"[kind];
}

static void ids_note(known_ids *ids, const candour_ontology *ontology, const char *folder)
{
    for (uint32_t k = 0; k < ontology->n_kinds; k++) {
        made_csv t = made_csv_read(folder, ontology->tables[ontology->kinds[k].table].name);
        for (size_t r = 0; r < t.n_rows; r++)
            if (made_csv_number(&t, r, 0) > ids->most[k]) ids->most[k] = made_csv_number(&t, r, 0);
        ids->there[k] = calloc((size_t)ids->most[k] + 1, sizeof(bool));
        for (size_t r = 0; r < t.n_rows; r++) ids->there[k][made_csv_number(&t, r, 0)] = true;
        made_csv_release(&t);
    }
}

static void cell_check(const candour_ontology *ontology, const candour_table *table, const candour_column *c,
                       const made_csv *t, size_t row, size_t column, const known_ids *ids)
{
    const char *cell = made_csv_at(t, row, column);
    char *end, wanted[64];
    int64_t seconds;
    if (!*cell) {
        if (c->required) fail_msg("%s row %zu: no %s", table->name, row, c->name);
        return;
    }
    bool good = true;
    switch (c->type) {
    case CANDOUR_ID:
        good = cell[0] == letter_of(ontology, c->kind) && made_csv_number(t, row, column) <= ids->most[c->kind] &&
               ids->there[c->kind][made_csv_number(t, row, column)];
        break;
    case CANDOUR_TIME: made_csv_time(t, row, column); break;
    case CANDOUR_MONTH: good = cd_month_read(cell, strlen(cell), &seconds) == CD_TIME_OK; break;
    case CANDOUR_INTEGER:
    case CANDOUR_REAL: {
        double v = strtod(cell, &end);
        good = *end == '\0' && (c->lo > c->hi || (v <= c->hi && (c->lo_open ? v > c->lo : v >= c->lo)));
        break;
    }
    default:
        snprintf(wanted, sizeof wanted, " %s ", cell);
        good = !c->values || strstr(c->values, wanted);
    }
    if (!good) fail_msg("%s row %zu: '%s' is no %s", table->name, row, cell, c->name);
}

static void pair_check(const made_csv *t, const char *table, const char *from, const char *to)
{
    size_t a = made_csv_column(t, from), b = made_csv_column(t, to);
    for (size_t r = 0; r < t->n_rows; r++) {
        int64_t x = made_csv_time(t, r, a), y = made_csv_time(t, r, b);
        if (x != INT64_MIN && y != INT64_MIN && x >= y)
            fail_msg("%s row %zu: %s %s is not before %s", table, r, from, made_csv_at(t, r, a), to);
    }
}

static int row_compare(const void *a, const void *b)
{
    char *const *x = *(char **const *)a, *const *y = *(char **const *)b;
    for (; *x && *y; x++, y++) {
        int c = strcmp(*x, *y);
        if (c) return c;
    }
    return 0;
}

/* How many rows are there twice: rows are sets, so each would be a repeat. */
static size_t repeats(const made_csv *t)
{
    size_t found = 0, width = t->n_columns + 1;
    char **cells = calloc(t->n_rows * width + 1, sizeof *cells), ***rows = calloc(t->n_rows + 1, sizeof *rows);
    for (size_t r = 0; r < t->n_rows; r++) {
        rows[r] = cells + r * width;
        memcpy(rows[r], t->cells + r * t->n_columns, t->n_columns * sizeof *cells);
    }
    qsort(rows, t->n_rows, sizeof *rows, row_compare);
    for (size_t r = 1; r < t->n_rows; r++) found += row_compare(&rows[r - 1], &rows[r]) == 0;
    free(rows);
    free(cells);
    return found;
}

static void table_check(const candour_ontology *ontology, const candour_table *table, const char *folder,
                        const known_ids *ids)
{
    static const char *const pairs[][3] = {{"officers", "joined", "left"},   {"cases", "opened", "closed"},
                                           {"shifts", "starts", "ends"},     {"assignments", "from", "to"},
                                           {"roster", "claimed_from", "claimed_to"}, {"links", "from", "to"},
                                           {"presence", "from", "to"},       {"ties", "from", "to"}};
    made_csv t = made_csv_read(folder, table->name);
    for (size_t c = 0; c < t.n_columns; c++) {
        int32_t column = candour_column_find(table, cd_slice_of(t.head[c]));
        if (column < 0) fail_msg("%s: the contract knows no column %s", table->name, t.head[c]);
        for (size_t r = 0; r < t.n_rows; r++) cell_check(ontology, table, &table->columns[column], &t, r, c, ids);
    }
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++)
        if (strcmp(pairs[p][0], table->name) == 0) pair_check(&t, table->name, pairs[p][1], pairs[p][2]);
    size_t twice = repeats(&t);
    if (twice > 0) fail_msg("%s: %zu of %zu rows are there twice", table->name, twice, t.n_rows);
    made_csv_release(&t);
}

static void every_row_is_valid(const char *folder)
{
    const candour_ontology *ontology = candour_ontology_builtin();
    known_ids ids = {0};
    ids_note(&ids, ontology, folder);
    for (uint32_t t = 0; t < ontology->n_tables; t++) table_check(ontology, &ontology->tables[t], folder, &ids);
    for (uint32_t k = 0; k < ontology->n_kinds; k++) free(ids.there[k]);
}

/* Accesses rise in time, and nobody opens a file before it is opened, or outside their years of service. */
static void accesses_are_possible(const char *folder)
{
    made_csv a = made_csv_read(folder, "accesses"), c = made_csv_read(folder, "cases"),
             o = made_csv_read(folder, "officers");
    size_t opened_at = made_csv_column(&c, "opened"), joined_at = made_csv_column(&o, "joined");
    int64_t *opened = calloc(c.n_rows + 1, sizeof *opened), *joined = calloc(o.n_rows + 1, sizeof *joined),
            last = INT64_MIN;
    for (size_t r = 0; r < c.n_rows; r++) opened[made_csv_number(&c, r, 0)] = made_csv_time(&c, r, opened_at);
    for (size_t r = 0; r < o.n_rows; r++) joined[made_csv_number(&o, r, 0)] = made_csv_time(&o, r, joined_at);
    for (size_t r = 0; r < a.n_rows; r++) {
        int64_t at = made_csv_time(&a, r, 2);
        if (at < last) fail_msg("accesses row %zu goes back in time", r);
        if (at < opened[made_csv_number(&a, r, 1)]) fail_msg("accesses row %zu: the file is not open yet", r);
        if (at < joined[made_csv_number(&a, r, 0)]) fail_msg("accesses row %zu: the officer has not joined yet", r);
        last = at;
    }
    free(opened);
    free(joined);
    made_csv_release(&a), made_csv_release(&c), made_csv_release(&o);
}

static void forces_keep_the_contract(void **state)
{
    (void)state;
    static const struct {
        uint32_t officers, days;
    } sizes[] = {{1, 1}, {2, 40}, {3, 400}, {59, 7}, {61, 1}, {130, 200}, {900, 100}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char folder[64];
        synthetic_report report = make(force_of(sizes[i].officers, sizes[i].days, 40 + i), folder);
        every_row_is_valid(folder);
        accesses_are_possible(folder);
        assert_true(report.rows > 0);
        made_folder_remove(folder);
    }
}

static void volume_and_coverage_are_as_asked(void **state)
{
    (void)state;
    static const double rates[] = {0, 6.1};
    for (int i = 0; i < 2; i++) {
        char folder[64];
        synthetic_options o = force_of(1500, i == 0 ? 365 : 60, 3);
        o.accesses_per_officer_day = rates[i];
        synthetic_report report = make(o, folder);
        double wanted = (i == 0 ? 1.22 : 6.1) * o.n_officers * o.n_days;
        uint64_t rows = 0;
        for (int f = 0; f < SYNTHETIC_FILES; f++)
            if (strcmp(report.files[f].name, "accesses.csv") == 0) rows = report.files[f].rows;
        assert_true((double)rows > 0.9 * wanted && (double)rows < 1.1 * wanted);
        double bare = (double)(report.n_before_record + report.n_without_record) / (double)report.n_team_accesses;
        assert_true(report.n_team_accesses > rows * 2 / 5);
        if (bare < 0.08 || bare > 0.15) fail_msg("%.3f of team work stands without its assignment", bare);
        assert_true(report.n_before_record > report.n_team_accesses / 50);
        made_folder_remove(folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_do_not_depend_on_threads),
        cmocka_unit_test(bytes_are_those_of_every_machine),
        cmocka_unit_test(forces_keep_the_contract),
        cmocka_unit_test(volume_and_coverage_are_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
