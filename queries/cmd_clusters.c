/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_clusters.c: `candour clusters`: groups that opened the same files without a reason: who, which files, when; as a
 * table, a page, a picture, or a graph for other tools. */
#include <inttypes.h>
#include <stdio.h>

#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/graph_out.h"
#include "queries/sweep_out.h"

/* ---- A graph ---- */

static void graph_begin(graph_out *g, const char *title)
{
    *g = (graph_out){.title = title,
                     .of_nodes = {{"cluster", CANDOUR_INTEGER}, {"decibans", CANDOUR_REAL}},
                     .of_edges = {{"openings", CANDOUR_INTEGER}}};
    (void)graph_out_kind(g, "officer");
    (void)graph_out_kind(g, "case");
}

/* A file may be of several clusters: a node in each. */
static void graph_add(graph_out *g, const candour_cluster *c)
{
    char weight[PRINT_TEXT];
    uint32_t first = g->n_nodes, type = graph_out_type(g, "accesses");
    for (uint32_t v = 0; v < c->n_nodes; v++) {
        bool member = v < c->n_members;
        graph_node *n = graph_out_at(g, graph_out_node(g, !member, c->nodes[v].id, true));
        n->strong = member;
        n->value[0] = graph_out_text(g, "%" PRIu32, c->number);
        if (member) n->value[1] = graph_out_text(g, "%s", sweep_decibans(c->nodes[v].centibans, weight));
    }
    for (uint32_t e = 0; e < c->n_edges; e++) {
        const candour_cluster_edge *x = &c->edges[e];
        graph_edge *edge = graph_out_edge(g, first + x->member, first + x->file, type);
        edge->first = x->first, edge->last = x->last;
        edge->value[0] = graph_out_text(g, "%" PRIu32, x->openings);
    }
}

static cd_status graph_write(candour_cluster *const *list, uint32_t n, graph_form form, cd_buffer *out, cd_err *err)
{
    graph_out g;
    char title[128] = "clusters of unusual access", from[PRINT_TEXT], to[PRINT_TEXT];
    if (n == 1)
        snprintf(title, sizeof title, "cluster %" PRIu32 ": %" PRIu32 " officers, %" PRIu32 " files, %s to %s",
                 list[0]->number, list[0]->n_members, list[0]->n_nodes - list[0]->n_members,
                 print_day(list[0]->first, from), print_day(list[0]->last, to));
    graph_begin(&g, title);
    for (uint32_t i = 0; i < n; i++) graph_add(&g, list[i]);
    cd_status st = graph_out_write(&g, form, out, err);
    graph_out_release(&g);
    return st;
}

/* ---- Tables ---- */

static cd_status say_members(const candour_sweep *sweep, const candour_cluster *c, report *r, cd_arena *arena,
                             cd_err *err)
{
    print_table table = {0};
    char text[PRINT_TEXT];
    print_table_heads(&table, "OFFICER,UNIT,ROLE,>DECIBANS,>OPENINGS,FIRST,LAST");
    for (uint32_t v = 0; v < c->n_members; v++) {
        const candour_cluster_node *n = &c->nodes[v];
        candour_ranked o = candour_sweep_officer(sweep, n->officer);
        print_table_cell(&table, "%s", sweep_plain(n->id, arena));
        print_table_cell(&table, "%s", sweep_plain(o.unit, arena));
        print_table_cell(&table, "%s", sweep_plain(o.role, arena));
        print_table_cell(&table, "%s", sweep_decibans(n->centibans, text));
        print_table_cell(&table, "%" PRIu32, n->openings);
        print_table_cell(&table, "%s", print_day(n->first, text));
        print_table_cell(&table, "%s", print_day(n->last, text));
    }
    return report_table(r, &table, err);
}

static cd_status say_files(const candour_cluster *c, report *r, cd_arena *arena, cd_err *err)
{
    print_table table = {0};
    char text[PRINT_TEXT];
    print_table_heads(&table, "FILE,>OFFICERS,>OPENINGS,FIRST,LAST");
    for (uint32_t v = c->n_members; v < c->n_nodes; v++) {
        const candour_cluster_node *n = &c->nodes[v];
        uint32_t officers = 0;
        for (uint32_t e = 0; e < c->n_edges; e++) officers += c->edges[e].file == v;
        print_table_cell(&table, "%s", sweep_plain(n->id, arena));
        print_table_cell(&table, "%" PRIu32, officers);
        print_table_cell(&table, "%" PRIu32, n->openings);
        print_table_cell(&table, "%s", print_day(n->first, text));
        print_table_cell(&table, "%s", print_day(n->last, text));
    }
    return report_table(r, &table, err);
}

static cd_status say_cluster(cli_run *run, const candour_sweep *sweep, candour_cluster *c, report *r, cd_err *err)
{
    cd_status st = CD_OK;
    char from[PRINT_TEXT], to[PRINT_TEXT], weight[PRINT_TEXT];
    cd_buffer picture = {0};
    report_heading(r,
                   "cluster %" PRIu32 ": %" PRIu32 " officers, %" PRIu32
                   " files, %s to %s; as a group %s decibans, shared by its members",
                   c->number, c->n_members, c->n_nodes - c->n_members, print_day(c->first, from),
                   print_day(c->last, to), sweep_decibans(c->centibans, weight));
    if (r->html) {
        CD_TRY(graph_write((candour_cluster *[]){c}, 1, GRAPH_SVG, &picture, err));
        report_picture(r, (cd_slice){picture.bytes, (uint32_t)picture.n});
    }
    CD_TRY(say_members(sweep, c, r, &run->arena, err));
    CD_TRY(say_files(c, r, &run->arena, err));
done:
    cd_buffer_release(&picture);
    return st;
}

static void say_csv(const candour_cluster *c, double clean, cd_buffer *out)
{
    char text[PRINT_TEXT];
    for (uint32_t e = 0; e < c->n_edges; e++) {
        const candour_cluster_edge *x = &c->edges[e];
        cd_buffer_printf(out, "%" PRIu32 ",", c->number);
        print_csv_text(out, c->nodes[x->member].id);
        cd_buffer_printf(out, ",");
        print_csv_text(out, c->nodes[x->file].id);
        cd_buffer_printf(out, ",%" PRIu32 ",%s", x->openings, print_time(x->first, text));
        cd_buffer_printf(out, ",%s,%.3f\n", print_time(x->last, text), clean);
    }
}

static json_t *cluster_json(const candour_cluster *c)
{
    json_t *members = json_array(), *files = json_array(), *edges = json_array();
    for (uint32_t v = 0; v < c->n_nodes; v++) {
        const candour_cluster_node *n = &c->nodes[v];
        if (v < c->n_members)
            json_array_append_new(members, json_pack("{s:o, s:o}", "officer", sweep_json_text(n->id), "decibans",
                                                     sweep_json_decibans(n->centibans)));
        else
            json_array_append_new(files, sweep_json_text(n->id));
    }
    for (uint32_t e = 0; e < c->n_edges; e++)
        json_array_append_new(
            edges,
            json_pack("{s:o, s:o, s:I, s:o, s:o}", "officer", sweep_json_text(c->nodes[c->edges[e].member].id), "file",
                      sweep_json_text(c->nodes[c->edges[e].file].id), "openings", (json_int_t)c->edges[e].openings,
                      "first", print_json_time(c->edges[e].first), "last", print_json_time(c->edges[e].last)));
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "cluster", (json_int_t)c->number, "decibans",
                     sweep_json_decibans(c->centibans), "first", print_json_time(c->first), "last",
                     print_json_time(c->last), "members", members, "files", files, "openings", edges);
}

/* ---- All of them, or one ---- */

/* The officers of all listed clusters, each once, and how many of them are expected to be clean. */
static cd_status members_count(const candour_sweep *sweep, candour_cluster *const *list, uint32_t n, uint32_t *members,
                               double *clean, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t all = candour_sweep_facts(sweep).n_officers, *officers = NULL;
    bool *listed = NULL;
    *members = 0;
    CD_NEW(officers, all);
    CD_NEW(listed, all);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t v = 0; v < list[i]->n_members; v++) {
            uint32_t o = list[i]->nodes[v].officer;
            if (!listed[o]) officers[(*members)++] = o;
            listed[o] = true;
        }
    CD_TRY(candour_sweep_clean(sweep, CANDOUR_CONDUCT, officers, *members, all, clean, err));
done:
    cd_free(officers);
    cd_free(listed);
    return st;
}

static cd_status say_list(cli_run *run, const candour_sweep *sweep, candour_cluster *const *list, uint32_t n,
                          cd_err *err)
{
    cd_status st = CD_OK;
    report r;
    uint32_t members;
    double clean;
    CD_TRY(members_count(sweep, list, n, &members, &clean, err));
    if (cli_given(run, "json")) {
        json_t *all = json_array();
        for (uint32_t i = 0; i < n; i++) json_array_append_new(all, cluster_json(list[i]));
        return print_json(json_pack("{s:I, s:I, s:f, s:o}", "sweep", (json_int_t)candour_sweep_facts(sweep).number,
                                    "officers", (json_int_t)members, SWEEP_CLEAN_COLUMN, clean, "clusters", all),
                          &run->out, err);
    }
    if (cli_given(run, "csv")) {
        cd_buffer_printf(&run->out, "cluster,officer,file,openings,first,last," SWEEP_CLEAN_COLUMN "\n");
        for (uint32_t i = 0; i < n; i++) say_csv(list[i], clean, &run->out);
        return CD_OK;
    }
    report_begin(&r, &run->out, cli_given(run, "html"), "Clusters of unusual access");
    if (n == 0)
        report_say(&r, "no clusters: nobody shares more unexplained files than chance has");
    else
        sweep_say_clean(clean, members, &r);
    for (uint32_t i = 0; i < n; i++) CD_TRY(say_cluster(run, sweep, list[i], &r, err));
    CD_TRY(report_end(&r, err));
done:
    return st;
}

cd_status cmd_clusters(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *sweep = NULL;
    candour_cluster **list = NULL;
    uint64_t number = 0, one = 0;
    uint32_t n = 0;
    graph_form form = graph_form_of(run);
    CD_TRY(cli_whole(run, "sweep", 1, UINT64_MAX, &number, err));
    CD_TRY(cli_whole(run, "cluster", 1, UINT32_MAX, &one, err));
    if (form == GRAPH_SVG && one == 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "a picture shows one cluster; say which with --cluster"));
    CD_TRY(candour_sweep_open(run->arguments[0], number, &sweep, err));
    uint32_t from = one ? (uint32_t)one : 1, to = one ? (uint32_t)one : candour_sweep_clusters(sweep);
    CD_NEW(list, to - from + 1);
    for (uint32_t k = from; k <= to; k++, n++) CD_TRY(candour_cluster_new(sweep, k, &list[n], err));
    if (form != GRAPH_NO_FORM)
        CD_TRY(graph_write(list, n, form, &run->out, err));
    else
        CD_TRY(say_list(run, sweep, list, n, err));
done:
    for (uint32_t i = 0; list && i < n; i++) candour_cluster_free(list[i]);
    cd_free(list);
    candour_sweep_close(sweep);
    return st;
}
