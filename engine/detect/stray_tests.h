/* SPDX-License-Identifier: GPL-3.0-or-later
 * stray_tests.h: counts of remarkable files among those that nothing explains, each held against the peers'. A detector
 * names its counts; here they become one e-value (the weighted mean of theirs), findings and the rows they rest on. */
#ifndef CD_DETECT_STRAY_TESTS_H
#define CD_DETECT_STRAY_TESTS_H

#include "engine/detect/detector.h"

enum { CD_STRAY_TESTS = 32 }; /* a bit each in cd_cited.counts */

/* A file is about somebody whom another of the officer's unexplained files is about too. */
typedef enum {
    CD_NO_PERSON,
    CD_PERSON_FILES,  /* counts files, but the first of each person */
    CD_PERSON_PURSUED /* counts persons whose files were opened on CD_PURSUED_DAYS or more, each file by itself */
} cd_stray_person;
enum { CD_PURSUED_DAYS = 4 };

typedef struct {
    char what[64]; /* "sensitive files" */
    double weight;
    /* What counts: one of these. */
    uint16_t mark; /* CD_STRAY_*; 0: not this */
    int8_t level;  /* of sensitivity, and one more; 0: not this */
    cd_stray_person person;
    uint32_t *seen; /* per officer */
    double *exposure;
    cd_compared *got;
    double
        *soft; /* per officer: to what power their chance is taken as some of the innocent do just that; NULL: none */
    double *temper; /* per officer: to what power it is taken in all */
} cd_stray_test;

typedef struct {
    const cd_look *look;
    uint32_t n;
    cd_stray_test test[CD_STRAY_TESTS];
    uint8_t *about_person; /* per stray: bits 1 << cd_stray_person; NULL where no test asks */
} cd_stray_tests;

void cd_stray_tests_init(cd_stray_tests *t, const cd_look *look);
void cd_stray_tests_release(cd_stray_tests *t);
/* Another count; there is room for CD_STRAY_TESTS. */
cd_stray_test *cd_stray_tests_add(cd_stray_tests *t, double weight, const char *what);
/* Counts, compares, and adds a finding for everyone who stands out in some count. */
CD_CHECKED cd_status cd_stray_tests_run(cd_stray_tests *t, uint32_t detector, cd_findings *out, cd_err *err);

#endif
