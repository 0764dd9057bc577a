/* SPDX-License-Identifier: GPL-3.0-or-later
 * sort.c: both sorts against qsort and a stable insertion, on inputs of every shape that a sort has ever died of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/base/sort.h"

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void check_u64(const uint64_t *a, size_t n)
{
    uint64_t *mine = cd_alloc(n + 2, sizeof *mine, NULL), *theirs = cd_alloc(n + 1, sizeof *theirs, NULL);
    mine[0] = mine[n + 1] = 0x5eed; /* nothing beside the list is touched */
    if (n) memcpy(mine + 1, a, n * sizeof *a), memcpy(theirs, a, n * sizeof *a);
    cd_sort_u64(mine + 1, n);
    qsort(theirs, n, sizeof *theirs, by_number);
    assert_memory_equal(mine + 1, theirs, n * sizeof *a);
    assert_true(mine[0] == 0x5eed && mine[n + 1] == 0x5eed);
    cd_free(mine), cd_free(theirs);
}

static void numbers_in_any_shape(void **state)
{
    (void)state;
    enum { MOST = 700, SHAPES = 8 };
    static uint64_t a[MOST];
    for (uint64_t round = 0; round < 4000; round++) {
        cd_random r = cd_random_of(1, 1, round);
        size_t n = round < 200 ? round / 4 : cd_random_below(&r, MOST);
        uint64_t few = 1 + cd_random_below(&r, 9);
        for (size_t i = 0; i < n; i++) {
            uint64_t x = cd_random_u64(&r);
            switch (round % SHAPES) {
            case 0: a[i] = x; break;
            case 1: a[i] = x % few; break;
            case 2: a[i] = 7; break;
            case 3: a[i] = i; break;
            case 4: a[i] = n - i; break;
            case 5: a[i] = i < n / 2 ? i : n - i; break;           /* a roof */
            case 6: a[i] = x % 20 ? i : x; break;                  /* nearly in order */
            default: a[i] = x % 3 ? UINT64_MAX - x % few : x % few; /* both ends of the numbers */
            }
        }
        check_u64(a, n);
    }
}

/* McIlroy, "A killer adversary for quicksort" (1999): values are only settled when they are compared, and then so that
 * the pivot is among the least. It plays against the partition of sort.c, so that its depth runs out and the heap takes over. */
enum { VICTIM = 3000 };
typedef struct {
    uint64_t value[VICTIM], n_solid, gas;
    size_t candidate;
} adversary;

static bool less(adversary *v, size_t a, size_t b)
{
    if (v->value[a] == v->gas && v->value[b] == v->gas) v->value[a == v->candidate ? a : b] = v->n_solid++;
    if (v->value[a] == v->gas) v->candidate = a;
    else if (v->value[b] == v->gas) v->candidate = b;
    return v->value[a] < v->value[b];
}

static size_t middle(adversary *v, size_t a, size_t b, size_t c)
{
    size_t lo = less(v, b, a) ? b : a, hi = lo == a ? b : a;
    return less(v, c, lo) ? lo : less(v, hi, c) ? hi : c;
}

static void play(adversary *v, size_t *item, size_t n)
{
    while (n > 48) {
        size_t pivot = middle(v, item[0], item[n / 2], item[n - 1]), i = 0, j = n - 1;
        for (;; i++, j--) {
            while (less(v, item[i], pivot)) i++;
            while (less(v, pivot, item[j])) j--;
            if (i >= j) break;
            size_t x = item[i];
            item[i] = item[j], item[j] = x;
        }
        size_t left = i > 0 ? i : 1;
        if (left > n - left) {
            play(v, item + left, n - left);
            n = left;
        } else {
            play(v, item, left);
            item += left, n -= left;
        }
    }
}

static void killers_of_quicksort(void **state)
{
    (void)state;
    static adversary v;
    static size_t item[VICTIM];
    static uint64_t a[VICTIM];
    v.gas = VICTIM;
    for (size_t i = 0; i < VICTIM; i++) item[i] = i, v.value[i] = v.gas;
    play(&v, item, VICTIM);
    check_u64(v.value, VICTIM);
    for (size_t i = 0; i < VICTIM; i++) a[i] = VICTIM - v.value[i];
    check_u64(a, VICTIM);
    /* Musser's sequence against the median of three. */
    for (size_t i = 0, k = VICTIM / 2; i < k; i++) {
        a[i] = i % 2 ? k + i : i + 1;
        a[k + i] = 2 * (i + 1);
    }
    check_u64(a, VICTIM);
}

/* The slow and obvious order: a stable insertion. */
static void check_texts(const cd_slice *texts, const uint32_t *group, uint32_t n)
{
    cd_err err = {0};
    uint32_t *mine = cd_alloc(n, sizeof *mine, NULL), *theirs = cd_alloc(n, sizeof *theirs, NULL);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = i;
        for (; j > 0; j--) {
            uint32_t k = theirs[j - 1];
            int c = group && group[k] != group[i] ? group[k] > group[i] ? 1 : -1 : cd_slice_compare(texts[k], texts[i]);
            if (c <= 0) break;
            theirs[j] = k;
        }
        theirs[j] = i;
    }
    assert_int_equal(cd_sort_texts(texts, group, n, mine, &err), CD_OK);
    for (uint32_t i = 0; i < n; i++)
        if (mine[i] != theirs[i]) fail_msg("place %u of %u: text %u, not %u", i, n, mine[i], theirs[i]);
    cd_free(mine), cd_free(theirs);
}

/* Texts that share beginnings of 0 to 20 bytes, begin each other, differ behind their eighth byte, hold high bytes and
 * NULs, are empty or none, and are there many times. */
static void texts_in_any_shape(void **state)
{
    (void)state;
    enum { MOST = 150, LENGTH = 40 };
    static const char alphabet[] = {'a', 'b', '\0', '\x01', '\x7f', '\x80', '\xff'};
    static char bytes[MOST][LENGTH];
    cd_slice texts[MOST];
    uint32_t group[MOST];
    for (uint64_t round = 0; round < 3000; round++) {
        cd_random r = cd_random_of(1, 2, round);
        uint32_t n = round < 60 ? (uint32_t)round / 20 : (uint32_t)cd_random_below(&r, MOST);
        uint32_t common = (uint32_t)cd_random_below(&r, 21), longest = common + (uint32_t)cd_random_below(&r, LENGTH - 20);
        uint32_t letters = 1 + (uint32_t)cd_random_below(&r, sizeof alphabet), groups = 1 + (uint32_t)cd_random_below(&r, 5);
        bool far = cd_random_below(&r, 2); /* groups that take all 32 bits */
        for (uint32_t i = 0; i < n; i++) {
            uint32_t length = common + (uint32_t)cd_random_below(&r, longest - common + 1);
            if (cd_random_below(&r, 50) == 0) length = (uint32_t)cd_random_below(&r, length + 1);
            for (uint32_t k = 0; k < length; k++)
                bytes[i][k] = k < common ? (char)('0' + k) : alphabet[cd_random_below(&r, letters)];
            texts[i] = (cd_slice){length || cd_random_below(&r, 2) ? bytes[i] : NULL, length};
            group[i] = (uint32_t)cd_random_below(&r, groups) * (far ? 0x9e3779b9u : 1);
            if (far && cd_random_below(&r, 9) == 0) group[i] = UINT32_MAX;
        }
        check_texts(texts, round % 2 ? group : NULL, n);
    }
}

/* What compaction does: thousands of ids, one prefix, groups. */
static void many_ids(void **state)
{
    (void)state;
    enum { IDS = 2000, LENGTH = 8 };
    static char bytes[IDS][LENGTH];
    static cd_slice texts[IDS];
    static uint32_t group[IDS];
    cd_random r = cd_random_of(1, 3, 0);
    for (uint32_t i = 0; i < IDS; i++) {
        uint64_t number = cd_random_below(&r, 1000000);
        bytes[i][0] = 'P';
        for (uint32_t k = LENGTH - 1; k > 0; k--, number /= 10) bytes[i][k] = (char)('0' + number % 10);
        texts[i] = (cd_slice){bytes[i], LENGTH};
        group[i] = (uint32_t)cd_random_below(&r, 70000);
    }
    check_texts(texts, NULL, IDS);
    check_texts(texts, group, IDS);
}

/* Each stands where as many stand before it as are greater, or equal and earlier. */
static void values_fall(void **state)
{
    enum { MOST = 60 };
    (void)state;
    for (uint64_t round = 0; round < 200; round++) {
        cd_random r = cd_random_of(round, 9, 1);
        uint32_t n = (uint32_t)cd_random_below(&r, MOST), order[MOST];
        double value[MOST];
        cd_err err = {0};
        for (uint32_t i = 0; i < n; i++) value[i] = (double)cd_random_below(&r, 8) - 4;
        assert_int_equal(cd_order_falling(value, n, order, &err), CD_OK);
        for (uint32_t k = 0; k < n; k++) {
            uint32_t before = 0, i = order[k];
            for (uint32_t j = 0; j < n; j++) before += value[j] > value[i] || (value[j] == value[i] && j < i);
            assert_int_equal(before, k);
        }
    }
}

static void says_that_memory_is_out(void **state)
{
    (void)state;
    cd_slice texts[2] = {cd_slice_of("b"), cd_slice_of("a")};
    uint32_t order[2];
    size_t before = cd_memory_now();
    cd_err err = {0};
    int64_t k = 0;
    for (;; k++) {
        cd_memory_fail_at(k);
        cd_status st = cd_sort_texts(texts, NULL, 2, order, &err);
        cd_memory_fail_at(-1);
        assert_int_equal(cd_memory_now(), before);
        if (st == CD_OK) break;
        assert_int_equal(st, CD_EMEMORY);
        cd_err_clear(&err);
    }
    assert_int_equal(k, 2);
    assert_true(order[0] == 1 && order[1] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_any_shape), cmocka_unit_test(killers_of_quicksort),
        cmocka_unit_test(texts_in_any_shape),   cmocka_unit_test(many_ids),
        cmocka_unit_test(values_fall),          cmocka_unit_test(says_that_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
