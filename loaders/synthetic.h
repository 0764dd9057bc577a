/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic.h: makes a force that never was: a full folder of the data contract, with what was planted in truth.csv.
 *
 * The bytes depend on the options alone, never on the threads or the machine. SYNTHETIC.md beside this file says where
 * every distribution comes from. */
#ifndef LOADERS_SYNTHETIC_H
#define LOADERS_SYNTHETIC_H

#include "engine/base/progress.h"
#include "engine/base/status.h"

/* What can be planted. Those before SYNTHETIC_ANALYST are misconduct; from there on, innocent look-alikes. */
typedef enum {
    SYNTHETIC_RING,
    SYNTHETIC_SNOOP,
    SYNTHETIC_LEAK,
    SYNTHETIC_HIDDEN_TIE,
    SYNTHETIC_HIDDEN_MEMBER,
    SYNTHETIC_OVERTIME,
    SYNTHETIC_ABSENTEE,
    SYNTHETIC_ABUSE,
    SYNTHETIC_GROOMING_DRIFT,
    SYNTHETIC_ANALYST,
    SYNTHETIC_SECONDEE,
    SYNTHETIC_REVIEWER,
    SYNTHETIC_CARER,
    SYNTHETIC_POPULAR_CASE,
    SYNTHETIC_SCHEMES
} synthetic_scheme;

/* As truth.csv writes it. */
const char *synthetic_scheme_name(synthetic_scheme scheme);

enum {
    SYNTHETIC_OFFICERS_MAX = 999999,         /* ids are P and six digits */
    SYNTHETIC_DAYS_MAX = 3660,
    SYNTHETIC_OFFICER_DAYS_MAX = 200000000,  /* bounds the memory: some 50 bytes an officer-day are cases and teams */
    SYNTHETIC_FILES = 19,
    SYNTHETIC_BY_DEFAULT = -1
};

typedef struct {
    const char *out;                 /* the folder: new, or empty */
    uint32_t n_officers, n_days;     /* at least 1 each */
    uint64_t seed;
    uint32_t threads;                /* 0: as many as there are processors */
    bool null_force;                 /* plant look-alikes only: a force in which nobody did anything */
    double accesses_per_officer_day; /* 0: 1.22, which is 20 M accesses for 45,000 officers in a year; at most 50 */
    int64_t start_seconds;           /* midnight of the first day; CD_NO_TIME: 2025-01-01 */
    int32_t plant[SYNTHETIC_SCHEMES]; /* officers to plant (of a ring: groups), or SYNTHETIC_BY_DEFAULT */
    const cd_progress *progress;     /* or NULL */
} synthetic_options;

/* Everything by default, and nothing said of officers, days and folder. */
void synthetic_options_init(synthetic_options *options);

/* Reads `ring=3,snoop=12` into options->plant; schemes that are not named keep what they have; `all=0` sets every one.
 */
CD_CHECKED cd_status synthetic_plants_read(const char *text, synthetic_options *options, cd_err *err);

typedef struct {
    const char *name; /* `accesses.csv` */
    uint64_t rows, bytes;
    double seconds;   /* of the clock; of files that are written together, a share by bytes */
} synthetic_file;

typedef struct {
    synthetic_file files[SYNTHETIC_FILES];
    uint64_t rows, bytes;
    double seconds;
    uint32_t threads;
    uint32_t n_planted[SYNTHETIC_SCHEMES]; /* officers */
    uint32_t n_rings;
    /* Accesses by people who truly worked on the file, and those of them that no assignment covers at that time: it was
     * recorded later, or never. */
    uint64_t n_team_accesses, n_before_record, n_without_record;
} synthetic_report;

/* CD_EUSAGE: the options ask for what cannot be, or the folder holds files; CD_ESYSTEM: the folder cannot be written.
 * Files appear under their names when all are whole; after a failure none of them is left. *report may be NULL. */
CD_CHECKED cd_status synthetic_generate(const synthetic_options *options, synthetic_report *report, cd_err *err);

#endif
