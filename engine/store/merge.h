/* SPDX-License-Identifier: GPL-3.0-or-later
 * merge.h: several files of a snapshot made one. Queries and digests do not notice. */
#ifndef CD_STORE_MERGE_H
#define CD_STORE_MERGE_H

#include "engine/store/segment_writer.h"
#include "engine/store/snapshot.h"

/* How ids are numbered in the merged file. Both arrays are NULL where the numbers stay. */
typedef struct {
    cd_id *now;    /* per old number: its new one */
    cd_id *before; /* the other way */
} cd_renumbering;

typedef struct {
    const cd_snapshot *snapshot;
    uint32_t from, to;             /* its files [from, to) */
    const cd_renumbering *numbers; /* per kind */
    const uint64_t *n_ids;         /* per kind: ids of the files before `to` */
    size_t memory_bytes;
} cd_merge;

/* Writes one table's rows of the files into `w`; nothing where there are none. Everything that is read is checked
 * first. Takes about memory_bytes, whatever the rows. Parallel. */
CD_CHECKED cd_status cd_merge_table(const cd_merge *m, uint32_t table, cd_segment_writer *w, cd_err *err);

/* Whether candour_tidy would merge any of these files. */
bool cd_tidy_pays(const cd_manifest *m);

#endif
