/* SPDX-License-Identifier: GPL-3.0-or-later
 * sort.h: sorts that do not depend on anything but their input. */
#ifndef CD_BASE_SORT_H
#define CD_BASE_SORT_H

#include "engine/base/memory.h"
#include "engine/base/slice.h"

/* For qsort: rising. */
int cd_compare_u32(const void *a, const void *b);
int cd_compare_u64(const void *a, const void *b);

/* Rising. In place, O(n log n) at worst. */
void cd_sort_u64(uint64_t *a, size_t n);

/* order[0 .. n) = the indexes of texts[] by (group[], bytes); group may be NULL. Equal ones stay in their order. */
CD_CHECKED cd_status cd_sort_texts(const cd_slice *texts, const uint32_t *group, uint32_t n, uint32_t *order,
                                   cd_err *err);

/* order[0 .. n) = the indexes by falling value; equal ones stay in their order. */
CD_CHECKED cd_status cd_order_falling(const double *value, uint32_t n, uint32_t *order, cd_err *err);

#endif
