/* SPDX-License-Identifier: GPL-3.0-or-later
 * shell_editor.c: the line editor, which alone sees libedit: prompts, keys, history and how completions are shown. */
#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "queries/shell.h"

enum { KEPT = 2000 };

struct shell_editor {
    shell *shell;
    EditLine *line;
    History *history;
    char *path;     /* of the history; NULL where it has no place */
    cd_slice begun; /* the lines before this one */
    bool dropped;
};

/* ---- History ---- */

/* $XDG_STATE_HOME/candour/history, or in ~/.local/state; its folders are made. For cd_free; NULL: nowhere, and nothing
 * is kept. */
static char *history_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool own = state && *state == '/';
    if (!own && !(home && *home == '/')) return NULL;
    size_t n = strlen(own ? state : home) + 64;
    char *path = cd_alloc(n, 1, NULL);
    if (!path) return NULL;
    snprintf(path, n, "%s%s/candour/history", own ? state : home, own ? "" : "/.local/state");
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    return path;
}

void shell_editor_remember(shell_editor *e, cd_slice statement)
{
    cd_buffer flat = {0};
    HistEvent event;
    shell_flatten(statement, &flat);
    cd_buffer_add(&flat, "", 1);
    if (flat.status == CD_OK && flat.n > 1) history(e->history, &event, H_ENTER, flat.bytes);
    cd_buffer_release(&flat);
}

/* ---- Completion ---- */

static size_t shared_length(const char *const *words, size_t n)
{
    size_t shared = strlen(words[0]);
    for (size_t i = 1; i < n; i++) {
        size_t k = 0;
        while (k < shared && words[i][k] == words[0][k]) k++;
        shared = k;
    }
    return shared;
}

/* In columns below the line. */
static void list_words(const char *const *words, size_t n)
{
    enum { MOST = 120 };
    struct winsize size;
    size_t width = 80, widest = 0, shown = n < MOST ? n : MOST;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col) width = size.ws_col;
    for (size_t i = 0; i < shown; i++)
        if (strlen(words[i]) > widest) widest = strlen(words[i]);
    size_t per_line = width / (widest + 2) ? width / (widest + 2) : 1;
    putchar('\n');
    for (size_t i = 0; i < shown; i++) {
        bool last = (i + 1) % per_line == 0 || i + 1 == shown;
        printf("%-*s%s", last ? 0 : (int)widest + 2, words[i], last ? "\n" : "");
    }
    if (shown < n) printf("... and more\n");
    fflush(stdout);
}

static unsigned char complete(EditLine *line, wint_t key)
{
    shell_editor *e;
    (void)key;
    el_get(line, EL_CLIENTDATA, &e);
    const LineInfo *info = el_line(line);
    size_t on_line = (size_t)(info->cursor - info->buffer);
    cd_buffer before = {0};
    cd_arena arena = {0};
    cd_err err = {0};
    uint32_t from;
    const char **words;
    size_t n = 0;
    unsigned char result = CC_REFRESH_BEEP;
    cd_buffer_add(&before, e->begun.bytes, e->begun.n);
    cd_buffer_add(&before, info->buffer, on_line);
    cd_slice text = {before.bytes ? before.bytes : "", (uint32_t)before.n};
    if (before.status == CD_OK && shell_complete(e->shell, text, &arena, &from, &words, &n, &err) == CD_OK && n > 0) {
        size_t shared = shared_length(words, n), written = text.n - from;
        if (shared > written || n == 1) {
            char *rest = cd_arena_copy(&arena, words[0], shared, &err);
            int characters = 0;
            for (size_t i = from; i < text.n; i++) characters += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
            el_deletestr(line, characters); /* its case may be another */
            result = rest && el_insertstr(line, rest) == 0 ? CC_REFRESH : CC_REFRESH_BEEP;
        } else {
            list_words(words, n);
            result = CC_REDISPLAY;
        }
    }
    cd_arena_release(&arena);
    cd_buffer_release(&before);
    return result;
}

/* ---- Keys and prompts ---- */

static unsigned char drop(EditLine *line, wint_t key)
{
    shell_editor *e;
    (void)key;
    el_get(line, EL_CLIENTDATA, &e);
    e->dropped = true;
    printf("^C\n");
    fflush(stdout);
    return CC_EOF;
}

static unsigned char suspend(EditLine *line, wint_t key)
{
    (void)key;
    el_set(line, EL_PREP_TERM, 0);
    raise(SIGTSTP);
    el_set(line, EL_PREP_TERM, 1);
    return CC_REDISPLAY;
}

/* Between a line and the query in it Ctrl-C has nothing to stop; it must not end the shell. */
static void nothing_to_stop(int number) { (void)number; }

static char *prompt(EditLine *line)
{
    static char first[] = "candour> ", further[] = "     ... ";
    shell_editor *e;
    el_get(line, EL_CLIENTDATA, &e);
    return e->begun.n ? further : first;
}

/* Text in any language is typed and shown as it is. */
static void speak_utf8(void)
{
    const char *set = setlocale(LC_CTYPE, "");
    if (!set || strcmp(set, "C") == 0 || strcmp(set, "POSIX") == 0) setlocale(LC_CTYPE, "C.UTF-8");
}

cd_status shell_editor_new(shell *s, shell_editor **out, cd_err *err)
{
    cd_status st = CD_OK;
    HistEvent event;
    shell_editor *e = NULL;
    struct sigaction stop = {.sa_handler = nothing_to_stop, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &stop, NULL);
    speak_utf8();
    CD_NEW(e, 1);
    e->shell = s;
    e->line = el_init("candour", stdin, stdout, stderr);
    e->history = history_init();
    if (!e->line || !e->history) CD_TRY(cd_fail(err, CD_EMEMORY, "the line editor does not start"));
    e->path = history_path();
    history(e->history, &event, H_SETSIZE, KEPT);
    history(e->history, &event, H_SETUNIQUE, 1);
    if (e->path) history(e->history, &event, H_LOAD, e->path);
    el_set(e->line, EL_CLIENTDATA, e);
    el_set(e->line, EL_PROMPT, prompt);
    el_set(e->line, EL_EDITOR, "emacs");
    el_set(e->line, EL_HIST, history, e->history);
    el_set(e->line, EL_SIGNAL, 1);
    /* el_set would keep copies of these names for ever */
    el_wset(e->line, EL_ADDFN, L"candour-complete", L"complete the word", complete);
    el_wset(e->line, EL_ADDFN, L"candour-drop", L"drop what was written", drop);
    el_wset(e->line, EL_ADDFN, L"candour-suspend", L"stop for a while", suspend);
    el_set(e->line, EL_BIND, "^I", "candour-complete", NULL);
    el_set(e->line, EL_BIND, "^C", "candour-drop", NULL);
    el_set(e->line, EL_BIND, "^Z", "candour-suspend", NULL);
    el_set(e->line, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(e->line, EL_BIND, "^@", "ed-ignore", NULL); /* a Ctrl-D typed before the prompt comes as this */
    el_source(e->line, NULL);                       /* what people have in ~/.editrc */
    el_set(e->line, EL_SETTY, "-d", "-isig", NULL); /* so that Ctrl-C is a key while a line is written */
    *out = e, e = NULL;
done:
    shell_editor_free(e);
    return st;
}

void shell_editor_free(shell_editor *e)
{
    HistEvent event;
    if (!e) return;
    if (e->path && e->history) {
        mode_t mask = umask(0077); /* queries name people */
        history(e->history, &event, H_SAVE, e->path);
        umask(mask);
    }
    if (e->history) history_end(e->history);
    if (e->line) el_end(e->line);
    cd_free(e->path);
    cd_free(e);
}

cd_status shell_editor_line(shell_editor *e, cd_slice begun, cd_slice *line, bool *dropped, cd_err *err)
{
    int n = 0;
    (void)err;
    e->begun = begun;
    e->dropped = false;
    const char *bytes = el_gets(e->line, &n);
    *dropped = e->dropped;
    *line = (cd_slice){0};
    if (bytes && n > 0 && !e->dropped) *line = (cd_slice){bytes, (uint32_t)n};
    return CD_OK;
}
