/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_sharing.h: what the kernels over shared neighbours have in common: whose neighbours are compared. */
#ifndef CD_GRAPH_KERNELS_SHARING_H
#define CD_GRAPH_KERNELS_SHARING_H

#include "engine/graph/kernels.h"
#include "engine/graph/shared.h"

/* The side of a relation whose ids are compared. */
typedef struct {
    cd_shared shared;
    cd_id first; /* vertex of its id 0 */
} cd_compared;

CD_CHECKED cd_status cd_compare_side(const cd_asked *asked, const char *kernel, cd_compared *out, cd_err *err);
/* Increments of a pass over all lists, hubs apart: what the time goes by. */
double cd_increments(const cd_compared *c);

#endif
