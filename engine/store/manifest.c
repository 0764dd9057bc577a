/* SPDX-License-Identifier: GPL-3.0-or-later
 * manifest.c: the manifest's text to struct and back, and the one atomic step by which a snapshot becomes current.
 *
 * A manifest may come from anyone: its text is held against the grammar field by field, and its last line against a
 * hash of the rest, before anything is believed. */
#include "engine/store/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/write.h"
#include "engine/store/directory.h"
#include "engine/store/fields.h"
#include "engine/store/folder.h"
#include "engine/store/snapshot.h"

enum { MAX_MANIFEST = 1 << 20, END_LINE = 4 + 16 + 1 };

static cd_status bad(const char *path, const char *why, cd_err *err)
{
    return cd_fail(err, CD_ESTORE, "'%s' is damaged: %s; restore the store from a copy", path, why);
}

/* The version first, as a newer format may end differently; then the hash, and the text is what was once written. */
static cd_status sealed(cd_slice text, const char *path, cd_fields *out, cd_err *err)
{
    cd_fields f = cd_fields_of(text);
    uint64_t version, hash;
    if (!cd_field_is(&f, "candour", ' ') || !cd_field_u64(&f, '\n', &version))
        return bad(path, "its first line is not `candour` and a version", err);
    if (version < CD_STORE_VERSION)
        return cd_fail(err, CD_ESTORE,
                       "'%s' has store version %" PRIu64 ", which this candour no longer reads; load its files into a "
                       "new store, or `candour export` it with the candour that made it", path, version);
    if (version > CD_STORE_VERSION)
        return cd_fail(err, CD_ESTORE,
                       "'%s' has store version %" PRIu64 ", this candour reads up to %d; use a newer one", path,
                       version, CD_STORE_VERSION);
    if (text.n < END_LINE) return bad(path, "it has no `end` line", err);
    const char *end_line = text.bytes + text.n - END_LINE;
    cd_fields last = {end_line, text.bytes + text.n};
    if (end_line < f.at || end_line[-1] != '\n' || !cd_field_is(&last, "end", ' ') || !cd_field_hex(&last, '\n', &hash))
        return bad(path, "it does not end with `end` and 16 hexadecimal digits", err);
    if (hash != cd_hash64(text.bytes, text.n - END_LINE))
        return bad(path, "its text does not have the hash it ends with", err);
    *out = (cd_fields){f.at, end_line};
    return CD_OK;
}

static bool presence_read(cd_fields *f, cd_presence *out)
{
    if (!cd_field_is(f, "presence", ' ')) return false;
    if (cd_field_is(f, "duty", '\n')) *out = CD_PRESENCE_DUTY;
    else if (cd_field_is(f, "all", '\n')) *out = CD_PRESENCE_ALL;
    else if (cd_field_is(f, "unset", '\n')) *out = CD_PRESENCE_UNSET;
    else return false;
    return true;
}

/* The name is the hash, so that two ontologies never share one: nothing else can be meant by it. */
static cd_status ontology_read(cd_fields *f, const char *path, cd_manifest *m, cd_err *err)
{
    cd_slice name;
    char expected[CD_ONTOLOGY_NAME];
    if (!cd_field_is(f, "ontology", ' ')) return CD_OK;
    if (!cd_field_name(f, ' ', &name) || !cd_field_u64(f, ' ', &m->ontology_bytes) ||
        !cd_field_hex(f, '\n', &m->ontology_hash))
        return bad(path, "its `ontology` line is not a name, bytes and a hash", err);
    snprintf(expected, sizeof expected, "ontology-%016" PRIx64 ".yaml", m->ontology_hash);
    if (!cd_slice_equal(name, cd_slice_of(expected)))
        return bad(path, "its ontology's name is not `ontology-HASH.yaml`", err);
    if (m->ontology_bytes > CD_MAX_ONTOLOGY_FILE) return bad(path, "its ontology is larger than 1 MiB", err);
    memcpy(m->ontology, expected, sizeof expected);
    return CD_OK;
}

static cd_status file_read(cd_fields *f, const char *path, uint64_t next, cd_manifest_file *out, uint64_t *number,
                           cd_err *err)
{
    cd_slice name;
    cd_fields digits;
    if (!cd_field_name(f, ' ', &name) || !cd_field_u64(f, ' ', &out->bytes) ||
        !cd_field_u64(f, ' ', &out->directory_at) || !cd_field_u64(f, ' ', &out->directory_bytes) ||
        !cd_field_hex(f, '\n', &out->directory_hash))
        return bad(path, "a `file` line is not a name, bytes, and its directory's place, bytes and hash", err);
    /* Digits and nothing else: a name can lead nowhere but into segments/. */
    *number = 0;
    digits = cd_fields_of(name);
    while (digits.at < digits.end && *digits.at >= '0' && *digits.at <= '9' && *number < UINT64_MAX / 100)
        *number = *number * 10 + (uint64_t)(*digits.at++ - '0');
    snprintf(out->name, sizeof out->name, "%06" PRIu64 ".h5", *number);
    if (!cd_slice_equal(name, cd_slice_of(out->name)))
        return cd_fail(err, CD_ESTORE, "'%s' is damaged: it names '%.*s', which is no name of a file in segments/; "
                       "restore the store from a copy", path, (int)(name.n < 64 ? name.n : 64), name.bytes);
    if (*number == 0 || *number >= next) return bad(path, "it names a file whose number was never given out", err);
    if (out->bytes > INT64_MAX || out->directory_bytes == 0 || out->directory_bytes > CD_MAX_DIRECTORY ||
        out->directory_at > out->bytes || out->directory_bytes > out->bytes - out->directory_at)
        return bad(path, "a file's directory does not lie inside the file", err);
    return CD_OK;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static cd_status files_read(cd_fields *f, const char *path, cd_manifest *m, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *numbers = NULL;
    size_t n = 0, i = 0;

    for (const char *p = f->at; p < f->end; p++) n += *p == '\n';
    if (n > CD_MAX_FILES)
        CD_TRY(cd_fail(err, CD_ESTORE, "'%s' names more than %d files; restore the store from a copy", path,
                       CD_MAX_FILES));
    CD_NEW(m->files, n);
    CD_NEW(numbers, n);
    for (; i < n && cd_field_is(f, "file", ' '); i++)
        CD_TRY(file_read(f, path, m->next, &m->files[i], &numbers[i], err));
    if (!cd_fields_end(f)) CD_TRY(bad(path, "a line is none that a manifest has there", err));
    m->n_files = (uint32_t)i;
    qsort(numbers, i, sizeof *numbers, by_number);
    for (size_t k = 1; k < i; k++)
        if (numbers[k] == numbers[k - 1]) CD_TRY(bad(path, "it names a file twice", err));
done:
    cd_free(numbers);
    return st;
}

cd_status cd_manifest_parse(cd_slice text, const char *path, cd_manifest *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_manifest m = {0};
    cd_fields f;

    CD_TRY(sealed(text, path, &f, err));
    if (!cd_field_is(&f, "snapshot", ' ') || !cd_field_u64(&f, '\n', &m.snapshot))
        CD_TRY(bad(path, "its second line is not `snapshot` and a number", err));
    if (!cd_field_is(&f, "load", ' ') || !cd_field_u64(&f, '\n', &m.load))
        CD_TRY(bad(path, "its third line is not `load` and a number", err));
    if (!cd_field_is(&f, "next", ' ') || !cd_field_u64(&f, '\n', &m.next) || m.next == 0)
        CD_TRY(bad(path, "its fourth line is not `next` and a number from 1", err));
    if (!presence_read(&f, &m.presence))
        CD_TRY(bad(path, "its fifth line is not `presence` and one of `duty`, `all` and `unset`", err));
    CD_TRY(ontology_read(&f, path, &m, err));
    CD_TRY(files_read(&f, path, &m, err));
    *out = m, m = (cd_manifest){0};
done:
    cd_manifest_release(&m);
    return st;
}

void cd_manifest_print(const cd_manifest *m, cd_buffer *out)
{
    static const char *const presence[] = {"unset", "duty", "all"};
    size_t begin = out->n;
    cd_buffer_printf(out, "candour %d\nsnapshot %" PRIu64 "\nload %" PRIu64 "\nnext %" PRIu64 "\npresence %s\n",
                     CD_STORE_VERSION, m->snapshot, m->load, m->next, presence[m->presence]);
    if (m->ontology[0])
        cd_buffer_printf(out, "ontology %s %" PRIu64 " %016" PRIx64 "\n", m->ontology, m->ontology_bytes,
                         m->ontology_hash);
    for (uint32_t i = 0; i < m->n_files; i++) {
        const cd_manifest_file *f = &m->files[i];
        cd_buffer_printf(out, "file %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %016" PRIx64 "\n", f->name, f->bytes,
                         f->directory_at, f->directory_bytes, f->directory_hash);
    }
    if (out->status == CD_OK)
        cd_buffer_printf(out, "end %016" PRIx64 "\n", cd_hash64(out->bytes + begin, out->n - begin));
}

void cd_manifest_release(cd_manifest *m)
{
    if (!m) return;
    cd_free(m->files);
    *m = (cd_manifest){0};
}

/* A regular file of at most `most` bytes, whole. *found is false, and *out untouched, where there is none. */
cd_status cd_file_read(const char *path, uint64_t most, cd_buffer *out, bool *found, cd_err *err)
{
    cd_status st = CD_OK;
    struct stat about;
    /* Not blocking: a pipe under this name must not hang us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t begin = out->n;

    *found = fd >= 0;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return CD_OK;
    if (fd < 0) return cd_fail_errno(err, errno, "cannot open '%s'", path);
    if (fstat(fd, &about) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot look at '%s'", path));
    if (!S_ISREG(about.st_mode)) CD_TRY(cd_fail(err, CD_ESTORE, "'%s' is not a regular file", path));
    if (about.st_size < 0 || (uint64_t)about.st_size > most)
        CD_TRY(cd_fail(err, CD_ESTORE, "'%s' is larger than the %" PRIu64 " bytes that it may have", path, most));
    CD_TRY(cd_grow(&out->bytes, &out->cap, begin + (size_t)about.st_size + 1, 1, err));
    while (out->n - begin < (size_t)about.st_size) {
        ssize_t n = read(fd, out->bytes + out->n, begin + (size_t)about.st_size - out->n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) CD_TRY(cd_fail_errno(err, errno, "cannot read '%s'", path));
        if (n == 0) break;
        out->n += (size_t)n;
    }
    out->bytes[out->n] = '\0';
done:
    close(fd);
    return st;
}

cd_status cd_manifest_read(const char *store, cd_manifest *out, bool *found, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer text = {0};
    char *path = cd_store_path(store, NULL, "manifest", err);

    *out = (cd_manifest){.next = 1};
    *found = false;
    if (!path) return CD_EMEMORY;
    CD_TRY(cd_file_read(path, MAX_MANIFEST, &text, found, err));
    if (*found) CD_TRY(cd_manifest_parse((cd_slice){text.bytes, (uint32_t)text.n}, path, out, err));
done:
    cd_buffer_release(&text);
    cd_free(path);
    return st;
}

/* Writes `text` to `tmp`, syncs it, and gives it the name `path`. */
static cd_status put(const char *tmp, const char *path, const cd_buffer *text, cd_err *err)
{
    cd_status st = CD_OK;
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);

    if (fd < 0) return cd_fail_errno(err, errno, "cannot write '%s'", tmp);
    int failed = cd_write_all(fd, text->bytes, text->n);
    if (failed) CD_TRY(cd_fail_errno(err, failed, "cannot write '%s'", tmp));
    if (fsync(fd) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot sync '%s'", tmp));
    if (close(fd) != 0) {
        fd = -1;
        CD_TRY(cd_fail_errno(err, errno, "cannot write '%s'", tmp));
    }
    fd = -1;
    if (rename(tmp, path) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot replace '%s'", path));
done:
    if (fd >= 0) close(fd);
    if (st != CD_OK) unlink(tmp);
    return st;
}

/* Once renamed, the new manifest is what readers see; but where the folder then cannot be synced, the caller hears of a
 * failure and removes the files it made. So the old manifest is put back, lest it name what is gone. */
cd_status cd_manifest_replace(const char *store, const cd_manifest *m, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer text = {0}, old = {0};
    bool had_one = false;
    char *path = cd_store_path(store, NULL, "manifest", err);
    char *tmp = path ? cd_store_path(store, NULL, "manifest.tmp", err) : NULL;

    if (!path || !tmp) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_file_read(path, MAX_MANIFEST, &old, &had_one, err));
    cd_manifest_print(m, &text);
    if (text.status != CD_OK) CD_TRY(cd_fail(err, text.status, "out of memory: the manifest could not be written"));
    CD_TRY(put(tmp, path, &text, err));
    st = cd_folder_sync(store, err);
    if (st != CD_OK && had_one) (void)!put(tmp, path, &old, NULL);
    if (st != CD_OK && !had_one) unlink(path);
done:
    cd_buffer_release(&text);
    cd_buffer_release(&old);
    cd_free(path);
    cd_free(tmp);
    return st;
}
