/* SPDX-License-Identifier: GPL-3.0-or-later
 * manifest.h: the one small file that names the files of a snapshot (FORMAT.md, "manifest").
 * Read and write are each other's inverse: what was read writes back the same bytes. */
#ifndef CD_STORE_MANIFEST_H
#define CD_STORE_MANIFEST_H

#include "engine/base/memory.h"
#include "engine/base/slice.h"

enum {
    CD_STORE_VERSION = 2,
    CD_MAX_FILES = 4096,
    CD_FILE_NAME = 32,
    CD_ONTOLOGY_NAME = 40,
    CD_MAX_ONTOLOGY_FILE = 1 << 20
};

typedef enum { CD_PRESENCE_UNSET, CD_PRESENCE_DUTY, CD_PRESENCE_ALL } cd_presence;

typedef struct {
    char name[CD_FILE_NAME]; /* in segments/ */
    uint64_t bytes;
    uint64_t directory_at, directory_bytes, directory_hash;
} cd_manifest_file;

typedef struct {
    uint64_t snapshot, load, next;
    cd_presence presence;
    char ontology[CD_ONTOLOGY_NAME]; /* "" where the built-in one holds */
    uint64_t ontology_bytes, ontology_hash;
    uint32_t n_files;
    cd_manifest_file *files; /* owned */
} cd_manifest;

/* Text to struct; `path` is for messages. Everything is checked: order, ranges, names, the checksum. */
CD_CHECKED cd_status cd_manifest_parse(cd_slice text, const char *path, cd_manifest *out, cd_err *err);
void cd_manifest_print(const cd_manifest *m, cd_buffer *out);
void cd_manifest_release(cd_manifest *m);

/* Reads STORE/manifest. *found is false where there is none: then *out is an empty snapshot 0. */
CD_CHECKED cd_status cd_manifest_read(const char *store, cd_manifest *out, bool *found, cd_err *err);
/* Makes it the current one: written beside, synced, renamed, the folder synced. On failure the old one stands. */
CD_CHECKED cd_status cd_manifest_replace(const char *store, const cd_manifest *m, cd_err *err);

/* Appends a whole regular file of at most `most` bytes to `out`. *found is false, and `out` as it was, where there is
 * no such file. */
CD_CHECKED cd_status cd_file_read(const char *path, uint64_t most, cd_buffer *out, bool *found, cd_err *err);

#endif
