/* SPDX-License-Identifier: GPL-3.0-or-later
 * evaluate.c: expressions, kind by kind. Null is passed on as openCypher has it: most of what is done with null is
 * null. */
#include "queries/language/evaluate.h"

#include "queries/language/functions.h"
#include "queries/language/operate.h"

/* ---- Truth ---- */

static value value_of_truth(truth t) { return t == TRUTH_UNKNOWN ? value_null() : value_boolean(t == TRUTH_TRUE); }

cd_status evaluate_truth(evaluation *e, const expression *x, truth *out, cd_err *err)
{
    value v;
    value_mark mark = value_pool_mark(e->pool);
    cd_status st = evaluate(e, x, &v, err);
    value_pool_rewind(e->pool, mark); /* what it was made of is not in it */
    if (st != CD_OK) return st;
    *out = TRUTH_UNKNOWN;
    if (v.type == VALUE_BOOLEAN)
        *out = v.as.boolean ? TRUTH_TRUE : TRUTH_FALSE;
    else if (v.type != VALUE_NULL) {
        e->at = x->at;
        return evaluation_wrong_type(e, v, "a condition is true or false", err);
    }
    return CD_OK;
}

static cd_status logic(evaluation *e, const expression *x, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    truth a = TRUTH_UNKNOWN, b = TRUTH_UNKNOWN, decides = x->op == OP_AND ? TRUTH_FALSE : TRUTH_TRUE;
    CD_TRY(evaluate_truth(e, x->of[0], &a, err));
    if (x->op != OP_XOR && a == decides) {
        *out = value_of_truth(a);
        return CD_OK;
    }
    CD_TRY(evaluate_truth(e, x->of[1], &b, err));
    if (x->op != OP_XOR)
        *out = value_of_truth(b == decides ? b : a == TRUTH_UNKNOWN ? a : b);
    else
        *out = a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? value_null() : value_boolean(a != b);
done:
    return st;
}

/* ---- Operators ---- */

static value text_operator(operation op, value a, value b)
{
    if (a.type != VALUE_TEXT || b.type != VALUE_TEXT) return value_null();
    if (b.n == 0) return value_boolean(true);
    if (b.n > a.n) return value_boolean(false);
    switch (op) {
    case OP_STARTS_WITH: return value_boolean(memcmp(a.as.text, b.as.text, b.n) == 0);
    case OP_ENDS_WITH: return value_boolean(memcmp(a.as.text + (a.n - b.n), b.as.text, b.n) == 0);
    default: return value_boolean(memmem(a.as.text, a.n, b.as.text, b.n) != NULL);
    }
}

/* What is known of `x IN list` once x was compared with another element; true: it is decided. */
static bool found_in(value x, value element, truth *so_far)
{
    truth t = value_equals(x, element);
    if (t != TRUTH_FALSE) *so_far = t;
    return t == TRUTH_TRUE;
}

static cd_status in_list(evaluation *e, const expression *x, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value a, b;
    truth found = TRUTH_FALSE;
    const expression *list = x->of[1];
    CD_TRY(evaluate(e, x->of[0], &a, err));
    if (list->kind == X_LIST) { /* written out: it need not be made */
        bool decided = false;
        for (uint32_t i = 0; i < list->n_of && !decided; i++) {
            CD_TRY(evaluate(e, list->of[i], &b, err));
            decided = found_in(a, b, &found);
        }
        *out = value_of_truth(found);
        return CD_OK;
    }
    CD_TRY(evaluate(e, list, &b, err));
    e->at = list->at;
    *out = value_null();
    if (b.type == VALUE_NULL) return CD_OK;
    if (b.type != VALUE_LIST) return evaluation_wrong_type(e, b, "what stands after IN is a list", err);
    for (uint32_t i = 0; i < b.n && !found_in(a, b.as.items[i], &found); i++) {
    }
    *out = value_of_truth(found);
done:
    return st;
}

static cd_status binary(evaluation *e, const expression *x, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value a, b;
    if (x->op == OP_AND || x->op == OP_OR || x->op == OP_XOR) return logic(e, x, out, err);
    if (x->op == OP_IN) return in_list(e, x, out, err);
    CD_TRY(evaluate(e, x->of[0], &a, err));
    CD_TRY(evaluate(e, x->of[1], &b, err));
    e->at = x->at;
    switch (x->op) {
    case OP_STARTS_WITH:
    case OP_ENDS_WITH:
    case OP_CONTAINS: *out = text_operator(x->op, a, b); return CD_OK;
    case OP_MATCHES: return operate_matches(e, a, b, out, err);
    default: return operate(e, x->op, a, b, out, err);
    }
done:
    return st;
}

static cd_status unary(evaluation *e, const expression *x, value *out, cd_err *err)
{
    value v;
    if (x->op == OP_NOT) {
        truth t = TRUTH_UNKNOWN;
        cd_status st = evaluate_truth(e, x->of[0], &t, err);
        if (st == CD_OK) *out = t == TRUTH_UNKNOWN ? value_null() : value_boolean(t == TRUTH_FALSE);
        return st;
    }
    cd_status st = evaluate(e, x->of[0], &v, err);
    if (st != CD_OK) return st;
    e->at = x->at;
    if (x->op == OP_MINUS) return operate_minus(e, v, out, err);
    *out = v;
    bool fits = v.type == VALUE_NULL || v.type == VALUE_INTEGER || v.type == VALUE_REAL || v.type == VALUE_DURATION;
    return fits ? CD_OK : evaluation_wrong_type(e, v, "`+` takes a number or a duration", err);
}

/* a < b < c is a < b AND b < c. */
static cd_status comparisons(evaluation *e, const expression *x, value *out, cd_err *err)
{
    value a, b;
    truth all = TRUTH_TRUE;
    cd_status st = evaluate(e, x->of[0], &a, err);
    for (uint32_t i = 0; st == CD_OK && i + 1 < x->n_of && all != TRUTH_FALSE; i++, a = b) {
        st = evaluate(e, x->of[i + 1], &b, err);
        if (st != CD_OK) break;
        value one = operate_compare(x->ops[i], a, b);
        if (one.type == VALUE_NULL)
            all = TRUTH_UNKNOWN;
        else if (!one.as.boolean)
            all = TRUTH_FALSE;
    }
    *out = value_of_truth(all);
    return st;
}

/* ---- Lists and maps ---- */

static cd_status index_of(evaluation *e, const expression *x, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value of, at;
    CD_TRY(evaluate(e, x->of[0], &of, err));
    CD_TRY(evaluate(e, x->of[1], &at, err));
    e->at = x->of[1]->at;
    *out = value_null();
    if (of.type == VALUE_NULL || at.type == VALUE_NULL) return CD_OK;
    if (of.type == VALUE_LIST) {
        if (at.type != VALUE_INTEGER) return evaluation_wrong_type(e, at, "the place in a list is an integer", err);
        int64_t i = at.as.integer < 0 ? at.as.integer + of.n : at.as.integer;
        if (i >= 0 && i < of.n) *out = of.as.items[i];
        return CD_OK;
    }
    if (of.type != VALUE_MAP && of.type != VALUE_NODE && of.type != VALUE_EDGE) {
        e->at = x->of[0]->at;
        return evaluation_wrong_type(e, of, "only a list, a map, a node or a relationship has `[]`", err);
    }
    if (at.type != VALUE_TEXT)
        return evaluation_fault(e, "TypeError", "MapElementAccessByNonString", err,
                                "the name of a property is a text, not %s", value_type_name(at));
    st = value_property(e, of, value_slice(at), out, err);
done:
    return st;
}

/* One end of a slice: from the end of the list where it is negative, and within it. *null: the slice is null. */
static cd_status slice_end(evaluation *e, const expression *x, uint32_t n, uint32_t *out, bool *null, cd_err *err)
{
    value v;
    cd_status st = evaluate(e, x, &v, err);
    if (st != CD_OK) return st;
    e->at = x->at;
    if (v.type == VALUE_NULL)
        *null = true;
    else if (v.type != VALUE_INTEGER)
        return evaluation_wrong_type(e, v, "the place in a list is an integer", err);
    else {
        int64_t i = v.as.integer < 0 ? v.as.integer + n : v.as.integer;
        *out = i < 0 ? 0 : i > n ? n : (uint32_t)i;
    }
    return CD_OK;
}

static cd_status slice(evaluation *e, const expression *x, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value list;
    bool null = false;
    CD_TRY(evaluate(e, x->of[0], &list, err));
    uint32_t n = list.type == VALUE_LIST ? list.n : 0, lo = 0, hi = n;
    if (x->of[1]) CD_TRY(slice_end(e, x->of[1], n, &lo, &null, err));
    if (x->of[2]) CD_TRY(slice_end(e, x->of[2], n, &hi, &null, err));
    e->at = x->of[0]->at;
    *out = value_null();
    if (list.type == VALUE_NULL || null) return CD_OK;
    if (list.type != VALUE_LIST) return evaluation_wrong_type(e, list, "only a list has `[..]`", err);
    *out = (value){.type = VALUE_LIST, .n = hi > lo ? hi - lo : 0, .as.items = list.as.items + lo};
done:
    return st;
}

static cd_status list(evaluation *e, const expression *x, value *out, cd_err *err)
{
    value *items = value_list_new(e->pool, x->n_of, out, err);
    if (!items) return CD_EMEMORY;
    for (uint32_t i = 0; i < x->n_of; i++) {
        cd_status st = evaluate(e, x->of[i], &items[i], err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

static cd_status map(evaluation *e, const expression *x, value *out, cd_err *err)
{
    value_entry *entries = value_pool_alloc(e->pool, x->n_of * sizeof *entries, err);
    if (!entries) return CD_EMEMORY;
    for (uint32_t i = 0; i < x->n_of; i++) {
        entries[i].key = x->names[i];
        cd_status st = evaluate(e, x->of[i], &entries[i].value, err);
        if (st != CD_OK) return st;
    }
    return value_map_of(e->pool, entries, x->n_of, out, err);
}

/* A list that something is done with, element by element. *null: there is none. */
static cd_status list_to_walk(evaluation *e, const expression *x, value *out, bool *null, cd_err *err)
{
    cd_status st = evaluate(e, x, out, err);
    if (st != CD_OK) return st;
    *null = out->type == VALUE_NULL;
    e->at = x->at;
    return *null || out->type == VALUE_LIST ? CD_OK
                                            : evaluation_wrong_type(e, *out, "what stands after IN is a list", err);
}

/* Between the elements of a list: whether the query may go on. */
static cd_status go_on(evaluation *e, cd_err *err) { return e->tick ? e->tick(e->executor, err) : CD_OK; }

static cd_status list_comprehension(evaluation *e, const expression *x, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value from;
    bool null;
    uint32_t n = 0;
    CD_TRY(list_to_walk(e, x->of[0], &from, &null, err));
    *out = value_null();
    if (null) return CD_OK;
    value *items = value_list_new(e->pool, from.n, out, err);
    if (!items) return CD_EMEMORY;
    for (uint32_t i = 0; i < from.n; i++) {
        CD_TRY(go_on(e, err));
        truth keep = TRUTH_TRUE;
        e->slots[x->slot] = from.as.items[i];
        if (x->of[1]) CD_TRY(evaluate_truth(e, x->of[1], &keep, err));
        if (keep != TRUTH_TRUE) continue;
        items[n] = from.as.items[i];
        if (x->of[2]) CD_TRY(evaluate(e, x->of[2], &items[n], err));
        n++;
    }
    out->n = n;
done:
    return st;
}

static truth quantified(operation op, uint64_t yes, uint64_t no, uint64_t unknown)
{
    switch (op) {
    case OP_ALL: return no ? TRUTH_FALSE : unknown ? TRUTH_UNKNOWN : TRUTH_TRUE;
    case OP_ANY: return yes ? TRUTH_TRUE : unknown ? TRUTH_UNKNOWN : TRUTH_FALSE;
    case OP_NONE: return yes ? TRUTH_FALSE : unknown ? TRUTH_UNKNOWN : TRUTH_TRUE;
    default: return yes > 1 ? TRUTH_FALSE : unknown ? TRUTH_UNKNOWN : yes == 1 ? TRUTH_TRUE : TRUTH_FALSE;
    }
}

static cd_status quantifier(evaluation *e, const expression *x, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value from;
    bool null;
    uint64_t of[3] = {0}; /* by truth */
    CD_TRY(list_to_walk(e, x->of[0], &from, &null, err));
    *out = value_null();
    if (null) return CD_OK;
    for (uint32_t i = 0; i < from.n; i++) {
        CD_TRY(go_on(e, err));
        truth t = TRUTH_UNKNOWN;
        e->slots[x->slot] = from.as.items[i];
        CD_TRY(evaluate_truth(e, x->of[1], &t, err));
        of[t]++;
    }
    *out = value_of_truth(quantified(x->op, of[TRUTH_TRUE], of[TRUTH_FALSE], of[TRUTH_UNKNOWN]));
done:
    return st;
}

enum { MOST_NESTED = 1000, NESTING_CHECK = 64 };

static bool nests_at_most(value v, uint32_t levels)
{
    if (v.type != VALUE_LIST && v.type != VALUE_MAP) return true;
    if (levels == 0) return false;
    for (uint32_t i = 0; i < v.n; i++)
        if (!nests_at_most(v.type == VALUE_LIST ? v.as.items[i] : v.as.entries[i].value, levels - 1)) return false;
    return true;
}

/* Its body may put what it has so far into a list, again and again: what walks values goes as deep as they are, so
 * there is a limit. */
static cd_status reduce(evaluation *e, const expression *x, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value so_far, from;
    bool null;
    CD_TRY(evaluate(e, x->of[0], &so_far, err));
    CD_TRY(list_to_walk(e, x->of[1], &from, &null, err));
    *out = value_null();
    if (null) return CD_OK;
    for (uint32_t i = 0; i < from.n; i++) {
        CD_TRY(go_on(e, err));
        e->slots[x->slot] = so_far;
        e->slots[x->slot_2] = from.as.items[i];
        CD_TRY(evaluate(e, x->of[2], &so_far, err));
        if ((i % NESTING_CHECK && i + 1 < from.n) || nests_at_most(so_far, MOST_NESTED)) continue;
        e->at = x->at;
        return evaluation_fault(e, "ArgumentError", "NumberOutOfRange", err,
                                "reduce makes lists or maps that nest more than %d deep", MOST_NESTED);
    }
    *out = so_far;
done:
    return st;
}

/* ---- The rest ---- */

static cd_status case_of(evaluation *e, const expression *x, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value subject = {0}, when;
    const expression *otherwise = x->of[x->n_of - 1];
    if (x->of[0]) CD_TRY(evaluate(e, x->of[0], &subject, err));
    for (uint32_t i = 1; i + 2 < x->n_of; i += 2) {
        truth t = TRUTH_UNKNOWN;
        if (x->of[0]) {
            CD_TRY(evaluate(e, x->of[i], &when, err));
            t = value_equals(subject, when);
        } else
            CD_TRY(evaluate_truth(e, x->of[i], &t, err));
        if (t == TRUTH_TRUE) return evaluate(e, x->of[i + 1], out, err);
    }
    if (otherwise) return evaluate(e, otherwise, out, err);
    *out = value_null();
done:
    return st;
}

static cd_status has_labels(evaluation *e, const expression *x, value *out, cd_err *err)
{
    value v;
    cd_status st = evaluate(e, x->of[0], &v, err);
    if (st != CD_OK) return st;
    e->at = x->at;
    *out = value_null();
    if (v.type == VALUE_NULL) return CD_OK;
    if (v.type != VALUE_NODE && v.type != VALUE_EDGE)
        return evaluation_wrong_type(e, v, "only a node or a relationship has labels", err);
    cd_slice label = value_label(e->reader, v);
    bool all = true;
    for (uint32_t i = 0; i < x->n_names; i++) all = all && cd_slice_equal(label, x->names[i]);
    *out = value_boolean(all);
    return CD_OK;
}

static cd_status property(evaluation *e, const expression *x, value *out, cd_err *err)
{
    value v;
    cd_status st = evaluate(e, x->of[0], &v, err);
    if (st != CD_OK) return st;
    e->at = x->of[0]->at;
    bool known = x->of_table && (v.type == VALUE_NODE || v.type == VALUE_EDGE) && v.n == x->of_table - 1;
    if (known) return *out = value_of_column(e->reader, v, x->column), CD_OK;
    return value_property(e, v, x->name, out, err);
}

static cd_status call(evaluation *e, const expression *x, value *out, cd_err *err)
{
    enum { FEW = 8 };
    value few[FEW], *arguments = few;
    uint32_t n_functions;
    if (x->function < 0) {
        *out = e->slots[x->slot];
        return CD_OK;
    }
    const query_function *f = &query_functions(&n_functions)[x->function];
    if (x->n_of > FEW) arguments = value_pool_alloc(e->pool, x->n_of * sizeof *arguments, err);
    if (!arguments) return CD_EMEMORY;
    bool null = false;
    for (uint32_t i = 0; i < x->n_of; i++) {
        cd_status st = evaluate(e, x->of[i], &arguments[i], err);
        if (st != CD_OK) return st;
        null = null || arguments[i].type == VALUE_NULL;
    }
    e->at = x->at;
    *out = value_null();
    return null && f->null_of_null ? CD_OK : f->run(e, arguments, x->n_of, out, err);
}

static cd_status is_null(evaluation *e, const expression *x, bool wanted, value *out, cd_err *err)
{
    value v;
    cd_status st = evaluate(e, x->of[0], &v, err);
    if (st == CD_OK) *out = value_boolean((v.type == VALUE_NULL) == wanted);
    return st;
}

cd_status evaluate(evaluation *e, const expression *x, value *out, cd_err *err)
{
    switch (x->kind) {
    case X_LITERAL: *out = x->literal; return CD_OK;
    case X_PARAMETER: *out = e->parameters[x->slot]; return CD_OK;
    case X_VARIABLE: *out = e->slots[x->slot]; return CD_OK;
    case X_PROPERTY: return property(e, x, out, err);
    case X_INDEX: return index_of(e, x, out, err);
    case X_SLICE: return slice(e, x, out, err);
    case X_UNARY: return unary(e, x, out, err);
    case X_BINARY: return binary(e, x, out, err);
    case X_COMPARISONS: return comparisons(e, x, out, err);
    case X_IS_NULL: return is_null(e, x, true, out, err);
    case X_IS_NOT_NULL: return is_null(e, x, false, out, err);
    case X_HAS_LABELS: return has_labels(e, x, out, err);
    case X_LIST: return list(e, x, out, err);
    case X_MAP: return map(e, x, out, err);
    case X_CALL: return call(e, x, out, err);
    case X_CASE: return case_of(e, x, out, err);
    case X_LIST_COMPREHENSION: return list_comprehension(e, x, out, err);
    case X_QUANTIFIER: return quantifier(e, x, out, err);
    case X_REDUCE: return reduce(e, x, out, err);
    case X_PATTERN:
    case X_EXISTS:
    case X_COUNT:
    case X_PATTERN_COMPREHENSION: return e->match(e->executor, e, x, out, err);
    }
    *out = value_null();
    return CD_OK;
}
