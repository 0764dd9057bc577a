/* SPDX-License-Identifier: GPL-3.0-or-later
 * store_memory.c: every allocation of a load, of opening, reading, verifying and compacting fails in turn. Each time the job
 * says that memory is out, nothing leaks, and the store is as it was; or it could do without and does all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "tests/support/scene.h"

typedef struct {
    crash_job job;
    int64_t k;
} failing;

static int64_t fail_at;
static void arm(void) { cd_memory_fail_at(fail_at); }

/* The k-th allocation from where the job begins fails, once. word->number: it was reached. */
static cd_status fail_one(const char *store, void *context, crash_word *word, cd_err *err)
{
    failing *f = context;
    fail_at = f->k;
    scene_begins = arm;
    cd_status st = f->job(store, NULL, word, err);
    word->number = cd_memory_failed();
    cd_memory_fail_at(-1);
    return st;
}

static cd_status read_all(const char *store, void *context, crash_word *word, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *s = NULL;
    candour_digest digest;
    cd_buffer rows = {0};
    (void)context;
    arm();
    CD_TRY(candour_store_open(store, NULL, &s, err));
    CD_TRY(candour_store_digest(s, 1, &digest, err));
    memcpy(word->digest, digest.all, sizeof word->digest);
    for (uint32_t t = 0; t < ROWS_TABLES; t++) CD_TRY(rows_scan(s, t, &rows, err));
done:
    cd_buffer_release(&rows);
    candour_store_close(s);
    return st;
}

static cd_status verify(const char *store, void *context, crash_word *word, cd_err *err)
{
    candour_verify_report report;
    (void)context, (void)word;
    arm();
    return candour_verify(store, 1, NULL, NULL, NULL, &report, err);
}

static void until_it_succeeds(scene_kind kind, crash_job instead)
{
    scene s;
    scene_make(&s, kind);
    failing f = {instead ? instead : s.job, 0};
    bool reached = true;
    uint32_t refused = 0;
    for (; reached; f.k += CRASH_STEP) {
        scene_reset(&s);
        crash_end end = crash_run(NULL, s.store, fail_one, &f);
        reached = end.word.number;
        if (end.exit == 2000) fail_msg("%s, allocation %lld: leaked", s.name, (long long)f.k);
        if (end.exit || end.killed) fail_msg("%s, allocation %lld: crashed, %d", s.name, (long long)f.k, end.exit);
        if (end.word.status != CD_OK && end.word.status != CD_EMEMORY)
            fail_msg("%s, allocation %lld: status %d: %s", s.name, (long long)f.k, (int)end.word.status, end.word.text);
        if (end.word.status != CD_OK && !strstr(end.word.text, "memory"))
            fail_msg("%s, allocation %lld says '%s'", s.name, (long long)f.k, end.word.text);
        refused += end.word.status != CD_OK;
        if (instead == read_all && end.word.status == CD_OK) assert_string_equal(end.word.digest, s.before);
        const char *fault = scene_fault_still(&s, &end, instead || (end.word.status != CD_OK && !end.word.committed));
        if (fault) fail_msg("%s, allocation %lld (%s): %s", s.name, (long long)f.k, end.word.text, fault);
    }
    assert_true(refused > 20 / CRASH_STEP);
    scene_drop(&s);
}

static void first_load(void **state) { (void)state, until_it_succeeds(SCENE_FIRST, NULL); }
static void second_load(void **state) { (void)state, until_it_succeeds(SCENE_SECOND, NULL); }
static void load_with_an_ontology(void **state) { (void)state, until_it_succeeds(SCENE_ONTOLOGY, NULL); }
static void shared_load(void **state) { (void)state, until_it_succeeds(SCENE_SHARED, NULL); }
static void compaction(void **state) { (void)state, until_it_succeeds(SCENE_COMPACT, NULL); }
static void reading(void **state) { (void)state, until_it_succeeds(SCENE_SECOND, read_all); }
static void verifying(void **state) { (void)state, until_it_succeeds(SCENE_SECOND, verify); }

int main(int argc, char **argv)
{
    (void)argc;
    crash_begin(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),     cmocka_unit_test(verifying),  cmocka_unit_test(first_load),
        cmocka_unit_test(second_load), cmocka_unit_test(compaction), cmocka_unit_test(load_with_an_ontology),
        cmocka_unit_test(shared_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
