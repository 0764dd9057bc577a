/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_bound.c: how many rows can come out of a step at the most, by what the store holds: where the planner's guess is
 * an average, this is what the one node with most edges could do. */
#include "queries/language/plan_bound.h"

#include <math.h>

double plan_nodes_in(candour_reader *reader, table_set tables)
{
    const candour_ontology *o = candour_reader_ontology(reader);
    double n = 0;
    for (uint32_t t = 0; t < o->n_tables; t++) {
        uint32_t kind = 0;
        if (!(tables & table_bit(t))) continue;
        while (kind < o->n_kinds && o->kinds[kind].table != t) kind++;
        n += kind < o->n_kinds ? (double)candour_reader_ids(reader, kind) : (double)candour_reader_count(reader, t);
    }
    return n;
}

static double tables_in(table_set tables)
{
    double n = 0;
    for (; tables; tables &= tables - 1) n++;
    return n;
}

/* The most edges that any node has by a way. */
static double most_edges(candour_reader *reader, plan_way w)
{
    const candour_ontology *o = candour_reader_ontology(reader);
    uint64_t most = 0;
    if (w.has && w.backwards) return 1;
    uint32_t kind = o->tables[w.table].columns[w.backwards ? 1 : 0].kind, parts = candour_reader_parts(reader);
    for (uint32_t id = 0, n = candour_reader_ids(reader, kind); id < n; id++) {
        uint64_t edges = 0;
        for (uint32_t p = 0; p < parts; p++)
            edges += (w.backwards ? candour_reader_of_right(reader, w.table, id, p)
                                  : candour_reader_of_left(reader, w.table, id, p))
                         .n;
        if (edges > most) most = edges;
    }
    return (double)most;
}

/* Edges from one node; between two that are known no more than the lesser of them has. */
static double most_of_step(candour_reader *reader, const plan_step *s)
{
    double forth = 0, back = 0;
    for (uint32_t i = 0; i < s->n_ways; i++) {
        plan_way w = s->ways[i];
        forth += most_edges(reader, w);
        if (s->known) back += most_edges(reader, (plan_way){w.table, w.end, w.start, w.has, !w.backwards});
    }
    return s->known && back < forth ? back : forth;
}

static bool has_keys(const projection *p)
{
    for (uint32_t i = 0; i < p->n_items; i++)
        if (p->items[i].grouped) return true;
    return false;
}

static double least_of(double a, double b) { return a < b ? a : b; }

double plan_bound(candour_reader *reader, const plan_step *s, double rows)
{
    switch (s->kind) {
    case STEP_NODES: return rows * plan_nodes_in(reader, s->tables);
    /* An id is that of one node of a kind; a list may name them all. */
    case STEP_FIND:
        return rows *
               (s->among ? plan_nodes_in(reader, s->tables) : least_of(plan_nodes_in(reader, s->tables), tables_in(s->tables)));
    case STEP_EXPAND: return rows * most_of_step(reader, s);
    case STEP_OPTIONAL: {
        double inner = 1;
        for (uint32_t i = 0; i < s->inner->n_steps; i++) inner = plan_bound(reader, &s->inner->steps[i], inner);
        return rows * (inner < 1 ? 1 : inner);
    }
    case STEP_GROUP: return has_keys(s->projection) ? rows : 1;
    case STEP_LIMIT:
        return s->what->kind == X_LITERAL && s->what->literal.type == VALUE_INTEGER
                   ? least_of(rows, (double)s->what->literal.as.integer)
                   : rows;
    case STEP_ENDS: return 2 * rows;
    /* Walks, lists and procedures have no bound that would tell anything. */
    case STEP_WANDER:
    case STEP_SHORTEST:
    case STEP_UNWIND:
    case STEP_CALL: return INFINITY;
    default: return rows;
    }
}
