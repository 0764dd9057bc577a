/* SPDX-License-Identifier: GPL-3.0-or-later
 * store_refuse.c: the system refuses. Every call that changes a file fails in turn, alone, after a short write, or with all
 * that follow it; the disk is full after any number of bytes. The job says so, in a line, and the store is as it was. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/scene.h"

/* A job that was refused something either says so and has changed nothing, or could do without it: then false. */
static bool must_be_whole(const scene *s, const char *plan, bool as_it_was, bool and_more)
{
    scene_reset(s);
    crash_end end = crash_run(plan, s->store, s->job, NULL);
    bool refused = end.word.status != CD_OK;
    if (end.killed || end.exit) fail_msg("%s, %s: exit %d, %s", s->name, plan, end.exit, end.word.text);
    if (refused && (!end.word.text[0] || strchr(end.word.text, '\n'))) fail_msg("%s, %s: says '%s'", s->name, plan, end.word.text);
    if (refused && end.word.status != CD_ESYSTEM)
        fail_msg("%s, %s: status %d: %s", s->name, plan, (int)end.word.status, end.word.text);
    const char *fault = and_more ? scene_fault(s, &end, refused && as_it_was) : scene_fault_still(s, &end, refused && as_it_was);
    if (fault) fail_msg("%s, %s (it said: %s): %s", s->name, plan, end.word.text, fault);
    return refused;
}

static void at_every_call(scene_kind kind)
{
    static const struct {
        const char *way;
        int number;
        bool as_it_was, and_more;
    } ways[] = {
        {"fail", EIO, true, true},
        {"short", ENOSPC, true, false},
        {"from", EIO, false, false}, /* the manifest may have been renamed when nothing works any more, not even putting it back */
    };
    scene s;
    scene_make(&s, kind);
    for (uint64_t n = 0; n < s.calls; n += CRASH_STEP)
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            char plan[64];
            snprintf(plan, sizeof plan, "%s %llu %d", ways[w].way, (unsigned long long)n, ways[w].number);
            must_be_whole(&s, plan, ways[w].as_it_was, ways[w].and_more);
        }
    scene_drop(&s);
}

static void first_load(void **state) { (void)state, at_every_call(SCENE_FIRST); }
static void second_load(void **state) { (void)state, at_every_call(SCENE_SECOND); }
static void shared_load(void **state) { (void)state, at_every_call(SCENE_SHARED); }
static void compaction(void **state) { (void)state, at_every_call(SCENE_COMPACT); }

static void full_disk(void **state)
{
    (void)state;
    for (scene_kind kind = SCENE_FIRST; kind < SCENES; kind++) {
        scene s;
        uint64_t bytes = 0, refused = 0;
        scene_make(&s, kind);
        for (bool full = true; full; bytes += bytes / 16 + 37 * CRASH_STEP) {
            char plan[64];
            snprintf(plan, sizeof plan, "quota %llu", (unsigned long long)bytes);
            full = must_be_whole(&s, plan, true, bytes % 3 == 0);
            refused += full;
        }
        assert_true(refused > 40 / CRASH_STEP);
        scene_drop(&s);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    crash_begin(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_load),
        cmocka_unit_test(second_load),
        cmocka_unit_test(shared_load),
        cmocka_unit_test(compaction),
        cmocka_unit_test(full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
