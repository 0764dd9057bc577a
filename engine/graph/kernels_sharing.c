/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_sharing.c: what ids of one kind share through a relation, as candour.h offers it. */
#include <stdlib.h>
#include <string.h>

#include "engine/graph/kernels_sharing.h"
#include "engine/graph/shared_top.h"
#include "engine/graph/shared_weight.h"

enum { ROWS_AT_ONCE = 256, FEW_PARTNERS = 20, LEAST_SHARED = 2 };

cd_status cd_compare_side(const cd_asked *asked, const char *kernel, cd_compared *out, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_graph *g = asked->graph;
    const cd_pairs *p;
    const char *side = asked->options->side;
    CD_TRY(cd_one_relation(asked, kernel, &p, err));
    const candour_kind *kinds = g->snapshot->ontology->kinds;
    bool right = side && strcmp(side, kinds[p->left_kind].name) != 0;
    if (right && strcmp(side, kinds[p->right_kind].name) != 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "--side '%s' is neither '%s' nor '%s', which the relation ties", side,
                       kinds[p->left_kind].name, kinds[p->right_kind].name));
    out->shared =
        (cd_shared){right ? &p->by_right : &p->by_left, right ? &p->by_left : &p->by_right, asked->options->cap};
    out->first = cd_graph_part_find(&g->graph, right ? p->right_kind : p->left_kind)->first;
done:
    return st;
}

/* What the caller's weights make of each shared id; NULL where there are none. For cd_pages_free with n_right of
 * them. */
static cd_status read_weights(const cd_asked *asked, const cd_compared *c, double **out, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_graph *g = asked->graph;
    const candour_kernel_options *o = asked->options;
    cd_id n = c->shared.by_right->n_left, v;
    bool left = c->shared.by_right == &g->relations[0].by_left;
    uint32_t kind = left ? g->relations[0].left_kind : g->relations[0].right_kind;
    cd_id first = cd_graph_part_find(&g->graph, kind)->first;
    const char *name = g->snapshot->ontology->kinds[kind].name;
    double *weight = NULL;
    *out = NULL;
    if (!o->weights) return CD_OK;
    weight = cd_pages_new(n, sizeof *weight, err);
    if (!weight) CD_TRY(CD_EMEMORY);
    for (cd_id i = 0; i < n; i++) weight[i] = -1;
    for (size_t i = 0; i < o->n_weights; i++) {
        const candour_weight *w = &o->weights[i];
        CD_TRY(cd_vertex_find(g, w->id, "weights", &v, err));
        if (v - first >= n)
            CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' has a weight, and is no %s: those are what is shared", w->id, name));
        if (!cd_weight_is_right(w->weight))
            CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' weighs %g; a weight is between 0 and 1024", w->id, w->weight));
        if (weight[v - first] >= 0) CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' has two weights; give it one", w->id));
        weight[v - first] = w->weight;
    }
    for (cd_id i = 0; i < n; i++) weight[i] = weight[i] < 0 ? 1 : weight[i];
    *out = weight, weight = NULL;
done:
    cd_pages_free(weight, n, sizeof *weight);
    return st;
}

static size_t weight_bytes(const cd_asked *asked, const cd_compared *c)
{
    return asked->options->weights ? 8 * (size_t)c->shared.by_right->n_left : 0;
}

static void drop_weights(const cd_compared *c, double *weight)
{
    if (weight) cd_pages_free(weight, c->shared.by_right->n_left, sizeof *weight);
}

double cd_increments(const cd_compared *c)
{
    double sum = 0;
    for (cd_id v = 0; v < c->shared.by_right->n_left; v++) {
        double degree = cd_csr_degree(c->shared.by_right, v);
        sum += degree > 256 ? 0 : degree * degree;
    }
    return sum;
}

static cd_status run_total(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    cd_compared c;
    cd_shared_totals t;
    cd_answer answer = {0};
    CD_TRY(cd_compare_side(asked, "shared-total", &c, err));
    CD_TRY(cd_shared_total(&c.shared, &asked->graph->run, &t, err));
    CD_TRY(cd_answer_begin(asked, "pairs:int shared_in_sum:int butterflies:int", &answer, err));
    cd_answer_int(&answer, 0, (int64_t)t.pairs);
    cd_answer_int(&answer, 1, (int64_t)t.sum);
    cd_answer_int(&answer, 2, (int64_t)((t.squares - t.sum) / 2));
    cd_answer_row(&answer);
done:
    ended = cd_answer_end(&answer, err);
    return st == CD_OK ? ended : st;
}

static cd_status guess_total(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_compared c;
    CD_TRY(cd_compare_side(asked, "shared-total", &c, err));
    double n = c.shared.by_left->n_left;
    out->bytes = cd_shared_bytes(&c.shared, asked->graph->run.threads);
    out->seconds = (cd_increments(&c) * 0.7e-9 + n * n * 0.15e-9) / asked->graph->run.threads;
done:
    return st;
}

/* ---- Pairs ---- */

/* The pairs of a block of rows as they came, per row. */
typedef struct {
    cd_id from;
    cd_id *partner[ROWS_AT_ONCE];
    uint32_t *shared[ROWS_AT_ONCE];
    cd_id n[ROWS_AT_ONCE];
    bool failed;
} pair_block;

static void keep_row(void *context, uint32_t thread, cd_id left, const cd_id *partner, const uint32_t *shared, cd_id n)
{
    pair_block *b = context;
    uint32_t i = left - b->from;
    (void)thread;
    b->partner[i] = cd_alloc(n, sizeof **b->partner, NULL);
    b->shared[i] = cd_alloc(n, sizeof **b->shared, NULL);
    if (!b->partner[i] || !b->shared[i]) {
        __atomic_store_n(&b->failed, true, __ATOMIC_RELAXED);
        return;
    }
    memcpy(b->partner[i], partner, n * sizeof *partner);
    memcpy(b->shared[i], shared, n * sizeof *shared);
    b->n[i] = n;
}

static void drop_block(pair_block *b)
{
    for (uint32_t i = 0; i < ROWS_AT_ONCE; i++) cd_free(b->partner[i]), cd_free(b->shared[i]);
    *b = (pair_block){0};
}

/* The relation with its left ids numbered as they are to be listed, both ways. */
typedef struct {
    cd_csr by_left, by_right;
    cd_id *vertex; /* per new number */
} ordered;

static void order_release(ordered *o)
{
    cd_pages_free(o->vertex, o->by_left.n_left, sizeof *o->vertex);
    cd_csr_release(&o->by_left);
    cd_csr_release(&o->by_right);
}

static cd_status order_rows(const cd_asked *asked, const cd_compared *c, ordered *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_csr *rows = c->shared.by_left;
    const uint32_t *place;
    cd_off *off = NULL;
    cd_id *adj = NULL;
    CD_TRY(cd_vertex_places(asked->graph, &place, err));
    out->by_left = (cd_csr){.n_left = rows->n_left, .n_right = rows->n_right};
    out->vertex = cd_pages_new(rows->n_left, sizeof *out->vertex, err);
    off = cd_pages_new((size_t)rows->n_left + 1, sizeof *off, err);
    adj = cd_pages_new(cd_csr_edges(rows), sizeof *adj, err);
    if (!out->vertex || !off || !adj) CD_TRY(CD_EMEMORY);
    for (cd_id v = 0; v < rows->n_left; v++) out->vertex[place[c->first + v] - c->first] = v;
    for (cd_id i = 0; i < rows->n_left; i++) {
        cd_id v = out->vertex[i];
        memcpy(adj + off[i], rows->adj + rows->off[v], cd_csr_degree(rows, v) * sizeof *adj);
        off[i + 1] = off[i] + cd_csr_degree(rows, v);
    }
    out->by_left.off = off, out->by_left.adj = adj;
    off = NULL, adj = NULL;
    CD_TRY(cd_csr_transpose(&out->by_left, asked->graph->run.threads, &out->by_right, NULL, err));
done:
    cd_pages_free(off, (size_t)rows->n_left + 1, sizeof *off);
    cd_pages_free(adj, cd_csr_edges(rows), sizeof *adj);
    return st;
}

#define PAIRS_GIVE "kind id other_id shared:int score:real"
/* All pairs, in the order of their ids; no more than a block of rows is held. */
static cd_status run_pairs(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    cd_compared c = {0};
    ordered o = {0};
    pair_block block = {0};
    cd_answer answer = {0};
    uint32_t least = asked->options->least ? asked->options->least : LEAST_SHARED;
    uint64_t listed = 0, most = asked->options->top ? asked->options->top : UINT64_MAX;
    double *weight = NULL;
    CD_TRY(cd_compare_side(asked, "shared-pairs", &c, err));
    CD_TRY(read_weights(asked, &c, &weight, err));
    CD_TRY(order_rows(asked, &c, &o, err));
    CD_TRY(cd_answer_begin(asked, PAIRS_GIVE, &answer, err));
    cd_shared shared = {&o.by_left, &o.by_right, c.shared.cap};
    cd_slice kind = cd_slice_of(c.shared.by_left->n_left ? cd_vertex_kind(asked->graph, c.first) : "");
    for (cd_id from = 0; from < o.by_left.n_left && listed < most; from += ROWS_AT_ONCE) {
        cd_id to = o.by_left.n_left - from < ROWS_AT_ONCE ? o.by_left.n_left : from + ROWS_AT_ONCE;
        CD_TRY(cd_run_step(&asked->graph->run, "listing pairs", from, err));
        block.from = from;
        CD_TRY(cd_shared_each(&shared, from, to, least, &asked->graph->run, keep_row, &block, err));
        if (block.failed) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory while listing pairs; ask for --least more"));
        for (cd_id u = from; u < to; u++)
            for (cd_id i = 0; i < block.n[u - from] && listed < most; i++, listed++) {
                cd_id v = block.partner[u - from][i];
                uint32_t count = block.shared[u - from][i];
                cd_answer_text(&answer, 0, kind);
                cd_answer_text(&answer, 1, cd_vertex_id(asked->graph, c.first + o.vertex[u]));
                cd_answer_text(&answer, 2, cd_vertex_id(asked->graph, c.first + o.vertex[v]));
                cd_answer_int(&answer, 3, count);
                cd_answer_real(&answer, 4, weight ? cd_round_digits(cd_shared_weight(&shared, u, v, weight)) : count);
                cd_answer_row(&answer);
            }
        drop_block(&block);
    }
done:
    ended = cd_answer_end(&answer, err);
    drop_block(&block);
    order_release(&o);
    drop_weights(&c, weight);
    return st == CD_OK ? ended : st;
}

static cd_status guess_pairs(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_compared c;
    CD_TRY(cd_compare_side(asked, "shared-pairs", &c, err));
    size_t n = c.shared.by_left->n_left, threads = asked->graph->run.threads;
    out->bytes = cd_shared_bytes(&c.shared, asked->graph->run.threads) + 8 * n * (threads + ROWS_AT_ONCE) +
                 8 * (size_t)cd_csr_edges(c.shared.by_left) + weight_bytes(asked, &c);
    out->seconds = (cd_increments(&c) * 0.7e-9 + (double)n * (double)n * 0.6e-9) / asked->graph->run.threads;
done:
    return st;
}

/* ---- Partners ---- */

static cd_status read_score(const cd_asked *asked, cd_score *out, cd_err *err)
{
    static const char *const names[] = {"count", "jaccard", "cosine", "adamic-adar", "resource"};
    const char *name = asked->options->weight ? asked->options->weight : names[0];
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return *out = (cd_score)i, CD_OK;
    return cd_fail(err, CD_EUSAGE, "no weight '%s'; there are count, jaccard, cosine, adamic-adar and resource", name);
}

static cd_status top_options(const cd_asked *asked, cd_top_options *out, cd_err *err)
{
    const candour_kernel_options *o = asked->options;
    *out = (cd_top_options){.k = o->partners ? o->partners : FEW_PARTNERS, .score = CD_SCORE_WEIGHTS};
    if (!o->weights) return read_score(asked, &out->score, err);
    if (o->weight) return cd_fail(err, CD_EUSAGE, "either --weight says what sharing weighs, or --weights does");
    return CD_OK;
}

static void put_partner(const cd_asked *asked, cd_answer *answer, const cd_compared *c, cd_id left, const cd_partner *p)
{
    cd_answer_vertex(answer, 0, c->first + left);
    cd_answer_text(answer, 2, cd_vertex_id(asked->graph, c->first + p->partner));
    cd_answer_int(answer, 3, p->shared);
    cd_answer_real(answer, 4, cd_round_digits(p->score));
    cd_answer_row(answer);
}

#define PARTNERS_GIVE "kind id partner shared:int score:real"
static cd_status run_partners(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    cd_compared c = {0};
    cd_top_options options = {0};
    cd_partner *out = NULL;
    uint32_t *n_out = NULL;
    cd_id *order = NULL, n = 0;
    uint64_t listed = 0, most = asked->options->top ? asked->options->top : UINT64_MAX;
    const uint32_t *place;
    double *weight = NULL;
    cd_answer answer = {0};
    CD_TRY(top_options(asked, &options, err));
    CD_TRY(cd_compare_side(asked, "partners", &c, err));
    CD_TRY(read_weights(asked, &c, &weight, err));
    options.weights = weight;
    n = c.shared.by_left->n_left;
    size_t bytes = cd_shared_top_bytes(&c.shared, &options, asked->graph->run.threads) + weight_bytes(asked, &c);
    CD_TRY(cd_run_fits(&asked->graph->run, "partners", bytes, err));
    CD_TRY(cd_vertex_places(asked->graph, &place, err));
    options.place = place + c.first;
    out = cd_pages_new((size_t)n * options.k, sizeof *out, err);
    n_out = cd_pages_new(n, sizeof *n_out, err);
    order = cd_pages_new(n, sizeof *order, err);
    if (!out || !n_out || !order) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_shared_top(&c.shared, &options, &asked->graph->run, out, n_out, err));
    for (cd_id v = 0; v < n; v++) order[place[c.first + v] - c.first] = v;
    CD_TRY(cd_answer_begin(asked, PARTNERS_GIVE, &answer, err));
    for (cd_id i = 0; i < n; i++)
        for (uint32_t k = 0; k < n_out[order[i]] && listed < most; k++, listed++)
            put_partner(asked, &answer, &c, order[i], &out[(size_t)order[i] * options.k + k]);
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(out, (size_t)n * options.k, sizeof *out);
    cd_pages_free(n_out, n, sizeof *n_out);
    cd_pages_free(order, n, sizeof *order);
    drop_weights(&c, weight);
    return st == CD_OK ? ended : st;
}

static cd_status guess_partners(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_compared c;
    cd_top_options options;
    CD_TRY(top_options(asked, &options, err));
    CD_TRY(cd_compare_side(asked, "partners", &c, err));
    out->bytes = cd_shared_top_bytes(&c.shared, &options, asked->graph->run.threads) +
                 8 * (size_t)c.shared.by_left->n_left + weight_bytes(asked, &c);
    out->seconds = cd_increments(&c) * 1.6e-9 / asked->graph->run.threads;
done:
    return st;
}

/* Everyone who shares anything with one, the most first. */
static cd_status run_partners_of(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    cd_compared c;
    cd_id start, *list = NULL, n, all = asked->graph->graph.csr.n_left;
    uint32_t *shared = NULL;
    double *value = NULL;
    cd_answer answer = {0};
    CD_TRY(cd_compare_side(asked, "partners-of", &c, err));
    CD_TRY(cd_vertex_find(asked->graph, asked->options->start, "start", &start, err));
    cd_id n_left = c.shared.by_left->n_left;
    if (start - c.first >= n_left)
        CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' is no %s; give --side", asked->options->start,
                       cd_vertex_kind(asked->graph, c.first)));
    shared = cd_pages_new(all, sizeof *shared, err);
    value = cd_pages_new(all, sizeof *value, err);
    if (!shared || !value) CD_TRY(CD_EMEMORY);
    cd_shared_with(&c.shared, start - c.first, shared);
    for (cd_id v = 0; v < all; v++) {
        bool partner = v - c.first < n_left && shared[v - c.first] > 0;
        value[v] = partner ? (double)shared[v - c.first] : -1;
    }
    CD_TRY(cd_vertices_by(asked->graph, value, asked->options->top, &list, &n, err));
    CD_TRY(cd_answer_begin(asked, "kind id shared:int degree:int", &answer, err));
    for (cd_id i = 0; i < n; i++) {
        cd_answer_vertex(&answer, 0, list[i]);
        cd_answer_int(&answer, 2, shared[list[i] - c.first]);
        cd_answer_int(&answer, 3, cd_csr_degree(c.shared.by_left, list[i] - c.first));
        cd_answer_row(&answer);
    }
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, all, sizeof *list);
    cd_pages_free(shared, all, sizeof *shared);
    cd_pages_free(value, all, sizeof *value);
    return st == CD_OK ? ended : st;
}

static cd_status guess_partners_of(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    (void)err;
    *out = (candour_kernel_estimate){.bytes = 16 * (size_t)asked->graph->graph.csr.n_left, .seconds = 2e-3};
    return CD_OK;
}

const cd_kernel cd_kernels_sharing[] = {
    {{"shared-total", "how many pairs of one kind share a neighbour, and how many in all", "side cap",
      "pairs:int shared_in_sum:int butterflies:int", false}, run_total, guess_total},
    {{"shared-pairs", "every pair of one kind that shares so many neighbours", "side cap least weights top", PAIRS_GIVE,
      false}, run_pairs, guess_pairs},
    {{"partners", "for each of one kind those it shares most with", "side cap weight weights partners top",
      PARTNERS_GIVE, false}, run_partners, guess_partners},
    {{"partners-of", "everyone who shares neighbours with one", "start side cap top", "kind id shared:int degree:int",
      false}, run_partners_of, guess_partners_of},
};
const uint32_t cd_n_kernels_sharing = sizeof cd_kernels_sharing / sizeof *cd_kernels_sharing;
