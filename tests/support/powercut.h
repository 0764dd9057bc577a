/* SPDX-License-Identifier: GPL-3.0-or-later
 * powercut.h: what a disk holds when the power goes. From the journal of tests/preload/faults.c a folder is built as it may
 * be found after a cut between any two calls:
 *   - of a file's bytes, what was written before its last sync is there; what came after it may be there in part;
 *   - of a folder's names, what was made, renamed and removed before its last sync is so; what came after it may be so.
 * The strict disk keeps nothing that was not synced. The careless one keeps each unsynced change or not, as a coin falls,
 * and of an unsynced write sometimes some sectors only: in any order, which is more than any real disk does. */
#ifndef CANDOUR_TESTS_POWERCUT_H
#define CANDOUR_TESTS_POWERCUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct powercut powercut;

/* Notes what lies in `room` under `top` ("/s"), if it is there: that is taken to be on the disk for good. */
powercut *powercut_before(const char *room, const char *top);
/* Reads the journal of what was done in it since. */
void powercut_after(powercut *p, const char *journal);
void powercut_free(powercut *p);

/* Cuts lie before entry 0, 1, 2 … and after the last: how many there are. */
size_t powercut_cuts(const powercut *p);
/* Whether a mark came before the cut. */
bool powercut_marked(const powercut *p, size_t cut);
/* Whether the strict disk differs from what it was at the cut before. */
bool powercut_synced(const powercut *p, size_t cut);
/* Builds what is left into the empty folder `to`. coin 0: the strict disk; else the careless one, tossing by that seed. */
void powercut_build(const powercut *p, size_t cut, uint64_t coin, const char *to);

#endif
