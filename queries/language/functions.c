/* SPDX-License-Identifier: GPL-3.0-or-later
 * functions.c: every function by name: the one list that binding, calling and help go by. */
#include "queries/language/functions.h"

#include <strings.h>

#define COUNT(list) ((uint32_t)(sizeof(list) / sizeof *(list)))

static const query_function FUNCTIONS[] = {
    /* nodes, edges and paths */
    {"id", 1, 1, true, KNOWN_TEXT, KNOWN_NODE, NULL, "the id of a node, as text"},
    {"labels", 1, 1, true, KNOWN_LIST, KNOWN_NODE, NULL, "the labels of a node, as a list of texts"},
    {"type", 1, 1, true, KNOWN_TEXT, KNOWN_EDGE, NULL, "the type of a relationship"},
    {"keys", 1, 1, true, KNOWN_LIST, KNOWN_ANY, NULL, "the names of what is known of a node, relationship or map"},
    {"properties", 1, 1, true, KNOWN_MAP, KNOWN_ANY, NULL, "what is known of a node or relationship, as a map"},
    {"startNode", 1, 1, true, KNOWN_NODE, KNOWN_EDGE, NULL, "the node that a relationship comes from"},
    {"endNode", 1, 1, true, KNOWN_NODE, KNOWN_EDGE, NULL, "the node that a relationship leads to"},
    {"nodes", 1, 1, true, KNOWN_LIST, KNOWN_PATH, NULL, "the nodes of a path, in order"},
    {"relationships", 1, 1, true, KNOWN_LIST, KNOWN_PATH, NULL, "the relationships of a path, in order"},
    {"length", 1, 1, true, KNOWN_INTEGER, KNOWN_PATH, NULL, "how many relationships a path has"},
    {"source", 1, 1, true, KNOWN_TEXT, KNOWN_ANY, NULL, "file and line that a node or relationship was read from"},
    /* lists, and what is null */
    {"size", 1, 1, true, KNOWN_INTEGER, KNOWN_ANY, NULL, "how many elements a list has, or characters a text"},
    {"head", 1, 1, true, KNOWN_ANY, KNOWN_LIST, NULL, "the first element of a list"},
    {"last", 1, 1, true, KNOWN_ANY, KNOWN_LIST, NULL, "the last element of a list"},
    {"tail", 1, 1, true, KNOWN_LIST, KNOWN_LIST, NULL, "a list without its first element"},
    {"reverse", 1, 1, true, KNOWN_ANY, KNOWN_ANY, NULL, "a list or text from its end"},
    {"range", 2, 3, true, KNOWN_LIST, KNOWN_ANY, NULL, "the integers from one to another, both included; by a step"},
    {"coalesce", 1, NO_LIMIT, false, KNOWN_ANY, KNOWN_ANY, NULL, "the first argument that is not null"},
    {"exists", 1, 1, false, KNOWN_BOOLEAN, KNOWN_ANY, NULL, "whether a property is there"},
    /* conversions */
    {"toString", 1, 1, true, KNOWN_TEXT, KNOWN_ANY, NULL, "a number, boolean or time as text"},
    {"toInteger", 1, 1, true, KNOWN_INTEGER, KNOWN_ANY, NULL, "a number or text as an integer; null where it is none"},
    {"toFloat", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "a number or text as a real number; null where it is none"},
    {"toBoolean", 1, 1, true, KNOWN_BOOLEAN, KNOWN_ANY, NULL, "true or false written as text; null where it is neither"},
    /* numbers */
    {"abs", 1, 1, true, KNOWN_ANY, KNOWN_ANY, NULL, "a number without its sign"},
    {"ceil", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the next whole number upwards"},
    {"floor", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the next whole number downwards"},
    {"round", 1, 2, true, KNOWN_REAL, KNOWN_ANY, NULL, "the nearest whole number, halves upwards; to so many places"},
    {"sign", 1, 1, true, KNOWN_INTEGER, KNOWN_ANY, NULL, "-1, 0 or 1"},
    {"sqrt", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the square root"},
    {"exp", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "e to a power"},
    {"log", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the natural logarithm"},
    {"log10", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the logarithm to base 10"},
    {"sin", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the sine of an angle in radians"},
    {"cos", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the cosine"},
    {"tan", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the tangent"},
    {"cot", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the cotangent"},
    {"asin", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the angle of a sine"},
    {"acos", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the angle of a cosine"},
    {"atan", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "the angle of a tangent"},
    {"atan2", 2, 2, true, KNOWN_REAL, KNOWN_ANY, NULL, "the angle of a point, y before x"},
    {"haversin", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "half the versine"},
    {"degrees", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "radians as degrees"},
    {"radians", 1, 1, true, KNOWN_REAL, KNOWN_ANY, NULL, "degrees as radians"},
    {"pi", 0, 0, false, KNOWN_REAL, KNOWN_ANY, NULL, "3.14159..."},
    {"e", 0, 0, false, KNOWN_REAL, KNOWN_ANY, NULL, "2.71828..."},
    /* texts */
    {"toLower", 1, 1, true, KNOWN_TEXT, KNOWN_TEXT, NULL, "a text in lower case"},
    {"toUpper", 1, 1, true, KNOWN_TEXT, KNOWN_TEXT, NULL, "a text in upper case"},
    {"trim", 1, 1, true, KNOWN_TEXT, KNOWN_TEXT, NULL, "a text without spaces around it"},
    {"ltrim", 1, 1, true, KNOWN_TEXT, KNOWN_TEXT, NULL, "a text without spaces before it"},
    {"rtrim", 1, 1, true, KNOWN_TEXT, KNOWN_TEXT, NULL, "a text without spaces after it"},
    {"left", 2, 2, true, KNOWN_TEXT, KNOWN_TEXT, NULL, "the first characters of a text"},
    {"right", 2, 2, true, KNOWN_TEXT, KNOWN_TEXT, NULL, "the last characters of a text"},
    {"substring", 2, 3, true, KNOWN_TEXT, KNOWN_TEXT, NULL, "a text from a character on, counted from 0; so many"},
    {"replace", 3, 3, true, KNOWN_TEXT, KNOWN_TEXT, NULL, "a text with another in the place of each third"},
    {"split", 2, 2, true, KNOWN_LIST, KNOWN_TEXT, NULL, "the parts of a text between a separator"},
    /* times */
    {"datetime", 0, 1, true, KNOWN_TEMPORAL, KNOWN_ANY, NULL, "a time from text, a map of parts, a date; or now"},
    {"date", 0, 1, true, KNOWN_TEMPORAL, KNOWN_ANY, NULL, "a date from text, a map of parts, a time; or today"},
    {"duration", 1, 1, true, KNOWN_TEMPORAL, KNOWN_ANY, NULL, "a duration from text (P1DT2H) or a map of parts"},
    {"duration.between", 2, 2, true, KNOWN_TEMPORAL, KNOWN_TEMPORAL, NULL, "from one time to another, in months, days and seconds"},
    {"duration.inMonths", 2, 2, true, KNOWN_TEMPORAL, KNOWN_TEMPORAL, NULL, "from one time to another, in whole months"},
    {"duration.inDays", 2, 2, true, KNOWN_TEMPORAL, KNOWN_TEMPORAL, NULL, "from one time to another, in whole days"},
    {"duration.inSeconds", 2, 2, true, KNOWN_TEMPORAL, KNOWN_TEMPORAL, NULL, "from one time to another, in seconds"},
    {"datetime.truncate", 2, 2, true, KNOWN_TEMPORAL, KNOWN_TEXT, NULL, "the beginning of the 'hour', 'day', ... that a time is in"},
    {"date.truncate", 2, 2, true, KNOWN_TEMPORAL, KNOWN_TEXT, NULL, "the first day of the 'week', 'month', ... that a time is in"},
    {"timestamp", 0, 0, false, KNOWN_INTEGER, KNOWN_ANY, NULL, "now, in milliseconds since 1970"},
    {"during", 3, 3, false, KNOWN_BOOLEAN, KNOWN_ANY, NULL, "whether a time is at or after one and before another; null is open"},
    {"overlaps", 4, 4, false, KNOWN_BOOLEAN, KNOWN_ANY, NULL, "whether two spans, each from and to, share a moment; null is open"},
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
    static const char *const names[] = {"count", "sum", "avg", "min", "max", "collect", "stDev", "stDevP", "percentileCont", "percentileDisc"};
    for (uint32_t i = 0; i < COUNT(names); i++)
        if (named(names[i], name)) return (aggregate_kind)i;
    return AGGREGATE_NONE;
}
