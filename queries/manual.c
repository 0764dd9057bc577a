/* SPDX-License-Identifier: GPL-3.0-or-later
 * manual.c: the command table as manual pages. No date stands in them: the same sources make the same bytes. */
#include <stdio.h>
#include <string.h>

#include "engine/candour.h"
#include "queries/help.h"

/* Text for troff: what it would take for an order is escaped. */
static void troff(cd_buffer *out, const char *text)
{
    bool line_start = true;
    for (const char *c = text; *c; c++) {
        if (line_start && (*c == '.' || *c == '\'')) cd_buffer_printf(out, "\\&");
        if (*c == '\\') cd_buffer_printf(out, "\\e");
        else if (*c == '-') cd_buffer_printf(out, "\\-");
        else if (*c == '`') cd_buffer_printf(out, "\\(ga");
        else if (*c == '\'') cd_buffer_printf(out, "\\(aq");
        else if (*c == '\n' && c[1] == '\n') cd_buffer_printf(out, "\n.PP\n"), c++;
        else cd_buffer_add(out, c, 1);
        line_start = *c == '\n';
    }
    cd_buffer_printf(out, "\n");
}

static void head(cd_buffer *out, const char *page, const char *summary)
{
    cd_buffer_printf(out, ".TH ");
    for (const char *c = page; *c; c++) cd_buffer_printf(out, "%c", *c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    cd_buffer_printf(out, " 1 \"\" \"candour %s\" \"candour manual\"\n.SH NAME\n", CANDOUR_VERSION);
    cd_buffer_printf(out, "%s \\- ", page);
    troff(out, summary);
}

static void exits(cd_buffer *out)
{
    cd_buffer_printf(out, ".SH \"EXIT STATUS\"\n");
    for (const help_exit *e = help_exits; e->meaning; e++) {
        cd_buffer_printf(out, ".TP\n.B %d\n", e->status);
        troff(out, e->meaning);
    }
}

static void example(cd_buffer *out, const char *line)
{
    cd_buffer_printf(out, ".SH EXAMPLE\n.nf\n");
    troff(out, line);
    cd_buffer_printf(out, ".fi\n");
}

void manual_command(const cli_command *c, cd_buffer *out)
{
    char page[64] = "candour-";
    strncat(page, c->name, sizeof page - strlen(page) - 1);
    head(out, page, c->summary);
    cd_buffer_printf(out, ".SH SYNOPSIS\n.B candour %s\n[\\fIOPTION\\fR...]", c->name);
    for (size_t i = 0; i < CLI_MAX_ARGUMENTS && c->arguments[i].name; i++) {
        const cli_argument *a = &c->arguments[i];
        cd_buffer_printf(out, a->optional ? " [\\fI%s\\fR%s]" : " \\fI%s\\fR%s", a->name, a->many ? "..." : "");
    }
    cd_buffer_printf(out, "\n");
    if (c->about) {
        cd_buffer_printf(out, ".SH DESCRIPTION\n");
        troff(out, c->about);
    }
    if (c->file) {
        cd_buffer_printf(out, ".PP\n.nf\n");
        troff(out, c->file);
        cd_buffer_printf(out, ".fi\n");
    }
    cd_buffer_printf(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < CLI_MAX_ARGUMENTS && c->arguments[i].name; i++) {
        cd_buffer_printf(out, ".TP\n.I %s\n", c->arguments[i].name);
        troff(out, c->arguments[i].about);
    }
    for (size_t i = 0; i < CLI_MAX_OPTIONS && c->options[i].name; i++) {
        const cli_option *o = &c->options[i];
        cd_buffer_printf(out, ".TP\n\\fB\\-\\-");
        for (const char *p = o->name; *p; p++) cd_buffer_printf(out, *p == '-' ? "\\-" : "%c", *p);
        cd_buffer_printf(out, o->argument ? "\\fR \\fI%s\\fR\n" : "\\fR\n", o->argument);
        char about[512];
        snprintf(about, sizeof about, o->fallback ? "%s (default: %s)" : "%s", o->about, o->fallback);
        troff(out, about);
    }
    example(out, c->example);
    exits(out);
    cd_buffer_printf(out, ".SH \"SEE ALSO\"\n.BR candour (1)\n");
}

void manual_program(cd_buffer *out)
{
    head(out, "candour", "graph analytics over police association and access records");
    cd_buffer_printf(out, ".SH SYNOPSIS\n.B candour\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n.SH DESCRIPTION\n");
    troff(out, "Reads the records a police force lawfully holds as one graph of officers against everything they touch, kept "
               "in a store: a folder of HDF5 files that survives a crash at any byte, and in which every row knows the "
               "file and the line it came from.\n\n"
               "Answers go to standard output, everything else to standard error. Where progress is shown, it is shown on "
               "a terminal alone. A result depends on the data and the version: never on the number of threads, the order "
               "of loading, the clock or the locale.");
    cd_buffer_printf(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < cli_n_commands(); i++) {
        if (cli_command_at(i)->hidden) continue;
        cd_buffer_printf(out, ".TP\n.BR candour\\-%s (1)\n", cli_command_at(i)->name);
        troff(out, cli_command_at(i)->summary);
    }
    cd_buffer_printf(out, ".TP\n.B \\-\\-version\n");
    troff(out, "print the version and how this program was built");
    example(out, "candour load force --into met.candour");
    exits(out);
}
