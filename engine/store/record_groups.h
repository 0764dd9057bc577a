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

/* Orders every group by (time, content, source, line), drops repeats, those within and those of the snapshot, and, of
 * an entity, undated rows that a later one replaces; closes the gaps. Parallel over groups. `last_file` as in
 * cd_records_build. */
CD_CHECKED cd_status cd_records_settle(cd_records *r, uint32_t table_index, const cd_meanings *meanings,
                                       const cd_snapshot *snapshot, bool last_file, cd_err *err);

#endif
