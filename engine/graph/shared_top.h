/* SPDX-License-Identifier: GPL-3.0-or-later
 * shared_top.h: for each left id the partners it has most in common with. */
#ifndef CD_GRAPH_SHARED_TOP_H
#define CD_GRAPH_SHARED_TOP_H

#include "engine/graph/shared.h"

typedef enum {
    CD_SCORE_COUNT,       /* shared right ids */
    CD_SCORE_JACCARD,     /* shared of all that either has */
    CD_SCORE_COSINE,      /* shared by the root of the product of both degrees */
    CD_SCORE_ADAMIC_ADAR, /* each shared id weighs 1 / ln of its degree */
    CD_SCORE_RESOURCE,    /* each weighs 1 / its degree */
    CD_SCORE_WEIGHTS      /* each weighs what the caller says */
} cd_score;

typedef struct {
    cd_score score;
    const double *weights; /* per right id, in [0, 1024], for CD_SCORE_WEIGHTS */
    uint32_t k;            /* partners of each, at least 1 */
    const uint32_t *place; /* per left id: of equal scores the lower place comes first; NULL: the lower number */
} cd_top_options;

typedef struct {
    cd_id partner;
    uint32_t shared; /* right ids that both have */
    double score;
} cd_partner;

/* Peak: 16 k n bytes of result, 12 n a thread, 8 n and 8 a right id, and 8 an edge of a hub; where shared ids are
 * counted, 4 n and 4 times the largest degree more a thread. */
size_t cd_shared_top_bytes(const cd_shared *s, const cd_top_options *o, uint32_t threads);
/* out[u * k ..): the best partners of u, n_out[u] of them, best first; those that share nothing that weighs are no
 * partners. Both arrays are the caller's, n_left * k and n_left long. Exact, and the same at any number of threads:
 * what is shared is summed in whole numbers (of 2^-32). */
CD_CHECKED cd_status cd_shared_top(const cd_shared *s, const cd_top_options *o, const cd_run *run, cd_partner *out,
                                   uint32_t *n_out, cd_err *err);

#endif
