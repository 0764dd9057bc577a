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
#include "engine/base/write.h"
#include "engine/store/directory.h"
#include "engine/store/h5.h"
#include "engine/store/ontology.h"
#include "engine/store/snapshot.h"

enum { PATH_BYTES = 256 };

typedef struct {
    cd_array array;   /* its path is borrowed from below */
    char path[PATH_BYTES];
    bool has_base;
    uint64_t *blocks; /* the hash of each block */
} array_out;

struct cd_segment_writer {
    char *path;
    char name[CD_FILE_NAME];
    cd_h5 *h5;
    int fd;
    array_out *arrays;
    size_t n_arrays, cap_arrays;
    cd_directory_kind kinds[CD_MAX_KINDS];
    cd_directory_table tables[CD_MAX_TABLES];
    cd_directory directory; /* its kinds and tables are the above; its arrays are made at the end */
    void *map;
    size_t map_bytes;
    uint64_t put_bytes; /* so far, in all arrays */
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
    cd_free(w->directory.arrays);
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
    w->directory.kinds = w->kinds, w->directory.tables = w->tables;
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

static uint64_t n_blocks_of(const cd_array *a) { return (cd_array_bytes(a) + CD_CHECK_BLOCK - 1) / CD_CHECK_BLOCK; }

static cd_status announce(cd_segment_writer *w, cd_array_type type, uint64_t n, const int64_t *base, uint32_t *array,
                          cd_err *err, const char *format, va_list args)
{
    cd_status st = CD_OK;
    CD_TRY(cd_grow(&w->arrays, &w->cap_arrays, w->n_arrays + 1, sizeof *w->arrays, err));
    array_out *a = &w->arrays[w->n_arrays];
    *a = (array_out){.array = {.type = type, .n = n, .base = base ? *base : 0}, .has_base = base != NULL};
    vsnprintf(a->path, sizeof a->path, format, args);
    CD_NEW(a->blocks, n_blocks_of(&a->array));
    *array = (uint32_t)w->n_arrays++;
    CD_TRY(cd_h5_array(w->h5, a->path, type, n, base, &a->array.at, err));
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
    int failed = cd_write_all_at(w->fd, bytes, n, at);
    return failed ? cd_fail_errno(err, failed, "cannot write '%s'; the store is as it was", w->path) : CD_OK;
}

/* Has what was written set out for the disk now and then, so that the sync at the end finds little left to do. It
 * promises nothing, so nobody asks whether it went well. */
static void hurry(cd_segment_writer *w, size_t n)
{
    enum { HURRY_BYTES = 16 << 20 };
    uint64_t before = __atomic_fetch_add(&w->put_bytes, n, __ATOMIC_RELAXED);
    if (before / HURRY_BYTES != (before + n) / HURRY_BYTES) (void)sync_file_range(w->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

cd_status cd_writer_put(cd_segment_writer *w, uint32_t array, uint64_t at, const void *bytes, size_t n, cd_err *err)
{
    array_out *a = &w->arrays[array];
    for (size_t from = 0; from < n; from += CD_CHECK_BLOCK) {
        size_t m = n - from < CD_CHECK_BLOCK ? n - from : CD_CHECK_BLOCK;
        a->blocks[(at + from) / CD_CHECK_BLOCK] = cd_hash64((const char *)bytes + from, m);
    }
    cd_status st = write_at(w, bytes, n, a->array.at + at, err);
    if (st == CD_OK) hurry(w, n);
    return st;
}

cd_status cd_writer_whole(cd_segment_writer *w, cd_array_type type, uint64_t n, const void *bytes, cd_err *err,
                          const char *format, ...)
{
    uint32_t array = 0;
    va_list args;
    va_start(args, format);
    cd_status st = announce(w, type, n, NULL, &array, err, format, args);
    va_end(args);
    return st != CD_OK ? st : cd_writer_put(w, array, 0, bytes, cd_array_bytes(&w->arrays[array].array), err);
}

void cd_writer_kind(cd_segment_writer *w, const char *name, uint64_t first, uint64_t n, uint32_t stride)
{
    w->kinds[w->directory.n_kinds++] =
        (cd_directory_kind){.name = cd_slice_of(name), .first = first, .n = n, .stride = stride};
}

void cd_writer_table(cd_segment_writer *w, const char *name, uint64_t rows, uint64_t left_keys, uint64_t right_keys,
                     int64_t first, int64_t last)
{
    w->tables[w->directory.n_tables++] = (cd_directory_table){.name = cd_slice_of(name),
                                                              .rows = rows,
                                                              .left_keys = left_keys,
                                                              .right_keys = right_keys,
                                                              .first = first,
                                                              .last = last};
}

void cd_writer_sources(cd_segment_writer *w, uint64_t n_sources, uint64_t n_loads)
{
    w->directory.n_sources = n_sources, w->directory.n_loads = n_loads;
}

/* The file as it stands, mapped. */
static cd_status map_all(cd_segment_writer *w, cd_err *err)
{
    struct stat s;
    unmap(w);
    if (fstat(w->fd, &s) != 0) return cd_fail_errno(err, errno, "cannot look at '%s'", w->path);
    void *map = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_SHARED, w->fd, 0);
    if (map == MAP_FAILED) return cd_fail_errno(err, errno, "cannot map '%s'", w->path);
    w->map = map, w->map_bytes = (size_t)s.st_size;
    return CD_OK;
}

cd_status cd_writer_map(cd_segment_writer *w, uint32_t array, const void **data, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_array *a = &w->arrays[array].array;
    uint64_t end = a->at + cd_array_bytes(a);
    if (end > w->map_bytes) CD_TRY(map_all(w, err));
    if (end > w->map_bytes)
        CD_TRY(cd_fail(err, CD_ESYSTEM, "'%s' is shorter than what was written to it; something cut it", w->path));
    *data = (const char *)w->map + a->at;
done:
    return st;
}

/* The bytes [from, from + n) of the file, again at `to`. The places may overlap. */
static cd_status move_bytes(cd_segment_writer *w, uint64_t from, uint64_t to, uint64_t n, cd_err *err)
{
    enum { PIECE = 1 << 20 };
    cd_status st = CD_OK;
    char *piece = NULL;
    CD_TRY(map_all(w, err));
    CD_NEW(piece, PIECE);
    for (uint64_t done = 0, m; done < n; done += m) {
        m = n - done < PIECE ? n - done : PIECE;
        uint64_t at = to < from ? done : n - done - m;
        memcpy(piece, (const char *)w->map + from + at, m);
        CD_TRY(write_at(w, piece, m, to + at, err));
    }
done:
    cd_free(piece);
    return st;
}

cd_status cd_writer_shrink(cd_segment_writer *w, uint32_t array, uint64_t n, cd_err *err)
{
    cd_status st = CD_OK;
    array_out *a = &w->arrays[array];
    uint64_t from = a->array.at;
    CD_TRY(cd_h5_remove(w->h5, a->path, err));
    a->array.n = n;
    if (n == 0) goto done;
    CD_TRY(cd_h5_array(w->h5, a->path, a->array.type, n, a->has_base ? &a->array.base : NULL, &a->array.at, err));
    /* HDF5 mostly gives the place that has just become free. */
    if (a->array.at != from) CD_TRY(move_bytes(w, from, a->array.at, cd_array_bytes(&a->array), err));
done:
    return st;
}

static int by_place(const void *a, const void *b)
{
    const cd_array *x = &((const array_out *)a)->array, *y = &((const array_out *)b)->array;
    return (x->at > y->at) - (x->at < y->at);
}

/* The arrays as the directory has them, in the order of their places. */
static cd_status list_arrays(cd_segment_writer *w, cd_err *err)
{
    cd_status st = CD_OK;
    if (w->n_arrays) qsort(w->arrays, w->n_arrays, sizeof *w->arrays, by_place);
    CD_NEW(w->directory.arrays, w->n_arrays);
    for (size_t i = 0; i < w->n_arrays; i++) {
        array_out *a = &w->arrays[i];
        if (a->array.n == 0) continue;
        a->array.path = cd_slice_of(a->path);
        a->array.checksum = cd_hash64(a->blocks, n_blocks_of(&a->array) * sizeof *a->blocks);
        w->directory.arrays[w->directory.n_arrays++] = a->array;
    }
done:
    return st;
}

/* The checksums of the blocks of every array that has more than one, in the order of their places, as one more array. */
static cd_status write_checksums(cd_segment_writer *w, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *all = NULL, n = 0, at = 0;
    if (w->n_arrays) qsort(w->arrays, w->n_arrays, sizeof *w->arrays, by_place);
    for (size_t i = 0; i < w->n_arrays; i++)
        if (n_blocks_of(&w->arrays[i].array) > 1) n += n_blocks_of(&w->arrays[i].array);
    if (n == 0) return CD_OK;
    CD_NEW(all, n);
    for (size_t i = 0; i < w->n_arrays; i++) {
        uint64_t blocks = n_blocks_of(&w->arrays[i].array);
        if (blocks < 2) continue;
        memcpy(all + at, w->arrays[i].blocks, blocks * sizeof *all);
        at += blocks;
    }
    CD_TRY(cd_writer_whole(w, CD_U64, n, all, err, "checksums"));
done:
    cd_free(all);
    return st;
}

cd_status cd_writer_finish(cd_segment_writer *w, cd_manifest_file *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer text = {0};
    uint64_t at = 0;
    CD_TRY(write_checksums(w, err));
    CD_TRY(list_arrays(w, err));
    cd_directory_print(&w->directory, &text); /* as long as it will be in the end: a hash is always 16 digits */
    if (text.status != CD_OK) CD_TRY(cd_fail(err, text.status, "out of memory: the directory could not be written"));
    CD_TRY(cd_h5_array(w->h5, "directory", CD_U8, text.n, NULL, &at, err));
    cd_h5 *h5 = w->h5;
    w->h5 = NULL;
    CD_TRY(cd_h5_finish(h5, err));
    CD_TRY(map_all(w, err));
    w->directory.metadata_hash =
        cd_metadata_hash(w->map, w->map_bytes, w->directory.arrays, w->directory.n_arrays, at, text.n);
    text.n = 0;
    cd_directory_print(&w->directory, &text);
    CD_TRY(text.status);
    CD_TRY(write_at(w, text.bytes, text.n, at, err));
    if (fsync(w->fd) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot sync '%s'; the store is as it was", w->path));
    *out = (cd_manifest_file){.bytes = w->map_bytes,
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
