/* SPDX-License-Identifier: GPL-3.0-or-later
 * fields.h: reads text made of lines, and of fields between single spaces: the manifest, a file's directory, the lists
 * of sources and loads.
 *
 * Strict, so that what was read prints back the same bytes: numbers without a leading zero or plus, hexadecimal in
 * lower case and all 16 digits, one separator after every field. Each function takes one field and the separator after
 * it (`after`: ' ' or '\n'), moves on, and says whether it was there; on false the place is undefined. No allocation.
 */
#ifndef CD_STORE_FIELDS_H
#define CD_STORE_FIELDS_H

#include <stdbool.h>

#include "engine/base/slice.h"

typedef struct {
    const char *at, *end;
} cd_fields;

static inline cd_fields cd_fields_of(cd_slice text)
{
    return (cd_fields){text.bytes, text.bytes ? text.bytes + text.n : text.bytes};
}
static inline bool cd_fields_end(const cd_fields *f) { return f->at == f->end; }

/* Whether the next bytes are exactly `word` and `after`; only then does it move on. */
bool cd_field_is(cd_fields *f, const char *word, char after);
/* One or more bytes above the space. */
bool cd_field_name(cd_fields *f, char after, cd_slice *out);
bool cd_field_u64(cd_fields *f, char after, uint64_t *out);
bool cd_field_i64(cd_fields *f, char after, int64_t *out);
bool cd_field_hex(cd_fields *f, char after, uint64_t *out);

#endif
