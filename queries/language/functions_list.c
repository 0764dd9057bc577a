/* SPDX-License-Identifier: GPL-3.0-or-later
 * functions_list.c: functions of lists, and of what may be null. */
#include "queries/language/function_list.h"
#include "queries/language/operate.h"

static cd_status must_be_list(evaluation *e, value v, const char *name, cd_err *err)
{
    if (v.type == VALUE_LIST) return CD_OK;
    return evaluation_fault(e, "TypeError", "InvalidArgumentValue", err, "%s() takes a list, not %s", name,
                            value_type_name(v));
}

cd_status function_size(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value v = arguments[0];
    (void)n;
    if (v.type == VALUE_LIST)
        *out = value_integer(v.n);
    else if (v.type == VALUE_TEXT) {
        int64_t characters = 0;
        for (uint32_t i = 0; i < v.n; i++) characters += ((unsigned char)v.as.text[i] & 0xc0) != 0x80;
        *out = value_integer(characters);
    } else
        return evaluation_fault(e, "TypeError", "InvalidArgumentValue", err, "size() takes a list or a text, not %s",
                                value_type_name(v));
    return CD_OK;
}

cd_status function_head(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = must_be_list(e, arguments[0], "head", err);
    (void)n;
    if (st == CD_OK && arguments[0].n) *out = arguments[0].as.items[0];
    return st;
}

cd_status function_last(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = must_be_list(e, arguments[0], "last", err);
    (void)n;
    if (st == CD_OK && arguments[0].n) *out = arguments[0].as.items[arguments[0].n - 1];
    return st;
}

cd_status function_tail(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = must_be_list(e, arguments[0], "tail", err);
    (void)n;
    *out = arguments[0];
    if (st == CD_OK && out->n) out->as.items++, out->n--;
    return st;
}

/* Character by character: the bytes of one stay in their order. */
static cd_status reverse_text(evaluation *e, value v, value *out, cd_err *err)
{
    char *bytes = value_pool_alloc(e->pool, v.n + 1, err);
    if (!bytes) return CD_EMEMORY;
    for (uint32_t i = 0, next; i < v.n; i = next) {
        for (next = i + 1; next < v.n && ((unsigned char)v.as.text[next] & 0xc0) == 0x80; next++) {
        }
        memcpy(bytes + (v.n - next), v.as.text + i, next - i);
    }
    *out = value_text((cd_slice){bytes, v.n});
    return CD_OK;
}

cd_status function_reverse(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value v = arguments[0];
    (void)n;
    if (v.type == VALUE_TEXT) return reverse_text(e, v, out, err);
    if (v.type != VALUE_LIST)
        return evaluation_fault(e, "TypeError", "InvalidArgumentValue", err, "reverse() takes a list or a text, not %s",
                                value_type_name(v));
    value *items = value_list_new(e->pool, v.n, out, err);
    if (!items) return CD_EMEMORY;
    for (uint32_t i = 0; i < v.n; i++) items[i] = v.as.items[v.n - 1 - i];
    return CD_OK;
}

cd_status function_range(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (arguments[i].type != VALUE_INTEGER)
            return evaluation_fault(e, "ArgumentError", "InvalidArgumentType", err, "range() takes integers, not %s",
                                    value_type_name(arguments[i]));
    int64_t from = arguments[0].as.integer, to = arguments[1].as.integer, step = n > 2 ? arguments[2].as.integer : 1;
    if (step == 0)
        return evaluation_fault(e, "ArgumentError", "NumberOutOfRange", err, "the step of range() cannot be 0");
    __int128 span = (__int128)to - from, count = (step > 0) == (span >= 0) || span == 0 ? span / step + 1 : 0;
    if (count > UINT32_MAX)
        return evaluation_fault(e, "ArgumentError", "NumberOutOfRange", err, "range() would have more than %u elements",
                                UINT32_MAX);
    value *items = value_list_new(e->pool, (size_t)count, out, err);
    if (!items) return CD_EMEMORY;
    for (uint32_t i = 0; i < out->n; i++) items[i] = value_integer((int64_t)(from + (__int128)i * step));
    return CD_OK;
}

cd_status function_coalesce(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)e, (void)err;
    for (uint32_t i = 0; i < n && out->type == VALUE_NULL; i++) *out = arguments[i];
    return CD_OK;
}

cd_status function_exists(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)e, (void)n, (void)err;
    *out = value_boolean(arguments[0].type != VALUE_NULL);
    return CD_OK;
}
