/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_ties.c: `candour ties` and `candour tie`: which officers are tied, by what path, and what on record explains it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/graph_out.h"
#include "queries/report.h"
#include "queries/sweep_out.h"

enum { FIRST_ROWS = 20 };

/* Whether a pair is asked for: all hidden ones, those of one officer, or one pair. */
static bool is_wanted(const cli_run *run, const candour_tied *t)
{
    if (run->n_arguments == 1) return !*t->reason;
    for (size_t i = 1; i < run->n_arguments; i++) {
        cd_slice officer = cd_slice_of(run->arguments[i]);
        if (!cd_slice_equal(t->a, officer) && !cd_slice_equal(t->b, officer)) return false;
    }
    return true;
}

static json_t *pair_json(const candour_ties *ties, const candour_tied *t, cd_slice words, uint32_t n_rows)
{
    json_t *rows = json_array();
    for (uint32_t k = 0; k < n_rows; k++) {
        candour_row r = candour_ties_row(ties, k);
        json_array_append_new(rows, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "table", sweep_json_text(r.table),
                                              "at", print_json_time(r.at), "of", sweep_json_text(r.of), "other",
                                              sweep_json_text(r.other), "says", sweep_json_text(r.says), "source",
                                              sweep_json_text(r.source), "line", (json_int_t)r.line));
    }
    return json_pack("{s:o, s:o, s:s, s:b, s:I, s:I, s:f, s:o, s:o, s:o}", "a", sweep_json_text(t->a), "b",
                     sweep_json_text(t->b), "explained_by", t->reason, "validated", t->validated, "paths",
                     (json_int_t)t->paths, "officers", (json_int_t)t->officers, "expected", t->expected, "since",
                     print_json_time(t->since), "words", sweep_json_text(words), "rows", rows);
}

static void pair_csv(const candour_tied *t, cd_slice words, cd_buffer *out)
{
    char since[PRINT_TEXT];
    print_csv_text(out, t->a);
    cd_buffer_printf(out, ",");
    print_csv_text(out, t->b);
    cd_buffer_printf(out, ",%s,%s,%" PRIu32 ",%" PRIu32 ",%.3g,%s,", t->reason, t->validated ? "yes" : "no", t->paths,
                     t->officers, t->expected, t->since == CANDOUR_UNKNOWN ? "" : print_day(t->since, since));
    print_csv_text(out, words);
    cd_buffer_printf(out, "\n");
}

static void pair_cells(const candour_tied *t, cd_slice words, print_table *table, cd_arena *arena)
{
    print_table_cell(table, "%s", sweep_plain(t->a, arena));
    print_table_cell(table, "%s", sweep_plain(t->b, arena));
    print_table_cell(table, "%" PRIu32, t->paths);
    print_table_cell(table, "%.2g", t->expected);
    print_table_cell(table, "%s", *t->reason ? t->reason : t->validated ? "nothing; not by chance" : "nothing");
    print_table_cell(table, "%s", sweep_plain(words, arena));
}

static cd_status say_rows(const candour_ties *ties, uint32_t n, report *r, cd_arena *arena, cd_err *err)
{
    print_table table = {0};
    char at[PRINT_TEXT];
    print_table_heads(&table, "SINCE,OF,TO,SAYS,ROW");
    for (uint32_t k = 0; k < n; k++) {
        candour_row row = candour_ties_row(ties, k);
        print_table_cell(&table, "%s", print_day(row.at, at));
        print_table_cell(&table, "%s", sweep_plain(row.of, arena));
        print_table_cell(&table, "%s", sweep_plain(row.other, arena));
        print_table_cell(&table, "%s", row.says.n ? sweep_plain(row.says, arena) : "-");
        print_table_cell(&table, "%s line %" PRIu32, sweep_plain(row.source, arena), row.line);
    }
    return report_table(r, &table, err);
}

/* ---- A map: officers, and the associations that their best paths go through ---- */

enum { SAYS, EXPECTED, BY_CHANCE }; /* of edges */

/* The edge of that row, new or not: two pairs may share it. The pair that chance would have least is told. */
static void map_step(graph_out *g, uint32_t from, uint32_t to, const candour_tie_step *step, const candour_tied *t)
{
    graph_edge *x = NULL;
    uint32_t type = graph_out_type(g, "tie");
    for (uint32_t e = 0; e < g->n_edges && !x; e++) {
        const graph_edge *k = &g->edges[e];
        bool same = (k->from == from && k->to == to) || (k->from == to && k->to == from);
        if (same && k->first == step->from && cd_slice_equal(k->label, step->says)) x = &g->edges[e];
    }
    if (x) return; /* pairs come in the order of their chance */
    x = graph_out_edge(g, from, to, type);
    x->label = graph_out_copy(g, step->says);
    x->first = step->from;
    x->strong = t->validated;
    x->value[SAYS] = x->label;
    x->value[EXPECTED] = graph_out_text(g, "%.3g", t->expected);
    x->value[BY_CHANCE] = cd_slice_of(t->validated ? "no" : "may be");
}

static void map_pair(graph_out *g, const candour_ties *ties, uint64_t i)
{
    candour_tie_step step[CANDOUR_TIE_STEPS];
    candour_tied t = candour_ties_pair(ties, i);
    uint32_t n = candour_ties_path(ties, i, step), before = 0;
    for (uint32_t k = 0; k < n; k++) {
        bool officer = k == 0 || k + 1 == n;
        uint32_t v = graph_out_node(g, graph_out_kind(g, officer ? "officer" : "association"), step[k].id, false);
        graph_node *node = graph_out_at(g, v);
        node->strong = node->strong || officer;
        if (!officer && !node->label.bytes) {
            node->value[0] = graph_out_copy(g, step[k].kind);
            node->value[1] = graph_out_text(g, "%" PRIu32, step[k].officers);
            node->label = graph_out_text(g, "%.*s%s%.*s", (int)step[k].kind.n, step[k].kind.n ? step[k].kind.bytes : "",
                                         step[k].kind.n ? " " : "", (int)step[k].id.n, step[k].id.bytes);
        }
        if (k) map_step(g, before, v, &step[k], &t);
        before = v;
    }
}

static cd_status map(cli_run *run, const candour_ties *ties, graph_form form, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t top = run->n_arguments > 1 ? UINT32_MAX : FIRST_ROWS, n = 0;
    graph_out g = {.of_nodes = {{"what", CANDOUR_TEXT}, {"reached_by", CANDOUR_INTEGER}},
                   .of_edges = {{"says", CANDOUR_TEXT}, {"expected", CANDOUR_REAL}, {"by_chance", CANDOUR_TEXT}}};
    char title[256];
    CD_TRY(cli_whole(run, "top", 1, UINT32_MAX, &top, err));
    (void)graph_out_kind(&g, "officer");
    for (uint64_t i = 0; i < candour_ties_count(ties) && n < top; i++) {
        candour_tied t = candour_ties_pair(ties, i);
        if (is_wanted(run, &t)) map_pair(&g, ties, i), n++;
    }
    if (run->n_arguments == 1)
        snprintf(title, sizeof title, "the %" PRIu64 " strongest ties that nothing on record explains", n);
    else
        snprintf(title, sizeof title, "ties of %s%s%s", run->arguments[1], run->n_arguments == 3 ? " and " : "",
                 run->n_arguments == 3 ? run->arguments[2] : "");
    g.title = title;
    CD_TRY(graph_out_write(&g, form, &run->out, err));
done:
    graph_out_release(&g);
    return st;
}

static cd_status list(cli_run *run, candour_ties *ties, cd_err *err)
{
    cd_status st = CD_OK;
    bool json = cli_given(run, "json"), csv = cli_given(run, "csv");
    uint64_t top = json || csv || run->n_arguments > 1 ? UINT32_MAX : FIRST_ROWS, listed = 0;
    json_t *all = json ? json_array() : NULL;
    uint32_t n_rows = 0;
    print_table table = {0};
    report page;
    CD_TRY(cli_whole(run, "top", 1, UINT32_MAX, &top, err));
    report_begin(&page, &run->out, false, "");
    if (csv) cd_buffer_printf(&run->out, "a,b,explained_by,validated,paths,officers,expected,since,path\n");
    for (uint64_t i = 0; i < candour_ties_count(ties) && listed < top; i++) {
        candour_tied t = candour_ties_pair(ties, i);
        cd_slice words;
        if (!is_wanted(run, &t)) continue;
        CD_TRY(candour_ties_evidence(ties, i, &words, &n_rows, err));
        if (listed++ == 0 && !json && !csv)
            print_table_heads(&table, "OFFICER,OTHER,>PATHS,>EXPECTED,EXPLAINED BY,PATH");
        if (json)
            json_array_append_new(all, pair_json(ties, &t, words, n_rows));
        else if (csv)
            pair_csv(&t, words, &run->out);
        else
            pair_cells(&t, words, &table, &run->arena);
    }
    if (json) {
        st = print_json(all, &run->out, err);
        all = NULL;
    } else if (!csv && listed) {
        CD_TRY(report_table(&page, &table, err));
        if (run->n_arguments == 3) CD_TRY(say_rows(ties, n_rows, &page, &run->arena, err));
    } else if (!csv) {
        report_say(&page, "no tie: no path of links and ties that held at one time");
    }
done:
    json_decref(all);
    return st;
}

cd_status cmd_ties(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *store = NULL;
    candour_policy *policy = NULL;
    candour_ties *ties = NULL;
    candour_sweep_options options = {.as_of = CANDOUR_UNKNOWN, .since = CANDOUR_UNKNOWN};
    CD_TRY(cli_time(run, "as-of", &options.as_of, err));
    CD_TRY(cli_threads(run, &options.threads, err));
    CD_TRY(candour_policy_open(cli_value(run, "policy"), &policy, err));
    CD_TRY(candour_store_open(run->arguments[0], NULL, &store, err));
    CD_TRY(candour_ties_open(store, policy, &options, &ties, err));
    for (size_t i = 1; i < run->n_arguments; i++)
        if (!candour_ties_has(ties, cd_slice_of(run->arguments[i])))
            CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' has no officer '%s'; `candour rank` lists them", run->arguments[0],
                           run->arguments[i]));
    if (graph_form_of(run) != GRAPH_NO_FORM)
        CD_TRY(map(run, ties, graph_form_of(run), err));
    else
        CD_TRY(list(run, ties, err));
done:
    candour_ties_close(ties);
    cmd_close_store(run, store);
    candour_policy_close(policy);
    return st;
}
