/* SPDX-License-Identifier: GPL-3.0-or-later
 * cluster.c: a group of officers and the files that tie them, out of its members' findings. */
#include <stdlib.h>

#include "engine/sweep/sweep_inside.h"

typedef struct {
    candour_cluster shown; /* first: it is what callers hold */
    candour_cluster_node *nodes;
    candour_cluster_edge *edges;
} cluster;

uint32_t candour_sweep_clusters(const candour_sweep *sweep)
{
    const cd_image *m = &sweep->file.image;
    uint32_t most = 0;
    for (uint64_t f = 0; f < m->n_finding_cluster; f++)
        if (m->finding_cluster[f] > most) most = m->finding_cluster[f];
    return most;
}

/* One row of a member's finding. */
typedef struct {
    uint32_t member, text; /* text: of the file's id */
    int64_t at;
} opening;

static int opening_compare(const void *a, const void *b)
{
    const opening *x = a, *y = b;
    if (x->text != y->text) return x->text < y->text ? -1 : 1;
    if (x->member != y->member) return x->member < y->member ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* The members, and all their rows; for cd_free. */
static cd_status members_take(const cd_image *m, uint32_t number, cluster *c, opening **rows, size_t *n_rows,
                              cd_err *err)
{
    cd_status st = CD_OK;
    size_t cap = 0, cap_nodes = 0;
    for (uint32_t o = 0; o < m->n_officer_findings; o++)
        for (uint64_t f = cd_image_begin(m->officer_findings, o); f < m->officer_findings[o]; f++) {
            if (m->finding_cluster[f] != number) continue;
            CD_TRY(cd_grow(&c->nodes, &cap_nodes, c->shown.n_members + 1, sizeof *c->nodes, err));
            c->nodes[c->shown.n_members] = (candour_cluster_node){.id = cd_image_text(m, o),
                                                                  .officer = o,
                                                                  .centibans = m->finding_gain[f],
                                                                  .first = INT64_MAX,
                                                                  .last = INT64_MIN};
            c->shown.centibans += m->finding_gain[f];
            for (uint64_t r = cd_image_begin(m->finding_cited, f); r < m->finding_cited[f]; r++) {
                CD_TRY(cd_grow(rows, &cap, *n_rows + 1, sizeof **rows, err));
                (*rows)[(*n_rows)++] = (opening){c->shown.n_members, m->cited_other[r], m->cited_at[r]};
            }
            c->shown.n_members++;
        }
done:
    return st;
}

static void span_take(int64_t at, int64_t *first, int64_t *last)
{
    if (at < *first) *first = at;
    if (at > *last) *last = at;
}

/* A node for each file and an edge for each member who opened it; the rows are sorted by both. */
static cd_status files_take(const cd_image *m, const opening *rows, size_t n, cluster *c, cd_err *err)
{
    cd_status st = CD_OK;
    size_t cap = 0, cap_nodes = c->shown.n_members;
    c->shown.n_nodes = c->shown.n_members;
    c->shown.first = INT64_MAX, c->shown.last = INT64_MIN;
    for (size_t i = 0; i < n; i++) {
        bool new_file = i == 0 || rows[i].text != rows[i - 1].text;
        if (new_file) {
            CD_TRY(cd_grow(&c->nodes, &cap_nodes, c->shown.n_nodes + 1, sizeof *c->nodes, err));
            c->nodes[c->shown.n_nodes++] = (candour_cluster_node){
                .id = cd_image_text(m, rows[i].text), .officer = UINT32_MAX, .first = INT64_MAX, .last = INT64_MIN};
        }
        if (new_file || rows[i].member != rows[i - 1].member) {
            CD_TRY(cd_grow(&c->edges, &cap, c->shown.n_edges + 1, sizeof *c->edges, err));
            c->edges[c->shown.n_edges++] = (candour_cluster_edge){
                .member = rows[i].member, .file = c->shown.n_nodes - 1, .first = INT64_MAX, .last = INT64_MIN};
        }
        candour_cluster_edge *e = &c->edges[c->shown.n_edges - 1];
        candour_cluster_node *file = &c->nodes[e->file], *member = &c->nodes[e->member];
        e->openings++, file->openings++, member->openings++;
        span_take(rows[i].at, &e->first, &e->last);
        span_take(rows[i].at, &file->first, &file->last);
        span_take(rows[i].at, &member->first, &member->last);
        span_take(rows[i].at, &c->shown.first, &c->shown.last);
    }
done:
    return st;
}

cd_status candour_cluster_new(const candour_sweep *sweep, uint32_t number, candour_cluster **out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_image *m = &sweep->file.image;
    cluster *c = NULL;
    opening *rows = NULL;
    size_t n = 0;
    CD_NEW(c, 1);
    c->shown.number = number;
    CD_TRY(members_take(m, number, c, &rows, &n, err));
    if (c->shown.n_members == 0)
        CD_TRY(
            cd_fail(err, CD_EUSAGE, "the sweep has no cluster %u; it has %u", number, candour_sweep_clusters(sweep)));
    if (n > 1) qsort(rows, n, sizeof *rows, opening_compare);
    CD_TRY(files_take(m, rows, n, c, err));
    c->shown.nodes = c->nodes, c->shown.edges = c->edges;
    *out = &c->shown, c = NULL;
done:
    cd_free(rows);
    if (c) candour_cluster_free(&c->shown);
    return st;
}

void candour_cluster_free(candour_cluster *shown)
{
    cluster *c = (cluster *)shown;
    if (!c) return;
    cd_free(c->nodes);
    cd_free(c->edges);
    cd_free(c);
}
