/* SPDX-License-Identifier: GPL-3.0-or-later
 * functions_graph.c: functions of nodes, relationships and paths. A list may hold anything, so types are looked at
 * again when they run: TypeError InvalidArgumentValue. */
#include <stdio.h>

#include "queries/language/function_list.h"
#include "queries/language/operate.h"

static cd_status unfit(evaluation *e, value v, const char *words, cd_err *err)
{
    return evaluation_fault(e, "TypeError", "InvalidArgumentValue", err, "%s, not %s", words, value_type_name(v));
}

static cd_status one_text(evaluation *e, cd_slice text, value *out, cd_err *err)
{
    value *items = value_list_new(e->pool, text.n ? 1 : 0, out, err);
    if (!items) return CD_EMEMORY;
    if (text.n) items[0] = value_text(text);
    return CD_OK;
}

cd_status function_id(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    if (arguments[0].type != VALUE_NODE) return unfit(e, arguments[0], "id() takes a node", err);
    return value_id(e, arguments[0], out, err);
}

cd_status function_labels(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    if (arguments[0].type != VALUE_NODE) return unfit(e, arguments[0], "labels() takes a node", err);
    return one_text(e, value_label(e->reader, arguments[0]), out, err);
}

cd_status function_type(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    if (arguments[0].type != VALUE_EDGE) return unfit(e, arguments[0], "type() takes a relationship", err);
    *out = value_text(value_label(e->reader, arguments[0]));
    return CD_OK;
}

cd_status function_properties(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value v = arguments[0];
    (void)n;
    *out = v;
    if (v.type == VALUE_MAP) return CD_OK;
    if (v.type != VALUE_NODE && v.type != VALUE_EDGE)
        return unfit(e, v, "properties() takes a node, a relationship or a map", err);
    return value_properties(e, v, out, err);
}

cd_status function_keys(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value v = arguments[0];
    (void)n;
    if (v.type != VALUE_MAP) {
        if (v.type != VALUE_NODE && v.type != VALUE_EDGE)
            return unfit(e, v, "keys() takes a node, a relationship or a map", err);
        cd_status st = value_properties(e, v, &v, err);
        if (st != CD_OK) return st;
    }
    value *items = value_list_new(e->pool, v.n, out, err);
    if (!items) return CD_EMEMORY;
    for (uint32_t i = 0; i < v.n; i++) items[i] = value_text(v.as.entries[i].key);
    return CD_OK;
}

cd_status function_start_node(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    if (arguments[0].type != VALUE_EDGE) return unfit(e, arguments[0], "startNode() takes a relationship", err);
    *out = value_edge_from(e->reader, arguments[0]);
    return CD_OK;
}

cd_status function_end_node(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    if (arguments[0].type != VALUE_EDGE) return unfit(e, arguments[0], "endNode() takes a relationship", err);
    *out = value_edge_to(e->reader, arguments[0]);
    return CD_OK;
}

/* Of a path's values every other, from `first` on. */
static cd_status every_other(evaluation *e, value path, uint32_t first, value *out, cd_err *err)
{
    uint32_t n = path.n + 1 - first;
    value *items = value_list_new(e->pool, n, out, err);
    if (!items) return CD_EMEMORY;
    for (uint32_t i = 0; i < n; i++) items[i] = path.as.items[2 * (size_t)i + first];
    return CD_OK;
}

cd_status function_nodes(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    if (arguments[0].type != VALUE_PATH) return unfit(e, arguments[0], "nodes() takes a path", err);
    return every_other(e, arguments[0], 0, out, err);
}

cd_status function_relationships(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    if (arguments[0].type != VALUE_PATH) return unfit(e, arguments[0], "relationships() takes a path", err);
    return every_other(e, arguments[0], 1, out, err);
}

cd_status function_length(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    if (arguments[0].type != VALUE_PATH)
        return unfit(e, arguments[0], "length() takes a path; size() takes lists and texts", err);
    *out = value_integer(arguments[0].n);
    return CD_OK;
}

/* The file's name without its folders: `accesses.csv:12`. Of a relationship to a record the record's row. Null where a row came from nowhere: an entity that is only named by
 * others. */
cd_status function_source(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    value v = arguments[0];
    (void)n;
    if (v.type != VALUE_NODE && v.type != VALUE_EDGE)
        return unfit(e, v, "source() takes a node or a relationship", err);
    uint32_t table = v.n & ~VALUE_HAS, line;
    uint64_t row = v.as.row, source;
    if (candour_reader_ontology(e->reader)->tables[table].class_of == CANDOUR_ENTITY)
        row = candour_reader_entity(e->reader, table, (uint32_t)row);
    *out = value_null();
    if (row == CANDOUR_NO_ROW) return CD_OK;
    candour_reader_source(e->reader, table, row, &source, &line);
    candour_source_info info;
    cd_status st;
    /* The store reads its sources when it is first asked, and threads share it. */
    #pragma omp critical(query_source)
    st = candour_store_source(e->store, source, &info, err);
    if (st != CD_OK) return st;
    const char *slash = strrchr(info.name, '/'), *name = slash ? slash + 1 : info.name;
    char number[16];
    size_t n_name = strlen(name), digits = (size_t)snprintf(number, sizeof number, ":%u", line);
    char *text = value_pool_alloc(e->pool, n_name + digits, err);
    if (!text) return CD_EMEMORY;
    memcpy(text, name, n_name);
    memcpy(text + n_name, number, digits);
    *out = value_text((cd_slice){text, (uint32_t)(n_name + digits)});
    return CD_OK;
}
