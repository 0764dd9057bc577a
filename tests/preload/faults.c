/* SPDX-License-Identifier: GPL-3.0-or-later
 * faults.c: stands between a process and the disk (LD_PRELOAD), counts the calls that change files under one folder, and
 * makes one of them go wrong as it is told: the process dies at it, the write is torn, the disk is full.
 *
 * The plan comes from the environment (CANDOUR_FAULTS, CANDOUR_FAULTS_UNDER) or from faults_plan(), which a test finds with
 * dlsym:
 *   count            nothing goes wrong; faults_seen() says how many calls there were
 *   kill N           SIGKILL in place of call N (from 0)
 *   tear N           call N, if it writes, writes half and the process dies; else as kill
 *   stop N           the process stops itself (SIGSTOP) before call N, until someone lets it go on
 *   fail N ERRNO     call N fails
 *   short N ERRNO    call N, if it writes, writes half, and the next write fails; else as fail
 *   from N ERRNO     call N and all after it fail
 *   quota BYTES      writes past so many bytes in all fail with ENOSPC, the last one short
 *   journal FILE     every change and every sync is noted in FILE (journal.h), for power cuts
 * Calls of several threads are counted in the order in which they arrive. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/preload/faults.h"

enum { NOTHING, COUNT, KILL, TEAR, STOP, FAIL, SHORT, FROM, QUOTA, JOURNAL };

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
static int mode;
static uint64_t at, seen, quota_left;
static int number = EIO;
static bool fail_next_write;
static char under[PATH_MAX];
static int journal = -1;
static int64_t die_at = -1;

/* ---- The plan ---- */

void faults_plan(const char *plan, const char *folder)
{
    static const char *const words[] = {"nothing", "count", "kill", "tear", "stop", "fail", "short", "from", "quota", "journal"};
    char word[16] = "", name[PATH_MAX] = "";
    unsigned long long n = 0;
    mode = NOTHING;
    seen = 0, fail_next_write = false, number = EIO;
    snprintf(under, sizeof under, "%s", folder ? folder : "");
    if (!plan || sscanf(plan, "%15s %llu %d", word, &n, &number) < 1) return;
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++)
        if (strcmp(words[i], word) == 0) mode = i;
    at = n, quota_left = n;
    if (mode != JOURNAL) return;
    if (sscanf(plan, "journal %4095s", name) == 1)
        journal = (int)syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (journal < 0) abort();
}

uint64_t faults_seen(void) { return seen; }
void faults_die_at(uint64_t n) { seen = 0, die_at = (int64_t)n; }

__attribute__((constructor)) static void begin(void)
{
    faults_plan(getenv("CANDOUR_FAULTS"), getenv("CANDOUR_FAULTS_UNDER"));
}

/* ---- Who is meant ---- */

/* Whether a path lies in the folder, or is it; a relative one is of `folder_fd`. `out` is then the whole path. */
static bool is_under(int folder_fd, const char *path, char out[PATH_MAX])
{
    size_t n = strlen(under);
    if (mode == NOTHING || n == 0) return false;
    if (path[0] == '/') snprintf(out, PATH_MAX, "%s", path);
    else {
        char link[64], folder[PATH_MAX];
        if (folder_fd == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", folder_fd);
        ssize_t length = readlink(link, folder, sizeof folder - 1);
        if (length < 0) return false;
        folder[length] = '\0';
        if ((size_t)snprintf(out, PATH_MAX, "%s/%s", folder, path) >= PATH_MAX) return false;
    }
    size_t length = strlen(out);
    while (length > 1 && out[length - 1] == '/') out[--length] = '\0';
    return strncmp(out, under, n) == 0 && (out[n] == '\0' || out[n] == '/');
}

static bool is_fd_under(int fd, char out[PATH_MAX])
{
    char link[64];
    if (mode == NOTHING) return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, out, PATH_MAX - 1);
    if (length < 0) return false;
    out[length] = '\0';
    size_t n = strlen(under);
    return n && strncmp(out, under, n) == 0 && (out[n] == '\0' || out[n] == '/');
}

/* ---- What goes wrong ---- */

static void die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

/* One call that changes a file begins. False: it fails, errno is set. *bytes is how much of a write may be done (SIZE_MAX:
 * it writes nothing); *then_die: the process dies when that is done. */
static bool allowed(size_t *bytes, bool *then_die)
{
    bool go = true, writes = *bytes != SIZE_MAX;
    pthread_mutex_lock(&one);
    uint64_t n = seen++;
    *then_die = false;
    if (die_at >= 0 && n == (uint64_t)die_at) die();
    switch (mode) {
    case KILL:
        if (n == at) die();
        break;
    case TEAR:
        if (n == at && !(writes && *bytes > 1)) die();
        if (n == at) *bytes /= 2, *then_die = true;
        break;
    case STOP:
        if (n == at) syscall(SYS_kill, getpid(), SIGSTOP);
        break;
    case FAIL:
        go = n != at;
        break;
    case SHORT:
        if (n == at && writes && *bytes > 1) *bytes /= 2, fail_next_write = true;
        else if (n == at || (writes && fail_next_write)) go = fail_next_write = false;
        break;
    case FROM:
        go = n < at;
        break;
    case QUOTA:
        if (!writes) break;
        number = ENOSPC;
        if (*bytes > quota_left) *bytes = (size_t)quota_left;
        go = *bytes > 0;
        quota_left -= *bytes;
        break;
    default: break;
    }
    pthread_mutex_unlock(&one);
    if (!go) errno = number;
    return go;
}

/* ---- The journal ---- */

static void put(const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        long wrote = syscall(SYS_write, journal, p, n);
        if (wrote <= 0) abort();
        p += wrote, n -= (size_t)wrote;
    }
}

static void note(char kind, const char *path, const char *to, uint64_t file, uint64_t place, const void *bytes, uint64_t n)
{
    if (mode != JOURNAL) return;
    int kept = errno;
    faults_entry e = {.kind = kind, .file = file, .at = place, .bytes = n};
    if (path) snprintf(e.path, sizeof e.path, "%s", path + strlen(under));
    if (to) snprintf(e.to, sizeof e.to, "%s", to + strlen(under));
    pthread_mutex_lock(&one);
    put(&e, sizeof e);
    if (bytes) put(bytes, (size_t)n);
    pthread_mutex_unlock(&one);
    errno = kept;
}

void faults_mark(void) { note('!', NULL, NULL, 0, 0, NULL, 0); }

/* A number by which the replayer knows a file whatever its name is. */
static uint64_t file_of(int fd)
{
    struct stat s;
    return fstat(fd, &s) == 0 ? s.st_ino : 0;
}

/* ---- The calls ---- */

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opening(int folder_fd, const char *path, int flags, mode_t bits)
{
    char whole[PATH_MAX];
    size_t bytes = SIZE_MAX;
    bool then_die, meant = (flags & (O_CREAT | O_TRUNC)) && is_under(folder_fd, path, whole), there;
    struct stat s;
    if (meant && !allowed(&bytes, &then_die)) return -1;
    there = meant && stat(whole, &s) == 0;
    int fd = NEXT(openat)(folder_fd, path, flags, bits);
    if (fd >= 0 && meant && !there) note('c', whole, NULL, file_of(fd), 0, NULL, 0);
    if (fd >= 0 && meant && there && (flags & O_TRUNC)) note('t', NULL, NULL, file_of(fd), 0, NULL, 0);
    return fd;
}

#define BITS_OF(flags)                                                                                                 \
    mode_t bits = 0;                                                                                                   \
    if ((flags) & O_CREAT) {                                                                                           \
        va_list args;                                                                                                  \
        va_start(args, flags);                                                                                         \
        bits = va_arg(args, mode_t);                                                                                   \
        va_end(args);                                                                                                  \
    }

int open(const char *path, int flags, ...)
{
    BITS_OF(flags)
    return opening(AT_FDCWD, path, flags, bits);
}
int open64(const char *path, int flags, ...)
{
    BITS_OF(flags)
    return opening(AT_FDCWD, path, flags, bits);
}
int openat(int fd, const char *path, int flags, ...)
{
    BITS_OF(flags)
    return opening(fd, path, flags, bits);
}
int openat64(int fd, const char *path, int flags, ...)
{
    BITS_OF(flags)
    return opening(fd, path, flags, bits);
}
int creat(const char *path, mode_t bits) { return opening(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, bits); }
int creat64(const char *path, mode_t bits) { return opening(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, bits); }

/* Every kind of write ends here. place < 0: where the file stands. */
static ssize_t writing(int fd, const void *from, size_t n, off_t place)
{
    char whole[PATH_MAX];
    size_t bytes = n;
    bool then_die = false, meant = is_fd_under(fd, whole);
    if (meant && n > 0 && !allowed(&bytes, &then_die)) return -1;
    off_t begin_at = place >= 0 ? place : meant ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t wrote = place >= 0 ? NEXT(pwrite)(fd, from, bytes, place) : NEXT(write)(fd, from, bytes);
    if (then_die) die();
    if (meant && wrote > 0) note('w', NULL, NULL, file_of(fd), (uint64_t)begin_at, from, (uint64_t)wrote);
    return wrote;
}

ssize_t write(int fd, const void *from, size_t n) { return writing(fd, from, n, -1); }
ssize_t pwrite(int fd, const void *from, size_t n, off_t place) { return writing(fd, from, n, place); }
ssize_t pwrite64(int fd, const void *from, size_t n, off64_t place) { return writing(fd, from, n, place); }

/* In parts: a short one is a short write, which callers must bear. */
static ssize_t writing_parts(int fd, const struct iovec *parts, int n, off_t place)
{
    ssize_t all = 0;
    for (int i = 0; i < n; i++) {
        if (parts[i].iov_len == 0) continue;
        ssize_t wrote = writing(fd, parts[i].iov_base, parts[i].iov_len, place < 0 ? -1 : place + all);
        if (wrote < 0) return all > 0 ? all : -1;
        all += wrote;
        if ((size_t)wrote < parts[i].iov_len) break;
    }
    return all;
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    char whole[PATH_MAX];
    return is_fd_under(fd, whole) ? writing_parts(fd, parts, n, -1) : NEXT(writev)(fd, parts, n);
}
ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t place) { return writing_parts(fd, parts, n, place); }
ssize_t pwritev64(int fd, const struct iovec *parts, int n, off64_t place) { return writing_parts(fd, parts, n, place); }

/* Where nothing more is to be said than yes or no: CALL is made unless it is to fail, and NOTE says what was done. */
#define CHANGE(meant, call, noted)                                                                                     \
    do {                                                                                                               \
        size_t bytes = SIZE_MAX;                                                                                       \
        bool then_die, mine = (meant);                                                                                 \
        if (mine && !allowed(&bytes, &then_die)) return -1;                                                            \
        int rc = (call);                                                                                               \
        if (mine && rc == 0) noted;                                                                                    \
        return rc;                                                                                                     \
    } while (0)

int fsync(int fd)
{
    char whole[PATH_MAX];
    CHANGE(is_fd_under(fd, whole), NEXT(fsync)(fd), note('s', whole, NULL, file_of(fd), 0, NULL, 0));
}
int fdatasync(int fd)
{
    char whole[PATH_MAX];
    CHANGE(is_fd_under(fd, whole), NEXT(fdatasync)(fd), note('s', whole, NULL, file_of(fd), 0, NULL, 0));
}
int ftruncate(int fd, off_t n)
{
    char whole[PATH_MAX];
    CHANGE(is_fd_under(fd, whole), NEXT(ftruncate)(fd, n), note('t', NULL, NULL, file_of(fd), (uint64_t)n, NULL, 0));
}
int ftruncate64(int fd, off64_t n) { return ftruncate(fd, n); }
int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    char a[PATH_MAX], b[PATH_MAX];
    CHANGE(is_under(from_fd, from, a) && is_under(to_fd, to, b), NEXT(renameat)(from_fd, from, to_fd, to),
           note('r', a, b, 0, 0, NULL, 0));
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }
int unlinkat(int fd, const char *path, int flags)
{
    char whole[PATH_MAX];
    CHANGE(is_under(fd, path, whole), NEXT(unlinkat)(fd, path, flags), note('u', whole, NULL, 0, 0, NULL, 0));
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int mkdirat(int fd, const char *path, mode_t bits)
{
    char whole[PATH_MAX];
    CHANGE(is_under(fd, path, whole), NEXT(mkdirat)(fd, path, bits), note('m', whole, NULL, 0, 0, NULL, 0));
}
int mkdir(const char *path, mode_t bits) { return mkdirat(AT_FDCWD, path, bits); }
