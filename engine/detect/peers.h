/* SPDX-License-Identifier: GPL-3.0-or-later
 * peers.h: an officer's count held against what their peers' counts say to expect.
 *
 * Peers are those of one group (peer_groups.h); one of fewer than the least is held against the whole force. What is
 * expected follows from the officer's *exposure* (what else nothing explains, say), shrunk towards the peers' where
 * there is little of it, times how often the counted thing comes per exposure among the others: never from the count
 * itself. */
#ifndef CD_DETECT_PEERS_H
#define CD_DETECT_PEERS_H

#include "engine/base/memory.h"

typedef struct {
    uint32_t n_people, n_groups;
    const bool *part; /* who takes part at all; borrowed */
    uint32_t *group;  /* per person; 0: the whole force */
    uint32_t *size;   /* per group */
} cd_peers;

/* groups: per person, below n_groups; group 0 is no group. */
CD_CHECKED cd_status cd_peers_make(const uint32_t *groups, uint32_t n_groups, const bool *part, uint32_t n_people,
                                   uint32_t least, cd_peers *out, cd_err *err);
void cd_peers_release(cd_peers *p);

typedef enum {
    CD_EXPOSURE_COUNT, /* is a count itself: what is behind it is estimated from it and the peers' */
    CD_EXPOSURE_FIXED  /* is known as it is */
} cd_exposure;

typedef struct {
    double expected, shape; /* of the null: chance.h */
    double log_p;           /* log10 of the chance of as many or more */
} cd_compared;

/* out[n_people]; those who do not take part get log_p 0. Parallel over people where that is worth it; exact sums. */
CD_CHECKED cd_status cd_peers_compare(const cd_peers *p, const uint32_t *seen, const double *exposure, cd_exposure how,
                                      uint32_t threads, cd_compared *out, cd_err *err);

/* How often a peer counts in a draw. */
uint32_t cd_peers_drawn(uint64_t seed, uint32_t draw, uint32_t person);
/* The same for some people, were the peers drawn again with replacement: by this draw some of them count twice, some
 * not at all. Their spread is taken as it is: compared[] is what cd_peers_compare said of everybody. */
CD_CHECKED cd_status cd_peers_redraw(const cd_peers *p, const uint32_t *seen, const double *exposure, cd_exposure how,
                                     uint64_t seed, uint32_t draw, const cd_compared *compared, const uint32_t *people,
                                     uint32_t n_people, cd_compared *out, cd_err *err);

#endif
