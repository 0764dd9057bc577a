/* SPDX-License-Identifier: GPL-3.0-or-later
 * written.c: see written.h. */
#include "tests/support/written.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/store/snapshot.h"

static void must(bool good, const char *what)
{
    if (good) return;
    fprintf(stderr, "written: %s\n", what);
    abort();
}

void written_open(written *w, const char *store, const cd_manifest_file *file)
{
    cd_err err = {0};
    bool found = false;
    char *path = cd_store_path(store, "segments", file->name, NULL);
    *w = (written){0};
    must(cd_file_read(path, (uint64_t)1 << 32, &w->bytes, &found, &err) == CD_OK && found, "no file");
    must(w->bytes.n == file->bytes, "the file has another size");
    const char *text = w->bytes.bytes + file->directory_at;
    must(file->directory_at + file->directory_bytes <= file->bytes, "the directory is not in the file");
    must(cd_hash64(text, file->directory_bytes) == file->directory_hash, "the directory has another hash");
    must(cd_directory_parse((cd_slice){text, (uint32_t)file->directory_bytes}, path, &w->directory, &err) == CD_OK, err.text);
    for (uint32_t i = 0; i < w->directory.n_arrays; i++) {
        cd_array *a = &w->directory.arrays[i];
        uint64_t n = a->n * cd_array_type_bytes(a->type);
        must(a->at + n <= file->bytes, "an array is not in the file");
        a->data = w->bytes.bytes + a->at;
        must(a->checksum == cd_checksum(a->data, n), "an array has another checksum");
    }
    cd_sums *sums = NULL;
    must(cd_sums_new((const uint8_t *)w->bytes.bytes, file->bytes, w->directory.arrays, w->directory.n_arrays, path, &sums,
                     &err) == CD_OK, err.text);
    for (uint32_t i = 0; i < w->directory.n_arrays; i++) must(cd_sums_array(sums, i), "a block has another checksum");
    cd_sums_free(sums);
    must(w->directory.metadata_hash ==
             cd_metadata_hash((const uint8_t *)w->bytes.bytes, file->bytes, w->directory.arrays, w->directory.n_arrays,
                              file->directory_at, file->directory_bytes),
         "the metadata have another hash");
    cd_free(path);
}

const cd_array *written_find(const written *w, const char *path)
{
    for (uint32_t i = 0; i < w->directory.n_arrays; i++)
        if (cd_slice_equal(w->directory.arrays[i].path, cd_slice_of(path))) return &w->directory.arrays[i];
    return NULL;
}

void written_release(written *w)
{
    cd_directory_release(&w->directory);
    cd_buffer_release(&w->bytes);
}
