/* SPDX-License-Identifier: GPL-3.0-or-later
 * print.c: numbers, tables and JSON into a buffer; nothing here knows where the buffer goes. */
#include "queries/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/civil.h"

const char *print_count(uint64_t n, char out[PRINT_TEXT])
{
    char digits[PRINT_TEXT];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *p = out;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) *p++ = ',';
        *p++ = digits[i];
    }
    *p = '\0';
    return out;
}

const char *print_size(uint64_t bytes, char out[PRINT_TEXT])
{
    static const char *const unit[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 10000) {
        print_count(bytes, out);
        strcat(out, " B");
        return out;
    }
    double value = (double)bytes / 1000;
    size_t u = 0;
    while (value >= 999.95 && u + 1 < sizeof unit / sizeof *unit) value /= 1000, u++;
    snprintf(out, PRINT_TEXT, "%.1f %s", value, unit[u]);
    return out;
}

const char *print_duration(double seconds, char out[PRINT_TEXT])
{
    if (!(seconds >= 0)) seconds = 0;
    if (seconds > 1e9) seconds = 1e9;
    uint64_t whole = (uint64_t)seconds;
    if (seconds < 9.995) snprintf(out, PRINT_TEXT, "%.2f s", seconds);
    else if (seconds < 59.95) snprintf(out, PRINT_TEXT, "%.1f s", seconds);
    else if (whole < 3600) snprintf(out, PRINT_TEXT, "%" PRIu64 ":%02" PRIu64 " min", whole / 60, whole % 60);
    else snprintf(out, PRINT_TEXT, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " h", whole / 3600, whole / 60 % 60, whole % 60);
    return out;
}

const char *print_time(int64_t seconds, char out[PRINT_TEXT])
{
    if (seconds == CD_NO_TIME) return strcpy(out, "-");
    cd_time_write(seconds, out);
    return out;
}

const char *print_day(int64_t seconds, char out[PRINT_TEXT])
{
    print_time(seconds, out);
    if (seconds != CD_NO_TIME) out[10] = '\0';
    return out;
}

void print_plain(cd_buffer *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        bool steers = (unsigned char)*c < 0x20 || *c == 0x7f;
        cd_buffer_add(out, steers ? "?" : c, 1);
    }
}

/* Columns a text takes on a terminal, near enough: its bytes that do not continue a UTF-8 character. */
static uint32_t width_of(cd_slice text)
{
    uint32_t width = 0;
    for (uint32_t i = 0; i < text.n; i++) width += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
    return width;
}

static void add_cell(print_table *t, const char *text, size_t n)
{
    uint32_t column = t->n_cells % t->n_columns;
    if (t->status == CD_OK) t->status = cd_grow(&t->cells, &t->cap, t->n_cells + 1, sizeof *t->cells, NULL);
    char *copy = t->status == CD_OK ? cd_arena_copy(&t->arena, text, n, NULL) : NULL;
    if (!copy) {
        t->status = CD_EMEMORY;
        return;
    }
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    t->cells[t->n_cells] = (cd_slice){copy, (uint32_t)n};
    uint32_t width = width_of(t->cells[t->n_cells++]);
    if (width > t->width[column]) t->width[column] = width;
}

void print_table_heads(print_table *t, const char *heads)
{
    t->n_columns = 1;
    for (const char *c = heads; *c; c++) t->n_columns += *c == ',';
    for (uint32_t column = 0; column < t->n_columns; column++) {
        if (*heads == '>') t->right[column] = true, heads++;
        size_t n = strcspn(heads, ",");
        add_cell(t, heads, n);
        heads += n + (heads[n] == ',');
    }
}

void print_table_cell(print_table *t, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_cell(t, text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static void pad(cd_buffer *out, uint32_t n)
{
    while (n-- > 0) cd_buffer_add(out, " ", 1);
}

cd_status print_table_end(print_table *t, cd_buffer *out, cd_err *err)
{
    cd_status st = t->status;
    if (st != CD_OK) (void)!cd_fail(err, st, "out of memory while printing a table");
    for (uint32_t i = 0; st == CD_OK && i < t->n_cells; i++) {
        uint32_t column = i % t->n_columns;
        uint32_t missing = t->width[column] - width_of(t->cells[i]);
        bool last = column + 1 == t->n_columns;
        if (t->right[column]) pad(out, missing);
        cd_buffer_add(out, t->cells[i].bytes, t->cells[i].n);
        if (!t->right[column] && !last) pad(out, missing); /* no line ends in spaces */
        cd_buffer_add(out, last ? "\n" : "  ", last ? 1 : 2);
    }
    cd_free(t->cells);
    cd_arena_release(&t->arena);
    *t = (print_table){0};
    return st;
}

static void *json_take(size_t n) { return cd_alloc(n, 1, NULL); }

void print_json_init(void) { json_set_alloc_funcs(json_take, cd_free); }

json_t *print_json_text(const char *text)
{
    json_t *json = json_string(text);
    if (json) return json;
    cd_buffer clean = {0};
    cd_buffer_add(&clean, "", 0);
    while (*text) {
        size_t n = 1;
        json_t *one = NULL;
        for (; n <= 4 && !one && strnlen(text, n) == n; n++) one = json_stringn(text, n);
        if (one) cd_buffer_add(&clean, text, --n);
        else cd_buffer_add(&clean, "\xef\xbf\xbd", 3), n = 1;
        json_decref(one);
        text += n;
    }
    json = clean.status == CD_OK ? json_string(clean.bytes) : NULL;
    cd_buffer_release(&clean);
    return json;
}

json_t *print_json_time(int64_t seconds)
{
    char text[PRINT_TEXT];
    return seconds == CD_NO_TIME ? json_null() : json_string(print_time(seconds, text));
}

static int add_json(const char *bytes, size_t n, void *out)
{
    cd_buffer_add(out, bytes, n);
    return 0;
}

cd_status print_json(json_t *json, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    if (!json || json_dump_callback(json, add_json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) != 0)
        st = cd_fail(err, CD_EMEMORY, "out of memory while printing JSON");
    json_decref(json);
    cd_buffer_add(out, "\n", 1);
    return st;
}

void print_csv_text(cd_buffer *out, cd_slice text)
{
    bool formula = text.n && memchr("=+-@\t\r", text.bytes[0], 6) != NULL, quote = formula;
    for (uint32_t i = 0; i < text.n && !quote; i++) {
        char c = text.bytes[i];
        quote = c == ',' || c == '"' || c == '\r' || c == '\n' || c == '\0';
    }
    if (!quote) {
        cd_buffer_add(out, text.bytes, text.n);
        return;
    }
    cd_buffer_printf(out, formula ? "\"'" : "\"");
    for (uint32_t i = 0; i < text.n; i++) cd_buffer_add(out, text.bytes[i] == '"' ? "\"\"" : &text.bytes[i], text.bytes[i] == '"' ? 2 : 1);
    cd_buffer_add(out, "\"", 1);
}
