/* SPDX-License-Identifier: GPL-3.0-or-later
 * unexplained.c: files opened without any recorded reason, by *which* files they are: sensitive, printed, about one
 * person, returned to, long closed.
 *
 * How many there are says little: analysts and auditors open others' files as their work. So each count is held against
 * the officer's own other unexplained files and against how the peers' divide: somebody who strays anywhere has the mix
 * of everybody's strays, whatever their number. Nor does the kind of file: who opens one kind alone has a job, whether
 * or not a record says so. */
#include "engine/detect/stray_tests.h"

/* A count of each sensitivity that a force gives a weight of its own. */
static void add_levels(cd_stray_tests *t, const double *weight)
{
    static const char *const what[] = {"files of sensitivity 0", "files of sensitivity 1", "files of sensitivity 2",
                                       "restricted files"};
    for (int8_t level = 0; level < (int8_t)(sizeof what / sizeof *what); level++)
        if (weight[level] > 0) cd_stray_tests_add(t, weight[level], what[level])->level = (int8_t)(level + 1);
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    const double *p = look->policy->number;
    cd_stray_tests t;
    cd_stray_tests_init(&t, look);
    cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_SENSITIVE], "sensitive files")->mark = CD_STRAY_SENSITIVE;
    add_levels(&t, p + CD_POLICY_WEIGHT_SENSITIVITY_0);
    cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_OUTPUT], "files printed or exported")->mark = CD_STRAY_OUTPUT;
    cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_RETURN], "files returned to")->mark = CD_STRAY_RETURNED;
    cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_CLOSED], "long closed files")->mark = CD_STRAY_CLOSED;
    if (look->residue->person)
        cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_COLLEAGUE], "files about people tied to colleagues")->mark =
            CD_STRAY_COLLEAGUE;
    if (!(look->scene->missing & CD_NEEDS_SUBJECTS)) {
        cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_PERSON], "files about a person met in another")->person =
            CD_PERSON_FILES;
        cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_PERSON], "persons come back to in several files")->person =
            CD_PERSON_PURSUED;
    }
    cd_status st = cd_stray_tests_run(&t, number, out, err);
    cd_stray_tests_release(&t);
    return st;
}

const cd_detector cd_detector_unexplained = {
    .name = "unexplained",
    .family = "access",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_ACCESSES | CD_NEEDS_ASSIGNMENTS,
    .uses = CD_NEEDS_SUBJECTS | CD_NEEDS_LINKS,
    .about = "files opened without any recorded reason, by which files they are",
    .weight = 4,
    .run = run,
};
