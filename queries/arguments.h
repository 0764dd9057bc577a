/* SPDX-License-Identifier: GPL-3.0-or-later
 * arguments.h: a command line held against its command's entry, and the values read from it. */
#ifndef QUERIES_ARGUMENTS_H
#define QUERIES_ARGUMENTS_H

#include "queries/command.h"

/* Fills run->arguments and run->values from the words after the command's name. `--` ends the options. CD_EUSAGE with
 * the nearest known word where one is misspelt. */
CD_CHECKED cd_status cli_parse(cli_run *run, int n_words, char **words, cd_err *err);

/* What an option was given, or NULL. The option must be in the command's entry. */
const char *cli_value(const cli_run *run, const char *option);
static inline bool cli_given(const cli_run *run, const char *option) { return cli_value(run, option) != NULL; }

/* The option as a whole number in [lo, hi]; *out keeps what it has where the option is not given. */
CD_CHECKED cd_status cli_whole(const cli_run *run, const char *option, uint64_t lo, uint64_t hi, uint64_t *out,
                               cd_err *err);
/* The option as a number above lo and up to hi. */
CD_CHECKED cd_status cli_real(const cli_run *run, const char *option, double lo, double hi, double *out, cd_err *err);
/* The option as bytes: 4096, 512k, 512M, 2G. */
CD_CHECKED cd_status cli_bytes(const cli_run *run, const char *option, size_t *out, cd_err *err);
/* The option as a day or a time; *out keeps what it has where the option is not given. */
CD_CHECKED cd_status cli_time(const cli_run *run, const char *option, int64_t *out, cd_err *err);
/* --threads, in [1, 1024]; 0 where not given. */
CD_CHECKED cd_status cli_threads(const cli_run *run, uint32_t *out, cd_err *err);

/* How many letters to change, add, take away or swap to make b of a; at most `limit`, beyond which it does not count. */
uint32_t cli_distance(const char *a, const char *b, uint32_t limit);

/* Keeps in *best the candidate nearest to what was written; looks at one candidate a call. */
typedef struct {
    const char *written, *best;
    uint32_t distance;
} cli_nearest;
cli_nearest cli_nearest_to(const char *written);
void cli_nearest_try(cli_nearest *nearest, const char *candidate);

#endif
