/* SPDX-License-Identifier: GPL-3.0-or-later
 * syntax.h: a query as a tree, as parse.c makes it, bind.c annotates it, syntax_print.c writes it and plan.c reads it.
 *
 * Everything lies in the query's arena and dies with it. `at` is the byte of the text where a thing begins, for carets. What bind.c
 * fills in stands under "bound". */
#ifndef QUERIES_LANGUAGE_SYNTAX_H
#define QUERIES_LANGUAGE_SYNTAX_H

#include "queries/language/value.h"

typedef struct expression expression;
typedef struct query query;
typedef struct pattern pattern;

enum { NO_SLOT = UINT32_MAX, NO_LIMIT = UINT32_MAX };

typedef enum {
    X_LITERAL,            /* literal */
    X_PARAMETER,          /* $name; bound: slot is its index in query.parameters */
    X_VARIABLE,           /* name; bound: slot */
    X_PROPERTY,           /* of[0].name */
    X_INDEX,              /* of[0][of[1]] */
    X_SLICE,              /* of[0][of[1]..of[2]]; of[1], of[2] may be NULL */
    X_UNARY,              /* op of[0]: OP_NOT, OP_MINUS, OP_PLUS */
    X_BINARY,             /* of[0] op of[1] */
    X_COMPARISONS,        /* of[0] ops[0] of[1] ops[1] of[2] ...: n_of - 1 of = <> < <= > >=, each pair compared, all joined by AND */
    X_IS_NULL,            /* of[0] */
    X_IS_NOT_NULL,
    X_HAS_LABELS,         /* of[0]:names[0]:names[1]...; of an edge: types */
    X_LIST,               /* of[] */
    X_MAP,                /* names[i]: of[i] */
    X_CALL,               /* name(of[]); distinct; star: count(*) */
    X_CASE,               /* of[0] the subject or NULL; then WHEN, THEN, WHEN, THEN, ...; last ELSE or NULL: n_of is even */
    X_LIST_COMPREHENSION, /* [name IN of[0] WHERE of[1] | of[2]]; of[1], of[2] may be NULL; bound: slot is name's */
    X_PATTERN_COMPREHENSION, /* [patterns[0] WHERE of[0] | of[1]]; of[0] may be NULL */
    X_QUANTIFIER,         /* op(name IN of[0] WHERE of[1]): OP_ALL, OP_ANY, OP_NONE, OP_SINGLE; of[1] may not be NULL; bound: slot */
    X_REDUCE,             /* reduce(name = of[0], names[0] IN of[1] | of[2]); bound: slot is name's, slot_2 names[0]'s */
    X_PATTERN,            /* a bare pattern as a predicate: patterns[0] */
    X_EXISTS,             /* EXISTS { subquery } */
    X_COUNT               /* COUNT { subquery } */
} expression_kind;

typedef enum {
    OP_NONE_GIVEN,
    OP_OR, OP_XOR, OP_AND, OP_NOT,
    OP_EQUAL, OP_UNEQUAL, OP_LESS, OP_AT_MOST, OP_MORE, OP_AT_LEAST,
    OP_PLUS, OP_MINUS, OP_TIMES, OP_DIVIDE, OP_MODULO, OP_POWER,
    OP_IN, OP_STARTS_WITH, OP_ENDS_WITH, OP_CONTAINS, OP_MATCHES, /* =~ */
    OP_ALL, OP_ANY, OP_NONE, OP_SINGLE
} operation;

/* What bind.c knows of an expression before it runs. */
typedef enum { KNOWN_ANY, KNOWN_NULL, KNOWN_BOOLEAN, KNOWN_INTEGER, KNOWN_REAL, KNOWN_TEXT, KNOWN_TEMPORAL, KNOWN_LIST, KNOWN_MAP, KNOWN_NODE, KNOWN_EDGE,
               KNOWN_PATH } known_type;

struct expression {
    expression_kind kind;
    operation op;
    uint32_t at;
    cd_slice name;
    value literal;
    expression **of;
    uint32_t n_of;
    cd_slice *names;
    uint32_t n_names;
    operation *ops;
    pattern *patterns; /* one */
    query *subquery;   /* MATCH patterns WHERE alone is given as a query without RETURN */
    bool distinct, star;
    uint32_t height;   /* of the tree below, which no query can make higher than a stack can bear */
    /* bound: */
    uint32_t slot, slot_2;
    known_type known;
    known_type elements; /* of a KNOWN_LIST: what each of its elements is known to be */
    int32_t function;  /* of X_CALL: the index of functions.h's table; -1: an aggregate */
    struct pipeline *plan; /* of what matches patterns: filled in by plan.c */
    uint32_t of_table; /* of X_PROPERTY, by plan.c: 1 + the table of the node or edge that of[0] is, if it is one; 0: that is not known */
    int32_t column;    /* of that table; -1: an entity's id */
    uint32_t aggregate; /* of such: its number within the projection it stands in; its result is then read from slot */
};

/* (variable:Label:Label {properties}) */
typedef struct {
    uint32_t at;
    cd_slice variable;  /* bytes NULL: none */
    cd_slice *labels;
    uint32_t n_labels;
    expression *properties; /* X_MAP or X_PARAMETER, or NULL */
    /* bound: */
    uint32_t slot;      /* every node has one, named or not */
    bool known;         /* its variable was there before this MATCH, or before the expression whose pattern this is: it is checked, not found */
} node_pattern;

typedef enum { EDGE_RIGHT, EDGE_LEFT, EDGE_BOTH } edge_direction;

/* -[variable:TYPE|TYPE *lo..hi {properties}]-> */
typedef struct {
    uint32_t at;
    cd_slice variable;
    cd_slice *types;
    uint32_t n_types;
    expression *properties;
    edge_direction direction;
    bool many;          /* of variable length: its variable is a list of edges */
    uint32_t lo, hi;    /* then; hi NO_LIMIT where open */
    /* bound: */
    uint32_t slot;
    bool known;
} edge_pattern;

typedef enum { PATH_ANY, PATH_SHORTEST, PATH_ALL_SHORTEST } path_choice;

/* variable = shortestPath( nodes[0] edges[0] nodes[1] ... ) */
struct pattern {
    uint32_t at;
    cd_slice variable;
    path_choice choice;
    node_pattern *nodes; /* n_edges + 1 */
    edge_pattern *edges;
    uint32_t n_edges;
    /* bound: */
    uint32_t slot;      /* of the path; NO_SLOT where it has no name */
};

typedef struct {
    uint32_t at;
    expression *what;
    cd_slice alias;     /* as given, or NULL */
    cd_slice name;      /* of the column: the alias, or the text as it was written */
    /* bound: */
    uint32_t slot;      /* where its value goes */
    bool grouped;       /* of a projection that aggregates: a key (no aggregate within) */
} projected;

typedef struct {
    expression *by;
    bool falling;
} sort_key;

typedef struct {
    bool distinct, star; /* star: `*`, before the items */
    projected *items;    /* bound: with those that `*` stands for, in the order of their names */
    uint32_t n_items;
    sort_key *keys;
    uint32_t n_keys;
    expression *skip, *limit; /* or NULL */
    expression *where;        /* of WITH, or NULL */
    /* bound: */
    expression **aggregates;  /* n_aggregates X_CALLs within items and keys, equal ones once; the i-th writes (*)->slot */
    uint32_t n_aggregates;
    bool aggregating;
} projection;

typedef enum { CLAUSE_MATCH, CLAUSE_UNWIND, CLAUSE_WITH, CLAUSE_RETURN, CLAUSE_CALL } clause_kind;

typedef struct {
    clause_kind kind;
    uint32_t at;
    /* MATCH */
    bool optional;
    pattern *patterns;
    uint32_t n_patterns;
    expression *where; /* of MATCH, and of CALL ... YIELD ... WHERE */
    /* UNWIND: what AS name */
    expression *what;
    cd_slice name;
    uint32_t slot;     /* bound */
    /* WITH, RETURN */
    projection *projection;
    /* CALL name(arguments) YIELD columns: name is `graph.pagerank` and the like */
    expression **arguments;
    uint32_t n_arguments;
    bool has_arguments, yields_all; /* `YIELD *` */
    projected *yields; /* .what NULL, .name the column, .alias or NULL */
    uint32_t n_yields;
} clause;

typedef struct {
    clause *clauses;
    uint32_t n_clauses;
} single_query;

typedef enum { QUERY_RUN, QUERY_EXPLAIN, QUERY_PROFILE } query_wish;

struct query {
    cd_slice text;       /* what it was parsed from; of the outermost query only */
    query_wish wish;
    single_query *parts; /* joined by UNION */
    uint32_t n_parts;
    bool *all;           /* n_parts - 1: UNION ALL */
    /* bound, of the outermost query only: */
    uint32_t n_slots;    /* of a row */
    cd_slice *parameters; /* names, each once */
    uint32_t n_parameters;
    bool chance;         /* rand() is called somewhere */
};

#endif
