/* SPDX-License-Identifier: GPL-3.0-or-later
 * ontology_out.c: kinds and tables beyond the built-in ones, which always come first, in the words that the engine reads
 * (engine/store/ontology_file.c). Names are checked to be plain there; what people wrote freely is quoted here. */
#include "queries/ontology_out.h"

#include <math.h>
#include <string.h>

static const char *const types[] = {
    [CANDOUR_ID] = "id",           [CANDOUR_INTEGER] = "integer", [CANDOUR_REAL] = "real",   [CANDOUR_TEXT] = "text",
    [CANDOUR_BOOLEAN] = "boolean", [CANDOUR_TIME] = "time",       [CANDOUR_MONTH] = "month",
};
static const char *const classes[] = {
    [CANDOUR_ENTITY] = "entity", [CANDOUR_RELATION] = "relation", [CANDOUR_RECORD] = "record"};

bool ontology_has_additions(const candour_ontology *o) { return o->n_tables > candour_ontology_builtin()->n_tables; }

static void quoted(cd_buffer *out, const char *text, size_t n)
{
    cd_buffer_add(out, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"' || text[i] == '\\') cd_buffer_add(out, "\\", 1);
        if (text[i] == '\n') cd_buffer_add(out, "\\n", 2);
        else cd_buffer_add(out, text + i, 1);
    }
    cd_buffer_add(out, "\"", 1);
}

static void about(cd_buffer *out, const char *lead, const char *text)
{
    if (!text || !*text) return;
    cd_buffer_printf(out, "%s", lead);
    quoted(out, text, strlen(text));
}

static void write_column(const candour_ontology *o, const candour_column *c, cd_buffer *out)
{
    cd_buffer_printf(out, "      - {name: %s, type: %s", c->name, types[c->type]);
    if (c->type == CANDOUR_ID) cd_buffer_printf(out, ", kind: %s", o->kinds[c->kind].name);
    if (c->required) cd_buffer_printf(out, ", required: true");
    if (c->lo <= c->hi && isfinite(c->lo)) cd_buffer_printf(out, ", min: %.17g", c->lo);
    if (c->lo <= c->hi && isfinite(c->hi)) cd_buffer_printf(out, ", max: %.17g", c->hi);
    if (c->values) {
        const char *comma = "";
        cd_buffer_printf(out, ", values: [");
        for (const char *v = c->values + strspn(c->values, " "); *v; v += strspn(v, " ")) {
            size_t n = strcspn(v, " ");
            cd_buffer_printf(out, "%s", comma);
            quoted(out, v, n);
            comma = ", ";
            v += n;
        }
        cd_buffer_printf(out, "]");
    }
    about(out, ", about: ", c->about);
    cd_buffer_printf(out, "}\n");
}

void ontology_write(const candour_ontology *o, cd_buffer *out)
{
    const candour_ontology *builtin = candour_ontology_builtin();
    if (o->n_kinds > builtin->n_kinds) cd_buffer_printf(out, "kinds:\n");
    for (uint32_t k = builtin->n_kinds; k < o->n_kinds; k++) {
        const candour_kind *kind = &o->kinds[k];
        const candour_table *table = &o->tables[kind->table];
        cd_buffer_printf(out, "  - {name: %s, ", kind->name);
        if (*kind->label) cd_buffer_printf(out, "label: %s, ", kind->label);
        cd_buffer_printf(out, "table: %s", table->name);
        if (kind->unit_column >= 0) cd_buffer_printf(out, ", unit: %s", table->columns[kind->unit_column].name);
        cd_buffer_printf(out, "}\n");
    }
    if (o->n_tables > builtin->n_tables) cd_buffer_printf(out, "tables:\n");
    for (uint32_t t = builtin->n_tables; t < o->n_tables; t++) {
        const candour_table *table = &o->tables[t];
        cd_buffer_printf(out, "  - name: %s\n    label: %s\n    class: %s\n", table->name, *table->label ? table->label : "''",
                         classes[table->class_of]);
        if (table->class_of != CANDOUR_ENTITY && table->time_column >= 0)
            cd_buffer_printf(out, "    time: %s\n", table->columns[table->time_column].name);
        about(out, "    about: ", table->about);
        if (table->about && *table->about) cd_buffer_printf(out, "\n");
        cd_buffer_printf(out, "    columns:\n");
        for (uint32_t c = 0; c < table->n_columns; c++) write_column(o, &table->columns[c], out);
    }
}
