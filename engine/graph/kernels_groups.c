/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_groups.c: what lies closer together than chance would have it, as candour.h offers it: communities and who is in
 * them. */
#include "engine/graph/kernels.h"
#include "engine/graph/leiden.h"

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

const cd_kernel cd_kernels_groups[] = {
    {{"communities", "parts with more edges inside than chance would put there, each by its first id and its size",
      "resolution top", COMMUNITIES, false}, run_communities, guess_communities},
    {{"members", "who is in which community: all of them, or those in one's own", "start resolution top", MEMBERS, false},
     run_members, guess_communities},
};
const uint32_t cd_n_kernels_groups = sizeof cd_kernels_groups / sizeof *cd_kernels_groups;
