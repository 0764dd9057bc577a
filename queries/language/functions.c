/* SPDX-License-Identifier: GPL-3.0-or-later
 * functions.c: every function by name: the one list that binding, calling and help go by. What they do is in
 * functions_*.c. */
#include "queries/language/functions.h"

#include <strings.h>

#include "queries/language/function_list.h"

#define COUNT(list) ((uint32_t)(sizeof(list) / sizeof *(list)))

static const query_function FUNCTIONS[] = {
    /* nodes, edges and paths */
    {"id", 1, 1, true, KNOWN_TEXT, KNOWN_NODE, function_id, "the id of a node, as text"},
    {"labels", 1, 1, true, KNOWN_LIST, KNOWN_NODE, function_labels, "the labels of a node, as a list of texts"},
    {"type", 1, 1, true, KNOWN_TEXT, KNOWN_EDGE, function_type, "the type of a relationship"},
    {"keys", 1, 1, true, KNOWN_LIST, KNOWN_ANY, function_keys,
     "the names of what is known of a node, relationship or map"},
    {"properties", 1, 1, true, KNOWN_MAP, KNOWN_ANY, function_properties,
     "what is known of a node or relationship, as a map"},
    {"startNode", 1, 1, true, KNOWN_NODE, KNOWN_EDGE, function_start_node, "the node that a relationship comes from"},
    {"endNode", 1, 1, true, KNOWN_NODE, KNOWN_EDGE, function_end_node, "the node that a relationship leads to"},
    {"nodes", 1, 1, true, KNOWN_LIST, KNOWN_PATH, function_nodes, "the nodes of a path, in order"},
    {"relationships", 1, 1, true, KNOWN_LIST, KNOWN_PATH, function_relationships,
     "the relationships of a path, in order"},
    {"length", 1, 1, true, KNOWN_INTEGER, KNOWN_PATH, function_length, "how many relationships a path has"},
    {"source", 1, 1, true, KNOWN_TEXT, KNOWN_ANY, function_source,
     "file and line that a node or relationship was read from"},
    /* lists, and what is null */
    {"size", 1, 1, true, KNOWN_INTEGER, KNOWN_ANY, function_size, "how many elements a list has, or characters a text"},
    {"head", 1, 1, true, KNOWN_ANY, KNOWN_LIST, function_head, "the first element of a list"},
    {"last", 1, 1, true, KNOWN_ANY, KNOWN_LIST, function_last, "the last element of a list"},
    {"tail", 1, 1, true, KNOWN_LIST, KNOWN_LIST, function_tail, "a list without its first element"},
    {"reverse", 1, 1, true, KNOWN_ANY, KNOWN_ANY, function_reverse, "a list or text from its end"},
    {"range", 2, 3, true, KNOWN_LIST, KNOWN_ANY, function_range,
     "the integers from one to another, both included; by a step"},
    {"coalesce", 1, NO_LIMIT, false, KNOWN_ANY, KNOWN_ANY, function_coalesce, "the first argument that is not null"},
    {"exists", 1, 1, false, KNOWN_BOOLEAN, KNOWN_ANY, function_exists, "whether a property is there"},
    /* conversions */
    {"toString", 1, 1, true, KNOWN_TEXT, KNOWN_ANY, function_to_string, "a number, boolean or time as text"},
    {"toInteger", 1, 1, true, KNOWN_INTEGER, KNOWN_ANY, function_to_integer,
     "a number or text as an integer; null where it is none"},
    {"toFloat", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_to_float,
     "a number or text as a real number; null where it is none"},
    {"toBoolean", 1, 1, true, KNOWN_BOOLEAN, KNOWN_ANY, function_to_boolean,
     "true or false written as text; null where it is neither"},
    /* numbers */
    {"abs", 1, 1, true, KNOWN_ANY, KNOWN_ANY, function_abs, "a number without its sign"},
    {"ceil", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_ceil, "the next whole number upwards"},
    {"floor", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_floor, "the next whole number downwards"},
    {"round", 1, 2, true, KNOWN_REAL, KNOWN_ANY, function_round,
     "the nearest whole number, halves upwards; to so many places"},
    {"sign", 1, 1, true, KNOWN_INTEGER, KNOWN_ANY, function_sign, "-1, 0 or 1"},
    {"sqrt", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_sqrt, "the square root"},
    {"exp", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_exp, "e to a power"},
    {"log", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_log, "the natural logarithm"},
    {"log10", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_log10, "the logarithm to base 10"},
    {"sin", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_sin, "the sine of an angle in radians"},
    {"cos", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_cos, "the cosine"},
    {"tan", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_tan, "the tangent"},
    {"cot", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_cot, "the cotangent"},
    {"asin", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_asin, "the angle of a sine"},
    {"acos", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_acos, "the angle of a cosine"},
    {"atan", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_atan, "the angle of a tangent"},
    {"atan2", 2, 2, true, KNOWN_REAL, KNOWN_ANY, function_atan2, "the angle of a point, y before x"},
    {"haversin", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_haversin, "half the versine"},
    {"degrees", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_degrees, "radians as degrees"},
    {"radians", 1, 1, true, KNOWN_REAL, KNOWN_ANY, function_radians, "degrees as radians"},
    {"pi", 0, 0, false, KNOWN_REAL, KNOWN_ANY, function_pi, "3.14159..."},
    {"e", 0, 0, false, KNOWN_REAL, KNOWN_ANY, function_e, "2.71828..."},
    {"rand", 0, 0, false, KNOWN_REAL, KNOWN_ANY, function_rand,
     "a number of chance from 0 to below 1; the same ones each time a query runs"},
    /* texts */
    {"toLower", 1, 1, true, KNOWN_TEXT, KNOWN_TEXT, function_to_lower, "a text in lower case"},
    {"toUpper", 1, 1, true, KNOWN_TEXT, KNOWN_TEXT, function_to_upper, "a text in upper case"},
    {"trim", 1, 1, true, KNOWN_TEXT, KNOWN_TEXT, function_trim, "a text without spaces around it"},
    {"ltrim", 1, 1, true, KNOWN_TEXT, KNOWN_TEXT, function_ltrim, "a text without spaces before it"},
    {"rtrim", 1, 1, true, KNOWN_TEXT, KNOWN_TEXT, function_rtrim, "a text without spaces after it"},
    {"left", 2, 2, true, KNOWN_TEXT, KNOWN_TEXT, function_left, "the first characters of a text"},
    {"right", 2, 2, true, KNOWN_TEXT, KNOWN_TEXT, function_right, "the last characters of a text"},
    {"substring", 2, 3, true, KNOWN_TEXT, KNOWN_TEXT, function_substring,
     "a text from a character on, counted from 0; so many"},
    {"replace", 3, 3, true, KNOWN_TEXT, KNOWN_TEXT, function_replace, "a text with another in the place of each third"},
    {"split", 2, 2, true, KNOWN_LIST, KNOWN_TEXT, function_split, "the parts of a text between a separator"},
    /* times */
    {"datetime", 0, 1, true, KNOWN_TEMPORAL, KNOWN_ANY, function_datetime,
     "a time from text, a map of parts, a date; or now"},
    {"date", 0, 1, true, KNOWN_TEMPORAL, KNOWN_ANY, function_date,
     "a date from text, a map of parts, a time; or today"},
    {"duration", 1, 1, true, KNOWN_TEMPORAL, KNOWN_ANY, function_duration,
     "a duration from text (P1DT2H) or a map of parts"},
    {"duration.between", 2, 2, true, KNOWN_TEMPORAL, KNOWN_TEMPORAL, function_between,
     "from one time to another, in months, days and seconds"},
    {"duration.inMonths", 2, 2, true, KNOWN_TEMPORAL, KNOWN_TEMPORAL, function_in_months,
     "from one time to another, in whole months"},
    {"duration.inDays", 2, 2, true, KNOWN_TEMPORAL, KNOWN_TEMPORAL, function_in_days,
     "from one time to another, in whole days"},
    {"duration.inSeconds", 2, 2, true, KNOWN_TEMPORAL, KNOWN_TEMPORAL, function_in_seconds,
     "from one time to another, in seconds"},
    {"datetime.truncate", 2, 3, true, KNOWN_TEMPORAL, KNOWN_TEXT, function_datetime_truncate,
     "the beginning of the 'hour', 'day', ... that a time is in"},
    {"date.truncate", 2, 3, true, KNOWN_TEMPORAL, KNOWN_TEXT, function_date_truncate,
     "the first day of the 'week', 'month', ... that a time is in"},
    {"timestamp", 0, 0, false, KNOWN_INTEGER, KNOWN_ANY, function_timestamp, "now, in milliseconds since 1970"},
    {"during", 3, 3, false, KNOWN_BOOLEAN, KNOWN_ANY, function_during,
     "whether a time is at or after one and before another; null is open"},
    {"overlaps", 4, 4, false, KNOWN_BOOLEAN, KNOWN_ANY, function_overlaps,
     "whether two spans, each from and to, share a moment; null is open"},
};

const query_function *query_functions(uint32_t *n)
{
    *n = COUNT(FUNCTIONS);
    return FUNCTIONS;
}

static bool named(const char *name, cd_slice wanted)
{
    return strlen(name) == wanted.n && strncasecmp(name, wanted.bytes, wanted.n) == 0;
}

int32_t query_function_find(cd_slice name)
{
    for (uint32_t i = 0; i < COUNT(FUNCTIONS); i++)
        if (named(FUNCTIONS[i].name, name)) return (int32_t)i;
    return -1;
}

aggregate_kind query_aggregate_find(cd_slice name)
{
    static const char *const names[] = {
        "count", "sum", "avg", "min", "max", "collect", "stDev", "stDevP", "percentileCont", "percentileDisc"};
    for (uint32_t i = 0; i < COUNT(names); i++)
        if (named(names[i], name)) return (aggregate_kind)i;
    return AGGREGATE_NONE;
}
