/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_fairness_protected.c: reading protected.csv. Its columns are whatever its header says: that is read first, and
 * the table made from it. */
#include <inttypes.h>
#include <stdlib.h>

#include "loaders/table_reader.h"
#include "queries/cmd_fairness.h"

static const candour_column officer_column = {
    .name = "officer_id", .type = CANDOUR_ID, .required = true, .lo = 1, .about = "an officer"};

typedef struct {
    const candour_sweep *sweep;
    const char *path;
    fair_protected *p;
    bool *seen; /* per officer */
    uint64_t rejected, first_line;
} reading;

static cd_status value_number(fair_protected *p, fair_attribute *a, cd_slice text, const char *path, uint32_t *out,
                              cd_err *err)
{
    for (*out = 0; *out < a->n_values; ++*out)
        if (cd_slice_equal(a->value[*out], text)) return CD_OK;
    if (a->n_values == FAIR_VALUES)
        return cd_fail(err, CD_EINPUT, "'%s': %.*s has more than %d values; put them into bands", path, (int)a->name.n,
                       a->name.bytes, FAIR_VALUES);
    const char *copy = cd_arena_copy(&p->arena, text.bytes, text.n, err);
    if (!copy) return CD_EMEMORY;
    a->value[a->n_values++] = (cd_slice){copy, text.n};
    return CD_OK;
}

static cd_status take_rows(void *context, uint32_t lane, uint64_t sequence, uint32_t n, const uint32_t *line,
                           const candour_values *values, cd_err *err)
{
    reading *r = context;
    (void)lane, (void)sequence;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t officer;
        if (!candour_sweep_find(r->sweep, values[0].text[i], &officer)) {
            r->p->strangers++;
            continue;
        }
        if (r->seen[officer])
            return cd_fail(err, CD_EINPUT, "'%s' line %" PRIu32 ": that officer is there a second time; leave one",
                           r->path, line[i]);
        r->seen[officer] = true, r->p->known++;
        for (uint32_t k = 0; k < r->p->n; k++) {
            fair_attribute *a = &r->p->list[k];
            cd_slice text = values[k + 1].text ? values[k + 1].text[i] : (cd_slice){NULL, 0};
            if (text.n == 0) continue;
            cd_status st = value_number(r->p, a, text, r->path, &a->of[officer], err);
            if (st != CD_OK) return st;
        }
    }
    return CD_OK;
}

static cd_status reject(void *context, const row_reject *row, cd_err *err)
{
    reading *r = context;
    (void)err;
    if (r->rejected++ == 0) r->first_line = row->line;
    return CD_OK;
}

/* The file's columns but the officer's, as a table. */
static cd_status columns_make(const char *path, fair_protected *p, candour_column *columns, candour_table *table,
                              cd_err *err)
{
    cd_status st = CD_OK;
    byte_source *source = NULL;
    csv_header header = {0};
    read_rules rules = {0};
    columns[0] = officer_column;
    *table = (candour_table){.name = "protected",
                             .label = "PROTECTED",
                             .class_of = CANDOUR_RECORD,
                             .n_columns = 1,
                             .columns = columns,
                             .time_column = -1,
                             .about = "protected attributes"};
    CD_TRY(byte_source_open(path, &source, err));
    CD_TRY(csv_header_of(source, path, table, &rules, &p->arena, &header, err));
    for (uint32_t f = 0; f < header.n_fields; f++) {
        if (header.column_of[f] == 0) continue;
        if (p->n == FAIR_ATTRIBUTES)
            CD_TRY(cd_fail(err, CD_EINPUT, "'%s' has more than %d attributes", path, FAIR_ATTRIBUTES));
        char *name = cd_arena_copy(&p->arena, header.names[f].bytes, header.names[f].n, err);
        if (!name) CD_TRY(CD_EMEMORY);
        p->list[p->n++].name = (cd_slice){name, header.names[f].n};
        columns[table->n_columns++] = (candour_column){.name = name, .type = CANDOUR_TEXT, .lo = 1, .about = ""};
    }
    if (p->n == 0) CD_TRY(cd_fail(err, CD_EINPUT, "'%s' has no column besides officer_id: no attribute", path));
done:
    byte_source_close(source);
    return st;
}

/* Values in the order of their bytes, whatever the order of the file. */
static void sort_values(fair_attribute *a, uint32_t n_officers)
{
    uint32_t to[FAIR_VALUES];
    cd_slice sorted[FAIR_VALUES];
    for (uint32_t i = 0; i < a->n_values; i++) {
        to[i] = 0;
        for (uint32_t k = 0; k < a->n_values; k++) to[i] += cd_slice_compare(a->value[k], a->value[i]) < 0;
        sorted[to[i]] = a->value[i];
    }
    memcpy(a->value, sorted, a->n_values * sizeof *sorted);
    for (uint32_t o = 0; o < n_officers; o++)
        if (a->of[o] != FAIR_NOT_SAID) a->of[o] = to[a->of[o]];
}

cd_status fair_protected_read(const char *path, const candour_sweep *sweep, fair_protected *out, cd_err *err)
{
    cd_status st = CD_OK;
    byte_source *source = NULL;
    table_read_result result = {0};
    read_rules rules = {0};
    candour_column columns[FAIR_ATTRIBUTES + 1];
    candour_table table;
    uint32_t n = candour_sweep_facts(sweep).n_officers;
    *out = (fair_protected){0};
    reading r = {.sweep = sweep, .path = path, .p = out};
    table_sink sink = {.context = &r, .rows = take_rows, .reject = reject};
    table_reader_options how = {.threads = 1, .level = csv_level_best()};
    CD_NEW(r.seen, n);
    CD_TRY(columns_make(path, out, columns, &table, err));
    for (uint32_t k = 0; k < out->n; k++) {
        CD_NEW(out->list[k].of, n);
        for (uint32_t o = 0; o < n; o++) out->list[k].of[o] = FAIR_NOT_SAID;
    }
    CD_TRY(byte_source_open(path, &source, err));
    CD_TRY(table_read(source, path, &table, &rules, &how, &sink, &result, err));
    if (r.rejected)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' line %" PRIu64 " cannot be read; a line is officer_id, then attributes",
                       path, r.first_line));
    if (out->known == 0)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' names nobody who is in the sweep; is it of another force?", path));
    for (uint32_t k = 0; k < out->n; k++) sort_values(&out->list[k], n);
done:
    table_read_result_release(&result);
    byte_source_close(source);
    cd_free(r.seen);
    return st;
}

void fair_protected_release(fair_protected *p)
{
    for (uint32_t k = 0; k < p->n; k++) cd_free(p->list[k].of);
    cd_arena_release(&p->arena);
    *p = (fair_protected){0};
}
