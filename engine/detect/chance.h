/* SPDX-License-Identifier: GPL-3.0-or-later
 * chance.h: how unlikely a count is. Chances are kept as their base-ten logarithm, so that the rarest have digits left.
 */
#ifndef CD_DETECT_CHANCE_H
#define CD_DETECT_CHANCE_H

#include <stdint.h>

/* log10 of the chance that a Poisson count of that mean (>= 0) is `seen` or more. */
double cd_chance_poisson(uint64_t seen, double mean);
/* The same of a negative binomial count: a Poisson one whose mean itself varies from person to person, as a gamma
 * variable of that mean and shape (> 0): the variance is mean + mean^2 / shape. */
double cd_chance_spread(uint64_t seen, double mean, double shape);
/* The natural log of the chance of exactly `seen`, or of as many as the mean and three or more where it is that many:
 * somebody who stands out says that much and no more, or the guilty would widen what is thought of the innocent. */
double cd_chance_capped(uint32_t seen, double mean, double shape);
/* The same of the successes among n (>= seen) tries, each with that chance (0 to 1). */
double cd_chance_tries(uint32_t seen, uint32_t n, double chance);

#endif
