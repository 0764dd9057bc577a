/* SPDX-License-Identifier: GPL-3.0-or-later
 * push.c: forward push (Andersen, Chung and Lang 2006), in rounds. What a vertex is owed is rank that has arrived and
 * was not handed on: the truth is what was kept plus what the debts would still bring, and a debt of x brings x in all.
 * That is why the sum of the debts is the error, not an estimate of it. */
#include "engine/graph/push.h"

#include "engine/graph/push_inside.h"

size_t cd_push_bytes(cd_id n) { return 29 * (size_t)n; }

cd_status cd_pushing_init(cd_pushing *p, const cd_csr *g, const cd_push_options *options, double *near, cd_err *err)
{
    cd_id n = g->n_left;
    *p = (cd_pushing){.g = g, .damping = options->damping, .tolerance = options->tolerance, .near = near};
    if (!(options->damping >= 0 && options->damping < 1) || !(options->tolerance > 0))
        return cd_fail(err, CD_EUSAGE, "a damping of %g with a tolerance of %g: give one in [0, 1) and one above 0",
                       options->damping, options->tolerance);
    p->debt = cd_pages_new(2 * (size_t)n, sizeof *p->debt, err);
    p->queues = cd_pages_new(3 * (size_t)n, sizeof *p->queues, err);
    p->waits = cd_pages_new(n, sizeof *p->waits, err);
    if (!p->debt || !p->queues || !p->waits) return CD_EMEMORY;
    p->paid = p->debt + n;
    p->work = p->queues, p->next = p->work + n, p->touched = p->next + n;
    return CD_OK;
}

void cd_pushing_release(cd_pushing *p)
{
    size_t n = p->g ? p->g->n_left : 0;
    cd_pages_free(p->debt, 2 * n, sizeof *p->debt);
    cd_pages_free(p->queues, 3 * n, sizeof *p->queues);
    cd_pages_free(p->waits, n, sizeof *p->waits);
    *p = (cd_pushing){0};
}

cd_id cd_pushing_begin(cd_pushing *p, cd_id source)
{
    p->debt[source] = 1;
    p->work[0] = p->touched[0] = source;
    return p->n_touched = 1;
}

static bool owes_too_much(const cd_pushing *p, cd_id v)
{
    cd_id degree = cd_csr_degree(p->g, v);
    return p->debt[v] > p->tolerance * (degree ? degree : 1);
}

static void hand_on(cd_pushing *p, cd_id v, cd_id *n_next)
{
    for (cd_off e = p->g->off[v]; e < p->g->off[v + 1]; e++) {
        cd_id u = p->g->adj[e];
        if (p->debt[u] == 0 && p->near[u] == 0) p->touched[p->n_touched++] = u;
        p->debt[u] += p->paid[v];
        if (p->waits[u] || !owes_too_much(p, u)) continue;
        p->waits[u] = true;
        p->next[(*n_next)++] = u;
    }
}

cd_id cd_pushing_round(cd_pushing *p, cd_id n_work)
{
    cd_id n_next = 0;
    for (cd_id i = 0; i < n_work; i++) {
        cd_id v = p->work[i], degree = cd_csr_degree(p->g, v);
        /* A walker who cannot go on starts anew at once: where the source has no edge, all of it stays there. */
        double kept = degree ? (1 - p->damping) * p->debt[v] : p->debt[v];
        p->near[v] += kept;
        p->paid[v] = degree ? p->damping * p->debt[v] / degree : 0;
        p->debt[v] = 0;
    }
    for (cd_id i = 0; i < n_work; i++)
        if (p->paid[p->work[i]] > 0) hand_on(p, p->work[i], &n_next);
    for (cd_id i = 0; i < n_next; i++) p->waits[p->next[i]] = false;
    cd_id *swap = p->work;
    p->work = p->next, p->next = swap;
    return n_next;
}

double cd_pushing_owed(const cd_pushing *p)
{
    double owed = 0;
    for (cd_id i = 0; i < p->n_touched; i++) owed += p->debt[p->touched[i]];
    return owed;
}

void cd_pushing_clear(cd_pushing *p)
{
    for (cd_id i = 0; i < p->n_touched; i++) {
        cd_id v = p->touched[i];
        p->near[v] = p->debt[v] = p->paid[v] = 0;
    }
    p->n_touched = 0;
}

cd_status cd_push(const cd_csr *g, cd_id source, const cd_push_options *options, const cd_run *run, double *near,
                  double *owed, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left;
    cd_pushing p = {0};
    if (source >= n) return cd_fail(err, CD_EUSAGE, "vertex %u of %u: there is no such vertex", source, n);
    CD_TRY(cd_run_fits(run, "personalised pagerank", cd_push_bytes(n), err));
    CD_TRY(cd_pushing_init(&p, g, options, near, err));
    for (cd_id v = 0; v < n; v++) near[v] = 0;
    cd_id n_work = cd_pushing_begin(&p, source);
    for (uint64_t rounds = 0; n_work > 0; rounds++) {
        if (rounds % 16 == 0) CD_TRY(cd_run_step(run, "ranking", rounds, err));
        n_work = cd_pushing_round(&p, n_work);
    }
    *owed = cd_pushing_owed(&p);
done:
    cd_pushing_release(&p);
    return st;
}
