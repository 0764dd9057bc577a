/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_events.c: the rows of a scene that happen: accesses, assignments, duty, subjects. */
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/scene_inside.h"

/* ---- Accesses ---- */

static uint8_t action_of(cd_slice word)
{
    static const char *const words[] = {"search", "view", "edit", "print", "export"};
    for (uint8_t a = 0; a < 5; a++)
        if (cd_slice_equal(word, cd_slice_of(words[a]))) return (uint8_t)(a + 1);
    return 0;
}

static int access_compare(const void *a, const void *b)
{
    const cd_access *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    if (x->action != y->action) return x->action < y->action ? -1 : 1;
    if (x->segment != y->segment) return x->segment < y->segment ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The actions of each file of the store, by the codes of its own dictionary. */
static cd_status action_codes(const cd_table_of *t, uint32_t column, uint8_t **codes, uint32_t *n_codes, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t k = 0; k < t->s->n_segments; k++) {
        const cd_segment_table *p = t->s->segments[k].tables[t->table];
        if (!p || p->rows == 0) continue;
        const cd_texts *words = &p->columns[column].texts;
        CD_NEW(codes[k], words->n);
        n_codes[k] = words->n;
        for (uint32_t c = 0; c < words->n; c++) codes[k][c] = action_of(cd_texts_at(words, c));
    }
done:
    return st;
}

cd_status cd_scene_accesses(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "accesses");
    cd_rows rows = {0};
    uint8_t **codes = NULL;
    uint32_t *n_codes = NULL, at_column = cd_column(&t, "at"), action = cd_column(&t, "action");
    uint64_t wrong = 0;
    CD_NEW(codes, s->snapshot->n_segments);
    CD_NEW(n_codes, s->snapshot->n_segments);
    CD_TRY(action_codes(&t, action, codes, n_codes, err));
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    s->access_off = cd_scene_array(s, (size_t)rows.n + 1, sizeof *s->access_off, err);
    if (!s->access_off) CD_TRY(CD_EMEMORY);
#pragma omp parallel for schedule(dynamic, 256) num_threads(run->threads)
    for (cd_id o = 0; o < rows.n; o++)
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++)
            s->access_off[o + 1] += cd_row_value(&t, at_column, rows.ref[r]) < s->as_of;
    s->accesses = cd_scene_array(s, cd_offsets(s->access_off, rows.n), sizeof *s->accesses, err);
    if (!s->accesses) CD_TRY(CD_EMEMORY);
    int64_t first = INT64_MAX, last = INT64_MIN;
#pragma omp parallel for schedule(dynamic, 256) num_threads(run->threads) reduction(+ : wrong) \
        reduction(min : first) reduction(max : last)
    for (cd_id o = 0; o < rows.n; o++) {
        cd_access *out = s->accesses + s->access_off[o];
        size_t n = 0;
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++) {
            cd_row_ref ref = rows.ref[r];
            int64_t at = cd_row_value(&t, at_column, ref);
            if (at >= s->as_of) continue;
            int64_t code = cd_row_value(&t, action, ref);
            cd_access a = {
                .at = at, .file = cd_row_id(&t, 1, ref, &s->files), .row = ref.row, .segment = (uint16_t)ref.segment};
            if (code >= 0 && (uint64_t)code < n_codes[ref.segment]) a.action = codes[ref.segment][code];
            if (a.file == CD_NONE) a.file = 0, wrong++;
            if (at < first) first = at;
            if (at > last) last = at;
            out[n++] = a;
        }
        bool rising = true;
        for (size_t i = 1; i < n && rising; i++) rising = access_compare(&out[i - 1], &out[i]) <= 0;
        if (!rising) qsort(out, n, sizeof *out, access_compare);
    }
    if (wrong)
        CD_TRY(cd_fail(err, CD_ESTORE, "'%s' is damaged: an access names no file; run verify", s->snapshot->path));
    s->first = first, s->last = last;
    if (first > last) s->missing |= CD_NEEDS_ACCESSES;
done:
    for (uint32_t k = 0; codes && k < s->snapshot->n_segments; k++) cd_free(codes[k]);
    cd_free(codes);
    cd_free(n_codes);
    cd_rows_release(&rows);
    return st;
}

/* ---- Assignments ---- */

static int task_compare(const void *a, const void *b)
{
    const cd_assignment *x = a, *y = b;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

/* The same assignments by file: those of a file come in the order of their officers. */
static cd_status teams_make(cd_scene *s, cd_err *err)
{
    cd_status st = CD_OK;
    cd_off n = s->task_off[s->officers.n], *next = NULL;
    s->team_off = cd_scene_array(s, (size_t)s->files.n + 1, sizeof *s->team_off, err);
    s->teams = cd_scene_array(s, n, sizeof *s->teams, err);
    CD_NEW(next, (size_t)s->files.n + 1);
    if (!s->team_off || !s->teams) CD_TRY(CD_EMEMORY);
    for (cd_off i = 0; i < n; i++) s->team_off[s->tasks[i].file + 1]++;
    (void)cd_offsets(s->team_off, s->files.n);
    memcpy(next, s->team_off, ((size_t)s->files.n + 1) * sizeof *next);
    for (cd_off i = 0; i < n; i++) s->teams[next[s->tasks[i].file]++] = s->tasks[i];
done:
    cd_free(next);
    return st;
}

cd_status cd_scene_tasks(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "assignments");
    cd_rows rows = {0};
    uint32_t from_column = cd_column(&t, "from"), to_column = cd_column(&t, "to");
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    s->task_off = cd_scene_array(s, (size_t)rows.n + 1, sizeof *s->task_off, err);
    if (!s->task_off) CD_TRY(CD_EMEMORY);
    for (cd_id o = 0; o < rows.n; o++)
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++)
            s->task_off[o + 1] += cd_row_value(&t, from_column, rows.ref[r]) < s->as_of &&
                                  cd_row_id(&t, 1, rows.ref[r], &s->files) != CD_NONE;
    s->tasks = cd_scene_array(s, cd_offsets(s->task_off, rows.n), sizeof *s->tasks, err);
    if (!s->tasks) CD_TRY(CD_EMEMORY);
#pragma omp parallel for schedule(dynamic, 256) num_threads(run->threads)
    for (cd_id o = 0; o < rows.n; o++) {
        cd_assignment *out = s->tasks + s->task_off[o];
        size_t n = 0;
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++) {
            cd_row_ref ref = rows.ref[r];
            int64_t from = cd_row_value(&t, from_column, ref), to = cd_row_value(&t, to_column, ref);
            cd_id file = cd_row_id(&t, 1, ref, &s->files);
            if (from >= s->as_of || file == CD_NONE) continue; /* an unknown start is INT64_MIN: always */
            out[n++] =
                (cd_assignment){.officer = o, .file = file, .from = from, .to = to == CANDOUR_UNKNOWN ? INT64_MAX : to};
        }
        if (n > 1) qsort(out, n, sizeof *out, task_compare);
    }
    CD_TRY(teams_make(s, err));
    if (s->task_off[rows.n] == 0) s->missing |= CD_NEEDS_ASSIGNMENTS;
done:
    cd_rows_release(&rows);
    return st;
}

/* ---- Duty ---- */

/* shifts.csv by place: when each is; the earliest and latest that any of its rows says. */
static cd_status shift_spans(cd_scene *s, const cd_places *shifts, const cd_run *run, cd_span *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "shifts");
    cd_rows rows = {0};
    uint32_t starts = cd_column(&t, "starts"), ends = cd_column(&t, "ends");
    CD_TRY(cd_rows_gather(&t, shifts, run, &rows, err));
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (cd_id i = 0; i < rows.n; i++) {
        out[i] = (cd_span){INT64_MAX, INT64_MIN};
        for (cd_off r = rows.off[i]; r < rows.off[i + 1]; r++) {
            int64_t from = cd_row_value(&t, starts, rows.ref[r]), to = cd_row_value(&t, ends, rows.ref[r]);
            if (from == CANDOUR_UNKNOWN || to == CANDOUR_UNKNOWN) continue;
            if (from < out[i].from) out[i].from = from;
            if (to > out[i].to) out[i].to = to;
        }
    }
done:
    cd_rows_release(&rows);
    return st;
}

static int span_compare(const void *a, const void *b)
{
    const cd_span *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

/* Sorts spans and joins those that touch; returns how many are left. */
static size_t spans_join(cd_span *span, size_t n)
{
    size_t m = 0;
    if (n > 1) qsort(span, n, sizeof *span, span_compare);
    for (size_t i = 0; i < n; i++) {
        if (m && span[i].from <= span[m - 1].to) {
            if (span[i].to > span[m - 1].to) span[m - 1].to = span[i].to;
        } else {
            span[m++] = span[i];
        }
    }
    return m;
}

/* The roster's rows of one officer as spans of duty. */
static size_t duty_of(const cd_scene *s, const cd_table_of *t, const cd_places *shifts, const cd_span *spans,
                      const cd_rows *rows, cd_id o, cd_span *out)
{
    uint32_t from_column = cd_column(t, "claimed_from"), to_column = cd_column(t, "claimed_to");
    size_t n = 0;
    for (cd_off r = rows->off[o]; r < rows->off[o + 1]; r++) {
        cd_id shift = cd_row_id(t, 1, rows->ref[r], shifts);
        int64_t from = cd_row_value(t, from_column, rows->ref[r]), to = cd_row_value(t, to_column, rows->ref[r]);
        if (shift != CD_NONE && spans[shift].from < spans[shift].to && spans[shift].from < s->as_of)
            out[n++] = spans[shift];
        if (from != CANDOUR_UNKNOWN && to != CANDOUR_UNKNOWN && from < to && from < s->as_of)
            out[n++] = (cd_span){from, to};
    }
    return spans_join(out, n);
}

cd_status cd_scene_duty(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "roster");
    cd_places shifts = {0};
    cd_rows rows = {0};
    cd_span *spans = NULL, *all = NULL;
    CD_TRY(cd_places_make(s->store, t.shape->columns[1].kind, &shifts, err));
    CD_NEW(spans, shifts.n);
    CD_TRY(shift_spans(s, &shifts, run, spans, err));
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    s->duty_off = cd_scene_array(s, (size_t)rows.n + 1, sizeof *s->duty_off, err);
    all = cd_pages_new(2 * rows.off[rows.n], sizeof *all, err); /* each officer's at twice their first row */
    if (!s->duty_off || !all) CD_TRY(CD_EMEMORY);
#pragma omp parallel for schedule(dynamic, 256) num_threads(run->threads)
    for (cd_id o = 0; o < rows.n; o++)
        s->duty_off[o + 1] = duty_of(s, &t, &shifts, spans, &rows, o, all + 2 * rows.off[o]);
    s->duty = cd_scene_array(s, cd_offsets(s->duty_off, rows.n), sizeof *s->duty, err);
    if (!s->duty) CD_TRY(CD_EMEMORY);
    for (cd_id o = 0; o < rows.n; o++)
        if (s->duty_off[o + 1] > s->duty_off[o])
            memcpy(s->duty + s->duty_off[o], all + 2 * rows.off[o],
                   (s->duty_off[o + 1] - s->duty_off[o]) * sizeof *all);
    if (s->duty_off[rows.n] == 0) s->missing |= CD_NEEDS_ROSTER;
done:
    if (rows.off) cd_pages_free(all, 2 * rows.off[rows.n], sizeof *all);
    cd_free(spans);
    cd_places_release(&shifts);
    cd_rows_release(&rows);
    return st;
}

/* ---- Subjects ---- */

cd_status cd_scene_subjects(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "subjects");
    cd_rows rows = {0};
    cd_off at = 0;
    CD_TRY(cd_rows_gather(&t, &s->files, run, &rows, err));
    s->subject_off = cd_scene_array(s, (size_t)rows.n + 1, sizeof *s->subject_off, err);
    s->subjects = cd_scene_array(s, rows.off[rows.n], sizeof *s->subjects, err);
    if (!s->subject_off || !s->subjects) CD_TRY(CD_EMEMORY);
    for (cd_id f = 0; f < rows.n; f++) {
        cd_id *out = s->subjects + at;
        size_t n = 0, m = 0;
        for (cd_off r = rows.off[f]; r < rows.off[f + 1]; r++) {
            cd_id a = cd_row_id(&t, 1, rows.ref[r], &s->associations);
            if (a != CD_NONE) out[n++] = a;
        }
        if (n > 1) qsort(out, n, sizeof *out, cd_compare_u32);
        for (size_t i = 0; i < n; i++)
            if (m == 0 || out[m - 1] != out[i]) out[m++] = out[i];
        at += m;
        s->subject_off[f + 1] = at;
    }
    if (at == 0) s->missing |= CD_NEEDS_SUBJECTS;
done:
    cd_rows_release(&rows);
    return st;
}
