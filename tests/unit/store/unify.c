/* SPDX-License-Identifier: GPL-3.0-or-later
 * unify.c: the dictionaries of many lanes become one numbering that depends on the texts alone: by group, then by bytes,
 * with the numbers that a snapshot has already; the same by the ids' numbers as by hash, at 1, 2, 3 and 8 threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <omp.h>

#include "engine/store/unify.h"
#include "tests/support/image.h"
#include "tests/support/odd_text.h"

enum { LANES = 6 };

typedef struct {
    cd_slice text;
    uint32_t entry, group;
} listed;

static int by_text_then_entry(const void *a, const void *b)
{
    const listed *x = a, *y = b;
    int c = cd_slice_compare(x->text, y->text);
    return c ? c : (x->entry > y->entry) - (x->entry < y->entry);
}

static int by_group_then_text(const void *a, const void *b)
{
    const listed *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    return cd_slice_compare(x->text, y->text);
}

/* The number of an id that the snapshot has, by asking each; else CD_NONE. */
static uint32_t known_before(const cd_snapshot *s, cd_slice text)
{
    for (uint64_t i = 0; s && i < s->n_ids[0]; i++)
        if (cd_slice_equal(cd_snapshot_id(s, 0, i), text)) return (uint32_t)i;
    return CD_NONE;
}

/* What number[] must be: every entry listed and sorted, equal ones found side by side. */
static void check(const cd_unified *u, cd_intern *const *lanes, const cd_snapshot *s, const uint32_t *group, uint32_t first)
{
    uint32_t n = u->first[u->n_lanes], fresh = 0;
    listed *all = cd_alloc(n, sizeof *all, NULL), *new = cd_alloc(n, sizeof *new, NULL);
    for (uint32_t l = 0; l < u->n_lanes; l++)
        for (uint32_t e = u->first[l]; e < u->first[l + 1]; e++)
            all[e] = (listed){cd_intern_texts(lanes[l])[e - u->first[l]], e, 0};
    if (n) qsort(all, n, sizeof *all, by_text_then_entry);
    for (uint32_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && cd_slice_equal(all[j].text, all[i].text); j++)
            assert_int_equal(u->number[all[j].entry], u->number[all[i].entry]);
        uint32_t before = known_before(s, all[i].text);
        if (before != CD_NONE) assert_int_equal(u->number[all[i].entry], before);
        else new[fresh++] = (listed){all[i].text, all[i].entry, group ? group[all[i].entry] : 0};
    }
    assert_int_equal(u->n_fresh, fresh);
    if (fresh) qsort(new, fresh, sizeof *new, by_group_then_text);
    for (uint32_t i = 0; i < fresh; i++) {
        assert_int_equal(u->number[new[i].entry], first + i);
        assert_true(cd_slice_equal(u->fresh[i], new[i].text));
    }
    cd_free(all), cd_free(new);
}

/* Gathers and numbers at 1, 2, 3 and 8 threads. Groups are by text, as units are. */
static void unify(cd_intern *const *lanes, uint32_t n_lanes, const cd_snapshot *s, uint32_t groups, uint32_t first)
{
    static const int threads[] = {1, 2, 3, 8};
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        cd_unified u;
        uint32_t *group = NULL;
        omp_set_num_threads(threads[t]);
        assert_int_equal(cd_unify_gather(lanes, n_lanes, s, 0, &u, NULL), CD_OK);
        group = cd_alloc(u.n_all, sizeof *group, NULL);
        for (uint32_t l = 0; l < n_lanes; l++)
            for (uint32_t e = u.first[l]; e < u.first[l + 1]; e++) {
                cd_slice text = cd_intern_texts(lanes[l])[e - u.first[l]];
                group[e] = groups ? (uint32_t)text.bytes[text.n - 1] % groups * 0x7fffff + 5 : 5;
                if (groups && text.bytes[0] % 5 == 0) group[e] = CD_NONE;
            }
        assert_int_equal(cd_unify_number(&u, lanes, groups ? group : NULL, first, NULL), CD_OK);
        check(&u, lanes, s, groups ? group : NULL, first);
        assert_int_equal(cd_unified_of(&u, 0, CD_NONE), CD_NONE);
        if (n_lanes && u.first[1]) assert_int_equal(cd_unified_of(&u, 0, u.first[1] - 1), u.number[u.first[1] - 1]);
        cd_unified_release(&u);
        cd_free(group);
    }
}

static void add(cd_intern **lane, cd_slice text)
{
    uint32_t code;
    if (!*lane) *lane = cd_intern_new(NULL);
    assert_int_equal(cd_intern_codes(*lane, &text, 1, &code, NULL), CD_OK);
}

/* An id of a style: one prefix and length, so that the numbers are the way; another length or prefix in some lane, so that
 * they are not; or anything. */
static cd_slice some_id(uint32_t style, uint32_t lane, uint64_t number, cd_random *r, cd_arena *text)
{
    static const char *const prefixes[] = {"o", "P1-", "", "officer number "};
    if (style == 0) return odd_id(text, "P", 6, number, r);
    if (style == 1) return odd_id(text, "P", 6 + lane % 2, number, r);   /* one more digit in every other lane */
    if (style == 2) return odd_id(text, lane ? "P" : "Q", 6, number, r);
    if (style == 3) return odd_id(text, lane ? "PQ" : "P", lane ? 5 : 6, number, r); /* as long, but fewer digits */
    if (style == 6) return odd_id(text, lane ? "PQ" : "P", 6, number, r);            /* as many digits, but longer */
    if (style == 7) return odd_id(text, "P", 6, number % 3 ? number * 9 : 65534 + lane % 2 * 65536 + number % 7, r);
    if (style == 4) return odd_id(text, "10000000", 8, number, r);
    return odd_id(text, prefixes[number % 4], 1 + (uint32_t)(number % 7), number / 2, r);
}

static void round_of(uint64_t round, uint64_t n, const cd_snapshot *s)
{
    cd_random r = cd_random_of(7, 1, round);
    cd_arena text = {0};
    cd_intern *lanes[LANES] = {0};
    uint32_t style = (uint32_t)(round % 8), n_lanes = 1 + (uint32_t)cd_random_below(&r, LANES);
    uint64_t range = 1 + cd_random_below(&r, 4 * n + 1);
    for (uint64_t i = 0; i < n; i++) {
        uint32_t lane = (uint32_t)cd_random_below(&r, n_lanes);
        if (round % 7 == 3 && lane == n_lanes - 1) continue; /* a lane that no text ever went to */
        add(&lanes[lane], some_id(style, lane, cd_random_below(&r, range), &r, &text));
    }
    unify(lanes, n_lanes, s, (uint32_t)(round % 3) * 2, s ? (uint32_t)s->n_ids[0] : (uint32_t)cd_random_below(&r, 1000));
    for (uint32_t l = 0; l < n_lanes; l++) cd_intern_free(lanes[l]);
    cd_arena_release(&text);
}

static void any_lanes(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 240; round++) round_of(round, round % 40 ? round % 90 : 0, NULL);
    for (uint64_t round = 304; round < 312; round++) round_of(round, 15000, NULL); /* enough to be shared out */
}

/* Ids that a store of two files knows keep their numbers. */
static void known_ids(void **state)
{
    (void)state;
    static const char *const old[] = {"P000001", "P000005", "o00001", "P1-02", "1000000000000003", "officer number 1", "Q000002"};
    static const char *const older[] = {"P000000", "PQ00003", "o0000002", "P0000004", "10000000000000000"};
    image files[2] = {{0}};
    char *store = folder_new();
    cd_snapshot *s = NULL;
    image_ids(&files[0], "officer", 0, 5, older);
    image_ids(&files[1], "officer", 5, 7, old);
    image_store(store, (image *const[]){&files[0], &files[1]}, 2);
    assert_int_equal(cd_snapshot_open(store, false, &s, NULL), CD_OK);
    assert_int_equal(s->n_ids[0], 12);
    for (uint64_t round = 1000; round < 1120; round++) round_of(round, round % 60, s);
    for (uint64_t round = 1304; round < 1308; round++) round_of(round, 12000, s);
    cd_snapshot_close(s);
    image_release(&files[0]), image_release(&files[1]);
    folder_remove(store);
}

static void no_more_than_there_are_numbers(void **state)
{
    (void)state;
    cd_arena text = {0};
    cd_random r = cd_random_of(7, 2, 0);
    cd_intern *lane = NULL;
    cd_unified u;
    cd_err err = {0};
    add(&lane, odd_id(&text, "P", 3, 1, &r)), add(&lane, odd_id(&text, "P", 3, 2, &r));
    assert_int_equal(cd_unify_gather(&lane, 1, NULL, 0, &u, NULL), CD_OK);
    assert_int_equal(cd_unify_number(&u, &lane, NULL, CD_NONE - 2, &err), CD_EINPUT);
    assert_non_null(strstr(err.text, "at most 4294967294 ids"));
    assert_int_equal(cd_unify_number(&u, &lane, NULL, CD_NONE - 3, NULL), CD_OK);
    assert_int_equal(cd_unified_of(&u, 0, 1), CD_NONE - 2);
    cd_unified_release(&u);
    cd_intern_free(lane);
    cd_arena_release(&text);
}

static void says_that_memory_is_out(void **state)
{
    (void)state;
    cd_arena text = {0};
    cd_random r = cd_random_of(7, 3, 0);
    for (uint32_t style = 0; style < 6; style += 5) {
        cd_intern *lanes[2] = {0};
        for (uint32_t i = 0; i < 50; i++) add(&lanes[i % 2], some_id(style, i % 2, i, &r, &text));
        size_t before = cd_memory_now();
        for (int64_t k = 0, done = 0; !done; k++) {
            cd_unified u;
            cd_err err = {0};
            cd_memory_fail_at(k);
            cd_status st = cd_unify_gather(lanes, 2, NULL, 0, &u, &err);
            if (st == CD_OK) st = cd_unify_number(&u, lanes, NULL, 0, &err);
            cd_memory_fail_at(-1);
            done = st == CD_OK;
            assert_true(done || (st == CD_EMEMORY && err.text[0]));
            cd_unified_release(&u);
            assert_int_equal(cd_memory_now(), before);
        }
        cd_intern_free(lanes[0]), cd_intern_free(lanes[1]);
    }
    cd_arena_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_lanes),
        cmocka_unit_test(known_ids),
        cmocka_unit_test(no_more_than_there_are_numbers),
        cmocka_unit_test(says_that_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
