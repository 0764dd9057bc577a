/* SPDX-License-Identifier: GPL-3.0-or-later
 * segment_writer.c: announces arrays to HDF5, writes them beside it, and keeps the checksum of every block. */
#include "engine/store/segment_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/store/h5.h"
#include "engine/store/snapshot.h"

static const uint32_t TYPE_BYTES[] = {1, 2, 4, 8, 8};
static const char *const TYPE_NAME[] = {"u8", "u16", "u32", "u64", "f64"};
enum { PATH_BYTES = 256 };

typedef struct {
    char path[PATH_BYTES];
    cd_array_type type;
    uint64_t n, at;
    int64_t base;
    uint64_t *blocks; /* the hash of each block */
} array_out;

struct cd_segment_writer {
    char *path;
    char name[CD_FILE_NAME];
    cd_h5 *h5;
    int fd;
    array_out *arrays;
    size_t n_arrays, cap_arrays;
    cd_buffer kinds, tables;
    uint64_t n_sources, n_loads;
    void *map;
    size_t map_bytes;
};

static void unmap(cd_segment_writer *w)
{
    if (w->map) munmap(w->map, w->map_bytes);
    w->map = NULL, w->map_bytes = 0;
}

static void writer_free(cd_segment_writer *w)
{
    unmap(w);
    cd_h5_abandon(w->h5);
    if (w->fd >= 0) close(w->fd);
    for (size_t i = 0; i < w->n_arrays; i++) cd_free(w->arrays[i].blocks);
    cd_free(w->arrays);
    cd_buffer_release(&w->kinds);
    cd_buffer_release(&w->tables);
    cd_free(w->path);
    cd_free(w);
}

void cd_writer_abandon(cd_segment_writer *w)
{
    if (!w) return;
    if (w->path && w->fd >= 0) unlink(w->path);
    writer_free(w);
}

cd_status cd_writer_new(const char *store, uint64_t number, cd_segment_writer **out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_segment_writer *w = NULL;
    CD_NEW(w, 1);
    w->fd = -1;
    snprintf(w->name, sizeof w->name, "%06" PRIu64 ".h5", number);
    w->path = cd_store_path(store, "segments", w->name, err);
    if (!w->path) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_h5_create(w->path, &w->h5, err));
    w->fd = open(w->path, O_RDWR | O_CLOEXEC);
    if (w->fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot open the new file '%s'", w->path));
    *out = w, w = NULL;
done:
    cd_writer_abandon(w);
    return st;
}

static cd_status announce(cd_segment_writer *w, cd_array_type type, uint64_t n, const int64_t *base, uint32_t *array,
                          cd_err *err, const char *format, va_list args)
{
    cd_status st = CD_OK;
    CD_TRY(cd_grow(&w->arrays, &w->cap_arrays, w->n_arrays + 1, sizeof *w->arrays, err));
    array_out *a = &w->arrays[w->n_arrays];
    *a = (array_out){.type = type, .n = n, .base = base ? *base : 0};
    vsnprintf(a->path, sizeof a->path, format, args);
    uint64_t n_blocks = (n * TYPE_BYTES[type] + CD_CHECK_BLOCK - 1) / CD_CHECK_BLOCK;
    CD_NEW(a->blocks, n_blocks);
    *array = (uint32_t)w->n_arrays++;
    CD_TRY(cd_h5_array(w->h5, a->path, type, n, base, &a->at, err));
done:
    return st;
}

cd_status cd_writer_array(cd_segment_writer *w, cd_array_type type, uint64_t n, const int64_t *base, uint32_t *array,
                          cd_err *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    cd_status st = announce(w, type, n, base, array, err, format, args);
    va_end(args);
    return st;
}

static cd_status write_at(const cd_segment_writer *w, const void *bytes, size_t n, uint64_t at, cd_err *err)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t wrote = pwrite(w->fd, p, n, (off_t)at);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return cd_fail_errno(err, errno, "cannot write '%s'; the store is as it was", w->path);
        p += wrote, n -= (size_t)wrote, at += (uint64_t)wrote;
    }
    return CD_OK;
}

cd_status cd_writer_put(cd_segment_writer *w, uint32_t array, uint64_t at, const void *bytes, size_t n, cd_err *err)
{
    array_out *a = &w->arrays[array];
    for (size_t from = 0; from < n; from += CD_CHECK_BLOCK) {
        size_t m = n - from < CD_CHECK_BLOCK ? n - from : CD_CHECK_BLOCK;
        a->blocks[(at + from) / CD_CHECK_BLOCK] = cd_hash64((const char *)bytes + from, m);
    }
    return write_at(w, bytes, n, a->at + at, err);
}

cd_status cd_writer_whole(cd_segment_writer *w, cd_array_type type, uint64_t n, const void *bytes, cd_err *err,
                          const char *format, ...)
{
    uint32_t array = 0;
    va_list args;
    va_start(args, format);
    cd_status st = announce(w, type, n, NULL, &array, err, format, args);
    va_end(args);
    return st != CD_OK ? st : cd_writer_put(w, array, 0, bytes, n * TYPE_BYTES[type], err);
}

void cd_writer_kind(cd_segment_writer *w, const char *name, uint64_t first, uint64_t n, uint32_t stride)
{
    cd_buffer_printf(&w->kinds, "kind %s %" PRIu64 " %" PRIu64 " %u\n", name, first, n, stride);
}

static void print_time(cd_buffer *out, int64_t t, char end)
{
    if (t == CANDOUR_UNKNOWN) cd_buffer_printf(out, "-%c", end);
    else cd_buffer_printf(out, "%" PRId64 "%c", t, end);
}

void cd_writer_table(cd_segment_writer *w, const char *name, uint64_t rows, uint64_t left_keys, uint64_t right_keys,
                     int64_t first, int64_t last)
{
    cd_buffer_printf(&w->tables, "table %s %" PRIu64 " %" PRIu64 " %" PRIu64 " ", name, rows, left_keys, right_keys);
    print_time(&w->tables, first, ' ');
    print_time(&w->tables, last, '\n');
}

void cd_writer_sources(cd_segment_writer *w, uint64_t n_sources, uint64_t n_loads)
{
    w->n_sources = n_sources, w->n_loads = n_loads;
}

cd_status cd_writer_map(cd_segment_writer *w, uint32_t array, const void **data, cd_err *err)
{
    const array_out *a = &w->arrays[array];
    uint64_t end = a->at + a->n * TYPE_BYTES[a->type];
    if (end > w->map_bytes) {
        struct stat s;
        unmap(w);
        if (fstat(w->fd, &s) != 0) return cd_fail_errno(err, errno, "cannot look at '%s'", w->path);
        if ((uint64_t)s.st_size < end)
            return cd_fail(err, CD_ESYSTEM, "'%s' is shorter than what was written to it; something cut it", w->path);
        void *map = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_SHARED, w->fd, 0);
        if (map == MAP_FAILED) return cd_fail_errno(err, errno, "cannot map '%s'", w->path);
        w->map = map, w->map_bytes = (size_t)s.st_size;
    }
    *data = (const char *)w->map + a->at;
    return CD_OK;
}

static int by_place(const void *a, const void *b)
{
    const array_out *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* The directory's text. With metadata_hash 0 it has the length it will have in the end. */
static void print_directory(const cd_segment_writer *w, uint64_t metadata_hash, cd_buffer *out)
{
    cd_buffer_printf(out, "segment 1\nmetadata %016" PRIx64 "\n", metadata_hash);
    cd_buffer_add(out, w->kinds.bytes, w->kinds.n);
    cd_buffer_add(out, w->tables.bytes, w->tables.n);
    cd_buffer_printf(out, "sources %" PRIu64 "\nloads %" PRIu64 "\n", w->n_sources, w->n_loads);
    for (size_t i = 0; i < w->n_arrays; i++) {
        const array_out *a = &w->arrays[i];
        uint64_t n_blocks = (a->n * TYPE_BYTES[a->type] + CD_CHECK_BLOCK - 1) / CD_CHECK_BLOCK;
        cd_buffer_printf(out, "array %s %s %" PRIu64 " %" PRIu64 " %" PRId64 " %016" PRIx64 "\n", a->path,
                         TYPE_NAME[a->type], a->at, a->n, a->base, cd_hash64(a->blocks, n_blocks * sizeof *a->blocks));
    }
    cd_buffer_printf(out, "end\n");
}

/* Adds bytes [from, to) of the file to `out`. */
static cd_status read_gap(const cd_segment_writer *w, uint64_t from, uint64_t to, cd_buffer *out, cd_err *err)
{
    char part[16384];
    while (from < to) {
        size_t want = to - from < sizeof part ? (size_t)(to - from) : sizeof part;
        ssize_t got = pread(w->fd, part, want, (off_t)from);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cd_fail_errno(err, errno, "cannot read back '%s'", w->path);
        if (got == 0) return cd_fail(err, CD_ESYSTEM, "'%s' is shorter than what was written to it", w->path);
        cd_buffer_add(out, part, (size_t)got);
        from += (uint64_t)got;
    }
    return out->status;
}

/* XXH3-64 of all bytes that lie in no array and not in the directory. The arrays stand in the order of their places. */
static cd_status hash_metadata(const cd_segment_writer *w, uint64_t directory_at, uint64_t directory_bytes, uint64_t bytes,
                               uint64_t *hash, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer rest = {0};
    uint64_t from = 0;
    bool passed = false;
    for (size_t i = 0; i <= w->n_arrays; i++) {
        uint64_t at = i < w->n_arrays ? w->arrays[i].at : bytes;
        if (!passed && directory_at < at) {
            CD_TRY(read_gap(w, from, directory_at, &rest, err));
            from = directory_at + directory_bytes, passed = true;
        }
        CD_TRY(read_gap(w, from, at, &rest, err));
        if (i < w->n_arrays) from = at + w->arrays[i].n * TYPE_BYTES[w->arrays[i].type];
    }
    *hash = cd_hash64(rest.bytes, rest.n);
done:
    cd_buffer_release(&rest);
    return st;
}

cd_status cd_writer_finish(cd_segment_writer *w, cd_manifest_file *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer text = {0};
    struct stat s;
    uint64_t at = 0, metadata = 0;
    unmap(w);
    qsort(w->arrays, w->n_arrays, sizeof *w->arrays, by_place);
    print_directory(w, 0, &text);
    CD_TRY(text.status);
    CD_TRY(cd_h5_array(w->h5, "directory", CD_U8, text.n, NULL, &at, err));
    cd_h5 *h5 = w->h5;
    w->h5 = NULL;
    CD_TRY(cd_h5_finish(h5, err));
    if (fstat(w->fd, &s) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot look at '%s'", w->path));
    CD_TRY(hash_metadata(w, at, text.n, (uint64_t)s.st_size, &metadata, err));
    text.n = 0;
    print_directory(w, metadata, &text);
    CD_TRY(text.status);
    CD_TRY(write_at(w, text.bytes, text.n, at, err));
    if (fsync(w->fd) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot sync '%s'; the store is as it was", w->path));
    *out = (cd_manifest_file){.bytes = (uint64_t)s.st_size,
                              .directory_at = at,
                              .directory_bytes = text.n,
                              .directory_hash = cd_hash64(text.bytes, text.n)};
    memcpy(out->name, w->name, sizeof out->name);
done:
    cd_buffer_release(&text);
    if (st == CD_OK) writer_free(w);
    else cd_writer_abandon(w);
    return st;
}
