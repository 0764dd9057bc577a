/* SPDX-License-Identifier: GPL-3.0-or-later
 * procedures.h: what CALL can name: `graph.KERNEL`, every kernel of `candour graph` over relations that a map names; `sweep.queue` and
 * `sweep.findings`, of the store's latest sweep, and `sweep.DETECTOR`, the findings of one detector. */
#ifndef QUERIES_LANGUAGE_PROCEDURES_H
#define QUERIES_LANGUAGE_PROCEDURES_H

#include "engine/base/slice.h"
#include "engine/candour.h"
#include "queries/language/syntax.h"

enum { PROCEDURE_COLUMNS = 16 };

typedef struct {
    cd_slice name;
    const candour_kernel *kernel; /* NULL: of a sweep */
    bool takes_options;           /* a map, which may be left out for a sweep's */
    uint32_t n_columns;
    cd_slice columns[PROCEDURE_COLUMNS];
    known_type known[PROCEDURE_COLUMNS];
} query_procedure;

/* False where there is none of that name. A detector's name is looked at when it runs. */
bool query_procedure_find(cd_slice name, query_procedure *out);
/* The nearest name to a wrong one, or NULL. */
const char *query_procedure_nearest(cd_slice name);

#endif
