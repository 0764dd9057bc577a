/* SPDX-License-Identifier: GPL-3.0-or-later
 * peers.c: gamma-Poisson predictions. A person's rate is a gamma variable among peers; the exposure updates it, and the
 * count is then negative binomial. How much the peers' shares differ beyond that is estimated from their own counts,
 * without those that stand out. */
#include "engine/detect/peers.h"

#include <math.h>

#include "engine/base/random.h"
#include "engine/detect/chance.h"

cd_status cd_peers_make(const uint32_t *groups, uint32_t n_groups, const bool *part, uint32_t n_people, uint32_t least,
                        cd_peers *out, cd_err *err)
{
    cd_status st = CD_OK;
    *out = (cd_peers){.n_people = n_people, .n_groups = n_groups, .part = part};
    CD_NEW(out->group, n_people);
    CD_NEW(out->size, n_groups);
    for (uint32_t i = 0; i < n_people; i++)
        if (part[i]) out->size[groups[i]]++;
    for (uint32_t i = 0; i < n_people; i++) out->group[i] = groups[i] && out->size[groups[i]] >= least ? groups[i] : 0;
    out->size[0] = 0;
    for (uint32_t i = 0; i < n_people; i++) out->size[0] += part[i];
done:
    if (st != CD_OK) cd_peers_release(out);
    return st;
}

void cd_peers_release(cd_peers *p)
{
    cd_free(p->group);
    cd_free(p->size);
    *p = (cd_peers){0};
}

/* Sums over a group. Counts, and exposures that are counts, are whole numbers: their sums do not depend on their order.
 */
typedef struct {
    double n, seen, exposure, squares;
    double shape;        /* of the gamma of exposures */
    double excess, room; /* of the counts' variance beyond the null's, over the squared means */
    double spread;       /* the shape of what is between people's shares; large: nothing */
} group_sums;

enum { SHRINK = 20, ROUNDS = 2 };
static const double STANDS_OUT = -3; /* one in a thousand: left out where the spread is estimated */
static const double NO_SPREAD = 1e12;

static void sums_take(group_sums *s, double seen, double exposure, double times)
{
    s->n += times, s->seen += times * seen, s->exposure += times * exposure, s->squares += times * exposure * exposure;
}

static void sums_end(group_sums *s)
{
    double mean = s->n > 0 ? s->exposure / s->n : 0, variance = s->n > 0 ? s->squares / s->n - mean * mean : 0;
    double shape = variance > mean ? mean * mean / (variance - mean) : 50;
    s->shape = shape < 0.2 ? 0.2 : shape > 50 ? 50 : shape;
    s->spread = NO_SPREAD;
}

/* What is expected of one person by the others of the group. */
static cd_compared predict(const group_sums *g, const group_sums *all, double seen, double exposure, cd_exposure how)
{
    cd_compared out = {0};
    double force = (all->seen - seen + 0.5) / (all->exposure - exposure + 1);
    double ratio = (g->seen - seen + SHRINK * force) / (g->exposure - exposure + SHRINK);
    double mean = (g->exposure + 0.5) / (g->n + 1), of_rate = NO_SPREAD;
    if (how == CD_EXPOSURE_COUNT) {
        double rate = (exposure + g->shape) / (1 + g->shape / mean);
        out.expected = ratio * rate;
        of_rate = exposure + g->shape;
    } else {
        out.expected = ratio * exposure;
    }
    if (!(out.expected > 1e-9)) out.expected = 1e-9;
    out.shape = 1 / (1 / of_rate + 1 / g->spread);
    return out;
}

/* Group by group, how much wider the counts are than predicted. */
static void spread_estimate(const cd_peers *p, const uint32_t *seen, const double *exposure, cd_exposure how,
                            group_sums *sums)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t g = 0; g < p->n_groups; g++) sums[g].excess = sums[g].room = 0;
        for (uint32_t i = 0; i < p->n_people; i++) { /* one thread: sums of doubles go in one order */
            if (!p->part[i]) continue;
            for (int whole = 0; whole < 2; whole++) { /* everybody is one of the force, most of a group too */
                group_sums *g = &sums[whole ? 0 : p->group[i]];
                if (!whole && p->group[i] == 0) continue;
                cd_compared c = predict(g, &sums[0], seen[i], exposure[i], how);
                if (seen[i] > c.expected && cd_chance_spread(seen[i], c.expected, c.shape) < STANDS_OUT) continue;
                double d = seen[i] - c.expected,
                       of_rate = how == CD_EXPOSURE_COUNT ? exposure[i] + g->shape : NO_SPREAD;
                g->excess += d * d - c.expected - c.expected * c.expected / of_rate;
                g->room += c.expected * c.expected;
            }
        }
        for (uint32_t g = 0; g < p->n_groups; g++) {
            double share = sums[g].room > 0 ? sums[g].excess / sums[g].room : 0;
            sums[g].spread = share > 1e-9 ? 1 / share : NO_SPREAD;
            if (sums[g].spread < 0.1) sums[g].spread = 0.1;
        }
    }
}

cd_status cd_peers_compare(const cd_peers *p, const uint32_t *seen, const double *exposure, cd_exposure how,
                           uint32_t threads, cd_compared *out, cd_err *err)
{
    cd_status st = CD_OK;
    group_sums *sums = NULL;
    CD_NEW(sums, p->n_groups);
    for (uint32_t i = 0; i < p->n_people; i++) {
        if (!p->part[i]) continue;
        sums_take(&sums[0], seen[i], exposure[i], 1);
        if (p->group[i]) sums_take(&sums[p->group[i]], seen[i], exposure[i], 1);
    }
    for (uint32_t g = 0; g < p->n_groups; g++) sums_end(&sums[g]);
    spread_estimate(p, seen, exposure, how, sums);
#pragma omp parallel for schedule(static, 512) num_threads(threads)
    for (uint32_t i = 0; i < p->n_people; i++) {
        out[i] = (cd_compared){0};
        if (!p->part[i]) continue;
        out[i] = predict(&sums[p->group[i]], &sums[0], seen[i], exposure[i], how);
        out[i].log_p = cd_chance_spread(seen[i], out[i].expected, out[i].shape);
    }
done:
    cd_free(sums);
    return st;
}

/* How often a peer counts in a draw: a Poisson variable of mean 1, which is what drawing as many with replacement comes
 * to. */
static uint32_t times_drawn(uint64_t seed, uint32_t draw, uint32_t person)
{
    enum { REDRAW = 0x5244 };
    static const double up_to[] = {0.36787944117144233, 0.73575888234288467, 0.91969860292860584, 0.98101184312384626,
                                   0.99634015317265634, 0.99940581518241833, 0.99991675885071196};
    cd_random r = cd_random_of(seed, REDRAW + (uint64_t)draw, person);
    double u = cd_random_unit(&r);
    uint32_t n = 0;
    while (n < sizeof up_to / sizeof *up_to && u >= up_to[n]) n++;
    return n;
}

cd_status cd_peers_redraw(const cd_peers *p, const uint32_t *seen, const double *exposure, cd_exposure how,
                          uint64_t seed, uint32_t draw, const cd_compared *compared, const uint32_t *people,
                          uint32_t n_people, cd_compared *out, cd_err *err)
{
    cd_status st = CD_OK;
    group_sums *sums = NULL;
    CD_NEW(sums, p->n_groups);
    for (uint32_t i = 0; i < p->n_people; i++) {
        uint32_t times = p->part[i] ? times_drawn(seed, draw, i) : 0;
        if (times == 0) continue;
        sums_take(&sums[0], seen[i], exposure[i], times);
        if (p->group[i]) sums_take(&sums[p->group[i]], seen[i], exposure[i], times);
    }
    for (uint32_t g = 0; g < p->n_groups; g++) sums_end(&sums[g]);
    for (uint32_t k = 0; k < n_people; k++) {
        uint32_t i = people[k];
        /* The person themselves is taken out as often as they were drawn: predict() takes out one. */
        group_sums g = sums[p->group[i]], all = sums[0];
        double others = (double)times_drawn(seed, draw, i) - 1;
        sums_take(&all, seen[i], exposure[i], -others);
        sums_take(&g, seen[i], exposure[i], -others);
        out[k] = predict(&g, &all, seen[i], exposure[i], how);
        out[k].shape = compared[i].shape;
        out[k].log_p = cd_chance_spread(seen[i], out[k].expected, out[k].shape);
    }
done:
    cd_free(sums);
    return st;
}
