/* SPDX-License-Identifier: GPL-3.0-or-later
 * yaml.c: libcyaml says first what is wrong, then a trace that begins with the innermost place. */
#include "engine/base/yaml.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"

void cd_yaml_listen(cyaml_log_t level, void *context, const char *format, va_list args)
{
    cd_yaml_said *s = context;
    char line[256];
    (void)level;
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\n")] = '\0';
    const char *at = strstr(line, "(line: ");
    if (at && !s->where[0]) snprintf(s->where, sizeof s->where, "%.*s", (int)strcspn(at + 1, ")"), at + 1);
    const char *text = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
    if (!s->what[0] && !at && !strstr(text, "Backtrace")) snprintf(s->what, sizeof s->what, "%.150s", text);
}

void *cd_yaml_memory(void *context, void *p, size_t n)
{
    (void)context;
    if (n > 0) return cd_realloc(p, n, 1, NULL);
    cd_free(p);
    return NULL;
}
