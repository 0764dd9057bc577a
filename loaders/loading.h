/* SPDX-License-Identifier: GPL-3.0-or-later
 * loading.h: what loading is to a program: say what to load and where, run it, print the report.
 *
 * A load is one commit: a force folder, or single files of one table. It is all or nothing but for rows that cannot be
 * taken, which go to rejects.csv in the store's folder for this load. Nothing here prints or exits. */
#ifndef LOADERS_LOADING_H
#define LOADERS_LOADING_H

#include "engine/base/hash.h"
#include "engine/base/memory.h"
#include "engine/candour.h"
#include "loaders/row_rejects.h"

typedef struct {
    const char *store;
    const char *const *paths; /* one folder; with as_table: files, "-" for standard input */
    uint32_t n_paths;
    const char *as_table;     /* NULL: load a folder */
    const char *mapping_path; /* NULL: none */
    bool strict;              /* load nothing if any row is rejected */
    uint32_t threads;         /* 0: as many as there are processors */
    size_t memory_bytes;      /* 0: the store's default */
    candour_presence presence;
    bool again;               /* read files that the store knows already, too */
    const char *ontology_path; /* NULL: none */
    const cd_progress *progress;
} load_options;

/* Values that the contract does not name in a column with a list of values: loaded, and said. */
typedef struct {
    const char *column;
    const char *example; /* the first of them */
    uint64_t n;
} load_unnamed;

typedef struct {
    const char *path;
    const char *table;
    bool already_loaded;  /* the store has it from before: it was not read again, and the counts are 0 */
    uint64_t bytes;       /* on disk */
    uint64_t text_bytes;  /* decompressed */
    uint64_t rows;        /* but for blank lines */
    uint64_t rejected;
    uint64_t by_reason[REJECT_N_REASONS];
    double seconds;
    char sha256[CD_SHA256_TEXT];
    uint32_t n_ignored, n_missing, n_unnamed;
    const char *const *ignored; /* columns of the file that the table does not have */
    const char *const *missing; /* columns of the table that the file does not have */
    const load_unnamed *unnamed;
} load_file;

typedef struct {
    const char *file;
    uint64_t line;
    const char *column; /* "": the whole row */
    const char *value;
    const char *reason;
} load_reject;

typedef struct {
    const char *store;
    bool committed;  /* false: nothing new, or strict and something was rejected */
    uint64_t load;   /* its number */
    const candour_ontology *ontology;
    const candour_table_report *tables; /* per table of the ontology; NULL unless committed */
    const uint64_t *implied;            /* per kind, as in candour_load_report */
    const load_file *files;
    uint32_t n_files, n_unknown, n_set_aside, n_unmatched, n_first_rejects;
    const char *const *unknown;   /* files of the folder that are none of the contract's */
    const char *const *set_aside; /* known, and not for a store: truth.csv, protected.csv */
    const char *const *unmatched; /* files that the mapping names and the folder does not have */
    const load_reject *first_rejects;
    const char *rejects_path;     /* NULL: no rejects were written */
    uint64_t rows, rejected, refused, bytes, text_bytes, bytes_written;
    double seconds, seconds_writing;
    struct load_result_hold *hold; /* what all this lives in */
} load_result;

/* Loads. With --strict and rejects: CD_EINPUT, nothing committed, and the result says what was wrong. *result is for
 * load_result_release, whatever the status. */
CD_CHECKED cd_status load_run(const load_options *options, load_result *result, cd_err *err);
void load_result_release(load_result *result);
/* Of a load that was committed: as candour_load_hold. */
int load_result_lock(const load_result *result);
/* Whether every row that came is in the store now: the exit status is 0 if so, 3 if not. */
bool load_result_is_clean(const load_result *result);

/* ---- What would be read (--explain-mapping) ---- */

typedef struct {
    const char *path, *table, *problem; /* problem: why it could not be loaded; NULL: none */
    uint32_t n_fields;
    const char *const *headers; /* per field */
    const char *const *columns; /* per field: the column it becomes, or NULL: ignored */
    uint32_t n_constants, n_missing;
    const char *const *constants; /* `column = value` */
    const char *const *missing;
    const char *time_zone;
} load_explained_file;

typedef struct {
    const load_explained_file *files; /* in the order of loading */
    uint32_t n_files, n_unknown, n_set_aside, n_unmatched;
    const char *const *unknown, *const *set_aside, *const *unmatched;
    struct load_result_hold *hold;
} load_explanation;

/* Reads headers only, and changes nothing. The ontology is the one that the load's options name or its folder holds, else
 * that of options->store, else (which may be NULL or not exist yet) the built-in one. */
CD_CHECKED cd_status load_explain(const load_options *options, load_explanation *out, cd_err *err);
void load_explanation_release(load_explanation *explanation);

#endif
