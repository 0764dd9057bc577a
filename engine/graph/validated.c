/* SPDX-License-Identifier: GPL-3.0-or-later
 * validated.c: every pair that shares anything is met in the pass over shared neighbours, and asked one cheap question:
 * could its p-value be small enough? The floor of tail.h answers without error on the safe side. The question's level
 * is set by a first pass: of the pairs that pass at `level` itself at most all can be kept, so none whose p-value is
 * above level * passed / tested is. A second pass counts those that pass at that level, so that what cannot be held is
 * refused before it is; the third gathers them, and they alone pay for exact tails. Whoever is left out has a p-value
 * above any that can be kept: the answer is that of testing all. */
#include "engine/graph/validated.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/graph/tail.h"

/* One stratum: its model, and what two left ids of classes a and b share in it on average. */
typedef struct {
    cd_bicm model;
    double *mean; /* n_left classes squared */
    cd_id n_members;
    cd_id *member;      /* left ids with a degree here, rising */
    uint32_t *class_of; /* per member */
} stratum;

/* A left id in a stratum. */
typedef struct {
    uint32_t stratum, class_of;
    cd_id at; /* its place among the members */
} membership;

typedef struct {
    double *mean;   /* per left id: what the row's owner shares with each; zero between rows */
    cd_id *touched;
    cd_validated_pair *found;
    size_t n_found, cap_found;
    uint64_t passed;
    cd_err err;
    cd_status status;
} row_scratch;

enum { HELD_A_CANDIDATE = 3 * sizeof(cd_validated_pair) }; /* as it was found, with room to grow, and in one list */
enum { MEAN_BINS = 512, CHANCE_BINS = 16, LEAST_EXPONENT = 40 };

typedef struct {
    const cd_shared *s;
    const cd_run *run;
    uint32_t n_strata;
    stratum *strata;
    cd_off *at;              /* per left id: its memberships */
    membership *memberships;
    double *largest;         /* per left id: its largest chance of a tie */
    row_scratch *scratch;
    bool gather;             /* the second pass */
    double level;
    uint32_t (*least)[CHANCE_BINS]; /* shared counts below this cannot pass, by bins of mean and chance */
} validation;

/* ---- The null ---- */

/* Left ids' degrees within each stratum, as memberships of (stratum, degree): class_of holds the degree for now. */
static cd_status find_members(validation *v, const cd_validated_options *o, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_csr *g = v->s->by_left;
    uint32_t *degree = NULL, *met = NULL;
    v->at = cd_pages_new((size_t)g->n_left + 1, sizeof *v->at, err);
    if (!v->at) CD_TRY(CD_EMEMORY);
    CD_NEW(degree, v->n_strata);
    CD_NEW(met, v->n_strata);
    for (uint32_t pass = 0; pass < 2; pass++) {
        cd_off next = 0;
        for (cd_id u = 0; u < g->n_left; u++) {
            uint32_t n_met = 0;
            v->at[u] = next;
            for (cd_off e = g->off[u]; e < g->off[u + 1]; e++) {
                cd_id c = g->adj[e];
                if (v->s->cap && cd_csr_degree(v->s->by_right, c) > v->s->cap) continue;
                uint32_t k = o->stratum ? o->stratum[c] : 0;
                if (degree[k]++ == 0) met[n_met++] = k;
            }
            for (uint32_t i = 0; i < n_met; i++, next++) {
                if (pass) v->memberships[next] = (membership){.stratum = met[i], .class_of = degree[met[i]]};
                degree[met[i]] = 0;
            }
        }
        v->at[g->n_left] = next;
        if (pass == 0 && !(v->memberships = cd_pages_new(next, sizeof *v->memberships, err))) CD_TRY(CD_EMEMORY);
    }
done:
    cd_free(degree);
    cd_free(met);
    return st;
}

/* Each stratum's members, in the order of their numbers. */
static cd_status list_members(validation *v, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = v->s->by_left->n_left;
    for (cd_off i = 0; i < v->at[n]; i++) v->strata[v->memberships[i].stratum].n_members++;
    for (uint32_t k = 0; k < v->n_strata; k++) {
        stratum *s = &v->strata[k];
        s->member = cd_pages_new(s->n_members, sizeof *s->member, err);
        s->class_of = cd_pages_new(s->n_members, sizeof *s->class_of, err);
        if (!s->member || !s->class_of) CD_TRY(CD_EMEMORY);
        s->n_members = 0;
    }
    for (cd_id u = 0; u < n; u++)
        for (cd_off i = v->at[u]; i < v->at[u + 1]; i++) {
            stratum *s = &v->strata[v->memberships[i].stratum];
            v->memberships[i].at = s->n_members;
            s->class_of[s->n_members] = v->memberships[i].class_of; /* the degree, until there are classes */
            s->member[s->n_members++] = u;
        }
done:
    return st;
}

static cd_status fit_stratum(validation *v, stratum *s, const cd_id *right_degree, cd_id n_right, cd_err *err)
{
    cd_status st = CD_OK;
    cd_bicm *m = &s->model;
    double *tie = NULL, *weight = NULL;
    CD_TRY(cd_bicm_classes(s->class_of, s->n_members, &m->left, &m->n_left, s->class_of, err));
    CD_TRY(cd_bicm_classes(right_degree, n_right, &m->right, &m->n_right, NULL, err));
    CD_TRY(cd_bicm_fit(m, v->run, err));
    s->mean = cd_pages_new((size_t)m->n_left * m->n_left, sizeof *s->mean, err);
    if (!s->mean) CD_TRY(CD_EMEMORY);
    tie = cd_pages_new((size_t)m->n_left * m->n_right, sizeof *tie, err);
    if (!tie) CD_TRY(CD_EMEMORY);
    CD_NEW(weight, m->n_right);
    for (uint32_t c = 0; c < m->n_right; c++) weight[c] = m->right[c].n * m->right[c].pairing;
    #pragma omp parallel for num_threads(v->run->threads) schedule(static)
    for (uint32_t a = 0; a < m->n_left; a++)
        for (uint32_t c = 0; c < m->n_right; c++)
            tie[(size_t)a * m->n_right + c] = cd_bicm_tie(&m->left[a], &m->right[c]);
    #pragma omp parallel for num_threads(v->run->threads) schedule(dynamic, 8)
    for (uint32_t a = 0; a < m->n_left; a++)
        for (uint32_t b = 0; b <= a; b++) {
            double sum[4] = {0};
            for (uint32_t c = 0; c < m->n_right; c++)
                sum[c & 3] += weight[c] * tie[(size_t)a * m->n_right + c] * tie[(size_t)b * m->n_right + c];
            s->mean[(size_t)a * m->n_left + b] = s->mean[(size_t)b * m->n_left + a] =
                (sum[0] + sum[1]) + (sum[2] + sum[3]);
        }
done:
    cd_pages_free(tie, (size_t)m->n_left * m->n_right, sizeof *tie);
    cd_free(weight);
    return st;
}

/* Right ids' degrees, stratum after stratum, and where each begins. */
static cd_status fit_all(validation *v, const cd_validated_options *o, cd_validated_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_csr *g = v->s->by_right;
    cd_id *degree = NULL, *begin = NULL, *next = NULL;
    degree = cd_pages_new(g->n_left, sizeof *degree, err);
    if (!degree) CD_TRY(CD_EMEMORY);
    CD_NEW(begin, (size_t)v->n_strata + 1);
    CD_NEW(next, v->n_strata);
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (cd_id c = 0; c < g->n_left; c++) {
            cd_id d = cd_csr_degree(g, c);
            uint32_t k = o->stratum ? o->stratum[c] : 0;
            if (d == 0 || (v->s->cap && d > v->s->cap)) continue; /* an id that nobody has is no part of the game */
            if (pass) degree[next[k]++] = d;
            else begin[k + 1]++;
        }
        for (uint32_t k = 0; pass == 0 && k < v->n_strata; k++) next[k] = begin[k], begin[k + 1] += begin[k];
    }
    for (uint32_t k = 0; k < v->n_strata; k++) {
        if (v->strata[k].n_members == 0) continue;
        CD_TRY(fit_stratum(v, &v->strata[k], degree + begin[k], begin[k + 1] - begin[k], err));
        if (v->strata[k].model.error > report->fit_error) report->fit_error = v->strata[k].model.error;
    }
done:
    cd_pages_free(degree, g->n_left, sizeof *degree);
    cd_free(begin);
    cd_free(next);
    return st;
}

/* From degrees to classes, and each left id's largest chance. */
static cd_status class_members(validation *v, cd_err *err)
{
    cd_id n = v->s->by_left->n_left;
    v->largest = cd_pages_new(n, sizeof *v->largest, err);
    if (!v->largest) return CD_EMEMORY;
    for (cd_id u = 0; u < n; u++)
        for (cd_off i = v->at[u]; i < v->at[u + 1]; i++) {
            membership *m = &v->memberships[i];
            const stratum *s = &v->strata[m->stratum];
            m->class_of = s->class_of[m->at];
            /* Chances rise with the degree: the last right class has the largest. */
            double p = cd_bicm_tie(&s->model.left[m->class_of], &s->model.right[s->model.n_right - 1]);
            v->largest[u] = p > v->largest[u] ? p : v->largest[u];
        }
    return CD_OK;
}

/* ---- The question ---- */

/* Bins of a positive double by its exponent and its first three bits, from 2^-40 on; what a bin stands for is its lower
 * end, and the first one for 0. */
static uint32_t bin_of(double mean)
{
    uint64_t bits;
    memcpy(&bits, &mean, sizeof bits);
    int64_t bin = (int64_t)(bits >> 49) - (int64_t)((1023 - LEAST_EXPONENT) << 3);
    return bin < 0 ? 0 : bin >= MEAN_BINS ? MEAN_BINS - 1 : (uint32_t)bin;
}

static double bin_begins(uint32_t bin)
{
    uint64_t bits = ((uint64_t)bin + ((1023 - LEAST_EXPONENT) << 3)) << 49;
    double mean;
    memcpy(&mean, &bits, sizeof mean);
    return bin == 0 ? 0 : mean;
}

/* Chances up to 2^-i; the last bin holds all below. */
static uint32_t chance_bin(double p)
{
    int exponent;
    if (p <= 0) return CHANCE_BINS - 1;
    double m = frexp(p, &exponent);
    int up = m == 0.5 ? exponent - 1 : exponent; /* p <= 2^up */
    return up > 0 ? 0 : -up >= CHANCE_BINS ? CHANCE_BINS - 1 : (uint32_t)-up;
}

/* For each bin the least count whose floor may be at or below the level. The floor falls with the count from the mean
 * on, and rises with the mean: a bin's lower end is the safe side. */
static void set_least(validation *v, double level)
{
    #pragma omp parallel for num_threads(v->run->threads) schedule(dynamic, 16)
    for (uint32_t m = 0; m < MEAN_BINS; m++)
        for (uint32_t c = 0; c < CHANCE_BINS; c++) {
            double mean = bin_begins(m), most = ldexp(1, -(int)c);
            uint64_t lo = 1, hi = 2;
            while (hi < UINT32_MAX && cd_tail_floor(mean, most, hi) > level) lo = hi, hi *= 2;
            if (cd_tail_floor(mean, most, lo) <= level) hi = lo;
            while (hi - lo > 1) {
                uint64_t mid = lo + (hi - lo) / 2;
                if (cd_tail_floor(mean, most, mid) > level) lo = mid;
                else hi = mid;
            }
            v->least[m][c] = hi > UINT32_MAX ? UINT32_MAX : (uint32_t)hi;
        }
}

/* ---- The passes ---- */

/* What u shares on average with everyone after it, stratum by stratum; returns how many of them there are. */
static cd_id add_means(const validation *v, cd_id u, row_scratch *r)
{
    cd_id n = 0;
    for (cd_off i = v->at[u]; i < v->at[u + 1]; i++) {
        const membership *m = &v->memberships[i];
        const stratum *s = &v->strata[m->stratum];
        const double *mean = s->mean + (size_t)m->class_of * s->model.n_left;
        for (cd_id k = m->at + 1; k < s->n_members; k++) {
            cd_id w = s->member[k];
            double more = mean[s->class_of[k]];
            if (r->mean[w] == 0 && more > 0) r->touched[n++] = w;
            r->mean[w] += more;
        }
    }
    return n;
}

static void test_row(void *context, uint32_t thread, cd_id u, const cd_id *partner, const uint32_t *shared, cd_id n)
{
    validation *v = context;
    row_scratch *r = &v->scratch[thread];
    cd_id touched = add_means(v, u, r);
    for (cd_id i = 0; i < n && r->status == CD_OK; i++) {
        double mean = r->mean[partner[i]];
        if (shared[i] < v->least[bin_of(mean)][chance_bin(v->largest[u] * v->largest[partner[i]])]) continue;
        r->passed++;
        if (!v->gather) continue;
        r->status = cd_grow(&r->found, &r->cap_found, r->n_found + 1, sizeof *r->found, &r->err);
        if (r->status == CD_OK)
            r->found[r->n_found++] =
                (cd_validated_pair){.left = u, .other = partner[i], .shared = shared[i], .expected = mean};
    }
    for (cd_id i = 0; i < touched; i++) r->mean[r->touched[i]] = 0;
}

static cd_status pass(validation *v, double level, bool gather, uint64_t *passed, cd_err *err)
{
    cd_status st = CD_OK;
    v->gather = gather;
    set_least(v, level);
    for (uint32_t t = 0; t < v->run->threads; t++) v->scratch[t].passed = 0;
    CD_TRY(cd_shared_each(v->s, 0, v->s->by_left->n_left, 1, v->run, test_row, v, err));
    *passed = 0;
    for (uint32_t t = 0; t < v->run->threads; t++) {
        *passed += v->scratch[t].passed;
        if (v->scratch[t].status != CD_OK) CD_TRY(cd_fail(err, v->scratch[t].status, "%s", v->scratch[t].err.text));
    }
done:
    return st;
}

/* The exact tail of a pair: the coins of every stratum that both are in. */
static cd_status exact(const validation *v, cd_validated_pair *pair, cd_coins **coins, size_t *cap, cd_err *err)
{
    cd_status st = CD_OK;
    size_t n = 0;
    for (cd_off i = v->at[pair->left]; i < v->at[pair->left + 1]; i++)
        for (cd_off j = v->at[pair->other]; j < v->at[pair->other + 1]; j++) {
            const membership *a = &v->memberships[i], *b = &v->memberships[j];
            if (a->stratum != b->stratum) continue;
            const cd_bicm *m = &v->strata[a->stratum].model;
            CD_TRY(cd_grow(coins, cap, n + m->n_right, sizeof **coins, err));
            for (uint32_t c = 0; c < m->n_right; c++)
                (*coins)[n++] = (cd_coins){
                    .p = cd_bicm_both(&m->left[a->class_of], &m->left[b->class_of], &m->right[c]), .n = m->right[c].n};
        }
    CD_TRY(cd_tail(*coins, n, pair->shared, &pair->p, err));
    /* Its last digits are those of the processor's logarithm: twelve are not. */
    int exponent;
    double digits = frexp(pair->p, &exponent);
    pair->p = ldexp(rint(digits * 0x1p40) * 0x1p-40, exponent);
done:
    return st;
}

static int by_p(const void *a, const void *b)
{
    const cd_validated_pair *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    if (x->left != y->left) return x->left < y->left ? -1 : 1;
    return (x->other > y->other) - (x->other < y->other);
}

static cd_status gather_found(validation *v, cd_validated_pair **out, uint64_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t all = 0;
    for (uint32_t t = 0; t < v->run->threads; t++) all += v->scratch[t].n_found;
    CD_NEW(*out, all);
    for (uint32_t t = 0; t < v->run->threads; t++) {
        const row_scratch *r = &v->scratch[t];
        if (r->n_found) memcpy(*out + *n, r->found, r->n_found * sizeof *r->found);
        *n += r->n_found;
    }
done:
    return st;
}

static cd_status exact_all(const validation *v, cd_validated_pair *pairs, uint64_t n, cd_err *err)
{
    uint64_t failed = UINT64_MAX; /* the first pair that failed */
    cd_err first = {0};
    cd_status st = CD_OK;
    #pragma omp parallel num_threads(v->run->threads)
    {
        cd_coins *coins = NULL;
        size_t cap = 0;
        cd_err mine = {0};
        #pragma omp for schedule(dynamic, 64)
        for (uint64_t i = 0; i < n; i++) {
            cd_status s = exact(v, &pairs[i], &coins, &cap, &mine);
            if (s == CD_OK) continue;
            #pragma omp critical(cd_validated)
            if (i < failed) failed = i, st = s, first = mine;
            cd_err_clear(&mine);
        }
        cd_free(coins);
    }
    return st == CD_OK ? CD_OK : cd_fail(err, st, "%s", first.text);
}

static cd_status make_scratch(validation *v, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = v->s->by_left->n_left;
    CD_NEW(v->scratch, v->run->threads);
    CD_NEW(v->least, MEAN_BINS);
    for (uint32_t t = 0; t < v->run->threads; t++) {
        v->scratch[t].mean = cd_pages_new(n, sizeof *v->scratch[t].mean, err);
        v->scratch[t].touched = cd_pages_new(n, sizeof *v->scratch[t].touched, err);
        if (!v->scratch[t].mean || !v->scratch[t].touched) CD_TRY(CD_EMEMORY);
    }
done:
    return st;
}

static void drop(validation *v)
{
    cd_id n = v->s->by_left->n_left;
    for (uint32_t t = 0; v->scratch && t < v->run->threads; t++) {
        cd_pages_free(v->scratch[t].mean, n, sizeof *v->scratch[t].mean);
        cd_pages_free(v->scratch[t].touched, n, sizeof *v->scratch[t].touched);
        cd_free(v->scratch[t].found);
    }
    for (uint32_t k = 0; v->strata && k < v->n_strata; k++) {
        stratum *s = &v->strata[k];
        cd_pages_free(s->mean, (size_t)s->model.n_left * s->model.n_left, sizeof *s->mean);
        cd_pages_free(s->member, s->n_members, sizeof *s->member);
        cd_pages_free(s->class_of, s->n_members, sizeof *s->class_of);
        cd_bicm_release(&s->model);
    }
    if (v->at) cd_pages_free(v->memberships, v->at[n], sizeof *v->memberships);
    cd_pages_free(v->at, (size_t)n + 1, sizeof *v->at);
    cd_pages_free(v->largest, n, sizeof *v->largest);
    cd_free(v->scratch);
    cd_free(v->least);
    cd_free(v->strata);
}

/* Benjamini and Hochberg: the largest k whose p is at most level * k / tested. */
static uint64_t keep_at(const cd_validated_pair *pairs, uint64_t n, double level, uint64_t tested)
{
    uint64_t kept = 0;
    for (uint64_t k = 1; k <= n; k++)
        if (pairs[k - 1].p <= level * (double)k / (double)tested) kept = k;
    return kept;
}

cd_status cd_validated(const cd_shared *s, const cd_validated_options *options, const cd_run *run,
                       cd_validated_pair **out, uint64_t *n, cd_validated_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n_left = s->by_left->n_left;
    validation v = {.s = s, .run = run, .n_strata = options->stratum ? options->n_strata : 1, .level = options->level};
    uint64_t passed;
    *out = NULL, *n = 0;
    *report = (cd_validated_report){.tested = n_left > 1 ? (uint64_t)n_left * (n_left - 1) / 2 : 0};
    if (!(options->level > 0 && options->level < 1))
        return cd_fail(err, CD_EUSAGE, "a false-discovery rate of %g is not between 0 and 1", options->level);
    CD_TRY(cd_run_fits(run, "validated pairs", cd_shared_bytes(s, run->threads) + 32 * (size_t)n_left * run->threads,
                       err));
    CD_NEW(v.strata, v.n_strata);
    CD_TRY(find_members(&v, options, err));
    CD_TRY(list_members(&v, err));
    CD_TRY(fit_all(&v, options, report, err));
    CD_TRY(class_members(&v, err));
    CD_TRY(make_scratch(&v, err));
    CD_TRY(pass(&v, v.level, false, &passed, err));
    if (passed > 0) {
        double level = v.level * (double)passed / (double)report->tested;
        CD_TRY(pass(&v, level, false, &passed, err));
        CD_TRY(cd_run_fits(run, "holding the pairs that may be kept", HELD_A_CANDIDATE * passed, err));
        CD_TRY(pass(&v, level, true, &report->candidates, err));
    }
    CD_TRY(gather_found(&v, out, n, err));
    CD_TRY(exact_all(&v, *out, *n, err));
    if (*n) qsort(*out, *n, sizeof **out, by_p);
    *n = keep_at(*out, *n, v.level, report->tested);
    if (*n) report->threshold = (*out)[*n - 1].p;
done:
    drop(&v);
    if (st != CD_OK) cd_free(*out), *out = NULL, *n = 0;
    return st;
}
