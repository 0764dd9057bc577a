/* SPDX-License-Identifier: GPL-3.0-or-later
 * folder.c: flock on STORE/lock. The file is never removed while a store lives: two processes that each lock their own
 * copy of a lock file would both believe that they have it. Where a first load fails it takes its folder away, the lock
 * with it; who was waiting for that lock sees that it is no longer the one of that name. */
#include "engine/store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/store/snapshot.h"

cd_status cd_folder_sync(const char *path, cd_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return cd_fail_errno(err, errno, "cannot open the folder '%s'", path);
    int failed = fsync(fd) != 0 ? errno : 0;
    close(fd);
    return failed ? cd_fail_errno(err, failed, "cannot sync the folder '%s'", path) : CD_OK;
}

/* Syncs the folder that `path` is in. */
static cd_status sync_parent(const char *path, cd_err *err)
{
    cd_status st = CD_OK;
    char *parent = NULL;
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    while (n > 0 && path[n - 1] != '/') n--;
    CD_NEW(parent, n + 2);
    if (n) memcpy(parent, path, n);
    else parent[0] = '.';
    CD_TRY(cd_folder_sync(parent, err));
done:
    cd_free(parent);
    return st;
}

cd_status cd_folder_make(const char *path, cd_err *err)
{
    if (mkdir(path, 0777) == 0) return sync_parent(path, err);
    return errno == EEXIST ? CD_OK : cd_fail_errno(err, errno, "cannot make the folder '%s'", path);
}

/* What a folder without a manifest may hold and still be a store in the making: what a first load that died left. */
static bool may_become_store(const char *path)
{
    DIR *d = opendir(path);
    bool may = true;
    for (struct dirent *e; d && may && (e = readdir(d));) {
        const char *n = e->d_name;
        may = !strcmp(n, ".") || !strcmp(n, "..") || !strcmp(n, "lock") || !strcmp(n, "segments") ||
              !strcmp(n, "loads") || !strcmp(n, "manifest.tmp") || !strncmp(n, "ontology-", 9);
    }
    if (d) closedir(d);
    return may;
}

/* Whether the store has a manifest. What cannot be found out is a failure: `no` would be licence to clean up. */
static cd_status has_manifest(const char *store, bool *has, cd_err *err)
{
    cd_status st = CD_OK;
    struct stat s;
    char *path = cd_store_path(store, NULL, "manifest", err);
    if (!path) CD_TRY(CD_EMEMORY);
    *has = stat(path, &s) == 0;
    if (!*has && errno != ENOENT) CD_TRY(cd_fail_errno(err, errno, "cannot look at '%s'", path));
done:
    cd_free(path);
    return st;
}

/* The folder as it must be before its lock is taken. *made: it was not there. */
static cd_status prepare(const char *path, bool *made, cd_err *err)
{
    cd_status st = CD_OK;
    struct stat s;
    bool has;
    *made = false;
    if (stat(path, &s) != 0) {
        if (errno != ENOENT) CD_TRY(cd_fail_errno(err, errno, "cannot look at '%s'", path));
        CD_TRY(cd_folder_make(path, err));
        *made = true;
        goto done;
    }
    if (!S_ISDIR(s.st_mode)) CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' is a file, not a store; name another place", path));
    CD_TRY(has_manifest(path, &has, err));
    if (has) goto done;
    if (!may_become_store(path))
        CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' is a folder but no store, and it is not empty; name another place", path));
    /* It may have been made by a process that died before it could do this. */
    CD_TRY(sync_parent(path, err));
done:
    return st;
}

/* Whether the file that is open is still the one of that name. */
static bool is_current(int fd, const char *file)
{
    struct stat open_one, named;
    return fstat(fd, &open_one) == 0 && stat(file, &named) == 0 && open_one.st_ino == named.st_ino &&
           open_one.st_dev == named.st_dev;
}

/* The word in the lock file that says that the store has been committed to: from then on it is never without a manifest. */
static const char COMMITTED[] = "committed";

/* The word of one who tidies up after a load. */
static const char TIDYING[] = "tidying";

/* Who holds the lock, for those who would like it, and at no moment nobody: so it is cut to its length last. What
 * cannot be written is done without. */
static void write_holder(const cd_store_lock *lock, bool committed, bool tidying)
{
    char holder[64];
    int n = snprintf(holder, sizeof holder, "%ld%s%s%s%s\n", (long)getpid(), committed ? "\n" : "",
                     committed ? COMMITTED : "", tidying ? "\n" : "", tidying ? TIDYING : "");
    if (pwrite(lock->fd, holder, (size_t)n, 0) < 0 || ftruncate(lock->fd, n) != 0) return;
}

static void read_holder(const cd_store_lock *lock, char holder[64])
{
    ssize_t n = pread(lock->fd, holder, 63, 0);
    holder[n > 0 ? n : 0] = '\0';
}

/* Locks the file that is open. What an earlier load left to tidy is soon done, so nobody is sent away for it. */
static cd_status lock_file(cd_store_lock *lock, const char *purpose, const cd_progress *progress, cd_err *err)
{
    static const cd_progress_state waiting = {.what = "waiting for the tidying after another load"};
    static const struct timespec a_moment = {.tv_nsec = 10000000};
    char holder[64];
    while (flock(lock->fd, LOCK_EX | LOCK_NB) != 0) {
        int number = errno;
        if (number == EINTR) continue;
        if (number != EWOULDBLOCK)
            return cd_fail_errno(err, number, "cannot %s '%s': cannot lock it", purpose, lock->path);
        read_holder(lock, holder);
        if (!strstr(holder, TIDYING))
            return cd_fail(err, CD_EBUSY,
                           "cannot %s '%s': another load holds it (process %lu); wait for it, or stop it", purpose,
                           lock->path, strtoul(holder, NULL, 10));
        if (!cd_progress_step(progress, &waiting))
            return cd_fail(err, CD_ESTOPPED, "stopped; '%s' is as it was", lock->path);
        nanosleep(&a_moment, NULL);
    }
    return CD_OK;
}

/* *gone: a failed first load took the folder away between our steps; everything begins anew. */
static cd_status take(cd_store_lock *lock, const char *purpose, const char *file, const cd_progress *progress,
                      bool *gone, cd_err *err)
{
    char holder[64];
    lock->fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    *gone = lock->fd < 0 && errno == ENOENT;
    if (*gone) return CD_OK;
    if (lock->fd < 0)
        return cd_fail_errno(err, errno, "cannot %s '%s': cannot open its lock for writing", purpose, lock->path);
    cd_status st = lock_file(lock, purpose, progress, err);
    if (st != CD_OK) return st;
    *gone = !is_current(lock->fd, file);
    if (*gone) {
        close(lock->fd);
        lock->fd = -1;
        return CD_OK;
    }
    read_holder(lock, holder);
    bool was_store = strstr(holder, COMMITTED) != NULL, has = false;
    st = has_manifest(lock->path, &has, err);
    if (st == CD_OK && was_store && !has)
        st = cd_fail(err, CD_ESTORE,
                     "'%s' had a manifest and has lost it: loading would take its data away; restore the store from a "
                     "copy, or load into another place", lock->path);
    if (st == CD_OK) write_holder(lock, has, false);
    return st;
}

void cd_store_lock_mark(cd_store_lock *lock) { write_holder(lock, true, false); }

int cd_store_lock_share(cd_store_lock *lock)
{
    int hold = fcntl(lock->fd, F_DUPFD_CLOEXEC, 3); /* one lock, however many numbers its file has */
    if (hold >= 0) write_holder(lock, true, true);
    return hold;
}

cd_status cd_store_lock_adopt(const char *path, int hold, cd_store_lock *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_store_lock lock = {.fd = hold};
    char *file = cd_store_path(path, NULL, "lock", err);
    if (!file) CD_TRY(CD_EMEMORY);
    CD_NEW(lock.path, strlen(path) + 1);
    memcpy(lock.path, path, strlen(path));
    if (!is_current(hold, file) || flock(hold, LOCK_EX | LOCK_NB) != 0 || fcntl(hold, F_SETFD, FD_CLOEXEC) != 0)
        CD_TRY(cd_fail(err, CD_EBUSY, "file %d does not hold the lock of '%s'", hold, path));
    write_holder(&lock, true, true);
    *out = lock;
    lock = (cd_store_lock){.fd = -1};
done:
    cd_free(file);
    cd_store_lock_release(&lock);
    return st;
}

cd_status cd_store_lock_take(const char *path, const char *purpose, const cd_progress *progress, cd_store_lock *out,
                             cd_err *err)
{
    enum { TRIES = 100 };
    cd_status st = CD_OK;
    cd_store_lock lock = {.fd = -1};
    char *file = NULL, *segments = NULL;
    bool gone = true, made = false;
    CD_NEW(lock.path, strlen(path) + 1);
    memcpy(lock.path, path, strlen(path));
    file = cd_store_path(path, NULL, "lock", err);
    segments = cd_store_path(path, NULL, "segments", err);
    if (!file || !segments) CD_TRY(CD_EMEMORY);
    for (int i = 0; i < TRIES && gone; i++) {
        CD_TRY(prepare(path, &made, err));
        CD_TRY(take(&lock, purpose, file, progress, &gone, err));
    }
    if (gone) CD_TRY(cd_fail(err, CD_ESYSTEM, "cannot %s '%s': something takes it away again and again", purpose, path));
    lock.made = made; /* only who holds the lock may take the folder away */
    CD_TRY(cd_folder_make(segments, err));
    *out = lock;
    lock = (cd_store_lock){.fd = -1};
done:
    cd_free(file);
    cd_free(segments);
    cd_store_lock_release(&lock);
    return st;
}

/* Calls `take_away` for every name in STORE/FOLDER. */
static void each_name(const char *store, const char *folder,
                      void (*take_away)(const char *path, const char *name, const cd_manifest *m), const cd_manifest *m)
{
    char *path = cd_store_path(store, NULL, folder ? folder : "", NULL);
    DIR *d = path ? opendir(path) : NULL;
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.') continue;
        char *full = cd_store_path(store, folder, e->d_name, NULL);
        if (full) take_away(full, e->d_name, m);
        cd_free(full);
    }
    if (d) closedir(d);
    cd_free(path);
}

static void drop_segment(const char *path, const char *name, const cd_manifest *m)
{
    for (uint32_t i = 0; i < m->n_files; i++)
        if (strcmp(m->files[i].name, name) == 0) return;
    unlink(path);
}

/* The papers of a load that was never committed. */
static void drop_papers(const char *path, const char *name, const cd_manifest *m)
{
    char *end;
    unsigned long long number = strtoull(name, &end, 10);
    if (*end || number <= m->load) return;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.') unlinkat(dirfd(d), e->d_name, 0);
    if (d) closedir(d);
    rmdir(path);
}

/* The ontology of a load that was never committed. */
static void drop_ontology(const char *path, const char *name, const cd_manifest *m)
{
    if (strncmp(name, "ontology-", 9) == 0 && strcmp(name, m->ontology) != 0) unlink(path);
}

void cd_store_sweep_out(const char *path, const cd_manifest *m)
{
    /* The manifest we read may not have reached the disk yet: what the one before it names must not go first. */
    if (cd_folder_sync(path, NULL) != CD_OK) return;
    each_name(path, "segments", drop_segment, m);
    each_name(path, "loads", drop_papers, m);
    each_name(path, NULL, drop_ontology, m);
}

/* What a first load that failed made. Other processes may wait at the lock: see is_current. */
static void take_away(const char *path)
{
    static const char *const parts[] = {"segments", "loads"};
    cd_store_sweep_out(path, &(cd_manifest){0});
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *part = cd_store_path(path, NULL, parts[i], NULL);
        if (part) rmdir(part);
        cd_free(part);
    }
    char *file = cd_store_path(path, NULL, "lock", NULL);
    if (file) unlink(file);
    cd_free(file);
    rmdir(path);
}

void cd_store_lock_release(cd_store_lock *lock)
{
    bool has = true;
    if (lock->fd >= 0 && lock->made && has_manifest(lock->path, &has, NULL) == CD_OK && !has) take_away(lock->path);
    if (lock->fd >= 0) close(lock->fd);
    cd_free(lock->path);
    *lock = (cd_store_lock){.fd = -1};
}
