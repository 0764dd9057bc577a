/* SPDX-License-Identifier: GPL-3.0-or-later
 * graph.c: relations joined into one undirected graph. */
#include "engine/graph/graph.h"

#include <omp.h>
#include <string.h>

typedef struct {
    const cd_pairs *relations;
    uint32_t n_relations;
    cd_graph *graph;
} joining;

/* One list of neighbours of a vertex, as far as it was merged. */
typedef struct {
    const cd_id *at, *end;
    cd_id first; /* of the part that its ids are of */
} list_head;

const cd_graph_part *cd_graph_part_of(const cd_graph *g, cd_id vertex)
{
    uint32_t i = 0;
    while (vertex - g->parts[i].first >= g->parts[i].n) i++;
    return &g->parts[i];
}

const cd_graph_part *cd_graph_part_find(const cd_graph *g, uint32_t kind)
{
    for (uint32_t i = 0; i < g->n_parts; i++)
        if (g->parts[i].kind == kind) return &g->parts[i];
    return NULL;
}

static void add_list(const joining *j, const cd_csr *rows, cd_id of, uint32_t other_kind, list_head *heads, uint32_t *n)
{
    if (rows->off[of] == rows->off[of + 1]) return;
    heads[(*n)++] = (list_head){.at = rows->adj + rows->off[of],
                                .end = rows->adj + rows->off[of + 1],
                                .first = cd_graph_part_find(j->graph, other_kind)->first};
}

/* Merges the lists of a vertex, each of which rises, into `out`, or only counts where it is NULL. A relation of a kind
 * with itself gives a vertex two lists. */
static cd_id merge_lists(const joining *j, cd_id vertex, cd_id *out)
{
    list_head heads[2 * CD_GRAPH_RELATIONS];
    uint32_t n_heads = 0;
    cd_id n = 0;
    const cd_graph_part *part = cd_graph_part_of(j->graph, vertex);
    for (uint32_t r = 0; r < j->n_relations; r++) {
        const cd_pairs *p = &j->relations[r];
        if (p->left_kind == part->kind)
            add_list(j, &p->by_left, vertex - part->first, p->right_kind, heads, &n_heads);
        if (p->right_kind == part->kind)
            add_list(j, &p->by_right, vertex - part->first, p->left_kind, heads, &n_heads);
    }
    while (n_heads > 0) {
        cd_id least = CD_NONE;
        for (uint32_t i = 0; i < n_heads; i++) {
            cd_id at = heads[i].first + *heads[i].at;
            least = at < least ? at : least;
        }
        for (uint32_t i = 0; i < n_heads;) {
            if (heads[i].first + *heads[i].at == least) heads[i].at++;
            if (heads[i].at == heads[i].end) heads[i] = heads[--n_heads];
            else i++;
        }
        if (least == vertex) continue;
        if (out) out[n] = least;
        n++;
    }
    return n;
}

/* One more than the largest kind. */
static uint32_t most_kind(const joining *j)
{
    uint32_t most = 0;
    for (uint32_t r = 0; r < j->n_relations; r++) {
        const cd_pairs *p = &j->relations[r];
        most = p->left_kind >= most ? p->left_kind + 1 : most;
        most = p->right_kind >= most ? p->right_kind + 1 : most;
    }
    return most;
}

static cd_status number_parts(const joining *j, cd_err *err)
{
    cd_graph *g = j->graph;
    uint64_t n = 0;
    if (j->n_relations > CD_GRAPH_RELATIONS)
        return cd_fail(err, CD_EUSAGE, "a graph is made of at most %d relations, not %u", CD_GRAPH_RELATIONS,
                       j->n_relations);
    for (uint32_t kind = 0; kind < most_kind(j); kind++)
        for (uint32_t r = 0; r < j->n_relations; r++) {
            const cd_pairs *p = &j->relations[r];
            if (p->left_kind != kind && p->right_kind != kind) continue;
            cd_id size = p->left_kind == kind ? p->by_left.n_left : p->by_right.n_left;
            g->parts[g->n_parts++] = (cd_graph_part){.kind = kind, .first = (cd_id)n, .n = size};
            n += size;
            break;
        }
    if (n >= CD_NONE) return cd_fail(err, CD_EUSAGE, "a graph of over four thousand million vertices is too large");
    g->csr.n_left = g->csr.n_right = (cd_id)n;
    return CD_OK;
}

cd_status cd_graph_join(const cd_pairs *relations, uint32_t n_relations, const cd_run *run, cd_graph *out, cd_err *err)
{
    cd_status st = CD_OK;
    joining j = {.relations = relations, .n_relations = n_relations, .graph = out};
    cd_off *off = NULL;
    cd_id *adj = NULL;
    *out = (cd_graph){0};
    CD_TRY(number_parts(&j, err));
    cd_id n = out->csr.n_left;
    off = cd_pages_new((size_t)n + 1, sizeof *off, err);
    if (!off) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 1024)
    for (cd_id v = 0; v < n; v++) off[v + 1] = merge_lists(&j, v, NULL);
    for (cd_id v = 0; v < n; v++) off[v + 1] += off[v];
    CD_TRY(cd_run_fits(run, "joining the graph", 8 * (size_t)n + 4 * off[n], err));
    adj = cd_pages_new(off[n], sizeof *adj, err);
    if (!adj) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for num_threads(run->threads) schedule(dynamic, 1024)
    for (cd_id v = 0; v < n; v++) merge_lists(&j, v, adj + off[v]);
    out->csr.off = off, out->csr.adj = adj;
    off = NULL;
done:
    if (off) cd_pages_free(off, (size_t)out->csr.n_left + 1, sizeof *off);
    if (st != CD_OK) *out = (cd_graph){0};
    return st;
}

void cd_graph_release(cd_graph *g)
{
    cd_csr_release(&g->csr);
    *g = (cd_graph){0};
}
