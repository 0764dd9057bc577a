/* SPDX-License-Identifier: GPL-3.0-or-later
 * shared_weight.h: what two left ids share, each shared right id by a weight of the caller's. */
#ifndef CD_GRAPH_SHARED_WEIGHT_H
#define CD_GRAPH_SHARED_WEIGHT_H

#include "engine/graph/shared.h"

/* Whether cd_shared_weight and cd_shared_top take a weight: in [0, 1024]. */
bool cd_weight_is_right(double weight);
/* weight[] is per right id. Summed in whole numbers, of 2^-32, so that no order shows. Beyond the cap nothing weighs.
 * Costs a look along both rows. */
double cd_shared_weight(const cd_shared *s, cd_id u, cd_id v, const double *weight);

#endif
