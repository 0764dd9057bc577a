/* SPDX-License-Identifier: GPL-3.0-or-later
 * evidence.h: from a chance to how many times likelier.
 *
 * A chance p that is uniform (or larger) for the innocent becomes kappa p^(kappa - 1), whose mean over them is at most
 * 1: an e-value (Vovk and Wang 2021, "E-values: calibration, combination and applications"). Before that it is taken to
 * a power of at most 1, so that the peers' own spread, where the model has too little of it, is what counts (an
 * empirical null, after Efron 2004): the power is the largest at which nowhere from 1 in 5 on more of them lie beyond
 * than should. A few are left out of that, since somebody may be guilty: 1 in 400, two at least. */
#ifndef CD_DETECT_EVIDENCE_H
#define CD_DETECT_EVIDENCE_H

#include "engine/base/memory.h"

/* A way to tell people apart: a group for each, below n_groups; 0 is no group. */
typedef struct {
    const uint32_t *group;
    uint32_t n_groups;
} cd_grouping;

/* temper[n]: the power for each person's chance, given as base-ten logarithms. Groups of each grouping are held to
 * their own spread, but for those of fewer than `least`; then everybody together is. part[i] false: not one of the
 * peers. */
CD_CHECKED cd_status cd_evidence_temper(const double *log_p, const bool *part, uint32_t n, const cd_grouping *by,
                                        uint32_t n_by, uint32_t least, double *temper, cd_err *err);
/* The largest power at which the factors 10^log_times, but for the greatest of one in 400 (two at least), are at most 1
 * on average over `people`; times[i] stand for so many people each. */
CD_CHECKED cd_status cd_evidence_temper_times(const double *log_times, const uint32_t *of_people, size_t n,
                                              double people, double *power, cd_err *err);
/* A model that is wider than the peers gives power away: their factors' mean is far below 1. By how much all may be
 * multiplied: what takes that mean to a half, and at most CD_EVIDENCE_LIFT, so that what one force teaches is not
 * believed too far. The greatest of one in 400 are counted as the next after them, as somebody may be guilty; among few
 * people it is hardly learnt. times[n]: of those who have any, of so many people. */
enum { CD_EVIDENCE_LIFT = 10 };
CD_CHECKED cd_status cd_evidence_lift(const double *times, size_t n, double people, double *lift, cd_err *err);
/* How many times likelier a chance is, after that power. */
double cd_evidence_times(double log_p, double temper);
/* That as whole centibans; `times` above 0. */
int32_t cd_evidence_centibans(double times);
double cd_evidence_factor(int64_t centibans);

#endif
