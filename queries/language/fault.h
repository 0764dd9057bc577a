/* SPDX-License-Identifier: GPL-3.0-or-later
 * fault.h: what is wrong with a query, and where in its text: a cd_err has the words, this has the place and the class. */
#ifndef QUERIES_LANGUAGE_FAULT_H
#define QUERIES_LANGUAGE_FAULT_H

#include "engine/base/slice.h"
#include "engine/base/status.h"

/* Classes and details are openCypher's: `SyntaxError`, `UndefinedVariable`. */
typedef struct {
    const char *type;   /* SyntaxError, TypeError, ArgumentError, ...; NULL: no fault of the query */
    const char *detail;
    uint32_t at;        /* byte of the text; QUERY_NOWHERE: no place */
    bool running;       /* seen while it ran, not before */
} query_fault;

enum { QUERY_NOWHERE = UINT32_MAX };

/* Keeps the first, in *fault and in *err; returns CD_EUSAGE. The words say what was found and what was expected. */
CD_CHECKED cd_status query_fail(query_fault *fault, uint32_t at, const char *type, const char *detail, cd_err *err, const char *format,
                                ...) CD_PRINTF(6, 7);

/* Line and column, both from 1, of a byte of the text; columns count characters of UTF-8. */
void query_place(cd_slice text, uint32_t at, uint32_t *line, uint32_t *column);

#endif
