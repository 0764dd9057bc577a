/* SPDX-License-Identifier: GPL-3.0-or-later
 * answer.c: writes whole answers, and says it where that cannot be. */
#include "queries/answer.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

cd_status answer_write(cd_buffer *out, const char *what, cd_err *err)
{
    size_t done = 0, n = out->n;
    out->n = 0;
    if (out->status != CD_OK) return cd_fail(err, out->status, "cannot print %s: out of memory", what);
    while (done < n) {
        ssize_t wrote = write(STDOUT_FILENO, out->bytes + done, n - done);
        if (wrote > 0) done += (size_t)wrote;
        else if (wrote < 0 && errno == EPIPE) {
            signal(SIGPIPE, SIG_DFL); /* main ignores it */
            raise(SIGPIPE);
        } else if (wrote == 0 || errno != EINTR)
            return cd_fail_errno(err, errno, "cannot write %s to standard output", what);
    }
    return CD_OK;
}
