/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_central.c: who is near whom, and who is in the middle, as candour.h offers it. */
#include <math.h>
#include <string.h>

#include "engine/graph/kernels.h"
#include "engine/graph/push.h"

enum { FEW_NEAR = 20 };

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

/* ---- Nearest: personalised pagerank from many ---- */

typedef struct {
    cd_id *sources, n;
    cd_id from, to;
    cd_near *out;
    uint32_t *n_out;
    double *owed;
} nearest;

static uint32_t how_many(const cd_asked *asked)
{
    return asked->options->partners ? asked->options->partners : FEW_NEAR;
}

/* The ids between the commas of --start, in their order. */
static cd_status read_starts(const cd_asked *asked, nearest *s, cd_err *err)
{
    cd_status st = CD_OK;
    char *words = NULL, *rest;
    size_t bytes = strlen(asked->options->start) + 1;
    cd_id most = 1;
    CD_NEW(words, bytes);
    memcpy(words, asked->options->start, bytes);
    for (const char *at = words; *at; at++) most += *at == ',';
    CD_NEW(s->sources, most);
    for (char *word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
        CD_TRY(cd_vertex_find(asked->graph, word, "start", &s->sources[s->n++], err));
done:
    cd_free(words);
    return st;
}

/* Those of --start, or all of --side, in the order of their ids. */
static cd_status find_sources(const cd_asked *asked, nearest *s, cd_err *err)
{
    cd_status st = CD_OK;
    const uint32_t *place;
    CD_TRY(side_of(asked, &s->from, &s->to, err));
    if (asked->options->start) {
        CD_TRY(read_starts(asked, s, err));
        return CD_OK;
    }
    if (!asked->options->side)
        CD_TRY(cd_fail(err, CD_EUSAGE,
                       "nearest needs to know to whom: ids between commas with --start, or a kind with --side"));
    CD_TRY(cd_vertex_places(asked->graph, &place, err));
    s->n = s->to - s->from;
    CD_NEW(s->sources, s->n);
    for (cd_id v = s->from; v < s->to; v++) s->sources[place[v] - s->from] = v; /* places go by kind, as vertices do */
done:
    return st;
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
    for (cd_id i = 0; i < s->n; i++) {
        owed = fmax(owed, s->owed[i]);
        for (uint32_t j = 0; j < s->n_out[i] && listed < most; j++, listed++) {
            const cd_near *near = &s->out[(size_t)i * k + j];
            cd_answer_vertex(&answer, 0, s->sources[i]);
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
    CD_TRY(find_sources(asked, &s, err));
    CD_TRY(cd_vertex_places(asked->graph, &o.place, err));
    o.from = s.from, o.to = s.to;
    rows = (size_t)s.n * o.k;
    s.out = cd_pages_new(rows, sizeof *s.out, err);
    s.n_out = cd_pages_new(s.n, sizeof *s.n_out, err);
    s.owed = cd_pages_new(s.n, sizeof *s.owed, err);
    if (!s.out || !s.n_out || !s.owed) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_push_each(&asked->graph->graph.csr, s.sources, s.n, &o, &asked->graph->run, s.out, s.n_out, s.owed, err));
    CD_TRY(list_nearest(asked, &s, o.k, err));
done:
    cd_pages_free(s.out, rows, sizeof *s.out);
    cd_pages_free(s.n_out, s.n, sizeof *s.n_out);
    cd_pages_free(s.owed, s.n, sizeof *s.owed);
    cd_free(s.sources);
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
    CD_TRY(find_sources(asked, &s, err));
    double most = 1 / ((1 - push.damping) * push.tolerance), all = (double)cd_csr_edges(&asked->graph->graph.csr);
    out->bytes = cd_push_each_bytes(n, threads) + 4 * (size_t)n +
                 (sizeof(cd_near) * (size_t)how_many(asked) + 16) * s.n;
    out->seconds = 1.5e-9 * fmin(most, 2 * all) * s.n / threads;
done:
    cd_free(s.sources);
    return st;
}

const cd_kernel cd_kernels_central[] = {
    {{"nearest", "personalised pagerank from many: who is nearest to each, and how far off that may be",
      "start side damping tolerance partners top", NEAREST, false}, run_nearest, guess_nearest},
};
const uint32_t cd_n_kernels_central = sizeof cd_kernels_central / sizeof *cd_kernels_central;
