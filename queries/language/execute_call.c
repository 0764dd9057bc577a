/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_call.c: CALL: the rows of a kernel, run over relations, or of the store's latest sweep, as rows of a query. */
#include <stddef.h>
#include <string.h>

#include "queries/language/execute_inside.h"
#include "queries/language/procedures.h"

typedef struct {
    running *r;
    cd_progress progress; /* for kernels: whether the query may go on */
    uint32_t at;
    uint64_t times;
    const clause *c;
    query_procedure procedure;
    candour_graph_options graph;
    candour_kernel_options kernel;
} calling;

static cd_status call_fail(const calling *c, cd_err *err, const char *words, cd_slice about)
{
    return query_fail(c->r->x->e.fault, c->c->at, "ArgumentError", "InvalidArgumentValue", err, words, (int)about.n, about.bytes);
}

/* Hands on one row: its values by column. */
static cd_status call_row(const calling *c, const value *row, cd_err *err)
{
    cd_status st = CD_OK;
    evaluation *e = &c->r->x->e;
    value_mark mark = value_pool_mark(e->pool);
    for (uint32_t i = 0; i < c->c->n_yields; i++)
        for (uint32_t k = 0; k < c->procedure.n_columns; k++)
            if (cd_slice_equal(c->c->yields[i].name, c->procedure.columns[k])) e->slots[c->c->yields[i].slot] = row[k];
    CD_TRY(execution_tick(c->r->x, err));
    CD_TRY(hand_on(c->r, c->at + 1, c->times, err));
done:
    value_pool_rewind(e->pool, mark);
    return st;
}

/* ---- Kernels ---- */

static bool may_go_on(void *context, const cd_progress_state *state)
{
    const execution *x = context;
    return !execution_late(x) && cd_progress_step(x->limits->progress, state);
}

/* A text with a NUL behind it, as the library takes names. */
static cd_status text_of(const calling *c, value v, const char **out, cd_err *err)
{
    if (v.type != VALUE_TEXT) return call_fail(c, err, "%.*s: a text is asked for", c->procedure.name);
    char *copy = value_pool_alloc(c->r->x->e.pool, (size_t)v.n + 1, err);
    if (!copy) return CD_EMEMORY;
    memcpy(copy, v.as.text, v.n);
    copy[v.n] = '\0';
    *out = copy;
    return CD_OK;
}

/* A list of texts; relations may be said by their types or by their tables' names. */
static cd_status texts_of(const calling *c, value list, bool relations, const char *const **out, uint32_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_ontology *o = candour_reader_ontology(c->r->x->e.reader);
    if (list.type != VALUE_LIST) return call_fail(c, err, "%.*s: a list of texts is asked for, as in {relations: ['ACCESSED']}", c->procedure.name);
    const char **texts = value_pool_alloc(c->r->x->e.pool, ((size_t)list.n + 1) * sizeof *texts, err);
    if (!texts) return CD_EMEMORY;
    for (uint32_t i = 0; i < list.n; i++) {
        CD_TRY(text_of(c, list.as.items[i], &texts[i], err));
        for (uint32_t t = 0; relations && t < o->n_tables; t++)
            if (o->tables[t].class_of == CANDOUR_RELATION && strcmp(o->tables[t].label, texts[i]) == 0) texts[i] = o->tables[t].name;
    }
    *out = texts, *n = list.n;
done:
    return st;
}

typedef enum { WHOLE, REAL, TEXT } option_type;
static const struct {
    const char *name;
    option_type type;
    size_t at;
} kernel_options[] = {
#define OPTION(name, type) {#name, type, offsetof(candour_kernel_options, name)}
    OPTION(start, TEXT),   OPTION(end, TEXT),        OPTION(hops, WHOLE),       OPTION(paths, WHOLE),  OPTION(top, WHOLE),
    OPTION(rounds, WHOLE), OPTION(partners, WHOLE),  OPTION(least, WHOLE),      OPTION(alpha, WHOLE),  OPTION(beta, WHOLE),
    OPTION(damping, REAL), OPTION(tolerance, REAL),  OPTION(resolution, REAL),  OPTION(level, REAL),   OPTION(side, TEXT),
    OPTION(weight, TEXT),  OPTION(strata, TEXT),     OPTION(cap, WHOLE),
#undef OPTION
};

static bool is_taken(const candour_kernel *kernel, const char *option)
{
    return strcmp(option, "top") == 0 || candour_kernel_takes(kernel, option);
}

static cd_status kernel_option(calling *c, const value_entry *entry, cd_err *err)
{
    for (size_t i = 0; i < sizeof kernel_options / sizeof *kernel_options; i++) {
        if (!cd_slice_equal(cd_slice_of(kernel_options[i].name), entry->key) || !is_taken(c->procedure.kernel, kernel_options[i].name)) continue;
        char *to = (char *)&c->kernel + kernel_options[i].at;
        value v = entry->value;
        switch (kernel_options[i].type) {
        case TEXT: return text_of(c, v, (const char **)(void *)to, err);
        case WHOLE:
            if (v.type != VALUE_INTEGER || v.as.integer < 0 || v.as.integer >= UINT32_MAX)
                return call_fail(c, err, "`%.*s` takes a whole number", entry->key);
            *(uint32_t *)(void *)to = (uint32_t)v.as.integer;
            return CD_OK;
        default:
            if (v.type != VALUE_REAL && v.type != VALUE_INTEGER) return call_fail(c, err, "`%.*s` takes a number", entry->key);
            *(double *)(void *)to = v.type == VALUE_REAL ? v.as.real : (double)v.as.integer;
            return CD_OK;
        }
    }
    return query_fail(c->r->x->e.fault, c->c->at, "ArgumentError", "InvalidArgumentValue", err,
                      "%.*s takes no `%.*s`; it takes: relations from to where %s", (int)c->procedure.name.n, c->procedure.name.bytes,
                      (int)entry->key.n, entry->key.bytes, c->procedure.kernel->takes);
}

static cd_status call_options(calling *c, value options, cd_err *err)
{
    cd_status st = CD_OK;
    c->graph = (candour_graph_options){.from = CANDOUR_UNKNOWN, .to = CANDOUR_UNKNOWN, .times = c->procedure.kernel->times};
    c->graph.memory_bytes = c->r->x->limits->memory_bytes, c->graph.progress = &c->progress;
    for (uint32_t i = 0; i < options.n; i++) {
        const value_entry *entry = &options.as.entries[i];
        value v = entry->value;
        bool from = cd_slice_equal(entry->key, cd_slice_of("from"));
        if (cd_slice_equal(entry->key, cd_slice_of("relations"))) CD_TRY(texts_of(c, v, true, &c->graph.relations, &c->graph.n_relations, err));
        else if (cd_slice_equal(entry->key, cd_slice_of("where"))) CD_TRY(texts_of(c, v, false, &c->graph.where, &c->graph.n_where, err));
        else if (from || cd_slice_equal(entry->key, cd_slice_of("to"))) {
            if (v.type != VALUE_TIME) CD_TRY(call_fail(c, err, "`%.*s` takes a time, as in datetime('2026-03-01')", entry->key));
            *(from ? &c->graph.from : &c->graph.to) = v.as.seconds;
        } else CD_TRY(kernel_option(c, entry, err));
    }
    if (c->graph.n_relations == 0)
        CD_TRY(call_fail(c, err, "%.*s: say over which relations, as in {relations: ['ACCESSED']}", c->procedure.name));
done:
    return st;
}

static value value_of_answer(candour_type type, const candour_values *v, uint32_t row)
{
    switch (type) {
    case CANDOUR_REAL: return v->real[row] == v->real[row] ? value_real(v->real[row]) : value_null();
    case CANDOUR_INTEGER: return v->integer[row] == CANDOUR_UNKNOWN ? value_null() : value_integer(v->integer[row]);
    case CANDOUR_TIME: return v->integer[row] == CANDOUR_UNKNOWN ? value_null() : value_time(v->integer[row]);
    default: return value_text(v->text[row]);
    }
}

static cd_status take_rows(void *context, const candour_answer_column *columns, uint32_t n_columns, uint32_t n, const candour_values *values,
                           cd_err *err)
{
    const calling *c = context;
    value row[PROCEDURE_COLUMNS];
    for (uint32_t i = 0; i < n && !enough(c->r, c->at); i++) {
        for (uint32_t k = 0; k < n_columns && k < PROCEDURE_COLUMNS; k++) row[k] = value_of_answer(columns[k].type, &values[k], i);
        cd_status st = call_row(c, row, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

static cd_status call_kernel(calling *c, cd_err *err)
{
    cd_status st = CD_OK;
    candour_graph *graph = NULL;
    candour_sink sink = {.rows = take_rows, .context = c};
    value options = {.type = VALUE_MAP};
    if (c->c->n_arguments > 0) CD_TRY(evaluate(&c->r->x->e, c->c->arguments[0], &options, err));
    if (options.type != VALUE_MAP || c->c->n_arguments > 1)
        CD_TRY(call_fail(c, err, "%.*s takes one map, as in {relations: ['ACCESSED']}", c->procedure.name));
    CD_TRY(call_options(c, options, err));
    CD_TRY(candour_graph_open(c->r->x->e.store, &c->graph, &graph, err));
    CD_TRY(candour_kernel_run(graph, c->procedure.kernel->name, &c->kernel, &sink, err));
done:
    candour_graph_close(graph);
    if (st == CD_ESTOPPED && execution_late(c->r->x)) {
        cd_err_clear(err);
        st = execution_too_late(c->r->x, err);
    }
    return st;
}

/* ---- Sweeps ---- */

/* The officer as a node of this store, which may have moved on since the sweep: null where it has them no more. */
static value officer_node(const calling *c, cd_slice id)
{
    candour_reader *reader = c->r->x->e.reader;
    const candour_ontology *o = candour_reader_ontology(reader);
    for (uint32_t k = 0; k < o->n_kinds; k++) {
        if (strcmp(o->kinds[k].name, "officer") != 0) continue;
        uint32_t number = candour_reader_find(reader, k, id);
        if (number != CANDOUR_NO_ID) return (value){.type = VALUE_NODE, .n = o->kinds[k].table, .as.row = number};
    }
    return value_null();
}

static value decibans(int64_t centibans) { return value_real((double)centibans / 100); }

/* Findings of one detector (UINT32_MAX: of all), officer by officer as they stand in the queue. */
static cd_status call_findings(const calling *c, const candour_sweep *sweep, uint32_t detector, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = candour_sweep_facts(sweep).n_officers;
    for (uint32_t place = 1; place <= n && !enough(c->r, c->at); place++) {
        uint32_t officer = candour_sweep_queued(sweep, place);
        candour_ranked ranked = candour_sweep_officer(sweep, officer);
        for (uint32_t i = 0; i < ranked.n_findings && !enough(c->r, c->at); i++) {
            candour_found f = candour_sweep_finding(sweep, officer, i);
            if (detector != UINT32_MAX && f.detector != detector) continue;
            value node = officer_node(c, ranked.id), name = value_text(candour_sweep_detector(sweep, f.detector).name);
            value words = value_text(f.words), of_all[] = {node, name, decibans(f.gain), words}, of_one[] = {node, decibans(f.gain), words};
            CD_TRY(call_row(c, detector == UINT32_MAX ? of_all : of_one, err));
        }
    }
done:
    return st;
}

static cd_status call_queue(const calling *c, const candour_sweep *sweep, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = candour_sweep_facts(sweep).n_officers;
    for (uint32_t place = 1; place <= n && !enough(c->r, c->at); place++) {
        candour_ranked ranked = candour_sweep_officer(sweep, candour_sweep_queued(sweep, place));
        value row[] = {officer_node(c, ranked.id), value_integer(place), value_text(cd_slice_of(candour_tier_name(ranked.tier))),
                       decibans(ranked.score)};
        CD_TRY(call_row(c, row, err));
    }
done:
    return st;
}

static cd_status call_sweep(calling *c, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *sweep = NULL;
    enum { PREFIX = 6 }; /* `sweep.` */
    cd_slice name = {c->procedure.name.bytes + PREFIX, c->procedure.name.n - PREFIX};
    if (c->c->n_arguments > 0) CD_TRY(call_fail(c, err, "%.*s takes nothing: it is of the latest sweep", c->procedure.name));
    if (!c->r->x->limits->path) CD_TRY(call_fail(c, err, "%.*s: no sweep is at hand here", c->procedure.name));
    CD_TRY(candour_sweep_open(c->r->x->limits->path, 0, &sweep, err));
    uint32_t detector = UINT32_MAX, n = candour_sweep_facts(sweep).n_detectors;
    for (uint32_t i = 0; i < n; i++)
        if (cd_slice_equal(candour_sweep_detector(sweep, i).name, name)) detector = i;
    if (cd_slice_equal(name, cd_slice_of("queue"))) CD_TRY(call_queue(c, sweep, err));
    else if (detector != UINT32_MAX || cd_slice_equal(name, cd_slice_of("findings"))) CD_TRY(call_findings(c, sweep, detector, err));
    else CD_TRY(call_fail(c, err, "the latest sweep has no detector '%.*s'; `candour policy` lists them", name));
done:
    candour_sweep_close(sweep);
    return st;
}

cd_status step_call(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    calling c = {.r = r, .progress = {.step = may_go_on, .context = r->x}, .at = at, .times = times, .c = r->p->steps[at].clause};
    if (!query_procedure_find(c.c->name, &c.procedure)) return call_fail(&c, err, "there is no procedure `%.*s`", c.c->name);
    return c.procedure.kernel ? call_kernel(&c, err) : call_sweep(&c, err);
}
