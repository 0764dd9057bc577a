/* SPDX-License-Identifier: GPL-3.0-or-later
 * grow.c: a store grown file by file from rows of odd shapes says what a plain set of rows says, with the sources and
 * lines that it names; merged, in part or whole, it still does. The files are the same to the byte at 1, 2, 3 and 8
 * threads and however the rows are dealt to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <omp.h>

#include "tests/support/odd_store.h"

/* What is on the disk after a power cut is not asked here, and hundreds of files are written. */
int fsync(int fd) { return (void)fd, 0; }

enum { MOST_FILES = 5, WAYS = 4 };
static const int threads[WAYS] = {1, 2, 3, 8};

typedef struct {
    odd_rows tables[ODD_TABLES];
} force;

/* Rows of some tables from up to three sources. */
static void make(force *f, const odd_shape *shape, size_t most, uint32_t *source, cd_random *r, cd_arena *text)
{
    *f = (force){{{0}}};
    for (uint32_t t = 0; t < ODD_TABLES; t++) {
        if (cd_random_below(r, 4) == 0) continue;
        for (uint64_t k = cd_random_below(r, 3) + 1; k > 0; k--, (*source)++)
            odd_make(&f->tables[t], t, shape, cd_random_below(r, 5) ? cd_random_below(r, most) : 1, *source,
                     1 + (uint32_t)cd_random_below(r, 1000), r, text);
    }
}

static void release(force *f)
{
    for (uint32_t t = 0; t < ODD_TABLES; t++) odd_rows_release(&f->tables[t]);
}

/* One more file in each of the stores, each by another number of threads and lanes. */
static void grow(cd_snapshot *const stores[WAYS], uint32_t n_ways, odd_model *m, const force *f, cd_random *r, size_t memory)
{
    odd_report report, first;
    odd_lanes lanes;
    uint32_t n_parts = cd_random_below(r, 2) ? 1 + (uint32_t)cd_random_below(r, 9) : 1;
    for (uint32_t way = 0; way < n_ways; way++) {
        omp_set_num_threads(threads[way]);
        odd_deal(&lanes, f->tables, 1 + (way ? (uint32_t)cd_random_below(r, 8) : 0), (uint32_t)CANDOUR_BLOCK_ROWS >> way * 3, r);
        odd_write(stores[way], &lanes, memory, n_parts, &report);
        odd_lanes_release(&lanes);
        if (way == 0) first = report;
        assert_memory_equal(&first, &report, sizeof report);
        const char *other = odd_files_differ(stores[0], stores[way]);
        if (other) fail_msg("%s differs at %d threads", other, threads[way]);
    }
    for (uint32_t t = 0; t < ODD_TABLES; t++) {
        odd_model_take(m, t, &f->tables[t]);
        if (first.repeats[t] != m->repeats || first.replaced[t] != m->replaced)
            fail_msg("table %u: %llu repeats and %llu replaced, not %llu and %llu", t, (unsigned long long)first.repeats[t],
                     (unsigned long long)first.replaced[t], (unsigned long long)m->repeats, (unsigned long long)m->replaced);
    }
}

/* Files [from, to) made one, at two numbers of threads. */
static void merge(const cd_snapshot *s, const odd_model *m, uint32_t from, uint32_t to, bool anew, uint64_t seed, size_t memory)
{
    cd_random numbers = cd_random_of(5, 2, seed);
    omp_set_num_threads(threads[seed % WAYS]);
    cd_snapshot *merged = odd_merge(s, from, to, anew ? &numbers : NULL, memory);
    assert_int_equal(merged->n_segments, s->n_segments - (to - from) + 1);
    const char *why = odd_differs(merged, m);
    if (why) fail_msg("files %u to %u of %u merged%s: %s", from, to, s->n_segments, anew ? " and numbered anew" : "", why);
    cd_snapshot_close(merged);
}

static void one_round(uint64_t round, size_t most, uint32_t n_files, size_t memory)
{
    cd_random r = cd_random_of(5, 1, round);
    cd_arena text = {0};
    odd_model m = {0};
    cd_snapshot *stores[WAYS];
    uint32_t source = 0;
    odd_shape shape = odd_shape_of(&r);
    force f;
    for (uint32_t way = 0; way < WAYS; way++) stores[way] = odd_store_new();
    for (uint32_t file = 0; file < n_files; file++) {
        if (cd_random_below(&r, 3) == 0) shape = odd_shape_of(&r);
        make(&f, &shape, most, &source, &r, &text);
        grow(stores, WAYS, &m, &f, &r, memory);
        release(&f);
        const char *why = odd_differs(stores[file % WAYS], &m);
        if (why) fail_msg("round %llu, file %u: %s", (unsigned long long)round, file, why);
    }
    merge(stores[0], &m, 0, n_files, true, round, memory);
    if (n_files > 1) {
        uint32_t from = (uint32_t)cd_random_below(&r, n_files - 1), to = from + 2 + (uint32_t)cd_random_below(&r, n_files - from - 1);
        merge(stores[1], &m, from, to, false, round, memory);
    }
    for (uint32_t way = 0; way < WAYS; way++) odd_store_free(stores[way]);
    odd_model_release(&m);
    cd_arena_release(&text);
}

static void small_and_odd(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 40; round++)
        one_round(round, round % 3 ? 60 : 400, 1 + (uint32_t)round % MOST_FILES, round % 2 ? 1 << 20 : 0);
}

/* Where work is shared: more ids than the threshold of every parallel loop, and lists that take several passes. */
static void large_enough_to_share(void **state)
{
    (void)state;
    for (uint64_t round = 1000; round < 1002; round++) one_round(round, 16000, 2, round % 2 ? 0 : 64 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_and_odd),
        cmocka_unit_test(large_enough_to_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
