/* SPDX-License-Identifier: GPL-3.0-or-later
 * months.c: for each right id its edges are gathered and their months sorted, twice: to count and to number. */
#include "engine/graph/months.h"

#include <omp.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/sort.h"

typedef struct {
    const cd_csr *cols;
    const cd_off *place;  /* of an edge of cols: which edge of the rows it is */
    const int32_t *month; /* per edge of the rows */
    uint64_t **keys;      /* a thread: as many as the largest right id has edges */
    cd_off *begin;        /* per right id: its first new number; while counting, one further on: how many */
    cd_id *adj;           /* per edge of the rows: its new right id */
    cd_months *out;
} splitting;

/* The months of a right id, rising, each with the edge it is of. */
static cd_off sort_months(const splitting *s, cd_id c, uint64_t *keys)
{
    cd_off n = 0;
    for (cd_off p = s->cols->off[c]; p < s->cols->off[c + 1]; p++, n++)
        keys[n] = (uint64_t)((uint32_t)s->month[s->place[p]] ^ 0x80000000u) << 32 | (uint32_t)n;
    cd_sort_u64(keys, n);
    return n;
}

static void count_months(splitting *s, cd_id c, uint64_t *keys)
{
    cd_off n = sort_months(s, c, keys), months = 0;
    for (cd_off i = 0; i < n; i++) months += i == 0 || keys[i] >> 32 != keys[i - 1] >> 32;
    s->begin[c + 1] = months;
}

static void number_months(splitting *s, cd_id c, uint64_t *keys)
{
    cd_off n = sort_months(s, c, keys), next = s->begin[c];
    for (cd_off i = 0; i < n; i++) {
        if (i > 0 && keys[i] >> 32 != keys[i - 1] >> 32) next++;
        s->out->of[next] = c;
        s->out->month[next] = (int32_t)((uint32_t)(keys[i] >> 32) ^ 0x80000000u);
        s->adj[s->place[s->cols->off[c] + (uint32_t)keys[i]]] = (cd_id)next;
    }
}

static cd_status split(splitting *s, const cd_csr *rows, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = s->cols->n_left;
    s->begin = cd_pages_new((size_t)n + 1, sizeof *s->begin, err);
    if (!s->begin) CD_TRY(CD_EMEMORY);
#pragma omp parallel for num_threads(run->threads) schedule(dynamic, 256)
    for (cd_id c = 0; c < n; c++) count_months(s, c, s->keys[omp_get_thread_num()]);
    for (cd_id c = 0; c < n; c++) s->begin[c + 1] += s->begin[c];
    if (s->begin[n] >= CD_NONE)
        CD_TRY(cd_fail(err, CD_EUSAGE, "over four thousand million files and months are too many; leave out month"));
    s->out->by_left = (cd_csr){.n_left = rows->n_left, .n_right = (cd_id)s->begin[n]};
    s->out->of = cd_pages_new(s->begin[n], sizeof *s->out->of, err);
    s->out->month = cd_pages_new(s->begin[n], sizeof *s->out->month, err);
    s->adj = cd_pages_new(cd_csr_edges(rows), sizeof *s->adj, err);
    if (!s->out->of || !s->out->month || !s->adj) CD_TRY(CD_EMEMORY);
#pragma omp parallel for num_threads(run->threads) schedule(dynamic, 256)
    for (cd_id c = 0; c < n; c++) number_months(s, c, s->keys[omp_get_thread_num()]);
done:
    return st;
}

cd_status cd_months_split(const cd_csr *rows, const int64_t *first, const cd_off *place, const cd_run *run,
                          cd_months *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_off edges = cd_csr_edges(rows), *where = NULL, *off = NULL;
    cd_csr cols = {0};
    cd_id most = 0;
    int32_t *month = NULL;
    splitting s = {.cols = &cols, .out = out};
    *out = (cd_months){0};
    CD_TRY(cd_run_fits(run, "splitting by months",
                       28 * edges + 16 * ((size_t)rows->n_left + rows->n_right) +
                           cd_csr_transpose_bytes(rows->n_right, run->threads),
                       err));
    month = cd_pages_new(edges, sizeof *month, err);
    off = cd_pages_new((size_t)rows->n_left + 1, sizeof *off, err);
    if (!month || !off) CD_TRY(CD_EMEMORY);
#pragma omp parallel for num_threads(run->threads) schedule(static)
    for (cd_off e = 0; e < edges; e++) {
        int64_t at = first[place ? place[e] : e];
        month[e] = at == CANDOUR_UNKNOWN ? INT32_MIN : cd_month_of(at);
    }
    CD_TRY(cd_csr_transpose(rows, run->threads, &cols, &where, err));
    for (cd_id c = 0; c < cols.n_left; c++) most = cd_csr_degree(&cols, c) > most ? cd_csr_degree(&cols, c) : most;
    s.month = month, s.place = where;
    CD_NEW(s.keys, run->threads);
    for (uint32_t t = 0; t < run->threads; t++) CD_NEW(s.keys[t], most);
    CD_TRY(split(&s, rows, run, err));
    memcpy(off, rows->off, ((size_t)rows->n_left + 1) * sizeof *off);
    out->by_left.off = off, out->by_left.adj = s.adj;
    off = NULL, s.adj = NULL;
    CD_TRY(cd_csr_transpose(&out->by_left, run->threads, &out->by_right, NULL, err));
done:
    for (uint32_t t = 0; s.keys && t < run->threads; t++) cd_free(s.keys[t]);
    cd_free(s.keys);
    cd_pages_free(s.begin, (size_t)cols.n_left + 1, sizeof *s.begin);
    cd_pages_free(s.adj, edges, sizeof *s.adj);
    cd_pages_free(month, edges, sizeof *month);
    cd_pages_free(where, edges, sizeof *where);
    cd_pages_free(off, (size_t)rows->n_left + 1, sizeof *off);
    cd_csr_release(&cols);
    if (st != CD_OK) cd_months_release(out);
    return st;
}

void cd_months_release(cd_months *m)
{
    cd_id n = m->by_left.n_right;
    cd_pages_free(m->of, n, sizeof *m->of);
    cd_pages_free(m->month, n, sizeof *m->month);
    cd_csr_release(&m->by_left);
    cd_csr_release(&m->by_right);
    *m = (cd_months){0};
}
