/* SPDX-License-Identifier: GPL-3.0-or-later
 * bfs.c: breadth first, direction optimised (Beamer, Asanovic and Patterson 2012). A vertex may be met by several at
 * once, but all write the same level; which of them puts it into the next frontier shows in its order alone, and the
 * order shows nowhere. */
#include "engine/graph/bfs.h"

#include <omp.h>
#include <string.h>

enum { LOCAL = 1024, CHUNK = 1024 };
/* Inwards where the frontier's edges are more than a fifteenth of the unexplored, whose first is most often enough, and
 * than it takes to go through all vertices: the unreached alone may be few by then, and the frontier still wide. */
enum { TO_INWARDS = 15, TO_LOOK = 16 };

typedef struct {
    const cd_csr *g;
    uint32_t threads, level;
    uint32_t *distance;
    cd_id *front, *next;
    cd_id n_front, n_next;
    uint64_t *front_bits, *next_bits;
    cd_off front_edges;
} walk;

static size_t words_of(cd_id n) { return ((size_t)n + CHUNK - 1) / CHUNK * (CHUNK / 64); }

size_t cd_bfs_bytes(cd_id n) { return 8 * (size_t)n + 16 * words_of(n); }

static inline bool take(uint32_t *distance, uint32_t level)
{
    uint32_t none = CD_NONE;
    return __atomic_load_n(distance, __ATOMIC_RELAXED) == CD_NONE &&
           __atomic_compare_exchange_n(distance, &none, level, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static void hand_over(walk *w, const cd_id *local, uint32_t n)
{
    cd_id at = __atomic_fetch_add(&w->n_next, n, __ATOMIC_RELAXED);
    memcpy(w->next + at, local, n * sizeof *local);
}

static void step_outwards(walk *w)
{
    const cd_csr *g = w->g;
    cd_off edges = 0;
    w->n_next = 0;
    w->level++;
    #pragma omp parallel num_threads(w->threads) reduction(+ : edges) if (w->front_edges > 4096)
    {
        cd_id local[LOCAL];
        uint32_t n = 0;
        #pragma omp for schedule(dynamic, 64) nowait
        for (cd_id i = 0; i < w->n_front; i++) {
            cd_id u = w->front[i];
            for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) {
                cd_id v = g->adj[p];
                if (!take(&w->distance[v], w->level)) continue;
                edges += cd_csr_degree(g, v);
                local[n++] = v;
                if (n == LOCAL) hand_over(w, local, n), n = 0;
            }
        }
        hand_over(w, local, n);
    }
    cd_id *swap = w->front;
    w->front = w->next, w->next = swap;
    w->n_front = w->n_next, w->front_edges = edges;
}

/* The unreached look for any neighbour in the frontier. Chunks are whole words of the bits: nobody shares one. */
static void step_inwards(walk *w)
{
    const cd_csr *g = w->g;
    cd_id n = g->n_left, found = 0;
    cd_off edges = 0;
    w->level++;
    #pragma omp parallel for num_threads(w->threads) schedule(dynamic, 4) reduction(+ : found, edges)
    for (size_t chunk = 0; chunk < words_of(n) / (CHUNK / 64); chunk++) {
        cd_id from = (cd_id)(chunk * CHUNK), to = n - from < CHUNK ? n : from + CHUNK;
        memset(w->next_bits + from / 64, 0, CHUNK / 8);
        for (cd_id v = from; v < to; v++) {
            if (w->distance[v] != CD_NONE) continue;
            for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) {
                cd_id u = g->adj[p];
                if (!(w->front_bits[u / 64] >> (u % 64) & 1)) continue;
                w->distance[v] = w->level;
                w->next_bits[v / 64] |= (uint64_t)1 << (v % 64);
                found++, edges += cd_csr_degree(g, v);
                break;
            }
        }
    }
    uint64_t *swap = w->front_bits;
    w->front_bits = w->next_bits, w->next_bits = swap;
    w->n_front = found, w->front_edges = edges;
}

static void front_to_bits(walk *w)
{
    memset(w->front_bits, 0, words_of(w->g->n_left) * 8);
    for (cd_id i = 0; i < w->n_front; i++) w->front_bits[w->front[i] / 64] |= (uint64_t)1 << (w->front[i] % 64);
}

static void bits_to_front(walk *w)
{
    cd_id n = 0;
    for (size_t i = 0; i < words_of(w->g->n_left); i++)
        for (uint64_t bits = w->front_bits[i]; bits; bits &= bits - 1)
            w->front[n++] = (cd_id)(i * 64 + (size_t)__builtin_ctzll(bits));
}

cd_status cd_bfs(const cd_csr *g, cd_id source, const cd_run *run, uint32_t *distance, cd_id *reached, cd_err *err)
{
    return cd_bfs_within(g, source, CD_NONE, run, distance, reached, err);
}

cd_status cd_bfs_within(const cd_csr *g, cd_id source, uint32_t steps, const cd_run *run, uint32_t *distance,
                        cd_id *reached, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left;
    cd_off unexplored = cd_csr_edges(g);
    cd_id *queues = NULL;
    uint64_t *bits = NULL;
    if (source >= n) return cd_fail(err, CD_EUSAGE, "vertex %u of %u: there is no such vertex", source, n);
    CD_TRY(cd_run_fits(run, "bfs", cd_bfs_bytes(n), err));
    queues = cd_pages_new(2 * (size_t)n, sizeof *queues, err);
    bits = cd_pages_new(2 * words_of(n), sizeof *bits, err);
    if (!queues || !bits) CD_TRY(CD_EMEMORY);
    walk w = {.g = g, .threads = run->threads, .distance = distance, .front = queues, .next = queues + n, .n_front = 1,
              .front_bits = bits, .next_bits = bits + words_of(n), .front_edges = cd_csr_degree(g, source)};
    memset(distance, 0xff, n * sizeof *distance);
    distance[source] = 0;
    w.front[0] = source;
    *reached = 1;
    bool inwards = false;
    while (w.n_front > 0 && w.level < steps) {
        unexplored -= w.front_edges;
        if (unexplored == 0) break; /* whoever is left has no edges */
        bool go_inwards = w.front_edges > unexplored / TO_INWARDS + n / TO_LOOK;
        if (go_inwards && !inwards) front_to_bits(&w);
        if (!go_inwards && inwards) bits_to_front(&w);
        inwards = go_inwards;
        if (inwards) step_inwards(&w);
        else step_outwards(&w);
        *reached += w.n_front;
    }
done:
    cd_pages_free(queues, 2 * (size_t)n, sizeof *queues);
    cd_pages_free(bits, 2 * words_of(n), sizeof *bits);
    return st;
}
