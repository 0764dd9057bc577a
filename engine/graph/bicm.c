/* SPDX-License-Identifier: GPL-3.0-or-later
 * bicm.c: each side's fitness in turn from the other's, by Newton's method on one unknown at a time: the expected
 * degree rises with the fitness and bends downwards, so that from below Newton never oversteps, and from above it is
 * held. */
#include "engine/graph/bicm.h"

#include <math.h>

#include "engine/base/sort.h"

enum { MOST_ROUNDS = 5000, STEPS = 3 };
static const double GOOD_ENOUGH = 1e-9;

/* The expected degree at a fitness against the other side, and how fast it rises. */
static double expected(double x, const cd_bicm_class *other, uint32_t n_other, double *slope)
{
    double sum[2] = {0}, rise[2] = {0};
    for (uint32_t b = 0; b < n_other; b++) {
        if (other[b].degree == 0) continue;
        if (isinf(other[b].fitness)) {
            sum[b & 1] += other[b].n;
            continue;
        }
        double inverse = 1 / (1 + x * other[b].fitness), weight = other[b].n * other[b].fitness * inverse;
        sum[b & 1] += weight * x;
        rise[b & 1] += weight * inverse;
    }
    *slope = rise[0] + rise[1];
    return sum[0] + sum[1];
}

/* Moves every class of a side; returns the largest error there was before. A class whose degree is all there is of the
 * other side stays tied to all. */
static double improve(cd_bicm_class *side, uint32_t n_side, const cd_bicm_class *other, uint32_t n_other,
                      uint32_t threads)
{
    double worst = 0;
    bool worth_it = n_side * (size_t)n_other > 4096;
    #pragma omp parallel for num_threads(threads) schedule(static) reduction(max : worst) if (worth_it)
    for (uint32_t a = 0; a < n_side; a++) {
        cd_bicm_class *c = &side[a];
        if (c->degree == 0 || isinf(c->fitness)) continue;
        for (uint32_t step = 0; step < STEPS; step++) {
            double slope, off = expected(c->fitness, other, n_other, &slope) - c->degree;
            double error = fabs(off) / c->degree;
            if (step == 0) worst = error > worst ? error : worst;
            if (error < GOOD_ENOUGH * 1e-3 || slope <= 0) break;
            double next = c->fitness - off / slope;
            c->fitness = next > c->fitness / 4 ? next : c->fitness / 4;
        }
    }
    return worst;
}

static double ties_of(const cd_bicm_class *side, uint32_t n)
{
    double sum = 0;
    for (uint32_t a = 0; a < n; a++) sum += (double)side[a].degree * side[a].n;
    return sum;
}

/* Who is tied to all of the other side that is tied at all, and who is tied to none but those. Taking the first away
 * lowers the others' degrees, which may put more in that place: until nobody is. */
static void start(cd_bicm_class *side, uint32_t n, double ties)
{
    for (uint32_t a = 0; a < n; a++) side[a].fitness = side[a].degree ? side[a].degree / sqrt(ties) : 0;
}

static void find_full(cd_bicm *m)
{
    cd_id all[2] = {0}, full[2] = {0};
    cd_bicm_class *side[2] = {m->left, m->right};
    uint32_t n[2] = {m->n_left, m->n_right};
    for (uint32_t s = 0; s < 2; s++)
        for (uint32_t a = 0; a < n[s]; a++) all[s] += side[s][a].n;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t s = 0; s < 2; s++)
            for (uint32_t a = 0; a < n[s]; a++) {
                cd_bicm_class *c = &side[s][a];
                cd_id gone = 0; /* of the other side: tied to nobody but those who are tied to all */
                for (uint32_t b = 0; b < n[1 - s]; b++)
                    if (side[1 - s][b].degree <= full[s]) gone += side[1 - s][b].n;
                if (isinf(c->fitness) || c->degree <= full[1 - s] || c->degree < all[1 - s] - gone) continue;
                c->fitness = HUGE_VAL;
                full[s] += c->n;
                changed = true;
            }
    }
    /* Whoever is tied to none but the full has nothing left to explain. */
    for (uint32_t s = 0; s < 2; s++)
        for (uint32_t a = 0; a < n[s]; a++)
            if (!isinf(side[s][a].fitness) && side[s][a].degree <= full[1 - s]) side[s][a].fitness = 0;
}

static void set_pairing(cd_bicm *m)
{
    for (uint32_t b = 0; b < m->n_right; b++) {
        cd_bicm_class *c = &m->right[b];
        double k = c->degree, squares = 0;
        for (uint32_t a = 0; a < m->n_left; a++) {
            double p = cd_bicm_tie(&m->left[a], c);
            squares += m->left[a].n * p * p;
        }
        c->pairing = k < 2 ? 0 : fmin(1, k * (k - 1) / (k * k - squares));
    }
}

cd_status cd_bicm_fit(cd_bicm *m, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    double ties = ties_of(m->left, m->n_left);
    if (fabs(ties - ties_of(m->right, m->n_right)) > 0.5)
        return cd_fail(err, CD_EUSAGE, "degrees of %.0f ties on one side and of %.0f on the other are of no one graph",
                       ties, ties_of(m->right, m->n_right));
    start(m->left, m->n_left, ties);
    start(m->right, m->n_right, ties);
    find_full(m);
    m->rounds = 0;
    do {
        double right = improve(m->right, m->n_right, m->left, m->n_left, run->threads);
        double left = improve(m->left, m->n_left, m->right, m->n_right, run->threads);
        m->error = m->rounds == 0 ? 1 : right > left ? right : left;
        if (++m->rounds % 64 == 0) CD_TRY(cd_run_step(run, "fitting", m->rounds, err));
    } while (m->error > GOOD_ENOUGH && m->rounds < MOST_ROUNDS);
    set_pairing(m);
done:
    return st;
}

cd_status cd_bicm_classes(const cd_id *degree, cd_id n, cd_bicm_class **out, uint32_t *n_out, uint32_t *class_of,
                          cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *sorted = cd_pages_new(n, sizeof *sorted, err);
    uint32_t classes = 0;
    if (!sorted) CD_TRY(CD_EMEMORY);
    for (cd_id v = 0; v < n; v++) sorted[v] = (uint64_t)degree[v] << 32 | v;
    cd_sort_u64(sorted, n);
    for (cd_id i = 0; i < n; i++) classes += i == 0 || sorted[i] >> 32 != sorted[i - 1] >> 32;
    CD_NEW(*out, classes);
    *n_out = classes;
    classes = 0;
    for (cd_id i = 0; i < n; i++) {
        classes += i == 0 || sorted[i] >> 32 != sorted[i - 1] >> 32;
        cd_bicm_class *c = &(*out)[classes - 1];
        c->degree = (cd_id)(sorted[i] >> 32), c->n++;
        if (class_of) class_of[(uint32_t)sorted[i]] = classes - 1;
    }
done:
    cd_pages_free(sorted, n, sizeof *sorted);
    return st;
}

void cd_bicm_release(cd_bicm *m)
{
    cd_free(m->left);
    cd_free(m->right);
    *m = (cd_bicm){0};
}
