/* SPDX-License-Identifier: GPL-3.0-or-later
 * igraph_bridge.c: the one file that sees igraph (0.10).
 *
 * igraph tells failures through handlers of the whole process, the first of which aborts, and Debian builds it without
 * IGRAPH_THREAD_SAFE. So each call holds a lock, puts in handlers of its own, and takes them out again. Both must empty
 * igraph's stack of what to free; what was made here is not on it, and is freed here. */
#include "engine/graph/igraph_bridge.h"

#include <assert.h>
#include <igraph.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <pthread.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* The call that holds the lock. igraph hands its handlers nothing of ours: this is how they know whom to tell. */
static struct {
    const cd_run *run;
    const char *doing;
    cd_status status;
    cd_err *err;
    igraph_error_handler_t *host_error;
    igraph_warning_handler_t *host_warning;
    igraph_interruption_handler_t *host_interruption;
    igraph_attribute_table_t *host_attributes;
} now;

/* Called once more at each level that a failure passes, then without a reason: the first one counts. */
static void keep_reason(const char *reason, const char *file, int line, igraph_error_t number)
{
    (void)file, (void)line;
    if (now.status == CD_OK && number != IGRAPH_INTERRUPTED)
        now.status =
            cd_fail(now.err,
                    number == IGRAPH_ENOMEM  ? CD_EMEMORY
                    : number == IGRAPH_EFILE ? CD_ESYSTEM
                                             : CD_EINPUT,
                    "igraph failed while %s: %s", now.doing, reason && *reason ? reason : igraph_strerror(number));
    IGRAPH_FINALLY_FREE();
}

static igraph_error_t ask_to_go_on(void *data)
{
    (void)data;
    if (now.status == CD_OK) now.status = cd_run_step(now.run, now.doing, 0, now.err);
    if (now.status == CD_OK) return IGRAPH_SUCCESS;
    IGRAPH_FINALLY_FREE();
    return IGRAPH_INTERRUPTED;
}

static void begin(const cd_run *run, const char *doing, cd_err *err)
{
    assert(!omp_in_parallel());
    pthread_mutex_lock(&one_at_a_time);
    now.run = run, now.doing = doing, now.status = CD_OK, now.err = err;
    now.host_error = igraph_set_error_handler(keep_reason);
    now.host_warning = igraph_set_warning_handler(igraph_warning_handler_ignore);
    now.host_interruption = igraph_set_interruption_handler(ask_to_go_on);
    now.host_attributes = igraph_set_attribute_table(&igraph_cattribute_table);
}

static void end(void)
{
    igraph_set_error_handler(now.host_error);
    igraph_set_warning_handler(now.host_warning);
    igraph_set_interruption_handler(now.host_interruption);
    igraph_set_attribute_table(now.host_attributes);
    pthread_mutex_unlock(&one_at_a_time);
}

/* What igraph answered, as a status of ours. */
static cd_status told(igraph_error_t number)
{
    if (number != IGRAPH_SUCCESS && now.status == CD_OK) keep_reason(NULL, NULL, 0, number);
    return now.status;
}

/* A graph of ours as one of igraph's; `weight` has its edges' weights, or is empty. Zeroed before, for view_release. */
typedef struct {
    igraph_t graph;
    igraph_vector_t weight;
    bool made;
} view;

static void view_release(view *v)
{
    if (v->made) igraph_destroy(&v->graph);
    igraph_vector_destroy(&v->weight);
    *v = (view){0};
}

/* igraph_create would add the vertices that a wrong id names, and take a one-way edge for a whole one. */
static cd_status check_undirected(const cd_csr *g, cd_err *err)
{
    cd_off up = 0;
    if (g->n_left != g->n_right)
        return cd_fail(err, CD_EINPUT, "a graph of %u by %u is not undirected", g->n_left, g->n_right);
    cd_status st = cd_csr_check(g, err);
    if (st != CD_OK) return st;
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) {
            if (g->adj[p] == u)
                return cd_fail(err, CD_EINPUT, "vertex %u of an undirected graph is its own neighbour", u);
            up += g->adj[p] > u;
        }
    if (2 * up != cd_csr_edges(g))
        return cd_fail(err, CD_EINPUT, "an undirected graph has %" PRIu64 " edges up and %" PRIu64 " down", up,
                       cd_csr_edges(g) - up);
    return CD_OK;
}

static cd_status view_init(const cd_csr *g, const uint32_t *weight, view *out, cd_err *err)
{
    cd_status st = CD_OK;
    igraph_vector_int_t ends = {0};
    igraph_integer_t n = 0;
    CD_TRY(check_undirected(g, err));
    CD_TRY(told(igraph_vector_int_init(&ends, (igraph_integer_t)cd_csr_edges(g))));
    CD_TRY(told(igraph_vector_init(&out->weight, weight ? (igraph_integer_t)cd_csr_edges(g) / 2 : 0)));
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) {
            if (g->adj[p] < u) continue;
            if (weight) VECTOR(out->weight)[n] = weight[p];
            VECTOR(ends)[2 * n] = u, VECTOR(ends)[2 * n + 1] = g->adj[p];
            n++;
        }
    CD_TRY(told(igraph_create(&out->graph, &ends, (igraph_integer_t)g->n_left, IGRAPH_UNDIRECTED)));
    out->made = true;
done:
    igraph_vector_int_destroy(&ends);
    return st;
}

/* By measurement: Leiden on 12.7 million edges between a million vertices took 1.1 GB, of which this is 1.5. */
size_t cd_igraph_bytes(const cd_csr *g) { return 96 * (cd_csr_edges(g) / 2) + 320 * (size_t)g->n_left + 65536; }

static cd_status degrees(const view *v, igraph_vector_t *out, double *sum)
{
    const igraph_vector_t *weight = igraph_vector_size(&v->weight) ? &v->weight : NULL;
    cd_status st = told(igraph_strength(&v->graph, out, igraph_vss_all(), IGRAPH_ALL, IGRAPH_LOOPS, weight));
    *sum = st == CD_OK ? igraph_vector_sum(out) : 0;
    return st;
}

/* Leiden with its constant Potts model: where a vertex weighs its degree, that is modularity. */
static cd_status leiden(const view *v, double resolution, uint32_t rounds, igraph_vector_int_t *member,
                        igraph_vector_t *degree, double *modularity)
{
    cd_status st = CD_OK;
    double twice;
    const igraph_vector_t *weight = igraph_vector_size(&v->weight) ? &v->weight : NULL;
    CD_TRY(degrees(v, degree, &twice));
    CD_TRY(told(igraph_community_leiden(&v->graph, weight, degree, resolution / twice, 0.01, false,
                                        (igraph_integer_t)rounds, member, NULL, NULL)));
    CD_TRY(told(igraph_modularity(&v->graph, member, weight, resolution, IGRAPH_UNDIRECTED, modularity)));
done:
    return st;
}

cd_status cd_igraph_leiden(const cd_csr *g, const uint32_t *weight, double resolution, uint32_t rounds,
                           const cd_run *run, cd_id *community, double *modularity, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left, *first = NULL;
    view v = {0};
    igraph_vector_int_t member = {0};
    igraph_vector_t degree = {0};
    *modularity = 0;
    begin(run, "finding communities", err);
    CD_TRY(cd_run_fits(run, "igraph's leiden", cd_igraph_bytes(g), err));
    CD_TRY(view_init(g, weight, &v, err));
    CD_TRY(told(igraph_vector_int_init(&member, (igraph_integer_t)n)));
    CD_TRY(told(igraph_vector_init(&degree, (igraph_integer_t)n)));
    CD_TRY(told(igraph_rng_seed(igraph_rng_default(), run->seed)));
    for (cd_id u = 0; u < n; u++) VECTOR(member)[u] = u;
    if (cd_csr_edges(g)) CD_TRY(leiden(&v, resolution, rounds, &member, &degree, modularity));
    CD_NEW(first, n);
    for (cd_id u = n; u-- > 0;) first[VECTOR(member)[u]] = u;
    for (cd_id u = 0; u < n; u++) community[u] = first[VECTOR(member)[u]];
done:
    cd_free(first);
    igraph_vector_int_destroy(&member);
    igraph_vector_destroy(&degree);
    view_release(&v);
    end();
    return st;
}

/* DrL's grid has a million cells, each a queue of its own. */
size_t cd_igraph_layout_bytes(const cd_csr *g)
{
    return cd_igraph_bytes(g) + (g->n_left > CD_IGRAPH_SPRINGS ? (size_t)800 << 20 : 0);
}

static cd_status lay_out(const view *v, cd_id n, bool even, igraph_matrix_t *place)
{
    cd_status st = CD_OK;
    igraph_layout_drl_options_t options;
    if (even) {
        CD_TRY(told(igraph_layout_kamada_kawai(&v->graph, place, false, 50 * (igraph_integer_t)n, 0, n, NULL, NULL, NULL,
                                               NULL, NULL)));
    } else if (n <= CD_IGRAPH_SPRINGS) {
        CD_TRY(told(igraph_layout_fruchterman_reingold(&v->graph, place, false, 500, sqrt(n), IGRAPH_LAYOUT_AUTOGRID,
                                                       NULL, NULL, NULL, NULL, NULL)));
    } else {
        CD_TRY(told(igraph_layout_drl_options_init(&options, IGRAPH_LAYOUT_DRL_DEFAULT)));
        CD_TRY(told(igraph_layout_drl(&v->graph, place, false, &options, NULL)));
    }
done:
    return st;
}

static cd_status places_of(const cd_csr *g, bool even, const cd_run *run, double *x, double *y, cd_err *err)
{
    cd_status st = CD_OK;
    view v = {0};
    igraph_matrix_t place = {0};
    begin(run, "laying out a graph", err);
    CD_TRY(cd_run_fits(run, "laying out a graph", cd_igraph_layout_bytes(g), err));
    CD_TRY(view_init(g, NULL, &v, err));
    CD_TRY(told(igraph_matrix_init(&place, (igraph_integer_t)g->n_left, 2)));
    CD_TRY(told(igraph_rng_seed(igraph_rng_default(), run->seed)));
    if (g->n_left) CD_TRY(lay_out(&v, g->n_left, even, &place));
    for (cd_id u = 0; u < g->n_left; u++) {
        x[u] = MATRIX(place, u, 0), y[u] = MATRIX(place, u, 1);
        if (!isfinite(x[u]) || !isfinite(y[u]))
            CD_TRY(cd_fail(err, CD_EINPUT, "igraph found no place for vertex %u; try another seed", u));
    }
done:
    igraph_matrix_destroy(&place);
    view_release(&v);
    end();
    return st;
}

cd_status cd_igraph_layout(const cd_csr *g, const cd_run *run, double *x, double *y, cd_err *err)
{
    return places_of(g, false, run, x, y, err);
}

cd_status cd_igraph_layout_even(const cd_csr *g, const cd_run *run, double *x, double *y, cd_err *err)
{
    assert(g->n_left <= CD_IGRAPH_EVEN);
    return places_of(g, true, run, x, y, err);
}

static cd_status name_vertices(view *v, cd_id n, cd_igraph_name *name, void *context, cd_err *err)
{
    cd_status st = CD_OK;
    igraph_strvector_t names = {0};
    CD_TRY(told(igraph_strvector_init(&names, (igraph_integer_t)n)));
    for (cd_id u = 0; u < n; u++) {
        cd_slice s = name(context, u);
        if (s.n && memchr(s.bytes, '\0', s.n))
            CD_TRY(cd_fail(err, CD_EINPUT, "the name of vertex %u holds a NUL, which XML cannot say", u));
        CD_TRY(told(igraph_strvector_set_len(&names, u, s.n ? s.bytes : "", s.n)));
    }
    CD_TRY(told(igraph_cattribute_VAS_setv(&v->graph, "name", &names)));
done:
    igraph_strvector_destroy(&names);
    return st;
}

cd_status cd_igraph_graphml(const cd_csr *g, const uint32_t *weight, cd_igraph_name *name, void *context,
                            const cd_run *run, FILE *out, cd_err *err)
{
    cd_status st = CD_OK;
    view v = {0};
    igraph_safelocale_t locale = NULL;
    begin(run, "writing GraphML", err);
    CD_TRY(cd_run_fits(run, "writing GraphML", cd_igraph_bytes(g), err));
    CD_TRY(view_init(g, weight, &v, err));
    CD_TRY(name_vertices(&v, g->n_left, name, context, err));
    if (weight) CD_TRY(told(igraph_cattribute_EAN_setv(&v.graph, "weight", &v.weight)));
    CD_TRY(told(igraph_enter_safelocale(&locale))); /* a host's decimal comma is not GraphML's */
    st = told(igraph_write_graph_graphml(&v.graph, out, false));
    igraph_exit_safelocale(&locale);
done:
    view_release(&v);
    end();
    return st;
}
