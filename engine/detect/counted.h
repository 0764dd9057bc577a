/* SPDX-License-Identifier: GPL-3.0-or-later
 * counted.h: the counts of one officer, each held against the peers', as one finding: the weighted mean of what they
 * say is its e-value, and those of which there is any are told. */
#ifndef CD_DETECT_COUNTED_H
#define CD_DETECT_COUNTED_H

#include "engine/detect/finding.h"
#include "engine/detect/peers.h"

enum { CD_OFFICER_COUNTS = 32 };

typedef struct {
    const char *what; /* fits cd_counted */
    double weight;    /* of this count; of all together 1 */
    uint32_t seen;
    const cd_compared *got;
    double temper;
} cd_officer_count;

/* Zeroed, none. */
typedef struct {
    cd_officer_count listed[CD_OFFICER_COUNTS];
    uint32_t n_listed;
    double all, base; /* factors: of all counts, and of those that are not listed */
} cd_officer_counts;

/* Another count. Returns its place in listed[], CD_OFFICER_COUNTS where there is none of it. */
uint32_t cd_officer_counts_add(cd_officer_counts *c, cd_officer_count x);
/* Fills in what the finding, which has n_listed counts, says and is made of. */
void cd_officer_counts_tell(const cd_officer_counts *c, cd_finding *f);

#endif
