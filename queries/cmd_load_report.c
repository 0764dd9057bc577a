/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_load_report.c: the load report. One table with a line for each table that rows came for; below it what a person
 * should know: what was dropped, rejected, implied and ignored. The JSON has all of it, file by file. */
#include "queries/cmd_load_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "queries/print.h"

/* What came for one table, over its files. */
typedef struct {
    uint64_t rows, rejected, bytes;
    uint32_t n_files;
    double seconds;
} coming;

static coming coming_for(const load_result *r, const char *table)
{
    coming c = {0};
    for (uint32_t i = 0; i < r->n_files; i++) {
        const load_file *f = &r->files[i];
        if (f->already_loaded || strcmp(f->table, table) != 0) continue;
        c.n_files++;
        c.rows += f->rows, c.rejected += f->rejected, c.bytes += f->text_bytes, c.seconds += f->seconds;
    }
    return c;
}

static uint32_t n_known(const load_result *r)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n_files; i++) n += r->files[i].already_loaded;
    return n;
}

static void speed_cell(print_table *table, uint64_t bytes, double seconds)
{
    if (bytes && seconds > 0) print_table_cell(table, "%.0f", (double)bytes / 1e6 / seconds);
    else print_table_cell(table, "-");
}

static void head(const load_result *r, bool strict, cd_buffer *out)
{
    char rows[PRINT_TEXT], duration[PRINT_TEXT];
    uint32_t known = n_known(r);
    if (r->committed) {
        cd_buffer_printf(out, "loaded into ");
        print_plain(out, r->store);
        cd_buffer_printf(out, " as load %" PRIu64 ": ", r->load);
    } else {
        cd_buffer_printf(out, strict && r->rejected ? "nothing loaded into " : "nothing new for ");
        print_plain(out, r->store);
        cd_buffer_printf(out, ": ");
    }
    cd_buffer_printf(out, "%s rows from %" PRIu32 " file%s in %s\n", print_count(r->rows, rows), r->n_files,
                     r->n_files == 1 ? "" : "s", print_duration(r->seconds, duration));
    if (known) cd_buffer_printf(out, "already loaded, so not read again: %" PRIu32 " file%s\n", known, known == 1 ? "" : "s");
}

static cd_status tables(const load_result *r, cd_buffer *out, cd_err *err)
{
    print_table table = {0};
    char text[PRINT_TEXT];
    print_table_heads(&table, "TABLE,>ROWS IN,>TAKEN,>REPEATS,>REJECTED,FROM,TO,>SIZE,>MB/s");
    for (uint32_t t = 0; t < r->ontology->n_tables; t++) {
        const char *name = r->ontology->tables[t].name;
        coming c = coming_for(r, name);
        candour_table_report of = r->tables ? r->tables[t] : (candour_table_report){.first = CANDOUR_UNKNOWN, .last = CANDOUR_UNKNOWN};
        if (c.n_files == 0) continue;
        print_table_cell(&table, "%s", name);
        print_table_cell(&table, "%s", print_count(c.rows, text));
        print_table_cell(&table, "%s", print_count(of.taken, text));
        print_table_cell(&table, "%s", print_count(of.repeats, text));
        print_table_cell(&table, "%s", print_count(c.rejected, text));
        print_table_cell(&table, "%s", print_day(of.first, text));
        print_table_cell(&table, "%s", print_day(of.last, text));
        print_table_cell(&table, "%s", print_size(c.bytes, text));
        speed_cell(&table, c.bytes, c.seconds);
    }
    return print_table_end(&table, out, err);
}

static void names(cd_buffer *out, const char *lead, const char *const *name, uint32_t n)
{
    enum { SHOWN = 12 };
    if (n == 0) return;
    cd_buffer_printf(out, "%s", lead);
    for (uint32_t i = 0; i < n && i < SHOWN; i++) {
        cd_buffer_printf(out, i ? ", " : " ");
        print_plain(out, *name[i] ? name[i] : "''");
    }
    if (n > SHOWN) cd_buffer_printf(out, " and %" PRIu32 " more", n - SHOWN);
    cd_buffer_printf(out, "\n");
}

static void count_note(cd_buffer *out, const char *what, uint64_t n, const char *happened)
{
    char text[PRINT_TEXT];
    if (n) cd_buffer_printf(out, "%s: %s %s %s\n", what, print_count(n, text), n == 1 ? "row" : "rows", happened);
}

static void notes(const load_result *r, cd_buffer *out)
{
    char text[PRINT_TEXT];
    for (uint32_t t = 0; r->tables && t < r->ontology->n_tables; t++) {
        const candour_table_report *of = &r->tables[t];
        const char *name = r->ontology->tables[t].name;
        count_note(out, name, of->replaced, "without a date took the place of others that differ");
        count_note(out, name, of->off_duty, "outside rostered duty, dropped");
        count_note(out, name, of->clipped, "cut to rostered duty");
        count_note(out, name, of->refused, "refused: it needs the roster of its period; load that first, or with it");
    }
    for (uint32_t k = 0; r->implied && k < r->ontology->n_kinds; k++)
        if (r->implied[k])
            cd_buffer_printf(out, "%s: %s %s named in rows and described in none\n", r->ontology->kinds[k].name,
                             print_count(r->implied[k], text), r->implied[k] == 1 ? "id" : "ids");
    for (uint32_t i = 0; i < r->n_files; i++) {
        const load_file *f = &r->files[i];
        for (uint32_t u = 0; u < f->n_unnamed; u++) {
            cd_buffer_printf(out, "%s: values of %s that the contract does not name, loaded: %s, such as '", f->table,
                             f->unnamed[u].column, print_count(f->unnamed[u].n, text));
            print_plain(out, f->unnamed[u].example);
            cd_buffer_printf(out, "'\n");
        }
        char lead[160];
        snprintf(lead, sizeof lead, "%s: columns ignored:", f->table);
        names(out, lead, f->ignored, f->n_ignored);
    }
    names(out, "files that the contract does not name, ignored:", r->unknown, r->n_unknown);
    names(out, "files that no store takes, left out:", r->set_aside, r->n_set_aside);
    names(out, "files that the mapping names and the folder does not have:", r->unmatched, r->n_unmatched);
}

static void rejects(const load_result *r, cd_buffer *out)
{
    char text[PRINT_TEXT];
    if (r->rejected == 0) return;
    for (uint32_t i = 0; i < r->n_files; i++) {
        const load_file *f = &r->files[i];
        const char *comma = "";
        if (f->rejected == 0) continue;
        print_plain(out, f->path);
        cd_buffer_printf(out, ": %s rejected: ", print_count(f->rejected, text));
        for (int why = 0; why < REJECT_N_REASONS; why++) {
            if (!f->by_reason[why]) continue;
            cd_buffer_printf(out, "%s%s %s", comma, reject_reason_word((reject_reason)why), print_count(f->by_reason[why], text));
            comma = ", ";
        }
        cd_buffer_printf(out, "\n");
    }
    if (r->rejects_path) {
        cd_buffer_printf(out, "rejected rows are in ");
        print_plain(out, r->rejects_path);
    } else cd_buffer_printf(out, "rejected rows");
    cd_buffer_printf(out, r->rejected > r->n_first_rejects ? "; the first of them:\n" : ":\n");
    for (uint32_t i = 0; i < r->n_first_rejects; i++) {
        const load_reject *f = &r->first_rejects[i];
        cd_buffer_printf(out, "  ");
        print_plain(out, f->file);
        cd_buffer_printf(out, " line %" PRIu64 "%s%s: %s", f->line, *f->column ? ", column " : "", f->column, f->reason);
        if (*f->column && *f->value) {
            cd_buffer_printf(out, ": '");
            print_plain(out, f->value);
            cd_buffer_printf(out, "'");
        }
        cd_buffer_printf(out, "\n");
    }
}

cd_status load_text(const load_result *r, bool strict, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    head(r, strict, out);
    if (n_known(r) < r->n_files) CD_TRY(tables(r, out, err));
    notes(r, out);
    rejects(r, out);
done:
    return st;
}

static json_t *json_names(const char *const *name, uint32_t n)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < n; i++) json_array_append_new(list, print_json_text(name[i]));
    return list;
}

static json_t *json_file(const load_file *f)
{
    json_t *reasons = json_object(), *unnamed = json_array();
    for (int why = 0; why < REJECT_N_REASONS; why++)
        if (f->by_reason[why])
            json_object_set_new(reasons, reject_reason_word((reject_reason)why), json_integer((json_int_t)f->by_reason[why]));
    for (uint32_t u = 0; u < f->n_unnamed; u++)
        json_array_append_new(unnamed, json_pack("{s:s, s:I, s:o}", "column", f->unnamed[u].column, "rows",
                                                 (json_int_t)f->unnamed[u].n, "example", print_json_text(f->unnamed[u].example)));
    return json_pack("{s:o, s:s, s:o, s:b, s:I, s:I, s:I, s:I, s:o, s:f, s:o, s:o, s:o}", "file", print_json_text(f->path),
                     "table", f->table, "sha256", *f->sha256 ? json_string(f->sha256) : json_null(), "already_loaded",
                     f->already_loaded, "bytes", (json_int_t)f->bytes, "text_bytes", (json_int_t)f->text_bytes, "rows",
                     (json_int_t)f->rows, "rejected", (json_int_t)f->rejected, "rejected_by_reason", reasons, "seconds",
                     f->seconds, "columns_ignored", json_names(f->ignored, f->n_ignored), "columns_missing",
                     json_names(f->missing, f->n_missing), "values_not_named", unnamed);
}

static json_t *json_table(const char *name, const candour_table_report *of)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "table", name, "offered", (json_int_t)of->offered,
                     "taken", (json_int_t)of->taken, "repeats", (json_int_t)of->repeats, "replaced",
                     (json_int_t)of->replaced, "off_duty", (json_int_t)of->off_duty, "clipped", (json_int_t)of->clipped,
                     "refused", (json_int_t)of->refused, "first", print_json_time(of->first), "last",
                     print_json_time(of->last));
}

json_t *load_json(const load_result *r)
{
    json_t *files = json_array(), *tables = json_array(), *implied = json_object(), *first = json_array();
    for (uint32_t i = 0; i < r->n_files; i++) json_array_append_new(files, json_file(&r->files[i]));
    for (uint32_t t = 0; r->tables && t < r->ontology->n_tables; t++)
        if (r->tables[t].offered)
            json_array_append_new(tables, json_table(r->ontology->tables[t].name, &r->tables[t]));
    for (uint32_t k = 0; r->implied && k < r->ontology->n_kinds; k++)
        json_object_set_new(implied, r->ontology->kinds[k].name, json_integer((json_int_t)r->implied[k]));
    for (uint32_t i = 0; i < r->n_first_rejects; i++) {
        const load_reject *f = &r->first_rejects[i];
        json_array_append_new(first, json_pack("{s:o, s:I, s:s, s:o, s:s}", "file", print_json_text(f->file), "line",
                                               (json_int_t)f->line, "column", f->column, "value",
                                               print_json_text(f->value), "reason", f->reason));
    }
    return json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "store", print_json_text(r->store), "committed", r->committed, "load", (json_int_t)r->load, "rows",
                     (json_int_t)r->rows, "rejected", (json_int_t)r->rejected, "refused", (json_int_t)r->refused, "bytes",
                     (json_int_t)r->bytes, "text_bytes", (json_int_t)r->text_bytes, "bytes_written",
                     (json_int_t)r->bytes_written, "seconds", r->seconds, "seconds_writing", r->seconds_writing, "rejects",
                     r->rejects_path ? print_json_text(r->rejects_path) : json_null(), "files", files, "tables", tables,
                     "implied", implied, "first_rejects", first, "files_unknown", json_names(r->unknown, r->n_unknown),
                     "files_left_out", json_names(r->set_aside, r->n_set_aside), "files_missing",
                     json_names(r->unmatched, r->n_unmatched));
}

cd_status explanation_text(const load_explanation *e, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < e->n_files; i++) {
        const load_explained_file *f = &e->files[i];
        print_table table = {0};
        print_plain(out, f->path);
        cd_buffer_printf(out, " holds %s; times without a zone are read in %s\n", f->table, f->time_zone);
        if (f->problem) {
            cd_buffer_printf(out, "  cannot be loaded: ");
            print_plain(out, f->problem);
            cd_buffer_printf(out, "\n");
        }
        print_table_heads(&table, "  HEADER,COLUMN");
        for (uint32_t c = 0; c < f->n_fields; c++) {
            print_table_cell(&table, "  %s", *f->headers[c] ? f->headers[c] : "''");
            print_table_cell(&table, "%s", f->columns[c] ? f->columns[c] : "- (ignored)");
        }
        CD_TRY(print_table_end(&table, out, err));
        for (uint32_t c = 0; c < f->n_constants; c++) {
            cd_buffer_printf(out, "  in every row: ");
            print_plain(out, f->constants[c]);
            cd_buffer_printf(out, "\n");
        }
        names(out, "  not in the file, so unknown:", f->missing, f->n_missing);
        cd_buffer_printf(out, "\n");
    }
    names(out, "files that the contract does not name, ignored:", e->unknown, e->n_unknown);
    names(out, "files that no store takes, left out:", e->set_aside, e->n_set_aside);
    names(out, "files that the mapping names and the folder does not have:", e->unmatched, e->n_unmatched);
done:
    return st;
}

json_t *explanation_json(const load_explanation *e)
{
    json_t *files = json_array();
    for (uint32_t i = 0; i < e->n_files; i++) {
        const load_explained_file *f = &e->files[i];
        json_t *columns = json_array();
        for (uint32_t c = 0; c < f->n_fields; c++)
            json_array_append_new(columns, json_pack("{s:o, s:s?}", "header", print_json_text(f->headers[c]), "column", f->columns[c]));
        json_array_append_new(files, json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "file", print_json_text(f->path),
                                               "table", f->table, "time_zone", f->time_zone, "problem",
                                               f->problem ? print_json_text(f->problem) : json_null(), "columns", columns,
                                               "constants", json_names(f->constants, f->n_constants), "missing",
                                               json_names(f->missing, f->n_missing)));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "files", files, "files_unknown", json_names(e->unknown, e->n_unknown),
                     "files_left_out", json_names(e->set_aside, e->n_set_aside), "files_missing",
                     json_names(e->unmatched, e->n_unmatched));
}
