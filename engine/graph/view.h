/* SPDX-License-Identifier: GPL-3.0-or-later
 * view.h: what a question looks at of one relation: a window of time, and columns that must hold given values.
 *
 * A view copies nothing and dies with its snapshot. It does not trust the snapshot's arrays: whoever reads rows through
 * it checks the ids it meets (cd_pairs_build does). Threads may share one. */
#ifndef CD_GRAPH_VIEW_H
#define CD_GRAPH_VIEW_H

#include "engine/store/snapshot.h"

enum { CD_VIEW_TESTS = 8 };

typedef struct {
    uint32_t column;
    int64_t *value; /* per segment: the code of a text, else the value; CANDOUR_UNKNOWN asks for unknown ones */
    bool *nowhere;  /* per segment: it does not hold that text */
} cd_view_test;

typedef struct {
    const cd_snapshot *snapshot;
    uint32_t table;
    int64_t from, to; /* of the time column, half open; CANDOUR_UNKNOWN is open */
    uint32_t n_tests;
    cd_view_test tests[CD_VIEW_TESTS];
} cd_view;

/* All of a relation in a window. A row of unknown time is in only where the window is open on both sides. CD_EUSAGE
 * where the table is no relation, or a window is asked of one without times. */
CD_CHECKED cd_status cd_view_init(const cd_snapshot *s, uint32_t table, int64_t from, int64_t to, cd_view *out,
                                  cd_err *err);
/* Only rows whose column says `value` as a CSV would; empty: those that say nothing. */
CD_CHECKED cd_status cd_view_where(cd_view *v, cd_slice column, cd_slice value, cd_err *err);
void cd_view_release(cd_view *v);

/* Whether a row of a segment is in the view. */
bool cd_view_takes(const cd_view *v, uint32_t segment, uint64_t row);
/* Whether every row is, so that nobody need ask. */
static inline bool cd_view_takes_all(const cd_view *v)
{
    return v->n_tests == 0 && v->from == CANDOUR_UNKNOWN && v->to == CANDOUR_UNKNOWN;
}

#endif
