/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_explain.c: `candour explain`: the ledger of one officer, down to the line of the file each point came from. */
#include <inttypes.h>
#include <stdio.h>

#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/report.h"
#include "queries/sweep_out.h"

enum { FIRST_ROWS = 10, NEAR_IDS = 1 << 20 };

typedef struct {
    cli_run *run;
    const candour_sweep *sweep;
    candour_ranked who;
    candour_smallest smallest;
    int64_t edge;
} explaining;

static cd_status find_officer(const candour_sweep *sweep, const char *id, uint32_t *officer, cd_err *err)
{
    if (candour_sweep_find(sweep, cd_slice_of(id), officer)) return CD_OK;
    cli_nearest near = cli_nearest_to(id);
    uint32_t n = candour_sweep_facts(sweep).n_officers;
    char best[256] = "";
    for (uint32_t o = 0; o < n && o < NEAR_IDS; o++) {
        char one[256];
        cd_slice text = candour_sweep_officer(sweep, o).id;
        const char *before = near.best;
        snprintf(one, sizeof one, "%.*s", (int)text.n, text.bytes);
        cli_nearest_try(&near, one);
        if (near.best != before) memcpy(best, one, sizeof best), near.best = best;
    }
    if (*best) return cd_fail(err, CD_EUSAGE, "the sweep has no officer '%s'; did you mean '%s'?", id, best);
    return cd_fail(err, CD_EUSAGE, "the sweep has no officer '%s'; `candour rank` lists them", id);
}

/* ---- For people ---- */

static void say_who(const explaining *x, report *r)
{
    char text[PRINT_TEXT], all[PRINT_TEXT];
    const candour_ranked *o = &x->who;
    cd_arena *arena = &x->run->arena;
    candour_sweep_info info = candour_sweep_facts(x->sweep);
    report_say(r, "%s: %s, rank %s, unit %s", sweep_plain(o->id, arena), sweep_plain(o->role, arena),
               sweep_plain(o->rank, arena), sweep_plain(o->unit, arena));
    report_say(r, "tier %s; score %s decibans; place %" PRIu32 " of %s in sweep %" PRIu64 ", by policy %.*s",
               candour_tier_name(o->tier), sweep_decibans(o->score, text), o->place, print_count(info.n_officers, all),
               info.number, SWEEP_POLICY_HEAD, info.policy_sha256);
    if (o->highest == o->lowest)
        report_say(r, "the same place whoever the peers are drawn from");
    else
        report_say(r, "places %" PRIu32 " to %" PRIu32 " were the peers drawn again", o->highest, o->lowest);
    report_say(r, "over the %" PRIu64 " sweep%s of this store so far: %.3g times likelier, valid whenever one looks",
               info.look, info.look == 1 ? "" : "s", o->standing);
}

/* Where the officer would stand, had nobody's dismissed complaints been made. */
typedef struct {
    int64_t score;
    uint32_t place;
} undismissed;

static undismissed without_dismissed(const explaining *x)
{
    undismissed out = {candour_sweep_without_dismissed(x->sweep, x->who.officer), 1};
    for (uint32_t o = 0; o < candour_sweep_facts(x->sweep).n_officers; o++) {
        int64_t score = candour_sweep_without_dismissed(x->sweep, o);
        out.place += score > out.score || (score == out.score && o < x->who.officer);
    }
    return out;
}

static void say_without_dismissed(const explaining *x, report *r)
{
    undismissed u = without_dismissed(x);
    char text[PRINT_TEXT], change[PRINT_TEXT];
    if (cli_given(x->run, "without-dismissed"))
        report_say(r, "without dismissed complaints: %s decibans (%s%s), place %" PRIu32, sweep_decibans(u.score, text),
                   u.score > x->who.score ? "+" : "", sweep_decibans(u.score - x->who.score, change), u.place);
}

static cd_status say_ledger(const explaining *x, report *r, cd_err *err)
{
    candour_sweep_info info = candour_sweep_facts(x->sweep);
    print_table table = {0};
    char text[PRINT_TEXT];
    report_heading(r, "the ledger");
    print_table_heads(&table, ">DECIBANS,FAMILY,WHAT SAYS SO,>PEERS");
    for (uint32_t f = 0; f < info.n_families; f++) {
        int64_t begins, alike;
        candour_lane lane;
        cd_slice family = candour_sweep_family(x->sweep, f, &lane);
        if (lane != CANDOUR_CONDUCT) continue;
        candour_sweep_ledger(x->sweep, x->who.officer, f, &begins, &alike);
        print_table_cell(&table, "%s", sweep_decibans(begins, text));
        print_table_cell(&table, "%.*s", (int)family.n, family.bytes);
        print_table_cell(&table, "where everybody begins");
        print_table_cell(&table, "-");
        for (uint32_t i = 0; i < x->who.n_findings; i++) {
            candour_found found = candour_sweep_finding(x->sweep, x->who.officer, i);
            candour_detector d = candour_sweep_detector(x->sweep, found.detector);
            if (d.family != f) continue;
            print_table_cell(&table, "%s", sweep_decibans(found.adds, text));
            print_table_cell(&table, "%.*s", (int)family.n, family.bytes);
            print_table_cell(&table, "%.*s: %s", (int)d.name.n, d.name.bytes, sweep_plain(found.words, &x->run->arena));
            print_table_cell(&table, "%" PRIu32, found.peers);
        }
        if (alike == 0) continue;
        print_table_cell(&table, "%s", sweep_decibans(alike, text));
        print_table_cell(&table, "%.*s", (int)family.n, family.bytes);
        print_table_cell(&table, "what several of these say alike, counted once");
        print_table_cell(&table, "-");
    }
    print_table_cell(&table, "%s", sweep_decibans(x->who.score, text));
    print_table_cell(&table, "%s", "");
    print_table_cell(&table, "the score: the sum of the lines above");
    print_table_cell(&table, "%s", "");
    return report_table(r, &table, err);
}

static cd_status say_counts(const explaining *x, const candour_found *f, report *r, cd_err *err)
{
    print_table table = {0};
    if (f->n_counted == 0) return CD_OK;
    print_table_heads(&table, ">SEEN,>EXPECTED,WHAT");
    for (uint32_t k = 0; k < f->n_counted; k++) {
        candour_count c = candour_sweep_counted(x->sweep, f, k);
        print_table_cell(&table, "%" PRIu32, c.seen);
        print_table_cell(&table, "%.3g", c.expected);
        print_table_cell(&table, "%s", sweep_plain(c.what, &x->run->arena));
    }
    return report_table(r, &table, err);
}

/* Whether all rows are accesses: theirs are the officer's own, and about a file. */
static bool are_accesses(const explaining *x, const candour_found *f)
{
    for (uint32_t i = 0; i < f->n_cited; i++)
        if (!cd_slice_equal(candour_sweep_cited(x->sweep, f, i).table, cd_slice_of("accesses"))) return false;
    return true;
}

static cd_status say_rows(const explaining *x, const candour_found *f, report *r, cd_err *err)
{
    print_table table = {0};
    char text[PRINT_TEXT];
    cd_arena *arena = &x->run->arena;
    bool accesses = are_accesses(x, f);
    if (f->n_cited == 0) return CD_OK;
    uint32_t most = cli_given(x->run, "all") || r->html ? UINT32_MAX : FIRST_ROWS;
    print_table_heads(&table, accesses ? "AT,FILE,ACTION,ROW" : "AT,OF,TO,SAYS,ROW");
    for (uint32_t i = 0; i < f->n_cited && i < most; i++) {
        candour_row row = candour_sweep_cited(x->sweep, f, i);
        print_table_cell(&table, "%s", print_time(row.at, text));
        if (!accesses) print_table_cell(&table, "%s", sweep_plain(row.of, arena));
        print_table_cell(&table, "%s", sweep_plain(row.other, arena));
        print_table_cell(&table, "%s", row.says.n ? sweep_plain(row.says, arena) : accesses ? "" : "-");
        print_table_cell(&table, "%s line %" PRIu32, sweep_plain(row.source, arena), row.line);
    }
    cd_status st = report_table(r, &table, err);
    if (f->n_cited > most) report_say(r, "%" PRIu32 " more; --all lists every row", f->n_cited - most);
    return st;
}

static void say_smallest(const explaining *x, report *r)
{
    const candour_smallest *s = &x->smallest;
    char text[PRINT_TEXT];
    const char *where = x->who.tier == CANDOUR_TIER_NONE ? "below even odds" : "out of the tier";
    cd_buffer files = {0};
    if (x->who.score < x->edge || x->who.n_findings == 0) return;
    report_heading(r, "what would have to be explained");
    if (!s->possible) {
        if (s->n == CANDOUR_SMALLEST)
            report_say(r, "no set of up to %d of these was found that would take the officer %s", CANDOUR_SMALLEST,
                       where);
        else
            report_say(r, "explaining everything above would not take the officer %s", where);
        return;
    }
    for (uint32_t i = 0; i < s->n; i++) cd_buffer_printf(&files, " %s", sweep_plain(s->file[i], &x->run->arena));
    report_say(r, "were %s%" PRIu32 " of these explained, the score would be %s%s, %s:%s", s->exact ? "" : "at most ",
               s->n, s->held_whole ? "at most " : "", sweep_decibans(s->left, text), where,
               files.status == CD_OK && files.bytes ? files.bytes : "");
    if (s->exact) report_say(r, "no fewer are enough");
    if (!s->all_tried) report_say(r, "fewer may be enough: they were added one by one, and not every set was tried");
    if (s->held_whole)
        report_say(r, "fewer may be enough: a finding that is no sum of counts was held whole until all its rows were "
                      "explained");
    cd_buffer_release(&files);
}

static cd_status say_reasons(const explaining *x, report *r, cd_err *err)
{
    print_table table = {0};
    char text[PRINT_TEXT];
    uint32_t n = candour_sweep_facts(x->sweep).n_reasons;
    report_heading(r, "what counted for nothing, and why");
    print_table_heads(&table, ">ACCESSES,REASON,WHAT IT SAYS");
    for (uint32_t k = 1; k < n; k++) {
        candour_reason reason = candour_sweep_reason(x->sweep, k);
        if (x->who.reasons[k] == 0) continue;
        print_table_cell(&table, "%s", print_count(x->who.reasons[k], text));
        print_table_cell(&table, "%s", reason.name);
        print_table_cell(&table, "%s", reason.about);
    }
    return report_table(r, &table, err);
}

static cd_status say_all(const explaining *x, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    report page, *r = &page;
    char title[320];
    snprintf(title, sizeof title, "Officer %s", sweep_plain(x->who.id, &x->run->arena));
    report_begin(r, out, cli_given(x->run, "html"), title);
    say_who(x, r);
    say_without_dismissed(x, r);
    CD_TRY(say_ledger(x, r, err));
    for (uint32_t i = 0; i < x->who.n_findings; i++) {
        candour_found f = candour_sweep_finding(x->sweep, x->who.officer, i);
        candour_detector d = candour_sweep_detector(x->sweep, f.detector);
        candour_lane lane = sweep_lane(x->sweep, f.detector);
        if (lane == CANDOUR_CONDUCT && f.n_counted == 0 && f.n_cited == 0) continue; /* its words are in the ledger */
        report_heading(r, "%.*s: %.*s", (int)d.name.n, d.name.bytes, (int)d.about.n, d.about.bytes);
        if (lane != CANDOUR_CONDUCT)
            report_say(r, "in the %s list, and in no score: %s", candour_lane_name(lane),
                       sweep_plain(f.words, &x->run->arena));
        CD_TRY(say_counts(x, &f, r, err));
        CD_TRY(say_rows(x, &f, r, err));
    }
    say_smallest(x, r);
    CD_TRY(say_reasons(x, r, err));
    CD_TRY(report_end(r, err));
done:
    return st;
}

static cd_status say_csv(const explaining *x, cd_buffer *out, cd_err *err)
{
    char number[PRINT_TEXT];
    cd_buffer_printf(out, "detector,decibans,table,at,of,other,says,source,line\n");
    for (uint32_t i = 0; i < x->who.n_findings; i++) {
        candour_found f = candour_sweep_finding(x->sweep, x->who.officer, i);
        candour_detector d = candour_sweep_detector(x->sweep, f.detector);
        for (uint32_t k = 0; k < f.n_cited; k++) {
            candour_row row = candour_sweep_cited(x->sweep, &f, k);
            cd_buffer_printf(out, "%.*s,%s,", (int)d.name.n, d.name.bytes, sweep_decibans(f.adds, number));
            print_csv_text(out, row.table);
            cd_buffer_printf(out, ",%s,", row.at == CANDOUR_UNKNOWN ? "" : print_time(row.at, number));
            print_csv_text(out, row.of);
            cd_buffer_printf(out, ",");
            print_csv_text(out, row.other);
            cd_buffer_printf(out, ",");
            print_csv_text(out, row.says);
            cd_buffer_printf(out, ",");
            print_csv_text(out, row.source);
            cd_buffer_printf(out, ",%" PRIu32 "\n", row.line);
        }
    }
    return out->status == CD_OK ? CD_OK : cd_fail(err, CD_EMEMORY, "out of memory for the answer");
}

/* ---- For programs ---- */

static json_t *finding_json(const explaining *x, uint32_t i)
{
    candour_found f = candour_sweep_finding(x->sweep, x->who.officer, i);
    candour_detector d = candour_sweep_detector(x->sweep, f.detector);
    json_t *counts = json_array(), *rows = json_array();
    for (uint32_t k = 0; k < f.n_counted; k++) {
        candour_count c = candour_sweep_counted(x->sweep, &f, k);
        json_array_append_new(counts, json_pack("{s:o, s:I, s:f}", "what", sweep_json_text(c.what), "seen",
                                                (json_int_t)c.seen, "expected", c.expected));
    }
    for (uint32_t k = 0; k < f.n_cited; k++) {
        candour_row r = candour_sweep_cited(x->sweep, &f, k);
        json_array_append_new(rows, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "table", sweep_json_text(r.table),
                                              "at", print_json_time(r.at), "of", sweep_json_text(r.of), "other",
                                              sweep_json_text(r.other), "says", sweep_json_text(r.says), "source",
                                              sweep_json_text(r.source), "line", (json_int_t)r.line));
    }
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o}", "detector", sweep_json_text(d.name),
                     "family", sweep_json_text(candour_sweep_family(x->sweep, d.family, NULL)), "lane",
                     candour_lane_name(sweep_lane(x->sweep, f.detector)), "decibans", sweep_json_decibans(f.adds),
                     "alone", sweep_json_decibans(f.gain), "peers", (json_int_t)f.peers, "cluster",
                     (json_int_t)f.cluster, "words", sweep_json_text(f.words), "counts", counts, "rows", rows);
}

static cd_status say_json(const explaining *x, cd_buffer *out, cd_err *err)
{
    candour_sweep_info info = candour_sweep_facts(x->sweep);
    json_t *findings = json_array(), *families = json_array(), *reasons = json_object(), *files = json_array();
    for (uint32_t f = 0; f < info.n_families; f++) {
        int64_t begins, alike;
        candour_lane lane;
        cd_slice family = candour_sweep_family(x->sweep, f, &lane);
        candour_sweep_ledger(x->sweep, x->who.officer, f, &begins, &alike);
        json_array_append_new(families,
                              json_pack("{s:o, s:s, s:o, s:o, s:o}", "family", sweep_json_text(family), "lane",
                                        candour_lane_name(lane), "begins", sweep_json_decibans(begins), "alike",
                                        sweep_json_decibans(alike), "decibans", sweep_json_decibans(x->who.family[f])));
    }
    for (uint32_t i = 0; i < x->who.n_findings; i++) json_array_append_new(findings, finding_json(x, i));
    for (uint32_t r = 0; r < info.n_reasons; r++)
        json_object_set_new(reasons, candour_sweep_reason(x->sweep, r).name,
                            json_integer((json_int_t)x->who.reasons[r]));
    for (uint32_t i = 0; i < x->smallest.n; i++) json_array_append_new(files, sweep_json_text(x->smallest.file[i]));
    undismissed u = without_dismissed(x);
    return print_json(
        json_pack("{s:o, s:I, s:s, s:I, s:I, s:I, s:s, s:o, s:f, s:{s:o, s:I}, s:o, s:o, s:o, s:{s:b, s:b, s:b, s:b, "
                  "s:o, s:o}}",
                  "officer", sweep_json_text(x->who.id), "sweep", (json_int_t)info.number, "policy_sha256",
                  info.policy_sha256, "place", (json_int_t)x->who.place, "highest", (json_int_t)x->who.highest,
                  "lowest", (json_int_t)x->who.lowest, "tier", candour_tier_name(x->who.tier), "decibans",
                  sweep_json_decibans(x->who.score), "standing", x->who.standing, "without_dismissed", "decibans",
                  sweep_json_decibans(u.score), "place", (json_int_t)u.place, "families", families, "findings",
                  findings, "accesses", reasons, "smallest", "possible", x->smallest.possible, "exact",
                  x->smallest.exact, "all_tried", x->smallest.all_tried, "held_whole", x->smallest.held_whole,
                  "decibans_left", sweep_json_decibans(x->smallest.left), "files", files),
        out, err);
}

cd_status cmd_explain(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *sweep = NULL;
    uint64_t number = 0;
    uint32_t officer;
    CD_TRY(cli_whole(run, "sweep", 1, UINT64_MAX, &number, err));
    CD_TRY(candour_sweep_open(run->arguments[0], number, &sweep, err));
    CD_TRY(find_officer(sweep, run->arguments[1], &officer, err));
    explaining x = {.run = run,
                    .sweep = sweep,
                    .who = candour_sweep_officer(sweep, officer),
                    .edge = candour_sweep_tier_edge(sweep, officer)};
    CD_TRY(candour_sweep_smallest(sweep, officer, x.edge, &x.smallest, err));
    if (cli_given(run, "json"))
        CD_TRY(say_json(&x, &run->out, err));
    else if (cli_given(run, "csv"))
        CD_TRY(say_csv(&x, &run->out, err));
    else
        CD_TRY(say_all(&x, &run->out, err));
done:
    candour_sweep_close(sweep);
    return st;
}
