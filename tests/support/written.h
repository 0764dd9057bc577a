/* SPDX-License-Identifier: GPL-3.0-or-later
 * written.h: a segment file that was just written, as its directory shows it, whatever it holds: a test of one kernel
 * writes a few arrays, and cd_segment_open would miss the rest of their table. */
#ifndef TESTS_SUPPORT_WRITTEN_H
#define TESTS_SUPPORT_WRITTEN_H

#include "engine/store/directory.h"
#include "engine/store/manifest.h"

typedef struct {
    cd_buffer bytes;
    cd_directory directory;
} written;

/* The whole file, with the place of every array in memory. Checks the directory's hash, each checksum and the metadata's. */
void written_open(written *w, const char *store, const cd_manifest_file *file);
/* The array of that path, or NULL. */
const cd_array *written_find(const written *w, const char *path);
void written_release(written *w);

#endif
