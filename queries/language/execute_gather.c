/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_gather.c: the steps that keep rows: groups and their aggregates, rows of which no two are alike, sorting. What they hand on
 * comes in an order of its own, so that the order in which rows came in does not show. */
#include <stdlib.h>
#include <string.h>

#include "queries/language/execute_inside.h"

void step_state_clear(step_state *s)
{
    value_pool_release(&s->pool);
    edge_memo_release(&s->memo);
    row_set_release(&s->seen);
    cd_free(s->groups);
    cd_free(s->rows);
    *s = (step_state){0};
}

cd_status evaluate_count(evaluation *e, const expression *x, const char *what, uint64_t *out, cd_err *err)
{
    value v;
    cd_status st = evaluate(e, x, &v, err);
    if (st != CD_OK) return st;
    if (v.type != VALUE_INTEGER)
        return query_fail(e->fault, x->at, "SyntaxError", "InvalidArgumentType", err, "%s takes a whole number, not %s", what, value_type_name(v));
    if (v.as.integer < 0)
        return query_fail(e->fault, x->at, "SyntaxError", "NegativeIntegerArgument", err, "%s takes no negative number", what);
    *out = (uint64_t)v.as.integer;
    return CD_OK;
}

/* ---- Groups ---- */

static uint32_t count_keys(const projection *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_items; i++) n += p->items[i].grouped;
    return n;
}

static cd_status group_new(step_state *state, const projection *p, cd_err *err)
{
    cd_status st = CD_OK;
    aggregate **all = value_pool_alloc(&state->pool, ((size_t)p->n_aggregates + 1) * sizeof *all, err);
    if (!all) return CD_EMEMORY;
    for (uint32_t i = 0; i < p->n_aggregates; i++) CD_TRY(aggregate_new(p->aggregates[i], &state->pool, &all[i], err));
    CD_TRY(cd_grow(&state->groups, &state->cap_groups, state->seen.n, sizeof *state->groups, err));
    state->groups[state->seen.n - 1] = all;
done:
    return st;
}

static cd_status group_of(running *r, uint32_t at, const value *keys, aggregate ***out, cd_err *err)
{
    cd_status st = CD_OK;
    step_state *state = &r->states[at];
    const projection *p = r->p->steps[at].projection;
    uint32_t number;
    bool fresh;
    if (state->seen.n == 1 && state->seen.width == 0) return *out = state->groups[0], CD_OK;
    if (!state->seen.pool) {
        state->pool = (value_pool){.held = r->keep.held, .most = r->keep.most};
        row_set_init(&state->seen, &state->pool, count_keys(p));
    }
    CD_TRY(row_set_add(&state->seen, keys, &number, &fresh, err));
    if (fresh) CD_TRY(group_new(state, p, err));
    *out = state->groups[number];
done:
    return st;
}

cd_status step_group(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    const projection *p = r->p->steps[at].projection;
    evaluation *e = &r->x->e;
    value_mark mark = value_pool_mark(e->pool);
    aggregate **all;
    uint32_t n = 0;
    value *keys = value_pool_alloc(e->pool, ((size_t)p->n_items + 1) * sizeof *keys, err);
    if (!keys) return CD_EMEMORY;
    for (uint32_t i = 0; i < p->n_items; i++)
        if (p->items[i].grouped) CD_TRY(evaluate(e, p->items[i].what, &keys[n++], err));
    CD_TRY(group_of(r, at, keys, &all, err));
    for (uint32_t i = 0; i < p->n_aggregates; i++) {
        const expression *call = p->aggregates[i];
        value v = value_null(), second = value_null();
        if (call->n_of > 0) CD_TRY(evaluate(e, call->of[0], &v, err));
        if (call->n_of > 1) CD_TRY(evaluate(e, call->of[1], &second, err));
        CD_TRY(aggregate_add(all[i], e, v, second, times, err));
    }
done:
    value_pool_rewind(e->pool, mark);
    return st;
}

typedef struct {
    const row_set *seen;
    candour_reader *reader;
} group_order;

static int compare_groups(const void *a, const void *b, void *context)
{
    const group_order *o = context;
    const value *x = o->seen->rows[*(const uint32_t *)a], *y = o->seen->rows[*(const uint32_t *)b];
    for (uint32_t i = 0; i < o->seen->width; i++) {
        int c = value_order(x[i], y[i], o->reader);
        if (c) return c;
    }
    return 0;
}

static cd_status group_hand_on(running *r, uint32_t at, uint32_t number, cd_err *err)
{
    cd_status st = CD_OK;
    const projection *p = r->p->steps[at].projection;
    evaluation *e = &r->x->e;
    value_mark mark = value_pool_mark(e->pool);
    const step_state *state = &r->states[at];
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_items; i++)
        if (p->items[i].grouped) e->slots[p->items[i].slot] = state->seen.rows[number][n++];
    for (uint32_t i = 0; i < p->n_aggregates; i++)
        CD_TRY(aggregate_end(state->groups[number][i], e, &e->slots[p->aggregates[i]->slot], err));
    for (uint32_t i = 0; i < p->n_items; i++)
        if (!p->items[i].grouped) CD_TRY(evaluate(e, p->items[i].what, &e->slots[p->items[i].slot], err));
    CD_TRY(execution_tick(r->x, err));
    CD_TRY(hand_on(r, at + 1, 1, err));
done:
    value_pool_rewind(e->pool, mark);
    return st;
}

cd_status end_group(running *r, uint32_t at, cd_err *err)
{
    cd_status st = CD_OK;
    step_state *state = &r->states[at];
    uint32_t *order = NULL;
    aggregate **all;
    /* Without a key everything is one group, even nothing. */
    if (count_keys(r->p->steps[at].projection) == 0) CD_TRY(group_of(r, at, NULL, &all, err));
    order = cd_alloc((size_t)state->seen.n + 1, sizeof *order, err);
    if (!order) return CD_EMEMORY;
    for (uint32_t i = 0; i < state->seen.n; i++) order[i] = i;
    group_order context = {&state->seen, r->x->e.reader};
    if (state->seen.n > 1 && !r->p->steps[at].by_first) qsort_r(order, state->seen.n, sizeof *order, compare_groups, &context);
    for (uint32_t i = 0; i < state->seen.n && !enough(r, at); i++) CD_TRY(group_hand_on(r, at, order[i], err));
done:
    cd_free(order);
    return st;
}

cd_status merge_group(running *r, const running *from, uint32_t at, cd_err *err)
{
    cd_status st = CD_OK;
    const step_state *theirs = &from->states[at];
    uint32_t n_aggregates = r->p->steps[at].projection->n_aggregates;
    for (uint32_t i = 0; i < theirs->seen.n; i++) {
        aggregate **mine;
        CD_TRY(group_of(r, at, theirs->seen.rows[i], &mine, err));
        for (uint32_t k = 0; k < n_aggregates; k++) CD_TRY(aggregate_merge(mine[k], theirs->groups[i][k], &r->x->e, err));
    }
done:
    return st;
}

cd_status end_groups_of_node(running *r, uint32_t at, cd_err *err)
{
    cd_status st = end_group(r, at, err);
    step_state *state = &r->states[at];
    row_set_clear(&state->seen);
    value_pool_rewind(&state->pool, (value_mark){0});
    return st;
}

/* ---- Rows that differ ---- */

cd_status step_distinct(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    (void)times;
    cd_status st = CD_OK;
    const plan_step *s = &r->p->steps[at];
    step_state *state = &r->states[at];
    evaluation *e = &r->x->e;
    value_mark mark = value_pool_mark(e->pool);
    uint32_t number;
    bool fresh;
    value *row = value_pool_alloc(e->pool, ((size_t)s->n_slots + 1) * sizeof *row, err);
    if (!row) return CD_EMEMORY;
    for (uint32_t i = 0; i < s->n_slots; i++) row[i] = e->slots[s->slots[i]];
    if (!state->seen.pool) row_set_init(&state->seen, &r->keep, s->n_slots);
    CD_TRY(row_set_add(&state->seen, row, &number, &fresh, err));
    if (fresh) CD_TRY(hand_on(r, at + 1, 1, err));
done:
    value_pool_rewind(e->pool, mark);
    return st;
}

/* ---- Sorting ---- */

typedef struct {
    const projection *p;
    candour_reader *reader;
} sort_order;

/* A row that is kept: its items, its keys, how many times it comes, and how its first key begins. */
static uint32_t times_at(const projection *p) { return p->n_items + p->n_keys; }
static uint32_t beginning_at(const projection *p) { return p->n_items + p->n_keys + 1; }

/* The first bytes of a text as a number that orders as they do: of most texts it decides. */
static value beginning_of(value key)
{
    uint64_t n = 0;
    if (key.type != VALUE_TEXT) return value_null();
    for (uint32_t i = 0; i < sizeof n; i++) n = n << 8 | (i < key.n ? (unsigned char)key.as.text[i] : 0);
    return (value){.type = VALUE_INTEGER, .as.row = n};
}

/* By the keys; where they are equal by the columns, so that nothing else decides. */
static int compare_rows(const value *a, const value *b, const sort_order *o)
{
    uint32_t n = o->p->n_items;
    value first = a[beginning_at(o->p)], second = b[beginning_at(o->p)];
    if (first.type != VALUE_NULL && second.type != VALUE_NULL && first.as.row != second.as.row)
        return (first.as.row < second.as.row) == o->p->keys[0].falling ? 1 : -1;
    for (uint32_t i = 0; i < o->p->n_keys; i++) {
        int c = value_order(a[n + i], b[n + i], o->reader);
        if (c) return o->p->keys[i].falling ? -c : c;
    }
    for (uint32_t i = 0; i < n; i++) {
        int c = value_order(a[i], b[i], o->reader);
        if (c) return c;
    }
    return 0;
}

static int compare_kept(const void *a, const void *b, void *context) { return compare_rows(*(value *const *)a, *(value *const *)b, context); }

/* How many rows a SKIP and LIMIT right behind let pass. */
static cd_status find_limit(running *r, uint32_t at, cd_err *err)
{
    cd_status st = CD_OK;
    step_state *state = &r->states[at];
    const plan_step *next = &r->p->steps[at + 1];
    uint64_t skip = 0;
    state->limit = UINT64_MAX, state->limit_known = true;
    if (next->kind == STEP_SKIP) CD_TRY(evaluate_count(&r->x->e, (next++)->what, "SKIP", &skip, err));
    if (next->kind != STEP_LIMIT) return CD_OK;
    CD_TRY(evaluate_count(&r->x->e, next->what, "LIMIT", &state->limit, err));
    state->limit = state->limit > UINT64_MAX - skip ? UINT64_MAX : state->limit + skip;
done:
    return st;
}

cd_status step_sort(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    enum { SLACK = 1024 };
    cd_status st = CD_OK;
    const projection *p = r->p->steps[at].projection;
    step_state *state = &r->states[at];
    evaluation *e = &r->x->e;
    sort_order order = {p, e->reader};
    value_mark mark = value_pool_mark(e->pool);
    size_t width = (size_t)beginning_at(p) + 1;
    value *mine, *row = value_pool_alloc(e->pool, width * sizeof *row, err);
    if (!row) return CD_EMEMORY;
    if (!state->limit_known) CD_TRY(find_limit(r, at, err));
    for (uint32_t i = 0; i < p->n_items; i++) row[i] = e->slots[p->items[i].slot];
    for (uint32_t i = 0; i < p->n_keys; i++) CD_TRY(evaluate(e, p->keys[i].by, &row[p->n_items + i], err));
    row[times_at(p)] = value_integer((int64_t)times);
    row[beginning_at(p)] = beginning_of(row[p->n_items]);
    /* Of so many rows the last is known not to pass: nor does what comes after it. `passed` says that they are in order. */
    if (state->limit == 0 || (state->passed && compare_rows(row, state->rows[state->limit - 1], &order) >= 0)) goto done;
    CD_TRY(cd_grow(&state->rows, &state->cap_rows, state->n_rows + 1, sizeof *state->rows, err));
    mine = value_pool_alloc(&r->keep, width * sizeof *mine, err);
    if (!mine) CD_TRY(CD_EMEMORY);
    for (size_t i = 0; i < width; i++) CD_TRY(value_keep(&r->keep, row[i], &mine[i], err));
    state->rows[state->n_rows++] = mine;
    if (state->limit < SIZE_MAX / 4 && state->n_rows >= 2 * state->limit + SLACK) {
        qsort_r(state->rows, state->n_rows, sizeof *state->rows, compare_kept, &order);
        state->n_rows = state->limit, state->passed = 1;
    }
done:
    value_pool_rewind(e->pool, mark);
    return st;
}

/* The rows stay where they are: those they came from outlive them. */
cd_status merge_sort(running *r, const running *from, uint32_t at, cd_err *err)
{
    cd_status st = CD_OK;
    step_state *mine = &r->states[at];
    const step_state *theirs = &from->states[at];
    CD_TRY(cd_grow(&mine->rows, &mine->cap_rows, mine->n_rows + theirs->n_rows, sizeof *mine->rows, err));
    if (theirs->n_rows) memcpy(mine->rows + mine->n_rows, theirs->rows, theirs->n_rows * sizeof *mine->rows);
    mine->n_rows += theirs->n_rows;
done:
    return st;
}

cd_status end_sort(running *r, uint32_t at, cd_err *err)
{
    cd_status st = CD_OK;
    const projection *p = r->p->steps[at].projection;
    step_state *state = &r->states[at];
    sort_order order = {p, r->x->e.reader};
    if (state->n_rows > 1) qsort_r(state->rows, state->n_rows, sizeof *state->rows, compare_kept, &order);
    for (size_t k = 0; k < state->n_rows && !enough(r, at); k++) {
        const value *row = state->rows[k];
        for (uint32_t i = 0; i < p->n_items; i++) r->x->e.slots[p->items[i].slot] = row[i];
        CD_TRY(execution_tick(r->x, err));
        CD_TRY(hand_on(r, at + 1, (uint64_t)row[times_at(p)].as.integer, err));
    }
done:
    return st;
}
