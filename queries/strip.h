/* SPDX-License-Identifier: GPL-3.0-or-later
 * strip.h: rows along time as a picture of letters: a line a table, a column a day, a month or longer, as high as there
 * are many rows. */
#ifndef QUERIES_STRIP_H
#define QUERIES_STRIP_H

#include "queries/id_rows.h"

/* Into q->picture: over the question's days where both ends are said, else from the first to the last time of a row. A
 * span stands in every column that it meets. Nothing where no row has a time. */
void strip_draw(question *q, const id_rows *rows);

#endif
