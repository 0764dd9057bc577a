/* SPDX-License-Identifier: GPL-3.0-or-later
 * force_days.h: cuts a generated force into what was there before its last days, and each of these: what a nightly
 * export brings, which is accesses, shifts, roster and presence. */
#ifndef BENCHMARKS_FORCE_DAYS_H
#define BENCHMARKS_FORCE_DAYS_H

#include "benchmarks/bench.h"

/* Makes a force of so many days from the first of 2025 on in the folder `force`, and cuts it: `before` becomes a folder
 * of everything but the last days, days[k], a folder each, gets the k-th of those. Folders must not be there yet. */
void force_days_make(const bench *b, uint32_t n_officers, uint32_t n_days, const char *force, const char *before,
                     char *const *days, uint32_t n_last);

#endif
