/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_load.c: `candour load`: the options of a load, and how it went. */
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* Starts the merging of the small files that many loads leave, by another process of this program (`tidy`), which has
 * the lock by our hold on it: who loads next waits for it, and nobody else does. The load is committed by then: what
 * goes wrong costs nothing but tidiness, and the next load tries again. */
static void tidy_behind(const load_options *options, int hold)
{
    enum { HOLD = 3 };
    char threads[24], memory[24];
    snprintf(threads, sizeof threads, "%" PRIu32, options->threads);
    snprintf(memory, sizeof memory, "%zu", options->memory_bytes);
    char *words[] = {"candour", "tidy", (char *)(uintptr_t)options->store, "--hold", "3", NULL, NULL, NULL, NULL, NULL};
    int n = 5;
    if (options->threads) words[n++] = "--threads", words[n++] = threads;
    if (options->memory_bytes) words[n++] = "--memory", words[n++] = memory;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    pid_t child;
    if (posix_spawn_file_actions_init(&files) != 0) return;
    if (posix_spawnattr_init(&how) == 0) {
        /* Not of our terminal or our pipes: whoever waits for our end is not to wait for its. */
        if (posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID) == 0 &&
            posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) == 0 &&
            posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0) == 0 &&
            posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0) == 0 &&
            posix_spawn_file_actions_adddup2(&files, hold, HOLD) == 0)
            (void)posix_spawn(&child, "/proc/self/exe", &files, &how, words, environ);
        posix_spawnattr_destroy(&how);
    }
    posix_spawn_file_actions_destroy(&files);
}

/* The process that tidy_behind starts. Nobody hears what goes wrong. */
cd_status cmd_tidy(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_load_options how = {0};
    candour_compact_report report;
    uint64_t hold = 0;
    CD_TRY(cli_threads(run, &how.threads, err));
    CD_TRY(cli_bytes(run, "memory", &how.memory_bytes, err));
    CD_TRY(cli_whole(run, "hold", 1, INT32_MAX, &hold, err));
    how.hold = (int)hold;
    CD_TRY(candour_tidy(run->arguments[0], &how, &report, err));
done:
    return st;
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
static cd_status tell_committed(cli_run *run, const load_options *options, load_result *result, cd_err *err)
{
    cd_err why = {0};
    int hold = load_result_lock(result);
    const char *store = result->store;
    uint64_t load = result->load;
    cd_status st = make_report(run, result, false, &why);
    uint64_t refused = result->refused;
    load_result_release(result);
    terminal_end();
    if (hold >= 0) {
        tidy_behind(options, hold);
        close(hold);
    }
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
        st = tell_committed(run, &options, &result, err);
    } else if (st == CD_OK || (options.strict && st == CD_EINPUT && result.n_files > 0)) {
        /* A strict load that was refused has a report too: which rows it was. */
        cd_status said = make_report(run, &result, options.strict, err);
        if (st == CD_OK) st = said;
    }
done:
    load_result_release(&result);
    return st;
}
