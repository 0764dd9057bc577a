/* SPDX-License-Identifier: GPL-3.0-or-later
 * validated_null.c: degrees within each stratum, certain ties apart, become classes, and each stratum's classes a
 * model.
 *
 * A certain tie is taken out of the degrees of both its ends and out of what may be tied: what is left over is fitted,
 * and keeps the degrees that are left. The pair itself is then tied for certain, so that of two of whom one has it, the
 * coin is the other's chance. */
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/graph/validated_inside.h"

static bool is_certain(const cd_null *v, cd_off edge) { return v->options->certain && v->options->certain[edge]; }

static cd_span span_of(const cd_span *there, cd_id id) { return there ? there[id] : CD_ALWAYS; }

/* Left ids' degrees within each stratum, as memberships of (stratum, degree) by rising stratum: class_of holds the
 * degree for now. */
static cd_status find_members(cd_null *v, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_csr *g = v->shared->by_left;
    uint32_t *degree = NULL, *met = NULL;
    bool *here = NULL;
    v->at = cd_pages_new((size_t)g->n_left + 1, sizeof *v->at, err);
    if (!v->at) CD_TRY(CD_EMEMORY);
    CD_NEW(degree, v->n_strata);
    CD_NEW(met, v->n_strata);
    CD_NEW(here, v->n_strata);
    for (uint32_t pass = 0; pass < 2; pass++) {
        cd_off next = 0;
        for (cd_id u = 0; u < g->n_left; u++) {
            uint32_t n_met = 0;
            v->at[u] = next;
            for (cd_off e = g->off[u]; e < g->off[u + 1]; e++) {
                if (!cd_null_counts(v, g->adj[e])) continue;
                uint32_t k = cd_null_stratum_of(v, g->adj[e]);
                if (!here[k]) here[k] = true, met[n_met++] = k;
                degree[k] += !is_certain(v, e);
            }
            if (pass && n_met > 1) qsort(met, n_met, sizeof *met, cd_compare_u32);
            for (uint32_t i = 0; i < n_met; i++, next++) {
                if (pass) v->memberships[next] = (cd_null_membership){.stratum = met[i], .class_of = degree[met[i]]};
                degree[met[i]] = 0, here[met[i]] = false;
            }
        }
        v->at[g->n_left] = next;
        if (pass == 0 && !(v->memberships = cd_pages_new(next, sizeof *v->memberships, err))) CD_TRY(CD_EMEMORY);
    }
done:
    cd_free(degree);
    cd_free(met);
    cd_free(here);
    return st;
}

/* Each stratum's members, in the order of their numbers. */
static cd_status list_members(cd_null *v, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = v->shared->by_left->n_left;
    for (cd_off i = 0; i < v->at[n]; i++) v->strata[v->memberships[i].stratum].n_members++;
    for (uint32_t k = 0; k < v->n_strata; k++) {
        cd_null_stratum *s = &v->strata[k];
        CD_NEW(s->member, s->n_members);
        CD_NEW(s->class_of, s->n_members);
        s->n_members = 0;
    }
    for (cd_id u = 0; u < n; u++)
        for (cd_off i = v->at[u]; i < v->at[u + 1]; i++) {
            cd_null_stratum *s = &v->strata[v->memberships[i].stratum];
            v->memberships[i].at = s->n_members;
            s->class_of[s->n_members] = v->memberships[i].class_of; /* the degree, until there are classes */
            s->member[s->n_members++] = u;
        }
done:
    return st;
}

/* ---- Classes ---- */

static cd_status class_left(cd_null *v, cd_null_stratum *s, cd_err *err)
{
    cd_status st = CD_OK;
    cd_span *there = NULL;
    if (v->options->left_there) {
        CD_NEW(there, s->n_members);
        for (cd_id i = 0; i < s->n_members; i++) there[i] = v->options->left_there[s->member[i]];
    }
    CD_TRY(cd_bicm_classes(s->class_of, there, s->n_members, &s->model.left, &s->model.n_left, s->class_of, err));
done:
    cd_free(there);
    return st;
}

/* The right ids of one stratum: list[0 .. n). */
static cd_status class_right(cd_null *v, cd_null_stratum *s, const cd_id *list, cd_id n, const cd_id *degree,
                             cd_err *err)
{
    cd_status st = CD_OK;
    cd_id *of = NULL;
    uint32_t *class_of = NULL;
    cd_span *there = NULL;
    CD_NEW(of, n);
    CD_NEW(class_of, n);
    if (v->options->right_there) CD_NEW(there, n);
    for (cd_id i = 0; i < n; i++) {
        of[i] = degree[list[i]];
        if (there) there[i] = v->options->right_there[list[i]];
    }
    CD_TRY(cd_bicm_classes(of, there, n, &s->model.right, &s->model.n_right, class_of, err));
    for (cd_id i = 0; i < n; i++) v->right_class[list[i]] = class_of[i];
done:
    cd_free(of);
    cd_free(class_of);
    cd_free(there);
    return st;
}

/* How many of a right id's ties are not certain. */
static void free_degrees(const cd_null *v, cd_id *degree)
{
    const cd_csr *by_left = v->shared->by_left, *by_right = v->shared->by_right;
    for (cd_id c = 0; c < by_right->n_left; c++) degree[c] = cd_csr_degree(by_right, c);
    for (cd_off e = 0; v->options->certain && e < cd_csr_edges(by_left); e++)
        degree[by_left->adj[e]] -= v->options->certain[e];
}

static cd_status class_all(cd_null *v, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_csr *g = v->shared->by_right;
    cd_id *degree = cd_pages_new(g->n_left, sizeof *degree, err), *list = cd_pages_new(g->n_left, sizeof *list, err);
    cd_id *begin = NULL, *next = NULL;
    v->right_class = cd_pages_new(g->n_left, sizeof *v->right_class, err);
    if (!degree || !list || !v->right_class) CD_TRY(CD_EMEMORY);
    CD_NEW(begin, (size_t)v->n_strata + 1);
    CD_NEW(next, v->n_strata);
    free_degrees(v, degree);
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (cd_id c = 0; c < g->n_left; c++) {
            uint32_t k = cd_null_stratum_of(v, c);
            if (cd_csr_degree(g, c) == 0 || !cd_null_counts(v, c)) continue; /* nobody's: no part of the game */
            if (pass)
                list[next[k]++] = c;
            else
                begin[k + 1]++;
        }
        for (uint32_t k = 0; pass == 0 && k < v->n_strata; k++) next[k] = begin[k], begin[k + 1] += begin[k];
    }
    for (uint32_t k = 0; k < v->n_strata; k++) {
        if (v->strata[k].n_members == 0) continue;
        CD_TRY(class_left(v, &v->strata[k], err));
        CD_TRY(class_right(v, &v->strata[k], list + begin[k], begin[k + 1] - begin[k], degree, err));
    }
    for (cd_off i = 0; i < v->at[v->shared->by_left->n_left]; i++) {
        cd_null_membership *m = &v->memberships[i];
        m->class_of = v->strata[m->stratum].class_of[m->at];
    }
done:
    cd_pages_free(degree, g->n_left, sizeof *degree);
    cd_pages_free(list, g->n_left, sizeof *list);
    cd_free(begin);
    cd_free(next);
    return st;
}

/* What may be tied: not those who never were there at once, and not what is certain. A tie of the former is a
 * contradiction. */
static cd_status find_open(cd_null *v, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_validated_options *o = v->options;
    const cd_csr *g = v->shared->by_left;
    uint32_t *class_in = NULL;
    if (!o->certain && (!o->left_there || !o->right_there)) return CD_OK;
    CD_NEW(class_in, v->n_strata);
    for (uint32_t k = 0; k < v->n_strata; k++) CD_TRY(cd_bicm_find_open(&v->strata[k].model, err));
    for (cd_id u = 0; u < g->n_left; u++) {
        for (cd_off i = v->at[u]; i < v->at[u + 1]; i++)
            class_in[v->memberships[i].stratum] = v->memberships[i].class_of;
        for (cd_off e = g->off[u]; e < g->off[u + 1]; e++) {
            cd_id c = g->adj[e];
            bool meet = cd_spans_meet(span_of(o->left_there, u), span_of(o->right_there, c));
            if (!meet && !is_certain(v, e))
                CD_TRY(cd_fail(err, CD_EUSAGE, "%u is tied to %u, and they never were there at once", u, c));
            if (!meet || !is_certain(v, e) || !cd_null_counts(v, c)) continue;
            uint32_t k = cd_null_stratum_of(v, c);
            v->strata[k].model.open[(size_t)class_in[k] * v->strata[k].model.n_right + v->right_class[c]]--;
        }
    }
done:
    cd_free(class_in);
    return st;
}

/* ---- Chances ---- */

static cd_status fit_stratum(cd_null_stratum *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_bicm *m = &s->model;
    double *weight = NULL;
    CD_TRY(cd_bicm_fit(m, run, err));
    s->mean = cd_pages_new((size_t)m->n_left * m->n_left, sizeof *s->mean, err);
    s->tie = cd_pages_new((size_t)m->n_left * m->n_right, sizeof *s->tie, err);
    if (!s->mean || !s->tie) CD_TRY(CD_EMEMORY);
    CD_NEW(s->largest, m->n_left);
    CD_NEW(weight, m->n_right);
    for (uint32_t c = 0; c < m->n_right; c++) weight[c] = m->right[c].n * m->right[c].pairing;
    bool worth_it = (size_t)m->n_left * m->n_right > 4096;
#pragma omp parallel for num_threads(run->threads) schedule(static) if (worth_it)
    for (uint32_t a = 0; a < m->n_left; a++)
        for (uint32_t c = 0; c < m->n_right; c++) {
            double p = cd_bicm_tie(&m->left[a], &m->right[c]);
            s->tie[(size_t)a * m->n_right + c] = p;
            s->largest[a] = p > s->largest[a] ? p : s->largest[a];
        }
#pragma omp parallel for num_threads(run->threads) schedule(dynamic, 8) if (worth_it)
    for (uint32_t a = 0; a < m->n_left; a++)
        for (uint32_t b = 0; b <= a; b++) {
            double sum[4] = {0};
            for (uint32_t c = 0; c < m->n_right; c++)
                sum[c & 3] += weight[c] * s->tie[(size_t)a * m->n_right + c] * s->tie[(size_t)b * m->n_right + c];
            s->mean[(size_t)a * m->n_left + b] = s->mean[(size_t)b * m->n_left + a] =
                (sum[0] + sum[1]) + (sum[2] + sum[3]);
        }
done:
    cd_free(weight);
    return st;
}

cd_status cd_null_make(const cd_shared *s, const cd_validated_options *options, const cd_run *run, cd_null *out,
                       cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = s->by_left->n_left;
    *out = (cd_null){.shared = s, .options = options, .run = run, .n_strata = options->stratum ? options->n_strata : 1};
    CD_NEW(out->strata, out->n_strata);
    CD_TRY(find_members(out, err));
    CD_TRY(list_members(out, err));
    CD_TRY(class_all(out, err));
    CD_TRY(find_open(out, err));
    for (uint32_t k = 0; k < out->n_strata; k++) {
        if (out->strata[k].n_members == 0) continue;
        CD_TRY(fit_stratum(&out->strata[k], run, err));
        if (out->strata[k].model.error > out->error) out->error = out->strata[k].model.error;
    }
    out->largest = cd_pages_new(n, sizeof *out->largest, err);
    if (!out->largest) CD_TRY(CD_EMEMORY);
    for (cd_id u = 0; u < n; u++)
        for (cd_off i = out->at[u]; i < out->at[u + 1]; i++) {
            double p = out->strata[out->memberships[i].stratum].largest[out->memberships[i].class_of];
            out->largest[u] = p > out->largest[u] ? p : out->largest[u];
        }
done:
    return st;
}

void cd_null_release(cd_null *v)
{
    if (!v->shared) return;
    cd_id n = v->shared->by_left->n_left;
    for (uint32_t k = 0; v->strata && k < v->n_strata; k++) {
        cd_null_stratum *s = &v->strata[k];
        cd_pages_free(s->mean, (size_t)s->model.n_left * s->model.n_left, sizeof *s->mean);
        cd_pages_free(s->tie, (size_t)s->model.n_left * s->model.n_right, sizeof *s->tie);
        cd_free(s->largest);
        cd_free(s->member);
        cd_free(s->class_of);
        cd_bicm_release(&s->model);
    }
    if (v->at) cd_pages_free(v->memberships, v->at[n], sizeof *v->memberships);
    cd_pages_free(v->at, (size_t)n + 1, sizeof *v->at);
    cd_pages_free(v->largest, n, sizeof *v->largest);
    cd_pages_free(v->right_class, v->shared->by_right->n_left, sizeof *v->right_class);
    cd_free(v->strata);
    *v = (cd_null){0};
}

/* ---- The coins of a pair ---- */

static const cd_null_membership *member_of(const cd_null *v, cd_id u, uint32_t stratum)
{
    cd_off lo = v->at[u], hi = v->at[u + 1];
    while (hi - lo > 1) {
        cd_off mid = lo + (hi - lo) / 2;
        if (v->memberships[mid].stratum <= stratum)
            lo = mid;
        else
            hi = mid;
    }
    return &v->memberships[lo];
}

/* Takes the cell of right id `c` off the coins of its class, and puts a coin of its own there. */
static cd_status toss_apart(const cd_null *v, const cd_id pair[2], cd_id c, bool first, bool second, cd_null_coins *out,
                            cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t k = cd_null_stratum_of(v, c);
    const cd_null_stratum *s = &v->strata[k];
    if (out->base[k] == SIZE_MAX) return CD_OK; /* a stratum that the other has no part in */
    out->coins[out->base[k] + v->right_class[c]].n--;
    double p = 1;
    if (!first || !second) {
        uint32_t of = member_of(v, pair[first ? 1 : 0], k)->class_of;
        p = s->tie[(size_t)of * s->model.n_right + v->right_class[c]];
    }
    CD_TRY(cd_grow(&out->coins, &out->cap, out->n + 1, sizeof *out->coins, err));
    out->coins[out->n++] = (cd_coins){.p = p, .n = 1};
done:
    return st;
}

/* What is certain for one of the two, or for both: their rows are merged. */
static cd_status toss_certain(const cd_null *v, const cd_id pair[2], cd_null_coins *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_csr *g = v->shared->by_left;
    cd_off a = g->off[pair[0]], a_end = g->off[pair[0] + 1], b = g->off[pair[1]], b_end = g->off[pair[1] + 1];
    while (a < a_end || b < b_end) {
        cd_id x = a < a_end ? g->adj[a] : CD_NONE, y = b < b_end ? g->adj[b] : CD_NONE, c = x < y ? x : y;
        bool first = x == c && is_certain(v, a), second = y == c && is_certain(v, b);
        a += x == c, b += y == c;
        if ((first || second) && cd_null_counts(v, c)) CD_TRY(toss_apart(v, pair, c, first, second, out, err));
    }
done:
    return st;
}

cd_status cd_null_toss(const cd_null *v, cd_id left, cd_id other, cd_null_coins *out, cd_err *err)
{
    cd_status st = CD_OK;
    out->n = 0;
    for (cd_off i = v->at[left], j = v->at[other]; i < v->at[left + 1] && j < v->at[other + 1];) {
        const cd_null_membership *a = &v->memberships[i], *b = &v->memberships[j];
        i += a->stratum <= b->stratum, j += b->stratum <= a->stratum;
        if (a->stratum != b->stratum) continue;
        const cd_null_stratum *s = &v->strata[a->stratum];
        const double *x = s->tie + (size_t)a->class_of * s->model.n_right;
        const double *y = s->tie + (size_t)b->class_of * s->model.n_right;
        CD_TRY(cd_grow(&out->coins, &out->cap, out->n + s->model.n_right, sizeof *out->coins, err));
        if (v->options->certain) out->base[a->stratum] = out->n;
        for (uint32_t c = 0; c < s->model.n_right; c++)
            out->coins[out->n++] = (cd_coins){.p = x[c] * y[c] * s->model.right[c].pairing, .n = s->model.right[c].n};
    }
    if (v->options->certain) CD_TRY(toss_certain(v, (const cd_id[2]){left, other}, out, err));
done:
    for (cd_off i = v->at[left]; v->options->certain && i < v->at[left + 1]; i++)
        out->base[v->memberships[i].stratum] = SIZE_MAX;
    return st;
}
