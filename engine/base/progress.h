/* SPDX-License-Identifier: GPL-3.0-or-later
 * progress.h: how long work tells its caller where it is, and hears that it should stop.
 *
 * The engine and the loaders never print: they call this back from one thread at a time, some ten times a second. */
#ifndef CD_BASE_PROGRESS_H
#define CD_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *what;             /* "reading accesses.csv", "writing" */
    uint64_t rows;                /* so far */
    uint64_t bytes, bytes_all;    /* so far, and in all; bytes_all 0 when it is not known */
} cd_progress_state;

typedef struct {
    /* Returns false to ask the work to stop, which it then does with CD_ESTOPPED, leaving everything as it was. */
    bool (*step)(void *context, const cd_progress_state *state);
    void *context;
} cd_progress;

/* progress may be NULL, and so may its function: then the answer is "go on". */
static inline bool cd_progress_step(const cd_progress *progress, const cd_progress_state *state)
{
    return !progress || !progress->step || progress->step(progress->context, state);
}

#endif
