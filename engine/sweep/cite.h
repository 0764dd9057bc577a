/* SPDX-License-Identifier: GPL-3.0-or-later
 * cite.h: what the rows that findings rest on say, read from the store into an image. Rows of any table, by what the
 * ontology says of it: no table is known here by name. */
#ifndef CD_SWEEP_CITE_H
#define CD_SWEEP_CITE_H

#include "engine/detect/detector.h"
#include "engine/sweep/image.h"
#include "engine/sweep/text_pool.h"

typedef struct cd_citer cd_citer;

/* Texts go into the pool, each id, word and name of a file once. */
CD_CHECKED cd_status cd_citer_new(const cd_scene *scene, cd_text_pool *pool, cd_citer **out, cd_err *err);
void cd_citer_free(cd_citer *c);
/* Fills in what the i-th cited row of the image is. */
CD_CHECKED cd_status cd_cite_take(cd_citer *c, const cd_cited *row, cd_image *m, uint64_t i, cd_err *err);

#endif
