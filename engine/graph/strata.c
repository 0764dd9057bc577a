/* SPDX-License-Identifier: GPL-3.0-or-later
 * strata.c: units of entities, over all files of a snapshot. */
#include "engine/graph/strata.h"

#include "engine/base/sort.h"

/* The unit texts of every file as one rising list: number[i][code] is the place of a file's text, from 1. */
typedef struct {
    uint32_t **number;
    uint32_t n;
} unit_names;

static cd_status number_units(const cd_snapshot *s, const candour_kind *kind, unit_names *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice *texts = NULL;
    uint32_t *order = NULL;
    uint64_t all = 0, at = 0;
    CD_NEW(out->number, s->n_segments);
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[kind->table];
        if (t && t->rows) all += t->columns[kind->unit_column].texts.n;
    }
    if (all >= CD_NONE) CD_TRY(cd_fail(err, CD_ESTORE, "'%s': too many units; run verify", s->path));
    CD_NEW(texts, all);
    CD_NEW(order, all);
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[kind->table];
        if (!t || !t->rows) continue;
        const cd_texts *names = &t->columns[kind->unit_column].texts;
        CD_NEW(out->number[i], names->n);
        for (uint32_t k = 0; k < names->n; k++) texts[at++] = cd_texts_at(names, k);
    }
    CD_TRY(cd_sort_texts(texts, NULL, (uint32_t)all, order, err));
    uint32_t *place = NULL;
    CD_NEW(place, all);
    for (uint32_t k = 0; k < all; k++) {
        out->n += k == 0 || !cd_slice_equal(texts[order[k]], texts[order[k - 1]]);
        place[order[k]] = out->n;
    }
    at = 0;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[kind->table];
        if (!t || !t->rows) continue;
        for (uint32_t k = 0; k < t->columns[kind->unit_column].texts.n; k++) out->number[i][k] = place[at++];
    }
    cd_free(place);
done:
    cd_free(texts);
    cd_free(order);
    return st;
}

cd_status cd_strata_of_units(const cd_snapshot *s, uint32_t kind, uint32_t **stratum, uint32_t *n_strata, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_kind *k = &s->ontology->kinds[kind];
    const candour_table *table = &s->ontology->tables[k->table];
    unit_names names = {0};
    cd_id n = (cd_id)s->n_ids[kind];
    int64_t *latest = NULL;
    *stratum = NULL;
    if (k->unit_column <= 0) return cd_fail(err, CD_EUSAGE, "'%s' has no unit to go by; leave out --strata", k->name);
    CD_TRY(number_units(s, k, &names, err));
    latest = cd_pages_new(n, sizeof *latest, err);
    *stratum = cd_pages_new(n, sizeof **stratum, err);
    if (!latest || !*stratum) CD_TRY(CD_EMEMORY);
    for (cd_id id = 0; id < n; id++) latest[id] = INT64_MIN;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[k->table];
        uint64_t lo, hi;
        if (!t || t->rows == 0) continue;
        const cd_segment_column *unit = &t->columns[k->unit_column];
        for (cd_id id = 0; id < n; id++) {
            cd_rows_of(&t->left, t->rows, id, &lo, &hi);
            for (uint64_t row = lo; row < hi; row++) {
                int64_t code = cd_codes_at(&unit->codes, row);
                int64_t at = table->time_column > 0 ? cd_codes_at(&t->columns[table->time_column].codes, row) : INT64_MIN;
                if (at < latest[id]) continue; /* of equals the later file's */
                latest[id] = at;
                bool known = code >= 0 && (uint64_t)code < unit->texts.n;
                (*stratum)[id] = known ? names.number[i][code] : 0;
            }
        }
    }
    *n_strata = names.n + 1;
done:
    for (uint32_t i = 0; names.number && i < s->n_segments; i++) cd_free(names.number[i]);
    cd_free(names.number);
    cd_pages_free(latest, n, sizeof *latest);
    if (st != CD_OK) cd_pages_free(*stratum, n, sizeof **stratum), *stratum = NULL;
    return st;
}
