/* SPDX-License-Identifier: GPL-3.0-or-later
 * load_report.c: what a load did, or would do, as text for people and as JSON for programs. */
#include <stdio.h>
#include <string.h>

#include "engine/base/civil.h"
#include "loaders/loading.h"

/* ---- Text ---- */

enum { NUMBER_TEXT = 32 };

/* 12,345,678 */
static const char *grouped(uint64_t n, char out[NUMBER_TEXT])
{
    char digits[NUMBER_TEXT];
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    char *w = out;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) *w++ = ',';
        *w++ = digits[i];
    }
    *w = '\0';
    return out;
}

static void names(cd_buffer *b, const char *lead, const char *const *name, uint32_t n)
{
    enum { SHOWN = 12 };
    if (n == 0) return;
    cd_buffer_printf(b, "%s", lead);
    for (uint32_t i = 0; i < n && i < SHOWN; i++) cd_buffer_printf(b, "%s%s", i ? ", " : " ", *name[i] ? name[i] : "''");
    if (n > SHOWN) cd_buffer_printf(b, " and %u more", n - SHOWN);
    cd_buffer_printf(b, "\n");
}

static const char *per_second(const load_file *f, char out[NUMBER_TEXT])
{
    if (f->seconds <= 0 || f->text_bytes == 0) return "";
    snprintf(out, NUMBER_TEXT, "%.0f", (double)f->text_bytes / 1e6 / f->seconds);
    return out;
}

static void file_lines(cd_buffer *b, const load_result *r)
{
    char rows[NUMBER_TEXT], rejected[NUMBER_TEXT], speed[NUMBER_TEXT];
    cd_buffer_printf(b, "  %-14s %15s %12s %8s  %s\n", "table", "rows in", "rejected", "MB/s", "file");
    for (uint32_t i = 0; i < r->n_files; i++) {
        const load_file *f = &r->files[i];
        if (f->already_loaded)
            cd_buffer_printf(b, "  %-14s %15s %12s %8s  %s (already loaded: not read again)\n", f->table, "-", "-", "",
                             f->path);
        else
            cd_buffer_printf(b, "  %-14s %15s %12s %8s  %s\n", f->table, grouped(f->rows, rows),
                             grouped(f->rejected, rejected), per_second(f, speed), f->path);
    }
}

static void span(const candour_table_report *t, char out[2 * CD_TIME_TEXT + 8])
{
    char first[CD_TIME_TEXT], last[CD_TIME_TEXT];
    *out = '\0';
    if (t->first == CANDOUR_UNKNOWN || t->last == CANDOUR_UNKNOWN) return;
    cd_time_write(t->first, first);
    cd_time_write(t->last, last);
    snprintf(out, 2 * CD_TIME_TEXT + 8, "%.10s to %.10s", first, last);
}

static void count_line(cd_buffer *b, uint64_t n, const char *what)
{
    char number[NUMBER_TEXT];
    if (n > 0) cd_buffer_printf(b, "%18s %s\n", grouped(n, number), what);
}

static void table_lines(cd_buffer *b, const load_result *r)
{
    char taken[NUMBER_TEXT], when[2 * CD_TIME_TEXT + 8];
    if (!r->tables) return;
    cd_buffer_printf(b, "  %-14s %15s  %s\n", "table", "taken", "span");
    for (uint32_t t = 0; t < r->ontology->n_tables; t++) {
        const candour_table_report *of = &r->tables[t];
        if (of->offered == 0) continue;
        span(of, when);
        cd_buffer_printf(b, "  %-14s %15s  %s\n", r->ontology->tables[t].name, grouped(of->taken, taken), when);
        count_line(b, of->repeats, "repeats of rows that were there");
        count_line(b, of->replaced, "undated rows that a later differing row replaced");
        count_line(b, of->off_duty, "outside rostered duty, dropped");
        count_line(b, of->clipped, "cut to rostered duty");
        count_line(b, of->refused, "refused: presence needs the roster of its period; load that first, or with it");
    }
}

static void note_lines(cd_buffer *b, const load_result *r)
{
    char number[NUMBER_TEXT];
    for (uint32_t i = 0; i < r->n_files; i++) {
        const load_file *f = &r->files[i];
        char lead[512];
        snprintf(lead, sizeof lead, "  %.300s: columns ignored:", f->path);
        names(b, lead, f->ignored, f->n_ignored);
        for (uint32_t u = 0; u < f->n_unnamed; u++)
            cd_buffer_printf(b, "  %s: %s values of %s that the contract does not name, such as '%s': loaded\n", f->path,
                             grouped(f->unnamed[u].n, number), f->unnamed[u].column, f->unnamed[u].example);
        for (int why = 0; why < REJECT_N_REASONS; why++)
            if (f->by_reason[why])
                cd_buffer_printf(b, "  %s: %s rejected for: %s\n", f->path, grouped(f->by_reason[why], number),
                                 reject_reason_word((reject_reason)why));
    }
    names(b, "  files that the contract does not name, ignored:", r->unknown, r->n_unknown);
    names(b, "  files that no store takes, left out:", r->set_aside, r->n_set_aside);
    names(b, "  files that the mapping names and the folder does not have:", r->unmatched, r->n_unmatched);
    for (uint32_t k = 0; r->implied && k < r->ontology->n_kinds; k++)
        if (r->implied[k])
            cd_buffer_printf(b, "  %s ids of kind %s are named in rows and described in none\n",
                             grouped(r->implied[k], number), r->ontology->kinds[k].name);
}

static void reject_lines(cd_buffer *b, const load_result *r)
{
    char number[NUMBER_TEXT];
    if (r->rejected == 0) return;
    cd_buffer_printf(b, "  %s rejected%s%s\n", grouped(r->rejected, number), r->rejects_path ? ", listed in " : "",
                     r->rejects_path ? r->rejects_path : "");
    for (uint32_t i = 0; i < r->n_first_rejects; i++) {
        const load_reject *f = &r->first_rejects[i];
        cd_buffer_printf(b, "    %s line %llu%s%s: %s%s%s%s\n", f->file, (unsigned long long)f->line,
                         *f->column ? ", column " : "", f->column, f->reason, *f->column ? ": '" : "",
                         *f->column ? f->value : "", *f->column ? "'" : "");
    }
    if (r->rejected > r->n_first_rejects) cd_buffer_printf(b, "    and more\n");
}

void load_report_text(const load_result *r, cd_buffer *b)
{
    char rows[NUMBER_TEXT];
    if (r->committed) cd_buffer_printf(b, "loaded into '%s' as load %llu: ", r->store, (unsigned long long)r->load);
    else cd_buffer_printf(b, "nothing new for '%s': ", r->store);
    cd_buffer_printf(b, "%s rows from %u file%s, %.1f MB in %.2f s", grouped(r->rows, rows), r->n_files,
                     r->n_files == 1 ? "" : "s", (double)r->text_bytes / 1e6, r->seconds);
    if (r->seconds > 0) cd_buffer_printf(b, " (%.0f MB/s)", (double)r->text_bytes / 1e6 / r->seconds);
    cd_buffer_printf(b, "\n");
    file_lines(b, r);
    table_lines(b, r);
    note_lines(b, r);
    reject_lines(b, r);
}

static void explained_lines(cd_buffer *b, const load_explained_file *f)
{
    cd_buffer_printf(b, "%s -> %s (times without a suffix: %s)\n", f->path, f->table, f->time_zone);
    if (f->problem) cd_buffer_printf(b, "  cannot be loaded: %s\n", f->problem);
    for (uint32_t i = 0; i < f->n_fields; i++)
        cd_buffer_printf(b, "  %-24s %s%s\n", *f->headers[i] ? f->headers[i] : "''", f->columns[i] ? "-> " : "ignored",
                         f->columns[i] ? f->columns[i] : "");
    for (uint32_t i = 0; i < f->n_constants; i++) cd_buffer_printf(b, "  %-24s    %s\n", "(constant)", f->constants[i]);
    names(b, "  not in the file, so unknown:", f->missing, f->n_missing);
}

void load_explanation_text(const load_explanation *e, cd_buffer *b)
{
    for (uint32_t i = 0; i < e->n_files; i++) explained_lines(b, &e->files[i]);
    names(b, "files that the contract does not name, ignored:", e->unknown, e->n_unknown);
    names(b, "files that no store takes, left out:", e->set_aside, e->n_set_aside);
    names(b, "files that the mapping names and the folder does not have:", e->unmatched, e->n_unmatched);
}

/* ---- JSON ---- */

static void json_text(cd_buffer *b, const char *text)
{
    if (!text) {
        cd_buffer_printf(b, "null");
        return;
    }
    cd_buffer_add(b, "\"", 1);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') cd_buffer_printf(b, "\\%c", *text);
        else if ((unsigned char)*text < 0x20) cd_buffer_printf(b, "\\u%04x", (unsigned)*text);
        else cd_buffer_add(b, text, 1);
    }
    cd_buffer_add(b, "\"", 1);
}

static void json_key(cd_buffer *b, const char *before, const char *key)
{
    cd_buffer_printf(b, "%s\"%s\": ", before, key);
}

static void json_pair(cd_buffer *b, const char *before, const char *key, const char *text)
{
    json_key(b, before, key);
    json_text(b, text);
}

static void json_count(cd_buffer *b, const char *before, const char *key, uint64_t n)
{
    cd_buffer_printf(b, "%s\"%s\": %llu", before, key, (unsigned long long)n);
}

static void json_names(cd_buffer *b, const char *before, const char *key, const char *const *name, uint32_t n)
{
    json_key(b, before, key);
    cd_buffer_printf(b, "[");
    for (uint32_t i = 0; i < n; i++) {
        cd_buffer_printf(b, "%s", i ? ", " : "");
        json_text(b, name[i]);
    }
    cd_buffer_printf(b, "]");
}

static void json_time(cd_buffer *b, const char *key, int64_t seconds)
{
    char text[CD_TIME_TEXT];
    if (seconds != CANDOUR_UNKNOWN) cd_time_write(seconds, text);
    json_pair(b, ", ", key, seconds == CANDOUR_UNKNOWN ? NULL : text);
}

static void json_file(cd_buffer *b, const load_file *f)
{
    json_pair(b, "{", "file", f->path);
    json_pair(b, ", ", "table", f->table);
    json_pair(b, ", ", "sha256", *f->sha256 ? f->sha256 : NULL);
    cd_buffer_printf(b, ", \"already_loaded\": %s", f->already_loaded ? "true" : "false");
    json_count(b, ", ", "bytes", f->bytes);
    json_count(b, ", ", "text_bytes", f->text_bytes);
    json_count(b, ", ", "rows", f->rows);
    json_count(b, ", ", "rejected", f->rejected);
    json_key(b, ", ", "rejected_by_reason");
    const char *before = "{";
    for (int why = 0; why < REJECT_N_REASONS; why++)
        if (f->by_reason[why]) {
            json_count(b, before, reject_reason_word((reject_reason)why), f->by_reason[why]);
            before = ", ";
        }
    cd_buffer_printf(b, "%s}, \"seconds\": %.6f", *before == '{' ? "{" : "", f->seconds);
    json_names(b, ", ", "columns_ignored", f->ignored, f->n_ignored);
    json_names(b, ", ", "columns_missing", f->missing, f->n_missing);
    json_key(b, ", ", "values_not_named");
    cd_buffer_printf(b, "[");
    for (uint32_t i = 0; i < f->n_unnamed; i++) {
        json_pair(b, i ? ", {" : "{", "column", f->unnamed[i].column);
        json_count(b, ", ", "rows", f->unnamed[i].n);
        json_pair(b, ", ", "example", f->unnamed[i].example);
        cd_buffer_printf(b, "}");
    }
    cd_buffer_printf(b, "]}");
}

static void json_tables(cd_buffer *b, const load_result *r)
{
    const char *before = "{";
    json_key(b, ",\n ", "tables");
    cd_buffer_printf(b, "[");
    for (uint32_t t = 0; r->tables && t < r->ontology->n_tables; t++) {
        const candour_table_report *of = &r->tables[t];
        if (of->offered == 0) continue;
        json_pair(b, before, "table", r->ontology->tables[t].name);
        json_count(b, ", ", "offered", of->offered);
        json_count(b, ", ", "taken", of->taken);
        json_count(b, ", ", "repeats", of->repeats);
        json_count(b, ", ", "replaced", of->replaced);
        json_count(b, ", ", "off_duty", of->off_duty);
        json_count(b, ", ", "clipped", of->clipped);
        json_count(b, ", ", "refused", of->refused);
        json_time(b, "first", of->first);
        json_time(b, "last", of->last);
        cd_buffer_printf(b, "}");
        before = ",\n  {";
    }
    cd_buffer_printf(b, "]");
    json_key(b, ",\n ", "implied");
    before = "{";
    for (uint32_t k = 0; r->implied && k < r->ontology->n_kinds; k++, before = ", ")
        json_count(b, before, r->ontology->kinds[k].name, r->implied[k]);
    cd_buffer_printf(b, "%s}", *before == '{' ? "{" : "");
}

void load_report_json(const load_result *r, cd_buffer *b)
{
    json_pair(b, "{", "store", r->store);
    cd_buffer_printf(b, ", \"committed\": %s", r->committed ? "true" : "false");
    json_count(b, ", ", "load", r->load);
    json_count(b, ",\n ", "rows", r->rows);
    json_count(b, ", ", "rejected", r->rejected);
    json_count(b, ", ", "refused", r->refused);
    json_count(b, ", ", "bytes", r->bytes);
    json_count(b, ", ", "text_bytes", r->text_bytes);
    json_count(b, ", ", "bytes_written", r->bytes_written);
    cd_buffer_printf(b, ", \"seconds\": %.6f, \"seconds_writing\": %.6f", r->seconds, r->seconds_writing);
    json_pair(b, ",\n ", "rejects", r->rejects_path);
    json_key(b, ",\n ", "files");
    cd_buffer_printf(b, "[");
    for (uint32_t i = 0; i < r->n_files; i++) {
        cd_buffer_printf(b, "%s", i ? ",\n  " : "");
        json_file(b, &r->files[i]);
    }
    cd_buffer_printf(b, "]");
    json_tables(b, r);
    json_key(b, ",\n ", "first_rejects");
    cd_buffer_printf(b, "[");
    for (uint32_t i = 0; i < r->n_first_rejects; i++) {
        const load_reject *f = &r->first_rejects[i];
        json_pair(b, i ? ",\n  {" : "{", "file", f->file);
        json_count(b, ", ", "line", f->line);
        json_pair(b, ", ", "column", f->column);
        json_pair(b, ", ", "value", f->value);
        json_pair(b, ", ", "reason", f->reason);
        cd_buffer_printf(b, "}");
    }
    cd_buffer_printf(b, "]");
    json_names(b, ",\n ", "files_unknown", r->unknown, r->n_unknown);
    json_names(b, ",\n ", "files_left_out", r->set_aside, r->n_set_aside);
    json_names(b, ",\n ", "files_missing", r->unmatched, r->n_unmatched);
    cd_buffer_printf(b, "}\n");
}

static void json_explained(cd_buffer *b, const load_explained_file *f)
{
    json_pair(b, "{", "file", f->path);
    json_pair(b, ", ", "table", f->table);
    json_pair(b, ", ", "time_zone", f->time_zone);
    json_pair(b, ", ", "problem", f->problem);
    json_key(b, ", ", "columns");
    cd_buffer_printf(b, "[");
    for (uint32_t i = 0; i < f->n_fields; i++) {
        json_pair(b, i ? ", {" : "{", "header", f->headers[i]);
        json_pair(b, ", ", "column", f->columns[i]);
        cd_buffer_printf(b, "}");
    }
    cd_buffer_printf(b, "]");
    json_names(b, ", ", "constants", f->constants, f->n_constants);
    json_names(b, ", ", "missing", f->missing, f->n_missing);
    cd_buffer_printf(b, "}");
}

void load_explanation_json(const load_explanation *e, cd_buffer *b)
{
    cd_buffer_printf(b, "{\"files\": [");
    for (uint32_t i = 0; i < e->n_files; i++) {
        cd_buffer_printf(b, "%s", i ? ",\n  " : "");
        json_explained(b, &e->files[i]);
    }
    cd_buffer_printf(b, "]");
    json_names(b, ",\n ", "files_unknown", e->unknown, e->n_unknown);
    json_names(b, ",\n ", "files_left_out", e->set_aside, e->n_set_aside);
    json_names(b, ",\n ", "files_missing", e->unmatched, e->n_unmatched);
    cd_buffer_printf(b, "}\n");
}
