/* SPDX-License-Identifier: GPL-3.0-or-later
 * ledger.h: from findings to a score that can be added up by hand.
 *
 * Detectors of one family read the same rows, so that what they say is averaged as factors, not added: a family's
 * factor is one half, plus one half of the weighted mean of its findings' factors; a detector that found nothing adds
 * nothing. Whoever has no finding stands at one half in every family, 3.01 decibans below even. Families' centibans are
 * added.
 *
 * In the ledger of a family stands where it begins, what each finding adds (the score with it less the score without
 * it), and what several findings say alike, which taking away one of them does not take away. Their sum is the score.
 */
#ifndef CD_RANK_LEDGER_H
#define CD_RANK_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One finding, as far as the sum goes. */
typedef struct {
    int32_t gain_centibans;
    double share; /* of the detector within its family; the shares of a family sum to 1 */
} cd_told;

/* The family's centibans with all findings but `skip` (n or more: with all). */
int64_t cd_ledger_family(const cd_told *told, size_t n, size_t skip);
/* adds[n]; and what is said alike, so that cd_ledger_family(told, 0, 0) + sum of adds + alike is the family's
 * centibans. */
void cd_ledger_lines(const cd_told *told, size_t n, int64_t *adds, int64_t *alike);

#endif
