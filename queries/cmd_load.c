/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_load.c: `candour load`: the options of a load, and how it went. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queries/answer.h"
#include "queries/arguments.h"
#include "queries/cmd_load_report.h"
#include "queries/commands.h"
#include "queries/print.h"
#include "queries/terminal.h"

static cd_status read_options(const cli_run *run, load_options *o, cd_err *err)
{
    cd_status st = CD_OK;
    const char *presence = cli_value(run, "presence");
    *o = (load_options){
        .store = cli_value(run, "into"),
        .paths = run->arguments,
        .n_paths = (uint32_t)run->n_arguments,
        .as_table = cli_value(run, "as"),
        .mapping_path = cli_value(run, "mapping"),
        .ontology_path = cli_value(run, "ontology"),
        .strict = cli_given(run, "strict"),
        .again = cli_given(run, "again"),
        .presence = !presence ? CANDOUR_PRESENCE_AS_BEFORE
                    : strcmp(presence, "all") == 0 ? CANDOUR_PRESENCE_ALL : CANDOUR_PRESENCE_DUTY,
    };
    if (presence && strcmp(presence, "all") != 0 && strcmp(presence, "duty") != 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "--presence takes duty or all, not '%s'", presence));
    if (!o->store && !cli_given(run, "explain-mapping"))
        CD_TRY(cd_fail(err, CD_EUSAGE, "no store to load into; give one with --into STORE"));
    if (!o->as_table && o->n_paths > 1)
        CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' is one word too many; load one folder, or single files with --as TABLE",
                       o->paths[1]));
    if (!o->as_table && strcmp(o->paths[0], "-") == 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "what comes from standard input needs its table; say which with --as TABLE"));
    CD_TRY(cli_threads(run, &o->threads, err));
    CD_TRY(cli_bytes(run, "memory", &o->memory_bytes, err));
done:
    return st;
}

static cd_status explain(cli_run *run, const load_options *options, cd_err *err)
{
    cd_status st = CD_OK;
    load_explanation explanation = {0};
    CD_TRY(load_explain(options, &explanation, err));
    if (cli_given(run, "json")) CD_TRY(print_json(explanation_json(&explanation), &run->out, err));
    else CD_TRY(explanation_text(&explanation, &run->out, err));
    for (uint32_t i = 0; i < explanation.n_files; i++) /* the first is what a load would stumble upon */
        if (explanation.files[i].problem) CD_TRY(cd_fail(err, CD_EINPUT, "%s", explanation.files[i].problem));
done:
    load_explanation_release(&explanation);
    return st;
}

/* Merges the small files that many loads leave. The load is committed and told of by then: what goes wrong here, another
 * load that has begun meanwhile for one, costs nothing but tidiness, and the next load tries again. So a signal ends it
 * at once, with the status of the load. */
static void tidy(const load_options *options, int exit_status)
{
    candour_load_options how = {.threads = options->threads, .memory_bytes = options->memory_bytes};
    candour_compact_report report;
    cd_err untold = {0};
    terminal_end_at_signal(exit_status);
    if (candour_tidy(options->store, &how, &report, &untold) != CD_OK) return;
}

static cd_status make_report(cli_run *run, const load_result *result, bool strict, cd_err *err)
{
    if (cli_given(run, "json")) return print_json(load_json(result), &run->out, err);
    return cli_given(run, "quiet") ? CD_OK : load_text(result, strict, &run->out, err);
}

/* What a quiet load must not keep to itself: rows that it did not take, which somebody has to load again. */
static void warn_of_refused(uint64_t rows)
{
    char n[PRINT_TEXT];
    if (rows == 0) return;
    fprintf(stderr,
            "candour: presence: %s row%s left out: no roster speaks of their time yet; load their roster, then the same "
            "files again\n", print_count(rows, n), rows == 1 ? "" : "s");
}

/* The report of rows that are in the store, before anything else is done; and the lock is given back before a reader can
 * make us wait. Where there is no room for it, nobody must believe that the load failed. */
static cd_status tell_committed(cli_run *run, load_result *result, cd_err *err)
{
    cd_err why = {0};
    const char *store = result->store;
    uint64_t load = result->load;
    cd_status st = make_report(run, result, false, &why);
    uint64_t refused = result->refused;
    load_result_release(result);
    terminal_end();
    if (cli_given(run, "quiet")) warn_of_refused(refused);
    if (st == CD_OK) st = answer_write(&run->out, "the report", &why);
    if (st == CD_OK) return CD_OK;
    return cd_fail(err, st, "%s; the rows are in '%s' all the same, as load %" PRIu64, why.text, store, load);
}

cd_status cmd_load(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    load_options options;
    load_result result = {0};

    CD_TRY(read_options(run, &options, err));
    if (cli_given(run, "explain-mapping")) return explain(run, &options, err);
    options.progress = terminal_begin(cli_given(run, "quiet"));
    st = load_run(&options, &result, err);
    if (st == CD_OK && !load_result_is_clean(&result)) run->exit_status = EXIT_REJECTS;
    if (st == CD_OK && result.committed) {
        st = tell_committed(run, &result, err);
        if (st == CD_OK) tidy(&options, run->exit_status);
    } else if (st == CD_OK || (options.strict && st == CD_EINPUT && result.n_files > 0)) {
        /* A strict load that was refused has a report too: which rows it was. */
        cd_status said = make_report(run, &result, options.strict, err);
        if (st == CD_OK) st = said;
    }
done:
    load_result_release(&result);
    return st;
}
