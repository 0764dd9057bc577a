/* SPDX-License-Identifier: GPL-3.0-or-later
 * view.c: a window of time and tests of columns over one relation. */
#include "engine/graph/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const candour_table *table_of(const cd_view *v) { return &v->snapshot->ontology->tables[v->table]; }

cd_status cd_view_init(const cd_snapshot *s, uint32_t table, int64_t from, int64_t to, cd_view *out, cd_err *err)
{
    const candour_table *t = &s->ontology->tables[table];
    *out = (cd_view){.snapshot = s, .table = table, .from = from, .to = to};
    if (t->class_of != CANDOUR_RELATION)
        return cd_fail(err, CD_EUSAGE, "'%s' ties nothing to anything; a graph is made of relations", t->name);
    if (t->time_column < 0 && (from != CANDOUR_UNKNOWN || to != CANDOUR_UNKNOWN))
        return cd_fail(err, CD_EUSAGE, "'%s' has no time to look between --from and --to; leave them out", t->name);
    return CD_OK;
}

/* The number that a text says for an integer-like column. */
static cd_status read_value(const candour_column *c, cd_slice text, int64_t *out, cd_err *err)
{
    char copy[64], *end;
    if (c->type == CANDOUR_BOOLEAN && cd_slice_equal(text, cd_slice_of("true"))) return *out = 1, CD_OK;
    if (c->type == CANDOUR_BOOLEAN && cd_slice_equal(text, cd_slice_of("false"))) return *out = 0, CD_OK;
    if (text.n > 0 && text.n < sizeof copy) {
        memcpy(copy, text.bytes, text.n);
        copy[text.n] = '\0';
        errno = 0;
        *out = strtoll(copy, &end, 10);
        if (*end == '\0' && errno == 0 && c->type != CANDOUR_TIME && c->type != CANDOUR_MONTH) return CD_OK;
    }
    return cd_fail(err, CD_EUSAGE, "'%.*s' cannot be held against column '%s'; give a value as its CSV has it",
                   (int)text.n, text.bytes, c->name);
}

cd_status cd_view_where(cd_view *v, cd_slice column, cd_slice value, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_table *t = table_of(v);
    int32_t c = candour_column_find(t, column);
    uint32_t n = v->snapshot->n_segments;
    int64_t number = CANDOUR_UNKNOWN;
    if (c < 0)
        return cd_fail(err, CD_EUSAGE, "'%s' has no column '%.*s'", t->name, (int)column.n, column.bytes);
    if (t->columns[c].type == CANDOUR_ID || t->columns[c].type == CANDOUR_REAL)
        return cd_fail(err, CD_EUSAGE, "'%s.%s' is no attribute to choose rows by", t->name, t->columns[c].name);
    if (v->n_tests == CD_VIEW_TESTS)
        return cd_fail(err, CD_EUSAGE, "at most %d columns of a relation can be tested at once", CD_VIEW_TESTS);
    cd_view_test *test = &v->tests[v->n_tests++];
    test->column = (uint32_t)c;
    CD_NEW(test->value, n);
    CD_NEW(test->nowhere, n);
    if (value.n > 0 && t->columns[c].type != CANDOUR_TEXT) CD_TRY(read_value(&t->columns[c], value, &number, err));
    for (uint32_t i = 0; i < n; i++) {
        test->value[i] = number;
        const cd_segment_table *rows = v->snapshot->segments[i].tables[v->table];
        if (!rows || value.n == 0 || t->columns[c].type != CANDOUR_TEXT) continue;
        test->value[i] = cd_texts_find(&rows->columns[c].texts, value);
        test->nowhere[i] = test->value[i] < 0;
    }
done:
    return st;
}

void cd_view_release(cd_view *v)
{
    for (uint32_t i = 0; i < v->n_tests; i++) {
        cd_free(v->tests[i].value);
        cd_free(v->tests[i].nowhere);
    }
    *v = (cd_view){0};
}

bool cd_view_takes(const cd_view *v, uint32_t segment, uint64_t row)
{
    const cd_segment_table *t = v->snapshot->segments[segment].tables[v->table];
    if (v->from != CANDOUR_UNKNOWN || v->to != CANDOUR_UNKNOWN) {
        int64_t at = cd_codes_at(&t->columns[table_of(v)->time_column].codes, row);
        if (at == CANDOUR_UNKNOWN || at < v->from || (v->to != CANDOUR_UNKNOWN && at >= v->to)) return false;
    }
    for (uint32_t i = 0; i < v->n_tests; i++) {
        const cd_view_test *test = &v->tests[i];
        if (test->nowhere[segment]) return false;
        if (cd_codes_at(&t->columns[test->column].codes, row) != test->value[segment]) return false;
    }
    return true;
}
