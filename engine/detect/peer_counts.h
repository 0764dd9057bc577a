/* SPDX-License-Identifier: GPL-3.0-or-later
 * peer_counts.h: counts of whatever a detector finds, each held against what was to be expected of the officer and
 * against the peers' own spread; together one e-value (the weighted mean of theirs), a finding, and its rows. */
#ifndef CD_DETECT_PEER_COUNTS_H
#define CD_DETECT_PEER_COUNTS_H

#include "engine/detect/detector.h"

enum { CD_PEER_COUNTS = 8 };

typedef struct {
    char what[64], one[64]; /* "files about own associations", and of one of them */
    double weight;          /* of the sum of all; lifted, it may be greater than 1 */
    uint32_t most;          /* what one officer adds to what is thought of the others, at most; 0: all of it */
    uint32_t *seen;
    double *exposure; /* what is to be expected, but for a factor that the peers have in common */
    cd_compared *got;
    double *temper; /* per officer */
} cd_peer_count;

typedef struct {
    const cd_look *look;
    const bool *part; /* who takes part: for whom there is anything to expect; borrowed */
    cd_peers peers;
    uint32_t least; /* whoever has fewer of all counts together is not told of, which only lowers an e-value */
    bool lifted;    /* what the model gives away is given back: cd_evidence_lift */
    uint32_t n;
    cd_peer_count count[CD_PEER_COUNTS];
} cd_peer_counts;

/* How a detector tells of an officer who stands out. */
typedef struct {
    void *context;
    /* Adds to the words what the counts do not say; may be NULL. */
    void (*words)(void *context, cd_id officer, cd_buffer *out);
    /* The rows that the finding rests on; bit[k]: of count k in cd_cited.counts, 0 where it is not told. Returns how
     * many; out NULL: counts alone. */
    uint32_t (*rows)(void *context, cd_id officer, const uint32_t *bit, cd_cited *out);
} cd_peer_teller;

CD_CHECKED cd_status cd_peer_counts_init(cd_peer_counts *c, const cd_look *look, const bool *part, cd_err *err);
void cd_peer_counts_release(cd_peer_counts *c);
/* Another count, its arrays all zero; there is room for CD_PEER_COUNTS. */
CD_CHECKED cd_status cd_peer_counts_add(cd_peer_counts *c, double weight, const char *what, const char *one,
                                        cd_peer_count **out, cd_err *err);
/* Compares, and adds a finding for everyone who stands out in some count. */
CD_CHECKED cd_status cd_peer_counts_run(cd_peer_counts *c, uint32_t detector, const cd_peer_teller *teller,
                                        cd_findings *out, cd_err *err);

#endif
