/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep_file.c: an image to two files and back. The text:
 *
 *     candour sweep 3
 *     fact NAME VALUE          (each of FACTS, in order)
 *     policy SHA-256           (of the bytes of the array of that name)
 *     bytes N                  (of the .h5)
 *     array NAME TYPE N AT HASH (each of CD_IMAGE_ARRAYS, in order)
 *     checksum HASH            (XXH3-64 of all lines above)
 */
#include "engine/sweep/sweep_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/sort.h"
#include "engine/base/write.h"
#include "engine/store/directory.h"
#include "engine/store/fields.h"
#include "engine/store/folder.h"
#include "engine/store/h5.h"
#include "engine/store/snapshot.h"

enum { NAME_BYTES = 32, MOST_TEXT = 1 << 20 };
#define FORMAT "3"

/* One array, without its C type. */
typedef struct {
    const char *name;
    cd_array_type type;
    void **data;
    uint64_t *n;
} array_of;

enum {
#define X(name, type, file) ARRAY_##name,
    CD_IMAGE_ARRAYS(X)
#undef X
        N_ARRAYS
};

static void arrays_of(cd_image *m, array_of out[N_ARRAYS])
{
#define X(name, type, file) out[ARRAY_##name] = (array_of){#name, file, (void **)&m->name, &m->n_##name};
    CD_IMAGE_ARRAYS(X)
#undef X
}

cd_status cd_image_policy_hash(const cd_image *m, char out[CD_SHA256_TEXT], cd_err *err)
{
    uint8_t bytes[CD_SHA256_BYTES];
    cd_sha256 *hash = cd_sha256_new(err);
    if (!hash) return CD_EMEMORY;
    cd_sha256_add(hash, m->policy, m->n_policy);
    cd_sha256_end(hash, bytes);
    cd_sha256_free(hash);
    cd_hex_write(bytes, CD_SHA256_BYTES, out);
    return CD_OK;
}

/* ---- The text ---- */

#define FACTS(X) X(number) X(snapshot) X(key) X(look) X(as_of) X(since) X(first) X(last) X(accesses) X(strays)

typedef struct {
    uint64_t bytes, at[N_ARRAYS], hash[N_ARRAYS];
} places;

static void text_print(cd_image *m, const places *p, cd_buffer *out)
{
    array_of arrays[N_ARRAYS];
    arrays_of(m, arrays);
    cd_buffer_printf(out, "candour sweep " FORMAT "\n");
#define X(name) cd_buffer_printf(out, "fact " #name " %" PRIu64 "\n", (uint64_t)m->name);
    FACTS(X)
#undef X
    cd_buffer_printf(out, "policy %s\n", m->policy_sha256);
    cd_buffer_printf(out, "bytes %" PRIu64 "\n", p->bytes);
    for (int i = 0; i < N_ARRAYS; i++)
        cd_buffer_printf(out, "array %s %s %" PRIu64 " %" PRIu64 " %016" PRIx64 "\n", arrays[i].name,
                         cd_array_type_name(arrays[i].type), *arrays[i].n, p->at[i], p->hash[i]);
    cd_buffer_printf(out, "checksum %016" PRIx64 "\n", cd_hash64(out->bytes, out->n));
}

static bool fact_read(cd_fields *f, const char *name, uint64_t *out)
{
    return cd_field_is(f, "fact", ' ') && cd_field_is(f, name, ' ') && cd_field_u64(f, '\n', out);
}

static bool sha256_read(cd_fields *f, char out[CD_SHA256_TEXT])
{
    cd_slice text;
    uint8_t bytes[CD_SHA256_BYTES];
    if (!cd_field_is(f, "policy", ' ') || !cd_field_name(f, '\n', &text)) return false;
    if (text.n != CD_SHA256_TEXT - 1 || !cd_hex_read(text.bytes, CD_SHA256_BYTES, bytes)) return false;
    cd_hex_write(bytes, CD_SHA256_BYTES, out);
    return true;
}

/* Whether it is a text of another format, and of which. */
static bool format_is_other(cd_slice text, cd_slice *format)
{
    cd_fields f = cd_fields_of(text);
    return cd_field_is(&f, "candour", ' ') && cd_field_is(&f, "sweep", ' ') && cd_field_name(&f, '\n', format) &&
           !cd_slice_equal(*format, cd_slice_of(FORMAT));
}

static bool text_parse(cd_slice text, cd_image *m, places *p)
{
    enum { CHECKSUM_LINE = 9 + 16 + 1 };
    cd_fields f = cd_fields_of(text);
    array_of arrays[N_ARRAYS];
    uint64_t v;
    arrays_of(m, arrays);
    if (text.n < CHECKSUM_LINE) return false;
    cd_fields last = cd_fields_of((cd_slice){text.bytes + text.n - CHECKSUM_LINE, CHECKSUM_LINE});
    if (!cd_field_is(&last, "checksum", ' ') || !cd_field_hex(&last, '\n', &v) || !cd_fields_end(&last)) return false;
    if (v != cd_hash64(text.bytes, text.n - CHECKSUM_LINE)) return false;
    if (!cd_field_is(&f, "candour", ' ') || !cd_field_is(&f, "sweep", ' ') || !cd_field_is(&f, FORMAT, '\n'))
        return false;
#define X(name)                                                                                                        \
    if (!fact_read(&f, #name, &v)) return false;                                                                       \
    m->name = (__typeof__(m->name))v;
    FACTS(X)
#undef X
    if (!sha256_read(&f, m->policy_sha256)) return false;
    if (!cd_field_is(&f, "bytes", ' ') || !cd_field_u64(&f, '\n', &p->bytes)) return false;
    for (int i = 0; i < N_ARRAYS; i++) {
        if (!cd_field_is(&f, "array", ' ') || !cd_field_is(&f, arrays[i].name, ' ') ||
            !cd_field_is(&f, cd_array_type_name(arrays[i].type), ' ') || !cd_field_u64(&f, ' ', arrays[i].n) ||
            !cd_field_u64(&f, ' ', &p->at[i]) || !cd_field_hex(&f, '\n', &p->hash[i]))
            return false;
        uint64_t width = cd_array_type_bytes(arrays[i].type);
        if (p->at[i] % width || p->at[i] > p->bytes || *arrays[i].n > (p->bytes - p->at[i]) / width) return false;
    }
    return true;
}

static void name_of(uint64_t number, const char *end, char out[NAME_BYTES])
{
    snprintf(out, NAME_BYTES, "%06" PRIu64 ".%s", number, end);
}

/* ---- Writing ---- */

static cd_status arrays_write(const char *path, cd_image *m, places *p, cd_err *err)
{
    cd_status st = CD_OK;
    cd_h5 *h5 = NULL, *whole;
    array_of arrays[N_ARRAYS];
    struct stat about;
    int fd = -1;
    arrays_of(m, arrays);
    CD_TRY(cd_h5_create(path, &h5, err));
    for (int i = 0; i < N_ARRAYS; i++)
        if (*arrays[i].n) CD_TRY(cd_h5_array(h5, arrays[i].name, arrays[i].type, *arrays[i].n, NULL, &p->at[i], err));
    whole = h5, h5 = NULL;
    CD_TRY(cd_h5_finish(whole, err));
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot open the new file '%s'", path));
    for (int i = 0; i < N_ARRAYS; i++) {
        size_t bytes = (size_t)(*arrays[i].n * cd_array_type_bytes(arrays[i].type));
        int failed = bytes ? cd_write_all_at(fd, *arrays[i].data, bytes, p->at[i]) : 0;
        if (failed) CD_TRY(cd_fail_errno(err, failed, "cannot write '%s'; no sweep was kept", path));
        p->hash[i] = cd_hash64(*arrays[i].data, bytes);
    }
    if (fsync(fd) != 0 || fstat(fd, &about) != 0)
        CD_TRY(cd_fail_errno(err, errno, "cannot sync '%s'; no sweep was kept", path));
    p->bytes = (uint64_t)about.st_size;
done:
    cd_h5_abandon(h5);
    if (fd >= 0) close(fd);
    return st;
}

/* The text under its name at once, or not at all. */
static cd_status text_write(const char *path, const cd_buffer *text, cd_err *err)
{
    cd_status st = CD_OK;
    char part[4096];
    int fd = -1, failed;
    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        CD_TRY(cd_fail(err, CD_ESYSTEM, "the path '%s' is too long", path));
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot make '%s'; no sweep was kept", part));
    failed = cd_write_all(fd, text->bytes, text->n);
    if (failed) CD_TRY(cd_fail_errno(err, failed, "cannot write '%s'; no sweep was kept", part));
    if (fsync(fd) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot sync '%s'; no sweep was kept", part));
    if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
        CD_TRY(cd_fail_errno(err, errno, "cannot name '%s'; no sweep was kept", path));
done:
    if (fd >= 0) close(fd);
    if (fd >= 0 && st != CD_OK) unlink(part);
    return st;
}

cd_status cd_sweeps_lock(const char *store, int *fd, cd_err *err)
{
    cd_status st = CD_OK;
    char *folder = cd_store_path(store, NULL, "sweeps", err);
    *fd = -1;
    if (!folder) return CD_EMEMORY;
    CD_TRY(cd_folder_make(folder, err));
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot open '%s'", folder));
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0) goto done;
    if (errno == EWOULDBLOCK)
        CD_TRY(cd_fail(err, CD_EBUSY, "another sweep of '%s' is being made; wait for it, or stop it", store));
    CD_TRY(cd_fail_errno(err, errno, "cannot lock '%s'", folder));
done:
    if (st != CD_OK) cd_sweeps_unlock(*fd), *fd = -1;
    cd_free(folder);
    return st;
}

void cd_sweeps_unlock(int fd)
{
    if (fd >= 0) close(fd);
}

cd_status cd_sweep_write(const char *store, const cd_image *image, cd_err *err)
{
    cd_status st = CD_OK;
    cd_image m = *image;
    places p = {0};
    cd_buffer text = {0};
    char name[NAME_BYTES];
    char *folder = cd_store_path(store, NULL, "sweeps", err), *h5 = NULL, *path = NULL;
    if (!folder) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_folder_make(folder, err));
    name_of(m.number, "h5", name);
    h5 = cd_store_path(store, "sweeps", name, err);
    name_of(m.number, "sweep", name);
    path = cd_store_path(store, "sweeps", name, err);
    if (!h5 || !path) CD_TRY(CD_EMEMORY);
    if (access(path, F_OK) == 0)
        CD_TRY(cd_fail(err, CD_EBUSY, "'%s' is there already: another sweep ended first; sweep again", path));
    unlink(h5); /* of a sweep that never got its text */
    CD_TRY(arrays_write(h5, &m, &p, err));
    text_print(&m, &p, &text);
    if (text.status != CD_OK) CD_TRY(cd_fail(err, text.status, "out of memory for the text of '%s'", path));
    CD_TRY(text_write(path, &text, err));
    CD_TRY(cd_folder_sync(folder, err));
done:
    cd_buffer_release(&text);
    cd_free(folder);
    cd_free(h5);
    cd_free(path);
    return st;
}

/* ---- Reading ---- */

static cd_status damaged(const char *store, uint64_t number, const char *what, cd_err *err)
{
    return cd_fail(err, CD_ESTORE,
                   "sweep %" PRIu64 " of '%s' is damaged: %s; remove %06" PRIu64 ".sweep and %06" PRIu64
                   ".h5 from its folder sweeps, and sweep again",
                   number, store, what, number, number);
}

static cd_status text_read(const char *store, uint64_t number, cd_image *out, places *p, cd_err *err)
{
    cd_status st = CD_OK;
    char name[NAME_BYTES];
    bool found = false;
    cd_buffer text = {0};
    name_of(number, "sweep", name);
    char *path = cd_store_path(store, "sweeps", name, err);
    if (!path) return CD_EMEMORY;
    *out = (cd_image){0};
    CD_TRY(cd_file_read(path, MOST_TEXT, &text, &found, err));
    if (!found) CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' has no sweep %" PRIu64 "; see `candour sweeps`", store, number));
    const cd_slice all = {text.bytes, (uint32_t)text.n};
    cd_slice format;
    if (format_is_other(all, &format))
        CD_TRY(cd_fail(err, CD_ESTORE,
                       "sweep %" PRIu64 " of '%s' is of format %.*s, this candour reads " FORMAT "; sweep again",
                       number, store, (int)cd_slice_cut(format, 20).n, format.bytes));
    if (!text_parse(all, out, p) || out->number != number)
        CD_TRY(damaged(store, number, "its text is not as it was written", err));
done:
    cd_buffer_release(&text);
    cd_free(path);
    return st;
}

cd_status cd_sweep_facts_read(const char *store, uint64_t number, cd_image *out, cd_err *err)
{
    places p;
    return text_read(store, number, out, &p, err);
}

cd_status cd_sweep_map_open(const char *store, uint64_t number, cd_sweep_map *out, cd_err *err)
{
    cd_status st = CD_OK;
    places p = {0};
    char name[NAME_BYTES], *path = NULL;
    struct stat about;
    array_of arrays[N_ARRAYS];
    char policy[CD_SHA256_TEXT];
    int fd = -1;
    *out = (cd_sweep_map){0};
    CD_TRY(text_read(store, number, &out->image, &p, err));
    name_of(number, "h5", name);
    path = cd_store_path(store, "sweeps", name, err);
    if (!path) CD_TRY(CD_EMEMORY);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot read '%s'", path));
    if ((uint64_t)about.st_size != p.bytes) CD_TRY(damaged(store, number, "its file has another size", err));
    out->map_bytes = (size_t)p.bytes;
    out->map = mmap(NULL, out->map_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (out->map == MAP_FAILED) {
        out->map = NULL;
        CD_TRY(cd_fail_errno(err, errno, "cannot map '%s'", path));
    }
    arrays_of(&out->image, arrays);
    for (int i = 0; i < N_ARRAYS; i++) {
        *arrays[i].data = (char *)out->map + p.at[i];
        if (cd_hash64(*arrays[i].data, (size_t)(*arrays[i].n * cd_array_type_bytes(arrays[i].type))) != p.hash[i])
            CD_TRY(damaged(store, number, arrays[i].name, err));
    }
    CD_TRY(cd_image_policy_hash(&out->image, policy, err));
    if (strcmp(policy, out->image.policy_sha256) != 0)
        CD_TRY(damaged(store, number, "its policy is not the one it says", err));
    if (!cd_image_holds(&out->image)) CD_TRY(damaged(store, number, "its arrays do not fit one another", err));
done:
    if (fd >= 0) close(fd);
    cd_free(path);
    if (st != CD_OK) cd_sweep_map_close(out);
    return st;
}

void cd_sweep_map_close(cd_sweep_map *m)
{
    if (m->map) munmap(m->map, m->map_bytes);
    *m = (cd_sweep_map){0};
}

cd_status cd_sweep_numbers(const char *store, uint64_t **out, size_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    size_t cap = 0;
    DIR *folder = NULL;
    *out = NULL, *n = 0;
    char *path = cd_store_path(store, NULL, "sweeps", err);
    if (!path) return CD_EMEMORY;
    folder = opendir(path);
    if (!folder && errno != ENOENT) CD_TRY(cd_fail_errno(err, errno, "cannot read '%s'", path));
    if (!folder && access(store, F_OK) != 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "there is no store '%s'; make one with `candour load FORCE_FOLDER --into %s`",
                       store, store));
    for (const struct dirent *e; folder && (e = readdir(folder));) {
        char back[NAME_BYTES];
        uint64_t number = strtoull(e->d_name, NULL, 10);
        name_of(number, "sweep", back);
        if (number == 0 || strcmp(back, e->d_name) != 0) continue;
        CD_TRY(cd_grow(out, &cap, *n + 1, sizeof **out, err));
        (*out)[(*n)++] = number;
    }
    if (*n > 1) qsort(*out, *n, sizeof **out, cd_compare_u64);
done:
    if (folder) closedir(folder);
    cd_free(path);
    if (st != CD_OK) cd_free(*out), *out = NULL, *n = 0;
    return st;
}
