/* SPDX-License-Identifier: GPL-3.0-or-later
 * peers.c: gamma-Poisson predictions. A person's rate is a gamma variable among peers; the exposure updates it, and the
 * count is then negative binomial. How much wider the peers' counts are than that is estimated from their own counts.
 */
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
    double shape;         /* of the gamma of exposures */
    double spread, clump; /* of counts beyond that: see below */
} group_sums;

enum { SHRINK = 20 };
#define NO_SPREAD 1e12

static void sums_take(group_sums *s, double seen, double exposure, double times)
{
    s->n += times, s->seen += times * seen, s->exposure += times * exposure, s->squares += times * exposure * exposure;
}

static void sums_end(group_sums *s)
{
    double mean = s->n > 0 ? s->exposure / s->n : 0, variance = s->n > 0 ? s->squares / s->n - mean * mean : 0;
    double shape = variance > mean ? mean * mean / (variance - mean) : 50;
    s->shape = shape < 0.2 ? 0.2 : shape > 50 ? 50 : shape;
    s->spread = s->clump = NO_SPREAD;
}

/* What is expected of one person by the others of the group. */
static cd_compared predict(const group_sums *g, const group_sums *all, double seen, double exposure, cd_exposure how)
{
    cd_compared out = {0};
    double force = (all->seen - seen + 0.5) / (all->exposure - exposure + 1);
    double prior = 0.5 / force > SHRINK ? 0.5 / force : SHRINK; /* worth half a count at least */
    double ratio = (g->seen - seen + prior * force) / (g->exposure - exposure + prior);
    double mean = (g->exposure + 0.5) / (g->n + 1), of_rate = NO_SPREAD;
    if (how == CD_EXPOSURE_COUNT) {
        double rate = (exposure + g->shape) / (1 + g->shape / mean);
        out.expected = ratio * rate;
        of_rate = exposure + g->shape;
    } else {
        out.expected = ratio * exposure;
    }
    if (!(out.expected > 1e-9)) out.expected = 1e-9;
    out.shape = 1 / (1 / of_rate + 1 / g->spread + 1 / (g->clump * out.expected));
    return out;
}

/* ---- How much wider the counts are than predicted ---- */

/* What is tried: how much shares differ from person to person, and how much the counted things come in clumps. The
 * first of each: not at all. */
enum { TRIED = 6, LAWS = TRIED * TRIED };
static const double spreads[TRIED] = {NO_SPREAD, 20, 5, 1.5, 0.5, 0.2},
                    clumps[TRIED] = {NO_SPREAD, 8, 3, 1.5, 0.7, 0.3};

static double shape_of(double expected, double of_rate, double spread, double clump)
{
    return 1 / (1 / of_rate + 1 / spread + 1 / (clump * expected));
}

/* The widest law of each group that its counts are nearly as likely under as under the best: likelihood falls by less
 * than a factor of e. */
static void laws_choose(const double *likely, uint32_t n_groups, group_sums *sums)
{
    for (uint32_t g = 0; g < n_groups; g++) {
        double best = -HUGE_VAL;
        int widest = -1;
        for (int law = 0; law < LAWS; law++)
            if (likely[(size_t)law * n_groups + g] > best) best = likely[(size_t)law * n_groups + g];
        for (int law = 0; law < LAWS; law++) {
            int wide = law / TRIED + law % TRIED;
            if (likely[(size_t)law * n_groups + g] < best - 1 || wide < widest) continue;
            widest = wide;
            sums[g].spread = spreads[law / TRIED], sums[g].clump = clumps[law % TRIED];
        }
    }
}

static cd_status spread_estimate(const cd_peers *p, const uint32_t *seen, const double *exposure, cd_exposure how,
                                 uint32_t threads, group_sums *sums, cd_err *err)
{
    cd_status st = CD_OK;
    double *likely = NULL;
    cd_compared *of_group = NULL, *of_force = NULL; /* shape: of the rate alone */
    CD_NEW(likely, (size_t)LAWS * p->n_groups);
    CD_NEW(of_group, p->n_people);
    CD_NEW(of_force, p->n_people);
    for (uint32_t i = 0; i < p->n_people; i++) {
        if (!p->part[i]) continue;
        of_group[i] = predict(&sums[p->group[i]], &sums[0], seen[i], exposure[i], how);
        of_force[i] = predict(&sums[0], &sums[0], seen[i], exposure[i], how);
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int law = 0; law < LAWS; law++) { /* each law by one thread: sums of doubles go in one order */
        double *sum = likely + (size_t)law * p->n_groups, spread = spreads[law / TRIED], clump = clumps[law % TRIED];
        for (uint32_t i = 0; i < p->n_people; i++) {
            if (!p->part[i]) continue;
            const cd_compared *x = &of_force[i], *y = &of_group[i];
            sum[0] += cd_chance_capped(seen[i], x->expected, shape_of(x->expected, x->shape, spread, clump));
            if (p->group[i])
                sum[p->group[i]] +=
                    cd_chance_capped(seen[i], y->expected, shape_of(y->expected, y->shape, spread, clump));
        }
    }
    for (size_t i = 0; i < (size_t)LAWS * p->n_groups; i++) likely[i] = rint(1000 * likely[i]) / 1000;
    laws_choose(likely, p->n_groups, sums);
done:
    cd_free(likely);
    cd_free(of_group);
    cd_free(of_force);
    return st;
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
    CD_TRY(spread_estimate(p, seen, exposure, how, threads, sums, err));
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
uint32_t cd_peers_drawn(uint64_t seed, uint32_t draw, uint32_t person)
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
        uint32_t times = p->part[i] ? cd_peers_drawn(seed, draw, i) : 0;
        if (times == 0) continue;
        sums_take(&sums[0], seen[i], exposure[i], times);
        if (p->group[i]) sums_take(&sums[p->group[i]], seen[i], exposure[i], times);
    }
    for (uint32_t g = 0; g < p->n_groups; g++) sums_end(&sums[g]);
    for (uint32_t k = 0; k < n_people; k++) {
        uint32_t i = people[k];
        /* The person themselves is taken out as often as they were drawn: predict() takes out one. */
        group_sums g = sums[p->group[i]], all = sums[0];
        double others = (double)cd_peers_drawn(seed, draw, i) - 1;
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
