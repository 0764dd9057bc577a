/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_readers.c: the parallel reader sees what the plain one sees: the same rows, rejects and lines for every size of
 * block, 1, 2, 3 and 8 threads, and every width of vector. The texts are made of pieces that CSV trips over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "engine/base/random.h"
#include "tests/support/plain_csv.h"

typedef struct {
    cd_random random;
    cd_buffer text;
} maker;

static void put(maker *m, const char *text, size_t n) { cd_buffer_add(&m->text, text, n); }

static void put_cell(maker *m, const candour_column *c)
{
    static const char *const odd[] = {"",       "\"\"",    "\"a,b\"", "\"x\"\"y\"", "\"l1\nl2\"", "\"l1\r\nl2\"", "a\"b",
                                      "\"a\"b", "\"\"\"\"", "caf\xc3\xa9", "\xff",  "\xc3",     "x\ry",      "2026-02-31",
                                      "-1",     "1e3",     "0x1",     "nan",       "\"",         "\"\"x",   " 1", ";",
                                      "2026-13", "\xed\xa0\x80", "1.5", "2.", "true", "No", "9223372036854775808"};
    static const char *const right[] = {[CANDOUR_ID] = "P000123", [CANDOUR_INTEGER] = "2", [CANDOUR_REAL] = "0.75",
                                        [CANDOUR_TEXT] = "view", [CANDOUR_BOOLEAN] = "yes",
                                        [CANDOUR_TIME] = "2026-03-01T07:30:00", [CANDOUR_MONTH] = "2026-03"};
    static const char *const times[] = {"2026-03-01", "2026-03-01 07:30", "2026-03-01T07:30:00Z", "2026-03-01T07:30:00+01:00",
                                        "1899-12-31T23:59:59", "2026.03-01T07:30:00", "2026-03-01T07:30:0:", "2026-03-01T07:60:00", "2026-00-10T00:00:00", "2100-02-28T00:00:00", "2024-02-29T12:00:00",
                                        "2023-02-29T12:00:00", "2026-03-01T24:00:00", "2026-03-29T01:30:00"};
    uint64_t choice = cd_random_below(&m->random, 100);
    char text[32];
    if (choice < 3) put(m, "a\0b", 3);
    else if (choice < 20) {
        const char *s = odd[cd_random_below(&m->random, sizeof odd / sizeof *odd)];
        put(m, s, strlen(s));
    } else if (choice < 22) {
        for (uint64_t n = cd_random_below(&m->random, 400); n > 0; n--) put(m, "long", 4);
    } else if (c && c->type == CANDOUR_TIME && choice < 60) {
        const char *s = times[cd_random_below(&m->random, sizeof times / sizeof *times)];
        put(m, s, strlen(s));
    } else if (choice < 40) {
        int n = snprintf(text, sizeof text, "\"%llu\"", (unsigned long long)cd_random_below(&m->random, 1000));
        put(m, text, (size_t)n);
    } else {
        const char *s = c ? right[c->type] : "ignored";
        put(m, s, strlen(s));
    }
}

static void put_line_end(maker *m, uint64_t style)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    const char *s = ends[style < 3 ? style : cd_random_below(&m->random, 3)];
    put(m, s, strlen(s));
}

/* A file of the table: its columns in some order, with one that is none of them. */
static void make_file(maker *m, const candour_table *t, char separator)
{
    uint32_t order[64], n = t->n_columns;
    uint64_t ends = cd_random_below(&m->random, 5), odd_rows = cd_random_below(&m->random, 3);
    for (uint32_t i = 0; i < n; i++) order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = (uint32_t)cd_random_below(&m->random, i), swap = order[i - 1];
        order[i - 1] = order[k], order[k] = swap;
    }
    if (cd_random_below(&m->random, 4) == 0) put(m, "\xef\xbb\xbf", 3);
    if (cd_random_below(&m->random, 4) == 0) put_line_end(m, ends);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 1) put(m, "mine", 4), put(m, &separator, 1);
        put(m, t->columns[order[i]].name, strlen(t->columns[order[i]].name));
        if (i + 1 < n) put(m, &separator, 1);
    }
    uint64_t n_rows = cd_random_below(&m->random, 40);
    for (uint64_t r = 0; r < n_rows; r++) {
        put_line_end(m, ends);
        if (odd_rows && cd_random_below(&m->random, 12) == 0) continue;
        for (uint32_t i = 0; i < n; i++) {
            if (i == 1) put_cell(m, NULL), put(m, &separator, 1);
            put_cell(m, &t->columns[order[i]]);
            if (i + 1 < n || (odd_rows && cd_random_below(&m->random, 20) == 0)) put(m, &separator, 1);
            if (odd_rows && cd_random_below(&m->random, 60) == 0) break;
        }
    }
    if (cd_random_below(&m->random, 2)) put_line_end(m, ends);
}

static const size_t blocks[] = {1, 2, 3, 5, 16, 63, 64, 65, 200, 1000, 5000};
static const uint32_t threads[] = {1, 2, 3, 8};

/* Files of every table, well formed but for what their cells hold. */
static void same_as_plain_on_files(void **state)
{
    enum { FILES = 600, PURPOSE = 1 };
    (void)state;
    const candour_ontology *o = candour_ontology_builtin();
    time_zone *london = NULL;
    cd_err err = {0};
    assert_int_equal(time_zone_open("Europe/London", &london, &err), CD_OK);
    for (uint64_t i = 0; i < FILES; i++) {
        maker m = {.random = cd_random_of(20261121, PURPOSE, i)};
        const candour_table *t = &o->tables[i % o->n_tables];
        const read_rules rules = {.separator = i % 3 == 0 ? ';' : '\0', .zone = i % 2 ? london : NULL};
        make_file(&m, t, rules.separator ? rules.separator : ',');
        csv_readers_must_agree(m.text.bytes, m.text.n, t, &rules, threads[i % 4],
                               blocks[cd_random_below(&m.random, sizeof blocks / sizeof *blocks)]);
        cd_buffer_release(&m.text);
    }
    time_zone_close(london);
}

/* Soups of structure, where rows, quotes and lines come as they like, over every size of block. */
static void same_as_plain_on_soup(void **state)
{
    enum { FILES = 60, PURPOSE = 2 };
    static const char *const pieces[] = {"\"", "\"", "\"\"", ",", ",", "\n", "\r\n", "\r", "a", "bc", "\",\"", "\"\n", "\n\"",
                                         "x\"", "P1,C2,2026-01-01\n", "\"P1\",\"C2\",\"2026-01-01\"\r\n"};
    (void)state;
    const candour_ontology *o = candour_ontology_builtin();
    const candour_table *t = &o->tables[candour_table_find(o, cd_slice_of("accesses"))];
    const read_rules rules = {0};
    for (uint64_t i = 0; i < FILES; i++) {
        maker m = {.random = cd_random_of(20261121, PURPOSE, i)};
        put(&m, "officer_id,case_id,at\n", 22);
        for (uint64_t n = cd_random_below(&m.random, 150); n > 0; n--) {
            const char *s = pieces[cd_random_below(&m.random, sizeof pieces / sizeof *pieces)];
            put(&m, s, strlen(s));
        }
        for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++)
            csv_readers_must_agree(m.text.bytes, m.text.n, t, &rules, threads[(i + b) % 4], blocks[b]);
        cd_buffer_release(&m.text);
    }
}

/* A file cut after each of its bytes. */
static void same_as_plain_wherever_it_is_cut(void **state)
{
    static const char text[] = "officer_id,\"case_id\",at,reason\r\nP1,C1,2026-01-01,\"two\r\nlines, \"\"quoted\"\"\"\r\n"
                               "P2,C2,2026-01-02T03:04:05Z,caf\xc3\xa9\n\nP3,C3\rP4,C4,2026-02-30,\"never closed\n,,,";
    (void)state;
    const candour_ontology *o = candour_ontology_builtin();
    const candour_table *t = &o->tables[candour_table_find(o, cd_slice_of("accesses"))];
    const read_rules rules = {0};
    for (size_t n = 0; n < sizeof text; n++)
        for (size_t block = 1; block < 12; block++)
            csv_readers_must_agree(text, n, t, &rules, threads[block % 4], block);
}

/* What the vectors carry from one word of 64 bytes to the next: quotes and line ends at every place around its edge. */
static void same_as_plain_around_words(void **state)
{
    static const char *const tails[] = {"\"y,C,2026-01-01\nP2,C,2026-01-01", "\"\",x\",C,2026-01-01\n", "\"\"\"\r\nP,C,2026-01-01\n",
                                        "\r\nP,C,2026-01-01\n", "\"\r\nP\rP,C,2026-01-01", "\",\"C\",2026-01-01\n", "\"",
                                        "\" \n", "\"y\"\n,\"z\"", "x\"y\",C,2026-01-01\r\n", "\r", "\r\r\n"};
    static const char *const leads[] = {"\"", "", "P1,C1,2026-01-01\n\"", "P1,\"", "x\""};
    (void)state;
    const candour_ontology *o = candour_ontology_builtin();
    const candour_table *t = &o->tables[candour_table_find(o, cd_slice_of("accesses"))];
    const read_rules rules = {0};
    for (size_t lead = 0; lead < sizeof leads / sizeof *leads; lead++)
        for (size_t tail = 0; tail < sizeof tails / sizeof *tails; tail++)
            for (uint32_t pad = 40; pad < 66; pad++) {
                maker m = {0};
                put(&m, "officer_id,case_id,at\n", 22);
                put(&m, leads[lead], strlen(leads[lead]));
                for (uint32_t i = 0; i < pad; i++) put(&m, i % 10 == 5 ? "\n" : "x", 1);
                put(&m, tails[tail], strlen(tails[tail]));
                for (uint32_t i = 0; i < 70; i++) put(&m, "z", 1);
                csv_readers_must_agree(m.text.bytes, m.text.n, t, &rules, 1, pad % 3 ? 1000 : 64);
                cd_buffer_release(&m.text);
            }
}

/* One column: where a blank line and a row look alike. */
static void same_as_plain_on_one_column(void **state)
{
    static const char *const pieces[] = {"P1", "\"\"", "\n", "\r\n", "\r", "\n\n", ",", "\"P\n2\"", " "};
    (void)state;
    const candour_table *t = &candour_ontology_builtin()->tables[0];
    const read_rules rules = {0};
    for (uint64_t i = 0; i < 300; i++) {
        maker m = {.random = cd_random_of(20261121, 4, i)};
        put(&m, "officer_id\n", 11);
        for (uint64_t n = cd_random_below(&m.random, 30); n > 0; n--) {
            const char *s = pieces[cd_random_below(&m.random, sizeof pieces / sizeof *pieces)];
            put(&m, s, strlen(s));
        }
        csv_readers_must_agree(m.text.bytes, m.text.n, t, &rules, threads[i % 4], blocks[i % 11]);
        cd_buffer_release(&m.text);
    }
}

/* Real blocks, and many of them: more rows than a batch has, with quotes in some blocks and none in others. */
static void same_as_plain_on_many_blocks(void **state)
{
    (void)state;
    const candour_ontology *o = candour_ontology_builtin();
    const candour_table *t = &o->tables[candour_table_find(o, cd_slice_of("accesses"))];
    const read_rules rules = {0};
    maker m = {.random = cd_random_of(20261121, 3, 0)};
    put(&m, "case_id,at,officer_id,action\n", 29);
    for (uint32_t i = 0; i < 12000; i++) {
        char text[96];
        const char *shape = i % 3000 > 2990 ? "\"C%u\",2026-01-01T%02u:00:00,\"P\n%u\",view\n"
                            : i % 7001 == 0 ? "C%u,2026-01-01T%02u:00:99,P%u,view\n" : "C%u,2026-01-01T%02u:00:00,P%u,print\n";
        int n = snprintf(text, sizeof text, shape, i, i % 24, i % 100);
        put(&m, text, (size_t)n);
    }
    for (uint32_t k = 1; k < 4; k += 2) csv_readers_must_agree(m.text.bytes, m.text.n, t, &rules, threads[k], 64 << 10);
    csv_readers_must_agree(m.text.bytes, m.text.n, t, &rules, 3, 1000);
    csv_readers_must_agree(m.text.bytes, m.text.n, t, &rules, 2, 0);
    cd_buffer_release(&m.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_plain_wherever_it_is_cut),
        cmocka_unit_test(same_as_plain_around_words),
        cmocka_unit_test(same_as_plain_on_one_column),
        cmocka_unit_test(same_as_plain_on_soup),
        cmocka_unit_test(same_as_plain_on_files),
        cmocka_unit_test(same_as_plain_on_many_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
