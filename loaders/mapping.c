/* SPDX-License-Identifier: GPL-3.0-or-later
 * mapping.c: the YAML of a mapping, checked against the ontology and laid out as rules for the reader. */
#include "loaders/mapping.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/yaml.h"
#include "loaders/byte_source.h"
#include "loaders/column_batch.h"

enum { MAX_TEXT = 1024, MAX_FILES = 10000, MAX_LIST = 100000, FILE_BYTES_MAX = 4 << 20, PAD = 16 };

/* ---- As it is written ---- */

typedef struct {
    char *from, *to;
} yaml_value;

typedef struct {
    char *column, *from, *constant;
    yaml_value *values;
    unsigned values_count;
} yaml_column;

typedef struct {
    char *file, *table, *time_zone, *separator;
    yaml_column *columns;
    unsigned columns_count;
} yaml_file;

typedef struct {
    char *time_zone, *separator;
    yaml_file *files;
    unsigned files_count;
} yaml_mapping;

#define TEXT(key, type, member) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 0, MAX_TEXT)
#define MAYBE(key, type, member)                                                                                       \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 0, MAX_TEXT)
#define LIST(key, type, member, schema, most)                                                                          \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, schema, 0, most)

static const cyaml_schema_field_t value_fields[] = {TEXT("from", yaml_value, from), TEXT("to", yaml_value, to),
                                                    CYAML_FIELD_END};
static const cyaml_schema_value_t value_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, yaml_value, value_fields)};
static const cyaml_schema_field_t column_fields[] = {
    TEXT("column", yaml_column, column), MAYBE("from", yaml_column, from), MAYBE("constant", yaml_column, constant),
    LIST("values", yaml_column, values, &value_schema, MAX_LIST), CYAML_FIELD_END};
static const cyaml_schema_value_t column_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, yaml_column, column_fields)};
static const cyaml_schema_field_t file_fields[] = {TEXT("file", yaml_file, file),
                                                   TEXT("table", yaml_file, table),
                                                   MAYBE("time_zone", yaml_file, time_zone),
                                                   MAYBE("separator", yaml_file, separator),
                                                   LIST("columns", yaml_file, columns, &column_schema, MAX_LIST),
                                                   CYAML_FIELD_END};
static const cyaml_schema_value_t file_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, yaml_file, file_fields)};
static const cyaml_schema_field_t mapping_fields[] = {MAYBE("time_zone", yaml_mapping, time_zone),
                                                      MAYBE("separator", yaml_mapping, separator),
                                                      LIST("files", yaml_mapping, files, &file_schema, MAX_FILES),
                                                      CYAML_FIELD_END};
static const cyaml_schema_value_t mapping_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, yaml_mapping, mapping_fields)};

/* ---- As it is used ---- */

typedef struct {
    const char *pattern;
    mapping_rules rules;
    bool matched;
} entry;

struct mapping {
    cd_arena arena;
    const char *name; /* of the file */
    const candour_ontology *ontology;
    mapping_rules by_default;
    entry *entries;
    uint32_t n_entries;
    time_zone **zones; /* to close */
    size_t n_zones, zones_cap;
};

CD_PRINTF(3, 4) static cd_status wrong(const mapping *m, cd_err *err, const char *format, ...)
{
    char what[768];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return cd_fail(err, CD_EINPUT, "mapping '%s': %s", m->name, what);
}

static cd_status text_keep(mapping *m, const char *text, cd_slice *out, cd_err *err)
{
    size_t n = strlen(text);
    char *copy = cd_arena_alloc(&m->arena, n + PAD, 1, err);
    if (!copy) return CD_EMEMORY;
    memset(copy + n, 0, PAD);
    memcpy(copy, text, n);
    *out = (cd_slice){copy, (uint32_t)n};
    return CD_OK;
}

static cd_status zone_set(mapping *m, const char *name, mapping_rules *rules, cd_err *err)
{
    cd_status st = CD_OK;
    time_zone *zone = NULL;
    cd_slice kept;
    cd_err why = {0};
    if (!name) return CD_OK;
    CD_TRY(text_keep(m, name, &kept, err));
    CD_TRY(cd_grow(&m->zones, &m->zones_cap, m->n_zones + 1, sizeof(time_zone *), err));
    if (time_zone_open(name, &zone, &why) != CD_OK) CD_TRY(wrong(m, err, "%s", why.text));
    m->zones[m->n_zones++] = zone;
    rules->rules.zone = zone;
    rules->time_zone = kept.bytes;
done:
    return st;
}

static cd_status separator_set(mapping *m, const char *text, mapping_rules *rules, cd_err *err)
{
    if (!text) return CD_OK;
    if (strcmp(text, "\\t") == 0) text = "\t";
    if (strlen(text) != 1 || strchr("\"\r\n", *text))
        return wrong(m, err, "the separator '%s' should be one character, and no quote or line end", text);
    rules->rules.separator = *text;
    return CD_OK;
}

static int by_from(const void *a, const void *b)
{
    const value_rule *x = a, *y = b;
    return cd_slice_compare(x->from, y->from);
}

static cd_status values_set(mapping *m, const candour_table *table, const candour_column *column, const yaml_column *y,
                            column_rule *rule, cd_err *err)
{
    cd_status st = CD_OK;
    value_rule *values = cd_arena_alloc(&m->arena, y->values_count, sizeof *values, err);
    if (!values) return CD_EMEMORY;
    for (unsigned i = 0; i < y->values_count; i++) {
        CD_TRY(text_keep(m, y->values[i].from, &values[i].from, err));
        CD_TRY(text_keep(m, y->values[i].to, &values[i].to, err));
        const char *fault = values[i].to.n == 0 && !column->required ? NULL : column_value_fault(column, values[i].to);
        if (fault)
            CD_TRY(wrong(m, err, "%s.%s: '%s' stands for '%s', which is not %s", table->name, column->name,
                         y->values[i].from, y->values[i].to, fault));
    }
    qsort(values, y->values_count, sizeof *values, by_from);
    for (unsigned i = 1; i < y->values_count; i++)
        if (cd_slice_equal(values[i - 1].from, values[i].from))
            CD_TRY(wrong(m, err, "%s.%s: '%s' is translated twice", table->name, column->name, values[i].from.bytes));
    rule->values = values;
    rule->n_values = y->values_count;
done:
    return st;
}

static cd_status column_set(mapping *m, const candour_table *table, const yaml_column *y, column_rule *rules,
                            cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice kept;
    int32_t c = candour_column_find(table, cd_slice_of(y->column));
    if (c < 0)
        CD_TRY(wrong(m, err, "%s has no column '%s'; its columns are in the data contract, 'from' is the name in the file",
                     table->name, y->column));
    column_rule *rule = &rules[c];
    const candour_column *column = &table->columns[c];
    if (rule->header || rule->constant || rule->n_values)
        CD_TRY(wrong(m, err, "%s.%s is said twice for one file", table->name, y->column));
    if (y->constant && (y->from || y->values_count))
        CD_TRY(wrong(m, err, "%s.%s has a constant, so that 'from' and 'values' have no use; keep one of them",
                     table->name, y->column));
    if (y->from) CD_TRY(text_keep(m, y->from, &kept, err));
    if (y->from) rule->header = kept.bytes;
    if (y->values_count) CD_TRY(values_set(m, table, column, y, rule, err));
    if (y->constant) {
        CD_TRY(text_keep(m, y->constant, &kept, err));
        const char *fault = kept.n == 0 ? "a value" : column_value_fault(column, kept);
        if (fault)
            CD_TRY(wrong(m, err, "the constant '%s' for %s.%s is not %s", kept.bytes, table->name, column->name, fault));
        rule->constant = kept.bytes;
    }
done:
    return st;
}

static cd_status entry_set(mapping *m, const yaml_file *y, entry *e, cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice kept;
    int32_t t = candour_table_find(m->ontology, cd_slice_of(y->table));
    if (t < 0) CD_TRY(wrong(m, err, "'%s' should become rows of '%s', which is no table", y->file, y->table));
    if (strchr(y->file, '/'))
        CD_TRY(wrong(m, err, "'%s' should be a name without folders; files are looked for in the force's folder", y->file));
    const candour_table *table = &m->ontology->tables[t];
    CD_TRY(text_keep(m, y->file, &kept, err));
    *e = (entry){.pattern = kept.bytes, .rules = m->by_default};
    e->rules.table = (uint32_t)t;
    CD_TRY(zone_set(m, y->time_zone, &e->rules, err));
    CD_TRY(separator_set(m, y->separator, &e->rules, err));
    column_rule *rules = cd_arena_alloc(&m->arena, table->n_columns, sizeof *rules, err);
    if (!rules) CD_TRY(CD_EMEMORY);
    memset(rules, 0, table->n_columns * sizeof *rules);
    e->rules.rules.columns = rules;
    for (unsigned i = 0; i < y->columns_count; i++) CD_TRY(column_set(m, table, &y->columns[i], rules, err));
done:
    return st;
}

static cd_status mapping_new(const char *name, const candour_ontology *ontology, mapping **out, cd_err *err)
{
    cd_status st = CD_OK;
    CD_NEW(*out, 1);
    (*out)->name = name;
    (*out)->ontology = ontology;
    (*out)->by_default.time_zone = "UTC";
done:
    return st;
}

cd_status mapping_parse(const char *name, const void *text, size_t n, const candour_ontology *ontology, mapping **out,
                        cd_err *err)
{
    cd_status st = CD_OK;
    mapping *m = NULL;
    cd_yaml_said s = {0};
    yaml_mapping *read = NULL;
    const cyaml_config_t config = {.log_fn = cd_yaml_listen, .log_ctx = &s, .mem_fn = cd_yaml_memory, .log_level = CYAML_LOG_ERROR,
                                   .flags = CYAML_CFG_NO_ALIAS};

    CD_TRY(mapping_new(name, ontology, &m, err));
    cyaml_err_t got = cyaml_load_data(text, n, &config, &mapping_schema, (cyaml_data_t **)&read, NULL);
    if (got == CYAML_ERR_OOM) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory reading '%s'", name));
    if (got != CYAML_OK)
        CD_TRY(wrong(m, err, "%s%s%s%s", s.what[0] ? s.what : cyaml_strerror(got), s.where[0] ? " (near " : "", s.where,
                     s.where[0] ? ")" : ""));
    if (read) {
        CD_TRY(zone_set(m, read->time_zone, &m->by_default, err));
        CD_TRY(separator_set(m, read->separator, &m->by_default, err));
        m->entries = cd_arena_alloc(&m->arena, read->files_count, sizeof *m->entries, err);
        if (!m->entries) CD_TRY(CD_EMEMORY);
        for (unsigned i = 0; i < read->files_count; i++) CD_TRY(entry_set(m, &read->files[i], &m->entries[i], err));
        m->n_entries = read->files_count;
    }
    *out = m, m = NULL;
done:
    cyaml_free(&config, &mapping_schema, read, 0);
    mapping_close(m);
    return st;
}

cd_status mapping_open(const char *path, const candour_ontology *ontology, mapping **out, cd_err *err)
{
    cd_status st = CD_OK;
    byte_source *source = NULL;
    char *text = NULL;
    size_t n;

    if (!path) return mapping_new("", ontology, out, err);
    CD_TRY(byte_source_open(path, &source, err));
    CD_NEW(text, FILE_BYTES_MAX);
    CD_TRY(byte_source_read(source, text, FILE_BYTES_MAX, &n, err));
    if (n == FILE_BYTES_MAX)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' is larger than 4 MiB: is it a mapping file?", path));
    CD_TRY(mapping_parse(path, text, n, ontology, out, err));
done:
    byte_source_close(source);
    cd_free(text);
    return st;
}

void mapping_close(mapping *m)
{
    if (!m) return;
    for (size_t i = 0; i < m->n_zones; i++) time_zone_close(m->zones[i]);
    cd_free(m->zones);
    cd_arena_release(&m->arena);
    cd_free(m);
}

/* The length of a file name without the ending of its compression. */
static size_t unpacked_length(const char *name)
{
    size_t n = strlen(name);
    if (n > 3 && strcmp(name + n - 3, ".gz") == 0) return n - 3;
    if (n > 4 && strcmp(name + n - 4, ".zst") == 0) return n - 4;
    return n;
}

/* The table whose file is called so in the contract, or -1. */
static int32_t contract_table(const candour_ontology *o, const char *name)
{
    size_t n = unpacked_length(name);
    if (n < 5 || memcmp(name + n - 4, ".csv", 4) != 0) return -1;
    return candour_table_find(o, (cd_slice){name, (uint32_t)n - 4});
}

void mapping_find(mapping *m, const char *file_name, int32_t table, bool *found, mapping_rules *out)
{
    char plain[256];
    snprintf(plain, sizeof plain, "%.*s", (int)unpacked_length(file_name), file_name);
    *found = true;
    entry *of_table = NULL;
    for (uint32_t i = 0; i < m->n_entries; i++) {
        entry *e = &m->entries[i];
        if (table >= 0 && e->rules.table != (uint32_t)table) continue;
        if (!of_table) of_table = e;
        if (fnmatch(e->pattern, file_name, 0) != 0 && fnmatch(e->pattern, plain, 0) != 0) continue;
        e->matched = true;
        *out = e->rules;
        return;
    }
    if (table >= 0 && of_table) {
        of_table->matched = true;
        *out = of_table->rules;
        return;
    }
    if (table < 0) table = contract_table(m->ontology, file_name);
    *found = table >= 0;
    *out = m->by_default;
    if (*found) out->table = (uint32_t)table;
}

const char *mapping_next_unmatched(const mapping *m, uint32_t *at)
{
    while (*at < m->n_entries && m->entries[*at].matched) ++*at;
    return *at < m->n_entries ? m->entries[(*at)++].pattern : NULL;
}
