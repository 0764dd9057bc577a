/* SPDX-License-Identifier: GPL-3.0-or-later
 * parse_value.c: what an operator stands between: literals, names, calls, comprehensions, subqueries, and what stands
 * behind a value: .name [index] :Label. */
#include "queries/language/parse_inside.h"

static cd_status add_name(parser *p, expression *x, cd_slice name)
{
    cd_slice *grown = parse_room(p, x->names, x->n_names, sizeof *grown);
    if (!grown) return CD_EMEMORY;
    grown[x->n_names++] = name;
    x->names = grown;
    return CD_OK;
}

/* Expressions between commas, up to a closing sign that is read. */
static cd_status expressions_until(parser *p, expression *x, uint8_t closing, const char *expected)
{
    cd_status st = CD_OK;
    if (parse_take(p, closing)) return CD_OK;
    do {
        expression *one;
        CD_TRY(parse_expression(p, &one));
        CD_TRY(parse_add(p, x, one));
    } while (parse_take(p, ','));
    CD_TRY(parse_expect(p, closing, expected));
done:
    return st;
}

/* ---- Literals ---- */

static cd_status whole_literal(parser *p, expression **out)
{
    const token *t = p->now++;
    if (t->integer > INT64_MAX)
        return parse_fail(p, t->at, "IntegerOverflow",
                          "this number is too large: whole numbers end at 9223372036854775807");
    return parse_literal(p, value_integer((int64_t)t->integer), t->at, out);
}

cd_status parse_map(parser *p, expression **out)
{
    cd_status st = CD_OK;
    uint32_t at = p->now->at;
    CD_TRY(parse_new(p, X_MAP, at, out));
    CD_TRY(parse_expect(p, '{', "'{'"));
    if (!parse_take(p, '}')) {
        do {
            cd_slice key;
            expression *of;
            if (parse_at(p, TOKEN_TEXT))
                CD_TRY(parse_fail(p, p->now->at, "UnexpectedSyntax",
                                  "a key of a map is a name, without quotes: {name: value}"));
            CD_TRY(parse_any_name(p, "a key, as in {name: value},", &key));
            CD_TRY(parse_expect(p, ':', "':' after the key"));
            CD_TRY(parse_expression(p, &of));
            CD_TRY(add_name(p, *out, key));
            CD_TRY(parse_add(p, *out, of));
        } while (parse_take(p, ','));
        CD_TRY(parse_expect(p, '}', "',' or '}'"));
    }
    CD_TRY(parse_done(p, *out, 0));
done:
    return st;
}

/* ---- Names within an expression: comprehensions, quantifiers, reduce ---- */

static bool at_name_in(const parser *p) { return parse_at_name(p) && p->now[1].word == WORD_IN; }

/* name IN list */
static cd_status name_in(parser *p, expression *x)
{
    cd_status st = CD_OK;
    expression *list;
    CD_TRY(parse_name(p, "a name", &x->name));
    if (!parse_take_word(p, WORD_IN)) CD_TRY(parse_unexpected(p, "IN"));
    CD_TRY(parse_expression(p, &list));
    CD_TRY(parse_add(p, x, list));
done:
    return st;
}

/* [name IN list WHERE condition | result], after the `[` */
static cd_status list_comprehension(parser *p, uint32_t at, expression **out)
{
    cd_status st = CD_OK;
    expression *where = NULL, *result = NULL;
    CD_TRY(parse_new(p, X_LIST_COMPREHENSION, at, out));
    CD_TRY(name_in(p, *out));
    if (parse_take_word(p, WORD_WHERE)) CD_TRY(parse_expression(p, &where));
    if (parse_take(p, '|')) CD_TRY(parse_expression(p, &result));
    CD_TRY(parse_expect(p, ']', where ? "'|' or ']'" : "WHERE, '|' or ']'"));
    CD_TRY(parse_add(p, *out, where));
    CD_TRY(parse_add(p, *out, result));
    CD_TRY(parse_done(p, *out, 0));
done:
    return st;
}

static cd_status new_pattern(parser *p, expression *x)
{
    x->patterns = cd_arena_alloc(p->arena, 1, sizeof *x->patterns, p->err);
    if (!x->patterns) return CD_EMEMORY;
    *x->patterns = (pattern){.slot = NO_SLOT};
    return CD_OK;
}

/* [name = (a)-->(b) WHERE condition | result], after the `[` */
static cd_status pattern_comprehension(parser *p, uint32_t at, expression **out)
{
    cd_status st = CD_OK;
    expression *where = NULL, *result;
    uint32_t tallest = p->tallest;
    cd_slice name = {0};
    CD_TRY(parse_new(p, X_PATTERN_COMPREHENSION, at, out));
    CD_TRY(new_pattern(p, *out));
    p->tallest = 0;
    if (!parse_at(p, '(')) {
        CD_TRY(parse_name(p, "a name", &name));
        CD_TRY(parse_expect(p, '=', "'='"));
    }
    CD_TRY(parse_path(p, (*out)->patterns));
    (*out)->patterns->variable = name;
    if (parse_take_word(p, WORD_WHERE)) CD_TRY(parse_expression(p, &where));
    CD_TRY(parse_expect(p, '|', where ? "'|'" : "WHERE or '|'"));
    CD_TRY(parse_expression(p, &result));
    CD_TRY(parse_expect(p, ']', "']'"));
    CD_TRY(parse_add(p, *out, where));
    CD_TRY(parse_add(p, *out, result));
    uint32_t inside = p->tallest;
    p->tallest = tallest;
    CD_TRY(parse_done(p, *out, inside));
done:
    return st;
}

static cd_status list(parser *p, expression **out)
{
    cd_status st = CD_OK;
    uint32_t at = p->now++->at;
    bool named_path = parse_at_name(p) && p->now[1].kind == '=' && parse_pattern_starts(p, &p->now[2]);
    if (at_name_in(p)) return list_comprehension(p, at, out);
    if (named_path || parse_pattern_starts(p, p->now)) return pattern_comprehension(p, at, out);
    CD_TRY(parse_new(p, X_LIST, at, out));
    CD_TRY(expressions_until(p, *out, ']', "',' or ']'"));
    CD_TRY(parse_done(p, *out, 0));
done:
    return st;
}

/* all(name IN list WHERE condition) */
static cd_status quantifier(parser *p, operation op, expression **out)
{
    cd_status st = CD_OK;
    expression *where;
    CD_TRY(parse_new(p, X_QUANTIFIER, p->now->at, out));
    (*out)->op = op;
    p->now += 2;
    CD_TRY(name_in(p, *out));
    if (!parse_take_word(p, WORD_WHERE)) CD_TRY(parse_unexpected(p, "WHERE"));
    CD_TRY(parse_expression(p, &where));
    CD_TRY(parse_expect(p, ')', "')'"));
    CD_TRY(parse_add(p, *out, where));
    CD_TRY(parse_done(p, *out, 0));
done:
    return st;
}

/* reduce(name = start, element IN list | next) */
static cd_status reduce(parser *p, expression **out)
{
    cd_status st = CD_OK;
    expression *part;
    cd_slice element;
    CD_TRY(parse_new(p, X_REDUCE, p->now->at, out));
    p->now += 2;
    CD_TRY(parse_name(p, "a name, as in reduce(sum = 0, x IN list | sum + x)", &(*out)->name));
    CD_TRY(parse_expect(p, '=', "'='"));
    CD_TRY(parse_expression(p, &part));
    CD_TRY(parse_add(p, *out, part));
    CD_TRY(parse_expect(p, ',', "','"));
    CD_TRY(parse_name(p, "a name for each element", &element));
    CD_TRY(add_name(p, *out, element));
    if (!parse_take_word(p, WORD_IN)) CD_TRY(parse_unexpected(p, "IN"));
    CD_TRY(parse_expression(p, &part));
    CD_TRY(parse_add(p, *out, part));
    CD_TRY(parse_expect(p, '|', "'|'"));
    CD_TRY(parse_expression(p, &part));
    CD_TRY(parse_add(p, *out, part));
    CD_TRY(parse_expect(p, ')', "')'"));
    CD_TRY(parse_done(p, *out, 0));
done:
    return st;
}

/* ---- Patterns and subqueries within expressions ---- */

/* It counts as one deeper than it stands, as the printer may put it in parentheses, and those around a pattern do not count. */
static cd_status pattern_predicate(parser *p, expression **out)
{
    cd_status st = CD_OK;
    uint32_t tallest = p->tallest;
    CD_TRY(parse_enter(p));
    CD_TRY(parse_new(p, X_PATTERN, p->now->at, out));
    CD_TRY(new_pattern(p, *out));
    p->tallest = 0;
    CD_TRY(parse_path(p, (*out)->patterns));
    uint32_t inside = p->tallest;
    p->tallest = tallest;
    CD_TRY(parse_done(p, *out, inside));
    parse_leave(p);
done:
    return st;
}

/* EXISTS { ... } and COUNT { ... } */
static cd_status subquery(parser *p, expression_kind kind, expression **out)
{
    cd_status st = CD_OK;
    uint32_t tallest = p->tallest;
    CD_TRY(parse_new(p, kind, p->now++->at, out));
    p->tallest = 0;
    CD_TRY(parse_subquery(p, &(*out)->subquery));
    uint32_t inside = p->tallest;
    p->tallest = tallest;
    CD_TRY(parse_done(p, *out, inside));
done:
    return st;
}

/* exists((a)-->(b)) is EXISTS { (a)-->(b) }, and exists(a.name) is a.name IS NOT NULL. */
static cd_status exists_of(parser *p, expression **out)
{
    cd_status st = CD_OK;
    uint32_t at = p->now->at;
    expression *of;
    p->now += 2;
    CD_TRY(parse_expression(p, &of));
    CD_TRY(parse_expect(p, ')', "')'"));
    if (of->kind == X_PATTERN) {
        query *q = cd_arena_alloc(p->arena, 1, sizeof *q, p->err);
        single_query *one = q ? cd_arena_alloc(p->arena, 1, sizeof *one, p->err) : NULL;
        clause *match = one ? cd_arena_alloc(p->arena, 1, sizeof *match, p->err) : NULL;
        if (!match) return CD_EMEMORY;
        *match =
            (clause){.kind = CLAUSE_MATCH, .at = of->at, .patterns = of->patterns, .n_patterns = 1, .slot = NO_SLOT};
        *one = (single_query){.clauses = match, .n_clauses = 1};
        *q = (query){.parts = one, .n_parts = 1};
        of->kind = X_EXISTS;
        of->patterns = NULL;
        of->subquery = q;
        of->at = at;
        *out = of;
    } else if (of->kind == X_PROPERTY || of->kind == X_INDEX) {
        CD_TRY(parse_made(p, X_IS_NOT_NULL, OP_NONE_GIVEN, at, of, NULL, out));
    } else {
        CD_TRY(parse_fail(p, at, "InvalidArgumentExpression",
                          "exists() is of a pattern or of a property, as in exists(o.unit)"));
    }
done:
    return st;
}

/* ---- Calls and CASE ---- */

/* The `(` of a call whose name begins at the next token, or NULL: size( or date.truncate( */
static const token *call_bracket(const parser *p)
{
    const token *t = p->now;
    if (t->kind != TOKEN_WORD && t->kind != TOKEN_QUOTED) return NULL;
    while (t[1].kind == '.' && (t[2].kind == TOKEN_WORD || t[2].kind == TOKEN_QUOTED)) t += 2;
    return t[1].kind == '(' ? t + 1 : NULL;
}

/* The words and dots up to `end`, joined; also where spaces stood between. */
static cd_status dotted_name(parser *p, const token *end, cd_slice *out)
{
    char *joined = NULL;
    uint32_t n = 0;
    if (p->now + 1 == end) {
        *out = p->now++->text;
        return CD_OK;
    }
    for (const token *t = p->now; t < end; t += 2) n += t->text.n + 1;
    joined = cd_arena_alloc(p->arena, n, 1, p->err);
    if (!joined) return CD_EMEMORY;
    n = 0;
    for (; p->now < end; p->now++) {
        if (p->now->kind == '.')
            joined[n++] = '.';
        else if (p->now->text.n)
            memcpy(joined + n, p->now->text.bytes, p->now->text.n), n += p->now->text.n;
    }
    *out = (cd_slice){joined, n};
    return CD_OK;
}

static cd_status call(parser *p, const token *bracket, expression **out)
{
    cd_status st = CD_OK;
    CD_TRY(parse_new(p, X_CALL, p->now->at, out));
    CD_TRY(dotted_name(p, bracket, &(*out)->name));
    p->now++;
    if (parse_at(p, '*') && p->now[1].kind == ')') {
        (*out)->star = true;
        p->now += 2;
    } else {
        (*out)->distinct = parse_take_word(p, WORD_DISTINCT);
        if ((*out)->distinct && parse_at(p, ')')) CD_TRY(parse_unexpected(p, "an expression"));
        CD_TRY(expressions_until(p, *out, ')', "',' or ')'"));
    }
    CD_TRY(parse_done(p, *out, 0));
done:
    return st;
}

static cd_status case_when(parser *p, expression **out)
{
    cd_status st = CD_OK;
    expression *part = NULL;
    CD_TRY(parse_new(p, X_CASE, p->now++->at, out));
    if (!parse_at_word(p, WORD_WHEN)) CD_TRY(parse_expression(p, &part));
    CD_TRY(parse_add(p, *out, part));
    if (!parse_at_word(p, WORD_WHEN)) CD_TRY(parse_unexpected(p, "WHEN"));
    while (parse_take_word(p, WORD_WHEN)) {
        CD_TRY(parse_expression(p, &part));
        CD_TRY(parse_add(p, *out, part));
        if (!parse_take_word(p, WORD_THEN)) CD_TRY(parse_unexpected(p, "THEN"));
        CD_TRY(parse_expression(p, &part));
        CD_TRY(parse_add(p, *out, part));
    }
    part = NULL;
    if (parse_take_word(p, WORD_ELSE)) CD_TRY(parse_expression(p, &part));
    CD_TRY(parse_add(p, *out, part));
    if (!parse_take_word(p, WORD_END)) CD_TRY(parse_unexpected(p, part ? "END" : "WHEN, ELSE or END"));
    CD_TRY(parse_done(p, *out, 0));
done:
    return st;
}

/* ---- Values ---- */

static cd_status parentheses(parser *p, expression **out)
{
    cd_status st = CD_OK;
    if (parse_pattern_starts(p, p->now)) return pattern_predicate(p, out);
    p->now++;
    bool around_pattern = parse_pattern_starts(p, p->now);
    if (around_pattern) parse_leave(p);
    CD_TRY(parse_expression(p, out));
    CD_TRY(parse_expect(p, ')', "')'"));
    if (around_pattern) CD_TRY(parse_enter(p));
done:
    return st;
}

static cd_status variable(parser *p, expression **out)
{
    cd_status st = parse_new(p, X_VARIABLE, p->now->at, out);
    if (st == CD_OK) st = parse_name(p, "an expression", &(*out)->name);
    return st == CD_OK ? parse_done(p, *out, 0) : st;
}

/* What begins with a word. */
static cd_status worded(parser *p, expression **out)
{
    const token *t = p->now, *bracket = call_bracket(p);
    bool names_in = bracket == t + 1 && (t[2].kind == TOKEN_WORD || t[2].kind == TOKEN_QUOTED) && t[3].word == WORD_IN;
    switch ((query_word)t->word) {
    case WORD_TRUE: p->now++; return parse_literal(p, value_boolean(true), t->at, out);
    case WORD_FALSE: p->now++; return parse_literal(p, value_boolean(false), t->at, out);
    case WORD_NULL: p->now++; return parse_literal(p, value_null(), t->at, out);
    case WORD_CASE: return case_when(p, out);
    case WORD_ALL:
        if (names_in) return quantifier(p, OP_ALL, out);
        break;
    case WORD_ANY:
        if (names_in) return quantifier(p, OP_ANY, out);
        break;
    case WORD_NONE:
        if (names_in) return quantifier(p, OP_NONE, out);
        break;
    case WORD_SINGLE:
        if (names_in) return quantifier(p, OP_SINGLE, out);
        break;
    case WORD_REDUCE:
        if (bracket == t + 1) return reduce(p, out);
        break;
    case WORD_EXISTS:
        if (t[1].kind == '{') return subquery(p, X_EXISTS, out);
        if (bracket == t + 1) return exists_of(p, out);
        break;
    case WORD_COUNT:
        if (t[1].kind == '{') return subquery(p, X_COUNT, out);
        break;
    case WORD_SHORTESTPATH:
    case WORD_ALLSHORTESTPATHS:
        if (bracket == t + 1)
            return parse_fail(p, t->at, "UnexpectedSyntax",
                              "shortest paths stand in MATCH: MATCH p = shortestPath((a)-[*]-(b))");
        break;
    default: break;
    }
    if (bracket && t->word <= WORD_LAST_FREE) return call(p, bracket, out);
    return variable(p, out);
}

static cd_status atom(parser *p, expression **out)
{
    const token *t = p->now;
    cd_status st;
    switch (t->kind) {
    case TOKEN_INTEGER: return whole_literal(p, out);
    case TOKEN_REAL: p->now++; return parse_literal(p, value_real(t->real), t->at, out);
    case TOKEN_TEXT: p->now++; return parse_literal(p, value_text((cd_slice){t->text.bytes, t->text.n}), t->at, out);
    case TOKEN_PARAMETER:
        p->now++;
        st = parse_new(p, X_PARAMETER, t->at, out);
        if (st == CD_OK) (*out)->name = t->text;
        return st == CD_OK ? parse_done(p, *out, 0) : st;
    case '(': return parentheses(p, out);
    case '[': return list(p, out);
    case '{': return parse_map(p, out);
    case TOKEN_WORD:
    case TOKEN_QUOTED: return worded(p, out);
    default: return parse_unexpected(p, "an expression");
    }
}

/* [index], [from..to], [from..], [..to] */
static cd_status bracketed(parser *p, expression **x)
{
    cd_status st = CD_OK;
    expression *from = NULL, *to = NULL, *made_of;
    uint32_t at = p->now++->at;
    if (!parse_at(p, TOKEN_DOTS)) CD_TRY(parse_expression(p, &from));
    bool slice = parse_take(p, TOKEN_DOTS);
    if (slice && !parse_at(p, ']')) CD_TRY(parse_expression(p, &to));
    CD_TRY(parse_expect(p, ']', slice ? "']'" : "'..' or ']'"));
    if (!slice) {
        CD_TRY(parse_made(p, X_INDEX, OP_NONE_GIVEN, at, *x, from, x));
    } else {
        CD_TRY(parse_new(p, X_SLICE, at, &made_of));
        CD_TRY(parse_add(p, made_of, *x));
        CD_TRY(parse_add(p, made_of, from));
        CD_TRY(parse_add(p, made_of, to));
        CD_TRY(parse_done(p, made_of, 0));
        *x = made_of;
    }
done:
    return st;
}

static cd_status property(parser *p, expression **x)
{
    cd_status st = CD_OK;
    uint32_t at = p->now++->at;
    cd_slice name;
    CD_TRY(parse_any_name(p, "the name of a property", &name));
    CD_TRY(parse_made(p, X_PROPERTY, OP_NONE_GIVEN, at, *x, NULL, x));
    (*x)->name = name;
done:
    return st;
}

static cd_status labels(parser *p, expression **x)
{
    cd_status st = CD_OK;
    uint32_t at = p->now->at;
    CD_TRY(parse_made(p, X_HAS_LABELS, OP_NONE_GIVEN, at, *x, NULL, x));
    while (parse_take(p, ':')) {
        cd_slice name;
        CD_TRY(parse_any_name(p, "a label", &name));
        CD_TRY(add_name(p, *x, name));
    }
done:
    return st;
}

/* A value and what stands behind it. */
cd_status parse_value(parser *p, expression **out)
{
    cd_status st = CD_OK;
    expression *x;
    CD_TRY(parse_enter(p));
    CD_TRY(atom(p, &x));
    for (;;) {
        if (parse_at(p, '.'))
            CD_TRY(property(p, &x));
        else if (parse_at(p, '['))
            CD_TRY(bracketed(p, &x));
        else if (parse_at(p, ':'))
            CD_TRY(labels(p, &x));
        else
            break;
    }
    parse_leave(p);
    *out = x;
done:
    return st;
}
