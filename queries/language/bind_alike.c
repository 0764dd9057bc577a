/* SPDX-License-Identifier: GPL-3.0-or-later
 * bind_alike.c: whether two bound expressions are the same but for their place in the text: `a.unit` grouped by and
 * `a.unit` sorted by. */
#include "queries/language/bind.h"

#include <strings.h>

/* Names within an expression have slots of their own, so [x IN l | x] twice has two: those that correspond, innermost
 * first. */
typedef struct pairing pairing;
struct pairing {
    uint32_t a, b;
    const pairing *around;
};

static bool alike(const expression *a, const expression *b, const pairing *pairs);

static bool same_slot(uint32_t a, uint32_t b, const pairing *pairs)
{
    for (; pairs; pairs = pairs->around)
        if (pairs->a == a || pairs->b == b) return pairs->a == a && pairs->b == b;
    return a == b;
}

static bool same_literal(value a, value b)
{
    if (a.type != b.type) return false;
    switch (a.type) {
    case VALUE_BOOLEAN: return a.as.boolean == b.as.boolean;
    case VALUE_INTEGER: return a.as.integer == b.as.integer;
    case VALUE_REAL: return memcmp(&a.as.real, &b.as.real, sizeof a.as.real) == 0;
    case VALUE_TEXT: return cd_slice_equal(value_slice(a), value_slice(b));
    default: return true;
    }
}

static bool same_names(const expression *a, const expression *b)
{
    if (a->n_names != b->n_names) return false;
    for (uint32_t i = 0; i < a->n_names; i++)
        if (!cd_slice_equal(a->names[i], b->names[i])) return false;
    return true;
}

static bool same_parts(const expression *a, const expression *b, uint32_t from, const pairing *pairs)
{
    for (uint32_t i = from; i < a->n_of; i++)
        if (!alike(a->of[i], b->of[i], pairs)) return false;
    return true;
}

static bool same_call(const expression *a, const expression *b)
{
    return a->function == b->function && a->distinct == b->distinct && a->star == b->star && a->name.n == b->name.n &&
           strncasecmp(a->name.bytes, b->name.bytes, a->name.n) == 0;
}

static bool alike(const expression *a, const expression *b, const pairing *pairs)
{
    if (a == b && !pairs) return true;
    if (!a || !b) return a == b;
    if (a->kind != b->kind || a->op != b->op || a->n_of != b->n_of || a->height != b->height) return false;
    pairing element = {a->slot_2, b->slot_2, pairs}, own = {a->slot, b->slot, pairs};
    switch (a->kind) {
    case X_LITERAL: return same_literal(a->literal, b->literal);
    case X_PARAMETER: return a->slot == b->slot;
    case X_VARIABLE: return same_slot(a->slot, b->slot, pairs);
    case X_PROPERTY: return cd_slice_equal(a->name, b->name) && same_parts(a, b, 0, pairs);
    case X_COMPARISONS:
        return memcmp(a->ops, b->ops, (a->n_of - 1) * sizeof *a->ops) == 0 && same_parts(a, b, 0, pairs);
    case X_HAS_LABELS:
    case X_MAP: return same_names(a, b) && same_parts(a, b, 0, pairs);
    case X_CALL: return same_call(a, b) && same_parts(a, b, 0, pairs);
    case X_LIST_COMPREHENSION:
    case X_QUANTIFIER: return alike(a->of[0], b->of[0], pairs) && same_parts(a, b, 1, &own);
    case X_REDUCE:
        own.around = &element;
        return alike(a->of[0], b->of[0], pairs) && alike(a->of[1], b->of[1], pairs) && alike(a->of[2], b->of[2], &own);
    case X_INDEX:
    case X_SLICE:
    case X_UNARY:
    case X_BINARY:
    case X_IS_NULL:
    case X_IS_NOT_NULL:
    case X_LIST:
    case X_CASE: return same_parts(a, b, 0, pairs);
    case X_PATTERN:
    case X_PATTERN_COMPREHENSION:
    case X_EXISTS:
    case X_COUNT: return false;
    }
    return false;
}

bool expression_alike(const expression *a, const expression *b) { return alike(a, b, NULL); }
