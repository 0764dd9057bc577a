/* SPDX-License-Identifier: GPL-3.0-or-later
 * folder.h: the store as a folder that is written to: the one writer's lock, making it, and taking away what a crash or
 * a compaction left behind. */
#ifndef CD_STORE_FOLDER_H
#define CD_STORE_FOLDER_H

#include "engine/base/progress.h"
#include "engine/store/manifest.h"

typedef struct {
    int fd; /* of STORE/lock; the system lets go of it when the process dies, however it dies */
    char *path;
    bool made; /* the folder was not there before, and holds nothing yet */
} cd_store_lock;

/* Makes the folder where there is none, and takes the lock. CD_EBUSY names the process that has it, but for one that is
 * tidying up after a load: that is waited for. CD_EUSAGE where the folder is something else than a store. `purpose` is
 * for messages: `load into`, `compact`. */
CD_CHECKED cd_status cd_store_lock_take(const char *path, const char *purpose, const cd_progress *progress,
                                        cd_store_lock *out, cd_err *err);
/* A second hold on a lock, for a process that is about to tidy: a file number that a program inherits, or -1. From here
 * on others wait for the lock, until both holds are closed. */
int cd_store_lock_share(cd_store_lock *lock);
/* The lock by such a hold, which is the lock's from here on. CD_EBUSY where it is none of this store's. */
CD_CHECKED cd_status cd_store_lock_adopt(const char *path, int hold, cd_store_lock *out, cd_err *err);
/* Lets go. Where the store was made by this lock and has no manifest yet, takes it away again. */
void cd_store_lock_release(cd_store_lock *lock);

/* Notes in the lock that the store has a manifest now: without one it is damaged from here on, not new. */
void cd_store_lock_mark(cd_store_lock *lock);

/* Removes files that no manifest names: the caller holds the lock, so nobody is about to name them. Readers that have
 * one open keep it. What cannot be removed stays for another day. */
void cd_store_sweep_out(const char *path, const cd_manifest *m);

/* Makes `path` and syncs the folder that it is in; it may be there already. */
CD_CHECKED cd_status cd_folder_make(const char *path, cd_err *err);
CD_CHECKED cd_status cd_folder_sync(const char *path, cd_err *err);

#endif
