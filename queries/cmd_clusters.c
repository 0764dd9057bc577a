/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_clusters.c: `candour clusters`: groups that opened the same files without a reason: who, which files, when; as a
 * table, a page, a picture, or a graph for other tools. */
#include <inttypes.h>
#include <stdio.h>

#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/sweep_out.h"

enum { WIDTH = 900, HEIGHT = 640, EDGE = 70 };

/* ---- A picture ---- */

static double place_x(double x) { return EDGE + x * (WIDTH - 2 * EDGE); }
static double place_y(double y) { return EDGE + y * (HEIGHT - 2 * EDGE); }

static void draw(const candour_cluster *c, cd_buffer *out)
{
    char from[PRINT_TEXT], to[PRINT_TEXT];
    cd_buffer_printf(out,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                     "font-family=\"Helvetica,Arial,sans-serif\" font-size=\"12\">\n"
                     "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
                     "<text x=\"16\" y=\"24\" font-size=\"14\">cluster %" PRIu32 ": %" PRIu32 " officers, %" PRIu32
                     " files, %s to %s</text>\n",
                     WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT, c->number, c->n_members, c->n_nodes - c->n_members,
                     print_day(c->first, from), print_day(c->last, to));
    for (uint32_t e = 0; e < c->n_edges; e++) {
        const candour_cluster_node *a = &c->nodes[c->edges[e].member], *b = &c->nodes[c->edges[e].file];
        cd_buffer_printf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#8a8a8a\"/>\n",
                         place_x(a->x), place_y(a->y), place_x(b->x), place_y(b->y));
    }
    for (uint32_t v = 0; v < c->n_nodes; v++) {
        const candour_cluster_node *n = &c->nodes[v];
        bool member = v < c->n_members;
        if (member)
            cd_buffer_printf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"9\" fill=\"#b3261e\"/>", place_x(n->x),
                             place_y(n->y));
        else
            cd_buffer_printf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"9\" height=\"11\" fill=\"#2f5d8a\"/>",
                             place_x(n->x) - 4.5, place_y(n->y) - 5.5);
        cd_buffer_printf(out,
                         "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" stroke=\"#fff\" stroke-width=\"3\" "
                         "paint-order=\"stroke\"%s>",
                         place_x(n->x), place_y(n->y) + (member ? 23 : 18),
                         member ? " font-weight=\"bold\"" : " font-size=\"9\" fill=\"#333\"");
        report_escape(out, n->id);
        cd_buffer_printf(out, "</text>\n");
    }
    cd_buffer_printf(out, "</svg>\n");
}

/* ---- GraphML ---- */

static void graphml_time(cd_buffer *out, const char *key, int64_t at)
{
    char text[PRINT_TEXT];
    cd_buffer_printf(out, "<data key=\"%s\">%s</data>", key, print_time(at, text));
}

static void graphml(candour_cluster *const *list, uint32_t n, cd_buffer *out)
{
    cd_buffer_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
                          "<key id=\"id\" for=\"node\" attr.name=\"id\" attr.type=\"string\"/>\n"
                          "<key id=\"kind\" for=\"node\" attr.name=\"kind\" attr.type=\"string\"/>\n"
                          "<key id=\"cluster\" for=\"node\" attr.name=\"cluster\" attr.type=\"int\"/>\n"
                          "<key id=\"openings\" for=\"edge\" attr.name=\"openings\" attr.type=\"int\"/>\n"
                          "<key id=\"first\" for=\"edge\" attr.name=\"first\" attr.type=\"string\"/>\n"
                          "<key id=\"last\" for=\"edge\" attr.name=\"last\" attr.type=\"string\"/>\n"
                          "<graph edgedefault=\"undirected\">\n");
    for (uint32_t i = 0; i < n; i++) {
        const candour_cluster *c = list[i];
        uint32_t k = c->number;
        for (uint32_t v = 0; v < c->n_nodes; v++) {
            cd_buffer_printf(out, "<node id=\"c%" PRIu32 "n%" PRIu32 "\"><data key=\"id\">", k, v);
            report_escape(out, c->nodes[v].id);
            cd_buffer_printf(out,
                             "</data><data key=\"kind\">%s</data><data key=\"cluster\">%" PRIu32 "</data></node>\n",
                             v < c->n_members ? "officer" : "case", k);
        }
        for (uint32_t e = 0; e < c->n_edges; e++) {
            const candour_cluster_edge *x = &c->edges[e];
            cd_buffer_printf(out,
                             "<edge source=\"c%" PRIu32 "n%" PRIu32 "\" target=\"c%" PRIu32 "n%" PRIu32
                             "\"><data key=\"openings\">%" PRIu32 "</data>",
                             k, x->member, k, x->file, x->openings);
            graphml_time(out, "first", x->first);
            graphml_time(out, "last", x->last);
            cd_buffer_printf(out, "</edge>\n");
        }
    }
    cd_buffer_printf(out, "</graph>\n</graphml>\n");
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

static cd_status say_cluster(cli_run *run, const candour_sweep *sweep, const candour_cluster *c, report *r, cd_err *err)
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
        draw(c, &picture);
        report_picture(r, (cd_slice){picture.bytes, (uint32_t)picture.n});
        cd_buffer_release(&picture);
    }
    CD_TRY(say_members(sweep, c, r, &run->arena, err));
    CD_TRY(say_files(c, r, &run->arena, err));
done:
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
    bool picture = cli_given(run, "svg");
    CD_TRY(cli_whole(run, "sweep", 1, UINT64_MAX, &number, err));
    CD_TRY(cli_whole(run, "cluster", 1, UINT32_MAX, &one, err));
    if (picture && one == 0) CD_TRY(cd_fail(err, CD_EUSAGE, "a picture shows one cluster; say which with --cluster"));
    CD_TRY(candour_sweep_open(run->arguments[0], number, &sweep, err));
    uint32_t from = one ? (uint32_t)one : 1, to = one ? (uint32_t)one : candour_sweep_clusters(sweep);
    CD_NEW(list, to - from + 1);
    for (uint32_t k = from; k <= to; k++, n++)
        CD_TRY(candour_cluster_new(sweep, k, picture || cli_given(run, "html"), &list[n], err));
    if (picture)
        draw(list[0], &run->out);
    else if (cli_given(run, "graphml"))
        graphml(list, n, &run->out);
    else
        CD_TRY(say_list(run, sweep, list, n, err));
done:
    for (uint32_t i = 0; list && i < n; i++) candour_cluster_free(list[i]);
    cd_free(list);
    candour_sweep_close(sweep);
    return st;
}
