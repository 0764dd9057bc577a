/* SPDX-License-Identifier: GPL-3.0-or-later
 * crash.c: see crash.h. */
#include "tests/support/crash.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "tests/preload/faults.h"

#define FOUND(name) ((__typeof__(&name))dlsym(RTLD_DEFAULT, #name))

static void must(bool good, const char *what)
{
    if (good) return;
    fprintf(stderr, "crash: %s: %s\n", what, strerror(errno));
    abort();
}

void crash_begin(char **argv)
{
    const char *library = getenv("FAULTS"), *options = getenv("ASAN_OPTIONS");
    char all[512];
    if (FOUND(faults_plan)) return;
    must(library != NULL, "FAULTS must name the library of tests/preload/faults.c");
    must(!getenv("LD_PRELOAD"), "LD_PRELOAD is set, and the faults were not loaded");
    snprintf(all, sizeof all, "%s:verify_asan_link_order=0", options ? options : "");
    setenv("ASAN_OPTIONS", all, 1);
    setenv("LD_PRELOAD", library, 1);
    /* The n-th call is to be the same call every time. */
    setenv("OMP_NUM_THREADS", "1", 0);
    execv("/proc/self/exe", argv);
    must(false, "cannot start again with the faults loaded");
}

/* ---- Children ---- */

/* Of the address sanitizer, where there is one. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static crash_word *my_word;

void crash_acknowledged(void)
{
    my_word->committed = true;
    FOUND(faults_mark)();
}

void crash_of_another(uint64_t n, const char *store, crash_job job)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        crash_word word = {0};
        cd_err err = {0};
        FOUND(faults_die_at)(n);
        _exit(job(store, NULL, &word, &err) == CD_OK ? 0 : 1);
    }
    must(waitpid(pid, &status, 0) == pid, "waitpid");
}

static void child(const char *plan, const char *store, crash_job job, void *context, crash_word *word)
{
    cd_err err = {0};
    char folder[512];
    snprintf(folder, sizeof folder, "%s", store);
    if (strrchr(folder, '/')) *strrchr(folder, '/') = '\0';
    size_t before = cd_memory_now();
    my_word = word;
    FOUND(faults_plan)(plan, folder);
    word->status = job(store, context, word, &err);
    word->calls = FOUND(faults_seen)();
    FOUND(faults_plan)(NULL, NULL);
    snprintf(word->text, sizeof word->text, "%s", err.text);
    bool leaked = cd_memory_now() != before;
    if (!leaked && __lsan_do_recoverable_leak_check) leaked = __lsan_do_recoverable_leak_check() != 0;
    _exit(leaked ? 99 : 0);
}

int crash_start(const char *plan, const char *store, crash_job job, void *context, crash_word **word)
{
    *word = mmap(NULL, sizeof **word, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(*word != MAP_FAILED, "mmap");
    fflush(NULL);
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        child(plan, store, job, context, *word);
    }
    return pid;
}

crash_end crash_wait(int pid, crash_word *word, bool kill_it)
{
    int status;
    crash_end end = {0};
    if (kill_it) kill(pid, SIGKILL);
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    end.word = *word;
    munmap(word, sizeof *word);
    end.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (WIFSIGNALED(status)) end.exit = end.killed ? 0 : 1000 + WTERMSIG(status);
    else end.exit = WEXITSTATUS(status) == 99 ? 2000 : WEXITSTATUS(status);
    return end;
}

bool crash_stopped(int pid)
{
    siginfo_t info = {0};
    must(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOWAIT) == 0, "waitid");
    return info.si_code == CLD_STOPPED;
}

void crash_go_on(int pid) { kill(pid, SIGCONT); }

crash_end crash_run(const char *plan, const char *store, crash_job job, void *context)
{
    crash_word *word;
    int pid = crash_start(plan, store, job, context, &word);
    return crash_wait(pid, word, false);
}

crash_end crash_run_for(uint64_t microseconds, const char *store, crash_job job, void *context)
{
    crash_word *word;
    int pid = crash_start(NULL, store, job, context, &word);
    usleep((useconds_t)microseconds);
    return crash_wait(pid, word, true);
}

/* ---- A look ---- */

static cd_status look(const char *store, void *context, crash_word *word, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *s = NULL;
    candour_digest digest;
    candour_verify_report report = {0};
    (void)context;
    CD_TRY(candour_store_open(store, NULL, &s, err));
    CD_TRY(candour_store_digest(s, 1, &digest, err));
    memcpy(word->digest, digest.all, sizeof word->digest);
    CD_TRY(candour_verify(store, 1, NULL, NULL, NULL, &report, err));
done:
    candour_store_close(s);
    return st;
}

crash_view crash_look(const char *store)
{
    crash_view view = {0};
    crash_end end = crash_run(NULL, store, look, NULL);
    view.none = end.exit == 0 && !end.killed && end.word.status == CD_EUSAGE;
    view.clean = end.exit == 0 && !end.killed && end.word.status == CD_OK;
    memcpy(view.digest, end.word.digest, sizeof view.digest);
    snprintf(view.text, sizeof view.text, "exit %d: %.1000s", end.exit, end.word.text);
    return view;
}

/* ---- Folders ---- */

static char rooms[64][512];
static uint32_t n_rooms;

static void drop_rooms(void)
{
    for (uint32_t i = 0; i < n_rooms; i++) crash_tree_drop(rooms[i]);
}

void crash_folder_make(char path[512], const char *name)
{
    const char *room = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    snprintf(path, 512, "%s/candour-%s-XXXXXX", room, name);
    must(mkdtemp(path) != NULL && n_rooms < 64, path);
    if (n_rooms == 0) atexit(drop_rooms);
    snprintf(rooms[n_rooms++], 512, "%s", path);
}

static int drop_one(const char *path, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)kind, (void)where;
    return remove(path);
}

void crash_tree_drop(const char *path) { nftw(path, drop_one, 16, FTW_DEPTH | FTW_PHYS); }

static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    ssize_t n;
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    must(in >= 0 && out >= 0, from);
    while ((n = read(in, bytes, sizeof bytes)) > 0) must(write(out, bytes, (size_t)n) == n, to);
    close(in), close(out);
}

void crash_tree_copy(const char *from, const char *to)
{
    DIR *d = opendir(from);
    must(d != NULL, from);
    must(mkdir(to, 0777) == 0 || errno == EEXIST, to);
    for (struct dirent *e; (e = readdir(d));) {
        char a[1024], b[1024];
        struct stat s;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(a, sizeof a, "%s/%s", from, e->d_name), snprintf(b, sizeof b, "%s/%s", to, e->d_name);
        must(lstat(a, &s) == 0, a);
        if (S_ISDIR(s.st_mode)) crash_tree_copy(a, b);
        else copy_file(a, b);
    }
    closedir(d);
}

uint32_t crash_files(const char *store, const char *folder)
{
    char path[1024];
    uint32_t n = 0;
    snprintf(path, sizeof path, "%s/%s", store, folder);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) n += e->d_name[0] != '.';
    if (d) closedir(d);
    return n;
}
