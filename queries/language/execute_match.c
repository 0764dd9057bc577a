/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_match.c: the steps that find nodes, and edges one at a time, over the mapped rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "queries/language/execute_inside.h"

static value node_of(uint32_t table, uint64_t row) { return (value){.type = VALUE_NODE, .n = table, .as.row = row}; }

static value edge_of(plan_way w, uint64_t row)
{
    return (value){.type = VALUE_EDGE, .n = w.has ? w.table | VALUE_HAS : w.table, .as.row = row};
}

bool same_node(value a, value b) { return a.type == VALUE_NODE && b.type == VALUE_NODE && a.n == b.n && a.as.row == b.as.row; }
bool same_edge(value a, value b) { return a.type == VALUE_EDGE && b.type == VALUE_EDGE && a.n == b.n && a.as.row == b.as.row; }

static cd_status damaged(const running *r, uint32_t table, cd_err *err)
{
    return cd_fail(err, CD_ESTORE, "the store is damaged: a row of '%s' names what is not there; see `candour verify`",
                   candour_reader_ontology(r->x->e.reader)->tables[table].name);
}

/* The kind that an entity's table describes, or UINT32_MAX. */
static uint32_t kind_of(const running *r, uint32_t table)
{
    const candour_ontology *o = candour_reader_ontology(r->x->e.reader);
    for (uint32_t k = 0; k < o->n_kinds; k++)
        if (o->kinds[k].table == table) return k;
    return UINT32_MAX;
}

/* Hands a node on, and gives back what was made for it. */
static cd_status hand_node(running *r, uint32_t at, value node, uint64_t times, cd_err *err)
{
    value_mark mark = value_pool_mark(r->x->e.pool);
    cd_status st = execution_tick(r->x, err);
    if (st != CD_OK) return st;
    r->x->e.slots[r->p->steps[at].slot] = node;
    st = hand_on(r, at + 1, times, err);
    value_pool_rewind(r->x->e.pool, mark);
    return st;
}

/* ---- Nodes ---- */

/* As hand_node; and groups that the node alone has are whole behind it. */
static cd_status hand_first(running *r, uint32_t at, value node, uint64_t times, cd_err *err)
{
    cd_status st = hand_node(r, at, node, times, err);
    return st == CD_OK && r->p->steps[at].ends ? end_groups_of_node(r, r->p->steps[at].ends, err) : st;
}

static cd_status all_records(running *r, uint32_t at, uint32_t table, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    candour_reader *reader = r->x->e.reader;
    uint32_t parts = candour_reader_parts(reader), kind = candour_reader_ontology(reader)->tables[table].columns[0].kind;
    if (!r->p->steps[at].in_order) {
        for (uint32_t p = 0; p < parts; p++) {
            candour_rows rows = candour_reader_all(reader, table, p);
            for (uint64_t i = 0; i < rows.n && !enough(r, at); i++)
                CD_TRY(hand_first(r, at, node_of(table, candour_row_at(&rows, i)), times, err));
        }
        return CD_OK;
    }
    const uint32_t *order;
    plan_way way = {.table = table, .start = candour_reader_ontology(reader)->kinds[kind].table, .end = table, .has = true};
    plan_step has = {.ways = &way, .n_ways = 1, .in_order = true};
    CD_TRY(candour_reader_order(reader, kind, &order, err));
    for (uint32_t i = 0, n = candour_reader_ids(reader, kind); i < n && !enough(r, at); i++) {
        reached_list list;
        value_mark mark = value_pool_mark(r->x->e.pool);
        CD_TRY(edges_from(r, &has, node_of(way.start, order[i]), &list, err));
        for (uint32_t k = 0; k < list.n && !enough(r, at); k++) CD_TRY(hand_first(r, at, list.all[k].node, times, err));
        value_pool_rewind(r->x->e.pool, mark);
    }
done:
    return st;
}

cd_status step_nodes(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    const plan_step *s = &r->p->steps[at];
    candour_reader *reader = r->x->e.reader;
    const candour_ontology *o = candour_reader_ontology(reader);
    uint64_t passed = 0;
    if (at == 0 && r->p->batches) return running_in_batches(r, times, err);
    for (uint32_t t = 0; t < o->n_tables; t++) {
        if (!(s->tables & table_bit(t))) continue;
        uint32_t kind = kind_of(r, t);
        const uint32_t *order = NULL;
        if (kind == UINT32_MAX) {
            CD_TRY(all_records(r, at, t, times, err));
            continue;
        }
        if (s->in_order) CD_TRY(candour_reader_order(reader, kind, &order, err));
        uint64_t n = candour_reader_ids(reader, kind), first = 0, last = n;
        if (at == 0 && r->last) {
            first = r->first < passed ? 0 : r->first - passed;
            last = r->last < passed ? 0 : r->last - passed < n ? r->last - passed : n;
        }
        passed += n;
        for (uint64_t i = first; i < last && !enough(r, at); i++)
            CD_TRY(hand_first(r, at, node_of(t, order ? order[i] : i), times, err));
    }
done:
    return st;
}

static int compare_nodes(const void *a, const void *b)
{
    const value *x = a, *y = b;
    if (x->n != y->n) return x->n < y->n ? -1 : 1;
    return (x->as.row > y->as.row) - (x->as.row < y->as.row);
}

static int order_nodes(const void *a, const void *b, void *reader) { return value_order(*(const value *)a, *(const value *)b, reader); }

cd_status step_find(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    const plan_step *s = &r->p->steps[at];
    evaluation *e = &r->x->e;
    const candour_ontology *o = candour_reader_ontology(e->reader);
    value what;
    CD_TRY(evaluate(e, s->what, &what, err));
    if (s->among && what.type != VALUE_LIST && what.type != VALUE_NULL)
        CD_TRY(query_fail(e->fault, s->what->at, "TypeError", "InvalidArgumentType", err, "IN looks in a list, and this is %s", value_type_name(what)));
    if (s->among && what.type == VALUE_NULL) return CD_OK;
    uint32_t n_ids = s->among ? what.n : 1, n = 0;
    const value *ids = s->among ? what.as.items : &what;
    value *nodes = value_pool_alloc(e->pool, ((size_t)n_ids * o->n_kinds + 1) * sizeof *nodes, err);
    if (!nodes) return CD_EMEMORY;
    for (uint32_t i = 0; i < n_ids; i++)
        for (uint32_t k = 0; k < o->n_kinds; k++) {
            if (ids[i].type != VALUE_TEXT || !(s->tables & table_bit(o->kinds[k].table))) continue;
            uint32_t number = candour_reader_find(e->reader, k, value_slice(ids[i]));
            if (number != CANDOUR_NO_ID) nodes[n++] = node_of(o->kinds[k].table, number);
        }
    /* A list may name an id twice: it is found once. */
    if (n > 1) qsort(nodes, n, sizeof *nodes, compare_nodes);
    uint32_t differ = 0;
    for (uint32_t i = 0; i < n; i++)
        if (i == 0 || compare_nodes(&nodes[i - 1], &nodes[i]) != 0) nodes[differ++] = nodes[i];
    if (differ > 1) qsort_r(nodes, differ, sizeof *nodes, order_nodes, e->reader);
    for (uint32_t i = 0; i < differ && !enough(r, at); i++) CD_TRY(hand_node(r, at, nodes[i], times, err));
done:
    return st;
}

cd_status step_check(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    const plan_step *s = &r->p->steps[at];
    value v = r->x->e.slots[s->slot];
    if (v.type == VALUE_NULL) return CD_OK;
    if (v.type != VALUE_NODE)
        return query_fail(r->x->e.fault, QUERY_NOWHERE, "TypeError", "InvalidArgumentType", err,
                          "MATCH begins at a node, and what stands there is %s", value_type_name(v));
    return s->tables & table_bit(v.n) ? hand_on(r, at + 1, times, err) : CD_OK;
}

/* ---- Edges ---- */

/* Whether an edge that leads back to its own beginning is met the second time: it is one edge either way. */
bool met_twice(const plan_step *s, plan_way w, uint32_t id, uint32_t other)
{
    if (!w.backwards || w.has || w.start != w.end || id != other) return false;
    for (uint32_t i = 0; i < s->n_ways; i++)
        if (s->ways[i].table == w.table && !s->ways[i].backwards) return true;
    return false;
}

cd_status visit_way(running *r, uint32_t at, const plan_step *s, plan_way w, value from, edge_visitor *visit, void *context,
                           cd_err *err)
{
    cd_status st = CD_OK;
    candour_reader *reader = r->x->e.reader;
    if (w.has && w.backwards) {
        uint32_t owner = candour_reader_left(reader, w.table, from.as.row);
        if (owner == CANDOUR_NO_ID) return damaged(r, w.table, err);
        return visit(r, at, edge_of(w, from.as.row), node_of(w.end, owner), context, err);
    }
    uint32_t id = (uint32_t)from.as.row;
    const candour_table *table = &candour_reader_ontology(reader)->tables[w.table];
    uint32_t n_others = w.has ? 0 : candour_reader_ids(reader, table->columns[w.backwards ? 0 : 1].kind);
    for (uint32_t p = 0, parts = candour_reader_parts(reader); p < parts && !enough(r, at); p++) {
        candour_rows rows = w.backwards ? candour_reader_of_right(reader, w.table, id, p) : candour_reader_of_left(reader, w.table, id, p);
        for (uint64_t i = 0; i < rows.n && !enough(r, at); i++) {
            uint64_t row = candour_row_at(&rows, i);
            if (!w.has && rows.other[i] >= n_others) return damaged(r, w.table, err);
            if (!w.has && met_twice(s, w, id, rows.other[i])) continue;
            CD_TRY(visit(r, at, edge_of(w, row), w.has ? node_of(w.table, row) : node_of(w.end, rows.other[i]), context, err));
        }
    }
done:
    return st;
}

static cd_status visit_edges(running *r, uint32_t at, const plan_step *s, value from, edge_visitor *visit, void *context, cd_err *err)
{
    for (uint32_t i = 0; i < s->n_ways; i++) {
        if (s->ways[i].start != from.n) continue;
        cd_status st = visit_way(r, at, s, s->ways[i], from, visit, context, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

bool edge_taken(const running *r, const plan_step *s, value edge)
{
    for (uint32_t i = 0; i < s->n_slots; i++) {
        value before = r->x->e.slots[s->slots[i]];
        if (same_edge(before, edge)) return true;
        for (uint32_t k = 0; before.type == VALUE_LIST && k < before.n; k++)
            if (same_edge(before.as.items[k], edge)) return true;
    }
    return false;
}

/* Whether an edge has the properties of a map in a pattern. */
static cd_status edge_fits(running *r, const plan_step *s, value edge, bool *fits, cd_err *err)
{
    cd_status st = CD_OK;
    evaluation *e = &r->x->e;
    *fits = true;
    for (uint32_t i = 0; s->what && *fits && i < s->what->n_of; i++) {
        value is, asked;
        CD_TRY(value_property(e, edge, s->what->names[i], &is, err));
        CD_TRY(evaluate(e, s->what->of[i], &asked, err));
        *fits = value_equals(is, asked) == TRUTH_TRUE;
    }
done:
    return st;
}

cd_status gather_edge(running *r, uint32_t at, value edge, value node, void *context, cd_err *err)
{
    (void)at;
    gathering *g = context;
    bool fits;
    cd_status st = execution_tick(r->x, err);
    if (st == CD_OK) st = edge_fits(r, g->s, edge, &fits, err);
    if (st != CD_OK || !fits) return st;
    if (g->n == UINT32_MAX) return cd_fail(err, CD_EMEMORY, "a node has more edges than a query can hold; narrow the pattern");
    if (g->n == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 16;
        reached *grown = value_pool_alloc(r->x->e.pool, cap * sizeof *grown, err);
        if (!grown) return CD_EMEMORY;
        if (g->n) memcpy(grown, g->all, g->n * sizeof *grown);
        g->all = grown, g->cap = cap;
    }
    g->all[g->n++] = (reached){edge, node};
    return CD_OK;
}

static int compare_times(int64_t a, int64_t b) { return (a > b) - (a < b); }

/* By time, then as value_order has edges: by type, ends and cells. */
static int order_reached(const void *a, const void *b, void *context)
{
    candour_reader *reader = context;
    const reached *x = a, *y = b;
    const candour_ontology *o = candour_reader_ontology(reader);
    int64_t at[2] = {CANDOUR_UNKNOWN, CANDOUR_UNKNOWN};
    for (int i = 0; i < 2; i++) {
        value edge = (i ? y : x)->edge;
        uint32_t table = edge.n & ~VALUE_HAS;
        int32_t time = o->tables[table].time_column;
        if (time >= 0) at[i] = candour_reader_integer(reader, table, (uint32_t)time, edge.as.row);
    }
    int c = compare_times(at[0], at[1]);
    if (!c) c = value_order(x->edge, y->edge, reader);
    return c ? c : value_order(x->node, y->node, reader);
}

cd_status edges_from(running *r, const plan_step *s, value node, reached_list *out, cd_err *err)
{
    gathering g = {.s = s};
    /* No step's limit ends this: it is all of them or none. */
    cd_status st = visit_edges(r, UINT32_MAX, s, node, gather_edge, &g, err);
    if (st == CD_OK && s->in_order && g.n > 1) qsort_r(g.all, g.n, sizeof *g.all, order_reached, r->x->e.reader);
    *out = (reached_list){g.all, (uint32_t)g.n};
    return st;
}

/* ---- EXPAND ---- */

cd_status hand_edge(running *r, uint32_t at, value edge, value node, void *context, cd_err *err)
{
    const plan_step *s = &r->p->steps[at];
    evaluation *e = &r->x->e;
    if (edge_taken(r, s, edge)) return CD_OK;
    if (s->known && !same_node(e->slots[s->slot], node)) return CD_OK;
    for (uint32_t i = 0; i < s->n_apart; i++)
        if (same_node(e->slots[s->apart[i]], node)) return CD_OK;
    e->slots[s->edge] = edge;
    if (!s->known) return hand_node(r, at, node, *(uint64_t *)context, err);
    cd_status st = execution_tick(r->x, err);
    return st == CD_OK ? hand_on(r, at + 1, *(uint64_t *)context, err) : st;
}

/* How many edges there are that were not met before. */
static uint64_t edges_left(const running *r, const plan_step *s, value from)
{
    const evaluation *e = &r->x->e;
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->n_ways; i++) {
        plan_way w = s->ways[i];
        if (w.start != from.n) continue;
        n += way_degree(r, w, from);
        for (uint32_t k = 0; k < s->n_slots; k++) {
            value before = e->slots[s->slots[k]];
            uint32_t many = before.type == VALUE_LIST ? before.n : 1;
            for (uint32_t j = 0; j < many; j++) {
                value edge = before.type == VALUE_LIST ? before.as.items[j] : before;
                if (edge.type != VALUE_EDGE || edge.n != (w.has ? w.table | VALUE_HAS : w.table)) continue;
                value end = w.backwards ? value_edge_to(e->reader, edge) : value_edge_from(e->reader, edge);
                n -= same_node(end, from);
            }
        }
    }
    return n;
}

/* The same without those that lead to a node that must not be met. */
static uint64_t edges_elsewhere(running *r, uint32_t at, value from)
{
    const plan_step *s = &r->p->steps[at];
    const value *slots = r->x->e.slots;
    uint64_t n = edges_left(r, s, from);
    for (uint32_t i = 0; i < s->n_apart; i++) {
        bool again = slots[s->apart[i]].type != VALUE_NODE;
        for (uint32_t k = 0; k < i; k++) again |= same_node(slots[s->apart[k]], slots[s->apart[i]]);
        if (!again) n -= edges_joining_left(r, at, from, slots[s->apart[i]]);
    }
    return n;
}

cd_status step_expand(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    const plan_step *s = &r->p->steps[at];
    evaluation *e = &r->x->e;
    value from = e->slots[s->from];
    if (from.type != VALUE_NODE) return CD_OK;
    bool between = s->known && e->slots[s->slot].type == VALUE_NODE;
    if (s->counted) {
        uint64_t n = between ? edges_joining_left(r, at, from, e->slots[s->slot]) : edges_elsewhere(r, at, from);
        cd_status st = execution_tick(r->x, err);
        return st == CD_OK && n > 0 ? hand_on(r, at + 1, times * n, err) : st;
    }
    if (s->in_order) {
        reached_list list;
        value_mark mark = value_pool_mark(e->pool);
        cd_status st = edges_from(r, s, from, &list, err);
        for (uint32_t i = 0; st == CD_OK && i < list.n && !enough(r, at); i++)
            st = hand_edge(r, at, list.all[i].edge, list.all[i].node, &times, err);
        value_pool_rewind(e->pool, mark);
        return st;
    }
    if (between) return expand_between(r, at, from, e->slots[s->slot], times, err);
    return visit_edges(r, at, s, from, hand_edge, &times, err);
}

/* ---- Edges that are known ---- */

/* One way to read the edge: from `from` to `to`. */
static cd_status fit_ends(running *r, uint32_t at, value from, value to, uint64_t times, cd_err *err)
{
    const plan_step *s = &r->p->steps[at];
    value *slots = r->x->e.slots;
    if (s->from_known && !same_node(slots[s->from], from)) return CD_OK;
    if (s->known && s->slot != s->from && !same_node(slots[s->slot], to)) return CD_OK;
    if (s->slot == s->from && !same_node(from, to)) return CD_OK;
    if (!s->from_known) slots[s->from] = from;
    if (!s->known) slots[s->slot] = to;
    return hand_on(r, at + 1, times, err);
}

cd_status step_ends(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    const plan_step *s = &r->p->steps[at];
    evaluation *e = &r->x->e;
    value edge = e->slots[s->edge];
    if (edge.type == VALUE_NULL) return CD_OK;
    if (edge.type != VALUE_EDGE)
        return query_fail(e->fault, QUERY_NOWHERE, "TypeError", "InvalidArgumentType", err,
                          "a relationship is asked for, and what stands there is %s", value_type_name(edge));
    value left = value_edge_from(e->reader, edge), right = value_edge_to(e->reader, edge);
    bool forth = false, back = false;
    for (uint32_t i = 0; i < s->n_ways; i++) {
        if (s->ways[i].table != (edge.n & ~VALUE_HAS)) continue;
        forth |= !s->ways[i].backwards, back |= s->ways[i].backwards;
    }
    if (edge_taken(r, s, edge)) return CD_OK;
    if (forth) st = fit_ends(r, at, left, right, times, err);
    if (st == CD_OK && back && !(forth && same_node(left, right))) st = fit_ends(r, at, right, left, times, err);
    return st;
}
