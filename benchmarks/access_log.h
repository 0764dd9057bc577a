/* SPDX-License-Identifier: GPL-3.0-or-later
 * access_log.h: makes the access logs that benchmarks load: who opened which case file, in the order of time. */
#ifndef BENCHMARKS_ACCESS_LOG_H
#define BENCHMARKS_ACCESS_LOG_H

#include "engine/base/status.h"

enum { ACCESS_LOG_DAYS = 365 };

/* How large a log is. T, S, M and L are the sizes that published figures of other engines were taken at. */
typedef struct {
    const char *name;
    uint32_t officers, cases;
    uint64_t accesses;
} access_log_size;

typedef struct {
    access_log_size size;
    uint64_t seed;
    uint32_t from_day, to_day; /* of the year, half open: a part of the log, the very rows that the whole has there */
    uint32_t threads;          /* 0: as many as there are processors */
    bool in_order;             /* ids as units go: what a store numbers by unit looks like; else shuffled */
} access_log_options;

/* A size by name: T, S, M, L, or 1M, 10M for the shape of M with so many accesses; NULL: there is none. */
const access_log_size *access_log_size_named(const char *name);

/* Writes the log as a CSV with its header, and syncs it. The bytes depend on size, seed and days alone. */
CD_CHECKED cd_status access_log_write(const access_log_options *options, const char *path, cd_err *err);

#endif
