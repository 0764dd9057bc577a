/* SPDX-License-Identifier: GPL-3.0-or-later
 * bind_expression.c: what every name of an expression means, and what can be known of its type: enough to refuse NOT 1
 * or the length of a relationship before anything runs, never more than is sure. */
#include "queries/language/bind_inside.h"

#include <stdio.h>

enum { NUMBERS = 1u << KNOWN_INTEGER | 1u << KNOWN_REAL, GRAPH = 1u << KNOWN_NODE | 1u << KNOWN_EDGE };

static cd_status bind_at(binder *b, expression *x, bool condition);

cd_status bind_expression(binder *b, expression *x) { return bind_at(b, x, false); }

const char *bind_known_words(known_type known)
{
    static const char *const words[] = {"anything", "null",   "true or false",  "a whole number",
                                        "a number", "a text", "a time",         "a list",
                                        "a map",    "a node", "a relationship", "a path"};
    return words[known];
}

static cd_status wrong_type(binder *b, const expression *x, const char *type, const char *wanted)
{
    return bind_fail(b, x->at, type, "InvalidArgumentType", "found %s where %s was expected",
                     bind_known_words(x->known), wanted);
}

/* Held against what may stand there. */
static cd_status check(binder *b, const expression *x, uint32_t types, const char *wanted)
{
    return bind_may_be(x, types) ? CD_OK : wrong_type(b, x, "SyntaxError", wanted);
}

static cd_status check_truth(binder *b, const expression *x, const char *what)
{
    if (bind_may_be(x, 1u << KNOWN_BOOLEAN)) return CD_OK;
    return bind_fail(b, x->at, "SyntaxError", "InvalidArgumentType", "%s wants true or false; this is %s", what,
                     bind_known_words(x->known));
}

cd_status bind_condition(binder *b, expression *x, const char *what)
{
    cd_status st = bind_at(b, x, true);
    return st == CD_OK ? check_truth(b, x, what) : st;
}

static cd_status bind_all(binder *b, expression *const *of, uint32_t n)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; st == CD_OK && i < n; i++)
        if (of[i]) st = bind_expression(b, of[i]);
    return st;
}

/* What two values together are known to be; null is of every type. */
static known_type common(known_type a, known_type b)
{
    return a == b || b == KNOWN_NULL ? a : a == KNOWN_NULL ? b : KNOWN_ANY;
}

/* ---- Names ---- */

static cd_status parameter(binder *b, expression *x)
{
    query *q = b->outermost;
    for (uint32_t i = 0; i < q->n_parameters; i++) {
        if (!cd_slice_equal(q->parameters[i], x->name)) continue;
        x->slot = i;
        return CD_OK;
    }
    cd_status st = bind_count(b, q->n_parameters, x->at, "parameters");
    if (st != CD_OK) return st;
    if (!q->parameters) q->parameters = cd_arena_alloc(b->arena, QUERY_MANY, sizeof *q->parameters, b->err);
    if (!q->parameters) return CD_EMEMORY;
    q->parameters[q->n_parameters] = x->name;
    x->slot = q->n_parameters++;
    return CD_OK;
}

static cd_status variable(binder *b, expression *x)
{
    int64_t i = bind_find(b->names, x->name);
    if (i < 0) return bind_unknown(b, x->name, x->at);
    const bound_name *name = &b->names->names[i];
    x->slot = name->slot;
    x->known = name->known;
    x->elements = name->elements;
    return CD_OK;
}

static void literal(expression *x)
{
    static const known_type known[] = {[VALUE_NULL] = KNOWN_NULL,
                                       [VALUE_BOOLEAN] = KNOWN_BOOLEAN,
                                       [VALUE_INTEGER] = KNOWN_INTEGER,
                                       [VALUE_REAL] = KNOWN_REAL,
                                       [VALUE_TEXT] = KNOWN_TEXT};
    x->known = known[x->literal.type];
}

/* ---- Parts of values ---- */

static cd_status property(binder *b, expression *x)
{
    cd_status st = bind_expression(b, x->of[0]);
    if (st != CD_OK) return st;
    if (bind_may_be(x->of[0], GRAPH | 1u << KNOWN_MAP | 1u << KNOWN_TEMPORAL)) return CD_OK;
    /* openCypher's classes: of a path the syntax is at fault, of a value the type. */
    return wrong_type(b, x->of[0], x->of[0]->known == KNOWN_PATH ? "SyntaxError" : "TypeError",
                      "something with properties (a node, a relationship, a map, a time)");
}

static cd_status indexed(binder *b, expression *x)
{
    cd_status st = bind_all(b, x->of, 2);
    if (st != CD_OK) return st;
    const expression *of = x->of[0], *by = x->of[1];
    if (!bind_may_be(of, GRAPH | 1u << KNOWN_LIST | 1u << KNOWN_MAP))
        return wrong_type(b, of, "TypeError", "a list, or a map or node");
    if (of->known == KNOWN_LIST) {
        if (!bind_may_be(by, 1u << KNOWN_INTEGER)) return wrong_type(b, by, "TypeError", "the place in a list");
        x->known = of->elements;
    } else if (of->known != KNOWN_ANY && of->known != KNOWN_NULL && !bind_may_be(by, 1u << KNOWN_TEXT)) {
        return bind_fail(b, by->at, "TypeError", "MapElementAccessByNonString",
                         "found %s where a text was expected, the name of a property", bind_known_words(by->known));
    }
    return CD_OK;
}

static cd_status slice(binder *b, expression *x)
{
    cd_status st = bind_all(b, x->of, 3);
    if (st != CD_OK) return st;
    if (!bind_may_be(x->of[0], 1u << KNOWN_LIST)) return wrong_type(b, x->of[0], "SyntaxError", "a list");
    for (uint32_t i = 1; i < 3; i++)
        if (x->of[i] && !bind_may_be(x->of[i], 1u << KNOWN_INTEGER))
            return wrong_type(b, x->of[i], "SyntaxError", "the place in a list");
    x->known = KNOWN_LIST;
    x->elements = x->of[0]->elements;
    return CD_OK;
}

static cd_status list(binder *b, expression *x)
{
    cd_status st = bind_all(b, x->of, x->n_of);
    x->known = KNOWN_LIST;
    x->elements = x->n_of ? KNOWN_NULL : KNOWN_ANY;
    for (uint32_t i = 0; st == CD_OK && i < x->n_of; i++) x->elements = common(x->elements, x->of[i]->known);
    return st;
}

/* ---- Operators ---- */

static cd_status logical(binder *b, expression *x, bool condition)
{
    static const char *const names[] = {[OP_OR] = "OR", [OP_XOR] = "XOR", [OP_AND] = "AND", [OP_NOT] = "NOT"};
    cd_status st = CD_OK;
    for (uint32_t i = 0; st == CD_OK && i < x->n_of; i++) {
        st = bind_at(b, x->of[i], condition);
        if (st == CD_OK) st = check_truth(b, x->of[i], names[x->op]);
    }
    x->known = KNOWN_BOOLEAN;
    return st;
}

static cd_status sign(binder *b, expression *x)
{
    cd_status st = bind_expression(b, x->of[0]);
    if (st == CD_OK) st = check(b, x->of[0], NUMBERS | 1u << KNOWN_TEMPORAL, "a number");
    x->known = x->of[0]->known;
    return st;
}

/* + joins texts and lists too: only what it can never take is refused. */
static cd_status plus(binder *b, expression *x)
{
    const expression *l = x->of[0], *r = x->of[1];
    enum { NEVER = 1u << KNOWN_BOOLEAN | 1u << KNOWN_MAP | 1u << KNOWN_NODE | 1u << KNOWN_EDGE | 1u << KNOWN_PATH };
    if (l->known == KNOWN_LIST || r->known == KNOWN_LIST) {
        bool both = l->known == KNOWN_LIST && r->known == KNOWN_LIST;
        x->known = l->known == KNOWN_NULL || r->known == KNOWN_NULL ? KNOWN_NULL : KNOWN_LIST;
        x->elements = both ? common(l->elements, r->elements) : KNOWN_ANY;
        return CD_OK;
    }
    if (l->known == KNOWN_ANY || r->known == KNOWN_ANY) return CD_OK;
    for (uint32_t i = 0; i < 2; i++)
        if (NEVER >> x->of[i]->known & 1)
            return wrong_type(b, x->of[i], "SyntaxError", "a number, a text, a list or a time for '+'");
    if (l->known == KNOWN_TEXT || r->known == KNOWN_TEXT)
        x->known = KNOWN_TEXT;
    else if (l->known == KNOWN_TEMPORAL || r->known == KNOWN_TEMPORAL)
        x->known = KNOWN_TEMPORAL;
    else
        x->known = l->known == r->known                               ? l->known
                   : l->known == KNOWN_NULL || r->known == KNOWN_NULL ? KNOWN_NULL
                                                                      : KNOWN_REAL;
    return CD_OK;
}

static cd_status arithmetic(binder *b, expression *x)
{
    const expression *l = x->of[0], *r = x->of[1];
    bool times_too = x->op != OP_MODULO && x->op != OP_POWER;
    for (uint32_t i = 0; i < 2; i++) {
        cd_status st = check(b, x->of[i], NUMBERS | (times_too ? 1u << KNOWN_TEMPORAL : 0), "a number");
        if (st != CD_OK) return st;
    }
    bool numbers = (NUMBERS >> l->known & 1) && (NUMBERS >> r->known & 1);
    if (numbers) x->known = x->op == OP_POWER || l->known != r->known ? KNOWN_REAL : l->known;
    return CD_OK;
}

static cd_status binary(binder *b, expression *x, bool condition)
{
    if (x->op == OP_OR || x->op == OP_XOR || x->op == OP_AND) return logical(b, x, condition);
    cd_status st = bind_all(b, x->of, 2);
    if (st != CD_OK) return st;
    switch (x->op) {
    case OP_PLUS: return plus(b, x);
    case OP_MINUS:
    case OP_TIMES:
    case OP_DIVIDE:
    case OP_MODULO:
    case OP_POWER: return arithmetic(b, x);
    case OP_IN: st = check(b, x->of[1], 1u << KNOWN_LIST, "a list"); break;
    default: break;
    }
    x->known = KNOWN_BOOLEAN;
    return st;
}

static cd_status case_when(binder *b, expression *x)
{
    cd_status st = x->of[0] ? bind_expression(b, x->of[0]) : CD_OK;
    x->known = KNOWN_NULL;
    for (uint32_t i = 1; st == CD_OK && i + 1 < x->n_of; i += 2) {
        st = x->of[0] ? bind_expression(b, x->of[i]) : bind_condition(b, x->of[i], "WHEN");
        if (st == CD_OK) st = bind_expression(b, x->of[i + 1]);
        if (st == CD_OK) x->known = common(x->known, x->of[i + 1]->known);
    }
    expression *otherwise = x->of[x->n_of - 1];
    if (st == CD_OK && otherwise) st = bind_expression(b, otherwise);
    if (st == CD_OK && otherwise) x->known = common(x->known, otherwise->known);
    return st;
}

/* ---- Names within an expression ---- */

/* The list that names are drawn from. */
static cd_status source_list(binder *b, expression *of)
{
    cd_status st = bind_expression(b, of);
    return st == CD_OK ? check(b, of, 1u << KNOWN_LIST, "a list") : st;
}

/* Aggregates may stand in the list, not in what is done for each element. */
static cd_status each_element(binder *b, expression *x)
{
    cd_status st = CD_OK;
    CD_TRY(source_list(b, x->of[0]));
    uint32_t n = b->names->n;
    aggregates_allowed before = b->aggregates;
    if (before == AGGREGATES_HERE) b->aggregates = AGGREGATES_NOWHERE;
    known_type element = x->of[0]->known == KNOWN_LIST ? x->of[0]->elements : KNOWN_ANY;
    CD_TRY(bind_declare(b, x->name, x->at, element, KNOWN_ANY, &x->slot));
    if (x->of[1]) CD_TRY(bind_condition(b, x->of[1], "WHERE"));
    x->known = KNOWN_BOOLEAN;
    if (x->kind == X_LIST_COMPREHENSION) {
        if (x->of[2]) CD_TRY(bind_expression(b, x->of[2]));
        x->known = KNOWN_LIST;
        x->elements = x->of[2] ? x->of[2]->known : element;
    }
    b->aggregates = before;
    b->names->n = n;
done:
    return st;
}

static cd_status reduce(binder *b, expression *x)
{
    cd_status st = CD_OK;
    CD_TRY(bind_expression(b, x->of[0]));
    CD_TRY(source_list(b, x->of[1]));
    uint32_t n = b->names->n;
    aggregates_allowed before = b->aggregates;
    if (before == AGGREGATES_HERE) b->aggregates = AGGREGATES_NOWHERE;
    known_type element = x->of[1]->known == KNOWN_LIST ? x->of[1]->elements : KNOWN_ANY;
    /* What it becomes is known only after its own next value is. */
    CD_TRY(bind_declare(b, x->name, x->at, KNOWN_ANY, KNOWN_ANY, &x->slot));
    CD_TRY(bind_declare(b, x->names[0], x->at, element, KNOWN_ANY, &x->slot_2));
    CD_TRY(bind_expression(b, x->of[2]));
    b->aggregates = before;
    b->names->n = n;
done:
    return st;
}

/* ---- Patterns and subqueries ---- */

static cd_status no_constant(binder *b, const expression *x)
{
    return bind_fail(b, x->at, "SyntaxError", "NonConstantExpression",
                     "%s is a number known before the query runs, not one of the data", b->constant);
}

static cd_status pattern_comprehension(binder *b, expression *x)
{
    cd_status st = CD_OK;
    uint32_t n = b->names->n;
    aggregates_allowed before = b->aggregates;
    if (before == AGGREGATES_HERE) b->aggregates = AGGREGATES_NOWHERE;
    CD_TRY(bind_patterns(b, x->patterns, 1));
    if (x->of[0]) CD_TRY(bind_condition(b, x->of[0], "WHERE"));
    CD_TRY(bind_expression(b, x->of[1]));
    b->aggregates = before;
    b->names->n = n;
    x->known = KNOWN_LIST;
    x->elements = x->of[1]->known;
done:
    return st;
}

static cd_status subquery(binder *b, expression *x)
{
    binder saved = *b;
    b->aggregates = AGGREGATES_NOWHERE;
    cd_status st = bind_parts(b, x->subquery);
    b->aggregates = saved.aggregates;
    b->of_aggregates = saved.of_aggregates;
    b->projection = saved.projection;
    b->n_aggregates = saved.n_aggregates;
    x->known = x->kind == X_EXISTS ? KNOWN_BOOLEAN : KNOWN_INTEGER;
    return st;
}

static cd_status pattern_predicate(binder *b, expression *x, bool condition)
{
    if (!condition)
        return bind_fail(
            b, x->at, "SyntaxError", "UnexpectedSyntax",
            "a pattern is a condition, for WHERE; elsewhere write EXISTS { ... }, COUNT { ... } or [pattern | value]");
    x->known = KNOWN_BOOLEAN;
    return bind_predicate(b, x->patterns);
}

static cd_status bind_at(binder *b, expression *x, bool condition)
{
    cd_status st = CD_OK;
    if (b->constant &&
        (x->kind == X_PATTERN || x->kind == X_EXISTS || x->kind == X_COUNT || x->kind == X_PATTERN_COMPREHENSION))
        return no_constant(b, x);
    switch (x->kind) {
    case X_LITERAL: literal(x); return CD_OK;
    case X_PARAMETER: return parameter(b, x);
    case X_VARIABLE: return variable(b, x);
    case X_PROPERTY: return property(b, x);
    case X_INDEX: return indexed(b, x);
    case X_SLICE: return slice(b, x);
    case X_UNARY: return x->op == OP_NOT ? logical(b, x, condition) : sign(b, x);
    case X_BINARY: return binary(b, x, condition);
    case X_COMPARISONS:
    case X_IS_NULL:
    case X_IS_NOT_NULL: x->known = KNOWN_BOOLEAN; return bind_all(b, x->of, x->n_of);
    case X_HAS_LABELS:
        st = bind_all(b, x->of, x->n_of);
        x->known = KNOWN_BOOLEAN;
        return st == CD_OK ? check(b, x->of[0], GRAPH, "a node or a relationship before ':'") : st;
    case X_LIST: return list(b, x);
    case X_MAP: x->known = KNOWN_MAP; return bind_all(b, x->of, x->n_of);
    case X_CALL: return bind_call(b, x);
    case X_CASE: return case_when(b, x);
    case X_LIST_COMPREHENSION:
    case X_QUANTIFIER: return each_element(b, x);
    case X_REDUCE: return reduce(b, x);
    case X_PATTERN_COMPREHENSION: return pattern_comprehension(b, x);
    case X_PATTERN: return pattern_predicate(b, x, condition);
    case X_EXISTS:
    case X_COUNT: return subquery(b, x);
    }
    return CD_OK;
}
