/* SPDX-License-Identifier: GPL-3.0-or-later
 * find_id.h: an id as people write it: whole, the beginning that only one has, or KIND:ID where several kinds have it.
 */
#ifndef QUERIES_FIND_ID_H
#define QUERIES_FIND_ID_H

#include "engine/candour.h"

typedef struct {
    uint32_t kind, number;
} found_id;

/* `kinds`: which are looked at, by number; NULL: all. CD_EUSAGE, with the ids nearest to it, where there is none, and
 * with the choice where there are several. Whole ids take one look each; only one that is none is searched for. */
CD_CHECKED cd_status find_id(const candour_reader *reader, const bool *kinds, const char *written, found_id *out,
                             cd_err *err);

static inline bool same_id(found_id a, found_id b) { return a.kind == b.kind && a.number == b.number; }

/* By kind, then by the bytes of the ids: the order of answers. */
int found_id_compare(const candour_reader *reader, found_id a, found_id b);

#endif
