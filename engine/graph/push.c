/* SPDX-License-Identifier: GPL-3.0-or-later
 * push.c: forward push (Andersen, Chung and Lang 2006), in rounds. What a vertex is owed is rank that has arrived and
 * was not handed on: the truth is what was kept plus what the debts would still bring, and a debt of x brings x in all.
 * That is why the sum of the debts is the error, not an estimate of it. */
#include "engine/graph/push.h"

size_t cd_push_bytes(cd_id n) { return 25 * (size_t)n; }

typedef struct {
    const cd_csr *g;
    double damping, tolerance;
    double *near, *debt, *paid; /* paid: what a vertex hands each neighbour in this round */
    cd_id *work, *next;         /* who owes too much now, and after this round */
    bool *waits;                /* is in next */
} pushing;

static bool owes_too_much(const pushing *p, cd_id v)
{
    cd_id degree = cd_csr_degree(p->g, v);
    return p->debt[v] > p->tolerance * (degree ? degree : 1);
}

/* Everyone in `work` keeps his share and hands on the rest; returns how many owe too much then. */
static cd_id one_round(pushing *p, cd_id n_work)
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
    for (cd_id i = 0; i < n_work; i++) {
        cd_id v = p->work[i];
        for (cd_off e = p->g->off[v]; e < p->g->off[v + 1]; e++) {
            cd_id u = p->g->adj[e];
            p->debt[u] += p->paid[v];
            if (p->waits[u] || !owes_too_much(p, u)) continue;
            p->waits[u] = true;
            p->next[n_next++] = u;
        }
    }
    for (cd_id i = 0; i < n_next; i++) p->waits[p->next[i]] = false;
    cd_id *swap = p->work;
    p->work = p->next, p->next = swap;
    return n_next;
}

cd_status cd_push(const cd_csr *g, cd_id source, const cd_push_options *options, const cd_run *run, double *near,
                  double *owed, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left, *queues = NULL, n_work = 1;
    double *doubles = NULL;
    bool *waits = NULL;
    if (source >= n) return cd_fail(err, CD_EUSAGE, "vertex %u of %u: there is no such vertex", source, n);
    if (!(options->damping >= 0 && options->damping < 1) || !(options->tolerance > 0))
        return cd_fail(err, CD_EUSAGE, "a damping of %g with a tolerance of %g: give one in [0, 1) and one above 0",
                       options->damping, options->tolerance);
    CD_TRY(cd_run_fits(run, "personalised pagerank", cd_push_bytes(n), err));
    doubles = cd_pages_new(2 * (size_t)n, sizeof *doubles, err);
    queues = cd_pages_new(2 * (size_t)n, sizeof *queues, err);
    waits = cd_pages_new(n, sizeof *waits, err);
    if (!doubles || !queues || !waits) CD_TRY(CD_EMEMORY);
    pushing p = {.g = g, .damping = options->damping, .tolerance = options->tolerance, .near = near, .debt = doubles,
                 .paid = doubles + n, .work = queues, .next = queues + n, .waits = waits};
    for (cd_id v = 0; v < n; v++) near[v] = 0;
    p.debt[source] = 1;
    p.work[0] = source;
    for (uint64_t rounds = 0; n_work > 0; rounds++) {
        if (rounds % 16 == 0) CD_TRY(cd_run_step(run, "ranking", rounds, err));
        n_work = one_round(&p, n_work);
    }
    *owed = 0;
    for (cd_id v = 0; v < n; v++) *owed += p.debt[v];
done:
    cd_pages_free(doubles, 2 * (size_t)n, sizeof *doubles);
    cd_pages_free(queues, 2 * (size_t)n, sizeof *queues);
    cd_pages_free(waits, n, sizeof *waits);
    return st;
}
