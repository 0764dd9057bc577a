/* SPDX-License-Identifier: GPL-3.0-or-later
 * shell_ask.c: one statement from its text to what people see: parameters, plan, answer, time; through a pager where it
 * is long. */
#include "queries/shell.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "queries/answer.h"
#include "queries/command.h"
#include "queries/language/token.h"
#include "queries/terminal.h"

/* ---- Showing ---- */

static bool is_long(const cd_buffer *out)
{
    struct winsize size;
    uint32_t lines = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return false;
    for (size_t i = 0; i < out->n; i++) lines += out->bytes[i] == '\n';
    return lines + 1 > size.ws_row; /* a line is for the prompt */
}

/* Whether the pager took it; else it is still to be written. */
static bool page(cd_buffer *out)
{
    const char *command = getenv("PAGER");
    if (!command || !*command) command = "less -S";
    fflush(NULL);
    /* Ctrl-C is the pager's while it runs. */
    struct sigaction was, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &ignore, &was);
    FILE *pager = popen(command, "w");
    bool taken = pager != NULL;
    if (pager) {
        fwrite(out->bytes, 1, out->n, pager); /* less than all is read by who quits early */
        int status = pclose(pager);
        taken = status != 127 << 8; /* the shell's word for: no such program */
    }
    sigaction(SIGINT, &was, NULL);
    if (taken) out->n = 0;
    return taken;
}

cd_status shell_write(shell *s, cd_err *err)
{
    if (s->terminal && is_long(s->out) && page(s->out)) return CD_OK;
    return answer_write(s->out, "the answer", err);
}

/* ---- Parameters ---- */

static bool is_space(char c) { return c == ' ' || c == '\t'; }

/* `$name=VALUE $name=VALUE`: a value goes on until a space with a `$` behind it. */
static cd_status add_written(ask_parameters *p, cd_slice written, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t i = 0;
    while (st == CD_OK) {
        while (i < written.n && is_space(written.bytes[i])) i++;
        if (i == written.n) break;
        if (written.bytes[i] == '$') i++;
        uint32_t from = i;
        while (i < written.n && !(is_space(written.bytes[i]) && i + 1 < written.n && written.bytes[i + 1] == '$')) i++;
        uint32_t to = i;
        while (to > from && is_space(written.bytes[to - 1])) to--;
        st = ask_parameter_add(p, (cd_slice){written.bytes + from, to - from}, err);
    }
    return st;
}

static cd_status parameters_of(const shell *s, cd_slice more, ask_parameters *out, cd_err *err)
{
    cd_status st = CD_OK;
    for (size_t from = 0; from < s->parameters.n && st == CD_OK;) {
        const char *end = memchr(s->parameters.bytes + from, CLI_APART, s->parameters.n - from);
        uint32_t n = (uint32_t)(end - (s->parameters.bytes + from));
        st = ask_parameter_add(out, (cd_slice){s->parameters.bytes + from, n}, err);
        from += n + 1;
    }
    return st == CD_OK ? add_written(out, more, err) : st;
}

/* ---- Asking ---- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

cd_status shell_complain(shell *s, cd_err *failure, cd_err *err)
{
    cd_status st = shell_write(s, err);
    fprintf(stderr, "candour: %s\n", failure->text);
    s->failed = true;
    return st;
}

static cd_status complain_of(shell *s, cd_slice query, const ask_result *result, cd_err *failure, cd_err *err)
{
    cd_buffer place = {0};
    cd_status st = shell_complain(s, failure, err);
    if (s->terminal) ask_show_place(query, &result->fault, &place);
    if (place.n && place.status == CD_OK) fwrite(place.bytes, 1, place.n, stderr);
    cd_buffer_release(&place);
    return st;
}

static bool asks_for_plan(cd_slice query)
{
    cd_arena arena = {0};
    token *tokens;
    uint32_t n;
    cd_err err = {0};
    query_fault fault = {0};
    bool asks = query_tokens(query, &arena, &tokens, &n, &fault, &err) == CD_OK &&
                (tokens->word == WORD_EXPLAIN || tokens->word == WORD_PROFILE);
    cd_arena_release(&arena);
    return asks;
}

/* What it would do, before it does it. What is wrong with the query is left to that. */
static void show_plan(shell *s, cd_slice query, const ask_parameters *parameters)
{
    cd_buffer text = {0};
    cd_err err = {0};
    ask_result result;
    size_t before = s->out->n;
    cd_buffer_printf(&text, "EXPLAIN ");
    cd_buffer_add(&text, query.bytes, query.n);
    cd_slice explained = {text.bytes, (uint32_t)text.n};
    if (text.status == CD_OK &&
        ask(s->store, s->reader, explained, parameters, &s->options, s->out, &result, &err) == CD_OK)
        cd_buffer_printf(s->out, "\n");
    else
        s->out->n = before;
    cd_buffer_release(&text);
}

static void fit_to_terminal(shell *s)
{
    struct winsize size;
    if (s->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) s->options.width = size.ws_col;
}

/* Another process may have loaded since: what is asked now is asked of the snapshot that is current now. A store that was checked
 * whole when it was opened (untrusted) stays as it is. */
static cd_status freshen(shell *s, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *store = NULL;
    candour_reader *reader;
    const candour_info *now_there, *before;
    if (s->untrusted) return CD_OK;
    CD_TRY(candour_store_open(s->path, NULL, &store, err));
    CD_TRY(candour_store_info(store, &now_there, err));
    CD_TRY(candour_store_info(s->store, &before, err));
    if (now_there->snapshot == before->snapshot) goto done;
    CD_TRY(candour_reader_open(store, &reader, err));
    candour_reader_close(s->reader);
    candour_store_close(s->store);
    s->store = store, s->reader = reader, store = NULL;
    if (s->terminal) fprintf(stderr, "candour: the store has changed: asking snapshot %" PRIu64 "\n", now_there->snapshot);
done:
    candour_store_close(store);
    return st;
}

cd_status shell_ask(shell *s, cd_slice query, cd_slice more, cd_err *err)
{
    cd_status st = CD_OK, asked;
    cd_err failure = {0};
    ask_parameters parameters = {0};
    ask_result result = {.fault = {.at = QUERY_NOWHERE}};
    double began = now();
    fit_to_terminal(s);
    asked = freshen(s, &failure);
    if (asked == CD_OK) asked = parameters_of(s, more, &parameters, &failure);
    if (asked == CD_OK) {
        if (s->plan && !asks_for_plan(query)) show_plan(s, query, &parameters);
        s->options.progress = terminal_begin_part();
        asked = ask(s->store, s->reader, query, &parameters, &s->options, s->out, &result, &failure);
        terminal_end_part();
    }
    if (asked == CD_ESTOPPED && terminal_stopped_by() && terminal_stopped_by() != SIGINT)
        st = cd_fail(err, CD_ESTOPPED, "stopped");
    else if (asked != CD_OK)
        st = complain_of(s, query, &result, &failure, err);
    else if (s->timing)
        cd_buffer_printf(s->out, "%.2f ms\n", (now() - began) * 1e3);
    if (st == CD_OK) st = shell_write(s, err);
    if (asked == CD_OK && result.remark[0]) fprintf(stderr, "candour: %s\n", result.remark);
    ask_parameters_release(&parameters);
    return st;
}
