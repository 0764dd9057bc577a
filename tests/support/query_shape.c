/* SPDX-License-Identifier: GPL-3.0-or-later
 * query_shape.c: numbers for kinds, lengths before names, no cleverness. */
#include "tests/support/query_shape.h"

static void put_expression(const expression *x, cd_buffer *out);

static void put_name(cd_slice s, cd_buffer *out)
{
    cd_buffer_printf(out, "%d:%u:", s.bytes != NULL, s.n);
    cd_buffer_add(out, s.bytes ? s.bytes : "", s.n);
}

static void put_literal(value v, cd_buffer *out)
{
    cd_buffer_printf(out, "=%d ", v.type);
    if (v.type == VALUE_BOOLEAN) cd_buffer_printf(out, "%d", v.as.boolean);
    if (v.type == VALUE_INTEGER) cd_buffer_printf(out, "%lld", (long long)v.as.integer);
    if (v.type == VALUE_REAL) cd_buffer_printf(out, "%a", v.as.real);
    if (v.type == VALUE_TEXT) put_name(value_slice(v), out);
}

static void put_pattern(const pattern *p, cd_buffer *out)
{
    cd_buffer_printf(out, "<%d ", p->choice);
    put_name(p->variable, out);
    for (uint32_t i = 0; i <= p->n_edges; i++) {
        const node_pattern *n = &p->nodes[i];
        cd_buffer_printf(out, "(");
        put_name(n->variable, out);
        for (uint32_t k = 0; k < n->n_labels; k++) put_name(n->labels[k], out);
        put_expression(n->properties, out);
        cd_buffer_printf(out, ")");
        if (i == p->n_edges) break;
        const edge_pattern *e = &p->edges[i];
        cd_buffer_printf(out, "[%d %d %u %u ", e->direction, e->many, e->lo, e->hi);
        put_name(e->variable, out);
        for (uint32_t k = 0; k < e->n_types; k++) put_name(e->types[k], out);
        put_expression(e->properties, out);
        cd_buffer_printf(out, "]");
    }
    cd_buffer_printf(out, ">");
}

static void put_expression(const expression *x, cd_buffer *out)
{
    if (!x) {
        cd_buffer_printf(out, "_");
        return;
    }
    cd_buffer_printf(out, "{%d %d %d %d %u ", x->kind, x->op, x->distinct, x->star, x->height);
    put_name(x->name, out);
    for (uint32_t i = 0; i < x->n_names; i++) put_name(x->names[i], out);
    if (x->kind == X_LITERAL) put_literal(x->literal, out);
    for (uint32_t i = 0; x->kind == X_COMPARISONS && i + 1 < x->n_of; i++) cd_buffer_printf(out, "%d ", x->ops[i]);
    if (x->patterns) put_pattern(x->patterns, out);
    if (x->subquery) query_shape(x->subquery, out);
    for (uint32_t i = 0; i < x->n_of; i++) put_expression(x->of[i], out);
    cd_buffer_printf(out, "}");
}

static void put_projection(const projection *j, cd_buffer *out)
{
    cd_buffer_printf(out, "P%d%d", j->distinct, j->star);
    for (uint32_t i = 0; i < j->n_items; i++) {
        put_name(j->items[i].alias, out);
        put_name(j->items[i].name, out);
        put_expression(j->items[i].what, out);
    }
    for (uint32_t i = 0; i < j->n_keys; i++) {
        cd_buffer_printf(out, "K%d", j->keys[i].falling);
        put_expression(j->keys[i].by, out);
    }
    put_expression(j->skip, out);
    put_expression(j->limit, out);
    put_expression(j->where, out);
}

static void put_clause(const clause *c, cd_buffer *out)
{
    cd_buffer_printf(out, "C%d %d %d %d ", c->kind, c->optional, c->has_arguments, c->yields_all);
    put_name(c->name, out);
    for (uint32_t i = 0; i < c->n_patterns; i++) put_pattern(&c->patterns[i], out);
    for (uint32_t i = 0; i < c->n_arguments; i++) put_expression(c->arguments[i], out);
    for (uint32_t i = 0; i < c->n_yields; i++) put_name(c->yields[i].name, out), put_name(c->yields[i].alias, out);
    put_expression(c->what, out);
    put_expression(c->where, out);
    if (c->projection) put_projection(c->projection, out);
}

void query_shape(const query *q, cd_buffer *out)
{
    cd_buffer_printf(out, "Q%d ", q->wish);
    for (uint32_t i = 0; i < q->n_parts; i++) {
        if (i) cd_buffer_printf(out, "U%d ", q->all[i - 1]);
        for (uint32_t k = 0; k < q->parts[i].n_clauses; k++) put_clause(&q->parts[i].clauses[k], out);
    }
}

/* Those of subqueries within expressions keep their texts. */
void query_name_columns(query *q)
{
    for (uint32_t i = 0; i < q->n_parts; i++) {
        for (uint32_t k = 0; k < q->parts[i].n_clauses; k++) {
            projection *j = q->parts[i].clauses[k].projection;
            for (uint32_t m = 0; j && m < j->n_items; m++) j->items[m].alias = j->items[m].name;
        }
    }
}
