/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_spreading.c: what spreads over the whole graph, as candour.h offers it: degree, reach, components, cores,
 * rank. */
#include "engine/graph/bfs.h"
#include "engine/graph/components.h"
#include "engine/graph/cores.h"
#include "engine/graph/kernels.h"
#include "engine/graph/pagerank.h"
#include "engine/graph/push.h"

/* Listing takes a value and a place a vertex. */
enum { LISTING = 8 + 4 + 4 };

static const cd_csr *csr_of(const cd_asked *asked) { return &asked->graph->graph.csr; }

/* Vertices with one number each, the largest first. `whole`: the numbers are counts. */
static cd_status list_values(const cd_asked *asked, const char *gives, bool whole, double *value, cd_err *err)
{
    cd_status st = CD_OK, ended;
    cd_answer answer = {0};
    cd_id *list = NULL, n, all = csr_of(asked)->n_left;
    CD_TRY(cd_vertices_by(asked->graph, value, asked->options->top, &list, &n, err));
    CD_TRY(cd_answer_begin(asked, gives, &answer, err));
    for (cd_id i = 0; i < n; i++) {
        cd_answer_vertex(&answer, 0, list[i]);
        if (whole) cd_answer_int(&answer, 2, (int64_t)value[list[i]]);
        else cd_answer_real(&answer, 2, value[list[i]]);
        cd_answer_row(&answer);
    }
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, all, sizeof *list);
    return st == CD_OK ? ended : st;
}

static cd_status new_values(const cd_asked *asked, double **value, cd_err *err)
{
    *value = cd_pages_new(csr_of(asked)->n_left, sizeof **value, err);
    return *value ? CD_OK : CD_EMEMORY;
}

static void drop_values(const cd_asked *asked, double *value)
{
    cd_pages_free(value, csr_of(asked)->n_left, sizeof *value);
}

static void guess(const cd_asked *asked, size_t bytes_a_vertex, double ns_an_edge, double ns_a_vertex,
                  candour_kernel_estimate *out)
{
    double n = csr_of(asked)->n_left, m = (double)cd_csr_edges(csr_of(asked));
    out->bytes = (LISTING + bytes_a_vertex) * (size_t)csr_of(asked)->n_left;
    out->seconds = (m * ns_an_edge + n * ns_a_vertex) * 1e-9 / asked->graph->run.threads;
}

static cd_status run_degree(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK;
    double *value = NULL;
    CD_TRY(new_values(asked, &value, err));
    for (cd_id v = 0; v < csr_of(asked)->n_left; v++) value[v] = cd_csr_degree(csr_of(asked), v);
    CD_TRY(list_values(asked, "kind id degree:int", true, value, err));
done:
    drop_values(asked, value);
    return st;
}

static cd_status guess_degree(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    (void)err;
    guess(asked, 0, 0, 300, out);
    return CD_OK;
}

/* Everyone within so many steps, the nearest first. */
static cd_status run_reach(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    const cd_csr *g = csr_of(asked);
    cd_id start, reached, *list = NULL, n;
    uint32_t *distance = NULL, hops = asked->options->hops ? asked->options->hops : CD_NONE;
    double *value = NULL;
    cd_answer answer = {0};
    CD_TRY(cd_vertex_find(asked->graph, asked->options->start, "start", &start, err));
    distance = cd_pages_new(g->n_left, sizeof *distance, err);
    if (!distance) CD_TRY(CD_EMEMORY);
    CD_TRY(new_values(asked, &value, err));
    CD_TRY(cd_bfs_within(g, start, hops, &asked->graph->run, distance, &reached, err));
    /* The listing takes the largest first: what is nearer is larger. */
    for (cd_id v = 0; v < g->n_left; v++) value[v] = distance[v] != CD_NONE ? (double)(CD_NONE - distance[v]) : -1;
    CD_TRY(cd_vertices_by(asked->graph, value, asked->options->top, &list, &n, err));
    CD_TRY(cd_answer_begin(asked, "kind id steps:int", &answer, err));
    for (cd_id i = 0; i < n; i++) {
        cd_answer_vertex(&answer, 0, list[i]);
        cd_answer_int(&answer, 2, distance[list[i]]);
        cd_answer_row(&answer);
    }
    CD_TRY(cd_answer_fact(asked, "reached", reached, err));
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, g->n_left, sizeof *list);
    cd_pages_free(distance, g->n_left, sizeof *distance);
    drop_values(asked, value);
    return st == CD_OK ? ended : st;
}

static cd_status guess_reach(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    (void)err;
    guess(asked, 4 + cd_bfs_bytes(64) / 64, 0.5, 20, out);
    return CD_OK;
}

/* One line a component: how many it has, and its first vertex; the largest first. */
static cd_status run_components(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK, ended;
    const cd_csr *g = csr_of(asked);
    const uint32_t *place;
    cd_id *component = NULL, *first = NULL, *list = NULL, n, components = 0;
    double *size = NULL;
    cd_answer answer = {0};
    CD_TRY(cd_run_fits(&asked->graph->run, "components", (LISTING + 8) * (size_t)g->n_left, err));
    CD_TRY(new_values(asked, &size, err));
    component = cd_pages_new(g->n_left, sizeof *component, err);
    first = cd_pages_new(g->n_left, sizeof *first, err);
    if (!component || !first) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_vertex_places(asked->graph, &place, err));
    cd_components(g, &asked->graph->run, component);
    /* A component is named by the member whose id comes first, and its size stands there. */
    for (cd_id v = 0; v < g->n_left; v++) {
        cd_id root = component[v];
        if (root == v) first[v] = v, components++;
        else if (place[v] < place[first[root]]) first[root] = v;
        size[v] = -1;
    }
    for (cd_id v = 0; v < g->n_left; v++) {
        double *at = &size[first[component[v]]];
        *at = *at < 0 ? 1 : *at + 1;
    }
    CD_TRY(cd_vertices_by(asked->graph, size, asked->options->top, &list, &n, err));
    CD_TRY(cd_answer_begin(asked, "kind first_id size:int", &answer, err));
    for (cd_id i = 0; i < n; i++) {
        cd_answer_vertex(&answer, 0, list[i]);
        cd_answer_int(&answer, 2, (int64_t)size[list[i]]);
        cd_answer_row(&answer);
    }
    CD_TRY(cd_answer_fact(asked, "components", components, err));
done:
    ended = cd_answer_end(&answer, err);
    cd_pages_free(list, g->n_left, sizeof *list);
    cd_pages_free(component, g->n_left, sizeof *component);
    cd_pages_free(first, g->n_left, sizeof *first);
    drop_values(asked, size);
    return st == CD_OK ? ended : st;
}

static cd_status guess_components(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    (void)err;
    guess(asked, 8, 0.2, 320, out);
    return CD_OK;
}

static cd_status run_cores(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_csr *g = csr_of(asked);
    uint32_t *core = NULL, deepest = 0;
    double *value = NULL;
    core = cd_pages_new(g->n_left, sizeof *core, err);
    if (!core) CD_TRY(CD_EMEMORY);
    CD_TRY(new_values(asked, &value, err));
    CD_TRY(cd_cores(g, &asked->graph->run, core, err));
    for (cd_id v = 0; v < g->n_left; v++) {
        value[v] = core[v];
        deepest = core[v] > deepest ? core[v] : deepest;
    }
    CD_TRY(list_values(asked, "kind id core:int", true, value, err));
    CD_TRY(cd_answer_fact(asked, "deepest", deepest, err));
done:
    cd_pages_free(core, g->n_left, sizeof *core);
    drop_values(asked, value);
    return st;
}

static cd_status guess_cores(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    (void)err;
    guess(asked, 4 + cd_cores_bytes(1, asked->graph->run.threads), 5, 350, out);
    return CD_OK;
}

/* Who is left where everyone on the left has alpha neighbours and everyone on the right beta. */
static cd_status run_two_sided(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_graph *g = asked->graph;
    const candour_kernel_options *o = asked->options;
    const cd_pairs *p;
    bool *in = NULL;
    double *value = NULL;
    CD_TRY(cd_one_relation(asked, "twosided-core", &p, err));
    if (p->left_kind == p->right_kind)
        CD_TRY(cd_fail(err, CD_EUSAGE,
                       "twosided-core needs a relation between two kinds; for one kind there is cores"));
    cd_id n = g->graph.csr.n_left;
    CD_NEW(in, n);
    CD_TRY(new_values(asked, &value, err));
    bool *left = in + cd_graph_part_find(&g->graph, p->left_kind)->first;
    bool *right = in + cd_graph_part_find(&g->graph, p->right_kind)->first;
    CD_TRY(cd_two_sided_core(&p->by_left, &p->by_right, o->alpha ? o->alpha : 2, o->beta ? o->beta : 2, &g->run, left,
                             right, err));
    for (cd_id v = 0; v < n; v++) value[v] = in[v] ? 0 : -1;
    for (cd_id v = 0; v < n; v++)
        for (cd_off e = g->graph.csr.off[v]; in[v] && e < g->graph.csr.off[v + 1]; e++)
            value[v] += in[g->graph.csr.adj[e]];
    CD_TRY(list_values(asked, "kind id degree_within:int", true, value, err));
done:
    cd_free(in);
    drop_values(asked, value);
    return st;
}

static cd_status guess_two_sided(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    (void)err;
    guess(asked, 9, 8, 350, out);
    return CD_OK;
}

static double or_else(double value, double otherwise) { return value > 0 ? value : otherwise; }

/* Where one relation ties two kinds, the second kind's first vertex. */
static cd_id split_of(const candour_graph *g)
{
    bool two_sided = g->n_relations == 1 && g->relations[0].left_kind != g->relations[0].right_kind;
    return two_sided ? g->graph.parts[1].first : 0;
}

static cd_pagerank_options rank_options(const cd_asked *asked)
{
    const candour_kernel_options *o = asked->options;
    return (cd_pagerank_options){.damping = or_else(o->damping, 0.85), .tolerance = or_else(o->tolerance, 1e-10),
                                 .rounds = o->rounds ? o->rounds : 1000, .split = split_of(asked->graph)};
}

static cd_status run_pagerank(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK;
    cd_pagerank_options options = rank_options(asked);
    cd_pagerank_report report;
    double *value = NULL;
    CD_TRY(new_values(asked, &value, err));
    CD_TRY(cd_pagerank(csr_of(asked), &options, &asked->graph->run, value, &report, err));
    #pragma omp parallel for num_threads(asked->graph->run.threads) schedule(static)
    for (cd_id v = 0; v < csr_of(asked)->n_left; v++) value[v] = cd_round_digits(value[v]);
    CD_TRY(list_values(asked, "kind id rank:real", false, value, err));
    CD_TRY(cd_answer_fact(asked, "rounds", report.rounds, err));
    CD_TRY(cd_answer_fact(asked, "error_at_most",
                          cd_round_digits(report.change * options.damping / (1 - options.damping)), err));
done:
    drop_values(asked, value);
    return st;
}

static cd_status guess_pagerank(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    cd_pagerank_options options = rank_options(asked);
    uint32_t rounds = options.split ? 20 : 40;
    (void)err;
    guess(asked, 0, 1.2 * (options.rounds < rounds ? options.rounds : rounds), 350, out);
    out->bytes += cd_pagerank_bytes(csr_of(asked), options.split);
    return CD_OK;
}

static cd_status run_near(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_kernel_options *o = asked->options;
    cd_push_options options = {.damping = or_else(o->damping, 0.85), .tolerance = or_else(o->tolerance, 1e-8)};
    double *value = NULL, owed;
    cd_id start;
    CD_TRY(cd_vertex_find(asked->graph, o->start, "start", &start, err));
    CD_TRY(new_values(asked, &value, err));
    CD_TRY(cd_push(csr_of(asked), start, &options, &asked->graph->run, value, &owed, err));
    for (cd_id v = 0; v < csr_of(asked)->n_left; v++) value[v] = value[v] > 0 ? cd_round_digits(value[v]) : -1;
    CD_TRY(list_values(asked, "kind id near:real", false, value, err));
    CD_TRY(cd_answer_fact(asked, "error_at_most", cd_round_digits(owed), err));
done:
    drop_values(asked, value);
    return st;
}

static cd_status guess_near(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    (void)err;
    guess(asked, cd_push_bytes(1), 40, 350, out);
    return CD_OK;
}

const cd_kernel cd_kernels_spreading[] = {
    {{"degree", "how many neighbours each vertex has", "top", "kind id degree:int", false}, run_degree, guess_degree},
    {{"reach", "everyone within so many steps of one, and in how many", "start hops top", "kind id steps:int", false},
     run_reach, guess_reach},
    {{"components", "the parts that hang together, each by its first id and its size", "top", "kind first_id size:int",
      false}, run_components, guess_components},
    {{"cores", "how deep in the thick of the graph each vertex sits", "top", "kind id core:int", false}, run_cores,
     guess_cores},
    {{"twosided-core", "what is left where all on the left have alpha neighbours, all on the right beta",
      "alpha beta top", "kind id degree_within:int", false}, run_two_sided, guess_two_sided},
    {{"pagerank", "how often a wanderer is met at each vertex", "damping tolerance rounds top", "kind id rank:real",
      false}, run_pagerank, guess_pagerank},
    {{"near", "personalised pagerank: how near each vertex is to one", "start damping tolerance top",
      "kind id near:real", false}, run_near, guess_near},
};
const uint32_t cd_n_kernels_spreading = sizeof cd_kernels_spreading / sizeof *cd_kernels_spreading;
