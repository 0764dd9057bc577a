/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_evaluate_truth.c: reading truth.csv, which no detector ever sees. */
#include <inttypes.h>
#include <stdlib.h>

#include "loaders/table_reader.h"
#include "queries/cmd_evaluate.h"

static const candour_column columns[] = {
    {.name = "officer_id", .type = CANDOUR_ID, .required = true, .lo = 1, .about = "an officer"},
    {.name = "scheme", .type = CANDOUR_TEXT, .required = true, .lo = 1, .about = "what was planted"},
    {.name = "group", .type = CANDOUR_TEXT, .lo = 1, .about = "with whom"},
    {.name = "since", .type = CANDOUR_TEXT, .lo = 1, .about = "since when"},
};
static const candour_table table = {.name = "truth",
                                    .label = "TRUTH",
                                    .class_of = CANDOUR_RECORD,
                                    .n_columns = 4,
                                    .columns = columns,
                                    .time_column = -1,
                                    .about = "what a synthetic force planted"};
enum { OFFICER, SCHEME, GROUP };

typedef struct {
    const candour_sweep *sweep;
    truth *t;
    const char *path;
    uint64_t rejected, first_line;
} reading;

static cd_status scheme_number(truth *t, cd_slice name, uint32_t *out, cd_err *err)
{
    for (*out = 0; *out < t->n_schemes; ++*out)
        if (cd_slice_equal(t->scheme[*out], name)) return CD_OK;
    if (t->n_schemes == TRUTH_SCHEMES)
        return cd_fail(err, CD_EINPUT, "the truth has more than %d schemes", TRUTH_SCHEMES);
    const char *copy = cd_arena_copy(&t->arena, name.bytes, name.n, err);
    if (!copy) return CD_EMEMORY;
    t->scheme[t->n_schemes++] = (cd_slice){copy, name.n};
    return CD_OK;
}

static cd_status take_rows(void *context, uint32_t lane, uint64_t sequence, uint32_t n, const uint32_t *line,
                           const candour_values *values, cd_err *err)
{
    reading *r = context;
    truth *t = r->t;
    (void)lane, (void)sequence, (void)line;
    for (uint32_t i = 0; i < n; i++) {
        truth_line x = {0};
        cd_slice group = values[GROUP].text ? values[GROUP].text[i] : (cd_slice){NULL, 0};
        if (!candour_sweep_find(r->sweep, values[OFFICER].text[i], &x.officer)) {
            t->strangers++;
            continue;
        }
        cd_status st = scheme_number(t, values[SCHEME].text[i], &x.scheme, err);
        if (st == CD_OK) st = cd_grow(&t->lines, &t->cap, t->n + 1, sizeof *t->lines, err);
        if (st != CD_OK) return st;
        if (group.n) {
            const char *copy = cd_arena_copy(&t->arena, group.bytes, group.n, err);
            if (!copy) return CD_EMEMORY;
            x.group = (cd_slice){copy, group.n};
        }
        t->lines[t->n++] = x;
    }
    return CD_OK;
}

/* Schemes in the order of their names, whatever the order of the file. */
static void sort_schemes(truth *t)
{
    uint32_t to[TRUTH_SCHEMES];
    cd_slice sorted[TRUTH_SCHEMES];
    static const char *const innocent[] = {"analyst", "secondee", "reviewer", "carer", "popular_case"};
    for (uint32_t i = 0; i < t->n_schemes; i++) {
        to[i] = 0;
        for (uint32_t k = 0; k < t->n_schemes; k++) to[i] += cd_slice_compare(t->scheme[k], t->scheme[i]) < 0;
        sorted[to[i]] = t->scheme[i];
    }
    for (size_t i = 0; i < t->n; i++) t->lines[i].scheme = to[t->lines[i].scheme];
    for (uint32_t i = 0; i < t->n_schemes; i++) {
        t->scheme[i] = sorted[i];
        for (size_t k = 0; k < sizeof innocent / sizeof *innocent; k++)
            t->innocent[i] = t->innocent[i] || cd_slice_equal(sorted[i], cd_slice_of(innocent[k]));
    }
}

static cd_status reject(void *context, const row_reject *row, cd_err *err)
{
    reading *r = context;
    (void)err;
    if (r->rejected++ == 0) r->first_line = row->line;
    return CD_OK;
}

cd_status truth_read(const char *path, const candour_sweep *sweep, truth *out, cd_err *err)
{
    cd_status st = CD_OK;
    byte_source *source = NULL;
    table_read_result result = {0};
    read_rules rules = {0};
    *out = (truth){0};
    reading r = {.sweep = sweep, .t = out, .path = path};
    table_sink sink = {.context = &r, .rows = take_rows, .reject = reject};
    table_reader_options how = {.threads = 1, .level = csv_level_best()};
    CD_TRY(byte_source_open(path, &source, err));
    CD_TRY(table_read(source, path, &table, &rules, &how, &sink, &result, err));
    if (r.rejected)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' line %" PRIu64 ": no truth; a line is officer_id,scheme,group,since", path,
                       r.first_line));
    sort_schemes(out);
done:
    table_read_result_release(&result);
    byte_source_close(source);
    return st;
}

void truth_release(truth *t)
{
    cd_arena_release(&t->arena);
    cd_free(t->lines);
    *t = (truth){0};
}
