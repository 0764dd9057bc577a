/* SPDX-License-Identifier: GPL-3.0-or-later
 * image.h: a store made byte by byte, without HDF5: a reader believes the manifest and the directory alone, so a test can
 * put anything it likes into a file. image_small is a sound store of a few rows; a test spoils one thing and looks. */
#ifndef TESTS_SUPPORT_IMAGE_H
#define TESTS_SUPPORT_IMAGE_H

#include "engine/store/directory.h"

enum { IMAGE_MOST = 128 };

typedef struct {
    char path[96];
    cd_array_type type;
    uint64_t n;
    int64_t base;
    void *data; /* owned */
    bool keep_checksum; /* write `checksum` as it is, not the right one */
    uint64_t checksum;
} image_array;

typedef struct {
    uint32_t n_kinds, n_tables, n_arrays;
    cd_directory_kind kinds[16];
    cd_directory_table tables[32];
    image_array arrays[IMAGE_MOST];
    uint64_t n_sources, n_loads;
    bool tight; /* the file ends with its last array, at the end of a page */
} image;

/* Adds an array, or takes the place of the one of that path. */
void image_put(image *im, const char *path, cd_array_type type, uint64_t n, int64_t base, const void *data);
image_array *image_get(image *im, const char *path);
void image_drop(image *im, const char *path);
cd_directory_table *image_table(image *im, const char *name);
void image_release(image *im);

/* The ids of a kind, with their index. */
void image_ids(image *im, const char *kind, uint64_t first, uint32_t n, const char *const *ids);
/* The dictionary of a text column. */
void image_texts(image *im, const char *table, const char *column, uint32_t n, const char *const *texts);
/* The lines of a table's rows, packed slowly and plainly. */
void image_lines(image *im, const char *table, uint64_t n, const uint32_t *lines);

/* Officers A, BB, CCC; cases C1, C2, C3; five accesses, three rows about officers; two sources, one load. */
void image_small(image *im);

/* The bytes of the file, for cd_free, and its line in a manifest. */
uint8_t *image_bytes(const image *im, cd_manifest_file *line);
/* A new folder with segments/ in it, in memory where there is such a place; and away with it and all in it. */
char *folder_new(void);
void folder_remove(char *store);
/* Writes STORE/segments/NNNNNN.h5 for each image, and the manifest. */
void image_store(const char *store, image *const *images, uint32_t n);
void file_write(const char *store, const char *folder, const char *name, const void *bytes, size_t n);

#endif
