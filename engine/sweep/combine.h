/* SPDX-License-Identifier: GPL-3.0-or-later
 * combine.h: the findings of all detectors, put together: families, scores, tiers, the queue; as an image ready to be
 * kept. */
#ifndef CD_SWEEP_COMBINE_H
#define CD_SWEEP_COMBINE_H

#include "engine/detect/detector.h"
#include "engine/sweep/image.h"

enum { CD_RANDOM_PAIRS = 200000 };

typedef struct {
    cd_detector_state state;
    uint64_t missing;
    cd_findings findings; /* of officers rising */
} cd_detector_result;

/* Everything in *out but number, snapshot, key and what depends on earlier sweeps. *out is the caller's, for
 * cd_image_release. */
CD_CHECKED cd_status cd_combine(const cd_look *look, const cd_detector_result *results, cd_image *out, cd_err *err);
/* Only for images made here: not for those that are mapped. */
void cd_image_release(cd_image *m);

#endif
