/* SPDX-License-Identifier: GPL-3.0-or-later
 * rises.c: places of a month, then the steepest rise of each officer's. */
#include "engine/detect/rises.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/evidence.h"

enum { MONTHS = CD_RISE_MONTHS, LEAST_MONTHS = 4, LEAST_SIDE = 2, LEAST_THAT_MONTH = 10, PLACES = 65534 };

typedef struct {
    const cd_look *look;
    const cd_monthlies *of;
    cd_id n;
    int32_t first; /* the first of MONTHS, the last of which is the last of which anything is said */
    bool *part;
    cd_peers peers;
    uint16_t *place; /* [officer][month]: from 1, 0 where it is unknown */
} rises;

/* The first month that may count: none before the posting that the officer has held last began. */
static int32_t begin_of(const rises *x, cd_id o)
{
    const cd_scene *s = x->look->scene;
    int32_t begin = x->first;
    for (cd_off p = s->post_off[o] + 1; p < s->post_off[o + 1]; p++)
        if (s->posts[p].unit != s->posts[p - 1].unit || s->posts[p].role != s->posts[p - 1].role) {
            int32_t moved = cd_month_of(s->posts[p].from) + 1;
            if (moved > begin) begin = moved;
        }
    return begin;
}

static int i32_compare(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* A few rows of mistyped months must not be the last that is spoken of: one in 200 may lie beyond. */
static cd_status months_find(rises *x, cd_err *err)
{
    cd_status st = CD_OK;
    cd_off n = x->of->off[x->n];
    int32_t *months = NULL;
    CD_NEW(months, n);
    for (cd_off i = 0; i < n; i++) months[i] = x->of->list[i].month;
    if (n > 1) qsort(months, n, sizeof *months, i32_compare);
    x->first = (n ? months[n - 1 - n / 200] : 0) - MONTHS + 1;
    for (cd_id o = 0; o < x->n; o++) {
        int32_t begin = begin_of(x, o);
        uint32_t known = 0;
        for (cd_off i = x->of->off[o]; i < x->of->off[o + 1]; i++)
            known += x->of->list[i].month >= begin && x->of->list[i].month < x->first + MONTHS;
        x->part[o] = known >= LEAST_MONTHS;
    }
done:
    cd_free(months);
    return st;
}

/* ---- Places ---- */

typedef struct {
    double value;
    cd_id officer;
} valued;

static int valued_compare(const void *a, const void *b)
{
    const valued *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->officer > y->officer) - (x->officer < y->officer);
}

/* How many there are, are below and are level, in a group; group 0 is everybody. */
enum { ALL, BELOW, LEVEL, COUNTS };
typedef uint32_t standing[COUNTS];

static void standing_add(const rises *x, cd_id o, standing *groups, int count)
{
    uint32_t group = x->peers.group[o];
    groups[0][count]++;
    if (group) groups[group][count]++;
}

/* list: of one month, rising. */
static void month_place(rises *x, uint32_t month, const valued *list, size_t n, standing *groups)
{
    memset(groups, 0, x->peers.n_groups * sizeof *groups);
    for (size_t i = 0; i < n; i++) standing_add(x, list[i].officer, groups, ALL);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && list[end].value == list[i].value; end++)
            standing_add(x, list[end].officer, groups, LEVEL);
        for (size_t k = i; k < end; k++) {
            const uint32_t *g = groups[x->peers.group[list[k].officer]];
            if (g[ALL] < LEAST_THAT_MONTH) continue;
            x->place[(size_t)list[k].officer * MONTHS + month] =
                (uint16_t)(1 + (2 * (uint64_t)g[BELOW] + g[LEVEL]) * PLACES / (2 * (uint64_t)g[ALL]));
        }
        for (size_t k = i; k < end; k++) {
            standing_add(x, list[k].officer, groups, BELOW);
            groups[0][LEVEL] = groups[x->peers.group[list[k].officer]][LEVEL] = 0;
        }
    }
}

static cd_status places_make(rises *x, cd_err *err)
{
    cd_status st = CD_OK;
    valued *list = NULL;
    standing *groups = NULL;
    CD_NEW(list, x->n);
    CD_NEW(groups, x->peers.n_groups);
    for (uint32_t m = 0; m < MONTHS; m++) {
        size_t n = 0;
        for (cd_id o = 0; o < x->n; o++)
            for (cd_off i = x->of->off[o]; x->part[o] && i < x->of->off[o + 1]; i++)
                if (x->of->list[i].month == x->first + (int32_t)m) list[n++] = (valued){x->of->list[i].value, o};
        if (n > 1) qsort(list, n, sizeof *list, valued_compare);
        month_place(x, m, list, n, groups);
    }
done:
    cd_free(list);
    cd_free(groups);
    return st;
}

/* ---- Rises ---- */

static uint32_t hundredth(double mean) { return (uint32_t)(100 * mean / PLACES); }

static void steepest_find(const rises *x, cd_id o, cd_rise *out)
{
    uint64_t sum[MONTHS + 1] = {0};
    int32_t month[MONTHS], begin = begin_of(x, o), since = INT32_MIN;
    uint32_t n = 0;
    if (x->look->residue->since != INT64_MIN) since = cd_month_of(x->look->residue->since);
    for (int32_t m = begin - x->first; m < MONTHS; m++) {
        uint32_t place = x->place[(size_t)o * MONTHS + (uint32_t)m];
        if (place) sum[n + 1] = sum[n] + place, month[n++] = x->first + m;
    }
    for (uint32_t i = LEAST_SIDE; i + LEAST_SIDE <= n; i++)
        for (uint32_t end = i + LEAST_SIDE; end <= n && month[i] >= since; end++) {
            double before = (double)sum[i] / i, then = (double)(sum[end] - sum[i]) / (end - i);
            double steep = rint((then - before) / sqrt(1.0 / i + 1.0 / (end - i)));
            if (steep <= out->steep) continue;
            out->steep = (uint32_t)steep;
            out->from = month[i], out->until = month[end - 1] + 1;
            out->before = hundredth(before), out->then = hundredth(then);
        }
}

static int u32_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static cd_status chances_make(const rises *x, cd_rise *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_residue *r = x->look->residue;
    const cd_scene *s = x->look->scene;
    const cd_grouping by[] = {{r->rank, s->ranks.n + 1}, {r->role, s->roles.n + 1}, {r->unit, s->units.n + 1}};
    uint32_t *sorted = NULL, n = 0;
    double *log_p = NULL, *temper = NULL;
    CD_NEW(sorted, x->n);
    CD_NEW(log_p, x->n);
    CD_NEW(temper, x->n);
    for (cd_id o = 0; o < x->n; o++)
        if (x->part[o]) sorted[n++] = out[o].steep;
    if (n > 1) qsort(sorted, n, sizeof *sorted, u32_compare);
    for (cd_id o = 0; o < x->n; o++) {
        if (!x->part[o]) continue;
        uint32_t lo = 0, hi = n;
        while (lo < hi) { /* how many rose less */
            uint32_t mid = lo + (hi - lo) / 2;
            if (sorted[mid] < out[o].steep)
                lo = mid + 1;
            else
                hi = mid;
        }
        out[o].as_much = n - lo, out[o].of = n;
        log_p[o] = rint(1000 * log10((double)out[o].as_much / n)) / 1000;
    }
    CD_TRY(cd_evidence_temper(log_p, x->part, x->n, by, sizeof by / sizeof *by,
                              (uint32_t)x->look->policy->number[CD_POLICY_PEERS_LEAST], temper, err));
    for (cd_id o = 0; o < x->n; o++) out[o].log_p = log_p[o], out[o].temper = temper[o];
done:
    cd_free(sorted);
    cd_free(log_p);
    cd_free(temper);
    return st;
}

cd_status cd_rises_find(const cd_look *look, const cd_monthlies *of, cd_rise *out, cd_err *err)
{
    cd_status st = CD_OK;
    rises x = {.look = look, .of = of, .n = look->scene->officers.n};
    CD_TRY(cd_run_fits(look->run, "months of pay", (size_t)x.n * (MONTHS * sizeof *x.place + 64), err));
    CD_NEW(x.part, x.n);
    CD_NEW(x.place, (size_t)x.n * MONTHS);
    CD_TRY(months_find(&x, err));
    CD_TRY(cd_peers_make(look->residue->role, look->scene->roles.n + 1, x.part, x.n,
                         (uint32_t)look->policy->number[CD_POLICY_PEERS_LEAST], &x.peers, err));
    CD_TRY(places_make(&x, err));
#pragma omp parallel for schedule(dynamic, 256) num_threads(look->run->threads)
    for (cd_id o = 0; o < x.n; o++) {
        out[o] = (cd_rise){.part = x.part[o]};
        if (x.part[o]) steepest_find(&x, o, &out[o]);
    }
    CD_TRY(chances_make(&x, out, err));
done:
    cd_peers_release(&x.peers);
    cd_free(x.part);
    cd_free(x.place);
    return st;
}

/* ---- Telling ---- */

static void month_add(int32_t month, cd_buffer *out)
{
    enum { YEARS = 100000 }; /* so that none is below nought */
    cd_buffer_printf(out, "%04d-%02d", (month + 12 * YEARS) / 12 + 1970 - YEARS, (month + 12 * YEARS) % 12 + 1);
}

void cd_rise_tell(const cd_rise *r, const char *what, cd_buffer *out)
{
    cd_buffer_printf(out, "%s%s ", out->n ? "; " : "", what);
    month_add(r->from, out);
    cd_buffer_printf(out, " to ");
    month_add(r->until - 1, out);
    cd_buffer_printf(out, " above %u of 100 peers, %u before; %u of %u rose as much", r->then, r->before, r->as_much,
                     r->of);
}

uint32_t cd_rise_cite(const cd_look *look, const cd_rise *r, const cd_monthlies *of, cd_id officer, cd_cited *rows,
                      uint32_t n)
{
    cd_table_of t = cd_table_named(look->scene->snapshot, "pay");
    for (cd_off i = of->off[officer]; i < of->off[officer + 1]; i++) {
        if (of->list[i].month < r->from || of->list[i].month >= r->until) continue;
        cd_cited row = cd_cite_row(&t, of->list[i].row, 0);
        bool again = false;
        for (uint32_t k = 0; k < n && !again; k++) again = rows[k].segment == row.segment && rows[k].row == row.row;
        if (!again) rows[n++] = row;
    }
    return n;
}

cd_status cd_rise_add(const cd_risen *risen, const cd_buffer *words, cd_findings *out, cd_err *err)
{
    cd_finding *f = NULL;
    if (words->status != CD_OK) return cd_fail(err, CD_EMEMORY, "out of memory while telling what rose");
    cd_status st = cd_finding_add(out, 0, risen->n_rows, &f, err);
    if (st != CD_OK) return st;
    f->officer = risen->officer, f->detector = risen->detector, f->peers = risen->peers;
    f->gain_centibans = cd_evidence_centibans(risen->times);
    f->base = cd_evidence_factor(f->gain_centibans);
    for (int k = 0; k < CD_REDRAWS; k++) f->redrawn[k] = f->gain_centibans;
    f->words = cd_arena_copy(&out->arena, words->bytes, words->n, err);
    if (!f->words) return CD_EMEMORY;
    memcpy(f->cited, risen->rows, risen->n_rows * sizeof *risen->rows);
    return CD_OK;
}
