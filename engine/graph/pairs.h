/* SPDX-License-Identifier: GPL-3.0-or-later
 * pairs.h: the distinct pairs of a view, both ways: who is tied to what at all, how often, first and last when. */
#ifndef CD_GRAPH_PAIRS_H
#define CD_GRAPH_PAIRS_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"
#include "engine/graph/view.h"

typedef struct {
    uint32_t left_kind, right_kind;
    cd_csr by_left, by_right;
    uint32_t *count;       /* per edge of by_left: its rows; NULL unless asked for */
    int64_t *first, *last; /* the same of its known times, CANDOUR_UNKNOWN where none is; NULL unless asked for */
} cd_pairs;

typedef enum { CD_PAIRS_BARE, CD_PAIRS_COUNTS, CD_PAIRS_TIMES /* and counts */ } cd_pairs_wanted;

/* Ids are the snapshot's numbers, all of them: one without pairs has an empty row. Every id is checked on the way:
 * CD_ESTORE where the store is damaged. Peak, with e pairs: 8 e + 8 (left + right) bytes, 20 e more for times or 4 e
 * for counts with 8 e for a moment, and cd_csr_transpose_bytes. Parallel. */
CD_CHECKED cd_status cd_pairs_build(const cd_view *view, cd_pairs_wanted wanted, const cd_run *run, cd_pairs *out,
                                    cd_err *err);
void cd_pairs_release(cd_pairs *p);

#endif
