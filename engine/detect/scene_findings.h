/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_findings.h: earlier findings against officers. Part of a scene, and read only where a detector asks for it.
 * What is dated on or after the day of the scene is not in it: nothing is learnt from what was found later. */
#ifndef CD_DETECT_SCENE_FINDINGS_H
#define CD_DETECT_SCENE_FINDINGS_H

#include "engine/detect/rows.h"

typedef struct {
    int64_t at;
    cd_row_ref row;
} cd_earlier;

typedef struct {
    cd_off *off;      /* officers.n + 1 */
    cd_earlier *list; /* of an officer by time */
} cd_earlier_findings;

#endif
