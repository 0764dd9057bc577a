/* SPDX-License-Identifier: GPL-3.0-or-later
 * ontology_file.c: kinds and tables that a force adds to the built-in ontology, from an ontology.yaml beside its CSVs:
 *
 *     kinds:
 *       - {name: vehicle, label: Vehicle, table: vehicles, unit: garage}     # unit: the text column its numbers go by
 *     tables:
 *       - name: vehicles                  # its file is vehicles.csv
 *         label: Vehicle                  # what the query language calls it
 *         class: entity                   # entity, relation or record
 *         about: a vehicle of the force
 *         columns:
 *           - {name: vehicle_id, type: id, kind: vehicle}
 *           - {name: garage, type: text}
 *           - {name: fuel, type: text, values: [petrol, diesel, electric]}
 *           - {name: seats, type: integer, min: 1, max: 60}
 *       - name: trips
 *         label: DROVE
 *         class: relation
 *         time: at                        # rows of one id stand in its order
 *         columns:
 *           - {name: officer_id, type: id, kind: officer}
 *           - {name: vehicle_id, type: id, kind: vehicle}
 *           - {name: at, type: time, required: true}
 *
 * Column 0 is the id that the rows belong to, of a relation column 1 the other id; they are always required. An entity
 * table that does not name `as_of` gets it, as its last column: entities have histories. Types: id, integer, real,
 * text, boolean, time, month. Names of kinds and tables are lower case, and new: what is built in cannot be changed. Relations
 * may share a label: the query language then sees one type between several pairs of kinds. The label of one entity table may
 * be empty: nodes without a label. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "engine/base/yaml.h"
#include "engine/store/manifest.h"
#include "engine/store/ontology.h"

enum { MAX_NAME = 63, MAX_ABOUT = 200, MAX_VALUES = 1024 };

typedef struct {
    char *name, *kind, *about;
    candour_type type;
    bool required;
    char **values;
    unsigned values_count;
    double *min, *max;
} yaml_column;

typedef struct {
    char *name, *label, *time, *about;
    candour_class class_of;
    yaml_column *columns;
    unsigned columns_count;
} yaml_table;

typedef struct {
    char *name, *label, *table, *unit;
} yaml_kind;

typedef struct {
    yaml_kind *kinds;
    unsigned kinds_count;
    yaml_table *tables;
    unsigned tables_count;
} yaml_ontology;

static const cyaml_strval_t types[] = {
    {"id", CANDOUR_ID},           {"integer", CANDOUR_INTEGER}, {"real", CANDOUR_REAL},   {"text", CANDOUR_TEXT},
    {"boolean", CANDOUR_BOOLEAN}, {"time", CANDOUR_TIME},       {"month", CANDOUR_MONTH},
};
static const cyaml_strval_t classes[] = {
    {"entity", CANDOUR_ENTITY}, {"relation", CANDOUR_RELATION}, {"record", CANDOUR_RECORD}};

#define NAME(key, type, member) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, MAX_NAME)
#define MAYBE(key, type, member, most)                                                                                 \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, most)
#define N(a) (sizeof(a) / sizeof *(a))
static const cyaml_schema_value_t value_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, MAX_NAME)};
static const cyaml_schema_field_t column_fields[] = {
    NAME("name", yaml_column, name),
    CYAML_FIELD_ENUM("type", CYAML_FLAG_STRICT, yaml_column, type, types, N(types)),
    MAYBE("kind", yaml_column, kind, MAX_NAME),
    CYAML_FIELD_BOOL("required", CYAML_FLAG_OPTIONAL, yaml_column, required),
    CYAML_FIELD_SEQUENCE("values", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, yaml_column, values, &value_schema, 1,
                         MAX_VALUES),
    CYAML_FIELD_FLOAT_PTR("min", CYAML_FLAG_OPTIONAL, yaml_column, min),
    CYAML_FIELD_FLOAT_PTR("max", CYAML_FLAG_OPTIONAL, yaml_column, max),
    MAYBE("about", yaml_column, about, MAX_ABOUT),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t column_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, yaml_column, column_fields)};
static const cyaml_schema_field_t table_fields[] = {
    NAME("name", yaml_table, name),
    CYAML_FIELD_STRING_PTR("label", CYAML_FLAG_POINTER, yaml_table, label, 0, MAX_NAME),
    CYAML_FIELD_ENUM("class", CYAML_FLAG_STRICT, yaml_table, class_of, classes, N(classes)),
    MAYBE("time", yaml_table, time, MAX_NAME),
    MAYBE("about", yaml_table, about, MAX_ABOUT),
    CYAML_FIELD_SEQUENCE("columns", CYAML_FLAG_POINTER, yaml_table, columns, &column_schema, 1, CD_MAX_COLUMNS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t table_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, yaml_table, table_fields)};
static const cyaml_schema_field_t kind_fields[] = {
    NAME("name", yaml_kind, name),
    MAYBE("label", yaml_kind, label, MAX_NAME),
    NAME("table", yaml_kind, table),
    MAYBE("unit", yaml_kind, unit, MAX_NAME),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t kind_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, yaml_kind, kind_fields)};
static const cyaml_schema_field_t ontology_fields[] = {
    CYAML_FIELD_SEQUENCE("kinds", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, yaml_ontology, kinds, &kind_schema, 0,
                         CD_MAX_KINDS),
    CYAML_FIELD_SEQUENCE("tables", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, yaml_ontology, tables, &table_schema, 0,
                         CD_MAX_TABLES),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t ontology_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, yaml_ontology, ontology_fields)};

/* ---- From what was read to an ontology ---- */

typedef struct {
    const char *path;
    cd_arena *arena;
    const yaml_ontology *yaml;
    candour_ontology *o; /* with room for everything */
    candour_kind *kinds;
    candour_table *tables;
} adding;

CD_PRINTF(3, 4) static cd_status wrong(const adding *a, cd_err *err, const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return cd_fail(err, CD_EINPUT, "cannot use '%s': %s", a->path, what);
}

/* Names end up in paths and queries: letters, digits and underscores. */
static bool good_name(const char *name, bool upper)
{
    if (!(*name >= 'a' && *name <= 'z') && !(upper && *name >= 'A' && *name <= 'Z')) return false;
    for (const char *c = name; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') && *c != '_' && !(upper && *c >= 'A' && *c <= 'Z'))
            return false;
    return true;
}

static int32_t kind_named(const candour_ontology *o, const char *name)
{
    for (uint32_t k = 0; name && k < o->n_kinds; k++)
        if (strcmp(o->kinds[k].name, name) == 0) return (int32_t)k;
    return -1;
}

static const char *copy(const adding *a, const char *text, cd_err *err)
{
    return cd_arena_copy(a->arena, text ? text : "", text ? strlen(text) : 0, err);
}

/* " a b c " of the values. */
static cd_status values_add(const adding *a, const yaml_table *t, const yaml_column *y, candour_column *out,
                            cd_err *err)
{
    size_t n = 2;
    char *p;
    if (y->type != CANDOUR_TEXT) 
        return wrong(a, err, "table `%s`, column `%s`: only a text can have `values`", t->name, y->name);
    for (unsigned i = 0; i < y->values_count; i++) {
        for (const char *c = y->values[i]; *c; c++)
            if (isspace((unsigned char)*c))
                return wrong(a, err, "table `%s`, column `%s`: the value '%s' has a space in it", t->name, y->name,
                             y->values[i]);
        n += strlen(y->values[i]) + 1;
    }
    p = cd_arena_alloc(a->arena, n, 1, err);
    if (!p) return CD_EMEMORY;
    out->values = p;
    *p++ = ' ';
    for (unsigned i = 0; i < y->values_count; i++) {
        size_t m = strlen(y->values[i]);
        memcpy(p, y->values[i], m), p += m;
        *p++ = ' ';
    }
    *p = '\0';
    return CD_OK;
}

static cd_status column_add(const adding *a, const yaml_table *t, uint32_t i, candour_column *out, cd_err *err)
{
    const yaml_column *y = &t->columns[i];
    bool number = y->type == CANDOUR_INTEGER || y->type == CANDOUR_REAL;
    if (!good_name(y->name, true))
        return wrong(a, err, "table `%s`: '%s' is no name for a column; use letters, digits and _", t->name, y->name);
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(t->columns[k].name, y->name) == 0)
            return wrong(a, err, "table `%s` has two columns `%s`", t->name, y->name);
    int32_t kind = kind_named(a->o, y->kind);
    if (y->type == CANDOUR_ID && !y->kind)
        return wrong(a, err, "table `%s`, column `%s`: an id needs a `kind`", t->name, y->name);
    if (y->type == CANDOUR_ID && kind < 0)
        return wrong(a, err, "table `%s`, column `%s`: there is no kind `%s`", t->name, y->name, y->kind);
    if (y->type != CANDOUR_ID && y->kind)
        return wrong(a, err, "table `%s`, column `%s`: only an id has a `kind`", t->name, y->name);
    if ((y->min || y->max) && !number)
        return wrong(a, err, "table `%s`, column `%s`: only a number has a `min` or `max`", t->name, y->name);
    if ((y->min && !isfinite(*y->min)) || (y->max && !isfinite(*y->max)) || (y->min && y->max && *y->min > *y->max))
        return wrong(a, err, "table `%s`, column `%s`: no number lies between its `min` and its `max`", t->name,
                     y->name);
    *out = (candour_column){
        .type = y->type, .required = y->required, .kind = kind < 0 ? 0 : (uint32_t)kind, .lo = 1, .hi = 0};
    if (y->min || y->max) out->lo = y->min ? *y->min : -HUGE_VAL, out->hi = y->max ? *y->max : HUGE_VAL;
    out->name = copy(a, y->name, err);
    out->about = copy(a, y->about, err);
    if (!out->name || !out->about) return CD_EMEMORY;
    return y->values ? values_add(a, t, y, out, err) : CD_OK;
}

/* The ids at the front, the time column, and an entity's as_of. */
static cd_status table_finish(const adding *a, const yaml_table *t, candour_column *columns, candour_table *out,
                              cd_err *err)
{
    uint32_t n_ids = t->class_of == CANDOUR_RELATION ? 2 : 1;
    const char *time = t->class_of == CANDOUR_ENTITY ? "as_of" : t->time;
    if (t->columns_count < n_ids) return wrong(a, err, "table `%s`: a relation begins with two ids", t->name);
    for (uint32_t c = 0; c < n_ids; c++) {
        if (columns[c].type != CANDOUR_ID)
            return wrong(a, err, "table `%s`: its column %u must be an id: of whom its rows speak", t->name, c + 1);
        columns[c].required = true;
    }
    if (t->class_of == CANDOUR_ENTITY && t->time && strcmp(t->time, "as_of") != 0)
        return wrong(a, err, "table `%s`: an entity's `time` is always `as_of`", t->name);
    out->columns = columns;
    out->time_column = time ? candour_column_find(out, cd_slice_of(time)) : -1;
    if (t->class_of == CANDOUR_ENTITY && out->time_column < 0) {
        if (out->n_columns == CD_MAX_COLUMNS)
            return wrong(a, err, "table `%s` has no room for `as_of`: %d columns are the most", t->name,
                         CD_MAX_COLUMNS);
        out->time_column = (int32_t)out->n_columns;
        columns[out->n_columns++] = (candour_column){.name = "as_of", .type = CANDOUR_TIME, .lo = 1, .hi = 0,
                                                     .about = "the time from which the row holds; empty: always"};
    }
    if (time && out->time_column < (int32_t)n_ids)
        return wrong(a, err, "table `%s`: its `time` is none of its columns", t->name);
    if (out->time_column >= 0) {
        candour_column *at = &columns[out->time_column];
        if (at->type != CANDOUR_TIME && at->type != CANDOUR_MONTH)
            return wrong(a, err, "table `%s`: its `time`, `%s`, is not of type time or month", t->name, at->name);
        if (t->class_of == CANDOUR_ENTITY) at->required = false;
    }
    return CD_OK;
}

static cd_status table_add(adding *a, const yaml_table *t, cd_err *err)
{
    cd_status st = CD_OK;
    candour_column *columns = cd_arena_alloc(a->arena, CD_MAX_COLUMNS, sizeof *columns, err);
    candour_table *out = &a->tables[a->o->n_tables];
    if (!columns) return CD_EMEMORY;
    if (!good_name(t->name, false))
        return wrong(a, err, "'%s' is no name for a table; use lower case letters, digits and _", t->name);
    if (!good_name(t->label, true) && !(t->class_of == CANDOUR_ENTITY && *t->label == '\0')) return wrong(a, err, "'%s' is no label; use letters, digits and _", t->label);
    /* Whatever is in a store, detectors may look at. */
    if (strcmp(t->name, "protected") == 0 || strcmp(t->name, "truth") == 0)
        return wrong(a, err, "a table `%s` is never taken into a store: audits alone read that file", t->name);
    for (uint32_t i = 0; i < a->o->n_tables; i++) {
        if (strcmp(a->tables[i].name, t->name) == 0) return wrong(a, err, "there is a table `%s` already", t->name);
        bool relations = a->tables[i].class_of == CANDOUR_RELATION && t->class_of == CANDOUR_RELATION;
        if (!relations && strcmp(a->tables[i].label, t->label) == 0)
            return wrong(a, err, "there is a label `%s` already; only relations may share one", t->label);
    }
    *out = (candour_table){.class_of = t->class_of, .n_columns = t->columns_count};
    for (uint32_t c = 0; c < t->columns_count; c++) CD_TRY(column_add(a, t, c, &columns[c], err));
    out->name = copy(a, t->name, err);
    out->label = copy(a, t->label, err);
    out->about = copy(a, t->about, err);
    if (!out->name || !out->label || !out->about) CD_TRY(CD_EMEMORY);
    CD_TRY(table_finish(a, t, columns, out, err));
    a->o->n_tables++;
done:
    return st;
}

/* The names alone: columns of tables refer to them. */
static cd_status kind_add(adding *a, const yaml_kind *y, cd_err *err)
{
    candour_kind *out = &a->kinds[a->o->n_kinds];
    if (!good_name(y->name, false))
        return wrong(a, err, "'%s' is no name for a kind; use lower case letters, digits and _", y->name);
    if (kind_named(a->o, y->name) >= 0) return wrong(a, err, "there is a kind `%s` already", y->name);
    *out = (candour_kind){.name = copy(a, y->name, err), .unit_column = -1};
    if (!out->name) return CD_EMEMORY;
    a->o->n_kinds++;
    return CD_OK;
}

static cd_status kind_finish(adding *a, const yaml_kind *y, candour_kind *out, cd_err *err)
{
    int32_t t = candour_table_find(a->o, cd_slice_of(y->table));
    if (t < 0) return wrong(a, err, "kind `%s`: there is no table `%s`", y->name, y->table);
    const candour_table *table = &a->tables[t];
    if (table->class_of != CANDOUR_ENTITY || &a->kinds[table->columns[0].kind] != out)
        return wrong(a, err, "kind `%s`: its table `%s` must be an entity table whose first column is its id", y->name,
                     y->table);
    if (y->label && strcmp(y->label, table->label) != 0)
        return wrong(a, err, "kind `%s`: its label must be that of its table, `%s`", y->name, table->label);
    out->table = (uint32_t)t;
    out->label = table->label;
    if (!y->unit) return CD_OK;
    out->unit_column = candour_column_find(table, cd_slice_of(y->unit));
    if (out->unit_column < 1 || table->columns[out->unit_column].type != CANDOUR_TEXT)
        return wrong(a, err, "kind `%s`: its unit `%s` is no text column of `%s`", y->name, y->unit, y->table);
    return CD_OK;
}

/* Every entity table is the table of its kind: else its rows would describe what another table describes. */
static cd_status tables_owned(const adding *a, cd_err *err)
{
    for (uint32_t t = 0; t < a->o->n_tables; t++)
        if (a->tables[t].class_of == CANDOUR_ENTITY && a->kinds[a->tables[t].columns[0].kind].table != t)
            return wrong(a, err, "no kind has the entity table `%s`; add one under `kinds`", a->tables[t].name);
    return CD_OK;
}

static cd_status add(adding *a, const candour_ontology *base, cd_err *err)
{
    cd_status st = CD_OK;
    const yaml_ontology *y = a->yaml;
    if (base->n_kinds + y->kinds_count > CD_MAX_KINDS)
        CD_TRY(wrong(a, err, "with the %u built in there are more than %d kinds", base->n_kinds, CD_MAX_KINDS));
    if (base->n_tables + y->tables_count > CD_MAX_TABLES)
        CD_TRY(wrong(a, err, "with the %u built in there are more than %d tables", base->n_tables, CD_MAX_TABLES));
    a->o = cd_arena_alloc(a->arena, 1, sizeof *a->o, err);
    a->kinds = cd_arena_alloc(a->arena, base->n_kinds + y->kinds_count, sizeof *a->kinds, err);
    a->tables = cd_arena_alloc(a->arena, base->n_tables + y->tables_count, sizeof *a->tables, err);
    if (!a->o || !a->kinds || !a->tables) CD_TRY(CD_EMEMORY);
    memcpy(a->kinds, base->kinds, base->n_kinds * sizeof *a->kinds);
    memcpy(a->tables, base->tables, base->n_tables * sizeof *a->tables);
    *a->o = (candour_ontology){base->n_kinds, base->n_tables, a->kinds, a->tables};
    for (unsigned i = 0; i < y->kinds_count; i++) CD_TRY(kind_add(a, &y->kinds[i], err));
    for (unsigned i = 0; i < y->tables_count; i++) CD_TRY(table_add(a, &y->tables[i], err));
    for (unsigned i = 0; i < y->kinds_count; i++)
        CD_TRY(kind_finish(a, &y->kinds[i], &a->kinds[base->n_kinds + i], err));
    CD_TRY(tables_owned(a, err));
done:
    return st;
}

cd_status cd_ontology_add_text(cd_slice yaml, const char *path, cd_arena *arena, const candour_ontology **out,
                               cd_err *err)
{
    cd_status st = CD_OK;
    cd_yaml_said s = {0};
    yaml_ontology *read = NULL;
    const cyaml_config_t config = {.log_fn = cd_yaml_listen, .log_ctx = &s, .mem_fn = cd_yaml_memory, .log_level = CYAML_LOG_ERROR,
                                   .flags = CYAML_CFG_NO_ALIAS};
    adding a = {.path = path, .arena = arena};

    if (yaml.n > CD_MAX_ONTOLOGY_FILE) return wrong(&a, err, "it is larger than 1 MiB");
    cyaml_err_t got = cyaml_load_data((const uint8_t *)yaml.bytes, yaml.n, &config, &ontology_schema,
                                      (cyaml_data_t **)&read, NULL);
    if (got == CYAML_ERR_OOM) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory reading '%s'", path));
    if (got != CYAML_OK)
        CD_TRY(wrong(&a, err, "%s%s%s%s", s.what[0] ? s.what : cyaml_strerror(got), s.where[0] ? " (" : "", s.where,
                     s.where[0] ? ")" : ""));
    /* A document that says nothing adds nothing. */
    const yaml_ontology nothing = {0};
    a.yaml = read ? read : &nothing;
    CD_TRY(add(&a, candour_ontology_builtin(), err));
    *out = a.o;
done:
    cyaml_free(&config, &ontology_schema, read, 0);
    return st;
}

cd_status cd_ontology_add_file(const char *path, cd_arena *arena, const candour_ontology **out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer text = {0};
    bool found;
    CD_TRY(cd_file_read(path, CD_MAX_ONTOLOGY_FILE, &text, &found, err));
    if (!found) CD_TRY(cd_fail(err, CD_EUSAGE, "there is no file '%s'", path));
    CD_TRY(cd_ontology_add_text((cd_slice){text.bytes, (uint32_t)text.n}, path, arena, out, err));
done:
    cd_buffer_release(&text);
    return st;
}

struct candour_ontology_file {
    cd_arena arena;
    const candour_ontology *ontology;
};

cd_status candour_ontology_open(const char *path, candour_ontology_file **out, cd_err *err)
{
    cd_status st = CD_OK;
    candour_ontology_file *f = NULL;
    CD_NEW(f, 1);
    CD_TRY(cd_ontology_add_file(path, &f->arena, &f->ontology, err));
    *out = f, f = NULL;
done:
    candour_ontology_close(f);
    return st;
}

const candour_ontology *candour_ontology_of(const candour_ontology_file *file) { return file->ontology; }

void candour_ontology_close(candour_ontology_file *file)
{
    if (!file) return;
    cd_arena_release(&file->arena);
    cd_free(file);
}
