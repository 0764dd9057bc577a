/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_ties.c: links, ties and declarations into a scene. */
#include "engine/detect/scene_ties.h"

#include <math.h>
#include <stdlib.h>

#include "engine/detect/scene_inside.h"

/* CANDOUR_UNKNOWN is INT64_MIN: an unknown start lies before all others. */
static int64_t open_end(const cd_scene *s, int64_t to)
{
    return to == CANDOUR_UNKNOWN || to >= s->as_of ? INT64_MAX : to;
}

static float confidence_of(const cd_table_of *t, uint32_t column, cd_row_ref at)
{
    double v = cd_row_real(t, column, at);
    return isnan(v) ? 1 : (float)v;
}

static cd_status words_of(const cd_scene *s, const char *table, const char *column, cd_words *out, cd_err *err)
{
    cd_table_of t = cd_table_named(s->snapshot, table);
    return cd_words_make(s->snapshot, &(cd_words_column){t.table, cd_column(&t, column)}, 1, out, err);
}

static int time_compare(int64_t a, int64_t b) { return (a > b) - (a < b); }

static int row_compare(cd_row_ref a, cd_row_ref b)
{
    if (a.segment != b.segment) return a.segment < b.segment ? -1 : 1;
    return (a.row > b.row) - (a.row < b.row);
}

/* ---- What associations are ---- */

static cd_status kinds_read(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "associations");
    cd_rows rows = {0};
    uint32_t kind = cd_column(&t, "kind"), as_of = cd_column(&t, "as_of");
    CD_TRY(words_of(s, "associations", "kind", &s->ties.kinds, err));
    CD_TRY(cd_rows_gather(&t, &s->associations, run, &rows, err));
    s->ties.kind = cd_scene_array(s, s->associations.n, sizeof *s->ties.kind, err);
    if (!s->ties.kind) CD_TRY(CD_EMEMORY);
    for (cd_id a = 0; a < rows.n; a++) {
        int64_t latest = INT64_MIN;
        for (cd_off r = rows.off[a]; r < rows.off[a + 1]; r++) {
            int64_t from = cd_row_value(&t, as_of, rows.ref[r]);
            uint32_t word = cd_words_at(&s->ties.kinds, 0, rows.ref[r].segment, cd_row_value(&t, kind, rows.ref[r]));
            if (from >= s->as_of || from < latest || !word) continue; /* undated: INT64_MIN */
            s->ties.kind[a] = word, latest = from;
        }
    }
done:
    cd_rows_release(&rows);
    return st;
}

/* ---- Links ---- */

static int link_compare(const void *a, const void *b)
{
    const cd_link *x = a, *y = b;
    if (x->association != y->association) return x->association < y->association ? -1 : 1;
    if (x->from != y->from) return time_compare(x->from, y->from);
    if (x->to != y->to) return time_compare(x->to, y->to);
    if (x->source != y->source) return x->source < y->source ? -1 : 1;
    if (x->confidence != y->confidence) return x->confidence < y->confidence ? -1 : 1;
    return row_compare(x->row, y->row);
}

/* The same links by association: those of one come in the order of their officers. */
static cd_status holders_make(cd_scene *s, cd_err *err)
{
    cd_status st = CD_OK;
    cd_ties *x = &s->ties;
    cd_off n = x->link_off[s->officers.n], *next = NULL;
    x->holder_off = cd_scene_array(s, (size_t)s->associations.n + 1, sizeof *x->holder_off, err);
    x->holders = cd_scene_array(s, n, sizeof *x->holders, err);
    CD_NEW(next, (size_t)s->associations.n + 1);
    if (!x->holder_off || !x->holders) CD_TRY(CD_EMEMORY);
    for (cd_off i = 0; i < n; i++) x->holder_off[x->links[i].association + 1]++;
    (void)cd_offsets(x->holder_off, s->associations.n);
    memcpy(next, x->holder_off, ((size_t)s->associations.n + 1) * sizeof *next);
    for (cd_off i = 0; i < n; i++) x->holders[next[x->links[i].association]++] = x->links[i];
done:
    cd_free(next);
    return st;
}

static cd_status links_read(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_ties *x = &s->ties;
    cd_table_of t = cd_table_named(s->snapshot, "links");
    cd_rows rows = {0};
    uint32_t source = cd_column(&t, "source"), from_column = cd_column(&t, "from"), to_column = cd_column(&t, "to"),
             confidence = cd_column(&t, "confidence");
    cd_off n = 0;
    CD_TRY(words_of(s, "links", "source", &x->sources, err));
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    x->link_off = cd_scene_array(s, (size_t)rows.n + 1, sizeof *x->link_off, err);
    x->links = cd_scene_array(s, rows.off[rows.n], sizeof *x->links, err);
    if (!x->link_off || !x->links) CD_TRY(CD_EMEMORY);
    for (cd_id o = 0; o < rows.n; o++) {
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++) {
            cd_row_ref ref = rows.ref[r];
            int64_t from = cd_row_value(&t, from_column, ref);
            cd_id a = cd_row_id(&t, 1, ref, &s->associations);
            if (from >= s->as_of || a == CD_NONE) continue;
            x->links[n++] = (cd_link){.officer = o,
                                      .association = a,
                                      .from = from,
                                      .to = open_end(s, cd_row_value(&t, to_column, ref)),
                                      .confidence = confidence_of(&t, confidence, ref),
                                      .source = cd_words_at(&x->sources, 0, ref.segment, cd_row_value(&t, source, ref)),
                                      .row = ref};
        }
        x->link_off[o + 1] = n;
        cd_off mine = n - x->link_off[o];
        if (mine > 1) qsort(x->links + x->link_off[o], mine, sizeof *x->links, link_compare);
    }
    CD_TRY(holders_make(s, err));
    if (n == 0) s->missing |= CD_NEEDS_LINKS;
done:
    cd_rows_release(&rows);
    return st;
}

/* ---- Ties ---- */

static int tie_compare(const void *a, const void *b)
{
    const cd_tie *x = a, *y = b;
    if (x->association != y->association) return x->association < y->association ? -1 : 1;
    if (x->other != y->other) return x->other < y->other ? -1 : 1;
    if (x->from != y->from) return time_compare(x->from, y->from);
    if (x->to != y->to) return time_compare(x->to, y->to);
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->reversed != y->reversed) return x->reversed - y->reversed;
    return row_compare(x->row, y->row);
}

static cd_status ties_read(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_ties *x = &s->ties;
    cd_table_of t = cd_table_named(s->snapshot, "ties");
    cd_rows rows = {0};
    uint32_t kind = cd_column(&t, "kind"), from_column = cd_column(&t, "from"), to_column = cd_column(&t, "to"),
             confidence = cd_column(&t, "confidence");
    cd_off n = 0;
    CD_TRY(words_of(s, "ties", "kind", &x->tie_kinds, err));
    CD_TRY(cd_rows_gather(&t, &s->associations, run, &rows, err));
    x->tie_off = cd_scene_array(s, (size_t)rows.n + 1, sizeof *x->tie_off, err);
    x->ties = cd_scene_array(s, 2 * rows.off[rows.n], sizeof *x->ties, err);
    if (!x->tie_off || !x->ties) CD_TRY(CD_EMEMORY);
    for (cd_id a = 0; a < rows.n; a++)
        for (cd_off r = rows.off[a]; r < rows.off[a + 1]; r++) {
            cd_row_ref ref = rows.ref[r];
            cd_id b = cd_row_id(&t, 1, ref, &s->associations);
            cd_tie tie = {.association = a,
                          .other = b,
                          .from = cd_row_value(&t, from_column, ref),
                          .to = open_end(s, cd_row_value(&t, to_column, ref)),
                          .confidence = confidence_of(&t, confidence, ref),
                          .kind = cd_words_at(&x->tie_kinds, 0, ref.segment, cd_row_value(&t, kind, ref)),
                          .row = ref};
            if (tie.from >= s->as_of || b == CD_NONE || a == b) continue;
            x->ties[n++] = tie;
            tie.association = b, tie.other = a, tie.reversed = true;
            x->ties[n++] = tie;
        }
    if (n > 1) qsort(x->ties, n, sizeof *x->ties, tie_compare);
    for (cd_off i = 0; i < n; i++) x->tie_off[x->ties[i].association + 1]++;
    (void)cd_offsets(x->tie_off, rows.n);
    if (n == 0) s->missing |= CD_NEEDS_TIES;
done:
    cd_rows_release(&rows);
    return st;
}

/* ---- Declarations ---- */

static int declaration_compare(const void *a, const void *b)
{
    const cd_declaration *x = a, *y = b;
    if (x->association != y->association) return x->association < y->association ? -1 : 1;
    if (x->declared != y->declared) return time_compare(x->declared, y->declared);
    if (x->ended != y->ended) return time_compare(x->ended, y->ended);
    return row_compare(x->row, y->row);
}

static cd_status declarations_read(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_ties *x = &s->ties;
    cd_table_of t = cd_table_named(s->snapshot, "declarations");
    cd_rows rows = {0};
    uint32_t declared = cd_column(&t, "declared_at"), ended = cd_column(&t, "ended");
    cd_off n = 0;
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    x->declared_off = cd_scene_array(s, (size_t)rows.n + 1, sizeof *x->declared_off, err);
    x->declared = cd_scene_array(s, rows.off[rows.n], sizeof *x->declared, err);
    if (!x->declared_off || !x->declared) CD_TRY(CD_EMEMORY);
    for (cd_id o = 0; o < rows.n; o++) {
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++) {
            int64_t at = cd_row_value(&t, declared, rows.ref[r]);
            cd_id a = cd_row_id(&t, 1, rows.ref[r], &s->associations);
            if (at >= s->as_of || a == CD_NONE) continue;
            x->declared[n++] = (cd_declaration){.officer = o,
                                                .association = a,
                                                .declared = at,
                                                .ended = open_end(s, cd_row_value(&t, ended, rows.ref[r])),
                                                .row = rows.ref[r]};
        }
        x->declared_off[o + 1] = n;
        cd_off mine = n - x->declared_off[o];
        if (mine > 1) qsort(x->declared + x->declared_off[o], mine, sizeof *x->declared, declaration_compare);
    }
    if (n == 0) s->missing |= CD_NEEDS_DECLARATIONS;
done:
    cd_rows_release(&rows);
    return st;
}

/* ---- What is about whom ---- */

typedef struct {
    cd_id association;
    cd_about about;
} subject_row;

static int subject_compare(const void *a, const void *b)
{
    const subject_row *x = a, *y = b;
    if (x->association != y->association) return x->association < y->association ? -1 : 1;
    if (x->about.file != y->about.file) return x->about.file < y->about.file ? -1 : 1;
    if (x->about.suspect != y->about.suspect) return y->about.suspect - x->about.suspect;
    return row_compare(x->about.row, y->about.row);
}

static cd_status about_read(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_ties *x = &s->ties;
    cd_table_of t = cd_table_named(s->snapshot, "subjects");
    cd_words roles = {0};
    cd_rows rows = {0};
    subject_row *list = NULL;
    uint32_t role = cd_column(&t, "role");
    cd_off n = 0, kept = 0, cap = 0;
    CD_TRY(words_of(s, "subjects", "role", &roles, err));
    uint32_t suspect = cd_words_find(&roles, cd_slice_of("suspect"));
    CD_TRY(cd_rows_gather(&t, &s->files, run, &rows, err));
    cap = rows.off[rows.n];
    list = cd_pages_new(cap, sizeof *list, err);
    x->about_off = cd_scene_array(s, (size_t)s->associations.n + 1, sizeof *x->about_off, err);
    x->about = cd_scene_array(s, cap, sizeof *x->about, err);
    if (!list || !x->about_off || !x->about) CD_TRY(CD_EMEMORY);
    for (cd_id f = 0; f < rows.n; f++)
        for (cd_off r = rows.off[f]; r < rows.off[f + 1] && !s->later[f]; r++) {
            cd_id a = cd_row_id(&t, 1, rows.ref[r], &s->associations);
            if (a == CD_NONE) continue;
            uint32_t word = cd_words_at(&roles, 0, rows.ref[r].segment, cd_row_value(&t, role, rows.ref[r]));
            list[n++] = (subject_row){a, {f, suspect && word == suspect, rows.ref[r]}};
        }
    if (n > 1) qsort(list, n, sizeof *list, subject_compare);
    for (cd_off i = 0; i < n; i++) {
        if (i && list[i].association == list[i - 1].association && list[i].about.file == list[i - 1].about.file)
            continue;
        x->about[kept++] = list[i].about;
        x->about_off[list[i].association + 1]++;
    }
    (void)cd_offsets(x->about_off, s->associations.n);
done:
    cd_pages_free(list, cap, sizeof *list);
    cd_rows_release(&rows);
    cd_words_release(&roles);
    return st;
}

cd_status cd_scene_ties(cd_scene *s, uint64_t needs, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    if (!(needs & (CD_NEEDS_LINKS | CD_NEEDS_TIES | CD_NEEDS_DECLARATIONS))) return CD_OK;
    CD_TRY(kinds_read(s, run, err));
    if (needs & CD_NEEDS_LINKS) CD_TRY(links_read(s, run, err));
    if (needs & CD_NEEDS_TIES) CD_TRY(ties_read(s, run, err));
    if (needs & CD_NEEDS_DECLARATIONS) CD_TRY(declarations_read(s, run, err));
    if (needs & CD_NEEDS_SUBJECTS) CD_TRY(about_read(s, run, err));
done:
    return st;
}

void cd_scene_ties_release(cd_ties *x)
{
    cd_words_release(&x->kinds);
    cd_words_release(&x->sources);
    cd_words_release(&x->tie_kinds);
}
