/* SPDX-License-Identifier: GPL-3.0-or-later
 * validated_inside.h: the null of validated.h, between the files that fit it and that test against it. */
#ifndef CD_GRAPH_VALIDATED_INSIDE_H
#define CD_GRAPH_VALIDATED_INSIDE_H

#include "engine/graph/tail.h"
#include "engine/graph/validated.h"

/* One stratum: its model, and what two left ids of classes a and b share in it on average. */
typedef struct {
    cd_bicm model;
    double *tie;     /* [n_left][n_right] chances */
    double *mean;    /* n_left classes squared: certain ties apart */
    double *largest; /* per left class: its largest chance of a tie */
    cd_id n_members;
    cd_id *member;      /* left ids with a tie here, rising */
    uint32_t *class_of; /* per member */
} cd_null_stratum;

/* A left id in a stratum. */
typedef struct {
    uint32_t stratum, class_of;
    cd_id at; /* its place among the members */
} cd_null_membership;

typedef struct {
    const cd_shared *shared;
    const cd_validated_options *options;
    const cd_run *run;
    uint32_t n_strata;
    cd_null_stratum *strata;
    cd_off *at; /* per left id: its memberships */
    cd_null_membership *memberships;
    double *largest;       /* per left id: its largest chance of a tie */
    uint32_t *right_class; /* per right id, in its stratum */
    double error;          /* of the worst degree, as a share of it */
} cd_null;

CD_CHECKED cd_status cd_null_make(const cd_shared *s, const cd_validated_options *options, const cd_run *run,
                                  cd_null *out, cd_err *err);
void cd_null_release(cd_null *null);

/* What a thread needs to list the coins of pairs. `base` has one entry a stratum, all SIZE_MAX between uses. */
typedef struct {
    cd_coins *coins;
    size_t cap, n;
    size_t *base;
} cd_null_coins;
/* The coins of a pair into c->coins, c->n of them: a right id each, those of one class as one. */
CD_CHECKED cd_status cd_null_toss(const cd_null *null, cd_id left, cd_id other, cd_null_coins *c, cd_err *err);

static inline bool cd_null_counts(const cd_null *null, cd_id right)
{
    return !null->shared->cap || cd_csr_degree(null->shared->by_right, right) <= null->shared->cap;
}
static inline uint32_t cd_null_stratum_of(const cd_null *null, cd_id right)
{
    return null->options->stratum ? null->options->stratum[right] : 0;
}

#endif
