/* SPDX-License-Identifier: GPL-3.0-or-later
 * help.h: what the command table says of itself: help on the terminal, manual pages, completion. */
#ifndef QUERIES_HELP_H
#define QUERIES_HELP_H

#include "queries/command.h"

void help_list(cd_buffer *out);                              /* `candour --help` */
void help_command(const cli_command *command, cd_buffer *out); /* `candour load --help` */

void manual_program(cd_buffer *out);                         /* candour(1), in troff's man macros */
void manual_command(const cli_command *command, cd_buffer *out); /* candour-load(1) */
void completion_bash(cd_buffer *out);

/* The exit statuses, as the manual tells them; ends with {0, NULL}. */
typedef struct {
    int status;
    const char *meaning;
} help_exit;
extern const help_exit help_exits[];

#endif
