/* SPDX-License-Identifier: GPL-3.0-or-later
 * terminal.h: standard error while long work runs: a bar on a terminal, a rare line elsewhere, nothing when quiet; and
 * the signals that ask such work to stop. One at a time in a process. */
#ifndef QUERIES_TERMINAL_H
#define QUERIES_TERMINAL_H

#include "engine/base/progress.h"
#include "engine/base/status.h"

/* From here on Ctrl-C (and a request to terminate) stops the work through `progress` rather than the process; a second
 * one ends the process. The result is for the engine and the loaders, good until terminal_end. */
const cd_progress *terminal_begin(bool quiet);
/* Takes the bar away, so that an answer or an error stands on a clean line. */
void terminal_end(void);
/* The same for one of several parts of a process that outlives them, such as the statements of a shell: an earlier signal is forgotten,
 * no number of Ctrl-C ends the process, and after terminal_end_part such signals do as they did before. */
const cd_progress *terminal_begin_part(void);
void terminal_end_part(void);
/* The signal that asked to stop, or 0. */
int terminal_stopped_by(void);
/* A remark to standard error, unless the run is quiet. */
void terminal_say(const char *format, ...) CD_PRINTF(1, 2);

/* The bar for one moment, at most `width` columns: exposed for its test. `seconds` since this part of the work began. */
void terminal_bar(const cd_progress_state *state, double seconds, unsigned width, char *out, size_t cap);

#endif
