/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_parallel.c: the beginning of a pipeline by several threads: the nodes it begins with are dealt out a few at a time, each
 * thread goes on from them by itself and gathers for itself, and what they gathered is joined. Groups and sorted rows are the same
 * whoever gathered them, so the answer does not depend on the number of threads; a list does, and is left to one. */
#include <omp.h>

#include "queries/language/execute_inside.h"

enum { FEWEST_NODES = 512, DEALT = 64 };
/* Rows that must be expected before threads are called: to call them takes as long as some thousands of rows, and, on a machine that is
 * busy, much longer. Who says how many threads gets them. */
static const double FEWEST_ROWS = 50000;

/* The step that gathers first, where all before it may be done by anyone in any order; else 0. */
static uint32_t gatherer_of(const pipeline *p)
{
    if (p->steps[0].kind != STEP_NODES || p->steps[0].in_order) return 0;
    for (uint32_t i = 1; i < p->n_steps; i++) {
        step_kind kind = p->steps[i].kind;
        if (p->steps[i].by_first) continue;
        if (kind == STEP_GROUP || kind == STEP_SORT) return i;
        if (kind == STEP_CALL || kind == STEP_DISTINCT || kind == STEP_SKIP || kind == STEP_LIMIT || kind == STEP_ANSWER) return 0;
    }
    return 0;
}

/* How many nodes the pipeline begins with; 0 where some are records, which are not counted through. */
static uint64_t nodes_of(const running *r)
{
    const candour_ontology *o = candour_reader_ontology(r->x->e.reader);
    table_set left = r->p->steps[0].tables;
    uint64_t n = 0;
    for (uint32_t k = 0; k < o->n_kinds; k++) {
        if (!(left & table_bit(o->kinds[k].table))) continue;
        n += candour_reader_ids(r->x->e.reader, k);
        left &= ~table_bit(o->kinds[k].table);
    }
    return left ? 0 : n;
}

static bool is_much(const running *r, uint32_t at)
{
    double most = 0;
    for (uint32_t i = 0; i < at; i++)
        if (r->p->steps[i].rows > most) most = r->p->steps[i].rows;
    return r->x->limits->threads > 0 || most >= FEWEST_ROWS;
}

/* One thread's part. */
typedef struct {
    execution x;
    query_stats stats;
    query_fault fault;
    running *r;
    uint64_t failed_at;
} worker;

static cd_status worker_begin(worker *w, const running *r, bool *stopped, bool leads, cd_err *err)
{
    cd_status st = CD_OK;
    const execution *x = r->x;
    w->fault = (query_fault){.at = QUERY_NOWHERE};
    w->x = (execution){.plan = x->plan, .limits = x->limits, .sink = x->sink, .stats = &w->stats, .held = x->held, .ends_at = x->ends_at,
                       .stopped = stopped, .leads = leads};
    CD_TRY(execution_begin(&w->x, x->e.store, x->e.reader, &w->fault, err));
    CD_TRY(running_of(&w->x, r->p, &w->r, err));
    w->r->sharing = r->sharing, w->r->lent = true;
done:
    return st;
}

/* Takes the next few nodes until there are none; the lowest failure of all is the one that one thread would have met first. */
static void work(worker *w, uint64_t n, uint64_t *next, cd_lowest *lowest)
{
    bool failed = false;
    while (!failed) {
        uint64_t first;
        cd_err err = {0};
        #pragma omp atomic capture
        { first = *next; *next += DEALT; }
        if (first >= n) break;
        w->r->first = first, w->r->last = first + DEALT < n ? first + DEALT : n;
        cd_status st = hand_on(w->r, 0, 1, &err);
        if (st == CD_OK) continue;
        failed = true, w->failed_at = first;
        #pragma omp critical(query_worker)
        cd_lowest_note(lowest, first, st, &err);
        /* Whoever took nodes before these goes on with them; none takes others. */
        #pragma omp atomic write
        *next = n;
    }
}

static cd_status join(running *r, worker *workers, int threads, uint32_t at, cd_err *err)
{
    cd_status st = CD_OK;
    for (int i = 0; i < threads; i++) {
        if (r->p->steps[at].kind == STEP_GROUP) CD_TRY(merge_group(r, workers[i].r, at, err));
        else CD_TRY(merge_sort(r, workers[i].r, at, err));
    }
done:
    return st;
}

cd_status running_by_threads(running *r, bool *done, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t at = gatherer_of(r->p);
    uint64_t n = at ? nodes_of(r) : 0, next = 0;
    int threads = r->x->limits->threads ? (int)r->x->limits->threads : omp_get_max_threads(), begun = 0;
    bool stopped = false;
    cd_lowest lowest = {0};
    worker *workers = NULL;
    *done = n >= FEWEST_NODES && threads > 1 && is_much(r, at) && !r->x->stopped && !r->x->stats->profile &&
            !r->x->plan->query->chance; /* what is drawn depends on what was drawn before */
    if (!*done) return CD_OK;
    CD_NEW(workers, (size_t)threads);
    CD_TRY(running_sharing(r, (uint32_t)threads, err));
    for (; begun < threads; begun++) CD_TRY(worker_begin(&workers[begun], r, &stopped, begun == 0, err));
    #pragma omp parallel num_threads(threads)
    work(&workers[omp_get_thread_num()], n, &next, &lowest);
    st = cd_lowest_status(&lowest, err);
    for (int i = 0; st != CD_OK && i < threads; i++)
        if (workers[i].fault.type && workers[i].failed_at == lowest.index) *r->x->e.fault = workers[i].fault;
    if (st == CD_OK) CD_TRY(join(r, workers, threads, at, err));
    /* Sorted rows lie with the threads that kept them: they are handed on before those go. */
    if (st == CD_OK && r->p->steps[at].kind == STEP_SORT) CD_TRY(end_sort(r, at, err));
    if (st == CD_OK && r->p->steps[at].kind == STEP_SORT) r->states[at].n_rows = 0;
done:
    for (int i = 0; workers && i < threads; i++)
        if (i <= begun) execution_end(&workers[i].x);
    cd_free(workers);
    return st;
}
