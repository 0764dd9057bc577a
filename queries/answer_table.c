/* SPDX-License-Identifier: GPL-3.0-or-later
 * answer_table.c: columns that grow, and the four ways to write them. */
#include "queries/answer_table.h"

#include <stdarg.h>
#include <stdio.h>

#include "queries/answer.h"
#include "queries/cell_out.h"

enum { MUCH = 1 << 20 };

static bool is_text(candour_type type) { return type == CANDOUR_TEXT || type == CANDOUR_ID; }

static size_t size_of(candour_type type)
{
    return is_text(type) ? sizeof(cd_slice) : type == CANDOUR_REAL ? sizeof(double) : sizeof(int64_t);
}

void answer_table_release(answer_table *t)
{
    for (uint32_t c = 0; c < t->n_columns; c++) cd_free(t->values[c]);
    cd_arena_release(&t->arena);
    *t = (answer_table){0};
}

bool answer_column(answer_table *t, const char *name, candour_type type)
{
    if (t->n_columns == ANSWER_COLUMNS) return false;
    t->name[t->n_columns] = name;
    t->type[t->n_columns++] = type;
    return true;
}

/* Where the next cell goes, or NULL. */
static void *cell(answer_table *t)
{
    uint32_t c = t->next;
    size_t size = size_of(t->type[c]);
    if (t->status == CD_OK) t->status = cd_grow(&t->values[c], &t->cap[c], t->n_rows + 1, size, NULL);
    if (t->status != CD_OK) return NULL;
    void *at = (char *)t->values[c] + t->n_rows * size;
    t->next = (c + 1) % t->n_columns;
    t->n_rows += t->next == 0;
    return at;
}

void answer_text(answer_table *t, cd_slice text)
{
    cd_slice *at = cell(t);
    if (at) *at = text;
}

void answer_words(answer_table *t, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    char *copy = t->status == CD_OK ? cd_arena_copy(&t->arena, text, length, NULL) : NULL;
    if (!copy) t->status = CD_EMEMORY;
    answer_text(t, (cd_slice){copy, (uint32_t)length});
}

void answer_whole(answer_table *t, int64_t value)
{
    int64_t *at = cell(t);
    if (at) *at = value;
}

void answer_real(answer_table *t, double value)
{
    double *at = cell(t);
    if (at) *at = value;
}

void answer_buffer(answer_table *t, cd_buffer *text)
{
    char *copy = text->n && text->status == CD_OK ? cd_arena_copy(&t->arena, text->bytes, text->n, NULL) : NULL;
    if (text->status != CD_OK || (text->n && !copy)) t->status = CD_EMEMORY;
    answer_text(t, (cd_slice){copy, copy ? (uint32_t)text->n : 0});
    cd_buffer_release(text);
}

/* ---- Forms ---- */

static candour_values column(const answer_table *t, uint32_t c)
{
    candour_values v = {0};
    if (is_text(t->type[c]))
        v.text = t->values[c];
    else if (t->type[c] == CANDOUR_REAL)
        v.real = t->values[c];
    else
        v.integer = t->values[c];
    return v;
}

static cd_status check(const answer_table *t, cd_err *err)
{
    return t->status == CD_OK ? CD_OK : cd_fail(err, t->status, "out of memory while making the answer");
}

cd_status answer_say(const answer_table *t, size_t n, report *r, cd_err *err)
{
    cd_status st = check(t, err);
    char heads[2048];
    size_t at = 0;
    print_table table = {0};
    if (st != CD_OK) return st;
    for (uint32_t c = 0; c < t->n_columns && at + 256 < sizeof heads; c++) {
        bool right = t->type[c] == CANDOUR_INTEGER || t->type[c] == CANDOUR_REAL;
        at += (size_t)snprintf(heads + at, sizeof heads - at, "%s%s", c ? "," : "", right ? ">" : "");
        at += cell_head(t->name[c], heads + at, sizeof heads - at);
    }
    print_table_heads(&table, heads);
    for (size_t row = 0; row < n && st == CD_OK; row++)
        for (uint32_t c = 0; c < t->n_columns && st == CD_OK; c++) {
            const candour_values v = column(t, c);
            st = cell_plain(&table, t->type[c], &v, row, err);
        }
    cd_status ended = report_table(r, &table, st == CD_OK ? err : NULL);
    return st == CD_OK ? ended : st;
}

cd_status answer_csv(const answer_table *t, size_t n, cd_buffer *out, cd_err *err)
{
    cd_status st = check(t, err);
    for (uint32_t c = 0; c < t->n_columns && st == CD_OK; c++)
        cd_buffer_printf(out, "%s%s", t->name[c], c + 1 < t->n_columns ? "," : "\n");
    for (size_t row = 0; row < n && st == CD_OK; row++) {
        for (uint32_t c = 0; c < t->n_columns; c++) {
            const candour_values v = column(t, c);
            cell_csv(out, t->type[c], &v, row);
            cd_buffer_printf(out, "%s", c + 1 < t->n_columns ? "," : "\n");
        }
        if (out->n > MUCH) st = answer_write(out, "the answer", err);
    }
    return st;
}

static const char *type_name(candour_type type)
{
    switch (type) {
    case CANDOUR_ID: return "id";
    case CANDOUR_INTEGER: return "integer";
    case CANDOUR_REAL: return "real";
    case CANDOUR_BOOLEAN: return "boolean";
    case CANDOUR_TIME: return "time";
    case CANDOUR_MONTH: return "month";
    case CANDOUR_TEXT: break;
    }
    return "text";
}

cd_status answer_json(const answer_table *t, size_t n, cd_buffer *out, cd_err *err)
{
    cd_status st = check(t, err);
    if (st != CD_OK) return st;
    cd_buffer_printf(out, "\"columns\": [");
    for (uint32_t c = 0; c < t->n_columns; c++)
        cd_buffer_printf(out, "%s{\"name\": \"%s\", \"type\": \"%s\"}", c ? ", " : "", t->name[c],
                         type_name(t->type[c]));
    cd_buffer_printf(out, "],\n \"rows\": [");
    for (size_t row = 0; row < n; row++) {
        cd_buffer_printf(out, row ? ",\n  [" : "\n  [");
        for (uint32_t c = 0; c < t->n_columns; c++) {
            const candour_values v = column(t, c);
            if (c) cd_buffer_printf(out, ", ");
            CD_TRY(cell_json(out, t->type[c], &v, row, err));
        }
        cd_buffer_printf(out, "]");
        if (out->n > MUCH) CD_TRY(answer_write(out, "the answer", err));
    }
    cd_buffer_printf(out, n ? "\n ]" : "]");
done:
    return st;
}
