/* SPDX-License-Identifier: GPL-3.0-or-later
 * tiers.h: who is looked at first, and how many of them may be clean.
 *
 * The e-Benjamini-Hochberg procedure (Wang and Ramdas 2022): of n people with e-values e, the k largest are a list in
 * which at most a share a of clean people is expected, where the k-th largest is at least n / (a k), however the
 * e-values depend on one another. */
#ifndef CD_RANK_TIERS_H
#define CD_RANK_TIERS_H

#include "engine/base/memory.h"

typedef enum { CD_TIER_NONE, CD_TIER_PREVENT, CD_TIER_ASSESS, CD_TIER_URGENT, CD_TIERS } cd_tier;
const char *cd_tier_name(cd_tier tier);

typedef struct {
    double level[CD_TIERS];   /* of everything down to that tier; 0: nobody */
    uint32_t queue[CD_TIERS]; /* how many the tier may hold */
} cd_tier_rules;

/* e_centibans[n]: of each person, in the order in which they are to be queued where they are equal. out[n]. */
CD_CHECKED cd_status cd_tiers_decide(const int64_t *e_centibans, uint32_t n, const cd_tier_rules *rules, uint8_t *out,
                                     cd_err *err);

/* Of a list of k people, picked out of n by their evidence alone, how many are expected to be clean, at most: their
 * e-values fall. The mean e-value of n clean people is at most 1, so that of the first j at most n / e_j are clean;
 * those after them may all be. Of all such bounds the least, rounded up to a thousandth. */
double cd_tiers_clean(const int64_t *e_centibans, uint32_t k, uint32_t n);

#endif
