/* SPDX-License-Identifier: GPL-3.0-or-later
 * strip.c: an axis of at most so many columns, then a line a table. */
#include "queries/strip.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/civil.h"

enum { COLUMNS = 72, DAY = 86400 };

/* Columns begin at[0] < at[1] < ... < at[n], the end of the last. */
typedef struct {
    int64_t at[COLUMNS + 1];
    uint32_t n;
    const char *unit; /* `day` */
} axis;

static int64_t months_on(int64_t at, int32_t months)
{
    cd_civil c = cd_civil_of(at);
    int32_t m = c.year * 12 + c.month - 1 + months;
    return cd_days_of(m / 12, (uint32_t)(m % 12) + 1, 1) * DAY;
}

/* By seconds from the beginning of a day, or by whole months from the beginning of a year. */
static bool axis_try(axis *a, int64_t first, int64_t last, int64_t seconds, int32_t months, const char *unit)
{
    cd_civil c = cd_civil_of(first);
    int64_t at = cd_days_of(c.year, c.month, c.day) * DAY;
    if (months) at = cd_days_of(c.year, (c.month - 1u) / (uint32_t)months * (uint32_t)months + 1, 1) * DAY;
    if (months > 12) at = cd_days_of(c.year / 10 * 10, 1, 1) * DAY;
    a->unit = unit;
    for (a->n = 0; a->n <= COLUMNS; a->n++) {
        a->at[a->n] = at;
        if (at > last) return true;
        at = months ? months_on(at, months) : at + seconds;
    }
    return false;
}

static bool axis_make(axis *a, int64_t first, int64_t last)
{
    return axis_try(a, first, last, DAY / 48, 0, "half hour") || axis_try(a, first, last, DAY, 0, "day") ||
           axis_try(a, first, last, 0, 1, "month") || axis_try(a, first, last, 0, 3, "quarter") ||
           axis_try(a, first, last, 0, 12, "year") || axis_try(a, first, last, 0, 120, "ten years");
}

/* What the rows span; false: none has a time. Open ends count for nothing. */
static bool span_of(const question *q, const id_rows *rows, int64_t *first, int64_t *last)
{
    *first = INT64_MAX, *last = INT64_MIN;
    for (size_t i = 0; i < rows->n; i++) {
        const id_row *r = &rows->list[i];
        int64_t until = r->until == CANDOUR_UNKNOWN ? r->at : r->until > r->at ? r->until - 1 : r->until;
        if (r->at == CANDOUR_UNKNOWN) continue;
        if (r->at < *first) *first = r->at;
        if (until > *last) *last = until;
    }
    if (*first > *last) return false;
    if (q->from != CANDOUR_UNKNOWN && (q->to != CANDOUR_UNKNOWN || q->from > *first)) *first = q->from;
    if (q->to != CANDOUR_UNKNOWN && (q->from != CANDOUR_UNKNOWN || q->to <= *last)) *last = q->to - 1;
    return *first <= *last;
}

static uint32_t column_of(const axis *a, int64_t at)
{
    uint32_t lo = 0, hi = a->n;
    while (lo + 1 < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (a->at[mid] <= at)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static void count(const axis *a, const id_row *r, uint32_t rows_in[COLUMNS])
{
    int64_t begin = a->at[0], end = a->at[a->n];
    int64_t at = r->at == CANDOUR_UNKNOWN ? begin : r->at, until = r->until == CANDOUR_UNKNOWN ? end : r->until;
    if (r->at == CANDOUR_UNKNOWN && r->until == CANDOUR_UNKNOWN) return; /* of no time, or of all */
    if (at >= end || (until <= begin && at < begin)) return;
    uint32_t lo = column_of(a, at < begin ? begin : at),
             hi = until > at ? column_of(a, until > end ? end - 1 : until - 1) : lo;
    for (uint32_t c = lo; c <= hi; c++) rows_in[c]++;
}

static void draw_table(question *q, const axis *a, const id_rows *rows, uint32_t table, int wide)
{
    static const char *const bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    uint32_t rows_in[COLUMNS] = {0}, most = 0;
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->list[i].table != table) continue;
        count(a, &rows->list[i], rows_in);
        n++;
    }
    if (n == 0) return;
    for (uint32_t c = 0; c < a->n; c++)
        if (rows_in[c] > most) most = rows_in[c];
    cd_buffer_printf(&q->picture, "%-*s ", wide, q->ontology->tables[table].name);
    for (uint32_t c = 0; c < a->n; c++)
        cd_buffer_printf(&q->picture, "%s", bars[most ? (8 * (uint64_t)rows_in[c] + most - 1) / most : 0]);
    cd_buffer_printf(&q->picture, " %zu\n", n);
}

/* A column's day; of half hours, its time of day. */
static const char *label(const axis *a, uint32_t column, char out[PRINT_TEXT])
{
    print_time(a->at[column], out);
    if (a->at[1] - a->at[0] < DAY) {
        memmove(out, out + 11, 5);
        out[5] = '\0';
    } else {
        out[a->at[1] - a->at[0] > 27 * DAY ? 7 : 10] = '\0';
    }
    return out;
}

void strip_draw(question *q, const id_rows *rows)
{
    axis a;
    int64_t first, last;
    int wide = 0;
    char from[PRINT_TEXT], to[PRINT_TEXT];
    if (!span_of(q, rows, &first, &last) || !axis_make(&a, first, last)) return;
    for (size_t i = 0; i < rows->n; i++) {
        int n = (int)strlen(q->ontology->tables[rows->list[i].table].name);
        if (n > wide) wide = n;
    }
    for (uint32_t t = 0; t < q->ontology->n_tables; t++) draw_table(q, &a, rows, t, wide);
    cd_buffer_printf(&q->picture, "%-*s %s to %s, a column a %s\n", wide, "", label(&a, 0, from),
                     label(&a, a.n - 1, to), a.unit);
}
