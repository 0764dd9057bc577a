/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_fairness.c: `candour fairness`: on whom the lists of a sweep fall, by protected attributes that nothing else in
 * the program ever reads. */
#include "queries/cmd_fairness.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "queries/arguments.h"
#include "queries/cmd_evaluate.h"
#include "queries/commands.h"
#include "queries/report.h"
#include "queries/sweep_out.h"

enum { LISTS_A_TABLE = 6, MOST_SPLITS = FAIR_ATTRIBUTES * (FAIR_ATTRIBUTES + 1) / 2 };

typedef struct {
    cli_run *run;
    const candour_sweep *sweep;
    fair_protected attributes;
    fair_lists lists;
    fair_split *split; /* each attribute alone, then every two */
    uint32_t n;
} audit;

static cd_status truth_take(audit *a, const char *path, cd_err *err)
{
    cd_status st = CD_OK;
    truth t = {0};
    CD_TRY(truth_read(path, a->sweep, &t, err));
    CD_NEW(a->lists.bad, a->lists.n_officers);
    for (size_t i = 0; i < t.n; i++)
        if (!t.innocent[t.lines[i].scheme]) a->lists.bad[t.lines[i].officer] = true;
done:
    truth_release(&t);
    return st;
}

static cd_status splits_make(audit *a, cd_err *err)
{
    cd_status st = CD_OK;
    fair_protected *p = &a->attributes;
    CD_NEW(a->split, MOST_SPLITS);
    for (uint32_t k = 0; k < p->n; k++) {
        a->n++;
        CD_TRY(fair_split_make(&a->lists, NULL, &p->list[k], NULL, NULL, &a->split[k], err));
    }
    for (uint32_t i = 0; i < p->n; i++)
        for (uint32_t k = i + 1; k < p->n; k++) {
            fair_split *s = &a->split[a->n++];
            CD_TRY(fair_split_make(&a->lists, &p->list[i], &p->list[k], &a->split[i], &a->split[k], s, err));
        }
done:
    return st;
}

static const char *split_name(const audit *a, const fair_split *s)
{
    cd_buffer name = {0};
    if (s->row) cd_buffer_printf(&name, "%.*s and ", (int)s->row->name.n, s->row->name.bytes);
    cd_buffer_printf(&name, "%.*s", (int)s->col->name.n, s->col->name.bytes);
    const char *out =
        name.status == CD_OK ? sweep_plain((cd_slice){name.bytes, (uint32_t)name.n}, &a->run->arena) : "?";
    cd_buffer_release(&name);
    return out;
}

static const char *group_name(const audit *a, const fair_split *s, uint32_t g)
{
    cd_buffer name = {0};
    cd_slice col = s->col->value[g % s->col->n_values];
    if (s->row) {
        cd_slice row = s->row->value[g / s->col->n_values];
        cd_buffer_printf(&name, "%.*s, ", (int)row.n, row.bytes);
    }
    cd_buffer_printf(&name, "%.*s", (int)col.n, col.bytes);
    const char *out =
        name.status == CD_OK ? sweep_plain((cd_slice){name.bytes, (uint32_t)name.n}, &a->run->arena) : "?";
    cd_buffer_release(&name);
    return out;
}

static bool is_shown(const fair_split *s, uint32_t g) { return s->group[g].people > 0 && !s->group[g].hidden; }

/* What the truth says of a group on a list. Of fewer than FAIR_LEAST nothing is said: `of` is 0 then. */
typedef struct {
    uint32_t found, bad, wrong, clean, listed;
} truth_rates;

static truth_rates truth_of(const fair_group *g, uint32_t list)
{
    truth_rates r = {
        .found = g->bad_flagged[list], .bad = g->bad, .clean = g->people - g->bad, .listed = g->flagged[list]};
    r.wrong = r.listed - r.found;
    if (r.bad < FAIR_LEAST) r.bad = 0;
    if (r.clean < FAIR_LEAST) r.clean = 0;
    if (r.listed < FAIR_LEAST) r.listed = 0;
    return r;
}

/* ---- For people ---- */

static void rate_cell(print_table *table, uint32_t k, uint32_t n)
{
    fair_rate r = fair_rate_of(k, n);
    if (n == 0)
        print_table_cell(table, "-");
    else
        print_table_cell(table, "%.1f %% (%.1f to %.1f)", 100 * r.rate, 100 * r.lo, 100 * r.hi);
}

/* The rates of LISTS_A_TABLE lists from `first` on. */
static cd_status say_rates(const audit *a, const fair_split *s, uint32_t first, report *r, cd_err *err)
{
    const fair_lists *l = &a->lists;
    uint32_t last = first + LISTS_A_TABLE < l->n ? first + LISTS_A_TABLE : l->n;
    print_table table = {0};
    char heads[512] = "GROUP,>OFFICERS,>MEAN FACTOR";
    for (uint32_t k = first; k < last; k++) {
        size_t end = strlen(heads);
        snprintf(heads + end, sizeof heads - end, ",>%s", l->name[k]);
        for (char *c = heads + end; *c; c++)
            if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    }
    print_table_heads(&table, heads);
    for (uint32_t g = 0; g < s->n; g++) {
        if (!is_shown(s, g)) continue;
        print_table_cell(&table, "%s", group_name(a, s, g));
        print_table_cell(&table, "%" PRIu32, s->group[g].people);
        print_table_cell(&table, "%.3f ± %.3f", s->group[g].factor, s->group[g].error);
        for (uint32_t k = first; k < last; k++) rate_cell(&table, s->group[g].flagged[k], s->group[g].people);
    }
    return report_table(r, &table, err);
}

static cd_status say_truth(const audit *a, const fair_split *s, report *r, cd_err *err)
{
    print_table table = {0};
    if (!r->html) cd_buffer_printf(r->out, "\n");
    print_table_heads(&table, "GROUP,LIST,>OF THE PLANTED,>OF THE CLEAN,>CLEAN AMONG LISTED");
    for (uint32_t g = 0; g < s->n; g++)
        for (uint32_t k = 0; k < a->lists.n && is_shown(s, g); k++) {
            truth_rates t = truth_of(&s->group[g], k);
            print_table_cell(&table, "%s", group_name(a, s, g));
            print_table_cell(&table, "%s", a->lists.name[k]);
            rate_cell(&table, t.found, t.bad);
            rate_cell(&table, t.wrong, t.clean);
            rate_cell(&table, t.wrong, t.listed);
        }
    return report_table(r, &table, err);
}

static cd_status say_gaps(const audit *a, const fair_split *s, report *r, cd_err *err)
{
    print_table table = {0};
    if (!r->html) cd_buffer_printf(r->out, "\n");
    print_table_heads(&table, "LIST,>LENGTH,>LOWEST / HIGHEST,>GAP,>BY CHANCE,>P,>P IN UNITS,VERDICT");
    for (uint32_t k = 0; k < a->lists.n; k++) {
        const fair_gap *g = &s->gap[k];
        print_table_cell(&table, "%s", a->lists.name[k]);
        print_table_cell(&table, "%" PRIu32, a->lists.length[k]);
        print_table_cell(&table, "%.2f", g->ratio);
        print_table_cell(&table, "%.1f %%", 100 * g->gap);
        print_table_cell(&table, "%.1f %%", 100 * g->chance);
        print_table_cell(&table, "%.3f", g->p);
        print_table_cell(&table, "%.3f", g->p_within);
        if (strcmp(g->verdict, "a disparity") == 0 || strcmp(g->verdict, "a disparity, which goes by unit") == 0)
            print_table_cell(&table, "%s: most often %s", g->verdict, group_name(a, s, g->highest));
        else
            print_table_cell(&table, "%s", g->verdict);
    }
    return report_table(r, &table, err);
}

static cd_status say_all(const audit *a, cd_err *err)
{
    cd_status st = CD_OK;
    report page, *r = &page;
    char all[PRINT_TEXT], known[PRINT_TEXT], strangers[PRINT_TEXT];
    report_begin(r, &a->run->out, cli_given(a->run, "html"), "Fairness");
    report_say(r, "sweep %" PRIu64 ": %s officers, %s of them in the file; %s of the file are not in the sweep",
               candour_sweep_facts(a->sweep).number, print_count(a->lists.n_officers, all),
               print_count(a->attributes.known, known), print_count(a->attributes.strangers, strangers));
    report_say(r,
               "a rate stands with its 95 %% interval; by chance: what 95 of 100 shuffles of the attribute over people "
               "stay below; p: how many shuffles set the groups as far apart, over everybody and within units");
    for (uint32_t i = 0; i < a->n; i++) {
        const fair_split *s = &a->split[i];
        report_heading(r, "%s", split_name(a, s));
        for (uint32_t first = 0; first < a->lists.n; first += LISTS_A_TABLE) CD_TRY(say_rates(a, s, first, r, err));
        if (s->n_hidden)
            report_say(r, "not shown: groups of fewer than %d people, and those that would give them away", FAIR_LEAST);
        if (a->lists.bad) CD_TRY(say_truth(a, s, r, err));
        CD_TRY(say_gaps(a, s, r, err));
    }
    CD_TRY(report_end(r, err));
done:
    return st;
}

/* ---- For programs ---- */

static json_t *rate_json(uint32_t k, uint32_t n)
{
    fair_rate r = fair_rate_of(k, n);
    return n ? json_pack("{s:f, s:f, s:f}", "rate", r.rate, "lo", r.lo, "hi", r.hi) : json_null();
}

static json_t *group_json(const audit *a, const fair_split *s, uint32_t g)
{
    const fair_group *x = &s->group[g];
    json_t *lists = json_object(), *values = json_array();
    if (s->row) json_array_append_new(values, sweep_json_text(s->row->value[g / s->col->n_values]));
    json_array_append_new(values, sweep_json_text(s->col->value[g % s->col->n_values]));
    for (uint32_t k = 0; k < a->lists.n; k++) {
        json_t *list = json_pack("{s:o}", "flagged", rate_json(x->flagged[k], x->people));
        if (a->lists.bad) {
            truth_rates t = truth_of(x, k);
            json_object_set_new(list, "true_positive", rate_json(t.found, t.bad));
            json_object_set_new(list, "false_positive", rate_json(t.wrong, t.clean));
            json_object_set_new(list, "false_discovery", rate_json(t.wrong, t.listed));
        }
        json_object_set_new(lists, a->lists.name[k], list);
    }
    return json_pack("{s:o, s:I, s:f, s:f, s:o}", "values", values, "officers", (json_int_t)x->people, "mean_factor",
                     rint(1e6 * x->factor) / 1e6, "standard_error", rint(1e6 * x->error) / 1e6, "lists", lists);
}

static json_t *split_json(const audit *a, const fair_split *s)
{
    json_t *names = json_array(), *groups = json_array(), *gaps = json_object();
    if (s->row) json_array_append_new(names, sweep_json_text(s->row->name));
    json_array_append_new(names, sweep_json_text(s->col->name));
    for (uint32_t g = 0; g < s->n; g++)
        if (is_shown(s, g)) json_array_append_new(groups, group_json(a, s, g));
    for (uint32_t k = 0; k < a->lists.n; k++) {
        const fair_gap *g = &s->gap[k];
        json_object_set_new(gaps, a->lists.name[k],
                            json_pack("{s:f, s:f, s:f, s:f, s:f, s:s}", "lowest_over_highest", g->ratio, "gap", g->gap,
                                      "gap_by_chance", g->chance, "p", g->p, "p_within_units", g->p_within, "verdict",
                                      g->verdict));
    }
    return json_pack("{s:o, s:b, s:o, s:o}", "attributes", names, "some_not_shown", s->n_hidden > 0, "groups", groups,
                     "lists", gaps);
}

static cd_status say_json(const audit *a, cd_err *err)
{
    json_t *lists = json_object(), *splits = json_array();
    for (uint32_t k = 0; k < a->lists.n; k++)
        json_object_set_new(lists, a->lists.name[k], json_integer((json_int_t)a->lists.length[k]));
    for (uint32_t i = 0; i < a->n; i++) json_array_append_new(splits, split_json(a, &a->split[i]));
    return print_json(json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "sweep",
                                (json_int_t)candour_sweep_facts(a->sweep).number, "officers",
                                (json_int_t)a->lists.n_officers, "known", (json_int_t)a->attributes.known, "strangers",
                                (json_int_t)a->attributes.strangers, "lists", lists, "attributes", splits),
                      &a->run->out, err);
}

static void rate_csv(cd_buffer *out, uint32_t k, uint32_t n)
{
    fair_rate r = fair_rate_of(k, n);
    if (n)
        cd_buffer_printf(out, ",%.6f,%.6f,%.6f", r.rate, r.lo, r.hi);
    else
        cd_buffer_printf(out, ",,,");
}

static cd_status say_csv(const audit *a, cd_err *err)
{
    cd_buffer *out = &a->run->out;
    cd_buffer_printf(out,
                     "attribute,group,list,officers,mean_factor,flagged,flagged_lo,flagged_hi,true_positive,"
                     "true_positive_lo,true_positive_hi,false_positive,false_positive_lo,false_positive_hi,"
                     "false_discovery,false_discovery_lo,false_discovery_hi,lowest_over_highest,gap,gap_by_chance,p,"
                     "p_within_units,verdict\n");
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t g = 0; g < a->split[i].n; g++)
            for (uint32_t k = 0; k < a->lists.n && is_shown(&a->split[i], g); k++) {
                const fair_split *s = &a->split[i];
                const fair_gap *gap = &s->gap[k];
                truth_rates t = a->lists.bad ? truth_of(&s->group[g], k) : (truth_rates){0};
                print_csv_text(out, cd_slice_of(split_name(a, s)));
                cd_buffer_printf(out, ",");
                print_csv_text(out, cd_slice_of(group_name(a, s, g)));
                cd_buffer_printf(out, ",%s,%" PRIu32 ",%.6f", a->lists.name[k], s->group[g].people, s->group[g].factor);
                rate_csv(out, s->group[g].flagged[k], s->group[g].people);
                rate_csv(out, t.found, t.bad);
                rate_csv(out, t.wrong, t.clean);
                rate_csv(out, t.wrong, t.listed);
                cd_buffer_printf(out, ",%.6f,%.6f,%.6f,%.3f,%.3f,", gap->ratio, gap->gap, gap->chance, gap->p,
                                 gap->p_within);
                print_csv_text(out, cd_slice_of(gap->verdict));
                cd_buffer_printf(out, "\n");
            }
    return out->status == CD_OK ? CD_OK : cd_fail(err, CD_EMEMORY, "out of memory for the answer");
}

cd_status cmd_fairness(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *sweep = NULL;
    audit a = {.run = run};
    uint64_t number = 0;
    const char *path = cli_value(run, "protected"), *truth_path = cli_value(run, "truth");
    if (!path) CD_TRY(cd_fail(err, CD_EUSAGE, "no --protected; give the file that says who is what"));
    CD_TRY(cli_whole(run, "sweep", 1, UINT64_MAX, &number, err));
    CD_TRY(candour_sweep_open(run->arguments[0], number, &sweep, err));
    a.sweep = sweep;
    CD_TRY(fair_protected_read(path, sweep, &a.attributes, err));
    CD_TRY(fair_lists_make(sweep, &a.lists, err));
    if (truth_path) CD_TRY(truth_take(&a, truth_path, err));
    CD_TRY(splits_make(&a, err));
    if (cli_given(run, "json"))
        CD_TRY(say_json(&a, err));
    else if (cli_given(run, "csv"))
        CD_TRY(say_csv(&a, err));
    else
        CD_TRY(say_all(&a, err));
done:
    for (uint32_t i = 0; i < a.n; i++) fair_split_release(&a.split[i]);
    cd_free(a.split);
    fair_lists_release(&a.lists);
    fair_protected_release(&a.attributes);
    candour_sweep_close(sweep);
    return st;
}
