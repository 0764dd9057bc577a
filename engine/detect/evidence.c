/* SPDX-License-Identifier: GPL-3.0-or-later
 * evidence.c: calibration of chances. */
#include "engine/detect/evidence.h"

#include <math.h>

#include "engine/detect/finding.h"

static const double KAPPA = 0.3;
static const double LEAST_TEMPER = 0.05; /* peers so unlike the model that it says next to nothing */
static const double MOST_TIMES = 1e300;

double cd_evidence_temper(const double *log_p, const bool *part, size_t n)
{
    static const double beyond[] = {0.2, 0.1, 0.05, 0.02, 0.01};
    double temper = 1;
    for (size_t b = 0; b < sizeof beyond / sizeof *beyond; b++) {
        size_t all = 0, found = 0;
        double edge = log10(beyond[b]);
        for (size_t i = 0; i < n; i++) {
            if (part && !part[i]) continue;
            all++;
            found += log_p[i] <= edge;
        }
        if (all == 0) return 1;
        if (found == 0) continue;
        double power = log10((double)found / (double)all) / edge;
        if (power < temper) temper = power;
    }
    return temper < LEAST_TEMPER ? LEAST_TEMPER : temper;
}

double cd_evidence_times(double log_p, double temper)
{
    double times = KAPPA * pow(10, (KAPPA - 1) * temper * log_p);
    return times < MOST_TIMES ? times : MOST_TIMES;
}

int32_t cd_evidence_centibans(double times) { return (int32_t)floor(CD_CENTIBANS * log10(times) + 1e-6); }

double cd_evidence_factor(int64_t centibans) { return pow(10, (double)centibans / CD_CENTIBANS); }
