/* SPDX-License-Identifier: GPL-3.0-or-later
 * leiden_join.c: the graph whose vertices are the parts of another. How many neighbours a part has is known once its
 * row is summed, so threads sum blocks of rows into arrays of their own, which are then laid end to end in the rows'
 * order. */
#include <omp.h>
#include <string.h>

#include "engine/graph/leiden_inside.h"

enum { BLOCK = 256 }; /* rows */

typedef struct {
    cd_id *adj;
    uint64_t *weight;
    size_t n;
    cd_status status;
} row_block;

typedef struct {
    const cd_leiden_net *g;
    const cd_id *number, *begin, *member; /* the members of part k: member[begin[k] .. begin[k + 1]) */
    cd_id n;
    cd_off *off; /* per part, one further: how long its row is */
    row_block *blocks;
} joining;

static void sum_row(const joining *j, const cd_leiden_scratch *s, row_block *b, cd_id part)
{
    const cd_leiden_net *g = j->g;
    cd_id n_met = 0;
    for (cd_id i = j->begin[part]; i < j->begin[part + 1]; i++) {
        cd_id v = j->member[i];
        for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) {
            cd_id to = j->number[g->adj[p]];
            if (to == part) continue;
            if (s->sum[to] == 0) s->met[n_met++] = to;
            s->sum[to] += cd_leiden_weight(g, p);
        }
    }
    j->off[part + 1] = n_met;
    for (cd_id i = 0; i < n_met; i++) {
        b->adj[b->n] = s->met[i], b->weight[b->n++] = s->sum[s->met[i]];
        s->sum[s->met[i]] = 0;
    }
}

static cd_id blocks_of(cd_id n) { return n / BLOCK + 1; }
static cd_id block_end(cd_id n, cd_id block) { return n - block * BLOCK < BLOCK ? n : (block + 1) * BLOCK; }

/* No more entries than the members have; what is too much is given back. */
static cd_status sum_block(const joining *j, const cd_leiden_scratch *s, cd_id block)
{
    cd_status st = CD_OK;
    cd_err *err = NULL; /* told by whoever looks at the statuses, after the region */
    row_block *b = &j->blocks[block];
    cd_id from = block * BLOCK, to = block_end(j->n, block);
    size_t most = 0;
    for (cd_id i = j->begin[from]; i < j->begin[to]; i++)
        most += j->g->off[j->member[i] + 1] - j->g->off[j->member[i]];
    CD_NEW(b->adj, most);
    CD_NEW(b->weight, most);
    for (cd_id part = from; part < to; part++) sum_row(j, s, b, part);
    void *adj = cd_realloc(b->adj, b->n, sizeof *b->adj, err),
         *weight = cd_realloc(b->weight, b->n, sizeof *b->weight, err);
    b->adj = adj ? adj : b->adj;
    b->weight = weight ? weight : b->weight;
    if (!adj || !weight) st = CD_EMEMORY;
done:
    return st;
}

static cd_status lay_out(const joining *j, const cd_leiden_work *w, cd_leiden_net *out, cd_err *err)
{
    for (cd_id k = 0; k < j->n; k++) j->off[k + 1] += j->off[k];
    cd_id *adj = cd_pages_new(j->off[j->n], sizeof *adj, err);
    uint64_t *weight = cd_pages_new(j->off[j->n], sizeof *weight, err);
    out->adj = adj, out->weight64 = weight;
    if (!adj || !weight) return CD_EMEMORY;
    #pragma omp parallel for num_threads(w->threads) schedule(static)
    for (cd_id block = 0; block < blocks_of(j->n); block++) {
        const row_block *b = &j->blocks[block];
        cd_off at = j->off[block * BLOCK];
        if (b->n == 0) continue;
        memcpy(adj + at, b->adj, b->n * sizeof *adj);
        memcpy(weight + at, b->weight, b->n * sizeof *weight);
    }
    return CD_OK;
}

/* Parts are numbered in the order of their first vertices. */
static cd_id number_parts(cd_id n, const cd_id *part, cd_id *number)
{
    cd_id parts = 0;
    for (cd_id v = 0; v < n; v++)
        if (part[v] == v) number[v] = parts++;
    for (cd_id v = 0; v < n; v++) number[v] = number[part[v]];
    return parts;
}

cd_status cd_leiden_join(const cd_leiden_net *g, const cd_leiden_work *w, const cd_id *part, const uint64_t *part_total,
                         cd_id *number, cd_leiden_net *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n, *begin = NULL, *member = NULL;
    joining j = {.g = g, .number = number};
    *out = (cd_leiden_net){0};
    j.n = number_parts(n, part, number);
    begin = cd_pages_new((size_t)n + 1, sizeof *begin, err);
    member = cd_pages_new(n, sizeof *member, err);
    j.off = cd_pages_new((size_t)j.n + 1, sizeof *j.off, err);
    out->degree = cd_pages_new(j.n, sizeof *out->degree, err);
    out->off = j.off, out->n = j.n;
    CD_NEW(j.blocks, blocks_of(j.n));
    if (!begin || !member || !j.off || !out->degree) CD_TRY(CD_EMEMORY);
    cd_leiden_list(number, n, begin, member);
    j.begin = begin, j.member = member;
    for (cd_id v = 0; v < n; v++)
        if (part[v] == v) out->degree[number[v]] = part_total[v];
    #pragma omp parallel for num_threads(w->threads) schedule(dynamic, 1)
    for (cd_id b = 0; b < blocks_of(j.n); b++) j.blocks[b].status = sum_block(&j, &w->scratch[omp_get_thread_num()], b);
    for (cd_id b = 0; b < blocks_of(j.n); b++)
        if (j.blocks[b].status != CD_OK)
            CD_TRY(cd_fail(err, j.blocks[b].status, "memory ran out while communities were joined; give it more"));
    CD_TRY(lay_out(&j, w, out, err));
done:
    for (cd_id b = 0; j.blocks && b < blocks_of(j.n); b++) cd_free(j.blocks[b].adj), cd_free(j.blocks[b].weight);
    cd_free(j.blocks);
    cd_pages_free(begin, (size_t)n + 1, sizeof *begin);
    cd_pages_free(member, n, sizeof *member);
    if (st != CD_OK) cd_leiden_net_release(out);
    return st;
}

void cd_leiden_net_release(cd_leiden_net *g)
{
    cd_off entries = g->off ? g->off[g->n] : 0;
    cd_pages_free((void *)(uintptr_t)g->adj, entries, sizeof *g->adj);
    cd_pages_free((void *)(uintptr_t)g->weight64, entries, sizeof *g->weight64);
    cd_pages_free((void *)(uintptr_t)g->off, (size_t)g->n + 1, sizeof *g->off);
    cd_pages_free(g->degree, g->n, sizeof *g->degree);
    *g = (cd_leiden_net){0};
}
