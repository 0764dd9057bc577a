/* SPDX-License-Identifier: GPL-3.0-or-later
 * h5_check.c: see h5_check.h. The child writes lines into a pipe: `file I` before it opens one, `gone`, `fault WORDS`,
 * and `end` when it is through; where that is missing, the last file it named was its end. */
#include "engine/store/h5_check.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/write.h"
#include "engine/store/h5.h"

enum { SECONDS_A_FILE = 60, MOST_SAID = 8 << 20, FAULT = 512 };
static const rlim_t spare_bytes = (rlim_t)2 << 30; /* what libhdf5 may ask for beyond what is mapped already */

static void drop(hid_t *id)
{
    if (*id > 0) H5Idec_ref(*id);
    *id = H5I_INVALID_HID;
}
#define H5_AUTO __attribute__((cleanup(drop)))

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
const char *cd_h5_version(void) { return TEXT(H5_VERS_MAJOR) "." TEXT(H5_VERS_MINOR) "." TEXT(H5_VERS_RELEASE); }

/* ---- In the child ---- */

CD_PRINTF(2, 3) static bool differs(char fault[FAULT], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault, FAULT, format, args);
    va_end(args);
    return false;
}

static bool is_codes(cd_slice path, cd_array_type type)
{
    static const char column[] = "/column/", source[] = "/source";
    size_t n = sizeof source - 1;
    if (path.n > n && memcmp(path.bytes + path.n - n, source, n) == 0) return true;
    return type != CD_F64 && memmem(path.bytes, path.n, column, sizeof column - 1) != NULL;
}

static bool base_agrees(hid_t array, const cd_array *a, const char *path, char fault[FAULT])
{
    int64_t base = 0;
    htri_t there = H5Aexists(array, "base");
    if (there < 0 || (there > 0) != is_codes(a->path, a->type))
        return differs(fault, "`%s` has a `base` where it holds no codes, or none where it does", path);
    if (there == 0) return true;
    H5_AUTO hid_t attribute = H5Aopen(array, "base", H5P_DEFAULT);
    H5_AUTO hid_t space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    H5_AUTO hid_t type = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
    if (space < 0 || type < 0 || H5Sget_simple_extent_type(space) != H5S_SCALAR || H5Tequal(type, H5T_STD_I64LE) <= 0 ||
        H5Aread(attribute, H5T_NATIVE_INT64, &base) < 0 || base != a->base)
        return differs(fault, "the `base` of `%s` is not that of the directory", path);
    return true;
}

/* One array, `a->path` being `path`. No link may lead out of the file: `home` is its number. */
static bool array_agrees(hid_t file, unsigned long home, const cd_array *a, const char *path, char fault[FAULT])
{
    const hid_t types[] = {H5T_STD_U8LE, H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE, H5T_IEEE_F64LE};
    hsize_t extent = 0;
    H5O_info_t about;
    H5_AUTO hid_t array = H5Dopen2(file, path, H5P_DEFAULT);
    if (array < 0) return differs(fault, "libhdf5 finds no array `%s`", path);
    if (H5Oget_info2(array, &about, H5O_INFO_BASIC) < 0 || about.fileno != home)
        return differs(fault, "`%s` leads into another file", path);
    H5_AUTO hid_t plist = H5Dget_create_plist(array);
    if (plist < 0 || H5Pget_layout(plist) != H5D_CONTIGUOUS || H5Pget_external_count(plist) != 0 ||
        H5Pget_nfilters(plist) != 0 || H5Dget_offset(array) != a->at)
        return differs(fault, "libhdf5 has `%s` at another place than the directory", path);
    H5_AUTO hid_t space = H5Dget_space(array);
    if (space < 0 || H5Sget_simple_extent_ndims(space) != 1 || H5Sget_simple_extent_dims(space, &extent, NULL) != 1 ||
        extent != a->n)
        return differs(fault, "libhdf5 has another number of elements in `%s` than the directory", path);
    H5_AUTO hid_t type = H5Dget_type(array);
    if (type < 0 || H5Tequal(type, types[a->type]) <= 0)
        return differs(fault, "libhdf5 has another type for `%s` than the directory", path);
    return base_agrees(array, a, path, fault);
}

static bool file_agrees(const cd_segment *s, char fault[FAULT])
{
    static const uint8_t signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    char path[512];
    H5O_info_t root;
    const cd_array directory = {.path = cd_slice_of("directory"), .type = CD_U8, .at = s->directory_at,
                                .n = s->directory_bytes};
    /* Older superblocks describe the file without checksums: libhdf5 is not to see them. */
    if (s->bytes < 9 || memcmp(s->map, signature, sizeof signature) != 0 || s->map[8] < 2 || s->map[8] > 3)
        return differs(fault, "it does not begin as an HDF5 file of the latest format does");
    H5_AUTO hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0 || H5Pset_file_locking(access, false, true) < 0) return differs(fault, "libhdf5 cannot be set up");
    H5_AUTO hid_t file = H5Fopen(s->path, H5F_ACC_RDONLY, access);
    if (file < 0) return differs(fault, "libhdf5 cannot open it");
    if (H5Oget_info2(file, &root, H5O_INFO_BASIC) < 0) return differs(fault, "libhdf5 cannot read its root");
    if (!array_agrees(file, root.fileno, &directory, "directory", fault)) return false;
    for (uint32_t i = 0; i < s->n_arrays; i++) {
        const cd_array *a = &s->arrays[i];
        if (a->path.n >= sizeof path) return differs(fault, "a path is too long");
        memcpy(path, a->path.bytes, a->path.n);
        path[a->path.n] = '\0';
        if (!array_agrees(file, root.fileno, a, path, fault)) return false;
    }
    return true;
}

/* No more memory than is mapped now and some, no core file, and no signal handler of our parent's. */
static void confine(void)
{
    static const int deadly[] = {SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE, SIGINT, SIGTERM};
    const struct rlimit no_core = {0, 0};
    struct rlimit memory;
    unsigned long pages = 0;
    sigset_t none;
    FILE *f = fopen("/proc/self/statm", "r");
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) signal(deadly[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setrlimit(RLIMIT_CORE, &no_core);
    if (f && fscanf(f, "%lu", &pages) == 1 && getrlimit(RLIMIT_AS, &memory) == 0) {
        rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + spare_bytes;
        if (memory.rlim_cur == RLIM_INFINITY || memory.rlim_cur > most) memory.rlim_cur = most;
        setrlimit(RLIMIT_AS, &memory);
    }
    if (f) fclose(f);
}

static void say(int fd, const char *line)
{
    if (cd_write_all(fd, line, strlen(line)) != 0) _exit(1);
}

static _Noreturn void child(const cd_segment *segments, uint32_t n, int fd)
{
    char line[FAULT + 16], fault[FAULT];
    confine();
    cd_h5_prepare();
    for (uint32_t i = 0; i < n; i++) {
        if (!segments[i].map) continue;
        alarm(SECONDS_A_FILE);
        snprintf(line, sizeof line, "file %" PRIu32 "\n", i);
        say(fd, line);
        fault[0] = '\0';
        if (access(segments[i].path, F_OK) != 0) say(fd, "gone\n");
        else if (!file_agrees(&segments[i], fault)) {
            for (char *c = fault; *c; c++)
                if (*c == '\n') *c = '?';
            snprintf(line, sizeof line, "fault %s\n", fault);
            say(fd, line);
        }
    }
    say(fd, "end\n");
    _exit(0);
}

/* ---- In the parent ---- */

static cd_status hear(int fd, cd_buffer *out, cd_err *err)
{
    char part[4096];
    while (out->n < MOST_SAID) {
        ssize_t n = read(fd, part, sizeof part);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return cd_fail_errno(err, errno, "cannot hear from the process that runs libhdf5");
        if (n == 0) break;
        cd_buffer_add(out, part, (size_t)n);
    }
    return out->status == CD_OK ? CD_OK : cd_fail(err, CD_EMEMORY, "out of memory verifying");
}

static void tell(const cd_segment *s, const char *what, void (*found)(void *context, const char *fault), void *context)
{
    char text[CD_ERR_TEXT];
    snprintf(text, sizeof text, "'%s' is damaged: %s; restore the store from a copy", s->path, what);
    found(context, text);
}

/* Goes through what the child said; true where it came to its end. *last is the file it was at. */
static bool report(char *text, const cd_segment *segments, uint32_t n, void (*found)(void *context, const char *fault),
                   void *context, bool *gone, uint32_t *last)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strcmp(line, "end") == 0) return true;
        if (strcmp(line, "gone") == 0) *gone = true;
        if (strncmp(line, "file ", 5) == 0) *last = (uint32_t)strtoul(line + 5, NULL, 10);
        if (strncmp(line, "fault ", 6) == 0 && *last < n) tell(&segments[*last], line + 6, found, context);
    }
    return false;
}

cd_status cd_h5_check(const cd_segment *segments, uint32_t n, void (*found)(void *context, const char *fault),
                      void *context, bool *gone, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer said = {0};
    int ends[2] = {-1, -1}, status = 0;
    uint32_t last = UINT32_MAX;
    pid_t pid = -1;

    *gone = false;
    if (pipe2(ends, O_CLOEXEC) != 0) return cd_fail_errno(err, errno, "cannot make a pipe");
    pid = fork();
    if (pid < 0) CD_TRY(cd_fail_errno(err, errno, "cannot start a process to run libhdf5 in"));
    if (pid == 0) child(segments, n, ends[1]);
    close(ends[1]), ends[1] = -1;
    CD_TRY(hear(ends[0], &said, err));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    pid = -1;
    if (!report(said.bytes ? said.bytes : (char[]){""}, segments, n, found, context, gone, &last)) {
        if (last >= n)
            CD_TRY(cd_fail(err, CD_ESYSTEM, "the process that runs libhdf5 ended before it began; is memory out?"));
        tell(&segments[last],
             WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "libhdf5 does not come to an end with it"
                                                                : "libhdf5 dies of it",
             found, context);
    }
done:
    if (pid > 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    }
    if (ends[0] >= 0) close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
    cd_buffer_release(&said);
    return st;
}
