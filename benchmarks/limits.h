/* SPDX-License-Identifier: GPL-3.0-or-later
 * limits.h: what the machine itself allows, measured in the same run as what is held against it. */
#ifndef BENCHMARKS_LIMITS_H
#define BENCHMARKS_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* Line ends in n bytes, by so many threads: the least that a reader of text must do. */
uint64_t limit_count_lines(const char *bytes, size_t n, uint32_t threads);
/* The sum of n numbers: the least that a scan of a column must do. */
uint64_t limit_sum(const uint32_t *numbers, size_t n, uint32_t threads);
/* Seconds until n bytes of new memory are there to be written to. On a virtual machine they may have to come from the
 * host first, ten times more slowly than from the system: then a load is as fast as that. */
double limit_new_memory(size_t n);

#endif
