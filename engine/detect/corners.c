/* SPDX-License-Identifier: GPL-3.0-or-later
 * corners.c: shares by corner, the officer's own left out. */
#include "engine/detect/corners.h"

#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/reasons_inside.h"

static const double PRIOR = 5;    /* strays at the force's share that are added to each corner's */
static const double LATENT = 0.3; /* of a stray that is not counted, where none is seen */

typedef struct {
    double counted, all;
} corner_sum;

static double share_of(double share, double n, double k)
{
    if (share >= 1) return n;
    double strays = (n - k + LATENT) / (1 - share);
    return share * (strays < n ? strays : n);
}

/* What others' share makes of n strays, k of them counted. */
static double expected_of(const corner_sum *c, double force, double n, double k)
{
    double share = (c->counted - k + PRIOR * force) / (c->all - n + PRIOR);
    return share_of(share, n, k);
}

/* The same where the corner is all the files there are. */
static double expected_among(const corner_sum *c, double n, double k)
{
    return share_of(c->all > 0 ? c->counted / c->all : 0, n, k);
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

/* ---- By what the files are ---- */

static uint32_t alike_of(const cd_look *look, cd_files_alike by, cd_id file)
{
    return by == CD_FILES_OF_OWNER ? look->residue->owner[file] : look->scene->file_kind[file];
}

/* How many files of each there are, and of these grades. */
static void files_count(const cd_look *look, cd_files_alike by, int8_t lo, int8_t hi, corner_sum *sums)
{
    const cd_scene *s = look->scene;
    for (cd_id f = 0; f < s->files.n; f++) {
        corner_sum *c = &sums[alike_of(look, by, f)];
        c->all++, c->counted += s->sensitivity[f] >= lo && s->sensitivity[f] <= hi;
    }
}

/* Adds the distinct files that are an officer's routine to keys[], none of them counted. */
static cd_status routine_add(const cd_look *look, cd_id o, cd_id **files, size_t *cap_files, uint64_t **keys,
                             size_t *cap, size_t *m, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = look->scene;
    if (look->reasons->routine_off[o] == look->reasons->routine_off[o + 1]) return CD_OK;
    CD_TRY(cd_grow(files, cap_files, (size_t)(s->access_off[o + 1] - s->access_off[o]) + 1, sizeof **files, err));
    size_t n = cd_files_with_reason(s, o, CD_REASON_ROUTINE, *files);
    CD_TRY(cd_grow(keys, cap, *m + n + 1, sizeof **keys, err));
    for (size_t i = 0; i < n; i++) (*keys)[(*m)++] = (uint64_t)alike_of(look, CD_FILES_OF_KIND, (*files)[i]) << 1;
done:
    return st;
}

cd_status cd_corner_graded(const cd_look *look, cd_files_alike by, int8_t lo, int8_t hi, const uint8_t *counted,
                           const uint8_t *left_out, double *exposure, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_residue *r = look->residue;
    const cd_scene *s = look->scene;
    corner_sum *sums = NULL;
    uint64_t *keys = NULL; /* of one officer: owner or kind, whether counted */
    cd_id *files = NULL;
    size_t cap = 0, cap_files = 0;
    CD_NEW(sums, (size_t)(by == CD_FILES_OF_OWNER ? s->units.n : s->kinds.n) + 1);
    files_count(look, by, lo, hi, sums);
    for (cd_id o = 0; o < s->officers.n; o++) {
        size_t m = 0;
        exposure[o] = 0;
        CD_TRY(cd_grow(&keys, &cap, (size_t)(r->off[o + 1] - r->off[o]) + 1, sizeof *keys, err));
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++)
            if (!left_out[i]) keys[m++] = (uint64_t)alike_of(look, by, r->strays[i].file) << 1 | counted[i];
        if (m && by == CD_FILES_OF_KIND) CD_TRY(routine_add(look, o, &files, &cap_files, &keys, &cap, &m, err));
        if (m > 1) qsort(keys, m, sizeof *keys, cd_compare_u64);
        for (size_t i = 0, j; i < m; i = j) {
            double here = 0;
            for (j = i; j < m && keys[j] >> 1 == keys[i] >> 1; j++) here += (double)(keys[j] & 1);
            exposure[o] += expected_among(&sums[keys[i] >> 1], (double)(j - i), here);
        }
    }
done:
    cd_free(sums);
    cd_free(keys);
    cd_free(files);
    return st;
}
