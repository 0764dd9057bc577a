/* SPDX-License-Identifier: GPL-3.0-or-later
 * run.h: what every kernel is told: how many threads, how much memory, which seed, and who hears of progress.
 *
 * A kernel states its peak as a function NAME_bytes beside it, and asks cd_run_fits before it takes anything. */
#ifndef CD_GRAPH_RUN_H
#define CD_GRAPH_RUN_H

#include "engine/base/memory.h"
#include "engine/base/progress.h"

typedef struct {
    uint32_t threads;            /* at least 1 */
    size_t memory_bytes;         /* that a kernel may take beside its input; 0: any */
    uint64_t seed;
    const cd_progress *progress; /* or NULL */
} cd_run;

/* CD_EMEMORY, and how much it would need, where `bytes` are more than the run may take. */
CD_CHECKED cd_status cd_run_fits(const cd_run *run, const char *kernel, size_t bytes, cd_err *err);
/* CD_ESTOPPED where whoever listens asks to stop; `rows` of the work are done. Outside parallel regions. */
CD_CHECKED cd_status cd_run_step(const cd_run *run, const char *what, uint64_t rows, cd_err *err);

/* Sums of doubles go by blocks of this many, one partial a block, the partials then in order: the same sum at any
 * number of threads. */
enum { CD_SUM_BLOCK = 4096 };
/* Sums of doubles taken in another order differ in their last bits: to nine digits they do not. */
double cd_round_digits(double value);

#endif
