/* SPDX-License-Identifier: GPL-3.0-or-later
 * validated.h: pairs that share more than chance would have them share, given how much each does at all.
 *
 * The null keeps both degree sequences (bicm.h), within each stratum where right ids have one (the files of one unit
 * and month, say): an officer's files in a stratum are then drawn from that stratum's. A pair's shared count is taken
 * for a sum of independent coins, a right id each, and its p-value is the exact tail of that sum. Left degrees vary a
 * little under this null, where they are known: its counts are spread a little wider than those of graphs of exactly
 * these degrees, and its p-values are on the safe side of theirs.
 *
 * What could not have been has no coin: a left and a right id that never were there at once. What was bound to be is no
 * chance: a tie that is certain leaves the degrees of both its ends, and what two share through it is the other's
 * chance, or certain where it is certain for both. Where there are spans or certain ties, the degrees that are kept are
 * the mean ones of the ids of one degree and span.
 *
 * False discovery is controlled over all pairs of left ids, those that share nothing too (Benjamini and Hochberg 1995;
 * the counts of pairs with a common id are positively dependent, which the procedure allows where dependence is of that
 * kind). */
#ifndef CD_GRAPH_VALIDATED_H
#define CD_GRAPH_VALIDATED_H

#include "engine/graph/bicm.h"
#include "engine/graph/shared.h"

typedef struct {
    const uint32_t *stratum; /* per right id, in [0, n_strata); NULL: one for all */
    uint32_t n_strata;
    double level;                            /* the false-discovery rate, in (0, 1) */
    const cd_span *left_there, *right_there; /* per id: when it was there; NULL: always */
    const bool *certain;                     /* per edge of by_left: it was bound to be; NULL: none was */
} cd_validated_options;

typedef struct {
    cd_id left, other; /* left < other */
    uint32_t shared;
    double expected, p;
} cd_validated_pair;

typedef struct {
    uint64_t tested;     /* pairs of left ids */
    uint64_t candidates; /* whose p-value was computed */
    double threshold;    /* the largest p-value that was kept, 0 where none was */
    double fit_error;    /* of the worst degree, as a share of it */
} cd_validated_report;

/* Peak: what cd_shared_each takes, 6 MB, and with strata 12 bytes more a left id and thread; beside these the chances
 * of each pair of degree classes of a stratum, and 96 bytes a candidate, which is asked for when they are counted. */
size_t cd_validated_bytes(const cd_shared *s, bool strata, uint32_t threads);
/* *out has *n pairs, by rising p, then by numbers; for cd_free. CD_EUSAGE where ids are tied that never were there at
 * once, unless it is certain. Parallel; the same at any number of threads. */
CD_CHECKED cd_status cd_validated(const cd_shared *s, const cd_validated_options *options, const cd_run *run,
                                  cd_validated_pair **out, uint64_t *n, cd_validated_report *report, cd_err *err);

#endif
