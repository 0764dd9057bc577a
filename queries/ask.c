/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask.c: parameters from the command line, a query from text to rows, and where in the text a fault is. */
#include "queries/ask.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "engine/base/civil.h"
#include "queries/ask_out.h"
#include "queries/language/bind.h"
#include "queries/language/execute.h"
#include "queries/language/parse.h"
#include "queries/language/plan_print.h"
#include "queries/language/unknown.h"

/* ---- Parameters ---- */

static cd_status value_of_json(const json_t *json, value_pool *pool, value *out, cd_err *err);

static cd_status list_of_json(const json_t *json, value_pool *pool, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = (uint32_t)json_array_size(json);
    value *items = value_pool_alloc(pool, ((size_t)n + 1) * sizeof *items, err);
    if (!items) return CD_EMEMORY;
    for (uint32_t i = 0; i < n; i++) CD_TRY(value_of_json(json_array_get(json, i), pool, &items[i], err));
    *out = (value){.type = VALUE_LIST, .n = n, .as.items = items};
done:
    return st;
}

static cd_status map_of_json(const json_t *json, value_pool *pool, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = 0;
    value_entry *entries = value_pool_alloc(pool, (json_object_size(json) + 1) * sizeof *entries, err);
    const char *key;
    json_t *item;
    if (!entries) return CD_EMEMORY;
    json_object_foreach((json_t *)json, key, item) {
        entries[n].key = cd_slice_of(key);
        CD_TRY(value_of_json(item, pool, &entries[n++].value, err));
    }
    value map;
    CD_TRY(value_map_of(pool, entries, n, &map, err));
    CD_TRY(value_keep(pool, map, out, err)); /* its keys are the JSON's until then */
done:
    return st;
}

static cd_status value_of_json(const json_t *json, value_pool *pool, value *out, cd_err *err)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT: return map_of_json(json, pool, out, err);
    case JSON_ARRAY: return list_of_json(json, pool, out, err);
    case JSON_STRING:
        return value_keep(pool, value_text((cd_slice){json_string_value(json), (uint32_t)json_string_length(json)}), out, err);
    case JSON_INTEGER: return *out = value_integer(json_integer_value(json)), CD_OK;
    case JSON_REAL: return *out = value_real(json_real_value(json)), CD_OK;
    case JSON_TRUE: return *out = value_boolean(true), CD_OK;
    case JSON_FALSE: return *out = value_boolean(false), CD_OK;
    default: return *out = value_null(), CD_OK;
    }
}

static cd_status parameter_time(cd_slice text, bool date, value *out, cd_err *err)
{
    enum { DAY = 86400 };
    int64_t at;
    bool zone;
    if (cd_time_read(text.bytes, text.n, &at, &zone) != CD_TIME_OK)
        return cd_fail(err, CD_EUSAGE, "'%.*s' is no %s; write it as 2026-03-01%s", (int)(text.n < 64 ? text.n : 64), text.bytes,
                       date ? "date" : "time", date ? "" : " or 2026-03-01T07:30:00Z");
    int64_t days = at / DAY - (at % DAY < 0);
    *out = date ? value_date(days) : value_time(at);
    return CD_OK;
}

cd_status ask_parameter_add(ask_parameters *p, cd_slice written, cd_err *err)
{
    cd_status st = CD_OK;
    json_t *json = NULL;
    const char *equals = memchr(written.bytes, '=', written.n);
    cd_slice name = {written.bytes, equals ? (uint32_t)(equals - written.bytes) : 0};
    if (name.n == 0)
        return cd_fail(err, CD_EUSAGE, "'%.*s' is no parameter; write it as name=VALUE", (int)(written.n < 64 ? written.n : 64), written.bytes);
    cd_slice text = {equals + 1, written.n - name.n - 1};
    const char *colon = memchr(name.bytes, ':', name.n);
    cd_slice type = {colon ? colon + 1 : NULL, colon ? (uint32_t)(name.bytes + name.n - colon - 1) : 0};
    if (colon) name.n = (uint32_t)(colon - name.bytes);
    value v, kept_name;
    if (colon && (cd_slice_equal(type, cd_slice_of("time")) || cd_slice_equal(type, cd_slice_of("date"))))
        CD_TRY(parameter_time(text, type.bytes[0] == 'd', &v, err));
    else if (colon)
        CD_TRY(cd_fail(err, CD_EUSAGE, "'%.*s' is no type of a parameter; it may be `time` or `date`", (int)type.n, type.bytes));
    else if ((json = json_loadb(text.bytes, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL)))
        CD_TRY(value_of_json(json, &p->pool, &v, err));
    else CD_TRY(value_keep(&p->pool, value_text(text), &v, err));
    CD_TRY(value_keep(&p->pool, value_text(name), &kept_name, err));
    uint32_t i = 0;
    while (i < p->n && !cd_slice_equal(p->names[i], name)) i++;
    CD_TRY(cd_grow(&p->names, &p->cap_names, (size_t)i + 1, sizeof *p->names, err));
    CD_TRY(cd_grow(&p->values, &p->cap_values, (size_t)i + 1, sizeof *p->values, err));
    if (i == p->n) p->n++;
    p->names[i] = value_slice(kept_name), p->values[i] = v;
done:
    json_decref(json);
    return st;
}

void ask_parameters_release(ask_parameters *p)
{
    cd_free(p->names);
    cd_free(p->values);
    value_pool_release(&p->pool);
    *p = (ask_parameters){0};
}

/* The values of the parameters that a query names, in its order. */
static cd_status parameters_for(const query *q, const ask_parameters *given, cd_arena *arena, query_fault *fault, const value **out, cd_err *err)
{
    value *values = cd_arena_alloc(arena, (size_t)q->n_parameters + 1, sizeof *values, err);
    if (!values) return CD_EMEMORY;
    for (uint32_t i = 0; i < q->n_parameters; i++) {
        uint32_t k = 0;
        while (given && k < given->n && !cd_slice_equal(given->names[k], q->parameters[i])) k++;
        if (!given || k == given->n)
            return query_fail(fault, QUERY_NOWHERE, "ParameterMissing", "MissingParameter", err, "$%.*s has no value; give it with --param %.*s=VALUE, in the shell with \\param",
                              (int)q->parameters[i].n, q->parameters[i].bytes, (int)q->parameters[i].n, q->parameters[i].bytes);
        values[i] = given->values[k];
    }
    *out = values;
    return CD_OK;
}

/* ---- From text to rows ---- */

static cd_status take_row(void *context, evaluation *e, const value *row, uint32_t n, cd_err *err)
{
    (void)n;
    return ask_out_row(context, e, row, err);
}

/* Of a query that is profiled only what its steps did is told. */
static cd_status drop_row(void *context, evaluation *e, const value *row, uint32_t n, cd_err *err)
{
    (void)context, (void)e, (void)row, (void)n, (void)err;
    return CD_OK;
}

typedef struct {
    candour_store *store;
    candour_reader *reader;
    const ask_options *options;
    cd_arena arena;
    query *q;
    query_plan *plan;
    const value *parameters;
} asking;

/* The steps, a line each; as JSON a list of lines. */
static cd_status print_steps(const asking *a, const query_stats *stats, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer text = {0};
    bool json = a->options->form == ASK_JSON || a->options->form == ASK_NDJSON;
    query_plan_print(a->plan, a->reader, stats, json ? &text : out);
    if (!json) return CD_OK;
    cd_buffer_printf(out, "{\"plan\":[");
    for (size_t at = 0; at < text.n && text.status == CD_OK;) {
        const char *end = memchr(text.bytes + at, '\n', text.n - at);
        size_t n = end ? (size_t)(end - text.bytes) - at : text.n - at;
        if (at) cd_buffer_add(out, ",\n", 2);
        CD_TRY(value_json(NULL, value_text((cd_slice){text.bytes + at, (uint32_t)n}), out, err));
        at += n + 1;
    }
    cd_buffer_printf(out, "]}\n");
    if (text.status != CD_OK) st = cd_fail(err, CD_EMEMORY, "out of memory while writing the plan");
done:
    cd_buffer_release(&text);
    return st;
}

static cd_status run(asking *a, cd_buffer *out, ask_result *result, cd_err *err)
{
    cd_status st = CD_OK;
    ask_out rows = {0};
    query_stats stats = {0};
    bool profile = a->q->wish == QUERY_PROFILE;
    query_sink sink = {.row = profile ? drop_row : take_row, .context = &rows};
    query_limits limits = {.path = a->options->path,
                           .parameters = a->parameters,
                           .now = (int64_t)time(NULL),
                           .timeout_seconds = a->options->timeout_seconds,
                           .memory_bytes = a->options->memory_bytes,
                           .most_rows = a->options->most_rows,
                           .threads = a->options->threads,
                           .progress = a->options->progress,
                           .profile = profile};
    if (!profile) CD_TRY(ask_out_begin(&rows, a->options, candour_reader_ontology(a->reader), a->plan->columns, a->plan->n_columns, out, err));
    rows.held = a->options->held;
    CD_TRY(query_execute(a->plan, a->store, a->reader, &limits, &sink, &a->arena, &stats, &result->fault, err));
    CD_TRY(candour_store_judge(a->store, CD_OK, err));
    if (profile) CD_TRY(print_steps(a, &stats, out, err));
    else CD_TRY(ask_out_end(&rows, err));
    result->rows = stats.rows, result->cut = stats.cut;
done:
    ask_out_release(&rows);
    return st;
}

/* Puts line and column before the words. */
static void place_fault(cd_slice text, const query_fault *fault, cd_err *err)
{
    uint32_t line, column;
    cd_err placed = {.status = err->status};
    if (!fault->type || fault->at == QUERY_NOWHERE) return;
    query_place(text, fault->at, &line, &column);
    snprintf(placed.text, sizeof placed.text, "line %u, column %u: %.*s", line, column, (int)sizeof placed.text - 64, err->text);
    *err = placed;
}

cd_status ask(candour_store *store, candour_reader *reader, cd_slice text, const ask_parameters *parameters, const ask_options *options,
              cd_buffer *out, ask_result *result, cd_err *err)
{
    cd_status st = CD_OK;
    asking a = {.store = store, .reader = reader, .options = options};
    *result = (ask_result){.fault = {.at = QUERY_NOWHERE}};
    CD_TRY(query_parse(text, &a.arena, &a.q, &result->fault, err));
    CD_TRY(query_bind(a.q, &a.arena, &result->fault, err));
    query_unknown_name(a.q, candour_store_ontology(store), result->remark, sizeof result->remark);
    CD_TRY(parameters_for(a.q, parameters, &a.arena, &result->fault, &a.parameters, err));
    CD_TRY(query_plan_make(a.q, reader, true, &a.arena, &a.plan, err));
    if (a.q->wish == QUERY_EXPLAIN) CD_TRY(print_steps(&a, NULL, out, err));
    else CD_TRY(run(&a, out, result, err));
done:
    if (st != CD_OK) place_fault(text, &result->fault, err);
    st = candour_store_judge(store, st, err);
    if (st == CD_ESTORE) out->n = 0, result->fault = (query_fault){.at = QUERY_NOWHERE};
    cd_arena_release(&a.arena);
    return st;
}

void ask_show_place(cd_slice text, const query_fault *fault, cd_buffer *out)
{
    enum { BEFORE = 60, AFTER = 30 };
    uint32_t at = fault->at < text.n ? fault->at : text.n, from = at, to = at, column = 0;
    if (!fault->type || fault->at == QUERY_NOWHERE) return;
    while (from > 0 && text.bytes[from - 1] != '\n' && at - from < BEFORE) from--;
    while (to < text.n && text.bytes[to] != '\n' && to - at < AFTER) to++;
    while (from < at && ((unsigned char)text.bytes[from] & 0xc0) == 0x80) from++;
    for (uint32_t i = from; i < at; i++) column += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
    cd_slice line = cd_slice_cut((cd_slice){text.bytes + from, text.n - from}, to - from);
    cd_buffer_printf(out, "  ");
    for (uint32_t i = 0; i < line.n; i++) cd_buffer_add(out, (unsigned char)line.bytes[i] < ' ' ? " " : line.bytes + i, 1);
    cd_buffer_printf(out, "\n  %*s^\n", (int)column, "");
}
