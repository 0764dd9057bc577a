/* SPDX-License-Identifier: GPL-3.0-or-later
 * store_powercut.c: the power goes between any two calls, and only what was synced is sure to be there. The store is the one
 * before or the one after, and the one after once the job was acknowledged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/support/powercut.h"
#include "tests/support/scene.h"

static void check(const scene *s, const powercut *p, size_t cut, uint64_t coin, bool and_more)
{
    scene there = *s;
    crash_end end = {.word = {.committed = powercut_marked(p, cut)}};
    char disk[700];
    snprintf(disk, sizeof disk, "%s/disk", s->room);
    snprintf(there.store, sizeof there.store, "%.590s/s", disk);
    crash_tree_drop(disk);
    assert_int_equal(mkdir(disk, 0777), 0);
    powercut_build(p, cut, coin, disk);
    const char *fault = and_more ? scene_fault(&there, &end, false) : scene_fault_still(&there, &end, false);
    if (fault)
        fail_msg("%s, cut %zu of %zu, coin %llu: %s", s->name, cut, powercut_cuts(p), (unsigned long long)coin, fault);
}

/* Does the job, and gives its journal. */
static powercut *record(const scene *s)
{
    char journal[600], plan[700];
    snprintf(journal, sizeof journal, "%s/journal", s->room), snprintf(plan, sizeof plan, "journal %s", journal);
    powercut *p = powercut_before(s->room, "/s");
    crash_end end = crash_run(plan, s->store, s->job, NULL);
    assert_true(end.exit == 0 && end.word.status == CD_OK);
    powercut_after(p, journal);
    return p;
}

static void at_every_cut(scene *s)
{
    enum { COMMIT = 16, COINS = CRASH_STEP == 1 ? 8 : 1 }; /* where the commit is, more coins are tossed */
    powercut *p = record(s);
    size_t cuts = powercut_cuts(p), first = cuts > COMMIT ? cuts - COMMIT : 0, n_synced = 0;
    assert_true(cuts > 20);
    for (size_t cut = 0; cut < cuts; cut++)
        if (powercut_synced(p, cut) && n_synced++ % (CRASH_STEP == 1 ? 1 : 3) == 0) check(s, p, cut, 0, true);
    for (size_t cut = 0; cut < cuts; cut += CRASH_STEP) check(s, p, cut, cut + 1, cut % 4 == 0);
    for (size_t cut = first; cut < cuts; cut++)
        for (uint64_t coin = 1; coin <= COINS; coin++) check(s, p, cut, coin << 32 | cut, false);
    powercut_free(p);
}

static void scene_at_every_cut(scene_kind kind)
{
    scene s;
    scene_make(&s, kind);
    at_every_cut(&s);
    scene_drop(&s);
}

static void first_load(void **state) { (void)state, scene_at_every_cut(SCENE_FIRST); }
static void second_load(void **state) { (void)state, scene_at_every_cut(SCENE_SECOND); }
static void load_with_an_ontology(void **state) { (void)state, scene_at_every_cut(SCENE_ONTOLOGY); }
static void compaction(void **state) { (void)state, scene_at_every_cut(SCENE_COMPACT); }
static void tidying(void **state) { (void)state, scene_at_every_cut(SCENE_TIDY); }

static crash_job after_remains;

/* What a first load leaves that died after its first calls: folders that nobody synced. */
static cd_status over_remains(const char *store, void *context, crash_word *word, cd_err *err)
{
    char path[700];
    snprintf(path, sizeof path, "%s/segments", store);
    if (mkdir(store, 0777) != 0 || mkdir(path, 0777) != 0) return cd_fail(err, CD_ESYSTEM, "no folder");
    return after_remains(store, context, word, err);
}

static void load_over_remains(void **state)
{
    (void)state;
    scene s;
    scene_make(&s, SCENE_FIRST);
    after_remains = s.job;
    s.job = over_remains;
    at_every_cut(&s);
    scene_drop(&s);
}

static crash_job dead_job;
static uint64_t dead_at;

static cd_status after_a_death(const char *store, void *context, crash_word *word, cd_err *err)
{
    crash_of_another(dead_at, store, dead_job);
    return scene_one_more(store, context, word, err);
}

/* A process dies as it commits, the next one cleans up after it and loads, and then the power goes: the dead one's manifest
 * was seen, but may not be on the disk. */
static void load_after_a_death(scene_kind kind)
{
    enum { COMMIT = 12, COINS = CRASH_STEP == 1 ? 6 : 1 };
    enum { DEATHS = CRASH_STEP == 1 ? 1 : 5, CUTS = CRASH_STEP == 1 ? 1 : 3 };
    scene s;
    scene_make(&s, kind);
    dead_job = s.job;
    s.job = after_a_death;
    for (dead_at = s.calls - COMMIT; dead_at < s.calls; dead_at += DEATHS) {
        scene_reset(&s);
        powercut *p = record(&s);
        size_t cuts = powercut_cuts(p), first = dead_at;
        for (size_t cut = first; cut < cuts; cut += cut < first + 2 * COMMIT ? CUTS : 61)
            for (uint64_t coin = 0; coin <= COINS; coin++) {
                scene both = s; /* a compaction says what was there before it */
                memcpy(both.after, s.next_after, sizeof both.after);
                check(&both, p, cut, coin ? coin << 32 | cut : 0, false);
            }
        powercut_free(p);
    }
    scene_drop(&s);
}

static void load_after_a_dead_compaction(void **state) { (void)state, load_after_a_death(SCENE_COMPACT); }

int main(int argc, char **argv)
{
    (void)argc;
    crash_begin(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_load), cmocka_unit_test(second_load), cmocka_unit_test(load_with_an_ontology),
        cmocka_unit_test(compaction), cmocka_unit_test(tidying),     cmocka_unit_test(load_over_remains),
        cmocka_unit_test(load_after_a_dead_compaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
