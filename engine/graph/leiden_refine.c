/* SPDX-License-Identifier: GPL-3.0-or-later
 * leiden_refine.c: the refinement of Traag, Waltman and van Eck (2019). Within each community everyone begins alone; a
 * vertex that still is, and is well connected to the rest of the community, joins the part where it gains most, out of
 * those that are well connected themselves. Whoever joins gains, so each part is connected, and well so: no cut made
 * while it grew has less weight across than chance would put there. Communities do not meet: each is one thread's, in
 * the order of its vertices. Where the paper draws at random, the best is taken. */
#include <omp.h>
#include <string.h>

#include "engine/graph/leiden_inside.h"

typedef struct {
    const cd_leiden_net *g;
    const cd_leiden_work *w;
    const cd_leiden_parts *parts;
    cd_id *part;
    uint64_t *total; /* per part: its degrees in sum */
    uint64_t *out;   /* per part: the weight between it and the rest of its community */
    bool *alone;
} refining;

void cd_leiden_list(const cd_id *key, cd_id n, cd_id *begin, cd_id *member)
{
    memset(begin, 0, ((size_t)n + 1) * sizeof *begin);
    for (cd_id v = 0; v < n; v++) begin[key[v]]++;
    cd_id sum = 0;
    for (cd_id k = 0; k <= n; k++) {
        cd_id count = k < n ? begin[k] : 0;
        begin[k] = sum, sum += count;
    }
    for (cd_id v = 0; v < n; v++) member[begin[key[v]]++] = v;
    for (cd_id k = n; k > 0; k--) begin[k] = begin[k - 1];
    begin[0] = 0;
}

/* Whether what ties a set to the rest of its community is at least what chance would put there. */
static bool well_connected(const cd_leiden_work *w, uint64_t out, uint64_t total, uint64_t community)
{
    return cd_leiden_worth(w, out, total, community - total) >= 0;
}

static void join_best(const refining *r, const cd_leiden_scratch *s, cd_id v, uint64_t community)
{
    const cd_leiden_net *g = r->g;
    cd_id n_met = 0, to = v;
    uint64_t k_to = 0;
    __int128 best = 0;
    for (cd_off p = g->off[v]; p < g->off[v + 1]; p++) {
        cd_id u = g->adj[p];
        if (r->parts->of[u] != r->parts->of[v]) continue;
        cd_id at = r->part[u];
        if (s->sum[at] == 0) s->met[n_met++] = at;
        s->sum[at] += cd_leiden_weight(g, p);
    }
    for (cd_id i = 0; i < n_met; i++) {
        cd_id at = s->met[i];
        uint64_t k = s->sum[at];
        s->sum[at] = 0;
        __int128 worth = cd_leiden_worth(r->w, k, g->degree[v], r->total[at]);
        if (worth < best || worth <= 0 || (worth == best && at > to)) continue;
        if (!well_connected(r->w, r->out[at], r->total[at], community)) continue;
        best = worth, to = at, k_to = k;
    }
    if (to == v) return;
    r->part[v] = to;
    r->alone[to] = false;
    r->out[to] += r->out[v] - 2 * k_to;
    r->total[to] += r->total[v];
    r->total[v] = 0;
}

static void refine_community(const refining *r, const cd_leiden_scratch *s, cd_id c, const cd_id *member, cd_id n)
{
    for (cd_id i = 0; i < n; i++) {
        cd_id v = member[i];
        if (r->alone[v] && well_connected(r->w, r->out[v], r->g->degree[v], r->parts->total[c]))
            join_best(r, s, v, r->parts->total[c]);
    }
}

/* Everyone alone. Rows are read as they lie here, and by community only once. */
static void part_all(refining *r)
{
    const cd_leiden_net *g = r->g;
    #pragma omp parallel for num_threads(r->w->threads) schedule(dynamic, 1024)
    for (cd_id v = 0; v < g->n; v++) {
        cd_id c = r->parts->of[v];
        uint64_t out = 0;
        for (cd_off p = g->off[v]; p < g->off[v + 1]; p++)
            out += r->parts->of[g->adj[p]] == c ? cd_leiden_weight(g, p) : 0;
        r->out[v] = out;
        r->part[v] = v, r->alone[v] = true, r->total[v] = g->degree[v];
    }
}

cd_status cd_leiden_refine(const cd_leiden_net *g, const cd_leiden_work *w, const cd_leiden_parts *parts, cd_id *part,
                           uint64_t *part_total, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n, *begin = NULL, *member = NULL;
    refining r = {.g = g, .w = w, .parts = parts, .part = part, .total = part_total};
    r.out = cd_pages_new(n, sizeof *r.out, err);
    r.alone = cd_pages_new(n, sizeof *r.alone, err);
    begin = cd_pages_new((size_t)n + 1, sizeof *begin, err);
    member = cd_pages_new(n, sizeof *member, err);
    if (!r.out || !r.alone || !begin || !member) CD_TRY(CD_EMEMORY);
    part_all(&r);
    cd_leiden_list(parts->of, n, begin, member);
    #pragma omp parallel for num_threads(w->threads) schedule(dynamic, 1)
    for (cd_id c = 0; c < n; c++)
        if (begin[c + 1] - begin[c] > 1)
            refine_community(&r, &w->scratch[omp_get_thread_num()], c, member + begin[c], begin[c + 1] - begin[c]);
done:
    cd_pages_free(r.out, n, sizeof *r.out);
    cd_pages_free(r.alone, n, sizeof *r.alone);
    cd_pages_free(begin, (size_t)n + 1, sizeof *begin);
    cd_pages_free(member, n, sizeof *member);
    return st;
}
