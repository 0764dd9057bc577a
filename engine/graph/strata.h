/* SPDX-License-Identifier: GPL-3.0-or-later
 * strata.h: right ids by the unit that their entity rows say, so that like is held against like. */
#ifndef CD_GRAPH_STRATA_H
#define CD_GRAPH_STRATA_H

#include "engine/store/snapshot.h"

/* (*stratum)[id] of every id of a kind, for cd_pages_free: 0 where no row says a unit, else 1 and up in the order of
 * the units' names. Of several rows the latest as_of holds, an undated row before all others. CD_EUSAGE where the kind
 * has no unit. The arrays are checked on the way. */
CD_CHECKED cd_status cd_strata_of_units(const cd_snapshot *s, uint32_t kind, uint32_t **stratum, uint32_t *n_strata,
                                        cd_err *err);

#endif
