/* SPDX-License-Identifier: GPL-3.0-or-later
 * exact_sum.h: sums of reals that are rounded once, at the end: the same whatever the order.
 *
 * After Shewchuk, "Adaptive precision floating-point arithmetic" (1997), as Python's math.fsum has it: the sum so far
 * is a handful of doubles that do not overlap, smallest first. */
#ifndef QUERIES_LANGUAGE_EXACT_SUM_H
#define QUERIES_LANGUAGE_EXACT_SUM_H

#include "queries/language/value.h"

typedef struct {
    double *parts; /* in the pool */
    uint32_t n, cap;
    double odd; /* of infinities and NaN: they stand for the sum */
    bool is_odd;
} exact_sum;

/* Adds a * b, without rounding. */
CD_CHECKED cd_status exact_sum_add(exact_sum *s, double a, double b, value_pool *pool, cd_err *err);
double exact_sum_end(const exact_sum *s);

#endif
