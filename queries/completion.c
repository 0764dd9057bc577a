/* SPDX-License-Identifier: GPL-3.0-or-later
 * completion.c: the command table as a bash completion: commands, their options, the words an option takes, and files
 * everywhere else. */
#include <string.h>

#include "engine/candour.h"
#include "queries/help.h"

static void table_names(cd_buffer *out)
{
    const candour_ontology *o = candour_ontology_builtin();
    for (uint32_t t = 0; t < o->n_tables; t++) cd_buffer_printf(out, "%s%s", t ? " " : "", o->tables[t].name);
}

static void options_of(const cli_command *c, cd_buffer *out)
{
    cd_buffer_printf(out, "    %s)\n        case $previous in\n", c->name);
    for (size_t i = 0; i < CLI_MAX_OPTIONS && c->options[i].name; i++) {
        const cli_option *o = &c->options[i];
        if (!o->argument) continue;
        cd_buffer_printf(out, "        --%s) ", o->name);
        if (o->values) {
            cd_buffer_printf(out, "COMPREPLY=($(compgen -W \"");
            if (strcmp(o->values, "tables") == 0) table_names(out);
            else cd_buffer_printf(out, "%s", o->values);
            cd_buffer_printf(out, "\" -- \"$word\")); ");
        } else if (strcmp(o->argument, "FOLDER") == 0) cd_buffer_printf(out, "COMPREPLY=($(compgen -d -- \"$word\")); ");
        else if (strcmp(o->argument, "STORE") == 0 || strcmp(o->argument, "FILE") == 0)
            cd_buffer_printf(out, "COMPREPLY=($(compgen -f -- \"$word\")); ");
        cd_buffer_printf(out, "return ;;\n");
    }
    cd_buffer_printf(out, "        esac\n        options=\"");
    for (size_t i = 0; i < CLI_MAX_OPTIONS && c->options[i].name; i++) cd_buffer_printf(out, "--%s ", c->options[i].name);
    cd_buffer_printf(out, "--help\" ;;\n");
}

void completion_bash(cd_buffer *out)
{
    cd_buffer_printf(out, "# bash completion for candour, printed from its command table\n"
                          "_candour() {\n"
                          "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} options=\n"
                          "    COMPREPLY=()\n"
                          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                          "        COMPREPLY=($(compgen -W \"");
    for (size_t i = 0; i < cli_n_commands(); i++)
        if (!cli_command_at(i)->hidden) cd_buffer_printf(out, "%s ", cli_command_at(i)->name);
    cd_buffer_printf(out, "--help --version\" -- \"$word\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < cli_n_commands(); i++)
        if (!cli_command_at(i)->hidden) options_of(cli_command_at(i), out);
    cd_buffer_printf(out, "    esac\n"
                          "    case $word in\n"
                          "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
                          "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
                          "    esac\n"
                          "}\n"
                          "complete -o filenames -F _candour candour\n");
}
