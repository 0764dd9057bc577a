/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan.c: clauses as steps, one after the other; what order is needed where; and what is asked of each slot. */
#include "queries/language/plan_inside.h"

#include <string.h>

#include "queries/language/functions.h"

cd_status plan_step_add(planner *p, step_list *list, plan_step step, cd_err *err)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 8;
        plan_step *grown = cd_arena_alloc(p->arena, cap, sizeof *grown, err);
        if (!grown) return CD_EMEMORY;
        if (list->n) memcpy(grown, list->steps, list->n * sizeof *grown);
        list->steps = grown, list->cap = cap;
    }
    list->steps[list->n++] = step;
    return CD_OK;
}

cd_status plan_pipeline(planner *p, step_list *list, pipeline *out, cd_err *err)
{
    cd_status st = CD_OK;
    if (list->n == 0 || list->steps[list->n - 1].kind != STEP_ANSWER)
        CD_TRY(plan_step_add(p, list, (plan_step){.kind = STEP_ANSWER}, err));
    if (p->n_pipelines == p->cap_steps_of) {
        size_t cap = p->cap_steps_of ? 2 * p->cap_steps_of : 8;
        uint32_t *grown = cd_arena_alloc(p->arena, cap, sizeof *grown, err);
        if (!grown) return CD_EMEMORY;
        if (p->n_pipelines) memcpy(grown, p->steps_of, p->n_pipelines * sizeof *grown);
        p->steps_of = grown, p->cap_steps_of = cap;
    }
    p->steps_of[p->n_pipelines] = (uint32_t)list->n;
    *out = (pipeline){.steps = list->steps, .n_steps = (uint32_t)list->n, .number = p->n_pipelines++};
done:
    return st;
}

table_set plan_tables_of(const planner *p, const cd_slice *labels, uint32_t n)
{
    table_set all = 0;
    for (uint32_t t = 0; t < p->ontology->n_tables; t++) {
        const candour_table *table = &p->ontology->tables[t];
        bool takes = table->class_of == CANDOUR_RECORD || p->kind_of[t] >= 0;
        for (uint32_t i = 0; takes && i < n; i++) takes = cd_slice_equal(cd_slice_of(table->label), labels[i]);
        if (takes) all |= table_bit(t);
    }
    return all;
}

/* ---- What is read ---- */

static void read_query(const query *q, slot_reader *found, void *context);

static void read_pattern(const pattern *p, slot_reader *found, void *context)
{
    for (uint32_t i = 0; i <= p->n_edges; i++) {
        if (p->nodes[i].slot != NO_SLOT) found(context, p->nodes[i].slot);
        plan_slots_read(p->nodes[i].properties, found, context);
        if (i == p->n_edges) break;
        if (p->edges[i].slot != NO_SLOT) found(context, p->edges[i].slot);
        plan_slots_read(p->edges[i].properties, found, context);
    }
}

static void read_projection(const projection *p, slot_reader *found, void *context)
{
    for (uint32_t i = 0; i < p->n_items; i++) plan_slots_read(p->items[i].what, found, context);
    for (uint32_t i = 0; i < p->n_keys; i++) plan_slots_read(p->keys[i].by, found, context);
    for (uint32_t i = 0; i < p->n_aggregates; i++)
        for (uint32_t k = 0; k < p->aggregates[i]->n_of; k++) plan_slots_read(p->aggregates[i]->of[k], found, context);
    plan_slots_read(p->skip, found, context);
    plan_slots_read(p->limit, found, context);
    plan_slots_read(p->where, found, context);
}

static void read_clause(const clause *c, slot_reader *found, void *context)
{
    for (uint32_t i = 0; i < c->n_patterns; i++) read_pattern(&c->patterns[i], found, context);
    plan_slots_read(c->where, found, context);
    plan_slots_read(c->what, found, context);
    for (uint32_t i = 0; i < c->n_arguments; i++) plan_slots_read(c->arguments[i], found, context);
    if (c->projection) read_projection(c->projection, found, context);
}

static void read_query(const query *q, slot_reader *found, void *context)
{
    for (uint32_t i = 0; i < q->n_parts; i++)
        for (uint32_t k = 0; k < q->parts[i].n_clauses; k++) read_clause(&q->parts[i].clauses[k], found, context);
}

void plan_slots_read(const expression *x, slot_reader *found, void *context)
{
    if (!x) return;
    if (x->kind == X_VARIABLE || (x->kind == X_CALL && x->function < 0)) found(context, x->slot);
    for (uint32_t i = 0; i < x->n_of; i++) plan_slots_read(x->of[i], found, context);
    if (x->patterns) read_pattern(x->patterns, found, context);
    if (x->subquery) read_query(x->subquery, found, context);
}

static void count_read(void *context, uint32_t slot)
{
    planner *p = context;
    if (p->used[slot] < UINT8_MAX) p->used[slot]++;
}

/* ---- Patterns within expressions ---- */

static uint8_t *bound_now(const planner *p, cd_err *err)
{
    return (uint8_t *)cd_arena_copy(p->arena, p->bound, p->n_slots, err);
}

static cd_status plan_clauses(planner *p, const single_query *q, step_list *out, cd_err *err);

static cd_status pattern_within(planner *p, expression *x, cd_err *err)
{
    cd_status st = CD_OK;
    step_list list = {0};
    uint8_t *before = NULL;
    pipeline *inner = cd_arena_alloc(p->arena, 1, sizeof *inner, err);
    if (!inner || !(before = bound_now(p, err))) return CD_EMEMORY;
    if (x->subquery) {
        /* UNION within a subquery is refused by the binder. */
        CD_TRY(plan_clauses(p, &x->subquery->parts[0], &list, err));
    } else {
        CD_TRY(plan_match(p, x->patterns, 1, x->kind == X_PATTERN_COMPREHENSION ? x->of[0] : NULL, &list, err));
        if (x->kind == X_PATTERN_COMPREHENSION) CD_TRY(plan_within(p, x->of[1], err));
    }
    CD_TRY(plan_pipeline(p, &list, inner, err));
    plan_order(inner, x->kind == X_PATTERN_COMPREHENSION);
    x->plan = inner;
    memcpy(p->bound, before, p->n_slots);
done:
    return st;
}

/* Where a property stands, if it is known what has it. */
static void find_column(const planner *p, expression *x)
{
    const expression *of = x->of[0];
    uint32_t table = of->kind == X_VARIABLE ? p->table_of[of->slot] : 0;
    if (!table) return;
    const candour_table *t = &p->ontology->tables[table - 1];
    int32_t column = candour_column_find(t, x->name), first = t->class_of == CANDOUR_RELATION ? 2 : 1;
    bool id = t->class_of == CANDOUR_ENTITY && cd_slice_equal(x->name, cd_slice_of("id"));
    if (column < first && !id) return;
    x->of_table = table, x->column = column < first ? -1 : column;
}

cd_status plan_within(planner *p, expression *x, cd_err *err)
{
    cd_status st = CD_OK;
    if (!x) return CD_OK;
    bool whole = x->kind == X_PATTERN || x->kind == X_EXISTS || x->kind == X_COUNT || x->kind == X_PATTERN_COMPREHENSION;
    if (whole) return x->plan ? CD_OK : pattern_within(p, x, err);
    if (x->kind == X_PROPERTY) find_column(p, x);
    for (uint32_t i = 0; st == CD_OK && i < x->n_of; i++) st = plan_within(p, x->of[i], err);
    return st;
}

/* ---- Clauses ---- */

static cd_status plan_projection(planner *p, const clause *c, step_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    projection *r = c->projection;
    uint32_t *slots = cd_arena_alloc(p->arena, r->n_items + 1, sizeof *slots, err);
    if (!slots) return CD_EMEMORY;
    for (uint32_t i = 0; i < r->n_items; i++) {
        CD_TRY(plan_within(p, r->items[i].what, err));
        slots[i] = r->items[i].slot;
    }
    for (uint32_t i = 0; i < r->n_aggregates; i++)
        for (uint32_t k = 0; k < r->aggregates[i]->n_of; k++) CD_TRY(plan_within(p, r->aggregates[i]->of[k], err));
    for (uint32_t i = 0; i < r->n_items; i++) p->bound[slots[i]] = 1;
    for (uint32_t i = 0; i < r->n_keys; i++) CD_TRY(plan_within(p, r->keys[i].by, err));
    plan_step step = {.kind = r->aggregating ? STEP_GROUP : STEP_PROJECT, .projection = r, .slots = slots, .n_slots = r->n_items};
    CD_TRY(plan_step_add(p, out, step, err));
    step.kind = STEP_DISTINCT;
    if (r->distinct) CD_TRY(plan_step_add(p, out, step, err));
    step.kind = STEP_SORT;
    if (r->n_keys) CD_TRY(plan_step_add(p, out, step, err));
    step.kind = STEP_SKIP, step.what = r->skip;
    if (r->skip) CD_TRY(plan_step_add(p, out, step, err));
    step.kind = STEP_LIMIT, step.what = r->limit;
    if (r->limit) CD_TRY(plan_step_add(p, out, step, err));
    CD_TRY(plan_within(p, r->where, err));
    step.kind = STEP_FILTER, step.what = r->where;
    if (r->where) CD_TRY(plan_step_add(p, out, step, err));
    step.kind = STEP_ANSWER, step.what = NULL;
    if (c->kind == CLAUSE_RETURN) CD_TRY(plan_step_add(p, out, step, err));
done:
    return st;
}

/* The rows of a MATCH, or one that has null where it would have found something. */
static cd_status plan_optional(planner *p, const clause *c, step_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    step_list list = {0};
    plan_step step = {.kind = STEP_OPTIONAL};
    uint8_t *before = bound_now(p, err);
    if (!before) return CD_EMEMORY;
    step.inner = cd_arena_alloc(p->arena, 1, sizeof *step.inner, err);
    uint32_t *slots = cd_arena_alloc(p->arena, p->n_slots + 1, sizeof *slots, err);
    if (!step.inner || !slots) return CD_EMEMORY;
    CD_TRY(plan_match(p, c->patterns, c->n_patterns, c->where, &list, err));
    CD_TRY(plan_pipeline(p, &list, step.inner, err));
    for (uint32_t s = 0; s < p->n_slots; s++)
        if (p->bound[s] && !before[s]) slots[step.n_slots++] = s;
    step.slots = slots;
    CD_TRY(plan_step_add(p, out, step, err));
done:
    return st;
}

static cd_status plan_call(planner *p, const clause *c, step_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < c->n_arguments; i++) CD_TRY(plan_within(p, c->arguments[i], err));
    for (uint32_t i = 0; i < c->n_yields; i++) p->bound[c->yields[i].slot] = 1;
    CD_TRY(plan_step_add(p, out, (plan_step){.kind = STEP_CALL, .clause = c}, err));
    CD_TRY(plan_within(p, c->where, err));
    if (c->where) CD_TRY(plan_step_add(p, out, (plan_step){.kind = STEP_FILTER, .what = c->where}, err));
done:
    return st;
}

static cd_status plan_clause(planner *p, const clause *c, step_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    switch (c->kind) {
    case CLAUSE_MATCH:
        return c->optional ? plan_optional(p, c, out, err) : plan_match(p, c->patterns, c->n_patterns, c->where, out, err);
    case CLAUSE_UNWIND:
        CD_TRY(plan_within(p, c->what, err));
        p->bound[c->slot] = 1;
        return plan_step_add(p, out, (plan_step){.kind = STEP_UNWIND, .what = c->what, .slot = c->slot}, err);
    case CLAUSE_CALL: return plan_call(p, c, out, err);
    default: return plan_projection(p, c, out, err);
    }
done:
    return st;
}

static cd_status plan_clauses(planner *p, const single_query *q, step_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; st == CD_OK && i < q->n_clauses; i++) st = plan_clause(p, &q->clauses[i], out, err);
    return st;
}

/* ---- What order is needed ---- */

/* Whether a group depends on the order of what comes in: only a list does, the other aggregates are exact. */
static bool groups_in_order(const projection *p)
{
    for (uint32_t i = 0; i < p->n_aggregates; i++)
        if (query_aggregate_find(p->aggregates[i]->name) == AGGREGATE_COLLECT) return true;
    return false;
}

/* From the end: an answer, a limit and a list show the order of what comes in; a sort does not, ties go by the columns. What finds
 * rows for such as show it goes by the order of ids and rows, which the numbering of a store does not touch. */
void plan_order(pipeline *p, bool shown)
{
    for (uint32_t i = p->n_steps; i-- > 0;) {
        plan_step *s = &p->steps[i];
        switch (s->kind) {
        case STEP_SORT: shown = false; break;
        case STEP_GROUP: shown = groups_in_order(s->projection); break;
        case STEP_SKIP:
        case STEP_LIMIT: shown = true; break;
        case STEP_OPTIONAL: plan_order(s->inner, shown); break;
        /* Which of several shortest paths is found first must not hang on numbers either. */
        case STEP_SHORTEST: s->in_order = shown || s->choice == PATH_SHORTEST; break;
        default: s->in_order = shown;
        }
    }
}

/* Whether a grouping item tells apart whatever node is in the slot. */
static bool tells_apart(const planner *p, const projected *item, uint32_t slot)
{
    const expression *x = item->what;
    if (x->kind == X_VARIABLE) return x->slot == slot;
    return x->kind == X_PROPERTY && x->of[0]->kind == X_VARIABLE && x->of[0]->slot == slot && x->of_table && x->column < 0 &&
           p->kind_of[x->of_table - 1] >= 0;
}

/* Groups by the node that all begins with, each met once, are whole when that node is done: they need not wait for the others. They
 * come in no order then, which what is sorted or grouped behind them does not show. */
static void end_groups_early(const planner *p, pipeline *pipe)
{
    plan_step *first = &pipe->steps[0];
    uint32_t at = 1;
    if (first->kind != STEP_NODES || first->in_order) return;
    while (at < pipe->n_steps && (pipe->steps[at].kind <= STEP_PATH || pipe->steps[at].kind == STEP_OPTIONAL || pipe->steps[at].kind == STEP_UNWIND))
        at++;
    if (at == pipe->n_steps || pipe->steps[at].kind != STEP_GROUP) return;
    const projection *r = pipe->steps[at].projection;
    bool apart = false;
    for (uint32_t i = 0; i < r->n_items; i++) apart |= r->items[i].grouped && tells_apart(p, &r->items[i], first->slot);
    uint32_t next = at + 1;
    while (next < pipe->n_steps && (pipe->steps[next].kind <= STEP_PATH || pipe->steps[next].kind == STEP_PROJECT || pipe->steps[next].kind == STEP_OPTIONAL))
        next++;
    if (!apart || next == pipe->n_steps) return;
    const plan_step *behind = &pipe->steps[next];
    if (behind->kind != STEP_SORT && !(behind->kind == STEP_GROUP && !groups_in_order(behind->projection))) return;
    pipe->steps[at].by_first = true, first->ends = at;
}

/* ---- The whole ---- */

/* The columns of a part, in the order of the first part's. */
static cd_status plan_answer(planner *p, query_plan *plan, const single_query *q, uint32_t part, cd_err *err)
{
    const clause *last = &q->clauses[q->n_clauses - 1];
    bool returns = last->kind == CLAUSE_RETURN;
    uint32_t n = returns ? last->projection->n_items : last->n_yields;
    const projected *items = returns ? last->projection->items : last->yields;
    if (part == 0) {
        cd_slice *names = cd_arena_alloc(p->arena, n + 1, sizeof *names, err);
        if (!names) return CD_EMEMORY;
        for (uint32_t i = 0; i < n; i++) names[i] = items[i].alias.bytes ? items[i].alias : items[i].name;
        plan->columns = names, plan->n_columns = n;
    }
    uint32_t *slots = cd_arena_alloc(p->arena, n + 1, sizeof *slots, err);
    if (!slots) return CD_EMEMORY;
    for (uint32_t c = 0; c < plan->n_columns; c++)
        for (uint32_t i = 0; i < n; i++)
            if (part == 0 ? i == c : cd_slice_equal(items[i].alias.bytes ? items[i].alias : items[i].name, plan->columns[c])) slots[c] = items[i].slot;
    plan->answers[part] = slots;
    return CD_OK;
}

cd_status query_plan_make(query *q, candour_reader *reader, bool in_batches, cd_arena *arena, query_plan **out, cd_err *err)
{
    cd_status st = CD_OK;
    planner p = {.reader = reader, .ontology = candour_reader_ontology(reader), .arena = arena, .n_slots = q->n_slots};
    query_plan *plan = cd_arena_alloc(arena, 1, sizeof *plan, err);
    p.kind_of = cd_arena_alloc(arena, p.ontology->n_tables, sizeof *p.kind_of, err);
    p.bound = cd_arena_alloc(arena, (size_t)p.n_slots + 1, 1, err);
    p.used = cd_arena_alloc(arena, (size_t)p.n_slots + 1, 1, err);
    p.table_of = cd_arena_alloc(arena, (size_t)p.n_slots + 1, sizeof *p.table_of, err);
    if (!plan || !p.kind_of || !p.bound || !p.used || !p.table_of) CD_TRY(CD_EMEMORY);
    memset(p.used, 0, p.n_slots);
    memset(p.table_of, 0, p.n_slots * sizeof *p.table_of);
    for (uint32_t t = 0; t < p.ontology->n_tables; t++) p.kind_of[t] = -1;
    for (uint32_t k = 0; k < p.ontology->n_kinds; k++) p.kind_of[p.ontology->kinds[k].table] = (int32_t)k;
    *plan = (query_plan){.query = q};
    plan->parts = cd_arena_alloc(arena, q->n_parts, sizeof *plan->parts, err);
    plan->answers = cd_arena_alloc(arena, q->n_parts, sizeof *plan->answers, err);
    if (!plan->parts || !plan->answers) CD_TRY(CD_EMEMORY);
    read_query(q, count_read, &p);
    for (uint32_t i = 0; i < q->n_parts; i++) {
        step_list list = {0};
        memset(p.bound, 0, p.n_slots);
        CD_TRY(plan_clauses(&p, &q->parts[i], &list, err));
        CD_TRY(plan_pipeline(&p, &list, &plan->parts[i], err));
        plan_order(&plan->parts[i], true);
        end_groups_early(&p, &plan->parts[i]);
        if (in_batches && !q->chance) CD_TRY(plan_batches(&p, &plan->parts[i], err));
        CD_TRY(plan_answer(&p, plan, &q->parts[i], i, err));
    }
    plan->n_pipelines = p.n_pipelines, plan->steps_of = p.steps_of;
    *out = plan;
done:
    return st;
}
