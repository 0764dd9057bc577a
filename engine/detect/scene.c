/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene.c: opening a scene, and what people and files were when. */
#include "engine/detect/scene_inside.h"

#include <stdlib.h>

static cd_status words_make(cd_scene *s, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of officers = cd_table_named(s->snapshot, "officers"), cases = cd_table_named(s->snapshot, "cases");
    cd_words_column units[] = {{officers.table, cd_column(&officers, "unit")},
                               {cases.table, cd_column(&cases, "unit")}};
    cd_words_column role = {officers.table, cd_column(&officers, "role")},
                    rank = {officers.table, cd_column(&officers, "rank")};
    cd_words_column kind = {cases.table, cd_column(&cases, "kind")};
    CD_TRY(cd_words_make(s->snapshot, units, 2, &s->units, err));
    CD_TRY(cd_words_make(s->snapshot, &role, 1, &s->roles, err));
    CD_TRY(cd_words_make(s->snapshot, &rank, 1, &s->ranks, err));
    CD_TRY(cd_words_make(s->snapshot, &kind, 1, &s->kinds, err));
done:
    return st;
}

/* Whether a history's row holds on the day of the scene. */
static bool is_visible(const cd_scene *s, int64_t from) { return from == CANDOUR_UNKNOWN || from < s->as_of; }

static int post_compare(const void *a, const void *b)
{
    const cd_post *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    if (x->unit != y->unit) return x->unit < y->unit ? -1 : 1;
    if (x->role != y->role) return x->role < y->role ? -1 : 1;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    return (x->manager > y->manager) - (x->manager < y->manager);
}

cd_status cd_scene_people(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "officers");
    cd_rows rows = {0};
    cd_off at = 0;
    CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
    s->post_off = cd_scene_array(s, (size_t)s->officers.n + 1, sizeof *s->post_off, err);
    s->posts = cd_scene_array(s, rows.off[rows.n], sizeof *s->posts, err);
    if (!s->post_off || !s->posts) CD_TRY(CD_EMEMORY);
    uint32_t unit = cd_column(&t, "unit"), role = cd_column(&t, "role"), rank = cd_column(&t, "rank"),
             manager = cd_column(&t, "manager"), as_of = cd_column(&t, "as_of");
    for (cd_id o = 0; o < rows.n; o++) {
        s->post_off[o] = at;
        for (cd_off r = rows.off[o]; r < rows.off[o + 1]; r++) {
            cd_row_ref ref = rows.ref[r];
            int64_t from = cd_row_value(&t, as_of, ref);
            if (!is_visible(s, from)) continue;
            s->posts[at++] = (cd_post){.from = from == CANDOUR_UNKNOWN ? INT64_MIN : from,
                                       .unit = cd_words_at(&s->units, 0, ref.segment, cd_row_value(&t, unit, ref)),
                                       .role = cd_words_at(&s->roles, 0, ref.segment, cd_row_value(&t, role, ref)),
                                       .rank = cd_words_at(&s->ranks, 0, ref.segment, cd_row_value(&t, rank, ref)),
                                       .manager = cd_row_id(&t, manager, ref, &s->officers)};
        }
        if (at - s->post_off[o] > 1)
            qsort(s->posts + s->post_off[o], at - s->post_off[o], sizeof *s->posts, post_compare);
    }
    s->post_off[rows.n] = at;
done:
    cd_rows_release(&rows);
    return st;
}

static int holding_compare(const void *a, const void *b)
{
    const cd_holding *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

/* The columns of cases.csv. */
typedef struct {
    uint32_t unit, kind, sensitivity, opened, closed, as_of;
} case_columns;

/* One file's history: whose it was when, and of everything else the latest that is known. */
static cd_off file_history(cd_scene *s, const cd_table_of *t, const case_columns *c, const cd_rows *rows, cd_id file,
                           cd_holding *out)
{
    cd_off n = 0;
    int64_t kind_from = INT64_MIN, sensitivity_from = INT64_MIN, closed_from = INT64_MIN;
    bool any = false;
    s->sensitivity[file] = -1;
    s->opened[file] = s->closed[file] = CANDOUR_UNKNOWN;
    for (cd_off r = rows->off[file]; r < rows->off[file + 1]; r++) {
        cd_row_ref ref = rows->ref[r];
        int64_t as_of = cd_row_value(t, c->as_of, ref), from = as_of == CANDOUR_UNKNOWN ? INT64_MIN : as_of, v;
        if (!is_visible(s, as_of)) continue;
        out[n++] = (cd_holding){from, cd_words_at(&s->units, 1, ref.segment, cd_row_value(t, c->unit, ref))};
        uint32_t kind = cd_words_at(&s->kinds, 0, ref.segment, cd_row_value(t, c->kind, ref));
        if (kind && from >= kind_from) s->file_kind[file] = kind, kind_from = from;
        v = cd_row_value(t, c->sensitivity, ref);
        if (v >= 0 && v <= 3 && from >= sensitivity_from) s->sensitivity[file] = (int8_t)v, sensitivity_from = from;
        v = cd_row_value(t, c->opened, ref);
        if (v != CANDOUR_UNKNOWN && v >= s->as_of) s->later[file] = true;
        if (v != CANDOUR_UNKNOWN && v < s->as_of && (s->opened[file] == CANDOUR_UNKNOWN || v < s->opened[file]))
            s->opened[file] = v;
        v = cd_row_value(t, c->closed, ref);
        if (from >= closed_from || !any)
            s->closed[file] = v != CANDOUR_UNKNOWN && v < s->as_of ? v : CANDOUR_UNKNOWN, closed_from = from;
        any = true;
    }
    if (n == 0 && rows->off[file] < rows->off[file + 1]) s->later[file] = true;
    if (n > 1) qsort(out, n, sizeof *out, holding_compare);
    return n;
}

cd_status cd_scene_files(cd_scene *s, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_of t = cd_table_named(s->snapshot, "cases");
    case_columns c = {cd_column(&t, "unit"),   cd_column(&t, "kind"),   cd_column(&t, "sensitivity"),
                      cd_column(&t, "opened"), cd_column(&t, "closed"), cd_column(&t, "as_of")};
    cd_rows rows = {0};
    cd_off at = 0;
    CD_TRY(cd_rows_gather(&t, &s->files, run, &rows, err));
    s->holding_off = cd_scene_array(s, (size_t)s->files.n + 1, sizeof *s->holding_off, err);
    s->holdings = cd_scene_array(s, rows.off[rows.n], sizeof *s->holdings, err);
    s->holder = cd_scene_array(s, s->files.n, sizeof *s->holder, err);
    s->file_kind = cd_scene_array(s, s->files.n, sizeof *s->file_kind, err);
    s->sensitivity = cd_scene_array(s, s->files.n, sizeof *s->sensitivity, err);
    s->opened = cd_scene_array(s, s->files.n, sizeof *s->opened, err);
    s->closed = cd_scene_array(s, s->files.n, sizeof *s->closed, err);
    s->later = cd_scene_array(s, s->files.n, sizeof *s->later, err);
    if (!s->holder || !s->holding_off || !s->holdings || !s->file_kind || !s->sensitivity || !s->opened || !s->closed ||
        !s->later)
        CD_TRY(CD_EMEMORY);
    for (cd_id f = 0; f < rows.n; f++) {
        s->holding_off[f] = at;
        at += file_history(s, &t, &c, &rows, f, s->holdings + at);
        cd_off n = at - s->holding_off[f];
        s->holder[f] = n == 0 ? 0 : n == 1 ? s->holdings[at - 1].unit : CD_NONE;
    }
    s->holding_off[rows.n] = at;
done:
    cd_rows_release(&rows);
    return st;
}

size_t cd_scene_bytes(const cd_snapshot *s, uint64_t needs)
{
    static const struct {
        const char *table;
        size_t bytes;
        uint64_t needed; /* by whom; 0: by all */
    } cost[] = {{"accesses", 32, 0},
                {"assignments", 88, 0},
                {"roster", 40, 0},
                {"officers", 40, 0},
                {"cases", 64, 0},
                {"subjects", 16, 0},
                {"subjects", 56, CD_NEEDS_LINKS},
                {"links", 2 * sizeof(cd_link) + sizeof(cd_row_ref), CD_NEEDS_LINKS},
                {"ties", 2 * sizeof(cd_tie) + sizeof(cd_row_ref), CD_NEEDS_TIES},
                {"declarations", sizeof(cd_declaration) + sizeof(cd_row_ref), CD_NEEDS_DECLARATIONS},
                {"roster", sizeof(cd_row_ref), CD_NEEDS_PRESENCE},
                {"presence", sizeof(cd_row_ref), CD_NEEDS_PRESENCE},
                {"shifts", sizeof(cd_shift), CD_NEEDS_PRESENCE},
                {"complaints", 64, CD_NEEDS_COMPLAINTS},
                {"allegations", 2 * sizeof(cd_allegation), CD_NEEDS_COMPLAINTS},
                {"findings", 2 * sizeof(cd_earlier), CD_NEEDS_FINDINGS},
                {"pay", 3 * sizeof(cd_monthly) + sizeof(cd_row_ref), CD_NEEDS_PAY},
                {"pay", sizeof(cd_monthly) + sizeof(cd_row_ref), CD_NEEDS_SICKNESS},
                {"finance", 2 * sizeof(cd_money), CD_NEEDS_FINANCE}};
    size_t all = 0;
    for (size_t i = 0; i < sizeof cost / sizeof *cost; i++)
        if (!cost[i].needed || needs & cost[i].needed)
            all += cost[i].bytes * (size_t)cd_table_named(s, cost[i].table).rows;
    for (uint32_t k = 0; k < s->ontology->n_kinds; k++) all += 80 * (size_t)s->n_ids[k];
    return all;
}

/* Officers of whom nothing is dated before the day of the scene are not in it: whoever joins later is nobody's peer
 * yet. */
static cd_status officers_visible(cd_scene *s, const cd_run *run, cd_err *err)
{
    static const char *const tables[] = {"officers", "accesses", "assignments"}, *const times[] = {"as_of", "at",
                                                                                                   "from"};
    cd_status st = CD_OK;
    bool *seen = NULL;
    cd_rows rows = {0};
    if (s->as_of == INT64_MAX) return CD_OK;
    CD_NEW(seen, s->officers.n);
    for (size_t k = 0; k < sizeof tables / sizeof *tables; k++) {
        cd_table_of t = cd_table_named(s->snapshot, tables[k]);
        uint32_t column = cd_column(&t, times[k]);
        CD_TRY(cd_rows_gather(&t, &s->officers, run, &rows, err));
        for (cd_id o = 0; o < rows.n; o++)
            for (cd_off r = rows.off[o]; r < rows.off[o + 1] && !seen[o]; r++)
                seen[o] = is_visible(s, cd_row_value(&t, column, rows.ref[r]));
        cd_rows_release(&rows);
    }
    CD_TRY(cd_places_keep(&s->officers, seen, err));
done:
    cd_rows_release(&rows);
    cd_free(seen);
    return st;
}

cd_status cd_scene_open(candour_store *store, const cd_scene_options *options, const cd_run *run, cd_scene **out,
                        cd_err *err)
{
    cd_status st = CD_OK;
    cd_scene *s = NULL;
    CD_NEW(s, 1);
    s->store = store, s->snapshot = cd_store_snapshot(store), s->as_of = options->as_of;
    CD_TRY(cd_run_fits(run, "reading the force", cd_scene_bytes(s->snapshot, options->needs), err));
    cd_table_of accesses = cd_table_named(s->snapshot, "accesses"), subjects = cd_table_named(s->snapshot, "subjects");
    CD_TRY(cd_places_make(store, accesses.shape->columns[0].kind, &s->officers, err));
    CD_TRY(cd_places_make(store, accesses.shape->columns[1].kind, &s->files, err));
    CD_TRY(cd_places_make(store, subjects.shape->columns[1].kind, &s->associations, err));
    CD_TRY(officers_visible(s, run, err));
    CD_TRY(words_make(s, err));
    CD_TRY(cd_scene_people(s, run, err));
    CD_TRY(cd_scene_files(s, run, err));
    CD_TRY(cd_scene_accesses(s, run, err));
    CD_TRY(cd_scene_tasks(s, run, err));
    CD_TRY(cd_scene_duty(s, run, err));
    CD_TRY(cd_scene_subjects(s, run, err));
    CD_TRY(cd_scene_ties(s, options->needs, run, err));
    CD_TRY(cd_scene_complaints(s, options->needs, run, err));
    CD_TRY(cd_scene_findings(s, options->needs, run, err));
    CD_TRY(cd_scene_roster(s, options->needs, run, err));
    CD_TRY(cd_scene_pay(s, options->needs, run, err));
    *out = s, s = NULL;
done:
    cd_scene_close(s);
    return st;
}

void *cd_scene_array(cd_scene *s, size_t n, size_t size, cd_err *err)
{
    void *at = cd_pages_new(n, size, err);
    if (at) s->owned[s->n_owned++] = (struct cd_scene_array){at, n, size};
    return at;
}

void cd_scene_close(cd_scene *s)
{
    if (!s) return;
    for (uint32_t i = 0; i < s->n_owned; i++) cd_pages_free(s->owned[i].at, s->owned[i].n, s->owned[i].size);
    cd_scene_ties_release(&s->ties);
    cd_scene_complaints_release(&s->complaints);
    cd_scene_roster_release(&s->rosters);
    cd_words_release(&s->units);
    cd_words_release(&s->roles);
    cd_words_release(&s->ranks);
    cd_words_release(&s->kinds);
    cd_places_release(&s->officers);
    cd_places_release(&s->files);
    cd_places_release(&s->associations);
    cd_free(s);
}

cd_post cd_scene_post(const cd_scene *s, cd_id officer, int64_t at)
{
    cd_off lo = s->post_off[officer], hi = s->post_off[officer + 1];
    if (lo == hi) return (cd_post){.manager = CD_NONE};
    while (hi - lo > 1 && s->posts[hi - 1].from > at) hi--;
    return s->posts[hi - 1];
}

uint32_t cd_scene_holder(const cd_scene *s, cd_id file, int64_t at)
{
    if (s->holder[file] != CD_NONE) return s->holder[file]; /* nearly all: one look, in little memory */
    cd_off lo = s->holding_off[file], hi = s->holding_off[file + 1];
    while (hi - lo > 1 && s->holdings[hi - 1].from > at) hi--;
    return s->holdings[hi - 1].unit;
}

cd_slice cd_scene_officer(const cd_scene *s, cd_id officer)
{
    return cd_snapshot_id(s->snapshot, cd_table_named(s->snapshot, "accesses").shape->columns[0].kind,
                          s->officers.number[officer]);
}

cd_slice cd_scene_file(const cd_scene *s, cd_id file)
{
    return cd_snapshot_id(s->snapshot, cd_table_named(s->snapshot, "accesses").shape->columns[1].kind,
                          s->files.number[file]);
}

cd_slice cd_scene_association(const cd_scene *s, cd_id association)
{
    return cd_snapshot_id(s->snapshot, cd_table_named(s->snapshot, "subjects").shape->columns[1].kind,
                          s->associations.number[association]);
}
