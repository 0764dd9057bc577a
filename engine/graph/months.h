/* SPDX-License-Identifier: GPL-3.0-or-later
 * months.h: a relation by months: a pair is of the month in which its first row is, so that what two share is a file
 * that both came to in one month. A right id becomes as many as there are months in which somebody came to it. */
#ifndef CD_GRAPH_MONTHS_H
#define CD_GRAPH_MONTHS_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

typedef struct {
    cd_csr by_left, by_right; /* an edge of by_left stands where it stood: by_left.off is as it was */
    cd_id *of;                /* per new right id, rising: which one it was */
    int32_t *month;           /* per new right id, rising within one `of`; INT32_MIN where the time is unknown */
} cd_months;

/* `first` says for each edge of rows (or, where place is not NULL, of another csr: edge place[e]) the time of its first
 * row. For cd_months_release. Peak: 28 bytes an edge and cd_csr_transpose_bytes. Parallel. */
CD_CHECKED cd_status cd_months_split(const cd_csr *rows, const int64_t *first, const cd_off *place, const cd_run *run,
                                     cd_months *out, cd_err *err);
void cd_months_release(cd_months *m);

#endif
