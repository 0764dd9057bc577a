/* SPDX-License-Identifier: GPL-3.0-or-later
 * answer.c: writes whole answers, and says it where that cannot be. */
#include "queries/answer.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "engine/base/write.h"

cd_status answer_write(cd_buffer *out, const char *what, cd_err *err)
{
    size_t n = out->n;
    out->n = 0;
    if (out->status != CD_OK) return cd_fail(err, out->status, "cannot print %s: out of memory", what);
    int failed = cd_write_all(STDOUT_FILENO, out->bytes, n);
    if (failed == EPIPE) {
        signal(SIGPIPE, SIG_DFL); /* main ignores it */
        raise(SIGPIPE);
    }
    return failed ? cd_fail_errno(err, failed, "cannot write %s to standard output", what) : CD_OK;
}
