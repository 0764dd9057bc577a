/* SPDX-License-Identifier: GPL-3.0-or-later
 * cite.c: a row's ids, time, first word, source and line. */
#include "engine/sweep/cite.h"

#include "engine/base/civil.h"

/* A table's columns that are told, and the numbers of the texts that were told so far, CD_NONE where not yet. */
typedef struct {
    cd_table_of t;
    int32_t time, word; /* -1: it has none */
    uint32_t name;
    uint32_t **of_word; /* per file of the store and code */
} cited_table;

struct cd_citer {
    const cd_scene *scene;
    cd_text_pool *pool;
    cited_table *tables;
    uint32_t **of_id; /* per kind and number */
    uint32_t *of_source;
};

static uint32_t *none_yet(size_t n, cd_err *err)
{
    uint32_t *out = cd_alloc(n, sizeof *out, err);
    if (out) memset(out, 0xff, n * sizeof *out);
    return out;
}

/* The first column of a type, past the ids. */
static int32_t first_of(const candour_table *t, candour_type type)
{
    for (uint32_t c = 1; c < t->n_columns; c++)
        if (t->columns[c].type == type) return (int32_t)c;
    return -1;
}

static int32_t time_of(const candour_table *t)
{
    int32_t time = t->time_column > 0 ? t->time_column : first_of(t, CANDOUR_TIME);
    return time > 0 ? time : first_of(t, CANDOUR_MONTH);
}

cd_status cd_citer_new(const cd_scene *scene, cd_text_pool *pool, cd_citer **out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = scene->snapshot;
    cd_citer *c = NULL;
    CD_NEW(c, 1);
    c->scene = scene, c->pool = pool;
    CD_NEW(c->tables, s->ontology->n_tables);
    CD_NEW(c->of_id, s->ontology->n_kinds);
    c->of_source = none_yet(s->n_sources, err);
    if (!c->of_source) CD_TRY(CD_EMEMORY);
    *out = c, c = NULL;
done:
    cd_citer_free(c);
    return st;
}

void cd_citer_free(cd_citer *c)
{
    if (!c) return;
    const cd_snapshot *s = c->scene->snapshot;
    for (uint32_t k = 0; c->of_id && k < s->ontology->n_kinds; k++) cd_free(c->of_id[k]);
    for (uint32_t t = 0; c->tables && t < s->ontology->n_tables; t++) {
        for (uint32_t i = 0; c->tables[t].of_word && i < s->n_segments; i++) cd_free(c->tables[t].of_word[i]);
        cd_free(c->tables[t].of_word);
    }
    cd_free(c->tables);
    cd_free(c->of_id);
    cd_free(c->of_source);
    cd_free(c);
}

/* What is told of a table, when its first row is. */
static cd_status table_begin(cd_citer *c, uint32_t table, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = c->scene->snapshot;
    cited_table *x = &c->tables[table];
    const candour_table *shape = &s->ontology->tables[table];
    x->t = cd_table_named(s, shape->name);
    x->time = time_of(shape), x->word = first_of(shape, CANDOUR_TEXT);
    CD_TRY(cd_text_pool_add(c->pool, cd_slice_of(shape->name), &x->name, err));
    CD_NEW(x->of_word, s->n_segments);
done:
    return st;
}

static cd_status id_take(cd_citer *c, uint32_t kind, cd_id number, uint32_t *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = c->scene->snapshot;
    if (number >= s->n_ids[kind])
        CD_TRY(cd_fail(err, CD_ESTORE, "'%s' is damaged: a row names nobody; run verify", s->path));
    if (!c->of_id[kind]) c->of_id[kind] = none_yet(s->n_ids[kind], err);
    if (!c->of_id[kind]) CD_TRY(CD_EMEMORY);
    if (c->of_id[kind][number] == CD_NONE)
        CD_TRY(cd_text_pool_add(c->pool, cd_snapshot_id(s, kind, number), &c->of_id[kind][number], err));
    *out = c->of_id[kind][number];
done:
    return st;
}

static cd_status word_take(cd_citer *c, cited_table *x, cd_row_ref at, uint32_t *out, cd_err *err)
{
    cd_status st = CD_OK;
    *out = CD_NONE;
    if (x->word < 0) return CD_OK;
    const cd_segment_table *part = c->scene->snapshot->segments[at.segment].tables[x->t.table];
    uint32_t n = part->columns[x->word].texts.n, **known = &x->of_word[at.segment];
    int64_t code = cd_row_value(&x->t, (uint32_t)x->word, at);
    if (code < 0 || code >= (int64_t)n) return CD_OK;
    if (!*known) *known = none_yet(n, err);
    if (!*known) CD_TRY(CD_EMEMORY);
    if ((*known)[code] == CD_NONE)
        CD_TRY(cd_text_pool_add(c->pool, cd_row_text(&x->t, (uint32_t)x->word, at), &(*known)[code], err));
    *out = (*known)[code];
done:
    return st;
}

static cd_status source_take(cd_citer *c, const cd_table_of *t, cd_row_ref at, uint32_t *out, uint32_t *line,
                             cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = c->scene->snapshot;
    candour_source_info about;
    uint64_t source;
    cd_row_origin(t, at, &source, line);
    if (source >= s->n_sources)
        CD_TRY(cd_fail(err, CD_ESTORE, "'%s' is damaged: a row names no source; run verify", s->path));
    if (c->of_source[source] == CD_NONE) {
        CD_TRY(candour_store_source(c->scene->store, source, &about, err));
        CD_TRY(cd_text_pool_add(c->pool, cd_slice_of(about.name), &c->of_source[source], err));
    }
    *out = c->of_source[source];
done:
    return st;
}

cd_status cd_cite_take(cd_citer *c, const cd_cited *row, cd_image *m, uint64_t i, cd_err *err)
{
    cd_status st = CD_OK;
    cited_table *x = &c->tables[row->table];
    cd_row_ref at = {row->segment, row->row};
    if (!x->of_word) CD_TRY(table_begin(c, row->table, err));
    const candour_table *shape = x->t.shape;
    m->cited_table[i] = x->name, m->cited_counts[i] = row->counts;
    m->cited_at[i] = x->time < 0 ? CANDOUR_UNKNOWN : cd_row_value(&x->t, (uint32_t)x->time, at);
    CD_TRY(id_take(c, shape->columns[0].kind, cd_row_left(&x->t, at), &m->cited_of[i], err));
    if (shape->class_of == CANDOUR_RELATION) {
        CD_TRY(id_take(c, shape->columns[1].kind, cd_row_right(&x->t, at), &m->cited_other[i], err));
    } else {
        enum { MONTH_LETTERS = 7, DAY_LETTERS = 10 };
        bool month = x->time >= 0 && shape->columns[x->time].type == CANDOUR_MONTH;
        char day[CD_TIME_TEXT] = "";
        if (m->cited_at[i] != CANDOUR_UNKNOWN) cd_time_write(m->cited_at[i], day);
        CD_TRY(cd_text_pool_add(c->pool, cd_slice_cut(cd_slice_of(day), month ? MONTH_LETTERS : DAY_LETTERS),
                                &m->cited_other[i], err));
    }
    CD_TRY(word_take(c, x, at, &m->cited_says[i], err));
    CD_TRY(source_take(c, &x->t, at, &m->cited_source[i], &m->cited_line[i], err));
done:
    return st;
}
