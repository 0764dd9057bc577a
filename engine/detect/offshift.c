/* SPDX-License-Identifier: GPL-3.0-or-later
 * offshift.c: unexplained files opened outside any shift. An explained access counts for nothing at any hour, and where
 * the roster does not speak of the time, neither does this. */
#include "engine/detect/stray_tests.h"

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_stray_tests t;
    cd_stray_tests_init(&t, look);
    cd_stray_tests_add(&t, 1, "files opened outside any shift")->mark = CD_STRAY_OFFSHIFT;
    cd_status st = cd_stray_tests_run(&t, number, out, err);
    cd_stray_tests_release(&t);
    return st;
}

const cd_detector cd_detector_offshift = {
    .name = "offshift",
    .family = "access",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_ACCESSES | CD_NEEDS_ASSIGNMENTS | CD_NEEDS_ROSTER,
    .about = "unexplained files opened outside any shift",
    .weight = 2,
    .run = run,
};
