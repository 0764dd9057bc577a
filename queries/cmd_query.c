/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_query.c: `candour query`: a question in the query language, from the command line, a file or standard input. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "queries/arguments.h"
#include "queries/ask.h"
#include "queries/commands.h"
#include "queries/print.h"
#include "queries/saved.h"
#include "queries/terminal.h"

enum { LONGEST_QUERY = 1 << 20 };

static cd_status read_all(FILE *file, const char *name, cd_buffer *text, cd_err *err)
{
    char block[65536];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0) {
        cd_buffer_add(text, block, n);
        if (text->n > LONGEST_QUERY)
            return cd_fail(err, CD_EUSAGE, "'%s' is over %d bytes, which is no query; hand over its text alone", name, LONGEST_QUERY);
    }
    if (ferror(file)) return cd_fail_errno(err, errno, "cannot read '%s'", name);
    return text->status == CD_OK ? CD_OK : cd_fail(err, CD_EMEMORY, "out of memory while reading '%s'", name);
}

/* The query's text: the second argument, a file's, or what comes in. */
static cd_status read_text(const cli_run *run, cd_buffer *text, cd_err *err)
{
    const char *path = cli_value(run, "file"), *saved = cli_value(run, "saved");
    bool given = run->n_arguments > 1 && strcmp(run->arguments[1], "-") != 0;
    if (given + !!path + !!saved > 1) return cd_fail(err, CD_EUSAGE, "a query is given twice; give its text, --file or --saved");
    if (saved) return saved_read(run->arguments[0], cd_slice_of(saved), text, err);
    if (given) {
        cd_buffer_add(text, run->arguments[1], strlen(run->arguments[1]));
        return text->status == CD_OK ? CD_OK : cd_fail(err, CD_EMEMORY, "out of memory");
    }
    if (!path) return read_all(stdin, "standard input", text, err);
    FILE *file = fopen(path, "re");
    if (!file) return cd_fail_errno(err, errno, "cannot read '%s'", path);
    cd_status st = read_all(file, path, text, err);
    fclose(file);
    return st;
}

static cd_status read_parameters(const cli_run *run, ask_parameters *out, cd_err *err)
{
    cd_status st = CD_OK;
    const char *rest = cli_value(run, "param");
    while (rest && st == CD_OK) {
        const char *end = strchr(rest, CLI_APART);
        st = ask_parameter_add(out, (cd_slice){rest, (uint32_t)(end ? (size_t)(end - rest) : strlen(rest))}, err);
        rest = end ? end + 1 : NULL;
    }
    return st;
}

static uint32_t terminal_width(void)
{
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static cd_status read_options(const cli_run *run, ask_options *out, cd_err *err)
{
    cd_status st = CD_OK;
    static const struct {
        const char *option;
        ask_form form;
    } forms[] = {{"table", ASK_TABLE}, {"csv", ASK_CSV},       {"json", ASK_JSON}, {"ndjson", ASK_NDJSON}, {"html", ASK_HTML},
                 {"graphml", ASK_GRAPH}, {"gexf", ASK_GRAPH}, {"dot", ASK_GRAPH}, {"svg", ASK_GRAPH}};
    int given = 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (cli_given(run, forms[i].option)) out->form = forms[i].form, given++;
    if (given > 1) return cd_fail(err, CD_EUSAGE, "an answer has one form; give one of --table, --csv, --json, --html, --svg and the like");
    out->graph = graph_form_of(run);
    out->memory_bytes = (size_t)1 << 30;
    CD_TRY(cli_bytes(run, "memory", &out->memory_bytes, err));
    CD_TRY(cli_threads(run, &out->threads, err));
    CD_TRY(cli_real(run, "timeout", 0, 1e9, &out->timeout_seconds, err));
    CD_TRY(cli_whole(run, "max-rows", 1, UINT64_MAX, &out->most_rows, err));
    out->width = terminal_width();
    out->path = run->arguments[0];
done:
    return st;
}

/* A fault as a program reads it. */
static cd_status print_fault(const query_fault *fault, const cd_err *found, cd_slice text, cd_buffer *out, cd_err *err)
{
    uint32_t line = 0, column = 0;
    if (fault->at != QUERY_NOWHERE) query_place(text, fault->at, &line, &column);
    json_t *json = json_pack("{s:{s:s, s:s, s:s, s:o, s:I, s:I}}", "error", "type", fault->type, "detail", fault->detail, "phase",
                             fault->running ? "runtime" : "compile time", "message", print_json_text(found->text), "line",
                             (json_int_t)line, "column", (json_int_t)column);
    return print_json(json, out, err);
}

/* What went wrong goes to the error, with the place under it where people look. */
static cd_status tell_fault(const cli_run *run, cd_slice text, const ask_result *result, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer place = {0};
    if (!result->fault.type) return CD_OK;
    if (cli_given(run, "json") && out->n == 0) CD_TRY(print_fault(&result->fault, err, text, out, err));
    if (!isatty(STDERR_FILENO)) return CD_OK;
    ask_show_place(text, &result->fault, &place);
    size_t n = strlen(err->text);
    if (place.n && place.status == CD_OK && n + place.n + 1 < sizeof err->text)
        snprintf(err->text + n, sizeof err->text - n, "\n%.*s", (int)place.n - 1, place.bytes);
done:
    cd_buffer_release(&place);
    return st;
}

cd_status cmd_query(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *store = NULL;
    candour_reader *reader = NULL;
    cd_buffer text = {0};
    ask_parameters parameters = {0};
    ask_options options = {0};
    ask_result result = {0};
    CD_TRY(read_options(run, &options, err));
    CD_TRY(read_parameters(run, &parameters, err));
    CD_TRY(read_text(run, &text, err));
    CD_TRY(cmd_open_store(run, &store, err));
    CD_TRY(candour_reader_open(store, &reader, err));
    options.progress = terminal_begin(!isatty(STDERR_FILENO)); /* an answer needs no remark in a log on how long it took */
    cd_slice query = {text.bytes ? text.bytes : "", (uint32_t)text.n};
    st = ask(store, reader, query, &parameters, &options, &run->out, &result, err);
    terminal_end();
    if (st == CD_OK && result.remark[0]) fprintf(stderr, "candour: %s\n", result.remark);
    if (st != CD_OK) {
        if (options.form == ASK_TABLE) run->out.n = 0;
        cd_status told = tell_fault(run, query, &result, &run->out, err);
        if (told != CD_OK) st = told;
        /* Its own limit is no interruption. */
        if (st == CD_ESTOPPED && !terminal_stopped_by()) st = err->status = CD_ESYSTEM;
    } else if (result.cut) {
        st = cd_fail(err, CD_ESYSTEM, "there are more than --max-rows %" PRIu64 " rows; the first are printed: give it more, or ask with LIMIT",
                     options.most_rows);
    }
done:
    ask_parameters_release(&parameters);
    cd_buffer_release(&text);
    candour_reader_close(reader);
    cmd_close_store(run, store);
    return st;
}
