/* SPDX-License-Identifier: GPL-3.0-or-later
 * spans.h: when the ids of a kind were there, by the first two times that their entity rows have beside as_of: an
 * officer joined and left, a file was opened and closed. */
#ifndef CD_GRAPH_SPANS_H
#define CD_GRAPH_SPANS_H

#include "engine/graph/bicm.h"
#include "engine/store/snapshot.h"

/* (*out)[id] of every id of a kind, in months since 1970, for cd_pages_free: from the first of these months to the
 * last, over all rows of the id; what no row says is open. CD_EUSAGE where the kind has no such times. The arrays are
 * checked on the way. */
CD_CHECKED cd_status cd_spans_read(const cd_snapshot *s, uint32_t kind, cd_span **out, cd_err *err);

/* Other numbers for the same: which left span meets which right span stays, and what does not matter for it goes, so
 * that few different spans are left. */
CD_CHECKED cd_status cd_spans_simplify(cd_span *left, cd_id n_left, cd_span *right, cd_id n_right, cd_err *err);

#endif
