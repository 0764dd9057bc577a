/* SPDX-License-Identifier: GPL-3.0-or-later
 * write.h: all of some bytes into a file, whatever the system takes at once and whatever interrupts it. */
#ifndef CD_BASE_WRITE_H
#define CD_BASE_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/status.h"

/* 0, or the errno of what failed: the caller knows what to call the file. */
CD_CHECKED int cd_write_all(int fd, const void *bytes, size_t n);
/* The same from byte `at` on; from any number of threads. */
CD_CHECKED int cd_write_all_at(int fd, const void *bytes, size_t n, uint64_t at);

#endif
