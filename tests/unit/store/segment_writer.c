/* SPDX-License-Identifier: GPL-3.0-or-later
 * segment_writer.c: arrays announced one by one and filled by many threads in any order are where the directory says, with
 * their checksums; HDF5 sees the same; and a file that was given up leaves nothing. Of h5.c and kind_writer.c too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <omp.h>

#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "engine/store/h5_check.h"
#include "engine/store/kind_writer.h"
#include "engine/store/ontology.h"
#include "engine/store/snapshot.h"
#include "tests/support/image.h"
#include "tests/support/odd_text.h"
#include "tests/support/written.h"

/* What is on the disk after a power cut is not asked here. */
int fsync(int fd) { return (void)fd, 0; }

static bool file_exists(const char *store, const char *name)
{
    char *path = cd_store_path(store, "segments", name, NULL);
    bool there = access(path, F_OK) == 0;
    cd_free(path);
    return there;
}

static void drop(const char *store, const char *name)
{
    char *path = cd_store_path(store, "segments", name, NULL);
    unlink(path);
    cd_free(path);
}

static void tell(void *context, const char *fault) { snprintf(context, 300, "%s", fault); }

/* What libhdf5 sees in the file is what the directory says. */
static void check_h5(const char *store, const cd_manifest_file *file)
{
    char fault[300] = "";
    bool gone;
    cd_segment s = {0};
    cd_err err = {0};
    written w;
    written_open(&w, store, file);
    s.path = cd_store_path(store, "segments", file->name, NULL);
    s.map = (const uint8_t *)w.bytes.bytes, s.bytes = file->bytes;
    s.directory_at = file->directory_at, s.directory_bytes = file->directory_bytes;
    s.arrays = w.directory.arrays, s.n_arrays = w.directory.n_arrays;
    if (cd_h5_check(&s, 1, tell, fault, &gone, &err) != CD_OK) fail_msg("%s", err.text);
    if (fault[0] || gone) fail_msg("libhdf5 does not agree: %s", fault);
    cd_free(s.path);
    written_release(&w);
}

enum { ARRAYS = 40 };

typedef struct {
    char path[100];
    cd_array_type type;
    uint64_t n;
    int64_t base;
    bool has_base;
    uint32_t number;
    uint8_t *bytes;
} plan;

/* Sizes around whole blocks of checksums, and one element. */
static void plan_array(plan *p, uint32_t i, cd_random *r)
{
    static const char *const folders[] = {"", "tables/t/", "tables/t/column/", "tables/other/line/", "kinds/k/"};
    static const int64_t bases[] = {0, -1, INT64_MIN + 1, INT64_MAX, 1700000000};
    *p = (plan){.type = (cd_array_type)cd_random_below(r, 5)};
    uint64_t folder = cd_random_below(r, 5), block = CD_CHECK_BLOCK / cd_array_type_bytes(p->type);
    snprintf(p->path, sizeof p->path, "%sarray%u", folders[folder], i);
    p->has_base = folder == 2 && p->type != CD_F64;
    p->n = 1 + cd_random_below(r, i % 4 ? 50 : 3 * block);
    if (i % 8 == 5) p->n = block * (1 + cd_random_below(r, 3)) + cd_random_below(r, 3) - 1;
    p->base = p->has_base ? bases[cd_random_below(r, 5)] : 0;
    uint64_t bytes = p->n * cd_array_type_bytes(p->type);
    p->bytes = cd_alloc(bytes, 1, NULL);
    for (uint64_t k = 0; k < bytes; k++) p->bytes[k] = (uint8_t)(cd_random_below(r, 256));
}

/* All blocks of all arrays, by several threads, in an order that means nothing. */
static void put_all(cd_segment_writer *w, const plan *plans, uint32_t n)
{
    uint32_t n_blocks = 0, block[ARRAYS * 5], of[ARRAYS * 5];
    for (uint32_t i = 0; i < n; i++)
        for (uint64_t at = 0; at < plans[i].n * cd_array_type_bytes(plans[i].type); at += CD_CHECK_BLOCK)
            block[n_blocks] = (uint32_t)(at / CD_CHECK_BLOCK), of[n_blocks++] = i;
    #pragma omp parallel for schedule(dynamic, 1) num_threads(8)
    for (uint32_t b = 0; b < n_blocks; b++) {
        uint32_t k = (uint32_t)((b * 7919ull + 13) % n_blocks);
        const plan *p = &plans[of[k]];
        uint64_t at = (uint64_t)block[k] * CD_CHECK_BLOCK, all = p->n * cd_array_type_bytes(p->type);
        size_t m = all - at < CD_CHECK_BLOCK ? all - at : CD_CHECK_BLOCK;
        if (cd_writer_put(w, p->number, at, p->bytes + at, m, NULL) != CD_OK) abort();
    }
}

static void filled_by_threads(void **state)
{
    const char *store = *state;
    static plan plans[ARRAYS];
    for (uint64_t round = 0; round < 12; round++) {
        cd_random r = cd_random_of(9, 1, round);
        cd_segment_writer *w = NULL;
        cd_manifest_file file;
        written out;
        uint32_t n = 1 + (uint32_t)cd_random_below(&r, ARRAYS);
        assert_int_equal(cd_writer_new(store, round + 7, &w, NULL), CD_OK);
        for (uint32_t i = 0; i < n; i++) {
            plan *p = &plans[i];
            plan_array(p, i, &r);
            assert_int_equal(cd_writer_array(w, p->type, p->n, p->has_base ? &p->base : NULL, &p->number, NULL, "%s", p->path),
                             CD_OK);
        }
        put_all(w, plans, n);
        for (uint32_t k = 0; k < 3; k++) { /* readable while it is still written */
            const plan *p = &plans[cd_random_below(&r, n)];
            const void *data;
            assert_int_equal(cd_writer_map(w, p->number, &data, NULL), CD_OK);
            assert_memory_equal(data, p->bytes, p->n * cd_array_type_bytes(p->type));
        }
        static const uint8_t late[300000] = {1, 2, 3}; /* announced when the file was mapped already */
        const void *mapped;
        assert_int_equal(cd_writer_whole(w, CD_U8, sizeof late, late, NULL, "late"), CD_OK);
        assert_int_equal(cd_writer_map(w, n, &mapped, NULL), CD_OK);
        assert_memory_equal(mapped, late, sizeof late);
        cd_writer_kind(w, "k", 3, 9, 7);
        cd_writer_table(w, "t", 5, 4, 3, -2, 1);
        cd_writer_sources(w, 6, 2);
        assert_int_equal(cd_writer_finish(w, &file, NULL), CD_OK);
        written_open(&out, store, &file);
        assert_int_equal(out.directory.n_arrays, n + 2); /* and the checksums */
        for (uint32_t i = 0; i < n; i++) {
            const cd_array *a = written_find(&out, plans[i].path);
            assert_non_null(a);
            assert_true(a->type == plans[i].type && a->n == plans[i].n && a->base == plans[i].base && a->at % 64 == 0);
            assert_memory_equal(a->data, plans[i].bytes, a->n * cd_array_type_bytes(a->type));
            cd_free(plans[i].bytes);
        }
        assert_true(out.directory.n_kinds == 1 && out.directory.kinds[0].first == 3 && out.directory.kinds[0].stride == 7);
        assert_true(out.directory.n_tables == 1 && out.directory.tables[0].right_keys == 3);
        assert_true(out.directory.tables[0].first == -2 && out.directory.tables[0].last == 1);
        assert_true(out.directory.n_sources == 6 && out.directory.n_loads == 2);
        written_release(&out);
        check_h5(store, &file);
        drop(store, file.name);
    }
}

/* Arrays that turn out shorter than announced, or that are not there at all: what is left of them says what was put,
 * wherever it lies now. */
static void shrunk(void **state)
{
    const char *store = *state;
    enum { N = 4 };
    static const uint64_t announced[N] = {300000, 500000, 400000, 700000}, left[N] = {0, 400001, 400000, 3};
    static uint8_t bytes[700000];
    cd_segment_writer *w = NULL;
    cd_manifest_file file;
    written out;
    uint32_t array[N];
    const int64_t base = -7;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    assert_int_equal(cd_writer_new(store, 4, &w, NULL), CD_OK);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(cd_writer_array(w, CD_U8, announced[i], &base, &array[i], NULL, "tables/t/column/a%u", i), CD_OK);
    for (uint32_t i = 0; i < N; i++)
        if (left[i]) assert_int_equal(cd_writer_put(w, array[i], 0, bytes + i, left[i], NULL), CD_OK);
    for (uint32_t i = 0; i < N; i++)
        if (left[i] < announced[i]) assert_int_equal(cd_writer_shrink(w, array[i], left[i], NULL), CD_OK);
    cd_writer_sources(w, 0, 0);
    assert_int_equal(cd_writer_finish(w, &file, NULL), CD_OK);
    written_open(&out, store, &file);
    assert_int_equal(out.directory.n_arrays, N - 1 + 1); /* and the checksums */
    assert_null(written_find(&out, "tables/t/column/a0"));
    for (uint32_t i = 1; i < N; i++) {
        char path[32];
        snprintf(path, sizeof path, "tables/t/column/a%u", i);
        const cd_array *a = written_find(&out, path);
        assert_non_null(a);
        assert_true(a->n == left[i] && a->base == base && a->at % 64 == 0);
        assert_memory_equal(a->data, bytes + i, left[i]);
    }
    written_release(&out);
    check_h5(store, &file);
    drop(store, file.name);
}

/* Nobody's file is written over, and what is given up at any point is gone. */
static void given_up(void **state)
{
    const char *store = *state;
    cd_segment_writer *w = NULL, *again = NULL;
    cd_err err = {0};
    uint32_t array;
    assert_int_equal(cd_writer_new(store, 1, &w, NULL), CD_OK);
    assert_true(file_exists(store, "000001.h5"));
    assert_int_equal(cd_writer_new(store, 1, &again, &err), CD_ESYSTEM);
    assert_non_null(strstr(err.text, "cannot create '"));
    assert_true(file_exists(store, "000001.h5"));
    assert_int_equal(cd_writer_array(w, CD_U32, 1000, NULL, &array, NULL, "tables/t/x"), CD_OK);
    cd_writer_abandon(w);
    assert_false(file_exists(store, "000001.h5"));
    cd_writer_abandon(NULL);
    file_write(store, "segments", "000001.h5", "of another", 10);
    assert_int_equal(cd_writer_new(store, 1, &w, NULL), CD_ESYSTEM);
    assert_true(file_exists(store, "000001.h5"));
    drop(store, "000001.h5");
    cd_err_clear(&err);
    assert_int_equal(cd_writer_new("/nowhere/at/all", 1, &w, &err), CD_ESYSTEM);
    assert_non_null(strstr(err.text, "/nowhere/at/all/segments/000001.h5"));
}

static cd_status write_a_file(const char *store, cd_manifest_file *file, cd_err *err)
{
    static const uint32_t data[] = {1, 2, 3};
    cd_status st = CD_OK;
    cd_segment_writer *w = NULL;
    const void *map;
    CD_TRY(cd_writer_new(store, 2, &w, err));
    CD_TRY(cd_writer_whole(w, CD_U32, 3, data, err, "tables/t/x"));
    CD_TRY(cd_kind_write(w, "k", 0, (const cd_slice[]){cd_slice_of("a"), cd_slice_of("bb")}, 2, err));
    CD_TRY(cd_writer_map(w, 0, &map, err));
    cd_segment_writer *last_part = w;
    w = NULL;
    CD_TRY(cd_writer_finish(last_part, file, err));
done:
    cd_writer_abandon(w);
    return st;
}

static void says_that_memory_is_out(void **state)
{
    const char *store = *state;
    cd_manifest_file file;
    size_t before = cd_memory_now();
    for (int64_t k = 0, done = 0; !done; k++) {
        cd_err err = {0};
        cd_memory_fail_at(k);
        cd_status st = write_a_file(store, &file, &err);
        cd_memory_fail_at(-1);
        done = st == CD_OK;
        assert_true(done || (st == CD_EMEMORY && err.text[0]));
        assert_int_equal(cd_memory_now(), before);
        assert_int_equal(file_exists(store, "000002.h5"), done);
    }
    drop(store, "000002.h5");
}

/* The ids of a kind by name, and none that is not there; of one length or several, many or one, at 1 and 8 threads. */
static void ids_are_found(void **state)
{
    const char *store = *state;
    static cd_slice ids[20000];
    for (uint64_t round = 0; round < 40; round++) {
        cd_random r = cd_random_of(9, 2, round);
        cd_segment_writer *w = NULL;
        cd_manifest_file file;
        cd_snapshot s = {.ontology = candour_ontology_builtin(), .n_segments = 1};
        cd_segment segment;
        cd_arena text = {0};
        uint64_t first = round % 2 ? 1000 : 0;
        uint32_t n = round % 10 == 9 ? 20000 : 1 + (uint32_t)cd_random_below(&r, 70), style = (uint32_t)(round % 3);
        for (uint32_t i = 0; i < n; i++) /* of one length; of 1 to 255 bytes; of several lengths */
            ids[i] = style == 1 ? odd_id(&text, "x", 1 + i % 254, i, &r) : odd_id(&text, "C", style ? 1 : 8, i * 3, &r);
        omp_set_num_threads(round % 4 < 2 ? 1 : 8);
        assert_int_equal(cd_writer_new(store, 3, &w, NULL), CD_OK);
        assert_int_equal(cd_kind_write(w, "officer", first, ids, n, NULL), CD_OK);
        assert_int_equal(cd_kind_write(w, "case", 5, NULL, 0, NULL), CD_OK);
        assert_int_equal(cd_writer_finish(w, &file, NULL), CD_OK);
        assert_int_equal(cd_segment_open(store, &file, s.ontology, NULL, &segment, NULL), CD_OK);
        assert_int_equal(cd_segment_check_kind(&segment, 0, s.ontology, NULL), CD_OK);
        s.segments = &segment;
        for (uint32_t i = 0; i < n; i += 1 + n / 500) {
            cd_slice no = odd_id(&text, "no", 1, i, &r);
            assert_int_equal(cd_snapshot_find(&s, 0, ids[i], cd_hash64(ids[i].bytes, ids[i].n)), first + i);
            assert_true(cd_slice_equal(cd_snapshot_id(&s, 0, first + i), ids[i]));
            assert_int_equal(cd_snapshot_find(&s, 0, no, cd_hash64(no.bytes, no.n)), CD_NONE);
        }
        assert_int_equal(segment.kinds[1].ids.n, 0);
        if (round < 3) check_h5(store, &file);
        cd_segment_close(&segment, s.ontology);
        cd_arena_release(&text);
        drop(store, file.name);
    }
}

static int folder_make(void **state) { return (*state = folder_new()) == NULL; }
static int folder_drop(void **state) { return folder_remove(*state), 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filled_by_threads),
        cmocka_unit_test(shrunk),
        cmocka_unit_test(given_up),
        cmocka_unit_test(says_that_memory_is_out),
        cmocka_unit_test(ids_are_found),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_drop);
}
