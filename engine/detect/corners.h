/* SPDX-License-Identifier: GPL-3.0-or-later
 * corners.h: what is expected of an officer's unexplained files by the corner of the force in which they lie. Files of
 * a unit that keeps child protection are sensitive, whoever opens them; a unit that works on paper prints. */
#ifndef CD_DETECT_CORNERS_H
#define CD_DETECT_CORNERS_H

#include "engine/detect/detector.h"

typedef enum {
    CD_CORNER_OWNER, /* corners are the units whose files they are: what a file is */
    CD_CORNER_UNIT   /* the officer's own unit: what is done with a file */
} cd_corner;

/* counted, left_out: per stray; who is left out is in no sum. exposure[officers]: how many of the officer's strays
 * would be counted if they were as others' in the same corners are. Where most in a corner are counted, that is as many
 * as there are; where few are, it goes by those that are not counted, so that the counted do not excuse themselves. */
CD_CHECKED cd_status cd_corner_exposure(const cd_look *look, const uint8_t *counted, const uint8_t *left_out,
                                        cd_corner corner, double *exposure, cd_err *err);

typedef enum {
    CD_FILES_OF_OWNER,
    CD_FILES_OF_KIND /* what is an officer's routine (reasons.h) counts too, among what is not of these grades */
} cd_files_alike;

/* The same by what the files themselves are: of the grades lo to hi as often as all files of the same owner are, or of
 * the same kind. */
CD_CHECKED cd_status cd_corner_graded(const cd_look *look, cd_files_alike by, int8_t lo, int8_t hi,
                                      const uint8_t *counted, const uint8_t *left_out, double *exposure, cd_err *err);

#endif
