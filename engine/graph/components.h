/* SPDX-License-Identifier: GPL-3.0-or-later
 * components.h: which vertices of an undirected graph hang together. */
#ifndef CD_GRAPH_COMPONENTS_H
#define CD_GRAPH_COMPONENTS_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

/* component[n]: the lowest vertex that hangs together with each. Takes no memory of its own. Parallel. */
void cd_components(const cd_csr *g, const cd_run *run, cd_id *component);

#endif
