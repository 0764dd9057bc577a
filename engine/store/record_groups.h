/* SPDX-License-Identifier: GPL-3.0-or-later
 * record_groups.h: what happens to the records of one left id once they stand together. */
#ifndef CD_STORE_RECORD_GROUPS_H
#define CD_STORE_RECORD_GROUPS_H

#include "engine/store/records.h"

/* Room for one thread to sort groups of up to `most` records. Zero-initialise. */
typedef struct {
    uint64_t most;
    uint64_t *keys;
    uint8_t *records;
} cd_group_scratch;
CD_CHECKED cd_status cd_group_scratch_make(cd_group_scratch *s, const cd_records *r, uint64_t most, cd_err *err);
void cd_group_scratch_release(cd_group_scratch *s, const cd_records *r);

/* The records of one left id in the order of (time, right id, content, source, line). */
void cd_group_sort(const cd_records *r, uint8_t *group, uint64_t n, cd_group_scratch *scratch);

/* Orders groups by (time, content, source, line), drops repeats, those within and those of the snapshot, and, of an
 * entity, undated rows that a later one replaces; closes the gaps. */
typedef struct cd_settling cd_settling;
/* r->offsets say where each group begins, none being settled yet; the batches are those that its records come from;
 * `last_file` as in cd_records_begin. */
CD_CHECKED cd_status cd_settling_new(cd_records *r, uint32_t table_index, cd_batch *const *batches, uint32_t n_batches,
                                     const cd_meanings *meanings, const cd_snapshot *snapshot, bool last_file,
                                     cd_settling **out, cd_err *err);
/* The groups of left ids [lo, hi), which follow those settled before; r->records begins with the first of them. Their
 * offsets then count rows that were kept, as r->rows does. Parallel over groups. */
void cd_settle(cd_settling *s, cd_id lo, cd_id hi);
void cd_settling_free(cd_settling *s);

#endif
