/* SPDX-License-Identifier: GPL-3.0-or-later
 * segment.c: whatever stands in a segment file, a store of it is refused in words or read to its end; never past it.
 *
 * The input is the file. Its directory begins at byte 64 and ends with its `end` line. What a mutation cannot hit by
 * chance is made right first: the checksums of the arrays, the hash of the directory, the manifest. Then the store is
 * opened, read without being checked where that must be safe, checked, scanned and digested. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/store/directory.h"
#include "engine/store/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DIRECTORY_AT = 64, MOST_ROWS = 1 << 16 };

static char folder[64];

static void folder_remove(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) fprintf(stderr, "'%s' stays\n", folder);
}

static void folder_make(void)
{
    char segments[96];
    if (folder[0]) return;
    snprintf(folder, sizeof folder, "%s/candour-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder)) abort();
    snprintf(segments, sizeof segments, "%s/segments", folder);
    if (mkdir(segments, 0777) != 0) abort();
    atexit(folder_remove);
}

static void put(const char *name, const void *bytes, size_t n)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) abort();
}

/* The right checksum of every array that lies in the file, over the one in its line. */
static void mend(uint8_t *file, size_t size, size_t directory_bytes)
{
    cd_directory d = {0};
    const cd_slice text = {(const char *)file + DIRECTORY_AT, (uint32_t)directory_bytes};
    if (cd_directory_parse(text, "f", &d, NULL) != CD_OK) return;
    for (uint32_t i = 0; i < d.n_arrays; i++) {
        const cd_array *a = &d.arrays[i];
        uint64_t bytes = a->n * cd_array_type_bytes(a->type);
        char *end = memchr((void *)(uintptr_t)a->path.bytes, '\n', (size_t)(text.bytes + text.n - a->path.bytes)),
             hex[17];
        if (a->at > size || bytes > size - a->at ||
            (a->at < DIRECTORY_AT + directory_bytes && a->at + bytes > DIRECTORY_AT))
            continue;
        snprintf(hex, sizeof hex, "%016" PRIx64, cd_checksum(file + a->at, bytes));
        memcpy(end - 16, hex, 16);
    }
    cd_directory_release(&d);
}

/* What readers may do with arrays that nobody checked. */
static void read_unchecked(const cd_snapshot *s)
{
    const cd_segment *segment = &s->segments[0];
    for (uint32_t k = 0; k < s->ontology->n_kinds; k++)
        for (uint64_t i = 0; i < 4; i++) {
            cd_slice id = cd_snapshot_id(s, k, i);
            if (id.bytes) cd_snapshot_find(s, k, id, cd_hash64(id.bytes, id.n));
        }
    for (uint32_t t = 0; t < s->ontology->n_tables; t++) {
        const cd_segment_table *table = segment->tables[t];
        static uint32_t lines[MOST_ROWS];
        uint64_t lo, hi;
        if (!table) continue;
        for (cd_id id = 0; id < 8; id++) {
            cd_rows_of(&table->left, table->rows, id, &lo, &hi);
            cd_rows_of(&table->by_right, table->rows, id, &lo, &hi);
            if (s->ontology->tables[t].class_of == CANDOUR_ENTITY) cd_undated_in_force(s, t, 0, id);
        }
        if (table->rows <= MOST_ROWS) cd_lines_read(&table->lines, 0, table->rows, lines);
    }
}

static void read_checked(candour_store *store)
{
    candour_digest digest;
    candour_source_info source;
    candour_load_info load;
    cd_err err = {0};
    if (candour_store_digest(store, 1, &digest, &err) != CD_OK && !err.text[0]) abort();
    cd_err_clear(&err);
    if (candour_store_source(store, 0, &source, &err) != CD_OK && !err.text[0]) abort();
    cd_err_clear(&err);
    if (candour_store_load(store, 0, &load, &err) != CD_OK && !err.text[0]) abort();
    for (uint32_t t = 0; t < candour_store_ontology(store)->n_tables; t++) {
        candour_scan *scan = NULL;
        candour_block block = {.n = 1};
        cd_err_clear(&err);
        if (candour_scan_open(store, t, &scan, &err) != CD_OK) {
            if (!err.text[0]) abort();
            continue;
        }
        while (block.n && candour_scan_next(scan, &block, &err) == CD_OK) {}
        candour_scan_close(scan);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char end_line[] = "\nend\n";
    cd_snapshot *s = NULL;
    candour_store *store = NULL;
    cd_buffer manifest = {0};
    cd_err err = {0};
    if (size <= DIRECTORY_AT) return 0;
    const uint8_t *end = memmem(data + DIRECTORY_AT, size - DIRECTORY_AT, end_line, sizeof end_line - 1);
    if (!end) return 0;
    size_t directory_bytes = (size_t)(end - data) + sizeof end_line - 1 - DIRECTORY_AT;
    uint8_t *file = cd_alloc(size, 1, NULL);
    memcpy(file, data, size);
    mend(file, size, directory_bytes);
    folder_make();
    cd_manifest_file line = {.name = "000001.h5", .bytes = size, .directory_at = DIRECTORY_AT,
                             .directory_bytes = directory_bytes,
                             .directory_hash = cd_hash64(file + DIRECTORY_AT, directory_bytes)};
    const cd_manifest m = {.snapshot = 1, .load = 1, .next = 2, .n_files = 1, .files = &line};
    cd_manifest_print(&m, &manifest);
    put("segments/000001.h5", file, size);
    put("manifest", manifest.bytes, manifest.n);
    if (cd_snapshot_open(folder, false, &s, &err) == CD_OK) {
        read_unchecked(s);
        for (uint32_t t = 0; t < s->ontology->n_tables; t++) {
            cd_err_clear(&err);
            if (cd_snapshot_check(s, t, &err) != CD_OK && !err.text[0]) abort();
        }
        if (candour_store_open(folder, NULL, &store, &err) == CD_OK) read_checked(store);
    } else if (!err.text[0]) abort();
    candour_store_close(store);
    cd_snapshot_close(s);
    cd_buffer_release(&manifest);
    cd_free(file);
    return 0;
}
