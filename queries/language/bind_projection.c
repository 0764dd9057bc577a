/* SPDX-License-Identifier: GPL-3.0-or-later
 * bind_projection.c: WITH and RETURN: columns, grouping, aggregates, and what their ORDER BY and WHERE may name.
 *
 * Behind DISTINCT, and where there are aggregates, a row is no more one of those before: whatever names those has to be
 * a column, or be within an expression that is one. Expressions are therefore bound as if everything were still there,
 * and what equals a column is then made to read it; what is left over is a fault. */
#include "queries/language/bind_inside.h"

#include <stdlib.h>

/* What a walk through an expression needs to know. */
typedef struct {
    binder *b;
    const projection *of;
    const scope *before;   /* what the columns were made of */
    bool mixed;            /* the expression has aggregates: then only plain columns count, as openCypher wants it */
    uint32_t n_aggregates; /* those that the columns have */
    bool column;           /* it is a column itself, not a sort key */
} passage;

static cd_status through(const passage *p, expression *x);
static cd_status through_query(const passage *p, query *q);

/* ---- Reading columns in the place of what they were made of ---- */

static bool plain(const expression *x)
{
    while (x->kind == X_PROPERTY) x = x->of[0];
    return x->kind == X_VARIABLE || x->kind == X_PARAMETER;
}

static bool mentions(const expression *x, uint32_t slot)
{
    if (x->kind == X_VARIABLE) return x->slot == slot;
    for (uint32_t i = 0; i < x->n_of; i++)
        if (x->of[i] && mentions(x->of[i], slot)) return true;
    return false;
}

/* What was there before and no column carries on. */
static bool is_lost(const passage *p, uint32_t slot)
{
    for (uint32_t i = 0; i < p->of->n_items; i++)
        if (p->of->items[i].slot == slot) return false;
    for (uint32_t i = 0; i < p->before->n; i++)
        if (p->before->names[i].slot == slot) return true;
    return false;
}

static cd_status lost(const passage *p, uint32_t slot, cd_slice name, uint32_t at)
{
    bool grouped = p->column;
    for (uint32_t i = 0; i < p->of->n_items; i++)
        grouped |= p->of->items[i].grouped && mentions(p->of->items[i].what, slot);
    if (p->mixed && grouped)
        return bind_fail(
            p->b, at, "SyntaxError", "AmbiguousAggregationExpression",
            "`%.*s` stands beside an aggregate, but is not grouped by: make what is wanted of it a column of its own",
            (int)name.n, name.bytes);
    return bind_fail(p->b, at, "SyntaxError", "UndefinedVariable",
                     "`%.*s` is not known any more: behind %s only the columns are", (int)name.n, name.bytes,
                     p->of->aggregating ? "an aggregate" : "DISTINCT");
}

static void read_column(expression *x, const projected *item)
{
    x->kind = X_VARIABLE;
    x->name = item->name;
    x->slot = item->slot;
    x->n_of = 0;
}

/* The column that an expression is, or NULL. */
static const projected *column_of(const passage *p, const expression *x)
{
    for (uint32_t i = 0; i < p->of->n_items; i++) {
        const projected *item = &p->of->items[i];
        if (p->of->aggregating && !item->grouped) continue;
        if (p->mixed && !plain(item->what)) continue;
        if (expression_alike(item->what, x)) return item;
    }
    return NULL;
}

/* A variable of a pattern has no expression that could read a column: the column has to be the variable itself. */
static cd_status through_slot(const passage *p, uint32_t *slot, cd_slice name, uint32_t at)
{
    if (!is_lost(p, *slot)) return CD_OK;
    for (uint32_t i = 0; i < p->of->n_items; i++) {
        const projected *item = &p->of->items[i];
        if (item->what->kind != X_VARIABLE || item->what->slot != *slot) continue;
        *slot = item->slot;
        return CD_OK;
    }
    return lost(p, *slot, name, at);
}

static cd_status through_pattern(const passage *p, pattern *of)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i <= of->n_edges; i++) {
        node_pattern *n = &of->nodes[i];
        if (n->known) CD_TRY(through_slot(p, &n->slot, n->variable, n->at));
        CD_TRY(through(p, n->properties));
        if (i == of->n_edges) break;
        edge_pattern *e = &of->edges[i];
        if (e->known) CD_TRY(through_slot(p, &e->slot, e->variable, e->at));
        CD_TRY(through(p, e->properties));
    }
done:
    return st;
}

/* Behind an aggregating projection there is nothing left to aggregate: what a sort key does, a column does too. */
static cd_status check_aggregate(const passage *p, const expression *x)
{
    if (x->aggregate < p->n_aggregates) return CD_OK;
    for (uint32_t i = 0; i < p->before->n; i++) {
        const bound_name *name = &p->before->names[i];
        for (uint32_t k = 0; k < x->n_of; k++)
            if (mentions(x->of[k], name->slot))
                return bind_fail(p->b, x->at, "SyntaxError", "UndefinedVariable",
                                 "`%.*s` is not known any more: behind an aggregate only the columns are; make this "
                                 "%.*s() one of them",
                                 (int)name->name.n, name->name.bytes, (int)x->name.n, x->name.bytes);
    }
    return CD_OK;
}

static cd_status through(const passage *p, expression *x)
{
    cd_status st = CD_OK;
    if (!x) return CD_OK;
    if (x->kind == X_CALL && x->function < 0) return p->column ? CD_OK : check_aggregate(p, x);
    const projected *item = column_of(p, x);
    if (item) {
        read_column(x, item);
        return CD_OK;
    }
    if (x->kind == X_VARIABLE && is_lost(p, x->slot)) return lost(p, x->slot, x->name, x->at);
    for (uint32_t i = 0; i < x->n_of; i++) CD_TRY(through(p, x->of[i]));
    if (x->patterns) CD_TRY(through_pattern(p, x->patterns));
    if (x->subquery) CD_TRY(through_query(p, x->subquery));
done:
    return st;
}

static cd_status through_projection(const passage *p, projection *j)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < j->n_aggregates; i++)
        for (uint32_t k = 0; k < j->aggregates[i]->n_of; k++) CD_TRY(through(p, j->aggregates[i]->of[k]));
    for (uint32_t i = 0; i < j->n_items; i++) CD_TRY(through(p, j->items[i].what));
    for (uint32_t i = 0; i < j->n_keys; i++) CD_TRY(through(p, j->keys[i].by));
    CD_TRY(through(p, j->where));
done:
    return st;
}

static cd_status through_query(const passage *p, query *q)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < q->n_parts; i++) {
        for (uint32_t k = 0; k < q->parts[i].n_clauses; k++) {
            clause *c = &q->parts[i].clauses[k];
            for (uint32_t m = 0; m < c->n_patterns; m++) CD_TRY(through_pattern(p, &c->patterns[m]));
            for (uint32_t m = 0; m < c->n_arguments; m++) CD_TRY(through(p, c->arguments[m]));
            CD_TRY(through(p, c->what));
            CD_TRY(through(p, c->where));
            if (c->projection) CD_TRY(through_projection(p, c->projection));
        }
    }
done:
    return st;
}

/* ---- Columns ---- */

static int by_name(const void *a, const void *b)
{
    return cd_slice_compare(((const projected *)a)->name, ((const projected *)b)->name);
}

/* The columns of `*` before those that are named. */
static cd_status expand_star(binder *b, projection *j, uint32_t at)
{
    uint32_t n = 0, most = b->names->n + j->n_items;
    if (b->names->n == 0)
        return bind_fail(b, at, "SyntaxError", "NoVariablesInScope",
                         "'*' stands for all names, and there is none here");
    projected *items = cd_arena_alloc(b->arena, most, sizeof *items, b->err);
    if (!items) return CD_EMEMORY;
    for (uint32_t i = 0; i < b->names->n; i++) {
        const bound_name *name = &b->names->names[i];
        if (bind_find(b->names, name->name) != i) continue; /* one of an outer query, hidden since */
        expression *x = cd_arena_alloc(b->arena, 1, sizeof *x, b->err);
        if (!x) return CD_EMEMORY;
        *x = (expression){
            .kind = X_VARIABLE, .at = at, .name = name->name, .slot = NO_SLOT, .slot_2 = NO_SLOT, .height = 1};
        items[n++] = (projected){.at = at, .what = x, .name = name->name, .slot = NO_SLOT};
    }
    qsort(items, n, sizeof *items, by_name);
    if (j->n_items) memcpy(items + n, j->items, j->n_items * sizeof *items);
    j->items = items;
    j->n_items += n;
    return CD_OK;
}

static cd_status check_names(binder *b, const clause *c)
{
    const projection *j = c->projection;
    for (uint32_t i = 0; i < j->n_items; i++) {
        const projected *item = &j->items[i];
        if (c->kind == CLAUSE_WITH && !item->alias.bytes && item->what->kind != X_VARIABLE)
            return bind_fail(b, item->at, "SyntaxError", "NoExpressionAlias",
                             "a column of WITH that is no plain name wants one: ... AS name");
        for (uint32_t k = 0; k < i; k++)
            if (cd_slice_equal(item->name, j->items[k].name))
                return bind_fail(b, item->at, "SyntaxError", "ColumnNameConflict",
                                 "there are two columns `%.*s`: give one another name with AS",
                                 (int)cd_slice_cut(item->name, 60).n, item->name.bytes);
    }
    return CD_OK;
}

/* A column's own slot; of what goes on unchanged under its name, the one it has. */
static void place(binder *b, clause *c, projected *item)
{
    const expression *x = item->what;
    if (c->kind == CLAUSE_WITH && x->kind == X_VARIABLE && !item->alias.bytes) item->name = x->name;
    bool unchanged = x->kind == X_VARIABLE && cd_slice_equal(x->name, item->name);
    item->slot = unchanged ? x->slot : bind_new_slot(b);
}

static cd_status bind_items(binder *b, clause *c)
{
    cd_status st = CD_OK;
    projection *j = c->projection;
    if (j->star) CD_TRY(expand_star(b, j, c->at));
    if (j->n_items) CD_TRY(bind_count(b, j->n_items - 1, c->at, "columns"));
    if (j->n_keys) CD_TRY(bind_count(b, j->n_keys - 1, c->at, "sort keys"));
    for (uint32_t i = 0; i < j->n_items; i++) {
        uint32_t met = b->n_aggregates;
        CD_TRY(bind_expression(b, j->items[i].what));
        j->items[i].grouped = b->n_aggregates == met;
        if (!j->items[i].grouped) j->aggregating = true;
    }
    for (uint32_t i = 0; i < j->n_items; i++) place(b, c, &j->items[i]);
    for (uint32_t i = 0; i < j->n_items; i++) {
        if (!j->aggregating) j->items[i].grouped = false;
        if (!j->aggregating || j->items[i].grouped) continue;
        passage p = {.b = b, .of = j, .before = b->names, .mixed = true, .column = true};
        CD_TRY(through(&p, j->items[i].what));
    }
done:
    return st;
}

/* ---- ORDER BY, WHERE, SKIP, LIMIT ---- */

/* A sort key or a WHERE, in the scope of columns over what they were made of. */
static cd_status bind_behind(binder *b, projection *j, const scope *before, expression *x, bool condition)
{
    cd_status st = CD_OK;
    uint32_t met = b->n_aggregates, n_aggregates = j->n_aggregates;
    CD_TRY(condition ? bind_condition(b, x, "WHERE") : bind_expression(b, x));
    if (!j->distinct && !j->aggregating) return CD_OK;
    passage p = {.b = b, .of = j, .before = before, .mixed = b->n_aggregates != met, .n_aggregates = n_aggregates};
    CD_TRY(through(&p, x));
done:
    return st;
}

/* SKIP and LIMIT: numbers before anything runs. */
static cd_status bind_amount(binder *b, expression *x, const char *word)
{
    cd_status st = CD_OK;
    scope none = {0}, *names = b->names;
    if (!x) return CD_OK;
    b->names = &none;
    b->constant = word;
    CD_TRY(bind_expression(b, x));
    b->constant = NULL;
    b->names = names;
    if (x->kind == X_LITERAL && x->known == KNOWN_INTEGER && x->literal.as.integer < 0)
        return bind_fail(b, x->at, "SyntaxError", "NegativeIntegerArgument", "%s cannot be negative", word);
    if (!bind_may_be(x, 1u << KNOWN_INTEGER) || x->known == KNOWN_NULL)
        return bind_fail(b, x->at, "SyntaxError", "InvalidArgumentType", "found %s where %s wants a whole number",
                         bind_known_words(x->known), word);
done:
    return st;
}

static cd_status columns_over(binder *b, const projection *j, scope *s)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; st == CD_OK && i < j->n_items; i++) {
        const projected *item = &j->items[i];
        st = bind_add(b, s, (bound_name){item->name, item->slot, item->at, item->what->known, item->what->elements});
    }
    return st;
}

/* What is not carried on is remembered, for whoever names it. */
static cd_status forget(binder *b, const scope *before, const scope *after)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; st == CD_OK && i < before->n && b->gone.n < QUERY_MANY; i++)
        if (bind_find(after, before->names[i].name) < 0 && bind_find(&b->gone, before->names[i].name) < 0)
            st = bind_add(b, &b->gone, before->names[i]);
    return st;
}

cd_status bind_projection(binder *b, clause *c)
{
    cd_status st = CD_OK;
    projection *j = c->projection;
    scope *before = b->names, both, after = {0};
    b->projection = j;
    b->aggregates = AGGREGATES_HERE;
    b->of_aggregates = NULL;
    CD_TRY(bind_items(b, c));
    CD_TRY(bind_copy(b, before, &both));
    CD_TRY(columns_over(b, j, &both));
    b->names = &both;
    b->of_aggregates = before;
    b->aggregates = j->aggregating ? AGGREGATES_HERE : AGGREGATES_NOWHERE;
    for (uint32_t i = 0; i < j->n_keys; i++) CD_TRY(bind_behind(b, j, before, j->keys[i].by, false));
    b->aggregates = AGGREGATES_NOWHERE;
    if (j->where) CD_TRY(bind_behind(b, j, before, j->where, true));
    b->names = before;
    b->of_aggregates = NULL;
    CD_TRY(bind_amount(b, j->skip, "SKIP"));
    CD_TRY(bind_amount(b, j->limit, "LIMIT"));
    CD_TRY(check_names(b, c));
    CD_TRY(columns_over(b, j, &after));
    CD_TRY(forget(b, before, &after));
    *before = after;
done:
    return st;
}
