/* SPDX-License-Identifier: GPL-3.0-or-later
 * faults.h: how a test speaks to the library of faults.c that was loaded into it, and the journal that it writes. */
#ifndef CANDOUR_TESTS_FAULTS_H
#define CANDOUR_TESTS_FAULTS_H

#include <limits.h>
#include <stdint.h>

/* To be found with dlsym: the library is loaded into a process, not linked to it. */
void faults_plan(const char *plan, const char *folder);
uint64_t faults_seen(void);
/* Beside what is planned, the process dies at call n from now. */
void faults_die_at(uint64_t n);
/* Puts a mark into the journal: what came before it was acknowledged. */
void faults_mark(void);

/* One entry of the journal; after a 'w' follow its bytes. Paths begin behind the folder that is watched: "" is itself. */
typedef struct {
    char kind;      /* c: made a file; w: wrote; t: cut it to `at` bytes; s: synced a file or folder; r: renamed; u: removed a
                       file or folder; m: made a folder; !: a mark */
    char path[255]; /* c, s, r, u, m */
    char to[256];   /* r */
    uint64_t file;  /* c, w, t, s: the file's inode; a number is used again only after a 'u' or 'r' has freed it */
    uint64_t at, bytes;
} faults_entry;

#endif
