/* SPDX-License-Identifier: GPL-3.0-or-later
 * run.c: the budget of a kernel, whether it should go on, and how its sums are printed. */
#include "engine/graph/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

cd_status cd_run_fits(const cd_run *run, const char *kernel, size_t bytes, cd_err *err)
{
    if (run->memory_bytes == 0 || bytes <= run->memory_bytes) return CD_OK;
    return cd_fail(err, CD_EMEMORY, "%s needs %zu MB beside the graph and may take %zu MB; give it more with --memory",
                   kernel, (bytes >> 20) + 1, run->memory_bytes >> 20);
}

cd_status cd_run_step(const cd_run *run, const char *what, uint64_t rows, cd_err *err)
{
    cd_progress_state state = {.what = what, .rows = rows};
    if (cd_progress_step(run->progress, &state)) return CD_OK;
    return cd_fail(err, CD_ESTOPPED, "stopped while %s", what);
}

double cd_round_digits(double value)
{
    char text[32];
    if (!isfinite(value)) return value;
    snprintf(text, sizeof text, "%.9g", value);
    return strtod(text, NULL);
}
