/* SPDX-License-Identifier: GPL-3.0-or-later
 * saved.h: queries kept by name with a store: STORE/queries/NAME.query, the text and nothing else. Records are
 * elsewhere: a query that is saved or lost changes no answer. */
#ifndef QUERIES_SAVED_H
#define QUERIES_SAVED_H

#include "engine/base/memory.h"
#include "engine/base/slice.h"

/* Letters, digits, - and _, at most 64 of them; CD_EUSAGE says so. */
CD_CHECKED cd_status saved_check_name(cd_slice name, cd_err *err);
/* In one piece or not at all; what had that name is replaced. */
CD_CHECKED cd_status saved_write(const char *store, cd_slice name, cd_slice text, cd_err *err);
CD_CHECKED cd_status saved_read(const char *store, cd_slice name, cd_buffer *text, cd_err *err);
/* All names in order, in the arena. A store without any has none. */
CD_CHECKED cd_status saved_list(const char *store, cd_arena *arena, const char ***names, size_t *n, cd_err *err);

#endif
