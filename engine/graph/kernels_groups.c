/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_groups.c: what lies closer together than chance would have it, as candour.h offers it: communities and who is
 * in them, dense blocks, triangles. */
#include "engine/graph/dense.h"
#include "engine/graph/kernels.h"
#include "engine/graph/leiden.h"
#include "engine/graph/triangles.h"

/* Communities as they are listed: the largest first. */
typedef struct {
    cd_id n;          /* vertices */
    cd_id *community; /* per vertex: its community's first vertex */
    double *size;     /* at a community's first vertex; -1 elsewhere */
    cd_id *list, n_list;
    cd_leiden_report report;
} found_communities;

enum { A_VERTEX = 4 + 8 + 4 + 4 }; /* bytes that these, a listing and the places take */

static void found_release(found_communities *f)
{
    cd_pages_free(f->community, f->n, sizeof *f->community);
    cd_pages_free(f->size, f->n, sizeof *f->size);
    cd_pages_free(f->list, f->n, sizeof *f->list);
}

static cd_status find_communities(const cd_asked *asked, uint32_t top, found_communities *out, cd_err *err)
{
    cd_status st = CD_OK;
    candour_graph *g = asked->graph;
    const cd_csr *csr = &g->graph.csr;
    const uint32_t *place;
    cd_leiden_options options = {.resolution = asked->options->resolution > 0 ? asked->options->resolution : 1};
    out->n = csr->n_left;
    CD_TRY(cd_run_fits(&g->run, "communities", cd_leiden_bytes(csr, g->run.threads) + A_VERTEX * (size_t)out->n, err));
    out->community = cd_pages_new(out->n, sizeof *out->community, err);
    out->size = cd_pages_new(out->n, sizeof *out->size, err);
    if (!out->community || !out->size) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_vertex_places(g, &place, err));
    CD_TRY(cd_leiden(csr, NULL, place, &options, &g->run, out->community, &out->report, err));
    for (cd_id v = 0; v < out->n; v++) out->size[v] = out->community[v] == v ? 0 : -1;
    for (cd_id v = 0; v < out->n; v++) out->size[out->community[v]]++;
    CD_TRY(cd_vertices_by(g, out->size, top, &out->list, &out->n_list, err));
done:
    return st;
}

static cd_status say_facts(const cd_asked *asked, const found_communities *f, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(cd_answer_fact(asked, "communities", f->report.communities, err));
    CD_TRY(cd_answer_fact(asked, "modularity", cd_round_digits(f->report.modularity), err));
done:
    return st;
}

#define COMMUNITIES "kind first_id size:int"
static cd_status run_communities(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    found_communities f = {0};
    cd_answer answer = {0};
    CD_TRY(find_communities(asked, asked->options->top, &f, err));
    CD_TRY(cd_answer_begin(asked, COMMUNITIES, &answer, err));
    for (cd_id i = 0; i < f.n_list; i++) {
        cd_answer_vertex(&answer, 0, f.list[i]);
        cd_answer_int(&answer, 2, (int64_t)f.size[f.list[i]]);
        cd_answer_row(&answer);
    }
    CD_TRY(say_facts(asked, &f, err));
done:
    ended = cd_answer_end(&answer, err);
    found_release(&f);
    return st == CD_OK ? ended : st;
}

/* Community by community in the order of their listing, each by place; or one's own community alone. */
static cd_status order_members(const cd_asked *asked, found_communities *f, cd_id **list, cd_id *n, cd_err *err)
{
    cd_status st = CD_OK;
    const char *start = asked->options->start;
    cd_id of = CD_NONE;
    if (start) {
        CD_TRY(cd_vertex_find(asked->graph, start, "start", &of, err));
        of = f->community[of];
    }
    double *value = f->size;
    for (cd_id i = 0; i < f->n_list; i++) value[f->list[i]] = f->n - i;
    for (cd_id v = 0; v < f->n; v++) value[v] = f->community[v] == v ? value[v] : 0;
    for (cd_id v = 0; v < f->n; v++)
        if (f->community[v] != v) value[v] = value[f->community[v]];
    for (cd_id v = 0; v < f->n && start; v++)
        if (f->community[v] != of) value[v] = -1;
    CD_TRY(cd_vertices_by(asked->graph, value, asked->options->top, list, n, err));
done:
    return st;
}

#define MEMBERS "kind id community_kind community"
static cd_status run_members(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    found_communities f = {0};
    cd_answer answer = {0};
    cd_id *list = NULL, n;
    CD_TRY(find_communities(asked, 0, &f, err));
    CD_TRY(order_members(asked, &f, &list, &n, err));
    CD_TRY(cd_answer_begin(asked, MEMBERS, &answer, err));
    for (cd_id i = 0; i < n; i++) {
        cd_answer_vertex(&answer, 0, list[i]);
        cd_answer_vertex(&answer, 2, f.community[list[i]]);
        cd_answer_row(&answer);
    }
    CD_TRY(say_facts(asked, &f, err));
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, f.n, sizeof *list);
    found_release(&f);
    return st == CD_OK ? ended : st;
}

static cd_status guess_communities(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    const cd_csr *g = &asked->graph->graph.csr;
    (void)err;
    out->bytes = cd_leiden_bytes(g, asked->graph->run.threads) + (A_VERTEX + 4) * (size_t)g->n_left;
    out->seconds = 0.05 + (100e-9 * (double)cd_csr_edges(g) + 800e-9 * g->n_left) / asked->graph->run.threads;
    return CD_OK;
}

enum { FEW_BLOCKS = 3 };

typedef struct {
    const cd_pairs *pairs;
    cd_id n_left, n, first_left, first_right; /* of the relation's vertices, left and then right, and in the graph */
    uint32_t *place, *block, n_blocks;        /* per vertex of the relation */
    cd_dense_block *found;
} dense_answer;

static void dense_release(dense_answer *d)
{
    cd_pages_free(d->place, d->n, sizeof *d->place);
    cd_pages_free(d->block, d->n, sizeof *d->block);
    cd_free(d->found);
}

static uint32_t blocks_wanted(const cd_asked *asked)
{
    return asked->options->rounds ? asked->options->rounds : FEW_BLOCKS;
}

static cd_id vertex_of(const dense_answer *d, cd_id v)
{
    return v < d->n_left ? d->first_left + v : d->first_right + (v - d->n_left);
}

static cd_status find_blocks(const cd_asked *asked, dense_answer *d, cd_err *err)
{
    cd_status st = CD_OK;
    candour_graph *g = asked->graph;
    const uint32_t *place;
    cd_dense_options options = {.blocks = blocks_wanted(asked), .slack = asked->options->tolerance,
                                .cap = asked->options->cap};
    CD_TRY(cd_one_relation(asked, "dense", &d->pairs, err));
    const cd_pairs *p = d->pairs;
    if (p->left_kind == p->right_kind)
        CD_TRY(cd_fail(err, CD_EUSAGE, "dense needs a relation between two kinds; for one kind there is cores"));
    d->first_left = cd_graph_part_find(&g->graph, p->left_kind)->first;
    d->first_right = cd_graph_part_find(&g->graph, p->right_kind)->first;
    d->n_left = p->by_left.n_left, d->n = d->n_left + p->by_right.n_left;
    d->place = cd_pages_new(d->n, sizeof *d->place, err);
    d->block = cd_pages_new(d->n, sizeof *d->block, err);
    if (!d->place || !d->block) CD_TRY(CD_EMEMORY);
    CD_NEW(d->found, options.blocks);
    CD_TRY(cd_vertex_places(g, &place, err));
    for (cd_id v = 0; v < d->n; v++) d->place[v] = place[vertex_of(d, v)];
    CD_TRY(cd_dense(&p->by_left, &p->by_right, d->place, &options, &g->run, d->block, d->found, &d->n_blocks, err));
done:
    return st;
}

/* How many neighbours each vertex of a block has in it, above all numbers of the blocks that are listed after it. */
static void value_blocks(const dense_answer *d, double *value)
{
    for (cd_id v = 0; v < d->n; v++) {
        bool right = v >= d->n_left;
        const cd_csr *rows = right ? &d->pairs->by_right : &d->pairs->by_left;
        cd_id row = right ? v - d->n_left : v, within = 0;
        if (d->block[v] == 0) continue;
        for (cd_off p = rows->off[row]; p < rows->off[row + 1]; p++)
            within += d->block[(right ? 0 : d->n_left) + rows->adj[p]] == d->block[v];
        value[vertex_of(d, v)] = (double)(d->n_blocks - d->block[v]) * 0x1p32 + within;
    }
}

#define DENSE "block:int density:real kind id degree_within:int"
static cd_status run_dense(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    dense_answer d = {0};
    cd_answer answer = {0};
    cd_id all = asked->graph->graph.csr.n_left, *list = NULL, n;
    double *value = cd_pages_new(all, sizeof *value, err);
    if (!value) CD_TRY(CD_EMEMORY);
    for (cd_id v = 0; v < all; v++) value[v] = -1;
    CD_TRY(find_blocks(asked, &d, err));
    value_blocks(&d, value);
    CD_TRY(cd_vertices_by(asked->graph, value, asked->options->top, &list, &n, err));
    CD_TRY(cd_answer_begin(asked, DENSE, &answer, err));
    for (cd_id i = 0; i < n; i++) {
        uint32_t number = d.n_blocks - (uint32_t)(value[list[i]] * 0x1p-32);
        const cd_dense_block *b = &d.found[number - 1];
        cd_answer_int(&answer, 0, number);
        cd_answer_real(&answer, 1, cd_round_digits((double)b->weight / CD_DENSE_UNIT / (b->n_left + b->n_right)));
        cd_answer_vertex(&answer, 2, list[i]);
        cd_answer_int(&answer, 4, (int64_t)(value[list[i]] - 0x1p32 * (d.n_blocks - number)));
        cd_answer_row(&answer);
    }
    CD_TRY(cd_answer_fact(asked, "blocks", d.n_blocks, err));
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, all, sizeof *list);
    cd_pages_free(value, all, sizeof *value);
    dense_release(&d);
    return st == CD_OK ? ended : st;
}

static cd_status guess_dense(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_pairs *p;
    CD_TRY(cd_one_relation(asked, "dense", &p, err));
    cd_id n_left = p->by_left.n_left, n_right = p->by_right.n_left;
    double edges = (double)cd_csr_edges(&p->by_left), ns = asked->options->tolerance > 0 ? 30 : 200;
    out->bytes = cd_dense_bytes(n_left, n_right) + 24 * (size_t)asked->graph->graph.csr.n_left +
                 sizeof(cd_dense_block) * (size_t)blocks_wanted(asked);
    out->seconds = 1e-9 * blocks_wanted(asked) * (edges * ns + 300.0 * (n_left + (double)n_right));
done:
    return st;
}

#define TRIANGLES "kind id triangles:int clustering:real"
/* Of each vertex's pairs of neighbours, how many are tied themselves. */
static cd_status run_triangles(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    const cd_csr *g = &asked->graph->graph.csr;
    cd_id all = g->n_left, *list = NULL, n;
    uint64_t *at = NULL, total;
    double *value = NULL, pairs = 0;
    cd_answer answer = {0};
    at = cd_pages_new(all, sizeof *at, err);
    value = cd_pages_new(all, sizeof *value, err);
    if (!at || !value) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_triangles(g, &asked->graph->run, at, &total, err));
    for (cd_id v = 0; v < all; v++) {
        value[v] = (double)at[v];
        pairs += (double)cd_csr_degree(g, v) * (cd_csr_degree(g, v) - 1.0) / 2;
    }
    CD_TRY(cd_vertices_by(asked->graph, value, asked->options->top, &list, &n, err));
    CD_TRY(cd_answer_begin(asked, TRIANGLES, &answer, err));
    for (cd_id i = 0; i < n; i++) {
        double degree = cd_csr_degree(g, list[i]), mine = degree * (degree - 1) / 2;
        cd_answer_vertex(&answer, 0, list[i]);
        cd_answer_int(&answer, 2, (int64_t)at[list[i]]);
        cd_answer_real(&answer, 3, mine > 0 ? cd_round_digits((double)at[list[i]] / mine) : 0);
        cd_answer_row(&answer);
    }
    CD_TRY(cd_answer_fact(asked, "triangles", (double)total, err));
    CD_TRY(cd_answer_fact(asked, "transitivity", pairs > 0 ? cd_round_digits(3 * (double)total / pairs) : 0, err));
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, all, sizeof *list);
    cd_pages_free(at, all, sizeof *at);
    cd_pages_free(value, all, sizeof *value);
    return st == CD_OK ? ended : st;
}

static cd_status guess_triangles(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    const cd_csr *g = &asked->graph->graph.csr;
    uint32_t threads = asked->graph->run.threads;
    (void)err;
    out->bytes = cd_triangles_bytes(g, threads) + 24 * (size_t)g->n_left;
    out->seconds = (400e-9 * (double)cd_csr_edges(g) + 350e-9 * g->n_left) / threads;
    return CD_OK;
}

const cd_kernel cd_kernels_groups[] = {
    {{"communities", "parts with more edges inside than chance would put there, each by its first id and its size",
      "resolution top", COMMUNITIES, false}, run_communities, guess_communities},
    {{"members", "who is in which community: all of them, or those in one's own", "start resolution top", MEMBERS,
      false}, run_members, guess_communities},
    {{"dense", "blocks where few share much that others do not; --rounds says how many, --tolerance peels in bulk",
      "rounds tolerance cap top", DENSE, false}, run_dense, guess_dense},
    {{"triangles",
      "how many threes that are all tied each vertex is in, and the share of its neighbours' pairs that are tied",
      "top", TRIANGLES, false}, run_triangles, guess_triangles},
};
const uint32_t cd_n_kernels_groups = sizeof cd_kernels_groups / sizeof *cd_kernels_groups;
