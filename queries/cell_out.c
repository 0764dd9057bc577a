/* SPDX-License-Identifier: GPL-3.0-or-later
 * cell_out.c: values one at a time. */
#include "queries/cell_out.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/base/civil.h"
#include "queries/csv_out.h"

static const int64_t exact_in_doubles = (int64_t)1 << 53;

static bool is_text(candour_type type) { return type == CANDOUR_TEXT || type == CANDOUR_ID; }

/* Whatever is no text; nothing where it is not known. */
static void put_number(cd_buffer *out, candour_type type, const candour_values *v, size_t row)
{
    char text[(int)CD_TIME_TEXT + (int)CSV_REAL_TEXT];
    if (type == CANDOUR_REAL) {
        if (!isnan(v->real[row])) cd_buffer_add(out, text, csv_real_write(v->real[row], text));
    } else if (v->integer[row] != CANDOUR_UNKNOWN) {
        if (type == CANDOUR_TIME)
            cd_buffer_add(out, text, cd_time_write(v->integer[row], text));
        else if (type == CANDOUR_MONTH)
            cd_buffer_add(out, text, cd_month_write(v->integer[row], text));
        else
            cd_buffer_printf(out, "%" PRId64, v->integer[row]);
    }
}

cd_status cell_json_text(cd_buffer *out, cd_slice s, cd_err *err)
{
    cd_buffer copy = {0};
    cd_buffer_add(&copy, s.bytes ? s.bytes : "", s.n);
    cd_buffer_add(&copy, "", 1);
    json_t *json = copy.status == CD_OK ? print_json_text(copy.bytes) : NULL;
    char *text = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
    if (text) cd_buffer_printf(out, "%s", text);
    bool done = text != NULL;
    cd_free(text); /* Jansson's memory is ours: print_json_init */
    json_decref(json);
    cd_buffer_release(&copy);
    return done ? CD_OK : cd_fail(err, CD_EMEMORY, "out of memory while writing JSON");
}

cd_status cell_json(cd_buffer *out, candour_type type, const candour_values *v, size_t row, cd_err *err)
{
    if (is_text(type)) {
        if (v->text[row].bytes) return cell_json_text(out, v->text[row], err);
        cd_buffer_printf(out, "null");
        return CD_OK;
    }
    bool unknown = type == CANDOUR_REAL ? isnan(v->real[row]) : v->integer[row] == CANDOUR_UNKNOWN;
    bool quoted =
        type == CANDOUR_TIME || type == CANDOUR_MONTH ||
        (type == CANDOUR_INTEGER && (v->integer[row] > exact_in_doubles || v->integer[row] < -exact_in_doubles));
    if (unknown) {
        cd_buffer_printf(out, "null");
    } else if (type == CANDOUR_BOOLEAN) {
        cd_buffer_printf(out, "%s", v->integer[row] ? "true" : "false");
    } else {
        if (quoted) cd_buffer_add(out, "\"", 1);
        put_number(out, type, v, row);
        if (quoted) cd_buffer_add(out, "\"", 1);
    }
    return CD_OK;
}

void cell_csv(cd_buffer *out, candour_type type, const candour_values *v, size_t row)
{
    if (is_text(type))
        print_csv_text(out, v->text[row]);
    else
        put_number(out, type, v, row);
}

cd_status cell_plain(print_table *table, candour_type type, const candour_values *v, size_t row, cd_err *err)
{
    cd_buffer cell = {0}, plain = {0};
    cd_status st = CD_OK;
    if (is_text(type))
        cd_buffer_add(&cell, v->text[row].bytes, v->text[row].n);
    else
        put_number(&cell, type, v, row);
    if (cell.n == 0) cd_buffer_add(&cell, "-", 1);
    cd_buffer_add(&cell, "", 1);
    if (cell.status == CD_OK) print_plain(&plain, cell.bytes);
    if (cell.status != CD_OK || plain.status != CD_OK)
        st = cd_fail(err, CD_EMEMORY, "out of memory while writing a table");
    else
        print_table_cell(table, "%.*s", (int)plain.n, plain.bytes);
    cd_buffer_release(&cell);
    cd_buffer_release(&plain);
    return st;
}

size_t cell_head(const char *name, char *out, size_t n)
{
    size_t at = 0;
    for (; name[at] && at + 1 < n; at++) {
        char c = name[at];
        out[at] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c == '_' ? ' ' : c);
    }
    out[at] = '\0';
    return at;
}
