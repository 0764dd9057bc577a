/* SPDX-License-Identifier: GPL-3.0-or-later
 * covers.c: pairs within each unit, of those alone who have two unseen claims. */
#include "engine/detect/covers.h"

#include <math.h>
#include <stdlib.h>

#include "engine/detect/chance.h"
#include "engine/detect/evidence.h"

enum { LEAST_UNSEEN = 2 };
static const double WORTH_NAMING = -1.5; /* log10 of a pair's chance */

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

/* Days of claimed overtime, and of those unseen: each one's, and both's at once. */
typedef struct {
    uint32_t days, unseen;
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
        if (left && right) day_take(&out.both, x && y);
        if (left) day_take(&out.a, x), has_p = next_day(c, &i, c->off[a + 1], &p, &x);
        if (right) day_take(&out.b, y), has_q = next_day(c, &j, c->off[b + 1], &q, &y);
    }
    return out;
}

/* What the pair o, p adds to both. */
static void pair_take(const cd_claimed *c, cd_covers *x, uint32_t *n, cd_id o, cd_id p)
{
    common d = common_of(c, o, p);
    if (d.a.unseen < LEAST_UNSEEN || d.b.unseen < LEAST_UNSEEN) return; /* who is asked hangs on each alone */
    double share = (double)d.a.unseen / d.a.days * d.b.unseen / d.b.days;
    double log_p = rint(1000 * cd_chance_tries(d.both.unseen, d.both.days, share)) / 1000;
    double times = cd_evidence_times(log_p, 1);
    for (int side = 0; side < 2; side++) {
        cd_id me = side ? p : o, other = side ? o : p, *with = x->with + (size_t)me * CD_COVERS;
        uint32_t *days = x->days + (size_t)me * CD_COVERS, at = CD_COVERS;
        n[me]++, x->times[me] += times;
        if (log_p > WORTH_NAMING) continue;
        while (at > 0 && (with[at - 1] == CD_NONE || days[at - 1] < d.both.unseen)) at--;
        if (at == CD_COVERS) continue;
        memmove(with + at + 1, with + at, (CD_COVERS - 1 - at) * sizeof *with);
        memmove(days + at + 1, days + at, (CD_COVERS - 1 - at) * sizeof *days);
        with[at] = other, days[at] = d.both.unseen;
    }
}

/* Where many are unseen together, that is how work goes in this force, and each pair says less. */
static cd_status temper(const cd_covers *x, const uint32_t *n, cd_id officers, cd_err *err)
{
    cd_status st = CD_OK;
    double *log_times = NULL, power;
    size_t m = 0;
    CD_NEW(log_times, officers);
    for (cd_id o = 0; o < officers; o++)
        if (n[o]) log_times[m++] = rint(1000 * log10(x->times[o])) / 1000;
    CD_TRY(cd_evidence_temper_times(log_times, NULL, m, (double)m, &power, err));
    for (cd_id o = 0; o < officers; o++)
        if (n[o]) x->times[o] = pow(10, power * rint(1000 * log10(x->times[o])) / 1000);
done:
    cd_free(log_times);
    return st;
}

cd_status cd_covers_make(const cd_claimed *c, cd_covers *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id officers = c->look->scene->officers.n;
    uint32_t *n = NULL;
    candidate *list = NULL;
    size_t m = 0;
    *out = (cd_covers){0};
    CD_NEW(out->times, officers);
    CD_NEW(out->with, (size_t)officers * CD_COVERS);
    CD_NEW(out->days, (size_t)officers * CD_COVERS);
    CD_NEW(n, officers);
    CD_NEW(list, officers);
    for (size_t i = 0; i < (size_t)officers * CD_COVERS; i++) out->with[i] = CD_NONE;
    for (cd_id o = 0; o < officers; o++) {
        uint32_t unit = c->look->residue->unit[o];
        if (unit && c->seen[CD_CLAIM_STRETCH][o] + c->seen[CD_CLAIM_REST][o] >= LEAST_UNSEEN)
            list[m++] = (candidate){unit, o};
    }
    if (m > 1) qsort(list, m, sizeof *list, candidate_compare);
    for (size_t i = 0; i < m; i++)
        for (size_t k = i + 1; k < m && list[k].unit == list[i].unit; k++)
            pair_take(c, out, n, list[i].officer, list[k].officer);
    for (cd_id o = 0; o < officers; o++) out->times[o] = n[o] ? out->times[o] / n[o] : 1;
    CD_TRY(temper(out, n, officers, err));
done:
    cd_free(n);
    cd_free(list);
    if (st != CD_OK) cd_covers_release(out);
    return st;
}

void cd_covers_release(cd_covers *c)
{
    cd_free(c->times);
    cd_free(c->with);
    cd_free(c->days);
    *c = (cd_covers){0};
}
