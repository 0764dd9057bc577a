/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels.c: the table of kernels, the graph they are asked about, and how its vertices are named. */
#include "engine/graph/kernels.h"

#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"

enum { MOST_KERNELS = 64 };

/* Every family, in the order they are listed. */
static struct {
    const cd_kernel *kernels;
    const uint32_t *n;
} const families[] = {
    {cd_kernels_spreading, &cd_n_kernels_spreading},
    {cd_kernels_paths, &cd_n_kernels_paths},
    {cd_kernels_sharing, &cd_n_kernels_sharing},
    {cd_kernels_validated, &cd_n_kernels_validated},
    {cd_kernels_groups, &cd_n_kernels_groups},
    {cd_kernels_butterflies, &cd_n_kernels_butterflies},
    {cd_kernels_central, &cd_n_kernels_central},
};

static candour_kernel shown[MOST_KERNELS];
static uint32_t n_shown;

static void gather_shown(void)
{
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (uint32_t i = 0; i < *families[f].n && n_shown < MOST_KERNELS; i++)
            shown[n_shown++] = families[f].kernels[i].shown;
}

const candour_kernel *candour_kernels(uint32_t *n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, gather_shown);
    *n = n_shown;
    return shown;
}

bool candour_kernel_takes(const candour_kernel *kernel, const char *option)
{
    size_t n = strlen(option);
    for (const char *at = kernel->takes; *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == n && memcmp(at, option, n) == 0) return true;
        at += word;
    }
    return false;
}

static cd_status find(const char *name, const cd_kernel **out, cd_err *err)
{
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (uint32_t i = 0; i < *families[f].n; i++)
            if (strcmp(families[f].kernels[i].shown.name, name) == 0) return *out = &families[f].kernels[i], CD_OK;
    return cd_fail(err, CD_EUSAGE, "no kernel '%s'", name);
}

/* `accesses.action=print`, where it is of this relation. */
static cd_status apply_where(cd_view *view, const char *where, bool *used, cd_err *err)
{
    const candour_table *t = &view->snapshot->ontology->tables[view->table];
    size_t n = strlen(t->name);
    const char *equals = strchr(where, '='), *dot = strchr(where, '.');
    if (!equals || !dot || dot > equals)
        return cd_fail(err, CD_EUSAGE, "'%s' is not RELATION.COLUMN=VALUE", where);
    if ((size_t)(dot - where) != n || memcmp(where, t->name, n) != 0) return CD_OK;
    *used = true;
    return cd_view_where(view, (cd_slice){dot + 1, (uint32_t)(equals - dot - 1)}, cd_slice_of(equals + 1), err);
}

static cd_status build_relation(candour_graph *g, const candour_graph_options *o, uint32_t i, bool *used, cd_err *err)
{
    cd_status st = CD_OK;
    cd_view *view = &g->views[i];
    const candour_ontology *ontology = g->snapshot->ontology;
    int32_t table = candour_table_find(ontology, cd_slice_of(o->relations[i]));
    if (table < 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "no relation '%s'; candour info lists what there is", o->relations[i]));
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(o->relations[k], o->relations[i]) == 0)
            CD_TRY(cd_fail(err, CD_EUSAGE, "relation '%s' is named twice; name it once", o->relations[i]));
    bool timed = ontology->tables[table].time_column >= 0;
    CD_TRY(cd_view_init(g->snapshot, (uint32_t)table, timed ? o->from : CANDOUR_UNKNOWN,
                        timed ? o->to : CANDOUR_UNKNOWN, view, err));
    for (uint32_t w = 0; w < o->n_where; w++) CD_TRY(apply_where(view, o->where[w], &used[w], err));
    CD_TRY(cd_pairs_build(view, o->times ? CD_PAIRS_TIMES : CD_PAIRS_BARE, &g->run, &g->relations[i], err));
    g->n_relations++;
done:
    return st;
}

cd_status candour_graph_open(candour_store *store, const candour_graph_options *options, candour_graph **out,
                             cd_err *err)
{
    cd_status st = CD_OK;
    candour_graph *g = NULL;
    bool *used = NULL;
    CD_NEW(g, 1);
    CD_NEW(used, options->n_where);
    g->n_views = options->n_relations;
    CD_NEW(g->views, g->n_views);
    CD_NEW(g->relations, options->n_relations);
    g->store = store;
    g->snapshot = cd_store_snapshot(store);
    g->run = (cd_run){.threads = options->threads ? options->threads : (uint32_t)omp_get_num_procs(),
                      .memory_bytes = options->memory_bytes, .seed = options->seed, .progress = options->progress};
    if (options->n_relations == 0) CD_TRY(cd_fail(err, CD_EUSAGE, "a graph needs at least one relation"));
    for (uint32_t i = 0; i < options->n_relations; i++) CD_TRY(build_relation(g, options, i, used, err));
    for (uint32_t w = 0; w < options->n_where; w++)
        if (!used[w])
            CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' is of no relation that the graph is made of", options->where[w]));
    CD_TRY(cd_graph_join(g->relations, g->n_relations, &g->run, &g->graph, err));
    CD_TRY(cd_snapshot_judge(g->snapshot, CD_OK, err));
    *out = g, g = NULL;
done:
    cd_free(used);
    candour_graph_close(g);
    return st;
}

void candour_graph_close(candour_graph *g)
{
    if (!g) return;
    for (uint32_t i = 0; i < g->n_relations; i++) cd_pairs_release(&g->relations[i]);
    cd_free(g->relations);
    for (uint32_t i = 0; g->views && i < g->n_views; i++) cd_view_release(&g->views[i]);
    cd_free(g->views);
    cd_pages_free(g->place, g->graph.csr.n_left, sizeof *g->place);
    cd_graph_release(&g->graph);
    cd_free(g);
}

candour_graph_info candour_graph_size(const candour_graph *g)
{
    cd_off edges = cd_csr_edges(&g->graph.csr);
    size_t bytes = 8 * ((size_t)g->graph.csr.n_left + 1) + 4 * edges;
    for (uint32_t i = 0; i < g->n_relations; i++) {
        const cd_pairs *p = &g->relations[i];
        bytes +=
            (p->count ? 28 : 8) * cd_csr_edges(&p->by_left) + 8 * ((size_t)p->by_left.n_left + p->by_right.n_left + 2);
    }
    return (candour_graph_info){.vertices = g->graph.csr.n_left, .edges = edges / 2, .bytes = bytes};
}

cd_slice cd_vertex_id(const candour_graph *g, cd_id v)
{
    const cd_graph_part *part = cd_graph_part_of(&g->graph, v);
    return cd_snapshot_id(g->snapshot, part->kind, v - part->first);
}

const char *cd_vertex_kind(const candour_graph *g, cd_id v)
{
    return g->snapshot->ontology->kinds[cd_graph_part_of(&g->graph, v)->kind].name;
}

cd_status cd_vertex_find(const candour_graph *g, const char *text, const char *option, cd_id *out, cd_err *err)
{
    uint32_t found = 0;
    if (!text) return cd_fail(err, CD_EUSAGE, "this kernel needs a vertex; give its id with --%s", option);
    for (uint32_t i = 0; i < g->graph.n_parts; i++) {
        const cd_graph_part *part = &g->graph.parts[i];
        const char *kind = g->snapshot->ontology->kinds[part->kind].name;
        size_t n = strlen(kind);
        bool named = strncmp(text, kind, n) == 0 && text[n] == ':';
        cd_slice id = cd_slice_of(named ? text + n + 1 : text);
        cd_id number = cd_snapshot_find(g->snapshot, part->kind, id, cd_hash64(id.bytes, id.n));
        if (number >= part->n) continue;
        *out = part->first + number;
        if (named) return CD_OK;
        found++;
    }
    if (found == 1) return CD_OK;
    if (found > 1)
        return cd_fail(err, CD_EUSAGE, "several kinds have an id '%s'; write its kind before it, as in officer:%s",
                       text, text);
    return cd_fail(err, CD_EUSAGE, "no id '%s' in this graph; see its kinds and relations with candour info", text);
}

cd_status cd_vertex_places(candour_graph *g, const uint32_t **out, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *place = NULL;
    if (g->place) return *out = g->place, CD_OK;
    place = cd_pages_new(g->graph.csr.n_left, sizeof *place, err);
    if (!place) CD_TRY(CD_EMEMORY);
    for (uint32_t i = 0; i < g->graph.n_parts; i++) {
        const cd_graph_part *part = &g->graph.parts[i];
        const cd_id *order;
        CD_TRY(cd_store_order(g->store, part->kind, &order, err));
        for (cd_id k = 0; k < part->n; k++) place[part->first + order[k]] = part->first + k;
    }
    *out = g->place = place, place = NULL;
done:
    cd_pages_free(place, g->graph.csr.n_left, sizeof *place);
    return st;
}

int cd_vertex_compare(const candour_graph *g, cd_id a, cd_id b)
{
    const cd_graph_part *x = cd_graph_part_of(&g->graph, a), *y = cd_graph_part_of(&g->graph, b);
    if (x != y) return x < y ? -1 : 1;
    return cd_slice_compare(cd_vertex_id(g, a), cd_vertex_id(g, b));
}

typedef struct {
    const candour_graph *graph;
    const double *value;
    const uint32_t *place; /* NULL: few are listed, and their ids are compared as they are met */
} listing;

static int listed_before(const void *a, const void *b, void *context)
{
    const listing *l = context;
    cd_id x = *(const cd_id *)a, y = *(const cd_id *)b;
    if (l->value[x] != l->value[y]) return l->value[x] > l->value[y] ? -1 : 1;
    if (!l->place) return cd_vertex_compare(l->graph, x, y);
    return (l->place[x] > l->place[y]) - (l->place[x] < l->place[y]);
}

/* Where only the top is wanted, whoever is below the top's least value is left out before anything is sorted. */
cd_status cd_vertices_by(candour_graph *g, const double *value, uint32_t top, cd_id **out, cd_id *n, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id all = g->graph.csr.n_left, kept = 0;
    double least = 0;
    cd_id *list = NULL;
    listing l = {.graph = g, .value = value};
    if (top == 0) CD_TRY(cd_vertex_places(g, &l.place, err));
    list = cd_pages_new(all, sizeof *list, err);
    if (!list) CD_TRY(CD_EMEMORY);
    for (cd_id v = 0; v < all; v++) {
        if (value[v] < 0 || value[v] < least) continue; /* not to be listed, or not among the first */
        list[kept++] = v;
        if (top == 0 || kept < 2 * (uint64_t)top + 1024) continue;
        qsort_r(list, kept, sizeof *list, listed_before, &l);
        kept = top;
        least = value[list[top - 1]];
    }
    qsort_r(list, kept, sizeof *list, listed_before, &l);
    *n = top && kept > top ? top : kept;
    *out = list, list = NULL;
done:
    cd_pages_free(list, all, sizeof *list);
    return st;
}

cd_status cd_one_relation(const cd_asked *asked, const char *kernel, const cd_pairs **out, cd_err *err)
{
    if (asked->graph->n_relations != 1)
        return cd_fail(err, CD_EUSAGE, "%s works on one relation, not on %u; name one with --relations", kernel,
                       asked->graph->n_relations);
    *out = &asked->graph->relations[0];
    return CD_OK;
}

cd_status candour_kernel_run(candour_graph *graph, const char *name, const candour_kernel_options *options,
                             const candour_sink *sink, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_kernel *kernel = NULL;
    cd_asked asked = {.graph = graph, .options = options, .sink = sink};
    candour_kernel_estimate estimate = {0};
    CD_TRY(find(name, &kernel, err));
    /* With what its listing takes; a kernel itself knows of its own arrays alone. */
    CD_TRY(kernel->guess(&asked, &estimate, err));
    CD_TRY(cd_run_fits(&graph->run, name, estimate.bytes, err));
    CD_TRY(kernel->run(&asked, err));
done:
    return cd_snapshot_judge(graph->snapshot, st, err);
}

cd_status candour_kernel_guess(candour_graph *graph, const char *name, const candour_kernel_options *options,
                               candour_kernel_estimate *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_kernel *kernel = NULL;
    cd_asked asked = {.graph = graph, .options = options};
    CD_TRY(find(name, &kernel, err));
    CD_TRY(kernel->guess(&asked, out, err));
done:
    return st;
}
