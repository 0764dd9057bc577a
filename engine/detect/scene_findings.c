/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_findings.c: earlier findings into a scene. */
#include "engine/detect/scene_findings.h"

#include <stdlib.h>

#include "engine/detect/scene_inside.h"

static int earlier_compare(const void *a, const void *b)
{
    const cd_earlier *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    if (x->row.segment != y->row.segment) return x->row.segment < y->row.segment ? -1 : 1;
    return (x->row.row > y->row.row) - (x->row.row < y->row.row);
}

cd_status cd_scene_findings(cd_scene *s, uint64_t needs, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_earlier_findings *x = &s->earlier;
    cd_rows rows = {0};
    if (!(needs & CD_NEEDS_FINDINGS)) return CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "findings");
    uint32_t at = cd_column(&t, "at");
    cd_off n = 0;
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    x->off = cd_scene_array(s, (size_t)rows.n + 1, sizeof *x->off, err);
    x->list = cd_scene_array(s, rows.off[rows.n], sizeof *x->list, err);
    if (!x->off || !x->list) CD_TRY(CD_EMEMORY);
    for (cd_id o = 0; o < rows.n; o++) {
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++) {
            cd_earlier e = {cd_row_value(&t, at, rows.ref[r]), rows.ref[r]};
            if (e.at != CANDOUR_UNKNOWN && e.at < s->as_of) x->list[n++] = e;
        }
        cd_off mine = n - x->off[o];
        if (mine > 1) qsort(x->list + x->off[o], mine, sizeof *x->list, earlier_compare);
        x->off[o + 1] = n;
    }
    if (n == 0) s->missing |= CD_NEEDS_FINDINGS;
done:
    cd_rows_release(&rows);
    return st;
}
