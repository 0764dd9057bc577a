/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_order.c: in which order the places and links of a MATCH are found.
 *
 * How many rows a link makes of one is known exactly on average: rows of the relation for each id. Of what hangs
 * together and has few links the cheapest order of all is found, by what each set of links costs at least; else, from
 * each place that could be first, the link that multiplies rows least is followed before the others, and the cheapest
 * of those orders is taken. */
#include "queries/language/plan_bound.h"
#include "queries/language/plan_match_inside.h"

enum { FEW_PLACES = 32, FEW_LINKS = 8, SEEN_AT_ONCE = 8 };

/* How many edges a node that is at the start of such ways has on average. */
static double fan_out(const matching *m, const place_link *l, bool backwards)
{
    double most = 0;
    table_set seen = 0;
    for (uint32_t i = 0; i < l->n_ways; i++) seen |= table_bit(backwards ? l->ways[i].end : l->ways[i].start);
    for (uint32_t t = 0; t < m->p->ontology->n_tables; t++) {
        double sum = 0, n = plan_nodes_in(m->p->reader, table_bit(t));
        if (!(seen & table_bit(t))) continue;
        for (uint32_t i = 0; i < l->n_ways; i++) {
            plan_way w = backwards ? plan_way_turned(l->ways[i]) : l->ways[i];
            if (w.start != t) continue;
            sum += w.has && w.backwards ? 1 : (double)candour_reader_count(m->p->reader, w.table) / (n > 1 ? n : 1);
        }
        if (sum > most) most = sum;
    }
    return most;
}

bool plan_share_table(const place_link *a, const place_link *b)
{
    for (uint32_t i = 0; i < a->n_ways; i++)
        for (uint32_t k = 0; k < b->n_ways; k++)
            if (a->ways[i].table == b->ways[k].table) return true;
    return false;
}

/* Whether a link's new place will only be counted: nobody asks for it but to be another than places that are met, and
 * no link that is left goes on from it or may be the same edge. */
static bool only_counts(const matching *m, const place_link *l)
{
    uint32_t at = m->met[l->from] ? l->to : l->from, slot = m->places[at].slot, asked = m->p->used[slot], a, b;
    bool exactly;
    if (l->edge->many || l->of->choice != PATH_ANY || l->edge->direction == EDGE_BOTH || l->of->slot != NO_SLOT)
        return false;
    if (m->met[l->from] == m->met[l->to] || m->p->used[l->edge->slot] > 1) return false;
    for (uint32_t i = 0; i < m->n_conditions; i++) {
        if (!plan_tells_apart(m->conditions[i].what, &a, &b, &exactly) || (a != slot && b != slot)) continue;
        uint32_t other = a == slot ? b : a;
        for (uint32_t k = 0; k < m->n_places; k++)
            if (m->places[k].slot == other && !m->met[k]) return false;
        asked -= exactly;
    }
    for (uint32_t i = 0; i < m->n_links; i++) {
        const place_link *o = &m->links[i];
        if (o != l && !m->gone[i] && (o->from == at || o->to == at || plan_share_table(o, l))) return false;
    }
    return asked <= 1;
}

/* How many rows a link makes of one; *work: what it looks at for that. */
static double growth(const matching *m, const place_link *l, double *work)
{
    bool both = m->met[l->from] && m->met[l->to];
    double one = fan_out(m, l, !m->met[l->from]), all = one;
    const place *to = &m->places[m->met[l->from] ? l->to : l->from];
    if (l->before || only_counts(m, l)) return *work = 1;
    if (l->edge->many) {
        double power = one;
        uint32_t most = l->edge->hi == NO_LIMIT || l->edge->hi > l->edge->lo + 3 ? l->edge->lo + 3 : l->edge->hi;
        for (uint32_t k = 2; k <= most; k++) power *= one, all += power;
        if (l->edge->lo == 0) all += 1;
    }
    *work = all;
    if (both) {
        /* Between two that are known the one with fewer edges is looked through, or one was counted. */
        double back = fan_out(m, l, m->met[l->from]);
        if (!l->edge->many && back < *work) *work = back;
        if (!l->edge->many && *work > SEEN_AT_ONCE) *work = SEEN_AT_ONCE;
        return all / (1 + plan_nodes_in(m->p->reader, to->tables));
    }
    return to->narrow ? all / 10 : all;
}

/* The condition that finds a place by its id now, or NULL. */
condition *plan_finder(const matching *m, uint32_t at)
{
    for (uint32_t i = 0; i < m->n_conditions; i++) {
        condition *c = &m->conditions[i];
        if (!c->placed && c->found == at && plan_ready(m, c->id)) return c;
    }
    return NULL;
}

static double entering(const matching *m, uint32_t at)
{
    const condition *c = plan_finder(m, at);
    if (c) return c->among ? 10 : 1;
    double n = plan_nodes_in(m->p->reader, m->places[at].tables);
    return m->places[at].narrow ? n / 10 + 1 : n;
}

/* ---- The least of every set of links ---- */

typedef struct {
    double cost, rows;
    uint32_t last, before; /* the link followed last, and the set of those before it */
    uint32_t entered;      /* of a set of one link: the place that was entered first, or UINT32_MAX */
    bool reached;
} link_set;

static bool can_follow(const matching *m, const place_link *l)
{
    bool both = m->met[l->from] && m->met[l->to], any = m->met[l->from] || m->met[l->to];
    return l->of->choice != PATH_ANY ? both : l->before || any;
}

/* What is met when a set of links has been followed, or (none) a place was entered. */
static void stand(matching *m, uint32_t set, uint32_t entered)
{
    for (uint32_t i = 0; i < m->n_places; i++) m->met[i] = m->places[i].before || i == entered;
    for (uint32_t i = 0; i < m->n_links; i++) {
        m->gone[i] = set >> i & 1;
        if (m->gone[i]) m->met[m->links[i].from] = m->met[m->links[i].to] = true;
    }
}

static void go_on(matching *m, link_set *sets, uint32_t set, link_set from, uint32_t entered)
{
    for (uint32_t i = 0; i < m->n_links; i++) {
        if (m->gone[i] || !can_follow(m, &m->links[i])) continue;
        double work, grows = growth(m, &m->links[i], &work);
        link_set next = {.cost = from.cost + from.rows * work,
                         .rows = from.rows * grows,
                         .last = i,
                         .before = set,
                         .entered = entered,
                         .reached = true};
        link_set *best = &sets[set | 1u << i];
        if (!best->reached || next.cost < best->cost || (next.cost == best->cost && next.rows < best->rows))
            *best = next;
    }
}

/* *n stays 0 where the links do not all hang together. */
static cd_status least_of_all(matching *m, bool begun, plan_move *moves, uint32_t *n, cd_err *err)
{
    uint32_t all = (1u << m->n_links) - 1, at = 0, linked = 0;
    link_set *sets = cd_arena_alloc(m->p->arena, (size_t)all + 1, sizeof *sets, err);
    if (!sets) return CD_EMEMORY;
    for (uint32_t i = 0; i <= all; i++) sets[i] = (link_set){.entered = UINT32_MAX};
    for (uint32_t i = 0; i < (begun ? 1 : m->n_places); i++) {
        stand(m, 0, begun ? UINT32_MAX : i);
        double rows = begun ? 1 : entering(m, i);
        go_on(m, sets, 0, (link_set){.cost = rows, .rows = rows}, begun ? UINT32_MAX : i);
    }
    for (uint32_t set = 1; set < all; set++) {
        if (!sets[set].reached) continue;
        stand(m, set, UINT32_MAX);
        go_on(m, sets, set, sets[set], UINT32_MAX);
    }
    stand(m, all, UINT32_MAX);
    for (uint32_t i = 0; i < m->n_places; i++) linked += m->met[i];
    if (!sets[all].reached || linked < m->n_places) return CD_OK;
    uint32_t links = 0, entered = UINT32_MAX;
    for (at = all; at; at = sets[at].before) links++, entered = sets[at].entered;
    *n = links + (entered != UINT32_MAX);
    at = all;
    for (uint32_t k = *n; at; at = sets[at].before)
        moves[--k] = (plan_move){.at = sets[at].last, .rows = sets[at].rows};
    if (entered != UINT32_MAX) moves[0] = (plan_move){.enters = true, .at = entered, .rows = entering(m, entered)};
    return CD_OK;
}

/* ---- The least link first ---- */

/* The order from place `first` (UINT32_MAX: from what earlier clauses found); *cost: the sum of the rows that pass. */
static void follow(matching *m, uint32_t first, plan_move *moves, uint32_t *n, double *cost)
{
    double rows = 1;
    *cost = 0, *n = 0;
    stand(m, 0, UINT32_MAX);
    for (;;) {
        double best = 0, best_work = 0;
        uint32_t next = UINT32_MAX, enter = first;
        for (uint32_t i = 0; first == UINT32_MAX && i < m->n_links; i++) {
            if (m->gone[i] || !can_follow(m, &m->links[i])) continue;
            double work, grows = growth(m, &m->links[i], &work);
            if (next == UINT32_MAX || grows < best) next = i, best = grows, best_work = work;
        }
        if (next == UINT32_MAX && enter == UINT32_MAX)
            for (uint32_t i = 0; i < m->n_places; i++) {
                if (m->met[i]) continue;
                double many = entering(m, i);
                if (enter == UINT32_MAX || many < best) enter = i, best = many;
            }
        if (next == UINT32_MAX && enter == UINT32_MAX) return;
        if (next != UINT32_MAX) {
            *cost += rows * best_work;
            rows *= best;
            m->gone[next] = m->met[m->links[next].from] = m->met[m->links[next].to] = true;
            moves[(*n)++] = (plan_move){.at = next, .rows = rows};
        } else {
            rows *= entering(m, enter);
            *cost += rows;
            m->met[enter] = true, first = UINT32_MAX;
            moves[(*n)++] = (plan_move){.enters = true, .at = enter, .rows = rows};
        }
    }
}

cd_status plan_moves(matching *m, plan_move *moves, uint32_t *n, cd_err *err)
{
    bool begun = false;
    uint32_t first = UINT32_MAX;
    double least = 0, cost;
    for (uint32_t i = 0; i < m->n_places; i++) begun |= m->places[i].before;
    for (uint32_t i = 0; i < m->n_links; i++) begun |= m->links[i].before;
    *n = 0;
    if (m->n_links > 0 && m->n_links <= FEW_LINKS) {
        cd_status st = least_of_all(m, begun, moves, n, err);
        if (st != CD_OK || *n > 0) return st;
    }
    /* Every beginning is tried where that is little work; of a pattern that is longer than people write, the cheapest
     * to find. */
    for (uint32_t i = 0; !begun && i < m->n_places && m->n_places > FEW_PLACES; i++)
        if (first == UINT32_MAX || entering(m, i) < least) first = i, least = entering(m, i);
    for (uint32_t i = 0; !begun && i < m->n_places && m->n_places <= FEW_PLACES; i++) {
        follow(m, i, moves, n, &cost);
        if (first == UINT32_MAX || cost < least) first = i, least = cost;
    }
    follow(m, first, moves, n, &cost);
    return CD_OK;
}
