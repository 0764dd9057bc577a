/* SPDX-License-Identifier: GPL-3.0-or-later
 * store_kill.c: the process dies at every call that changes a file, before it and half way through it, and at moments of a
 * clock; what is left is the store before or the store after, and what was acknowledged is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "tests/support/scene.h"

static void at_every_call(scene_kind kind)
{
    static const char *const ways[] = {"kill", "tear"};
    scene s;
    scene_make(&s, kind);
    assert_true(s.calls > 5);
    for (uint64_t n = 0; n < s.calls; n += CRASH_STEP)
        for (size_t way = 0; way < 2; way++) {
            char plan[64];
            snprintf(plan, sizeof plan, "%s %llu", ways[way], (unsigned long long)n);
            scene_reset(&s);
            crash_end end = crash_run(plan, s.store, s.job, NULL);
            assert_true(end.killed);
            const char *fault = way == 0 ? scene_fault(&s, &end, false) : scene_fault_still(&s, &end, false);
            if (fault) fail_msg("%s, %s of %llu: %s", s.name, plan, (unsigned long long)s.calls, fault);
        }
    scene_drop(&s);
}

static void first_load(void **state) { (void)state, at_every_call(SCENE_FIRST); }
static void second_load(void **state) { (void)state, at_every_call(SCENE_SECOND); }
static void compaction(void **state) { (void)state, at_every_call(SCENE_COMPACT); }
static void tidying(void **state) { (void)state, at_every_call(SCENE_TIDY); }

static uint64_t microseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The moments are spread over the shortest time that the whole job was seen to take here. A machine that was busy while it was
 * first timed is fast afterwards, and then most runs end by themselves: moments are tried until enough of them have died. */
static void at_moments(scene_kind kind, uint32_t times)
{
    scene s;
    uint32_t died = 0, enough = times / CRASH_STEP / 3, most_tries = times * 10;
    uint64_t shortest = UINT64_MAX;
    scene_make(&s, kind);
    for (uint32_t i = 0; i < most_tries && (i * CRASH_STEP < times || died < enough); i++) {
        cd_random r = cd_random_of(kind, times, i);
        scene_reset(&s);
        uint64_t began = microseconds();
        crash_end end = shortest == UINT64_MAX
                            ? crash_run(NULL, s.store, s.job, NULL)
                            : crash_run_for(cd_random_below(&r, shortest + 1), s.store, s.job, NULL);
        uint64_t took = microseconds() - began;
        died += end.killed;
        if (!end.killed && took < shortest) shortest = took;
        const char *fault = scene_fault(&s, &end, false);
        if (fault) fail_msg("%s, moment %u: %s", s.name, i, fault);
    }
    assert_true(died >= enough);
    scene_drop(&s);
}

static void at_random_moments(void **state)
{
    (void)state;
    at_moments(SCENE_FIRST, 120);
    at_moments(SCENE_SECOND, 120);
    at_moments(SCENE_COMPACT, 120);
}

int main(int argc, char **argv)
{
    (void)argc;
    crash_begin(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_load), cmocka_unit_test(second_load),       cmocka_unit_test(compaction),
        cmocka_unit_test(tidying),    cmocka_unit_test(at_random_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
