/* SPDX-License-Identifier: GPL-3.0-or-later
 * evaluate.c, operate.c and the functions: a table of expressions and what they are, as `RETURN ...` gives it; and with
 * every allocation failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "queries/language/bind.h"
#include "queries/language/evaluate.h"
#include "queries/language/parse.h"

/* What it is, as words; `!Type Detail` where it is a fault, whether before or while it runs. */
static const struct {
    const char *text, *is;
} TABLE[] = {
    /* numbers */
    {"1 + 2", "3"},
    {"7 / 2", "3"},
    {"-7 / 2", "-3"},
    {"-7 % 2", "-1"},
    {"7 / 2.0", "3.5"},
    {"2 ^ 3", "8.0"},
    {"1 / 0", "!ArithmeticError DivisionByZero"},
    {"1 % 0", "!ArithmeticError DivisionByZero"},
    {"1 / 0.0", "Infinity"},
    {"0.0 / 0.0", "NaN"},
    {"9223372036854775807 + 1", "!ArithmeticError IntegerOverflow"},
    {"-9223372036854775808 - 1", "!ArithmeticError IntegerOverflow"},
    {"9223372036854775807 * 2", "!ArithmeticError IntegerOverflow"},
    {"-9223372036854775808 / -1", "!ArithmeticError IntegerOverflow"},
    {"-9223372036854775808 % -1", "0"},
    {"abs(-9223372036854775808)", "!ArithmeticError IntegerOverflow"},
    {"1 + null", "null"},
    {"-(1.5)", "-1.5"},
    {"+2", "2"},
    {"1 + $boolean", "!TypeError InvalidArgumentType"},
    {"-$text", "!TypeError InvalidArgumentType"},
    {"1e300 * 10", "1e+301"},
    {"1e300 * 1e300", "Infinity"},
    {"0.1 + 0.2", "0.30000000000000004"},
    /* comparing */
    {"1 = 1.0", "true"},
    {"9007199254740993 = 9007199254740992.0", "false"},
    {"9007199254740993 > 9007199254740992.0", "true"},
    {"9223372036854775807 < 9223372036854775808.0", "true"},
    {"1 = '1'", "false"},
    {"1 < '1'", "null"},
    {"null = null", "null"},
    {"1 <> null", "null"},
    {"0.0 / 0.0 = 0.0 / 0.0", "false"},
    {"0.0 / 0.0 <> 0.0 / 0.0", "true"},
    {"0.0 / 0.0 < 1", "false"},
    {"0.0 / 0.0 > 'a'", "null"},
    {"1 < 2 < 3", "true"},
    {"1 < 3 < 2", "false"},
    {"1 < 2 < null", "null"},
    {"3 < 2 < null", "false"},
    {"'a' < 'b'", "true"},
    {"false < true", "true"},
    {"[1, 2] = [1, 2.0]", "true"},
    {"[1, null] = [1, 2]", "null"},
    {"[1, null] = [2, 2]", "false"},
    {"[1] < [1, 2]", "true"},
    {"[1, null] < [2]", "true"},
    {"{a: 1, b: null} = {a: 1, b: 2}", "null"},
    {"{a: 1} = {b: 1}", "false"},
    {"{a: 1} = {a: 1.0}", "true"},
    /* truth */
    {"true AND null", "null"},
    {"false AND null", "false"},
    {"null AND false", "false"},
    {"true OR null", "true"},
    {"null OR null", "null"},
    {"true XOR null", "null"},
    {"true XOR false", "true"},
    {"NOT null", "null"},
    {"NOT false", "true"},
    {"$number AND true", "!TypeError InvalidArgumentType"},
    {"null IS NULL", "true"},
    {"1 IS NOT NULL", "true"},
    {"false AND 1 / 0 = 1", "false"},
    /* texts */
    {"'a' + 'b'", "ab"},
    {"'a' + 1", "a1"},
    {"1.0 + 'a'", "1.0a"},
    {"'a' + null", "null"},
    {"'a' + true", "!"},
    {"'abc' STARTS WITH 'ab'", "true"},
    {"'abc' ENDS WITH 'bc'", "true"},
    {"'abc' CONTAINS 'x'", "false"},
    {"'abc' CONTAINS ''", "true"},
    {"'abc' STARTS WITH null", "null"},
    {"$number STARTS WITH 'a'", "null"},
    {"'abc' =~ 'a.c'", "true"},
    {"'abc' =~ 'b'", "false"},
    {"'ABC' =~ '(?i)a[b-d]+'", "true"},
    {"'a12' =~ '\\\\w\\\\d{2}'", "true"},
    {"'x' =~ '('", "!ArgumentError InvalidArgumentValue"},
    {"'x' =~ '((x{50}){50}){50}'", "!ArgumentError InvalidArgumentValue"},
    {"'xx' =~ '(x)\\\\1'", "!ArgumentError InvalidArgumentValue"},
    {"'x' =~ null", "null"},
    {"'ab' =~ 'a|ab'", "true"},
    {"toUpper('müller σ ж')", "MÜLLER Σ Ж"},
    {"toLower('ÅŽŸ ÷×')", "åžÿ ÷×"},
    {"trim(' \\t a ')", "a"},
    {"ltrim(' a ') + '|'", "a |"},
    {"rtrim(' a ')", " a"},
    {"left('müller', 2)", "mü"},
    {"left('a', 9)", "a"},
    {"right('müüm', 3)", "üüm"},
    {"left('a', -1)", "!ArgumentError NumberOutOfRange"},
    {"substring('müller', 1)", "üller"},
    {"substring('müller', 1, 2)", "ül"},
    {"substring('a', 5)", ""},
    {"replace('aaa', 'a', 'bc')", "bcbcbc"},
    {"replace('aaa', '', 'b')", "aaa"},
    {"split('a,b,,c', ',')", "['a', 'b', '', 'c']"},
    {"split('', ',')", "['']"},
    {"split('äb', '')", "['ä', 'b']"},
    {"reverse('abü')", "üba"},
    {"size('müller')", "6"},
    {"toString(1.0)", "1.0"},
    {"toString(true)", "true"},
    {"toString(null)", "null"},
    {"toString($list)", "!TypeError InvalidArgumentValue"},
    {"toLower($number)", "!TypeError InvalidArgumentType"},
    /* conversions */
    {"toInteger('42')", "42"},
    {"toInteger('2.9')", "2"},
    {"toInteger(-2.9)", "-2"},
    {"toInteger('foo')", "null"},
    {"toInteger('')", "null"},
    {"toInteger('0x10')", "null"},
    {"toInteger(1e300)", "null"},
    {"toInteger($boolean)", "!TypeError InvalidArgumentValue"},
    {"toFloat('1.5e2')", "150.0"},
    {"toFloat(3)", "3.0"},
    {"toFloat(' 1')", "null"},
    {"toFloat('1x')", "null"},
    {"toBoolean('TRUE')", "true"},
    {"toBoolean('yes')", "null"},
    {"toBoolean($number)", "!TypeError InvalidArgumentValue"},
    /* functions of numbers */
    {"round(2.5)", "3.0"},
    {"round(-1.5)", "-1.0"},
    {"round(0.49999999999999994)", "0.0"},
    {"round(3.14159, 2)", "3.14"},
    {"round(1e300)", "1e+300"},
    {"floor(-0.5)", "-1.0"},
    {"ceil(0.5)", "1.0"},
    {"sign(-3.5)", "-1"},
    {"sqrt(16)", "4.0"},
    {"abs(-2)", "2"},
    {"toInteger(log10(1000))", "3"},
    {"round(degrees(pi()))", "180.0"},
    {"e() > 2.7", "true"},
    {"round(atan2(1, 1), 4)", "0.7854"},
    {"exp(0)", "1.0"},
    {"log(1)", "0.0"},
    {"sin(0) + tan(0) + asin(0) + atan(0) + haversin(0)", "0.0"},
    {"cos(0) + acos(1)", "1.0"},
    {"round(radians(180), 5)", "3.14159"},
    {"log(-1)", "NaN"},
    {"sqrt(null)", "null"},
    {"cot(0)", "Infinity"},
    {"0 <= rand() < 1", "true"},
    {"size([x IN range(1, 1000) WHERE rand() < 0.5]) / 100 IN [4, 5]", "true"},
    {"rand() = rand()", "false"},
    {"count(rand())", "!SyntaxError NonConstantExpression"},
    {"sqrt($text)", "!TypeError InvalidArgumentType"},
    /* lists */
    {"[1, 2, 3][0]", "1"},
    {"[1, 2, 3][-1]", "3"},
    {"[1, 2, 3][3]", "null"},
    {"[1, 2, 3][-4]", "null"},
    {"[1, 2][null]", "null"},
    {"$list['a']", "!TypeError InvalidArgumentType"},
    {"$number[0]", "!TypeError InvalidArgumentType"},
    {"[1, 2, 3, 4][1..3]", "[2, 3]"},
    {"[1, 2, 3][..-1]", "[1, 2]"},
    {"[1, 2, 3][-2..]", "[2, 3]"},
    {"[1, 2, 3][2..1]", "[]"},
    {"[1, 2, 3][-9..9]", "[1, 2, 3]"},
    {"[1, 2, 3][null..]", "null"},
    {"[1] + [2]", "[1, 2]"},
    {"[1] + 2", "[1, 2]"},
    {"0 + [1]", "[0, 1]"},
    {"[1] + null", "null"},
    {"2 IN [1, 2]", "true"},
    {"3 IN [1, null]", "null"},
    {"null IN []", "false"},
    {"1 IN null", "null"},
    {"[1] IN [[1]]", "true"},
    {"2 IN $list", "true"},
    {"9 IN $list", "null"},
    {"1 IN $number", "!TypeError InvalidArgumentType"},
    {"size([1, null])", "2"},
    {"head([1, 2])", "1"},
    {"last([1, 2])", "2"},
    {"tail([1, 2])", "[2]"},
    {"head([])", "null"},
    {"tail([])", "[]"},
    {"reverse([1, 2])", "[2, 1]"},
    {"range(1, 4)", "[1, 2, 3, 4]"},
    {"range(5, 1, -2)", "[5, 3, 1]"},
    {"range(2, 1)", "[]"},
    {"range(1, 2, 0)", "!ArgumentError NumberOutOfRange"},
    {"range(1, 1.5)", "!ArgumentError InvalidArgumentType"},
    {"range(9223372036854775806, 9223372036854775807)", "[9223372036854775806, 9223372036854775807]"},
    {"range(-9223372036854775807, 9223372036854775807)", "!ArgumentError NumberOutOfRange"},
    {"[x IN range(1, 5) WHERE x % 2 = 1 | x * x]", "[1, 9, 25]"},
    {"[x IN [1, 2] | [y IN [10] | x * y]]", "[[10], [20]]"},
    {"[x IN null | x]", "null"},
    {"all(x IN [1, null] WHERE x = 1)", "null"},
    {"all(x IN [2, null] WHERE x = 1)", "false"},
    {"any(x IN [1, null] WHERE x = 1)", "true"},
    {"none(x IN [null] WHERE x = 1)", "null"},
    {"none(x IN [] WHERE x = 1)", "true"},
    {"single(x IN [1, 1, null] WHERE x = 1)", "false"},
    {"single(x IN [1, null] WHERE x = 1)", "null"},
    {"single(x IN [1, 2] WHERE x = 1)", "true"},
    {"reduce(a = 0, x IN [1, 2, 3] | a + x)", "6"},
    {"reduce(a = [], x IN range(1, 5000) | [a])", "!ArgumentError NumberOutOfRange"},
    {"size(reduce(a = [], x IN range(1, 500) | [a]))", "1"},
    {"coalesce(null, null, 3)", "3"},
    {"coalesce(null)", "null"},
    {"coalesce(null, null, null, null, null, null, null, null, null, 10)", "10"},
    /* maps, and choosing */
    {"{a: 1, b: 'x'}", "{a: 1, b: 'x'}"},
    {"{b: 1, a: 2, b: 3}.b", "3"},
    {"{a: 1}.z", "null"},
    {"{a: 1}['a']", "1"},
    {"$map[1]", "!TypeError MapElementAccessByNonString"},
    {"keys({b: 1, a: null})", "['a', 'b']"},
    {"properties({a: 1})", "{a: 1}"},
    {"{`odd key`: 'it\\'s'}", "{`odd key`: 'it\\'s'}"},
    {"$number.x", "!TypeError InvalidArgumentType"},
    {"CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE 'c' END", "b"},
    {"CASE WHEN null THEN 1 WHEN true THEN 2 END", "2"},
    {"CASE null WHEN null THEN 1 END", "null"},
    /* times */
    {"datetime('2026-03-01T07:30:00+01:00')", "2026-03-01T06:30:00Z"},
    {"date('2026-03-01')", "2026-03-01"},
    {"datetime({year: 2026, month: 3, day: 1, hour: 7})", "2026-03-01T07:00:00Z"},
    {"datetime({epochSeconds: 0})", "1970-01-01T00:00:00Z"},
    {"datetime({epochMillis: -1})", "1969-12-31T23:59:59Z"},
    {"date({year: 2026, week: 9, dayOfWeek: 7})", "2026-03-01"},
    {"date({year: 2026, ordinalDay: 60})", "2026-03-01"},
    {"date({year: 2026, quarter: 2})", "2026-04-01"},
    {"datetime({year: 2026, timezone: '-01:00'})", "2026-01-01T01:00:00Z"},
    {"date({date: date('2026-03-05'), day: 1})", "2026-03-01"},
    {"date({year: 2026, month: 2, day: 30})", "!ArgumentError InvalidArgumentValue"},
    {"datetime('yesterday')", "!ArgumentError InvalidArgumentValue"},
    {"datetime({yaer: 2026})", "!ArgumentError InvalidArgumentValue"},
    {"datetime()", "2026-03-01T12:00:00Z"},
    {"date()", "2026-03-01"},
    {"timestamp()", "1772366400000"},
    {"date(datetime('2026-03-01T23:00Z'))", "2026-03-01"},
    {"datetime(date('2026-03-01'))", "2026-03-01T00:00:00Z"},
    {"duration('P1DT2H')", "P1DT2H"},
    {"duration({days: 1, hours: -2.5})", "P1DT-2H-30M"},
    {"duration({moons: 1})", "!ArgumentError InvalidArgumentValue"},
    {"datetime('2026-01-31') + duration({months: 1})", "2026-02-28T00:00:00Z"},
    {"duration({days: 1}) + date('2026-03-01')", "2026-03-02"},
    {"datetime('2026-03-01') - duration('PT1S')", "2026-02-28T23:59:59Z"},
    {"datetime('9999-12-31') + duration({days: 2})", "!ArgumentError NumberOutOfRange"},
    {"duration({days: 1}) + duration({hours: 1})", "P1DT1H"},
    {"duration({days: 1}) * 1.5", "P1DT12H"},
    {"duration({months: 1}) / 2", "P15DT5H14M33S"},
    {"-duration({days: 1})", "P-1D"},
    {"datetime('2026-03-01') = date('2026-03-01')", "true"},
    {"datetime('2026-03-01T00:00:01Z') > date('2026-03-01')", "true"},
    {"duration('P1D') = duration('PT24H')", "false"},
    {"duration('P1D') < duration('PT25H')", "true"},
    {"duration('P1M') < duration('P1D')", "null"},
    {"duration.between(date('2026-01-31'), datetime('2026-03-01T12:00Z'))", "P1M1DT12H"},
    {"duration.inDays(date('2026-03-01'), date('2026-02-01'))", "P-28D"},
    {"duration.inSeconds(date('2026-03-01'), date('2026-03-02')).seconds", "86400"},
    {"duration.inMonths(date('2026-01-01'), date('2027-02-28'))", "P1Y1M"},
    {"$time - $time", "!TypeError InvalidArgumentType"},
    {"date.truncate('month', datetime('2026-03-17T10:00Z'))", "2026-03-01"},
    {"datetime.truncate('hour', datetime('2026-03-17T10:59Z'), {minute: 5})", "2026-03-17T10:05:00Z"},
    {"date.truncate('moon', $time)", "!ArgumentError InvalidArgumentValue"},
    {"datetime('2026-03-01T07:30:05Z').hour", "7"},
    {"date('2026-03-01').dayOfWeek", "7"},
    {"duration('PT90M').minutes", "90"},
    {"date('2026-03-01').hour", "null"},
    {"during($time, null, null)", "true"},
    {"during(null, $time, $time)", "null"},
    {"during($time, $time, null)", "true"},
    {"during($time, null, $time)", "false"},
    {"during($number, null, null)", "!TypeError InvalidArgumentType"},
    {"overlaps(date('2026-01-01'), date('2026-01-02'), date('2026-01-02'), null)", "false"},
    {"overlaps(date('2026-01-01'), null, date('2026-01-02'), date('2026-01-03'))", "true"},
    {"overlaps($time, $time, null, null)", "false"},
    {"overlaps(null, null, null, null)", "true"},
};

enum { N_TABLE = sizeof TABLE / sizeof *TABLE, SLOTS = 16, PARAMETERS = 6 };
static const int64_t NOON = 1772366400; /* 2026-03-01T12:00:00Z */

/* The parameters by name; those that a query does not use have no place in it. */
static void fill_parameters(const query *q, value parameters[PARAMETERS])
{
    static const value items[] = {{.type = VALUE_INTEGER, .as.integer = 2}, {.type = VALUE_NULL}};
    const value_entry all[PARAMETERS] = {{cd_slice_of("boolean"), value_boolean(true)},
                                         {cd_slice_of("list"), {.type = VALUE_LIST, .n = 2, .as.items = items}},
                                         {cd_slice_of("map"), {.type = VALUE_MAP}},
                                         {cd_slice_of("number"), value_integer(7)},
                                         {cd_slice_of("text"), value_text(cd_slice_of("text"))},
                                         {cd_slice_of("time"), value_time(NOON)}};
    for (uint32_t i = 0; i < q->n_parameters; i++)
        for (int k = 0; k < PARAMETERS; k++)
            if (cd_slice_equal(q->parameters[i], all[k].key)) parameters[i] = all[k].value;
}

/* What RETURN text gives, into *words. */
static cd_status returned(const char *text, cd_buffer *words, query_fault *fault, cd_err *err)
{
    cd_status st = CD_OK;
    cd_arena arena = {0};
    value_pool pool = {0};
    query *q;
    value slots[SLOTS], parameters[PARAMETERS], v;
    char whole[400];
    int n = snprintf(whole, sizeof whole, "RETURN %s AS x", text);
    CD_TRY(query_parse((cd_slice){whole, (uint32_t)n}, &arena, &q, fault, err));
    CD_TRY(query_bind(q, &arena, fault, err));
    assert_true(q->n_slots <= SLOTS && q->n_parameters <= PARAMETERS);
    fill_parameters(q, parameters);
    evaluation e = {.pool = &pool, .parameters = parameters, .slots = slots, .now = NOON, .fault = fault};
    CD_TRY(evaluate(&e, q->parts[0].clauses[0].projection->items[0].what, &v, err));
    CD_TRY(value_words(&e, v, words, err));
    CD_TRY(words->status);
done:
    value_pool_release(&pool);
    cd_arena_release(&arena);
    return st;
}

static void as_the_table_says(void **state)
{
    (void)state;
    int wrong = 0;
    for (int i = 0; i < N_TABLE; i++) {
        cd_buffer words = {0};
        query_fault fault = {.at = QUERY_NOWHERE};
        cd_err err = {0};
        cd_status st = returned(TABLE[i].text, &words, &fault, &err);
        if (st != CD_OK) {
            assert_non_null(fault.type);
            words.n = 0;
            cd_buffer_printf(&words, TABLE[i].is[1] ? "!%s %s" : "!", fault.type, fault.detail);
            if (st != CD_EUSAGE || !err.text[0] || fault.at < 7)
                print_error("%s: status %d at %u: %s\n", TABLE[i].text, st, fault.at, err.text), wrong++;
        }
        if (strcmp(words.n ? words.bytes : "", TABLE[i].is) != 0)
            print_error("%s is %s, not %s (%s)\n", TABLE[i].text, words.n ? words.bytes : "nothing", TABLE[i].is,
                        err.text),
                wrong++;
        cd_buffer_release(&words);
    }
    assert_int_equal(wrong, 0);
}

/* What a condition is made of is given back before the next element is looked at. */
static void conditions_leave_nothing(void **state)
{
    (void)state;
    cd_buffer words = {0};
    query_fault fault = {.at = QUERY_NOWHERE};
    size_t before = cd_memory_now();
    cd_memory_mark();
    assert_int_equal(
        returned("size([x IN range(1, 20000) WHERE any(y IN range(1, 50) WHERE x * y = 7)])", &words, &fault, NULL),
        CD_OK);
    assert_string_equal(words.bytes, "2");
    assert_true(cd_memory_peak() - before < 4 << 20);
    cd_buffer_release(&words);
}

/* Each allocation fails once: then memory is out, and nothing is lost. */
static void without_memory(void **state)
{
    (void)state;
    size_t before = cd_memory_now();
    for (int i = 0; i < N_TABLE; i++) {
        bool done = false;
        for (int64_t k = 0; !done; k++) {
            cd_buffer words = {0};
            query_fault fault = {.at = QUERY_NOWHERE};
            cd_err err = {0};
            cd_memory_fail_at(k);
            cd_status st = returned(TABLE[i].text, &words, &fault, &err);
            done = !cd_memory_failed();
            cd_memory_fail_at(-1);
            if (!done && st != CD_EMEMORY) fail_msg("%s, allocation %d: status %d", TABLE[i].text, (int)k, st);
            cd_buffer_release(&words);
            assert_int_equal(cd_memory_now(), before);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_table_says), cmocka_unit_test(conditions_leave_nothing),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
