/* SPDX-License-Identifier: GPL-3.0-or-later
 * detector.h: the one shape of all detectors, and the table of them. */
#ifndef CD_DETECT_DETECTOR_H
#define CD_DETECT_DETECTOR_H

#include "engine/detect/finding.h"
#include "engine/detect/peers.h"
#include "engine/detect/residue.h"

/* What every detector may look at. */
typedef struct {
    const cd_scene *scene;
    const cd_reasons *reasons;
    const cd_residue *residue;
    const cd_peers *peers; /* as the policy's peers_by has it: peer_groups.h */
    const cd_policy *policy;
    const cd_run *run;
} cd_look;

typedef enum { CD_LANE_CONDUCT, CD_LANE_COMPLIANCE, CD_LANE_DECLARATION, CD_LANE_WELFARE } cd_lane;

typedef struct {
    const char *name, *family;
    cd_lane lane;
    uint64_t needs; /* CD_NEEDS_*: without them it is skipped, and that is said */
    uint64_t uses;  /* CD_NEEDS_*: read where they are there, done without where not */
    const char *about;
    double weight; /* in its family's mean, and in the mean that tiers go by; 0: 1 */
    /* Findings of its number, by officer. Parallel inside; the same at any number of threads. */
    cd_status (*run)(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err);
} cd_detector;

extern const cd_detector *const cd_detectors[];
extern const uint32_t cd_n_detectors;

extern const cd_detector cd_detector_unexplained, cd_detector_offshift, cd_detector_drift, cd_detector_coaccess,
    cd_detector_touch_own, cd_detector_hidden_tie, cd_detector_undeclared, cd_detector_complaints,
    cd_detector_cocomplaint, cd_detector_precedent, cd_detector_overtime, cd_detector_attendance,
    cd_detector_impossible, cd_detector_pay_change, cd_detector_finance_change, cd_detector_sickness;

/* A new finding at the end of the list; its arrays have room for so many. */
CD_CHECKED cd_status cd_finding_add(cd_findings *f, uint32_t n_counted, uint32_t n_cited, cd_finding **out,
                                    cd_err *err);
/* The row of an access; any row. */
cd_cited cd_cite(const cd_scene *s, cd_off access, uint32_t counts);
cd_cited cd_cite_row(const cd_table_of *t, cd_row_ref at, uint32_t counts);

#endif
