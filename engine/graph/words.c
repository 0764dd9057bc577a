/* SPDX-License-Identifier: GPL-3.0-or-later
 * words.c: the dictionaries of every file, put in one order. */
#include "engine/graph/words.h"

#include "engine/base/sort.h"

static const cd_texts *texts_of(const cd_snapshot *s, uint32_t segment, const cd_words_column *c)
{
    const cd_segment_table *t = s->segments[segment].tables[c->table];
    return t && t->rows ? &t->columns[c->column].texts : NULL;
}

/* Numbers the sorted texts: place[i] of each, and the distinct ones into out->text. */
static cd_status number_texts(const cd_slice *texts, uint32_t n, uint32_t *place, cd_words *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *order = NULL;
    cd_slice *distinct = NULL;
    CD_NEW(order, n);
    CD_NEW(distinct, (size_t)n + 1);
    CD_TRY(cd_sort_texts(texts, NULL, n, order, err));
    for (uint32_t k = 0; k < n; k++) {
        if (k == 0 || !cd_slice_equal(texts[order[k]], texts[order[k - 1]])) distinct[++out->n] = texts[order[k]];
        place[order[k]] = out->n;
    }
    out->text = distinct, distinct = NULL;
done:
    cd_free(order);
    cd_free(distinct);
    return st;
}

cd_status cd_words_make(const cd_snapshot *s, const cd_words_column *columns, uint32_t n_columns, cd_words *out,
                        cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice *texts = NULL;
    uint32_t *place = NULL;
    uint64_t all = 0, at = 0;
    const cd_texts *t;
    *out = (cd_words){.n_columns = n_columns, .n_segments = s->n_segments};
    CD_NEW(out->number, (size_t)n_columns * s->n_segments);
    CD_NEW(out->n_codes, (size_t)n_columns * s->n_segments);
    for (uint32_t c = 0; c < n_columns; c++)
        for (uint32_t i = 0; i < s->n_segments; i++)
            if ((t = texts_of(s, i, &columns[c]))) all += t->n;
    if (all >= CD_NONE)
        CD_TRY(cd_fail(err, CD_ESTORE, "'%s' has more texts than can be numbered; run verify", s->path));
    CD_NEW(texts, all);
    CD_NEW(place, all);
    for (uint32_t c = 0; c < n_columns; c++)
        for (uint32_t i = 0; i < s->n_segments; i++)
            if ((t = texts_of(s, i, &columns[c])))
                for (uint32_t k = 0; k < t->n; k++) texts[at++] = cd_texts_at(t, k);
    CD_TRY(number_texts(texts, (uint32_t)all, place, out, err));
    at = 0;
    for (uint32_t c = 0; c < n_columns; c++)
        for (uint32_t i = 0; i < s->n_segments; i++) {
            if (!(t = texts_of(s, i, &columns[c]))) continue;
            size_t slot = (size_t)c * s->n_segments + i;
            CD_NEW(out->number[slot], t->n);
            memcpy(out->number[slot], place + at, t->n * sizeof *place);
            out->n_codes[slot] = t->n;
            at += t->n;
        }
done:
    cd_free(texts);
    cd_free(place);
    if (st != CD_OK) cd_words_release(out);
    return st;
}

void cd_words_release(cd_words *w)
{
    for (size_t i = 0; w->number && i < (size_t)w->n_columns * w->n_segments; i++) cd_free(w->number[i]);
    cd_free(w->number);
    cd_free(w->n_codes);
    cd_free((void *)(uintptr_t)w->text);
    *w = (cd_words){0};
}

uint32_t cd_words_find(const cd_words *w, cd_slice text)
{
    uint32_t lo = 1, hi = w->n + 1;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int order = cd_slice_compare(w->text[mid], text);
        if (order == 0) return mid;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return 0;
}
