/* SPDX-License-Identifier: GPL-3.0-or-later
 * corners.c: shares by corner, the officer's own left out. */
#include "engine/detect/corners.h"

#include <stdlib.h>

#include "engine/base/sort.h"

static const double PRIOR = 5;    /* strays at the force's share that are added to each corner's */
static const double LATENT = 0.3; /* of a stray that is not counted, where none is seen */

typedef struct {
    double counted, all;
} corner_sum;

/* What others' share makes of n strays, k of them counted. */
static double expected_of(const corner_sum *c, double force, double n, double k)
{
    double share = (c->counted - k + PRIOR * force) / (c->all - n + PRIOR);
    if (share >= 1) return n;
    double strays = (n - k + LATENT) / (1 - share);
    return share * (strays < n ? strays : n);
}

cd_status cd_corner_exposure(const cd_look *look, const uint8_t *counted, const uint8_t *left_out, cd_corner corner,
                             double *exposure, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_residue *r = look->residue;
    cd_id n = look->scene->officers.n;
    corner_sum *sums = NULL, force = {0, 0};
    uint64_t *keys = NULL; /* of one officer: corner, whether counted */
    size_t cap = 0;
    CD_NEW(sums, (size_t)look->scene->units.n + 1);
    for (cd_id o = 0; o < n; o++)
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
            uint32_t at = corner == CD_CORNER_UNIT ? r->unit[o] : r->owner[r->strays[i].file];
            if (left_out[i]) continue;
            sums[at].all++, sums[at].counted += counted[i]; /* whole numbers: exact in any order */
            force.all++, force.counted += counted[i];
        }
    double share = (force.counted + 0.5) / (force.all + 1);
    for (cd_id o = 0; o < n; o++) {
        size_t m = 0;
        exposure[o] = 0;
        CD_TRY(cd_grow(&keys, &cap, (size_t)(r->off[o + 1] - r->off[o]) + 1, sizeof *keys, err));
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
            uint64_t at = corner == CD_CORNER_UNIT ? r->unit[o] : r->owner[r->strays[i].file];
            if (!left_out[i]) keys[m++] = at << 1 | counted[i];
        }
        if (m > 1) qsort(keys, m, sizeof *keys, cd_compare_u64);
        for (size_t i = 0, j; i < m; i = j) {
            double here = 0;
            for (j = i; j < m && keys[j] >> 1 == keys[i] >> 1; j++) here += (double)(keys[j] & 1);
            exposure[o] += expected_of(&sums[keys[i] >> 1], share, (double)(j - i), here);
        }
    }
done:
    cd_free(sums);
    cd_free(keys);
    return st;
}
