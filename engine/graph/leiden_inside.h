/* SPDX-License-Identifier: GPL-3.0-or-later
 * leiden_inside.h: what the parts of Leiden share: a level's graph, who is where, and what a move is worth. */
#ifndef CD_GRAPH_LEIDEN_INSIDE_H
#define CD_GRAPH_LEIDEN_INSIDE_H

#include "engine/graph/leiden.h"

/* The graph itself, or one whose vertices are parts of it. Rows need not rise; no vertex is its own neighbour, but what
 * lies inside a part counts in its degree. */
typedef struct {
    cd_id n;
    const cd_off *off;
    const cd_id *adj;
    const uint32_t *weight32; /* of the graph itself, or NULL */
    const uint64_t *weight64; /* of a graph of parts, or NULL; neither: 1 each */
    uint64_t *degree;         /* the weights of a vertex in sum; theirs in sum are `twice` */
} cd_leiden_net;

/* One thread's sums over communities. sum[] is zero between uses; met[] lists which are not. */
typedef struct {
    uint64_t *sum;
    cd_id *met;
} cd_leiden_scratch;

/* With d the degree of v, and k(C), s(C) the weight between v and C and the degrees in C: moving v gains what
 * k(C) - resolution d s(C) / twice rises by. Both sides are multiplied by twice << shift, and the resolution rounded to
 * `shift` binary places, so that gains are integers and ties are ties. */
typedef struct {
    const cd_run *run;
    uint32_t threads;    /* that this level is worth, of those of run */
    uint64_t unit;       /* twice << shift */
    uint64_t resolution; /* << shift */
    uint64_t twice;
    cd_leiden_scratch *scratch; /* one a thread */
} cd_leiden_work;

/* Where everyone is. Communities are numbered below n. */
typedef struct {
    cd_id *of;       /* per vertex */
    uint64_t *total; /* per community: its degrees in sum */
} cd_leiden_parts;

static inline uint64_t cd_leiden_weight(const cd_leiden_net *g, cd_off p)
{
    return g->weight64 ? g->weight64[p] : g->weight32 ? g->weight32[p] : 1;
}

/* What it is worth to a vertex of `degree` to be with a community that it has weight `k` to. Neither product exceeds
 * 2^124: see choose_scale. */
static inline __int128 cd_leiden_worth(const cd_leiden_work *w, uint64_t k, uint64_t degree, uint64_t total)
{
    return (__int128)k * w->unit - (__int128)(w->resolution * degree) * total;
}

/* leiden_move.c: moves vertices to where they gain most until none or few would move. */
CD_CHECKED cd_status cd_leiden_move(const cd_leiden_net *g, const cd_leiden_work *w, cd_leiden_parts *parts,
                                    cd_err *err);
/* leiden_refine.c: splits each community into parts that are well connected within it. part[v] is the vertex that v's
 * part is named by, one of its own; part_total[] of those are degrees in sum. */
CD_CHECKED cd_status cd_leiden_refine(const cd_leiden_net *g, const cd_leiden_work *w, const cd_leiden_parts *parts,
                                      cd_id *part, uint64_t *part_total, cd_err *err);
/* Lists vertices by key[] < n: those of key k, rising, are member[begin[k] .. begin[k + 1]). */
void cd_leiden_list(const cd_id *key, cd_id n, cd_id *begin, cd_id *member);
/* leiden_join.c: the graph of the parts. number[v]: which vertex of *out v's part is; the parts' totals become
 * degrees. */
CD_CHECKED cd_status cd_leiden_join(const cd_leiden_net *g, const cd_leiden_work *w, const cd_id *part,
                                    const uint64_t *part_total, cd_id *number, cd_leiden_net *out, cd_err *err);
void cd_leiden_net_release(cd_leiden_net *g); /* one of cd_leiden_join's */

#endif
