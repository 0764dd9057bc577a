/* SPDX-License-Identifier: GPL-3.0-or-later
 * aggregate.c: one group's count, sum, collect, ... in the making. What is given is the same for any order of the
 * values, but for that of collect's list: integers are summed in 128 bits, reals exactly, and deviations and
 * percentiles are taken of sorted values. */
#include <math.h>
#include <stdlib.h>

#include "queries/language/exact_sum.h"
#include "queries/language/functions.h"
#include "queries/language/operate.h"

enum { FEW_NUMBERS = 64 };

/* A number and how often it came. */
typedef struct {
    value v;
    uint64_t times;
} counted;

struct aggregate {
    const expression *call;
    value_pool *pool;
    aggregate_kind kind;
    uint64_t n; /* values, those that are null left out */
    /* sum, avg */
    __int128 whole;
    exact_sum real;
    bool has_real, has_span, has_number;
    value_span span;
    /* min, max: the best so far, null where there is none; percentiles: the share */
    value best;
    double share;
    bool has_share;
    /* collect */
    value *items;
    uint32_t n_items, cap_items;
    /* deviations and percentiles */
    counted *numbers;
    uint64_t n_numbers, cap_numbers;
    /* DISTINCT: values seen, by their hash; of a power of two slots, null where free */
    value *seen;
    uint64_t n_seen, cap_seen;
};

cd_status aggregate_new(const expression *call, value_pool *pool, aggregate **out, cd_err *err)
{
    aggregate *a = value_pool_alloc(pool, sizeof *a, err);
    if (!a) return CD_EMEMORY;
    memset(a, 0, sizeof *a);
    a->call = call, a->pool = pool, a->kind = query_aggregate_find(call->name);
    *out = a;
    return CD_OK;
}

/* ---- DISTINCT ---- */

static void place_seen(value *seen, uint64_t cap, value v)
{
    uint64_t i = value_hash(v) & (cap - 1);
    while (seen[i].type != VALUE_NULL) i = (i + 1) & (cap - 1);
    seen[i] = v;
}

static cd_status grow_seen(aggregate *a, cd_err *err)
{
    uint64_t cap = a->cap_seen ? 2 * a->cap_seen : 8;
    value *seen = value_pool_alloc(a->pool, cap * sizeof *seen, err);
    if (!seen) return CD_EMEMORY;
    memset(seen, 0, cap * sizeof *seen);
    for (uint64_t i = 0; i < a->cap_seen; i++)
        if (a->seen[i].type != VALUE_NULL) place_seen(seen, cap, a->seen[i]);
    a->seen = seen, a->cap_seen = cap;
    return CD_OK;
}

/* Keeps a value that is not null where it is new. */
static cd_status see(aggregate *a, value v, bool *is_new, cd_err *err)
{
    cd_status st = CD_OK;
    if (2 * (a->n_seen + 1) > a->cap_seen) CD_TRY(grow_seen(a, err));
    *is_new = false;
    for (uint64_t i = value_hash(v) & (a->cap_seen - 1); a->seen[i].type != VALUE_NULL; i = (i + 1) & (a->cap_seen - 1))
        if (value_alike(a->seen[i], v)) return CD_OK;
    CD_TRY(value_keep(a->pool, v, &v, err));
    place_seen(a->seen, a->cap_seen, v);
    a->n_seen++, *is_new = true;
done:
    return st;
}

/* ---- Adding ---- */

static cd_status must_be_number(aggregate *a, evaluation *e, value v, cd_err *err)
{
    if (v.type == VALUE_INTEGER || v.type == VALUE_REAL) return CD_OK;
    return evaluation_fault(e, "TypeError", "InvalidArgumentValue", err, "%.*s() takes numbers, not %s",
                            (int)a->call->name.n, a->call->name.bytes, value_type_name(v));
}

static cd_status overflow(evaluation *e, cd_err *err)
{
    return evaluation_fault(e, "ArithmeticError", "IntegerOverflow", err,
                            "the sum is more than an integer of 64 bits can hold");
}

static cd_status add_span(aggregate *a, evaluation *e, const value_span *span, uint64_t times, cd_err *err)
{
    const int64_t parts[] = {span->months, span->days, span->seconds};
    int64_t *sums[] = {&a->span.months, &a->span.days, &a->span.seconds};
    a->has_span = true;
    for (int i = 0; i < 3; i++) {
        int64_t more;
        if (__builtin_mul_overflow(parts[i], times, &more) || __builtin_add_overflow(*sums[i], more, sums[i]))
            return overflow(e, err);
    }
    return CD_OK;
}

static cd_status add_to_sum(aggregate *a, evaluation *e, value v, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    a->n += times;
    if (v.type == VALUE_DURATION && !a->has_number) return add_span(a, e, v.as.span, times, err);
    if (v.type != VALUE_DURATION) CD_TRY(must_be_number(a, e, v, err));
    if (v.type == VALUE_DURATION || a->has_span)
        return evaluation_fault(e, "TypeError", "InvalidArgumentValue", err, "numbers and durations have no sum");
    a->has_number = true;
    if (v.type == VALUE_REAL) {
        a->has_real = true;
        return exact_sum_add(&a->real, v.as.real, (double)times, a->pool, err);
    }
    __int128 more;
    if (__builtin_mul_overflow((__int128)v.as.integer, (__int128)times, &more) ||
        __builtin_add_overflow(a->whole, more, &a->whole))
        return overflow(e, err);
done:
    return st;
}

static cd_status add_to_best(aggregate *a, evaluation *e, value v, cd_err *err)
{
    int c = a->best.type == VALUE_NULL ? 0 : value_order(v, a->best, e->reader);
    bool better = a->best.type == VALUE_NULL || (a->kind == AGGREGATE_MIN ? c < 0 : c > 0);
    return better ? value_keep(a->pool, v, &a->best, err) : CD_OK;
}

static cd_status add_to_items(aggregate *a, value v, uint64_t times, cd_err *err)
{
    cd_status st = value_keep(a->pool, v, &v, err);
    for (; st == CD_OK && times > 0; times--) {
        if (a->n_items == UINT32_MAX)
            return cd_fail(err, CD_EMEMORY, "a list cannot have more than %u elements", UINT32_MAX);
        if (a->n_items == a->cap_items) {
            uint32_t cap = a->cap_items > UINT32_MAX / 2 ? UINT32_MAX : a->cap_items ? 2 * a->cap_items : 4;
            value *more = value_pool_alloc(a->pool, cap * sizeof *more, err);
            if (!more) return CD_EMEMORY;
            if (a->n_items) memcpy(more, a->items, a->n_items * sizeof *more);
            a->items = more, a->cap_items = cap;
        }
        a->items[a->n_items++] = v;
    }
    return st;
}

static int by_number(const void *a, const void *b)
{
    value x = ((const counted *)a)->v, y = ((const counted *)b)->v;
    if (x.type == VALUE_INTEGER && y.type == VALUE_INTEGER)
        return (x.as.integer > y.as.integer) - (x.as.integer < y.as.integer);
    int c = value_order(x, y, NULL);
    return c ? c : (x.type > y.type) - (x.type < y.type);
}

/* Sorted, each number once with all its times. */
static void sort_numbers(aggregate *a)
{
    uint64_t n = 0;
    qsort(a->numbers, a->n_numbers, sizeof *a->numbers, by_number);
    for (uint64_t i = 0; i < a->n_numbers; i++) {
        if (n > 0 && by_number(&a->numbers[n - 1], &a->numbers[i]) == 0)
            a->numbers[n - 1].times += a->numbers[i].times;
        else
            a->numbers[n++] = a->numbers[i];
    }
    a->n_numbers = n;
}

/* Ages, hours and days repeat: they are counted before more room is asked for. */
static cd_status room_for_numbers(aggregate *a, cd_err *err)
{
    if (a->n_numbers >= FEW_NUMBERS) sort_numbers(a);
    if (a->n_numbers < a->cap_numbers / 2) return CD_OK;
    uint64_t cap = a->cap_numbers ? 2 * a->cap_numbers : 4;
    counted *more = value_pool_alloc(a->pool, cap * sizeof *more, err);
    if (!more) return CD_EMEMORY;
    if (a->n_numbers) memcpy(more, a->numbers, a->n_numbers * sizeof *more);
    a->numbers = more, a->cap_numbers = cap;
    return CD_OK;
}

static cd_status add_to_numbers(aggregate *a, evaluation *e, value v, value second, uint64_t times, cd_err *err)
{
    cd_status st = must_be_number(a, e, v, err);
    if (st != CD_OK) return st;
    if (a->kind == AGGREGATE_PERCENTILE_CONT || a->kind == AGGREGATE_PERCENTILE_DISC) {
        CD_TRY(must_be_number(a, e, second, err));
        double share = second.type == VALUE_INTEGER ? (double)second.as.integer : second.as.real;
        if (!(share >= 0 && share <= 1))
            return evaluation_fault(e, "ArgumentError", "NumberOutOfRange", err,
                                    "a percentile is from 0.0 to 1.0, not %g", share);
        if (!a->has_share) a->share = share, a->has_share = true;
    }
    a->n += times;
    if (a->n_numbers == a->cap_numbers) CD_TRY(room_for_numbers(a, err));
    a->numbers[a->n_numbers++] = (counted){v, times};
done:
    return st;
}

cd_status aggregate_add(aggregate *a, evaluation *e, value v, value second, uint64_t times, cd_err *err)
{
    e->at = a->call->at;
    if (a->call->star) {
        a->n += times;
        return CD_OK;
    }
    if (v.type == VALUE_NULL) return CD_OK;
    if (a->call->distinct) {
        bool is_new;
        cd_status st = see(a, v, &is_new, err);
        if (st != CD_OK || !is_new) return st;
        times = 1;
    }
    switch (a->kind) {
    case AGGREGATE_COUNT: a->n += times; return CD_OK;
    case AGGREGATE_SUM:
    case AGGREGATE_AVG: return add_to_sum(a, e, v, times, err);
    case AGGREGATE_MIN:
    case AGGREGATE_MAX: return add_to_best(a, e, v, err);
    case AGGREGATE_COLLECT: return add_to_items(a, v, times, err);
    default: return add_to_numbers(a, e, v, second, times, err);
    }
}

/* ---- Joining what threads made of parts ---- */

static cd_status merge_sums(aggregate *a, const aggregate *b, evaluation *e, cd_err *err)
{
    cd_status st = CD_OK;
    if (b->has_span) CD_TRY(add_span(a, e, &b->span, 1, err));
    a->n += b->n, a->has_real |= b->has_real, a->has_number |= b->has_number;
    if (a->has_number && a->has_span)
        return evaluation_fault(e, "TypeError", "InvalidArgumentValue", err, "numbers and durations have no sum");
    if (__builtin_add_overflow(a->whole, b->whole, &a->whole)) return overflow(e, err);
    for (uint32_t i = 0; i < b->real.n; i++) CD_TRY(exact_sum_add(&a->real, b->real.parts[i], 1, a->pool, err));
    if (b->real.is_odd) CD_TRY(exact_sum_add(&a->real, b->real.odd, 1, a->pool, err));
done:
    return st;
}

cd_status aggregate_merge(aggregate *a, const aggregate *b, evaluation *e, cd_err *err)
{
    cd_status st = CD_OK;
    e->at = a->call->at;
    if (a->call->distinct && !a->call->star) {
        for (uint64_t i = 0; i < b->cap_seen; i++)
            if (b->seen[i].type != VALUE_NULL) CD_TRY(aggregate_add(a, e, b->seen[i], value_real(b->share), 1, err));
        return CD_OK;
    }
    switch (a->kind) {
    case AGGREGATE_COUNT: a->n += b->n; return CD_OK;
    case AGGREGATE_SUM:
    case AGGREGATE_AVG: return merge_sums(a, b, e, err);
    case AGGREGATE_MIN:
    case AGGREGATE_MAX: return b->best.type == VALUE_NULL ? CD_OK : add_to_best(a, e, b->best, err);
    case AGGREGATE_COLLECT:
        for (uint32_t i = 0; i < b->n_items; i++) CD_TRY(add_to_items(a, b->items[i], 1, err));
        return CD_OK;
    default:
        for (uint64_t i = 0; i < b->n_numbers; i++)
            CD_TRY(add_to_numbers(a, e, b->numbers[i].v, value_real(b->share), b->numbers[i].times, err));
    }
done:
    return st;
}

/* ---- Ending ---- */

/* Of integers and reals together: the reals' sum, with the integers in two halves that are doubles. */
static cd_status end_real(aggregate *a, double *out, cd_err *err)
{
    cd_status st = CD_OK;
    double hi = (double)a->whole;
    CD_TRY(exact_sum_add(&a->real, hi, 1, a->pool, err));
    CD_TRY(exact_sum_add(&a->real, (double)(a->whole - (__int128)hi), 1, a->pool, err));
    *out = exact_sum_end(&a->real);
done:
    return st;
}

static cd_status end_sum(aggregate *a, evaluation *e, value *out, cd_err *err)
{
    if (a->has_span) return value_duration(a->pool, a->span, out, err);
    if (a->has_real) {
        out->type = VALUE_REAL;
        return end_real(a, &out->as.real, err);
    }
    if (a->whole > INT64_MAX || a->whole < INT64_MIN) return overflow(e, err);
    *out = value_integer((int64_t)a->whole);
    return CD_OK;
}

static cd_status end_average(aggregate *a, evaluation *e, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    double sum = 0;
    if (a->n == 0) return CD_OK;
    if (a->has_span) {
        value span;
        CD_TRY(value_duration(a->pool, a->span, &span, err));
        return operate(e, OP_DIVIDE, span, value_real((double)a->n), out, err);
    }
    CD_TRY(end_real(a, &sum, err));
    *out = value_real(sum / (double)a->n);
done:
    return st;
}

static double real_of(value v) { return v.type == VALUE_INTEGER ? (double)v.as.integer : v.as.real; }

/* The root of the mean square distance from the mean; of a sample: with one less to divide by. */
static cd_status end_deviation(aggregate *a, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    exact_sum sum = {0}, squares = {0};
    uint64_t least = a->kind == AGGREGATE_STDEV ? 1 : 0;
    *out = value_real(0);
    if (a->n <= least) return CD_OK;
    for (uint64_t i = 0; i < a->n_numbers; i++)
        CD_TRY(exact_sum_add(&sum, real_of(a->numbers[i].v), (double)a->numbers[i].times, a->pool, err));
    double mean = exact_sum_end(&sum) / (double)a->n;
    for (uint64_t i = 0; i < a->n_numbers; i++) {
        double far = real_of(a->numbers[i].v) - mean;
        CD_TRY(exact_sum_add(&squares, far * far, (double)a->numbers[i].times, a->pool, err));
    }
    *out = value_real(sqrt(exact_sum_end(&squares) / (double)(a->n - least)));
done:
    return st;
}

/* The value at a place of the sorted ones, from 0. */
static value number_at(const aggregate *a, uint64_t place)
{
    uint64_t i = 0;
    while (place >= a->numbers[i].times) place -= a->numbers[i++].times;
    return a->numbers[i].v;
}

static value end_percentile(aggregate *a)
{
    if (a->n == 0) return value_null();
    sort_numbers(a);
    if (a->kind == AGGREGATE_PERCENTILE_DISC) {
        uint64_t place = (uint64_t)ceil(a->share * (double)a->n);
        return number_at(a, place > a->n ? a->n - 1 : place ? place - 1 : 0);
    }
    double at = a->share * (double)(a->n - 1);
    uint64_t place = (uint64_t)at;
    double lo = real_of(number_at(a, place)), part = at - (double)place;
    if (part == 0 || place + 1 >= a->n) return value_real(lo);
    double hi = real_of(number_at(a, place + 1));
    return value_real(lo * (1 - part) + hi * part);
}

cd_status aggregate_end(aggregate *a, evaluation *e, value *out, cd_err *err)
{
    e->at = a->call->at;
    *out = value_null();
    switch (a->kind) {
    case AGGREGATE_COUNT: *out = value_integer((int64_t)a->n); return CD_OK;
    case AGGREGATE_SUM: return end_sum(a, e, out, err);
    case AGGREGATE_AVG: return end_average(a, e, out, err);
    case AGGREGATE_MIN:
    case AGGREGATE_MAX: *out = a->best; return CD_OK;
    case AGGREGATE_COLLECT: *out = (value){.type = VALUE_LIST, .n = a->n_items, .as.items = a->items}; return CD_OK;
    case AGGREGATE_STDEV:
    case AGGREGATE_STDEVP: return end_deviation(a, out, err);
    default: *out = end_percentile(a); return CD_OK;
    }
}
