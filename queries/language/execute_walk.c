/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_walk.c: the steps that go along more than one edge: walks of variable length, depth first and each edge once; shortest
 * paths, breadth first; and paths as values. Nothing here recurses: a walk may be as long as the graph has edges. */
#include <string.h>

#include "engine/base/random.h"
#include "queries/language/execute_inside.h"

static cd_status list_of_edges(running *r, const reached *way, uint32_t n, bool backwards, value *out, cd_err *err)
{
    value *items = value_pool_alloc(r->x->e.pool, ((size_t)n + 1) * sizeof *items, err);
    if (!items) return CD_EMEMORY;
    for (uint32_t i = 0; i < n; i++) items[i] = way[backwards ? n - 1 - i : i].edge;
    *out = (value){.type = VALUE_LIST, .n = n, .as.items = items};
    return CD_OK;
}

/* ---- WANDER ---- */

/* Where a walk stands: the edges from here, and which is next. */
typedef struct {
    reached_list from_here;
    uint32_t next;
    value_mark mark;
} crossing;

typedef struct {
    running *r;
    const plan_step *s;
    uint32_t at;
    uint64_t times;
    crossing *crossings; /* depth + 1 of them */
    reached *way;        /* depth of them: the edges gone, and where each led */
    size_t cap_crossings, cap_way;
    uint32_t depth;
} walk;

static bool walked(const walk *w, value edge)
{
    for (uint32_t i = 0; i < w->depth; i++)
        if (same_edge(w->way[i].edge, edge)) return true;
    return edge_taken(w->r, w->s, edge);
}

/* The walk so far is one of those asked for, if its end fits. */
static cd_status walk_hand_on(walk *w, value node, cd_err *err)
{
    cd_status st = CD_OK;
    value *slots = w->r->x->e.slots;
    value_mark mark = value_pool_mark(w->r->x->e.pool);
    if (w->depth < w->s->least || !(w->s->tables & table_bit(node.n))) return CD_OK;
    if (w->s->known && !same_node(slots[w->s->slot], node)) return CD_OK;
    CD_TRY(list_of_edges(w->r, w->way, w->depth, w->s->backwards, &slots[w->s->edge], err));
    slots[w->s->slot] = node;
    CD_TRY(hand_on(w->r, w->at + 1, w->times, err));
done:
    value_pool_rewind(w->r->x->e.pool, mark);
    return st;
}

static cd_status walk_stand(walk *w, value node, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(walk_hand_on(w, node, err));
    CD_TRY(cd_grow(&w->crossings, &w->cap_crossings, (size_t)w->depth + 1, sizeof *w->crossings, err));
    crossing *c = &w->crossings[w->depth];
    *c = (crossing){.mark = value_pool_mark(w->r->x->e.pool)};
    if (w->depth < w->s->most && !enough(w->r, w->at)) CD_TRY(edges_from(w->r, w->s, node, &c->from_here, err));
done:
    return st;
}

static cd_status walk_go(walk *w, value start, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(walk_stand(w, start, err));
    for (;;) {
        crossing *c = &w->crossings[w->depth];
        CD_TRY(execution_tick(w->r->x, err));
        if (c->next == c->from_here.n || enough(w->r, w->at)) {
            value_pool_rewind(w->r->x->e.pool, c->mark);
            if (w->depth == 0) break;
            w->depth--;
            continue;
        }
        reached next = c->from_here.all[c->next++];
        if (walked(w, next.edge)) continue;
        CD_TRY(cd_grow(&w->way, &w->cap_way, (size_t)w->depth + 1, sizeof *w->way, err));
        w->way[w->depth++] = next;
        CD_TRY(walk_stand(w, next.node, err));
    }
done:
    return st;
}

/* Goes along edges that are known from `node`, and says where that ends: false where they do not join, or not by these ways. */
static bool follow_edges(const running *r, const plan_step *s, value edges, value *node)
{
    candour_reader *reader = r->x->e.reader;
    if (edges.n < s->least || edges.n > s->most) return false;
    for (uint32_t i = 0; i < edges.n; i++) {
        value edge = edges.as.items[s->backwards ? edges.n - 1 - i : i];
        bool goes = false;
        if (edge.type != VALUE_EDGE || edge_taken(r, s, edge)) return false;
        for (uint32_t k = 0; k < i; k++)
            if (same_edge(edges.as.items[s->backwards ? edges.n - 1 - k : k], edge)) return false;
        value left = value_edge_from(reader, edge), right = value_edge_to(reader, edge);
        for (uint32_t k = 0; k < s->n_ways && !goes; k++) {
            if (s->ways[k].table != (edge.n & ~VALUE_HAS)) continue;
            goes = same_node(s->ways[k].backwards ? right : left, *node);
            if (goes) *node = s->ways[k].backwards ? left : right;
        }
        if (!goes) return false;
    }
    return true;
}

static cd_status walk_known(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    const plan_step *s = &r->p->steps[at];
    value *slots = r->x->e.slots, edges = slots[s->edge], starts[2];
    uint32_t n = 1;
    if (edges.type != VALUE_LIST) return CD_OK;
    starts[0] = starts[1] = slots[s->from];
    if (!s->from_known) {
        if (edges.n == 0 || edges.as.items[0].type != VALUE_EDGE) return CD_OK;
        value first = edges.as.items[s->backwards ? edges.n - 1 : 0];
        starts[0] = value_edge_from(r->x->e.reader, first), starts[1] = value_edge_to(r->x->e.reader, first);
        n = same_node(starts[0], starts[1]) ? 1 : 2;
    }
    for (uint32_t i = 0; i < n; i++) {
        value node = starts[i];
        if (!follow_edges(r, s, edges, &node) || !(s->tables & table_bit(node.n))) continue;
        if (s->known && !same_node(slots[s->slot], node)) continue;
        slots[s->from] = starts[i], slots[s->slot] = node;
        cd_status st = hand_on(r, at + 1, times, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

cd_status step_wander(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    const plan_step *s = &r->p->steps[at];
    value from = r->x->e.slots[s->from];
    if (s->edge_known) return walk_known(r, at, times, err);
    if (from.type != VALUE_NODE) return CD_OK;
    walk w = {.r = r, .s = s, .at = at, .times = times};
    cd_status st = walk_go(&w, from, err);
    cd_free(w.crossings);
    cd_free(w.way);
    return st;
}

/* ---- SHORTEST ---- */

/* A node met, how far from the beginning, and the first of the edges by which it is met so early. */
typedef struct {
    value node;
    uint32_t depth;
    uint32_t by; /* 1 + an index into edges, or 0 */
} met_node;

typedef struct {
    value edge;
    uint32_t from; /* a node met */
    uint32_t next; /* 1 + the next edge by which the same node is met, or 0 */
} met_edge;

typedef struct {
    met_node *nodes;
    met_edge *edges;
    uint32_t *slots; /* 1 + a node, or 0 */
    size_t n_nodes, n_edges, cap_nodes, cap_edges, n_slots;
} breadth;

static uint64_t hash_node(value node) { return cd_mix64(node.as.row * 0x9e3779b97f4a7c15u + node.n); }

static cd_status breadth_room(breadth *b, cd_err *err)
{
    if (2 * (b->n_nodes + 1) <= b->n_slots) return CD_OK;
    size_t n = b->n_slots ? 2 * b->n_slots : 256;
    uint32_t *slots = cd_alloc(n, sizeof *slots, err);
    if (!slots) return CD_EMEMORY;
    for (size_t i = 0; i < b->n_nodes; i++) {
        size_t at = hash_node(b->nodes[i].node) & (n - 1);
        while (slots[at]) at = (at + 1) & (n - 1);
        slots[at] = (uint32_t)i + 1;
    }
    cd_free(b->slots);
    b->slots = slots, b->n_slots = n;
    return CD_OK;
}

/* The number of a node, met now if not before. */
static cd_status breadth_meet(breadth *b, value node, uint32_t depth, uint32_t *number, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(breadth_room(b, err));
    size_t at = hash_node(node) & (b->n_slots - 1);
    for (; b->slots[at]; at = (at + 1) & (b->n_slots - 1))
        if (same_node(b->nodes[b->slots[at] - 1].node, node)) return *number = b->slots[at] - 1, CD_OK;
    CD_TRY(cd_grow(&b->nodes, &b->cap_nodes, b->n_nodes + 1, sizeof *b->nodes, err));
    b->nodes[b->n_nodes] = (met_node){.node = node, .depth = depth};
    *number = (uint32_t)b->n_nodes++;
    b->slots[at] = *number + 1;
done:
    return st;
}

static cd_status breadth_edge(breadth *b, value edge, uint32_t from, uint32_t to, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(cd_grow(&b->edges, &b->cap_edges, b->n_edges + 1, sizeof *b->edges, err));
    b->edges[b->n_edges++] = (met_edge){.edge = edge, .from = from, .next = b->nodes[to].by};
    b->nodes[to].by = (uint32_t)b->n_edges;
done:
    return st;
}

/* Layer by layer, until the one that meets `to` is whole; *found is its number, or UINT32_MAX. */
static cd_status breadth_search(running *r, const plan_step *s, breadth *b, value to, uint32_t *found, cd_err *err)
{
    cd_status st = CD_OK;
    *found = UINT32_MAX;
    for (size_t i = 0; i < b->n_nodes; i++) {
        met_node here = b->nodes[i];
        reached_list list;
        if (here.depth >= s->most || (*found != UINT32_MAX && here.depth >= b->nodes[*found].depth)) break;
        value_mark mark = value_pool_mark(r->x->e.pool);
        CD_TRY(edges_from(r, s, here.node, &list, err));
        for (uint32_t k = 0; k < list.n; k++) {
            uint32_t number;
            size_t before = b->n_nodes;
            CD_TRY(breadth_meet(b, list.all[k].node, here.depth + 1, &number, err));
            bool early = b->nodes[number].depth == here.depth + 1;
            if (early && (s->choice == PATH_ALL_SHORTEST || b->n_nodes > before)) CD_TRY(breadth_edge(b, list.all[k].edge, (uint32_t)i, number, err));
            if (same_node(list.all[k].node, to) && early) *found = number;
        }
        value_pool_rewind(r->x->e.pool, mark);
    }
done:
    return st;
}

/* All ways back from the end by the edges noted, each handed on. */
static cd_status breadth_hand_on(running *r, uint32_t at, const breadth *b, uint32_t end, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    const plan_step *s = &r->p->steps[at];
    evaluation *e = &r->x->e;
    uint32_t n = b->nodes[end].depth, i = n;
    value *items = value_pool_alloc(e->pool, ((size_t)n + 1) * sizeof *items, err);
    uint32_t *by = value_pool_alloc(e->pool, ((size_t)n + 1) * sizeof *by, err); /* by[i]: the edge that is i-th, 1 + index */
    if (!items || !by) return CD_EMEMORY;
    if (n == 0) {
        e->slots[s->edge] = (value){.type = VALUE_LIST, .n = 0, .as.items = items};
        return hand_on(r, at + 1, times, err);
    }
    by[n - 1] = b->nodes[end].by, i = n - 1;
    while (!enough(r, at)) {
        CD_TRY(execution_tick(r->x, err));
        if (by[i] == 0) {
            if (++i >= n) break;
            by[i] = b->edges[by[i] - 1].next;
            continue;
        }
        items[s->backwards ? n - 1 - i : i] = b->edges[by[i] - 1].edge;
        if (i > 0) {
            uint32_t from = b->edges[by[i] - 1].from;
            by[--i] = b->nodes[from].by;
            continue;
        }
        value_mark mark = value_pool_mark(e->pool);
        e->slots[s->edge] = (value){.type = VALUE_LIST, .n = n, .as.items = items};
        if (n == 1 && !s->pattern->edges[0].many) e->slots[s->edge] = items[0];
        CD_TRY(hand_on(r, at + 1, times, err));
        value_pool_rewind(e->pool, mark);
        by[0] = b->edges[by[0] - 1].next;
    }
done:
    return st;
}

cd_status step_shortest(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    const plan_step *s = &r->p->steps[at];
    value from = r->x->e.slots[s->from], to = r->x->e.slots[s->slot];
    breadth b = {0};
    uint32_t start, found;
    value_mark mark = value_pool_mark(r->x->e.pool);
    if (from.type != VALUE_NODE || to.type != VALUE_NODE) return CD_OK;
    CD_TRY(breadth_meet(&b, from, 0, &start, err));
    if (same_node(from, to)) {
        if (s->least == 0) CD_TRY(breadth_hand_on(r, at, &b, start, times, err));
        goto done;
    }
    CD_TRY(breadth_search(r, s, &b, to, &found, err));
    if (found != UINT32_MAX && b.nodes[found].depth >= s->least) CD_TRY(breadth_hand_on(r, at, &b, found, times, err));
done:
    value_pool_rewind(r->x->e.pool, mark);
    cd_free(b.nodes);
    cd_free(b.edges);
    cd_free(b.slots);
    return st;
}

/* ---- Paths as values ---- */

static value other_end(const running *r, value edge, value from)
{
    value left = value_edge_from(r->x->e.reader, edge);
    return same_node(left, from) ? value_edge_to(r->x->e.reader, edge) : left;
}

cd_status step_path(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    const plan_step *s = &r->p->steps[at];
    const pattern *p = s->pattern;
    evaluation *e = &r->x->e;
    uint64_t n = 0;
    for (uint32_t i = 0; i < p->n_edges; i++) {
        value edge = e->slots[p->edges[i].slot];
        n += edge.type == VALUE_LIST ? edge.n : 1;
    }
    value_mark mark = value_pool_mark(e->pool);
    value *items = value_pool_alloc(e->pool, (2 * n + 1) * sizeof *items, err);
    if (!items) return CD_EMEMORY;
    uint64_t k = 0;
    items[k++] = e->slots[p->nodes[0].slot];
    for (uint32_t i = 0; i < p->n_edges; i++) {
        value edge = e->slots[p->edges[i].slot];
        uint32_t many = edge.type == VALUE_LIST ? edge.n : 1;
        for (uint32_t j = 0; j < many; j++, k += 2) {
            items[k] = edge.type == VALUE_LIST ? edge.as.items[j] : edge;
            items[k + 1] = other_end(r, items[k], items[k - 1]);
        }
    }
    e->slots[s->slot] = (value){.type = VALUE_PATH, .n = (uint32_t)n, .as.items = items};
    cd_status st = hand_on(r, at + 1, times, err);
    value_pool_rewind(e->pool, mark);
    return st;
}
