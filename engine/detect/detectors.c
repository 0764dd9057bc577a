/* SPDX-License-Identifier: GPL-3.0-or-later
 * detectors.c: the table of detectors, and what they share in making findings. */
#include "engine/detect/detector.h"

const cd_detector *const cd_detectors[] = {
    &cd_detector_unexplained, &cd_detector_offshift,   &cd_detector_drift,          &cd_detector_coaccess,
    &cd_detector_touch_own,   &cd_detector_hidden_tie, &cd_detector_undeclared,     &cd_detector_complaints,
    &cd_detector_cocomplaint, &cd_detector_precedent,  &cd_detector_overtime,       &cd_detector_attendance,
    &cd_detector_impossible,  &cd_detector_pay_change, &cd_detector_finance_change, &cd_detector_sickness,
};
const uint32_t cd_n_detectors = sizeof cd_detectors / sizeof *cd_detectors;

cd_status cd_finding_add(cd_findings *f, uint32_t n_counted, uint32_t n_cited, cd_finding **out, cd_err *err)
{
    cd_status st = cd_grow(&f->list, &f->cap, f->n + 1, sizeof *f->list, err);
    if (st != CD_OK) return st;
    cd_finding *new = &f->list[f->n];
    *new = (cd_finding){.n_counted = n_counted, .n_cited = n_cited};
    new->counted = cd_arena_alloc(&f->arena, n_counted, sizeof *new->counted, err);
    new->cited = cd_arena_alloc(&f->arena, n_cited, sizeof *new->cited, err);
    if (!new->counted || !new->cited) return CD_EMEMORY;
    f->n++;
    *out = new;
    return CD_OK;
}

cd_cited cd_cite(const cd_scene *s, cd_off access, uint32_t counts)
{
    const cd_access *a = &s->accesses[access];
    cd_table_of t = cd_table_named(s->snapshot, "accesses");
    return cd_cite_row(&t, (cd_row_ref){a->segment, a->row}, counts);
}

cd_cited cd_cite_row(const cd_table_of *t, cd_row_ref at, uint32_t counts)
{
    return (cd_cited){.table = t->table, .segment = at.segment, .row = at.row, .counts = counts};
}
