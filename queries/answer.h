/* SPDX-License-Identifier: GPL-3.0-or-later
 * answer.h: a command's answer on its way to standard output. */
#ifndef QUERIES_ANSWER_H
#define QUERIES_ANSWER_H

#include "engine/base/memory.h"

/* Writes what is in `out` now, all of it, and empties it. `what` it is, for the message. Where whoever read it has gone,
 * the process ends here, as one does that never heard of it. */
CD_CHECKED cd_status answer_write(cd_buffer *out, const char *what, cd_err *err);

#endif
