/* SPDX-License-Identifier: GPL-3.0-or-later
 * odd_world.h: an ontology of every kind of table and column, rows of odd shapes over it, and a slow model of what a store
 * must say after they were put into it, one time after the other.
 *
 * The model knows rows as values alone: no numbers, no codes, no order. What fails in here is a fault of the test and
 * ends it. */
#ifndef TESTS_SUPPORT_ODD_WORLD_H
#define TESTS_SUPPORT_ODD_WORLD_H

#include "engine/base/random.h"
#include "engine/base/memory.h"
#include "engine/candour.h"

/* things and places are entities; visits (of places by things) and bonds (without times) relations, likes ties things to
 * things; notes are records of things. */
enum { ODD_THINGS, ODD_PLACES, ODD_VISITS, ODD_BONDS, ODD_LIKES, ODD_NOTES, ODD_TABLES };
enum { ODD_THING, ODD_PLACE, ODD_KINDS };
enum { ODD_COLUMNS = 9 };
const candour_ontology *odd_ontology(void);

typedef struct {
    cd_slice text[ODD_COLUMNS]; /* ids and texts; NULL: unknown */
    int64_t integer[ODD_COLUMNS];
    double real[ODD_COLUMNS];
    uint32_t source, line;
} odd_row;

/* Rows of one table, in the order of their sources and lines. Zero-initialise. */
typedef struct {
    odd_row *rows;
    size_t n, cap;
} odd_rows;
void odd_add(odd_rows *to, const odd_row *row);
void odd_rows_release(odd_rows *r);

/* By every column and nothing else; unknown first. 0: the same row. */
int odd_compare(uint32_t table, const odd_row *a, const odd_row *b);
/* The same, and by source and line. */
int odd_compare_all(uint32_t table, const odd_row *a, const odd_row *b);

/* How odd: few ids and values make repeats and hubs; a long span makes times of eight bytes. */
typedef struct {
    uint32_t n_ids[ODD_KINDS], n_texts;
    uint32_t id_style;   /* P000123, mixed, long */
    uint32_t unknown;    /* of 8 values */
    int64_t at, span;    /* of times, which lie in the years 1 to 9999 */
    uint64_t numbers;    /* a mask for integers; all ones reaches both ends */
    bool hub;            /* most rows are of one left and one right id */
    uint32_t again;      /* of 8 rows: the one before once more */
} odd_shape;
odd_shape odd_shape_of(cd_random *r);
/* n rows of a table from lines `line`, … of a source. Texts live in `text`. */
void odd_make(odd_rows *out, uint32_t table, const odd_shape *shape, size_t n, uint32_t source, uint32_t line, cd_random *r,
              cd_arena *text);

/* What must be there: the rows in force. Undated rows of an entity replace each other, everything else is a set. */
typedef struct {
    odd_rows tables[ODD_TABLES];
    uint64_t repeats, replaced; /* of the last odd_model_take */
} odd_model;
void odd_model_take(odd_model *m, uint32_t table, const odd_rows *fresh);
void odd_model_release(odd_model *m);

#endif
