/* SPDX-License-Identifier: GPL-3.0-or-later
 * evidence.c: calibration of chances. */
#include "engine/detect/evidence.h"

#include <math.h>
#include <stdlib.h>

#include "engine/detect/finding.h"

static const double KAPPA = 0.3;
static const double MOST_TIMES = 1e300;
static const double FROM = 0.69897000433601886; /* one in five */
static const double LEFT_OUT = 1 / 400.0;

static size_t left_out(double people)
{
    size_t n = (size_t)(people * LEFT_OUT);
    return n < 2 ? 2 : n;
}

/* The power for a group of so many, of whom x[n] are beyond one in five: falling, as -log10 of their chances. */
static double power_of(const double *x, size_t n, size_t people)
{
    double power = 1;
    size_t skip = left_out((double)people);
    for (size_t k = skip + 1; k <= n; k++) {
        if (k < n && x[k] == x[k - 1]) continue; /* ties count together, at the last of them */
        double most = -log10((double)(k - skip) / (double)people) / x[k - 1];
        if (most < power) power = most;
    }
    return power;
}

/* Somebody beyond one in five, in one group. */
typedef struct {
    uint32_t group;
    double x;
} beyond;

static int beyond_compare(const void *a, const void *b)
{
    const beyond *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    return (x->x < y->x) - (x->x > y->x);
}

/* Lowers the tempers of all groups of one grouping; NULL: all are one group. */
static cd_status temper_by(const double *log_p, const bool *part, uint32_t n, const cd_grouping *by, uint32_t least,
                           double *temper, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n_groups = by ? by->n_groups : 1, *size = NULL;
    size_t m = 0;
    beyond *list = NULL;
    double *x = NULL, *power = NULL;
    CD_NEW(size, n_groups);
    CD_NEW(power, n_groups);
    CD_NEW(list, n);
    CD_NEW(x, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t group = by ? by->group[i] : 0;
        if (part && !part[i]) continue;
        size[group]++;
        double rarity = -log_p[i] * temper[i];
        if (rarity >= FROM) list[m++] = (beyond){group, rarity};
    }
    if (m > 1) qsort(list, m, sizeof *list, beyond_compare);
    for (uint32_t g = 0; g < n_groups; g++) power[g] = 1;
    for (size_t i = 0, end; i < m; i = end) {
        uint32_t group = list[i].group;
        for (end = i; end < m && list[end].group == group; end++) x[end] = list[end].x;
        if (!by || (group && size[group] >= least)) power[group] = power_of(x + i, end - i, size[group]);
    }
    for (uint32_t i = 0; i < n; i++) temper[i] *= power[by ? by->group[i] : 0];
done:
    cd_free(size);
    cd_free(power);
    cd_free(list);
    cd_free(x);
    return st;
}

cd_status cd_evidence_temper(const double *log_p, const bool *part, uint32_t n, const cd_grouping *by, uint32_t n_by,
                             uint32_t least, double *temper, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < n; i++) temper[i] = 1;
    for (uint32_t g = 0; g < n_by; g++) CD_TRY(temper_by(log_p, part, n, &by[g], least, temper, err));
    CD_TRY(temper_by(log_p, part, n, NULL, 0, temper, err));
    for (uint32_t i = 0; i < n; i++) temper[i] = floor(1000 * temper[i]) / 1000;
done:
    return st;
}

typedef struct {
    double log_times;
    uint32_t people;
} factor;

static int factor_compare(const void *a, const void *b)
{
    const factor *x = a, *y = b;
    if (x->log_times != y->log_times) return x->log_times > y->log_times ? -1 : 1;
    return (x->people > y->people) - (x->people < y->people);
}

cd_status cd_evidence_temper_times(const double *log_times, const uint32_t *of_people, size_t n, double people,
                                   double *power, cd_err *err)
{
    enum { STEPS = 100 };
    cd_status st = CD_OK;
    factor *list = NULL;
    size_t skip = left_out(people), begin = 0;
    CD_NEW(list, n);
    for (size_t i = 0; i < n; i++) list[i] = (factor){log_times[i], of_people ? of_people[i] : 1};
    if (n > 1) qsort(list, n, sizeof *list, factor_compare);
    for (; begin < n && skip > 0; begin++) { /* a group of which one is left out is left out in part */
        uint32_t some = list[begin].people < skip ? list[begin].people : (uint32_t)skip;
        list[begin].people -= some, skip -= some;
        if (list[begin].people) break;
    }
    *power = 0;
    for (int step = STEPS; step > 0; step--) {
        double sum = 0;
        *power = (double)step / STEPS;
        for (size_t i = begin; i < n && sum <= people; i++)
            sum += list[i].people * pow(10, fmin(*power * list[i].log_times, 300));
        if (sum <= people) break;
        *power = 0;
    }
done:
    cd_free(list);
    return st;
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

cd_status cd_evidence_lift(const double *times, size_t n, double people, double *lift, cd_err *err)
{
    static const double WANTED = 0.5, FEW = 200; /* so many people more, of a mean of 1 */
    cd_status st = CD_OK;
    size_t skip = left_out(people);
    double *list = NULL, sum = 0;
    CD_NEW(list, n);
    for (size_t i = 0; i < n; i++) list[i] = times[i];
    if (n > 1) qsort(list, n, sizeof *list, falling);
    for (size_t i = 0; i < n && n > skip; i++) sum += list[i < skip ? skip : i];
    *lift = fmin(fmax(WANTED * (people + FEW) / (sum + FEW), 1), CD_EVIDENCE_LIFT);
    *lift = floor(1000 * *lift) / 1000;
done:
    cd_free(list);
    return st;
}

double cd_evidence_times(double log_p, double temper)
{
    double times = KAPPA * pow(10, (KAPPA - 1) * temper * log_p);
    return times < MOST_TIMES ? times : MOST_TIMES;
}

int32_t cd_evidence_centibans(double times) { return (int32_t)floor(CD_CENTIBANS * log10(times) + 1e-6); }

double cd_evidence_factor(int64_t centibans) { return pow(10, (double)centibans / CD_CENTIBANS); }
