/* SPDX-License-Identifier: GPL-3.0-or-later
 * ledger.c: sums of factors, rounded to whole centibans before anything is compared or added. */
#include "engine/rank/ledger.h"

#include <math.h>

#include "engine/detect/finding.h"

static const double FLOOR = 0.5;

int64_t cd_ledger_family(const cd_told *told, size_t n, size_t skip)
{
    double factor = FLOOR;
    for (size_t i = 0; i < n; i++)
        if (i != skip) factor += (1 - FLOOR) * told[i].share * pow(10, (double)told[i].gain_centibans / CD_CENTIBANS);
    return (int64_t)rint(CD_CENTIBANS * log10(factor));
}

void cd_ledger_lines(const cd_told *told, size_t n, int64_t *adds, int64_t *alike)
{
    int64_t all = cd_ledger_family(told, n, n);
    *alike = all - cd_ledger_family(told, 0, 0);
    for (size_t i = 0; i < n; i++) {
        adds[i] = all - cd_ledger_family(told, n, i);
        *alike -= adds[i];
    }
}
