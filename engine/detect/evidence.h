/* SPDX-License-Identifier: GPL-3.0-or-later
 * evidence.h: from a chance to how many times likelier.
 *
 * A chance p that is uniform (or larger) for the innocent becomes kappa p^(kappa - 1), whose mean over them is at most
 * 1: an e-value (Vovk and Wang 2021, "E-values: calibration, combination and applications"). Before that it is taken to
 * a power of at most 1, so that the peers' own spread, where the model has too little of it, is what counts (an
 * empirical null, after Efron 2004): the power is the largest at which no more of them lie beyond 1 in 5, 1 in 10 and 1
 * in 20 than should. */
#ifndef CD_DETECT_EVIDENCE_H
#define CD_DETECT_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The power, in (0, 1], for chances given as base-ten logarithms; part[i] false: not one of the peers. */
double cd_evidence_temper(const double *log_p, const bool *part, size_t n);
/* How many times likelier a chance is, after that power. */
double cd_evidence_times(double log_p, double temper);
/* That as whole centibans; `times` above 0. */
int32_t cd_evidence_centibans(double times);
double cd_evidence_factor(int64_t centibans);

#endif
