/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_evaluate.h: the truth that a ranking is held against, and rankings as plain lists of numbers. */
#ifndef QUERIES_CMD_EVALUATE_H
#define QUERIES_CMD_EVALUATE_H

#include "engine/candour.h"
#include "engine/base/memory.h"

/* One line of truth.csv whose officer the sweep has. */
typedef struct {
    uint32_t officer, scheme; /* scheme: an index of truth.schemes */
    cd_slice group;           /* empty: none */
} truth_line;

enum { TRUTH_SCHEMES = 64 };

typedef struct {
    cd_arena arena;
    cd_slice scheme[TRUTH_SCHEMES]; /* rising */
    bool innocent[TRUTH_SCHEMES];   /* a look-alike */
    uint32_t n_schemes;
    truth_line *lines;
    size_t n, cap;
    uint64_t strangers; /* lines whose officer the sweep does not have */
} truth;

/* Reads truth.csv. Innocent are analyst, secondee, reviewer, carer and popular_case. */
CD_CHECKED cd_status truth_read(const char *path, const candour_sweep *sweep, truth *out, cd_err *err);
void truth_release(truth *t);

/* What somebody without candour would rank by: values per officer, larger is more suspicious. */
enum { BASELINES = 5 };
extern const char *const evaluate_baselines[BASELINES];
/* value[BASELINES][n_officers], for cd_free. `store` may be NULL: then PageRank is left out (all zero). */
CD_CHECKED cd_status evaluate_baseline_values(const candour_sweep *sweep, candour_store *store, uint32_t threads,
                                              double **value, cd_err *err);

#endif
