/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep_file.c: a sweep that is written reads back as it was; whatever byte of it is another is told; arrays that
 * cannot be a sweep's are refused though every checksum is right. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/store/directory.h"
#include "engine/sweep/sweep_file.h"
#include "tests/support/image.h"
#include "tests/support/odd_sweep.h"

static void path_of(const char *store, uint64_t number, const char *end, char out[256])
{
    snprintf(out, 256, "%s/sweeps/%06llu.%s", store, (unsigned long long)number, end);
}

static void same_images(const cd_image *a, const cd_image *b)
{
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->snapshot, b->snapshot);
    assert_int_equal(a->key, b->key);
    assert_true(a->as_of == b->as_of && a->since == b->since && a->first == b->first && a->last == b->last);
    assert_true(a->accesses == b->accesses && a->strays == b->strays && a->look == b->look);
    assert_string_equal(a->policy_sha256, b->policy_sha256);
#define X(name, type, file)                                                                                            \
    assert_int_equal(a->n_##name, b->n_##name);                                                                        \
    if (a->n_##name) assert_memory_equal(a->name, b->name, a->n_##name * sizeof *a->name);
    CD_IMAGE_ARRAYS(X)
#undef X
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        char *store = folder_new();
        cd_image m, facts;
        cd_sweep_map back;
        cd_err err = {0};
        uint64_t *numbers = NULL;
        size_t n = 0;
        odd_sweep_make(&m, seed, 8);
        if (cd_sweep_write(store, &m, &err) != CD_OK) fail_msg("%s", err.text);
        if (cd_sweep_map_open(store, m.number, &back, &err) != CD_OK) fail_msg("%s", err.text);
        same_images(&m, &back.image);
        cd_sweep_map_close(&back);
        assert_int_equal(cd_sweep_facts_read(store, m.number, &facts, &err), CD_OK);
        assert_int_equal(facts.key, m.key);
        assert_string_equal(facts.policy_sha256, m.policy_sha256);
        assert_int_equal(cd_sweep_write(store, &m, &err), CD_EBUSY); /* neither file is ever changed */
        cd_err_clear(&err);
        m.number += 1000000; /* as wide as it is */
        assert_int_equal(cd_sweep_write(store, &m, &err), CD_OK);
        assert_int_equal(cd_sweep_numbers(store, &numbers, &n, &err), CD_OK);
        assert_int_equal(n, 2);
        assert_int_equal(numbers[1], numbers[0] + 1000000);
        cd_free(numbers);
        odd_sweep_release(&m);
        folder_remove(store);
    }
}

static cd_status opened(const char *store, uint64_t number, cd_err *err)
{
    cd_sweep_map map;
    cd_err_clear(err);
    cd_status st = cd_sweep_map_open(store, number, &map, err);
    if (st == CD_OK) cd_sweep_map_close(&map);
    if (st != CD_OK && !err->text[0]) fail_msg("a failure without words");
    return st;
}

/* Another byte at `at` of a file, and whether that is told; then the one that was. */
static void spoil_byte(const char *store, uint64_t number, const char *end, long at)
{
    char path[256];
    cd_err err = {0};
    path_of(store, number, end, path);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, at, SEEK_SET);
    int was = fgetc(f);
    fseek(f, at, SEEK_SET), fputc(was ^ 1, f), fflush(f);
    if (opened(store, number, &err) != CD_ESTORE) fail_msg("byte %ld of .%s: not told: %s", at, end, err.text);
    fseek(f, at, SEEK_SET), fputc(was, f), fclose(f);
}

static void another_byte_is_told(void **state)
{
    char *store = folder_new(), path[256];
    cd_image m;
    cd_sweep_map map;
    cd_err err = {0};
    (void)state;
    odd_sweep_make(&m, 7, 8);
    assert_int_equal(cd_sweep_write(store, &m, &err), CD_OK);
    path_of(store, m.number, "sweep", path);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    long bytes = ftell(f);
    fclose(f);
    for (long at = 0; at < bytes; at++) spoil_byte(store, m.number, "sweep", at);
    assert_int_equal(cd_sweep_map_open(store, m.number, &map, &err), CD_OK);
    long at[64] = {0}, n = 0;
#define X(name, type, file)                                                                                            \
    if (map.image.n_##name) at[n++] = (long)((char *)map.image.name - (char *)map.map);
    CD_IMAGE_ARRAYS(X)
#undef X
    cd_sweep_map_close(&map);
    for (long i = 0; i < n; i++) spoil_byte(store, m.number, "h5", at[i]);
    assert_int_equal(opened(store, m.number, &err), CD_OK);
    assert_int_equal(truncate(path, bytes - 1), 0);
    assert_int_equal(opened(store, m.number, &err), CD_ESTORE);
    odd_sweep_release(&m);
    folder_remove(store);
}

/* Each spoils one thing; the image is written with right checksums. False: this image has no such thing. */
static bool spoil(cd_image *m, int what)
{
    uint64_t n = m->n_finding_gain, counted = m->n_counted_seen, cited = m->n_cited_at, officers = m->n_officer_score;
    if (!n || !counted || !cited || officers < 2) return false;
    switch (what) {
    case 0: m->queue[0] = m->queue[1]; return true;
    case 1: m->queue[0] = (uint32_t)officers; return true;
    case 2: m->officer_tier[0] = 4; return true;
    case 3: m->detector_state[0] = 3; return true;
    case 4: m->family_lane[0] = 4; return true;
    case 5: m->finding_detector[0] = (uint32_t)m->n_detector_name; return true;
    case 6: m->finding_words[0] = (uint32_t)m->n_text_end; return true;
    case 7: m->finding_cluster[0] = (uint32_t)n + 1; return true;
    case 8: m->finding_gain[0] = INT64_MAX; return true;
    case 9: m->finding_base[0] = NAN; return true;
    case 10: m->finding_base[0] = -1; return true;
    case 11: m->counted_shape[0] = 0; return true;
    case 12: m->counted_expected[0] = HUGE_VAL; return true;
    case 13: m->counted_weight[0] = 11; return true;
    case 14: m->counted_temper[0] = NAN; return true;
    case 15: m->detector_share[0] = -0.5; return true;
    case 16: m->cited_other[0] = (uint32_t)m->n_text_end; return true;
    case 17: m->cited_says[0] = (uint32_t)m->n_text_end; return true;
    case 18: m->text_end[1] = m->text_end[0] - 1; return true;
    case 19: m->text_end[m->n_text_end - 1]--; return true;
    case 20: m->officer_findings[0] = n + 1; return true;
    case 21: m->finding_cited[n - 1]--; return true;
    case 22: m->n_finding_peers--; return true;
    case 23: m->n_reason_random--; return true;
    case 24: m->n_officer_family--; return true;
    case 25: m->officer_score[1] = (int64_t)INT32_MAX + 1; return true;
    case 26: m->officer_standing[0] = -1; return true;
    case 27: m->policy[0] ^= 1; return true;
    case 28: m->detector_family[0] = (uint32_t)m->n_family_name; return true;
    default: return false;
    }
}

static void what_is_no_sweep_is_refused(void **state)
{
    enum { WAYS = 29 };
    uint32_t refused = 0;
    (void)state;
    for (int what = 0; what < WAYS; what++)
        for (uint64_t seed = 0; seed < 40; seed++) {
            cd_image m;
            cd_err err = {0};
            char *store = folder_new();
            odd_sweep_make(&m, seed, 8);
            if (spoil(&m, what)) {
                assert_int_equal(cd_sweep_write(store, &m, &err), CD_OK);
                if (opened(store, m.number, &err) != CD_ESTORE) fail_msg("way %d, seed %d was taken", what, (int)seed);
                refused++, seed = 40;
            }
            odd_sweep_release(&m);
            folder_remove(store);
        }
    assert_int_equal(refused, WAYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_written_reads_back),
                                       cmocka_unit_test(another_byte_is_told),
                                       cmocka_unit_test(what_is_no_sweep_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
