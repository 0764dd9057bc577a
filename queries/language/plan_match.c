/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_match.c: the patterns of one MATCH as steps. Nodes are places, edges links between them; plan_order.c says in which order they
 * are found. Conditions are put where all that they name has been found. */
#include "queries/language/plan_match_inside.h"

#include <string.h>
#include <strings.h>

static const table_set EVERY_TABLE = ~(table_set)0;

/* ---- Places and links ---- */

static uint32_t place_of(matching *m, const node_pattern *n)
{
    for (uint32_t i = 0; i < m->n_places; i++)
        if (m->places[i].slot == n->slot) return i;
    /* Known without a clause before that fills it: the name that a comprehension around this pattern runs through. */
    m->places[m->n_places] = (place){.slot = n->slot, .tables = EVERY_TABLE, .before = m->p->bound[n->slot] || n->known};
    return m->n_places++;
}

/* Every way that the types and the direction allow. */
static cd_status ways_find(matching *m, place_link *l, cd_err *err)
{
    const candour_ontology *o = m->p->ontology;
    const edge_pattern *e = l->edge;
    l->ways = cd_arena_alloc(m->p->arena, 2 * (size_t)o->n_tables, sizeof *l->ways, err);
    if (!l->ways) return CD_EMEMORY;
    for (uint32_t t = 0; t < o->n_tables; t++) {
        const candour_table *table = &o->tables[t];
        bool has = table->class_of == CANDOUR_RECORD, takes = e->n_types == 0;
        if (table->class_of == CANDOUR_ENTITY) continue;
        for (uint32_t i = 0; i < e->n_types; i++)
            takes |= cd_slice_equal(e->types[i], cd_slice_of(has ? "HAS" : table->label));
        if (!takes) continue;
        uint32_t right = has ? t : o->kinds[table->columns[1].kind].table;
        plan_way way = {.table = t, .start = o->kinds[table->columns[0].kind].table, .end = right, .has = has};
        if (e->direction != EDGE_LEFT) l->ways[l->n_ways++] = way;
        if (e->direction != EDGE_RIGHT) l->ways[l->n_ways++] = plan_way_turned(way);
    }
    return CD_OK;
}

/* Which tables the ends of a link can be of; of a walk of at least one edge the two ends each for themselves. */
static bool narrow_link(matching *m, place_link *l)
{
    place *from = &m->places[l->from], *to = &m->places[l->to];
    table_set starts = 0, ends = 0;
    uint32_t n = 0;
    if (l->edge->many && l->edge->lo == 0) return false;
    for (uint32_t i = 0; i < l->n_ways; i++) {
        table_set start = table_bit(l->ways[i].start) & from->tables, end = table_bit(l->ways[i].end) & to->tables;
        if (l->edge->many) {
            starts |= start, ends |= end;
            n++;
        } else if (start && end) {
            starts |= start, ends |= end;
            l->ways[n++] = l->ways[i];
        }
    }
    l->n_ways = n;
    bool less = (from->tables & starts) != from->tables || (to->tables & ends) != to->tables;
    from->tables &= starts, to->tables &= ends;
    return less;
}

static cd_status read_patterns(matching *m, pattern *patterns, uint32_t n, cd_err *err)
{
    size_t nodes = 0;
    for (uint32_t i = 0; i < n; i++) nodes += (size_t)patterns[i].n_edges + 1;
    m->places = cd_arena_alloc(m->p->arena, nodes, sizeof *m->places, err);
    m->links = cd_arena_alloc(m->p->arena, nodes, sizeof *m->links, err);
    m->met = cd_arena_alloc(m->p->arena, nodes, sizeof *m->met, err);
    m->gone = cd_arena_alloc(m->p->arena, nodes, sizeof *m->gone, err);
    if (!m->places || !m->links || !m->met || !m->gone) return CD_EMEMORY;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k <= patterns[i].n_edges; k++) {
            node_pattern *node = &patterns[i].nodes[k];
            place *at = &m->places[place_of(m, node)];
            if (node->n_labels) at->tables &= plan_tables_of(m->p, node->labels, node->n_labels);
        }
        for (uint32_t k = 0; k < patterns[i].n_edges; k++) {
            place_link *l = &m->links[m->n_links++];
            edge_pattern *e = &patterns[i].edges[k];
            *l = (place_link){.from = place_of(m, &patterns[i].nodes[k]), .to = place_of(m, &patterns[i].nodes[k + 1]), .edge = e,
                        .of = &patterns[i], .before = m->p->bound[e->slot] || e->known};
            cd_status st = ways_find(m, l, err);
            if (st != CD_OK) return st;
        }
    }
    /* Kinds that are not named follow from the relations: until nothing changes. Without edges: any node. */
    table_set any = plan_tables_of(m->p, NULL, 0);
    for (uint32_t i = 0; i < m->n_places; i++) m->places[i].tables &= any;
    for (bool less = true; less;) {
        less = false;
        for (uint32_t i = 0; i < m->n_links; i++) less |= narrow_link(m, &m->links[i]);
    }
    return CD_OK;
}

/* Of what is of one table alone properties can be found once, not for every row. */
static void note_tables(matching *m)
{
    for (uint32_t i = 0; i < m->n_places; i++)
        for (uint32_t t = 0; t < m->p->ontology->n_tables; t++)
            if (m->places[i].tables == table_bit(t)) m->p->table_of[m->places[i].slot] = t + 1;
    for (uint32_t i = 0; i < m->n_links; i++) {
        const place_link *l = &m->links[i];
        bool one = l->n_ways > 0 && !l->edge->many && l->of->choice == PATH_ANY;
        for (uint32_t k = 0; k < l->n_ways; k++) one &= !l->ways[k].has && l->ways[k].table == l->ways[0].table;
        if (one) m->p->table_of[l->edge->slot] = l->ways[0].table + 1;
    }
}

/* What this MATCH fills: the slots of its patterns that nothing filled before. */
static cd_status mark_mine(matching *m, const pattern *patterns, uint32_t n, cd_err *err)
{
    m->mine = cd_arena_alloc(m->p->arena, (size_t)m->p->n_slots + 1, 1, err);
    if (!m->mine) return CD_EMEMORY;
    memset(m->mine, 0, m->p->n_slots);
    for (uint32_t i = 0; i < m->n_places; i++) m->mine[m->places[i].slot] = !m->places[i].before;
    for (uint32_t i = 0; i < m->n_links; i++) m->mine[m->links[i].edge->slot] = !m->links[i].before;
    for (uint32_t i = 0; i < n; i++)
        if (patterns[i].slot != NO_SLOT) m->mine[patterns[i].slot] = 1;
    for (uint32_t s = 0; s < m->p->n_slots; s++) m->p->bound[s] |= m->mine[s];
    return CD_OK;
}

/* ---- Conditions ---- */

typedef struct {
    const uint8_t *mine;
    bool waits;
} waiting;

static void see_slot(void *context, uint32_t slot)
{
    waiting *w = context;
    w->waits |= w->mine[slot];
}

bool plan_ready(const matching *m, const expression *x)
{
    waiting w = {.mine = m->mine};
    plan_slots_read(x, see_slot, &w);
    return !w.waits;
}

/* The place whose `id` an expression is, or UINT32_MAX. *attribute: it is some attribute of a place. */
static uint32_t id_of_place(const matching *m, const expression *x, uint32_t *attribute)
{
    *attribute = UINT32_MAX;
    if (x->kind != X_PROPERTY || x->of[0]->kind != X_VARIABLE) return UINT32_MAX;
    for (uint32_t i = 0; i < m->n_places; i++) {
        if (m->places[i].slot != x->of[0]->slot) continue;
        *attribute = i;
        if (!cd_slice_equal(x->name, cd_slice_of("id"))) return UINT32_MAX;
        /* An entity may have an attribute of that name, which goes before its id; a record's id is not looked up. */
        for (uint32_t t = 0; t < m->p->ontology->n_tables; t++) {
            if (!(m->places[i].tables & table_bit(t))) continue;
            if (m->p->kind_of[t] < 0 || candour_column_find(&m->p->ontology->tables[t], cd_slice_of("id")) >= 0) return UINT32_MAX;
        }
        return i;
    }
    return UINT32_MAX;
}

static bool draws(const expression *x)
{
    bool any = x && x->kind == X_CALL && x->function >= 0 && x->name.n == 4 && strncasecmp(x->name.bytes, "rand", 4) == 0;
    for (uint32_t i = 0; x && !any && i < x->n_of; i++) any = draws(x->of[i]);
    return any;
}

static cd_status condition_add(matching *m, expression *x, cd_err *err)
{
    condition c = {.what = x, .found = UINT32_MAX, .late = draws(x)};
    uint32_t attribute;
    bool equal = x->kind == X_COMPARISONS && x->n_of == 2 && x->ops[0] == OP_EQUAL;
    bool among = x->kind == X_BINARY && x->op == OP_IN;
    if (equal || among)
        for (uint32_t side = 0; side < (equal ? 2u : 1u) && c.found == UINT32_MAX; side++) {
            c.found = id_of_place(m, x->of[side], &attribute);
            c.id = x->of[1 - side], c.among = among;
            if (attribute != UINT32_MAX) m->places[attribute].narrow = true;
        }
    if (m->n_conditions == m->cap_conditions) {
        uint32_t cap = m->cap_conditions ? 2 * m->cap_conditions : 8;
        condition *grown = cd_arena_alloc(m->p->arena, cap, sizeof *grown, err);
        if (!grown) return CD_EMEMORY;
        if (m->n_conditions) memcpy(grown, m->conditions, m->n_conditions * sizeof *grown);
        m->conditions = grown, m->cap_conditions = cap;
    }
    m->conditions[m->n_conditions++] = c;
    return CD_OK;
}

/* What AND joins can be asked one by one, each as soon as may be. */
static cd_status conditions_of(matching *m, expression *x, cd_err *err)
{
    if (!x) return CD_OK;
    if (x->kind != X_BINARY || x->op != OP_AND) return condition_add(m, x, err);
    cd_status st = conditions_of(m, x->of[0], err);
    return st == CD_OK ? conditions_of(m, x->of[1], err) : st;
}

/* {key: value, ...} of what is in a slot, as conditions `slot.key = value`. */
static cd_status conditions_of_map(matching *m, uint32_t slot, known_type known, expression *map, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; map && st == CD_OK && i < map->n_of; i++) {
        if (m->p->used[slot] < UINT8_MAX) m->p->used[slot]++;
        expression *x = cd_arena_alloc(m->p->arena, 3, sizeof *x, err);
        expression **of = cd_arena_alloc(m->p->arena, 3, sizeof *of, err);
        operation *ops = cd_arena_alloc(m->p->arena, 1, sizeof *ops, err);
        if (!x || !of || !ops) return CD_EMEMORY;
        of[0] = &x[1], of[1] = map->of[i], of[2] = &x[2], ops[0] = OP_EQUAL;
        x[2] = (expression){.kind = X_VARIABLE, .at = map->at, .slot = slot, .known = known};
        x[1] = (expression){.kind = X_PROPERTY, .at = map->at, .name = map->names[i], .of = of + 2, .n_of = 1};
        x[0] = (expression){.kind = X_COMPARISONS, .at = map->at, .of = of, .n_of = 2, .ops = ops, .known = KNOWN_BOOLEAN};
        st = plan_within(m->p, x, err);
        if (st == CD_OK) st = condition_add(m, x, err);
    }
    return st;
}

static cd_status read_conditions(matching *m, pattern *patterns, uint32_t n, expression *where, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k <= patterns[i].n_edges; k++) {
            CD_TRY(plan_within(m->p, patterns[i].nodes[k].properties, err));
            CD_TRY(conditions_of_map(m, patterns[i].nodes[k].slot, KNOWN_NODE, patterns[i].nodes[k].properties, err));
            if (k == patterns[i].n_edges) break;
            edge_pattern *e = &patterns[i].edges[k];
            CD_TRY(plan_within(m->p, e->properties, err));
            if (!e->many && patterns[i].choice == PATH_ANY) CD_TRY(conditions_of_map(m, e->slot, KNOWN_EDGE, e->properties, err));
        }
    CD_TRY(plan_within(m->p, where, err));
    CD_TRY(conditions_of(m, where, err));
done:
    return st;
}

/* ---- Steps ---- */

static cd_status fill(matching *m, uint32_t slot, double rows, cd_err *err);

static cd_status add_step(matching *m, plan_step step, double rows, cd_err *err)
{
    step.rows = rows;
    return plan_step_add(m->p, m->out, step, err);
}

/* Conditions and paths that waited for nothing else. */
static cd_status add_ready(matching *m, double rows, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < m->n_patterns; i++) {
        const pattern *p = &m->patterns[i];
        bool whole = p->slot != NO_SLOT && m->mine[p->slot];
        for (uint32_t k = 0; whole && k <= p->n_edges; k++)
            whole = !m->mine[p->nodes[k].slot] && (k == p->n_edges || !m->mine[p->edges[k].slot]);
        if (!whole) continue;
        CD_TRY(add_step(m, (plan_step){.kind = STEP_PATH, .slot = p->slot, .pattern = p}, rows, err));
        m->mine[p->slot] = 0;
    }
    for (uint32_t i = 0; i < m->n_conditions; i++) {
        condition *c = &m->conditions[i];
        if (c->placed || (c->late && !m->ended) || !plan_ready(m, c->what)) continue;
        c->placed = true;
        CD_TRY(add_step(m, (plan_step){.kind = STEP_FILTER, .what = c->what}, rows, err));
    }
done:
    return st;
}

static cd_status fill(matching *m, uint32_t slot, double rows, cd_err *err)
{
    m->mine[slot] = 0;
    return add_ready(m, rows, err);
}

static cd_status add_place(matching *m, uint32_t i, double rows, cd_err *err)
{
    cd_status st = CD_OK;
    place *at = &m->places[i];
    condition *c = plan_finder(m, i);
    plan_step step = {.kind = c ? STEP_FIND : STEP_NODES, .slot = at->slot, .tables = at->tables};
    if (c) step.what = c->id, step.among = c->among, c->placed = true;
    CD_TRY(add_step(m, step, rows, err));
    CD_TRY(fill(m, at->slot, rows, err));
done:
    return st;
}

/* Edges found before that this one may not be: a relationship is met once in a MATCH. */
static cd_status edges_before(matching *m, const place_link *l, plan_step *step, cd_err *err)
{
    uint32_t *slots = cd_arena_alloc(m->p->arena, m->n_links, sizeof *slots, err);
    if (!slots) return CD_EMEMORY;
    step->slots = slots;
    for (uint32_t i = 0; i < m->n_links; i++) {
        const place_link *o = &m->links[i];
        if (o != l && !m->mine[o->edge->slot] && m->gone[i] && o->of->choice == PATH_ANY && plan_share_table(o, l))
            slots[step->n_slots++] = o->edge->slot;
    }
    return CD_OK;
}

static cd_status add_link(matching *m, uint32_t i, double rows, cd_err *err)
{
    cd_status st = CD_OK;
    place_link *l = &m->links[i];
    bool turn = m->mine[m->places[l->from].slot] && !l->before;
    const place *from = &m->places[turn ? l->to : l->from], *to = &m->places[turn ? l->from : l->to];
    plan_step step = {.kind = STEP_EXPAND, .from = from->slot, .slot = to->slot, .edge = l->edge->slot, .tables = to->tables,
                      .ways = l->ways, .n_ways = l->n_ways, .known = !m->mine[to->slot], .backwards = turn,
                      .least = l->edge->lo, .most = l->edge->hi, .direction = l->edge->direction, .pattern = l->of,
                      .choice = l->of->choice};
    if (from == to) step.known = true;
    if (turn)
        for (uint32_t k = 0; k < l->n_ways; k++) l->ways[k] = plan_way_turned(l->ways[k]);
    step.from_known = !m->mine[from->slot];
    if (l->of->choice == PATH_ANY) CD_TRY(edges_before(m, l, &step, err));
    if (l->edge->many || l->of->choice != PATH_ANY) {
        step.kind = l->of->choice == PATH_ANY ? STEP_WANDER : STEP_SHORTEST;
        step.what = l->edge->properties, step.edge_known = l->before;
        if (!l->edge->many) step.least = step.most = 1;
    } else if (l->before) step.kind = STEP_ENDS;
    CD_TRY(add_step(m, step, rows, err));
    if (step.kind == STEP_ENDS) {
        CD_TRY(add_step(m, (plan_step){.kind = STEP_CHECK, .slot = from->slot, .tables = from->tables}, rows, err));
        CD_TRY(add_step(m, (plan_step){.kind = STEP_CHECK, .slot = to->slot, .tables = to->tables}, rows, err));
    }
    m->gone[i] = true;
    m->mine[from->slot] = m->mine[to->slot] = 0;
    CD_TRY(fill(m, l->edge->slot, rows, err));
done:
    return st;
}

/* The steps of an order that was found. */
static cd_status add_moves(matching *m, const plan_move *moves, uint32_t n, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < m->n_links; i++) m->gone[i] = false;
    for (uint32_t i = 0; st == CD_OK && i < n; i++)
        st = moves[i].enters ? add_place(m, moves[i].at, moves[i].rows, err) : add_link(m, moves[i].at, moves[i].rows, err);
    return st;
}

cd_status plan_match(planner *p, pattern *patterns, uint32_t n, expression *where, step_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    matching m = {.p = p, .out = out, .patterns = patterns, .n_patterns = n};
    size_t first_step = out->n;
    plan_move *moves;
    uint32_t n_moves;
    CD_TRY(read_patterns(&m, patterns, n, err));
    CD_TRY(mark_mine(&m, patterns, n, err));
    note_tables(&m);
    CD_TRY(read_conditions(&m, patterns, n, where, err));
    for (uint32_t i = 0; i < m.n_places; i++)
        if (m.places[i].before)
            CD_TRY(add_step(&m, (plan_step){.kind = STEP_CHECK, .slot = m.places[i].slot, .tables = m.places[i].tables}, 1, err));
    CD_TRY(add_ready(&m, 1, err));
    moves = cd_arena_alloc(p->arena, (size_t)m.n_places + m.n_links, sizeof *moves, err);
    if (!moves) return CD_EMEMORY;
    CD_TRY(plan_moves(&m, moves, &n_moves, err));
    CD_TRY(add_moves(&m, moves, n_moves, err));
    m.ended = true;
    CD_TRY(add_ready(&m, 0, err));
    CD_TRY(plan_count(p, out, first_step, err));
done:
    return st;
}
