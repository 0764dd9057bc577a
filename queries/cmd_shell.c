/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_shell.c: `candour shell`: statements one after another, from a terminal or from standard input. A statement ends
 * with `;` or with an empty line; a line that begins with `\` is a command. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "queries/answer.h"
#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/shell.h"

typedef struct {
    shell shell;
    shell_editor *editor; /* NULL: standard input as it comes */
    cd_buffer text;       /* of the statement that is being written */
    char *line;           /* of getline */
    size_t cap;
} session;

static cd_slice written(const session *s)
{
    return (cd_slice){s->text.bytes ? s->text.bytes : "", (uint32_t)s->text.n};
}

/* The next line with its end, or nothing at the end. */
static cd_status next_line(session *s, cd_slice *line, bool *dropped, cd_err *err)
{
    *dropped = false;
    if (s->editor) return shell_editor_line(s->editor, written(s), line, dropped, err);
    ssize_t n = getline(&s->line, &s->cap, stdin);
    *line = n > 0 ? (cd_slice){s->line, (uint32_t)n} : (cd_slice){0};
    if (n < 0 && ferror(stdin)) return cd_fail(err, CD_ESYSTEM, "cannot read standard input");
    return CD_OK;
}

/* Asks the first n bytes of what was written, and takes them away. */
static cd_status ask_first(session *s, uint32_t n, cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice statement = {s->text.bytes, n};
    while (statement.n && (unsigned char)statement.bytes[0] <= ' ') statement.bytes++, statement.n--; /* its lines count from its own first */
    if (!shell_is_blank(statement)) {
        if (s->editor) shell_editor_remember(s->editor, statement);
        s->shell.last.n = 0;
        cd_buffer_add(&s->shell.last, statement.bytes, statement.n);
        if (s->shell.last.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory"));
        CD_TRY(shell_ask(&s->shell, statement, (cd_slice){0}, err));
    }
    memmove(s->text.bytes, s->text.bytes + n, s->text.n - n);
    s->text.n -= n;
done:
    return st;
}

static cd_slice without_end(cd_slice line)
{
    while (line.n &&
           (line.bytes[line.n - 1] == '\n' || line.bytes[line.n - 1] == '\r' || line.bytes[line.n - 1] == ' '))
        line.n--;
    while (line.n && (line.bytes[0] == ' ' || line.bytes[0] == '\t')) line.bytes++, line.n--;
    return line;
}

/* What people type who do not know yet: taken for the command. */
static bool is_plain_command(cd_slice line)
{
    static const char *const words[] = {"quit", "exit", "help", "quit;", "exit;", "help;"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (line.n == strlen(words[i]) && strncasecmp(line.bytes, words[i], line.n) == 0) return true;
    return false;
}

static cd_status run_command(session *s, cd_slice line, cd_err *err)
{
    if (s->editor) shell_editor_remember(s->editor, line);
    if (line.bytes[0] == '\\') return shell_command(&s->shell, line, err);
    return shell_command(&s->shell, cd_slice_of(line.bytes[0] == 'h' || line.bytes[0] == 'H' ? "\\help" : "\\quit"),
                         err);
}

static cd_status take_line(session *s, cd_slice line, cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice words = without_end(line);
    if (shell_is_blank(written(s))) {
        if (words.n && (words.bytes[0] == '\\' || is_plain_command(words))) {
            s->text.n = 0;
            return run_command(s, words, err);
        }
    } else if (words.n == 0) {
        return ask_first(s, (uint32_t)s->text.n, err);
    }
    cd_buffer_add(&s->text, line.bytes, line.n);
    if (s->text.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory"));
    for (uint32_t n; !s->shell.done && (n = shell_statement(written(s))) > 0;) CD_TRY(ask_first(s, n, err));
    if (shell_is_blank(written(s))) s->text.n = 0;
done:
    return st;
}

static cd_status converse(session *s, cd_err *err)
{
    cd_status st = CD_OK;
    while (!s->shell.done) {
        cd_slice line;
        bool dropped;
        CD_TRY(next_line(s, &line, &dropped, err));
        if (dropped)
            s->text.n = 0;
        else if (line.n)
            CD_TRY(take_line(s, line, err));
        else
            break;
    }
    if (!s->shell.done && !shell_is_blank(written(s))) CD_TRY(ask_first(s, (uint32_t)s->text.n, err));
done:
    return st;
}

static cd_status welcome(session *s, cd_err *err)
{
    cd_buffer_printf(s->shell.out, "candour %s on %s: \\help says what can be asked, \\quit leaves\n", CANDOUR_VERSION,
                     s->shell.path);
    return answer_write(s->shell.out, "the answer", err);
}

static cd_status read_options(const cli_run *run, ask_options *out, cd_err *err)
{
    cd_status st = CD_OK;
    out->memory_bytes = (size_t)1 << 30;
    CD_TRY(cli_bytes(run, "memory", &out->memory_bytes, err));
    CD_TRY(cli_threads(run, &out->threads, err));
    CD_TRY(cli_real(run, "timeout", 0, 1e9, &out->timeout_seconds, err));
    out->path = run->arguments[0];
done:
    return st;
}

cd_status cmd_shell(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    session s = {.shell = {.path = run->arguments[0], .out = &run->out}};
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    CD_TRY(read_options(run, &s.shell.options, err));
    CD_TRY(cmd_open_store(run, &s.shell.store, err));
    CD_TRY(candour_reader_open(s.shell.store, &s.shell.reader, err));
    s.shell.terminal = terminal;
    s.shell.untrusted = cli_given(run, "untrusted");
    s.shell.options.held = terminal;
    if (terminal) {
        CD_TRY(shell_editor_new(&s.shell, &s.editor, err));
        CD_TRY(welcome(&s, err));
    }
    CD_TRY(converse(&s, err));
    if (terminal && !s.shell.done) cd_buffer_printf(&run->out, "\n"); /* behind Ctrl-D */
    if (s.shell.failed && !terminal) run->exit_status = EXIT_USAGE;
done:
    shell_editor_free(s.editor);
    cd_buffer_release(&s.text);
    cd_buffer_release(&s.shell.last);
    cd_buffer_release(&s.shell.parameters);
    free(s.line); /* getline's own */
    candour_reader_close(s.shell.reader);
    cmd_close_store(run, s.shell.store);
    return st;
}
