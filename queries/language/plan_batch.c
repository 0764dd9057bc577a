/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_batch.c: finds the leading steps of a pipeline that can go in batches, what must be carried between them, and
 * where rows become one. */
#include "queries/language/plan_batch_inside.h"

#include <string.h>

#include "queries/language/functions.h"

/* ---- What is read ---- */

static void read_whole(void *context, uint32_t slot)
{
    batch_planning *b = context;
    b->use[slot].whole = true;
}

static void read_cell(batch_planning *b, uint32_t slot, int32_t column)
{
    slot_use *u = &b->use[slot];
    for (uint32_t i = 0; i < u->n; i++)
        if (u->columns[i] == column) return;
    int32_t *grown = cd_arena_alloc(b->p->arena, (size_t)u->n + 1, sizeof *grown, NULL);
    if (!grown) {
        b->failed = true;
        return;
    }
    if (u->n) memcpy(grown, u->columns, u->n * sizeof *grown);
    u->columns = grown, u->columns[u->n++] = column;
}

static void read_expression(batch_planning *b, const expression *x)
{
    if (!x) return;
    if (x->kind == X_PROPERTY && x->of_table && x->of[0]->kind == X_VARIABLE) {
        read_cell(b, x->of[0]->slot, x->column);
        return;
    }
    if (x->kind == X_VARIABLE || expression_has_pattern(x) || (x->kind == X_CALL && x->function < 0)) {
        plan_slots_read(x, read_whole, b);
        return;
    }
    for (uint32_t i = 0; i < x->n_of; i++) read_expression(b, x->of[i]);
}

/* An aggregate that asks of a slot only whether there is something. */
static bool asks_whether(const expression *x)
{
    return x->kind == X_CALL && x->function < 0 && !x->distinct && x->n_of == 1 && x->of[0]->kind == X_VARIABLE &&
           query_aggregate_find(x->name) == AGGREGATE_COUNT;
}

static void read_projection(batch_planning *b, const projection *p)
{
    for (uint32_t i = 0; i < p->n_items; i++)
        if (!p->aggregating || p->items[i].grouped) read_expression(b, p->items[i].what);
    for (uint32_t i = 0; i < p->n_aggregates; i++)
        for (uint32_t k = 0; k < p->aggregates[i]->n_of; k++) {
            const expression *call = p->aggregates[i];
            if (call == b->between) continue;
            uint32_t slot = asks_whether(call) ? call->of[0]->slot : NO_SLOT;
            if (slot != NO_SLOT && b->filled[slot]) continue;
            if (slot != NO_SLOT && b->optional[slot])
                read_cell(b, slot, READ_WHOLE);
            else
                read_expression(b, call->of[k]);
        }
}

static void read_steps(batch_planning *b, const pipeline *pipe, uint32_t first);

static void read_step(batch_planning *b, const plan_step *s)
{
    read_expression(b, s->what);
    switch (s->kind) {
    case STEP_PROJECT:
    case STEP_GROUP: read_projection(b, s->projection); break;
    case STEP_SORT:
        for (uint32_t i = 0; i < s->projection->n_keys; i++) read_expression(b, s->projection->keys[i].by);
        break;
    case STEP_NODES:
    case STEP_FIND:
    case STEP_FILTER:
    case STEP_UNWIND:
    case STEP_DISTINCT: /* of columns that were made */
    case STEP_SKIP:
    case STEP_LIMIT:
    case STEP_ANSWER: break;
    default: /* walks, paths, calls: whatever they name */
        if (s->kind == STEP_CALL)
            for (uint32_t i = 0; i < s->clause->n_arguments; i++)
                plan_slots_read(s->clause->arguments[i], read_whole, b);
        if (s->kind == STEP_PATH || s->kind == STEP_WANDER || s->kind == STEP_SHORTEST)
            for (uint32_t i = 0; i <= s->pattern->n_edges; i++) {
                read_whole(b, s->pattern->nodes[i].slot);
                if (i < s->pattern->n_edges) read_whole(b, s->pattern->edges[i].slot);
            }
        if (s->kind == STEP_CHECK || s->kind == STEP_EXPAND || s->kind == STEP_ENDS) {
            read_whole(b, s->slot);
            if (s->kind != STEP_CHECK) read_whole(b, s->from), read_whole(b, s->edge);
        }
        for (uint32_t i = 0; i < s->n_slots; i++) read_whole(b, s->slots[i]);
        for (uint32_t i = 0; i < s->n_apart; i++) read_whole(b, s->apart[i]);
        if (s->inner) read_steps(b, s->inner, 0);
    }
}

static void read_steps(batch_planning *b, const pipeline *pipe, uint32_t first)
{
    for (uint32_t i = first; i < pipe->n_steps; i++) read_step(b, &pipe->steps[i]);
}

/* ---- Which steps ---- */

static int first_table(table_set tables)
{
    for (int t = 0; t < 128; t++)
        if (tables & table_bit((uint32_t)t)) return t;
    return -1;
}

static bool begins(const batch_planning *b)
{
    const plan_step *s = &b->pipe->steps[0];
    int table = first_table(s->tables);
    return s->kind == STEP_NODES && !s->in_order && table >= 0 && s->tables == table_bit((uint32_t)table) &&
           b->p->kind_of[table] >= 0;
}

/* A single hop by one relation, one way or either way, from a node that was found here. */
static bool hops(const batch_planning *b, const plan_step *s)
{
    bool either = s->n_ways == 2 && s->ways[0].table == s->ways[1].table && s->ways[0].start == s->ways[0].end;
    return s->kind == STEP_EXPAND && !s->in_order && (s->n_ways == 1 || either) && !s->ways[0].has &&
           batch_is_node(b, s->from) && b->p->table_of[s->from] == s->ways[0].start + 1 &&
           s->tables & table_bit(s->ways[0].end);
}

static bool found_here(const batch_planning *b, const uint32_t *slots, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!b->filled[slots[i]]) return false;
    return true;
}

static bool only_counts_slot(const pipeline *pipe, uint32_t first, uint32_t slot);

/* The inner pipeline: checks of nodes that are known, one hop. */
static const plan_step *optional_hop(const batch_planning *b, const plan_step *s, uint32_t at)
{
    const pipeline *in = s->inner;
    const plan_step *hop = NULL;
    for (uint32_t i = 0; i < in->n_steps; i++) {
        const plan_step *q = &in->steps[i];
        if (q->kind == STEP_CHECK && batch_is_node(b, q->slot) && q->tables & table_bit(b->p->table_of[q->slot] - 1))
            continue;
        if (q->kind == STEP_EXPAND && !hop)
            hop = q;
        else if (q->kind != STEP_ANSWER)
            return NULL;
    }
    if (!hop || !hops(b, hop) || hop->n_ways > 1 || hop->n_slots || hop->n_apart || hop->from == hop->slot) return NULL;
    if (hop->known && (!batch_is_node(b, hop->slot) || b->p->table_of[hop->slot] != hop->ways[0].end + 1)) return NULL;
    for (uint32_t i = 0; i < s->n_slots; i++)
        if (!only_counts_slot(b->pipe, at + 1, s->slots[i])) return NULL;
    return hop;
}

/* Of the edges that a counting step may not count again it is enough to know the ends. */
static bool edges_by_ends(batch_planning *b, const plan_step *s, batch_step *out)
{
    plan_way w = s->ways[0];
    if (s->n_slots == 0) return true;
    if (w.start == w.end || !found_here(b, s->slots, s->n_slots)) return false;
    out->taken = cd_arena_alloc(b->p->arena, s->n_slots, sizeof *out->taken, NULL);
    if (!out->taken) return false;
    for (uint32_t i = 0; i < s->n_slots; i++) {
        const plan_step *before = b->out->steps[b->filled[s->slots[i]] - 1].step;
        bool same_way = before->ways[0].start == w.start;
        if (before->ways[0].table == w.table)
            out->taken[out->n_taken++] =
                same_way ? (edge_ends){before->from, before->slot} : (edge_ends){before->slot, before->from};
    }
    return true;
}

static bool step_in_batches(batch_planning *b, uint32_t at, batch_step *out)
{
    const plan_step *s = &b->pipe->steps[at];
    *out = (batch_step){.step = s, .at = at};
    if (s->kind == STEP_FILTER) {
        out->kind = BATCH_WHERE;
        batch_understand(b, s->what, out);
        return true;
    }
    if (s->kind == STEP_OPTIONAL) {
        out->kind = BATCH_OPTIONALLY;
        out->step = optional_hop(b, s, at);
        return out->step != NULL;
    }
    if (!hops(b, s) || !found_here(b, s->apart, s->n_apart)) return false;
    for (uint32_t i = 0; i < s->n_apart; i++)
        if (b->p->table_of[s->apart[i]] != s->ways[0].end + 1) return false;
    out->kind = s->counted ? BATCH_COUNT : BATCH_FOLLOW;
    if (s->counted && s->known && (!batch_is_node(b, s->slot) || b->p->table_of[s->slot] != s->ways[0].end + 1))
        return false;
    if (s->counted) return edges_by_ends(b, s, out);
    return !s->known && found_here(b, s->slots, s->n_slots);
}

typedef struct {
    uint32_t slot;
    bool named;
} slot_search;

static void see_named(void *context, uint32_t slot)
{
    slot_search *s = context;
    s->named |= s->slot == slot;
}

/* Whether from the step `first` on a slot is only asked for as count(x). */
static bool only_counts_slot(const pipeline *pipe, uint32_t first, uint32_t slot)
{
    slot_search s = {.slot = slot};
    for (uint32_t i = first; i < pipe->n_steps && !s.named; i++) {
        const plan_step *step = &pipe->steps[i];
        plan_slots_read(step->what, see_named, &s);
        s.named |= step->slot == slot || step->from == slot || step->edge == slot || step->inner;
        for (uint32_t k = 0; k < step->n_slots && step->kind != STEP_GROUP; k++) s.named |= step->slots[k] == slot;
        const projection *p = step->projection;
        if (step->kind == STEP_GROUP) {
            for (uint32_t k = 0; k < p->n_items; k++)
                if (p->items[k].grouped) plan_slots_read(p->items[k].what, see_named, &s);
            for (uint32_t k = 0; k < p->n_aggregates; k++)
                if (!asks_whether(p->aggregates[k]))
                    for (uint32_t j = 0; j < p->aggregates[k]->n_of; j++)
                        plan_slots_read(p->aggregates[k]->of[j], see_named, &s);
            return !s.named;
        }
        if (step->kind == STEP_PROJECT || step->kind == STEP_SORT) return false;
    }
    return false;
}

static void note_filled(batch_planning *b, uint32_t k)
{
    const batch_step *s = &b->out->steps[k];
    const plan_step *whole = &b->pipe->steps[s->at];
    if (s->kind == BATCH_NODES) b->filled[s->step->slot] = k + 1;
    if (s->kind == BATCH_FOLLOW) b->filled[s->step->slot] = b->filled[s->step->edge] = k + 1;
    if (s->kind == BATCH_OPTIONALLY)
        for (uint32_t i = 0; i < whole->n_slots; i++) b->optional[whole->slots[i]] = k + 1;
}

/* ---- What is carried, and where rows become one ---- */

/* What a step itself reads of what steps before it found. */
static void read_own(batch_planning *b, const batch_step *s)
{
    switch (s->kind) {
    case BATCH_NODES: return;
    case BATCH_WHERE:
        if (s->where == WHERE_EVALUATED || s->where == WHERE_OF_NODE)
            plan_slots_read(s->step->what, read_whole, b);
        else if (s->where == WHERE_CELLS || s->where == WHERE_NUMBERS)
            read_whole(b, s->read[0].slot);
        else
            read_whole(b, s->read[0].slot), read_whole(b, s->read[1].slot);
        return;
    case BATCH_OPTIONALLY:
    case BATCH_COUNT:
        if (s->step->known) read_whole(b, s->step->slot);
        break;
    default: break;
    }
    read_whole(b, s->step->from);
    for (uint32_t i = 0; i < s->step->n_apart; i++) read_whole(b, s->step->apart[i]);
    /* Which edge it was is not asked, where one fewer is taken. */
    for (uint32_t i = 0; i < s->step->n_slots && !s->less_first && s->kind == BATCH_FOLLOW; i++)
        read_whole(b, s->step->slots[i]);
    for (uint32_t i = 0; i < s->n_taken; i++) read_whole(b, s->taken[i].from), read_whole(b, s->taken[i].to);
}

static cd_status note_live(batch_planning *b, batch_step *s, uint32_t k, cd_err *err)
{
    s->n_live = 0;
    s->live = cd_arena_alloc(b->p->arena, (size_t)b->p->n_slots + 1, sizeof *s->live, err);
    if (!s->live) return CD_EMEMORY;
    for (uint32_t i = 0; i < b->p->n_slots; i++)
        if ((b->use[i].whole || b->use[i].n) &&
            ((b->filled[i] && b->filled[i] <= k + 1) || (b->optional[i] && b->optional[i] <= k + 1)))
            s->live[s->n_live++] = i;
    return CD_OK;
}

/* The edges that led from the first node to where this step starts are the only ones it may not meet again: then it
 * need not know which they were, only that one of those back to the first node is taken. */
static bool takes_back(const batch_planning *b, uint32_t k)
{
    const batch_step *s = &b->out->steps[k], *before = NULL;
    if (s->kind != BATCH_FOLLOW || s->step->n_slots != 1) return false;
    before = &b->out->steps[b->filled[s->step->slots[0]] - 1];
    plan_way w = s->step->ways[0], v = before->step->ways[0];
    return before->kind == BATCH_FOLLOW && before->step->n_slots == 0 && before->step->n_apart == 0 &&
           before->step->from == b->out->steps[0].step->slot && before->step->slot == s->step->from &&
           w.table == v.table && w.backwards != v.backwards && v.start != v.end;
}

static bool live_only(const batch_step *s, uint32_t first, uint32_t slot)
{
    for (uint32_t i = 0; i < s->n_live; i++)
        if (s->live[i] != first && s->live[i] != slot) return false;
    return true;
}

/* From the last step to the first: what each must carry. False where what was hoped for (`hope`) does not come out. */
static bool carry(batch_planning *b, bool hope, cd_status *st, cd_err *err)
{
    batch_plan *out = b->out;
    uint32_t first = out->steps[0].step->slot;
    out->by_node = false;
    for (uint32_t k = out->n_steps; k-- > 0;) {
        batch_step *s = &out->steps[k];
        *st = note_live(b, s, k, err);
        if (*st != CD_OK) return true;
        s->joined = s->kind == BATCH_FOLLOW && live_only(s, first, s->step->slot);
        s->less_first = hope && takes_back(b, k);
        if (s->less_first) s->before = b->filled[s->step->slots[0]] - 1;
        if (s->less_first) read_whole(b, first);
        read_own(b, s);
    }
    for (uint32_t k = 0; k < out->n_steps; k++) {
        const batch_step *s = &out->steps[k];
        out->by_node |= s->joined;
        if (!s->less_first) continue;
        /* One fewer of all that led there: so they must have become one. */
        const batch_step *before = &out->steps[s->before];
        if (!before->joined) return false;
        for (const batch_step *between = before + 1; between < s; between++)
            if (between->kind != BATCH_WHERE) return false;
    }
    return true;
}

static cd_status note_keys(batch_planning *b, cd_err *err)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->p->n_slots; i++) n += b->use[i].n + b->use[i].whole;
    b->out->keys = cd_arena_alloc(b->p->arena, (size_t)n + 1, sizeof *b->out->keys, err);
    if (!b->out->keys) return CD_EMEMORY;
    for (uint32_t i = 0; i < b->p->n_slots; i++) {
        if (!b->filled[i] && !b->optional[i]) continue;
        for (uint32_t k = 0; !b->use[i].whole && k < b->use[i].n; k++)
            b->out->keys[b->out->n_keys++] = (slot_read){i, b->use[i].columns[k]};
        if (b->use[i].whole) b->out->keys[b->out->n_keys++] = (slot_read){i, READ_WHOLE};
    }
    return CD_OK;
}

/* ---- Groups that are one row ---- */

static bool is_node_key(const projected *item, uint32_t slot)
{
    const expression *x = item->what;
    if (!item->grouped) return false;
    return (x->kind == X_VARIABLE && x->slot == slot) || (batch_is_cell(x) && x->column < 0 && x->of[0]->slot == slot);
}

static bool has_node_key(const projection *p, uint32_t slot)
{
    for (uint32_t i = 0; i < p->n_items; i++)
        if (is_node_key(&p->items[i], slot)) return true;
    return false;
}

/* The step that finds the last node, if the rows behind it are pairs of a first and a last node and each pair is a
 * group of its own. */
static batch_step *last_of_pairs(const batch_planning *b)
{
    const plan_step *group = &b->pipe->steps[b->out->n_steps];
    uint32_t last = b->out->n_steps - 1;
    while (b->out->steps[last].kind == BATCH_WHERE) last--;
    batch_step *s = &b->out->steps[last];
    if (group->kind != STEP_GROUP || !group->by_first || s->kind != BATCH_FOLLOW ||
        group->projection->n_aggregates != 1)
        return NULL;
    bool both =
        has_node_key(group->projection, b->out->steps[0].step->slot) && has_node_key(group->projection, s->step->slot);
    return both && query_aggregate_find(group->projection->aggregates[0]->name) == AGGREGATE_COUNT ? s : NULL;
}

/* count(DISTINCT x) of such pairs, where x is the node between them: each x once is what is counted then. */
static bool counts_between(const batch_planning *b, const batch_step *last)
{
    const expression *call = b->pipe->steps[b->out->n_steps].projection->aggregates[0];
    const expression *of = call->n_of == 1 ? call->of[0] : NULL;
    if (!of || !call->distinct) return false;
    if (batch_is_cell(of) && of->column < 0) of = of->of[0];
    if (of->kind != X_VARIABLE || of->slot != last->step->from || !batch_is_node(b, of->slot)) return false;
    const batch_step *before = &b->out->steps[b->filled[of->slot] - 1];
    /* No step between them may bring the same x more than once. */
    for (const batch_step *between = before + 1; between < last; between++)
        if (between->kind == BATCH_FOLLOW) return false;
    return before->kind == BATCH_FOLLOW && before->step->from == b->out->steps[0].step->slot;
}

/* Whether the rows behind the groups are sorted by how many times a pair came, most first. */
static bool sorted_by_times(const plan_step *group)
{
    const expression *call = group->projection->aggregates[0];
    const projection *p = group->projection;
    if (group[1].kind != STEP_SORT || !group[1].projection->keys[0].falling) return false;
    const expression *by = group[1].projection->keys[0].by;
    for (uint32_t i = 0; i < p->n_items; i++)
        if (by->kind == X_VARIABLE && by->slot == p->items[i].slot && p->items[i].what == call) return true;
    return by == call;
}

/* There and back by one relation to another node, each node between once: the projection of that relation, where it is
 * worth making. */
static void note_sharing(batch_planning *b, const batch_step *last)
{
    enum { WORTH = 2 };
    const batch_step *before = last - 1, *first = &b->out->steps[0];
    if (!last->once || before->kind != BATCH_FOLLOW || before->step->n_apart || before->step->from != first->step->slot)
        return;
    for (const batch_step *s = first + 1; s < before; s++)
        if (s->kind != BATCH_WHERE) return;
    plan_way there = before->step->ways[0], back = last->step->ways[0];
    bool other = last->step->n_apart == 1 && last->step->apart[0] == first->step->slot && last->step->n_slots == 0;
    other &= before->step->n_ways == 1 && last->step->n_ways == 1;
    if (!other || last->step->from != before->step->slot || there.table != back.table ||
        there.backwards == back.backwards)
        return;
    int32_t kind = b->p->kind_of[back.end];
    if (kind < 0 || candour_reader_ids(b->p->reader, (uint32_t)kind) > CANDOUR_SHARING_IDS) return;
    if (last->step->rows >= WORTH * (double)candour_reader_count(b->p->reader, back.table))
        b->out->shares = (uint32_t)(last - first);
}

static void note_pairs(batch_planning *b, batch_step *last)
{
    if (!last || !last->joined) return;
    const plan_step *group = &b->pipe->steps[b->out->n_steps];
    expression *call = group->projection->aggregates[0];
    if (b->between) {
        last->once = true;
        call->distinct = false, call->star = true, call->n_of = 0; /* each row of a pair is another node between */
    }
    note_sharing(b, last);
    bool counts_rows = call->star || (asks_whether(call) && b->filled[call->of[0]->slot]);
    if (counts_rows && sorted_by_times(group)) b->out->sort = (uint32_t)(group + 1 - b->pipe->steps);
}

/* ---- The whole ---- */

cd_status plan_batches(planner *p, pipeline *pipe, cd_err *err)
{
    cd_status st = CD_OK;
    batch_planning b = {.p = p, .pipe = pipe};
    uint32_t follows = 0;
    batch_step *last;
    if (!begins(&b)) return CD_OK;
    b.out = cd_arena_alloc(p->arena, 1, sizeof *b.out, err);
    if (!b.out) return CD_EMEMORY;
    *b.out = (batch_plan){0};
    b.out->steps = cd_arena_alloc(p->arena, pipe->n_steps, sizeof *b.out->steps, err);
    b.use = cd_arena_alloc(p->arena, (size_t)p->n_slots + 1, sizeof *b.use, err);
    b.filled = cd_arena_alloc(p->arena, (size_t)p->n_slots + 1, sizeof *b.filled, err);
    b.optional = cd_arena_alloc(p->arena, (size_t)p->n_slots + 1, sizeof *b.optional, err);
    if (!b.out->steps || !b.use || !b.filled || !b.optional) return CD_EMEMORY;
    memset(b.use, 0, p->n_slots * sizeof *b.use);
    memset(b.filled, 0, p->n_slots * sizeof *b.filled);
    memset(b.optional, 0, p->n_slots * sizeof *b.optional);
    b.out->steps[b.out->n_steps++] = (batch_step){.kind = BATCH_NODES, .step = &pipe->steps[0]};
    note_filled(&b, 0);
    for (uint32_t i = 1; i < pipe->n_steps && step_in_batches(&b, i, &b.out->steps[i]); i++) {
        note_filled(&b, b.out->n_steps++);
        follows += b.out->steps[i].kind != BATCH_WHERE;
    }
    if (!follows) return CD_OK;
    last = last_of_pairs(&b);
    if (last && counts_between(&b, last)) b.between = pipe->steps[b.out->n_steps].projection->aggregates[0];
    for (int attempt = 0; attempt < 2; attempt++) {
        memset(b.use, 0, p->n_slots * sizeof *b.use);
        b.out->n_keys = 0;
        read_steps(&b, pipe, b.out->n_steps);
        CD_TRY(note_keys(&b, err));
        bool good = carry(&b, attempt == 0, &st, err);
        if (st != CD_OK) goto done;
        if (good && (!b.between || (last->joined && b.out->steps[b.filled[last->step->from] - 1].joined))) break;
        b.between = NULL;
    }
    if (b.failed) return cd_fail(err, CD_EMEMORY, "there is no memory for the plan of the query");
    b.out->by_node |= pipe->steps[0].ends > 0;
    note_pairs(&b, last);
    pipe->batches = b.out;
done:
    return st;
}
