/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_paths.c: paths between two vertices, as candour.h offers them. A path is a run of rows, a vertex each. */
#include "engine/graph/earliest.h"
#include "engine/graph/finder.h"
#include "engine/graph/kernels.h"

enum { FEW_PATHS = 10 };

static bool comes_before(void *context, cd_id a, cd_id b) { return cd_vertex_compare(context, a, b) < 0; }

typedef struct {
    const cd_asked *asked;
    cd_answer answer;
    uint32_t paths;
} path_list;

static cd_status put_path(void *context, const cd_path *path, cd_err *err)
{
    path_list *l = context;
    (void)err; /* what fails sticks in the answer */
    l->paths++;
    for (uint32_t i = 0; i < path->n; i++) {
        cd_answer_int(&l->answer, 0, l->paths);
        cd_answer_int(&l->answer, 1, i);
        cd_answer_vertex(&l->answer, 2, path->vertices[i]);
        cd_answer_int(&l->answer, 4, cd_csr_degree(&l->asked->graph->graph.csr, path->vertices[i]));
        cd_answer_row(&l->answer);
    }
    return CD_OK;
}

typedef cd_status path_question(cd_finder *f, cd_id start, cd_id end, path_list *list, cd_err *err);

static cd_status ask(const cd_asked *asked, path_question *question, cd_err *err)
{
    cd_status st = CD_OK, ended;
    cd_finder *f = NULL;
    cd_id start, end;
    path_list list = {.asked = asked};
    CD_TRY(cd_vertex_find(asked->graph, asked->options->start, "start", &start, err));
    CD_TRY(cd_vertex_find(asked->graph, asked->options->end, "end", &end, err));
    CD_TRY(cd_finder_new(&asked->graph->graph.csr, comes_before, asked->graph, &asked->graph->run, &f, err));
    CD_TRY(cd_answer_begin(asked, "path:int step:int kind id degree:int", &list.answer, err));
    CD_TRY(question(f, start, end, &list, err));
    CD_TRY(cd_answer_fact(asked, "paths", list.paths, err));
done:
    ended = cd_answer_end(&list.answer, err);
    cd_finder_free(f);
    return st == CD_OK ? ended : st;
}

static uint32_t most_paths(const path_list *list)
{
    return list->asked->options->paths ? list->asked->options->paths : FEW_PATHS;
}

static cd_status ask_shortest(cd_finder *f, cd_id start, cd_id end, path_list *list, cd_err *err)
{
    cd_status st = CD_OK;
    cd_path path;
    CD_TRY(cd_finder_shortest(f, start, end, &path, err));
    if (path.n) CD_TRY(put_path(list, &path, err));
done:
    return st;
}

static cd_status ask_all(cd_finder *f, cd_id start, cd_id end, path_list *list, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t paths;
    CD_TRY(cd_finder_all_shortest(f, start, end, most_paths(list), &paths, put_path, list, err));
    CD_TRY(cd_answer_fact(list->asked, "shortest_paths_in_all", (double)paths, err));
done:
    return st;
}

static cd_status ask_k(cd_finder *f, cd_id start, cd_id end, path_list *list, cd_err *err)
{
    return cd_finder_k_shortest(f, start, end, most_paths(list), put_path, list, err);
}

static cd_status ask_rarest(cd_finder *f, cd_id start, cd_id end, path_list *list, cd_err *err)
{
    cd_status st = CD_OK;
    cd_path path;
    CD_TRY(cd_finder_rarest(f, start, end, &path, err));
    if (path.n == 0) return CD_OK;
    CD_TRY(put_path(list, &path, err));
    CD_TRY(cd_answer_fact(list->asked, "cost_centibans", (double)path.cost, err));
done:
    return st;
}

/* From the beginning of what the graph looks at; the listing gives each step its row's time. */
static cd_status run_earliest(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    candour_graph *g = asked->graph;
    cd_id start, end;
    cd_timed_step *steps = NULL;
    uint32_t n;
    cd_answer answer = {0};
    CD_TRY(cd_vertex_find(g, asked->options->start, "start", &start, err));
    CD_TRY(cd_vertex_find(g, asked->options->end, "end", &end, err));
    CD_TRY(cd_earliest_path(g->views, g->n_views, &g->graph, start, end, CANDOUR_UNKNOWN, comes_before, g, &g->run,
                            &steps, &n, err));
    CD_TRY(cd_answer_begin(asked, "step:int at:time kind id", &answer, err));
    for (uint32_t i = 0; i < n; i++) {
        cd_answer_int(&answer, 0, i);
        cd_answer_int(&answer, 1, steps[i].at);
        cd_answer_vertex(&answer, 2, steps[i].vertex);
        cd_answer_row(&answer);
    }
done:
    ended = cd_answer_end(&answer, err);
    cd_free(steps);
    return st == CD_OK ? ended : st;
}

static cd_status run_shortest(const cd_asked *asked, cd_err *err) { return ask(asked, ask_shortest, err); }
static cd_status run_all(const cd_asked *asked, cd_err *err) { return ask(asked, ask_all, err); }
static cd_status run_k(const cd_asked *asked, cd_err *err) { return ask(asked, ask_k, err); }
static cd_status run_rarest(const cd_asked *asked, cd_err *err) { return ask(asked, ask_rarest, err); }

static cd_status guess_one(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    cd_id n = asked->graph->graph.csr.n_left;
    (void)err;
    *out = (candour_kernel_estimate){.bytes = cd_finder_bytes(n), .seconds = 1e-9 * n + 1e-4};
    return CD_OK;
}

/* The rarest path may settle the whole graph, and keeps an entry for every edge it met. */
static cd_status guess_rarest(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    const cd_csr *g = &asked->graph->graph.csr;
    (void)err;
    *out = (candour_kernel_estimate){.bytes = cd_finder_bytes(g->n_left) + 16 * cd_csr_edges(g),
                                     .seconds = 60e-9 * (double)cd_csr_edges(g)};
    return CD_OK;
}

static cd_status guess_k(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    cd_status st = guess_one(asked, out, err);
    out->seconds += 1e-3 * (asked->options->paths ? asked->options->paths : FEW_PATHS);
    return st;
}

static cd_status guess_earliest(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    const cd_csr *g = &asked->graph->graph.csr;
    (void)err;
    *out = (candour_kernel_estimate){.bytes = cd_earliest_bytes(g->n_left) + 16 * cd_csr_edges(g),
                                     .seconds = 40e-9 * (double)cd_csr_edges(g)};
    return CD_OK;
}

#define GIVES "path:int step:int kind id degree:int"
const cd_kernel cd_kernels_paths[] = {
    {{"path", "a shortest path between two vertices", "start end", GIVES, false}, run_shortest, guess_one},
    {{"all-paths", "all shortest paths between two vertices: how many, and the first of them", "start end paths", GIVES,
      false}, run_all, guess_one},
    {{"k-paths", "the k shortest paths between two vertices that meet no vertex twice", "start end paths", GIVES,
      false}, run_k, guess_k},
    {{"rare-path", "the path that says most: passing through whoever ties many costs more", "start end", GIVES, false},
     run_rarest, guess_rarest},
    {{"earliest-path", "the path that arrives first, each step a row no earlier than the step before", "start end",
      "step:int at:time kind id", false}, run_earliest, guess_earliest},
};
const uint32_t cd_n_kernels_paths = sizeof cd_kernels_paths / sizeof *cd_kernels_paths;
