/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask_out.h: the rows of a query as they come, as a table for people or a page, as CSV, as one JSON object or a JSON array a line, or
 * as the graph that they hold. */
#ifndef QUERIES_ASK_OUT_H
#define QUERIES_ASK_OUT_H

#include "queries/answer_table.h"
#include "queries/ask.h"
#include "queries/ask_graph.h"
#include "queries/language/evaluate.h"

typedef struct {
    ask_form form;
    bool held;
    uint32_t width;
    cd_buffer *out;
    const cd_slice *columns;
    uint32_t n_columns;
    cd_buffer rows;     /* JSON: until it is known what type each column is */
    value_type *types;  /* per column, of what was not null; VALUE_NULL: nothing yet */
    bool *mixed;
    bool begun;         /* JSON: its head is out */
    uint64_t n_rows;
    ask_graph drawn;    /* GRAPH */
    answer_table page;  /* HTML */
    cd_arena arena;     /* TABLE */
    cd_slice *cells;
    bool *right;        /* per column: numbers, so far */
    size_t n_cells, cap_cells;
} ask_out;

CD_CHECKED cd_status ask_out_begin(ask_out *o, const ask_options *options, const candour_ontology *ontology, const cd_slice *columns,
                                   uint32_t n_columns, cd_buffer *out, cd_err *err);
CD_CHECKED cd_status ask_out_row(ask_out *o, evaluation *e, const value *row, cd_err *err);
CD_CHECKED cd_status ask_out_end(ask_out *o, cd_err *err);
void ask_out_release(ask_out *o);

#endif
