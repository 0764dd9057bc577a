/* SPDX-License-Identifier: GPL-3.0-or-later
 * mapping.c: whatever a mapping file says, it is taken or refused in one line; what was taken gives rules that hold for
 * every file and table. */
#include <stdlib.h>
#include <string.h>

#include "loaders/column_batch.h"
#include "loaders/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void rules_must_hold(const candour_ontology *o, const mapping_rules *m)
{
    const candour_table *t = &o->tables[m->table];
    if (m->table >= o->n_tables || !m->time_zone) abort();
    if (m->rules.separator == '"' || m->rules.separator == '\n' || m->rules.separator == '\r') abort();
    for (uint32_t c = 0; m->rules.columns && c < t->n_columns; c++) {
        const column_rule *rule = &m->rules.columns[c];
        if (rule->constant && column_value_fault(&t->columns[c], cd_slice_of(rule->constant))) abort();
        for (uint32_t v = 0; v < rule->n_values; v++) {
            if (v > 0 && cd_slice_compare(rule->values[v - 1].from, rule->values[v].from) >= 0) abort();
            if (rule->values[v].to.bytes[rule->values[v].to.n] != '\0') abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const names[] = {"officers.csv", "accesses.csv.gz", "it_log_1.csv", "x", ".csv", "-"};
    const candour_ontology *o = candour_ontology_builtin();
    mapping *m = NULL;
    cd_err err = {0};
    size_t before = cd_memory_now();
    cd_status st = mapping_parse("m.yaml", data, n, o, &m, &err);
    if (st != CD_OK) {
        if (m || err.status != st || !*err.text || strchr(err.text, '\n')) abort();
    } else {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            for (int32_t t = -1; t < (int32_t)o->n_tables; t++) {
                bool found;
                mapping_rules rules;
                mapping_find(m, names[i], t, &found, &rules);
                if (found) rules_must_hold(o, &rules);
                else if (t >= 0) abort();
            }
        mapping_close(m);
    }
    if (cd_memory_now() != before) abort();
    return 0;
}
