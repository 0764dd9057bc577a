/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_complaints.c: complaints and allegations into a scene. */
#include "engine/detect/scene_complaints.h"

#include <stdlib.h>

#include "engine/detect/scene_inside.h"

/* ---- Complaints ---- */

/* By the place of a complaint. */
typedef struct {
    int64_t at;
    cd_id complainant;
    uint32_t kind;
    bool later; /* made on or after the day of the scene */
} made;

static cd_status complaints_read(cd_scene *s, const cd_run *run, made *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "complaints");
    cd_rows rows = {0};
    uint32_t at = cd_column(&t, "made_at"), kind = cd_column(&t, "kind"), who = cd_column(&t, "complainant"),
             as_of = cd_column(&t, "as_of");
    CD_TRY(cd_rows_gather(&t, &s->complaints.places, run, &rows, err));
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (cd_id c = 0; c < rows.n; c++) {
        int64_t from = INT64_MIN;
        out[c] = (made){.at = CANDOUR_UNKNOWN, .complainant = CD_NONE};
        for (cd_off r = rows.off[c]; r < rows.off[c + 1]; r++) {
            cd_row_ref ref = rows.ref[r];
            int64_t v = cd_row_value(&t, at, ref), since = cd_row_value(&t, as_of, ref);
            if (v != CANDOUR_UNKNOWN && v >= s->as_of) out[c].later = true;
            if (since != CANDOUR_UNKNOWN && since >= s->as_of) continue;
            if (v != CANDOUR_UNKNOWN && (out[c].at == CANDOUR_UNKNOWN || v < out[c].at)) out[c].at = v;
            if (since < from) continue;
            cd_id person = cd_row_id(&t, who, ref, &s->associations);
            uint32_t word = cd_words_at(&s->complaints.kinds, 1, ref.segment, cd_row_value(&t, kind, ref));
            if (person != CD_NONE) out[c].complainant = person;
            if (word) out[c].kind = word;
            from = since;
        }
    }
done:
    cd_rows_release(&rows);
    return st;
}

/* ---- Allegations ---- */

static uint8_t outcome_of(cd_slice word)
{
    static const char *const words[CD_OUTCOMES] = {"pending", "withdrawn", "dismissed", "not_sustained", "sustained"};
    for (uint8_t k = 0; k < CD_OUTCOMES; k++)
        if (cd_slice_equal(word, cd_slice_of(words[k]))) return k;
    return CD_PENDING;
}

static int same_compare(const cd_allegation *x, const cd_allegation *y)
{
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->complaint > y->complaint) - (x->complaint < y->complaint);
}

/* By time and complaint; within one complaint what holds comes first. */
static int allegation_compare(const void *a, const void *b)
{
    const cd_allegation *x = a, *y = b;
    int same = same_compare(x, y);
    if (same) return same;
    if (x->outcome != y->outcome) return x->outcome > y->outcome ? -1 : 1;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->row.segment != y->row.segment) return x->row.segment < y->row.segment ? -1 : 1;
    return (x->row.row > y->row.row) - (x->row.row < y->row.row);
}

static cd_status allegations_read(cd_scene *s, const made *complaints, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_complaints *x = &s->complaints;
    cd_table_of t = cd_table_named(s->snapshot, "allegations");
    cd_rows rows = {0};
    uint32_t kind = cd_column(&t, "kind"), outcome = cd_column(&t, "outcome");
    cd_off n = 0;
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    x->off = cd_scene_array(s, (size_t)rows.n + 1, sizeof *x->off, err);
    x->list = cd_scene_array(s, rows.off[rows.n], sizeof *x->list, err);
    if (!x->off || !x->list) CD_TRY(CD_EMEMORY);
    for (cd_id o = 0; o < rows.n; o++) {
        cd_allegation *out = x->list + n;
        size_t mine = 0, kept = 0;
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++) {
            cd_row_ref ref = rows.ref[r];
            cd_id c = cd_row_id(&t, 1, ref, &x->places);
            if (c == CD_NONE || complaints[c].later) continue;
            uint32_t word = cd_words_at(&x->kinds, 0, ref.segment, cd_row_value(&t, kind, ref));
            out[mine++] = (cd_allegation){.at = complaints[c].at,
                                          .officer = o,
                                          .complaint = c,
                                          .complainant = complaints[c].complainant,
                                          .kind = word ? word : complaints[c].kind,
                                          .outcome = outcome_of(cd_row_text(&t, outcome, ref)),
                                          .row = ref};
        }
        if (mine > 1) qsort(out, mine, sizeof *out, allegation_compare);
        for (size_t i = 0; i < mine; i++)
            if (kept == 0 || same_compare(&out[kept - 1], &out[i]) != 0) out[kept++] = out[i];
        x->off[o + 1] = n += kept;
    }
    if (n == 0) s->missing |= CD_NEEDS_COMPLAINTS;
done:
    cd_rows_release(&rows);
    return st;
}

/* The same rows by complaint: officers come in their order. */
static cd_status crews_make(cd_scene *s, cd_err *err)
{
    cd_status st = CD_OK;
    cd_complaints *x = &s->complaints;
    cd_off n = x->off[s->officers.n], *next = NULL;
    x->crew_off = cd_scene_array(s, (size_t)x->places.n + 1, sizeof *x->crew_off, err);
    x->crew = cd_scene_array(s, n, sizeof *x->crew, err);
    CD_NEW(next, (size_t)x->places.n + 1);
    if (!x->crew_off || !x->crew) CD_TRY(CD_EMEMORY);
    for (cd_off i = 0; i < n; i++) x->crew_off[x->list[i].complaint + 1]++;
    (void)cd_offsets(x->crew_off, x->places.n);
    memcpy(next, x->crew_off, ((size_t)x->places.n + 1) * sizeof *next);
    for (cd_off i = 0; i < n; i++) x->crew[next[x->list[i].complaint]++] = x->list[i].officer;
done:
    cd_free(next);
    return st;
}

/* ---- Service ---- */

static cd_status service_read(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_complaints *x = &s->complaints;
    cd_table_of t = cd_table_named(s->snapshot, "officers");
    cd_rows rows = {0};
    uint32_t joined = cd_column(&t, "joined"), left = cd_column(&t, "left"), as_of = cd_column(&t, "as_of");
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    x->joined = cd_scene_array(s, rows.n, sizeof *x->joined, err);
    x->left = cd_scene_array(s, rows.n, sizeof *x->left, err);
    if (!x->joined || !x->left) CD_TRY(CD_EMEMORY);
    for (cd_id o = 0; o < rows.n; o++) {
        int64_t first = INT64_MAX;
        x->left[o] = INT64_MAX;
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++) {
            int64_t since = cd_row_value(&t, as_of, rows.ref[r]), from = cd_row_value(&t, joined, rows.ref[r]),
                    to = cd_row_value(&t, left, rows.ref[r]);
            if (since != CANDOUR_UNKNOWN && since >= s->as_of) continue;
            if (from != CANDOUR_UNKNOWN && from < first) first = from;
            if (to != CANDOUR_UNKNOWN && to < s->as_of && to < x->left[o]) x->left[o] = to;
        }
        x->joined[o] = first == INT64_MAX ? INT64_MIN : first;
    }
done:
    cd_rows_release(&rows);
    return st;
}

static int time_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* One date that was mistyped must not make the records a century long. */
static cd_status span_find(cd_scene *s, cd_err *err)
{
    cd_status st = CD_OK;
    cd_complaints *x = &s->complaints;
    int64_t *times = NULL;
    size_t n = 0;
    CD_NEW(times, x->off[s->officers.n]);
    for (cd_off i = 0; i < x->off[s->officers.n]; i++)
        if (x->list[i].at != CANDOUR_UNKNOWN) times[n++] = x->list[i].at;
    if (n > 1) qsort(times, n, sizeof *times, time_compare);
    x->since = n ? times[n / 200] : 0;
    x->until = s->as_of != INT64_MAX ? s->as_of : n ? times[n - 1] + 1 : 0;
done:
    cd_free(times);
    return st;
}

cd_status cd_scene_complaints(cd_scene *s, uint64_t needs, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_complaints *x = &s->complaints;
    made *complaints = NULL;
    if (!(needs & CD_NEEDS_COMPLAINTS)) return CD_OK;
    cd_table_of a = cd_table_named(s->snapshot, "allegations"), c = cd_table_named(s->snapshot, "complaints");
    cd_words_column kinds[] = {{a.table, cd_column(&a, "kind")}, {c.table, cd_column(&c, "kind")}};
    CD_TRY(cd_places_make(s->store, a.shape->columns[1].kind, &x->places, err));
    CD_TRY(cd_words_make(s->snapshot, kinds, 2, &x->kinds, err));
    CD_NEW(complaints, x->places.n);
    CD_TRY(complaints_read(s, run, complaints, err));
    CD_TRY(allegations_read(s, complaints, run, err));
    CD_TRY(crews_make(s, err));
    CD_TRY(service_read(s, run, err));
    CD_TRY(span_find(s, err));
done:
    cd_free(complaints);
    return st;
}

void cd_scene_complaints_release(cd_complaints *x)
{
    cd_places_release(&x->places);
    cd_words_release(&x->kinds);
}
