/* SPDX-License-Identifier: GPL-3.0-or-later
 * duty.h: presence outside rostered duty is never stored.
 *
 * An officer's duty is the union of the rostered shifts and of the hours claimed for them, each with CD_DUTY_GRACE on
 * either side. A presence row that touches none of it is dropped; one that reaches beyond it is cut to it, into as many rows
 * as periods it touches. */
#ifndef CD_STORE_DUTY_H
#define CD_STORE_DUTY_H

#include "engine/store/batch.h"
#include "engine/store/records.h"

enum { CD_DUTY_GRACE_SECONDS = 2 * 3600 };

/* Batches of one table with the meaning of their codes; n_batches 0: none. */
typedef struct {
    cd_batch **batches;
    uint32_t n_batches;
    cd_meanings meanings;
} cd_pending_rows;

typedef struct {
    uint64_t off_duty, clipped;
    uint64_t refused; /* more than a day before the first or after the last roster: its roster may be still to come */
} cd_duty_report;

/* Whether there is any roster to hold presence against; and, where the hours claimed say when the roster was, the first and
 * the last second of it (else *first > *last). Needs no meanings yet. */
bool cd_duty_known(const cd_snapshot *snapshot, const cd_pending_rows *roster, int64_t *first, int64_t *last);

/* Replaces the batches of `presence` by what may be stored, made in `pools` (one a thread, n_threads of them). Roster
 * and shifts: what this load brings and `snapshot` does not have yet. n_officers and n_shifts count the new ids too. */
CD_CHECKED cd_status cd_duty_filter(const cd_snapshot *snapshot, const cd_pending_rows *roster,
                                    const cd_pending_rows *shifts, cd_id n_officers, cd_id n_shifts,
                                    cd_pending_rows *presence, cd_pool *pools, uint32_t n_threads,
                                    cd_duty_report *report, cd_err *err);

#endif
