/* SPDX-License-Identifier: GPL-3.0-or-later
 * memory.c: sizes that overflow are refused, the tally is right, and the k-th request fails when it is told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"

static void refuses_overflow(void **state)
{
    (void)state;
    cd_err err = {0};
    volatile size_t many = SIZE_MAX / 2; /* volatile: the compiler must not see how hopeless this is */
    assert_null(cd_alloc(many, 4, &err));
    assert_int_equal(err.status, CD_EMEMORY);
    assert_non_null(strstr(err.text, "out of memory"));
    assert_null(cd_realloc(NULL, many, 4, NULL));
    assert_null(cd_pages_new(many, 4, NULL));
    assert_null(cd_pages_new(many + many, 1, NULL));
    cd_arena arena = {0};
    assert_null(cd_arena_alloc(&arena, many, 4, NULL));
    assert_null(cd_arena_alloc(&arena, many + many, 1, NULL));
    assert_null(cd_arena_copy(&arena, "", many + many + 1, NULL));
    cd_arena_release(&arena);
}

static void tallies(void **state)
{
    (void)state;
    size_t before = cd_memory_now();
    cd_memory_mark();
    char *a = cd_alloc(1000, 10, NULL);
    char *b = cd_pages_new(3 << 20, 1, NULL);
    assert_non_null(a);
    assert_non_null(b);
    for (size_t i = 0; i < 10000; i++) assert_int_equal(a[i], 0);
    for (size_t i = 0; i < 3 << 20; i += 511) assert_int_equal(b[i], 0);
    assert_in_range(cd_memory_now() - before, 10000 + (3 << 20), 10000 + (5 << 20));
    a = cd_realloc(a, 10, 10, NULL);
    cd_free(a);
    cd_pages_free(b, 3 << 20, 1);
    assert_int_equal(cd_memory_now(), before);
    assert_true(cd_memory_peak() - before >= 10000 + (3 << 20));
    cd_memory_mark();
    assert_int_equal(cd_memory_peak(), before);
    cd_free(NULL);
    cd_pages_free(NULL, 1, 1);
}

static void nothing_is_something_to_free(void **state)
{
    (void)state;
    void *p = cd_alloc(0, 8, NULL);
    assert_non_null(p);
    cd_free(p);
    p = cd_pages_new(0, 8, NULL);
    assert_non_null(p);
    cd_pages_free(p, 0, 8);
}

static void fails_at_the_kth(void **state)
{
    (void)state;
    void *p[3];
    cd_memory_fail_at(1);
    for (size_t i = 0; i < 3; i++) p[i] = cd_alloc(1, 8, NULL);
    cd_memory_fail_at(-1);
    assert_non_null(p[0]);
    assert_null(p[1]);
    assert_non_null(p[2]); /* once, and no more */
    cd_free(p[0]);
    cd_free(p[2]);
}

static void grows_and_keeps(void **state)
{
    (void)state;
    uint32_t *a = NULL;
    size_t cap = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        assert_int_equal(cd_grow(&a, &cap, i + 1, sizeof *a, NULL), CD_OK);
        a[i] = i;
    }
    for (uint32_t i = 0; i < 10000; i++) assert_int_equal(a[i], i);
    uint32_t *kept = a;
    size_t kept_cap = cap;
    cd_memory_fail_at(0);
    assert_int_equal(cd_grow(&a, &cap, cap + 1, sizeof *a, NULL), CD_EMEMORY);
    cd_memory_fail_at(-1);
    assert_ptr_equal(a, kept); /* a failure leaves the array as it was */
    assert_int_equal(cap, kept_cap);
    assert_int_equal(cd_grow(&a, &cap, SIZE_MAX, sizeof *a, NULL), CD_EMEMORY);
    cd_free(a);
}

static void arena_aligns_and_keeps_apart(void **state)
{
    (void)state;
    cd_arena arena = {0};
    size_t before = cd_memory_now();
    char *last = NULL;
    for (size_t n = 1; n < 2000; n += 7) {
        char *p = cd_arena_alloc(&arena, n, 1, NULL);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, (int)(n % 100), n);
        if (last) assert_int_equal(*last, (int)((n - 7) % 100)); /* not written over by its neighbour */
        last = p + n - 1;
    }
    char *big = cd_arena_alloc(&arena, 1 << 20, 1, NULL); /* larger than a block */
    assert_non_null(big);
    memset(big, 1, 1 << 20);
    assert_string_equal(cd_arena_copy(&arena, "text", 4, NULL), "text");
    assert_string_equal(cd_arena_copy(&arena, NULL, 0, NULL), "");
    cd_arena_release(&arena);
    assert_int_equal(cd_memory_now(), before);
    assert_int_equal(arena.bytes, 0);
}

static void buffer_holds_any_length(void **state)
{
    (void)state;
    cd_buffer b = {0};
    char wide[2000];
    memset(wide, 'w', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    cd_buffer_printf(&b, "%s|%d|", "a", 1);
    cd_buffer_add(&b, "x\0y", 3);
    cd_buffer_printf(&b, "%s", wide);
    assert_int_equal(b.status, CD_OK);
    assert_int_equal(b.n, 4 + 3 + 1999);
    assert_memory_equal(b.bytes, "a|1|x\0y", 7);
    assert_memory_equal(b.bytes + 7, wide, 2000); /* with the NUL */
    cd_buffer_release(&b);
    assert_null(b.bytes);
}

static void buffer_remembers_its_failure(void **state)
{
    (void)state;
    cd_buffer b = {0};
    cd_memory_fail_at(0);
    cd_buffer_printf(&b, "lost");
    cd_memory_fail_at(-1);
    cd_buffer_printf(&b, "late");
    assert_int_equal(b.status, CD_EMEMORY);
    assert_int_equal(b.n, 0);
    cd_buffer_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_overflow),
        cmocka_unit_test(tallies),
        cmocka_unit_test(nothing_is_something_to_free),
        cmocka_unit_test(fails_at_the_kth),
        cmocka_unit_test(grows_and_keeps),
        cmocka_unit_test(arena_aligns_and_keeps_apart),
        cmocka_unit_test(buffer_holds_any_length),
        cmocka_unit_test(buffer_remembers_its_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
