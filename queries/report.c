/* SPDX-License-Identifier: GPL-3.0-or-later
 * report.c: the same answer in two forms. */
#include "queries/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char style[] =
    "body{font:15px/1.45 Georgia,serif;color:#1a1a1a;background:#fff;max-width:62em;margin:2em auto;padding:0 1em}"
    "h1{font-size:1.5em;border-bottom:2px solid #1a1a1a;padding-bottom:.3em}h2{font-size:1.1em;margin-top:1.8em}"
    "table{border-collapse:collapse;margin:.6em 0;font:13px/1.35 Helvetica,Arial,sans-serif;width:100%}"
    "th{text-align:left;border-bottom:1px solid #666;padding:.25em .6em}td{border-bottom:1px solid #ddd;padding:.25em "
    ".6em;"
    "vertical-align:top}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}svg{max-width:100%;"
    "height:auto}"
    "footer{margin-top:2.5em;border-top:1px solid #666;padding-top:.6em;font-size:.85em;color:#444}"
    "@media print{body{margin:0;max-width:none}tr,svg{break-inside:avoid}h2{break-after:avoid}}";

/* How many bytes the character at p has: one of UTF-8 that XML may hold; 0: it is none. */
static uint32_t character(const unsigned char *p, uint32_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t length = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (length <= 1 || length > n) return length == 1;
    uint32_t code = p[0] & (0x7fu >> length);
    for (uint32_t i = 1; i < length; i++) {
        if (p[i] >> 6 != 2) return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    bool is_half = code >= 0xd800 && code < 0xe000, is_none = code == 0xfffe || code == 0xffff;
    return code < least[length] || code > 0x10ffff || is_half || is_none ? 0 : length;
}

void report_escape(cd_buffer *out, cd_slice text)
{
    for (uint32_t i = 0, n; i < text.n; i += n ? n : 1) {
        unsigned char c = (unsigned char)text.bytes[i];
        n = character((const unsigned char *)text.bytes + i, text.n - i);
        if (n == 0)
            cd_buffer_printf(out, "\xef\xbf\xbd");
        else if (c == '&')
            cd_buffer_printf(out, "&amp;");
        else if (c == '<')
            cd_buffer_printf(out, "&lt;");
        else if (c == '>')
            cd_buffer_printf(out, "&gt;");
        else if (c == '"')
            cd_buffer_printf(out, "&quot;");
        else if (c < 0x20 || c == 0x7f)
            cd_buffer_add(out, "?", 1);
        else
            cd_buffer_add(out, &text.bytes[i], n);
    }
}

void report_begin(report *r, cd_buffer *out, bool html, const char *title)
{
    *r = (report){.out = out, .html = html};
    if (!html) return;
    cd_buffer_printf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    report_escape(out, cd_slice_of(title));
    cd_buffer_printf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n<h1>", style);
    report_escape(out, cd_slice_of(title));
    cd_buffer_printf(out, "</h1>\n");
}

/* The words between an opening and a closing mark, escaped. */
static void put(report *r, const char *open, const char *close, const char *format, va_list args)
{
    cd_buffer words = {0};
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    for (int i = 0; i <= n; i++) cd_buffer_add(&words, "", 1);
    if (words.status == CD_OK && n >= 0) {
        vsnprintf(words.bytes, (size_t)n + 1, format, again);
        cd_buffer_printf(r->out, "%s", open);
        if (r->html)
            report_escape(r->out, (cd_slice){words.bytes, (uint32_t)n});
        else
            cd_buffer_add(r->out, words.bytes, (size_t)n);
        cd_buffer_printf(r->out, "%s", close);
    } else {
        r->out->status = CD_EMEMORY;
    }
    va_end(again);
    cd_buffer_release(&words);
}

void report_heading(report *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(r, r->html ? "<h2>" : r->begun ? "\n" : "", r->html ? "</h2>\n" : "\n", format, args);
    va_end(args);
    r->begun = true;
}

void report_say(report *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(r, r->html ? "<p>" : "", r->html ? "</p>\n" : "\n", format, args);
    va_end(args);
    r->begun = true;
}

cd_status report_table(report *r, print_table *t, cd_err *err)
{
    r->begun = true;
    if (!r->html) return print_table_end(t, r->out, err);
    cd_buffer_printf(r->out, "<table>\n");
    for (uint32_t i = 0; t->status == CD_OK && i < t->n_cells; i++) {
        uint32_t column = i % t->n_columns;
        const char *tag = i < t->n_columns ? "th" : "td";
        if (column == 0) cd_buffer_printf(r->out, "<tr>");
        cd_buffer_printf(r->out, "<%s%s>", tag, t->right[column] ? " class=\"n\"" : "");
        report_escape(r->out, t->cells[i]);
        cd_buffer_printf(r->out, "</%s>%s", tag, column + 1 == t->n_columns ? "</tr>\n" : "");
    }
    cd_buffer_printf(r->out, "</table>\n");
    return print_table_end(t, &(cd_buffer){.status = CD_EMEMORY}, err);
}

/* Its line ends stay. */
void report_block(report *r, cd_slice lines)
{
    r->begun = true;
    if (!r->html) {
        cd_buffer_add(r->out, lines.bytes, lines.n);
        return;
    }
    cd_buffer_printf(r->out, "<pre>");
    for (uint32_t at = 0; at < lines.n;) {
        const char *end = memchr(lines.bytes + at, '\n', lines.n - at);
        uint32_t n = end ? (uint32_t)(end - lines.bytes) - at : lines.n - at;
        report_escape(r->out, (cd_slice){lines.bytes + at, n});
        if (end) cd_buffer_add(r->out, "\n", 1);
        at += n + 1;
    }
    cd_buffer_printf(r->out, "</pre>\n");
}

void report_picture(report *r, cd_slice svg)
{
    if (r->html) cd_buffer_add(r->out, svg.bytes, svg.n);
}

cd_status report_end(report *r, cd_err *err)
{
    if (r->html)
        cd_buffer_printf(
            r->out,
            "<footer>Made by candour. A score orders a queue for people to look into; it says nothing of guilt. Ten "
            "decibans are ten times likelier.</footer>\n</body>\n</html>\n");
    return r->out->status == CD_OK ? CD_OK : cd_fail(err, CD_EMEMORY, "out of memory for the answer");
}
