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

/* The chance of `seen` heads or more. Exact but for rounding: some twelve digits, however small it is, since nothing is
 * ever subtracted from 1 there. Takes O(coins + seen^2). */
CD_CHECKED cd_status cd_tail(const cd_coins *coins, size_t n, uint64_t seen, double *out, cd_err *err);

/* Not above the chance of `seen` heads or more of any coins whose chances sum to `mean` and are at most `most` each;
 * cheap, and within a small factor where chances are small. */
double cd_tail_floor(double mean, double most, uint64_t seen);

#endif
