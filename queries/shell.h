/* SPDX-License-Identifier: GPL-3.0-or-later
 * shell.h: what the files of `candour shell` share. It reads statements from a terminal, with libedit, or from standard
 * input, and keeps the store open between them; a statement is asked of the snapshot that is current then. */
#ifndef QUERIES_SHELL_H
#define QUERIES_SHELL_H

#include "queries/ask.h"

typedef struct {
    const char *path; /* of the store */
    candour_store *store;
    candour_reader *reader;
    ask_options options;
    cd_buffer *out;       /* what is said, until it is written */
    cd_buffer parameters; /* those of \param as they were written, each ended by CLI_APART */
    cd_buffer last;       /* the query asked last, for \save */
    bool terminal;        /* people read it */
    bool untrusted;       /* the store was checked whole when it was opened */
    bool timing, plan;
    bool done, failed; /* it was told to end; something went wrong before */
} shell;

/* ---- Statements ---- */

/* The bytes of the first statement of a text, its `;` included; 0 where it has not ended. */
uint32_t shell_statement(cd_slice text);
/* Nothing but spaces, comments and `;`. */
bool shell_is_blank(cd_slice text);
/* On one line and without comments, for the history. */
void shell_flatten(cd_slice text, cd_buffer *out);

/* ---- Doing ---- */

/* Asks and shows; what is wrong with it is said too. Anything but CD_OK ends the shell. `more`: parameters over those
 * of the session, as `$name=VALUE $name=VALUE`. */
CD_CHECKED cd_status shell_ask(shell *s, cd_slice query, cd_slice more, cd_err *err);
/* Runs a line that begins with `\`. */
CD_CHECKED cd_status shell_command(shell *s, cd_slice line, cd_err *err);
/* Says what is in s->out: at once, or on a terminal through a pager where it is more than fits. */
CD_CHECKED cd_status shell_write(shell *s, cd_err *err);
/* A failure that the shell outlives. */
CD_CHECKED cd_status shell_complain(shell *s, cd_err *failure, cd_err *err);

/* The commands by name, for help and completion; NULL behind the last. */
const char *shell_command_name(uint32_t i);

/* ---- Completion ---- */

/* What may stand in the place of the word that `before` ends with; `*from` is where that word begins. In order, each
 * once. */
CD_CHECKED cd_status shell_complete(const shell *s, cd_slice before, cd_arena *arena, uint32_t *from,
                                    const char ***words, size_t *n, cd_err *err);

/* ---- Editing, on a terminal ---- */

typedef struct shell_editor shell_editor;
CD_CHECKED cd_status shell_editor_new(shell *s, shell_editor **out, cd_err *err);
/* Keeps the history. */
void shell_editor_free(shell_editor *e);
/* A line with its end, or nothing at the end of input. `begun`: what stands in the lines before it; *dropped says that
 * Ctrl-C took all of it back. */
CD_CHECKED cd_status shell_editor_line(shell_editor *e, cd_slice begun, cd_slice *line, bool *dropped, cd_err *err);
void shell_editor_remember(shell_editor *e, cd_slice statement);

#endif
