/* SPDX-License-Identifier: GPL-3.0-or-later
 * exact_sum.c: see exact_sum.h. */
#include "queries/language/exact_sum.h"

#include <math.h>

/* hi + lo is a + b exactly, hi being its rounding. */
static double two_sum(double a, double b, double *lo)
{
    double hi = a + b, of_b = hi - a;
    *lo = (a - (hi - of_b)) + (b - of_b);
    return hi;
}

static cd_status add(exact_sum *s, double x, value_pool *pool, cd_err *err)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        double lo, hi = two_sum(x, s->parts[i], &lo);
        if (lo != 0) s->parts[n++] = lo;
        x = hi;
    }
    s->n = n;
    if (!isfinite(x)) { /* the sum itself is too large */
        s->odd = s->is_odd ? s->odd + x : x, s->is_odd = true, s->n = 0;
        return CD_OK;
    }
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? 2 * s->cap : 2;
        double *more = value_pool_alloc(pool, cap * sizeof *more, err);
        if (!more) return CD_EMEMORY;
        if (s->n) memcpy(more, s->parts, s->n * sizeof *more);
        s->parts = more, s->cap = cap;
    }
    s->parts[s->n++] = x;
    return CD_OK;
}

cd_status exact_sum_add(exact_sum *s, double a, double b, value_pool *pool, cd_err *err)
{
    double hi = a * b;
    if (!isfinite(hi)) {
        s->odd = s->is_odd ? s->odd + hi : hi, s->is_odd = true;
        return CD_OK;
    }
    double lo = b == 1 ? 0 : fma(a, b, -hi);
    cd_status st = add(s, hi, pool, err);
    return st == CD_OK && lo != 0 ? add(s, lo, pool, err) : st;
}

double exact_sum_end(const exact_sum *s)
{
    if (s->is_odd) return s->odd;
    if (s->n == 0) return 0;
    uint32_t i = s->n - 1;
    double hi = s->parts[i], lo = 0;
    while (i > 0 && lo == 0) hi = two_sum(hi, s->parts[--i], &lo);
    /* Half way between two doubles: what is left says which way to round. */
    if (i > 0 && ((lo < 0 && s->parts[i - 1] < 0) || (lo > 0 && s->parts[i - 1] > 0))) {
        double more = 2 * lo, x = hi + more;
        if (x - hi == more) hi = x;
    }
    return hi;
}
