/* SPDX-License-Identifier: GPL-3.0-or-later
 * row_rejects.h: rows that could not be taken, and how they come out in the order of the file.
 *
 * Each block's rejects are noted in a list by the thread that has the block. Lists are handed in by block number and
 * passed on in that order; a thread too far ahead of the slowest waits, so that few lists are held at once. */
#ifndef LOADERS_ROW_REJECTS_H
#define LOADERS_ROW_REJECTS_H

#include "engine/base/memory.h"
#include "engine/base/slice.h"

typedef enum {
    REJECT_FIELDS,     /* another number of fields than the header */
    REJECT_QUOTE,      /* something follows a closing quote */
    REJECT_OPEN_QUOTE, /* a quote is not closed by the end of the file */
    REJECT_LONG_ROW,   /* over CSV_ROW_BYTES_MAX */
    REJECT_NUL,
    REJECT_UTF8,
    REJECT_EMPTY,      /* a required column without a value */
    REJECT_LONG_ID,
    REJECT_INTEGER,
    REJECT_REAL,
    REJECT_BOOLEAN,
    REJECT_TIME,
    REJECT_NO_SUCH_TIME,
    REJECT_MONTH,
    REJECT_RANGE,
    REJECT_INTERVAL,   /* ends before it starts */
    REJECT_N_REASONS
} reject_reason;

/* `fields`, `empty`: one word, for counts. */
const char *reject_reason_word(reject_reason reason);

enum { REJECT_VALUE_BYTES = 200, REJECT_WHOLE_ROW = UINT32_MAX };

typedef struct {
    uint64_t line;   /* where the row starts */
    uint32_t column; /* of the table, or REJECT_WHOLE_ROW */
    reject_reason reason;
    uint64_t found;  /* of REJECT_FIELDS: the fields; of REJECT_OPEN_QUOTE: the line of the quote */
    cd_slice value;  /* its first REJECT_VALUE_BYTES bytes, as they are in the file but for quotes */
    bool cut;        /* there were more */
} row_reject;

typedef struct {
    row_reject *items; /* value.bytes is set when the list is passed on; until then value_at holds where it is */
    size_t *value_at;
    size_t n, items_cap, value_at_cap;
    char *values;
    size_t n_values, values_cap;
} reject_list;

void reject_list_release(reject_list *list);
/* Notes a reject; its value is copied. */
CD_CHECKED cd_status reject_list_add(reject_list *list, const row_reject *reject, cd_err *err);

typedef cd_status (*reject_function)(void *context, const row_reject *reject, cd_err *err);
typedef struct reject_order reject_order;

CD_CHECKED cd_status reject_order_new(uint32_t threads, reject_function to, void *context, reject_order **out, cd_err *err);
void reject_order_free(reject_order *order);
/* Hands in the list of block `sequence` (from 0, each exactly once), which is empty afterwards. */
CD_CHECKED cd_status reject_order_hand_in(reject_order *order, uint64_t sequence, reject_list *list, cd_err *err);
/* Lets all that wait go: a block will not come. */
void reject_order_stop(reject_order *order);

#endif
