/* SPDX-License-Identifier: GPL-3.0-or-later
 * leiden_move.c: local moving. Vertices are taken a batch at a time, in the order of their numbers. All of a batch
 * choose in parallel, from how things stood before it; then one thread moves them in order, each only if it still
 * gains, and chooses anew for whoever has a neighbour that just moved. So the gain of a move is always the true one,
 * the quality never falls, and neither depends on the threads. Who moved rouses those of his neighbours that he left
 * alone. */
#include <omp.h>

#include "engine/graph/leiden_inside.h"

enum { BATCH_MOST = 1 << 15, BATCH_EDGES = 1 << 18, BATCHES = 64, SWEEPS = 64, FEW = 200 };

typedef struct {
    cd_id v, to;           /* CD_NONE: alone */
    uint64_t k_from, k_to; /* weight between v and where it is, and where it would be */
    bool moves, near;      /* would move; has a neighbour within the batch */
} choice;

typedef struct {
    const cd_leiden_net *g;
    const cd_leiden_work *w;
    cd_leiden_parts *parts;
    choice *choices;
    bool *roused;
    uint32_t *moved_in; /* per vertex: the last batch that it moved in */
    uint32_t batch;
    cd_id lo, hi, n_choices; /* the batch is those roused of [lo, hi) */
    cd_id *empty, n_empty;   /* numbers that no community has */
} moving;

/* Ties go to where it is, then to the lower number. */
static void choose(const moving *m, const cd_leiden_scratch *s, choice *c)
{
    const cd_leiden_net *g = m->g;
    cd_id v = c->v, from = m->parts->of[v], n_met = 0;
    bool near = false;
    for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) {
        cd_id u = g->adj[p], at = m->parts->of[u];
        near |= u - m->lo < m->hi - m->lo;
        if (s->sum[at] == 0) s->met[n_met++] = at;
        s->sum[at] += cd_leiden_weight(g, p);
    }
    c->near = near;
    c->k_from = s->sum[from];
    uint64_t degree = g->degree[v];
    __int128 best = cd_leiden_worth(m->w, c->k_from, degree, m->parts->total[from] - degree), stay = best;
    cd_id to = from;
    if (best < 0) best = 0, to = CD_NONE;
    for (cd_id i = 0; i < n_met; i++) {
        cd_id at = s->met[i];
        if (at != from) {
            __int128 worth = cd_leiden_worth(m->w, s->sum[at], degree, m->parts->total[at]);
            if (worth > best || (worth == best && worth > stay && at < to)) best = worth, to = at, c->k_to = s->sum[at];
        }
        s->sum[at] = 0;
    }
    s->sum[from] = 0;
    if (to == CD_NONE) c->k_to = 0;
    c->to = to;
    c->moves = to != from;
}

static bool neighbour_moved(const moving *m, cd_id v)
{
    for (cd_off p = m->g->off[v]; p < m->g->off[v + 1]; p++)
        if (m->moved_in[m->g->adj[p]] == m->batch) return true;
    return false;
}

/* Moves those of the batch who still gain, in order; the others' `moves` is taken back. */
static uint64_t move_batch(moving *m)
{
    uint64_t moved = 0;
    uint64_t *total = m->parts->total;
    for (cd_id i = 0; i < m->n_choices; i++) {
        choice *c = &m->choices[i];
        if (!c->moves) continue;
        if (c->near && neighbour_moved(m, c->v)) {
            choose(m, &m->w->scratch[omp_get_thread_num()], c);
            if (!c->moves) continue;
        }
        uint64_t degree = m->g->degree[c->v];
        cd_id from = m->parts->of[c->v];
        __int128 stay = cd_leiden_worth(m->w, c->k_from, degree, total[from] - degree);
        __int128 go = c->to == CD_NONE ? 0 : cd_leiden_worth(m->w, c->k_to, degree, total[c->to]);
        c->moves = go > stay;
        if (!c->moves) {
            m->roused[c->v] = true; /* there may be another place */
            continue;
        }
        if (c->to == CD_NONE) c->to = m->empty[--m->n_empty];
        total[from] -= degree, total[c->to] += degree;
        m->parts->of[c->v] = c->to;
        m->moved_in[c->v] = m->batch;
        if (total[from] == 0) m->empty[m->n_empty++] = from;
        moved++;
    }
    return moved;
}

static void rouse_neighbours(moving *m, const choice *c)
{
    for (cd_off p = m->g->off[c->v]; p < m->g->off[c->v + 1]; p++) {
        cd_id u = m->g->adj[p];
        if (m->parts->of[u] == c->to || __atomic_load_n(&m->roused[u], __ATOMIC_RELAXED)) continue;
        __atomic_store_n(&m->roused[u], true, __ATOMIC_RELAXED);
    }
}

/* The next batch after [lo, hi): as many vertices as have about so many edges. */
static void next_batch(moving *m, cd_off edges)
{
    const cd_leiden_net *g = m->g;
    cd_off met = 0;
    m->n_choices = 0;
    m->batch++;
    for (m->lo = m->hi; m->hi < g->n && met < edges && m->n_choices < BATCH_MOST; m->hi++) {
        if (!m->roused[m->hi]) continue;
        m->roused[m->hi] = false;
        m->choices[m->n_choices++].v = m->hi;
        met += g->off[m->hi + 1] - g->off[m->hi] + 1;
    }
}

static uint64_t sweep(moving *m)
{
    uint64_t moved = 0;
    cd_off edges = m->g->off[m->g->n] / BATCHES;
    edges = edges < BATCH_EDGES ? edges : BATCH_EDGES;
    m->lo = m->hi = 0;
    #pragma omp parallel num_threads(m->w->threads)
    for (;;) {
        const cd_leiden_scratch *s = &m->w->scratch[omp_get_thread_num()];
        #pragma omp single
        next_batch(m, edges + 1);
        if (m->n_choices == 0) break;
        #pragma omp for schedule(dynamic, 32)
        for (cd_id i = 0; i < m->n_choices; i++) choose(m, s, &m->choices[i]);
        #pragma omp single
        moved += move_batch(m);
        #pragma omp for schedule(dynamic, 128)
        for (cd_id i = 0; i < m->n_choices; i++)
            if (m->choices[i].moves) rouse_neighbours(m, &m->choices[i]);
    }
    return moved;
}

/* Numbers communities from 0 on, in the order they had: what is summed and compared next then lies close together. The
 * numbers that are left are those of communities that may yet be founded. */
static void number_anew(moving *m)
{
    cd_id n = m->g->n, communities = 0, *of = m->parts->of, *number = m->empty;
    uint64_t *total = m->parts->total;
    for (cd_id c = 0; c < n; c++) number[c] = CD_NONE;
    for (cd_id v = 0; v < n; v++) number[of[v]] = 0;
    for (cd_id c = 0; c < n; c++) {
        if (number[c] == CD_NONE) continue;
        number[c] = communities;
        total[communities++] = total[c];
    }
    for (cd_id v = 0; v < n; v++) of[v] = number[of[v]];
    m->n_empty = 0;
    for (cd_id c = n; c-- > communities;) {
        total[c] = 0;
        m->empty[m->n_empty++] = c;
    }
}

cd_status cd_leiden_move(const cd_leiden_net *g, const cd_leiden_work *w, cd_leiden_parts *parts, cd_err *err)
{
    cd_status st = CD_OK;
    moving m = {.g = g, .w = w, .parts = parts};
    m.choices = cd_pages_new(BATCH_MOST, sizeof *m.choices, err);
    m.roused = cd_pages_new(g->n, sizeof *m.roused, err);
    m.moved_in = cd_pages_new(g->n, sizeof *m.moved_in, err);
    m.empty = cd_pages_new(g->n, sizeof *m.empty, err);
    if (!m.choices || !m.roused || !m.moved_in || !m.empty) CD_TRY(CD_EMEMORY);
    for (cd_id v = 0; v < g->n; v++) m.roused[v] = g->degree[v] > 0;
    for (uint32_t sweeps = 0; sweeps < SWEEPS; sweeps++) {
        CD_TRY(cd_run_step(w->run, "finding communities", sweeps, err));
        number_anew(&m);
        if (sweep(&m) <= g->n / FEW) break;
    }
done:
    cd_pages_free(m.choices, BATCH_MOST, sizeof *m.choices);
    cd_pages_free(m.roused, g->n, sizeof *m.roused);
    cd_pages_free(m.moved_in, g->n, sizeof *m.moved_in);
    cd_pages_free(m.empty, g->n, sizeof *m.empty);
    return st;
}
