/* SPDX-License-Identifier: GPL-3.0-or-later
 * weights_in.c: an id and a number a line. A line break within an id's quotes is refused: no store takes such an id. */
#include "queries/weights_in.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *path;
    uint64_t number;
    char *text;
    size_t n;
} text_line;

static cd_status wrong(const text_line *line, const char *why, cd_err *err)
{
    return cd_fail(err, CD_EINPUT,
                   "'%s' line %llu: %s; a line is an id, a comma and a number, under the header id,weight", line->path,
                   (unsigned long long)line->number, why);
}

/* Takes the id from the front of the line, its quotes off, in place; NULL where there is none before a comma. */
static char *take_id(char *text, char **rest)
{
    if (*text != '"') {
        char *comma = strchr(text, ',');
        if (!comma || comma == text) return NULL;
        *comma = 0, *rest = comma + 1;
        return text;
    }
    char *from = text + 1, *to = text;
    for (;; from++) {
        if (*from == 0) return NULL;
        if (*from == '"' && *++from != '"') break;
        *to++ = *from;
    }
    if (*from != ',' || to == text) return NULL;
    *to = 0, *rest = from + 1;
    return text;
}

static cd_status read_line(const text_line *line, weight_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    char *rest, *end;
    const char *id = take_id(line->text, &rest);
    if (!id) return wrong(line, "no id before a comma", err);
    double value = strtod(rest, &end);
    if (end == rest || *end || !isfinite(value)) return wrong(line, "no number after the comma", err);
    CD_TRY(cd_grow(&out->at, &out->cap, out->n + 1, sizeof *out->at, err));
    id = cd_arena_copy(&out->ids, id, strlen(id), err);
    if (!id) return CD_EMEMORY;
    out->at[out->n++] = (candour_weight){.id = id, .weight = value};
done:
    return st;
}

cd_status weights_read(const char *path, weight_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    text_line line = {.path = path};
    ssize_t got;
    FILE *file = fopen(path, "r");
    if (!file) return cd_fail(err, CD_ESYSTEM, "cannot open '%s': %s", path, strerror(errno));
    while ((got = getline(&line.text, &line.n, file)) >= 0) {
        line.number++;
        if (strlen(line.text) != (size_t)got) CD_TRY(wrong(&line, "a byte of zero", err));
        line.text[strcspn(line.text, "\r\n")] = 0;
        if (line.number > 1) CD_TRY(read_line(&line, out, err));
        else if (strcmp(line.text, "id,weight") != 0) CD_TRY(wrong(&line, "another header", err));
    }
    if (ferror(file)) CD_TRY(cd_fail(err, CD_ESYSTEM, "cannot read '%s': %s", path, strerror(errno)));
    if (line.number++ == 0) CD_TRY(wrong(&line, "nothing in it", err));
done:
    free(line.text); /* getline's own */
    fclose(file);
    return st;
}

void weights_release(weight_list *w)
{
    cd_free(w->at);
    cd_arena_release(&w->ids);
    *w = (weight_list){0};
}
