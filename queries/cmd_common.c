/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_common.c: `candour common` and `candour between`: what several ids have in common, and all rows that join two. */
#include <inttypes.h>
#include <stdio.h>

#include "queries/commands.h"
#include "queries/id_rows.h"

/* One of the ids that the question is about. */
typedef struct {
    found_id id;
    id_rows rows;
    id_other *others;
    size_t n;
} asked_id;

typedef struct {
    asked_id *ids;
    size_t n_ids;
    size_t *shared; /* of ids[0].others: those that all have */
    size_t n_shared;
} sharing;

static void sharing_release(sharing *s)
{
    for (size_t i = 0; s->ids && i < s->n_ids; i++) {
        id_rows_release(&s->ids[i].rows);
        cd_free(s->ids[i].others);
    }
    cd_free(s->ids);
    cd_free(s->shared);
}

static const id_other *find_other(const question *q, const asked_id *a, found_id id)
{
    return id_others_find(q, a->others, a->n, id);
}

static bool all_have(const question *q, const sharing *s, found_id id)
{
    for (size_t i = 0; i < s->n_ids; i++)
        if (same_id(s->ids[i].id, id) || !find_other(q, &s->ids[i], id)) return false;
    return true;
}

/* Of the ids that are the run's arguments from the second on. */
static cd_status share(question *q, sharing *s, cd_err *err)
{
    cd_status st = CD_OK;
    const bool *kinds;
    CD_TRY(question_kinds(q, LEFT | RIGHT, &kinds, err));
    s->n_ids = q->run->n_arguments - 1;
    CD_NEW(s->ids, s->n_ids);
    for (size_t i = 0; i < s->n_ids; i++) {
        asked_id *a = &s->ids[i];
        CD_TRY(question_find(q, i + 1, kinds, &a->id, err));
        for (size_t k = 0; k < i; k++)
            if (same_id(s->ids[k].id, a->id))
                CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' is named twice; name each once", q->run->arguments[i + 1]));
        CD_TRY(id_rows_of(q, a->id, LEFT | RIGHT, &a->rows, err));
        CD_TRY(id_rows_others(q, a->id, &a->rows, &a->others, &a->n, err));
        (void)question_node(q, a->id, true);
    }
    CD_NEW(s->shared, s->ids[0].n);
    for (size_t k = 0; k < s->ids[0].n; k++)
        if (all_have(q, s, s->ids[0].others[k].id)) s->shared[s->n_shared++] = k;
done:
    return st;
}

static cd_status add_rows(const id_rows *from, size_t lo, size_t hi, id_rows *to, cd_err *err)
{
    cd_status st = CD_OK;
    for (size_t i = lo; i < hi; i++) {
        CD_TRY(cd_grow(&to->list, &to->cap, to->n + 1, sizeof *to->list, err));
        to->list[to->n++] = from->list[i];
    }
done:
    return st;
}

/* The rows by which the first n shared things are. */
static cd_status shared_rows(const question *q, const sharing *s, size_t n, id_rows *out, cd_err *err)
{
    cd_status st = CD_OK;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < s->n_ids; i++) {
            const id_other *o = find_other(q, &s->ids[i], s->ids[0].others[s->shared[k]].id);
            CD_TRY(add_rows(&s->ids[i].rows, o->lo, o->hi, out, err));
        }
done:
    return st;
}

/* ---- Common ---- */

static void say_ids(question *q, const sharing *s)
{
    for (size_t i = 0; i < s->n_ids; i++) {
        if (i) cd_buffer_printf(&q->words, i + 1 < s->n_ids ? ", " : " and ");
        question_name(q, s->ids[i].id, &q->words);
    }
}

/* "officer P1 and officer P2 have 3 cases and 1 shift in common" */
static void say_common(question *q, const sharing *s)
{
    size_t *of_kind = cd_arena_alloc(&q->run->arena, q->ontology->n_kinds, sizeof *of_kind, NULL);
    uint32_t left = 0;
    char n[PRINT_TEXT];
    if (!of_kind) return;
    for (uint32_t k = 0; k < q->ontology->n_kinds; k++) of_kind[k] = 0;
    for (size_t i = 0; i < s->n_shared; i++) of_kind[s->ids[0].others[s->shared[i]].id.kind]++;
    for (uint32_t k = 0; k < q->ontology->n_kinds; k++) left += of_kind[k] > 0;
    say_ids(q, s);
    cd_buffer_printf(&q->words, left ? " have " : " have nothing");
    for (uint32_t k = 0; k < q->ontology->n_kinds; k++) {
        if (of_kind[k] == 0) continue;
        cd_buffer_printf(&q->words, "%s %s%s%s", print_count(of_kind[k], n), q->ontology->kinds[k].name,
                         of_kind[k] == 1 ? "" : "s",
                         left == 1   ? ""
                         : left == 2 ? " and "
                                     : ", ");
        left--;
    }
    cd_buffer_printf(&q->words, " in common\n");
}

static int64_t earlier_of(int64_t a, int64_t b)
{
    return a == CANDOUR_UNKNOWN || (b != CANDOUR_UNKNOWN && b < a) ? b : a;
}

/* A line a thing: "P000252 accesses 3; P000289 accesses 16, assignments" */
static void thing_cells(question *q, const sharing *s, found_id thing)
{
    size_t n = 0;
    int64_t first = CANDOUR_UNKNOWN, last = CANDOUR_UNKNOWN;
    cd_buffer by = {0};
    for (size_t i = 0; i < s->n_ids; i++) {
        const id_other *o = find_other(q, &s->ids[i], thing);
        cd_slice id = question_id(q, s->ids[i].id);
        cd_buffer_printf(&by, "%s%.*s ", i ? "; " : "", (int)id.n, id.bytes);
        id_rows_tables(q, s->ids[i].rows.list + o->lo, o->hi - o->lo, &by);
        for (size_t k = o->lo; k < o->hi; k++, n++) {
            first = earlier_of(first, s->ids[i].rows.list[k].at);
            if (s->ids[i].rows.list[k].at > last) last = s->ids[i].rows.list[k].at;
        }
    }
    id_rows_id_cells(q, thing);
    answer_whole(&q->answer, (int64_t)n);
    answer_whole(&q->answer, first);
    answer_whole(&q->answer, last);
    answer_buffer(&q->answer, &by);
}

static void thing_lines(question *q, const sharing *s, size_t n)
{
    id_rows_id_columns(q, "kind", "id");
    (void)answer_column(&q->answer, "rows", CANDOUR_INTEGER);
    (void)answer_column(&q->answer, "first", CANDOUR_TIME);
    (void)answer_column(&q->answer, "last", CANDOUR_TIME);
    (void)answer_column(&q->answer, "by", CANDOUR_TEXT);
    for (size_t k = 0; k < n; k++) thing_cells(q, s, s->ids[0].others[s->shared[k]].id);
}

/* A line a row. */
static void row_lines(question *q, const id_rows *rows, size_t n)
{
    id_rows_any_columns(q);
    id_rows_id_columns(q, "kind", "id");
    id_rows_id_columns(q, "other_kind", "other_id");
    id_rows_says_column(q);
    id_rows_why_columns(q);
    for (size_t i = 0; i < n; i++) {
        const id_row *r = &rows->list[i];
        id_rows_any_cells(q, r);
        id_rows_id_cells(q, id_row_left(q, r));
        id_rows_id_cells(q, id_row_right(q, r));
        id_rows_says_cell(q, r);
        id_rows_why_cells(q, r);
    }
}

cd_status cmd_common(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    question q;
    sharing s = {0};
    id_rows rows = {0};
    CD_TRY(question_open(&q, run, QUESTION_RELATION, NULL, err));
    if (run->n_arguments < 3)
        CD_TRY(cd_fail(err, CD_EUSAGE, "what has '%s' in common with what? give another id", run->arguments[1]));
    CD_TRY(share(&q, &s, err));
    say_common(&q, &s);
    snprintf(q.title, sizeof q.title,
             run->n_arguments == 3 ? "what %s and %s have in common" : "what %s, %s and others have in common",
             run->arguments[1], run->arguments[2]);
    question_fact(&q, "things", (int64_t)s.n_shared);
    size_t listed = question_listed(&q, s.n_shared);
    CD_TRY(shared_rows(&q, &s, q.why ? s.n_shared : listed, &rows, err));
    if (q.why)
        row_lines(&q, &rows, question_listed(&q, rows.n));
    else
        thing_lines(&q, &s, listed);
    CD_TRY(id_rows_graph(&q, &rows, q.why ? question_listed(&q, rows.n) : rows.n, err));
    CD_TRY(question_answer(&q, q.why ? rows.n : s.n_shared, err));
done:
    id_rows_release(&rows);
    sharing_release(&s);
    question_close(&q);
    return st;
}

/* ---- Between ---- */

cd_status cmd_between(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    question q;
    sharing s = {0};
    id_rows rows = {0};
    char a[PRINT_TEXT], b[PRINT_TEXT];
    CD_TRY(question_open(&q, run, QUESTION_RELATION, NULL, err));
    CD_TRY(share(&q, &s, err));
    const id_other *direct = find_other(&q, &s.ids[0], s.ids[1].id);
    if (direct) CD_TRY(add_rows(&s.ids[0].rows, direct->lo, direct->hi, &rows, err));
    size_t n_direct = rows.n;
    CD_TRY(shared_rows(&q, &s, s.n_shared, &rows, err));
    id_rows_sort(&q, &rows);
    cd_buffer_printf(&q.words, "between ");
    say_ids(&q, &s);
    cd_buffer_printf(&q.words, ": %s row%s that tie%s them, and %s row%s of %zu thing%s that both are tied to\n",
                     print_count(n_direct, a), n_direct == 1 ? "" : "s", n_direct == 1 ? "s" : "",
                     print_count(rows.n - n_direct, b), rows.n - n_direct == 1 ? "" : "s", s.n_shared,
                     s.n_shared == 1 ? "" : "s");
    snprintf(q.title, sizeof q.title, "between %s and %s", run->arguments[1], run->arguments[2]);
    question_fact(&q, "direct", (int64_t)n_direct);
    question_fact(&q, "things", (int64_t)s.n_shared);
    size_t listed = question_listed(&q, rows.n);
    row_lines(&q, &rows, listed);
    CD_TRY(id_rows_graph(&q, &rows, listed, err));
    CD_TRY(question_answer(&q, rows.n, err));
done:
    id_rows_release(&rows);
    sharing_release(&s);
    question_close(&q);
    return st;
}
