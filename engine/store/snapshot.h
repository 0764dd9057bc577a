/* SPDX-License-Identifier: GPL-3.0-or-later
 * snapshot.h: the files of one manifest, opened together. It stays what it was while loads commit and compactions
 * unlink: every file is mapped from the start. Reading it from several threads is safe. */
#ifndef CD_STORE_SNAPSHOT_H
#define CD_STORE_SNAPSHOT_H

#include "engine/store/segment.h"

typedef struct {
    char *path;
    cd_manifest manifest;
    const candour_ontology *ontology;
    cd_arena arena; /* holds an ontology that is not the built-in one */
    uint32_t n_segments;
    cd_segment *segments;
    uint64_t *n_ids; /* per kind */
    uint64_t n_sources, n_loads; /* over all files */
} cd_snapshot;

/* Opens what the manifest names now; where a file has gone because a compaction came between, reads the manifest again.
 * A folder without a manifest is CD_EUSAGE unless `may_be_new`: then it is an empty snapshot. */
CD_CHECKED cd_status cd_snapshot_open(const char *path, bool may_be_new, cd_snapshot **out, cd_err *err);
void cd_snapshot_close(cd_snapshot *s);

/* The snapshot that an open store reads. */
const cd_snapshot *cd_store_snapshot(const candour_store *store);
/* The numbers of a kind's ids in the order of their bytes. The kind was checked. */
CD_CHECKED cd_status cd_store_order(candour_store *store, uint32_t kind, const cd_id **out, cd_err *err);

/* s->ontology, as s->manifest and s->path say it: the built-in one, or with the kinds of the store's ontology.yaml. */
CD_CHECKED cd_status cd_snapshot_ontology(cd_snapshot *s, cd_err *err);

/* The id's bytes, or no text where the number or the file is wrong. */
cd_slice cd_snapshot_id(const cd_snapshot *s, uint32_t kind, uint64_t number);
/* The number of an id, or CD_NONE. `hash` is cd_hash64 of it. */
cd_id cd_snapshot_find(const cd_snapshot *s, uint32_t kind, cd_slice id, uint64_t hash);
/* As cd_segment_check, for one table in every file, and for the ids that it names. */
CD_CHECKED cd_status cd_snapshot_check(const cd_snapshot *s, uint32_t table, cd_err *err);
/* The same for those who do not read the reverse direction. */
CD_CHECKED cd_status cd_snapshot_check_forward(const cd_snapshot *s, uint32_t table, cd_err *err);
/* As cd_segment_check_kind, for one kind in every file. */
CD_CHECKED cd_status cd_snapshot_check_kind(const cd_snapshot *s, uint32_t kind, cd_err *err);
/* What became of reading: st; or CD_ESTORE, with the words for it in the place of any in err, where something that was
 * read was not as it was written. Then no answer is to be believed, and no other failure. */
CD_CHECKED cd_status cd_snapshot_judge(const cd_snapshot *s, cd_status st, cd_err *err);
/* Whether the undated row of entity `id` in segment `segment` is in force: no later file has one. Bounds checked. */
bool cd_undated_in_force(const cd_snapshot *s, uint32_t table, uint32_t segment, cd_id id);

/* One line of /sources or /loads (FORMAT.md), taken off `rest`. The name is decoded into `name` (at most
 * CD_SOURCE_NAME bytes), which is cleared first. */
enum { CD_SOURCE_NAME = 1024 };
typedef struct {
    uint8_t sha256[32];
    uint64_t load, bytes, rows_read, rows_rejected;
    cd_slice table; /* borrowed */
} cd_source_line;
CD_CHECKED cd_status cd_source_next(cd_slice *rest, cd_source_line *out, cd_buffer *name, const char *path,
                                    cd_err *err);
CD_CHECKED cd_status cd_load_next(cd_slice *rest, candour_load_info *out, const char *path, cd_err *err);
/* The other way. */
void cd_source_print(const cd_source_line *line, cd_slice name, cd_buffer *out);
void cd_load_print(const candour_load_info *line, cd_buffer *out);

/* STORE/NAME, or STORE/FOLDER/NAME where folder is not NULL; for cd_free. */
char *cd_store_path(const char *store, const char *folder, const char *name, cd_err *err);

#endif
