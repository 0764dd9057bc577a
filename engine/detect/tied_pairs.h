/* SPDX-License-Identifier: GPL-3.0-or-later
 * tied_pairs.h: pairs of officers who reach the same association, each by a path of their own that held at the same
 * time; what on record explains the pair; and which of the others chance would not have tied.
 *
 * Chance: of two officers who reach d and e associations, d e K have one in common, K such that this is as many as
 * there are over all pairs. Whoever has one in common has a second more easily (one street, one family): how much more
 * is what all pairs show. False discovery is controlled over every pair of officers who reach anything (Benjamini and
 * Hochberg 1995). */
#ifndef CD_DETECT_TIED_PAIRS_H
#define CD_DETECT_TIED_PAIRS_H

#include "engine/detect/detector.h"
#include "engine/detect/reach.h"

typedef enum {
    CD_PAIR_HIDDEN,
    CD_PAIR_DECLARED, /* one of them declared something of the path */
    CD_PAIR_UNIT,     /* served in one unit at one time */
    CD_PAIR_MANAGER,  /* one is the other's manager */
    CD_PAIR_TEAM,     /* assigned to the same file */
    CD_PAIR_SHIFT,    /* worked the same shifts */
    CD_PAIR_REASONS
} cd_pair_reason;
const char *cd_pair_reason_about(cd_pair_reason reason); /* in words */

typedef struct {
    cd_id a, b;            /* a < b */
    cd_off path_a, path_b; /* in reach.list, to the same association: of the fewest ties, then the surest */
    uint32_t paths;        /* that have no first association in common, on either side */
    uint32_t officers;     /* who reach the association where the path meets */
    uint8_t reason;        /* cd_pair_reason */
    bool validated;        /* no reason, and chance would not have it */
    double expected, log_p;
    int64_t from; /* since when all of the path holds; INT64_MIN: always */
} cd_tied_pair;

typedef struct {
    cd_tied_pair *list; /* by a, then b */
    size_t n;
    cd_off *off;  /* officers.n + 1, into of[]: */
    uint32_t *of; /* the pairs of each officer */
    double per_pair, wider;
    uint64_t tested;
} cd_tied_pairs;

/* Peak: 40 bytes a common association of two officers, 80 a pair. */
CD_CHECKED cd_status cd_tied_pairs_make(const cd_scene *s, const cd_reach *reach, const cd_policy *policy,
                                        const cd_run *run, cd_tied_pairs *out, cd_err *err);
void cd_tied_pairs_release(cd_tied_pairs *t);

/* "P004211 - phone T-118 (phone_record) - company C-77 (director) - P009034; neither declared; 2 officers ..." */
void cd_tied_pair_words(const cd_scene *s, const cd_reach *reach, const cd_tied_pair *p, cd_buffer *out);

#endif
