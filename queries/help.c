/* SPDX-License-Identifier: GPL-3.0-or-later
 * help.c: help as people read it, printed from the table: one sentence, one real example, then the rest. */
#include "queries/help.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 96 };

const help_exit help_exits[] = {
    {EXIT_DONE, "it is done"},
    {EXIT_FAILED, "it failed: the system refused, or what was handed over cannot be read"},
    {EXIT_USAGE, "the command line asks for what does not exist"},
    {EXIT_REJECTS, "loaded, but some rows were rejected: they are in the load's rejects.csv"},
    {EXIT_DAMAGED, "the store is damaged, or of a version that this program does not read"},
    {EXIT_BUSY, "another load or compaction holds the store"},
    {EXIT_INTERRUPTED, "stopped by Ctrl-C, with everything left as it was (143 when terminated)"},
    {0, NULL},
};

/* `text` in lines of at most WIDTH columns, each after `indent` spaces; the first stands at column `at` already. */
static void wrapped(cd_buffer *out, const char *text, size_t indent, size_t at)
{
    bool first = true;
    if (at > indent) cd_buffer_add(out, "\n", 1), at = 0;
    while (*text) {
        size_t n = strcspn(text, " \n");
        if (!first && at + 1 + n > WIDTH) cd_buffer_add(out, "\n", 1), at = 0, first = true;
        if (first) cd_buffer_printf(out, "%*s", (int)(indent - at), ""), at = indent;
        else cd_buffer_add(out, " ", 1), at++;
        cd_buffer_add(out, text, n);
        at += n, text += n, first = false;
        text += strspn(text, " \n");
    }
    cd_buffer_add(out, "\n", 1);
}

static void paragraphs(cd_buffer *out, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t n = end ? (size_t)(end - text) : strlen(text);
        char one[2048];
        snprintf(one, sizeof one, "%.*s", (int)n, text);
        cd_buffer_add(out, "\n", 1);
        wrapped(out, one, 0, 0);
        text += end ? n + 2 : n;
    }
}

static void usage(const cli_command *c, cd_buffer *out)
{
    cd_buffer_printf(out, "usage: candour %s%s", c->name, c->options[0].name ? " [OPTION...]" : "");
    for (size_t i = 0; i < CLI_MAX_ARGUMENTS && c->arguments[i].name; i++) {
        const cli_argument *a = &c->arguments[i];
        cd_buffer_printf(out, a->optional ? " [%s%s]" : " %s%s", a->name, a->many ? "..." : "");
    }
    cd_buffer_printf(out, "\n");
}

void help_command(const cli_command *c, cd_buffer *out)
{
    enum { INDENT = 24 };
    cd_buffer_printf(out, "candour %s: %s\n\n    %s\n\n", c->name, c->summary, c->example);
    usage(c, out);
    for (size_t i = 0; i < CLI_MAX_ARGUMENTS && c->arguments[i].name; i++) {
        size_t before = out->n;
        cd_buffer_printf(out, "  %-*s", INDENT - 2, c->arguments[i].name);
        wrapped(out, c->arguments[i].about, INDENT, out->n - before);
    }
    cd_buffer_printf(out, "\noptions:\n");
    for (size_t i = 0; i < CLI_MAX_OPTIONS && c->options[i].name; i++) {
        const cli_option *o = &c->options[i];
        char about[512];
        size_t before = out->n;
        cd_buffer_printf(out, "  --%s%s%s ", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
        size_t at = out->n - before;
        if (at < INDENT) cd_buffer_printf(out, "%*s", (int)(INDENT - at), ""), at = INDENT;
        snprintf(about, sizeof about, o->fallback ? "%s (default: %s)" : "%s", o->about, o->fallback);
        wrapped(out, about, INDENT, at);
    }
    cd_buffer_printf(out, "  --%-*s%s\n", INDENT - 4, "help", "this text");
    if (c->about) paragraphs(out, c->about);
    if (c->file) cd_buffer_printf(out, "\n");
    for (const char *line = c->file; line && *line; line += strcspn(line, "\n") + 1)
        cd_buffer_printf(out, "    %.*s\n", (int)strcspn(line, "\n"), line);
}

void help_list(cd_buffer *out)
{
    cd_buffer_printf(out, "candour: reads the records a police force lawfully holds as one graph of officers and what they touch.\n\n"
                          "    candour load force --into met.candour\n\n"
                          "usage: candour COMMAND [OPTION...] [ARGUMENT...]\n\n"
                          "commands:\n");
    for (size_t i = 0; i < cli_n_commands(); i++)
        if (!cli_command_at(i)->hidden) cd_buffer_printf(out, "  %-10s%s\n", cli_command_at(i)->name, cli_command_at(i)->summary);
    cd_buffer_printf(out, "\n`candour COMMAND --help` tells more, and so does `man candour-COMMAND`.\n");
}
