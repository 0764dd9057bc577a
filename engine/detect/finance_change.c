/* SPDX-License-Identifier: GPL-3.0-or-later
 * finance_change.c: financial events of a kind that an officer had more of within a year than in the year before.
 *
 * How rare that is follows from how many of all officers had as many more, themselves among them: what came to many at
 * once tells of nobody, and over any force the mean factor is 1 at most. The kinds' factors are averaged, and what
 * they add is capped. */
#include <math.h>
#include <stdlib.h>

#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"

static const double WORTH_TELLING = -1; /* a chance of one in ten */
static const int64_t YEAR = 365 * 86400;

typedef struct {
    const cd_look *look;
    cd_id n;
    int64_t since, before; /* the window begins; and the one before it that is as long */
    bool *part;
    uint32_t n_part;
    uint32_t *more[CD_MONEY_KINDS], *as_many[CD_MONEY_KINDS];
    double *log_p[CD_MONEY_KINDS], *temper[CD_MONEY_KINDS];
} finances;

/* The day of the scene; without one, what was recorded last is of today. */
static int64_t day_of(const cd_scene *s)
{
    int64_t day = s->first <= s->last ? s->last : INT64_MIN;
    if (s->as_of != INT64_MAX) return s->as_of;
    for (cd_off i = 0; i < s->pay.money_off[s->officers.n]; i++)
        if (s->pay.money[i].at > day) day = s->pay.money[i].at;
    return day + 1;
}

/* Those who opened any file are peers; where nothing is known of that, everybody. */
static void parts_find(finances *x)
{
    const cd_scene *s = x->look->scene;
    for (cd_id o = 0; o < x->n; o++) {
        x->part[o] = x->look->residue->works[o] || s->first > s->last;
        x->n_part += x->part[o];
    }
}

static void count(finances *x)
{
    const cd_pay *pay = &x->look->scene->pay;
    for (cd_id o = 0; o < x->n; o++) {
        uint32_t now[CD_MONEY_KINDS] = {0}, then[CD_MONEY_KINDS] = {0};
        if (!x->part[o]) continue;
        for (cd_off i = pay->money_off[o]; i < pay->money_off[o + 1]; i++) {
            if (pay->money[i].at < x->before) continue;
            (pay->money[i].at >= x->since ? now : then)[pay->money[i].kind]++;
        }
        for (int k = 0; k < CD_MONEY_KINDS; k++) x->more[k][o] = now[k] > then[k] ? now[k] - then[k] : 0;
    }
}

static int falling_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x < y) - (x > y);
}

static cd_status chances_make(finances *x, int kind, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_residue *r = x->look->residue;
    const cd_scene *s = x->look->scene;
    const cd_grouping by[] = {{r->rank, s->ranks.n + 1}, {r->role, s->roles.n + 1}, {r->unit, s->units.n + 1}};
    const uint32_t *more = x->more[kind];
    uint32_t *some = NULL, n = 0; /* of those who had any more, the most first */
    CD_NEW(some, x->n);
    for (cd_id o = 0; o < x->n; o++)
        if (more[o]) some[n++] = more[o];
    if (n > 1) qsort(some, n, sizeof *some, falling_compare);
    for (cd_id o = 0; o < x->n; o++) {
        if (!x->part[o]) continue;
        uint32_t lo = 0, hi = n;
        while (lo < hi) { /* how many had as many more */
            uint32_t mid = lo + (hi - lo) / 2;
            if (some[mid] >= more[o])
                lo = mid + 1;
            else
                hi = mid;
        }
        x->as_many[kind][o] = more[o] ? lo : x->n_part;
        x->log_p[kind][o] = rint(1000 * log10((double)x->as_many[kind][o] / x->n_part)) / 1000;
    }
    CD_TRY(cd_evidence_temper(x->log_p[kind], x->part, x->n, by, sizeof by / sizeof *by,
                              (uint32_t)x->look->policy->number[CD_POLICY_PEERS_LEAST], x->temper[kind], err));
done:
    cd_free(some);
    return st;
}

static bool is_told(const finances *x, int kind, cd_id o)
{
    return x->part[o] && rint(1000 * x->log_p[kind][o] * x->temper[kind][o]) <= 1000 * WORTH_TELLING;
}

static bool is_row_told(const finances *x, cd_id o, const cd_money *m)
{
    return m->at >= x->since && is_told(x, (int)m->kind, o);
}

static cd_status finding_of(const finances *x, cd_id o, uint32_t detector, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_pay *pay = &x->look->scene->pay;
    cd_table_of table = cd_table_named(x->look->scene->snapshot, "finance");
    cd_finding *f = NULL;
    cd_buffer words = {0};
    double most = pow(10, x->look->policy->number[CD_POLICY_PAY_CAP] / 10) - 1, times = 0;
    uint32_t n = 0;
    for (cd_off i = pay->money_off[o]; i < pay->money_off[o + 1]; i++) n += is_row_told(x, o, &pay->money[i]);
    CD_TRY(cd_finding_add(out, 0, n, &f, err));
    n = 0;
    for (cd_off i = pay->money_off[o]; i < pay->money_off[o + 1]; i++)
        if (is_row_told(x, o, &pay->money[i])) f->cited[n++] = cd_cite_row(&table, pay->money[i].row, 0);
    for (int k = 0; k < CD_MONEY_KINDS; k++) {
        times += cd_evidence_times(x->log_p[k][o], x->temper[k][o]) / CD_MONEY_KINDS;
        if (is_told(x, k, o))
            cd_buffer_printf(&words, "%s%u more of %s than before, as had %u of %u officers", words.n ? "; " : "",
                             x->more[k][o], cd_money_kinds[k], x->as_many[k][o], x->n_part);
    }
    f->officer = o, f->detector = detector, f->peers = x->n_part;
    f->gain_centibans = cd_evidence_centibans(times < most ? times : most);
    f->base = cd_evidence_factor(f->gain_centibans);
    for (int k = 0; k < CD_REDRAWS; k++) f->redrawn[k] = f->gain_centibans;
    f->words = cd_arena_copy(&out->arena, words.bytes, words.n, err);
    if (!f->words) CD_TRY(CD_EMEMORY);
done:
    cd_buffer_release(&words);
    return st;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    finances x = {.look = look, .n = look->scene->officers.n};
    int64_t day = day_of(look->scene);
    x.since = look->residue->since != INT64_MIN ? look->residue->since : day - YEAR;
    x.before = x.since - (day - x.since);
    CD_TRY(cd_run_fits(look->run, "finance_change", (size_t)x.n * (CD_MONEY_KINDS * 24 + 8), err));
    CD_NEW(x.part, x.n);
    for (int k = 0; k < CD_MONEY_KINDS; k++) {
        CD_NEW(x.more[k], x.n);
        CD_NEW(x.as_many[k], x.n);
        CD_NEW(x.log_p[k], x.n);
        CD_NEW(x.temper[k], x.n);
    }
    parts_find(&x);
    count(&x);
    for (int k = 0; k < CD_MONEY_KINDS; k++) CD_TRY(chances_make(&x, k, err));
    for (cd_id o = 0; o < x.n; o++) {
        bool told = false;
        for (int k = 0; k < CD_MONEY_KINDS; k++) told = told || is_told(&x, k, o);
        if (told) CD_TRY(finding_of(&x, o, number, out, err));
    }
done:
    cd_free(x.part);
    for (int k = 0; k < CD_MONEY_KINDS; k++) {
        cd_free(x.more[k]);
        cd_free(x.as_many[k]);
        cd_free(x.log_p[k]);
        cd_free(x.temper[k]);
    }
    return st;
}

const cd_detector cd_detector_finance_change = {
    .name = "finance_change",
    .family = "pay",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_FINANCE,
    .about = "judgments, defaults, garnishments, windfalls and loans of the last year, against the year before",
    .weight = 0.5,
    .run = run,
};
