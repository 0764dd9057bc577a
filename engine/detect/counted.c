/* SPDX-License-Identifier: GPL-3.0-or-later
 * counted.c: see counted.h. */
#include "engine/detect/counted.h"

#include <stdio.h>

#include "engine/detect/evidence.h"

uint32_t cd_officer_counts_add(cd_officer_counts *c, cd_officer_count x)
{
    double times = x.weight * cd_evidence_times(x.got->log_p, x.temper);
    c->all += times;
    if (!x.seen) {
        c->base += times;
        return CD_OFFICER_COUNTS;
    }
    c->listed[c->n_listed] = x;
    return c->n_listed++;
}

void cd_officer_counts_tell(const cd_officer_counts *c, cd_finding *f)
{
    f->base = c->base, f->gain_centibans = cd_evidence_centibans(c->all);
    for (uint32_t k = 0; k < c->n_listed; k++) {
        const cd_officer_count *x = &c->listed[k];
        f->counted[k] = (cd_counted){.seen = x->seen,
                                     .expected = x->got->expected,
                                     .shape = x->got->shape,
                                     .weight = x->weight,
                                     .temper = x->temper};
        snprintf(f->counted[k].what, sizeof f->counted[k].what, "%s", x->what);
    }
}
