/* SPDX-License-Identifier: GPL-3.0-or-later
 * chance.c: upper tails of counts, summed from the seen count on. The terms fall at least geometrically past the mean;
 * where the seen count lies below it, the tail is one less the sum of the terms before. */
#include "engine/detect/chance.h"

#include <math.h>

static const double LOG10_E = 0.43429448190325182765;

/* sum of term(k), k = seen, seen + 1, …, over term(seen): each term is `ratio(k)` times the one before. */
typedef struct {
    double mean, shape; /* shape 0: Poisson */
} law;

/* lgamma writes its sign into a global; this does not. */
static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

static double log_term(const law *l, double k)
{
    if (l->shape <= 0) return k * log(l->mean) - l->mean - log_gamma(k + 1);
    double q = l->mean / (l->mean + l->shape);
    return log_gamma(k + l->shape) - log_gamma(l->shape) - log_gamma(k + 1) + l->shape * log1p(-q) + k * log(q);
}

static double ratio(const law *l, double k)
{
    if (l->shape <= 0) return l->mean / (k + 1);
    return (k + l->shape) / (k + 1) * l->mean / (l->mean + l->shape);
}

static double tail(const law *l, uint64_t seen)
{
    if (seen == 0) return 0;
    if (!(l->mean > 0)) return -HUGE_VAL;
    double k = (double)seen, sum = 1, term = 1;
    if (k > l->mean) {
        for (double j = k; term > 1e-17 * sum && j < k + 1e7; j++) term *= ratio(l, j), sum += term;
        double log10_p = (log_term(l, k) + log(sum)) * LOG10_E;
        return log10_p < 0 ? log10_p : 0;
    }
    double below = 0; /* the terms before `seen`, from the largest down */
    term = exp(log_term(l, k - 1));
    for (double j = k - 1; j >= 0 && term > 1e-17 * below; j--) {
        below += term;
        if (j > 0) term /= ratio(l, j - 1);
    }
    return below < 1 ? log1p(-below) * LOG10_E : -16;
}

double cd_chance_poisson(uint64_t seen, double mean) { return tail(&(law){mean, 0}, seen); }

double cd_chance_spread(uint64_t seen, double mean, double shape)
{
    /* So little spread that it is a Poisson count to the last digit we keep. */
    return tail(&(law){mean, shape > 1e9 ? 0 : shape}, seen);
}

double cd_chance_capped(uint32_t seen, double mean, double shape)
{
    uint32_t most = (uint32_t)(mean < 1e6 ? mean : 1e6) + 3;
    double share = mean / (mean + shape), term = exp(-shape * log1p(mean / shape)), sum = 0;
    for (uint32_t k = 0; k < most; k++) {
        if (k == seen) return log(term > 1e-300 ? term : 1e-300);
        sum += term;
        term *= (k + shape) / (k + 1) * share;
    }
    return log(1 - sum > 1e-300 ? 1 - sum : 1e-300);
}

double cd_chance_tries(uint32_t seen, uint32_t n, double chance)
{
    if (seen == 0 || chance >= 1) return 0;
    if (!(chance > 0)) return -HUGE_VAL;
    double odds = chance / (1 - chance), sum = 1, term = 1, k = seen;
    if (k > n * chance) { /* from the seen count up */
        for (double j = k; j < n; j++) term *= (n - j) / (j + 1) * odds, sum += term;
    } else { /* what lies below it, from the largest term down */
        k--;
        for (double j = k; j > 0; j--) term *= j / ((n - j + 1) * odds), sum += term;
    }
    double log_first =
        log_gamma(n + 1.0) - log_gamma(k + 1) - log_gamma(n - k + 1) + k * log(chance) + (n - k) * log1p(-chance);
    double log_sum = log_first + log(sum);
    if (seen <= n * chance) return log_sum < 0 ? log1p(-exp(log_sum)) * LOG10_E : -16;
    return log_sum < 0 ? log_sum * LOG10_E : 0;
}
