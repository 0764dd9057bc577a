/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute.c: runs pipelines: hands rows from step to step, begins and ends what gathers, and keeps to the limits. */
#include "queries/language/execute.h"

#include <string.h>
#include <time.h>

#include "queries/language/execute_inside.h"

double execution_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool execution_late(const execution *x) { return x->ends_at > 0 && execution_clock() > x->ends_at; }

cd_status execution_too_late(const execution *x, cd_err *err)
{
    return cd_fail(err, CD_ESTOPPED, "it took longer than --timeout %g; ask for less, or give it more", x->limits->timeout_seconds);
}

cd_status execution_tick(execution *x, cd_err *err)
{
    enum { TICKS = 1024 };
    if (++x->ticks % TICKS != 0) return CD_OK;
    bool stop = false;
    if (x->stopped) {
        #pragma omp atomic read
        stop = *x->stopped;
    }
    cd_progress_state state = {.what = "asking", .rows = x->stats->rows};
    if (!stop && (!x->stopped || x->leads)) stop = !cd_progress_step(x->limits->progress, &state);
    if (stop && x->stopped) {
        #pragma omp atomic write
        *x->stopped = true;
    }
    if (stop) return cd_fail(err, CD_ESTOPPED, "stopped");
    return execution_late(x) ? execution_too_late(x, err) : CD_OK;
}

/* ---- Steps that change a row ---- */

static cd_status step_filter(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    truth is;
    value_mark mark = value_pool_mark(r->x->e.pool);
    cd_status st = evaluate_truth(&r->x->e, r->p->steps[at].what, &is, err);
    value_pool_rewind(r->x->e.pool, mark);
    return st == CD_OK && is == TRUTH_TRUE ? hand_on(r, at + 1, times, err) : st;
}

static cd_status step_project(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    const projection *p = r->p->steps[at].projection;
    evaluation *e = &r->x->e;
    value_mark mark = value_pool_mark(e->pool);
    /* An item may read a slot that another one writes (WITH b AS a, a AS b has slots of its own, but `a` kept is kept). */
    for (uint32_t i = 0; i < p->n_items; i++) {
        value v;
        CD_TRY(evaluate(e, p->items[i].what, &v, err));
        e->slots[p->items[i].slot] = v;
    }
    CD_TRY(hand_on(r, at + 1, times, err));
done:
    value_pool_rewind(e->pool, mark);
    return st;
}

static cd_status step_unwind(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    const plan_step *s = &r->p->steps[at];
    evaluation *e = &r->x->e;
    value_mark mark = value_pool_mark(e->pool);
    value list;
    CD_TRY(evaluate(e, s->what, &list, err));
    if (list.type == VALUE_NULL) goto done;
    uint32_t n = list.type == VALUE_LIST ? list.n : 1;
    for (uint32_t i = 0; i < n && !enough(r, at); i++) {
        e->slots[s->slot] = list.type == VALUE_LIST ? list.as.items[i] : list;
        CD_TRY(execution_tick(r->x, err));
        CD_TRY(hand_on(r, at + 1, times, err));
    }
done:
    value_pool_rewind(e->pool, mark);
    return st;
}

static cd_status step_skip(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    step_state *s = &r->states[at];
    if (!s->limit_known) {
        cd_status st = evaluate_count(&r->x->e, r->p->steps[at].what, "SKIP", &s->limit, err);
        if (st != CD_OK) return st;
        s->limit_known = true;
    }
    uint64_t left = s->limit - s->passed, drop = times < left ? times : left;
    s->passed += drop;
    return times > drop ? hand_on(r, at + 1, times - drop, err) : CD_OK;
}

static cd_status step_limit(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    step_state *s = &r->states[at];
    if (!s->limit_known) CD_TRY(evaluate_count(&r->x->e, r->p->steps[at].what, "LIMIT", &s->limit, err));
    s->limit_known = true;
    uint64_t left = s->limit - s->passed, take = times < left ? times : left;
    s->passed += take;
    if (s->passed == s->limit && r->stop_below < at) r->stop_below = at;
    if (take) CD_TRY(hand_on(r, at + 1, take, err));
done:
    return st;
}

static cd_status step_optional(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    const plan_step *s = &r->p->steps[at];
    running *inner;
    CD_TRY(running_of(r->x, s->inner, &inner, err));
    inner->wish = ROWS_OPTIONAL, inner->outer = r, inner->outer_step = at, inner->outer_times = times;
    CD_TRY(running_go(inner, err));
    if (inner->found) return CD_OK;
    for (uint32_t i = 0; i < s->n_slots; i++) r->x->e.slots[s->slots[i]] = value_null();
    CD_TRY(hand_on(r, at + 1, times, err));
done:
    return st;
}

/* ---- What becomes of rows ---- */

static cd_status answer_row(running *r, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    execution *x = r->x;
    uint32_t n = x->plan->n_columns, number;
    bool fresh = true;
    for (uint32_t c = 0; c < n; c++) x->answer[c] = x->e.slots[x->plan->answers[r->part][c]];
    if (x->apart) {
        CD_TRY(row_set_add(&x->answered, x->answer, &number, &fresh, err));
        times = fresh;
    }
    for (uint64_t i = 0; i < times; i++) {
        if (x->limits->most_rows && x->stats->rows == x->limits->most_rows) {
            x->stats->cut = true, r->stop_below = UINT32_MAX;
            return CD_OK;
        }
        x->stats->rows++;
        CD_TRY(execution_tick(x, err));
        CD_TRY(x->sink->row(x->sink->context, &x->e, x->answer, n, err));
    }
done:
    return st;
}

static cd_status list_row(running *r, cd_err *err)
{
    cd_status st = CD_OK;
    value v;
    CD_TRY(evaluate(&r->x->e, r->each, &v, err));
    CD_TRY(cd_grow(&r->list, &r->cap_list, r->n_list + 1, sizeof *r->list, err));
    CD_TRY(value_keep(&r->keep, v, &r->list[r->n_list], err));
    r->n_list++;
done:
    return st;
}

static cd_status step_answer(running *r, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    r->found += times;
    switch (r->wish) {
    case ROWS_ANSWERED: return answer_row(r, times, err);
    case ROWS_ANY: r->stop_below = UINT32_MAX; return CD_OK;
    case ROWS_COUNTED: return CD_OK;
    case ROWS_OPTIONAL:
        st = hand_on(r->outer, r->outer_step + 1, times * r->outer_times, err);
        if (enough(r->outer, r->outer_step)) r->stop_below = UINT32_MAX;
        return st;
    default:
        for (uint64_t i = 0; st == CD_OK && i < times; i++) st = list_row(r, err);
        return st;
    }
}

/* ---- Running ---- */

static cd_status step_run(running *r, uint32_t at, uint64_t times, cd_err *err)
{
    switch (r->p->steps[at].kind) {
    case STEP_NODES: return step_nodes(r, at, times, err);
    case STEP_FIND: return step_find(r, at, times, err);
    case STEP_CHECK: return step_check(r, at, times, err);
    case STEP_EXPAND: return step_expand(r, at, times, err);
    case STEP_ENDS: return step_ends(r, at, times, err);
    case STEP_WANDER: return step_wander(r, at, times, err);
    case STEP_SHORTEST: return step_shortest(r, at, times, err);
    case STEP_PATH: return step_path(r, at, times, err);
    case STEP_FILTER: return step_filter(r, at, times, err);
    case STEP_OPTIONAL: return step_optional(r, at, times, err);
    case STEP_UNWIND: return step_unwind(r, at, times, err);
    case STEP_CALL: return step_call(r, at, times, err);
    case STEP_PROJECT: return step_project(r, at, times, err);
    case STEP_GROUP: return step_group(r, at, times, err);
    case STEP_DISTINCT: return step_distinct(r, at, times, err);
    case STEP_SORT: return step_sort(r, at, times, err);
    case STEP_SKIP: return step_skip(r, at, times, err);
    case STEP_LIMIT: return step_limit(r, at, times, err);
    default: return step_answer(r, times, err);
    }
}

cd_status hand_on(running *r, uint32_t step, uint64_t times, cd_err *err)
{
    if (!r->x->stats->profile) return step_run(r, step, times, err);
    step_profile *p = &r->x->stats->profile[r->x->stats->offsets[r->p->number]];
    double before = execution_clock();
    step_kind kind = r->p->steps[step].kind;
    size_t held = *r->x->held;
    if (step > 0) p[step - 1].rows += times;
    if (r->p->steps[step].kind == STEP_ANSWER) p[step].rows += times;
    cd_status st = step_run(r, step, times, err);
    p[step].seconds += execution_clock() - before;
    /* These keep what comes, and hand nothing on meanwhile. */
    if (kind == STEP_GROUP || kind == STEP_SORT) p[step].bytes += *r->x->held - held;
    return st;
}

cd_status running_of(execution *x, const pipeline *p, running **out, cd_err *err)
{
    cd_status st = CD_OK;
    running *r = x->runs[p->number];
    if (!r) {
        CD_NEW(r, 1);
        *r = (running){.x = x, .p = p, .keep = {.held = x->held, .most = x->limits->memory_bytes ? x->limits->memory_bytes : SIZE_MAX}};
        x->runs[p->number] = r;
        CD_NEW(r->states, p->n_steps);
        for (uint32_t i = 0; i < p->n_steps; i++)
            r->keeps |= p->steps[i].kind >= STEP_GROUP && p->steps[i].kind <= STEP_LIMIT;
    }
    *out = r;
done:
    return st;
}

static void running_clear(running *r)
{
    for (uint32_t i = 0; r->states && r->keeps && i < r->p->n_steps; i++) {
        step_state_clear(&r->states[i]);
        r->states[i] = (step_state){0};
    }
    value_pool_rewind(&r->keep, (value_mark){0});
    r->stop_below = 0, r->found = 0, r->n_list = 0;
}

static void running_free(running *r)
{
    if (!r) return;
    running_clear(r);
    for (uint32_t i = 0; r->states && i < r->p->n_steps; i++) edge_memo_release(&r->states[i].memo);
    batching_release(r);
    value_pool_release(&r->keep);
    cd_free(r->list);
    cd_free(r->states);
    cd_free(r);
}

cd_status running_go(running *r, cd_err *err)
{
    cd_status st = CD_OK;
    bool done = false;
    running_clear(r);
    if (r->wish == ROWS_ANSWERED) CD_TRY(running_by_threads(r, &done, err));
    if (!done) CD_TRY(hand_on(r, 0, 1, err));
    for (uint32_t i = 0; r->keeps && i < r->p->n_steps; i++) {
        double before = r->x->stats->profile ? execution_clock() : 0;
        if (enough(r, i)) continue;
        if (r->p->steps[i].kind == STEP_GROUP) CD_TRY(end_group(r, i, err));
        else if (r->p->steps[i].kind == STEP_SORT) CD_TRY(end_sort(r, i, err));
        else continue;
        if (r->x->stats->profile) r->x->stats->profile[r->x->stats->offsets[r->p->number] + i].seconds += execution_clock() - before;
    }
done:
    return st;
}

/* What an expression asks of a pattern within it. */
static cd_status match_within(void *executor, evaluation *e, const expression *x, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    running *r;
    CD_TRY(running_of(executor, x->plan, &r, err));
    r->wish = x->kind == X_COUNT ? ROWS_COUNTED : x->kind == X_PATTERN_COMPREHENSION ? ROWS_LISTED : ROWS_ANY;
    r->each = x->kind == X_PATTERN_COMPREHENSION ? x->of[1] : NULL;
    bool asked = false, joined;
    if (r->wish == ROWS_ANY && !r->x->stats->profile) CD_TRY(edge_between(r, &asked, &joined, err));
    if (asked) return *out = value_boolean(joined), CD_OK;
    CD_TRY(running_go(r, err));
    if (r->wish == ROWS_ANY) *out = value_boolean(r->found > 0);
    if (r->wish == ROWS_COUNTED) *out = value_integer((int64_t)r->found);
    if (r->wish == ROWS_LISTED) {
        value list = {.type = VALUE_LIST, .n = (uint32_t)r->n_list, .as.items = r->list};
        CD_TRY(value_keep(e->pool, list, out, err));
    }
done:
    return st;
}

static cd_status tick_within(void *executor, cd_err *err) { return execution_tick(executor, err); }

/* ---- The whole ---- */

cd_status execution_begin(execution *x, candour_store *store, candour_reader *reader, query_fault *fault, cd_err *err)
{
    cd_status st = CD_OK;
    const query_limits *limits = x->limits;
    size_t most = limits->memory_bytes ? limits->memory_bytes : SIZE_MAX;
    x->pool = (value_pool){.held = x->held, .most = most};
    x->answered_pool = (value_pool){.held = x->held, .most = most};
    x->e = (evaluation){.reader = reader, .store = store, .pool = &x->pool, .parameters = limits->parameters, .now = limits->now,
                        .fault = fault, .at = QUERY_NOWHERE, .match = match_within, .tick = tick_within, .executor = x};
    CD_NEW(x->e.slots, (size_t)x->plan->query->n_slots + 1);
    CD_NEW(x->answer, (size_t)x->plan->n_columns + 1);
    x->n_runs = x->plan->n_pipelines;
    CD_NEW(x->runs, (size_t)x->n_runs + 1);
    if (limits->timeout_seconds > 0 && x->ends_at == 0) x->ends_at = execution_clock() + limits->timeout_seconds;
    for (uint32_t i = 0; i + 1 < x->plan->query->n_parts; i++) x->apart |= !x->plan->query->all[i];
    row_set_init(&x->answered, &x->answered_pool, x->plan->n_columns);
done:
    return st;
}

void execution_end(execution *x)
{
    for (uint32_t i = 0; x->runs && i < x->n_runs; i++) running_free(x->runs[i]);
    row_set_release(&x->answered);
    value_pool_release(&x->answered_pool);
    value_pool_release(&x->pool);
    cd_free(x->runs);
    cd_free(x->answer);
    cd_free(x->e.slots);
}

/* Room for what each step of every pipeline did. */
static cd_status profile_room(const query_plan *plan, cd_arena *arena, query_stats *stats, cd_err *err)
{
    size_t n = 0;
    stats->offsets = cd_arena_alloc(arena, (size_t)plan->n_pipelines + 1, sizeof *stats->offsets, err);
    if (!stats->offsets) return CD_EMEMORY;
    for (uint32_t i = 0; i < plan->n_pipelines; i++) {
        stats->offsets[i] = (uint32_t)n;
        n += plan->steps_of[i];
    }
    stats->profile = cd_arena_alloc(arena, n + 1, sizeof *stats->profile, err);
    if (!stats->profile) return CD_EMEMORY;
    memset(stats->profile, 0, (n + 1) * sizeof *stats->profile);
    return CD_OK;
}

cd_status query_execute(const query_plan *plan, candour_store *store, candour_reader *reader, const query_limits *limits,
                        const query_sink *sink, cd_arena *arena, query_stats *stats, query_fault *fault, cd_err *err)
{
    cd_status st = CD_OK;
    size_t held = 0;
    execution x = {.plan = plan, .limits = limits, .sink = sink, .stats = stats, .held = &held};
    *stats = (query_stats){0};
    CD_TRY(execution_begin(&x, store, reader, fault, err));
    if (limits->profile) CD_TRY(profile_room(plan, arena, stats, err));
    for (uint32_t i = 0; i < plan->query->n_parts && !stats->cut; i++) {
        running *r;
        CD_TRY(running_of(&x, &plan->parts[i], &r, err));
        r->wish = ROWS_ANSWERED, r->part = i;
        CD_TRY(running_go(r, err));
    }
done:
    if (fault->type) fault->running = true;
    stats->bytes = held;
    execution_end(&x);
    return st;
}
