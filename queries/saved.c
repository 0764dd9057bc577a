/* SPDX-License-Identifier: GPL-3.0-or-later
 * saved.c: a folder of small files. A new text is written beside the old one and takes its name when it is on disk. */
#include "queries/saved.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/write.h"
#include "queries/arguments.h"

enum { LONGEST_NAME = 64, LONGEST_TEXT = 1 << 20 };

static const char ending[] = ".query";

static bool of_names(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool is_name(cd_slice name)
{
    for (uint32_t i = 0; i < name.n; i++)
        if (!of_names(name.bytes[i])) return false;
    return name.n > 0 && name.n <= LONGEST_NAME && name.bytes[0] != '-';
}

cd_status saved_check_name(cd_slice name, cd_err *err)
{
    if (is_name(name)) return CD_OK;
    cd_slice shown = cd_slice_cut(name, LONGEST_NAME);
    return cd_fail(err, CD_EUSAGE,
                   "'%.*s' is no name for a query; it is of letters, digits, '-' and '_', at most %d of them",
                   (int)shown.n, shown.bytes, LONGEST_NAME);
}

/* STORE/queries, or of that folder NAME.query with `behind` after it. For cd_free. */
static char *path_of(const char *store, cd_slice name, const char *behind, cd_err *err)
{
    size_t n = strlen(store) + LONGEST_NAME + 64;
    char *path = cd_alloc(n, 1, err);
    if (path && name.n)
        snprintf(path, n, "%s/queries/%.*s%s%s", store, (int)name.n, name.bytes, ending, behind);
    else if (path)
        snprintf(path, n, "%s/queries", store);
    return path;
}

static cd_status write_new(const char *path, cd_slice text, cd_err *err)
{
    cd_status st = CD_OK;
    int failed = 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) return cd_fail_errno(err, errno, "cannot write '%s'", path);
    if ((failed = cd_write_all(fd, text.bytes, text.n)) != 0 || (fsync(fd) != 0 && (failed = errno) != 0))
        st = cd_fail_errno(err, failed, "cannot write '%s'", path);
    if (close(fd) != 0 && st == CD_OK) st = cd_fail_errno(err, errno, "cannot write '%s'", path);
    return st;
}

cd_status saved_write(const char *store, cd_slice name, cd_slice text, cd_err *err)
{
    cd_status st = CD_OK;
    char *folder = NULL, *path = NULL, *new = NULL, own[32];
    CD_TRY(saved_check_name(name, err));
    snprintf(own, sizeof own, ".%ld", (long)getpid()); /* two shells at once do not write into one another's text */
    folder = path_of(store, (cd_slice){0}, "", err);
    path = path_of(store, name, "", err);
    new = path_of(store, name, own, err);
    if (!folder || !path || !new) CD_TRY(CD_EMEMORY);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        CD_TRY(cd_fail_errno(err, errno, "cannot make the folder '%s'", folder));
    st = write_new(new, text, err);
    if (st == CD_OK && rename(new, path) != 0) st = cd_fail_errno(err, errno, "cannot name '%s'", path);
    if (st != CD_OK) unlink(new);
done:
    cd_free(folder);
    cd_free(path);
    cd_free(new);
    return st;
}

static cd_status no_such(const char *store, cd_slice name, cd_err *err)
{
    cd_arena arena = {0};
    const char **names;
    size_t n = 0;
    char written[LONGEST_NAME + 1];
    snprintf(written, sizeof written, "%.*s", (int)name.n, name.bytes);
    cli_nearest nearest = cli_nearest_to(written);
    cd_status st = saved_list(store, &arena, &names, &n, err);
    for (size_t i = 0; st == CD_OK && i < n; i++) cli_nearest_try(&nearest, names[i]);
    if (st == CD_OK && nearest.best)
        st = cd_fail(err, CD_EUSAGE, "no query is saved as '%s'; did you mean '%s'?", written, nearest.best);
    else if (st == CD_OK)
        st = cd_fail(err, CD_EUSAGE, "no query is saved as '%s'; save one in `candour shell` with \\save %s", written,
                     written);
    cd_arena_release(&arena);
    return st;
}

cd_status saved_read(const char *store, cd_slice name, cd_buffer *text, cd_err *err)
{
    cd_status st = CD_OK;
    char *path = NULL, block[4096];
    FILE *file = NULL;
    CD_TRY(saved_check_name(name, err));
    if (!(path = path_of(store, name, "", err))) CD_TRY(CD_EMEMORY);
    if (!(file = fopen(path, "re"))) {
        if (errno == ENOENT) CD_TRY(no_such(store, name, err));
        CD_TRY(cd_fail_errno(err, errno, "cannot read '%s'", path));
    }
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0 && text->n <= LONGEST_TEXT;)
        cd_buffer_add(text, block, n);
    if (ferror(file)) CD_TRY(cd_fail_errno(err, errno, "cannot read '%s'", path));
    if (text->n > LONGEST_TEXT)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' is over %d bytes, which is no query", path, LONGEST_TEXT));
    if (text->status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory while reading '%s'", path));
done:
    if (file) fclose(file);
    cd_free(path);
    return st;
}

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

cd_status saved_list(const char *store, cd_arena *arena, const char ***names, size_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    const char **list = NULL;
    size_t cap = 0, count = 0;
    DIR *folder = NULL;
    char *path = path_of(store, (cd_slice){0}, "", err);
    *names = NULL, *n = 0;
    if (!path) return CD_EMEMORY;
    if (!(folder = opendir(path))) {
        if (errno != ENOENT) st = cd_fail_errno(err, errno, "cannot read the folder '%s'", path);
        goto done;
    }
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        size_t length = strlen(e->d_name), end = sizeof ending - 1;
        if (length <= end || strcmp(e->d_name + length - end, ending) != 0) continue;
        if (!is_name((cd_slice){e->d_name, (uint32_t)(length - end)})) continue;
        CD_TRY(cd_grow(&list, &cap, count + 1, sizeof *list, err));
        list[count] = cd_arena_copy(arena, e->d_name, length - end, err);
        if (!list[count++]) CD_TRY(CD_EMEMORY);
    }
    if (count) {
        *names = cd_arena_alloc(arena, count, sizeof *list, err);
        if (!*names) CD_TRY(CD_EMEMORY);
        qsort(list, count, sizeof *list, by_name);
        memcpy(*names, list, count * sizeof *list);
        *n = count;
    }
done:
    if (folder) closedir(folder);
    cd_free(list);
    cd_free(path);
    return st;
}
