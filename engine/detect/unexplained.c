/* SPDX-License-Identifier: GPL-3.0-or-later
 * unexplained.c: files opened without any recorded reason, by *which* files they are: sensitive, printed, about one
 * person, returned to, all of one kind, long closed.
 *
 * How many there are says little: analysts and auditors open others' files as their work. So each count is held against
 * the officer's own other unexplained files and against how the peers' divide: somebody who strays anywhere has the mix
 * of everybody's strays, whatever their number. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/detect/stray_tests.h"

enum { KINDS = 20, LEAST_OF_KIND = 30 };

typedef struct {
    uint32_t kind, files;
} kind_count;

static int kind_compare(const void *a, const void *b)
{
    const kind_count *x = a, *y = b;
    if (x->files != y->files) return x->files > y->files ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

/* A count for each of the kinds of file that are strayed to most; they share one weight. */
static cd_status add_kinds(cd_stray_tests *t, const cd_look *look, double weight, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = look->scene;
    kind_count *count = NULL;
    uint32_t n = 0;
    CD_NEW(count, (size_t)s->kinds.n + 1);
    for (uint32_t k = 0; k <= s->kinds.n; k++) count[k].kind = k;
    for (cd_off i = 0; i < look->residue->off[s->officers.n]; i++)
        count[s->file_kind[look->residue->strays[i].file]].files++;
    qsort(count + 1, s->kinds.n, sizeof *count, kind_compare);
    while (n < s->kinds.n && n < KINDS && count[n + 1].files >= LEAST_OF_KIND) n++;
    for (uint32_t k = 1; k <= n && n > 1; k++) { /* one kind alone says nothing */
        char what[64];
        cd_slice word = cd_slice_cut(s->kinds.text[count[k].kind], 40);
        snprintf(what, sizeof what, "files of kind %.*s", (int)word.n, word.bytes);
        cd_stray_tests_add(t, weight / n, what)->kind = count[k].kind;
    }
done:
    cd_free(count);
    return st;
}

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
    cd_status st = CD_OK;
    const double *p = look->policy->number;
    cd_stray_tests t;
    cd_stray_tests_init(&t, look);
    cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_SENSITIVE], "sensitive files")->mark = CD_STRAY_SENSITIVE;
    add_levels(&t, p + CD_POLICY_WEIGHT_SENSITIVITY_0);
    cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_OUTPUT], "files printed or exported")->mark = CD_STRAY_OUTPUT;
    cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_RETURN], "files returned to")->mark = CD_STRAY_RETURNED;
    cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_CLOSED], "long closed files")->mark = CD_STRAY_CLOSED;
    if (!(look->scene->missing & CD_NEEDS_SUBJECTS)) {
        cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_PERSON], "files about a person met in another")->person =
            CD_PERSON_FILES;
        cd_stray_tests_add(&t, p[CD_POLICY_WEIGHT_PERSON], "persons come back to in several files")->person =
            CD_PERSON_PURSUED;
    }
    CD_TRY(add_kinds(&t, look, p[CD_POLICY_WEIGHT_KIND], err));
    CD_TRY(cd_stray_tests_run(&t, number, out, err));
done:
    cd_stray_tests_release(&t);
    return st;
}

const cd_detector cd_detector_unexplained = {
    .name = "unexplained",
    .family = "access",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_ACCESSES | CD_NEEDS_ASSIGNMENTS,
    .about = "files opened without any recorded reason, by which files they are",
    .run = run,
};
