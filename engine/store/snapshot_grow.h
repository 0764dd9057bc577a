/* SPDX-License-Identifier: GPL-3.0-or-later
 * snapshot_grow.h: a snapshot that its writer adds to before the world sees it. */
#ifndef CD_STORE_SNAPSHOT_GROW_H
#define CD_STORE_SNAPSHOT_GROW_H

#include "engine/store/snapshot.h"

/* Adds a finished file at the end, to the manifest in memory and to the open segments. */
CD_CHECKED cd_status cd_snapshot_append(cd_snapshot *s, const cd_manifest_file *file, cd_err *err);

/* Gives the store the kinds of an ontology.yaml: the file is copied beside the manifest, which will name it. A store
 * has one such file; the same again changes nothing, one that adds to it takes its place, any other is refused. */
CD_CHECKED cd_status cd_snapshot_extend(cd_snapshot *s, const char *yaml_path, cd_err *err);

#endif
