/* SPDX-License-Identifier: GPL-3.0-or-later
 * bind_call.c: functions by their table, and aggregates: where one may stand, and which are the same. */
#include "queries/language/bind_inside.h"

#include <stdio.h>

#include "queries/arguments.h"
#include "queries/language/functions.h"

#include <strings.h>

static bool named(cd_slice name, const char *wanted)
{
    return strlen(wanted) == name.n && strncasecmp(name.bytes, wanted, name.n) == 0;
}

/* ---- Functions ---- */

static cd_status unknown_function(binder *b, const expression *x)
{
    static const char *const aggregates[] = {
        "count",          "sum", "avg", "min",  "max",    "collect", "stDev", "stDevP", "percentileCont",
        "percentileDisc", "all", "any", "none", "single", "reduce"};
    uint32_t n;
    const query_function *functions = query_functions(&n);
    char *written = cd_arena_copy(b->arena, x->name.bytes, x->name.n, b->err);
    if (!written) return CD_EMEMORY;
    cli_nearest nearest = cli_nearest_to(written);
    for (uint32_t i = 0; i < n; i++) cli_nearest_try(&nearest, functions[i].name);
    for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++) cli_nearest_try(&nearest, aggregates[i]);
    if (nearest.best)
        return bind_fail(b, x->at, "SyntaxError", "UnknownFunction", "there is no function '%s'; did you mean '%s'?",
                         written, nearest.best);
    return bind_fail(b, x->at, "SyntaxError", "UnknownFunction", "there is no function '%s'", written);
}

static cd_status wrong_count(binder *b, const expression *x, uint32_t least, uint32_t most)
{
    char wanted[48];
    if (most == NO_LIMIT)
        snprintf(wanted, sizeof wanted, "%u or more", least);
    else if (least == most)
        snprintf(wanted, sizeof wanted, "%u", least);
    else
        snprintf(wanted, sizeof wanted, "%u to %u", least, most);
    return bind_fail(b, x->at, "SyntaxError", "InvalidNumberOfArguments", "%.*s() is of %s argument%s, and has %u here",
                     (int)x->name.n, x->name.bytes, wanted, least == 1 && most == 1 ? "" : "s", x->n_of);
}

/* What the first argument may be, as bits 1 << known_type; 0: anything. */
static uint32_t taken(const query_function *f)
{
    static const struct {
        const char *name;
        uint32_t types;
    } several[] = {{"size", 1u << KNOWN_LIST | 1u << KNOWN_TEXT},
                   {"reverse", 1u << KNOWN_LIST | 1u << KNOWN_TEXT},
                   {"keys", 1u << KNOWN_NODE | 1u << KNOWN_EDGE | 1u << KNOWN_MAP},
                   {"properties", 1u << KNOWN_NODE | 1u << KNOWN_EDGE | 1u << KNOWN_MAP}};
    for (size_t i = 0; i < sizeof several / sizeof *several; i++)
        if (strcmp(several[i].name, f->name) == 0) return several[i].types;
    return f->takes == KNOWN_ANY ? 0 : 1u << f->takes;
}

/* "a list or a text" */
static void type_words(uint32_t types, char *out, size_t n)
{
    size_t used = 0;
    for (known_type k = KNOWN_ANY; k <= KNOWN_PATH; k++)
        if (types >> k & 1 && used < n)
            used += (size_t)snprintf(out + used, n - used, "%s%s", used ? " or " : "", bind_known_words(k));
}

/* What is known of each element of a list that a function gives. */
static known_type elements(const query_function *f, const expression *x)
{
    static const struct {
        const char *name;
        known_type known;
    } lists[] = {{"nodes", KNOWN_NODE}, {"relationships", KNOWN_EDGE}, {"labels", KNOWN_TEXT},
                 {"keys", KNOWN_TEXT},  {"split", KNOWN_TEXT},         {"range", KNOWN_INTEGER}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(lists[i].name, f->name) == 0) return lists[i].known;
    return strcmp(f->name, "tail") == 0 ? x->of[0]->elements : KNOWN_ANY;
}

static cd_status function(binder *b, expression *x)
{
    cd_status st = CD_OK;
    uint32_t n;
    const query_function *f = &query_functions(&n)[x->function];
    for (uint32_t i = 0; i < x->n_of; i++) CD_TRY(bind_expression(b, x->of[i]));
    if (x->distinct || x->star)
        return bind_fail(b, x->at, "SyntaxError", "UnexpectedSyntax", "%s() takes no %s: it is no aggregate", f->name,
                         x->star ? "'*'" : "DISTINCT");
    if (x->n_of < f->least || x->n_of > f->most) return wrong_count(b, x, f->least, f->most);
    uint32_t types = taken(f);
    if (x->n_of && types && !bind_may_be(x->of[0], types)) {
        char wanted[96];
        type_words(types, wanted, sizeof wanted);
        return bind_fail(b, x->of[0]->at, "SyntaxError", "InvalidArgumentType", "%s() is of %s; this is %s", f->name,
                         wanted, bind_known_words(x->of[0]->known));
    }
    x->known = f->gives;
    if (named(x->name, "rand")) b->outermost->chance = true;
    if (x->known == KNOWN_LIST) x->elements = elements(f, x);
    if (named(x->name, "head") || named(x->name, "last"))
        x->known = x->of[0]->known == KNOWN_LIST ? x->of[0]->elements : KNOWN_ANY;
done:
    return st;
}

/* ---- Aggregates ---- */

static known_type aggregate_known(aggregate_kind kind, const expression *x)
{
    switch (kind) {
    case AGGREGATE_COUNT: return KNOWN_INTEGER;
    case AGGREGATE_COLLECT: return KNOWN_LIST;
    case AGGREGATE_STDEV:
    case AGGREGATE_STDEVP:
    case AGGREGATE_PERCENTILE_CONT: return KNOWN_REAL;
    case AGGREGATE_AVG: return x->of[0]->known == KNOWN_INTEGER ? KNOWN_REAL : x->of[0]->known;
    default: return x->of[0]->known;
    }
}

static cd_status check_place(binder *b, const expression *x)
{
    if (b->aggregates == AGGREGATES_HERE) return CD_OK;
    if (b->aggregates == AGGREGATES_WITHIN_ONE)
        return bind_fail(b, x->at, "SyntaxError", "NestedAggregation",
                         "%.*s() stands within another aggregate; make it a column of a WITH before", (int)x->name.n,
                         x->name.bytes);
    return bind_fail(b, x->at, "SyntaxError", "InvalidAggregation",
                     "%.*s() is an aggregate and cannot stand here; make it a column of WITH or RETURN, and use that",
                     (int)x->name.n, x->name.bytes);
}

/* A number of chance would be another each time it is asked. */
static cd_status check_chance(binder *b, const expression *x)
{
    cd_status st = CD_OK;
    if (x->kind == X_CALL && named(x->name, "rand"))
        return bind_fail(b, x->at, "SyntaxError", "NonConstantExpression", "rand() cannot stand within an aggregate");
    for (uint32_t i = 0; st == CD_OK && i < x->n_of; i++)
        if (x->of[i]) st = check_chance(b, x->of[i]);
    return st;
}

static cd_status aggregate_arguments(binder *b, expression *x, aggregate_kind kind)
{
    cd_status st = CD_OK;
    bool percentile = kind == AGGREGATE_PERCENTILE_CONT || kind == AGGREGATE_PERCENTILE_DISC;
    uint32_t wanted = percentile ? 2 : 1;
    if (x->star && kind == AGGREGATE_COUNT) return CD_OK;
    if (x->star) return bind_fail(b, x->at, "SyntaxError", "UnexpectedSyntax", "'*' is for count(*) alone");
    if (x->n_of != wanted) return wrong_count(b, x, wanted, wanted);
    scope *names = b->names;
    if (b->of_aggregates) b->names = b->of_aggregates;
    b->aggregates = AGGREGATES_WITHIN_ONE;
    for (uint32_t i = 0; i < x->n_of; i++) {
        CD_TRY(bind_expression(b, x->of[i]));
        CD_TRY(check_chance(b, x->of[i]));
    }
    b->aggregates = AGGREGATES_HERE;
    b->names = names;
done:
    return st;
}

/* One of the projection's aggregates, the same for calls that are alike. */
static cd_status register_aggregate(binder *b, expression *x)
{
    projection *j = b->projection;
    b->n_aggregates++;
    for (uint32_t i = 0; i < j->n_aggregates; i++) {
        if (!expression_alike(j->aggregates[i], x)) continue;
        x->slot = j->aggregates[i]->slot;
        x->aggregate = i;
        return CD_OK;
    }
    cd_status st = bind_count(b, j->n_aggregates, x->at, "aggregates");
    if (st != CD_OK) return st;
    if (j->n_aggregates == 0 || (j->n_aggregates >= 4 && (j->n_aggregates & (j->n_aggregates - 1)) == 0)) {
        expression **grown =
            cd_arena_alloc(b->arena, j->n_aggregates ? 2 * (size_t)j->n_aggregates : 4, sizeof *grown, b->err);
        if (!grown) return CD_EMEMORY;
        if (j->n_aggregates) memcpy(grown, j->aggregates, j->n_aggregates * sizeof *grown);
        j->aggregates = grown;
    }
    x->slot = bind_new_slot(b);
    x->aggregate = j->n_aggregates;
    j->aggregates[j->n_aggregates++] = x;
    return CD_OK;
}

cd_status bind_call(binder *b, expression *x)
{
    cd_status st = CD_OK;
    aggregate_kind kind = query_aggregate_find(x->name);
    x->function = -1;
    if (kind == AGGREGATE_NONE) {
        x->function = query_function_find(x->name);
        return x->function < 0 ? unknown_function(b, x) : function(b, x);
    }
    CD_TRY(check_place(b, x));
    CD_TRY(aggregate_arguments(b, x, kind));
    x->known = aggregate_known(kind, x);
    if (x->known == KNOWN_LIST && kind == AGGREGATE_COLLECT) x->elements = x->of[0]->known;
    CD_TRY(register_aggregate(b, x));
done:
    return st;
}
