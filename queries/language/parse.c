/* SPDX-License-Identifier: GPL-3.0-or-later
 * parse.c: queries by recursive descent: clauses, what they project, and how they follow one another. Expressions and
 * patterns have files of their own. */
#include "queries/language/parse_inside.h"

#include "queries/arguments.h"

#include <stdio.h>
#include <strings.h>

enum { SHOWN = 40 }; /* bytes of what was found that a message repeats */

/* ---- What was found, and what was expected ---- */

cd_status parse_fail(parser *p, uint32_t at, const char *detail, const char *what)
{
    return query_fail(p->fault, at, "SyntaxError", detail, p->err, "%s", what);
}

cd_status parse_unexpected(parser *p, const char *expected)
{
    const token *t = p->now;
    cd_slice found = {p->text.bytes + t->at, t->n};
    if (t->kind == TOKEN_END)
        return query_fail(p->fault, t->at, "SyntaxError", "UnexpectedSyntax", p->err,
                          "the query ends where %s was expected", expected);
    cd_slice shown = cd_slice_cut(found, SHOWN);
    const char *more = shown.n < found.n ? "..." : "";
    if (t->kind == TOKEN_TEXT)
        return query_fail(p->fault, t->at, "SyntaxError", "UnexpectedSyntax", p->err,
                          "found the text %.*s%s where %s was expected%s", (int)shown.n, shown.bytes, more, expected,
                          t > p->tokens && t[-1].kind == TOKEN_TEXT ? "; a quote within a text is written \\'" : "");
    return query_fail(p->fault, t->at, "SyntaxError", "UnexpectedSyntax", p->err,
                      "found '%.*s%s' where %s was expected", (int)shown.n, shown.bytes, more, expected);
}

cd_status parse_expect(parser *p, uint8_t sign, const char *expected)
{
    if (parse_take(p, sign)) return CD_OK;
    return parse_unexpected(p, expected);
}

bool parse_at_name(const parser *p)
{
    return p->now->kind == TOKEN_QUOTED || (p->now->kind == TOKEN_WORD && p->now->word <= WORD_LAST_FREE);
}

cd_status parse_any_name(parser *p, const char *expected, cd_slice *out)
{
    if (!parse_at(p, TOKEN_WORD) && !parse_at(p, TOKEN_QUOTED)) return parse_unexpected(p, expected);
    *out = p->now++->text;
    return CD_OK;
}

/* Words that begin or go on with a clause: who writes one of them has hardly a name in mind. */
static bool of_clauses(uint8_t word)
{
    return word == WORD_MATCH || word == WORD_OPTIONAL || word == WORD_WHERE || word == WORD_WITH ||
           word == WORD_RETURN || word == WORD_UNWIND || word == WORD_UNION || word == WORD_CALL;
}

cd_status parse_name(parser *p, const char *expected, cd_slice *out)
{
    const token *t = p->now;
    if (t->kind == TOKEN_WORD && !parse_at_name(p) && !of_clauses(t->word))
        return query_fail(p->fault, t->at, "SyntaxError", "UnexpectedSyntax", p->err,
                          "found '%.*s' where %s was expected; if it is meant as a name, write `%.*s`", (int)t->n,
                          t->text.bytes, expected, (int)t->n, t->text.bytes);
    if (!parse_at_name(p)) return parse_unexpected(p, expected);
    return parse_any_name(p, expected, out);
}

cd_status parse_enter(parser *p)
{
    if (++p->depth <= QUERY_DEPTH) return CD_OK;
    return query_fail(p->fault, p->now->at, "SyntaxError", "TooDeep", p->err,
                      "parentheses, lists and subqueries stand more than %d deep in one another", QUERY_DEPTH);
}

/* As many as a power of two, at least four: full when n is one of those. */
void *parse_room(parser *p, void *items, uint32_t n, size_t size)
{
    if (n && (n < 4 || (n & (n - 1)))) return items;
    void *grown = cd_arena_alloc(p->arena, n ? 2 * (size_t)n : 4, size, p->err);
    if (grown && n) memcpy(grown, items, n * size);
    return grown;
}

/* ---- Projections ---- */

static cd_slice text_between(const parser *p, const token *first)
{
    const token *last = p->now - 1;
    return (cd_slice){p->text.bytes + first->at, last->at + last->n - first->at};
}

static cd_status item(parser *p, projected *out)
{
    cd_status st = CD_OK;
    const token *first = p->now;
    *out = (projected){.at = first->at, .slot = NO_SLOT};
    CD_TRY(parse_expression(p, &out->what));
    out->name = out->what->kind == X_VARIABLE && p->now == first + 1 ? out->what->name : text_between(p, first);
    if (parse_take_word(p, WORD_AS)) {
        CD_TRY(parse_name(p, "a name", &out->alias));
        out->name = out->alias;
    }
done:
    return st;
}

static cd_status items(parser *p, projection *out)
{
    cd_status st = CD_OK;
    out->star = parse_take(p, '*');
    if (out->star && !parse_take(p, ',')) return CD_OK;
    do {
        projected *grown = parse_room(p, out->items, out->n_items, sizeof *grown);
        if (!grown) return CD_EMEMORY;
        out->items = grown;
        CD_TRY(item(p, &grown[out->n_items]));
        out->n_items++;
    } while (parse_take(p, ','));
done:
    return st;
}

static cd_status sort_keys(parser *p, projection *out)
{
    cd_status st = CD_OK;
    if (!parse_take_word(p, WORD_BY)) CD_TRY(parse_unexpected(p, "BY"));
    do {
        sort_key *grown = parse_room(p, out->keys, out->n_keys, sizeof *grown);
        if (!grown) return CD_EMEMORY;
        out->keys = grown;
        sort_key *key = &grown[out->n_keys];
        CD_TRY(parse_expression(p, &key->by));
        key->falling = parse_at_word(p, WORD_DESC) || parse_at_word(p, WORD_DESCENDING);
        if (key->falling || parse_at_word(p, WORD_ASC) || parse_at_word(p, WORD_ASCENDING)) p->now++;
        out->n_keys++;
    } while (parse_take(p, ','));
done:
    return st;
}

/* After WITH or RETURN. */
static cd_status projected_body(parser *p, clause *out)
{
    cd_status st = CD_OK;
    projection *j = cd_arena_alloc(p->arena, 1, sizeof *j, p->err);
    if (!j) return CD_EMEMORY;
    *j = (projection){0};
    out->projection = j;
    j->distinct = parse_take_word(p, WORD_DISTINCT);
    CD_TRY(items(p, j));
    if (parse_take_word(p, WORD_ORDER)) CD_TRY(sort_keys(p, j));
    if (parse_take_word(p, WORD_SKIP)) CD_TRY(parse_expression(p, &j->skip));
    if (parse_take_word(p, WORD_LIMIT)) CD_TRY(parse_expression(p, &j->limit));
    if (out->kind == CLAUSE_WITH && parse_take_word(p, WORD_WHERE)) CD_TRY(parse_expression(p, &j->where));
done:
    return st;
}

/* ---- Clauses ---- */

/* [name =] path, or [name =] shortestPath(path) */
static cd_status path_part(parser *p, pattern *out)
{
    cd_status st = CD_OK;
    uint32_t at = p->now->at;
    cd_slice variable = {0};
    if (parse_at_name(p) && p->now[1].kind == '=') {
        CD_TRY(parse_name(p, "a name", &variable));
        p->now++;
    }
    path_choice choice = parse_at_word(p, WORD_SHORTESTPATH)       ? PATH_SHORTEST
                         : parse_at_word(p, WORD_ALLSHORTESTPATHS) ? PATH_ALL_SHORTEST
                                                                   : PATH_ANY;
    if (choice != PATH_ANY) {
        uint32_t choice_at = p->now++->at;
        CD_TRY(parse_expect(p, '(', "'('"));
        CD_TRY(parse_path(p, out));
        CD_TRY(parse_expect(p, ')', "')'"));
        if (out->n_edges != 1)
            CD_TRY(parse_fail(
                p, choice_at, "InvalidRelationshipPattern",
                "a shortest path is of one relationship between two nodes, as in shortestPath((a)-[:TIED*]-(b))"));
    } else {
        CD_TRY(parse_path(p, out));
    }
    out->at = at;
    out->variable = variable;
    out->choice = choice;
done:
    return st;
}

static cd_status match_body(parser *p, clause *out)
{
    cd_status st = CD_OK;
    do {
        pattern *grown = parse_room(p, out->patterns, out->n_patterns, sizeof *grown);
        if (!grown) return CD_EMEMORY;
        out->patterns = grown;
        CD_TRY(path_part(p, &grown[out->n_patterns]));
        out->n_patterns++;
    } while (parse_take(p, ','));
    if (parse_take_word(p, WORD_WHERE)) CD_TRY(parse_expression(p, &out->where));
done:
    return st;
}

static cd_status unwind(parser *p, clause *out)
{
    cd_status st = CD_OK;
    CD_TRY(parse_expression(p, &out->what));
    if (!parse_take_word(p, WORD_AS)) CD_TRY(parse_unexpected(p, "AS and a name"));
    CD_TRY(parse_name(p, "a name", &out->name));
done:
    return st;
}

static cd_status yields(parser *p, clause *out)
{
    cd_status st = CD_OK;
    out->yields_all = parse_take(p, '*');
    if (!out->yields_all) {
        do {
            projected *grown = parse_room(p, out->yields, out->n_yields, sizeof *grown);
            if (!grown) return CD_EMEMORY;
            out->yields = grown;
            projected *one = &grown[out->n_yields];
            *one = (projected){.at = p->now->at, .slot = NO_SLOT};
            CD_TRY(parse_name(p, "the name of a column", &one->name));
            if (parse_take_word(p, WORD_AS)) CD_TRY(parse_name(p, "a name", &one->alias));
            out->n_yields++;
        } while (parse_take(p, ','));
    }
    if (parse_take_word(p, WORD_WHERE)) CD_TRY(parse_expression(p, &out->where));
done:
    return st;
}

static cd_status procedure_name(parser *p, cd_slice *out)
{
    cd_status st = CD_OK;
    cd_slice part, whole = {0};
    do {
        CD_TRY(parse_any_name(p, "the name of what is called", &part));
        if (whole.n == 0) {
            whole = part;
        } else {
            char *joined = cd_arena_alloc(p->arena, whole.n + part.n + 1, 1, p->err);
            if (!joined) return CD_EMEMORY;
            memcpy(joined, whole.bytes, whole.n);
            joined[whole.n] = '.';
            if (part.n) memcpy(joined + whole.n + 1, part.bytes, part.n);
            whole = (cd_slice){joined, whole.n + part.n + 1};
        }
    } while (parse_take(p, '.'));
    *out = whole;
done:
    return st;
}

static cd_status call(parser *p, clause *out)
{
    cd_status st = CD_OK;
    if (parse_at(p, '{'))
        CD_TRY(parse_fail(p, p->now->at, "UnexpectedSyntax",
                          "CALL is of a name, as in CALL graph.pagerank() YIELD ...; there are no subqueries here"));
    CD_TRY(procedure_name(p, &out->name));
    out->has_arguments = parse_take(p, '(');
    if (out->has_arguments && !parse_take(p, ')')) {
        do {
            expression **grown = parse_room(p, out->arguments, out->n_arguments, sizeof *grown);
            if (!grown) return CD_EMEMORY;
            out->arguments = grown;
            CD_TRY(parse_expression(p, &grown[out->n_arguments]));
            out->n_arguments++;
        } while (parse_take(p, ','));
        CD_TRY(parse_expect(p, ')', "',' or ')'"));
    }
    if (parse_take_word(p, WORD_YIELD)) CD_TRY(yields(p, out));
done:
    return st;
}

/* ---- Clauses one after another ---- */

/* Words that begin a clause which writes, in the languages that people know. */
static bool writes(cd_slice word)
{
    static const char *const writing[] = {"CREATE",  "MERGE", "SET",  "DELETE", "DETACH", "REMOVE",
                                          "FOREACH", "LOAD",  "DROP", "INSERT", "UPDATE", "ALTER"};
    for (size_t i = 0; i < sizeof writing / sizeof *writing; i++)
        if (strlen(writing[i]) == word.n && strncasecmp(writing[i], word.bytes, word.n) == 0) return true;
    return false;
}

/* What says here what a word says in SQL, or elsewhere in a query; or NULL. */
static const char *instead_of(cd_slice word, bool returned)
{
    static const struct {
        const char *word, *instead;
    } words[] = {{"SELECT", "a query begins with MATCH and ends with RETURN"},
                 {"FROM", "what is looked for stands in MATCH"},
                 {"JOIN", "MATCH (a)-[:TYPE]->(b) joins"},
                 {"LIKE", "texts have CONTAINS, STARTS WITH, ENDS WITH and =~"},
                 {"BETWEEN", "write lo <= x <= hi"},
                 {"GROUP", "rows are grouped by the columns that have no aggregate"},
                 {"HAVING", "write WITH ... WHERE before RETURN"},
                 {"ORDER", "it stands behind the columns of WITH or RETURN"},
                 {"LIMIT", "it stands behind the columns of WITH or RETURN"},
                 {"SKIP", "it stands behind the columns of WITH or RETURN"}};
    if (returned && word.n == 5 && strncasecmp(word.bytes, "WHERE", 5) == 0) return "WHERE stands before RETURN";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == word.n && strncasecmp(words[i].word, word.bytes, word.n) == 0)
            return words[i].instead;
    return NULL;
}

/* Neither a clause nor an end: what was it meant to be? `open` is the clause before, whose own words may follow too. */
static cd_status no_clause(parser *p, const clause *before)
{
    static const char *const clauses[] = {"MATCH", "OPTIONAL", "WHERE", "WITH",  "RETURN", "UNWIND",
                                          "UNION", "ORDER",    "SKIP",  "LIMIT", "CALL",   "YIELD"};
    const token *t = p->now;
    char word[16] = "";
    bool returned = before && before->kind == CLAUSE_RETURN;
    const char *expected =
        returned ? "',', ORDER BY, SKIP, LIMIT, UNION or the end" : "MATCH, UNWIND, WITH, CALL or RETURN";
    if (t->kind != TOKEN_WORD || t->text.n >= sizeof word) return parse_unexpected(p, expected);
    if (writes(t->text))
        return query_fail(p->fault, t->at, "SyntaxError", p->depth ? "InvalidClauseComposition" : "UnexpectedSyntax",
                          p->err, "a query only reads: there is no %.*s here", (int)t->text.n, t->text.bytes);
    bool sorted = t->word == WORD_ORDER || t->word == WORD_SKIP || t->word == WORD_LIMIT;
    if (sorted && before && before->projection)
        return parse_fail(p, t->at, "UnexpectedSyntax", "ORDER BY, SKIP and LIMIT come in this order, each once");
    const char *instead = instead_of(t->text, returned);
    if (instead)
        return query_fail(p->fault, t->at, "SyntaxError", "UnexpectedSyntax", p->err,
                          "found '%.*s' where %s was expected; %s", (int)t->text.n, t->text.bytes, expected, instead);
    for (uint32_t i = 0; i < t->text.n; i++)
        word[i] = (char)(t->text.bytes[i] >= 'a' && t->text.bytes[i] <= 'z' ? t->text.bytes[i] - 32 : t->text.bytes[i]);
    cli_nearest nearest = cli_nearest_to(word);
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) cli_nearest_try(&nearest, clauses[i]);
    if (nearest.best && strcmp(nearest.best, word) != 0)
        return query_fail(p->fault, t->at, "SyntaxError", "UnexpectedSyntax", p->err,
                          "found '%.*s' where %s was expected; did you mean %s?", (int)t->text.n, t->text.bytes,
                          expected, nearest.best);
    return parse_unexpected(p, expected);
}

static cd_status one_clause(parser *p, clause *out, const clause *before)
{
    const token *t = p->now++;
    *out = (clause){.at = t->at, .slot = NO_SLOT};
    switch ((query_word)t->word) {
    case WORD_OPTIONAL:
        out->optional = true;
        if (!parse_take_word(p, WORD_MATCH)) return parse_unexpected(p, "MATCH");
        return match_body(p, out);
    case WORD_MATCH: return match_body(p, out);
    case WORD_UNWIND: out->kind = CLAUSE_UNWIND; return unwind(p, out);
    case WORD_WITH: out->kind = CLAUSE_WITH; return projected_body(p, out);
    case WORD_RETURN: out->kind = CLAUSE_RETURN; return projected_body(p, out);
    case WORD_CALL: out->kind = CLAUSE_CALL; return call(p, out);
    default: p->now--; return no_clause(p, before);
    }
}

/* How a part may end; within braces also without a RETURN. */
static cd_status check_end(parser *p, const single_query *q, bool braces)
{
    const clause *last = &q->clauses[q->n_clauses - 1];
    if (last->kind == CLAUSE_RETURN || last->kind == CLAUSE_CALL) return CD_OK;
    if (braces && (last->kind == CLAUSE_MATCH || last->kind == CLAUSE_UNWIND)) return CD_OK;
    return query_fail(p->fault, p->now->at, "SyntaxError", "InvalidClauseComposition", p->err,
                      "the %s ends where RETURN was expected", braces ? "subquery" : "query");
}

static bool at_part_end(const parser *p)
{
    return parse_at(p, TOKEN_END) || parse_at(p, ';') || parse_at(p, '}') || parse_at_word(p, WORD_UNION);
}

static cd_status single(parser *p, single_query *out, bool braces)
{
    cd_status st = CD_OK;
    *out = (single_query){0};
    do {
        clause *before = out->n_clauses ? &out->clauses[out->n_clauses - 1] : NULL;
        if (before && before->kind == CLAUSE_RETURN && of_clauses(p->now->word) && !parse_at_word(p, WORD_WHERE))
            CD_TRY(parse_fail(p, p->now->at, "InvalidClauseComposition",
                              "RETURN is the last clause; to go on with what it gives, write WITH"));
        clause *grown = parse_room(p, out->clauses, out->n_clauses, sizeof *grown);
        if (!grown) return CD_EMEMORY;
        out->clauses = grown;
        if (before && before->kind == CLAUSE_RETURN) CD_TRY(no_clause(p, before));
        CD_TRY(one_clause(p, &grown[out->n_clauses], before));
        out->n_clauses++;
    } while (!at_part_end(p));
    CD_TRY(check_end(p, out, braces));
done:
    return st;
}

static cd_status parts(parser *p, query *out, bool braces)
{
    cd_status st = CD_OK;
    for (;;) {
        single_query *grown = parse_room(p, out->parts, out->n_parts, sizeof *grown);
        if (!grown) return CD_EMEMORY;
        out->parts = grown;
        CD_TRY(single(p, &grown[out->n_parts], braces));
        uint32_t at = p->now->at;
        if (!parse_take_word(p, WORD_UNION)) break;
        bool *all = parse_room(p, out->all, out->n_parts, sizeof *all);
        if (!all) return CD_EMEMORY;
        out->all = all;
        all[out->n_parts] = parse_take_word(p, WORD_ALL);
        if (out->n_parts && all[out->n_parts] != all[0])
            CD_TRY(parse_fail(p, at, "InvalidClauseComposition",
                              "UNION and UNION ALL do not stand in one query: write one of them throughout"));
        out->n_parts++;
    }
    out->n_parts++;
done:
    return st;
}

cd_status parse_subquery(parser *p, query **out)
{
    cd_status st = CD_OK;
    query *q = cd_arena_alloc(p->arena, 1, sizeof *q, p->err);
    if (!q) return CD_EMEMORY;
    *q = (query){0};
    CD_TRY(parse_enter(p));
    CD_TRY(parse_expect(p, '{', "'{'"));
    bool bare = parse_at(p, '(') || (parse_at_name(p) && (p->now[1].kind == '=' || p->now[1].kind == '('));
    if (bare) {
        q->parts = cd_arena_alloc(p->arena, 1, sizeof *q->parts, p->err);
        clause *match = q->parts ? cd_arena_alloc(p->arena, 1, sizeof *match, p->err) : NULL;
        if (!match) return CD_EMEMORY;
        *match = (clause){.kind = CLAUSE_MATCH, .at = p->now->at, .slot = NO_SLOT};
        CD_TRY(match_body(p, match));
        q->parts[0] = (single_query){.clauses = match, .n_clauses = 1};
        q->n_parts = 1;
    } else {
        CD_TRY(parts(p, q, true));
    }
    CD_TRY(parse_expect(p, '}', bare ? "',', WHERE or '}'" : "'}'"));
    parse_leave(p);
    *out = q;
done:
    return st;
}

cd_status query_parse(cd_slice text, cd_arena *arena, query **out, query_fault *fault, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n;
    token *tokens;
    query *q;
    parser p = {.text = text, .arena = arena, .fault = fault, .err = err};
    CD_TRY(query_tokens(text, arena, &tokens, &n, fault, err));
    p.tokens = p.now = tokens;
    q = cd_arena_alloc(arena, 1, sizeof *q, err);
    if (!q) return CD_EMEMORY;
    *q = (query){.text = text};
    if (parse_take_word(&p, WORD_EXPLAIN))
        q->wish = QUERY_EXPLAIN;
    else if (parse_take_word(&p, WORD_PROFILE))
        q->wish = QUERY_PROFILE;
    CD_TRY(parts(&p, q, false));
    parse_take(&p, ';');
    if (!parse_at(&p, TOKEN_END)) CD_TRY(parse_unexpected(&p, "the end of the query"));
    *out = q;
done:
    return st;
}
