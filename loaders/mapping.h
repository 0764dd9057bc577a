/* SPDX-License-Identifier: GPL-3.0-or-later
 * mapping.h: a mapping file, which says how a force's own exports become the contract's tables.
 *
 *   time_zone: Europe/London        # of times without a suffix; UTC, +01:00, or an IANA name
 *   separator: ";"                  # "\t" for tabs; a comma if not said
 *   files:
 *     - file: it_log_*.csv          # a name or a pattern; .gz and .zst may follow it
 *       table: accesses
 *       time_zone: UTC              # of this file alone, as may be its separator
 *       columns:
 *         - {column: officer_id, from: STAFF_NO}
 *         - column: action
 *           from: ACT
 *           values: [{from: V, to: view}, {from: P, to: print}]
 *         - {column: terminal, constant: unknown}
 *
 * A file that no entry names is read by the contract's names, with the mapping's time zone and separator. Constants and
 * translated values are held against their columns' types here, once. */
#ifndef LOADERS_MAPPING_H
#define LOADERS_MAPPING_H

#include "loaders/csv_header.h"

typedef struct mapping mapping;

/* An empty mapping if path is NULL. The ontology is borrowed. */
CD_CHECKED cd_status mapping_open(const char *path, const candour_ontology *ontology, mapping **out, cd_err *err);
/* From its text; `name` is for messages. */
CD_CHECKED cd_status mapping_parse(const char *name, const void *text, size_t n, const candour_ontology *ontology,
                                   mapping **out, cd_err *err);
void mapping_close(mapping *m);

/* How to read the file of that name (no folders in it) as rows of `table`. table < 0: whatever the mapping says, or else
 * the contract's file names; *found is false if neither knows it. A table that is given, but named for no such file, is
 * read as the mapping's first entry for that table says. Everything is borrowed from the mapping. */
typedef struct {
    uint32_t table;
    read_rules rules;
    const char *time_zone; /* its name */
} mapping_rules;
void mapping_find(mapping *m, const char *file_name, int32_t table, bool *found, mapping_rules *out);

/* Patterns that no call of mapping_find matched: the next one after *at, or NULL. */
const char *mapping_next_unmatched(const mapping *m, uint32_t *at);

#endif
