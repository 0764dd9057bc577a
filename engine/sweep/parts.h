/* SPDX-License-Identifier: GPL-3.0-or-later
 * parts.h: what a detector found, kept until its sweep is: a sweep that is stopped or killed goes on where it was. A
 * part is known by the key of its sweep; one that is torn or of another key is made again. */
#ifndef CD_SWEEP_PARTS_H
#define CD_SWEEP_PARTS_H

#include "engine/detect/detector.h"

CD_CHECKED cd_status cd_part_write(const char *store, uint64_t key, uint32_t detector, const cd_findings *f,
                                   cd_err *err);
/* *found is false where there is none that can be used. */
CD_CHECKED cd_status cd_part_read(const char *store, uint64_t key, uint32_t detector, const cd_scene *scene,
                                  cd_findings *out, bool *found, cd_err *err);
/* All there are, of whatever key, and what a killed process left of one. The sweeps are locked. */
void cd_parts_remove(const char *store);

#endif
