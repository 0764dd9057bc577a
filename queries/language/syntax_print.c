/* SPDX-License-Identifier: GPL-3.0-or-later
 * syntax_print.c: a tree as text, with no more parentheses than the parser needs to find the same tree again. A column
 * without an alias is printed as it was written, since that is its name. */
#include "queries/language/parse.h"
#include "queries/language/token.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* The levels of parse_expression.c. */
enum { P_OR, P_XOR, P_AND, P_NOT, P_COMPARISON, P_PREDICATE, P_SUM, P_PRODUCT, P_POWER, P_SIGN, P_VALUE };

static void put_query(const query *q, cd_buffer *out);
static void put_path(const pattern *p, cd_buffer *out);

static void put(cd_buffer *out, const char *text) { cd_buffer_add(out, text, strlen(text)); }
static void put_slice(cd_buffer *out, cd_slice s) { cd_buffer_add(out, s.bytes, s.n); }

static void put_quoted_name(cd_buffer *out, cd_slice name)
{
    put(out, "`");
    for (uint32_t i = 0; i < name.n; i++)
        cd_buffer_add(out, name.bytes[i] == '`' ? "``" : name.bytes + i, name.bytes[i] == '`' ? 2 : 1);
    put(out, "`");
}

static void put_name(cd_buffer *out, cd_slice name)
{
    if (query_name_needs_quotes(name))
        put_quoted_name(out, name);
    else
        put_slice(out, name);
}

/* date.truncate: each part a name. */
static void put_dotted(cd_buffer *out, cd_slice name)
{
    uint32_t from = 0;
    for (uint32_t i = 0; i <= name.n; i++) {
        if (i < name.n && name.bytes[i] != '.') continue;
        if (from > 0) put(out, ".");
        put_name(out, (cd_slice){name.bytes + from, i - from});
        from = i + 1;
    }
}

/* ---- Literals ---- */

static void put_text(cd_buffer *out, cd_slice s)
{
    static const char special[] = "\\'\b\f\n\r\t", letters[] = "\\'bfnrt";
    put(out, "'");
    for (uint32_t i = 0; i < s.n; i++) {
        const char *found = s.bytes[i] ? strchr(special, s.bytes[i]) : NULL;
        if (found)
            cd_buffer_printf(out, "\\%c", letters[found - special]);
        else if ((unsigned char)s.bytes[i] < ' ')
            cd_buffer_printf(out, "\\u%04x", (unsigned)s.bytes[i]);
        else
            cd_buffer_add(out, s.bytes + i, 1);
    }
    put(out, "'");
}

/* The shortest digits that read back as the same number. */
static void put_real(cd_buffer *out, double real)
{
    char digits[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, real);
        if (strtod(digits, NULL) == real) break;
    }
    put(out, digits);
    if (!strpbrk(digits, ".e")) put(out, ".0");
}

static void put_literal(const expression *x, cd_buffer *out)
{
    switch (x->literal.type) {
    case VALUE_BOOLEAN: put(out, x->literal.as.boolean ? "true" : "false"); break;
    case VALUE_INTEGER: cd_buffer_printf(out, "%lld", (long long)x->literal.as.integer); break;
    case VALUE_REAL: put_real(out, x->literal.as.real); break;
    case VALUE_TEXT: put_text(out, value_slice(x->literal)); break;
    default: put(out, "null"); break;
    }
}

/* ---- Expressions ---- */

static const char *operation_text(operation op)
{
    switch (op) {
    case OP_OR: return " OR ";
    case OP_XOR: return " XOR ";
    case OP_AND: return " AND ";
    case OP_NOT: return "NOT ";
    case OP_EQUAL: return " = ";
    case OP_UNEQUAL: return " <> ";
    case OP_LESS: return " < ";
    case OP_AT_MOST: return " <= ";
    case OP_MORE: return " > ";
    case OP_AT_LEAST: return " >= ";
    case OP_PLUS: return " + ";
    case OP_MINUS: return " - ";
    case OP_TIMES: return " * ";
    case OP_DIVIDE: return " / ";
    case OP_MODULO: return " % ";
    case OP_POWER: return " ^ ";
    case OP_IN: return " IN ";
    case OP_STARTS_WITH: return " STARTS WITH ";
    case OP_ENDS_WITH: return " ENDS WITH ";
    case OP_CONTAINS: return " CONTAINS ";
    case OP_MATCHES: return " =~ ";
    case OP_ALL: return "all";
    case OP_ANY: return "any";
    case OP_NONE: return "none";
    case OP_SINGLE: return "single";
    case OP_NONE_GIVEN: break;
    }
    return "";
}

static int level(const expression *x)
{
    switch (x->kind) {
    case X_UNARY: return x->op == OP_NOT ? P_NOT : P_SIGN;
    case X_COMPARISONS:
    case X_PATTERN: return P_COMPARISON; /* behind a pattern's last node a `-` would go on with it */
    case X_IS_NULL:
    case X_IS_NOT_NULL: return P_PREDICATE;
    case X_LITERAL: {
        bool negative = (x->literal.type == VALUE_INTEGER && x->literal.as.integer < 0) ||
                        (x->literal.type == VALUE_REAL && signbit(x->literal.as.real));
        return negative ? P_SIGN : P_VALUE;
    }
    case X_BINARY:
        switch (x->op) {
        case OP_OR: return P_OR;
        case OP_XOR: return P_XOR;
        case OP_AND: return P_AND;
        case OP_PLUS:
        case OP_MINUS: return P_SUM;
        case OP_TIMES:
        case OP_DIVIDE:
        case OP_MODULO: return P_PRODUCT;
        case OP_POWER: return P_POWER;
        default: return P_PREDICATE;
        }
    default: return P_VALUE;
    }
}

/* In parentheses where it binds more loosely than its place asks for. */
static void put_at(const expression *x, int least, cd_buffer *out)
{
    bool parentheses = level(x) < least;
    if (parentheses) put(out, "(");
    expression_print(x, out);
    if (parentheses) put(out, ")");
}

static void put_list(expression *const *of, uint32_t n, cd_buffer *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i) put(out, ", ");
        expression_print(of[i], out);
    }
}

/* [(x IN y)] is a list of a truth, [x IN y] a comprehension; and alike with patterns: whether the text of `first`
 * begins like that. */
static bool like_comprehension(const expression *first)
{
    for (const expression *x = first;; x = x->of[0]) {
        if (x->kind == X_PATTERN) return true;
        if (x->kind != X_BINARY && x->kind != X_COMPARISONS && x->kind != X_IS_NULL && x->kind != X_IS_NOT_NULL)
            return false;
        if (level(x->of[0]) < level(x)) return false; /* in parentheses */
        if (x->of[0]->kind == X_VARIABLE)
            return (x->kind == X_BINARY && x->op == OP_IN) || (x->kind == X_COMPARISONS && x->of[1]->kind == X_PATTERN);
    }
}

static void put_list_literal(const expression *x, cd_buffer *out)
{
    bool parentheses = x->n_of && like_comprehension(x->of[0]);
    put(out, parentheses ? "[(" : "[");
    for (uint32_t i = 0; i < x->n_of; i++) {
        if (i) put(out, ", ");
        expression_print(x->of[i], out);
        if (i == 0 && parentheses) put(out, ")");
    }
    put(out, "]");
}

static void put_map(const expression *x, cd_buffer *out)
{
    put(out, "{");
    for (uint32_t i = 0; i < x->n_of; i++) {
        if (i) put(out, ", ");
        put_name(out, x->names[i]);
        put(out, ": ");
        expression_print(x->of[i], out);
    }
    put(out, "}");
}

static void put_case(const expression *x, cd_buffer *out)
{
    put(out, "CASE");
    if (x->of[0]) put(out, " "), expression_print(x->of[0], out);
    for (uint32_t i = 1; i + 1 < x->n_of; i += 2) {
        put(out, " WHEN ");
        expression_print(x->of[i], out);
        put(out, " THEN ");
        expression_print(x->of[i + 1], out);
    }
    if (x->of[x->n_of - 1]) put(out, " ELSE "), expression_print(x->of[x->n_of - 1], out);
    put(out, " END");
}

static void put_optional(const char *before, const expression *x, cd_buffer *out)
{
    if (!x) return;
    put(out, before);
    expression_print(x, out);
}

static void put_name_in(cd_slice name, const expression *list, cd_buffer *out)
{
    put_name(out, name);
    put(out, " IN ");
    expression_print(list, out);
}

static void put_subquery(const expression *x, cd_buffer *out)
{
    put(out, x->kind == X_EXISTS ? "EXISTS { " : "COUNT { ");
    put_query(x->subquery, out);
    put(out, " }");
}

static void put_binary(const expression *x, cd_buffer *out)
{
    put_at(x->of[0], level(x), out);
    put(out, operation_text(x->op));
    put_at(x->of[1], level(x) + 1, out);
}

static void put_comparisons(const expression *x, cd_buffer *out)
{
    for (uint32_t i = 0; i < x->n_of; i++) {
        if (i) put(out, operation_text(x->ops[i - 1]));
        put_at(x->of[i], P_COMPARISON + 1, out);
    }
}

static void put_unary(const expression *x, cd_buffer *out)
{
    put(out, x->op == OP_NOT ? "NOT " : x->op == OP_MINUS ? "-" : "+");
    if (x->op != OP_NOT && level(x->of[0]) == P_SIGN) put(out, " "); /* - -x: to be read more easily */
    put_at(x->of[0], level(x), out);
}

static void put_call(const expression *x, cd_buffer *out)
{
    bool count = x->name.n == 5 && strncasecmp(x->name.bytes, "count", 5) == 0;
    if (query_name_is_special(x->name) && !count) /* `exists`(...) */
        put_quoted_name(out, x->name);
    else
        put_dotted(out, x->name);
    put(out, x->star ? "(*" : x->distinct ? "(DISTINCT " : "(");
    put_list(x->of, x->n_of, out);
    put(out, ")");
}

void expression_print(const expression *x, cd_buffer *out)
{
    switch (x->kind) {
    case X_LITERAL: put_literal(x, out); break;
    case X_PARAMETER: put(out, "$"), put_name(out, x->name); break;
    case X_VARIABLE: put_name(out, x->name); break;
    case X_PROPERTY: put_at(x->of[0], P_VALUE, out), put(out, "."), put_name(out, x->name); break;
    case X_INDEX: put_at(x->of[0], P_VALUE, out), put(out, "["), expression_print(x->of[1], out), put(out, "]"); break;
    case X_SLICE:
        put_at(x->of[0], P_VALUE, out);
        put_optional("[", x->of[1], out);
        put(out, x->of[1] ? ".." : "[..");
        put_optional("", x->of[2], out);
        put(out, "]");
        break;
    case X_UNARY: put_unary(x, out); break;
    case X_BINARY: put_binary(x, out); break;
    case X_COMPARISONS: put_comparisons(x, out); break;
    case X_IS_NULL: put_at(x->of[0], P_PREDICATE, out), put(out, " IS NULL"); break;
    case X_IS_NOT_NULL: put_at(x->of[0], P_PREDICATE, out), put(out, " IS NOT NULL"); break;
    case X_HAS_LABELS:
        put_at(x->of[0], x->of[0]->kind == X_HAS_LABELS ? P_VALUE + 1 : P_VALUE, out);
        for (uint32_t i = 0; i < x->n_names; i++) put(out, ":"), put_name(out, x->names[i]);
        break;
    case X_LIST: put_list_literal(x, out); break;
    case X_MAP: put_map(x, out); break;
    case X_CALL: put_call(x, out); break;
    case X_CASE: put_case(x, out); break;
    case X_LIST_COMPREHENSION:
        put(out, "["), put_name_in(x->name, x->of[0], out);
        put_optional(" WHERE ", x->of[1], out), put_optional(" | ", x->of[2], out), put(out, "]");
        break;
    case X_PATTERN_COMPREHENSION:
        put(out, "["), put_path(x->patterns, out);
        put_optional(" WHERE ", x->of[0], out), put_optional(" | ", x->of[1], out), put(out, "]");
        break;
    case X_QUANTIFIER:
        put(out, operation_text(x->op)), put(out, "("), put_name_in(x->name, x->of[0], out);
        put_optional(" WHERE ", x->of[1], out), put(out, ")");
        break;
    case X_REDUCE:
        put(out, "reduce("), put_name(out, x->name), put_optional(" = ", x->of[0], out), put(out, ", ");
        put_name_in(x->names[0], x->of[1], out), put_optional(" | ", x->of[2], out), put(out, ")");
        break;
    case X_PATTERN: put_path(x->patterns, out); break;
    case X_EXISTS:
    case X_COUNT: put_subquery(x, out); break;
    }
}

/* ---- Patterns ---- */

static void put_properties(const expression *x, bool space, cd_buffer *out)
{
    if (x) put(out, space ? " " : ""), expression_print(x, out);
}

static void put_node(const node_pattern *n, cd_buffer *out)
{
    put(out, "(");
    if (n->variable.bytes && n->properties && query_name_is_special(n->variable))
        put_quoted_name(out, n->variable); /* (exists {x: 1}) would be a subquery */
    else if (n->variable.bytes)
        put_name(out, n->variable);
    for (uint32_t i = 0; i < n->n_labels; i++) put(out, ":"), put_name(out, n->labels[i]);
    put_properties(n->properties, n->variable.bytes || n->n_labels, out);
    put(out, ")");
}

static void put_range(const edge_pattern *e, cd_buffer *out)
{
    put(out, "*");
    if (e->hi == NO_LIMIT && e->lo == 1) return;
    cd_buffer_printf(out, "%u", e->lo);
    if (e->hi == e->lo) return;
    put(out, "..");
    if (e->hi != NO_LIMIT) cd_buffer_printf(out, "%u", e->hi);
}

static void put_edge(const edge_pattern *e, cd_buffer *out)
{
    bool inside = e->variable.bytes || e->n_types || e->many || e->properties;
    put(out, e->direction == EDGE_LEFT ? "<-" : "-");
    if (inside) {
        put(out, "[");
        if (e->variable.bytes) put_name(out, e->variable);
        for (uint32_t i = 0; i < e->n_types; i++) put(out, i ? "|" : ":"), put_name(out, e->types[i]);
        if (e->many) put_range(e, out);
        put_properties(e->properties, e->variable.bytes || e->n_types || e->many, out);
        put(out, "]");
    }
    put(out, e->direction == EDGE_RIGHT ? "->" : "-");
}

static void put_path(const pattern *p, cd_buffer *out)
{
    if (p->variable.bytes) put_name(out, p->variable), put(out, " = ");
    if (p->choice != PATH_ANY) put(out, p->choice == PATH_SHORTEST ? "shortestPath(" : "allShortestPaths(");
    put_node(&p->nodes[0], out);
    for (uint32_t i = 0; i < p->n_edges; i++) {
        put_edge(&p->edges[i], out);
        put_node(&p->nodes[i + 1], out);
    }
    if (p->choice != PATH_ANY) put(out, ")");
}

static void put_patterns(const clause *c, cd_buffer *out)
{
    for (uint32_t i = 0; i < c->n_patterns; i++) {
        if (i) put(out, ", ");
        put_path(&c->patterns[i], out);
    }
}

/* ---- Clauses ---- */

static void put_item(const projected *item, cd_buffer *out)
{
    if (!item->alias.bytes && !(item->what->kind == X_VARIABLE && cd_slice_equal(item->what->name, item->name))) {
        put_slice(out, item->name);
        return;
    }
    expression_print(item->what, out);
    if (item->alias.bytes) put(out, " AS "), put_name(out, item->alias);
}

static void put_projection(const projection *j, cd_buffer *out)
{
    put(out, j->distinct ? "DISTINCT " : "");
    if (j->star) put(out, j->n_items ? "*, " : "*");
    for (uint32_t i = 0; i < j->n_items; i++) {
        if (i) put(out, ", ");
        put_item(&j->items[i], out);
    }
    for (uint32_t i = 0; i < j->n_keys; i++) {
        put(out, i ? ", " : " ORDER BY ");
        expression_print(j->keys[i].by, out);
        put(out, j->keys[i].falling ? " DESC" : "");
    }
    put_optional(" SKIP ", j->skip, out);
    put_optional(" LIMIT ", j->limit, out);
    put_optional(" WHERE ", j->where, out);
}

static void put_yields(const clause *c, cd_buffer *out)
{
    if (c->yields_all) put(out, " YIELD *");
    for (uint32_t i = 0; i < c->n_yields; i++) {
        put(out, i ? ", " : " YIELD ");
        put_name(out, c->yields[i].name);
        if (c->yields[i].alias.bytes) put(out, " AS "), put_name(out, c->yields[i].alias);
    }
}

static void put_clause(const clause *c, cd_buffer *out)
{
    switch (c->kind) {
    case CLAUSE_MATCH:
        put(out, c->optional ? "OPTIONAL MATCH " : "MATCH ");
        put_patterns(c, out);
        put_optional(" WHERE ", c->where, out);
        break;
    case CLAUSE_UNWIND:
        put_optional("UNWIND ", c->what, out);
        put(out, " AS ");
        put_name(out, c->name);
        break;
    case CLAUSE_WITH:
    case CLAUSE_RETURN:
        put(out, c->kind == CLAUSE_WITH ? "WITH " : "RETURN ");
        put_projection(c->projection, out);
        break;
    case CLAUSE_CALL:
        put(out, "CALL ");
        put_dotted(out, c->name);
        if (c->has_arguments) put(out, "("), put_list(c->arguments, c->n_arguments, out), put(out, ")");
        put_yields(c, out);
        put_optional(" WHERE ", c->where, out);
        break;
    }
}

static void put_query(const query *q, cd_buffer *out)
{
    for (uint32_t i = 0; i < q->n_parts; i++) {
        if (i) put(out, q->all[i - 1] ? " UNION ALL " : " UNION ");
        for (uint32_t c = 0; c < q->parts[i].n_clauses; c++) {
            if (c) put(out, " ");
            put_clause(&q->parts[i].clauses[c], out);
        }
    }
}

void query_print(const query *q, cd_buffer *out)
{
    put(out, q->wish == QUERY_EXPLAIN ? "EXPLAIN " : q->wish == QUERY_PROFILE ? "PROFILE " : "");
    put_query(q, out);
}
