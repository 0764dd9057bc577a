/* SPDX-License-Identifier: GPL-3.0-or-later
 * write.c: the one loop around write() and pwrite(). */
#include "engine/base/write.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

static int write_all(int fd, const char *bytes, size_t n, bool in_order, uint64_t at)
{
    while (n > 0) {
        ssize_t wrote = in_order ? write(fd, bytes, n) : pwrite(fd, bytes, n, (off_t)at);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return wrote < 0 ? errno : ENOSPC;
        bytes += wrote, n -= (size_t)wrote, at += (uint64_t)wrote;
    }
    return 0;
}

int cd_write_all(int fd, const void *bytes, size_t n) { return write_all(fd, bytes, n, true, 0); }

int cd_write_all_at(int fd, const void *bytes, size_t n, uint64_t at) { return write_all(fd, bytes, n, false, at); }
