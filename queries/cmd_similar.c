/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_similar.c: `candour similar`: who shares most with an id; and `candour around`: who was in a file just before and
 * after another. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "queries/commands.h"
#include "queries/id_rows.h"

/* ---- Similar ---- */

enum { DRAWN = 10 }; /* of those alike, in a graph */

/* One who shares something: of ids on the side that was asked about. */
typedef struct {
    uint32_t number, shared, has; /* has: things of theirs, in all */
    double rare;                  /* a thing that few have counts more: 1 / ln(1 + how many have it) */
    int64_t thousandths;          /* of it: what is ordered and told */
} like;

typedef struct {
    question *q;
    uint32_t kind;
    like *list;
    uint32_t *place, *met; /* per number: 1 + where it stands; scratch */
    size_t n, cap;
    id_rows own;      /* of who was asked about, by what they are with: */
    id_other *things; /* n_things of them, in the order of answers */
    size_t n_things;
} likes;

static int like_compare(const void *a, const void *b, void *context)
{
    const like *x = a, *y = b;
    const likes *l = context;
    if (x->thousandths != y->thousandths) return x->thousandths > y->thousandths ? -1 : 1;
    if (x->shared != y->shared) return x->shared > y->shared ? -1 : 1;
    return found_id_compare(l->q->reader, (found_id){l->kind, x->number}, (found_id){l->kind, y->number});
}

/* Everyone who is tied to one thing, each once: met[] has 1 + the thing they were met at last. */
static cd_status share_thing(likes *l, found_id asked, uint32_t thing, id_rows *rows, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t alike = 0;
    rows->n = 0;
    CD_TRY(id_rows_of(l->q, l->things[thing].id, LEFT | RIGHT, rows, err));
    size_t kept = 0;
    for (size_t i = 0; i < rows->n; i++) {
        found_id who = id_row_other(l->q, &rows->list[i], l->things[thing].id);
        if (who.number == CANDOUR_NO_ID || who.kind != l->kind || l->met[who.number] == thing + 1) continue;
        l->met[who.number] = thing + 1;
        alike++;
        if (!same_id(who, asked)) rows->list[kept++] = rows->list[i];
    }
    for (size_t i = 0; i < kept; i++) {
        found_id who = id_row_other(l->q, &rows->list[i], l->things[thing].id);
        if (!l->place[who.number]) {
            CD_TRY(cd_grow(&l->list, &l->cap, l->n + 1, sizeof *l->list, err));
            l->list[l->n++] = (like){.number = who.number};
            l->place[who.number] = (uint32_t)l->n;
        }
        like *k = &l->list[l->place[who.number] - 1];
        k->shared++, k->rare += 1 / log(1 + alike);
    }
done:
    return st;
}

/* How many things an id is with. */
static cd_status count_things(const question *q, found_id of, id_rows *rows, uint32_t *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *things = NULL;
    size_t n = 0;
    rows->n = 0;
    *out = 0;
    CD_TRY(id_rows_of(q, of, LEFT | RIGHT, rows, err));
    CD_NEW(things, rows->n);
    for (size_t i = 0; i < rows->n; i++) {
        found_id thing = id_row_other(q, &rows->list[i], of);
        if (thing.number != CANDOUR_NO_ID) things[n++] = (uint64_t)thing.kind << 32 | thing.number;
    }
    cd_sort_u64(things, n);
    for (size_t i = 0; i < n; i++) *out += i == 0 || things[i] != things[i - 1];
done:
    cd_free(things);
    return st;
}

static cd_status likes_find(likes *l, found_id asked, cd_err *err)
{
    cd_status st = CD_OK;
    id_rows rows = {0};
    CD_NEW(l->place, candour_reader_ids(l->q->reader, l->kind));
    CD_NEW(l->met, candour_reader_ids(l->q->reader, l->kind));
    CD_TRY(id_rows_of(l->q, asked, LEFT | RIGHT, &l->own, err));
    CD_TRY(id_rows_others(l->q, asked, &l->own, &l->things, &l->n_things, err));
    for (uint32_t i = 0; i < l->n_things; i++) CD_TRY(share_thing(l, asked, i, &rows, err));
    for (size_t i = 0; i < l->n; i++) l->list[i].thousandths = llround(l->list[i].rare * 1000);
    if (l->n > 1) qsort_r(l->list, l->n, sizeof *l->list, like_compare, l);
done:
    id_rows_release(&rows);
    return st;
}

/* The things that the first n share with it, as edges. */
static cd_status draw_likes(likes *l, size_t n, cd_err *err)
{
    cd_status st = CD_OK;
    id_rows rows = {0};
    bool *shared = NULL;
    CD_NEW(shared, l->n_things);
    for (size_t i = 0; i < n; i++) {
        size_t kept = rows.n, begin = rows.n;
        found_id who = {l->kind, l->list[i].number};
        CD_TRY(id_rows_of(l->q, who, LEFT | RIGHT, &rows, err));
        for (size_t k = begin; k < rows.n; k++) {
            found_id other = id_row_other(l->q, &rows.list[k], who);
            const id_other *thing =
                other.number == CANDOUR_NO_ID ? NULL : id_others_find(l->q, l->things, l->n_things, other);
            if (!thing) continue;
            shared[thing - l->things] = true;
            rows.list[kept++] = rows.list[k];
        }
        rows.n = kept;
    }
    for (size_t at = 0; at < l->n_things; at++)
        for (size_t k = l->things[at].lo; shared[at] && k < l->things[at].hi; k++) {
            CD_TRY(cd_grow(&rows.list, &rows.cap, rows.n + 1, sizeof *rows.list, err));
            rows.list[rows.n++] = l->own.list[k];
        }
    CD_TRY(id_rows_graph(l->q, &rows, rows.n, err));
done:
    cd_free(shared);
    id_rows_release(&rows);
    return st;
}

cd_status cmd_similar(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    question q;
    likes l = {.q = &q};
    id_rows rows = {0};
    const bool *kinds;
    found_id asked;
    char n[PRINT_TEXT];
    CD_TRY(question_open(&q, run, QUESTION_RELATION, "accesses", err));
    CD_TRY(question_kinds(&q, LEFT | RIGHT, &kinds, err));
    CD_TRY(question_find(&q, 1, kinds, &asked, err));
    l.kind = asked.kind;
    CD_TRY(likes_find(&l, asked, err));
    size_t listed = question_listed(&q, l.n);
    (void)answer_column(&q.answer, "id", CANDOUR_ID);
    (void)answer_column(&q.answer, "shared", CANDOUR_INTEGER);
    (void)answer_column(&q.answer, "has", CANDOUR_INTEGER);
    (void)answer_column(&q.answer, "jaccard", CANDOUR_REAL);
    (void)answer_column(&q.answer, "rarity", CANDOUR_REAL);
    for (size_t i = 0; i < listed; i++) {
        like *k = &l.list[i];
        CD_TRY(count_things(&q, (found_id){l.kind, k->number}, &rows, &k->has, err));
        answer_text(&q.answer, question_id(&q, (found_id){l.kind, k->number}));
        answer_whole(&q.answer, k->shared);
        answer_whole(&q.answer, k->has);
        answer_real(&q.answer, round(1000.0 * k->shared / ((double)l.n_things + k->has - k->shared)) / 1000);
        answer_real(&q.answer, (double)k->thousandths / 1000);
    }
    question_name(&q, asked, &q.words);
    cd_buffer_printf(&q.words, " is tied to %zu; %s share any of them\n", l.n_things, print_count(l.n, n));
    question_fact(&q, "has", (int64_t)l.n_things);
    snprintf(q.title, sizeof q.title, "who is like %s", run->arguments[1]);
    (void)question_node(&q, asked, true);
    if (q.form != GRAPH_NO_FORM) {
        size_t drawn = listed < DRAWN ? listed : DRAWN;
        snprintf(q.title, sizeof q.title, "the %zu most like %s, and what they share", drawn, run->arguments[1]);
        q.limit = UINT64_MAX; /* the title says how many there are */
        CD_TRY(draw_likes(&l, drawn, err));
    }
    CD_TRY(question_answer(&q, l.n, err));
done:
    cd_free(l.place);
    cd_free(l.met);
    cd_free(l.list);
    cd_free(l.things);
    id_rows_release(&l.own);
    id_rows_release(&rows);
    question_close(&q);
    return st;
}

/* ---- Around ---- */

/* `30m`, `2h`, `90s`, `1d`. */
static cd_status read_window(const cli_run *run, int64_t *out, cd_err *err)
{
    const char *text = cli_value(run, "window");
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end = NULL;
    if (!text) return CD_OK;
    unsigned long n = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    for (size_t i = 0; n > 0 && n <= 1000000 && i < sizeof units / sizeof *units; i++)
        if (end[0] == units[i].letter && !end[1]) {
            *out = (int64_t)n * units[i].seconds;
            return CD_OK;
        }
    return cd_fail(err, CD_EUSAGE,
                   "--window takes a number of seconds, minutes, hours or days, as in 90s, 30m, 2h or 1d, not '%s'",
                   text);
}

/* Two rows of others, the later within the window after the earlier. */
typedef struct {
    size_t before, after;
} met_pair;

static cd_status pairs_find(const question *q, const id_rows *rows, found_id asked, int64_t window, met_pair **out,
                            size_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    size_t cap = 0;
    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = i + 1; k < rows->n && rows->list[k].at - rows->list[i].at <= window; k++) {
            if (rows->list[i].at == CANDOUR_UNKNOWN) break;
            if (same_id(id_row_other(q, &rows->list[i], asked), id_row_other(q, &rows->list[k], asked))) continue;
            CD_TRY(cd_grow(out, &cap, *n + 1, sizeof **out, err));
            (*out)[(*n)++] = (met_pair){i, k};
        }
done:
    return st;
}

static void around_lines(question *q, const id_rows *rows, found_id asked, const met_pair *pairs, size_t n)
{
    (void)answer_column(&q->answer, "at", CANDOUR_TIME);
    (void)answer_column(&q->answer, "id", CANDOUR_ID);
    id_rows_says_column(q);
    (void)answer_column(&q->answer, "seconds_later", CANDOUR_INTEGER);
    (void)answer_column(&q->answer, "other_id", CANDOUR_ID);
    (void)answer_column(&q->answer, "other_says", CANDOUR_TEXT);
    id_rows_why_columns(q);
    if (q->why) {
        (void)answer_column(&q->answer, "other_source", CANDOUR_TEXT);
        (void)answer_column(&q->answer, "other_line", CANDOUR_INTEGER);
    }
    for (size_t i = 0; i < n; i++) {
        const id_row *a = &rows->list[pairs[i].before], *b = &rows->list[pairs[i].after];
        answer_whole(&q->answer, a->at);
        answer_text(&q->answer, question_id(q, id_row_other(q, a, asked)));
        id_rows_says_cell(q, a);
        answer_whole(&q->answer, b->at - a->at);
        answer_text(&q->answer, question_id(q, id_row_other(q, b, asked)));
        id_rows_says_cell(q, b);
        id_rows_why_cells(q, a);
        id_rows_why_cells(q, b);
    }
}

cd_status cmd_around(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    question q;
    id_rows rows = {0};
    met_pair *pairs = NULL;
    size_t n = 0;
    const bool *kinds;
    found_id asked;
    int64_t window = 1800;
    char a[PRINT_TEXT], b[PRINT_TEXT];
    CD_TRY(question_open(&q, run, QUESTION_RELATION, "accesses", err));
    CD_TRY(read_window(run, &window, err));
    CD_TRY(question_kinds(&q, RIGHT, &kinds, err));
    CD_TRY(question_find(&q, 1, kinds, &asked, err));
    CD_TRY(id_rows_of(&q, asked, RIGHT, &rows, err));
    id_rows_sort(&q, &rows);
    CD_TRY(pairs_find(&q, &rows, asked, window, &pairs, &n, err));
    around_lines(&q, &rows, asked, pairs, question_listed(&q, n));
    question_name(&q, asked, &q.words);
    cd_buffer_printf(&q.words, ": %s row%s, %s time%s somebody within %s after another\n", print_count(rows.n, a),
                     rows.n == 1 ? "" : "s", print_count(n, b), n == 1 ? "" : "s",
                     cli_value(run, "window") ? cli_value(run, "window") : "30m");
    snprintf(q.title, sizeof q.title, "who came just before and after in %s", run->arguments[1]);
    CD_TRY(question_answer(&q, n, err));
done:
    cd_free(pairs);
    id_rows_release(&rows);
    question_close(&q);
    return st;
}
