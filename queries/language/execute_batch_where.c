/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_batch_where.c: conditions on rows in batches. What reads one node is asked of each node once, what reads one
 * coded cell once of each code; only what is left is evaluated row by row. */
#include <string.h>

#include "queries/language/execute_batch.h"

static cd_status evaluate_row(batching *b, const batch_step *s, const row_batch *in, uint32_t i, bool *holds,
                              cd_err *err)
{
    truth is;
    evaluation *e = &b->r->x->e;
    value_mark mark = value_pool_mark(e->pool);
    batch_fill(b, in, i);
    cd_status st = evaluate_truth(e, s->step->what, &is, err);
    value_pool_rewind(e->pool, mark);
    *holds = st == CD_OK && is == TRUTH_TRUE;
    return st;
}

/* One answer that is kept: 0 not asked, 1 no, 2 yes. */
static cd_status ask_once(batching *b, const batch_step *s, const row_batch *in, uint32_t i, uint8_t *answer,
                          bool *holds, cd_err *err)
{
    cd_status st = CD_OK;
    if (*answer == 0) CD_TRY(evaluate_row(b, s, in, i, holds, err));
    if (*answer == 0) *answer = (uint8_t)(1 + *holds);
    *holds = *answer == 2;
done:
    return st;
}

static cd_status of_node(batching *b, uint32_t k, const row_batch *in, uint32_t i, bool *holds, cd_err *err)
{
    const batch_step *s = &b->plan->steps[k];
    batch_state *state = &b->states[k];
    if (!state->answers) state->answers = batch_room(b, batch_nodes_of(b, s->read[0].slot), 1, err);
    if (!state->answers) return CD_EMEMORY;
    return ask_once(b, s, in, i, &state->answers[in->columns[s->read[0].slot][i]], holds, err);
}

static cd_status cells(batching *b, uint32_t k, const row_batch *in, uint32_t i, bool *holds, cd_err *err)
{
    enum { MOST_CODES = 4096 }; /* of texts that differ in nearly every row each is looked at anyway */
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    batch_state *state = &b->states[k];
    const candour_reader *reader = b->r->x->e.reader;
    if (!state->coded) state->coded = batch_room(b, candour_reader_parts(reader), sizeof *state->coded, err);
    if (!state->coded) return CD_EMEMORY;
    uint64_t row = in->columns[s->read[0].slot][i];
    uint32_t part = candour_row_part(row);
    int64_t code = candour_reader_code(reader, batch_table(b, s->read[0].slot), (uint32_t)s->read[0].column, row);
    if (code == CANDOUR_UNKNOWN) code = -1;
    if (code < -1 || code >= MOST_CODES - 1) return evaluate_row(b, s, in, i, holds, err);
    if (!state->coded[part]) state->coded[part] = batch_room(b, MOST_CODES, 1, err);
    if (!state->coded[part]) return CD_EMEMORY;
    CD_TRY(ask_once(b, s, in, i, &state->coded[part][code + 1], holds, err));
done:
    return st;
}

static cd_status ranks(batching *b, uint32_t k, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    batch_state *state = &b->states[k];
    candour_reader *reader = b->r->x->e.reader;
    uint32_t table = batch_table(b, s->read[0].slot), n = batch_nodes_of(b, s->read[0].slot);
    const uint32_t *order;
    if (state->ranks) return CD_OK;
    CD_TRY(candour_reader_order(reader, candour_reader_ontology(reader)->tables[table].columns[0].kind, &order, err));
    state->ranks = batch_room(b, n, sizeof *state->ranks, err);
    if (!state->ranks) return CD_EMEMORY;
    for (uint32_t i = 0; i < n; i++) state->ranks[order[i]] = i;
done:
    return st;
}

static bool compares(operation op, int64_t a, int64_t b)
{
    switch (op) {
    case OP_EQUAL: return a == b;
    case OP_UNEQUAL: return a != b;
    case OP_LESS: return a < b;
    case OP_AT_MOST: return a <= b;
    case OP_MORE: return a > b;
    default: return a >= b;
    }
}

/* ---- Values of nodes ---- */

cd_status batch_sorts_init(batching *b, node_sorts *s, row_set *values, uint32_t slot, cd_err *err)
{
    if (!values->pool) row_set_init(values, &b->pool, 1);
    s->all = values;
    s->sort = batch_room(b, batch_nodes_of(b, slot), sizeof *s->sort, err);
    return s->sort ? CD_OK : CD_EMEMORY;
}

cd_status batch_sort_of(batching *b, node_sorts *s, const expression *what, slot_read read, uint64_t node,
                        uint32_t *out, cd_err *err)
{
    cd_status st = CD_OK;
    evaluation *e = &b->r->x->e;
    value v;
    uint32_t number;
    bool fresh;
    *out = s->sort[node];
    if (*out) return CD_OK;
    value_mark mark = value_pool_mark(e->pool);
    value of = {.type = VALUE_NODE, .n = batch_table(b, read.slot), .as.row = node};
    e->slots[read.slot] = of;
    if (what)
        CD_TRY(evaluate(e, what, &v, err));
    else
        v = value_of_column(e->reader, of, read.column);
    CD_TRY(row_set_add(s->all, &v, &number, &fresh, err));
    *out = s->sort[node] = number + 1;
done:
    value_pool_rewind(e->pool, mark);
    return st;
}

/* Alike values are equal and others are not, but for those that are neither. */
static bool is_plain(value v)
{
    return v.type == VALUE_BOOLEAN || v.type == VALUE_INTEGER || v.type == VALUE_TEXT || v.type == VALUE_TIME ||
           v.type == VALUE_DATE || v.type == VALUE_NODE;
}

static cd_status sorts(batching *b, uint32_t k, const row_batch *in, uint32_t i, bool *holds, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    batch_state *state = &b->states[k];
    uint32_t sort[2];
    for (int side = 0; side < 2; side++) {
        if (!state->sorts[side].sort)
            CD_TRY(batch_sorts_init(b, &state->sorts[side], &state->values, s->read[side].slot, err));
        CD_TRY(batch_sort_of(b, &state->sorts[side], s->operand[side], s->read[side],
                             in->columns[s->read[side].slot][i], &sort[side], err));
    }
    value left = state->values.rows[sort[0] - 1][0], right = state->values.rows[sort[1] - 1][0];
    if (!is_plain(left) || !is_plain(right)) return evaluate_row(b, s, in, i, holds, err);
    *holds = (sort[0] == sort[1]) != s->denied;
done:
    return st;
}

/* ---- Numbers of edges ---- */

/* The constant, where both sides are whole numbers or both are times. */
static cd_status find_constant(batching *b, uint32_t k, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    batch_state *state = &b->states[k];
    evaluation *e = &b->r->x->e;
    const candour_table *table = &candour_reader_ontology(e->reader)->tables[batch_table(b, s->read[0].slot)];
    candour_type type = table->columns[s->read[0].column].type;
    value v;
    value_mark mark = value_pool_mark(e->pool);
    CD_TRY(evaluate(e, s->operand[!s->turned], &v, err));
    state->usable = type == CANDOUR_TIME ? v.type == VALUE_TIME : v.type == VALUE_INTEGER;
    if (state->usable) state->constant = type == CANDOUR_TIME ? v.as.seconds : v.as.integer;
    state->known = true;
done:
    value_pool_rewind(e->pool, mark);
    return st;
}

static cd_status numbers(batching *b, uint32_t k, const row_batch *in, uint32_t i, bool *holds, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    batch_state *state = &b->states[k];
    if (!state->known) CD_TRY(find_constant(b, k, err));
    if (!state->usable) return evaluate_row(b, s, in, i, holds, err);
    int64_t cell = candour_reader_integer(b->r->x->e.reader, batch_table(b, s->read[0].slot),
                                          (uint32_t)s->read[0].column, in->columns[s->read[0].slot][i]);
    operation op = s->step->what->ops[0];
    *holds = cell != CANDOUR_UNKNOWN &&
             (s->turned ? compares(op, state->constant, cell) : compares(op, cell, state->constant));
done:
    return st;
}

/* ---- The whole ---- */

static cd_status holds_of(batching *b, uint32_t k, const row_batch *in, uint32_t i, bool *holds, cd_err *err)
{
    const batch_step *s = &b->plan->steps[k];
    batch_state *state = &b->states[k];
    switch (s->where) {
    case WHERE_OF_NODE: return of_node(b, k, in, i, holds, err);
    case WHERE_CELLS: return cells(b, k, in, i, holds, err);
    case WHERE_RANKS:
        *holds = compares(s->step->what->ops[0], state->ranks[in->columns[s->read[0].slot][i]],
                          state->ranks[in->columns[s->read[1].slot][i]]);
        return CD_OK;
    case WHERE_SORTS: return sorts(b, k, in, i, holds, err);
    case WHERE_NUMBERS: return numbers(b, k, in, i, holds, err);
    case WHERE_JOINED: {
        uint32_t from = (uint32_t)in->columns[s->read[0].slot][i], to = (uint32_t)in->columns[s->read[1].slot][i];
        *holds = (edges_by_memo(b->r, &state->memo, s->inner->steps[2].ways[0], from, to) > 0) != s->denied;
        return CD_OK;
    }
    default: return evaluate_row(b, s, in, i, holds, err);
    }
}

cd_status batch_where(batching *b, uint32_t k, const row_batch *in, uint16_t *kept, uint32_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t passed = 0;
    if (b->plan->steps[k].where == WHERE_RANKS) CD_TRY(ranks(b, k, err));
    for (uint32_t i = 0; i < in->n; i++) {
        bool holds;
        CD_TRY(holds_of(b, k, in, i, &holds, err));
        kept[passed] = (uint16_t)i;
        passed += holds;
    }
    *n = passed;
done:
    return st;
}
