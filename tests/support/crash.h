/* SPDX-License-Identifier: GPL-3.0-or-later
 * crash.h: jobs on a store in a child process that may die, with the faults of tests/preload/faults.c in its way, and a
 * look at what is left.
 *
 * The test itself never calls the engine: everything happens in children forked from it, so that each begins afresh. */
#ifndef CANDOUR_TESTS_CRASH_H
#define CANDOUR_TESTS_CRASH_H

#include "engine/candour.h"

/* Every fault in turn; under the address sanitizer, where a child takes ten times as long, every so many. */
#ifdef __SANITIZE_ADDRESS__
enum { CRASH_STEP = 17 };
#else
enum { CRASH_STEP = 1 };
#endif

/* Starts the program anew with the faults loaded, unless they are: the first thing that a main does. */
void crash_begin(char **argv);

/* What a child says, in memory that outlives it. */
typedef struct {
    volatile bool committed; /* the job was acknowledged */
    cd_status status;
    uint64_t calls;          /* that the plan counted */
    uint64_t number;         /* the job's to use */
    char digest[CANDOUR_DIGEST_TEXT];
    char text[CD_ERR_TEXT];
} crash_word;

typedef cd_status (*crash_job)(const char *store, void *context, crash_word *word, cd_err *err);

typedef struct {
    bool killed;  /* by SIGKILL, as planned */
    int exit;     /* else: 0 where the job ended, whatever its status; 1000 + signal where it crashed; 2000: it leaked */
    crash_word word;
} crash_end;

/* For a job to call the moment that it was acknowledged: into its word, and into the journal if there is one. */
void crash_acknowledged(void);
/* Another process does a job, and dies at its call n; the journal goes on. For a job to call. */
void crash_of_another(uint64_t n, const char *store, crash_job job);

/* Runs a job with a plan (faults.c; NULL: none). Calls under the folder that the store is in are counted. */
crash_end crash_run(const char *plan, const char *store, crash_job job, void *context);
/* The same, killed from outside after so many microseconds; 0 microseconds: at once. */
crash_end crash_run_for(uint64_t microseconds, const char *store, crash_job job, void *context);
/* Starts one and comes back: *word is shared, and given back by crash_wait, which kills it first where asked. */
int crash_start(const char *plan, const char *store, crash_job job, void *context, crash_word **word);
crash_end crash_wait(int pid, crash_word *word, bool kill_it);
/* Waits until a child has stopped as its plan says, or has ended without: false. And lets it go on. */
bool crash_stopped(int pid);
void crash_go_on(int pid);

typedef struct {
    bool none;       /* there is no store (yet), and it says so */
    bool clean;      /* opens, and verify finds nothing */
    char digest[CANDOUR_DIGEST_TEXT];
    char text[CD_ERR_TEXT]; /* of what is wrong */
} crash_view;

/* Opens, digests and verifies, in a child. */
crash_view crash_look(const char *store);

/* A new empty folder, in memory where there is such a place; it is removed when the test ends, however it does. */
void crash_folder_make(char path[512], const char *name);
void crash_tree_drop(const char *path);
void crash_tree_copy(const char *from, const char *to);
/* How many files there are in STORE/FOLDER. */
uint32_t crash_files(const char *store, const char *folder);

#endif
