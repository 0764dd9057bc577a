/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_roster.c: rosters and presence into a scene, and one officer's out of it. */
#include "engine/detect/scene_roster.h"

#include <math.h>
#include <stdlib.h>

#include "engine/detect/scene_inside.h"

enum { DAY = 86400 };

/* ---- What is kept ---- */

/* When and where each shift is: the earliest and latest that its rows say, and the site and unit that the last says. */
static cd_status shifts_read(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_rosters *x = &s->rosters;
    cd_table_of t = cd_table_named(s->snapshot, "shifts");
    cd_rows rows = {0};
    uint32_t starts = cd_column(&t, "starts"), ends = cd_column(&t, "ends"), site = cd_column(&t, "site"),
             unit = cd_column(&t, "unit"), as_of = cd_column(&t, "as_of");
    cd_words units = {0}; /* as the scene numbers them, where it knows them */
    CD_TRY(cd_words_make(s->snapshot, &(cd_words_column){t.table, unit}, 1, &units, err));
    CD_TRY(cd_rows_gather(&t, &x->places, run, &rows, err));
    x->shifts = cd_scene_array(s, x->places.n, sizeof *x->shifts, err);
    if (!x->shifts) CD_TRY(CD_EMEMORY);
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (cd_id i = 0; i < rows.n; i++) {
        cd_shift *shift = &x->shifts[i];
        int64_t latest = INT64_MIN;
        *shift = (cd_shift){.starts = INT64_MAX, .ends = INT64_MIN};
        for (cd_off r = rows.off[i]; r < rows.off[i + 1]; r++) {
            cd_row_ref ref = rows.ref[r];
            int64_t from = cd_row_value(&t, starts, ref), to = cd_row_value(&t, ends, ref),
                    known = cd_row_value(&t, as_of, ref);
            if (from == CANDOUR_UNKNOWN || to == CANDOUR_UNKNOWN || known >= s->as_of) continue;
            if (from < shift->starts) shift->starts = from;
            if (to > shift->ends) shift->ends = to;
            if (known < latest) continue;
            uint32_t of = cd_words_at(&units, 0, ref.segment, cd_row_value(&t, unit, ref));
            latest = known;
            shift->site = cd_words_at(&x->sites, 1, ref.segment, cd_row_value(&t, site, ref));
            shift->unit = of ? cd_words_find(&s->units, units.text[of]) : 0;
        }
    }
done:
    cd_rows_release(&rows);
    cd_words_release(&units);
    return st;
}

cd_status cd_scene_roster(cd_scene *s, uint64_t needs, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_rosters *x = &s->rosters;
    if (!(needs & CD_NEEDS_PRESENCE)) return CD_OK;
    x->roster = cd_table_named(s->snapshot, "roster"), x->presence = cd_table_named(s->snapshot, "presence");
    cd_table_of shifts = cd_table_named(s->snapshot, "shifts");
    cd_words_column sites[] = {{x->presence.table, cd_column(&x->presence, "site")},
                               {shifts.table, cd_column(&shifts, "site")}};
    CD_TRY(cd_words_make(s->snapshot, sites, 2, &x->sites, err));
    CD_TRY(cd_words_make(s->snapshot, &(cd_words_column){x->roster.table, cd_column(&x->roster, "mode")}, 1, &x->modes,
                         err));
    CD_TRY(cd_words_make(s->snapshot, &(cd_words_column){x->presence.table, cd_column(&x->presence, "source")}, 1,
                         &x->sources, err));
    x->remote = cd_words_find(&x->sites, cd_slice_of("REMOTE"));
    CD_TRY(cd_places_make(s->store, x->roster.shape->columns[1].kind, &x->places, err));
    CD_TRY(shifts_read(s, run, err));
    CD_TRY(cd_rows_gather(&x->roster, &s->officers, run, &x->claims, err));
    CD_TRY(cd_rows_gather(&x->presence, &s->officers, run, &x->sightings, err));
    if (x->sightings.off[s->officers.n] == 0) s->missing |= CD_NEEDS_PRESENCE;
done:
    return st;
}

void cd_scene_roster_release(cd_rosters *x)
{
    cd_words_release(&x->sites);
    cd_words_release(&x->modes);
    cd_words_release(&x->sources);
    cd_places_release(&x->places);
    cd_rows_release(&x->claims);
    cd_rows_release(&x->sightings);
}

/* ---- One officer's ---- */

static cd_mode mode_of(cd_slice word)
{
    static const char *const words[] = {"", "office", "field", "remote"};
    for (cd_mode m = CD_MODE_OFFICE; m < CD_MODES; m++)
        if (cd_slice_equal(word, cd_slice_of(words[m]))) return m;
    return CD_MODE_UNKNOWN;
}

static cd_source source_of(cd_slice word)
{
    static const char *const words[] = {"", "badge", "login", "radio"};
    for (cd_source k = CD_SOURCE_BADGE; k < CD_SOURCES; k++)
        if (cd_slice_equal(word, cd_slice_of(words[k]))) return k;
    return CD_SOURCE_UNKNOWN;
}

static int claim_compare(const void *a, const void *b)
{
    const cd_claim *x = a, *y = b;
    if (x->starts != y->starts) return x->starts < y->starts ? -1 : 1;
    if (x->shift != y->shift) return x->shift < y->shift ? -1 : 1;
    int64_t p = x->to - x->from, q = y->to - y->from;
    if (p != q) return p < q ? -1 : 1;
    if (x->rest_day != y->rest_day) return x->rest_day - y->rest_day;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->mode > y->mode) - (x->mode < y->mode);
}

static int sighting_compare(const void *a, const void *b)
{
    const cd_sighting *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    if (x->to != y->to) return x->to < y->to ? -1 : 1;
    if (x->site != y->site) return x->site < y->site ? -1 : 1;
    return (x->source > y->source) - (x->source < y->source);
}

static void claims_read(const cd_scene *s, cd_id o, cd_worked *w)
{
    const cd_rosters *x = &s->rosters;
    uint32_t mode = cd_column(&x->roster, "mode"), from_column = cd_column(&x->roster, "claimed_from"),
             to_column = cd_column(&x->roster, "claimed_to"), hours = cd_column(&x->roster, "overtime_hours");
    size_t n = 0;
    for (cd_off r = x->claims.off[o]; r < x->claims.off[o + 1]; r++) {
        enum { NEARLY = 60 };
        cd_row_ref ref = x->claims.ref[r];
        cd_id shift = cd_row_id(&x->roster, 1, ref, &x->places);
        if (shift == CD_NONE || x->shifts[shift].starts >= x->shifts[shift].ends) continue;
        const cd_shift *of = &x->shifts[shift];
        int64_t from = cd_row_value(&x->roster, from_column, ref), to = cd_row_value(&x->roster, to_column, ref);
        double overtime = cd_row_real(&x->roster, hours, ref);
        uint32_t word = cd_words_at(&x->modes, 0, ref.segment, cd_row_value(&x->roster, mode, ref));
        if (from == CANDOUR_UNKNOWN) from = of->starts;
        if (to == CANDOUR_UNKNOWN) to = of->ends;
        if (from >= to || of->ends > s->as_of || to > s->as_of) continue;
        bool rest_day = overtime > 0 && 3600 * overtime >= (double)(to - from - NEARLY);
        w->claims[n++] = (cd_claim){.starts = of->starts,
                                    .ends = of->ends,
                                    .from = from,
                                    .to = to,
                                    .shift = shift,
                                    .site = of->site,
                                    .unit = of->unit,
                                    .mode = word ? mode_of(x->modes.text[word]) : CD_MODE_UNKNOWN,
                                    .rest_day = rest_day,
                                    .row = ref};
    }
    if (n > 1) qsort(w->claims, n, sizeof *w->claims, claim_compare);
    w->n_claims = 0;
    for (size_t i = 0; i < n; i++)
        if (w->n_claims == 0 || w->claims[w->n_claims - 1].shift != w->claims[i].shift)
            w->claims[w->n_claims++] = w->claims[i];
}

static void sightings_read(const cd_scene *s, cd_id o, cd_worked *w)
{
    const cd_rosters *x = &s->rosters;
    uint32_t site = cd_column(&x->presence, "site"), from_column = cd_column(&x->presence, "from"),
             to_column = cd_column(&x->presence, "to"), source = cd_column(&x->presence, "source");
    w->n_seen = 0;
    for (cd_off r = x->sightings.off[o]; r < x->sightings.off[o + 1]; r++) {
        cd_row_ref ref = x->sightings.ref[r];
        int64_t from = cd_row_value(&x->presence, from_column, ref), to = cd_row_value(&x->presence, to_column, ref);
        uint32_t word = cd_words_at(&x->sources, 0, ref.segment, cd_row_value(&x->presence, source, ref));
        bool open = to == CANDOUR_UNKNOWN || to >= s->as_of;
        if (from >= s->as_of || (!open && to < from)) continue;
        w->seen[w->n_seen++] =
            (cd_sighting){.from = from,
                          .to = open ? from + DAY : to,
                          .site = cd_words_at(&x->sites, 0, ref.segment, cd_row_value(&x->presence, site, ref)),
                          .source = word ? source_of(x->sources.text[word]) : CD_SOURCE_UNKNOWN,
                          .open = open,
                          .row = ref};
    }
    if (w->n_seen > 1) qsort(w->seen, w->n_seen, sizeof *w->seen, sighting_compare);
}

cd_status cd_worked_read(const cd_scene *s, cd_id officer, cd_worked *w, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_rosters *x = &s->rosters;
    CD_TRY(cd_grow(&w->claims, &w->cap_claims, x->claims.off[officer + 1] - x->claims.off[officer] + 1,
                   sizeof *w->claims, err));
    CD_TRY(cd_grow(&w->seen, &w->cap_seen, x->sightings.off[officer + 1] - x->sightings.off[officer] + 1,
                   sizeof *w->seen, err));
    claims_read(s, officer, w);
    sightings_read(s, officer, w);
done:
    return st;
}

void cd_worked_release(cd_worked *w)
{
    cd_free(w->claims);
    cd_free(w->seen);
    *w = (cd_worked){0};
}
