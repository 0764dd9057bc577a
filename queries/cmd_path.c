/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_path.c: `candour path`: how two ids are joined: shortest, several, one that avoids what ties everybody, or one
 * whose rows follow one another in time. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queries/commands.h"
#include "queries/path_find.h"

/* ---- Paths that the engine's kernels find ---- */

typedef struct {
    const question *q;
    path_list *list;
    int64_t *at; /* of each step of a path in time */
    size_t cap_at;
    size_t n_steps;
} taking;

static int32_t column_named(const candour_answer_column *columns, uint32_t n, const char *name)
{
    for (uint32_t c = 0; c < n; c++)
        if (strcmp(columns[c].name, name) == 0) return (int32_t)c;
    return -1;
}

static found_id id_of(const question *q, cd_slice kind, cd_slice id)
{
    for (uint32_t k = 0; k < q->ontology->n_kinds; k++)
        if (cd_slice_equal(cd_slice_of(q->ontology->kinds[k].name), kind))
            return (found_id){k, candour_reader_find(q->reader, k, id)};
    return (found_id){0, CANDOUR_NO_ID};
}

static cd_status take_rows(void *context, const candour_answer_column *columns, uint32_t n_columns, uint32_t n,
                           const candour_values *values, cd_err *err)
{
    cd_status st = CD_OK;
    taking *t = context;
    int32_t step = column_named(columns, n_columns, "step"), at = column_named(columns, n_columns, "at");
    int32_t kind = column_named(columns, n_columns, "kind"), id = column_named(columns, n_columns, "id");
    for (uint32_t i = 0; i < n; i++) {
        path_list *l = t->list;
        CD_TRY(cd_grow(&l->ids, &l->cap, l->n + 1, sizeof *l->ids, err));
        CD_TRY(cd_grow(&t->at, &t->cap_at, l->n + 1, sizeof *t->at, err));
        t->at[l->n] = at < 0 ? CANDOUR_UNKNOWN : values[at].integer[i];
        l->ids[l->n++] = id_of(t->q, values[kind].text[i], values[id].text[i]);
        l->paths += values[step].integer[i] == 0;
    }
done:
    return st;
}

/* `kind:id`, as a kernel takes a vertex. */
static const char *vertex(question *q, found_id id, cd_err *err)
{
    cd_slice text = question_id(q, id);
    const char *kind = q->ontology->kinds[id.kind].name;
    char *out = cd_arena_alloc(&q->run->arena, strlen(kind) + text.n + 2, 1, err);
    if (!out) return NULL;
    memcpy(stpcpy(stpcpy(out, kind), ":"), text.bytes, text.n);
    out[strlen(kind) + 1 + text.n] = '\0';
    return out;
}

static cd_status run_kernel(question *q, const char *kernel, bool times, found_id from, found_id to, uint64_t paths,
                            taking *t, cd_err *err)
{
    cd_status st = CD_OK;
    candour_graph *graph = NULL;
    const char **relations = NULL;
    uint32_t n = 0;
    CD_NEW(relations, q->n_tables);
    for (uint32_t k = 0; k < q->ontology->n_tables; k++)
        if (q->tables[k]) relations[n++] = q->ontology->tables[k].name;
    candour_graph_options o = {.relations = relations, .n_relations = n, .from = q->from, .to = q->to, .times = times};
    candour_kernel_options k = {.paths = (uint32_t)paths, .start = vertex(q, from, err), .end = vertex(q, to, err)};
    const candour_sink sink = {.rows = take_rows, .context = t};
    if (!k.start || !k.end) CD_TRY(CD_EMEMORY);
    CD_TRY(candour_graph_open(q->store, &o, &graph, err));
    CD_TRY(candour_kernel_run(graph, kernel, &k, &sink, err));
done:
    candour_graph_close(graph);
    cd_free(relations);
    return st;
}

/* ---- The answer ---- */

/* The rows of each step of the paths: of the i-th id, those that tie it to the one before it, [off[i], off[i + 1]). */
static cd_status step_rows(question *q, const path_list *list, const int64_t *at, id_rows *rows, size_t *off,
                           cd_err *err)
{
    cd_status st = CD_OK;
    id_rows found = {0};
    for (size_t i = 0; i < list->n; i++) {
        bool begins = same_id(list->ids[i], list->ids[0]); /* no path comes back to where it began */
        found.n = 0;
        if (!begins) CD_TRY(id_rows_between(q, list->ids[i - 1], list->ids[i], &found, err));
        id_rows_sort(q, &found);
        for (size_t k = 0; k < found.n; k++) {
            const id_row *r = &found.list[k];
            /* In time: the row that is taken, or a span that holds. */
            if (at && at[i] != CANDOUR_UNKNOWN && r->at != at[i] && r->until == r->at) continue;
            CD_TRY(cd_grow(&rows->list, &rows->cap, rows->n + 1, sizeof *r, err));
            rows->list[rows->n++] = *r;
        }
        off[i + 1] = rows->n;
    }
done:
    id_rows_release(&found);
    return st;
}

static void step_cells(question *q, int64_t path, int64_t step, found_id id, const id_row *list, size_t n, int64_t at,
                       bool in_time)
{
    cd_buffer by = {0};
    answer_whole(&q->answer, path);
    answer_whole(&q->answer, step);
    id_rows_id_cells(q, id);
    if (in_time) answer_whole(&q->answer, at);
    id_rows_tables(q, list, n, &by);
    answer_buffer(&q->answer, &by);
    if (in_time) return;
    answer_whole(&q->answer, n ? list[0].at : CANDOUR_UNKNOWN);
    answer_whole(&q->answer, n ? list[n - 1].at : CANDOUR_UNKNOWN);
}

static void lines(question *q, const path_list *list, const int64_t *at, const id_rows *rows, const size_t *off,
                  size_t n)
{
    int64_t path = 0, step = 0;
    (void)answer_column(&q->answer, "path", CANDOUR_INTEGER);
    (void)answer_column(&q->answer, "step", CANDOUR_INTEGER);
    id_rows_id_columns(q, "kind", "id");
    if (at) (void)answer_column(&q->answer, "at", CANDOUR_TIME);
    (void)answer_column(&q->answer, "by", CANDOUR_TEXT);
    if (!at) (void)answer_column(&q->answer, "first", CANDOUR_TIME);
    if (!at) (void)answer_column(&q->answer, "last", CANDOUR_TIME);
    id_rows_why_columns(q);
    for (size_t i = 0; i < n; i++) {
        const id_row *of = rows->list + off[i];
        size_t n_rows = off[i + 1] - off[i];
        bool begins = same_id(list->ids[i], list->ids[0]);
        path += begins, step = begins ? 0 : step + 1;
        for (size_t k = 0; k == 0 || (q->why && k < n_rows); k++) {
            bool one = q->why && n_rows;
            step_cells(q, path, step, list->ids[i], one ? of + k : of, one ? 1 : n_rows, at ? at[i] : 0, at != NULL);
            if (!q->why) continue;
            if (n_rows)
                id_rows_why_cells(q, of + k);
            else
                answer_text(&q->answer, (cd_slice){0}), answer_whole(&q->answer, CANDOUR_UNKNOWN);
        }
    }
}

static void say_paths(question *q, const path_list *list, found_id from, found_id to)
{
    char n[PRINT_TEXT];
    if (list->paths == 0)
        cd_buffer_printf(&q->words, "no path from ");
    else if (list->steps)
        cd_buffer_printf(&q->words, "%s shortest path%s, of %" PRIu32 " step%s, from ", print_count(list->paths, n),
                         list->paths == 1 ? "" : "s", list->steps, list->steps == 1 ? "" : "s");
    else
        cd_buffer_printf(&q->words, "%s path%s from ", print_count(list->paths, n), list->paths == 1 ? "" : "s");
    question_name(q, from, &q->words);
    cd_buffer_printf(&q->words, " to ");
    question_name(q, to, &q->words);
    cd_buffer_printf(&q->words, "%s\n", list->paths ? "" : "; other --relations or days may have one");
    size_t listed = list->n / (list->steps + 1);
    if (list->steps && listed < list->paths && listed > 1)
        cd_buffer_printf(&q->words, "the first %zu of them; --limit lists more\n", listed);
}

static cd_status find_paths(question *q, found_id from, found_id to, taking *t, bool *in_time, cd_err *err)
{
    uint64_t k = 0;
    bool all = cli_given(q->run, "all"), rare = cli_given(q->run, "avoid-hubs");
    *in_time = cli_given(q->run, "in-time");
    cd_status st = cli_whole(q->run, "k", 1, 100000, &k, err);
    if (st != CD_OK) return st;
    if ((k > 0) + all + rare + *in_time > 1)
        return cd_fail(err, CD_EUSAGE, "--k, --all, --avoid-hubs and --in-time are different questions; ask one");
    if (k) return run_kernel(q, "k-paths", false, from, to, k, t, err);
    if (rare) return run_kernel(q, "rare-path", false, from, to, 1, t, err);
    if (*in_time) return run_kernel(q, "earliest-path", true, from, to, 1, t, err);
    return path_find_shortest(q, from, to, all ? (size_t)q->limit : 1, t->list, err);
}

cd_status cmd_path(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    question q;
    path_list list = {0};
    id_rows rows = {0};
    size_t *off = NULL;
    const bool *kinds;
    found_id from, to;
    bool in_time;
    taking t = {.q = &q, .list = &list};
    CD_TRY(question_open(&q, run, QUESTION_RELATION, NULL, err));
    CD_TRY(question_kinds(&q, LEFT | RIGHT, &kinds, err));
    CD_TRY(question_find(&q, 1, kinds, &from, err));
    CD_TRY(question_find(&q, 2, kinds, &to, err));
    CD_TRY(find_paths(&q, from, to, &t, &in_time, err));
    q.limit = UINT64_MAX; /* it was of paths */
    CD_NEW(off, list.n + 1);
    CD_TRY(step_rows(&q, &list, in_time ? t.at : NULL, &rows, off, err));
    say_paths(&q, &list, from, to);
    question_fact(&q, "paths", list.paths > INT64_MAX ? INT64_MAX : (int64_t)list.paths);
    snprintf(q.title, sizeof q.title, "from %s to %s", run->arguments[1], run->arguments[2]);
    lines(&q, &list, in_time ? t.at : NULL, &rows, off, list.n);
    (void)question_node(&q, from, true);
    (void)question_node(&q, to, true);
    CD_TRY(id_rows_graph(&q, &rows, rows.n, err));
    CD_TRY(question_answer(&q, q.answer.n_rows, err));
done:
    cd_free(off);
    cd_free(t.at);
    id_rows_release(&rows);
    path_list_release(&list);
    question_close(&q);
    return st;
}
