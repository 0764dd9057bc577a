/* SPDX-License-Identifier: GPL-3.0-or-later
 * parse_pattern.c: patterns: nodes, relationships, paths, and how many steps they take. */
#include "queries/language/parse_inside.h"

#include <stdlib.h>

static bool a_name(const token *t) { return t->kind == TOKEN_WORD || t->kind == TOKEN_QUOTED; }

/* Whether what stands between t and its partner is a node's: (), (name:Label {map}), any of the three left out. EXISTS
 * { and COUNT { begin a subquery. */
static bool like_node(const parser *p, const token *t)
{
    const token *end = &p->tokens[t->pair];
    bool named = a_name(&t[1]);
    t += named ? 2 : 1;
    if (t->kind == '{' && named && (t[-1].word == WORD_EXISTS || t[-1].word == WORD_COUNT)) return false;
    while (t->kind == ':' && a_name(&t[1])) t += 2;
    if (t->kind == '{')
        t = &p->tokens[t->pair + 1];
    else if (t->kind == TOKEN_PARAMETER)
        t++;
    return t == end;
}

/* Behind it a relationship: -[ or <-[, or two dashes and then an arrow's end or a node. Anything else is arithmetic. */
bool parse_pattern_starts(const parser *p, const token *t)
{
    if (t->kind != '(' || !like_node(p, t)) return false;
    const token *behind = &p->tokens[t->pair + 1];
    if (behind->kind == '<') behind++;
    if (behind->kind != '-') return false;
    if (behind[1].kind == '[') return true;
    return behind[1].kind == '-' && (behind[2].kind == '(' || behind[2].kind == '>');
}

/* :A:B of a node; :A|B or :A|:B of a relationship */
static cd_status names(parser *p, uint8_t between, const char *expected, cd_slice **out, uint32_t *n)
{
    cd_status st = CD_OK;
    while (parse_take(p, ':') || (*n > 0 && parse_take(p, between))) {
        cd_slice *grown = parse_room(p, *out, *n, sizeof *grown);
        if (!grown) return CD_EMEMORY;
        *out = grown;
        if (between == '|') parse_take(p, ':');
        CD_TRY(parse_any_name(p, expected, &grown[*n]));
        ++*n;
    }
done:
    return st;
}

static cd_status properties(parser *p, expression **out)
{
    cd_status st = CD_OK;
    const token *t = p->now;
    if (parse_at(p, '{')) return parse_map(p, out);
    if (!parse_take(p, TOKEN_PARAMETER)) return CD_OK;
    CD_TRY(parse_new(p, X_PARAMETER, t->at, out));
    (*out)->name = t->text;
    CD_TRY(parse_done(p, *out, 0));
done:
    return st;
}

static cd_status node(parser *p, node_pattern *out)
{
    cd_status st = CD_OK;
    *out = (node_pattern){.at = p->now->at, .slot = NO_SLOT};
    CD_TRY(parse_expect(p, '(', "a node, as in (o:Officer),"));
    if (!parse_at(p, ')') && !parse_at(p, ':') && !parse_at(p, '{') && !parse_at(p, TOKEN_PARAMETER))
        CD_TRY(parse_name(p, "a name, ':' or ')'", &out->variable));
    CD_TRY(names(p, ':', "a label", &out->labels, &out->n_labels));
    if (parse_at(p, '|'))
        CD_TRY(parse_fail(p, p->now->at, "UnexpectedSyntax",
                          "a node is of one label here; for several write WHERE n:A OR n:B"));
    CD_TRY(properties(p, &out->properties));
    CD_TRY(parse_expect(p, ')',
                        out->properties ? "')'"
                        : out->n_labels ? "':', '{' or ')'"
                                        : "':', a map of properties or ')'"));
done:
    return st;
}

/* A number of steps; more than fit are as good as open. */
static uint32_t steps(const token *t) { return t->integer < NO_LIMIT ? (uint32_t)t->integer : NO_LIMIT - 1; }

/* *, *2, *1.., *..3, *1..3 */
static cd_status range(parser *p, edge_pattern *out)
{
    out->many = true;
    out->lo = 1, out->hi = NO_LIMIT;
    bool from = parse_at(p, TOKEN_INTEGER);
    if (from) out->lo = out->hi = steps(p->now++);
    if (parse_take(p, TOKEN_DOTS)) {
        out->hi = NO_LIMIT;
        if (parse_at(p, TOKEN_INTEGER)) out->hi = steps(p->now++);
    } else if (parse_at(p, '-') || parse_at(p, TOKEN_REAL)) {
        return parse_fail(p, p->now->at, "InvalidRelationshipPattern",
                          "a number of steps is whole and not negative: *2, *1..3, *..3 or *");
    }
    return CD_OK;
}

/* [name:TYPE|TYPE *1..3 {properties}], after the `[` */
static cd_status edge_inside(parser *p, edge_pattern *out)
{
    cd_status st = CD_OK;
    if (parse_at_name(p)) CD_TRY(parse_name(p, "a name", &out->variable));
    CD_TRY(names(p, '|', "a type of relationship", &out->types, &out->n_types));
    if (parse_at(p, TOKEN_DOTS))
        CD_TRY(parse_fail(p, p->now->at, "InvalidRelationshipPattern",
                          "found '..' where '*' was expected: *1..3, *..3 or *"));
    if (parse_take(p, '*')) CD_TRY(range(p, out));
    CD_TRY(properties(p, &out->properties));
    CD_TRY(parse_expect(p, ']', out->properties ? "']'" : "a type as in [:ACCESSED], '*', a map of properties or ']'"));
done:
    return st;
}

static cd_status edge(parser *p, edge_pattern *out)
{
    cd_status st = CD_OK;
    *out = (edge_pattern){.at = p->now->at, .slot = NO_SLOT, .lo = 1, .hi = 1};
    bool left = parse_take(p, '<');
    CD_TRY(parse_expect(p, '-', "'-'"));
    if (parse_take(p, '[')) CD_TRY(edge_inside(p, out));
    CD_TRY(parse_expect(p, '-', "'-' or '->'"));
    bool right = parse_take(p, '>');
    out->direction = left == right ? EDGE_BOTH : left ? EDGE_LEFT : EDGE_RIGHT;
done:
    return st;
}

cd_status parse_path(parser *p, pattern *out)
{
    cd_status st = CD_OK;
    uint32_t n_nodes = 0;
    *out = (pattern){.at = p->now->at, .slot = NO_SLOT};
    if (parse_at(p, '(') && p->now[1].kind == '(') { /* ((a)-->(b)) is (a)-->(b) */
        p->now++;
        CD_TRY(parse_enter(p));
        CD_TRY(parse_path(p, out));
        parse_leave(p);
        CD_TRY(parse_expect(p, ')', "')'"));
        return CD_OK;
    }
    for (;;) {
        node_pattern *nodes = parse_room(p, out->nodes, n_nodes, sizeof *nodes);
        if (!nodes) return CD_EMEMORY;
        out->nodes = nodes;
        CD_TRY(node(p, &nodes[n_nodes++]));
        if (!parse_at(p, '-') && !(parse_at(p, '<') && p->now[1].kind == '-')) break;
        edge_pattern *edges = parse_room(p, out->edges, out->n_edges, sizeof *edges);
        if (!edges) return CD_EMEMORY;
        out->edges = edges;
        CD_TRY(edge(p, &edges[out->n_edges]));
        out->n_edges++;
    }
done:
    return st;
}
