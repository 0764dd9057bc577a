/* SPDX-License-Identifier: GPL-3.0-or-later
 * load_plan.h: which files to load, as which tables, in which order.
 *
 * Entities come first, so that the numbering can go by their units; then relations and records in the ontology's order,
 * which has the roster before presence. Files of one table go by their names, byte by byte. */
#ifndef LOADERS_LOAD_PLAN_H
#define LOADERS_LOAD_PLAN_H

#include "loaders/mapping.h"

typedef struct {
    const char *path, *name; /* name: without its folder; "-" is standard input */
    uint64_t bytes;          /* on disk; 0: not known */
    uint32_t rank;           /* lower ones are loaded first */
    mapping_rules rules;
} load_item;

typedef struct {
    load_item *items;
    uint32_t n_items, n_unknown, n_set_aside, n_unmatched;
    const char **unknown, **set_aside, **unmatched;
    uint64_t bytes; /* of all items */
    cd_arena arena;
} load_plan;

/* Everything that the folder has of the contract; CD_EINPUT if it has no officers. */
CD_CHECKED cd_status load_plan_folder(const char *folder, mapping *m, const candour_ontology *ontology, load_plan *out,
                                      cd_err *err);
/* These files, as one table. */
CD_CHECKED cd_status load_plan_files(const char *const *paths, uint32_t n, const char *table, mapping *m,
                                     const candour_ontology *ontology, load_plan *out, cd_err *err);
void load_plan_release(load_plan *plan);

#endif
