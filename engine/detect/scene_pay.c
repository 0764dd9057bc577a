/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_pay.c: pay, absence and financial events into a scene. */
#include "engine/detect/scene_pay.h"

#include <math.h>
#include <stdlib.h>

#include "engine/detect/residue.h"
#include "engine/detect/scene_inside.h"

enum { LEAST_MONTHS = 4 };
const char *const cd_money_kinds[CD_MONEY_KINDS] = {"judgment", "default", "garnishment", "windfall", "loan"};

static int row_compare(cd_row_ref a, cd_row_ref b)
{
    if (a.segment != b.segment) return a.segment < b.segment ? -1 : 1;
    return (a.row > b.row) - (a.row < b.row);
}

static int monthly_compare(const void *a, const void *b)
{
    const cd_monthly *x = a, *y = b;
    if (x->month != y->month) return x->month < y->month ? -1 : 1;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return row_compare(x->row, y->row);
}

/* One column of pay.csv; *enough: somebody has as many months as a change needs. */
static cd_status monthly_read(cd_scene *s, const cd_rows *rows, const char *column, cd_monthlies *out, bool *enough,
                              cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "pay");
    uint32_t month = cd_column(&t, "month"), value = cd_column(&t, column);
    cd_off n = 0;
    *enough = false;
    out->off = cd_scene_array(s, (size_t)rows->n + 1, sizeof *out->off, err);
    out->list = cd_scene_array(s, rows->off[rows->n], sizeof *out->list, err);
    if (!out->off || !out->list) CD_TRY(CD_EMEMORY);
    for (cd_id o = 0; o < rows->n; o++) {
        cd_monthly *mine = out->list + n;
        size_t m = 0, kept = 0;
        for (cd_off r = rows->off[o]; r < rows->off[o + 1]; r++) {
            int64_t at = cd_row_value(&t, month, rows->ref[r]);
            double v = cd_row_real(&t, value, rows->ref[r]);
            if (at == CANDOUR_UNKNOWN || at >= s->as_of || isnan(v)) continue;
            mine[m++] = (cd_monthly){cd_month_of(at), v, rows->ref[r]};
        }
        if (m > 1) qsort(mine, m, sizeof *mine, monthly_compare);
        for (size_t i = 0; i < m; i++)
            if (kept == 0 || mine[kept - 1].month != mine[i].month) mine[kept++] = mine[i];
        *enough = *enough || kept >= LEAST_MONTHS;
        out->off[o + 1] = n += kept;
    }
done:
    return st;
}

static int money_compare(const void *a, const void *b)
{
    const cd_money *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    return row_compare(x->row, y->row);
}

static cd_status money_read(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "finance");
    cd_pay *x = &s->pay;
    cd_rows rows = {0};
    uint32_t at = cd_column(&t, "at"), kind = cd_column(&t, "kind");
    cd_off n = 0;
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    x->money_off = cd_scene_array(s, (size_t)rows.n + 1, sizeof *x->money_off, err);
    x->money = cd_scene_array(s, rows.off[rows.n], sizeof *x->money, err);
    if (!x->money_off || !x->money) CD_TRY(CD_EMEMORY);
    for (cd_id o = 0; o < rows.n; o++) {
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++) {
            cd_money e = {.at = cd_row_value(&t, at, rows.ref[r]), .row = rows.ref[r]};
            cd_slice word = cd_row_text(&t, kind, rows.ref[r]);
            while (e.kind < CD_MONEY_KINDS && !cd_slice_equal(word, cd_slice_of(cd_money_kinds[e.kind]))) e.kind++;
            if (e.at != CANDOUR_UNKNOWN && e.at < s->as_of && e.kind < CD_MONEY_KINDS) x->money[n++] = e;
        }
        cd_off mine = n - x->money_off[o];
        if (mine > 1) qsort(x->money + x->money_off[o], mine, sizeof *x->money, money_compare);
        x->money_off[o + 1] = n;
    }
    if (n == 0) s->missing |= CD_NEEDS_FINANCE;
done:
    cd_rows_release(&rows);
    return st;
}

cd_status cd_scene_pay(cd_scene *s, uint64_t needs, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "pay");
    cd_rows rows = {0};
    bool overtime, expenses, sickness;
    if (needs & CD_NEEDS_FINANCE) CD_TRY(money_read(s, run, err));
    if (!(needs & (CD_NEEDS_PAY | CD_NEEDS_SICKNESS))) goto done;
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    if (needs & CD_NEEDS_PAY) {
        CD_TRY(monthly_read(s, &rows, "overtime_pay", &s->pay.overtime, &overtime, err));
        if (s->pay.overtime.off[rows.n] == 0)
            CD_TRY(monthly_read(s, &rows, "overtime_hours", &s->pay.overtime, &overtime, err));
        CD_TRY(monthly_read(s, &rows, "expenses", &s->pay.expenses, &expenses, err));
        if (!overtime && !expenses) s->missing |= CD_NEEDS_PAY;
    }
    if (needs & CD_NEEDS_SICKNESS) {
        CD_TRY(monthly_read(s, &rows, "sickness_days", &s->pay.sickness, &sickness, err));
        if (!sickness) s->missing |= CD_NEEDS_SICKNESS;
    }
done:
    cd_rows_release(&rows);
    return st;
}
