/* SPDX-License-Identifier: GPL-3.0-or-later
 * complaint_rates.c: what is expected of an officer, how widely people differ, and the ratio of the two chances. */
#include "engine/detect/complaint_rates.h"

#include <math.h>

#include "engine/detect/chance.h"

enum { SHRINK = 20, UNIT_SHRINK = 10, TIMES = 3 };
static const double times_more[TIMES] = {1.2, 1.5, 2};
static const double FORETOLD = 0.7; /* the power of what is foretold by events, where there are any; the rest's */

/* ---- What is expected ---- */

/* Sums over a group of people, by part of the tally. */
typedef struct {
    double seen[CD_TALLY_PARTS], years, recent;
} group_sums;

static double part_years(const cd_tally *t, cd_id o, uint32_t part)
{
    return part == CD_TALLY_RECENT ? t->recent_years[o] : t->years[o];
}

/* What a person has of each part, weighed. */
static void person_seen(const cd_tally *t, cd_id o, const double *weight, double seen[CD_TALLY_PARTS])
{
    for (uint32_t p = 0; p < t->n_parts; p++) seen[p] = 0;
    for (cd_off i = t->off[o]; i < t->off[o + 1]; i++) {
        const cd_tallied *x = &t->list[i];
        double w = weight ? weight[x->outcome] : 1;
        seen[CD_TALLY_ALL] += w;
        if (x->recent) seen[CD_TALLY_RECENT] += w;
        if (x->kind >= CD_TALLY_KINDS && x->kind < t->n_parts) seen[x->kind] += w;
    }
}

static void sums_take(const cd_tally *t, group_sums *g, const double *seen, cd_id o, double times)
{
    for (uint32_t p = 0; p < t->n_parts; p++) g->seen[p] += times * seen[p];
    g->years += times * t->years[o], g->recent += times * t->recent_years[o];
}

typedef struct {
    const cd_tally *t;
    const double *weight;  /* NULL: each counts 1 */
    const uint32_t *drawn; /* NULL: each counts once */
    group_sums *group;     /* of peers */
    double *unit, *unit_expected, band[CD_TALLY_BANDS], band_expected[CD_TALLY_BANDS];
} rates;

static double drawn_of(const rates *r, cd_id o) { return r->drawn ? r->drawn[o] : 1; }

/* By the others of a group of peers (0: the force), shrunk towards the force where they are few. */
static double by_years(const rates *r, cd_id o, uint32_t group, uint32_t part, const double *seen)
{
    const cd_tally *t = r->t;
    const group_sums *g = &r->group[group], *all = &r->group[0];
    double own = drawn_of(r, o), years = part_years(t, o, part);
    double all_years = (part == CD_TALLY_RECENT ? all->recent : all->years) - own * years,
           years_of = (part == CD_TALLY_RECENT ? g->recent : g->years) - own * years;
    double force = (all->seen[part] - own * seen[part] + 0.5) / (all_years + 1);
    double prior = 0.5 / force > SHRINK ? 0.5 / force : SHRINK;
    double rate = (g->seen[part] - own * seen[part] + prior * force) / (years_of + prior), expected = rate * years;
    return expected > 1e-9 ? expected : 1e-9;
}

/* How much more those of the unit, and those as busy, draw than their peers. */
static double by_place(const rates *r, cd_id o, double seen, double expected)
{
    const cd_tally *t = r->t;
    uint32_t unit = t->look->residue->unit[o];
    double own = drawn_of(r, o), times = 1;
    if (unit)
        times = (r->unit[unit] - own * seen + UNIT_SHRINK) / (r->unit_expected[unit] - own * expected + UNIT_SHRINK);
    if (t->band) times *= (r->band[t->band[o]] + UNIT_SHRINK) / (r->band_expected[t->band[o]] + UNIT_SHRINK);
    return times > 0.05 ? times : 0.05;
}

static void rates_release(rates *r)
{
    cd_free(r->group);
    cd_free(r->unit);
    cd_free(r->unit_expected);
}

static cd_status rates_make(const cd_tally *t, const double *weight, const uint32_t *drawn, rates *out, cd_err *err)
{
    cd_status st = CD_OK;
    double seen[CD_TALLY_PARTS];
    uint32_t n_units = t->look->scene->units.n + 1;
    *out = (rates){.t = t, .weight = weight, .drawn = drawn};
    CD_NEW(out->group, t->peers.n_groups);
    CD_NEW(out->unit, n_units);
    CD_NEW(out->unit_expected, n_units);
    for (cd_id o = 0; o < t->n; o++) {
        if (!t->part[o]) continue;
        person_seen(t, o, weight, seen);
        sums_take(t, &out->group[0], seen, o, drawn_of(out, o));
        if (t->peers.group[o]) sums_take(t, &out->group[t->peers.group[o]], seen, o, drawn_of(out, o));
    }
    for (cd_id o = 0; o < t->n; o++) {
        if (!t->part[o]) continue;
        person_seen(t, o, weight, seen);
        uint32_t unit = t->look->residue->unit[o];
        out->unit[unit] += drawn_of(out, o) * seen[CD_TALLY_ALL];
        out->unit_expected[unit] += drawn_of(out, o) * by_years(out, o, t->peers.group[o], CD_TALLY_ALL, seen);
    }
    for (cd_id o = 0; o < t->n; o++) {
        if (!t->part[o]) continue;
        person_seen(t, o, weight, seen);
        uint32_t unit = t->look->residue->unit[o];
        double place = unit ? (out->unit[unit] + UNIT_SHRINK) / (out->unit_expected[unit] + UNIT_SHRINK) : 1;
        out->band[t->band[o]] += drawn_of(out, o) * seen[CD_TALLY_ALL];
        out->band_expected[t->band[o]] +=
            drawn_of(out, o) * place * by_years(out, o, t->peers.group[o], CD_TALLY_ALL, seen);
    }
done:
    return st; /* the caller releases it, whatever came */
}

/* expected[null][part] of one person. */
static void expect(const rates *r, cd_id o, const double *seen, double expected[CD_TALLY_NULLS][CD_TALLY_PARTS])
{
    double *years = expected[CD_TALLY_BY_YEARS], *place = expected[CD_TALLY_BY_PLACE];
    for (uint32_t p = 0; p < r->t->n_parts; p++) {
        years[p] = by_years(r, o, 0, p, seen);
        place[p] = by_years(r, o, r->t->peers.group[o], p, seen);
    }
    double times = by_place(r, o, seen[CD_TALLY_ALL], place[CD_TALLY_ALL]);
    for (uint32_t p = 0; p < r->t->n_parts; p++) place[p] *= times;
}

/* ---- How widely people differ ---- */

enum { TRIED = 12 };
static const double shapes[TRIED] = {1e12, 20, 10, 6, 4, 2.5, 1.6, 1, 0.65, 0.4, 0.25, 0.15};

cd_status cd_tally_fit(cd_tally *t, cd_err *err)
{
    cd_status st = CD_OK;
    rates r = {0};
    double *expected = NULL;
    uint32_t *seen = NULL, laws = t->n_parts * CD_TALLY_NULLS;
    CD_TRY(rates_make(t, NULL, NULL, &r, err));
    CD_NEW(expected, (size_t)laws * t->n);
    CD_NEW(seen, (size_t)t->n_parts * t->n);
#pragma omp parallel for schedule(static, 512) num_threads(t->look->run->threads)
    for (cd_id o = 0; o < t->n; o++) {
        double mine[CD_TALLY_PARTS], mean[CD_TALLY_NULLS][CD_TALLY_PARTS];
        if (!t->part[o]) continue;
        person_seen(t, o, NULL, mine);
        expect(&r, o, mine, mean);
        for (uint32_t p = 0; p < t->n_parts; p++) {
            seen[(size_t)p * t->n + o] = (uint32_t)mine[p];
            for (uint32_t v = 0; v < CD_TALLY_NULLS; v++)
                expected[((size_t)v * t->n_parts + p) * t->n + o] = mean[v][p];
        }
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(t->look->run->threads)
    for (uint32_t law = 0; law < laws; law++) { /* each by one thread: sums of doubles go in one order */
        const double *mean = expected + (size_t)law * t->n;
        const uint32_t *mine = seen + (size_t)(law % t->n_parts) * t->n;
        double likely[TRIED], best = -HUGE_VAL;
        for (uint32_t k = 0; k < TRIED; k++) {
            likely[k] = 0;
            for (cd_id o = 0; o < t->n; o++)
                if (t->part[o]) likely[k] += cd_chance_capped(mine[o], mean[o], shapes[k]);
            likely[k] = rint(1000 * likely[k]) / 1000;
            if (likely[k] > best) best = likely[k];
        }
        /* The widest that is nearly as likely as the best: by less than a factor of e. */
        for (uint32_t k = 0; k < TRIED; k++)
            if (likely[k] >= best - 1) t->shape[law / t->n_parts][law % t->n_parts] = shapes[k];
    }
done:
    rates_release(&r);
    cd_free(expected);
    cd_free(seen);
    return st;
}

/* ---- How many times likelier ---- */

static double ratio(double seen, double expected, double shape)
{
    double sum = 0;
    for (int k = 0; k < TIMES; k++)
        sum += exp(seen * log(times_more[k]) -
                   (seen + shape) * log1p((times_more[k] - 1) * expected / (shape + expected)));
    return sum / TIMES;
}

/* Most of the weight is on all complaints, a quarter on the last years, little on kinds: rare ones come in ones and
 * twos by chance. A twentieth is kept back: people differ in more ways than the fitted law has. A kind of which there
 * is none is left out, which only lowers the whole. */
static double times_of(const cd_tally *t, uint32_t null, const double *seen, const double *expected)
{
    double sum = 0, a_kind = t->n_parts > CD_TALLY_KINDS ? 0.05 / (t->n_parts - CD_TALLY_KINDS) : 0;
    for (uint32_t p = 0; p < t->n_parts; p++) {
        if (seen[p] == 0 && p >= CD_TALLY_KINDS) continue;
        sum += (p == CD_TALLY_ALL      ? 0.65
                : p == CD_TALLY_RECENT ? 0.25
                                       : a_kind) *
               ratio(seen[p], expected[p], t->shape[null][p]);
    }
    return sum;
}

cd_status cd_tally_times(const cd_tally *t, const double weight[CD_OUTCOMES], const uint32_t *drawn, double *times,
                         double *expected[CD_TALLY_NULLS], cd_err *err)
{
    cd_status st = CD_OK;
    rates r = {0};
    double place = t->look->policy->number[CD_POLICY_COMPLAINTS_PLACE], share[CD_TALLY_NULLS] = {1 - place, place};
    double *foretold = NULL;
    CD_TRY(rates_make(t, weight, drawn, &r, err));
    if (t->slope_events > 0) {
        CD_NEW(foretold, t->n);
        CD_TRY(cd_tally_foretell(t, weight, foretold, err));
    }
#pragma omp parallel for schedule(dynamic, 512) num_threads(t->look->run->threads)
    for (cd_id o = 0; o < t->n; o++) {
        double seen[CD_TALLY_PARTS], mean[CD_TALLY_NULLS][CD_TALLY_PARTS];
        times[o] = 0;
        if (!t->part[o]) continue;
        person_seen(t, o, weight, seen);
        expect(&r, o, seen, mean);
        for (uint32_t v = 0; v < CD_TALLY_NULLS; v++) {
            times[o] += share[v] * log(times_of(t, v, seen, mean[v]));
            if (expected) expected[v][o] = mean[v][CD_TALLY_ALL];
        }
        times[o] = exp(foretold ? (1 - FORETOLD) * times[o] + FORETOLD * foretold[o] : times[o]);
    }
done:
    rates_release(&r);
    cd_free(foretold);
    return st;
}
