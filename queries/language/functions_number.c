/* SPDX-License-Identifier: GPL-3.0-or-later
 * functions_number.c: functions of numbers, and conversions to numbers and booleans. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/random.h"
#include "queries/language/function_list.h"
#include "queries/language/operate.h"

/* ---- Conversions ---- */

static cd_status unconvertible(evaluation *e, const char *name, value v, cd_err *err)
{
    return evaluation_fault(e, "TypeError", "InvalidArgumentValue", err, "%s() cannot make anything of %s", name,
                            value_type_name(v));
}

/* A text that is a number, with nothing around it: of digits, or as a real. */
static bool read_number(cd_slice s, value *out)
{
    char text[400], *end;
    if (s.n == 0 || s.n >= sizeof text || memchr(s.bytes, '\0', s.n)) return false;
    memcpy(text, s.bytes, s.n);
    text[s.n] = '\0';
    if (isspace((unsigned char)*text)) return false;
    errno = 0;
    long long i = strtoll(text, &end, 10);
    if (end > text && *end == '\0' && errno == 0) return *out = value_integer(i), true;
    if (strpbrk(text, "xX")) return false; /* what strtod takes, and the language does not */
    double r = strtod(text, &end);
    if (*end != '\0' || end == text) return false;
    *out = value_real(r);
    return true;
}

static value whole_number(value v)
{
    if (v.type != VALUE_REAL) return v;
    bool fits = v.as.real >= -0x1p63 && v.as.real < 0x1p63; /* no NaN */
    return fits ? value_integer((int64_t)v.as.real) : value_null();
}

cd_status function_to_integer(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value v = arguments[0];
    (void)n;
    if (v.type == VALUE_TEXT) {
        if (read_number(value_slice(v), &v)) *out = whole_number(v);
        return CD_OK;
    }
    if (v.type != VALUE_INTEGER && v.type != VALUE_REAL) return unconvertible(e, "toInteger", v, err);
    *out = whole_number(v);
    return CD_OK;
}

static double real_of(value v) { return v.type == VALUE_INTEGER ? (double)v.as.integer : v.as.real; }

cd_status function_to_float(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value v = arguments[0];
    (void)n;
    if (v.type == VALUE_TEXT) {
        if (read_number(value_slice(v), &v)) *out = value_real(real_of(v));
        return CD_OK;
    }
    if (v.type != VALUE_INTEGER && v.type != VALUE_REAL) return unconvertible(e, "toFloat", v, err);
    *out = value_real(real_of(v));
    return CD_OK;
}

cd_status function_to_boolean(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value v = arguments[0];
    (void)n;
    if (v.type == VALUE_BOOLEAN)
        *out = v;
    else if (v.type != VALUE_TEXT)
        return unconvertible(e, "toBoolean", v, err);
    else if (v.n == 4 && strncasecmp(v.as.text, "true", 4) == 0)
        *out = value_boolean(true);
    else if (v.n == 5 && strncasecmp(v.as.text, "false", 5) == 0)
        *out = value_boolean(false);
    return CD_OK;
}

/* ---- Arithmetic ---- */

static cd_status must_be_number(evaluation *e, value v, const char *name, cd_err *err)
{
    if (v.type == VALUE_INTEGER || v.type == VALUE_REAL) return CD_OK;
    return evaluation_fault(e, "TypeError", "InvalidArgumentType", err, "%s() takes a number, not %s", name,
                            value_type_name(v));
}

cd_status function_abs(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value v = arguments[0];
    cd_status st = must_be_number(e, v, "abs", err);
    (void)n;
    if (st != CD_OK) return st;
    *out = v.type == VALUE_REAL ? value_real(fabs(v.as.real)) : v;
    return v.type == VALUE_INTEGER && v.as.integer < 0 ? operate_minus(e, v, out, err) : CD_OK;
}

cd_status function_sign(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = must_be_number(e, arguments[0], "sign", err);
    (void)n;
    if (st != CD_OK) return st;
    double r = real_of(arguments[0]);
    *out = value_integer((r > 0) - (r < 0));
    return CD_OK;
}

/* Halves upwards, as openCypher has it: round(-1.5) is -1. */
static double rounded(double r)
{
    double whole = floor(r);
    return r - whole >= 0.5 ? whole + 1 : whole;
}

cd_status function_round(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = must_be_number(e, arguments[0], "round", err);
    if (st != CD_OK) return st;
    double r = real_of(arguments[0]), scale = 1;
    if (n > 1) {
        if (arguments[1].type != VALUE_INTEGER || arguments[1].as.integer < 0 || arguments[1].as.integer > 15)
            return evaluation_fault(e, "ArgumentError", "NumberOutOfRange", err, "round() takes 0 to 15 places");
        scale = pow(10, (double)arguments[1].as.integer);
    }
    /* Beyond 2^52 there are no places to round. */
    *out = value_real(fabs(r * scale) < 0x1p52 ? rounded(r * scale) / scale : r);
    return CD_OK;
}

static double haversin(double r) { return (1 - cos(r)) / 2; }
static double cotangent(double r) { return 1 / tan(r); }
static double degrees(double r) { return r * 180 / M_PI; }
static double radians(double r) { return r / 180 * M_PI; }

static cd_status apply(evaluation *e, value v, double (*f)(double), const char *name, value *out, cd_err *err)
{
    cd_status st = must_be_number(e, v, name, err);
    if (st == CD_OK) *out = value_real(f(real_of(v)));
    return st;
}

#define FUNCTION_OF_REAL(name, word, f)                                                                                \
    cd_status function_##name(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)              \
    {                                                                                                                  \
        (void)n;                                                                                                       \
        return apply(e, arguments[0], f, word, out, err);                                                              \
    }
FUNCTION_OF_REAL(ceil, "ceil", ceil)
FUNCTION_OF_REAL(floor, "floor", floor)
FUNCTION_OF_REAL(sqrt, "sqrt", sqrt)
FUNCTION_OF_REAL(exp, "exp", exp)
FUNCTION_OF_REAL(log, "log", log)
FUNCTION_OF_REAL(log10, "log10", log10)
FUNCTION_OF_REAL(sin, "sin", sin)
FUNCTION_OF_REAL(cos, "cos", cos)
FUNCTION_OF_REAL(tan, "tan", tan)
FUNCTION_OF_REAL(cot, "cot", cotangent)
FUNCTION_OF_REAL(asin, "asin", asin)
FUNCTION_OF_REAL(acos, "acos", acos)
FUNCTION_OF_REAL(atan, "atan", atan)
FUNCTION_OF_REAL(haversin, "haversin", haversin)
FUNCTION_OF_REAL(degrees, "degrees", degrees)
FUNCTION_OF_REAL(radians, "radians", radians)

cd_status function_atan2(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    (void)n;
    CD_TRY(must_be_number(e, arguments[0], "atan2", err));
    CD_TRY(must_be_number(e, arguments[1], "atan2", err));
    *out = value_real(atan2(real_of(arguments[0]), real_of(arguments[1])));
done:
    return st;
}

cd_status function_pi(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)e, (void)arguments, (void)n, (void)err;
    *out = value_real(M_PI);
    return CD_OK;
}

/* The same numbers each time a query runs: an answer can be had again. */
cd_status function_rand(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)arguments, (void)n, (void)err;
    cd_random r = cd_random_of(0, 0, e->draws++);
    *out = value_real(cd_random_unit(&r));
    return CD_OK;
}

cd_status function_e(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)e, (void)arguments, (void)n, (void)err;
    *out = value_real(M_E);
    return CD_OK;
}
