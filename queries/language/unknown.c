/* SPDX-License-Identifier: GPL-3.0-or-later
 * unknown.c: a walk through a bound query that holds each label, type and property against the ontology. Only
 * properties of what is known to be a node or a relationship count: those of maps and times are anything's. */
#include "queries/language/unknown.h"

#include <stdio.h>

#include "queries/arguments.h"

typedef enum { NAME_LABEL, NAME_TYPE, NAME_EITHER, NAME_PROPERTY } name_kind;

typedef struct {
    const candour_ontology *ontology;
    char *words;
    size_t n;
    bool found;
} search;

static void in_query(search *s, const query *q);

/* The names of a table that are of that kind, one after another; NULL behind the last. */
static const char *name_at(const candour_table *t, name_kind kind, uint32_t i)
{
    bool relation = t->class_of == CANDOUR_RELATION;
    uint32_t first = relation ? 2 : 1;
    if (kind == NAME_PROPERTY) return i + first < t->n_columns ? t->columns[i + first].name : NULL;
    return i == 0 && (kind == NAME_EITHER || (kind == NAME_TYPE) == relation) ? t->label : NULL;
}

static bool is_known(const candour_ontology *o, cd_slice name, name_kind kind)
{
    const char *known;
    if (cd_slice_equal(name, cd_slice_of(kind == NAME_PROPERTY ? "id" : "HAS"))) return true;
    for (uint32_t t = 0; t < o->n_tables; t++)
        for (uint32_t i = 0; (known = name_at(&o->tables[t], kind, i)); i++)
            if (cd_slice_equal(name, cd_slice_of(known))) return true;
    return false;
}

static void check(search *s, cd_slice name, name_kind kind)
{
    static const char *const kinds[] = {"label", "type of relationship", "label or type", "property"};
    char written[64];
    const char *known;
    if (s->found || is_known(s->ontology, name, kind)) return;
    cd_slice shown = cd_slice_cut(name, sizeof written - 1);
    snprintf(written, sizeof written, "%.*s", (int)shown.n, shown.bytes);
    cli_nearest nearest = cli_nearest_to(written);
    for (uint32_t t = 0; t < s->ontology->n_tables; t++)
        for (uint32_t i = 0; (known = name_at(&s->ontology->tables[t], kind, i)); i++)
            if (*known) cli_nearest_try(&nearest, known);
    s->found = true;
    snprintf(s->words, s->n, "there is no %s '%s' in this store%s%s%s", kinds[kind], written,
             nearest.best ? "; did you mean '" : "", nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
}

/* Whether every column of that name holds times. */
static bool is_time(const candour_ontology *o, cd_slice name)
{
    bool any = false, all = true;
    for (uint32_t t = 0; t < o->n_tables; t++) {
        int32_t c = candour_column_find(&o->tables[t], name);
        if (c < 0) continue;
        candour_type type = o->tables[t].columns[c].type;
        any = true, all &= type == CANDOUR_TIME || type == CANDOUR_MONTH;
    }
    return any && all;
}

/* A time held against a text: neither equal nor before nor after. */
static void check_time(search *s, cd_slice name, const expression *other)
{
    if (s->found || other->known != KNOWN_TEXT || !is_time(s->ontology, name)) return;
    s->found = true;
    snprintf(s->words, s->n, "'%.*s' is a time, which is neither equal to a text nor before or after one; write datetime('2026-03-01')",
             (int)cd_slice_cut(name, 60).n, name.bytes);
}

/* A relationship between two labels that no table of its types ties, though one does the other way round. */
static void check_direction(search *s, const node_pattern *from, const edge_pattern *e, const node_pattern *to)
{
    const candour_ontology *o = s->ontology;
    const candour_table *turned = NULL;
    if (s->found || e->direction == EDGE_BOTH || e->many || from->n_labels != 1 || to->n_labels != 1) return;
    for (uint32_t i = 0; i < e->n_types; i++)
        for (uint32_t t = 0; t < o->n_tables; t++) {
            const candour_table *table = &o->tables[t];
            if (table->class_of != CANDOUR_RELATION || !cd_slice_equal(cd_slice_of(table->label), e->types[i])) continue;
            cd_slice left = cd_slice_of(o->kinds[table->columns[0].kind].label), right = cd_slice_of(o->kinds[table->columns[1].kind].label);
            bool back = e->direction == EDGE_LEFT;
            if (cd_slice_equal(back ? right : left, from->labels[0]) && cd_slice_equal(back ? left : right, to->labels[0])) return;
            if (cd_slice_equal(back ? left : right, from->labels[0]) && cd_slice_equal(back ? right : left, to->labels[0])) turned = table;
        }
    if (!turned) return;
    s->found = true;
    snprintf(s->words, s->n, "%s leads from %s to %s, not the other way; turn the arrow round", turned->label,
             o->kinds[turned->columns[0].kind].label, o->kinds[turned->columns[1].kind].label);
}

static void in_expression(search *s, const expression *x);

static void in_properties(search *s, const expression *map)
{
    if (!map) return;
    for (uint32_t i = 0; i < map->n_names; i++) {
        check(s, map->names[i], NAME_PROPERTY);
        check_time(s, map->names[i], map->of[i]);
    }
    in_expression(s, map);
}

static void in_pattern(search *s, const pattern *p)
{
    for (uint32_t i = 0; i <= p->n_edges; i++) {
        for (uint32_t k = 0; k < p->nodes[i].n_labels; k++) check(s, p->nodes[i].labels[k], NAME_LABEL);
        in_properties(s, p->nodes[i].properties);
        if (i == p->n_edges) break;
        for (uint32_t k = 0; k < p->edges[i].n_types; k++) check(s, p->edges[i].types[k], NAME_TYPE);
        in_properties(s, p->edges[i].properties);
        check_direction(s, &p->nodes[i], &p->edges[i], &p->nodes[i + 1]);
    }
}

static void in_expression(search *s, const expression *x)
{
    if (!x || s->found) return;
    if (x->kind == X_PROPERTY && (x->of[0]->known == KNOWN_NODE || x->of[0]->known == KNOWN_EDGE))
        check(s, x->name, NAME_PROPERTY);
    for (uint32_t i = 0; x->kind == X_COMPARISONS && i + 1 < x->n_of; i++)
        for (uint32_t side = 0; side < 2; side++) {
            const expression *one = x->of[i + side];
            bool of_row = one->kind == X_PROPERTY && (one->of[0]->known == KNOWN_NODE || one->of[0]->known == KNOWN_EDGE);
            if (of_row) check_time(s, one->name, x->of[i + 1 - side]);
        }
    for (uint32_t i = 0; x->kind == X_HAS_LABELS && i < x->n_names; i++) check(s, x->names[i], NAME_EITHER);
    if (x->patterns) in_pattern(s, x->patterns);
    if (x->subquery) in_query(s, x->subquery);
    for (uint32_t i = 0; i < x->n_of; i++) in_expression(s, x->of[i]);
}

static void in_projection(search *s, const projection *j)
{
    for (uint32_t i = 0; i < j->n_items; i++) in_expression(s, j->items[i].what);
    for (uint32_t i = 0; i < j->n_keys; i++) in_expression(s, j->keys[i].by);
    in_expression(s, j->where);
}

static void in_query(search *s, const query *q)
{
    for (uint32_t i = 0; i < q->n_parts; i++) {
        for (uint32_t k = 0; k < q->parts[i].n_clauses; k++) {
            const clause *c = &q->parts[i].clauses[k];
            for (uint32_t m = 0; m < c->n_patterns; m++) in_pattern(s, &c->patterns[m]);
            for (uint32_t m = 0; m < c->n_arguments; m++) in_expression(s, c->arguments[m]);
            in_expression(s, c->what);
            in_expression(s, c->where);
            if (c->projection) in_projection(s, c->projection);
        }
    }
}

bool query_unknown_name(const query *q, const candour_ontology *ontology, char *words, size_t n)
{
    search s = {.ontology = ontology, .words = words, .n = n};
    in_query(&s, q);
    return s.found;
}
