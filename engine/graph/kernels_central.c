/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_central.c: who is near whom, and who is in the middle, as candour.h offers it. */
#include <math.h>
#include <string.h>

#include "engine/graph/betweenness.h"
#include "engine/graph/closeness.h"
#include "engine/graph/kernels.h"
#include "engine/graph/push.h"

enum { FEW_NEAR = 20 };

/* Vertices that a question is about: those of --start, or all of --side, or all there are. */
typedef struct {
    cd_id *at, n;
    cd_id from, to; /* the part that --side names, or all */
} asked_about;

/* The part of the graph that --side names, or all of it. */
static cd_status side_of(const cd_asked *asked, cd_id *from, cd_id *to, cd_err *err)
{
    const candour_graph *g = asked->graph;
    *from = 0, *to = g->graph.csr.n_left;
    if (!asked->options->side) return CD_OK;
    for (uint32_t i = 0; i < g->graph.n_parts; i++) {
        const cd_graph_part *part = &g->graph.parts[i];
        if (strcmp(g->snapshot->ontology->kinds[part->kind].name, asked->options->side) != 0) continue;
        *from = part->first, *to = part->first + part->n;
        return CD_OK;
    }
    return cd_fail(err, CD_EUSAGE, "--side '%s' is no kind of this graph; see its kinds with candour info",
                   asked->options->side);
}

/* The ids between the commas of --start, in their order. */
static cd_status read_starts(const cd_asked *asked, asked_about *s, cd_err *err)
{
    cd_status st = CD_OK;
    char *words = NULL, *rest;
    size_t bytes = strlen(asked->options->start) + 1;
    cd_id most = 1;
    CD_NEW(words, bytes);
    memcpy(words, asked->options->start, bytes);
    for (const char *at = words; *at; at++) most += *at == ',';
    CD_NEW(s->at, most);
    for (char *word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
        CD_TRY(cd_vertex_find(asked->graph, word, "start", &s->at[s->n++], err));
done:
    cd_free(words);
    return st;
}

/* In the order that --start has, or in that of their ids. */
static cd_status find_vertices(const cd_asked *asked, asked_about *s, cd_err *err)
{
    cd_status st = CD_OK;
    const uint32_t *place;
    CD_TRY(side_of(asked, &s->from, &s->to, err));
    if (asked->options->start) {
        CD_TRY(read_starts(asked, s, err));
        return CD_OK;
    }
    CD_TRY(cd_vertex_places(asked->graph, &place, err));
    s->n = s->to - s->from;
    CD_NEW(s->at, s->n);
    for (cd_id v = s->from; v < s->to; v++) s->at[place[v] - s->from] = v; /* places go by kind, as vertices do */
done:
    return st;
}

/* ---- Nearest: personalised pagerank from many ---- */

typedef struct {
    asked_about about;
    cd_near *out;
    uint32_t *n_out;
    double *owed;
} nearest;

static uint32_t how_many(const cd_asked *asked)
{
    return asked->options->partners ? asked->options->partners : FEW_NEAR;
}

static cd_status find_sources(const cd_asked *asked, asked_about *s, cd_err *err)
{
    if (asked->options->start || asked->options->side) return find_vertices(asked, s, err);
    return cd_fail(err, CD_EUSAGE,
                   "nearest needs to know to whom: ids between commas with --start, or a kind with --side");
}

static cd_push_options push_options(const cd_asked *asked)
{
    const candour_kernel_options *o = asked->options;
    return (cd_push_options){.damping = o->damping > 0 ? o->damping : 0.85,
                             .tolerance = o->tolerance > 0 ? o->tolerance : 1e-6};
}

#define NEAREST "kind id near_kind near_id near:real error:real"
static cd_status list_nearest(const cd_asked *asked, const nearest *s, uint32_t k, cd_err *err)
{
    cd_status st = CD_OK, ended;
    cd_answer answer = {0};
    uint64_t listed = 0, most = asked->options->top ? asked->options->top : UINT64_MAX;
    double owed = 0;
    CD_TRY(cd_answer_begin(asked, NEAREST, &answer, err));
    for (cd_id i = 0; i < s->about.n; i++) {
        owed = fmax(owed, s->owed[i]);
        for (uint32_t j = 0; j < s->n_out[i] && listed < most; j++, listed++) {
            const cd_near *near = &s->out[(size_t)i * k + j];
            cd_answer_vertex(&answer, 0, s->about.at[i]);
            cd_answer_vertex(&answer, 2, near->vertex);
            cd_answer_real(&answer, 4, near->near);
            cd_answer_real(&answer, 5, near->error);
            cd_answer_row(&answer);
        }
    }
    CD_TRY(cd_answer_fact(asked, "error_at_most", cd_round_digits(owed), err));
done:
    ended = cd_answer_end(&answer, err);
    return st == CD_OK ? ended : st;
}

static cd_status run_nearest(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK;
    nearest s = {0};
    cd_push_each_options o = {.push = push_options(asked), .k = how_many(asked)};
    size_t rows = 0;
    CD_TRY(find_sources(asked, &s.about, err));
    CD_TRY(cd_vertex_places(asked->graph, &o.place, err));
    o.from = s.about.from, o.to = s.about.to;
    rows = (size_t)s.about.n * o.k;
    s.out = cd_pages_new(rows, sizeof *s.out, err);
    s.n_out = cd_pages_new(s.about.n, sizeof *s.n_out, err);
    s.owed = cd_pages_new(s.about.n, sizeof *s.owed, err);
    if (!s.out || !s.n_out || !s.owed) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_push_each(&asked->graph->graph.csr, s.about.at, s.about.n, &o, &asked->graph->run, s.out, s.n_out, s.owed,
                        err));
    CD_TRY(list_nearest(asked, &s, o.k, err));
done:
    cd_pages_free(s.out, rows, sizeof *s.out);
    cd_pages_free(s.n_out, s.about.n, sizeof *s.n_out);
    cd_pages_free(s.owed, s.about.n, sizeof *s.owed);
    cd_free(s.about.at);
    return st;
}

/* A source settles 1 / ((1 - damping) tolerance) edges at most (Andersen, Chung and Lang 2006), and in practice as many
 * as there are, a few times over. */
static cd_status guess_nearest(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    cd_status st = CD_OK;
    nearest s = {0};
    cd_push_options push = push_options(asked);
    uint32_t threads = asked->graph->run.threads;
    cd_id n = asked->graph->graph.csr.n_left;
    CD_TRY(find_sources(asked, &s.about, err));
    double most = 1 / ((1 - push.damping) * push.tolerance), all = (double)cd_csr_edges(&asked->graph->graph.csr);
    out->bytes = cd_push_each_bytes(n, threads) + 4 * (size_t)n +
                 (sizeof(cd_near) * (size_t)how_many(asked) + 16) * s.about.n;
    out->seconds = 1.5e-9 * fmin(most, 2 * all) * s.about.n / threads;
done:
    cd_free(s.about.at);
    return st;
}

/* ---- Closeness ---- */

/* Steps to whom it reaches: the mean, turned round. */
static double closeness(const cd_closeness *c) { return c->far ? (double)c->reached / (double)c->far : 0; }

#define CLOSENESS "kind id closeness:real harmonic:real reached:int furthest:int"
static cd_status list_closeness(const cd_asked *asked, const asked_about *s, const cd_closeness *of, bool harmonic,
                                cd_err *err)
{
    cd_status st = CD_OK, ended;
    cd_answer answer = {0};
    cd_id all = asked->graph->graph.csr.n_left, *list = NULL, *row = NULL, n;
    double *value = NULL, others = all > 1 ? all - 1.0 : 1;
    row = cd_pages_new(all, sizeof *row, err);
    value = cd_pages_new(all, sizeof *value, err);
    if (!row || !value) CD_TRY(CD_EMEMORY);
    for (cd_id v = 0; v < all; v++) value[v] = -1;
    for (cd_id i = 0; i < s->n; i++) {
        value[s->at[i]] = cd_round_digits(harmonic ? of[i].harmonic / others : closeness(&of[i]));
        row[s->at[i]] = i;
    }
    CD_TRY(cd_vertices_by(asked->graph, value, asked->options->top, &list, &n, err));
    CD_TRY(cd_answer_begin(asked, CLOSENESS, &answer, err));
    for (cd_id i = 0; i < n; i++) {
        const cd_closeness *c = &of[row[list[i]]];
        cd_answer_vertex(&answer, 0, list[i]);
        cd_answer_real(&answer, 2, cd_round_digits(closeness(c)));
        cd_answer_real(&answer, 3, cd_round_digits(c->harmonic / others));
        cd_answer_int(&answer, 4, c->reached);
        cd_answer_int(&answer, 5, c->most);
        cd_answer_row(&answer);
    }
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, all, sizeof *list);
    cd_pages_free(row, all, sizeof *row);
    cd_pages_free(value, all, sizeof *value);
    return st == CD_OK ? ended : st;
}

static cd_status measure(const cd_asked *asked, bool harmonic, cd_err *err)
{
    cd_status st = CD_OK;
    asked_about s = {0};
    cd_closeness *of = NULL;
    CD_TRY(find_vertices(asked, &s, err));
    of = cd_pages_new(s.n, sizeof *of, err);
    if (!of) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_closeness_of(&asked->graph->graph.csr, s.at, s.n, &asked->graph->run, of, err));
    CD_TRY(list_closeness(asked, &s, of, harmonic, err));
done:
    cd_pages_free(of, s.n, sizeof *of);
    cd_free(s.at);
    return st;
}

static cd_status run_closeness(const cd_asked *asked, cd_err *err) { return measure(asked, false, err); }
static cd_status run_harmonic(const cd_asked *asked, cd_err *err) { return measure(asked, true, err); }

/* Some ten levels, each a look along all edges, for 256 at once. */
static cd_status guess_closeness(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_csr *g = &asked->graph->graph.csr;
    asked_about s = {0};
    CD_TRY(find_vertices(asked, &s, err));
    out->bytes = cd_closeness_bytes(g->n_left) + 20 * (size_t)g->n_left + (sizeof(cd_closeness) + 4) * (size_t)s.n;
    out->seconds = ceil(s.n / 256.0) * 10 * (5e-9 * (double)cd_csr_edges(g) + 50e-9 * g->n_left) /
                   asked->graph->run.threads;
done:
    cd_free(s.at);
    return st;
}

/* ---- Betweenness ---- */

/* The most first: how many pairs have a vertex in between, and what share of all pairs those are. */
static cd_status list_between(const cd_asked *asked, double *pairs, cd_err *err)
{
    cd_status st = CD_OK, ended;
    cd_answer answer = {0};
    cd_id all = asked->graph->graph.csr.n_left, *list = NULL, n;
    double all_pairs = all > 1 ? all * (all - 1.0) / 2 : 1;
    #pragma omp parallel for num_threads(asked->graph->run.threads) schedule(static)
    for (cd_id v = 0; v < all; v++) pairs[v] = cd_round_digits(pairs[v]);
    CD_TRY(cd_vertices_by(asked->graph, pairs, asked->options->top, &list, &n, err));
    CD_TRY(cd_answer_begin(asked, "kind id betweenness:real share:real", &answer, err));
    for (cd_id i = 0; i < n; i++) {
        cd_answer_vertex(&answer, 0, list[i]);
        cd_answer_real(&answer, 2, pairs[list[i]]);
        cd_answer_real(&answer, 3, cd_round_digits(pairs[list[i]] / all_pairs));
        cd_answer_row(&answer);
    }
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, all, sizeof *list);
    return st == CD_OK ? ended : st;
}

static cd_status run_betweenness(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_csr *g = &asked->graph->graph.csr;
    double *pairs = cd_pages_new(g->n_left, sizeof *pairs, err);
    if (!pairs) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_betweenness(g, &asked->graph->run, pairs, err));
    CD_TRY(list_between(asked, pairs, err));
done:
    cd_pages_free(pairs, g->n_left, sizeof *pairs);
    return st;
}

static cd_status guess_betweenness(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    const cd_csr *g = &asked->graph->graph.csr;
    uint32_t threads = asked->graph->run.threads;
    (void)err;
    out->bytes = cd_betweenness_bytes(g->n_left, threads) + 16 * (size_t)g->n_left;
    out->seconds = (10e-9 * (double)cd_csr_edges(g) + 30e-9 * g->n_left) * g->n_left / threads;
    return CD_OK;
}

static cd_between_options between_options(const cd_asked *asked)
{
    return (cd_between_options){.error = asked->options->tolerance > 0 ? asked->options->tolerance : 0.01,
                                .chance = asked->options->level > 0 ? asked->options->level : 0.05};
}

static cd_status run_sampled(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_csr *g = &asked->graph->graph.csr;
    cd_id n = g->n_left;
    cd_between_options o = between_options(asked);
    cd_between_report report;
    uint64_t *hits = NULL;
    double *pairs = NULL;
    hits = cd_pages_new(n, sizeof *hits, err);
    pairs = cd_pages_new(n, sizeof *pairs, err);
    if (!hits || !pairs) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_vertex_places(asked->graph, &o.place, err));
    CD_TRY(cd_between_sampled(g, &o, &asked->graph->run, hits, &report, err));
    for (cd_id v = 0; v < n && report.samples > 0; v++)
        pairs[v] = (double)hits[v] / (double)report.samples * (n * (n - 1.0) / 2);
    CD_TRY(list_between(asked, pairs, err));
    CD_TRY(cd_answer_fact(asked, "samples", (double)report.samples, err));
    CD_TRY(cd_answer_fact(asked, "share_error_at_most", cd_round_digits(report.error), err));
    CD_TRY(cd_answer_fact(asked, "but_for_a_chance_of", o.chance, err));
    CD_TRY(cd_answer_fact(asked, "vertices_on_a_shortest_path_at_most", report.longest, err));
done:
    cd_pages_free(hits, n, sizeof *hits);
    cd_pages_free(pairs, n, sizeof *pairs);
    return st;
}

/* As if shortest paths had a thousand vertices; two ends meet after the root of the edges, roughly. */
static cd_status guess_sampled(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    const cd_csr *g = &asked->graph->graph.csr;
    cd_between_options o = between_options(asked);
    uint32_t threads = asked->graph->run.threads;
    double samples = 0.5 * (10 + log(1 / o.chance)) / (o.error * o.error);
    (void)err;
    out->bytes = cd_between_sampled_bytes(g->n_left, threads) + 28 * (size_t)g->n_left;
    out->seconds = 20e-9 * (double)cd_csr_edges(g) + samples * 200e-9 * sqrt((double)cd_csr_edges(g)) / threads;
    return CD_OK;
}

const cd_kernel cd_kernels_central[] = {
    {{"nearest", "personalised pagerank from many: who is nearest to each, and how far off that may be",
      "start side damping tolerance partners top", NEAREST, false}, run_nearest, guess_nearest},
    {{"closeness", "how few steps each vertex is from whom it reaches, by the mean of them turned round",
      "start side top", CLOSENESS, false}, run_closeness, guess_closeness},
    {{"harmonic", "how few steps each vertex is from all others, by the mean of 1 / steps", "start side top", CLOSENESS,
      false}, run_harmonic, guess_closeness},
    {{"betweenness", "how many pairs have each vertex on their shortest paths; exact, for graphs of thousands", "top",
      "kind id betweenness:real share:real", false}, run_betweenness, guess_betweenness},
    {{"betweenness-sampled",
      "the same from paths drawn at random; --tolerance: how far off a share of all pairs may be, --level: how likely "
      "any is further", "tolerance level top", "kind id betweenness:real share:real", false},
     run_sampled, guess_sampled},
};
const uint32_t cd_n_kernels_central = sizeof cd_kernels_central / sizeof *cd_kernels_central;
