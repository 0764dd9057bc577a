/* SPDX-License-Identifier: GPL-3.0-or-later
 * record_groups.h: what happens to the records of one left id once they stand together. */
#ifndef CD_STORE_RECORD_GROUPS_H
#define CD_STORE_RECORD_GROUPS_H

#include "engine/store/records.h"

/* Orders every group by (time, content, source, line), drops repeats, those within and those of the snapshot, and, of an
 * entity, undated rows that a later one replaces; closes the gaps. Parallel over groups. */
CD_CHECKED cd_status cd_records_settle(cd_records *r, uint32_t table_index, const cd_meanings *meanings,
                                       const cd_snapshot *snapshot, cd_err *err);

#endif
