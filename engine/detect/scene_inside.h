/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_inside.h: what the files that fill a scene share. */
#ifndef CD_DETECT_SCENE_INSIDE_H
#define CD_DETECT_SCENE_INSIDE_H

#include "engine/detect/scene.h"

/* A column that a scene needs, by name; the built-in ontology has all of them. */
static inline uint32_t cd_column(const cd_table_of *t, const char *name)
{
    int32_t c = t->shape ? candour_column_find(t->shape, cd_slice_of(name)) : -1;
    return c < 0 ? 0 : (uint32_t)c;
}

/* Turns counts in off[1 .. n] into where each begins; returns how many there are. */
static inline cd_off cd_offsets(cd_off *off, cd_id n)
{
    for (cd_id i = 0; i < n; i++) off[i + 1] += off[i];
    return off[n];
}

/* A zeroed array that dies with the scene. */
void *cd_scene_array(cd_scene *s, size_t n, size_t size, cd_err *err);

CD_CHECKED cd_status cd_scene_people(cd_scene *s, const cd_run *run, cd_err *err);
CD_CHECKED cd_status cd_scene_files(cd_scene *s, const cd_run *run, cd_err *err);
CD_CHECKED cd_status cd_scene_accesses(cd_scene *s, const cd_run *run, cd_err *err);
CD_CHECKED cd_status cd_scene_tasks(cd_scene *s, const cd_run *run, cd_err *err);
CD_CHECKED cd_status cd_scene_duty(cd_scene *s, const cd_run *run, cd_err *err);
CD_CHECKED cd_status cd_scene_subjects(cd_scene *s, const cd_run *run, cd_err *err);
/* What of links, ties and declarations is needed. */
CD_CHECKED cd_status cd_scene_ties(cd_scene *s, uint64_t needs, const cd_run *run, cd_err *err);
/* Where claims and presence stand, where presence is needed. */
CD_CHECKED cd_status cd_scene_roster(cd_scene *s, uint64_t needs, const cd_run *run, cd_err *err);
void cd_scene_roster_release(cd_rosters *x);
void cd_scene_ties_release(cd_ties *x);
/* Complaints, where they are needed. */
CD_CHECKED cd_status cd_scene_complaints(cd_scene *s, uint64_t needs, const cd_run *run, cd_err *err);
void cd_scene_complaints_release(cd_complaints *x);
/* Earlier findings, where they are needed. */
CD_CHECKED cd_status cd_scene_findings(cd_scene *s, uint64_t needs, const cd_run *run, cd_err *err);
/* Pay, absence and financial events, where they are needed. */
CD_CHECKED cd_status cd_scene_pay(cd_scene *s, uint64_t needs, const cd_run *run, cd_err *err);

#endif
