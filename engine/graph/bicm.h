/* SPDX-License-Identifier: GPL-3.0-or-later
 * bicm.h: the bipartite configuration model: among all two-sided graphs that keep every degree on average, the one that
 * assumes nothing more. Left id of degree d and right id of degree k are tied with probability x y / (1 + x y), where x
 * depends on d alone and y on k alone, so that it is solved on distinct degrees. */
#ifndef CD_GRAPH_BICM_H
#define CD_GRAPH_BICM_H

#include "engine/graph/csr.h"
#include "engine/graph/run.h"

/* When an id was there, half open, in whatever the caller counts. Two that never were there at once are not tied. */
typedef struct {
    int32_t from, until;
} cd_span;
#define CD_ALWAYS ((cd_span){.from = INT32_MIN, .until = INT32_MAX})
static inline bool cd_spans_meet(cd_span a, cd_span b) { return a.from < b.until && b.from < a.until; }

/* Ids of one degree and one span on one side. */
typedef struct {
    cd_id degree, n;
    cd_span there;
    double fitness; /* x or y; 0 where the degree is 0; HUGE_VAL where it is all it can be tied to */
    double pairing; /* in [0, 1]: see cd_bicm_both */
} cd_bicm_class;

typedef struct {
    cd_bicm_class *left, *right; /* by rising degree, then by their spans */
    uint32_t n_left, n_right;
    double *open; /* [left * n_right + right]: how many pairs of two classes may be tied at all; NULL: all of them */
    uint32_t rounds;
    double error; /* the largest difference between a degree and its expectation, as a share of the degree */
} cd_bicm;

/* From classes with degree, n and span set, rising, none of n 0; where some pairs cannot be tied, with `open` too. Takes
 * them over. The ids of a class are held to have as many open pairs each. Parallel; the same to the bit at any number of
 * threads. */
CD_CHECKED cd_status cd_bicm_fit(cd_bicm *model, const cd_run *run, cd_err *err);
/* The classes of a list of degrees, and of when each is there (NULL: always), for cd_free, and into class_of[n] (or
 * NULL) the class of each. */
CD_CHECKED cd_status cd_bicm_classes(const cd_id *degree, const cd_span *there, cd_id n, cd_bicm_class **out,
                                     uint32_t *n_out, uint32_t *class_of, cd_err *err);
/* Counts the pairs that may be tied by their spans, into model->open. */
CD_CHECKED cd_status cd_bicm_find_open(cd_bicm *model, cd_err *err);
void cd_bicm_release(cd_bicm *model);

/* The probability of a tie between two classes. */
static inline double cd_bicm_tie(const cd_bicm_class *left, const cd_bicm_class *right)
{
    if (left->degree == 0 || right->degree == 0 || !cd_spans_meet(left->there, right->there)) return 0;
    double x = left->fitness, y = right->fitness;
    return x > 1e200 || y > 1e200 ? 1 : x * y / (1 + x * y);
}

/* The probability that two different left ids both have a right id of that class. The model lets a right id's degree
 * vary from draw to draw, and the product of two ties then counts draws in which it has more: of a file that one
 * officer opened it says that two did. Where the right id has exactly k, the chances of all pairs sum to k (k - 1), not
 * to k^2 less the sum of the squared chances: `pairing` is the one by the other. */
static inline double cd_bicm_both(const cd_bicm_class *left, const cd_bicm_class *other, const cd_bicm_class *right)
{
    return cd_bicm_tie(left, right) * cd_bicm_tie(other, right) * right->pairing;
}

#endif
