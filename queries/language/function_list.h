/* SPDX-License-Identifier: GPL-3.0-or-later
 * function_list.h: the functions behind functions.c's table, one file of them a subject. Of their arguments those are
 * null that functions.c lets be null. */
#ifndef QUERIES_LANGUAGE_FUNCTION_LIST_H
#define QUERIES_LANGUAGE_FUNCTION_LIST_H

#include "queries/language/evaluate.h"

typedef cd_status query_function_run(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err);

/* functions_graph.c */
query_function_run function_id, function_labels, function_type, function_keys, function_properties, function_start_node,
    function_end_node, function_nodes, function_relationships, function_length, function_source;
/* functions_list.c */
query_function_run function_size, function_head, function_last, function_tail, function_reverse, function_range,
    function_coalesce, function_exists;
/* functions_number.c */
query_function_run function_to_integer, function_to_float, function_to_boolean, function_abs, function_ceil,
    function_floor, function_round, function_sign, function_sqrt, function_exp, function_log, function_log10,
    function_sin, function_cos, function_tan, function_cot, function_asin, function_acos, function_atan, function_atan2,
    function_haversin, function_degrees, function_radians, function_pi, function_e, function_rand;
/* functions_text.c */
query_function_run function_to_string, function_to_lower, function_to_upper, function_trim, function_ltrim,
    function_rtrim, function_left, function_right, function_substring, function_replace, function_split;
/* functions_time.c */
query_function_run function_datetime, function_date, function_duration, function_between, function_in_months,
    function_in_days, function_in_seconds, function_datetime_truncate, function_date_truncate, function_timestamp,
    function_during, function_overlaps;

#endif
