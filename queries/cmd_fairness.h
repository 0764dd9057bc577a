/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_fairness.h: whom the lists of a sweep fall on, by protected attributes. These are read by this command alone:
 * no store takes them, and nothing here is known to the engine. */
#ifndef QUERIES_CMD_FAIRNESS_H
#define QUERIES_CMD_FAIRNESS_H

#include "engine/base/memory.h"
#include "engine/candour.h"

enum {
    FAIR_LEAST = 10,      /* people in a group, or nothing is said of it */
    FAIR_ATTRIBUTES = 16, /* in one file */
    FAIR_VALUES = 64,     /* of one attribute */
    FAIR_LISTS = 12
};
#define FAIR_NOT_SAID UINT32_MAX

/* ---- Who is what (cmd_fairness_protected.c) ---- */

typedef struct {
    cd_slice name;
    uint32_t n_values;
    cd_slice value[FAIR_VALUES]; /* rising */
    uint32_t *of;                /* per officer: which value, or FAIR_NOT_SAID */
} fair_attribute;

typedef struct {
    cd_arena arena;
    uint32_t n;
    fair_attribute list[FAIR_ATTRIBUTES];
    uint32_t known;     /* officers of the sweep that have a line */
    uint64_t strangers; /* lines whose officer the sweep does not have */
} fair_protected;

/* protected.csv: officer_id, then any columns. */
CD_CHECKED cd_status fair_protected_read(const char *path, const candour_sweep *sweep, fair_protected *out,
                                         cd_err *err);
void fair_protected_release(fair_protected *p);

/* ---- What must not be shown (cmd_fairness_hide.c) ---- */

/* hidden[rows * cols]: which groups stay unsaid: those of 1 to FAIR_LEAST - 1 people, those of a row or column that is
 * itself unsaid (NULL: none is), and as many more as it takes that none of the small ones follows from the others and
 * the totals of rows and columns, and that no total less what is shown leaves fewer than FAIR_LEAST. One row is one
 * attribute alone: there the row's total is known and the columns have none. */
CD_CHECKED cd_status fair_hide(const uint32_t *people, uint32_t rows, uint32_t cols, const bool *row_unsaid,
                               const bool *col_unsaid, bool *hidden, cd_err *err);

/* ---- Counting (cmd_fairness_count.c) ---- */

/* Lists of officers: a tier and those above it, a first part of the queue, another lane. */
typedef struct {
    uint32_t n, n_officers;
    char name[FAIR_LISTS][48];
    uint32_t length[FAIR_LISTS];
    uint32_t *on;   /* per officer: bit l: is on list l */
    double *factor; /* per officer: what tiers are decided on */
    bool *bad;      /* per officer: planted and no look-alike; NULL: no truth is at hand */
    uint32_t *unit; /* per officer: a number for the unit */
} fair_lists;
CD_CHECKED cd_status fair_lists_make(const candour_sweep *sweep, fair_lists *out, cd_err *err);
void fair_lists_release(fair_lists *l);

typedef struct {
    uint32_t people, flagged[FAIR_LISTS];
    uint32_t bad, bad_flagged[FAIR_LISTS];
    double factor, error; /* the mean and its standard error */
    bool hidden;
} fair_group;

/* How far a list's rates lie apart, over the groups that are shown. */
typedef struct {
    double ratio;  /* the lowest rate over the highest: four fifths is the usual line */
    double gap;    /* the highest less the lowest */
    double chance; /* what the gap stays below in 95 of 100 shuffles of the attribute over all people */
    double p;      /* how often a shuffle sets the groups as far apart; the same within units */
    double p_within;
    uint32_t lowest, highest; /* groups */
    const char *verdict;
} fair_gap;

/* One attribute, or two together. */
typedef struct {
    const fair_attribute *row, *col; /* row NULL: one attribute alone */
    uint32_t n, n_hidden;            /* groups; row * n_cols + col */
    fair_group *group;
    fair_gap gap[FAIR_LISTS];
} fair_split;

/* row_unsaid, col_unsaid: of the single attributes' own splits, or NULL. */
CD_CHECKED cd_status fair_split_make(const fair_lists *l, const fair_attribute *row, const fair_attribute *col,
                                     const fair_split *row_alone, const fair_split *col_alone, fair_split *out,
                                     cd_err *err);
void fair_split_release(fair_split *s);

/* Wilson's interval, 95 %, of k of n. */
typedef struct {
    double rate, lo, hi;
} fair_rate;
fair_rate fair_rate_of(uint32_t k, uint32_t n);

#endif
