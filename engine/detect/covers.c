/* SPDX-License-Identifier: GPL-3.0-or-later
 * covers.c: pairs and circles within each unit, of those alone who have two unseen days. */
#include "engine/detect/covers.h"

#include <math.h>
#include <stdlib.h>

#include "engine/detect/chance.h"
#include "engine/detect/evidence.h"

enum {
    LEAST_UNSEEN = 2,
    LARGEST = 200 /* of a unit in which circles of three and four are looked for: their number is the cube of it */
};
static const double WORTH_NAMING = -1.5;     /* log10 of a pair's chance */
static const double WORTH_FOLLOWING = 2;     /* how many times likelier a part of a circle that is named is */
static const double WORTH_TELLING = 31.6228; /* how many times likelier the circle */
static const double MOST = 1e60;             /* of a part of a circle: a product of four is a number still */
static const double SAME_DAYS = 0.5, BY_TURNS[CD_COVERS + 1] = {0, 0, 0.25, 0.15, 0.1}; /* shares of the e-value */

/* An officer who could be one of a pair. */
typedef struct {
    uint32_t unit;
    cd_id officer;
} candidate;

static int candidate_compare(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->unit != y->unit) return x->unit < y->unit ? -1 : 1;
    return (x->officer > y->officer) - (x->officer < y->officer);
}

/* The next day on which an officer claimed overtime, and whether any of it went unseen; false at the end. */
static bool next_day(const cd_claimed *c, cd_off *at, cd_off end, int64_t *day, bool *unseen)
{
    if (*at >= end) return false;
    *day = cd_day_of(c->list[*at].starts), *unseen = false;
    for (; *at < end && cd_day_of(c->list[*at].starts) == *day; ++*at) *unseen = *unseen || c->list[*at].unseen;
    return true;
}

static uint32_t unseen_days(const cd_claimed *c, cd_id o)
{
    cd_off at = c->off[o];
    int64_t day;
    uint32_t n = 0;
    for (bool unseen; next_day(c, &at, c->off[o + 1], &day, &unseen);) n += unseen;
    return n;
}

/* Days of claimed overtime, and of those unseen: each one's, and both's at once; and unseen while the other stayed. */
typedef struct {
    uint32_t days, unseen, covered;
} overtime_days;

typedef struct {
    overtime_days a, b, both;
} common;

static void day_take(overtime_days *x, bool unseen) { x->days++, x->unseen += unseen; }

static common common_of(const cd_claimed *c, cd_id a, cd_id b)
{
    common out = {0};
    cd_off i = c->off[a], j = c->off[b];
    int64_t p = 0, q = 0;
    bool x = false, y = false;
    bool has_p = next_day(c, &i, c->off[a + 1], &p, &x), has_q = next_day(c, &j, c->off[b + 1], &q, &y);
    while (has_p || has_q) {
        bool left = has_p && (!has_q || p <= q), right = has_q && (!has_p || q <= p);
        if (left && right) day_take(&out.both, x && y), out.a.covered += x && !y, out.b.covered += y && !x;
        if (left) day_take(&out.a, x), has_p = next_day(c, &i, c->off[a + 1], &p, &x);
        if (right) day_take(&out.b, y), has_q = next_day(c, &j, c->off[b + 1], &q, &y);
    }
    return out;
}

/* ---- On the same days ---- */

/* What the pair o, p adds to both. */
static void pair_take(const common *d, cd_covers *x, cd_id o, cd_id p)
{
    double share = (double)d->a.unseen / d->a.days * d->b.unseen / d->b.days;
    double log_p = rint(1000 * cd_chance_tries(d->both.unseen, d->both.days, share)) / 1000;
    double times = cd_evidence_times(log_p, 1);
    for (int side = 0; side < 2; side++) {
        cd_id me = side ? p : o, other = side ? o : p, *with = x->with + (size_t)me * CD_COVERS;
        uint32_t *days = x->days + (size_t)me * CD_COVERS, at = CD_COVERS;
        x->times[me] += times;
        if (log_p > WORTH_NAMING) continue;
        while (at > 0 && (with[at - 1] == CD_NONE || days[at - 1] < d->both.unseen)) at--;
        if (at == CD_COVERS) continue;
        memmove(with + at + 1, with + at, (CD_COVERS - 1 - at) * sizeof *with);
        memmove(days + at + 1, days + at, (CD_COVERS - 1 - at) * sizeof *days);
        with[at] = other, days[at] = d->both.unseen;
    }
}

/* ---- By turns ---- */

/* That a was unseen on days on which b stayed. */
typedef struct {
    double times;
    uint32_t days;
} part;

/* The candidates of a unit and what is between each two of them: part[i * n + k] is of i, covered by k. */
typedef struct {
    const candidate *who;
    size_t n;
    part *of;
} circle_of;

static part part_of(const overtime_days *a, const overtime_days *b, const overtime_days *both)
{
    uint32_t stayed = both->days - both->unseen - b->covered;
    double log_p = cd_chance_tries(a->covered, a->unseen, (double)stayed / a->days);
    return (part){fmin(cd_evidence_times(rint(1000 * log_p) / 1000, 1), MOST), a->covered};
}

static double times_at(const circle_of *u, size_t i, size_t k) { return u->of[i * u->n + k].times; }

/* The mean over all circles of two, three and four that i could be in. A circle of four is two ways of two steps, out
 * to k and back, by different people. */
static double circles_mean(const circle_of *u, size_t i)
{
    double two = 0, three = 0, four = 0, n = (double)u->n - 1;
    for (size_t k = 0; k < u->n; k++) {
        double out = 0, back = 0;
        if (k == i) continue;
        two += times_at(u, i, k) * times_at(u, k, i);
        for (size_t j = 0; j < u->n && u->n <= LARGEST; j++) {
            if (j == i || j == k) continue;
            double there = times_at(u, i, j) * times_at(u, j, k), home = times_at(u, k, j) * times_at(u, j, i);
            three += there * times_at(u, k, i);
            four += there * back + home * out;
            out += there, back += home;
        }
    }
    double mean = BY_TURNS[2] * two / n;
    if (n >= 2) mean += BY_TURNS[3] * three / (n * (n - 1));
    if (n >= 3) mean += BY_TURNS[4] * four / (n * (n - 1) * (n - 2));
    return mean;
}

/* The likeliest circle: those along parts that are likelier than not, gone through from i on. */
typedef struct {
    const circle_of *unit;
    size_t at[CD_COVERS];
    double best;
    cd_turns *out;
} following;

static void follow(following *f, uint32_t depth, double times)
{
    const circle_of *u = f->unit;
    size_t here = f->at[depth - 1];
    for (size_t next = 0; next < u->n; next++) {
        bool home = next == f->at[0], met = false;
        double so_far = times * times_at(u, here, next);
        if (next == here || times_at(u, here, next) < WORTH_FOLLOWING) continue;
        for (uint32_t k = 1; k < depth; k++) met = met || f->at[k] == next;
        if (home && depth >= 2 && so_far > f->best) {
            f->best = so_far, f->out->n = depth;
            for (uint32_t k = 0; k < depth; k++) {
                f->out->who[k] = u->who[f->at[k]].officer;
                f->out->days[k] = u->of[f->at[k] * u->n + (k + 1 < depth ? f->at[k + 1] : next)].days;
            }
        }
        if (home || met || depth == CD_COVERS) continue;
        f->at[depth] = next;
        follow(f, depth + 1, so_far);
    }
}

/* ---- A unit ---- */

static cd_status unit_take(const cd_claimed *c, const candidate *who, size_t n, cd_covers *x, cd_err *err)
{
    cd_status st = CD_OK;
    circle_of u = {.who = who, .n = n};
    CD_NEW(u.of, n * n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            common d = common_of(c, who[i].officer, who[k].officer);
            pair_take(&d, x, who[i].officer, who[k].officer);
            u.of[i * n + k] = part_of(&d.a, &d.b, &d.both), u.of[k * n + i] = part_of(&d.b, &d.a, &d.both);
        }
    for (size_t i = 0; i < n; i++) {
        cd_id o = who[i].officer;
        following f = {.unit = &u, .at = {i}, .best = WORTH_TELLING, .out = &x->turns[o]};
        x->times[o] = SAME_DAYS * x->times[o] / (double)(n - 1) + circles_mean(&u, i);
        follow(&f, 1, 1);
    }
done:
    cd_free(u.of);
    return st;
}

/* Where many are unseen together, that is how work goes in this force, and each pair says less. */
static cd_status temper(const cd_covers *x, const candidate *list, size_t n, cd_err *err)
{
    cd_status st = CD_OK;
    double *log_times = NULL, power;
    CD_NEW(log_times, n);
    for (size_t i = 0; i < n; i++) log_times[i] = rint(1000 * log10(x->times[list[i].officer])) / 1000;
    CD_TRY(cd_evidence_temper_times(log_times, NULL, n, (double)n, &power, err));
    for (size_t i = 0; i < n; i++) x->times[list[i].officer] = pow(10, power * log_times[i]);
done:
    cd_free(log_times);
    return st;
}

cd_status cd_covers_make(const cd_claimed *c, cd_covers *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id officers = c->look->scene->officers.n;
    candidate *list = NULL;
    size_t n = 0, kept = 0;
    *out = (cd_covers){0};
    CD_NEW(out->times, officers);
    CD_NEW(out->with, (size_t)officers * CD_COVERS);
    CD_NEW(out->days, (size_t)officers * CD_COVERS);
    CD_NEW(out->turns, officers);
    CD_NEW(list, officers);
    for (size_t i = 0; i < (size_t)officers * CD_COVERS; i++) out->with[i] = CD_NONE;
    for (cd_id o = 0; o < officers; o++) {
        uint32_t unit = c->look->residue->unit[o];
        if (unit && unseen_days(c, o) >= LEAST_UNSEEN) list[n++] = (candidate){unit, o};
    }
    if (n > 1) qsort(list, n, sizeof *list, candidate_compare);
    for (size_t i = 0, end; i < n; i = end) { /* who is alone in a unit is in no arrangement */
        for (end = i; end < n && list[end].unit == list[i].unit;) end++;
        if (end - i < 2) continue;
        CD_TRY(unit_take(c, list + i, end - i, out, err));
        memmove(list + kept, list + i, (end - i) * sizeof *list);
        kept += end - i;
    }
    CD_TRY(temper(out, list, kept, err));
    for (cd_id o = 0; o < officers; o++)
        if (out->times[o] == 0) out->times[o] = 1;
done:
    cd_free(list);
    if (st != CD_OK) cd_covers_release(out);
    return st;
}

void cd_covers_release(cd_covers *c)
{
    cd_free(c->times);
    cd_free(c->with);
    cd_free(c->days);
    cd_free(c->turns);
    *c = (cd_covers){0};
}
