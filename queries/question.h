/* SPDX-License-Identifier: GPL-3.0-or-later
 * question.h: what the named questions share: the store that is looked into, the options all of them take, and the
 * answer in every form that was asked for. */
#ifndef QUERIES_QUESTION_H
#define QUERIES_QUESTION_H

#include "queries/answer_table.h"
#include "queries/arguments.h"
#include "queries/find_id.h"
#include "queries/graph_out.h"

typedef struct {
    cli_run *run;
    candour_store *store;
    candour_reader *reader;
    const candour_ontology *ontology;
    bool *tables;      /* per table: is looked at */
    uint32_t n_tables; /* how many are */
    int64_t from, to;  /* CANDOUR_UNKNOWN: open */
    bool why;
    uint64_t limit;
    graph_form form;
    answer_table answer;
    graph_out graph;
    cd_buffer words;   /* lines above the table, for people */
    cd_buffer picture; /* a drawing of letters above the table, for people */
    cd_buffer facts;   /* for JSON: `"name": 3, "other": 4` */
    char title[256];
} question;

/* Of every named question: which rows, how many, and the forms. The graph ones only where the answer has a graph. */
#define QUESTION_LIMIT                                                                                                 \
    {                                                                                                                  \
        .name = "limit", .argument = "N", .fallback = "50 for people, 300 in a picture, all else",                     \
        .about = "list the first N alone"                                                                              \
    }
#define QUESTION_WHY                                                                                                   \
    {                                                                                                                  \
        .name = "why", .about = "say of each row which line of which file it came from"                                \
    }
#define QUESTION_DAYS                                                                                                  \
    {.name = "from", .argument = "TIME", .about = "only rows from then on"},                                           \
    {                                                                                                                  \
        .name = "to", .argument = "TIME", .about = "only rows before then"                                             \
    }
#define QUESTION_ROWS QUESTION_DAYS, QUESTION_LIMIT, QUESTION_WHY
#define QUESTION_RELATIONS(words)                                                                                      \
    {                                                                                                                  \
        .name = "relations", .argument = "TABLE", .fallback = words,                                                   \
        .about = "which tables are looked at; may be given several times", .many = true, .values = "tables"            \
    }
#define QUESTION_FORMS                                                                                                 \
    {.name = "table", .about = "print a table for people, as it does without any of these"},                           \
        {.name = "csv", .about = "print CSV instead of a table"},                                                      \
        {.name = "html", .about = "print one self-contained HTML page"}, CLI_UNTRUSTED, CLI_JSON

enum {
    QUESTION_RELATION = 1 << CANDOUR_RELATION,
    QUESTION_RECORD = 1 << CANDOUR_RECORD,
    QUESTION_ENTITY = 1 << CANDOUR_ENTITY
};

/* Opens the store that is the first argument and reads the options. Tables are those that --relations names, which must
 * be of a class in `classes`; without it the one of the name `usual`, or where that is NULL all of those classes. */
CD_CHECKED cd_status question_open(question *q, cli_run *run, unsigned classes, const char *usual, cd_err *err);
void question_close(question *q);

/* The kinds that the tables have to the left and to the right, for find_id: one a kind, from the run's arena. */
enum { LEFT = 1, RIGHT = 2 };
CD_CHECKED cd_status question_kinds(question *q, int sides, const bool **out, cd_err *err);
/* The id that is an argument of the run. */
CD_CHECKED cd_status question_find(question *q, size_t argument, const bool *kinds, found_id *out, cd_err *err);
cd_slice question_id(const question *q, found_id id);

/* "officer P000017", with what could steer a terminal as `?`. */
void question_name(question *q, found_id id, cd_buffer *out);
void question_fact(question *q, const char *name, int64_t value);
/* The node of an id in the answer's graph. */
uint32_t question_node(question *q, found_id id, bool strong);

/* Whether the answer's graph will be looked at. */
bool question_draws(const question *q);
/* How many of n rows are listed. */
size_t question_listed(const question *q, size_t n);
/* Writes the answer, of which `total` rows there are even where only the first were made. */
CD_CHECKED cd_status question_answer(question *q, size_t total, cd_err *err);

#endif
