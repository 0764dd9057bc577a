/* SPDX-License-Identifier: GPL-3.0-or-later
 * tiers.c: e-BH, tier after tier. */
#include "engine/rank/tiers.h"

#include <math.h>

#include "engine/base/sort.h"
#include "engine/detect/finding.h"

static const char *const names[CD_TIERS] = {"none", "prevent", "assess", "urgent"};

const char *cd_tier_name(cd_tier tier) { return names[tier]; }

static double times_of(int64_t centibans) { return pow(10, (double)centibans / CD_CENTIBANS); }

cd_status cd_tiers_decide(const int64_t *e_centibans, uint32_t n, const cd_tier_rules *rules, uint8_t *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *order = NULL, begun = 0;
    double *value = NULL;
    CD_NEW(order, n);
    CD_NEW(value, n);
    for (uint32_t i = 0; i < n; i++) value[i] = (double)e_centibans[i], out[i] = CD_TIER_NONE;
    CD_TRY(cd_order_falling(value, n, order, err));
    for (cd_tier tier = CD_TIER_URGENT; tier > CD_TIER_NONE; tier--) {
        uint32_t listed = 0;
        for (uint32_t k = 1; k <= n && rules->level[tier] > 0; k++)
            if (times_of(e_centibans[order[k - 1]]) * rules->level[tier] * k >= n) listed = k;
        /* A tier that is full ends the list: those after it wait in the next. */
        if (listed > begun + rules->queue[tier]) listed = begun + rules->queue[tier];
        for (; begun < listed; begun++) out[order[begun]] = (uint8_t)tier;
    }
done:
    cd_free(order);
    cd_free(value);
    return st;
}

double cd_tiers_clean(const int64_t *e_centibans, uint32_t k, uint32_t n)
{
    double least = k;
    for (uint32_t j = 1; j <= k; j++) {
        double bound = n / times_of(e_centibans[j - 1]) + (k - j);
        if (bound < least) least = bound;
    }
    return ceil(1000 * least - 1e-6) / 1000;
}
