/* SPDX-License-Identifier: GPL-3.0-or-later
 * question.c: options in, answers out. */
#include "queries/question.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queries/cell_out.h"
#include "queries/commands.h"

enum { FIRST_ROWS = 50, FIRST_DRAWN = 300 };

/* ---- Options ---- */

static cd_status unknown_table(const question *q, const char *name, unsigned classes, cd_err *err)
{
    cli_nearest nearest = cli_nearest_to(name);
    if (candour_table_find(q->ontology, cd_slice_of(name)) >= 0)
        return cd_fail(err, CD_EUSAGE, "this question is of relations, and '%s' ties nothing to anything", name);
    for (uint32_t t = 0; t < q->ontology->n_tables; t++)
        if (classes >> q->ontology->tables[t].class_of & 1) cli_nearest_try(&nearest, q->ontology->tables[t].name);
    if (nearest.best)
        return cd_fail(err, CD_EUSAGE, "no table '%s' to look at; did you mean '%s'?", name, nearest.best);
    return cd_fail(err, CD_EUSAGE, "no table '%s' to look at; `candour info` lists what there is", name);
}

static cd_status read_tables(question *q, unsigned classes, const char *usual, cd_err *err)
{
    cd_status st = CD_OK;
    const char *names = cli_value(q->run, "relations") ? cli_value(q->run, "relations") : usual;
    q->tables = cd_arena_alloc(&q->run->arena, q->ontology->n_tables, sizeof *q->tables, err);
    if (!q->tables) return CD_EMEMORY;
    for (uint32_t t = 0; t < q->ontology->n_tables; t++)
        q->tables[t] = !names && (classes >> q->ontology->tables[t].class_of & 1);
    while (names && *names) {
        size_t n = strcspn(names, ",");
        const char *name = cd_arena_copy(&q->run->arena, names, n, err);
        if (!name) return CD_EMEMORY;
        int32_t t = candour_table_find(q->ontology, cd_slice_of(name));
        if (t < 0 || !(classes >> q->ontology->tables[t].class_of & 1)) CD_TRY(unknown_table(q, name, classes, err));
        q->tables[t] = true;
        names += n + (names[n] == ',');
    }
    for (uint32_t t = 0; t < q->ontology->n_tables; t++) q->n_tables += q->tables[t];
done:
    return st;
}

static cd_status read_forms(question *q, cd_err *err)
{
    static const char *const forms[] = {"table", "csv", "html", "json", "graphml", "gexf", "dot", "svg"};
    const char *given = NULL;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (!cli_given(q->run, forms[i])) continue;
        if (given) return cd_fail(err, CD_EUSAGE, "an answer has one form: take --%s or --%s", given, forms[i]);
        given = forms[i];
    }
    q->form = graph_form_of(q->run);
    bool to_people = !given || strcmp(given, "table") == 0 || strcmp(given, "html") == 0;
    q->limit = q->form == GRAPH_SVG ? FIRST_DRAWN : to_people ? FIRST_ROWS : UINT64_MAX;
    q->why = cli_given(q->run, "why");
    return cli_whole(q->run, "limit", 1, UINT32_MAX, &q->limit, err);
}

cd_status question_open(question *q, cli_run *run, unsigned classes, const char *usual, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_open_options how = {.untrusted = cli_given(run, "untrusted")};
    *q = (question){.run = run, .from = CANDOUR_UNKNOWN, .to = CANDOUR_UNKNOWN};
    CD_TRY(cli_time(run, "from", &q->from, err));
    CD_TRY(cli_time(run, "to", &q->to, err));
    if (q->from != CANDOUR_UNKNOWN && q->to != CANDOUR_UNKNOWN && q->from >= q->to)
        CD_TRY(cd_fail(err, CD_EUSAGE, "--from %s does not come before --to %s", cli_value(run, "from"),
                       cli_value(run, "to")));
    CD_TRY(read_forms(q, err));
    CD_TRY(candour_store_open(run->arguments[0], &how, &q->store, err));
    CD_TRY(candour_reader_open(q->store, &q->reader, err));
    q->ontology = candour_reader_ontology(q->reader);
    CD_TRY(read_tables(q, classes, usual, err));
    for (uint32_t k = 0; k < q->ontology->n_kinds; k++) (void)graph_out_kind(&q->graph, q->ontology->kinds[k].name);
done:
    return st;
}

void question_close(question *q)
{
    answer_table_release(&q->answer);
    graph_out_release(&q->graph);
    cd_buffer_release(&q->words);
    cd_buffer_release(&q->picture);
    cd_buffer_release(&q->facts);
    candour_reader_close(q->reader);
    cmd_close_store(q->run, q->store);
}

/* ---- Ids ---- */

cd_status question_kinds(question *q, int sides, const bool **out, cd_err *err)
{
    bool *kinds = cd_arena_alloc(&q->run->arena, q->ontology->n_kinds, sizeof *kinds, err);
    if (!kinds) return CD_EMEMORY;
    for (uint32_t k = 0; k < q->ontology->n_kinds; k++) kinds[k] = false;
    for (uint32_t t = 0; t < q->ontology->n_tables; t++) {
        const candour_table *table = &q->ontology->tables[t];
        if (!q->tables[t]) continue;
        if (sides & LEFT) kinds[table->columns[0].kind] = true;
        if (sides & RIGHT && table->class_of == CANDOUR_RELATION) kinds[table->columns[1].kind] = true;
    }
    *out = kinds;
    return CD_OK;
}

cd_status question_find(question *q, size_t argument, const bool *kinds, found_id *out, cd_err *err)
{
    return find_id(q->reader, kinds, q->run->arguments[argument], out, err);
}

cd_slice question_id(const question *q, found_id id) { return candour_reader_id(q->reader, id.kind, id.number); }

void question_name(question *q, found_id id, cd_buffer *out)
{
    cd_slice text = question_id(q, id);
    cd_buffer_printf(out, "%s ", q->ontology->kinds[id.kind].name);
    for (uint32_t i = 0; i < text.n; i++) {
        bool steers = (unsigned char)text.bytes[i] < 0x20 || text.bytes[i] == 0x7f;
        cd_buffer_add(out, steers ? "?" : &text.bytes[i], 1);
    }
}

void question_fact(question *q, const char *name, int64_t value)
{
    cd_buffer_printf(&q->facts, "%s\"%s\": %" PRId64, q->facts.n ? ", " : "", name, value);
}

uint32_t question_node(question *q, found_id id, bool strong)
{
    uint32_t v = graph_out_node(&q->graph, id.kind, question_id(q, id), false);
    if (strong) graph_out_at(&q->graph, v)->strong = true;
    return v;
}

/* ---- The answer ---- */

bool question_draws(const question *q) { return q->form != GRAPH_NO_FORM || cli_given(q->run, "html"); }

size_t question_listed(const question *q, size_t n) { return q->limit < n ? (size_t)q->limit : n; }

static cd_status write_json(question *q, size_t n, size_t total, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer *out = &q->run->out;
    question_fact(q, "rows", (int64_t)total);
    if (q->facts.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory while making the answer"));
    cd_buffer_printf(out, "{\"question\": \"%s\", ", q->run->command->name);
    CD_TRY(answer_json(&q->answer, n, out, err));
    cd_buffer_printf(out, ",\n \"facts\": {%.*s}}\n", (int)q->facts.n, q->facts.bytes);
done:
    return st;
}

static void say_lines(report *r, const cd_buffer *lines)
{
    for (size_t at = 0; at < lines->n;) {
        const char *end = memchr(lines->bytes + at, '\n', lines->n - at);
        size_t n = end ? (size_t)(end - lines->bytes) - at : lines->n - at;
        report_say(r, "%.*s", (int)n, lines->bytes + at);
        at += n + 1;
    }
}

static cd_status write_words(question *q, size_t n, size_t total, cd_err *err)
{
    cd_status st = CD_OK;
    report r;
    cd_buffer picture = {0};
    char more[PRINT_TEXT];
    report_begin(&r, &q->run->out, cli_given(q->run, "html"), q->title);
    say_lines(&r, &q->words);
    if (q->picture.n && q->words.n && !r.html) cd_buffer_printf(r.out, "\n");
    if (q->picture.n) report_block(&r, (cd_slice){q->picture.bytes, (uint32_t)q->picture.n});
    if (r.html && q->graph.n_nodes) {
        CD_TRY(graph_out_write(&q->graph, GRAPH_SVG, &picture, err));
        report_picture(&r, (cd_slice){picture.bytes, (uint32_t)picture.n});
    }
    if (n) {
        if (q->words.n && !r.html) cd_buffer_printf(r.out, "\n");
        CD_TRY(answer_say(&q->answer, n, &r, err));
    }
    if (n < total) report_say(&r, "%s more; --limit %zu lists them all", print_count(total - n, more), total);
    CD_TRY(report_end(&r, err));
done:
    cd_buffer_release(&picture);
    return st;
}

cd_status question_answer(question *q, size_t total, cd_err *err)
{
    size_t n = question_listed(q, total);
    if (n > q->answer.n_rows) n = q->answer.n_rows;
    q->graph.title = q->title;
    if (q->form == GRAPH_SVG && n < total)
        q->graph.title =
            graph_out_text(&q->graph, "%s: the first %zu of %zu; --limit draws more", q->title, n, total).bytes;
    if (q->graph.status != CD_OK || q->answer.status != CD_OK || q->words.status != CD_OK ||
        q->picture.status != CD_OK || q->facts.status != CD_OK)
        return cd_fail(err, CD_EMEMORY, "out of memory while making the answer");
    if (q->form != GRAPH_NO_FORM) return graph_out_write(&q->graph, q->form, &q->run->out, err);
    if (cli_given(q->run, "json")) return write_json(q, n, total, err);
    if (cli_given(q->run, "csv")) return answer_csv(&q->answer, n, &q->run->out, err);
    return write_words(q, n, total, err);
}
