/* SPDX-License-Identifier: GPL-3.0-or-later
 * leiden.c: the algorithm of Traag, Waltman and van Eck (2019), level by level: vertices move, communities are refined
 * into parts, and the parts are the vertices of the next level, until refining joins nobody any more. */
#include "engine/graph/leiden.h"

#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/graph/leiden_inside.h"

/* Graphs of few entries are tried several times, and each time for several rounds. Over fewer than WORTH_THREADS
 * threads would take longer to meet than one takes alone. */
enum { FEW_ENTRIES = 1 << 22, WORTH_THREADS = 1 << 16, TRIES_MOST = 20, ROUNDS = 4, SHIFT_MOST = 30 };

typedef struct {
    cd_leiden_work work;
    cd_leiden_net whole; /* the graph itself, in the order of place[] */
    cd_id *by;           /* place -> vertex; NULL where they are the same */
    cd_leiden_parts parts;
    cd_id *part, *number;
    uint64_t *part_total;
    cd_id *at; /* per vertex of the whole: where it is in the level's graph */
} leiden;

size_t cd_leiden_bytes(const cd_csr *g, uint32_t threads)
{
    return (77 + 12 * (size_t)threads) * g->n_left + 32 * cd_csr_edges(g) + ((size_t)1 << 20);
}

/* As many binary places of the resolution as fit, so that no product of cd_leiden_worth exceeds 2^124. */
static cd_status choose_scale(cd_leiden_work *w, double resolution, cd_err *err)
{
    uint32_t shift = SHIFT_MOST;
    double most = 0x1p62 / (double)w->twice;
    if (!(resolution > 0) || !isfinite(resolution))
        return cd_fail(err, CD_EUSAGE, "a resolution of %g is not above 0", resolution);
    while (shift > 0 && ldexp(resolution > 1 ? resolution : 1, (int)shift) >= most) shift--;
    if (ldexp(resolution > 1 ? resolution : 1, (int)shift) >= most || rint(ldexp(resolution, (int)shift)) < 1)
        return cd_fail(err, CD_EUSAGE, "a resolution of %g cannot be told from 0 or from any in this graph",
                       resolution);
    w->unit = w->twice << shift;
    w->resolution = (uint64_t)rint(ldexp(resolution, (int)shift));
    return CD_OK;
}

/* The graph in the order of place[]: as given where there is none. */
static cd_status arrange(leiden *l, const cd_csr *g, const uint32_t *weight, const uint32_t *place, cd_err *err)
{
    cd_id n = g->n_left;
    cd_off *off, m = cd_csr_edges(g);
    cd_id *adj;
    uint32_t *weights = NULL;
    l->whole = (cd_leiden_net){.n = n, .off = g->off, .adj = g->adj, .weight32 = weight};
    cd_id same = 0;
    while (place && same < n && place[same] == same) same++;
    if (!place || same == n) return CD_OK;
    l->by = cd_pages_new(n, sizeof *l->by, err);
    l->whole.off = off = cd_pages_new((size_t)n + 1, sizeof *off, err);
    l->whole.adj = adj = cd_pages_new(m, sizeof *adj, err);
    if (weight) l->whole.weight32 = weights = cd_pages_new(m, sizeof *weights, err);
    if (!l->by || !off || !adj || (weight && !weights)) return CD_EMEMORY;
    for (cd_id v = 0; v < n; v++) l->by[place[v]] = v;
    for (cd_id k = 0; k < n; k++) off[k + 1] = off[k] + cd_csr_degree(g, l->by[k]);
    #pragma omp parallel for num_threads(l->work.threads) schedule(dynamic, 1024)
    for (cd_id k = 0; k < n; k++)
        for (cd_off p = g->off[l->by[k]], q = off[k]; q < off[k + 1]; p++, q++) {
            adj[q] = place[g->adj[p]];
            if (weight) weights[q] = weight[p];
        }
    return CD_OK;
}

static cd_status weigh(leiden *l, cd_err *err)
{
    cd_leiden_net *g = &l->whole;
    uint64_t twice = 0;
    g->degree = cd_pages_new(g->n, sizeof *g->degree, err);
    if (!g->degree) return CD_EMEMORY;
    #pragma omp parallel for num_threads(l->work.threads) schedule(dynamic, 4096) reduction(+ : twice)
    for (cd_id v = 0; v < g->n; v++) {
        for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) g->degree[v] += cd_leiden_weight(g, p);
        twice += g->degree[v];
    }
    l->work.twice = twice;
    return CD_OK;
}

static cd_status make_room(leiden *l, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = l->whole.n;
    l->parts.of = cd_pages_new(n, sizeof *l->parts.of, err);
    l->parts.total = cd_pages_new(n, sizeof *l->parts.total, err);
    l->part = cd_pages_new(n, sizeof *l->part, err);
    l->part_total = cd_pages_new(n, sizeof *l->part_total, err);
    l->number = cd_pages_new(n, sizeof *l->number, err);
    l->at = cd_pages_new(n, sizeof *l->at, err);
    CD_NEW(l->work.scratch, l->work.run->threads);
    for (uint32_t t = 0; t < l->work.run->threads; t++) {
        cd_leiden_scratch *s = &l->work.scratch[t];
        s->sum = cd_pages_new(n, sizeof *s->sum, err);
        s->met = cd_pages_new(n, sizeof *s->met, err);
        if (!s->sum || !s->met) CD_TRY(CD_EMEMORY);
    }
    if (!l->parts.of || !l->parts.total || !l->part || !l->part_total || !l->number || !l->at) CD_TRY(CD_EMEMORY);
done:
    return st;
}

static void release(leiden *l, const cd_csr *g)
{
    cd_id n = l->whole.n;
    cd_pages_free(l->whole.degree, n, sizeof *l->whole.degree);
    if (l->whole.off != g->off) cd_pages_free((void *)(uintptr_t)l->whole.off, (size_t)n + 1, sizeof *l->whole.off);
    if (l->whole.adj != g->adj) {
        cd_pages_free((void *)(uintptr_t)l->whole.adj, cd_csr_edges(g), sizeof *l->whole.adj);
        cd_pages_free((void *)(uintptr_t)l->whole.weight32, cd_csr_edges(g), sizeof *l->whole.weight32);
    }
    cd_pages_free(l->by, n, sizeof *l->by);
    cd_pages_free(l->parts.of, n, sizeof *l->parts.of);
    cd_pages_free(l->parts.total, n, sizeof *l->parts.total);
    cd_pages_free(l->part, n, sizeof *l->part);
    cd_pages_free(l->part_total, n, sizeof *l->part_total);
    cd_pages_free(l->number, n, sizeof *l->number);
    cd_pages_free(l->at, n, sizeof *l->at);
    for (uint32_t t = 0; l->work.scratch && t < l->work.run->threads; t++) {
        cd_pages_free(l->work.scratch[t].sum, n, sizeof *l->work.scratch->sum);
        cd_pages_free(l->work.scratch[t].met, n, sizeof *l->work.scratch->met);
    }
    cd_free(l->work.scratch);
}

static void sum_totals(leiden *l, const cd_leiden_net *g)
{
    for (cd_id v = 0; v < g->n; v++) l->parts.total[v] = 0;
    for (cd_id v = 0; v < g->n; v++) l->parts.total[l->parts.of[v]] += g->degree[v];
}

/* The communities of `from` as those of the graph of its parts. */
static void carry_over(leiden *l, const cd_leiden_net *from, const cd_leiden_net *to)
{
    cd_id *name = l->work.scratch[0].met; /* nobody sums here now */
    for (cd_id v = 0; v < from->n; v++) name[v] = CD_NONE;
    for (cd_id v = 0; v < from->n; v++) {
        if (l->part[v] != v) continue;
        cd_id c = l->parts.of[v], x = l->number[v]; /* x <= v: what is overwritten was read */
        if (name[c] == CD_NONE) name[c] = x;
        l->parts.of[x] = name[c];
    }
    sum_totals(l, to);
}

static cd_id root_of(cd_id *root, cd_id v)
{
    while (root[v] != v) v = root[v] = root[root[v]];
    return v;
}

/* Links v to its neighbours below it in its community; returns its weight to other communities. */
static uint64_t link_within(const cd_leiden_net *g, const cd_id *of, cd_id *root, cd_id v)
{
    uint64_t across = 0;
    for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) {
        cd_id u = g->adj[p];
        if (of[u] != of[v]) across += cd_leiden_weight(g, p);
        else if (u < v) {
            cd_id a = root_of(root, v), b = root_of(root, u);
            root[a > b ? a : b] = a > b ? b : a;
        }
    }
    return across;
}

/* Moving may leave behind what only a mover held together. To part what does not touch can only gain. A community's
 * vertices are linked by one thread: each link hangs the higher root below the lower. *across is the weight between
 * communities, both ways. */
static cd_status split_apart(leiden *l, uint64_t *across, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_leiden_net *g = &l->whole;
    cd_id *root = l->number, *of = l->parts.of, *member = l->part,
          *begin = cd_pages_new((size_t)g->n + 1, sizeof *begin, err);
    uint64_t between = 0;
    if (!begin) CD_TRY(CD_EMEMORY);
    cd_leiden_list(of, g->n, begin, member);
    for (cd_id v = 0; v < g->n; v++) root[v] = v;
    #pragma omp parallel for num_threads(l->work.threads) schedule(dynamic, 1) reduction(+ : between)
    for (cd_id c = 0; c < g->n; c++)
        for (cd_id i = begin[c]; i < begin[c + 1]; i++) between += link_within(g, of, root, member[i]);
    *across = between;
    for (cd_id v = 0; v < g->n; v++) of[v] = root_of(root, v);
    sum_totals(l, g);
done:
    cd_pages_free(begin, (size_t)g->n + 1, sizeof *begin);
    return st;
}

static double modularity(const leiden *l, uint64_t across, double resolution)
{
    unsigned __int128 squares = 0;
    double twice = (double)l->work.twice;
    for (cd_id c = 0; c < l->whole.n; c++) squares += (unsigned __int128)l->parts.total[c] * l->parts.total[c];
    return (double)(l->work.twice - across) / twice - resolution * ((double)squares / twice / twice);
}

/* Each community named by its first member, by place. */
static void name_by_place(leiden *l, cd_id *community)
{
    cd_id n = l->whole.n, *first = l->number;
    for (cd_id v = 0; v < n; v++) first[v] = CD_NONE;
    for (cd_id v = 0; v < n; v++) {
        cd_id c = l->parts.of[l->at[v]];
        if (first[c] == CD_NONE) first[c] = v;
        community[v] = first[c];
    }
}

static void choose_threads(leiden *l, const cd_leiden_net *level)
{
    l->work.threads = level->off[level->n] < WORTH_THREADS ? 1 : l->work.run->threads;
}

/* The graph of the parts becomes `level`. */
static cd_status climb(leiden *l, cd_leiden_net *level, cd_err *err)
{
    cd_status st = CD_OK;
    cd_leiden_net next = {0};
    CD_TRY(cd_leiden_join(level, &l->work, l->part, l->part_total, l->number, &next, err));
    #pragma omp parallel for num_threads(l->work.threads) schedule(static)
    for (cd_id v = 0; v < l->whole.n; v++) l->at[v] = l->number[l->at[v]];
    carry_over(l, level, &next);
    if (level->off != l->whole.off) cd_leiden_net_release(level);
    *level = next;
done:
    return st;
}

/* From community[], by place, to better ones. When the parts have found where they belong, vertices move once more:
 * those on the edge of a part may now see better. */
static cd_status one_round(leiden *l, double resolution, cd_id *community, double *quality, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = l->whole.n;
    uint64_t across;
    cd_leiden_net level = l->whole;
    for (cd_id v = 0; v < n; v++) l->parts.of[v] = community[v], l->at[v] = v;
    sum_totals(l, &level);
    for (;;) {
        choose_threads(l, &level);
        CD_TRY(cd_leiden_move(&level, &l->work, &l->parts, err));
        CD_TRY(cd_leiden_refine(&level, &l->work, &l->parts, l->part, l->part_total, err));
        cd_id parts = 0;
        for (cd_id v = 0; v < level.n; v++) parts += l->part[v] == v;
        if (parts == level.n) break;
        CD_TRY(climb(l, &level, err));
    }
    name_by_place(l, community);
    choose_threads(l, &l->whole);
    for (cd_id v = 0; v < n; v++) l->parts.of[v] = community[v], l->at[v] = v;
    sum_totals(l, &l->whole);
    CD_TRY(cd_leiden_move(&l->whole, &l->work, &l->parts, err));
    CD_TRY(split_apart(l, &across, err));
    name_by_place(l, community);
    *quality = modularity(l, across, resolution);
done:
    if (level.off != l->whole.off) cd_leiden_net_release(&level);
    return st;
}

/* Rounds over the vertices in the order of place[]; each begins with what the one before found, while it gains. */
static cd_status one_try(const cd_csr *g, const uint32_t *weight, const uint32_t *place, double resolution,
                         const cd_run *run, cd_id *community, double *quality, cd_err *err)
{
    cd_status st = CD_OK;
    leiden l = {.work = {.run = run, .threads = cd_csr_edges(g) < WORTH_THREADS ? 1 : run->threads}};
    cd_id n = g->n_left;
    double before = 0;
    *quality = 0;
    CD_TRY(arrange(&l, g, weight, place, err));
    CD_TRY(weigh(&l, err));
    CD_TRY(make_room(&l, err));
    for (cd_id v = 0; v < n; v++) community[v] = v;
    if (l.work.twice) CD_TRY(choose_scale(&l.work, resolution, err));
    for (uint32_t round = 0; l.work.twice && round < (cd_csr_edges(g) < FEW_ENTRIES ? ROUNDS : 1); round++) {
        CD_TRY(one_round(&l, resolution, community, quality, err));
        if (round > 0 && !(*quality > before)) break;
        before = *quality;
    }
    if (l.by) {
        for (cd_id k = 0; k < n; k++) l.at[l.by[k]] = l.by[community[k]];
        memcpy(community, l.at, n * sizeof *community);
    }
done:
    release(&l, g);
    return st;
}

static void shuffle(cd_id n, const uint32_t *place, uint64_t seed, uint32_t number, cd_id *by, uint32_t *out)
{
    cd_random r = cd_random_of(seed, 0x1e1de, number);
    for (cd_id v = 0; v < n; v++) by[place ? place[v] : v] = v;
    for (cd_id k = n; k > 1; k--) {
        cd_id other = (cd_id)cd_random_below(&r, k), v = by[other];
        by[other] = by[k - 1], by[k - 1] = v;
    }
    for (cd_id k = 0; k < n; k++) out[by[k]] = k;
}

/* Each community by the member that comes first, and how many there are. */
static void name_by_first(cd_id n, const uint32_t *place, cd_id *community, cd_id *first, cd_leiden_report *report)
{
    for (cd_id v = 0; v < n; v++) first[v] = CD_NONE;
    for (cd_id v = 0; v < n; v++) {
        cd_id *at = &first[community[v]];
        if (*at == CD_NONE || (place ? place[v] < place[*at] : v < *at)) *at = v;
    }
    for (cd_id v = 0; v < n; v++) community[v] = first[community[v]];
    report->communities = 0;
    for (cd_id v = 0; v < n; v++) report->communities += community[v] == v;
}

cd_status cd_leiden(const cd_csr *g, const uint32_t *weight, const uint32_t *place, const cd_leiden_options *options,
                    const cd_run *run, cd_id *community, cd_leiden_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left, *found = NULL, *by = NULL;
    uint32_t *order = NULL, tries = (uint32_t)(FEW_ENTRIES / (cd_csr_edges(g) + 1));
    double quality;
    tries = options->tries ? options->tries : tries < 1 ? 1 : tries > TRIES_MOST ? TRIES_MOST : tries;
    *report = (cd_leiden_report){0};
    CD_TRY(cd_run_fits(run, "finding communities", cd_leiden_bytes(g, run->threads), err));
    found = cd_pages_new(n, sizeof *found, err);
    by = cd_pages_new(n, sizeof *by, err);
    order = cd_pages_new(n, sizeof *order, err);
    if (!found || !by || !order) CD_TRY(CD_EMEMORY);
    for (; report->tries < tries; report->tries++) {
        if (report->tries > 0) shuffle(n, place, run->seed, report->tries, by, order);
        CD_TRY(one_try(g, weight, report->tries ? order : place, options->resolution, run, found, &quality, err));
        if (report->tries > 0 && !(quality > report->modularity)) continue;
        report->modularity = quality;
        memcpy(community, found, n * sizeof *community);
    }
    name_by_first(n, place, community, by, report);
done:
    cd_pages_free(found, n, sizeof *found);
    cd_pages_free(by, n, sizeof *by);
    cd_pages_free(order, n, sizeof *order);
    return st;
}
