/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask_out.c: the forms of a query's answer. CSV and lines of JSON go out as they come. One JSON object names the type of each column
 * before its rows: rows are held back until all are there, or until they are much; then a type is `ANY`. A table is aligned when
 * all of it is known. */
#include "queries/ask_out.h"

#include <inttypes.h>
#include <string.h>
#include <wchar.h>

#include "queries/answer.h"
#include "queries/print.h"

enum { MUCH = 1 << 20, HELD_BACK = 64 << 20, CELL_MOST = 4096, GAP = 2 };

/* A page's columns: all texts, as a table has them. */
static cd_status page_begin(ask_out *o, cd_err *err)
{
    for (uint32_t c = 0; c < o->n_columns; c++) {
        char *name = cd_arena_copy(&o->arena, o->columns[c].bytes, o->columns[c].n, err);
        if (!name) return CD_EMEMORY;
        if (!answer_column(&o->page, name, CANDOUR_TEXT))
            return cd_fail(err, CD_EUSAGE, "a page has at most %d columns; return fewer, or ask for --csv", ANSWER_COLUMNS);
    }
    return CD_OK;
}

cd_status ask_out_begin(ask_out *o, const ask_options *options, const candour_ontology *ontology, const cd_slice *columns, uint32_t n_columns,
                        cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    ask_form form = options->form;
    *o = (ask_out){.form = form, .width = options->width, .out = out, .columns = columns, .n_columns = n_columns};
    if (form == ASK_GRAPH) ask_graph_begin(&o->drawn, ontology, options->graph, options->memory_bytes);
    if (form == ASK_HTML) CD_TRY(page_begin(o, err));
    CD_NEW(o->types, (size_t)n_columns + 1);
    CD_NEW(o->mixed, (size_t)n_columns + 1);
    CD_NEW(o->right, (size_t)n_columns + 1);
    if (form == ASK_CSV) {
        for (uint32_t c = 0; c < n_columns; c++) {
            if (c) cd_buffer_add(out, ",", 1);
            print_csv_text(out, columns[c]);
        }
        cd_buffer_add(out, "\n", 1);
    }
done:
    return st;
}

void ask_out_release(ask_out *o)
{
    cd_free(o->types);
    cd_free(o->mixed);
    cd_free(o->right);
    cd_free(o->cells);
    cd_buffer_release(&o->rows);
    cd_arena_release(&o->arena);
    ask_graph_release(&o->drawn);
    answer_table_release(&o->page);
}

static bool is_much(const ask_out *o) { return o->out->n > MUCH && !o->held; }

/* ---- JSON ---- */

static cd_status json_head(ask_out *o, bool any, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer_printf(o->out, "{\"columns\":[");
    for (uint32_t c = 0; c < o->n_columns; c++) {
        cd_buffer_printf(o->out, "%s{\"name\":", c ? "," : "");
        CD_TRY(value_json(NULL, value_text(o->columns[c]), o->out, err)); /* a text asks for no store */
        cd_buffer_printf(o->out, ",\"type\":\"%s\"}", any || o->mixed[c] ? "ANY" : value_type_word(o->types[c]));
    }
    cd_buffer_printf(o->out, "],\"rows\":[");
    o->begun = true;
done:
    return st;
}

static cd_status json_row(ask_out *o, evaluation *e, const value *row, cd_err *err)
{
    cd_status st = CD_OK;
    bool lines = o->form == ASK_NDJSON;
    cd_buffer *to = lines || o->begun ? o->out : &o->rows;
    if (!lines && o->n_rows) cd_buffer_add(to, ",\n", 2);
    cd_buffer_add(to, "[", 1);
    for (uint32_t c = 0; c < o->n_columns; c++) {
        if (c) cd_buffer_add(to, ",", 1);
        CD_TRY(value_json(e, row[c], to, err));
        if (row[c].type == VALUE_NULL) continue;
        o->mixed[c] |= o->types[c] != VALUE_NULL && o->types[c] != row[c].type;
        o->types[c] = row[c].type;
    }
    cd_buffer_add(to, lines ? "]\n" : "]", lines ? 2 : 1);
    if (to->status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory while writing the answer"));
    if (to == &o->rows && o->rows.n > HELD_BACK) {
        CD_TRY(json_head(o, true, err));
        cd_buffer_add(o->out, o->rows.bytes, o->rows.n);
        cd_buffer_release(&o->rows);
    }
done:
    return st;
}

/* ---- Tables ---- */

/* The words of a value, on one line and with nothing that steers a terminal. */
static cd_status cell_of(ask_out *o, evaluation *e, value v, cd_slice *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer words = {0}, plain = {0};
    if (v.type == VALUE_NULL) return *out = cd_slice_of(""), CD_OK;
    CD_TRY(value_words(e, v, &words, err));
    cd_buffer_add(&words, "", 1);
    if (words.status == CD_OK) print_plain(&plain, words.bytes);
    cd_slice text = cd_slice_cut((cd_slice){plain.bytes ? plain.bytes : "", (uint32_t)plain.n}, CELL_MOST);
    char *copy = words.status == CD_OK && plain.status == CD_OK ? cd_arena_copy(&o->arena, text.bytes, text.n, err) : NULL;
    if (!copy) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory while writing the answer; ask for less, or for --csv"));
    *out = (cd_slice){copy, text.n};
done:
    cd_buffer_release(&words);
    cd_buffer_release(&plain);
    return st;
}

static cd_status table_row(ask_out *o, evaluation *e, const value *row, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(cd_grow(&o->cells, &o->cap_cells, o->n_cells + o->n_columns, sizeof *o->cells, err));
    for (uint32_t c = 0; c < o->n_columns; c++) {
        bool number = row[c].type == VALUE_INTEGER || row[c].type == VALUE_REAL;
        if (o->n_rows == 0) o->right[c] = true;
        if (row[c].type != VALUE_NULL) o->right[c] &= number;
        CD_TRY(cell_of(o, e, row[c], &o->cells[o->n_cells + c], err));
    }
    o->n_cells += o->n_columns;
done:
    return st;
}

/* Columns of a terminal that a text takes: characters, not bytes. */
static uint32_t width_of(cd_slice s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.n; i++) n += ((unsigned char)s.bytes[i] & 0xc0) != 0x80;
    return n;
}

/* At most `most` characters of a text; where it is cut the last is an ellipsis. */
static void put_cell(cd_buffer *out, cd_slice s, uint32_t width, bool right, bool last)
{
    uint32_t n = width_of(s);
    if (n > width) {
        uint32_t bytes = 0, kept = 0;
        while (kept + 1 < width) {
            bytes++;
            while (bytes < s.n && ((unsigned char)s.bytes[bytes] & 0xc0) == 0x80) bytes++;
            kept++;
        }
        cd_buffer_add(out, s.bytes, bytes);
        cd_buffer_printf(out, "\u2026");
        n = width;
    } else {
        if (right) cd_buffer_printf(out, "%*s", (int)(width - n), "");
        cd_buffer_add(out, s.bytes, s.n);
        if (right) n = width;
    }
    if (!last) cd_buffer_printf(out, "%*s", (int)(width - n + GAP), "");
}

/* Takes from the widest column until the line fits, or no column is wide. */
static void fit_widths(uint32_t *width, uint32_t n, uint32_t most)
{
    enum { NARROW = 8 };
    for (;;) {
        uint32_t sum = n ? (n - 1) * GAP : 0, widest = 0;
        for (uint32_t c = 0; c < n; c++) {
            sum += width[c];
            if (width[c] > width[widest]) widest = c;
        }
        if (sum <= most || n == 0 || width[widest] <= NARROW) return;
        uint32_t over = sum - most, room = width[widest] - NARROW;
        width[widest] -= over < room ? over < 8 ? over : over / 2 : room;
    }
}

static cd_status table_end(ask_out *o, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = o->n_columns;
    uint32_t *width = NULL;
    CD_NEW(width, (size_t)n + 1);
    for (uint32_t c = 0; c < n; c++) width[c] = width_of(o->columns[c]);
    for (size_t i = 0; i < o->n_cells; i++) {
        uint32_t w = width_of(o->cells[i]);
        if (w > width[i % n]) width[i % n] = w;
    }
    if (o->width) fit_widths(width, n, o->width);
    if (o->n_rows == 0) memset(o->right, 0, n * sizeof *o->right);
    for (uint32_t c = 0; c < n; c++) put_cell(o->out, o->columns[c], width[c], o->right[c], c + 1 == n);
    cd_buffer_add(o->out, "\n", 1);
    for (size_t i = 0; i < o->n_cells; i++) {
        put_cell(o->out, o->cells[i], width[i % n], o->right[i % n], (i + 1) % n == 0);
        if ((i + 1) % n != 0) continue;
        cd_buffer_add(o->out, "\n", 1);
        if (is_much(o)) CD_TRY(answer_write(o->out, "the answer", err));
    }
    char count[PRINT_TEXT];
    cd_buffer_printf(o->out, "%s row%s\n", print_count(o->n_rows, count), o->n_rows == 1 ? "" : "s");
done:
    cd_free(width);
    return st;
}

/* ---- Pages ---- */

static cd_status page_row(ask_out *o, evaluation *e, const value *row, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t c = 0; c < o->n_columns; c++) {
        cd_slice cell;
        CD_TRY(cell_of(o, e, row[c], &cell, err));
        answer_text(&o->page, cell);
    }
    if (o->page.status != CD_OK) st = cd_fail(err, CD_EMEMORY, "out of memory while making a page; ask for less, or for --csv");
done:
    return st;
}

static cd_status page_end(ask_out *o, cd_err *err)
{
    cd_status st = CD_OK;
    report r;
    char count[PRINT_TEXT];
    report_begin(&r, o->out, true, "answer");
    report_say(&r, "%s row%s", print_count(o->n_rows, count), o->n_rows == 1 ? "" : "s");
    CD_TRY(answer_say(&o->page, o->n_rows, &r, err));
    CD_TRY(report_end(&r, err));
done:
    return st;
}

/* ---- Any form ---- */

static cd_status csv_row(ask_out *o, evaluation *e, const value *row, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer words = {0};
    for (uint32_t c = 0; c < o->n_columns; c++) {
        if (c) cd_buffer_add(o->out, ",", 1);
        words.n = 0;
        if (row[c].type == VALUE_NULL) continue;
        CD_TRY(value_words(e, row[c], &words, err));
        if (words.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory while writing the answer"));
        bool number = row[c].type == VALUE_INTEGER || row[c].type == VALUE_REAL;
        if (number) cd_buffer_add(o->out, words.bytes, words.n);
        else print_csv_text(o->out, (cd_slice){words.bytes ? words.bytes : "", (uint32_t)words.n});
    }
    cd_buffer_add(o->out, "\n", 1);
done:
    cd_buffer_release(&words);
    return st;
}

cd_status ask_out_row(ask_out *o, evaluation *e, const value *row, cd_err *err)
{
    cd_status st = CD_OK;
    if (o->form == ASK_TABLE) CD_TRY(table_row(o, e, row, err));
    else if (o->form == ASK_HTML) CD_TRY(page_row(o, e, row, err));
    else if (o->form == ASK_GRAPH) CD_TRY(ask_graph_row(&o->drawn, e, row, o->n_columns, err));
    else if (o->form == ASK_CSV) CD_TRY(csv_row(o, e, row, err));
    else CD_TRY(json_row(o, e, row, err));
    o->n_rows++;
    if (is_much(o)) {
        CD_TRY(candour_store_judge(e->store, CD_OK, err)); /* what has gone out cannot be taken back */
        CD_TRY(answer_write(o->out, "the answer", err));
    }
done:
    return st;
}

cd_status ask_out_end(ask_out *o, cd_err *err)
{
    if (o->form == ASK_TABLE) return table_end(o, err);
    if (o->form == ASK_GRAPH) return ask_graph_end(&o->drawn, o->out, err);
    if (o->form == ASK_HTML) return page_end(o, err);
    if (o->form != ASK_JSON) return CD_OK;
    if (!o->begun) {
        cd_status st = json_head(o, false, err);
        if (st != CD_OK) return st;
        if (o->rows.n) cd_buffer_add(o->out, o->rows.bytes, o->rows.n);
    }
    cd_buffer_printf(o->out, "],\"stats\":{\"rows\":%" PRIu64 "}}\n", o->n_rows);
    return CD_OK;
}
