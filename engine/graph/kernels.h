/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels.h: kernels as candour.h offers them: a name, what it takes and gives, what it costs, and how it is run. One
 * family a file (kernels_*.c), one table (kernels.c): adding a kernel touches its own file and the table. */
#ifndef CD_GRAPH_KERNELS_H
#define CD_GRAPH_KERNELS_H

#include "engine/candour.h"
#include "engine/graph/graph.h"

struct candour_graph {
    candour_store *store;
    const cd_snapshot *snapshot;
    cd_run run;
    uint32_t n_views, n_relations;
    cd_view *views;      /* what was asked for, in this order */
    cd_pairs *relations; /* their pairs; kernels over one relation take the first */
    cd_graph graph;
    uint32_t *place; /* per vertex: its place by kind, then by the bytes of its id; NULL until asked for */
};

/* One use of a kernel. */
typedef struct {
    candour_graph *graph;
    const candour_kernel_options *options;
    const candour_sink *sink;
} cd_asked;

typedef struct {
    candour_kernel shown;
    cd_status (*run)(const cd_asked *asked, cd_err *err);
    /* Bytes at most beside the graph, and seconds roughly; CD_EUSAGE where the options do not fit. */
    cd_status (*guess)(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err);
} cd_kernel;

extern const cd_kernel cd_kernels_spreading[], cd_kernels_paths[], cd_kernels_sharing[], cd_kernels_validated[],
    cd_kernels_groups[], cd_kernels_butterflies[], cd_kernels_central[];
extern const uint32_t cd_n_kernels_spreading, cd_n_kernels_paths, cd_n_kernels_sharing, cd_n_kernels_validated,
    cd_n_kernels_groups, cd_n_kernels_butterflies, cd_n_kernels_central;

/* The vertex that a text names. CD_EUSAGE where none is, or where several kinds have it. */
CD_CHECKED cd_status cd_vertex_find(const candour_graph *g, const char *text, const char *option, cd_id *out,
                                    cd_err *err);
/* Vertex `v` as text, and the name of its kind. */
cd_slice cd_vertex_id(const candour_graph *g, cd_id v);
const char *cd_vertex_kind(const candour_graph *g, cd_id v);
/* By kind, then by the bytes of their ids: below 0, 0, above 0. */
int cd_vertex_compare(const candour_graph *g, cd_id a, cd_id b);
/* graph->place. Whatever is listed is listed by it where nothing else orders it: numbers depend on how a store came to
 * be, ids do not. */
CD_CHECKED cd_status cd_vertex_places(candour_graph *g, const uint32_t **out, cd_err *err);
/* Vertices as they are to be listed: largest value first, then by place; all of them, or the first `top` where it is
 * not 0. A value below 0 keeps a vertex out. Values are as they will be printed: rounded. *out has *n vertices, for
 * cd_pages_free with graph's vertices. */
CD_CHECKED cd_status cd_vertices_by(candour_graph *g, const double *value, uint32_t top, cd_id **out, cd_id *n,
                                    cd_err *err);

/* The only relation of the graph. CD_EUSAGE where it has several. */
CD_CHECKED cd_status cd_one_relation(const cd_asked *asked, const char *kernel, const cd_pairs **out, cd_err *err);

/* Rows on their way out, a block at a time. Columns are named in the text `gives`: `kind id rank:real`; the type is
 * text unless `:int`, `:real` or `:time` follows. Then each row: cd_answer_text and so on in any order of columns, and
 * cd_answer_row. A text must live until cd_answer_end. What fails sticks, and cd_answer_end tells it. */
enum { CD_ANSWER_COLUMNS = 12 };
typedef struct {
    const cd_asked *asked;
    uint32_t n_columns, n;
    candour_answer_column columns[CD_ANSWER_COLUMNS];
    candour_values values[CD_ANSWER_COLUMNS];
    void *arrays[CD_ANSWER_COLUMNS];
    char (*names)[32];
    cd_status status;
    cd_err err;
} cd_answer;

CD_CHECKED cd_status cd_answer_begin(const cd_asked *asked, const char *gives, cd_answer *out, cd_err *err);
void cd_answer_text(cd_answer *a, uint32_t column, cd_slice value);
void cd_answer_int(cd_answer *a, uint32_t column, int64_t value);
void cd_answer_real(cd_answer *a, uint32_t column, double value);
/* The kind and the id of a vertex, into columns `column` and the next. */
void cd_answer_vertex(cd_answer *a, uint32_t column, cd_id vertex);
void cd_answer_row(cd_answer *a);
/* Hands over what waits, and gives back the arrays; also after a failure. */
CD_CHECKED cd_status cd_answer_end(cd_answer *a, cd_err *err);
CD_CHECKED cd_status cd_answer_fact(const cd_asked *asked, const char *name, double value, cd_err *err);

#endif
