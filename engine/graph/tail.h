/* SPDX-License-Identifier: GPL-3.0-or-later
 * tail.h: the upper tail of a sum of independent coins of different chances (the Poisson-binomial distribution). */
#ifndef CD_GRAPH_TAIL_H
#define CD_GRAPH_TAIL_H

#include "engine/base/memory.h"

/* `n` coins of chance `p` each, in [0, 1]. */
typedef struct {
    double p;
    uint64_t n;
} cd_coins;

/* out[i] is the chance of seen[i] heads or more; seen[] rises. Exact but for rounding: some twelve digits, however
 * small it is, since nothing is ever subtracted from 1 there. Takes O(coins + the last seen^2), for however many are
 * asked. */
CD_CHECKED cd_status cd_tail(const cd_coins *coins, size_t n, const uint32_t *seen, size_t n_seen, double *out,
                             cd_err *err);

/* Not above the chance of `seen` heads or more of any coins whose chances sum to `mean` and are at most `most` each;
 * cheap, and within a small factor where chances are small. */
double cd_tail_floor(double mean, double most, uint64_t seen);
/* least[i]: the fewest heads whose floor is at or below levels[i], which fall; UINT32_MAX where none up to `heads` is.
 */
void cd_tail_least(double mean, double most, const double *levels, uint32_t n_levels, uint32_t heads, uint32_t *least);

#endif
