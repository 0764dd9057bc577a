/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_evaluate_baselines.c: rankings that need no candour: chance, volume, shares, sums of z-scores, PageRank. A
 * detector that does no better than these is not worth its trouble. */
#include <math.h>
#include <stdlib.h>

#include "engine/base/random.h"
#include "queries/cmd_evaluate.h"

const char *const evaluate_baselines[BASELINES] = {"random", "volume", "unexplained_share", "z_score_sum", "pagerank"};
enum { RANDOM, VOLUME, SHARE, Z_SUM, PAGERANK };

/* values[] less their mean, over their standard deviation, added to sum[]. */
static void add_z(const double *values, uint32_t n, double *sum)
{
    double mean = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++) mean += values[i] / n;
    for (uint32_t i = 0; i < n; i++) squares += (values[i] - mean) * (values[i] - mean) / n;
    for (uint32_t i = 0; i < n && squares > 0; i++) sum[i] += (values[i] - mean) / sqrt(squares);
}

typedef struct {
    const candour_sweep *sweep;
    double *value;
} taking;

static cd_status take_ranks(void *context, const candour_answer_column *columns, uint32_t n_columns, uint32_t n,
                            const candour_values *values, cd_err *err)
{
    taking *t = context;
    int32_t kind = -1, id = -1, rank = -1;
    (void)err;
    for (uint32_t c = 0; c < n_columns; c++) {
        if (strcmp(columns[c].name, "kind") == 0) kind = (int32_t)c;
        if (strcmp(columns[c].name, "id") == 0) id = (int32_t)c;
        if (columns[c].type == CANDOUR_REAL && rank < 0) rank = (int32_t)c;
    }
    for (uint32_t i = 0; id >= 0 && rank >= 0 && i < n; i++) {
        uint32_t officer;
        if (kind >= 0 && !cd_slice_equal(values[kind].text[i], cd_slice_of("officer"))) continue;
        if (candour_sweep_find(t->sweep, values[id].text[i], &officer)) t->value[officer] = values[rank].real[i];
    }
    return CD_OK;
}

static cd_status pagerank_values(const candour_sweep *sweep, candour_store *store, uint32_t threads, double *value,
                                 cd_err *err)
{
    cd_status st = CD_OK;
    candour_graph *graph = NULL;
    const char *relation = "accesses";
    candour_graph_options o = {
        .relations = &relation, .n_relations = 1, .from = CANDOUR_UNKNOWN, .to = CANDOUR_UNKNOWN, .threads = threads};
    taking t = {sweep, value};
    candour_sink sink = {.rows = take_ranks, .context = &t};
    candour_kernel_options k = {0};
    CD_TRY(candour_graph_open(store, &o, &graph, err));
    CD_TRY(candour_kernel_run(graph, "pagerank", &k, &sink, err));
done:
    candour_graph_close(graph);
    return st;
}

cd_status evaluate_baseline_values(const candour_sweep *sweep, candour_store *store, uint32_t threads, double **value,
                                   cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep_info info = candour_sweep_facts(sweep);
    uint32_t n = info.n_officers;
    double *open = NULL, *v = NULL;
    CD_NEW(v, (size_t)BASELINES * n);
    CD_NEW(open, n);
    for (uint32_t o = 0; o < n; o++) {
        candour_ranked r = candour_sweep_officer(sweep, o);
        cd_random draw = cd_random_of(1, BASELINES, o);
        double all = 0;
        for (uint32_t k = 0; k < info.n_reasons; k++) all += r.reasons[k];
        open[o] = r.reasons[0];
        v[(size_t)RANDOM * n + o] = cd_random_unit(&draw);
        v[(size_t)VOLUME * n + o] = all;
        v[(size_t)SHARE * n + o] = all > 0 ? open[o] / all : 0;
    }
    add_z(v + (size_t)VOLUME * n, n, v + (size_t)Z_SUM * n);
    add_z(v + (size_t)SHARE * n, n, v + (size_t)Z_SUM * n);
    add_z(open, n, v + (size_t)Z_SUM * n);
    if (store) CD_TRY(pagerank_values(sweep, store, threads, v + (size_t)PAGERANK * n, err));
    *value = v, v = NULL;
done:
    cd_free(open);
    cd_free(v);
    return st;
}
