/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernel_answer.c: the rows of a kernel's answer, gathered into blocks and handed to whoever asked. */
#include <string.h>

#include "engine/graph/kernels.h"

static candour_type type_of(cd_slice word, size_t *name_bytes)
{
    const char *colon = memchr(word.bytes, ':', word.n);
    *name_bytes = colon ? (size_t)(colon - word.bytes) : word.n;
    if (!colon) return CANDOUR_TEXT;
    return colon[1] == 'i' ? CANDOUR_INTEGER : colon[1] == 'r' ? CANDOUR_REAL : CANDOUR_TIME;
}

cd_status cd_answer_begin(const cd_asked *asked, const char *gives, cd_answer *out, cd_err *err)
{
    cd_status st = CD_OK;
    *out = (cd_answer){.asked = asked};
    CD_NEW(out->names, CD_ANSWER_COLUMNS);
    for (const char *at = gives; *at && out->n_columns < CD_ANSWER_COLUMNS;) {
        size_t n = strcspn(at, " "), name_bytes;
        candour_type type = type_of((cd_slice){at, (uint32_t)n}, &name_bytes);
        uint32_t c = out->n_columns++;
        memcpy(out->names[c], at, name_bytes < sizeof out->names[c] - 1 ? name_bytes : sizeof out->names[c] - 1);
        out->columns[c] = (candour_answer_column){.name = out->names[c], .type = type};
        out->arrays[c] = cd_alloc(CANDOUR_BLOCK_ROWS, type == CANDOUR_TEXT ? sizeof(cd_slice) : sizeof(int64_t), err);
        if (!out->arrays[c]) CD_TRY(CD_EMEMORY);
        if (type == CANDOUR_TEXT) out->values[c].text = out->arrays[c];
        else if (type == CANDOUR_REAL) out->values[c].real = out->arrays[c];
        else out->values[c].integer = out->arrays[c];
        at += n;
        at += strspn(at, " ");
    }
done:
    out->status = st;
    return st;
}

void cd_answer_text(cd_answer *a, uint32_t column, cd_slice value) { ((cd_slice *)a->arrays[column])[a->n] = value; }
void cd_answer_int(cd_answer *a, uint32_t column, int64_t value) { ((int64_t *)a->arrays[column])[a->n] = value; }
void cd_answer_real(cd_answer *a, uint32_t column, double value) { ((double *)a->arrays[column])[a->n] = value; }

void cd_answer_vertex(cd_answer *a, uint32_t column, cd_id vertex)
{
    cd_answer_text(a, column, cd_slice_of(cd_vertex_kind(a->asked->graph, vertex)));
    cd_answer_text(a, column + 1, cd_vertex_id(a->asked->graph, vertex));
}

static void hand_over(cd_answer *a)
{
    const candour_sink *sink = a->asked->sink;
    if (a->status == CD_OK) a->status = cd_snapshot_judge(a->asked->graph->snapshot, CD_OK, &a->err);
    if (a->status == CD_OK)
        a->status = sink->rows(sink->context, a->columns, a->n_columns, a->n, a->values, &a->err);
    a->n = 0;
}

void cd_answer_row(cd_answer *a)
{
    if (++a->n == CANDOUR_BLOCK_ROWS) hand_over(a);
}

cd_status cd_answer_end(cd_answer *a, cd_err *err)
{
    if (a->asked) hand_over(a); /* even when empty: the columns are part of the answer */
    for (uint32_t c = 0; c < a->n_columns; c++) cd_free(a->arrays[c]);
    cd_free(a->names);
    cd_status st = a->status;
    if (st != CD_OK && a->err.text[0]) st = cd_fail(err, st, "%s", a->err.text);
    *a = (cd_answer){0};
    return st;
}

cd_status cd_answer_fact(const cd_asked *asked, const char *name, double value, cd_err *err)
{
    const candour_sink *sink = asked->sink;
    return sink->fact ? sink->fact(sink->context, name, value, err) : CD_OK;
}
