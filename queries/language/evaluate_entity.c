/* SPDX-License-Identifier: GPL-3.0-or-later
 * evaluate_entity.c: what is known of a node or a relationship: its cells as properties, its label, its ends, its id.
 */
#include <math.h>
#include <stdio.h>

#include "queries/language/operate.h"
#include "queries/language/temporal.h"

static const candour_table *table_of(const candour_reader *reader, value v)
{
    return &candour_reader_ontology(reader)->tables[v.n & ~VALUE_HAS];
}

/* The row whose cells are v's properties; CANDOUR_NO_ROW: it has none. The first column that is a property is *first.
 */
static uint64_t row_of(const candour_reader *reader, value v, uint32_t *first)
{
    const candour_table *table = table_of(reader, v);
    *first = table->class_of == CANDOUR_RELATION ? 2 : 1;
    if (v.type == VALUE_EDGE && v.n & VALUE_HAS) return CANDOUR_NO_ROW;
    if (table->class_of != CANDOUR_ENTITY) return v.as.row;
    return candour_reader_entity(reader, v.n, (uint32_t)v.as.row);
}

cd_slice value_label(const candour_reader *reader, value v)
{
    return cd_slice_of(v.type == VALUE_EDGE && v.n & VALUE_HAS ? "HAS" : table_of(reader, v)->label);
}

static value node_of(const candour_reader *reader, const candour_table *table, uint32_t column, uint32_t number)
{
    uint32_t kind = table->columns[column].kind;
    return (value){.type = VALUE_NODE, .n = candour_reader_ontology(reader)->kinds[kind].table, .as.row = number};
}

value value_edge_from(const candour_reader *reader, value edge)
{
    uint32_t table = edge.n & ~VALUE_HAS;
    return node_of(reader, table_of(reader, edge), 0, candour_reader_left(reader, table, edge.as.row));
}

value value_edge_to(const candour_reader *reader, value edge)
{
    if (edge.n & VALUE_HAS) return (value){.type = VALUE_NODE, .n = edge.n & ~VALUE_HAS, .as.row = edge.as.row};
    return node_of(reader, table_of(reader, edge), 1, candour_reader_right(reader, edge.n, edge.as.row));
}

static value id_or_null(const candour_reader *reader, uint32_t kind, uint64_t number)
{
    return number < candour_reader_ids(reader, kind) ? value_text(candour_reader_id(reader, kind, (uint32_t)number))
                                                     : value_null();
}

value value_of_cell(const candour_reader *reader, uint32_t table, uint32_t column, uint64_t row)
{
    const candour_table *shape = &candour_reader_ontology(reader)->tables[table];
    const candour_column *c = &shape->columns[column];
    if (c->type == CANDOUR_TEXT) return value_text(candour_reader_text(reader, table, column, row));
    if (c->type == CANDOUR_REAL) {
        double r = candour_reader_real(reader, table, column, row);
        return isnan(r) ? value_null() : value_real(r);
    }
    if (c->type == CANDOUR_ID && column == 0)
        return id_or_null(reader, c->kind, candour_reader_left(reader, table, row));
    if (c->type == CANDOUR_ID && column == 1 && shape->class_of == CANDOUR_RELATION)
        return id_or_null(reader, c->kind, candour_reader_right(reader, table, row));
    int64_t i = candour_reader_integer(reader, table, column, row);
    if (i == CANDOUR_UNKNOWN) return value_null();
    switch (c->type) {
    case CANDOUR_ID: return id_or_null(reader, c->kind, (uint64_t)i);
    case CANDOUR_BOOLEAN: return value_boolean(i != 0);
    case CANDOUR_INTEGER: return value_integer(i);
    default: return temporal_in_calendar(i) ? value_time(i) : value_null(); /* out of it in a damaged store alone */
    }
}

value value_of_column(const candour_reader *reader, value v, int32_t column)
{
    uint32_t first;
    if (column < 0) return id_or_null(reader, table_of(reader, v)->columns[0].kind, v.as.row);
    uint64_t row = row_of(reader, v, &first);
    return row == CANDOUR_NO_ROW ? value_null() : value_of_cell(reader, v.n, (uint32_t)column, row);
}

/* A record's number among its owner's rows of its table, from 1: how many come before it, wherever they lie. */
static uint64_t record_number(const candour_reader *reader, value v, uint32_t owner)
{
    uint64_t before = 0;
    for (uint32_t part = 0; part < candour_reader_parts(reader); part++) {
        candour_rows rows = candour_reader_of_left(reader, v.n, owner, part);
        for (uint64_t i = 0; i < rows.n; i++) {
            value other = {.type = VALUE_NODE, .n = v.n, .as.row = candour_row_at(&rows, i)};
            before += value_order(other, v, reader) < 0;
        }
    }
    return before + 1;
}

cd_status value_id(evaluation *e, value v, value *out, cd_err *err)
{
    const candour_table *table = table_of(e->reader, v);
    uint32_t kind = table->columns[0].kind;
    *out = value_null();
    if (table->class_of == CANDOUR_ENTITY) {
        *out = id_or_null(e->reader, kind, v.as.row);
        return CD_OK;
    }
    uint32_t owner = candour_reader_left(e->reader, v.n, v.as.row);
    if (owner == CANDOUR_NO_ID) return CD_OK;
    cd_slice id = candour_reader_id(e->reader, kind, owner);
    char number[32];
    int digits = snprintf(number, sizeof number, "/%llu", (unsigned long long)record_number(e->reader, v, owner));
    size_t n_name = strlen(table->name);
    char *text = value_pool_alloc(e->pool, id.n + 1 + n_name + (size_t)digits, err);
    if (!text) return CD_EMEMORY;
    *out = value_text((cd_slice){text, id.n + 1 + (uint32_t)n_name + (uint32_t)digits});
    text = mempcpy(text, id.bytes, id.n);
    *text++ = '/';
    text = mempcpy(text, table->name, n_name);
    memcpy(text, number, (size_t)digits);
    return CD_OK;
}

static cd_status entity_property(evaluation *e, value v, cd_slice name, value *out, cd_err *err)
{
    const candour_table *table = table_of(e->reader, v);
    uint32_t first;
    *out = value_null();
    for (uint32_t c = table->class_of == CANDOUR_RELATION ? 2 : 1; c < table->n_columns; c++) {
        if (!cd_slice_equal(cd_slice_of(table->columns[c].name), name)) continue;
        uint64_t row = row_of(e->reader, v, &first);
        if (row != CANDOUR_NO_ROW) *out = value_of_cell(e->reader, v.n, c, row);
        return CD_OK;
    }
    if (v.type == VALUE_NODE && cd_slice_equal(name, cd_slice_of("id"))) return value_id(e, v, out, err);
    return CD_OK;
}

cd_status value_property(evaluation *e, value v, cd_slice name, value *out, cd_err *err)
{
    *out = value_null();
    switch (v.type) {
    case VALUE_NULL: return CD_OK;
    case VALUE_NODE:
    case VALUE_EDGE: return entity_property(e, v, name, out, err);
    case VALUE_TIME:
    case VALUE_DATE:
    case VALUE_DURATION: (void)temporal_part(v, name, out); return CD_OK;
    case VALUE_MAP: {
        const value *found = value_map_find(v, name);
        if (found) *out = *found;
        return CD_OK;
    }
    default: {
        cd_slice shown = cd_slice_cut(name, 60);
        return evaluation_fault(e, "TypeError", "InvalidArgumentType", err,
                                "`.%.*s` is asked of %s, which has no properties", (int)shown.n, shown.bytes,
                                value_type_name(v));
    }
    }
}

cd_status value_properties(evaluation *e, value v, value *out, cd_err *err)
{
    const candour_table *table = table_of(e->reader, v);
    uint32_t first, n = 0;
    uint64_t row = row_of(e->reader, v, &first);
    value_entry *entries = value_pool_alloc(e->pool, table->n_columns * sizeof *entries, err);
    if (!entries) return CD_EMEMORY;
    for (uint32_t c = first; c < table->n_columns && row != CANDOUR_NO_ROW; c++) {
        entries[n].key = cd_slice_of(table->columns[c].name);
        entries[n].value = value_of_cell(e->reader, v.n, c, row);
        n += entries[n].value.type != VALUE_NULL;
    }
    return value_map_of(e->pool, entries, n, out, err);
}
