/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_between.c: edges between two nodes that are both known: the last step of triangles, anti-joins and optional
 * hops, asked more often than any other.
 *
 * Of the two nodes the one with fewer edges is looked through. But where one of them stays the same for a while, as it
 * does within the loop that found it, its edges are counted once by the node at their other end, and each question is
 * one look. */
#include <string.h>

#include "queries/language/execute_inside.h"

/* Rows of a way from a node. */
uint64_t way_degree(const running *r, plan_way w, value from)
{
    uint64_t n = 0;
    if (w.has && w.backwards) return 1;
    for (uint32_t p = 0, parts = candour_reader_parts(r->x->e.reader); p < parts; p++)
        n += (w.backwards ? candour_reader_of_right(r->x->e.reader, w.table, (uint32_t)from.as.row, p)
                          : candour_reader_of_left(r->x->e.reader, w.table, (uint32_t)from.as.row, p))
                 .n;
    return n;
}

static plan_way turned(plan_way w) { return (plan_way){w.table, w.end, w.start, w.has, !w.backwards}; }

void edge_memo_release(edge_memo *memo)
{
    cd_free(memo->count);
    cd_free(memo->met);
    *memo = (edge_memo){0};
}

static candour_rows rows_of(const running *r, plan_way w, uint32_t id, uint32_t part)
{
    return w.backwards ? candour_reader_of_right(r->x->e.reader, w.table, id, part)
                       : candour_reader_of_left(r->x->e.reader, w.table, id, part);
}

/* Room for a count a node of the way's other end; false where that is much of the memory given, or there is none. */
static bool memo_room(const running *r, edge_memo *memo, plan_way w, uint64_t degree)
{
    const candour_table *table = &candour_reader_ontology(r->x->e.reader)->tables[w.table];
    uint32_t n = candour_reader_ids(r->x->e.reader, table->columns[w.backwards ? 0 : 1].kind);
    size_t most = r->x->limits->memory_bytes;
    if (most && ((size_t)n + degree) * sizeof *memo->count > most / 64) return false;
    if (cd_grow(&memo->met, &memo->cap_met, degree, sizeof *memo->met, NULL) != CD_OK) return false;
    if (memo->n >= n) return true;
    edge_memo_release(memo);
    memo->count = cd_alloc(n, sizeof *memo->count, NULL);
    if (memo->count) memo->n = n;
    return memo->count && cd_grow(&memo->met, &memo->cap_met, degree, sizeof *memo->met, NULL) == CD_OK;
}

/* Counts the edges of one node by a way, by where they lead. */
static bool memo_make(const running *r, edge_memo *memo, plan_way w, uint32_t id, bool of_from)
{
    uint64_t degree = way_degree(r, w, (value){.type = VALUE_NODE, .as.row = id});
    while (memo->n_met > 0) memo->count[memo->met[--memo->n_met]] = 0;
    memo->made = false;
    if (!memo_room(r, memo, w, degree)) return false;
    for (uint32_t p = 0, parts = candour_reader_parts(r->x->e.reader); p < parts; p++) {
        candour_rows rows = rows_of(r, w, id, p);
        for (uint64_t i = 0; i < rows.n; i++)
            if (rows.other[i] < memo->n && memo->count[rows.other[i]]++ == 0) memo->met[memo->n_met++] = rows.other[i];
    }
    memo->made = true, memo->of_from = of_from, memo->end = id;
    return true;
}

static uint64_t look_through(const running *r, plan_way w, uint32_t id, uint32_t other)
{
    uint64_t n = 0;
    for (uint32_t p = 0, parts = candour_reader_parts(r->x->e.reader); p < parts; p++) {
        candour_rows rows = rows_of(r, w, id, p);
        for (uint64_t i = 0; i < rows.n; i++) n += rows.other[i] == other;
    }
    return n;
}

/* By the only way of a step. A node that was asked for some times running is counted, if that is not much beside what it was asked. */
uint64_t edges_by_memo(const running *r, edge_memo *memo, plan_way w, uint32_t from, uint32_t to)
{
    enum { STAYS = 3, WORTH = 64 };
    if (memo->made && memo->end == (memo->of_from ? from : to)) {
        uint32_t other = memo->of_from ? to : from;
        return other < memo->n ? memo->count[other] : 0;
    }
    memo->same_from = memo->last_from == from ? memo->same_from + 1 : 0, memo->last_from = from;
    memo->same_to = memo->last_to == to ? memo->same_to + 1 : 0, memo->last_to = to;
    uint64_t there = way_degree(r, w, (value){.as.row = from}), back = way_degree(r, turned(w), (value){.as.row = to});
    bool of_from = memo->same_from >= memo->same_to;
    uint32_t same = of_from ? memo->same_from : memo->same_to;
    if (same >= STAYS && (of_from ? there : back) <= (uint64_t)same * WORTH &&
        memo_make(r, memo, of_from ? w : turned(w), of_from ? from : to, of_from))
        return memo->count[of_from ? to : from];
    return there <= back ? look_through(r, w, from, to) : look_through(r, turned(w), to, from);
}

uint64_t edges_joining(running *r, uint32_t at, value from, value to)
{
    const plan_step *s = &r->p->steps[at];
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->n_ways; i++) {
        plan_way w = s->ways[i];
        if (w.start != from.n || w.end != to.n) continue;
        if (w.has) {
            uint64_t record = w.backwards ? from.as.row : to.as.row, owner = w.backwards ? to.as.row : from.as.row;
            n += candour_reader_left(r->x->e.reader, w.table, record) == owner;
        } else if (s->n_ways == 1) {
            n += edges_by_memo(r, &r->states[at].memo, w, (uint32_t)from.as.row, (uint32_t)to.as.row);
        } else if (!met_twice(s, w, (uint32_t)from.as.row, (uint32_t)to.as.row)) {
            n += look_through(r, w, (uint32_t)from.as.row, (uint32_t)to.as.row);
        }
    }
    return n;
}

uint64_t edges_joining_left(running *r, uint32_t at, value from, value to)
{
    const plan_step *s = &r->p->steps[at];
    const evaluation *e = &r->x->e;
    uint64_t n = edges_joining(r, at, from, to);
    for (uint32_t i = 0; n > 0 && i < s->n_slots; i++) {
        value before = e->slots[s->slots[i]];
        uint32_t many = before.type == VALUE_LIST ? before.n : 1;
        for (uint32_t k = 0; k < many; k++) {
            value edge = before.type == VALUE_LIST ? before.as.items[k] : before;
            bool of_way = false;
            for (uint32_t w = 0; w < s->n_ways; w++) of_way |= edge.type == VALUE_EDGE && (edge.n & ~VALUE_HAS) == s->ways[w].table;
            if (!of_way) continue;
            value left = value_edge_from(e->reader, edge), right = value_edge_to(e->reader, edge);
            bool back = s->ways[0].backwards;
            n -= same_node(back ? right : left, from) && same_node(back ? left : right, to);
        }
    }
    return n;
}

/* As edges, each handed on: those of the node that has fewer. */
cd_status expand_between(running *r, uint32_t at, value from, value to, uint64_t times, cd_err *err)
{
    const plan_step *s = &r->p->steps[at];
    if (edges_joining(r, at, from, to) == 0) return execution_tick(r->x, err);
    for (uint32_t i = 0; i < s->n_ways; i++) {
        plan_way w = s->ways[i], back = {w.table, w.end, w.start, w.has, !w.backwards};
        cd_status st = CD_OK;
        if (w.start != from.n || w.end != to.n) continue;
        if (way_degree(r, back, to) >= way_degree(r, w, from)) {
            st = visit_way(r, at, s, w, from, hand_edge, &times, err);
        } else {
            /* Seen from the other end the node met is `from`. */
            gathering g = {.s = &(plan_step){.ways = s->ways, .n_ways = s->n_ways}};
            value_mark mark = value_pool_mark(r->x->e.pool);
            st = visit_way(r, at, g.s, back, to, gather_edge, &g, err);
            for (size_t k = 0; st == CD_OK && k < g.n && !enough(r, at); k++)
                if (same_node(g.all[k].node, from) && !met_twice(s, w, (uint32_t)from.as.row, (uint32_t)to.as.row))
                    st = hand_edge(r, at, g.all[k].edge, to, &times, err);
            value_pool_rewind(r->x->e.pool, mark);
        }
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

/* The pipeline of `(a)-[:TYPE]->(b)` where both are known: two checks, one step, the answer. */
cd_status edge_between(running *r, bool *asked, bool *joined, cd_err *err)
{
    const plan_step *s = r->p->steps;
    const value *slots = r->x->e.slots;
    *asked = r->p->n_steps == 4 && s[0].kind == STEP_CHECK && s[1].kind == STEP_CHECK && s[2].kind == STEP_EXPAND &&
             s[2].known && s[2].n_slots == 0 && s[3].kind == STEP_ANSWER && slots[s[2].from].type == VALUE_NODE &&
             slots[s[2].slot].type == VALUE_NODE;
    *joined = *asked && edges_joining(r, 2, slots[s[2].from], slots[s[2].slot]) > 0;
    return *asked ? execution_tick(r->x, err) : CD_OK;
}
