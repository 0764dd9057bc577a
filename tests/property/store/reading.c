/* SPDX-License-Identifier: GPL-3.0-or-later
 * reading.c: random rows, loaded in one batch or in several with overlaps and in any order, by any number of threads: a scan
 * hands out each row once and in the order of a plain sort, the digest is the same, and verify finds nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <omp.h>

#include "engine/base/random.h"
#include "engine/store/snapshot.h"
#include "tests/support/image.h"

enum { ACCESSES = 5, PAY = 14, MOST = 6000, TEXT = 96 };

/* A row as text, its columns between tabs; the order of texts is nothing, that of rows is compare(). */
typedef struct {
    char left[16], right[16], action[8], reason[16];
    int64_t at; /* of pay: the month */
    double basic;
} row;

typedef struct {
    uint32_t table, n;
    row rows[MOST];
} force;

static void make(force *f, uint32_t table, uint64_t seed)
{
    static const char *const actions[] = {"", "search", "view", "edit"};
    cd_random r = cd_random_of(seed, table, 0);
    f->table = table;
    f->n = 1 + (uint32_t)cd_random_below(&r, MOST);
    uint64_t officers = 1 + cd_random_below(&r, 300), span = 1 + cd_random_below(&r, 1000);
    for (uint32_t i = 0; i < f->n; i++) {
        row *x = &f->rows[i];
        memset(x, 0, sizeof *x);
        uint64_t o = cd_random_below(&r, officers);
        snprintf(x->left, sizeof x->left, o % 3 ? "P%llu" : "%05llu", (unsigned long long)(o * 7919 % 100000));
        x->at = 1700000000 + (int64_t)cd_random_below(&r, span);
        if (table == PAY) {
            x->at = 1735689600; /* 2025-01 */
            x->basic = cd_random_below(&r, 4) ? (double)cd_random_below(&r, 50) / 4 - 3 : __builtin_nan("");
            continue;
        }
        snprintf(x->right, sizeof x->right, "C%llu", (unsigned long long)cd_random_below(&r, 40));
        snprintf(x->action, sizeof x->action, "%s", actions[cd_random_below(&r, 4)]);
        if (cd_random_below(&r, 3) == 0)
            snprintf(x->reason, sizeof x->reason, "r%llu", (unsigned long long)cd_random_below(&r, 30));
    }
}

static int compare(const void *a, const void *b)
{
    const row *x = a, *y = b;
    int c = strcmp(x->left, y->left);
    if (!c) c = (x->at > y->at) - (x->at < y->at);
    if (!c) c = strcmp(x->right, y->right);
    if (!c && (x->basic != x->basic || y->basic != y->basic)) c = (y->basic != y->basic) - (x->basic != x->basic);
    else if (!c) c = (x->basic > y->basic) - (x->basic < y->basic);
    if (!c) c = strcmp(x->action, y->action);
    return c ? c : strcmp(x->reason, y->reason);
}

static cd_slice text(const char *s) { return *s ? cd_slice_of(s) : (cd_slice){NULL, 0}; }

/* Loads rows [lo, hi) as one load of one source. */
static void load(const char *store, const force *f, uint32_t lo, uint32_t hi, uint32_t threads)
{
    const candour_load_options options = {.threads = threads};
    const candour_load_report *report;
    candour_load *l;
    cd_err err = {0};
    uint32_t source, line[CANDOUR_BLOCK_ROWS];
    uint8_t sha[32];
    static cd_slice slices[4][CANDOUR_BLOCK_ROWS];
    static int64_t at[CANDOUR_BLOCK_ROWS];
    static double basic[CANDOUR_BLOCK_ROWS];
    const candour_values accesses[6] = {
        {.text = slices[0]}, {.text = slices[1]}, {.integer = at}, {.text = slices[2]}, {0}, {.text = slices[3]}};
    const candour_values pay[7] = {{.text = slices[0]}, {.integer = at}, {.real = basic}};
    memset(sha, 0, sizeof sha);
    snprintf((char *)sha, sizeof sha, "%u %u %u", f->table, lo, hi);
    if (candour_load_begin(store, &options, &l, &err) != CD_OK) fail_msg("%s", err.text);
    assert_int_equal(candour_load_source(l, f->table, "f", &source, &err), CD_OK);
    for (uint32_t i = lo; i < hi; i += 500) {
        uint32_t n = hi - i < 500 ? hi - i : 500;
        for (uint32_t k = 0; k < n; k++) {
            const row *x = &f->rows[i + k];
            slices[0][k] = text(x->left), slices[1][k] = text(x->right), slices[2][k] = text(x->action),
            slices[3][k] = text(x->reason);
            at[k] = x->at, basic[k] = x->basic, line[k] = 2 + i + k;
        }
        if (candour_load_rows(l, i / 500 % threads, source, i, n, line, f->table == PAY ? pay : accesses, &err) !=
            CD_OK)
            fail_msg("%s", err.text);
    }
    assert_int_equal(candour_load_source_done(l, source, sha, hi - lo, hi - lo, 0, &err), CD_OK);
    if (candour_load_commit(l, &report, &err) != CD_OK) fail_msg("%s", err.text);
    candour_load_end(l);
}

static void expect_text(cd_slice got, const char *expected)
{
    assert_int_equal(got.n, strlen(expected));
    if (got.n) assert_memory_equal(got.bytes, expected, got.n);
}

static bool is_first(const force *f, uint32_t i) { return i == 0 || compare(&f->rows[i - 1], &f->rows[i]) != 0; }

/* The store's rows are f's, sorted, each once; the digest goes to `out`. */
static void look(const char *store, const force *f, uint32_t threads, char out[CANDOUR_DIGEST_TEXT])
{
    candour_store *s;
    candour_scan *scan;
    candour_block b = {.n = 1};
    candour_digest digest;
    candour_verify_report report;
    cd_err err = {0};
    uint32_t i = 0, rows = 0;
    omp_set_num_threads((int)threads);
    if (candour_verify(store, threads, NULL, NULL, NULL, &report, &err) != CD_OK) fail_msg("%s", err.text);
    if (candour_store_open(store, NULL, &s, &err) != CD_OK) fail_msg("%s", err.text);
    if (candour_scan_open(s, f->table, &scan, &err) != CD_OK) fail_msg("%s", err.text);
    while (b.n) {
        assert_int_equal(candour_scan_next(scan, &b, &err), CD_OK);
        for (uint32_t k = 0; k < b.n; k++, i++, rows++) {
            while (i < f->n && !is_first(f, i)) i++;
            assert_true(i < f->n);
            const row *x = &f->rows[i];
            expect_text(b.values[0].text[k], x->left);
            if (f->table == PAY) {
                assert_int_equal(b.values[1].integer[k], x->at);
                double got = b.values[2].real ? b.values[2].real[k] : __builtin_nan("");
                assert_true(got == x->basic || (got != got && x->basic != x->basic));
            } else {
                expect_text(b.values[1].text[k], x->right);
                assert_int_equal(b.values[2].integer[k], x->at);
                expect_text(b.values[3].text ? b.values[3].text[k] : (cd_slice){NULL, 0}, x->action);
                expect_text(b.values[5].text ? b.values[5].text[k] : (cd_slice){NULL, 0}, x->reason);
            }
        }
    }
    while (i < f->n && !is_first(f, i)) i++;
    assert_int_equal(i, f->n);
    candour_scan_close(scan);
    assert_int_equal(candour_store_digest(s, threads, &digest, &err), CD_OK);
    assert_int_equal(digest.rows[f->table], rows);
    memcpy(out, digest.all, CANDOUR_DIGEST_TEXT);
    candour_store_close(s);
}

static void one_round(uint32_t table, uint64_t round)
{
    static force given, sorted;
    cd_random r = cd_random_of(round, table, 9);
    char one[CANDOUR_DIGEST_TEXT], many[CANDOUR_DIGEST_TEXT];
    make(&given, table, round);
    sorted = given;
    qsort(sorted.rows, sorted.n, sizeof *sorted.rows, compare);
    char *whole = folder_new(), *parts = folder_new();
    load(whole, &given, 0, given.n, 1);
    look(whole, &sorted, 1, one);
    uint32_t n_parts = 1 + (uint32_t)cd_random_below(&r, 5);
    for (uint32_t p = n_parts; p-- > 0;) { /* the last part first, each beginning somewhat before its turn */
        uint32_t lo = given.n * p / n_parts, hi = given.n * (p + 1) / n_parts,
                 back = (uint32_t)cd_random_below(&r, lo + 1) / 2;
        if (hi > lo) load(parts, &given, lo - back, hi, 1 + (uint32_t)cd_random_below(&r, 3));
    }
    look(parts, &sorted, 3, many);
    assert_string_equal(one, many);
    folder_remove(whole), folder_remove(parts);
}

static void relations(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 20; round++) one_round(ACCESSES, round);
}

static void records(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 12; round++) one_round(PAY, round);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(relations), cmocka_unit_test(records)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
