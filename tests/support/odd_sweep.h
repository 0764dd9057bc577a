/* SPDX-License-Identifier: GPL-3.0-or-later
 * odd_sweep.h: sweeps that no detector made: a handful of officers, families, findings, counts and rows, drawn from a
 * seed; sound in every respect. Seed by seed everything occurs: nobody, no findings, findings that are no sum of
 * counts, rows that are in no count, files in several findings. */
#ifndef TESTS_SUPPORT_ODD_SWEEP_H
#define TESTS_SUPPORT_ODD_SWEEP_H

#include "engine/sweep/image.h"

/* `most_files`: an officer's rows are about so many files at most. For odd_sweep_release. */
void odd_sweep_make(cd_image *m, uint64_t seed, uint32_t most_files);
void odd_sweep_release(cd_image *m);

#endif
