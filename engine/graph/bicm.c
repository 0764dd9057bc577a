/* SPDX-License-Identifier: GPL-3.0-or-later
 * bicm.c: each side's fitness in turn from the other's, by Newton's method on one unknown at a time: the expected
 * degree rises with the fitness and bends downwards, so that from below Newton never oversteps, and from above it is
 * held. */
#include "engine/graph/bicm.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/sort.h"

enum { MOST_ROUNDS = 5000, STEPS = 3 };
static const double GOOD_ENOUGH = 1e-9, ROUNDING = 1e-12;

/* One side of a model as the other sees it. */
typedef struct {
    cd_bicm_class *own;
    const cd_bicm_class *other;
    uint32_t n_own, n_other;
    const double *open;
    size_t own_step, other_step; /* of open[] */
} facing;

static facing face(const cd_bicm *m, uint32_t side)
{
    facing f = {m->left, m->right, m->n_left, m->n_right, m->open, m->n_right, 1};
    return side == 0 ? f : (facing){m->right, m->left, m->n_right, m->n_left, m->open, 1, m->n_right};
}

/* How many of class b each of class a may be tied to, on average. */
static inline double cells(const facing *f, uint32_t a, uint32_t b)
{
    return f->open ? f->open[a * f->own_step + b * f->other_step] / f->own[a].n : f->other[b].n;
}

/* The expected degree of class a at a fitness, and how fast it rises. */
static double expected(const facing *f, uint32_t a, double x, double *slope)
{
    double sum[2] = {0}, rise[2] = {0};
    for (uint32_t b = 0; b < f->n_other; b++) {
        const cd_bicm_class *c = &f->other[b];
        if (c->degree == 0) continue;
        if (isinf(c->fitness)) {
            sum[b & 1] += cells(f, a, b);
            continue;
        }
        double inverse = 1 / (1 + x * c->fitness), weight = cells(f, a, b) * c->fitness * inverse;
        sum[b & 1] += weight * x;
        rise[b & 1] += weight * inverse;
    }
    *slope = rise[0] + rise[1];
    return sum[0] + sum[1];
}

/* Moves every class of a side; returns the largest error there was before. A class that has all it may have keeps it.
 */
static double improve(const facing *f, uint32_t threads)
{
    double worst = 0;
    bool worth_it = f->n_own * (size_t)f->n_other > 4096;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(max : worst) if (worth_it)
    for (uint32_t a = 0; a < f->n_own; a++) {
        cd_bicm_class *c = &f->own[a];
        if (c->fitness == 0 || isinf(c->fitness)) continue;
        for (uint32_t step = 0; step < STEPS; step++) {
            double slope, off = expected(f, a, c->fitness, &slope) - c->degree;
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

static void start(cd_bicm_class *side, uint32_t n, double ties)
{
    for (uint32_t a = 0; a < n; a++) side[a].fitness = side[a].degree ? side[a].degree / sqrt(ties) : 0;
}

/* Who is tied to all that it may be tied to, and who to none but those. Taking the first away lowers the others'
 * degrees, which may put more in that place: until nobody is. */
static void find_full(cd_bicm *m)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t side = 0; side < 2; side++) {
            facing f = face(m, side);
            for (uint32_t a = 0; a < f.n_own; a++) {
                double fitness = f.own[a].fitness, rest = f.own[a].degree, open = 0;
                if (fitness == 0 || isinf(fitness)) continue;
                for (uint32_t b = 0; b < f.n_other; b++) {
                    if (isinf(f.other[b].fitness))
                        rest -= cells(&f, a, b);
                    else if (f.other[b].fitness > 0)
                        open += cells(&f, a, b);
                }
                double nothing = ROUNDING * f.own[a].degree;
                if (rest > nothing && rest < open - nothing) continue;
                f.own[a].fitness = rest > nothing ? HUGE_VAL : 0;
                changed = true;
            }
        }
    }
}

static void set_pairing(cd_bicm *m)
{
    facing f = face(m, 1);
    for (uint32_t b = 0; b < m->n_right; b++) {
        cd_bicm_class *c = &m->right[b];
        double k = c->degree, squares = 0;
        for (uint32_t a = 0; a < m->n_left; a++) {
            double p = cd_bicm_tie(&m->left[a], c);
            squares += cells(&f, b, a) * p * p;
        }
        c->pairing = k < 2 ? 0 : fmin(1, k * (k - 1) / (k * k - squares));
    }
}

cd_status cd_bicm_find_open(cd_bicm *m, cd_err *err)
{
    cd_status st = CD_OK;
    CD_NEW(m->open, (size_t)m->n_left * m->n_right);
    for (uint32_t a = 0; a < m->n_left; a++)
        for (uint32_t b = 0; b < m->n_right; b++)
            if (cd_spans_meet(m->left[a].there, m->right[b].there))
                m->open[(size_t)a * m->n_right + b] = (double)m->left[a].n * m->right[b].n;
done:
    return st;
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
    facing left_side = face(m, 0), right_side = face(m, 1);
    m->rounds = 0;
    do {
        double right = improve(&right_side, run->threads), left = improve(&left_side, run->threads);
        m->error = m->rounds == 0 ? 1 : right > left ? right : left;
        if (++m->rounds % 64 == 0) CD_TRY(cd_run_step(run, "fitting", m->rounds, err));
    } while (m->error > GOOD_ENOUGH && m->rounds < MOST_ROUNDS);
    set_pairing(m);
done:
    return st;
}

/* An id on its way into a class. */
typedef struct {
    cd_id degree, id;
    cd_span there;
} classed;

static bool same_class(const classed *a, const classed *b)
{
    return a->degree == b->degree && a->there.from == b->there.from && a->there.until == b->there.until;
}

static int by_class(const void *x, const void *y)
{
    const classed *a = x, *b = y;
    if (a->degree != b->degree) return a->degree < b->degree ? -1 : 1;
    if (a->there.from != b->there.from) return a->there.from < b->there.from ? -1 : 1;
    if (a->there.until != b->there.until) return a->there.until < b->there.until ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* By degree, then by span, then by number. */
static cd_status sort_classed(const cd_id *degree, const cd_span *there, cd_id n, classed *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *sorted = NULL;
    if (there) {
        for (cd_id v = 0; v < n; v++) out[v] = (classed){degree[v], v, there[v]};
        if (n > 1) qsort(out, n, sizeof *out, by_class);
        return CD_OK;
    }
    sorted = cd_pages_new(n, sizeof *sorted, err);
    if (!sorted) CD_TRY(CD_EMEMORY);
    for (cd_id v = 0; v < n; v++) sorted[v] = (uint64_t)degree[v] << 32 | v;
    cd_sort_u64(sorted, n);
    for (cd_id i = 0; i < n; i++) out[i] = (classed){(cd_id)(sorted[i] >> 32), (cd_id)sorted[i], CD_ALWAYS};
done:
    cd_pages_free(sorted, n, sizeof *sorted);
    return st;
}

cd_status cd_bicm_classes(const cd_id *degree, const cd_span *there, cd_id n, cd_bicm_class **out, uint32_t *n_out,
                          uint32_t *class_of, cd_err *err)
{
    cd_status st = CD_OK;
    classed *sorted = cd_pages_new(n, sizeof *sorted, err);
    uint32_t classes = 0;
    if (!sorted) CD_TRY(CD_EMEMORY);
    CD_TRY(sort_classed(degree, there, n, sorted, err));
    for (cd_id i = 0; i < n; i++) classes += i == 0 || !same_class(&sorted[i], &sorted[i - 1]);
    CD_NEW(*out, classes);
    *n_out = classes;
    classes = 0;
    for (cd_id i = 0; i < n; i++) {
        classes += i == 0 || !same_class(&sorted[i], &sorted[i - 1]);
        cd_bicm_class *c = &(*out)[classes - 1];
        c->degree = sorted[i].degree, c->there = sorted[i].there, c->n++;
        if (class_of) class_of[sorted[i].id] = classes - 1;
    }
done:
    cd_pages_free(sorted, n, sizeof *sorted);
    return st;
}

void cd_bicm_release(cd_bicm *m)
{
    cd_free(m->left);
    cd_free(m->right);
    cd_free(m->open);
    *m = (cd_bicm){0};
}
