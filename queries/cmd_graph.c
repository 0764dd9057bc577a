/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_graph.c: `candour graph`: any kernel of the engine over named relations of a store. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/civil.h"
#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/kernel_out.h"
#include "queries/weights_in.h"

enum { MOST_WORDS = 64, FIRST_ROWS = 20 };

/* What --relations and --where name, one after the other. */
typedef struct {
    const char *at[MOST_WORDS];
    uint32_t n;
} word_list;

static cd_status read_list(cli_run *run, const char *option, word_list *out, cd_err *err)
{
    const char *value = cli_value(run, option);
    out->n = 0;
    while (value && *value) {
        size_t n = strcspn(value, ",");
        if (out->n == MOST_WORDS) return cd_fail(err, CD_EUSAGE, "--%s takes at most %d words", option, MOST_WORDS);
        out->at[out->n] = cd_arena_copy(&run->arena, value, n, err);
        if (!out->at[out->n++]) return CD_EMEMORY;
        value += n + (value[n] == ',');
    }
    return CD_OK;
}

static cd_status read_time(const cli_run *run, const char *option, int64_t *out, cd_err *err)
{
    const char *value = cli_value(run, option);
    bool zone;
    *out = CANDOUR_UNKNOWN;
    if (!value || cd_time_read(value, strlen(value), out, &zone) == CD_TIME_OK) return CD_OK;
    return cd_fail(err, CD_EUSAGE, "--%s takes a day or a time, as in 2026-03-01 or 2026-03-01T07:30:00Z, not '%s'",
                   option, value);
}

static cd_status read_kernel_options(const cli_run *run, candour_kernel_options *o, weight_list *weights, cd_err *err)
{
    cd_status st = CD_OK;
    bool to_people = !cli_given(run, "csv") && !cli_given(run, "json");
    uint64_t hops = 0, paths = 0, partners = 0, least = 0, rounds = 0, alpha = 0, beta = 0, cap = 0;
    uint64_t top = to_people ? FIRST_ROWS : 0;
    CD_TRY(cli_whole(run, "hops", 1, UINT32_MAX - 2, &hops, err));
    CD_TRY(cli_whole(run, "paths", 1, 1000000, &paths, err));
    CD_TRY(cli_whole(run, "partners", 1, 100000, &partners, err));
    CD_TRY(cli_whole(run, "least", 1, UINT32_MAX - 2, &least, err));
    CD_TRY(cli_whole(run, "rounds", 1, 1000000, &rounds, err));
    CD_TRY(cli_whole(run, "alpha", 1, UINT32_MAX - 2, &alpha, err));
    CD_TRY(cli_whole(run, "beta", 1, UINT32_MAX - 2, &beta, err));
    CD_TRY(cli_whole(run, "cap", 1, UINT32_MAX - 2, &cap, err));
    CD_TRY(cli_whole(run, "top", 1, UINT32_MAX - 2, &top, err));
    CD_TRY(cli_real(run, "damping", 0, 1, &o->damping, err));
    CD_TRY(cli_real(run, "tolerance", 0, 1, &o->tolerance, err));
    CD_TRY(cli_real(run, "resolution", 0, 1e9, &o->resolution, err));
    CD_TRY(cli_real(run, "level", 0, 0.5, &o->level, err));
    if (cli_given(run, "weights")) {
        CD_TRY(weights_read(cli_value(run, "weights"), weights, err));
        o->weights = weights->at, o->n_weights = weights->n;
    }
    o->start = cli_value(run, "start"), o->end = cli_value(run, "end");
    o->side = cli_value(run, "side"), o->weight = cli_value(run, "weight"), o->strata = cli_value(run, "strata");
    o->certain = cli_value(run, "certain"), o->there = cli_given(run, "there");
    o->hops = (uint32_t)hops, o->paths = (uint32_t)paths, o->rounds = (uint32_t)rounds;
    o->partners = (uint32_t)partners, o->least = (uint32_t)least;
    o->alpha = (uint32_t)alpha, o->beta = (uint32_t)beta, o->cap = (uint32_t)cap, o->top = (uint32_t)top;
done:
    return st;
}

static const candour_kernel *find_kernel(const char *name, cd_err *err)
{
    uint32_t n;
    const candour_kernel *kernels = candour_kernels(&n);
    cli_nearest nearest = cli_nearest_to(name);
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(kernels[i].name, name) == 0) return &kernels[i];
        cli_nearest_try(&nearest, kernels[i].name);
    }
    if (nearest.best) (void)!cd_fail(err, CD_EUSAGE, "no kernel '%s'; did you mean '%s'?", name, nearest.best);
    else (void)!cd_fail(err, CD_EUSAGE, "no kernel '%s'; see `candour graph list`", name);
    return NULL;
}

/* An option that the kernel does not look at is a mistake, not a wish. */
static cd_status check_options(const cli_run *run, const candour_kernel *kernel, cd_err *err)
{
    static const char *const of_kernels[] = {"start",  "end",    "hops",  "paths", "rounds",     "alpha", "beta",
                                             "damping", "tolerance", "partners", "least", "level", "strata", "certain", "there",
                                             "resolution", "side", "weight", "weights", "cap"};
    for (size_t i = 0; i < sizeof of_kernels / sizeof *of_kernels; i++) {
        if (!cli_given(run, of_kernels[i]) || candour_kernel_takes(kernel, of_kernels[i])) continue;
        return cd_fail(err, CD_EUSAGE, "%s does not take --%s; it takes: %s", kernel->name, of_kernels[i],
                       *kernel->takes ? kernel->takes : "nothing");
    }
    return CD_OK;
}

static cd_status list_kernels(cli_run *run, cd_err *err)
{
    uint32_t n;
    const candour_kernel *kernels = candour_kernels(&n);
    print_table table = {0};
    print_table_heads(&table, "KERNEL,TAKES,GIVES");
    for (uint32_t i = 0; i < n; i++) {
        cd_buffer_printf(&run->out, "%s: %s\n", kernels[i].name, kernels[i].about);
        print_table_cell(&table, "%s", kernels[i].name);
        print_table_cell(&table, "%s", kernels[i].takes);
        print_table_cell(&table, "%s", kernels[i].gives);
    }
    cd_buffer_printf(&run->out, "\n");
    return print_table_end(&table, &run->out, err);
}

static cd_status say_estimate(const cli_run *run, const candour_kernel *kernel, candour_graph *graph,
                              const candour_kernel_options *options, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    candour_kernel_estimate estimate = {0};
    candour_graph_info size = candour_graph_size(graph);
    char vertices[PRINT_TEXT], edges[PRINT_TEXT], held[PRINT_TEXT], bytes[PRINT_TEXT], seconds[PRINT_TEXT];
    CD_TRY(candour_kernel_guess(graph, kernel->name, options, &estimate, err));
    if (cli_given(run, "json")) {
        CD_TRY(print_json(json_pack("{s:s, s:I, s:I, s:I, s:I, s:f}", "kernel", kernel->name, "vertices",
                                    (json_int_t)size.vertices, "edges", (json_int_t)size.edges, "graph_bytes",
                                    (json_int_t)size.bytes, "bytes", (json_int_t)estimate.bytes, "seconds",
                                    estimate.seconds), out, err));
    } else {
        cd_buffer_printf(
            out, "%s vertices, %s edges; the graph holds %s\n%s would take at most %s more, and roughly %s\n",
            print_count(size.vertices, vertices), print_count(size.edges, edges), print_size(size.bytes, held),
            kernel->name, print_size(estimate.bytes, bytes), print_duration(estimate.seconds, seconds));
    }
done:
    return st;
}

static cd_status open_graph(cli_run *run, candour_store *store, const candour_kernel *kernel, candour_graph **out,
                            cd_err *err)
{
    cd_status st = CD_OK;
    word_list relations, where;
    uint64_t seed = 1;
    bool months = cli_given(run, "strata") && strstr(cli_value(run, "strata"), "month");
    candour_graph_options o = {.times = kernel->times || months, .memory_bytes = (size_t)1 << 30};
    CD_TRY(read_list(run, "relations", &relations, err));
    CD_TRY(read_list(run, "where", &where, err));
    if (relations.n == 0) relations = (word_list){.at = {"accesses"}, .n = 1};
    CD_TRY(read_time(run, "from", &o.from, err));
    CD_TRY(read_time(run, "to", &o.to, err));
    CD_TRY(cli_threads(run, &o.threads, err));
    CD_TRY(cli_bytes(run, "memory", &o.memory_bytes, err));
    CD_TRY(cli_whole(run, "seed", 0, UINT64_MAX, &seed, err));
    o.relations = relations.at, o.n_relations = relations.n, o.where = where.at, o.n_where = where.n, o.seed = seed;
    /* No progress, and no handler for signals: this only reads, so that a signal may end it at once. */
    CD_TRY(candour_graph_open(store, &o, out, err));
done:
    return st;
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static cd_status run_kernel(cli_run *run, const candour_kernel *kernel, candour_graph *graph,
                            const candour_kernel_options *options, double opened, cd_err *err)
{
    kernel_out out;
    kernel_form form = cli_given(run, "csv") ? KERNEL_CSV : cli_given(run, "json") ? KERNEL_JSON : KERNEL_TABLE;
    double began = seconds_now();
    kernel_out_begin(&out, form, kernel->name, &run->out);
    candour_sink sink = kernel_out_sink(&out);
    cd_status st = candour_kernel_run(graph, kernel->name, options, &sink, err);
    cd_status ended = kernel_out_end(&out, st != CD_OK, err);
    if (cli_given(run, "timing"))
        fprintf(stderr, "making the graph: %.4f s, %s and its listing: %.4f s\n", began - opened, kernel->name,
                seconds_now() - began);
    return st == CD_OK ? ended : st;
}

cd_status cmd_graph(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *store = NULL;
    candour_graph *graph = NULL;
    candour_kernel_options options = {0};
    weight_list weights = {0};
    if (strcmp(run->arguments[0], "list") == 0) return list_kernels(run, err);
    const candour_kernel *kernel = find_kernel(run->arguments[0], err);
    if (!kernel) return CD_EUSAGE;
    if (run->n_arguments < 2) return cd_fail(err, CD_EUSAGE, "no store to look into; give its folder after the kernel");
    CD_TRY(check_options(run, kernel, err));
    CD_TRY(read_kernel_options(run, &options, &weights, err));
    candour_open_options how = {.untrusted = cli_given(run, "untrusted")};
    CD_TRY(candour_store_open(run->arguments[1], &how, &store, err));
    double opened = seconds_now();
    CD_TRY(open_graph(run, store, kernel, &graph, err));
    if (cli_given(run, "estimate")) CD_TRY(say_estimate(run, kernel, graph, &options, &run->out, err));
    else CD_TRY(run_kernel(run, kernel, graph, &options, opened, err));
done:
    candour_graph_close(graph);
    cmd_close_store(run, store);
    weights_release(&weights);
    return st;
}
