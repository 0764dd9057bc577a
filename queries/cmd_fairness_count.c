/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_fairness_count.c: how often each group is on each list, and how far apart groups would be by chance: the
 * attribute is dealt out again over the same people, many times, so that it says nothing of any of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/random.h"
#include "queries/cmd_fairness.h"

enum { SHUFFLES = 999, LEAST_ON_LIST = 10 };

/* ---- Lists ---- */

static uint32_t list_new(fair_lists *l, const char *name)
{
    snprintf(l->name[l->n], sizeof l->name[l->n], "%s", name);
    return l->n++;
}

static void list_put(fair_lists *l, uint32_t list, uint32_t officer)
{
    l->on[officer] |= 1u << list;
    l->length[list]++;
}

static void tiers_list(const candour_sweep *sweep, fair_lists *l)
{
    static const struct {
        candour_tier least;
        const char *name;
    } tiers[] = {{CANDOUR_TIER_URGENT, "urgent"},
                 {CANDOUR_TIER_ASSESS, "assess and above"},
                 {CANDOUR_TIER_PREVENT, "prevent and above"}};
    for (size_t t = 0; t < sizeof tiers / sizeof *tiers; t++) {
        uint32_t list = list_new(l, tiers[t].name);
        for (uint32_t o = 0; o < l->n_officers; o++)
            if (candour_sweep_officer(sweep, o).tier >= tiers[t].least) list_put(l, list, o);
    }
}

/* The first shares of an order. */
static void shares_list(fair_lists *l, const uint32_t *order, const char *but)
{
    static const double shares[] = {0.01, 0.02, 0.05};
    for (size_t k = 0; k < sizeof shares / sizeof *shares; k++) {
        char name[sizeof l->name[0]];
        snprintf(name, sizeof name, "first %.0f %%%s", 100 * shares[k], but);
        uint32_t list = list_new(l, name), most = (uint32_t)(shares[k] * l->n_officers);
        for (uint32_t i = 0; i < most; i++) list_put(l, list, order[i]);
    }
}

typedef struct {
    int64_t score;
    uint32_t officer;
} queued;

static int queued_compare(const void *a, const void *b)
{
    const queued *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return (x->officer > y->officer) - (x->officer < y->officer);
}

/* The queue as it is, and, where earlier findings speak in it, as it would be without them. */
static cd_status queues_list(const candour_sweep *sweep, fair_lists *l, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep_info info = candour_sweep_facts(sweep);
    queued *list = NULL;
    uint32_t *order = NULL;
    CD_NEW(list, l->n_officers);
    CD_NEW(order, l->n_officers);
    for (uint32_t k = 0; k < l->n_officers; k++) order[k] = candour_sweep_queued(sweep, k + 1);
    shares_list(l, order, "");
    for (uint32_t d = 0; d < info.n_detectors; d++) {
        candour_detector detector = candour_sweep_detector(sweep, d);
        if (!cd_slice_equal(detector.name, cd_slice_of("precedent")) || detector.state != CANDOUR_RAN) continue;
        for (uint32_t o = 0; o < l->n_officers; o++) {
            candour_ranked r = candour_sweep_officer(sweep, o);
            list[o] = (queued){r.score - r.family[detector.family], o};
        }
        qsort(list, l->n_officers, sizeof *list, queued_compare);
        for (uint32_t k = 0; k < l->n_officers; k++) order[k] = list[k].officer;
        shares_list(l, order, " without precedent");
    }
done:
    cd_free(list);
    cd_free(order);
    return st;
}

/* Whoever some detector of another lane says anything of. */
static void lanes_list(const candour_sweep *sweep, fair_lists *l)
{
    candour_sweep_info info = candour_sweep_facts(sweep);
    for (candour_lane lane = CANDOUR_COMPLIANCE; lane <= CANDOUR_WELFARE; lane++) {
        bool ran = false;
        for (uint32_t d = 0; d < info.n_detectors; d++) {
            candour_lane of;
            candour_detector detector = candour_sweep_detector(sweep, d);
            (void)candour_sweep_family(sweep, detector.family, &of);
            ran = ran || (of == lane && detector.state == CANDOUR_RAN);
        }
        if (!ran) continue;
        uint32_t list = list_new(l, candour_lane_name(lane));
        for (uint32_t o = 0; o < l->n_officers; o++)
            for (uint32_t i = 0; i < candour_sweep_officer(sweep, o).n_findings; i++) {
                candour_lane of;
                uint32_t d = candour_sweep_finding(sweep, o, i).detector;
                (void)candour_sweep_family(sweep, candour_sweep_detector(sweep, d).family, &of);
                if (of == lane && !(l->on[o] >> list & 1)) list_put(l, list, o);
            }
    }
}

static int slice_compare(const void *a, const void *b)
{
    return cd_slice_compare(*(const cd_slice *)a, *(const cd_slice *)b);
}

/* Units by the order of their names. */
static cd_status units_number(const candour_sweep *sweep, fair_lists *l, cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice *names = NULL;
    uint32_t n = 0;
    CD_NEW(names, l->n_officers);
    for (uint32_t o = 0; o < l->n_officers; o++) names[o] = candour_sweep_officer(sweep, o).unit;
    qsort(names, l->n_officers, sizeof *names, slice_compare);
    for (uint32_t i = 0; i < l->n_officers; i++)
        if (n == 0 || !cd_slice_equal(names[n - 1], names[i])) names[n++] = names[i];
    for (uint32_t o = 0; o < l->n_officers; o++) {
        cd_slice unit = candour_sweep_officer(sweep, o).unit;
        const cd_slice *at = bsearch(&unit, names, n, sizeof *names, slice_compare);
        l->unit[o] = at ? (uint32_t)(at - names) : 0;
    }
done:
    cd_free(names);
    return st;
}

cd_status fair_lists_make(const candour_sweep *sweep, fair_lists *out, cd_err *err)
{
    cd_status st = CD_OK;
    *out = (fair_lists){.n_officers = candour_sweep_facts(sweep).n_officers};
    CD_NEW(out->on, out->n_officers);
    CD_NEW(out->factor, out->n_officers);
    CD_NEW(out->unit, out->n_officers);
    tiers_list(sweep, out);
    CD_TRY(queues_list(sweep, out, err));
    lanes_list(sweep, out);
    CD_TRY(units_number(sweep, out, err));
    for (uint32_t o = 0; o < out->n_officers; o++)
        out->factor[o] = pow(10, (double)candour_sweep_officer(sweep, o).look / 1000);
done:
    return st;
}

void fair_lists_release(fair_lists *l)
{
    cd_free(l->on);
    cd_free(l->factor);
    cd_free(l->bad);
    cd_free(l->unit);
    *l = (fair_lists){0};
}

/* ---- Groups ---- */

fair_rate fair_rate_of(uint32_t k, uint32_t n)
{
    static const double Z = 1.959963984540054;
    if (n == 0) return (fair_rate){0, 0, 1};
    double rate = (double)k / n, z2 = Z * Z / n, middle = (rate + z2 / 2) / (1 + z2),
           half = Z / (1 + z2) * sqrt(rate * (1 - rate) / n + z2 / (4 * n));
    return (fair_rate){rate, k == 0 ? 0 : middle - half, k == n ? 1 : middle + half};
}

static uint32_t group_of(const fair_split *s, uint32_t officer)
{
    uint32_t row = s->row ? s->row->of[officer] : 0, col = s->col->of[officer];
    return row == FAIR_NOT_SAID || col == FAIR_NOT_SAID ? FAIR_NOT_SAID : row * s->col->n_values + col;
}

static void groups_count(const fair_lists *l, fair_split *s)
{
    for (uint32_t o = 0; o < l->n_officers; o++) {
        uint32_t g = group_of(s, o);
        if (g == FAIR_NOT_SAID) continue;
        fair_group *x = &s->group[g];
        bool bad = l->bad && l->bad[o];
        x->people++, x->bad += bad;
        x->factor += l->factor[o], x->error += l->factor[o] * l->factor[o];
        for (uint32_t k = 0; k < l->n; k++)
            if (l->on[o] >> k & 1) x->flagged[k]++, x->bad_flagged[k] += bad;
    }
    for (uint32_t g = 0; g < s->n; g++) {
        fair_group *x = &s->group[g];
        if (x->people == 0) continue;
        double mean = x->factor / x->people, variance = x->error / x->people - mean * mean;
        x->factor = mean, x->error = sqrt((variance > 0 ? variance : 0) / x->people);
    }
}

/* ---- Chance ---- */

/* Those of the shown groups, in blocks within which the attribute is dealt out again: those on a list first. */
typedef struct {
    uint32_t n, *group, *on; /* per person of the shown groups */
    uint32_t n_blocks, *end; /* of each block */
    uint32_t *listed;        /* per block: so many of its first are on some list */
} dealing;

typedef struct {
    uint32_t block, group, on;
} person;

static int person_compare(const void *a, const void *b)
{
    const person *x = a, *y = b;
    if (x->block != y->block) return x->block < y->block ? -1 : 1;
    if (!x->on != !y->on) return x->on ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

static void dealing_release(dealing *d)
{
    cd_free(d->group);
    cd_free(d->on);
    cd_free(d->end);
    cd_free(d->listed);
}

static cd_status dealing_make(const fair_lists *l, const fair_split *s, bool within, dealing *out, cd_err *err)
{
    cd_status st = CD_OK;
    person *people = NULL;
    uint32_t n = 0;
    *out = (dealing){0};
    CD_NEW(people, l->n_officers);
    for (uint32_t o = 0; o < l->n_officers; o++) {
        uint32_t g = group_of(s, o);
        if (g == FAIR_NOT_SAID || s->group[g].hidden) continue;
        people[n++] = (person){within ? l->unit[o] : 0, g, l->on[o]};
    }
    qsort(people, n, sizeof *people, person_compare);
    CD_NEW(out->group, n);
    CD_NEW(out->on, n);
    CD_NEW(out->end, n);
    CD_NEW(out->listed, n);
    out->n = n;
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || people[i].block != people[i - 1].block) out->n_blocks++;
        out->end[out->n_blocks - 1] = i + 1;
        out->listed[out->n_blocks - 1] += people[i].on != 0;
        out->group[i] = people[i].group, out->on[i] = people[i].on;
    }
done:
    cd_free(people);
    if (st != CD_OK) dealing_release(out);
    return st;
}

/* Deals the attribute to those on a list, and counts them: flagged[list][group]. */
static void deal(dealing *d, cd_random *draw, uint32_t n_lists, uint32_t n_groups, uint32_t *flagged)
{
    for (uint32_t b = 0, begin = 0; b < d->n_blocks; begin = d->end[b++])
        for (uint32_t i = begin; i < begin + d->listed[b]; i++) {
            uint32_t k = i + (uint32_t)cd_random_below(draw, d->end[b] - i), group = d->group[k];
            d->group[k] = d->group[i], d->group[i] = group;
            for (uint32_t list = 0; list < n_lists; list++)
                flagged[(size_t)list * n_groups + group] += d->on[i] >> list & 1;
        }
}

typedef struct {
    double gap, apart; /* apart: the sum of squared distances from what even rates would give, over that */
} spread;

static spread spread_of(const fair_split *s, const uint32_t *flagged)
{
    spread out = {0};
    double people = 0, all = 0, lowest = 2, highest = -1;
    for (uint32_t g = 0; g < s->n; g++)
        if (s->group[g].people && !s->group[g].hidden) people += s->group[g].people, all += flagged[g];
    for (uint32_t g = 0; g < s->n && all > 0; g++) {
        if (s->group[g].people == 0 || s->group[g].hidden) continue;
        double n = s->group[g].people, even = n * all / people, rate = flagged[g] / n;
        out.apart += (flagged[g] - even) * (flagged[g] - even) / even;
        if (rate < lowest) lowest = rate;
        if (rate > highest) highest = rate;
    }
    out.gap = highest > lowest ? highest - lowest : 0;
    return out;
}

static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* p[list]: how often the shuffles set the groups as far apart; chance[list]: what their gaps stay below, mostly. */
static cd_status shuffle(const fair_lists *l, const fair_split *s, bool within, double *p, double *chance, cd_err *err)
{
    cd_status st = CD_OK;
    dealing d = {0};
    uint32_t *flagged = NULL, *truly = NULL;
    double *gaps = NULL;
    cd_random draw = cd_random_of(1, within, s->n);
    CD_NEW(flagged, (size_t)l->n * s->n);
    CD_NEW(truly, s->n);
    CD_NEW(gaps, (size_t)l->n * SHUFFLES);
    CD_TRY(dealing_make(l, s, within, &d, err));
    for (uint32_t k = 0; k < l->n; k++) p[k] = 1;
    for (uint32_t i = 0; i < SHUFFLES; i++) {
        memset(flagged, 0, (size_t)l->n * s->n * sizeof *flagged);
        deal(&d, &draw, l->n, s->n, flagged);
        for (uint32_t k = 0; k < l->n; k++) {
            for (uint32_t g = 0; g < s->n; g++) truly[g] = s->group[g].flagged[k];
            spread now = spread_of(s, flagged + (size_t)k * s->n), then = spread_of(s, truly);
            p[k] += now.apart >= then.apart * (1 - 1e-9);
            gaps[(size_t)k * SHUFFLES + i] = now.gap;
        }
    }
    for (uint32_t k = 0; k < l->n; k++) {
        p[k] /= SHUFFLES + 1;
        qsort(gaps + (size_t)k * SHUFFLES, SHUFFLES, sizeof *gaps, double_compare);
        chance[k] = gaps[(size_t)k * SHUFFLES + (size_t)(0.95 * SHUFFLES)];
    }
done:
    dealing_release(&d);
    cd_free(flagged);
    cd_free(truly);
    cd_free(gaps);
    return st;
}

/* ---- Verdicts ---- */

static const char *verdict_of(const fair_gap *g, uint32_t shown, uint32_t flagged)
{
    static const double RARE = 0.05, FOUR_FIFTHS = 0.8;
    if (shown < 2) return "fewer than two groups can be shown";
    if (flagged < LEAST_ON_LIST) return "too few are on the list to say";
    if (g->p > RARE) return "no more than chance gives";
    if (g->ratio >= FOUR_FIFTHS) return "a gap beyond chance, within four fifths";
    return g->p_within > RARE ? "a disparity, which goes by unit" : "a disparity";
}

static void gap_find(const fair_split *s, uint32_t list, fair_gap *out)
{
    double lowest = 2, highest = -1;
    uint32_t shown = 0, flagged = 0;
    for (uint32_t g = 0; g < s->n; g++) {
        if (s->group[g].people == 0 || s->group[g].hidden) continue;
        double rate = (double)s->group[g].flagged[list] / s->group[g].people;
        shown++, flagged += s->group[g].flagged[list];
        if (rate < lowest) lowest = rate, out->lowest = g;
        if (rate > highest) highest = rate, out->highest = g;
    }
    out->ratio = highest > 0 ? lowest / highest : 1;
    out->gap = shown ? highest - lowest : 0;
    out->verdict = verdict_of(out, shown, flagged);
}

/* Which values of an attribute are unsaid where it stands alone. */
static void unsaid_values(const fair_split *alone, uint32_t n, bool *out)
{
    for (uint32_t v = 0; v < n; v++) out[v] = alone->group[v].hidden;
}

cd_status fair_split_make(const fair_lists *l, const fair_attribute *row, const fair_attribute *col,
                          const fair_split *row_alone, const fair_split *col_alone, fair_split *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t rows = row ? row->n_values : 1, cols = col->n_values, *people = NULL;
    bool *hidden = NULL, row_unsaid[FAIR_VALUES] = {false}, col_unsaid[FAIR_VALUES] = {false};
    double p[FAIR_LISTS], within[FAIR_LISTS], chance[FAIR_LISTS], unused[FAIR_LISTS];
    *out = (fair_split){.row = row, .col = col, .n = rows * cols};
    CD_NEW(out->group, out->n);
    CD_NEW(people, out->n);
    CD_NEW(hidden, out->n);
    groups_count(l, out);
    for (uint32_t g = 0; g < out->n; g++) people[g] = out->group[g].people;
    if (row_alone) unsaid_values(row_alone, rows, row_unsaid);
    if (col_alone) unsaid_values(col_alone, cols, col_unsaid);
    CD_TRY(fair_hide(people, rows, cols, row_alone ? row_unsaid : NULL, col_alone ? col_unsaid : NULL, hidden, err));
    for (uint32_t g = 0; g < out->n; g++) out->group[g].hidden = hidden[g], out->n_hidden += hidden[g];
    CD_TRY(shuffle(l, out, false, p, chance, err));
    CD_TRY(shuffle(l, out, true, within, unused, err));
    for (uint32_t k = 0; k < l->n; k++) {
        out->gap[k] = (fair_gap){.p = p[k], .p_within = within[k], .chance = chance[k]};
        gap_find(out, k, &out->gap[k]);
    }
done:
    cd_free(people);
    cd_free(hidden);
    return st;
}

void fair_split_release(fair_split *s)
{
    cd_free(s->group);
    *s = (fair_split){0};
}
