/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_batch_where.c: how each condition on rows in batches is asked as seldom as may be. */
#include "queries/language/plan_batch_inside.h"

bool expression_has_pattern(const expression *x) { return x->patterns || x->subquery; }

typedef struct {
    uint32_t slot;
    bool other;
} single_slot;

static void see_single(void *context, uint32_t slot)
{
    single_slot *s = context;
    s->other |= s->slot != NO_SLOT && s->slot != slot;
    s->slot = slot;
}

/* The only slot that an expression names; NO_SLOT: none, or several (*several). */
static uint32_t only_slot(const expression *x, bool *several)
{
    single_slot s = {.slot = NO_SLOT};
    plan_slots_read(x, see_single, &s);
    *several = s.other;
    return s.other ? NO_SLOT : s.slot;
}

bool batch_is_node(const batch_planning *b, uint32_t slot)
{
    const batch_step *s = slot != NO_SLOT && b->filled[slot] ? &b->out->steps[b->filled[slot] - 1] : NULL;
    return s && (s->kind == BATCH_NODES || s->step->slot == slot);
}

static bool is_edge(const batch_planning *b, uint32_t slot)
{
    const batch_step *s = slot != NO_SLOT && b->filled[slot] ? &b->out->steps[b->filled[slot] - 1] : NULL;
    return s && s->kind == BATCH_FOLLOW && s->step->edge == slot;
}

bool batch_is_cell(const expression *x) { return x->kind == X_PROPERTY && x->of_table && x->of[0]->kind == X_VARIABLE; }

/* The same for every row: a literal, a parameter, or what is made of such alone. */
static bool is_constant(const expression *x)
{
    bool several;
    return only_slot(x, &several) == NO_SLOT && !several && !expression_has_pattern(x);
}

static const candour_column *column_of(const batch_planning *b, const expression *x)
{
    return x->column < 0 ? NULL : &b->p->ontology->tables[x->of_table - 1].columns[x->column];
}

/* `(a)-[:TYPE]->(b)` or EXISTS of it, where both are found here: the plan that edge_between knows. */
static bool joins_two(batch_planning *b, const expression *x, batch_step *s)
{
    s->denied = x->kind == X_UNARY && x->op == OP_NOT;
    if (s->denied) x = x->of[0];
    if (x->kind != X_PATTERN && x->kind != X_EXISTS) return false;
    const pipeline *p = x->plan;
    if (!p || p->n_steps != 4 || p->steps[0].kind != STEP_CHECK || p->steps[1].kind != STEP_CHECK ||
        p->steps[2].kind != STEP_EXPAND)
        return false;
    const plan_step *e = &p->steps[2];
    if (!e->known || e->n_slots || e->n_ways != 1 || e->ways[0].has || e->from == e->slot) return false;
    if (!batch_is_node(b, e->from) || !batch_is_node(b, e->slot)) return false;
    if (b->p->table_of[e->from] != e->ways[0].start + 1 || b->p->table_of[e->slot] != e->ways[0].end + 1) return false;
    s->where = WHERE_JOINED, s->inner = p;
    s->read[0] = (slot_read){e->from, READ_WHOLE}, s->read[1] = (slot_read){e->slot, READ_WHOLE};
    return true;
}

static bool compares(batch_planning *b, const expression *x, batch_step *s)
{
    bool several;
    if (x->kind != X_COMPARISONS || x->n_of != 2) return false;
    const expression *left = x->of[0], *right = x->of[1];
    bool equal = x->ops[0] == OP_EQUAL || x->ops[0] == OP_UNEQUAL;
    s->operand[0] = left, s->operand[1] = right;
    for (int i = 0; i < 2; i++) s->read[i] = (slot_read){only_slot(x->of[i], &several), READ_WHOLE};
    bool ids = batch_is_cell(left) && batch_is_cell(right) && left->column < 0 && right->column < 0 &&
               left->of_table == right->of_table;
    if (ids && batch_is_node(b, s->read[0].slot) && batch_is_node(b, s->read[1].slot))
        return s->where = WHERE_RANKS, true;
    if (equal && s->read[0].slot != s->read[1].slot && batch_is_node(b, s->read[0].slot) &&
        batch_is_node(b, s->read[1].slot) && !expression_has_pattern(left) && !expression_has_pattern(right)) {
        s->denied = x->ops[0] == OP_UNEQUAL;
        return s->where = WHERE_SORTS, true;
    }
    for (int i = 0; i < 2; i++) {
        const expression *cell = x->of[i];
        if (!batch_is_cell(cell) || !is_edge(b, s->read[i].slot) || !is_constant(x->of[1 - i])) continue;
        const candour_column *c = column_of(b, cell);
        if (!c || (c->type != CANDOUR_INTEGER && c->type != CANDOUR_TIME)) continue;
        s->turned = i == 1, s->read[0] = (slot_read){s->read[i].slot, cell->column};
        return s->where = WHERE_NUMBERS, true;
    }
    return false;
}

typedef struct {
    const expression *found;
    bool other;
} single_cell;

/* All that names a slot must be one and the same cell. */
static void find_cell(const expression *x, single_cell *c)
{
    if (batch_is_cell(x)) {
        c->other |= c->found && (c->found->of[0]->slot != x->of[0]->slot || c->found->column != x->column);
        c->found = x;
        return;
    }
    c->other |= x->kind == X_VARIABLE || expression_has_pattern(x);
    for (uint32_t i = 0; i < x->n_of; i++)
        if (x->of[i]) find_cell(x->of[i], c);
}

void batch_understand(batch_planning *b, const expression *x, batch_step *s)
{
    bool several;
    single_cell cell = {0};
    if (joins_two(b, x, s) || compares(b, x, s)) return;
    s->denied = false;
    uint32_t slot = only_slot(x, &several);
    if (batch_is_node(b, slot)) {
        s->where = WHERE_OF_NODE, s->read[0] = (slot_read){slot, READ_WHOLE};
        return;
    }
    find_cell(x, &cell);
    const candour_column *c = cell.found && !cell.other ? column_of(b, cell.found) : NULL;
    if (!c || !is_edge(b, slot) || (c->type != CANDOUR_TEXT && c->type != CANDOUR_BOOLEAN)) return;
    s->where = WHERE_CELLS, s->read[0] = (slot_read){slot, cell.found->column};
}
