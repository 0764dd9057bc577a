/* SPDX-License-Identifier: GPL-3.0-or-later
 * operate.c: the operators of the language on two values. */
#include "queries/language/operate.h"

#include <math.h>
#include <stdio.h>

#include "queries/language/temporal.h"

/* ---- Faults ---- */

cd_status evaluation_fault(evaluation *e, const char *type, const char *detail, cd_err *err, const char *format, ...)
{
    char words[CD_ERR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    cd_status st = query_fail(e->fault, e->at, type, detail, err, "%s", words);
    e->fault->running = true;
    return st;
}

cd_status evaluation_wrong_type(evaluation *e, value v, const char *words, cd_err *err)
{
    return evaluation_fault(e, "TypeError", "InvalidArgumentType", err, "%s, not %s", words, value_type_name(v));
}

/* ---- Made values ---- */

cd_status value_duration(value_pool *pool, value_span span, value *out, cd_err *err)
{
    value_span *kept = value_pool_alloc(pool, sizeof *kept, err);
    if (!kept) return CD_EMEMORY;
    *kept = span;
    *out = (value){.type = VALUE_DURATION, .as.span = kept};
    return CD_OK;
}

value *value_list_new(value_pool *pool, size_t n, value *out, cd_err *err)
{
    value *items = NULL;
    if (n > UINT32_MAX)
        (void)!cd_fail(err, CD_EMEMORY, "a list cannot have more than %u elements", UINT32_MAX);
    else
        items = value_pool_alloc(pool, n * sizeof *items, err);
    if (items) *out = (value){.type = VALUE_LIST, .n = (uint32_t)n, .as.items = items};
    return items;
}

cd_status value_text_copy(value_pool *pool, const char *bytes, size_t n, value *out, cd_err *err)
{
    if (n > UINT32_MAX) return cd_fail(err, CD_EMEMORY, "a text cannot have more than %u bytes", UINT32_MAX);
    char *copy = value_pool_alloc(pool, n ? n : 1, err);
    if (!copy) return CD_EMEMORY;
    if (n) memcpy(copy, bytes, n);
    *out = value_text((cd_slice){copy, (uint32_t)n});
    return CD_OK;
}

/* ---- + and the rest ---- */

static const char *op_word(operation op)
{
    switch (op) {
    case OP_PLUS: return "+";
    case OP_MINUS: return "-";
    case OP_TIMES: return "*";
    case OP_DIVIDE: return "/";
    case OP_MODULO: return "%";
    default: return "^";
    }
}

static cd_status overflow(evaluation *e, operation op, value a, value b, cd_err *err)
{
    return evaluation_fault(e, "ArithmeticError", "IntegerOverflow", err,
                            "%lld %s %lld is more than an integer of 64 bits can hold", (long long)a.as.integer,
                            op_word(op), (long long)b.as.integer);
}

static cd_status mismatch(evaluation *e, operation op, value a, value b, cd_err *err)
{
    const char *hint = "";
    bool moments = (a.type == VALUE_TIME || a.type == VALUE_DATE) && (b.type == VALUE_TIME || b.type == VALUE_DATE);
    if (op == OP_MINUS && moments) hint = "; duration.between(a, b) is the span from a to b";
    return evaluation_fault(e, "TypeError", "InvalidArgumentType", err, "`%s` does not go with %s and %s%s",
                            op_word(op), value_type_name(a), value_type_name(b), hint);
}

static cd_status integers(evaluation *e, operation op, value a, value b, value *out, cd_err *err)
{
    int64_t x = a.as.integer, y = b.as.integer, z = 0;
    bool over = false;
    if ((op == OP_DIVIDE || op == OP_MODULO) && y == 0)
        return evaluation_fault(e, "ArithmeticError", "DivisionByZero", err,
                                "%lld %s 0: an integer cannot be divided by zero", (long long)x, op_word(op));
    switch (op) {
    case OP_PLUS: over = __builtin_add_overflow(x, y, &z); break;
    case OP_MINUS: over = __builtin_sub_overflow(x, y, &z); break;
    case OP_TIMES: over = __builtin_mul_overflow(x, y, &z); break;
    case OP_DIVIDE: over = x == INT64_MIN && y == -1, z = over ? 0 : x / y; break;
    default: z = y == -1 ? 0 : x % y; break;
    }
    if (over) return overflow(e, op, a, b, err);
    *out = value_integer(z);
    return CD_OK;
}

static double as_real(value v) { return v.type == VALUE_INTEGER ? (double)v.as.integer : v.as.real; }
static bool is_number(value v) { return v.type == VALUE_INTEGER || v.type == VALUE_REAL; }
static bool is_moment(value v) { return v.type == VALUE_TIME || v.type == VALUE_DATE; }

static cd_status numbers(evaluation *e, operation op, value a, value b, value *out, cd_err *err)
{
    if (a.type == VALUE_INTEGER && b.type == VALUE_INTEGER && op != OP_POWER) return integers(e, op, a, b, out, err);
    double x = as_real(a), y = as_real(b);
    switch (op) {
    case OP_PLUS: *out = value_real(x + y); break;
    case OP_MINUS: *out = value_real(x - y); break;
    case OP_TIMES: *out = value_real(x * y); break;
    case OP_DIVIDE: *out = value_real(x / y); break;
    case OP_MODULO: *out = value_real(fmod(x, y)); break;
    default: *out = value_real(pow(x, y)); break;
    }
    return CD_OK;
}

/* A list and a list, or an element at either end. */
static cd_status join_lists(evaluation *e, value a, value b, value *out, cd_err *err)
{
    size_t n_a = a.type == VALUE_LIST ? a.n : 1, n_b = b.type == VALUE_LIST ? b.n : 1;
    value *items = value_list_new(e->pool, n_a + n_b, out, err);
    if (!items) return CD_EMEMORY;
    if (n_a) memcpy(items, a.type == VALUE_LIST ? a.as.items : &a, n_a * sizeof *items);
    if (n_b) memcpy(items + n_a, b.type == VALUE_LIST ? b.as.items : &b, n_b * sizeof *items);
    return CD_OK;
}

/* Two texts, or a text and a number. */
static cd_status join_texts(evaluation *e, value a, value b, value *out, cd_err *err)
{
    char number[2][VALUE_NUMBER_TEXT];
    cd_slice x =
        a.type == VALUE_TEXT ? value_slice(a) : (cd_slice){number[0], (uint32_t)value_number_write(a, number[0])};
    cd_slice y =
        b.type == VALUE_TEXT ? value_slice(b) : (cd_slice){number[1], (uint32_t)value_number_write(b, number[1])};
    if ((uint64_t)x.n + y.n > UINT32_MAX)
        return cd_fail(err, CD_EMEMORY, "a text cannot have more than %u bytes", UINT32_MAX);
    char *bytes = value_pool_alloc(e->pool, (size_t)x.n + y.n + 1, err);
    if (!bytes) return CD_EMEMORY;
    if (x.n) memcpy(bytes, x.bytes, x.n);
    if (y.n) memcpy(bytes + x.n, y.bytes, y.n);
    *out = value_text((cd_slice){bytes, x.n + y.n});
    return CD_OK;
}

static cd_status out_of_calendar(evaluation *e, cd_err *err)
{
    return evaluation_fault(e, "ArgumentError", "NumberOutOfRange", err,
                            "this is before the year 1 or after the year 9999, or a duration too long to hold");
}

static cd_status move(evaluation *e, value moment, value span, int times, value *out, cd_err *err)
{
    return temporal_move(moment, span.as.span, times, out) ? CD_OK : out_of_calendar(e, err);
}

static cd_status spans(evaluation *e, value a, value b, int times, value *out, cd_err *err)
{
    value_span s = *b.as.span;
    const value_span *x = a.as.span;
    if (__builtin_mul_overflow(s.months, times, &s.months) || __builtin_mul_overflow(s.days, times, &s.days) ||
        __builtin_mul_overflow(s.seconds, times, &s.seconds) ||
        __builtin_add_overflow(x->months, s.months, &s.months) || __builtin_add_overflow(x->days, s.days, &s.days) ||
        __builtin_add_overflow(x->seconds, s.seconds, &s.seconds))
        return out_of_calendar(e, err);
    return value_duration(e->pool, s, out, err);
}

/* A duration so many times over, or a part of it: fractions of a month become days, those of a day seconds. */
static cd_status scale(evaluation *e, value span, double by, value *out, cd_err *err)
{
    static const char *const units[] = {"months", "days", "seconds"};
    const int64_t parts[] = {span.as.span->months, span.as.span->days, span.as.span->seconds};
    temporal_sum sum = {0};
    for (int i = 0; i < 3; i++) {
        double all = (double)parts[i] * by;
        if (!(fabs(all) < 1e18) || !temporal_add_unit(&sum, cd_slice_of(units[i]), (int64_t)all, all - trunc(all)))
            return out_of_calendar(e, err);
    }
    return value_duration(e->pool, temporal_sum_end(&sum), out, err);
}

cd_status operate(evaluation *e, operation op, value a, value b, value *out, cd_err *err)
{
    *out = value_null();
    if (a.type == VALUE_NULL || b.type == VALUE_NULL) return CD_OK;
    if (is_number(a) && is_number(b)) return numbers(e, op, a, b, out, err);
    if (op == OP_PLUS && (a.type == VALUE_LIST || b.type == VALUE_LIST)) return join_lists(e, a, b, out, err);
    bool joins =
        (a.type == VALUE_TEXT && (b.type == VALUE_TEXT || is_number(b))) || (b.type == VALUE_TEXT && is_number(a));
    if (op == OP_PLUS && joins) return join_texts(e, a, b, out, err);
    int sign = op == OP_PLUS ? 1 : op == OP_MINUS ? -1 : 0;
    if (sign && b.type == VALUE_DURATION) {
        if (is_moment(a)) return move(e, a, b, sign, out, err);
        if (a.type == VALUE_DURATION) return spans(e, a, b, sign, out, err);
    }
    if (op == OP_PLUS && a.type == VALUE_DURATION && is_moment(b)) return move(e, b, a, 1, out, err);
    if (op == OP_TIMES && a.type == VALUE_DURATION && is_number(b)) return scale(e, a, as_real(b), out, err);
    if (op == OP_TIMES && b.type == VALUE_DURATION && is_number(a)) return scale(e, b, as_real(a), out, err);
    if (op == OP_DIVIDE && a.type == VALUE_DURATION && is_number(b)) return scale(e, a, 1 / as_real(b), out, err);
    return mismatch(e, op, a, b, err);
}

cd_status operate_minus(evaluation *e, value v, value *out, cd_err *err)
{
    switch (v.type) {
    case VALUE_NULL: *out = v; return CD_OK;
    case VALUE_REAL: *out = value_real(-v.as.real); return CD_OK;
    case VALUE_INTEGER: return operate(e, OP_MINUS, value_integer(0), v, out, err);
    case VALUE_DURATION: return operate(e, OP_TIMES, v, value_integer(-1), out, err);
    default: return evaluation_wrong_type(e, v, "`-` takes a number or a duration", err);
    }
}

value operate_compare(operation op, value a, value b)
{
    bool known;
    if (op == OP_EQUAL || op == OP_UNEQUAL) {
        truth t = value_equals(a, b);
        return t == TRUTH_UNKNOWN ? value_null() : value_boolean((t == TRUTH_TRUE) == (op == OP_EQUAL));
    }
    /* NaN is a number, and neither less nor more than any. */
    if (is_number(a) && is_number(b) && (isnan(as_real(a)) || isnan(as_real(b)))) return value_boolean(false);
    int c = value_compare(a, b, &known);
    if (!known) return value_null();
    switch (op) {
    case OP_LESS: return value_boolean(c < 0);
    case OP_AT_MOST: return value_boolean(c <= 0);
    case OP_MORE: return value_boolean(c > 0);
    default: return value_boolean(c >= 0);
    }
}
