/* SPDX-License-Identifier: GPL-3.0-or-later
 * intern.c: equal texts have one code and others another, in the order of first sight, whatever way a text takes: by its
 * number, through the cache of short values, or through the hash table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/store/intern.h"
#include "tests/support/odd_text.h"

enum { MOST = 6000 };

/* Texts to intern, as many as a test adds. */
typedef struct {
    cd_slice texts[MOST];
    uint32_t n;
    cd_arena arena;
    cd_random r;
} pile;

static void pile_add(pile *p, cd_slice text)
{
    assert_true(p->n < MOST);
    p->texts[p->n++] = text;
}

static void pile_id(pile *p, const char *prefix, uint32_t digits, uint64_t number)
{
    pile_add(p, odd_id(&p->arena, prefix, digits, number, &p->r));
}

static void pile_text(pile *p, const char *text) { pile_add(p, odd_keep(&p->arena, text, (uint32_t)strlen(text), &p->r)); }

/* What as_numbers promises is so: one prefix and length, and each number leads to its text's code and to no other. */
static void check_numbers(const cd_intern *d)
{
    cd_intern_numbers numbers;
    uint32_t n = cd_intern_count(d), in_table = 0;
    const cd_slice *texts = cd_intern_texts(d);
    if (!cd_intern_as_numbers(d, &numbers)) return;
    for (uint32_t i = 0; i < numbers.cap; i++) in_table += numbers.table[i] != 0;
    assert_int_equal(in_table, n);
    for (uint32_t i = 0; i < n; i++) {
        char digits[9] = {0};
        assert_int_equal(texts[i].n, numbers.first.n);
        assert_memory_equal(texts[i].bytes, numbers.first.bytes, texts[i].n - numbers.digits);
        memcpy(digits, texts[i].bytes + texts[i].n - numbers.digits, numbers.digits);
        uint64_t number = strtoull(digits, NULL, 10);
        assert_true(number < numbers.cap);
        assert_int_equal(numbers.table[number], i + 1);
    }
}

/* Interns the pile in blocks of any size, and holds the codes against a list that is searched from its beginning. */
static void check(const pile *p, uint64_t seed)
{
    static uint32_t codes[MOST], first[MOST];
    cd_random r = cd_random_of(2, 1, seed);
    cd_intern *d = cd_intern_new(NULL);
    uint32_t known = 0, most = 1 + (uint32_t)cd_random_below(&r, 300);
    for (uint32_t from = 0, m; from < p->n; from += m) {
        m = 1 + (uint32_t)cd_random_below(&r, most);
        if (m > p->n - from) m = p->n - from;
        assert_int_equal(cd_intern_codes(d, p->texts + from, m, codes + from, NULL), CD_OK);
    }
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t k = 0;
        if (p->texts[i].n == 0) {
            assert_int_equal(codes[i], UINT32_MAX);
            continue;
        }
        while (k < known && !cd_slice_equal(p->texts[first[k]], p->texts[i])) k++;
        if (k == known) first[known++] = i;
        if (codes[i] != k)
            fail_msg("text %u, '%.*s', has code %u, not %u", i, (int)p->texts[i].n, p->texts[i].bytes, codes[i], k);
    }
    assert_int_equal(cd_intern_count(d), known);
    for (uint32_t k = 0; k < known; k++) assert_true(cd_slice_equal(cd_intern_texts(d)[k], p->texts[first[k]]));
    assert_true(known == 0 || cd_intern_bytes(d) > 0);
    check_numbers(d);
    cd_intern_free(d);
}

static void pile_release(pile *p) { cd_arena_release(&p->arena); }

/* Ids of the usual shapes, up to seven of them at once, of any number of digits from 1 to 8, scattered or dense. */
static void shaped_ids(void **state)
{
    (void)state;
    static const char *const prefixes[] = {"P", "C", "", "case-", "S2024-", "officer:", "x", "ABCDEFG", "P1-", "K00"};
    static pile p;
    for (uint64_t round = 0; round < 300; round++) {
        p = (pile){.r = cd_random_of(2, 2, round)};
        uint32_t n = 1 + (uint32_t)cd_random_below(&p.r, 300), shapes = 1 + (uint32_t)cd_random_below(&p.r, 7);
        uint32_t digits[7], prefix[7];
        uint64_t range[7];
        for (uint32_t k = 0; k < shapes; k++) {
            digits[k] = 1 + (uint32_t)cd_random_below(&p.r, 8);
            prefix[k] = (uint32_t)cd_random_below(&p.r, sizeof prefixes / sizeof *prefixes);
            range[k] = (uint64_t)1 << cd_random_below(&p.r, 28);
        }
        for (uint32_t i = 0; i < n; i++) {
            uint32_t k = (uint32_t)cd_random_below(&p.r, shapes);
            pile_id(&p, prefixes[prefix[k]], digits[k], cd_random_below(&p.r, range[k]));
        }
        check(&p, round);
        pile_release(&p);
    }
}

/* Every length from 1 to 255, and none; the last byte or the first tells two texts of a length apart. */
static void any_length(void **state)
{
    (void)state;
    static pile p;
    p = (pile){.r = cd_random_of(2, 3, 0)};
    char text[256];
    for (uint32_t again = 0; again < 3; again++)
        for (uint32_t n = 0; n < 256; n++)
            for (uint32_t k = 0; k < 4; k++) {
                memset(text, k < 2 ? 'a' : '0', sizeof text);
                if (n) text[k % 2 ? n - 1 : 0] = '1';
                pile_add(&p, n || k ? odd_keep(&p.arena, text, n, &p.r) : (cd_slice){NULL, 0});
            }
    check(&p, 0);
    pile_release(&p);
}

/* The same number is another id with another number of zeros, and with another prefix. */
static void leading_zeros(void **state)
{
    (void)state;
    static pile p;
    for (uint32_t order = 0; order < 2; order++) {
        p = (pile){.r = cd_random_of(2, 4, order)};
        for (uint32_t i = 0; i < 20; i++) {
            uint32_t digits = order ? 10 - i % 10 : 1 + i % 10;
            pile_id(&p, "P", digits, 1), pile_id(&p, "", digits, 1), pile_id(&p, "p", digits, 1), pile_id(&p, "", digits, 0);
        }
        check(&p, order);
        pile_release(&p);
    }
}

/* A prefix of more than eight bytes, and a text of more than sixteen, have no shape. Digits beyond the last eight are prefix. */
static void borders_of_a_shape(void **state)
{
    (void)state;
    static pile p;
    for (uint32_t first = 0; first < 8; first++) {
        p = (pile){.r = cd_random_of(2, 5, first)};
        for (uint32_t k = 0; k < 200; k++) {
            uint32_t i = (first + k) % 8;
            uint64_t number = cd_random_below(&p.r, 30);
            if (i == 0) pile_id(&p, "12345678", 8, number); /* 16 digits */
            if (i == 1) pile_id(&p, "12345678", 9, number); /* 17 */
            if (i == 2) pile_id(&p, "ABCDEFGH", 8, number);
            if (i == 3) pile_id(&p, "ABCDEFGHI", 7, number);
            if (i == 4) pile_id(&p, number % 2 ? "1" : "2", 8, number);
            if (i == 5) pile_id(&p, "ABCDEFGH0", 8, number);
            if (i == 6) pile_id(&p, "ABCDEFGI", 8, number);
            if (i == 7) pile_id(&p, "\xc3\x84" "BCDEFG", 8, number);
        }
        check(&p, first);
        pile_release(&p);
    }
}

/* What eight bytes can look like but for digits: `/` and `:` stand beside them in ASCII, 0xb0 differs from 0 by one bit. */
static void not_quite_digits(void **state)
{
    (void)state;
    static const char odd[] = "/:@`p \x10\xb0\xb9?";
    static pile p;
    for (uint32_t digits = 1; digits < 9; digits++) {
        p = (pile){.r = cd_random_of(2, 6, digits)};
        for (uint32_t i = 0; i < 10; i++) pile_id(&p, "P", digits, i);
        for (uint32_t i = 0; i < 600; i++) {
            char text[] = "P00000012";
            text[digits + 1] = '\0';
            for (uint32_t k = 0; k < 1 + i % 2; k++)
                text[cd_random_below(&p.r, digits + 1)] = odd[cd_random_below(&p.r, sizeof odd - 1)];
            uint64_t taken_for = 0; /* the number that they would be, were they digits */
            for (uint32_t k = 1; k <= digits; k++) taken_for = taken_for * 10 + ((unsigned char)text[k] ^ '0');
            pile_id(&p, "P", digits, taken_for);
            pile_text(&p, text);
        }
        check(&p, digits);
        pile_release(&p);
    }
}

/* The numbers on both sides of where a table ends, met before and after it grew. */
static void ends_of_a_table(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {0, 65535, 65536, 65537, 131071, 131072, 262143, 262144, 1048575, 1048576};
    static pile p;
    for (uint64_t round = 0; round < 60; round++) {
        p = (pile){.r = cd_random_of(2, 11, round)};
        pile_id(&p, "C", 8, cd_random_below(&p.r, 2));
        for (uint32_t i = 0; i < 60; i++)
            pile_id(&p, "C", 8, numbers[cd_random_below(&p.r, 1 + round % (sizeof numbers / sizeof *numbers))]);
        check(&p, round);
        pile_release(&p);
    }
}

/* Numbers far out go by hash until the ids are dense enough to reach them; then the table must know them too. */
static void misfits_that_fit_later(void **state)
{
    (void)state;
    cd_intern *d = cd_intern_new(NULL);
    cd_arena arena = {0};
    cd_random r = cd_random_of(2, 7, 0);
    cd_intern_numbers numbers;
    enum { FAR = 1100000, STEP = 3000 };
    static cd_slice texts[STEP];
    static uint32_t codes[STEP];
    cd_slice far = odd_id(&arena, "C", 8, FAR, &r), farther = odd_id(&arena, "C", 8, 99999999, &r);
    uint32_t far_code, farther_code, n = 2;
    assert_int_equal(cd_intern_codes(d, &far, 1, &far_code, NULL), CD_OK);
    assert_false(cd_intern_as_numbers(d, &numbers));
    for (uint32_t from = 0; from < 90000; from += STEP) {
        for (uint32_t i = 0; i < STEP; i++) texts[i] = odd_id(&arena, "C", 8, from + i, &r);
        assert_int_equal(cd_intern_codes(d, texts, STEP, codes, NULL), CD_OK);
        n += STEP;
        if (from == 0) assert_int_equal(cd_intern_codes(d, &farther, 1, &farther_code, NULL), CD_OK);
        uint32_t again;
        assert_int_equal(cd_intern_codes(d, &far, 1, &again, NULL), CD_OK);
        assert_int_equal(again, far_code);
        assert_int_equal(cd_intern_codes(d, &farther, 1, &again, NULL), CD_OK);
        assert_int_equal(again, farther_code);
    }
    assert_int_equal(cd_intern_count(d), n);
    assert_false(cd_intern_as_numbers(d, &numbers)); /* the farther one is still out of reach */
    cd_intern_free(d);
    /* The same without it: as soon as the far one was seen again, the numbers are complete. */
    d = cd_intern_new(NULL);
    assert_int_equal(cd_intern_codes(d, &far, 1, &far_code, NULL), CD_OK);
    for (uint32_t from = 0; from < 90000; from += STEP) {
        for (uint32_t i = 0; i < STEP; i++) texts[i] = odd_id(&arena, "C", 8, from + i, &r);
        assert_int_equal(cd_intern_codes(d, texts, STEP, codes, NULL), CD_OK);
    }
    uint32_t again;
    assert_int_equal(cd_intern_codes(d, &far, 1, &again, NULL), CD_OK);
    assert_int_equal(again, far_code);
    assert_true(cd_intern_as_numbers(d, &numbers));
    check_numbers(d);
    cd_intern_free(d);
    cd_arena_release(&arena);
}

/* Thousands of short values share the 64 places of the cache. */
static void short_values(void **state)
{
    (void)state;
    static pile p;
    for (uint64_t round = 0; round < 40; round++) {
        p = (pile){.r = cd_random_of(2, 8, round)};
        uint32_t longest = 1 + (uint32_t)cd_random_below(&p.r, 9), letters = 1 + (uint32_t)cd_random_below(&p.r, 4);
        for (uint32_t i = 0; i < 1000; i++) {
            char text[10];
            uint32_t n = 1 + (uint32_t)cd_random_below(&p.r, longest);
            for (uint32_t k = 0; k < n; k++) text[k] = (char)('a' + cd_random_below(&p.r, letters));
            pile_add(&p, odd_keep(&p.arena, text, n, &p.r));
        }
        check(&p, round);
        pile_release(&p);
    }
}

/* Bytes are bytes: no value is taken for an empty place or for a shorter text. */
static void any_bytes(void **state)
{
    (void)state;
    static pile p;
    p = (pile){.r = cd_random_of(2, 9, 0)};
    static const char bytes[] = {'\xff', '\0', 'a'};
    for (uint32_t i = 0; i < 3000; i++) {
        char text[20];
        uint32_t n = 1 + (uint32_t)cd_random_below(&p.r, i % 2 ? 18 : 9);
        for (uint32_t k = 0; k < n; k++) text[k] = bytes[cd_random_below(&p.r, 10) ? i % 3 : cd_random_below(&p.r, 3)];
        pile_add(&p, odd_keep(&p.arena, text, n, &p.r));
    }
    check(&p, 0);
    pile_release(&p);
}

/* After a failure at any allocation the dictionary still knows what it knew, and learns the rest at the next call. */
static void says_that_memory_is_out(void **state)
{
    (void)state;
    static pile p;
    static uint32_t codes[MOST], again[MOST];
    p = (pile){.r = cd_random_of(2, 10, 0)};
    for (uint32_t i = 0; i < 2000; i++)
        i % 2 ? pile_id(&p, "P", 6, i % 700) : pile_id(&p, "a text of its own ", 1, i % 900);
    size_t before = cd_memory_now();
    for (int64_t k = 0, done = 0; !done; k++) {
        cd_memory_fail_at(k);
        cd_err err = {0};
        cd_intern *d = cd_intern_new(&err);
        cd_status st = d ? cd_intern_codes(d, p.texts, p.n, codes, &err) : CD_EMEMORY;
        done = st == CD_OK;
        assert_true(done || st == CD_EMEMORY);
        cd_memory_fail_at(-1);
        for (int twice = 0; d && twice < 2; twice++)
            assert_int_equal(cd_intern_codes(d, p.texts, p.n, twice ? again : codes, NULL), CD_OK);
        if (d) assert_memory_equal(codes, again, p.n * sizeof *codes);
        for (uint32_t i = 0; d && i < p.n; i++) assert_true(cd_slice_equal(cd_intern_texts(d)[codes[i]], p.texts[i]));
        cd_intern_free(d);
        assert_int_equal(cd_memory_now(), before);
    }
    pile_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shaped_ids),       cmocka_unit_test(any_length),
        cmocka_unit_test(leading_zeros),    cmocka_unit_test(borders_of_a_shape),
        cmocka_unit_test(not_quite_digits), cmocka_unit_test(ends_of_a_table),
        cmocka_unit_test(misfits_that_fit_later),
        cmocka_unit_test(short_values),     cmocka_unit_test(any_bytes),
        cmocka_unit_test(says_that_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
