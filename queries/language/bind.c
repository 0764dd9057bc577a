/* SPDX-License-Identifier: GPL-3.0-or-later
 * bind.c: names in scope, patterns, and clauses one after another. */
#include "queries/language/bind_inside.h"
#include "queries/language/procedures.h"

#include "queries/arguments.h"

#include <stdio.h>

cd_status bind_fail(binder *b, uint32_t at, const char *type, const char *detail, const char *format, ...)
{
    char words[CD_ERR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return query_fail(b->fault, at, type, detail, b->err, "%s", words);
}

cd_status bind_count(binder *b, uint32_t n, uint32_t at, const char *what)
{
    if (n < QUERY_MANY) return CD_OK;
    return bind_fail(b, at, "SyntaxError", "TooMany", "there are more than %d %s here", QUERY_MANY, what);
}

/* ---- Names in scope ---- */

int64_t bind_find(const scope *s, cd_slice name)
{
    for (uint32_t i = s->n; i-- > 0;)
        if (cd_slice_equal(s->names[i].name, name)) return i;
    return -1;
}

cd_status bind_add(binder *b, scope *s, bound_name name)
{
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? 2 * s->cap : 8;
        bound_name *grown = cd_arena_alloc(b->arena, cap, sizeof *grown, b->err);
        if (!grown) return CD_EMEMORY;
        if (s->n) memcpy(grown, s->names, s->n * sizeof *grown);
        s->names = grown;
        s->cap = cap;
    }
    s->names[s->n++] = name;
    return CD_OK;
}

cd_status bind_copy(binder *b, const scope *s, scope *out)
{
    *out = (scope){.n = s->n, .cap = s->n};
    if (!s->n) return CD_OK;
    out->names = cd_arena_alloc(b->arena, s->n, sizeof *out->names, b->err);
    if (!out->names) return CD_EMEMORY;
    memcpy(out->names, s->names, s->n * sizeof *s->names);
    return CD_OK;
}

cd_status bind_declare(binder *b, cd_slice name, uint32_t at, known_type known, known_type elements, uint32_t *slot)
{
    cd_status st = bind_count(b, b->names->n, at, "names");
    if (st != CD_OK) return st;
    *slot = bind_new_slot(b);
    return bind_add(b, b->names, (bound_name){name, *slot, at, known, elements});
}

/* The name that was most likely meant, or why this one is not there. */
cd_status bind_unknown(binder *b, cd_slice name, uint32_t at)
{
    cd_slice shown = cd_slice_cut(name, 60);
    if (b->constant)
        return bind_fail(b, at, "SyntaxError", "NonConstantExpression",
                         "%s is a number known before the query runs; `%.*s` differs from row to row", b->constant,
                         (int)shown.n, shown.bytes);
    if (bind_find(&b->gone, name) >= 0)
        return bind_fail(b, at, "SyntaxError", "UndefinedVariable",
                         "`%.*s` is not known any more: the WITH before does not carry it on", (int)shown.n,
                         shown.bytes);
    char *written = cd_arena_copy(b->arena, name.bytes, name.n, b->err);
    if (!written) return CD_EMEMORY;
    cli_nearest nearest = cli_nearest_to(written);
    for (uint32_t i = 0; i < b->names->n; i++) {
        char *candidate = cd_arena_copy(b->arena, b->names->names[i].name.bytes, b->names->names[i].name.n, b->err);
        if (!candidate) return CD_EMEMORY;
        if (*candidate) cli_nearest_try(&nearest, candidate);
    }
    if (nearest.best && name.n > 1)
        return bind_fail(b, at, "SyntaxError", "UndefinedVariable", "`%.*s` is not known; did you mean `%s`?",
                         (int)shown.n, shown.bytes, nearest.best);
    return bind_fail(b, at, "SyntaxError", "UndefinedVariable",
                     "`%.*s` is not known; if it is meant as text, write '%.*s'", (int)shown.n, shown.bytes,
                     (int)shown.n, shown.bytes);
}

/* ---- Patterns ---- */

static cd_status conflict(binder *b, const bound_name *there, uint32_t at, known_type here)
{
    uint32_t line, column;
    query_place(b->outermost->text, there->at, &line, &column);
    return bind_fail(b, at, "SyntaxError", "VariableTypeConflict", "`%.*s` is %s here, and %s in line %u, column %u",
                     (int)there->name.n, there->name.bytes,
                     here == KNOWN_LIST ? "a list of relationships" : bind_known_words(here),
                     bind_known_words(there->known), line, column);
}

/* A variable of a pattern, found or made. `before`: how many names there were before the pattern. */
static cd_status pattern_name(binder *b, cd_slice name, uint32_t at, known_type as, uint32_t before, uint32_t *slot,
                              bool *known)
{
    int64_t i = name.bytes ? bind_find(b->names, name) : -1;
    *known = i >= 0 && i < before;
    if (!name.bytes) {
        *slot = bind_new_slot(b);
        return CD_OK;
    }
    if (i < 0) return bind_declare(b, name, at, as, as == KNOWN_LIST ? KNOWN_EDGE : KNOWN_ANY, slot);
    bound_name *there = &b->names->names[i];
    bool edges = as != KNOWN_LIST || there->known != KNOWN_LIST || there->elements == KNOWN_EDGE ||
                 there->elements == KNOWN_ANY || there->elements == KNOWN_NULL;
    if ((there->known != as && there->known != KNOWN_ANY && there->known != KNOWN_NULL) || !edges)
        return conflict(b, there, at, as);
    if (i >= before && as != KNOWN_NODE)
        return bind_fail(b, at, "SyntaxError", "RelationshipUniquenessViolation",
                         "`%.*s` is one relationship twice in one MATCH, which no relationship is", (int)name.n,
                         name.bytes);
    if (there->known != as) there->elements = as == KNOWN_LIST ? KNOWN_EDGE : KNOWN_ANY;
    there->known = as;
    *slot = there->slot;
    return CD_OK;
}

static cd_status path_names(binder *b, pattern *p, uint32_t before)
{
    cd_status st = CD_OK;
    bool known;
    for (uint32_t i = 0; i <= p->n_edges; i++) {
        node_pattern *n = &p->nodes[i];
        CD_TRY(pattern_name(b, n->variable, n->at, KNOWN_NODE, before, &n->slot, &n->known));
        if (i == p->n_edges) break;
        edge_pattern *e = &p->edges[i];
        CD_TRY(pattern_name(b, e->variable, e->at, e->many ? KNOWN_LIST : KNOWN_EDGE, before, &e->slot, &e->known));
    }
    p->slot = NO_SLOT;
    if (!p->variable.bytes) return CD_OK;
    if (bind_find(b->names, p->variable) >= 0)
        return bind_fail(b, p->at, "SyntaxError", "VariableAlreadyBound",
                         "`%.*s` is already something else: a path wants a name of its own", (int)p->variable.n,
                         p->variable.bytes);
    CD_TRY(pattern_name(b, p->variable, p->at, KNOWN_PATH, before, &p->slot, &known));
done:
    return st;
}

static cd_status properties(binder *b, expression *x)
{
    if (!x) return CD_OK;
    if (x->kind == X_PARAMETER)
        return bind_fail(b, x->at, "SyntaxError", "InvalidParameterUse",
                         "a parameter cannot stand for all properties: name them, as in {id: $%.*s}", (int)x->name.n,
                         x->name.bytes);
    return bind_expression(b, x);
}

/* Their values may name anything of the whole pattern, so they come after all names. */
static cd_status path_properties(binder *b, pattern *p)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; st == CD_OK && i <= p->n_edges; i++) {
        st = properties(b, p->nodes[i].properties);
        if (st == CD_OK && i < p->n_edges) st = properties(b, p->edges[i].properties);
    }
    return st;
}

cd_status bind_patterns(binder *b, pattern *patterns, uint32_t n)
{
    cd_status st = CD_OK;
    uint32_t before = b->names->n;
    for (uint32_t i = 0; st == CD_OK && i < n; i++) st = path_names(b, &patterns[i], before);
    for (uint32_t i = 0; st == CD_OK && i < n; i++) st = path_properties(b, &patterns[i]);
    return st;
}

cd_status bind_predicate(binder *b, pattern *p)
{
    for (uint32_t i = 0; i <= p->n_edges; i++) {
        cd_slice names[2] = {p->nodes[i].variable, i < p->n_edges ? p->edges[i].variable : (cd_slice){0}};
        uint32_t at[2] = {p->nodes[i].at, i < p->n_edges ? p->edges[i].at : 0};
        for (uint32_t k = 0; k < 2; k++)
            if (names[k].bytes && bind_find(b->names, names[k]) < 0)
                return bind_fail(
                    b, at[k], "SyntaxError", "UndefinedVariable",
                    "`%.*s` is not known, and a pattern in a condition names nothing new; leave the name out, or write "
                    "EXISTS { ... }",
                    (int)names[k].n, names[k].bytes);
    }
    return bind_patterns(b, p, 1);
}

/* ---- Clauses ---- */

static cd_status match(binder *b, clause *c)
{
    cd_status st = bind_patterns(b, c->patterns, c->n_patterns);
    return st == CD_OK && c->where ? bind_condition(b, c->where, "WHERE") : st;
}

static cd_status already(binder *b, cd_slice name, uint32_t at)
{
    if (bind_find(b->names, name) < 0) return CD_OK;
    return bind_fail(b, at, "SyntaxError", "VariableAlreadyBound",
                     "`%.*s` is already something else: take another name", (int)name.n, name.bytes);
}

static cd_status unwind(binder *b, clause *c)
{
    cd_status st = CD_OK;
    CD_TRY(bind_expression(b, c->what));
    CD_TRY(already(b, c->name, c->at));
    CD_TRY(bind_declare(b, c->name, c->at, c->what->known == KNOWN_LIST ? c->what->elements : KNOWN_ANY, KNOWN_ANY,
                        &c->slot));
done:
    return st;
}

/* `YIELD *`, and a CALL that is the whole query: every column. */
static cd_status yield_all(binder *b, clause *c, const query_procedure *p)
{
    c->yields = cd_arena_alloc(b->arena, p->n_columns, sizeof *c->yields, b->err);
    if (!c->yields) return CD_EMEMORY;
    for (uint32_t i = 0; i < p->n_columns; i++) c->yields[i] = (projected){.at = c->at, .name = p->columns[i], .slot = NO_SLOT};
    c->n_yields = p->n_columns;
    return CD_OK;
}

static cd_status no_procedure(binder *b, const clause *c)
{
    const char *near = query_procedure_nearest(c->name);
    return bind_fail(b, c->at, "ProcedureError", "ProcedureNotFound", "there is no procedure `%.*s`%s%s%s", (int)c->name.n, c->name.bytes,
                     near ? "; did you mean `" : "; there are graph.KERNEL, sweep.queue, sweep.findings and sweep.DETECTOR", near ? near : "",
                     near ? "`?" : "");
}

static cd_status call(binder *b, clause *c, bool alone)
{
    cd_status st = CD_OK;
    query_procedure p;
    if (!query_procedure_find(c->name, &p)) return no_procedure(b, c);
    for (uint32_t i = 0; i < c->n_arguments; i++) CD_TRY(bind_expression(b, c->arguments[i]));
    if (c->yields_all || (alone && c->n_yields == 0)) CD_TRY(yield_all(b, c, &p));
    for (uint32_t i = 0; i < c->n_yields; i++) {
        projected *y = &c->yields[i];
        cd_slice name = y->alias.bytes ? y->alias : y->name;
        uint32_t k = 0;
        while (k < p.n_columns && !cd_slice_equal(p.columns[k], y->name)) k++;
        if (k == p.n_columns)
            return bind_fail(b, y->at, "SyntaxError", "UndefinedVariable", "%.*s gives no column `%.*s`; YIELD * takes those that it gives",
                             (int)c->name.n, c->name.bytes, (int)y->name.n, y->name.bytes);
        CD_TRY(already(b, name, y->at));
        CD_TRY(bind_declare(b, name, y->at, p.known[k], KNOWN_ANY, &y->slot));
    }
    if (c->where) CD_TRY(bind_condition(b, c->where, "WHERE"));
done:
    return st;
}

static cd_status single(binder *b, single_query *q)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; st == CD_OK && i < q->n_clauses; i++) {
        clause *c = &q->clauses[i];
        CD_TRY(bind_count(b, b->n_clauses++, c->at, "clauses"));
        switch (c->kind) {
        case CLAUSE_MATCH: st = match(b, c); break;
        case CLAUSE_UNWIND: st = unwind(b, c); break;
        case CLAUSE_CALL: st = call(b, c, q->n_clauses == 1); break;
        case CLAUSE_WITH:
        case CLAUSE_RETURN: st = bind_projection(b, c); break;
        }
    }
done:
    return st;
}

/* ---- Queries ---- */

static const projection *result(const single_query *q) { return q->clauses[q->n_clauses - 1].projection; }

/* All parts of a UNION have the same columns, in the same order. */
static cd_status check_columns(binder *b, const query *q)
{
    for (uint32_t i = 1; i < q->n_parts; i++) {
        const projection *first = result(&q->parts[0]), *other = result(&q->parts[i]);
        uint32_t at = q->parts[i].clauses[q->parts[i].n_clauses - 1].at;
        if (!first || !other)
            return bind_fail(b, at, "SyntaxError", "InvalidClauseComposition", "each part of a UNION ends with RETURN");
        if (first->n_items != other->n_items)
            return bind_fail(b, at, "SyntaxError", "DifferentColumnsInUnion",
                             "the parts of a UNION give the same columns: here %u, before %u", other->n_items,
                             first->n_items);
        for (uint32_t k = 0; k < first->n_items; k++) {
            cd_slice had = first->items[k].name, has = other->items[k].name;
            if (!cd_slice_equal(had, has))
                return bind_fail(
                    b, other->items[k].at, "SyntaxError", "DifferentColumnsInUnion",
                    "the parts of a UNION give the same columns in the same order: here `%.*s`, before `%.*s`",
                    (int)cd_slice_cut(has, 60).n, has.bytes, (int)cd_slice_cut(had, 60).n, had.bytes);
        }
    }
    return CD_OK;
}

cd_status bind_parts(binder *b, query *q)
{
    cd_status st = CD_OK;
    scope *outside = b->names, gone = b->gone;
    for (uint32_t i = 0; i < q->n_parts; i++) {
        scope names;
        CD_TRY(bind_copy(b, outside, &names));
        b->names = &names;
        b->gone = gone;
        CD_TRY(single(b, &q->parts[i]));
    }
    b->names = outside;
    b->gone = gone;
    if (q->n_parts > 1) CD_TRY(check_columns(b, q));
done:
    return st;
}

cd_status query_bind(query *q, cd_arena *arena, query_fault *fault, cd_err *err)
{
    scope none = {0};
    binder b = {.outermost = q, .arena = arena, .fault = fault, .err = err, .names = &none};
    q->n_slots = q->n_parameters = 0, q->chance = false;
    return bind_parts(&b, q);
}
