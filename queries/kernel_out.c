/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernel_out.c: the three forms of a kernel's answer. */
#include "queries/kernel_out.h"

#include <stdio.h>

#include "queries/answer.h"
#include "queries/csv_out.h"
#include "queries/cell_out.h"

enum { MUCH = 1 << 20 };

void kernel_out_begin(kernel_out *k, kernel_form form, const char *kernel, cd_buffer *out)
{
    *k = (kernel_out){.form = form, .out = out};
    if (form == KERNEL_JSON) cd_buffer_printf(out, "{\"kernel\": \"%s\", ", kernel);
}

static void put_heads(kernel_out *k, const candour_answer_column *columns, uint32_t n)
{
    char heads[512];
    size_t at = 0;
    k->begun = true;
    if (k->form == KERNEL_JSON) cd_buffer_printf(k->out, "\"columns\": [");
    for (uint32_t c = 0; c < n; c++) {
        const char *comma = c ? "," : "";
        if (k->form == KERNEL_CSV) cd_buffer_printf(k->out, "%s%s", comma, columns[c].name);
        else if (k->form == KERNEL_JSON) cd_buffer_printf(k->out, "%s\"%s\"", c ? ", " : "", columns[c].name);
        else at += (size_t)snprintf(heads + at, sizeof heads - at, "%s%s%s", comma, columns[c].type == CANDOUR_TEXT ? "" : ">",
                                    columns[c].name);
    }
    if (k->form == KERNEL_CSV) cd_buffer_printf(k->out, "\n");
    else if (k->form == KERNEL_JSON) cd_buffer_printf(k->out, "],\n \"rows\": [");
    if (k->form != KERNEL_TABLE) return;
    (void)cell_head(heads, heads, sizeof heads);
    print_table_heads(&k->table, heads);
}

static cd_status put_cell(kernel_out *k, candour_type type, const candour_values *v, uint32_t row, cd_err *err)
{
    switch (k->form) {
    case KERNEL_TABLE: return cell_plain(&k->table, type, v, row, err);
    case KERNEL_JSON: return cell_json(k->out, type, v, row, err);
    case KERNEL_CSV: cell_csv(k->out, type, v, row); break;
    }
    return CD_OK;
}

static cd_status put_rows(void *context, const candour_answer_column *columns, uint32_t n_columns, uint32_t n,
                          const candour_values *values, cd_err *err)
{
    cd_status st = CD_OK;
    kernel_out *k = context;
    if (!k->begun) put_heads(k, columns, n_columns);
    for (uint32_t row = 0; row < n; row++, k->rows++) {
        if (k->form == KERNEL_JSON) cd_buffer_printf(k->out, "%s[", k->rows ? ",\n  " : "\n  ");
        for (uint32_t c = 0; c < n_columns; c++) {
            if (c && k->form != KERNEL_TABLE) cd_buffer_printf(k->out, k->form == KERNEL_JSON ? ", " : ",");
            CD_TRY(put_cell(k, columns[c].type, &values[c], row, err));
        }
        if (k->form != KERNEL_TABLE) cd_buffer_printf(k->out, k->form == KERNEL_JSON ? "]" : "\n");
        if (k->out->n > MUCH) CD_TRY(answer_write(k->out, "the answer", err));
    }
done:
    return st;
}

static cd_status put_fact(void *context, const char *name, double value, cd_err *err)
{
    kernel_out *k = context;
    char text[CSV_REAL_TEXT];
    size_t n = csv_real_write(value, text);
    (void)err; /* a buffer's failure sticks */
    if (k->form == KERNEL_JSON)
        cd_buffer_printf(&k->facts, "%s\"%s\": %.*s", k->facts.n ? ", " : "", name, (int)n, text);
    else cd_buffer_printf(&k->facts, "%s: %.*s\n", name, (int)n, text);
    return CD_OK;
}

candour_sink kernel_out_sink(kernel_out *k) { return (candour_sink){.rows = put_rows, .fact = put_fact, .context = k}; }

cd_status kernel_out_end(kernel_out *k, bool failed, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer nowhere = {.status = CD_EMEMORY};
    if (k->form == KERNEL_TABLE && k->begun) st = print_table_end(&k->table, failed ? &nowhere : k->out, failed ? NULL : err);
    if (failed) k->out->n = 0, st = CD_OK; /* half an answer is none */
    else if (k->facts.status != CD_OK) st = cd_fail(err, CD_EMEMORY, "out of memory while writing the answer");
    else if (k->form == KERNEL_JSON)
        cd_buffer_printf(k->out, "%s],\n \"facts\": {%.*s}}\n", k->rows ? "\n " : "", (int)k->facts.n, k->facts.n ? k->facts.bytes : "");
    /* Facts are no rows: they stay out of a CSV. */
    else if (k->form == KERNEL_TABLE && k->facts.n) cd_buffer_printf(k->out, "\n%.*s", (int)k->facts.n, k->facts.bytes);
    cd_buffer_release(&k->facts);
    return st;
}
