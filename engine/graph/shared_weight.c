/* SPDX-License-Identifier: GPL-3.0-or-later
 * shared_weight.c: two rows that rise, side by side. */
#include "engine/graph/shared_weight.h"

#include <math.h>

static const double UNIT = 0x1p32, MOST = 0x1p10;

bool cd_weight_is_right(double weight) { return weight >= 0 && weight <= MOST; }

double cd_shared_weight(const cd_shared *s, cd_id u, cd_id v, const double *weight)
{
    const cd_csr *rows = s->by_left;
    cd_off a = rows->off[u], b = rows->off[v];
    uint64_t sum = 0;
    while (a < rows->off[u + 1] && b < rows->off[v + 1]) {
        cd_id x = rows->adj[a], y = rows->adj[b];
        bool counts = x == y && (!s->cap || cd_csr_degree(s->by_right, x) <= s->cap);
        if (counts) sum += (uint64_t)llrint(weight[x] * UNIT);
        a += x <= y, b += y <= x;
    }
    return (double)sum / UNIT;
}
