/* SPDX-License-Identifier: GPL-3.0-or-later
 * words.h: the texts of some columns over all files of a snapshot, numbered in the order of their bytes: a unit is one
 * number whichever file, and whichever of several tables, names it. */
#ifndef CD_GRAPH_WORDS_H
#define CD_GRAPH_WORDS_H

#include "engine/store/snapshot.h"

enum { CD_WORDS_COLUMNS = 4 };

typedef struct {
    uint32_t table, column; /* a text column */
} cd_words_column;

typedef struct {
    uint32_t n;           /* numbers are 1 .. n; 0 is no text */
    const cd_slice *text; /* [n + 1], borrowed from the snapshot; text[0] is none */
    uint32_t n_columns, n_segments;
    uint32_t **number; /* [column * n_segments + segment]: of each code of that file; NULL where it has none */
    uint32_t *n_codes; /* the same */
} cd_words;

CD_CHECKED cd_status cd_words_make(const cd_snapshot *s, const cd_words_column *columns, uint32_t n_columns,
                                   cd_words *out, cd_err *err);
void cd_words_release(cd_words *w);

/* The number of a code of columns[which] in a segment; 0 where it is unknown or out of range. */
static inline uint32_t cd_words_at(const cd_words *w, uint32_t which, uint32_t segment, int64_t code)
{
    size_t i = (size_t)which * w->n_segments + segment;
    return code >= 0 && (uint64_t)code < w->n_codes[i] ? w->number[i][code] : 0;
}

/* The number of a text, or 0. */
uint32_t cd_words_find(const cd_words *w, cd_slice text);

#endif
