/* SPDX-License-Identifier: GPL-3.0-or-later
 * parse_expression.c: expressions by precedence climbing (Pratt). From loosest to tightest: OR, XOR, AND, NOT,
 * comparisons, then IS NULL, IN and the operators on texts, then + -, * / %, ^, signs, and what stands behind a value:
 * .name [index] :Label. All of two sides lean left, also ^, as openCypher has it. */
#include "queries/language/parse_inside.h"

enum {
    LEVEL_OR,
    LEVEL_XOR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARISON,
    LEVEL_PREDICATE,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_POWER,
    LEVEL_SIGN
};

static cd_status at_level(parser *p, int least, expression **out);

/* ---- Making nodes ---- */

cd_status parse_new(parser *p, expression_kind kind, uint32_t at, expression **out)
{
    *out = cd_arena_alloc(p->arena, 1, sizeof **out, p->err);
    if (!*out) return CD_EMEMORY;
    **out = (expression){.kind = kind, .at = at, .slot = NO_SLOT, .slot_2 = NO_SLOT};
    return CD_OK;
}

cd_status parse_add(parser *p, expression *x, expression *of)
{
    expression **grown = parse_room(p, x->of, x->n_of, sizeof *grown);
    if (!grown) return CD_EMEMORY;
    grown[x->n_of++] = of;
    x->of = grown;
    return CD_OK;
}

cd_status parse_done(parser *p, expression *x, uint32_t inside)
{
    x->height = inside;
    for (uint32_t i = 0; i < x->n_of; i++)
        if (x->of[i] && x->of[i]->height > x->height) x->height = x->of[i]->height;
    if (++x->height > p->tallest) p->tallest = x->height;
    if (x->height > QUERY_HEIGHT)
        return query_fail(
            p->fault, x->at, "SyntaxError", "TooDeep", p->err,
            "an expression of more than %d operators in a row; give what it lists as a list, or as a parameter",
            QUERY_HEIGHT);
    return CD_OK;
}

/* A node of one or two parts. */
cd_status parse_made(parser *p, expression_kind kind, operation op, uint32_t at, expression *a, expression *b,
                     expression **out)
{
    cd_status st = CD_OK;
    expression *x;
    CD_TRY(parse_new(p, kind, at, &x));
    x->op = op;
    CD_TRY(parse_add(p, x, a));
    if (b) CD_TRY(parse_add(p, x, b));
    CD_TRY(parse_done(p, x, 0));
    *out = x;
done:
    return st;
}

cd_status parse_literal(parser *p, value v, uint32_t at, expression **out)
{
    cd_status st = parse_new(p, X_LITERAL, at, out);
    if (st != CD_OK) return st;
    (*out)->literal = v;
    return parse_done(p, *out, 0);
}

/* ---- Operators ---- */

/* The operator at the next token, its level and how many words it has. */
typedef struct {
    operation op;
    int level;
    uint32_t words;
} infix;

static infix infix_word(const parser *p)
{
    const token *t = p->now;
    switch ((query_word)t->word) {
    case WORD_OR: return (infix){OP_OR, LEVEL_OR, 1};
    case WORD_XOR: return (infix){OP_XOR, LEVEL_XOR, 1};
    case WORD_AND: return (infix){OP_AND, LEVEL_AND, 1};
    case WORD_IN: return (infix){OP_IN, LEVEL_PREDICATE, 1};
    case WORD_CONTAINS: return (infix){OP_CONTAINS, LEVEL_PREDICATE, 1};
    case WORD_STARTS: return (infix){OP_STARTS_WITH, LEVEL_PREDICATE, 2};
    case WORD_ENDS: return (infix){OP_ENDS_WITH, LEVEL_PREDICATE, 2};
    case WORD_IS: return (infix){OP_NONE_GIVEN, LEVEL_PREDICATE, 1};
    default: return (infix){OP_NONE_GIVEN, LEVEL_OR - 1, 0};
    }
}

static infix infix_at(const parser *p)
{
    switch (p->now->kind) {
    case '=': return (infix){OP_EQUAL, LEVEL_COMPARISON, 1};
    case TOKEN_UNEQUAL: return (infix){OP_UNEQUAL, LEVEL_COMPARISON, 1};
    case '<': return (infix){OP_LESS, LEVEL_COMPARISON, 1};
    case TOKEN_AT_MOST: return (infix){OP_AT_MOST, LEVEL_COMPARISON, 1};
    case '>': return (infix){OP_MORE, LEVEL_COMPARISON, 1};
    case TOKEN_AT_LEAST: return (infix){OP_AT_LEAST, LEVEL_COMPARISON, 1};
    case TOKEN_MATCHES: return (infix){OP_MATCHES, LEVEL_PREDICATE, 1};
    case '+': return (infix){OP_PLUS, LEVEL_SUM, 1};
    case '-': return (infix){OP_MINUS, LEVEL_SUM, 1};
    case '*': return (infix){OP_TIMES, LEVEL_PRODUCT, 1};
    case '/': return (infix){OP_DIVIDE, LEVEL_PRODUCT, 1};
    case '%': return (infix){OP_MODULO, LEVEL_PRODUCT, 1};
    case '^': return (infix){OP_POWER, LEVEL_POWER, 1};
    default: return infix_word(p);
    }
}

/* x IS [NOT] NULL, from the IS on */
static cd_status is_null(parser *p, expression **x)
{
    uint32_t at = p->now++->at;
    bool not = parse_take_word(p, WORD_NOT);
    if (!parse_take_word(p, WORD_NULL)) return parse_unexpected(p, not ? "NULL" : "NULL or NOT NULL");
    return parse_made(p, not ? X_IS_NOT_NULL : X_IS_NULL, OP_NONE_GIVEN, at, *x, NULL, x);
}

/* a < b <= c, from the first operator on */
static cd_status comparisons(parser *p, expression **x)
{
    cd_status st = CD_OK;
    expression *chain, *next;
    CD_TRY(parse_new(p, X_COMPARISONS, p->now->at, &chain));
    CD_TRY(parse_add(p, chain, *x));
    for (infix i; (i = infix_at(p)).level == LEVEL_COMPARISON;) {
        operation *grown = parse_room(p, chain->ops, chain->n_of - 1, sizeof *grown);
        if (!grown) return CD_EMEMORY;
        grown[chain->n_of - 1] = i.op;
        chain->ops = grown;
        p->now++;
        CD_TRY(at_level(p, LEVEL_COMPARISON + 1, &next));
        CD_TRY(parse_add(p, chain, next));
    }
    CD_TRY(parse_done(p, chain, 0));
    *x = chain;
done:
    return st;
}

/* A relationship may be drawn with any dash; a number is subtracted with one alone. */
static cd_status plain_minus(parser *p, const token *t)
{
    if (t->kind != '-' || t->n == 1) return CD_OK;
    return parse_fail(p, t->at, "InvalidUnicodeCharacter", "this dash is a typographer's; minus is written '-'");
}

static cd_status two_sided(parser *p, infix i, expression **x)
{
    cd_status st = CD_OK;
    const token *t = p->now;
    expression *right;
    CD_TRY(plain_minus(p, t));
    p->now += i.words;
    if (i.words == 2 && t[1].word != WORD_WITH) {
        p->now = p->now - 1;
        CD_TRY(parse_unexpected(p, "WITH"));
    }
    CD_TRY(at_level(p, i.level + 1, &right));
    CD_TRY(parse_made(p, X_BINARY, i.op, t->at, *x, right, x));
done:
    return st;
}

/* + and - before a value. Of a number it makes a number, so that -1 is a constant and not a calculation. */
static cd_status signed_value(parser *p, expression **out)
{
    cd_status st = CD_OK;
    const token *sign = p->now++;
    expression *of;
    CD_TRY(plain_minus(p, sign));
    if (sign->kind == '-' && parse_at(p, TOKEN_INTEGER) && p->now->integer > INT64_MAX) {
        p->now++;
        return parse_literal(p, value_integer(INT64_MIN), sign->at, out);
    }
    CD_TRY(at_level(p, LEVEL_SIGN, &of));
    if (of->kind == X_LITERAL && sign->kind == '-' && of->literal.type == VALUE_REAL)
        st = parse_literal(p, value_real(-of->literal.as.real), sign->at, out);
    else if (of->kind == X_LITERAL && sign->kind == '-' && of->literal.type == VALUE_INTEGER &&
             of->literal.as.integer != INT64_MIN)
        st = parse_literal(p, value_integer(-of->literal.as.integer), sign->at, out);
    else
        st = parse_made(p, X_UNARY, sign->kind == '-' ? OP_MINUS : OP_PLUS, sign->at, of, NULL, out);
done:
    return st;
}

/* NOT, a sign, or a value. */
static cd_status first_side(parser *p, int least, expression **out)
{
    cd_status st = CD_OK;
    const token *t = p->now;
    if (t->word == WORD_NOT) {
        expression *of;
        if (least > LEVEL_NOT)
            return parse_fail(p, t->at, "UnexpectedSyntax", "NOT behind an operator wants parentheses: (NOT ...)");
        p->now++;
        CD_TRY(parse_enter(p));
        CD_TRY(at_level(p, LEVEL_NOT, &of));
        parse_leave(p);
        CD_TRY(parse_made(p, X_UNARY, OP_NOT, t->at, of, NULL, out));
    } else if (t->kind == '-' || t->kind == '+') {
        CD_TRY(parse_enter(p));
        CD_TRY(signed_value(p, out));
        parse_leave(p);
    } else {
        CD_TRY(parse_value(p, out));
    }
done:
    return st;
}

static cd_status at_level(parser *p, int least, expression **out)
{
    cd_status st = CD_OK;
    expression *x;
    CD_TRY(first_side(p, least, &x));
    for (infix i; (i = infix_at(p)).level >= least;) {
        if (i.level == LEVEL_COMPARISON)
            CD_TRY(comparisons(p, &x));
        else if (parse_at_word(p, WORD_IS))
            CD_TRY(is_null(p, &x));
        else
            CD_TRY(two_sided(p, i, &x));
    }
    *out = x;
done:
    return st;
}

cd_status parse_expression(parser *p, expression **out) { return at_level(p, LEVEL_OR, out); }
