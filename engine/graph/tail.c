/* SPDX-License-Identifier: GPL-3.0-or-later
 * tail.c: the chances of 0, 1, 2 ... heads as the coefficients of the product of (1 - p + p z).
 *
 * Coins of small chance: with r = p / (1 - p), the logarithm of their product has the derivative sum of c_j z^(j-1),
 * where c_j is the sum of -(-r)^j; from f' = f (log f)' the coefficients follow, k f_k = sum of c_j f_(k-j). With z
 * as large as it takes to have as many heads on average as are asked for, every r is r z: how much cancels is e to the
 * sum of their squares, so that small is what keeps that sum low. Coins of larger chance are multiplied in as
 * binomials, where all terms are positive. The tail is summed from its smallest term: these distributions are
 * log-concave (Newton), so that once the terms fall they fall ever faster, and what is left out is less than a
 * geometric series. */
#include "engine/graph/tail.h"

#include <math.h>
#include <string.h>

static const double LOST = 1e-290; /* its digits are: it is as good as nothing */
static const double ENOUGH = 1e-13, CANCELS = 5, LARGEST_SMALL = 0.4, HEAVY = 1e-3;
enum { POWERS = 48, MORE_AT_LEAST = 8, TILTS = 3, LIMITS = 6, FEW = 6 };

static bool is_small(double p, double below) { return p > 0 && p < 1 && p < below * (1 - p); }

/* The coins of which it matters that they fall no more than once, apart from the many of which it does not. */
typedef struct {
    cd_coins *heavy;
    size_t n_heavy;
    double light_mean;
    uint64_t n_light;
} weighed;

static cd_status weigh(const cd_coins *coins, size_t n, double heavy_from, weighed *out, cd_err *err)
{
    cd_status st = CD_OK;
    CD_NEW(out->heavy, n);
    for (size_t i = 0; i < n; i++) {
        double p = coins[i].p;
        if (p == 0 || p == 1 || coins[i].n == 0) continue;
        if (p >= heavy_from)
            out->heavy[out->n_heavy++] = coins[i];
        else
            out->light_mean += p * (double)coins[i].n, out->n_light += coins[i].n;
    }
done:
    return st;
}

static uint64_t count_small(const weighed *w, double below)
{
    uint64_t count = w->n_light;
    for (size_t i = 0; i < w->n_heavy; i++) count += is_small(w->heavy[i].p, below) ? w->heavy[i].n : 0;
    return count;
}

/* The z at which so many heads are to be expected, from below: each step takes those for less that are nearly certain
 * there. */
static double tilt(const weighed *w, double mean, uint64_t heads)
{
    double z = (double)heads > mean ? (double)heads / mean : 1;
    for (uint32_t step = 0; step < TILTS && z > 1; step++) {
        double at_z = w->light_mean;
        for (size_t i = 0; i < w->n_heavy; i++)
            at_z += (double)w->heavy[i].n * w->heavy[i].p / (1 + w->heavy[i].p * (z - 1));
        z = (double)heads > at_z ? (double)heads / at_z : 1;
    }
    return z;
}

/* Chances of which r is below this are small: the largest of some limits at which little enough cancels. */
static double small_below(const weighed *w, double z)
{
    double squares[LIMITS] = {0}, limit[LIMITS], sum = 0;
    for (uint32_t i = 0; i < LIMITS; i++) limit[i] = ldexp(LARGEST_SMALL / z, -(int)i);
    for (size_t i = 0; i < w->n_heavy; i++) {
        double p = w->heavy[i].p;
        if (!is_small(p, limit[0])) continue;
        uint32_t k = 0;
        while (k + 1 < LIMITS && is_small(p, limit[k + 1])) k++;
        squares[k] += (double)w->heavy[i].n * p * p * z * z;
    }
    for (uint32_t i = LIMITS; i-- > 0;) {
        sum += squares[i];
        if (sum > CANCELS) return i + 1 < LIMITS ? limit[i + 1] : 0;
    }
    return limit[0];
}

/* f[0 .. top]: the coins of small chance, each coefficient divided by exp(*scale). */
static void small_coins(const cd_coins *coins, size_t n, double below, double z, uint64_t top, double *f, double *scale)
{
    double c[POWERS + 1] = {0}, weight = 1;
    uint32_t powers = 1;
    for (size_t i = 0; i < n; i++) {
        if (!is_small(coins[i].p, below)) continue;
        double r = coins[i].p / (1 - coins[i].p), power = (double)coins[i].n * r, far = 1;
        /* Most chances are so small that three powers are all there is to them. */
        for (uint32_t j = 1; j <= POWERS && far > 1e-18; j++) {
            c[j] += power;
            power *= -r;
            far *= r * z;
        }
    }
    for (uint32_t j = 1; j <= POWERS; j++, weight *= z)
        if (fabs(c[j]) * weight > 1e-18 * c[1]) powers = j;
    *scale = 0; /* that none falls: the logarithm of all 1 + r by its series */
    for (uint32_t j = POWERS; j > 0; j--) *scale -= c[j] / j;
    f[0] = 1;
    for (uint64_t k = 1; k <= top; k++) {
        uint32_t last = powers < k ? powers : (uint32_t)k;
        double sum = 0, other = 0;
        for (uint32_t j = 1; j < last; j += 2) sum += c[j] * f[k - j], other += c[j + 1] * f[k - j - 1];
        if (last & 1) sum += c[last] * f[k - last];
        f[k] = sum + other > 0 ? (sum + other) / (double)k : 0;
        if (f[k] < 1e250) continue;
        for (uint64_t i = 0; i <= k; i++) f[i] *= 1e-250;
        *scale += 250 * log(10.0);
    }
}

/* How many terms of a binomial matter: at z they are spread about their mean there. */
static uint64_t terms_that_count(double p, uint64_t n, double z, uint64_t top)
{
    double mean = (double)n * p * z / (1 + p * (z - 1)), most = mean + 12 * sqrt(mean) + 24;
    uint64_t all = n < top ? n : top;
    return most < (double)all ? (uint64_t)most : all;
}

/* f times 1 - p + p z, n times. */
static void multiply_few(double *f, uint64_t top, double p, uint64_t n, double *out)
{
    for (; n > 0; n--) {
        out[0] = (1 - p) * f[0];
        for (uint64_t k = 1; k <= top; k++) out[k] = (1 - p) * f[k] + p * f[k - 1];
        memcpy(f, out, (top + 1) * sizeof *f);
    }
}

/* f times (1 - p + p z)^n, up to z^top. The binomial's terms by their ratio, from the largest, so that none
 * overflows. */
static void multiply(double *f, uint64_t top, double p, uint64_t n, double z, double *terms, double *out, double *scale)
{
    uint64_t mode = (uint64_t)((double)(n + 1) * p), most = terms_that_count(p, n, z, top);
    if (mode > most) mode = most;
    double r = p / (1 - p);
    terms[mode] = 1;
    for (uint64_t k = mode; k < most; k++) terms[k + 1] = terms[k] * r * (double)(n - k) / (double)(k + 1);
    for (uint64_t k = mode; k > 0; k--) terms[k - 1] = terms[k] / (r * (double)(n - k + 1) / (double)k);
    *scale += lgamma((double)n + 1) - lgamma((double)mode + 1) - lgamma((double)(n - mode) + 1) +
              (double)mode * log(p) + (double)(n - mode) * log1p(-p);
    for (uint64_t k = 0; k <= top; k++) {
        double sum = 0;
        for (uint64_t j = 0; j <= k && j <= most; j++) sum += terms[j] * f[k - j];
        out[k] = sum;
    }
    double largest = 0;
    for (uint64_t k = 0; k <= top; k++) largest = out[k] > largest ? out[k] : largest;
    bool far = largest > 0x1p500 || (largest > 0 && largest < 0x1p-500);
    double factor = far ? 1 / largest : 1;
    for (uint64_t k = 0; k <= top; k++) f[k] = out[k] * factor;
    if (far) *scale += log(largest);
}

/* The tails from coefficients up to `top`; false where more of them are needed. They are summed from the small end. */
static bool sum_tails(const double *f, double scale, uint64_t certain, const uint32_t *seen, size_t n_seen,
                      uint64_t top, uint64_t coins, double *out)
{
    double sum = 0, last = f[top], before = top > 0 ? f[top - 1] : 0;
    uint64_t k = top + 1;
    for (size_t i = n_seen; i-- > 0;) {
        if (seen[i] <= certain) {
            out[i] = 1;
            continue;
        }
        if (seen[i] - certain > top) {
            out[i] = 0;
            continue;
        }
        while (k > seen[i] - certain) sum += f[--k];
        out[i] = sum > 0 ? exp(log(sum) + scale) : 0;
        if (out[i] > 1) out[i] = 1; /* rounding */
        if (top >= coins || sum < LOST || last < LOST * ENOUGH) continue;
        /* Falling, and the rest below the geometric series of the last ratio. */
        if (!(last < before && last * last / (before - last) <= ENOUGH * sum)) return false;
    }
    return true;
}

cd_status cd_tail(const cd_coins *coins, size_t n, const uint32_t *seen, size_t n_seen, double *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t certain = 0, all = 0, most = n_seen ? seen[n_seen - 1] : 0;
    double mean = 0, *f = NULL;
    weighed w = {0};
    for (size_t i = 0; i < n; i++) {
        if (!(coins[i].p >= 0 && coins[i].p <= 1)) return cd_fail(err, CD_EUSAGE, "%g is no chance", coins[i].p);
        if (coins[i].p == 1)
            certain += coins[i].n;
        else if (coins[i].p > 0)
            all += coins[i].n;
        if (coins[i].p < 1) mean += coins[i].p * (double)coins[i].n;
    }
    most = most > certain ? most - certain : 0;
    if (most > all) most = all;
    double heavy_from = HEAVY * fmin(1, mean / (double)(most + 1));
    CD_TRY(weigh(coins, n, heavy_from, &w, err));
    /* Each term is a z-th of the one before, or less. */
    double first_z = fmax(tilt(&w, mean, most), 1.2);
    for (uint64_t more = MORE_AT_LEAST + (uint64_t)(log(1 / ENOUGH) / log(first_z));; more *= 2) {
        uint64_t top = all - most < more ? all : most + more;
        double scale, z = tilt(&w, mean, top), below = small_below(&w, z);
        /* Where most of few must fall, terms cancel; the light are small wherever any are. */
        if (count_small(&w, below) / 8 < top || !is_small(heavy_from, below)) below = 0;
        cd_free(f);
        CD_NEW(f, 3 * (top + 1));
        small_coins(coins, n, below, z, top, f, &scale);
        for (size_t i = 0; i < (below > 0 ? w.n_heavy : n); i++) {
            const cd_coins *c = below > 0 ? &w.heavy[i] : &coins[i];
            if (c->p == 0 || c->p == 1 || c->n == 0 || is_small(c->p, below)) continue;
            if (c->n <= FEW)
                multiply_few(f, top, c->p, c->n, f + top + 1);
            else
                multiply(f, top, c->p, c->n, z, f + top + 1, f + 2 * (top + 1), &scale);
        }
        if (sum_tails(f, scale, certain, seen, n_seen, top, all, out)) break;
    }
done:
    cd_free(w.heavy);
    cd_free(f);
    return st;
}

/* Of all coins with that sum and no larger chances, the tail at or above mean + 1 is least where the chances are as
 * unequal as may be (Gleser 1975): all the largest, or none. Its first term alone is not above it. */
double cd_tail_floor(double mean, double most, uint64_t seen)
{
    if (seen == 0) return 1;
    if (seen == 1) return -expm1(-mean);  /* at least one: least where no coin can be met twice, 1 - e^-mean */
    if ((double)seen <= mean) return 0.5; /* the median is the mean rounded, up or down (Jogdeo and Samuels 1968) */
    if ((double)seen < mean + 1)
        return most > 0.5 ? 0 : 0.1; /* one above: little only where coins are nearly certain */
    double n = floor(mean / most), k = (double)seen;
    if (k > n) return 0;
    return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(most) + (n - k) * log1p(-most));
}

/* Between 2 and the mean the floor is the same; from the mean and one on it is a binomial's term, each the one before
 * by their ratio. */
void cd_tail_least(double mean, double most, const double *levels, uint32_t n_levels, uint32_t heads, uint32_t *least)
{
    const double a_little_less = 1 - 1e-9; /* for what the ratios lose */
    double n = floor(mean / most), odds = most / (1 - most), here = cd_tail_floor(mean, most, 1);
    uint64_t k = 1;
    for (uint32_t i = 0; i < n_levels; i++) {
        while (k <= heads && here > levels[i]) {
            bool by_ratio = (double)k >= mean + 1 && (double)k < n;
            k = k > 1 && (double)k < mean ? (uint64_t)mean + 1 : k + 1;
            if (by_ratio)
                here *= (n - (double)k + 1) / (double)k * odds * a_little_less;
            else
                here = cd_tail_floor(mean, most, k);
        }
        least[i] = k <= heads ? (uint32_t)k : UINT32_MAX;
    }
}
