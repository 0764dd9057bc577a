/* SPDX-License-Identifier: GPL-3.0-or-later
 * strata.c: units of entities, over all files of a snapshot. */
#include "engine/graph/strata.h"

#include "engine/graph/words.h"

cd_status cd_strata_of_units(const cd_snapshot *s, uint32_t kind, uint32_t **stratum, uint32_t *n_strata, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_kind *k = &s->ontology->kinds[kind];
    const candour_table *table = &s->ontology->tables[k->table];
    cd_words names = {0};
    cd_id n = (cd_id)s->n_ids[kind];
    int64_t *latest = NULL;
    *stratum = NULL;
    if (k->unit_column <= 0) return cd_fail(err, CD_EUSAGE, "'%s' has no unit to go by; leave out --strata", k->name);
    CD_TRY(cd_words_make(s, &(cd_words_column){k->table, (uint32_t)k->unit_column}, 1, &names, err));
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
                int64_t at =
                    table->time_column > 0 ? cd_codes_at(&t->columns[table->time_column].codes, row) : INT64_MIN;
                if (at < latest[id]) continue; /* of equals the later file's */
                latest[id] = at;
                (*stratum)[id] = cd_words_at(&names, 0, i, code);
            }
        }
    }
    *n_strata = names.n + 1;
done:
    cd_words_release(&names);
    cd_pages_free(latest, n, sizeof *latest);
    if (st != CD_OK) cd_pages_free(*stratum, n, sizeof **stratum), *stratum = NULL;
    return st;
}
