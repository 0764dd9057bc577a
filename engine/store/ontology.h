/* SPDX-License-Identifier: GPL-3.0-or-later
 * ontology.h: what the engine asks of an ontology beyond candour.h. */
#ifndef CD_STORE_ONTOLOGY_H
#define CD_STORE_ONTOLOGY_H

#include "engine/base/memory.h"
#include "engine/candour.h"

enum { CD_MAX_KINDS = 64, CD_MAX_TABLES = 128, CD_MAX_COLUMNS = 64, CD_MAX_ID = 255 };

/* The built-in ontology with the kinds and tables of an ontology.yaml added; everything lives in `arena`. */
CD_CHECKED cd_status cd_ontology_add_file(const char *path, cd_arena *arena, const candour_ontology **out, cd_err *err);
/* As cd_ontology_add_file, from the file's text; `path` is for messages. */
CD_CHECKED cd_status cd_ontology_add_text(cd_slice yaml, const char *path, cd_arena *arena,
                                          const candour_ontology **out, cd_err *err);

/* Whether `now` has every kind and table of `before` as it was, wherever it stands; what a row or column is about may be
 * said anew. Else `what` says the first that differs. */
bool cd_ontology_keeps(const candour_ontology *now, const candour_ontology *before, char what[CD_ERR_TEXT]);

/* Indexes into the tables that the presence rule and the unit order know by name. */
enum { CD_TABLE_OFFICERS = 0, CD_TABLE_CASES = 1, CD_TABLE_SHIFTS = 2, CD_TABLE_ROSTER = 7, CD_TABLE_PRESENCE = 13 };

#endif
