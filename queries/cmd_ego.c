/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_ego.c: `candour ego`: what stands around an id, step by step. */
#include <inttypes.h>
#include <stdio.h>

#include "queries/commands.h"
#include "queries/id_rows.h"

/* Something that was reached: by the fewest steps, of those through what comes first in the order of answers. */
typedef struct {
    found_id id, through;
    uint32_t hops;
    size_t lo, hi; /* its rows with what it was reached through */
} reached;

typedef struct {
    question *q;
    reached *list; /* by hops, then in the order of answers */
    size_t n, cap;
    uint32_t **place; /* per kind and number: 1 + where it stands, 0: not reached */
    id_rows rows;     /* by which each was reached */
    uint64_t most;    /* rows of what is gone on from */
    size_t n_hubs;    /* that were not */
} ego;

static void ego_release(ego *e)
{
    for (uint32_t k = 0; e->place && k < e->q->ontology->n_kinds; k++) cd_free(e->place[k]);
    cd_free(e->place);
    cd_free(e->list);
    id_rows_release(&e->rows);
}

static cd_status reach(ego *e, found_id id, found_id through, uint32_t hops, const id_rows *rows, size_t lo, size_t hi,
                       cd_err *err)
{
    cd_status st = CD_OK;
    size_t begin = e->rows.n;
    if (e->place[id.kind][id.number]) return CD_OK;
    for (size_t i = lo; i < hi; i++) {
        CD_TRY(cd_grow(&e->rows.list, &e->rows.cap, e->rows.n + 1, sizeof *e->rows.list, err));
        e->rows.list[e->rows.n++] = rows->list[i];
    }
    CD_TRY(cd_grow(&e->list, &e->cap, e->n + 1, sizeof *e->list, err));
    e->list[e->n++] = (reached){id, through, hops, begin, e->rows.n};
    e->place[id.kind][id.number] = (uint32_t)e->n;
done:
    return st;
}

static int reached_compare(const void *a, const void *b, void *context)
{
    const reached *x = a, *y = b;
    return found_id_compare(context, x->id, y->id);
}

static cd_status go_on(ego *e, const reached from, cd_err *err)
{
    cd_status st = CD_OK;
    id_rows rows = {0};
    id_other *others = NULL;
    size_t n = 0;
    CD_TRY(id_rows_of(e->q, from.id, LEFT | RIGHT, &rows, err));
    if (from.hops > 0 && rows.n > e->most) {
        e->n_hubs++;
        goto done;
    }
    CD_TRY(id_rows_others(e->q, from.id, &rows, &others, &n, err));
    for (size_t i = 0; i < n; i++)
        CD_TRY(reach(e, others[i].id, from.id, from.hops + 1, &rows, others[i].lo, others[i].hi, err));
done:
    cd_free(others);
    id_rows_release(&rows);
    return st;
}

static cd_status walk(ego *e, found_id centre, uint32_t hops, cd_err *err)
{
    cd_status st = CD_OK;
    size_t level = 0;
    CD_NEW(e->place, e->q->ontology->n_kinds);
    for (uint32_t k = 0; k < e->q->ontology->n_kinds; k++) CD_NEW(e->place[k], candour_reader_ids(e->q->reader, k));
    CD_TRY(reach(e, centre, centre, 0, &e->rows, 0, 0, err));
    for (uint32_t step = 0; step < hops && level < e->n; step++) {
        size_t end = e->n;
        for (size_t i = level; i < end; i++) CD_TRY(go_on(e, e->list[i], err));
        if (e->n - end > 1) qsort_r(e->list + end, e->n - end, sizeof *e->list, reached_compare, e->q->reader);
        level = end;
    }
    for (size_t i = 0; i < e->n; i++) e->place[e->list[i].id.kind][e->list[i].id.number] = (uint32_t)i + 1;
done:
    return st;
}

/* Rows among the first n: those of each with what stands before it, so that none comes twice. */
static cd_status draw(ego *e, size_t n, uint32_t hops, cd_err *err)
{
    cd_status st = CD_OK;
    id_rows rows = {0};
    question *q = e->q;
    q->graph.of_nodes[0] = (graph_value_of){"hops", CANDOUR_INTEGER};
    for (size_t i = 0; i < n; i++) {
        uint32_t v = question_node(q, e->list[i].id, i == 0);
        graph_out_at(&q->graph, v)->value[0] = graph_out_text(&q->graph, "%" PRIu32, e->list[i].hops);
    }
    for (size_t i = 0; i < n; i++) {
        size_t begin = rows.n, kept = rows.n;
        if (e->list[i].hops == hops) continue; /* what ties the outermost to each other is left out */
        CD_TRY(id_rows_of(q, e->list[i].id, LEFT | RIGHT, &rows, err));
        for (size_t k = begin; k < rows.n; k++) {
            found_id other = id_row_other(q, &rows.list[k], e->list[i].id);
            size_t at = other.number == CANDOUR_NO_ID ? 0 : e->place[other.kind][other.number];
            if (at > i + 1 && at <= n) rows.list[kept++] = rows.list[k];
        }
        rows.n = kept;
    }
    CD_TRY(id_rows_graph(q, &rows, rows.n, err));
done:
    id_rows_release(&rows);
    return st;
}

static void lines(ego *e, size_t n)
{
    question *q = e->q;
    (void)answer_column(&q->answer, "hops", CANDOUR_INTEGER);
    id_rows_id_columns(q, "kind", "id");
    id_rows_id_columns(q, "through_kind", "through");
    (void)answer_column(&q->answer, "by", CANDOUR_TEXT);
    id_rows_why_columns(q);
    for (size_t i = 1; i <= n; i++) {
        const reached *r = &e->list[i];
        cd_buffer by = {0};
        for (size_t k = r->lo; k < (q->why ? r->hi : r->lo + 1); k++) {
            answer_whole(&q->answer, r->hops);
            id_rows_id_cells(q, r->id);
            id_rows_id_cells(q, r->through);
            if (q->why)
                answer_text(&q->answer, cd_slice_of(q->ontology->tables[e->rows.list[k].table].name));
            else
                id_rows_tables(q, e->rows.list + r->lo, r->hi - r->lo, &by), answer_buffer(&q->answer, &by);
            id_rows_why_cells(q, &e->rows.list[k]);
        }
    }
}

static void say_reached(ego *e, found_id centre)
{
    question *q = e->q;
    char n[PRINT_TEXT];
    question_name(q, centre, &q->words);
    cd_buffer_printf(&q->words, ": %s within reach", print_count(e->n - 1, n));
    for (uint32_t hops = 1; hops <= e->list[e->n - 1].hops; hops++) {
        size_t of_hops = 0;
        for (size_t i = 0; i < e->n; i++) of_hops += e->list[i].hops == hops;
        cd_buffer_printf(&q->words, ", %s at %" PRIu32, print_count(of_hops, n), hops);
    }
    cd_buffer_printf(&q->words, "\n");
    if (e->n_hubs)
        cd_buffer_printf(&q->words, "%s of more than %" PRIu64 " rows were not gone through\n",
                         print_count(e->n_hubs, n), e->most);
    question_fact(q, "not_gone_through", (int64_t)e->n_hubs);
}

cd_status cmd_ego(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    question q;
    ego e = {.q = &q, .most = UINT64_MAX};
    uint64_t hops = 1;
    const bool *kinds;
    found_id centre;
    CD_TRY(question_open(&q, run, QUESTION_RELATION, NULL, err));
    CD_TRY(cli_whole(run, "hops", 1, 100, &hops, err));
    CD_TRY(cli_whole(run, "avoid-hubs", 1, UINT32_MAX, &e.most, err));
    CD_TRY(question_kinds(&q, LEFT | RIGHT, &kinds, err));
    CD_TRY(question_find(&q, 1, kinds, &centre, err));
    CD_TRY(walk(&e, centre, (uint32_t)hops, err));
    say_reached(&e, centre);
    snprintf(q.title, sizeof q.title, "what stands around %s", run->arguments[1]);
    size_t listed = question_listed(&q, e.n - 1);
    lines(&e, listed);
    if (question_draws(&q)) CD_TRY(draw(&e, listed + 1, (uint32_t)hops, err));
    CD_TRY(question_answer(&q, q.why ? e.rows.n : e.n - 1, err));
done:
    ego_release(&e);
    question_close(&q);
    return st;
}
