/* SPDX-License-Identifier: GPL-3.0-or-later
 * complaint_tally.c: which complaints count, for how long each officer could have drawn them, and what an outcome
 * weighs. */
#include <math.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/complaint_rates.h"

static const double YEAR = 365.25 * 86400;
enum { LEAST_OF_KIND = 30 };

/* ---- Which count ---- */

static int complainant_compare(const void *a, const void *b)
{
    const cd_allegation *x = *(const cd_allegation *const *)a, *y = *(const cd_allegation *const *)b;
    if (x->complainant != y->complainant) return x->complainant < y->complainant ? -1 : 1;
    if (x->outcome != y->outcome) return x->outcome > y->outcome ? -1 : 1;
    if (x->at != y->at) return x->at > y->at ? -1 : 1;
    return (x->complaint > y->complaint) - (x->complaint < y->complaint);
}

static int tallied_compare(const void *a, const void *b)
{
    const cd_tallied *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    if (x->outcome != y->outcome) return x->outcome < y->outcome ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

/* Of several by one complainant the one that weighs most, of those the last. */
static cd_status list_make(cd_tally *t, int64_t recent_from, const uint32_t *kind, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_complaints *x = &t->look->scene->complaints;
    const cd_allegation **mine = NULL;
    size_t cap = 0;
    CD_NEW(t->off, (size_t)t->n + 1);
    CD_NEW(t->list, x->off[t->n]);
    for (cd_id o = 0; o < t->n; o++) {
        size_t n = (size_t)(x->off[o + 1] - x->off[o]);
        cd_off at = t->off[o];
        CD_TRY(cd_grow((void **)&mine, &cap, n + 1, sizeof(*mine), err));
        for (size_t i = 0; i < n; i++) mine[i] = &x->list[x->off[o] + i];
        if (n > 1) qsort(mine, n, sizeof(*mine), complainant_compare);
        for (size_t i = 0; i < n && t->part[o]; i++) {
            const cd_allegation *a = mine[i];
            if (i > 0 && a->complainant != CD_NONE && a->complainant == mine[i - 1]->complainant) continue;
            t->list[at++] = (cd_tallied){.at = a->at,
                                         .kind = kind[a->kind],
                                         .outcome = a->outcome,
                                         .recent = a->at != CANDOUR_UNKNOWN && a->at >= recent_from};
        }
        if (at - t->off[o] > 1) qsort(t->list + t->off[o], at - t->off[o], sizeof *t->list, tallied_compare);
        t->off[o + 1] = at;
    }
done:
    cd_free(mine);
    return st;
}

/* kind[word]: the part of the tally that a kind is, for the most frequent. */
static void kinds_choose(cd_tally *t, uint32_t *kind, uint32_t *count)
{
    const cd_complaints *x = &t->look->scene->complaints;
    for (cd_off i = 0; i < x->off[t->n]; i++) count[x->list[i].kind]++;
    t->n_parts = CD_TALLY_KINDS;
    while (t->n_parts < CD_TALLY_PARTS) {
        uint32_t best = 0;
        for (uint32_t w = 1; w <= x->kinds.n; w++)
            if (kind[w] == 0 && count[w] >= LEAST_OF_KIND && (best == 0 || count[w] > count[best])) best = w;
        if (best == 0) break;
        kind[best] = t->n_parts++;
    }
    if (t->n_parts == CD_TALLY_KINDS + 1) t->n_parts = CD_TALLY_KINDS; /* one kind alone says nothing more */
}

/* ---- For how long, and how busy ---- */

/* The years from a to b that lie in the force within [since, until). */
static double years_of(const cd_complaints *x, cd_id o, int64_t since, int64_t until)
{
    int64_t from = x->joined[o] > since ? x->joined[o] : since, to = x->left[o] < until ? x->left[o] : until;
    return to > from ? (double)(to - from) / YEAR : 0;
}

double cd_tally_years(const cd_tally *t, cd_id o, int64_t since, int64_t until)
{
    return years_of(&t->look->scene->complaints, o, since, until);
}

/* How many shifts were worked, or else how many accesses there are: bands of a fifth of the force each. */
static cd_status bands_make(cd_tally *t, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = t->look->scene;
    bool shifts = !(s->missing & CD_NEEDS_ROSTER);
    uint64_t *busy = NULL, *sorted = NULL;
    uint32_t n = 0;
    CD_NEW(t->band, t->n);
    if (!shifts && s->missing & CD_NEEDS_ACCESSES) goto done;
    CD_NEW(busy, t->n);
    CD_NEW(sorted, t->n);
    for (cd_id o = 0; o < t->n; o++) {
        busy[o] = shifts ? s->duty_off[o + 1] - s->duty_off[o] : s->access_off[o + 1] - s->access_off[o];
        if (t->part[o]) sorted[n++] = busy[o];
    }
    cd_sort_u64(sorted, n);
    for (cd_id o = 0; o < t->n && n > 0; o++)
        for (uint32_t b = 1; b < CD_TALLY_BANDS; b++) t->band[o] += busy[o] > sorted[(size_t)n * b / CD_TALLY_BANDS];
done:
    cd_free(busy);
    cd_free(sorted);
    return st;
}

static cd_status people_make(cd_tally *t, int64_t recent_from, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = t->look->scene;
    const cd_complaints *x = &s->complaints;
    CD_NEW(t->years, t->n);
    CD_NEW(t->recent_years, t->n);
    CD_NEW(t->part, t->n);
    for (cd_id o = 0; o < t->n; o++) {
        t->years[o] = years_of(x, o, x->since, x->until);
        t->recent_years[o] = years_of(x, o, recent_from, x->until);
        t->part[o] = t->years[o] > 0;
    }
    CD_TRY(bands_make(t, err));
    CD_TRY(cd_peers_make(t->look->residue->role, s->roles.n + 1, t->part, t->n,
                         (uint32_t)t->look->policy->number[CD_POLICY_PEERS_LEAST], &t->peers, err));
done:
    return st;
}

cd_status cd_tally_make(const cd_look *look, cd_tally *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_complaints *x = &look->scene->complaints;
    uint32_t *kind = NULL, *count = NULL;
    int64_t fifth = (x->until - x->since) / 5, year = (int64_t)YEAR;
    int64_t recent_from = x->until - (fifth > year ? fifth : year);
    *out = (cd_tally){.look = look, .n = look->scene->officers.n};
    CD_NEW(kind, (size_t)x->kinds.n + 1);
    CD_NEW(count, (size_t)x->kinds.n + 1);
    CD_TRY(people_make(out, recent_from, err));
    kinds_choose(out, kind, count);
    CD_TRY(list_make(out, recent_from, kind, err));
    for (uint32_t k = 0; k < CD_OUTCOMES; k++) out->weight[k] = 1;
done:
    cd_free(kind);
    cd_free(count);
    return st;
}

void cd_tally_release(cd_tally *t)
{
    cd_free(t->off);
    cd_free(t->list);
    cd_free(t->years);
    cd_free(t->recent_years);
    cd_free(t->band);
    cd_free(t->part);
    cd_peers_release(&t->peers);
    *t = (cd_tally){0};
}

/* ---- What an outcome weighs ---- */

/* The slopes of later complaints on earlier ones by outcome: least squares, by Gaussian elimination. error[]: their
 * standard errors. */
static void slopes_solve(double a[CD_OUTCOMES][CD_OUTCOMES + 1], double noise, double *slope, double *error)
{
    double inverse[CD_OUTCOMES][CD_OUTCOMES] = {{0}};
    for (int i = 0; i < CD_OUTCOMES; i++) inverse[i][i] = 1;
    for (int i = 0; i < CD_OUTCOMES; i++) {
        double pivot = a[i][i] > 1e-9 ? a[i][i] : 1e-9;
        for (int k = 0; k <= CD_OUTCOMES; k++) a[i][k] /= pivot;
        for (int k = 0; k < CD_OUTCOMES; k++) inverse[i][k] /= pivot;
        for (int r = 0; r < CD_OUTCOMES; r++) {
            double times = a[r][i];
            if (r == i) continue;
            for (int k = 0; k <= CD_OUTCOMES; k++) a[r][k] -= times * a[i][k];
            for (int k = 0; k < CD_OUTCOMES; k++) inverse[r][k] -= times * inverse[i][k];
        }
    }
    for (int i = 0; i < CD_OUTCOMES; i++) {
        slope[i] = a[i][CD_OUTCOMES];
        error[i] = sqrt((inverse[i][i] > 0 ? inverse[i][i] : 0) * noise);
    }
}

typedef struct {
    double earlier[CD_OUTCOMES], later, years, later_years;
} halves;

static halves halves_of(const cd_tally *t, cd_id o, int64_t middle)
{
    const cd_complaints *x = &t->look->scene->complaints;
    halves h = {.years = years_of(x, o, x->since, middle), .later_years = years_of(x, o, middle, x->until)};
    for (cd_off i = t->off[o]; i < t->off[o + 1]; i++) {
        if (t->list[i].at == CANDOUR_UNKNOWN) continue;
        if (t->list[i].at >= middle)
            h.later++;
        else
            h.earlier[t->list[i].outcome]++;
    }
    return h;
}

cd_status cd_tally_learn(cd_tally *t, cd_err *err)
{
    enum { LEAST_EARLIER = 200, LEAST_LATER = 200, LEAST_OF_OUTCOME = 20 };
    const cd_complaints *x = &t->look->scene->complaints;
    int64_t middle = x->since + (x->until - x->since) / 2;
    halves sum = {0};
    double all = 0, a[CD_OUTCOMES][CD_OUTCOMES + 1] = {{0}}, slope[CD_OUTCOMES], error[CD_OUTCOMES], xx = 0, xy = 0,
           yy = 0, n = 0;
    (void)err;
    for (cd_id o = 0; o < t->n; o++) {
        halves h = halves_of(t, o, middle);
        if (!(h.years > 0.25 && h.later_years > 0.25)) continue;
        for (int k = 0; k < CD_OUTCOMES; k++) sum.earlier[k] += h.earlier[k], all += h.earlier[k];
        sum.later += h.later, sum.years += h.years, sum.later_years += h.later_years, n++;
    }
    if (all < LEAST_EARLIER || sum.later < LEAST_LATER) return CD_OK;
    for (cd_id o = 0; o < t->n; o++) {
        halves h = halves_of(t, o, middle);
        double d[CD_OUTCOMES], of_all = 0, y = h.later - sum.later / sum.later_years * h.later_years;
        if (!(h.years > 0.25 && h.later_years > 0.25)) continue;
        for (int k = 0; k < CD_OUTCOMES; k++) {
            d[k] = h.earlier[k] - sum.earlier[k] / sum.years * h.years;
            of_all += d[k];
        }
        for (int i = 0; i < CD_OUTCOMES; i++) {
            for (int k = 0; k < CD_OUTCOMES; k++) a[i][k] += d[i] * d[k];
            a[i][CD_OUTCOMES] += d[i] * y;
        }
        xx += of_all * of_all, xy += of_all * y, yy += y * y;
    }
    double common = xx > 0 ? xy / xx : 0, noise = n > 1 ? (yy - common * xy) / n : 0;
    if (!(common > 0)) return CD_OK;
    slopes_solve(a, noise, slope, error);
    /* Towards the slope of all together where there are few: outcomes are taken to differ by half of it. */
    for (int k = 0; k < CD_OUTCOMES; k++) {
        double own = error[k] > 0 ? 1 / (error[k] * error[k]) : 0, prior = 4 / (common * common);
        if (sum.earlier[k] < LEAST_OF_OUTCOME) own = 0;
        slope[k] = (own * slope[k] + prior * common) / (own + prior);
    }
    for (int k = 0; k < CD_OUTCOMES; k++) {
        double weight = slope[CD_SUSTAINED] > 0 ? slope[k] / slope[CD_SUSTAINED] : 1;
        weight = weight < 0 ? 0 : weight > 1 ? 1 : weight;
        t->weight[k] = rint(100 * weight) / 100;
    }
    return CD_OK;
}
