/* SPDX-License-Identifier: GPL-3.0-or-later
 * token.h: a query's text as words, names, numbers, texts and signs, with every bracket knowing its partner. */
#ifndef QUERIES_LANGUAGE_TOKEN_H
#define QUERIES_LANGUAGE_TOKEN_H

#include "engine/base/memory.h"
#include "queries/language/fault.h"

/* A sign of one character is its own kind. */
enum {
    TOKEN_END = 128,
    TOKEN_WORD,   /* a name, or a word of the language: which of both is for the parser to say */
    TOKEN_QUOTED, /* `a name` */
    TOKEN_TEXT,   /* 'text' or "text" */
    TOKEN_INTEGER,
    TOKEN_REAL,
    TOKEN_PARAMETER, /* $name */
    TOKEN_DOTS,      /* .. */
    TOKEN_UNEQUAL,   /* <> */
    TOKEN_AT_MOST,   /* <= */
    TOKEN_AT_LEAST,  /* >= */
    TOKEN_MATCHES    /* =~ */
};

/* The words of the language. Those of the second list are no names, unless in backticks; the others are names wherever
 * the place allows one. */
#define QUERY_WORDS(W)                                                                                                 \
    W(ALL)                                                                                                             \
    W(ALLSHORTESTPATHS) W(ANY) W(BY) W(COUNT) W(EXISTS) W(EXPLAIN) W(NONE) W(PROFILE) W(REDUCE) W(SHORTESTPATH)        \
        W(SINGLE) W(ASC) W(ASCENDING) W(DESC) W(DESCENDING)
#define QUERY_RESERVED_WORDS(W)                                                                                        \
    W(AND)                                                                                                             \
    W(AS) W(CALL) W(CASE) W(CONTAINS) W(DISTINCT) W(ELSE) W(END) W(ENDS) W(FALSE) W(IN) W(IS) W(LIMIT) W(MATCH) W(NOT) \
        W(NULL) W(OPTIONAL) W(OR) W(ORDER) W(RETURN) W(SKIP) W(STARTS) W(THEN) W(TRUE) W(UNION) W(UNWIND) W(WHEN)      \
            W(WHERE) W(WITH) W(XOR) W(YIELD)
#define QUERY_WORD_NAME(word) WORD_##word,
typedef enum {
    WORD_NONE_OF_THESE,
    QUERY_WORDS(QUERY_WORD_NAME) WORD_LAST_FREE,
    QUERY_RESERVED_WORDS(QUERY_WORD_NAME) WORD_END_OF_LIST
} query_word;

typedef struct {
    uint8_t kind;
    uint8_t word;     /* a query_word, of a TOKEN_WORD */
    uint32_t at, n;   /* bytes of the query's text */
    uint32_t pair;    /* of a bracket: the token that closes or opens it */
    cd_slice text;    /* what a word, name, text or parameter says, without its quotes and escapes */
    uint64_t integer; /* at most 2^63, which only a minus can stand before */
    double real;
} token;

/* All tokens of a text, the last a TOKEN_END. They lie in the arena; their texts there or in `text`. */
CD_CHECKED cd_status query_tokens(cd_slice text, cd_arena *arena, token **out, uint32_t *n, query_fault *fault,
                                  cd_err *err);

/* Whether a name has to stand in backticks. */
bool query_name_needs_quotes(cd_slice name);
/* Whether before a bracket it may begin something else than a name: exists, count, any, ... */
bool query_name_is_special(cd_slice name);
/* The i-th word of the language, in capitals, or NULL: for completion. */
const char *query_word_at(uint32_t i);

#endif
