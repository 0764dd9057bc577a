/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_count.c: what a step need not do because of the steps around it. A node that must be another than one before it
 * is told apart where it is met; what is found and never asked for again is only counted. */
#include <string.h>

#include "queries/language/plan_inside.h"

static bool is_id(const expression *x)
{
    return x->kind == X_PROPERTY && x->of_table && x->column < 0 && x->of[0]->kind == X_VARIABLE;
}

/* Whether a condition holds of two different nodes alone; *exactly: of all such. */
bool plan_tells_apart(const expression *x, uint32_t *a, uint32_t *b, bool *exactly)
{
    if (x->kind != X_COMPARISONS || x->n_of != 2) return false;
    const expression *left = x->of[0], *right = x->of[1];
    bool nodes = left->kind == X_VARIABLE && left->known == KNOWN_NODE && right->kind == X_VARIABLE &&
                 right->known == KNOWN_NODE;
    bool ids = is_id(left) && is_id(right) && left->of_table == right->of_table;
    *exactly = x->ops[0] == OP_UNEQUAL;
    if (!(nodes && *exactly) && !(ids && (*exactly || x->ops[0] == OP_LESS || x->ops[0] == OP_MORE))) return false;
    *a = nodes ? left->slot : left->of[0]->slot, *b = nodes ? right->slot : right->of[0]->slot;
    return true;
}

/* The step of this MATCH, before `end`, that finds the node in a slot. */
static bool found_before(const step_list *list, size_t first, size_t end, uint32_t slot)
{
    for (size_t i = first; i < end; i++) {
        const plan_step *s = &list->steps[i];
        bool finds = s->kind == STEP_NODES || s->kind == STEP_FIND || (s->kind == STEP_EXPAND && !s->known);
        if (finds && s->slot == slot) return true;
    }
    return false;
}

static bool among(const uint32_t *slots, uint32_t n, uint32_t slot)
{
    for (uint32_t i = 0; i < n; i++)
        if (slots[i] == slot) return true;
    return false;
}

/* An edge from the node that the step starts from is the one found before only if it leads to the same node again:
 * where that may not be, it need not be compared. */
static void forget_edges(const step_list *list, size_t first, size_t at)
{
    plan_step *s = &list->steps[at];
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_slots; i++) {
        bool differs = false;
        for (size_t k = first; k < at; k++) {
            const plan_step *q = &list->steps[k];
            if (q->kind != STEP_EXPAND || q->edge != s->slots[i]) continue;
            differs = (q->slot == s->from && among(s->apart, s->n_apart, q->from)) ||
                      (q->from == s->from && among(s->apart, s->n_apart, q->slot));
        }
        if (!differs) s->slots[n++] = s->slots[i];
    }
    s->n_slots = n;
}

static void less_used(planner *p, uint32_t slot)
{
    if (p->used[slot] > 0 && p->used[slot] < UINT8_MAX) p->used[slot]--;
}

static cd_status tell_apart(planner *p, step_list *list, size_t first, cd_err *err)
{
    for (size_t i = first; i < list->n; i++) {
        plan_step *s = &list->steps[i];
        if (s->kind != STEP_EXPAND || s->known) continue;
        for (size_t k = i + 1; k < list->n; k++) {
            uint32_t a, b;
            bool exactly;
            if (list->steps[k].kind != STEP_FILTER || !plan_tells_apart(list->steps[k].what, &a, &b, &exactly))
                continue;
            if (b == s->slot) b = a, a = s->slot;
            if (a != s->slot || a == b || !found_before(list, first, i, b)) continue;
            uint32_t *grown = cd_arena_alloc(p->arena, (size_t)s->n_apart + 1, sizeof *grown, err);
            if (!grown) return CD_EMEMORY;
            if (s->n_apart) memcpy(grown, s->apart, s->n_apart * sizeof *grown);
            s->apart = grown, s->apart[s->n_apart++] = b;
            if (!exactly) continue;
            less_used(p, a), less_used(p, b);
            memmove(&list->steps[k], &list->steps[k + 1], (list->n - k - 1) * sizeof *list->steps);
            list->n--, k--;
        }
        if (s->n_apart && s->n_slots) forget_edges(list, first, i);
    }
    return CD_OK;
}

/* What is found and never asked for again, not even to be told from another edge, need not be gone through: only
 * counted. */
static void count_only(const planner *p, const step_list *list, size_t first)
{
    for (size_t i = first; i < list->n; i++) {
        plan_step *s = &list->steps[i];
        if (s->kind != STEP_EXPAND || s->direction == EDGE_BOTH || s->pattern->slot != NO_SLOT) continue;
        if ((!s->known && p->used[s->slot] > 1) || p->used[s->edge] > 1) continue;
        bool asked = false;
        for (size_t k = i + 1; k < list->n; k++) {
            const plan_step *later = &list->steps[k];
            bool goes_on = later->kind == STEP_EXPAND || later->kind == STEP_WANDER || later->kind == STEP_SHORTEST;
            asked |= !s->known && goes_on &&
                     (later->from == s->slot || later->slot == s->slot || among(later->apart, later->n_apart, s->slot));
            asked |= among(later->slots, later->n_slots, s->edge);
        }
        s->counted = !asked;
    }
}

cd_status plan_count(planner *p, step_list *list, size_t first, cd_err *err)
{
    cd_status st = tell_apart(p, list, first, err);
    if (st == CD_OK) count_only(p, list, first);
    return st;
}
